//! Opens a file or a stream as text that can be read at any offset, in bounded memory.
//!
//! The bytes are read once from end to end: their SHA-256 is taken, the encoding decided, NUL bytes found. A file
//! that is UTF-8 is then read in place. Everything else is decoded into a temporary file; a stream is first copied
//! into one. After that nothing in this crate knows of encodings.
//!
//! The encoding is decided in this order: a byte order mark; else UTF-8 when every byte of the file is; else a guess,
//! which the summary says. A guess is not made when the file is mostly good UTF-8 with a few broken bytes: that is a
//! damaged file, and a guess would turn every good letter of it into two wrong ones.
//!
//! Invariants
//! * [`Text`] hands out only bytes that were checked to be UTF-8 without NUL (a file changed meanwhile is noticed).
//! * No character is ever replaced by U+FFFD.
//!
//! Deliberately absent: cells, delimiters, compressed files.

mod encoding;
mod magic;
mod text;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sutler_core::import::Diagnostic;

use crate::codes;
use crate::diagnose::{fatal, fatal_at};
use crate::open::Refused;

pub use encoding::EncodingSource;
pub(crate) use text::Text;

/// How many bytes are read at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// Where a file's bytes come from.
///
/// ```
/// use sutler_exchange::Input;
///
/// let input = Input::bytes("shirts.csv", "Handle,Title\nshirt,Shirt\n");
/// assert_eq!(input.name(), "shirts.csv");
///
/// assert_eq!(Input::path("shop/shirts.csv").name(), "shop/shirts.csv");
/// assert_eq!(Input::reader("standard input", std::io::stdin()).name(), "standard input");
/// ```
pub struct Input {
    name: String,
    from: From,
}

/// The kinds of [`Input`].
enum From {
    Path(PathBuf),
    Reader(Box<dyn Read + Send>),
    Bytes(Vec<u8>),
}

impl Input {
    /// A file on disk. It is read in place when it is UTF-8.
    pub fn path(path: impl AsRef<Path>) -> Input {
        let path = path.as_ref().to_owned();
        Input { name: path.display().to_string(), from: From::Path(path) }
    }

    /// A stream such as standard input; it is copied to a temporary file first.
    pub fn reader(name: impl Into<String>, reader: impl Read + Send + 'static) -> Input {
        Input { name: name.into(), from: From::Reader(Box::new(reader)) }
    }

    /// Bytes in memory.
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Input {
        Input { name: name.into(), from: From::Bytes(bytes.into()) }
    }

    /// Returns the name for messages: the path, or what the caller said.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// An opened source: its text and what was found out about its bytes.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: Text,
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    pub(crate) encoding: &'static str,
    pub(crate) encoding_source: EncodingSource,
    pub(crate) remarks: Vec<Diagnostic>,
}

/// Opens a source; `label` overrides the encoding.
///
/// Errors: a fatal diagnostic when the bytes cannot be read, are no text, or cannot be decoded.
pub(crate) fn open(input: Input, label: Option<&str>) -> Result<Source, Refused> {
    let Input { name, from } = input;
    let raw = raw_text(&name, from)?;
    let facts = encoding::survey(&raw).map_err(|error| read_failed(&name, &error))?;
    if facts.bytes == 0 {
        return Err(Refused::one(fatal(
            &codes::EMPTY,
            format!("{name} is empty: not one byte"),
            "check that the export finished and that this is the right file",
        )));
    }
    if let Some(kind) = magic::not_a_table(&facts.first) {
        return Err(Refused::one(fatal(
            &codes::NOT_A_TABLE,
            format!("{name} is {kind}, not a text table"),
            "open it in a spreadsheet or in the program it came from and save it as CSV (UTF-8)",
        )));
    }
    let choice = encoding::choose(&raw, &facts, label)?;
    let mut remarks = Vec::new();
    if choice.source == EncodingSource::Guessed {
        remarks.push(encoding_guessed(choice.encoding.name()));
    }
    let text = if choice.in_place {
        if let Some(line) = facts.nul_line {
            return Err(nul_found(line, facts.nul_share_high()));
        }
        raw
    } else {
        encoding::transcode(&raw, &choice)?
    };
    let text = text.after_blank_start().map_err(|error| read_failed(&name, &error))?;
    Ok(Source {
        name,
        text,
        sha256: facts.sha256,
        bytes: facts.bytes,
        encoding: choice.encoding.name(),
        encoding_source: choice.source,
        remarks,
    })
}

/// Makes the bytes readable at any offset, without looking at them.
fn raw_text(name: &str, from: From) -> Result<Text, Refused> {
    let failed = |error: io::Error| read_failed(name, &error);
    match from {
        From::Bytes(bytes) => Ok(Text::from_bytes(bytes)),
        From::Path(path) => {
            let file = File::open(&path).map_err(failed)?;
            let facts = file.metadata().map_err(failed)?;
            if facts.is_file() {
                return Text::from_file(file).map_err(failed);
            }
            if facts.is_dir() {
                let error = io::Error::new(io::ErrorKind::IsADirectory, "it is a directory");
                return Err(failed(error));
            }
            // A named pipe or a device: it cannot be read twice.
            spool(file).map_err(failed)
        }
        From::Reader(reader) => spool(reader).map_err(failed),
    }
}

/// Copies a stream to a temporary file that vanishes with the last handle.
fn spool(mut reader: impl Read) -> io::Result<Text> {
    let mut file = tempfile::tempfile()?;
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match reader.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => file.write_all(&chunk[..n])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    file.seek(SeekFrom::Start(0))?;
    Text::from_file(file)
}

/// The refusal of a source that the system cannot read.
pub(crate) fn read_failed(name: &str, error: &io::Error) -> Refused {
    let help = match error.kind() {
        io::ErrorKind::NotFound => "check the path",
        io::ErrorKind::PermissionDenied => "check who may read the file",
        io::ErrorKind::StorageFull => "the temporary folder is full: set TMPDIR to another one",
        _ => "check that the file is there and readable, then try again",
    };
    Refused::one(fatal(&codes::READ_FAILED, format!("cannot read {name}: {error}"), help))
}

/// The refusal of a NUL byte.
fn nul_found(line: u64, looks_wide: bool) -> Refused {
    let help = if looks_wide {
        "every second byte is zero, so it is probably UTF-16: rerun with `--encoding utf-16le`"
    } else {
        "the file is damaged or not text: export it again, or delete the NUL byte"
    };
    Refused::one(fatal_at(&codes::NUL, line, "there is a NUL byte on this line", help))
}

/// The remark that an encoding was guessed.
fn encoding_guessed(name: &str) -> Diagnostic {
    crate::diagnose::remark_file(
        &codes::ENCODING_GUESSED,
        format!("the file is not UTF-8; it was read as {name}, which is a guess"),
        "if letters look wrong, rerun with `--encoding NAME`",
    )
}

#[cfg(test)]
mod tests;
