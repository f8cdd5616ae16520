//! `sutler payment`: money that comes in.

use sutler_core::change::IdempotencyKey;
use sutler_core::order::OrderNumber;

use super::shared::{next_for, order_answer};
use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::parse::{self, TypedMoney};

/// Money that comes in
#[derive(Debug, clap::Subcommand)]
pub(crate) enum PaymentCommand {
    MarkPaid(MarkPaidArgs),
    Capture(CaptureArgs),
}

/// Write down that the money of a manual payment arrived
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler payment mark-paid 1003
  sutler payment mark-paid 1003 --reference \"transfer of May 2\" --amount 10.00")]
pub(crate) struct MarkPaidArgs {
    /// Number of the order
    number: OrderNumber,
    /// How much arrived [default: all that is outstanding]
    #[arg(long, value_parser = parse::amount, value_name = "AMOUNT")]
    amount: Option<TypedMoney>,
    /// What the bank or receipt calls it; the same reference counts once. Without one each call counts by itself
    #[arg(long, value_name = "TEXT")]
    reference: Option<String>,
    /// Same key, same money: a repeated call changes nothing
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
}

/// Take held money now instead of when goods leave
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler payment capture 1001
  sutler payment capture 1001 --key capture-4711")]
pub(crate) struct CaptureArgs {
    /// Number of the order
    number: OrderNumber,
    /// Same key, same capture: a repeated call changes nothing
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
}

impl PaymentCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let (view, sentence) = match self {
            PaymentCommand::MarkPaid(args) => {
                let currency = shop.order(args.number)?.order.quote.currency;
                let amount =
                    args.amount.as_ref().map(|amount| amount.in_currency(currency)).transpose()?;
                // A repeated call must say the same, so with a key the reference is made from it.
                let by_hand = || match &args.key {
                    Some(key) => format!("by hand, {key}"),
                    None => format!("by hand, {}", context.command),
                };
                let reference = args.reference.clone().unwrap_or_else(by_hand);
                let view = shop.mark_paid(args.number, amount, &reference, args.key.clone())?;
                let owed = sutler_core::order::outstanding(view.order.total(), &view.payments);
                let sentence = match owed {
                    Ok(owed) if owed.is_positive() => {
                        format!("recorded; {owed} of order {} is outstanding", args.number)
                    }
                    _ => format!("marked order {} as paid", args.number),
                };
                (view, sentence)
            }
            PaymentCommand::Capture(CaptureArgs { number, key }) => (
                shop.capture(*number, key.clone())?,
                format!("captured the money of order {number}"),
            ),
        };
        let answer = order_answer(&shop, &view, &sentence)?;
        Ok(match next_for(context, &view) {
            Some(next) => answer.next(next),
            None => answer,
        })
    }
}
