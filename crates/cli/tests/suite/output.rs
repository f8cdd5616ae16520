//! Streams, forms and terminals.

use std::process::Stdio;

use crate::place::Place;

#[test]
fn results_and_remarks_go_to_different_streams() {
    let place = Place::demo();
    let cart = place.run(&["cart", "new"]).with_code(0);
    assert!(
        cart.stdout.starts_with("cart_") && cart.stdout.lines().count() == 1,
        "{}",
        cart.stdout
    );
    assert!(cart.stderr.starts_with("next: sutler cart add"), "{}", cart.stderr);
    let quiet = place.run(&["cart", "new", "--quiet"]).with_code(0);
    assert!(quiet.stderr.is_empty(), "{}", quiet.stderr);
    let json = place.run(&["search", "skillet", "--json"]).with_code(0);
    assert!(json.stderr.is_empty(), "{}", json.stderr);
    json.json();
}

#[test]
fn a_list_has_four_forms() {
    let place = Place::busy();
    let run = |format: &str| {
        place.run(&["order", "list", "--format", format, "--quiet"]).with_code(0).stdout
    };
    assert!(run("table").starts_with("NUMBER  STAGE"));
    assert!(run("csv").starts_with("number,id,stage,money_progress"));
    assert_eq!(run("csv").lines().count(), 5);
    let rows: Vec<serde_json::Value> =
        run("ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        (rows.len(), rows[0]["number"].clone(), rows[0]["schema"].clone()),
        (4, 1004.into(), 1.into())
    );
    let all: serde_json::Value = serde_json::from_str(&run("json")).unwrap();
    assert_eq!(all["orders"].as_array().map(Vec::len), Some(4));
    assert_eq!(run("json"), place.run(&["order", "list", "--json"]).with_code(0).stdout);
}

