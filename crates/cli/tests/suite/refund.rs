//! Giving money back as people see it.

use crate::place::Place;

#[test]
fn units_are_given_back_for_what_they_were_charged() {
    let place = Place::demo();
    place.run(&["promotion", "add", "Three", "--percent", "33.33"]).with_code(0);
    place.order("FEN-SKIL-26", "3", "test:ok");
    place.run(&["fulfill", "ship", "1001", "--carrier", "dhl"]).with_code(0);
    let unit = ["refund", "1001", "--line", "FEN-SKIL-26=1", "--reason", "sent back"];
    let plan = place.run(&[&unit[..], &["--dry-run", "--json"]].concat()).with_code(0).json();
    assert_eq!(plan["amount"]["amount"], "30.67", "a third of 92.00");
    for back in ["30.67", "30.66", "30.67"] {
        let ended = place.run(&[&unit[..], &["--yes"]].concat()).with_code(0);
        assert!(ended.stderr.contains(&format!("gave {back} EUR of")), "{}", ended.stderr);
    }
    let more = place.run(&[&unit[..], &["--yes"]].concat()).with_code(4);
    assert!(more.stderr.contains("error[refund.too_many]"), "{}", more.stderr);
    place.run(&["refund", "1001", "--line", "FEN-SKIL-62=1", "--yes"]).with_code(3);
    place.run(&["refund", "1001", "--line", "FEN-SKIL-26=1", "--amount", "1.00"]).with_code(2);
    let order = place.run(&["order", "show", "1001"]).with_code(0);
    assert!(order.stdout.contains("30.66 EUR for 1 of line 1, sent back"), "{}", order.stdout);
    place.run(&["verify"]).with_code(0);
}
