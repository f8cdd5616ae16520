//! [`Benefit`]: what a promotion gives.
//!
//! Deliberately absent: the arithmetic, which stands in `discount`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Condition;
use crate::id::VariantId;
use crate::money::{Currency, Money, Rate};
use crate::quantity::Quantity;

/// What a promotion gives.
///
/// Units: amounts are with tax when the channel is tax-inclusive.
///
/// ```
/// use sutler_core::money::{Currency, Money, Rate};
/// use sutler_core::pricing::Benefit;
///
/// let tenth = Benefit::Percent { rate: Rate::percent("10")? };
/// assert_eq!(tenth.to_string(), "10 % off");
/// assert!(tenth.is_on_units() && tenth.amount().is_none());
///
/// let voucher = Benefit::FixedOrder { amount: Money::parse("5.00", Currency::EUR)? };
/// assert_eq!(voucher.amount(), Some(Money::parse("5.00", Currency::EUR)?));
/// assert!(!voucher.is_on_units());
/// assert!(Benefit::FreeDelivery.is_on_delivery());
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Benefit {
    /// A part of the price of each unit, rounded once over all units that get it.
    Percent {
        /// How much, at most 100 %.
        rate: Rate,
    },
    /// An amount off each unit.
    FixedUnit {
        /// How much.
        amount: Money,
    },
    /// An amount off each line, whatever its quantity. A unit that another promotion gives more forgoes its share.
    FixedLine {
        /// How much.
        amount: Money,
    },
    /// An amount off all lines together, split over them by what they cost.
    FixedOrder {
        /// How much.
        amount: Money,
    },
    /// Each unit costs this, where it cost more.
    FixedPrice {
        /// What one unit costs then.
        amount: Money,
    },
    /// Who buys some units gets others cheaper.
    BuyGet(BuyGet),
    /// Of every so many units the cheapest is free. Units are grouped from the dearest down.
    CheapestFree {
        /// How many units make a group, at least 2.
        of: u32,
    },
    /// By the quantity of the lines it is for: the highest tier that is reached.
    QuantityTiers {
        /// The tiers, in any order.
        tiers: Vec<QuantityTier>,
    },
    /// By what the lines it is for cost before discounts: the highest tier that is reached.
    SubtotalTiers {
        /// The tiers, in any order.
        tiers: Vec<SubtotalTier>,
    },
    /// Some units of each part together cost a fixed price, as often as they stand in the cart and it saves money.
    Bundle {
        /// The parts. A line that fits several parts goes to the first.
        parts: Vec<BundlePart>,
        /// What one bundle costs.
        price: Money,
    },
    /// The whole delivery rate.
    FreeDelivery,
    /// A part of the delivery rate.
    DeliveryPercent {
        /// How much, at most 100 %.
        rate: Rate,
    },
    /// An amount off the delivery rate.
    DeliveryFixed {
        /// How much.
        amount: Money,
    },
    /// Units of one variant on a line of their own, free. The goods of the conditions earn it, once for the order; the
    /// lines of the buyer stay as they are.
    Gift {
        /// What is given.
        variant: VariantId,
        /// How many units.
        units: u32,
    },
}

/// Who buys some units gets others cheaper: buy 2, get 1 free.
///
/// The units that are got are the cheapest. What is left over after whole groups counts too, when enough of it is
/// bought: with "buy 2, get 2", the third of three units is got.
///
/// ```
/// use sutler_core::money::Rate;
/// use sutler_core::pricing::{Benefit, BuyGet};
///
/// let rule = BuyGet { buy: 2, get: 1, rate: Rate::ONE, goods: vec![], each_variant: false };
/// assert_eq!(Benefit::BuyGet(rule.clone()).to_string(), "buy 2, get 1 free");
/// let half = BuyGet { rate: Rate::percent("50")?, ..rule };
/// assert_eq!(Benefit::BuyGet(half).to_string(), "buy 2, get 50 % off 1");
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BuyGet {
    /// How many units are bought at their price.
    pub buy: u32,
    /// How many are got then.
    pub get: u32,
    /// How much of their price is taken off those.
    pub rate: Rate,
    /// Conditions on the goods that are got; none: the same goods as are bought. Goods that are for both count as got.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goods: Vec<Condition>,
    /// Whether each variant counts by itself, so that bought and got are the same thing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub each_variant: bool,
}

