//! The code on a gift card. Who has it has the money, so it is made of chance alone and kept by nobody.

use crate::hash::{ContentHash, HashInput};
use crate::pricing::CouponCode;
use crate::rejection::Rejection;

/// The code of a gift card: 80 bits of chance and a check digit.
///
/// It is shown once, when the card is issued; a store keeps [`GiftCardCode::hash`]. One round of SHA-256 without salt is
/// enough, because 80 bits of chance cannot be tried out. It prints itself only when asked to, by
/// [`GiftCardCode::reveal`].
///
/// ```
/// use sutler_core::credit::GiftCardCode;
///
/// let code = GiftCardCode::from_random([7; GiftCardCode::RANDOM_BYTES])?;
/// assert_eq!(code.reveal(), "0W3G-E1R7-0W3G-E1R7-T");
/// assert_eq!(format!("{code:?}"), "GiftCardCode(…)", "logs do not tell it");
/// // Misread and mistyped, yet the same code.
/// assert_eq!(GiftCardCode::from_typed(" ow3g elr7 0w3g e1r7 t")?, code);
/// // A slip of the fingers is found without looking it up.
/// let slip = GiftCardCode::from_typed("0W3G-E1R7-0W3G-E1R8-T").unwrap_err();
/// assert_eq!(slip.code(), "input.invalid");
/// assert_ne!(code.hash(), GiftCardCode::from_random([8; 10])?.hash(), "what a store looks it up by");
/// # Ok::<(), sutler_core::rejection::Rejection>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct GiftCardCode(CouponCode);

impl GiftCardCode {
    /// How many random bytes a code takes, from a source fit for secrets.
    pub const RANDOM_BYTES: usize = CouponCode::RANDOM_BYTES;

    /// Makes a code of random bytes.
    ///
    /// Errors: none that random bytes can cause.
    pub fn from_random(random: [u8; GiftCardCode::RANDOM_BYTES]) -> Result<Self, Rejection> {
        Ok(Self(CouponCode::from_random("", random)?))
    }

    /// Reads a code as people type it.
    ///
    /// Errors: `input.invalid` when it is not the shape of a code, or its check digit is off. The refusal does not repeat
    /// what was typed: it may be a code but for one digit.
    pub fn from_typed(text: &str) -> Result<Self, Rejection> {
        let made = CouponCode::from_typed(text).ok().filter(CouponCode::has_check_digit);
        made.filter(|code| code.as_str().len() == 21).map(Self).ok_or_else(|| Rejection::BadInput {
            what: "gift card code",
            given: "…".to_owned(),
            why: "is no code of a gift card: look for a digit that was misread or left out"
                .to_owned(),
        })
    }

    /// Returns the text, to be shown to the bearer once.
    pub fn reveal(&self) -> &str {
        self.0.as_str()
    }

    /// Returns what stores keep instead of the code.
    pub fn hash(&self) -> ContentHash {
        let mut input = HashInput::new("gift card code");
        input.text(self.0.as_str());
        input.finish()
    }
}

impl std::fmt::Debug for GiftCardCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GiftCardCode(…)")
    }
}

impl std::str::FromStr for GiftCardCode {
    type Err = Rejection;

    fn from_str(text: &str) -> Result<Self, Rejection> {
        Self::from_typed(text)
    }
}
