//! Streams the catalog through its checks.

use sutler_core::catalog::CategoryTree;
use sutler_core::id::VariantId;
use sutler_core::verify;

use super::{PAGE, VerifyReport, count};
use crate::{FlowError, Reader};

impl Reader {
    pub(super) fn verify_catalog(&self, report: &mut VerifyReport) -> Result<(), FlowError> {
        let lists = self.setup()?.price_lists.clone();
        let categories = self.store().categories()?;
        report.add(verify::check_categories(&categories));
        // Where they are no tree, that is said above, and products are not blamed for it.
        let tree = CategoryTree::new(categories).ok();
        let mut after = None;
        loop {
            let products = self.store().product_page(after, PAGE)?;
            let Some(last) = products.last() else { return Ok(()) };
            after = Some(last.id);
            report.counts.products += count(products.len());
            if let Some(tree) = &tree {
                report
                    .add(products.iter().flat_map(|product| verify::check_product(product, tree)));
            }
            let variants: Vec<VariantId> = products
                .iter()
                .flat_map(|product| &product.variants)
                .map(|variant| variant.id)
                .collect();
            let prices = self.store().prices(&variants)?;
            report.counts.prices += count(prices.len());
            report.add(verify::check_prices(&prices, &lists));
        }
    }
}
