//! Delivery methods: where they go and what they cost for a cart.
//!
//! Deliberately absent: carriers, parcels and tracking (see `fulfillment`), and tax (see `taxation`).

use serde::{Deserialize, Serialize};

use super::{Destination, PricingError, TaxCategory};
use crate::address::CountryCode;
use crate::id::DeliveryMethodId;
use crate::money::{Currency, Money};

/// Where a delivery method goes.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct DeliveryZone {
    /// Its countries; none means everywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<CountryCode>,
    /// What a postal code must start with; none means any, also none at all. Blanks and case do not matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub postal_code_prefixes: Vec<String>,
}

impl DeliveryZone {
    /// Tells whether it goes there.
    pub fn covers(&self, destination: &Destination) -> bool {
        let country = self.countries.is_empty() || self.countries.contains(&destination.country);
        let starts = |prefix: &String| {
            let mut code = plain(&destination.postal_code);
            plain(prefix).all(|wanted| code.next() == Some(wanted))
        };
        country
            && (self.postal_code_prefixes.is_empty()
                || self.postal_code_prefixes.iter().any(starts))
    }
}

/// The characters of a postal code that matter.
fn plain(code: &str) -> impl Iterator<Item = char> + '_ {
    code.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase())
}

/// What a parcel up to a weight costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WeightRung {
    /// The heaviest cart it is for, in grams; `None`: any.
    pub up_to_grams: Option<u64>,
    /// What it costs.
    pub amount: Money,
}

/// What delivery costs from a subtotal on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubtotalRung {
    /// The smallest subtotal of goods after discounts it is for.
    pub from: Money,
    /// What it costs.
    pub amount: Money,
}

/// How the price of a delivery is found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryRate {
    /// The same for every cart.
    Flat {
        /// What it costs.
        amount: Money,
    },
    /// By the weight of what is sent: the lightest rung that carries it. A cart heavier than all is refused.
    ByWeight {
        /// The rungs, in any order.
        rungs: Vec<WeightRung>,
    },
    /// By what the goods cost after discounts: the highest rung that is reached. A cart below all is refused.
    BySubtotal {
        /// The rungs, in any order.
        rungs: Vec<SubtotalRung>,
    },
}

/// What the buyer chooses: standard, express, pickup.
///
/// Units: amounts are with tax when the channel is tax-inclusive.
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
    /// Goods after discounts that cost this much or more travel free.
    pub free_over: Option<Money>,
    /// What kind of goods a delivery is for tax; `None`: delivery is not taxed.
    pub tax_category: Option<TaxCategory>,
    /// Whether buyers can choose it.
    pub active: bool,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
}

/// What is to be delivered, as far as the price depends on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parcel<'a> {
    /// Where it goes.
    pub destination: &'a Destination,
    /// The goods of the cart after discounts, in the channel's currency.
    pub goods_total: Money,
    /// Weight of everything that is sent, in grams; `None` when one weight is unknown.
    pub weight_grams: Option<u64>,
    /// Whether anything is sent at all.
    pub requires_shipping: bool,
}

/// How a [`DeliveryCharge`] was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryOrigin {
    /// The same for every cart.
    Flat,
    /// By weight.
    ByWeight {
        /// Weight of the cart in grams; `None` when it was unknown and did not matter.
        weight_grams: Option<u64>,
        /// The rung.
        up_to_grams: Option<u64>,
    },
    /// By subtotal.
    BySubtotal {
        /// The rung.
        from: Money,
    },
    /// Free, because the goods cost enough.
    FreeOver {
        /// The limit that was reached.
        limit: Money,
    },
    /// Free, because nothing in the cart is sent.
    NothingSent,
}

/// What one delivery of one cart costs, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DeliveryCharge {
    /// What it costs before discounts on delivery.
    pub rate: Money,
    /// Why.
    pub origin: DeliveryOrigin,
}

