//! A small shop for the examples of this documentation, so that each of them shows its one thing.
//!
//! It sells enamel mugs in euros, five of each: `MUG-RED` at 11.90, `MUG-BLUE` at 13.90. Its clock stands still until it
//! is set, and its ids count.
//!
//! Deliberately absent: a store. The engine knows none, so the example brings it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use sutler_core::hash::ContentHash;
use sutler_core::id::{CartId, PromotionId};
use sutler_core::money::Rate;
use sutler_core::port::{
    Clock, IdSource, Lookup, PaymentProvider, ProviderError, ProviderReply, ProviderRequest,
    RandomSource, Store, StoreError,
};
use sutler_core::pricing::{Benefit, Condition, CouponCode, Promotion};
use sutler_core::quantity::Quantity;
use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;

use crate::flow::checkout::{CheckoutCommand, Placed};
use crate::flow::setup::InitCommand;
use crate::provider::{ManualProvider, TestProvider};
use crate::{FlowError, Shop};

/// The catalog of the shop, as a Shopify product file.
pub const MUGS: &str = "\
Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,\
Variant Inventory Policy,Variant Price,Variant Grams,Variant Requires Shipping,Variant Taxable,Published,Status
mug,Enamel mug,Color,Red,MUG-RED,shopify,5,deny,11.90,300,TRUE,TRUE,TRUE,active
mug,,,Blue,MUG-BLUE,shopify,5,deny,13.90,300,TRUE,TRUE,,
";

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct HandClock(AtomicI64);

impl HandClock {
    /// Lets time pass.
    pub fn advance(&self, seconds: u32) {
        self.0.fetch_add(i64::from(seconds) * 1_000, Ordering::SeqCst);
    }
}

impl Default for HandClock {
    fn default() -> Self {
        Self(AtomicI64::new(1_780_000_000_000))
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Ids 1, 2, 3 …, and as little chance: what is made of it can be told beforehand.
#[derive(Debug, Default)]
pub struct Counting(AtomicU64);

impl IdSource for Counting {
    fn next_id(&self) -> u128 {
        u128::from(self.0.fetch_add(1, Ordering::SeqCst)) + 1
    }
}

impl RandomSource for Counting {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError> {
        for part in bytes.chunks_mut(32) {
            let hashed = ContentHash::of(&self.next_id().to_be_bytes()).to_bytes();
            part.copy_from_slice(&hashed[..part.len()]);
        }
        Ok(())
    }
}

/// The payment provider `mute`: it never says what became of a hold, and refuses everything else.
#[derive(Clone, Copy, Debug)]
pub struct Mute;

impl Mute {
    fn no() -> Result<ProviderReply, ProviderError> {
        Err(ProviderError::Declined { reason: "mute knows nothing of it".to_owned() })
    }
}

impl PaymentProvider for Mute {
    fn name(&self) -> &'static str {
        "mute"
    }

    fn authorize(&self, _: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        Err(ProviderError::Unknown { reason: "mute does not say".to_owned() })
    }

    fn capture(&self, _: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        Self::no()
    }

    fn void(&self, _: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        Self::no()
    }

    fn refund(&self, _: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        Self::no()
    }

    fn lookup(&self, _: &str) -> Result<Lookup, ProviderError> {
        Ok(Lookup::UnderWay)
    }
}

/// Returns a store's shop before anybody set it up, with the providers `test`, `manual` and `mute`.
pub fn empty(store: impl Store + 'static) -> Shop {
    timed(store, Arc::new(HandClock::default()))
}

/// Returns the shop of mugs.
///
/// Errors: whatever the store says.
pub fn shop(store: impl Store + 'static) -> Result<Shop, FlowError> {
    shop_at(store, Arc::new(HandClock::default()))
}

/// Returns the shop of mugs by a clock that the example sets.
///
/// Errors: whatever the store says.
pub fn shop_at(store: impl Store + 'static, clock: Arc<HandClock>) -> Result<Shop, FlowError> {
    let shop = timed(store, clock);
    shop.init(&InitCommand::new("Mugs", "EUR", "DE")?)?;
    shop.import_text(MUGS, "mugs.csv")?;
    Ok(shop)
}

/// Returns a cart with two red mugs in it.
///
/// Errors: whatever filling it is refused for.
pub fn cart(shop: &Shop) -> Result<CartId, FlowError> {
    let cart = shop.cart_new("web", None, None)?;
    let red = shop.find_variant("MUG-RED")?.variant.id;
    shop.cart_add(cart.id, red, Quantity::new(2).map_err(Rejection::from)?, None)?;
    Ok(cart.id)
}

/// Returns a promotion of ten percent for a coupon code.
///
/// Errors: a text that is no code.
pub fn coupon(id: PromotionId, code: &str) -> Result<Promotion, Rejection> {
    let ten = Benefit::Percent { rate: Rate::percent("10")? };
    Ok(Promotion {
        conditions: vec![Condition::Coupon { codes: vec![CouponCode::new(code)?] }],
        ..Promotion::new(id, format!("Ten percent for {code}"), ten)
    })
}

/// Returns what a buyer of [`cart`] asks for: paid by `pay`, without a key.
///
/// Errors: as [`cart`].
pub fn command(shop: &Shop, pay: &str) -> Result<CheckoutCommand, FlowError> {
    let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE";
    let ship_to = ship_to.parse().map_err(Rejection::Address)?;
    Ok(CheckoutCommand {
        pay: Some(pay.to_owned()),
        ..CheckoutCommand::new(cart(shop)?, "ada@example.com", ship_to, "standard")
    })
}

/// Returns a placed order over two red mugs, with delivery 28.70.
///
/// Errors: whatever checkout is refused for.
pub fn order(shop: &Shop, pay: &str) -> Result<Placed, FlowError> {
    shop.checkout(&command(shop, pay)?)
}

fn timed(store: impl Store + 'static, clock: Arc<HandClock>) -> Shop {
    Shop::new(Arc::new(store), clock, Arc::new(Counting::default()))
        .with_random(Arc::new(Counting::default()))
        .with_provider(Arc::new(TestProvider::in_memory()))
        .with_provider(Arc::new(ManualProvider))
        .with_provider(Arc::new(Mute))
}
