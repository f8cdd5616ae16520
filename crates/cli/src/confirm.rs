//! Asking before something that cannot be taken back.
//!
//! On a terminal a person answers. Off a terminal there is nobody to ask: what would replace or spoil more than was named
//! needs `--yes` ([`confirm`]); what does exactly what was typed goes on ([`ask_person`]).

use std::io::IsTerminal;

use crate::context::Context;
use crate::error::CommandError;

/// Goes on only when it may: `--yes` was given, or a person on the terminal says so.
///
/// `what` completes the sentence "this …": `replaces the shop at sqlite:sutler.db`.
///
/// Errors: `confirmation.missing` off a terminal, `confirmation.refused` when the person says no. Nothing was changed.
pub(crate) fn confirm(context: &Context<'_>, yes: bool, what: &str) -> Result<(), CommandError> {
    if yes {
        return Ok(());
    }
    if !somebody_is_there() {
        return Err(CommandError::Usage {
            code: "confirmation.missing",
            message: format!("this {what}; nobody is there to say yes"),
            help: Some("repeat with --yes when that is meant".to_owned()),
        });
    }
    ask(context, what)
}

/// Lets a person on a terminal think twice; a script that names the order means it, so it goes on without `--yes`.
///
/// Errors: `confirmation.refused` when the person says no. Nothing was changed.
pub(crate) fn ask_person(context: &Context<'_>, yes: bool, what: &str) -> Result<(), CommandError> {
    if yes || !somebody_is_there() {
        return Ok(());
    }
    ask(context, what)
}

/// Returns whether a person can be asked.
pub(crate) fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

fn ask(context: &Context<'_>, what: &str) -> Result<(), CommandError> {
    context.console.ask(&format!("This {what}. Go on? [y/N] "));
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    match (read, answer.trim().to_lowercase().as_str()) {
        (Ok(_), "y" | "yes") => Ok(()),
        _ => Err(CommandError::Usage {
            code: "confirmation.refused",
            message: "nothing was changed".to_owned(),
            help: None,
        }),
    }
}
