//! Pricing a cart, beside the same sums in `rust_decimal` and in raw integers, in one run.
//!
//! `cargo bench --bench pricing` prints nanoseconds and ratios. The small cart has five lines and three promotions: a
//! percentage for one category, buy two get the cheapest free in another, an amount off the order from a subtotal on;
//! then tax per line. The rival versions do these sums by hand and nothing else: no conditions to look up, no names, no
//! trace, no hash. The large cart has a hundred lines and fifty active promotions of all kinds.
//!
//! The goals: the large cart in under 100 µs, and the small one in a quarter of what `rust_decimal` takes. The first is
//! reached where the raw small cart takes 30 ns: 94 to 100 µs, some 3,300 times that, from 4,300; a busy neighbor adds a tenth. The
//! second is not: the small cart takes five times what the decimals do (4.4 µs beside 0.87), from 6.4 times. What was measured on
//! the way, in parts of the large cart's time before: allocations 29 % (names copied for every discount, lists that grew,
//! five lists for the tax of each line), asking every line for every promotion's category 13 %, SHA-256 11 %, and the sums
//! themselves no part that a profile shows. Of the small cart, the hash takes a quarter and allocations another: each of the two
//! alone is more than all sums of the rival, so a quarter of its time is out of reach of anything that keeps a trace and a hash.

#![allow(
    clippy::unwrap_used,
    clippy::as_conversions,
    clippy::float_arithmetic,
    clippy::print_stdout,
    reason = "a measuring program: it stops at the first surprise, and rates are fractions"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use rust_decimal::{Decimal, RoundingStrategy};
use sutler_core::catalog::{CapturePolicy, Channel, TaxRounding};
use sutler_core::id::*;
use sutler_core::money::{Currency, Money, Rate, Rounding};
use sutler_core::pricing::*;
use sutler_core::quantity::Quantity;
use sutler_core::time::Timestamp;

fn main() {
    // `cargo test` runs benches too, once and without a wish for figures.
    let quick = std::env::args().any(|arg| arg == "--quick" || arg == "--test");
    let time = Duration::from_millis(if quick { 50 } else { 1_000 });
    let cart = small();
    let (facts, request) = shop(&cart, &small_promotions());
    let now = Timestamp::from_millis(0);
    let total = quote(&request, &facts, now).unwrap().totals.total.minor();
    assert_eq!(raw(&cart), total, "the raw loop prices another cart");
    assert_eq!(decimal(&cart), Decimal::new(total, 2), "the decimals price another cart");

    let raw_ns = measure(time, || raw(black_box(&cart)));
    let decimal_ns = measure(time, || decimal(black_box(&cart)));
    let ours_ns = measure(time, || quote(black_box(&request), &facts, now));
    println!("5 lines, 3 promotions, raw integers   {raw_ns:>9.0} ns");
    println!(
        "5 lines, 3 promotions, rust_decimal   {decimal_ns:>9.0} ns  {:.1} × raw",
        decimal_ns / raw_ns
    );
    println!(
        "5 lines, 3 promotions, quote          {ours_ns:>9.0} ns  {:.1} × raw, {:.2} × rust_decimal",
        ours_ns / raw_ns,
        ours_ns / decimal_ns
    );

    let cart = large();
    let (facts, request) = shop(&cart, &large_promotions());
    let applied = quote(&request, &facts, now).unwrap().promotions_applied.len();
    let large_ns = measure(time, || quote(black_box(&request), &facts, now));
    println!(
        "100 lines, 50 promotions, quote       {large_ns:>9.0} ns  {:.0} × the raw 5 lines; {applied} promotions applied",
        large_ns / raw_ns
    );
}

/// CPU nanoseconds of this thread so far, so that a busy neighbor is not measured; time on the clock where the system
/// does not tell.
fn cpu_nanos(since: Instant) -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let told = stat.split(' ').next().and_then(|nanos| nanos.parse().ok());
    told.unwrap_or_else(|| since.elapsed().as_nanos() as f64)
}

