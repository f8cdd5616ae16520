//! What the steps of the checkout saga write. The flow of the engine decides when; here stands what.

use super::{Checkout, CheckoutMove, CheckoutStatus};
use crate::cart::{self, Cart};
use crate::change::{Change, ChangeSet, StockChange};
use crate::credit::Redemption;
use crate::event::{Event, EventData, EventKind};
use crate::id::{CheckoutId, PaymentId};
use crate::inventory::{Allocation, SourcedUnits, StockKey};
use crate::order::{self, Order, OrderAction, PromotionUse};
use crate::payment::{Payment, PaymentDraft};
use crate::pricing::{Limits, Promotion};
use crate::rejection::{Rejection, promised_code};
use crate::status::Status as _;
use crate::time::Timestamp;

/// What the first commit of a checkout is made of.
///
/// ```
/// use sutler_core::checkout::{Begun, CheckoutStatus};
/// # use sutler_core::order::Order;
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let order: Order = serde_json::from_str(text)?;
/// # let now = Timestamp::from_millis(0);
///
/// let free = Begun { order, payment: None, reserved: vec![], expires_at: now.plus_seconds(900) };
/// let record = free.checkout(now);
/// assert_eq!((record.status, record.payment), (CheckoutStatus::Authorizing, None));
/// assert_eq!(record.id.to_u128(), free.order.id.to_u128());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Begun {
    /// The order, pending.
    pub order: Order,
    /// The payment to be authorized; `None` when nothing is to be paid.
    pub payment: Option<Payment>,
    /// Tracked stock, by location.
    pub reserved: Vec<SourcedUnits>,
    /// Until when the stock is held.
    pub expires_at: Timestamp,
}

impl Begun {
    /// Returns the log record as the first commit writes it.
    pub fn checkout(&self, now: Timestamp) -> Checkout {
        Checkout {
            id: CheckoutId::from_u128(self.order.id.to_u128()),
            cart: self.order.cart,
            order: self.order.id,
            payment: self.payment.as_ref().map(|payment| payment.id),
            status: CheckoutStatus::START,
            reserved: self.reserved.clone(),
            expires_at: self.expires_at,
            problem: None,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }
}

/// Writes the step `reserve_stock`.
///
/// ```
/// use sutler_core::change::{Change, ChangeSet, StockChange};
/// use sutler_core::checkout::{Begun, reserve_stock};
/// use sutler_core::inventory::{SourcedUnits, StockKey};
/// # use sutler_core::id::{CommandId, StockLocationId};
/// # use sutler_core::order::Order;
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let order: Order = serde_json::from_str(text)?;
/// # let now = Timestamp::from_millis(0);
/// # let key = StockKey { variant: order.lines[0].variant, location: StockLocationId::from_u128(1) };
///
/// let reserved = vec![SourcedUnits { key, quantity: 2 }];
/// let begun = Begun { order, payment: None, reserved, expires_at: now.plus_seconds(900) };
/// let mut set = ChangeSet::new(now, CommandId::from_u128(1));
/// reserve_stock(&begun, &mut set);
/// assert!(matches!(&set.changes[..], [Change::Stock(StockChange::Reserve { .. })]));
///
/// let mut untracked = ChangeSet::new(now, CommandId::from_u128(1));
/// reserve_stock(&Begun { reserved: vec![], ..begun }, &mut untracked);
/// assert!(untracked.changes.is_empty(), "no stock is counted");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn reserve_stock(begun: &Begun, set: &mut ChangeSet) {
    if !begun.reserved.is_empty() {
        set.push(Change::Stock(StockChange::Reserve {
            checkout: CheckoutId::from_u128(begun.order.id.to_u128()),
            lines: begun.reserved.clone(),
            expires_at: begun.expires_at,
        }));
    }
}

