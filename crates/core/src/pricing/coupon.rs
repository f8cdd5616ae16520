//! [`CouponCode`]: the word that unlocks a promotion.

use serde::{Deserialize, Serialize};

use super::PricingError;

/// A coupon code, kept without outer blanks and in capitals, so that equal means equal to a buyer.
///
/// ```
/// use sutler_core::pricing::CouponCode;
///
/// assert_eq!(CouponCode::new(" save10 ")?, CouponCode::new("SAVE10")?);
/// assert_eq!(CouponCode::new("save10")?.as_str(), "SAVE10");
/// assert!(CouponCode::new("two words").is_err());
/// assert!(CouponCode::new(&"X".repeat(CouponCode::CHARS_MAX + 1)).is_err());
/// # Ok::<(), sutler_core::pricing::PricingError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CouponCode(String);

impl CouponCode {
    /// The most characters a code may have.
    pub const CHARS_MAX: usize = 64;

    /// Reads a code as somebody typed it.
    ///
    /// Errors: [`PricingError::InvalidRule`] when it is empty, longer than [`CouponCode::CHARS_MAX`], or holds
    /// blanks or control characters.
    pub fn new(text: &str) -> Result<CouponCode, PricingError> {
        let code = text.trim().to_uppercase();
        let refuse = |why| {
            let name = text.chars().take(CouponCode::CHARS_MAX).collect();
            Err(PricingError::InvalidRule { noun: "coupon code", name, why })
        };
        if code.is_empty() {
            refuse("is empty; write at least one character")
        } else if code.chars().count() > CouponCode::CHARS_MAX {
            refuse("is longer than 64 characters")
        } else if code.chars().any(|c| c.is_whitespace() || c.is_control()) {
            refuse("holds a blank or a control character; take it out")
        } else {
            Ok(CouponCode(code))
        }
    }

    /// Returns the code in capitals.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for CouponCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.0)
    }
}

impl std::str::FromStr for CouponCode {
    type Err = PricingError;

    fn from_str(text: &str) -> Result<Self, PricingError> {
        CouponCode::new(text)
    }
}

impl TryFrom<String> for CouponCode {
    type Error = PricingError;

    fn try_from(text: String) -> Result<Self, PricingError> {
        CouponCode::new(&text)
    }
}

impl From<CouponCode> for String {
    fn from(code: CouponCode) -> String {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_compare_without_case_and_outer_blanks() {
        for (typed, kept) in
            [("save10", "SAVE10"), ("\tSave10\n", "SAVE10"), ("grün", "GRÜN"), ("A-1_b", "A-1_B")]
        {
            assert_eq!(CouponCode::new(typed).map(String::from).as_deref(), Ok(kept));
        }
        for wrong in ["", "   ", "a b", "a\u{0}b", &"x".repeat(65)] {
            assert_eq!(
                CouponCode::new(wrong).map_err(|e| e.code()),
                Err("pricing.invalid_rule"),
                "{wrong:?}"
            );
        }
    }
}
