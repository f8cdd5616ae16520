//! `sutler restore`: putting a backup in the place of a shop.

use std::path::PathBuf;

use sutler::StoreUrl;

use crate::answer::Answer;
use crate::confirm::confirm;
use crate::context::Context;
use crate::error::CommandError;

/// Put a backup in the place of a shop, after checking all of it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler backup monday.db --quiet && sutler restore monday.db --store sqlite:second.db
  sutler backup tuesday.db --quiet && sutler restore tuesday.db --yes")]
pub(crate) struct RestoreArgs {
    /// The backup
    file: PathBuf,
    /// Replace the shop that stands there
    #[arg(long)]
    yes: bool,
}

impl RestoreArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let url = context.url()?;
        // What is missing should be said before anybody is asked.
        let view = super::backup::view(&self.file, &url.to_string())?;
        let stands_there = match &url {
            StoreUrl::Sqlite(path) => path.exists(),
            #[cfg(feature = "postgres")]
            StoreUrl::Postgres(address) => sutler::postgres::shops(address)
                .map_err(sutler::OpenError::from)?
                .iter()
                .any(|shop| shop.name == address.shop()),
            _ => false,
        };
        if stands_there {
            confirm(context, self.yes, &format!("replaces the shop at {url}"))?;
        }
        sutler::restore(&self.file, &url, stands_there)?;
        let sentence = format!("put {} in place at {url}", view.file);
        Ok(Answer::one(view).summary(sentence).next(context.hint("verify")))
    }
}
