//! A shelf of values that are put up once and then read without any lock.
//!
//! Small numbers in the file are dense and what they stand for never changes, so a place for each is enough. What has no
//! place (numbers beyond [`PLACES`]) is kept in a map behind a lock, which is emptied when it is full.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// How many places one board has.
const BOARD: usize = 1 << 10;

/// How many boards there are at most.
const BOARDS: usize = 1 << 6;

/// How many numbers have a place of their own.
const PLACES: usize = BOARD * BOARDS;

type Board<T> = Box<[OnceLock<T>]>;

/// Values by their small number.
#[derive(Debug)]
pub(crate) struct Shelf<T> {
    boards: Box<[OnceLock<Board<T>>]>,
    rest: RwLock<HashMap<i64, Arc<T>>>,
}

/// A value on the shelf.
#[derive(Debug)]
pub(crate) enum Shelved<'s, T> {
    /// It has a place.
    Placed(&'s T),
    /// It has none.
    Kept(Arc<T>),
}

impl<T> Deref for Shelved<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Shelved::Placed(value) => value,
            Shelved::Kept(value) => value,
        }
    }
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        let boards = (0..BOARDS).map(|_| OnceLock::new()).collect();
        Self { boards, rest: RwLock::new(HashMap::new()) }
    }
}

impl<T> Shelf<T> {
    /// Returns the value of a number; `None` when it was not put up yet.
    pub(crate) fn get(&self, key: i64) -> Option<Shelved<'_, T>> {
        match self.place(key) {
            Some((board, place)) => board.get()?.get(place)?.get().map(Shelved::Placed),
            None => {
                let rest = self.rest.read().unwrap_or_else(PoisonError::into_inner);
                rest.get(&key).map(|value| Shelved::Kept(Arc::clone(value)))
            }
        }
    }

    /// Puts a value up; the first one stays.
    pub(crate) fn put(&self, key: i64, value: T) -> Shelved<'_, T> {
        if let Some((board, place)) = self.place(key) {
            let board = board.get_or_init(|| (0..BOARD).map(|_| OnceLock::new()).collect());
            if let Some(place) = board.get(place) {
                return Shelved::Placed(place.get_or_init(|| value));
            }
        }
        let value = Arc::new(value);
        let mut rest = self.rest.write().unwrap_or_else(PoisonError::into_inner);
        if rest.len() >= PLACES {
            rest.clear();
        }
        rest.insert(key, Arc::clone(&value));
        Shelved::Kept(value)
    }

    fn place(&self, key: i64) -> Option<(&OnceLock<Board<T>>, usize)> {
        let key = usize::try_from(key).ok()?;
        Some((self.boards.get(key / BOARD)?, key % BOARD))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_and_far_numbers_are_found_again() {
        let shelf: Shelf<String> = Shelf::default();
        let far = i64::try_from(PLACES).expect("small") + 7;
        for key in [0, 1, 1_023, 1_024, far - 8, far, i64::MAX, -1] {
            assert!(shelf.get(key).is_none());
            assert_eq!(*shelf.put(key, format!("n{key}")), format!("n{key}"));
            assert_eq!(shelf.get(key).map(|value| value.clone()), Some(format!("n{key}")));
        }
        assert_eq!(*shelf.put(1, "other".to_owned()), "n1", "what is known never changes");
    }
}
