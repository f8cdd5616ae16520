//! The main job of the README, on a shop that a Postgres server holds; the shops of a server, and a replica of one.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

#[allow(dead_code, reason = "a part of it is used here")]
#[path = "../../store-postgres/tests/fixture"]
mod fixture {
    pub(crate) mod replica;
    pub(crate) mod server;

    pub(crate) use server::{admin, try_admin_at};
}

use std::process::{Command, Output};

use fixture::replica::Server;
use serde_json::Value;
use tempfile::TempDir;

/// A home folder, and a shop of a name of its own.
struct Place {
    home: TempDir,
    store: String,
}

impl Place {
    fn new(name: &str) -> Self {
        Self::on(&fixture::server::server(), name)
    }

    fn on(server: &str, name: &str) -> Self {
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
            // What the surroundings ask of the programs of PostgreSQL is not what a shop needs.
            .env("PGCLIENTENCODING", "LATIN1")
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

    #[track_caller]
    fn json(&self, words: &str) -> Value {
        serde_json::from_str(&self.run(&format!("{words} --json"))).unwrap()
    }

    /// Runs what must be refused; returns what it said.
    #[track_caller]
    fn refused(&self, words: &str, code: &str, exit: i32) -> String {
        let output = self.run_on(&self.store, words);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{words}: {stderr}");
        assert!(stderr.contains(&format!("error[{code}]")), "{words}: {stderr}");
        stderr
    }

    /// Returns the name of the schema, and what stands in the list of shops about it.
    fn listed(&self, name: &str) -> Option<Value> {
        let list = self.json("shop list");
        list["shops"].as_array().unwrap().iter().find(|shop| shop["name"] == name).cloned()
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
        ("postgres://", "store.url", 2),
        ("postgres://sutler@localhost/shops?sslrootcert=no-such.pem", "store.tls", 1),
        (place.store.as_str(), "store.missing", 3),
    ] {
        let output = place.run_on(store, "order list");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{store}\n{stderr}");
        assert!(stderr.contains(&format!("error[{code}]")), "{store}\n{stderr}");
        assert!(stderr.contains("help:"), "{stderr}");
        assert!(!stderr.contains("geheim"), "{stderr}");
        let sentence = stderr.lines().next().and_then(|line| line.split_once(": ")).unwrap().1;
        assert_eq!(stderr.matches(sentence).count(), 1, "it is said once: {stderr}");
    }
}

/// Hints are pasted, lists are sent to colleagues, and both stay on the screen.
#[test]
fn no_password_is_told_back() {
    let place = Place::new("whispered");
    place.run("init --demo");
    let secret = place.store.replacen("sutler@", "sutler:geheim@", 1);
    let more = format!("{}&password=geheim&connect_timeout=9", place.store);
    for (store, words, told) in [
        ("memory:", format!("product list --limit 2 --store {secret}"), "sutler --store"),
        ("memory:", format!("product list --limit 2 --store {more}"), "connect_timeout=9"),
        ("memory:", format!("copy --from {secret} --to sqlite:whispered.db"), "sutler doctor"),
        (
            "sqlite:whispered.db",
            format!("copy --to {}", secret.replace("whispered", "heard")),
            "sutler doctor",
        ),
        (&secret, "config show".to_owned(), "postgres://sutler@"),
        (&more, "config show --json".to_owned(), "postgres://sutler@"),
        ("postgres://ada:geheim@localhost/shops?port=x", "config show".to_owned(), "postgres://…"),
        ("memory:", format!("shop list --store {secret}"), "whispered"),
    ] {
        let output = place.run_on(store, &words);
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap());
        let said = said.concat();
        assert!(output.status.success() && said.contains(told), "{words}: {said}");
        assert!(!said.contains("geheim"), "{words}: {said}");
    }
    let heard = place.store.replace("whispered", "heard");
    sutler::postgres::drop_shop(&heard.parse().unwrap()).unwrap();
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
    let told = String::from_utf8_lossy(&again.stderr);
    assert!(told.contains("error[copy.not_empty]") && told.contains("--to"), "{told}");
}

