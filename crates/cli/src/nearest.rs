//! "Did you mean": the nearest of some known words.

/// Returns the known word that is most like `given`, if one is like it at all. Letter case does not count.
pub(crate) fn nearest<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let given = given.trim().to_lowercase();
    let reach = (given.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|word| (strsim::osa_distance(&given, &word.to_lowercase()), word))
        .filter(|(distance, _)| *distance <= reach)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// Returns `; did you mean …?` or nothing, to be put behind a sentence.
pub(crate) fn suggestion<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(given, known).map_or_else(String::new, |word| format!("; did you mean `{word}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_mended_and_nonsense_is_not() {
        assert_eq!(nearest("chanel", ["store", "channel"]), Some("channel"));
        assert_eq!(nearest("EURO", ["EUR", "USD"]), Some("EUR"));
        assert_eq!(nearest("eur", ["USD", "EUR"]), Some("EUR"));
        assert_eq!(nearest("quite another word", ["store"]), None);
        assert_eq!(suggestion("zzz", ["store"]), "");
    }
}
