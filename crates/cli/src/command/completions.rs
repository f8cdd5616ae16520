//! `sutler completions`: scripts that let a shell complete commands.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::answer::Answer;
use crate::args::Cli;
use crate::context::Context;
use crate::error::CommandError;

/// Print the completion script of a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler completions bash > sutler.bash
  sutler completions fish
  sutler completions zsh
  sutler completions powershell")]
pub(crate) struct CompletionsArgs {
    /// The shell: bash, zsh, fish, powershell or elvish
    #[arg(hide_possible_values = true)]
    shell: Shell,
}

impl CompletionsArgs {
    pub(crate) fn run(&self, _: &Context<'_>) -> Result<Answer, CommandError> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "sutler", &mut script);
        Ok(Answer::raw(script))
    }
}
