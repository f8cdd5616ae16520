//! Turns a [`ProductDocument`] into the fields of the index, and a stored row into a [`Hit`].
//!
//! Values that are filtered and counted are *cleaned*: blanks and control characters become single
//! blanks. A request cleans its values the same way. A value that is too long to be a choice of a
//! shopper is still searched by words, but neither filtered nor counted.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tantivy::TantivyDocument;

use crate::analysis::Analysis;
use crate::answer::Hit;
use crate::document::{PriceRange, PriceShown, ProductDocument};
use crate::plain_text::{plain_text, single_blanks};
use crate::schema::{Fields, SEPARATOR};

/// The longest value that is filtered and counted, in bytes.
const VALUE_BYTES_MAX: usize = 512;

/// As much of a title as its place in the alphabet depends on, in characters.
const TITLE_KEY_CHARS: usize = 64;

/// Returns a value as it is stored, compared and counted.
pub(crate) fn clean(value: &str) -> String {
    single_blanks(value)
}

/// Returns the stored value of an option or attribute; `name` folded, `value` cleaned.
pub(crate) fn named_value(name: &str, value: &str) -> String {
    format!("{name}{SEPARATOR}{value}")
}

/// Returns the stored value of a category; empty levels do not count.
pub(crate) fn category_value<S: AsRef<str>>(path: &[S]) -> String {
    let levels: Vec<String> =
        path.iter().map(|name| clean(name.as_ref())).filter(|name| !name.is_empty()).collect();
    levels.join(&String::from(SEPARATOR))
}

/// What is given back with a hit, stored as one text.
#[derive(Serialize, Deserialize)]
struct Shown {
    id: String,
    handle: String,
    title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    brand: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<(i64, i64)>,
    /// From when on, lowest, highest, lowest before the reduction.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    prices: Vec<(i64, i64, i64, Option<i64>)>,
    in_stock: bool,
}

/// Reads a stored row as it is shown at a moment; without one, as it was shown first.
pub(crate) fn hit(shown: &str, score: f32, at_ms: Option<i64>) -> Result<Hit, serde_json::Error> {
    let shown: Shown = serde_json::from_str(shown)?;
    let price = match at_ms {
        Some(at) => shown.prices.iter().rfind(|(from, ..)| *from <= at),
        None => shown.prices.first(),
    };
    let range = price.map(|(_, minor_min, minor_max, _)| (*minor_min, *minor_max)).or(shown.price);
    Ok(Hit {
        id: shown.id,
        handle: shown.handle,
        title: shown.title,
        brand: shown.brand,
        price_range: range.map(|(minor_min, minor_max)| PriceRange { minor_min, minor_max }),
        lowest_before_minor: price.and_then(|(.., lowest)| *lowest),
        in_stock: shown.in_stock,
        score,
    })
}

/// Turns documents into rows of one index.
pub(crate) struct Encoder {
    fields: Fields,
    analysis: Analysis,
}

impl Encoder {
    pub(crate) fn new(fields: Fields, analysis: Analysis) -> Self {
        Encoder { fields, analysis }
    }

    /// Returns the row of a document that was validated.
    pub(crate) fn row(
        &mut self,
        document: &ProductDocument,
    ) -> Result<TantivyDocument, serde_json::Error> {
        let mut row = TantivyDocument::default();
        row.add_text(self.fields.id, &document.id);
        row.add_text(self.fields.shown, shown(document)?);
        self.add_words(&mut row, document);
        self.add_skus(&mut row, &document.skus);
        self.add_choices(&mut row, document);
        self.add_sort_keys(&mut row, document);
        let ends = [
            (self.fields.shown_from, document.shown_from_ms),
            (self.fields.shown_until, document.shown_until_ms),
        ];
        for (field, end) in ends {
            end.into_iter().for_each(|end| row.add_i64(field, end));
        }
        Ok(row)
    }

