//! `sutler promotion`: rules that grant discounts, and the coupons that unlock them.

mod flags;

use std::path::{Path, PathBuf};

use sutler_core::id::CartId;
use sutler_core::money::Currency;
use sutler_core::pricing::PlannedPromotion;
use sutler_core::time::Timestamp;
use sutler_engine::Shop;
use sutler_engine::flow::cart::QuoteFor;
use sutler_engine::flow::promotion::{PromotionFile, PromotionTrial, TrialOf};

use super::promotion_codes::CodesArgs;
use super::rule_file::{of_rules, read_rules};
use crate::answer::Answer;
use crate::context::{Context, quoted};
use crate::error::CommandError;
use crate::parse;
use crate::plural::counted;
use crate::view::{PromotionAdded, PromotionList, PromotionRow, PromotionShown, PromotionTested};

/// Rules that grant discounts, and the coupons that unlock them
#[derive(Debug, clap::Subcommand)]
pub(crate) enum PromotionCommand {
    List(ListArgs),
    Show(ShowArgs),
    Add(Box<AddArgs>),
    Codes(CodesArgs),
    Test(TestArgs),
    Disable(DisableArgs),
    Enable(EnableArgs),
}

/// List promotions
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler promotion list
  sutler promotion list --format csv")]
pub(crate) struct ListArgs {}

/// Show one promotion, and the file that says the same
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler promotion show Welcome
  sutler promotion show Welcome --json")]
pub(crate) struct ShowArgs {
    /// Its name or id
    promotion: String,
}

/// Add the promotions of a TOML or JSON file, or replace those of the same name; all or none
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("benefit").args(["percent", "amount", "amount_per_unit", "free_delivery"]),
    after_help = "\
Examples:
  sutler promotion add spring.toml --dry-run
  sutler promotion add spring.toml
  sutler promotion add \"Ten off\" --percent 10 --coupon TEN
  sutler promotion add \"May\" --free-delivery --min-subtotal 40 --until 2027-06-01T00:00:00Z
  sutler promotion add \"Five off\" --amount 5.00 --coupon FIVE --limit 100 --limit-per-customer 1

A whole file:
  name = \"Spring\"
  from = \"2027-03-01\"
  until = \"2027-04-01\"
  zone = \"Europe/Berlin\"
  gives = { percent = \"10%\" }
  when = { categories = [\"Kitchen > Cookware\"], min_subtotal = \"50.00\" }
  limits = { uses_per_customer = 1, budget = \"1000.00\" }
Several stand under [[promotion]]. A promotion is known by its name: a file that is added twice changes nothing.
Without `active` in the file one that is switched off stays off. docs/guides/promotions.md shows every condition and benefit."
)]
pub(crate) struct AddArgs {
    /// The file, - is standard input; or a name, with flags that say what it gives
    #[arg(value_name = "FILE|NAME")]
    file: String,
    #[command(flatten)]
    flags: flags::Flags,
    /// Currency of the amounts in the file [default: the shop's]
    #[arg(long, value_parser = parse::currency, value_name = "CODE", conflicts_with = "benefit")]
    currency: Option<Currency>,
    /// Show what would change; write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Say what promotions would give on a cart, or why not; stores nothing
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("tried").args(["file", "promotion"]),
    after_help = "\
Examples:
  sutler promotion test \"$CART\"
  sutler promotion test \"$CART\" spring.toml
  sutler promotion test \"$CART\" spring.toml --at 2030-03-02T12:00:00Z --delivery standard
  sutler promotion test \"$CART\" --promotion Welcome --coupon WELCOME10

Without a file or a name every promotion of the shop is told of, as it stands. A named one is tried as though it were switched on, and those of a file take the place of stored ones of their name."
)]
pub(crate) struct TestArgs {
    /// The cart
    cart: CartId,
    /// A file of promotions; - is standard input
    file: Option<PathBuf>,
    /// Name or id of a stored promotion
    #[arg(long, value_name = "NAME")]
    promotion: Option<String>,
    /// A code that counts as entered; may be given several times
    #[arg(long, value_name = "CODE")]
    coupon: Vec<String>,
    /// The moment, such as 2027-05-01T18:00:00Z [default: now]
    #[arg(long, value_parser = parse::moment, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Code of the delivery method
    #[arg(long, value_name = "CODE")]
    delivery: Option<String>,
    /// E-mail of the buyer, for limits per customer
    #[arg(long, value_name = "EMAIL")]
    email: Option<String>,
    /// Currency of the amounts in the file [default: the shop's]
    #[arg(long, value_parser = parse::currency, value_name = "CODE")]
    currency: Option<Currency>,
}

/// Switch a promotion off; carts no longer get it from now on
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler promotion disable Welcome")]
pub(crate) struct DisableArgs {
    /// Its name or id
    promotion: String,
}

/// Switch a promotion on
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler promotion enable Welcome")]
pub(crate) struct EnableArgs {
    /// Its name or id
    promotion: String,
}

impl PromotionCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        match self {
            PromotionCommand::List(_) => {
                let setup = context.reader()?.setup()?;
                let promotions = setup.promotions.iter().map(PromotionRow::from).collect();
                Ok(Answer::many(PromotionList { promotions }))
            }
            PromotionCommand::Show(args) => {
                let shop = context.shop()?;
                let promotion = shop.promotion(&args.promotion)?;
                let document = shop.promotion_document(&promotion)?;
                Ok(Answer::one(PromotionShown::new(&promotion, &document)))
            }
            PromotionCommand::Add(args) => args.run(context, &context.shop()?),
            PromotionCommand::Codes(args) => args.run(context),
            PromotionCommand::Test(args) => args.run(context, &context.shop()?),
            PromotionCommand::Disable(args) => switch(&context.shop()?, &args.promotion, false),
            PromotionCommand::Enable(args) => switch(&context.shop()?, &args.promotion, true),
        }
    }
}

