//! The event log and the places of its consumers.
//!
//! Events of orders and payments point at them by number and keep only an amount beside; the envelope's ids and text are
//! put together again when the log is read. What is chained is always the whole: see [`Event::chain_input`].

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, Row};
use sutler_core::change::RecordRef;
use sutler_core::event::{Event, EventData, EventKind, StoredEvent};
use sutler_core::hash::ContentHash;
use sutler_core::id::{CommandId, OrderId};
use sutler_core::money::Money;
use sutler_core::order::OrderNumber;
use sutler_core::port::{EventReader, StoreError};
use sutler_core::time::Timestamp;

use crate::SqliteStore;
use crate::batch::{Batch, Head, Rows};
use crate::error::{Fault, Stop};
use crate::frozen::{Frozen, wrong_kind};
use crate::short::Words;
use crate::value::{self, At, Hash, Mention, count, int, limit};

pub(crate) mod sql {
    crate::statements::statements! {
        HEAD = "SELECT seq, hash FROM raw_event_head WHERE one = 1";
        SET_HEAD = "INSERT INTO raw_event_head (one, seq, hash) VALUES (1, ?1, ?2)
            ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, hash = excluded.hash";
        NEXT_OF_ORDER = "UPDATE raw_order SET events = events + 1 WHERE id = ?1 RETURNING events";
        NEXT_OF_PAYMENT = "UPDATE raw_payment SET events = events + 1 WHERE id = ?1 RETURNING events";
        TOLD_BEFORE = "DELETE FROM raw_event_subject WHERE kind = ?1 AND id = ?2 RETURNING last";
        FIRST_OF_SUBJECT = "INSERT INTO raw_event_subject (kind, id, last) VALUES (?1, ?2, 1) ON CONFLICT DO NOTHING";
        LAST_OF_SUBJECT = "SELECT last FROM raw_event_subject WHERE kind = ?1 AND id = ?2";
        SET_LAST = "UPDATE raw_event_subject SET last = ?3 WHERE kind = ?1 AND id = ?2";
        INSERT = "INSERT INTO raw_event (seq, kind, subject_kind, subject, subject_seq, at, command, data, link)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        AFTER = "SELECT e.seq, e.kind, e.subject_kind, e.subject, e.subject_seq, e.at, e.command, e.data, e.link,
              o.id, o.terms, p.id, p.currency, po.id
            FROM raw_event e
            LEFT JOIN raw_order o ON o.number = e.subject AND typeof(e.subject) = 'integer'
              AND ifnull(e.subject_kind, 8) = 8 AND e.kind IN (6, 7)
            LEFT JOIN raw_payment p ON p.key = e.subject AND typeof(e.subject) = 'integer'
              AND ifnull(e.subject_kind, 9) = 9 AND e.kind BETWEEN 8 AND 13
            LEFT JOIN raw_order po ON po.number = p.number
            WHERE e.seq > ?1 ORDER BY e.seq LIMIT ?2";
        CURSOR = "SELECT seq FROM raw_cursor WHERE consumer = ?1";
        MOVE_CURSOR = "INSERT INTO raw_cursor (consumer, seq) VALUES (?1, ?2)
            ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)";
    }
}

impl EventReader for SqliteStore {
    fn events(&self, after_seq: u64, rows: usize) -> Result<Vec<StoredEvent>, StoreError> {
        self.read("read events", |conn, words| {
            let mut after = conn.prepare_cached(sql::AFTER)?;
            let found = after
                .query_and_then((int(after_seq), limit(rows)), |row| read(row, conn, words))?;
            found.collect()
        })
    }

    fn event_head(&self) -> Result<(u64, ContentHash), StoreError> {
        self.read("read events", |conn, _| head(conn).map(|head| (head.seq, head.hash)))
    }

    fn cursor(&self, consumer: &str) -> Result<u64, StoreError> {
        self.read("read a cursor", |conn, _| {
            let seq = conn
                .prepare_cached(sql::CURSOR)?
                .query_row([consumer], |row| row.get(0))
                .optional()?;
            count(seq.unwrap_or(0))
        })
    }
}

/// Returns the number of the kind of record that an event of this kind is usually about; 0 for none.
const fn usual_subject(kind: EventKind) -> u8 {
    match kind {
        EventKind::ProductChanged | EventKind::PriceChanged => 11,
        EventKind::StockChanged => 15,
        EventKind::OrderPlaced | EventKind::OrderCanceled => 8,
        EventKind::PaymentAuthorized
        | EventKind::PaymentCaptured
        | EventKind::PaymentVoided
        | EventKind::PaymentRefunded
        | EventKind::PaymentFailed
        | EventKind::PaymentDisputed => 9,
        EventKind::FulfillmentShipped
        | EventKind::FulfillmentDelivered
        | EventKind::FulfillmentChanged => 7,
        EventKind::CategoryChanged => 2,
        EventKind::GiftCardChanged => 20,
        EventKind::StoreCreditChanged => 21,
        EventKind::CustomerChanged => 5,
        EventKind::CollectionChanged => 18,
    }
}

