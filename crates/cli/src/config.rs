//! Settings, and where each came from.
//!
//! A flag wins over a `SUTLER_*` variable, that over `./sutler.toml`, that over the file in the home folder, that over the
//! default. There is no setting for a secret on purpose: a payment provider reads its own from the environment.
//!
//! Errors name the file, the setting and the nearest one there is; a setting that nobody reads is an error, because it is
//! a typing mistake more often than not.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use crate::error::CommandError;
use crate::nearest::suggestion;
use crate::output::{Color, Format};

/// One setting there is.
struct Key {
    name: &'static str,
    variable: &'static str,
    default: &'static str,
}

const KEYS: [Key; 7] = [
    Key { name: "store", variable: "SUTLER_STORE", default: "sqlite:sutler.db" },
    Key { name: "channel", variable: "SUTLER_CHANNEL", default: "web" },
    Key { name: "location", variable: "SUTLER_LOCATION", default: "main" },
    Key { name: "format", variable: "SUTLER_FORMAT", default: "table" },
    Key { name: "color", variable: "SUTLER_COLOR", default: "auto" },
    Key { name: "test_payments", variable: "SUTLER_TEST_PAYMENTS", default: "on" },
    Key { name: "read_store", variable: "SUTLER_READ_STORE", default: "" },
];

/// Whether something is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// The settings file of a folder.
const FILE: &str = "sutler.toml";

/// Where a value came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Origin {
    /// A flag of this name.
    Flag(&'static str),
    /// A variable of this name.
    Environment(&'static str),
    /// A file.
    File(PathBuf),
    /// Nobody said.
    Default,
}

/// One setting with its value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Setting {
    /// Its name.
    pub(crate) name: &'static str,
    /// The variable that sets it.
    pub(crate) variable: &'static str,
    /// Its value.
    pub(crate) value: String,
    /// Where it came from.
    pub(crate) origin: Origin,
}

/// All settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Settings {
    all: Vec<Setting>,
    /// Files that were looked for, with whether they are there.
    pub(crate) files: Vec<(PathBuf, bool)>,
    /// Files that this process may not look for or read; they count as missing, and a person is told.
    pub(crate) unreadable: Vec<PathBuf>,
}

/// What flags say about settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Flags {
    /// `--store`.
    pub(crate) store: Option<String>,
    /// `--read-store`.
    pub(crate) read_store: Option<String>,
    /// `--format`.
    pub(crate) format: Option<Format>,
    /// `--color`.
    pub(crate) color: Option<Color>,
}

/// Values of one settings file.
struct FileValues {
    path: PathBuf,
    values: Vec<(String, String)>,
}

