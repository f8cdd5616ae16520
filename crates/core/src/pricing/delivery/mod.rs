//! Delivery methods: where they go, what they take, and what they cost for a cart.
//!
//! The rate is found first, by weight, volume, number of units, subtotal or a table; goods that cost enough are free of it.
//! Surcharges come on top, whatever the rate is: free delivery above a limit does not bring a piano to an island for nothing.
//! A promotion that gives free delivery takes all of it.
//!
//! Deliberately absent: carriers, parcels and tracking (see `fulfillment`), and tax (see `tax`).

mod limits;
mod parcel;
mod rate;
mod refusal;
mod surcharge;
#[cfg(test)]
mod tests;

pub use limits::DeliveryLimits;
pub use parcel::{Parcel, SentLine};
pub use rate::{
    DeliveryOrigin, DeliveryRate, QuantityRung, SubtotalRung, TableRow, VolumeRung, WeightRung,
};
pub use refusal::DeliveryRefusal;
pub use surcharge::{DeliverySurcharge, Surcharge, SurchargeRule};

use serde::{Deserialize, Serialize};

use super::{ChargeTax, Destination, PricingError, Territory};
use crate::id::DeliveryMethodId;
use crate::money::Money;

/// Where a delivery method goes.
///
/// ```
/// use sutler_core::pricing::{DeliveryZone, Destination};
///
/// let zone = DeliveryZone::of_countries(["DE".parse()?]);
/// assert!(zone.covers(&Destination::country("DE".parse()?)));
/// # Ok::<(), sutler_core::address::AddressError>(())
/// ```
pub type DeliveryZone = Territory;

/// What the buyer chooses: standard, express, pickup.
///
/// Units: amounts are with tax when the channel is tax-inclusive.
///
/// ```
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest};
/// use sutler_core::pricing::{DeliveryMethod, Destination, Parcel, SentLine};
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let post: &DeliveryMethod = &facts.delivery_methods[0];
/// assert_eq!(post.check(), Ok(()));
///
/// let sent = [SentLine { facts: &facts.variants[0], units: 2 }];
/// let goods_total = Money::parse("238.00", Currency::EUR)?;
/// let destination = Destination { postal_code: "27498".into(), ..Destination::country("DE".parse()?) };
/// let parcel = Parcel { destination: &destination, goods_total, sent: &sent };
/// // 5.95 for up to 5 kg, and 11.90 because it goes to an island.
/// assert_eq!(post.charge(&parcel)?.rate.to_string(), "17.85 EUR");
///
/// let abroad = Destination::country("US".parse()?);
/// assert!(post.charge(&Parcel { destination: &abroad, ..parcel }).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeliveryMethod {
    /// Identity.
    pub id: DeliveryMethodId,
    /// The word people type: `standard`.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// Where it goes.
    pub zone: DeliveryZone,
    /// What it costs.
    pub rate: DeliveryRate,
    /// Goods after discounts that cost this much or more are free of the rate; surcharges stay.
    pub free_over: Option<Money>,
    /// What it costs more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub surcharges: Vec<DeliverySurcharge>,
    /// What it takes.
    #[serde(default)]
    pub limits: DeliveryLimits,
    /// How it is taxed.
    pub tax: ChargeTax,
    /// Whether buyers can choose it.
    pub active: bool,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
}

/// What one delivery of one cart costs, and why.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::{DeliveryCharge, DeliveryOrigin};
///
/// let nothing = DeliveryCharge {
///     rate: Money::zero(Currency::EUR),
///     origin: DeliveryOrigin::NothingSent,
///     surcharges: vec![],
/// };
/// let text = serde_json::to_string(&nothing)?;
/// assert_eq!(serde_json::from_str::<DeliveryCharge>(&text)?, nothing);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeliveryCharge {
    /// What it costs before discounts on delivery, surcharges included.
    pub rate: Money,
    /// How the rate without surcharges was found.
    pub origin: DeliveryOrigin,
    /// Surcharges that were due, in the order of the method.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub surcharges: Vec<Surcharge>,
}

