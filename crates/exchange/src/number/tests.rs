use super::*;
use proptest::prelude::*;
use sutler_core::money::DecimalMark::{Comma, Point};

fn eur(cell: &str, mark: DecimalMark) -> Result<Option<i64>, NumberError> {
    money(cell, Rule::given(mark), Currency::EUR).map(|m| m.map(Money::minor))
}

#[test]
fn prices_are_read_exactly_or_refused() {
    use NumberError::*;
    type Expected = Result<Option<i64>, NumberError>;
    #[rustfmt::skip]
    let table: &[(&str, DecimalMark, Expected)] = &[
        ("19.99",          Point, Ok(Some(1999))),
        ("19",             Point, Ok(Some(1900))),
        ("  19.9 ",        Point, Ok(Some(1990))),
        (".99",            Point, Ok(Some(99))),
        ("0",              Point, Ok(Some(0))),
        ("16056,13",       Comma, Ok(Some(1_605_613))),
        ("16.056,13",      Comma, Ok(Some(1_605_613))),
        ("1,234,567.89",   Point, Ok(Some(123_456_789))),
        ("12,34,567.89",   Point, Ok(Some(123_456_789))),
        ("1 234,50",       Comma, Ok(Some(123_450))),
        ("1\u{202f}234,50",Comma, Ok(Some(123_450))),
        ("1'234.50",       Point, Ok(Some(123_450))),
        ("1’234.50",       Point, Ok(Some(123_450))),
        ("1,234",          Point, Ok(Some(123_400))),
        ("1,230",          Comma, Ok(Some(123))),
        ("19.990000",      Point, Ok(Some(1999))),
        ("€19.99",         Point, Ok(Some(1999))),
        ("19,99 €",        Comma, Ok(Some(1999))),
        ("19.99 EUR",      Point, Ok(Some(1999))),
        ("eur 19.99",      Point, Ok(Some(1999))),
        ("EUR19.99",       Point, Ok(Some(1999))),
        ("'19.99",         Point, Ok(Some(1999))),
        ("'=19.99",        Point, Err(NotANumber)),
        ("",               Point, Ok(None)),
        ("   ",            Point, Ok(None)),
        ("N/A",            Point, Err(Placeholder)),
        ("-",              Point, Err(Placeholder)),
        ("19,99",          Point, Err(OtherMark)),
        ("16056,13",       Point, Err(OtherMark)),
        ("15.99",          Comma, Err(OtherMark)),
        ("1.234.567",      Point, Err(OtherMark)),
        ("19.999",         Point, Err(TooManyDecimals)),
        ("0.001",          Point, Err(TooManyDecimals)),
        ("-5",             Point, Err(Negative)),
        ("-€5.00",         Point, Err(Negative)),
        ("€ -5.00",        Point, Err(Negative)),
        ("$19.99",         Point, Err(OtherCurrency("$".into()))),
        ("19.99 USD",      Point, Err(OtherCurrency("USD".into()))),
        ("19.99 DEM",      Point, Err(OtherCurrency("DEM".into()))),
        ("1000000000000000000", Point, Err(OutOfRange)),
        ("99999999999999999999999", Point, Err(OutOfRange)),
        ("1e400",          Point, Err(NotANumber)),
        ("1.5E+3",         Point, Err(NotANumber)),
        ("NaN",            Point, Err(Placeholder)),
        ("Infinity",       Point, Err(NotANumber)),
        ("0x10",           Point, Err(NotANumber)),
        ("1_000",          Point, Err(NotANumber)),
        ("1,23,4",         Point, Err(NotANumber)),
        ("1.2.3",          Point, Err(NotANumber)),
        ("1,234 567.00",   Point, Err(NotANumber)),
        ("0,123.00",       Point, Err(NotANumber)),
        ("5 pcs",          Point, Err(NotANumber)),
        ("5 pieces",       Point, Err(NotANumber)),
        ("5-10",           Point, Err(NotANumber)),
        ("١٢",             Point, Err(NotANumber)),
        ("１２",            Point, Err(NotANumber)),
        ("(5.00)",         Point, Err(NotANumber)),
        ("19.",            Point, Err(NotANumber)),
    ];
    for (cell, mark, expected) in table {
        assert_eq!(&eur(cell, *mark), expected, "{cell:?} with {mark:?}");
    }
}

