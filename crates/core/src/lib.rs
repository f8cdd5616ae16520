//! The rules of a Sutler shop: pure functions and plain values.
//!
//! Values in, values out. A rule takes facts, a command and `now`, and returns a [`change::ChangeSet`] or a
//! [`rejection::Rejection`]; a flow of the engine carries it to a store, and the store applies all of it or nothing.
//!
//! One folder a noun: [`money`], [`catalog`], [`pricing`], [`cart`], [`inventory`], [`checkout`], [`order`],
//! [`payment`], [`credit`], [`fulfillment`], [`event`], [`lease`], [`import`]; the one write door is [`change`], what the rules need from
//! the world stands in [`port`], what-if questions in [`simulation`], and the invariants of a whole shop in [`verify`].
//!
//! Invariants
//! * Same facts, same command, same moment: same answer, on every run and machine.
//! * Money never passes through a float, never mixes currencies, never wraps.
//!
//! Deliberately absent: files, sockets, environment, clock, chance, threads, SQL and JSON text.

pub mod address;
pub mod cart;
pub mod catalog;
pub mod change;
pub mod checkout;
pub mod code;
pub mod country;
pub mod credit;
pub mod customer;
pub mod event;
pub mod fulfillment;
pub mod hash;
pub mod id;
pub mod import;
pub mod inventory;
pub mod lease;
pub mod money;
pub mod order;
pub mod payment;
pub mod port;
pub mod pricing;
pub mod quantity;
pub mod rejection;
pub mod shared;
pub mod shop;
pub mod shown;
pub mod simulation;
pub mod status;
#[cfg(test)]
mod testing;
pub mod time;
pub mod verify;