impl DeliveryMethod {
    /// Returns what the delivery of a parcel costs before discounts on delivery.
    ///
    /// Nothing to send costs nothing, wherever it goes: a switch to digital goods never blocks a cart.
    ///
    /// Errors: [`DeliveryRefusal`], when the method cannot take the parcel.
    pub fn charge(&self, parcel: &Parcel<'_>) -> Result<DeliveryCharge, DeliveryRefusal> {
        let free = Money::zero(parcel.goods_total.currency());
        if !self.active {
            return Err(DeliveryRefusal::Inactive);
        }
        if parcel.sent.is_empty() {
            let (origin, surcharges) = (DeliveryOrigin::NothingSent, Vec::new());
            return Ok(DeliveryCharge { rate: free, origin, surcharges });
        }
        if !self.zone.covers(parcel.destination) {
            let Destination { country, postal_code, .. } = parcel.destination.clone();
            return Err(DeliveryRefusal::OutsideZone { country, postal_code });
        }
        self.limits.require(parcel)?;
        let (mut rate, mut origin) = self.rate.find(parcel)?;
        in_currency(rate, parcel)?;
        if let Some(limit) = self.free_over
            && reached(limit, parcel)?
        {
            (rate, origin) = (free, DeliveryOrigin::FreeOver { limit });
        }
        let due = self.surcharges.iter().filter_map(|surcharge| surcharge.due(parcel).transpose());
        let surcharges = due.collect::<Result<Vec<_>, _>>()?;
        for surcharge in &surcharges {
            rate = rate.checked_add(surcharge.amount).map_err(|_| DeliveryRefusal::TooExpensive)?;
        }
        Ok(DeliveryCharge { rate, origin, surcharges })
    }

    /// Checks what one method must keep true by itself.
    ///
    /// Errors: [`PricingError::InvalidRule`].
    pub fn check(&self) -> Result<(), PricingError> {
        let refuse = |why| {
            Err(PricingError::InvalidRule { noun: "delivery method", name: self.code.clone(), why })
        };
        if self.code.is_empty() || self.code.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return refuse("needs a code of one word, such as standard");
        }
        if self.name.trim().is_empty() {
            return refuse("has no name; give it one");
        }
        let amounts = self.rate.amounts();
        let Some(first) = amounts.first() else {
            return refuse("has no price; give it at least one rung");
        };
        let surcharges = self.surcharges.iter().map(|surcharge| &surcharge.amount);
        let mut all = amounts.iter().chain(&self.free_over).chain(surcharges);
        if all.clone().any(|amount| amount.is_negative()) {
            return refuse("has an amount below zero; delivery costs zero or more");
        }
        if all.any(|amount| amount.currency() != first.currency()) {
            return refuse("mixes currencies; make one method for each");
        }
        if self.rate.has_one_rung_twice() {
            return refuse("has two rungs for the same limit; keep one");
        }
        if let DeliveryRate::Table { rows } = &self.rate {
            rows.iter().try_for_each(|row| row.territory.check()).or_else(refuse)?;
        }
        self.surcharges.iter().try_for_each(DeliverySurcharge::check).or_else(refuse)?;
        self.zone.check().or_else(refuse)
    }
}

/// Tells whether the goods cost `limit` or more.
fn reached(limit: Money, parcel: &Parcel<'_>) -> Result<bool, DeliveryRefusal> {
    in_currency(limit, parcel)?;
    Ok(limit.minor() <= parcel.goods_total.minor())
}

fn in_currency(amount: Money, parcel: &Parcel<'_>) -> Result<(), DeliveryRefusal> {
    if amount.currency() == parcel.goods_total.currency() {
        return Ok(());
    }
    Err(DeliveryRefusal::OtherCurrency { currency: amount.currency() })
}
