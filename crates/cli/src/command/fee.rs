//! `sutler fee`: amounts added that are not goods, delivery or tax.

use std::path::PathBuf;

use super::rule_file::{of_rules, read_rules};
use crate::answer::Answer;
use crate::context::{Context, quoted};
use crate::error::CommandError;
use crate::view::{FeeList, FeeRow};

/// Fees: handling, ways to pay that cost more, deposits
#[derive(Debug, clap::Subcommand)]
pub(crate) enum FeeCommand {
    List(ListArgs),
    Add(AddArgs),
    Remove(RemoveArgs),
}

/// List the fees and when they are charged
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler fee list
  sutler fee list --format csv")]
pub(crate) struct ListArgs {}

/// Add a fee from a TOML file, or replace the one of its code
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler fee add cash.toml --dry-run
  sutler fee add cash.toml

A whole file:
  code = \"cash\"
  name = \"Cash on delivery\"
  amount = \"2.00\"
  payments = [\"manual:cash\"]
Exactly one of amount (for the order), per_unit and percent (with_delivery = true counts the delivery too). When: channels,
payments, categories, place, goods_below, from, until. currency = \"GBP\": amounts are not in the shop's currency. tax: as-goods, untaxed, or a tax category. active = false ends it.")]
pub(crate) struct AddArgs {
    /// The file; - is standard input
    file: PathBuf,
    /// Check it; write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Take a fee away
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler fee remove cash --dry-run
  sutler fee remove cash

Orders keep what they were placed with.")]
pub(crate) struct RemoveArgs {
    /// Its code
    code: String,
    /// Show what would go; write nothing
    #[arg(long)]
    dry_run: bool,
}

impl FeeCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let args = match self {
            FeeCommand::Add(args) => args,
            FeeCommand::List(_) => {
                let fees = shop.setup()?.fees.iter().map(FeeRow::from).collect();
                return Ok(Answer::many(FeeList { fees }));
            }
            FeeCommand::Remove(args) => {
                let fee = shop.fee_remove(&args.code, args.dry_run)?;
                let done = if args.dry_run { "would be taken away" } else { "is taken away" };
                let fees = vec![FeeRow::from(&fee)];
                let sentence = format!("the fee {} {done}", fee.code);
                return Ok(Answer::many(FeeList { fees }).summary(sentence));
            }
        };
        let text = read_rules(&args.file, "fee add")?;
        let fee = shop.fee_add(&text, args.dry_run).map_err(|error| of_rules(&args.file, error))?;
        let answer = Answer::many(FeeList { fees: vec![FeeRow::from(&fee)] });
        Ok(if args.dry_run {
            let again = format!("fee add {}", quoted(&args.file.display().to_string()));
            answer
                .summary(format!("the fee {} could be written", fee.code))
                .next(context.hint(again))
        } else {
            answer
                .summary(format!("the fee {} is written", fee.code))
                .next(context.hint("fee list"))
        })
    }
}
