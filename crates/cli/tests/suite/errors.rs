//! What is said when something is wrong: what, where, why, and how to mend it.

use crate::place::{ADDRESS, Place};

#[test]
fn a_mistyped_sku_gets_the_nearest() {
    let place = Place::demo();
    let cart = place.cart("FEN-SKIL-26", "1");
    let ended = place.run(&["cart", "add", &cart, "FEN-SKIL-27", "1"]).with_code(3);
    assert!(
        ended.stderr.starts_with("error[not_found]: there is no variant `FEN-SKIL-27`"),
        "{}",
        ended.stderr
    );
    assert!(ended.stderr.contains("did you mean"), "{}", ended.stderr);
    assert!(ended.stderr.contains("FEN-SKIL-26"), "{}", ended.stderr);
}

#[test]
fn a_product_with_several_variants_is_ambiguous() {
    let place = Place::demo();
    let ended = place.run(&["stock", "show", "field-skillet"]).with_code(5);
    assert!(ended.stderr.contains("error[ambiguous]"), "{}", ended.stderr);
    place.run(&["stock", "show", "field-skillet:26 CM"]).with_code(0);
}

#[test]
fn quantities_that_are_none_are_refused_at_the_door() {
    let place = Place::demo();
    let cart = place.cart("FEN-SKIL-26", "1");
    for bad in ["-1", "0", "1.5", "1e3", "99999999999", "x"] {
        let ended = place.run(&["cart", "add", &cart, "FEN-SKIL-26", bad]).with_code(2);
        assert!(ended.stderr.contains("is not a quantity"), "{bad}: {}", ended.stderr);
    }
    // What is possible but more than there is, is a conflict at checkout.
    let cart = place.cart("FEN-SKIL-26", "1000000");
    let ended = place.checkout(&cart, "test:ok", &[]).with_code(4);
    assert!(ended.stderr.contains("error[stock.insufficient]"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("help: see what is where: `sutler stock show 'FEN-SKIL-26'`"),
        "{}",
        ended.stderr
    );
    let stock = place.run(&["stock", "show", "FEN-SKIL-26", "--json"]).with_code(0).json();
    assert_eq!(stock["levels"][0]["reserved"], 0);
}

#[test]
fn another_currency_and_another_total_are_refused() {
    let place = Place::demo();
    let cart = place.cart("FEN-SKIL-26", "1");
    let dollars = place.checkout(&cart, "test:ok", &["--expect-total", "47.60 USD"]).with_code(5);
    assert!(dollars.stderr.contains("error[currency.wrong]"), "{}", dollars.stderr);
    let less = place.checkout(&cart, "test:ok", &["--expect-total", "1.00"]).with_code(4);
    assert!(less.stderr.contains("error[quote.changed]"), "{}", less.stderr);
    assert!(less.stderr.contains("--expect-total"), "{}", less.stderr);
    let total = place
        .run(&["cart", "quote", &cart, "--delivery", "standard", "--json"])
        .with_code(0)
        .json();
    let total = total["quote"]["totals"]["total"]["amount"].as_str().unwrap().to_owned();
    place.checkout(&cart, "test:ok", &["--expect-total", &total]).with_code(0);
}

#[test]
fn an_empty_cart_cannot_be_ordered() {
    let place = Place::demo();
    let cart = place.run(&["cart", "new"]).with_code(0).stdout.trim().to_owned();
    let ended = place.checkout(&cart, "test:ok", &[]).with_code(5);
    assert!(ended.stderr.contains("error[cart.empty]"), "{}", ended.stderr);
    place.run(&["cart", "show", &cart]).with_code(0);
}

#[test]
fn a_declined_card_leaves_nothing_behind() {
    let place = Place::demo();
    let cart = place.cart("FEN-SKIL-26", "1");
    let ended = place.checkout(&cart, "test:decline", &[]).with_code(4);
    assert!(ended.stderr.contains("error[payment.declined]"), "{}", ended.stderr);
    let stock = place.run(&["stock", "show", "FEN-SKIL-26", "--json"]).with_code(0).json();
    assert_eq!(
        (stock["levels"][0]["reserved"].clone(), stock["levels"][0]["allocated"].clone()),
        (0.into(), 0.into())
    );
    place.checkout(&cart, "test:ok", &[]).with_code(0);
    place.run(&["verify"]).with_code(0);
}

#[test]
fn a_wrong_address_delivery_or_provider_says_what_there_is() {
    let place = Place::demo();
    let cart = place.cart("FEN-SKIL-26", "1");
    let base = ["checkout", &cart, "--email", "ada@example.com"];
    let run = |more: &[&str]| place.run(&[&base[..], more].concat());
    let address =
        run(&["--ship-to", "Berlin", "--delivery", "standard", "--pay", "test:ok"]).with_code(2);
    assert!(address.stderr.contains("Name;Street 1;12345;City;DE"), "{}", address.stderr);
    let delivery =
        run(&["--ship-to", ADDRESS, "--delivery", "drone", "--pay", "test:ok"]).with_code(5);
    assert!(delivery.stderr.contains("error[delivery.unknown]"), "{}", delivery.stderr);
    assert!(delivery.stderr.contains("choose `pickup` or `standard`"), "{}", delivery.stderr);
    let provider =
        run(&["--ship-to", ADDRESS, "--delivery", "standard", "--pay", "gold:bars"]).with_code(5);
    assert!(provider.stderr.contains("error[payment.unknown_provider]"), "{}", provider.stderr);
    assert!(provider.stderr.contains("test"), "{}", provider.stderr);
    let email = [
        "checkout",
        &cart,
        "--email",
        "nobody",
        "--ship-to",
        ADDRESS,
        "--delivery",
        "standard",
        "--pay",
        "test:ok",
    ];
    assert!(place.run(&email).with_code(5).stderr.contains("error[email.invalid]"));
}

#[test]
fn a_foreign_file_is_no_shop_and_stays_as_it_is() {
    let place = Place::empty();
    place.write(
        "notes.txt",
        "not a database, though long enough to be looked at as one, if anybody wanted to\n"
            .repeat(20),
    );
    let before = place.read("notes.txt");
    for words in [&["order", "list"][..], &["init", "--demo"]] {
        let ended = place.run(&[words, &["--store", "sqlite:notes.txt"]].concat()).with_code(1);
        assert!(ended.stderr.contains("error[store.not_a_database]"), "{}", ended.stderr);
    }
    assert_eq!(place.read("notes.txt"), before);
}

#[test]
fn a_missing_shop_says_how_to_make_one() {
    let place = Place::empty();
    let ended = place.run(&["order", "list"]).with_code(3);
    assert!(ended.stderr.contains("error[store.missing]"), "{}", ended.stderr);
    assert!(ended.stderr.contains("sutler init"), "{}", ended.stderr);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 0, "looking must not make files");
    let ended = place.run(&["order", "list", "--store", "mysql://x"]).with_code(2);
    assert!(ended.stderr.contains("error[store.url]"), "{}", ended.stderr);
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::empty();
    let ended = place.run(&["init", "--demo", "--store", "sqlite:no/such/folder/shop.db"]);
    assert!(ended.code == 1 || ended.code == 3, "{}", ended.stderr);
    assert!(ended.stderr.contains("no/such/folder/shop.db"), "{}", ended.stderr);
    let folder = place.file("locked");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    // Root may write everywhere, so nothing can be said then.
    if std::fs::write(folder.join("probe"), "x").is_err() {
        let ended = place.run(&["init", "--demo", "--store", "sqlite:locked/shop.db"]).with_code(1);
        assert!(ended.stderr.contains("locked/shop.db"), "{}", ended.stderr);
    }
}

