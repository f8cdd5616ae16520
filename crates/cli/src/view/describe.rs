//! JSON Schema (draft 2020-12) of the views, made from their declarations.

use serde_json::{Map, Value, json};

use super::{ReadStoreView, SCHEMA};

/// The JSON Schema that these are written in.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Says what the JSON of a type looks like.
pub(crate) trait Describe {
    /// Returns its JSON Schema.
    fn describe() -> Value;
}

/// Returns the schema of a whole answer: `T` with the version in front.
pub(crate) fn document<T: Describe>(title: &str) -> Value {
    let mut value = T::describe();
    if let Some(object) = value.as_object_mut() {
        object.insert("$schema".to_owned(), json!(DIALECT));
        object.insert("title".to_owned(), json!(title));
        if let Some(properties) = object.get_mut("properties").and_then(Value::as_object_mut) {
            properties.insert(
                "schema".to_owned(),
                json!({"const": SCHEMA, "description": "Version of these fields."}),
            );
        }
        if let Some(required) = object.get_mut("required").and_then(Value::as_array_mut) {
            required.insert(0, json!("schema"));
        }
    }
    value
}

/// Returns the schema of the answer of a command that may read another store than the shop's own, and then says which.
pub(crate) fn read_document<T: Describe>(title: &str) -> Value {
    let mut value = document::<T>(title);
    if let Some(properties) = value.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert("read_store".to_owned(), ReadStoreView::describe());
    }
    value
}

/// Returns the schema of each line of a command that prints NDJSON as it goes: records alone, without the version of an answer.
pub(crate) fn line<T: Describe>(title: &str) -> Value {
    let mut value = T::describe();
    if let Some(object) = value.as_object_mut() {
        object.insert("$schema".to_owned(), json!(DIALECT));
        object.insert("title".to_owned(), json!(format!("{title}: each line")));
    }
    value
}

/// Returns the schema of a command that answers in one of two ways.
pub(crate) fn either<A: Describe, B: Describe>(title: &str) -> Value {
    let ways = [document::<A>(title), document::<B>(title)];
    json!({"$schema": ways[0]["$schema"], "title": title, "anyOf": ways})
}

/// Returns the schema of an object with these fields: name, comment, schema.
pub(crate) fn object(doc: &[&str], fields: Vec<(&str, &[&str], Value)>) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (name, doc, mut schema) in fields {
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), json!(sentence(doc)));
        }
        required.push(json!(name));
        properties.insert(name.to_owned(), schema);
    }
    json!({"type": "object", "description": sentence(doc), "properties": properties, "required": required})
}

/// Returns the schema of an object with the fields of another one, and more beside them.
pub(crate) fn with_more(mut object: Value, fields: Vec<(&str, &[&str], Value)>) -> Value {
    let more = self::object(&[], fields);
    for (name, schema) in more["properties"].as_object().into_iter().flatten() {
        object["properties"][name] = schema.clone();
    }
    let required = more["required"].as_array().cloned().unwrap_or_default();
    if let Some(names) = object["required"].as_array_mut() {
        names.extend(required);
    }
    object
}

fn sentence(doc: &[&str]) -> String {
    doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
}

macro_rules! describe {
    ($($kind:ty => $schema:tt;)+) => {
        $(impl Describe for $kind {
            fn describe() -> Value {
                json!($schema)
            }
        })+
    };
}

describe! {
    String => {"type": "string"};
    bool => {"type": "boolean"};
    u32 => {"type": "integer", "minimum": 0};
    u64 => {"type": "integer", "minimum": 0};
    usize => {"type": "integer", "minimum": 0};
    i32 => {"type": "integer"};
    i64 => {"type": "integer"};
    Value => {};
    sutler_core::pricing::PromotionDocument => {"type": "object"};
    sutler_core::time::Timestamp => {"type": "string", "format": "date-time"};
    sutler_core::money::Currency => {"type": "string", "pattern": "^[A-Z]{3}$"};
    sutler_core::address::CountryCode => {"type": "string", "pattern": "^[A-Z]{2}$"};
}

impl<T: Describe> Describe for Option<T> {
    fn describe() -> Value {
        json!({"anyOf": [T::describe(), {"type": "null"}]})
    }
}

impl<T: Describe> Describe for Vec<T> {
    fn describe() -> Value {
        json!({"type": "array", "items": T::describe()})
    }
}

impl Describe for std::collections::BTreeMap<String, String> {
    fn describe() -> Value {
        json!({"type": "object", "additionalProperties": {"type": "string"}})
    }
}

impl Describe for sutler_core::money::Money {
    fn describe() -> Value {
        json!({
            "type": "object",
            "properties": {
                "amount": {"type": "string", "pattern": "^-?[0-9]+(\\.[0-9]+)?$"},
                "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
            },
            "required": ["amount", "currency"],
        })
    }
}

impl Describe for sutler_core::address::Address {
    fn describe() -> Value {
        let names = ["name", "street", "postal_code", "city", "country"];
        // The region is there where it is known, and not required.
        let properties: Map<String, Value> = names
            .iter()
            .chain(&["region"])
            .map(|name| ((*name).to_owned(), json!({"type": "string"})))
            .collect();
        json!({"type": "object", "properties": properties, "required": names})
    }
}

/// Describes an enum that is serialized as one of some words.
fn words<T: serde::Serialize>(all: &[T]) -> Value {
    json!({"type": "string", "enum": all.iter().filter_map(|value| serde_json::to_value(value).ok()).collect::<Vec<_>>()})
}

macro_rules! describe_status {
    ($($kind:ty,)+) => {
        $(impl Describe for $kind {
            fn describe() -> Value {
                words(<$kind as sutler_core::status::Status>::ALL)
            }
        })+
    };
}

describe_status! {
    sutler_core::cart::CartStatus,
    sutler_core::fulfillment::FulfillmentStatus,
    sutler_core::order::OrderStatus,
    sutler_core::payment::PaymentStatus,
}

impl Describe for sutler_core::order::Stage {
    fn describe() -> Value {
        words(sutler_core::order::Stage::ALL)
    }
}

macro_rules! describe_ids {
    ($($kind:ident,)+) => {
        $(impl Describe for sutler_core::id::$kind {
            fn describe() -> Value {
                json!({"type": "string", "pattern": format!("^{}_[0-9a-f]{{32}}$", sutler_core::id::$kind::PREFIX)})
            }
        })+
    };
}

describe_ids! {
    CartId, CategoryId, ChannelId, CollectionId, CommandId, CustomerId, FulfillmentId, OrderId, PaymentId, PriceListId, ProductId, PromotionId,
    StockLocationId, VariantId,
}

impl Describe for sutler_core::order::OrderNumber {
    fn describe() -> Value {
        json!({"type": "integer", "minimum": 1})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::view::view! {
        /// A thing.
        Thing {
            /// What it
            /// is called.
            name: String,
            /// How many.
            quantity: Option<u32>,
        }
    }

    #[test]
    fn a_view_is_described_by_its_declaration() {
        let thing = Thing { name: "a".to_owned(), quantity: None };
        assert_eq!(
            serde_json::to_string(&thing).ok().as_deref(),
            Some(r#"{"name":"a","quantity":null}"#)
        );
        let schema = document::<Thing>("thing");
        assert_eq!(schema["required"], json!(["schema", "name", "quantity"]));
        assert_eq!(
            schema["properties"]["name"],
            json!({"type": "string", "description": "What it is called."})
        );
        assert_eq!(schema["properties"]["schema"]["const"], json!(1));
    }
}
