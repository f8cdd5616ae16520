//! Reading the quote and the lines of an order from columns; see `codec`.
//!
//! Most orders hold nothing but whole numbers in their JSON. Those are read by a few lines of code of their own, six times
//! faster; whatever they do not know is left to serde, which reads it or says what is wrong.

use serde::Deserialize;
use sutler_core::address::{Address, CountryCode, Region};
use sutler_core::catalog::TaxRounding;
use sutler_core::id::{ChannelId, PromotionId};
use sutler_core::money::{Currency, Money};
use sutler_core::order::OrderLine;
use sutler_core::pricing::{
    AppliedPromotion, DeliveryOrigin, Discount, PromotionRefusal, Quote, QuoteDelivery, QuoteFee,
    QuoteLine, QuoteTax, RefusedPromotion, Surcharge, TaxLine, Totals, UnitSpan,
};
use sutler_core::quantity::Quantity;
use sutler_core::shared::SharedText;

use super::codec::{
    AppliedText, DeliveryText, DiscountText, Extra, FeeText, FrozenColumns, LineText, More, TaxRow,
    derived_parts,
};
use super::counts::put_counts;
use crate::error::Fault;
use crate::frozen::{Frozen, wrong_kind};
use crate::shelf::Shelved;

/// Finds words by their number.
pub(super) type Recall<'f> = &'f dyn Fn(i64) -> Result<Shelved<'f, Frozen>, Fault>;

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
    let Frozen::Terms {
        channel,
        currency,
        tax_inclusive,
        rounding,
        tax_per_order,
        country,
        ref zone,
        ref provider,
    } = *terms
    else {
        return Err(wrong_kind("terms"));
    };
    let reader = Reader { currency, tax_inclusive, recall };
    let stored = match plain_lines(columns.lines) {
        Some(stored) => stored,
        None => serde_json::from_str(columns.lines)?,
    };
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
    put_counts(&mut lines, columns.counts)?;
    if let Some(quote) = extra.quote {
        return Ok((channel, quote, lines));
    }
    let delivery = columns.delivery.map(|text| reader.delivery(text)).transpose()?;
    let fees: Vec<QuoteFee> =
        extra.fees.into_iter().map(|fee| reader.fee(fee)).collect::<Result<_, _>>()?;
    let totals = Totals::add_up(&priced, delivery.as_ref(), &fees, currency)
        .map_err(|_| Fault::damaged("an order", "its totals"))?;
    let quote = Quote {
        currency,
        tax_inclusive,
        rounding,
        tax_rounding: if tax_per_order { TaxRounding::PerOrder } else { TaxRounding::PerLine },
        country,
        tax: QuoteTax {
            zone: zone.clone(),
            provider: provider.clone(),
            relief: extra.relief,
            refused: extra.vat_id,
        },
        lines: priced,
        delivery,
        fees,
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
        combination: extra.combination,
        hash: columns.hash,
    };
    Ok((channel, quote, lines))
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
        let (discount_total, net, total) =
            self.parts(subtotal, &discounts, tax_total, &more.tax)?;
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
        let DeliveryText(key, rate, tax, tax_total, more) = match plain_delivery(text) {
            Some(stored) => stored,
            None => serde_json::from_str(text)?,
        };
        let words = (self.recall)(key)?;
        let Frozen::Delivery { method, code, name } = &*words else {
            return Err(wrong_kind("a delivery method"));
        };
        let (rate, tax_total) = (self.money(rate), self.money(tax_total));
        let discounts = self.discounts(more.discounts)?;
        let (discount_total, net, total) = self.parts(rate, &discounts, tax_total, &more.tax)?;
        let surcharge = |(name, times, minor)| Surcharge { name, times, amount: self.money(minor) };
        Ok(QuoteDelivery {
            method: *method,
            code: code.clone(),
            name: name.clone(),
            rate,
            origin: more.origin.unwrap_or(DeliveryOrigin::Flat),
            surcharges: more.surcharges.into_iter().map(surcharge).collect(),
            discounts,
            discount_total,
            tax: self.taxes(tax, more.tax, net, tax_total)?,
            net,
            tax_total,
            total,
        })
    }

    fn fee(&self, text: FeeText) -> Result<QuoteFee, Fault> {
        let FeeText(key, amount, origin, tax, tax_total, more) = text;
        let words = (self.recall)(key)?;
        let Frozen::Fee { fee, code, name } = &*words else {
            return Err(wrong_kind("a fee"));
        };
        let (amount, tax_total) = (self.money(amount), self.money(tax_total));
        let (_, net, total) = self.parts(amount, &[], tax_total, &more.tax)?;
        Ok(QuoteFee {
            fee: *fee,
            code: code.clone(),
            name: name.clone(),
            amount,
            origin,
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
        taxes: &[TaxRow],
    ) -> Result<(Money, Money, Money), Fault> {
        let off = discounts.iter().map(|discount| discount.amount);
        let relieved = taxes.iter().filter_map(|tax| tax.3).map(|minor| self.money(minor));
        Money::checked_sum(relieved, self.currency)
            .ok()
            .and_then(|relieved| {
                derived_parts(self.currency, self.tax_inclusive, before, off, tax, relieved)
            })
            .ok_or_else(|| Fault::damaged("an order", "its amounts do not add up"))
    }

    fn discounts(&self, stored: Vec<DiscountText>) -> Result<Vec<Discount>, Fault> {
        let read = |DiscountText(key, minor, origin, span)| {
            let (promotion, name) = self.promotion(key)?;
            let span = span.map(|(first, units, cost)| {
                let cost = self.money(cost);
                UnitSpan { first, units, cost }
            });
            Ok(Discount { promotion, name, amount: self.money(minor), origin, span })
        };
        stored.into_iter().map(read).collect()
    }

    fn taxes(
        &self,
        one: i64,
        many: Vec<TaxRow>,
        net: Money,
        total: Money,
    ) -> Result<Vec<TaxLine>, Fault> {
        if one != 0 {
            return Ok(vec![self.tax(one, net, total, None)?]);
        }
        many.into_iter()
            .map(|TaxRow(key, base, amount, relieved)| {
                self.tax(key, self.money(base), self.money(amount), relieved)
            })
            .collect()
    }

    fn tax(
        &self,
        key: i64,
        base: Money,
        amount: Money,
        relieved: Option<i64>,
    ) -> Result<TaxLine, Fault> {
        let words = (self.recall)(key)?;
        let Frozen::Tax { name, rate, category, treatment, level } = &*words else {
            return Err(wrong_kind("a tax"));
        };
        Ok(TaxLine {
            name: name.clone(),
            rate: *rate,
            category: category.clone(),
            base,
            amount,
            treatment: *treatment,
            level: *level,
            relieved: relieved.map(|minor| self.money(minor)),
        })
    }

    fn promotion(&self, key: i64) -> Result<(PromotionId, SharedText), Fault> {
        let words = (self.recall)(key)?;
        let Frozen::Promotion { promotion, name } = &*words else {
            return Err(wrong_kind("a promotion"));
        };
        Ok((*promotion, name.clone()))
    }

    fn applied(
        &self,
        AppliedText(key, coupon, minor, units): AppliedText,
    ) -> Result<AppliedPromotion, Fault> {
        let (promotion, name) = self.promotion(key)?;
        Ok(AppliedPromotion { promotion, name, coupon, amount: self.money(minor), units })
    }

    fn refused(&self, (key, refusal): (i64, PromotionRefusal)) -> Result<RefusedPromotion, Fault> {
        let (promotion, name) = self.promotion(key)?;
        Ok(RefusedPromotion { promotion, name, refusal })
    }
}

/// Whole numbers and brackets, without blanks.
struct Digits<'t>(&'t [u8]);

