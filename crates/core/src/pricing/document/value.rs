//! [`DocumentValue`]: what stands in a file of a merchant, whatever its format, before anybody judged it.
//!
//! A reader of TOML or JSON deserializes into it. Nothing is lost on the way that a check wants to name: keys that stand
//! twice, numbers with a point, and `null` are kept as what they are.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// A value of a document.
///
/// ```
/// use sutler_core::pricing::DocumentValue;
///
/// let text = r#"{ "name": "Spring", "gives": { "percent": 7.5 } }"#;
/// let value: DocumentValue = serde_json::from_str(text)?;
/// assert_eq!(value.get("name"), Some(&DocumentValue::Text("Spring".to_owned())));
/// let percent = value.get("gives").and_then(|gives| gives.get("percent"));
/// assert_eq!(percent, Some(&DocumentValue::Fraction), "its digits are not trusted");
/// assert_eq!(DocumentValue::Integer(5).get("name"), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DocumentValue {
    /// Words in quotes.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Flag(bool),
    /// A number with a point, which is never taken: its digits may have been rounded already.
    Fraction,
    /// Nothing, spelled out.
    Null,
    /// Several values.
    List(Vec<DocumentValue>),
    /// Values by name, in the order of the document; a name may stand twice.
    Table(Vec<(String, DocumentValue)>),
}

impl DocumentValue {
    /// Says what it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            DocumentValue::Text(_) => "text",
            DocumentValue::Integer(_) => "a whole number",
            DocumentValue::Flag(_) => "true or false",
            DocumentValue::Fraction => "a number with a point",
            DocumentValue::Null => "null",
            DocumentValue::List(_) => "a list",
            DocumentValue::Table(_) => "a table",
        }
    }

    /// Returns a value of a table by its name.
    pub fn get(&self, name: &str) -> Option<&DocumentValue> {
        let DocumentValue::Table(fields) = self else { return None };
        fields.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Returns text.
    pub(super) fn text(text: impl Into<String>) -> DocumentValue {
        DocumentValue::Text(text.into())
    }
}

impl Serialize for DocumentValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            DocumentValue::Text(text) => serializer.serialize_str(text),
            DocumentValue::Integer(number) => serializer.serialize_i64(*number),
            DocumentValue::Flag(flag) => serializer.serialize_bool(*flag),
            DocumentValue::Fraction | DocumentValue::Null => serializer.serialize_unit(),
            DocumentValue::List(values) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                for value in values {
                    list.serialize_element(value)?;
                }
                list.end()
            }
            DocumentValue::Table(fields) => {
                let mut table = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    table.serialize_entry(name, value)?;
                }
                table.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for DocumentValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = DocumentValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text, a whole number, true, false, a list or a table")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<DocumentValue, E> {
                Ok(DocumentValue::text(text))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<DocumentValue, E> {
                Ok(DocumentValue::Integer(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<DocumentValue, E> {
                // Larger than any number that a document needs.
                Ok(i64::try_from(number).map_or(DocumentValue::Fraction, DocumentValue::Integer))
            }

            fn visit_f64<E: de::Error>(self, _: f64) -> Result<DocumentValue, E> {
                Ok(DocumentValue::Fraction)
            }

            fn visit_bool<E: de::Error>(self, flag: bool) -> Result<DocumentValue, E> {
                Ok(DocumentValue::Flag(flag))
            }

            fn visit_unit<E: de::Error>(self) -> Result<DocumentValue, E> {
                Ok(DocumentValue::Null)
            }

            fn visit_none<E: de::Error>(self) -> Result<DocumentValue, E> {
                Ok(DocumentValue::Null)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<DocumentValue, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = list.next_element()? {
                    values.push(value);
                }
                Ok(DocumentValue::List(values))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<DocumentValue, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = table.next_entry()? {
                    fields.push(field);
                }
                Ok(DocumentValue::Table(fields))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
