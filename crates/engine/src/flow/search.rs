//! Keeping the search index up with the catalog, and asking it.
//!
//! The index is derived: [`Reader::index_sync`] reads the event log after the place that the index has reached, collects the
//! products that the events are about, and writes them anew. Whatever cannot be told from events (a renamed category, an
//! index of another shop, a log that was taken back, a damaged index) ends in a rebuild from all products.
//!
//! Indexed are the published products that have a price in the base list of the channel; a product that leaves the shop
//! leaves the index with the next sync. A publish window opens and closes by the clock alone, without an event, so both its
//! ends are in the index and each search leaves out what is not shown at its moment. Filtered and sorted by is the base
//! price, which has no window and changes by events only; what a hit shows is what is charged at its moment, with the
//! lowest price before a reduction (see `search_prices`). There is one index, of the channel `web` or else the first.
//!
//! Invariants
//! * The index may lag, it never leads: its place in the log is that of the events it has seen.
//! * A batch holds a bounded number of products and of bytes.
//!
//! Deliberately absent: words, ranking and facets (see the crate `sutler-search`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use sutler_core::catalog::{CategoryTree, Channel, Product, Variant};
use sutler_core::change::RecordRef;
use sutler_core::event::{EventKind, StoredEvent};
use sutler_core::hash::ContentHash;
use sutler_core::id::{OrderId, PriceListId, ProductId, StockLocationId, VariantId};
use sutler_core::inventory::{StockKey, StockLevel};
use sutler_core::shop::Setup;
use sutler_search::{Applied, Batch, ProductDocument, SearchIndex};

pub use sutler_search::{
    Facet, FacetField, FacetValue, Filter, Hit, PageToken, PriceComparison, PriceRange,
    SearchAnswer, SearchError, SearchRequest, Sort, UnmatchedFilter,
};

use super::search_note::SearchNote;
use super::search_prices::{NotedLists, ShownPrices, shown_prices};
use crate::{FlowError, Reader};

/// How many events are read at a time.
const EVENTS_AT_A_TIME: usize = 2_000;

/// How many products are read at a time.
const PRODUCTS_AT_A_TIME: usize = 500;

/// How many products one batch of the index holds at most.
const BATCH_PRODUCTS: usize = 5_000;

/// How many bytes of text one batch of the index holds at most, roughly.
const BATCH_BYTES: usize = 8_000_000;

/// How often a sync begins anew when somebody else writes the index at the same time.
const TRIES: u32 = 4;

/// What a sync or rebuild did.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let first = shop.index_sync()?;
/// assert_eq!((first.rebuilt, first.products), (true, 1));
/// let second = shop.index_sync()?;
/// assert_eq!((second.events, second.cursor), (0, first.cursor), "nothing happened since");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct IndexReport {
    /// Events that were read.
    pub events: u64,
    /// Products that were not in the index before.
    pub created: u64,
    /// Products whose document was written anew.
    pub updated: u64,
    /// Products that were taken out.
    pub removed: u64,
    /// Whether everything was built anew.
    pub rebuilt: bool,
    /// The last event that the index has seen.
    pub cursor: u64,
    /// Products in the index now, with those whose publish window is not open.
    pub products: u64,
}

impl IndexReport {
    fn count(&mut self, applied: Applied) {
        self.created += applied.created;
        self.updated += applied.replaced;
        self.removed += applied.deleted;
    }
}

