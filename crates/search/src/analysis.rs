//! How text becomes words: the same for the index and for the query.
//!
//! A *piece* is a run of letters and digits. Pieces joined without a blank by a hyphen, a dot, an
//! underscore or an ampersand form a *compound*: `T-Shirt` is the pieces `T` and `Shirt`, and is
//! also indexed as `TShirt`, because shoppers write all three. An apostrophe is left out
//! (`Men's` is `Mens`), a dot between digits stays (`1.5`), and marks that were written as
//! characters of their own are dropped, so that both ways of writing `é` are one.
//!
//! Three analyzers follow:
//! | name | for | does |
//! |---|---|---|
//! | [`STEMMED`] | searching by words | lower case, accents folded, English stem |
//! | [`TYPED`] | completing the last word | the same without stems: a stem is no beginning of its word |
//! | [`CODE`] | SKUs | the whole text as one word, lower case |
//!
//! Stop words stay in the index, because titles are short and some consist of nothing else; the
//! query decides ([`is_stop_word`]).
//!
//! Room: normalizing units, fractions and numbers belongs into [`compounds`]; other languages mean
//! another stemmer and other stop words, chosen when the index is made.

use tantivy::tokenizer::{
    AsciiFoldingFilter, Language, LowerCaser, RawTokenizer, Stemmer, TextAnalyzer, Token,
    TokenStream, Tokenizer, TokenizerManager,
};

use crate::plain_text::single_blanks;

/// The analyzer of text that is searched by words.
pub(crate) const STEMMED: &str = "sutler_stemmed";
/// The analyzer of text whose words are completed while they are typed.
pub(crate) const TYPED: &str = "sutler_typed";
/// The analyzer of SKUs.
pub(crate) const CODE: &str = "sutler_code";

/// A compound of more pieces is a code or a list, and nobody writes it as one word.
const JOINED_PIECES_MAX: usize = 5;

/// Words that say little about a product.
#[rustfmt::skip]
const STOP_WORDS: [&str; 22] = [
    "a", "an", "and", "as", "at", "by", "for", "from", "i", "in", "is", "it", "me", "my", "of",
    "on", "or", "that", "the", "to", "with", "your",
];

/// Says whether a query may do without this word; `word` as [`Analysis::typed`] gives it.
pub(crate) fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.contains(&word)
}

/// A run of letters and digits, with its place in the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Piece {
    pub(crate) text: String,
    from: usize,
    to: usize,
}

/// Returns the one word that the pieces of a compound make together, where people write it so.
pub(crate) fn joined(compound: &[Piece]) -> Option<String> {
    (2..=JOINED_PIECES_MAX)
        .contains(&compound.len())
        .then(|| compound.iter().map(|piece| piece.text.as_str()).collect())
}

/// Cuts a text into compounds of pieces.
pub(crate) fn compounds(text: &str) -> Vec<Vec<Piece>> {
    let mut cut = Cut::default();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        let word_goes_on = cut.is_in_piece() && next.is_some_and(char::is_alphanumeric);
        if c.is_alphanumeric() {
            cut.push(c, at);
        } else if is_dropped(c) || (is_apostrophe(c) && word_goes_on) {
            // Neither ends a word nor belongs to it.
        } else if c == '.' && cut.ends_in_digit() && next.is_some_and(|c| c.is_ascii_digit()) {
            cut.push(c, at);
        } else if is_joiner(c) && word_goes_on {
            cut.end_piece();
        } else {
            cut.end_compound();
        }
    }
    cut.end_compound();
    cut.done
}

/// The compounds found so far and the one at hand.
#[derive(Default)]
struct Cut {
    done: Vec<Vec<Piece>>,
    compound: Vec<Piece>,
    piece: Option<Piece>,
}

impl Cut {
    fn is_in_piece(&self) -> bool {
        self.piece.is_some()
    }

    fn ends_in_digit(&self) -> bool {
        self.piece.as_ref().is_some_and(|piece| piece.text.ends_with(|c: char| c.is_ascii_digit()))
    }

    fn push(&mut self, c: char, at: usize) {
        let piece =
            self.piece.get_or_insert_with(|| Piece { text: String::new(), from: at, to: at });
        piece.text.push(c);
        piece.to = at + c.len_utf8();
    }

    fn end_piece(&mut self) {
        self.compound.extend(self.piece.take());
    }

    fn end_compound(&mut self) {
        self.end_piece();
        if !self.compound.is_empty() {
            self.done.push(std::mem::take(&mut self.compound));
        }
    }
}

fn is_joiner(c: char) -> bool {
    matches!(c, '-' | '.' | '_' | '&' | '\u{2010}' | '\u{2011}')
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '`' | '´' | '\u{2bc}')
}

/// Combining marks, soft hyphens and characters without width.
fn is_dropped(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Cuts a text as [`compounds`] does, and adds the joined word after the pieces.
#[derive(Clone, Default)]
struct WordTokenizer;

/// The words of one text, cut in advance.
struct WordStream {
    words: std::vec::IntoIter<Piece>,
    token: Token,
}

impl Tokenizer for WordTokenizer {
    type TokenStream<'a> = WordStream;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream {
        let mut words = Vec::new();
        for compound in compounds(text) {
            let whole = joined(&compound).map(|text| Piece {
                text,
                from: compound.first().map_or(0, |piece| piece.from),
                to: compound.last().map_or(0, |piece| piece.to),
            });
            words.extend(compound);
            words.extend(whole);
        }
        WordStream { words: words.into_iter(), token: Token::default() }
    }
}

