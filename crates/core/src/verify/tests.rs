//! Every invariant holds for records as the rules make them, and speaks when one of them is bent.

use std::collections::BTreeSet;

use super::*;
use crate::address::Address;
use crate::cart::{Cart, CartStatus};
use crate::catalog::{CategoryTree, Handle, Product, TaxRounding, Variant};
use crate::change::RecordRef;
use crate::checkout::{Checkout, CheckoutStatus};
use crate::event::{Event, EventData, EventKind, StoredEvent};
use crate::fulfillment::{Fulfillment, FulfillmentLine, FulfillmentStatus};
use crate::hash::ContentHash;
use crate::id::*;
use crate::inventory::{
    Allocation, MovementKind, Reservation, StockKey, StockLevel, StockMovement, StoredMovement,
};
use crate::money::{Currency, Money, Rate, Rounding};
use crate::order::{
    LoggedAction, Order, OrderAction, OrderLine, OrderNumber, OrderStatus, PromotionUse,
    promotion_uses,
};
use crate::payment::{FactKind, Payment, PaymentFact, PaymentTask, TaskKind, TaskStatus};
use crate::pricing::{
    AppliedPromotion, Benefit, CouponCode, Price, PriceList, Promotion, PromotionUses, Quote,
    QuoteHash, QuoteLine, QuoteTax, TaxCategory, TaxLine, TaxTreatment, Totals,
};
use crate::quantity::Quantity;
use crate::testing::moment;

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn key() -> StockKey {
    StockKey { variant: VariantId::from_u128(7), location: StockLocationId::from_u128(3) }
}

/// Two units at 10.00 EUR with 19 % in them.
fn quote() -> Quote {
    let quote = unhashed_quote();
    Quote { hash: quote.recomputed_hash(), ..quote }
}

fn unhashed_quote() -> Quote {
    let tax = TaxLine {
        name: "VAT".into(),
        rate: Rate::percent("19").expect("a rate"),
        category: TaxCategory::standard(),
        base: eur(1_681),
        amount: eur(319),
        treatment: TaxTreatment::Standard,
        level: 0,
        relieved: None,
    };
    let line = QuoteLine {
        line: 1,
        variant: key().variant,
        quantity: Quantity::new(2).expect("positive"),
        unit_price: eur(1_000),
        compare_at: None,
        price_list: PriceListId::from_u128(1),
        price_list_name: "Base".into(),
        min_quantity: 1,
        subtotal: eur(2_000),
        discounts: Vec::new(),
        discount_total: eur(0),
        tax: vec![tax],
        net: eur(1_681),
        tax_total: eur(319),
        total: eur(2_000),
    };
    Quote {
        currency: Currency::EUR,
        tax_inclusive: true,
        rounding: Rounding::HalfAwayFromZero,
        tax_rounding: TaxRounding::PerLine,
        country: "DE".parse().expect("two letters"),
        tax: QuoteTax::default(),
        fees: Vec::new(),
        lines: vec![line],
        delivery: None,
        totals: Totals {
            subtotal: eur(2_000),
            discount_total: eur(0),
            delivery_total: eur(0),
            fee_total: eur(0),
            tax_total: eur(319),
            total: eur(2_000),
        },
        promotions_applied: Vec::new(),
        promotions_refused: Vec::new(),
        coupons_refused: Vec::new(),
        combination: None,
        hash: QuoteHash::from_bytes([0; 32]),
    }
}

/// An order with everything that belongs to it.
#[derive(Clone)]
struct World {
    order: Order,
    log: Vec<LoggedAction>,
    allocations: Vec<Allocation>,
    fulfillments: Vec<Fulfillment>,
    cart: Cart,
    order_of_cart: Option<OrderId>,
}

