//! Gift cards, store credit, and their ledgers: one row for each, one for each entry.
//!
//! An entry is decided by core on the row as it stands in the transaction that writes it. Writers take turns, so nothing
//! can come between; the checks of the schema hold all the same.

use rusqlite::{Connection, OptionalExtension as _, Row};
use sutler_core::change::RecordRef;
use sutler_core::credit::{Credit, CreditEntry, CreditId, CreditKind, Holder, StoredCreditEntry};
use sutler_core::hash::ContentHash;
use sutler_core::id::PaymentId;
use sutler_core::port::{CreditReader, StoreError};

use crate::SqliteStore;
use crate::batch::{Batch, guard_version};
use crate::error::{Fault, Stop};
use crate::value::{self, At, Hash, count, int, limit};

pub(crate) mod sql {
    crate::statements::statements! {
        BY_ID = "SELECT kind, id, code, customer, currency, left_over, entries, hash, active, expires_at, created_at, version
            FROM raw_credit WHERE kind = ?1 AND id = ?2";
        BY_CODE = "SELECT kind, id, code, customer, currency, left_over, entries, hash, active, expires_at, created_at,
              version
            FROM raw_credit WHERE code = ?1";
        OF_CUSTOMER = "SELECT kind, id, code, customer, currency, left_over, entries, hash, active, expires_at, created_at,
              version
            FROM raw_credit WHERE customer = ?1 ORDER BY currency";
        PAGE = "SELECT kind, id, code, customer, currency, left_over, entries, hash, active, expires_at, created_at, version
            FROM raw_credit WHERE (kind, id) > (?1, ?2) ORDER BY kind, id LIMIT ?3";
        LEDGER = "SELECT seq, at, entry, amount, payment, reason, link FROM raw_credit_entry
            WHERE kind = ?1 AND id = ?2 AND seq > ?3 ORDER BY seq LIMIT ?4";
        TAKEN = "SELECT kind, id FROM raw_credit WHERE code = ?1
            UNION ALL SELECT kind, id FROM raw_credit WHERE customer = ?2 AND currency = ?3";
        INSERT = "INSERT INTO raw_credit
              (kind, id, code, customer, currency, left_over, entries, hash, active, expires_at, created_at, version)
            VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6, ?7, ?8, ?9, ?10)";
        UPDATE = "UPDATE raw_credit SET active = ?3, expires_at = ?4, version = ?5 WHERE kind = ?1 AND id = ?2";
        SET_LEFT = "UPDATE raw_credit SET left_over = ?3, entries = ?4, hash = ?5 WHERE kind = ?1 AND id = ?2";
        ENTER = "INSERT INTO raw_credit_entry (kind, id, seq, at, entry, amount, payment, reason, link)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    }
}

/// A record and the head of its chain.
type Stored = (Credit, ContentHash);

/// The two columns by which a gift card or store credit is known.
fn name(id: CreditId) -> (u8, [u8; 16]) {
    let record = RecordRef::from(id);
    (record.tag(), record.raw().to_be_bytes())
}

/// The two columns that say whose it is.
fn holder(credit: &Credit) -> (Option<[u8; 32]>, Option<&str>) {
    match &credit.holder {
        Holder::Bearer { code } => (Some(code.to_bytes()), None),
        Holder::Customer { key } => (None, Some(key.as_str())),
    }
}

pub(crate) fn id_of(tag: u8, id: [u8; 16]) -> Result<CreditId, Fault> {
    match RecordRef::from_parts(tag, u128::from_be_bytes(id)) {
        Some(RecordRef::GiftCard(id)) => Ok(id.into()),
        Some(RecordRef::StoreCredit(id)) => Ok(id.into()),
        _ => Err(Fault::damaged("a gift card or store credit", "its kind is unknown")),
    }
}

