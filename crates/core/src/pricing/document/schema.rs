//! The published JSON schema of a promotion's document, made from its shape.

use super::DocumentValue;
use super::shape::{Field, Form, PROMOTION, Shape};

/// Returns the JSON schema (draft 2020-12) of a file of promotions: one promotion, or a table with several under
/// `promotion`.
///
/// ```
/// use sutler_core::pricing::{DocumentValue, promotion_schema};
///
/// let schema = promotion_schema();
/// let promotion = schema.get("$defs").and_then(|defs| defs.get("promotion"));
/// let required = promotion.and_then(|promotion| promotion.get("required"));
/// let names = ["name", "gives"].map(|name| DocumentValue::Text(name.to_owned()));
/// assert_eq!(required, Some(&DocumentValue::List(names.to_vec())));
/// ```
pub fn promotion_schema() -> DocumentValue {
    let mut shapes: Vec<&'static Shape> = Vec::new();
    collect(&PROMOTION, &mut shapes);
    let defs = shapes.iter().map(|shape| (shape.name.to_owned(), table(shape))).collect();
    let several = object([("promotion", list(reference(&PROMOTION)))], &["promotion"]);
    DocumentValue::Table(vec![
        pair("$schema", text("https://json-schema.org/draft/2020-12/schema")),
        pair("title", text("Promotions of a Sutler shop")),
        pair("anyOf", DocumentValue::List(vec![reference(&PROMOTION), several])),
        pair("$defs", DocumentValue::Table(defs)),
    ])
}

/// Lists a shape and all that stand below it, each once.
fn collect(shape: &'static Shape, shapes: &mut Vec<&'static Shape>) {
    if shapes.iter().any(|known| known.name == shape.name) {
        return;
    }
    shapes.push(shape);
    for field in shape.fields {
        if let Form::Table(below) | Form::Tables(below) | Form::OneOrMore(below) = field.form {
            collect(below, shapes);
        }
    }
}

fn text(text: &str) -> DocumentValue {
    DocumentValue::text(text)
}

fn pair(name: &str, value: DocumentValue) -> (String, DocumentValue) {
    (name.to_owned(), value)
}

fn of_type(name: &str) -> Vec<(String, DocumentValue)> {
    vec![pair("type", text(name))]
}

fn pattern(pattern: &str) -> DocumentValue {
    let mut schema = of_type("string");
    schema.push(pair("pattern", text(pattern)));
    DocumentValue::Table(schema)
}

fn words(words: &[&str]) -> DocumentValue {
    let words = words.iter().map(|word| text(word)).collect();
    DocumentValue::Table(vec![pair("enum", DocumentValue::List(words))])
}

fn list(each: DocumentValue) -> DocumentValue {
    let mut schema = of_type("array");
    schema.push(pair("items", each));
    schema.push(pair("minItems", DocumentValue::Integer(1)));
    DocumentValue::Table(schema)
}

fn reference(shape: &Shape) -> DocumentValue {
    DocumentValue::Table(vec![pair("$ref", DocumentValue::Text(format!("#/$defs/{}", shape.name)))])
}

fn object<'n>(
    properties: impl IntoIterator<Item = (&'n str, DocumentValue)>,
    needed: &[&str],
) -> DocumentValue {
    let mut schema = of_type("object");
    let properties = properties.into_iter().map(|(name, value)| pair(name, value)).collect();
    schema.push(pair("properties", DocumentValue::Table(properties)));
    if !needed.is_empty() {
        let needed = needed.iter().map(|name| text(name)).collect();
        schema.push(pair("required", DocumentValue::List(needed)));
    }
    schema.push(pair("additionalProperties", DocumentValue::Flag(false)));
    DocumentValue::Table(schema)
}

fn table(shape: &Shape) -> DocumentValue {
    let needed: Vec<&str> =
        shape.fields.iter().filter(|field| field.needed).map(|field| field.name).collect();
    let schema = object(shape.fields.iter().map(|field| (field.name, described(field))), &needed);
    let DocumentValue::Table(mut schema) = schema else { return schema };
    schema.insert(0, pair("description", text(shape.about)));
    if !shape.one_of.is_empty() {
        let required = |name: &&str| {
            DocumentValue::Table(vec![pair("required", DocumentValue::List(vec![text(name)]))])
        };
        schema
            .push(pair("oneOf", DocumentValue::List(shape.one_of.iter().map(required).collect())));
    }
    DocumentValue::Table(schema)
}

fn described(field: &Field) -> DocumentValue {
    let DocumentValue::Table(mut schema) = form(field.form) else { return text(field.about) };
    schema.push(pair("description", text(field.about)));
    DocumentValue::Table(schema)
}

fn form(form: Form) -> DocumentValue {
    const NUMBER: &str = "^-?[0-9]+(\\.[0-9]+)?$";
    let whole = |least: Option<i64>| {
        let mut schema = of_type("integer");
        schema.extend(least.map(|least| pair("minimum", DocumentValue::Integer(least))));
        DocumentValue::Table(schema)
    };
    match form {
        Form::Text => DocumentValue::Table(of_type("string")),
        Form::Texts => list(DocumentValue::Table(of_type("string"))),
        Form::OneOf(choices) => words(choices),
        Form::SomeOf(choices) => list(words(choices)),
        Form::Money => pattern("^[0-9]+(\\.[0-9]+)?$"),
        Form::Rate => pattern("^[0-9]+(\\.[0-9]+)? *%$"),
        Form::Decimal => pattern(NUMBER),
        Form::Decimals => list(pattern(NUMBER)),
        Form::Count => whole(Some(1)),
        Form::Integer => whole(None),
        Form::Flag => DocumentValue::Table(of_type("boolean")),
        Form::Values => {
            let kinds = ["string", "integer", "boolean"].map(text).to_vec();
            list(DocumentValue::Table(vec![pair("type", DocumentValue::List(kinds))]))
        }
        Form::Table(shape) => reference(shape),
        Form::Tables(shape) => list(reference(shape)),
        Form::OneOrMore(shape) => {
            let either = vec![reference(shape), list(reference(shape))];
            DocumentValue::Table(vec![pair("anyOf", DocumentValue::List(either))])
        }
    }
}
