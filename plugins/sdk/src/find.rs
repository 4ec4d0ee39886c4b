//! How to find an element: selectors, roles and text matches, and the methods that pages, frames and
//! locators share.

use crate::bindings::mavm::plugin::browser::{ByRole, Selector as WitSelector};
pub use crate::bindings::mavm::plugin::types::TextMatch;
use crate::pattern::escape;

/// How to find an element. A bare `&str` is a css selector.
#[derive(Clone, Debug)]
pub struct Selector(pub(crate) WitSelector);

impl From<&str> for Selector {
    fn from(css: &str) -> Self {
        Self(WitSelector::Css(css.to_owned()))
    }
}

impl From<&String> for Selector {
    fn from(css: &String) -> Self {
        Self(WitSelector::Css(css.clone()))
    }
}

/// The whole text, case included. What a bare `&str` means too.
pub fn exact(text: impl Into<String>) -> TextMatch {
    TextMatch::Exact(text.into())
}

/// Some part of the text, whatever its case.
pub fn contains(text: impl Into<String>) -> TextMatch {
    TextMatch::Contains(text.into())
}

/// The end of the text, case included.
pub fn ends_with(text: &str) -> TextMatch {
    TextMatch::Matches(format!("{}$", escape(text)))
}

/// A regular expression that some part of the text matches.
pub fn matches(expression: impl Into<String>) -> TextMatch {
    TextMatch::Matches(expression.into())
}

impl From<&str> for TextMatch {
    fn from(text: &str) -> Self {
        exact(text)
    }
}

impl From<&String> for TextMatch {
    fn from(text: &String) -> Self {
        exact(text)
    }
}

impl From<String> for TextMatch {
    fn from(text: String) -> Self {
        Self::Exact(text)
    }
}

/// What an element is, the way a screen reader would say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is an ARIA role of the same name")]
pub enum Role {
    Alert,
    Button,
    Checkbox,
    Combobox,
    Dialog,
    Heading,
    Image,
    Link,
    Listbox,
    Option,
    Radio,
    Status,
    Textbox,
    /// Any other role, by its ARIA name.
    Other(&'static str),
}

impl Role {
    fn aria(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Button => "button",
            Self::Checkbox => "checkbox",
            Self::Combobox => "combobox",
            Self::Dialog => "dialog",
            Self::Heading => "heading",
            Self::Image => "img",
            Self::Link => "link",
            Self::Listbox => "listbox",
            Self::Option => "option",
            Self::Radio => "radio",
            Self::Status => "status",
            Self::Textbox => "textbox",
            Self::Other(name) => name,
        }
    }

    pub(crate) fn selector(self, name: Option<TextMatch>) -> Selector {
        Selector(WitSelector::Role(ByRole { role: self.aria().to_owned(), name }))
    }
}

/// Writes the finding methods for a type that has `fn locate(&self, Selector) -> Locator` and
/// `fn frame_of(&self, Selector) -> Frame`.
macro_rules! finders {
    ($type:ty) => {
        impl $type {
            /// By css selector: only where nothing better exists.
            pub fn css(&self, selector: &str) -> Locator {
                self.locate(Selector::from(selector))
            }

            /// The smallest element that shows this text.
            pub fn showing(&self, text: impl Into<TextMatch>) -> Locator {
                self.locate(Selector(WitSelector::Text(text.into())))
            }

            /// A form field by its label.
            pub fn label(&self, text: impl Into<TextMatch>) -> Locator {
                self.locate(Selector(WitSelector::Label(text.into())))
            }

            /// By ARIA role and accessible name: `role(Button, "Confirm")`.
            pub fn role(&self, role: Role, name: impl Into<TextMatch>) -> Locator {
                self.locate(role.selector(Some(name.into())))
            }

            /// By ARIA role, whatever its name.
            pub fn any(&self, role: Role) -> Locator {
                self.locate(role.selector(None))
            }

            /// A field by the hint that it shows while it is empty.
            pub fn placeholder(&self, text: impl Into<TextMatch>) -> Locator {
                self.locate(Selector(WitSelector::Placeholder(text.into())))
            }

            /// A picture by its alternative text.
            pub fn alt(&self, text: impl Into<TextMatch>) -> Locator {
                self.locate(Selector(WitSelector::AltText(text.into())))
            }

            /// By the `title` attribute.
            pub fn titled(&self, text: impl Into<TextMatch>) -> Locator {
                self.locate(Selector(WitSelector::Title(text.into())))
            }

            /// By `data-testid`.
            pub fn test_id(&self, id: &str) -> Locator {
                self.locate(Selector(WitSelector::TestId(id.to_owned())))
            }

            /// The document inside an iframe, whatever its origin.
            pub fn frame(&self, iframe: impl Into<Selector>) -> Frame {
                self.frame_of(iframe.into())
            }
        }
    };
}
pub(crate) use finders;
