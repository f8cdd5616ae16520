//! Tables and properties of the whole module.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const MODES: [Rounding; 3] = [Rounding::HalfEven, Rounding::HalfAwayFromZero, Rounding::TowardZero];

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn minors(parts: &[Money]) -> Vec<i64> {
    parts.iter().map(|part| part.minor()).collect()
}

// ---------------------------------------------------------------- reading

#[test]
fn strict_reading_takes_plain_numbers_of_the_right_scale() {
    for (text, code, minor) in [
        ("19.99", "EUR", 1999),
        ("19.9", "EUR", 1990),
        ("19", "EUR", 1900),
        ("0", "EUR", 0),
        ("-0.00", "EUR", 0),
        ("-0.05", "EUR", -5),
        ("007.50", "EUR", 750),
        ("1000", "JPY", 1000),
        ("0.001", "KWD", 1),
        ("1.2345", "CLF", 12345),
        ("10000000000000.00", "EUR", 1_000_000_000_000_000),
        ("-10000000000000.00", "EUR", -1_000_000_000_000_000),
    ] {
        let currency = Currency::from_code(code).unwrap();
        assert_eq!(Money::parse(text, currency).map(Money::minor), Ok(minor), "{text}");
    }
}

#[test]
fn strict_reading_refuses_everything_else() {
    for text in [
        "", "-", "--1", "+1", ".5", "5.", ".", "1e3", "1E3", "1_000", "1,000", "1 000", " 1", "1 ",
        "1.2.3", "0x10", "NaN", "inf", "-inf", "１９", "٣", "19,99", "€5", "5€", "1'000", "1.-5",
        "1\n", "-−1",
    ] {
        let refused = Money::parse(text, Currency::EUR).unwrap_err();
        assert_eq!(refused.code(), "money.not_a_number", "{text:?}");
    }
    for (text, currency) in [
        ("19.999", Currency::EUR),
        ("19.990", Currency::EUR),
        ("1.0", Currency::JPY),
        ("0.0001", Currency::KWD),
    ] {
        let refused = Money::parse(text, currency).unwrap_err();
        assert_eq!(refused.code(), "money.too_many_decimals", "{text:?}");
    }
    for text in [
        "10000000000000.01",
        "-10000000000000.01",
        "99999999999999999999999999",
        "92233720368547758.08",
    ] {
        let refused = Money::parse(text, Currency::EUR).unwrap_err();
        assert_eq!(refused.code(), "money.out_of_range", "{text:?}");
    }
}

#[test]
fn scaled_reading_takes_more_decimals_only_when_they_are_zeros() {
    use DecimalMark::{Comma, Point};

    for (text, mark, currency, minor) in [
        ("19.9900", Point, Currency::EUR, 1999),
        ("19,9900", Comma, Currency::EUR, 1999),
        ("1000.00", Point, Currency::JPY, 1000),
        ("1,5", Comma, Currency::KWD, 1500),
        ("-3,00000", Comma, Currency::EUR, -300),
        ("7", Comma, Currency::EUR, 700),
    ] {
        assert_eq!(
            Money::parse_scaled(text, mark, currency).map(Money::minor),
            Ok(minor),
            "{text}"
        );
    }
    for (text, mark, currency, code) in [
        ("19.9901", Point, Currency::EUR, "money.too_many_decimals"),
        ("1000.50", Point, Currency::JPY, "money.too_many_decimals"),
        ("19.99", Comma, Currency::EUR, "money.not_a_number"),
        ("19,99", Point, Currency::EUR, "money.not_a_number"),
        ("1.000,00", Comma, Currency::EUR, "money.not_a_number"),
        ("19,", Comma, Currency::EUR, "money.not_a_number"),
        ("99999999999999,000", Comma, Currency::EUR, "money.out_of_range"),
    ] {
        let refused = Money::parse_scaled(text, mark, currency).unwrap_err();
        assert_eq!(refused.code(), code, "{text:?}");
    }
}

// ---------------------------------------------------------------- rates

