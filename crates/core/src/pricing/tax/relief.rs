//! When a buyer does not pay the tax: an exemption, or the reverse charge between member states of the European Union.
//!
//! The reverse charge is decided by [`reverse_charge`] alone: a business with a valid number of another member state than
//! the shop's, and goods that go to another member state than the shop's. Whoever claims and does not get it is told why.
//!
//! Where prices contain tax, the tax that a private buyer there would pay is taken out of the price: it stands in
//! [`TaxLine::relieved`](super::TaxLine::relieved), so that what is paid and what was taken out add up to the price.
//!
//! Deliberately absent: whether an exemption is justified. A person or program of the shop says that it is, and why.

use serde::{Deserialize, Serialize};

use super::{TaxTreatment, VatId, is_in_eu};
use crate::address::CountryCode;

/// What is known of a buyer, as far as tax depends on it. The default is a private buyer.
///
/// ```
/// use sutler_core::pricing::{BuyerTax, VatId};
///
/// let business = BuyerTax { vat_id: Some(VatId::new("ATU13585627")?), exemption: None };
/// assert!(!business.is_private());
/// assert!(BuyerTax::default().is_private());
/// # Ok::<(), sutler_core::pricing::VatIdError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct BuyerTax {
    /// The number of a business.
    pub vat_id: Option<VatId>,
    /// Why the buyer pays no tax at all, in words: `resale certificate 4711`.
    pub exemption: Option<String>,
}

/// Why a quote is without tax.
///
/// ```
/// use sutler_core::pricing::{TaxRelief, TaxTreatment};
///
/// let relief = TaxRelief::Exempt { reason: "resale certificate 4711".into() };
/// assert_eq!(relief.treatment(), TaxTreatment::Exempt);
/// assert_eq!(relief.to_string(), "the buyer is exempt: resale certificate 4711");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum TaxRelief {
    /// The shop said that the buyer pays none.
    Exempt {
        /// Why.
        reason: String,
    },
    /// The buyer owes the tax in the country of its number.
    ///
    /// Source: 2006/112/EC, Art. 138(1) with Art. 200 for goods, Art. 196 for services.
    ReverseCharge {
        /// The buyer's number.
        vat_id: VatId,
        /// Where the goods go.
        to: CountryCode,
        /// Where the shop is.
        home: CountryCode,
    },
}

impl TaxRelief {
    /// Returns how the tax lines of the quote are treated.
    pub const fn treatment(&self) -> TaxTreatment {
        match self {
            TaxRelief::Exempt { .. } => TaxTreatment::Exempt,
            TaxRelief::ReverseCharge { .. } => TaxTreatment::ReverseCharge,
        }
    }
}

impl std::fmt::Display for TaxRelief {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TaxRelief::Exempt { reason } => write!(f, "the buyer is exempt: {reason}"),
            TaxRelief::ReverseCharge { vat_id, to, home } => write!(
                f,
                "reverse charge: the goods go from {home} to {to}, and the business {vat_id} owes the tax there \
                 (2006/112/EC, Art. 138 and 196)"
            ),
        }
    }
}

/// Why a VAT id did not turn the charge around.
///
/// ```
/// use sutler_core::pricing::{ReverseChargeRefusal, VatId, reverse_charge};
///
/// let refusal = reverse_charge(None, &VatId::new("ATU13585627")?, "AT".parse()?);
/// assert_eq!(refusal, Err(ReverseChargeRefusal::HomeUnknown));
/// let home = "DE".parse()?;
/// assert_eq!(
///     ReverseChargeRefusal::GoodsStay { home }.to_string(),
///     "the goods stay in DE, the shop's own country"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReverseChargeRefusal {
    /// Nobody said where the shop is.
    #[error("the shop does not say which country it is in")]
    HomeUnknown,
    /// The shop is outside of the European Union.
    #[error("the shop is in {home}, outside of the EU")]
    HomeOutside {
        /// Where the shop is.
        home: CountryCode,
    },
    /// The number was given by the shop's own country.
    #[error("it was given by {home}, the shop's own country")]
    SameCountry {
        /// Where the shop is.
        home: CountryCode,
    },
    /// The goods stay in the shop's country.
    #[error("the goods stay in {home}, the shop's own country")]
    GoodsStay {
        /// Where the shop is.
        home: CountryCode,
    },
    /// The goods leave the European Union, or never were in it.
    #[error("the goods go to {to}, outside of the EU")]
    GoodsOutside {
        /// Where the goods go.
        to: CountryCode,
    },
}

/// Decides whether the buyer owes the tax instead of the shop.
///
/// Source: 2006/112/EC, Art. 138(1): the goods go to another member state than that of the shop, to a business that is
/// known to the tax office of another member state than that of the shop. The two need not be the same.
///
/// Errors: [`ReverseChargeRefusal`], when the shop charges the tax as always.
///
/// ```
/// use sutler_core::pricing::{ReverseChargeRefusal, VatId, reverse_charge};
///
/// let (at, de, fr) = ("AT".parse()?, "DE".parse()?, "FR".parse()?);
/// let buyer = VatId::new("ATU13585627")?;
/// assert_eq!(reverse_charge(Some(de), &buyer, at), Ok(()));
/// assert_eq!(reverse_charge(Some(de), &buyer, fr), Ok(()));
/// assert_eq!(reverse_charge(Some(at), &buyer, fr), Err(ReverseChargeRefusal::SameCountry { home: at }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn reverse_charge(
    home: Option<CountryCode>,
    buyer: &VatId,
    to: CountryCode,
) -> Result<(), ReverseChargeRefusal> {
    let home = home.ok_or(ReverseChargeRefusal::HomeUnknown)?;
    match () {
        () if !is_in_eu(home) => Err(ReverseChargeRefusal::HomeOutside { home }),
        () if buyer.country() == home => Err(ReverseChargeRefusal::SameCountry { home }),
        () if to == home => Err(ReverseChargeRefusal::GoodsStay { home }),
        () if !is_in_eu(to) => Err(ReverseChargeRefusal::GoodsOutside { to }),
        () => Ok(()),
    }
}