impl Settings {
    /// Reads environment and files of this process; the flags come on top.
    pub(crate) fn of_process(flags: &Flags) -> Result<Self, CommandError> {
        let paths: Vec<PathBuf> = std::iter::once(PathBuf::from(FILE)).chain(home_file()).collect();
        let (mut files, mut looked_for, mut unreadable) = (Vec::new(), Vec::new(), Vec::new());
        for path in paths {
            let text = match std::fs::read_to_string(&path) {
                Ok(text) => text,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    looked_for.push((path, false));
                    continue;
                }
                // Of a home that belongs to somebody else, as under a service manager, nothing is meant for this program.
                Err(error)
                    if error.kind() == std::io::ErrorKind::PermissionDenied
                        && path.parent() != Some(Path::new("")) =>
                {
                    unreadable.push(path.clone());
                    looked_for.push((path, false));
                    continue;
                }
                Err(source) => {
                    return Err(CommandError::Io {
                        what: "cannot read",
                        path: path.display().to_string(),
                        source,
                    });
                }
            };
            files.push(read(&path, &text)?);
            looked_for.push((path, true));
        }
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let mut settings = Self::resolve(flags, &variable, &files)?;
        (settings.files, settings.unreadable) = (looked_for, unreadable);
        Ok(settings)
    }

    fn resolve(
        flags: &Flags,
        variable: &dyn Fn(&str) -> Option<String>,
        files: &[FileValues],
    ) -> Result<Self, CommandError> {
        let all = KEYS.iter().map(|key| {
            let from_file = || {
                files.iter().find_map(|file| {
                    let (_, value) = file.values.iter().find(|(name, _)| name == key.name)?;
                    Some((value.clone(), Origin::File(file.path.clone())))
                })
            };
            let (value, origin) = flag(flags, key.name)
                .or_else(|| {
                    variable(key.variable).map(|value| (value, Origin::Environment(key.variable)))
                })
                .or_else(from_file)
                .unwrap_or_else(|| (key.default.to_owned(), Origin::Default));
            Setting { name: key.name, variable: key.variable, value, origin }
        });
        let settings = Self { all: all.collect(), files: Vec::new(), unreadable: Vec::new() };
        settings.checked::<Format>("format")?;
        settings.checked::<Color>("color")?;
        settings.checked::<Switch>("test_payments")?;
        Ok(settings)
    }

    /// Returns all settings in a fixed order.
    pub(crate) fn all(&self) -> &[Setting] {
        &self.all
    }

    fn setting(&self, name: &str) -> &Setting {
        self.all
            .iter()
            .find(|setting| setting.name == name)
            .expect("only names of KEYS are asked for")
    }

    /// Returns the URL of the store.
    pub(crate) fn store(&self) -> &str {
        &self.setting("store").value
    }

    /// Returns the URL of what lists and reports read in the place of the store.
    pub(crate) fn read_store(&self) -> Option<&str> {
        Some(self.setting("read_store").value.as_str()).filter(|url| !url.is_empty())
    }

    /// Returns whether `--store` was given, so that hints must repeat it.
    pub(crate) fn store_is_flag(&self) -> bool {
        matches!(self.setting("store").origin, Origin::Flag(_))
    }

    /// Returns the code of the channel to use when a command is given none.
    pub(crate) fn channel(&self) -> &str {
        &self.setting("channel").value
    }

    /// Returns the code of the stock location to use when a command is given none.
    pub(crate) fn location(&self) -> &str {
        &self.setting("location").value
    }

    /// Returns the form of lists.
    pub(crate) fn format(&self) -> Format {
        // Checked when the settings were made.
        self.checked("format").unwrap_or(Format::Table)
    }

    /// Returns when to use colors.
    pub(crate) fn color(&self) -> Color {
        self.checked("color").unwrap_or(Color::Auto)
    }

    /// Returns whether buyers may pay with `test:…`, which moves no money.
    pub(crate) fn test_payments(&self) -> bool {
        // Checked when the settings were made; what cannot be read gives nothing away.
        self.checked::<Switch>("test_payments").is_ok_and(|switch| switch == Switch::On)
    }

    /// Returns the same settings with another store, as if nobody had said: for `demo`, whose commands run in its folder.
    pub(crate) fn with_store(&self, url: &str) -> Self {
        let mut settings = self.clone();
        for setting in &mut settings.all {
            let (value, origin) = match setting.name {
                "store" => (url.to_owned(), Origin::Default),
                "read_store" => (String::new(), Origin::Default),
                "format" => ("table".to_owned(), Origin::Default),
                "channel" => ("web".to_owned(), Origin::Default),
                "location" => ("main".to_owned(), Origin::Default),
                "test_payments" => ("on".to_owned(), Origin::Default),
                _ => continue,
            };
            (setting.value, setting.origin) = (value, origin);
        }
        settings
    }

    fn checked<T: ValueEnum>(&self, name: &str) -> Result<T, CommandError> {
        let setting = self.setting(name);
        T::from_str(&setting.value, true).map_err(|_| {
            let known: Vec<String> = T::value_variants()
                .iter()
                .filter_map(|v| v.to_possible_value())
                .map(|v| v.get_name().to_owned())
                .collect();
            let hint = suggestion(&setting.value, known.iter().map(String::as_str));
            CommandError::Usage {
                code: "config.bad_value",
                message: format!("`{}` is not a {name}{hint}", setting.value),
                help: Some(format!("write one of {} ({})", known.join(", "), origin_text(setting))),
            }
        })
    }
}

