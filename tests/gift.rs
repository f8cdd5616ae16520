//! A gift from the cart to the parcel and back, on every store.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod store_each;

use store_each::Places;
use sutler::Shop;
use sutler::core::id::PromotionId;
use sutler::core::order::{Order, OrderLine};
use sutler::core::pricing::{Benefit, Condition, Promotion, PromotionRefusal, Quote};
use sutler::prelude::*;

const CATALOG: &str = "\
Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty
lamp,Lamp,Title,Default Title,LAMP,60.00,shopify,9
mug,Mug,Title,Default Title,MUG,8.00,shopify,2
";

/// Gives a mug with goods for 50 or more.
fn thanks(mug: VariantId, units: u32) -> Promotion {
    Promotion {
        conditions: vec![Condition::MinSubtotal {
            amount: Money::parse("50.00", Currency::EUR).unwrap(),
        }],
        ..Promotion::new(PromotionId::from_u128(1), "Thanks", Benefit::Gift { variant: mug, units })
    }
}

fn on_every_store(test: impl Fn(&Shop, VariantId, VariantId)) {
    for url in Places::new().urls() {
        let shop = sutler::create(&url).unwrap();
        shop.init(&InitCommand::new("Lamps", "EUR", "DE").unwrap()).unwrap();
        shop.import_text(CATALOG, "lamp.csv").unwrap();
        let id = |sku| shop.find_variant(sku).unwrap().variant.id;
        shop.promotion_add(&thanks(id("MUG"), 1)).unwrap();
        test(&shop, id("LAMP"), id("MUG"));
        let report = shop.verify(&mut |_| {}).unwrap();
        assert!(report.findings.is_empty(), "{url}: {:?}", report.findings);
    }
}

fn cart(shop: &Shop, lines: &[(VariantId, u32)]) -> CartId {
    let cart = shop.cart_new("web", None, None).unwrap().id;
    for (variant, units) in lines {
        shop.cart_add(cart, *variant, Quantity::new(*units).unwrap(), None).unwrap();
    }
    cart
}

fn command(cart: CartId) -> CheckoutCommand {
    let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
    CheckoutCommand {
        pay: Some("test:ok".to_owned()),
        ..CheckoutCommand::new(cart, "ada@example.com", ship_to, "standard")
    }
}

fn quote(shop: &Shop, cart: CartId) -> Quote {
    shop.cart_quote(cart, &QuoteFor::default()).unwrap().quote
}

fn counters(line: &OrderLine) -> (u32, u32, u32, u32) {
    (line.ordered, line.allocated, line.shipped, line.delivered)
}

fn stock(shop: &Shop, variant: VariantId) -> (u32, u32) {
    let level = shop.stock_show(variant).unwrap().levels[0].1;
    (level.on_hand, level.allocated)
}

fn gift(order: &Order) -> &OrderLine {
    let priced = order.quote.lines.iter().find(|line| line.is_gift()).unwrap();
    order.line(priced.line).unwrap()
}

#[test]
fn a_gift_is_reserved_shipped_and_delivered_like_what_was_bought() {
    on_every_store(|shop, lamp, mug| {
        let cart = cart(shop, &[(lamp, 1)]);
        let view = shop.cart_quote(cart, &QuoteFor::default()).unwrap();
        assert_eq!(view.cart.lines.len(), 1, "the gift is no line of the cart");
        assert_eq!(view.titles[&mug], "Mug");
        assert_eq!(view.quote.totals.total.amount_text(), "60.00");
        let trace: String = view.quote.trace().iter().map(ToString::to_string).collect();
        assert!(trace.contains("promotion \"Thanks\": a gift: -8.00 EUR"), "{trace}");

        let placed = shop.checkout(&command(cart)).unwrap();
        let order = &placed.order;
        assert_eq!(counters(gift(order)), (1, 1, 0, 0));
        assert_eq!((gift(order).title.as_str(), order.lines.len()), ("Mug", 2));
        assert_eq!(order.total().amount_text(), "64.90", "the lamp and the delivery");
        assert_eq!(stock(shop, mug), (2, 1));

        shop.fulfill_ship(order.number, &ShipCommand::new("dhl")).unwrap();
        let stored = shop.fulfill_deliver(order.number, None).unwrap().order;
        assert_eq!(counters(gift(&stored)), (1, 1, 1, 1));
        assert_eq!(stock(shop, mug), (1, 0));
        assert_eq!(stored.quote, order.quote);
        assert_eq!(stored.quote.recomputed_hash(), stored.quote.hash);

        let refunded = shop.refund(order.number, None, "all of it came back", None).unwrap();
        assert_eq!(refunded.payments[0].state().refunded, order.total());
    });
}

