//! Promotions from TOML or JSON files: [`read_promotions`].
//!
//! A file is taken for JSON when it begins with a brace, which no TOML file does. It holds one promotion, or several under
//! `promotion`. What a promotion may say, and whether it does, is core's to judge; this tells where in the file it stands:
//! each [`DocumentProblem`] becomes a [`Diagnostic`] with the line and the column of the field that is to blame.
//!
//! Invariants
//! * A value keeps its place among the others, and a name that stands twice is kept twice where the format allows it.
//! * A place is always found: that of what lacks a field stands in for the field.
//!
//! Deliberately absent: what records are called in a shop, and what is stored.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use sutler_core::import::{Diagnostic, Place};
use sutler_core::pricing::{DocumentProblem, DocumentValue, PromotionDocument};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::codes;
use crate::diagnose::fatal_place;
use crate::open::Refused;

/// The name under which a file holds several promotions.
const SEVERAL: &str = "promotion";

/// The promotions of a file, not yet checked, and where in it everything stands.
///
/// ```
/// use sutler_core::id::PromotionId;
/// use sutler_core::money::Currency;
/// use sutler_core::pricing::IdsOnly;
/// use sutler_exchange::read_promotions;
///
/// let file = read_promotions("name = \"Spring\"\n\n[gives]\n  percnt = \"10%\"\n")?;
/// let problems = file.documents()[0].check(PromotionId::from_u128(1), Currency::EUR, &IdsOnly).unwrap_err();
/// let told = file.told(0, &problems[0]);
/// assert_eq!(told.message, "gives.percnt: there is no such field");
/// assert_eq!(told.help.as_deref(), Some("did you mean `percent`?"));
/// assert_eq!((told.place.line, told.place.column), (4, Some((3, String::new()))));
/// # Ok::<(), sutler_exchange::Refused>(())
/// ```
#[derive(Clone, Debug)]
pub struct PromotionFile {
    text: String,
    documents: Vec<PromotionDocument>,
    /// Where each document begins, and what is below it.
    spots: Vec<Spot>,
}

impl PromotionFile {
    /// Returns the promotions, in the order of the file.
    pub fn documents(&self) -> &[PromotionDocument] {
        &self.documents
    }

    /// Returns what is told of a problem of one of the promotions.
    pub fn told(&self, document: usize, problem: &DocumentProblem) -> Diagnostic {
        let offset = self.spots.get(document).map_or(0, |spot| spot.find(&problem.place));
        let place = place(&self.text, offset);
        let message = format!("{}: {}", problem.place, problem.what);
        fatal_place(&codes::PROMOTION_FILE, place, message, &problem.mend)
    }
}

/// Reads the promotions of a TOML or JSON text.
///
/// Errors: [`Refused`] for a text that is neither, with line and column, and for one that holds no promotion.
///
/// ```
/// use sutler_exchange::read_promotions;
///
/// let toml = "[[promotion]]\nname = \"Spring\"\n[[promotion]]\nname = \"Summer\"\n";
/// assert_eq!(read_promotions(toml)?.documents().len(), 2);
///
/// let json = r#"{ "name": "Spring", "gives": { "percent": "10%" } }"#;
/// assert_eq!(read_promotions(json)?.documents().len(), 1);
///
/// let refused = read_promotions("name = \"Spring\"\nname = \"Summer\"\n").unwrap_err();
/// assert_eq!(refused.diagnostics()[0].place.line, 2);
/// # Ok::<(), sutler_exchange::Refused>(())
/// ```
pub fn read_promotions(text: &str) -> Result<PromotionFile, Refused> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let begin = text.trim_start();
    let is_list = begin.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with('{'));
    let (value, spot) =
        if begin.starts_with('{') || is_list { from_json(text)? } else { from_toml(text)? };
    let documents = PromotionDocument::all_of(value);
    if documents.is_empty() {
        let help = "add a table [[promotion]] with its name and what it gives";
        return Err(refused(text, spot.offset, "the file holds no promotion", help));
    }
    let several = spot.below.iter().find(|(step, _)| step == SEVERAL);
    let spots = match several {
        // As many as there are documents only where these were taken from the list.
        Some((_, list)) if list.below.len() == documents.len() && spot.below.len() == 1 => {
            list.below.iter().map(|(_, spot)| spot.clone()).collect()
        }
        _ => vec![spot],
    };
    Ok(PromotionFile { text: text.to_owned(), documents, spots })
}

/// Where a value begins, and the values below it by the step that leads to them: a name, or `[0]`.
#[derive(Clone, Debug)]
struct Spot {
    offset: usize,
    below: Vec<(String, Spot)>,
}

impl Spot {
    fn leaf(offset: usize) -> Spot {
        Spot { offset, below: Vec::new() }
    }

