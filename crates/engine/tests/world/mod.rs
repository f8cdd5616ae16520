//! A small shop for tests of flows: a store of any kind that can fail, a clock that is set, ids that count, a provider whose
//! calls can be cut.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "each test file uses its part; a failed set-up should stop the test"
)]

#[path = "../any_store/mod.rs"]
mod any_store;
mod between;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use any_store::AnyStore;
use sutler_core::catalog::{Handle, Product, Sku, Variant};
use sutler_core::change::{Change, ChangeSet, CommitOutcome, StockChange};
use sutler_core::id::{CommandId, ProductId, VariantId};
use sutler_core::inventory::{MovementKind, StockKey, StockLevel, StockMovement};
use sutler_core::money::{Currency, Money};
use sutler_core::port::{
    Clock as _, Lookup, PaymentProvider, ProviderError, ProviderReply, ProviderRequest,
    SetupReader as _, StockReader as _, Store as _,
};
use sutler_core::pricing::Price;
use sutler_core::quantity::Quantity;
use sutler_core::time::Timestamp;
use sutler_engine::Shop;
use sutler_engine::flow::checkout::CheckoutCommand;
use sutler_engine::flow::setup::InitCommand;
use sutler_engine::provider::{ManualProvider, TestProvider};
pub use sutler_engine::testing::{Counting, HandClock};
use sutler_store_conformance::FlakyStore;

/// What happens to a provider call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// It never arrives.
    Before,
    /// It is done and its reply is lost.
    After,
    /// It arrives twice.
    Twice,
}

/// The test provider behind a line that can be cut at its n-th call, look-ups included.
pub struct FlakyProvider {
    pub inner: TestProvider,
    calls: AtomicU64,
    cuts: Mutex<BTreeMap<u64, Cut>>,
    /// A planted bug: every call carries a key of its own, as a careless client would send it.
    pub fresh_keys: AtomicBool,
}

impl FlakyProvider {
    fn key(&self, key: &str) -> String {
        if self.fresh_keys.load(Ordering::SeqCst) {
            format!("{key}#{}", self.calls())
        } else {
            key.to_owned()
        }
    }

    fn keyed(&self, request: &ProviderRequest) -> ProviderRequest {
        ProviderRequest { key: self.key(&request.key), ..request.clone() }
    }

    pub fn schedule(&self, cuts: impl IntoIterator<Item = (u64, Cut)>) {
        self.calls.store(0, Ordering::SeqCst);
        *self.cuts.lock().unwrap() = cuts.into_iter().collect();
    }

    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    fn pass<T>(
        &self,
        call: impl Fn(&TestProvider) -> Result<T, ProviderError>,
    ) -> Result<T, ProviderError> {
        let n = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        match self.cuts.lock().unwrap().remove(&n) {
            None => call(&self.inner),
            Some(Cut::Twice) => call(&self.inner).and_then(|_| call(&self.inner)),
            Some(Cut::Before) => {
                Err(ProviderError::Unavailable { reason: "the line was cut before".to_owned() })
            }
            Some(Cut::After) => {
                let _ = call(&self.inner);
                Err(ProviderError::Unknown { reason: "the line was cut after".to_owned() })
            }
        }
    }
}

impl PaymentProvider for FlakyProvider {
    fn name(&self) -> &'static str {
        "test"
    }
    fn check_method(&self, method: &str) -> Result<(), String> {
        self.inner.check_method(method)
    }
    fn authorize(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        let request = self.keyed(request);
        self.pass(|inner| inner.authorize(&request))
    }
    fn capture(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        let request = self.keyed(request);
        self.pass(|inner| inner.capture(&request))
    }
    fn void(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        let request = self.keyed(request);
        self.pass(|inner| inner.void(&request))
    }
    fn refund(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        let request = self.keyed(request);
        self.pass(|inner| inner.refund(&request))
    }
    fn lookup(&self, key: &str) -> Result<Lookup, ProviderError> {
        let key = self.key(key);
        self.pass(|inner| inner.lookup(&key))
    }
}

/// A shop that sells two mugs.
pub struct World {
    pub shop: Shop,
    pub store: Arc<FlakyStore<AnyStore>>,
    pub provider: Arc<FlakyProvider>,
    pub clock: Arc<HandClock>,
    pub red: VariantId,
    pub blue: VariantId,
}

/// Units that each mug begins with.
pub const ON_HAND: u32 = 5;

impl World {
    pub fn new() -> Self {
        let store = Arc::new(FlakyStore::quiet(AnyStore::new()));
        let clock = Arc::new(HandClock::default());
        let provider = Arc::new(FlakyProvider {
            inner: TestProvider::in_memory(),
            calls: AtomicU64::new(0),
            cuts: Mutex::new(BTreeMap::new()),
            fresh_keys: AtomicBool::new(false),
        });
        let shop = Shop::new(store.clone(), clock.clone(), Arc::new(Counting::default()))
            .with_provider(provider.clone())
            .with_provider(Arc::new(ManualProvider));
        shop.init(&InitCommand::new("Mugs", "EUR", "DE").unwrap()).unwrap();
        let (red, blue) = (VariantId::from_u128(0xe1), VariantId::from_u128(0xe2));
        let world = Self { shop, store, provider, clock, red, blue };
        world.stock_the_shop();
        world
    }

