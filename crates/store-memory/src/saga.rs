//! What outlives a crash: checkouts, import runs, idempotency keys.

use std::ops::Bound;
use std::sync::Arc;

use sutler_core::change::{IdempotencyKey, RecordRef};
use sutler_core::checkout::{Checkout, CheckoutStatus};
use sutler_core::hash::ContentHash;
use sutler_core::id::CheckoutId;
use sutler_core::import::ImportRun;
use sutler_core::port::{SagaReader, StoreError};

use crate::MemoryStore;
use crate::state::{Applied, State, guard_version};

impl SagaReader for MemoryStore {
    fn checkout(&self, id: CheckoutId) -> Result<Option<Checkout>, StoreError> {
        Ok(self.snapshot().checkouts.get(&id).map(|checkout| Checkout::clone(checkout)))
    }

    fn checkouts_open(
        &self,
        after: Option<CheckoutId>,
        limit: usize,
    ) -> Result<Vec<Checkout>, StoreError> {
        let state = self.snapshot();
        let rest = state
            .checkouts
            .range((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded));
        let open = rest.map(|(_, checkout)| checkout).filter(|checkout| {
            !matches!(checkout.status, CheckoutStatus::Placed | CheckoutStatus::Unwound)
        });
        Ok(open.take(limit).map(|checkout| Checkout::clone(checkout)).collect())
    }

    fn import_run(&self, content: ContentHash) -> Result<Option<ImportRun>, StoreError> {
        let state = self.snapshot();
        let mut runs = state.import_runs.range((content, 0)..=(content, u32::MAX));
        Ok(runs.next_back().map(|(_, run)| run.clone()))
    }

    fn idempotency(
        &self,
        key: &IdempotencyKey,
    ) -> Result<Option<(ContentHash, RecordRef)>, StoreError> {
        Ok(self.snapshot().keys.get(key).copied())
    }
}

impl State {
    /// Writes the log record of a checkout.
    pub(crate) fn put_checkout(&mut self, checkout: Checkout) -> Applied {
        let stored = self.checkouts.get(&checkout.id).map(|stored| stored.version);
        guard_version(stored, checkout.version, checkout.id)?;
        Arc::make_mut(&mut self.checkouts).insert(checkout.id, Arc::new(checkout));
        Ok(())
    }

    /// Writes the record of an import run.
    pub(crate) fn put_import_run(&mut self, run: ImportRun) -> Applied {
        let slot = (run.content, run.run);
        let stored = self.import_runs.get(&slot).map(|stored| stored.version);
        guard_version(stored, run.version, ImportRun::id_of(run.content))?;
        Arc::make_mut(&mut self.import_runs).insert(slot, run);
        Ok(())
    }
}
