//! One order and everything that belongs to it.

use std::collections::BTreeMap;

use super::finding;
use crate::cart::{Cart, CartStatus};
use crate::fulfillment::{Fulfillment, FulfillmentStatus};
use crate::id::{OrderId, StockLocationId};
use crate::inventory::Allocation;
use crate::order::{LoggedAction, Order, OrderAction, OrderLine, OrderMove, OrderStatus};
use crate::port::Finding;
use crate::status::{Status as _, word};

/// An order with everything that belongs to it but its money.
///
/// ```
/// use sutler_core::order::Order;
/// use sutler_core::verify::{OrderFacts, check_order};
/// #
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let order: Order = serde_json::from_str(text)?;
///
/// let without_its_cart = OrderFacts {
///     order: &order,
///     log: &[],
///     allocations: &[],
///     fulfillments: &[],
///     cart: None,
///     order_of_cart: Some(order.id),
/// };
/// let words: Vec<_> = check_order(&without_its_cart).iter().map(|f| f.check).collect();
/// assert_eq!(words, ["order.log", "order.cart"], "its log is gone as well");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct OrderFacts<'a> {
    /// The order.
    pub order: &'a Order,
    /// Its log, oldest first.
    pub log: &'a [LoggedAction],
    /// What was promised to it.
    pub allocations: &'a [Allocation],
    /// Its parcels and those to come.
    pub fulfillments: &'a [Fulfillment],
    /// The cart it came from.
    pub cart: Option<&'a Cart>,
    /// The order that the store finds by that cart.
    pub order_of_cart: Option<OrderId>,
}

/// Checks one order; see [`super::CHECKS`] for the words.
///
/// ```
/// use sutler_core::order::{LoggedAction, Order, OrderAction};
/// use sutler_core::verify::{OrderFacts, check_order};
/// # use sutler_core::cart::new_cart;
/// # use sutler_core::catalog::Channel;
/// # macro_rules! record {
/// #     ($name:literal) => {
/// #         serde_json::from_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/", $name, ".json")))?
/// #     };
/// # }
/// # let (web, order): (Channel, Order) = (record!("channel"), record!("order"));
/// # let cart = new_cart(order.cart, &web, None, order.created_at);
///
/// let log = [LoggedAction { version: 1, at: order.created_at, action: OrderAction::Opened }];
/// let facts = OrderFacts {
///     order: &order,
///     log: &log,
///     allocations: &[],
///     fulfillments: &[],
///     cart: Some(&cart),
///     order_of_cart: Some(order.id),
/// };
/// assert!(check_order(&facts).is_empty());
/// let found = check_order(&OrderFacts { order_of_cart: None, ..facts });
/// assert_eq!(found[0].check, "order.cart", "the store does not find it by its cart");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn check_order(facts: &OrderFacts<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut tell = |word: &'static str, message: Option<String>| {
        found.extend(message.map(|message| finding(word, facts.order.id, message)));
    };
    tell("order.lines", lines_off(facts.order));
    tell("order.log", log_off(facts.order, facts.log));
    tell("order.cart", cart_off(facts));
    for line in &facts.order.lines {
        let number = line.line;
        let of_line = |message: String| format!("line {number}: {message}");
        tell("order.counters", counters_off(line, facts.log).map(of_line));
        tell("order.allocations", allocations_off(facts, line).map(of_line));
        tell("order.fulfillments", fulfillments_off(facts, line).map(of_line));
    }
    let unknown = facts.allocations.iter().find(|a| facts.order.line(a.line).is_none());
    tell(
        "order.allocations",
        unknown.map(|a| format!("there is no line {} to promise to", a.line)),
    );
    found
}

fn lines_off(order: &Order) -> Option<String> {
    if order.lines.len() != order.quote.lines.len() {
        let (lines, priced) = (order.lines.len(), order.quote.lines.len());
        return Some(format!("{lines} lines were ordered, {priced} were priced"));
    }
    order.lines.iter().zip(&order.quote.lines).find_map(|(line, priced)| {
        let fits = line.line == priced.line
            && line.variant == priced.variant
            && line.ordered == priced.quantity.get();
        (!fits).then(|| format!("line {} is not the one that was priced", line.line))
    })
}

