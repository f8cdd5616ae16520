//! What a command answers: values, not print-outs.
//!
//! A command builds one [`Answer`]; [`crate::output`] shows it as text, JSON, NDJSON or CSV. So every command can be asked
//! for every form, and a command can be called from another one without printing anything.

use serde::Serialize;

use crate::error::Report;
use crate::exit::Exit;
use crate::page::Page;
use crate::table::Table;
use crate::view::{ReadStoreView, SCHEMA};

/// What a command answers.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The result; goes to stdout.
    pub(crate) body: Body,
    /// What is to be said about rows of a file, each with `error` or `warning`; goes to stderr.
    pub(crate) remarks: Vec<(&'static str, Report)>,
    /// What was changed, in a sentence; goes to stderr.
    pub(crate) summary: Vec<String>,
    /// What a person should mind; goes to stderr even with `--quiet`.
    pub(crate) warnings: Vec<String>,
    /// Commands that make sense next; go to stderr.
    pub(crate) next: Vec<String>,
    /// What was read in the place of the shop, and how far it was behind.
    pub(crate) read_store: Option<ReadStoreView>,
    /// How the program ends.
    pub(crate) exit: Exit,
}

/// The result of a command.
#[derive(Debug)]
pub(crate) enum Body {
    /// It was written to stdout or a file already, or there is none.
    Nothing,
    /// Text that is the same in every form: a shell script, a man page.
    Raw(Vec<u8>),
    /// One thing.
    One(Box<dyn One>),
    /// Several of a kind.
    Many(Box<dyn Many>),
}

/// The text of one thing, for people.
pub(crate) trait Show {
    /// Returns the text, each line ended by a line break.
    fn show(&self, page: &Page) -> String;
}

/// One thing that can be shown in every form.
pub(crate) trait One: std::fmt::Debug {
    /// Returns one JSON object, on several lines or on one.
    fn json(&self, pretty: bool, read: Option<&ReadStoreView>) -> serde_json::Result<String>;
    /// Returns text for people.
    fn text(&self, page: &Page) -> String;
}

impl<T: Serialize + Show + std::fmt::Debug> One for T {
    fn json(&self, pretty: bool, read: Option<&ReadStoreView>) -> serde_json::Result<String> {
        versioned_read(self, pretty, read)
    }

    fn text(&self, page: &Page) -> String {
        self.show(page)
    }
}

/// A row of a list.
pub(crate) trait Row: Serialize {
    /// Heads of the columns for people.
    const COLUMNS: &'static [crate::table::Column];
    /// Names of the CSV fields.
    const FIELDS: &'static [&'static str];
    /// Cells for people, one for each column.
    fn cells(&self) -> Vec<String>;
    /// Values for programs, one for each CSV field; amounts without currency.
    fn fields(&self) -> Vec<String>;
}

/// A list that knows its rows.
pub(crate) trait List: Serialize {
    /// What stands in it.
    type Row: Row;
    /// Returns the rows.
    fn rows(&self) -> &[Self::Row];
    /// Returns what is said when there are none.
    fn when_empty(&self) -> String;
    /// Returns text that follows the table: facets, counts.
    fn rest(&self, page: &Page) -> String {
        let _ = page;
        String::new()
    }
}

/// Several things that can be shown in every form.
pub(crate) trait Many: std::fmt::Debug {
    /// Returns one JSON object that holds the list.
    fn json(&self, pretty: bool, read: Option<&ReadStoreView>) -> serde_json::Result<String>;
    /// Returns one JSON object for each row.
    fn ndjson(&self) -> serde_json::Result<Vec<String>>;
    /// Returns rows with a head line.
    fn csv(&self) -> Result<String, csv::Error>;
    /// Returns text for people.
    fn text(&self, page: &Page) -> String;
}

impl<L: List + std::fmt::Debug> Many for L {
    fn json(&self, pretty: bool, read: Option<&ReadStoreView>) -> serde_json::Result<String> {
        versioned_read(self, pretty, read)
    }

    fn ndjson(&self) -> serde_json::Result<Vec<String>> {
        self.rows().iter().map(|row| versioned(row, false)).collect()
    }

    fn csv(&self) -> Result<String, csv::Error> {
        crate::table::csv(<L::Row as Row>::FIELDS, self.rows().iter().map(Row::fields))
    }

    fn text(&self, page: &Page) -> String {
        let mut table = Table::new(<L::Row as Row>::COLUMNS);
        self.rows().iter().for_each(|row| table.row(row.cells()));
        let body =
            if table.is_empty() { format!("{}\n", self.when_empty()) } else { table.text(page, 0) };
        body + &self.rest(page)
    }
}

#[derive(Serialize)]
struct Versioned<'a, T: Serialize> {
    schema: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_store: Option<&'a ReadStoreView>,
    #[serde(flatten)]
    value: &'a T,
}

/// Returns a value as JSON, with the version of its fields.
pub(crate) fn versioned<T: Serialize>(value: &T, pretty: bool) -> serde_json::Result<String> {
    versioned_read(value, pretty, None)
}

/// The same, with what was read in the place of the shop.
fn versioned_read<T: Serialize>(
    value: &T,
    pretty: bool,
    read_store: Option<&ReadStoreView>,
) -> serde_json::Result<String> {
    let versioned = Versioned { schema: SCHEMA, read_store, value };
    let text = if pretty {
        serde_json::to_string_pretty(&versioned)
    } else {
        serde_json::to_string(&versioned)
    };
    text.map(|text| crate::clean::json(&text))
}

impl Answer {
    fn of(body: Body) -> Self {
        Self {
            body,
            remarks: Vec::new(),
            summary: Vec::new(),
            warnings: Vec::new(),
            next: Vec::new(),
            read_store: None,
            exit: Exit::Done,
        }
    }

    /// Answers with one thing.
    pub(crate) fn one(thing: impl One + 'static) -> Self {
        Self::of(Body::One(Box::new(thing)))
    }

    /// Answers with a list.
    pub(crate) fn many(list: impl Many + 'static) -> Self {
        Self::of(Body::Many(Box::new(list)))
    }

    /// Answers with text that is the same in every form.
    pub(crate) fn raw(text: impl Into<Vec<u8>>) -> Self {
        Self::of(Body::Raw(text.into()))
    }

    /// Answers with nothing on stdout.
    pub(crate) fn nothing() -> Self {
        Self::of(Body::Nothing)
    }

    /// Adds a sentence about what was done.
    pub(crate) fn summary(mut self, sentence: impl Into<String>) -> Self {
        self.summary.push(sentence.into());
        self
    }

    /// Adds something that a person should mind.
    pub(crate) fn warning(mut self, sentence: impl Into<String>) -> Self {
        self.warnings.push(sentence.into());
        self
    }

    /// Adds a command that makes sense next.
    pub(crate) fn next(mut self, command: impl Into<String>) -> Self {
        self.next.push(command.into());
        self
    }

    /// Says what was read in the place of the shop.
    pub(crate) fn read_from(mut self, read_store: Option<ReadStoreView>) -> Self {
        self.read_store = read_store;
        self
    }

    /// Says how the program ends.
    pub(crate) fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }
}
