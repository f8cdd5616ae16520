//! `sutler man`: man pages.

use std::path::{Path, PathBuf};

use clap::CommandFactory;

use crate::answer::Answer;
use crate::args::Cli;
use crate::context::Context;
use crate::error::CommandError;
use crate::nearest::suggestion;

/// Print a man page, or write all of them to a folder
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler man > sutler.1
  sutler man cart add
  sutler man --folder man")]
pub(crate) struct ManArgs {
    /// The command, such as `cart add`; without one the page of sutler itself
    command: Vec<String>,
    /// Write the pages of all commands to this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    folder: Option<PathBuf>,
}

impl ManArgs {
    pub(crate) fn run(&self, _: &Context<'_>) -> Result<Answer, CommandError> {
        let mut root = Cli::command();
        root.build();
        if let Some(folder) = &self.folder {
            let count = write_all(&root, folder)?;
            return Ok(
                Answer::nothing().summary(format!("wrote {count} pages to {}", folder.display()))
            );
        }
        let mut command = &root;
        for name in &self.command {
            let Some(found) = command.find_subcommand(name) else {
                let known = command.get_subcommands().map(clap::Command::get_name);
                return Err(CommandError::Usage {
                    code: "usage",
                    message: format!("there is no command `{name}`{}", suggestion(name, known)),
                    help: Some("`sutler --help` lists all commands".to_owned()),
                });
            };
            command = found;
        }
        Ok(Answer::raw(page(command)?))
    }
}

fn page(command: &clap::Command) -> Result<Vec<u8>, CommandError> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut text)
        .map_err(|source| cannot(Path::new("the page"), source))?;
    Ok(text)
}

/// Writes the pages of a command and of all below it; returns how many.
fn write_all(command: &clap::Command, folder: &Path) -> Result<usize, CommandError> {
    std::fs::create_dir_all(folder).map_err(|source| cannot(folder, source))?;
    let name = command.get_display_name().unwrap_or(command.get_name());
    let path = folder.join(format!("{name}.1"));
    std::fs::write(&path, page(command)?).map_err(|source| cannot(&path, source))?;
    let below = command
        .get_subcommands()
        .filter(|command| command.get_name() != "help" && !command.is_hide_set());
    below.map(|command| write_all(command, folder)).try_fold(1, |sum, count| Ok(sum + count?))
}

fn cannot(path: &Path, source: std::io::Error) -> CommandError {
    CommandError::Io { what: "cannot write", path: path.display().to_string(), source }
}