    fn add_words(&self, row: &mut TantivyDocument, document: &ProductDocument) {
        let fields = self.fields;
        row.add_text(fields.title, &document.title);
        row.add_text(fields.typed, &document.title);
        if let Some(brand) = &document.brand {
            row.add_text(fields.brand_words, brand);
            row.add_text(fields.typed, brand);
        }
        let named = document.options.iter().chain(&document.attributes);
        let keywords: BTreeSet<&String> = document
            .category_paths
            .iter()
            .flatten()
            .chain(&document.tags)
            .chain(named.flat_map(|(name, value)| [name, value]))
            .collect();
        for keyword in keywords {
            row.add_text(fields.keywords, keyword);
            row.add_text(fields.typed, keyword);
        }
        let description = plain_text(&document.description);
        if !description.is_empty() {
            row.add_text(fields.description, description);
        }
    }

    /// Writes each SKU as it is and without its signs: `AB-12` is also found as `ab12`.
    fn add_skus(&mut self, row: &mut TantivyDocument, skus: &[String]) {
        let mut codes = BTreeSet::new();
        for sku in skus {
            let code = self.analysis.fold(sku);
            codes.insert(Analysis::squeeze(&code));
            codes.insert(code);
        }
        for code in codes.iter().filter(|code| !code.is_empty()) {
            row.add_text(self.fields.sku, code);
        }
    }

    fn add_choices(&mut self, row: &mut TantivyDocument, document: &ProductDocument) {
        let fields = self.fields;
        let mut choices = BTreeSet::new();
        choices.extend(document.brand.as_ref().map(|brand| (fields.brand, clean(brand))));
        choices.extend(document.tags.iter().map(|tag| (fields.tag, clean(tag))));
        for path in &document.category_paths {
            for depth in 1..=path.len() {
                choices.insert((fields.category, category_value(&path[..depth])));
            }
        }
        let mut names = BTreeMap::new();
        for (field, kind, pairs) in [
            (fields.option, OPTION, &document.options),
            (fields.attribute, ATTRIBUTE, &document.attributes),
        ] {
            for (name, value) in pairs {
                let (folded, value) = (self.analysis.fold(name), clean(value));
                let choice = named_value(&folded, &value);
                if !folded.is_empty() && !value.is_empty() && choice.len() <= VALUE_BYTES_MAX {
                    choices.insert((field, choice));
                    names.entry(named_value(kind, &folded)).or_insert_with(|| clean(name));
                }
            }
        }
        for (field, value) in choices {
            if !value.is_empty() && value.len() <= VALUE_BYTES_MAX {
                row.add_text(field, value);
            }
        }
        for (key, name) in names {
            row.add_text(fields.names, named_value(&key, &name));
        }
        row.add_text(fields.in_stock, if document.in_stock { "true" } else { "false" });
    }

    fn add_sort_keys(&mut self, row: &mut TantivyDocument, document: &ProductDocument) {
        let fields = self.fields;
        if let Some(range) = document.price_range {
            row.add_i64(fields.price_min, range.minor_min);
            row.add_i64(fields.price_max, range.minor_max);
        }
        row.add_i64(fields.created, document.created_ms);
        let key: String =
            self.analysis.fold(&document.title).chars().take(TITLE_KEY_CHARS).collect();
        row.add_text(fields.title_key, key);
    }
}

/// The kind of a name that belongs to an option.
pub(crate) const OPTION: &str = "option";
/// The kind of a name that belongs to an attribute.
pub(crate) const ATTRIBUTE: &str = "attribute";

fn shown(document: &ProductDocument) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Shown {
        id: document.id.clone(),
        handle: document.handle.clone(),
        title: document.title.clone(),
        brand: document.brand.clone(),
        price: document.price_range.map(|range| (range.minor_min, range.minor_max)),
        prices: document.prices_shown.iter().map(stored).collect(),
        in_stock: document.in_stock,
    })
}

fn stored(shown: &PriceShown) -> (i64, i64, i64, Option<i64>) {
    let PriceShown { from_ms, price_range, lowest_before_minor } = *shown;
    (from_ms, price_range.minor_min, price_range.minor_max, lowest_before_minor)
}
