//! Pages and lists that must not fall behind: generated documentation, the index of decisions, the dependencies.

use std::path::Path;
use std::process::Command;

use crate::{assert_none, read, root};

/// How many packages `Cargo.lock` may hold, ours and those for other systems included.
///
/// Raising it is a decision for a review: what came in, and why it is worth its weight (docs/adr/0003).
const MOST_PACKAGES: usize = 330;

/// Returns the decisions that the index does not link, and the numbers that are used twice.
fn index_gaps(index: &str, files: &[String]) -> Vec<String> {
    let decisions: Vec<&String> =
        files.iter().filter(|name| name.ends_with(".md") && *name != "README.md").collect();
    let mut complaints: Vec<String> = decisions
        .iter()
        .filter(|name| !index.contains(&format!("({name})")))
        .map(|name| format!("docs/adr/README.md does not link {name}"))
        .collect();
    let number = |name: &str| name.split('-').next().unwrap_or_default().to_owned();
    for (at, name) in decisions.iter().enumerate() {
        let well_formed =
            number(name).len() == 4 && number(name).bytes().all(|b| b.is_ascii_digit());
        if !well_formed {
            complaints.push(format!("docs/adr/{name} does not begin with four digits"));
        } else if decisions[..at].iter().any(|other| number(other) == number(name)) {
            complaints.push(format!("docs/adr/{name} takes a number that is in use"));
        }
    }
    complaints
}

/// Returns how many packages a lock file holds.
fn package_count(lock: &str) -> usize {
    lock.lines().filter(|line| line.trim() == "[[package]]").count()
}

/// Returns the dependencies that have no line of why, and the lines about what is not depended on.
fn reason_gaps(manifest: &str, decision: &str) -> Vec<String> {
    let others: Vec<&str> = manifest
        .lines()
        .skip_while(|line| *line != "[workspace.dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once(" = ").map(|(name, _)| name))
        .filter(|name| *name != "sutler" && !name.starts_with("sutler-"))
        .collect();
    let reasons: Vec<&str> = decision
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name))
        .collect();
    let missing = others.iter().filter(|name| !reasons.contains(name));
    let idle = reasons.iter().filter(|name| !others.contains(name));
    missing
        .map(|name| format!("no reason for `{name}`"))
        .chain(idle.map(|name| format!("a reason for `{name}`, which is no dependency")))
        .collect()
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder of decisions is there");
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn every_decision_is_in_the_index() {
    let folder = root().join("docs/adr");
    let files = names_in(&folder);
    assert!(files.len() > 1, "no decisions in {}", folder.display());
    assert_none("decisions", &index_gaps(&read(&folder.join("README.md")), &files));
}

#[test]
fn dependencies_stay_few() {
    let count = package_count(&read(&root().join("Cargo.lock")));
    assert!(count > 50, "Cargo.lock was read wrongly: {count} packages");
    assert!(
        count <= MOST_PACKAGES,
        "Cargo.lock holds {count} packages, more than {MOST_PACKAGES}; see docs/adr/0003-dependencies.md"
    );
}

#[test]
fn every_dependency_has_a_line_of_why() {
    let manifest = read(&root().join("Cargo.toml"));
    let decision = read(&root().join("docs/adr/0003-dependencies.md"));
    assert_none("docs/adr/0003-dependencies.md", &reason_gaps(&manifest, &decision));
}

/// Runs the developer command, so that there is one mechanism; its own tests show that it notices a changed page.
#[test]
fn generated_pages_are_current() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["xtask", "docs", "--check"])
        .current_dir(root())
        .output()
        .expect("cargo runs, for it runs this test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[cfg(test)]
mod planted {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_decision_outside_the_index_is_named() {
        let files = names(&["0001-door.md", "0002-crates.md", "README.md"]);
        let gaps = index_gaps("| [0001](0001-door.md) | the door |", &files);
        assert_eq!(gaps, ["docs/adr/README.md does not link 0002-crates.md"]);
    }

    #[test]
    fn two_decisions_with_one_number_are_named() {
        let files = names(&["0001-a.md", "0001-b.md", "plan.md"]);
        let gaps = index_gaps("(0001-a.md) (0001-b.md) (plan.md)", &files);
        assert_eq!(
            gaps,
            [
                "docs/adr/0001-b.md takes a number that is in use",
                "docs/adr/plan.md does not begin with four digits",
            ]
        );
    }

    #[test]
    fn a_dependency_without_a_reason_is_named_and_so_is_a_reason_without_one() {
        let manifest = "[workspace.dependencies]\nsutler-core = { path = \"c\" }\ncsv = \"1\"\nserde = \"1\"\n\n[lints]\na = 1\n";
        let gaps = reason_gaps(
            manifest,
            "| crate | why |\n|---|---|\n| `csv` | reads |\n| `tokio` | no |\n",
        );
        assert_eq!(gaps, ["no reason for `serde`", "a reason for `tokio`, which is no dependency"]);
    }

    #[test]
    fn packages_of_a_lock_file_are_counted() {
        let lock = "version = 4\n\n[[package]]\nname = \"a\"\n\n[[package]]\nname = \"b\"\n";
        assert_eq!(package_count(lock), 2);
    }
}
