//! Where leases are read.

use crate::lease::Lease;

use super::StoreError;

/// Where leases are read.
///
/// Programs on several machines share no clock, so whether a lease ran out is decided by one: that of the server where
/// the back-end has a server, read once the lease is locked. A back-end without one lies on one machine, whose clock all
/// programs share, and goes by the moment of the set.
///
/// ```
/// use sutler_core::lease::{Lease, LeaseChange};
/// use sutler_core::port::{LeaseReader, StoreError};
/// # use sutler_core::time::Timestamp;
/// # struct One(Lease);
/// # impl LeaseReader for One {
/// #     fn lease(&self, name: &str) -> Result<Option<Lease>, StoreError> {
/// #         Ok(Some(self.0.clone()).filter(|lease| lease.name == name))
/// #     }
/// # }
/// # let taken = LeaseChange::take("recovery", "till 1", 60).decide(None, Timestamp::from_millis(0));
/// # let store = One(taken.expect("nobody held it"));
///
/// let holder = |name| store.lease(name).map(|lease| lease.map(|lease| lease.holder));
/// assert_eq!(holder("recovery")?.as_deref(), Some("till 1"));
/// assert_eq!(holder("consumer/mailer")?, None, "never taken");
/// # Ok::<(), StoreError>(())
/// ```
pub trait LeaseReader {
    /// Returns a lease, held or not; `None` when it was never taken.
    fn lease(&self, name: &str) -> Result<Option<Lease>, StoreError>;
}
