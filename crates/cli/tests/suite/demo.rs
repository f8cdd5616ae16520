//! The demo: the whole journey, twice, and never over somebody's shop.

use crate::place::Place;

#[test]
fn the_demo_tells_the_whole_journey_and_can_be_run_again() {
    let place = Place::empty();
    let first = place.run(&["demo"]).with_code(0);
    for line in [
        "$ sutler import catalog.csv",
        "$ sutler fulfill ship 1001",
        "$ sutler refund 1002 --amount 5.00",
        "everything adds up",
        "The shop stays here to play with:",
    ] {
        assert!(first.stdout.contains(line), "{line} is not in:\n{}", first.stdout);
    }
    let second = place.run(&["demo"]).with_code(0);
    assert_eq!(crate::place::normalized(&first.stdout), crate::place::normalized(&second.stdout));
    // What was shown can be typed.
    place
        .shell("cd sutler-demo && sutler order show 1001 && sutler search skillet", &[])
        .with_code(0);
}

#[test]
fn a_shop_that_somebody_used_is_not_replaced() {
    let place = Place::empty();
    place.run(&["demo", "mine"]).with_code(0);
    place.shell("cd mine && sutler stock receive FEN-SKIL-26 1", &[]).with_code(0);
    let refused = place.run(&["demo", "mine"]).with_code(2);
    assert!(refused.stderr.contains("error[demo.folder_in_use]"), "{}", refused.stderr);
    assert!(refused.stderr.contains("--yes"), "{}", refused.stderr);
    place.run(&["demo", "mine", "--yes"]).with_code(0);
}

#[test]
fn the_demo_is_json_when_asked() {
    let place = Place::empty();
    let told = place.run(&["demo", "--json"]).with_code(0).json();
    let steps = told["steps"].as_array().unwrap();
    assert!(steps.len() > 15);
    assert_eq!(steps.last().unwrap()["answer"]["ok"], true);
}
