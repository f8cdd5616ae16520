//! The timeline of prices, and the lowest price before a reduction.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::id::{ChannelId, PriceListId, VariantId};
use crate::money::{Currency, Money};
use crate::pricing::{
    Price, PriceList, PriceListRecord, PricePeriod, PriceQuery, PriceRecord, Window, choose,
    lowest_price_before_reduction, price_timeline,
};
use crate::testing::price_list as list;
use crate::time::Timestamp;

const WEB: ChannelId = ChannelId::from_u128(1);
const SHELF: ChannelId = ChannelId::from_u128(2);
const VARIANT: VariantId = VariantId::from_u128(1);

fn day(day: i64) -> Timestamp {
    Timestamp::from_millis(day * 86_400_000)
}

fn since_ever(list: PriceList) -> PriceListRecord {
    PriceListRecord { list, since: day(0), until: None }
}

fn price(list: u128, min_quantity: u32, minor: i64) -> Price {
    let (list, amount) = (PriceListId::from_u128(list), Money::from_minor(minor, Currency::EUR));
    Price { list, variant: VARIANT, min_quantity, amount, compare_at: None }
}

fn record(list: u128, minor: i64, since: i64, until: Option<i64>) -> PriceRecord {
    PriceRecord { price: price(list, 1, minor), since: day(since), until: until.map(day) }
}

fn timeline(prices: &[PriceRecord], lists: &[PriceListRecord]) -> Vec<PricePeriod> {
    price_timeline(prices, lists, VARIANT, WEB, Currency::EUR)
}

/// The timeline as days and cents, each until the next or the day given.
fn told(timeline: &[PricePeriod]) -> Vec<(i64, Option<i64>, i64)> {
    let days = |at: Timestamp| at.millis() / 86_400_000;
    timeline
        .iter()
        .map(|period| (days(period.since), period.until.map(days), period.amount.minor()))
        .collect()
}

/// The lowest price that is shown on a day, in a base list with these prices: from which day, which cents.
fn shown(steps: &[(i64, i64)], now: Timestamp) -> Option<(i64, i64)> {
    let until = steps.iter().skip(1).map(|(since, _)| Some(*since)).chain([None]);
    let records: Vec<PriceRecord> = steps
        .iter()
        .zip(until)
        .map(|(&(since, minor), until)| record(1, minor, since, until))
        .collect();
    let timeline = timeline(&records, &[since_ever(list(1))]);
    let reduction = lowest_price_before_reduction(&timeline, 30, now)?;
    assert!(reduction.lowest_before.minor() <= 10_000 && reduction.since <= now);
    Some((reduction.since.millis() / 86_400_000, reduction.lowest_before.minor()))
}

#[test]
fn the_lowest_price_of_thirty_days_is_shown_with_a_reduction() {
    for (name, steps, now, expected) in [
        ("80 → 100 → 90 shows 80", vec![(0, 80), (20, 100), (30, 90)], 31, Some((30, 80))),
        ("the same long after", vec![(0, 80), (20, 100), (30, 90)], 300, Some((30, 80))),
        ("before the reduction none", vec![(0, 80), (20, 100), (30, 90)], 29, None),
        (
            "the 80 ended a moment too early",
            vec![(0, 80), (20, 100), (50, 90)],
            50,
            Some((50, 100)),
        ),
        ("the 80 ended on the first day", vec![(0, 80), (21, 100), (50, 90)], 50, Some((50, 80))),
        ("each step is its own", vec![(0, 100), (10, 90), (20, 80)], 25, Some((20, 90))),
        ("younger than thirty days", vec![(27, 100), (30, 90)], 30, Some((30, 100))),
        ("a first price is none", vec![(0, 100)], 5, None),
        ("a rise is none", vec![(0, 80), (10, 100)], 11, None),
        ("before there was a price", vec![(10, 80)], 5, None),
    ] {
        assert_eq!(shown(&steps, day(now)), expected, "{name}");
    }
    let last_moment = Timestamp::from_millis(day(30).millis() - 1);
    assert_eq!(shown(&[(0, 100), (30, 90)], last_moment), None);
}

#[test]
fn a_sale_list_that_opens_by_the_clock_is_a_reduction() {
    let window = Window { from: Some(day(10)), until: Some(day(20)) };
    let lists = [since_ever(list(1)), since_ever(PriceList { window, ..list(2) })];
    let prices = [record(1, 100, 0, None), record(2, 70, 5, None)];
    let timeline = timeline(&prices, &lists);
    assert_eq!(told(&timeline), [(0, Some(10), 100), (10, Some(20), 70), (20, None, 100)]);
    let lowest = |now| lowest_price_before_reduction(&timeline, 30, day(now));
    assert_eq!(lowest(9), None);
    assert_eq!(lowest(15).map(|r| (r.since, r.lowest_before.minor())), Some((day(10), 100)));
    assert_eq!(lowest(20), None, "back to the old price");
}

