//! `sutler fulfill`: getting the goods of an order out.

use sutler_core::change::IdempotencyKey;
use sutler_core::id::FulfillmentId;
use sutler_core::order::OrderNumber;
use sutler_core::quantity::Quantity;
use sutler_engine::Shop;
use sutler_engine::flow::fulfill::ShipCommand;

use super::shared::{next_for, order_answer};
use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::parse;
use crate::view::PlanView;

/// Get the goods of an order out
#[derive(Debug, clap::Subcommand)]
pub(crate) enum FulfillCommand {
    Plan(PlanArgs),
    Pick(PickArgs),
    Pack(PackArgs),
    Ship(ShipArgs),
    Deliver(DeliverArgs),
}

/// Show what is left to send of an order, and from where
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler fulfill plan 1001
  sutler fulfill plan 1001 --json")]
pub(crate) struct PlanArgs {
    /// Number of the order
    number: OrderNumber,
}

/// Take the goods of an order from the shelf
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler fulfill pick 1001")]
pub(crate) struct PickArgs {
    /// Number of the order
    number: OrderNumber,
}

/// Put what was picked into a parcel
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler fulfill pick 1001 --quiet && sutler fulfill pack 1001")]
pub(crate) struct PackArgs {
    /// Number of the order
    number: OrderNumber,
}

/// Hand a parcel to a carrier; what was not picked or packed is on the way
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler fulfill ship 1001 --carrier dhl --tracking 00340434
  sutler fulfill ship 1001 --line FEN-SKIL-26=1 --carrier dhl --key parcel-1
  sutler fulfill ship 1001 --carrier dhl --dry-run")]
pub(crate) struct ShipArgs {
    /// Number of the order
    number: OrderNumber,
    /// SKU=QTY: send only this; may be given several times
    #[arg(long, value_parser = parse::line, value_name = "SKU=QTY")]
    line: Vec<(String, Quantity)>,
    /// Who takes the parcel
    #[arg(long, value_name = "NAME")]
    carrier: String,
    /// How to follow it
    #[arg(long, value_name = "NUMBER")]
    tracking: Option<String>,
    /// Send from this location only
    #[arg(long, value_name = "CODE")]
    location: Option<String>,
    /// Send although the money is not there
    #[arg(long)]
    unpaid: bool,
    /// Same key, same parcel: a repeated call changes nothing
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
    /// Show what would be sent; do nothing
    #[arg(long)]
    dry_run: bool,
}

/// Write down that the buyer has the goods
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler fulfill deliver 1002")]
pub(crate) struct DeliverArgs {
    /// Number of the order
    number: OrderNumber,
    /// Only this fulfillment
    #[arg(long, value_name = "ID")]
    fulfillment: Option<FulfillmentId>,
}

impl FulfillCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        match self {
            FulfillCommand::Plan(args) => {
                let plan = shop.fulfill_plan(args.number)?;
                let answer = Answer::one(PlanView::new(&plan, &*shop.setup()?, false));
                Ok(match next_for(context, &shop.order(args.number)?) {
                    Some(next) => answer.next(next),
                    None => answer,
                })
            }
            FulfillCommand::Pick(PickArgs { number }) => {
                let view = shop.fulfill_pick(*number)?;
                let answer = order_answer(&shop, &view, &format!("picked order {number}"))?;
                Ok(answer.next(context.hint(format!("fulfill pack {number}"))))
            }
            FulfillCommand::Pack(PackArgs { number }) => {
                let view = shop.fulfill_pack(*number)?;
                let answer = order_answer(&shop, &view, &format!("packed order {number}"))?;
                Ok(answer.next(context.hint(format!("fulfill ship {number} --carrier dhl"))))
            }
            FulfillCommand::Ship(args) => args.run(&shop, context),
            FulfillCommand::Deliver(DeliverArgs { number, fulfillment }) => {
                let view = shop.fulfill_deliver(*number, *fulfillment)?;
                let answer = order_answer(&shop, &view, &format!("order {number} was delivered"))?;
                Ok(match next_for(context, &view) {
                    Some(next) => answer.next(next),
                    None => answer,
                })
            }
        }
    }
}

impl ShipArgs {
    fn run(&self, shop: &Shop, context: &Context<'_>) -> Result<Answer, CommandError> {
        let command = ShipCommand {
            lines: self.line.clone(),
            location: self.location.clone(),
            carrier: self.carrier.clone(),
            tracking: self.tracking.clone(),
            unpaid: self.unpaid,
            key: self.key.clone(),
        };
        if self.dry_run {
            let plan = shop.fulfill_ship_plan(self.number, &command)?;
            return Ok(Answer::one(PlanView::new(&plan, &*shop.setup()?, true)));
        }
        let view = shop.fulfill_ship(self.number, &command)?;
        let sentence = format!("shipped {} with {}", self.number, self.carrier.trim());
        let answer = order_answer(shop, &view, &sentence)?;
        Ok(match next_for(context, &view) {
            Some(next) => answer.next(next),
            None => answer,
        })
    }
}
