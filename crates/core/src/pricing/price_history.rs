//! What was charged when: the history of prices and of price lists, and what the law asks of it.
//!
//! A store keeps a [`PriceRecord`] for each price that ever stood in a list and a [`PriceListRecord`] for each wording
//! that a list ever had, because a list whose window opens changes a price by the clock alone. [`price_timeline`] puts
//! both together: what a buyer in no customer group paid for one unit, from when until when.
//!
//! Invariants
//! * The timeline is in order, its periods do not overlap, and each holds at least a moment.
//! * At every moment it says what [`choose`] said with the prices and lists that were stored then.
//!
//! Deliberately absent: promotions (what a coupon takes off is no price of the shop), customer groups (an individual
//! agreement is not announced to the public), and rungs beyond one unit.

use serde::{Deserialize, Serialize};

use super::{Price, PriceList, PriceQuery, choose};
use crate::id::{ChannelId, PriceListId, VariantId};
use crate::money::{Currency, Money};
use crate::time::Timestamp;

/// A price as it stood in its list for a while.
///
/// ```
/// use sutler_core::pricing::PriceRecord;
/// # use sutler_core::id::{PriceListId, VariantId};
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::pricing::Price;
/// # use sutler_core::time::Timestamp;
/// # let (list, variant) = (PriceListId::from_u128(1), VariantId::from_u128(2));
/// # let amount = Money::from_minor(500, Currency::EUR);
/// # let price = Price { list, variant, min_quantity: 1, amount, compare_at: None };
/// let (since, until) = (Timestamp::from_millis(10), Timestamp::from_millis(20));
/// let record = PriceRecord { price, since, until: Some(until) };
/// assert!(record.contains(since) && !record.contains(until));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PriceRecord {
    /// The price.
    pub price: Price,
    /// The first moment at which it stood there.
    pub since: Timestamp,
    /// The first moment at which it no longer did; `None`: it still does.
    pub until: Option<Timestamp>,
}

/// A price list as it was for a while.
///
/// ```
/// use sutler_core::pricing::PriceListRecord;
/// # use sutler_core::id::PriceListId;
/// # use sutler_core::money::Currency;
/// # use sutler_core::pricing::PriceList;
/// # use sutler_core::time::Timestamp;
/// # let list = PriceList::new(PriceListId::from_u128(1), "Retail", Currency::EUR);
/// let since = Timestamp::from_millis(10);
/// let record = PriceListRecord { list, since, until: None };
/// assert!(record.contains(since), "a list without an end holds still");
/// assert!(!record.contains(Timestamp::from_millis(9)));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PriceListRecord {
    /// The list.
    pub list: PriceList,
    /// The first moment at which it was so.
    pub since: Timestamp,
    /// The first moment at which it no longer was; `None`: it still is.
    pub until: Option<Timestamp>,
}

/// What one unit cost for a while.
///
/// ```
/// use sutler_core::pricing::PricePeriod;
/// # use sutler_core::id::PriceListId;
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::time::Timestamp;
///
/// let period = PricePeriod {
///     amount: Money::from_minor(500, Currency::EUR),
///     compare_at: None,
///     list: PriceListId::from_u128(1),
///     since: Timestamp::from_millis(10),
///     until: Some(Timestamp::from_millis(20)),
/// };
/// assert!(period.contains(Timestamp::from_millis(19)));
/// assert!(!period.contains(Timestamp::from_millis(20)), "the end is the first moment after it");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PricePeriod {
    /// What one unit cost.
    pub amount: Money,
    /// The earlier price that was struck through beside it, as it stood last in this period.
    #[serde(default)]
    pub compare_at: Option<Money>,
    /// The list that said so.
    pub list: PriceListId,
    /// The first moment of it.
    pub since: Timestamp,
    /// The first moment after it; `None`: nothing that is known now ends it.
    pub until: Option<Timestamp>,
}

impl PriceRecord {
    /// Tells whether it stood in its list at `now`.
    pub fn contains(&self, now: Timestamp) -> bool {
        holds(self.since, self.until, now)
    }
}

impl PriceListRecord {
    /// Tells whether the list was so at `now`.
    pub fn contains(&self, now: Timestamp) -> bool {
        holds(self.since, self.until, now)
    }
}

