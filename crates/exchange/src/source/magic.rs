//! Files that are no text tables at all, told by their first bytes.

/// Returns what the file is, when it is certainly not a text table.
pub(super) fn not_a_table(first: &[u8]) -> Option<&'static str> {
    const BINARY: [(&[u8], &str); 9] = [
        (b"PK\x03\x04", "an Excel workbook (XLSX) or another ZIP archive"),
        (b"PK\x05\x06", "an empty ZIP archive"),
        (b"\xd0\xcf\x11\xe0", "an old Excel workbook (XLS)"),
        (b"\x1f\x8b", "a gzip file"),
        (b"\x28\xb5\x2f\xfd", "a Zstandard file"),
        (b"BZh", "a bzip2 file"),
        (b"%PDF-", "a PDF document"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"{\\rtf", "a rich text document"),
    ];
    if let Some((_, kind)) = BINARY.iter().find(|(magic, _)| first.starts_with(magic)) {
        return Some(kind);
    }
    let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
    let lower: Vec<u8> = text.iter().take(64).map(u8::to_ascii_lowercase).collect();
    const MARKUP: [(&[u8], &str); 6] = [
        (b"<!doctype html", "a web page (HTML)"),
        (b"<html", "a web page (HTML)"),
        (b"<?xml", "an XML document"),
        (b"<rss", "an RSS feed (XML)"),
        (b"[{", "a JSON document"),
        (b"{\"", "a JSON document"),
    ];
    let found = MARKUP.iter().find(|(start, _)| lower.starts_with(start)).map(|(_, kind)| *kind);
    // `[` and `{` may be followed by a line end before the first key.
    found.or_else(|| match lower.split_first() {
        Some((b'[' | b'{', rest)) => match rest.trim_ascii_start().first() {
            Some(b'{' | b'[' | b'"') if rest.starts_with(b"\n") || rest.starts_with(b"\r") => {
                Some("a JSON document")
            }
            _ => None,
        },
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::not_a_table;

    #[test]
    fn workbooks_archives_pages_and_feeds_are_told_by_their_start() {
        for first in [
            &b"PK\x03\x04\x14"[..],
            b"\x1f\x8b\x08",
            b"%PDF-1.7",
            b"\xef\xbb\xbf<?xml version='1.0'?>",
            b"  <!DOCTYPE HTML>",
            b"[\n  {\"id\": 1}]",
            b"{\"products\": []}",
        ] {
            assert!(not_a_table(first).is_some(), "{first:?}");
        }
        for first in [&b"Handle,Title\n"[..], b"<b>x</b>,1", b"[S]Size,Price", b"{brace},x", b""] {
            assert_eq!(not_a_table(first), None, "{first:?}");
        }
    }
}
