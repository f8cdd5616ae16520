//! What a command answers when it fails and was asked for JSON.

use super::view;
use crate::error::Report;

view! {
    /// A command that failed.
    ErrorView {
        /// The error.
        error: ErrorFields,
        /// Others that were found beside it, as in a file with several faults.
        more: Vec<ErrorFields>,
        /// How the program ends; `sutler exit-codes` lists the meanings.
        exit_code: u32,
    }
}

view! {
    /// One error.
    ErrorFields {
        /// Stable code; `sutler explain CODE` has the long text.
        code: String,
        /// One sentence for people, which may be reworded.
        message: String,
        /// The file that is to blame.
        file: Option<String>,
        /// Line in the file, from 1.
        line: Option<u64>,
        /// Row of the file without its head, from 1.
        record: Option<u64>,
        /// Column, from 1.
        column: Option<u32>,
        /// Head of the column.
        column_name: Option<String>,
        /// The cell that is to blame.
        value: Option<String>,
        /// How to mend it.
        help: Option<String>,
        /// What caused it, outermost first.
        causes: Vec<String>,
        /// How many more like it there are.
        more_like_it: u64,
    }
}

impl ErrorView {
    /// Returns the view of errors, the first of which ends the program; `None` when there are none.
    pub(crate) fn of(reports: &[Report], exit_code: u8) -> Option<Self> {
        let (first, more) = reports.split_first()?;
        Some(Self {
            error: first.into(),
            more: more.iter().map(ErrorFields::from).collect(),
            exit_code: exit_code.into(),
        })
    }
}

impl From<&Report> for ErrorFields {
    fn from(report: &Report) -> Self {
        Self {
            code: report.code.clone(),
            message: report.message.clone(),
            file: report.spot.file.clone(),
            line: report.spot.line,
            record: report.spot.record,
            column: report.spot.column,
            column_name: report.spot.column_name.clone(),
            value: report.value.clone(),
            help: report.help.clone(),
            causes: report.causes.clone(),
            more_like_it: report.more,
        }
    }
}