/// A placed order of two units, of which one was shipped and delivered.
fn world() -> World {
    let (order, cart) = (OrderId::from_u128(1), CartId::from_u128(2));
    let ship_to = Address {
        name: "Ada".to_owned(),
        street: "Weg 1".to_owned(),
        postal_code: "12345".to_owned(),
        city: "Berlin".to_owned(),
        country: "DE".parse().expect("two letters"),
        region: None,
    };
    let line = OrderLine {
        line: 1,
        variant: key().variant,
        product: ProductId::from_u128(5),
        sku: None,
        title: "Tee".to_owned(),
        tracks_stock: true,
        requires_shipping: true,
        ordered: 2,
        canceled: 0,
        allocated: 2,
        shipped: 1,
        delivered: 1,
        return_requested: 0,
        returned: 0,
        refunded: 0,
    };
    let fulfillment = FulfillmentId::from_u128(9);
    let actions = [
        OrderAction::Opened,
        OrderAction::Placed,
        OrderAction::Shipped { fulfillment, lines: vec![(1, 1)] },
        OrderAction::Delivered { fulfillment, lines: vec![(1, 1)] },
    ];
    let log = (1..).zip(actions);
    World {
        order: Order {
            id: order,
            number: OrderNumber(1001),
            cart,
            channel: ChannelId::from_u128(1),
            status: OrderStatus::Placed,
            email: "ada@example.com".to_owned(),
            customer: None,
            ship_to,
            quote: quote(),
            lines: vec![line],
            created_at: moment(0),
            placed_at: Some(moment(1)),
            canceled_at: None,
            version: 4,
        },
        log: log.map(|(version, action)| LoggedAction { version, at: moment(1), action }).collect(),
        allocations: vec![Allocation {
            order,
            line: 1,
            key: key(),
            quantity: 2,
            shipped: 1,
            released: 0,
        }],
        fulfillments: vec![Fulfillment {
            id: fulfillment,
            order,
            location: key().location,
            status: FulfillmentStatus::Delivered,
            lines: vec![FulfillmentLine { line: 1, quantity: 1 }],
            shipment: None,
            created_at: moment(2),
            delivered_at: Some(moment(3)),
            version: 3,
        }],
        cart: Cart {
            id: cart,
            channel: ChannelId::from_u128(1),
            customer: None,
            status: CartStatus::Ordered,
            lines: Vec::new(),
            coupons: Vec::new(),
            order: Some(order),
            expires_at: moment(900),
            created_at: moment(0),
            version: 3,
        },
        order_of_cart: Some(order),
    }
}

fn words(found: &[Finding]) -> Vec<&'static str> {
    found.iter().map(|finding| finding.check).collect()
}

fn checked(world: &World) -> Vec<&'static str> {
    let facts = OrderFacts {
        order: &world.order,
        log: &world.log,
        allocations: &world.allocations,
        fulfillments: &world.fulfillments,
        cart: Some(&world.cart),
        order_of_cart: world.order_of_cart,
    };
    words(&check_order(&facts))
}

#[test]
fn the_words_are_sorted_and_unique() {
    assert!(CHECKS.windows(2).all(|pair| pair[0].word < pair[1].word));
}

#[test]
fn an_order_made_by_the_rules_is_clean() {
    assert_eq!(checked(&world()), [""; 0]);
    assert_eq!(check_quote(&world().order), []);
}