#[test]
fn a_shop_is_backed_up_and_put_back() {
    let place = Place::new("kept");
    let other = Place::new("kept_other");
    place.run("init --demo");
    let again = place.run_on(&place.store, "init --demo");
    let told = String::from_utf8_lossy(&again.stderr);
    assert!(told.contains("error[shop.exists]") && told.contains("?shop=NAME"), "{told}");
    place.run("stock receive FEN-SKIL-26 5");
    place.run("promotion add ✓ --percent 20");
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
    // It stands under another name, too, beside the shop of its own.
    let elsewhere = |words: &str| place.run_on(&other.store, words);
    assert!(elsewhere("restore monday.dump").status.success());
    assert!(elsewhere("verify").status.success());
    place.run("verify");
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

#[test]
fn shops_of_a_server_are_made_listed_and_dropped() {
    let place = Place::new("several");
    // Their names begin alike, and those of other tests do not.
    let (several, kiosk) = (
        format!("several_{}", std::process::id()),
        format!("several_kiosk_{}", std::process::id()),
    );
    place.run("init --demo");
    let created =
        place.run_on(&place.store, &format!("shop create {kiosk} --currency CHF --name Kiosk"));
    let told = String::from_utf8(created.stderr).unwrap();
    assert!(created.status.success() && told.contains(&format!("?shop={kiosk}")), "{told}");
    place.refused(&format!("shop create {kiosk} --currency CHF"), "shop.exists", 4);
    place.refused("shop create Kiosk --currency CHF", "store.url", 2);

    let (shop, other) = (place.listed(&several).unwrap(), place.listed(&kiosk).unwrap());
    assert_eq!((&other["title"], &other["orders"]), (&"Kiosk".into(), &0.into()));
    assert_eq!(shop["title"], "Sutler's Wagon");
    assert!(shop["head"].as_u64() > other["head"].as_u64(), "{shop} {other}");
    assert_eq!(shop["schema_version"], other["schema_version"]);
    let opens = place.run_on(other["store"].as_str().unwrap(), "channel list");
    assert!(opens.status.success(), "the URL of the list opens the shop");
    let text = place.run("shop list");
    assert!(text.starts_with("SHOP") && text.contains("Kiosk"), "{text}");

    let asked = place.refused(&format!("shop drop {kiosk}"), "confirmation.missing", 2);
    assert!(asked.contains("Kiosk") && asked.contains("0 orders"), "it says what goes: {asked}");
    let dry = place.json(&format!("shop drop {kiosk} --dry-run"));
    assert_eq!((&dry["dropped"], &dry["shop"]["title"]), (&false.into(), &"Kiosk".into()));
    assert!(place.listed(&kiosk).is_some());
    assert_eq!(place.json(&format!("shop drop {kiosk} --yes"))["dropped"], true);
    assert!(place.listed(&kiosk).is_none() && place.listed(&several).is_some());
    place.refused(&format!("shop drop {kiosk} --yes"), "not_found", 3);

    fixture::admin(&format!("CREATE SCHEMA {kiosk}; CREATE TABLE {kiosk}.letters (dear text)"));
    place.refused(&format!("shop drop {kiosk} --yes"), "not_found", 3);
    place.refused(&format!("shop create {kiosk} --currency CHF"), "store.foreign", 1);
    fixture::admin(&format!("SELECT dear FROM {kiosk}.letters; DROP SCHEMA {kiosk} CASCADE"));
    place.run("verify");
}

/// A replica that streams: what it shows, how far it is behind, and that decisions do not care.
#[test]
fn lists_read_a_replica_and_say_how_far_it_is_behind() {
    let primary = Server::primary();
    let place = Place::on(&primary.url(), "followed");
    place.run("init --demo");
    let replica = primary.replica();
    // It knows of no moment until something was committed behind it.
    place.run("stock receive FEN-SKIL-26 5");
    primary.wait_for(&replica);
    let read = format!("{}?shop=followed_{}", replica.url(), std::process::id());
    let run = |words: &str| {
        let output = place.run_on(&place.store, &format!("{words} --read-store {read}"));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{words}: {stderr}");
        (String::from_utf8(output.stdout).unwrap(), stderr)
    };
    let json = |words: &str| -> Value {
        serde_json::from_str(&run(&format!("{words} --json")).0).unwrap()
    };
    assert!(run("product list").1.contains(&format!("read from {read} up to date")));

    replica.ask("SELECT pg_wal_replay_pause()");
    let before = json("events tail")["next"].as_u64().unwrap();
    place.run("stock receive FEN-SKIL-26 5");
    let cart = place.run("cart new").trim().to_owned();
    place.run(&format!("cart add {cart} FEN-SKIL-26 2"));
    // Whatever decides takes no notice: the cart and the goods stand on the primary alone.
    let (placed, _) = run(&format!(
        "checkout {cart} --email ada@example.com --ship-to Ada;St~James~Square~12;10115;Berlin;DE --delivery standard --pay test:ok"
    ));
    assert!(placed.contains("1001"), "{placed}");
    let head = place.json("events tail")["next"].as_u64().unwrap();
    let behind = head - before;
    assert!(behind > 2, "{behind}");
    for words in ["order list", "product list", "events tail", "search skillet", "verify"] {
        let told = json(words);
        let store = &told["read_store"];
        assert_eq!(
            (store["url"].as_str(), store["events_behind"].as_u64(), store["head"].as_u64()),
            (Some(read.as_str()), Some(behind), Some(before)),
            "{words}"
        );
        assert!(store["replayed_at"].is_string(), "{words}: {store}");
    }
    let (listed, told) = run("order list");
    assert!(!listed.contains("1001"), "it is not there yet: {listed}");
    assert!(told.contains(&format!("read from {read} as of ")), "{told}");
    assert!(told.contains(&format!("{behind} events behind")), "{told}");
    assert!(run("doctor").0.contains(&format!("{behind} events behind")));
    assert!(run("order show 1001").0.contains("1001"), "one record is read where it is");

    replica.ask("SELECT pg_wal_replay_resume()");
    primary.wait_for(&replica);
    let (listed, told) = run("order list");
    assert!(listed.contains("1001") && told.contains("up to date"), "{listed}{told}");
    assert!(json("order list")["read_store"]["events_behind"] == 0);
}

#[test]
fn a_read_store_of_another_shop_is_refused_and_no_decision_asks_it() {
    let (place, other) = (Place::new("read_own"), Place::new("read_other"));
    place.run("init --demo");
    other.run("init --demo");
    place.refused(&format!("order list --read-store {}", other.store), "shop.other", 5);
    let away = "postgres://sutler@127.0.0.1:1/shops?sslmode=disable";
    place.refused(&format!("order list --read-store {away}"), "store.away", 7);
    place.run(&format!("cart new --read-store {away}"));
    place.run(&format!("stock receive FEN-SKIL-26 1 --read-store {}", other.store));
    // A second URL of the same shop is never behind.
    let told = place.json(&format!("order list --read-store {}", place.store));
    assert_eq!(told["read_store"]["events_behind"], 0, "{told}");
}

#[test]
fn a_copy_that_is_not_to_go_on_is_dropped() {
    let place = Place::new("begun");
    place.run("init --demo");
    let shop = format!("begun_{}", std::process::id());
    let begun = format!(
        "INSERT INTO {shop}.raw_copy VALUES (true, gen_random_uuid(), 7, decode(repeat('00', 32), 'hex'))"
    );
    fixture::admin(&begun);
    let refused = place.refused("order list", "store.unfinished", 4);
    assert!(refused.contains("`sutler shop drop NAME`"), "{refused}");
    assert!(place.listed(&shop).is_some(), "it is seen, so that it can be dropped");
    place.run(&format!("shop drop {shop} --yes"));
    place.refused("order list", "store.missing", 3);
}
