//! What the values of a column tell about its decimal mark.

use sutler_core::money::DecimalMark;

use super::plain::separates_thousands;
use super::{Rule, number_cell, sign};

/// What one value tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Hint {
    /// Nothing: it has no separator, or is no number.
    Nothing,
    /// It makes sense with this mark only.
    Certain(DecimalMark),
    /// It makes sense with both: `1,234`.
    Either,
}

/// Counts over the values of one column.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Evidence {
    point: u64,
    comma: u64,
    either: u64,
    /// An example of each kind, with its physical line.
    point_example: Option<(u64, String)>,
    comma_example: Option<(u64, String)>,
    either_example: Option<(u64, String)>,
}

/// What all values of a column together tell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// Read the column so.
    Read(Rule),
    /// Every value with a separator can be read both ways; how many there are, one of them and its line.
    Ambiguous { count: u64, line: u64, example: String },
}

impl Evidence {
    /// Takes one value into account.
    pub(crate) fn observe(&mut self, cell: &str, line: u64) {
        let (count, example) = match hint(cell) {
            Hint::Nothing => return,
            Hint::Certain(DecimalMark::Point) => (&mut self.point, &mut self.point_example),
            Hint::Certain(DecimalMark::Comma) => (&mut self.comma, &mut self.comma_example),
            Hint::Either => (&mut self.either, &mut self.either_example),
        };
        *count += 1;
        if example.is_none() {
            *example = Some((line, crate::text::shown(cell)));
        }
    }

    /// Decides. A tie between the marks goes to the point.
    pub(crate) fn verdict(&self) -> Verdict {
        let mixed = self.point > 0 && self.comma > 0;
        let mark = if self.comma > self.point { DecimalMark::Comma } else { DecimalMark::Point };
        match &self.either_example {
            Some((line, example)) if self.point == 0 && self.comma == 0 => {
                Verdict::Ambiguous { count: self.either, line: *line, example: example.clone() }
            }
            _ => Verdict::Read(Rule { mark, mixed }),
        }
    }

    /// Returns one value with a point and one with a comma, when the column uses both.
    pub(crate) fn contradiction(&self) -> Option<[&(u64, String); 2]> {
        Some([self.point_example.as_ref()?, self.comma_example.as_ref()?])
    }

    /// Tells whether any value had a decimal mark or could have one.
    pub(crate) fn is_decided(&self) -> bool {
        self.point + self.comma + self.either > 0
    }
}

/// Tells whether a number could be read with either mark.
pub(super) fn is_ambiguous(digits: &str) -> bool {
    hint_of_digits(digits) == Hint::Either
}

fn hint(cell: &str) -> Hint {
    let cell = number_cell(cell);
    let bytes = cell.as_bytes();
    // The usual price, `19.99`, without taking it apart.
    if let [head @ .., b'.', tens, units] = bytes
        && tens.is_ascii_digit()
        && units.is_ascii_digit()
        && !head.is_empty()
        && head.iter().all(u8::is_ascii_digit)
    {
        return Hint::Certain(DecimalMark::Point);
    }
    if bytes.iter().all(u8::is_ascii_digit) {
        return Hint::Nothing;
    }
    sign::split(cell).map_or(Hint::Nothing, |parts| hint_of_digits(parts.digits))
}

fn hint_of_digits(text: &str) -> Hint {
    let certain = Hint::Certain;
    let Some(last) = text.rfind(['.', ',']) else { return Hint::Nothing };
    let (before, behind) = (&text[..last], &text[last + 1..]);
    let (mark, other) = match text.as_bytes()[last] {
        b'.' => (DecimalMark::Point, DecimalMark::Comma),
        _ => (DecimalMark::Comma, DecimalMark::Point),
    };
    if behind.is_empty() || !behind.bytes().all(|b| b.is_ascii_digit()) {
        return Hint::Nothing;
    }
    if before.contains(mark.as_char()) {
        // `1.234.567`: it comes twice, so it separates thousands. `1,234.567.890` is no number at all.
        let other_too = before.contains(other.as_char());
        return if other_too { Hint::Nothing } else { certain(other) };
    }
    if before.bytes().all(|b| b.is_ascii_digit()) {
        let group = matches!(before.len(), 1..=3) && !before.starts_with('0');
        return if group && behind.len() == 3 { Hint::Either } else { certain(mark) };
    }
    // Another separator comes before it: thousands, so this one is the decimal mark.
    let thousands = |c: char| c.is_ascii_digit() || separates_thousands(c, mark);
    if before.chars().all(thousands) { certain(mark) } else { Hint::Nothing }
}
