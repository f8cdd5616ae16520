//! Promotions from files: added once, tried without being stored, told apart by name, and never half.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::place::Place;

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

const SPRING: &str = r#"name = "Spring"
zone = "Europe/Berlin"
from = 2020-03-01
gives = { percent = "10%" }
when = { categories = ["Home & Garden > Kitchen > Cookware"], min_subtotal = "50.00" }
"#;

/// Adds a file and returns how many were created, changed and unchanged.
#[track_caller]
fn add(place: &Place, file: &str) -> (u64, u64, u64) {
    let added = place.run(&["promotion", "add", file, "--json"]).with_code(0).json();
    let count = |name: &str| added[name].as_u64().unwrap();
    (count("created"), count("changed"), count("unchanged"))
}

fn names(place: &Place) -> Vec<String> {
    let list = place.run(&["promotion", "list", "--json"]).with_code(0).json();
    let rows = list["promotions"].as_array().unwrap().iter();
    rows.map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_example_files_are_added_once_each() {
    let place = Place::demo();
    let mut files: Vec<_> = std::fs::read_dir(project().join("examples/promotions"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let file = file.display().to_string();
        let (created, ..) = add(&place, &file);
        assert!(created > 0, "{file}");
        assert_eq!(add(&place, &file), (0, 0, created), "{file}");
    }
}

#[test]
fn every_block_of_the_guide_is_a_file() {
    let guide = std::fs::read_to_string(project().join("docs/guides/promotions.md")).unwrap();
    let place = Place::demo();
    let mut blocks = 0;
    for block in guide.split("```toml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        place.write("block.toml", text);
        let (created, changed, unchanged) = add(&place, "block.toml");
        assert!(created > 0 && changed + unchanged == 0, "{text}");
        blocks += 1;
    }
    assert!(blocks >= 3, "only {blocks} blocks were found");
    place.run(&["verify"]).with_code(0);
}

#[test]
fn a_file_that_changed_changes_what_is_stored_and_leaves_the_switch() {
    let place = Place::demo();
    place.write("spring.toml", SPRING);
    assert_eq!(add(&place, "spring.toml"), (1, 0, 0));
    let id = |place: &Place| {
        place.run(&["promotion", "show", "spring", "--json"]).with_code(0).json()["id"].clone()
    };
    let before = id(&place);
    place.run(&["promotion", "disable", "Spring"]).with_code(0);
    place.run(&["promotion", "disable", "Spring"]).with_code(0);
    assert_eq!(
        add(&place, "spring.toml"),
        (0, 0, 1),
        "a file without `active` switches nothing on"
    );
    place.write("spring.toml", SPRING.replace("10%", "12%"));
    insta::assert_snapshot!(place.run(&["promotion", "add", "spring.toml", "--dry-run"]).shown());
    assert_eq!(add(&place, "spring.toml"), (0, 1, 0));
    assert_eq!((id(&place), names(&place)), (before, vec!["Spring".to_owned()]));
    insta::assert_snapshot!("shown", place.run(&["promotion", "show", "Spring"]).shown());
    let enabled = place.run(&["promotion", "enable", "Spring", "--json"]).with_code(0).json();
    assert_eq!(enabled["active"], true);
}

#[test]
fn what_show_prints_is_a_file_that_says_the_same() {
    let place = Place::demo();
    place.write("spring.toml", SPRING);
    add(&place, "spring.toml");
    let shown = place.run(&["promotion", "show", "Spring", "--json"]).with_code(0).json();
    place.write("again.json", shown["document"].to_string());
    assert_eq!(add(&place, "again.json"), (0, 0, 1));
    let text = place.run(&["promotion", "show", "Spring"]).with_code(0).stdout;
    let toml = text.split("As a file\n").nth(1).unwrap();
    place.write("again.toml", toml);
    assert_eq!(add(&place, "again.toml"), (0, 0, 1));
}

#[test]
fn everything_wrong_is_told_with_its_place_and_nothing_is_stored() {
    let place = Place::demo();
    place.write(
        "wrong.toml",
        "[[promotion]]\nname = \"Good\"\ngives = { percent = \"10%\" }\n\n[[promotion]]\nname = \"Bad\"\n\
         gives = { percent = \"10\" }\nexclusive = \"yes\"\nactive = \"yes\"\n\n[[promotion]]\nname = \"Worse\"\n\
         gives = { free_delivery = true }\n[promotion.when]\ncategories = [\"Kitchn\"]\nproducts = [\"field-skilet\"]\n\
         variants = [\"FEN-SKIL-27\"]\nchannels = [\"wep\"]\ndelivery_methods = [\"standart\"]\n",
    );
    insta::assert_snapshot!(place.run(&["promotion", "add", "wrong.toml"]).shown());
    place.write("broken.json", "{ \"name\": \"Spring\",\n  \"gives\" { \"percent\": \"10%\" } }");
    insta::assert_snapshot!("broken", place.run(&["promotion", "add", "broken.json"]).shown());
    let twice = SPRING.to_owned().replace("name", "[[promotion]]\nname");
    place.write("twice.toml", format!("{twice}{twice}"));
    let refused = place.run(&["promotion", "add", "twice.toml", "--json"]).with_code(5);
    let error: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_eq!((&error["error"]["line"], &error["error"]["column"]), (&8.into(), &1.into()));
    assert!(names(&place).is_empty());
}

#[test]
fn a_trial_says_what_a_cart_would_get_and_why_not() {
    let place = Place::demo();
    let cart = place.cart("FEN-SKIL-26", "2");
    place.write("spring.toml", SPRING);
    insta::assert_snapshot!(place.run(&["promotion", "test", &cart, "spring.toml"]).shown());
    place.write(
        "many.json",
        r#"{"name":"Many","gives":{"off_order":"5"},"when":{"min_quantity":3}}"#,
    );
    insta::assert_snapshot!(
        "refused",
        place.run(&["promotion", "test", &cart, "many.json"]).shown()
    );
    let early =
        ["promotion", "test", &cart, "spring.toml", "--at", "2019-01-01T00:00:00Z", "--json"];
    let early = place.run(&early).with_code(0).json();
    assert_eq!(early["promotions"][0]["code"], "promotion.not_yet");
    assert_eq!(early["total_before"], early["total_after"]);
    assert!(names(&place).is_empty(), "a trial stores nothing");

    let coupon = ["promotion", "add", "Ten", "--percent", "10", "--coupon", "TEN"];
    place.run(&coupon).with_code(0);
    place.run(&["promotion", "disable", "Ten"]).with_code(0);
    let with = |more: &[&str]| {
        let words = ["promotion", "test", &cart, "--promotion", "ten", "--json"];
        place.run(&[&words[..], more].concat()).with_code(0).json()["promotions"][0].clone()
    };
    assert_eq!(with(&[])["code"], "promotion.coupon_missing");
    assert_eq!(with(&["--coupon", "ten"])["amount"]["amount"], "9.20");
    let shown = place.run(&["promotion", "show", "Ten", "--json"]).with_code(0).json();
    assert_eq!(shown["active"], false, "a trial switches nothing on");
}

#[test]
fn flags_still_say_a_simple_promotion_and_a_word_alone_says_nothing() {
    let place = Place::demo();
    let words = ["promotion", "add", "Five off", "--amount", "5.00", "--coupon", "FIVE"];
    place.run(&words).with_code(0);
    let again = place.run(&words).with_code(0);
    assert!(
        again.stderr.contains("0 promotions created, 0 changed, 1 unchanged"),
        "{}",
        again.stderr
    );
    place.run(&["promotion", "add", "Five off"]).with_code(2);
    place.run(&["promotion", "add", "five.toml"]).with_code(3);
    place.run(&["promotion", "add", "x.toml", "--coupon", "FIVE"]).with_code(2);
    place.run(&["promotion", "show", "Six off"]).with_code(3);
    let near = place.run(&["promotion", "show", "Fiv off"]).with_code(3);
    assert!(near.stderr.contains("Five off"), "{}", near.stderr);
    let piped = place.shell(
        "printf 'name = \"Piped\"\\ngives = { free_delivery = true }\\n' | sutler promotion add - --json",
        &[],
    );
    assert_eq!(piped.with_code(0).json()["created"], 1);
    assert_eq!(names(&place).len(), 2);
}
