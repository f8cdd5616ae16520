//! Takes the markup out of a description.
//!
//! Descriptions come from other shops' exports: HTML of every age, half of it broken. Nothing here
//! renders; the words are all that is wanted. So the rules are few and never fail: a tag ends at
//! its `>`, what cannot be a tag is text, and what a reader would see as two words stays two.
//! The work grows with the length of the text, whatever the text is.

/// Elements whose content is no text for readers.
const HIDDEN: [&str; 5] = ["script", "style", "noscript", "template", "head"];

/// Elements inside a word or a line: their tags separate nothing. All others separate words.
const INLINE: [&str; 24] = [
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "code", "del", "em", "font", "i", "ins",
    "kbd", "mark", "q", "s", "small", "span", "strong", "sub", "sup", "u", "wbr",
];

/// The named characters that descriptions really use.
#[rustfmt::skip]
const NAMED: [(&str, &str); 48] = [
    ("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'"), ("nbsp", " "),
    ("copy", "©"), ("reg", "®"), ("trade", "™"), ("deg", "°"), ("plusmn", "±"), ("times", "×"),
    ("frac12", "½"), ("frac14", "¼"), ("frac34", "¾"), ("sup2", "²"), ("sup3", "³"), ("micro", "µ"),
    ("middot", "·"), ("bull", "•"), ("hellip", "…"), ("ndash", "–"), ("mdash", "—"), ("shy", ""),
    ("lsquo", "‘"), ("rsquo", "’"), ("ldquo", "“"), ("rdquo", "”"), ("laquo", "«"), ("raquo", "»"),
    ("euro", "€"), ("pound", "£"), ("yen", "¥"), ("cent", "¢"), ("auml", "ä"), ("ouml", "ö"),
    ("uuml", "ü"), ("Auml", "Ä"), ("Ouml", "Ö"), ("Uuml", "Ü"), ("szlig", "ß"), ("eacute", "é"),
    ("egrave", "è"), ("agrave", "à"), ("ccedil", "ç"), ("ntilde", "ñ"), ("ensp", " "), ("emsp", " "),
];

/// Returns what a reader sees of `html`: no tags, no comments, no scripts, characters instead of
/// entities, single blanks. Plain text comes back as it is, but for its blanks.
///
/// ```
/// use sutler_search::plain_text;
///
/// assert_eq!(plain_text("<p>Fish &amp; <b>chips</b></p><p>for 2</p>"), "Fish & chips for 2");
/// assert_eq!(plain_text("width < 10 & height > 5"), "width < 10 & height > 5");
/// ```
#[must_use]
pub fn plain_text(html: &str) -> String {
    let mut reader = Reader {
        rest: html,
        quotes_are_broken: false,
        no_more_tags: false,
        no_more_comments: false,
    };
    let mut text = String::with_capacity(html.len());
    while let Some(at) = reader.rest.find(['<', '&']) {
        let (before, from) = reader.rest.split_at(at);
        text.push_str(before);
        reader.rest = from;
        if from.starts_with('<') {
            reader.read_tag(&mut text);
        } else {
            reader.read_entity(&mut text);
        }
    }
    text.push_str(reader.rest);
    single_blanks(&text)
}

/// Returns `text` with every run of blanks and control characters as one blank, none at the ends.
pub(crate) fn single_blanks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        if !word.is_empty() {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
    }
    out
}

struct Reader<'a> {
    rest: &'a str,
    /// Some quote of an attribute never ends, so quotes mean nothing here. Remembered, because
    /// looking for its end again at every tag would take time by the square of the length.
    quotes_are_broken: bool,
    /// There is no `>` any more: every `<` from here on is text.
    no_more_tags: bool,
    /// There is no `-->` any more: `<!--` opens a tag like any other.
    no_more_comments: bool,
}

