//! `sutler recover`: finishing what a crash cut off.

use sutler_core::id::CheckoutId;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::view::RecoveryView;

/// Finish or undo checkouts that were cut off, and make payment calls that are due; safe at any time
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler recover
  sutler recover --json

A checkout is stuck when its provider never says what became of the money. Look there, set it right, then end the
checkout with `--settle chk_…`: its stock is given back and its order called off.")]
pub(crate) struct RecoverArgs {
    /// End a stuck checkout whose payment a person has settled at the provider
    #[arg(long, value_name = "CHECKOUT")]
    settle: Option<CheckoutId>,
}

impl RecoverArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        if let Some(id) = self.settle {
            shop.checkout_settle(id)?;
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
