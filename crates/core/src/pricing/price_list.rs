//! Price lists, their prices, and which price a buyer gets.
//!
//! A list applies when its currency is the channel's, its channel and customer group are the buyer's (or it names
//! none), and its window holds. Of the lists that apply and have a rung the quantity reaches, the most specific
//! wins: one for a customer group before one for a channel before one for a time before one for everybody. Ties go
//! to the higher priority, then to the smaller id. In that list the deepest rung counts.
//!
//! Deliberately absent: earlier prices (see `price_history`), and the quantity of other lines: a rung is reached by its
//! own line.

use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::{PricingError, Window};
use crate::id::{ChannelId, PriceListId, VariantId};
use crate::money::{Currency, Money};
use crate::time::Timestamp;

/// Prices that are valid together: in a channel, for a customer group, for a time.
///
/// ```
/// # use sutler_core::id::{ChannelId, PriceListId, VariantId};
/// # use sutler_core::money::Currency;
/// # use sutler_core::time::Timestamp;
/// use sutler_core::pricing::{PriceList, PriceQuery};
///
/// # let id = PriceListId::from_u128(1);
/// let list = PriceList::new(id, "Retail", Currency::EUR);
/// assert_eq!(list.check(), Ok(()));
///
/// let trade = PriceList { customer_group: Some("trade".into()), ..list.clone() };
/// let guest = PriceQuery {
///     variant: VariantId::from_u128(2),
///     quantity: 1,
///     channel: ChannelId::from_u128(3),
///     currency: Currency::EUR,
///     customer_group: None,
///     now: Timestamp::from_millis(0),
/// };
/// assert!(list.applies_to(&guest) && !trade.applies_to(&guest));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PriceList {
    /// Identity.
    pub id: PriceListId,
    /// Name for people.
    pub name: String,
    /// The only channel it applies in; `None`: every channel of its currency.
    pub channel: Option<ChannelId>,
    /// Currency of all its prices.
    pub currency: Currency,
    /// The only customer group it applies to; `None`: everybody.
    pub customer_group: Option<String>,
    /// When it applies.
    pub window: Window,
    /// Among lists that are equally specific, the higher wins.
    pub priority: i32,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
}

/// One amount for one variant in one price list, perhaps from a minimum quantity.
///
/// Units: the amount is for one unit, with tax when the channel is tax-inclusive.
///
/// Invariants, checked by [`Price::check`]: `min_quantity ≥ 1`; no amount is negative; the currency is the list's.
///
/// ```
/// # use sutler_core::id::{PriceListId, VariantId};
/// # use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::{Price, PriceList};
///
/// # let id = PriceListId::from_u128(1);
/// let list = PriceList::new(id, "Retail", Currency::EUR);
/// let price = Price {
///     list: list.id,
///     variant: VariantId::from_u128(2),
///     min_quantity: 10,
///     amount: Money::parse("4.50", Currency::EUR)?,
///     compare_at: None,
/// };
/// assert_eq!(price.check(&list), Ok(()));
/// assert!(Price { min_quantity: 0, ..price.clone() }.check(&list).is_err());
/// let dollars = Money::parse("4.50", Currency::USD)?;
/// assert!(Price { amount: dollars, ..price }.check(&list).is_err());
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Price {
    /// The list it stands in.
    pub list: PriceListId,
    /// What it buys.
    pub variant: VariantId,
    /// From how many units on, at least 1. Prices of one variant that differ only here are the rungs of a ladder.
    pub min_quantity: u32,
    /// What one unit costs.
    pub amount: Money,
    /// The struck-through earlier price shown to buyers; never charged.
    pub compare_at: Option<Money>,
}

impl PriceList {
    /// Returns a list of prices for everybody, in every channel of its currency and at all times. It goes before no other
    /// list, and has the version of a row that is stored for the first time.
    ///
    /// Nothing is checked here: [`PriceList::check`] does that.
    ///
    /// ```
    /// use sutler_core::id::PriceListId;
    /// use sutler_core::money::Currency;
    /// use sutler_core::pricing::{PriceList, Window};
    ///
    /// let retail = PriceList::new(PriceListId::from_u128(1), "Retail", Currency::EUR);
    /// assert_eq!((retail.channel, retail.window, retail.version), (None, Window::ALWAYS, 1));
    ///
    /// let id = PriceListId::from_u128(2);
    /// let trade = Some("trade".to_owned());
    /// let trade = PriceList { customer_group: trade, ..PriceList::new(id, "Trade", Currency::EUR) };
    /// assert!(retail.check().is_ok() && trade.check().is_ok());
    /// ```
    pub fn new(id: PriceListId, name: impl Into<String>, currency: Currency) -> Self {
        Self {
            id,
            name: name.into(),
            channel: None,
            currency,
            customer_group: None,
            window: Window::ALWAYS,
            priority: 0,
            version: 1,
        }
    }

