//! `sutler exit-codes`, and the page behind `sutler help exit-codes`.

use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::exit::{self, Exit};
use crate::view::{ExitCodeList, ExitCodeRow};

/// List how a command can end
#[derive(Debug, clap::Args)]
#[command(after_help = format!("\
Exit codes, which never change their meaning:
{}
Examples:
  sutler exit-codes
  sutler exit-codes --format csv", exit::page()))]
pub(crate) struct ExitCodesArgs {}

impl ExitCodesArgs {
    pub(crate) fn run(&self, _: &Context<'_>) -> Result<Answer, CommandError> {
        let row = |(exit, meaning): &(Exit, &str)| ExitCodeRow {
            code: u32::from(exit.code()),
            meaning: (*meaning).to_owned(),
        };
        Ok(Answer::many(ExitCodeList { exit_codes: exit::TABLE.iter().map(row).collect() }))
    }
}
