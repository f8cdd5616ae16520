//! `sutler events`: what happened, as outsiders are told it.

use std::time::Duration;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::output::Format;
use crate::view::{EventList, EventRow};

/// How often the log is looked at again with `--follow`.
const PAUSE: Duration = Duration::from_millis(500);

/// What happened, as outsiders are told it
#[derive(Debug, clap::Subcommand)]
pub(crate) enum EventsCommand {
    Tail(TailArgs),
}

/// Show the newest events, or those after a place in the log
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler events tail
  sutler events tail --after 0 --limit 1000 --format ndjson
  sutler events tail --after 120 --json

Events are CloudEvents 1.0 envelopes. To read all of them exactly once, keep `next` and give it as --after.")]
pub(crate) struct TailArgs {
    /// Begin after this place of the log; without it the newest events are shown
    #[arg(long, value_name = "SEQ")]
    after: Option<u64>,
    /// How many events at most
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=10_000), value_name = "N")]
    limit: u16,
    /// Go on until Ctrl-C, printing new events as NDJSON
    #[arg(long)]
    follow: bool,
}

impl EventsCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let EventsCommand::Tail(args) = self;
        args.run(context)
    }
}

impl TailArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let limit = usize::from(self.limit);
        let mut after = match self.after {
            Some(after) => after,
            None => {
                let (head, _) = shop.store().event_head()?;
                head.saturating_sub(u64::from(self.limit))
            }
        };
        if !self.follow {
            let events: Vec<EventRow> =
                shop.events(after, limit)?.into_iter().map(EventRow).collect();
            let next = events.last().map_or(after, |event| event.0.sequence);
            let full = events.len() == limit;
            let answer = Answer::many(EventList { events, next });
            return Ok(if full && self.after.is_some() {
                answer.next(context.hint(format!("events tail --after {next} --limit {limit}")))
            } else {
                answer
            });
        }
        if context.settings.format() == Format::Csv {
            return Err(CommandError::Usage {
                code: "usage",
                message: "--follow prints NDJSON, not CSV".to_owned(),
                help: Some("leave --format out".to_owned()),
            });
        }
        loop {
            let events: Vec<EventRow> =
                shop.events(after, limit)?.into_iter().map(EventRow).collect();
            after = events.last().map_or(after, |event| event.0.sequence);
            let idle = events.len() < limit;
            for line in crate::answer::Many::ndjson(&EventList { events, next: after })
                .map_err(unwritable)?
            {
                context.console.out(format!("{line}\n").as_bytes())?;
            }
            if idle {
                std::thread::sleep(PAUSE);
            }
        }
    }
}

fn unwritable(error: serde_json::Error) -> CommandError {
    CommandError::Io { what: "cannot write", path: "an event".to_owned(), source: error.into() }
}
