//! Holding a lease while working, so that of several programs one does the work and another goes on when it dies.
//!
//! [`Shop::lease`] takes one. What the holder writes goes through [`HeldLease::shop`]: the same shop, whose every commit
//! renews the lease, and is refused as a whole once somebody else took it. So a holder that slept for too long writes
//! nothing, whatever it believes. Recovery and consumers of events work like this; a program may use it for jobs of its own.
//!
//! Invariants
//! * A lease is given back when its value is dropped. Where that fails, it runs out.
//! * Provider calls are not fenced: they happen outside of any commit, under keys that make a repeated call the same call.
//!
//! Deliberately absent: waiting for a lease. Whoever stands by asks again after a while.

use sutler_core::change::{Change, ChangeSet, CommitOutcome};
use sutler_core::lease::{LEASE_SECONDS_MAX, LeaseChange};
use sutler_core::rejection::Rejection;
use sutler_core::time::Timestamp;

use crate::shop::Settled;
use crate::{FlowError, Shop};

/// The longest name of a lease, in bytes.
const NAME_MAX: usize = 100;

/// A lease that this program holds.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// let report = shop.lease("nightly report", 60)?;
/// let refusal = shop.lease("nightly report", 60).map(drop).unwrap_err();
/// assert_eq!(refusal.code(), "lease.held", "one at a time");
///
/// // What the work writes, it writes as the holder.
/// report.shop().index_rebuild()?;
/// drop(report);
/// assert_eq!(shop.lease("nightly report", 60)?.token(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct HeldLease {
    shop: Shop,
    fence: Fence,
    /// By the clock of this program: until then it was certainly held.
    sure_until: Timestamp,
    is_over: bool,
}

/// What sets of a holder carry.
#[derive(Clone, Debug)]
pub(crate) struct Fence {
    name: String,
    token: u64,
    seconds: u32,
}

impl Fence {
    /// Returns the change that has a set refused once the lease is lost.
    pub(crate) fn change(&self) -> Change {
        Change::Lease(LeaseChange::renew(&self.name, self.token, self.seconds))
    }
}

impl std::fmt::Debug for HeldLease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HeldLease").field(&self.fence).finish()
    }
}

impl Shop {
    /// Takes a lease for some seconds, at most [`LEASE_SECONDS_MAX`]; each commit of its holder renews it.
    ///
    /// Names are shared by all programs that use the shop; `recovery` and what begins with `consumer/` are the shop's own.
    ///
    /// Errors: `lease.held` says by whom and until when; `input.invalid` for a name or time that is none.
    pub fn lease(&self, name: &str, seconds: u32) -> Result<HeldLease, FlowError> {
        check(name, seconds)?;
        let taken_at = self.now();
        let settled = self.settle(|set| {
            set.push(Change::Lease(LeaseChange::take(name, self.holder(), seconds)));
            Ok(())
        })?;
        let Settled::Done((), receipt) = settled else {
            return Err(Rejection::not_found("lease", name).into());
        };
        let token = receipt.lease_token.unwrap_or_default();
        let fence = Fence { name: name.to_owned(), token, seconds };
        Ok(HeldLease {
            shop: self.fenced(fence.clone()),
            fence,
            sure_until: taken_at.plus_seconds(seconds),
            is_over: false,
        })
    }
}

impl HeldLease {
    /// Returns the token, which grows with each taking. What is done elsewhere under the lease can be guarded with it: a
    /// receiver that remembers the highest token it saw refuses whoever comes with a lower one.
    pub fn token(&self) -> u64 {
        self.fence.token
    }

    /// Returns the shop as its holder: whatever it commits is refused as `lease.lost` once somebody else took the lease.
    pub fn shop(&self) -> &Shop {
        &self.shop
    }

    /// Goes on holding the lease.
    ///
    /// Errors: `lease.lost`.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # let clock = Arc::new(sutler_engine::testing::HandClock::default());
    /// # let shop = sutler_engine::testing::shop_at(sutler_store_memory::MemoryStore::new(), clock.clone())?;
    /// let mut slow = shop.lease("nightly report", 60)?;
    /// clock.advance(50);
    /// slow.renew()?;
    /// clock.advance(100);
    /// let quick = shop.lease("nightly report", 60)?;
    /// assert_eq!(slow.renew().unwrap_err().code(), "lease.lost");
    /// # drop(quick);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn renew(&mut self) -> Result<(), FlowError> {
        self.write(|_| {})
    }

    /// Goes on holding the lease where more than half of its time has passed since it was known to be held.
    ///
    /// Errors: `lease.lost`.
    pub(crate) fn assure(&mut self) -> Result<(), FlowError> {
        let now = self.shop.now();
        let half = now.plus_seconds(self.fence.seconds.div_ceil(2));
        let full = now.plus_seconds(self.fence.seconds);
        // A clock that was set back says nothing about the time that passed.
        if half < self.sure_until && self.sure_until <= full { Ok(()) } else { self.renew() }
    }

    /// Writes something as the holder.
    pub(crate) fn write(&mut self, fill: impl Fn(&mut ChangeSet)) -> Result<(), FlowError> {
        let now = self.shop.now();
        self.shop.settle(|set| {
            fill(set);
            Ok(())
        })?;
        self.sure_until = now.plus_seconds(self.fence.seconds);
        Ok(())
    }

    /// Lets the next one take the lease at once.
    ///
    /// Errors: failures of the store; then the lease runs out by itself. One that was lost is no failure.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let report = shop.lease("nightly report", 60)?;
    /// report.give_back()?;
    /// assert!(shop.lease("nightly report", 60).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn give_back(mut self) -> Result<(), FlowError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), FlowError> {
        if std::mem::replace(&mut self.is_over, true) {
            return Ok(());
        }
        let mut set = self.shop.change_set();
        set.changes =
            vec![Change::Lease(LeaseChange::give_back(&self.fence.name, self.fence.token))];
        match self.shop.store().commit(set)? {
            CommitOutcome::Committed(_) | CommitOutcome::Replayed { .. } => {}
            CommitOutcome::Conflict { .. } | CommitOutcome::Refused(_) => {
                tracing::debug!(lease = %self.fence.name, "somebody else holds this lease by now");
            }
        }
        Ok(())
    }
}

impl Drop for HeldLease {
    fn drop(&mut self) {
        if let Err(problem) = self.end() {
            tracing::warn!(lease = %self.fence.name, %problem, "this lease has to run out by itself");
        }
    }
}

fn check(name: &str, seconds: u32) -> Result<(), Rejection> {
    let wrong = |what, given: &str, why: String| Rejection::BadInput {
        what,
        given: given.chars().take(NAME_MAX).collect(),
        why,
    };
    if name.is_empty() || name.len() > NAME_MAX || name.chars().any(char::is_control) {
        let why = format!("is no name: 1 to {NAME_MAX} bytes without control characters");
        return Err(wrong("the lease", name, why));
    }
    if seconds == 0 || seconds > LEASE_SECONDS_MAX {
        let why = format!("is not from 1 to {LEASE_SECONDS_MAX}");
        return Err(wrong("the time of a lease in seconds", &seconds.to_string(), why));
    }
    Ok(())
}
