//! The event log and the places of its consumers.
//!
//! Whoever tells an event holds the row of the head until the commit. So places are given without gaps in the order of
//! commits, and a reader that goes on behind the last place it saw misses none.

use std::collections::BTreeSet;

use sutler_core::change::RecordRef;
use sutler_core::event::{Event, EventKind, StoredEvent};
use sutler_core::hash::ContentHash;
use sutler_core::id::CommandId;
use sutler_core::port::{EventReader, StoreError};
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::error::{Applied, Fault};
use crate::flight::{Call, params};
use crate::rows::Rows;
use crate::table::{Changes, Kind, calls, column};
use crate::value::{Columns as _, Uid, int, json, limit};

pub(crate) mod sql {
    crate::statements::statements! {
        AFTER = "SELECT seq, kind, subject_kind, subject, subject_seq, at, command, data::text, link FROM raw_event
            WHERE seq > $1 ORDER BY seq LIMIT $2";
        HEAD = "SELECT seq, hash FROM raw_event_head WHERE one";
        CURSOR = "SELECT seq FROM raw_cursor WHERE consumer = $1";
        LOAD_HEAD = "SELECT seq, hash FROM raw_event_head WHERE one FOR UPDATE";
        SET_HEAD = "UPDATE raw_event_head SET seq = $1, hash = $2 WHERE one";
        /// The lock of the head stands for theirs.
        LOAD_SUBJECTS = "SELECT kind, id, last FROM raw_event_subject
            JOIN unnest($1::smallint[], $2::uuid[]) AS n (kind, id) USING (kind, id)";
        INSERT_SUBJECTS = "INSERT INTO raw_event_subject (kind, id, last) SELECT * FROM unnest($1::smallint[], $2::uuid[], $3::bigint[])";
        UPDATE_SUBJECTS = "UPDATE raw_event_subject o SET last = n.last
            FROM unnest($1::smallint[], $2::uuid[], $3::bigint[]) AS n (kind, id, last) WHERE (o.kind, o.id) = (n.kind, n.id)";
        INSERT = "INSERT INTO raw_event (seq, kind, subject_kind, subject, subject_seq, at, command, data, link)
            SELECT seq, kind, subject_kind, subject, subject_seq, at, command, data::json, link
            FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::uuid[], $5::bigint[], $6::bigint[], $7::uuid[],
                $8::text[], $9::bigint[])
              AS n (seq, kind, subject_kind, subject, subject_seq, at, command, data, link)";
        LOAD_CURSORS = "SELECT consumer, seq FROM raw_cursor WHERE consumer = ANY ($1) ORDER BY consumer FOR UPDATE";
        INSERT_CURSORS = "INSERT INTO raw_cursor (consumer, seq) SELECT * FROM unnest($1::text[], $2::bigint[])";
        UPDATE_CURSORS = "UPDATE raw_cursor o SET seq = n.seq FROM unnest($1::text[], $2::bigint[]) AS n (consumer, seq)
            WHERE o.consumer = n.consumer";
    }
}

/// The head of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Head {
    pub(crate) seq: u64,
    pub(crate) hash: ContentHash,
}

impl Head {
    /// That of an empty chain.
    const NONE: Head = Head { seq: 0, hash: ContentHash::ZERO };
}

impl EventReader for PostgresStore {
    fn events(&self, after_seq: u64, rows: usize) -> Result<Vec<StoredEvent>, StoreError> {
        let params = params![int(after_seq), limit(rows)];
        self.all("read events", sql::AFTER, params, |row| read(row).map(|(event, _)| event))
    }

    fn event_head(&self) -> Result<(u64, ContentHash), StoreError> {
        let head = self.one("read events", sql::HEAD, params![], read_head)?;
        Ok(head.map_or((0, ContentHash::ZERO), |head| (head.seq, head.hash)))
    }

    fn cursor(&self, consumer: &str) -> Result<u64, StoreError> {
        let params = params![consumer.to_owned()];
        Ok(self.one("read a cursor", sql::CURSOR, params, |row| row.count(0))?.unwrap_or(0))
    }
}

fn read_head(row: &Row) -> Result<Head, Fault> {
    Ok(Head { seq: row.count(0)?, hash: row.hash(1)? })
}

/// Reads the columns of [`sql::AFTER`]: the event, and its data as the text that is chained.
pub(crate) fn read(row: &Row) -> Result<(StoredEvent, String), Fault> {
    let unknown = |what: &str| Fault::damaged("an event", format!("its {what} is not known"));
    let data: String = row.at(7)?;
    let event = Event {
        kind: EventKind::from_number(row.tag(1)?).ok_or_else(|| unknown("kind"))?,
        subject: RecordRef::from_parts(row.tag(2)?, row.id(3)?)
            .ok_or_else(|| unknown("subject"))?,
        data: serde_json::from_str(&data)?,
    };
    let stored = StoredEvent {
        seq: row.count(0)?,
        subject_seq: row.count(4)?,
        at: row.moment(5)?,
        command: CommandId::from_u128(row.id(6)?),
        event,
        link: row.at(8)?,
    };
    Ok((stored, data))
}

/// The one row of `raw_event_head`.
pub(crate) struct EventHeads;

impl Kind for EventHeads {
    type Key = ();
    type Row = Head;
    type Ask = ();

