//! Gift cards and store credit as people see them.

use crate::place::{ADDRESS, Place};

/// Replaces the code, which is another one on every run.
fn hidden(text: &str, code: &str) -> String {
    text.replace(code, "[code]")
}

#[test]
fn a_card_is_issued_redeemed_and_refunded_to() {
    let place = Place::demo();
    let issued = place.run(&["gift-card", "issue", "15.00", "--reason", "raffle"]).with_code(0);
    let code = issued.stdout.lines().find_map(|line| line.trim().strip_prefix("code")).unwrap();
    let code = code.trim().to_owned();
    assert_eq!(code.len(), 21, "{code}");
    let mut told = format!("$ sutler gift-card issue\n{}\n", issued.shown());
    let cart = place.cart("FEN-SKIL-26", "1");
    let placed = place.checkout(&cart, "test:ok", &["--gift-card", &code]).with_code(0);
    told.push_str(&format!("$ sutler checkout\n{}\n", placed.shown()));
    place.run(&["fulfill", "ship", "1001", "--carrier", "dhl"]).with_code(0);
    for words in [
        &["refund", "1001", "--amount", "40.00", "--yes"][..],
        &["refund", "1001", "--amount", "2.00", "--to", "store-credit", "--yes"],
        &["gift-card", "show", &code],
        &["gift-card", "list"],
        &["store-credit", "show", "ADA@example.com"],
    ] {
        let ended = place.run(words).with_code(0);
        told.push_str(&format!("$ sutler {}\n{}\n", words.join(" "), ended.shown()));
    }
    insta::assert_snapshot!(hidden(&told, &code));
    place.run(&["verify"]).with_code(0);
}

#[test]
fn a_code_is_shown_once_and_kept_nowhere() {
    let place = Place::demo();
    let words = ["gift-card", "issue", "15.00", "--key", "raffle", "--json"];
    let first = place.run(&words).with_code(0).json();
    let code = first["code"].as_str().unwrap();
    let again = place.run(&words).with_code(0).json();
    assert_eq!((&again["id"], &again["replayed"]), (&first["id"], &true.into()));
    assert!(again["code"].is_null());
    for words in [&["gift-card", "show", code, "--json"][..], &["gift-card", "list", "--json"]] {
        let shown = place.run(words).with_code(0).stdout;
        assert!(!shown.contains(code), "{shown}");
    }
    let cart = place.cart("FEN-SKIL-26", "1");
    place.checkout(&cart, "test:ok", &["--gift-card", code]).with_code(0);
    for entry in std::fs::read_dir(place.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = std::fs::read(&path).unwrap();
            let found = bytes.windows(code.len()).any(|window| window == code.as_bytes());
            assert!(!found, "{} holds the code", path.display());
        }
    }
    let other = ["gift-card", "issue", "16.00", "--key", "raffle"];
    assert!(place.run(&other).with_code(4).stderr.contains("key.reused"));
}

#[test]
fn a_checkout_needs_no_provider_when_credit_covers_it_and_says_what_is_missing() {
    let place = Place::demo();
    let code = place.gift_card("20.00");
    let cart = place.cart("FEN-SKIL-26", "1");
    let base = ["checkout", &cart, "--email", "ada@example.com", "--ship-to", ADDRESS];
    let with = |more: &[&str]| -> Vec<String> {
        let base = base.iter().chain(&["--delivery", "standard"]);
        base.chain(more).map(|word| (*word).to_owned()).collect()
    };
    let run = |more: &[&str]| {
        let words = with(more);
        place.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let short = run(&["--gift-card", &code]).with_code(5);
    assert!(short.stderr.contains("error[payment.missing]: 30.90 EUR is left"), "{}", short.stderr);
    let seen = ["--gift-card", &code, "--pay", "test:ok", "--expect-due", "1.00"];
    assert!(run(&seen).with_code(4).stderr.contains("payment.changed"));
    // One letter only: of several slips in one code, some are not found.
    let slip = format!("{}{}", if code.starts_with('A') { "B" } else { "A" }, &code[1..]);
    assert_eq!(run(&["--gift-card", &slip]).with_code(2).stdout, "");
    run(&["--gift-card", &code, "--store-credit"]).with_code(3);
    place
        .run(&["store-credit", "grant", "ada@example.com", "30.90", "--reason", "sorry"])
        .with_code(0);
    let all = ["--gift-card", &code, "--store-credit"];
    let tried = run(&[&all[..], &["--dry-run"]].concat()).with_code(0);
    assert!(tried.stderr.contains("nothing was done"), "{}", tried.stderr);
    assert!(tried.stdout.contains("credit would pay  50.90 EUR"), "{}", tried.stdout);
    let tried =
        run(&["--gift-card", &code, "--pay", "test:ok", "--dry-run", "--json"]).with_code(0).json();
    assert_eq!(tried["by_credit"]["amount"], "20.00");
    assert_eq!(tried["due"]["amount"], "30.90");
    let placed = run(&[&all[..], &["--json"]].concat()).with_code(0).json();
    assert_eq!(placed["order"]["money_progress"], "authorized");
    assert_eq!(placed["order"]["quote"]["totals"]["total"]["amount"], "50.90");
    place.run(&["order", "cancel", "1001", "--yes"]).with_code(0);
    let card = place.run(&["gift-card", "show", &code, "--json"]).with_code(0).json();
    assert_eq!(card["left"]["amount"], "20.00");
    place.run(&["verify"]).with_code(0);
}

#[test]
fn what_would_be_written_is_shown_and_not_written() {
    let place = Place::demo();
    let code = place.gift_card("20.00");
    let left = || place.run(&["gift-card", "show", &code, "--json"]).json()["left"].clone();
    let before = left();
    for words in [
        &["gift-card", "issue", "5.00", "--expires", "2030-01-01", "--dry-run"][..],
        &["gift-card", "correct", &code, "--take", "5.00", "--reason", "slip", "--dry-run"],
        &["store-credit", "grant", "a@b", "5.00", "--reason", "sorry", "--dry-run"],
    ] {
        let tried = place.run(words).with_code(0);
        assert!(tried.stderr.contains("nothing was done"), "{}", tried.stderr);
    }
    assert_eq!(left(), before);
    assert_eq!(
        place.run(&["store-credit", "list", "--json"]).json()["store_credits"].to_string(),
        "[]"
    );
    let more = ["gift-card", "correct", &code, "--take", "20.01", "--reason", "slip"];
    for words in [&more[..], &[&more[..], &["--dry-run"]].concat()] {
        assert!(place.run(words).with_code(4).stderr.contains("credit.short"));
    }
    place.run(&["gift-card", "disable", &code]).with_code(0);
    let shown = place.run(&["gift-card", "show", &code]).with_code(0).stdout;
    assert!(shown.contains("20.00 EUR left, disabled"), "{shown}");
    place.run(&["gift-card", "enable", &code, "--expires", "2020-01-01T00:00:00Z"]).with_code(5);
}