/// Undoes `reserve_stock`; what is gone already is passed over.
///
/// ```
/// use sutler_core::change::{Change, ChangeSet, StockChange};
/// use sutler_core::checkout::release_stock;
/// use sutler_core::inventory::{SourcedUnits, StockKey};
/// # use sutler_core::checkout::{Checkout, CheckoutStatus};
/// # use sutler_core::id::{CartId, CheckoutId, CommandId, OrderId, StockLocationId, VariantId};
/// # use sutler_core::time::Timestamp;
///
/// # let now = Timestamp::from_millis(0);
/// # let key = StockKey { variant: VariantId::from_u128(2), location: StockLocationId::from_u128(1) };
/// # let checkout = Checkout {
/// #     id: CheckoutId::from_u128(1), cart: CartId::from_u128(1), order: OrderId::from_u128(1), payment: None,
/// #     status: CheckoutStatus::Unwinding, reserved: vec![SourcedUnits { key, quantity: 2 }],
/// #     expires_at: now.plus_seconds(900), problem: None, created_at: now, updated_at: now, version: 1,
/// # };
/// let mut set = ChangeSet::new(now, CommandId::from_u128(1));
/// release_stock(&checkout, &mut set);
/// let [Change::Stock(StockChange::Release { lines, .. })] = &set.changes[..] else {
///     panic!("one change")
/// };
/// assert_eq!(*lines, checkout.reserved);
/// ```
pub fn release_stock(checkout: &Checkout, set: &mut ChangeSet) {
    if !checkout.reserved.is_empty() {
        set.push(Change::Stock(StockChange::Release {
            checkout: checkout.id,
            lines: checkout.reserved.clone(),
            expires_at: checkout.expires_at,
        }));
    }
}

/// Writes the step `open_order`: the pending order, its payment and the log record. The cart is guarded by its version,
/// so that an edit in between is noticed. Returns the cart and the log record as they are to be.
///
/// ```
/// use sutler_core::change::{Change, ChangeSet};
/// use sutler_core::checkout::{Begun, open_order};
/// # use sutler_core::cart::new_cart;
/// # use sutler_core::catalog::Channel;
/// # use sutler_core::id::CommandId;
/// # use sutler_core::order::Order;
/// # use sutler_core::time::Timestamp;
/// # macro_rules! record {
/// #     ($name:literal) => {
/// #         serde_json::from_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/", $name, ".json")))?
/// #     };
/// # }
/// # let (web, order): (Channel, Order) = (record!("channel"), record!("order"));
/// # let now = Timestamp::from_millis(0);
/// # let cart = new_cart(order.cart, &web, None, now);
///
/// let begun = Begun { order, payment: None, reserved: vec![], expires_at: now.plus_seconds(900) };
/// let mut set = ChangeSet::new(now, CommandId::from_u128(1));
/// let (guarded, checkout) = open_order(&begun, &cart, &mut set);
/// assert_eq!(guarded.version, cart.version + 1, "an edit in between is noticed");
/// assert_eq!(checkout.order, begun.order.id);
/// assert!(matches!(
///     &set.changes[..],
///     [Change::Cart(_), Change::OrderOpened(_), Change::Checkout(_)],
/// ));
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn open_order(begun: &Begun, cart: &Cart, set: &mut ChangeSet) -> (Cart, Checkout) {
    let checkout = begun.checkout(set.at);
    let cart = Cart { version: cart.version + 1, ..cart.clone() };
    set.push(Change::Cart(Box::new(cart.clone())));
    set.push(Change::OrderOpened(Box::new(begun.order.clone())));
    if let Some(payment) = &begun.payment {
        set.push(Change::PaymentOpened(payment.clone()));
    }
    set.push(Change::Checkout(Box::new(checkout.clone())));
    (cart, checkout)
}

