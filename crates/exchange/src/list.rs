//! Lists in one cell, such as tags.
//!
//! An entry that holds the separator is written in double quotes, with quotes inside doubled; an opening quote without
//! a fitting closing one is an ordinary character.

use std::borrow::Cow;

use crate::text::trim_cell;

/// Splits a list; blank entries are left out and repeated ones kept once.
pub(crate) fn split(text: &str, separator: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (entry, behind) = match quoted(rest, separator) {
            Some((entry, behind)) => (Cow::Owned(entry), behind),
            None => match rest.split_once(separator) {
                Some((entry, behind)) => (Cow::Borrowed(entry), behind),
                None => (Cow::Borrowed(rest), ""),
            },
        };
        let entry = trim_cell(&entry);
        if !entry.is_empty() && !entries.iter().any(|e| e == entry) {
            entries.push(entry.to_owned());
        }
        rest = behind.trim_start();
    }
    entries
}

/// Reads a quoted entry at the start of `text`; `None` when it is not one.
fn quoted<'a>(text: &'a str, separator: &str) -> Option<(String, &'a str)> {
    let mut rest = text.strip_prefix('"')?;
    let mut entry = String::new();
    loop {
        let (part, behind) = rest.split_once('"')?;
        entry.push_str(part);
        match behind.strip_prefix('"') {
            Some(behind) => {
                entry.push('"');
                rest = behind;
            }
            None => {
                let behind = behind.trim_start();
                return match behind.strip_prefix(separator) {
                    Some(behind) => Some((entry, behind)),
                    None if behind.is_empty() => Some((entry, "")),
                    None => None,
                };
            }
        }
    }
}

/// Joins a list so that [`split`] with a comma gives it again.
pub(crate) fn join<'a>(entries: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for entry in entries.map(trim_cell).filter(|entry| !entry.is_empty()) {
        if !text.is_empty() {
            text.push_str(", ");
        }
        if entry.contains(',') || entry.starts_with('"') {
            text.push('"');
            text.push_str(&entry.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(entry);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lists_are_split_at_their_separator() {
        #[rustfmt::skip]
        let table: [(&str, &str, &[&str]); 7] = [
            ("red, blue ,, red", ",", &["red", "blue"]),
            ("\"a, b\", c", ",", &["a, b", "c"]),
            ("\"say \"\"hi\"\"\"", ",", &["say \"hi\""]),
            ("\"open, c", ",", &["\"open", "c"]),
            ("12\" pipe, c", ",", &["12\" pipe", "c"]),
            ("a|b", "|", &["a", "b"]),
            ("", ",", &[]),
        ];
        for (text, separator, entries) in table {
            assert_eq!(split(text, separator), entries, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_joined_list_is_split_into_the_same(entries in prop::collection::vec("[a\", ]{1,5}", 0..5)) {
            let mut clean: Vec<&str> = entries.iter().map(|e| trim_cell(e)).filter(|e| !e.is_empty()).collect();
            let mut seen = std::collections::BTreeSet::new();
            clean.retain(|entry| seen.insert(*entry));
            prop_assert_eq!(split(&join(clean.iter().copied()), ","), clean);
        }
    }
}
