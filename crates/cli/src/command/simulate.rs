//! `sutler simulate`: what past orders would have brought in under other rules.

use std::path::PathBuf;
use std::time::Instant;

use sutler_core::simulation::{RuleSet, SimulationReport};
use sutler_engine::flow::promotion::PromotionFile;
use sutler_engine::flow::simulate as flow;

use super::rule_file::{of_rules, read_rules};
use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::parse::{self, Since};
use crate::plural::counted;
use crate::view::SimulationView;

/// What past orders would have brought in under other rules
#[derive(Debug, clap::Subcommand)]
pub(crate) enum SimulateCommand {
    Promotion(PromotionArgs),
}

/// Price past orders again under the promotions of a file, and compare; write nothing
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler simulate promotion spring.toml --since 90d
  sutler simulate promotion spring.toml --since 2026-01-01 --instead --json

The promotions of the file stand beside those that were in force when each order was placed; one with the name of a
promotion of the shop takes its place. With --instead they alone are in force.
Prices, deliveries, fees, tax rates, coupons, buyer and moment stay as they were; limits and budgets are counted anew
over the period. Orders that were called off are left out, and refunds are not looked at. An order whose own total cannot
be reproduced is in no sum; the answer says how many there are, and why.")]
pub(crate) struct PromotionArgs {
    /// The file, TOML or JSON; - is standard input
    file: PathBuf,
    /// The first day or moment, 2026-01-01 or 2026-01-01T08:00:00Z, or how long ago: 90d, 12h
    #[arg(long, value_parser = parse::since, value_name = "WHEN")]
    since: Since,
    /// The first day or moment after the period; now when not given
    #[arg(long, value_parser = parse::since, value_name = "WHEN")]
    until: Option<Since>,
    /// Instead of all promotions of the shop, not beside them
    #[arg(long)]
    instead: bool,
}

impl SimulateCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let SimulateCommand::Promotion(args) = self;
        args.run(context)
    }
}

impl PromotionArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.reader()?;
        let text = read_rules(&self.file, "simulate promotion")?;
        let promotions = shop
            .promotions_of_file(&PromotionFile::new(&text))
            .map_err(|error| of_rules(&self.file, error))?;
        let rules = if self.instead { RuleSet::Instead } else { RuleSet::Beside };
        let (now, begun) = (shop.now(), Instant::now());
        let since = self.since.before(now);
        let until = self.until.map(|until| until.before(now));
        let report =
            shop.simulate_promotions(&flow::SimulateCommand { promotions, rules, since, until })?;
        let mut answer = Answer::one(SimulationView::from(&report))
            .summary(sentence(&report, begun.elapsed().as_millis()));
        for group in &report.not_repriced {
            answer = answer.warning(format!(
                "{} in no sum, such as {}: {}",
                counted(group.orders, "order is", "orders are"),
                group.example,
                group.reason
            ));
        }
        Ok(answer)
    }
}

/// Says how many orders were looked at, and how fast.
fn sentence(report: &SimulationReport, millis: u128) -> String {
    let looked_at = report.orders.saturating_add(report.canceled);
    let rate = u128::from(looked_at).saturating_mul(1_000) / millis.max(1);
    format!(
        "nothing was written; {} in {millis} ms, {rate} orders/s",
        counted(looked_at, "order", "orders")
    )
}