    fn load(_: &BTreeSet<()>) -> Option<Call> {
        Some(Call::plain(sql::LOAD_HEAD))
    }

    fn read(row: &Row) -> Result<((), Head), Fault> {
        read_head(row).map(|head| ((), head))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let head = changes.changed.iter().chain(&changes.new).next();
        let set = |head: &Head| {
            Call::new(sql::SET_HEAD, params![int(head.seq), head.hash.to_bytes().to_vec()])
        };
        Ok(head.map(|(_, head)| set(head)).into_iter().collect())
    }
}

/// Rows of `raw_event_subject`: how many events were told about a record.
pub(crate) struct EventSubjects;

impl Kind for EventSubjects {
    type Key = RecordRef;
    type Row = u64;
    type Ask = RecordRef;

    fn load(asked: &BTreeSet<RecordRef>) -> Option<Call> {
        let kinds: Vec<i16> = asked.iter().map(|subject| i16::from(subject.tag())).collect();
        let ids: Vec<Uid> = asked.iter().map(|subject| Uid(subject.raw())).collect();
        Some(Call::new(sql::LOAD_SUBJECTS, params![kinds, ids]))
    }

    fn read(row: &Row) -> Result<(RecordRef, u64), Fault> {
        let subject = RecordRef::from_parts(row.tag(0)?, row.id(1)?);
        let unknown = || Fault::damaged("the subject of events", "its kind is not known");
        Ok((subject.ok_or_else(unknown)?, row.count(2)?))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&RecordRef, &u64)]| {
            params![
                column(rows, |subject, _| i16::from(subject.tag())),
                column(rows, |subject, _| Uid(subject.raw())),
                column(rows, |_, last| int(*last)),
            ]
        };
        Ok(calls([
            (
                !changes.changed.is_empty(),
                Call::new(sql::UPDATE_SUBJECTS, params(&changes.changed)),
            ),
            (!changes.new.is_empty(), Call::new(sql::INSERT_SUBJECTS, params(&changes.new))),
        ]))
    }
}

/// Rows of `raw_event`, which are only added: each with its data as text.
pub(crate) struct Events;

impl Kind for Events {
    type Key = u64;
    type Row = (StoredEvent, String);
    type Ask = ();

    fn load(_: &BTreeSet<()>) -> Option<Call> {
        None
    }

    fn read(row: &Row) -> Result<(u64, Self::Row), Fault> {
        read(row).map(|event| (event.0.seq, event))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let rows = &changes.new;
        let params = params![
            column(rows, |seq, _| int(*seq)),
            column(rows, |_, (of, _)| i16::from(of.event.kind.number())),
            column(rows, |_, (of, _)| i16::from(of.event.subject.tag())),
            column(rows, |_, (of, _)| Uid(of.event.subject.raw())),
            column(rows, |_, (of, _)| int(of.subject_seq)),
            column(rows, |_, (of, _)| of.at.millis()),
            column(rows, |_, (of, _)| Uid(of.command.to_u128())),
            column(rows, |_, (_, data)| data.clone()),
            column(rows, |_, (of, _)| of.link),
        ];
        Ok(vec![Call::new(sql::INSERT, params)])
    }
}

/// Rows of `raw_cursor`.
pub(crate) struct Cursors;

impl Kind for Cursors {
    type Key = String;
    type Row = u64;
    type Ask = String;

    fn load(asked: &BTreeSet<String>) -> Option<Call> {
        let consumers: Vec<String> = asked.iter().cloned().collect();
        Some(Call::new(sql::LOAD_CURSORS, params![consumers]))
    }

    fn read(row: &Row) -> Result<(String, u64), Fault> {
        Ok((row.at(0)?, row.count(1)?))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&String, &u64)]| {
            params![column(rows, |consumer, _| consumer.clone()), column(rows, |_, seq| int(*seq)),]
        };
        Ok(calls([
            (!changes.changed.is_empty(), Call::new(sql::UPDATE_CURSORS, params(&changes.changed))),
            (!changes.new.is_empty(), Call::new(sql::INSERT_CURSORS, params(&changes.new))),
        ]))
    }
}

impl Rows {
    /// Appends an event to the log; returns its place.
    pub(crate) fn tell(&mut self, event: Event, command: CommandId) -> Result<u64, Fault> {
        let head = self.event_heads.get(&()).copied().unwrap_or(Head::NONE);
        let (seq, at) = (head.seq + 1, self.at);
        let subject_seq = self.event_subjects.get(&event.subject).copied().unwrap_or(0) + 1;
        let data = json(&event.data)?;
        let hash = head.hash.chain(&event.chain_input(seq, subject_seq, at, command, &data));
        self.event_heads.put((), Head { seq, hash });
        self.event_subjects.put(event.subject, subject_seq);
        let stored = StoredEvent { seq, subject_seq, at, command, event, link: hash.link() };
        self.events.put(seq, (stored, data));
        Ok(seq)
    }

    /// Moves a consumer's place forward.
    pub(crate) fn move_cursor(&mut self, consumer: &str, seq: u64) -> Applied {
        let consumer = consumer.to_owned();
        let place = self.cursors.get(&consumer).copied().unwrap_or(0);
        self.cursors.put(consumer, place.max(seq));
        Ok(())
    }
}
