//! [`DeliveryRate`]: how the price of a delivery is found.

use serde::{Deserialize, Serialize};

use super::{DeliveryRefusal, Parcel, in_currency, reached};
use crate::money::Money;
use crate::pricing::Territory;

/// What a parcel up to a weight costs.
///
/// ```
/// # use sutler_core::pricing::{Destination, Parcel, PricingFacts, QuoteRequest, SentLine};
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::{DeliveryRate, WeightRung};
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let eur = |text| Money::parse(text, Currency::EUR);
/// let rungs = vec![
///     WeightRung { up_to_grams: Some(2000), amount: eur("4.00")? },
///     WeightRung { up_to_grams: None, amount: eur("6.00")? },
/// ];
/// let mut post = facts.delivery_methods[0].clone();
/// post.rate = DeliveryRate::ByWeight { rungs };
/// // Two lamps weigh 2400 g.
/// # let destination = Destination::country("DE".parse()?);
/// # let sent = [SentLine { facts: &facts.variants[0], units: 2 }];
/// # let parcel = Parcel { destination: &destination, goods_total: eur("238.00")?, sent: &sent };
/// assert_eq!(post.charge(&parcel)?.rate, eur("6.00")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct WeightRung {
    /// The heaviest cart it is for, in grams; `None`: any.
    pub up_to_grams: Option<u64>,
    /// What it costs.
    pub amount: Money,
}

/// What a parcel up to a volume costs.
///
/// ```
/// # use sutler_core::pricing::{Destination, Parcel, PricingFacts, QuoteRequest, SentLine};
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::{DeliveryRate, VolumeRung};
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let eur = |text| Money::parse(text, Currency::EUR);
/// let rungs = vec![
///     VolumeRung { up_to_cm3: Some(20_000), amount: eur("4.00")? },
///     VolumeRung { up_to_cm3: None, amount: eur("6.00")? },
/// ];
/// let mut post = facts.delivery_methods[0].clone();
/// post.rate = DeliveryRate::ByVolume { rungs };
/// // Two lamps have 16 000 cm³.
/// # let destination = Destination::country("DE".parse()?);
/// # let sent = [SentLine { facts: &facts.variants[0], units: 2 }];
/// # let parcel = Parcel { destination: &destination, goods_total: eur("238.00")?, sent: &sent };
/// assert_eq!(post.charge(&parcel)?.rate, eur("4.00")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VolumeRung {
    /// The largest cart it is for, in cubic centimeters; `None`: any.
    pub up_to_cm3: Option<u64>,
    /// What it costs.
    pub amount: Money,
}

/// What a number of units costs.
///
/// ```
/// # use sutler_core::pricing::{Destination, Parcel, PricingFacts, QuoteRequest, SentLine};
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::{DeliveryRate, QuantityRung};
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let eur = |text| Money::parse(text, Currency::EUR);
/// let rungs = vec![
///     QuantityRung { up_to_units: Some(1), amount: eur("4.00")? },
///     QuantityRung { up_to_units: Some(10), amount: eur("6.00")? },
/// ];
/// let mut post = facts.delivery_methods[0].clone();
/// post.rate = DeliveryRate::ByQuantity { rungs };
/// // Two lamps are two units.
/// # let destination = Destination::country("DE".parse()?);
/// # let sent = [SentLine { facts: &facts.variants[0], units: 2 }];
/// # let parcel = Parcel { destination: &destination, goods_total: eur("238.00")?, sent: &sent };
/// assert_eq!(post.charge(&parcel)?.rate, eur("6.00")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QuantityRung {
    /// The most units it is for; `None`: any.
    pub up_to_units: Option<u64>,
    /// What it costs.
    pub amount: Money,
}

