//! One file a flow; each adds its methods to [`crate::Shop`].

pub mod cart;
pub mod catalog;
pub mod catalog_put;
pub mod channel;
pub mod checkout;
pub mod coupon;
pub mod event;
pub mod export;
pub mod export_prices;
pub mod fulfill;
pub mod import;
pub mod import_prices;
pub mod import_stock;
pub mod order;
pub mod payment;
pub mod price;
pub mod promotion;
mod promotion_facts;
pub mod recover;
pub mod rule;
pub mod search;
mod search_prices;
pub mod setup;
pub mod simulate;
pub mod stock;
pub mod tax;
pub mod verify;
