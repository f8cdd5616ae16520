//! Writing the quote and the lines of an order into columns; see `codec`.

use std::fmt::Write as _;
use std::sync::Arc;

use sutler_core::catalog::TaxRounding;
use sutler_core::money::Money;
use sutler_core::order::{Order, OrderLine};
use sutler_core::pricing::{
    AppliedPromotion, DeliveryOrigin, Discount, PromotionRefusal, QuoteDelivery, QuoteFee,
    QuoteLine, RefusedPromotion, TaxLine,
};

use super::codec::{AppliedText, Columns, DiscountText, Extra, FeeText, More, TaxRow, is_plain};
use super::counts::counts;
use crate::error::Fault;
use crate::frozen::Frozen;

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
        zone: quote.tax.zone.clone(),
        provider: quote.tax.provider.clone(),
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
            combination: quote.combination,
            fees: quote.fees.iter().map(|f| fee_text(f, intern)).collect::<Result<_, _>>()?,
            relief: quote.tax.relief.clone(),
            vat_id: quote.tax.refused.clone(),
            quote: None,
        }
    } else {
        Extra { quote: Some(quote.clone()), ..Extra::default() }
    };
    let is_empty = extra.applied.is_empty()
        && extra.refused.is_empty()
        && extra.coupons.is_empty()
        && extra.combination.is_none()
        && extra.fees.is_empty()
        && extra.relief.is_none()
        && extra.vat_id.is_none()
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
        ..More::default()
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
        surcharges: delivery
            .surcharges
            .iter()
            .map(|s| (s.name.clone(), s.times, s.amount.minor()))
            .collect(),
        origin: (delivery.origin != DeliveryOrigin::Flat).then_some(delivery.origin),
    };
    let mut out = format!("[{key},{},{tax},{}", delivery.rate.minor(), delivery.tax_total.minor());
    write_more(&mut out, &more)?;
    Ok(out)
}

fn fee_text(fee: &QuoteFee, intern: Intern<'_>) -> Result<FeeText, Fault> {
    let words = Frozen::Fee { fee: fee.fee, code: fee.code.clone(), name: fee.name.clone() };
    let key = intern(words)?;
    let (tax, taxes) = tax_columns(&fee.tax, fee.net, fee.tax_total, intern)?;
    let more = More { tax: taxes, ..More::default() };
    Ok(FeeText(key, fee.amount.minor(), fee.origin, tax, fee.tax_total.minor(), more))
}

fn write_more(out: &mut String, more: &More) -> Result<(), Fault> {
    if *more != More::default() {
        out.push(',');
        out.push_str(&serde_json::to_string(more)?);
    }
    out.push(']');
    Ok(())
}

/// Returns the number of the one tax on the net, 0 for none; else 0 and all of them.
fn tax_columns(
    tax: &[TaxLine],
    net: Money,
    tax_total: Money,
    intern: Intern<'_>,
) -> Result<(i64, Vec<TaxRow>), Fault> {
    match tax {
        [] => Ok((0, Vec::new())),
        [one] if one.base == net && one.amount == tax_total && one.relieved.is_none() => {
            Ok((intern(tax_words(one))?, Vec::new()))
        }
        many => {
            let row = |tax: &TaxLine| {
                let relieved = tax.relieved.map(Money::minor);
                Ok(TaxRow(intern(tax_words(tax))?, tax.base.minor(), tax.amount.minor(), relieved))
            };
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
        level: tax.level,
    }
}

fn discount(discount: &Discount, intern: Intern<'_>) -> Result<DiscountText, Fault> {
    let Discount { promotion, name, amount, origin, span } = discount;
    let key = intern(Frozen::Promotion { promotion: *promotion, name: name.clone() })?;
    let span = span.map(|span| (span.first, span.units, span.cost.minor()));
    Ok(DiscountText(key, amount.minor(), Arc::clone(origin), span))
}

fn applied(applied: &AppliedPromotion, intern: Intern<'_>) -> Result<AppliedText, Fault> {
    let AppliedPromotion { promotion, name, coupon, amount, units } = applied;
    let key = intern(Frozen::Promotion { promotion: *promotion, name: name.clone() })?;
    Ok(AppliedText(key, coupon.clone(), amount.minor(), *units))
}

fn refused(
    refused: &RefusedPromotion,
    intern: Intern<'_>,
) -> Result<(i64, PromotionRefusal), Fault> {
    let RefusedPromotion { promotion, name, refusal } = refused;
    Ok((intern(Frozen::Promotion { promotion: *promotion, name: name.clone() })?, refusal.clone()))
}
