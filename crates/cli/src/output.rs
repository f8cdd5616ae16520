//! The only place that prints.
//!
//! Results go to stdout; progress, summaries, hints, warnings and errors to stderr. With `--json` exactly one object goes
//! to stdout, errors included. The form never depends on whether stdout is a terminal: only colors and cut cells do.
//!
//! A reader that went away (`sutler order list | head -1`) ends the program quietly.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};

use crate::answer::{Answer, Body, versioned};
use crate::error::{CommandError, Report};
use crate::page::{Look, Page, finished};
use crate::view::{ErrorView, ReadStoreView};

/// The columns of a terminal that does not say how wide it is.
const WIDTH_USUAL: usize = 80;

/// In which form lists are printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Format {
    /// Columns for people
    Table,
    /// One JSON object
    Json,
    /// One JSON object a line
    Ndjson,
    /// Comma-separated values with a head line
    Csv,
}

/// When colors are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Color {
    /// Decides for one stream.
    fn is_on(self, terminal: bool) -> bool {
        match self {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
                terminal && !refused && !dumb
            }
        }
    }
}

/// Where and how everything is printed.
#[derive(Debug)]
pub(crate) struct Console {
    json: bool,
    format: Format,
    quiet: bool,
    color_out: bool,
    color_err: bool,
    out_is_terminal: bool,
    err_is_terminal: bool,
    /// Whether the JSON object of this run was printed.
    told: Cell<bool>,
}

impl Console {
    /// Decides how to print.
    pub(crate) fn new(json: bool, format: Format, quiet: bool, color: Color) -> Self {
        let (out_is_terminal, err_is_terminal) =
            (io::stdout().is_terminal(), io::stderr().is_terminal());
        Self {
            json: json || format == Format::Json,
            format: if json { Format::Json } else { format },
            quiet,
            color_out: color.is_on(out_is_terminal),
            color_err: color.is_on(err_is_terminal),
            out_is_terminal,
            err_is_terminal,
            told: Cell::new(false),
        }
    }

    /// Returns whether answers are JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Returns whether progress may be drawn.
    pub(crate) fn shows_progress(&self) -> bool {
        self.err_is_terminal && !self.quiet
    }

    /// Returns a page as wide as stdout allows.
    fn page(&self) -> Page {
        Page { width: self.out_is_terminal.then(terminal_width) }
    }

    /// Prints an answer: the result to stdout, the rest to stderr.
    pub(crate) fn answer(&self, answer: &Answer) -> Result<(), CommandError> {
        let text = self.body(&answer.body, answer.read_store.as_ref())?;
        self.out(&text)?;
        if self.json {
            // Everything that the rest says stands in the object too.
            return Ok(());
        }
        if let Some(read) = &answer.read_store {
            self.say(&format!("read from {} {}", read.url, read.words()));
        }
        for (word, report) in &answer.remarks {
            self.remark(word, report);
        }
        for warning in &answer.warnings {
            self.warn(warning);
        }
        for sentence in &answer.summary {
            self.say(sentence);
        }
        for (number, command) in answer.next.iter().enumerate() {
            let head = if number == 0 { "next:" } else { "  or:" };
            self.say(&format!("{} {}", Look::Dim.on(head), Look::Cyan.on(command)));
        }
        Ok(())
    }

    fn body(&self, body: &Body, read: Option<&ReadStoreView>) -> Result<Vec<u8>, CommandError> {
        let text = match (body, self.format) {
            (Body::Nothing, _) => return Ok(Vec::new()),
            (Body::Raw(text), _) => return Ok(text.clone()),
            (Body::One(one), Format::Ndjson) => {
                with_break(one.json(false, read).map_err(unprintable)?)
            }
            (Body::One(one), Format::Json) => {
                with_break(one.json(true, read).map_err(unprintable)?)
            }
            (Body::One(one), Format::Table | Format::Csv) => {
                finished(&one.text(&self.page()), self.color_out)
            }
            (Body::Many(many), Format::Table) => finished(&many.text(&self.page()), self.color_out),
            (Body::Many(many), Format::Json) => {
                with_break(many.json(true, read).map_err(unprintable)?)
            }
            (Body::Many(many), Format::Ndjson) => {
                many.ndjson().map_err(unprintable)?.into_iter().map(with_break).collect()
            }
            (Body::Many(many), Format::Csv) => many.csv().map_err(unprintable)?,
        };
        self.told.set(true);
        Ok(text.into_bytes())
    }

    /// Prints an error: for people to stderr, with `--json` as one object to stdout.
    pub(crate) fn error(&self, error: &CommandError) {
        let reports = error.reports();
        if reports.is_empty() {
            return;
        }
        if self.json && !self.told.get() {
            // Nobody is left to be told that nobody can be told.
            let _ = self.out(error_json(&reports, error.exit().code()).as_bytes());
            return;
        }
        let text: Vec<String> = reports.iter().map(|report| report.text("error")).collect();
        self.err(&text.join("\n"));
    }

    /// Prints a remark about rows to stderr.
    fn remark(&self, word: &str, report: &Report) {
        if word == "error" || !self.quiet {
            self.err(&report.text(word));
        }
    }

    /// Prints what a person should mind to stderr, also with `--quiet` and `--json`.
    pub(crate) fn warn(&self, sentence: &str) {
        self.err(&format!("{}: {sentence}\n", Look::Yellow.on("warning")));
    }

    /// Prints what a person must know before a question or an error to stderr; nothing with `--json`.
    pub(crate) fn explain_first(&self, text: &str) {
        if !self.json {
            self.err(text);
        }
    }

    /// Prints a line to stderr, unless `--quiet`.
    pub(crate) fn say(&self, line: &str) {
        if !self.quiet {
            self.err(&format!("{line}\n"));
        }
    }

    /// Prints a question to stderr, without a line break.
    pub(crate) fn ask(&self, question: &str) {
        self.err(question);
    }

    /// Prints text for people to stdout at once, as `demo` does between its steps.
    pub(crate) fn show(&self, text: &str) -> Result<(), CommandError> {
        self.out(finished(text, self.color_out).as_bytes())
    }

    /// Writes bytes to stdout as they are.
    ///
    /// Errors: [`CommandError::PipeClosed`] when nobody reads them any more.
    pub(crate) fn out(&self, bytes: &[u8]) -> Result<(), CommandError> {
        let mut stdout = io::stdout().lock();
        stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => CommandError::PipeClosed,
            _ => CommandError::Io {
                what: "cannot write",
                path: "standard output".to_owned(),
                source: error,
            },
        })
    }

    fn err(&self, text: &str) {
        // An error that cannot be told has nowhere else to go.
        let _ = io::stderr().lock().write_all(finished(text, self.color_err).as_bytes());
    }
}

/// Returns the columns of the terminal that stdout is.
fn terminal_width() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok();
    size.map(|size| usize::from(size.ws_col)).filter(|width| *width > 0).unwrap_or(WIDTH_USUAL)
}

fn with_break(mut text: String) -> String {
    text.push('\n');
    text
}

fn unprintable(error: impl std::error::Error + Send + Sync + 'static) -> CommandError {
    CommandError::Io {
        what: "cannot write",
        path: "the answer".to_owned(),
        source: io::Error::other(error),
    }
}

/// Returns errors as one JSON object: the first is the error, the others stand under `more`.
fn error_json(reports: &[Report], exit_code: u8) -> String {
    // The object holds texts and numbers only, which always can be written.
    let object = ErrorView::of(reports, exit_code).and_then(|view| versioned(&view, true).ok());
    object.map_or_else(String::new, with_break)
}