#[test]
fn the_scale_is_that_of_the_currency() {
    let read =
        |cell, currency| money(cell, Rule::given(Point), currency).map(|m| m.map(Money::minor));
    assert_eq!(read("1000.00", Currency::JPY), Ok(Some(1000)));
    assert_eq!(read("0.5", Currency::JPY), Err(NumberError::TooManyDecimals));
    assert_eq!(read("1.234", Currency::KWD), Ok(Some(1234)));
    assert_eq!(read("$15.00", Currency::USD), Ok(Some(1500)));
    assert_eq!(read("Rs. 150", Currency::from_code("INR").expect("listed")), Ok(Some(15_000)));
    assert_eq!(read("¥1,500", Currency::JPY), Ok(Some(1500)));
}

#[test]
fn a_column_decides_its_mark() {
    let read = |mark, mixed| Some(Rule { mark, mixed });
    #[rustfmt::skip]
    let table: &[(&[&str], Option<Rule>)] = &[
        (&["19.99", "5"],               read(Point, false)),
        (&["19,99", "1,234"],           read(Comma, false)),
        (&["5", "", "N/A", "x"],        read(Point, false)),
        (&["1,234"],                    None),
        (&["1.234", "5", "12.500"],     None),
        (&["1,234", "0,500"],           read(Comma, false)),
        (&["1,234", "1,234,567"],       read(Point, false)),
        (&["1.234.567"],                read(Comma, false)),
        (&["1,234", "1,234.5"],         read(Point, false)),
        (&["1 234,567"],                read(Comma, false)),
        (&["1234,567"],                 read(Comma, false)),
        (&["$1,234", "$19.5"],          read(Point, false)),
        (&["19.99", "5.10", "19,99"],   read(Point, true)),
        (&["19,99", "5,10", "19.99"],   read(Comma, true)),
        (&["19.990000"],                read(Point, false)),
    ];
    for (cells, expected) in table {
        let mut evidence = Evidence::default();
        for cell in *cells {
            evidence.observe(cell, 1);
        }
        let rule = match evidence.verdict() {
            Verdict::Read(rule) => Some(rule),
            Verdict::Ambiguous { .. } => None,
        };
        assert_eq!(&rule, expected, "{cells:?}");
    }
}

#[test]
fn in_a_column_of_both_marks_what_could_be_either_is_refused() {
    let mixed = Rule { mark: Point, mixed: true };
    let read = |cell| money(cell, mixed, Currency::EUR).map(|m| m.map(Money::minor));
    assert_eq!(read("1,234"), Err(NumberError::Ambiguous));
    assert_eq!(read("1.230"), Err(NumberError::Ambiguous));
    assert_eq!(read("1,234.00"), Ok(Some(123_400)));
    assert_eq!(read("19,99"), Err(NumberError::OtherMark));
}

#[test]
fn whole_numbers_are_ascii_digits() {
    use NumberError::*;
    let ok = |value| Ok(Some(Whole { value, point_zero: false }));
    #[rustfmt::skip]
    let table: &[(&str, Result<Option<Whole>, NumberError>)] = &[
        ("12", ok(12)), (" 1 ", ok(1)), ("-3", ok(-3)), ("-0", ok(0)), ("007", ok(7)), ("", Ok(None)),
        ("12.0", Ok(Some(Whole { value: 12, point_zero: true }))),
        ("1000000000", ok(1_000_000_000)), ("1000000001", Err(OutOfRange)), ("9".repeat(30).leak(), Err(OutOfRange)),
        ("1.5", Err(NotANumber)), ("١٢", Err(NotANumber)), ("１２", Err(NotANumber)), ("1e3", Err(NotANumber)),
        ("0x10", Err(NotANumber)), ("1_000", Err(NotANumber)), ("+5", Err(NotANumber)), ("--5", Err(NotANumber)),
        ("NaN", Err(Placeholder)), ("Infinity", Err(NotANumber)), ("N/A", Err(Placeholder)), ("-", Err(Placeholder)),
        ("12.", Err(NotANumber)), (".0", Err(NotANumber)), ("1,000", Err(NotANumber)),
    ];
    for (cell, expected) in table {
        assert_eq!(&whole(cell), expected, "{cell:?}");
    }
}

