//! SIGKILL at every point of a checkout, in a real process on every store that outlives one; then the world must be whole.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod store_each;

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use store_each::Places;
use sutler::core::id::VariantId;
use sutler::core::inventory::StockLevel;
use sutler::core::port::{Clock, PaymentProvider, Store};
use sutler::core::time::Timestamp;
use sutler::engine::provider::TestProvider;
use sutler::prelude::*;
use sutler::{Shop, SystemClock, UuidSource};

/// Set for a child process: at which point it dies, the store and the folder it works in.
const WORKER: &str = "SUTLER_TEST_KILL";
const PRICE_AND_DELIVERY: i64 = 1_990 + 490;

/// The machine's clock, two hours on: whatever the child left is nobody's any more.
struct Later;

impl Clock for Later {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_seconds(7_200)
    }
}

/// Dies as by a power switch when the counter reaches zero.
fn countdown(left: &Arc<AtomicU32>) {
    if left.fetch_sub(1, Ordering::SeqCst) == 1 {
        let own = rustix::process::getpid();
        rustix::process::kill_process(own, rustix::process::Signal::KILL).unwrap();
        // The signal is on its way; nothing after it may happen.
        loop {
            std::thread::park();
        }
    }
}

/// The test provider, dying before or after a call as the countdown has it.
struct Mortal {
    inner: TestProvider,
    left: Arc<AtomicU32>,
}

macro_rules! mortal {
    ($($verb:ident),+) => {
        $(fn $verb(&self, request: &sutler::core::port::ProviderRequest) -> Result<sutler::core::port::ProviderReply, sutler::core::port::ProviderError> {
            countdown(&self.left);
            let answer = self.inner.$verb(request);
            countdown(&self.left);
            answer
        })+
    };
}

impl PaymentProvider for Mortal {
    fn name(&self) -> &str {
        "test"
    }
    mortal!(authorize, capture, void, refund);
    fn lookup(
        &self,
        key: &str,
    ) -> Result<sutler::core::port::Lookup, sutler::core::port::ProviderError> {
        self.inner.lookup(key)
    }
}

/// Where a shop is kept, and the payments of its provider.
#[derive(Clone, Copy)]
struct Site<'a> {
    url: &'a str,
    folder: &'a Path,
}

fn shop(site: Site<'_>, clock: Arc<dyn Clock>, left: Option<Arc<AtomicU32>>) -> Shop {
    let point = left.clone();
    let dies = move |_: &'static str| {
        if let Some(left) = &point {
            countdown(left);
        }
    };
    let store: Arc<dyn Store> = store_each::open(site.url, Arc::new(dies));
    let folder = site.folder;
    let inner = TestProvider::at(folder.join("payments"));
    let provider: Arc<dyn PaymentProvider> = match left {
        Some(left) => Arc::new(Mortal { inner, left }),
        None => Arc::new(inner),
    };
    Shop::new(store, clock, Arc::new(UuidSource)).with_provider(provider)
}

/// What is on the gift card, in cents.
const ON_CARD: i64 = 1_000;

/// How a way to pay ends that begins with the gift card.
const AND_A_CARD: &str = " and a card";

fn set_up(site: Site<'_>) -> (VariantId, CartId) {
    let shop = shop(site, Arc::new(SystemClock), None);
    shop.init(&InitCommand::new("Lamps", "EUR", "DE").unwrap()).unwrap();
    let catalog = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n\
                   lamp,Lamp,Title,Default Title,LAMP,19.90,shopify,3\n";
    shop.import_text(catalog, "lamp.csv").unwrap();
    let lamp = shop.find_variant("LAMP").unwrap().variant.id;
    let cart = shop.cart_new("web", None, None).unwrap().id;
    shop.cart_add(cart, lamp, Quantity::ONE, None).unwrap();
    let issue = GiftCardIssue {
        code: card(),
        amount: Money::from_minor(ON_CARD, Currency::EUR),
        expires_at: None,
        reason: None,
        key: None,
    };
    shop.gift_card_issue(&issue).unwrap();
    (lamp, cart)
}

fn card() -> GiftCardCode {
    GiftCardCode::from_random([7; GiftCardCode::RANDOM_BYTES]).unwrap()
}

/// `pay` may end with ` and a card`.
fn command(cart: CartId, pay: &str) -> CheckoutCommand {
    let (pay, gift_cards) = match pay.strip_suffix(AND_A_CARD) {
        Some(pay) => (pay, vec![card()]),
        None => (pay, Vec::new()),
    };
    let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
    CheckoutCommand {
        pay: Some(pay.to_owned()),
        credit: CreditChoice { gift_cards, ..CreditChoice::NONE },
        key: Some("the-key".parse().unwrap()),
        ..CheckoutCommand::new(cart, "ada@example.com", ship_to, "standard")
    }
}