#[test]
fn mistyped_commands_flags_and_currencies_get_the_nearest() {
    let place = Place::empty();
    for (words, tip) in [
        (&["serach", "x"][..], "search"),
        (&["order", "lst"], "list"),
        (&["init", "--curency", "EUR"], "--currency"),
        (&["init", "--currency", "EURO"], "did you mean `EUR`?"),
        (&["init", "--currency", "DEM"], "use EUR"),
        (&["order", "list", "--format", "jsn"], "json"),
    ] {
        let ended = place.run(words).with_code(2);
        assert!(ended.stderr.contains(tip), "{words:?}: {}", ended.stderr);
    }
    let place = Place::demo();
    let filter = place.run(&["search", "x", "--filter", "brnad=Acme"]).with_code(2);
    assert!(filter.stderr.contains("did you mean `brand`"), "{}", filter.stderr);
    let sort = place.run(&["search", "x", "--sort", "titel"]).with_code(2);
    assert!(sort.stderr.contains("did you mean"), "{}", sort.stderr);
    let stage = place.run(&["order", "list", "--stage", "confrmed"]).with_code(2);
    assert!(stage.stderr.contains("confirmed"), "{}", stage.stderr);
}

#[test]
fn an_error_is_one_json_object_when_json_was_asked_for() {
    let place = Place::demo();
    let domain = place.run(&["order", "show", "9999", "--json"]).with_code(3);
    assert_eq!(domain.json()["error"]["code"], "not_found");
    assert_eq!(domain.json()["exit_code"], 3);
    assert!(domain.stderr.is_empty(), "{}", domain.stderr);
    let usage = place.run(&["cart", "add", "--json"]).with_code(2);
    assert_eq!(usage.json()["error"]["code"], "usage");
    place.write("bad.csv", "Handle,Title\nhat,\"Hat\n");
    let file = place.run(&["import", "bad.csv", "--json"]).with_code(5).json();
    assert_eq!(file["error"]["file"], "bad.csv");
    for field in ["code", "message", "file", "line", "column", "help"] {
        assert!(file["error"].get(field).is_some(), "{field} is missing");
    }
    let missing = Place::empty().run(&["order", "list", "--json"]).with_code(3).json();
    assert_eq!(missing["error"]["code"], "store.missing");
}

