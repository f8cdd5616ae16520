//! Customers: writing and finding them, and what a quote takes from them.
//!
//! A program that embeds the shop says who buys by giving a cart its customer; whoever is not signed in there is a guest here.

use sutler_core::change::Change;
use sutler_core::customer::{Customer, normalized_email};
use sutler_core::event::{Event, EventKind};
use sutler_core::id::CustomerId;
use sutler_core::pricing::BuyerTax;
use sutler_core::rejection::Rejection;

use super::catalog_put::require_version;
use crate::{FlowError, Reader, Shop};

/// Returns what a quote is made with: what was said, and what is known of the customer where nothing was.
pub(crate) fn claims(customer: Option<&Customer>, said: &BuyerTax) -> BuyerTax {
    customer.map_or_else(|| said.clone(), |customer| customer.claims(said))
}

impl Reader {
    /// Finds a customer by id or by e-mail address, however it is spelled.
    ///
    /// Errors: `not_found`.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let nobody = shop.find_customer("ada@example.com").unwrap_err();
    /// assert_eq!(nobody.to_string(), "there is no customer `ada@example.com`");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn find_customer(&self, text: &str) -> Result<Customer, FlowError> {
        let found = match text.trim().parse::<CustomerId>() {
            Ok(id) => self.store().customer(id)?,
            Err(_) => self.store().customer_by_email(&normalized_email(text))?,
        };
        found.ok_or_else(|| Rejection::not_found("customer", text.trim()).into())
    }

    /// Lists up to `limit` customers with ids above `after`, in their order.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// assert!(shop.customer_list(None, 50)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn customer_list(
        &self,
        after: Option<CustomerId>,
        limit: usize,
    ) -> Result<Vec<Customer>, FlowError> {
        Ok(self.store().customer_page(after, limit)?)
    }
}

impl Shop {
    /// Writes a customer, new or changed, and returns it as it stands then: give it with the version that was read, 0 for a
    /// new one. Its address is normalized.
    ///
    /// Carts of it are priced with its group and, where nothing else is said, its tax, from their next quote on.
    ///
    /// Errors: `email.invalid`, `input.invalid` for what [`Customer::check`] refuses; `already_exists` for an address in use;
    /// `Contended` when somebody else changed it meanwhile.
    ///
    /// ```
    /// use sutler_core::customer::Customer;
    /// use sutler_core::id::CustomerId;
    /// use sutler_core::pricing::BuyerTax;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// let ada = shop.customer_put(&Customer {
    ///     id: CustomerId::from_u128(1),
    ///     email: " Ada@Example.com".to_owned(),
    ///     group: None,
    ///     tax: BuyerTax::default(),
    ///     created_at: shop.now(),
    ///     version: 0,
    /// })?;
    /// assert_eq!((ada.email.as_str(), ada.version), ("ada@example.com", 1));
    ///
    /// let trader = shop.customer_put(&Customer { group: Some("trade".to_owned()), ..ada.clone() })?;
    /// assert_eq!(shop.find_customer("ADA@example.com")?, trader);
    ///
    /// let twin = Customer { id: CustomerId::from_u128(2), version: 0, ..ada };
    /// assert_eq!(shop.customer_put(&twin).unwrap_err().code(), "already_exists");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn customer_put(&self, customer: &Customer) -> Result<Customer, FlowError> {
        self.setup()?;
        let wanted = Customer { email: normalized_email(&customer.email), ..customer.clone() };
        wanted.check()?;
        let mut put = wanted.clone();
        self.settle(|set| {
            let before = self.store().customer(wanted.id)?;
            require_version(wanted.version, before.as_ref().map_or(0, |b| b.version), wanted.id)?;
            put.clone_from(&wanted);
            if before.as_ref() == Some(&wanted) {
                return Ok(());
            }
            put.version = wanted.version + 1;
            set.push(Change::Customer(Box::new(put.clone())));
            set.tell(Event::plain(EventKind::CustomerChanged, put.id));
            Ok(())
        })?;
        Ok(put)
    }

    /// Returns who a cart belongs to. A program may keep its customers elsewhere: an id that is not known here has neither
    /// group nor tax.
    pub(crate) fn customer_of(
        &self,
        id: Option<CustomerId>,
    ) -> Result<Option<Customer>, FlowError> {
        id.map_or(Ok(None), |id| Ok(self.store().customer(id)?))
    }
}
