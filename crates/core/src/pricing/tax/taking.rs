//! Taking tax on what is left after discounts.
//!
//! The tax on one amount is formed with the sum of the rates of a level, rounded once, and only then split over the rates,
//! so that two rates of 4 % never differ from one of 8 %. Levels go one after the other, because each stands on the tax of
//! the lower ones as it was rounded: from the net upwards where tax is added to prices; where prices contain it, from the
//! top downwards, each level taking out what it contained. With [`TaxRounding::PerOrder`] a level is formed once per
//! category for the whole order, delivery and fees included, and split over the parts.
//!
//! A delivery or fee that is taxed like the goods is split over the kinds of goods by what they cost, and each part is
//! taxed as that kind. Goods that are all free count alike.
//!
//! Invariant: in a tax-inclusive channel `net + tax == gross` for every charge, because the net is what is left.

use super::rate::{Level, RatesNow};
use super::{QuoteTax, TaxCategory, TaxLine, TaxRelief, TaxTreatment, TaxZone};
use crate::catalog::{Channel, TaxRounding};
use crate::money::{Money, Rate};
use crate::pricing::{ChargeTax, Destination, PricingError, TaxAnswer, TaxRate};
use crate::shared::SharedText;
use crate::time::Timestamp;

/// One amount that may be taxed: a line after discounts, the delivery, or a fee.
#[derive(Clone, Copy, Debug)]
pub(in crate::pricing) struct Charge<'a> {
    /// What is charged, with tax in it when the channel is tax-inclusive. Never negative.
    pub(in crate::pricing) amount: Money,
    /// How it is taxed.
    pub(in crate::pricing) how: How<'a>,
}

/// How a [`Charge`] is taxed.
#[derive(Clone, Copy, Debug)]
pub(in crate::pricing) enum How<'a> {
    /// As goods of a kind.
    Goods(Kind<'a>),
    /// As the delivery or a fee says.
    Beside(&'a ChargeTax),
}

/// A kind of goods, and whether goods of this kind are taxed here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::pricing) struct Kind<'a> {
    /// The category.
    pub(in crate::pricing) category: &'a TaxCategory,
    /// Whether it is taxed.
    pub(in crate::pricing) taxable: bool,
}

/// A [`Charge`] with its tax.
#[derive(Clone, Debug)]
pub(in crate::pricing) struct Taxed {
    /// One for each rate and kind of goods.
    pub(in crate::pricing) tax: Vec<TaxLine>,
    /// The amount without tax.
    pub(in crate::pricing) net: Money,
    /// The sum of the tax.
    pub(in crate::pricing) tax_total: Money,
    /// What the buyer pays.
    pub(in crate::pricing) total: Money,
}

/// A part of a charge that is taxed as one kind of goods.
#[derive(Clone, Copy)]
struct Part<'a> {
    charge: usize,
    amount: Money,
    /// `None`: outside of tax, with no tax line at all.
    kind: Option<Kind<'a>>,
}

/// The tax rules of one place at one moment.
#[derive(Clone, Copy)]
pub(in crate::pricing) struct Place<'a> {
    /// How the channel counts and rounds.
    pub(in crate::pricing) channel: &'a Channel,
    /// All zones.
    pub(in crate::pricing) zones: &'a [TaxZone],
    /// All rates.
    pub(in crate::pricing) rates: &'a [TaxRate],
    /// What an outside engine answered, which then holds instead of zones and rates.
    pub(in crate::pricing) answer: Option<&'a TaxAnswer>,
    /// Where the goods go.
    pub(in crate::pricing) destination: &'a Destination,
    /// When.
    pub(in crate::pricing) now: Timestamp,
}

