//! The counters of an order's lines in their column; see `codec`.

use std::fmt::Write as _;

use rusqlite::types::{Null, ToSql, ToSqlOutput, ValueRef};
use sutler_core::order::{Order, OrderLine};

use crate::error::Fault;

/// The counters of lines in their column.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Counts {
    /// No line has any.
    None,
    /// Every line is promised in full, and nothing else happened: every order right after placement.
    Promised,
    /// Those of the lines that have any.
    Text(String),
}

/// How [`Counts::Promised`] stands in its column.
const PROMISED: i64 = 1;

impl ToSql for Counts {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Counts::None => Null.into(),
            Counts::Promised => PROMISED.into(),
            Counts::Text(text) => text.as_str().into(),
        })
    }
}

/// Returns the counters of the lines.
pub(super) fn counts(order: &Order) -> Counts {
    let promised = |line: &OrderLine| line.counters() == [line.ordered, 0, 0, 0, 0, 0, 0];
    if !order.lines.is_empty() && order.lines.iter().all(promised) {
        return Counts::Promised;
    }
    let mut out = String::new();
    for line in &order.lines {
        let counters = line.counters();
        let Some(last) = counters.iter().rposition(|&counter| counter != 0) else { continue };
        out.push(if out.is_empty() { '[' } else { ',' });
        // Writing to a string cannot fail.
        let _ = write!(out, "[{}", line.line);
        for counter in counters.iter().take(last + 1) {
            let _ = write!(out, ",{counter}");
        }
        out.push(']');
    }
    if out.is_empty() {
        return Counts::None;
    }
    out.push(']');
    Counts::Text(out)
}

/// Puts the counters on the lines.
pub(super) fn put_counts(lines: &mut [OrderLine], stored: ValueRef<'_>) -> Result<(), Fault> {
    match stored {
        ValueRef::Null => {}
        ValueRef::Integer(PROMISED) => {
            lines.iter_mut().for_each(|line| line.allocated = line.ordered);
        }
        ValueRef::Text(text) => put_text(lines, text)?,
        _ => return Err(Fault::damaged("an order", "its counters cannot be read")),
    }
    Ok(())
}

/// Reads `[line, counter, …]` for each line that has any, in the order of [`OrderLine::counters`]; zeros at the end are left out.
fn put_text(lines: &mut [OrderLine], text: &[u8]) -> Result<(), Fault> {
    for counts in serde_json::from_slice::<Vec<Vec<u32>>>(text)? {
        let mut counters = [0; 7];
        let Some((number, given)) = counts.split_first().filter(|(_, given)| given.len() <= 7)
        else {
            return Err(Fault::damaged("an order", "its counters cannot be read"));
        };
        counters.iter_mut().zip(given).for_each(|(counter, given)| *counter = *given);
        let line = lines.iter_mut().find(|line| line.line == *number);
        let line = line.ok_or_else(|| {
            Fault::damaged("an order", format!("it counts line {number}, which it has not"))
        })?;
        line.put_counters(counters);
    }
    Ok(())
}
