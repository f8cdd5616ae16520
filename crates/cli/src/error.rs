//! What a command ends with when it does not end well, sorted by who must act.
//!
//! Who must act decides the exit code, nothing else does. [`CommandError::reports`] gives the one form from which both the
//! text for people and the JSON for programs are made, so that they cannot say different things.
//!
//! Invariant: the sentence never repeats its causes; they are listed after it.

use std::collections::BTreeMap;

use sutler::{CopyError, OpenError};
use sutler_core::import::{Diagnostic, Severity};
use sutler_core::port::{Retry, StoreError};
use sutler_core::rejection::{Rejection, RejectionKind};
use sutler_engine::FlowError;

use crate::exit::Exit;
use crate::page::Look;

/// How many different diagnostics of one file are shown.
const SHOWN_MAX: usize = 20;

/// What a command ends with.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// Exit 2. The command line or a settings file is wrong.
    Usage {
        /// Stable code.
        code: &'static str,
        /// What is wrong.
        message: String,
        /// How to mend it.
        help: Option<String>,
    },
    /// Exit 3, 4, 5 or 7, or 1: a flow did not do it.
    Flow(FlowError),
    /// A file of rows was refused as a whole; exit 5.
    File {
        /// The file's name for people.
        file: String,
        /// Why.
        diagnostics: Vec<Diagnostic>,
    },
    /// The store could not be opened.
    Open(OpenError),
    /// As the failure. Something that is done in parts failed; the parts before stay.
    Halted {
        /// Why.
        error: Box<FlowError>,
        /// What was done by then.
        kept: String,
        /// How to go on once the reason is gone.
        resume: &'static str,
    },
    /// Exit 1. A file of the caller could not be read or written.
    Io {
        /// What was tried: `cannot write`.
        what: &'static str,
        /// On which file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Exit 130. Ctrl-C.
    Interrupted {
        /// What was done by then.
        message: String,
        /// How to go on.
        help: String,
    },
    /// Nobody reads the answer any more.
    PipeClosed,
}

impl From<FlowError> for CommandError {
    fn from(error: FlowError) -> Self {
        CommandError::Flow(error)
    }
}

impl From<Rejection> for CommandError {
    fn from(rejection: Rejection) -> Self {
        CommandError::Flow(FlowError::Refused(rejection))
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        CommandError::Flow(FlowError::Store(error))
    }
}

impl From<OpenError> for CommandError {
    fn from(error: OpenError) -> Self {
        CommandError::Open(error)
    }
}

impl From<CopyError> for CommandError {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Open(error) => error.into(),
            CopyError::Flow(error) => (*error).into(),
            _ => FlowError::from(StoreError::broken("copy a shop", "the shop", error)).into(),
        }
    }
}

/// Where in a file something stands.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Spot {
    /// The file, for people.
    pub(crate) file: Option<String>,
    /// Physical line, from 1.
    pub(crate) line: Option<u64>,
    /// Data record, from 1.
    pub(crate) record: Option<u64>,
    /// Column, from 1.
    pub(crate) column: Option<u32>,
    /// Its head.
    pub(crate) column_name: Option<String>,
}

/// One error as it is told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Report {
    /// Stable code.
    pub(crate) code: String,
    /// One sentence.
    pub(crate) message: String,
    /// Where.
    pub(crate) spot: Spot,
    /// The cell that is to blame.
    pub(crate) value: Option<String>,
    /// How to mend it.
    pub(crate) help: Option<String>,
    /// What caused it, outermost first.
    pub(crate) causes: Vec<String>,
    /// How many more like it there are.
    pub(crate) more: u64,
}

