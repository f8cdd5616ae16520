//! `sutler backup`: a copy of the whole shop as it was at one moment.

use std::path::{Path, PathBuf};

use sutler::StoreUrl;

use crate::answer::Answer;
use crate::confirm::{confirm, somebody_is_there};
use crate::context::{Context, quoted};
use crate::error::CommandError;
use crate::view::BackupView;

/// Copy the whole shop into a file, while it goes on selling
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler backup monday.db
  sutler backup tuesday.db --json
  sutler backup nightly.db --yes")]
pub(crate) struct BackupArgs {
    /// The file
    file: PathBuf,
    /// Replace the file when it is there; the old one stays until the new one is whole
    #[arg(long)]
    yes: bool,
}

impl BackupArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let url = context.url()?;
        context.require_outside_shop(&self.file)?;
        // Off a terminal and without a yes it is the copy that refuses, with `store.exists`.
        let replace = self.file.exists() && (self.yes || somebody_is_there());
        if replace {
            confirm(context, self.yes, &format!("replaces {}", self.file.display()))?;
        }
        sutler::backup(&url, &self.file, replace)?;
        let view = view(&self.file, &url.to_string())?;
        let file = quoted(&view.file);
        let sentence = format!("copied {url} to {}, {} bytes", view.file, view.bytes);
        let next = match url {
            StoreUrl::Sqlite(_) => format!("sutler verify --store sqlite:{file}"),
            // Only a server can look into what `pg_dump` wrote.
            _ => format!("sutler restore {file} --store URL"),
        };
        Ok(Answer::one(view).summary(sentence).next(next))
    }
}

/// Describes a backup.
pub(super) fn view(file: &Path, url: &str) -> Result<BackupView, CommandError> {
    let path = file.display().to_string();
    match std::fs::metadata(file) {
        Ok(meta) => Ok(BackupView { file: path, store: url.to_owned(), bytes: meta.len() }),
        Err(source) => Err(CommandError::Io { what: "cannot read", path, source }),
    }
}
