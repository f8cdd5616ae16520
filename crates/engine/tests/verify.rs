//! `verify` says nothing about a shop that was used well, and finds whatever is bent.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod catalog_given;
mod tampered;

use std::sync::Arc;

use catalog_given::{Bazaar, DEMO, NextIds, goods};
use sutler_core::catalog::{Category, Product};
use sutler_core::change::{Change, ChangeSet, CommitOutcome};
use sutler_core::event::{Event, EventData, EventKind};
use sutler_core::id::{CategoryId, CheckoutId, CommandId, OrderId, PromotionId};
use sutler_core::inventory::{Allocation, SourcedUnits, StockKey};
use sutler_core::money::{Currency, Money, Rate};
use sutler_core::order::{Order, OrderAction};
use sutler_core::payment::{FactKind, PaymentFact};
use sutler_core::port::{
    CatalogReader as _, Clock as _, OrderReader as _, SetupReader as _, Store as _,
};
use sutler_core::pricing::{Benefit, Condition, CouponCode, Limits, Price, Promotion};
use sutler_core::quantity::Quantity;
use sutler_engine::flow::checkout::CheckoutCommand;
use sutler_engine::flow::fulfill::ShipCommand;
use sutler_engine::flow::verify::VerifyReport;
use sutler_engine::{FlowError, Shop};
use tampered::Tampered;

const TEE: &[&str] = &[
    "tee,Wool tee,Size,S,TEE-S,shopify,9,deny,19.90,Apparel > Shirts,TRUE,active",
    "tee,,,M,TEE-M,shopify,4,continue,21.90,,,",
    "gift,Gift card,,,GIFT,,,deny,25.00,,TRUE,active",
];

fn ship(lines: &[(&str, u32)]) -> ShipCommand {
    ShipCommand {
        lines: lines
            .iter()
            .map(|(sku, units)| ((*sku).to_owned(), Quantity::new(*units).unwrap()))
            .collect(),
        unpaid: true,
        ..ShipCommand::new("dhl")
    }
}

/// A shop with an order that was partly shipped, one that was refunded, one that was canceled, and one of untracked goods.
fn busy() -> Bazaar {
    let bazaar = Bazaar::with(&goods(TEE));
    let shop = &bazaar.shop;
    let first = bazaar.buy("TEE-S", 3).unwrap().order.number;
    shop.fulfill_ship(first, &ship(&[("TEE-S", 1)])).unwrap();
    shop.run_payment_tasks().unwrap();
    shop.fulfill_deliver(first, None).unwrap();
    let second = bazaar.buy("TEE-M", 6).unwrap().order.number;
    shop.capture(second, None).unwrap();
    shop.run_payment_tasks().unwrap();
    shop.refund(second, Some(Money::from_minor(500, Currency::EUR)), "scratched", None).unwrap();
    shop.run_payment_tasks().unwrap();
    let third = bazaar.buy("TEE-S", 2).unwrap().order.number;
    shop.order_cancel(third, "changed her mind", None).unwrap();
    shop.run_payment_tasks().unwrap();
    let fourth = bazaar.buy("GIFT", 1).unwrap().order.number;
    shop.fulfill_ship(fourth, &ship(&[])).unwrap();
    bazaar
}

fn words(report: &VerifyReport) -> Vec<&'static str> {
    let mut words: Vec<&str> = report.findings.iter().map(|finding| finding.check).collect();
    words.dedup();
    words
}

#[track_caller]
fn verify(shop: &Shop) -> VerifyReport {
    shop.verify(&mut |_| {}).unwrap()
}

