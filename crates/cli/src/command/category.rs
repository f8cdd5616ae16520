//! `sutler category`: the product tree.

use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::view::CategoryTreeView;

/// The product tree
#[derive(Debug, clap::Subcommand)]
pub(crate) enum CategoryCommand {
    Tree(TreeArgs),
}

/// Show the whole product tree
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler category tree
  sutler category tree --json")]
pub(crate) struct TreeArgs {}

impl CategoryCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let CategoryCommand::Tree(TreeArgs {}) = self;
        let tree = context.reader()?.category_tree()?;
        Ok(Answer::one(CategoryTreeView::new(&tree)))
    }
}
