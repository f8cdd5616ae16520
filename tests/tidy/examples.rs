//! Every public item of the library is shown at work, in an example that `cargo test --doc` runs.
//!
//! A type or trait has an example in its own documentation; a function or macro has one there that names it; a constant or
//! method is named by any example of the same file, so that one example may show a type with all it can do. Names are
//! looked for token by token, so neither a comment nor a text counts, and an example that is not run shows nothing.
//!
//! That a `pub` item can be reached at all is seen by the lint `unreachable_pub`, so whatever says `pub` is public here,
//! unless it is hidden from the documentation or stands in a test.
//!
//! Deliberately absent: fields and variants, which their type shows; methods of traits, which have no body to show; and
//! whether an example is worth reading.

use std::path::{Path, PathBuf};

use crate::code::{Token, code_only, line_of, tokens};
use crate::{assert_none, read, root, rust_files, short};

/// The crates that make up the library.
const LIBRARY: &[&str] = &["crates/core/src", "crates/engine/src", "src"];

/// Folders whose examples are still to be written. One that lacks none is reported, so the list cannot rot.
const OPEN: &[&str] = &[];

/// Macros that declare one public type for each call: documentation first, then its name. The example may also be written by
/// the macro itself, once for all its types; see [`macro_shows`].
const DECLARING: &[&str] = &["id_type", "label_type"];

/// What has to show a public item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Shown {
    /// An example of its own: a type or trait.
    There,
    /// An example of its own that names it: a function or macro.
    Named,
    /// An example of the file that names it: a constant, and what stands in an `impl`.
    Anywhere,
    /// An example of its own or of the macro that declares it: see [`DECLARING`].
    Declared,
}

/// A public item.
#[derive(PartialEq, Eq, Debug)]
struct Public<'a> {
    name: &'a str,
    shown: Shown,
    at: usize,
    /// Where its documentation and attributes begin.
    from: usize,
}

/// The attributes whose items are left out: tests, and what the documentation does not show.
const LEAVING_OUT: &[&[&str]] =
    &[&["#", "[", "cfg", "(", "test", ")", "]"], &["#", "[", "doc", "(", "hidden", ")", "]"]];

/// Returns where the item ends that an attribute at this token leaves out.
fn left_out_until(tokens: &[Token<'_>], index: usize) -> Option<usize> {
    let begins = |marks: &&&[&str]| {
        let here = tokens.get(index..index + marks.len()).unwrap_or_default();
        here.len() == marks.len()
            && here.iter().zip(**marks).all(|(token, mark)| token.text == *mark)
    };
    LEAVING_OUT.iter().find(begins).map(|marks| behind(tokens, index + marks.len()))
}

/// Returns the places of the modules that a file declares and leaves out, without their ending.
fn modules_left_out(path: &Path, text: &str) -> Vec<PathBuf> {
    let folder = path.parent().unwrap_or(path);
    let stem = path.file_stem().unwrap_or_default();
    let owns_folder = ["lib", "main", "mod"].iter().any(|name| stem == *name);
    let children = if owns_folder { folder.to_path_buf() } else { folder.join(stem) };
    let code = code_only(text);
    let tokens = tokens(&code);
    let skipped = (0..tokens.len())
        .filter_map(|index| left_out_until(&tokens, index).map(|end| &tokens[index..end]));
    let modules = skipped.flat_map(|skipped| {
        let lines = skipped.windows(3).filter(|line| line[0].text == "mod" && line[2].text == ";");
        lines.map(|line| line[1].text)
    });
    modules.map(|name| children.join(name)).collect()
}

/// Returns the public items of a file.
fn all_public<'a>(tokens: &[Token<'a>]) -> Vec<Public<'a>> {
    let text = |index: usize| tokens.get(index).map_or("", |token: &Token<'_>| token.text);
    let mut found = Vec::new();
    // The braces we are in, and whether they are those of an `impl`.
    let mut inside: Vec<bool> = Vec::new();
    let mut opens_impl = false;
    let mut index = 0;
    while index < tokens.len() {
        if let Some(end) = left_out_until(tokens, index) {
            index = end;
            continue;
        }
        let begins_item =
            index == 0 || matches!(text(index - 1), ";" | "{" | "}" | "]" | "unsafe" | "default");
        match text(index) {
            "impl" if begins_item => opens_impl = true,
            "{" => inside.push(std::mem::take(&mut opens_impl)),
            "}" => {
                inside.pop();
            }
            _ => {}
        }
        if let Some((name, shown)) = named_at(tokens, index) {
            let shown = if inside.last() == Some(&true) { Shown::Anywhere } else { shown };
            let from = documented_from(tokens, index);
            found.push(Public { name: name.text, shown, at: name.at, from });
        }
        index += 1;
    }
    found
}

