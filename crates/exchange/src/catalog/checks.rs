//! Checks of a whole row: its length, a shift, and the words of its status.

use sutler_core::catalog::ProductStatus;
use sutler_core::import::Diagnostic;

use super::assemble::Assembler;
use super::layout::Slot;
use super::row::RowReader;
use super::shift;
use crate::codes;
use crate::diagnose::{Extend as _, diagnostic};
use crate::table::Record;

/// Remarks about a row that do not depend on a column's meaning.
pub(super) fn general_remarks(reader: &mut RowReader<'_>, number: u32, all: &Assembler<'_>) {
    let record = reader.record;
    if record.stray_quote {
        let message = "text stands behind a closing quote; the quotes were dropped";
        let help = "write a quote that belongs to the text twice (\"\")";
        let remark = diagnostic(&codes::TEXT_BEHIND_QUOTE, record.place(), message);
        reader.remarks.push(remark.with_help(help));
    }
    if number > 0 && all.handles.of(&record).is_empty() {
        let message = "the row has no handle and continues the product above it";
        let remark = diagnostic(&codes::HANDLE_CONTINUED, record.place(), message);
        reader.remarks.push(remark.with_help("write the handle into every row"));
    }
}

/// The fault of a row that has another number of cells than the header.
pub(super) fn cell_count_fault(all: &Assembler<'_>, record: &Record<'_>) -> Option<Diagnostic> {
    let (names, cells) = (all.header.len(), record.len());
    if cells == names {
        return None;
    }
    let place = record.place();
    let counts = format!("{cells} cells, but the header has {names}");
    Some(match shift::hint(record, all.header, all.layout) {
        Some(hint) => {
            let message = format!("the row looks shifted: {hint} (it has {counts})");
            let help = if cells > names {
                "take out the delimiter that is too many, to the left of these cells"
            } else {
                "add the delimiter that is missing, to the left of these cells"
            };
            diagnostic(&codes::SHIFTED_ROW, place, message).with_help(help)
        }
        None => {
            let message = format!("the row has {counts}");
            let help = "look for a delimiter or a quote that is missing or too many";
            diagnostic(&codes::RAGGED_ROW, place, message).with_help(help)
        }
    })
}

/// When several cells of a row have the wrong type, it is probably shifted: say so.
pub(super) fn add_shift_hint(faults: &mut [Diagnostic], all: &Assembler<'_>, record: &Record<'_>) {
    if faults.len() > 1
        && let Some(hint) = shift::hint(record, all.header, all.layout)
        && let Some(first) = faults.first_mut()
    {
        first.help = Some(format!("the row looks shifted: {hint}"));
    }
}

/// The words of a status column.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Active,
    Draft,
    Archived,
    Unlisted,
}

impl Word {
    /// Returns the status that the word stands for.
    pub(super) fn status(self) -> ProductStatus {
        match self {
            Word::Active | Word::Unlisted => ProductStatus::Active,
            Word::Draft => ProductStatus::Draft,
            Word::Archived => ProductStatus::Archived,
        }
    }
}

/// Reads the status of the product a row belongs to; `None` when blank or refused.
pub(super) fn read_status(reader: &mut RowReader<'_>, slot: &Slot) -> Option<Word> {
    let record = reader.record;
    let cell = slot.get(&record)?;
    let word = match cell.to_ascii_lowercase().as_str() {
        "" => return None,
        "active" => Word::Active,
        "draft" => Word::Draft,
        "archived" => Word::Archived,
        "unlisted" => Word::Unlisted,
        _ => {
            let help = "write `active`, `draft`, `archived` or `unlisted`";
            reader.note(&codes::NOT_AN_ALLOWED_WORD, slot, cell, "is not a status", help);
            return None;
        }
    };
    if word == Word::Unlisted {
        let what = "was read as active and not published";
        reader.note(
            &codes::UNLISTED,
            slot,
            cell,
            what,
            "nothing is to be done when that is intended",
        );
    }
    Some(word)
}
