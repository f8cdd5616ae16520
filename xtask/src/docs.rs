//! `cargo xtask docs`: pages that are made from the code, and a check of what stands between them.
//!
//! A generated page is text that a function returns; this module compares it with the file and, when asked, writes it.
//! The generators live with what they describe: `sutler_core::status::pages` draws the status tables, and the pages on
//! the command line come from the program itself ([`cli`]). Pages that no generator makes any more are reported too.
//!
//! The check also follows every relative link of every Markdown file, because a page that moves takes its readers
//! along only if the links do ([`links`]).

mod cli;
mod errors;
mod links;

use std::path::{Path, PathBuf};

use crate::step::Failure;
use crate::{complain, place};

/// What to do with a page that is not current.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// Write it.
    Write,
    /// Report it.
    Check,
}

/// A generated page: its path below the root, and what it must say.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Page {
    path: PathBuf,
    text: String,
}

/// Folders in which every page is generated: another file in them is a left-over.
const GENERATED_FOLDERS: &[&str] = &["docs/status"];

/// Writes or checks every generated page, then follows the links.
pub(crate) fn run(mode: Mode) -> Result<(), Failure> {
    let root = place::root();
    let pages = pages()?;
    let mut stale = reconcile(&root, &pages, mode)?;
    stale.extend(left_over(&root, &pages, mode)?);
    match mode {
        Mode::Write => {
            stale.iter().for_each(|page| complain(&format!("  wrote {page}\n")));
            complain(&format!(
                "{} generated pages, {} of them changed\n",
                pages.len(),
                stale.len()
            ));
        }
        Mode::Check if !stale.is_empty() => {
            return Err(Failure::new(
                format!("these generated pages are not current: {}", stale.join(", ")),
                "run `cargo xtask docs` and commit what it wrote",
            ));
        }
        Mode::Check => complain(&format!("{} generated pages are current\n", pages.len())),
    }
    let broken = links::broken(&root)?;
    if broken.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("links that lead nowhere:\n    {}", broken.join("\n    ")),
        "correct the path, or write the page",
    ))
}

/// Returns every generated page.
fn pages() -> Result<Vec<Page>, Failure> {
    let status = sutler_core::status::pages().into_iter();
    let mut pages: Vec<Page> = status
        .map(|(file, text)| Page { path: Path::new("docs/status").join(file), text })
        .collect();
    pages.push(Page { path: PathBuf::from("docs/cli.md"), text: cli::reference()? });
    let errors = errors::page(sutler_engine::flow::import::codes());
    pages.push(Page { path: PathBuf::from("docs/errors.md"), text: errors });
    let refusals = sutler_core::code::page();
    pages.push(Page { path: PathBuf::from("docs/refusals.md"), text: refusals });
    pages.push(Page { path: PathBuf::from("docs/promotion.schema.json"), text: schema()? });
    Ok(pages)
}

/// The JSON schema of promotions in files, for editors and programs that write them.
fn schema() -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(&sutler_core::pricing::promotion_schema());
    text.map(|text| text + "\n").map_err(|error| {
        Failure::new(
            format!("cannot write the schema of promotions: {error}"),
            "mend the generator",
        )
    })
}

/// Brings the files in line with `pages`, or only compares. Returns the paths that differed.
fn reconcile(root: &Path, pages: &[Page], mode: Mode) -> Result<Vec<String>, Failure> {
    let mut stale = Vec::new();
    for page in pages {
        let path = root.join(&page.path);
        // A file that cannot be read is a file that is not current.
        if std::fs::read_to_string(&path).is_ok_and(|there| there == page.text) {
            continue;
        }
        stale.push(page.path.display().to_string());
        if mode == Mode::Write {
            let folder = path.parent().expect("a page lies in a folder");
            let written =
                std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, &page.text));
            written.map_err(|error| cannot("write", &path, &error))?;
        }
    }
    Ok(stale)
}

/// Returns the files in generated folders that no generator makes any more; removes them when writing.
fn left_over(root: &Path, pages: &[Page], mode: Mode) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for folder in GENERATED_FOLDERS {
        let Ok(entries) = std::fs::read_dir(root.join(folder)) else { continue };
        for entry in entries.flatten() {
            let path = Path::new(folder).join(entry.file_name());
            if pages.iter().any(|page| page.path == path) {
                continue;
            }
            found.push(path.display().to_string());
            if mode == Mode::Write {
                let gone = std::fs::remove_file(entry.path());
                gone.map_err(|error| cannot("remove", &entry.path(), &error))?;
            }
        }
    }
    Ok(found)
}

fn cannot(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(
        format!("cannot {what} {}: {error}", path.display()),
        "check the rights on the folder",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &str, text: &str) -> Page {
        Page { path: PathBuf::from(path), text: text.to_owned() }
    }

    #[test]
    fn writing_makes_pages_current_and_the_second_run_changes_nothing() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let pages = [page("docs/status/order.md", "# Order\n"), page("docs/cli.md", "# CLI\n")];
        let first =
            reconcile(root.path(), &pages, Mode::Write).expect("a fresh folder is writable");
        assert_eq!(first, ["docs/status/order.md", "docs/cli.md"]);
        assert!(reconcile(root.path(), &pages, Mode::Check).expect("readable").is_empty());
        assert!(reconcile(root.path(), &pages, Mode::Write).expect("readable").is_empty());
    }

    #[test]
    fn the_check_names_a_page_that_was_edited_by_hand_and_leaves_it_alone() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let pages = [page("docs/cli.md", "# CLI\n")];
        reconcile(root.path(), &pages, Mode::Write).expect("a fresh folder is writable");
        std::fs::write(root.path().join("docs/cli.md"), "# By hand\n").expect("writable");
        let stale = reconcile(root.path(), &pages, Mode::Check).expect("readable");
        assert_eq!(stale, ["docs/cli.md"]);
        let kept = std::fs::read_to_string(root.path().join("docs/cli.md")).expect("readable");
        assert_eq!(kept, "# By hand\n");
    }

    #[test]
    fn a_status_page_without_a_table_is_a_left_over() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let pages = [page("docs/status/order.md", "# Order\n")];
        reconcile(root.path(), &pages, Mode::Write).expect("a fresh folder is writable");
        std::fs::write(root.path().join("docs/status/gone.md"), "").expect("writable");
        let found = left_over(root.path(), &pages, Mode::Check).expect("readable");
        assert_eq!(found, ["docs/status/gone.md"]);
        left_over(root.path(), &pages, Mode::Write).expect("removable");
        assert!(left_over(root.path(), &pages, Mode::Check).expect("readable").is_empty());
    }
}
