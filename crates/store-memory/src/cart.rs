//! Carts.

use std::sync::Arc;

use sutler_core::cart::Cart;
use sutler_core::id::CartId;
use sutler_core::port::{CartReader, StoreError};

use crate::MemoryStore;
use crate::state::{Applied, State, guard_version};

impl CartReader for MemoryStore {
    fn cart(&self, id: CartId) -> Result<Option<Cart>, StoreError> {
        Ok(self.snapshot().carts.get(&id).map(|cart| Cart::clone(cart)))
    }
}

impl State {
    /// Writes a cart with all its lines.
    pub(crate) fn put_cart(&mut self, cart: Cart) -> Applied {
        guard_version(
            self.carts.get(&cart.id).map(|stored| stored.version),
            cart.version,
            cart.id,
        )?;
        Arc::make_mut(&mut self.carts).insert(cart.id, Arc::new(cart));
        Ok(())
    }
}
