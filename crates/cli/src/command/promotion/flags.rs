//! The flags of `sutler promotion add` that say what a simple promotion is without a file.

use sutler::UuidSource;
use sutler_core::id::PromotionId;
use sutler_core::money::{Currency, Rate};
use sutler_core::port::IdSource;
use sutler_core::pricing::{Benefit, Condition, CouponCode, Limits, Promotion, Window};
use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;

use crate::parse::{self, TypedMoney};

/// What a promotion gives, and when. Without a benefit none of the others makes sense.
#[derive(Debug, clap::Args)]
pub(super) struct Flags {
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
    #[arg(long, value_name = "CODE", requires = "benefit")]
    coupon: Vec<String>,
    /// What the goods must cost at least
    #[arg(long, value_parser = parse::amount, value_name = "AMOUNT", requires = "benefit")]
    min_subtotal: Option<TypedMoney>,
    /// When it begins, such as 2027-05-01T00:00:00Z
    #[arg(long, value_name = "MOMENT", requires = "benefit")]
    from: Option<Timestamp>,
    /// When it no longer applies
    #[arg(long, value_name = "MOMENT", requires = "benefit")]
    until: Option<Timestamp>,
    /// How many orders may hold it
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..), value_name = "N", requires = "benefit")]
    limit: Option<u32>,
    /// How many orders of one customer may hold it
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..), value_name = "N", requires = "benefit")]
    limit_per_customer: Option<u32>,
}

impl Flags {
    /// Tells whether no flag says what is given, so that a file does.
    pub(super) fn say_nothing(&self) -> bool {
        self.percent.is_none()
            && self.amount.is_none()
            && self.amount_per_unit.is_none()
            && !self.free_delivery
    }

    /// Returns the promotion of this name that the flags say; `None` when they say nothing.
    pub(super) fn promotion(
        &self,
        name: &str,
        currency: Currency,
    ) -> Result<Option<Promotion>, Rejection> {
        let benefit = match (self.percent, &self.amount, &self.amount_per_unit) {
            _ if self.say_nothing() => return Ok(None),
            (Some(rate), ..) => Benefit::Percent { rate },
            (_, Some(amount), _) => Benefit::FixedOrder { amount: amount.in_currency(currency)? },
            (.., Some(amount)) => Benefit::FixedUnit { amount: amount.in_currency(currency)? },
            _ => Benefit::FreeDelivery,
        };
        let mut conditions = Vec::new();
        if !self.coupon.is_empty() {
            let codes =
                self.coupon.iter().map(|code| CouponCode::new(code)).collect::<Result<_, _>>()?;
            conditions.push(Condition::Coupon { codes });
        }
        if let Some(amount) = &self.min_subtotal {
            conditions.push(Condition::MinSubtotal { amount: amount.in_currency(currency)? });
        }
        Ok(Some(Promotion {
            conditions,
            window: Window { from: self.from, until: self.until },
            limits: Limits {
                uses: self.limit,
                uses_per_customer: self.limit_per_customer,
                ..Limits::NONE
            },
            ..Promotion::new(PromotionId::from_u128(UuidSource.next_id()), name, benefit)
        }))
    }
}
