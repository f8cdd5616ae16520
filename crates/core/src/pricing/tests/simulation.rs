//! Simulations of whole periods: a shop that counts naively sells, and the simulation looks back.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::order::{Order, OrderLine, OrderNumber, OrderStatus, buyer_key};
use crate::simulation::{
    OrderFacts, RuleSet, Simulation, SimulationPlan, SimulationReport, SoldGoods,
};

/// One order to be placed: what, by whom, with the coupon or not, and after how many more orders it is called off.
type Wanted = (u8, u32, u8, bool, Option<u8>);

fn wanted() -> impl Strategy<Value = Wanted> {
    let called_off = proptest::option::weighted(0.2, 0_u8..6);
    (0_u8..2, 1_u32..6, 0_u8..3, any::<bool>(), called_off)
}

/// A shop with every kind of limit.
fn limited_shop() -> Shop {
    let mut shop = Shop::new("EUR", true);
    shop.tax("standard", "19", &[]);
    shop.tax("food", "7", &[]);
    shop.add_variant("lamp", "25", &[]);
    shop.add_variant("fish", "9.99", &["taxed", "food"]);
    shop.delivery("post", "4.90", &["taxed", "as-goods"]);
    shop.request.delivery_method = Some("post".to_owned());
    shop.promotion("Early", "percent", "10", &["product", "lamp"]);
    shop.promotion("Once", "order", "5", &["lane", "after"]);
    shop.promotion("Code", "free-delivery", "-", &["coupon", "ship"]);
    shop.promotion("Flash", "unit", "2", &["product", "fish"]);
    shop.promotion("Budget", "line", "1.50", &["lane", "before"]);
    shop.promotion("Thanks", "gift", "1xlamp", &["product", "fish"]);
    let budget = shop.money("9");
    let promotions = &mut shop.facts.promotions;
    promotions[0].limits.uses = Some(4);
    promotions[1].limits.uses_per_customer = Some(1);
    promotions[2].limits.uses_per_coupon = Some(2);
    promotions[3].limits.units = Some(7);
    promotions[3].limits.units_per_customer = Some(4);
    promotions[4].limits.budget = Some(budget);
    promotions[5].limits.units = Some(3);
    shop
}

const MINUTE: i64 = 60_000;

fn at(nr: usize) -> Timestamp {
    Timestamp::from_millis(i64::try_from(nr).unwrap() * MINUTE)
}

/// Sells orders one a minute. Uses are counted by looking at every order before, naively.
fn sell(shop: &mut Shop, wanted: &[Wanted]) -> Vec<Order> {
    let template: Order = serde_json::from_str(include_str!("../../testing/order.json")).unwrap();
    let mut orders: Vec<Order> = Vec::new();
    for (nr, (sku, quantity, buyer, coupon, called_off)) in wanted.iter().enumerate() {
        let email = format!("buyer{buyer}@example.com");
        shop.now = at(nr);
        shop.request.lines.clear();
        shop.cart(["lamp", "fish"][usize::from(*sku)], *quantity);
        shop.request.coupons =
            coupon.then(|| CouponCode::new("ship").unwrap()).into_iter().collect();
        shop.facts.promotion_uses = uses(shop, &orders, &email);
        let sold = shop.quote().unwrap();
        let lines = sold.lines.iter().map(|line| OrderLine {
            line: line.line,
            variant: line.variant,
            ordered: line.quantity.get(),
            ..template.lines[0].clone()
        });
        let number = 1001 + u64::try_from(nr).unwrap();
        // Called off a moment after another order was opened, so that this one still found it used.
        let canceled_at = called_off
            .map(|later| at(nr + usize::from(later)).plus_seconds(30))
            .filter(|_| called_off.is_some());
        orders.push(Order {
            id: OrderId::from_u128(number.into()),
            number: OrderNumber(number),
            channel: shop.facts.channel.id,
            status: if canceled_at.is_some() { OrderStatus::Canceled } else { OrderStatus::Placed },
            email,
            customer: None,
            lines: lines.collect(),
            created_at: shop.now,
            placed_at: Some(shop.now.plus_seconds(1)),
            canceled_at,
            quote: sold,
            ..template.clone()
        });
    }
    orders
}