impl Reader {
    /// Brings the search index up to the last event.
    ///
    /// Errors: [`FlowError::Search`] when somebody else keeps writing the index, or it cannot be mended.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # use sutler_engine::testing::MUGS;
    /// shop.index_sync()?;
    /// shop.import_text(&MUGS.replace("Enamel mug", "Enamel cup"), "cups.csv")?;
    /// let report = shop.index_sync()?;
    /// assert_eq!((report.rebuilt, report.updated), (false, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn index_sync(&self) -> Result<IndexReport, FlowError> {
        let index = self.search_index()?;
        self.sync(index)
    }

    /// Builds the search index anew from all products.
    ///
    /// Errors: as for [`Reader::index_sync`].
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let report = shop.index_rebuild()?;
    /// assert!(report.rebuilt);
    /// assert_eq!(report.products, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn index_rebuild(&self) -> Result<IndexReport, FlowError> {
        let index = self.search_index()?;
        self.rebuild(index)
    }

    /// Reads every file of the search index and compares it with its checksum.
    ///
    /// Errors: [`FlowError::Search`] names damaged files; a rebuild mends them.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// shop.index_check()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn index_check(&self) -> Result<(), FlowError> {
        Ok(self.search_index()?.verify()?)
    }

    /// Answers a search, after bringing the index up to the last event: with what is shown to buyers at the moment that the
    /// request names, or else now.
    ///
    /// When somebody else is writing the index just now, the answer is from what is there: the index may lag. Where it
    /// cannot be written at all, another one answers; see [`Reader::search_is_spare`].
    ///
    /// Errors: [`FlowError::Search`] for a request that is none, and when the index cannot be used.
    ///
    /// ```
    /// use sutler_engine::flow::search::{Filter, SearchRequest};
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// let mut request = SearchRequest::new("enamel");
    /// request.filters.push(Filter::parse("price<20", 2)?);
    /// request.facets.push("option.Color".into());
    /// let answer = shop.search(&request)?;
    /// assert_eq!((answer.total, answer.hits[0].handle.as_str()), (1, "mug"));
    /// assert_eq!(answer.facets[0].values.len(), 2);
    ///
    /// request.offset = 1_000_000;
    /// assert_eq!(shop.search(&request).unwrap_err().code(), "search.failed");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, FlowError> {
        match self.search_index().and_then(|index| self.search_in(index, request)) {
            Err(FlowError::Search(error)) if cannot_write(&error) => {
                tracing::info!(%error, "searching without the kept index");
                self.search_in_spare(request)
            }
            answer => answer,
        }
    }

    fn search_in_spare(&self, request: &SearchRequest) -> Result<SearchAnswer, FlowError> {
        let index = self.spare_search_index()?;
        match self.search_in(index, request) {
            // It lies in a folder and had seen every event when it was opened; since then it lags.
            Err(FlowError::Search(error)) if cannot_write(&error) => Ok(index.search(request)?),
            answer => answer,
        }
    }

    fn search_in(
        &self,
        index: &SearchIndex,
        request: &SearchRequest,
    ) -> Result<SearchAnswer, FlowError> {
        match self.sync(index) {
            Ok(_)
            | Err(FlowError::Search(SearchError::Busy { .. } | SearchError::Behind { .. })) => {}
            Err(error) => return Err(error),
        }
        let at_ms = request.at_ms.or_else(|| Some(self.now().millis()));
        Ok(index.search(&SearchRequest { at_ms, ..request.clone() })?)
    }

    fn sync(&self, index: &SearchIndex) -> Result<IndexReport, FlowError> {
        for _ in 0..TRIES {
            match self.sync_once(index) {
                Err(FlowError::Search(SearchError::NeedsRebuild { .. })) => {
                    return self.rebuild(index);
                }
                // Somebody else was faster: what they wrote need not be written again.
                Err(FlowError::Search(SearchError::Behind { .. })) => {}
                outcome => return outcome,
            }
        }
        self.sync_once(index)
    }

    fn sync_once(&self, index: &SearchIndex) -> Result<IndexReport, FlowError> {
        // The head is read last: whoever shares the index may move it on meanwhile, and no further than the log.
        let (note, cursor) = (index.note()?, index.cursor()?);
        let head = self.store().event_head()?;
        // A replica may be behind an index that was kept up with the shop itself.
        if cursor > head.0 && self.primary().is_some() {
            let products = index.product_count()?;
            return Ok(IndexReport { cursor, products, ..IndexReport::default() });
        }
        if !self.goes_on_from(note.as_deref(), cursor, head)? {
            return self.rebuild(index);
        }
        let (head, _) = head;
        let mut report = IndexReport { cursor, ..IndexReport::default() };
        if cursor == head {
            report.products = index.product_count()?;
            return Ok(report);
        }
        let writer = Writer::new(self)?;
        let lists = writer.prices.noted().clone();
        loop {
            let events = self.store().events(report.cursor, EVENTS_AT_A_TIME)?;
            let Some((last, link)) = events.last().map(|event| (event.seq, event.link)) else {
                break;
            };
            if events.iter().any(changes_the_tree) {
                return self.rebuild(index);
            }
            let affected: Vec<ProductId> = self.affected(&events)?.into_iter().collect();
            let (mut batch, mut bytes) = (Batch::new(), 0);
            for ids in affected.chunks(PRODUCTS_AT_A_TIME) {
                let products = self.store().products(ids)?;
                let gone = ids.iter().zip(&products).filter(|(_, product)| product.is_none());
                gone.for_each(|(id, _)| batch.delete(id.to_string()));
                bytes += products.iter().flatten().map(text_bytes).sum::<usize>();
                writer.write(products.into_iter().flatten().collect(), &mut batch)?;
                if bytes >= BATCH_BYTES {
                    // The place stays: the events are done with the last of their products.
                    report.count(index.apply(std::mem::take(&mut batch), report.cursor)?);
                    bytes = 0;
                }
            }
            report.events += wide(events.len());
            batch.note(SearchNote { lists: lists.clone(), seq: last, link }.text());
            report.count(index.apply(batch, last)?);
            report.cursor = last;
        }
        report.products = index.product_count()?;
        Ok(report)
    }

    /// Returns whether the index can go on from its place. One that is empty is filled faster from products; one that is ahead
    /// of the log, or has seen other events in it, belongs to another shop or to one that was put back; and lists that were
    /// changed since tell no event.
    fn goes_on_from(
        &self,
        note: Option<&str>,
        cursor: u64,
        (head, hash): (u64, ContentHash),
    ) -> Result<bool, FlowError> {
        let Some(SearchNote { lists, seq, link }) = SearchNote::read(note) else {
            return Ok(false);
        };
        let is_behind = cursor.max(seq) <= head && (cursor > 0 || head == 0);
        if !is_behind || NotedLists::of(&*self.setup()?).changed_since(&lists) {
            return Ok(false);
        }
        if seq == 0 || seq == head {
            return Ok(seq == 0 || hash.link() == link);
        }
        let seen = self.store().events(seq - 1, 1)?;
        Ok(seen.first().is_some_and(|event| (event.seq, event.link) == (seq, link)))
    }

    /// Returns the products that events are about.
    fn affected(&self, events: &[StoredEvent]) -> Result<BTreeSet<ProductId>, FlowError> {
        let mut products = BTreeSet::new();
        let mut variants: BTreeSet<VariantId> = BTreeSet::new();
        let mut orders: BTreeSet<OrderId> = BTreeSet::new();
        for stored in events {
            match (stored.event.kind, stored.event.subject) {
                (EventKind::ProductChanged | EventKind::PriceChanged, RecordRef::Product(id)) => {
                    products.insert(id);
                }
                (EventKind::StockChanged, RecordRef::Variant(id)) => {
                    variants.insert(id);
                }
                // Placing and canceling change what is available, without a change of units on hand.
                (EventKind::OrderPlaced | EventKind::OrderCanceled, RecordRef::Order(id)) => {
                    orders.insert(id);
                }
                _ => {}
            }
        }
        for id in orders {
            let order = self.store().order(id)?;
            products.extend(order.iter().flat_map(|order| &order.lines).map(|line| line.product));
        }
        let variants: Vec<VariantId> = variants.into_iter().collect();
        for ids in variants.chunks(PRODUCTS_AT_A_TIME) {
            products.extend(
                self.store().variant_refs(ids)?.into_iter().flatten().map(|found| found.product),
            );
        }
        Ok(products)
    }

    fn rebuild(&self, index: &SearchIndex) -> Result<IndexReport, FlowError> {
        static ALONE: Mutex<()> = Mutex::new(());
        // Of two rebuilds at once each would take out what the other wrote. A panic in one leaves nothing that the next
        // does not clear.
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 1..TRIES {
            match self.rebuild_once(index) {
                // Another program rebuilt at the same time, and one took out what the other wrote.
                Ok((report, written)) if report.products == written => return Ok(report),
                Ok(_) | Err(FlowError::Search(SearchError::Behind { .. })) => {}
                Err(error) => return Err(error),
            }
        }
        self.rebuild_once(index).map(|(report, _)| report)
    }

    /// Builds everything anew; returns how many documents were written besides.
    fn rebuild_once(&self, index: &SearchIndex) -> Result<(IndexReport, u64), FlowError> {
        // What changes while products are read has a later place, and is read again by the next sync.
        let (head, hash) = self.store().event_head()?;
        let writer = Writer::new(self)?;
        index.clear()?;
        let mut report = IndexReport { rebuilt: true, cursor: head, ..IndexReport::default() };
        let (mut batch, mut bytes, mut after, mut written) = (Batch::new(), 0, None, 0);
        loop {
            let products = self.store().product_page(after, PRODUCTS_AT_A_TIME)?;
            let Some(last) = products.last() else { break };
            after = Some(last.id);
            bytes += products.iter().map(text_bytes).sum::<usize>();
            writer.write_new(products, &mut batch)?;
            if batch.len() >= BATCH_PRODUCTS || bytes >= BATCH_BYTES {
                written += wide(batch.len());
                report.count(index.apply(std::mem::take(&mut batch), 0)?);
                bytes = 0;
            }
        }
        written += wide(batch.len());
        let lists = writer.prices.noted().clone();
        batch.note(SearchNote { lists, seq: head, link: hash.link() }.text());
        report.count(index.apply(batch, head)?);
        report.products = index.product_count()?;
        Ok((report, written))
    }
}