/// What delivery costs from a subtotal on.
///
/// ```
/// # use sutler_core::pricing::{Destination, Parcel, PricingFacts, QuoteRequest, SentLine};
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::{DeliveryRate, SubtotalRung};
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let eur = |text| Money::parse(text, Currency::EUR);
/// let rungs = vec![
///     SubtotalRung { from: eur("200.00")?, amount: eur("4.00")? },
///     SubtotalRung { from: eur("0.00")?, amount: eur("6.00")? },
/// ];
/// let mut post = facts.delivery_methods[0].clone();
/// post.rate = DeliveryRate::BySubtotal { rungs };
/// // Two lamps cost 238.00.
/// # let destination = Destination::country("DE".parse()?);
/// # let sent = [SentLine { facts: &facts.variants[0], units: 2 }];
/// # let parcel = Parcel { destination: &destination, goods_total: eur("238.00")?, sent: &sent };
/// assert_eq!(post.charge(&parcel)?.rate, eur("4.00")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubtotalRung {
    /// The smallest subtotal of goods after discounts it is for.
    pub from: Money,
    /// What it costs.
    pub amount: Money,
}

/// One row of a table of rates: for whom, and what it costs. What is not said does not matter.
///
/// ```
/// # use sutler_core::pricing::{Destination, Parcel, PricingFacts, QuoteRequest, SentLine};
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::{DeliveryOrigin, DeliveryRate, TableRow, Territory};
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let eur = |text| Money::parse(text, Currency::EUR);
/// let any = TableRow {
///     territory: Territory::default(),
///     up_to_grams: None,
///     up_to_cm3: None,
///     up_to_units: None,
///     from: None,
///     amount: eur("9.00")?,
/// };
/// let light = TableRow { up_to_grams: Some(1000), amount: eur("3.00")?, ..any.clone() };
/// let mut post = facts.delivery_methods[0].clone();
/// post.rate = DeliveryRate::Table { rows: vec![light, any] };
/// // Two lamps weigh 2400 g.
/// # let destination = Destination::country("DE".parse()?);
/// # let sent = [SentLine { facts: &facts.variants[0], units: 2 }];
/// # let parcel = Parcel { destination: &destination, goods_total: eur("238.00")?, sent: &sent };
/// assert_eq!(post.charge(&parcel)?.origin, DeliveryOrigin::Table { row: 2 });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TableRow {
    /// Where it goes.
    #[serde(default, skip_serializing_if = "Territory::is_everywhere")]
    pub territory: Territory,
    /// The heaviest cart it is for, in grams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to_grams: Option<u64>,
    /// The largest cart it is for, in cubic centimeters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to_cm3: Option<u64>,
    /// The most units it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to_units: Option<u64>,
    /// The smallest subtotal of goods after discounts it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Money>,
    /// What it costs.
    pub amount: Money,
}

/// How the price of a delivery is found.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::DeliveryRate;
///
/// let text = r#"{ "kind": "flat", "amount": { "amount": "4.90", "currency": "EUR" } }"#;
/// let rate: DeliveryRate = serde_json::from_str(text)?;
/// assert_eq!(rate, DeliveryRate::Flat { amount: Money::parse("4.90", Currency::EUR)? });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// By the volume of what is sent: the smallest rung that holds it. A cart larger than all is refused.
    ByVolume {
        /// The rungs, in any order.
        rungs: Vec<VolumeRung>,
    },
    /// By how many units are sent: the smallest rung that holds them. A cart of more units is refused.
    ByQuantity {
        /// The rungs, in any order.
        rungs: Vec<QuantityRung>,
    },
    /// By what the goods cost after discounts: the highest rung that is reached. A cart below all is refused.
    BySubtotal {
        /// The rungs, in any order.
        rungs: Vec<SubtotalRung>,
    },
    /// By a table, read from top to bottom: the first row that fits. A cart that no row fits is refused.
    Table {
        /// The rows, in the order in which they are tried.
        rows: Vec<TableRow>,
    },
}