#[test]
fn a_list_counts_as_it_was_then() {
    let late = Window { from: Some(day(30)), until: None };
    let lists = [
        since_ever(list(1)),
        PriceListRecord { list: list(2), since: day(5), until: Some(day(8)) },
        PriceListRecord {
            list: PriceList { window: late, ..list(2) },
            since: day(8),
            until: Some(day(12)),
        },
        PriceListRecord {
            list: PriceList { customer_group: Some("trade".to_owned()), ..list(2) },
            since: day(12),
            until: None,
        },
    ];
    let lists = lists.map(|record| {
        let priority = i32::from(record.list.id == PriceListId::from_u128(2));
        PriceListRecord { list: PriceList { priority, ..record.list }, ..record }
    });
    let prices = [record(1, 100, 0, None), record(2, 60, 0, None)];
    // The opening on day 30 was called off on day 12.
    assert_eq!(
        told(&timeline(&prices, &lists)),
        [(0, Some(5), 100), (5, Some(8), 60), (8, None, 100)]
    );
}

#[test]
fn gaps_stay_gaps_and_equal_prices_join() {
    let lists = [since_ever(list(1))];
    let gap = [record(1, 100, 0, Some(5)), record(1, 90, 9, None)];
    let timeline_with_gap = timeline(&gap, &lists);
    assert_eq!(told(&timeline_with_gap), [(0, Some(5), 100), (9, None, 90)]);
    let reduction = lowest_price_before_reduction(&timeline_with_gap, 30, day(9));
    assert_eq!(reduction.map(|r| r.lowest_before.minor()), Some(100));
    // After a gap of the whole thirty days there is nothing to compare with.
    let long = timeline(&[record(1, 100, 0, Some(5)), record(1, 90, 35, None)], &lists);
    assert_eq!(lowest_price_before_reduction(&long, 30, day(36)), None);
    assert_eq!(lowest_price_before_reduction(&long, 30, day(20)), None, "no price, no reduction");
    let same = [record(1, 100, 0, Some(5)), record(1, 100, 5, None)];
    assert_eq!(told(&timeline(&same, &lists)), [(0, None, 100)]);
}

#[test]
fn the_same_amount_from_another_list_does_not_begin_anew() {
    let window = Window { from: Some(day(20)), until: None };
    let lists = [since_ever(list(1)), since_ever(PriceList { window, ..list(2) })];
    let prices = [record(1, 100, 0, Some(10)), record(1, 80, 10, None), record(2, 80, 0, None)];
    let reduction = lowest_price_before_reduction(&timeline(&prices, &lists), 30, day(25));
    assert_eq!(reduction.map(|r| (r.since, r.lowest_before.minor())), Some((day(10), 100)));
}

#[test]
fn rungs_groups_other_channels_and_currencies_do_not_count() {
    let lists = [
        since_ever(list(1)),
        since_ever(PriceList { customer_group: Some("trade".to_owned()), ..list(2) }),
        since_ever(PriceList { channel: Some(SHELF), ..list(3) }),
        since_ever(PriceList { currency: Currency::USD, priority: 9, ..list(4) }),
    ];
    let mut dollars = record(4, 40, 0, None);
    dollars.price.amount = Money::from_minor(40, Currency::USD);
    let rung = PriceRecord { price: price(1, 2, 90), since: day(0), until: None };
    let mut other = record(1, 10, 3, None);
    other.price.variant = VariantId::from_u128(2);
    let prices = [
        record(1, 100, 0, None),
        record(2, 60, 0, None),
        record(3, 70, 4, None),
        dollars,
        rung,
        other,
    ];
    assert_eq!(told(&timeline(&prices, &lists)), [(0, None, 100)]);
    let of = |channel, currency| told(&price_timeline(&prices, &lists, VARIANT, channel, currency));
    assert_eq!(of(SHELF, Currency::EUR), [(0, Some(4), 100), (4, None, 70)]);
    assert_eq!(of(WEB, Currency::USD), [(0, None, 40)]);
    assert_eq!(of(WEB, Currency::JPY), []);
}

/// What somebody does to the shop.
#[derive(Clone, Debug)]
enum Move {
    Price { list: u128, minor: i64 },
    PriceRemoved { list: u128 },
    List { list: u128, from: Option<i64>, until: Option<i64>, priority: i32, narrow: u8 },
}

fn moves() -> impl Strategy<Value = Vec<Vec<Move>>> {
    let list = || 1_u128..4;
    let edge = || proptest::option::weighted(0.5, 0_i64..24);
    let one = prop_oneof![
        4 => (list(), 1_i64..6).prop_map(|(list, minor)| Move::Price { list, minor }),
        1 => list().prop_map(|list| Move::PriceRemoved { list }),
        2 => (list(), edge(), edge(), 0_i32..2, 0_u8..4).prop_map(
            |(list, from, until, priority, narrow)| Move::List { list, from, until, priority, narrow }
        ),
    ];
    vec(vec(one, 0..3), 20)
}

