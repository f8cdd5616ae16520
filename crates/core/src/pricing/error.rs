//! Why a cart cannot be priced, or a rule of pricing is refused.

use super::{CouponCode, DeliveryRefusal, PromotionRefusal, TaxCategory, VatIdError};
use crate::address::CountryCode;
use crate::money::{Currency, MoneyError};

/// Why pricing said no. It is an answer, not a failure: the same question gives the same answer.
///
/// [`code`](PricingError::code) is stable and part of the public contract; the sentence may be reworded.
///
/// ```
/// use sutler_core::pricing::{CouponCode, PricingError};
///
/// let unknown = PricingError::UnknownCoupon { code: CouponCode::new("sprnig")? };
/// assert_eq!(unknown.code(), "coupon.unknown");
/// assert_eq!(unknown.to_string(), "coupon SPRNIG is not known; check its spelling");
/// # Ok::<(), PricingError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PricingError {
    /// No price list that applies has a price for a line.
    #[error(
        "line {line}: {label} has no {currency} price for {quantity} in channel {channel}; set a price in a list that \
         applies there"
    )]
    NoPrice {
        /// Line of the cart.
        line: u32,
        /// SKU or id of the variant.
        label: String,
        /// Units wanted.
        quantity: u32,
        /// Currency of the channel.
        currency: Currency,
        /// Code of the channel.
        channel: String,
    },
    /// The facts know nothing of a variant.
    #[error("line {line}: {variant} is not in the catalog; take the line out of the cart")]
    UnknownVariant {
        /// Line of the cart.
        line: u32,
        /// The variant.
        variant: crate::id::VariantId,
    },
    /// A variant is in the catalog but not on sale.
    #[error("line {line}: {label} is not on sale; take the line out of the cart")]
    NotSellable {
        /// Line of the cart.
        line: u32,
        /// SKU or id of the variant.
        label: String,
    },
    /// A stored amount is not in the currency it stands under.
    #[error("{what} is in {found}, but {wanted} is needed; set it again in {wanted}")]
    MixedCurrency {
        /// Which amount.
        what: String,
        /// Its currency.
        found: Currency,
        /// The currency it should have.
        wanted: Currency,
    },
    /// No tax zone covers the place the goods go to.
    #[error(
        "no tax zone covers {country}; add {country} to a tax zone, or a zone without countries for everywhere"
    )]
    NoTaxZone {
        /// Where the goods go.
        country: CountryCode,
    },
    /// The zone has no rate for a category. A missing rate is never read as zero.
    #[error("tax zone {zone} has no {category} rate now; add one, with 0 % if nothing is due")]
    NoTaxRate {
        /// Name of the zone.
        zone: String,
        /// The category.
        category: TaxCategory,
    },
    /// Two rates of one name hold at once: one of them would be charged twice.
    #[error("tax zone {zone} has the {category} rate {name:?} twice at this time; end one of them")]
    AmbiguousTaxRate {
        /// Name of the zone.
        zone: String,
        /// The category.
        category: TaxCategory,
        /// Name of both rates.
        name: String,
    },
    /// What an outside tax engine answered cannot be used.
    #[error("the tax engine {provider} gave an answer that cannot be used: {why}; ask it again")]
    TaxAnswer {
        /// Name of the engine.
        provider: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A text is not a VAT id.
    #[error(transparent)]
    VatId(#[from] VatIdError),
    /// No delivery method has this code.
    #[error("there is no delivery method {code:?}; {}", choices(known))]
    UnknownDelivery {
        /// What was asked for.
        code: String,
        /// The codes there are, in alphabetical order.
        known: Vec<String>,
    },
    /// A delivery method cannot take this cart.
    #[error("delivery method {code} cannot be used: {reason}")]
    DeliveryNotAvailable {
        /// Code of the method.
        code: String,
        /// Why.
        reason: DeliveryRefusal,
    },
    /// No promotion knows a coupon code.
    #[error("coupon {code} is not known; check its spelling")]
    UnknownCoupon {
        /// The code.
        code: CouponCode,
    },
    /// A promotion knows the coupon code but does not apply.
    #[error("coupon {code} ({promotion}) does not apply: {reason}")]
    CouponNotApplicable {
        /// The code.
        code: CouponCode,
        /// Name of its promotion.
        promotion: String,
        /// Why.
        reason: Box<PromotionRefusal>,
    },
    /// The promotion of a coupon code has been used as often as it may.
    #[error("coupon {code} ({promotion}) has been used up: {reason}")]
    CouponUsedUp {
        /// The code.
        code: CouponCode,
        /// Name of its promotion.
        promotion: String,
        /// Which limit was reached.
        reason: Box<PromotionRefusal>,
    },
    /// A rule of pricing contradicts itself and is not stored.
    #[error("{noun} {name:?} {why}")]
    InvalidRule {
        /// Which kind of record: `price`, `promotion`, ….
        noun: &'static str,
        /// Its name.
        name: String,
        /// What is wrong and what would be right.
        why: &'static str,
    },
    /// An amount is too large.
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// Says what to choose instead.
fn choices(known: &[String]) -> String {
    if known.is_empty() {
        return "the shop delivers by none yet; add one".to_owned();
    }
    let known: Vec<String> = known.iter().map(|code| format!("`{code}`")).collect();
    format!("choose {}", known.join(" or "))
}

impl PricingError {
    /// Returns the stable, machine-readable code. Append-only, like a wire format.
    pub fn code(&self) -> &'static str {
        match self {
            PricingError::NoPrice { .. } => "price.missing",
            PricingError::UnknownVariant { .. } => "price.unknown_variant",
            PricingError::NotSellable { .. } => "price.not_sellable",
            PricingError::MixedCurrency { .. } => "price.mixed_currency",
            PricingError::NoTaxZone { .. } => "tax.no_zone",
            PricingError::NoTaxRate { .. } => "tax.no_rate",
            PricingError::AmbiguousTaxRate { .. } => "tax.ambiguous_rate",
            PricingError::TaxAnswer { .. } => "tax.bad_answer",
            PricingError::VatId(problem) => problem.code(),
            PricingError::UnknownDelivery { .. } => "delivery.unknown",
            PricingError::DeliveryNotAvailable { .. } => "delivery.not_available",
            PricingError::UnknownCoupon { .. } => "coupon.unknown",
            PricingError::CouponNotApplicable { .. } => "coupon.not_applicable",
            PricingError::CouponUsedUp { .. } => "coupon.used_up",
            PricingError::InvalidRule { .. } => "pricing.invalid_rule",
            PricingError::Money(problem) => problem.code(),
        }
    }
}
