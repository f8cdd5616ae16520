//! How the quote and the lines of an order stand in columns, and back, byte for byte.
//!
//! What can be computed from the rest (subtotals, nets, totals) is not stored: it is computed again. Before writing,
//! [`is_plain`] checks that computing gives exactly what the order holds; where it does not (no rule of core makes such a
//! quote, but another program might), the whole quote is stored beside, as JSON.
//!
//! `encode` writes, `decode` reads, `counts` is about the counters of lines, which move while the rest is frozen. The
//! columns are described in `schema/0001_tables.sql`.

use std::sync::Arc;

use rusqlite::types::ValueRef;
use serde::{Deserialize, Serialize};
use sutler_core::money::{Currency, Money};
use sutler_core::order::{Order, OrderLine};
use sutler_core::pricing::{
    CombinationSearch, CouponCode, DeliveryOrigin, DiscountOrigin, FeeOrigin, PromotionRefusal,
    Quote, QuoteDelivery, QuoteFee, QuoteHash, QuoteLine, RefusedCoupon, ReverseChargeRefusal,
    TaxLine, TaxRelief, Totals, VatId,
};

use super::counts::Counts;

/// The columns of an order that hold its quote and lines, as they are written.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) terms: i64,
    pub(super) lines: String,
    pub(super) counts: Counts,
    pub(super) delivery: Option<String>,
    pub(super) extra: Option<String>,
}

/// The same columns, as they are read.
#[derive(Debug)]
pub(super) struct FrozenColumns<'r> {
    pub(super) terms: i64,
    pub(super) lines: &'r str,
    pub(super) counts: ValueRef<'r>,
    pub(super) delivery: Option<&'r str>,
    pub(super) hash: QuoteHash,
    pub(super) extra: Option<&'r str>,
}

/// One tax where there is not exactly one on the net: words, base, amount, what was taken out of the price.
#[derive(Serialize, Deserialize, Clone, Copy, PartialEq)]
pub(super) struct TaxRow(
    pub(super) i64,
    pub(super) i64,
    pub(super) i64,
    #[serde(default, skip_serializing_if = "Option::is_none")] pub(super) Option<i64>,
);

/// The rare rest of a line, delivery or fee. Amounts are minor units of the quote's currency.
#[derive(Serialize, Deserialize, Default, PartialEq)]
pub(super) struct More {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) compare_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) discounts: Vec<DiscountText>,
    /// Tax, base, amount; only where there is not exactly one on the net.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) tax: Vec<TaxRow>,
    /// Name, how often, amount.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) surcharges: Vec<(String, u32, i64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) origin: Option<DeliveryOrigin>,
}

/// Promotion, amount, how it came about; first unit, units and what they cost before, where it was for units.
#[derive(Serialize, Deserialize, PartialEq)]
pub(super) struct DiscountText(
    pub(super) i64,
    pub(super) i64,
    pub(super) Arc<DiscountOrigin>,
    #[serde(default, skip_serializing_if = "Option::is_none")] pub(super) Option<(u32, u32, i64)>,
);

/// Promotion, coupon, amount, units.
#[derive(Serialize, Deserialize)]
pub(super) struct AppliedText(
    pub(super) i64,
    pub(super) Option<CouponCode>,
    pub(super) i64,
    #[serde(default, skip_serializing_if = "is_zero")] pub(super) u32,
);

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_zero(units: &u32) -> bool {
    *units == 0
}

/// Line, goods, ordered, unit price, price, tax, tax total.
#[derive(Deserialize)]
pub(super) struct LineText(
    pub(super) u32,
    pub(super) i64,
    pub(super) u32,
    pub(super) i64,
    pub(super) i64,
    pub(super) i64,
    pub(super) i64,
    #[serde(default)] pub(super) More,
);

/// Method, rate, tax, tax total.
#[derive(Deserialize)]
pub(super) struct DeliveryText(
    pub(super) i64,
    pub(super) i64,
    pub(super) i64,
    pub(super) i64,
    #[serde(default)] pub(super) More,
);

