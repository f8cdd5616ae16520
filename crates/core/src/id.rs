//! The registry of identifiers: every noun of a shop that has an id, in one list.
//!
//! An id is a `u128` (a UUIDv7 made at the edge, so ids sort by the time they were made) that prints and parses only
//! with its own prefix: a pasted `ord_…` where a `cart_…` belongs fails at the door. There is deliberately no
//! `Default`, no `From<String>`, no arithmetic and no way to make a new one here: core has no source of chance.
//!
//! The list is append-only and alphabetical; prefixes are part of the public contract.
//!
//! ```
//! use sutler_core::id::{CartId, OrderId, ParseIdError};
//!
//! let cart = CartId::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0042);
//! assert_eq!(cart.to_string(), "cart_01980000000070008000000000000042");
//! assert_eq!(CartId::from_bytes(cart.to_bytes()).to_u128(), cart.to_u128());
//! assert_eq!(OrderId::PREFIX, "ord");
//! assert!(matches!(
//!     cart.to_string().parse::<OrderId>(),
//!     Err(ParseIdError::WrongPrefix { expected: "ord", .. })
//! ));
//! ```

use crate::shown::shown;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Why a text is not an identifier of the wanted kind.
///
/// ```
/// use sutler_core::id::{CartId, ParseIdError};
///
/// let refused = "cart_12".parse::<CartId>();
/// assert_eq!(refused, Err(ParseIdError::NotHex { expected: "cart", text: "cart_12".to_owned() }));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParseIdError {
    /// The text starts with something else than the wanted prefix.
    #[error("`{text}` is not an id that starts with `{expected}_`")]
    WrongPrefix {
        /// The prefix that was wanted.
        expected: &'static str,
        /// What was given.
        text: String,
    },
    /// The rest is not 32 lower-case hexadecimal digits.
    #[error("`{text}` must have 32 lower-case hexadecimal digits after `{expected}_`")]
    NotHex {
        /// The prefix that was wanted.
        expected: &'static str,
        /// What was given.
        text: String,
    },
}

fn parse(text: &str, prefix: &'static str) -> Result<u128, ParseIdError> {
    let hex = text
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('_'))
        .ok_or_else(|| ParseIdError::WrongPrefix { expected: prefix, text: shown(text) })?;
    let canonical = hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match u128::from_str_radix(hex, 16) {
        Ok(raw) if canonical => Ok(raw),
        _ => Err(ParseIdError::NotHex { expected: prefix, text: shown(text) }),
    }
}

/// Declares an identifier type: a `u128` that prints, parses and stores only with its own prefix.
macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident = $prefix:literal) => {
        $(#[$doc])*
        #[doc = concat!(
            "\n\n```\nuse sutler_core::id::", stringify!($name), ";\n\n",
            "let id = ", stringify!($name), "::from_u128(7);\n",
            "assert_eq!(id.to_string(), \"", $prefix, "_00000000000000000000000000000007\");\n",
            "assert_eq!(id.to_string().parse(), Ok(id));\n",
            "assert!(\"7\".parse::<", stringify!($name), ">().is_err());\n```",
        )]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u128);

        impl $name {
            /// The prefix of this kind of id in text.
            pub const PREFIX: &'static str = $prefix;

            /// Wraps a raw number, usually a UUIDv7.
            pub const fn from_u128(raw: u128) -> Self {
                Self(raw)
            }

            /// Returns the raw number.
            pub const fn to_u128(self) -> u128 {
                self.0
            }

            /// Returns the 16 bytes that stores keep, big-endian, so that they sort like the id.
            pub const fn to_bytes(self) -> [u8; 16] {
                self.0.to_be_bytes()
            }

            /// Wraps the 16 bytes that [`Self::to_bytes`] gave.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(u128::from_be_bytes(bytes))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, concat!($prefix, "_{:032x}"), self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                parse(text, $prefix).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(D::Error::custom)
            }
        }
    };
}

id_type!(/// One buyer's open basket; stable across devices.
    CartId = "cart");
id_type!(/// A node of the product tree.
    CategoryId = "cat");
id_type!(/// A place of selling: fixes currency, price lists, tax rules.
    ChannelId = "chan");
id_type!(/// One run of the checkout saga. Its number is also that of the order it opens.
    CheckoutId = "chk");
id_type!(/// A flat, curated or rule-made set of products.
    CollectionId = "coll");
id_type!(/// One call of a command: stands in traces and in the events it caused.
    CommandId = "cmd");
id_type!(/// Coupon codes that were made together and unlock the same promotion.
    CouponBatchId = "batch");
id_type!(/// Who buys, over many orders.
    CustomerId = "cust");
id_type!(/// What a buyer chooses: standard, express, pickup.
    DeliveryMethodId = "dm");
id_type!(/// An amount added that is not goods, delivery or tax.
    FeeId = "fee");
id_type!(/// The work of getting some order lines from one location to the buyer.
    FulfillmentId = "ful");
id_type!(/// A gift card. Not its code: that is nowhere kept.
    GiftCardId = "gc");
id_type!(/// The runs of an import of one file: the first half of the hash of its content.
    ImportRunId = "imp");
id_type!(/// A placed order. Never reused, never renumbered.
    OrderId = "ord");
id_type!(/// One attempt to pay with one method.
    PaymentId = "pay");
id_type!(/// Prices valid together.
    PriceListId = "pl");
id_type!(/// What a shop describes once.
    ProductId = "prod");
id_type!(/// A rule that grants discounts.
    PromotionId = "promo");
id_type!(/// One parcel handed to a carrier.
    ShipmentId = "ship");
id_type!(/// A place that holds stock: a warehouse, a shop, a van.
    StockLocationId = "loc");
id_type!(/// The store credit of one customer in one currency.
    StoreCreditId = "sc");
id_type!(/// Where a set of tax rates applies.
    TaxZoneId = "tz");
id_type!(/// A purchasable version of a product. Not the SKU: SKUs get renamed, ids do not.
    VariantId = "var");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_survives_its_text_and_refuses_another_kind() {
        let id = CartId::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0042);
        let text = id.to_string();
        assert_eq!(text, "cart_01980000000070008000000000000042");
        assert_eq!(text.parse::<CartId>(), Ok(id));
        assert!(matches!(
            text.parse::<OrderId>(),
            Err(ParseIdError::WrongPrefix { expected: "ord", .. })
        ));
        assert!(matches!("cart_12".parse::<CartId>(), Err(ParseIdError::NotHex { .. })));
        assert!(matches!(
            "cart_0198000000007000800000000000004A".parse::<CartId>(),
            Err(ParseIdError::NotHex { .. })
        ));
    }

    #[test]
    fn bytes_sort_like_ids() {
        let (a, b) = (VariantId::from_u128(1), VariantId::from_u128(1 << 100));
        assert!(a < b && a.to_bytes() < b.to_bytes());
        assert_eq!(VariantId::from_bytes(b.to_bytes()), b);
    }
}
