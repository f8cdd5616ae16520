//! Columns for people, and rows for programs.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table as Grid, TableStyle};

use crate::clean::one_line;
use crate::page::{Look, Page};

/// Which side of a column its cells lean on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A head and the side its column leans on.
pub(crate) type Column = (&'static str, Side);

/// Rows under heads.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    columns: &'static [Column],
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Starts a table.
    pub(crate) fn new(columns: &'static [Column]) -> Self {
        Self { columns, rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Returns whether it has no rows.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Returns the table as lines, each ended by a line break, indented by `indent` blanks.
    pub(crate) fn text(&self, page: &Page, indent: usize) -> String {
        let mut grid = Grid::new();
        grid.load_style(TableStyle::new());
        grid.set_content_arrangement(ContentArrangement::Disabled);
        grid.set_header(
            self.columns.iter().map(|(head, side)| cell(head, *side)).collect::<Vec<_>>(),
        );
        for row in &self.rows {
            let cells = row.iter().zip(self.columns);
            grid.add_row(
                cells.map(|(text, (_, side))| cell(&cut(text, page), *side)).collect::<Vec<_>>(),
            );
        }
        for column in grid.column_iter_mut() {
            column.set_padding((0, 2));
        }
        let pad = " ".repeat(indent);
        let mut out = String::new();
        for (number, line) in grid.lines().enumerate() {
            let line = line.trim_end();
            let line = if number == 0 { Look::Bold.on(line) } else { line.to_owned() };
            out.push_str(&format!("{pad}{line}\n"));
        }
        out
    }
}

fn cell(text: &str, side: Side) -> Cell {
    let alignment = match side {
        Side::Left => CellAlignment::Left,
        Side::Right => CellAlignment::Right,
    };
    Cell::new(text).set_alignment(alignment)
}

/// Returns a cell's text on one line, cut where the page says so.
fn cut(text: &str, page: &Page) -> String {
    let text = one_line(text);
    match page.cell_max {
        Some(max) if text.chars().count() > max => {
            let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
            short.push('…');
            short
        }
        _ => text,
    }
}

/// Returns rows as CSV with a head line.
pub(crate) fn csv(
    fields: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(fields)?;
    for row in rows {
        writer.write_record(&row)?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_in_line_and_numbers_lean_right() {
        let mut table =
            Table::new(&[("SKU", Side::Left), ("QTY", Side::Right), ("TITLE", Side::Left)]);
        table.row(["A-1".to_owned(), "2".to_owned(), "Käse\n日本".to_owned()]);
        table.row(["LONGER-1".to_owned(), "120".to_owned(), "x".to_owned()]);
        let text = crate::page::finished(&table.text(&Page { cell_max: None }, 1), false);
        assert_eq!(text, " SKU       QTY  TITLE\n A-1         2  Käse 日本\n LONGER-1  120  x\n");
    }

    #[test]
    fn a_terminal_gets_cut_cells_and_a_pipe_whole_ones() {
        let page = Page { cell_max: Some(5) };
        assert_eq!(cut("a long title", &page), "a lo…");
        assert_eq!(cut("a long title", &Page { cell_max: None }), "a long title");
    }

    #[test]
    fn csv_quotes_what_needs_quotes() {
        let rows = vec![vec!["a,b".to_owned(), "say \"hi\"".to_owned()]];
        assert_eq!(
            csv(&["x", "y"], rows.into_iter()).ok().as_deref(),
            Some("x,y\n\"a,b\",\"say \"\"hi\"\"\"\n")
        );
    }
}
