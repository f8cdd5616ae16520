//! Cells as text: trimming, the apostrophe guard, identifiers, and names of columns.
//!
//! # The apostrophe guard
//! A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, a tab or a line end as a formula. Every cell that
//! this crate writes and that begins so gets an apostrophe in front ([`guard`]); every cell it reads loses it again
//! ([`unguard`]). A text that itself begins with an apostrophe which reading would take away gets one more, so that
//! `unguard(guard(x)) == x` for every `x`. A plain signed number (`-5`, `+3.20`) is no formula and stays as it is.
//! Source: ASVS 1.2.10.
//!
//! Identifiers (SKU, barcode) have a stronger guard: whatever reading would mend is protected, see [`identifier`].
//!
//! Deliberately absent: what a column means, and numbers.

use std::borrow::Cow;
use std::hash::Hasher;

/// How many characters of a cell a diagnostic repeats.
const SHOWN_CHARS_MAX: usize = 80;

/// Returns the cell without blanks, no-break blanks and zero-width characters at both ends.
pub(crate) fn trim_cell(cell: &str) -> &str {
    let bytes = cell.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(first), Some(last)) if first.is_ascii_graphic() && last.is_ascii_graphic() => cell,
        (None, _) => cell,
        _ => cell.trim_matches(is_blank),
    }
}

/// Tells whether a character counts as blank at the ends of a cell.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '\u{2060}')
}

/// Returns the key under which a header is looked up: trimmed, lower case, inner blanks collapsed.
pub(crate) fn header_key(header: &str) -> String {
    let mut key = String::with_capacity(header.len());
    for word in trim_cell(header).split_whitespace() {
        if !key.is_empty() {
            key.push(' ');
        }
        key.extend(word.chars().flat_map(char::to_lowercase));
    }
    key
}

/// Returns a header without everything but letters and digits, lower case: `Body (HTML)` is `bodyhtml`.
pub(crate) fn header_letters(header: &str) -> String {
    header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns the beginning of a cell for a message, at most 80 characters, line ends made visible.
pub(crate) fn shown(cell: &str) -> String {
    let visible = |c: char| match c {
        '\n' => '⏎',
        '\r' | '\t' => ' ',
        c if c.is_control() => '\u{b7}',
        c => c,
    };
    if cell.chars().nth(SHOWN_CHARS_MAX).is_none() {
        return cell.chars().map(visible).collect();
    }
    cell.chars().take(SHOWN_CHARS_MAX - 1).map(visible).chain(['…']).collect()
}

/// Tells whether a spreadsheet may take a cell that begins with `c` for a formula or a command.
fn starts_formula(c: char) -> bool {
    matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
}

/// Tells whether a text is a plain signed number, which no spreadsheet runs.
fn is_plain_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',')
}

/// Puts an apostrophe before a text that a spreadsheet would run, or that reading would shorten; a plain signed number
/// stays as it is.
///
/// Source: ASVS 1.2.10.
///
/// ```
/// use sutler_exchange::guard;
///
/// assert_eq!(guard("=1+1"), "'=1+1");
/// assert_eq!(guard("-12.50"), "-12.50");
/// assert_eq!(guard("Kettle"), "Kettle");
/// ```
pub fn guard(text: &str) -> Cow<'_, str> {
    let mut chars = text.chars();
    let guarded = match chars.next() {
        Some('\'') => chars.next().is_some_and(|c| c == '\'' || starts_formula(c)),
        Some(c) if starts_formula(c) => !is_plain_number(text),
        _ => false,
    };
    if guarded { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Takes the apostrophe away that [`guard`] puts in front.
pub(crate) fn unguard(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(|c| c == '\'' || starts_formula(c)) => rest,
        _ => cell,
    }
}

/// Puts an apostrophe before a cell of a reject file where a spreadsheet would run it.
///
/// Unlike [`guard`] it leaves cells alone that carry a guard already: they are the merchant's own cells, and reading
/// them again must give what reading them before gave.
pub(crate) fn guard_source_cell(cell: &str) -> Cow<'_, str> {
    let runs = cell.chars().next().is_some_and(starts_formula) && !is_plain_number(cell);
    if runs { Cow::Owned(format!("'{cell}")) } else { Cow::Borrowed(cell) }
}

/// What a spreadsheet did to an identifier, as far as it can be seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Damage {
    /// Nothing.
    None,
    /// `'0812`: the apostrophe that keeps a spreadsheet from reading a number; taken away.
    Apostrophe,
    /// `="0812"`: the other way to do the same; taken away.
    Formula,
    /// `671241127551.0`: read as a number and written back; `.0` taken away.
    PointZero,
    /// `6.7E+11`: the digits are gone for good.
    Exponent,
    /// `N/A`: there is none.
    Placeholder,
}

/// Reads an identifier and mends what can be mended.
///
/// An apostrophe in front means that the rest is literal, as spreadsheets have it. With [`Damage::Exponent`] the
/// text is useless and must not be taken.
pub(crate) fn identifier(cell: &str) -> (&str, Damage) {
    let cell = trim_cell(cell);
    if let Some(literal) = cell.strip_prefix('\'') {
        let needed = guard_identifier(literal).len() != literal.len();
        return (literal, if needed { Damage::None } else { Damage::Apostrophe });
    }
    if let Some(inner) = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        return (trim_cell(inner), Damage::Formula);
    }
    if let Some(digits) = cell.strip_suffix(".0")
        && !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
    {
        return (digits, Damage::PointZero);
    }
    if has_exponent(cell) {
        return (cell, Damage::Exponent);
    }
    if is_placeholder(cell) {
        return ("", Damage::Placeholder);
    }
    (cell, Damage::None)
}

