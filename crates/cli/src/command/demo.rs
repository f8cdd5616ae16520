//! `sutler demo`: the whole journey of a shop, each command shown with its answer.
//!
//! The commands are the real ones, called in this process. They run in a folder of their own, so that every line that is
//! shown can be typed there, and the shop is left to play with.
//!
//! Invariant: a folder is only emptied of a shop that an earlier demo made and that nobody used since; everything else
//! needs `--yes`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::answer::{Answer, Body, Show};
use crate::context::{Context, quoted};
use crate::error::CommandError;
use crate::page::{Look, Page};
use crate::view::{Sheet, view};

/// The shop within the folder.
const STORE_FILE: &str = "sutler.db";

/// Says how many events the shop had when the demo ended.
const MARK_FILE: &str = ".sutler-demo";

/// Show the whole journey on the bundled catalog: import, search, buy, ship, refund, verify
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler demo my-demo
  sutler demo my-demo --quiet

The shop stays in the folder to play with. Running the demo again begins anew, unless somebody used the shop meanwhile.")]
pub(crate) struct DemoArgs {
    /// Folder for the shop
    #[arg(default_value = "sutler-demo")]
    folder: PathBuf,
    /// Replace whatever shop is in the folder
    #[arg(long)]
    yes: bool,
}

view! {
    /// One command of the demo.
    StepView {
        /// The command line.
        command: String,
        /// What it answered.
        answer: Value,
    }
}

view! {
    /// The demo.
    DemoView {
        /// The folder with the shop.
        folder: String,
        /// The commands, in order.
        steps: Vec<StepView>,
    }
}

impl Show for DemoView {
    fn show(&self, page: &Page) -> String {
        // The steps were shown while they ran.
        let mut sheet = Sheet::new(page);
        let folder = quoted(&self.folder);
        sheet.marked("").title("The shop stays here to play with:", "");
        for line in [
            format!("cd {folder}"),
            "sutler search \"dutch oven\" --facet brand".to_owned(),
            "sutler order list".to_owned(),
            "sutler stock history FEN-SKIL-26".to_owned(),
            "sutler import catalog.csv --dry-run".to_owned(),
            "sutler --help".to_owned(),
        ] {
            sheet.marked(&format!("  {}", Look::Cyan.on(&line)));
        }
        sheet.finish()
    }
}

/// The story, in order. `CART` stands for the newest cart.
const STORY: &[(&str, &[&str])] = &[
    (
        "A shop in one file: a channel, a stock location, tax and delivery.",
        &["init --currency EUR --name \"Sutler's Wagon\""],
    ),
    (
        "A merchant's file: first the plan, then the import. The second run changes nothing.",
        &["import catalog.csv --dry-run", "import catalog.csv", "import catalog.csv"],
    ),
    (
        "Finding things the way people type: plurals, an unfinished last word, filters and counts.",
        &[
            "search \"enamel mugs\" --limit 3",
            "search \"dutch ov\"",
            "search skillet --filter 'price<60' --facet brand",
            "product show field-skillet",
        ],
    ),
    (
        "Selling: a cart, its price, and an order.",
        &[
            "cart new",
            "cart add CART FEN-SKIL-26 2",
            "cart quote CART --delivery standard",
            "checkout CART --email ada@example.com --ship-to 'Ada Lovelace;St James Square 12;10115;Berlin;DE' --delivery standard --pay test:ok --key demo-1",
        ],
    ),
    ("Every cent of the total explains itself.", &["explain 1001"]),
    (
        "Getting the goods out; the money is taken when they leave.",
        &[
            "fulfill plan 1001",
            "fulfill ship 1001 --carrier dhl --tracking 00340434",
            "fulfill deliver 1001",
            "stock history FEN-SKIL-26 --limit 5",
        ],
    ),
    (
        "A second order, of which a part is given back.",
        &[
            "cart new",
            "cart add CART FEN-SKIL-20 1",
            "checkout CART --email grace@example.com --ship-to 'Grace Hopper;Harbour Street 3;20457;Hamburg;DE' --delivery standard --pay test:ok --key demo-2",
            "fulfill ship 1002 --carrier dhl --tracking 00340435",
            "refund 1002 --amount 5.00 --reason \"dent in the rim\"",
        ],
    ),
    ("And the proof: every level, total and chain derived again.", &["order list", "verify"]),
];

