//! The script that integrators start from works, and running it again does nothing.

use std::path::Path;

use crate::place::Place;

#[test]
fn the_fulfillment_script_ships_every_paid_order_once() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/fulfillment.sh");
    let line = format!("bash '{}'", script.display());
    let place = Place::busy();
    let store = [("SUTLER_STORE", "sqlite:sutler.db")];
    let first = place.shell(&line, &store).with_code(0);
    assert_eq!(first.stdout, "shipped 1001\n", "{}", first.stderr);
    let again = place.shell(&line, &store).with_code(0);
    assert_eq!(again.stdout, "", "{}", again.stderr);
    let left =
        place.run(&["order", "list", "--stage", "confirmed", "--format", "csv"]).with_code(0);
    assert_eq!(left.stdout.lines().count(), 1, "only the header: {}", left.stdout);
}