pub(crate) fn read(row: &Row<'_>) -> Result<Stored, Fault> {
    let holder = match (row.get::<_, Option<Hash>>(2)?, row.get::<_, Option<String>>(3)?) {
        (Some(code), None) => Holder::Bearer { code: code.0 },
        (None, Some(key)) => Holder::Customer { key },
        _ => return Err(Fault::damaged("a gift card or store credit", "its holder is unclear")),
    };
    let code = row.get_ref(4)?.as_str().map_err(rusqlite::Error::from)?;
    let credit = Credit {
        id: id_of(row.get(0)?, row.get(1)?)?,
        holder,
        left: value::money(row.get(5)?, code)?,
        entries: count(row.get(6)?)?,
        active: row.get(8)?,
        expires_at: row.get::<_, Option<At>>(9)?.map(|at| at.0),
        created_at: row.get::<_, At>(10)?.0,
        version: count(row.get(11)?)?,
    };
    Ok((credit, row.get::<_, Hash>(7)?.0))
}

fn by_id(conn: &Connection, id: CreditId) -> Result<Option<Stored>, Fault> {
    let mut by_id = conn.prepare_cached(sql::BY_ID)?;
    by_id.query_row(name(id), |row| Ok(read(row))).optional()?.transpose()
}

pub(crate) fn ledger(
    conn: &Connection,
    credit: &Credit,
    after_seq: u64,
    rows: usize,
) -> Result<Vec<StoredCreditEntry>, Fault> {
    let (tag, id) = name(credit.id);
    let mut ledger = conn.prepare_cached(sql::LEDGER)?;
    let code = credit.left.currency().code();
    let page = (tag, id, int(after_seq), limit(rows));
    ledger.query_and_then(page, |row| entry(row, credit.id, code))?.collect()
}

/// Reads the columns of [`sql::LEDGER`].
pub(crate) fn entry(
    row: &Row<'_>,
    credit: CreditId,
    currency: &str,
) -> Result<StoredCreditEntry, Fault> {
    let number = row.get(2)?;
    let kind = CreditKind::from_number(number)
        .ok_or_else(|| Fault::damaged("a credit entry", format!("{number} is no kind of it")))?;
    let amount = value::money(row.get(3)?, currency)?;
    let payment = row.get::<_, Option<[u8; 16]>>(4)?.map(PaymentId::from_bytes);
    let entry = CreditEntry { credit, kind, amount, payment, reason: row.get(5)? };
    let (seq, at) = (count(row.get(0)?)?, row.get::<_, At>(1)?.0);
    Ok(StoredCreditEntry { seq, at, entry, link: row.get(6)? })
}

impl CreditReader for SqliteStore {
    fn credit(&self, id: CreditId) -> Result<Option<Credit>, StoreError> {
        self.read("read credit", |conn, _| Ok(by_id(conn, id)?.map(|(credit, _)| credit)))
    }

    fn gift_card_by_code(&self, code: ContentHash) -> Result<Option<Credit>, StoreError> {
        self.read("read a gift card", |conn, _| {
            let mut by_code = conn.prepare_cached(sql::BY_CODE)?;
            let found = by_code.query_row([code.to_bytes()], |row| Ok(read(row))).optional()?;
            Ok(found.transpose()?.map(|(credit, _)| credit))
        })
    }

    fn store_credits(&self, customer: &str) -> Result<Vec<Credit>, StoreError> {
        self.read("read store credit", |conn, _| {
            let mut of_customer = conn.prepare_cached(sql::OF_CUSTOMER)?;
            let found = of_customer.query_and_then([customer], read)?;
            found.map(|stored| stored.map(|(credit, _)| credit)).collect()
        })
    }

    fn credit_page(&self, after: Option<CreditId>, rows: usize) -> Result<Vec<Credit>, StoreError> {
        self.read("read credit", |conn, _| {
            let (tag, id) = after.map_or((0, [0; 16]), name);
            let mut page = conn.prepare_cached(sql::PAGE)?;
            let found = page.query_and_then((tag, id, limit(rows)), read)?;
            found.map(|stored| stored.map(|(credit, _)| credit)).collect()
        })
    }

