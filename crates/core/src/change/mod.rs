//! The one write door: a decision becomes a [`ChangeSet`], a store applies all of it or nothing.
//!
//! Core decides, a flow carries, a store applies. Because every write has one shape, group commit, replay and copying
//! from store to store are written once. Deliberately absent: how anything is stored.

mod outcome;
mod record;
mod set;
mod texts;

pub use outcome::{CommitOutcome, Receipt};
pub use record::RecordRef;
pub use set::{
    BadKey, Change, ChangeSet, Idempotency, IdempotencyKey, KEY_MAX, SetupChange, SetupKey,
    StockChange,
};