/// Walks the log from nothing and returns the first entry that cannot be, or how its end differs from the order.
fn log_off(order: &Order, log: &[LoggedAction]) -> Option<String> {
    let mut status = OrderStatus::START;
    let (mut placed_at, mut canceled_at) = (None, None);
    for (expected, entry) in (1..).zip(log) {
        if entry.version != expected {
            return Some(format!("version {expected} is missing, {} stands there", entry.version));
        }
        let opens = matches!(entry.action, OrderAction::Opened);
        if opens != (expected == 1) {
            return Some(format!("version {expected} cannot be `{}`", entry.action.word()));
        }
        let moved = match &entry.action {
            OrderAction::Opened => Ok(status),
            OrderAction::Placed => {
                placed_at = Some(entry.at);
                status.after(OrderMove::Place)
            }
            OrderAction::Canceled { .. } => {
                canceled_at = Some(entry.at);
                status.after(OrderMove::Cancel)
            }
            OrderAction::Picked { .. }
            | OrderAction::Packed { .. }
            | OrderAction::Shipped { .. }
            | OrderAction::Delivered { .. }
                if status != OrderStatus::Placed =>
            {
                return Some(format!(
                    "version {expected}: an order that is {} cannot be {}",
                    word(status),
                    entry.action.word()
                ));
            }
            OrderAction::Picked { .. }
            | OrderAction::Packed { .. }
            | OrderAction::Shipped { .. }
            | OrderAction::Delivered { .. }
            | OrderAction::Refunded { .. } => Ok(status),
        };
        match moved {
            Ok(next) => status = next,
            Err(illegal) => return Some(format!("version {expected}: {illegal}")),
        }
    }
    let length = u64::try_from(log.len()).unwrap_or(u64::MAX);
    if length != order.version {
        return Some(format!(
            "the log has {length} entries, the order is version {}",
            order.version
        ));
    }
    if status != order.status {
        let (kept, logged) = (word(order.status), word(status));
        return Some(format!("the order is {kept}, its log says {logged}"));
    }
    ((order.placed_at, order.canceled_at) != (placed_at, canceled_at))
        .then(|| "the moments of placement and cancellation are not those of the log".to_owned())
}

fn cart_off(facts: &OrderFacts<'_>) -> Option<String> {
    let order = facts.order;
    if order.status != OrderStatus::Canceled && facts.order_of_cart != Some(order.id) {
        let other = facts.order_of_cart.map_or_else(|| "none".to_owned(), |id| id.to_string());
        return Some(format!("the order of {} is {other}, not this one", order.cart));
    }
    let Some(cart) = facts.cart else { return Some(format!("{} is gone", order.cart)) };
    let closed_for = (cart.status, cart.order) == (CartStatus::Ordered, Some(order.id));
    match order.status {
        OrderStatus::Placed if !closed_for => {
            Some(format!("{} does not know that it was ordered with this order", cart.id))
        }
        OrderStatus::Pending if cart.status == CartStatus::Ordered => {
            Some(format!("{} is closed already, but this order is not placed", cart.id))
        }
        _ => None,
    }
}

fn counters_off(line: &OrderLine, log: &[LoggedAction]) -> Option<String> {
    if let Err(why) = line.check() {
        return Some(why.to_owned());
    }
    let of_line = |lines: &[(u32, u32)]| -> u64 {
        lines.iter().filter(|(number, _)| *number == line.line).map(|(_, n)| u64::from(*n)).sum()
    };
    let (mut shipped, mut delivered, mut refunded) = (0_u64, 0_u64, 0_u64);
    for entry in log {
        match &entry.action {
            OrderAction::Shipped { lines, .. } => shipped += of_line(lines),
            OrderAction::Delivered { lines, .. } => delivered += of_line(lines),
            OrderAction::Refunded { lines, .. } => refunded += of_line(lines),
            _ => {}
        }
    }
    let counters = [
        ("shipped", line.shipped, shipped),
        ("delivered", line.delivered, delivered),
        ("refunded", line.refunded, refunded),
    ];
    let (name, counted, logged) =
        counters.into_iter().find(|(_, counted, logged)| u64::from(*counted) != *logged)?;
    Some(format!("{counted} {name} are counted, the log has {logged}"))
}