#[test]
fn a_shop_that_was_used_well_is_clean() {
    let bazaar = busy();
    let mut steps = Vec::new();
    let report = bazaar.shop.verify(&mut |step| steps.push(step.to_owned())).unwrap();
    assert!(report.is_clean(), "{:#?}", report.findings);
    assert_eq!(report.remarks, []);
    assert_eq!((report.counts.products, report.counts.orders, report.counts.payments), (2, 4, 4));
    assert!(report.counts.movements > 8 && report.counts.events > 10 && report.counts.levels == 2);
    assert_eq!(
        steps,
        [
            "the catalog",
            "stock",
            "orders",
            "gift cards and store credit",
            "checkouts",
            "events",
            "the store itself"
        ]
    );
}

#[test]
fn an_empty_shop_and_a_filled_one_are_clean() {
    assert!(verify(&Bazaar::empty().shop).is_clean());
    assert!(verify(&Bazaar::with(DEMO).shop).is_clean());
}

/// Tampers with the answers of a busy shop's store and returns what is found.
fn found(tamper: impl FnOnce(&mut Tampered)) -> Vec<&'static str> {
    let bazaar = busy();
    let mut store = Tampered::nothing(bazaar.store.clone());
    tamper(&mut store);
    let shop = Shop::new(Arc::new(store), bazaar.clock.clone(), Arc::new(NextIds::default()));
    words(&verify(&shop))
}

#[test]
fn tampering_with_the_store_is_found() {
    assert_eq!(found(|_| {}), [""; 0]);
    assert_eq!(found(|s| s.level = |_, level| level.on_hand += 1), ["stock.level"]);
    assert_eq!(
        found(|s| s.level = |_, level| level.reserved += 1),
        ["stock.level", "stock.reserved", "stock.level", "stock.reserved"]
    );
    assert_eq!(found(|s| s.level = |_, level| level.backorder_limit = 0), ["stock.limit"]);
    assert_eq!(
        found(|s| s.movement = |entry| entry.movement.quantity += u32::from(entry.seq == 2)),
        ["stock.chain", "stock.level"]
    );
    assert_eq!(found(|s| s.movement = |entry| entry.link += 1), ["stock.chain"]);
    assert_eq!(
        found(|s| s.event = |stored| stored.link ^= i64::from(stored.seq == 3)),
        ["event.chain"]
    );
    assert_eq!(
        found(|s| s.event = |stored| stored.subject_seq += u64::from(stored.seq == 3)),
        ["event.chain", "event.sequence"]
    );
    assert_eq!(
        found(|s| s.event = |stored| if stored.event.kind == EventKind::OrderPlaced {
            stored.event.kind = EventKind::OrderCanceled
        }),
        ["event.chain", "event.placed"]
    );
    assert_eq!(
        found(|s| s.log = |log| {
            log.pop();
        })
        .first(),
        Some(&"order.log")
    );
    assert_eq!(
        found(|s| s.order = |order| order.lines[0].delivered += 1).first(),
        Some(&"order.counters")
    );
    assert!(
        found(|s| s.order = |order| order.quote.totals.total = Money::from_minor(1, Currency::EUR))
            .contains(&"money.quote")
    );
    assert_eq!(
        found(|s| s.order = |order| order.quote.lines[0].tax[0].rate = Rate::percent("25").unwrap()),
        ["money.tax", "money.hash"].repeat(4)
    );
    assert_eq!(found(|s| s.tasks = Vec::clear), ["payment.task"]);
}

#[test]
fn a_provider_call_that_vanished_before_it_was_made_is_found() {
    let bazaar = Bazaar::with(&goods(TEE));
    let number = bazaar.buy("TEE-S", 1).unwrap().order.number;
    let order = newest(&bazaar);
    let payment = bazaar.store.payments(&[order.id]).unwrap().remove(0);
    let mut draft = sutler_core::payment::PaymentDraft::new(payment.clone(), Vec::new());
    draft.capture(payment.amount, bazaar.clock.now());
    let mut set = ChangeSet::new(bazaar.clock.now(), CommandId::from_u128(7));
    draft.write(&mut set);
    bazaar.store.commit(set).unwrap();
    assert!(verify(&bazaar.shop).is_clean(), "the capture of {number} is queued");
    let mut store = Tampered::nothing(bazaar.store.clone());
    store.tasks = Vec::clear;
    let shop = Shop::new(Arc::new(store), bazaar.clock.clone(), Arc::new(NextIds::default()));
    assert_eq!(words(&verify(&shop)), ["payment.task"]);
}

