//! Sealing what must never lie in the clear: secrets, mail, codes, answers to challenges.
//!
//! One master key, AES-256-GCM, a random nonce for each box, and the purpose as associated data, so
//! that a box made for one use can't be passed off as another's. The key comes from a file that
//! only the host's user can read, or from the operator's own key store as hex. It never leaves this
//! module, and nothing here may print it or what was opened with it.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use secrecy::{SecretSlice, SecretString};
use zeroize::{Zeroize as _, Zeroizing};

const KEY_LEN: usize = 32;
const NONCE_LEN: usize = 12;
const TAG_LEN: usize = 16;
/// First byte of every box; another way of sealing gets another number.
const FORMAT: u8 = 1;

/// Why something could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key file can't be read or made.
    #[error(
        "the master key {path} can't be {doing}: {source}. Check the folder's owner and rights, or pass the key in MAVM_MASTER_KEY"
    )]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// `read`, `made`.
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// Others may read the key file.
    #[error(
        "the master key {path} can be read by others (mode {mode:03o}). Run: chmod 600 '{path}'"
    )]
    KeyIsOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// What should be a key is none. Says nothing of the content.
    #[error(
        "{origin} is not a master key: it must be 64 hex digits (32 bytes). Make one with: openssl rand -hex 32"
    )]
    NotAKey {
        /// The file or variable it came from.
        origin: String,
    },
    /// The box was made with another key or for another purpose, or was changed.
    #[error(
        "this {purpose} can't be opened: it was sealed with another master key, or changed since. Start the host with the key that it was sealed with"
    )]
    CantOpen {
        /// What it should have been.
        purpose: String,
    },
    /// The cipher failed; with a sound key it doesn't.
    #[error("sealing failed")]
    CantSeal,
}

/// The master key, ready to seal and open.
pub struct Crypt {
    key: RandomizedNonceKey,
}

impl std::fmt::Debug for Crypt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Crypt([REDACTED])")
    }
}

impl Crypt {
    /// Reads the key file, making it first (mode 0600, random) if there is none. Two hosts that
    /// start at once get the same key. A file that others may read is refused.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let fail = |doing| move |source| Error::KeyFile { path: path.to_owned(), doing, source };
        match File::open(path) {
            Ok(file) => return Self::read(path, file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(fail("read")(error)),
        }
        make_key(path).map_err(fail("made"))?;
        let file = File::open(path).map_err(fail("read"))?;
        Self::read(path, file)
    }

    /// Takes the key as 64 hex digits (`MAVM_MASTER_KEY`). `origin` names where it came from.
    pub fn from_hex(hex: &str, origin: &str) -> Result<Self, Error> {
        let not_a_key = || Error::NotAKey { origin: origin.to_owned() };
        let mut bytes = Zeroizing::new([0_u8; KEY_LEN]);
        hex::decode_to_slice(hex.trim(), bytes.as_mut_slice()).map_err(|_| not_a_key())?;
        let key =
            RandomizedNonceKey::new(&AES_256_GCM, bytes.as_slice()).map_err(|_| not_a_key())?;
        Ok(Self { key })
    }

    /// A key that nobody else has and that is gone with this value: for tests and for hosts that
    /// keep nothing.
    pub fn ephemeral() -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0_u8; KEY_LEN]);
        aws_lc_rs::rand::fill(bytes.as_mut_slice()).map_err(|_| Error::CantSeal)?;
        let key =
            RandomizedNonceKey::new(&AES_256_GCM, bytes.as_slice()).map_err(|_| Error::CantSeal)?;
        Ok(Self { key })
    }

    /// Seals bytes for a purpose (`secrets`, `mail`, `code`). Only the same purpose opens them.
    pub fn seal(&self, purpose: &str, bytes: &[u8]) -> Result<Vec<u8>, Error> {
        // Room for the tag from the start: growing would leave a copy of the clear bytes behind.
        let mut body = Vec::with_capacity(bytes.len() + TAG_LEN);
        body.extend_from_slice(bytes);
        let sealed = self.key.seal_in_place_append_tag(Aad::from(purpose.as_bytes()), &mut body);
        let Ok(nonce) = sealed else {
            body.zeroize();
            return Err(Error::CantSeal);
        };
        let mut out = Vec::with_capacity(1 + NONCE_LEN + body.len());
        out.push(FORMAT);
        out.extend_from_slice(nonce.as_ref());
        out.append(&mut body);
        Ok(out)
    }

    /// Opens what [`Crypt::seal`] sealed for the same purpose.
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Result<SecretSlice<u8>, Error> {
        self.unseal(purpose, sealed).map(|mut clear| SecretSlice::from(std::mem::take(&mut *clear)))
    }

    /// Opens a box that holds text.
    pub fn open_text(&self, purpose: &str, sealed: &[u8]) -> Result<SecretString, Error> {
        let clear = self.unseal(purpose, sealed)?;
        let text = std::str::from_utf8(&clear)
            .map_err(|_| Error::CantOpen { purpose: purpose.to_owned() })?;
        Ok(SecretString::from(text))
    }

    fn unseal(&self, purpose: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let cant_open = || Error::CantOpen { purpose: purpose.to_owned() };
        let Some((&[FORMAT], rest)) = sealed.split_first_chunk::<1>() else {
            return Err(cant_open());
        };
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(cant_open)?;
        let mut clear = Zeroizing::new(body.to_vec());
        let len = self
            .key
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(purpose.as_bytes()),
                &mut clear,
            )
            .map_err(|_| cant_open())?
            .len();
        clear.truncate(len);
        Ok(clear)
    }

    fn read(path: &Path, file: File) -> Result<Self, Error> {
        let fail = |source| Error::KeyFile { path: path.to_owned(), doing: "read", source };
        // Asked of the open file, not of the path: what is judged is what is read.
        let mode = file.metadata().map_err(fail)?.mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(Error::KeyIsOpen { path: path.to_owned(), mode });
        }
        let mut text = Zeroizing::new(String::with_capacity(128));
        // A key and a newline are 65 bytes; whatever is longer is no key.
        file.take(100).read_to_string(&mut text).map_err(fail)?;
        Self::from_hex(&text, &path.display().to_string())
    }
}

