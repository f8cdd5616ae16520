//! Customers.

use rusqlite::{OptionalExtension as _, Row};
use sutler_core::customer::Customer;
use sutler_core::id::CustomerId;
use sutler_core::port::{CustomerReader, StoreError};

use crate::SqliteStore;
use crate::batch::{Batch, guard_version};
use crate::error::{Fault, Stop};
use crate::value::int;

pub(crate) mod sql {
    crate::statements::statements! {
        BY_ID = "SELECT data FROM raw_customer WHERE id = ?1";
        BY_EMAIL = "SELECT data FROM raw_customer WHERE email = ?1";
        PAGE = "SELECT data FROM raw_customer WHERE id > ?1 ORDER BY id LIMIT ?2";
        VERSION = "SELECT version FROM raw_customer WHERE id = ?1";
        EMAIL_OWNER = "SELECT id FROM raw_customer WHERE email = ?1";
        PUT = "INSERT INTO raw_customer (id, email, version, data) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (id) DO UPDATE SET email = excluded.email, version = excluded.version, data = excluded.data";
    }
}

impl CustomerReader for SqliteStore {
    fn customer(&self, id: CustomerId) -> Result<Option<Customer>, StoreError> {
        self.read("read a customer", |conn, _| {
            let mut by_id = conn.prepare_cached(sql::BY_ID)?;
            by_id.query_row([id.to_bytes()], |row| Ok(read(row))).optional()?.transpose()
        })
    }

    fn customer_by_email(&self, email: &str) -> Result<Option<Customer>, StoreError> {
        self.read("find a customer", |conn, _| {
            let mut by_email = conn.prepare_cached(sql::BY_EMAIL)?;
            by_email.query_row([email], |row| Ok(read(row))).optional()?.transpose()
        })
    }

    fn customer_page(
        &self,
        after: Option<CustomerId>,
        limit: usize,
    ) -> Result<Vec<Customer>, StoreError> {
        self.read("list customers", |conn, _| {
            // An empty text of bytes stands before every id.
            let after = after.map_or_else(Vec::new, |id| id.to_bytes().to_vec());
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let mut page = conn.prepare_cached(sql::PAGE)?;
            page.query_and_then((after, limit), read)?.collect()
        })
    }
}

pub(crate) fn read(row: &Row<'_>) -> Result<Customer, Fault> {
    let text = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
    Ok(serde_json::from_str(text)?)
}

impl Batch<'_> {
    /// Writes a customer.
    pub(crate) fn put_customer(&mut self, customer: &Customer) -> Result<(), Stop> {
        let id = customer.id.to_bytes();
        let stored = self.one(sql::VERSION, [id], |row| row.get(0))?;
        guard_version(stored, customer.version, customer.id)?;
        let owner: Option<[u8; 16]> =
            self.one(sql::EMAIL_OWNER, [&customer.email], |row| row.get(0))?;
        if owner.is_some_and(|owner| owner != id) {
            return Err(Stop::taken("customer", &customer.email));
        }
        let data = serde_json::to_string(customer)?;
        self.run(sql::PUT, (id, &customer.email, int(customer.version), data))?;
        Ok(())
    }
}
