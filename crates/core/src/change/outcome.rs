//! What became of a commit.

use super::RecordRef;
use crate::order::OrderNumber;
use crate::rejection::Rejection;

/// What a successful commit gave out.
///
/// ```
/// use sutler_core::change::Receipt;
///
/// let nothing_to_tell = Receipt::default();
/// assert_eq!((nothing_to_tell.order_number, nothing_to_tell.last_event), (None, 0));
/// assert_eq!(nothing_to_tell.lease_token, None);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Receipt {
    /// The number of the order that was opened in it.
    pub order_number: Option<OrderNumber>,
    /// The place of the last event in the log after it; 0 when the set told none.
    pub last_event: u64,
    /// The token of the lease that was taken in it, the last one if several were.
    pub lease_token: Option<u64>,
}

/// What became of a ChangeSet. In every case but the first nothing of it was written.
///
/// ```
/// use sutler_core::change::{CommitOutcome, Receipt};
/// use sutler_core::id::CartId;
/// use sutler_core::rejection::Rejection;
///
/// /// What a flow does with the outcome of its commit.
/// fn next(outcome: &CommitOutcome) -> &'static str {
///     match outcome {
///         CommitOutcome::Committed(_) | CommitOutcome::Replayed { .. } => "answer",
///         CommitOutcome::Conflict { .. } => "read, decide and commit again",
///         CommitOutcome::Refused(_) => "tell why",
///     }
/// }
/// let moved_on = CommitOutcome::Conflict { what: CartId::from_u128(1).into() };
/// assert_eq!(next(&moved_on), "read, decide and commit again");
/// assert_eq!(next(&CommitOutcome::Refused(Rejection::ReservationExpired)), "tell why");
/// assert_eq!(next(&CommitOutcome::Committed(Receipt::default())), "answer");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CommitOutcome {
    /// Everything is written and durable.
    Committed(Receipt),
    /// A record moved on since it was read: read again, decide again, commit again.
    Conflict {
        /// Which record.
        what: RecordRef,
    },
    /// A guard refused: the shelf was empty, the coupon was used up, the key was already used for other content.
    Refused(Rejection),
    /// The same idempotency key with the same content was committed before; here is what it answered.
    Replayed {
        /// The answer of that time.
        answer: RecordRef,
    },
}