/// Returns whether the kept index is as it was, but takes nothing more just now.
fn cannot_write(error: &SearchError) -> bool {
    error.is_about_writing_rights() || error.is_about_room()
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// A category that exists already was changed: paths of products below it are different now. The first event of a
/// category is its creation, which nothing can stand below yet.
fn changes_the_tree(stored: &StoredEvent) -> bool {
    stored.event.kind == EventKind::CategoryChanged && stored.subject_seq > 1
}

fn text_bytes(product: &Product) -> usize {
    let labels: usize =
        product.variants.iter().map(|variant| 64 + variant.options_text().len()).sum();
    product.title.len() + product.description.len() + labels
}

/// Makes documents of products, with one reading of the set-up and the tree.
struct Writer<'a> {
    shop: &'a Reader,
    tree: CategoryTree,
    price_list: Option<PriceListId>,
    prices: ShownPrices,
    /// Locations that ship.
    locations: BTreeSet<StockLocationId>,
}

/// Returns the channel whose prices the index shows: `web`, else the first.
pub(crate) fn search_channel(setup: &Setup) -> Option<&Channel> {
    setup.channel_by_code("web").or_else(|| setup.channels.first())
}

impl<'a> Writer<'a> {
    fn new(shop: &'a Reader) -> Result<Self, FlowError> {
        let setup = shop.setup()?;
        let list = search_channel(&setup).and_then(|channel| setup.base_price_list(channel));
        let active = setup.locations.iter().filter(|location| location.active);
        Ok(Self {
            shop,
            tree: shop.category_tree()?,
            price_list: list.map(|list| list.id),
            prices: ShownPrices::new(shop, &setup)?,
            locations: active.map(|location| location.id).collect(),
        })
    }

