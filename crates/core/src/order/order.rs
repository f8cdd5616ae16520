//! What was placed.
//!
//! Lines and prices are frozen: an order keeps the [`Quote`] it was placed with, so its totals can be derived again at
//! any time. What happens to it afterwards moves counters on its lines, and each change is one typed action in its log.

use crate::shown::shown;
use serde::{Deserialize, Serialize};

use super::OrderStatus;
use crate::address::Address;
use crate::catalog::Sku;
use crate::id::{
    CartId, ChannelId, CustomerId, FulfillmentId, OrderId, PaymentId, ProductId, VariantId,
};
use crate::money::Money;
use crate::pricing::Quote;
use crate::time::Timestamp;

/// The number people say on the phone: 1001, 1002, … Given by the store when the order is opened; never reused.
///
/// ```
/// use sutler_core::order::OrderNumber;
///
/// assert_eq!("#1001".parse(), Ok(OrderNumber::FIRST));
/// assert_eq!(OrderNumber(1002).to_string(), "1002");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderNumber(pub u64);

impl OrderNumber {
    /// The number of a shop's first order.
    pub const FIRST: OrderNumber = OrderNumber(1001);
}

impl std::fmt::Display for OrderNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for OrderNumber {
    type Err = ParseOrderNumberError;

    fn from_str(text: &str) -> Result<Self, ParseOrderNumberError> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        let number = digits.parse().ok().filter(|_| plain);
        number.map(OrderNumber).ok_or_else(|| ParseOrderNumberError(shown(text)))
    }
}

/// A text is not an order number.
///
/// ```
/// use sutler_core::order::{OrderNumber, ParseOrderNumberError};
///
/// let refused: Result<OrderNumber, ParseOrderNumberError> = "ord_7".parse();
/// assert_eq!(
///     refused.map_err(|why| why.to_string()),
///     Err("`ord_7` is not an order number such as 1001".to_owned()),
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is not an order number such as 1001")]
pub struct ParseOrderNumberError(String);

/// What was placed, or is about to be.
///
/// ```
/// use sutler_core::order::{Order, OrderStatus};
/// #
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
///
/// let order: Order = serde_json::from_str(text)?;
/// assert_eq!((order.number.to_string().as_str(), order.status), ("1001", OrderStatus::Pending));
/// assert_eq!(order.total().to_string(), "183.90 EUR");
/// assert_eq!(order.line(2).map(|line| line.title.as_str()), Some("Wool blanket (Small)"));
/// assert_eq!(order.line(3), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Order {
    /// Identity.
    pub id: OrderId,
    /// The number for people; 0 until the store gave it one.
    pub number: OrderNumber,
    /// The cart it came from; unique.
    pub cart: CartId,
    /// Where it was sold.
    pub channel: ChannelId,
    /// Lifecycle.
    pub status: OrderStatus,
    /// Where to write to.
    pub email: String,
    /// Who buys, unless a guest.
    pub customer: Option<CustomerId>,
    /// Where the goods go.
    pub ship_to: Address,
    /// Prices, discounts, delivery and tax as frozen.
    pub quote: Quote,
    /// What was bought, in the order of the quote's lines.
    pub lines: Vec<OrderLine>,
    /// When the checkout opened it.
    pub created_at: Timestamp,
    /// When it was placed.
    pub placed_at: Option<Timestamp>,
    /// When it was canceled.
    pub canceled_at: Option<Timestamp>,
    /// Version for guarded writes; equals the number of actions in its log.
    pub version: u64,
}

