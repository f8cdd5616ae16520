//! Prices of a variant: which applies and why, what it was, and what a reduction has to be shown with.
//!
//! Everything here is about a buyer in no customer group. The past is read as the store kept it, so that a question about
//! last month is answered with the prices and lists of last month.
//!
//! Deliberately absent: changing prices, which is done by imports.

use std::collections::BTreeMap;

use sutler_core::catalog::Channel;
use sutler_core::id::VariantId;
use sutler_core::pricing::{
    Price, PriceList, PriceListRecord, PricePeriod, PriceQuery, PriceRecord, PriceReduction,
    PriceStanding, choose, lowest_price_before_reduction, price_timeline,
};
use sutler_core::time::Timestamp;

use super::cart::channel_by_code;
use crate::{FlowError, Reader};

/// How many days before a reduction are looked at.
///
/// Source: Directive 98/6/EC, Article 6a(2): a period not shorter than 30 days.
///
/// ```
/// use sutler_core::pricing::lowest_price_before_reduction;
/// use sutler_engine::flow::price::REDUCTION_DAYS;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
///
/// let view = shop.price_history("MUG-RED", "web")?;
/// let reduction = lowest_price_before_reduction(&view.periods, REDUCTION_DAYS, shop.now());
/// assert_eq!(reduction, None, "a first price reduces nothing");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const REDUCTION_DAYS: u16 = 30;

/// A price in its list, and how it stands to the buyer.
///
/// ```
/// use sutler_core::pricing::PriceStanding;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
///
/// let view = shop.price_show("MUG-RED", "web", None)?;
/// let rung = &view.rungs[0];
/// assert_eq!((rung.price.min_quantity, rung.standing), (1, PriceStanding::Applies));
/// assert_eq!(rung.list.name, "Base prices in EUR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rung {
    /// The price.
    pub price: Price,
    /// The list it stands in, as it was then.
    pub list: PriceList,
    /// Whether it applies from its minimum quantity on, and if not, why.
    pub standing: PriceStanding,
}

/// The prices of a variant at a moment.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let view = shop.price_show("MUG-RED", "web", None)?;
/// assert_eq!(view.charged().map(|rung| rung.price.amount.to_string()).as_deref(), Some("11.90 EUR"));
/// assert_eq!(view.reduction, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PriceView {
    /// The variant.
    pub variant: VariantId,
    /// What people call it.
    pub label: String,
    /// The channel it is bought in.
    pub channel: Channel,
    /// The moment.
    pub at: Timestamp,
    /// Its prices in every list, in the order of list and minimum quantity.
    pub rungs: Vec<Rung>,
    /// The reduction that holds.
    pub reduction: Option<PriceReduction>,
}

impl PriceView {
    /// Returns what a buyer in no customer group pays for one unit.
    pub fn charged(&self) -> Option<&Rung> {
        let applies =
            |rung: &&Rung| rung.standing == PriceStanding::Applies && rung.price.min_quantity == 1;
        self.rungs.iter().find(applies)
    }
}

/// What a variant cost, from the first known price on.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let view = shop.price_history("MUG-RED", "web")?;
/// assert_eq!(view.periods[0].until, None);
/// assert_eq!(view.list_name(view.periods[0].list), "Base prices in EUR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PriceHistoryView {
    /// The variant.
    pub variant: VariantId,
    /// What people call it.
    pub label: String,
    /// The channel it is bought in.
    pub channel: Channel,
    /// What one unit cost for a buyer in no customer group, oldest first; what windows of lists bring is in it.
    pub periods: Vec<PricePeriod>,
    /// Every list as it is and was.
    pub lists: Vec<PriceListRecord>,
}

impl PriceHistoryView {
    /// Returns the newest name of a list; its id where it is not known.
    pub fn list_name(&self, id: sutler_core::id::PriceListId) -> String {
        let newest = self.lists.iter().rfind(|record| record.list.id == id);
        newest.map_or_else(|| id.to_string(), |record| record.list.name.clone())
    }
}

