//! What every command is given: settings, the console, and the id of this run.

use std::cell::RefCell;
use std::path::Path;

use sutler::{Opening, StoreUrl};
use sutler_core::id::CommandId;
use sutler_engine::{Reader, Shop};

use crate::config::Settings;
use crate::error::CommandError;
use crate::output::Console;
use crate::target::resolved;
use crate::view::ReadStoreView;

/// What every command is given.
pub(crate) struct Context<'a> {
    /// Settings.
    pub(crate) settings: &'a Settings,
    /// Where to print; commands only ask it questions and whether anybody looks.
    pub(crate) console: &'a Console,
    /// The id of this run: stands in the events it causes and in traces.
    pub(crate) command: CommandId,
    /// The shop that is meant, where it is not the one of the settings.
    other: Option<StoreUrl>,
    /// What was read in the place of the shop.
    read_from: RefCell<Option<ReadStoreView>>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(settings: &'a Settings, console: &'a Console, command: CommandId) -> Self {
        Self { settings, console, command, other: None, read_from: RefCell::new(None) }
    }

    /// Returns the same for another shop.
    pub(crate) fn at(&self, url: StoreUrl) -> Self {
        Self { other: Some(url), ..Self::new(self.settings, self.console, self.command) }
    }
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

    /// Opens what lists, reports and searches read: the read store, when one is named, else the shop. Nothing that decides
    /// can be asked of it.
    pub(crate) fn reader(&self) -> Result<Reader, CommandError> {
        let Some(text) = self.settings.read_store() else { return Ok(self.shop()?.into_reader()) };
        let (url, read) = (self.url()?, store_url(text)?);
        tracing::info!(store = %url, read_store = %read, "opening for reading");
        let shown = read.to_string();
        let reader = Opening::new(url).read_store(read).reader()?;
        if let Some(lag) = reader.lag()? {
            self.read_from.replace(Some(ReadStoreView::new(shown, &lag)));
        }
        Ok(reader)
    }

    /// Takes what was read in the place of the shop, and how far it was behind.
    pub(crate) fn read_from(&self) -> Option<ReadStoreView> {
        self.read_from.take()
    }

    fn opening(&self, create: bool) -> Result<Shop, CommandError> {
        let url = self.url()?;
        tracing::info!(store = %url, command = %self.command, "opening");
        let opening = Opening::new(url).creating(create).command(self.command);
        let opening =
            if self.settings.test_payments() { opening } else { opening.without_test_payments() };
        Ok(opening.open()?)
    }

    /// Returns where the shop is kept.
    pub(crate) fn url(&self) -> Result<StoreUrl, CommandError> {
        self.other.clone().map_or_else(|| store_url(self.settings.store()), Ok)
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
        if let Some(url) = &self.other {
            return format!("sutler --store {} {rest}", quoted(&url.without_password()));
        }
        if self.settings.store_is_flag() {
            format!("sutler --store {} {rest}", quoted(&shown(self.settings.store())))
        } else {
            format!("sutler {rest}")
        }
    }
}

/// Reads a store URL. A bare path such as `shop.db` is a SQLite file, or the folder of some.
pub(crate) fn store_url(text: &str) -> Result<StoreUrl, CommandError> {
    let path = Path::new(text);
    if !text.contains(':') && (path.extension().is_some() || path.is_dir()) {
        return Ok(StoreUrl::Sqlite(text.into()));
    }
    Ok(text.parse()?)
}

/// Returns a store as hints and lists repeat it: as it was given, but for a password, which is for nobody's screen.
pub(crate) fn shown(text: &str) -> String {
    match store_url(text) {
        Ok(url) if text.starts_with("postgres") => url.without_password(),
        Err(_) if text.starts_with("postgres") => "postgres://…".to_owned(),
        _ => text.to_owned(),
    }
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
