//! `sutler channel`: the places of selling.

use sutler_core::pricing::LaneMode;

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

each-unit: every promotion that applies takes part, and each unit takes the best discount of its lane.
best-of: promotions are left out when the buyer pays less without them. Up to 12 promotions every combination is tried.")]
pub(crate) struct SetArgs {
    /// Its code
    code: String,
    /// How promotions are combined: each-unit or best-of
    #[arg(long, value_enum, hide_possible_values = true, value_name = "MODE")]
    lane_mode: Mode,
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
        let channel = shop.channel_lane_mode(&args.code, args.lane_mode.into(), args.dry_run)?;
        let row = ChannelRow::from(&channel);
        let verb = if args.dry_run { "would combine" } else { "combines" };
        let summary = format!("the channel {} {verb} promotions by {}", row.code, row.mode_words());
        Ok(Answer::many(ChannelList { channels: vec![row] }).summary(summary))
    }
}