#[test]
fn a_canceled_order_gives_its_gift_back() {
    on_every_store(|shop, lamp, mug| {
        let placed = shop.checkout(&command(cart(shop, &[(lamp, 1)]))).unwrap();
        shop.order_cancel(placed.order.number, "ordered twice", None).unwrap();
        assert_eq!(stock(shop, mug), (2, 0));
    });
}

#[test]
fn without_its_cause_there_is_no_gift() {
    on_every_store(|shop, lamp, mug| {
        let cart = cart(shop, &[(lamp, 1), (mug, 1)]);
        assert_eq!(quote(shop, cart).lines.len(), 3, "a mug that is bought and one that is given");
        let lamps_gone = shop.cart_set(cart, lamp, None).unwrap();
        let quote = quote(shop, lamps_gone.id);
        assert!(!quote.lines.iter().any(|line| line.is_gift()));
        let refused = &quote.promotions_refused[0].refusal;
        assert!(matches!(refused, PromotionRefusal::SubtotalTooSmall { .. }), "{refused}");
    });
}

#[test]
fn when_gifts_run_out_orders_are_placed_without_and_say_why() {
    on_every_store(|shop, lamp, mug| {
        let carts: Vec<CartId> = (0..3).map(|_| cart(shop, &[(lamp, 1)])).collect();
        let gifts: Vec<usize> = carts
            .iter()
            .map(|cart| shop.checkout(&command(*cart)).unwrap().order)
            .map(|order| order.quote.lines.iter().filter(|line| line.is_gift()).count())
            .collect();
        assert_eq!(gifts, [1, 1, 0]);
        assert_eq!(stock(shop, mug), (2, 2));
        let last = shop.order("1003".parse().unwrap()).unwrap().order;
        let refused = &last.quote.promotions_refused[0].refusal;
        assert_eq!(refused.to_string(), "its gift MUG is out of stock");
        assert_eq!(last.total().amount_text(), "64.90");
    });
}

#[test]
fn a_buyer_who_saw_a_gift_is_told_when_it_is_gone() {
    on_every_store(|shop, lamp, mug| {
        let own = cart(shop, &[(lamp, 1)]);
        let wanted = QuoteFor {
            ship_to: Some(command(own).ship_to),
            delivery: Some("standard".to_owned()),
            ..QuoteFor::default()
        };
        let seen = shop.cart_quote(own, &wanted).unwrap().quote;
        let expects = || CheckoutCommand { expect_quote: Some(seen.hash), ..command(own) };
        shop.stock_correct(mug, 0, "main", "lost", None, None).unwrap();
        let refused = shop.checkout(&expects()).unwrap_err();
        assert_eq!(refused.code(), "quote.changed", "the total is the same, the parcel is not");
        shop.stock_correct(mug, 1, "main", "found", None, None).unwrap();
        assert_eq!(shop.checkout(&expects()).unwrap().order.quote, seen);
    });
}

#[test]
fn a_gift_never_takes_what_the_buyer_wants_to_buy() {
    on_every_store(|shop, lamp, mug| {
        let order = shop.checkout(&command(cart(shop, &[(lamp, 1), (mug, 2)]))).unwrap().order;
        assert_eq!(order.lines.len(), 2);
        assert_eq!(order.total().amount_text(), "76.00");
        assert_eq!(stock(shop, mug), (2, 2));
    });
}

#[test]
fn buyers_at_once_get_as_many_gifts_as_there_are() {
    on_every_store(|shop, lamp, mug| {
        let carts: Vec<CartId> = (0..6).map(|_| cart(shop, &[(lamp, 1)])).collect();
        let gifts: usize = std::thread::scope(|scope| {
            let buyers: Vec<_> = carts
                .iter()
                .map(|cart| scope.spawn(|| shop.checkout(&command(*cart)).unwrap().order))
                .collect();
            let orders = buyers.into_iter().map(|buyer| buyer.join().unwrap());
            orders.map(|order| order.lines.len() - 1).sum()
        });
        assert_eq!((gifts, stock(shop, mug)), (2, (2, 2)));
        assert_eq!(stock(shop, lamp), (9, 6));
    });
}
