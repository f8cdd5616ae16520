//! Contract prices and group promotions: for the customers of a group, from the cart to the order, on every store.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod store_each;

use store_each::Places;
use sutler::Shop;
use sutler::core::catalog::Collection;
use sutler::core::change::SetupChange;
use sutler::core::customer::Customer;
use sutler::core::id::{CategoryId, CollectionId, CustomerId, PriceListId, PromotionId};
use sutler::core::pricing::{Benefit, Condition, Price, PriceList, Promotion, Quote, TaxRelief};
use sutler::prelude::*;

const CATALOG: &str = "\
Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty,Product Category
lamp,Lamp,Title,Default Title,LAMP,60.00,shopify,9,Home > Lamps
mug,Mug,Title,Default Title,MUG,8.00,shopify,9,Kitchen
";

fn eur(text: &str) -> Money {
    Money::parse(text, Currency::EUR).unwrap()
}

fn on_every_store(test: impl Fn(&Shop)) {
    for url in Places::new().urls() {
        let shop = sutler::create(&url).unwrap();
        shop.init(&InitCommand::new("Lamps", "EUR", "DE").unwrap()).unwrap();
        shop.import_text(CATALOG, "lamp.csv").unwrap();
        test(&shop);
        let report = shop.verify(&mut |_| {}).unwrap();
        assert!(report.findings.is_empty(), "{url}: {:?}", report.findings);
    }
}

fn customer(shop: &Shop, number: u128, email: &str, group: Option<&str>) -> Customer {
    shop.customer_put(&Customer {
        id: CustomerId::from_u128(number),
        email: email.to_owned(),
        group: group.map(str::to_owned),
        tax: BuyerTax::default(),
        created_at: shop.now(),
        version: 0,
    })
    .unwrap()
}

/// Lamps cost the group `trade` 40.00.
fn contract(shop: &Shop) {
    let list = PriceList {
        customer_group: Some("trade".to_owned()),
        ..PriceList::new(PriceListId::from_u128(77), "Trade contract", Currency::EUR)
    };
    shop.setup_put(&SetupChange::PriceList(list.clone())).unwrap();
    let variant = shop.find_variant("LAMP").unwrap().variant.id;
    let (min_quantity, amount) = (1, eur("40.00"));
    shop.price_put(&Price { list: list.id, variant, min_quantity, amount, compare_at: None })
        .unwrap();
}

fn promotion(name: &str, conditions: Vec<Condition>) -> Promotion {
    let ten = Benefit::Percent { rate: Rate::percent("10").unwrap() };
    Promotion { conditions, ..Promotion::new(PromotionId::from_u128(9), name, ten) }
}

fn cart(shop: &Shop, customer: Option<CustomerId>, skus: &[&str]) -> CartId {
    let cart = shop.cart_new("web", customer, None).unwrap().id;
    for sku in skus {
        let variant = shop.find_variant(sku).unwrap().variant.id;
        shop.cart_add(cart, variant, Quantity::ONE, None).unwrap();
    }
    cart
}

fn quote(shop: &Shop, cart: CartId, email: Option<&str>) -> Quote {
    let wanted = QuoteFor { email: email.map(str::to_owned), ..QuoteFor::default() };
    shop.cart_quote(cart, &wanted).unwrap().quote
}

fn command(cart: CartId, email: &str, expect: Option<&str>) -> CheckoutCommand {
    let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
    CheckoutCommand {
        pay: Some("test:ok".to_owned()),
        expect_total: expect.map(eur),
        ..CheckoutCommand::new(cart, email, ship_to, "pickup")
    }
}

#[test]
fn a_contract_list_is_for_the_customers_of_its_group_and_nobody_else() {
    on_every_store(|shop| {
        contract(shop);
        let trader = customer(shop, 1, "trader@example.com", Some("trade"));
        let private = customer(shop, 2, "ada@example.com", None);
        let own = cart(shop, Some(trader.id), &["LAMP"]);
        let quoted = quote(shop, own, None);
        assert_eq!(quoted.totals.total, eur("40.00"));
        let trace: String = quoted.trace().iter().map(ToString::to_string).collect();
        assert!(trace.contains("unit price of list \"Trade contract\": 40.00 EUR"), "{trace}");

        let others = [Some(private.id), None, Some(CustomerId::from_u128(404))];
        for other in others.map(|customer| cart(shop, customer, &["LAMP"])) {
            // Typing the trader's address makes nobody the trader.
            assert_eq!(quote(shop, other, Some("trader@example.com")).totals.total, eur("60.00"));
            let placed = shop.checkout(&command(other, "trader@example.com", None)).unwrap();
            assert_eq!(placed.order.total(), eur("60.00"));
        }
        let placed = shop.checkout(&command(own, "trader@example.com", Some("40.00"))).unwrap();
        assert_eq!(placed.order.customer, Some(trader.id));
        assert_eq!(placed.order.quote.lines[0].price_list_name, "Trade contract".into());
        let again = shop.checkout(&command(own, "trader@example.com", Some("40.00"))).unwrap();
        assert!(again.replayed);
    });
}

