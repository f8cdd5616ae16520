//! Tax against exact fractions without a limit.
//!
//! The oracle knows nothing of `Money` or `Rate`: it reads the numbers of a plan, computes with fractions of big integers,
//! and rounds with a rule of its own.

use num_bigint::BigInt;
use num_rational::BigRational;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

type Exact = BigRational;

fn whole(number: i64) -> Exact {
    Exact::from_integer(BigInt::from(number))
}

/// A rate of so many thousandths of a percent.
fn fraction(thousandths: u32) -> Exact {
    Exact::new(BigInt::from(thousandths), BigInt::from(100_000))
}

fn percent(thousandths: u32) -> String {
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

/// Rounds an amount that is not below zero.
fn round(exact: &Exact, rounding: Rounding) -> Exact {
    let (down, rest) = (exact.floor(), exact.clone() - exact.floor());
    let half = Exact::new(BigInt::from(1), BigInt::from(2));
    let odd = (down.clone() / whole(2)).fract() != whole(0);
    let up = match rounding {
        Rounding::TowardZero => false,
        Rounding::HalfEven => rest > half || rest == half && odd,
        _ => rest >= half,
    };
    if up { down + whole(1) } else { down }
}

#[derive(Clone, Debug)]
struct Plan {
    tax_inclusive: bool,
    per_order: bool,
    rounding: Rounding,
    /// Rates of each level, in thousandths of a percent.
    levels: Vec<Vec<u32>>,
    prices: Vec<i64>,
    fee: Option<i64>,
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let price = prop_oneof![0_i64..200, 0_i64..1_000_000, Just(999_999_999_999_i64)];
    (
        any::<bool>(),
        any::<bool>(),
        select(vec![Rounding::HalfEven, Rounding::HalfAwayFromZero, Rounding::TowardZero]),
        vec(vec(0_u32..100_001, 1..3), 1..4),
        vec(price, 1..6),
        proptest::option::of(1_i64..5000),
    )
        .prop_map(|(tax_inclusive, per_order, rounding, levels, prices, fee)| Plan {
            tax_inclusive,
            per_order,
            rounding,
            levels,
            prices,
            fee,
        })
}

impl Plan {
    fn shop(&self) -> Shop {
        let mut shop = Shop::new("KWD", self.tax_inclusive);
        shop.facts.channel.rounding = self.rounding;
        if self.per_order {
            shop.facts.channel.tax_rounding = TaxRounding::PerOrder;
        }
        for (level, rates) in self.levels.iter().enumerate() {
            for (nr, rate) in rates.iter().enumerate() {
                let (name, level) = (format!("tax{level}.{nr}"), level.to_string());
                shop.tax("standard", &percent(*rate), &[&name, "level", &level]);
            }
        }
        let text =
            |minor| Money::from_minor(minor, Currency::from_code("KWD").unwrap()).amount_text();
        for (nr, price) in self.prices.iter().enumerate() {
            shop.add_variant(&format!("v{nr}"), &text(*price), &[]);
            shop.cart(&format!("v{nr}"), 1);
        }
        if let Some(fee) = self.fee {
            let line = format!("fee handling flat {} taxed as-goods", text(fee));
            shop.build_place(&line.split(' ').collect::<Vec<_>>()).unwrap();
        }
        shop
    }

    /// The tax of each level on one amount, the lowest first.
    fn taxes(&self, amount: &Exact) -> Vec<Exact> {
        let sums =
            self.levels.iter().map(|rates| rates.iter().copied().map(fraction).sum::<Exact>());
        let sums: Vec<Exact> = sums.collect();
        let mut rest = amount.clone();
        if self.tax_inclusive {
            let taken = sums.iter().rev().map(|sum| {
                let tax = round(&(rest.clone() * sum / (whole(1) + sum)), self.rounding);
                rest -= tax.clone();
                tax
            });
            let mut taken: Vec<Exact> = taken.collect();
            taken.reverse();
            return taken;
        }
        sums.iter()
            .map(|sum| {
                let tax = round(&(rest.clone() * sum), self.rounding);
                rest += tax.clone();
                tax
            })
            .collect()
    }

    /// The net that exact arithmetic would leave of an amount.
    fn exact_net(&self, amount: &Exact) -> Exact {
        let sums =
            self.levels.iter().map(|rates| rates.iter().copied().map(fraction).sum::<Exact>());
        let factor = sums.fold(whole(1), |factor, sum| factor * (whole(1) + sum));
        if self.tax_inclusive { amount / factor } else { amount.clone() }
    }
}

/// The tax of each level in a list of tax lines.
fn by_level(tax: &[TaxLine], levels: usize) -> Vec<i64> {
    let of = |level: usize| {
        let name = format!("tax{level}.");
        tax.iter().filter(|tax| tax.name.starts_with(&name)).map(|tax| tax.amount.minor()).sum()
    };
    (0..levels).map(of).collect()
}

proptest! {
    #[test]
    fn tax_is_what_exact_fractions_say(plan in any_plan()) {
        let quote = plan.shop().quote().unwrap();
        let levels = plan.levels.len();
        let lines = quote.lines.iter().map(|line| (&line.tax, line.net, line.total));
        let parts: Vec<_> = lines.chain(quote.fees.iter().map(|fee| (&fee.tax, fee.net, fee.total))).collect();
        let amounts: Vec<i64> = plan.prices.iter().copied().chain(plan.fee).collect();
        prop_assert_eq!(parts.len(), amounts.len());
        let mut sums = vec![0_i64; levels];
        for ((tax, net, total), amount) in parts.iter().zip(&amounts) {
            let taxes = by_level(tax, levels);
            let tax_sum: i64 = taxes.iter().sum();
            prop_assert_eq!(net.minor() + tax_sum, total.minor());
            prop_assert_eq!(if plan.tax_inclusive { total.minor() } else { net.minor() }, *amount);
            for (sum, tax) in sums.iter_mut().zip(&taxes) {
                *sum += tax;
            }
            if !plan.per_order {
                let exact = plan.taxes(&whole(*amount));
                prop_assert_eq!(taxes.iter().copied().map(whole).collect::<Vec<_>>(), exact);
                // Rounding level by level never strays from the exact net by more than one unit a level.
                let off = whole(net.minor()) - plan.exact_net(&whole(*amount));
                let most = whole(i64::try_from(levels).unwrap());
                prop_assert!(off <= most && -off.clone() <= most, "{} off", off);
            }
        }
        if plan.per_order {
            let exact = plan.taxes(&whole(amounts.iter().sum()));
            prop_assert_eq!(sums.into_iter().map(whole).collect::<Vec<_>>(), exact);
        }
    }

    #[test]
    fn a_tax_line_says_what_it_was_taken_on(plan in any_plan()) {
        let quote = plan.shop().quote().unwrap();
        for line in &quote.lines {
            let taxes = by_level(&line.tax, plan.levels.len());
            let mut base = line.net.minor();
            for (level, tax) in taxes.iter().enumerate() {
                let name = format!("tax{level}.");
                for line in line.tax.iter().filter(|tax| tax.name.starts_with(&name)) {
                    prop_assert_eq!((line.base.minor(), usize::from(line.level)), (base, level));
                }
                base += tax;
            }
        }
    }

    #[test]
    fn who_pays_no_tax_pays_what_is_left_without_it(plan in any_plan()) {
        let mut shop = plan.shop();
        let taxed = shop.quote().unwrap();
        shop.request.buyer_tax.exemption = Some("embassy".to_owned());
        let spared = shop.quote().unwrap();
        prop_assert_eq!(spared.totals.tax_total.minor(), 0);
        let pairs = taxed.lines.iter().zip(&spared.lines);
        for (taxed, spared) in pairs {
            prop_assert_eq!((taxed.net, taxed.net), (spared.net, spared.total));
        }
        let relieved = if plan.tax_inclusive { taxed.totals.tax_total.minor() } else { 0 };
        prop_assert_eq!(spared.tax_relief_total().unwrap().minor(), relieved);
    }

    #[test]
    fn a_charge_like_goods_is_split_by_what_they_cost(
        prices in vec(0_i64..100_000, 2..5),
        amount in 0_i64..100_000,
    ) {
        let mut shop = Shop::new("EUR", false);
        let text = |minor| Money::from_minor(minor, Currency::EUR).amount_text();
        for (nr, price) in prices.iter().enumerate() {
            shop.tax(&nr.to_string(), &(nr + 1).to_string(), &[]);
            shop.add_variant(&format!("v{nr}"), &text(*price), &["taxed", &nr.to_string()]);
            shop.cart(&format!("v{nr}"), 1);
        }
        shop.delivery("post", &text(amount), &["taxed", "as-goods"]);
        shop.request.delivery_method = Some("post".to_owned());
        let quote = shop.quote().unwrap();
        let delivery = quote.delivery.unwrap();
        prop_assert_eq!(delivery.tax.iter().map(|tax| tax.base.minor()).sum::<i64>(), amount);
        let all: i64 = prices.iter().sum();
        for tax in delivery.tax.iter().filter(|_| all > 0) {
            let nr: usize = tax.category.as_str().parse().unwrap();
            let exact = Exact::new(BigInt::from(amount) * prices[nr], BigInt::from(all));
            let off = whole(tax.base.minor()) - exact;
            prop_assert!(off < whole(1) && -off.clone() < whole(1), "{} off", off);
        }
    }
}
