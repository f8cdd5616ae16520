//! Numbers as merchants' files write them, read exactly or refused.
//!
//! `19.99`, `1.234,50`, `$15.00`, `15,00 EUR`, `1 234.5`, `1'234.50` are all prices; what `1,234` is nobody can say
//! from one cell. So the decimal mark is found per column over all of its values ([`Evidence`]), and then each cell
//! is read with it ([`money`]). Nothing passes through a binary float, nothing is rounded but weights to grams.
//!
//! Invariants
//! * A text that is read with one decimal mark is never also read, differently, because of another cell's content
//!   than those of its own column.
//! * The whole cell is accounted for: sign or code of the currency, digits, separators, or it is refused.
//!
//! Deliberately absent: which column holds what, and the diagnostics of anything but prices.

mod evidence;
mod fault;
mod plain;
mod sign;

use sutler_core::money::{Currency, DecimalMark, Money, MoneyError};

pub(crate) use evidence::{Evidence, Verdict};
pub(crate) use fault::fault;
use plain::Plain;

use crate::text::{is_placeholder, trim_cell, unguard};

/// Why a cell is not the number it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum NumberError {
    /// It is no number at all.
    NotANumber,
    /// It says in words that there is none: `N/A`.
    Placeholder,
    /// It makes sense only with the other decimal mark.
    OtherMark,
    /// It could be read both ways, and the column does not decide it.
    Ambiguous,
    /// It has more decimals than the currency, and they are not zeros.
    TooManyDecimals,
    /// It is too large.
    OutOfRange,
    /// It is below zero.
    Negative,
    /// It names another currency: what was found.
    OtherCurrency(String),
}

/// How the numbers of one column are to be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Rule {
    /// The decimal mark.
    pub(crate) mark: DecimalMark,
    /// Whether the column uses both marks, so that a value which could be either is refused.
    pub(crate) mixed: bool,
}

impl Rule {
    /// A rule that somebody stated.
    pub(crate) fn given(mark: DecimalMark) -> Rule {
        Rule { mark, mixed: false }
    }
}

/// Reads a price; `None` for a blank cell.
///
/// Errors: see [`NumberError`]; a price is never negative.
pub(crate) fn money(
    cell: &str,
    rule: Rule,
    currency: Currency,
) -> Result<Option<Money>, NumberError> {
    let cell = number_cell(cell);
    if cell.is_empty() {
        return Ok(None);
    }
    // The common case: digits and a point, nothing else.
    if rule.mark == DecimalMark::Point && is_bare(cell) {
        return scaled(cell, currency).map(Some);
    }
    if is_placeholder(cell) {
        return Err(NumberError::Placeholder);
    }
    let parts = sign::split(cell).ok_or(NumberError::NotANumber)?;
    if let Some(other) = parts.names_other_currency(currency) {
        return Err(NumberError::OtherCurrency(other.to_owned()));
    }
    if parts.negative {
        return Err(NumberError::Negative);
    }
    if rule.mixed && evidence::is_ambiguous(parts.digits) {
        return Err(NumberError::Ambiguous);
    }
    scaled(Plain::read(parts.digits, rule.mark)?.as_str(), currency).map(Some)
}

/// Tells whether a text is digits with at most one point between them, and could not be a thousands group.
fn is_bare(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut points = 0;
    for byte in bytes {
        match byte {
            b'0'..=b'9' => {}
            b'.' => points += 1,
            _ => return false,
        }
    }
    let ends = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    let tail = bytes.iter().rev().take_while(|b| **b != b'.').count();
    points <= 1 && ends(bytes.first()) && ends(bytes.last()) && (points == 0 || tail != 3)
}

/// Reads a plain decimal number with a point as money.
fn scaled(text: &str, currency: Currency) -> Result<Money, NumberError> {
    Money::parse_scaled(text, DecimalMark::Point, currency).map_err(|error| match error {
        MoneyError::TooManyDecimals { .. } => NumberError::TooManyDecimals,
        MoneyError::OutOfRange { .. } | MoneyError::Overflow => NumberError::OutOfRange,
        _ => NumberError::NotANumber,
    })
}

/// The largest count of units that is read, and below zero the smallest.
const WHOLE_MAX: i64 = 1_000_000_000;

/// A whole number, and whether a `.0` was taken away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Whole {
    pub(crate) value: i64,
    pub(crate) point_zero: bool,
}

