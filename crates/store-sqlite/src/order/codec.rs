//! How the quote and the lines of an order stand in columns, and back, byte for byte.
//!
//! What can be computed from the rest (subtotals, nets, totals) is not stored: it is computed again. Before writing,
//! [`is_plain`] checks that computing gives exactly what the order holds; where it does not (no rule of core makes such a
//! quote, but another program might), the whole quote is stored beside, as JSON.
//!
//! The columns are described in `schema/0001_tables.sql`.

use std::fmt::Write as _;
use std::sync::Arc;

use rusqlite::types::{Null, ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Serialize};
use sutler_core::catalog::TaxRounding;
use sutler_core::id::ChannelId;
use sutler_core::money::{Currency, Money};
use sutler_core::order::{Order, OrderLine};
use sutler_core::pricing::{
    AppliedPromotion, CouponCode, DeliveryOrigin, Discount, DiscountOrigin, PromotionRefusal,
    Quote, QuoteDelivery, QuoteHash, QuoteLine, RefusedCoupon, RefusedPromotion, TaxLine, Totals,
};
use sutler_core::quantity::Quantity;

use crate::error::Fault;
use crate::frozen::{Frozen, wrong_kind};

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

/// The rare rest of a line or delivery. Amounts are minor units of the quote's currency.
#[derive(Serialize, Deserialize, Default, PartialEq)]
struct More {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    compare_at: Option<i64>,
    /// Promotion, amount, how it came about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    discounts: Vec<(i64, i64, DiscountOrigin)>,
    /// Tax, base, amount; only where there is not exactly one on the net.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tax: Vec<(i64, i64, i64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    origin: Option<DeliveryOrigin>,
}

