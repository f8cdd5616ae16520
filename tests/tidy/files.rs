//! Every file is compiled, opens with its essay, stays short and has no part that is still to be written.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::code::{Token, code_only, quoted_after, tokens};
use crate::{all_rust_files, assert_none, read, short, workspace};

/// Above this a file holds more than one noun.
const MOST_LINES: usize = 800;

/// Returns the files of `files` that no `mod` line, starting from `targets`, leads to.
///
/// A forgotten test file is the worst of them: it looks like a promise and never runs.
fn forgotten(targets: &[PathBuf], files: &[PathBuf]) -> Vec<String> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<(PathBuf, bool)> = targets.iter().map(|path| (path.clone(), true)).collect();
    while let Some((path, is_target)) = open.pop() {
        if !reached.insert(path.clone()) {
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        open.extend(modules_of(&path, is_target, &text).into_iter().map(|path| (path, false)));
    }
    files.iter().filter(|path| !reached.contains(*path)).map(|path| short(path)).collect()
}

/// Returns the files that the `mod` lines and `include!`s of one file name, where they exist.
fn modules_of(path: &Path, is_target: bool, text: &str) -> Vec<PathBuf> {
    let folder = path.parent().expect("a file lies in a folder");
    let owns_folder = is_target || path.file_name().is_some_and(|name| name == "mod.rs");
    let stem = path.file_stem().expect("a Rust file has a name");
    let children = if owns_folder { folder.to_path_buf() } else { folder.join(stem) };

    let code = code_only(text);
    let tokens = tokens(&code);
    let mut found = Vec::new();
    let mut named_path: Option<&str> = None;
    // The braces we are in; those of an inline module carry its name.
    let mut inside: Vec<Option<&str>> = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let next = |n: usize| tokens.get(index + n).map_or("", |token: &Token<'_>| token.text);
        match token.text {
            // Only the attribute: a variable may have the name too.
            "path" if next(1) == "=" && index > 0 && tokens[index - 1].text == "[" => {
                named_path = quoted_after(text, token.at)
            }
            "include" if next(1) == "!" => {
                found.extend(quoted_after(text, token.at).map(|file| folder.join(file)));
            }
            "mod" if next(2) == ";" => {
                let inline =
                    inside.iter().flatten().fold(children.clone(), |path, name| path.join(name));
                match named_path.take() {
                    Some(file) => found.push(folder.join(file)),
                    None => found.extend([
                        inline.join(format!("{}.rs", next(1))),
                        inline.join(next(1)).join("mod.rs"),
                    ]),
                }
            }
            "{" => {
                let module = index.checked_sub(2).filter(|at| tokens[*at].text == "mod");
                inside.push(module.map(|at| tokens[at + 1].text));
            }
            "}" => {
                inside.pop();
            }
            _ => {}
        }
    }
    found.retain(|path| path.is_file());
    found
}

/// Says when a file does not open with `//!`. Attributes of the crate may stand above.
fn without_essay(text: &str) -> bool {
    let first =
        text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with("#!["));
    !first.is_some_and(|line| line.starts_with("//!"))
}

/// Returns the macros in the code that stand for work not done.
fn unfinished(text: &str) -> Vec<&'static str> {
    let code = code_only(text);
    let tokens = tokens(&code);
    ["todo", "unimplemented"]
        .into_iter()
        .filter(|name| tokens.windows(2).any(|pair| pair[0].text == *name && pair[1].text == "!"))
        .collect()
}

#[test]
fn every_file_is_compiled() {
    let packages = workspace().workspace_packages();
    let targets: Vec<PathBuf> = packages
        .iter()
        .flat_map(|package| &package.targets)
        .map(|target| target.src_path.clone().into_std_path_buf())
        .collect();
    let files = all_rust_files();
    assert!(files.len() > targets.len(), "cargo named {} targets", targets.len());
    assert_none("files that no `mod` line leads to", &forgotten(&targets, &files));
}

#[test]
fn every_file_opens_with_its_essay() {
    let files = all_rust_files();
    // A `tests.rs` beside a module says no more than the module does.
    let mute: Vec<String> = files
        .iter()
        .filter(|path| path.file_name().is_none_or(|name| name != "tests.rs"))
        .filter(|path| without_essay(&read(path)))
        .map(|path| short(path))
        .collect();
    assert_none("files that do not open with `//!`", &mute);
}

#[test]
fn no_file_is_too_long() {
    let long: Vec<String> = all_rust_files()
        .iter()
        .map(|path| (path, read(path).lines().count()))
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(path, lines)| format!("{}: {lines} lines", short(path)))
        .collect();
    assert_none("files that hold more than one noun", &long);
}

#[test]
fn nothing_is_left_to_be_done() {
    let found: Vec<String> = all_rust_files()
        .iter()
        .flat_map(|path| {
            unfinished(&read(path)).into_iter().map(|name| format!("{}: {name}!", short(path)))
        })
        .collect();
    assert_none("unfinished places", &found);
}

#[cfg(test)]
mod planted {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (path, text) in files {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("inside")).expect("the folder");
            std::fs::write(path, text).expect("writable");
        }
        folder
    }

    fn forgotten_in(files: &[(&str, &str)], target: &str) -> Vec<String> {
        let folder = folder(files);
        let found = forgotten(&[folder.path().join(target)], &crate::rust_files(folder.path()));
        let root = folder.path().display().to_string();
        found.iter().map(|path| path.replace(&format!("{root}/"), "")).collect()
    }

    #[test]
    fn a_test_in_a_sub_folder_that_nobody_declares_is_forgotten() {
        let found = forgotten_in(
            &[
                ("tests/shop.rs", "mod carts;"),
                ("tests/carts.rs", ""),
                ("tests/orders/refund.rs", ""),
            ],
            "tests/shop.rs",
        );
        assert_eq!(found, ["tests/orders/refund.rs"]);
    }

    #[test]
    fn all_ways_to_declare_a_module_are_followed() {
        let found = forgotten_in(
            &[
                (
                    "src/lib.rs",
                    "mod a; mod b { pub mod c; }\n#[path = \"far/d.rs\"] mod near;\ninclude!(\"e.rs\");",
                ),
                ("src/a.rs", "mod deep;"),
                ("src/a/deep.rs", ""),
                ("src/b/c/mod.rs", "mod inner;"),
                ("src/b/c/inner.rs", ""),
                ("src/far/d.rs", ""),
                ("src/e.rs", ""),
                ("src/near.rs", ""),
            ],
            "src/lib.rs",
        );
        assert_eq!(found, ["src/near.rs"], "`#[path]` leads elsewhere");
    }

    #[test]
    fn a_mod_line_in_a_comment_leads_nowhere() {
        assert_eq!(forgotten_in(&[("lib.rs", "// mod a;"), ("a.rs", "")], "lib.rs"), ["a.rs"]);
    }

    #[test]
    fn a_file_that_opens_with_code_is_noticed() {
        assert!(without_essay("use std::fs;\n//! Too late.\n"));
        assert!(without_essay("// Not an essay.\n"));
        assert!(!without_essay("#![allow(missing_docs)]\n\n//! What is here.\n"));
    }

    #[test]
    fn unfinished_places_are_seen_in_code_only() {
        assert_eq!(unfinished("fn f() { todo!() }"), ["todo"]);
        assert!(unfinished("// todo! later\nlet a = \"unimplemented!\";").is_empty());
    }
}
