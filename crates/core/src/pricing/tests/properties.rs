//! What holds for every quote.
//!
//! Each property is tried on a few carts with every run of the tests, and on as many as `PROPTEST_CASES` says. Every
//! quote that [`Shop::quote`] returns was derived again by the checker.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::order::{LineUnits, Order, OrderLine, refund_units};

/// The number of cases: few, unless the environment asks for more.
pub(in crate::pricing) fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = if asked.cases == 256 { 96 } else { asked.cases };
    ProptestConfig { cases, failure_persistence: None, ..asked }
}

/// What one promotion is made of.
#[derive(Clone, Debug)]
struct Recipe {
    kind: u8,
    size: u32,
    count: u32,
    lane: u8,
    priority: i32,
    exclusive: bool,
    product: Option<Index>,
    min: Option<u32>,
    cap: Option<u32>,
    units: Option<u32>,
}

#[derive(Clone, Debug)]
struct Plan {
    currency: &'static str,
    tax_inclusive: bool,
    per_order: bool,
    best_of: bool,
    rounding: Rounding,
    tax: Vec<u32>,
    variants: Vec<(u32, u8, bool, bool)>,
    lines: Vec<(Index, u32)>,
    promotions: Vec<Recipe>,
    delivery: Option<(u32, Beside, Option<u32>)>,
    fee: Option<(u32, Beside)>,
    /// Whether the rate of the city stands on the state's.
    compound: bool,
    /// Whether the buyer pays no tax.
    exempt: bool,
}

/// How a delivery or fee is taxed.
#[derive(Clone, Copy, Debug)]
enum Beside {
    Not,
    AsCategory,
    AsGoods,
}

impl Beside {
    fn words(self) -> [&'static str; 2] {
        let how = match self {
            Beside::Not => "-",
            Beside::AsCategory => "1",
            Beside::AsGoods => "as-goods",
        };
        ["taxed", how]
    }
}

fn any_beside() -> impl Strategy<Value = Beside> {
    select(vec![Beside::Not, Beside::AsCategory, Beside::AsGoods])
}

fn any_recipe() -> impl Strategy<Value = Recipe> {
    let rule = (0_u8..16, 1_u32..5000, 1_u32..4);
    let place = (0_u8..3, -1_i32..2, proptest::bool::weighted(0.1));
    let goods = proptest::option::weighted(0.4, any::<Index>());
    let limits = (
        proptest::option::weighted(0.2, 0_u32..5000),
        proptest::option::weighted(0.2, 1_u32..3000),
        proptest::option::weighted(0.2, 1_u32..6),
    );
    (rule, place, goods, limits).prop_map(
        |((kind, size, count), (lane, priority, exclusive), product, (min, cap, units))| Recipe {
            kind,
            size,
            count,
            lane,
            priority,
            exclusive,
            product,
            min,
            cap,
            units,
        },
    )
}

prop_compose! {
    fn any_plan(most: usize)(
        currency in select(vec!["EUR", "JPY", "KWD"]),
        (tax_inclusive, per_order, best_of) in any::<(bool, bool, bool)>(),
        rounding in
            select(vec![Rounding::HalfEven, Rounding::HalfAwayFromZero, Rounding::TowardZero]),
        tax in vec(0_u32..3000, 3),
        variants in vec((0_u32..3000, 0_u8..3, proptest::bool::weighted(0.9), any::<bool>()), 1..5),
        lines in vec((any::<Index>(), 1_u32..6), 0..6),
        promotions in vec(any_recipe(), 0..most),
        delivery in
            proptest::option::of((0_u32..1000, any_beside(), proptest::option::of(0_u32..5000))),
        fee in proptest::option::weighted(0.3, (1_u32..2000, any_beside())),
        (compound, exempt) in (any::<bool>(), proptest::bool::weighted(0.1)),
    ) -> Plan {
        Plan {
            currency, tax_inclusive, per_order, best_of, rounding, tax, variants, lines, promotions,
            delivery, fee, compound, exempt,
        }
    }
}