#[test]
fn codes_are_explained() {
    let place = Place::empty();
    let ended = place.run(&["explain", "e102"]).with_code(0);
    assert!(ended.stdout.starts_with("E102\n") && ended.stdout.contains("N/A"), "{}", ended.stdout);
    let ended = place.run(&["explain", "E9999"]).with_code(2);
    assert!(ended.stderr.contains("error[explain.unknown]"), "{}", ended.stderr);
    insta::assert_snapshot!(place.run(&["explain", "stock.insufficient"]).with_code(0).shown());
    let pasted = place.run(&["explain", "error[store.locked]:", "--json"]).with_code(0).json();
    assert_eq!((&pasted["code"], &pasted["exit_code"]), (&"store.locked".into(), &7.into()));
    let ended = place.run(&["explain", "order.not_found"]).with_code(2);
    assert!(ended.stderr.contains("did you mean `not_found`?"), "{}", ended.stderr);
}

/// What a message names between brackets can be looked up, and ends as the explanation says.
#[test]
fn every_code_that_is_met_can_be_explained() {
    let place = Place::busy();
    place.write("notes.txt", "no database, ".repeat(200));
    place.write("bad.toml", "no_such_setting = 1\n");
    let address = format!("--ship-to '{ADDRESS}' --email a@example.com");
    let empty = place.run(&["cart", "new"]).with_code(0).stdout.trim().to_owned();
    let full = place.cart("FEN-SKIL-26", "1000000");
    let one = place.cart("FEN-SKIL-26", "1");
    for line in [
        "order show 9999",
        "order cancel 1002",
        "refund 1002 --amount '1.00 USD'",
        "refund 1002 --amount 9999",
        "refund 1003",
        "fulfill ship 1003 --carrier dhl",
        "init --demo",
        "restore copy.db",
        "backup notes.txt",
        "backup sutler.db --yes",
        "explain nonsense",
        "schema nonsense",
        "search x --filter nonsense",
        "stock correct FEN-SKIL-26 3 --reason count --expect 4",
        "order list --store sqlite:notes.txt",
        "order list --store sqlite:nothing.db",
        "order list --store postgres://x",
        "init --currency XOF --store sqlite:new.db",
        &format!("cart quote {empty}"),
        &format!("checkout {full} {address} --delivery standard --pay test:ok"),
        &format!("checkout {one} {address} --delivery drone --pay test:ok"),
        &format!("checkout {one} {address} --delivery standard --pay gold:bars"),
        &format!("checkout {one} {address} --delivery standard --pay test:decline"),
        &format!("checkout {one} {address} --delivery standard --pay test:ok --expect-total 1.00"),
    ] {
        let ended = place.shell(&format!("sutler {line}"), &[]);
        let code = ended.stderr.split_once("error[").and_then(|(_, rest)| rest.split_once(']'));
        let Some((code, _)) = code else { panic!("{line}: {}", ended.stderr) };
        let told = place.run(&["explain", code, "--json"]).with_code(0).json();
        assert_eq!(told["exit_code"], ended.code, "{line}: {code}");
    }
}