impl<'a> Place<'a> {
    /// Returns each charge with its tax, in the order given, and writes the zone into `terms`.
    ///
    /// Errors: [`PricingError::NoTaxZone`], [`PricingError::NoTaxRate`], [`PricingError::AmbiguousTaxRate`], and
    /// [`PricingError::TaxAnswer`] for an answer that does not fit.
    pub(in crate::pricing) fn tax(
        &self,
        charges: &[Charge<'a>],
        terms: &mut QuoteTax,
    ) -> Result<Vec<Taxed>, PricingError> {
        if let Some(answer) = self.answer {
            return answer.apply(self.channel, charges, terms);
        }
        let parts = parts(charges)?;
        // A buyer who pays no tax on prices without tax needs no rate: there is nothing to take out.
        let rates_matter = terms.relief.is_none() || self.channel.tax_inclusive;
        let groups = if rates_matter { self.groups(&parts, terms)? } else { Vec::new() };
        let group_of = |part: &Part<'_>| {
            let kind = part.kind.filter(|kind| kind.taxable)?;
            groups.iter().position(|group| group.category == kind.category)
        };
        let mut taxed: Vec<Taxed> = charges.iter().map(|_| Taxed::nothing(self.channel)).collect();
        match self.channel.tax_rounding {
            TaxRounding::PerLine => {
                let mut taxes = Vec::new();
                for part in &parts {
                    let group = group_of(part).and_then(|group| groups.get(group));
                    taxes.clear();
                    if let Some(group) = group {
                        self.take_alone(&group.levels, part.amount, &mut taxes)?;
                    }
                    let taxed = &mut taxed[part.charge];
                    self.finish(part, &taxes, group, terms.relief.as_ref(), taxed)?;
                }
            }
            TaxRounding::PerOrder => {
                let members: Vec<Option<usize>> = parts.iter().map(group_of).collect();
                // The tax of each part, level by level.
                let mut taxes: Vec<Vec<Money>> = vec![Vec::new(); parts.len()];
                for (nr, group) in groups.iter().enumerate() {
                    let amounts: Vec<(usize, Money)> = parts
                        .iter()
                        .enumerate()
                        .zip(&members)
                        .filter(|(_, member)| **member == Some(nr))
                        .map(|((index, part), _)| (index, part.amount))
                        .collect();
                    self.take(&group.levels, &amounts, &mut taxes)?;
                }
                for ((part, taxes), group) in parts.iter().zip(&taxes).zip(members) {
                    let group = group.and_then(|group| groups.get(group));
                    let taxed = &mut taxed[part.charge];
                    self.finish(part, taxes, group, terms.relief.as_ref(), taxed)?;
                }
            }
        }
        Ok(taxed)
    }

    /// Collects the rates of every category that is charged.
    fn groups(
        &self,
        parts: &[Part<'a>],
        terms: &mut QuoteTax,
    ) -> Result<Vec<RatesNow<'a>>, PricingError> {
        let mut groups: Vec<RatesNow<'a>> = Vec::new();
        let mut zone = None;
        for kind in parts.iter().filter_map(|part| part.kind).filter(|kind| kind.taxable) {
            if groups.iter().any(|group| group.category == kind.category) {
                continue;
            }
            let zone = match zone {
                Some(zone) => zone,
                None => *zone.insert(
                    TaxZone::for_destination(self.zones, self.destination)
                        .ok_or(PricingError::NoTaxZone { country: self.destination.country })?,
                ),
            };
            groups.push(RatesNow::collect(zone, kind.category, self.rates, self.now)?);
        }
        terms.zone = zone.map(|zone| zone.name.clone());
        Ok(groups)
    }

