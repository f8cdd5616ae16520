//! JSON is a contract: every answer has the fields of its schema, and the fields do not change.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::place::Place;

/// Each schema and a command that answers by it, as it is run in a busy shop. `CART` and `OTHER` are two carts.
#[rustfmt::skip]
const RUNS: &[(&str, &str)] = &[
    ("backup", "backup copy.db"),
    ("cart add", "cart add CART FEN-SKIL-26 1"),
    ("cart coupon", "cart coupon CART WELCOME10"),
    ("cart merge", "cart merge OTHER CART"),
    ("cart new", "cart new"),
    ("cart quote", "cart quote CART --delivery standard"),
    ("cart set", "cart set CART FEN-SKIL-26 1"),
    ("cart show", "cart show CART"),
    ("category tree", "category tree"),
    ("channel add", "channel add trade --prices-without-tax"),
    ("channel list", "channel list"),
    ("channel set", "channel set web --lane-mode best-of"),
    ("checkout", "checkout CART --email a@example.com --ship-to 'A;B 1;1;C;DE' --delivery standard --pay test:ok"),
    ("checkout", "checkout CART --email a@example.com --ship-to 'A;B 1;1;C;DE' --delivery standard --pay test:ok --dry-run"),
    ("collection add", "collection add pans --product field-skillet --category Outdoor"),
    ("collection list", "collection list"),
    ("collection remove", "collection remove winter"),
    ("collection set", "collection set winter --name Winter"),
    ("collection show", "collection show winter"),
    ("config show", "config show"),
    ("copy", "copy --to sqlite:fourth.db"),
    ("customer add", "customer add bob@example.com --group trade"),
    ("customer list", "customer list"),
    ("customer set", "customer set trader@example.com --group trade"),
    ("customer show", "customer show trader@example.com"),
    ("delivery add", "delivery add parcel.toml"),
    ("delivery list", "delivery list"),
    ("delivery remove", "delivery remove standard"),
    ("delivery show", "delivery show standard"),
    ("demo", "demo folder"),
    ("doctor", "doctor"),
    ("error", "order show 4711"),
    ("error", "import broken.csv"),
    ("events consume", "events consume mailer"),
    ("events tail", "events tail"),
    ("exit-codes", "exit-codes"),
    ("explain", "explain 1001"),
    ("explain", "explain CART"),
    ("explain", "explain stock.insufficient"),
    ("explain", "explain E102"),
    ("export", "export out.csv"),
    ("fee add", "fee add cash.toml"),
    ("fee list", "fee list"),
    ("fee remove", "fee remove cash"),
    ("fulfill deliver", "fulfill deliver 1002"),
    ("fulfill pack", "fulfill pack 1001"),
    ("fulfill pick", "fulfill pick 1001"),
    ("fulfill plan", "fulfill plan 1001"),
    ("fulfill ship", "fulfill ship 1001 --carrier dhl"),
    ("fulfill ship", "fulfill ship 1001 --carrier dhl --dry-run"),
    ("gift-card correct", "gift-card correct CARD --take 1.00 --reason slip"),
    ("gift-card disable", "gift-card disable CARD"),
    ("gift-card enable", "gift-card enable CARD"),
    ("gift-card issue", "gift-card issue 50.00"),
    ("gift-card list", "gift-card list"),
    ("gift-card show", "gift-card show CARD"),
    ("import", "import products.csv"),
    ("index rebuild", "index rebuild"),
    ("index sync", "index sync"),
    ("init", "init --demo --store sqlite:other.db"),
    ("location add", "location add attic"),
    ("location list", "location list"),
    ("order cancel", "order cancel 1001"),
    ("order list", "order list"),
    ("order show", "order show 1002"),
    ("payment capture", "payment capture 1001"),
    ("payment mark-paid", "payment mark-paid 1003"),
    ("price export", "price export out.csv"),
    ("price history", "price history FEN-SKIL-26"),
    ("price import", "price import sale.csv --list Sale"),
    ("price show", "price show FEN-SKIL-26"),
    ("product list", "product list"),
    ("product show", "product show field-skillet"),
    ("promotion add", "promotion add Five --amount 5.00 --coupon FIVE"),
    ("promotion codes", "promotion codes Welcome"),
    ("promotion disable", "promotion disable Welcome"),
    ("promotion enable", "promotion enable Welcome"),
    ("promotion list", "promotion list"),
    ("promotion show", "promotion show Welcome"),
    ("promotion test", "promotion test CART --promotion Welcome"),
    ("promotion test", "promotion test CART"),
    ("recover", "recover"),
    ("refund", "refund 1002"),
    ("refund", "refund 1002 --dry-run"),
    ("restore", "restore copy.db --store sqlite:third.db"),
    ("search", "search skillet --facet brand"),
    ("shop create", "shop create kiosk --currency EUR"),
    ("shop drop", "shop drop kiosk --dry-run"),
    ("shop list", "shop list"),
    ("simulate promotion", "simulate promotion spring.toml --since 1d"),
    ("stock correct", "stock correct FEN-SKIL-26 40 --reason count"),
    ("stock history", "stock history FEN-SKIL-26"),
    ("stock limits", "stock limits FEN-SKIL-26 --safety 1"),
    ("stock receive", "stock receive FEN-SKIL-26 1"),
    ("stock show", "stock show FEN-SKIL-26"),
    ("stock transfer", "stock transfer FEN-SKIL-26 1 --from main --to van"),
    ("store-credit correct", "store-credit correct ada@example.com --add 1.00 --reason slip"),
    ("store-credit grant", "store-credit grant ada@example.com 5.00 --reason sorry"),
    ("store-credit list", "store-credit list"),
    ("store-credit show", "store-credit show ada@example.com"),
    ("tax home", "tax home AT"),
    ("tax import", "tax import --eu"),
    ("tax list", "tax list"),
    ("tax remove", "tax remove AT"),
    ("verify", "verify"),
];