#[test]
fn a_broken_mapping_is_told_with_its_own_file_and_line() {
    let place = Place::demo();
    place.write("g.csv", "Name\nHat\n").write("m.toml", "# ours\ntitel = 1\n");
    let ended = place.run(&["import", "g.csv", "--map", "m.toml"]).with_code(5);
    assert!(ended.stderr.contains("error[E138]"), "{}", ended.stderr);
    assert!(ended.stderr.contains("--> m.toml"), "{}", ended.stderr);
    assert!(!ended.stderr.contains("g.csv"), "{}", ended.stderr);
}

#[test]
fn an_order_is_explained_by_its_id_too() {
    let place = Place::busy();
    let listed = place.run(&["order", "list", "--json"]).with_code(0).json();
    let order = &listed["orders"][0];
    let explained = |subject: &str| place.run(&["explain", subject]).with_code(0).stdout;
    let number = order["number"].as_u64().unwrap().to_string();
    assert_eq!(explained(order["id"].as_str().unwrap()), explained(&number));
}

#[test]
fn a_search_that_shows_none_does_not_say_that_nothing_was_found() {
    let place = Place::demo();
    let ended = place.run(&["search", "wagon kettle", "--limit", "0"]).with_code(0);
    assert!(!ended.stdout.contains("nothing found"), "{}", ended.stdout);
    assert!(!ended.stderr.contains("nothing found"), "{}", ended.stderr);
}

#[test]
fn a_file_that_was_named_and_is_not_there_ends_with_3() {
    let place = Place::demo();
    for words in [&["restore", "nope", "--yes"][..], &["import", "x.csv", "--map", "nope.toml"]] {
        let refused = place.run(words).with_code(3);
        assert!(refused.stderr.contains("error[file.missing]"), "{}", refused.stderr);
    }
    let refused = place.run(&["import", "nosuch.csv"]).with_code(3);
    assert!(refused.stderr.contains("nosuch.csv"), "{}", refused.stderr);
}

#[test]
fn a_level_takes_in_no_more_than_an_import_would() {
    let place = Place::busy();
    place.run(&["stock", "receive", "FEN-SKIL-26", "1000000"]).with_code(4);
    let refused = place.run(&["stock", "correct", "FEN-SKIL-26", "0", "--reason", "lost"]);
    let refused = refused.with_code(4);
    assert!(refused.stderr.contains("error[stock.promised]"), "{}", refused.stderr);
    let words = ["stock", "transfer", "FEN-SKIL-26", "1", "--from", "main", "--to", "main"];
    let refused = place.run(&words).with_code(5);
    assert!(refused.stderr.contains("`main`"), "{}", refused.stderr);
}

#[test]
fn a_shop_is_not_set_up_with_rules_that_no_shop_may_have() {
    let place = Place::empty();
    let words = ["init", "--name", "S", "--currency", "EUR", "--country", "DE", "--tax-percent"];
    let ended = place.run(&[&words[..], &["1000"]].concat()).with_code(5);
    assert!(ended.stderr.contains("error[pricing.invalid_rule]"), "{}", ended.stderr);
    place.run(&[&words[..], &["19"]].concat()).with_code(0);
}