/// Writes the step `redeem_credit`: one payment for each gift card and store credit that pays, held at once. The ids
/// are those of the payments to be.
///
/// ```
/// use sutler_core::change::ChangeSet;
/// use sutler_core::checkout::{redeem_credit, return_credit};
/// use sutler_core::credit::Redemption;
/// use sutler_core::id::{GiftCardId, PaymentId};
/// # use sutler_core::id::CommandId;
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::order::Order;
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let order: Order = serde_json::from_str(text)?;
/// # let now = Timestamp::from_millis(0);
///
/// let amount = Money::from_minor(5_000, Currency::EUR);
/// let card = Redemption { credit: GiftCardId::from_u128(1).into(), amount };
/// let mut set = ChangeSet::new(now, CommandId::from_u128(1));
/// let payments = redeem_credit(&order, &[card], || PaymentId::from_u128(9), &mut set);
/// assert_eq!(payments[0].state().held(), amount);
///
/// let mut undo = ChangeSet::new(now, CommandId::from_u128(2));
/// return_credit(&payments, &mut undo);
/// assert_eq!(undo.changes.len(), 2, "the fact, and the entry in the ledger");
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn redeem_credit(
    order: &Order,
    parts: &[Redemption],
    mut next_id: impl FnMut() -> PaymentId,
    set: &mut ChangeSet,
) -> Vec<Payment> {
    let mut opened = Vec::with_capacity(parts.len());
    for part in parts {
        let payment = Payment {
            id: next_id(),
            order: order.id,
            provider: part.credit.provider().to_owned(),
            method: part.credit.to_string(),
            amount: part.amount,
            facts: Vec::new(),
            created_at: set.at,
            version: 1,
        };
        set.push(Change::PaymentOpened(payment.clone()));
        let mut draft = PaymentDraft::new(payment, Vec::new());
        draft.redeem(set.at);
        opened.push(draft.payment().clone());
        draft.write(set);
    }
    opened
}

/// Undoes `redeem_credit`; what was given back already is passed over.
///
/// ```
/// # use sutler_core::change::ChangeSet;
/// use sutler_core::checkout::return_credit;
/// # use sutler_core::id::CommandId;
/// # use sutler_core::time::Timestamp;
/// let mut set = ChangeSet::new(Timestamp::from_millis(0), CommandId::from_u128(1));
/// return_credit(&[], &mut set);
/// assert!(set.changes.is_empty(), "no credit was redeemed");
/// ```
pub fn return_credit(payments: &[Payment], set: &mut ChangeSet) {
    for payment in payments.iter().filter(|payment| payment.credit().is_some()) {
        let mut draft = PaymentDraft::new(payment.clone(), Vec::new());
        draft.void(set.at);
        draft.write(set);
    }
}

/// Writes the step `place_order` but for its payment: order placed, reservations into allocations, cart
/// closed, what it uses of `promotions` counted within their limits, events told. Returns the order and the log record as
/// they are to be.
///
/// Errors: `move.illegal` unless the order is pending, the cart open and the checkout authorizing.
///
/// ```
/// use sutler_core::cart::CartStatus;
/// use sutler_core::change::{Change, ChangeSet};
/// use sutler_core::checkout::{Begun, CheckoutStatus, place};
/// use sutler_core::event::EventKind;
/// use sutler_core::order::OrderStatus;
/// # use sutler_core::cart::new_cart;
/// # use sutler_core::catalog::Channel;
/// # use sutler_core::id::CommandId;
/// # use sutler_core::order::Order;
/// # use sutler_core::time::Timestamp;
/// # macro_rules! record {
/// #     ($name:literal) => {
/// #         serde_json::from_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/", $name, ".json")))?
/// #     };
/// # }
/// # let (web, order): (Channel, Order) = (record!("channel"), record!("order"));
/// # let now = Timestamp::from_millis(0);
/// # let cart = new_cart(order.cart, &web, None, now);
/// # let begun = Begun { order: order.clone(), payment: None, reserved: vec![], expires_at: now.plus_seconds(900) };
/// # let checkout = begun.checkout(now);
///
/// let mut set = ChangeSet::new(now, CommandId::from_u128(1));
/// let (placed, record) = place(&checkout, &order, &cart, &[], &[], &mut set)?;
/// assert_eq!((placed.status, record.status), (OrderStatus::Placed, CheckoutStatus::Placed));
/// assert_eq!(set.events[0].kind, EventKind::OrderPlaced);
/// let closes = |change: &Change| {
///     matches!(change, Change::Cart(cart) if cart.status == CartStatus::Ordered)
/// };
/// assert!(set.changes.iter().any(closes));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn place(
    checkout: &Checkout,
    order: &Order,
    cart: &Cart,
    untracked: &[(u32, StockKey)],
    promotions: &[Promotion],
    set: &mut ChangeSet,
) -> Result<(Order, Checkout), Rejection> {
    let now = set.at;
    let placed = order::place(order, now)?;
    set.push(Change::Order { order: Box::new(placed.clone()), action: OrderAction::Placed });
    if !checkout.reserved.is_empty() {
        set.push(Change::Stock(StockChange::Allocate {
            checkout: checkout.id,
            lines: checkout.reserved.clone(),
            expires_at: checkout.expires_at,
            order: order.id,
        }));
    }
    for allocation in allocations(order, &checkout.reserved, untracked) {
        set.push(Change::Allocation(allocation));
    }
    set.push(Change::Cart(Box::new(cart::close(cart, order.id)?)));
    for promotion_use in order::promotion_uses(order) {
        set.push(count_use(promotion_use, promotions));
    }
    let status = checkout.status.after(CheckoutMove::Place)?;
    let record = moved(checkout, status, None, now);
    set.push(Change::Checkout(Box::new(record.clone())));
    let data = EventData::Order { number: placed.number, total: placed.total() };
    set.tell(Event { kind: EventKind::OrderPlaced, subject: placed.id.into(), data });
    Ok((placed, record))
}