    /// Checks what one list must keep true by itself.
    ///
    /// Errors: [`PricingError::InvalidRule`].
    pub fn check(&self) -> Result<(), PricingError> {
        let refuse = |why| {
            Err(PricingError::InvalidRule { noun: "price list", name: self.name.clone(), why })
        };
        if self.name.trim().is_empty() {
            return refuse("has no name; give it one");
        }
        if self.window.is_empty() {
            return refuse("ends before it begins; swap the two moments");
        }
        if self.customer_group.as_ref().is_some_and(|group| group.trim().is_empty()) {
            return refuse("names a blank customer group; leave it out for everybody");
        }
        Ok(())
    }

    /// Tells whether buyers of this kind get its prices.
    pub fn applies_to(&self, buyer: &PriceQuery<'_>) -> bool {
        self.currency == buyer.currency
            && self.channel.is_none_or(|channel| channel == buyer.channel)
            && self
                .customer_group
                .as_deref()
                .is_none_or(|group| buyer.customer_group == Some(group))
            && self.window.contains(buyer.now)
    }

    /// Tells whether every buyer who gets its prices gets those of `other` first: it is for the same buyers and always, like that
    /// one, and comes after it. Then it only counts for what the other has no price for.
    ///
    /// ```
    /// # use sutler_core::id::PriceListId;
    /// # use sutler_core::money::Currency;
    /// # use sutler_core::pricing::PriceList;
    /// # let base = PriceList::new(PriceListId::from_u128(1), "Base", Currency::EUR);
    /// let sale = PriceList { id: PriceListId::from_u128(2), name: "Sale".to_owned(), ..base.clone() };
    /// assert!(sale.is_behind(&base) && !base.is_behind(&sale));
    ///
    /// let first = PriceList { priority: 1, ..sale };
    /// assert!(!first.is_behind(&base));
    /// ```
    pub fn is_behind(&self, other: &PriceList) -> bool {
        let scope = |list: &PriceList| (list.currency, list.channel, list.window.is_bounded());
        scope(self) == scope(other)
            && !self.window.is_bounded()
            && self.customer_group == other.customer_group
            && self.rank() < other.rank()
    }

    /// What decides between lists that apply; the highest is taken.
    fn rank(&self) -> (u8, i32, Reverse<PriceListId>) {
        (self.specificity(), self.priority, Reverse(self.id))
    }

    /// Returns how narrow it is: a customer group counts more than a channel, a channel more than a window.
    fn specificity(&self) -> u8 {
        u8::from(self.customer_group.is_some()) * 4
            + u8::from(self.channel.is_some()) * 2
            + u8::from(self.window.is_bounded())
    }
}

impl Price {
    /// Checks what one price must keep true in its list.
    ///
    /// Errors: [`PricingError::InvalidRule`], [`PricingError::MixedCurrency`].
    pub fn check(&self, list: &PriceList) -> Result<(), PricingError> {
        let refuse = |why| {
            Err(PricingError::InvalidRule { noun: "price", name: self.variant.to_string(), why })
        };
        if self.min_quantity == 0 {
            return refuse("starts at no units; the minimum quantity is at least 1");
        }
        if self.amount.is_negative() || self.compare_at.is_some_and(Money::is_negative) {
            return refuse("is below zero; a price is zero or above");
        }
        self.check_currency(list)
    }

    /// Refuses amounts that are not in the list's currency.
    pub(super) fn check_currency(&self, list: &PriceList) -> Result<(), PricingError> {
        for amount in [Some(self.amount), self.compare_at].into_iter().flatten() {
            if amount.currency() != list.currency {
                let what = format!("a price of {} in the price list {:?}", self.variant, list.name);
                let (found, wanted) = (amount.currency(), list.currency);
                return Err(PricingError::MixedCurrency { what, found, wanted });
            }
        }
        Ok(())
    }
}

