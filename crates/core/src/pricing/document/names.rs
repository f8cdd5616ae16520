//! [`PromotionNames`]: from the words that merchants have for records to their ids, and back.

use crate::id::{CategoryId, ChannelId, CollectionId, ProductId, VariantId};

/// What people call the records of a shop. Ids as text need nobody's help; this is for all other words.
///
/// Every function has a default that knows nothing, so that a shop without collections need not speak of them. What is
/// told for an id must be found again.
///
/// ```
/// use sutler_core::id::{CategoryId, PromotionId};
/// use sutler_core::money::Currency;
/// use sutler_core::pricing::{Condition, PromotionDocument, PromotionNames};
///
/// struct Lamps;
///
/// impl PromotionNames for Lamps {
///     fn category(&self, word: &str) -> Option<CategoryId> {
///         (word == "Home/Lamps").then(|| CategoryId::from_u128(7))
///     }
///     fn of_category(&self, id: CategoryId) -> Option<String> {
///         (id == CategoryId::from_u128(7)).then(|| "Home/Lamps".to_owned())
///     }
/// }
///
/// let text = r#"{"name":"Spring","when":{"categories":["Home/Lamps"]},"gives":{"percent":"10%"}}"#;
/// let document: PromotionDocument = serde_json::from_str(text)?;
/// let promotion = document.check(PromotionId::from_u128(1), Currency::EUR, &Lamps).unwrap();
/// let categories = vec![CategoryId::from_u128(7)];
/// assert_eq!(promotion.conditions, [Condition::Category { categories }]);
/// assert_eq!(serde_json::to_string(&PromotionDocument::of(&promotion, &Lamps))?, text);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub trait PromotionNames {
    /// Finds a category by path or handle.
    fn category(&self, _word: &str) -> Option<CategoryId> {
        None
    }
    /// Finds a collection by handle.
    fn collection(&self, _word: &str) -> Option<CollectionId> {
        None
    }
    /// Finds a product by handle.
    fn product(&self, _word: &str) -> Option<ProductId> {
        None
    }
    /// Finds a variant by SKU.
    fn variant(&self, _word: &str) -> Option<VariantId> {
        None
    }
    /// Finds a channel by code.
    fn channel(&self, _word: &str) -> Option<ChannelId> {
        None
    }
    /// Tells whether buyers may choose a delivery method of this code. Whoever knows none believes it.
    fn has_delivery_method(&self, _code: &str) -> bool {
        true
    }
    /// Returns words that are like one that was not found; `noun` is `category`, `collection`, `product`, `variant`,
    /// `channel` or `delivery method`.
    fn near(&self, _noun: &'static str, _word: &str) -> Vec<String> {
        Vec::new()
    }
    /// Tells what a category is called.
    fn of_category(&self, _id: CategoryId) -> Option<String> {
        None
    }
    /// Tells what a collection is called.
    fn of_collection(&self, _id: CollectionId) -> Option<String> {
        None
    }
    /// Tells what a product is called.
    fn of_product(&self, _id: ProductId) -> Option<String> {
        None
    }
    /// Tells what a variant is called.
    fn of_variant(&self, _id: VariantId) -> Option<String> {
        None
    }
    /// Tells what a channel is called.
    fn of_channel(&self, _id: ChannelId) -> Option<String> {
        None
    }
}

/// Knows nothing but ids.
///
/// ```
/// use sutler_core::id::CategoryId;
/// use sutler_core::pricing::{IdsOnly, PromotionNames};
///
/// assert_eq!(IdsOnly.category("Home/Lamps"), None);
/// assert_eq!(IdsOnly.of_category(CategoryId::from_u128(7)), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct IdsOnly;

impl PromotionNames for IdsOnly {}
