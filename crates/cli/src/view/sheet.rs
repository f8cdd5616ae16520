//! Text for people, put together from titles, pairs and tables.

use crate::clean::one_line;
use crate::page::{Look, Page};
use crate::table::Table;

/// How far a pair's value stands from the margin.
const NAME_WIDTH: usize = 12;

/// Text under construction.
#[derive(Debug)]
pub(crate) struct Sheet<'a> {
    page: &'a Page,
    text: String,
}

impl<'a> Sheet<'a> {
    /// Starts an empty sheet.
    pub(crate) fn new(page: &'a Page) -> Self {
        Self { page, text: String::new() }
    }

    /// Adds a bold line, with a plain rest behind it.
    pub(crate) fn title(&mut self, title: &str, rest: &str) -> &mut Self {
        let title = Look::Bold.on(&one_line(title));
        let line = if rest.is_empty() { title } else { format!("{title}  {}", one_line(rest)) };
        self.text.push_str(&format!("{line}\n"));
        self
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, line: &str) -> &mut Self {
        self.text.push_str(&format!("{}\n", one_line(line)));
        self
    }

    /// Adds a line that carries looks of its own; its data must be clean already.
    pub(crate) fn marked(&mut self, line: &str) -> &mut Self {
        self.text.push_str(&format!("{line}\n"));
        self
    }

    /// Adds an empty line, unless there is one or nothing yet.
    pub(crate) fn gap(&mut self) -> &mut Self {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
        self
    }

    /// Adds a name with its value.
    pub(crate) fn pair(&mut self, name: &str, value: &str) -> &mut Self {
        let padded = format!("{name:<NAME_WIDTH$}");
        self.text.push_str(&format!("  {}  {}\n", Look::Dim.on(&padded), one_line(value)));
        self
    }

    /// Adds a name with its value, where there is one.
    pub(crate) fn some(&mut self, name: &str, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.pair(name, value);
        }
        self
    }

    /// Adds a table, where it has rows.
    pub(crate) fn table(&mut self, table: &Table) -> &mut Self {
        if !table.is_empty() {
            self.text.push_str(&table.text(self.page, 2));
        }
        self
    }

    /// Returns the text.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}