impl DemoArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        self.prepare()?;
        let shown = self.folder.display().to_string();
        std::env::set_current_dir(&self.folder)
            .map_err(|source| cannot("cannot go to", &self.folder, source))?;
        let settings = context.settings.with_store(&format!("sqlite:{STORE_FILE}"));
        let inner = Context::new(&settings, context.console, context.command);
        let mut teller = Teller { context: &inner, steps: Vec::new(), cart: None };
        teller.tell(&format!("{}\n", Look::Cyan.on(&format!("$ cd {}", quoted(&shown)))))?;
        for (heading, lines) in STORY {
            teller.tell(&format!("\n{}\n", Look::Bold.on(&format!("# {heading}"))))?;
            for line in *lines {
                teller.step(line)?;
            }
        }
        let steps = teller.steps;
        let (events, _) = inner.shop()?.store().event_head()?;
        let mark = Path::new(MARK_FILE);
        std::fs::write(mark, events.to_string())
            .map_err(|source| cannot("cannot write", mark, source))?;
        Ok(Answer::one(DemoView { folder: shown, steps }))
    }

    /// Makes the folder ready: the catalog in it, and no shop.
    fn prepare(&self) -> Result<(), CommandError> {
        std::fs::create_dir_all(&self.folder)
            .map_err(|source| cannot("cannot make", &self.folder, source))?;
        let store = self.folder.join(STORE_FILE);
        if store.exists() {
            if !self.yes && !is_untouched(&self.folder, &store) {
                return Err(CommandError::Usage {
                    code: "demo.folder_in_use",
                    message: format!("{} holds a shop already, which is not as a demo left it", self.folder.display()),
                    help: Some("name another folder, `sutler demo FOLDER`, or replace that shop with --yes".to_owned()),
                });
            }
            self.remove_shop()?;
        }
        let catalog = self.folder.join(sutler::demo::CATALOG_NAME);
        std::fs::write(&catalog, sutler::demo::CATALOG)
            .map_err(|source| cannot("cannot write", &catalog, source))
    }

    /// Removes the store and everything that belongs to it.
    fn remove_shop(&self) -> Result<(), CommandError> {
        let unreadable = |source| cannot("cannot read", &self.folder, source);
        for entry in std::fs::read_dir(&self.folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            if name != MARK_FILE
                && name != STORE_FILE
                && !name.starts_with(&format!("{STORE_FILE}-"))
            {
                continue;
            }
            let removed = if path.is_dir() {
                std::fs::remove_dir_all(&path)
            } else {
                std::fs::remove_file(&path)
            };
            removed.map_err(|source| cannot("cannot remove", &path, source))?;
        }
        Ok(())
    }
}

/// Returns whether the shop is just as a demo left it.
fn is_untouched(folder: &Path, store: &Path) -> bool {
    let marked = std::fs::read_to_string(folder.join(MARK_FILE))
        .ok()
        .and_then(|text| text.trim().parse::<u64>().ok());
    let events = || {
        let shop = sutler::open(&format!("sqlite:{}", store.display())).ok()?;
        shop.store().event_head().ok().map(|(head, _)| head)
    };
    marked.is_some_and(|marked| events() == Some(marked))
}

/// Runs the commands of the story and shows them.
struct Teller<'a> {
    context: &'a Context<'a>,
    steps: Vec<StepView>,
    cart: Option<String>,
}

impl Teller<'_> {
    /// Shows text for people; with `--json` there are none.
    fn tell(&self, text: &str) -> Result<(), CommandError> {
        if self.context.console.is_json() { Ok(()) } else { self.context.console.show(text) }
    }

    fn step(&mut self, line: &str) -> Result<(), CommandError> {
        let line = match &self.cart {
            Some(cart) => line.replace("CART", cart),
            None => line.to_owned(),
        };
        self.tell(&format!("\n{}\n", Look::Cyan.on(&format!("$ sutler {line}"))))?;
        let words =
            std::iter::once("sutler".to_owned()).chain(shell_words(&line)).map(OsString::from);
        let cli =
            crate::run::parse(&words.collect::<Vec<_>>()).map_err(|error| CommandError::Usage {
                code: "demo.bad_step",
                message: format!("the demo cannot run `sutler {line}`: {}", error.kind()),
                help: None,
            })?;
        let answer = super::run(cli.command, self.context)?;
        let value = value_of(&answer);
        if line.starts_with("cart new") {
            self.cart = value["id"].as_str().map(str::to_owned);
        }
        self.tell(&self.text_of(&answer))?;
        self.steps.push(StepView { command: format!("sutler {line}"), answer: value });
        Ok(())
    }

    fn text_of(&self, answer: &Answer) -> String {
        let page = Page::WHOLE;
        let mut text = match &answer.body {
            Body::One(one) => one.text(&page),
            Body::Many(many) => many.text(&page),
            Body::Raw(_) | Body::Nothing => String::new(),
        };
        for sentence in &answer.summary {
            text.push_str(&format!("{}\n", Look::Dim.on(sentence)));
        }
        text
    }
}

/// Returns the JSON of an answer.
fn value_of(answer: &Answer) -> Value {
    let text = match &answer.body {
        Body::One(one) => one.json(false, None),
        Body::Many(many) => many.json(false, None),
        Body::Raw(_) | Body::Nothing => return Value::Null,
    };
    // The text was made from the same value a moment ago.
    text.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

fn cannot(what: &'static str, path: &Path, source: std::io::Error) -> CommandError {
    CommandError::Io { what, path: path.display().to_string(), source }
}

/// Splits a line of the story as a shell would: blanks outside of quotes part words.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut begun, mut quote) = (String::new(), false, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => word.push(c),
            (None, '\'' | '"') => (quote, begun) = (Some(c), true),
            (None, ' ') => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            (None, _) => {
                word.push(c);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_story_is_split_like_a_shell_does() {
        assert_eq!(shell_words("a 'b c' \"d; 'e'\" f=''"), ["a", "b c", "d; 'e'", "f="]);
        assert_eq!(shell_words("x ''"), ["x", ""]);
    }

    #[test]
    fn every_line_of_the_story_is_a_command() {
        for line in STORY.iter().flat_map(|(_, lines)| *lines) {
            let line = line.replace("CART", "cart_01980000000070008000000000000042");
            let words =
                std::iter::once("sutler".to_owned()).chain(shell_words(&line)).map(OsString::from);
            let parsed = crate::run::parse(&words.collect::<Vec<_>>());
            assert!(parsed.is_ok(), "sutler {line}: {:?}", parsed.err());
        }
    }
}
