//! Tax rates, delivery methods and fees from files, and what they do to a cart.

use crate::place::Place;

const ADDRESS: &str = "Ada Lovelace;Kai 1;1010;Wien;AT";

#[test]
fn a_wrong_row_refuses_the_whole_file_with_its_place() {
    let place = Place::demo();
    let before = place.run(&["tax", "list", "--format", "csv"]).with_code(0).stdout;
    place.write(
        "rates.csv",
        "country,category,name,percent\nFR,standard,TVA,20\nDE,standard,VAT,19 %\n",
    );
    let refused = place.run(&["tax", "import", "rates.csv", "--json"]).with_code(5).json();
    let error = &refused["error"];
    assert_eq!((&error["code"], &error["line"]), (&"E172".into(), &3.into()), "{refused}");
    assert_eq!(place.run(&["tax", "list", "--format", "csv"]).with_code(0).stdout, before);

    place.write(
        "twice.csv",
        "country,category,name,percent\nFR,standard,TVA,20\nFR,standard,TVA,21\n",
    );
    let refused = place.run(&["tax", "import", "twice.csv", "--json"]).with_code(5).json();
    assert_eq!(refused["error"]["code"], "E173", "{refused}");
    place.run(&["explain", "E173"]).with_code(0);
}

#[test]
fn what_is_listed_can_be_imported_and_changes_nothing() {
    let place = Place::demo();
    let done = place.run(&["tax", "import", "--eu", "--json"]).with_code(0).json();
    assert_eq!(done["zones_created"].as_array().map(Vec::len), Some(27));
    assert_eq!(done["as_of"], "2026-09-29");
    let listed = place.run(&["tax", "list", "--format", "csv"]).with_code(0).stdout;
    place.write("rates.csv", &listed);
    let again = place.run(&["tax", "import", "rates.csv", "--json"]).with_code(0).json();
    for nothing in ["zones_created", "created", "changed"] {
        assert_eq!(again[nothing].as_array().map(Vec::len), Some(0), "{nothing}");
    }
    assert_eq!(again["unchanged"], listed.lines().count() - 1);
}