/// Writes a new key aside and links it into place: a half-written key is never seen, and of two
/// hosts that do this at once the first wins and the second reads its key.
fn make_key(path: &Path) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    std::fs::create_dir_all(folder)?;
    let mut bytes = Zeroizing::new([0_u8; KEY_LEN]);
    aws_lc_rs::rand::fill(bytes.as_mut_slice())
        .map_err(|_| std::io::Error::other("no random numbers"))?;
    let text =
        Zeroizing::new(format!("{}\n", Zeroizing::new(hex::encode(bytes.as_slice())).as_str()));
    let aside = folder.join(format!(".master-key.{:032x}", rand::random::<u128>()));
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        match std::fs::hard_link(&aside, path) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    })();
    let removed = std::fs::remove_file(&aside);
    written?;
    removed?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use std::os::unix::fs::PermissionsExt as _;

    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn what_was_sealed_opens_again_and_never_looks_the_same() {
        let crypt = Crypt::ephemeral().unwrap();
        let one = crypt.seal("mail", b"Verification code: 123456").unwrap();
        let two = crypt.seal("mail", b"Verification code: 123456").unwrap();
        assert_ne!(one, two);
        assert!(!one.windows(6).any(|part| part == b"123456"));
        assert_eq!(crypt.open("mail", &one).unwrap().expose_secret(), b"Verification code: 123456");
        assert_eq!(
            crypt.open_text("mail", &two).unwrap().expose_secret(),
            "Verification code: 123456"
        );
        assert!(
            crypt
                .open("mail", &crypt.seal("mail", b"").unwrap())
                .unwrap()
                .expose_secret()
                .is_empty()
        );
    }

    #[test]
    fn a_changed_shortened_or_misused_box_does_not_open() {
        let crypt = Crypt::ephemeral().unwrap();
        let sealed = crypt.seal("mail", b"secret").unwrap();
        assert!(crypt.open("code", &sealed).is_err());
        assert!(Crypt::ephemeral().unwrap().open("mail", &sealed).is_err());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(crypt.open("mail", &changed).is_err(), "byte {at}");
            assert!(crypt.open("mail", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn the_key_file_is_made_once_and_kept_from_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("master.key");
        let crypts: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> =
                (0..8).map(|_| scope.spawn(|| Crypt::from_file(&path).unwrap())).collect();
            starts.into_iter().map(|start| start.join().unwrap()).collect()
        });
        let sealed = crypts[0].seal("test", b"x").unwrap();
        for crypt in &crypts {
            assert_eq!(crypt.open("test", &sealed).unwrap().expose_secret(), b"x");
        }
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn an_open_key_file_is_refused_with_the_command_that_helps() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        Crypt::from_file(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        let error = Crypt::from_file(&path).unwrap_err().to_string();
        assert!(error.contains(&format!("chmod 600 '{}'", path.display())), "{error}");
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        for bad in ["", "hunter2", &"f".repeat(63), &"g".repeat(64), &"f".repeat(66)] {
            std::fs::write(&path, bad).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
            let error = Crypt::from_file(&path).unwrap_err().to_string();
            assert!(error.contains("is not a master key"), "{error}");
            assert!(bad.is_empty() || !error.contains(bad), "{error}");
        }
        let crypt = Crypt::from_hex(&"ab".repeat(32), "MAVM_MASTER_KEY").unwrap();
        assert_eq!(format!("{crypt:?}"), "Crypt([REDACTED])");
    }
}
