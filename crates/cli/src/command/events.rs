//! `sutler events`: what happened, as outsiders are told it.

use std::time::Duration;

use sutler_core::port::Retry;
use sutler_core::rejection::Rejection;
use sutler_engine::FlowError;
use sutler_engine::flow::event::Consumer;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::Format;
use crate::standby::Standby;
use crate::view::{EventList, EventRow};

/// How often the log is looked at again with `--follow`.
const PAUSE: Duration = Duration::from_millis(500);

/// What happened, as outsiders are told it
#[derive(Debug, clap::Subcommand)]
pub(crate) enum EventsCommand {
    Tail(TailArgs),
    Consume(ConsumeArgs),
}

/// Show the newest events, or those after a place in the log
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler events tail
  sutler events tail --after 0 --limit 1000 --format ndjson
  sutler events tail --after 120 --json

Events are CloudEvents 1.0 envelopes. To read all of them, keep `next` and give it as --after, or have \
the shop keep it: `sutler events consume`.")]
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
        match self {
            EventsCommand::Tail(args) => args.run(context),
            EventsCommand::Consume(args) => args.run(context),
        }
    }
}

impl TailArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.reader()?;
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
            return Err(only_ndjson());
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

/// Deliver events to a named consumer: print those that come next, then move its place past them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler events consume mailer
  sutler events consume mailer --limit 500 --lease 120

To go on until Ctrl-C: sutler events consume mailer --follow | ./send-mails

Prints NDJSON. The shop keeps the place of each consumer, and each begins with the first event. What was printed when the
program died may be printed again by the next one; nothing is left out, and the order is that of the log.

Run it on several machines at once: one delivers, the others stand by, and one of them goes on when the first is done or was
not heard of for as long as --lease says. With --follow a store that is away or locked is waited for. A first Ctrl-C ends it
between two batches and lets the next one go on at once.

Where the log went back behind what --follow printed, as after a failover to a server that did not have the newest commits, it
ends with `events.gone` and says where the log and the consumer stand now.")]
pub(crate) struct ConsumeArgs {
    /// The consumer: ASCII letters, digits, `-`, `_` and `.`
    #[arg(value_name = "NAME")]
    consumer: String,
    /// How many events at a time
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=10_000), value_name = "N")]
    limit: u16,
    /// Go on until Ctrl-C, and stand by while another program delivers
    #[arg(long)]
    follow: bool,
    /// After how many seconds without a sign of life another program may take over; longer than a batch takes
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=300), value_name = "SECONDS")]
    lease: u32,
}

impl ConsumeArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        if context.settings.format() == Format::Csv {
            return Err(only_ndjson());
        }
        let shop = context.shop()?;
        if !self.follow {
            self.deliver(context, &mut shop.consumer(&self.consumer, self.lease)?)?;
            return Ok(Answer::nothing());
        }
        let interrupt = Interrupt::listen();
        let mut standby = Standby::default();
        let mut delivered = None;
        while !interrupt.is_pressed() {
            match shop.consumer(&self.consumer, self.lease) {
                Ok(consumer) => {
                    standby.is_over();
                    let mut consumer = consumer.having_delivered(delivered);
                    self.follow(context, &mut consumer, &interrupt)?;
                    delivered = consumer.delivered();
                }
                Err(FlowError::Store(away)) if away.retry != Retry::Never => {
                    context.console.warn(&away.to_string());
                }
                Err(refused) => standby.unless_free(context, refused)?,
            }
            interrupt.wait(PAUSE);
        }
        Ok(Answer::nothing().exit(Exit::Interrupted))
    }

    /// Delivers until Ctrl-C, or until another program took over.
    fn follow(
        &self,
        context: &Context<'_>,
        consumer: &mut Consumer,
        interrupt: &Interrupt,
    ) -> Result<(), CommandError> {
        while !interrupt.is_pressed() {
            match self.deliver(context, consumer) {
                Ok(delivered) if delivered < usize::from(self.limit) => interrupt.wait(PAUSE),
                Ok(_) => {}
                Err(CommandError::Flow(FlowError::Refused(lost @ Rejection::LeaseLost { .. }))) => {
                    context.console.warn(&lost.to_string());
                    return Ok(());
                }
                // Even where nobody knows whether the place was moved: it is read again, and events may come twice.
                Err(CommandError::Flow(FlowError::Store(away))) if away.retry != Retry::Never => {
                    context.console.warn(&away.to_string());
                    interrupt.wait(PAUSE);
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    fn deliver(
        &self,
        context: &Context<'_>,
        consumer: &mut Consumer,
    ) -> Result<usize, CommandError> {
        consumer.deliver(usize::from(self.limit), |events| {
            for event in events {
                let line = serde_json::to_string(event).map_err(unwritable)?;
                context.console.out(format!("{line}\n").as_bytes())?;
            }
            Ok(())
        })
    }
}

fn only_ndjson() -> CommandError {
    CommandError::Usage {
        code: "usage",
        message: "events that are followed or consumed are printed as NDJSON, not as CSV"
            .to_owned(),
        help: Some("leave --format out".to_owned()),
    }
}

fn unwritable(error: serde_json::Error) -> CommandError {
    CommandError::Io { what: "cannot write", path: "an event".to_owned(), source: error.into() }
}
