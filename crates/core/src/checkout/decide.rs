//! What the steps of the checkout saga write. The flow of the engine decides when; here stands what.

use super::{Checkout, CheckoutMove, CheckoutStatus, PromotionUse};
use crate::cart::{self, Cart};
use crate::change::{Change, ChangeSet, StockChange};
use crate::event::{Event, EventData, EventKind};
use crate::id::CheckoutId;
use crate::inventory::{Allocation, SourcedUnits, StockKey};
use crate::order::{self, Order, OrderAction};
use crate::payment::Payment;
use crate::rejection::{Rejection, promised_code};
use crate::status::Status as _;
use crate::time::Timestamp;

/// What the first commit of a checkout is made of.
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

/// Writes the step `place_order` but for its payment: order placed, reservations into allocations, cart
/// closed, promotion uses counted, events told. Returns the order and the log record as they are to be.
pub fn place(
    checkout: &Checkout,
    order: &Order,
    cart: &Cart,
    untracked: &[(u32, StockKey)],
    uses: &[PromotionUse],
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
    for promotion in uses {
        set.push(Change::PromotionUse {
            promotion: promotion.promotion,
            order: order.id,
            customer: promotion.customer.clone(),
            limit: promotion.limit,
            limit_per_customer: promotion.limit_per_customer,
        });
    }
    let status = checkout.status.after(CheckoutMove::Place)?;
    let record = moved(checkout, status, None, now);
    set.push(Change::Checkout(Box::new(record.clone())));
    let data = EventData::Order { number: placed.number, total: placed.total() };
    set.tell(Event { kind: EventKind::OrderPlaced, subject: placed.id.into(), data });
    Ok((placed, record))
}

/// Undoes `open_order`: the order called off. Its cart stays open.
pub fn cancel_order(order: &Order, problem: &str, set: &mut ChangeSet) -> Result<(), Rejection> {
    set.changes.extend(order::cancel(order, &[], problem, set.at)?);
    Ok(())
}

/// Ends the undo: the log record keeps the refusal, and says whether the provider still has to drop a hold.
pub fn unwound(
    checkout: &Checkout,
    refusal: &Rejection,
    void_is_due: bool,
    set: &mut ChangeSet,
) -> Result<Checkout, Rejection> {
    let mut status = checkout.status.after(CheckoutMove::Unwind)?;
    if !void_is_due {
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
pub fn undone(checkout: &Checkout) -> Rejection {
    let problem = checkout.problem.as_deref().unwrap_or("the checkout was undone");
    let kept =
        problem.split_once(": ").and_then(|(code, reason)| Some((promised_code(code)?, reason)));
    let (code, reason) = kept.unwrap_or(("checkout.undone", problem));
    Rejection::CheckoutUndone { code, reason: reason.to_owned() }
}

/// Returns the log record after a move that writes nothing else. A new problem is added to the refusal that is kept.
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