#[test]
fn every_bend_of_an_order_is_found_under_its_word() {
    type Bend = fn(&mut World);
    #[rustfmt::skip]
    let bends: &[(Bend, &[&str])] = &[
        (|w| w.order.lines[0].ordered = 3,               &["order.lines", "order.allocations"]),
        (|w| w.order.lines.clear(),                      &["order.lines", "order.allocations"]),
        (|w| { w.log.remove(2); },                       &["order.log", "order.counters"]),
        (|w| { w.log.pop(); },                           &["order.log", "order.counters"]),
        (|w| w.log[1].action = OrderAction::Opened,      &["order.log"]),
        (|w| w.log.swap(1, 2),                           &["order.log"]),
        (|w| w.order.status = OrderStatus::Pending,      &["order.log", "order.cart"]),
        (|w| w.order.placed_at = None,                   &["order.log", "order.allocations"]),
        (|w| w.order.placed_at = w.order.placed_at.map(|at| at.plus_seconds(1)), &["order.log"]),
        (|w| w.order.version = 5,                        &["order.log"]),
        (|w| w.order.lines[0].shipped = 2,               &["order.counters", "order.allocations", "order.fulfillments"]),
        (|w| w.order.lines[0].delivered = 2,             &["order.counters", "order.fulfillments"]),
        (|w| w.order.lines[0].allocated = 1,             &["order.allocations"]),
        (|w| w.allocations[0].shipped = 3,               &["order.allocations"]),
        (|w| w.allocations[0].shipped = 2,               &["order.allocations"]),
        (|w| w.allocations[0].quantity = 1,              &["order.allocations"]),
        (|w| w.allocations[0].line = 2,                  &["order.allocations", "order.allocations"]),
        (|w| w.allocations[0].key.variant = VariantId::from_u128(8), &["order.allocations"]),
        (|w| w.allocations.clear(),                      &["order.allocations"]),
        (|w| w.fulfillments.clear(),                     &["order.fulfillments"]),
        (|w| w.fulfillments[0].status = FulfillmentStatus::Shipped, &["order.fulfillments"]),
        (|w| w.fulfillments[0].location = StockLocationId::from_u128(4), &["order.fulfillments"]),
        (|w| w.allocations[0].key.location = StockLocationId::from_u128(4), &["order.fulfillments"]),
        (|w| {
            // A second location promised as well, but nothing of it has left.
            w.allocations[0].quantity = 1;
            let other = StockKey { location: StockLocationId::from_u128(4), ..key() };
            w.allocations.push(Allocation { key: other, shipped: 0, ..w.allocations[0] });
            w.fulfillments[0].location = other.location;
        },                                               &["order.fulfillments"]),
        (|w| w.cart.order = None,                        &["order.cart"]),
        (|w| w.cart.status = CartStatus::Open,           &["order.cart"]),
        (|w| w.order_of_cart = Some(OrderId::from_u128(77)), &["order.cart"]),
        (|w| w.order_of_cart = None,                     &["order.cart"]),
    ];
    for (at, (bend, expected)) in bends.iter().enumerate() {
        let mut world = world();
        bend(&mut world);
        assert_eq!(checked(&world), *expected, "bend {at}");
    }
}

#[test]
fn a_quote_that_does_not_add_up_is_found() {
    type Bend = fn(&mut Quote);
    #[rustfmt::skip]
    let bends: &[(Bend, &[&str])] = &[
        (|q| q.totals.total = eur(1_999),                          &["money.quote", "money.hash"]),
        (|q| q.lines[0].unit_price = eur(999),                     &["money.quote", "money.hash"]),
        (|q| q.lines[0].compare_at = Some(eur(3_000)),             &["money.hash"]),
        (|q| q.hash = QuoteHash::from_bytes([7; 32]),              &["money.hash"]),
        (|q| q.totals.subtotal = Money::from_minor(2_000, Currency::USD), &["money.quote"]),
        (|q| q.lines[0].tax[0].base = eur(1_682),                  &["money.tax", "money.hash"]),
        (|q| {
            // Adds up in itself, but is not what 19 % gives.
            q.lines[0].tax[0].amount = eur(330);
            q.lines[0].tax[0].base = eur(1_670);
            q.lines[0].tax_total = eur(330);
            q.lines[0].net = eur(1_670);
            q.totals.tax_total = eur(330);
        },                                                         &["money.tax", "money.hash"]),
    ];
    for (at, (bend, expected)) in bends.iter().enumerate() {
        let mut order = world().order;
        bend(&mut order.quote);
        assert_eq!(words(&check_quote(&order)), *expected, "bend {at}");
    }
}

fn payment_of(facts: &[PaymentFact]) -> Payment {
    Payment {
        id: PaymentId::from_u128(4),
        order: OrderId::from_u128(1),
        provider: "test".to_owned(),
        method: "ok".to_owned(),
        amount: eur(2_000),
        facts: facts.to_vec(),
        created_at: moment(0),
        version: 1,
    }
}

fn refund_task(status: TaskStatus) -> PaymentTask {
    PaymentTask {
        key: "pay_4:refund:1@1".to_owned(),
        payment: PaymentId::from_u128(4),
        kind: TaskKind::Refund,
        amount: eur(500),
        status,
        attempts: 1,
        due_at: moment(1),
        last_error: None,
    }
}