/// CPU nanoseconds of one call, the median of nine rounds.
fn measure<T>(time: Duration, work: impl Fn() -> T) -> f64 {
    let begin = Instant::now();
    let mut rounds: Vec<f64> = (0..9)
        .map(|_| {
            let (start, cpu, mut calls) = (Instant::now(), cpu_nanos(begin), 0_u32);
            while start.elapsed() < time / 9 {
                for _ in 0..16 {
                    black_box(work());
                }
                calls += 16;
            }
            (cpu_nanos(begin) - cpu) / f64::from(calls)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[rounds.len() / 2]
}

/// A line: unit price, quantity, category.
type Line = (i64, u32, u128);

/// Category 1 gets 10 %, category 2 the cheapest of three.
const TAX_PPM: i64 = 88_750;

fn small() -> Vec<Line> {
    vec![(1_999, 2, 1), (2_450, 1, 2), (1_299, 2, 2), (499, 4, 3), (3_999, 1, 1)]
}

/// Rounds half away from zero; nothing is below zero.
fn part(amount: i64, numerator: i64, denominator: i64) -> i64 {
    (amount * numerator * 2 + denominator) / (denominator * 2)
}

fn raw(cart: &[Line]) -> i64 {
    let mut left = [0_i64; 8];
    let (mut tenth, mut of_two, mut cheapest) = (0, 0, usize::MAX);
    for (index, (price, quantity, category)) in cart.iter().enumerate() {
        left[index] = price * i64::from(*quantity);
        if *category == 1 {
            tenth += left[index];
        } else if *category == 2 {
            of_two += quantity;
            if cheapest == usize::MAX || *price < cart[cheapest].0 {
                cheapest = index;
            }
        }
    }
    let subtotal: i64 = left.iter().sum();
    // 10 % of the category, rounded once and split by cost; the last takes what is left.
    let (mut off, mut base) = (part(tenth, 1, 10), tenth);
    for (index, line) in cart.iter().enumerate().filter(|(_, line)| line.2 == 1) {
        let cost = line.0 * i64::from(line.1);
        let share = if base == cost { off } else { off * cost / base };
        left[index] -= share;
        (off, base) = (off - share, base - cost);
    }
    left[cheapest] -= i64::from(of_two / 3) * cart[cheapest].0;
    if subtotal >= 5_000 {
        let (mut off, mut base) = (500, left.iter().sum::<i64>());
        for cost in left.iter_mut().take(cart.len()) {
            let share = if base == *cost { off } else { part(off, *cost, base) };
            (off, base) = (off - share, base - *cost);
            *cost -= share;
        }
    }
    left.iter().map(|left| left + part(*left, TAX_PPM, 1_000_000)).sum()
}

fn decimal(cart: &[Line]) -> Decimal {
    let round =
        |amount: Decimal| amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    let lines: Vec<(Decimal, u32, u128)> =
        cart.iter().map(|(price, n, category)| (Decimal::new(*price, 2), *n, *category)).collect();
    let mut left: Vec<Decimal> =
        lines.iter().map(|(price, n, _)| *price * Decimal::from(*n)).collect();
    let subtotal: Decimal = left.iter().sum();
    let costs = |left: &[Decimal], of: &dyn Fn(u128) -> bool| -> Decimal {
        left.iter().zip(&lines).filter(|(_, line)| of(line.2)).map(|(left, _)| *left).sum()
    };
    let take = |left: &mut Vec<Decimal>, whole: Decimal, of: &dyn Fn(u128) -> bool| {
        let (mut off, mut base) = (whole, costs(left, of));
        for (cost, _) in left.iter_mut().zip(&lines).filter(|(_, line)| of(line.2)) {
            let share = if base == *cost { off } else { round(off * *cost / base) };
            (off, base) = (off - share, base - *cost);
            *cost -= share;
        }
    };
    let tenth = round(costs(&left, &|category| category == 1) * Decimal::new(10, 2));
    let of_two: u32 = lines.iter().filter(|line| line.2 == 2).map(|line| line.1).sum();
    take(&mut left, tenth, &|category| category == 1);
    let of_two_lines = lines.iter().enumerate().filter(|(_, line)| line.2 == 2);
    if let Some((index, line)) = of_two_lines.min_by_key(|(_, line)| line.0) {
        left[index] -= line.0 * Decimal::from(of_two / 3);
    }
    if subtotal >= Decimal::new(5_000, 2) {
        take(&mut left, Decimal::new(500, 2), &|_| true);
    }
    let tax = Decimal::new(TAX_PPM, 6);
    left.iter().map(|left| *left + round(*left * tax)).sum()
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::USD)
}

fn promotion(number: u128, benefit: Benefit, conditions: Vec<Condition>) -> Promotion {
    Promotion {
        conditions,
        ..Promotion::new(PromotionId::from_u128(number), format!("Promotion {number:02}"), benefit)
    }
}

fn category(number: u128) -> Condition {
    Condition::Category { categories: vec![CategoryId::from_u128(number)] }
}

fn buy_two_get_one() -> Benefit {
    let (goods, each_variant) = (vec![], false);
    Benefit::BuyGet(BuyGet { buy: 2, get: 1, rate: Rate::ONE, goods, each_variant })
}

fn small_promotions() -> Vec<Promotion> {
    let ten = Rate::percent("10").unwrap();
    vec![
        promotion(1, Benefit::Percent { rate: ten }, vec![category(1)]),
        promotion(2, buy_two_get_one(), vec![category(2)]),
        promotion(
            3,
            Benefit::FixedOrder { amount: usd(500) },
            vec![Condition::MinSubtotal { amount: usd(5_000) }],
        ),
    ]
}

fn large() -> Vec<Line> {
    (0..100).map(|n| (500 + i64::from(n) * 37 % 4_000, 1 + n % 4, u128::from(n % 12))).collect()
}

fn large_promotions() -> Vec<Promotion> {
    let benefit = |n: u32| match n % 6 {
        0 => Benefit::Percent { rate: Rate::percent(&format!("{}.5", n % 20 + 1)).unwrap() },
        1 => Benefit::FixedUnit { amount: usd(i64::from(n) + 10) },
        2 => buy_two_get_one(),
        3 => Benefit::FixedOrder { amount: usd(i64::from(n) * 10) },
        4 => Benefit::QuantityTiers {
            tiers: vec![
                QuantityTier { from: 3, benefit: TierBenefit::FixedUnit { amount: usd(30) } },
                QuantityTier {
                    from: 9,
                    benefit: TierBenefit::Percent { rate: Rate::percent("7").unwrap() },
                },
            ],
        },
        _ => Benefit::CheapestFree { of: 4 },
    };
    let lane = |n: u32| Lane::ALL[(n % 3) as usize];
    (0..50)
        .map(|n| {
            let conditions = if n % 5 == 0 { vec![] } else { vec![category(u128::from(n % 12))] };
            let made = promotion(u128::from(n) + 1, benefit(n), conditions);
            Promotion { lane: lane(n), ..made }
        })
        .collect()
}

fn shop(cart: &[Line], promotions: &[Promotion]) -> (PricingFacts, QuoteRequest) {
    let (list, zone) = (PriceListId::from_u128(1), TaxZoneId::from_u128(1));
    let channel = Channel {
        id: ChannelId::from_u128(1),
        code: "web".to_owned(),
        name: "Web".to_owned(),
        currency: Currency::USD,
        tax_inclusive: false,
        rounding: Rounding::HalfAwayFromZero,
        tax_rounding: TaxRounding::PerLine,
        default_country: "US".parse().unwrap(),
        capture: CapturePolicy::AtPlacement,
        reservation_seconds: 900,
        cart_seconds: 86_400,
        lane_mode: LaneMode::EachUnit,
        version: 1,
    };
    let id = |index: usize| VariantId::from_u128(index as u128 + 1);
    let variant = |(index, (_, _, category)): (usize, &Line)| VariantFacts {
        variant: id(index),
        product: ProductId::from_u128(index as u128 + 1),
        title: format!("Thing {index}"),
        sku: None,
        categories: vec![CategoryId::from_u128(*category)],
        collections: vec![],
        attributes: vec![],
        tax_category: TaxCategory::standard(),
        taxable: true,
        requires_shipping: true,
        weight_grams: Some(100),
        dimensions: None,
        dangerous_goods: false,
        sellable: true,
    };
    let price = |(index, (amount, _, _)): (usize, &Line)| Price {
        list,
        variant: id(index),
        min_quantity: 1,
        amount: usd(*amount),
        compare_at: None,
    };
    let facts = PricingFacts {
        channel,
        price_lists: vec![PriceList::new(list, "Retail", Currency::USD)].into(),
        prices: cart.iter().enumerate().map(price).collect(),
        variants: cart.iter().enumerate().map(variant).collect(),
        tax_zones: vec![TaxZone {
            id: zone,
            name: "US".to_owned(),
            territory: Territory::default(),
            version: 1,
        }]
        .into(),
        tax_rates: vec![TaxRate {
            zone,
            category: TaxCategory::standard(),
            name: "Sales tax".to_owned(),
            rate: Rate::percent("8.875").unwrap(),
            level: 0,
            window: Window::ALWAYS,
        }]
        .into(),
        home: None,
        tax_answer: None,
        delivery_methods: vec![].into(),
        fees: vec![].into(),
        promotions: promotions.to_vec().into(),
        promotion_uses: vec![],
        batch_coupons: vec![],
        orders_placed: None,
        gift_stock: vec![],
        lane_mode: LaneMode::EachUnit,
    };
    let line = |(index, (_, quantity, _)): (usize, &Line)| RequestLine {
        line: index as u32 + 1,
        variant: id(index),
        quantity: Quantity::new(*quantity).unwrap(),
    };
    let request = QuoteRequest {
        lines: cart.iter().enumerate().map(line).collect(),
        coupons: vec![],
        customer: None,
        customer_group: None,
        ship_to: None,
        delivery_method: None,
        payment: None,
        buyer_tax: BuyerTax::default(),
    };
    (facts, request)
}
