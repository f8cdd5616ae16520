//! Flaws of answering several questions at once: one of the answers is that to another question.

use sutler_core::catalog::Product;
use sutler_core::change::ChangeSet;
use sutler_core::id::VariantId;
use sutler_core::port::{
    CatalogReader as _, Finding, Goods, GoodsReader, StockReader as _, Store, StoreError,
    StoreReader,
};
use sutler_core::time::Timestamp;
use sutler_store_conformance::{Fixture, goods, pass_reads_on};
use sutler_store_memory::MemoryStore;

use crate::Outcome;

/// Counts what expired as held, and answers for a product as often as it is asked for.
struct MixesUp(MemoryStore);

pass_reads_on!(SetupReader for [] MixesUp, |this| &this.0);
pass_reads_on!(CatalogReader for [] MixesUp, |this| &this.0);
pass_reads_on!(CartReader for [] MixesUp, |this| &this.0);
pass_reads_on!(CustomerReader for [] MixesUp, |this| &this.0);
pass_reads_on!(StockReader for [] MixesUp, |this| &this.0);
pass_reads_on!(OrderReader for [] MixesUp, |this| &this.0);
pass_reads_on!(PromotionReader for [] MixesUp, |this| &this.0);
pass_reads_on!(CreditReader for [] MixesUp, |this| &this.0);
pass_reads_on!(SagaReader for [] MixesUp, |this| &this.0);
pass_reads_on!(EventReader for [] MixesUp, |this| &this.0);
pass_reads_on!(LeaseReader for [] MixesUp, |this| &this.0);

impl GoodsReader for MixesUp {
    fn products_of(&self, variants: &[VariantId]) -> Result<Vec<Product>, StoreError> {
        let known = self.variant_refs(variants)?.into_iter().flatten();
        let products = self.products(&known.map(|found| found.product).collect::<Vec<_>>())?;
        Ok(products.into_iter().flatten().collect())
    }

    fn goods(&self, variants: &[VariantId], _: Timestamp) -> Result<Goods, StoreError> {
        let levels = self.stock_levels(variants, Timestamp::from_millis(0))?;
        Ok(Goods::new(self.products_of(variants)?, self.prices(variants)?, levels))
    }
}

impl Store for MixesUp {
    fn commit(&self, set: ChangeSet) -> Outcome {
        self.0.commit(set)
    }
}

impl StoreReader for MixesUp {
    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        self.0.integrity()
    }
}

impl Fixture for MixesUp {
    type Store = MixesUp;

    fn empty() -> Self {
        MixesUp(MemoryStore::new())
    }

    fn store(&self) -> &MixesUp {
        self
    }

    fn reopen(self) -> Self {
        self
    }
}

#[test]
fn goods_that_are_mixed_up_are_noticed() {
    noticed!(MixesUp:
        goods::goods_are_what_single_reads_say,
        goods::products_are_found_by_their_variants,
    );
}