/// The data of an event in its column.
enum Data {
    Nothing,
    /// The total of the order, or the amount of the payment, that is the subject.
    Amount(i64),
    Text(String),
}

impl rusqlite::ToSql for Data {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Data::Nothing => Ok(rusqlite::types::Null.into()),
            Data::Amount(minor) => Ok((*minor).into()),
            Data::Text(text) => Ok(text.as_str().into()),
        }
    }
}

impl Batch<'_> {
    /// Appends an event to the log; returns its place.
    pub(crate) fn tell(
        &mut self,
        event: &Event,
        at: Timestamp,
        command: CommandId,
    ) -> Result<u64, Stop> {
        let given = |id: OrderId| self.set.order(id.to_u128()).filter(|order| order.opened);
        let numbered = event.numbered(|id| Some(OrderNumber(given(id)?.number.unsigned_abs())));
        let event = numbered.as_ref().unwrap_or(event);
        let subject_seq = self.next_of_subject(event.subject)?;

        let before = match self.rows().event_head.get(()) {
            Some(head) => head,
            None => {
                let head = head(self.conn)?;
                self.rows().event_head.learn((), head);
                head
            }
        };
        let text = serde_json::to_string(&event.data)?;
        let seq = before.seq + 1;
        let hash = before.hash.chain(&event.chain_input(seq, subject_seq, at, command, &text));
        self.rows().event_head.set((), Head { seq, hash });

        self.write_event(event, text, (seq, subject_seq, at, command), hash.link())?;
        Ok(seq)
    }

    /// Writes the row of an event: its place in the log, its place among those of its subject, moment, command.
    fn write_event(
        &self,
        event: &Event,
        text: String,
        (seq, subject_seq, at, command): (u64, u64, Timestamp, CommandId),
        link: i64,
    ) -> Result<(), Stop> {
        let (kind, tag) = (event.kind.number(), event.subject.tag());
        let (subject, data) = self.compact(event, text);
        let unusual = (tag != usual_subject(event.kind)).then_some(tag);
        let (at, command) = (at.millis(), command.to_bytes());
        let row = (int(seq), kind, unusual, subject, int(subject_seq), at, command, data, link);
        self.run(sql::INSERT, row)?;
        Ok(())
    }

    /// Writes an event of a copy, and counts it of its subject.
    pub(crate) fn copy_event(&mut self, stored: &StoredEvent) -> Result<(), Stop> {
        let StoredEvent { seq, subject_seq, at, command, ref event, link } = *stored;
        self.next_of_subject(event.subject)?;
        let text = serde_json::to_string(&event.data)?;
        self.write_event(event, text, (seq, subject_seq, at, command), link)
    }

    /// Writes the head of the log.
    pub(crate) fn set_event_head(&mut self, to: Head) -> Result<(), Stop> {
        let before = head(self.conn)?;
        self.rows().event_head.learn((), before);
        self.rows().event_head.set((), to);
        Ok(())
    }

    /// Counts an event of its subject. Orders and payments count their own; so the count costs no row. Most other subjects
    /// of a set are told of for the first time, so that is tried first; what RETURNING would spare otherwise, it costs every
    /// time.
    fn next_of_subject(&mut self, subject: RecordRef) -> Result<u64, Fault> {
        let (tag, id) = (subject.tag(), subject.raw().to_be_bytes());
        let first = |row: &Row<'_>| row.get::<_, i64>(0);
        let own = match subject {
            RecordRef::Order(_) => self.one(sql::NEXT_OF_ORDER, [id], first)?,
            RecordRef::Payment(_) => self.one(sql::NEXT_OF_PAYMENT, [id], first)?,
            _ => None,
        };
        if let Some(next) = own {
            return count(next);
        }
        if self.run(sql::FIRST_OF_SUBJECT, (tag, id))? == 1 {
            return Ok(1);
        }
        let last = self.one(sql::LAST_OF_SUBJECT, (tag, id), first)?;
        let next = count(last.unwrap_or(0))? + 1;
        self.run(sql::SET_LAST, (tag, id, int(next)))?;
        Ok(next)
    }

    /// Takes over how many events were told about a record before it was stored.
    pub(crate) fn told_before(&self, subject: impl Into<RecordRef>) -> Result<i64, Fault> {
        let subject = subject.into();
        let told = (subject.tag(), subject.raw().to_be_bytes());
        Ok(self.one(sql::TOLD_BEFORE, told, |row| row.get(0))?.unwrap_or(0))
    }

    /// Returns subject and data as they are stored: short where a reader finds the rest in the order or payment.
    fn compact(&self, event: &Event, text: String) -> (Mention, Data) {
        let long = Mention::Id(event.subject.raw().to_be_bytes());
        let key = self.mention(event.subject);
        if usual_subject(event.kind) != event.subject.tag() {
            return (long, Data::Text(text));
        }
        match (&event.data, event.subject) {
            (EventData::None {}, _) => (long, Data::Nothing),
            (EventData::Order { number, total }, RecordRef::Order(id)) => {
                match self.set.order(id.to_u128()) {
                    Some(known)
                        if known.number == int(number.0)
                            && known.currency == Some(total.currency()) =>
                    {
                        (key, Data::Amount(total.minor()))
                    }
                    _ => (long, Data::Text(text)),
                }
            }
            (EventData::Payment { order, amount }, RecordRef::Payment(id)) => {
                let of_order = self.set.order(order.to_u128()).map(|order| order.number);
                match self.set.payment(id.to_u128()) {
                    Some(known)
                        if Some(known.number) == of_order
                            && known.currency == amount.currency() =>
                    {
                        (key, Data::Amount(amount.minor()))
                    }
                    _ => (long, Data::Text(text)),
                }
            }
            _ => (long, Data::Text(text)),
        }
    }

    /// Writes the head if it moved.
    pub(crate) fn flush_event_head(&self, rows: &Rows) -> Result<(), Fault> {
        for ((), head) in rows.event_head.dirty() {
            self.run(sql::SET_HEAD, (int(head.seq), head.hash.to_bytes()))?;
        }
        Ok(())
    }

    /// Moves a consumer's place forward.
    pub(crate) fn move_cursor(&mut self, consumer: &str, seq: u64) -> Result<(), Stop> {
        self.run(sql::MOVE_CURSOR, (consumer, int(seq)))?;
        Ok(())
    }
}

