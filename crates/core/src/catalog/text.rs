//! The merchant's own text labels: SKU and handle.

use crate::shown::shown;
use serde::{Deserialize, Serialize};

/// A text label is refused.
///
/// ```
/// use sutler_core::catalog::{LabelError, Sku};
///
/// let refused: Result<Sku, LabelError> = "".parse();
/// assert_eq!(refused.map_err(|why| why.to_string()), Err("the SKU `` is empty".to_owned()));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what} `{given}` {why}")]
pub struct LabelError {
    /// `a SKU` or `a handle`.
    pub what: &'static str,
    /// What was given, shortened.
    pub given: String,
    /// What is wrong with it.
    pub why: &'static str,
}

fn check(what: &'static str, text: &str, max: usize) -> Result<(), LabelError> {
    let refuse = |why| Err(LabelError { what, given: shown(text), why });
    if text.is_empty() {
        refuse("is empty")
    } else if text.chars().count() > max {
        refuse("is longer than 255 characters")
    } else if text.trim() != text {
        refuse("starts or ends with a blank")
    } else if text.chars().any(char::is_control) {
        refuse("holds a control character")
    } else {
        Ok(())
    }
}

macro_rules! label_type {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Wraps a text of 1 to 255 characters without control characters or outer blanks.
            ///
            /// Errors: [`LabelError`] says what is wrong with it.
            pub fn new(text: impl Into<String>) -> Result<Self, LabelError> {
                let text = text.into();
                check($what, &text, 255)?;
                Ok(Self(text))
            }

            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = LabelError;
            fn try_from(text: String) -> Result<Self, LabelError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(label: $name) -> String {
                label.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = LabelError;
            fn from_str(text: &str) -> Result<Self, LabelError> {
                Self::new(text)
            }
        }
    };
}

label_type!(
    /// The merchant's own label of a variant. May change, may (in real files) stand twice: never a key.
    ///
    /// ```
    /// use sutler_core::catalog::Sku;
    /// assert_eq!(Sku::new("TEE-M-RED")?.as_str(), "TEE-M-RED");
    /// assert!(Sku::new(" TEE ").is_err());
    /// # Ok::<(), sutler_core::catalog::LabelError>(())
    /// ```
    Sku, "the SKU");
label_type!(
    /// The text key of a product in addresses and files: `wool-blanket`.
    ///
    /// ```
    /// use sutler_core::catalog::Handle;
    /// assert_eq!(Handle::new("wool-blanket")?.to_string(), "wool-blanket");
    /// assert!(Handle::new("wool\nblanket").is_err());
    /// # Ok::<(), sutler_core::catalog::LabelError>(())
    /// ```
    Handle, "the handle");
