//! Rows that the writer keeps in memory: heads of chains, levels, counters.
//!
//! They are read once, changed in memory by every set, and written once before the commit; afterwards they stay known
//! until another process writes. Each change is remembered until its set is settled, so that a refused set leaves nothing
//! behind.

use std::collections::HashMap;
use std::hash::Hash;

/// The most rows of one kind that stay known from one transaction to the next.
const ROWS_MAX: usize = 1 << 14;

#[derive(Clone, Copy, Debug)]
struct Slot<V> {
    value: V,
    dirty: bool,
}

/// Rows of one kind, by key.
#[derive(Debug)]
pub(crate) struct Kept<K, V> {
    now: HashMap<K, Slot<V>>,
    /// Keys that became dirty; those of a set that was rolled back may be clean again.
    dirty: Vec<K>,
    undo: Vec<(K, Slot<V>)>,
}

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self { now: HashMap::new(), dirty: Vec::new(), undo: Vec::new() }
    }
}

impl<K: Copy + Eq + Hash, V: Copy> Kept<K, V> {
    /// Returns what is kept of a key; `None` when it is not known.
    pub(crate) fn get(&self, key: K) -> Option<V> {
        self.now.get(&key).map(|slot| slot.value)
    }

    /// Keeps what was read from the file.
    pub(crate) fn learn(&mut self, key: K, value: V) {
        self.now.insert(key, Slot { value, dirty: false });
    }

    /// Changes what was read before.
    pub(crate) fn set(&mut self, key: K, value: V) {
        if let Some(before) = self.now.insert(key, Slot { value, dirty: true }) {
            if !before.dirty {
                self.dirty.push(key);
            }
            self.undo.push((key, before));
        }
    }

    /// Makes the changes of the set final, as far as this transaction goes.
    pub(crate) fn settle(&mut self) {
        self.undo.clear();
    }

    /// Takes the changes of the set back.
    pub(crate) fn roll_back(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            self.now.insert(key, before);
        }
    }

    /// Returns what must be written, each row once.
    pub(crate) fn dirty(&self) -> impl Iterator<Item = (K, V)> {
        let mut written = std::collections::HashSet::new();
        let slots = self.dirty.iter().filter_map(|&key| Some((key, self.now.get(&key)?)));
        slots
            .filter(move |(key, slot)| slot.dirty && written.insert(*key))
            .map(|(key, slot)| (key, slot.value))
    }

    /// Takes note that everything is written and committed.
    pub(crate) fn committed(&mut self) {
        for key in self.dirty.drain(..) {
            if let Some(slot) = self.now.get_mut(&key) {
                slot.dirty = false;
            }
        }
        if self.now.len() > ROWS_MAX {
            self.now.clear();
        }
    }

    /// Forgets everything: the transaction failed, or somebody else wrote.
    pub(crate) fn clear(&mut self) {
        self.now.clear();
        self.dirty.clear();
        self.undo.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_set_leaves_nothing_behind() {
        let mut kept: Kept<u8, u32> = Kept::default();
        kept.learn(1, 10);
        kept.learn(2, 20);
        kept.set(1, 11);
        kept.settle();
        kept.set(1, 12);
        kept.set(2, 22);
        kept.set(1, 13);
        kept.roll_back();
        assert_eq!((kept.get(1), kept.get(2), kept.get(3)), (Some(11), Some(20), None));
        assert_eq!(kept.dirty().collect::<Vec<_>>(), [(1, 11)]);
    }

    #[test]
    fn what_is_committed_stays_known_and_is_not_written_again() {
        let mut kept: Kept<u8, u32> = Kept::default();
        kept.learn(1, 10);
        kept.set(1, 11);
        kept.roll_back();
        kept.set(1, 12);
        kept.settle();
        assert_eq!(
            kept.dirty().collect::<Vec<_>>(),
            [(1, 12)],
            "a row that became dirty twice is written once"
        );
        kept.committed();
        assert_eq!((kept.get(1), kept.dirty().count()), (Some(12), 0));
        kept.set(1, 13);
        assert_eq!(kept.dirty().collect::<Vec<_>>(), [(1, 13)]);
        kept.clear();
        assert_eq!(kept.get(1), None);
    }
}