impl Recipe {
    /// The benefit in the words of scenarios.
    fn benefit(&self, minor: impl Fn(u32) -> String) -> (&'static str, String, Vec<String>) {
        let (size, count) = (self.size, self.count);
        let percent = || format!("{}.{}", size % 100, size % 10 + 1);
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        match self.kind {
            0 => ("percent", percent(), vec![]),
            1 => ("unit", minor(size), vec![]),
            2 => ("line", minor(size), vec![]),
            3 => ("order", minor(size), vec![]),
            4 => ("free-delivery", "-".to_owned(), vec![]),
            5 => ("price", minor(size), vec![]),
            6 => ("buy", format!("{count}/{}", size % 3 + 1), vec![]),
            7 => ("buy", format!("{count}/1"), vec!["off".to_owned(), percent()]),
            8 => ("buy", format!("{count}/2"), words(&["each", "variant"])),
            9 => ("cheapest", (count + 1).to_string(), vec![]),
            10 => {
                let tiers = format!(
                    "{count}:{}%,{}:-{},{}:={}",
                    percent(),
                    count + 3,
                    minor(size),
                    count + 6,
                    minor(size)
                );
                ("tiers", tiers, vec![])
            }
            11 => {
                let tiers = format!("{}:order-{}", minor(size), minor(size / 3 + 1));
                ("spend", tiers, vec![])
            }
            12 => {
                let parts = [format!("{count}xv0"), "1xv0".to_owned()];
                let parts = parts.into_iter().flat_map(|part| ["part".to_owned(), part]);
                ("bundle", minor(size), parts.collect())
            }
            13 => ("gift", format!("{count}xv0"), vec![]),
            14 => ("delivery-percent", percent(), vec![]),
            _ => ("delivery-off", minor(size % 900 + 1), vec![]),
        }
    }
}

impl Plan {
    fn minor(&self, amount: u32) -> String {
        let currency = Currency::from_code(self.currency).unwrap();
        Money::from_minor(i64::from(amount), currency).amount_text()
    }

    fn build(&self) -> Shop {
        let mut shop = Shop::new(self.currency, self.tax_inclusive);
        shop.facts.channel.rounding = self.rounding;
        if self.per_order {
            shop.facts.channel.tax_rounding = TaxRounding::PerOrder;
        }
        if self.best_of {
            shop.facts.lane_mode = LaneMode::BestOf;
        }
        for (category, hundredths) in self.tax.iter().enumerate() {
            shop.tax(
                &category.to_string(),
                &format!("{}.{:02}", hundredths / 100, hundredths % 100),
                &[],
            );
        }
        shop.tax("0", "1.5", if self.compound { &["City", "level", "1"] } else { &["City"] });
        if self.exempt {
            shop.request.buyer_tax.exemption = Some("embassy".to_owned());
        }
        for (index, (price, category, taxable, sent)) in self.variants.iter().enumerate() {
            let mut words = vec!["taxed", ["0", "1", "2"][usize::from(*category)]];
            words.extend((!taxable).then_some("untaxed"));
            words.extend((!sent).then_some("digital"));
            shop.add_variant(&format!("v{index}"), &self.minor(*price), &words);
        }
        for (variant, quantity) in &self.lines {
            shop.cart(&format!("v{}", variant.index(self.variants.len())), *quantity);
        }
        for (index, recipe) in self.promotions.iter().enumerate() {
            self.promote(&mut shop, index, recipe);
        }
        if let Some((amount, taxed, free_over)) = &self.delivery {
            let free_over = free_over.map(|limit| self.minor(limit));
            let mut words = taxed.words().to_vec();
            words.extend(free_over.iter().flat_map(|limit| ["free-over", limit.as_str()]));
            shop.delivery("post", &self.minor(*amount), &words);
            shop.request.delivery_method = Some("post".to_owned());
        }
        if let Some((hundredths, taxed)) = self.fee {
            let percent = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            shop.fee("cash", "percent-with-delivery", &percent, &taxed.words());
        }
        shop
    }

    fn promote(&self, shop: &mut Shop, index: usize, recipe: &Recipe) {
        let (kind, number, mut words) = recipe.benefit(|amount| self.minor(amount));
        if let Some(product) = &recipe.product {
            words
                .extend(["product".to_owned(), format!("v{}", product.index(self.variants.len()))]);
        }
        if let Some(min) = recipe.min {
            words.extend(["min".to_owned(), self.minor(min)]);
        }
        if let Some(cap) = recipe.cap {
            words.extend(["cap".to_owned(), self.minor(cap)]);
        }
        if let Some(units) = recipe.units.filter(|_| matches!(recipe.kind, 0..=2 | 5..=10 | 13)) {
            words.extend(["units-per-order".to_owned(), units.to_string()]);
        }
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        shop.promotion(&format!("p{index}"), kind, &number, &words);
        let promotion = shop.facts.promotions.last_mut().unwrap();
        promotion.lane = Lane::ALL[usize::from(recipe.lane)];
        promotion.priority = recipe.priority;
        promotion.exclusive = recipe.exclusive;
    }
}