/// Returns the change that counts a use within the limits of its promotion.
fn count_use(promotion_use: PromotionUse, promotions: &[Promotion]) -> Change {
    let id = promotion_use.promotion;
    let promotion = promotions.iter().find(|promotion| promotion.id == id);
    Change::PromotionUse {
        promotion_use: Box::new(promotion_use),
        limits: Box::new(promotion.map_or(Limits::NONE, |promotion| promotion.limits)),
        first_order: promotion.is_some_and(Promotion::is_for_first_orders),
    }
}

/// Undoes `open_order`: the order called off. Its cart stays open.
///
/// Errors: as [`order::cancel`].
///
/// ```
/// use sutler_core::change::{Change, ChangeSet};
/// use sutler_core::checkout::cancel_order;
/// use sutler_core::order::OrderAction;
/// # use sutler_core::id::CommandId;
/// # use sutler_core::order::Order;
/// # use sutler_core::time::Timestamp;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let order: Order = serde_json::from_str(text)?;
///
/// let mut set = ChangeSet::new(Timestamp::from_millis(0), CommandId::from_u128(1));
/// cancel_order(&order, "payment.declined: no cover", &mut set)?;
/// let [Change::Order { action: OrderAction::Canceled { reason }, .. }] = &set.changes[..] else {
///     panic!("one change")
/// };
/// assert_eq!(reason, "payment.declined: no cover");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn cancel_order(order: &Order, problem: &str, set: &mut ChangeSet) -> Result<(), Rejection> {
    set.changes.extend(order::cancel(order, &[], problem, set.at)?);
    Ok(())
}

