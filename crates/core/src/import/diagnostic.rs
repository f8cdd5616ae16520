//! Remarks about rows of outside data.

use serde::{Deserialize, Serialize};

/// How bad a [`Diagnostic`] is.
///
/// ```
/// use sutler_core::import::Severity;
///
/// let worst = [Severity::Remark, Severity::Reject].into_iter().max();
/// assert_eq!(worst, Some(Severity::Reject));
/// assert!(Severity::Fatal > Severity::Reject);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The row is used; a person may want to know.
    Remark,
    /// The row is refused and goes to the reject file.
    Reject,
    /// The whole file is refused; nothing is written.
    Fatal,
}

/// Where in an input something stands.
///
/// Units: `line` is the physical line on which the record starts, counted from 1 (a quoted cell may hold line
/// breaks, so it differs from `record`); `record` counts data records from 1, the header not included; `column`
/// counts from 1: the columns of a table, else the characters of the line.
///
/// ```
/// use sutler_core::import::Place;
///
/// let cell = Place { line: 17, record: 12, column: Some((4, "Variant Price".to_owned())) };
/// assert!(cell.line > cell.record, "quoted cells above hold line breaks");
/// assert_eq!(Place::default().line, 0, "the whole file");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Place {
    /// Physical line of the record's first byte, from 1; 0 when the remark is about the whole file.
    pub line: u64,
    /// Data record, from 1; 0 for the header or the whole file.
    pub record: u64,
    /// Column, from 1, and its header, where one column is to blame; no header in a text that is no table.
    pub column: Option<(u32, String)>,
}

/// A remark about one input row, with a stable code.
///
/// `code` is part of the public contract (`sutler explain E102` has the long text); `message` is for people and
/// may be reworded. `value` is the cell that is to blame, shortened.
///
/// ```
/// use sutler_core::import::{Diagnostic, Place, Severity};
///
/// let remark = Diagnostic {
///     code: "E102".to_owned(),
///     severity: Severity::Reject,
///     place: Place { line: 17, record: 12, column: Some((4, "Variant Price".to_owned())) },
///     message: "this is not a price".to_owned(),
///     value: Some("19.99.".to_owned()),
///     help: Some("write digits with a point, such as 19.99".to_owned()),
/// };
/// let read: Diagnostic = serde_json::from_str(&serde_json::to_string(&remark)?)?;
/// assert_eq!(read, remark);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Stable code such as `E102`.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// Where it stands.
    pub place: Place,
    /// One sentence: what is wrong.
    pub message: String,
    /// The offending cell, at most 80 characters.
    pub value: Option<String>,
    /// One sentence: how to mend it.
    pub help: Option<String>,
}