/// Fee, amount, how it came about, tax, tax total.
#[derive(Serialize, Deserialize)]
pub(super) struct FeeText(
    pub(super) i64,
    pub(super) i64,
    pub(super) FeeOrigin,
    pub(super) i64,
    pub(super) i64,
    #[serde(default)] pub(super) More,
);

/// What an order rarely has.
#[derive(Serialize, Deserialize, Default)]
pub(super) struct Extra {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) applied: Vec<AppliedText>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) refused: Vec<(i64, PromotionRefusal)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) coupons: Vec<RefusedCoupon>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) combination: Option<CombinationSearch>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) fees: Vec<FeeText>,
    /// Why the buyer pays no tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) relief: Option<TaxRelief>,
    /// Why the buyer's VAT id changed nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) vat_id: Option<(VatId, ReverseChargeRefusal)>,
    /// The whole quote, where it does not fit the columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) quote: Option<Quote>,
}

/// What a part comes to, from what is stored of it: discount total, net, total.
fn derived(
    quote: &Quote,
    before: Money,
    off: impl Iterator<Item = Money>,
    tax: Money,
    taxes: &[TaxLine],
) -> Option<(Money, Money, Money)> {
    let relieved = taxes.iter().filter_map(|tax| tax.relieved);
    let relieved = Money::checked_sum(relieved, quote.currency).ok()?;
    derived_parts(quote.currency, quote.tax_inclusive, before, off, tax, relieved)
}

/// As [`derived`]; `relieved` is the tax that was taken out of the price for a buyer who pays none.
pub(super) fn derived_parts(
    currency: Currency,
    tax_inclusive: bool,
    before: Money,
    off: impl Iterator<Item = Money>,
    tax: Money,
    relieved: Money,
) -> Option<(Money, Money, Money)> {
    let off = Money::checked_sum(off, currency).ok()?;
    let left = before.checked_sub(off).ok()?;
    let (net, total) = if tax_inclusive {
        let total = left.checked_sub(relieved).ok()?;
        (total.checked_sub(tax).ok()?, total)
    } else {
        (left, left.checked_add(tax).ok()?)
    };
    Some((off, net, total))
}

/// Returns whether the columns say everything about the quote.
pub(super) fn is_plain(order: &Order) -> bool {
    let quote = &order.quote;
    let fits = |line: &OrderLine, priced: &QuoteLine| {
        line.line == priced.line
            && line.variant == priced.variant
            && line.ordered == priced.quantity.get()
    };
    order.lines.len() == quote.lines.len()
        && order
            .lines
            .iter()
            .zip(&quote.lines)
            .all(|(line, priced)| fits(line, priced) && is_plain_line(quote, priced))
        && quote.delivery.as_ref().is_none_or(|delivery| is_plain_delivery(quote, delivery))
        && quote.fees.iter().all(|fee| is_plain_fee(quote, fee))
        && quote
            .promotions_applied
            .iter()
            .all(|applied| applied.amount.currency() == quote.currency)
        && Totals::add_up(&quote.lines, quote.delivery.as_ref(), &quote.fees, quote.currency)
            == Ok(quote.totals)
}

fn is_plain_line(quote: &Quote, line: &QuoteLine) -> bool {
    let spans = line.discounts.iter().filter_map(|discount| discount.span.map(|span| span.cost));
    let mut amounts = line.compare_at.into_iter().chain(tax_amounts(&line.tax)).chain(spans);
    let off = line.discounts.iter().map(|discount| discount.amount);
    amounts.all(|amount| amount.currency() == quote.currency)
        && line.unit_price.checked_mul(line.quantity.get()) == Ok(line.subtotal)
        && derived(quote, line.subtotal, off, line.tax_total, &line.tax)
            == Some((line.discount_total, line.net, line.total))
}

