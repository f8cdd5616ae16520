//! Bytes that can be read at any offset: a file or memory.
//!
//! A [`Text`] may be read by several readers at once: each says its own offset, the file handle is behind a lock and
//! held for one chunk only.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// How much of the start is searched for blank bytes and a late byte order mark.
const BLANK_START_BYTES_MAX: usize = 4096;

/// Text of a source, from the first byte after blanks and byte order mark to the end.
#[derive(Clone)]
pub(crate) struct Text {
    bytes: Bytes,
    start: u64,
    len: u64,
    line: u64,
}

#[derive(Clone)]
enum Bytes {
    Memory(Arc<[u8]>),
    File(Arc<OpenFile>),
}

/// A file and what it looked like when it was opened.
struct OpenFile {
    file: Mutex<File>,
    len: u64,
    modified: Option<SystemTime>,
}

impl Text {
    /// Takes bytes in memory.
    pub(crate) fn from_bytes(bytes: Vec<u8>) -> Text {
        let len = crate::text::wide(bytes.len());
        Text { bytes: Bytes::Memory(bytes.into()), start: 0, len, line: 1 }
    }

    /// Takes a regular file.
    pub(crate) fn from_file(file: File) -> io::Result<Text> {
        let facts = file.metadata()?;
        let (len, modified) = (facts.len(), facts.modified().ok());
        let open = OpenFile { file: Mutex::new(file), len, modified };
        Ok(Text { bytes: Bytes::File(Arc::new(open)), start: 0, len, line: 1 })
    }

    /// Returns the offset of the first byte that is content.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// Returns the physical line of the first byte that is content, from 1.
    pub(crate) fn first_line(&self) -> u64 {
        self.line
    }

    /// Returns the same text without its first `bytes`, which hold `lines` line ends.
    pub(crate) fn without_start(mut self, bytes: u64, lines: u64) -> Text {
        self.start = (self.start + bytes).min(self.len);
        self.line += lines;
        self
    }

    /// Reads up to `buffer.len()` bytes at `offset`; 0 at the end.
    pub(crate) fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        match &self.bytes {
            Bytes::Memory(bytes) => {
                let from = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let n = buffer.len().min(bytes.len() - from);
                buffer[..n].copy_from_slice(&bytes[from..from + n]);
                Ok(n)
            }
            Bytes::File(open) => {
                // The lock guards the file position only; a panic elsewhere does not spoil it.
                let mut file = open.file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(offset))?;
                loop {
                    match file.read(buffer) {
                        Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                        result => return result,
                    }
                }
            }
        }
    }

    /// Tells whether the file is another one than when it was opened, by length and time.
    pub(crate) fn has_changed(&self) -> bool {
        let Bytes::File(open) = &self.bytes else { return false };
        let file = open.file.lock().unwrap_or_else(PoisonError::into_inner);
        match file.metadata() {
            Ok(facts) => facts.len() != open.len || facts.modified().ok() != open.modified,
            Err(_) => true,
        }
    }

    /// Steps over blank lines at the start, and over a byte order mark that stands behind blanks.
    pub(crate) fn after_blank_start(mut self) -> io::Result<Text> {
        let mut head = vec![0; BLANK_START_BYTES_MAX];
        let n = self.read_at(self.start, &mut head)?;
        let head = &head[..n];
        let blank = |from: usize| {
            head[from..].iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count()
        };
        let lead = blank(0);
        let skipped = match head[lead..].strip_prefix(b"\xef\xbb\xbf") {
            Some(_) => lead + 3 + last_line_end(&head[lead + 3..lead + 3 + blank(lead + 3)]),
            // Without a mark a blank in front of the first header may be a delimiter: only whole lines go.
            None => last_line_end(&head[..lead]),
        };
        self.line = Lines::new().after(&head[..skipped]);
        self.start += crate::text::wide(skipped);
        Ok(self)
    }
}

/// Returns the length of `bytes` up to and with its last line end.
fn last_line_end(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|b| matches!(b, b'\r' | b'\n')).map_or(0, |at| at + 1)
}

/// The physical line that reading has come to, from 1. LF, CR LF and a lone CR are one line end each.
#[derive(Clone, Copy)]
pub(super) struct Lines {
    line: u64,
    after_cr: bool,
}

impl Lines {
    /// The first line.
    pub(super) fn new() -> Lines {
        Lines { line: 1, after_cr: false }
    }

    /// Steps over `bytes`.
    pub(super) fn advance(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if byte == b'\r' || (byte == b'\n' && !self.after_cr) {
                self.line += 1;
            }
            self.after_cr = byte == b'\r';
        }
    }

    /// Returns the line that follows `bytes`, without stepping.
    pub(super) fn after(mut self, bytes: &[u8]) -> u64 {
        self.advance(bytes);
        self.line
    }
}
