//! What every command is given: settings, the console, and the id of this run.

use std::path::Path;

use sutler::{Opening, StoreUrl};
use sutler_core::id::CommandId;
use sutler_engine::Shop;

use crate::config::Settings;
use crate::error::CommandError;
use crate::output::Console;
use crate::target::resolved;

/// What every command is given.
pub(crate) struct Context<'a> {
    /// Settings.
    pub(crate) settings: &'a Settings,
    /// Where to print; commands only ask it questions and whether anybody looks.
    pub(crate) console: &'a Console,
    /// The id of this run: stands in the events it causes and in traces.
    pub(crate) command: CommandId,
}

impl Context<'_> {
    /// Opens the shop.
    pub(crate) fn shop(&self) -> Result<Shop, CommandError> {
        self.opening(false)
    }

    /// Opens the shop, making its store when it is not there.
    pub(crate) fn new_shop(&self) -> Result<Shop, CommandError> {
        self.opening(true)
    }

    fn opening(&self, create: bool) -> Result<Shop, CommandError> {
        let url = self.url()?;
        tracing::info!(store = %url, command = %self.command, "opening");
        let opening = Opening::new(url).creating(create).command(self.command);
        let opening =
            if self.settings.test_payments() { opening } else { opening.without_test_payments() };
        Ok(opening.open()?)
    }

    /// Returns where the shop is kept. A bare path such as `shop.db` is a SQLite file.
    pub(crate) fn url(&self) -> Result<StoreUrl, CommandError> {
        store_url(self.settings.store())
    }

    /// Refuses to write over the shop: its file, or one of those beside it that begin with its name.
    pub(crate) fn require_outside_shop(&self, path: &Path) -> Result<(), CommandError> {
        let StoreUrl::Sqlite(store) = self.url()? else { return Ok(()) };
        let whole = |path: &Path| {
            let path = resolved(path);
            let folder = path.parent().map(Path::to_path_buf);
            folder.zip(path.file_name().map(|name| name.to_string_lossy().into_owned()))
        };
        let (Some((folder, name)), Some((home, shop))) = (whole(path), whole(&store)) else {
            return Ok(());
        };
        let own =
            name == shop || name.strip_prefix(&shop).is_some_and(|rest| rest.starts_with('-'));
        if folder != home || !own {
            return Ok(());
        }
        Err(CommandError::Usage {
            code: "file.of_the_shop",
            message: format!(
                "{} belongs to the shop itself and cannot be written over",
                path.display()
            ),
            help: Some("name another file; nothing was changed".to_owned()),
        })
    }

    /// Returns a command line for hints: `sutler`, the store when it was given as a flag, and the rest.
    pub(crate) fn hint(&self, rest: impl AsRef<str>) -> String {
        let rest = rest.as_ref();
        if self.settings.store_is_flag() {
            format!("sutler --store {} {rest}", quoted(self.settings.store()))
        } else {
            format!("sutler {rest}")
        }
    }
}

/// Reads where a shop is kept. A bare path such as `shop.db` is a SQLite file.
pub(crate) fn store_url(text: &str) -> Result<StoreUrl, CommandError> {
    if !text.contains(':') && Path::new(text).extension().is_some() {
        return Ok(StoreUrl::Sqlite(text.into()));
    }
    Ok(text.parse()?)
}

/// Returns a word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_can_be_pasted_into_a_shell() {
        assert_eq!(quoted("sqlite:shop.db"), "sqlite:shop.db");
        assert_eq!(quoted("my shop.db"), "'my shop.db'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }
}
