//! A shop that sells: carts are filled before the clock runs, then checked out by some callers at once.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::Connection;
use sutler::core::cart;
use sutler::core::change::{Change, ChangeSet, CommitOutcome};
use sutler::core::id::CommandId;
use sutler::core::port::{Clock as _, IdSource as _, OrderFilter, OrderReader as _, Store as _};
use sutler::engine::provider::TestProvider;
use sutler::prelude::*;
use sutler::{SystemClock, UuidSource};
use sutler_store_sqlite::{OpenOptions, SqliteStore};

use crate::meter::{Figure, measure, micros};

/// A shop of our own, and what is counted about it.
pub struct Ours {
    shop: Shop,
    store: Arc<SqliteStore>,
    commits: Arc<AtomicU64>,
    variants: Vec<VariantId>,
    carts: VecDeque<CartId>,
    filled: usize,
    /// Checkouts that were made, and bytes by which the file grew under them.
    pub sold: usize,
    grown: f64,
}

impl Ours {
    /// Makes a shop that sells `variants` different things.
    pub fn new(path: &Path, variants: usize) -> Self {
        let commits = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&commits);
        let options = OpenOptions {
            create: true,
            fail_point: Some(Arc::new(move |point| {
                if point == "after_commit" {
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })),
            ..OpenOptions::default()
        };
        let store = Arc::new(SqliteStore::open(path, options).unwrap());
        // The provider's own ledger is not what is measured, so it is kept in memory.
        let shop = Shop::new(store.clone(), Arc::new(SystemClock), Arc::new(UuidSource))
            .with_provider(Arc::new(TestProvider::in_memory()));
        shop.init(&InitCommand::new("Bench", "EUR", "DE").unwrap()).unwrap();
        shop.import_text(&catalog(variants), "bench.csv").unwrap();
        let find = |n| shop.find_variant(&format!("SKU-{n}")).unwrap().variant.id;
        let variants = (0..variants.min(1_000_000)).map(find).collect();
        let carts = VecDeque::new();
        Self { shop, store, commits, variants, carts, filled: 0, sold: 0, grown: 0.0 }
    }

    /// Fills carts of `lines` lines until `wanted` wait.
    pub fn fill(&mut self, wanted: usize, lines: usize) {
        let setup = self.shop.setup().unwrap();
        let channel = setup.channel_by_code("web").unwrap();
        while self.carts.len() < wanted {
            let now = SystemClock.now();
            let mut set = ChangeSet::new(now, CommandId::from_u128(UuidSource.next_id()));
            for _ in 0..500 {
                let id = CartId::from_u128(UuidSource.next_id());
                let mut filled = cart::new_cart(id, channel, None, now);
                for line in 0..lines {
                    let variant =
                        self.variants[(self.filled * 7 + line * 13) % self.variants.len()];
                    filled = cart::add_line(&filled, channel, variant, Quantity::ONE, now).unwrap();
                }
                filled.version = 1;
                set.push(Change::Cart(Box::new(filled)));
                self.carts.push_back(id);
                self.filled += 1;
            }
            assert!(matches!(self.store.commit(set).unwrap(), CommitOutcome::Committed(_)));
        }
    }

    /// Checks out carts, in the order in which they were made, until the time is over or none is left.
    pub fn sell(&mut self, callers: usize, time: Duration) -> Figure {
        let (pages, commits) = (self.bytes(), self.commits.load(Ordering::Relaxed));
        let carts = Mutex::new(std::mem::take(&mut self.carts));
        let shop = &self.shop;
        let figure = measure(time, callers, || {
            let Some(cart) = carts.lock().unwrap().pop_front() else { return false };
            checkout(shop, cart);
            true
        });
        self.carts = carts.into_inner().unwrap();
        self.sold += figure.done;
        self.grown += self.bytes() - pages;
        Figure { commits: self.commits.load(Ordering::Relaxed) - commits, ..figure }
    }

    /// How long each of some checkouts takes that one caller makes, in microseconds.
    pub fn latencies(&mut self, checkouts: usize) -> Vec<f64> {
        let carts: Vec<CartId> = self.carts.drain(..checkouts).collect();
        self.sold += checkouts;
        carts.iter().map(|cart| micros(1, &|_| checkout(&self.shop, *cart))).collect()
    }

    /// Megabytes by which 100,000 checkouts make the file grow; carts are there before.
    pub fn size_of_100k(&self) -> f64 {
        self.grown / self.sold as f64 * 0.1
    }

    /// Bytes of the file that are in use, the journal included.
    fn bytes(&self) -> f64 {
        let db = Connection::open(self.store.path()).unwrap();
        let pragma = |name: &str| db.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0));
        let number = |name: &str| -> i64 { pragma(name).unwrap() };
        ((number("page_count") - number("freelist_count")) * number("page_size")) as f64
    }

    /// Microseconds to look at an order with its lines, at the newest 50, and at 50 in the middle.
    pub fn reads(&self) -> [f64; 3] {
        let store = &*self.store;
        let orders = self.sold as u64;
        let number = |n: u64| OrderNumber(OrderNumber::FIRST.0 + n);
        let ids: Vec<OrderId> = (0..500)
            .map(|n| store.order_by_number(number(n * (orders / 500))).unwrap().unwrap().id)
            .collect();
        let page = |before| store.order_page(OrderFilter::default(), before, 50).unwrap();
        [
            micros(20_000, &|n| assert!(store.order(ids[n % ids.len()]).unwrap().is_some())),
            micros(1_000, &|_| assert_eq!(page(None).len(), 50)),
            micros(1_000, &|_| assert_eq!(page(Some(number(orders / 2))).len(), 50)),
        ]
    }

    /// Microseconds to find a variant by its SKU.
    pub fn look_up(&self) -> f64 {
        let count = self.variants.len();
        micros(2_000, &|n| {
            let sku = format!("SKU-{}", n * 7919 % count);
            assert_eq!(self.shop.find_variant(&sku).unwrap().variant.sku.unwrap().as_str(), sku);
        })
    }
}

fn checkout(shop: &Shop, cart: CartId) {
    let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
    let command = CheckoutCommand {
        pay: Some("test:ok".to_owned()),
        key: Some(IdempotencyKey::new(format!("checkout-{cart}")).unwrap()),
        ..CheckoutCommand::new(cart, "ada@example.com", ship_to, "standard")
    };
    shop.checkout(&command).unwrap();
}

fn catalog(variants: usize) -> String {
    let mut catalog = String::from(
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n",
    );
    for n in 0..variants {
        catalog.push_str(&format!(
            "thing-{n},Thing number {n},Title,Default Title,SKU-{n},{}.90,shopify,1000000\n",
            5 + n % 50
        ));
    }
    catalog
}
