//! Seeing that a row is shifted against its header: a price stands where it has no business, or a column that wants a
//! narrow kind of cell holds something else.

use super::layout::{Layout, Role};
use crate::table::{Header, Record};
use crate::text::{is_placeholder, shown};

/// Says by which cells a shift is seen, `None` when nothing shows one.
pub(super) fn hint(record: &Record<'_>, header: &Header, layout: &Layout) -> Option<String> {
    let role = |column: usize| layout.columns.get(column).map_or(Role::Ignored, |c| c.role);
    let home = (0..header.len()).find(|column| role(*column) == Role::Price);
    if let Some(home) = home
        && !looks_like_price(record.trimmed(home))
    {
        let astray = |column: &usize| {
            !role(*column).may_hold_number() && looks_like_price(record.trimmed(*column))
        };
        // The neighbor nearest to the price column tells by how much the row is shifted.
        if let Some(found) = (0..header.len()).filter(astray).min_by_key(|at| at.abs_diff(home)) {
            return Some(format!(
                "'{}' {}, '{}' holds {}",
                header.name(home),
                holds(record.trimmed(home)),
                header.name(found),
                shown(record.trimmed(found))
            ));
        }
    }
    let misfit = |column: &usize| !fits(role(*column), record.trimmed(*column));
    let found = (0..header.len()).find(misfit)?;
    Some(format!("'{}' holds {}", header.name(found), shown(record.trimmed(found))))
}

/// Tells whether a cell is of the kind that its column wants; only told of columns that want a narrow kind.
fn fits(role: Role, cell: &str) -> bool {
    let word = |words: &[&str]| words.iter().any(|word| cell.eq_ignore_ascii_case(word));
    let number = || cell.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b',' | b'-'));
    let yes_or_no = || word(&["true", "false", "yes", "no", "1", "0"]);
    if cell.is_empty() || is_placeholder(cell) {
        return true;
    }
    match role {
        Role::Stock | Role::Weight | Role::ImagePosition => number(),
        Role::Policy => word(&["deny", "continue"]) || yes_or_no(),
        Role::Published | Role::RequiresShipping | Role::Taxable => yes_or_no(),
        Role::Status => word(&["active", "draft", "archived", "unlisted"]),
        Role::ImageUrl | Role::VariantImage => cell.contains(['/', '.']),
        _ => true,
    }
}

fn holds(cell: &str) -> String {
    if cell.is_empty() { "is empty".to_owned() } else { format!("holds {}", shown(cell)) }
}

/// Digits, a mark and one or two decimals.
fn looks_like_price(cell: &str) -> bool {
    let Some((whole, decimals)) = cell.split_once(['.', ',']) else { return false };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && digits(decimals) && decimals.len() <= 2
}
