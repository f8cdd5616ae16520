//! Where selling happens.

use serde::{Deserialize, Serialize};

use crate::address::CountryCode;
use crate::id::ChannelId;
use crate::money::{Currency, Rounding};
use crate::pricing::{LaneMode, PricingError};

/// Whether tax is rounded on each line or once on the order.
///
/// ```
/// use sutler_core::catalog::TaxRounding;
///
/// assert_eq!(serde_json::from_str::<TaxRounding>("\"per_line\"")?, TaxRounding::PerLine);
/// assert_eq!(serde_json::to_string(&TaxRounding::PerOrder)?, "\"per_order\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaxRounding {
    /// On each line; the default, so that a partial refund returns exactly the tax that was charged.
    PerLine,
    /// Once per rate on the whole order, then split over the lines.
    PerOrder,
}

/// When authorized money is taken.
///
/// ```
/// use sutler_core::catalog::CapturePolicy;
///
/// assert_eq!(serde_json::from_str::<CapturePolicy>("\"at_shipment\"")?, CapturePolicy::AtShipment);
/// assert_eq!(serde_json::to_string(&CapturePolicy::AtPlacement)?, "\"at_placement\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapturePolicy {
    /// Right after the order is placed.
    AtPlacement,
    /// When goods leave.
    AtShipment,
}

/// A place of selling: fixes currency, price lists, tax rules, how promotions combine, and time limits.
///
/// Units: `reservation_seconds` and `cart_seconds` are seconds.
///
/// ```
/// use sutler_core::catalog::{CapturePolicy, Channel, TaxRounding};
/// use sutler_core::id::ChannelId;
/// use sutler_core::money::{Currency, Rounding};
/// use sutler_core::pricing::LaneMode;
///
/// let web = Channel {
///     id: ChannelId::from_u128(1),
///     code: "web".to_owned(),
///     name: "Web shop".to_owned(),
///     currency: Currency::EUR,
///     tax_inclusive: true,
///     rounding: Rounding::HalfAwayFromZero,
///     tax_rounding: TaxRounding::PerLine,
///     default_country: "DE".parse()?,
///     capture: CapturePolicy::AtShipment,
///     reservation_seconds: 15 * 60,
///     cart_seconds: 30 * 24 * 60 * 60,
///     lane_mode: LaneMode::EachUnit,
///     version: 1,
/// };
/// assert_eq!(serde_json::from_str::<Channel>(&serde_json::to_string(&web)?)?, web);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Channel {
    /// Identity.
    pub id: ChannelId,
    /// The word people type: `web`.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// The only currency it sells in.
    pub currency: Currency,
    /// Whether its prices contain tax.
    pub tax_inclusive: bool,
    /// How fractions of a minor unit are rounded.
    pub rounding: Rounding,
    /// Where tax is rounded.
    pub tax_rounding: TaxRounding,
    /// Where a buyer is assumed to be until an address is known.
    pub default_country: CountryCode,
    /// When authorized money is taken.
    pub capture: CapturePolicy,
    /// How long stock is held for a running checkout.
    pub reservation_seconds: u32,
    /// How long a cart lives after its last change.
    pub cart_seconds: u32,
    /// How promotions are combined.
    #[serde(default, skip_serializing_if = "is_default")]
    pub lane_mode: LaneMode,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
}

impl Channel {
    /// Checks what must hold for a channel by itself.
    ///
    /// Errors: [`PricingError::InvalidRule`] for a code that nobody could type as one word, or no name.
    ///
    /// ```
    /// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/channel.json"));
    /// use sutler_core::catalog::Channel;
    ///
    /// let web: Channel = serde_json::from_str(text)?;
    /// assert_eq!(web.check(), Ok(()));
    /// assert!(Channel { code: "two words".to_owned(), ..web }.check().is_err());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn check(&self) -> Result<(), PricingError> {
        let why = if !is_word(&self.code) {
            "needs a code of one word, such as web"
        } else if self.name.trim().is_empty() {
            "has no name; people see it"
        } else {
            return Ok(());
        };
        Err(PricingError::InvalidRule { noun: "channel", name: self.code.clone(), why })
    }
}

/// Tells whether people can type it as one word.
fn is_word(code: &str) -> bool {
    !code.is_empty() && !code.chars().any(|c| c.is_whitespace() || c.is_control())
}

fn is_default(mode: &LaneMode) -> bool {
    *mode == LaneMode::default()
}
