//! What may stand in an image cell: a web address, or a path that stays below its folder.
//!
//! Nothing is opened or fetched here; whoever does must check again.

/// Tells whether a text begins as a web address does, in the form with or without a scheme.
pub(super) fn is_web_address(cell: &str) -> bool {
    let starts = |prefix: &str| {
        cell.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            && cell.len() > prefix.len()
    };
    (starts("https://") || starts("http://") || starts("//")) && !cell.contains(char::is_control)
}

/// Tells whether a text ends as the file name of a picture does.
pub(super) fn has_image_ending(cell: &str) -> bool {
    const ENDINGS: [&str; 8] = ["png", "jpg", "jpeg", "webp", "gif", "svg", "avif", "heic"];
    cell.rsplit_once('.')
        .is_some_and(|(_, end)| ENDINGS.iter().any(|e| end.eq_ignore_ascii_case(e)))
}

/// Tells whether a path is relative and stays below its folder.
pub(super) fn is_safe_path(path: &str) -> bool {
    let lower =
        path.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/").replace("%5c", "\\");
    let mut parts = lower.split(['/', '\\']);
    !lower.starts_with(['/', '\\'])
        && !lower.contains(['\0', ':', '%'])
        && !path.contains(char::is_control)
        && parts.all(|part| part != "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_their_folder() {
        for path in ["a.png", "shirts/blue/a.png", "./a.png", "..a/b.png", "größe.png"] {
            assert!(is_safe_path(path), "{path}");
        }
        for path in [
            "../../etc/passwd",
            "/etc/passwd",
            "C:\\x.png",
            "a/../../b",
            "%2e%2e/x",
            "a\\..\\b",
            "file:///x",
            "%252e%252e/x",
            "\\\\host\\x",
            "a\u{0}b",
        ] {
            assert!(!is_safe_path(path), "{path}");
        }
    }

    #[test]
    fn web_addresses_have_a_scheme_and_something_behind_it() {
        for good in ["https://x.example/a.png", "HTTP://x.example/a b.png", "//cdn.example/a.png"] {
            assert!(is_web_address(good), "{good}");
        }
        for bad in
            ["https://", "ftp://x.example/a.png", "a.png", "javascript:alert(1)", "https://x\n"]
        {
            assert!(!is_web_address(bad), "{bad}");
        }
    }
}