/// Tells whether a cell is a number in the notation of a spreadsheet: `6.7E+11`.
fn has_exponent(cell: &str) -> bool {
    let Some((mantissa, exponent)) = cell.split_once(['E', 'e']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once(['.', ',']) {
        Some((whole, decimals)) => whole.len() == 1 && digits(whole) && digits(decimals),
        None => mantissa.len() == 1 && digits(mantissa),
    };
    mantissa_fits && exponent.strip_prefix('+').is_some_and(digits)
}

/// Puts an apostrophe before an identifier that reading would alter or a spreadsheet would run.
pub(crate) fn guard_identifier(text: &str) -> Cow<'_, str> {
    let first = text.chars().next();
    let guarded = first == Some('\'')
        || (first.is_some_and(starts_formula) && !is_plain_number(text))
        || text.strip_suffix(".0").is_some_and(|d| d.bytes().all(|b| b.is_ascii_digit()))
        || has_exponent(text)
        || is_placeholder(text);
    if guarded { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Tells whether a cell says "there is none" in words: `N/A`, `null`, `-`.
pub(crate) fn is_placeholder(cell: &str) -> bool {
    const WORDS: [&str; 11] =
        ["n/a", "#n/a", "na", "n.a.", "null", "none", "nil", "nan", "undefined", "-", "–"];
    cell.len() <= 9 && WORDS.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// Makes a handle of a title: lower case, everything but letters and digits one hyphen.
pub(crate) fn slug(title: &str) -> String {
    let mut slug = String::with_capacity(title.len());
    for c in title.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

/// Returns a hash of a text that is the same on every run.
pub(crate) fn stable_hash(text: &str) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// Returns the known name nearest to `word`, for "did you mean".
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .map(|name| (strsim::jaro_winkler(&word, &name.to_lowercase()), name))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}

/// Converts a length or an index for messages and columns; beyond `u64` nothing exists.
pub(crate) fn wide(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn headers_match_whatever_their_blanks_and_case() {
        for header in
            ["Variant SKU", "\u{feff}Variant SKU ", "   variant   sku", "VARIANT\u{a0}SKU"]
        {
            assert_eq!(header_key(header), "variant sku", "{header:?}");
        }
        assert_eq!(header_letters("Body (HTML)"), header_letters("BodyHtml"));
    }

    #[test]
    fn identifiers_are_mended_where_they_can_be() {
        #[rustfmt::skip]
        let table = [
            ("AB-1",             "AB-1",         Damage::None),
            ("  AB-1\u{200b}",   "AB-1",         Damage::None),
            ("0012",             "0012",         Damage::None),
            ("'0812",            "0812",         Damage::Apostrophe),
            ("=\"9780000000001\"", "9780000000001", Damage::Formula),
            ("671241127551.0",   "671241127551", Damage::PointZero),
            ("'671241127551.0",  "671241127551.0", Damage::None),
            ("6.71E+11",         "6.71E+11",     Damage::Exponent),
            ("6,71E+11",         "6,71E+11",     Damage::Exponent),
            ("1E5",              "1E5",          Damage::None),
            ("67E+11",           "67E+11",       Damage::None),
            ("v2.0",             "v2.0",         Damage::None),
            (".0",               ".0",           Damage::None),
            ("N/A",              "",             Damage::Placeholder),
            ("'none",            "none",         Damage::None),
            ("",                 "",             Damage::None),
        ];
        for (cell, text, damage) in table {
            assert_eq!(identifier(cell), (text, damage), "{cell:?}");
        }
    }

    #[test]
    fn formulas_are_guarded_and_plain_numbers_are_not() {
        for text in ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\rx", "＝x", "''"] {
            assert_eq!(guard(text), format!("'{text}"), "{text:?}");
        }
        for text in ["-5", "+3.20", "1", "plain", "'quoted'", "", "it's"] {
            assert_eq!(guard(text), text);
        }
    }

    #[test]
    fn a_slug_keeps_letters_of_every_script() {
        assert_eq!(slug("  Größe M / Blau! "), "größe-m-blau");
        assert_eq!(slug("—"), "");
    }

    #[test]
    fn the_nearest_name_is_near() {
        let known = ["handle", "title", "price"];
        assert_eq!(nearest("Handel", known.into_iter()), Some("handle"));
        assert_eq!(nearest("zzz", known.into_iter()), None);
    }

    proptest! {
        #[test]
        fn the_guard_comes_off_as_it_went_on(text in "['=+@\\-\ta-z0-9.\"＝]{0,6}") {
            let guarded = guard(&text);
            prop_assert_eq!(unguard(&guarded), text.as_str());
            let first = guarded.chars().next();
            prop_assert!(!first.is_some_and(starts_formula) || is_plain_number(&text));
        }

        #[test]
        fn a_guarded_identifier_is_read_unchanged(text in "['=+@\\-a-zE0-9.\"]{0,8}") {
            let guarded = guard_identifier(&text);
            prop_assert_eq!(identifier(&guarded), (text.as_str(), Damage::None));
        }

        #[test]
        fn a_source_cell_means_the_same_after_its_guard(cell in "['=+@\\-\tx0-9]{0,6}") {
            let guarded = guard_source_cell(&cell);
            prop_assert_eq!(unguard(&guarded), unguard(&cell));
        }
    }
}