impl Reader<'_> {
    /// Reads what starts with `<`: a comment, a tag, a hidden element, or just the sign.
    fn read_tag(&mut self, text: &mut String) {
        if let Some(inner) = self.rest.strip_prefix("<!--").filter(|_| !self.no_more_comments) {
            if let Some((_, after)) = inner.split_once("-->") {
                self.rest = after;
                text.push(' ');
                return;
            }
            self.no_more_comments = true;
        }
        let mut inside = self.rest.chars().skip(1);
        let looks_like_a_tag =
            inside.next().is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        let Some(end) = looks_like_a_tag.then(|| self.tag_end()).flatten() else {
            text.push('<');
            self.rest = &self.rest[1..];
            return;
        };
        let tag = &self.rest[1..end];
        self.rest = &self.rest[end + 1..];
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        if !INLINE.contains(&name.as_str()) {
            text.push(' ');
        }
        if HIDDEN.contains(&name.as_str()) && !tag.starts_with('/') && !tag.ends_with('/') {
            self.skip_element(&name);
        }
    }

    /// Finds the `>` of the tag at the start of the rest; one inside quotes does not count.
    fn tag_end(&mut self) -> Option<usize> {
        if self.no_more_tags {
            return None;
        }
        if !self.quotes_are_broken {
            let mut quote = None;
            for (at, byte) in self.rest.bytes().enumerate() {
                match (quote, byte) {
                    (None, b'>') => return Some(at),
                    (None, b'"' | b'\'') => quote = Some(byte),
                    (Some(open), _) if open == byte => quote = None,
                    _ => {}
                }
            }
            self.quotes_are_broken = true;
        }
        let end = self.rest.find('>');
        self.no_more_tags = end.is_none();
        end
    }

    /// Leaves out everything up to the closing tag of `name`, or up to the end, as a browser does.
    fn skip_element(&mut self, name: &str) {
        let mut from = 0;
        while let Some(at) = self.rest[from..].find("</") {
            let start = from + at + "</".len();
            let found = self.rest.get(start..start + name.len());
            if found.is_some_and(|found| found.eq_ignore_ascii_case(name)) {
                self.rest = &self.rest[from + at..];
                return;
            }
            from = start;
        }
        self.rest = "";
    }

    /// Reads what starts with `&`: an entity, or just the sign.
    fn read_entity(&mut self, text: &mut String) {
        let entity = self.rest.bytes().take(12).position(|b| b == b';');
        let name = entity.and_then(|end| self.rest.get(1..end));
        if let (Some(end), Some(name)) = (entity, name) {
            if let Some((_, meaning)) = NAMED.iter().find(|(known, _)| *known == name) {
                text.push_str(meaning);
                self.rest = &self.rest[end + 1..];
                return;
            }
            if let Some(meaning) = numbered(name) {
                text.push(meaning);
                self.rest = &self.rest[end + 1..];
                return;
            }
        }
        text.push('&');
        self.rest = &self.rest[1..];
    }
}

/// Returns the character of `#8211` or `#x2013`.
fn numbered(name: &str) -> Option<char> {
    let digits = name.strip_prefix('#')?;
    let code = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits.parse().ok()?,
    };
    char::from_u32(code)
}

#[cfg(test)]
mod tests {
    use super::plain_text;

    #[test]
    fn words_survive_and_markup_does_not() {
        #[rustfmt::skip]
        let table = [
            ("",                                            ""),
            ("plain words",                                 "plain words"),
            ("<p>one</p><p>two</p>",                        "one two"),
            ("one<br>two<br/>three",                        "one two three"),
            ("Wi<b>Fi</b>",                                 "WiFi"),
            ("<li>a</li>\n\t<li>b</li>",                    "a b"),
            ("a&nbsp;&nbsp;b",                              "a b"),
            ("caf&eacute; &#233; &#xE9;",                   "café é é"),
            ("AT&T &unknown; &",                            "AT&T &unknown; &"),
            ("5 < 6 > 4",                                   "5 < 6 > 4"),
            ("<img alt=\"a > b\" src='x'>c",                "c"),
            ("<a href=\"broken>link</a> text",              "link text"),
            ("x <!-- hidden <b> --> y",                     "x y"),
            ("x <!-- never closed > y",                     "x y"),
            ("a<style>p{color:red}</style>b",               "a b"),
            ("a<SCRIPT>if (1</2) x()</Script >b",           "a b"),
            ("a<script>never closed",                       "a"),
            ("ends with <b",                                "ends with <b"),
            ("<!DOCTYPE html><html><body>hi</body></html>", "hi"),
            ("&amp;lt;",                                    "&lt;"),
            ("größe &Uuml;ber",                             "größe Über"),
            ("&é;",                                         "&é;"),
        ];
        for (html, expected) in table {
            assert_eq!(plain_text(html), expected, "{html}");
        }
    }

    #[test]
    fn broken_markup_takes_no_longer_than_good_markup() {
        // Each of these would take minutes if every sign searched the rest of the text again.
        for unit in ["<a", "<a \"", "&", "<!--", "<", "</", "<a b='"] {
            let text = unit.repeat(200_000);
            assert!(plain_text(&text).len() <= text.len());
        }
    }
}
