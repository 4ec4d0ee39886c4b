//! `plugin!(start, mail_code)`: what the component exports.

use proc_macro2::TokenStream;
use quote::quote;
use syn::punctuated::Punctuated;
use syn::{Path, Result, Token, parse::Parser};

use crate::step;

pub fn expand(list: TokenStream) -> Result<TokenStream> {
    let paths = Punctuated::<Path, Token![,]>::parse_terminated.parse2(list)?;
    if paths.is_empty() {
        return Err(syn::Error::new(
            proc_macro2::Span::call_site(),
            "a plugin has at least one step",
        ));
    }
    let constants = paths.into_iter().map(|mut path| {
        if let Some(last) = path.segments.last_mut() {
            last.ident = step::constant(&last.ident);
        }
        path
    });
    Ok(quote! {
        /// The plugin that this crate is.
        static __PLUGIN: ::mavm_sdk::export::Plugin = ::mavm_sdk::export::Plugin {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            description: env!("CARGO_PKG_DESCRIPTION"),
            steps: &[#(#constants),*],
        };

        // Elsewhere (a test on the host) there is nobody to export to, but all of it is compiled.
        #[cfg(not(target_family = "wasm"))]
        const _: &::mavm_sdk::export::Plugin = &__PLUGIN;

        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, missing_docs)]
        mod __export {
            struct Component;
            impl ::mavm_sdk::export::Guest for Component {
                fn describe() -> ::mavm_sdk::export::About {
                    ::mavm_sdk::export::describe(&super::__PLUGIN)
                }
                fn run(
                    step: ::std::string::String,
                    context: ::mavm_sdk::export::StepContext,
                ) -> ::mavm_sdk::Result<::mavm_sdk::Outcome> {
                    ::mavm_sdk::export::run(&super::__PLUGIN, &step, context)
                }
            }
            ::mavm_sdk::export::export_component!(Component with_types_in ::mavm_sdk::bindings);
        }
    })
}
