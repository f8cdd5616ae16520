//! [`QuoteRequest`]: what a buyer wants priced.

use serde::{Deserialize, Serialize};

use super::CouponCode;
use crate::address::{Address, CountryCode};
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
    /// Postal code as the country writes it; empty while unknown.
    pub postal_code: String,
}

impl From<&Address> for Destination {
    fn from(address: &Address) -> Destination {
        Destination { country: address.country, postal_code: address.postal_code.clone() }
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
}
