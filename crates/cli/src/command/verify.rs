//! `sutler verify`: deriving everything again.

use std::time::Instant;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::progress::Progress;
use crate::view::VerifyView;

/// Derive every stock level, total and chain again, and compare; ends with 1 when something is off
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler verify
  sutler verify --json")]
pub(crate) struct VerifyArgs {}

impl VerifyArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let started = Instant::now();
        let shop = context.reader()?;
        let mut progress = Progress::new(context);
        let report = shop.verify(&mut |step| progress.say(step))?;
        drop(progress);
        let exit = if report.is_clean() { Exit::Done } else { Exit::Failure };
        let sentence = format!("verified in {} ms", started.elapsed().as_millis());
        let mut answer = Answer::one(VerifyView::from(&report)).summary(sentence).exit(exit);
        if report.changing {
            answer = answer.warning("the shop changed meanwhile; look again when it is quiet");
        }
        if !report.remarks.is_empty() {
            answer = answer.next(context.hint("recover"));
        }
        if exit == Exit::Failure {
            answer = answer.next(context.hint("doctor"));
        }
        Ok(answer)
    }
}
