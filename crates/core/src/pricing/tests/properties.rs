//! What holds for every quote.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;

/// What one promotion is made of: benefit, lane, priority, exclusive, a product it is for, a minimum.
type Recipe = (u8, u32, u8, i32, bool, Option<Index>, Option<u32>);

#[derive(Clone, Debug)]
struct Plan {
    currency: &'static str,
    tax_inclusive: bool,
    per_order: bool,
    rounding: Rounding,
    tax: Vec<u32>,
    variants: Vec<(u32, u8, bool, bool)>,
    lines: Vec<(Index, u32)>,
    promotions: Vec<Recipe>,
    delivery: Option<(u32, bool, Option<u32>)>,
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let shop = (
        select(vec!["EUR", "JPY", "KWD"]),
        any::<bool>(),
        any::<bool>(),
        select(vec![Rounding::HalfEven, Rounding::HalfAwayFromZero, Rounding::TowardZero]),
        vec(0_u32..3000, 3),
    );
    let recipe = (
        0_u8..5,
        1_u32..5000,
        0_u8..3,
        -1_i32..2,
        proptest::bool::weighted(0.15),
        proptest::option::weighted(0.3, any::<Index>()),
        proptest::option::weighted(0.2, 0_u32..5000),
    );
    let cart = (
        vec((0_u32..3000, 0_u8..3, proptest::bool::weighted(0.9), any::<bool>()), 1..5),
        vec((any::<Index>(), 1_u32..6), 0..6),
        vec(recipe, 0..6),
        proptest::option::of((0_u32..1000, any::<bool>(), proptest::option::of(0_u32..5000))),
    );
    (shop, cart).prop_map(
        |(
            (currency, tax_inclusive, per_order, rounding, tax),
            (variants, lines, promotions, delivery),
        )| {
            Plan {
                currency,
                tax_inclusive,
                per_order,
                rounding,
                tax,
                variants,
                lines,
                promotions,
                delivery,
            }
        },
    )
}

impl Plan {
    fn build(&self) -> Shop {
        let mut shop = Shop::new(self.currency, self.tax_inclusive);
        let minor = |n: u32| {
            Money::from_minor(i64::from(n), Currency::from_code(self.currency).unwrap())
                .amount_text()
        };
        shop.facts.channel.rounding = self.rounding;
        if self.per_order {
            shop.facts.channel.tax_rounding = TaxRounding::PerOrder;
        }
        for (category, hundredths) in self.tax.iter().enumerate() {
            shop.tax(
                &category.to_string(),
                &format!("{}.{:02}", hundredths / 100, hundredths % 100),
                &[],
            );
        }
        shop.tax("0", "1.5", &["City"]);
        for (index, (price, category, taxable, sent)) in self.variants.iter().enumerate() {
            let mut words = vec!["taxed", ["0", "1", "2"][usize::from(*category)]];
            words.extend((!taxable).then_some("untaxed"));
            words.extend((!sent).then_some("digital"));
            shop.add_variant(&format!("v{index}"), &minor(*price), &words);
        }
        for (variant, quantity) in &self.lines {
            shop.cart(&format!("v{}", variant.index(self.variants.len())), *quantity);
        }
        for (index, recipe) in self.promotions.iter().enumerate() {
            let (kind, size, lane, priority, exclusive, product, min) = recipe;
            let percent = format!("{}.{}", size % 100, size % 10 + 1);
            let (kind, number) = match kind {
                0 => ("percent", percent),
                1 => ("unit", minor(*size)),
                2 => ("line", minor(*size)),
                3 => ("order", minor(*size)),
                _ => ("free-delivery", "-".to_owned()),
            };
            shop.promotion(&format!("p{index}"), kind, &number, &[]);
            let promotion = shop.facts.promotions.last_mut().unwrap();
            promotion.lane = Lane::ALL[usize::from(*lane)];
            promotion.priority = *priority;
            promotion.exclusive = *exclusive;
            if let Some(product) = product {
                let product = shop.facts.variants[product.index(self.variants.len())].product;
                promotion.conditions.push(Condition::Product { products: vec![product] });
            }
            if let Some(min) = min {
                let amount = Money::from_minor(i64::from(*min), shop.facts.channel.currency);
                promotion.conditions.push(Condition::MinSubtotal { amount });
            }
        }
        if let Some((amount, taxed, free_over)) = &self.delivery {
            let free_over = free_over.map(minor);
            let mut words = vec![];
            words.extend(taxed.then_some(["taxed", "1"]).into_iter().flatten());
            words.extend(free_over.iter().flat_map(|limit| ["free-over", limit.as_str()]));
            shop.delivery("post", &minor(*amount), &words);
            shop.request.delivery_method = Some("post".to_owned());
        }
        shop
    }
}

