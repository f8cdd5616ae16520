//! What is told about a file: diagnostics grouped and counted, and the file of refused rows.

mod collect;
mod rejects;

pub use collect::{Group, Report};
pub(crate) use rejects::At;
pub use rejects::{RejectRow, RejectWriter, RowsAt};
