//! Coupon codes that are made in a batch, and how a channel combines promotions.

use std::collections::BTreeSet;

use crate::place::Place;

/// A shop with a promotion that always applies.
fn shop() -> Place {
    let place = Place::demo();
    place.run(&["promotion", "add", "Letter", "--percent", "50"]).with_code(0);
    place
}

fn discount(place: &Place, cart: &str) -> String {
    let quote = place.run(&["cart", "quote", cart, "--json"]).with_code(0).json();
    let amount = &quote["quote"]["totals"]["discount_total"]["amount"];
    amount.as_str().unwrap_or_else(|| panic!("{quote}")).to_owned()
}

#[test]
fn codes_are_made_written_down_and_listed_again() {
    let place = shop();
    let cart = place.cart("FEN-SKIL-26", "1");
    assert_ne!(discount(&place, &cart), "0.00");
    let make = ["promotion", "codes", "Letter", "--count", "500", "--prefix", "spring"];
    let tried = place.run(&[&make[..], &["--dry-run"]].concat()).with_code(0);
    assert!(tried.stderr.contains("would make 500 codes for Letter"), "{}", tried.stderr);
    assert_ne!(discount(&place, &cart), "0.00", "nothing was made");

    let made = place.run(&[&make[..], &["--out", "codes.txt"]].concat()).with_code(0);
    assert!(made.stdout.contains("500 codes written to codes.txt"), "{}", made.stdout);
    assert!(made.stderr.contains("each to be used 1 time"), "{}", made.stderr);
    assert_eq!(discount(&place, &cart), "0.00", "now it needs a code");
    let text = std::fs::read_to_string(place.file("codes.txt")).unwrap();
    let codes: BTreeSet<&str> = text.lines().collect();
    assert_eq!((text.lines().count(), codes.len()), (500, 500));
    assert!(codes.iter().all(|code| code.starts_with("SPRING-") && code.len() == 28), "{text}");

    let first = text.lines().next().unwrap().to_lowercase().replace('-', " ");
    place.run(&["cart", "coupon", &cart, &first]).with_code(0);
    assert_ne!(discount(&place, &cart), "0.00");
    let listed = place.run(&["promotion", "codes", "Letter", "--json"]).with_code(0).json();
    assert_eq!(listed["count"], 500);
    let again = listed["codes"].as_array().unwrap().iter();
    let again: BTreeSet<&str> = again.map(|row| row["code"].as_str().unwrap()).collect();
    assert_eq!(again, codes);
    // A file that stands there is not replaced by accident, and then no code is made.
    let refused = place.run(&[&make[..], &["--out", "codes.txt"]].concat());
    assert!(refused.stderr.contains("confirmation.missing"), "{}", refused.stderr);
    let listed = place.run(&["promotion", "codes", "Letter", "--json"]).with_code(0).json();
    assert_eq!(listed["count"], 500);
}

#[test]
fn codes_are_refused_alike_with_and_without_a_dry_run() {
    let place = shop();
    place.run(&["promotion", "add", "Typed", "--percent", "5", "--coupon", "TYPED"]).with_code(0);
    for (words, code) in [
        (["Nobody", "--count", "1", "--prefix", "A"], "not_found"),
        (["Typed", "--count", "1", "--prefix", "A"], "pricing.invalid_rule"),
        (["Letter", "--count", "1", "--prefix", "two words"], "pricing.invalid_rule"),
        (["Letter", "--count", "1000001", "--prefix", "A"], "input.invalid"),
    ] {
        for end in [&[][..], &["--dry-run"]] {
            let ended = place.run(&[&["promotion", "codes"], &words[..], end].concat());
            assert!(ended.stderr.contains(&format!("error[{code}]")), "{}", ended.stderr);
        }
    }
}
