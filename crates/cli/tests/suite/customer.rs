//! Customers, collections and gifts, from the command line.

use crate::place::Place;

#[test]
fn a_customer_is_added_changed_and_found_however_the_address_is_spelled() {
    let place = Place::demo();
    let add = ["customer", "add", "Trader@Example.com", "--group", "trade", "--json"];
    let added = place.run(&add).with_code(0).json();
    assert_eq!((&added["email"], &added["group"]), (&"trader@example.com".into(), &"trade".into()));
    place.run(&["customer", "add", " trader@example.com"]).with_code(4);
    place.run(&["customer", "add", "trader"]).with_code(5);

    let set = ["customer", "set", "TRADER@example.com", "--group", "", "--tax-exempt", "embassy"];
    place.run(&set).with_code(0);
    let id = added["id"].as_str().unwrap_or_default();
    let shown = place.run(&["customer", "show", id, "--json"]).with_code(0).json();
    assert!(shown["group"].is_null());
    assert_eq!(shown["tax_exemption"], "embassy");
    let listed = place.run(&["customer", "list", "--json"]).with_code(0).json();
    assert_eq!(listed["customers"].as_array().map(Vec::len), Some(1));
    place.run(&["customer", "show", "nobody@example.com"]).with_code(3);

    let cart = place.run(&["cart", "new", "--customer", "trader@example.com", "--json"]);
    assert_eq!(cart.with_code(0).json()["customer"], id);
    place.run(&["cart", "new", "--customer", "nobody@example.com"]).with_code(3);
}

#[test]
fn a_collection_is_made_changed_and_taken_away() {
    let place = Place::demo();
    let add = ["collection", "add", "winter", "--product", "field-skillet", "--json"];
    let added = place.run(&add).with_code(0).json();
    assert_eq!(added["products"].as_array().map(Vec::len), Some(1));
    place.run(&add).with_code(4);
    place.run(&["collection", "add", "no", "--product", "field-skilet"]).with_code(3);
    place.run(&["collection", "set", "winter", "--attribute", "iron"]).with_code(5);
    let set =
        ["collection", "set", "winter", "--without", "field-skillet", "--product", "wagon-kettle"];
    place.run(&set).with_code(0);
    let shown = place.run(&["collection", "show", "winter", "--json"]).with_code(0).json();
    assert_eq!(shown["products"].as_array().map(Vec::len), Some(1));
    assert_ne!(shown["products"], added["products"]);
    place.write(
        "winter.toml",
        "name = \"Winter\"\ngives = { percent = \"10%\" }\nwhen = { collections = [\"winter\"] }\n",
    );
    place.run(&["promotion", "add", "winter.toml"]).with_code(0);
    let named = place.run(&["collection", "remove", "winter"]).with_code(4);
    assert!(named.stderr.contains("error[in_use]") && named.stderr.contains("Winter"));
    place.run(&["promotion", "disable", "Winter"]).with_code(0);
    place.run(&["collection", "remove", "winter"]).with_code(0);
    place.run(&["collection", "show", "winter"]).with_code(3);
}