impl PricePeriod {
    /// Tells whether it holds at `now`.
    pub fn contains(&self, now: Timestamp) -> bool {
        holds(self.since, self.until, now)
    }
}

/// A reduction that holds, and what has to be shown with it.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::PriceReduction;
/// # use sutler_core::time::Timestamp;
///
/// let reduction = PriceReduction {
///     since: Timestamp::from_millis(0),
///     amount: Money::from_minor(9_000, Currency::EUR),
///     lowest_before: Money::from_minor(8_000, Currency::EUR),
/// };
/// let dearer = reduction.amount.minor() - reduction.lowest_before.minor();
/// assert_eq!(dearer, 1_000, "dearer than it once was in these days");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PriceReduction {
    /// When it began to hold.
    pub since: Timestamp,
    /// What one unit costs now.
    pub amount: Money,
    /// The lowest price of the days before it began.
    pub lowest_before: Money,
}

fn holds(since: Timestamp, until: Option<Timestamp>, now: Timestamp) -> bool {
    since <= now && until.is_none_or(|until| now < until)
}

/// Returns what a buyer in no customer group pays for one unit in a channel, from the first known price on.
///
/// Windows of lists that open or close after today are in it, as far as they are known. A stretch without any price is a
/// gap between two periods. The order of `prices` and `lists` does not matter.
///
/// ```
/// # use sutler_core::id::{ChannelId, PriceListId, VariantId};
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::pricing::{
/// #     Price, PriceList, PriceListRecord, PriceRecord, lowest_price_before_reduction, price_timeline,
/// # };
/// # use sutler_core::time::Timestamp;
/// # let (list, variant) = (PriceListId::from_u128(1), VariantId::from_u128(2));
/// let day = |day: i64| Timestamp::from_millis(day * 86_400_000);
/// let price = |minor, since, until| PriceRecord {
///     price: Price { list, variant, min_quantity: 1, amount: Money::from_minor(minor, Currency::EUR), compare_at: None },
///     since: day(since),
///     until,
/// };
/// let lists = [PriceListRecord {
///     list: PriceList::new(list, "Retail", Currency::EUR),
///     since: day(0),
///     until: None,
/// }];
/// let prices =
///     [price(8000, 0, Some(day(20))), price(10_000, 20, Some(day(30))), price(9000, 30, None)];
/// let channel = ChannelId::from_u128(3);
/// let timeline = price_timeline(&prices, &lists, variant, channel, Currency::EUR);
/// assert_eq!(timeline.len(), 3);
///
/// // 80 → 100 → 90 shows 80: the rise before the reduction does not count.
/// let reduction = lowest_price_before_reduction(&timeline, 30, day(31)).expect("90 is below 100");
/// assert_eq!(reduction.lowest_before.to_string(), "80.00 EUR");
/// ```
pub fn price_timeline(
    prices: &[PriceRecord],
    lists: &[PriceListRecord],
    variant: VariantId,
    channel: ChannelId,
    currency: Currency,
) -> Vec<PricePeriod> {
    let prices: Vec<&PriceRecord> = prices
        .iter()
        .filter(|record| record.price.variant == variant && record.price.min_quantity == 1)
        .collect();
    let lists: Vec<&PriceListRecord> =
        lists.iter().filter(|record| record.list.currency == currency).collect();
    let mut timeline: Vec<PricePeriod> = Vec::new();
    let edges = edges(&prices, &lists);
    let ends = edges.iter().skip(1).copied().map(Some).chain([None]);
    for (&since, until) in edges.iter().zip(ends) {
        let query = PriceQuery {
            variant,
            quantity: 1,
            channel,
            currency,
            customer_group: None,
            now: since,
        };
        let Some((list, amount, compare_at)) = charged(&prices, &lists, &query) else { continue };
        match timeline.last_mut() {
            Some(last) if (last.amount, last.list, last.until) == (amount, list, Some(since)) => {
                last.until = until;
                last.compare_at = compare_at;
            }
            _ => timeline.push(PricePeriod { amount, compare_at, list, since, until }),
        }
    }
    timeline
}

/// Returns every moment at which what is charged may change, in order.
fn edges(prices: &[&PriceRecord], lists: &[&PriceListRecord]) -> Vec<Timestamp> {
    let of_prices = prices.iter().flat_map(|record| [Some(record.since), record.until]);
    let of_lists = lists.iter().flat_map(|record| {
        let window = record.list.window;
        [Some(record.since), record.until, window.from, window.until]
    });
    let mut edges: Vec<Timestamp> = of_prices.chain(of_lists).flatten().collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// Returns what [`choose`] said with what was stored at the moment of the query.
fn charged(
    prices: &[&PriceRecord],
    lists: &[&PriceListRecord],
    query: &PriceQuery<'_>,
) -> Option<(PriceListId, Money, Option<Money>)> {
    let prices: Vec<Price> = prices
        .iter()
        .filter(|record| record.contains(query.now))
        .map(|record| record.price.clone())
        .collect();
    let lists: Vec<PriceList> = lists
        .iter()
        .filter(|record| record.contains(query.now))
        .map(|record| record.list.clone())
        .collect();
    choose(&prices, &lists, query).map(|(list, price)| (list.id, price.amount, price.compare_at))
}

/// Returns the reduction that holds at `now` with the lowest price of the `days` before it began; `None` when the price
/// is not lower than the one before it and no higher price is struck through beside it.
///
/// A higher price that is struck through announces a reduction whatever was charged before: 30 → 55 beside a struck-through 99
/// shows 30.
///
/// The price before is the one that ended last, even when there was none for a while in between; if none held in these
/// days, there is nothing to compare with, and no reduction. A variant that is younger than `days` counts since it
/// exists.
///
/// Several reductions in a row are each one of their own: 100 → 90 → 80 shows 90. Member states may let a shop show the
/// price before the first step (100) instead; the lower one is right everywhere.
///
/// Source: Directive 98/6/EC, Article 6a(1), (2) and (5), as inserted by Directive (EU) 2019/2161, Article 2.
///
/// ```
/// # use sutler_core::id::PriceListId;
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::pricing::{PricePeriod, lowest_price_before_reduction};
/// # use sutler_core::time::Timestamp;
/// let day = |day: i64| Timestamp::from_millis(day * 86_400_000);
/// let period = |minor, since, until| PricePeriod {
///     amount: Money::from_minor(minor, Currency::EUR),
///     compare_at: None,
///     list: PriceListId::from_u128(1),
///     since: day(since),
///     until,
/// };
/// let timeline = [period(10_000, 0, Some(day(60))), period(9_000, 60, None)];
/// let reduction = lowest_price_before_reduction(&timeline, 30, day(61)).expect("90 is below 100");
/// assert_eq!(reduction.lowest_before.to_string(), "100.00 EUR");
/// assert_eq!(lowest_price_before_reduction(&timeline, 30, day(59)), None);
/// ```
pub fn lowest_price_before_reduction(
    timeline: &[PricePeriod],
    days: u16,
    now: Timestamp,
) -> Option<PriceReduction> {
    const MILLIS_A_DAY: i64 = 86_400_000;
    let now_at = timeline.iter().position(|period| period.contains(now))?;
    let (past, rest) = timeline.split_at(now_at);
    let current = rest.first()?;
    let mut since = current.since;
    let mut before = past;
    // The same amount from another list is no other price.
    while let Some((last, earlier)) = before.split_last() {
        if (last.amount, last.until) != (current.amount, Some(since)) {
            break;
        }
        since = last.since;
        before = earlier;
    }
    let first_day = since.millis().saturating_sub(i64::from(days) * MILLIS_A_DAY);
    let in_days =
        |period: &&PricePeriod| period.until.is_some_and(|until| until.millis() > first_day);
    let previous = before.last().filter(in_days)?;
    let struck = |price: Money| price.minor() > current.amount.minor();
    if !struck(previous.amount) && !current.compare_at.is_some_and(struck) {
        return None;
    }
    let lowest = before.iter().filter(in_days).map(|period| period.amount);
    let lowest_before = lowest.min_by_key(|amount| amount.minor())?;
    Some(PriceReduction { since, amount: current.amount, lowest_before })
}
