//! What a simulation found.

use std::collections::BTreeMap;

use super::run::RuleSet;
use crate::id::{PromotionId, VariantId};
use crate::money::{Currency, Money, MoneyError};
use crate::order::OrderNumber;
use crate::pricing::{AppliedPromotion, NotRepriced, Quote};
use crate::time::Timestamp;

/// What some orders came to, or would have.
///
/// Units: `net` and `margin` are without tax; `discount` is as the channels count, with tax where their prices contain it.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_core::simulation::Earnings;
///
/// let none = Earnings::none(Currency::EUR);
/// assert_eq!(none.gross.to_string(), "0.00 EUR");
/// assert_eq!(none.margin_known(), None, "no line with a cost");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Earnings {
    /// What buyers pay: goods, delivery, fees and tax.
    pub gross: Money,
    /// The same without tax.
    pub net: Money,
    /// What promotions took off goods and delivery.
    pub discount: Money,
    /// What is left of the goods, without tax, after what they cost the merchant; lines without a cost are left out.
    pub margin: Money,
    /// Lines.
    pub lines: u64,
    /// Lines whose goods have a cost in the currency of the order.
    pub lines_with_cost: u64,
}

/// What a promotion gave, and what the orders that hold it came to.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_core::simulation::PromotionEarnings;
///
/// let unused = PromotionEarnings::none(Currency::EUR);
/// assert_eq!((unused.uses, unused.discount), (0, unused.orders.gross));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PromotionEarnings {
    /// Orders that hold it.
    pub uses: u64,
    /// Units that got it.
    pub units: u64,
    /// What it took off.
    pub discount: Money,
    /// What the orders that hold it came to.
    pub orders: Earnings,
}

/// One promotion before and after.
///
/// ```
/// use sutler_core::id::PromotionId;
/// use sutler_core::money::Currency;
/// use sutler_core::simulation::{PromotionEarnings, SimulatedPromotion};
///
/// let none = PromotionEarnings::none(Currency::EUR);
/// let spring = SimulatedPromotion {
///     promotion: PromotionId::from_u128(1),
///     name: "Spring".to_owned(),
///     before: none,
///     after: PromotionEarnings { uses: 3, ..none },
/// };
/// assert!(spring.after.uses > spring.before.uses);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SimulatedPromotion {
    /// Which.
    pub promotion: PromotionId,
    /// Its name.
    pub name: String,
    /// As it was.
    pub before: PromotionEarnings,
    /// As it would have been.
    pub after: PromotionEarnings,
}

/// The orders of one currency before and after.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_core::simulation::SimulatedSales;
///
/// let none = SimulatedSales::none(Currency::EUR);
/// assert_eq!((none.orders, none.before), (0, none.after));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SimulatedSales {
    /// The currency.
    pub currency: Currency,
    /// Orders in the sums.
    pub orders: u64,
    /// Orders of these that would have another total.
    pub changed: u64,
    /// As it was.
    pub before: Earnings,
    /// As it would have been.
    pub after: Earnings,
    /// Each promotion that gave something before or after, by name.
    pub promotions: Vec<SimulatedPromotion>,
}

/// Orders that could not be priced again for one reason.
///
/// ```
/// use sutler_core::order::OrderNumber;
/// use sutler_core::simulation::NotRepricedOrders;
///
/// let gone = NotRepricedOrders {
///     code: "promotion_gone",
///     orders: 2,
///     example: OrderNumber::FIRST,
///     reason: "it held the promotion \"May\", which is not in the shop any more".to_owned(),
/// };
/// assert_eq!(gone.example.to_string(), "1001");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NotRepricedOrders {
    /// The reason as a stable word; see [`NotRepriced::code`].
    pub code: &'static str,
    /// How many orders.
    pub orders: u64,
    /// The first of them.
    pub example: OrderNumber,
    /// The reason of the first, in words.
    pub reason: String,
}

/// What a simulation found.
///
/// ```
/// use sutler_core::simulation::{RuleSet, Simulation, SimulationPlan};
/// # use sutler_core::time::Timestamp;
///
/// let plan = SimulationPlan {
///     promotions: vec![], rules: RuleSet::Instead, since: Timestamp::from_millis(0), until: None,
/// };
/// let report = Simulation::new(plan, &[]).report();
/// assert!(report.sales.is_empty(), "it was given no order");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SimulationReport {
    /// What was replaced.
    pub rules: RuleSet,
    /// The first moment of the period.
    pub since: Timestamp,
    /// The first moment after it; `None`: up to now.
    pub until: Option<Timestamp>,
    /// Orders that were placed in the period, those that were called off aside.
    pub orders: u64,
    /// Orders that were placed in the period and called off since; they are in no sum.
    pub canceled: u64,
    /// The sums, by currency.
    pub sales: Vec<SimulatedSales>,
    /// Orders that are in no sum because they could not be priced again, most first.
    pub not_repriced: Vec<NotRepricedOrders>,
}

impl Earnings {
    /// Returns what no orders come to.
    pub const fn none(currency: Currency) -> Earnings {
        let zero = Money::zero(currency);
        Earnings {
            gross: zero,
            net: zero,
            discount: zero,
            margin: zero,
            lines: 0,
            lines_with_cost: 0,
        }
    }