#[test]
fn who_leaves_the_group_between_quote_and_checkout_is_told() {
    on_every_store(|shop| {
        contract(shop);
        let trader = customer(shop, 1, "trader@example.com", Some("trade"));
        let own = cart(shop, Some(trader.id), &["LAMP"]);
        assert_eq!(quote(shop, own, None).totals.total, eur("40.00"));
        shop.customer_put(&Customer { group: None, ..trader }).unwrap();
        let refused = shop.checkout(&command(own, "trader@example.com", Some("40.00")));
        assert_eq!(refused.unwrap_err().code(), "quote.changed");
    });
}

#[test]
fn a_promotion_for_a_group_applies_to_the_group() {
    on_every_store(|shop| {
        let groups = vec!["club".to_owned()];
        let club = promotion("Club", vec![Condition::CustomerGroup { groups }]);
        shop.promotion_add(&club).unwrap();
        let member = customer(shop, 1, "member@example.com", Some("club"));
        let quoted = quote(shop, cart(shop, Some(member.id), &["MUG"]), None);
        assert_eq!(quoted.totals.total, eur("7.20"));
        let guest = quote(shop, cart(shop, None, &["MUG"]), Some("member@example.com"));
        assert_eq!(guest.promotions_refused[0].refusal.code(), "promotion.other_customer_group");
    });
}

#[test]
fn a_customers_tax_holds_unless_something_else_is_said() {
    on_every_store(|shop| {
        let exempt = |reason: &str| BuyerTax { vat_id: None, exemption: Some(reason.to_owned()) };
        let embassy = customer(shop, 1, "embassy@example.com", None);
        let known = Customer { tax: exempt("embassy"), ..embassy };
        let known = shop.customer_put(&known).unwrap();
        let own = cart(shop, Some(known.id), &["LAMP"]);
        let placed = shop.checkout(&command(own, "embassy@example.com", None)).unwrap();
        let relief = placed.order.quote.tax.relief.clone();
        assert_eq!(relief, Some(TaxRelief::Exempt { reason: "embassy".to_owned() }));
        assert!(placed.order.quote.totals.tax_total.is_zero());
        // The very same call again finds its order, though it says nothing about tax.
        assert!(shop.checkout(&command(own, "embassy@example.com", None)).unwrap().replayed);

        let other = cart(shop, Some(known.id), &["LAMP"]);
        let said = QuoteFor { buyer_tax: exempt("certificate 7"), ..QuoteFor::default() };
        let quoted = shop.cart_quote(other, &said).unwrap().quote;
        assert_eq!(quoted.tax.relief, Some(TaxRelief::Exempt { reason: "certificate 7".into() }));
    });
}

#[test]
fn a_promotion_for_a_collection_is_for_what_was_chosen_and_what_its_rule_finds() {
    on_every_store(|shop| {
        let put = |products, rule, version| {
            shop.collection_put(&Collection {
                id: CollectionId::from_u128(5),
                handle: "winter".parse().unwrap(),
                name: "Winter".to_owned(),
                products,
                rule,
                version,
            })
        };
        let mug = shop.find_product("mug").unwrap().id;
        let winter = put(vec![mug], vec![], 0).unwrap();
        let collections = vec![winter.id];
        let sale = promotion("Winter sale", vec![Condition::Collection { collections }]);
        shop.promotion_add(&sale).unwrap();
        let both = cart(shop, None, &["LAMP", "MUG"]);
        let off = || {
            let quoted = quote(shop, both, None);
            quoted.lines.iter().map(|line| line.discount_total.amount_text()).collect::<Vec<_>>()
        };
        assert_eq!(off(), ["0.00", "0.80"]);

        // Home is above Lamps.
        let home = shop.category_tree().unwrap().find(&["Home".to_owned()]).unwrap();
        let rule = vec![Condition::Category { categories: vec![home] }];
        put(vec![mug], rule, winter.version).unwrap();
        assert_eq!(off(), ["6.00", "0.80"]);
        assert_eq!(shop.collection_remove(winter.id).unwrap_err().code(), "in_use");
        shop.promotion_switch("Winter sale", false).unwrap();
        shop.collection_remove(winter.id).unwrap();
        assert_eq!(off(), ["0.00", "0.00"]);

        let unknown = put(vec![ProductId::from_u128(404)], vec![], 0).unwrap_err();
        assert_eq!(unknown.code(), "not_found");
        let categories = vec![CategoryId::from_u128(1)];
        let not_goods = vec![Condition::Category { categories }, Condition::FirstOrder];
        assert_eq!(put(vec![], not_goods, 0).unwrap_err().code(), "pricing.invalid_rule");
    });
}