/// One variant and a quantity, as frozen at placement, with counters of what became of it.
///
/// Invariants: `canceled + shipped <= ordered`, `delivered <= shipped`, `returned <= return_requested <= shipped`;
/// `allocated` is the promise at placement less what was canceled. Amounts stand in the quote's line of the same number.
///
/// ```
/// use sutler_core::order::{Order, OrderLine};
/// #
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let order: Order = serde_json::from_str(text)?;
///
/// let mut line: OrderLine = order.lines[0].clone();
/// assert_eq!((line.label().as_str(), line.ordered, line.to_ship()), ("BLANKET-L", 2, 2));
/// (line.shipped, line.canceled) = (1, 1);
/// assert_eq!((line.to_ship(), line.check()), (0, Ok(())));
/// line.delivered = 2;
/// assert_eq!(line.check(), Err("more was delivered than shipped"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OrderLine {
    /// Number within the order, from 1; the same as in the quote.
    pub line: u32,
    /// What was bought.
    pub variant: VariantId,
    /// Its product.
    pub product: ProductId,
    /// Its label at that time.
    pub sku: Option<Sku>,
    /// Its title at that time, options included.
    pub title: String,
    /// Whether stock is counted for it.
    pub tracks_stock: bool,
    /// Whether it is sent.
    pub requires_shipping: bool,
    /// Units bought.
    pub ordered: u32,
    /// Units called off.
    pub canceled: u32,
    /// Units promised at some location.
    pub allocated: u32,
    /// Units that left.
    pub shipped: u32,
    /// Units that arrived.
    pub delivered: u32,
    /// Units the buyer wants to send back.
    pub return_requested: u32,
    /// Units that came back.
    pub returned: u32,
    /// Units whose money was given back; money given back as an amount counts none.
    pub refunded: u32,
}

/// Units of one line that somebody wants to ship or to be given back.
///
/// ```
/// use sutler_core::order::LineUnits;
///
/// let two_of_the_first = LineUnits { line: 1, quantity: 2 };
/// assert_eq!(two_of_the_first.line, 1, "lines count from 1");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineUnits {
    /// Line of the order.
    pub line: u32,
    /// Units; at least 1.
    pub quantity: u32,
}

/// One change of an order, in its append-only log. The n-th entry made version n.
///
/// ```
/// use sutler_core::order::OrderAction;
///
/// let canceled = OrderAction::Canceled { reason: "ordered twice".to_owned() };
/// assert_eq!(canceled.word(), "canceled");
/// assert_eq!(
///     serde_json::to_string(&canceled)?,
///     r#"{"action":"canceled","reason":"ordered twice"}"#,
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
#[non_exhaustive]
pub enum OrderAction {
    /// The checkout opened it.
    Opened,
    /// It was placed.
    Placed,
    /// It ended without delivery.
    Canceled {
        /// Why, in words.
        reason: String,
    },
    /// Units were taken from the shelf.
    Picked {
        /// With which fulfillment.
        fulfillment: FulfillmentId,
    },
    /// Units were put in their parcel.
    Packed {
        /// With which fulfillment.
        fulfillment: FulfillmentId,
    },
    /// Units left.
    Shipped {
        /// With which fulfillment.
        fulfillment: FulfillmentId,
        /// Line and units.
        lines: Vec<(u32, u32)>,
    },
    /// Units arrived.
    Delivered {
        /// Of which fulfillment.
        fulfillment: FulfillmentId,
        /// Line and units.
        lines: Vec<(u32, u32)>,
    },
    /// Money was asked back.
    Refunded {
        /// From which payment.
        payment: PaymentId,
        /// How much.
        amount: Money,
        /// Why, in words.
        reason: String,
        /// Line and units that the refund is for; none where it is an amount, or stands beside an entry that has them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        lines: Vec<(u32, u32)>,
    },
}

impl OrderAction {
    /// Returns the word of the action, as the log and reports show it.
    pub fn word(&self) -> &'static str {
        match self {
            OrderAction::Opened => "opened",
            OrderAction::Placed => "placed",
            OrderAction::Canceled { .. } => "canceled",
            OrderAction::Picked { .. } => "picked",
            OrderAction::Packed { .. } => "packed",
            OrderAction::Shipped { .. } => "shipped",
            OrderAction::Delivered { .. } => "delivered",
            OrderAction::Refunded { .. } => "refunded",
        }
    }
}

/// An entry of an order's log as stored.
///
/// ```
/// use sutler_core::order::{LoggedAction, OrderAction};
/// # use sutler_core::time::Timestamp;
///
/// # let at = Timestamp::from_millis(0);
/// let log = [
///     LoggedAction { version: 1, at, action: OrderAction::Opened },
///     LoggedAction { version: 2, at, action: OrderAction::Placed },
/// ];
/// let words: Vec<_> = log.iter().map(|entry| entry.action.word()).collect();
/// assert_eq!(words, ["opened", "placed"]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LoggedAction {
    /// The version it made, from 1 without gaps.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub action: OrderAction,
}