/// Line, goods, ordered, unit price, price, tax, tax total.
#[derive(Deserialize)]
struct LineText(u32, i64, u32, i64, i64, i64, i64, #[serde(default)] More);

/// Method, rate, tax, tax total.
#[derive(Deserialize)]
struct DeliveryText(i64, i64, i64, i64, #[serde(default)] More);

/// Line, then the counters in the order of the table's comment.
#[derive(Deserialize)]
struct CountsText(
    u32,
    #[serde(default)] u32,
    #[serde(default)] u32,
    #[serde(default)] u32,
    #[serde(default)] u32,
    #[serde(default)] u32,
    #[serde(default)] u32,
    #[serde(default)] u32,
);

/// What an order rarely has.
#[derive(Serialize, Deserialize, Default)]
struct Extra {
    /// Promotion, coupon, amount.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    applied: Vec<(i64, Option<CouponCode>, i64)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refused: Vec<(i64, PromotionRefusal)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    coupons: Vec<RefusedCoupon>,
    /// The whole quote, where it does not fit the columns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    quote: Option<Quote>,
}

/// Gives words their number.
type Intern<'f> = &'f mut dyn FnMut(Frozen) -> Result<i64, Fault>;

/// Returns the columns of an order.
pub(super) fn encode(order: &Order, intern: Intern<'_>) -> Result<Columns, Fault> {
    let quote = &order.quote;
    let terms = intern(Frozen::Terms {
        channel: order.channel,
        currency: quote.currency,
        tax_inclusive: quote.tax_inclusive,
        rounding: quote.rounding,
        tax_per_order: quote.tax_rounding == TaxRounding::PerOrder,
        country: quote.country,
    })?;
    let plain = is_plain(order);
    let mut lines = String::with_capacity(2 + order.lines.len() * 32);
    for (index, line) in order.lines.iter().enumerate() {
        lines.push(if index == 0 { '[' } else { ',' });
        let priced = quote.lines.get(index).filter(|_| plain);
        write_line(&mut lines, line, priced, intern)?;
    }
    lines.push_str(if order.lines.is_empty() { "[]" } else { "]" });
    let extra = if plain {
        Extra {
            applied: quote
                .promotions_applied
                .iter()
                .map(|a| applied(a, intern))
                .collect::<Result<_, _>>()?,
            refused: quote
                .promotions_refused
                .iter()
                .map(|r| refused(r, intern))
                .collect::<Result<_, _>>()?,
            coupons: quote.coupons_refused.clone(),
            quote: None,
        }
    } else {
        Extra { quote: Some(quote.clone()), ..Extra::default() }
    };
    let is_empty = extra.applied.is_empty()
        && extra.refused.is_empty()
        && extra.coupons.is_empty()
        && extra.quote.is_none();
    let delivery =
        quote.delivery.as_ref().filter(|_| plain).map(|d| delivery_text(d, intern)).transpose()?;
    let extra = (!is_empty).then(|| serde_json::to_string(&extra)).transpose()?;
    Ok(Columns { terms, lines, counts: counts(order), delivery, extra })
}

fn write_line(
    out: &mut String,
    line: &OrderLine,
    priced: Option<&QuoteLine>,
    intern: Intern<'_>,
) -> Result<(), Fault> {
    let goods = intern(Frozen::Goods {
        variant: line.variant,
        product: line.product,
        sku: line.sku.clone(),
        title: line.title.clone(),
        tracks_stock: line.tracks_stock,
        requires_shipping: line.requires_shipping,
    })?;
    // Writing to a string cannot fail.
    let _ = write!(out, "[{},{goods},{}", line.line, line.ordered);
    let Some(priced) = priced else {
        out.push_str(",0,0,0,0]");
        return Ok(());
    };
    let QuoteLine { price_list: list, price_list_name: name, min_quantity, .. } = priced;
    let price =
        intern(Frozen::Price { list: *list, name: name.clone(), min_quantity: *min_quantity })?;
    let (tax, taxes) = tax_columns(&priced.tax, priced.net, priced.tax_total, intern)?;
    let more = More {
        compare_at: priced.compare_at.map(Money::minor),
        discounts: priced
            .discounts
            .iter()
            .map(|d| discount(d, intern))
            .collect::<Result<_, _>>()?,
        tax: taxes,
        origin: None,
    };
    let _ =
        write!(out, ",{},{price},{tax},{}", priced.unit_price.minor(), priced.tax_total.minor());
    write_more(out, &more)
}

fn delivery_text(delivery: &QuoteDelivery, intern: Intern<'_>) -> Result<String, Fault> {
    let QuoteDelivery { method, code, name, .. } = delivery;
    let key = intern(Frozen::Delivery { method: *method, code: code.clone(), name: name.clone() })?;
    let (tax, taxes) = tax_columns(&delivery.tax, delivery.net, delivery.tax_total, intern)?;
    let more = More {
        compare_at: None,
        discounts: delivery
            .discounts
            .iter()
            .map(|d| discount(d, intern))
            .collect::<Result<_, _>>()?,
        tax: taxes,
        origin: (delivery.origin != DeliveryOrigin::Flat).then_some(delivery.origin),
    };
    let mut out = format!("[{key},{},{tax},{}", delivery.rate.minor(), delivery.tax_total.minor());
    write_more(&mut out, &more)?;
    Ok(out)
}

fn write_more(out: &mut String, more: &More) -> Result<(), Fault> {
    if *more != More::default() {
        out.push(',');
        out.push_str(&serde_json::to_string(more)?);
    }
    out.push(']');
    Ok(())
}

/// Taxes of one line where they are not just one on the net: words, base and amount of each.
type TaxRows = Vec<(i64, i64, i64)>;

/// Returns the number of the one tax on the net, 0 for none; else 0 and all of them.
fn tax_columns(
    tax: &[TaxLine],
    net: Money,
    tax_total: Money,
    intern: Intern<'_>,
) -> Result<(i64, TaxRows), Fault> {
    match tax {
        [] => Ok((0, Vec::new())),
        [one] if one.base == net && one.amount == tax_total => {
            Ok((intern(tax_words(one))?, Vec::new()))
        }
        many => {
            let row =
                |tax: &TaxLine| Ok((intern(tax_words(tax))?, tax.base.minor(), tax.amount.minor()));
            Ok((0, many.iter().map(row).collect::<Result<_, Fault>>()?))
        }
    }
}

fn tax_words(tax: &TaxLine) -> Frozen {
    Frozen::Tax {
        name: tax.name.clone(),
        rate: tax.rate,
        category: tax.category.clone(),
        treatment: tax.treatment,
    }
}

fn discount(discount: &Discount, intern: Intern<'_>) -> Result<(i64, i64, DiscountOrigin), Fault> {
    let Discount { promotion, name, amount, origin } = discount;
    let key = intern(Frozen::Promotion { promotion: *promotion, name: name.clone() })?;
    Ok((key, amount.minor(), origin.clone()))
}

fn applied(
    applied: &AppliedPromotion,
    intern: Intern<'_>,
) -> Result<(i64, Option<CouponCode>, i64), Fault> {
    let AppliedPromotion { promotion, name, coupon, amount } = applied;
    let key = intern(Frozen::Promotion { promotion: *promotion, name: name.clone() })?;
    Ok((key, coupon.clone(), amount.minor()))
}

fn refused(
    refused: &RefusedPromotion,
    intern: Intern<'_>,
) -> Result<(i64, PromotionRefusal), Fault> {
    let RefusedPromotion { promotion, name, refusal } = refused;
    Ok((intern(Frozen::Promotion { promotion: *promotion, name: name.clone() })?, refusal.clone()))
}

/// The counters of lines in their column.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Counts {
    /// No line has any.
    None,
    /// Every line is promised in full, and nothing else happened: every order right after placement.
    Promised,
    /// Those of the lines that have any.
    Text(String),
}

/// How [`Counts::Promised`] stands in its column.
const PROMISED: i64 = 1;

impl ToSql for Counts {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Counts::None => Null.into(),
            Counts::Promised => PROMISED.into(),
            Counts::Text(text) => text.as_str().into(),
        })
    }
}

