//! Captcha pictures (PNG) and sounds (WAV), drawn here from their answers.
//!
//! The picture is readable by a person; the sound plays each digit as its telephone tone, so that
//! a program can derive the text from the audio alone. Answers never appear in an address.

use rand::Rng as _;
use rand::seq::IndexedRandom as _;

/// Characters that can't be mistaken for one another, each as 7 rows of 5 dots.
const GLYPHS: [(char, [u8; 7]); 22] = [
    ('a', [14, 17, 17, 31, 17, 17, 17]),
    ('c', [14, 17, 16, 16, 16, 17, 14]),
    ('d', [30, 17, 17, 17, 17, 17, 30]),
    ('e', [31, 16, 16, 30, 16, 16, 31]),
    ('f', [31, 16, 16, 30, 16, 16, 16]),
    ('h', [17, 17, 17, 31, 17, 17, 17]),
    ('k', [17, 18, 20, 24, 20, 18, 17]),
    ('l', [16, 16, 16, 16, 16, 16, 31]),
    ('m', [17, 27, 21, 21, 17, 17, 17]),
    ('n', [17, 25, 21, 19, 17, 17, 17]),
    ('p', [30, 17, 17, 30, 16, 16, 16]),
    ('r', [30, 17, 17, 30, 20, 18, 17]),
    ('t', [31, 4, 4, 4, 4, 4, 4]),
    ('u', [17, 17, 17, 17, 17, 17, 14]),
    ('w', [17, 17, 17, 21, 21, 27, 17]),
    ('x', [17, 17, 10, 4, 10, 17, 17]),
    ('y', [17, 17, 10, 4, 4, 4, 4]),
    ('2', [14, 17, 1, 6, 8, 16, 31]),
    ('3', [30, 1, 1, 14, 1, 1, 30]),
    ('4', [2, 6, 10, 18, 31, 2, 2]),
    ('6', [14, 16, 16, 30, 17, 17, 14]),
    ('7', [31, 1, 2, 4, 8, 8, 8]),
];

pub(crate) fn picture_answer() -> String {
    let mut rng = rand::rng();
    (0..6).filter_map(|_| GLYPHS.choose(&mut rng).map(|g| g.0)).collect()
}

pub(crate) fn sound_answer() -> String {
    let mut rng = rand::rng();
    (0..6).map(|_| char::from(b'0' + rng.random_range(0..10u8))).collect()
}

const WIDTH: usize = 260;
const HEIGHT: usize = 80;

/// The picture of `answer` as a grey PNG.
pub(crate) fn picture(answer: &str) -> Vec<u8> {
    let mut rng = rand::rng();
    let mut pixels = vec![238u8; WIDTH * HEIGHT];
    for _ in 0..900 {
        let at = rng.random_range(0..WIDTH * HEIGHT);
        pixels[at] = rng.random_range(170..230);
    }
    for (n, letter) in answer.chars().enumerate() {
        let Some((_, rows)) = GLYPHS.iter().find(|g| g.0 == letter.to_ascii_lowercase()) else {
            continue;
        };
        let left = 14 + n * 40 + rng.random_range(0..8);
        let top = 10 + rng.random_range(0..14);
        let slant = rng.random_range(0..2usize);
        for (row, bits) in rows.iter().enumerate() {
            for column in 0..5usize {
                if bits & (16 >> column) == 0 {
                    continue;
                }
                for (dy, dx) in (0..6).flat_map(|dy| (0..5).map(move |dx| (dy, dx))) {
                    let (x, y) = (left + column * 5 + dx + slant * (6 - row), top + row * 6 + dy);
                    if x < WIDTH && y < HEIGHT {
                        pixels[y * WIDTH + x] = 40;
                    }
                }
            }
        }
    }
    png(&pixels)
}

fn png(pixels: &[u8]) -> Vec<u8> {
    let mut raw = Vec::with_capacity(HEIGHT * (WIDTH + 1));
    for row in pixels.chunks(WIDTH) {
        raw.push(0);
        raw.extend_from_slice(row);
    }
    // Deflate without compression: a picture this small doesn't need more.
    let mut data = vec![0x78, 0x01];
    let blocks: Vec<&[u8]> = raw.chunks(65_535).collect();
    for (n, block) in blocks.iter().enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        data.push(u8::from(n + 1 == blocks.len()));
        data.extend_from_slice(&length.to_le_bytes());
        data.extend_from_slice(&(!length).to_le_bytes());
        data.extend_from_slice(block);
    }
    let (mut a, mut b) = (1u32, 0u32);
    for byte in &raw {
        a = (a + u32::from(*byte)) % 65_521;
        b = (b + a) % 65_521;
    }
    data.extend_from_slice(&((b << 16) | a).to_be_bytes());

    let mut header = Vec::new();
    header.extend_from_slice(&u32::try_from(WIDTH).unwrap_or_default().to_be_bytes());
    header.extend_from_slice(&u32::try_from(HEIGHT).unwrap_or_default().to_be_bytes());
    header.extend_from_slice(&[8, 0, 0, 0, 0]);
    let mut out = vec![0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
    for (kind, body) in [(b"IHDR", header), (b"IDAT", data), (b"IEND", Vec::new())] {
        out.extend_from_slice(&u32::try_from(body.len()).unwrap_or_default().to_be_bytes());
        let mut chunk = kind.to_vec();
        chunk.extend_from_slice(&body);
        out.extend_from_slice(&chunk);
        out.extend_from_slice(&crc(&chunk).to_be_bytes());
    }
    out
}

fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

const RATE: u32 = 8000;

/// The sound of `digits`: their telephone tones, 8 kHz, 16 bit, one channel.
pub(crate) fn sound(digits: &str) -> Vec<u8> {
    let mut samples: Vec<i16> = vec![0; RATE as usize / 4];
    for digit in digits.chars().filter_map(|c| c.to_digit(10)) {
        let (row, column) = match digit {
            0 => (3usize, 1usize),
            n => (((n - 1) / 3) as usize, ((n - 1) % 3) as usize),
        };
        let (low, high) =
            ([697.0, 770.0, 852.0, 941.0f64][row], [1209.0, 1336.0, 1477.0f64][column]);
        for n in 0..RATE / 5 {
            let t = f64::from(n) / f64::from(RATE);
            let wave =
                (low * t * std::f64::consts::TAU).sin() + (high * t * std::f64::consts::TAU).sin();
            #[expect(clippy::cast_possible_truncation, reason = "twice 9000 fits 16 bits")]
            samples.push((wave * 9000.0) as i16);
        }
        samples.extend(std::iter::repeat_n(0, RATE as usize * 3 / 20));
    }
    let length = u32::try_from(samples.len() * 2).unwrap_or_default();
    let mut out = Vec::with_capacity(samples.len() * 2 + 44);
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&(length + 36).to_le_bytes());
    out.extend_from_slice(b"WAVEfmt ");
    out.extend_from_slice(&16u32.to_le_bytes());
    out.extend_from_slice(&1u16.to_le_bytes());
    out.extend_from_slice(&1u16.to_le_bytes());
    out.extend_from_slice(&RATE.to_le_bytes());
    out.extend_from_slice(&(RATE * 2).to_le_bytes());
    out.extend_from_slice(&2u16.to_le_bytes());
    out.extend_from_slice(&16u16.to_le_bytes());
    out.extend_from_slice(b"data");
    out.extend_from_slice(&length.to_le_bytes());
    for sample in samples {
        out.extend_from_slice(&sample.to_le_bytes());
    }
    out
}
