//! The shops of a folder, and reading a copy of one.

use crate::place::Place;

#[test]
fn shops_of_a_folder_are_listed_with_what_they_hold() {
    let place = Place::busy();
    place.write("letter.txt", "Dear Ada, this is no shop.");
    place.run(&["shop", "create", "kiosk", "--currency", "EUR", "--name", "Kiosk"]).with_code(0);
    let listed = place.run(&["shop", "list", "--json"]).with_code(0).json();
    let shops = listed["shops"].as_array().cloned().unwrap_or_default();
    let names: Vec<&str> = shops.iter().filter_map(|shop| shop["name"].as_str()).collect();
    assert_eq!(names, ["kiosk.db", "sutler.db"]);
    assert_eq!((&shops[0]["title"], &shops[0]["orders"]), (&"Kiosk".into(), &0.into()));
    assert_eq!((&shops[1]["title"], &shops[1]["orders"]), (&"Sutler's Wagon".into(), &4.into()));
    assert!(shops[1]["head"].as_u64() > shops[0]["head"].as_u64());
    assert_eq!(shops[0]["schema_version"], shops[1]["schema_version"]);

    // The URL of the list opens the shop, and a folder is as good as a file of it.
    let store = shops[0]["store"].as_str().unwrap_or_default();
    place.run(&["channel", "list", "--store", store]).with_code(0);
    let folder = place.path().display().to_string();
    let again = place.run(&["shop", "list", "--store", &folder, "--json"]).with_code(0).json();
    assert_eq!(again["shops"].as_array().map(Vec::len), Some(2));
    let text = place.run(&["shop", "list"]).with_code(0).stdout;
    assert!(text.starts_with("SHOP") && text.contains("Kiosk"), "{text}");
    let csv = place.run(&["shop", "list", "--format", "csv"]).with_code(0).stdout;
    assert!(csv.starts_with("name,title,store,schema_version,orders,head,bytes\n"), "{csv}");
    let empty = Place::empty();
    assert_eq!(empty.run(&["shop", "list"]).with_code(0).stdout, "no shops\n");
}

#[test]
fn a_shop_is_created_beside_another_and_never_over_one() {
    let place = Place::demo();
    let created = place.run(&["shop", "create", "kiosk", "--currency", "CHF"]).with_code(0);
    assert!(
        created.stderr.contains("--store sqlite:./kiosk.db")
            || created.stderr.contains("--store sqlite:kiosk.db"),
        "{}",
        created.stderr
    );
    place.run(&["shop", "create", "kiosk", "--currency", "CHF"]).with_code(4);
    place.run(&["shop", "create", "sutler", "--currency", "CHF"]).with_code(4);
    for elsewhere in ["../kiosk", "/tmp/kiosk", "..", ""] {
        place.run(&["shop", "create", elsewhere, "--currency", "CHF"]).with_code(2);
    }
    place.run(&["shop", "create", "x", "--currency", "CHF", "--store", "memory:"]).with_code(2);
    place.run(&["shop", "list", "--store", "memory:"]).with_code(2);
}

#[test]
fn dropping_a_shop_says_what_goes_and_asks_first() {
    let place = Place::busy();
    place.run(&["search", "kettle"]).with_code(0);
    place.run(&["shop", "create", "kiosk", "--currency", "EUR"]).with_code(0);
    let asked = place.run(&["shop", "drop", "sutler"]).with_code(2);
    assert!(asked.stderr.contains("confirmation.missing"), "{}", asked.stderr);
    assert!(asked.stderr.contains("4 orders"), "it says what goes: {}", asked.stderr);
    let dry = place.run(&["shop", "drop", "sutler", "--dry-run", "--json"]).with_code(0).json();
    assert_eq!((&dry["dropped"], &dry["shop"]["orders"]), (&false.into(), &4.into()));
    place.run(&["order", "show", "1001"]).with_code(0);

    let done = place.run(&["shop", "drop", "sutler.db", "--yes", "--json"]).with_code(0).json();
    assert_eq!(done["dropped"], true);
    place.run(&["order", "list"]).with_code(3);
    let left = std::fs::read_dir(place.path()).expect("a folder");
    let left: Vec<String> = left
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("sutler.db"))
        .collect();
    assert!(left.is_empty(), "nothing of it stays: {left:?}");
    place.run(&["shop", "drop", "sutler", "--yes"]).with_code(3);
    place.write("letter.db", "Dear Ada, this is no shop.");
    place.run(&["shop", "drop", "letter", "--yes"]).with_code(3);
    assert!(place.file("letter.db").exists(), "what is no shop is left alone");
    place.run(&["channel", "list", "--store", "sqlite:kiosk.db"]).with_code(0);
}

