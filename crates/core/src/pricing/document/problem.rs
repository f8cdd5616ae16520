//! [`DocumentProblem`]: what is wrong in a document, where, why, and how to mend it.

/// One thing that is wrong in a document.
///
/// ```
/// use sutler_core::id::PromotionId;
/// use sutler_core::money::Currency;
/// use sutler_core::pricing::{DocumentProblem, IdsOnly, PromotionDocument};
///
/// let text = r#"{ "name": "Spring", "gives": { "free_delivery": true }, "exclusive": "yes" }"#;
/// let document: PromotionDocument = serde_json::from_str(text)?;
/// let checked = document.check(PromotionId::from_u128(1), Currency::EUR, &IdsOnly);
/// assert_eq!(
///     checked,
///     Err(vec![DocumentProblem {
///         place: "exclusive".to_owned(),
///         what: "is text".to_owned(),
///         mend: "write true or false".to_owned(),
///     }]),
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{place}: {what}; {mend}")]
pub struct DocumentProblem {
    /// Where, from the top of the promotion: `gives[1].percent`.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

/// A place in a document, and everything that was found wrong so far.
pub(super) struct Problems {
    found: Vec<DocumentProblem>,
}

impl Problems {
    pub(super) fn new() -> Problems {
        Problems { found: Vec::new() }
    }

    pub(super) fn add(&mut self, place: &str, what: impl Into<String>, mend: impl Into<String>) {
        let place = if place.is_empty() { "the promotion" } else { place };
        self.found.push(DocumentProblem {
            place: place.to_owned(),
            what: what.into(),
            mend: mend.into(),
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn into_inner(self) -> Vec<DocumentProblem> {
        self.found
    }
}

/// Returns the place of a field in a table.
pub(super) fn below(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

/// Returns "did you mean …" for the nearest of some words, or what they are.
pub(super) fn meant<'w>(given: &str, words: impl Iterator<Item = &'w str>) -> String {
    let words: Vec<&str> = words.collect();
    let near = words
        .iter()
        .map(|word| (strsim::damerau_levenshtein(given, word), *word))
        .min()
        .filter(|(distance, word)| *distance <= word.chars().count().div_ceil(3).max(1));
    match near {
        Some((_, word)) => format!("did you mean `{word}`?"),
        None if words.is_empty() => "leave it out".to_owned(),
        None => format!("there is {}", words.join(", ")),
    }
}
