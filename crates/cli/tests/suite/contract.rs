//! JSON is a contract: every answer has the fields of its schema, and the fields do not change.

use serde_json::Value;

use crate::place::Place;

/// Each command that answers with JSON, as it is run in a busy shop. `CART` and `OTHER` are two carts.
const RUNS: &[&str] = &[
    "backup copy.db",
    "cart add CART FEN-SKIL-26 1",
    "cart coupon CART WELCOME10",
    "cart merge OTHER CART",
    "cart new",
    "cart quote CART --delivery standard",
    "cart set CART FEN-SKIL-26 1",
    "cart show CART",
    "category tree",
    "checkout CART --email a@example.com --ship-to 'A;B 1;1;C;DE' --delivery standard --pay test:ok",
    "config show",
    "delivery add parcel.toml",
    "delivery list",
    "delivery show standard",
    "demo folder",
    "doctor",
    "events tail",
    "exit-codes",
    "explain 1001",
    "export out.csv",
    "fee add cash.toml",
    "fee list",
    "fulfill deliver 1002",
    "fulfill pack 1001",
    "fulfill pick 1001",
    "fulfill plan 1001",
    "fulfill ship 1001 --carrier dhl",
    "import products.csv",
    "index rebuild",
    "index sync",
    "init --demo --store sqlite:other.db",
    "location add attic",
    "location list",
    "order cancel 1001",
    "order list",
    "order show 1002",
    "payment capture 1001",
    "payment mark-paid 1003",
    "price history FEN-SKIL-26",
    "price show FEN-SKIL-26",
    "product list",
    "product show field-skillet",
    "promotion add Five --amount 5.00 --coupon FIVE",
    "promotion list",
    "recover",
    "refund 1002",
    "restore copy.db --store sqlite:third.db",
    "search skillet --facet brand",
    "stock correct FEN-SKIL-26 40 --reason count",
    "stock history FEN-SKIL-26",
    "stock limits FEN-SKIL-26 --safety 1",
    "stock receive FEN-SKIL-26 1",
    "stock show FEN-SKIL-26",
    "stock transfer FEN-SKIL-26 1 --from main --to van",
    "tax import --eu",
    "tax list",
    "verify",
];

#[test]
fn every_answer_has_the_fields_of_its_schema() {
    let listed = Place::empty().run(&["schema"]).with_code(0).stdout;
    for (name, line) in listed.lines().zip(RUNS) {
        assert!(line.starts_with(name), "`{line}` stands where `{name}` should be tried");
    }
    assert_eq!(listed.lines().count(), RUNS.len());
    for (name, line) in listed.lines().zip(RUNS) {
        let place = Place::busy();
        place.write(
            "products.csv",
            "Handle,Title,Variant SKU,Variant Price,Nonsense\nhat,Hat,HAT,12.00,x\n",
        );
        place.write(
            "parcel.toml",
            "code = \"a\"\nname = \"A\"\nrate = { kind = \"flat\", amount = \"4.90\" }\n",
        );
        place.write("cash.toml", "code = \"cash\"\nname = \"Cash\"\namount = \"2.00\"\n");
        let (cart, other) = (place.cart("FEN-SKIL-26", "2"), place.cart("FEN-SKIL-20", "1"));
        if name == "restore" {
            place.run(&["backup", "copy.db"]).with_code(0);
        }
        if name == "fulfill pack" {
            place.run(&["fulfill", "pick", "1001"]).with_code(0);
        }
        let line = line.replace("CART", &cart).replace("OTHER", &other);
        let answer = place.shell(&format!("sutler {line} --json"), &[]).with_code(0).json();
        let words: Vec<&str> = std::iter::once("schema").chain(name.split(' ')).collect();
        let schema = place.run(&words).with_code(0).json();
        check(&answer, &schema, name);
        assert_eq!(answer["schema"], 1, "{name}");
    }
}

/// Checks a value against the part of JSON Schema that this program writes; unknown fields are errors too.
fn check(value: &Value, schema: &Value, path: &str) {
    if let Some(choices) = schema["anyOf"].as_array() {
        let fits = choices.iter().filter(|choice| kind_fits(value, choice)).collect::<Vec<_>>();
        assert!(!fits.is_empty(), "{path}: {value} fits none of {choices:?}");
        fits.into_iter().for_each(|choice| check(value, choice, path));
        return;
    }
    assert!(kind_fits(value, schema), "{path}: {value} is not {schema}");
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{path}: {value} is none of {words:?}");
    }
    if let Some(constant) = schema.get("const") {
        assert_eq!(value, constant, "{path}");
    }
    for item in value.as_array().into_iter().flatten() {
        check(item, &schema["items"], &format!("{path}[]"));
    }
    let (Some(object), Some(properties)) = (value.as_object(), schema["properties"].as_object())
    else {
        return;
    };
    for required in schema["required"].as_array().into_iter().flatten() {
        let name = required.as_str().unwrap();
        assert!(object.contains_key(name), "{path}: `{name}` is missing in {value}");
    }
    for (name, field) in object {
        let known = properties.get(name);
        let known = known.unwrap_or_else(|| panic!("{path}: `{name}` is not in the schema"));
        check(field, known, &format!("{path}.{name}"));
    }
}

fn kind_fits(value: &Value, schema: &Value) -> bool {
    match schema["type"].as_str() {
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some("null") => value.is_null(),
        _ => true,
    }
}

#[test]
fn fields_are_never_renamed_by_accident() {
    let place = Place::empty();
    let mut told = String::new();
    for name in place.run(&["schema"]).with_code(0).stdout.lines() {
        let words: Vec<&str> = std::iter::once("schema").chain(name.split(' ')).collect();
        let schema = place.run(&words).with_code(0).json();
        told.push_str(&format!("{name}\n"));
        fields(&schema, 1, &mut told);
    }
    insta::assert_snapshot!(told);
}

fn fields(schema: &Value, depth: usize, told: &mut String) {
    let inner = match schema["anyOf"].as_array() {
        Some(choices) => choices.first().unwrap_or(schema),
        None => schema,
    };
    if inner["type"] == "array" {
        return fields(&inner["items"], depth, told);
    }
    for (name, field) in inner["properties"].as_object().into_iter().flatten() {
        told.push_str(&format!("{:indent$}{name}\n", "", indent = 2 * depth));
        fields(field, depth + 1, told);
    }
}

#[test]
fn amounts_and_moments_have_one_form() {
    let place = Place::busy();
    let order = place.run(&["order", "show", "1001", "--json"]).with_code(0).json();
    let total = &order["quote"]["totals"]["total"];
    assert_eq!(total["currency"], "EUR");
    let amount = total["amount"].as_str().unwrap();
    assert!(amount.split_once('.').is_some_and(|(_, cents)| cents.len() == 2), "{amount}");
    let at = order["placed_at"].as_str().unwrap();
    assert!(at.len() == 24 && at.ends_with('Z'), "{at}");
}
