//! Customers.

use std::ops::Bound;
use std::sync::Arc;

use sutler_core::customer::Customer;
use sutler_core::id::CustomerId;
use sutler_core::port::{CustomerReader, StoreError};

use crate::MemoryStore;
use crate::state::{Applied, State, guard_version, taken};

impl CustomerReader for MemoryStore {
    fn customer(&self, id: CustomerId) -> Result<Option<Customer>, StoreError> {
        Ok(self.snapshot().customers.get(&id).cloned())
    }

    fn customer_by_email(&self, email: &str) -> Result<Option<Customer>, StoreError> {
        let state = self.snapshot();
        let found = state.customers.values().find(|customer| customer.email == email);
        Ok(found.cloned())
    }

    fn customer_page(
        &self,
        after: Option<CustomerId>,
        limit: usize,
    ) -> Result<Vec<Customer>, StoreError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let state = self.snapshot();
        let page = state.customers.range((from, Bound::Unbounded)).take(limit);
        Ok(page.map(|(_, customer)| customer.clone()).collect())
    }
}

impl State {
    /// Writes a customer.
    pub(crate) fn put_customer(&mut self, customer: Customer) -> Applied {
        let stored = self.customers.get(&customer.id).map(|stored| stored.version);
        guard_version(stored, customer.version, customer.id)?;
        let mut others = self.customers.values().filter(|other| other.id != customer.id);
        if others.any(|other| other.email == customer.email) {
            return Err(taken("customer", &customer.email));
        }
        Arc::make_mut(&mut self.customers).insert(customer.id, customer);
        Ok(())
    }
}
