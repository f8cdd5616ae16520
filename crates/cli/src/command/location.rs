//! `sutler location`: the places that hold stock.

use sutler::UuidSource;
use sutler_core::address::CountryCode;
use sutler_core::change::SetupChange;
use sutler_core::id::StockLocationId;
use sutler_core::inventory::StockLocation;
use sutler_core::port::IdSource;
use sutler_core::rejection::Rejection;

use crate::answer::Answer;
use crate::context::{Context, quoted};
use crate::error::CommandError;
use crate::view::{LocationList, LocationRow};

/// The places that hold stock
#[derive(Debug, clap::Subcommand)]
pub(crate) enum LocationCommand {
    List(ListArgs),
    Add(AddArgs),
}

/// List the places that hold stock
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler location list
  sutler location list --format csv")]
pub(crate) struct ListArgs {}

/// Add a place that holds stock
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler location add shop --name \"Shop in Berlin\" --country DE
  sutler location add barn --name Barn --priority 10")]
pub(crate) struct AddArgs {
    /// The word people type
    code: String,
    /// Its name, as stock files spell it [default: the code]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Where it stands; addresses in the same country are served from there first
    #[arg(long, value_name = "CODE")]
    country: Option<CountryCode>,
    /// Lower is preferred
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    priority: i32,
}

impl LocationCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let mut summary = None;
        if let LocationCommand::Add(args) = self {
            let name = args.name.clone().unwrap_or_else(|| args.code.clone());
            for (what, given) in [("location code", &args.code), ("location name", &name)] {
                if given.trim().is_empty()
                    || given.trim() != given
                    || given.chars().any(char::is_control)
                {
                    let why = "is blank, begins or ends with a blank, or holds a control character"
                        .to_owned();
                    return Err(Rejection::BadInput { what, given: given.clone(), why }.into());
                }
            }
            if shop.setup()?.locations.iter().any(|location| location.code == args.code) {
                return Err(Rejection::AlreadyExists {
                    noun: "stock location",
                    given: args.code.clone(),
                }
                .into());
            }
            shop.setup_put(&SetupChange::StockLocation(StockLocation {
                id: StockLocationId::from_u128(UuidSource.next_id()),
                code: args.code.clone(),
                name,
                country: args.country,
                priority: args.priority,
                active: true,
                version: 1,
            }))?;
            summary = Some(args.code.clone());
        }
        let locations = shop.setup()?.locations.iter().map(LocationRow::from).collect();
        let answer = Answer::many(LocationList { locations });
        Ok(match summary {
            Some(code) => answer.summary(format!("added the stock location {code}")).next(
                context.hint(format!("stock receive VARIANT QTY --location {}", quoted(&code))),
            ),
            None => answer,
        })
    }
}
