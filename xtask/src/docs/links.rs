//! Follows the relative links of every Markdown file in the workspace.
//!
//! Deliberately absent: the network. A link with a scheme is somebody else's page, and a check that fails when a
//! server sleeps is switched off soon. Anchors (`#…`) are cut off and not looked at.

use std::path::{Path, PathBuf};

use crate::step::Failure;

/// Returns one line for each relative link that leads to no file or folder.
///
/// Errors: a Markdown file cannot be read.
pub(crate) fn broken(root: &Path) -> Result<Vec<String>, Failure> {
    let mut found = Vec::new();
    for file in markdown_files(root) {
        let text = std::fs::read_to_string(&file).map_err(|error| {
            Failure::new(
                format!("cannot read {}: {error}", file.display()),
                "check its rights and encoding",
            )
        })?;
        let folder = file.parent().unwrap_or(root);
        for (line, target) in relative_links(&text) {
            if !folder.join(target).exists() {
                let name = file.strip_prefix(root).unwrap_or(&file).display();
                found.push(format!("{name}:{line}: {target}"));
            }
        }
    }
    Ok(found)
}

/// Returns line number and target of each relative link outside of code.
fn relative_links(text: &str) -> Vec<(usize, &str)> {
    let mut links = Vec::new();
    let mut in_code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
            continue;
        }
        if in_code {
            continue;
        }
        for after in line.split("](").skip(1) {
            let Some((target, _)) = after.split_once(')') else { continue };
            let target = target.split('#').next().unwrap_or_default().trim();
            if !target.is_empty() && !target.contains(':') {
                links.push((index + 1, target));
            }
        }
    }
    links
}

/// Returns every Markdown file below `root`, hidden and build folders left out, in order of path.
fn markdown_files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if path.is_dir() && !name.starts_with('.') && name != "target" {
                folders.push(path);
            } else if name.ends_with(".md") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_into_the_network_and_inside_code_are_not_followed() {
        let text = "[a](a.md) and [b](https://example.org/b.md)\n```\n[c](c.md)\n```\n[d](d.md#part) [e](#here)\n";
        assert_eq!(relative_links(text), [(1, "a.md"), (5, "d.md")]);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_reported_with_file_and_line() {
        let root = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(root.path().join("docs")).expect("the folder");
        std::fs::write(root.path().join("README.md"), "[docs](docs)\n\n[gone](docs/gone.md)\n")
            .expect("writable");
        std::fs::write(root.path().join("docs/a.md"), "[up](../README.md)\n").expect("writable");
        let found = broken(root.path()).expect("readable");
        assert_eq!(found, ["README.md:3: docs/gone.md"]);
    }
}