impl BuyerTax {
    /// Tells whether nothing is claimed.
    pub fn is_private(&self) -> bool {
        *self == BuyerTax::default()
    }

    /// Decides whether the buyer is spared the tax, and says why a VAT id did not help. An exemption goes first.
    pub(in crate::pricing) fn decide(
        &self,
        home: Option<CountryCode>,
        to: CountryCode,
    ) -> (Option<TaxRelief>, Option<(VatId, ReverseChargeRefusal)>) {
        if let Some(reason) = &self.exemption {
            return (Some(TaxRelief::Exempt { reason: reason.clone() }), None);
        }
        let Some(vat_id) = &self.vat_id else { return (None, None) };
        match (reverse_charge(home, vat_id, to), home) {
            (Ok(()), Some(home)) => {
                (Some(TaxRelief::ReverseCharge { vat_id: vat_id.clone(), to, home }), None)
            }
            (Err(refusal), _) => (None, Some((vat_id.clone(), refusal))),
            (Ok(()), None) => (None, None),
        }
    }
}

/// Under which rules of tax a quote was made.
///
/// ```
/// use sutler_core::pricing::{BuyerTax, PricingFacts, QuoteRequest, QuoteTax, VatId, quote};
/// # use sutler_core::time::Timestamp;
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (mut request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// request.buyer_tax.vat_id = Some(VatId::new("ATU13585627")?);
/// let tax: QuoteTax = quote(&request, &facts, Timestamp::from_millis(0))?.tax;
/// // The goods stay in the country of the shop, so the number changes nothing, and the quote says why.
/// assert!(tax.relief.is_none() && tax.refused.is_some());
/// assert!(tax.answers(&request.buyer_tax) && !tax.answers(&BuyerTax::default()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct QuoteTax {
    /// Name of the zone whose rates were taken; `None` when none was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Name of the outside engine that answered instead of the shop's zones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Why the buyer pays no tax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relief: Option<TaxRelief>,
    /// The buyer's VAT id that changed nothing, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<(VatId, ReverseChargeRefusal)>,
}

impl QuoteTax {
    /// Tells whether this is what a buyer with such claims is quoted.
    pub fn answers(&self, buyer: &BuyerTax) -> bool {
        let claimed = match (&self.relief, &self.refused) {
            (Some(TaxRelief::Exempt { reason }), _) => {
                return buyer.exemption.as_ref() == Some(reason);
            }
            (Some(TaxRelief::ReverseCharge { vat_id, .. }), _) | (None, Some((vat_id, _))) => {
                Some(vat_id)
            }
            (None, None) => None,
        };
        buyer.exemption.is_none() && buyer.vat_id.as_ref() == claimed
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    #[test]
    fn the_reverse_charge_needs_two_other_member_states() {
        for (home, id, to, outcome) in [
            ("DE", "ATU13585627", "AT", "charged there"),
            ("DE", "ATU13585627", "FR", "charged there"),
            ("DE", "EL094259216", "GR", "charged there"),
            ("-", "ATU13585627", "AT", "home_unknown"),
            ("GB", "ATU13585627", "AT", "home_outside"),
            ("CH", "ATU13585627", "AT", "home_outside"),
            ("AT", "ATU13585627", "DE", "same_country"),
            ("GR", "EL094259216", "DE", "same_country"),
            ("DE", "ATU13585627", "DE", "goods_stay"),
            ("DE", "ATU13585627", "CH", "goods_outside"),
        ] {
            let buyer = VatId::new(id).unwrap();
            let told = match reverse_charge(home.parse().ok(), &buyer, to.parse().unwrap()) {
                Ok(()) => "charged there",
                Err(ReverseChargeRefusal::HomeUnknown) => "home_unknown",
                Err(ReverseChargeRefusal::HomeOutside { .. }) => "home_outside",
                Err(ReverseChargeRefusal::SameCountry { .. }) => "same_country",
                Err(ReverseChargeRefusal::GoodsStay { .. }) => "goods_stay",
                Err(ReverseChargeRefusal::GoodsOutside { .. }) => "goods_outside",
            };
            assert_eq!(told, outcome, "{home} {id} {to}");
        }
    }

    #[test]
    fn a_quote_knows_whose_claims_it_answers() {
        let business =
            BuyerTax { vat_id: Some(VatId::new("ATU13585627").unwrap()), exemption: None };
        let exempt = BuyerTax { exemption: Some("embassy".to_owned()), ..business.clone() };
        let all = [BuyerTax::default(), business, exempt];
        for home in ["DE", "AT"] {
            for (nr, buyer) in all.iter().enumerate() {
                let (relief, refused) = buyer.decide(home.parse().ok(), "AT".parse().unwrap());
                let tax = QuoteTax { relief, refused, ..QuoteTax::default() };
                for (other_nr, other) in all.iter().enumerate() {
                    assert_eq!(tax.answers(other), nr == other_nr, "{home} {buyer:?} {other:?}");
                }
            }
        }
    }
}
