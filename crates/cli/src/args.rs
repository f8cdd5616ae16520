//! The command line as clap sees it: what holds for every command, and the list of commands.
//!
//! The arguments of each command stand in its own file under `command/`, with examples that are run as tests.

use clap::{Args, Parser, Subcommand};

use crate::command;
use crate::output::{Color, Format};

/// A shop in one file: catalog, prices, carts, stock, orders, payments, fulfillment, search
#[derive(Debug, Parser)]
#[command(
    name = "sutler",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "\
First steps:
  sutler init --demo                    a shop with products, prices and stock
  sutler search \"enamel kettle\"         find something
  sutler cart new                       start a cart
  sutler demo                           or see the whole journey at once

Results go to stdout, everything else to stderr. `sutler help exit-codes` says how a command ends.
`sutler config show --origin` says which settings hold, and where they come from."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What holds for every command.
#[derive(Args, Clone, Debug)]
pub(crate) struct Global {
    /// Where the shop is kept [variable: SUTLER_STORE] [default: sqlite:sutler.db]
    #[arg(long, global = true, value_name = "URL", help_heading = "Global options")]
    pub(crate) store: Option<String>,
    /// A replica or copy of the shop that lists, reports and searches read [variable: SUTLER_READ_STORE]
    #[arg(long, global = true, value_name = "URL", help_heading = "Global options")]
    pub(crate) read_store: Option<String>,
    /// Answer with one JSON object, errors included
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) json: bool,
    /// Form of lists: table, json, ndjson or csv [variable: SUTLER_FORMAT] [default: table]
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        hide_possible_values = true,
        help_heading = "Global options"
    )]
    pub(crate) format: Option<Format>,
    /// When to use colors: auto, always or never [variable: SUTLER_COLOR] [default: auto]
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        hide_possible_values = true,
        help_heading = "Global options"
    )]
    pub(crate) color: Option<Color>,
    /// Print results and errors only
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Global options")]
    pub(crate) quiet: bool,
    /// Say on stderr what is being done; -vv says more
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub(crate) verbose: u8,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(command::init::InitArgs),
    Demo(command::demo::DemoArgs),
    Import(command::import::ImportArgs),
    Export(command::export::ExportArgs),
    #[command(subcommand)]
    Product(command::product::ProductCommand),
    #[command(subcommand)]
    Category(command::category::CategoryCommand),
    #[command(subcommand)]
    Collection(command::collection::CollectionCommand),
    #[command(subcommand)]
    Price(command::price::PriceCommand),
    Search(command::search::SearchArgs),
    #[command(subcommand)]
    Stock(command::stock::StockCommand),
    #[command(subcommand)]
    Channel(command::channel::ChannelCommand),
    #[command(subcommand)]
    Location(command::location::LocationCommand),
    #[command(subcommand)]
    Promotion(command::promotion::PromotionCommand),
    #[command(subcommand)]
    Simulate(command::simulate::SimulateCommand),
    #[command(subcommand)]
    Tax(command::tax::TaxCommand),
    #[command(subcommand)]
    Delivery(command::delivery::DeliveryCommand),
    #[command(subcommand)]
    Fee(command::fee::FeeCommand),
    #[command(subcommand)]
    Customer(command::customer::CustomerCommand),
    #[command(subcommand)]
    Cart(command::cart::CartCommand),
    Checkout(command::checkout::CheckoutArgs),
    #[command(subcommand)]
    Order(command::order::OrderCommand),
    Explain(command::explain::ExplainArgs),
    #[command(subcommand)]
    Fulfill(command::fulfill::FulfillCommand),
    #[command(subcommand)]
    Payment(command::payment::PaymentCommand),
    #[command(subcommand)]
    GiftCard(command::gift_card::GiftCardCommand),
    #[command(subcommand)]
    StoreCredit(command::store_credit::StoreCreditCommand),
    Refund(command::refund::RefundArgs),
    #[command(subcommand)]
    Events(command::events::EventsCommand),
    Verify(command::verify::VerifyArgs),
    Doctor(command::doctor::DoctorArgs),
    Recover(command::recover::RecoverArgs),
    #[command(subcommand)]
    Index(command::index::IndexCommand),
    Backup(command::backup::BackupArgs),
    Restore(command::restore::RestoreArgs),
    Copy(command::copy::CopyArgs),
    #[command(subcommand)]
    Shop(command::shop::ShopCommand),
    #[command(subcommand)]
    Config(command::config::ConfigCommand),
    Schema(command::schema::SchemaArgs),
    ExitCodes(command::exit_codes::ExitCodesArgs),
    Completions(command::completions::CompletionsArgs),
    Man(command::man::ManArgs),
}