/// Reads a whole number of ASCII digits with an optional minus; `None` for a blank cell.
pub(crate) fn whole(cell: &str) -> Result<Option<Whole>, NumberError> {
    let cell = number_cell(cell);
    if cell.is_empty() {
        return Ok(None);
    }
    let (text, point_zero) = match cell.split_once('.') {
        Some((text, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => {
            (text, true)
        }
        _ => (cell, false),
    };
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        let placeholder = is_placeholder(cell);
        return Err(if placeholder { NumberError::Placeholder } else { NumberError::NotANumber });
    }
    match text.parse::<i64>() {
        Ok(value) if (-WHOLE_MAX..=WHOLE_MAX).contains(&value) => {
            Ok(Some(Whole { value, point_zero }))
        }
        _ => Err(NumberError::OutOfRange),
    }
}

/// A unit of weight, as a number of grams that is exact in millionths of a milligram.
///
/// ```
/// use sutler_core::import::Said;
/// use sutler_core::money::Currency;
/// use sutler_exchange::{Input, Mapping, ReadOptions, WeightUnit, open};
///
/// assert_eq!(WeightUnit::default(), WeightUnit::Gram, "what a mapping means that says nothing");
///
/// let text = "weight_unit = \"lb\"\n[columns]\ntitle = \"Name\"\nprice = \"VK\"\nweight = \"Weight\"\n";
/// let options = ReadOptions { map: Some(Mapping::parse(text)?), ..ReadOptions::new(Currency::USD) };
/// let opened = open(Input::bytes("hats.csv", "Name,VK,Weight\nHat,19.90,1\n"), options)?;
/// let hat = opened.products().next().expect("a product")?.draft.expect("accepted");
/// assert_eq!(hat.variants[0].weight_grams, Some(Said::Value(454)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Deserialize)]
pub enum WeightUnit {
    /// Grams.
    #[default]
    #[serde(rename = "g")]
    Gram,
    /// Kilograms.
    #[serde(rename = "kg")]
    Kilogram,
    /// Avoirdupois pounds of 453.59237 g.
    #[serde(rename = "lb")]
    Pound,
    /// Avoirdupois ounces of 28.349523125 g.
    #[serde(rename = "oz")]
    Ounce,
}

/// How many of the units below make a gram.
const NANOGRAMS_PER_GRAM: i128 = 1_000_000_000;

impl WeightUnit {
    /// Returns the weight of one unit. Source: International Yard and Pound Agreement of 1959.
    fn nanograms(self) -> i128 {
        match self {
            WeightUnit::Gram => NANOGRAMS_PER_GRAM,
            WeightUnit::Kilogram => 1000 * NANOGRAMS_PER_GRAM,
            WeightUnit::Pound => 453_592_370_000,
            WeightUnit::Ounce => 28_349_523_125,
        }
    }
}

/// A weight in whole grams, and whether a fraction was rounded away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Grams {
    pub(crate) grams: u32,
    pub(crate) rounded: bool,
}

/// Reads a weight; `None` for a blank cell. Fractions of a gram are rounded, halves up.
pub(crate) fn grams(
    cell: &str,
    rule: Rule,
    unit: WeightUnit,
) -> Result<Option<Grams>, NumberError> {
    /// Decimals that are looked at; a gram has fewer that matter.
    const DECIMALS_MAX: usize = 15;
    let cell = number_cell(cell);
    if cell.is_empty() {
        return Ok(None);
    }
    if is_placeholder(cell) {
        return Err(NumberError::Placeholder);
    }
    if let Some(digits) = cell.strip_prefix('-')
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',')
    {
        return Err(NumberError::Negative);
    }
    if rule.mixed && evidence::is_ambiguous(cell) {
        return Err(NumberError::Ambiguous);
    }
    let plain = Plain::read(cell, rule.mark)?;
    let (whole, decimals) = plain.as_str().split_once('.').unwrap_or((plain.as_str(), ""));
    let (decimals, beyond) = decimals.split_at(decimals.len().min(DECIMALS_MAX));
    let number = |digits: &str| -> Option<i128> {
        match digits.len() {
            0 => Some(0),
            1..=18 => digits.parse().ok(),
            _ => None,
        }
    };
    let (Some(whole), Some(fraction)) = (number(whole), number(decimals)) else {
        return Err(NumberError::OutOfRange);
    };
    let scale = 10_i128.pow(u32::try_from(decimals.len()).unwrap_or(0));
    let total = (whole * scale + fraction) * unit.nanograms();
    let one = scale * NANOGRAMS_PER_GRAM;
    let rounded = total % one != 0 || beyond.bytes().any(|b| b != b'0');
    match u32::try_from((total + one / 2) / one) {
        Ok(grams) if grams <= 4_000_000_000 => Ok(Some(Grams { grams, rounded })),
        _ => Err(NumberError::OutOfRange),
    }
}

/// Returns a cell without blanks and without the apostrophe that makes a spreadsheet show a number as text.
fn number_cell(cell: &str) -> &str {
    let cell = trim_cell(cell);
    cell.strip_prefix('\'').map_or(cell, str::trim_start)
}

/// Reads yes or no; `None` for a blank cell, an error for anything else.
pub(crate) fn yes_or_no(cell: &str) -> Result<Option<bool>, NumberError> {
    let cell = unguard(trim_cell(cell));
    let is = |words: &[&str]| words.iter().any(|word| cell.eq_ignore_ascii_case(word));
    match cell {
        "" => Ok(None),
        _ if is(&["true", "yes", "1"]) => Ok(Some(true)),
        _ if is(&["false", "no", "0"]) => Ok(Some(false)),
        _ if is_placeholder(cell) => Err(NumberError::Placeholder),
        _ => Err(NumberError::NotANumber),
    }
}

#[cfg(test)]
mod tests;
