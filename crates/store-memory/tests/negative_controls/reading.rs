//! Flaws of reading: counts that are not the stored ones, pages with gaps, answers that lag.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use sutler_core::change::ChangeSet;
use sutler_core::hash::ContentHash;
use sutler_core::id::{CheckoutId, StockLocationId, VariantId};
use sutler_core::inventory::{Reservation, StockKey, StockLevel, StoredMovement};
use sutler_core::port::{Finding, GoodsReader, StockReader, Store, StoreError, StoreReader};
use sutler_core::time::Timestamp;
use sutler_store_conformance::{
    Fixture, commit, isolation, pass_reads_on, setup, stock_ledger, stock_reserve,
};
use sutler_store_memory::MemoryStore;

use crate::Outcome;

/// Reads stock wrongly: levels and reservations that nobody adds up with the ledger, expired ones counted.
struct Miscounts(MemoryStore);

pass_reads_on!(SetupReader for [] Miscounts, |this| &this.0);
pass_reads_on!(CatalogReader for [] Miscounts, |this| &this.0);
pass_reads_on!(CartReader for [] Miscounts, |this| &this.0);
pass_reads_on!(CustomerReader for [] Miscounts, |this| &this.0);
pass_reads_on!(PromotionReader for [] Miscounts, |this| &this.0);
pass_reads_on!(OrderReader for [] Miscounts, |this| &this.0);
pass_reads_on!(CreditReader for [] Miscounts, |this| &this.0);
pass_reads_on!(SagaReader for [] Miscounts, |this| &this.0);
pass_reads_on!(EventReader for [] Miscounts, |this| &this.0);
pass_reads_on!(LeaseReader for [] Miscounts, |this| &this.0);

impl GoodsReader for Miscounts {}

impl StockReader for Miscounts {
    fn stock_levels(
        &self,
        variants: &[VariantId],
        _: Timestamp,
    ) -> Result<BTreeMap<StockKey, StockLevel>, StoreError> {
        self.0.stock_levels(variants, Timestamp::from_millis(0))
    }

    fn stock_level_page(
        &self,
        after: Option<StockKey>,
        limit: usize,
    ) -> Result<Vec<(StockKey, StockLevel)>, StoreError> {
        let mut page = self.0.stock_level_page(after, limit)?;
        for (_, level) in &mut page {
            level.reserved = level.reserved.min(3);
        }
        Ok(page)
    }

    fn stock_ledger(
        &self,
        location: StockLocationId,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<StoredMovement>, StoreError> {
        let mut page = self.0.stock_ledger(location, after_seq, limit)?;
        page.iter_mut().for_each(|entry| entry.movement.reason = None);
        Ok(page)
    }

    fn stock_ledger_head(
        &self,
        location: StockLocationId,
    ) -> Result<(u64, ContentHash), StoreError> {
        self.0.stock_ledger_head(location)
    }

    fn stock_history(
        &self,
        variant: VariantId,
        limit: usize,
    ) -> Result<Vec<StoredMovement>, StoreError> {
        let mut oldest_first = self.0.stock_history(variant, limit)?;
        oldest_first.reverse();
        Ok(oldest_first)
    }

    /// Pages by a key that is not unique, so that a page may skip what shares it.
    fn reservation_page(
        &self,
        after: Option<Reservation>,
        limit: usize,
    ) -> Result<Vec<Reservation>, StoreError> {
        let after =
            after.map(|last| Reservation { checkout: CheckoutId::from_u128(u128::MAX), ..last });
        self.0.reservation_page(after, limit)
    }
}

impl Store for Miscounts {
    fn commit(&self, set: ChangeSet) -> Outcome {
        self.0.commit(set)
    }
}

impl StoreReader for Miscounts {
    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        self.0.integrity()
    }
}

struct LentMiscounts(Miscounts);

impl Fixture for LentMiscounts {
    type Store = Miscounts;

    fn empty() -> Self {
        LentMiscounts(Miscounts(MemoryStore::new()))
    }

    fn store(&self) -> &Miscounts {
        &self.0
    }
}

#[test]
fn stock_that_is_read_wrongly_is_noticed() {
    noticed!(LentMiscounts:
        stock_ledger::levels_are_the_fold_of_the_ledger,
        stock_ledger::an_entry_comes_back_as_it_was_written,
        stock_ledger::history_is_newest_first_from_all_locations,
        stock_reserve::reads_leave_expired_reservations_out,
        stock_reserve::reservation_pages_are_complete,
    );
}

/// Shows every commit one commit too late, as a replica or a cache does.
struct Lags {
    ahead: MemoryStore,
    behind: MemoryStore,
    waiting: Mutex<Option<ChangeSet>>,
}

pass_reads_on!([] Lags, |this| &this.behind);

impl Store for Lags {
    fn commit(&self, set: ChangeSet) -> Outcome {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = self.ahead.commit(set.clone())?;
        if let Some(late) = waiting.replace(set) {
            self.behind.commit(late)?;
        }
        Ok(outcome)
    }
}

impl StoreReader for Lags {
    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        self.ahead.integrity()
    }
}

struct LentLags(Lags);

impl Fixture for LentLags {
    type Store = Lags;

    fn empty() -> Self {
        LentLags(Lags {
            ahead: MemoryStore::new(),
            behind: MemoryStore::new(),
            waiting: Mutex::new(None),
        })
    }

    fn store(&self) -> &Lags {
        &self.0
    }
}

#[test]
fn reads_that_lag_are_noticed() {
    noticed!(LentLags:
        commit::a_commit_is_read_at_once,
        setup::a_change_of_setup_is_seen_at_once,
    );
}

/// Makes reads that belong together twice.
struct Repeats(MemoryStore);

pass_reads_on!([] Repeats, |this| &this.0);

impl Store for Repeats {
    fn commit(&self, set: ChangeSet) -> Outcome {
        self.0.commit(set)
    }
}

impl StoreReader for Repeats {
    fn together(&self, work: &mut dyn FnMut()) {
        work();
        work();
    }

    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        self.0.integrity()
    }
}

impl Fixture for Repeats {
    type Store = Repeats;

    fn empty() -> Self {
        Repeats(MemoryStore::new())
    }

    fn store(&self) -> &Repeats {
        self
    }

    fn reopen(self) -> Self {
        self
    }
}

#[test]
fn repeated_reads_are_noticed() {
    noticed!(Repeats: isolation::reads_that_belong_together_see_what_was_committed);
}
