//! Commits, cursors, and folders that are busy, old or damaged.

use std::fs;
use std::path::{Path, PathBuf};

use crate::shop::{found, prices, product};
use sutler_search::{Batch, PriceRange, ProductDocument, SearchError, SearchIndex, SearchRequest};
use tantivy::directory::{Directory, INDEX_WRITER_LOCK, MmapDirectory};
use tempfile::TempDir;

fn batch(products: &[(&str, &str)]) -> Batch {
    products.iter().map(|(id, title)| product(id, title)).collect()
}

/// A folder with an index of two products, read up to event 7.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let index = SearchIndex::open(folder.path()).unwrap();
    index.apply(batch(&[("a", "Oak Table"), ("b", "Lamp")]), 7).unwrap();
    folder
}

fn files(folder: &Path, ends: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().ends_with(ends))
        .collect();
    files.sort();
    files
}

#[test]
fn changes_are_seen_at_once_and_deletes_too() {
    let index = SearchIndex::in_memory().unwrap();
    assert_eq!((index.cursor().unwrap(), found(&index, "oak").as_str()), (0, ""));

    let applied = index.apply(batch(&[("a", "Oak Table"), ("b", "Oak Chair")]), 1).unwrap();
    assert_eq!((applied.created, applied.replaced, applied.deleted), (2, 0, 0));
    assert_eq!(found(&index, "oak"), "a b");

    let mut changes = batch(&[("a", "Pine Table"), ("c", "Oak Bed")]);
    changes.delete("b");
    changes.delete("never there");
    let applied = index.apply(changes, 2).unwrap();
    assert_eq!((applied.created, applied.replaced, applied.deleted), (1, 1, 1));
    assert_eq!((found(&index, "oak").as_str(), found(&index, "pine").as_str()), ("c", "a"));
    assert_eq!((index.product_count().unwrap(), index.cursor().unwrap()), (2, 2));

    let applied = index.apply(batch(&[("b", "Oak Chair again")]), 3).unwrap();
    assert_eq!(applied.created, 1);
    assert_eq!(found(&index, "oak"), "b c");
}

#[test]
fn a_batch_that_holds_a_product_twice_means_the_last() {
    let index = SearchIndex::in_memory().unwrap();
    let mut changes = batch(&[("a", "Oak"), ("a", "Pine"), ("b", "Pine")]);
    changes.delete("b");
    assert_eq!(changes.len(), 2);
    index.apply(changes.clone(), 1).unwrap();
    index.apply(changes, 1).unwrap();
    assert_eq!(found(&index, ""), "a");
    assert_eq!(found(&index, "pine"), "a");
}

#[test]
fn the_cursor_survives_and_never_goes_back() {
    let folder = folder();
    let index = SearchIndex::open(folder.path()).unwrap();
    assert_eq!(index.cursor().unwrap(), 7);
    index.apply(Batch::new(), u64::MAX).unwrap();
    index.merge().unwrap();
    drop(index);

    let index = SearchIndex::open(folder.path()).unwrap();
    assert_eq!((index.cursor().unwrap(), found(&index, "").as_str()), (u64::MAX, "a b"));
    let error = index.apply(batch(&[("c", "Bed")]), 8).unwrap_err();
    assert!(matches!(error, SearchError::Behind { given: 8, committed: u64::MAX }), "{error}");
    assert_eq!(found(&index, ""), "a b");

    index.clear().unwrap();
    assert_eq!((index.cursor().unwrap(), index.product_count().unwrap()), (0, 0));
    index.apply(batch(&[("c", "Bed")]), 8).unwrap();
    assert_eq!((index.cursor().unwrap(), found(&index, "").as_str()), (8, "c"));
}

#[test]
fn merging_keeps_every_product_and_the_cursor() {
    let folder = folder();
    let index = SearchIndex::open(folder.path()).unwrap();
    for n in 0..5_u64 {
        let mut changes = batch(&[(&format!("n{n}"), "Oak Stool")]);
        changes.delete(format!("n{}", n.wrapping_sub(2)));
        index.apply(changes, 10 + n).unwrap();
    }
    let before = found(&index, "oak");
    assert_eq!(before, "a n3 n4");
    index.merge().unwrap();
    index.merge().unwrap();
    assert_eq!(found(&index, "oak"), before);
    assert_eq!(index.cursor().unwrap(), 14);
    assert_eq!(files(folder.path(), ".store").len(), 1);
    index.verify().unwrap();
}

