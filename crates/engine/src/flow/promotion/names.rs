//! What promotions' documents call the records of a shop.

use std::cell::RefCell;

use sutler_core::catalog::{CategoryTree, Handle};
use sutler_core::id::{CategoryId, ChannelId, CollectionId, ProductId, VariantId};
use sutler_core::port::StoreError;
use sutler_core::pricing::PromotionNames;
use sutler_core::rejection::Rejection;
use sutler_core::shop::Setup;

use super::nearest;
use crate::{FlowError, Reader};

/// Looks words up in a shop. What a store could not tell is kept until [`ShopNames::failure`] is asked.
pub(super) struct ShopNames<'s> {
    shop: &'s Reader,
    setup: &'s Setup,
    tree: CategoryTree,
    failed: RefCell<Option<FlowError>>,
}

impl<'s> ShopNames<'s> {
    pub(super) fn new(shop: &'s Reader, setup: &'s Setup) -> Result<Self, FlowError> {
        Ok(Self { shop, setup, tree: shop.category_tree()?, failed: RefCell::new(None) })
    }

    /// Returns what kept the shop from answering; then its answers mean nothing.
    pub(super) fn failure(&self) -> Option<FlowError> {
        self.failed.borrow_mut().take()
    }

    /// Returns what was found; a failure is kept.
    fn kept<T>(&self, found: Result<T, StoreError>) -> Option<T> {
        found.map_err(|error| self.failed.replace(Some(error.into()))).ok()
    }

    /// Returns paths of categories that are like a word: whose own name is like its last part, those whose path is like
    /// all of it first.
    fn categories_near(&self, word: &str) -> Vec<String> {
        let off = |a: &str, b: &str| strsim::osa_distance(&a.to_lowercase(), &b.to_lowercase());
        let last = word.rsplit(['>', '/']).next().unwrap_or(word).trim();
        let reach = last.chars().count().div_ceil(3);
        let mut ranked: Vec<(usize, usize, String)> = self
            .tree
            .iter()
            .map(|category| (off(last, &category.name), self.tree.path(category.id).join(" > ")))
            .filter(|(own, _)| *own <= reach)
            .map(|(own, path)| (own, off(word, &path), path))
            .collect();
        ranked.sort();
        ranked.into_iter().map(|(.., path)| path).collect()
    }

    /// Returns a word that finds its record again, or else nothing, so that the id is written.
    fn proven<I: PartialEq>(
        word: Option<String>,
        id: I,
        find: impl Fn(&str) -> Option<I>,
    ) -> Option<String> {
        word.filter(|word| find(word) == Some(id))
    }
}

impl PromotionNames for ShopNames<'_> {
    fn category(&self, word: &str) -> Option<CategoryId> {
        self.tree.find_words(word)
    }

    fn product(&self, word: &str) -> Option<ProductId> {
        let handle = Handle::new(word.trim()).ok()?;
        let found = self.kept(self.shop.store().products_by_handle(&[handle]))?;
        found.into_iter().flatten().next().map(|product| product.id)
    }

    fn collection(&self, word: &str) -> Option<CollectionId> {
        self.setup.collection_by_word(word.trim()).map(|collection| collection.id)
    }

    fn variant(&self, word: &str) -> Option<VariantId> {
        match self.shop.find_variant(word) {
            Ok(found) => Some(found.variant.id),
            Err(FlowError::Refused(_)) => None,
            Err(error) => {
                self.failed.replace(Some(error));
                None
            }
        }
    }

    fn channel(&self, word: &str) -> Option<ChannelId> {
        self.setup.channel_by_code(word.trim()).map(|channel| channel.id)
    }

    fn has_delivery_method(&self, code: &str) -> bool {
        self.setup.delivery_methods.iter().any(|method| method.code == code)
    }

    fn near(&self, noun: &'static str, word: &str) -> Vec<String> {
        match noun {
            "category" => self.categories_near(word),
            "channel" => nearest(word, self.setup.channels.iter().map(|known| known.code.clone())),
            "collection" => {
                let handles = self.setup.collections.iter().map(|known| known.handle.to_string());
                nearest(word, handles)
            }
            "delivery method" => {
                nearest(word, self.setup.delivery_methods.iter().map(|known| known.code.clone()))
            }
            "product" => {
                near_of(self.shop.find_product(word).map(|product| product.handle.to_string()))
            }
            "variant" => near_of(self.shop.find_variant(word).map(|_| word.to_owned())),
            _ => Vec::new(),
        }
    }

    fn of_category(&self, id: CategoryId) -> Option<String> {
        let path = self.tree.path(id);
        let word = (!path.is_empty()).then(|| path.join(" > "));
        Self::proven(word, id, |word| self.category(word))
    }

    fn of_product(&self, id: ProductId) -> Option<String> {
        let found = self.kept(self.shop.store().products(&[id]))?.into_iter().flatten().next();
        Self::proven(found.map(|product| product.handle.to_string()), id, |word| self.product(word))
    }

    fn of_variant(&self, id: VariantId) -> Option<String> {
        let label = match self.shop.variant_label(id) {
            Ok(label) => label,
            Err(error) => {
                self.failed.replace(Some(error));
                None
            }
        };
        Self::proven(label, id, |word| self.variant(word))
    }

    fn of_collection(&self, id: CollectionId) -> Option<String> {
        let known = self.setup.collections.iter().find(|known| known.id == id)?;
        Some(known.handle.to_string())
    }

    fn of_channel(&self, id: ChannelId) -> Option<String> {
        self.setup.channel(id).map(|channel| channel.code.clone())
    }
}

/// Takes the nearest words out of a refusal.
fn near_of(found: Result<String, FlowError>) -> Vec<String> {
    match found {
        Ok(word) => vec![word],
        Err(FlowError::Refused(Rejection::NotFound { near, .. })) => near,
        Err(FlowError::Refused(Rejection::Ambiguous { candidates, .. })) => candidates,
        Err(_) => Vec::new(),
    }
}
