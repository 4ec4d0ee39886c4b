//! What the handles of capabilities point at. The engine only carries them: a capability puts its
//! own value in and takes it out again by type.

use std::any::Any;

macro_rules! handle {
    ($(#[$doc:meta] $name:ident),* $(,)?) => {$(
        #[$doc]
        pub struct $name(Box<dyn Any + Send + Sync>);

        impl $name {
            /// Wraps a capability's own value.
            pub fn new(value: impl Any + Send + Sync) -> Self {
                Self(Box::new(value))
            }

            /// The value, if it is of this type.
            pub fn get<T: Any>(&self) -> Option<&T> {
                self.0.downcast_ref()
            }
        }
    )*};
}

handle! {
    /// A page of a session.
    Page,
    /// A frame, by how it is found.
    Frame,
    /// A locator, by how it finds.
    Locator,
    /// A response that is listened for.
    ResponseWaiter,
    /// A popup that is listened for.
    PopupWaiter,
    /// A dialog that is listened for.
    DialogWaiter,
    /// A download that is listened for.
    DownloadWaiter,
    /// A phone line held by a run.
    Line,
}
