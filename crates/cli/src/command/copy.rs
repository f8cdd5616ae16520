//! `sutler copy`: moving a whole shop into another store.

use std::time::Instant;

use sutler::engine::flow::copy::{CopyReport, CopyStep};

use crate::answer::Answer;
use crate::context::{Context, quoted, shown, store_url};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::plural::counted;
use crate::progress::Progress;
use crate::view::CopyList;

/// Copy a whole shop into an empty store, SQLite or Postgres, and compare; goes on when it was cut
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The copy is of the moment at which it begins: stop selling before, or what is sold meanwhile stays behind.
The shop that was copied stays as it is; afterwards only one of the two may go on.

Examples:
  sutler copy --to sqlite:second.db
  sutler copy --from sqlite:sutler.db --to third.db --json

Where the build has Postgres: --to 'postgres://ada@db.example.com/shops?shop=corner'. A password is better kept in SUTLER_STORE, which is copied without --from, than on a
command line.")]
pub(crate) struct CopyArgs {
    /// The shop that is copied [default: that of --store]
    #[arg(long, value_name = "URL")]
    from: Option<String>,
    /// The store it is copied into
    #[arg(long, value_name = "URL")]
    to: String,
}

impl CopyArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let started = Instant::now();
        let from = self.from.as_deref().map_or_else(|| context.url(), store_url)?;
        let to = store_url(&self.to)?;
        let mut progress = Progress::new(context);
        let report = sutler::copy(&from, &to, &mut |step| match step {
            CopyStep::Looking(at) => progress.say(at),
            CopyStep::Writing { done, of } => progress.at(done, of, "records copied"),
            CopyStep::Comparing { done, of } => progress.at(done, of, "records compared"),
        })?;
        drop(progress);
        let (from, to) = (from.to_string(), to.to_string());
        let list = CopyList::new(&report, &from, &to);
        let took = started.elapsed().as_millis();
        let sentence = format!(
            "copied {} from {from} to {to} and compared them in {took} ms",
            counted(list.records, "record", "records"),
        );
        let mut answer = Answer::many(list).summary(sentence);
        for warning in warnings(&report) {
            answer = answer.warning(warning);
        }
        let target = quoted(&shown(&self.to));
        if report.target.is_clean() {
            return Ok(answer.next(format!("sutler doctor --store {target}")));
        }
        let answer = answer.exit(Exit::Failure);
        Ok(answer.next(format!("sutler verify --store {target}")))
    }
}

fn warnings(report: &CopyReport) -> Vec<String> {
    let mut warnings = Vec::new();
    if report.events_since > 0 {
        let since = counted(report.events_since, "event", "events");
        warnings.push(format!(
            "the shop went on meanwhile: {since} came after the moment of the copy and are not in it"
        ));
    }
    if let Some(first) = report.target.findings.first() {
        let more = report.target.findings_total - 1;
        warnings.push(format!(
            "the copy is not in order: {} of {}: {} (and {more} more)",
            first.check, first.subject, first.message
        ));
    }
    warnings
}