/// Writes changes past every rule, as a careless program would.
#[track_caller]
fn write(bazaar: &Bazaar, changes: Vec<Change>, events: Vec<Event>) {
    let mut set = ChangeSet::new(bazaar.clock.now(), CommandId::from_u128(7));
    set.changes = changes;
    set.events = events;
    let outcome = bazaar.store.commit(set).unwrap();
    assert!(matches!(outcome, CommitOutcome::Committed(_)), "{outcome:?}");
}

fn newest(bazaar: &Bazaar) -> Order {
    bazaar.store.order_page(Default::default(), None, 1).unwrap().remove(0)
}

/// Writes past every rule in a shop with one placed order and returns what is found.
fn careless(
    changes: impl FnOnce(&Bazaar, &Order) -> (Vec<Change>, Vec<Event>),
) -> Vec<&'static str> {
    let bazaar = Bazaar::with(&goods(TEE));
    bazaar.buy("TEE-S", 2).unwrap();
    let order = newest(&bazaar);
    let (changes, events) = changes(&bazaar, &order);
    write(&bazaar, changes, events);
    // What a back-end sees by itself stands beside what the rules say, and is not the same for each.
    let mut found = words(&verify(&bazaar.shop));
    found.retain(|check| !check.starts_with("store."));
    found
}

#[test]
fn careless_writes_are_found() {
    let told = |order: &Order| Event {
        kind: EventKind::OrderPlaced,
        subject: order.id.into(),
        data: EventData::Order { number: order.number, total: order.total() },
    };
    assert_eq!(
        careless(|_, order| (Vec::new(), vec![told(order)])),
        ["event.placed"],
        "told twice"
    );
    let ghost = Event {
        subject: OrderId::from_u128(99).into(),
        data: EventData::None {},
        kind: EventKind::OrderPlaced,
    };
    assert_eq!(careless(|_, _| (Vec::new(), vec![ghost])), ["event.placed"], "of nothing");

    let shipped = |_: &Bazaar, order: &Order| {
        let mut order = order.clone();
        order.version += 1;
        order.lines[0].shipped = 1;
        let action = OrderAction::Refunded {
            payment: sutler_core::id::PaymentId::from_u128(1),
            amount: order.total(),
            reason: String::new(),
            lines: Vec::new(),
        };
        (vec![Change::Order { order: Box::new(order), action }], Vec::new())
    };
    assert_eq!(careless(shipped), ["order.counters", "order.allocations", "order.fulfillments"]);

    let promised = |bazaar: &Bazaar, order: &Order| {
        let held: Allocation = bazaar.store.allocations(order.id).unwrap()[0];
        (vec![Change::Allocation(Allocation { quantity: held.quantity + 1, ..held })], Vec::new())
    };
    assert_eq!(careless(promised), ["order.allocations", "stock.allocated"]);

    let refunded = |bazaar: &Bazaar, order: &Order| {
        let payment = bazaar.store.payments(&[order.id]).unwrap().remove(0);
        let fact = PaymentFact {
            kind: FactKind::Refunded,
            amount: Money::from_minor(1, Currency::USD),
            reference: "x".to_owned(),
            at: bazaar.clock.now(),
        };
        (vec![Change::PaymentFact { payment: payment.id, fact, payment_version: None }], Vec::new())
    };
    assert_eq!(careless(refunded), ["money.currency", "payment.facts"]);

    let orphan = |bazaar: &Bazaar, order: &Order| {
        let location = bazaar.store.setup().unwrap().unwrap().locations[0].id;
        let key = StockKey { variant: order.lines[0].variant, location };
        let reserve = sutler_core::change::StockChange::Reserve {
            checkout: CheckoutId::from_u128(99),
            lines: vec![SourcedUnits { key, quantity: 1 }],
            expires_at: bazaar.clock.now().plus_seconds(60),
        };
        (vec![Change::Stock(reserve)], Vec::new())
    };
    assert_eq!(careless(orphan), ["reservation.orphan"]);

    let bent = |bazaar: &Bazaar, _: &Order| {
        let product = bazaar.shop.find_product("gift").unwrap();
        let mut variants = product.variants.clone();
        variants[0].option_values.push("XL".to_owned());
        let categories = vec![CategoryId::from_u128(99)];
        let bent = Product { version: product.version + 1, variants, categories, ..product };
        (vec![Change::Product(Box::new(bent))], Vec::new())
    };
    assert_eq!(careless(bent), ["catalog.product"]);

    let foreign = |bazaar: &Bazaar, order: &Order| {
        let list = bazaar.store.setup().unwrap().unwrap().price_lists[0].id;
        let amount = Money::from_minor(1, Currency::USD);
        let price = Price {
            list,
            variant: order.lines[0].variant,
            min_quantity: 1,
            amount,
            compare_at: None,
        };
        (vec![Change::Price(price)], Vec::new())
    };
    assert_eq!(careless(foreign), ["catalog.price"]);

    let orphaned = |bazaar: &Bazaar, _: &Order| {
        let shirts =
            bazaar.store.categories().unwrap().into_iter().find(|c| c.name == "Shirts").unwrap();
        let moved = Category {
            parent: Some(CategoryId::from_u128(99)),
            version: shirts.version + 1,
            ..shirts
        };
        (vec![Change::Category(moved)], Vec::new())
    };
    assert_eq!(careless(orphaned), ["catalog.category"]);
}

