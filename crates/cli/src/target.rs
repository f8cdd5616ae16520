//! The file that a command writes for somebody.
//!
//! A link is followed, so that what it points at is written and the link stays. A file appears whole or not at all: it is
//! written beside its place and then takes its name. What is no file (a folder, a device, a socket) never makes room for
//! one; a pipe or a terminal takes the bytes as they come.

use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::CommandError;

/// What new files may be before the process takes away what its owner does not want to give.
const MODE_NEW: u32 = 0o666;

/// A file that is being written.
#[derive(Debug)]
pub(crate) struct Target {
    /// As it was given, for messages.
    given: PathBuf,
    /// Without links.
    path: PathBuf,
    out: Out,
}

#[derive(Debug)]
enum Out {
    /// Takes its name once it is whole.
    File(NamedTempFile),
    /// Takes bytes as they come.
    Stream(File),
}

impl Target {
    /// Begins to write; `path` may be there already, its owner was asked.
    ///
    /// Errors: `file.not_regular` when something else than a file or a stream stands there.
    pub(crate) fn begin(given: &Path) -> Result<Self, CommandError> {
        let path = resolved(given);
        let out = match std::fs::metadata(&path) {
            Ok(found) if found.is_file() => beside(&path, found.permissions()).map(Out::File),
            Ok(found) if is_stream(&found) => {
                File::options().write(true).open(&path).map(Out::Stream)
            }
            Ok(_) => return Err(not_regular(given)),
            Err(_) => new_beside(&path).map(Out::File),
        };
        match out {
            Ok(out) => Ok(Self { given: given.to_path_buf(), path, out }),
            Err(source) => Err(cannot_write(given, source)),
        }
    }

    /// Gives the file its name, after everything of it is on the disk.
    pub(crate) fn finish(self) -> Result<(), CommandError> {
        let done = match self.out {
            Out::Stream(_) => Ok(()),
            Out::File(file) => file
                .as_file()
                .sync_all()
                .and_then(|()| file.persist(&self.path).map(drop).map_err(|error| error.error)),
        };
        done.map_err(|source| cannot_write(&self.given, source))
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match &mut self.out {
            Out::File(file) => file.write(bytes),
            Out::Stream(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match &mut self.out {
            Out::File(file) => file.flush(),
            Out::Stream(stream) => stream.flush(),
        }
    }
}

/// Returns whether a command would replace something that stands at a path; bytes that go into a stream replace nothing.
pub(crate) fn replaces(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| !is_stream(&found))
}

/// Returns the path with its links followed, the last one also when what it points at is not there yet.
pub(crate) fn resolved(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    match absolute.canonicalize() {
        Ok(found) => return found,
        // Links that lead in a circle end nowhere.
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return absolute,
        Err(_) => {}
    }
    let (Some(folder), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        return absolute;
    };
    match absolute.read_link() {
        Ok(next) => resolved(&folder.join(next)),
        Err(_) => folder.canonicalize().map_or(absolute.clone(), |folder| folder.join(name)),
    }
}

fn is_stream(found: &std::fs::Metadata) -> bool {
    found.file_type().is_fifo() || found.file_type().is_char_device()
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}

/// Makes the file that is to stand at a free place, with the rights that every new file of this process has.
fn new_beside(path: &Path) -> std::io::Result<NamedTempFile> {
    tempfile::Builder::new()
        .permissions(Permissions::from_mode(MODE_NEW))
        .tempfile_in(folder_of(path))
}

/// Makes the file that is to replace another one, with the rights of that one.
fn beside(path: &Path, rights: Permissions) -> std::io::Result<NamedTempFile> {
    let file = NamedTempFile::new_in(folder_of(path))?;
    file.as_file().set_permissions(rights)?;
    Ok(file)
}

fn cannot_write(path: &Path, source: std::io::Error) -> CommandError {
    CommandError::Io { what: "cannot write", path: path.display().to_string(), source }
}

fn not_regular(path: &Path) -> CommandError {
    CommandError::Usage {
        code: "file.not_regular",
        message: format!("{} is not a file, so none can take its place", path.display()),
        help: Some("name another file; nothing was changed".to_owned()),
    }
}