/// A shop of one variant that lives day by day and keeps its history as a store does.
#[derive(Default)]
struct Diary {
    prices: Vec<PriceRecord>,
    lists: Vec<PriceListRecord>,
}

impl Diary {
    fn apply(&mut self, now: Timestamp, change: &Move) {
        match *change {
            Move::Price { list, minor } => {
                self.end_price(now, list);
                self.prices.push(PriceRecord {
                    price: price(list, 1, minor),
                    since: now,
                    until: None,
                });
            }
            Move::PriceRemoved { list } => self.end_price(now, list),
            Move::List { list: id, from, until, priority, narrow } => {
                let window = Window { from: from.map(day), until: until.map(day) };
                let channel = [None, None, Some(WEB), Some(SHELF)];
                let channel = channel.get(usize::from(narrow)).copied().flatten();
                let list = PriceList { window, priority, channel, ..list(id) };
                let open =
                    self.lists.iter_mut().find(|r| r.list.id == list.id && r.until.is_none());
                if let Some(open) = open {
                    open.until = Some(now);
                }
                self.lists.push(PriceListRecord { list, since: now, until: None });
            }
        }
        self.prices.retain(|record| record.until != Some(record.since));
        self.lists.retain(|record| record.until != Some(record.since));
    }

    fn end_price(&mut self, now: Timestamp, list: u128) {
        let list = PriceListId::from_u128(list);
        let open = self.prices.iter_mut().find(|r| r.price.list == list && r.until.is_none());
        if let Some(open) = open {
            open.until = Some(now);
        }
    }

    /// What a buyer is charged today, by what stands in the shop today.
    fn charged(&self, now: Timestamp) -> Option<i64> {
        let prices: Vec<Price> =
            self.prices.iter().filter(|r| r.until.is_none()).map(|r| r.price.clone()).collect();
        let lists: Vec<PriceList> =
            self.lists.iter().filter(|r| r.until.is_none()).map(|r| r.list.clone()).collect();
        let query = PriceQuery {
            variant: VARIANT,
            quantity: 1,
            channel: WEB,
            currency: Currency::EUR,
            customer_group: None,
            now,
        };
        choose(&prices, &lists, &query).map(|(_, price)| price.amount.minor())
    }
}

/// The lowest price before a reduction, from what was charged on each day.
fn lowest_by_days(charged: &[Option<i64>], days: usize) -> Option<i64> {
    let (today, past) = charged.split_last()?;
    let today = (*today)?;
    let same = past.iter().rev().take_while(|day| **day == Some(today)).count();
    let before = past.get(..past.len() - same)?;
    let window = before.get(before.len().saturating_sub(days)..)?;
    let previous = window.iter().rev().find_map(|day| *day)?;
    (previous > today).then(|| window.iter().flatten().copied().min())?
}

proptest! {
    #[test]
    fn the_timeline_is_what_was_charged_on_each_day(moves in moves(), window in 1_usize..8) {
        let (mut diary, mut charged) = (Diary::default(), Vec::new());
        for (now, today) in (0_i64..).zip(&moves) {
            today.iter().for_each(|change| diary.apply(day(now), change));
            charged.push(diary.charged(day(now)));
        }
        let timeline = timeline(&diary.prices, &diary.lists);
        for (period, next) in timeline.iter().zip(timeline.iter().skip(1)) {
            prop_assert!(period.until.is_some_and(|until| period.since < until && until <= next.since));
        }
        for (now, expected) in (0_i64..).zip(&charged) {
            let found = timeline.iter().find(|period| period.contains(day(now)));
            prop_assert_eq!(found.map(|period| period.amount.minor()), *expected, "day {}", now);
        }
        let days = u16::try_from(window).expect("a few days");
        for (now, last) in (0_i64..).zip(1..=charged.len()) {
            let found = lowest_price_before_reduction(&timeline, days, day(now));
            let expected = charged.get(..last).and_then(|days| lowest_by_days(days, window));
            prop_assert_eq!(found.map(|r| r.lowest_before.minor()), expected, "day {}", now);
        }
    }
}

#[test]
fn a_price_struck_through_announces_a_reduction_after_a_rise_too() {
    let lowest = |compare_at: Option<i64>| {
        let struck = compare_at.map(|minor| Money::from_minor(minor, Currency::EUR));
        let now = record(1, 55, 10, None);
        let now = PriceRecord { price: Price { compare_at: struck, ..now.price }, ..now };
        let timeline = timeline(&[record(1, 30, 0, Some(10)), now], &[since_ever(list(1))]);
        let reduction = lowest_price_before_reduction(&timeline, 30, day(12))?;
        Some(reduction.lowest_before.minor())
    };
    assert_eq!((lowest(Some(99)), lowest(Some(55)), lowest(None)), (Some(30), None, None));
}
