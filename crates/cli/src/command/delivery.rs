//! `sutler delivery`: what buyers choose between, and what it costs.

use std::path::PathBuf;

use sutler_core::rejection::Rejection;

use super::rule_file::{of_rules, read_rules};
use crate::answer::Answer;
use crate::context::{Context, quoted};
use crate::error::CommandError;
use crate::view::{DeliveryMethodList, DeliveryMethodRow, DeliveryMethodShown};

/// The delivery methods that buyers choose between
#[derive(Debug, clap::Subcommand)]
pub(crate) enum DeliveryCommand {
    List(ListArgs),
    Show(ShowArgs),
    Add(AddArgs),
    Remove(RemoveArgs),
}

/// List delivery methods
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler delivery list
  sutler delivery list --format csv")]
pub(crate) struct ListArgs {}

/// Show one delivery method with its rates, surcharges and limits
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler delivery show standard
  sutler delivery show pickup --json")]
pub(crate) struct ShowArgs {
    /// Its code
    code: String,
}

/// Add a delivery method from a TOML file, or replace the one of its code
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler delivery add parcel.toml --dry-run
  sutler delivery add parcel.toml

A whole file:
  code = \"parcel\"
  name = \"Parcel\"
  place = { countries = [\"DE\"], except_postal_codes = [\"27498\"] }
  rate = { kind = \"weight\", rungs = [{ up_to = 5000, amount = \"4.90\" }, { up_to = 31500, amount = \"16.90\" }] }
  free_over = \"75\"
  tax = \"as-goods\"
  limits = { up_to_mm = 1200, except_categories = [\"Furniture\"] }
  [[surcharges]]
  name = \"Heavy\"
  amount = \"0.50\"
  above_grams = 10000
  step_grams = 1000
Amounts are in the shop's currency; currency = \"GBP\" in the file says another, for a channel that sells in it.
Rates: flat (amount), weight, volume, quantity (rungs up_to grams, cm3, units), subtotal (rungs from), table (rows).
Surcharges: place, above_grams with step_grams, above_mm for each bulky unit, dangerous_goods.")]
pub(crate) struct AddArgs {
    /// The file; - is standard input
    file: PathBuf,
    /// Check it; write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Take a delivery method away
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler delivery remove standard --dry-run
  sutler delivery remove standard

Orders keep what they were placed with. A file with `active = false` switches a method off instead.")]
pub(crate) struct RemoveArgs {
    /// Its code
    code: String,
    /// Show what would go; write nothing
    #[arg(long)]
    dry_run: bool,
}

impl DeliveryCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        match self {
            DeliveryCommand::List(_) => {
                let setup = shop.setup()?;
                let methods = setup.delivery_methods.iter().map(DeliveryMethodRow::from).collect();
                Ok(Answer::many(DeliveryMethodList { methods }))
            }
            DeliveryCommand::Show(args) => {
                let setup = shop.setup()?;
                let methods = &setup.delivery_methods;
                let found = methods.iter().find(|method| method.code == args.code);
                let method = found.ok_or_else(|| Rejection::NotFound {
                    noun: "delivery method",
                    given: args.code.clone(),
                    near: methods.iter().map(|method| method.code.clone()).collect(),
                })?;
                Ok(Answer::one(DeliveryMethodShown::from(method)))
            }
            DeliveryCommand::Remove(args) => {
                let method = shop.delivery_remove(&args.code, args.dry_run)?;
                let done = if args.dry_run { "would be taken away" } else { "is taken away" };
                let sentence = format!("the delivery method {} {done}", method.code);
                Ok(Answer::one(DeliveryMethodShown::from(&method)).summary(sentence))
            }
            DeliveryCommand::Add(args) => {
                let text = read_rules(&args.file, "delivery add")?;
                let method = shop
                    .delivery_add(&text, args.dry_run)
                    .map_err(|error| of_rules(&args.file, error))?;
                let code = quoted(&method.code);
                let done = if args.dry_run { "could be written" } else { "is written" };
                let answer = Answer::one(DeliveryMethodShown::from(&method))
                    .summary(format!("the delivery method {} {done}", method.code));
                let next = if args.dry_run {
                    format!("delivery add {}", quoted(&args.file.display().to_string()))
                } else {
                    format!("cart quote CART --delivery {code}")
                };
                Ok(answer.next(context.hint(next)))
            }
        }
    }
}
