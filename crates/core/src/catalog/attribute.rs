//! Typed facts about products.

use serde::{Deserialize, Serialize};

/// The value of an [`Attribute`].
///
/// ```
/// use sutler_core::catalog::AttributeValue;
///
/// assert_eq!(AttributeValue::Text("oak".to_owned()).to_string(), "oak");
/// assert_eq!(AttributeValue::Integer(4).to_string(), "4");
/// assert_eq!(AttributeValue::Flag(true).to_string(), "yes");
/// let weight: AttributeValue = serde_json::from_str(r#"{ "decimal": "1.50" }"#)?;
/// assert_eq!(weight.to_string(), "1.5");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeValue {
    /// Words.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// An exact decimal, as text in canonical form (`1.5`).
    Decimal(rust_decimal::Decimal),
    /// Yes or no.
    Flag(bool),
}

/// A typed fact about a product that is searched, filtered and shown: `material: oak`.
///
/// ```
/// use sutler_core::catalog::{Attribute, AttributeValue};
///
/// let material =
///     Attribute { name: "material".to_owned(), value: AttributeValue::Text("oak".to_owned()) };
/// assert_eq!(
///     serde_json::to_string(&material)?,
///     r#"{"name":"material","value":{"text":"oak"}}"#,
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Attribute {
    /// Its name, lower case: `material`.
    pub name: String,
    /// Its value.
    pub value: AttributeValue,
}

impl std::fmt::Display for AttributeValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            AttributeValue::Text(text) => f.write_str(text),
            AttributeValue::Integer(number) => number.fmt(f),
            AttributeValue::Decimal(number) => number.normalize().fmt(f),
            AttributeValue::Flag(flag) => f.write_str(if *flag { "yes" } else { "no" }),
        }
    }
}