    fn stock_the_shop(&self) {
        let setup = self.store.setup().unwrap().unwrap();
        let mut set = ChangeSet::new(self.clock.now(), CommandId::from_u128(0xc0));
        set.push(Change::Product(Box::new(mug(&[(self.red, "MUG-RED"), (self.blue, "MUG-BLUE")]))));
        for (variant, minor) in [(self.red, 1_190), (self.blue, 1_390)] {
            let amount = Money::from_minor(minor, Currency::EUR);
            set.push(Change::Price(Price {
                list: setup.price_lists[0].id,
                variant,
                min_quantity: 1,
                amount,
                compare_at: None,
            }));
            let key = StockKey { variant, location: setup.locations[0].id };
            let movement = StockMovement {
                key,
                kind: MovementKind::Received,
                quantity: ON_HAND,
                cause: None,
                reason: None,
            };
            set.push(Change::Stock(StockChange::Move { movement, expected_on_hand: None }));
        }
        assert!(matches!(self.store.commit(set), Ok(CommitOutcome::Committed(_))));
    }

    /// A cart with two red mugs and a blue one, and the command that buys it.
    pub fn command(&self, pay: &str, key: Option<&str>) -> CheckoutCommand {
        let cart = self.shop.cart_new("web", None, None).unwrap();
        self.shop.cart_add(cart.id, self.red, Quantity::new(2).unwrap(), None).unwrap();
        self.shop.cart_add(cart.id, self.blue, Quantity::ONE, None).unwrap();
        let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
        CheckoutCommand {
            pay: Some(pay.to_owned()),
            key: key.map(|key| key.parse().unwrap()),
            ..CheckoutCommand::new(cart.id, "ada@example.com", ship_to, "standard")
        }
    }

    /// The level of a mug, every reservation counted.
    pub fn level(&self, variant: VariantId) -> StockLevel {
        let page = self.store.stock_level_page(None, 100).unwrap();
        page.into_iter().find(|(key, _)| key.variant == variant).unwrap().1
    }

    /// Asserts that no checkout holds anything: no stock, no promise, no money.
    #[track_caller]
    pub fn nothing_is_held(&self) {
        for variant in [self.red, self.blue] {
            let level = self.level(variant);
            assert_eq!((level.on_hand, level.reserved, level.allocated), (ON_HAND, 0, 0));
        }
        assert_eq!(
            self.money_held(),
            0,
            "money is held: {:#?}",
            self.provider.inner.ledger().unwrap()
        );
        self.is_whole();
    }

    /// Money that the provider really holds or took and did not give back, in minor units.
    pub fn money_held(&self) -> i64 {
        let ledger = self.provider.inner.ledger().unwrap();
        let done = |verb: &'static str| {
            ledger
                .iter()
                .filter(move |e| e.verb == verb && e.declined.is_none() && !e.reference.is_empty())
        };
        let voided: Vec<&str> = done("void").map(|e| e.follows.as_str()).collect();
        let kept = done("authorize").filter(|e| {
            !voided.contains(&e.reference.as_str()) && !voided.contains(&e.key.as_str())
        });
        kept.map(|e| e.amount.minor()).sum::<i64>()
            - done("refund").map(|e| e.amount.minor()).sum::<i64>()
    }

    /// Asserts that the books are right.
    #[track_caller]
    pub fn is_whole(&self) {
        let report = self.shop.verify(&mut |_| {}).unwrap();
        assert!(report.findings.is_empty(), "{:#?}", report.findings);
    }

    /// Lets time pass and recovery run until nothing is left to do.
    pub fn settle(&self) {
        self.store.schedule([]);
        self.provider.schedule([]);
        for _ in 0..4 {
            self.clock.advance(7_200);
            self.shop.recover().unwrap();
        }
    }
}

fn mug(variants: &[(VariantId, &str)]) -> Product {
    let variant = |(id, sku): &(VariantId, &str)| Variant {
        option_values: vec![(*sku).to_owned()],
        sku: Some(Sku::new(*sku).unwrap()),
        weight_grams: Some(300),
        ..Variant::new(*id)
    };
    let (id, handle) = (ProductId::from_u128(0xaa), Handle::new("mug").unwrap());
    let variants = variants.iter().map(variant).collect();
    let now = Timestamp::from_millis(1_780_000_000_000);
    Product {
        option_names: vec!["Color".to_owned()],
        version: 1,
        ..Product::new(id, handle, "Enamel mug", variants, now)
    }
}
