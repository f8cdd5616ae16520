//! Price lists from files: what is written out reads back as nothing new, whatever is in the shop.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod any_store;

use std::ops::ControlFlow;
use std::sync::Arc;

use any_store::AnyStore;
use proptest::prelude::*;
use sutler_core::change::SetupChange;
use sutler_core::id::PriceListId;
use sutler_core::money::{Currency, Money};
use sutler_core::pricing::{Price, PriceList, Window};
use sutler_core::time::Timestamp;
use sutler_engine::Shop;
use sutler_engine::flow::import::{ImportOptions, ImportSummary, Input};
use sutler_engine::testing::{HandClock, shop, shop_at};

fn import(shop: &Shop, text: &str, batch: usize) -> ImportSummary {
    let options = ImportOptions {
        format: Some("price-list".to_owned()),
        batch,
        ..ImportOptions::new("prices.csv")
    };
    let planned = shop.import_plan(Input::bytes("prices.csv", text), &options).unwrap();
    shop.import_apply(planned, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn export(shop: &Shop) -> String {
    let mut file = Vec::new();
    shop.price_export(&mut file, &[]).unwrap();
    String::from_utf8(file).unwrap()
}

/// A list with the rungs of its prices: which variant, from how many units, how much, and the price before.
type DrawnList = (
    String,
    usize,
    Option<String>,
    (Option<i64>, Option<i64>),
    i32,
    Vec<(usize, u32, i64, Option<i64>)>,
);

fn lists() -> impl Strategy<Value = Vec<DrawnList>> {
    let name = "[-=+@'\"a-zA-Z0-9 ,;äß]{0,8}[a-z]";
    let window = (
        proptest::option::of(0..2_000_000_000_000_i64),
        proptest::option::of(2_000_000_000_001..4_000_000_000_000_i64),
    );
    let rung = (0..4_usize, 1..500_u32, 0..1_000_000_i64, proptest::option::of(0..1_000_000_i64));
    let list = (
        name,
        0..3_usize,
        proptest::option::of("[a-z][a-z -]{0,6}[a-z]"),
        window,
        any::<i32>(),
        proptest::collection::vec(rung, 1..12),
    );
    proptest::collection::vec(list, 1..5)
}

const CURRENCIES: [Currency; 3] = [Currency::EUR, Currency::JPY, Currency::KWD];

/// Four variants: with a SKU, with SKUs that spreadsheets spoil, and two that share one.
const GOODS: &str = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n\
    cup,\"Cup, large\",Color,Red,'=CUP-1,10.00\ncup,,,Blue,'0812.0,10.00\ncup,,,Green,SAME,10.00\ncup,,,Black,SAME,10.00\n";

/// Writes the lists as a program does that knows no files.
fn store(shop: &Shop, drawn: &[DrawnList]) {
    shop.import_text(GOODS, "goods.csv").unwrap();
    let cup = shop.find_product("cup").unwrap();
    for (number, (name, currency, group, (from, until), priority, rungs)) in
        drawn.iter().enumerate()
    {
        let currency = CURRENCIES[*currency];
        let id = PriceListId::from_u128(1_000 + u128::try_from(number).unwrap());
        let list = PriceList {
            customer_group: group.clone(),
            window: Window {
                from: from.map(Timestamp::from_millis),
                until: until.map(Timestamp::from_millis),
            },
            priority: *priority,
            ..PriceList::new(id, format!("{} {number}", name.trim()), currency)
        };
        shop.setup_put(&SetupChange::PriceList(list.clone())).unwrap();
        for (variant, min_quantity, amount, compare_at) in rungs {
            let money = |minor| Money::from_minor(minor, currency);
            let price = Price {
                list: list.id,
                variant: cup.variants[*variant].id,
                min_quantity: *min_quantity,
                amount: money(*amount),
                compare_at: compare_at.map(money),
            };
            shop.price_put(&price).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_exported_imports_without_a_change(drawn in lists(), batch in 1..7_usize) {
        let shop = shop(AnyStore::new()).unwrap();
        store(&shop, &drawn);
        let file = export(&shop);
        let head = shop.events(0, 10_000).unwrap().len();
        let done = import(&shop, &file, batch);
        prop_assert_eq!((done.created, done.updated, done.rejected_rows), (0, 0, 0), "{:?}\n{}", done.groups, file);
        prop_assert!(done.changes_nothing());
        prop_assert_eq!(export(&shop), file);
        prop_assert_eq!(shop.events(0, 10_000).unwrap().len(), head, "nobody is told of nothing");
    }

    #[test]
    fn what_is_exported_makes_the_same_lists_in_another_shop(drawn in lists(), batch in 1..7_usize) {
        let first = shop(AnyStore::new()).unwrap();
        store(&first, &drawn);
        let file = export(&first);
        let second = shop(AnyStore::new()).unwrap();
        second.import_text(GOODS, "goods.csv").unwrap();
        import(&second, &file, batch);
        // Lists come in the order of their ids, which another shop gives anew.
        let sorted = |file: &str| {
            let mut lines: Vec<String> = file.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        prop_assert_eq!(sorted(&export(&second)), sorted(&file));
    }
}

const HEAD: &str = "price_list,customer_group,from,until,sku,min_quantity,price,compare_at_price\n";

/// What one unit costs everybody now, and the reduction that is told with it.
fn paid(shop: &Shop) -> (String, Option<String>) {
    let view = shop.price_show("MUG-RED", "web", None).unwrap();
    let charged = view.charged().map(|rung| rung.price.amount.to_string()).unwrap_or_default();
    (charged, view.reduction.map(|reduction| reduction.lowest_before.to_string()))
}

#[test]
fn a_scheduled_sale_starts_and_ends_by_itself_and_names_the_lowest_price_before() {
    let clock = Arc::new(HandClock::default());
    let shop = shop_at(AnyStore::new(), clock.clone()).unwrap();
    let in_days = |days: i64| Timestamp::from_millis(shop.now().millis() + days * 86_400_000);
    let file = format!("{HEAD}Sale,,{},{},MUG-RED,,9.90,11.90\n", in_days(2), in_days(4));
    let done = import(&shop, &file, 400);
    assert_eq!((done.created, done.price_lists_written), (1, 1));
    assert_eq!(paid(&shop), ("11.90 EUR".to_owned(), None));
    clock.advance(2 * 86_400);
    assert_eq!(paid(&shop), ("9.90 EUR".to_owned(), Some("11.90 EUR".to_owned())));
    clock.advance(2 * 86_400);
    assert_eq!(paid(&shop).0, "11.90 EUR");
}

#[test]
fn a_contract_list_is_for_its_group_and_its_rungs_alone() {
    let shop = shop(AnyStore::new()).unwrap();
    let file = format!("{HEAD}Huts,huts,,,MUG-RED,1,10.00,\nHuts,huts,,,MUG-RED,50,8.00,\n");
    import(&shop, &file, 1);
    let view = shop.price_show("MUG-RED", "web", None).unwrap();
    let rungs: Vec<_> = view
        .rungs
        .iter()
        .map(|r| (r.list.customer_group.as_deref(), r.price.min_quantity))
        .collect();
    assert_eq!(rungs, [(None, 1), (Some("huts"), 1), (Some("huts"), 50)]);
    assert_eq!(paid(&shop), ("11.90 EUR".to_owned(), None), "it is nobody else's price");
}

#[test]
fn a_list_that_is_dropped_from_is_remembered() {
    let clock = Arc::new(HandClock::default());
    let shop = shop_at(AnyStore::new(), clock.clone()).unwrap();
    import(&shop, &format!("{HEAD}Sale,,,2099-01-01,MUG-RED,,9.90,\n"), 400);
    clock.advance(60);
    let gone = format!("{HEAD}Sale,,,2099-01-01,MUG-RED,,remove,\n");
    let done = import(&shop, &gone, 400);
    assert_eq!((done.updated, done.prices_removed), (1, 1));
    assert!(import(&shop, &gone, 400).changes_nothing(), "it is gone already");
    let history = shop.price_history("MUG-RED", "web").unwrap();
    let amounts: Vec<_> = history.periods.iter().map(|period| period.amount.to_string()).collect();
    assert_eq!(amounts.last().map(String::as_str), Some("11.90 EUR"));
    assert!(amounts.contains(&"9.90 EUR".to_owned()), "{amounts:?}");
}

#[test]
fn an_import_that_was_cut_off_goes_on_and_the_lists_are_there_from_the_first_batch() {
    let shop = shop(AnyStore::new()).unwrap();
    let file =
        format!("{HEAD}A,,,,MUG-RED,,10.00,\nB,trade,,,MUG-RED,,9.00,\nA,,,,MUG-BLUE,,12.00,\n");
    let options = ImportOptions {
        format: Some("price-list".to_owned()),
        batch: 1,
        ..ImportOptions::new("prices.csv")
    };
    let plan = || shop.import_plan(Input::bytes("prices.csv", file.clone()), &options).unwrap();
    let stopped = shop.import_apply(plan(), &mut |_| ControlFlow::Break(())).unwrap();
    assert!(stopped.run.is_some_and(|run| !run.finished && run.batches == 1));
    let names: Vec<_> =
        shop.setup().unwrap().price_lists.iter().map(|list| list.name.clone()).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    let done = shop.import_apply(plan(), &mut |_| ControlFlow::Continue(())).unwrap();
    assert!(done.run.is_some_and(|run| run.finished && run.resumed_after == 1));
    assert_eq!((done.created, done.unchanged), (2, 1));
    assert!(import(&shop, &file, 400).changes_nothing());
}

#[test]
fn a_list_keeps_its_identity_when_its_window_moves() {
    let shop = shop(AnyStore::new()).unwrap();
    import(&shop, &format!("{HEAD}Sale,,,2098-01-01,MUG-RED,,9.90,\n"), 400);
    let id = |shop: &Shop| {
        let setup = shop.setup().unwrap();
        setup
            .price_lists
            .iter()
            .find(|list| list.name == "Sale")
            .map(|list| (list.id, list.version))
    };
    let before = id(&shop).unwrap();
    let longer = format!("{HEAD}Sale,,,2099-01-01,MUG-RED,,9.90,\n");
    let done = import(&shop, &longer, 400);
    assert_eq!((done.price_lists_written, done.updated, done.unchanged), (1, 0, 1));
    assert_eq!(done.differences[0].differences[0].field, "until");
    assert_eq!(id(&shop).unwrap(), (before.0, before.1 + 1));
    assert!(import(&shop, &longer, 400).changes_nothing());
}