impl CommandError {
    /// Returns how the program ends.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            CommandError::Usage { .. } => Exit::Usage,
            CommandError::Flow(error) => exit_of_flow(error),
            CommandError::Halted { error, .. } => exit_of_flow(error),
            CommandError::File { .. } => Exit::Invalid,
            CommandError::Open(error) => exit_of_open(error),
            CommandError::Io { what, source, .. } if is_missing(what, source) => Exit::NotFound,
            CommandError::Io { .. } => Exit::Failure,
            CommandError::Interrupted { .. } => Exit::Interrupted,
            CommandError::PipeClosed => Exit::Done,
        }
    }

    /// Returns what is told, the most important first; never empty but for a closed pipe.
    pub(crate) fn reports(&self) -> Vec<Report> {
        match self {
            CommandError::Usage { code, message, help } => {
                vec![Report {
                    code: (*code).to_owned(),
                    message: message.clone(),
                    help: help.clone(),
                    ..Report::default()
                }]
            }
            CommandError::Flow(error) => vec![report_of_flow(error)],
            CommandError::Halted { error, kept, resume } => {
                vec![report_of_halt(error, kept, resume)]
            }
            CommandError::File { file, diagnostics } => grouped(Some(file), diagnostics),
            CommandError::Open(error) => vec![report_of_open(error)],
            CommandError::Io { what, path, source } => vec![Report {
                code: if is_missing(what, source) { "file.missing" } else { "file.io" }.to_owned(),
                message: format!("{what} `{path}`"),
                help: help_for_io(source),
                causes: vec![source.to_string()],
                ..Report::default()
            }],
            CommandError::Interrupted { message, help } => vec![Report {
                code: "interrupted".to_owned(),
                message: message.clone(),
                help: Some(help.clone()),
                ..Report::default()
            }],
            CommandError::PipeClosed => Vec::new(),
        }
    }
}

/// Returns whether a file that was named to be read is not there.
fn is_missing(what: &str, source: &std::io::Error) -> bool {
    what == "cannot read" && source.kind() == std::io::ErrorKind::NotFound
}

/// Returns how the program ends whose flow failed.
pub(crate) fn exit_of_flow(error: &FlowError) -> Exit {
    match error {
        FlowError::Refused(rejection) => exit_of_refusal(rejection.kind()),
        FlowError::File(_) | FlowError::Mapping(_) => Exit::Invalid,
        FlowError::Contended { .. } => Exit::Conflict,
        FlowError::Store(error) => exit_of_store(error),
        error if error.may_retry() => Exit::Unavailable,
        _ => Exit::Failure,
    }
}

/// Returns how the program ends that was refused.
pub(crate) fn exit_of_refusal(kind: RejectionKind) -> Exit {
    match kind {
        RejectionKind::NotFound => Exit::NotFound,
        RejectionKind::Conflict => Exit::Conflict,
        RejectionKind::Invalid => Exit::Invalid,
    }
}

fn exit_of_store(error: &StoreError) -> Exit {
    match (error.code, error.retry) {
        ("store.newer" | "store.changed", _) => Exit::Migration,
        (_, Retry::Later) => Exit::Unavailable,
        _ => Exit::Failure,
    }
}

fn causes(error: &dyn std::error::Error) -> Vec<String> {
    let mut causes: Vec<String> = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if causes.last() != Some(&text) {
            causes.push(text);
        }
        next = cause.source();
    }
    causes
}

fn report_of_flow(error: &FlowError) -> Report {
    let help = match error {
        FlowError::Refused(rejection) => help_for(rejection),
        FlowError::Store(error) => error.help.clone().or_else(|| help_for_store(error)),
        FlowError::Io { source, .. } => help_for_io(source),
        FlowError::Search(error) if error.is_about_writing_rights() => {
            Some("give this program the right to write there; searching works without".to_owned())
        }
        FlowError::Search(error) if error.is_about_room() => {
            Some("free some room on the disk; searching works without".to_owned())
        }
        FlowError::Search(_) => Some("build the index anew: `sutler index rebuild`".to_owned()),
        _ => None,
    };
    let causes = match error {
        // A transparent error is its own source's sentence.
        FlowError::Refused(_) => Vec::new(),
        FlowError::Store(error) => causes(error),
        FlowError::Search(error) => causes(error),
        _ => causes(error),
    };
    Report {
        code: error.code().to_owned(),
        message: error.to_string(),
        help,
        causes,
        ..Report::default()
    }
}

