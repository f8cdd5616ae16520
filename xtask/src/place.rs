//! Where things are: the workspace, the program built beside this one, the merchant samples.
//!
//! Nothing here starts a process or writes.

use std::path::{Path, PathBuf};

use crate::step::Failure;

/// Returns the root of the workspace: the folder above this crate.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("xtask is a folder inside the workspace").to_path_buf()
}

/// Returns the path of a program of the workspace that was built into the same folder as this one.
///
/// Errors: when this program cannot tell where it stands itself.
pub(crate) fn beside_me(program: &str) -> Result<PathBuf, Failure> {
    let me = std::env::current_exe().map_err(|error| {
        Failure::new(
            format!("cannot tell where xtask itself was built: {error}"),
            "run it as `cargo xtask`",
        )
    })?;
    Ok(me.with_file_name(format!("{program}{}", std::env::consts::EXE_SUFFIX)))
}

/// Whether the merchant samples were found.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Samples {
    /// They are in this folder.
    At(PathBuf),
    /// They are not there, and nobody insisted: the tests that read them have nothing to do.
    Missing,
}

/// Finds the merchant samples: the named folder, or `../shared/samples` beside the workspace.
///
/// Errors: a folder was named and does not exist, or none was found where one is `required`.
pub(crate) fn samples(
    root: &Path,
    named: Option<PathBuf>,
    required: bool,
) -> Result<Samples, Failure> {
    if let Some(folder) = named {
        // A relative name is meant from where the developer stands; tests run elsewhere.
        let folder = std::path::absolute(&folder).unwrap_or(folder);
        return match folder.is_dir() {
            true => Ok(Samples::At(folder)),
            false => Err(Failure::new(
                format!("SUTLER_SAMPLES names {}, which is no folder", folder.display()),
                "correct the path, or unset SUTLER_SAMPLES",
            )),
        };
    }
    let beside = root.parent().map(|above| above.join("shared").join("samples"));
    match beside.filter(|folder| folder.is_dir()) {
        Some(folder) => Ok(Samples::At(folder)),
        None if required => Err(Failure::new(
            "the real merchant files were not found, and with CI=true they must be".to_owned(),
            "put them into ../shared/samples, or name their folder in SUTLER_SAMPLES",
        )),
        None => Ok(Samples::Missing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_found_beside_the_workspace() {
        let above = tempfile::tempdir().expect("a temporary folder");
        let folder = above.path().join("shared/samples");
        std::fs::create_dir_all(&folder).expect("the folder");
        let found = samples(&above.path().join("main"), None, true).expect("they are there");
        assert_eq!(found, Samples::At(folder));
    }

    #[test]
    fn missing_samples_are_a_remark_at_home_and_a_failure_in_ci() {
        let above = tempfile::tempdir().expect("a temporary folder");
        let root = above.path().join("main");
        assert_eq!(samples(&root, None, false).expect("not required"), Samples::Missing);
        let failure = samples(&root, None, true).expect_err("required");
        assert!(failure.help.contains("SUTLER_SAMPLES"), "{failure:?}");
    }

    #[test]
    fn a_named_folder_that_does_not_exist_is_never_ignored() {
        let above = tempfile::tempdir().expect("a temporary folder");
        let gone = above.path().join("gone");
        let failure = samples(above.path(), Some(gone), false).expect_err("named but gone");
        assert!(failure.what.contains("gone"), "{failure:?}");
    }
}