#[test]
fn rates_are_read_exactly_and_print_as_percent() {
    for (text, parts, printed) in [
        ("7.25", (725, 4), "7.25 %"),
        ("7.250", (725, 4), "7.25 %"),
        ("19", (19, 2), "19 %"),
        ("20", (2, 1), "20 %"),
        ("100", (1, 0), "100 %"),
        ("250", (25, 1), "250 %"),
        ("0", (0, 0), "0 %"),
        ("0.000", (0, 0), "0 %"),
        ("0.05", (5, 4), "0.05 %"),
        ("8.875", (8875, 5), "8.875 %"),
        ("10.75", (1075, 4), "10.75 %"),
        ("0.000000000001", (1, 14), "0.000000000001 %"),
        ("999999999999", (999_999_999_999, 2), "999999999999 %"),
        ("1.23456789012", (123_456_789_012, 13), "1.23456789012 %"),
        ("1.234567890120000", (123_456_789_012, 13), "1.23456789012 %"),
    ] {
        let rate = Rate::percent(text).unwrap();
        assert_eq!(rate.to_parts(), parts, "{text}");
        assert_eq!(rate.to_string(), printed);
        assert_eq!(Rate::percent(&rate.percent_text()), Ok(rate));
    }
    assert_eq!(Rate::fraction("0.0725"), Rate::percent("7.25"));
    assert_eq!(Rate::fraction("1"), Ok(Rate::ONE));
    assert_eq!(Rate::percent("0"), Ok(Rate::ZERO));
    assert_eq!(Rate::percent("7.25").unwrap().to_decimal().to_string(), "0.0725");
    assert!(Rate::percent("100").unwrap().is_at_most_one());
    assert!(!Rate::percent("100.01").unwrap().is_at_most_one());
}

#[test]
fn rates_of_one_place_add_up_exactly() {
    let sum = |a: &str, b: &str| Rate::percent(a).unwrap().checked_add(Rate::percent(b).unwrap());
    assert_eq!(sum("6.25", "1.75"), Rate::percent("8"));
    assert_eq!(sum("4", "4.875"), Rate::percent("8.875"));
    assert_eq!(sum("0", "0"), Ok(Rate::ZERO));
    assert_eq!(sum("99999999999", "0.000000000001").unwrap_err().code(), "money.rate_too_long");
}

#[test]
fn rates_refuse_what_is_not_plain_or_would_lose_digits() {
    for text in [
        "", "-1", "+1", ".5", "5.", "7,25", "7.25%", "7.25 %", " 7", "1e1", "1_0", "NaN", "٧", "-0",
    ] {
        assert_eq!(Rate::percent(text).unwrap_err().code(), "money.not_a_rate", "{text:?}");
    }
    let long = format!("0.{}1", "0".repeat(300));
    for text in
        ["1234567890123", "1.234567890123", "0.00000000000000001", "99999999999999999999999", &long]
    {
        assert_eq!(Rate::percent(text).unwrap_err().code(), "money.rate_too_long", "{text:?}");
    }
}

#[test]
fn rates_round_once_and_as_told() {
    // minor, percent, half even, half away from zero, toward zero
    for (minor, percent, even, away, zero) in [
        (2499, "10.75", 269, 269, 268),
        (5, "50", 2, 3, 2),
        (15, "50", 8, 8, 7),
        (-5, "50", -2, -3, -2),
        (25, "10", 2, 3, 2),
        (9, "19", 2, 2, 1),
        (1000, "0", 0, 0, 0),
        (1000, "100", 1000, 1000, 1000),
        (1000, "250", 2500, 2500, 2500),
        (1, "0.01", 0, 0, 0),
        (0, "19", 0, 0, 0),
        (
            Money::MAX_MINOR,
            "99.9999999999",
            999_999_999_999_000,
            999_999_999_999_000,
            999_999_999_999_000,
        ),
    ] {
        let rate = Rate::percent(percent).unwrap();
        for (mode, want) in MODES.into_iter().zip([even, away, zero]) {
            assert_eq!(
                eur(minor).at_rate(rate, mode),
                Ok(eur(want)),
                "{minor} at {percent}, {mode:?}"
            );
        }
    }
    let huge = Rate::percent("999999999999").unwrap();
    assert_eq!(eur(i64::MAX).at_rate(huge, Rounding::HalfEven), Err(MoneyError::Overflow));
    assert_eq!(eur(i64::MIN).at_rate(Rate::ONE, Rounding::HalfEven), Ok(eur(i64::MIN)));
}

#[test]
fn the_tax_within_a_gross_amount() {
    for (gross, percent, tax) in [
        (6500, "20", 1083),
        (5000, "20", 833),
        (11_500, "20", 1917),
        (11_900, "19", 1900),
        (10_700, "7", 700),
        (1, "19", 0),
        (-11_900, "19", -1900),
        (1000, "0", 0),
        (1000, "100", 500),
    ] {
        let rate = Rate::percent(percent).unwrap();
        assert_eq!(
            eur(gross).tax_within(rate, Rounding::HalfAwayFromZero),
            Ok(eur(tax)),
            "{gross} at {percent}"
        );
    }
}

// ---------------------------------------------------------------- splits

