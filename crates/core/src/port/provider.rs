//! The outside system that we authorize and capture with.
//!
//! Every call carries a key that was written down before the call; a provider must answer the same key with the same
//! result and one effect. A reply that never came is asked for again with [`PaymentProvider::lookup`].

use crate::money::Money;

/// What a provider is asked to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProviderRequest {
    /// Same key, same call.
    pub key: String,
    /// How much.
    pub amount: Money,
    /// What the provider needs to find the buyer's money: a token.
    pub method: String,
    /// The provider's name of the hold or capture that this follows; empty for an authorization.
    pub follows: String,
    /// The order's id, for the provider's records.
    pub order: String,
}

/// What a provider did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProviderReply {
    /// The provider's own name of what it did.
    pub reference: String,
    /// For how much.
    pub amount: Money,
}

/// Why there is no reply.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProviderError {
    /// A definite no; nothing happened and nothing will.
    #[error("{reason}")]
    Declined {
        /// What the provider said.
        reason: String,
    },
    /// It certainly did not happen; the same key may be tried again.
    #[error("the payment provider could not be reached: {reason}")]
    Unavailable {
        /// What went wrong.
        reason: String,
    },
    /// It may or may not have happened: look the key up.
    #[error("the payment provider did not answer: {reason}")]
    Unknown {
        /// What went wrong.
        reason: String,
    },
}

/// What a provider knows about a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lookup {
    /// It did what was asked.
    Done(ProviderReply),
    /// It refused.
    Declined {
        /// What it said.
        reason: String,
    },
    /// It never heard of the key, and the call is not under way either: asking again is safe.
    NeverSeen,
    /// It is still working on it.
    UnderWay,
}

/// An outside system that moves money. Calls block, may be slow, and are never made inside a transaction.
///
/// All four verbs must be idempotent by key, across processes and crashes.
pub trait PaymentProvider: Send + Sync {
    /// The name people type before the colon: `test`.
    fn name(&self) -> &str;

    /// Whether a person says when money arrived (cash, bank transfer): checkout places the order unpaid, without a call.
    fn is_manual(&self) -> bool {
        false
    }

    /// Holds money.
    fn authorize(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError>;

    /// Takes held money.
    fn capture(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError>;

    /// Drops a hold.
    fn void(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError>;

    /// Gives taken money back.
    fn refund(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError>;

    /// Says what became of a key.
    fn lookup(&self, key: &str) -> Result<Lookup, ProviderError>;
}
