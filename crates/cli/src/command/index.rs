//! `sutler index`: the search index, which can be built anew at any time.

use std::time::Instant;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::plural::counted;
use crate::view::IndexView;

/// Keep the search index up with the catalog
#[derive(Debug, clap::Subcommand)]
pub(crate) enum IndexCommand {
    Sync(SyncArgs),
    Rebuild(RebuildArgs),
}

/// Bring the search index up to the last event; searching does so itself
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler index sync")]
pub(crate) struct SyncArgs {}

/// Build the search index anew from all products
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler index rebuild
  sutler index rebuild --json")]
pub(crate) struct RebuildArgs {}

impl IndexCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let started = Instant::now();
        let shop = context.reader()?;
        let report = match self {
            IndexCommand::Sync(SyncArgs {}) => shop.index_sync()?,
            IndexCommand::Rebuild(RebuildArgs {}) => shop.index_rebuild()?,
        };
        let sentence = format!(
            "{} in {} ms",
            counted(report.products, "product", "products"),
            started.elapsed().as_millis()
        );
        Ok(Answer::one(IndexView::from(&report)).summary(sentence))
    }
}
