//! From the command line to the exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use sutler_core::id::CommandId;

use crate::args::{Cli, Global};
use crate::config::{Flags, Settings};
use crate::context::Context;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{Color, Console, Format};

/// Runs one command line.
pub(crate) fn run(words: Vec<OsString>) -> ExitCode {
    crate::interrupt::outlive_file_limit();
    let exit = match parse(&words) {
        Ok(cli) => run_parsed(cli),
        Err(error) => refuse(&words, &error),
    };
    ExitCode::from(exit.code())
}

/// Reads a command line, with help and errors in the colors that were asked for.
pub(crate) fn parse(words: &[OsString]) -> Result<Cli, clap::Error> {
    let mut command = Cli::command();
    if std::env::var_os("TERM").is_some_and(|term| term == "dumb") || asks_for_no_color(words) {
        command = command.color(clap::ColorChoice::Never);
    }
    let matches = command.try_get_matches_from_mut(words)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Returns whether `--color never` was given; clap must know before it reads the line.
fn asks_for_no_color(words: &[OsString]) -> bool {
    words.windows(2).any(|pair| pair[0] == "--color" && pair[1] == "never")
        || words.iter().any(|word| word == "--color=never")
}

fn run_parsed(cli: Cli) -> Exit {
    let flags = flags_of(&cli.global);
    let settings = match Settings::of_process(&flags) {
        Ok(settings) => settings,
        Err(error) => {
            let color = cli.global.color.unwrap_or(Color::Auto);
            Console::new(cli.global.json, Format::Table, cli.global.quiet, color).error(&error);
            return error.exit();
        }
    };
    let console =
        Console::new(cli.global.json, settings.format(), cli.global.quiet, settings.color());
    for path in &settings.unreadable {
        console.warn(&format!("{} may not be read: its settings do not hold", path.display()));
    }
    let command = CommandId::from_u128(uuid::Uuid::now_v7().as_u128());
    listen(cli.global.verbose, &settings);
    tracing::info!(%command, version = env!("CARGO_PKG_VERSION"), "sutler");
    let context = Context::new(&settings, &console, command);
    let outcome = crate::command::run(cli.command, &context)
        .map(|answer| answer.read_from(context.read_from()))
        .and_then(|answer| console.answer(&answer).map(|()| answer.exit));
    match outcome {
        Ok(exit) => exit,
        Err(error) => {
            tracing::info!(exit = error.exit().code(), "refused");
            console.error(&error);
            error.exit()
        }
    }
}

fn flags_of(global: &Global) -> Flags {
    Flags {
        store: global.store.clone(),
        read_store: global.read_store.clone(),
        format: global.format,
        color: global.color,
    }
}

/// Prints what clap has to say: help and versions as they are, errors in the form that was asked for.
fn refuse(words: &[OsString], error: &clap::Error) -> Exit {
    use clap::error::ErrorKind;
    let is_help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if !is_help && words.iter().any(|word| word == "--json") {
        let console = Console::new(true, Format::Json, true, Color::Never);
        console.error(&usage_of(error));
        return Exit::Usage;
    }
    // A closed pipe is no reason to fail.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done,
        _ => Exit::Usage,
    }
}

/// Returns an error of clap in our own form: its first line is the sentence, its tips are the help.
fn usage_of(error: &clap::Error) -> CommandError {
    let text = error.render().to_string();
    let mut parts = text.split("\n\n").map(str::trim);
    let first = parts.next().unwrap_or_default().trim_start_matches("error: ");
    let sentence: Vec<&str> = first.lines().map(str::trim).collect();
    let tips: Vec<&str> =
        text.lines().filter_map(|line| line.trim().strip_prefix("tip: ")).collect();
    let help = if tips.is_empty() { None } else { Some(tips.join("; ")) };
    CommandError::Usage {
        code: "usage",
        message: sentence.join(" "),
        help: help.or_else(|| Some("`--help` shows how the command is written".to_owned())),
    }
}

/// Sends traces to stderr, as much as was asked for.
fn listen(verbose: u8, settings: &Settings) {
    use tracing_subscriber::EnvFilter;
    let by_variable = std::env::var("SUTLER_LOG").ok().filter(|filter| !filter.is_empty());
    let filter = match (by_variable, verbose) {
        (Some(filter), _) => filter,
        (None, 0) => return,
        (None, 1) => "sutler=info,sutler_engine=info,sutler_store_sqlite=info".to_owned(),
        (None, 2) => "sutler=debug,sutler_engine=debug,sutler_store_sqlite=debug".to_owned(),
        (None, _) => "trace,tantivy=info".to_owned(),
    };
    let ansi = matches!(settings.color(), Color::Always);
    // A second subscriber cannot come into being: this is called once.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(ansi)
        .try_init();
}