#[test]
fn splits_give_left_over_units_to_the_largest_remainders() {
    for (minor, weights, parts) in [
        (1000, &[1, 1, 1][..], &[334, 333, 333][..]),
        (-1000, &[1, 1, 1], &[-334, -333, -333]),
        (5, &[3, 7], &[2, 3]), // exactly 1.5 and 3.5: the tie goes to the earliest
        (100, &[1, 2, 4], &[14, 29, 57]), // 14.29, 28.57, 57.14
        (1, &[1, 1, 1], &[1, 0, 0]),
        (2, &[0, 1, 1, 0, 1], &[0, 1, 1, 0, 0]),
        (0, &[1, 2], &[0, 0]),
        (7, &[5], &[7]),
        (10, &[u64::MAX, u64::MAX], &[5, 5]),
        (i64::MIN, &[u64::MAX, 1], &[i64::MIN, 0]),
    ] {
        assert_eq!(minors(&eur(minor).split(weights).unwrap()), parts, "{minor} by {weights:?}");
    }
    for weights in [&[][..], &[0], &[0, 0, 0]] {
        assert_eq!(eur(100).split(weights), Err(MoneyError::NoWeights));
    }
}

#[test]
fn a_reused_list_holds_only_the_new_parts() {
    let mut parts = vec![eur(99); 5];
    eur(3).split_into(&[1, 1], &mut parts).unwrap();
    assert_eq!(minors(&parts), [2, 1]);
    assert!(eur(3).split_into(&[], &mut parts).is_err());
    assert!(parts.is_empty());
}

#[test]
fn shares_of_a_whole_are_cumulative() {
    let charged = eur(1000);
    assert_eq!(minors(&[0, 1, 2, 3].map(|k| charged.share(k, 3).unwrap())), [0, 333, 667, 1000]);
    assert_eq!(charged.share(0, 0), Err(MoneyError::BadShare { part: 0, whole: 0 }));
    assert_eq!(charged.share(4, 3), Err(MoneyError::BadShare { part: 4, whole: 3 }));
    assert_eq!(charged.share_between(2, 1, 3).unwrap_err().code(), "money.bad_share");
    assert_eq!(eur(-1).share(1, 2), Ok(eur(-1)));
    assert_eq!(eur(i64::MIN).share(u64::MAX, u64::MAX), Ok(eur(i64::MIN)));
}

#[test]
fn serde_of_rates_and_modes_uses_words() {
    use serde::Deserialize;
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, StrDeserializer};

    let text = |text: &'static str| -> StrDeserializer<'static, Error> { text.into_deserializer() };
    assert_eq!(Rate::deserialize(text("7.25")).unwrap(), Rate::percent("7.25").unwrap());
    assert!(Rate::deserialize(text("-7.25")).is_err());
    for mode in MODES {
        assert_eq!(Rounding::deserialize(text(mode.name())).unwrap(), mode);
    }
    assert_eq!(DecimalMark::deserialize(text("comma")).unwrap(), DecimalMark::Comma);
}

// ---------------------------------------------------------------- properties

fn any_currency() -> impl Strategy<Value = Currency> {
    select(Currency::all().collect::<Vec<_>>())
}

fn any_mode() -> impl Strategy<Value = Rounding> {
    select(MODES.to_vec())
}

/// Amounts as a shop has them, and now and then the edges of 64 bits.
fn any_minor() -> impl Strategy<Value = i64> {
    prop_oneof![4 => -100_000_i64..100_000, 2 => -Money::MAX_MINOR..=Money::MAX_MINOR, 1 => any::<i64>()]
}

fn any_rate() -> impl Strategy<Value = (u64, u32, Rate)> {
    (0_u64..1_000_000_000_000, 0_u32..=12).prop_map(|(mantissa, scale)| {
        let per_one = 10_u64.pow(scale);
        let digits = usize::try_from(scale).unwrap();
        let text = match scale {
            0 => mantissa.to_string(),
            _ => format!("{}.{:0digits$}", mantissa / per_one, mantissa % per_one),
        };
        (mantissa, scale, Rate::fraction(&text).unwrap())
    })
}