/// How a [`DeliveryCharge`](super::DeliveryCharge) was found.
///
/// ```
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest, quote};
/// # use sutler_core::time::Timestamp;
/// use sutler_core::pricing::DeliveryOrigin;
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let quote = quote(&request, &facts, Timestamp::from_millis(0))?;
/// let found = DeliveryOrigin::ByWeight { weight_grams: Some(2400), up_to_grams: Some(5000) };
/// assert_eq!(quote.delivery.map(|delivery| delivery.origin), Some(found));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
    /// By volume.
    ByVolume {
        /// Volume of the cart in cubic centimeters; `None` when it was unknown and did not matter.
        volume_cm3: Option<u64>,
        /// The rung.
        up_to_cm3: Option<u64>,
    },
    /// By number of units.
    ByQuantity {
        /// Units that are sent.
        units: u64,
        /// The rung.
        up_to_units: Option<u64>,
    },
    /// By subtotal.
    BySubtotal {
        /// The rung.
        from: Money,
    },
    /// By a table.
    Table {
        /// The row, from 1.
        row: u32,
    },
    /// Free, because the goods cost enough.
    FreeOver {
        /// The limit that was reached.
        limit: Money,
    },
    /// Free, because nothing in the cart is sent.
    NothingSent,
}

impl DeliveryRate {
    /// Finds the amount for a parcel that is sent and covered.
    pub(super) fn find(
        &self,
        parcel: &Parcel<'_>,
    ) -> Result<(Money, DeliveryOrigin), DeliveryRefusal> {
        match self {
            DeliveryRate::Flat { amount } => Ok((*amount, DeliveryOrigin::Flat)),
            DeliveryRate::ByWeight { rungs } => by_weight(rungs, parcel.weight_grams()),
            DeliveryRate::ByVolume { rungs } => by_volume(rungs, parcel.volume_cm3()),
            DeliveryRate::ByQuantity { rungs } => by_quantity(rungs, parcel.units()),
            DeliveryRate::BySubtotal { rungs } => by_subtotal(rungs, parcel),
            DeliveryRate::Table { rows } => by_table(rows, parcel),
        }
    }

    /// Returns every amount in it.
    pub(super) fn amounts(&self) -> Vec<Money> {
        match self {
            DeliveryRate::Flat { amount } => vec![*amount],
            DeliveryRate::ByWeight { rungs } => rungs.iter().map(|rung| rung.amount).collect(),
            DeliveryRate::ByVolume { rungs } => rungs.iter().map(|rung| rung.amount).collect(),
            DeliveryRate::ByQuantity { rungs } => rungs.iter().map(|rung| rung.amount).collect(),
            DeliveryRate::BySubtotal { rungs } => {
                rungs.iter().flat_map(|rung| [rung.from, rung.amount]).collect()
            }
            DeliveryRate::Table { rows } => {
                rows.iter().flat_map(|row| [row.amount].into_iter().chain(row.from)).collect()
            }
        }
    }

    /// Tells whether two rungs have the same limit, or two rows the same conditions.
    pub(super) fn has_one_rung_twice(&self) -> bool {
        fn twice<T: Ord>(mut limits: Vec<T>) -> bool {
            limits.sort_unstable();
            limits.array_windows().any(|[a, b]| a == b)
        }
        match self {
            DeliveryRate::Flat { .. } => false,
            DeliveryRate::ByWeight { rungs } => {
                twice(rungs.iter().map(|r| r.up_to_grams).collect())
            }
            DeliveryRate::ByVolume { rungs } => twice(rungs.iter().map(|r| r.up_to_cm3).collect()),
            DeliveryRate::ByQuantity { rungs } => {
                twice(rungs.iter().map(|r| r.up_to_units).collect())
            }
            DeliveryRate::BySubtotal { rungs } => {
                twice(rungs.iter().map(|r| r.from.minor()).collect())
            }
            DeliveryRate::Table { rows } => rows.iter().enumerate().any(|(nr, row)| {
                let when = |row: &TableRow| {
                    let place = row.territory.clone().in_order();
                    (place, row.up_to_grams, row.up_to_cm3, row.up_to_units, row.from)
                };
                rows.iter().take(nr).any(|earlier| when(earlier) == when(row))
            }),
        }
    }
}