    /// Puts products into a batch: written when they are published, taken out when not.
    fn write(&self, products: Vec<Product>, batch: &mut Batch) -> Result<(), FlowError> {
        for (id, document) in self.documents(products)? {
            match document {
                Some(document) => batch.upsert(document),
                None => batch.delete(id.to_string()),
            }
        }
        Ok(())
    }

    /// Puts products into a batch for an empty index: there is nothing to take out.
    fn write_new(&self, products: Vec<Product>, batch: &mut Batch) -> Result<(), FlowError> {
        batch.extend(self.documents(products)?.into_iter().filter_map(|(_, document)| document));
        Ok(())
    }

    fn documents(
        &self,
        products: Vec<Product>,
    ) -> Result<Vec<(ProductId, Option<ProductDocument>)>, FlowError> {
        let now = self.shop.now();
        let store = self.shop.store();
        let variants: Vec<VariantId> = products
            .iter()
            .filter(|product| product.is_published())
            .flat_map(|product| &product.variants)
            .filter(|variant| !variant.retired)
            .map(|variant| variant.id)
            .collect();
        let prices: BTreeMap<VariantId, i64> = store
            .prices(&variants)?
            .into_iter()
            .filter(|price| Some(price.list) == self.price_list && price.min_quantity == 1)
            .map(|price| (price.variant, price.amount.minor()))
            .collect();
        let levels = store.stock_levels(&variants, now)?;
        let timelines = self.prices.timelines(self.shop, &variants)?;
        let document = |product: Product| {
            let document = product.is_published().then(|| {
                let found = self.document(&product, &prices, &levels)?;
                let prices_shown = shown_prices(&product, &timelines, found.price_range, now);
                Some(ProductDocument { prices_shown, ..found })
            });
            (product.id, document.flatten())
        };
        Ok(products.into_iter().map(document).collect())
    }