/// Who asks for the price of what.
///
/// ```
/// use sutler_core::id::{ChannelId, VariantId};
/// use sutler_core::money::Currency;
/// use sutler_core::pricing::{PriceQuery, choose};
/// use sutler_core::time::Timestamp;
///
/// let guest = PriceQuery {
///     variant: VariantId::from_u128(2),
///     quantity: 1,
///     channel: ChannelId::from_u128(3),
///     currency: Currency::EUR,
///     customer_group: None,
///     now: Timestamp::from_millis(0),
/// };
/// assert_eq!(choose(&[], &[], &guest), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PriceQuery<'a> {
    /// What is bought.
    pub variant: VariantId,
    /// How many units on the line.
    pub quantity: u32,
    /// Where.
    pub channel: ChannelId,
    /// In which currency.
    pub currency: Currency,
    /// Customer group of the buyer.
    pub customer_group: Option<&'a str>,
    /// When.
    pub now: Timestamp,
}

/// Returns the price that a buyer gets, with its list; `None` when there is none.
///
/// The order of `prices` and `lists` does not matter. Prices of lists that are not in `lists` do not count.
///
/// ```
/// # use sutler_core::id::{ChannelId, PriceListId, VariantId};
/// # use sutler_core::money::{Currency, Money};
/// # use sutler_core::pricing::{Price, PriceList, PriceQuery, choose};
/// # use sutler_core::time::Timestamp;
/// # let (list, variant) = (PriceListId::from_u128(1), VariantId::from_u128(2));
/// # let eur = |minor| Money::from_minor(minor, Currency::EUR);
/// let lists = [PriceList::new(list, "Retail", Currency::EUR)];
/// let prices = [
///     Price { list, variant, min_quantity: 1, amount: eur(500), compare_at: None },
///     Price { list, variant, min_quantity: 10, amount: eur(450), compare_at: None },
/// ];
/// let channel = ChannelId::from_u128(3);
/// let now = Timestamp::from_millis(0);
/// let query = |quantity| {
///     PriceQuery { variant, quantity, channel, currency: Currency::EUR, customer_group: None, now }
/// };
/// assert_eq!(choose(&prices, &lists, &query(9)).map(|(_, price)| price.amount), Some(eur(500)));
/// assert_eq!(choose(&prices, &lists, &query(10)).map(|(_, price)| price.amount), Some(eur(450)));
/// ```
pub fn choose<'a>(
    prices: &'a [Price],
    lists: &'a [PriceList],
    query: &PriceQuery<'_>,
) -> Option<(&'a PriceList, &'a Price)> {
    choose_of(prices.iter().filter(|price| price.variant == query.variant), lists, query)
}