/// Tells of a failure between two parts: what of it is done, and how to go on. The usual help of a failure speaks of work
/// that is done at once.
fn report_of_halt(error: &FlowError, kept: &str, resume: &str) -> Report {
    let report = report_of_flow(error);
    let first = match (report.code.as_str(), report.help) {
        ("store.full", _) => "free some disk space, then ".to_owned(),
        (_, Some(help)) => format!("{help}; then "),
        (_, None) => String::new(),
    };
    Report {
        message: format!("{}; {kept}", report.message),
        help: Some(format!("{first}{resume}")),
        ..report
    }
}

/// Says what to do about a refusal, where its sentence does not say so itself.
fn help_for(rejection: &Rejection) -> Option<String> {
    let help = match rejection {
        Rejection::InsufficientStock { label, .. } => {
            format!("see what is where: `sutler stock show '{label}'`")
        }
        Rejection::NotFound { noun: "variant" | "product", near, .. } if near.is_empty() => {
            "find it by words: `sutler search WORDS`, or list them: `sutler product list`".to_owned()
        }
        Rejection::NotFound { noun: "shop", .. } => "list them: `sutler shop list`".to_owned(),
        Rejection::NotFound { noun: "order", .. } => "list them: `sutler order list`".to_owned(),
        Rejection::NotFound { noun: "cart", .. } => "start one: `sutler cart new`".to_owned(),
        Rejection::EventsGone { place, .. } => format!(
            "compare what was done for events after {place} with the shop: `sutler events tail --after {place}`; then run the \
             same command again: it goes on behind event {place}"
        ),
        Rejection::OtherShop => {
            "name a replica or a copy of the same shop with --read-store, or leave it out".to_owned()
        }
        Rejection::ShopExists => {
            "name another store with --store, a new file or another `?shop=NAME`, or restore a backup over it: `sutler restore \
             FILE --yes`"
                .to_owned()
        }
        Rejection::CopyNotEmpty => {
            "what --to names holds records: name a new file, or another `?shop=NAME`".to_owned()
        }
        Rejection::PaymentDeclined { .. } => {
            "nothing is held and the cart is unchanged: try another method with --pay".to_owned()
        }
        Rejection::NotForSale { .. } => "see its status: `sutler product show`".to_owned(),
        Rejection::AlreadyShipped { number } => format!("give the money back instead: `sutler refund {number}`"),
        _ => return None,
    };
    Some(help)
}

fn help_for_store(error: &StoreError) -> Option<String> {
    match error.code {
        "store.locked" => {
            Some("another program is writing for longer than usual; try again".to_owned())
        }
        "store.full" => Some("free some disk space, then run the same command again".to_owned()),
        "store.damaged" => {
            Some("look with `sutler doctor`, then `sutler restore` the newest backup".to_owned())
        }
        _ => None,
    }
}

fn help_for_io(source: &std::io::Error) -> Option<String> {
    use std::io::ErrorKind;
    match source.kind() {
        ErrorKind::NotFound => Some("check the path".to_owned()),
        ErrorKind::PermissionDenied => {
            Some("check the rights on the file and its folder".to_owned())
        }
        ErrorKind::StorageFull => Some("free some disk space".to_owned()),
        _ => None,
    }
}

/// Puts equal diagnostics together: one report for each code and column, with how many more there are.
pub(crate) fn grouped(file: Option<&str>, diagnostics: &[Diagnostic]) -> Vec<Report> {
    let mut reports: Vec<Report> = Vec::new();
    let mut places: BTreeMap<(String, Option<u32>, u64, String), usize> = BTreeMap::new();
    // What refuses the whole file comes before what refuses a row, that before remarks.
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| match diagnostic.severity {
        Severity::Fatal => 0,
        Severity::Reject => 1,
        Severity::Remark => 2,
    });
    for diagnostic in sorted {
        let column = diagnostic.place.column.as_ref().map(|(number, _)| *number);
        let is_table = diagnostic.place.column.as_ref().is_none_or(|(_, name)| !name.is_empty());
        // Rows of a table are alike; lines of a text are not.
        let line = if is_table { 0 } else { diagnostic.place.line };
        let help = diagnostic.help.clone().unwrap_or_default();
        let key = (diagnostic.code.clone(), column, line, help);
        if let Some(report) = places.get(&key).and_then(|at| reports.get_mut(*at)) {
            report.more += 1;
            continue;
        }
        if reports.len() < SHOWN_MAX {
            places.insert(key, reports.len());
            reports.push(report_of_diagnostic(file, diagnostic));
        }
    }
    reports
}