#[test]
fn a_dry_run_writes_nothing() {
    let place = Place::demo();
    let before = place.run(&["tax", "list", "--json"]).with_code(0).stdout;
    let plan = place.run(&["tax", "import", "--eu", "--dry-run", "--json"]).with_code(0).json();
    assert_eq!(plan["dry_run"], true);
    assert!(plan["created"].as_array().is_some_and(|rates| rates.len() > 60));
    assert_eq!(place.run(&["tax", "list", "--json"]).with_code(0).stdout, before);
    place.write("fee.toml", "code = \"cash\"\nname = \"Cash\"\namount = \"2.00\"\n");
    place.run(&["fee", "add", "fee.toml", "--dry-run"]).with_code(0);
    let fees = place.run(&["fee", "list", "--json"]).with_code(0).json();
    assert_eq!(fees["fees"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_business_of_another_member_state_pays_no_tax_and_the_order_says_why() {
    let place = Place::demo();
    place.run(&["tax", "import", "--eu"]).with_code(0);
    let cart = place.cart("FEN-SKIL-26", "1");
    let quote = |more: &[&str]| {
        let words =
            ["cart", "quote", &cart, "--delivery", "standard", "--ship-to", ADDRESS, "--json"];
        place.run(&[&words, more].concat()).with_code(0).json()
    };
    let private = quote(&[]);
    assert_eq!(private["quote"]["tax_zone"], "AT", "{private}");
    let business = quote(&["--vat-id", "ATU13585627"]);
    let business = &business["quote"];
    assert_eq!(business["totals"]["tax_total"]["amount"], "0.00", "{business}");
    assert!(business["tax_relief"].as_str().is_some_and(|why| why.contains("ATU13585627")));
    place.run(&["cart", "quote", &cart, "--vat-id", "ATU13585626"]).with_code(2);

    let words = [
        "checkout",
        &cart,
        "--email",
        "ada@example.com",
        "--delivery",
        "standard",
        "--pay",
        "test:ok",
        "--ship-to",
        ADDRESS,
        "--vat-id",
        "ATU13585627",
        "--json",
    ];
    let placed = place.run(&words).with_code(0).json();
    assert_eq!(placed["order"]["payments"][0]["amount"], business["totals"]["total"], "{placed}");
    let told = place.run(&["explain", "1001"]).with_code(0).stdout;
    assert!(told.contains("reverse charge") && told.contains("taken out of the price"), "{told}");
    place.run(&["verify"]).with_code(0);
}

#[test]
fn files_of_delivery_methods_and_fees_say_what_is_wrong() {
    let place = Place::demo();
    let good = "code = \"post\"\nname = \"Post\"\nrate = { kind = \"flat\", amount = \"4.90\" }\n";
    for (text, code) in [
        (good.replace("name", "title"), "E174"),
        (good.replace("4.90", "4.999"), "E174"),
        (good.replace("flat", "guess"), "E174"),
        (format!("{good}limits = {{ only_categories = [\"Nowhere / At all\"] }}\n"), "not_found"),
        (good.replace("\"post\"", "\"two words\""), "pricing.invalid_rule"),
    ] {
        place.write("method.toml", &text);
        let ended = place.run(&["delivery", "add", "method.toml", "--json"]);
        assert_ne!(ended.code, 0, "{text}");
        assert_eq!(ended.json()["error"]["code"], code, "{text}");
    }
    place.write("method.toml", good);
    place.run(&["delivery", "add", "method.toml"]).with_code(0);
    // The same code again replaces it.
    place.write("method.toml", good.replace("4.90", "5.90"));
    place.run(&["delivery", "add", "method.toml"]).with_code(0);
    let shown = place.run(&["delivery", "show", "post", "--json"]).with_code(0).json();
    assert_eq!(shown["rates"][0], "5.90 EUR");
    place.run(&["delivery", "show", "pots"]).with_code(3);
}

#[test]
fn a_fee_for_a_way_to_pay_is_charged_and_stands_on_the_order() {
    let place = Place::demo();
    let fee = "code = \"cash\"\nname = \"Cash on delivery\"\namount = \"2.00\"\npayments = [\"manual:cash\"]\n";
    place.write("cash.toml", fee);
    place.run(&["fee", "add", "cash.toml"]).with_code(0);
    let cart = place.cart("FEN-SKIL-26", "1");
    let fees = |pay: &str| {
        let quote =
            place.run(&["cart", "quote", &cart, "--pay", pay, "--json"]).with_code(0).json();
        quote["quote"]["totals"]["fee_total"]["amount"].clone()
    };
    assert_eq!((fees("test:ok"), fees("manual:cash")), ("0.00".into(), "2.00".into()));
    place.order("FEN-SKIL-26", "1", "manual:cash");
    let told = place.run(&["explain", "1001"]).with_code(0).stdout;
    assert!(told.contains("Cash on delivery"), "{told}");
    place.run(&["verify"]).with_code(0);
}

#[test]
fn rates_deliveries_and_fees_can_be_ended_and_taken_away() {
    let place = Place::demo();
    place.write("cash.toml", "code = \"cash\"\nname = \"Cash\"\namount = \"2.00\"\n");
    place.run(&["fee", "add", "cash.toml"]).with_code(0);
    place.run(&["tax", "import", "--eu"]).with_code(0);
    let rates = |zone: &str| {
        let listed = place.run(&["tax", "list", "--json"]).with_code(0).json();
        let rates = listed["rates"].as_array().cloned().unwrap_or_default();
        rates.into_iter().filter(|rate| rate["zone"] == zone).collect::<Vec<_>>()
    };
    let all = rates("AT").len();
    let remove = ["tax", "remove", "AT", "--category", "standard"];
    place.run(&[&remove[..], &["--dry-run"]].concat()).with_code(0);
    assert_eq!(rates("AT").len(), all);
    place.run(&[&remove[..], &["--at", "2027-01-01T00:00:00Z"]].concat()).with_code(0);
    let ended: Vec<_> = rates("AT").into_iter().filter(|rate| !rate["until"].is_null()).collect();
    assert_eq!((ended.len(), rates("AT").len()), (1, all));
    assert_eq!(ended[0]["category"], "standard");
    place.run(&remove).with_code(0);
    assert_eq!(rates("AT").len(), all - 1);
    place.run(&remove).with_code(3);
    place.run(&["tax", "remove", "AT"]).with_code(0);
    assert!(rates("AT").is_empty());
    place.run(&["tax", "remove", "AT"]).with_code(3);

    for (noun, code) in [("delivery", "standard"), ("fee", "cash")] {
        place.run(&[noun, "remove", code, "--dry-run"]).with_code(0);
        place.run(&[noun, "remove", code]).with_code(0);
        place.run(&[noun, "remove", code]).with_code(3);
    }
}

#[test]
fn the_home_of_the_shop_decides_about_the_reverse_charge() {
    let place = Place::demo();
    let cart = place.cart("FEN-SKIL-26", "1");
    let quote = |vat_id: &str| {
        let words = ["cart", "quote", &cart, "--ship-to", ADDRESS, "--vat-id", vat_id, "--json"];
        place.run(&words).with_code(0).json()["quote"].clone()
    };
    assert!(!quote("ATU13585627")["tax_relief"].is_null());
    place.run(&["tax", "home", "AT"]).with_code(0);
    assert_eq!(place.run(&["tax", "home", "--json"]).with_code(0).json()["country"], "AT");
    let refused = quote("ATU13585627");
    assert!(refused["tax_relief"].is_null() && !refused["vat_id_refused"].is_null(), "{refused}");
    place.run(&["tax", "home", "--unset"]).with_code(0);
    assert!(place.run(&["tax", "home", "--json"]).with_code(0).json()["country"].is_null());
}
