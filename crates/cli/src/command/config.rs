//! `sutler config`: which settings hold, and why.

use crate::answer::Answer;
use crate::config::{Origin, Setting};
use crate::context::{Context, shown};
use crate::error::CommandError;
use crate::view::{SettingList, SettingRow};

/// Which settings hold, and why
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ConfigCommand {
    Show(ShowArgs),
}

/// Show all settings
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler config show
  sutler config show --origin --json

Flags win over SUTLER_* variables, those over ./sutler.toml, that over the file in the home folder.
A settings file has lines such as: store = \"sqlite:shop.db\"
With test_payments = \"off\" nobody can pay with test:ok: set it before you sell for real.")]
pub(crate) struct ShowArgs {
    /// Say where each value came from, and which files were looked for
    #[arg(long)]
    origin: bool,
}

impl ConfigCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let ConfigCommand::Show(args) = self;
        let settings = context.settings.all().iter().map(row).collect();
        let files = context.settings.files.iter().map(|(path, there)| {
            let found = if *there { "read" } else { "not there" };
            format!("{}: {found}", path.display())
        });
        let files: Vec<String> = files.collect();
        let mut answer = Answer::many(SettingList { settings, files: files.clone() });
        if args.origin {
            for file in files {
                answer = answer.summary(file);
            }
        }
        Ok(answer)
    }
}

fn row(setting: &Setting) -> SettingRow {
    let (origin, place) = match &setting.origin {
        Origin::Flag(name) => ("flag", Some((*name).to_owned())),
        Origin::Environment(name) => ("environment", Some((*name).to_owned())),
        Origin::File(path) => ("file", Some(path.display().to_string())),
        Origin::Default => ("default", None),
    };
    let value = match setting.name {
        "store" | "read_store" => shown(&setting.value),
        _ => setting.value.clone(),
    };
    SettingRow {
        name: setting.name.to_owned(),
        value,
        origin: origin.to_owned(),
        place,
        variable: setting.variable.to_owned(),
    }
}