#[test]
fn every_list_is_paged_by_what_it_says_comes_next() {
    let place = Place::busy();
    let first = place.run(&["order", "list", "--limit", "3", "--json"]).with_code(0).json();
    let next = first["next"].as_u64().unwrap().to_string();
    let second = place
        .run(&["order", "list", "--limit", "3", "--before", &next, "--json"])
        .with_code(0)
        .json();
    assert_eq!(
        (second["orders"][0]["number"].clone(), second["next"].clone()),
        (1001.into(), serde_json::Value::Null)
    );

    let mut handles = std::collections::BTreeSet::new();
    let mut after = String::new();
    loop {
        let more = if after.is_empty() { vec![] } else { vec!["--after", after.as_str()] };
        let page = place
            .run(&[&["product", "list", "--limit", "40", "--json"][..], &more].concat())
            .with_code(0)
            .json();
        for product in page["products"].as_array().unwrap() {
            assert!(
                handles.insert(product["handle"].as_str().unwrap().to_owned()),
                "{product} stands on two pages"
            );
        }
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(handles.len(), 101);

    let first =
        place.run(&["search", "--sort", "title", "--limit", "50", "--json"]).with_code(0).json();
    let next = first["next"].as_str().unwrap();
    let second = place
        .run(&["search", "--sort", "title", "--limit", "50", "--after", next, "--json"])
        .with_code(0)
        .json();
    let hits = |page: &serde_json::Value| page["hits"].as_array().map_or(0, Vec::len);
    let total = first["total"].as_u64().unwrap();
    assert_eq!(u64::try_from(hits(&first) + hits(&second)).unwrap(), total);
}

#[test]
fn colors_come_only_when_asked_for_off_a_terminal() {
    let place = Place::busy();
    for (words, colored) in [
        (&["order", "show", "1001"][..], false),
        (&["order", "show", "1001", "--color", "always"], true),
        (&["order", "show", "1001", "--color", "never"], false),
        (&["order", "show", "9999", "--color", "always"], true),
    ] {
        let ended = place.run(words);
        let printed = format!("{}{}", ended.stdout, ended.stderr);
        assert_eq!(printed.contains('\u{1b}'), colored, "{words:?}");
    }
}

#[test]
fn data_cannot_take_the_terminal_over() {
    let place = Place::demo();
    let hostile = "Evil \u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}drow\u{9b}31m hat";
    place.write("evil.csv", format!("Handle,Title,Vendor,Variant SKU,Variant Price\nevil-hat,\"{hostile}\",V\u{1b}[31m,EVIL,9.00\n"));
    let imported = place.run(&["import", "evil.csv"]);
    if imported.code != 0 {
        // Refusing such a file is as good, when the refusal is harmless too.
        assert!(
            !imported.stderr.contains('\u{1b}') && !imported.stderr.contains('\u{202e}'),
            "{}",
            imported.stderr
        );
        return;
    }
    for words in [
        &["product", "show", "evil-hat"][..],
        &["product", "list", "--limit", "1000"],
        &["search", "evil"],
        &["product", "show", "evil-hat", "--json"],
        &["search", "hat", "--format", "ndjson"],
    ] {
        let ended = place.run(words).with_code(0);
        let printed = format!("{}{}", ended.stdout, ended.stderr);
        for harmful in ['\u{1b}', '\u{7}', '\u{202e}', '\u{9b}'] {
            assert!(!printed.contains(harmful), "{words:?} printed {harmful:?}");
        }
    }
    let shown = place.run(&["product", "show", "evil-hat", "--json"]).with_code(0).json();
    assert_eq!(shown["title"], hostile, "JSON keeps the value");
}

#[test]
fn a_closed_pipe_is_quiet() {
    let place = Place::demo();
    let ended =
        place.shell("sutler product list --limit 1000 --format ndjson | head -1", &[]).with_code(0);
    assert_eq!(ended.stdout.lines().count(), 1);
    assert!(
        !ended.stderr.contains("panicked") && !ended.stderr.contains("Broken pipe"),
        "{}",
        ended.stderr
    );
    let mut child = place
        .command(&["export", "-"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stderr));
}

#[test]
fn being_verbose_names_the_command_that_stands_in_the_events() {
    let place = Place::demo();
    let ended = place.run(&["stock", "receive", "FEN-SKIL-26", "1", "-v"]).with_code(0);
    let id = ended
        .stderr
        .split("command=")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next())
        .unwrap()
        .to_owned();
    let events = place.run(&["events", "tail", "--limit", "1", "--json"]).with_code(0).json();
    assert_eq!(events["events"][0]["command"], id);
    assert_eq!(events["events"][0]["type"], "sutler.stock.changed.v1");
}

#[test]
fn events_are_read_exactly_once_with_their_place() {
    let place = Place::busy();
    let first = place
        .run(&["events", "tail", "--after", "0", "--limit", "100", "--json"])
        .with_code(0)
        .json();
    let next = first["next"].as_u64().unwrap();
    let second = place
        .run(&["events", "tail", "--after", &next.to_string(), "--limit", "10000", "--json"])
        .with_code(0)
        .json();
    assert_eq!(second["events"][0]["sequence"].as_u64(), Some(next + 1));
    let end = second["next"].as_u64().unwrap().to_string();
    let nothing = place.run(&["events", "tail", "--after", &end, "--json"]).with_code(0).json();
    assert_eq!(
        (nothing["events"].as_array().map(Vec::len), nothing["next"].to_string()),
        (Some(0), end)
    );
}

#[test]
fn following_prints_what_happens_meanwhile() {
    use std::io::{BufRead, BufReader};
    let place = Place::demo();
    let head = place.run(&["events", "tail", "--limit", "1", "--json"]).with_code(0).json();
    let after = head["next"].to_string();
    let words = ["events", "tail", "--after", &after, "--follow"];
    let mut child = place.command(&words).stdout(Stdio::piped()).spawn().unwrap();
    place.run(&["stock", "receive", "FEN-SKIL-26", "1"]).with_code(0);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let event: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(event["type"], "sutler.stock.changed.v1");
    assert_eq!(event["sequence"].as_u64(), head["next"].as_u64().map(|seq| seq + 1));
}
