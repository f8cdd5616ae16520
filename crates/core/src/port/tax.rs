//! The outside engine that says what tax is due, for shops that do not keep their own zones and rates.

use crate::pricing::{TaxAnswer, TaxRequest};

/// An outside engine that says what tax is due.
///
/// A flow asks it for every quote, outside of any transaction, and its answer is frozen in the quote. It need not answer the
/// same twice, but a quote whose tax has moved since the buyer saw it is refused as `quote.changed`, so an engine that
/// wavers sells nothing. Calls block and may be slow.
///
/// An answer names each charge's taxes in the order of the request, and
/// [`TaxRequest::content`](crate::pricing::TaxRequest::content) as what it answers.
///
/// ```
/// use sutler_core::money::{Rate, Rounding};
/// use sutler_core::port::{TaxProvider, TaxProviderError};
/// use sutler_core::pricing::{AnsweredTax, TaxAnswer, TaxCategory, TaxRequest, TaxTreatment};
///
/// /// Ten per cent on everything that is sold to Japan; the shop's own zones everywhere else.
/// struct TenPerCent;
///
/// impl TaxProvider for TenPerCent {
///     fn name(&self) -> &str {
///         "ten"
///     }
///
///     fn tax(&self, request: &TaxRequest) -> Result<Option<TaxAnswer>, TaxProviderError> {
///         if request.destination.country.as_str() != "JP" || request.tax_inclusive {
///             return Ok(None);
///         }
///         let unanswerable = |e| TaxProviderError { reason: format!("{e}") };
///         let rate = Rate::percent("10").map_err(unanswerable)?;
///         let mut charges = Vec::new();
///         for charge in &request.charges {
///             let amount = charge.amount.at_rate(rate, Rounding::TowardZero).map_err(unanswerable)?;
///             let (name, category) = ("JCT".to_owned(), TaxCategory::standard());
///             let treatment = TaxTreatment::Standard;
///             charges.push(vec![AnsweredTax { name, rate, category, amount, treatment }]);
///         }
///         let (provider, request) = (self.name().to_owned(), request.content());
///         Ok(Some(TaxAnswer { provider, request, charges, relief: None }))
///     }
/// }
/// # let _: &dyn TaxProvider = &TenPerCent;
/// ```
pub trait TaxProvider: Send + Sync {
    /// Its name in quotes and traces.
    fn name(&self) -> &str;

    /// Says what tax is due; `None` when the shop's own zones and rates are to hold.
    ///
    /// Errors: [`TaxProviderError`], when it cannot say. Then nothing is quoted or sold: tax is never guessed.
    fn tax(&self, request: &TaxRequest) -> Result<Option<TaxAnswer>, TaxProviderError>;
}

/// An outside tax engine did not answer.
///
/// ```
/// use sutler_core::port::TaxProviderError;
///
/// let down = TaxProviderError { reason: "no answer within two seconds".to_owned() };
/// assert_eq!(down.to_string(), "no answer within two seconds");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{reason}")]
pub struct TaxProviderError {
    /// What went wrong.
    pub reason: String,
}