impl TokenStream for WordStream {
    fn advance(&mut self) -> bool {
        let Some(word) = self.words.next() else { return false };
        self.token.position = self.token.position.wrapping_add(1);
        self.token.offset_from = word.from;
        self.token.offset_to = word.to;
        self.token.text = word.text;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

/// The analyzers, for text that is not on its way into the index.
#[derive(Clone)]
pub(crate) struct Analysis {
    stemmed: TextAnalyzer,
    typed: TextAnalyzer,
    code: TextAnalyzer,
}

impl Analysis {
    pub(crate) fn new() -> Self {
        let typed = || TextAnalyzer::builder(WordTokenizer).filter(LowerCaser);
        Analysis {
            stemmed: typed()
                .filter(AsciiFoldingFilter)
                .filter(Stemmer::new(Language::English))
                .build(),
            typed: typed().filter(AsciiFoldingFilter).build(),
            code: TextAnalyzer::builder(RawTokenizer::default())
                .filter(LowerCaser)
                .filter(AsciiFoldingFilter)
                .build(),
        }
    }

    /// Makes the analyzers known to an index, under the names its schema uses.
    pub(crate) fn register(&self, manager: &TokenizerManager) {
        manager.register(STEMMED, self.stemmed.clone());
        manager.register(TYPED, self.typed.clone());
        manager.register(CODE, self.code.clone());
    }

    /// Returns the stem of one piece.
    pub(crate) fn stem(&mut self, piece: &str) -> String {
        first_word(&mut self.stemmed, piece)
    }

    /// Returns one piece as it is completed: lower case, accents folded.
    pub(crate) fn typed(&mut self, piece: &str) -> String {
        first_word(&mut self.typed, piece)
    }

    /// Returns a text as one word, so that different ways of writing it are equal: letter case,
    /// accents and blanks do not count.
    pub(crate) fn fold(&mut self, text: &str) -> String {
        let kept: String = text.chars().filter(|c| !is_dropped(*c)).collect();
        first_word(&mut self.code, &single_blanks(&kept))
    }

    /// Returns the letters and digits alone of a folded text: `ab-12` is `ab12`.
    pub(crate) fn squeeze(folded: &str) -> String {
        folded.chars().filter(|c| c.is_alphanumeric()).collect()
    }
}

fn first_word(analyzer: &mut TextAnalyzer, text: &str) -> String {
    let mut stream = analyzer.token_stream(text);
    stream.next().map(|token| token.text.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Analysis, STEMMED, TYPED, compounds};
    use tantivy::tokenizer::TokenizerManager;

    fn tokens(name: &str, text: &str) -> String {
        let manager = TokenizerManager::new();
        Analysis::new().register(&manager);
        let mut analyzer = manager.get(name).expect("registered above");
        let mut stream = analyzer.token_stream(text);
        let mut words = Vec::new();
        while let Some(token) = stream.next() {
            words.push(token.text.clone());
        }
        words.join(" ")
    }

    #[test]
    fn text_is_cut_into_words_as_shoppers_write_them() {
        #[rustfmt::skip]
        let table = [
            ("Red Shirts",              "red shirts"),
            ("T-Shirt",                 "t shirt tshirt"),
            ("Men's men’s",             "mens mens"),
            ("rock 'n' roll",           "rock n roll"),
            ("1.5 l, 2.",               "1.5 l 2"),
            ("H&M AT & T",              "h m hm at t"),
            ("node.js",                 "node js nodejs"),
            ("red/blue",                "red blue"),
            ("café cafe\u{301} CAFÉ",   "cafe cafe cafe"),
            ("Straße",                  "strasse"),
            ("a-b-c-d-e-f",             "a b c d e f"),
            ("-- !? --",                ""),
            ("soft\u{ad}hyphen",        "softhyphen"),
            ("東京 タワー",              "東京 タワー"),
        ];
        for (text, expected) in table {
            assert_eq!(tokens(TYPED, text), expected, "{text}");
        }
    }

    #[test]
    fn stems_meet_plurals_and_forms() {
        #[rustfmt::skip]
        let table = [
            ("shirt",   "shirts"),
            ("running", "runs"),
            ("box",     "boxes"),
            ("battery", "batteries"),
            ("painted", "paints"),
            ("Men's",   "mens"),
        ];
        for (one, other) in table {
            assert_eq!(tokens(STEMMED, one), tokens(STEMMED, other), "{one} and {other}");
        }
    }

    #[test]
    fn offsets_point_into_the_text() {
        let text = "Ein Café-Tisch";
        let pieces: Vec<&str> =
            compounds(text).concat().iter().map(|piece| &text[piece.from..piece.to]).collect();
        assert_eq!(pieces, ["Ein", "Café", "Tisch"]);
    }

    #[test]
    fn folding_makes_equal_what_reads_equal() {
        let mut analysis = Analysis::new();
        assert_eq!(analysis.fold("  Ab-12\t X "), "ab-12 x");
        assert_eq!(analysis.fold("Cafe\u{301}"), analysis.fold("CAFÉ"));
        assert_eq!(Analysis::squeeze("ab-12 x"), "ab12x");
    }
}