impl Digits<'_> {
    fn eat(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    fn number(&mut self) -> Option<i64> {
        let length = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) =
            self.0.split_at_checked(length).filter(|_| (1..=18).contains(&length))?;
        self.0 = rest;
        Some(digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0')))
    }

    /// Reads `[1,2,3]`.
    fn row<const N: usize>(&mut self) -> Option<[i64; N]> {
        let mut numbers = [0; N];
        for (index, number) in numbers.iter_mut().enumerate() {
            self.eat(if index == 0 { b'[' } else { b',' })?;
            *number = self.number()?;
        }
        self.eat(b']')?;
        Some(numbers)
    }
}

/// Reads lines that hold nothing but whole numbers.
fn plain_lines(text: &str) -> Option<Vec<LineText>> {
    let mut digits = Digits(text.as_bytes());
    let mut lines = Vec::with_capacity(text.len() / 16 + 1);
    digits.eat(b'[')?;
    loop {
        let [line, goods, ordered, unit_price, price, tax, tax_total] = digits.row()?;
        let (line, ordered) = (u32::try_from(line).ok()?, u32::try_from(ordered).ok()?);
        let more = More::default();
        lines.push(LineText(line, goods, ordered, unit_price, price, tax, tax_total, more));
        if digits.eat(b',').is_none() {
            digits.eat(b']')?;
            return digits.0.is_empty().then_some(lines);
        }
    }
}

