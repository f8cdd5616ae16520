//! `sutler channel`: the places of selling.

use sutler_core::catalog::TaxRounding;
use sutler_core::money::Rounding;
use sutler_core::pricing::LaneMode;
use sutler_engine::flow::channel::ChannelChange;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::view::{ChannelList, ChannelRow};

/// The places of selling
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ChannelCommand {
    List(ListArgs),
    Set(SetArgs),
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
        let ChannelCommand::Set(args) = self else {
            let channels = shop.setup()?.channels.iter().map(ChannelRow::from).collect();
            return Ok(Answer::many(ChannelList { channels }));
        };
        let change = ChannelChange {
            lane_mode: args.lane_mode.map(LaneMode::from),
            tax_rounding: args.tax_rounding.map(TaxRounding::from),
            rounding: args.rounding.map(Rounding::from),
        };
        let row = ChannelRow::from(&shop.channel_set(&args.code, &change, args.dry_run)?);
        let verb = if args.dry_run { "would combine" } else { "combines" };
        let summary = format!(
            "the channel {} {verb} promotions by {}, and rounds tax {}",
            row.code,
            row.mode_words(),
            row.tax_words()
        );
        Ok(Answer::many(ChannelList { channels: vec![row] }).summary(summary))
    }
}
