//! A server that goes away while a shop sells: stopped at once and started again, or replaced by its replica.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

#[allow(dead_code, reason = "a part of it is used here")]
#[path = "../crates/store-postgres/tests/fixture"]
mod fixture {
    pub(crate) mod cluster;
    pub(crate) mod kept;
    pub(crate) mod server;
}

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use fixture::cluster::Cluster;
use sutler::prelude::*;
use sutler::{Opening, Shop};

/// Buyers at once.
const BUYERS: u32 = 8;

const CATALOG: &str = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n\
                       lamp,Lamp,Title,Default Title,LAMP,19.90,shopify,100000\n";

fn shop_at(url: &str) -> Shop {
    let shop = Opening::new(url.parse().unwrap()).creating(true).open().unwrap();
    shop.init(&InitCommand::new("Lamps", "EUR", "DE").unwrap()).unwrap();
    shop.import_text(CATALOG, "lamp.csv").unwrap();
    shop
}

/// Returns the URL of a shop that stands on both, wherever the primary is.
fn either(one: &Cluster, other: &Cluster) -> String {
    format!("postgres://sutler@{},{}/postgres?shop=shop", one.host(), other.host())
}

fn buy(shop: &Shop, lamp: VariantId, buyer: &str) -> OrderNumber {
    let cart = shop.cart_new("web", None, None).unwrap();
    shop.cart_add(cart.id, lamp, Quantity::ONE, None).unwrap();
    let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
    let placed = shop.checkout(&CheckoutCommand {
        pay: Some("manual:invoice".to_owned()),
        key: Some(format!("buyer-{buyer}").parse().unwrap()),
        ..CheckoutCommand::new(cart.id, format!("{buyer}@example.com"), ship_to, "standard")
    });
    placed.unwrap().order.number
}

/// Lets buyers buy while `disturb` runs, and looks that the orders they were told of are those that are there.
fn sells_through(shop: &Shop, disturb: impl FnOnce(&dyn Fn())) {
    let lamp = shop.find_variant("LAMP").unwrap().variant.id;
    let (told, done) = (Mutex::new(BTreeSet::new()), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let buyers: Vec<_> = (0..BUYERS)
            .map(|buyer| {
                let (told, done) = (&told, &done);
                scope.spawn(move || {
                    for turn in 0.. {
                        if done.load(Ordering::SeqCst) {
                            return;
                        }
                        let number = buy(shop, lamp, &format!("{buyer}-{turn}"));
                        assert!(told.lock().unwrap().insert(number), "{number} was told twice");
                    }
                })
            })
            .collect();
        let goes_on = || {
            let count = || told.lock().unwrap().len();
            let (before, until) = (count(), Instant::now() + Duration::from_secs(60));
            while count() < before + 10 && buyers.iter().all(|buyer| !buyer.is_finished()) {
                assert!(Instant::now() < until, "the shop does not sell any more");
                std::thread::sleep(Duration::from_millis(10));
            }
        };
        let disturbed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            goes_on();
            disturb(&goes_on);
            goes_on();
        }));
        done.store(true, Ordering::SeqCst);
        assert!(buyers.into_iter().all(|buyer| buyer.join().is_ok()), "a buyer failed");
        disturbed.unwrap();
    });
    let told = told.into_inner().unwrap();
    let orders = shop.order_list(None, None, 10_000).unwrap();
    let stored: BTreeSet<OrderNumber> = orders.iter().map(|order| order.order.number).collect();
    assert_eq!(told, stored, "every order that a buyer was told of, and no other");
    let level = shop.stock_show(lamp).unwrap().levels[0].1;
    assert_eq!((usize::try_from(level.allocated).unwrap(), level.reserved), (told.len(), 0));
    let report = shop.verify(&mut |_| {}).unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
}

#[test]
fn a_server_that_is_stopped_at_once_and_started_again_loses_no_order() {
    let mut cluster = Cluster::start(&[]);
    let shop = shop_at(&format!("{}?shop=shop", cluster.url()));
    sells_through(&shop, |goes_on| {
        for _ in 0..2 {
            cluster.stop("immediate");
            cluster.serve();
            goes_on();
        }
    });
}

#[test]
fn a_failover_to_a_synchronous_replica_loses_no_order() {
    let mut primary = Cluster::start(&[]);
    let replica = primary.replica();
    primary.replicate_synchronously();
    let shop = shop_at(&either(&primary, &replica));
    sells_through(&shop, |_| {
        primary.kill();
        replica.promote();
    });
}

/// What was lost with the old primary must not be found any more.
#[test]
fn a_search_index_that_knows_more_than_the_new_primary_is_built_anew() {
    let mut primary = Cluster::start(&[]);
    let mut replica = primary.replica();
    let shop = shop_at(&either(&primary, &replica));
    replica.fall_behind(&primary);
    shop.import_text(
        &CATALOG.replace("lamp,Lamp", "lantern,Lantern").replace("LAMP", "LANT"),
        "late.csv",
    )
    .unwrap();
    let before = shop.index_sync().unwrap();
    assert_eq!(before.products, 2);
    replica.take_over(&mut primary);
    let after = shop.index_sync().unwrap();
    assert!(after.rebuilt && after.cursor < before.cursor, "{before:?} {after:?}");
    assert_eq!(after.products, 1, "the lantern was lost");
}

/// The newest commits are lost, and what was delivered of them is named.
#[test]
fn a_consumer_that_was_given_what_a_failover_lost_is_told() {
    let mut primary = Cluster::start(&[]);
    let mut replica = primary.replica();
    let shop = shop_at(&format!("{}&connect_timeout=1", either(&primary, &replica)));
    let lamp = shop.find_variant("LAMP").unwrap().variant.id;
    let mut told = Vec::new();
    let mut mailer = shop.consumer("mailer", 300).unwrap();
    let mut deliver = |mailer: &mut sutler::engine::flow::event::Consumer| {
        let mut orders = 0;
        let done = mailer.deliver(10_000, |events| {
            orders += events.iter().filter(|event| event.kind == "sutler.order.placed.v1").count();
            told.extend(events.iter().map(|event| event.sequence));
            Ok::<(), sutler::engine::FlowError>(())
        });
        (orders, done)
    };
    buy(&shop, lamp, "first");
    assert_eq!(deliver(&mut mailer).0, 1);
    replica.fall_behind(&primary);
    let place = shop.store().cursor("mailer").unwrap();
    buy(&shop, lamp, "lost");
    assert_eq!(deliver(&mut mailer).0, 1);
    let delivered = shop.store().cursor("mailer").unwrap();
    replica.take_over(&mut primary);
    // The new history is as long as the one that is gone, and longer.
    buy(&shop, lamp, "new");
    buy(&shop, lamp, "newer");
    let refused = deliver(&mut mailer).1.unwrap_err();
    assert_eq!(refused.code(), "events.gone", "{refused}");
    let facts = [format!("event {delivered},"), format!("place is {place} now")];
    assert!(facts.iter().all(|fact| refused.to_string().contains(fact)), "{refused}");
    drop(mailer);
    let mut again = shop.consumer("mailer", 300).unwrap();
    assert_eq!(deliver(&mut again).0, 2, "both new ones, and the lost one is not there");
    let head = shop.store().event_head().unwrap().0;
    let expected: Vec<u64> = (1..=delivered).chain(place + 1..=head).collect();
    assert_eq!(told, expected, "from its place on, nothing is left out");
}
