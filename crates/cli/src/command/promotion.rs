//! `sutler promotion`: rules that grant discounts, and the coupons that unlock them.

use sutler::UuidSource;
use sutler_core::id::PromotionId;
use sutler_core::money::{Currency, Rate};
use sutler_core::port::IdSource;
use sutler_core::pricing::{Benefit, Condition, CouponCode, Lane, Limits, Promotion, Window};
use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;

use super::promotion_codes::CodesArgs;
use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::parse::{self, TypedMoney};
use crate::view::{PromotionList, PromotionRow};

/// Rules that grant discounts, and the coupons that unlock them
#[derive(Debug, clap::Subcommand)]
pub(crate) enum PromotionCommand {
    List(ListArgs),
    Add(Box<AddArgs>),
    Codes(CodesArgs),
}

/// List promotions
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler promotion list
  sutler promotion list --format csv")]
pub(crate) struct ListArgs {}

/// Add a promotion
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("benefit").required(true).args(["percent", "amount", "amount_per_unit", "free_delivery"]),
    after_help = "\
Examples:
  sutler promotion add \"Ten off\" --percent 10 --coupon TEN
  sutler promotion add \"May\" --free-delivery --min-subtotal 40 --until 2027-06-01T00:00:00Z
  sutler promotion add \"Five off\" --amount 5.00 --coupon FIVE --limit 100 --limit-per-customer 1"
)]
pub(crate) struct AddArgs {
    /// Its name; buyers see it at their discount
    name: String,
    /// A part of the price, in percent
    #[arg(long, value_parser = parse::percent, value_name = "PERCENT")]
    percent: Option<Rate>,
    /// An amount off the whole order
    #[arg(long, value_parser = parse::amount, value_name = "AMOUNT")]
    amount: Option<TypedMoney>,
    /// An amount off each unit
    #[arg(long, value_parser = parse::amount, value_name = "AMOUNT")]
    amount_per_unit: Option<TypedMoney>,
    /// The whole delivery rate
    #[arg(long)]
    free_delivery: bool,
    /// A code that unlocks it; may be given several times; without one it always applies
    #[arg(long, value_name = "CODE")]
    coupon: Vec<String>,
    /// What the goods must cost at least
    #[arg(long, value_parser = parse::amount, value_name = "AMOUNT")]
    min_subtotal: Option<TypedMoney>,
    /// When it begins, such as 2027-05-01T00:00:00Z
    #[arg(long, value_name = "MOMENT")]
    from: Option<Timestamp>,
    /// When it no longer applies
    #[arg(long, value_name = "MOMENT")]
    until: Option<Timestamp>,
    /// How many orders may hold it
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..), value_name = "N")]
    limit: Option<u32>,
    /// How many orders of one customer may hold it
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..), value_name = "N")]
    limit_per_customer: Option<u32>,
}

impl PromotionCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        if let PromotionCommand::Codes(args) = self {
            return args.run(context);
        }
        let shop = context.shop()?;
        let PromotionCommand::Add(args) = self else {
            let promotions = shop.setup()?.promotions.iter().map(PromotionRow::from).collect();
            return Ok(Answer::many(PromotionList { promotions }));
        };
        let promotion = args.promotion(shop.setup()?.shop.currency)?;
        shop.promotion_add(&promotion)?;
        let promotions = shop.setup()?.promotions.iter().map(PromotionRow::from).collect();
        let answer = Answer::many(PromotionList { promotions })
            .summary(format!("added the promotion {}", promotion.name));
        Ok(match args.coupon.first() {
            Some(code) => answer.next(context.hint(format!("cart coupon CART {code}"))),
            None => answer,
        })
    }
}

impl AddArgs {
    fn promotion(&self, currency: Currency) -> Result<Promotion, Rejection> {
        let mut conditions = Vec::new();
        if !self.coupon.is_empty() {
            let codes =
                self.coupon.iter().map(|code| CouponCode::new(code)).collect::<Result<_, _>>()?;
            conditions.push(Condition::Coupon { codes });
        }
        if let Some(amount) = &self.min_subtotal {
            conditions.push(Condition::MinSubtotal { amount: amount.in_currency(currency)? });
        }
        let benefit = match (self.percent, &self.amount, &self.amount_per_unit) {
            (Some(rate), ..) => Benefit::Percent { rate },
            (_, Some(amount), _) => Benefit::FixedOrder { amount: amount.in_currency(currency)? },
            (.., Some(amount)) => Benefit::FixedUnit { amount: amount.in_currency(currency)? },
            // The group of arguments demands exactly one of the four.
            _ => Benefit::FreeDelivery,
        };
        Ok(Promotion {
            id: PromotionId::from_u128(UuidSource.next_id()),
            name: self.name.clone(),
            conditions,
            benefits: vec![benefit],
            lane: Lane::Normal,
            priority: 0,
            exclusive: false,
            window: Window { from: self.from, until: self.until },
            limits: Limits {
                uses: self.limit,
                uses_per_customer: self.limit_per_customer,
                ..Limits::NONE
            },
            active: true,
            version: 1,
        })
    }
}
