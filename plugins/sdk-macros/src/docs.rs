//! Doc comments, as one line of text.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The words of all doc comments, line breaks folded to spaces; empty if there are none.
pub fn text(attributes: &[Attribute]) -> String {
    let mut words = Vec::new();
    for attribute in attributes {
        if let Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
            && let Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) = &pair.value
        {
            words.extend(line.value().split_whitespace().map(str::to_owned));
        }
    }
    words.join(" ")
}