proptest! {
    #[test]
    fn parts_add_up_and_nothing_is_negative(plan in any_plan()) {
        let quote = plan.build().quote().unwrap();
        // `Quote::check` says the same from inside; here it is said again, in plain sums.
        let minor = |money: Money| money.minor();
        let mut total = 0;
        for line in &quote.lines {
            let off: i64 = line.discounts.iter().map(|d| d.amount.minor()).sum();
            let tax: i64 = line.tax.iter().map(|t| t.amount.minor()).sum();
            let left = minor(line.subtotal) - off;
            prop_assert!(left >= 0 && off >= 0 && tax >= 0 && minor(line.net) >= 0);
            prop_assert_eq!(minor(line.total), if plan.tax_inclusive { left } else { left + tax });
            prop_assert_eq!(minor(line.net), minor(line.total) - tax);
            total += minor(line.total);
        }
        if let Some(delivery) = &quote.delivery {
            prop_assert!(minor(delivery.total) >= 0);
            total += minor(delivery.total);
        }
        prop_assert_eq!(minor(quote.totals.total), total);
        prop_assert_eq!(quote.check(), Ok(()));
    }

    #[test]
    fn the_order_of_facts_changes_nothing(plan in any_plan(), seed in any::<u64>()) {
        let shop = plan.build();
        let quote = shop.quote().unwrap();
        let mut other = plan.build();
        let turn = |len: usize| if len == 0 { 0 } else { usize::try_from(seed % 7).unwrap() % len };
        let facts = &mut other.facts;
        let by = turn(facts.promotions.len());
        facts.promotions.rotate_left(by);
        facts.promotions.reverse();
        facts.variants.reverse();
        facts.prices.reverse();
        facts.tax_rates.reverse();
        facts.tax_zones.reverse();
        prop_assert_eq!(other.quote().unwrap(), quote);
    }

    #[test]
    fn more_promotions_never_cost_more(plan in any_plan()) {
        let mut shop = plan.build();
        let with = shop.quote().unwrap();
        shop.facts.promotions.clear();
        // A discount may lower the goods below the limit of free delivery; leave that rule out.
        for method in &mut shop.facts.delivery_methods {
            method.free_over = None;
        }
        let without = shop.quote().unwrap();
        let mut plain = plan.build();
        for method in &mut plain.facts.delivery_methods {
            method.free_over = None;
        }
        prop_assert!(plain.quote().unwrap().totals.total.minor() <= without.totals.total.minor());
        prop_assert_eq!(with.totals.subtotal, without.totals.subtotal);
    }

    #[test]
    fn every_promotion_is_either_applied_or_says_why(plan in any_plan()) {
        let shop = plan.build();
        let quote = shop.quote().unwrap();
        let mut told: Vec<_> = quote.promotions_applied.iter().map(|p| p.promotion).collect();
        told.extend(quote.promotions_refused.iter().map(|p| p.promotion));
        told.sort_unstable();
        let all: Vec<_> = shop.facts.promotions.iter().map(|p| p.id).collect();
        prop_assert_eq!(told, all);
        for applied in &quote.promotions_applied {
            prop_assert!(applied.amount.is_positive());
        }
    }

    #[test]
    fn tax_per_order_is_the_tax_on_the_sum(plan in any_plan()) {
        let mut shop = plan.build();
        shop.facts.channel.tax_rounding = TaxRounding::PerOrder;
        let quote = shop.quote().unwrap();
        for category in ["0", "1", "2"] {
            let rates = shop.facts.tax_rates.iter().filter(|rate| rate.category.as_str() == category);
            let rate = rates.map(|rate| rate.rate).reduce(|a, b| a.checked_add(b).unwrap()).unwrap();
            let delivery = quote.delivery.iter().map(|d| (&d.tax, d.net, d.total));
            let (mut charged, mut tax) = (0, 0);
            for (lines, net, total) in quote.lines.iter().map(|l| (&l.tax, l.net, l.total)).chain(delivery) {
                let of_category = |t: &&TaxLine| t.category.as_str() == category && t.treatment != TaxTreatment::Exempt;
                if lines.iter().any(|line| of_category(&line)) {
                    charged += if plan.tax_inclusive { total.minor() } else { net.minor() };
                    tax += lines.iter().filter(of_category).map(|t| t.amount.minor()).sum::<i64>();
                }
            }
            let charged = Money::from_minor(charged, quote.currency);
            let once = if plan.tax_inclusive {
                charged.tax_within(rate, plan.rounding)
            } else {
                charged.at_rate(rate, plan.rounding)
            };
            prop_assert_eq!(once.unwrap().minor(), tax);
        }
    }
}
