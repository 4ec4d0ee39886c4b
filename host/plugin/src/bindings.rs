//! The WIT of `wit/v1`, as Rust: generated, nothing by hand.
//!
//! Made in two goes: [`words`] holds the plain data (journaled, so it has serde), and the rest the
//! interfaces, which carry handles that no journal can hold.
#![allow(missing_docs, reason = "generated; the documentation is in the .wit files")]

/// Records and variants without handles.
pub mod words {
    wasmtime::component::bindgen!({
        path: "../../wit/v1",
        inline: "
            package mavm:words;
            world words {
                import mavm:plugin/types@1.0.0;
                import mavm:plugin/manifest@1.0.0;
            }
        ",
        world: "mavm:words/words",
        additional_derives: [PartialEq, serde::Serialize, serde::Deserialize],
    });
}

wasmtime::component::bindgen!({
    path: "../../wit/v1",
    world: "plugin",
    imports: { default: async | trappable },
    exports: { default: async },
    with: {
        "mavm:plugin/types": words::mavm::plugin::types,
        "mavm:plugin/manifest": words::mavm::plugin::manifest,
        "mavm:plugin/sealed.secret": crate::sealed::Secret,
        "mavm:plugin/sealed.code": crate::sealed::Code,
        "mavm:plugin/browser.page": crate::resource::Page,
        "mavm:plugin/browser.frame": crate::resource::Frame,
        "mavm:plugin/browser.locator": crate::resource::Locator,
        "mavm:plugin/browser.response-waiter": crate::resource::ResponseWaiter,
        "mavm:plugin/browser.popup-waiter": crate::resource::PopupWaiter,
        "mavm:plugin/browser.dialog-waiter": crate::resource::DialogWaiter,
        "mavm:plugin/browser.download-waiter": crate::resource::DownloadWaiter,
        "mavm:plugin/phone.line": crate::resource::Line,
    },
});
