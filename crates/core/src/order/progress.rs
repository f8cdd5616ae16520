//! What is derived about an order, on three axes, and the one word that sums them up. Nobody sets any of these.

use crate::shown::shown;
use serde::{Deserialize, Serialize};

use super::{Order, OrderStatus};
use crate::money::Money;
use crate::payment::{Payment, PaymentState};

/// How the money stands.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::order::{MoneyProgress, money_progress};
///
/// let free = Money::zero(Currency::EUR);
/// assert_eq!(money_progress(free, []), MoneyProgress::Paid, "nothing is owed");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoneyProgress {
    /// Nothing is held or taken.
    Unpaid,
    /// The whole amount is held or taken, not all of it taken yet.
    Authorized,
    /// Some is taken or held, not all.
    PartlyPaid,
    /// All is taken.
    Paid,
    /// Some was given back.
    PartlyRefunded,
    /// All that was taken was given back, and nothing is held any more.
    Refunded,
    /// More was taken than owed.
    Overpaid,
}

/// How the goods stand.
///
/// ```
/// use sutler_core::order::FulfillmentProgress;
///
/// let word = serde_json::to_string(&FulfillmentProgress::PartlyShipped)?;
/// assert_eq!(word, "\"partly_shipped\"");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FulfillmentProgress {
    /// Nothing left.
    Unfulfilled,
    /// Some left.
    PartlyShipped,
    /// All left.
    Shipped,
    /// All left, some arrived.
    PartlyDelivered,
    /// All arrived.
    Delivered,
}

/// How returns stand.
///
/// ```
/// use sutler_core::order::ReturnProgress;
///
/// assert_eq!(serde_json::from_str::<ReturnProgress>("\"requested\"")?, ReturnProgress::Requested);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnProgress {
    /// Nothing is wanted back.
    None,
    /// Something is on its way back.
    Requested,
    /// Some came back.
    PartlyReturned,
    /// All came back.
    Returned,
}

/// One word for people.
///
/// ```
/// use sutler_core::order::Stage;
///
/// assert_eq!("confirmed".parse(), Ok(Stage::Confirmed));
/// assert_eq!(Stage::ALL.first(), Some(&Stage::Cart));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Still a cart.
    Cart,
    /// A checkout is running.
    Checkout,
    /// Placed, money outstanding.
    Payment,
    /// Placed and paid or held; nothing left yet.
    Confirmed,
    /// Some of it left.
    Fulfillment,
    /// All left.
    Shipped,
    /// All arrived.
    Delivered,
    /// Ended without delivery.
    Canceled,
    /// All came back.
    Returned,
}

impl Stage {
    /// Every stage, in the order of an order's life.
    pub const ALL: &'static [Stage] = &[
        Stage::Cart,
        Stage::Checkout,
        Stage::Payment,
        Stage::Confirmed,
        Stage::Fulfillment,
        Stage::Shipped,
        Stage::Delivered,
        Stage::Canceled,
        Stage::Returned,
    ];
}

impl std::str::FromStr for Stage {
    type Err = UnknownStage;

    fn from_str(text: &str) -> Result<Self, UnknownStage> {
        let found = Stage::ALL.iter().copied().find(|stage| crate::status::word(stage) == text);
        found.ok_or_else(|| UnknownStage(shown(text)))
    }
}

/// A text is not a stage.
///
/// ```
/// use sutler_core::order::{Stage, UnknownStage};
///
/// let refused: Result<Stage, UnknownStage> = "paid".parse();
/// assert!(refused.is_err_and(|why| why.to_string().starts_with("`paid` is not a stage: use cart,")));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`{0}` is not a stage: use cart, checkout, payment, confirmed, fulfillment, shipped, delivered, canceled or returned"
)]
pub struct UnknownStage(String);

/// All that is derived about an order.
///
/// ```
/// use sutler_core::order::{FulfillmentProgress, MoneyProgress, Progress, ReturnProgress, Stage};
///
/// let progress = Progress {
///     money: MoneyProgress::Paid,
///     fulfillment: FulfillmentProgress::PartlyShipped,
///     returns: ReturnProgress::None,
///     stage: Stage::Fulfillment,
/// };
/// assert_eq!(
///     serde_json::to_string(&progress)?,
///     r#"{"money":"paid","fulfillment":"partly_shipped","returns":"none","stage":"fulfillment"}"#,
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Progress {
    /// Money.
    pub money: MoneyProgress,
    /// Goods.
    pub fulfillment: FulfillmentProgress,
    /// Returns.
    pub returns: ReturnProgress,
    /// One word.
    pub stage: Stage,
}

