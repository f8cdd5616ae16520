//! [`PromotionRefusal`]: why a promotion did not apply.

use serde::{Deserialize, Serialize};

use super::Calendar;
use crate::money::{Currency, Money};
use crate::time::Timestamp;

/// Why a promotion did not apply.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::PromotionRefusal;
///
/// let needed = Money::parse("50.00", Currency::EUR)?;
/// let subtotal = Money::parse("49.00", Currency::EUR)?;
/// let refusal = PromotionRefusal::SubtotalTooSmall { needed, subtotal };
/// assert_eq!(refusal.to_string(), "it needs goods for 50.00 EUR and there are 49.00 EUR");
/// assert_eq!(refusal.code(), "promotion.subtotal_too_small");
/// assert!(!refusal.is_used_up());
/// assert!(PromotionRefusal::UsedUp { limit: 100 }.is_used_up());
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum PromotionRefusal {
    /// It is switched off.
    #[error("it is switched off")]
    Inactive,
    /// It has not begun.
    #[error("it begins at {from}")]
    NotYet {
        /// When it begins.
        from: Timestamp,
    },
    /// It has ended.
    #[error("it ended at {until}")]
    Over {
        /// When it ended.
        until: Timestamp,
    },
    /// As many orders hold it as may.
    #[error("it may be used {limit} times and was")]
    UsedUp {
        /// How many may.
        limit: u32,
    },
    /// As many orders of this customer hold it as may.
    #[error("a customer may use it {limit} times and this one did")]
    UsedUpByCustomer {
        /// How many may.
        limit: u32,
    },
    /// As many orders hold it by this code as may.
    #[error("a code may be used {limit} times and this one was")]
    CouponUsedUp {
        /// How many may.
        limit: u32,
    },
    /// As many units were sold with it as may.
    #[error("it is for {units} units and all are sold")]
    SoldOut {
        /// How many may be sold.
        units: u32,
    },
    /// This customer bought as many units with it as a customer may.
    #[error("a customer may buy {units} units with it and this one did")]
    SoldOutToCustomer {
        /// How many a customer may buy.
        units: u32,
    },
    /// All the money that it may give is given.
    #[error("its budget of {budget} is spent")]
    BudgetSpent {
        /// How much it may give in all.
        budget: Money,
    },
    /// None of its codes was entered.
    #[error("it needs a coupon code")]
    CouponMissing,
    /// It is for other channels.
    #[error("it is for other channels")]
    OtherChannel,
    /// It is for other customer groups.
    #[error("it is for other customers")]
    OtherCustomerGroup,
    /// The buyer has placed orders before.
    #[error("it is for first orders")]
    NotFirstOrder,
    /// It is for first orders, and nobody knows yet who buys.
    #[error("it is for first orders, and who buys is not known yet")]
    BuyerUnknown,
    /// Another delivery method is chosen, or none.
    #[error("it is for other delivery methods")]
    OtherDeliveryMethod,
    /// It is for other days or times.
    #[error("it applies {calendar}")]
    OutsideCalendar {
        /// When it applies.
        calendar: Calendar,
    },
    /// The goods cost too little.
    #[error("it needs goods for {needed} and there are {subtotal}")]
    SubtotalTooSmall {
        /// What it needs.
        needed: Money,
        /// What there is, before discounts.
        subtotal: Money,
    },
    /// There are too few units of what it is for.
    #[error("it needs {needed} units and there are {quantity}")]
    QuantityTooSmall {
        /// What it needs.
        needed: u32,
        /// What there is.
        quantity: u64,
    },
    /// Nothing in the cart is what it is for.
    #[error("nothing in the cart is what it is for")]
    NoMatchingLine,
    /// What it gives for what is bought does not stand in the cart.
    #[error("what it gives is not in the cart; put it in to get it")]
    NothingToGet,
    /// The gift is not in the catalog or not on sale.
    #[error("its gift {gift} is not for sale")]
    GiftNotForSale {
        /// SKU or id of the gift.
        gift: String,
    },
    /// No price list that applies has a price for the gift, so nobody could say what it is worth.
    #[error("its gift {gift} has no price here; set one, 0 for what is only given")]
    GiftWithoutPrice {
        /// SKU or id of the gift.
        gift: String,
    },
    /// No unit of the gift is left beside those in the cart and other gifts.
    #[error("its gift {gift} is out of stock")]
    GiftOutOfStock {
        /// SKU or id of the gift.
        gift: String,
    },
    /// The gift is worth more than the promotion may still give.
    #[error("its gift {gift} costs {price}, which is more than it may give")]
    GiftTooDear {
        /// SKU or id of the gift.
        gift: String,
        /// What one unit costs.
        price: Money,
    },
    /// The cart does not hold everything that the bundle is made of.
    #[error("the bundle is not complete")]
    BundleIncomplete,
    /// One of its amounts is in another currency.
    #[error("it is in {currency}")]
    OtherCurrency {
        /// Its currency.
        currency: Currency,
    },
    /// It is for delivery, and no delivery is charged.
    #[error("no delivery is charged")]
    NoDelivery,
    /// What it is for costs nothing already, or too little for its benefit to make a minor unit.
    #[error("there is nothing left to take off")]
    NothingToDiscount,
    /// Another promotion of its lane gives at least as much.
    #[error("another promotion gives as much or more")]
    Outdone,
    /// An exclusive promotion applies alone, or it is exclusive and others give more.
    #[error("it cannot be combined with what applies")]
    NotCombinable,
    /// The buyer pays less without it, because of what else applies.
    #[error("the buyer pays less without it")]
    LeftOut,
}