    /// Returns where a path such as `gives[1].percent` leads, or the last place on the way that is there.
    fn find(&self, path: &str) -> usize {
        let ends = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
        let fits = |(step, spot): &'_ (String, Spot)| {
            let rest = path.strip_prefix(step.as_str()).filter(|rest| ends(rest))?;
            Some((step.len(), spot.find(rest.strip_prefix('.').unwrap_or(rest))))
        };
        // A name may hold points itself: the longest one that fits is meant, and of two the first.
        let nearest = self.below.iter().rev().filter_map(fits).max_by_key(|(length, _)| *length);
        nearest.map_or(self.offset, |(_, offset)| offset)
    }
}

/// Returns the line and column of an offset.
fn place(text: &str, offset: usize) -> Place {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Place {
        line: u64::try_from(line).unwrap_or(u64::MAX),
        record: 0,
        column: Some((u32::try_from(column).unwrap_or(u32::MAX), String::new())),
    }
}

fn refused(text: &str, offset: usize, why: &str, help: &str) -> Refused {
    Refused::one(fatal_place(&codes::PROMOTION_FILE, place(text, offset), why, help))
}

fn from_toml(text: &str) -> Result<(DocumentValue, Spot), Refused> {
    let table = DeTable::parse(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        refused(text, offset, error.message(), "mend the TOML; nothing was written")
    })?;
    Ok(toml_table(table.get_ref(), table.span().start))
}

fn toml_table(table: &DeTable<'_>, offset: usize) -> (DocumentValue, Spot) {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    let (mut fields, mut below) = (Vec::new(), Vec::new());
    for (name, value) in entries {
        let (value, spot) = toml_value(value);
        let name_text = name.get_ref().to_string();
        below.push((name_text.clone(), Spot { offset: name.span().start, ..spot }));
        fields.push((name_text, value));
    }
    (DocumentValue::Table(fields), Spot { offset, below })
}

fn toml_value(value: &Spanned<DeValue<'_>>) -> (DocumentValue, Spot) {
    let offset = value.span().start;
    let plain = match value.get_ref() {
        DeValue::String(text) => DocumentValue::Text(text.to_string()),
        // A date in TOML's own form says what it would say in quotes.
        DeValue::Datetime(moment) => DocumentValue::Text(moment.to_string()),
        DeValue::Boolean(flag) => DocumentValue::Flag(*flag),
        DeValue::Float(_) => DocumentValue::Fraction,
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or(DocumentValue::Fraction, DocumentValue::Integer),
        DeValue::Table(table) => return toml_table(table, offset),
        DeValue::Array(values) => return list(values.iter().map(toml_value), offset),
    };
    (plain, Spot::leaf(offset))
}

fn list(
    values: impl Iterator<Item = (DocumentValue, Spot)>,
    offset: usize,
) -> (DocumentValue, Spot) {
    let (mut list, mut below) = (Vec::new(), Vec::new());
    for (index, (value, spot)) in values.enumerate() {
        list.push(value);
        below.push((format!("[{index}]"), spot));
    }
    (DocumentValue::List(list), Spot { offset, below })
}

fn from_json(text: &str) -> Result<(DocumentValue, Spot), Refused> {
    let broken = |error: serde_json::Error| {
        let line_begin: usize =
            text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let mut offset = line_begin + error.column().saturating_sub(1);
        while !text.is_char_boundary(offset.min(text.len())) {
            offset -= 1;
        }
        let why = error.to_string();
        let why = why.split(" at line ").next().unwrap_or_default();
        refused(text, offset.min(text.len()), why, "mend the JSON; nothing was written")
    };
    // The first reading bounds the depth, which the second relies on.
    let value: DocumentValue = serde_json::from_str(text).map_err(broken)?;
    let root: &RawValue = serde_json::from_str(text).map_err(broken)?;
    let spot = json_spot(root, text.as_ptr().addr()).map_err(broken)?;
    Ok((value, spot))
}

/// Finds where everything in a JSON value stands that lies in a text from `base` on.
fn json_spot(value: &RawValue, base: usize) -> serde_json::Result<Spot> {
    let at = |part: &RawValue| part.get().as_ptr().addr() - base;
    let mut spot = Spot::leaf(at(value));
    if value.get().starts_with('[') {
        let values: Vec<&RawValue> = serde_json::from_str(value.get())?;
        for (index, value) in values.into_iter().enumerate() {
            spot.below.push((format!("[{index}]"), json_spot(value, base)?));
        }
    } else if value.get().starts_with('{') {
        let Fields(fields) = serde_json::from_str(value.get())?;
        for (name, value) in fields {
            let below = Spot { offset: at(name), ..json_spot(value, base)? };
            spot.below.push((serde_json::from_str(name.get())?, below));
        }
    }
    Ok(spot)
}