#[test]
fn weights_become_whole_grams() {
    use NumberError::*;
    use WeightUnit::*;
    let ok = |grams, rounded| Ok(Some(Grams { grams, rounded }));
    #[rustfmt::skip]
    let table = [
        ("0.0", Point, Gram, ok(0, false)),
        ("226.796185", Point, Gram, ok(227, true)),
        ("145.0", Point, Gram, ok(145, false)),
        ("1,5", Comma, Kilogram, ok(1500, false)),
        ("1", Point, Pound, ok(454, true)),
        ("16", Point, Ounce, ok(454, true)),
        ("0.5", Point, Gram, ok(1, true)),
        ("1,250.5", Point, Gram, ok(1251, true)),
        ("", Point, Gram, Ok(None)),
        ("-1", Point, Gram, Err(Negative)),
        ("heavy", Point, Gram, Err(NotANumber)),
        ("N/A", Point, Gram, Err(Placeholder)),
        ("5000000", Point, Kilogram, Err(OutOfRange)),
        ("1,5", Point, Gram, Err(OtherMark)),
    ];
    for (cell, mark, unit, expected) in table {
        assert_eq!(grams(cell, Rule::given(mark), unit), expected, "{cell:?} {unit:?}");
    }
}

proptest! {
    #[test]
    fn every_way_to_write_an_amount_gives_that_amount(
        minor in 0..=Money::MAX_MINOR,
        comma in any::<bool>(),
        separator in 0_usize..4,
        sign in 0_usize..4,
    ) {
        let mark = if comma { Comma } else { Point };
        let separator = [None, Some(if comma { '.' } else { ',' }), Some('\u{a0}'), Some('\'')][separator];
        let digits = (minor / 100).to_string();
        let mut whole = String::new();
        for (n, digit) in digits.chars().enumerate() {
            if n > 0 && (digits.len() - n) % 3 == 0 {
                whole.extend(separator);
            }
            whole.push(digit);
        }
        let number = format!("{whole}{}{:02}", mark.as_char(), minor % 100);
        let cell = match sign {
            0 => number,
            1 => format!("€{number}"),
            2 => format!("{number} EUR"),
            _ => format!(" {number} €"),
        };
        prop_assert_eq!(eur(&cell, mark), Ok(Some(minor)));
        let mut evidence = Evidence::default();
        evidence.observe(&cell, 1);
        prop_assert_eq!(evidence.verdict(), Verdict::Read(Rule::given(mark)));
    }

    #[test]
    fn no_text_makes_it_panic(cell in "\\PC{0,12}", comma in any::<bool>()) {
        let rule = Rule::given(if comma { Comma } else { Point });
        let _ = money(&cell, rule, Currency::USD);
        let _ = grams(&cell, rule, WeightUnit::Ounce);
        let _ = (whole(&cell), yes_or_no(&cell));
        Evidence::default().observe(&cell, 1);
    }

    #[test]
    fn a_cell_never_has_two_meanings(cell in "[0-9.,]{1,9}") {
        // Where both marks read it, the value must be one that the column calls ambiguous, or have no mark.
        if let (Ok(Some(a)), Ok(Some(b))) = (eur(&cell, Point), eur(&cell, Comma)) && a != b {
            prop_assert!(evidence::is_ambiguous(&cell), "{cell} is {a} or {b}");
        }
    }
}
