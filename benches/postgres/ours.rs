//! A shop on Postgres that sells: carts are filled before the clock runs, then checked out by some callers at once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sutler::core::cart;
use sutler::core::change::{Change, ChangeSet, CommitOutcome};
use sutler::core::id::CommandId;
use sutler::core::port::{Clock as _, IdSource as _, Store as _};
use sutler::engine::provider::TestProvider;
use sutler::postgres::{Address, OpenOptions, PostgresStore, drop_shop};
use sutler::prelude::*;
use sutler::{SystemClock, UuidSource};

use crate::meter::{Figure, measure};

/// How many variants the shop sells.
pub const VARIANTS: usize = 1_000;

/// What stands in a cart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Goods {
    /// Three of all variants.
    Many,
    /// One unit of the same.
    Hot,
    /// One unit of what only this program sells.
    Own(usize),
}

/// Where the time of transactions goes, from one point of the writer to the next.
#[derive(Default)]
struct Stages {
    last: Option<(Instant, &'static str)>,
    spent: BTreeMap<&'static str, Duration>,
    transactions: u32,
}

impl Stages {
    fn pass(&mut self, point: &'static str) {
        let now = Instant::now();
        if let Some((since, _)) = self.last {
            *self.spent.entry(point).or_default() += now - since;
        }
        self.transactions += u32::from(point == "after_commit");
        self.last = Some((now, point));
    }

    fn told(&self) -> String {
        let each = |point| {
            let spent = self.spent.get(point).copied().unwrap_or_default();
            spent.as_secs_f64() * 1e3 / f64::from(self.transactions.max(1))
        };
        format!(
            "{} transactions, each {:.1} ms between, {:.1} loading, {:.1} deciding, {:.1} writing",
            self.transactions,
            each("before_begin"),
            each("after_load"),
            each("before_commit"),
            each("after_commit"),
        )
    }
}

/// A shop of our own.
pub struct Ours {
    shop: Shop,
    store: Arc<PostgresStore>,
    address: Address,
    stages: Arc<Mutex<Stages>>,
    variants: Vec<VariantId>,
    filled: usize,
}

impl Ours {
    /// Makes a shop, in the place of what was left of an earlier run.
    pub fn new(url: &str) -> Self {
        let address: Address = url.parse().unwrap();
        let _ = drop_shop(&address);
        let new = Self::open(url);
        new.shop.init(&InitCommand::new("Bench", "EUR", "DE").unwrap()).unwrap();
        new.shop.import_text(&catalog(), "bench.csv").unwrap();
        new.knowing_its_goods()
    }

    /// Opens the shop that another program made.
    pub fn of_others(url: &str) -> Self {
        Self::open(url).knowing_its_goods()
    }

    fn open(url: &str) -> Self {
        let address: Address = url.parse().unwrap();
        let stages = Arc::new(Mutex::new(Stages::default()));
        let watched = Arc::clone(&stages);
        let options = OpenOptions {
            create: true,
            fail_point: Some(Arc::new(move |point| watched.lock().unwrap().pass(point))),
            ..OpenOptions::default()
        };
        let store = Arc::new(PostgresStore::open(&address, options).unwrap());
        // The provider's own ledger is not what is measured, so it is kept in memory.
        let shop = Shop::new(store.clone(), Arc::new(SystemClock), Arc::new(UuidSource))
            .with_provider(Arc::new(TestProvider::in_memory()));
        Self { shop, store, address, stages, variants: Vec::new(), filled: 0 }
    }

    fn knowing_its_goods(mut self) -> Self {
        let find = |n| self.shop.find_variant(&format!("SKU-{n}")).unwrap().variant.id;
        self.variants = (0..VARIANTS).map(find).collect();
        self
    }

    /// Takes the shop away.
    pub fn end(self) {
        let Self { shop, store, address, .. } = self;
        drop((shop, store));
        drop_shop(&address).unwrap();
    }

    /// Returns carts that wait to be checked out.
    pub fn carts(&mut self, wanted: usize, goods: Goods) -> VecDeque<CartId> {
        let setup = self.shop.setup().unwrap();
        let channel = setup.channel_by_code("web").unwrap();
        let mut carts = VecDeque::new();
        while carts.len() < wanted {
            let now = SystemClock.now();
            let mut set = ChangeSet::new(now, CommandId::from_u128(UuidSource.next_id()));
            for _ in 0..500 {
                let id = CartId::from_u128(UuidSource.next_id());
                let lines = match goods {
                    Goods::Many => (0..3).map(|line| self.filled * 7 + line * 13).collect(),
                    Goods::Hot => vec![0],
                    Goods::Own(program) => vec![1 + program],
                };
                let mut filled = cart::new_cart(id, channel, None, now);
                for nr in lines {
                    let variant = self.variants[nr % VARIANTS];
                    filled = cart::add_line(&filled, channel, variant, Quantity::ONE, now).unwrap();
                }
                filled.version = 1;
                set.push(Change::Cart(Box::new(filled)));
                carts.push_back(id);
                self.filled += 1;
            }
            assert!(matches!(self.store.commit(set).unwrap(), CommitOutcome::Committed(_)));
        }
        carts
    }

    /// Checks out new carts until the time is over.
    pub fn sell(&mut self, callers: usize, goods: Goods, time: Duration) -> Figure {
        // More than any server lets us sell in the time, so that it never runs dry.
        let most = 500 + callers.min(32) * 60 * time.as_millis() as usize / 1_000;
        let carts = self.carts(most, goods);
        *self.stages.lock().unwrap() = Stages::default();
        self.sell_these(callers, carts, time)
    }

    /// Says what the transactions since the last sale consisted of.
    pub fn stages(&self) -> String {
        self.stages.lock().unwrap().told()
    }

    /// Checks out carts until the time is over or none is left.
    pub fn sell_these(&self, callers: usize, carts: VecDeque<CartId>, time: Duration) -> Figure {
        let carts = Mutex::new(carts);
        measure(time, callers, || {
            let Some(cart) = carts.lock().unwrap().pop_front() else { return false };
            self.checkout(cart);
            true
        })
    }

    /// Checks one cart out.
    pub fn checkout(&self, cart: CartId) {
        let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
        let command = CheckoutCommand {
            pay: Some("test:ok".to_owned()),
            key: Some(IdempotencyKey::new(format!("checkout-{cart}")).unwrap()),
            ..CheckoutCommand::new(cart, "ada@example.com", ship_to, "standard")
        };
        self.shop.checkout(&command).unwrap();
    }
}

fn catalog() -> String {
    let mut catalog = String::from(
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n",
    );
    for n in 0..VARIANTS {
        catalog.push_str(&format!(
            "thing-{n},Thing number {n},Title,Default Title,SKU-{n},{}.90,shopify,1000000\n",
            5 + n % 50
        ));
    }
    catalog
}