#[test]
fn an_order_that_was_placed_and_not_told_is_named() {
    let bazaar = Bazaar::with(&goods(TEE));
    let placed = bazaar.buy("TEE-S", 1).unwrap().order;
    let mut store = Tampered::nothing(bazaar.store.clone());
    // Its event tells of another order.
    store.event = |stored| {
        if stored.event.kind == EventKind::OrderPlaced {
            stored.event.subject = OrderId::from_u128(5).into()
        }
    };
    let shop = Shop::new(Arc::new(store), bazaar.clock.clone(), Arc::new(NextIds::default()));
    let report = verify(&shop);
    assert!(report.findings.iter().any(|finding| finding.check == "event.placed"
        && finding.subject == OrderId::from_u128(5).to_string()));
    assert!(words(&report).contains(&"event.chain"));
    // One told too few and one told too much: the count is right, so it takes the look-up of each to see it.
    assert!(!report.findings.iter().any(|finding| finding.subject == placed.id.to_string()));

    let mut store = Tampered::nothing(bazaar.store.clone());
    store.event = |stored| {
        if stored.event.kind == EventKind::OrderPlaced {
            stored.event.kind = EventKind::CategoryChanged
        }
    };
    let shop = Shop::new(Arc::new(store), bazaar.clock.clone(), Arc::new(NextIds::default()));
    let report = verify(&shop);
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.check == "event.placed"
                && finding.subject == placed.id.to_string())
    );
}