#[test]
fn money_that_waits_for_a_person_is_remarked() {
    let taken = PaymentFact {
        kind: FactKind::Captured,
        amount: eur(2_000),
        reference: "c".to_owned(),
        at: moment(1),
    };
    let returned =
        PaymentFact { kind: FactKind::Refunded, reference: "r".to_owned(), ..taken.clone() };
    let held = PaymentFact { kind: FactKind::Authorized, ..taken.clone() };
    let remarks = |canceled: bool, facts: &[&PaymentFact], status: Option<TaskStatus>| {
        let mut order = world().order;
        order.status = if canceled { OrderStatus::Canceled } else { OrderStatus::Placed };
        let facts: Vec<_> = facts.iter().copied().cloned().collect();
        let tasks = status.map(refund_task).into_iter().collect();
        words(&remark_payments(&order, &[(payment_of(&facts), tasks)]))
    };
    assert_eq!(remarks(false, &[&taken], None), [""; 0]);
    assert_eq!(remarks(false, &[&taken], Some(TaskStatus::Refused)), ["payment.refused"]);
    assert_eq!(remarks(true, &[&taken], None), ["payment.left"]);
    assert_eq!(remarks(true, &[&held], None), ["payment.left"]);
    assert_eq!(remarks(true, &[&taken], Some(TaskStatus::Queued)), [""; 0]);
    assert_eq!(remarks(true, &[&taken, &returned], None), [""; 0]);
    assert_eq!(
        remarks(true, &[&taken], Some(TaskStatus::Refused)),
        ["payment.refused", "payment.left"]
    );
}

#[test]
fn payments_hold_their_order_and_their_currency() {
    let fact = |kind, amount: Money| PaymentFact {
        kind,
        amount,
        reference: format!("{kind:?}"),
        at: moment(1),
    };
    let paid = |facts: &[PaymentFact], tasks: &[PaymentTask]| {
        let written = 1 + facts.len() + 2 * tasks.len();
        let payment = Payment { version: written.try_into().expect("small"), ..payment_of(facts) };
        words(&check_payments(&world().order, &[(payment, tasks.to_vec())]))
    };
    let task = refund_task(TaskStatus::Done);
    let captured = fact(FactKind::Captured, eur(2_000));
    let refunded = fact(FactKind::Refunded, eur(500));
    assert_eq!(paid(&[captured.clone(), refunded.clone()], std::slice::from_ref(&task)), [""; 0]);
    assert_eq!(paid(std::slice::from_ref(&captured), &[task]), ["payment.task"]);
    assert_eq!(paid(&[refunded], &[]), ["payment.facts"]);
    let foreign = fact(FactKind::Captured, Money::from_minor(1, Currency::USD));
    assert_eq!(paid(&[foreign], &[]), ["money.currency"]);
}

#[test]
fn a_payment_that_lost_a_fact_or_a_task_is_found() {
    let held = PaymentFact {
        kind: FactKind::Authorized,
        amount: eur(2_000),
        reference: "h".to_owned(),
        at: moment(1),
    };
    let capture = |attempts| PaymentTask {
        key: "pay_4:capture:1".to_owned(),
        kind: TaskKind::Capture,
        attempts,
        ..refund_task(TaskStatus::Queued)
    };
    let off = |status, version, facts: &[PaymentFact], tasks: &[PaymentTask]| {
        let order = Order { status, ..world().order };
        let payment = Payment { version, ..payment_of(facts) };
        !check_payments(&order, &[(payment, tasks.to_vec())]).is_empty()
    };
    use OrderStatus::{Canceled, Placed};
    let facts = std::slice::from_ref(&held);
    assert!(!off(Placed, 3, facts, &[capture(0)]), "opened, held, queued");
    assert!(!off(Placed, 5, facts, &[capture(2)]), "tried twice");
    assert!(off(Placed, 3, facts, &[]), "the task is gone");
    assert!(off(Placed, 3, &[], &[capture(0)]), "the fact is gone");
    assert!(off(Placed, 3, facts, &[capture(1)]), "an attempt that nobody made");
    assert!(!off(Canceled, 4, facts, &[capture(0)]), "the cancellation touched it");
    assert!(off(Canceled, 2, facts, &[capture(0)]), "nobody wrote that");
}

fn movement(kind: MovementKind, quantity: u32) -> StockMovement {
    StockMovement { key: key(), kind, quantity, cause: None, reason: None }
}