    /// Returns the document of a published product, `None` when nothing of it has a price.
    fn document(
        &self,
        product: &Product,
        prices: &BTreeMap<VariantId, i64>,
        levels: &BTreeMap<StockKey, StockLevel>,
    ) -> Option<ProductDocument> {
        let in_use: Vec<&Variant> =
            product.variants.iter().filter(|variant| !variant.retired).collect();
        let priced = in_use.iter().filter_map(|variant| prices.get(&variant.id).copied());
        let (minor_min, minor_max) = (priced.clone().min()?, priced.max()?);
        let named = |variant: &&Variant| -> Vec<(String, String)> {
            product
                .option_names
                .iter()
                .cloned()
                .zip(variant.option_values.iter().cloned())
                .collect()
        };
        let options: BTreeSet<(String, String)> = in_use.iter().flat_map(named).collect();
        let mut attributes: Vec<(String, String)> =
            product.attributes.iter().map(|a| (a.name.clone(), a.value.to_string())).collect();
        if let Some(kind) = product.product_type.as_ref().filter(|kind| !kind.is_empty())
            && !attributes.iter().any(|(name, _)| name == "type")
        {
            attributes.push(("type".to_owned(), kind.clone()));
        }
        let path = |id| self.tree.path(id).into_iter().map(str::to_owned).collect::<Vec<_>>();
        let paths = product.categories.iter().map(|id| path(*id)).filter(|path| !path.is_empty());
        Some(ProductDocument {
            id: product.id.to_string(),
            handle: product.handle.to_string(),
            title: product.title.clone(),
            description: product.description.clone(),
            brand: product.brand.clone(),
            category_paths: paths.collect(),
            attributes,
            options: options.into_iter().collect(),
            skus: in_use.iter().filter_map(|v| v.sku.as_ref()).map(ToString::to_string).collect(),
            tags: product.tags.clone(),
            price_range: Some(PriceRange { minor_min, minor_max }),
            prices_shown: Vec::new(),
            in_stock: in_use.iter().any(|variant| self.in_stock(variant, levels)),
            created_ms: product.created_at.millis(),
            shown_from_ms: product.publish_window.from.map(|from| from.millis()),
            shown_until_ms: product.publish_window.until.map(|until| until.millis()),
        })
    }

    fn in_stock(&self, variant: &Variant, levels: &BTreeMap<StockKey, StockLevel>) -> bool {
        let at = |location: &StockLocationId| StockKey { variant: variant.id, location: *location };
        let available =
            |location| levels.get(&at(location)).is_some_and(|level| level.available() > 0);
        !variant.tracks_stock || self.locations.iter().any(available)
    }
}
