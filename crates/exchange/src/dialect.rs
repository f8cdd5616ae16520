//! Which character separates the cells of a file.
//!
//! A first line `sep=;` says it. Otherwise each candidate reads the first records, and the one that cuts them into
//! the same number of cells wins; counting characters in the header line would be misled by headers such as
//! `Categories (x;y;z...)` and by decimal commas.
//!
//! Deliberately absent: other quote characters and escape characters. Nobody was seen using them.

use crate::open::Refused;
use crate::source::Text;
use crate::table::RecordReader;

/// The candidates, the likeliest first: it wins a tie.
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];
/// How many records are read to decide.
const RECORDS_MAX: u32 = 50;

/// How the delimiter was found.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_exchange::{DelimiterSource, Input, ReadOptions, open};
///
/// let file = "sep=;\nHandle;Title;Variant Price\nhat;Hat;19.90\n";
/// let opened = open(Input::bytes("hats.csv", file), ReadOptions::new(Currency::EUR))?;
/// assert_eq!(opened.summary().delimiter, ';');
/// assert_eq!(opened.summary().delimiter_source, DelimiterSource::SepLine);
/// # Ok::<(), sutler_exchange::Refused>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DelimiterSource {
    /// A first line `sep=` says it.
    SepLine,
    /// It cuts the first records into equally many cells.
    Sniffed,
    /// The caller said so.
    Given,
}

/// The delimiter, and the text without a `sep=` line.
pub(crate) struct Dialect {
    pub(crate) delimiter: u8,
    pub(crate) source: DelimiterSource,
    pub(crate) text: Text,
}

/// Finds the delimiter; `given` overrides it.
///
/// Errors: only when the text cannot be read. Faults of single records are left to the real reading.
pub(crate) fn find(text: &Text, given: Option<u8>) -> Result<Dialect, Refused> {
    let mut head = [0; 16];
    let n = text
        .read_at(text.start(), &mut head)
        .map_err(|error| crate::source::read_failed("the file", &error))?;
    let (said, text) = match sep_line(&head[..n]) {
        Some((delimiter, length)) => {
            (Some(delimiter), text.clone().without_start(crate::text::wide(length), 1))
        }
        None => (None, text.clone()),
    };
    let (delimiter, source) = match (given, said) {
        (Some(given), _) => (given, DelimiterSource::Given),
        (None, Some(said)) => (said, DelimiterSource::SepLine),
        (None, None) => (sniff(&text), DelimiterSource::Sniffed),
    };
    Ok(Dialect { delimiter, source, text })
}

/// Reads a line such as `sep=;`; returns the delimiter and the length of the line with its end.
fn sep_line(head: &[u8]) -> Option<(u8, usize)> {
    let quoted = head.first() == Some(&b'"');
    let rest = if quoted { &head[1..] } else { head };
    let (word, rest) = rest.split_at_checked(4)?;
    let (&delimiter, rest) = rest.split_first()?;
    if !word.eq_ignore_ascii_case(b"sep=") || !CANDIDATES.contains(&delimiter) {
        return None;
    }
    let rest = if quoted { rest.strip_prefix(b"\"")? } else { rest };
    let end = match rest {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => return None,
    };
    Some((delimiter, head.len() - rest.len() + end))
}

/// How well a delimiter fits the first records.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    /// How many of a hundred records have the most frequent number of cells, in steps that forgive a few bad rows.
    agreement: u32,
    /// That number of cells.
    cells: usize,
}

/// Tries all candidates.
fn sniff(text: &Text) -> u8 {
    let mut best = (Fit { agreement: 0, cells: 1 }, CANDIDATES[0]);
    for delimiter in CANDIDATES {
        if let Some(fit) = fit(text, delimiter)
            && fit > best.0
        {
            best = (fit, delimiter);
        }
    }
    best.1
}

/// Reads the first records with one delimiter; `None` when it never cuts.
fn fit(text: &Text, delimiter: u8) -> Option<Fit> {
    let mut reader = RecordReader::new(text, delimiter);
    let mut counts: Vec<(usize, u32)> = Vec::new();
    let mut records: u32 = 0;
    // A record that cannot be read ends the sample: the real reading will say what is wrong with it.
    while records < RECORDS_MAX
        && let Ok(Some(record)) = reader.read()
    {
        if record.is_blank() {
            continue;
        }
        records += 1;
        match counts.iter_mut().find(|(cells, _)| *cells == record.len()) {
            Some((_, count)) => *count += 1,
            None => counts.push((record.len(), 1)),
        }
    }
    let (cells, count) = counts.into_iter().max_by_key(|(cells, count)| (*count, *cells))?;
    if cells < 2 {
        return None;
    }
    let agreement = match count * 100 / records {
        90.. => 90,
        percent => percent / 10 * 10,
    };
    Some(Fit { agreement, cells })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> (char, DelimiterSource) {
        let text = Text::from_bytes(text.as_bytes().to_vec());
        let dialect = find(&text, None).expect("memory reads");
        (char::from(dialect.delimiter), dialect.source)
    }

    #[test]
    fn the_delimiter_that_cuts_evenly_wins() {
        #[rustfmt::skip]
        let table = [
            ("a,b,c\n1,2,3\n", ','),
            ("a;b;c\n1,5;2,5;3,5\n4,5;5;6\n", ';'),
            ("a\tb\n1,2\t3\n", '\t'),
            ("a|b\n1|2\n", '|'),
            ("id,Categories (x;y;z...),price\n1,Home;Garden,5\n2,Home,6\n3,A;B;C;D,7\n", ','),
            ("title;text\n\"a, b, c\";\"one\ntwo, three\"\nd;e\n", ';'),
            ("only\none\ncolumn\n", ','),
            ("", ','),
        ];
        for (text, delimiter) in table {
            assert_eq!(found(text), (delimiter, DelimiterSource::Sniffed), "{text:?}");
        }
    }

    #[test]
    fn a_sep_line_decides_and_vanishes() {
        for text in
            ["sep=;\r\nHandle;Title\r\n", "\"sep=;\"\nHandle;Title\n", "SEP=;\rHandle;Title"]
        {
            let source = Text::from_bytes(text.as_bytes().to_vec());
            let dialect = find(&source, None).expect("memory reads");
            assert_eq!(dialect.source, DelimiterSource::SepLine, "{text:?}");
            let mut reader = RecordReader::new(&dialect.text, dialect.delimiter);
            let record = reader.read().expect("well-formed").expect("a header");
            assert_eq!((record.get(0), record.mark.line), ("Handle", 2), "{text:?}");
        }
        assert_eq!(found("sep=x\na,b\n").1, DelimiterSource::Sniffed);
    }

    #[test]
    fn a_given_delimiter_is_taken() {
        let text = Text::from_bytes(b"a,b;c\n".to_vec());
        let dialect = find(&text, Some(b';')).expect("memory reads");
        assert_eq!((dialect.delimiter, dialect.source), (b';', DelimiterSource::Given));
    }
}
