//! A whole shop inside your program: catalog, prices, carts, stock, orders, payments, fulfillment and search, in one
//! SQLite file.
//!
//! [`open`] gives a [`Shop`]; its methods are the flows. Everything that blocks, blocks; a shop may be shared by threads,
//! and a file by processes.
//!
//! ```
//! use sutler::prelude::*;
//!
//! let shop = sutler::create("memory:")?;
//! shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
//! shop.import_text(sutler::demo::CATALOG, "catalog.csv")?;
//!
//! let blanket = shop.find_variant("FEN-SKIL-26")?.variant.id;
//! let cart = shop.cart_new("web", None, None)?;
//! shop.cart_add(cart.id, blanket, Quantity::ONE, None)?;
//! let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse()?;
//! let placed = shop.checkout(&CheckoutCommand {
//!     pay: Some("test:ok".into()),
//!     ..CheckoutCommand::new(cart.id, "ada@example.com", ship_to, "standard")
//! })?;
//! assert_eq!(placed.order.number.to_string(), "1001");
//! assert!(shop.verify(&mut |_| {})?.findings.is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What is here: opening a shop by URL, a replica of it for reading ([`open_reader`]), the shops of one place ([`shops()`]), the clock, the ids and the chance of a real program, the bundled catalog, and re-exports. What is
//! deliberately not: rules (crate `sutler-core`), flows (`sutler-engine`), SQL (`sutler-store-sqlite`, `sutler-store-postgres`).

mod copy;
pub mod demo;
mod open;
mod shops;
mod world;

pub use copy::{CopyError, copy};
pub use open::{OpenError, Opening, StoreUrl, create, open, open_reader};
#[cfg(feature = "sqlite")]
pub use open::{backup, inspect, inspect_pages, restore};
pub use shops::{drop_shop, may_drop_shop, shops};
pub use sutler_core as core;
pub use sutler_engine as engine;
pub use sutler_engine::{FlowError, Reader, Shop};
#[cfg(feature = "postgres")]
pub use sutler_store_postgres as postgres;
#[cfg(feature = "sqlite")]
pub use sutler_store_sqlite::{Check, Verdict};
pub use world::{SystemClock, SystemRandom, UuidSource, new_gift_card_code};

/// What most programs that embed a shop name.
pub mod prelude {
    pub use crate::{FlowError, OpenError, Shop};
    pub use sutler_core::address::Address;
    pub use sutler_core::change::IdempotencyKey;
    pub use sutler_core::credit::{CreditChoice, GiftCardCode};
    pub use sutler_core::id::{CartId, OrderId, ProductId, VariantId};
    pub use sutler_core::money::{Currency, Money, Rate};
    pub use sutler_core::order::{OrderNumber, Stage};
    pub use sutler_core::port::{PaymentProvider, TaxProvider};
    pub use sutler_core::pricing::{BuyerTax, VatId};
    pub use sutler_core::quantity::Quantity;
    pub use sutler_core::rejection::Rejection;
    pub use sutler_engine::flow::cart::QuoteFor;
    pub use sutler_engine::flow::checkout::{CheckoutCommand, Placed};
    pub use sutler_engine::flow::credit::GiftCardIssue;
    pub use sutler_engine::flow::fulfill::ShipCommand;
    pub use sutler_engine::flow::refund::{RefundOf, RefundTo};
    pub use sutler_engine::flow::setup::InitCommand;
}
