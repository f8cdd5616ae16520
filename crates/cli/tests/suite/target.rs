//! Files that commands write: what stands there already, links, and who may read them.

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};

use crate::place::Place;

fn mode(place: &Place, name: &str) -> u32 {
    place.file(name).metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn an_export_writes_what_a_link_points_at_with_the_rights_it_had() {
    let place = Place::demo();
    place.write("real.csv", "old");
    std::fs::set_permissions(place.file("real.csv"), std::fs::Permissions::from_mode(0o640))
        .unwrap();
    symlink("real.csv", place.file("link.csv")).unwrap();
    let asked = place.run(&["export", "link.csv"]).with_code(2);
    assert!(asked.stderr.contains("error[confirmation.missing]"), "{}", asked.stderr);
    place.run(&["export", "link.csv", "--yes"]).with_code(0);
    assert!(place.file("link.csv").is_symlink());
    assert!(place.read("real.csv").starts_with("Handle,"));
    assert_eq!(mode(&place, "real.csv"), 0o640);
    symlink("later.csv", place.file("dangling.csv")).unwrap();
    place.run(&["export", "dangling.csv"]).with_code(0);
    assert!(place.file("dangling.csv").is_symlink() && place.file("later.csv").is_file());
}

#[test]
fn a_new_export_has_the_rights_of_any_new_file() {
    let place = Place::demo();
    for (umask, rights) in [("022", 0o644), ("077", 0o600)] {
        let line = format!("umask {umask}; sutler export {umask}.csv");
        place.shell(&line, &[]).with_code(0);
        assert_eq!(mode(&place, &format!("{umask}.csv")), rights);
    }
}

#[test]
fn a_pipe_takes_an_export_and_stays_a_pipe() {
    let place = Place::demo();
    let ended = place.shell("mkfifo pipe; cat pipe > got.csv & sutler export pipe; wait", &[]);
    ended.with_code(0);
    assert!(place.file("pipe").metadata().unwrap().file_type().is_fifo());
    assert!(place.read("got.csv").starts_with("Handle,"));
}

#[test]
fn what_is_no_file_is_not_replaced() {
    let place = Place::demo();
    std::fs::create_dir(place.file("folder")).unwrap();
    place.shell("mkfifo pipe", &[]).with_code(0);
    for words in
        [["export", "folder", "--yes"], ["backup", "folder", "--yes"], ["backup", "pipe", "--yes"]]
    {
        let refused = place.run(&words).with_code(2);
        assert!(refused.stderr.contains("error[file.not_regular]"), "{}", refused.stderr);
    }
    assert!(place.file("pipe").metadata().unwrap().file_type().is_fifo());
}

#[test]
fn a_link_to_the_shop_is_the_shop() {
    let place = Place::demo();
    symlink("sutler.db", place.file("link.csv")).unwrap();
    let refused = place.run(&["export", "link.csv", "--yes"]).with_code(2);
    assert!(refused.stderr.contains("error[file.of_the_shop]"), "{}", refused.stderr);
    // And what belongs to it lies beside it, whatever name it is called by.
    std::fs::create_dir(place.file("other")).unwrap();
    symlink("../sutler.db", place.file("other/shop.db")).unwrap();
    place.run(&["backup", "copy.db"]).with_code(0);
    let store = ["--store", "sqlite:other/shop.db"];
    place.run(&[&["restore", "copy.db", "--yes"][..], &store].concat()).with_code(0);
    assert!(place.file("other/shop.db").is_symlink());
    place.run(&[&["search", "kettle"][..], &store].concat()).with_code(0);
    let names = std::fs::read_dir(place.file("other")).unwrap().count();
    assert_eq!(names, 1, "only the link");
    place.run(&["verify"]).with_code(0);
}
