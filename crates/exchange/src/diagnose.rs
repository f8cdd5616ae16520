//! Short ways to make a [`Diagnostic`].
//!
//! The severity always comes from the code, so that the same code cannot be a remark here and a refusal there.

use sutler_core::import::{Diagnostic, Place};

use crate::codes::Code;
use crate::text::shown;

/// A diagnostic at a place, without value and help.
pub(crate) fn diagnostic(code: &Code, place: Place, message: impl Into<String>) -> Diagnostic {
    Diagnostic {
        code: code.id.to_owned(),
        severity: code.severity,
        place,
        message: message.into(),
        value: None,
        help: None,
    }
}

/// A refusal of the whole file.
pub(crate) fn fatal(code: &Code, message: String, help: impl Into<String>) -> Diagnostic {
    fatal_place(code, Place::default(), message, help)
}

/// A refusal of the whole file because of one line.
pub(crate) fn fatal_at(
    code: &Code,
    line: u64,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Diagnostic {
    fatal_place(code, Place { line, ..Place::default() }, message, help)
}

/// A refusal of the whole file because of one place.
pub(crate) fn fatal_place(
    code: &Code,
    place: Place,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Diagnostic {
    diagnostic(code, place, message).with_help(help)
}

/// A remark about the whole file.
pub(crate) fn remark_file(
    code: &Code,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Diagnostic {
    diagnostic(code, Place::default(), message).with_help(help)
}

/// Adds to a diagnostic.
pub(crate) trait Extend: Sized {
    /// Says which cell is to blame.
    fn with_value(self, cell: &str) -> Self;
    /// Says how to mend it.
    fn with_help(self, help: impl Into<String>) -> Self;
}

impl Extend for Diagnostic {
    fn with_value(mut self, cell: &str) -> Self {
        self.value = Some(shown(cell));
        self
    }

    fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
