//! Settings, exit codes, and what the codes of diagnostics mean.

use super::view;
use crate::answer::{List, Row, Show};
use crate::page::{Look, Page};
use crate::table::{Column, Side};

view! {
    /// A setting and where it came from.
    SettingRow {
        /// Its name in `sutler.toml`.
        name: String,
        /// Its value.
        value: String,
        /// `flag`, `environment`, `file` or `default`.
        origin: String,
        /// The flag, variable or file.
        place: Option<String>,
        /// The variable that sets it.
        variable: String,
    }
}

view! {
    /// All settings.
    SettingList {
        /// The settings.
        settings: Vec<SettingRow>,
        /// Settings files that were looked for, those that are there and those that are not.
        files: Vec<String>,
    }
}

view! {
    /// A way to end.
    ExitCodeRow {
        /// The number that the shell sees.
        code: u32,
        /// What it means.
        meaning: String,
    }
}

view! {
    /// All ways to end.
    ExitCodeList {
        /// The codes.
        exit_codes: Vec<ExitCodeRow>,
    }
}

view! {
    /// What a code means.
    CodeView {
        /// The code.
        code: String,
        /// How a command ends that ends with this code; `null` for diagnostics of rows, which do not end it.
        exit_code: Option<u32>,
        /// What it means and how to mend it.
        text: String,
    }
}

impl Row for SettingRow {
    const COLUMNS: &'static [Column] =
        &[("SETTING", Side::Left), ("VALUE", Side::Left), ("FROM", Side::Left), ("", Side::Left)];
    const FIELDS: &'static [&'static str] = &["name", "value", "origin", "place", "variable"];

    fn cells(&self) -> Vec<String> {
        let place = self.place.clone().unwrap_or_default();
        vec![self.name.clone(), self.value.clone(), self.origin.clone(), place]
    }

    fn fields(&self) -> Vec<String> {
        let place = self.place.clone().unwrap_or_default();
        vec![
            self.name.clone(),
            self.value.clone(),
            self.origin.clone(),
            place,
            self.variable.clone(),
        ]
    }
}

impl List for SettingList {
    type Row = SettingRow;

    fn rows(&self) -> &[SettingRow] {
        &self.settings
    }

    fn when_empty(&self) -> String {
        "no settings".to_owned()
    }
}

impl Row for ExitCodeRow {
    const COLUMNS: &'static [Column] = &[("CODE", Side::Right), ("MEANING", Side::Left)];
    const FIELDS: &'static [&'static str] = &["code", "meaning"];

    fn cells(&self) -> Vec<String> {
        vec![self.code.to_string(), self.meaning.clone()]
    }

    fn fields(&self) -> Vec<String> {
        self.cells()
    }
}

impl List for ExitCodeList {
    type Row = ExitCodeRow;

    fn rows(&self) -> &[ExitCodeRow] {
        &self.exit_codes
    }

    fn when_empty(&self) -> String {
        String::new()
    }
}

impl Show for CodeView {
    fn show(&self, _: &Page) -> String {
        let mut text = format!("{}\n\n", Look::Bold.on(&self.code));
        let mut width = 0;
        for word in self.text.split_whitespace() {
            let letters = word.chars().count();
            if width > 0 && width + 1 + letters > 80 {
                text.push('\n');
                width = 0;
            } else if width > 0 {
                text.push(' ');
                width += 1;
            }
            text.push_str(word);
            width += letters;
        }
        text.push('\n');
        if let Some(code) = self.exit_code {
            let meaning = crate::exit::meaning(code).unwrap_or_default();
            text.push_str(&format!("\nexit code {code}: {meaning}\n"));
        }
        text
    }
}
