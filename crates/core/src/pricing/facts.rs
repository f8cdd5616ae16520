//! [`PricingFacts`]: everything about the shop that a quote may look at.

use serde::{Deserialize, Serialize};

use super::{
    CouponCode, DeliveryMethod, Fee, LaneMode, Price, PriceList, Promotion, PromotionUses,
    TaxAnswer, TaxCategory, TaxRate, TaxZone,
};
use crate::address::CountryCode;
use crate::catalog::{Attribute, Channel, Dimensions, Sku};
use crate::id::{CategoryId, CollectionId, CouponBatchId, ProductId, PromotionId, VariantId};
use crate::shared::Shared;

/// What a quote needs to know of one variant.
///
/// Units: grams.
///
/// ```
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest};
/// use sutler_core::pricing::VariantFacts;
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let lamp: &VariantFacts = &facts.variants[0];
/// assert_eq!(lamp.label(), "LAMP");
/// let unlabeled = VariantFacts { sku: None, ..lamp.clone() };
/// assert_eq!(unlabeled.label(), lamp.variant.to_string());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VariantFacts {
    /// Identity.
    pub variant: VariantId,
    /// Its product.
    pub product: ProductId,
    /// Title for people, options included.
    pub title: String,
    /// The merchant's label.
    pub sku: Option<Sku>,
    /// The categories of its product, all ancestors included.
    pub categories: Vec<CategoryId>,
    /// The collections that its product is in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<CollectionId>,
    /// The typed facts about its product.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<Attribute>,
    /// What kind of goods it is, for tax.
    pub tax_category: TaxCategory,
    /// Whether it is taxed at all.
    pub taxable: bool,
    /// Whether it is sent to the buyer.
    pub requires_shipping: bool,
    /// Weight of one packed unit; `None` when unknown.
    pub weight_grams: Option<u32>,
    /// Outer size of one packed unit; `None` when unknown.
    pub dimensions: Option<Dimensions>,
    /// Whether it is dangerous to carry.
    pub dangerous_goods: bool,
    /// Whether it may be bought now in this channel.
    pub sellable: bool,
}

impl VariantFacts {
    /// Returns what people would call it: its SKU, else its id.
    pub fn label(&self) -> String {
        self.sku.as_ref().map_or_else(|| self.variant.to_string(), ToString::to_string)
    }
}

/// An entered code that was made in a batch.
///
/// ```
/// use sutler_core::id::CouponBatchId;
/// use sutler_core::pricing::{BatchCoupon, CouponCode};
///
/// let made = BatchCoupon { code: CouponCode::new("SPRING-7Q2K")?, batch: CouponBatchId::from_u128(1) };
/// assert_eq!(made.code.to_string(), "SPRING-7Q2K");
/// # Ok::<(), sutler_core::pricing::PricingError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BatchCoupon {
    /// The code.
    pub code: CouponCode,
    /// The batch.
    pub batch: CouponBatchId,
}

/// Everything about the shop that a quote may look at, as of one moment.
///
/// There may be more in it than the cart needs; the order within the lists never matters. Rows that are missing are
/// missing facts: a quote refuses rather than guesses.
///
/// ```
/// use sutler_core::id::VariantId;
/// use sutler_core::pricing::{PricingFacts, QuoteRequest};
///
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (request, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
/// let lamp = facts.variant(request.lines[0].variant);
/// assert_eq!(lamp.map(|lamp| lamp.title.as_str()), Some("Desk lamp"));
/// assert_eq!(facts.variant(VariantId::from_u128(99)), None);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PricingFacts {
    /// Where it is sold: currency, whether prices contain tax, how to round.
    pub channel: Channel,
    /// The price lists; those that do not apply are passed over.
    pub price_lists: Shared<PriceList>,
    /// Prices of the variants in the cart.
    pub prices: Vec<Price>,
    /// The variants in the cart.
    pub variants: Vec<VariantFacts>,
    /// The country that the shop is in; `None` when nobody said: then no charge is ever reversed.
    pub home: Option<CountryCode>,
    /// All tax zones.
    pub tax_zones: Shared<TaxZone>,
    /// All tax rates.
    pub tax_rates: Shared<TaxRate>,
    /// What an outside engine answered to [`tax_request`](super::tax_request); it holds instead of zones and rates.
    pub tax_answer: Option<TaxAnswer>,
    /// The delivery methods.
    pub delivery_methods: Shared<DeliveryMethod>,
    /// The fees, also those that are not active.
    pub fees: Shared<Fee>,
    /// The promotions, also those that are not active: each one that does not apply says why.
    pub promotions: Shared<Promotion>,
    /// Uses of promotions that have a limit; a promotion that is not listed has not been used.
    pub promotion_uses: Vec<PromotionUses>,
    /// The entered coupon codes that belong to a batch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub batch_coupons: Vec<BatchCoupon>,
    /// How many orders this buyer has placed, however the caller tells buyers apart; `None` while nobody knows who buys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders_placed: Option<u64>,
    /// How many units there are of variants that promotions give, those in the cart included; one that is not listed is not
    /// counted. Their facts and prices stand among the others.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gift_stock: Vec<(VariantId, u32)>,
    /// How promotions are combined.
    #[serde(default)]
    pub lane_mode: LaneMode,
}

impl PricingFacts {
    /// Returns what is known of one variant.
    pub fn variant(&self, id: VariantId) -> Option<&VariantFacts> {
        self.variants.iter().find(|facts| facts.variant == id)
    }

    /// Returns how often a promotion has been used; `None`: never.
    pub(super) fn uses(&self, promotion: PromotionId) -> Option<&PromotionUses> {
        self.promotion_uses.iter().find(|uses| uses.promotion == promotion)
    }
}
