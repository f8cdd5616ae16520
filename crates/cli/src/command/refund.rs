//! `sutler refund`: giving taken money back.

use sutler::new_gift_card_code;
use sutler_core::change::IdempotencyKey;
use sutler_core::money::{Currency, Money};
use sutler_core::order::OrderNumber;
use sutler_core::quantity::Quantity;
use sutler_core::rejection::Rejection;
use sutler_engine::FlowError;
use sutler_engine::flow::order::OrderView;
use sutler_engine::flow::refund::{RefundOf, RefundPlan, RefundTo};

use super::shared::order_shown;
use crate::answer::Answer;
use crate::confirm::ask_person;
use crate::context::Context;
use crate::error::CommandError;
use crate::parse::{self, TypedMoney};
use crate::view::{RefundPlanView, RefundedView};

/// Give money of an order back, all of it or a part
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler refund 1002 --amount 5.00 --reason \"dent in the rim\"
  sutler refund 1002 --line FEN-SKIL-20=1 --reason \"sent back\"
  sutler refund 1002 --key refund-4711 --yes
  sutler refund 1002 --amount 5.00 --to store-credit
  sutler refund 1002 --amount 5.00 --to gift-card --json
  sutler refund 1002 --dry-run")]
pub(crate) struct RefundArgs {
    /// Number of the order
    number: OrderNumber,
    /// How much [default: all that was taken]
    #[arg(long, value_parser = parse::amount, value_name = "AMOUNT", conflicts_with = "line")]
    amount: Option<TypedMoney>,
    /// What these units were charged, discounts and tax included; repeat for more. Delivery and fees belong to no unit
    #[arg(long, value_parser = parse::line, value_name = "SKU=QTY")]
    line: Vec<(String, Quantity)>,
    /// Why, in words
    #[arg(long, value_name = "TEXT", default_value = "refunded by the shop")]
    reason: String,
    /// Same key, same refund: a repeated call gives nothing back twice
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
    /// Where the money goes: to where it came from, to the buyer's store credit, or to a new gift card, whose code is shown once
    #[arg(long, value_enum, default_value = "origin", value_name = "WHERE")]
    to: Target,
    /// Show what would be given back; do nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask; off a terminal nobody is asked anyway
    #[arg(long)]
    yes: bool,
}

/// Where a refund goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Target {
    Origin,
    StoreCredit,
    GiftCard,
}

impl Target {
    fn refund_to(self) -> Result<RefundTo, FlowError> {
        Ok(match self {
            Target::Origin => RefundTo::Origin,
            Target::StoreCredit => RefundTo::StoreCredit,
            Target::GiftCard => RefundTo::GiftCard(new_gift_card_code()?),
        })
    }
}

impl RefundArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let before = shop.order(self.number)?;
        let currency = before.order.quote.currency;
        let of = self.of(currency)?;
        if self.dry_run {
            let RefundPlan { amount, captured, refunded } =
                shop.refund_plan(self.number, of.clone())?;
            let number = self.number;
            let view = RefundPlanView { number, amount, captured, refunded, dry_run: true };
            return Ok(Answer::one(view));
        }
        // What cannot be given back, or was by an earlier call with this key, changes nothing: no need to ask.
        if let Ok(plan) = shop.refund_plan(self.number, of.clone()) {
            let what = format!("gives {} of order {} back", plan.amount, self.number);
            ask_person(context, self.yes, &what)?;
        }
        let to = self.to.refund_to()?;
        let view = shop.refund_to(self.number, of, &self.reason, &to, self.key.clone())?;
        let back = refunded(&view)?.checked_sub(refunded(&before)?).map_err(Rejection::from)?;
        let sentence = if back.is_zero() {
            format!("nothing was given back now: see the open calls of order {}", self.number)
        } else {
            format!("gave {back} of order {} back", self.number)
        };
        let code = match &to {
            // Only the call that made the card has its code.
            RefundTo::GiftCard(code) if back.is_positive() => Some(code.reveal().to_owned()),
            _ => None,
        };
        let order = order_shown(&shop, &view)?;
        let answer = Answer::one(RefundedView { gift_card_code: code, order }).summary(&sentence);
        Ok(answer.next(context.hint(format!("explain {}", self.number))))
    }
}

impl RefundArgs {
    fn of(&self, currency: Currency) -> Result<RefundOf, CommandError> {
        if !self.line.is_empty() {
            return Ok(RefundOf::Units(self.line.clone()));
        }
        let amount = self.amount.as_ref().map(|amount| amount.in_currency(currency)).transpose()?;
        Ok(amount.into())
    }
}

/// Returns what was given back so far, over all payments.
fn refunded(view: &OrderView) -> Result<Money, Rejection> {
    let payments = view.payments.iter().map(|payment| payment.state().refunded);
    Ok(Money::checked_sum(payments, view.order.quote.currency)?)
}
