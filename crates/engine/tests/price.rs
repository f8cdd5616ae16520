//! Prices over time: imports, lists that open by the clock, and what a reduction is shown with.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod catalog_given;

use catalog_given::{Bazaar, goods};
use sutler_core::change::{Change, ChangeSet, CommitOutcome, SetupChange};
use sutler_core::id::{CommandId, PriceListId};
use sutler_core::money::{Currency, Money};
use sutler_core::port::{Clock as _, Store as _};
use sutler_core::pricing::{Price, PriceList, PriceStanding, Window};
use sutler_core::time::Timestamp;

const CAP: &str = "cap,Wool cap,,,CAP,shopify,3,deny,80.00,Apparel > Hats,TRUE,active";
const DAY: i64 = 86_400;

fn day(bazaar: &Bazaar, days: i64) -> Timestamp {
    Timestamp::from_millis(bazaar.clock.now().millis() + days * DAY * 1000)
}

/// What one unit cost, in euros.
fn told(bazaar: &Bazaar) -> Vec<String> {
    let view = bazaar.shop.price_history("CAP", "web").unwrap();
    view.periods.iter().map(|period| period.amount.amount_text()).collect()
}

/// The price that is charged, and the lowest of the thirty days before it was reduced.
fn shown(bazaar: &Bazaar, at: Option<Timestamp>) -> (String, Option<String>) {
    let view = bazaar.shop.price_show("CAP", "web", at).unwrap();
    let charged = view.charged().unwrap().price.amount.amount_text();
    (charged, view.reduction.map(|reduction| reduction.lowest_before.amount_text()))
}

fn commit(bazaar: &Bazaar, changes: Vec<Change>) {
    let mut set = ChangeSet::new(bazaar.clock.now(), CommandId::from_u128(99));
    set.changes = changes;
    assert!(matches!(bazaar.store.commit(set).unwrap(), CommitOutcome::Committed(_)));
}

#[test]
fn eighty_then_a_hundred_then_ninety_shows_eighty() {
    let bazaar = Bazaar::with(&goods(&[CAP]));
    let start = bazaar.clock.now();
    for (days, price) in [(20, "100.00"), (10, "90.00")] {
        bazaar.clock.advance(days * DAY);
        bazaar.import(&goods(&[CAP]).replace("80.00", price));
    }
    assert_eq!(told(&bazaar), ["80.00", "100.00", "90.00"]);
    assert_eq!(shown(&bazaar, None), ("90.00".to_owned(), Some("80.00".to_owned())));
    assert_eq!(shown(&bazaar, Some(start)), ("80.00".to_owned(), None));
    assert_eq!(shown(&bazaar, Some(day(&bazaar, -1))), ("100.00".to_owned(), None));
    let before = Timestamp::from_millis(start.millis() - 1);
    let view = bazaar.shop.price_show("CAP", "web", Some(before)).unwrap();
    assert_eq!((view.rungs, view.reduction), (vec![], None));

    // The same file again is no change.
    bazaar.clock.advance(DAY);
    bazaar.import(&goods(&[CAP]).replace("80.00", "90.00"));
    assert_eq!(told(&bazaar), ["80.00", "100.00", "90.00"]);
    let cap = bazaar.shop.find_variant("CAP").unwrap().variant.id;
    let reductions = bazaar.shop.price_reductions(&[cap], "web").unwrap();
    assert_eq!(reductions[&cap].lowest_before.amount_text(), "80.00");
    assert_eq!(reductions[&cap].since, day(&bazaar, -1));
}

#[test]
fn a_sale_list_opens_and_closes_by_the_clock() {
    let bazaar = Bazaar::with(&goods(&[CAP]));
    let variant = bazaar.shop.find_variant("CAP").unwrap().variant.id;
    let list = PriceList {
        window: Window { from: Some(day(&bazaar, 5)), until: Some(day(&bazaar, 10)) },
        ..PriceList::new(PriceListId::from_u128(900), "Sale", Currency::EUR)
    };
    let price = |min_quantity, minor| {
        let amount = Money::from_minor(minor, Currency::EUR);
        Change::Price(Price { list: list.id, variant, min_quantity, amount, compare_at: None })
    };
    let list_written = Change::Setup(SetupChange::PriceList(list.clone()));
    commit(&bazaar, vec![list_written, price(1, 6_000), price(3, 5_000)]);
    assert_eq!(told(&bazaar), ["80.00", "60.00", "80.00"], "known before it opens");
    assert_eq!(shown(&bazaar, None), ("80.00".to_owned(), None));
    let later = Some(day(&bazaar, 5));
    assert_eq!(shown(&bazaar, later), ("60.00".to_owned(), Some("80.00".to_owned())));

    let standings = |at| -> Vec<(u32, PriceStanding)> {
        let view = bazaar.shop.price_show("CAP", "web", at).unwrap();
        view.rungs.iter().map(|rung| (rung.price.min_quantity, rung.standing)).collect()
    };
    let (applies, outranked) = (PriceStanding::Applies, PriceStanding::Outranked);
    let not_yet = PriceStanding::NotYet;
    assert_eq!(standings(None), [(1, applies), (1, not_yet), (3, not_yet)]);
    assert_eq!(standings(later), [(1, outranked), (1, applies), (3, applies)]);
    let over = PriceStanding::Over;
    assert_eq!(standings(Some(day(&bazaar, 10))), [(1, applies), (1, over), (3, over)]);

    // Called off while it holds: what was charged until now stays charged.
    bazaar.clock.advance(7 * DAY);
    let closed = PriceList {
        window: Window { until: Some(bazaar.clock.now()), ..list.window },
        version: 2,
        ..list
    };
    commit(&bazaar, vec![Change::Setup(SetupChange::PriceList(closed))]);
    assert_eq!(shown(&bazaar, None), ("80.00".to_owned(), None));
    let view = bazaar.shop.price_history("CAP", "web").unwrap();
    let sale = view.periods[1];
    assert_eq!((sale.since, sale.until), (day(&bazaar, -2), Some(bazaar.clock.now())));
    assert_eq!(view.list_name(sale.list), "Sale");
    assert!(bazaar.shop.verify(&mut |_| {}).unwrap().findings.is_empty());
}
