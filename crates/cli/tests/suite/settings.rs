//! Settings: which one wins, and what is said about a wrong one.

use crate::place::{ADDRESS, Place};

#[test]
fn a_flag_wins_over_a_variable_over_a_file_over_the_default() {
    let place = Place::empty();
    let store = |place: &Place, line: &str| {
        let list = place.shell(line, &[]).with_code(0).json();
        let row = list["settings"][0].clone();
        (row["value"].as_str().unwrap().to_owned(), row["origin"].as_str().unwrap().to_owned())
    };
    let of = |value: &str, origin: &str| (value.to_owned(), origin.to_owned());
    assert_eq!(store(&place, "sutler config show --json"), of("sqlite:sutler.db", "default"));
    place.write("sutler.toml", "store = \"sqlite:here.db\"\n");
    assert_eq!(store(&place, "sutler config show --json"), of("sqlite:here.db", "file"));
    assert_eq!(
        store(&place, "SUTLER_STORE=sqlite:v.db sutler config show --json"),
        of("sqlite:v.db", "environment")
    );
    let flag = "SUTLER_STORE=sqlite:v.db sutler config show --json --store sqlite:f.db";
    assert_eq!(store(&place, flag), of("sqlite:f.db", "flag"));
}

#[test]
fn the_file_of_the_home_folder_comes_last() {
    let place = Place::empty();
    std::fs::create_dir_all(place.file("home/.config/sutler")).unwrap();
    place.write("home/.config/sutler/config.toml", "channel = \"pos\"\nlocation = \"van\"\n");
    place.write("sutler.toml", "channel = \"web\"\n");
    let shown = place.run(&["config", "show", "--origin"]).with_code(0);
    assert!(shown.stdout.contains("van"), "{}", shown.stdout);
    assert!(shown.stderr.contains("config.toml: read"), "{}", shown.stderr);
    let list = place.run(&["config", "show", "--json"]).with_code(0).json();
    assert_eq!(
        (list["settings"][1]["value"].clone(), list["settings"][2]["value"].clone()),
        ("web".into(), "van".into())
    );
}

#[test]
fn a_wrong_setting_is_refused_with_the_nearest() {
    let place = Place::empty();
    for (text, part) in [
        ("stroe = \"x\"", "did you mean `store`?"),
        ("format = \"tabel\"", "did you mean `table`?"),
        ("store = 5", "is not a text"),
        ("store = ", "is not TOML"),
    ] {
        place.write("sutler.toml", text);
        let ended = place.run(&["exit-codes"]).with_code(2);
        assert!(
            ended.stderr.contains(part) && ended.stderr.contains("sutler.toml"),
            "{text}: {}",
            ended.stderr
        );
        let json = place.run(&["exit-codes", "--json"]).with_code(2).json();
        assert!(json["error"]["code"].as_str().unwrap().starts_with("config."), "{json}");
    }
}

#[test]
fn settings_hold_for_every_command() {
    let place = Place::busy();
    place.write("sutler.toml", "format = \"csv\"\nlocation = \"van\"\n");
    let list = place.run(&["order", "list"]).with_code(0);
    assert!(list.stdout.starts_with("number,"), "{}", list.stdout);
    place.run(&["stock", "receive", "FEN-SKIL-26", "4"]).with_code(0);
    let stock = place.run(&["stock", "show", "FEN-SKIL-26", "--json"]).with_code(0).json();
    let van = stock["levels"]
        .as_array()
        .unwrap()
        .iter()
        .find(|level| level["location"] == "van")
        .unwrap()
        .clone();
    assert_eq!(van["on_hand"], 4);
}

#[test]
fn hints_repeat_the_store_when_it_was_given() {
    let place = Place::empty();
    let ended = place.run(&["init", "--demo", "--store", "sqlite:my shop.db"]).with_code(0);
    assert!(
        ended.stderr.contains("next: sutler --store 'sqlite:my shop.db' search"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_shop_that_sells_for_real_refuses_test_payments() {
    let place = Place::demo();
    place.write("sutler.toml", "test_payments = \"off\"\n");
    let cart = place.run(&["cart", "new"]).with_code(0).stdout.trim().to_owned();
    place.run(&["cart", "add", &cart, "FEN-SKIL-26"]).with_code(0);
    let checkout = |pay: &str, before: &str| {
        let line = format!(
            "{before} sutler checkout {cart} --email ada@example.com --ship-to '{ADDRESS}' \
             --delivery standard --pay {pay} --json"
        );
        place.shell(&line, &[])
    };
    let refused = checkout("test:ok", "").with_code(5).json();
    assert_eq!(refused["error"]["code"], "payment.unknown_provider", "{refused}");
    let orders = place.run(&["order", "list", "--json"]).with_code(0).json();
    assert_eq!(orders["orders"], serde_json::json!([]), "nothing was sold");
    assert_eq!(
        checkout("manual:cash", "SUTLER_TEST_PAYMENTS=no").with_code(2).json()["error"]["code"],
        "config.bad_value"
    );
    checkout("test:ok", "SUTLER_TEST_PAYMENTS=on").with_code(0);
}

/// As for a service, whose home belongs to somebody else.
#[test]
fn a_home_that_may_not_be_entered_holds_no_settings() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::os::unix::process::CommandExt as _;

    let place = Place::empty();
    let allow = |name: &str, mode| {
        let rights = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(place.file(name), rights).unwrap();
    };
    std::fs::create_dir_all(place.file("home/.config/sutler")).unwrap();
    allow("home", 0o000);
    allow("", 0o755);
    let mut command = place.command(&["config", "show", "--json"]);
    if place.path().metadata().unwrap().uid() == 0 {
        // Rights count for everybody but root.
        command.uid(65_534);
    }
    let ended = crate::place::Ended::from(command.output().unwrap()).with_code(0);
    allow("home", 0o755);
    assert_eq!(ended.json()["settings"][1]["value"], "web");
    assert!(ended.stderr.starts_with("warning: "), "{}", ended.stderr);
    assert!(ended.stderr.contains("config.toml may not be read"), "{}", ended.stderr);
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
}
