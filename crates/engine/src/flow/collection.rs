//! Collections: writing and finding them.

use sutler_core::catalog::Collection;
use sutler_core::change::{Change, SetupChange, SetupKey};
use sutler_core::event::{Event, EventKind};
use sutler_core::id::CollectionId;
use sutler_core::rejection::Rejection;
use sutler_core::shown::shown;

use super::catalog_put::require_version;
use crate::{FlowError, Reader, Shop};

impl Reader {
    /// Finds a collection by handle or id.
    ///
    /// Errors: `not_found`, with the handles there are.
    ///
    /// See [`Shop::collection_put`] for an example.
    pub fn find_collection(&self, text: &str) -> Result<Collection, FlowError> {
        let setup = self.setup()?;
        let missing = || Rejection::NotFound {
            noun: "collection",
            given: shown(text),
            near: setup.collections.iter().map(|known| known.handle.to_string()).collect(),
        };
        Ok(setup.collection_by_word(text).cloned().ok_or_else(missing)?)
    }
}

impl Shop {
    /// Writes a collection, new or changed, and returns it as it stands then: give it with the version that was read, 0 for a
    /// new one.
    ///
    /// Errors: `pricing.invalid_rule` for what [`Collection::check`] refuses; `not_found` for a product that is not there;
    /// `already_exists` for a handle in use; `Contended` when somebody else changed it meanwhile.
    ///
    /// ```
    /// use sutler_core::catalog::Collection;
    /// use sutler_core::id::CollectionId;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// let mug = shop.find_product("mug")?.id;
    /// let gifts = shop.collection_put(&Collection {
    ///     id: CollectionId::from_u128(1),
    ///     handle: "gifts".parse()?,
    ///     name: "Gifts".to_owned(),
    ///     products: vec![mug],
    ///     rule: vec![],
    ///     version: 0,
    /// })?;
    /// assert_eq!(shop.find_collection("gifts")?, gifts);
    ///
    /// shop.collection_remove(gifts.id)?;
    /// assert_eq!(shop.find_collection("gifts").unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn collection_put(&self, collection: &Collection) -> Result<Collection, FlowError> {
        collection.check().map_err(Rejection::from)?;
        let found = self.store().products(&collection.products)?;
        if let Some((missing, _)) =
            collection.products.iter().zip(found).find(|(_, found)| found.is_none())
        {
            return Err(Rejection::not_found("product", missing).into());
        }
        let mut put = collection.clone();
        self.settle(|set| {
            let setup = self.setup()?;
            let before = setup.collections.iter().find(|known| known.id == collection.id);
            let read = before.map_or(0, |before| before.version);
            require_version(collection.version, read, collection.id)?;
            put.clone_from(collection);
            if before == Some(collection) {
                return Ok(());
            }
            put.version = collection.version + 1;
            set.push(Change::Setup(SetupChange::Collection(Box::new(put.clone()))));
            set.tell(Event::plain(EventKind::CollectionChanged, put.id));
            Ok(())
        })?;
        Ok(put)
    }

    /// Takes a collection away; its products stay.
    ///
    /// Errors: `not_found`; `in_use` while promotions that are not disabled name it.
    ///
    /// See [`Shop::collection_put`] for an example.
    pub fn collection_remove(&self, id: CollectionId) -> Result<(), FlowError> {
        self.settle(|set| {
            let setup = self.setup()?;
            let found = setup.collections.iter().find(|known| known.id == id);
            let found = found.ok_or_else(|| Rejection::not_found("collection", id))?;
            let uses = setup.promotions.iter().filter(|one| one.active && one.names_collection(id));
            let promotions: Vec<String> = uses.map(|one| one.name.clone()).collect();
            if !promotions.is_empty() {
                let name = found.handle.to_string();
                return Err(Rejection::InUse { noun: "collection", name, promotions }.into());
            }
            set.push(Change::Setup(SetupChange::Removed(SetupKey::Collection(id))));
            set.tell(Event::plain(EventKind::CollectionChanged, id));
            Ok(())
        })?;
        Ok(())
    }
}
