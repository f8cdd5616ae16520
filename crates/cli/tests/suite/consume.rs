//! Consumers of events and recovery as services: one works, the others stand by.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::Value;

use crate::place::Place;

/// Returns the places of the events that were printed.
fn places(lines: &str) -> Vec<u64> {
    let line = |line: &str| -> Value { serde_json::from_str(line).unwrap() };
    lines.lines().map(|text| line(text)["sequence"].as_u64().unwrap()).collect()
}

fn head(place: &Place) -> u64 {
    let tail = place.run(&["events", "tail", "--limit", "1", "--json"]).with_code(0).json();
    tail["next"].as_u64().unwrap()
}

/// Presses Ctrl-C; returns the exit code and the rest of stderr.
fn interrupt(mut child: Child) -> (Option<i32>, String) {
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let code = child.wait().unwrap().code();
    let mut text = String::new();
    child.stderr.take().into_iter().for_each(|mut err| drop(err.read_to_string(&mut text)));
    (code, text)
}

#[test]
fn a_consumer_is_told_each_event_once_and_in_order() {
    let place = Place::demo();
    let consume = |words: &[&str]| {
        let words = [&["events", "consume", "mailer"], words].concat();
        places(&place.run(&words).with_code(0).stdout)
    };
    let mut seen = consume(&["--limit", "3"]);
    assert_eq!(seen, [1, 2, 3]);
    seen.extend(consume(&["--limit", "10000"]));
    assert_eq!(seen, (1..=head(&place)).collect::<Vec<_>>());
    assert_eq!(consume(&[]), [0; 0]);
    place.run(&["stock", "receive", "FEN-SKIL-26", "1"]).with_code(0);
    assert_eq!(consume(&[]), [head(&place)]);
    let other = place.run(&["events", "consume", "indexer", "--limit", "1"]).with_code(0);
    assert_eq!(places(&other.stdout), [1], "each consumer has a place of its own");
    let refused = place.run(&["events", "consume", "two words"]).with_code(5);
    assert!(refused.stderr.contains("the consumer `two words` is no name"), "{}", refused.stderr);
    place.run(&["events", "consume", "mailer", "--format", "csv"]).with_code(2);
}

#[test]
fn a_reader_that_goes_away_is_told_the_same_again() {
    let place = Place::demo();
    let cut = place.shell("sutler events consume mailer --limit 10000 | head -n 2", &[]);
    assert_eq!(places(&cut.stdout), [1, 2]);
    let again = place.run(&["events", "consume", "mailer", "--limit", "1"]).with_code(0);
    assert_eq!(places(&again.stdout), [1], "what was not read in whole is not moved past");
}

#[test]
fn one_consumer_follows_while_another_stands_by_and_goes_on() {
    let place = Place::demo();
    let start = || {
        let words = ["events", "consume", "mailer", "--follow", "--limit", "10000"];
        let mut command = place.command(&words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let lines = |child: &mut Child| BufReader::new(child.stdout.take().unwrap()).lines();
    let next = |lines: &mut std::io::Lines<BufReader<ChildStdout>>| {
        places(&lines.next().unwrap().unwrap())[0]
    };
    let mut first = start();
    let mut told = lines(&mut first);
    let before = head(&place);
    for seq in 1..=before {
        assert_eq!(next(&mut told), seq);
    }
    let refused = place.run(&["events", "consume", "mailer", "--json"]).with_code(4).json();
    assert_eq!(refused["error"]["code"].as_str(), Some("lease.held"), "{refused}");
    let mut second = start();
    let mut second_told = lines(&mut second);
    let mut says = BufReader::new(second.stderr.take().unwrap()).lines();
    let says = says.next().unwrap().unwrap();
    let holder = format!("standing by: `consumer/mailer` is held by process {} on ", first.id());
    assert!(says.starts_with(&holder), "{says}");
    place.run(&["stock", "receive", "FEN-SKIL-26", "1"]).with_code(0);
    assert_eq!(next(&mut told), before + 1);
    // Ctrl-C gives the lease back: the second one need not wait until it runs out.
    let (code, complaint) = interrupt(first);
    assert_eq!((code, complaint.as_str()), (Some(130), ""));
    place.run(&["stock", "receive", "FEN-SKIL-26", "1"]).with_code(0);
    assert_eq!(next(&mut second_told), before + 2);
    assert_eq!(interrupt(second).0, Some(130));
}

#[test]
fn a_consumer_that_follows_outlives_a_store_that_is_away() {
    let place = Place::demo();
    let before = head(&place);
    let writing = rusqlite::Connection::open(place.file("sutler.db")).unwrap();
    // Nobody else can write then: neither take a lease, nor hold it, nor move a place.
    let lock = || writing.execute_batch("BEGIN IMMEDIATE; UPDATE raw_level SET on_hand = on_hand");
    lock().unwrap();
    let words = ["events", "consume", "mailer", "--follow", "--limit", "10000", "--lease", "2"];
    let mut child =
        place.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut says = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut is_warned = || says.next().unwrap().unwrap().starts_with("warning: ");
    assert!(is_warned());
    writing.execute_batch("COMMIT").unwrap();
    for seq in 1..=before {
        assert_eq!(places(&told.next().unwrap().unwrap()), [seq]);
    }
    lock().unwrap();
    assert!(is_warned());
    writing.execute_batch("COMMIT").unwrap();
    place.run(&["stock", "receive", "FEN-SKIL-26", "1"]).with_code(0);
    // Where the lock was faster than its place was moved, it tells the same once more before.
    while places(&told.next().unwrap().unwrap()) != [before + 1] {}
    assert_eq!(interrupt(child).0, Some(130));
}

#[test]
fn recovery_that_runs_by_itself_can_be_interrupted() {
    let place = Place::demo();
    let mut command = place.command(&["recover", "--every", "1"]);
    let cart = place.cart("FEN-SKIL-26", "1");
    place.checkout(&cart, "test:unknown", &[]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
    // It is told once that a checkout waits, not with every look.
    let report = told.next().unwrap().unwrap();
    let waiting = serde_json::from_str::<Value>(&report).unwrap()["waiting"].as_u64();
    assert_eq!(waiting, Some(1), "{report}");
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    assert_eq!(interrupt(child), (Some(130), String::new()));
    assert!(!told.map_while(Result::ok).any(|line| line == report), "once");
    place.run(&["recover"]).with_code(0);
}