/// Commands that print records as they go, one a line, without the version of an answer.
const LINES: [&str; 1] = ["events consume"];

#[test]
fn every_answer_has_the_fields_of_its_schema() {
    let listed = Place::empty().run(&["schema"]).with_code(0).stdout;
    let tried: BTreeSet<&str> = RUNS.iter().map(|(name, _)| *name).collect();
    assert_eq!(tried, listed.lines().collect());
    for (name, line) in RUNS.iter().copied() {
        let place = Place::busy();
        place.write(
            "products.csv",
            "Handle,Title,Variant SKU,Variant Price,Nonsense\nhat,Hat,HAT,12.00,x\n",
        );
        place.write(
            "parcel.toml",
            "code = \"a\"\nname = \"A\"\nrate = { kind = \"flat\", amount = \"4.90\" }\n",
        );
        place.write("broken.csv", "Handle,Title,Variant Price\nhat,\"Hat,12.00\n");
        place.write("sale.csv", "sku,price\nFEN-SKIL-26,44.00\n");
        place.write("cash.toml", "code = \"cash\"\nname = \"Cash\"\namount = \"2.00\"\n");
        place.write("spring.toml", "name = \"Spring\"\ngives = { percent = \"15%\" }\n");
        place.ready_for(line);
        let (cart, other) = (place.cart("FEN-SKIL-26", "2"), place.cart("FEN-SKIL-20", "1"));
        if name == "restore" {
            place.run(&["backup", "copy.db"]).with_code(0);
        }
        if name == "fulfill pack" {
            place.run(&["fulfill", "pick", "1001"]).with_code(0);
        }
        let card = place.gift_card("50.00");
        let grant = ["store-credit", "grant", "ada@example.com", "9.00", "--reason", "sorry"];
        place.run(&grant).with_code(0);
        let line = line.replace("CART", &cart).replace("OTHER", &other).replace("CARD", &card);
        let ended = place.shell(&format!("sutler {line} --json"), &[]);
        assert_eq!(ended.code == 0, name != "error", "{line}: {}", ended.stdout);
        let words: Vec<&str> = std::iter::once("schema").chain(name.split(' ')).collect();
        let schema = place.run(&words).with_code(0).json();
        let is_lines = LINES.contains(&name);
        let answers: Vec<Value> = match is_lines {
            true => ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
            false => vec![ended.json()],
        };
        assert!(!answers.is_empty(), "{name}");
        for answer in answers {
            check(&answer, &schema, name).unwrap_or_else(|fault| panic!("`{line}`: {fault}"));
            assert_eq!(answer["schema"] == 1, !is_lines, "{name}");
        }
    }
}

/// Checks a value against the part of JSON Schema that this program writes; unknown fields are errors too.
fn check(value: &Value, schema: &Value, path: &str) -> Result<(), String> {
    let demand = |holds: bool, fault: &dyn Fn() -> String| {
        if holds { Ok(()) } else { Err(format!("{path}: {}", fault())) }
    };
    if let Some(choices) = schema["anyOf"].as_array() {
        let faults: Vec<String> =
            choices.iter().filter_map(|choice| check(value, choice, path).err()).collect();
        return demand(faults.len() < choices.len(), &|| format!("fits nothing: {faults:#?}"));
    }
    demand(kind_fits(value, schema), &|| format!("{value} is not {schema}"))?;
    if let Some(words) = schema["enum"].as_array() {
        demand(words.contains(value), &|| format!("{value} is none of {words:?}"))?;
    }
    if let Some(constant) = schema.get("const") {
        demand(value == constant, &|| format!("{value} is not {constant}"))?;
    }
    for item in value.as_array().into_iter().flatten() {
        check(item, &schema["items"], &format!("{path}[]"))?;
    }
    let (Some(object), Some(properties)) = (value.as_object(), schema["properties"].as_object())
    else {
        return Ok(());
    };
    for required in schema["required"].as_array().into_iter().flatten() {
        let there = required.as_str().is_some_and(|name| object.contains_key(name));
        demand(there, &|| format!("{required} is missing in {value}"))?;
    }
    for (name, field) in object {
        demand(properties.contains_key(name), &|| format!("`{name}` is not in the schema"))?;
        check(field, &properties[name], &format!("{path}.{name}"))?;
    }
    Ok(())
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
    for choice in schema["anyOf"].as_array().into_iter().flatten() {
        fields(choice, depth, told);
    }
    if schema["type"] == "array" {
        return fields(&schema["items"], depth, told);
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
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
