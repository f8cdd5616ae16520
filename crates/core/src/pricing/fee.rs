//! [`Fee`]: an amount added that is not goods, delivery or tax: handling, a payment method's price, a deposit.
//!
//! Fees come after the delivery and before tax. Every active fee whose conditions hold is charged, in the order of codes;
//! none depends on another one.
//!
//! Deliberately absent: what a delivery costs more for weight, size or place, which is a
//! [`DeliverySurcharge`](super::DeliverySurcharge), and anything below zero, which is a discount.

use serde::{Deserialize, Serialize};

use super::{ChargeTax, Destination, PricingError, Territory, VariantFacts, Window};
use crate::id::{CategoryId, ChannelId, FeeId};
use crate::money::{Money, MoneyError, Rate, Rounding};
use crate::time::Timestamp;

/// How much a fee is.
///
/// Units: amounts are with tax when the channel is tax-inclusive.
///
/// ```
/// use sutler_core::money::{Currency, Money, Rate};
/// use sutler_core::pricing::FeeAmount;
///
/// let deposit = Money::parse("0.25", Currency::EUR)?;
/// assert_eq!(FeeAmount::PerUnit { amount: deposit }.money(), Some(deposit));
/// let part = FeeAmount::Percent { rate: Rate::percent("2")?, with_delivery: true };
/// assert_eq!(part.money(), None);
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FeeAmount {
    /// Once for the order.
    Flat {
        /// How much.
        amount: Money,
    },
    /// For each unit of the goods that it is for, such as a deposit.
    PerUnit {
        /// How much for one unit.
        amount: Money,
    },
    /// A part of what the goods that it is for cost after discounts.
    Percent {
        /// The rate.
        rate: Rate,
        /// Whether the delivery counts with the goods.
        #[serde(default)]
        with_delivery: bool,
    },
}

/// When a fee is charged. All of it must hold; the default always does.
///
/// ```
/// use sutler_core::pricing::FeeCondition;
///
/// let always: FeeCondition = serde_json::from_str("{}")?;
/// assert_eq!(always, FeeCondition::default());
/// let cash: FeeCondition = serde_json::from_str(r#"{ "payments": ["manual:cash"] }"#)?;
/// assert_eq!(cash.payments, ["manual:cash"]);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct FeeCondition {
    /// In these channels; none means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelId>,
    /// For these ways to pay, `manual:cash` or all of a provider, `manual`; none means any, also while none is chosen.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub payments: Vec<String>,
    /// For goods under these categories; none means all goods.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<CategoryId>,
    /// Where the goods go; the default is everywhere.
    #[serde(default, skip_serializing_if = "Territory::is_everywhere")]
    pub territory: Territory,
    /// Only while the goods cost less than this after discounts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goods_below: Option<Money>,
    /// Only in this time.
    #[serde(default)]
    pub window: Window,
}

/// An amount added that is not goods, delivery or tax.
///
/// ```
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest, quote};
/// # use sutler_core::time::Timestamp;
/// use sutler_core::pricing::Fee;
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (mut request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let cash: &Fee = &facts.fees[0];
/// assert_eq!(cash.check(), Ok(()));
/// let now = Timestamp::from_millis(0);
/// assert_eq!(quote(&request, &facts, now)?.totals.fee_total.to_string(), "2.38 EUR");
/// request.payment = Some("test:card".into());
/// assert_eq!(quote(&request, &facts, now)?.totals.fee_total.to_string(), "0.00 EUR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Fee {
    /// Identity.
    pub id: FeeId,
    /// The word people type: `cash`.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// How much.
    pub amount: FeeAmount,
    /// When.
    pub condition: FeeCondition,
    /// How it is taxed.
    pub tax: ChargeTax,
    /// Whether it is charged at all.
    pub active: bool,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
}

/// How the amount of a fee came about.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::FeeOrigin;
///
/// let deposit = FeeOrigin::PerUnit { amount: Money::parse("0.25", Currency::EUR)?, units: 6 };
/// let text = serde_json::to_value(deposit)?;
/// assert_eq!((&text["kind"], &text["units"]), (&"per_unit".into(), &6.into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FeeOrigin {
    /// Once for the order.
    Flat,
    /// For each unit.
    PerUnit {
        /// For one unit.
        amount: Money,
        /// How many units.
        units: u32,
    },
    /// A percentage, rounded once.
    Percent {
        /// The rate.
        rate: Rate,
        /// What it was taken of.
        base: Money,
    },
}

/// A line as far as fees depend on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct FeeLine<'a> {
    /// What is bought.
    pub(super) facts: &'a VariantFacts,
    /// How many units.
    pub(super) quantity: u32,
    /// What is left to pay after discounts.
    pub(super) remaining: Money,
}

/// A cart as far as fees depend on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct FeeCart<'a> {
    /// Where it is sold.
    pub(super) channel: ChannelId,
    /// How it will be paid.
    pub(super) payment: Option<&'a str>,
    /// Where the goods go.
    pub(super) destination: &'a Destination,
    /// The lines.
    pub(super) lines: &'a [FeeLine<'a>],
    /// What the goods cost after discounts.
    pub(super) goods_total: Money,
    /// What the delivery costs after discounts.
    pub(super) delivery: Money,
    /// How the channel rounds.
    pub(super) rounding: Rounding,
    /// When.
    pub(super) now: Timestamp,
}

