//! [`Collection`]: a flat set of products, chosen one by one, by a rule, or both.
//!
//! Collections are part of the set-up: few, and read as a whole. Which of them a product is in is not stored with the
//! product; it is found when a quote asks.

use serde::{Deserialize, Serialize};

use super::Handle;
use crate::id::{CollectionId, ProductId};
use crate::pricing::{Condition, PricingError, VariantFacts};

/// A flat, curated or rule-made set of products.
///
/// ```
/// use sutler_core::catalog::Collection;
/// use sutler_core::id::{CategoryId, CollectionId, ProductId};
/// use sutler_core::pricing::Condition;
/// # use sutler_core::id::VariantId;
/// # use sutler_core::pricing::{TaxCategory, VariantFacts};
/// # let lamp = VariantFacts {
/// #     variant: VariantId::from_u128(1), product: ProductId::from_u128(1), title: "Lamp".into(), sku: None,
/// #     categories: vec![CategoryId::from_u128(7)], collections: vec![], attributes: vec![],
/// #     tax_category: TaxCategory::standard(), taxable: true, requires_shipping: true, weight_grams: None,
/// #     dimensions: None, dangerous_goods: false, sellable: true,
/// # };
///
/// // The lamp is product 1 in category 7.
/// let picked = Collection {
///     id: CollectionId::from_u128(1),
///     handle: "winter".parse()?,
///     name: "Winter".to_owned(),
///     products: vec![ProductId::from_u128(1)],
///     rule: vec![],
///     version: 1,
/// };
/// assert_eq!(picked.check(), Ok(()));
/// assert!(picked.contains(&lamp));
///
/// let by_category = Condition::Category { categories: vec![CategoryId::from_u128(8)] };
/// let ruled = Collection { products: vec![], rule: vec![by_category], ..picked };
/// assert!(!ruled.contains(&lamp));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Collection {
    /// Identity.
    pub id: CollectionId,
    /// Its text key; unique among collections.
    pub handle: Handle,
    /// Name for people.
    pub name: String,
    /// The products that were chosen, in the order in which they are shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<ProductId>,
    /// Conditions on goods that bring products in when all of them hold; none: nothing comes in by rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rule: Vec<Condition>,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
}

impl Collection {
    /// Tells whether goods are in it: chosen, or by the rule.
    pub fn contains(&self, goods: &VariantFacts) -> bool {
        let by_rule = || self.rule.iter().all(|condition| condition.is_for(goods));
        self.products.contains(&goods.product) || !self.rule.is_empty() && by_rule()
    }

    /// Checks what one collection must keep true by itself.
    ///
    /// Errors: [`PricingError::InvalidRule`].
    pub fn check(&self) -> Result<(), PricingError> {
        let mut chosen = self.products.clone();
        chosen.sort_unstable();
        let why = if self.name.trim().is_empty() {
            "has no name; people see it"
        } else if chosen.windows(2).any(|pair| pair.first() == pair.last()) {
            "has a product twice; leave one out"
        } else if !self.rule.iter().all(Condition::is_on_goods) {
            "has a rule that is not about goods; it cannot choose products"
        } else if self.rule.iter().any(Condition::names_collections) {
            "has a rule about collections; say what those are made of instead"
        } else if self.rule.iter().any(Condition::names_variants) {
            "has a rule about variants; a collection is a set of products"
        } else if let Some(why) = self.rule.iter().find_map(Condition::contradiction) {
            why
        } else {
            return Ok(());
        };
        Err(PricingError::InvalidRule { noun: "collection", name: self.name.clone(), why })
    }
}