/// The fields of a JSON object as they stand, also those that stand twice.
struct Fields<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Each)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use sutler_core::id::PromotionId;
    use sutler_core::money::Currency;
    use sutler_core::pricing::IdsOnly;

    use super::*;

    /// Returns line, column and sentence of everything that is wrong.
    fn wrong(text: &str) -> Vec<(u64, u32, String)> {
        let told = match read_promotions(text) {
            Err(refused) => refused.into_diagnostics(),
            Ok(file) => {
                let mut told = Vec::new();
                for (index, document) in file.documents().iter().enumerate() {
                    let checked =
                        document.check(PromotionId::from_u128(1), Currency::EUR, &IdsOnly);
                    told.extend(
                        checked.err().unwrap_or_default().iter().map(|p| file.told(index, p)),
                    );
                }
                told
            }
        };
        let spot = |d: Diagnostic| {
            assert_eq!(d.code, "E175");
            (d.place.line, d.place.column.map_or(0, |(column, _)| column), d.message)
        };
        told.into_iter().map(spot).collect()
    }

    #[test]
    fn both_formats_say_the_same() {
        let toml = r#"
            name = "Spring"
            from = 2027-03-01
            zone = "Europe/Berlin"
            gives = [{ percent = "10%" }, { free_delivery = true }]
            [when]
            min_quantity = 0x10
            not = { attribute = { name = "sale", values = ["yes", 1, false] } }
        "#;
        let json = r#"{
            "name": "Spring", "from": "2027-03-01", "zone": "Europe/Berlin",
            "gives": [{ "percent": "10%" }, { "free_delivery": true }],
            "when": {
                "min_quantity": 16,
                "not": { "attribute": { "name": "sale", "values": ["yes", 1, false] } }
            }
        }"#;
        let (toml, json) = (read_promotions(toml).unwrap(), read_promotions(json).unwrap());
        assert_eq!(toml.documents(), json.documents());
        let spring = toml.documents()[0].check(PromotionId::from_u128(1), Currency::EUR, &IdsOnly);
        assert_eq!(spring.unwrap().benefits.len(), 2);
    }

    #[test]
    fn every_problem_names_its_line_and_column_in_toml() {
        let text = "[[promotion]]\nname = \"Spring\"\ngives = { percent = 7.5 }\n\n\
                    [[promotion]]\nname = \"Süß\" \nexclusive = \"yes\"\n[[promotion.gives]]\npercent = \"5%\"\n\
                    [[promotion.gives]]\n  buy = 1\n[promotion.when]\nany = [{ prodcts = [\"a\"] }]\n";
        assert_eq!(
            wrong(text),
            [
                (3, 11, "gives.percent: is a number with a point".to_owned()),
                (7, 1, "exclusive: is text".to_owned()),
                (13, 10, "when.any[0].prodcts: there is no such field".to_owned()),
            ]
        );
        let missing = "name = \"Spring\"\n[[gives]]\npercent = \"5%\"\n[[gives]]\n  buy = 1\n";
        assert_eq!(wrong(missing), [(4, 1, "gives[1].get: is missing".to_owned())]);
    }

    #[test]
    fn every_problem_names_its_line_and_column_in_json() {
        let text = "{ \"promotion\": [\n  { \"name\": \"A\", \"gives\": { \"percent\": \"5\" } },\n  \
                    { \"name\": \"Süß\", \"gives\": {}, \"x.y\": 1,\n    \"limits\": { \"uses\": 0, \"uses\": 1 } }\n] }";
        assert_eq!(
            wrong(text),
            [
                (2, 29, "gives.percent: \"5\" has no % sign".to_owned()),
                (3, 20, "gives: gives nothing".to_owned()),
                (3, 33, "x.y: there is no such field".to_owned()),
                (4, 17, "limits.uses: is 0".to_owned()),
                (4, 17, "limits.uses: stands twice".to_owned()),
            ]
        );
    }

    #[test]
    fn what_is_neither_toml_nor_json_names_where_it_breaks() {
        for (text, line, column) in [
            ("name = \"Spring\"\nname = \"Summer\"\n", 2, 1),
            ("name \"Spring\"\n", 1, 6),
            ("{ \"name\": \"Süß\" \"gives\": {} }", 1, 17),
            ("{ \"name\": \"Spring\"", 1, 18),
            ("{\n\"promotion\": [] }", 1, 1),
            ("promotion = []\n", 1, 1),
        ] {
            let found = wrong(text);
            assert_eq!(
                (found.len(), found[0].0, found[0].1),
                (1, line, column),
                "{text}: {found:?}"
            );
        }
        let deep = format!("{{\"a\":{}", "[".repeat(100_000));
        assert_eq!(wrong(&deep).len(), 1);
        assert_eq!(wrong("[{ \"name\": \"A\" }]")[0].2, "the promotion: is a list");
    }

    #[test]
    fn a_number_that_is_no_promotions_never_becomes_another_one() {
        for number in ["1_0.0", "99999999999999999999", "1e3", "inf"] {
            let text =
                format!("name = \"A\"\npriority = {number}\ngives = {{ free_delivery = true }}\n");
            assert_eq!(wrong(&text)[0].0, 2, "{number}");
        }
        let text = "name = \"A\"\npriority = 1_0\ngives = { free_delivery = true }\n";
        assert!(wrong(text).is_empty(), "digits may be grouped in TOML");
    }
}
