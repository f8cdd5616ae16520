//! `sutler channel`: the places of selling.

use sutler_core::address::CountryCode;
use sutler_core::catalog::TaxRounding;
use sutler_core::money::{Currency, Rounding};
use sutler_core::pricing::{LaneMode, PriceList};
use sutler_core::rejection::Rejection;
use sutler_engine::Shop;
use sutler_engine::flow::channel::{self, ChannelChange};

use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::parse;
use crate::view::{ChannelList, ChannelRow};

/// The places of selling
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ChannelCommand {
    Add(AddArgs),
    List(ListArgs),
    Set(SetArgs),
}

/// Open a further place of selling
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler channel add trade --prices-without-tax
  sutler channel add uk --currency GBP --country GB --name \"Shop in Britain\"

It sells by the price lists of its currency that are for every channel or for it; `sutler price import` brings them in.")]
pub(crate) struct AddArgs {
    /// The word people type, such as trade
    code: String,
    /// Name for people [default: the code]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The only currency it sells in [default: the shop's]
    #[arg(long, value_parser = parse::currency, value_name = "CODE")]
    currency: Option<Currency>,
    /// Where buyers are until they say: two capital letters [default: the shop's]
    #[arg(long, value_name = "CODE")]
    country: Option<CountryCode>,
    /// Prices are without tax, which is added to them
    #[arg(long)]
    prices_without_tax: bool,
    /// Say what would be; change nothing
    #[arg(long)]
    dry_run: bool,
}

/// List the places of selling
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler channel list
  sutler channel list --json")]
pub(crate) struct ListArgs {}

/// Change how a place of selling counts
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler channel set web --lane-mode best-of
  sutler channel set web --lane-mode each-unit --dry-run
  sutler channel set web --tax-rounding per-order --rounding half-even

each-unit: every promotion that applies takes part, and each unit takes the best discount of its lane.
best-of: promotions are left out when more is taken off without them. Up to 12 promotions every combination is tried.",
    group = clap::ArgGroup::new("change").required(true).multiple(true).args(["lane_mode", "tax_rounding", "rounding"]))]
pub(crate) struct SetArgs {
    /// Its code
    code: String,
    /// How promotions are combined: each-unit or best-of
    #[arg(long, value_enum, hide_possible_values = true, value_name = "MODE")]
    lane_mode: Option<Mode>,
    /// Where tax is rounded: per-line or per-order
    #[arg(long, value_enum, hide_possible_values = true, value_name = "WHERE")]
    tax_rounding: Option<TaxAt>,
    /// Where a half of the smallest unit goes: half-away or half-even
    #[arg(long, value_enum, hide_possible_values = true, value_name = "HOW")]
    rounding: Option<Halves>,
    /// Say what would be; change nothing
    #[arg(long)]
    dry_run: bool,
}

/// How promotions are combined.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Mode {
    EachUnit,
    BestOf,
}

/// Where tax is rounded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum TaxAt {
    PerLine,
    PerOrder,
}

/// Where a half goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Halves {
    HalfAway,
    HalfEven,
}

impl From<TaxAt> for TaxRounding {
    fn from(place: TaxAt) -> Self {
        match place {
            TaxAt::PerLine => TaxRounding::PerLine,
            TaxAt::PerOrder => TaxRounding::PerOrder,
        }
    }
}

impl From<Halves> for Rounding {
    fn from(halves: Halves) -> Self {
        match halves {
            Halves::HalfAway => Rounding::HalfAwayFromZero,
            Halves::HalfEven => Rounding::HalfEven,
        }
    }
}

impl From<Mode> for LaneMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::EachUnit => LaneMode::EachUnit,
            Mode::BestOf => LaneMode::BestOf,
        }
    }
}

impl ChannelCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        match self {
            ChannelCommand::Add(args) => args.run(&shop, context),
            ChannelCommand::List(_) => {
                let channels = shop.setup()?.channels.iter().map(ChannelRow::from).collect();
                Ok(Answer::many(ChannelList { channels }))
            }
            ChannelCommand::Set(args) => args.run(&shop),
        }
    }
}

impl AddArgs {
    fn run(&self, shop: &Shop, context: &Context<'_>) -> Result<Answer, CommandError> {
        let setup = shop.setup()?;
        let country = self.country.or(setup.shop.country);
        let country = country.or_else(|| setup.channels.first().map(|one| one.default_country));
        let country = country.ok_or_else(|| Rejection::BadInput {
            what: "country",
            given: String::new(),
            why: "is not known to the shop: say it with --country, such as DE".to_owned(),
        })?;
        let currency = self.currency.unwrap_or(setup.shop.currency);
        let command = channel::ChannelCommand {
            code: self.code.clone(),
            name: self.name.clone().unwrap_or_else(|| self.code.clone()),
            currency,
            country,
            tax_inclusive: !self.prices_without_tax,
        };
        let added = shop.channel_add(&command, self.dry_run)?;
        let sells = |list: &PriceList| list.currency == currency && list.channel.is_none();
        let has_prices = setup.price_lists.iter().any(sells);
        let verb = if self.dry_run { "would be opened" } else { "is open" };
        let summary = format!("the channel {} {verb}", added.code);
        let list = ChannelList { channels: vec![ChannelRow::from(&added)] };
        let answer = Answer::many(list).summary(summary);
        Ok(if has_prices {
            answer.next(context.hint(format!("cart new --channel {}", added.code)))
        } else {
            answer.next(context.hint("price import --help"))
        })
    }
}

impl SetArgs {
    fn run(&self, shop: &Shop) -> Result<Answer, CommandError> {
        let change = ChannelChange {
            lane_mode: self.lane_mode.map(LaneMode::from),
            tax_rounding: self.tax_rounding.map(TaxRounding::from),
            rounding: self.rounding.map(Rounding::from),
        };
        let row = ChannelRow::from(&shop.channel_set(&self.code, &change, self.dry_run)?);
        let verb = if self.dry_run { "would combine" } else { "combines" };
        let summary = format!(
            "the channel {} {verb} promotions by {}, and rounds tax {}",
            row.code,
            row.mode_words(),
            row.tax_words()
        );
        Ok(Answer::many(ChannelList { channels: vec![row] }).summary(summary))
    }
}