/// Reads a delivery that holds nothing but whole numbers.
fn plain_delivery(text: &str) -> Option<DeliveryText> {
    let mut digits = Digits(text.as_bytes());
    let [method, rate, tax, tax_total] = digits.row()?;
    digits.0.is_empty().then(|| DeliveryText(method, rate, tax, tax_total, More::default()))
}

/// Name, street, postal code, city, country, region.
#[derive(Deserialize)]
struct AddressText(String, String, String, String, CountryCode, #[serde(default)] Option<Region>);

/// Reads name, street, postal code, city, country and perhaps a region.
pub(super) fn address(text: &str) -> Result<Address, Fault> {
    // Without a backslash, quotation marks stand around the parts only: every second piece is one.
    if !text.as_bytes().contains(&b'\\') {
        let mut pieces = text.split('"');
        let mut part = |before: &str| (pieces.next()? == before).then(|| pieces.next())?;
        let parts = (part("["), part(","), part(","), part(","), part(","));
        if let (Some(name), Some(street), Some(postal_code), Some(city), Some(country)) = parts
            && (pieces.next(), pieces.next()) == (Some("]"), None)
            && let Ok(country) = country.parse()
        {
            let owned = str::to_owned;
            let [name, street, postal_code, city] = [name, street, postal_code, city].map(owned);
            return Ok(Address { name, street, postal_code, city, country, region: None });
        }
    }
    let AddressText(name, street, postal_code, city, country, region) = serde_json::from_str(text)?;
    Ok(Address { name, street, postal_code, city, country, region })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_reads_what_serde_reads_and_nothing_else() {
        let all = |text: &str| {
            let fields = |l: &LineText| (l.0, l.1, l.2, l.3, l.4, l.5, l.6);
            plain_lines(text).map(|lines| lines.iter().map(fields).collect::<Vec<_>>())
        };
        let text = "[[1,5,2,1999,3,4,638],[7,123456,1,0,3,0,0]]";
        let by_serde: Vec<LineText> = serde_json::from_str(text).unwrap();
        let expected: Vec<_> =
            by_serde.iter().map(|l| (l.0, l.1, l.2, l.3, l.4, l.5, l.6)).collect();
        assert_eq!(all(text), Some(expected));
        for other in [
            "[]",
            "[[1,5,2,1999,3,4,638,{}]]",
            "[[1,5,2,1999,3,4]]",
            "[[1, 5,2,1999,3,4,638]]",
            "[[1,5,2,-1,3,4,638]]",
            "[[1,5,2,1999,3,4,638]] ",
            "[[1,5,2,1999999999999999999,3,4,638]]",
            "[[4294967296,5,2,1999,3,4,638]]",
        ] {
            assert_eq!(all(other), None, "{other}");
        }
    }

    #[test]
    fn addresses_survive_whatever_they_hold() {
        for parts in [
            ["Ada", "St 1", "10115", "Berlin", "DE"],
            ["Ada \"the\" L", "a\",\"b", "", "\\", "DE"],
            ["Zoë\n", "[\"", "\"]", "東京", "JP"],
        ] {
            let [name, street, postal_code, city, country] = parts.map(str::to_owned);
            let country = country.parse().unwrap();
            let mut expected = Address { name, street, postal_code, city, country, region: None };
            let text = serde_json::to_string(&parts).unwrap();
            assert_eq!(address(&text).unwrap(), expected, "{text}");
            let [a, b, c, d, e] = parts;
            let text = serde_json::to_string(&[a, b, c, d, e, "CA"]).unwrap();
            expected.region = Some("CA".parse().unwrap());
            assert_eq!(address(&text).unwrap(), expected, "{text}");
        }
        for broken in [
            "[\"a\",\"b\"]",
            "[\"a\",\"b\",\"c\",\"d\",\"DE\",\"f\"]",
            "[\"a\",\"b\",\"c\",\"d\",\"DE\",\"CA\",\"g\"]",
            "[\"a\",\"b\",\"c\",\"d\",\"DE\"",
        ] {
            assert!(address(broken).is_err(), "{broken}");
        }
    }
}
