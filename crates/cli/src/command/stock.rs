//! `sutler stock`: receiving, counting, moving and looking at stock.

use sutler_core::change::IdempotencyKey;
use sutler_core::quantity::Quantity;

use crate::answer::Answer;
use crate::context::{Context, quoted};
use crate::error::CommandError;
use crate::parse;
use crate::view::{MovementList, MovementRow, StockShown};

/// Receive, count, move and look at stock
#[derive(Debug, clap::Subcommand)]
pub(crate) enum StockCommand {
    Receive(ReceiveArgs),
    Show(ShowArgs),
    History(HistoryArgs),
    Correct(CorrectArgs),
    Transfer(TransferArgs),
    Limits(LimitsArgs),
}

/// Take goods in that arrived
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler stock receive FEN-SKIL-26 12
  sutler stock receive \"field-skillet:26 cm\" 12 --location main --key delivery-4711")]
pub(crate) struct ReceiveArgs {
    /// SKU, barcode, id, or handle:option/option
    variant: String,
    /// Units
    #[arg(allow_negative_numbers = true)]
    quantity: Quantity,
    /// Code of the stock location [default: main]
    #[arg(long, value_name = "CODE")]
    location: Option<String>,
    /// Where they came from, in words
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Same key, same delivery: a repeated call changes nothing
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
}

/// Show how many units are where
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler stock show FEN-SKIL-26
  sutler stock show FEN-SKIL-26 --json")]
pub(crate) struct ShowArgs {
    /// SKU, barcode, id, or handle:option/option
    variant: String,
}

/// List the newest entries of the stock ledger for a variant
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler stock history FEN-SKIL-26
  sutler stock history FEN-SKIL-26 --limit 5 --format csv")]
pub(crate) struct HistoryArgs {
    /// SKU, barcode, id, or handle:option/option
    variant: String,
    /// How many entries at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=10_000), value_name = "N")]
    limit: u16,
}

/// Write down what was counted at a location
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler stock correct FEN-SKIL-26 40 --reason \"broken in storage\"
  sutler stock correct FEN-SKIL-30 0 --reason \"lost\" --location main --key count-4711")]
pub(crate) struct CorrectArgs {
    /// SKU, barcode, id, or handle:option/option
    variant: String,
    /// Units that are physically there
    #[arg(value_parser = parse::count, allow_negative_numbers = true)]
    counted: u32,
    /// Why the count is another one
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Code of the stock location [default: main]
    #[arg(long, value_name = "CODE")]
    location: Option<String>,
    /// The count that must still stand; another one is a conflict
    #[arg(long, value_parser = parse::count, value_name = "UNITS")]
    expect: Option<u32>,
    /// Same key, same count: a repeated call changes nothing
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
}

/// Move units between two locations
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler stock transfer FEN-SKIL-26 3 --from main --to van
  sutler stock transfer FEN-SKIL-20 1 --from main --to van --key van-4711")]
pub(crate) struct TransferArgs {
    /// SKU, barcode, id, or handle:option/option
    variant: String,
    /// Units
    #[arg(allow_negative_numbers = true)]
    quantity: Quantity,
    /// Code of the location they leave
    #[arg(long, value_name = "CODE")]
    from: String,
    /// Code of the location they go to
    #[arg(long, value_name = "CODE")]
    to: String,
    /// Same key, same transfer: a repeated call changes nothing
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
}

/// Say how far selling may go beyond what is there, and how many units are kept back
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler stock limits FEN-SKIL-26 --backorder 10
  sutler stock limits FEN-SKIL-26 --safety 2 --location main")]
pub(crate) struct LimitsArgs {
    /// SKU, barcode, id, or handle:option/option
    variant: String,
    /// How far selling may go beyond on_hand
    #[arg(long, value_parser = parse::count, value_name = "UNITS", required_unless_present = "safety")]
    backorder: Option<u32>,
    /// Units kept back from selling
    #[arg(long, value_parser = parse::count, value_name = "UNITS")]
    safety: Option<u32>,
    /// Code of the stock location [default: main]
    #[arg(long, value_name = "CODE")]
    location: Option<String>,
    /// Same key, same limits: a repeated call changes nothing
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
}

impl StockCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        match self {
            StockCommand::Receive(args) => args.run(context),
            StockCommand::Show(args) => args.run(context),
            StockCommand::History(args) => args.run(context),
            StockCommand::Correct(args) => args.run(context),
            StockCommand::Transfer(args) => args.run(context),
            StockCommand::Limits(args) => args.run(context),
        }
    }
}

impl ReceiveArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let location = self.location.as_deref().unwrap_or(context.settings.location());
        let variant = shop.find_variant(&self.variant)?.variant.id;
        let view = shop.stock_receive(
            variant,
            self.quantity,
            location,
            self.reason.as_deref(),
            self.key.clone(),
        )?;
        let sentence = format!("received {} of {} at {location}", self.quantity, view.label);
        let hint = context.hint(format!("stock history {}", quoted(&view.label)));
        Ok(Answer::one(StockShown::from(&view)).summary(sentence).next(hint))
    }
}

impl ShowArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let view = shop.stock_show(shop.find_variant(&self.variant)?.variant.id)?;
        Ok(Answer::one(StockShown::from(&view)))
    }
}

impl HistoryArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.reader()?;
        let setup = shop.setup()?;
        let found = shop.find_variant(&self.variant)?;
        let movements = shop.stock_history(found.variant.id, usize::from(self.limit))?;
        Ok(Answer::many(MovementList {
            variant: found.variant.id,
            label: found.variant.label(&found.product.handle),
            movements: movements.iter().map(|stored| MovementRow::new(stored, &setup)).collect(),
        }))
    }
}

impl CorrectArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let location = self.location.as_deref().unwrap_or(context.settings.location());
        let variant = shop.find_variant(&self.variant)?.variant.id;
        let view = shop.stock_correct(
            variant,
            self.counted,
            location,
            &self.reason,
            self.expect,
            self.key.clone(),
        )?;
        let sentence = format!("{} has {} units on hand at {location}", view.label, self.counted);
        Ok(Answer::one(StockShown::from(&view)).summary(sentence))
    }
}

impl TransferArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let variant = shop.find_variant(&self.variant)?.variant.id;
        let view =
            shop.stock_transfer(variant, self.quantity, &self.from, &self.to, self.key.clone())?;
        let sentence =
            format!("moved {} of {} from {} to {}", self.quantity, view.label, self.from, self.to);
        Ok(Answer::one(StockShown::from(&view)).summary(sentence))
    }
}

impl LimitsArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let location = self.location.as_deref().unwrap_or(context.settings.location());
        let variant = shop.find_variant(&self.variant)?.variant.id;
        let now = shop.stock_show(variant)?;
        let level = now
            .levels
            .iter()
            .find(|(at, _)| at.code == location || at.name == location)
            .map(|(_, level)| *level);
        let level = level.unwrap_or_default();
        let (backorder, safety) =
            (self.backorder.unwrap_or(level.backorder_limit), self.safety.unwrap_or(level.safety));
        let view = shop.stock_limits(variant, location, backorder, safety, self.key.clone())?;
        let sentence = format!(
            "{} at {location}: up to {backorder} beyond on_hand, {safety} kept back",
            view.label
        );
        Ok(Answer::one(StockShown::from(&view)).summary(sentence))
    }
}
