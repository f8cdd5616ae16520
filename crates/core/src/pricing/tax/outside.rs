//! Tax from an outside engine: what it is asked, and what it answers.
//!
//! A quote is pure, so it cannot ask anybody. A flow makes the [`TaxRequest`] with [`tax_request`](crate::pricing::tax_request),
//! asks the [`TaxProvider`](crate::port::TaxProvider) outside of any transaction, and puts the [`TaxAnswer`] into the
//! [`PricingFacts`](crate::pricing::PricingFacts). The answer is bound to its request by a hash: when anything that was asked
//! about has changed since, the quote refuses it rather than use it for something else.
//!
//! Invariant: what comes back adds up as the shop's own tax does; an answer that cannot is refused.

use serde::{Deserialize, Serialize};

use super::taking::{Charge, How, Taxed};
use super::{BuyerTax, QuoteTax, TaxCategory, TaxLine, TaxRelief, TaxTreatment};
use crate::address::CountryCode;
use crate::catalog::Channel;
use crate::hash::{ContentHash, HashInput};
use crate::money::{Currency, Money, Rate};
use crate::pricing::{ChargeTax, Destination, PricingError};
use crate::time::Timestamp;

/// One amount that an outside engine is asked about.
///
/// ```
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest, tax_request};
/// # use sutler_core::time::Timestamp;
/// use sutler_core::pricing::TaxableCharge;
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let asked = tax_request(&request, &facts, Timestamp::from_millis(0))?;
/// let told = |charge: &TaxableCharge| (charge.label.clone(), charge.quantity, charge.amount.to_string());
/// assert_eq!(told(&asked.charges[0]), ("LAMP".to_owned(), 2, "214.20 EUR".to_owned()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaxableCharge {
    /// What it is for people: a line's SKU or title, `delivery`, or the code of a fee.
    pub label: String,
    /// What is charged after discounts, with tax in it when the request is tax-inclusive.
    pub amount: Money,
    /// How many units it is for.
    pub quantity: u32,
    /// How the shop would tax it.
    pub tax: ChargeTax,
    /// Whether the shop taxes it at all.
    pub taxable: bool,
}

/// What an outside engine is asked: the charges of one cart, after all discounts.
///
/// ```
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest, tax_request};
/// # use sutler_core::time::Timestamp;
/// use sutler_core::pricing::TaxRequest;
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let asked: TaxRequest = tax_request(&request, &facts, Timestamp::from_millis(0))?;
/// assert_eq!(asked.destination.to_string(), "DE 10115");
///
/// let later = TaxRequest { at: Timestamp::from_millis(1), ..asked.clone() };
/// let net = TaxRequest { tax_inclusive: false, ..asked.clone() };
/// assert_eq!(later.content(), asked.content());
/// assert_ne!(net.content(), asked.content());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaxRequest {
    /// Code of the channel.
    pub channel: String,
    /// The currency of all amounts.
    pub currency: Currency,
    /// Whether the amounts contain tax.
    pub tax_inclusive: bool,
    /// Where the goods go.
    pub destination: Destination,
    /// Where the shop is.
    pub home: Option<CountryCode>,
    /// What the buyer claims.
    pub buyer: BuyerTax,
    /// When; not part of what the answer is bound to.
    pub at: Timestamp,
    /// The lines in the order of the cart, then the delivery if one is chosen, then the fees.
    pub charges: Vec<TaxableCharge>,
}

/// Tax on one charge, as an outside engine says.
///
/// ```
/// use sutler_core::money::{Currency, Money, Rate};
/// use sutler_core::pricing::{AnsweredTax, TaxCategory, TaxTreatment};
///
/// let tax = AnsweredTax {
///     name: "CA state tax".into(),
///     rate: Rate::percent("7.25")?,
///     category: TaxCategory::new("P0000000")?,
///     amount: Money::parse("7.25", Currency::USD)?,
///     treatment: TaxTreatment::Standard,
/// };
/// assert_eq!(tax.rate.to_string(), "7.25 %");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AnsweredTax {
    /// Name on invoices: `CA state tax`.
    pub name: String,
    /// The rate, for people; the amount is what is charged.
    pub rate: Rate,
    /// What the engine calls this kind of goods.
    pub category: TaxCategory,
    /// The tax. Never negative.
    pub amount: Money,
    /// Why.
    pub treatment: TaxTreatment,
}