/// Why a delivery method cannot take a cart.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeliveryRefusal {
    /// It is switched off.
    #[error("it is not active; choose another method")]
    Inactive,
    /// It does not go there.
    #[error("it does not go to {}; choose another method or address", format!("{country} {postal_code}").trim_end())]
    OutsideZone {
        /// Where the goods go.
        country: CountryCode,
        /// Where in the country.
        postal_code: String,
    },
    /// The cart is heavier than the heaviest rung.
    #[error(
        "the cart weighs {weight_grams} g and it carries at most {limit_grams} g; choose another method"
    )]
    TooHeavy {
        /// Weight of the cart.
        weight_grams: u64,
        /// The heaviest rung.
        limit_grams: u64,
    },
    /// Its price depends on the weight, and one variant has none.
    #[error("its price depends on the weight, and a variant in the cart has none; set its weight")]
    WeightUnknown,
    /// The cart costs less than the lowest rung.
    #[error(
        "the goods cost {goods_total} and it starts at {needed}; add goods or choose another method"
    )]
    SubtotalTooSmall {
        /// What the goods cost after discounts.
        goods_total: Money,
        /// The lowest rung.
        needed: Money,
    },
    /// Its amounts are in another currency than the channel.
    #[error("its price is in {currency}, not in the channel's currency; choose another method")]
    OtherCurrency {
        /// Currency of the method.
        currency: Currency,
    },
    /// Its ladder has no rung.
    #[error("it has no price; give it one")]
    NoRate,
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
        if !parcel.requires_shipping {
            return Ok(DeliveryCharge { rate: free, origin: DeliveryOrigin::NothingSent });
        }
        if !self.zone.covers(parcel.destination) {
            let Destination { country, postal_code } = parcel.destination.clone();
            return Err(DeliveryRefusal::OutsideZone { country, postal_code });
        }
        let (rate, origin) = self.rate.find(parcel)?;
        in_currency(rate, parcel)?;
        match self.free_over {
            Some(limit) if reached(limit, parcel)? => {
                Ok(DeliveryCharge { rate: free, origin: DeliveryOrigin::FreeOver { limit } })
            }
            _ => Ok(DeliveryCharge { rate, origin }),
        }
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
        let amounts: Vec<Money> = match &self.rate {
            DeliveryRate::Flat { amount } => vec![*amount],
            DeliveryRate::ByWeight { rungs } => rungs.iter().map(|rung| rung.amount).collect(),
            DeliveryRate::BySubtotal { rungs } => {
                rungs.iter().flat_map(|rung| [rung.from, rung.amount]).collect()
            }
        };
        let Some(first) = amounts.first() else {
            return refuse("has no price; give it at least one rung");
        };
        let mut all = amounts.iter().chain(&self.free_over);
        if all.clone().any(|amount| amount.is_negative()) {
            return refuse("has an amount below zero; delivery costs zero or more");
        }
        if all.any(|amount| amount.currency() != first.currency()) {
            return refuse("mixes currencies; make one method for each");
        }
        if self.has_one_rung_twice() {
            return refuse("has two rungs for the same limit; keep one");
        }
        Ok(())
    }

    fn has_one_rung_twice(&self) -> bool {
        match &self.rate {
            DeliveryRate::Flat { .. } => false,
            DeliveryRate::ByWeight { rungs } => {
                let mut limits: Vec<_> = rungs.iter().map(|rung| rung.up_to_grams).collect();
                limits.sort_unstable();
                limits.array_windows().any(|[a, b]| a == b)
            }
            DeliveryRate::BySubtotal { rungs } => {
                let mut limits: Vec<_> = rungs.iter().map(|rung| rung.from.minor()).collect();
                limits.sort_unstable();
                limits.array_windows().any(|[a, b]| a == b)
            }
        }
    }
}

impl DeliveryRate {
    /// Finds the amount for a parcel that is sent and covered.
    fn find(&self, parcel: &Parcel<'_>) -> Result<(Money, DeliveryOrigin), DeliveryRefusal> {
        match self {
            DeliveryRate::Flat { amount } => Ok((*amount, DeliveryOrigin::Flat)),
            DeliveryRate::ByWeight { rungs } => by_weight(rungs, parcel.weight_grams),
            DeliveryRate::BySubtotal { rungs } => by_subtotal(rungs, parcel),
        }
    }
}