fn uses(shop: &Shop, orders: &[Order], email: &str) -> Vec<PromotionUses> {
    let buyer = |email: &str| buyer_key(None, Some(email));
    let one = |promotion: &Promotion| {
        let mut uses = PromotionUses::none(promotion.id);
        let stands = |order: &&Order| order.canceled_at.is_none_or(|canceled| canceled > shop.now);
        for order in orders.iter().filter(stands) {
            let applied = &order.quote.promotions_applied;
            let Some(held) = applied.iter().find(|a| a.promotion == promotion.id) else { continue };
            let own = buyer(&order.email) == buyer(email);
            uses.total += 1;
            uses.units += u64::from(held.units);
            uses.by_customer += u64::from(own);
            uses.units_by_customer += if own { u64::from(held.units) } else { 0 };
            let given = uses.given.unwrap_or(Money::zero(Currency::EUR));
            uses.given = Some(given.checked_add(held.amount).unwrap());
            if let Some(code) = &held.coupon {
                let known = uses.by_coupon.iter_mut().find(|(known, _)| known == code);
                match known {
                    Some((_, count)) => *count += 1,
                    None => uses.by_coupon.push((code.clone(), 1)),
                }
            }
        }
        uses
    };
    shop.facts.promotions.iter().map(one).collect()
}

fn plan(promotions: Vec<Promotion>, rules: RuleSet) -> SimulationPlan {
    SimulationPlan { promotions, rules, since: at(0), until: None }
}

/// What both goods cost the merchant: the lamp 10.00, the fish nothing that is known.
fn goods(shop: &Shop) -> BTreeMap<VariantId, SoldGoods> {
    let cost = |facts: &VariantFacts| (facts.label() == "lamp").then(|| shop.money("10"));
    let sold = |facts: &VariantFacts| {
        (facts.variant, SoldGoods { facts: facts.clone(), unit_cost: cost(facts) })
    };
    shop.facts.variants.iter().map(sold).collect()
}

fn simulate(shop: &Shop, orders: &[Order], plan: SimulationPlan) -> SimulationReport {
    let goods = goods(shop);
    let mut simulation = Simulation::new(plan, &shop.facts.promotions);
    for order in orders {
        simulation
            .take(
                order,
                &OrderFacts { goods: &goods, customer_group: None, lane_mode: LaneMode::EachUnit },
            )
            .unwrap();
    }
    simulation.report()
}

