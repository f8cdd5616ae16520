//! One cart, priced by the library, at the checkout and as the order was stored: the same bytes on every back-end.
//!
//! Shops are set up alike, with a clock that stands still and ids that count, one on each back-end.
//! The cart has two variants, two promotions, a coupon, a fee, and a delivery that is taxed at another rate than the goods.
//! What the program prints of such a cart is compared in the tests of `sutler-cli`.

#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod store_each;

use std::sync::Arc;

use store_each::Places;
use sutler::core::port::Store;
use sutler::engine::flow::tax::TaxSource;
use sutler::engine::provider::ManualProvider;
use sutler::engine::testing::{self, Counting, HandClock};
use sutler::prelude::*;
use sutler_core::id::{OrderId, PromotionId};
use sutler_core::money::Rate;
use sutler_core::pricing::{Benefit, BuyGet, Lane, Promotion, Quote};

const RATES: &str = "country,category,name,percent\n\
                     DE,standard,VAT,19\nDE,standard,Levy,1.25\nDE,reduced,VAT,7\n";

const POST: &str = r#"
code = "post"
name = "Post"
rate = { kind = "flat", amount = "4.95" }
tax = "reduced"
"#;

const CASH: &str = r#"
code = "cash"
name = "Cash on delivery"
percent = "1.5"
payments = ["manual:cash"]
"#;

/// What a quote was at each place.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Told {
    priced: String,
    placed: String,
    order: OrderId,
}

fn bytes(quote: &Quote) -> String {
    serde_json::to_string(quote).unwrap()
}

fn sell(shop: &Shop) -> Told {
    shop.init(&InitCommand::new("Mugs", "EUR", "DE").unwrap()).unwrap();
    shop.import_text(testing::MUGS, "mugs.csv").unwrap();
    shop.tax_import(
        TaxSource::File(sutler::engine::flow::import::Input::bytes("rates.csv", RATES)),
        false,
    )
    .unwrap();
    shop.delivery_add(POST, false).unwrap();
    shop.fee_add(CASH, false).unwrap();
    let spring = testing::coupon(PromotionId::from_u128(901), "SPRING").unwrap();
    let (goods, each_variant) = (vec![], false);
    let third =
        BuyGet { buy: 2, get: 1, rate: Rate::percent("33.3").unwrap(), goods, each_variant };
    let third = Promotion {
        id: PromotionId::from_u128(902),
        name: "Third mug".to_owned(),
        conditions: vec![],
        benefits: vec![Benefit::BuyGet(third)],
        lane: Lane::After,
        ..spring.clone()
    };
    for promotion in [spring, third] {
        shop.promotion_add(&promotion).unwrap();
    }
    let cart = testing::cart(shop).unwrap();
    let blue = shop.find_variant("MUG-BLUE").unwrap().variant.id;
    shop.cart_add(cart, blue, Quantity::new(3).unwrap(), None).unwrap();
    shop.cart_coupon(cart, "spring").unwrap();

    let ship_to: Address = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
    let (delivery, pay) = ("post".to_owned(), "manual:cash".to_owned());
    let email = "ada@example.com".to_owned();
    let wanted = QuoteFor {
        ship_to: Some(ship_to.clone()),
        delivery: Some(delivery.clone()),
        email: Some(email.clone()),
        pay: Some(pay.clone()),
        ..QuoteFor::default()
    };
    let quote = shop.cart_quote(cart, &wanted).unwrap().quote;
    // The cart is as rich as it should be, or the test would compare little.
    assert_eq!(quote.promotions_applied.len(), 2, "{quote:?}");
    assert_eq!((quote.lines[0].tax.len(), quote.fees.len()), (2, 1));
    let post = quote.delivery.as_ref().unwrap();
    assert_ne!(post.tax[0].rate, quote.lines[0].tax[0].rate);
    assert_eq!(quote.check(), Ok(()));

    let command = CheckoutCommand {
        pay: Some(pay),
        expect_quote: Some(quote.hash),
        expect_total: Some(quote.totals.total),
        ..CheckoutCommand::new(cart, email, ship_to, delivery)
    };
    let Placed { order, .. } = shop.checkout(&command).unwrap();
    Told { priced: bytes(&quote), placed: bytes(&order.quote), order: order.id }
}

/// A shop by a clock that stands still, whose ids count.
fn shop_of(store: Arc<dyn Store>) -> Shop {
    let (clock, ids) = (Arc::new(HandClock::default()), Arc::new(Counting::default()));
    Shop::new(store, clock, ids).with_provider(Arc::new(ManualProvider))
}

fn stored(shop: &Shop, order: OrderId) -> String {
    bytes(&shop.order_view(order).unwrap().order.quote)
}

#[test]
fn one_cart_has_the_same_quote_everywhere_on_every_store() {
    let places = Places::new();
    let mut first: Option<Told> = None;
    for (name, store) in places.stores() {
        let shop = shop_of(store);
        let told = sell(&shop);
        assert_eq!(told.placed, told.priced, "{name}: the checkout froze another quote");
        assert_eq!(stored(&shop, told.order), told.priced, "{name}");
        let first = first.get_or_insert_with(|| told.clone());
        assert_eq!(told, *first, "{name}");
    }
    // What is kept outside of this program is read by another one; memory is new.
    for (name, store) in places.stores().into_iter().skip(1) {
        let told = first.as_ref().unwrap();
        assert_eq!(stored(&shop_of(store), told.order), told.priced, "{name}, read again");
    }
}
