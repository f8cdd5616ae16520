//! Leases.

use std::sync::Arc;

use sutler_core::lease::{Lease, LeaseChange};
use sutler_core::port::{LeaseReader, StoreError};
use sutler_core::time::Timestamp;

use crate::MemoryStore;
use crate::state::{Applied, State};

impl LeaseReader for MemoryStore {
    fn lease(&self, name: &str) -> Result<Option<Lease>, StoreError> {
        Ok(self.snapshot().leases.get(name).cloned())
    }
}

impl State {
    /// Takes a lease, goes on holding it, or gives it back.
    pub(crate) fn change_lease(&mut self, change: &LeaseChange, at: Timestamp) -> Applied {
        let lease = change.decide(self.leases.get(change.name()), at)?;
        Arc::make_mut(&mut self.leases).insert(lease.name.clone(), lease);
        Ok(())
    }
}