fn is_plain_delivery(quote: &Quote, delivery: &QuoteDelivery) -> bool {
    let surcharges = delivery.surcharges.iter().map(|surcharge| surcharge.amount);
    let mut amounts = tax_amounts(&delivery.tax).chain(surcharges);
    let off = delivery.discounts.iter().map(|discount| discount.amount);
    amounts.all(|amount| amount.currency() == quote.currency)
        && derived(quote, delivery.rate, off, delivery.tax_total, &delivery.tax)
            == Some((delivery.discount_total, delivery.net, delivery.total))
}

fn is_plain_fee(quote: &Quote, fee: &QuoteFee) -> bool {
    let none = std::iter::empty();
    let zero = Money::zero(quote.currency);
    tax_amounts(&fee.tax).all(|amount| amount.currency() == quote.currency)
        && derived(quote, fee.amount, none, fee.tax_total, &fee.tax)
            == Some((zero, fee.net, fee.total))
}

fn tax_amounts(taxes: &[TaxLine]) -> impl Iterator<Item = Money> + '_ {
    taxes.iter().flat_map(|tax| [tax.base, tax.amount].into_iter().chain(tax.relieved))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use std::collections::BTreeMap;

    use sutler_core::id::{PromotionId, VariantId};
    use sutler_core::money::Rate;
    use sutler_core::pricing::{
        AppliedPromotion, RefusedPromotion, TaxCategory, TaxLine, TaxTreatment,
    };
    use sutler_core::shared::SharedText;
    use sutler_store_conformance::given::World;

    use super::super::{decode, encode};
    use super::*;
    use crate::frozen::Frozen;
    use crate::shelf::Shelf;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, Currency::EUR)
    }

    /// An order with two lines, discounts, a delivery, promotions and coupons.
    fn order() -> Order {
        let world = World::new();
        world.order(&world.cart(&[VariantId::from_u128(1), VariantId::from_u128(2)]))
    }

    /// The same with fees, surcharges and tax that was taken out of prices.
    fn rich_order() -> Order {
        let world = World::new();
        let mut order = order();
        world.enrich(&mut order.quote);
        order
    }

    /// Writes an order and reads it back; returns whether the columns said all of it.
    #[track_caller]
    fn survives(order: &Order) -> bool {
        let (shelf, mut keys) = (Shelf::default(), BTreeMap::new());
        let mut intern = |words: Frozen| {
            let next = i64::try_from(keys.len()).unwrap() + 1;
            let key = *keys.entry(format!("{words:?}")).or_insert(next);
            shelf.put(key, words);
            Ok(key)
        };
        let columns = encode::encode(order, &mut intern).unwrap();
        let counts = match &columns.counts {
            Counts::None => ValueRef::Null,
            Counts::Promised => ValueRef::Integer(1),
            Counts::Text(text) => ValueRef::Text(text.as_bytes()),
        };
        let stored = FrozenColumns {
            terms: columns.terms,
            lines: &columns.lines,
            counts,
            delivery: columns.delivery.as_deref(),
            hash: order.quote.hash,
            extra: columns.extra.as_deref(),
        };
        let recall = |key| Ok(shelf.get(key).unwrap());
        let (channel, quote, lines) = decode::decode(&stored, &recall).unwrap();
        assert_eq!((channel, &quote, &lines), (order.channel, &order.quote, &order.lines));
        !columns.extra.is_some_and(|extra| extra.contains("\"quote\""))
    }

    #[test]
    fn an_everyday_order_fits_its_columns() {
        assert!(survives(&order()));
        assert!(survives(&rich_order()));
        let mut plain = order();
        let quote = &mut plain.quote;
        quote.promotions_applied.clear();
        quote.promotions_refused.clear();
        quote.coupons_refused.clear();
        quote.delivery = None;
        quote.totals.delivery_total = eur(0);
        quote.totals.tax_total = eur(quote.totals.tax_total.minor() - 95);
        quote.totals.total = eur(quote.totals.total.minor() - 595);
        assert!(survives(&plain));
        plain.lines.iter_mut().for_each(|line| line.allocated = line.ordered);
        assert!(survives(&plain));
        plain.lines.last_mut().unwrap().refunded = 1;
        assert!(survives(&plain));
    }

    #[test]
    fn taxes_in_any_number_survive() {
        let tax = |name: &str, base, amount| TaxLine {
            name: name.into(),
            rate: Rate::percent("9.5").unwrap(),
            category: TaxCategory::new("food").unwrap(),
            base: eur(base),
            amount: eur(amount),
            treatment: TaxTreatment::ReverseCharge,
            level: u8::from(name == "City"),
            relieved: None,
        };
        for taxes in [
            vec![],
            vec![tax("VAT", 900, 171)],
            vec![tax("VAT", 800, 171)],
            vec![tax("State", 900, 100), tax("City", 900, 71)],
            vec![tax("State", 900, 0), tax("State", 900, 171)],
        ] {
            let mut order = order();
            order.quote.lines.first_mut().unwrap().tax.clone_from(&taxes);
            order.quote.delivery.as_mut().unwrap().tax = taxes;
            assert!(survives(&order));
        }
    }

    #[test]
    fn a_channel_without_tax_in_its_prices_survives() {
        let mut order = order();
        let quote = &mut order.quote;
        quote.tax_inclusive = false;
        for line in &mut quote.lines {
            line.net = eur(line.subtotal.minor() - line.discount_total.minor());
            line.total = eur(line.net.minor() + line.tax_total.minor());
        }
        let delivery = quote.delivery.as_mut().unwrap();
        (delivery.net, delivery.total) = (delivery.rate, eur(delivery.rate.minor() + 95));
        quote.totals.total = eur(quote.totals.total.minor() + quote.totals.tax_total.minor());
        assert!(survives(&order));
    }

    /// No rule of core makes these; they must survive all the same.
    #[test]
    fn a_quote_that_does_not_add_up_is_kept_whole() {
        let spoils: [fn(&mut Order); 13] = [
            |order| order.quote.totals.fee_total = eur(1),
            |order| order.quote.fees.last_mut().unwrap().net = eur(1),
            |order| {
                let yen = Money::from_minor(1, Currency::JPY);
                order.quote.fees.first_mut().unwrap().tax[0].relieved = Some(yen);
            },
            |order| order.quote.totals.total = eur(1),
            |order| order.quote.lines.last_mut().unwrap().net = eur(1),
            |order| order.quote.lines.last_mut().unwrap().subtotal = eur(1),
            |order| order.quote.lines.last_mut().unwrap().line = 9,
            |order| order.quote.lines.last_mut().unwrap().variant = VariantId::from_u128(9),
            |order| order.quote.lines.swap(0, 1),
            |order| drop(order.quote.lines.pop()),
            |order| order.lines.last_mut().unwrap().ordered = 9,
            |order| {
                let yen = Money::from_minor(1, Currency::JPY);
                order.quote.lines.first_mut().unwrap().compare_at = Some(yen);
            },
            |order| order.quote.delivery.as_mut().unwrap().discount_total = eur(1),
        ];
        for (nr, spoil) in spoils.into_iter().enumerate() {
            let mut order = rich_order();
            spoil(&mut order);
            assert!(!survives(&order), "spoil {nr}");
        }
    }

    #[test]
    fn an_order_without_lines_survives() {
        let mut order = order();
        order.lines.clear();
        order.quote.lines.clear();
        survives(&order);
        let promotion = PromotionId::from_u128(3);
        let name: SharedText = "\"quoted\" \\ and 日本".into();
        let refusal = PromotionRefusal::CouponMissing;
        order.quote.promotions_refused =
            vec![RefusedPromotion { promotion, name: name.clone(), refusal }];
        order.quote.promotions_applied =
            vec![AppliedPromotion { promotion, name, coupon: None, amount: eur(0), units: 0 }];
        survives(&order);
    }
}
