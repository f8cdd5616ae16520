//! Gift cards, store credit, and their ledgers.
//!
//! What is left is only ever changed together with an entry, by [`Rows::enter_credit`]; core decides whether it may be, on
//! the row that this transaction holds locked.

use std::collections::BTreeSet;

use sutler_core::change::RecordRef;
use sutler_core::credit::{Credit, CreditEntry, CreditId, CreditKind, Holder, StoredCreditEntry};
use sutler_core::hash::ContentHash;
use sutler_core::id::PaymentId;
use sutler_core::money::Money;
use sutler_core::port::{CreditReader, StoreError};
use sutler_core::time::Timestamp;
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::error::{Applied, Fault, Stop, guard_version};
use crate::flight::{Call, Params, params};
use crate::rows::Rows;
use crate::table::{Changes, Kind, calls, column};
use crate::value::{Columns as _, Uid, int, limit, money};

pub(crate) mod sql {
    crate::statements::statements! {
        BY_ID = "SELECT kind, id, code, customer, currency, left_over, entries, hash, active, expires_at, created_at, version
            FROM raw_credit WHERE kind = $1 AND id = $2";
        BY_CODE = "SELECT kind, id, code, customer, currency, left_over, entries, hash, active, expires_at, created_at, version
            FROM raw_credit WHERE code = $1";
        OF_CUSTOMER = "SELECT kind, id, code, customer, currency, left_over, entries, hash, active, expires_at, created_at, version
            FROM raw_credit WHERE customer = $1 ORDER BY currency";
        PAGE = "SELECT kind, id, code, customer, currency, left_over, entries, hash, active, expires_at, created_at, version
            FROM raw_credit WHERE (kind, id) > ($1, $2) ORDER BY kind, id LIMIT $3";
        LEDGER = "SELECT kind, id, seq, at, entry, amount, currency, payment, reason, link FROM raw_credit_entry
            WHERE kind = $1 AND id = $2 AND seq > $3 ORDER BY seq LIMIT $4";
        LOAD = "SELECT c.kind, c.id, c.code, c.customer, c.currency, c.left_over, c.entries, c.hash, c.active, c.expires_at,
              c.created_at, c.version
            FROM (SELECT kind, id FROM unnest($1::smallint[], $2::uuid[]) AS a (kind, id)
              UNION SELECT kind, id FROM raw_credit WHERE code = ANY ($3)
              UNION SELECT kind, id FROM raw_credit JOIN unnest($4::text[], $5::text[]) AS a (customer, currency)
                USING (customer, currency)) AS n
            JOIN raw_credit c USING (kind, id) ORDER BY c.kind, c.id FOR UPDATE OF c";
        INSERT = "INSERT INTO raw_credit
              (kind, id, left_over, entries, hash, active, expires_at, version, code, customer, currency, created_at)
            SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bytea[], $6::boolean[],
              $7::bigint[], $8::bigint[], $9::bytea[], $10::text[], $11::text[], $12::bigint[])";
        UPDATE = "UPDATE raw_credit o SET left_over = n.left_over, entries = n.entries, hash = n.hash, active = n.active,
              expires_at = n.expires_at, version = n.version
            FROM unnest($1::smallint[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bytea[], $6::boolean[], $7::bigint[],
              $8::bigint[]) AS n (kind, id, left_over, entries, hash, active, expires_at, version)
            WHERE (o.kind, o.id) = (n.kind, n.id)";
        INSERT_ENTRIES = "INSERT INTO raw_credit_entry (kind, id, seq, at, entry, amount, currency, payment, reason, link)
            SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::bigint[], $4::bigint[], $5::smallint[], $6::bigint[],
              $7::text[], $8::uuid[], $9::text[], $10::bigint[])";
    }
}

fn place(id: CreditId) -> (i16, Uid) {
    let record = RecordRef::from(id);
    (i16::from(record.tag()), Uid(record.raw()))
}

/// Reads kind and id, which begin every row here.
fn credit_id(row: &Row) -> Result<CreditId, Fault> {
    match RecordRef::from_parts(row.tag(0)?, row.id(1)?) {
        Some(RecordRef::GiftCard(id)) => Ok(CreditId::GiftCard(id)),
        Some(RecordRef::StoreCredit(id)) => Ok(CreditId::StoreCredit(id)),
        _ => Err(Fault::damaged("credit", "its kind is not known")),
    }
}

impl CreditReader for PostgresStore {
    fn credit(&self, id: CreditId) -> Result<Option<Credit>, StoreError> {
        let (kind, id) = place(id);
        let found = self.one("read credit", sql::BY_ID, params![kind, id], read)?;
        Ok(found.map(|row| row.credit))
    }