    /// Forms the tax of each level once on the sum of some parts, and splits it over them.
    ///
    /// Where prices contain tax, the highest level is taken out first, and the lists end up in that order; they are turned
    /// around, so that the lowest level is always first.
    fn take(
        &self,
        levels: &[Level<'_>],
        parts: &[(usize, Money)],
        taxes: &mut [Vec<Money>],
    ) -> Result<(), PricingError> {
        let inclusive = self.channel.tax_inclusive;
        let mut rest: Vec<Money> = parts.iter().map(|(_, amount)| *amount).collect();
        for nr in 0..levels.len() {
            let whole = Money::checked_sum(rest.iter().copied(), self.channel.currency)?;
            let shares = split(self.tax_of_level(levels, nr, whole)?, &rest)?;
            for (((part, _), rest), tax) in parts.iter().zip(&mut rest).zip(shares) {
                *rest = if inclusive { rest.checked_sub(tax)? } else { rest.checked_add(tax)? };
                taxes[*part].push(tax);
            }
        }
        if inclusive {
            parts.iter().for_each(|(part, _)| taxes[*part].reverse());
        }
        Ok(())
    }

    /// Forms the tax of each level on one amount, lowest level first.
    fn take_alone(
        &self,
        levels: &[Level<'_>],
        amount: Money,
        taxes: &mut Vec<Money>,
    ) -> Result<(), PricingError> {
        let inclusive = self.channel.tax_inclusive;
        let mut rest = amount;
        for nr in 0..levels.len() {
            let tax = self.tax_of_level(levels, nr, rest)?;
            rest = if inclusive { rest.checked_sub(tax)? } else { rest.checked_add(tax)? };
            taxes.push(tax);
        }
        if inclusive {
            taxes.reverse();
        }
        Ok(())
    }

    /// Returns the tax of the level whose turn it is: from the net upwards, or from the gross downwards.
    fn tax_of_level(
        &self,
        levels: &[Level<'_>],
        turn: usize,
        amount: Money,
    ) -> Result<Money, PricingError> {
        let rounding = self.channel.rounding;
        Ok(match self.channel.tax_inclusive {
            true => amount.tax_within(levels[levels.len() - 1 - turn].combined, rounding)?,
            false => amount.at_rate(levels[turn].combined, rounding)?,
        })
    }

    /// Puts the tax of one part into words and adds it to its charge.
    fn finish(
        &self,
        part: &Part<'_>,
        taxes: &[Money],
        group: Option<&RatesNow<'_>>,
        relief: Option<&TaxRelief>,
        taxed: &mut Taxed,
    ) -> Result<(), PricingError> {
        let tax = Money::checked_sum(taxes.iter().copied(), self.channel.currency)?;
        let net =
            if self.channel.tax_inclusive { part.amount.checked_sub(tax)? } else { part.amount };
        let mut paid = tax;
        match (group, part.kind) {
            (Some(group), _) => {
                let rates = group.levels.iter().map(|level| level.rates.len()).sum();
                taxed.tax.reserve_exact(rates);
                let mut base = net;
                for (level, tax) in group.levels.iter().zip(taxes) {
                    taxed.level(level, base, *tax, relief)?;
                    base = base.checked_add(*tax)?;
                }
                if relief.is_some() {
                    paid = Money::zero(self.channel.currency);
                }
            }
            (None, Some(kind)) => taxed.tax.push(untaxed(kind, net, relief)),
            (None, None) => {}
        }
        taxed.net = taxed.net.checked_add(net)?;
        taxed.tax_total = taxed.tax_total.checked_add(paid)?;
        taxed.total = taxed.net.checked_add(taxed.tax_total)?;
        Ok(())
    }
}

impl Taxed {
    pub(super) fn nothing(channel: &Channel) -> Taxed {
        let zero = Money::zero(channel.currency);
        Taxed { tax: Vec::new(), net: zero, tax_total: zero, total: zero }
    }

    /// Splits the tax of one level over its rates. A buyer who pays none gets the tax back that the price contained.
    fn level(
        &mut self,
        level: &Level<'_>,
        base: Money,
        tax: Money,
        relief: Option<&TaxRelief>,
    ) -> Result<(), PricingError> {
        if let [rate] = level.rates.as_slice() {
            self.tax.push(tax_line(rate, base, tax, relief));
            return Ok(());
        }
        let amounts = match level.combined.is_zero() {
            true => vec![tax; level.rates.len()],
            false => tax.split(&Rate::weights(level.rates.iter().map(|(rate, _)| rate.rate))?)?,
        };
        let named = level.rates.iter().zip(amounts);
        self.tax.extend(named.map(|(rate, amount)| tax_line(rate, base, amount, relief)));
        Ok(())
    }
}

fn tax_line(
    (rate, name): &(&TaxRate, SharedText),
    base: Money,
    amount: Money,
    relief: Option<&TaxRelief>,
) -> TaxLine {
    TaxLine {
        name: name.clone(),
        rate: rate.rate,
        category: rate.category.clone(),
        base,
        amount: if relief.is_some() { Money::zero(amount.currency()) } else { amount },
        treatment: match relief {
            Some(relief) => relief.treatment(),
            None if rate.rate.is_zero() => TaxTreatment::Zero,
            None => TaxTreatment::Standard,
        },
        level: rate.level,
        relieved: relief.is_some().then_some(amount),
    }
}

/// Returns the tax line of something on which no rate is taken.
fn untaxed(kind: Kind<'_>, net: Money, relief: Option<&TaxRelief>) -> TaxLine {
    let treatment =
        relief.filter(|_| kind.taxable).map_or(TaxTreatment::Exempt, TaxRelief::treatment);
    let name = if treatment == TaxTreatment::ReverseCharge { "reverse charge" } else { "exempt" };
    TaxLine {
        name: name.into(),
        rate: Rate::ZERO,
        category: kind.category.clone(),
        base: net,
        amount: Money::zero(net.currency()),
        treatment,
        level: 0,
        relieved: None,
    }
}

/// Cuts charges into parts that are taxed as one kind of goods each.
fn parts<'a>(charges: &[Charge<'a>]) -> Result<Vec<Part<'a>>, PricingError> {
    let mut parts = Vec::with_capacity(charges.len());
    for (charge, Charge { amount, how }) in charges.iter().enumerate() {
        let kind = match how {
            How::Goods(kind) => Some(*kind),
            How::Beside(ChargeTax::Category(category)) => Some(Kind { category, taxable: true }),
            How::Beside(ChargeTax::Untaxed) => None,
            How::Beside(ChargeTax::AsGoods) => {
                parts.extend(as_goods(charge, *amount, charges)?);
                continue;
            }
        };
        parts.push(Part { charge, amount: *amount, kind });
    }
    Ok(parts)
}