/// Ends the undo: the log record keeps the refusal, and stays open while the provider has to drop a hold or may give one
/// late.
///
/// ```
/// use sutler_core::change::ChangeSet;
/// use sutler_core::checkout::{CheckoutStatus, unwound};
/// use sutler_core::rejection::Rejection;
/// # use sutler_core::checkout::Checkout;
/// # use sutler_core::id::{CartId, CheckoutId, CommandId, OrderId};
/// # use sutler_core::time::Timestamp;
///
/// # let now = Timestamp::from_millis(0);
/// # let checkout = Checkout {
/// #     id: CheckoutId::from_u128(1), cart: CartId::from_u128(1), order: OrderId::from_u128(1), payment: None,
/// #     status: CheckoutStatus::Authorizing, reserved: vec![], expires_at: now.plus_seconds(900), problem: None,
/// #     created_at: now, updated_at: now, version: 1,
/// # };
/// let declined = Rejection::PaymentDeclined { reason: "no cover".to_owned() };
/// let end = |hold_is_possible| {
///     unwound(&checkout, &declined, hold_is_possible, &mut ChangeSet::new(now, CommandId::from_u128(1)))
/// };
/// assert_eq!(end(false)?.status, CheckoutStatus::Unwound);
/// assert_eq!(end(true)?.status, CheckoutStatus::Unwinding, "the provider has to drop it");
/// let problem = end(true)?.problem;
/// assert!(problem.is_some_and(|problem| problem.starts_with("payment.declined: ")));
/// # Ok::<(), Rejection>(())
/// ```
pub fn unwound(
    checkout: &Checkout,
    refusal: &Rejection,
    hold_is_possible: bool,
    set: &mut ChangeSet,
) -> Result<Checkout, Rejection> {
    let mut status = checkout.status.after(CheckoutMove::Unwind)?;
    if !hold_is_possible {
        status = status.after(CheckoutMove::Finish)?;
    }
    let record = moved(checkout, status, Some(problem(refusal)), set.at);
    set.push(Change::Checkout(Box::new(record.clone())));
    Ok(record)
}

/// Returns what the log keeps of a refusal: `code: sentence`.
fn problem(refusal: &Rejection) -> String {
    format!("{}: {refusal}", refusal.code())
}

/// Returns the refusal that undid a checkout, in the same words and with the same code as at that time.
///
/// ```
/// use sutler_core::checkout::undone;
/// # use sutler_core::checkout::{Checkout, CheckoutStatus};
/// # use sutler_core::id::{CartId, CheckoutId, OrderId};
/// # use sutler_core::time::Timestamp;
///
/// # let now = Timestamp::from_millis(0);
/// # let unwound = Checkout {
/// #     id: CheckoutId::from_u128(1), cart: CartId::from_u128(1), order: OrderId::from_u128(1), payment: None,
/// #     status: CheckoutStatus::Unwound, reserved: vec![], expires_at: now.plus_seconds(900), problem: None,
/// #     created_at: now, updated_at: now, version: 3,
/// # };
/// let problem = Some("payment.declined: the payment was declined: no cover".to_owned());
/// let refusal = undone(&Checkout { problem, ..unwound });
/// assert_eq!(refusal.code(), "payment.declined");
/// assert_eq!(refusal.to_string(), "the payment was declined: no cover");
/// ```
pub fn undone(checkout: &Checkout) -> Rejection {
    let problem = checkout.problem.as_deref().unwrap_or("the checkout was undone");
    let kept =
        problem.split_once(": ").and_then(|(code, reason)| Some((promised_code(code)?, reason)));
    let (code, reason) = kept.unwrap_or(("checkout.undone", problem));
    Rejection::CheckoutUndone { code, reason: reason.to_owned() }
}

/// Returns the log record after a move that writes nothing else. A new problem is added to the refusal that is kept.
///
/// ```
/// use sutler_core::checkout::{CheckoutMove, CheckoutStatus, step};
/// # use sutler_core::checkout::Checkout;
/// # use sutler_core::id::{CartId, CheckoutId, OrderId};
/// # use sutler_core::time::Timestamp;
///
/// # let now = Timestamp::from_millis(0);
/// # let checkout = Checkout {
/// #     id: CheckoutId::from_u128(1), cart: CartId::from_u128(1), order: OrderId::from_u128(1), payment: None,
/// #     status: CheckoutStatus::Unwinding, reserved: vec![], expires_at: now.plus_seconds(900),
/// #     problem: Some("quote.changed: …".to_owned()), created_at: now, updated_at: now, version: 2,
/// # };
/// let stuck = step(&checkout, CheckoutMove::GiveUp, Some("void refused".to_owned()), now)?;
/// assert_eq!(stuck.status, CheckoutStatus::Stuck);
/// assert_eq!(stuck.problem.as_deref(), Some("quote.changed: …; then void refused"));
/// assert!(step(&checkout, CheckoutMove::Place, None, now).is_err());
/// # Ok::<(), sutler_core::rejection::Rejection>(())
/// ```
pub fn step(
    checkout: &Checkout,
    step: CheckoutMove,
    problem: Option<String>,
    now: Timestamp,
) -> Result<Checkout, Rejection> {
    let status = checkout.status.after(step)?;
    let problem = match (&checkout.problem, problem) {
        (Some(kept), Some(new)) => Some(format!("{kept}; then {new}")),
        (kept, new) => new.or_else(|| kept.clone()),
    };
    Ok(moved(checkout, status, problem, now))
}

