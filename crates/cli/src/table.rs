//! Columns for people, and rows for programs.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table as Grid, TableStyle};

use sutler_engine::flow::export::guard;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::clean::{multi_line, one_line};
use crate::page::{Look, Page};

/// The most columns of a cell on a terminal.
const CELL_MAX: usize = 48;

/// What a column of words keeps on the narrowest terminal.
const CELL_MIN: usize = 12;

/// Blanks between two columns.
const GAP: usize = 2;

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
        for row in self.fitting(page, indent) {
            let cells = row.iter().zip(self.columns);
            grid.add_row(cells.map(|(text, (_, side))| cell(text, *side)).collect::<Vec<_>>());
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

    /// Returns the rows with every cell on one line, cut where the page is too narrow.
    fn fitting(&self, page: &Page, indent: usize) -> Vec<Vec<String>> {
        let lines = self.rows.iter().map(|row| row.iter().map(|text| one_line(text)).collect());
        let mut rows: Vec<Vec<String>> = lines.collect();
        let Some(width) = page.width else { return rows };
        let natural = self.columns.iter().enumerate().map(|(at, (head, side))| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(|text| text.width());
            (cells.max().unwrap_or(0).max(head.width()), *side)
        });
        let limits = limits(&natural.collect::<Vec<_>>(), width.saturating_sub(indent));
        for row in &mut rows {
            for (text, max) in row.iter_mut().zip(&limits) {
                *text = cut(std::mem::take(text), *max);
            }
        }
        rows
    }
}

fn cell(text: &str, side: Side) -> Cell {
    let alignment = match side {
        Side::Left => CellAlignment::Left,
        Side::Right => CellAlignment::Right,
    };
    Cell::new(text).set_alignment(alignment)
}

/// Returns a text cut to so many columns of a terminal, in which a wide character takes two.
fn cut(text: String, max: usize) -> String {
    if text.width() <= max {
        return text;
    }
    let mut short = String::new();
    let mut width = 1;
    for c in text.chars() {
        width += c.width().unwrap_or(0);
        if width > max {
            break;
        }
        short.push(c);
    }
    short.push('…');
    short
}

/// Returns how wide each column may be. The widest column of words gives way first, numbers never do.
fn limits(natural: &[(usize, Side)], width: usize) -> Vec<usize> {
    let mut limits: Vec<usize> = natural.iter().map(|(width, _)| (*width).min(CELL_MAX)).collect();
    for ((natural, side), limit) in natural.iter().zip(&mut limits) {
        if *side == Side::Right {
            *limit = *natural;
        }
    }
    let gaps = GAP * natural.len().saturating_sub(1);
    while limits.iter().sum::<usize>() + gaps > width {
        let words = limits.iter_mut().zip(natural).filter(|(_, (_, side))| *side == Side::Left);
        match words.map(|(limit, _)| limit).filter(|limit| **limit > CELL_MIN).max() {
            Some(widest) => *widest -= 1,
            None => break,
        }
    }
    limits
}

/// Returns rows as CSV with a head line. A spreadsheet runs no cell as a formula, and a terminal none as a command: buyers
/// wrote some of them.
pub(crate) fn csv(
    fields: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(fields)?;
    for row in rows {
        writer.write_record(row.iter().map(|text| guard(&multi_line(text)).into_owned()))?;
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
        let text = crate::page::finished(&table.text(&Page::WHOLE, 1), false);
        assert_eq!(text, " SKU       QTY  TITLE\n A-1         2  Käse 日本\n LONGER-1  120  x\n");
    }

    #[test]
    fn a_terminal_gets_cut_cells_and_a_pipe_whole_ones() {
        let mut table =
            Table::new(&[("SKU", Side::Left), ("TITLE", Side::Left), ("QTY", Side::Right)]);
        table.row([
            "KYUSU-1".to_owned(),
            "常滑焼の急須と湯呑みのセット".to_owned(),
            "12".to_owned(),
        ]);
        table.row(["A".to_owned(), "An Extraordinarily Long Title".to_owned(), "1".to_owned()]);
        let text = |width| crate::page::finished(&table.text(&Page { width }, 2), false);
        assert_eq!(
            text(Some(36)),
            "  SKU      TITLE                 QTY\n  \
               KYUSU-1  常滑焼の急須と湯呑…    12\n  \
               A        An Extraordinarily …    1\n"
        );
        for width in [28, 36, 40, 80] {
            assert!(text(Some(width)).lines().all(|line| line.width() <= width), "{width}");
        }
        assert!(text(None).contains("常滑焼の急須と湯呑みのセット"));
        assert_eq!(text(Some(200)), text(None));
        // Numbers are never cut, whatever the terminal.
        assert!(text(Some(5)).contains(" 12\n"));
    }

    #[test]
    fn csv_quotes_what_needs_quotes() {
        let rows = vec![vec!["a,b".to_owned(), "say \"hi\"".to_owned()]];
        assert_eq!(
            csv(&["x", "y"], rows.into_iter()).ok().as_deref(),
            Some("x,y\n\"a,b\",\"say \"\"hi\"\"\"\n")
        );
    }

    #[test]
    fn csv_from_buyers_runs_nowhere() {
        for (text, cell) in [
            ("=1+1|cmd", "'=1+1|cmd"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("\tx", "'\tx"),
            ("x\u{1b}[2Jy", "x\\u{1b}[2Jy"),
            ("\r=1+1", "\\u{d}=1+1"),
            ("-12.50", "-12.50"),
            ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"),
        ] {
            let text = csv(&["x"], std::iter::once(vec![text.to_owned()]));
            assert_eq!(text.ok(), Some(format!("x\n{cell}\n")));
        }
        let lines = csv(&["x"], std::iter::once(vec!["two\nlines".to_owned()]));
        assert_eq!(lines.ok().as_deref(), Some("x\n\"two\nlines\"\n"));
    }
}