    fn gift_card_by_code(&self, code: ContentHash) -> Result<Option<Credit>, StoreError> {
        let params = params![code.to_bytes().to_vec()];
        Ok(self.one("read a gift card", sql::BY_CODE, params, read)?.map(|row| row.credit))
    }

    fn store_credits(&self, customer: &str) -> Result<Vec<Credit>, StoreError> {
        let params = params![customer.to_owned()];
        self.all("read store credit", sql::OF_CUSTOMER, params, |row| Ok(read(row)?.credit))
    }

    fn credit_page(&self, after: Option<CreditId>, rows: usize) -> Result<Vec<Credit>, StoreError> {
        // No kind has the number 0.
        let (kind, id) = after.map_or((0, Uid(0)), place);
        let params = params![kind, id, limit(rows)];
        self.all("read credit", sql::PAGE, params, |row| Ok(read(row)?.credit))
    }

    fn credit_ledger(
        &self,
        id: CreditId,
        after_seq: u64,
        rows: usize,
    ) -> Result<Vec<StoredCreditEntry>, StoreError> {
        let (kind, id) = place(id);
        let params = params![kind, id, int(after_seq), limit(rows)];
        self.all("read the ledger of credit", sql::LEDGER, params, entry)
    }

    fn credit_ledger_head(&self, id: CreditId) -> Result<(u64, ContentHash), StoreError> {
        let (kind, id) = place(id);
        let found = self.one("read the ledger of credit", sql::BY_ID, params![kind, id], read)?;
        Ok(found.map_or((0, ContentHash::ZERO), |row| (row.credit.entries, row.head)))
    }
}

/// A record, and the head of its ledger's chain.
#[derive(Clone)]
pub(crate) struct CreditRow {
    pub(crate) credit: Credit,
    pub(crate) head: ContentHash,
}

/// Reads the columns of [`sql::BY_ID`].
pub(crate) fn read(row: &Row) -> Result<CreditRow, Fault> {
    let holder = match row.at::<Option<String>>(3)? {
        Some(key) => Holder::Customer { key },
        None => Holder::Bearer { code: row.hash(2)? },
    };
    let expires_at: Option<i64> = row.at(9)?;
    let credit = Credit {
        id: credit_id(row)?,
        holder,
        left: money(row.at(5)?, row.at(4)?)?,
        entries: row.count(6)?,
        active: row.at(8)?,
        expires_at: expires_at.map(Timestamp::from_millis),
        created_at: row.moment(10)?,
        version: row.count(11)?,
    };
    Ok(CreditRow { credit, head: row.hash(7)? })
}

/// Reads the columns of [`sql::LEDGER`].
pub(crate) fn entry(row: &Row) -> Result<StoredCreditEntry, Fault> {
    let kind = CreditKind::from_number(row.tag(4)?);
    let payment: Option<Uid> = row.at(7)?;
    Ok(StoredCreditEntry {
        seq: row.count(2)?,
        at: row.moment(3)?,
        entry: CreditEntry {
            credit: credit_id(row)?,
            kind: kind
                .ok_or_else(|| Fault::damaged("an entry of credit", "its kind is not known"))?,
            amount: money(row.at(5)?, row.at(6)?)?,
            payment: payment.map(|payment| PaymentId::from_u128(payment.0)),
            reason: row.at(8)?,
        },
        link: row.at(9)?,
    })
}

/// What can be asked of credit.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AskCredit {
    /// One record.
    Id(CreditId),
    /// Whatever has this holder: within the currency, where it is a customer.
    Holder(Holder, String),
}

/// Rows of `raw_credit`.
pub(crate) struct Credits;

impl Kind for Credits {
    type Key = CreditId;
    type Row = CreditRow;
    type Ask = AskCredit;

    fn load(asked: &BTreeSet<AskCredit>) -> Option<Call> {
        let (mut kinds, mut ids, mut codes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut customers, mut currencies) = (Vec::new(), Vec::new());
        for ask in asked {
            match ask {
                AskCredit::Id(credit) => {
                    let (kind, id) = place(*credit);
                    kinds.push(kind);
                    ids.push(id);
                }
                AskCredit::Holder(Holder::Bearer { code }, _) => {
                    codes.push(code.to_bytes().to_vec());
                }
                AskCredit::Holder(Holder::Customer { key }, currency) => {
                    customers.push(key.clone());
                    currencies.push(currency.clone());
                }
            }
        }
        Some(Call::new(sql::LOAD, params![kinds, ids, codes, customers, currencies]))
    }