#[track_caller]
fn assert_no_difference(report: &SimulationReport) {
    assert_eq!(report.not_repriced, []);
    for sales in &report.sales {
        assert_eq!((sales.changed, sales.before), (0, sales.after), "{report:#?}");
        for promotion in &sales.promotions {
            assert_eq!(promotion.before, promotion.after, "{}", promotion.name);
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_promotions_that_were_in_force_make_no_difference(
        wanted in proptest::collection::vec(wanted(), 1..25),
        since in 0_usize..25,
    ) {
        let mut shop = limited_shop();
        let orders = sell(&mut shop, &wanted);
        let own: Vec<Promotion> = shop.facts.promotions.iter().cloned().collect();
        for plan in [plan(own, RuleSet::Instead), plan(vec![], RuleSet::Beside)] {
            // In the middle of the history, what was used before counts.
            for since in [at(0), at(since)] {
                let report = simulate(&shop, &orders, SimulationPlan { since, ..plan.clone() });
                assert_no_difference(&report);
                let of_period = orders.iter().filter(|order| order.placed_at >= Some(since));
                let (gone, stand): (Vec<_>, Vec<_>) =
                    of_period.partition(|order| order.canceled_at.is_some());
                let told = (report.canceled, report.orders);
                let counted = |orders: &[&Order]| u64::try_from(orders.len()).unwrap();
                prop_assert_eq!(told, (counted(&gone), counted(&stand)));
                let paid: i64 = stand.iter().map(|order| order.total().minor()).sum();
                let summed: i64 = report.sales.iter().map(|sales| sales.before.gross.minor()).sum();
                prop_assert_eq!(summed, paid);
            }
        }
    }
}

/// Three orders of two lamps each, by three buyers.
const LAMPS: [Wanted; 3] = [(0, 2, 0, false, None), (0, 2, 1, false, None), (0, 2, 2, false, None)];

#[test]
fn a_promotion_that_is_changed_is_found_with_its_difference() {
    let mut shop = limited_shop();
    let orders = sell(&mut shop, &LAMPS);
    let mut twenty = shop.facts.promotions[0].clone();
    twenty.id = PromotionId::from_u128(99);
    twenty.benefits = vec![Benefit::Percent { rate: Rate::percent("20").unwrap() }];
    let report = simulate(&shop, &orders, plan(vec![twenty], RuleSet::Beside));
    let [sales] = report.sales.as_slice() else { panic!("{report:#?}") };
    assert_eq!((sales.orders, sales.changed), (3, 3));
    let early = sales.promotions.iter().find(|promotion| promotion.name == "Early").unwrap();
    // By its name it is the shop's own, changed.
    assert_eq!(early.promotion, shop.facts.promotions[0].id);
    assert_eq!((early.before.uses, early.after.uses), (3, 3));
    // Two lamps at 50.00 less 1.50 before: 10 and 20 % of 48.50, three times.
    assert_eq!(early.before.discount.to_string(), "14.55 EUR");
    assert_eq!(early.after.discount.to_string(), "29.10 EUR");
    let lost = sales.before.gross.checked_sub(sales.after.gross).unwrap();
    assert_eq!(lost.to_string(), "14.55 EUR");
    // Six lamps cost 60.00.
    let goods: i64 = orders.iter().flat_map(|o| &o.quote.lines).map(|line| line.net.minor()).sum();
    assert_eq!(sales.before.margin.minor(), goods - 6_000);
    assert_eq!((sales.before.lines, sales.before.lines_with_cost), (3, 3));
}

#[test]
fn limits_of_what_is_tried_are_counted_over_the_period() {
    let mut shop = limited_shop();
    let orders = sell(&mut shop, &LAMPS);
    let mut first_two = shop.facts.promotions[0].clone();
    first_two.name = "First two".to_owned();
    first_two.id = PromotionId::from_u128(99);
    first_two.limits.uses = Some(2);
    let report = simulate(&shop, &orders, plan(vec![first_two], RuleSet::Instead));
    let sales = &report.sales[0];
    let tried = sales.promotions.iter().find(|promotion| promotion.name == "First two").unwrap();
    assert_eq!((tried.before.uses, tried.after.uses, tried.after.units), (0, 2, 4));
    assert_eq!(tried.after.discount.to_string(), "10.00 EUR");
    // The others are gone.
    assert!(sales.promotions.iter().all(|p| p.name == "First two" || p.after.uses == 0));
}

#[test]
fn an_order_that_cannot_be_reproduced_is_told_and_in_no_sum() {
    let mut shop = limited_shop();
    let orders = sell(&mut shop, &LAMPS);
    // The shop's own promotion was changed since; by a new one nobody can tell the difference of what.
    shop.facts.promotions[0].benefits =
        vec![Benefit::Percent { rate: Rate::percent("11").unwrap() }];
    let report = simulate(&shop, &orders, plan(vec![], RuleSet::Beside));
    assert!(report.sales.is_empty(), "{report:#?}");
    let [told] = report.not_repriced.as_slice() else { panic!("{report:#?}") };
    assert_eq!(
        (told.code, told.orders, told.example),
        ("promotions_changed", 3, OrderNumber(1001))
    );
    // Instead of all of them it does not matter.
    let report = simulate(&shop, &orders, plan(vec![], RuleSet::Instead));
    assert_eq!((report.not_repriced.len(), report.sales[0].after.discount.minor()), (0, 0));

    // Taxes that do not follow from their rates, as an outside engine may answer them.
    let mut odd = orders.clone();
    let line = &mut odd[1].quote.lines[0];
    line.tax[0].amount = Money::from_minor(line.tax[0].amount.minor() + 1, Currency::EUR);
    odd[1].quote.tax.provider = Some("engine".to_owned());
    let report = simulate(&shop, &odd, plan(vec![], RuleSet::Instead));
    assert_eq!(report.sales[0].orders, 2);
    assert_eq!(
        report.not_repriced[0].reason,
        "its taxes do not follow from its rates: the tax engine engine rounds in its own way"
    );

    // A promotion that is gone, and goods that are.
    let mut removed: Vec<Promotion> = shop.facts.promotions.iter().cloned().collect();
    removed.remove(0);
    shop.facts.promotions = removed.into();
    let report = simulate(&shop, &orders, plan(vec![], RuleSet::Beside));
    assert_eq!(report.not_repriced[0].code, "promotion_gone");
    shop.facts.variants.remove(0);
    let report = simulate(&shop, &orders, plan(vec![], RuleSet::Instead));
    assert_eq!((report.not_repriced[0].code, report.not_repriced[0].orders), ("goods", 3));
}

#[test]
fn first_orders_are_told_from_later_ones() {
    let mut shop = limited_shop();
    let again = [LAMPS[0], LAMPS[0], LAMPS[1]];
    let orders = sell(&mut shop, &again);
    let welcome = Promotion {
        id: PromotionId::from_u128(99),
        name: "Welcome".to_owned(),
        conditions: vec![Condition::FirstOrder],
        limits: Limits::NONE,
        ..shop.facts.promotions[1].clone()
    };
    let plan = plan(vec![welcome], RuleSet::Instead);
    let report = simulate(&shop, &orders, plan.clone());
    assert_eq!(report.sales[0].promotions[0].name, "Budget");
    let uses = |report: &SimulationReport| {
        let welcome = report.sales[0].promotions.iter().find(|p| p.name == "Welcome").unwrap();
        welcome.after.uses
    };
    assert_eq!(uses(&report), 2);
    // From the second order on: the first buyer had one before.
    assert_eq!(uses(&simulate(&shop, &orders, SimulationPlan { since: at(1), ..plan })), 1);
}
