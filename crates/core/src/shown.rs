//! Texts that somebody gave, as errors show them.

/// The most characters of a text that an error shows: an id fits, and a broken file cannot fill a log.
const SHOWN_CHARS_MAX: usize = 64;

/// Returns the text, or its beginning and an ellipsis when it is longer than an error shows.
///
/// ```
/// use sutler_core::shown::shown;
///
/// assert_eq!(shown("cart_12"), "cart_12");
/// assert_eq!(shown(&"9".repeat(100_000)), format!("{}…", "9".repeat(64)));
/// ```
pub fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((end, _)) => text.get(..end).unwrap_or_default().to_owned() + "…",
        None => text.to_owned(),
    }
}
