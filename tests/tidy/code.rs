//! Just enough reading of Rust to check names and `mod` lines: what is code, and in which tokens.
//!
//! Comments and texts are blanked out byte for byte, so that places in the blanked text are places in the file.
//! Not a parser: macros are seen as their tokens.

/// One identifier, number or mark of code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Token<'a> {
    /// What stands there. `::` is one token, every other mark is its own.
    pub(crate) text: &'a str,
    /// Where it begins, in bytes.
    pub(crate) at: usize,
}

impl Token<'_> {
    /// Whether it is a name or a keyword.
    pub(crate) fn is_name(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// Returns the line of a byte, counted from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// Returns `text` with comments, texts, character literals and lifetimes turned into blanks.
pub(crate) fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = skipped_until(bytes, at);
        if end == at {
            at += 1;
            continue;
        }
        out[at..end].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
        at = end;
    }
    String::from_utf8(out).expect("whole literals and comments were blanked")
}

/// Returns where the comment or literal that begins at `at` ends; `at` when none begins there.
fn skipped_until(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let after_name = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    match rest {
        [b'/', b'/', ..] => at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => at + block_comment(rest),
        [b'"', ..] => at + quoted(rest, b'"'),
        [b'b' | b'c', b'"', ..] if !after_name => at + 1 + quoted(&rest[1..], b'"'),
        [b'b', b'\'', ..] if !after_name => at + 1 + quoted(&rest[1..], b'\''),
        [b'r', b'"' | b'#', ..] if !after_name => at + raw(rest, 1),
        [b'b' | b'c', b'r', b'"' | b'#', ..] if !after_name => at + raw(rest, 2),
        [b'\'', b'\\', ..] => at + quoted(rest, b'\''),
        [b'\'', ..] => at + character_or_lifetime(rest),
        _ => at,
    }
}

/// Block comments nest.
fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// A raw text `r##"…"##`; 0 for a raw name such as `r#type`.
fn raw(rest: &[u8], prefix: usize) -> usize {
    let marks = rest[prefix..].iter().take_while(|byte| **byte == b'#').count();
    let open = prefix + marks;
    if rest.get(open) != Some(&b'"') {
        return 0;
    }
    let close = [b"\"".as_slice(), &b"#".repeat(marks)].concat();
    let body = &rest[open + 1..];
    let end = body.windows(close.len()).position(|window| window == close);
    end.map_or(rest.len(), |end| open + 1 + end + close.len())
}

/// `'x'` is a character, `'x` a lifetime; both are blanked.
fn character_or_lifetime(rest: &[u8]) -> usize {
    let name =
        rest[1..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    if rest.get(name + 1) == Some(&b'\'') && name <= 1 {
        return name + 2;
    }
    if name > 0 {
        return name + 1;
    }
    // A character that is no ASCII letter: it ends at the next quote.
    rest[1..].iter().position(|byte| *byte == b'\'').map_or(1, |end| end + 2)
}

/// Returns the tokens of a text from [`code_only`].
pub(crate) fn tokens(code: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = code[at..].chars().next() {
        let rest = &code[at..];
        let len = if first.is_alphanumeric() || first == '_' {
            rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        // `r#type` is the name `type`.
        let is_raw_mark = rest.starts_with("r#") && len == 1;
        if !first.is_whitespace() && !is_raw_mark {
            tokens.push(Token { text: &rest[..len], at });
        }
        at += len;
    }
    tokens
}

/// Returns the first text in double quotes after `at` in the file as it was written.
pub(crate) fn quoted_after(original: &str, at: usize) -> Option<&str> {
    original.get(at..)?.split('"').nth(1)
}

#[test]
fn comments_texts_and_lifetimes_are_not_code() {
    let text = "let a /* x /* y */ z */ = \"b\\\"c\"; // d\nlet e: &'static str = r#\"f\"g\"#; let h = 'i'; let \\
                j = b'\\''; let k = '—';";
    let code = code_only(text);
    assert_eq!(code.len(), text.len());
    let names: Vec<&str> =
        tokens(&code).into_iter().filter(Token::is_name).map(|token| token.text).collect();
    assert_eq!(names, ["let", "a", "let", "e", "str", "let", "h", "let", "j", "let", "k"]);
}

#[test]
fn a_raw_name_is_its_name_and_two_colons_are_one_token() {
    let texts: Vec<&str> = tokens("r#type: a::b").into_iter().map(|token| token.text).collect();
    assert_eq!(texts, ["#", "type", ":", "a", "::", "b"]);
}
