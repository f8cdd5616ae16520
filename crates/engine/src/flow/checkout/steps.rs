//! The steps of the checkout, and what reverses them. Each is short: facts are read, core decides, the set takes it.

use sutler_core::cart;
use sutler_core::catalog::CapturePolicy;
use sutler_core::change::ChangeSet;
use sutler_core::checkout::{self, Begun};
use sutler_core::credit::{Credit, Redemption, redemptions};
use sutler_core::id::PaymentId;
use sutler_core::inventory::{Demand, StockKey, source};
use sutler_core::money::Money;
use sutler_core::order::{self, Order};
use sutler_core::payment::{Payment, PaymentDraft};
use sutler_core::pricing::Quote;
use sutler_core::rejection::Rejection;
use sutler_core::shop::Setup;
use sutler_core::shown::shown;

use super::saga::{Opened, Saga};
use crate::FlowError;
use crate::flow::cart::QuoteFor;
use crate::flow::gift::quoted_variants;

/// Prices the cart at this moment; a total other than the one the buyer saw is refused with both.
pub(super) fn freeze_quote(saga: &mut Saga<'_>, set: &mut ChangeSet) -> Result<(), FlowError> {
    let command = command(saga)?;
    order::check_email(&command.email)?;
    command.ship_to.check().map_err(Rejection::from)?;
    let cart = saga.shop.cart(command.cart)?;
    cart::require_open(&cart, set.at)?;
    let goods = saga.shop.store().goods(&quoted_variants(saga.setup()?, &cart, set.at), set.at)?;
    for line in &cart.lines {
        let (product, variant) =
            goods.get(line.variant).ok_or_else(|| Rejection::not_found("variant", line.variant))?;
        cart::require_for_sale(product, variant, set.at)?;
    }
    let quoted = |pay: Option<String>| {
        let wanted = QuoteFor {
            ship_to: Some(command.ship_to.clone()),
            delivery: Some(command.delivery.clone()),
            email: Some(command.email.clone()),
            pay,
            buyer_tax: command.buyer_tax.clone(),
        };
        saga.shop.quote_cart(saga.setup()?, &cart, &goods, &wanted, set.at)
    };
    let (quote, redeemed) = if command.credit.is_none() {
        (quoted(command.pay.clone())?, Vec::new())
    } else {
        let credits = credits(saga, &cart)?;
        let by_credit = |quote: &Quote| redemptions(quote.totals.total, &credits, set.at);
        // A fee on a way of paying is not owed when nothing is paid that way.
        let bare = quoted(None)?;
        let parts = by_credit(&bare)?;
        if command.pay.is_none() || due(&bare, &parts)?.is_zero() {
            (bare, parts)
        } else {
            let quote = quoted(command.pay.clone())?;
            let parts = by_credit(&quote)?;
            (quote, parts)
        }
    };
    quote.check_coupons().map_err(Rejection::from)?;
    if let Some(expected) = command.expect_total {
        let actual = quote.totals.total;
        if expected.currency() != actual.currency() {
            let wanted = actual.currency().code().to_owned();
            return Err(Rejection::WrongCurrency { given: expected.to_string(), wanted }.into());
        }
        if expected != actual && command.expect_quote.is_none() {
            let (moved, quote) = (Vec::new(), None);
            return Err(Rejection::QuoteChanged { expected, actual, moved, quote }.into());
        }
    }
    if let Some(seen) = command.expect_quote {
        quote.require_seen(seen)?;
    }
    saga.redeemed = redeemed;
    saga.frozen = Some((cart, goods, quote));
    Ok(())
}

