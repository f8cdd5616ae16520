//! Taking tax on what is left after discounts.
//!
//! The tax on one amount is formed with the sum of its rates, rounded once, and only then split over the rates, so
//! that two rates of 4 % never differ from one of 8 %. With [`TaxRounding::PerOrder`] it is formed once per category
//! for the whole order, delivery included, and split over the lines.
//!
//! Invariant: in a tax-inclusive channel `net + tax == gross` for every charge, because the net is what is left.

use super::tax::RatesNow;
use super::{PricingError, TaxCategory, TaxLine, TaxRate, TaxTreatment, TaxZone};
use crate::address::CountryCode;
use crate::catalog::{Channel, TaxRounding};
use crate::money::{Money, Rate};
use crate::time::Timestamp;

/// One amount that may be taxed: a line after discounts, or the delivery.
#[derive(Clone, Copy, Debug)]
pub(super) struct Charge<'a> {
    /// What is charged, with tax in it when the channel is tax-inclusive. Never negative.
    pub(super) amount: Money,
    /// The kind of goods; `None`: outside of tax, with no tax line at all.
    pub(super) category: Option<&'a TaxCategory>,
    /// Whether goods of this kind are taxed.
    pub(super) taxable: bool,
}

/// A [`Charge`] with its tax.
#[derive(Clone, Debug)]
pub(super) struct Taxed {
    /// One for each rate.
    pub(super) tax: Vec<TaxLine>,
    /// The amount without tax.
    pub(super) net: Money,
    /// The sum of the tax.
    pub(super) tax_total: Money,
    /// The amount with tax.
    pub(super) total: Money,
}

/// The tax rules of one place at one moment.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// How the channel counts and rounds.
    pub(super) channel: &'a Channel,
    /// All zones.
    pub(super) zones: &'a [TaxZone],
    /// All rates.
    pub(super) rates: &'a [TaxRate],
    /// Where the goods go.
    pub(super) country: CountryCode,
    /// When.
    pub(super) now: Timestamp,
}

impl<'a> Place<'a> {
    /// Returns each charge with its tax, in the order given.
    ///
    /// Errors: [`PricingError::NoTaxZone`], [`PricingError::NoTaxRate`], [`PricingError::AmbiguousTaxRate`].
    pub(super) fn tax(&self, charges: &[Charge<'a>]) -> Result<Vec<Taxed>, PricingError> {
        let groups = self.groups(charges)?;
        let group_of = |charge: &Charge<'_>| {
            let category = charge.category.filter(|_| charge.taxable)?;
            groups.iter().position(|group| group.category == category)
        };
        let taxes = match self.channel.tax_rounding {
            TaxRounding::PerLine => {
                let tax = |charge: &Charge<'_>| match group_of(charge) {
                    Some(group) => self.tax_on(charge.amount, groups[group].combined),
                    None => Ok(Money::zero(charge.amount.currency())),
                };
                charges.iter().map(tax).collect::<Result<Vec<_>, _>>()?
            }
            TaxRounding::PerOrder => {
                let mut taxes: Vec<_> =
                    charges.iter().map(|c| Money::zero(c.amount.currency())).collect();
                for (index, group) in groups.iter().enumerate() {
                    let member = |c: &Charge<'_>| group_of(c) == Some(index);
                    self.tax_group(charges, member, group.combined, &mut taxes)?;
                }
                taxes
            }
        };
        let with_tax = |(charge, tax): (&Charge<'_>, Money)| {
            self.finish(charge, tax, group_of(charge).map(|group| &groups[group]))
        };
        charges.iter().zip(taxes).map(with_tax).collect()
    }

    /// Collects the rates of every category that is charged.
    fn groups(&self, charges: &[Charge<'a>]) -> Result<Vec<RatesNow<'a>>, PricingError> {
        let mut groups: Vec<RatesNow<'a>> = Vec::new();
        let mut zone = None;
        for category in
            charges.iter().filter(|charge| charge.taxable).filter_map(|charge| charge.category)
        {
            if groups.iter().any(|group| group.category == category) {
                continue;
            }
            let zone = match zone {
                Some(zone) => zone,
                None => *zone.insert(
                    TaxZone::for_country(self.zones, self.country)
                        .ok_or(PricingError::NoTaxZone { country: self.country })?,
                ),
            };
            groups.push(RatesNow::collect(zone, category, self.rates, self.now)?);
        }
        Ok(groups)
    }

    /// Rounds the tax of one category once and splits it over its charges.
    fn tax_group(
        &self,
        charges: &[Charge<'_>],
        member: impl Fn(&Charge<'_>) -> bool,
        rate: Rate,
        taxes: &mut [Money],
    ) -> Result<(), PricingError> {
        // Those outside of the group weigh nothing, so the parts stay in the order of the charges.
        let weigh = |charge| if member(charge) { charge.amount.minor().unsigned_abs() } else { 0 };
        let weights: Vec<u64> = charges.iter().map(weigh).collect();
        let amounts = charges.iter().filter(|charge| member(charge)).map(|charge| charge.amount);
        let whole = Money::checked_sum(amounts, self.channel.currency)?;
        if whole.is_zero() {
            return Ok(());
        }
        let parts = self.tax_on(whole, rate)?.split(&weights)?;
        for ((tax, part), charge) in taxes.iter_mut().zip(parts).zip(charges) {
            if member(charge) {
                *tax = part;
            }
        }
        Ok(())
    }

    /// Returns the tax on, or within, one amount.
    fn tax_on(&self, amount: Money, rate: Rate) -> Result<Money, PricingError> {
        let rounding = self.channel.rounding;
        Ok(match self.channel.tax_inclusive {
            true => amount.tax_within(rate, rounding)?,
            false => amount.at_rate(rate, rounding)?,
        })
    }

    /// Puts the tax of one charge into words and splits it over the rates.
    fn finish(
        &self,
        charge: &Charge<'_>,
        tax_total: Money,
        group: Option<&RatesNow<'_>>,
    ) -> Result<Taxed, PricingError> {
        let (net, total) = match self.channel.tax_inclusive {
            true => (charge.amount.checked_sub(tax_total)?, charge.amount),
            false => (charge.amount, charge.amount.checked_add(tax_total)?),
        };
        let tax = match (group, charge.category) {
            (Some(group), _) => tax_lines(group, net, tax_total)?,
            (None, Some(category)) => vec![TaxLine {
                name: "exempt".to_owned(),
                rate: Rate::ZERO,
                category: category.clone(),
                base: net,
                amount: tax_total,
                treatment: TaxTreatment::Exempt,
            }],
            (None, None) => Vec::new(),
        };
        Ok(Taxed { tax, net, tax_total, total })
    }
}

/// Splits the tax of one charge over its rates.
fn tax_lines(group: &RatesNow<'_>, net: Money, tax: Money) -> Result<Vec<TaxLine>, PricingError> {
    let line = |rate: &TaxRate, amount| TaxLine {
        name: rate.name.clone(),
        rate: rate.rate,
        category: rate.category.clone(),
        base: net,
        amount,
        treatment: if rate.rate.is_zero() { TaxTreatment::Zero } else { TaxTreatment::Standard },
    };
    if let [rate] = group.rates.as_slice() {
        return Ok(vec![line(rate, tax)]);
    }
    let amounts = match group.combined.is_zero() {
        true => vec![tax; group.rates.len()],
        false => tax.split(&Rate::weights(group.rates.iter().map(|rate| rate.rate))?)?,
    };
    Ok(group.rates.iter().zip(amounts).map(|(rate, amount)| line(rate, amount)).collect())
}
