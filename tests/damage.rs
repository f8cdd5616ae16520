//! A disk that is full, rows that were tampered with, and copies made while the shop sells.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sutler::prelude::*;
use sutler::{Shop, SystemClock, UuidSource};
use sutler_store_sqlite::{OpenOptions, SqliteStore};

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

fn shop_at(path: &Path) -> Shop {
    let shop = sutler::create(&url(path)).unwrap();
    shop.init(&InitCommand::new("Lamps", "EUR", "DE").unwrap()).unwrap();
    let catalog = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n\
                   lamp,Lamp,Title,Default Title,LAMP,19.90,shopify,100000\n";
    shop.import_text(catalog, "lamp.csv").unwrap();
    shop
}

fn sell(shop: &Shop, lamp: VariantId) -> Result<Placed, FlowError> {
    let cart = shop.cart_new("web", None, None)?;
    shop.cart_add(cart.id, lamp, Quantity::ONE, None)?;
    let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
    shop.checkout(&CheckoutCommand {
        pay: Some("manual:cash".to_owned()),
        ..CheckoutCommand::new(cart.id, "ada@example.com", ship_to, "standard")
    })
}

#[test]
fn a_full_disk_refuses_writes_keeps_reading_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let lamp = shop_at(&path).find_variant("LAMP").unwrap().variant.id;
    let pages = u32::try_from(std::fs::metadata(&path).unwrap().len() / 4096).unwrap();
    let options = OpenOptions { pages_max: Some(pages + 40), ..OpenOptions::default() };
    let store = Arc::new(SqliteStore::open(&path, options).unwrap());
    let small = Shop::new(store, Arc::new(SystemClock), Arc::new(UuidSource))
        .with_provider(Arc::new(sutler::engine::provider::ManualProvider));
    let mut sold = 0;
    let full = loop {
        match sell(&small, lamp) {
            Ok(_) => sold += 1,
            Err(error) => break error,
        }
        assert!(sold < 10_000, "the disk never filled up");
    };
    assert_eq!(full.code(), "store.full");
    assert_eq!(
        small.order_list(None, None, 1_000).unwrap().len(),
        sold.min(1_000),
        "reading goes on"
    );
    drop(small);
    // With room again the shop goes on, without repair.
    let shop = sutler::open(&url(&path)).unwrap();
    sell(&shop, lamp).unwrap();
    let report = shop.verify(&mut |_| {}).unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    let level = shop.stock_show(lamp).unwrap().levels[0].1;
    assert_eq!(usize::try_from(level.allocated).unwrap(), sold + 1);
}

#[test]
fn verify_finds_every_kind_of_tampering() {
    let tampering = [
        "UPDATE raw_ledger SET at = at + 1 WHERE seq = 1",
        "UPDATE raw_event SET at = at + 1 WHERE seq = 3",
        "DELETE FROM raw_event WHERE seq = 2",
        "UPDATE raw_level SET on_hand = on_hand + 1",
        "UPDATE raw_order SET total = total - 1",
        "UPDATE raw_order SET status = 2",
        "DELETE FROM raw_order_log WHERE version = 2",
        "DELETE FROM raw_allocation",
    ];
    for sql in tampering {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        let shop = shop_at(&path);
        let lamp = shop.find_variant("LAMP").unwrap().variant.id;
        sell(&shop, lamp).unwrap();
        assert!(shop.verify(&mut |_| {}).unwrap().findings.is_empty());
        drop(shop);
        let raw = rusqlite::Connection::open(&path).unwrap();
        assert!(raw.execute(sql, []).unwrap() > 0, "{sql}: nothing was changed");
        drop(raw);
        let shop = sutler::open(&url(&path)).unwrap();
        let findings = shop.verify(&mut |_| {}).unwrap().findings;
        assert!(!findings.is_empty(), "{sql}: nobody noticed");
    }
}

#[test]
fn a_backup_made_while_selling_is_a_whole_shop() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.db");
    let shop = shop_at(&path);
    let lamp = shop.find_variant("LAMP").unwrap().variant.id;
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    sell(&shop, lamp).unwrap();
                }
            });
        }
        for n in 0..5 {
            let copy = folder.path().join(format!("copy-{n}.db"));
            sutler::backup(&url(&path).parse().unwrap(), &copy, false).unwrap();
        }
        over.store(true, Ordering::Relaxed);
    });
    for n in 0..5 {
        let target = url(&folder.path().join(format!("back-{n}.db")));
        let copy = folder.path().join(format!("copy-{n}.db"));
        sutler::restore(&copy, &target.parse().unwrap(), false).unwrap();
        let copy = sutler::open(&target).unwrap();
        assert!(copy.verify(&mut |_| {}).unwrap().findings.is_empty());
        assert_ne!(copy.setup().unwrap().shop.uid, shop.setup().unwrap().shop.uid);
        sell(&copy, lamp).unwrap();
    }
    let twice = sutler::restore(
        &folder.path().join("copy-0.db"),
        &url(&folder.path().join("back-0.db")).parse().unwrap(),
        false,
    );
    assert!(twice.is_err(), "a shop stands there already");
}