/// Splits a charge over the kinds of goods, in the order in which they first appear, by what they cost.
fn as_goods<'a>(
    charge: usize,
    amount: Money,
    charges: &[Charge<'a>],
) -> Result<Vec<Part<'a>>, PricingError> {
    let mut kinds: Vec<(Kind<'a>, Money)> = Vec::new();
    for goods in charges {
        let How::Goods(kind) = goods.how else { continue };
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, sum)) => *sum = sum.checked_add(goods.amount)?,
            None => kinds.push((kind, goods.amount)),
        }
    }
    if kinds.is_empty() {
        return Ok(vec![Part { charge, amount, kind: None }]);
    }
    let weights: Vec<Money> = kinds.iter().map(|(_, sum)| *sum).collect();
    let parts = kinds.into_iter().zip(split(amount, &weights)?);
    // A kind that gets nothing is left out, unless there is nothing to get at all.
    let parts = parts.filter(|(_, part)| !part.is_zero() || amount.is_zero());
    Ok(parts.map(|((kind, _), amount)| Part { charge, amount, kind: Some(kind) }).collect())
}

/// Splits an amount in proportion to others; those that are all zero count alike.
fn split(amount: Money, by: &[Money]) -> Result<Vec<Money>, PricingError> {
    if let [_] = by {
        return Ok(vec![amount]);
    }
    let mut weights: Vec<u64> = by.iter().map(|part| part.minor().unsigned_abs()).collect();
    if weights.iter().all(|weight| *weight == 0) {
        weights.fill(1);
    }
    if weights.is_empty() { Ok(Vec::new()) } else { Ok(amount.split(&weights)?) }
}
