//! `sutler refund`: giving taken money back.

use sutler_core::change::IdempotencyKey;
use sutler_core::money::Money;
use sutler_core::order::OrderNumber;
use sutler_core::rejection::Rejection;
use sutler_engine::flow::order::OrderView;

use super::shared::order_answer;
use crate::answer::Answer;
use crate::confirm::ask_person;
use crate::context::Context;
use crate::error::CommandError;
use crate::parse::{self, TypedMoney};
use crate::view::RefundPlanView;

/// Give money of an order back, all of it or a part
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler refund 1002 --amount 5.00 --reason \"dent in the rim\"
  sutler refund 1002 --key refund-4711 --yes
  sutler refund 1002 --dry-run")]
pub(crate) struct RefundArgs {
    /// Number of the order
    number: OrderNumber,
    /// How much [default: all that was taken]
    #[arg(long, value_parser = parse::amount, value_name = "AMOUNT")]
    amount: Option<TypedMoney>,
    /// Why, in words
    #[arg(long, value_name = "TEXT", default_value = "refunded by the shop")]
    reason: String,
    /// Same key, same refund: a repeated call gives nothing back twice
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
    /// Show what would be given back; do nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask; off a terminal nobody is asked anyway
    #[arg(long)]
    yes: bool,
}

impl RefundArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let before = shop.order(self.number)?;
        let currency = before.order.quote.currency;
        let amount = self.amount.as_ref().map(|amount| amount.in_currency(currency)).transpose()?;
        if self.dry_run {
            return Ok(Answer::one(plan(&before, amount)?));
        }
        // What cannot be given back, or was by an earlier call with this key, changes nothing: no need to ask.
        if let Ok(plan) = plan(&before, amount) {
            let what = format!("gives {} of order {} back", plan.amount, self.number);
            ask_person(context, self.yes, &what)?;
        }
        let view = shop.refund(self.number, amount, &self.reason, self.key.clone())?;
        let back = sums(&view)?.1.checked_sub(sums(&before)?.1).map_err(Rejection::from)?;
        let sentence = if back.is_zero() {
            format!("nothing was given back now: see the open calls of order {}", self.number)
        } else {
            format!("gave {back} of order {} back", self.number)
        };
        let answer = order_answer(&shop, &view, &sentence)?;
        Ok(answer.next(context.hint(format!("explain {}", self.number))))
    }
}

/// Returns what was captured and refunded, over all payments.
fn sums(view: &OrderView) -> Result<(Money, Money), Rejection> {
    let currency = view.order.quote.currency;
    let states = || view.payments.iter().map(|payment| payment.state());
    Ok((
        Money::checked_sum(states().map(|state| state.captured), currency)?,
        Money::checked_sum(states().map(|state| state.refunded), currency)?,
    ))
}

fn plan(view: &OrderView, amount: Option<Money>) -> Result<RefundPlanView, Rejection> {
    let (captured, refunded) = sums(view)?;
    let of = |payment: &sutler_core::payment::Payment| {
        let tasks: Vec<_> =
            view.tasks.iter().filter(|task| task.payment == payment.id).cloned().collect();
        sutler_core::payment::refundable(payment, &tasks)
    };
    let refundable = Money::checked_sum(view.payments.iter().map(of), view.order.quote.currency)?;
    let amount = amount.unwrap_or(refundable);
    if amount.minor() > refundable.minor() || refundable.is_zero() {
        return Err(Rejection::RefundTooLarge { requested: amount, refundable });
    }
    if !amount.is_positive() {
        return Err(Rejection::AmountNotPositive { given: amount, verb: "refund" });
    }
    Ok(RefundPlanView { number: view.order.number, amount, captured, refunded, dry_run: true })
}