/// Returns the counters of the lines.
pub(super) fn counts(order: &Order) -> Counts {
    let counters = |line: &OrderLine| {
        let OrderLine {
            allocated,
            canceled,
            shipped,
            delivered,
            return_requested,
            returned,
            refunded,
            ..
        } = *line;
        [allocated, canceled, shipped, delivered, return_requested, returned, refunded]
    };
    let promised = |line: &OrderLine| counters(line) == [line.ordered, 0, 0, 0, 0, 0, 0];
    if !order.lines.is_empty() && order.lines.iter().all(promised) {
        return Counts::Promised;
    }
    let mut out = String::new();
    for line in &order.lines {
        let counters = counters(line);
        let Some(last) = counters.iter().rposition(|&counter| counter != 0) else { continue };
        out.push(if out.is_empty() { '[' } else { ',' });
        // Writing to a string cannot fail.
        let _ = write!(out, "[{}", line.line);
        for counter in counters.iter().take(last + 1) {
            let _ = write!(out, ",{counter}");
        }
        out.push(']');
    }
    if out.is_empty() {
        return Counts::None;
    }
    out.push(']');
    Counts::Text(out)
}

/// What a part comes to, from what is stored of it: discount total, net, total.
fn derived(
    quote: &Quote,
    before: Money,
    off: impl Iterator<Item = Money>,
    tax: Money,
) -> Option<(Money, Money, Money)> {
    derived_parts(quote.currency, quote.tax_inclusive, before, off, tax)
}

fn derived_parts(
    currency: Currency,
    tax_inclusive: bool,
    before: Money,
    off: impl Iterator<Item = Money>,
    tax: Money,
) -> Option<(Money, Money, Money)> {
    let off = Money::checked_sum(off, currency).ok()?;
    let left = before.checked_sub(off).ok()?;
    let (net, total) = if tax_inclusive {
        (left.checked_sub(tax).ok()?, left)
    } else {
        (left, left.checked_add(tax).ok()?)
    };
    Some((off, net, total))
}

/// Returns whether the columns say everything about the quote.
fn is_plain(order: &Order) -> bool {
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
        && quote
            .promotions_applied
            .iter()
            .all(|applied| applied.amount.currency() == quote.currency)
        && totals(quote.currency, &quote.lines, quote.delivery.as_ref()) == Some(quote.totals)
}

fn is_plain_line(quote: &Quote, line: &QuoteLine) -> bool {
    let mut amounts =
        line.compare_at.into_iter().chain(line.tax.iter().flat_map(|tax| [tax.base, tax.amount]));
    let off = line.discounts.iter().map(|discount| discount.amount);
    amounts.all(|amount| amount.currency() == quote.currency)
        && line.unit_price.checked_mul(line.quantity.get()) == Ok(line.subtotal)
        && derived(quote, line.subtotal, off, line.tax_total)
            == Some((line.discount_total, line.net, line.total))
}

fn is_plain_delivery(quote: &Quote, delivery: &QuoteDelivery) -> bool {
    let mut amounts = delivery.tax.iter().flat_map(|tax| [tax.base, tax.amount]);
    let off = delivery.discounts.iter().map(|discount| discount.amount);
    amounts.all(|amount| amount.currency() == quote.currency)
        && derived(quote, delivery.rate, off, delivery.tax_total)
            == Some((delivery.discount_total, delivery.net, delivery.total))
}

fn totals(
    currency: Currency,
    lines: &[QuoteLine],
    delivery: Option<&QuoteDelivery>,
) -> Option<Totals> {
    let sum = |of: fn(&QuoteLine) -> Money, more: Option<Money>| {
        Money::checked_sum(lines.iter().map(of).chain(more), currency).ok()
    };
    let delivery_total = match delivery {
        None => Money::zero(currency),
        Some(delivery) => delivery.rate.checked_sub(delivery.discount_total).ok()?,
    };
    Some(Totals {
        subtotal: sum(|line| line.subtotal, None)?,
        discount_total: sum(|line| line.discount_total, None)?,
        delivery_total,
        fee_total: Money::zero(currency),
        tax_total: sum(|line| line.tax_total, delivery.map(|delivery| delivery.tax_total))?,
        total: sum(|line| line.total, delivery.map(|delivery| delivery.total))?,
    })
}

