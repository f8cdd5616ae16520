//! Rows that a batch of sets works on: asked for, loaded and locked, changed in memory, written.
//!
//! A [`Kind`] says how one kind of row is loaded and written; a [`Table`] holds the rows of one kind while the batch runs.
//! Each change is remembered until its set is settled, so that a refused set leaves nothing behind for its neighbors.
//!
//! What is asked for and not found is absent, and so is what nobody asked for: a row that a set may touch must be asked
//! for before. Where that is forgotten, the row is written as a new one and the server refuses it.

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::Row as SqlRow;

use crate::error::Fault;
use crate::flight::Call;

/// How one kind of row is loaded and written.
pub(crate) trait Kind {
    /// What a row is found by.
    type Key: Ord + Clone;
    /// What it holds beside.
    type Row: Clone;
    /// What can be asked for; most kinds are asked for by key.
    type Ask: Ord;

    /// Returns the statement that loads what is asked for and locks it in key order; `None` for rows that are only added.
    fn load(asked: &BTreeSet<Self::Ask>) -> Option<Call>;

    /// Reads a loaded row.
    fn read(row: &SqlRow) -> Result<(Self::Key, Self::Row), Fault>;

    /// Returns the statements that write what changed, in key order.
    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault>;
}

/// The changed rows of one kind, in key order.
pub(crate) struct Changes<'t, K: Kind + ?Sized> {
    /// Rows that were not there.
    pub(crate) new: Vec<(&'t K::Key, &'t K::Row)>,
    /// Rows that were there and are now so.
    pub(crate) changed: Vec<(&'t K::Key, &'t K::Row)>,
    /// Rows that were there.
    pub(crate) gone: Vec<&'t K::Key>,
}

struct Slot<R> {
    /// Whether the database holds a row.
    stored: bool,
    /// The row as it is to be.
    now: Option<R>,
    changed: bool,
}

/// The rows of one kind while a batch runs.
pub(crate) struct Table<K: Kind> {
    asked: BTreeSet<K::Ask>,
    slots: BTreeMap<K::Key, Slot<K::Row>>,
    /// What rows were before this set; `None` for a slot that was not there.
    undo: Vec<(K::Key, Before<K::Row>)>,
}

/// What a slot held, and whether that was changed already; `None` for no slot.
type Before<R> = Option<(Option<R>, bool)>;

impl<K: Kind> Default for Table<K> {
    fn default() -> Self {
        Self { asked: BTreeSet::new(), slots: BTreeMap::new(), undo: Vec::new() }
    }
}

impl<K: Kind> Table<K> {
    /// Asks for rows, before anything is loaded.
    pub(crate) fn ask(&mut self, ask: K::Ask) {
        self.asked.insert(ask);
    }

    /// Returns the statement that loads what was asked for, where that is anything.
    pub(crate) fn load(&self) -> Option<Call> {
        if self.asked.is_empty() { None } else { K::load(&self.asked) }
    }

    /// Takes the loaded rows.
    pub(crate) fn learn(&mut self, rows: &[SqlRow]) -> Result<(), Fault> {
        for row in rows {
            let (key, row) = K::read(row)?;
            self.slots.insert(key, Slot { stored: true, now: Some(row), changed: false });
        }
        Ok(())
    }

    /// Returns a row as the batch has it by now.
    pub(crate) fn get(&self, key: &K::Key) -> Option<&K::Row> {
        self.slots.get(key)?.now.as_ref()
    }

    /// Returns every row that is known, in key order.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K::Key, &K::Row)> {
        self.slots.iter().filter_map(|(key, slot)| Some((key, slot.now.as_ref()?)))
    }

    /// Writes a row.
    pub(crate) fn put(&mut self, key: K::Key, row: K::Row) {
        self.set(key, Some(row));
    }

    /// Writes a row whose key no other one of the batch has.
    pub(crate) fn add(&mut self, key: K::Key, row: K::Row) -> Result<(), Fault> {
        if self.get(&key).is_some() {
            return Err(Fault::damaged("a record", "its key stands twice"));
        }
        self.put(key, row);
        Ok(())
    }

    /// Takes a row away, if it is there.
    pub(crate) fn remove(&mut self, key: &K::Key) {
        if self.get(key).is_some() {
            self.set(key.clone(), None);
        }
    }

    fn set(&mut self, key: K::Key, now: Option<K::Row>) {
        let before = match self.slots.get_mut(&key) {
            Some(slot) => {
                let before = (std::mem::replace(&mut slot.now, now), slot.changed);
                slot.changed = true;
                Some(before)
            }
            None => {
                self.slots.insert(key.clone(), Slot { stored: false, now, changed: true });
                None
            }
        };
        self.undo.push((key, before));
    }

    /// Lets what the set did stand.
    pub(crate) fn settle(&mut self) {
        self.undo.clear();
    }

    /// Takes back what the set did.
    pub(crate) fn roll_back(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            match (before, self.slots.get_mut(&key)) {
                (Some((now, changed)), Some(slot)) => (slot.now, slot.changed) = (now, changed),
                _ => drop(self.slots.remove(&key)),
            }
        }
    }

    /// Returns the statements that write what changed.
    pub(crate) fn write(&self) -> Result<Vec<Call>, Fault> {
        let mut changes = Changes { new: Vec::new(), changed: Vec::new(), gone: Vec::new() };
        for (key, slot) in self.slots.iter().filter(|(_, slot)| slot.changed) {
            match (slot.stored, &slot.now) {
                (false, Some(row)) => changes.new.push((key, row)),
                (true, Some(row)) => changes.changed.push((key, row)),
                (true, None) => changes.gone.push(key),
                (false, None) => {}
            }
        }
        if changes.new.is_empty() && changes.changed.is_empty() && changes.gone.is_empty() {
            return Ok(Vec::new());
        }
        K::write(changes)
    }
}

/// Returns one column of rows, as an array to unnest.
pub(crate) fn column<K, R, T>(rows: &[(&K, &R)], value: impl Fn(&K, &R) -> T) -> Vec<T> {
    rows.iter().map(|(key, row)| value(key, row)).collect()
}

/// Returns statements for the rows there are; a statement without rows is left out.
pub(crate) fn calls<const N: usize>(calls: [(bool, Call); N]) -> Vec<Call> {
    calls.into_iter().filter(|(wanted, _)| *wanted).map(|(_, call)| call).collect()
}
