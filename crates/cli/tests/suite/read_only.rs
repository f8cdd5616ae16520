//! A shop that may be looked at and not written to: read-only media, or another owner's folder.

#![cfg(unix)]

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;

use crate::place::{Ended, Place};

/// Somebody who is neither the owner nor root.
const NOBODY: u32 = 65_534;

/// A place whose files may only be read, until it is dropped.
struct ReadOnly(Place);

impl ReadOnly {
    fn new(place: Place) -> Self {
        allow(place.path(), 0o555, 0o444);
        Self(place)
    }

    /// Runs the program as somebody for whom the rights count: root may write everywhere.
    fn run(&self, words: &[&str]) -> Ended {
        let mut command = self.0.command(words);
        if self.0.path().metadata().expect("a folder").uid() == 0 {
            command.uid(NOBODY);
        }
        command.output().expect("the program starts").into()
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        allow(self.0.path(), 0o755, 0o644);
    }
}

fn allow(folder: &Path, folders: u32, files: u32) {
    // A folder must be open while its entries are changed.
    std::fs::set_permissions(folder, Permissions::from_mode(0o755)).expect("it is ours");
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            allow(&path, folders, files);
        } else {
            std::fs::set_permissions(&path, Permissions::from_mode(files)).expect("it is ours");
        }
    }
    std::fs::set_permissions(folder, Permissions::from_mode(folders)).expect("it is ours");
}

const FOUND: &str = "Wagon Kettle";
const WARNING: &str = "warning: the search index beside the shop cannot be written";

#[test]
fn searching_needs_no_right_to_write() {
    let shop = ReadOnly::new(Place::demo());
    let ended = shop.run(&["search", "wagon kettle"]).with_code(0);
    assert!(ended.stdout.contains(FOUND), "{}", ended.stdout);
    assert!(ended.stderr.contains(WARNING), "{}", ended.stderr);
    let json = shop.run(&["search", "wagon kettle", "--json"]).with_code(0).json();
    assert!(json["total"].as_u64().is_some_and(|total| total >= 1), "{json}");
}

#[test]
fn an_index_that_lags_is_not_believed() {
    let place = Place::demo();
    place.write(
        "hats.csv",
        "Handle,Title,Variant SKU,Variant Price\nfelt-hat,Felt Hat,HAT-1,24.00\n",
    );
    place.run(&["import", "hats.csv"]).with_code(0);
    let shop = ReadOnly::new(place);
    let ended = shop.run(&["search", "felt hat"]).with_code(0);
    assert!(ended.stdout.contains("Felt Hat"), "{}", ended.stdout);
}

#[test]
fn without_an_index_one_is_made_for_the_search() {
    let place = Place::demo();
    std::fs::remove_dir_all(place.file("sutler.db-search")).expect("an index");
    let shop = ReadOnly::new(place);
    let ended = shop.run(&["search", "wagon kettle"]).with_code(0);
    assert!(ended.stdout.contains(FOUND), "{}", ended.stdout);
    assert!(!shop.0.file("sutler.db-search").exists());
}

#[test]
fn keeping_the_index_up_says_what_is_missing() {
    let shop = ReadOnly::new(Place::demo());
    let ended = shop.run(&["index", "rebuild"]).with_code(1);
    assert!(ended.stderr.contains("error[search.failed]"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("help: give this program the right to write there"),
        "{}",
        ended.stderr
    );
    let ended = shop.run(&["stock", "receive", "FEN-SKIL-26", "1"]).with_code(1);
    assert!(ended.stderr.contains("error[store.read_only]"), "{}", ended.stderr);
}
