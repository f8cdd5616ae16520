//! Money arithmetic once more, in whole numbers and fractions without a limit; shares no code with the engine.

use num_bigint::BigInt;
use num_rational::BigRational;

use crate::money::{Money, Rate, Rounding};

pub(super) fn big(minor: i64) -> BigInt {
    BigInt::from(minor)
}

/// The minor units of an amount.
pub(super) fn minor(amount: Money) -> BigInt {
    big(amount.minor())
}

pub(super) fn ratio(numerator: BigInt, denominator: BigInt) -> BigRational {
    BigRational::new(numerator, denominator)
}

/// A rate as a fraction, read from its text.
pub(super) fn rate(rate: Rate) -> BigRational {
    let text = rate.percent_text();
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    let digits: BigInt = format!("{whole}{decimals}").parse().unwrap();
    ratio(digits, BigInt::from(100) * BigInt::from(10).pow(u32::try_from(decimals.len()).unwrap()))
}

/// Rounds a fraction that is not below zero.
pub(super) fn round(exact: &BigRational, mode: Rounding) -> BigInt {
    let (floor, half) = (exact.floor(), ratio(1.into(), 2.into()));
    let rest = exact - &floor;
    let floor = floor.to_integer();
    let odd = &floor % BigInt::from(2) == BigInt::from(1);
    let up = match mode {
        Rounding::TowardZero => false,
        Rounding::HalfAwayFromZero => rest >= half,
        Rounding::HalfEven => rest > half || rest == half && odd,
    };
    if up { floor + 1 } else { floor }
}

/// Splits by the largest remainder, ties to the earliest.
pub(super) fn split(whole: &BigInt, weights: &[BigRational]) -> Vec<BigInt> {
    let zero = || ratio(0.into(), 1.into());
    let sum: BigRational = weights.iter().fold(zero(), |sum, weight| sum + weight);
    if sum == zero() {
        return vec![BigInt::from(0); weights.len()];
    }
    let exact: Vec<BigRational> =
        weights.iter().map(|weight| ratio(whole.clone(), 1.into()) * weight / &sum).collect();
    let mut parts: Vec<BigInt> = exact.iter().map(|part| part.floor().to_integer()).collect();
    let mut left = whole - parts.iter().sum::<BigInt>();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by(|a, b| {
        let rest = |index: usize| &exact[index] - exact[index].floor();
        rest(*b).cmp(&rest(*a)).then(a.cmp(b))
    });
    for index in order {
        if left > BigInt::from(0) {
            parts[index] += 1;
            left -= 1;
        }
    }
    parts
}

/// What parts `from..until` of `of` equal parts are worth, by cumulative shares.
pub(super) fn share(whole: &BigInt, from: u32, until: u32, of: u32) -> BigInt {
    let up_to = |part: u32| {
        let exact = ratio(whole * BigInt::from(part), BigInt::from(of));
        round(&exact, Rounding::HalfAwayFromZero)
    };
    up_to(until) - up_to(from)
}
