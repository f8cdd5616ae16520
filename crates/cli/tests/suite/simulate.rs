//! What if, and quotes that a buyer saw.

use crate::place::Place;

const SPRING: &str = "name = \"Spring\"\ngives = { percent = \"15%\" }\n";

#[test]
fn what_a_promotion_would_have_done_is_shown_before_and_after() {
    let place = Place::busy();
    place.write("spring.toml", SPRING);
    let before = place.run(&["events", "tail", "--json"]).with_code(0).stdout;
    let words = ["simulate", "promotion", "spring.toml", "--since", "2020-01-01"];
    insta::assert_snapshot!(place.run(&[&words[..], &["--quiet"]].concat()).shown());
    let told = place.run(&[&words[..], &["--json"]].concat()).with_code(0).json();
    let sales = &told["sales"][0];
    assert_eq!((&told["orders"], &sales["changed"]), (&4.into(), &4.into()), "{told}");
    assert_eq!(sales["promotions"][0]["after"]["uses"], 4);
    assert_eq!(place.run(&["events", "tail", "--json"]).with_code(0).stdout, before);

    // An order that is called off is in no sum.
    place.run(&["order", "cancel", "1001"]).with_code(0);
    let told = place.run(&[&words[..], &["--json"]].concat()).with_code(0).json();
    assert_eq!((&told["orders"], &told["canceled"]), (&3.into(), &1.into()), "{told}");
    // Nor is one from before the period.
    let later = ["simulate", "promotion", "spring.toml", "--since", "2999-01-01", "--json"];
    let told = place.run(&later).with_code(0).json();
    assert_eq!((&told["orders"], told["sales"].as_array().map(Vec::len)), (&0.into(), Some(0)));
}

#[test]
fn a_file_that_says_something_wrong_is_refused() {
    let place = Place::busy();
    place.write("bad.toml", SPRING.replace("percent", "percnt"));
    let refused = place.run(&["simulate", "promotion", "bad.toml", "--since", "90d", "--json"]);
    let error = refused.with_code(5).json();
    assert!(
        error["error"]["help"].as_str().is_some_and(|help| help.contains("percent")),
        "{error}"
    );
    place.run(&["simulate", "promotion", "none.toml", "--since", "90d"]).with_code(3);
    place.run(&["simulate", "promotion", "bad.toml", "--since", "soon"]).with_code(2);
    place.run(&["simulate", "promotion", "bad.toml"]).with_code(2);
}

#[test]
fn a_quote_that_moved_since_is_refused_with_both_totals_and_what_moved() {
    let place = Place::demo();
    place.write("hat.csv", "Handle,Title,Variant SKU,Variant Price\nhat,Hat,HAT,80.00\n");
    place.run(&["import", "hat.csv", "--quiet"]).with_code(0);
    place.run(&["stock", "receive", "HAT", "5"]).with_code(0);
    let cart = place.cart("HAT", "1");
    let quote = ["cart", "quote", &cart, "--delivery", "standard", "--json"];
    let hash = || {
        let quote = place.run(&quote).with_code(0).json();
        quote["quote"]["hash"].as_str().unwrap().to_owned()
    };
    let seen = hash();
    place.write("hat.csv", "Handle,Title,Variant SKU,Variant Price\nhat,Hat,HAT,90.00\n");
    place.run(&["import", "hat.csv", "--quiet"]).with_code(0);
    let refused = place.checkout(&cart, "test:ok", &["--expect-quote", &seen, "--json"]);
    let error = refused.with_code(4).json();
    assert_eq!(error["error"]["code"], "quote.changed");
    let now = hash();
    let message = error["error"]["message"].as_str().unwrap();
    assert_eq!(
        message,
        format!(
            "the total is 94.90 EUR, not 84.90 EUR, and the goods or their prices and the tax changed: \
             show the new total, then repeat with --expect-quote {now}"
        )
    );
    // Something that has nothing to do with the cart moves nothing.
    place.run(&["promotion", "add", "Other", "--percent", "10", "--coupon", "OTHER"]).with_code(0);
    place.checkout(&cart, "test:ok", &["--expect-quote", &now]).with_code(0);
    place.checkout(&cart, "test:ok", &["--expect-quote", "abc"]).with_code(2);
}