    /// Returns the margin, unless no line has a cost.
    pub fn margin_known(&self) -> Option<Money> {
        (self.lines_with_cost > 0).then_some(self.margin)
    }

    /// Returns what one order comes to. `cost` knows what one unit costs the merchant.
    pub(super) fn of(
        quote: &Quote,
        cost: impl Fn(VariantId) -> Option<Money>,
    ) -> Result<Earnings, MoneyError> {
        let totals = &quote.totals;
        let off_delivery = quote.delivery.as_ref().map(|delivery| delivery.discount_total);
        let mut sum = Earnings {
            gross: totals.total,
            net: totals.total.checked_sub(totals.tax_total)?,
            discount: off_delivery
                .map_or(Ok(totals.discount_total), |off| totals.discount_total.checked_add(off))?,
            ..Earnings::none(quote.currency)
        };
        for line in &quote.lines {
            sum.lines += 1;
            if let Some(unit) = cost(line.variant).filter(|c| c.currency() == quote.currency) {
                let left = line.net.checked_sub(unit.checked_mul(line.quantity.get())?)?;
                sum.margin = sum.margin.checked_add(left)?;
                sum.lines_with_cost += 1;
            }
        }
        Ok(sum)
    }

    fn plus(self, other: Earnings) -> Result<Earnings, MoneyError> {
        Ok(Earnings {
            gross: self.gross.checked_add(other.gross)?,
            net: self.net.checked_add(other.net)?,
            discount: self.discount.checked_add(other.discount)?,
            margin: self.margin.checked_add(other.margin)?,
            lines: self.lines + other.lines,
            lines_with_cost: self.lines_with_cost + other.lines_with_cost,
        })
    }
}

impl PromotionEarnings {
    /// Returns those of a promotion that nobody used.
    pub const fn none(currency: Currency) -> PromotionEarnings {
        let orders = Earnings::none(currency);
        PromotionEarnings { uses: 0, units: 0, discount: orders.discount, orders }
    }

    fn plus(self, applied: &AppliedPromotion, order: Earnings) -> Result<Self, MoneyError> {
        Ok(PromotionEarnings {
            uses: self.uses + 1,
            units: self.units + u64::from(applied.units),
            discount: self.discount.checked_add(applied.amount)?,
            orders: self.orders.plus(order)?,
        })
    }
}

impl SimulatedSales {
    /// Returns the sums of no orders.
    pub const fn none(currency: Currency) -> SimulatedSales {
        let none = Earnings::none(currency);
        let promotions = Vec::new();
        SimulatedSales { currency, orders: 0, changed: 0, before: none, after: none, promotions }
    }
}

/// The sums of one currency while they grow.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    sales: SimulatedSales,
    promotions: BTreeMap<PromotionId, SimulatedPromotion>,
}

impl Sums {
    pub(super) fn none(currency: Currency) -> Sums {
        Sums { sales: SimulatedSales::none(currency), promotions: BTreeMap::new() }
    }

    /// Adds an order as it was and as it would have been.
    pub(super) fn add(
        &mut self,
        before: &Quote,
        after: &Quote,
        cost: impl Fn(VariantId) -> Option<Money>,
    ) -> Result<(), MoneyError> {
        let (was, would_be) = (Earnings::of(before, &cost)?, Earnings::of(after, &cost)?);
        let sales = &mut self.sales;
        let (sum_before, sum_after) = (sales.before.plus(was)?, sales.after.plus(would_be)?);
        (sales.before, sales.after) = (sum_before, sum_after);
        sales.orders += 1;
        sales.changed += u64::from(before.totals.total != after.totals.total);
        for applied in &before.promotions_applied {
            let promotion = self.promotion(applied);
            promotion.before = promotion.before.plus(applied, was)?;
        }
        for applied in &after.promotions_applied {
            let promotion = self.promotion(applied);
            promotion.after = promotion.after.plus(applied, would_be)?;
        }
        Ok(())
    }

    fn promotion(&mut self, applied: &AppliedPromotion) -> &mut SimulatedPromotion {
        let none = PromotionEarnings::none(self.sales.currency);
        self.promotions.entry(applied.promotion).or_insert_with(|| SimulatedPromotion {
            promotion: applied.promotion,
            name: applied.name.to_string(),
            before: none,
            after: none,
        })
    }

    pub(super) fn finish(self) -> SimulatedSales {
        let mut promotions: Vec<_> = self.promotions.into_values().collect();
        promotions.sort_by(|a, b| (&a.name, a.promotion).cmp(&(&b.name, b.promotion)));
        SimulatedSales { promotions, ..self.sales }
    }
}

/// Orders that could not be priced again while they are counted.
#[derive(Clone, Default, Debug)]
pub(super) struct NotRepricedSoFar(BTreeMap<&'static str, NotRepricedOrders>);

impl NotRepricedSoFar {
    pub(super) fn add(&mut self, number: OrderNumber, reason: &NotRepriced) {
        let code = reason.code();
        let first =
            || NotRepricedOrders { code, orders: 0, example: number, reason: reason.to_string() };
        self.0.entry(code).or_insert_with(first).orders += 1;
    }

    pub(super) fn finish(self) -> Vec<NotRepricedOrders> {
        let mut all: Vec<_> = self.0.into_values().collect();
        all.sort_by_key(|one| (std::cmp::Reverse(one.orders), one.code));
        all
    }
}