#[test]
fn lists_read_the_read_store_and_say_how_far_it_is_behind() {
    let place = Place::busy();
    place.run(&["backup", "copy.db"]).with_code(0);
    let fresh = place.run(&["order", "list", "--read-store", "copy.db"]).with_code(0);
    assert!(fresh.stderr.contains("read from sqlite:copy.db up to date"), "{}", fresh.stderr);

    place.run(&["stock", "receive", "FEN-SKIL-26", "1"]).with_code(0);
    place.order("FEN-SKIL-26", "1", "test:ok");
    let list = |words: &[&str]| {
        place.run(&[words, &["--read-store", "sqlite:copy.db"]].concat()).with_code(0)
    };
    let old = list(&["order", "list", "--json"]).json();
    assert_eq!(old["orders"].as_array().map(Vec::len), Some(4), "the fifth is not there yet");
    let behind = old["read_store"]["events_behind"].as_u64().unwrap_or_default();
    assert!(behind >= 2, "{old}");
    assert_eq!(old["read_store"]["url"], "sqlite:copy.db");
    let text = list(&["order", "list"]);
    assert!(text.stderr.contains("read from sqlite:copy.db as of "), "{}", text.stderr);
    assert!(text.stderr.contains(&format!("{behind} events behind")), "{}", text.stderr);
    assert!(!list(&["order", "list", "--quiet"]).stderr.contains("read from"));
    for words in [
        &["product", "list"][..],
        &["events", "tail"],
        &["customer", "list"],
        &["gift-card", "list"],
        &["store-credit", "list"],
        &["promotion", "list"],
        &["category", "tree"],
        &["stock", "history", "FEN-SKIL-26"],
        &["price", "history", "FEN-SKIL-26"],
        &["search", "kettle"],
        &["index", "rebuild"],
        &["verify"],
    ] {
        let read = list(&[words, &["--json"]].concat()).json();
        assert_eq!(read["read_store"]["events_behind"], behind, "{words:?}");
    }
    assert!(list(&["export", "products.csv"]).stderr.contains("events behind"));
    let health = list(&["doctor"]).stdout;
    assert!(health.contains("read store") && health.contains("events behind"), "{health}");
    // The search of the shop itself goes on from where the copy left the index.
    place.run(&["search", "kettle"]).with_code(0);
}

#[test]
fn what_decides_never_reads_the_read_store() {
    let place = Place::busy();
    place.run(&["backup", "copy.db"]).with_code(0);
    place.order("FEN-SKIL-26", "1", "test:ok");
    // It knows neither the order nor, when it is nowhere, anything at all.
    for read in ["copy.db", "sqlite:nowhere.db", "memory:", "nonsense"] {
        place.run(&["order", "show", "1005", "--read-store", read]).with_code(0);
        let cart = place.run(&["cart", "new", "--read-store", read]).with_code(0);
        let cart = cart.stdout.trim().to_owned();
        place.run(&["cart", "add", &cart, "FEN-SKIL-20", "1", "--read-store", read]).with_code(0);
        assert!(!cart.is_empty());
    }
    let shown = place.run(&["order", "show", "1005", "--read-store", "copy.db", "--json"]);
    assert!(shown.with_code(0).json()["read_store"].is_null());
}

#[test]
fn a_read_store_of_another_shop_is_refused() {
    let place = Place::demo();
    place.run(&["shop", "create", "kiosk", "--currency", "EUR"]).with_code(0);
    for (read, code, exit) in [
        ("sqlite:kiosk.db", "shop.other", 5),
        ("sqlite:nowhere.db", "store.missing", 3),
        ("memory:", "store.url", 2),
        ("nonsense", "store.url", 2),
    ] {
        let ended = place.run(&["order", "list", "--read-store", read]).with_code(exit);
        assert!(ended.stderr.contains(&format!("error[{code}]")), "{read}: {}", ended.stderr);
    }
    let set = place.run(&["config", "show", "--read-store", "copy.db", "--json"]).with_code(0);
    assert!(set.stdout.contains("SUTLER_READ_STORE"), "{}", set.stdout);
}

#[test]
fn a_copy_that_is_not_to_go_on_is_dropped() {
    let place = Place::demo();
    let file = rusqlite::Connection::open(place.file("sutler.db")).unwrap();
    let begun = "INSERT INTO raw_copy VALUES (1, zeroblob(16), 7, zeroblob(32))";
    file.execute(begun, []).unwrap();
    drop(file);
    let refused = place.run(&["order", "list"]).with_code(4);
    assert!(refused.stderr.contains("error[store.unfinished]"), "{}", refused.stderr);
    assert!(refused.stderr.contains("`sutler shop drop NAME`"), "{}", refused.stderr);
    assert!(place.run(&["shop", "list"]).with_code(0).stdout.contains("sutler.db"));
    place.run(&["shop", "drop", "sutler", "--yes"]).with_code(0);
    place.run(&["order", "list"]).with_code(3);
}