impl PromotionRefusal {
    /// Returns the stable, machine-readable code. Append-only, like a wire format.
    pub fn code(&self) -> &'static str {
        match self {
            PromotionRefusal::Inactive => "promotion.inactive",
            PromotionRefusal::NotYet { .. } => "promotion.not_yet",
            PromotionRefusal::Over { .. } => "promotion.over",
            PromotionRefusal::UsedUp { .. } => "promotion.used_up",
            PromotionRefusal::UsedUpByCustomer { .. } => "promotion.used_up_by_customer",
            PromotionRefusal::CouponUsedUp { .. } => "promotion.coupon_used_up",
            PromotionRefusal::SoldOut { .. } => "promotion.sold_out",
            PromotionRefusal::SoldOutToCustomer { .. } => "promotion.sold_out_to_customer",
            PromotionRefusal::BudgetSpent { .. } => "promotion.budget_spent",
            PromotionRefusal::CouponMissing => "promotion.coupon_missing",
            PromotionRefusal::OtherChannel => "promotion.other_channel",
            PromotionRefusal::OtherCustomerGroup => "promotion.other_customer_group",
            PromotionRefusal::NotFirstOrder => "promotion.not_first_order",
            PromotionRefusal::BuyerUnknown => "promotion.buyer_unknown",
            PromotionRefusal::OtherDeliveryMethod => "promotion.other_delivery_method",
            PromotionRefusal::OutsideCalendar { .. } => "promotion.outside_calendar",
            PromotionRefusal::SubtotalTooSmall { .. } => "promotion.subtotal_too_small",
            PromotionRefusal::QuantityTooSmall { .. } => "promotion.quantity_too_small",
            PromotionRefusal::NoMatchingLine => "promotion.no_matching_line",
            PromotionRefusal::NothingToGet => "promotion.nothing_to_get",
            PromotionRefusal::GiftNotForSale { .. } => "promotion.gift_not_for_sale",
            PromotionRefusal::GiftWithoutPrice { .. } => "promotion.gift_without_price",
            PromotionRefusal::GiftOutOfStock { .. } => "promotion.gift_out_of_stock",
            PromotionRefusal::GiftTooDear { .. } => "promotion.gift_too_dear",
            PromotionRefusal::BundleIncomplete => "promotion.bundle_incomplete",
            PromotionRefusal::OtherCurrency { .. } => "promotion.other_currency",
            PromotionRefusal::NoDelivery => "promotion.no_delivery",
            PromotionRefusal::NothingToDiscount => "promotion.nothing_to_discount",
            PromotionRefusal::Outdone => "promotion.outdone",
            PromotionRefusal::NotCombinable => "promotion.not_combinable",
            PromotionRefusal::LeftOut => "promotion.left_out",
        }
    }

    /// Tells whether a limit over many orders was reached.
    pub fn is_used_up(&self) -> bool {
        matches!(
            self,
            PromotionRefusal::UsedUp { .. }
                | PromotionRefusal::UsedUpByCustomer { .. }
                | PromotionRefusal::CouponUsedUp { .. }
                | PromotionRefusal::SoldOut { .. }
                | PromotionRefusal::SoldOutToCustomer { .. }
                | PromotionRefusal::BudgetSpent { .. }
        )
    }
}