/// What a tier gives.
///
/// ```
/// use sutler_core::money::Rate;
/// use sutler_core::pricing::{Benefit, TierBenefit};
///
/// let rate = Rate::percent("10")?;
/// assert_eq!(TierBenefit::Percent { rate }.to_benefit(), Benefit::Percent { rate });
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TierBenefit {
    /// As [`Benefit::Percent`].
    Percent {
        /// How much.
        rate: Rate,
    },
    /// As [`Benefit::FixedUnit`].
    FixedUnit {
        /// How much.
        amount: Money,
    },
    /// As [`Benefit::FixedPrice`].
    FixedPrice {
        /// What one unit costs then.
        amount: Money,
    },
    /// As [`Benefit::FixedOrder`].
    FixedOrder {
        /// How much.
        amount: Money,
    },
}

/// One tier by quantity.
///
/// ```
/// use sutler_core::money::Rate;
/// use sutler_core::pricing::{Benefit, QuantityTier, TierBenefit};
///
/// let tier = |from, percent| {
///     Rate::percent(percent).map(|rate| QuantityTier { from, benefit: TierBenefit::Percent { rate } })
/// };
/// let tiers = Benefit::QuantityTiers { tiers: vec![tier(3, "5")?, tier(10, "15")?] };
/// assert_eq!(tiers.to_string(), "5 % off from 3 units on; 15 % off from 10 units on");
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QuantityTier {
    /// From how many units on.
    pub from: u32,
    /// What it gives.
    pub benefit: TierBenefit,
}

/// One tier by amount.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::{Benefit, SubtotalTier, TierBenefit};
///
/// let from = Money::parse("100.00", Currency::EUR)?;
/// let amount = Money::parse("15.00", Currency::EUR)?;
/// let tier = SubtotalTier { from, benefit: TierBenefit::FixedOrder { amount } };
/// let benefit = Benefit::SubtotalTiers { tiers: vec![tier] };
/// assert_eq!(benefit.to_string(), "15.00 EUR off the order from 100.00 EUR on");
/// assert!(!benefit.is_on_units());
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SubtotalTier {
    /// From what subtotal on.
    pub from: Money,
    /// What it gives.
    pub benefit: TierBenefit,
}

/// What a bundle needs of one kind of goods.
///
/// ```
/// use sutler_core::id::ProductId;
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::{Benefit, BundlePart, Condition};
///
/// let part = |product, units| {
///     let goods = Condition::Product { products: vec![ProductId::from_u128(product)] };
///     BundlePart { goods: vec![goods], units }
/// };
/// let price = Money::parse("99.00", Currency::EUR)?;
/// let lamp_and_bulbs = Benefit::Bundle { parts: vec![part(1, 1), part(2, 2)], price };
/// assert_eq!(lamp_and_bulbs.to_string(), "a bundle of 1 + 2 units for 99.00 EUR");
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BundlePart {
    /// Conditions on goods that its units fulfill, beside those of the promotion.
    pub goods: Vec<Condition>,
    /// How many units one bundle needs.
    pub units: u32,
}

impl TierBenefit {
    /// Returns it as a benefit of its own.
    pub fn to_benefit(self) -> Benefit {
        match self {
            TierBenefit::Percent { rate } => Benefit::Percent { rate },
            TierBenefit::FixedUnit { amount } => Benefit::FixedUnit { amount },
            TierBenefit::FixedPrice { amount } => Benefit::FixedPrice { amount },
            TierBenefit::FixedOrder { amount } => Benefit::FixedOrder { amount },
        }
    }
}

