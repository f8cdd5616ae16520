//! What can be counted, and how it is named.
//!
//! Every facet belongs to the group of filters on the same field; the group is what a facet leaves
//! out when it counts.

use crate::encode::{ATTRIBUTE, OPTION};
use crate::error::SearchError;
use crate::filter::did_you_mean;
use crate::schema::SEPARATOR;

/// A field whose values can be counted.
///
/// ```
/// use sutler_search::FacetField;
///
/// assert_eq!(FacetField::parse("brand")?, FacetField::Brand);
/// assert_eq!(FacetField::parse("category.2")?, FacetField::Category { level: Some(2) });
/// assert_eq!(FacetField::parse("option.Size")?, FacetField::Option("Size".into()));
/// assert!(FacetField::parse("brnd").unwrap_err().to_string().contains("did you mean `brand`"));
/// # Ok::<(), sutler_search::SearchError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum FacetField {
    /// `brand`
    Brand,
    /// `category`: every category at every level; `category.2`: those of one level, the roots
    /// being level 1.
    Category {
        /// The level, from 1; `None` for all.
        level: Option<usize>,
    },
    /// `tag`
    Tag,
    /// `in_stock`: `true` and `false`
    InStock,
    /// `option`: the names of options, each with the number of products that have it.
    OptionNames,
    /// `option.<name>`: the values of one option.
    Option(String),
    /// `attribute`: the names of attributes, each with the number of products that have it.
    AttributeNames,
    /// `attribute.<name>`: the values of one attribute.
    Attribute(String),
}

/// The names without a part of the caller's own, for suggestions.
const FACETS: [&str; 6] = ["brand", "category", "tag", "in_stock", "option", "attribute"];

impl FacetField {
    /// Reads the name of a facet.
    ///
    /// Errors: [`SearchError::BadRequest`] with the name that may have been meant.
    pub fn parse(text: &str) -> Result<FacetField, SearchError> {
        let bad =
            |why: String| SearchError::BadRequest { what: format!("the facet `{text}`"), why };
        let (field, part) = match text.trim().split_once('.') {
            Some((field, part)) => (field.trim(), Some(part.trim())),
            None => (text.trim(), None),
        };
        match (field.to_lowercase().as_str(), part) {
            ("brand", None) => Ok(FacetField::Brand),
            ("tag", None) => Ok(FacetField::Tag),
            ("in_stock", None) => Ok(FacetField::InStock),
            ("category", None) => Ok(FacetField::Category { level: None }),
            ("category", Some(level)) => match level.parse() {
                Ok(level) if level > 0 => Ok(FacetField::Category { level: Some(level) }),
                _ => Err(bad(format!("`{level}` is no level; the roots are `category.1`"))),
            },
            ("option", None) => Ok(FacetField::OptionNames),
            ("option", Some(name)) if !name.is_empty() => Ok(FacetField::Option(name.to_owned())),
            ("attribute", None) => Ok(FacetField::AttributeNames),
            ("attribute", Some(name)) if !name.is_empty() => {
                Ok(FacetField::Attribute(name.to_owned()))
            }
            (unknown, _) => Err(bad(match did_you_mean(unknown, FACETS) {
                Some(known) => format!("there is no such facet; did you mean `{known}`?"),
                None => "there is no such facet; there are brand, category, tag, in_stock, \
                         option.<name> and attribute.<name>"
                    .to_owned(),
            })),
        }
    }

    /// Returns the filters that this facet leaves out; `fold` makes names comparable.
    pub(crate) fn group(&self, fold: impl FnOnce(&str) -> String) -> Option<Group> {
        Some(match self {
            FacetField::Brand => Group::Brand,
            FacetField::Category { .. } => Group::Category,
            FacetField::Tag => Group::Tag,
            FacetField::InStock => Group::InStock,
            FacetField::Option(name) => Group::Option(fold(name)),
            FacetField::Attribute(name) => Group::Attribute(fold(name)),
            FacetField::OptionNames | FacetField::AttributeNames => return None,
        })
    }

    /// Returns the column that is counted, and the beginning that a value must have in it.
    pub(crate) fn column(&self, fold: impl FnOnce(&str) -> String) -> (&'static str, String) {
        let none = String::new();
        match self {
            FacetField::Brand => ("brand", none),
            FacetField::Category { .. } => ("category", none),
            FacetField::Tag => ("tag", none),
            FacetField::InStock => ("in_stock", none),
            FacetField::OptionNames => ("names", OPTION.to_owned()),
            FacetField::Option(name) => ("option", fold(name)),
            FacetField::AttributeNames => ("names", ATTRIBUTE.to_owned()),
            FacetField::Attribute(name) => ("attribute", fold(name)),
        }
    }
}

/// The filters on one field: alternatives to each other, and required together with other groups.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Group {
    Brand,
    Category,
    Tag,
    InStock,
    Price,
    Option(String),
    Attribute(String),
}

/// Returns a stored category as a filter takes it; a slash inside a name is written `\/`.
pub(crate) fn category_text(stored: &str) -> String {
    let names: Vec<String> = stored
        .split(SEPARATOR)
        .map(|name| name.replace('\\', "\\\\").replace('/', "\\/"))
        .collect();
    names.join("/")
}
