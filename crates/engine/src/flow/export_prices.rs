//! Writing price lists as a file that can be edited and imported again.
//!
//! Products come in the order they were made, the prices of each variant by list and quantity, so that two exports of one
//! shop are the same bytes. Never more than a page is in memory.
//!
//! Invariant: what is exported, imported again changes nothing.
//!
//! Deliberately absent: prices of retired variants, and lists without a price.

use std::collections::BTreeMap;
use std::io::Write;

use sutler_core::catalog::{Product, Variant};
use sutler_core::id::PriceListId;
use sutler_core::pricing::{Price, PriceList};
use sutler_core::rejection::Rejection;
use sutler_core::shop::Setup;
use sutler_exchange::{PriceRow, PriceWriter};

use super::export::failed;
use crate::{FlowError, Reader};

/// How many products are read at a time.
const PAGE: usize = 200;

/// How much was written.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let report = shop.price_export(Vec::new(), &[])?;
/// assert_eq!((report.price_lists, report.prices), (1, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, serde::Serialize)]
#[non_exhaustive]
pub struct PriceExportReport {
    /// Lists that were asked for.
    pub price_lists: u64,
    /// Prices of them.
    pub prices: u64,
}

impl Reader {
    /// Writes the prices of the lists of these names, or of all lists, one row for each rung.
    ///
    /// Errors: `not_found` for a name that is no list; [`FlowError::Io`] when `out` cannot be written to.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let mut file = Vec::new();
    /// shop.price_export(&mut file, &["Base prices in EUR".to_owned()])?;
    /// let file = String::from_utf8(file)?;
    /// assert!(file.contains("\nBase prices in EUR,,EUR,,,,0,MUG-RED,Enamel mug (Red),1,11.90,\n"));
    /// assert!(shop.import_text(&file, "prices.csv")?.changes_nothing());
    /// assert_eq!(shop.price_export(Vec::new(), &["Trade".to_owned()]).unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn price_export(
        &self,
        out: impl Write,
        names: &[String],
    ) -> Result<PriceExportReport, FlowError> {
        let setup = self.setup()?;
        let lists = lists(&setup, names)?;
        let mut writer = PriceWriter::new(out).map_err(failed)?;
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let mut report = PriceExportReport { price_lists: count(lists.len()), prices: 0 };
        let mut after = None;
        loop {
            let products = self.store().product_page(after, PAGE)?;
            let Some(last) = products.last() else { break };
            after = Some(last.id);
            let in_use = || {
                let all = products.iter().flat_map(|product| {
                    product.variants.iter().map(move |variant| (product, variant))
                });
                all.filter(|(_, variant)| !variant.retired)
            };
            let ids: Vec<_> = in_use().map(|(_, variant)| variant.id).collect();
            let prices = self.store().prices(&ids)?;
            for (product, variant) in in_use() {
                // They come in the order of variant, list, minimum quantity.
                let first = prices.partition_point(|price| price.variant < variant.id);
                let end = prices.partition_point(|price| price.variant <= variant.id);
                let own = prices.get(first..end).unwrap_or_default().iter();
                let own: Vec<(&PriceList, &Price)> =
                    own.filter_map(|price| Some((*lists.get(&price.list)?, price))).collect();
                if own.is_empty() {
                    continue;
                }
                let word = self.word_of(product, variant)?;
                let title = product.variant_title(variant);
                for (list, price) in own {
                    writer.write(&row(&setup, list, price, &word, &title)).map_err(failed)?;
                    report.prices += 1;
                }
            }
        }
        writer.finish().map_err(failed)?.flush().map_err(failed)?;
        Ok(report)
    }

    /// Returns what finds a variant again: its SKU where no other has it, else its id.
    fn word_of(&self, product: &Product, variant: &Variant) -> Result<String, FlowError> {
        let Some(sku) = &variant.sku else { return Ok(variant.id.to_string()) };
        let found = self.store().variants_by_sku(sku.as_str())?;
        let is_only = matches!(found.as_slice(), [only] if only.product == product.id);
        Ok(if is_only { sku.to_string() } else { variant.id.to_string() })
    }
}

/// Finds the lists of these names, or all of them.
fn lists<'s>(
    setup: &'s Setup,
    names: &[String],
) -> Result<BTreeMap<PriceListId, &'s PriceList>, Rejection> {
    let all = || setup.price_lists.iter();
    for name in names {
        if !all().any(|list| list.name == *name) {
            let near = all().map(|list| list.name.clone()).collect();
            return Err(Rejection::NotFound { noun: "price list", given: name.clone(), near });
        }
    }
    let wanted = all().filter(|list| names.is_empty() || names.contains(&list.name));
    Ok(wanted.map(|list| (list.id, list)).collect())
}

fn row<'r>(
    setup: &'r Setup,
    list: &'r PriceList,
    price: &Price,
    variant: &'r str,
    title: &'r str,
) -> PriceRow<'r> {
    let channel = list.channel.and_then(|id| setup.channel(id));
    PriceRow {
        price_list: &list.name,
        channel: channel.map(|channel| channel.code.as_str()),
        currency: list.currency,
        customer_group: list.customer_group.as_deref(),
        from: list.window.from,
        until: list.window.until,
        priority: list.priority,
        variant,
        title,
        min_quantity: price.min_quantity,
        amount: price.amount,
        compare_at: price.compare_at,
    }
}