impl Order {
    /// Returns what the buyer owes in all.
    pub fn total(&self) -> Money {
        self.quote.totals.total
    }

    /// Returns a line by its number.
    pub fn line(&self, line: u32) -> Option<&OrderLine> {
        self.lines.iter().find(|l| l.line == line)
    }
}

impl OrderLine {
    /// Returns every counter but what was ordered, in the order in which stores keep them: allocated, canceled, shipped, delivered,
    /// return requested, returned, refunded.
    ///
    /// ```
    /// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
    /// use sutler_core::order::{Order, OrderLine};
    ///
    /// let order: Order = serde_json::from_str(text)?;
    /// let mut line = OrderLine { shipped: 1, ..order.lines[0].clone() };
    /// let counters = line.counters();
    /// assert_eq!(counters, [0, 0, 1, 0, 0, 0, 0]);
    /// line.put_counters([2, 0, 2, 1, 0, 0, 0]);
    /// assert_eq!((line.allocated, line.shipped, line.delivered), (2, 2, 1));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn counters(&self) -> [u32; 7] {
        let OrderLine {
            allocated,
            canceled,
            shipped,
            delivered,
            return_requested,
            returned,
            refunded,
            ..
        } = *self;
        [allocated, canceled, shipped, delivered, return_requested, returned, refunded]
    }

    /// Takes over counters as [`OrderLine::counters`] gives them; what was frozen at placement stays.
    pub fn put_counters(&mut self, counters: [u32; 7]) {
        [
            self.allocated,
            self.canceled,
            self.shipped,
            self.delivered,
            self.return_requested,
            self.returned,
            self.refunded,
        ] = counters;
    }

    /// Returns units that still have to leave.
    pub fn to_ship(&self) -> u32 {
        self.ordered.saturating_sub(self.canceled).saturating_sub(self.shipped)
    }

    /// Returns units whose money may be given back.
    ///
    /// ```
    /// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
    /// use sutler_core::order::{Order, OrderLine};
    ///
    /// let order: Order = serde_json::from_str(text)?;
    /// let line = OrderLine { refunded: 1, ..order.lines[0].clone() };
    /// assert_eq!((line.ordered, line.to_refund()), (2, 1));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn to_refund(&self) -> u32 {
        self.ordered.saturating_sub(self.canceled).saturating_sub(self.refunded)
    }

    /// Returns what people would call it.
    pub fn label(&self) -> String {
        self.sku.as_ref().map_or_else(|| self.title.clone(), ToString::to_string)
    }

    /// Checks the counters against each other; says which pair is wrong.
    ///
    /// Errors: in words, the first pair that is off.
    pub fn check(&self) -> Result<(), &'static str> {
        let OrderLine {
            ordered,
            canceled,
            allocated,
            shipped,
            delivered,
            return_requested,
            returned,
            refunded,
            ..
        } = *self;
        let sum_fits = |a: u32, b: u32, limit: u32| u64::from(a) + u64::from(b) <= u64::from(limit);
        match () {
            () if ordered == 0 => Err("nothing was ordered"),
            () if !sum_fits(canceled, shipped, ordered) => {
                Err("more was canceled and shipped than ordered")
            }
            () if !sum_fits(allocated, canceled, ordered) => {
                Err("more was allocated and canceled than ordered")
            }
            () if delivered > shipped => Err("more was delivered than shipped"),
            () if return_requested > shipped => Err("more is to be returned than was shipped"),
            () if returned > return_requested => Err("more was returned than requested"),
            () if refunded > ordered => Err("more was refunded than ordered"),
            () => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_reads_with_and_without_its_sign() {
        assert_eq!("1001".parse(), Ok(OrderNumber(1001)));
        assert_eq!("#1001".parse(), Ok(OrderNumber(1001)));
        for bad in ["", "#", "-1", "10 01", "ord_1", "99999999999999999999"] {
            assert!(bad.parse::<OrderNumber>().is_err(), "{bad}");
        }
    }
}
