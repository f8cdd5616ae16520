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
