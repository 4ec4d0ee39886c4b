//! `#[step("name", branches = ["word"])]`: the function stays as it is, and gets a constant beside
//! it that `plugin!` finds by name.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::punctuated::Punctuated;
use syn::{
    Expr, ExprLit, FnArg, Ident, ItemFn, Lit, LitStr, Result, Token, parse::Parse,
    parse::ParseStream,
};

use crate::docs;

struct Arguments {
    name: LitStr,
    branches: Vec<LitStr>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name: LitStr = input.parse()?;
        let mut branches = Vec::new();
        if input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            let key: Ident = input.parse()?;
            if key != "branches" {
                return Err(syn::Error::new(
                    key.span(),
                    "a step takes a name and `branches = [\"word\"]`",
                ));
            }
            input.parse::<Token![=]>()?;
            let list: syn::ExprArray = input.parse()?;
            for element in list.elems {
                match element {
                    Expr::Lit(ExprLit { lit: Lit::Str(word), .. }) => branches.push(word),
                    other => {
                        return Err(syn::Error::new_spanned(other, "a branch is a word in quotes"));
                    }
                }
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(Self { name, branches })
    }
}

/// The name of the constant that describes the step made of `function`.
pub fn constant(function: &Ident) -> Ident {
    format_ident!("__step_{function}")
}

pub fn expand(arguments: TokenStream, item: TokenStream) -> Result<TokenStream> {
    let Arguments { name, branches } = syn::parse2(arguments)?;
    check_word(&name, "a step's name")?;
    for word in &branches {
        check_word(word, "a branch")?;
    }
    let function: ItemFn = syn::parse2(item)?;
    let description = docs::text(&function.attrs);
    if description.is_empty() {
        return Err(syn::Error::new_spanned(
            &function.sig.ident,
            "a step needs a doc comment: it is what people read in `mavm plugin list`",
        ));
    }
    let ident = &function.sig.ident;
    let constant = constant(ident);
    let parameters: Punctuated<FnArg, Token![,]> = function.sig.inputs.clone();
    let (inputs, call) = match (parameters.len(), parameters.last()) {
        (1, _) => (
            quote!(::mavm_sdk::export::no_inputs),
            quote!(run.no_inputs().and_then(|()| #ident(run))),
        ),
        (2, Some(FnArg::Typed(last))) => {
            let ty = &last.ty;
            (
                quote!(<#ty as ::mavm_sdk::Inputs>::inputs),
                quote!(run.inputs::<#ty>().and_then(|input| #ident(run, input))),
            )
        }
        _ => {
            return Err(syn::Error::new_spanned(
                &function.sig,
                "a step is a function of `run: &Run`, or of `run: &Run` and one struct of inputs",
            ));
        }
    };
    Ok(quote! {
        #function

        #[doc(hidden)]
        #[allow(non_upper_case_globals)]
        pub(crate) const #constant: ::mavm_sdk::export::Step = ::mavm_sdk::export::Step {
            name: #name,
            description: #description,
            inputs: #inputs,
            branches: &[#(#branches),*],
            run: |run| #call,
        };
    })
}

/// Lower-case words joined by `-`: the same rule as the host's, told at compile time.
fn check_word(word: &LitStr, what: &str) -> Result<()> {
    let text = word.value();
    let fine = !text.is_empty()
        && text.split('-').all(|part| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        });
    if fine {
        Ok(())
    } else {
        Err(syn::Error::new(
            word.span(),
            format!("{what} is lower-case words joined by `-`, such as `mail-code`"),
        ))
    }
}