fn switch(shop: &Shop, word: &str, active: bool) -> Result<Answer, CommandError> {
    let (promotion, changed) = shop.promotion_switch(word, active)?;
    let document = shop.promotion_document(&promotion)?;
    let sentence = match (active, changed) {
        (true, true) => "is switched on",
        (true, false) => "was switched on already",
        (false, true) => "is switched off",
        (false, false) => "was switched off already",
    };
    Ok(Answer::one(PromotionShown::new(&promotion, &document))
        .summary(format!("the promotion {} {sentence}", promotion.name)))
}

impl AddArgs {
    fn run(&self, context: &Context<'_>, shop: &Shop) -> Result<Answer, CommandError> {
        let planned = match self.flags.promotion(&self.file, shop.setup()?.shop.currency)? {
            Some(promotion) => vec![shop.promotion_put(&promotion, self.dry_run)?],
            None => self.import(shop)?,
        };
        let mut differences = Vec::new();
        for plan in &planned {
            if let PlannedPromotion::Changed { before, after } = plan {
                let own = shop.promotion_differences(before, after)?;
                differences
                    .extend(own.into_iter().map(|difference| (after.name.clone(), difference)));
            }
        }
        let view = PromotionAdded::new(&planned, differences, self.dry_run);
        let sentence = format!(
            "{}: {} created, {} changed, {} unchanged",
            if self.dry_run { "nothing was written" } else { "done" },
            counted(view.created, "promotion", "promotions"),
            view.changed,
            view.unchanged
        );
        let answer = Answer::one(view).summary(sentence);
        let codes = planned.iter().flat_map(|plan| plan.after().coupon_codes());
        Ok(match (self.dry_run, codes.into_iter().next()) {
            (true, _) if self.flags.say_nothing() => {
                answer.next(context.hint(format!("promotion add {}", quoted(&self.file))))
            }
            (false, Some(code)) => answer.next(context.hint(format!("cart coupon CART {code}"))),
            _ => answer.next(context.hint("promotion list")),
        })
    }

    fn import(&self, shop: &Shop) -> Result<Vec<PlannedPromotion>, CommandError> {
        // A name without any flag, as it was typed before there were files.
        let is_name = self.file != "-" && !self.file.contains(['.', '/', '\\']);
        if is_name && !Path::new(&self.file).exists() {
            return Err(CommandError::Usage {
                code: "usage",
                message: format!("`{}` is no file, and no flag says what it gives", self.file),
                help: Some(
                    "name a file, or say --percent, --amount, --amount-per-unit or --free-delivery"
                        .to_owned(),
                ),
            });
        }
        let path = Path::new(&self.file);
        let text = read_rules(path, "promotion add")?;
        let file = PromotionFile { text: &text, currency: self.currency };
        shop.promotion_import(&file, self.dry_run).map_err(|error| of_rules(path, error))
    }
}

impl TestArgs {
    fn run(&self, context: &Context<'_>, shop: &Shop) -> Result<Answer, CommandError> {
        let path = self.file.as_deref().unwrap_or(Path::new(""));
        let read = |file: &PathBuf| read_rules(file, "promotion test CART");
        let text = self.file.as_ref().map(read).transpose()?;
        let of = match (&self.promotion, &text) {
            (Some(word), _) => TrialOf::Stored(word),
            (None, Some(text)) => TrialOf::File(PromotionFile { text, currency: self.currency }),
            (None, None) => TrialOf::All,
        };
        let trial = PromotionTrial { of, coupons: self.coupon.clone(), at: self.at };
        let wanted = QuoteFor {
            delivery: self.delivery.clone(),
            email: self.email.clone(),
            ..QuoteFor::default()
        };
        let seen = shop
            .promotion_test(self.cart, &trial, &wanted)
            .map_err(|error| of_rules(path, error))?;
        let answer = Answer::one(PromotionTested::from(&seen)).summary("nothing was stored");
        Ok(match &self.file {
            Some(file) => {
                let file = quoted(&file.display().to_string());
                answer.next(context.hint(format!("promotion add {file}")))
            }
            None => answer,
        })
    }
}