    fn read(row: &Row) -> Result<(CreditId, CreditRow), Fault> {
        read(row).map(|row| (row.credit.id, row))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let rows = &changes.new;
        let code = |holder: &Holder| match holder {
            Holder::Bearer { code } => Some(code.to_bytes().to_vec()),
            Holder::Customer { .. } => None,
        };
        let customer = |holder: &Holder| match holder {
            Holder::Customer { key } => Some(key.clone()),
            Holder::Bearer { .. } => None,
        };
        let mut new = moving(rows);
        new.extend(params![
            column(rows, |_, row| code(&row.credit.holder)),
            column(rows, |_, row| customer(&row.credit.holder)),
            column(rows, |_, row| row.credit.left.currency().code().to_owned()),
            column(rows, |_, row| row.credit.created_at.millis()),
        ]);
        Ok(calls([
            (!changes.changed.is_empty(), Call::new(sql::UPDATE, moving(&changes.changed))),
            (!rows.is_empty(), Call::new(sql::INSERT, new)),
        ]))
    }
}

/// Returns the columns that move, behind the key.
fn moving(rows: &[(&CreditId, &CreditRow)]) -> Params {
    params![
        column(rows, |id, _| place(*id).0),
        column(rows, |id, _| place(*id).1),
        column(rows, |_, row| row.credit.left.minor()),
        column(rows, |_, row| int(row.credit.entries)),
        column(rows, |_, row| row.head.to_bytes().to_vec()),
        column(rows, |_, row| row.credit.active),
        column(rows, |_, row| row.credit.expires_at.map(Timestamp::millis)),
        column(rows, |_, row| int(row.credit.version)),
    ]
}

/// Rows of `raw_credit_entry`, which are only added.
pub(crate) struct CreditEntries;

impl Kind for CreditEntries {
    type Key = (CreditId, u64);
    type Row = StoredCreditEntry;
    type Ask = ();

    fn load(_: &BTreeSet<()>) -> Option<Call> {
        None
    }

    fn read(row: &Row) -> Result<(Self::Key, StoredCreditEntry), Fault> {
        entry(row).map(|stored| ((stored.entry.credit, stored.seq), stored))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let rows = &changes.new;
        let params = params![
            column(rows, |key, _| place(key.0).0),
            column(rows, |key, _| place(key.0).1),
            column(rows, |key, _| int(key.1)),
            column(rows, |_, row| row.at.millis()),
            column(rows, |_, row| i16::from(row.entry.kind.number())),
            column(rows, |_, row| row.entry.amount.minor()),
            column(rows, |_, row| row.entry.amount.currency().code().to_owned()),
            column(rows, |_, row| row.entry.payment.map(|payment| Uid(payment.to_u128()))),
            column(rows, |_, row| row.entry.reason.clone()),
            column(rows, |_, row| row.link),
        ];
        Ok(vec![Call::new(sql::INSERT_ENTRIES, params)])
    }
}

impl Rows {
    pub(crate) fn ask_credit(&mut self, credit: &Credit) {
        self.credits.ask(AskCredit::Id(credit.id));
        let currency = credit.left.currency().code().to_owned();
        self.credits.ask(AskCredit::Holder(credit.holder.clone(), currency));
    }

    /// Opens a gift card or store credit, or changes all of it but its ledger and its holder.
    pub(crate) fn put_credit(&mut self, credit: &Credit) -> Applied {
        let stored = self.credits.get(&credit.id).cloned();
        let version = stored.as_ref().map(|row| row.credit.version);
        guard_version(version, credit.version, credit.id)?;
        let currency = credit.left.currency();
        let is_taken = |other: &Credit| {
            other.id != credit.id
                && other.holder == credit.holder
                && (other.left.currency() == currency
                    || matches!(other.holder, Holder::Bearer { .. }))
        };
        if let Some((other, _)) = self.credits.iter().find(|(_, row)| is_taken(&row.credit)) {
            return Err(Stop::Conflict((*other).into()));
        }
        let row = match stored {
            Some(CreditRow { credit: stored, head }) => {
                let Credit { active, expires_at, version, .. } = *credit;
                CreditRow { credit: Credit { active, expires_at, version, ..stored }, head }
            }
            None => {
                let left = Money::zero(currency);
                let credit = Credit { left, entries: 0, ..credit.clone() };
                CreditRow { credit, head: ContentHash::ZERO }
            }
        };
        self.credits.put(credit.id, row);
        Ok(())
    }

    /// Appends to a ledger what core lets in.
    pub(crate) fn enter_credit(&mut self, entry: &CreditEntry) -> Applied {
        let at = self.at;
        let stored = self.credits.get(&entry.credit);
        let stored = stored.ok_or(Stop::Conflict(entry.credit.into()))?;
        let credit = stored.credit.entered(entry, at)?;
        let seq = credit.entries;
        let head = stored.head.chain(&entry.chain_input(seq, at));
        let written = StoredCreditEntry { seq, at, entry: entry.clone(), link: head.link() };
        self.credit_entries.put((entry.credit, seq), written);
        self.credits.put(entry.credit, CreditRow { credit, head });
        Ok(())
    }
}
