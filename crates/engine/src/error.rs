//! Why a flow did not do what it was asked to.

use sutler_core::import::Diagnostic;
use sutler_core::port::{Retry, StoreError};
use sutler_core::rejection::Rejection;

/// Why a flow did not do what it was asked to, sorted by who must act.
///
/// ```
/// use sutler_core::rejection::Rejection;
/// use sutler_engine::FlowError;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let command = sutler_engine::testing::command(&shop, "test:decline")?;
///
/// match shop.checkout(&command) {
///     Ok(placed) => println!("thank you, your order is {}", placed.order.number),
///     Err(FlowError::Refused(Rejection::PaymentDeclined { .. })) => println!("another card?"),
///     Err(error) if error.may_retry() => println!("try again: {error}"),
///     Err(error) => println!("{}: {error}", error.code()),
/// }
/// let declined = shop.checkout(&command).unwrap_err();
/// assert_eq!((declined.code(), declined.may_retry()), ("payment.declined", false));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FlowError {
    /// The domain refused: ask for something else.
    #[error(transparent)]
    Refused(#[from] Rejection),
    /// A file was refused as a whole; nothing was written.
    #[error("the file was refused: {}", .0.first().map_or("no reason was given", |d| d.message.as_str()))]
    File(Vec<Diagnostic>),
    /// The mapping of an import cannot be read; nothing was. The place is one in the mapping, not in the file of rows.
    #[error("the mapping was refused: {}", .0.message)]
    Mapping(Box<Diagnostic>),
    /// The back-end could not work.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The search index could not work; it can be built anew at any time.
    #[error(transparent)]
    Search(#[from] sutler_search::SearchError),
    /// A file of the user could not be read or written.
    #[error("{what} `{path}`")]
    Io {
        /// What was tried: `cannot read`.
        what: &'static str,
        /// The path.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A payment has no outcome yet, or none that could be written; the same call or recovery will settle it.
    #[error(
        "the outcome of the payment is open: {reason}; run the same command again with the same key, or `sutler recover`"
    )]
    PaymentOpen {
        /// What is known.
        reason: String,
    },
    /// The outside tax engine did not say what tax is due, so nothing was quoted or sold.
    #[error("the tax engine {provider} did not answer: {reason}; nothing was done, try again")]
    TaxProvider {
        /// Name of the engine.
        provider: String,
        /// What it said.
        reason: String,
    },
    /// Others kept changing the same records.
    #[error("others kept changing {what} at the same time; try again")]
    Contended {
        /// Which record.
        what: String,
    },
}

impl FlowError {
    /// Returns the stable code for scripts.
    pub fn code(&self) -> &'static str {
        match self {
            FlowError::Refused(rejection) => rejection.code(),
            FlowError::File(_) | FlowError::Mapping(_) => "file.refused",
            FlowError::Store(error) => error.code,
            FlowError::Search(_) => "search.failed",
            FlowError::Io { .. } => "file.io",
            FlowError::PaymentOpen { .. } => "payment.open",
            FlowError::TaxProvider { .. } => "tax.unavailable",
            FlowError::Contended { .. } => "store.contended",
        }
    }

    /// Returns whether the same call may succeed when it is made again.
    pub fn may_retry(&self) -> bool {
        match self {
            FlowError::Store(error) => error.retry == Retry::Later,
            FlowError::Contended { .. }
            | FlowError::PaymentOpen { .. }
            | FlowError::TaxProvider { .. } => true,
            _ => false,
        }
    }
}