#[test]
fn a_level_must_be_what_its_ledger_its_reservations_and_its_promises_say() {
    type Bend = fn(&mut StockLevel);
    let run = |bend: Bend, promised: u32| {
        let mut window = StockWindow::new(None, None);
        for (kind, quantity) in
            [(MovementKind::Received, 9), (MovementKind::Reserved, 3), (MovementKind::Allocated, 1)]
        {
            window.movement(&movement(kind, quantity));
        }
        let mut level =
            StockLevel { on_hand: 9, reserved: 2, allocated: 1, ..StockLevel::default() };
        bend(&mut level);
        window.level(key(), level);
        window.reservation(&Reservation {
            key: key(),
            expires_at: moment(0),
            checkout: CheckoutId::from_u128(1),
            quantity: 2,
        });
        window.promise(key(), promised);
        words(&window.finish())
    };
    assert_eq!(run(|_| {}, 1), [""; 0]);
    assert_eq!(run(|level| level.on_hand = 8, 1), ["stock.level"]);
    assert_eq!(run(|level| level.reserved = 1, 1), ["stock.level", "stock.reserved"]);
    assert_eq!(run(|level| level.allocated = 2, 2), ["stock.level"]);
    assert_eq!(run(|_| {}, 0), ["stock.allocated"]);
    assert_eq!(run(|level| level.on_hand = 2, 1), ["stock.level", "stock.limit"]);
}

#[test]
fn a_ledger_without_a_level_and_one_below_zero_are_found() {
    let mut window = StockWindow::new(None, None);
    window.movement(&movement(MovementKind::Received, 1));
    assert_eq!(words(&window.finish()), ["stock.level"]);
    let mut window = StockWindow::new(None, None);
    window.movement(&movement(MovementKind::Shipped, 1));
    assert_eq!(words(&window.finish()), ["stock.level"]);
}

#[test]
fn a_window_counts_only_its_own_keys() {
    let mut before = StockWindow::new(None, Some(key()));
    let mut behind = StockWindow::new(Some(key()), None);
    before.movement(&movement(MovementKind::Received, 1));
    behind.movement(&movement(MovementKind::Received, 1));
    assert_eq!((before.finish().len(), behind.finish().len()), (1, 0));
}

fn ledger() -> (Vec<StoredMovement>, ContentHash) {
    let mut head = ContentHash::ZERO;
    let entries = (1..=3).map(|seq| {
        let movement = movement(MovementKind::Received, 5);
        head = head.chain(&movement.chain_input(seq, moment(1)));
        StoredMovement { seq, at: moment(1), movement, link: head.link() }
    });
    (entries.collect(), head)
}

#[test]
fn a_changed_missing_or_added_entry_breaks_its_ledger_once() {
    let run = |entries: &[StoredMovement], kept| {
        let mut chain = LedgerChain::new(key().location);
        let mut found: Vec<Finding> = entries.iter().filter_map(|e| chain.entry(e)).collect();
        found.extend(chain.finish(kept));
        words(&found)
    };
    let (entries, head) = ledger();
    assert_eq!(run(&entries, (3, head)), [""; 0]);
    let mut changed = entries.clone();
    changed[0].movement.quantity = 6;
    assert_eq!(run(&changed, (3, head)), ["stock.chain"]);
    let mut moved = entries.clone();
    moved[1].at = moment(2);
    assert_eq!(run(&moved, (3, head)), ["stock.chain"]);
    assert_eq!(run(&entries[1..], (3, head)), ["stock.chain"]);
    assert_eq!(run(&entries[..2], (3, head)), ["stock.chain"]);
    assert_eq!(run(&entries, (3, ContentHash::ZERO)), ["stock.chain"]);
}

fn event(seq: u64, subject_seq: u64, kind: EventKind) -> StoredEvent {
    let data = EventData::Order { number: OrderNumber(1001), total: eur(2_000) };
    let event = Event { kind, subject: OrderId::from_u128(1).into(), data };
    let command = CommandId::from_u128(1);
    StoredEvent { seq, subject_seq, at: moment(1), command, event, link: 0 }
}

#[test]
fn a_changed_event_breaks_the_log_once() {
    let mut head = ContentHash::ZERO;
    let mut log: Vec<StoredEvent> = (1..=3).map(|n| event(n, n, EventKind::OrderPlaced)).collect();
    for stored in &mut log {
        let (seq, subject_seq) = (stored.seq, stored.subject_seq);
        let input = stored.event.chain_input(seq, subject_seq, stored.at, stored.command, "{}");
        head = head.chain(&input);
        stored.link = head.link();
    }
    let run = |log: &[StoredEvent], kept| {
        let mut chain = EventChain::default();
        let mut found: Vec<Finding> = log.iter().filter_map(|e| chain.event(e, "{}")).collect();
        found.extend(chain.finish(kept));
        words(&found)
    };
    assert_eq!(run(&log, (3, head)), [""; 0]);
    assert_eq!(run(&log[..2], (3, head)), ["event.chain"]);
    log[1].event.kind = EventKind::OrderCanceled;
    assert_eq!(run(&log, (3, head)), ["event.chain"]);
}