/// Returns how the money of an order over `total` stands, from all its payments.
///
/// ```
/// use sutler_core::order::{MoneyProgress, money_progress};
/// use sutler_core::payment::{FactKind, PaymentFact};
/// # use sutler_core::id::{OrderId, PaymentId};
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::payment::Payment;
/// # use sutler_core::time::Timestamp;
/// # let eur = |minor| Money::from_minor(minor, Currency::EUR);
/// # let at = Timestamp::from_millis(0);
/// # let mut payment = Payment {
/// #     id: PaymentId::from_u128(1), order: OrderId::from_u128(1), provider: "test".to_owned(), method: "ok".to_owned(),
/// #     amount: eur(1_000), facts: vec![], created_at: at, version: 1,
/// # };
///
/// let mut told = |kind, minor, reference: &str| {
///     let reference = reference.to_owned();
///     payment.facts.push(PaymentFact { kind, amount: eur(minor), reference, at });
///     money_progress(eur(1_000), [&payment])
/// };
/// assert_eq!(told(FactKind::Authorized, 1_000, "a"), MoneyProgress::Authorized);
/// assert_eq!(told(FactKind::Captured, 1_000, "c"), MoneyProgress::Paid);
/// assert_eq!(told(FactKind::Refunded, 300, "r"), MoneyProgress::PartlyRefunded);
/// ```
pub fn money_progress<'a>(
    total: Money,
    payments: impl IntoIterator<Item = &'a Payment>,
) -> MoneyProgress {
    let (mut held, mut taken, mut back) = (0_i64, 0_i64, 0_i64);
    for payment in payments {
        let state = PaymentState::fold(payment.amount, &payment.facts);
        held = held.saturating_add(state.held().minor());
        taken = taken.saturating_add(state.captured.minor());
        back = back.saturating_add(state.refunded.minor());
    }
    let owed = total.minor();
    match () {
        () if back > 0 && back >= taken && held == 0 => MoneyProgress::Refunded,
        () if back > 0 => MoneyProgress::PartlyRefunded,
        () if taken > owed => MoneyProgress::Overpaid,
        () if taken == owed => MoneyProgress::Paid,
        () if held.saturating_add(taken) >= owed => MoneyProgress::Authorized,
        () if held > 0 || taken > 0 => MoneyProgress::PartlyPaid,
        () => MoneyProgress::Unpaid,
    }
}

/// Returns how the goods of an order stand. Every line counts, also those that need no parcel: handing them over is recorded
/// as a shipment too.
///
/// ```
/// use sutler_core::order::{FulfillmentProgress, Order, fulfillment_progress};
/// #
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let mut order: Order = serde_json::from_str(text)?;
///
/// assert_eq!(fulfillment_progress(&order), FulfillmentProgress::Unfulfilled);
/// order.lines[0].shipped = 2;
/// assert_eq!(fulfillment_progress(&order), FulfillmentProgress::PartlyShipped);
/// order.lines[1].shipped = 1;
/// assert_eq!(fulfillment_progress(&order), FulfillmentProgress::Shipped);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn fulfillment_progress(order: &Order) -> FulfillmentProgress {
    let (mut wanted, mut shipped, mut delivered) = (0_u64, 0_u64, 0_u64);
    for line in &order.lines {
        wanted += u64::from(line.ordered.saturating_sub(line.canceled));
        shipped += u64::from(line.shipped);
        delivered += u64::from(line.delivered);
    }
    match () {
        () if shipped == 0 => FulfillmentProgress::Unfulfilled,
        () if shipped < wanted => FulfillmentProgress::PartlyShipped,
        () if delivered == 0 => FulfillmentProgress::Shipped,
        () if delivered < wanted => FulfillmentProgress::PartlyDelivered,
        () => FulfillmentProgress::Delivered,
    }
}

/// Returns how the returns of an order stand.
///
/// ```
/// use sutler_core::order::{Order, ReturnProgress, return_progress};
/// #
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let mut order: Order = serde_json::from_str(text)?;
///
/// let blankets = &mut order.lines[0];
/// (blankets.shipped, blankets.return_requested) = (2, 1);
/// assert_eq!(return_progress(&order), ReturnProgress::Requested);
/// order.lines[0].returned = 1;
/// assert_eq!(return_progress(&order), ReturnProgress::PartlyReturned);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn return_progress(order: &Order) -> ReturnProgress {
    let sum = |count: fn(&super::OrderLine) -> u32| -> u64 {
        order.lines.iter().map(|l| u64::from(count(l))).sum()
    };
    let (shipped, requested, returned) =
        (sum(|l| l.shipped), sum(|l| l.return_requested), sum(|l| l.returned));
    match () {
        () if returned > 0 && returned == shipped => ReturnProgress::Returned,
        () if returned > 0 => ReturnProgress::PartlyReturned,
        () if requested > 0 => ReturnProgress::Requested,
        () => ReturnProgress::None,
    }
}

/// Returns all that is derived about an order.
///
/// ```
/// use sutler_core::order::{Order, Stage, place, progress};
/// # use sutler_core::time::Timestamp;
/// #
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let pending: Order = serde_json::from_str(text)?;
///
/// assert_eq!(progress(&pending, &[]).stage, Stage::Checkout);
/// let mut placed = place(&pending, Timestamp::from_millis(0))?;
/// assert_eq!(progress(&placed, &[]).stage, Stage::Payment, "nothing is held or taken");
/// placed.lines[0].shipped = 2;
/// assert_eq!(progress(&placed, &[]).stage, Stage::Fulfillment, "goods speak before money");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn progress(order: &Order, payments: &[Payment]) -> Progress {
    let money = money_progress(order.total(), payments);
    let fulfillment = fulfillment_progress(order);
    let returns = return_progress(order);
    let stage = match (order.status, returns, fulfillment, money) {
        (OrderStatus::Pending, ..) => Stage::Checkout,
        (OrderStatus::Canceled, ..) => Stage::Canceled,
        (_, ReturnProgress::Returned, ..) => Stage::Returned,
        (_, _, FulfillmentProgress::Delivered, _) => Stage::Delivered,
        (_, _, FulfillmentProgress::Shipped | FulfillmentProgress::PartlyDelivered, _) => {
            Stage::Shipped
        }
        (_, _, FulfillmentProgress::PartlyShipped, _) => Stage::Fulfillment,
        (
            _,
            _,
            FulfillmentProgress::Unfulfilled,
            MoneyProgress::Unpaid | MoneyProgress::PartlyPaid,
        ) => Stage::Payment,
        (_, _, FulfillmentProgress::Unfulfilled, _) => Stage::Confirmed,
    };
    Progress { money, fulfillment, returns, stage }
}