/// Picks locations from a snapshot and reserves there; the guarded commit decides again.
pub(super) fn reserve_stock(saga: &mut Saga<'_>, set: &mut ChangeSet) -> Result<(), FlowError> {
    let command = command(saga)?;
    let (cart, goods, quote) = frozen(saga)?;
    let email = command.email.trim().to_owned();
    let order = order::fresh_order(
        saga.order,
        cart,
        email,
        command.ship_to.clone(),
        quote.clone(),
        |v| goods.get(v),
        set.at,
    )?;

    let tracked = order.lines.iter().filter(|line| line.tracks_stock);
    let demands: Vec<Demand> =
        tracked.map(|line| Demand { variant: line.variant, quantity: line.ordered }).collect();
    let country = Some(order.ship_to.country);
    let reserved =
        source(&demands, &goods.levels, &saga.setup()?.locations, country).map_err(|short| {
            let label = order
                .lines
                .iter()
                .find(|line| line.variant == short.variant)
                .map_or_else(String::new, order::OrderLine::label);
            Rejection::InsufficientStock {
                variant: short.variant,
                label,
                requested: short.requested,
                available: short.available,
            }
        })?;

    let channel = saga
        .setup()?
        .channel(cart.channel)
        .ok_or_else(|| Rejection::not_found("channel", cart.channel))?;
    let expires_at = set.at.plus_seconds(channel.reservation_seconds);
    let payment = payment(saga, &order, set)?;
    let begun = Begun { order, payment, reserved, expires_at };
    checkout::reserve_stock(&begun, set);
    saga.begun = Some(begun);
    Ok(())
}

/// Opens the order as pending, with its payment and the log record.
pub(super) fn open_order(saga: &mut Saga<'_>, set: &mut ChangeSet) -> Result<(), FlowError> {
    let (cart, ..) = frozen(saga)?;
    let begun = saga.begun.as_ref().ok_or_else(out_of_order)?;
    let (cart, checkout) = checkout::open_order(begun, cart, set);
    let Some(Begun { order, payment, .. }) = saga.begun.take() else { return Err(out_of_order()) };
    saga.opened = Some(Opened { cart, order, payment, credits: Vec::new(), checkout });
    Ok(())
}

/// Takes what gift cards and store credit pay off them; the guarded commit decides again.
pub(super) fn redeem_credit(saga: &mut Saga<'_>, set: &mut ChangeSet) -> Result<(), FlowError> {
    let (shop, parts) = (saga.shop, std::mem::take(&mut saga.redeemed));
    let opened = saga.opened.as_mut().ok_or_else(out_of_order)?;
    let next_id = || PaymentId::from_u128(shop.next_id());
    opened.credits = checkout::redeem_credit(&opened.order, &parts, next_id, set);
    Ok(())
}

/// Has the provider hold the money, under the key written with the order.
pub(super) fn authorize_payment(saga: &mut Saga<'_>, _: &mut ChangeSet) -> Result<(), FlowError> {
    let Some(payment) = saga.opened()?.payment.clone() else { return Ok(()) };
    let reply = saga.ask(&payment)?;
    saga.take_hold(&payment, reply)
}

/// One commit: order placed, reservations into allocations, cart closed, promotion uses counted, events told, and what the
/// provider answered.
pub(super) fn place_order(saga: &mut Saga<'_>, set: &mut ChangeSet) -> Result<(), FlowError> {
    let (opened, setup) = (saga.opened()?, saga.setup()?);
    let untracked = untracked(&opened.order, setup)?;
    let Opened { checkout, order, cart, .. } = opened;
    let (placed, _) = checkout::place(checkout, order, cart, &untracked, &setup.promotions, set)?;
    let payments = opened.payment.iter().chain(&opened.credits);
    let mut paid: Vec<PaymentDraft> =
        payments.map(|payment| PaymentDraft::new(payment.clone(), Vec::new())).collect();
    if let (Some(by_provider), Some(fact), Some(_)) =
        (paid.first_mut(), saga.fact.clone(), &opened.payment)
    {
        by_provider.record(fact);
    }
    saga.paid = paid;
    saga.placed = Some(placed);
    capture_payment(saga, set)
}

/// Queues the capture in the placing commit where the channel takes money at placement; else shipping queues it.
pub(super) fn capture_payment(saga: &mut Saga<'_>, set: &mut ChangeSet) -> Result<(), FlowError> {
    let channel = saga.setup()?.channel(saga.opened()?.order.channel);
    let at_placement = channel.is_some_and(|channel| channel.capture == CapturePolicy::AtPlacement);
    for paid in &mut saga.paid {
        if at_placement {
            paid.capture(paid.payment().amount, set.at);
        }
        paid.clone().write(set);
    }
    Ok(())
}

/// Reverses `reserve_stock`.
pub(super) fn release_stock(
    saga: &mut Saga<'_>,
    _: &str,
    set: &mut ChangeSet,
) -> Result<(), FlowError> {
    checkout::release_stock(&saga.opened()?.checkout, set);
    Ok(())
}

