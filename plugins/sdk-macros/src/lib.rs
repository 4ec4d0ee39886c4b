//! The macros of mavm-sdk: `#[step]`, `#[derive(Inputs)]` and `plugin!`.
//!
//! They only collect what a plugin already says (names, doc comments, types) into its manifest.
//! They never hold behaviour: what a step does at run time is in the SDK, where it can be read.

mod docs;
mod inputs;
mod plugin;
mod step;

use proc_macro::TokenStream;

/// Makes a function a step of the plugin.
///
/// The doc comment of the function is the step's description. The function takes `&Run` and, where
/// the step has inputs, a type that derives `Deserialize` and `Inputs`.
///
/// ```ignore
/// /// Gives the card, and says whether its issuer asks for more.
/// #[step("card", branches = ["challenge", "none"])]
/// fn card(run: &Run, input: Card) -> Result<Outcome> { ... }
/// ```
#[proc_macro_attribute]
pub fn step(arguments: TokenStream, item: TokenStream) -> TokenStream {
    step::expand(arguments.into(), item.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes the list of inputs for the manifest out of a struct's fields.
///
/// A field is required unless it is an `Option` or has `#[serde(default)]`. Its doc comment is the
/// description. `#[serde(rename = "...")]` is followed.
#[proc_macro_derive(Inputs, attributes(serde))]
pub fn inputs(item: TokenStream) -> TokenStream {
    inputs::expand(item.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Exports the plugin with the steps that are listed: `plugin!(start, mail_code)`.
///
/// Name, version and description are those of the crate.
#[proc_macro]
pub fn plugin(list: TokenStream) -> TokenStream {
    plugin::expand(list.into()).unwrap_or_else(syn::Error::into_compile_error).into()
}
