//! The main job of the README, on a shop that a Postgres server holds.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::process::{Command, Output};

use tempfile::TempDir;

/// A home folder, and a shop of a name of its own.
struct Place {
    home: TempDir,
    store: String,
}

impl Place {
    fn new(name: &str) -> Self {
        let server = std::env::var("SUTLER_TEST_POSTGRES").expect(
            "these tests need a Postgres server: run `cargo xtask test --store postgres`, which starts one",
        );
        let store = format!("{server}?shop={name}_{}", std::process::id());
        let place = Self { home: tempfile::tempdir().unwrap(), store };
        place.clear();
        place
    }

    fn clear(&self) {
        // The shop of a process that had this number before, if any.
        let _ = sutler::postgres::drop_shop(&self.store.parse().unwrap());
    }

    fn run_on(&self, store: &str, words: &str) -> Output {
        let mut words: Vec<String> = words.split_whitespace().map(str::to_owned).collect();
        words.iter_mut().for_each(|word| *word = word.replace('~', " "));
        Command::new(env!("CARGO_BIN_EXE_sutler"))
            .args(words)
            .current_dir(self.home.path())
            .env_clear()
            .env("HOME", self.home.path())
            .env("SUTLER_STORE", store)
            .output()
            .unwrap()
    }

    #[track_caller]
    fn run(&self, words: &str) -> String {
        let output = self.run_on(&self.store, words);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "sutler {words}\n{stderr}");
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.clear();
    }
}

#[test]
fn the_first_minute() {
    let place = Place::new("minute");
    place.run("init --demo");
    assert!(place.run("search mugs --limit 3").contains("mug"));
    let cart = place.run("cart new").trim().to_owned();
    place.run(&format!("cart add {cart} FEN-SKIL-26 2"));
    let checkout = format!(
        "checkout {cart} --email ada@example.com --ship-to Ada~Lovelace;St~James~Square~12;10115;Berlin;DE --delivery standard --pay test:ok --key first"
    );
    let placed = place.run(&checkout);
    assert!(placed.contains("1001"), "{placed}");
    assert_eq!(place.run(&checkout), placed, "the same key, the same answer");
    place.run("order list");
    place.run("explain 1001");
    place.run("fulfill ship 1001 --carrier dhl --tracking 00340434");
    place.run("fulfill deliver 1001");
    place.run("refund 1001 --amount 5.00 --reason dent~in~the~rim");
    assert!(place.run("stock history FEN-SKIL-26").contains("shipped"));
    place.run("doctor");
    place.run("verify");
}

#[test]
fn what_is_wrong_with_a_server_is_said_with_a_code() {
    let place = Place::new("wrong");
    for (store, code, exit) in [
        ("postgres://sutler@127.0.0.1:1/shops?sslmode=disable", "store.away", 7),
        ("postgres://sutler@127.0.0.1:1/shops?sslmode=prefer", "store.url", 2),
        ("postgres://sutler:geheim@127.0.0.1:port/shops", "store.url", 2),
        (place.store.as_str(), "store.missing", 3),
    ] {
        let output = place.run_on(store, "order list");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{store}\n{stderr}");
        assert!(stderr.contains(&format!("error[{code}]")), "{store}\n{stderr}");
        assert!(stderr.contains("help:") || code == "store.url", "{stderr}");
        assert!(!stderr.contains("geheim"), "{stderr}");
    }
}

/// A shop that sold, moves to another store and goes on: what was paid before is paid back there.
#[test]
fn a_shop_moves_and_goes_on_selling() {
    let place = Place::new("moving");
    let old = "sqlite:old.db";
    let run_at = |store: &str, words: &str| {
        let output = place.run_on(store, words);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "sutler {words}\n{stderr}");
        String::from_utf8(output.stdout).unwrap()
    };
    run_at(old, "init --demo");
    let sell_at = |store: &str, key: &str| {
        let cart = run_at(store, "cart new").trim().to_owned();
        run_at(store, &format!("cart add {cart} FEN-SKIL-26 2"));
        run_at(
            store,
            &format!(
                "checkout {cart} --email ada@example.com --ship-to Ada~Lovelace;St~James~Square~12;10115;Berlin;DE --delivery standard --pay test:ok --key {key}"
            ),
        )
    };
    assert!(sell_at(old, "first").contains("1001"));
    run_at(old, "fulfill ship 1001 --carrier dhl");
    let copied = run_at(old, &format!("copy --to {}", place.store));
    assert!(copied.contains("orders") && copied.contains("0 findings"), "{copied}");

    place.run("refund 1001 --amount 5.00 --reason dent");
    assert!(sell_at(&place.store, "second").contains("1002"));
    assert!(place.run("search skillet").contains("Skillet"));
    place.run("verify");

    let answer = place.run("copy --to sqlite:new.db --json");
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let kinds = answer["kinds"].as_array().unwrap();
    let orders = kinds.iter().find(|of| of["kind"] == "orders").unwrap();
    assert_eq!(
        (orders["records"].as_u64(), answer["target"]["ok"].as_bool()),
        (Some(2), Some(true))
    );
    assert!(sell_at("sqlite:new.db", "third").contains("1003"));
    run_at("sqlite:new.db", "verify");

    let again = place.run_on(old, &format!("copy --to {}", place.store));
    assert_eq!(again.status.code(), Some(4));
    assert!(String::from_utf8_lossy(&again.stderr).contains("error[copy.not_empty]"));
}

#[test]
fn a_shop_is_backed_up_and_put_back() {
    let place = Place::new("kept");
    let other = Place::new("kept_other");
    place.run("init --demo");
    place.run("stock receive FEN-SKIL-26 5");
    let told = place.run("backup monday.dump --json");
    assert!(told.contains("\"bytes\""), "{told}");
    let refused = |words: &str, code: &str| {
        let output = place.run_on(&place.store, words);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(stderr.contains(&format!("error[{code}]")), "{words}: {stderr}");
    };
    refused("backup monday.dump", "store.exists");
    place.run("stock receive FEN-SKIL-26 70");
    // A shop stands there: it takes a yes, and what came after the backup is gone.
    refused("restore monday.dump", "confirmation.missing");
    let number = |store: &str| place.run_on(store, "stock show FEN-SKIL-26 --json").stdout;
    let after = number(&place.store);
    place.run("restore monday.dump --yes");
    assert_ne!(number(&place.store), after);
    place.run("verify");
    assert!(place.run("search skillet").contains("Skillet"));
    // Beside a shop of its own name it cannot stand under another one, but once that is gone it can.
    let elsewhere = |words: &str| place.run_on(&other.store, words);
    let output = elsewhere("restore monday.dump");
    assert!(String::from_utf8_lossy(&output.stderr).contains("error[store.exists]"));
    place.clear();
    assert!(elsewhere("restore monday.dump").status.success());
    assert!(elsewhere("verify").status.success());
    assert!(!place.run_on(&place.store, "verify").status.success(), "it went under the other name");
    // One that was cut is found before anything is changed.
    let file = place.home.path().join("monday.dump");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let output = elsewhere("restore monday.dump --yes");
    assert!(String::from_utf8_lossy(&output.stderr).contains("error[store.damaged]"));
    assert!(elsewhere("verify").status.success());
    std::fs::write(&file, "a letter").unwrap();
    let output = elsewhere("restore monday.dump --yes");
    assert!(String::from_utf8_lossy(&output.stderr).contains("error[store.damaged]"));
}
