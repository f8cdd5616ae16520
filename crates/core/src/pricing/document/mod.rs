//! Promotions as merchants write them: words, amounts as text, records by what they are called.
//!
//! ```toml
//! name = "Spring"
//! from = "2027-03-01"
//! zone = "Europe/Berlin"
//!
//! [when]
//! categories = ["Home/Lamps"]
//! min_subtotal = "50.00"
//!
//! [gives]
//! percent = "10%"
//! ```
//!
//! A document is checked strictly, and everything that is wrong is told at once: where, what, and how to mend it. Its
//! shape is written down once (`shape`); the check and the published JSON schema are made from it.
//!
//! Deliberately absent: TOML and JSON as texts. Whoever reads a file deserializes it into a [`DocumentValue`].

mod names;
mod problem;
mod read;
mod schema;
mod shape;
mod strict;
#[cfg(test)]
mod tests;
mod value;
mod write;

pub use names::{IdsOnly, PromotionNames};
pub use problem::DocumentProblem;
use problem::Problems;
pub use schema::promotion_schema;
use serde::{Deserialize, Serialize};
pub use value::DocumentValue;

use super::promotion::Promotion;
use crate::id::PromotionId;
use crate::money::Currency;

/// A promotion as a merchant writes it, not yet checked.
///
/// ```
/// use sutler_core::id::PromotionId;
/// use sutler_core::money::Currency;
/// use sutler_core::pricing::{DocumentValue, IdsOnly, PromotionDocument};
///
/// # let table = |fields: Vec<(&str, DocumentValue)>| {
/// #     DocumentValue::Table(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
/// # };
/// # let text = |text: &str| DocumentValue::Text(text.to_owned());
/// // What a reader of TOML makes of: name = "Spring", gives = { percnt = "10%" }
/// let gives = table(vec![("percnt", text("10%"))]);
/// let document = PromotionDocument(table(vec![("name", text("Spring")), ("gives", gives)]));
/// let problems = document.check(PromotionId::from_u128(1), Currency::EUR, &IdsOnly).unwrap_err();
/// assert_eq!(problems[0].to_string(), "gives.percnt: there is no such field; did you mean `percent`?");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PromotionDocument(pub DocumentValue);

impl PromotionDocument {
    /// Takes a file apart: one promotion, or several under `promotion`.
    ///
    /// ```
    /// use sutler_core::id::PromotionId;
    /// use sutler_core::money::Currency;
    /// use sutler_core::pricing::{IdsOnly, PromotionDocument};
    ///
    /// let file = r#"{ "promotion": [
    ///     { "name": "Spring", "gives": { "percent": "10%" } },
    ///     { "name": "Summer", "gives": { "free_delivery": true } }
    /// ] }"#;
    /// let documents = PromotionDocument::all_of(serde_json::from_str(file)?);
    /// let [spring, summer] = documents.as_slice() else { panic!("{documents:?}") };
    /// let promotion = spring.check(PromotionId::from_u128(1), Currency::EUR, &IdsOnly).unwrap();
    /// assert_eq!(promotion.name, "Spring");
    /// assert_eq!(PromotionDocument::of(&promotion, &IdsOnly), *spring);
    /// assert_ne!(spring, summer);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn all_of(file: DocumentValue) -> Vec<PromotionDocument> {
        match file {
            DocumentValue::Table(mut fields) if matches!(fields.as_slice(), [(name, DocumentValue::List(_))] if name == "promotion") => {
                match fields.pop() {
                    Some((_, DocumentValue::List(several))) => {
                        several.into_iter().map(PromotionDocument).collect()
                    }
                    _ => Vec::new(),
                }
            }
            one => vec![PromotionDocument(one)],
        }
    }

    /// Tells whether it says that the promotion is switched on or off.
    ///
    /// ```
    /// use sutler_core::pricing::PromotionDocument;
    ///
    /// let document: PromotionDocument = serde_json::from_str(r#"{ "name": "Spring", "active": false }"#)?;
    /// assert!(document.says_active());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn says_active(&self) -> bool {
        self.0.get("active").is_some()
    }

    /// Writes a promotion as a document. Checked again with the same names and currency, it is the same promotion.
    pub fn of(promotion: &Promotion, names: &dyn PromotionNames) -> PromotionDocument {
        PromotionDocument(write::promotion(promotion, names))
    }

    /// Checks it and returns the promotion that it says, with version 0. Amounts are in `currency`.
    ///
    /// Errors: everything that is wrong, in the order of the document.
    pub fn check(
        &self,
        id: PromotionId,
        currency: Currency,
        names: &dyn PromotionNames,
    ) -> Result<Promotion, Vec<DocumentProblem>> {
        let mut problems = Problems::new();
        strict::table(&self.0, &shape::PROMOTION, "", &mut problems);
        if !problems.is_empty() {
            return Err(problems.into_inner());
        }
        let mut reader = read::Reader { names, currency, problems };
        let promotion = reader.promotion(id, &self.0);
        let mut problems = reader.problems;
        if problems.is_empty()
            && let Err(refused) = promotion.check()
        {
            problems.add("", refused.to_string(), "mend that");
        }
        if problems.is_empty() { Ok(promotion) } else { Err(problems.into_inner()) }
    }
}