fn by_weight(
    rungs: &[WeightRung],
    weight: Option<u64>,
) -> Result<(Money, DeliveryOrigin), DeliveryRefusal> {
    let limit = |rung: &WeightRung| rung.up_to_grams.unwrap_or(u64::MAX);
    let last = rungs.iter().max_by_key(|rung| limit(rung)).ok_or(DeliveryRefusal::NoRate)?;
    // A ladder of one rung without a limit costs the same whatever the weight is.
    let weight_grams = match weight {
        Some(grams) => grams,
        None if rungs.len() == 1 && last.up_to_grams.is_none() => 0,
        None => return Err(DeliveryRefusal::WeightUnknown),
    };
    let fits =
        rungs.iter().filter(|rung| weight_grams <= limit(rung)).min_by_key(|rung| limit(rung));
    let rung = fits.ok_or(DeliveryRefusal::TooHeavy { weight_grams, limit_grams: limit(last) })?;
    Ok((
        rung.amount,
        DeliveryOrigin::ByWeight { weight_grams: weight, up_to_grams: rung.up_to_grams },
    ))
}

fn by_subtotal(
    rungs: &[SubtotalRung],
    parcel: &Parcel<'_>,
) -> Result<(Money, DeliveryOrigin), DeliveryRefusal> {
    let lowest = rungs.iter().map(|rung| rung.from).min_by_key(|from| from.minor());
    let needed = lowest.ok_or(DeliveryRefusal::NoRate)?;
    let mut best: Option<&SubtotalRung> = None;
    for rung in rungs {
        if reached(rung.from, parcel)? && best.is_none_or(|b| b.from.minor() < rung.from.minor()) {
            best = Some(rung);
        }
    }
    let goods_total = parcel.goods_total;
    let rung = best.ok_or(DeliveryRefusal::SubtotalTooSmall { goods_total, needed })?;
    Ok((rung.amount, DeliveryOrigin::BySubtotal { from: rung.from }))
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    fn method(rate: DeliveryRate) -> DeliveryMethod {
        DeliveryMethod {
            id: DeliveryMethodId::from_u128(1),
            code: "standard".to_owned(),
            name: "Standard".to_owned(),
            zone: DeliveryZone::default(),
            rate,
            free_over: None,
            tax_category: None,
            active: true,
            version: 1,
        }
    }

    fn flat(minor: i64) -> DeliveryMethod {
        method(DeliveryRate::Flat { amount: eur(minor) })
    }

    fn to(country: &str, postal_code: &str) -> Destination {
        Destination { country: country.parse().unwrap(), postal_code: postal_code.to_owned() }
    }

    fn charge(
        method: &DeliveryMethod,
        goods: i64,
        weight: Option<u64>,
    ) -> Result<i64, DeliveryRefusal> {
        let destination = to("DE", "10115");
        let parcel = Parcel {
            destination: &destination,
            goods_total: eur(goods),
            weight_grams: weight,
            requires_shipping: true,
        };
        method.charge(&parcel).map(|charge| charge.rate.minor())
    }

    #[test]
    fn weight_ladders_take_the_lightest_rung_that_carries() {
        let rung = |up_to_grams, minor| WeightRung { up_to_grams, amount: eur(minor) };
        let ladder = method(DeliveryRate::ByWeight {
            rungs: vec![rung(Some(5000), 900), rung(Some(1000), 500)],
        });
        for (grams, minor) in [(0, 500), (1000, 500), (1001, 900), (5000, 900)] {
            assert_eq!(charge(&ladder, 100, Some(grams)), Ok(minor), "{grams}");
        }
        let heavy = DeliveryRefusal::TooHeavy { weight_grams: 5001, limit_grams: 5000 };
        assert_eq!(charge(&ladder, 100, Some(5001)), Err(heavy));
        assert_eq!(charge(&ladder, 100, None), Err(DeliveryRefusal::WeightUnknown));
        let open = method(DeliveryRate::ByWeight { rungs: vec![rung(None, 700)] });
        assert_eq!(charge(&open, 100, None), Ok(700));
        assert_eq!(charge(&open, 100, Some(u64::MAX)), Ok(700));
        assert_eq!(
            charge(&method(DeliveryRate::ByWeight { rungs: vec![] }), 1, Some(1)),
            Err(DeliveryRefusal::NoRate)
        );
    }

    #[test]
    fn subtotal_ladders_take_the_highest_rung_that_is_reached() {
        let rung = |from, minor| SubtotalRung { from: eur(from), amount: eur(minor) };
        let ladder = method(DeliveryRate::BySubtotal {
            rungs: vec![rung(5000, 0), rung(1000, 490), rung(2000, 290)],
        });
        for (goods, minor) in [(1000, 490), (1999, 490), (2000, 290), (5000, 0), (9000, 0)] {
            assert_eq!(charge(&ladder, goods, None), Ok(minor), "{goods}");
        }
        let small = DeliveryRefusal::SubtotalTooSmall { goods_total: eur(999), needed: eur(1000) };
        assert_eq!(charge(&ladder, 999, None), Err(small));
    }

    #[test]
    fn free_over_counts_from_the_limit_on() {
        let method = DeliveryMethod { free_over: Some(eur(5000)), ..flat(490) };
        assert_eq!(charge(&method, 4999, None), Ok(490));
        assert_eq!(charge(&method, 5000, None), Ok(0));
    }

    #[test]
    fn zones_look_at_country_and_postal_code() {
        let islands = DeliveryZone {
            countries: vec!["DE".parse().unwrap(), "GB".parse().unwrap()],
            postal_code_prefixes: vec!["27498".to_owned(), "hs".to_owned(), "IV4 1".to_owned()],
        };
        for (country, code, covered) in [
            ("DE", "27498", true),
            ("DE", "27499", false),
            ("DE", "", false),
            ("GB", "HS1 2AB", true),
            ("GB", "iv41xy", true),
            ("FR", "27498", false),
        ] {
            assert_eq!(islands.covers(&to(country, code)), covered, "{country} {code}");
        }
        assert!(DeliveryZone::default().covers(&to("US", "")));
        let method = DeliveryMethod { zone: islands, ..flat(490) };
        assert!(matches!(charge(&method, 1, None), Err(DeliveryRefusal::OutsideZone { .. })));
    }

    #[test]
    fn what_is_not_sent_costs_nothing() {
        let destination = to("DE", "");
        let goods_total = eur(100);
        let parcel = Parcel {
            destination: &destination,
            goods_total,
            weight_grams: None,
            requires_shipping: false,
        };
        let charge = flat(490).charge(&parcel).unwrap();
        assert_eq!(charge, DeliveryCharge { rate: eur(0), origin: DeliveryOrigin::NothingSent });
        let off = DeliveryMethod { active: false, ..flat(490) };
        assert_eq!(off.charge(&parcel), Err(DeliveryRefusal::Inactive));
    }

    #[test]
    fn amounts_of_another_currency_are_refused() {
        let yen = Money::from_minor(500, Currency::JPY);
        let refused = Err(DeliveryRefusal::OtherCurrency { currency: Currency::JPY });
        assert_eq!(charge(&method(DeliveryRate::Flat { amount: yen }), 100, None), refused);
        assert_eq!(
            charge(&DeliveryMethod { free_over: Some(yen), ..flat(490) }, 100, None),
            refused
        );
    }

    #[test]
    fn rules_that_contradict_themselves_are_refused_at_the_door() {
        let yen = Money::from_minor(500, Currency::JPY);
        let twice = vec![WeightRung { up_to_grams: None, amount: eur(1) }; 2];
        assert_eq!(flat(0).check(), Ok(()));
        for wrong in [
            DeliveryMethod { code: "two words".to_owned(), ..flat(1) },
            DeliveryMethod { name: String::new(), ..flat(1) },
            DeliveryMethod { free_over: Some(yen), ..flat(1) },
            flat(-1),
            method(DeliveryRate::BySubtotal { rungs: vec![] }),
            method(DeliveryRate::ByWeight { rungs: twice }),
        ] {
            assert_eq!(
                wrong.check().map_err(|e| e.code()),
                Err("pricing.invalid_rule"),
                "{wrong:?}"
            );
        }
    }
}