impl FeeCondition {
    /// Tells whether a fee is for these goods.
    fn is_for(&self, facts: &VariantFacts) -> bool {
        self.categories.is_empty() || self.categories.iter().any(|c| facts.categories.contains(c))
    }

    /// Tells whether a way to pay is meant: `manual` means every method of that provider.
    fn takes_payment(&self, payment: Option<&str>) -> bool {
        self.payments.is_empty()
            || payment.is_some_and(|payment| {
                let provider = payment.split_once(':').map_or(payment, |(provider, _)| provider);
                self.payments.iter().any(|known| known == payment || known == provider)
            })
    }

    fn holds(&self, cart: &FeeCart<'_>) -> bool {
        (self.channels.is_empty() || self.channels.contains(&cart.channel))
            && self.window.contains(cart.now)
            && self.takes_payment(cart.payment)
            && self.territory.covers(cart.destination)
            && cart.lines.iter().any(|line| self.is_for(line.facts))
            && self.goods_below.is_none_or(|limit| {
                limit.currency() == cart.goods_total.currency()
                    && cart.goods_total.minor() < limit.minor()
            })
    }
}

impl Fee {
    /// Returns how much a cart is charged; `None` when the fee does not apply or comes to nothing.
    ///
    /// A fee with an amount in another currency than the cart is for channels of that currency and does not apply.
    ///
    /// Errors: [`MoneyError::Overflow`].
    pub(super) fn charge(
        &self,
        cart: &FeeCart<'_>,
    ) -> Result<Option<(Money, FeeOrigin)>, MoneyError> {
        let foreign =
            self.amount.money().is_some_and(|m| m.currency() != cart.goods_total.currency());
        if !self.active || foreign || !self.condition.holds(cart) {
            return Ok(None);
        }
        let lines = || cart.lines.iter().filter(|line| self.condition.is_for(line.facts));
        let (charged, origin) = match self.amount {
            FeeAmount::Flat { amount } => (amount, FeeOrigin::Flat),
            FeeAmount::PerUnit { amount } => {
                let units = lines().try_fold(0_u32, |sum, line| sum.checked_add(line.quantity));
                let units = units.ok_or(MoneyError::Overflow)?;
                (amount.checked_mul(units)?, FeeOrigin::PerUnit { amount, units })
            }
            FeeAmount::Percent { rate, with_delivery } => {
                let delivery = with_delivery.then_some(cart.delivery);
                let amounts = lines().map(|line| line.remaining).chain(delivery);
                let base = Money::checked_sum(amounts, cart.goods_total.currency())?;
                (base.at_rate(rate, cart.rounding)?, FeeOrigin::Percent { rate, base })
            }
        };
        Ok(charged.is_positive().then_some((charged, origin)))
    }

    /// Checks what one fee must keep true by itself.
    ///
    /// Errors: [`PricingError::InvalidRule`].
    ///
    /// ```
    /// # use sutler_core::id::FeeId;
    /// use sutler_core::money::{Currency, Money};
    /// use sutler_core::pricing::{ChargeTax, Fee, FeeAmount, FeeCondition};
    ///
    /// let cash = Fee {
    ///     # id: FeeId::from_u128(1),
    ///     code: "cash".into(),
    ///     name: "Cash on delivery".into(),
    ///     amount: FeeAmount::Flat { amount: Money::parse("2.00", Currency::EUR)? },
    ///     condition: FeeCondition { payments: vec!["manual:cash".into()], ..FeeCondition::default() },
    ///     tax: ChargeTax::AsGoods,
    ///     # active: true, version: 0,
    ///     // … id, active, version
    /// };
    /// assert_eq!(cash.check(), Ok(()));
    /// # Ok::<(), sutler_core::money::MoneyError>(())
    /// ```
    pub fn check(&self) -> Result<(), PricingError> {
        let refuse =
            |why| Err(PricingError::InvalidRule { noun: "fee", name: self.code.clone(), why });
        if self.code.is_empty() || self.code.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return refuse("needs a code of one word, such as cash");
        }
        if self.name.trim().is_empty() {
            return refuse("has no name; give it the one that buyers see");
        }
        if self.amount.money().is_some_and(|amount| !amount.is_positive()) {
            return refuse("has no amount above zero; less to pay is a promotion");
        }
        if matches!(self.amount, FeeAmount::Percent { rate, .. } if rate.is_zero() || !rate.is_at_most_one())
        {
            return refuse("has a rate of 0 % or above 100 %; check the decimal point");
        }
        if self.condition.window.is_empty() {
            return refuse("ends before it begins; swap the two moments");
        }
        let amounts = self.amount.money().zip(self.condition.goods_below);
        if amounts.is_some_and(|(amount, below)| amount.currency() != below.currency()) {
            return refuse("mixes currencies; make one fee for each");
        }
        self.condition.territory.check().or_else(refuse)
    }
}

impl FeeAmount {
    /// Returns the amount of money in it; a rate has none.
    pub const fn money(&self) -> Option<Money> {
        match self {
            FeeAmount::Flat { amount } | FeeAmount::PerUnit { amount } => Some(*amount),
            FeeAmount::Percent { .. } => None,
        }
    }
}