#[test]
fn gaps_and_second_placements_of_a_subject_are_found() {
    let run = |log: &[(u64, EventKind)]| {
        let mut window = SubjectWindow::new(0, 1);
        let stored =
            (1..).zip(log).map(|(seq, &(subject_seq, kind))| event(seq, subject_seq, kind));
        let found: Vec<Finding> = stored.filter_map(|e| window.event(&e)).collect();
        (words(&found), window.placed())
    };
    let (placed, canceled) = (EventKind::OrderPlaced, EventKind::OrderCanceled);
    assert_eq!(run(&[(1, placed), (2, canceled)]), (vec![], 1));
    assert_eq!(run(&[(1, placed), (3, canceled), (5, canceled)]), (vec!["event.sequence"], 1));
    assert_eq!(run(&[(2, placed)]), (vec!["event.sequence"], 1));
    assert_eq!(run(&[(1, placed), (2, placed)]), (vec!["event.placed"], 1));
    let mut elsewhere = SubjectWindow::new(0, 2);
    assert_eq!(elsewhere.event(&event(1, 9, placed)), None, "subject 1 is in part 1");
}

#[test]
fn a_placed_event_must_tell_of_the_order_as_it_is() {
    let told = |order: Option<&Order>| {
        check_placed_event(&event(1, 1, EventKind::OrderPlaced), order).map(|found| found.check)
    };
    let order = world().order;
    assert_eq!(told(Some(&order)), None);
    assert_eq!(told(None), Some("event.placed"));
    assert_eq!(told(Some(&Order { placed_at: None, ..order.clone() })), Some("event.placed"));
    assert_eq!(told(Some(&Order { number: OrderNumber(7), ..order })), Some("event.placed"));
    let orders =
        |ids: &[u128]| ids.iter().map(|id| OrderId::from_u128(*id)).collect::<BTreeSet<_>>();
    let found = placed_but_not_told(&orders(&[1, 2]), &orders(&[1]));
    assert_eq!(
        found.iter().map(|f| f.subject.parse()).collect::<Vec<_>>(),
        [Ok(RecordRef::Order(OrderId::from_u128(2)))]
    );
}

#[test]
fn uses_of_a_promotion_are_the_placed_orders_that_hold_it() {
    let promotion = Promotion::new(PromotionId::from_u128(6), "Spring", Benefit::FreeDelivery);
    let mut order = world().order;
    order.quote.promotions_applied.push(AppliedPromotion {
        promotion: promotion.id,
        name: promotion.name.as_str().into(),
        coupon: None,
        amount: eur(100),
        units: 1,
    });
    let mut tally = PromotionTally::default();
    tally.order(&order);
    let counted = PromotionUses {
        total: 1,
        units: 1,
        given: Some(eur(100)),
        ..PromotionUses::none(promotion.id)
    };
    let word = |counted: &[PromotionUses]| tally.check(&promotion, counted).map(|f| f.check);
    assert_eq!(word(std::slice::from_ref(&counted)), None);
    for wrong in [
        PromotionUses { total: 2, ..counted.clone() },
        PromotionUses { units: 0, ..counted.clone() },
        PromotionUses { given: Some(eur(99)), ..counted.clone() },
        PromotionUses { given: None, ..counted },
    ] {
        assert_eq!(word(&[wrong]), Some("promotion.uses"));
    }

    let used = promotion_uses(&order);
    let word = |order: &Order, counted: &[PromotionUse]| {
        check_promotion_uses(order, counted).map(|found| found.check)
    };
    assert_eq!(word(&order, &used), None);
    let of = |change: fn(&mut PromotionUse)| {
        let mut wrong = used.clone();
        change(&mut wrong[0]);
        wrong
    };
    for wrong in [
        of(|used| used.customer.push('x')),
        of(|used| used.coupon = CouponCode::new("X").ok()),
        of(|used| used.units += 1),
        of(|used| used.amount = eur(1)),
        Vec::new(),
    ] {
        assert_eq!(word(&order, &wrong), Some("promotion.uses"));
    }
    let canceled = Order { status: OrderStatus::Canceled, ..order };
    assert_eq!(word(&canceled, &used), Some("promotion.uses"));
    let mut nothing = PromotionTally::default();
    nothing.order(&canceled);
    assert_eq!(nothing.check(&promotion, &[PromotionUses::none(promotion.id)]), None);
}

