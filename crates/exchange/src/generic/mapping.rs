//! Reads a mapping file.

use std::collections::BTreeMap;

use serde::Deserialize;
use sutler_core::money::{Currency, DecimalMark};

use crate::catalog::layout::Role;
use crate::number::WeightUnit;
use crate::text::nearest;

/// What a mapping file says; see the module `generic` for the form of the file.
///
/// ```
/// use sutler_exchange::Mapping;
///
/// let mapping = Mapping::parse("[columns]\ntitle = \"Name\"\nprice = \"VK\"\n")?;
/// assert_eq!(mapping.columns_named(), ["VK", "Name"]);
/// assert_eq!(mapping.currency(), None, "the import says it");
/// let wrong = Mapping::parse("[columns]\nprise = \"VK\"\n").unwrap_err();
/// assert_eq!(wrong.to_string(), "line 2: there is no field \"prise\"; did you mean \"price\"?");
/// # Ok::<(), sutler_exchange::BadMapping>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mapping {
    pub(crate) name: Option<String>,
    pub(crate) encoding: Option<String>,
    pub(crate) delimiter: Option<u8>,
    pub(crate) decimal: Option<DecimalMark>,
    pub(crate) currency: Option<Currency>,
    pub(crate) weight_unit: WeightUnit,
    pub(crate) rest: Rest,
    pub(crate) ignore: Vec<String>,
    /// Role, name of the fact where it is one, and column.
    pub(crate) columns: Vec<(Role, String, String)>,
    pub(crate) constants: Vec<(Role, String)>,
    pub(crate) separators: SeparatorTable,
}

/// What happens to columns that the mapping does not name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rest {
    #[default]
    Ignore,
    Attributes,
    Refuse,
}

/// Why a mapping file was refused.
///
/// ```
/// use sutler_exchange::Mapping;
///
/// let bad = Mapping::parse("[columns]\ntitle = \"Name\"\nprise = \"VK\"\n").unwrap_err();
/// assert_eq!(bad.line, 3);
/// assert!(bad.message.contains("did you mean \"price\""));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct BadMapping {
    /// Line of the mapping file, from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

impl BadMapping {
    /// Returns the code of every mapping that cannot be read.
    ///
    /// ```
    /// let bad = sutler_exchange::Mapping::parse("titel = 1").unwrap_err();
    /// assert_eq!((bad.code().id, bad.line), ("E138", 1));
    /// ```
    pub fn code(&self) -> &'static crate::codes::Code {
        &crate::codes::BAD_MAPPING
    }
}