impl Reader {
    /// Returns the prices of a variant in a channel at a moment, by default now: each with whether it applies and why not.
    ///
    /// A moment in the past is answered from what was stored then, one in the future from what is known now.
    ///
    /// Errors: as [`Reader::find_variant`]; `not_found` for an unknown channel.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// assert_eq!(shop.price_show("MUG-RED", "web", None)?.rungs.len(), 1);
    /// let before = "2020-01-01T00:00:00Z".parse()?;
    /// assert!(shop.price_show("MUG-RED", "web", Some(before))?.rungs.is_empty(), "not sold then");
    /// assert_eq!(shop.price_show("MUG-RED", "moon", None).unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn price_show(
        &self,
        variant: &str,
        channel: &str,
        at: Option<Timestamp>,
    ) -> Result<PriceView, FlowError> {
        let setup = self.setup()?;
        let channel = channel_by_code(&setup, channel)?.clone();
        let found = self.find_variant(variant)?;
        let (variant, at) = (found.variant.id, at.unwrap_or_else(|| self.now()));
        let past = self.store().price_history(&[variant])?;
        let past_lists = self.store().price_list_history()?;
        let periods = price_timeline(&past, &past_lists, variant, channel.id, channel.currency);
        Ok(PriceView {
            variant,
            label: found.variant.label(&found.product.handle),
            at,
            rungs: rungs(&past, &past_lists, &plain_buyer(variant, &channel, at)),
            reduction: lowest_price_before_reduction(&periods, REDUCTION_DAYS, at),
            channel,
        })
    }

    /// Returns what one unit of a variant cost in a channel from the first known price on, and what it is known to cost
    /// later, for a buyer in no customer group.
    ///
    /// Errors: as [`Reader::find_variant`]; `not_found` for an unknown channel.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # let clock = Arc::new(sutler_engine::testing::HandClock::default());
    /// # let shop = sutler_engine::testing::shop_at(sutler_store_memory::MemoryStore::new(), clock.clone())?;
    /// clock.advance(86_400);
    /// shop.import_text("Handle,Title,Variant SKU,Variant Price\nmug,Enamel mug,MUG-RED,9.90\n", "sale.csv")?;
    /// let amounts: Vec<String> =
    ///     shop.price_history("MUG-RED", "web")?.periods.iter().map(|p| p.amount.to_string()).collect();
    /// assert_eq!(amounts, ["11.90 EUR", "9.90 EUR"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn price_history(
        &self,
        variant: &str,
        channel: &str,
    ) -> Result<PriceHistoryView, FlowError> {
        let setup = self.setup()?;
        let channel = channel_by_code(&setup, channel)?.clone();
        let found = self.find_variant(variant)?;
        let variant = found.variant.id;
        let past = self.store().price_history(&[variant])?;
        let lists = self.store().price_list_history()?;
        Ok(PriceHistoryView {
            variant,
            label: found.variant.label(&found.product.handle),
            periods: price_timeline(&past, &lists, variant, channel.id, channel.currency),
            channel,
            lists,
        })
    }

    /// Returns the reductions that hold now in a channel, by variant, each with the lowest price of the 30 days before.
    ///
    /// Errors: `not_found` for an unknown channel.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # let clock = Arc::new(sutler_engine::testing::HandClock::default());
    /// # let shop = sutler_engine::testing::shop_at(sutler_store_memory::MemoryStore::new(), clock.clone())?;
    /// let red = shop.find_variant("MUG-RED")?.variant.id;
    /// assert!(shop.price_reductions(&[red], "web")?.is_empty());
    /// clock.advance(86_400);
    /// shop.import_text("Handle,Title,Variant SKU,Variant Price\nmug,Enamel mug,MUG-RED,9.90\n", "sale.csv")?;
    /// let reduction = shop.price_reductions(&[red], "web")?[&red];
    /// assert_eq!(reduction.lowest_before.to_string(), "11.90 EUR");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn price_reductions(
        &self,
        variants: &[VariantId],
        channel: &str,
    ) -> Result<BTreeMap<VariantId, PriceReduction>, FlowError> {
        let setup = self.setup()?;
        let channel = channel_by_code(&setup, channel)?;
        let past = self.store().price_history(variants)?;
        let lists = self.store().price_list_history()?;
        let reduction = |own: &[PriceRecord]| {
            let variant = own.first()?.price.variant;
            let periods = price_timeline(own, &lists, variant, channel.id, channel.currency);
            let found = lowest_price_before_reduction(&periods, REDUCTION_DAYS, self.now())?;
            Some((variant, found))
        };
        // The history comes in the order of variants.
        Ok(past.chunk_by(|a, b| a.price.variant == b.price.variant).filter_map(reduction).collect())
    }

    /// Returns the price that one unit of each variant costs everybody in a channel now; what has none is left out.
    ///
    /// Errors: `not_found` for a channel.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let red = shop.find_variant("MUG-RED")?.variant.id;
    /// assert_eq!(shop.prices_charged(&[red], "web")?[&red].amount.to_string(), "11.90 EUR");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn prices_charged(
        &self,
        variants: &[VariantId],
        channel: &str,
    ) -> Result<BTreeMap<VariantId, Price>, FlowError> {
        let setup = self.setup()?;
        let channel = channel_by_code(&setup, channel)?;
        let (prices, now) = (self.store().prices(variants)?, self.now());
        let charged = |own: &[Price]| {
            let buyer = plain_buyer(own.first()?.variant, channel, now);
            let (_, price) = choose(own, &setup.price_lists, &buyer)?;
            Some((price.variant, price.clone()))
        };
        // They come in the order of variants.
        Ok(prices.chunk_by(|a, b| a.variant == b.variant).filter_map(charged).collect())
    }
}

/// Who buys one unit without belonging to a customer group.
fn plain_buyer(variant: VariantId, channel: &Channel, now: Timestamp) -> PriceQuery<'static> {
    PriceQuery {
        variant,
        quantity: 1,
        channel: channel.id,
        currency: channel.currency,
        customer_group: None,
        now,
    }
}

/// Returns what stood in the lists at the moment of the query.
fn rungs(past: &[PriceRecord], lists: &[PriceListRecord], query: &PriceQuery<'_>) -> Vec<Rung> {
    let held = past.iter().filter(|record| record.contains(query.now));
    let prices: Vec<Price> = held.map(|record| record.price.clone()).collect();
    let held = lists.iter().filter(|record| record.contains(query.now));
    let lists: Vec<PriceList> = held.map(|record| record.list.clone()).collect();
    prices
        .iter()
        .filter_map(|price| {
            let list = lists.iter().find(|list| list.id == price.list)?.clone();
            let standing = PriceStanding::of(price, &prices, &lists, query);
            Some(Rung { price: price.clone(), list, standing })
        })
        .collect()
}
