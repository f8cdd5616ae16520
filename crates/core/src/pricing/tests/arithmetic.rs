//! Rates and splits against arithmetic without a limit.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::oracle::{self, big, minor, ratio};
use super::*;

fn any_rounding() -> impl Strategy<Value = Rounding> {
    select(vec![Rounding::HalfEven, Rounding::HalfAwayFromZero, Rounding::TowardZero])
}

/// Small amounts, everyday ones, and the largest.
fn any_amount() -> impl Strategy<Value = i64> {
    prop_oneof![0_i64..100, 0_i64..1_000_000, 0..=Money::MAX_MINOR]
}

fn any_rate() -> impl Strategy<Value = Rate> {
    (0_u64..=10_000_000_000, 0_usize..=8).prop_map(|(digits, decimals)| {
        let text = format!("{digits:0>10}");
        let (whole, rest) = text.split_at(text.len() - decimals);
        let text = if rest.is_empty() { whole.to_owned() } else { format!("{whole}.{rest}") };
        Rate::percent(&text).unwrap()
    })
}

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_rate_is_applied_exactly(amount in any_amount(), rate in any_rate(), mode in any_rounding()) {
        let exact = oracle::rate(rate) * ratio(big(amount), 1.into());
        match eur(amount).at_rate(rate, mode) {
            Ok(found) => prop_assert_eq!(minor(found), oracle::round(&exact, mode)),
            Err(_) => prop_assert!(oracle::round(&exact, mode) > big(i64::MAX)),
        }
    }

    #[test]
    fn contained_tax_is_exact(amount in any_amount(), rate in any_rate(), mode in any_rounding()) {
        let rational = oracle::rate(rate);
        let exact = ratio(big(amount), 1.into()) * &rational / (ratio(1.into(), 1.into()) + &rational);
        let tax = eur(amount).tax_within(rate, mode).unwrap();
        prop_assert_eq!(minor(tax), oracle::round(&exact, mode));
        prop_assert!(tax.minor() <= amount);
    }

    #[test]
    fn a_split_is_the_largest_remainder(amount in any_amount(), weights in vec(0_u64..u64::MAX, 1..9)) {
        let exact: Vec<_> = weights.iter().map(|weight| ratio((*weight).into(), 1.into())).collect();
        match eur(amount).split(&weights) {
            Ok(parts) => {
                let parts: Vec<_> = parts.into_iter().map(minor).collect();
                prop_assert_eq!(parts, oracle::split(&big(amount), &exact));
            }
            Err(_) => prop_assert!(weights.iter().all(|weight| *weight == 0)),
        }
    }

    #[test]
    fn shares_are_cumulative(amount in any_amount(), cuts in vec(0_u32..50, 0..6)) {
        let mut cuts = cuts;
        cuts.extend([0, 50]);
        cuts.sort_unstable();
        let mut sum = 0;
        for pair in cuts.windows(2) {
            let found = eur(amount).share_between(pair[0].into(), pair[1].into(), 50).unwrap();
            prop_assert_eq!(minor(found), oracle::share(&big(amount), pair[0], pair[1], 50));
            sum += found.minor();
        }
        prop_assert_eq!(sum, amount);
    }
}