/// Says in words where a setting came from.
fn origin_text(setting: &Setting) -> String {
    match &setting.origin {
        Origin::Flag(name) => format!("it came from {name}"),
        Origin::Environment(name) => format!("it came from the variable {name}"),
        Origin::File(path) => format!("it came from {}", path.display()),
        Origin::Default => "it is the default".to_owned(),
    }
}

fn flag(flags: &Flags, name: &str) -> Option<(String, Origin)> {
    let word = |value: Option<clap::builder::PossibleValue>| {
        value.map(|value| value.get_name().to_owned())
    };
    let (value, origin) = match name {
        "store" => (flags.store.clone(), "--store"),
        "read_store" => (flags.read_store.clone(), "--read-store"),
        "format" => (flags.format.and_then(|format| word(format.to_possible_value())), "--format"),
        "color" => (flags.color.and_then(|color| word(color.to_possible_value())), "--color"),
        _ => (None, ""),
    };
    value.map(|value| (value, Origin::Flag(origin)))
}

/// Returns the settings file of the home folder.
fn home_file() -> Option<PathBuf> {
    let folder =
        |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = if cfg!(windows) {
        folder("APPDATA")
    } else {
        folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")))
    };
    base.map(|base| base.join("sutler").join("config.toml"))
}

/// Reads a settings file.
fn read(path: &Path, text: &str) -> Result<FileValues, CommandError> {
    let place = path.display().to_string();
    let table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| CommandError::Usage {
            code: "config.unreadable",
            message: format!("{place} is not TOML: {}", error.message()),
            help: Some("write lines such as `store = \"sqlite:shop.db\"`".to_owned()),
        })?;
    let mut values = Vec::new();
    for (name, value) in table {
        if !KEYS.iter().any(|key| key.name == name) {
            let hint = suggestion(&name, KEYS.iter().map(|key| key.name));
            let known: Vec<&str> = KEYS.iter().map(|key| key.name).collect();
            return Err(CommandError::Usage {
                code: "config.unknown_setting",
                message: format!("{place} has an unknown setting `{name}`{hint}"),
                help: Some(format!("there are {}", known.join(", "))),
            });
        }
        let Some(text) = value.as_str() else {
            return Err(CommandError::Usage {
                code: "config.bad_value",
                message: format!("the setting `{name}` of {place} is not a text"),
                help: Some(format!("write {name} = \"…\" in quotes")),
            });
        };
        values.push((name, text.to_owned()));
    }
    Ok(FileValues { path: path.to_owned(), values })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> FileValues {
        read(Path::new(name), text).unwrap()
    }

    #[test]
    fn flags_win_over_variables_over_files_over_defaults() {
        let files = [
            file("sutler.toml", "store = \"sqlite:here.db\"\nchannel = \"pos\""),
            file("config.toml", "store = \"sqlite:home.db\"\nlocation = \"van\""),
        ];
        let none = |_: &str| None;
        let settings = Settings::resolve(&Flags::default(), &none, &files).unwrap();
        assert_eq!(
            (settings.store(), settings.channel(), settings.location()),
            ("sqlite:here.db", "pos", "van")
        );
        assert_eq!(settings.setting("color").origin, Origin::Default);

        let variable = |name: &str| (name == "SUTLER_STORE").then(|| "memory:".to_owned());
        let settings = Settings::resolve(&Flags::default(), &variable, &files).unwrap();
        assert_eq!(settings.store(), "memory:");

        let flags = Flags { store: Some("sqlite:flag.db".to_owned()), ..Flags::default() };
        let settings = Settings::resolve(&flags, &variable, &files).unwrap();
        assert!(settings.store() == "sqlite:flag.db" && settings.store_is_flag());
    }

    #[test]
    fn a_mistyped_setting_is_refused_with_the_nearest() {
        let refused = read(Path::new("sutler.toml"), "stroe = \"x\"").err().unwrap();
        let report = refused.reports().remove(0);
        assert_eq!(report.code, "config.unknown_setting");
        assert!(report.message.contains("did you mean `store`"), "{}", report.message);
        let variable = |name: &str| (name == "SUTLER_COLOR").then(|| "allways".to_owned());
        let refused = Settings::resolve(&Flags::default(), &variable, &[]).err().unwrap();
        assert!(refused.reports()[0].message.contains("did you mean `always`"));
    }
}
