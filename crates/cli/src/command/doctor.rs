//! `sutler doctor`: everything that can keep a shop from working, looked at in order.
//!
//! A finding never ends the checkup: what is damaged, foreign or locked is told, and everything that can still be looked
//! at is. A file that cannot be opened as a shop is looked at from outside. `--fix` does only what is safe at any time: it
//! rebuilds the index and finishes what a crash cut off.

mod inside;

use std::path::Path;

use sutler::{StoreUrl, Verdict};

use crate::answer::Answer;
use crate::config::Origin;
use crate::context::Context;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::view::{CheckView, DoctorView};

/// How many findings of one check are told.
const TOLD_MAX: usize = 20;

/// How much of what was seen from outside is told; everything but damaged pages fits.
const SEEN_MAX: usize = 30;

/// What makes `--fix` worth a hint.
const FIX: &str = "--fix";

/// Look for everything that can keep a shop from working; ends with 1 when something failed
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler doctor
  sutler doctor --fix
  sutler doctor --json

Nothing is changed without --fix, except that the search index is brought up to the last event.")]
pub(crate) struct DoctorArgs {
    /// Mend what can be mended safely: an older schema, the search index, and what a crash cut off
    #[arg(long)]
    fix: bool,
}

/// Checks that were made so far.
#[derive(Debug, Default)]
struct Checkup {
    checks: Vec<CheckView>,
    fixed: Vec<String>,
}

impl Checkup {
    fn ok(&mut self, name: &str, message: impl Into<String>) {
        self.add(name, "ok", message.into(), None);
    }

    fn skipped(&mut self, name: &str, message: impl Into<String>) {
        self.add(name, "skipped", message.into(), None);
    }

    fn warning(&mut self, name: &str, message: impl Into<String>, help: &str) {
        self.add(name, "warning", message.into(), Some(help.to_owned()));
    }

    fn failed(&mut self, name: &str, message: impl Into<String>, help: Option<&str>) {
        self.add(name, "failed", message.into(), help.map(str::to_owned));
    }

    /// Adds several findings of one check; a long list is cut.
    fn all_failed(&mut self, name: &str, found: &[String], help: &str) {
        for message in found.iter().take(TOLD_MAX) {
            self.failed(name, message, None);
        }
        if found.len() > TOLD_MAX {
            self.failed(name, format!("and {} more", found.len() - TOLD_MAX), None);
        }
        if let Some(last) = self.checks.last_mut().filter(|_| !found.is_empty()) {
            last.help = Some(help.to_owned());
        }
    }

    /// Returns what was read; an error becomes a finding.
    fn read<T>(&mut self, name: &str, read: Result<T, impl Into<CommandError>>) -> Option<T> {
        match read {
            Ok(value) => Some(value),
            Err(error) => {
                let error: CommandError = error.into();
                for report in error.reports().into_iter().take(TOLD_MAX) {
                    let causes: String =
                        report.causes.iter().map(|cause| format!(": {cause}")).collect();
                    let message = format!("{}{causes}", report.message);
                    self.failed(name, message, report.help.as_deref());
                }
                None
            }
        }
    }

    /// Adds what was seen from outside.
    fn seen(&mut self, checks: Vec<sutler::Check>) {
        let more = checks.len().saturating_sub(SEEN_MAX);
        for check in checks.into_iter().take(SEEN_MAX) {
            let outcome = match check.verdict {
                Verdict::Fine => "ok",
                Verdict::Doubtful => "warning",
                Verdict::Broken => "failed",
            };
            self.add(check.name, outcome, check.message, check.help.map(str::to_owned));
        }
        if more > 0 {
            self.failed("pages", format!("and {more} more"), None);
        }
    }

    fn add(&mut self, name: &str, outcome: &str, message: String, help: Option<String>) {
        let name = name.to_owned();
        self.checks.push(CheckView { name, outcome: outcome.to_owned(), message, help });
    }

    fn has(&self, name: &str, outcome: &str) -> bool {
        self.checks.iter().any(|check| check.name == name && check.outcome == outcome)
    }

    fn finish(self, context: &Context<'_>) -> Answer {
        let count = |outcome| self.checks.iter().filter(|check| check.outcome == outcome).count();
        let (failed, warnings) = (count("failed"), count("warning"));
        let helps = || self.checks.iter().filter_map(|check| check.help.as_deref());
        let can_fix = helps().any(|help| help.contains(FIX));
        let exit = if failed == 0 { Exit::Done } else { Exit::Failure };
        let Checkup { checks, fixed } = self;
        let answer =
            Answer::one(DoctorView { ok: failed == 0, failed, warnings, checks, fixed }).exit(exit);
        if can_fix { answer.next(context.hint("doctor --fix")) } else { answer }
    }
}

