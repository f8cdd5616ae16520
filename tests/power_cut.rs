//! Power cuts: whatever the disk did not have to keep is torn off or garbled, and what was acknowledged is still there.
//!
//! A disk promises to keep what was synced, and nothing about the rest. After each acknowledged order the length of the
//! journal is noted: up to there it was synced. Copies of the shop get a journal that ends there or later, with every kind
//! of rubbish behind it, and are opened. What this cannot find is a sync that was never asked for, because a file that is
//! read back shows unsynced bytes too; that `synchronous=FULL` is in force is read back when a shop is opened.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use sutler::Shop;
use sutler::prelude::*;
use sutler_store_sqlite::{OpenOptions, SqliteStore};

/// Who buys at the same time, and how often each.
const BUYERS: usize = 3;
const ORDERS_EACH: usize = 12;
const PAGE: usize = 4096;
/// What a page takes in the journal: itself behind a header.
const FRAME: usize = 24 + PAGE;
/// What a disk writes as a whole.
const SECTOR: usize = 512;

/// Random numbers that are the same in each run. Source: Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }
}

/// An order, and how long the journal was when its buyer was told.
struct Told {
    number: OrderNumber,
    journal: usize,
}

/// A shop as its files stood when it had been selling for a while.
struct Scene {
    folder: tempfile::TempDir,
    told: Vec<Told>,
    /// The file before anything of the journal was copied into it, and after.
    before: Vec<u8>,
    after: Vec<u8>,
    journal: Vec<u8>,
}

fn journal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

fn buy(shop: &Shop, lamp: VariantId, path: &Path) -> Told {
    let cart = shop.cart_new("web", None, None).unwrap();
    shop.cart_add(cart.id, lamp, Quantity::ONE, None).unwrap();
    let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
    let placed = shop.checkout(&CheckoutCommand {
        pay: Some("manual:cash".to_owned()),
        ..CheckoutCommand::new(cart.id, "ada@example.com", ship_to, "standard")
    });
    let length = std::fs::metadata(journal_of(path)).unwrap().len();
    Told { number: placed.unwrap().order.number, journal: usize::try_from(length).unwrap() }
}

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop.db");
        let shop = sutler::create(&url(&path)).unwrap();
        shop.init(&InitCommand::new("Dark shop", "EUR", "DE").unwrap()).unwrap();
        let catalog = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n\
                       lamp,Lamp,Title,Default Title,LAMP,19.90,shopify,500\n";
        shop.import_text(catalog, "lamp.csv").unwrap();
        let lamp = shop.find_variant("LAMP").unwrap().variant.id;
        drop(shop);

        let shop = sutler::open(&url(&path)).unwrap();
        let told = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..BUYERS {
                scope.spawn(|| {
                    for _ in 0..ORDERS_EACH {
                        let one = buy(&shop, lamp, &path);
                        told.lock().unwrap().push(one);
                    }
                });
            }
        });
        let (before, journal) =
            (std::fs::read(&path).unwrap(), std::fs::read(journal_of(&path)).unwrap());
        let store = SqliteStore::open(&path, OpenOptions::default()).unwrap();
        assert!(store.checkpoint().unwrap());
        let after = std::fs::read(&path).unwrap();
        assert_ne!(before, after, "until now nothing had been copied into the file");
        Self { folder, told: told.into_inner().unwrap(), before, after, journal }
    }

    /// Opens a shop with these files, and insists that it is whole and has at least the orders told with a journal of
    /// `kept` bytes.
    #[track_caller]
    fn survives(&self, file: &[u8], journal: &[u8], kept: usize, how: &str) {
        let path = self.folder.path().join("after.db");
        for ending in ["", "-wal", "-shm", "-lock"] {
            let mut name = path.as_os_str().to_owned();
            name.push(ending);
            let _ = std::fs::remove_file(name);
        }
        std::fs::write(&path, file).unwrap();
        std::fs::write(journal_of(&path), journal).unwrap();
        let shop = sutler::open(&url(&path)).unwrap();
        let orders = shop.order_list(None, None, 1_000).unwrap();
        let there: BTreeSet<OrderNumber> = orders.iter().map(|view| view.order.number).collect();
        for told in self.told.iter().filter(|told| told.journal <= kept) {
            assert!(there.contains(&told.number), "{how}: order {} is lost", told.number);
        }
        let report = shop.verify(&mut |_| {}).unwrap();
        assert!(report.findings.is_empty(), "{how}: {:#?}", report.findings);
    }
}

/// What may stand behind the part of the journal that was synced, made from what really came next.
fn rubbish(dice: &mut Dice, next: &[u8]) -> (&'static str, Vec<u8>) {
    let cut = &next[..dice.below(next.len() + 1)];
    let mut torn = cut.to_vec();
    match dice.below(6) {
        0 => ("nothing", Vec::new()),
        1 => {
            let length = dice.below(3 * FRAME);
            ("noise", dice.bytes(length))
        }
        2 => ("what came next, cut off", torn),
        3 => {
            let sector = dice.below(torn.len() / SECTOR + 1) * SECTOR;
            torn.iter_mut().skip(sector).take(SECTOR).for_each(|byte| *byte = 0);
            ("what came next, without a sector", torn)
        }
        4 => {
            torn.iter_mut().take(FRAME).for_each(|byte| *byte = 0);
            ("what came after the next page, but not that", torn)
        }
        _ => {
            let places: Vec<usize> = (0..3).map(|_| dice.below(torn.len())).collect();
            for place in places {
                torn.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 0x10);
            }
            ("what came next, with flipped bits", torn)
        }
    }
}

#[test]
fn what_was_acknowledged_survives_a_journal_that_is_torn_behind_it() {
    let scene = Scene::new();
    assert_eq!(scene.told.len(), BUYERS * ORDERS_EACH);
    let mut dice = Dice(1);
    for round in 0..60 {
        let told = &scene.told[dice.below(scene.told.len())];
        // At an acknowledgment, or anywhere behind it.
        let more = if round % 2 == 0 { 0 } else { dice.below(4 * FRAME) };
        let kept = (told.journal + more).min(scene.journal.len());
        let (how, tail) = rubbish(&mut dice, &scene.journal[kept..]);
        let journal = [&scene.journal[..kept], &tail].concat();
        scene.survives(&scene.before, &journal, kept, &format!("{kept} bytes, then {how}"));
    }
}

#[test]
fn a_cut_while_the_journal_is_copied_into_the_file_loses_nothing() {
    let scene = Scene::new();
    let mut dice = Dice(2);
    for round in 0..12 {
        // Of each sector that was to change, the old or the new content, or noise where a write was torn.
        let mut file = scene.after.clone();
        let kept = scene.before.len().min(file.len());
        for start in (0..kept).step_by(SECTOR) {
            let sector = start..(start + SECTOR).min(kept);
            if scene.before[sector.clone()] == scene.after[sector.clone()] {
                continue;
            }
            match dice.below(3) {
                0 => file[sector.clone()].copy_from_slice(&scene.before[sector]),
                // The first page tells what the file is; a disk writes a sector whole or not at all.
                1 if start >= PAGE => {
                    let noise = dice.bytes(SECTOR);
                    file[sector].copy_from_slice(&noise);
                }
                _ => {}
            }
        }
        if round % 3 == 0 {
            file.truncate(kept);
        }
        let how = format!("round {round}");
        scene.survives(&file, &scene.journal, scene.journal.len(), &how);
    }
}