/// Reverses `open_order`.
pub(super) fn cancel_order(
    saga: &mut Saga<'_>,
    problem: &str,
    set: &mut ChangeSet,
) -> Result<(), FlowError> {
    Ok(checkout::cancel_order(&saga.opened()?.order, problem, set)?)
}

/// Reverses `redeem_credit`.
pub(super) fn return_credit(
    saga: &mut Saga<'_>,
    _: &str,
    set: &mut ChangeSet,
) -> Result<(), FlowError> {
    checkout::return_credit(&saga.opened()?.credits, set);
    Ok(())
}

/// Reverses `authorize_payment`.
pub(super) fn void_payment(
    saga: &mut Saga<'_>,
    problem: &str,
    set: &mut ChangeSet,
) -> Result<(), FlowError> {
    saga.void(problem, set)
}

fn out_of_order() -> FlowError {
    FlowError::Contended { what: "the checkout".to_owned() }
}

fn command<'a>(saga: &Saga<'a>) -> Result<&'a super::CheckoutCommand, FlowError> {
    saga.command.ok_or_else(out_of_order)
}

fn frozen<'s>(
    saga: &'s Saga<'_>,
) -> Result<&'s (cart::Cart, sutler_core::port::Goods, sutler_core::pricing::Quote), FlowError> {
    saga.frozen.as_ref().ok_or_else(out_of_order)
}

/// The gift cards and store credit that the buyer named.
fn credits(saga: &Saga<'_>, cart: &cart::Cart) -> Result<Vec<Credit>, FlowError> {
    let command = command(saga)?;
    let customer = order::buyer_key(cart.customer, Some(&command.email)).unwrap_or_default();
    let channel = saga
        .setup()?
        .channel(cart.channel)
        .ok_or_else(|| Rejection::not_found("channel", cart.channel))?;
    saga.shop.credits_chosen(&command.credit, &customer, channel.currency)
}

/// What is left to pay after credit.
fn due(quote: &Quote, parts: &[Redemption]) -> Result<Money, Rejection> {
    let paid = Money::checked_sum(parts.iter().map(|part| part.amount), quote.currency)?;
    Ok(quote.totals.total.checked_sub(paid)?)
}

/// The payment that a provider is to make; none when nothing is left to pay.
fn payment(saga: &Saga<'_>, order: &Order, set: &ChangeSet) -> Result<Option<Payment>, FlowError> {
    let command = command(saga)?;
    let due = due(&order.quote, &saga.redeemed)?;
    if let Some(expected) = command.credit.expect_due.filter(|expected| *expected != due) {
        return Err(Rejection::PaymentChanged { expected, actual: due }.into());
    }
    let Some(pay) = &command.pay else {
        let covered = due.is_zero().then_some(None);
        return covered.ok_or_else(|| Rejection::PaymentMissing { due }.into());
    };
    let (provider, method) = pay.split_once(':').unwrap_or((pay, ""));
    saga.shop.provider(provider)?.check_method(method).map_err(|why| Rejection::BadInput {
        what: "payment method",
        given: shown(pay),
        why,
    })?;
    if due.is_zero() {
        return Ok(None);
    }
    Ok(Some(Payment {
        id: PaymentId::from_u128(saga.shop.next_id()),
        order: order.id,
        provider: provider.to_owned(),
        method: method.to_owned(),
        amount: due,
        facts: Vec::new(),
        created_at: set.at,
        version: 1,
    }))
}

/// Where lines whose stock is not counted are served from: the preferred active location.
pub(super) fn untracked(order: &Order, setup: &Setup) -> Result<Vec<(u32, StockKey)>, FlowError> {
    let mut lines = order.lines.iter().filter(|line| !line.tracks_stock).peekable();
    if lines.peek().is_none() {
        return Ok(Vec::new());
    }
    let active = setup.locations.iter().filter(|location| location.active);
    let location = active
        .min_by_key(|location| (location.priority, location.id))
        .ok_or_else(|| Rejection::not_found("active stock location", "any"))?;
    Ok(lines
        .map(|line| (line.line, StockKey { variant: line.variant, location: location.id }))
        .collect())
}