/// Returns the name of the public item that begins at this token, and what has to show it.
fn named_at<'a>(tokens: &[Token<'a>], index: usize) -> Option<(Token<'a>, Shown)> {
    let text = |index: usize| tokens.get(index).map_or("", |token: &Token<'_>| token.text);
    let (at, shown) = match text(index) {
        "pub" => {
            let mut at = index + 1;
            while matches!(text(at), "async" | "unsafe" | "extern")
                || text(at) == "const" && matches!(text(at + 1), "fn" | "unsafe")
            {
                at += 1;
            }
            let shown = match text(at) {
                "fn" => Shown::Named,
                "struct" | "enum" | "union" | "trait" | "type" => Shown::There,
                "const" | "static" => Shown::Anywhere,
                _ => return None,
            };
            (at + 1, shown)
        }
        "macro_rules" if text(index.wrapping_sub(2)) == "macro_export" => (index + 2, Shown::Named),
        name if DECLARING.contains(&name) && text(index + 1) == "!" && text(index + 2) == "(" => {
            (index + 3, Shown::Declared)
        }
        _ => return None,
    };
    tokens.get(at).copied().filter(Token::is_name).map(|name| (name, shown))
}

/// Returns where the item ends that begins at this token: behind its body or its semicolon, or where what holds it ends.
fn behind(tokens: &[Token<'_>], from: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(from) {
        match token.text {
            "{" => depth += 1,
            "}" if depth == 0 => return index,
            "}" if depth == 1 => return index + 1,
            "}" => depth -= 1,
            ";" if depth == 0 => return index + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Returns the byte where the documentation of the item that begins at this token may begin: behind what stands before
/// its attributes. A type that a macro declares has its documentation behind the parenthesis.
fn documented_from(tokens: &[Token<'_>], index: usize) -> usize {
    if DECLARING.contains(&tokens[index].text) {
        return tokens[index + 2].at + 1;
    }
    let mut before = index;
    while before > 0 && tokens[before - 1].text == "]" {
        let mut depth = 0_usize;
        while before > 0 {
            before -= 1;
            match tokens[before].text {
                "]" => depth += 1,
                "[" => depth -= 1,
                "#" if depth == 0 => break,
                _ => {}
            }
        }
    }
    before.checked_sub(1).map_or(0, |at| tokens[at].at + tokens[at].text.len())
}

/// Returns the code of the examples in documentation with one of these marks that are compiled and run.
fn running_examples(text: &str, marks: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    // The example we are in, and whether it runs.
    let mut open: Option<(bool, String)> = None;
    for line in text.lines() {
        let Some(line) = marks.iter().find_map(|mark| line.trim().strip_prefix(mark)) else {
            // Documentation ends here, and so does whatever was left open in it.
            open = None;
            continue;
        };
        let line = line.trim();
        match (line.strip_prefix("```"), &mut open) {
            (Some(tags), None) => open = Some((runs(tags), String::new())),
            (Some(_), Some(_)) => found.extend(open.take().filter(|(runs, _)| *runs).map(|e| e.1)),
            (None, Some((_, code))) => {
                code.push_str(line.strip_prefix("# ").unwrap_or(line));
                code.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

/// Whether an example with these tags is run; other languages and `ignore`, `no_run`, `compile_fail` are not.
fn runs(tags: &str) -> bool {
    let mut tags = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty());
    tags.all(|tag| matches!(tag, "rust" | "should_panic") || tag.starts_with("edition"))
}

/// Whether a macro of the file writes an example of each type that it declares: `#[doc = concat!("```…", stringify!($name), …)]`.
fn macro_shows(text: &str) -> bool {
    let written = text.split("#[doc = concat!(").skip(1).filter_map(|doc| doc.split(")]").next());
    written.into_iter().any(|doc| doc.contains("```\\n") && doc.contains("stringify!($name)"))
}

/// Whether one of the examples names it.
fn named_in(examples: &[String], name: &str) -> bool {
    examples.iter().any(|example| tokens(&code_only(example)).iter().any(|t| t.text == name))
}

/// Returns one complaint for each public item of a file that no running example shows.
fn not_shown(path: &str, text: &str) -> Vec<String> {
    let code = code_only(text);
    let of_file = running_examples(text, &["///", "//!"]);
    let mut complaints = Vec::new();
    for Public { name, shown, at, from } in all_public(&tokens(&code)) {
        let own = running_examples(text.get(from..at).unwrap_or_default(), &["///"]);
        let (is_shown, lack) = match shown {
            Shown::There => (!own.is_empty(), "of its own"),
            Shown::Declared => (!own.is_empty() || macro_shows(text), "of its own"),
            Shown::Named => (named_in(&own, name), "of its own that names it"),
            Shown::Anywhere => (named_in(&of_file, name), "in this file that names it"),
        };
        if !is_shown {
            let line = line_of(text, at);
            complaints.push(format!("{path}:{line}: `{name}` has no running example {lack}"));
        }
    }
    complaints
}

/// Returns the complaints about all files of the library, by path.
fn library() -> Vec<String> {
    let files: Vec<(PathBuf, String)> = LIBRARY
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
        .map(|path| (path.clone(), read(&path)))
        .collect();
    let left_out: Vec<PathBuf> =
        files.iter().flat_map(|(path, text)| modules_left_out(path, text)).collect();
    let shown = files.iter().filter(|(path, _)| {
        let module = path.with_extension("");
        !left_out.iter().any(|out| module.starts_with(out))
    });
    shown.flat_map(|(path, text)| not_shown(&short(path), text)).collect()
}

/// Whether a complaint is about a folder that is still open.
fn is_open(complaint: &str) -> bool {
    OPEN.iter().any(|folder| complaint.starts_with(folder))
}

#[test]
fn every_public_item_is_shown_at_work() {
    let complaints: Vec<String> = library().into_iter().filter(|c| !is_open(c)).collect();
    assert_none("public items without a running example", &complaints);
}

#[test]
fn a_folder_is_open_only_while_it_lacks_examples() {
    let complaints = library();
    let idle = |folder: &&&str| !complaints.iter().any(|c| c.starts_with(**folder));
    let idle: Vec<String> =
        OPEN.iter().filter(idle).map(|folder| format!("`{folder}`: take it off OPEN")).collect();
    assert_none("folders that lack no example any more", &idle);
}

#[cfg(test)]
mod planted {
    use super::*;

    fn complaints(text: &str) -> Vec<String> {
        not_shown("a.rs", text)
    }

    #[test]
    fn every_kind_of_public_item_without_an_example_is_named() {
        for item in [
            "pub fn f() {}",
            "pub const fn f() {}",
            "pub struct f;",
            "pub enum f {}",
            "pub trait f {}",
            "pub type f = u8;",
            "pub const f: u8 = 1;",
            "pub static f: u8 = 1;",
            "#[macro_export]\nmacro_rules! f { () => {} }",
            "id_type!(/// Words.\n f = \"f\");",
            "macro_rules! m { () => { pub enum f {} } }",
            "impl A { pub fn f(self) {} }",
            "impl A { pub const f: u8 = 1; }",
        ] {
            assert_eq!(complaints(item).len(), 1, "{item}: {:?}", complaints(item));
        }
    }

    #[test]
    fn what_is_not_public_needs_no_example() {
        for item in [
            "fn f() {}",
            "pub(crate) fn f() {}",
            "pub(super) struct F;",
            "pub mod f {}",
            "pub use a::f;",
            "impl A for B { fn f() {} }",
            "trait A { fn f(); }",
            "macro_rules! f { () => {} }",
            "#[cfg(test)]\nmod tests { pub fn f() {} impl A { pub fn g() {} } }",
            "#[cfg(test)]\npub fn f() {}",
            "#[doc(hidden)]\npub fn f() {}",
            "impl A { #[doc(hidden)] pub fn f() {} }",
        ] {
            assert!(complaints(item).is_empty(), "{item}: {:?}", complaints(item));
        }
        let field =
            "/// ```\n/// F { f: 1 };\n/// ```\npub struct F { pub f: u8, pub(crate) g: u8 }";
        assert!(complaints(field).is_empty(), "{:?}", complaints(field));
    }

    #[test]
    fn an_item_is_shown_by_its_own_documentation_and_a_method_by_any() {
        let shown = "/// Is.\n///\n/// ```\n/// # use a::F;\n/// assert!(F::new().g());\n/// ```\n\
                     #[derive(Clone)]\n#[serde(tag = \"]\")]\npub struct F;\n\
                     impl F { pub fn new() {} pub fn g() {} }\npub fn h() {}";
        assert_eq!(
            complaints(shown),
            ["a.rs:11: `h` has no running example of its own that names it"]
        );
        let method =
            "/// ```\n/// F.h();\n/// ```\npub struct F;\n\nimpl F {\n    pub fn g() {}\n}";
        assert_eq!(
            complaints(method),
            ["a.rs:7: `g` has no running example in this file that names it"]
        );
        let essay = "//! ```\n//! f(F);\n//! ```\npub fn f() {}\nimpl F { pub fn f() {} }";
        assert_eq!(complaints(essay).len(), 1, "the essay shows methods and constants only");
        let declared = "id_type!(/// ```\n    /// F;\n    /// ```\n    F = \"f\");";
        assert!(complaints(declared).is_empty(), "{:?}", complaints(declared));
    }

    #[test]
    fn a_macro_may_write_the_example_of_the_types_it_declares() {
        let call = "id_type!(/// Words.\n f = \"f\");";
        let writing = "#[doc = concat!(\"```\\nuse a::\", stringify!($name), \";\\n```\")]";
        assert!(complaints(&format!("{writing}\n{call}")).is_empty());
        let naming = "#[doc = concat!(\"A \", stringify!($name))]";
        assert_eq!(complaints(&format!("{naming}\n{call}")).len(), 1);
    }

    #[test]
    fn an_example_counts_when_it_runs_and_names_the_item_in_code() {
        for (tags, code, shown) in [
            ("", "f();", true),
            ("rust", "f();", true),
            ("should_panic", "f();", true),
            ("ignore", "f();", false),
            ("no_run", "f();", false),
            ("compile_fail", "f();", false),
            ("text", "f();", false),
            ("json", "{ \"f\": 1 }", false),
            ("", "g(\"f\"); // f", false),
            ("", "ff();", false),
        ] {
            let text = format!("/// ```{tags}\n/// {code}\n/// ```\npub fn f() {{}}");
            assert_eq!(complaints(&text).is_empty(), shown, "{text}");
        }
        assert_eq!(complaints("/// ```\n/// f();\npub fn f() {}").len(), 1, "it never ends");
        assert!(complaints("/// ```\n/// g();\n/// ```\npub struct F;").is_empty());
        assert_eq!(complaints("/// ```no_run\n/// F;\n/// ```\npub struct F;").len(), 1);
    }

    #[test]
    fn modules_of_tests_and_hidden_ones_are_left_out() {
        let text = "pub mod a;\n#[cfg(test)]\nmod b;\n#[doc(hidden)]\npub mod c;\nmod d;";
        let of = |path: &str| modules_left_out(Path::new(path), text);
        assert_eq!(of("src/lib.rs"), [Path::new("src/b"), Path::new("src/c")]);
        assert_eq!(of("src/e.rs"), [Path::new("src/e/b"), Path::new("src/e/c")]);
    }

    #[test]
    fn what_stands_behind_a_hidden_variant_is_seen() {
        let text = "enum A { B { c: u8 }, #[doc(hidden)] D }\nimpl A { pub fn f() {} }";
        assert_eq!(complaints(text).len(), 1, "{:?}", complaints(text));
    }
}
