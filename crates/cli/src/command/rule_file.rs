//! Files of rules — promotions, delivery methods, fees — where `-` is standard input.

use std::io::IsTerminal as _;
use std::path::Path;

use sutler_engine::FlowError;

use crate::error::CommandError;

/// Reads a file of rules whole. `command` is what to type before the file, for the help.
///
/// Errors: a file that cannot be read or is not UTF-8; a terminal where something should be piped in.
pub(super) fn read_rules(file: &Path, command: &str) -> Result<String, CommandError> {
    let failed = |source| CommandError::Io { what: "cannot read", path: name_of(file), source };
    if !is_piped(file) {
        return std::fs::read_to_string(file).map_err(failed);
    }
    if std::io::stdin().is_terminal() {
        return Err(CommandError::Usage {
            code: "input.terminal",
            message: "nothing is piped into standard input".to_owned(),
            help: Some(format!("name a file, or pipe one in: `sutler {command} - < rules.toml`")),
        });
    }
    std::io::read_to_string(std::io::stdin()).map_err(failed)
}

/// Says of which file of rules a refusal is.
pub(super) fn of_rules(file: &Path, error: FlowError) -> CommandError {
    match error {
        FlowError::File(diagnostics) => CommandError::File { file: name_of(file), diagnostics },
        error => error.into(),
    }
}

fn is_piped(file: &Path) -> bool {
    file.as_os_str() == "-"
}

fn name_of(file: &Path) -> String {
    if is_piped(file) { "standard input".to_owned() } else { file.display().to_string() }
}