/// Finds words by their number.
type Recall<'f> = &'f dyn Fn(i64) -> Result<Arc<Frozen>, Fault>;

/// How the amounts of one order are read.
struct Reader<'f> {
    currency: Currency,
    tax_inclusive: bool,
    recall: Recall<'f>,
}

/// Puts channel, quote and lines of an order together again.
pub(super) fn decode(
    columns: &FrozenColumns<'_>,
    recall: Recall<'_>,
) -> Result<(ChannelId, Quote, Vec<OrderLine>), Fault> {
    let terms = recall(columns.terms)?;
    let Frozen::Terms { channel, currency, tax_inclusive, rounding, tax_per_order, country } =
        *terms
    else {
        return Err(wrong_kind("terms"));
    };
    let reader = Reader { currency, tax_inclusive, recall };
    let stored: Vec<LineText> = serde_json::from_str(columns.lines)?;
    let extra: Extra = columns.extra.map(serde_json::from_str).transpose()?.unwrap_or_default();

    let mut lines = Vec::with_capacity(stored.len());
    let mut priced = Vec::with_capacity(if extra.quote.is_some() { 0 } else { stored.len() });
    for text in stored {
        let line = reader.order_line(&text)?;
        if extra.quote.is_none() {
            priced.push(reader.quote_line(text, &line)?);
        }
        lines.push(line);
    }
    match columns.counts {
        ValueRef::Null => {}
        ValueRef::Integer(PROMISED) => {
            lines.iter_mut().for_each(|line| line.allocated = line.ordered)
        }
        ValueRef::Text(text) => put_counts(&mut lines, text)?,
        _ => return Err(Fault::damaged("an order", "its counters cannot be read")),
    }
    if let Some(quote) = extra.quote {
        return Ok((channel, quote, lines));
    }
    let delivery = columns.delivery.map(|text| reader.delivery(text)).transpose()?;
    let totals = totals(currency, &priced, delivery.as_ref())
        .ok_or_else(|| Fault::damaged("an order", "its totals"))?;
    let quote = Quote {
        currency,
        tax_inclusive,
        rounding,
        tax_rounding: if tax_per_order { TaxRounding::PerOrder } else { TaxRounding::PerLine },
        country,
        lines: priced,
        delivery,
        totals,
        promotions_applied: extra
            .applied
            .into_iter()
            .map(|row| reader.applied(row))
            .collect::<Result<_, _>>()?,
        promotions_refused: extra
            .refused
            .into_iter()
            .map(|row| reader.refused(row))
            .collect::<Result<_, _>>()?,
        coupons_refused: extra.coupons,
        hash: columns.hash,
    };
    Ok((channel, quote, lines))
}

fn put_counts(lines: &mut [OrderLine], text: &[u8]) -> Result<(), Fault> {
    for counts in serde_json::from_slice::<Vec<CountsText>>(text)? {
        let CountsText(
            number,
            allocated,
            canceled,
            shipped,
            delivered,
            return_requested,
            returned,
            refunded,
        ) = counts;
        let line = lines.iter_mut().find(|line| line.line == number);
        let line = line.ok_or_else(|| {
            Fault::damaged("an order", format!("it counts line {number}, which it has not"))
        })?;
        line.allocated = allocated;
        line.canceled = canceled;
        line.shipped = shipped;
        line.delivered = delivered;
        line.return_requested = return_requested;
        line.returned = returned;
        line.refunded = refunded;
    }
    Ok(())
}