#[test]
fn a_bad_document_changes_nothing() {
    let index = SearchIndex::in_memory().unwrap();
    let priced =
        |range: PriceRange| ProductDocument { price_range: Some(range), ..product("bad", "Bad") };
    for (bad, expected) in [
        (product("", "No id"), "empty"),
        (product(&"x".repeat(257), "Long id"), "256"),
        (priced(PriceRange { minor_min: -1, minor_max: 1 }), "negative"),
        (priced(PriceRange { minor_min: 2, minor_max: 1 }), "above its highest"),
    ] {
        let mut changes = batch(&[("good", "Good")]);
        changes.upsert(bad);
        let error = index.apply(changes, 1).unwrap_err();
        assert!(matches!(error, SearchError::BadDocument { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
        assert_eq!((index.product_count().unwrap(), index.cursor().unwrap()), (0, 0));
    }
    let dear = ProductDocument { price_range: prices(0, i64::MAX), ..product("dear", "Dear") };
    index.apply([dear].into_iter().collect(), 1).unwrap();
}

#[test]
fn two_openers_see_each_other_and_take_turns() {
    let folder = folder();
    let one = SearchIndex::open(folder.path()).unwrap();
    let two = SearchIndex::open(folder.path()).unwrap();
    one.apply(batch(&[("c", "Oak Bed")]), 8).unwrap();
    assert_eq!((found(&two, "oak").as_str(), two.cursor().unwrap()), ("a c", 8));
    two.apply(batch(&[("d", "Oak Shelf")]), 9).unwrap();
    assert_eq!(found(&one, "oak"), "a c d");

    // What a writer of another process holds while it writes.
    let directory = MmapDirectory::open(folder.path()).unwrap();
    let lock = directory.acquire_lock(&INDEX_WRITER_LOCK).unwrap();
    for error in [
        one.apply(batch(&[("e", "Oak Door")]), 10).unwrap_err(),
        one.clear().unwrap_err(),
        one.merge().unwrap_err(),
        SearchIndex::recreate(folder.path()).unwrap_err(),
    ] {
        assert!(matches!(error, SearchError::Busy { .. }), "{error}");
        assert!(error.is_worth_retrying());
    }
    assert_eq!(found(&one, "oak"), "a c d");
    drop(lock);
    one.apply(batch(&[("e", "Oak Door")]), 10).unwrap();
    assert_eq!(found(&two, "oak"), "a c d e");
}

#[test]
fn threads_of_one_process_wait_for_each_other() {
    let index = SearchIndex::in_memory().unwrap();
    std::thread::scope(|scope| {
        for n in 0..4 {
            let index = &index;
            scope.spawn(move || {
                index.apply(batch(&[(&format!("p{n}"), "Oak")]), 1).unwrap();
                assert!(found(index, "oak").contains(&format!("p{n}")));
            });
        }
    });
    assert_eq!(found(&index, "oak"), "p0 p1 p2 p3");
}

/// Opening, and if that works searching and checking, asks for a rebuild; the rebuild helps.
#[track_caller]
fn check_needs_rebuild(folder: &Path, why: &str) {
    let outcome = SearchIndex::open(folder).and_then(|index| {
        index.search(&SearchRequest::new("oak"))?;
        index.verify()
    });
    let error = outcome.unwrap_err();
    assert!(matches!(error, SearchError::NeedsRebuild { .. }), "{error:?}");
    assert_eq!(error.code(), "search.needs_rebuild");
    let message = error.to_string();
    assert!(message.contains(why) && message.contains("rebuild"), "{message}");

    let index = SearchIndex::recreate(folder).unwrap();
    assert_eq!((index.cursor().unwrap(), index.product_count().unwrap()), (0, 0));
    index.apply(batch(&[("a", "Oak Table")]), 1).unwrap();
    assert_eq!(found(&index, "oak"), "a");
    SearchIndex::open(folder).unwrap().verify().unwrap();
}

#[test]
fn another_version_needs_a_rebuild() {
    let folder = folder();
    fs::write(folder.path().join("sutler-search.version"), "schema 0, format 7\n").unwrap();
    check_needs_rebuild(folder.path(), "another version");
    fs::remove_file(folder.path().join("sutler-search.version")).unwrap();
    check_needs_rebuild(folder.path(), "which version");
}

#[test]
fn other_fields_need_a_rebuild() {
    let folder = folder();
    let meta = folder.path().join("meta.json");
    let text = fs::read_to_string(&meta).unwrap();
    fs::write(&meta, text.replace("\"brand_words\"", "\"brand_wordz\"")).unwrap();
    check_needs_rebuild(folder.path(), "its fields");
}

#[test]
fn an_unreadable_cursor_needs_a_rebuild() {
    let folder = folder();
    let meta = folder.path().join("meta.json");
    let text = fs::read_to_string(&meta).unwrap();
    fs::write(&meta, text.replace("cursor", "course")).unwrap();
    check_needs_rebuild(folder.path(), "cursor");
}

#[test]
fn damaged_files_need_a_rebuild() {
    for garbage in [&b""[..], b"{", b"\xff\xfe", b"null"] {
        let folder = folder();
        fs::write(folder.path().join("meta.json"), garbage).unwrap();
        check_needs_rebuild(folder.path(), "");
    }
    for kind in [".store", ".fast", ".term", ".idx", ".fieldnorm"] {
        for damage in ["missing", "empty", "half", "zeros", "one byte"] {
            let folder = folder();
            let file = files(folder.path(), kind).remove(0);
            let mut bytes = fs::read(&file).unwrap();
            let len = bytes.len();
            match damage {
                "empty" => bytes.clear(),
                "half" => bytes.truncate(len / 2),
                "zeros" => bytes.fill(0),
                _ => bytes[len / 3] ^= 0x55,
            }
            fs::remove_file(&file).unwrap();
            if damage != "missing" {
                fs::write(&file, bytes).unwrap();
            }
            check_needs_rebuild(folder.path(), "");
        }
    }
}

#[test]
fn a_folder_of_someone_else_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    for outcome in [SearchIndex::open(folder.path()), SearchIndex::recreate(folder.path())] {
        let error = outcome.unwrap_err();
        assert!(matches!(error, SearchError::NotAnIndex { .. }), "{error}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

    let error = SearchIndex::open(&folder.path().join("notes.txt/search")).unwrap_err();
    assert!(matches!(error, SearchError::Io { .. }), "{error}");
}

#[test]
fn recreating_keeps_what_is_no_part_of_the_index() {
    let folder = folder();
    fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    let old = SearchIndex::open(folder.path()).unwrap();
    let index = SearchIndex::recreate(folder.path()).unwrap();
    index.apply(batch(&[("z", "Oak Bed")]), 1).unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("notes.txt")).unwrap(), "mine");
    assert_eq!(files(folder.path(), ".store").len(), 1);
    // An index that was open all the while sees the new one.
    assert_eq!((found(&old, "oak").as_str(), old.cursor().unwrap()), ("z", 1));
}

#[test]
fn a_folder_opened_for_reading_is_searched_followed_and_never_written() {
    let folder = folder();
    let names = |folder: &Path| files(folder, "");
    for lock in files(folder.path(), ".lock") {
        fs::remove_file(lock).unwrap();
    }
    let before = names(folder.path());
    let reading = SearchIndex::open_read_only(folder.path()).unwrap();
    assert_eq!((reading.cursor().unwrap(), found(&reading, "oak").as_str()), (7, "a"));
    let refused = reading.apply(batch(&[("c", "Oak Chair")]), 8).unwrap_err();
    assert!(refused.is_about_writing_rights(), "{refused}");
    assert!(reading.clear().unwrap_err().is_about_writing_rights());
    assert_eq!(names(folder.path()), before);

    // Another program, which may write, goes on.
    let writing = SearchIndex::open(folder.path()).unwrap();
    writing.apply(batch(&[("c", "Oak Chair")]), 8).unwrap();
    assert_eq!((reading.cursor().unwrap(), found(&reading, "oak").as_str()), (8, "a c"));

    let nothing = tempfile::tempdir().unwrap();
    let missing = SearchIndex::open_read_only(&nothing.path().join("search")).unwrap_err();
    assert!(matches!(missing, SearchError::NeedsRebuild { .. }), "{missing}");
    assert_eq!(names(nothing.path()), Vec::<PathBuf>::new());
}