/// Money that the provider really holds.
fn held(folder: &Path) -> i64 {
    let ledger = TestProvider::at(folder.join("payments")).ledger().unwrap();
    let sum = |verb: &str| -> i64 {
        ledger
            .iter()
            .filter(|e| e.verb == verb && e.declined.is_none() && !e.reference.is_empty())
            .map(|e| e.amount.minor())
            .sum()
    };
    sum("authorize") - sum("void")
}

fn killed_everywhere(pay: &str) {
    // Memory, which stands first, ends with its program.
    for at in 1..Places::new().urls().len() {
        killed_at_every_point(pay, at);
    }
}

/// Kills checkouts in places that are the `at`th of their kind.
fn killed_at_every_point(pay: &str, at: usize) {
    for point in 1..60 {
        let (folder, places) = (tempfile::tempdir().unwrap(), Places::new());
        let url = places.urls().swap_remove(at);
        let site = Site { url: &url, folder: folder.path() };
        let (lamp, cart) = set_up(site);
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_checkout_that_dies", "--nocapture", "--test-threads=1"])
            .env(WORKER, format!("{point};{cart};{pay};{url};{}", folder.path().display()))
            .stdout(std::process::Stdio::null())
            .status()
            .unwrap();
        let acknowledged = folder.path().join("acknowledged").exists();
        let shop = shop(site, Arc::new(Later), None);
        let store = shop.store();
        for _ in 0..3 {
            shop.recover().unwrap();
        }
        let level: StockLevel = store.stock_level_page(None, 10).unwrap()[0].1;
        let order = store.order_by_cart(cart).unwrap();
        let place = format!("{url}, {pay}, point {point}");
        assert!(order.is_some() || !acknowledged, "{place}: acknowledged and lost");
        let left = shop.gift_card_by_code(&card()).unwrap().credit.left.minor();
        let by_card = if pay.ends_with(AND_A_CARD) { ON_CARD } else { 0 };
        match order {
            Some(order) => {
                assert!(order.placed_at.is_some(), "{place}: an order is half made");
                assert_eq!((level.on_hand, level.reserved, level.allocated), (3, 0, 1), "{place}");
                assert_eq!(held(folder.path()), PRICE_AND_DELIVERY - by_card, "{place}");
                assert_eq!(left, ON_CARD - by_card, "{place}: redeemed once");
            }
            None => {
                assert_eq!((level.on_hand, level.reserved, level.allocated), (3, 0, 0), "{place}");
                assert_eq!(held(folder.path()), 0, "{place}");
                assert_eq!(left, ON_CARD, "{place}: given back once");
            }
        }
        let report = shop.verify(&mut |_| {}).unwrap();
        assert!(report.findings.is_empty(), "{place}: {:#?}", report.findings);
        assert_eq!(shop.stock_show(lamp).unwrap().levels[0].1.on_hand, 3);
        if status.success() {
            assert!(point > 6, "only {point} points were tried: the hooks are not called");
            return;
        }
    }
    panic!("{pay}, place {at}: the checkout never came to its end");
}

#[test]
fn a_checkout_killed_at_any_point_is_whole_after_recovery() {
    killed_everywhere("test:ok");
}

#[test]
fn a_declined_checkout_killed_at_any_point_is_whole_after_recovery() {
    killed_everywhere("test:decline");
}

#[test]
fn a_checkout_with_a_lost_reply_killed_at_any_point_is_whole_after_recovery() {
    killed_everywhere("test:timeout");
}

#[test]
fn a_checkout_with_a_gift_card_killed_at_any_point_is_whole_after_recovery() {
    killed_everywhere("test:ok and a card");
    killed_everywhere("test:decline and a card");
}

/// The child of the tests above; by itself it has nothing to do.
#[test]
fn a_checkout_that_dies() {
    let Ok(work) = std::env::var(WORKER) else { return };
    let parts: Vec<&str> = work.splitn(5, ';').collect();
    let (cart, pay) = (parts[1].parse().unwrap(), parts[2]);
    let site = Site { url: parts[3], folder: Path::new(parts[4]) };
    let left = Arc::new(AtomicU32::new(u32::MAX));
    let shop = shop(site, Arc::new(SystemClock), Some(left.clone()));
    left.store(parts[0].parse().unwrap(), Ordering::SeqCst);
    let answer = shop.checkout(&command(cart, pay));
    left.store(u32::MAX, Ordering::SeqCst);
    if answer.is_ok() {
        std::fs::write(site.folder.join("acknowledged"), b"").unwrap();
    }
}
