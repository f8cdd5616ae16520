//! Customers.

use std::collections::BTreeSet;
use std::sync::Arc;

use sutler_core::customer::Customer;
use sutler_core::id::CustomerId;
use sutler_core::port::{CustomerReader, StoreError};
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::error::{Applied, Fault, Stop, guard_version};
use crate::flight::{Call, Params, params};
use crate::rows::Rows;
use crate::table::{Changes, Kind, calls, column};
use crate::value::{Columns as _, Uid, int, json, limit};

pub(crate) mod sql {
    crate::statements::statements! {
        BY_ID = "SELECT data::text FROM raw_customer WHERE id = $1";
        BY_EMAIL = "SELECT data::text FROM raw_customer WHERE email = $1";
        PAGE_FIRST = "SELECT data::text FROM raw_customer ORDER BY id LIMIT $1";
        PAGE_AFTER = "SELECT data::text FROM raw_customer WHERE id > $1 ORDER BY id LIMIT $2";
        LOAD = "SELECT c.id, c.data::text
            FROM (SELECT * FROM unnest($1::uuid[]) UNION SELECT id FROM raw_customer WHERE email = ANY ($2)) AS n (id)
            JOIN raw_customer c USING (id) ORDER BY c.id FOR UPDATE OF c";
        INSERT = "INSERT INTO raw_customer (id, email, version, data) SELECT id, email, version, data::json
            FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[]) AS n (id, email, version, data)";
        UPDATE = "UPDATE raw_customer o SET email = n.email, version = n.version, data = n.data::json
            FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[]) AS n (id, email, version, data) WHERE o.id = n.id";
    }
}

impl CustomerReader for PostgresStore {
    fn customer(&self, id: CustomerId) -> Result<Option<Customer>, StoreError> {
        self.one("read a customer", sql::BY_ID, params![Uid(id.to_u128())], |row| row.json(0))
    }

    fn customer_by_email(&self, email: &str) -> Result<Option<Customer>, StoreError> {
        self.one("read a customer", sql::BY_EMAIL, params![email.to_owned()], |row| row.json(0))
    }

    fn customer_page(
        &self,
        after: Option<CustomerId>,
        rows: usize,
    ) -> Result<Vec<Customer>, StoreError> {
        let (sql, params) = match after {
            None => (sql::PAGE_FIRST, params![limit(rows)]),
            Some(after) => (sql::PAGE_AFTER, params![Uid(after.to_u128()), limit(rows)]),
        };
        self.all("read customers", sql, params, |row| row.json(0))
    }
}

/// What can be asked of customers.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AskCustomer {
    Id(CustomerId),
    /// Whoever has this address.
    Email(String),
}

/// Rows of `raw_customer`.
pub(crate) struct Customers;

impl Kind for Customers {
    type Key = CustomerId;
    type Row = Arc<Customer>;
    type Ask = AskCustomer;

    fn load(asked: &BTreeSet<AskCustomer>) -> Option<Call> {
        let (mut ids, mut emails) = (Vec::new(), Vec::new());
        for ask in asked {
            match ask {
                AskCustomer::Id(id) => ids.push(Uid(id.to_u128())),
                AskCustomer::Email(email) => emails.push(email.clone()),
            }
        }
        Some(Call::new(sql::LOAD, params![ids, emails]))
    }

    fn read(row: &Row) -> Result<(CustomerId, Arc<Customer>), Fault> {
        Ok((CustomerId::from_u128(row.id(0)?), Arc::new(row.json(1)?)))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&CustomerId, &Arc<Customer>)]| -> Result<Params, Fault> {
            let texts: Result<Vec<String>, Fault> =
                rows.iter().map(|(_, customer)| json(&***customer)).collect();
            Ok(params![
                column(rows, |id, _| Uid(id.to_u128())),
                column(rows, |_, customer| customer.email.clone()),
                column(rows, |_, customer| int(customer.version)),
                texts?,
            ])
        };
        Ok(calls([
            (!changes.changed.is_empty(), Call::new(sql::UPDATE, params(&changes.changed)?)),
            (!changes.new.is_empty(), Call::new(sql::INSERT, params(&changes.new)?)),
        ]))
    }
}

impl Rows {
    pub(crate) fn ask_customer(&mut self, customer: &Customer) {
        self.customers.ask(AskCustomer::Id(customer.id));
        self.customers.ask(AskCustomer::Email(customer.email.clone()));
    }

    /// Writes a customer.
    pub(crate) fn put_customer(&mut self, customer: &Customer) -> Applied {
        let stored = self.customers.get(&customer.id).map(|stored| stored.version);
        guard_version(stored, customer.version, customer.id)?;
        let has_it = |other: &Customer| other.id != customer.id && other.email == customer.email;
        if self.customers.iter().any(|(_, other)| has_it(other)) {
            return Err(Stop::taken("customer", &customer.email));
        }
        self.customers.put(customer.id, Arc::new(customer.clone()));
        Ok(())
    }
}