#[test]
fn uses_of_a_promotion_are_counted_against_its_orders() {
    let bazaar = Bazaar::with(&goods(TEE));
    let ten = Benefit::Percent { rate: Rate::percent("10").unwrap() };
    let promotion = Promotion {
        conditions: vec![Condition::Coupon { codes: vec![CouponCode::new("SPRING").unwrap()] }],
        limits: Limits { uses: Some(5), ..Limits::NONE },
        ..Promotion::new(PromotionId::from_u128(0xaaaa), "Spring", ten)
    };
    bazaar.shop.promotion_add(&promotion).unwrap();
    let cart = bazaar.shop.cart_new("web", None, None).unwrap();
    let tee = bazaar.shop.find_variant("TEE-S").unwrap().variant.id;
    bazaar.shop.cart_add(cart.id, tee, Quantity::ONE, None).unwrap();
    bazaar.shop.cart_coupon(cart.id, "SPRING").unwrap();
    let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
    let command = CheckoutCommand {
        pay: Some("test:ok".to_owned()),
        ..CheckoutCommand::new(cart.id, "ada@example.com", ship_to, "standard")
    };
    let placed = bazaar.shop.checkout(&command).unwrap().order;
    assert_eq!(placed.quote.promotions_applied.len(), 1);
    assert!(verify(&bazaar.shop).is_clean());
    let found = |change: fn(&mut Tampered)| {
        let mut store = Tampered::nothing(bazaar.store.clone());
        change(&mut store);
        let shop = Shop::new(Arc::new(store), bazaar.clock.clone(), Arc::new(NextIds::default()));
        words(&verify(&shop))
    };
    assert_eq!(found(|store| store.uses = |all| all.total += 1), ["promotion.uses"]);
    assert_eq!(found(|store| store.uses = |all| all.units = 0), ["promotion.uses"]);
    assert_eq!(found(|store| store.uses = |all| all.given = None), ["promotion.uses"]);
    assert_eq!(found(|store| store.used = |used| used.coupon = None), ["promotion.uses"]);
    assert_eq!(found(|store| store.used = |used| used.customer.clear()), ["promotion.uses"]);
    bazaar.shop.order_cancel(placed.number, "changed her mind", None).unwrap();
    assert!(verify(&bazaar.shop).is_clean(), "the use was given back");
}

#[test]
fn a_checkout_that_waits_for_its_provider_is_a_remark() {
    let bazaar = Bazaar::with(&goods(TEE));
    let cart = bazaar.shop.cart_new("web", None, None).unwrap();
    let tee = bazaar.shop.find_variant("TEE-S").unwrap().variant.id;
    bazaar.shop.cart_add(cart.id, tee, Quantity::ONE, None).unwrap();
    let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
    let open = bazaar.shop.checkout(&CheckoutCommand {
        pay: Some("test:unknown".to_owned()),
        ..CheckoutCommand::new(cart.id, "ada@example.com", ship_to, "standard")
    });
    assert!(matches!(open, Err(FlowError::PaymentOpen { .. })), "{open:?}");
    let young = verify(&bazaar.shop);
    assert_eq!((young.findings.len(), young.remarks.len(), young.counts.checkouts), (0, 0, 1));
    bazaar.clock.advance(3_600);
    let old = verify(&bazaar.shop);
    assert_eq!((old.findings.len(), old.remarks[0].check), (0, "checkout.overdue"));
}

#[test]
fn findings_are_capped_and_counted() {
    let bazaar = Bazaar::with(&catalog_given::many(600));
    let mut store = Tampered::nothing(bazaar.store.clone());
    store.level = |_, level| level.on_hand += 1;
    let shop = Shop::new(Arc::new(store), bazaar.clock.clone(), Arc::new(NextIds::default()));
    let report = verify(&shop);
    assert_eq!((report.findings.len(), report.findings_total), (1_000, 1_200));
    assert!(!report.changing);
}

#[test]
fn a_shop_that_sells_meanwhile_is_looked_at_again() {
    let bazaar = busy();
    let mut left = 2;
    let mut looks = 0;
    let report = bazaar
        .shop
        .verify(&mut |step| {
            looks += u32::from(step == "the catalog");
            // Between the look at the ledgers and the look at the orders.
            if step == "orders" && left > 0 {
                left -= 1;
                bazaar.buy("TEE-M", 1).unwrap();
            }
        })
        .unwrap();
    assert!(report.is_clean() && !report.changing, "{:#?}", report.findings);
    assert_eq!(looks, 3);
}