impl DoctorArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let mut checkup = Checkup::default();
        let (os, machine) = (std::env::consts::OS, std::env::consts::ARCH);
        checkup.ok("program", format!("sutler {} on {os} {machine}", env!("CARGO_PKG_VERSION")));
        let url = context.url()?;
        look_at_settings(context, &url, &mut checkup);
        if let StoreUrl::Sqlite(path) = &url
            && !look_at_file(path, &mut checkup)
        {
            return Ok(checkup.finish(context));
        }
        let seen = sutler::inspect(&url);
        checkup.seen(seen);
        if checkup.has("database", "failed") || checkup.has("kind", "failed") {
            // What is inside cannot be trusted to open; pages that can be read are still looked at.
            if checkup.has("database", "failed") && checkup.has("kind", "ok") {
                checkup.seen(sutler::inspect_pages(&url));
            }
            return Ok(checkup.finish(context));
        }
        if checkup.has("schema", "warning") && !self.fix {
            checkup.warning("opening", "not tried, because it would change the schema", OLDER);
            checkup.seen(sutler::inspect_pages(&url));
            return Ok(checkup.finish(context));
        }
        match checkup.read("opening", context.shop()) {
            Some(shop) => {
                checkup.ok("opening", format!("{url} opens; settings and schema are right"));
                inside::look(context, &shop, self.fix, &mut checkup);
                look_at_read_store(context, &mut checkup);
            }
            None => checkup.seen(sutler::inspect_pages(&url)),
        }
        Ok(checkup.finish(context))
    }
}

/// A replica that is further behind than this is worth a look, in milliseconds.
const BEHIND_MILLIS_MANY: u64 = 60_000;

/// Says how far the read store is behind, when one is named.
fn look_at_read_store(context: &Context<'_>, checkup: &mut Checkup) {
    if context.settings.read_store().is_none() {
        return;
    }
    // Only measured here: everything else of the checkup is about the shop itself.
    if checkup.read("read store", context.reader()).is_none() {
        return;
    }
    let Some(read) = context.read_from() else { return };
    let message = format!("{}: {}", read.url, read.words());
    if read.millis_behind > BEHIND_MILLIS_MANY {
        let help = "look whether the replica still follows: its log, its disk, its network";
        checkup.warning("read store", message, help);
    } else {
        checkup.ok("read store", message);
    }
}

const OLDER: &str = "bring it up to date with any other command, or with --fix";

/// Says which shop is looked at, and who named it.
fn look_at_settings(context: &Context<'_>, url: &StoreUrl, checkup: &mut Checkup) {
    let origin = context.settings.all().iter().find(|setting| setting.name == "store");
    let origin = origin.map(|setting| match &setting.origin {
        Origin::Flag(name) => format!("the flag {name}"),
        Origin::Environment(name) => format!("the variable {name}"),
        Origin::File(path) => path.display().to_string(),
        Origin::Default => "the default".to_owned(),
    });
    let origin = origin.unwrap_or_default();
    let read = context.settings.files.iter().filter(|(_, there)| *there);
    let files: Vec<String> = read.map(|(path, _)| path.display().to_string()).collect();
    let files = if files.is_empty() { "none".to_owned() } else { files.join(", ") };
    checkup.ok("config", format!("store {url} from {origin}; settings files: {files}"));
}
/// Looks at the file and its folder. Returns whether opening is worth a try.
fn look_at_file(path: &Path, checkup: &mut Checkup) -> bool {
    let shown = path.display();
    let meta = match std::fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) => {
            let help = "check the path, or make a shop there with `sutler init`".to_owned();
            checkup.failed("file", format!("{shown}: {error}"), Some(&help));
            return false;
        }
    };
    if !meta.is_file() {
        checkup.failed(
            "file",
            format!("{shown} is not a file"),
            Some("name the shop's file with --store"),
        );
        return false;
    }
    match std::fs::OpenOptions::new().read(true).write(true).open(path) {
        Ok(_) => {
            checkup.ok("file", format!("{shown}, {} bytes, can be read and written", meta.len()))
        }
        Err(error) => checkup.failed(
            "file",
            format!("{shown}: {error}"),
            Some("check the rights on the file"),
        ),
    }
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // SQLite keeps its log beside the file, so the folder must be writable too.
    match tempfile::NamedTempFile::new_in(folder) {
        Ok(_) => checkup.ok("folder", format!("{} can be written to", folder.display())),
        Err(error) => {
            let help = "give the program the right to make files there".to_owned();
            checkup.failed("folder", format!("{}: {error}", folder.display()), Some(&help));
        }
    }
    true
}