/// Returns one diagnostic as a report.
pub(crate) fn report_of_diagnostic(file: Option<&str>, diagnostic: &Diagnostic) -> Report {
    let place = &diagnostic.place;
    let named = place.column.as_ref().filter(|(_, name)| !name.is_empty());
    Report {
        code: diagnostic.code.clone(),
        message: diagnostic.message.clone(),
        spot: Spot {
            file: file.map(str::to_owned),
            line: (place.line > 0).then_some(place.line),
            record: (place.record > 0).then_some(place.record),
            column: place.column.as_ref().map(|(number, _)| *number),
            column_name: named.map(|(_, name)| name.clone()),
        },
        value: diagnostic.value.clone(),
        help: diagnostic.help.clone(),
        causes: Vec::new(),
        more: 0,
    }
}

impl Spot {
    /// Returns `products.csv:848, record 412, column "Price" (21)`, or `spring.toml:12:3` of a text that is no table;
    /// nothing when it says nothing.
    fn text(&self) -> Option<String> {
        let file = self.file.as_deref()?;
        let mut text = file.to_owned();
        if let Some(line) = self.line {
            text.push_str(&format!(":{line}"));
        }
        if let Some(record) = self.record {
            text.push_str(&format!(", record {record}"));
        }
        match (self.column, self.column_name.as_deref()) {
            (Some(number), Some(name)) => {
                text.push_str(&format!(", column {name:?} ({number})"));
            }
            (Some(number), None) => text.push_str(&format!(":{number}")),
            (None, _) => {}
        }
        Some(text)
    }
}

impl Report {
    /// Returns it as people know it from cargo. `word` is `error` or `warning`.
    pub(crate) fn text(&self, word: &str) -> String {
        let look = if word == "error" { Look::Red } else { Look::Yellow };
        let clean = crate::clean::one_line;
        let mut text =
            format!("{}: {}", look.on(&format!("{word}[{}]", self.code)), clean(&self.message));
        if self.more > 0 {
            text.push_str(&format!(" (and {} more like it)", self.more));
        }
        text.push('\n');
        let mut line = |head: &str, rest: &str| text.push_str(&format!("{head}{}\n", clean(rest)));
        if let Some(spot) = self.spot.text() {
            line(" --> ", &spot);
        }
        if let Some(value) = &self.value {
            line("  value: ", &format!("{value:?}"));
        }
        for cause in &self.causes {
            line("  cause: ", cause);
        }
        if let Some(help) = &self.help {
            line("  help: ", help);
        }
        text
    }
}

fn exit_of_open(error: &OpenError) -> Exit {
    if let OpenError::Compare(error) = error {
        return exit_of_flow(error);
    }
    crate::failure::find(open_code(error)).map_or(Exit::Failure, |failure| failure.exit)
}

fn open_code(error: &OpenError) -> &'static str {
    match error {
        OpenError::Url { .. } | OpenError::Without | OpenError::Alone | OpenError::Name { .. } => {
            "store.url"
        }
        OpenError::Compare(error) => error.code(),
        #[cfg(feature = "postgres")]
        OpenError::Address(_) => "store.url",
        #[cfg(feature = "postgres")]
        OpenError::Postgres(error) => error.code(),
        OpenError::Sqlite(error) => error.code(),
        OpenError::Index { .. } => "store.index",
        _ => "store.failed",
    }
}

