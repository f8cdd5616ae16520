//! `sutler recover`: finishing what a crash cut off.

use std::time::Duration;

use sutler_core::id::CheckoutId;
use sutler_core::rejection::Rejection;
use sutler_engine::flow::recover::RecoveryReport;
use sutler_engine::{FlowError, Shop};

use crate::answer::{Answer, One as _};
use crate::context::Context;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::standby::Standby;
use crate::view::RecoveryView;

/// Finish or undo checkouts that were cut off, and make payment calls that are due; safe at any time
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler recover
  sutler recover --json

To have it run by itself, on as many machines as wanted: sutler recover --every 60. One at a time recovers; the others are
refused with `lease.held` or, with --every, stand by.

A checkout is stuck when its provider never says what became of the money. Look there, set it right, then end the
checkout with `--settle chk_…`: its stock is given back and its order called off.")]
pub(crate) struct RecoverArgs {
    /// End a stuck checkout whose payment a person has settled at the provider
    #[arg(long, value_name = "CHECKOUT")]
    settle: Option<CheckoutId>,
    /// Go on until Ctrl-C, looking again after so many seconds; prints NDJSON when something was done
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=86_400), value_name = "SECONDS")]
    every: Option<u32>,
}

impl RecoverArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        if let Some(id) = self.settle {
            shop.checkout_settle(id)?;
        }
        if let Some(seconds) = self.every {
            return every(context, &shop, Duration::from_secs(u64::from(seconds)));
        }
        let report = shop.recover()?;
        let stuck = !report.stuck.is_empty() || !report.refused.is_empty();
        let answer = Answer::one(RecoveryView::from(&report));
        Ok(if stuck {
            answer.warning("a person must look at what is stuck").exit(Exit::Failure)
        } else {
            answer
        })
    }
}

/// Recovers again and again, until Ctrl-C.
fn every(context: &Context<'_>, shop: &Shop, pause: Duration) -> Result<Answer, CommandError> {
    let interrupt = Interrupt::listen();
    let mut standby = Standby::default();
    let mut last = RecoveryReport::default();
    while !interrupt.is_pressed() {
        match shop.recover() {
            Ok(report) => {
                standby.is_over();
                // What waits for somebody is told once, not with every look.
                if report != last && report != RecoveryReport::default() {
                    let line = RecoveryView::from(&report).json(false, None).map_err(unwritable)?;
                    context.console.out(format!("{line}\n").as_bytes())?;
                }
                last = report;
            }
            Err(problem) if problem.may_retry() => context.console.warn(&problem.to_string()),
            Err(FlowError::Refused(lost @ Rejection::LeaseLost { .. })) => {
                context.console.warn(&lost.to_string());
            }
            Err(refused) => standby.unless_free(context, refused)?,
        }
        interrupt.wait(pause);
    }
    Ok(Answer::nothing().exit(Exit::Interrupted))
}

fn unwritable(error: serde_json::Error) -> CommandError {
    CommandError::Io { what: "cannot write", path: "a report".to_owned(), source: error.into() }
}
