//! What a reviewer would have to remember, as tests: the direction of dependencies, files that nobody compiles, words
//! that the glossary bans, pages that are not current, public items that nothing shows.
//!
//! Every check is a plain function from what was read to a list of complaints, so that each has a negative test beside
//! it: a planted violation must make it speak. A check that cannot fail is worse than none.
//!
//! * [`layering`]: which crate may know which, from `cargo metadata`.
//! * [`files`]: every file is compiled, opens with its essay and stays short.
//! * [`examples`]: every public item of the library is shown by an example that runs.
//! * [`words`]: `GLOSSARY.md` against the names in the code.
//! * [`pages`]: generated pages, the index of decisions, the number of dependencies.
//!
//! Deliberately absent: what rustfmt, clippy and rustdoc already see.

mod code;
mod examples;
mod files;
mod layering;
mod pages;
mod words;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use cargo_metadata::{Metadata, MetadataCommand};

/// The root of the workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The workspace as cargo sees it; asked once.
fn workspace() -> &'static Metadata {
    static WORKSPACE: OnceLock<Metadata> = OnceLock::new();
    WORKSPACE.get_or_init(|| {
        MetadataCommand::new()
            .manifest_path(root().join("Cargo.toml"))
            .no_deps()
            .exec()
            .expect("cargo metadata reads the workspace that is being tested")
    })
}

/// Every `.rs` file below `folder`, in order of path; nothing when there is no such folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Every `.rs` file of the workspace: sources, tests, benches and examples of each package.
fn all_rust_files() -> Vec<PathBuf> {
    let packages = workspace().workspace_packages();
    let folders = packages.iter().filter_map(|package| package.manifest_path.parent());
    folders
        .flat_map(|folder| {
            ["src", "tests", "benches", "examples"]
                .map(|part| folder.join(part).into_std_path_buf())
        })
        .flat_map(|folder| rust_files(&folder))
        .collect()
}

/// The path below the root, for messages.
fn short(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// Reads a file of the workspace.
fn read(path: &Path) -> String {
    std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// Fails with every complaint at once.
#[track_caller]
fn assert_none(what: &str, complaints: &[String]) {
    assert!(complaints.is_empty(), "{what}:\n  {}\n", complaints.join("\n  "));
}
