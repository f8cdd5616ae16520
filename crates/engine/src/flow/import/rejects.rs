//! The file of refused rows.
//!
//! All rows of a refused product stand in it with all of their cells as they stood in the source, whoever refused them:
//! the file's own checks or the shop. So it imports as it is once mended. Rows that only the shop refuses are read from
//! the source once more; nothing is kept for those that it accepts.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use sutler_core::import::Diagnostic;
use sutler_core::rejection::Rejection;
use sutler_exchange::{FileSummary, Opened, RejectRow, RejectWriter, RowsAt};

use super::summary::wide;
use super::{ImportSummary, refused};
use crate::FlowError;

/// Writes refused rows; the file is made with the first of them.
pub(crate) struct RejectFile {
    path: Option<PathBuf>,
    headers: Vec<String>,
    further: Vec<String>,
    writer: Option<RejectWriter<BufWriter<File>>>,
    rows: u64,
}

/// Refuses to write refused rows over the file that is read.
pub(super) fn require_other_file(rejects: &Path, input: &str) -> Result<(), FlowError> {
    let same = std::fs::canonicalize(rejects)
        .ok()
        .is_some_and(|path| std::fs::canonicalize(input).ok().is_some_and(|input| input == path));
    if same {
        let given = rejects.display().to_string();
        let why = "is the file that is imported: name another one".to_owned();
        return Err(Rejection::BadInput { what: "reject file", given, why }.into());
    }
    Ok(())
}

impl RejectFile {
    /// Writes to `path` what is refused of this file; nowhere without a path.
    pub(crate) fn new(path: Option<PathBuf>, file: &FileSummary) -> Self {
        let (headers, further) = (file.headers.clone(), file.reject_columns());
        Self { path, headers, further, writer: None, rows: 0 }
    }

    /// Writes rows as they stood in the source.
    pub(crate) fn write(&mut self, rows: &[RejectRow]) -> Result<(), FlowError> {
        let Some(path) = self.path.as_ref().filter(|_| !rows.is_empty()) else { return Ok(()) };
        let failed = |source| FlowError::Io {
            what: "cannot write",
            path: path.display().to_string(),
            source,
        };
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => {
                let file = File::create(path).map_err(failed)?;
                let writer = RejectWriter::new(BufWriter::new(file), &self.headers);
                self.writer.insert(writer.with_columns(std::mem::take(&mut self.further)))
            }
        };
        writer.write(rows).map_err(failed)?;
        self.rows += wide(rows.len());
        Ok(())
    }

    /// Writes the rows of an entry that the shop refuses, with the reasons on the first; `kept` are its rows where the file's
    /// own checks had them out already.
    pub(crate) fn refused(
        &mut self,
        opened: &Opened,
        source: RowsAt,
        kept: &[RejectRow],
        errors: &[Diagnostic],
    ) -> Result<(), FlowError> {
        if self.path.is_none() {
            return Ok(());
        }
        let mut rows =
            if kept.is_empty() { opened.rows_of(source).map_err(refused)? } else { kept.to_vec() };
        if let Some(first) = rows.first_mut() {
            first.errors.extend_from_slice(errors);
        }
        self.write(&rows)
    }

    /// Ends the file and says where it is.
    pub(crate) fn finish(self, summary: &mut ImportSummary) -> Result<(), FlowError> {
        summary.reject_file_rows = self.rows;
        let (Some(writer), Some(path)) = (self.writer, self.path) else { return Ok(()) };
        let failed = |source| FlowError::Io {
            what: "cannot write",
            path: path.display().to_string(),
            source,
        };
        let file = writer.finish().map_err(failed)?;
        file.into_inner().map_err(|error| failed(error.into_error()))?;
        summary.reject_file = Some(path);
        Ok(())
    }
}
