//! How a back-end lends the suite an empty store.

use sutler_core::port::Store;

/// How a back-end lends the suite an empty store.
///
/// Each test makes its own, so a fixture must not share anything with another one: no file, no schema, no port number.
/// A fixture that cannot be made panics; it never skips.
///
/// ```
/// use sutler_core::port::Store;
/// use sutler_store_conformance::Fixture;
///
/// struct Lent<S>(S);
///
/// impl<S: Store + Default> Fixture for Lent<S> {
///     type Store = S;
///
///     fn empty() -> Self {
///         Lent(S::default())
///     }
///
///     fn store(&self) -> &S {
///         &self.0
///     }
/// }
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