fn moved(
    checkout: &Checkout,
    status: CheckoutStatus,
    problem: Option<String>,
    now: Timestamp,
) -> Checkout {
    Checkout { status, problem, updated_at: now, version: checkout.version + 1, ..checkout.clone() }
}

/// Spreads what was reserved per variant over the order's lines, in line order, so that release and shipping are exact.
///
/// ```
/// use sutler_core::checkout::allocations;
/// use sutler_core::inventory::{SourcedUnits, StockKey};
/// # use sutler_core::id::StockLocationId;
/// # use sutler_core::order::Order;
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let order: Order = serde_json::from_str(text)?;
/// # let at = |line: usize, location| StockKey {
/// #     variant: order.lines[line - 1].variant, location: StockLocationId::from_u128(location),
/// # };
///
/// let units = |key| SourcedUnits { key, quantity: 1 };
/// let reserved = [units(at(1, 1)), units(at(1, 2)), units(at(2, 1))];
/// let promised = allocations(&order, &reserved, &[]);
/// let lines: Vec<_> = promised.iter().map(|a| (a.line, a.key, a.quantity)).collect();
/// assert_eq!(lines, [(1, at(1, 1), 1), (1, at(1, 2), 1), (2, at(2, 1), 1)]);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn allocations(
    order: &Order,
    reserved: &[SourcedUnits],
    untracked: &[(u32, StockKey)],
) -> Vec<Allocation> {
    let mut pool = reserved.to_vec();
    let mut found = Vec::with_capacity(order.lines.len());
    let mut promise = |line: u32, key: StockKey, quantity: u32| {
        found.push(Allocation { order: order.id, line, key, quantity, shipped: 0, released: 0 });
    };
    for line in &order.lines {
        if let Some((_, key)) = untracked.iter().find(|(number, _)| *number == line.line) {
            promise(line.line, *key, line.ordered);
            continue;
        }
        let mut left = line.ordered;
        for units in pool.iter_mut().filter(|units| units.key.variant == line.variant) {
            let taken = left.min(units.quantity);
            if taken > 0 {
                promise(line.line, units.key, taken);
                units.quantity -= taken;
                left -= taken;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{CartId, OrderId};
    use crate::testing::moment;

    fn checkout(problem: Option<&str>) -> Checkout {
        Checkout {
            id: CheckoutId::from_u128(1),
            cart: CartId::from_u128(2),
            order: OrderId::from_u128(1),
            payment: None,
            status: CheckoutStatus::Authorizing,
            reserved: Vec::new(),
            expires_at: moment(9),
            problem: problem.map(str::to_owned),
            created_at: moment(0),
            updated_at: moment(0),
            version: 1,
        }
    }

    #[test]
    fn a_refusal_is_told_again_in_the_same_words_and_with_the_same_code() {
        let declined = Rejection::PaymentDeclined { reason: "no: not today".to_owned() };
        for refusal in [declined, Rejection::ReservationExpired] {
            let mut set = ChangeSet::new(moment(1), crate::id::CommandId::from_u128(1));
            let again =
                undone(&unwound(&checkout(None), &refusal, false, &mut set).expect("legal"));
            assert_eq!((again.code(), again.to_string()), (refusal.code(), refusal.to_string()));
        }
        assert_eq!(undone(&checkout(None)).code(), "checkout.undone");
        assert_eq!(undone(&checkout(Some("odd: text"))).to_string(), "odd: text");
    }
}