impl Benefit {
    /// Tells whether it takes something off units, which limits on units count. All but a gift compete with others for each
    /// of them.
    pub fn is_on_units(&self) -> bool {
        match self {
            Benefit::FixedOrder { .. } => false,
            Benefit::QuantityTiers { tiers } => {
                tiers.iter().all(|tier| tier.benefit.to_benefit().is_on_units())
            }
            Benefit::SubtotalTiers { tiers } => {
                tiers.iter().all(|tier| tier.benefit.to_benefit().is_on_units())
            }
            _ => !self.is_on_delivery(),
        }
    }

    /// Returns the conditions on goods of its own.
    pub(super) fn goods(&self) -> Vec<&Condition> {
        match self {
            Benefit::BuyGet(rule) => rule.goods.iter().collect(),
            Benefit::Bundle { parts, .. } => parts.iter().flat_map(|part| &part.goods).collect(),
            _ => Vec::new(),
        }
    }

    /// Tells whether it takes something off the delivery.
    pub fn is_on_delivery(&self) -> bool {
        use Benefit::{DeliveryFixed, DeliveryPercent, FreeDelivery};
        matches!(self, FreeDelivery | DeliveryPercent { .. } | DeliveryFixed { .. })
    }

    /// Returns the currency of an amount that is not in `currency`.
    pub(in crate::pricing) fn other_currency(&self, currency: Currency) -> Option<Currency> {
        if let Some(amount) = self.amount() {
            return Some(amount.currency()).filter(|found| *found != currency);
        }
        self.amounts().into_iter().map(Money::currency).find(|found| *found != currency)
    }

    /// Returns the amount it is made of, if it is just one.
    pub fn amount(&self) -> Option<Money> {
        match self {
            Benefit::FixedUnit { amount }
            | Benefit::FixedLine { amount }
            | Benefit::FixedOrder { amount }
            | Benefit::FixedPrice { amount }
            | Benefit::DeliveryFixed { amount } => Some(*amount),
            Benefit::Bundle { price, .. } => Some(*price),
            _ => None,
        }
    }

    /// Returns every amount it is made of.
    fn amounts(&self) -> Vec<Money> {
        match self {
            Benefit::QuantityTiers { tiers } => {
                tiers.iter().flat_map(|tier| tier.benefit.to_benefit().amounts()).collect()
            }
            Benefit::SubtotalTiers { tiers } => {
                let amounts = |tier: &SubtotalTier| {
                    std::iter::once(tier.from).chain(tier.benefit.to_benefit().amounts())
                };
                tiers.iter().flat_map(amounts).collect()
            }
            one => one.amount().into_iter().collect(),
        }
    }

    /// Says what makes it pointless.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        const NO_PART: &str =
            "takes off no part of a price; the rate is above 0 % and at most 100 %";
        match self {
            Benefit::Percent { rate } | Benefit::DeliveryPercent { rate } => {
                (rate.is_zero() || !rate.is_at_most_one()).then_some(NO_PART)
            }
            Benefit::FixedPrice { amount } | Benefit::Bundle { price: amount, .. }
                if amount.is_negative() =>
            {
                Some("sells below zero; a price is zero or above")
            }
            Benefit::FixedPrice { .. } => None,
            Benefit::FixedUnit { amount }
            | Benefit::FixedLine { amount }
            | Benefit::FixedOrder { amount }
            | Benefit::DeliveryFixed { amount } => {
                (!amount.is_positive()).then_some("takes nothing off; the amount is above zero")
            }
            Benefit::BuyGet(rule) => rule.contradiction().or_else(|| {
                (rule.rate.is_zero() || !rule.rate.is_at_most_one()).then_some(NO_PART)
            }),
            Benefit::CheapestFree { of } => {
                (*of < 2).then_some("gives every unit away; a group has 2 units or more")
            }
            Benefit::QuantityTiers { tiers } => {
                let mut from: Vec<u32> = tiers.iter().map(|tier| tier.from).collect();
                let inner = tiers.iter().find_map(|t| t.benefit.to_benefit().contradiction());
                from.sort_unstable();
                inner.or_else(|| (!rises(&from)).then_some(TIERS))
            }
            Benefit::SubtotalTiers { tiers } => {
                let mut from: Vec<i64> = tiers.iter().map(|tier| tier.from.minor()).collect();
                let inner = tiers.iter().find_map(|t| t.benefit.to_benefit().contradiction());
                from.sort_unstable();
                let negative = from.first().is_some_and(|least| *least < 0);
                inner.or_else(|| (negative || !rises(&from)).then_some(TIERS))
            }
            Benefit::Bundle { parts, .. } => bundle_contradiction(parts),
            Benefit::Gift { units, .. } if Quantity::new(*units).is_err() => {
                Some("gives no unit, or more than a line may hold; a gift has 1 to 1000000 units")
            }
            Benefit::Gift { .. } | Benefit::FreeDelivery => None,
        }
    }
}

