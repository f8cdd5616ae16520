//! An empty shop for tests of import, export, search and verify: a store of any kind that can fail, a clock that is set, ids that
//! count; and the words those tests are written in.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses its part; a failed set-up should stop the test"
)]

#[path = "../any_store/mod.rs"]
mod any_store;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use any_store::AnyStore;
use sutler_core::port::{Clock, EventReader as _, IdSource};
use sutler_core::quantity::Quantity;
use sutler_core::time::Timestamp;
use sutler_engine::flow::checkout::{CheckoutCommand, Placed};
use sutler_engine::flow::import::{ImportOptions, ImportSummary, Input};
use sutler_engine::flow::setup::InitCommand;
use sutler_engine::provider::TestProvider;
use sutler_engine::{FlowError, Shop};
use sutler_store_conformance::FlakyStore;

/// The catalog that the demo shop is filled with.
pub const DEMO: &str = include_str!("../../../../assets/demo/catalog.csv");

/// A clock that stands still until it is set.
pub struct StillClock(AtomicI64);

impl StillClock {
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1000, Ordering::SeqCst);
    }
}

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Ids 1, 2, 3 …
#[derive(Default)]
pub struct NextIds(AtomicU64);

impl IdSource for NextIds {
    fn next_id(&self) -> u128 {
        u128::from(self.0.fetch_add(1, Ordering::SeqCst)) + 1
    }
}

/// A shop in EUR that sells nothing yet.
pub struct Bazaar {
    pub shop: Shop,
    pub store: Arc<FlakyStore<AnyStore>>,
    pub clock: Arc<StillClock>,
}

impl Bazaar {
    pub fn empty() -> Self {
        let store = Arc::new(FlakyStore::quiet(AnyStore::new()));
        let clock = Arc::new(StillClock(AtomicI64::new(1_780_000_000_000)));
        let shop = Shop::new(store.clone(), clock.clone(), Arc::new(NextIds::default()))
            .with_provider(Arc::new(TestProvider::in_memory()));
        shop.init(&InitCommand::new("Bazaar", "EUR", "DE").unwrap()).unwrap();
        Self { shop, store, clock }
    }

    /// A shop with the goods of a file.
    pub fn with(csv: &str) -> Self {
        let bazaar = Self::empty();
        let summary = bazaar.import(csv);
        assert_eq!(summary.rejected_rows, 0, "{:#?}", summary.groups);
        bazaar
    }

    pub fn plan(&self, csv: &str, options: &ImportOptions) -> Result<ImportSummary, FlowError> {
        let input = Input::bytes(&options.name, csv.as_bytes());
        self.shop.import_plan(input, options).map(|prepared| prepared.summary)
    }

    pub fn try_import(
        &self,
        csv: &str,
        options: &ImportOptions,
    ) -> Result<ImportSummary, FlowError> {
        let input = Input::bytes(&options.name, csv.as_bytes());
        let prepared = self.shop.import_plan(input, options)?;
        self.shop.import_apply(prepared, &mut |_| ControlFlow::Continue(()))
    }

    #[track_caller]
    pub fn import(&self, csv: &str) -> ImportSummary {
        self.try_import(csv, &ImportOptions::new("goods.csv")).unwrap()
    }

    pub fn last_event(&self) -> u64 {
        self.store.event_head().unwrap().0
    }

    /// Buys some units of a variant.
    pub fn buy(&self, variant: &str, units: u32) -> Result<Placed, FlowError> {
        let found = self.shop.find_variant(variant)?;
        let cart = self.shop.cart_new("web", None, None)?;
        self.shop.cart_add(cart.id, found.variant.id, Quantity::new(units).unwrap(), None)?;
        let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
        self.shop.checkout(&CheckoutCommand {
            pay: Some("test:ok".to_owned()),
            ..CheckoutCommand::new(cart.id, "ada@example.com", ship_to, "standard")
        })
    }

    /// Asserts that nothing in the shop is off.
    #[track_caller]
    pub fn is_whole(&self) {
        let report = self.shop.verify(&mut |_| {}).unwrap();
        assert!(report.is_clean(), "{:#?}", report.findings);
    }
}

/// A product file with the most usual columns.
pub fn goods(rows: &[&str]) -> String {
    let header = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,\
                  Variant Inventory Qty,Variant Inventory Policy,Variant Price,Product Category,Published,Status";
    std::iter::once(header).chain(rows.iter().copied()).collect::<Vec<_>>().join("\n") + "\n"
}

/// A file of many products with two variants each.
pub fn many(products: usize) -> String {
    let row = |n: usize| {
        format!(
            "p{n},Product {n},Size,S,P{n}-S,shopify,5,deny,10.00,Goods > Part {},TRUE,active\n\
             p{n},,,M,P{n}-M,shopify,7,deny,12.00,,,",
            n % 7
        )
    };
    let rows: Vec<String> = (0..products).map(row).collect();
    goods(&rows.iter().map(String::as_str).collect::<Vec<_>>())
}
