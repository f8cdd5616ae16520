//! Digits with separators, brought to the plain form `1234.50`.

use sutler_core::money::DecimalMark;

use super::NumberError;

/// The longest number that is looked at.
const CHARS_MAX: usize = 48;

/// A number of ASCII digits with at most one point.
#[derive(Debug)]
pub(super) struct Plain(String);

impl Plain {
    /// Returns the number.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes the thousands separators out and puts a point for the decimal mark.
    ///
    /// Groups are separated by one and the same character throughout: the mark that is not the decimal mark, a
    /// blank, or an apostrophe. The last group has three digits, those before it three or (as in India) two.
    ///
    /// Errors: [`NumberError::OtherMark`] when the text is a good number with the other mark only,
    /// [`NumberError::NotANumber`] when it is none.
    pub(super) fn read(text: &str, mark: DecimalMark) -> Result<Plain, NumberError> {
        match Plain::with_mark(text, mark) {
            Some(plain) => Ok(plain),
            None if Plain::with_mark(text, other(mark)).is_some() => Err(NumberError::OtherMark),
            None => Err(NumberError::NotANumber),
        }
    }

    /// Reads with exactly this mark.
    fn with_mark(text: &str, mark: DecimalMark) -> Option<Plain> {
        if text.len() > CHARS_MAX * 4 {
            return None;
        }
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let (whole, decimals) = match text.split_once(mark.as_char()) {
            Some((whole, decimals)) if !decimals.is_empty() && digits(decimals) => {
                (whole, decimals)
            }
            Some(_) => return None,
            None => (text, ""),
        };
        let mut plain = String::with_capacity(text.len());
        if whole.is_empty() {
            plain.push('0');
        } else if digits(whole) {
            plain.push_str(whole);
        } else {
            let separator = whole.chars().find(|c| !c.is_ascii_digit())?;
            if !separates_thousands(separator, mark) {
                return None;
            }
            push_groups(&mut plain, whole, separator)?;
        }
        if !decimals.is_empty() {
            plain.push('.');
            plain.push_str(decimals);
        }
        (plain.len() <= CHARS_MAX).then_some(Plain(plain))
    }
}

/// Appends the digits of all groups, when they are of the right length.
fn push_groups(plain: &mut String, whole: &str, separator: char) -> Option<()> {
    let last = whole.split(separator).count().checked_sub(1)?;
    for (n, group) in whole.split(separator).enumerate() {
        let fits = match group.len() {
            1 => n == 0,
            2 => n < last,
            3 => true,
            _ => false,
        };
        let starts_with_zero = n == 0 && group.starts_with('0');
        if !fits || starts_with_zero || !group.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        plain.push_str(group);
    }
    Some(())
}

/// Tells whether a character may stand between groups of digits when `mark` is the decimal mark.
pub(super) fn separates_thousands(c: char, mark: DecimalMark) -> bool {
    c == other(mark).as_char()
        || matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '\u{2019}')
}

/// Returns the mark that is not this one.
pub(super) fn other(mark: DecimalMark) -> DecimalMark {
    match mark {
        DecimalMark::Point => DecimalMark::Comma,
        DecimalMark::Comma => DecimalMark::Point,
    }
}
