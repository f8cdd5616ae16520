//! What hits show of prices: what everybody is charged at the moment of the search, and when that is a reduced price, the
//! lowest of the 30 days before.
//!
//! Price lists begin and end by the clock alone. So a document holds what is shown now and at each known moment at which
//! that changes, and a search picks by its own moment. Lists that are changed make no event; the index is left a note of
//! the lists that its documents were made with, and is built anew when one of them is another now.
//!
//! Invariant: a list that is only new asks for no rebuild, since each price in it comes with an event.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sutler_core::catalog::Product;
use sutler_core::id::{ChannelId, VariantId};
use sutler_core::money::Currency;
use sutler_core::pricing::{
    PriceListRecord, PricePeriod, lowest_price_before_reduction, price_timeline,
};
use sutler_core::shop::Setup;
use sutler_core::time::Timestamp;
use sutler_search::{PriceRange, PriceShown};

use super::price::REDUCTION_DAYS;
use super::search::search_channel;
use crate::{FlowError, Reader};

/// The most moments that one document looks ahead; an index is synced long before they are used up.
const MOMENTS_MAX: usize = 16;

/// The lists that decide what is shown, with the version of each.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct NotedLists(BTreeMap<String, u64>);

impl NotedLists {
    /// Takes the lists that a buyer in no customer group may be charged by.
    pub(super) fn of(setup: &Setup) -> Self {
        let public = setup.price_lists.iter().filter(|list| list.customer_group.is_none());
        Self(public.map(|list| (list.id.to_string(), list.version)).collect())
    }

    /// Tells whether a list that was noted is another one now, or gone.
    pub(super) fn changed_since(&self, noted: &NotedLists) -> bool {
        noted.0.iter().any(|(list, version)| self.0.get(list) != Some(version))
    }
}

/// What prices of the shop are shown from.
pub(super) struct ShownPrices {
    channel: Option<(ChannelId, Currency)>,
    lists: Vec<PriceListRecord>,
    noted: NotedLists,
}

impl ShownPrices {
    /// Reads the lists. The note is of the set-up, which was read before them: it may be older, and never newer.
    pub(super) fn new(shop: &Reader, setup: &Setup) -> Result<Self, FlowError> {
        let channel = search_channel(setup).map(|channel| (channel.id, channel.currency));
        let noted = NotedLists::of(setup);
        Ok(Self { channel, lists: shop.store().price_list_history()?, noted })
    }

    /// Returns the lists that the index is to be left a note of.
    pub(super) fn noted(&self) -> &NotedLists {
        &self.noted
    }

    /// Returns what one unit of each variant cost and is known to cost.
    pub(super) fn timelines(
        &self,
        shop: &Reader,
        variants: &[VariantId],
    ) -> Result<BTreeMap<VariantId, Vec<PricePeriod>>, FlowError> {
        let Some((channel, currency)) = self.channel else { return Ok(BTreeMap::new()) };
        let past = shop.store().price_history(variants)?;
        // The history comes in the order of variants.
        let own = past.chunk_by(|a, b| a.price.variant == b.price.variant);
        let timeline = |own: &[sutler_core::pricing::PriceRecord]| {
            let variant = own.first()?.price.variant;
            Some((variant, price_timeline(own, &self.lists, variant, channel, currency)))
        };
        Ok(own.filter_map(timeline).collect())
    }
}

/// Returns what is shown of a product from `now` on; nothing when that is `plain` for ever.
pub(super) fn shown_prices(
    product: &Product,
    timelines: &BTreeMap<VariantId, Vec<PricePeriod>>,
    plain: Option<PriceRange>,
    now: Timestamp,
) -> Vec<PriceShown> {
    let in_use = product.variants.iter().filter(|variant| !variant.retired);
    let own: Vec<&Vec<PricePeriod>> = in_use.filter_map(|v| timelines.get(&v.id)).collect();
    let borders = own.iter().flat_map(|periods| periods.iter());
    let borders = borders.flat_map(|period| [Some(period.since), period.until]).flatten();
    let moments: BTreeSet<Timestamp> = borders.filter(|at| *at > now).chain([now]).collect();
    let mut shown: Vec<PriceShown> = Vec::new();
    for at in moments {
        let Some(next) = shown_at(&own, at) else { continue };
        let is_same = shown.last().is_some_and(|last| {
            (last.price_range, last.lowest_before_minor)
                == (next.price_range, next.lowest_before_minor)
        });
        if !is_same && shown.len() < MOMENTS_MAX {
            shown.push(next);
        }
    }
    match shown.as_slice() {
        [only] if only.lowest_before_minor.is_none() && Some(only.price_range) == plain => {
            Vec::new()
        }
        _ => shown,
    }
}

/// Returns what is shown at one moment; `None` when nothing has a price then.
fn shown_at(own: &[&Vec<PricePeriod>], at: Timestamp) -> Option<PriceShown> {
    let charged = |periods: &&Vec<PricePeriod>| {
        let period = periods.iter().find(|period| period.contains(at))?;
        let reduction = lowest_price_before_reduction(periods, REDUCTION_DAYS, at);
        Some((period.amount.minor(), reduction.map(|reduction| reduction.lowest_before.minor())))
    };
    let charged: Vec<(i64, Option<i64>)> = own.iter().filter_map(charged).collect();
    let minor_min = charged.iter().map(|(amount, _)| *amount).min()?;
    let minor_max = charged.iter().map(|(amount, _)| *amount).max()?;
    // It belongs to the price that stands beside it: that of the cheapest variants.
    let cheapest = charged.iter().filter(|(amount, _)| *amount == minor_min);
    Some(PriceShown {
        from_ms: at.millis(),
        price_range: PriceRange { minor_min, minor_max },
        lowest_before_minor: cheapest.filter_map(|(_, lowest)| *lowest).min(),
    })
}