fn allocations_off(facts: &OrderFacts<'_>, line: &OrderLine) -> Option<String> {
    let (mut promised, mut shipped, mut released) = (0_u64, 0_u64, 0_u64);
    for allocation in facts.allocations.iter().filter(|a| a.line == line.line) {
        let (gone, all) = (
            u64::from(allocation.shipped) + u64::from(allocation.released),
            u64::from(allocation.quantity),
        );
        if gone > all {
            return Some(format!("{gone} of {all} promised units are shipped or released"));
        }
        if allocation.key.variant != line.variant {
            return Some(format!("{} is promised, not what was ordered", allocation.key.variant));
        }
        promised += all;
        shipped += u64::from(allocation.shipped);
        released += u64::from(allocation.released);
    }
    let was_placed = facts.order.placed_at.is_some();
    let wanted = if was_placed { u64::from(line.ordered) } else { 0 };
    let kept = promised.saturating_sub(released);
    match () {
        () if promised != wanted => {
            Some(format!("{promised} units are promised, {wanted} must be"))
        }
        () if shipped != u64::from(line.shipped) => {
            Some(format!("{} units count as shipped, promises say {shipped}", line.shipped))
        }
        () if was_placed && kept != u64::from(line.allocated) => {
            Some(format!("{} units count as allocated, promises say {kept}", line.allocated))
        }
        () => None,
    }
}

fn fulfillments_off(facts: &OrderFacts<'_>, line: &OrderLine) -> Option<String> {
    let mut units: BTreeMap<bool, u64> = BTreeMap::new();
    for fulfillment in facts.fulfillments {
        let of_line = fulfillment.lines.iter().filter(|part| part.line == line.line);
        if has_left(fulfillment) {
            let arrived = fulfillment.status == FulfillmentStatus::Delivered;
            *units.entry(arrived).or_default() +=
                of_line.map(|part| u64::from(part.quantity)).sum::<u64>();
        }
    }
    let arrived = units.get(&true).copied().unwrap_or(0);
    let shipped = arrived + units.get(&false).copied().unwrap_or(0);
    if (shipped, arrived) != (u64::from(line.shipped), u64::from(line.delivered)) {
        return Some(format!(
            "{} shipped and {} delivered are counted, parcels hold {shipped} and {arrived}",
            line.shipped, line.delivered
        ));
    }
    places_off(facts, line)
}

/// Compares by location what left in parcels with the promises that were shipped, and finds parcels from where nothing was
/// promised.
fn places_off(facts: &OrderFacts<'_>, line: &OrderLine) -> Option<String> {
    let mut left: BTreeMap<StockLocationId, u64> = BTreeMap::new();
    for allocation in facts.allocations.iter().filter(|a| a.line == line.line) {
        *left.entry(allocation.key.location).or_default() += u64::from(allocation.shipped);
    }
    if left.values().sum::<u64>() != u64::from(line.shipped) {
        // Told of the promises already.
        return None;
    }
    let parcels = facts.fulfillments.iter().filter(|f| f.status != FulfillmentStatus::Canceled);
    for fulfillment in parcels {
        let of_line = fulfillment.lines.iter().filter(|part| part.line == line.line);
        let units: u64 = of_line.map(|part| u64::from(part.quantity)).sum();
        match left.get_mut(&fulfillment.location) {
            _ if units == 0 => {}
            None => return Some(format!("{} promised nothing of it", fulfillment.location)),
            Some(left) if has_left(fulfillment) => *left = left.wrapping_sub(units),
            Some(_) => {}
        }
    }
    left.into_iter().find(|(_, units)| *units != 0).map(|(location, _)| {
        format!("parcels from {location} do not hold what was promised and shipped there")
    })
}

fn has_left(fulfillment: &Fulfillment) -> bool {
    matches!(
        fulfillment.status,
        FulfillmentStatus::Shipped
            | FulfillmentStatus::Delivered
            | FulfillmentStatus::Lost
            | FulfillmentStatus::Returned
    )
}
