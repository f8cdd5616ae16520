//! The folder of an index: whose it is, of which version, and how it is emptied.
//!
//! A marker file names the version of the schema and of the engine's format. It is written before
//! the index, so a folder with an index and without a marker is not ours, and one with a marker
//! and without an index was interrupted while it was made, and is empty.
//!
//! Nothing is ever deleted that this crate or tantivy did not name.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use tantivy::directory::{Directory, INDEX_WRITER_LOCK, META_LOCK, MmapDirectory};

use crate::error::{Place, SearchError};
use crate::schema::SCHEMA_VERSION;

/// The file whose presence makes a folder an index.
pub(crate) const META: &str = "meta.json";
/// The file that says which version wrote the folder.
const MARKER: &str = "sutler-search.version";
/// Where tantivy keeps the list of its files.
const MANAGED: &str = ".managed.json";

/// What was found in a folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// Nothing, or an index that was never completed.
    Nothing,
    /// An index of this version.
    Index,
    /// An index that this version cannot read, and why.
    Outdated(String),
    /// Other files.
    Foreign,
}

fn marker() -> String {
    format!("schema {SCHEMA_VERSION}, format {}\n", tantivy::INDEX_FORMAT_VERSION)
}

/// Says what a folder holds. A folder that does not exist holds nothing.
pub(crate) fn look(path: &Path) -> io::Result<Found> {
    let has_index = path.join(META).try_exists()?;
    let marker_found = match fs::read_to_string(path.join(MARKER)) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) if error.kind() == ErrorKind::InvalidData => Some("unreadable".to_owned()),
        Err(error) => return Err(error),
    };
    Ok(match (has_index, marker_found) {
        (true, Some(found)) if found == marker() => Found::Index,
        (true, Some(found)) => Found::Outdated(format!(
            "it was written by another version ({}, this one needs {})",
            found.trim(),
            marker().trim()
        )),
        (true, None) => Found::Outdated("nothing says which version wrote it".to_owned()),
        (false, Some(_)) => Found::Nothing,
        (false, None) if only_locks(path)? => Found::Nothing,
        (false, None) => Found::Foreign,
    })
}

fn only_locks(path: &Path) -> io::Result<bool> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let name = entry?.file_name();
        let is_lock = name.to_str().is_some_and(|name| {
            [&INDEX_WRITER_LOCK, &META_LOCK].iter().any(|lock| lock.filepath == Path::new(name))
        });
        if !is_lock {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Writes the marker, whole or not at all.
pub(crate) fn mark(directory: &MmapDirectory) -> io::Result<()> {
    directory.atomic_write(Path::new(MARKER), marker().as_bytes())?;
    directory.sync_directory()
}

/// Deletes every file of an index but its locks. The caller holds the writer's lock.
pub(crate) fn empty(
    path: &Path,
    directory: &MmapDirectory,
    place: &Place,
) -> Result<(), SearchError> {
    const OP: &str = "emptying the search index";
    let failed =
        |source: io::Error| SearchError::Io { op: OP, place: path.display().to_string(), source };
    // Readers of other processes open their files under this lock.
    let _readers =
        directory.acquire_lock(&META_LOCK).map_err(|error| place.engine(OP, error.into()))?;
    // The index ends to exist with its first file, so a crash in between leaves an empty folder.
    for name in [META, MANAGED] {
        match fs::remove_file(path.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    for entry in fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.file_name().to_str().is_some_and(is_segment_file) {
            fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    Ok(())
}

/// Says whether tantivy named this file: 32 hexadecimal digits, a dot and more.
fn is_segment_file(name: &str) -> bool {
    name.split_once('.').is_some_and(|(stem, rest)| {
        stem.len() == 32 && stem.bytes().all(|b| b.is_ascii_hexdigit()) && !rest.is_empty()
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
    use super::{Found, MARKER, META, is_segment_file, look, marker};
    use std::fs;

    #[test]
    fn a_folder_is_known_by_its_marker() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert_eq!(look(&at("missing")).unwrap(), Found::Nothing);
        assert_eq!(look(folder.path()).unwrap(), Found::Nothing);
        fs::write(at("notes.txt"), "mine").unwrap();
        assert_eq!(look(folder.path()).unwrap(), Found::Foreign);
        fs::write(at(MARKER), marker()).unwrap();
        assert_eq!(look(folder.path()).unwrap(), Found::Nothing);
        fs::write(at(META), "{}").unwrap();
        assert_eq!(look(folder.path()).unwrap(), Found::Index);
        for other in ["schema 0, format 1\n", ""] {
            fs::write(at(MARKER), other).unwrap();
            assert!(matches!(look(folder.path()).unwrap(), Found::Outdated(_)), "{other}");
        }
    }

    #[test]
    fn only_names_that_tantivy_gives_are_deleted() {
        assert!(is_segment_file("0123456789abcdef0123456789abcdef.store"));
        assert!(is_segment_file("0123456789abcdef0123456789abcdef.12.del"));
        for other in
            ["notes.txt", "0123456789abcdef0123456789abcdef", "0123.store", ".managed.json"]
        {
            assert!(!is_segment_file(other), "{other}");
        }
    }
}