proptest! {
    #[test]
    fn an_amount_survives_its_text(minor in -Money::MAX_MINOR..=Money::MAX_MINOR, currency in any_currency()) {
        let money = Money::from_minor(minor, currency);
        prop_assert_eq!(Money::parse(&money.amount_text(), currency), Ok(money));
        let comma = money.amount_text().replace('.', ",");
        prop_assert_eq!(Money::parse_scaled(&comma, DecimalMark::Comma, currency), Ok(money));
    }

    #[test]
    fn reading_never_panics_and_never_invents(text in "[-+.,0-9eE_ ]{0,24}", currency in any_currency()) {
        if let Ok(money) = Money::parse(&text, currency) {
            let again = Money::parse(&money.amount_text(), currency);
            prop_assert_eq!(again, Ok(money));
            prop_assert!(text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-'));
        }
    }

    #[test]
    fn a_rate_survives_its_text((_, _, rate) in any_rate()) {
        prop_assert_eq!(Rate::percent(&rate.percent_text()), Ok(rate));
    }

    /// The oracle says what *nearest* means and divides nothing: twice the distance is at most one unit, and on a
    /// tie the mode decides.
    #[test]
    fn at_rate_is_the_nearest_whole_number(minor in -Money::MAX_MINOR..=Money::MAX_MINOR, (mantissa, scale, rate) in any_rate(), mode in any_mode()) {
        let one = 10_i128.pow(scale);
        let exact = i128::from(minor) * i128::from(mantissa);
        match eur(minor).at_rate(rate, mode) {
            Ok(rounded) => {
                let rounded = i128::from(rounded.minor());
                let off = (exact - rounded * one).abs();
                match mode {
                    Rounding::TowardZero => prop_assert!(off < one && rounded.abs() * one <= exact.abs()),
                    Rounding::HalfEven => prop_assert!(2 * off < one || (2 * off == one && rounded % 2 == 0)),
                    Rounding::HalfAwayFromZero => {
                        prop_assert!(2 * off < one || (2 * off == one && rounded.abs() * one > exact.abs()));
                    }
                }
            }
            Err(refused) => {
                prop_assert_eq!(refused, MoneyError::Overflow);
                prop_assert!(exact.abs() / one >= i128::from(i64::MAX) - 1);
            }
        }
    }

    #[test]
    fn net_plus_tax_within_is_the_gross(gross in any_minor(), (mantissa, scale, rate) in any_rate(), mode in any_mode()) {
        let gross = eur(gross);
        let tax = gross.tax_within(rate, mode).unwrap();
        let net = gross.checked_sub(tax).unwrap();
        prop_assert_eq!(net.checked_add(tax), Ok(gross));
        prop_assert!(tax.minor().unsigned_abs() <= gross.minor().unsigned_abs());
        // Twice the distance from gross × r ÷ (1 + r) is at most one unit, below two when the fraction is dropped.
        let whole = 10_i128.pow(scale) + i128::from(mantissa);
        let off = (i128::from(gross.minor()) * i128::from(mantissa) - i128::from(tax.minor()) * whole).abs();
        prop_assert!(2 * off <= whole || (mode == Rounding::TowardZero && off < whole));
    }

    #[test]
    fn a_split_is_exact_fair_and_keeps_the_sign(minor in any_minor(), mut weights in vec(prop_oneof![any::<u64>(), 0_u64..5], 1..12)) {
        // Weights of nothing at all are refused; leaving them out would end a long run.
        if weights.iter().all(|w| *w == 0) {
            weights.push(1);
        }
        let parts = eur(minor).split(&weights).unwrap();
        prop_assert_eq!(parts.len(), weights.len());
        prop_assert_eq!(Money::checked_sum(parts.iter().copied(), Currency::EUR), Ok(eur(minor)));
        let sum: u128 = weights.iter().map(|w| u128::from(*w)).sum();
        for (part, weight) in parts.iter().zip(&weights) {
            prop_assert!(part.is_zero() || part.is_negative() == (minor < 0));
            prop_assert!(*weight > 0 || part.is_zero());
            let exact = u128::from(minor.unsigned_abs()) * u128::from(*weight);
            // part × sum may not fit where the weights are huge, so compare after the division.
            let part = u128::from(part.minor().unsigned_abs());
            prop_assert!(part == exact / sum || (part == exact / sum + 1 && exact % sum > 0));
        }
    }

    #[test]
    fn shares_sum_to_the_whole_in_any_order(minor in any_minor(), steps in vec(1_u64..50, 1..10)) {
        let whole: u64 = steps.iter().sum();
        let mut taken = 0;
        let mut sum: i128 = 0;
        for step in steps {
            let share = eur(minor).share_between(taken, taken + step, whole).unwrap();
            prop_assert!(share.is_zero() || share.is_negative() == (minor < 0));
            // Two roundings, each at most half a unit.
            let exact = i128::from(minor) * i128::from(step);
            prop_assert!((i128::from(share.minor()) * i128::from(whole) - exact).abs() <= i128::from(whole));
            taken += step;
            sum += i128::from(share.minor());
        }
        prop_assert_eq!(sum, i128::from(minor));
    }

    #[test]
    fn adding_and_subtracting_undo_each_other(a in any_minor(), b in any_minor()) {
        if let Ok(sum) = eur(a).checked_add(eur(b)) {
            prop_assert_eq!(sum.checked_sub(eur(b)), Ok(eur(a)));
            prop_assert_eq!(Money::checked_sum([eur(b), eur(a)], Currency::EUR), Ok(sum));
        } else {
            prop_assert!(a.checked_add(b).is_none());
        }
    }
}
