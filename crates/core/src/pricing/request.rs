//! [`QuoteRequest`]: what a buyer wants priced.

use serde::{Deserialize, Serialize};

use super::{BuyerTax, CouponCode};
use crate::address::{Address, CountryCode, Region};
use crate::id::{CustomerId, VariantId};
use crate::quantity::Quantity;

/// One variant and a quantity.
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
