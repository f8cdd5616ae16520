//! Small numbers for ids that stand in many rows, and the two maps that spare most look-ups.
//!
//! A pair of number and id is written once and never changed, so what a reader has seen stays true for as long as the file
//! is open, whoever wrote it. Readers share [`Words`]; the writer has its own map, which may also hold pairs that are not
//! committed yet and forgets them with the set that made them.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{PoisonError, RwLock};

use rusqlite::{Connection, OptionalExtension as _};

use crate::error::Fault;
use crate::frozen::{self, Frozen};
use crate::shelf::{Shelf, Shelved};

pub(crate) mod sql {
    crate::statements::statements! {
        ID_OF = "SELECT id FROM raw_short WHERE key = ?1";
        KEY_OF = "SELECT key FROM raw_short WHERE id = ?1";
        INSERT = "INSERT INTO raw_short (id) VALUES (?1)";
        INSERT_NEW = "INSERT INTO raw_short (id) VALUES (?1) ON CONFLICT DO NOTHING";
    }
}

/// The most entries a map keeps; a full one is emptied, because working out what is least used costs more.
const ENTRIES_MAX: usize = 1 << 16;

/// A map that forgets everything when it is full.
#[derive(Debug)]
pub(crate) struct Bounded<K, V>(HashMap<K, V>);

impl<K, V> Default for Bounded<K, V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Hash + Eq, V> Bounded<K, V> {
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.0.len() >= ENTRIES_MAX {
            self.0.clear();
        }
        self.0.insert(key, value);
    }

    pub(crate) fn remove(&mut self, key: &K) {
        self.0.remove(key);
    }
}

/// What readers remember about committed words.
#[derive(Debug, Default)]
pub(crate) struct Words {
    ids: Shelf<[u8; 16]>,
    keys: RwLock<Bounded<[u8; 16], i64>>,
    frozen: Shelf<Frozen>,
}

impl Words {
    /// Returns the id with this number.
    pub(crate) fn id(&self, conn: &Connection, key: i64) -> Result<[u8; 16], Fault> {
        if let Some(id) = self.ids.get(key) {
            return Ok(*id);
        }
        let found =
            conn.prepare_cached(sql::ID_OF)?.query_row([key], |row| row.get(0)).optional()?;
        let none = || Fault::damaged("a short id", format!("there is no number {key}"));
        Ok(*self.ids.put(key, found.ok_or_else(none)?))
    }

    /// Returns the number of an id; `None` when nothing was ever said about it.
    pub(crate) fn key(&self, conn: &Connection, id: [u8; 16]) -> Result<Option<i64>, Fault> {
        // A lock that a panic left behind still guards a map of true pairs.
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(&id).copied();
        if known.is_some() {
            return Ok(known);
        }
        let key = conn.prepare_cached(sql::KEY_OF)?.query_row([id], |row| row.get(0)).optional()?;
        if let Some(key) = key {
            self.keys.write().unwrap_or_else(PoisonError::into_inner).insert(id, key);
        }
        Ok(key)
    }

    /// Returns frozen words by their number.
    pub(crate) fn frozen(&self, conn: &Connection, key: i64) -> Result<Shelved<'_, Frozen>, Fault> {
        match self.frozen.get(key) {
            Some(frozen) => Ok(frozen),
            None => Ok(self.frozen.put(key, frozen::load(conn, key)?)),
        }
    }
}