/// The file as TOML gives it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Option<String>,
    encoding: Option<String>,
    delimiter: Option<String>,
    decimal: Option<String>,
    currency: Option<String>,
    #[serde(default)]
    weight_unit: WeightUnit,
    #[serde(default)]
    rest: Rest,
    #[serde(default)]
    ignore: Vec<String>,
    #[serde(default)]
    columns: BTreeMap<String, String>,
    #[serde(default)]
    constants: BTreeMap<String, String>,
    #[serde(default)]
    options: Vec<OptionTable>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
    #[serde(default)]
    variant_attributes: BTreeMap<String, String>,
    #[serde(default)]
    separators: SeparatorTable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OptionTable {
    name: Option<String>,
    name_column: Option<String>,
    column: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SeparatorTable {
    pub(crate) category: Option<String>,
    pub(crate) categories: Option<String>,
    pub(crate) tags: Option<String>,
    pub(crate) images: Option<String>,
}

/// The most options a mapping may have.
const OPTIONS_MAX: usize = 20;

/// The roles that `[columns]` and `[constants]` may name.
const FIELDS: [Role; 34] = [
    Role::Handle,
    Role::ExternalId,
    Role::Title,
    Role::Description,
    Role::Brand,
    Role::Category,
    Role::ProductType,
    Role::Tags,
    Role::Status,
    Role::Published,
    Role::PublishFrom,
    Role::PublishUntil,
    Role::ImageUrl,
    Role::ImagePosition,
    Role::ImageAlt,
    Role::SeoTitle,
    Role::SeoDescription,
    Role::Sku,
    Role::Barcode,
    Role::Weight,
    Role::Price,
    Role::CompareAt,
    Role::UnitCost,
    Role::Stock,
    Role::Tracker,
    Role::Policy,
    Role::RequiresShipping,
    Role::Taxable,
    Role::TaxCategory,
    Role::TaxCode,
    Role::Length,
    Role::Width,
    Role::Height,
    Role::VariantImage,
];

impl Mapping {
    /// Reads the text of a mapping file.
    ///
    /// Errors: [`BadMapping`] for TOML that is not well-formed, unknown keys and fields, and values out of place.
    pub fn parse(text: &str) -> Result<Mapping, BadMapping> {
        let file: File = toml::from_str(text).map_err(|error| toml_error(text, &error))?;
        let mut columns = Vec::new();
        for (field, column) in &file.columns {
            columns.push((role(text, field)?, String::new(), column.clone()));
        }
        let mut constants = Vec::new();
        for (field, value) in &file.constants {
            constants.push((role(text, field)?, value.clone()));
        }
        if file.options.len() > OPTIONS_MAX {
            let message =
                format!("there are {} options; at most {OPTIONS_MAX} are read", file.options.len());
            return Err(BadMapping { line: line_of(text, "[[options]]"), message });
        }
        for (number, option) in (1..=u8::MAX).zip(&file.options) {
            columns.push((Role::OptionValue(number), String::new(), option.column.clone()));
            match (&option.name, &option.name_column) {
                (Some(name), None) => constants.push((Role::OptionName(number), name.clone())),
                (None, Some(column)) => {
                    columns.push((Role::OptionName(number), String::new(), column.clone()));
                }
                _ => {
                    let line = line_of(text, &option.column);
                    let message = "an option needs either `name` or `name_column`".to_owned();
                    return Err(BadMapping { line, message });
                }
            }
        }
        for (facts, role) in
            [(&file.attributes, Role::ProductFact), (&file.variant_attributes, Role::VariantFact)]
        {
            columns.extend(facts.iter().map(|(name, column)| (role, name.clone(), column.clone())));
        }
        check_separators(text, &file.separators)?;
        Ok(Mapping {
            delimiter: delimiter(text, file.delimiter.as_deref())?,
            decimal: decimal(text, file.decimal.as_deref())?,
            currency: currency(text, file.currency.as_deref())?,
            name: file.name,
            encoding: file.encoding,
            weight_unit: file.weight_unit,
            rest: file.rest,
            ignore: file.ignore,
            columns,
            constants,
            separators: file.separators,
        })
    }

    /// Returns the columns that the mapping names, in the order of their fields.
    pub fn columns_named(&self) -> Vec<&str> {
        self.columns.iter().map(|(_, _, column)| column.as_str()).collect()
    }

    /// Returns the currency that the mapping says the prices are in.
    pub fn currency(&self) -> Option<Currency> {
        self.currency
    }
}

fn role(text: &str, field: &str) -> Result<Role, BadMapping> {
    FIELDS.into_iter().find(|role| role.word() == field).ok_or_else(|| {
        let hint = match nearest(field, FIELDS.iter().map(|role| role.word())) {
            Some(near) => format!("did you mean {near:?}?"),
            None => "see the documentation of mapping files for all fields".to_owned(),
        };
        let message = format!("there is no field {field:?}; {hint}");
        BadMapping { line: line_of(text, field), message }
    })
}

fn delimiter(text: &str, given: Option<&str>) -> Result<Option<u8>, BadMapping> {
    let Some(given) = given else { return Ok(None) };
    crate::open::delimiter_from(given).map(Some).ok_or_else(|| {
        let message = format!(
            "{given:?} is not a delimiter; write one such as \",\", \";\", \"\\t\" or \"|\""
        );
        BadMapping { line: line_of(text, "delimiter"), message }
    })
}

fn decimal(text: &str, given: Option<&str>) -> Result<Option<DecimalMark>, BadMapping> {
    match given {
        None => Ok(None),
        Some(".") => Ok(Some(DecimalMark::Point)),
        Some(",") => Ok(Some(DecimalMark::Comma)),
        Some(other) => {
            let message = format!("{other:?} is not a decimal mark; write \",\" or \".\"");
            Err(BadMapping { line: line_of(text, "decimal"), message })
        }
    }
}

fn currency(text: &str, given: Option<&str>) -> Result<Option<Currency>, BadMapping> {
    let Some(code) = given else { return Ok(None) };
    Currency::from_code(code)
        .map(Some)
        .map_err(|error| BadMapping { line: line_of(text, "currency"), message: error.to_string() })
}

fn check_separators(text: &str, separators: &SeparatorTable) -> Result<(), BadMapping> {
    let all = [&separators.category, &separators.categories, &separators.tags, &separators.images];
    if all.into_iter().flatten().any(String::is_empty) {
        let message = "a separator may not be blank".to_owned();
        return Err(BadMapping { line: line_of(text, "[separators]"), message });
    }
    Ok(())
}

/// Finds the line that begins with a key, as well as a text search can.
fn line_of(text: &str, key: &str) -> usize {
    let begins = |line: &str| {
        let line = line.trim_start().trim_start_matches('"');
        line.strip_prefix(key).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    let found = text.lines().position(begins);
    found.or_else(|| text.lines().position(|line| line.contains(key))).map_or(1, |at| at + 1)
}

fn toml_error(text: &str, error: &toml::de::Error) -> BadMapping {
    let at = error.span().map_or(0, |span| span.start).min(text.len());
    let line = text.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
    BadMapping { line, message: error.message().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        Mapping::parse(text).expect_err(text).to_string()
    }

    #[test]
    fn a_full_mapping_is_read() {
        let mapping = Mapping::parse(
            r#"
            name = "list"
            delimiter = "\t"
            decimal = ","
            currency = "EUR"
            weight_unit = "kg"
            rest = "attributes"
            ignore = ["note"]
            [columns]
            handle = "Group"
            price = "Price"
            [constants]
            brand = "Nordlicht"
            [[options]]
            name = "Size"
            column = "Size"
            [[options]]
            name_column = "Attribute"
            column = "Value"
            [attributes]
            material = "Material"
            [separators]
            categories = ";"
            "#,
        )
        .expect("well-formed");
        assert_eq!(mapping.delimiter, Some(b'\t'));
        assert_eq!(mapping.decimal, Some(DecimalMark::Comma));
        assert_eq!(mapping.currency(), Some(Currency::EUR));
        assert_eq!(mapping.weight_unit, WeightUnit::Kilogram);
        assert_eq!(
            mapping.columns_named(),
            ["Group", "Price", "Size", "Value", "Attribute", "Material"]
        );
        assert_eq!(mapping.constants.len(), 2);
    }

    #[test]
    fn slips_are_refused_with_line_and_hint() {
        assert_eq!(
            wrong("[columns]\ntitel = \"Name\""),
            "line 2: there is no field \"titel\"; did you mean \"title\"?"
        );
        assert!(wrong("decimals = \",\"").starts_with("line 1: unknown field `decimals`"));
        assert!(wrong("a = \n").starts_with("line 1: "));
        assert!(wrong("\ndecimal = \";\"").starts_with("line 2: \";\" is not a decimal mark"));
        assert!(wrong("delimiter = \"ab\"").contains("is not a delimiter"));
        assert!(wrong("currency = \"DEM\"").contains("withdrawn"));
        assert!(wrong("[[options]]\ncolumn = \"Size\"").contains("either `name` or `name_column`"));
        assert!(wrong("[separators]\ntags = \"\"").contains("may not be blank"));
        assert!(wrong("weight_unit = \"stone\"").starts_with("line 1"));
    }
}
