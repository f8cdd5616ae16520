//! How a back-end lends the suite an empty store.

use sutler_core::port::Store;

/// How a back-end lends the suite an empty store.
///
/// Each test makes its own, so a fixture must not share anything with another one: no file, no schema, no port number.
/// A fixture that cannot be made panics; it never skips.
///
/// ```
/// use sutler_core::port::EventReader;
/// use sutler_store_conformance::Fixture;
/// use sutler_store_memory::MemoryStore;
///
/// struct Memory(MemoryStore);
///
/// impl Fixture for Memory {
///     type Store = MemoryStore;
///
///     fn empty() -> Self {
///         Memory(MemoryStore::new())
///     }
///
///     fn store(&self) -> &MemoryStore {
///         &self.0
///     }
/// }
///
/// // Each promise is a function of the fixture; `store_conformance!` names them all.
/// sutler_store_conformance::commit::a_commit_is_read_at_once::<Memory>();
/// let fixture = Memory::empty().reopen();
/// assert_eq!(fixture.store().event_head()?.0, 0);
/// # Ok::<(), sutler_core::port::StoreError>(())
/// ```
pub trait Fixture: Sized {
    /// The back-end.
    type Store: Store;

    /// Makes a store that holds no shop.
    fn empty() -> Self;

    /// Lends the store.
    fn store(&self) -> &Self::Store;

    /// Closes the store and opens it again, as another process would find it. A store that promises no durability
    /// stays as it is.
    #[must_use]
    fn reopen(self) -> Self {
        self
    }
}
