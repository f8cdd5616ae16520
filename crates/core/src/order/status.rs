//! The lifecycle that an order stores for itself.

use serde::{Deserialize, Serialize};

use crate::status::Status;

/// Where an order is. Everything else about it is derived, see [`super::progress`].
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