/// As [`choose`], of prices that are known to be for the variant.
pub(super) fn choose_of<'a>(
    prices: impl Iterator<Item = &'a Price>,
    lists: &'a [PriceList],
    query: &PriceQuery<'_>,
) -> Option<(&'a PriceList, &'a Price)> {
    prices
        .filter(|price| price.min_quantity <= query.quantity)
        .filter_map(|price| {
            let list = lists.iter().find(|list| list.id == price.list)?;
            list.applies_to(query).then_some((list, price))
        })
        .max_by_key(|(list, price)| {
            // Two rows of one rung cannot be stored; if they are given all the same, the buyer gets the lower.
            (list.rank(), price.min_quantity, Reverse(price.amount.minor()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::price_list as list;

    const CHANNEL: ChannelId = ChannelId::from_u128(1);
    const VARIANT: VariantId = VariantId::from_u128(1);

    fn price(list: u128, min_quantity: u32, minor: i64) -> Price {
        let amount = Money::from_minor(minor, Currency::EUR);
        Price {
            list: PriceListId::from_u128(list),
            variant: VARIANT,
            min_quantity,
            amount,
            compare_at: None,
        }
    }

    fn query(quantity: u32, customer_group: Option<&str>) -> PriceQuery<'_> {
        let now = Timestamp::from_millis(100);
        PriceQuery {
            variant: VARIANT,
            quantity,
            channel: CHANNEL,
            currency: Currency::EUR,
            customer_group,
            now,
        }
    }

    /// The minor units chosen, in whatever order prices and lists are given.
    #[track_caller]
    fn chosen(lists: &[PriceList], prices: &[Price], query: &PriceQuery<'_>) -> Option<i64> {
        let found = choose(prices, lists, query).map(|(_, price)| price.amount.minor());
        let (mut lists, mut prices) = (lists.to_vec(), prices.to_vec());
        lists.reverse();
        prices.reverse();
        assert_eq!(choose(&prices, &lists, query).map(|(_, price)| price.amount.minor()), found);
        found
    }

    #[test]
    fn the_deepest_rung_that_is_reached_counts() {
        let prices = [price(1, 1, 500), price(1, 10, 450), price(1, 100, 400)];
        for (quantity, minor) in [(1, 500), (9, 500), (10, 450), (99, 450), (100, 400), (5000, 400)]
        {
            assert_eq!(
                chosen(&[list(1)], &prices, &query(quantity, None)),
                Some(minor),
                "{quantity}"
            );
        }
        assert_eq!(chosen(&[list(1)], &prices[1..], &query(9, None)), None);
        assert_eq!(chosen(&[], &prices, &query(9, None)), None);
    }

    #[test]
    fn the_most_specific_list_wins_even_when_it_is_dearer() {
        let at = Timestamp::from_millis;
        let group = PriceList { customer_group: Some("trade".to_owned()), ..list(4) };
        let channel = PriceList { channel: Some(CHANNEL), ..list(3) };
        let season =
            PriceList { window: Window { from: Some(at(50)), until: Some(at(150)) }, ..list(2) };
        let lists = [list(1), season, channel, group];
        let prices = [price(1, 1, 100), price(2, 1, 200), price(3, 1, 300), price(4, 1, 400)];
        assert_eq!(chosen(&lists, &prices, &query(1, Some("trade"))), Some(400));
        assert_eq!(chosen(&lists, &prices, &query(1, Some("other"))), Some(300));
        assert_eq!(chosen(&lists, &prices, &query(1, None)), Some(300));
        let elsewhere = PriceQuery { channel: ChannelId::from_u128(2), ..query(1, None) };
        assert_eq!(chosen(&lists, &prices, &elsewhere), Some(200));
        assert_eq!(chosen(&lists, &prices, &PriceQuery { now: at(150), ..elsewhere }), Some(100));
    }

    #[test]
    fn a_specific_list_without_a_rung_in_reach_is_passed_over() {
        let group = PriceList { customer_group: Some("trade".to_owned()), ..list(2) };
        let prices = [price(1, 1, 100), price(2, 10, 80)];
        assert_eq!(chosen(&[list(1), group.clone()], &prices, &query(9, Some("trade"))), Some(100));
        assert_eq!(chosen(&[list(1), group], &prices, &query(10, Some("trade"))), Some(80));
    }

    #[test]
    fn ties_go_to_the_priority_then_to_the_smaller_id() {
        let prices = [price(1, 1, 100), price(2, 1, 200)];
        assert_eq!(chosen(&[list(1), list(2)], &prices, &query(1, None)), Some(100));
        let second = PriceList { priority: 1, ..list(2) };
        assert_eq!(chosen(&[list(1), second], &prices, &query(1, None)), Some(200));
    }

    #[test]
    fn lists_of_another_currency_do_not_apply() {
        let dollars = PriceList { currency: Currency::USD, priority: 9, ..list(2) };
        let mut prices = [price(1, 1, 100), price(2, 1, 200)];
        prices[1].amount = Money::from_minor(200, Currency::USD);
        assert_eq!(chosen(&[list(1), dollars], &prices, &query(1, None)), Some(100));
    }

    #[test]
    fn what_contradicts_itself_is_refused_at_the_door() {
        let code = |result: Result<(), PricingError>| result.map_err(|e| e.code());
        assert_eq!(code(price(1, 1, 0).check(&list(1))), Ok(()));
        assert_eq!(code(price(1, 0, 5).check(&list(1))), Err("pricing.invalid_rule"));
        assert_eq!(code(price(1, 1, -5).check(&list(1))), Err("pricing.invalid_rule"));
        let yen = PriceList { currency: Currency::JPY, ..list(1) };
        assert_eq!(code(price(1, 1, 5).check(&yen)), Err("price.mixed_currency"));
        assert_eq!(
            code(PriceList { name: " ".to_owned(), ..list(1) }.check()),
            Err("pricing.invalid_rule")
        );
    }
}
