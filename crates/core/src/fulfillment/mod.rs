//! Getting goods to people: fulfillments, their shipments, and the plan that makes them from allocations.
//!
//! A fulfillment is the work of getting some lines of one order from one location to the buyer. Deliberately absent:
//! carriers (a shipment only records who took it) and stock (shipping writes movements, decided by `inventory`).

mod decide;

pub use decide::{FulfillmentDecision, ShipOrder, advance, call_off, deliver, plan, ship};

use serde::{Deserialize, Serialize};

use crate::id::{FulfillmentId, OrderId, ShipmentId, StockLocationId};
use crate::status::Status;
use crate::time::Timestamp;

/// Where a fulfillment is.
///
/// ```
/// use sutler_core::fulfillment::{FulfillmentMove, FulfillmentStatus};
/// use sutler_core::status::Status;
///
/// assert_eq!(FulfillmentStatus::Packed.after(FulfillmentMove::Ship), Ok(FulfillmentStatus::Shipped));
/// let refused = FulfillmentStatus::Shipped.after(FulfillmentMove::Cancel);
/// assert!(refused.is_err(), "what left cannot be called off");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FulfillmentStatus {
    /// To be picked.
    Open,
    /// Taken from the shelf.
    Picked,
    /// In its parcel.
    Packed,
    /// Handed to the carrier.
    Shipped,
    /// Arrived.
    Delivered,
    /// Called off before it left.
    Canceled,
    /// The carrier lost it.
    Lost,
    /// It came back.
    Returned,
}

/// What changes the status of a fulfillment.
///
/// ```
/// use sutler_core::fulfillment::{FulfillmentMove, FulfillmentStatus};
/// use sutler_core::status::Status;
///
/// let mut status = FulfillmentStatus::START;
/// for step in [FulfillmentMove::Pick, FulfillmentMove::Pack, FulfillmentMove::Ship] {
///     status = status.after(step)?;
/// }
/// assert_eq!(status, FulfillmentStatus::Shipped);
/// # Ok::<(), sutler_core::status::IllegalMove>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FulfillmentMove {
    /// Take from the shelf.
    Pick,
    /// Put in a parcel.
    Pack,
    /// Hand to the carrier.
    Ship,
    /// The buyer has it.
    Deliver,
    /// Call off.
    Cancel,
    /// The carrier lost it.
    Lose,
    /// It came back.
    Return,
}

impl Status for FulfillmentStatus {
    type Move = FulfillmentMove;
    const NOUN: &'static str = "fulfillment";
    const ALL: &'static [Self] = &[
        FulfillmentStatus::Open,
        FulfillmentStatus::Picked,
        FulfillmentStatus::Packed,
        FulfillmentStatus::Shipped,
        FulfillmentStatus::Delivered,
        FulfillmentStatus::Canceled,
        FulfillmentStatus::Lost,
        FulfillmentStatus::Returned,
    ];
    const START: Self = FulfillmentStatus::Open;
    const FINAL: &'static [Self] = &[
        FulfillmentStatus::Delivered,
        FulfillmentStatus::Canceled,
        FulfillmentStatus::Lost,
        FulfillmentStatus::Returned,
    ];
    #[rustfmt::skip]
    const MOVES: &'static [(Self, FulfillmentMove, Self)] = &[
        // from                       move                      to
        (FulfillmentStatus::Open,     FulfillmentMove::Pick,    FulfillmentStatus::Picked),
        (FulfillmentStatus::Picked,   FulfillmentMove::Pack,    FulfillmentStatus::Packed),
        (FulfillmentStatus::Packed,   FulfillmentMove::Ship,    FulfillmentStatus::Shipped),
        (FulfillmentStatus::Shipped,  FulfillmentMove::Deliver, FulfillmentStatus::Delivered),
        (FulfillmentStatus::Open,     FulfillmentMove::Cancel,  FulfillmentStatus::Canceled),
        (FulfillmentStatus::Picked,   FulfillmentMove::Cancel,  FulfillmentStatus::Canceled),
        (FulfillmentStatus::Packed,   FulfillmentMove::Cancel,  FulfillmentStatus::Canceled),
        (FulfillmentStatus::Shipped,  FulfillmentMove::Lose,    FulfillmentStatus::Lost),
        (FulfillmentStatus::Shipped,  FulfillmentMove::Return,  FulfillmentStatus::Returned),
    ];
}

/// Some units of one line of the order.
///
/// ```
/// use sutler_core::fulfillment::FulfillmentLine;
///
/// let part = FulfillmentLine { line: 1, quantity: 2 };
/// assert_eq!(serde_json::to_string(&part)?, r#"{"line":1,"quantity":2}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FulfillmentLine {
    /// Line of the order.
    pub line: u32,
    /// Units; at least 1.
    pub quantity: u32,
}

/// One parcel handed to a carrier.
///
/// ```
/// use sutler_core::fulfillment::Shipment;
///
/// let untracked: Shipment = serde_json::from_str(
///     r#"{
///         "id": "ship_00000000000000000000000000000001",
///         "carrier": "dhl", "tracking": null, "shipped_at": "2026-03-03T16:20:00Z"
///     }"#,
/// )?;
/// assert_eq!((untracked.carrier.as_str(), untracked.tracking), ("dhl", None));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Shipment {
    /// Identity.
    pub id: ShipmentId,
    /// Who took it: `dhl`.
    pub carrier: String,
    /// How to follow it.
    pub tracking: Option<String>,
    /// When it left.
    pub shipped_at: Timestamp,
}

/// The work of getting some lines of one order from one location to the buyer.
///
/// ```
/// use sutler_core::fulfillment::{Fulfillment, FulfillmentLine, FulfillmentStatus};
/// # use sutler_core::id::{FulfillmentId, OrderId, StockLocationId};
/// # use sutler_core::time::Timestamp;
///
/// let open = Fulfillment {
///     id: FulfillmentId::from_u128(1),
///     order: OrderId::from_u128(1),
///     location: StockLocationId::from_u128(1),
///     status: FulfillmentStatus::Open,
///     lines: vec![FulfillmentLine { line: 1, quantity: 2 }],
///     shipment: None,
///     created_at: Timestamp::from_millis(0),
///     delivered_at: None,
///     version: 0,
/// };
/// assert!(open.shipment.is_none(), "the parcel comes with shipping");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fulfillment {
    /// Identity.
    pub id: FulfillmentId,
    /// For which order.
    pub order: OrderId,
    /// From where.
    pub location: StockLocationId,
    /// Where it is.
    pub status: FulfillmentStatus,
    /// What.
    pub lines: Vec<FulfillmentLine>,
    /// The parcel, once it left.
    pub shipment: Option<Shipment>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it arrived.
    pub delivered_at: Option<Timestamp>,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
}
