//! `#[derive(Inputs)]`: the manifest's list of inputs, read off a struct.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Field, Fields, LitStr, Result, Type};

use crate::docs;

pub fn expand(item: TokenStream) -> Result<TokenStream> {
    let item: DeriveInput = syn::parse2(item)?;
    let Data::Struct(data) = &item.data else {
        return Err(syn::Error::new_spanned(
            &item.ident,
            "the inputs of a step are a struct with named fields",
        ));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(syn::Error::new_spanned(
            &item.ident,
            "the inputs of a step are a struct with named fields",
        ));
    };
    let mut inputs = Vec::new();
    for field in &fields.named {
        let Some(ident) = &field.ident else { continue };
        let serde = SerdeWords::of(field)?;
        let name =
            serde.rename.unwrap_or_else(|| ident.to_string().trim_start_matches("r#").to_owned());
        let required = !serde.default && !is_option(&field.ty);
        let description = docs::text(&field.attrs);
        inputs.push(quote! {
            ::mavm_sdk::InputField { name: #name, required: #required, description: #description }
        });
    }
    let ident = &item.ident;
    let (before, generics, bounds) = item.generics.split_for_impl();
    Ok(quote! {
        impl #before ::mavm_sdk::Inputs for #ident #generics #bounds {
            fn inputs() -> &'static [::mavm_sdk::InputField] {
                &[#(#inputs),*]
            }
        }
    })
}

/// What serde's attributes say about one field, as far as it matters to the manifest.
#[derive(Default)]
struct SerdeWords {
    default: bool,
    rename: Option<String>,
}

impl SerdeWords {
    fn of(field: &Field) -> Result<Self> {
        let mut words = Self::default();
        for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("serde")) {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("default") {
                    words.default = true;
                    if meta.input.peek(syn::Token![=]) {
                        meta.value()?.parse::<LitStr>()?;
                    }
                } else if meta.path.is_ident("rename") {
                    words.rename = Some(meta.value()?.parse::<LitStr>()?.value());
                } else if meta.path.is_ident("flatten") || meta.path.is_ident("skip") {
                    return Err(meta.error(
                        "the manifest lists each input: `flatten` and `skip` can't be told there",
                    ));
                } else if meta.input.peek(syn::Token![=]) {
                    meta.value()?.parse::<LitStr>()?;
                }
                Ok(())
            })?;
        }
        Ok(words)
    }
}

fn is_option(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}
