//! The lifecycle that an order stores for itself.

use serde::{Deserialize, Serialize};

use crate::status::Status;

/// Where an order is. Everything else about it is derived, see [`super::progress`].
///
/// ```
/// use sutler_core::order::{OrderMove, OrderStatus};
/// use sutler_core::status::Status;
///
/// assert_eq!(OrderStatus::Placed.after(OrderMove::Cancel), Ok(OrderStatus::Canceled));
/// assert!(OrderStatus::Placed.after(OrderMove::Place).is_err(), "it is placed once");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Opened by a running checkout; promises nothing yet.
    Pending,
    /// Placed: stock is promised, the buyer has our word.
    Placed,
    /// Ended without delivery.
    Canceled,
}

/// What changes an order's status.
///
/// ```
/// use sutler_core::order::{OrderMove, OrderStatus};
/// use sutler_core::status::Status;
///
/// let canceling = OrderStatus::MOVES.iter().filter(|(_, step, _)| *step == OrderMove::Cancel);
/// assert_eq!(canceling.count(), 2, "from pending and from placed");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OrderMove {
    /// The checkout reached its point of no return.
    Place,
    /// The checkout was undone, or a person or buyer called it off before anything left.
    Cancel,
}

impl Status for OrderStatus {
    type Move = OrderMove;
    const NOUN: &'static str = "order";
    const ALL: &'static [Self] =
        &[OrderStatus::Pending, OrderStatus::Placed, OrderStatus::Canceled];
    const START: Self = OrderStatus::Pending;
    const FINAL: &'static [Self] = &[OrderStatus::Canceled];
    #[rustfmt::skip]
    const MOVES: &'static [(Self, OrderMove, Self)] = &[
        // from                 move               to
        (OrderStatus::Pending,  OrderMove::Place,  OrderStatus::Placed),
        (OrderStatus::Pending,  OrderMove::Cancel, OrderStatus::Canceled),
        (OrderStatus::Placed,   OrderMove::Cancel, OrderStatus::Canceled),
    ];
}