impl Reader<'_> {
    fn money(&self, minor: i64) -> Money {
        Money::from_minor(minor, self.currency)
    }

    fn order_line(&self, text: &LineText) -> Result<OrderLine, Fault> {
        let goods = (self.recall)(text.1)?;
        let Frozen::Goods { variant, product, sku, title, tracks_stock, requires_shipping } =
            &*goods
        else {
            return Err(wrong_kind("goods"));
        };
        Ok(OrderLine {
            line: text.0,
            variant: *variant,
            product: *product,
            sku: sku.clone(),
            title: title.clone(),
            tracks_stock: *tracks_stock,
            requires_shipping: *requires_shipping,
            ordered: text.2,
            canceled: 0,
            allocated: 0,
            shipped: 0,
            delivered: 0,
            return_requested: 0,
            returned: 0,
            refunded: 0,
        })
    }

    fn quote_line(&self, text: LineText, line: &OrderLine) -> Result<QuoteLine, Fault> {
        let LineText(number, _, ordered, unit_price, price, tax, tax_total, more) = text;
        let price = (self.recall)(price)?;
        let Frozen::Price { list, name, min_quantity } = &*price else {
            return Err(wrong_kind("a price"));
        };
        let (unit_price, tax_total) = (self.money(unit_price), self.money(tax_total));
        let quantity =
            Quantity::new(ordered).map_err(|error| Fault::damaged("an order line", error))?;
        let subtotal = unit_price
            .checked_mul(ordered)
            .map_err(|error| Fault::damaged("an order line", error))?;
        let discounts = self.discounts(more.discounts)?;
        let (discount_total, net, total) = self.parts(subtotal, &discounts, tax_total)?;
        Ok(QuoteLine {
            line: number,
            variant: line.variant,
            quantity,
            unit_price,
            compare_at: more.compare_at.map(|minor| self.money(minor)),
            price_list: *list,
            price_list_name: name.clone(),
            min_quantity: *min_quantity,
            subtotal,
            discounts,
            discount_total,
            tax: self.taxes(tax, more.tax, net, tax_total)?,
            net,
            tax_total,
            total,
        })
    }

    fn delivery(&self, text: &str) -> Result<QuoteDelivery, Fault> {
        let DeliveryText(key, rate, tax, tax_total, more) = serde_json::from_str(text)?;
        let words = (self.recall)(key)?;
        let Frozen::Delivery { method, code, name } = &*words else {
            return Err(wrong_kind("a delivery method"));
        };
        let (rate, tax_total) = (self.money(rate), self.money(tax_total));
        let discounts = self.discounts(more.discounts)?;
        let (discount_total, net, total) = self.parts(rate, &discounts, tax_total)?;
        Ok(QuoteDelivery {
            method: *method,
            code: code.clone(),
            name: name.clone(),
            rate,
            origin: more.origin.unwrap_or(DeliveryOrigin::Flat),
            discounts,
            discount_total,
            tax: self.taxes(tax, more.tax, net, tax_total)?,
            net,
            tax_total,
            total,
        })
    }

    fn parts(
        &self,
        before: Money,
        discounts: &[Discount],
        tax: Money,
    ) -> Result<(Money, Money, Money), Fault> {
        let off = discounts.iter().map(|discount| discount.amount);
        derived_parts(self.currency, self.tax_inclusive, before, off, tax)
            .ok_or_else(|| Fault::damaged("an order", "its amounts do not add up"))
    }

    fn discounts(&self, stored: Vec<(i64, i64, DiscountOrigin)>) -> Result<Vec<Discount>, Fault> {
        let read = |(key, minor, origin)| {
            let (promotion, name) = self.promotion(key)?;
            Ok(Discount { promotion, name, amount: self.money(minor), origin })
        };
        stored.into_iter().map(read).collect()
    }

    fn taxes(
        &self,
        one: i64,
        many: Vec<(i64, i64, i64)>,
        net: Money,
        total: Money,
    ) -> Result<Vec<TaxLine>, Fault> {
        if one != 0 {
            return Ok(vec![self.tax(one, net, total)?]);
        }
        many.into_iter()
            .map(|(key, base, amount)| self.tax(key, self.money(base), self.money(amount)))
            .collect()
    }

    fn tax(&self, key: i64, base: Money, amount: Money) -> Result<TaxLine, Fault> {
        let words = (self.recall)(key)?;
        let Frozen::Tax { name, rate, category, treatment } = &*words else {
            return Err(wrong_kind("a tax"));
        };
        Ok(TaxLine {
            name: name.clone(),
            rate: *rate,
            category: category.clone(),
            base,
            amount,
            treatment: *treatment,
        })
    }

    fn promotion(&self, key: i64) -> Result<(sutler_core::id::PromotionId, String), Fault> {
        let words = (self.recall)(key)?;
        let Frozen::Promotion { promotion, name } = &*words else {
            return Err(wrong_kind("a promotion"));
        };
        Ok((*promotion, name.clone()))
    }

    fn applied(
        &self,
        (key, coupon, minor): (i64, Option<CouponCode>, i64),
    ) -> Result<AppliedPromotion, Fault> {
        let (promotion, name) = self.promotion(key)?;
        Ok(AppliedPromotion { promotion, name, coupon, amount: self.money(minor) })
    }

    fn refused(&self, (key, refusal): (i64, PromotionRefusal)) -> Result<RefusedPromotion, Fault> {
        let (promotion, name) = self.promotion(key)?;
        Ok(RefusedPromotion { promotion, name, refusal })
    }
}