/// What an outside engine answers.
///
/// ```
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest, quote, tax_request};
/// # use sutler_core::time::Timestamp;
/// use sutler_core::pricing::{TaxAnswer, TaxRelief};
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let now = Timestamp::from_millis(0);
/// let answer = TaxAnswer {
///     provider: "engine".into(),
///     request: tax_request(&request, &facts, now)?.content(),
///     charges: vec![],
///     relief: Some(TaxRelief::Exempt { reason: "embassy".into() }),
/// };
/// # let mut facts = facts;
/// facts.tax_answer = Some(answer);
/// // It leaves out the charges that it was asked about.
/// assert_eq!(quote(&request, &facts, now).map_err(|e| e.code()), Err("tax.bad_answer"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TaxAnswer {
    /// Name of the engine.
    pub provider: String,
    /// What it answers: [`TaxRequest::content`].
    pub request: ContentHash,
    /// The taxes of each charge of the request, in its order. A charge without any is outside of tax.
    pub charges: Vec<Vec<AnsweredTax>>,
    /// Why the buyer pays no tax, when the engine says so.
    pub relief: Option<TaxRelief>,
}

impl TaxRequest {
    /// Returns the hash of what the answer depends on.
    pub fn content(&self) -> ContentHash {
        let mut input = HashInput::new("sutler tax request 1");
        input.text(&self.channel).text(self.currency.code()).number(i64::from(self.tax_inclusive));
        input.text(&self.destination.to_string());
        input.optional_text(self.home.as_ref().map(CountryCode::as_str));
        input.optional_text(self.buyer.vat_id.as_ref().map(super::VatId::as_str));
        input.optional_text(self.buyer.exemption.as_deref());
        input.number(i64::try_from(self.charges.len()).unwrap_or(i64::MAX));
        for charge in &self.charges {
            input.text(&charge.label).number(charge.amount.minor());
            input.number(i64::from(charge.quantity)).number(i64::from(charge.taxable));
            input.text(match &charge.tax {
                ChargeTax::Untaxed => "-untaxed",
                ChargeTax::AsGoods => "-as goods",
                ChargeTax::Category(category) => category.as_str(),
            });
        }
        input.finish()
    }
}

impl TaxAnswer {
    /// Puts the answer in the place of the shop's own tax.
    pub(super) fn apply(
        &self,
        channel: &Channel,
        charges: &[Charge<'_>],
        terms: &mut QuoteTax,
    ) -> Result<Vec<Taxed>, PricingError> {
        let refuse = |why| PricingError::TaxAnswer { provider: self.provider.clone(), why };
        if self.charges.len() != charges.len() {
            return Err(refuse("it answers for another number of charges"));
        }
        terms.provider = Some(self.provider.clone());
        terms.relief = self.relief.clone();
        terms.refused = None;
        let taxed = charges.iter().zip(&self.charges).map(|(charge, taxes)| {
            if taxes
                .iter()
                .any(|tax| tax.amount.is_negative() || tax.amount.currency() != channel.currency)
            {
                return Err(refuse("it has a tax below zero or in another currency"));
            }
            if taxes.is_empty() && matches!(charge.how, How::Goods(kind) if kind.taxable) {
                return Err(refuse("it leaves out goods that are taxed"));
            }
            let mut taxed = Taxed::nothing(channel);
            taxed.tax_total =
                Money::checked_sum(taxes.iter().map(|tax| tax.amount), channel.currency)?;
            taxed.net = match channel.tax_inclusive {
                true => charge.amount.checked_sub(taxed.tax_total)?,
                false => charge.amount,
            };
            if taxed.net.is_negative() {
                return Err(refuse("it has more tax than the price"));
            }
            taxed.total = taxed.net.checked_add(taxed.tax_total)?;
            let line = |tax: &AnsweredTax| TaxLine {
                name: tax.name.as_str().into(),
                rate: tax.rate,
                category: tax.category.clone(),
                base: taxed.net,
                amount: tax.amount,
                treatment: tax.treatment,
                level: 0,
                relieved: None,
            };
            taxed.tax = taxes.iter().map(line).collect();
            Ok(taxed)
        });
        taxed.collect()
    }
}
