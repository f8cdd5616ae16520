//! A disk with too little room for what is to be done: a small one of its own, which only root can mount; elsewhere these
//! tests say that they were skipped. A limit on the length of files needs no root.

#![cfg(target_os = "linux")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

use std::process::Command;

use crate::place::Place;

/// A place on a disk of a few megabytes, until it is dropped.
struct SmallDisk(Place);

impl SmallDisk {
    /// Mounts the disk with a copy of the demo shop on it; nothing where this process may not mount.
    fn with_demo() -> Option<Self> {
        let place = Place::empty();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8m", "tmpfs"])
            .arg(place.path())
            .output();
        if !mounted.is_ok_and(|output| output.status.success()) {
            eprintln!("SKIPPED: a small disk cannot be mounted here, which takes root");
            return None;
        }
        let disk = Self(place);
        disk.0.run(&["init", "--demo"]).with_code(0);
        disk.0.run(&["index", "sync"]).with_code(0);
        Some(disk)
    }

    /// Fills the disk up but for this much.
    fn leave(&self, kib: u64) {
        let filler = self.0.file("filler");
        let _ = std::fs::remove_file(&filler);
        let disk = rustix::fs::statvfs(self.0.path()).expect("it is mounted");
        let free = disk.f_bavail * disk.f_frsize;
        let bytes = usize::try_from(free.saturating_sub(kib * 1_024)).expect("a small disk");
        std::fs::write(filler, vec![0; bytes]).expect("there is room for this");
    }

    fn empty_again(&self) {
        std::fs::remove_file(self.0.file("filler")).expect("it was filled");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[test]
fn a_disk_without_any_room_is_named_by_every_command() {
    let Some(disk) = SmallDisk::with_demo() else { return };
    disk.leave(0);
    for words in [&["product", "list"][..], &["cart", "new"], &["search", "kettle"]] {
        let ended = disk.0.run(words).with_code(1);
        assert!(ended.stderr.contains("error[store.full]"), "{words:?}: {}", ended.stderr);
        assert!(ended.stderr.contains("help: free some room"), "{words:?}: {}", ended.stderr);
    }
    disk.empty_again();
    disk.0.run(&["product", "list"]).with_code(0);
    disk.0.run(&["verify"]).with_code(0);
}

#[test]
fn a_checkout_that_ran_out_of_room_never_says_that_nothing_was_done_when_money_is_held() {
    let Some(disk) = SmallDisk::with_demo() else { return };
    let mut left_open = 0;
    for kib in (40..200).step_by(8) {
        let cart = disk.0.cart("FEN-SKIL-20", "1");
        let before = orders(&disk);
        disk.leave(kib);
        let ended = disk.0.checkout(&cart, "test:ok", &[]);
        disk.empty_again();
        let opened = orders(&disk) - before;
        let code = |code: &str| ended.stderr.contains(&format!("error[{code}]"));
        if code("payment.open") {
            left_open += 1;
            assert_eq!((opened, ended.code), (1, 7), "{kib} KiB: {}", ended.stderr);
            for word in ["order 10", "sutler recover", "free some room"] {
                assert!(ended.stderr.contains(word), "no {word} in {}", ended.stderr);
            }
        } else if code("store.full") {
            assert_eq!((opened, ended.code), (0, 1), "{kib} KiB: {}", ended.stderr);
        } else {
            assert_eq!((opened, ended.code), (1, 0), "{kib} KiB: {}", ended.stderr);
        }
    }
    assert!(left_open > 0, "no checkout was cut off between its two commits");
    disk.0.run(&["verify"]).with_code(0);
}

fn orders(disk: &SmallDisk) -> usize {
    let listed: serde_json::Value = disk.0.run(&["order", "list", "--json"]).with_code(0).json();
    listed["orders"].as_array().expect("a list").len()
}

#[test]
fn searching_goes_on_where_the_index_cannot_grow() {
    let Some(disk) = SmallDisk::with_demo() else { return };
    let mut without = 0;
    for kib in [40, 44, 48, 56, 64] {
        // What changed since must go into the index.
        disk.0.run(&["stock", "receive", "FEN-SKIL-26", "1"]).with_code(0);
        disk.leave(kib);
        let ended = disk.0.run(&["search", "wagon kettle"]).with_code(0);
        assert!(ended.stdout.contains("Wagon Kettle"), "{kib} KiB: {}", ended.stdout);
        without += usize::from(ended.stderr.contains("the search index beside the shop"));
        disk.empty_again();
    }
    assert!(without > 0, "the index always had room");
}

#[test]
fn a_limit_on_the_length_of_files_is_told() {
    let place = Place::demo();
    let limited = place.shell("ulimit -f 1; exec sutler cart new", &[]).with_code(1);
    assert!(limited.stderr.contains("error[store."), "{}", limited.stderr);
    assert!(limited.stderr.contains("ulimit -f"), "{}", limited.stderr);
    place.run(&["cart", "new"]).with_code(0);
}
