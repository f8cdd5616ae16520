//! Help that helps: every command has a sentence and examples, and nothing is printed that does not fit.

use crate::examples::commands;
use crate::place::Place;

#[test]
fn every_command_has_help_with_examples() {
    let place = Place::empty();
    for path in commands(&place) {
        let words: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let help = place.run(&words).with_code(0).stdout;
        let first = help.lines().next().unwrap_or_default();
        assert!(
            first.len() > 12 && !first.starts_with("Usage"),
            "{path:?} has no sentence: {first:?}"
        );
        let is_group = help.lines().any(|line| line == "Commands:");
        assert!(
            is_group
                || help.contains("\nExamples:\n  sutler ")
                || help.contains("\nExamples:\n  CART="),
            "{path:?}"
        );
        for line in help.lines() {
            assert!(line.chars().count() <= 100 || line.starts_with("Usage: "), "{path:?}: {line}");
        }
    }
}

#[test]
fn the_first_page() {
    insta::assert_snapshot!(Place::empty().run(&["--help"]).with_code(0).stdout);
}

#[test]
fn exit_codes_have_a_page() {
    let place = Place::empty();
    let page = place.run(&["help", "exit-codes"]).with_code(0).stdout;
    for line in ["    0  ok", "    4  conflict, or not enough stock", "  130  interrupted"] {
        assert!(page.contains(line), "{page}");
    }
    let list = place.run(&["exit-codes", "--format", "csv"]).with_code(0).stdout;
    assert!(list.starts_with("code,meaning\n0,ok\n"), "{list}");
}

#[test]
fn completions_and_man_pages_are_made_from_the_same_definition() {
    let place = Place::empty();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = place.run(&["completions", shell]).with_code(0).stdout;
        assert!(script.contains("checkout") && script.contains("completions"), "{shell}");
    }
    let page = place.run(&["man", "cart", "add"]).with_code(0).stdout;
    assert!(page.starts_with(".ie") || page.contains(".TH"), "{page}");
    assert!(page.contains("sutler"), "{page}");
    place.run(&["man", "--folder", "man"]).with_code(0);
    assert!(
        place.file("man/sutler-order-show.1").exists() || place.file("man/sutler-order.1").exists()
    );
    let unknown = place.run(&["man", "ordr"]).with_code(2);
    assert!(unknown.stderr.contains("did you mean `order`"), "{}", unknown.stderr);
}

#[test]
fn no_command_waits_for_a_terminal() {
    // Off a terminal standard input is empty, which is a file without a header.
    let place = Place::demo();
    let ended = place.run(&["import", "-"]);
    assert_eq!(ended.code, 5, "{}", ended.stderr);
}
