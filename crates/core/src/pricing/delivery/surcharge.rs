//! [`DeliverySurcharge`]: what a delivery costs more for weight, size, place or danger.

use serde::{Deserialize, Serialize};

use super::{DeliveryRefusal, Parcel, in_currency};
use crate::money::Money;
use crate::pricing::Territory;

/// When a surcharge is due, and how often.
///
/// ```
/// use sutler_core::pricing::SurchargeRule;
///
/// let rule: SurchargeRule = serde_json::from_str(r#"{ "kind": "bulky", "above_mm": 1200 }"#)?;
/// assert_eq!(rule, SurchargeRule::Bulky { above_mm: 1200 });
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum SurchargeRule {
    /// For every started step of weight above a limit. A cart of unknown weight is refused.
    Weight {
        /// From which weight on, in grams.
        above_grams: u64,
        /// How large a step is, in grams.
        step_grams: u64,
    },
    /// For every unit with a side longer than a limit. A unit of unknown size is not bulky.
    Bulky {
        /// The longest side that costs nothing more, in millimeters.
        above_mm: u32,
    },
    /// Once, when it goes there, such as to the postal codes of islands.
    Place {
        /// Where.
        territory: Territory,
    },
    /// Once, when there are dangerous goods in it.
    DangerousGoods,
}

/// What a delivery costs more.
///
/// Units: the amount is with tax when the channel is tax-inclusive.
///
/// ```
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest};
/// use sutler_core::pricing::{DeliverySurcharge, SurchargeRule};
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let islands: &DeliverySurcharge = &facts.delivery_methods[0].surcharges[0];
/// assert!(matches!(&islands.rule, SurchargeRule::Place { territory } if !territory.is_everywhere()));
/// assert_eq!(islands.amount.to_string(), "11.90 EUR");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeliverySurcharge {
    /// Name for people: `Islands`.
    pub name: String,
    /// When it is due, and how often.
    pub rule: SurchargeRule,
    /// How much each time.
    pub amount: Money,
}

/// A surcharge that was due.
///
/// ```
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest, quote};
/// # use sutler_core::time::Timestamp;
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::{Destination, Surcharge};
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (mut request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let home = Destination::country("DE".parse()?);
/// request.ship_to = Some(Destination { postal_code: "27498".into(), ..home });
/// let quote = quote(&request, &facts, Timestamp::from_millis(0))?;
/// let amount = Money::parse("11.90", Currency::EUR)?;
/// let due = [Surcharge { name: "Islands".into(), times: 1, amount }];
/// assert_eq!(quote.delivery.map(|delivery| delivery.surcharges).as_deref(), Some(&due[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Surcharge {
    /// Its name.
    pub name: String,
    /// How often it was due.
    pub times: u32,
    /// How much in all.
    pub amount: Money,
}

impl DeliverySurcharge {
    /// Returns what is due for a parcel; `None` for nothing.
    pub(super) fn due(&self, parcel: &Parcel<'_>) -> Result<Option<Surcharge>, DeliveryRefusal> {
        let times = match &self.rule {
            SurchargeRule::Weight { above_grams, step_grams } => {
                let weight = parcel.weight_grams().ok_or(DeliveryRefusal::WeightUnknown)?;
                weight.saturating_sub(*above_grams).div_ceil((*step_grams).max(1))
            }
            SurchargeRule::Bulky { above_mm } => parcel.units_longer_than(*above_mm),
            SurchargeRule::Place { territory } => u64::from(territory.covers(parcel.destination)),
            SurchargeRule::DangerousGoods => {
                u64::from(parcel.sent.iter().any(|line| line.facts.dangerous_goods))
            }
        };
        if times == 0 {
            return Ok(None);
        }
        in_currency(self.amount, parcel)?;
        let counted = u32::try_from(times).ok();
        let due = counted.and_then(|times| Some((times, self.amount.checked_mul(times).ok()?)));
        let (times, amount) = due.ok_or(DeliveryRefusal::TooExpensive)?;
        Ok(Some(Surcharge { name: self.name.clone(), times, amount }))
    }

    /// Says what contradicts itself.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        match &self.rule {
            _ if self.name.trim().is_empty() => Err("has a surcharge without a name; give it one"),
            _ if !self.amount.is_positive() => {
                Err("has a surcharge that is not above zero; take it out")
            }
            SurchargeRule::Weight { step_grams: 0, .. } => {
                Err("has a surcharge for steps of 0 g; 1000 is one for each kilogram")
            }
            SurchargeRule::Place { territory } if territory.is_everywhere() => {
                Err("has a surcharge for everywhere; put it into the rate")
            }
            SurchargeRule::Place { territory } => territory.check(),
            _ => Ok(()),
        }
    }
}
