//! `sutler gift-card`: money that the shop owes to whoever has the code.

use sutler::new_gift_card_code;
use sutler_core::change::IdempotencyKey;
use sutler_core::credit::{CreditId, GiftCardCode};
use sutler_core::id::GiftCardId;
use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;
use sutler_engine::flow::credit::{CreditView, GiftCardIssue};
use sutler_engine::{Reader, Shop};

use super::shared::{Correction, correct};
use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::parse::{self, TypedMoney};
use crate::view::{GiftCardList, GiftCardRow, GiftCardShown};

/// Gift cards: money owed to whoever has the code
#[derive(Debug, clap::Subcommand)]
pub(crate) enum GiftCardCommand {
    Issue(IssueArgs),
    List(ListArgs),
    Show(ShowArgs),
    Disable(DisableArgs),
    Enable(EnableArgs),
    Correct(CorrectArgs),
}

/// Issue a gift card; its code is shown once, now
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The code is 80 bits of chance. The shop keeps its hash only, so a code that is lost cannot be shown again: disable the
card and issue another one. A card pays at `sutler checkout --gift-card CODE`.

Examples:
  sutler gift-card issue 50.00 --reason \"prize of the summer raffle\"
  sutler gift-card issue 25.00 --expires 2030-12-31T23:00:00Z --key raffle-2 --json
  sutler gift-card issue 50.00 --dry-run")]
pub(crate) struct IssueArgs {
    /// What is on it, in the currency of the shop unless it has another one: `50.00`, `50.00 USD`
    #[arg(value_parser = parse::amount)]
    amount: TypedMoney,
    /// From when on it cannot be redeemed any more
    #[arg(long, value_parser = parse::moment, value_name = "MOMENT")]
    expires: Option<Timestamp>,
    /// Why it is issued; stands in its ledger
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Same key, same card: a repeated call issues no second one, and cannot show the code again
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
    /// Check it; write nothing
    #[arg(long)]
    dry_run: bool,
}

/// List gift cards and what is left on them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler gift-card list
  sutler gift-card list --limit 20 --format csv")]
pub(crate) struct ListArgs {
    /// Only cards after this one: the last of the page before
    #[arg(long, value_name = "ID")]
    after: Option<GiftCardId>,
    /// How many at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1_000), value_name = "N")]
    limit: u16,
}

/// Show a gift card and its ledger
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler gift-card show \"$CARD\"
  sutler gift-card show \"$CARD\" --json")]
pub(crate) struct ShowArgs {
    /// Its id, or its code
    card: String,
}

/// Make a gift card unusable; what is left on it stays
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler gift-card disable \"$CARD\"")]
pub(crate) struct DisableArgs {
    /// Its id, or its code
    card: String,
}

/// Make a gift card usable again, or until another moment
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler gift-card enable \"$CARD\"
  sutler gift-card enable \"$CARD\" --expires 2031-12-31T23:00:00Z")]
pub(crate) struct EnableArgs {
    /// Its id, or its code
    card: String,
    /// From when on it cannot be redeemed any more [default: as it was]
    #[arg(long, value_parser = parse::moment, value_name = "MOMENT")]
    expires: Option<Timestamp>,
}

/// Correct what is left on a gift card, such as writing off what expired
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler gift-card correct \"$CARD\" --take 5.00 --reason \"issued with too much\"
  sutler gift-card correct \"$CARD\" --add 5.00 --reason \"a promise of May 2\" --dry-run")]
pub(crate) struct CorrectArgs {
    /// Its id, or its code
    card: String,
    #[command(flatten)]
    correction: Correction,
}

impl GiftCardCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = || context.shop();
        match self {
            GiftCardCommand::Issue(args) => args.run(&shop()?, context),
            GiftCardCommand::List(args) => args.run(&context.reader()?, context),
            GiftCardCommand::Show(ShowArgs { card }) => {
                let shop = shop()?;
                Ok(Answer::one(GiftCardShown::new(&found(&shop, card)?, shop.now(), None)))
            }
            GiftCardCommand::Disable(DisableArgs { card }) => {
                let shop = shop()?;
                let view = shop.credit_disable(found(&shop, card)?.credit.id)?;
                Ok(answer(&shop, &view).summary("disabled the gift card"))
            }
            GiftCardCommand::Enable(EnableArgs { card, expires }) => {
                let shop = shop()?;
                let view = shop.credit_enable(found(&shop, card)?.credit.id, *expires)?;
                Ok(answer(&shop, &view).summary("enabled the gift card"))
            }
            GiftCardCommand::Correct(args) => {
                let shop = shop()?;
                let credit = found(&shop, &args.card)?.credit;
                let (view, sentence) = correct(&shop, &credit, &args.correction)?;
                Ok(answer(&shop, &view).summary(sentence))
            }
        }
    }
}

fn answer(shop: &Shop, view: &CreditView) -> Answer {
    Answer::one(GiftCardShown::new(view, shop.now(), None))
}

/// Finds a card by what people have of it: its id, or its code.
fn found(shop: &Shop, card: &str) -> Result<CreditView, CommandError> {
    match card.trim().parse::<GiftCardId>() {
        Ok(id) => Ok(shop.credit(CreditId::from(id))?),
        Err(_) => {
            let code = GiftCardCode::from_typed(card).map_err(CommandError::from)?;
            Ok(shop.gift_card_by_code(&code)?)
        }
    }
}

impl IssueArgs {
    fn run(&self, shop: &Shop, context: &Context<'_>) -> Result<Answer, CommandError> {
        let amount = self.amount.in_own_currency(shop.setup()?.shop.currency)?;
        let command = GiftCardIssue {
            code: new_gift_card_code()?,
            amount,
            expires_at: self.expires,
            reason: self.reason.clone(),
            key: self.key.clone(),
        };
        if self.dry_run {
            let view = CreditView::planned(shop.gift_card_issue_plan(&command)?);
            let sentence = format!("nothing was done; a gift card of {amount} could be issued");
            return Ok(answer(shop, &view).summary(sentence));
        }
        let view = shop.gift_card_issue(&command)?;
        let code = (!view.replayed).then(|| command.code.reveal().to_owned());
        let sentence = if view.replayed {
            "the gift card was issued by the first call, which showed its code; nothing was done now"
                .to_owned()
        } else {
            format!("issued a gift card of {amount}; its code is shown this once")
        };
        let next = context.hint(format!("gift-card show {}", view.credit.id));
        let shown = GiftCardShown::new(&view, shop.now(), code);
        Ok(Answer::one(shown).summary(sentence).next(next))
    }
}

impl ListArgs {
    fn run(&self, shop: &Reader, context: &Context<'_>) -> Result<Answer, CommandError> {
        let limit = usize::from(self.limit);
        let now = shop.now();
        let found = shop.gift_card_list(self.after, limit)?;
        let next = found.last().filter(|_| found.len() == limit).map(|credit| credit.id);
        let gift_cards = found.iter().map(|credit| GiftCardRow::new(credit, now)).collect();
        let answer = Answer::many(GiftCardList { gift_cards });
        Ok(match next {
            Some(last) => {
                answer.next(context.hint(format!("gift-card list --limit {limit} --after {last}")))
            }
            None => answer,
        })
    }
}

/// Reads a code as people type it.
pub(crate) fn code(text: &str) -> Result<GiftCardCode, String> {
    GiftCardCode::from_typed(text).map_err(|refused: Rejection| refused.to_string())
}
