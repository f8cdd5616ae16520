//! The outside system that we authorize and capture with.
//!
//! Every call carries a key that was written down before the call; a provider must answer the same key with the same
//! result and one effect. A reply that never came is asked for again with [`PaymentProvider::lookup`].

use crate::money::Money;

/// What a provider is asked to do.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::port::ProviderRequest;
///
/// let capture = ProviderRequest {
///     key: "pay_00000000000000000000000000000001:capture:1".to_owned(),
///     amount: Money::from_minor(1_000, Currency::EUR),
///     method: "tok_visa".to_owned(),
///     follows: "hold-1".to_owned(),
///     order: "ord_00000000000000000000000000000001".to_owned(),
/// };
/// let retry = capture.clone();
/// assert_eq!(retry.key, capture.key, "same key, same call");
/// ```
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
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::port::ProviderReply;
///
/// let reply = ProviderReply {
///     reference: "hold-1".to_owned(),
///     amount: Money::from_minor(400, Currency::EUR),
/// };
/// let asked = Money::from_minor(1_000, Currency::EUR);
/// assert_ne!(reply.amount, asked, "a provider may hold less than it was asked for");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProviderReply {
    /// The provider's own name of what it did.
    pub reference: String,
    /// For how much.
    pub amount: Money,
}

/// Why there is no reply.
///
/// ```
/// use sutler_core::port::ProviderError;
///
/// let declined = ProviderError::Declined { reason: "no cover".to_owned() };
/// assert_eq!(declined.to_string(), "no cover");
/// let lost = ProviderError::Unknown { reason: "the line went dead".to_owned() };
/// assert_eq!(lost.to_string(), "the payment provider did not answer: the line went dead");
/// ```
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
///
/// ```
/// use sutler_core::port::Lookup;
///
/// /// Whether the same call may be made once more.
/// fn may_ask_again(known: &Lookup) -> bool {
///     matches!(known, Lookup::NeverSeen)
/// }
/// assert!(may_ask_again(&Lookup::NeverSeen));
/// assert!(!may_ask_again(&Lookup::UnderWay), "it would be made twice");
/// ```
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
///
/// ```
/// use std::collections::BTreeMap;
/// use std::sync::Mutex;
/// use sutler_core::port::{Lookup, PaymentProvider, ProviderError, ProviderReply, ProviderRequest};
/// # use sutler_core::money::{Currency, Money};
///
/// /// Agrees to everything, and remembers the keys.
/// #[derive(Default)]
/// struct Agreeable(Mutex<BTreeMap<String, ProviderReply>>);
///
/// impl Agreeable {
///     fn agree(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
///         let mut known = self.0.lock().expect("nobody panics here");
///         let reference = format!("{}-{}", self.name(), known.len() + 1);
///         let fresh = ProviderReply { reference, amount: request.amount };
///         Ok(known.entry(request.key.clone()).or_insert(fresh).clone())
///     }
/// }
///
/// impl PaymentProvider for Agreeable {
///     fn name(&self) -> &str {
///         "agreeable"
///     }
///     fn authorize(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
///         self.agree(request)
///     }
///     fn capture(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
///         self.agree(request)
///     }
///     fn void(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
///         self.agree(request)
///     }
///     fn refund(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
///         self.agree(request)
///     }
///     fn lookup(&self, key: &str) -> Result<Lookup, ProviderError> {
///         let known = self.0.lock().expect("nobody panics here");
///         Ok(known.get(key).cloned().map_or(Lookup::NeverSeen, Lookup::Done))
///     }
/// }
///
/// # let request = ProviderRequest {
/// #     key: "pay_1:authorize".to_owned(), amount: Money::from_minor(1_000, Currency::EUR), method: "ok".to_owned(),
/// #     follows: String::new(), order: "ord_1".to_owned(),
/// # };
/// let provider = Agreeable::default();
/// let held = provider.authorize(&request)?;
/// assert_eq!(provider.authorize(&request)?, held, "the same key has one effect");
/// assert_eq!(provider.lookup(&request.key)?, Lookup::Done(held));
/// assert!(!provider.is_manual());
/// # Ok::<(), ProviderError>(())
/// ```
pub trait PaymentProvider: Send + Sync {
    /// The name people type before the colon: `test`.
    /// `gift_card` and `store_credit` are the shop's own.
    fn name(&self) -> &str;

    /// Whether a person says when money arrived (cash, bank transfer): checkout places the order unpaid, without a call.
    fn is_manual(&self) -> bool {
        false
    }

    /// Checks what people type behind the colon, before anything is opened.
    ///
    /// Errors: why it is no method of this provider and what to give instead, to stand behind what was given.
    fn check_method(&self, _method: &str) -> Result<(), String> {
        Ok(())
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
