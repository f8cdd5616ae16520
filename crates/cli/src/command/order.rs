//! `sutler order`: looking at orders, and calling them off.

use sutler_core::change::IdempotencyKey;
use sutler_core::order::{OrderNumber, Stage};

use super::shared::{next_for, order_answer, order_shown};
use crate::answer::Answer;
use crate::confirm::ask_person;
use crate::context::Context;
use crate::error::CommandError;
use crate::view::{OrderList, OrderRow};

/// Look at orders, and call them off
#[derive(Debug, clap::Subcommand)]
pub(crate) enum OrderCommand {
    List(ListArgs),
    Show(ShowArgs),
    Cancel(CancelArgs),
}

/// List orders, newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler order list
  sutler order list --stage confirmed --limit 10
  sutler order list --format ndjson | head -3
  sutler order list --format csv > orders.csv

Stages: cart, checkout, payment, confirmed, fulfillment, shipped, delivered, canceled, returned.")]
pub(crate) struct ListArgs {
    /// Only orders in this stage
    #[arg(long, value_name = "STAGE")]
    stage: Option<Stage>,
    /// Only orders before this number: `next` of the page before
    #[arg(long, value_name = "NUMBER")]
    before: Option<OrderNumber>,
    /// How many orders at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000), value_name = "N")]
    limit: u16,
}

/// Show an order with its payments, parcels and log
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler order show 1001
  sutler order show 1001 --json")]
pub(crate) struct ShowArgs {
    /// Number of the order
    number: OrderNumber,
}

/// Call an order off before anything left: releases its stock and gives its money back
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler order cancel 1001 --reason \"ordered twice\"
  sutler order cancel 1001 --dry-run
  sutler order cancel 1003 --yes --key cancel-4711")]
pub(crate) struct CancelArgs {
    /// Number of the order
    number: OrderNumber,
    /// Why, in words
    #[arg(long, value_name = "TEXT", default_value = "canceled by the shop")]
    reason: String,
    /// Same key, same cancellation: a repeated call changes nothing
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
    /// Show the order; do nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not ask; off a terminal nobody is asked anyway
    #[arg(long)]
    yes: bool,
}

impl OrderCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        match self {
            OrderCommand::List(args) => args.run(context),
            OrderCommand::Show(args) => args.run(context),
            OrderCommand::Cancel(args) => args.run(context),
        }
    }
}

impl ListArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.reader()?;
        let limit = usize::from(self.limit);
        let found = shop.order_list(self.stage, self.before, limit)?;
        let orders: Vec<OrderRow> = found.iter().map(OrderRow::from).collect();
        let next = orders.last().filter(|_| orders.len() == limit).map(|row| row.number);
        let answer = Answer::many(OrderList { orders, next });
        Ok(match next {
            Some(next) => {
                let stage = self.stage.map_or_else(String::new, |s| {
                    format!(" --stage {}", sutler_core::status::word(s))
                });
                answer.next(
                    context.hint(format!("order list{stage} --limit {limit} --before {next}")),
                )
            }
            None => answer,
        })
    }
}

impl ShowArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let view = shop.order(self.number)?;
        let answer = Answer::one(order_shown(&shop, &view)?);
        Ok(match next_for(context, &view) {
            Some(next) => answer.next(next),
            None => answer,
        })
    }
}

impl CancelArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let view = shop.order(self.number)?;
        // The rule itself, without writing what it decides.
        let rule =
            sutler_core::order::cancel(&view.order, &view.allocations, &self.reason, shop.now());
        if self.dry_run {
            rule?;
            return order_answer(
                &shop,
                &view,
                &format!("order {} can be canceled; nothing was done", self.number),
            );
        }
        // What is refused, or was done by an earlier call with this key, changes nothing: no need to ask.
        if rule.is_ok() {
            ask_person(context, self.yes, &format!("calls order {} off for good", self.number))?;
        }
        let view = shop.order_cancel(self.number, &self.reason, self.key.clone())?;
        order_answer(&shop, &view, &format!("canceled order {}", self.number))
    }
}