fn checkout(status: CheckoutStatus) -> Checkout {
    Checkout {
        id: CheckoutId::from_u128(1),
        cart: CartId::from_u128(2),
        order: OrderId::from_u128(1),
        payment: None,
        status,
        reserved: Vec::new(),
        expires_at: moment(900),
        problem: None,
        created_at: moment(0),
        updated_at: moment(0),
        version: 1,
    }
}

#[test]
fn an_open_checkout_needs_its_order_and_ages() {
    let pending = Order { status: OrderStatus::Pending, ..world().order };
    let open = checkout(CheckoutStatus::Authorizing);
    assert_eq!(check_open_checkout(&open, Some(&pending), &[], moment(1)), OpenCheckout::default());
    let late = check_open_checkout(&open, Some(&pending), &[], moment(61));
    assert_eq!((late.findings.len(), late.remark.map(|r| r.check)), (0, Some("checkout.overdue")));
    let stuck =
        check_open_checkout(&checkout(CheckoutStatus::Stuck), Some(&pending), &[], moment(1));
    assert!(stuck.remark.is_some());
    let undone =
        Checkout { payment: Some(PaymentId::from_u128(4)), ..checkout(CheckoutStatus::Unwinding) };
    let canceled = Order { status: OrderStatus::Canceled, ..world().order };
    let remark = |tasks: &[PaymentTask], seconds| {
        check_open_checkout(&undone, Some(&canceled), tasks, moment(seconds)).remark
    };
    assert_eq!(remark(&[], 61), None, "it may be held late, which is looked for");
    assert!(remark(&[], 24 * 60 * 60).is_some());
    assert!(remark(&[refund_task(TaskStatus::Queued)], 61).is_some());
    for order in
        [None, Some(&world().order), Some(&Order { cart: CartId::from_u128(9), ..pending })]
    {
        assert_eq!(
            words(&check_open_checkout(&open, order, &[], moment(1)).findings),
            ["checkout.order"]
        );
    }
}

#[test]
fn a_reservation_that_holds_belongs_to_an_open_checkout() {
    let held = Reservation {
        key: key(),
        expires_at: moment(900),
        checkout: CheckoutId::from_u128(1),
        quantity: 1,
    };
    let orphan = |status: Option<CheckoutStatus>, now| {
        check_reservation(&held, status.map(checkout).as_ref(), moment(now)).is_some()
    };
    assert!(!orphan(Some(CheckoutStatus::Authorizing), 1));
    assert!(orphan(Some(CheckoutStatus::Placed), 1));
    assert!(orphan(None, 1));
    assert!(!orphan(None, 900), "it ran out");
}

#[test]
fn products_and_prices_are_held_to_their_own_rules() {
    let variant = |id| Variant::new(VariantId::from_u128(id));
    let (id, handle) = (ProductId::from_u128(5), Handle::new("tee").expect("a handle"));
    let variants = vec![variant(1), variant(2)];
    let product = Product {
        categories: vec![CategoryId::from_u128(1)],
        ..Product::new(id, handle, "Tee", variants, moment(0))
    };
    let found = check_product(&product, &CategoryTree::default());
    assert_eq!(
        words(&found),
        ["catalog.product", "catalog.product"],
        "twice the same, no category"
    );

    let list = PriceList::new(PriceListId::from_u128(1), "Base", Currency::EUR);
    let price = Price {
        list: list.id,
        variant: VariantId::from_u128(1),
        min_quantity: 1,
        amount: eur(100),
        compare_at: None,
    };
    let unknown = Price { list: PriceListId::from_u128(2), ..price.clone() };
    let foreign = Price { amount: Money::from_minor(1, Currency::USD), ..price.clone() };
    assert_eq!(words(&check_prices(&[price, unknown, foreign], &[list])).len(), 2);
}