/// Reads the head of the log.
pub(crate) fn head(conn: &Connection) -> Result<Head, Fault> {
    let mut head = conn.prepare_cached(sql::HEAD)?;
    let found =
        head.query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Hash>(1)?))).optional()?;
    match found {
        None => Ok(Head { seq: 0, hash: ContentHash::ZERO }),
        Some((seq, hash)) => Ok(Head { seq: count(seq)?, hash: hash.0 }),
    }
}

/// Reads the columns of [`sql::AFTER`].
pub(crate) fn read(row: &Row<'_>, conn: &Connection, words: &Words) -> Result<StoredEvent, Fault> {
    let broken = |why: &str| Fault::damaged("an event", why);
    let kind = EventKind::from_number(row.get(1)?).ok_or_else(|| broken("its kind is unknown"))?;
    let tag = row.get::<_, Option<u8>>(2)?.unwrap_or(usual_subject(kind));
    let id: [u8; 16] = match row.get(3)? {
        Mention::Id(id) => id,
        Mention::Key(_) => {
            let found = if tag == 8 { row.get(9)? } else { row.get::<_, Option<[u8; 16]>>(11)? };
            found.ok_or_else(|| broken("its subject is missing"))?
        }
    };
    let subject = RecordRef::from_parts(tag, u128::from_be_bytes(id))
        .ok_or_else(|| broken("its subject is no record"))?;
    let data = match row.get_ref(7)? {
        ValueRef::Null => EventData::None {},
        ValueRef::Text(text) => serde_json::from_slice(text)?,
        ValueRef::Integer(minor) => amount(row, tag, minor, conn, words)?,
        _ => return Err(broken("its data cannot be read")),
    };
    Ok(StoredEvent {
        seq: count(row.get(0)?)?,
        subject_seq: count(row.get(4)?)?,
        at: row.get::<_, At>(5)?.0,
        command: CommandId::from_bytes(row.get(6)?),
        event: Event { kind, subject, data },
        link: row.get(8)?,
    })
}

/// Puts the data of an order or payment together again.
fn amount(
    row: &Row<'_>,
    tag: u8,
    minor: i64,
    conn: &Connection,
    words: &Words,
) -> Result<EventData, Fault> {
    let missing = || Fault::damaged("an event", "the order or payment it is about is missing");
    if tag == 8 {
        let terms = row.get::<_, Option<i64>>(10)?.ok_or_else(missing)?;
        let Frozen::Terms { currency, .. } = *words.frozen(conn, terms)? else {
            return Err(wrong_kind("terms"));
        };
        let number = OrderNumber(count(row.get(3)?)?);
        return Ok(EventData::Order { number, total: Money::from_minor(minor, currency) });
    }
    let code =
        row.get_ref(12)?.as_str_or_null().map_err(rusqlite::Error::from)?.ok_or_else(missing)?;
    let order = row.get::<_, Option<[u8; 16]>>(13)?.ok_or_else(missing)?;
    Ok(EventData::Payment { order: OrderId::from_bytes(order), amount: value::money(minor, code)? })
}
