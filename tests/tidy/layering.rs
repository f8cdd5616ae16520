//! Which crate may know which, as in `ARCHITECTURE.md`. A package that is not in the table is refused: a new crate is
//! a decision and has an ADR.

use cargo_metadata::DependencyKind;

use crate::{assert_none, workspace};

/// What one package may depend on, of our own crates.
struct Rule {
    package: &'static str,
    /// In what it ships.
    may_know: &'static [&'static str],
    /// In its tests besides.
    in_tests: &'static [&'static str],
}

const fn rule(
    package: &'static str,
    may_know: &'static [&'static str],
    in_tests: &'static [&'static str],
) -> Rule {
    Rule { package, may_know, in_tests }
}

#[rustfmt::skip]
const RULES: &[Rule] = &[
    //   package                      may know                                                     and in tests
    rule("sutler-core",               &[],                                                         &[]),
    rule("sutler-exchange",           &["sutler-core"],                                            &[]),
    rule("sutler-search",             &["sutler-core"],                                            &[]),
    rule("sutler-engine",             &["sutler-core", "sutler-exchange", "sutler-search"],        ENGINE_TESTS),
    rule("sutler-store-conformance",  &["sutler-core"],                                            &["sutler-store-memory"]),
    rule("sutler-store-memory",       &["sutler-core"],                                            &["sutler-store-conformance"]),
    // Their tests compare them with the reference.
    rule("sutler-store-postgres",     &["sutler-core"],                                            &["sutler-store-conformance", "sutler-store-memory"]),
    rule("sutler-store-sqlite",       &["sutler-core"],                                            &["sutler-store-conformance", "sutler-store-memory"]),
    rule("sutler",                    BELOW_SUTLER,                                                &["sutler-store-conformance"]),
    rule("sutler-cli",                &["sutler", "sutler-core", "sutler-engine"],                 &[]),
    rule("xtask",                     &["sutler-core", "sutler-engine"],                           &[]),
];

/// A flow is tested on every real back-end: the memory store replaces mocks, and the flaky store fails on schedule.
const ENGINE_TESTS: &[&str] = &[
    "sutler-store-conformance",
    "sutler-store-memory",
    "sutler-store-postgres",
    "sutler-store-sqlite",
];

/// The library wires what stands below it.
const BELOW_SUTLER: &[&str] = &[
    "sutler-core",
    "sutler-engine",
    "sutler-exchange",
    "sutler-search",
    "sutler-store-memory",
    "sutler-store-postgres",
    "sutler-store-sqlite",
];

/// What core may use of others: exact numbers, hashes, derives. Nothing that reads, waits, rolls dice or speaks SQL.
const CORE_MAY_USE: &[&str] =
    &["chrono", "chrono-tz", "rust_decimal", "serde", "sha2", "strsim", "thiserror"];

/// The crates that only one of ours may ship: a second one would mean that a border was crossed.
const KEPT_TO_ONE: &[(&str, &str)] = &[
    ("rusqlite", "sutler-store-sqlite"),
    ("tokio-postgres", "sutler-store-postgres"),
    ("tantivy", "sutler-search"),
    ("clap", "sutler-cli"),
];

/// A package and what it depends on, as the check sees it.
struct Manifest {
    name: String,
    depends_on: Vec<(String, DependencyKind)>,
}

/// Returns one complaint for each arrow that points the wrong way.
fn wrong_arrows(manifests: &[Manifest]) -> Vec<String> {
    let mut complaints = Vec::new();
    for manifest in manifests {
        let name = &manifest.name;
        let Some(rule) = RULES.iter().find(|rule| rule.package == name) else {
            complaints.push(format!("{name} is not in the table of tests/tidy/layering.rs"));
            continue;
        };
        for (other, kind) in &manifest.depends_on {
            let other = other.as_str();
            let in_tests = *kind == DependencyKind::Development;
            if manifests.iter().any(|manifest| manifest.name == other) {
                let allowed =
                    rule.may_know.contains(&other) || in_tests && rule.in_tests.contains(&other);
                if !allowed {
                    let where_ = if in_tests { " even in tests" } else { "" };
                    complaints.push(format!("{name} must not know {other}{where_}"));
                }
            } else if name == "sutler-core" && !in_tests && !CORE_MAY_USE.contains(&other) {
                complaints.push(format!("{name} must not use {other}: core is pure"));
            }
            if !in_tests && KEPT_TO_ONE.iter().any(|(kept, home)| *kept == other && home != name) {
                complaints.push(format!("{name} must not use {other}: it has its own crate"));
            }
        }
    }
    complaints
}

#[test]
fn dependencies_point_down_only() {
    let packages = workspace().workspace_packages();
    let manifests: Vec<Manifest> = packages
        .iter()
        .map(|package| Manifest {
            name: package.name.to_string(),
            depends_on: package.dependencies.iter().map(|d| (d.name.clone(), d.kind)).collect(),
        })
        .collect();
    assert!(manifests.len() >= RULES.len(), "a package of the table is gone");
    assert_none("dependencies that point the wrong way", &wrong_arrows(&manifests));
}

#[cfg(test)]
mod planted {
    use cargo_metadata::DependencyKind::{Development, Normal};

    use super::*;

    fn manifests(arrow: (&str, &str, DependencyKind)) -> Vec<Manifest> {
        let (from, to, kind) = arrow;
        RULES
            .iter()
            .map(|rule| Manifest {
                name: rule.package.to_owned(),
                depends_on: if rule.package == from { vec![(to.to_owned(), kind)] } else { vec![] },
            })
            .collect()
    }

    #[test]
    fn an_arrow_that_points_up_or_sideways_is_named() {
        for (from, to) in [
            ("sutler-core", "sutler-search"),
            ("sutler-engine", "sutler-store-sqlite"),
            ("sutler-store-sqlite", "sutler-store-memory"),
            ("sutler-store-sqlite", "sutler-engine"),
            ("sutler-exchange", "sutler-engine"),
            ("sutler-cli", "sutler-store-sqlite"),
        ] {
            let complaints = wrong_arrows(&manifests((from, to, Normal)));
            assert_eq!(complaints, [format!("{from} must not know {to}")]);
        }
    }

    #[test]
    fn a_store_may_be_known_to_the_engine_in_tests_only() {
        assert!(
            wrong_arrows(&manifests(("sutler-engine", "sutler-store-memory", Development)))
                .is_empty()
        );
        let complaints = wrong_arrows(&manifests(("sutler-core", "sutler-engine", Development)));
        assert_eq!(complaints, ["sutler-core must not know sutler-engine even in tests"]);
    }

    #[test]
    fn an_impure_core_and_sql_outside_its_crate_are_named() {
        let complaints = wrong_arrows(&manifests(("sutler-core", "tokio", Normal)));
        assert_eq!(complaints, ["sutler-core must not use tokio: core is pure"]);
        let complaints = wrong_arrows(&manifests(("sutler-engine", "rusqlite", Normal)));
        assert_eq!(complaints, ["sutler-engine must not use rusqlite: it has its own crate"]);
    }

    #[test]
    fn a_crate_that_nobody_decided_on_is_named() {
        let mut all = manifests(("sutler-core", "serde", Normal));
        all.push(Manifest { name: "sutler-utils".to_owned(), depends_on: vec![] });
        assert_eq!(
            wrong_arrows(&all),
            ["sutler-utils is not in the table of tests/tidy/layering.rs"]
        );
    }
}
