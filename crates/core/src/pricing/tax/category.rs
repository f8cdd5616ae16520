//! [`TaxCategory`]: what kind of goods something is, for tax.

use serde::{Deserialize, Serialize};

use crate::pricing::PricingError;
use crate::shared::SharedText;

/// What kind of goods something is, for tax: `standard`, `reduced`, `books`.
///
/// ```
/// use sutler_core::pricing::TaxCategory;
///
/// assert_eq!(TaxCategory::new("standard")?, TaxCategory::standard());
/// assert_eq!(TaxCategory::standard().as_str(), "standard");
/// assert!(TaxCategory::new("").is_err());
/// assert!(TaxCategory::new("x".repeat(TaxCategory::CHARS_MAX + 1)).is_err());
/// # Ok::<(), sutler_core::pricing::PricingError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TaxCategory(SharedText);

impl TaxCategory {
    /// The most characters a category may have.
    pub const CHARS_MAX: usize = 64;

    /// Wraps a word of 1 to 64 characters without control characters or outer blanks.
    ///
    /// Errors: [`PricingError::InvalidRule`].
    pub fn new(word: impl Into<String>) -> Result<TaxCategory, PricingError> {
        let word = word.into();
        let refuse = |why| {
            let name = word.chars().take(TaxCategory::CHARS_MAX).collect();
            Err(PricingError::InvalidRule { noun: "tax category", name, why })
        };
        if word.is_empty() {
            refuse("is empty; write a word such as standard")
        } else if word.chars().count() > TaxCategory::CHARS_MAX {
            refuse("is longer than 64 characters")
        } else if word.trim() != word || word.chars().any(char::is_control) {
            refuse("starts or ends with a blank or holds a control character; take it out")
        } else {
            Ok(TaxCategory(word.into()))
        }
    }

    /// Returns the category of ordinary goods, `standard`.
    pub fn standard() -> TaxCategory {
        TaxCategory("standard".into())
    }

    /// Returns the word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for TaxCategory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl std::str::FromStr for TaxCategory {
    type Err = PricingError;

    fn from_str(word: &str) -> Result<Self, PricingError> {
        TaxCategory::new(word)
    }
}

impl TryFrom<String> for TaxCategory {
    type Error = PricingError;

    fn try_from(word: String) -> Result<Self, PricingError> {
        TaxCategory::new(word)
    }
}

impl From<TaxCategory> for String {
    fn from(category: TaxCategory) -> String {
        category.0.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_category_is_one_tidy_word() {
        for wrong in ["", " standard", "a\tb", &"x".repeat(65)] {
            assert!(TaxCategory::new(wrong).is_err(), "{wrong:?}");
        }
    }
}