const TIERS: &str = "has no tiers or two that begin at the same place, or one below zero";

/// Tells whether there is something and all of it differs.
fn rises<T: PartialOrd>(sorted: &[T]) -> bool {
    !sorted.is_empty() && sorted.windows(2).all(|pair| pair[0] < pair[1])
}

fn bundle_contradiction(parts: &[BundlePart]) -> Option<&'static str> {
    if parts.is_empty() || parts.iter().any(|part| part.units == 0) {
        return Some("has a bundle without parts, or a part without units");
    }
    parts.iter().flat_map(|part| &part.goods).find_map(on_goods)
}

impl BuyGet {
    fn contradiction(&self) -> Option<&'static str> {
        if self.buy == 0 || self.get == 0 {
            return Some("buys or gets no unit; both are 1 or more");
        }
        if self.each_variant && !self.goods.is_empty() {
            return Some("gets other goods than are bought, which each variant by itself cannot");
        }
        self.goods.iter().find_map(on_goods)
    }
}

/// Says what is wrong with a condition that stands where only goods can be chosen.
fn on_goods(condition: &Condition) -> Option<&'static str> {
    let why = "chooses goods by a condition that is not about goods";
    condition.contradiction().or_else(|| (!condition.is_on_goods()).then_some(why))
}

impl fmt::Display for Benefit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Benefit::Percent { rate } => write!(f, "{rate} off"),
            Benefit::FixedUnit { amount } => write!(f, "{amount} off each unit"),
            Benefit::FixedLine { amount } => write!(f, "{amount} off each line"),
            Benefit::FixedOrder { amount } => write!(f, "{amount} off the order"),
            Benefit::FixedPrice { amount } => write!(f, "{amount} for each unit"),
            Benefit::BuyGet(BuyGet { buy, get, rate, .. }) if *rate == Rate::ONE => {
                write!(f, "buy {buy}, get {get} free")
            }
            Benefit::BuyGet(BuyGet { buy, get, rate, .. }) => {
                write!(f, "buy {buy}, get {rate} off {get}")
            }
            Benefit::CheapestFree { of } => write!(f, "the cheapest of {of} free"),
            Benefit::QuantityTiers { tiers } => {
                let told = |tier: &QuantityTier| {
                    format!("{} from {} units on", tier.benefit.to_benefit(), tier.from)
                };
                f.write_str(&tiers.iter().map(told).collect::<Vec<_>>().join("; "))
            }
            Benefit::SubtotalTiers { tiers } => {
                let told = |tier: &SubtotalTier| {
                    format!("{} from {} on", tier.benefit.to_benefit(), tier.from)
                };
                f.write_str(&tiers.iter().map(told).collect::<Vec<_>>().join("; "))
            }
            Benefit::Bundle { parts, price } => {
                let units: Vec<String> = parts.iter().map(|part| part.units.to_string()).collect();
                write!(f, "a bundle of {} units for {price}", units.join(" + "))
            }
            Benefit::FreeDelivery => f.write_str("free delivery"),
            Benefit::DeliveryPercent { rate } => write!(f, "{rate} off the delivery"),
            Benefit::DeliveryFixed { amount } => write!(f, "{amount} off the delivery"),
            Benefit::Gift { units, .. } => write!(f, "{units} units as a gift"),
        }
    }
}
