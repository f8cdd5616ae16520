//! `sutler shop`: the shops of one place: schemas of a database, or files of a folder.

use sutler::StoreUrl;
use sutler_core::rejection::Rejection;

use super::init::InitArgs;
use crate::answer::Answer;
use crate::confirm::confirm;
use crate::context::Context;
use crate::error::CommandError;
use crate::plural::counted;
use crate::view::{DroppedView, ShopList, ShopRow};

/// The shops of one database or folder
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ShopCommand {
    List(ListArgs),
    Create(Box<CreateArgs>),
    Drop(DropArgs),
}

/// List the shops of the database, or of the folder, that --store points at
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler shop list
  sutler shop list --json
  sutler shop list --format csv

In a database these are the schemas that hold a shop and that its user may enter, in a folder the files that are shops.
For a folder --store is one of its files, there or not, or the folder itself. What cannot be looked into is `?`.")]
pub(crate) struct ListArgs {}

/// Set a new shop up beside the one that --store names
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler shop create kiosk --currency EUR
  sutler shop create uk --currency GBP --delivery-rate 3.95 --free-over 50
  sutler shop create trial --demo

In a database it is a schema of that name, which the user must be allowed to make; in a folder a file, kiosk.db.
Nobody else may look into it until its owner says so.")]
pub(crate) struct CreateArgs {
    /// Name of the schema (a-z, 0-9 and _), or of the file
    shop: String,
    #[command(flatten)]
    init: InitArgs,
}

/// Take a shop away for good, with its orders, its events and its search index
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler shop drop kiosk --dry-run
  sutler shop drop kiosk --yes

It cannot be brought back but from a backup. End the programs that use it first.")]
pub(crate) struct DropArgs {
    /// Name of the schema, or of the file
    shop: String,
    /// Say what would go; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

impl ShopCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        match self {
            ShopCommand::List(ListArgs {}) => {
                Ok(Answer::many(ShopList { shops: rows(&context.url()?)? }))
            }
            ShopCommand::Create(args) => {
                let url = context.url()?.beside(&args.shop)?;
                args.init.run(&context.at(url))
            }
            ShopCommand::Drop(args) => args.run(context),
        }
    }
}

impl DropArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let url = context.url()?.beside(&self.shop)?;
        let shown = url.to_string();
        let found = rows(&url)?.into_iter().find(|shop| shop.store == shown);
        let shop = found.ok_or_else(|| Rejection::not_found("shop", &self.shop))?;
        sutler::may_drop_shop(&url)?;
        if self.dry_run {
            return Ok(Answer::one(DroppedView { shop, dropped: false })
                .summary("nothing was changed".to_owned()));
        }
        confirm(
            context,
            self.yes,
            &format!("takes the shop {} away for good{}", shop.name, what(&shop)),
        )?;
        sutler::drop_shop(&url)?;
        let sentence = format!("dropped {shown}");
        Ok(Answer::one(DroppedView { shop, dropped: true }).summary(sentence))
    }
}

/// Says what goes with a shop.
fn what(shop: &ShopRow) -> String {
    let title = shop.title.as_ref().map(|title| format!("{title}, "));
    let orders = shop.orders.map(|orders| format!("{}, ", counted(orders, "order", "orders")));
    let events = shop.head.map(|head| format!("{}, ", counted(head, "event", "events")));
    let parts = [title, orders, events].map(Option::unwrap_or_default).concat();
    format!(" ({parts}{})", shop.size())
}

/// Returns the shops of a place, each with its URL.
fn rows(url: &StoreUrl) -> Result<Vec<ShopRow>, CommandError> {
    let shops = sutler::shops(url)?.into_iter();
    let row = |shop: sutler_core::port::ShopSummary| {
        let store = url.beside(&shop.name)?.to_string();
        Ok(ShopRow::new(shop, store))
    };
    shops.map(row).collect()
}
