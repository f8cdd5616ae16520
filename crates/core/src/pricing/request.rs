//! [`QuoteRequest`]: what a buyer wants priced.

use serde::{Deserialize, Serialize};

use super::{BuyerTax, CouponCode};
use crate::address::{Address, CountryCode, Region};
use crate::id::{CustomerId, VariantId};
use crate::quantity::Quantity;

/// One variant and a quantity.
///
/// ```
/// use sutler_core::id::VariantId;
/// use sutler_core::pricing::RequestLine;
/// use sutler_core::quantity::Quantity;
///
/// let line = RequestLine { line: 1, variant: VariantId::from_u128(2), quantity: Quantity::ONE };
/// assert_eq!(line.quantity.get(), 1);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RequestLine {
    /// Number within the cart; the quote's line has the same.
    pub line: u32,
    /// What.
    pub variant: VariantId,
    /// How many.
    pub quantity: Quantity,
}

/// As much of an address as prices depend on.
///
/// ```
/// use sutler_core::pricing::Destination;
///
/// let spain = Destination::country("ES".parse()?);
/// assert_eq!(spain.to_string(), "ES");
/// assert_eq!(Destination { postal_code: "35001".into(), ..spain }.to_string(), "ES 35001");
/// # Ok::<(), sutler_core::address::AddressError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Destination {
    /// Country: decides tax and delivery.
    pub country: CountryCode,
    /// Part of the country; `None` while unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// Postal code as the country writes it; empty while unknown.
    pub postal_code: String,
}

impl Destination {
    /// Returns a country of which nothing closer is known.
    pub const fn country(country: CountryCode) -> Destination {
        Destination { country, region: None, postal_code: String::new() }
    }
}

impl From<&Address> for Destination {
    fn from(address: &Address) -> Destination {
        let Address { country, region, postal_code, .. } = address;
        Destination { country: *country, region: *region, postal_code: postal_code.clone() }
    }
}

impl std::fmt::Display for Destination {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.country)?;
        if let Some(region) = self.region {
            write!(f, "-{region}")?;
        }
        if self.postal_code.is_empty() { Ok(()) } else { write!(f, " {}", self.postal_code) }
    }
}

/// What a buyer wants priced. No `Default`: every field is a choice.
///
/// ```
/// # use sutler_core::pricing::PricingFacts;
/// use sutler_core::pricing::{QuoteRequest, quote};
/// # use sutler_core::time::Timestamp;
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let now = Timestamp::from_millis(0);
/// let undecided = QuoteRequest { delivery_method: None, payment: None, ..request.clone() };
/// assert_eq!(quote(&request, &facts, now)?.totals.total.to_string(), "222.53 EUR");
/// assert_eq!(quote(&undecided, &facts, now)?.totals.total.to_string(), "214.20 EUR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QuoteRequest {
    /// What is bought. An empty cart has a quote too.
    pub lines: Vec<RequestLine>,
    /// Coupon codes that were entered.
    pub coupons: Vec<CouponCode>,
    /// Who buys; `None` for a guest. Prices depend on the group and on the uses in the facts, not on who it is.
    pub customer: Option<CustomerId>,
    /// Customer group of the buyer.
    pub customer_group: Option<String>,
    /// Where the goods go; `None` while unknown: the channel's default country.
    pub ship_to: Option<Destination>,
    /// Code of the delivery method; `None` while none is chosen.
    pub delivery_method: Option<String>,
    /// How it will be paid, `provider:method`; `None` while unknown: then no fee that depends on it is charged.
    pub payment: Option<String>,
    /// What the buyer claims about tax.
    pub buyer_tax: BuyerTax,
}
