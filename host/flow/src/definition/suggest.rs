//! The nearest valid word to a mistyped one, and lists of words for messages.

/// What to say about a word that isn't one of `known`: the nearest, or all of them.
pub(crate) fn instead<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> String {
    let mut known: Vec<&str> = known.into_iter().collect();
    if let Some(near) = nearest(word, &known) {
        return format!("did you mean `{near}`?");
    }
    known.sort_unstable();
    known.dedup();
    match known.as_slice() {
        [] => "there is none to choose from".to_owned(),
        [only] => format!("only `{only}` is possible here"),
        many => format!("possible here: {}", list(many)),
    }
}

/// `a`, `b`, `c`: each in backticks.
pub(crate) fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The nearest of `known`, if it is near enough to be what was meant.
fn nearest<'w>(word: &str, known: &[&'w str]) -> Option<&'w str> {
    let folded = fold(word);
    let allowed = (folded.len() / 3).clamp(1, 3);
    known
        .iter()
        .map(|candidate| (distance(&folded, &fold(candidate)), *candidate))
        .filter(|(distance, candidate)| *distance <= allowed && *distance < candidate.len())
        .min()
        .map(|(_, candidate)| candidate)
}

/// Case and the two ways to join words don't count as differences.
fn fold(word: &str) -> Vec<char> {
    word.to_lowercase().chars().map(|c| if c == '_' { '-' } else { c }).collect()
}

/// How many characters to insert, remove, replace or swap with their neighbour to get from one word
/// to the other.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(x != y);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *y && b[j - 1] == *x {
                best = best.min(before_last[j - 1] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_word_is_offered_and_otherwise_all() {
        let cases = [
            ("tiemout", &["timeout", "retry"][..], "did you mean `timeout`?"),
            ("pdf_invoices", &["pdf-invoices"], "did you mean `pdf-invoices`?"),
            ("created", &["CREATED", "CLOSED"], "did you mean `CREATED`?"),
            ("zebra", &["timeout", "retry"], "possible here: `retry`, `timeout`"),
            ("zebra", &["retry"], "only `retry` is possible here"),
            ("zebra", &[], "there is none to choose from"),
        ];
        for (word, known, expected) in cases {
            assert_eq!(instead(word, known.iter().copied()), expected);
        }
    }
}