    fn credit_ledger(
        &self,
        id: CreditId,
        after_seq: u64,
        rows: usize,
    ) -> Result<Vec<StoredCreditEntry>, StoreError> {
        self.snapshot("read a credit ledger", |conn, _| match by_id(conn, id)? {
            Some((credit, _)) => ledger(conn, &credit, after_seq, rows),
            None => Ok(Vec::new()),
        })
    }

    fn credit_ledger_head(&self, id: CreditId) -> Result<(u64, ContentHash), StoreError> {
        self.read("read a credit ledger", |conn, _| {
            let head = by_id(conn, id)?.map(|(credit, hash)| (credit.entries, hash));
            Ok(head.unwrap_or((0, ContentHash::ZERO)))
        })
    }
}

impl Batch<'_> {
    /// Opens a gift card or store credit, or changes all of it but its ledger and its holder.
    pub(crate) fn put_credit(&mut self, credit: &Credit) -> Result<(), Stop> {
        let (tag, id) = name(credit.id);
        let stored = by_id(self.conn, credit.id)?;
        let version = stored.as_ref().map(|(stored, _)| int(stored.version));
        guard_version(version, credit.version, credit.id)?;
        let expires_at = credit.expires_at.map(|at| at.millis());
        if stored.is_some() {
            self.run(sql::UPDATE, (tag, id, credit.active, expires_at, int(credit.version)))?;
            return Ok(());
        }
        let (code, customer) = holder(credit);
        let currency = credit.left.currency().code();
        let other = self.one(sql::TAKEN, (code, customer, currency), |row| {
            Ok((row.get::<_, u8>(0)?, row.get::<_, [u8; 16]>(1)?))
        })?;
        if let Some((tag, id)) = other {
            return Err(Stop::Conflict(id_of(tag, id)?.into()));
        }
        self.insert_credit(credit)
    }

    /// Writes the row of a new gift card or store credit, with an empty ledger.
    pub(crate) fn insert_credit(&self, credit: &Credit) -> Result<(), Stop> {
        let (tag, id) = name(credit.id);
        let (code, customer) = holder(credit);
        let row = (
            tag,
            id,
            code,
            customer,
            credit.left.currency().code(),
            ContentHash::ZERO.to_bytes(),
            credit.active,
            credit.expires_at.map(|at| at.millis()),
            credit.created_at.millis(),
            int(credit.version),
        );
        self.run(sql::INSERT, row)?;
        Ok(())
    }

    /// Appends to a ledger what core lets in.
    pub(crate) fn enter_credit(&mut self, entry: &CreditEntry) -> Result<(), Stop> {
        let stored = by_id(self.conn, entry.credit)?;
        let (credit, head) = stored.ok_or(Stop::Conflict(entry.credit.into()))?;
        let at = self.set.at;
        let next = credit.entered(entry, at)?;
        let hash = head.chain(&entry.chain_input(next.entries, at));
        self.set_left(&next, hash)?;
        let (seq, entry) = (next.entries, entry.clone());
        self.write_credit_entry(&StoredCreditEntry { seq, at, entry, link: hash.link() })
    }

    /// Writes what is left, and the head of the ledger.
    pub(crate) fn set_left(&self, credit: &Credit, head: ContentHash) -> Result<(), Stop> {
        let (tag, id) = name(credit.id);
        let left = (tag, id, credit.left.minor(), int(credit.entries), head.to_bytes());
        self.run(sql::SET_LEFT, left)?;
        Ok(())
    }

    /// Writes the row of an entry.
    pub(crate) fn write_credit_entry(&self, stored: &StoredCreditEntry) -> Result<(), Stop> {
        let StoredCreditEntry { seq, at, entry, link } = stored;
        let (tag, id) = name(entry.credit);
        let row = (
            tag,
            id,
            int(*seq),
            at.millis(),
            entry.kind.number(),
            entry.amount.minor(),
            entry.payment.map(PaymentId::to_bytes),
            entry.reason.as_deref(),
            link,
        );
        self.run(sql::ENTER, row)?;
        Ok(())
    }
}
