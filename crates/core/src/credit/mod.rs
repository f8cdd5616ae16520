//! Gift cards and store credit: money that the shop owes a bearer or a customer, and the ledger of each.
//!
//! Both are means of payment, not discounts: the prices, promotions and taxes of an order are the same whatever pays it.
//! What is paid so is a [`Payment`](crate::payment::Payment) like any other, whose provider is the shop itself: it is held
//! when a checkout opens, taken by the channel's policy and given back by the same four verbs, but what another provider
//! would answer is written by the very commit that asks ([`crate::payment::PaymentDraft`]).
//!
//! | file | what |
//! |---|---|
//! | `code` | codes of gift cards, which nobody can guess and no store keeps |
//! | `record` | one gift card or store credit as stored |
//! | `entry` | one entry of its ledger |
//! | `decide` | what may be entered, and how credit covers a total |
//!
//! Invariants
//! * What is left is the sum of the ledger and never below zero; a store decides each entry again on the stored row.
//! * Ledgers are append-only and hash-chained.
//!
//! Deliberately absent: selling a gift card as goods, changing money between currencies, and knowing who a person is: whoever
//! embeds the shop makes sure that a buyer may use a customer's credit.
//!
//! Source: a card that pays for goods of several tax rates is a multi-purpose voucher; tax is due when it is redeemed, not
//! when it is issued (Council Directive (EU) 2016/1065, Articles 30a and 30b of Directive 2006/112/EC).

mod code;
mod decide;
mod entry;
mod record;

pub use code::GiftCardCode;
pub use decide::{CreditChoice, Redemption, redemptions};
pub use entry::{CreditEntry, CreditKind, StoredCreditEntry};
pub use record::{Credit, CreditId, Holder};
