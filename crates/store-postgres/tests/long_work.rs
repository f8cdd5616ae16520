//! Work that goes through a whole shop: begun again when its connection is cut, and within the number of connections that a
//! process may have.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fixture::load::Load;
use fixture::proxy::Proxy;
use fixture::{Schema, address, admin, server};
use sutler_core::change::Change;
use sutler_core::credit::{Credit, CreditEntry, CreditKind, Holder};
use sutler_core::hash::ContentHash;
use sutler_core::id::GiftCardId;
use sutler_core::money::{Currency, Money};
use sutler_core::port::{CopyMark, Dump as _, DumpRecord, StoreReader as _};
use sutler_store_conformance::Fixture as _;
use sutler_store_conformance::given::{NOW, World};
use sutler_store_conformance::then::committed;
use sutler_store_postgres::{Address, OpenOptions, PostgresStore};

/// Returns the address of a shop, by way of connections that go by its name.
fn named() -> Address {
    let shop = address().shop().to_owned();
    let server = server();
    let sign = if server.contains('?') { '&' } else { '?' };
    format!("{server}{sign}application_name={shop}&shop={shop}").parse().unwrap()
}

/// Ends every connection of that name, now and again while `work` lasts.
fn while_cut<T>(name: &str, cuts: u32, work: impl FnOnce() -> T) -> T {
    let cut = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{name}'"
    );
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..cuts {
                std::thread::sleep(Duration::from_millis(40));
                admin(&cut);
            }
        });
        work()
    })
}

#[test]
fn looking_for_damage_is_begun_again_when_it_is_cut() {
    let schema = Schema::at(named(), OpenOptions::default());
    let load = Load::new(schema.store());
    (0..50).for_each(|_| load.commit());
    let looks = while_cut(schema.address().shop(), 30, || {
        let began = std::time::Instant::now();
        let mut looks = 0;
        while began.elapsed() < Duration::from_secs(2) {
            assert_eq!(schema.store().integrity().unwrap(), []);
            looks += 1;
        }
        looks
    });
    assert!(looks > 0);
}

#[test]
fn looking_at_many_gift_cards_takes_few_flights() {
    const CARDS: u128 = 300;
    let proxy = Proxy::start();
    let schema = Schema::at(proxy.address(), OpenOptions::default());
    let store = schema.store();
    let world = World::on(store);
    let look = || {
        let before = proxy.flights();
        assert_eq!(store.integrity().unwrap(), []);
        proxy.flights() - before
    };
    // Statements are prepared by the first look.
    look();
    let without = look();
    let changes = (1..=CARDS).flat_map(|raw| {
        let id = GiftCardId::from_u128(raw);
        let holder = Holder::Bearer { code: ContentHash::of(&raw.to_be_bytes()) };
        let (kind, amount) = (CreditKind::Issued, Money::from_minor(500, Currency::EUR));
        let credit = id.into();
        [
            Change::Credit(Box::new(Credit::opened(id, holder, Currency::EUR, None, NOW))),
            Change::CreditEntry(CreditEntry { credit, kind, amount, payment: None, reason: None }),
        ]
    });
    committed(store, world.set_of(changes));
    assert_eq!(store.integrity().unwrap(), []);
    let flights = look() - without;
    assert!(flights < 40, "{flights} flights more for {CARDS} cards");
    // And each of them was looked at.
    let shop = schema.address().shop();
    admin(&format!("UPDATE {shop}.raw_credit SET left_over = 499 WHERE id = '{}'", id(CARDS)));
    let findings = store.integrity().unwrap();
    assert_eq!(findings.iter().map(|found| found.check).collect::<Vec<_>>(), ["credit.left"]);
}

/// Returns an id as the server writes it.
fn id(raw: u128) -> String {
    let hex = format!("{raw:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn all(store: &PostgresStore) -> Vec<DumpRecord> {
    let mut all = Vec::new();
    store
        .dump(&mut |records| {
            all.extend(records);
            ControlFlow::Continue(())
        })
        .unwrap();
    all
}

#[test]
fn a_part_of_a_copy_is_written_once_whatever_is_cut() {
    let source = Schema::empty();
    let load = Load::new(source.store());
    (0..100).for_each(|_| load.commit());
    let records = all(source.store());
    let target = Schema::at(named(), OpenOptions { copying: true, ..OpenOptions::default() });
    let store = target.store();
    while_cut(target.address().shop(), 40, || {
        let (mut before, mut written) = (None, 0);
        for part in records.chunks(2) {
            written += u64::try_from(part.len()).unwrap();
            let hash = ContentHash::of(&written.to_be_bytes());
            let after = CopyMark { source: 7, records: written, hash };
            assert!(store.copy_in(before, part.to_vec(), after).unwrap(), "it was its turn");
            before = Some(after);
        }
        store.copy_derive().unwrap();
        store.copy_done().unwrap();
    });
    assert_eq!(all(store), records);
    assert_eq!(store.integrity().unwrap(), []);
}

#[test]
fn long_work_has_no_connections_beyond_those_of_the_pool() {
    let options = OpenOptions { readers: 2, ..OpenOptions::default() };
    let schema = Schema::at(named(), options);
    let load = Load::new(schema.store());
    (0..20).for_each(|_| load.commit());
    let (done, store) = (AtomicBool::new(false), schema.store());
    let count = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = '{}'",
        schema.address().shop()
    );
    let most = std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !done.load(Ordering::SeqCst) {
                    assert_eq!(store.integrity().unwrap(), []);
                    assert!(!all(store).is_empty());
                }
            });
        }
        let counts = (0..40).map(|_| admin(&count).remove(0).parse::<u32>().unwrap());
        let most = counts.max();
        done.store(true, Ordering::SeqCst);
        most
    });
    assert_eq!(most, Some(3), "two that read, one that writes");
}
