//! [`PriceStanding`]: whether a price applies to a buyer, and if not, why.
//!
//! Deliberately absent: the choice itself, which is [`choose`]'s; this says what stood in the way of the others.

use serde::{Deserialize, Serialize};

use super::{Price, PriceList, PriceQuery, choose};

/// How one price stands to a buyer.
///
/// ```
/// use sutler_core::pricing::PriceStanding;
///
/// let words = serde_json::to_string(&PriceStanding::OtherGroup)?;
/// assert_eq!(words, r#""other_group""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceStanding {
    /// It is charged from its minimum quantity on.
    Applies,
    /// Its list is of another currency.
    OtherCurrency,
    /// Its list is for another channel.
    OtherChannel,
    /// Its list is for a customer group that the buyer is not in.
    OtherGroup,
    /// Its list does not hold yet.
    NotYet,
    /// Its list no longer holds.
    Over,
    /// A list that is narrower, or of higher priority, has a price too.
    Outranked,
    /// Its list is not known.
    NoList,
}

impl PriceStanding {
    /// Says how one of `prices` stands at the quantity at which it begins; the quantity of the query is not looked at.
    ///
    /// ```
    /// # use sutler_core::id::{ChannelId, PriceListId, VariantId};
    /// # use sutler_core::money::{Currency, Money};
    /// # use sutler_core::pricing::{Price, PriceList, PriceQuery, PriceStanding};
    /// # use sutler_core::time::Timestamp;
    /// # let (list, variant) = (PriceListId::from_u128(1), VariantId::from_u128(2));
    /// # let retail = PriceList::new(list, "Retail", Currency::EUR);
    /// # let amount = Money::from_minor(500, Currency::EUR);
    /// # let price = Price { list, variant, min_quantity: 1, amount, compare_at: None };
    /// # let query = PriceQuery {
    /// #     variant, quantity: 1, channel: ChannelId::from_u128(3), currency: Currency::EUR, customer_group: None,
    /// #     now: Timestamp::from_millis(0),
    /// # };
    /// let trade = PriceList { customer_group: Some("trade".to_owned()), ..retail.clone() };
    /// let of = |list| PriceStanding::of(&price, std::slice::from_ref(&price), &[list], &query);
    /// assert_eq!(of(retail), PriceStanding::Applies);
    /// assert_eq!(of(trade), PriceStanding::OtherGroup);
    /// ```
    pub fn of(
        price: &Price,
        prices: &[Price],
        lists: &[PriceList],
        query: &PriceQuery<'_>,
    ) -> PriceStanding {
        let Some(list) = lists.iter().find(|list| list.id == price.list) else {
            return PriceStanding::NoList;
        };
        let query = PriceQuery { quantity: price.min_quantity, variant: price.variant, ..*query };
        match choose(prices, lists, &query) {
            _ if !list.applies_to(&query) => Self::hindrance(list, &query),
            Some((_, chosen)) if chosen == price => PriceStanding::Applies,
            _ => PriceStanding::Outranked,
        }
    }

    /// Says what keeps a list from applying; the first thing counts.
    fn hindrance(list: &PriceList, query: &PriceQuery<'_>) -> PriceStanding {
        if list.currency != query.currency {
            PriceStanding::OtherCurrency
        } else if list.channel.is_some_and(|channel| channel != query.channel) {
            PriceStanding::OtherChannel
        } else if list.customer_group.is_some()
            && list.customer_group.as_deref() != query.customer_group
        {
            PriceStanding::OtherGroup
        } else if list.window.from.is_some_and(|from| query.now < from) {
            PriceStanding::NotYet
        } else {
            PriceStanding::Over
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ChannelId, PriceListId, VariantId};
    use crate::money::{Currency, Money};
    use crate::pricing::Window;
    use crate::testing::price_list as list;
    use crate::time::Timestamp;

    const VARIANT: VariantId = VariantId::from_u128(1);
    const WEB: ChannelId = ChannelId::from_u128(1);

    fn price(list: u128, min_quantity: u32) -> Price {
        let amount = Money::from_minor(100, Currency::EUR);
        let list = PriceListId::from_u128(list);
        Price { list, variant: VARIANT, min_quantity, amount, compare_at: None }
    }

    #[test]
    fn every_price_says_how_it_stands() {
        let at = Timestamp::from_millis;
        let window = |from: Option<i64>, until: Option<i64>| Window {
            from: from.map(at),
            until: until.map(at),
        };
        let lists = [
            list(1),
            PriceList { currency: Currency::USD, ..list(2) },
            PriceList { channel: Some(ChannelId::from_u128(2)), ..list(3) },
            PriceList { customer_group: Some("trade".to_owned()), ..list(4) },
            PriceList { window: window(Some(101), None), ..list(5) },
            PriceList { window: window(None, Some(100)), ..list(6) },
            PriceList { priority: -1, ..list(7) },
        ];
        let prices: Vec<Price> =
            (1..=8).map(|of| price(of, 1)).chain([price(1, 10), price(7, 5)]).collect();
        let query = PriceQuery {
            variant: VARIANT,
            quantity: 1,
            channel: WEB,
            currency: Currency::EUR,
            customer_group: None,
            now: at(100),
        };
        let found: Vec<PriceStanding> =
            prices.iter().map(|price| PriceStanding::of(price, &prices, &lists, &query)).collect();
        assert_eq!(
            found,
            [
                PriceStanding::Applies,
                PriceStanding::OtherCurrency,
                PriceStanding::OtherChannel,
                PriceStanding::OtherGroup,
                PriceStanding::NotYet,
                PriceStanding::Over,
                PriceStanding::Outranked,
                PriceStanding::NoList,
                PriceStanding::Applies,
                PriceStanding::Outranked,
            ]
        );
    }
}
