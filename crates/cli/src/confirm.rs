//! Asking before something that cannot be taken back.
//!
//! On a terminal a person answers; off a terminal there is nobody to ask, so `--yes` must have been given.

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
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Err(CommandError::Usage {
            code: "confirmation.missing",
            message: format!("this {what}; nobody is there to say yes"),
            help: Some(
                "look at it with --dry-run where there is one, then repeat with --yes".to_owned(),
            ),
        });
    }
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