fn report_of_open(error: &OpenError) -> Report {
    if let OpenError::Compare(error) = error {
        return report_of_flow(error);
    }
    let help = match error {
        OpenError::Sqlite(error) if error.code() == "store.exists" => {
            Some("name another file, or replace this one with --yes".to_owned())
        }
        OpenError::Sqlite(error) => Some(error.help().to_owned()),
        #[cfg(feature = "postgres")]
        OpenError::Postgres(error) => Some(error.help().to_owned()),
        #[cfg(feature = "postgres")]
        OpenError::Address(_) => Some(
            "in a name or a password the letters : / ? # @ % and & are written %3A %2F %3F %23 %40 %25 and %26"
                .to_owned(),
        ),
        OpenError::Without => {
            Some("install it with: cargo install sutler-cli --features postgres".to_owned())
        }
        OpenError::Index { .. } => {
            Some("check the rights on the folder, then try again".to_owned())
        }
        _ => None,
    };
    Report {
        code: open_code(error).to_owned(),
        message: error.to_string(),
        help,
        causes: causes(error),
        ..Report::default()
    }
}

#[cfg(test)]
mod tests {
    use sutler_core::import::Place;

    use super::*;

    fn bad_price(line: u64) -> Diagnostic {
        Diagnostic {
            code: "E102".to_owned(),
            severity: Severity::Reject,
            place: Place { line, record: line - 1, column: Some((21, "Price".to_owned())) },
            message: "price is not a number".to_owned(),
            value: Some("N/A".to_owned()),
            help: Some("write digits".to_owned()),
        }
    }

    #[test]
    fn an_error_in_a_file_reads_like_one_of_a_compiler() {
        let reports = grouped(Some("products.csv"), &[bad_price(848)]);
        let text = crate::page::finished(&reports[0].text("error"), false);
        assert_eq!(
            text,
            "error[E102]: price is not a number\n --> products.csv:848, record 847, column \"Price\" (21)\n  \
             value: \"N/A\"\n  help: write digits\n"
        );
    }

    #[test]
    fn an_error_in_a_text_names_its_character_and_each_line_is_told() {
        let wrong = |line| Diagnostic {
            place: Place { line, record: 0, column: Some((3, String::new())) },
            value: None,
            ..bad_price(1)
        };
        let reports = grouped(Some("spring.toml"), &[wrong(2), wrong(9)]);
        let text = crate::page::finished(&reports[1].text("error"), false);
        assert_eq!(
            text,
            "error[E102]: price is not a number\n --> spring.toml:9:3\n  help: write digits\n"
        );
    }

    #[test]
    fn equal_errors_are_told_once_with_their_number() {
        let diagnostics: Vec<Diagnostic> = (2..776).map(bad_price).collect();
        let reports = grouped(Some("p.csv"), &diagnostics);
        assert_eq!(reports.len(), 1);
        assert_eq!((reports[0].spot.line, reports[0].more), (Some(2), 773));
    }

    #[test]
    fn a_full_disk_in_the_midst_says_what_is_kept_and_how_to_go_on() {
        let full = StoreError {
            op: "commit",
            subject: "shop.db".to_owned(),
            retry: Retry::Never,
            code: "store.full",
            help: Some("free some space; nothing was written".to_owned()),
            source: "database or disk is full".into(),
        };
        let halted = CommandError::Halted {
            error: Box::new(full.into()),
            kept: "stopped after batch 3, all of it kept".to_owned(),
            resume: "run the same command again",
        };
        assert_eq!(halted.exit(), Exit::Failure);
        let text = crate::page::finished(&halted.reports()[0].text("error"), false);
        assert!(text.contains("; stopped after batch 3, all of it kept"), "{text}");
        assert!(text.contains("free some disk space, then run the same command again"), "{text}");
        assert!(!text.contains("nothing was written"), "{text}");
    }

    #[test]
    fn a_refusal_ends_with_the_code_of_its_kind() {
        let exit = |rejection: Rejection| CommandError::from(rejection).exit();
        assert_eq!(exit(Rejection::not_found("variant", "X")), Exit::NotFound);
        assert_eq!(exit(Rejection::ShopExists), Exit::Conflict);
        assert_eq!(exit(Rejection::ReasonMissing), Exit::Invalid);
        let locked = StoreError {
            op: "commit",
            subject: "shop.db".to_owned(),
            retry: Retry::Later,
            code: "store.locked",
            help: None,
            source: "busy".into(),
        };
        assert_eq!(CommandError::from(locked).exit(), Exit::Unavailable);
    }
}
