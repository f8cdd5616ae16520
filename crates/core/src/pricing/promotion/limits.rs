//! How often, on how many units and for how much money a promotion may be used.
//!
//! The limits of one order are kept by pricing. Those over many orders are kept by the commit that places the order,
//! which counts; pricing only looks at what was counted so far, so that a buyer learns early.

use serde::{Deserialize, Serialize};

use crate::money::Money;

/// The limits of a promotion; `None`: no limit.
///
/// ```
/// use sutler_core::pricing::Limits;
///
/// assert!(!Limits::NONE.is_counted());
/// assert!(Limits { uses: Some(100), ..Limits::NONE }.is_counted());
/// // What holds within one order needs no counting.
/// assert!(!Limits { units_per_order: Some(2), ..Limits::NONE }.is_counted());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Limits {
    /// How many orders may hold it.
    #[serde(default, rename = "usage_limit", skip_serializing_if = "Option::is_none")]
    pub uses: Option<u32>,
    /// How many orders of one customer may hold it; guests are told apart by their e-mail.
    #[serde(default, rename = "usage_limit_per_customer", skip_serializing_if = "Option::is_none")]
    pub uses_per_customer: Option<u32>,
    /// How many orders may hold it by the same coupon code.
    #[serde(default, rename = "usage_limit_per_coupon", skip_serializing_if = "Option::is_none")]
    pub uses_per_coupon: Option<u32>,
    /// How many units may be sold with it in all: the stock cap of a flash sale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<u32>,
    /// How many units one customer may buy with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units_per_customer: Option<u32>,
    /// How many units of one order get it: those on which it gives most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units_per_order: Option<u32>,
    /// How much it takes off one order at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount_per_order: Option<Money>,
    /// How much it takes off all orders together at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Money>,
}

impl Limits {
    /// As often as anybody likes.
    pub const NONE: Limits = Limits {
        uses: None,
        uses_per_customer: None,
        uses_per_coupon: None,
        units: None,
        units_per_customer: None,
        units_per_order: None,
        amount_per_order: None,
        budget: None,
    };

    /// Tells whether something has to be counted over orders.
    pub fn is_counted(&self) -> bool {
        let counts = [
            self.uses,
            self.uses_per_customer,
            self.uses_per_coupon,
            self.units,
            self.units_per_customer,
        ];
        counts.iter().any(Option::is_some) || self.budget.is_some()
    }

    /// Returns its amounts.
    pub(super) fn amounts(&self) -> impl Iterator<Item = Money> {
        self.amount_per_order.into_iter().chain(self.budget)
    }

    /// Says what makes it impossible to use.
    pub(super) fn contradiction(&self) -> Option<&'static str> {
        let counts = [
            self.uses,
            self.uses_per_customer,
            self.uses_per_coupon,
            self.units,
            self.units_per_customer,
            self.units_per_order,
        ];
        if counts.contains(&Some(0)) {
            Some("has a limit of zero, so that nobody can use it; switch it off instead")
        } else if self.amounts().any(|amount| !amount.is_positive()) {
            Some("may give no money at all; a limit on an amount is above zero")
        } else {
            None
        }
    }
}
