//! Makes text from data harmless for a terminal.
//!
//! A product title may hold an escape sequence that clears the screen, retitles the window or turns the reading direction
//! around. What could do so is shown as an escape such as `\u{1b}` instead, so that it is seen and does nothing.

/// Returns whether a character moves the cursor, changes the terminal or hides text. The two joiners, U+200C and U+200D, do
/// none of that: Persian and Hindi cannot be written without them, nor can a family as one emoji.
pub(crate) fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Returns text for one line: line breaks and tabs become blanks, harmful characters become escapes.
pub(crate) fn one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            _ => push(&mut out, c),
        }
    }
    out
}

/// Returns text that keeps its line breaks and tabs; other harmful characters become escapes.
pub(crate) fn multi_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            _ => push(&mut out, c),
        }
    }
    out
}

/// Appends a character, escaped when it is harmful.
pub(crate) fn push(out: &mut String, c: char) {
    if is_harmful(c) {
        out.extend(c.escape_unicode());
    } else {
        out.push(c);
    }
}

/// Returns JSON text in which harmful characters are written as JSON escapes. They can only stand inside of strings, so
/// the value stays the same.
pub(crate) fn json(text: &str) -> String {
    if !text.chars().any(|c| is_harmful(c) && c != '\n') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut units = [0; 2];
    for c in text.chars() {
        if is_harmful(c) && c != '\n' {
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_overrides_are_shown_and_do_nothing() {
        assert_eq!(one_line("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(one_line("x\u{202e}y\u{9b}31m\u{7}"), "x\\u{202e}y\\u{9b}31m\\u{7}");
        assert_eq!(one_line("two\r\nlines\tand a tab"), "two lines and a tab");
        assert_eq!(one_line("Käse 🧀 日本"), "Käse 🧀 日本");
        assert_eq!(one_line("می\u{200c}خواهم 👩\u{200d}👧"), "می\u{200c}خواهم 👩\u{200d}👧");
        assert_eq!(one_line("a\u{200b}\u{200f}b"), "a\\u{200b}\\u{200f}b");
    }

    #[test]
    fn json_keeps_its_value() {
        let hostile = "a\u{9b}b\u{202e}c\u{e0041}\u{7f}";
        let text = serde_json::to_string_pretty(&vec![hostile]).unwrap_or_default();
        let cleaned = json(&text);
        assert!(cleaned.chars().all(|c| c == '\n' || !is_harmful(c)), "{cleaned:?}");
        assert_eq!(
            serde_json::from_str::<Vec<String>>(&cleaned).ok(),
            Some(vec![hostile.to_owned()])
        );
    }
}