/// Finds the rung with the smallest limit that is not below a measure; else gives the greatest limit.
///
/// An unknown measure only fits a ladder of one rung without a limit, which costs the same whatever it is.
fn rung_for<R>(
    rungs: &[R],
    limit: impl Fn(&R) -> Option<u64>,
    measure: Option<u64>,
) -> Result<Option<&R>, Option<u64>> {
    let limit = |rung: &&R| limit(rung).unwrap_or(u64::MAX);
    let greatest = rungs.iter().map(|rung| limit(&rung)).max();
    let measure = match measure {
        Some(measure) => measure,
        None if rungs.len() == 1 && greatest == Some(u64::MAX) => 0,
        None => return Ok(None),
    };
    let fits = rungs.iter().filter(|rung| measure <= limit(rung)).min_by_key(limit);
    fits.map(Some).ok_or(greatest)
}

fn by_weight(
    rungs: &[WeightRung],
    weight_grams: Option<u64>,
) -> Result<(Money, DeliveryOrigin), DeliveryRefusal> {
    let rung = match rung_for(rungs, |rung| rung.up_to_grams, weight_grams) {
        Ok(rung) => rung.ok_or(DeliveryRefusal::WeightUnknown)?,
        Err(Some(limit_grams)) => {
            let weight_grams = weight_grams.unwrap_or(0);
            return Err(DeliveryRefusal::TooHeavy { weight_grams, limit_grams });
        }
        Err(None) => return Err(DeliveryRefusal::NoRate),
    };
    let WeightRung { up_to_grams, amount } = *rung;
    Ok((amount, DeliveryOrigin::ByWeight { weight_grams, up_to_grams }))
}

fn by_volume(
    rungs: &[VolumeRung],
    volume_cm3: Option<u64>,
) -> Result<(Money, DeliveryOrigin), DeliveryRefusal> {
    let rung = match rung_for(rungs, |rung| rung.up_to_cm3, volume_cm3) {
        Ok(rung) => rung.ok_or(DeliveryRefusal::SizeUnknown)?,
        Err(Some(limit_cm3)) => {
            let volume_cm3 = volume_cm3.unwrap_or(0);
            return Err(DeliveryRefusal::TooLarge { volume_cm3, limit_cm3 });
        }
        Err(None) => return Err(DeliveryRefusal::NoRate),
    };
    let VolumeRung { up_to_cm3, amount } = *rung;
    Ok((amount, DeliveryOrigin::ByVolume { volume_cm3, up_to_cm3 }))
}

fn by_quantity(
    rungs: &[QuantityRung],
    units: u64,
) -> Result<(Money, DeliveryOrigin), DeliveryRefusal> {
    match rung_for(rungs, |rung| rung.up_to_units, Some(units)) {
        Ok(Some(QuantityRung { up_to_units, amount })) => {
            Ok((*amount, DeliveryOrigin::ByQuantity { units, up_to_units: *up_to_units }))
        }
        Err(Some(limit)) => Err(DeliveryRefusal::TooManyUnits { units, limit }),
        Ok(None) | Err(None) => Err(DeliveryRefusal::NoRate),
    }
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

fn by_table(
    rows: &[TableRow],
    parcel: &Parcel<'_>,
) -> Result<(Money, DeliveryOrigin), DeliveryRefusal> {
    let (weight, volume, units) = (parcel.weight_grams(), parcel.volume_cm3(), parcel.units());
    // What is unknown fits no limit: a row without one comes later, or the cart is refused.
    let within = |limit: Option<u64>, measure: Option<u64>| {
        limit.is_none_or(|limit| measure.is_some_and(|measure| measure <= limit))
    };
    for (row, number) in rows.iter().zip(1_u32..) {
        let fits = row.territory.covers(parcel.destination)
            && within(row.up_to_grams, weight)
            && within(row.up_to_cm3, volume)
            && within(row.up_to_units, Some(units))
            && row.from.map_or(Ok(true), |from| reached(from, parcel))?;
        if fits {
            in_currency(row.amount, parcel)?;
            return Ok((row.amount, DeliveryOrigin::Table { row: number }));
        }
    }
    Err(if rows.is_empty() { DeliveryRefusal::NoRate } else { DeliveryRefusal::OutsideTable })
}