/// What the buyer's own lines cost before discounts.
fn bought(quote: &Quote) -> i64 {
    let own = quote.lines.iter().filter(|line| !line.is_gift());
    own.map(|line| line.subtotal.minor()).sum()
}

/// What the buyer pays before tax that is added: what combinations are compared by.
fn to_pay(quote: &Quote) -> i64 {
    let totals = &quote.totals;
    totals.subtotal.minor() - totals.discount_total.minor() + totals.delivery_total.minor()
}

/// An order of what was quoted.
fn ordered(quote: Quote) -> Order {
    let text = include_str!("../../testing/order.json");
    let order: Order = serde_json::from_str(text).unwrap();
    let of = |line: &QuoteLine| OrderLine {
        line: line.line,
        ordered: line.quantity.get(),
        ..order.lines[0].clone()
    };
    Order { lines: quote.lines.iter().map(of).collect(), quote, ..order }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn parts_add_up_and_nothing_is_negative(plan in any_plan(6)) {
        let quote = plan.build().quote().unwrap();
        // `Quote::check` says the same from inside; here it is said again, in plain sums.
        let minor = |money: Money| money.minor();
        let mut total = 0;
        for line in &quote.lines {
            let off: i64 = line.discounts.iter().map(|d| d.amount.minor()).sum();
            let tax: i64 = line.tax.iter().map(|t| t.amount.minor()).sum();
            let taken_out: i64 = line.tax.iter().filter_map(|t| t.relieved).map(minor).sum();
            let left = minor(line.subtotal) - off - taken_out;
            prop_assert!(left >= 0 && off >= 0 && tax >= 0 && minor(line.net) >= 0);
            prop_assert_eq!(minor(line.total), if plan.tax_inclusive { left } else { left + tax });
            prop_assert_eq!(minor(line.net), minor(line.total) - tax);
            total += minor(line.total);
        }
        if let Some(delivery) = &quote.delivery {
            prop_assert!(minor(delivery.total) >= 0);
            total += minor(delivery.total);
        }
        for fee in &quote.fees {
            prop_assert!(minor(fee.amount) > 0 && minor(fee.total) >= 0);
            total += minor(fee.total);
        }
        prop_assert_eq!(minor(quote.totals.total), total);
        prop_assert_eq!(quote.check(), Ok(()));
        let stored = serde_json::to_string(&quote).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Quote>(&stored).unwrap(), &quote);
        let told = serde_json::to_string(&quote.trace()).unwrap();
        prop_assert_eq!(serde_json::from_str::<Vec<TraceNode>>(&told).unwrap(), quote.trace());
    }

    #[test]
    fn a_sale_is_priced_again_to_the_minor_unit_with_its_own_promotions(mut plan in any_plan(6)) {
        // A sale keeps its delivery rate. Only a search for the best combination looks at what another would be.
        plan.best_of &= plan.delivery.is_none_or(|(_, _, free_over)| free_over.is_none());
        let shop = plan.build();
        let sold = shop.quote().unwrap();
        let mut repricing = shop.past(&sold).unwrap();
        let again = repricing.quote(&shop.facts.promotions, vec![]).unwrap();
        prop_assert_eq!(again.totals, sold.totals);
        prop_assert_eq!(&again.promotions_applied, &sold.promotions_applied);
        let told = |line: &QuoteLine| (line.unit_price, line.discounts.clone(), line.net, line.total);
        prop_assert!(again.lines.iter().map(told).eq(sold.lines.iter().map(told)));
        // Without promotions it is the same cart in a shop without them, but for what depends on what is left.
        let without = repricing.quote(&Shared::default(), vec![]).unwrap();
        let mut plain = plan.build();
        plain.facts.promotions = Shared::default();
        let plain = plain.quote().unwrap();
        prop_assert_eq!(without.totals.subtotal, plain.totals.subtotal);
        if plan.delivery.is_none() && plan.fee.is_none() {
            prop_assert_eq!(without.totals, plain.totals);
        }
    }

    #[test]
    fn the_order_of_facts_changes_nothing(plan in any_plan(6), seed in any::<u64>()) {
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
    fn the_order_of_creation_changes_no_amount(plan in any_plan(6), seed in any::<u64>()) {
        let quote = plan.build().quote().unwrap();
        let mut other = plan.build();
        // Ids rise with time; here they were given out in another order.
        for promotion in &mut other.facts.promotions {
            let id = promotion.id.to_u128() ^ u128::from(seed % 16);
            promotion.id = PromotionId::from_u128(id);
        }
        let again = other.quote().unwrap();
        prop_assert_eq!(again.totals, quote.totals);
        let amounts = |quote: &Quote| {
            quote.lines.iter().map(|line| (line.discount_total, line.tax_total)).collect::<Vec<_>>()
        };
        prop_assert_eq!(amounts(&again), amounts(&quote));
        let names = |quote: &Quote| {
            quote.promotions_applied.iter().map(|p| (p.name.clone(), p.amount)).collect::<Vec<_>>()
        };
        prop_assert_eq!(names(&again), names(&quote));
    }

    #[test]
    fn the_best_combination_is_the_best_of_all(plan in any_plan(7)) {
        is_the_best_of_all(plan)?;
    }

    #[test]
    fn more_promotions_never_cost_more_where_the_best_are_chosen(mut plan in any_plan(6)) {
        plan.best_of = true;
        let with = plan.build().quote().unwrap();
        let mut shop = plan.build();
        shop.facts.promotions.pop();
        prop_assert!(to_pay(&with) <= to_pay(&shop.quote().unwrap()));
        shop.facts.promotions.clear();
        let without = shop.quote().unwrap();
        prop_assert!(to_pay(&with) <= to_pay(&without));
        prop_assert_eq!(bought(&with), without.totals.subtotal.minor());
    }

    #[test]
    fn gifts_change_nothing_that_is_paid_and_give_no_more_than_there_is(
        mut plan in any_plan(6), stock in 0_u32..12,
    ) {
        plan.promotions.iter_mut().for_each(|recipe| recipe.exclusive = false);
        let mut shop = plan.build();
        let gift = shop.variant("v0").variant;
        shop.facts.gift_stock.push((gift, stock));
        let with = shop.quote().unwrap();
        let gives = |promotion: &Promotion| matches!(promotion.benefits[..], [Benefit::Gift { .. }]);
        shop.facts.promotions.retain(|promotion| !gives(promotion));
        let without = shop.quote().unwrap();
        prop_assert_eq!(with.totals.total, without.totals.total);
        prop_assert_eq!(with.totals.tax_total, without.totals.tax_total);
        prop_assert_eq!(bought(&with), without.totals.subtotal.minor());
        let units = |of: &dyn Fn(&&QuoteLine) -> bool| {
            with.lines.iter().filter(of).map(|line| line.quantity.get()).sum::<u32>()
        };
        let given = units(&|line| line.is_gift());
        let sold = units(&|line| !line.is_gift() && line.variant == gift);
        prop_assert!(given <= stock.saturating_sub(sold));
        prop_assert!(with.lines.iter().filter(|line| line.is_gift()).all(|line| line.total.is_zero()));
    }

    #[test]
    fn every_promotion_is_either_applied_or_says_why(plan in any_plan(6)) {
        let shop = plan.build();
        let quote = shop.quote().unwrap();
        let mut told: Vec<_> = quote.promotions_applied.iter().map(|p| p.promotion).collect();
        told.extend(quote.promotions_refused.iter().map(|p| p.promotion));
        told.sort_unstable();
        let all: Vec<_> = shop.facts.promotions.iter().map(|p| p.id).collect();
        prop_assert_eq!(told, all);
        for applied in &quote.promotions_applied {
            let gives = |line: &QuoteLine| {
                line.is_gift() && line.discounts[0].promotion == applied.promotion
            };
            prop_assert!(applied.amount.is_positive() || quote.lines.iter().any(gives));
            let promotion = shop.facts.promotions.iter().find(|p| p.id == applied.promotion).unwrap();
            let limits = &promotion.limits;
            prop_assert!(limits.amount_per_order.is_none_or(|cap| applied.amount.minor() <= cap.minor()));
            prop_assert!(limits.units_per_order.is_none_or(|units| applied.units <= units));
        }
    }

    #[test]
    fn a_coupon_that_is_taken_out_restores_the_total(plan in any_plan(6), which in any::<Index>()) {
        let mut shop = plan.build();
        if shop.facts.promotions.is_empty() {
            return Ok(());
        }
        let code = CouponCode::new("CODE").unwrap();
        let place = which.index(shop.facts.promotions.len());
        shop.facts.promotions[place].conditions.push(Condition::Coupon { codes: vec![code.clone()] });
        let before = shop.quote().unwrap();
        shop.request.coupons.push(code);
        shop.quote().unwrap();
        shop.request.coupons.clear();
        let after = shop.quote().unwrap();
        prop_assert_eq!(&after, &before);
        // And a promotion that waits for its coupon is as good as none.
        shop.facts.promotions.remove(place);
        let combined = before.combination.map(|_| before.totals);
        let without = shop.quote().unwrap();
        prop_assert_eq!(without.totals, combined.unwrap_or(before.totals));
    }

    #[test]
    fn a_line_more_never_lowers_the_total_without_a_promotion(
        mut plan in any_plan(6), variant in any::<Index>(), quantity in 1_u32..6,
    ) {
        // Free delivery from an amount on is a rule of its own.
        if let Some((_, _, free_over)) = &mut plan.delivery {
            *free_over = None;
        }
        let before = plan.build().quote().unwrap();
        plan.lines.push((variant, quantity));
        let after = plan.build().quote().unwrap();
        // A gift takes off what it costs itself, so it is left aside.
        let given = |quote: &Quote| {
            let gifts = quote.lines.iter().filter(|line| line.is_gift());
            let all = quote.promotions_applied.iter().map(|p| p.amount.minor()).sum::<i64>();
            all - gifts.map(|line| line.discount_total.minor()).sum::<i64>()
        };
        prop_assert!(bought(&after) >= bought(&before));
        prop_assert!(to_pay(&after) >= to_pay(&before) || given(&after) > given(&before));
        plan.promotions.clear();
        let after = plan.build().quote().unwrap();
        plan.lines.pop();
        let before = plan.build().quote().unwrap();
        prop_assert!(after.totals.total.minor() >= before.totals.total.minor());
    }

    #[test]
    fn refunds_in_any_parts_and_order_sum_to_what_was_captured(
        plan in any_plan(6), choices in vec((any::<Index>(), 1_u32..4), 1..40),
    ) {
        let quote = plan.build().quote().unwrap();
        let mut order = ordered(quote.clone());
        let mut sum = 0;
        let mut refund = |line: usize, units: u32| {
            let of = &order.lines[line];
            let units = LineUnits { line: of.line, quantity: units.min(of.to_refund()) };
            let back = refund_units(&mut order, &[units]).unwrap();
            assert!(!back.is_negative());
            sum += back.minor();
        };
        if !quote.lines.is_empty() {
            for (line, units) in &choices {
                refund(line.index(quote.lines.len()), *units);
            }
            for line in (0..quote.lines.len()).rev() {
                refund(line, u32::MAX);
            }
        }
        let delivery = quote.delivery.as_ref().map_or(0, |delivery| delivery.total.minor());
        let fees: i64 = quote.fees.iter().map(|fee| fee.total.minor()).sum();
        prop_assert_eq!(sum + delivery + fees, quote.totals.total.minor());
    }

    #[test]
    fn tax_per_order_is_the_tax_on_the_sum(plan in any_plan(6)) {
        // One level and one kind of goods for each charge; `tax_oracle` is about the others.
        let delivery = plan.delivery.map(|(amount, _, free_over)| (amount, Beside::AsCategory, free_over));
        let plan = Plan { delivery, fee: None, compound: false, exempt: false, ..plan };
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

/// Compares with every subset of the promotions as a shop of its own.
fn is_the_best_of_all(mut plan: Plan) -> Result<(), TestCaseError> {
    plan.best_of = true;
    let found = plan.build().quote().unwrap();
    plan.best_of = false;
    let whole = plan.build();
    let mut least = i64::MAX;
    for subset in 0..1_u32 << whole.facts.promotions.len() {
        let mut shop = plan.build();
        let mut index = 0;
        shop.facts.promotions.retain(|_| {
            index += 1;
            subset >> (index - 1) & 1 == 1
        });
        least = least.min(to_pay(&shop.unchecked().unwrap()));
    }
    prop_assert_eq!(to_pay(&found), least);
    prop_assert!(found.combination.unwrap().exhaustive);
    Ok(())
}

proptest! {
    // Each tries up to four thousand shops.
    #![proptest_config(ProptestConfig { cases: config().cases.min(1_000) / 24 + 1, ..config() })]

    #[test]
    fn the_best_combination_of_up_to_twelve_is_the_best_of_all(plan in any_plan(13)) {
        is_the_best_of_all(plan)?;
    }
}
