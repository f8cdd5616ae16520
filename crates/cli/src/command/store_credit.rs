//! `sutler store-credit`: money that the shop owes to a customer.

use sutler_core::change::IdempotencyKey;
use sutler_core::credit::CreditId;
use sutler_core::id::StoreCreditId;
use sutler_core::rejection::Rejection;
use sutler_engine::flow::credit::CreditView;
use sutler_engine::{Reader, Shop};

use super::shared::{Correction, correct};
use crate::answer::Answer;
use crate::context::{Context, quoted};
use crate::error::CommandError;
use crate::parse::{self, TypedMoney};
use crate::view::{StoreCreditList, StoreCreditRow, StoreCreditShown};

/// Store credit: money owed to a customer
#[derive(Debug, clap::Subcommand)]
pub(crate) enum StoreCreditCommand {
    Grant(GrantArgs),
    List(ListArgs),
    Show(ShowArgs),
    Correct(CorrectArgs),
}

/// Grant a customer store credit
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A guest is known by e-mail, whatever its letter case. Store credit pays at `sutler checkout --store-credit`: make sure first
that the buyer is who the address says.

Examples:
  sutler store-credit grant ada@example.com 10.00 --reason \"a late parcel\"
  sutler store-credit grant ada@example.com 10.00 --reason \"a late parcel\" --key late-1001 --json
  sutler store-credit grant ada@example.com 10.00 --reason \"a late parcel\" --dry-run")]
pub(crate) struct GrantArgs {
    /// E-mail or id of the customer
    customer: String,
    /// How much, in the currency of the shop unless it has another one
    #[arg(value_parser = parse::amount)]
    amount: TypedMoney,
    /// Why; stands in the ledger
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Same key, same grant: a repeated call changes nothing
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
    /// Check it; write nothing
    #[arg(long)]
    dry_run: bool,
}

/// List who is owed what
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler store-credit list
  sutler store-credit list --limit 20 --format csv")]
pub(crate) struct ListArgs {
    /// Only those after this one: the last of the page before
    #[arg(long, value_name = "ID")]
    after: Option<StoreCreditId>,
    /// How many at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1_000), value_name = "N")]
    limit: u16,
}

/// Show the store credit of a customer and its ledger
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler store-credit show ada@example.com
  sutler store-credit show ada@example.com --json")]
pub(crate) struct ShowArgs {
    /// E-mail or id of the customer, or the id of the store credit
    customer: String,
}

/// Correct what a customer is owed
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler store-credit correct ada@example.com --take 4.00 --reason \"granted too much\"
  sutler store-credit correct ada@example.com --add 4.00 --reason \"granted too little\" --dry-run")]
pub(crate) struct CorrectArgs {
    /// E-mail or id of the customer, or the id of the store credit
    customer: String,
    #[command(flatten)]
    correction: Correction,
}

impl StoreCreditCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = || context.shop();
        match self {
            StoreCreditCommand::Grant(args) => args.run(&shop()?, context),
            StoreCreditCommand::List(args) => args.run(&context.reader()?, context),
            StoreCreditCommand::Show(args) => Ok(answer(&found(&shop()?, &args.customer)?)),
            StoreCreditCommand::Correct(args) => {
                let shop = shop()?;
                let credit = found(&shop, &args.customer)?.credit;
                let (view, sentence) = correct(&shop, &credit, &args.correction)?;
                Ok(answer(&view).summary(sentence))
            }
        }
    }
}

fn answer(view: &CreditView) -> Answer {
    Answer::one(StoreCreditShown::from(view))
}

/// Finds store credit by its id, or by its customer: in the currency of the shop, or in the only one there is.
fn found(shop: &Shop, customer: &str) -> Result<CreditView, CommandError> {
    if let Ok(id) = customer.trim().parse::<StoreCreditId>() {
        return Ok(shop.credit(CreditId::from(id))?);
    }
    let own = shop.store_credit(customer)?;
    let currency = shop.setup()?.shop.currency;
    let usual = own.iter().find(|credit| credit.left.currency() == currency);
    let one = usual.or(own.first());
    let credit = one.ok_or_else(|| Rejection::not_found("store credit of", customer))?;
    Ok(shop.credit(credit.id)?)
}

impl GrantArgs {
    fn run(&self, shop: &Shop, context: &Context<'_>) -> Result<Answer, CommandError> {
        let amount = self.amount.in_own_currency(shop.setup()?.shop.currency)?;
        if self.dry_run {
            let credit = shop.store_credit_grant_plan(&self.customer, amount, &self.reason)?;
            let sentence = format!("nothing was done; {amount} could be granted");
            return Ok(answer(&CreditView::planned(credit)).summary(sentence));
        }
        let view =
            shop.store_credit_grant(&self.customer, amount, &self.reason, self.key.clone())?;
        let sentence = if view.replayed {
            "it was granted by the first call; nothing was done now".to_owned()
        } else {
            format!("granted {amount}")
        };
        let next = context.hint(format!("store-credit show {}", quoted(&self.customer)));
        Ok(answer(&view).summary(sentence).next(next))
    }
}

impl ListArgs {
    fn run(&self, shop: &Reader, context: &Context<'_>) -> Result<Answer, CommandError> {
        let limit = usize::from(self.limit);
        let found = shop.store_credit_list(self.after, limit)?;
        let next = found.last().filter(|_| found.len() == limit).map(|credit| credit.id);
        let store_credits = found.iter().map(StoreCreditRow::from).collect();
        let answer = Answer::many(StoreCreditList { store_credits });
        Ok(match next {
            Some(last) => answer
                .next(context.hint(format!("store-credit list --limit {limit} --after {last}"))),
            None => answer,
        })
    }
}
