//! Leases: who may do a piece of work now that only one at a time should do.
//!
//! A lease has a name, such as `consumer/mailer` or `recovery`, and is taken for some seconds. Whoever holds it renews it
//! with every write of its work; when the holder dies, the lease runs out and the next one takes it. A holder may also
//! only sleep, and go on working after another one took over. So each taking gives out a *token*, one higher than the
//! last, and a set that carries an older one is refused as a whole: that is what keeps two holders apart. The clock only
//! decides how soon work goes on.
//!
//! Which clock that is says [`crate::port::LeaseReader`].
//!
//! Invariants
//! * The token of a name only grows, through everything that becomes of its lease.
//! * Of two holders, only the one with the newest token writes.
//!
//! Deliberately absent: waiting for a lease, and telling its holder that it was lost; who holds one asks by renewing it.

use serde::{Deserialize, Serialize};

use crate::rejection::Rejection;
use crate::time::Timestamp;

/// The longest time that a lease is given for, in seconds. What runs out later than this was written by another clock, and
/// counts as run out: nobody waits for a clock to come back.
///
/// ```
/// assert_eq!(sutler_core::lease::LEASE_SECONDS_MAX / 60, 5, "minutes");
/// ```
pub const LEASE_SECONDS_MAX: u32 = 300;

/// The right to do a piece of work, for a while.
///
/// ```
/// use sutler_core::lease::{Lease, LeaseChange};
/// use sutler_core::time::Timestamp;
///
/// let now = Timestamp::from_millis(0);
/// let take = LeaseChange::take("consumer/mailer", "till 1", 30);
/// let first: Lease = take.decide(None, now)?;
/// assert_eq!((first.token, first.until), (1, Some(now.plus_seconds(30))));
///
/// // Somebody else is refused until it runs out …
/// let other = LeaseChange::take("consumer/mailer", "till 2", 30);
/// let held = other.decide(Some(&first), now.plus_seconds(29)).unwrap_err();
/// assert_eq!(held.code(), "lease.held");
///
/// // … and from then on the first holder is, whatever its clock says.
/// let second = other.decide(Some(&first), now.plus_seconds(30))?;
/// let late = LeaseChange::renew("consumer/mailer", first.token, 30);
/// assert_eq!(late.decide(Some(&second), now).unwrap_err().code(), "lease.lost");
/// # Ok::<(), sutler_core::rejection::Rejection>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Lease {
    /// The work.
    pub name: String,
    /// Who holds it or held it last, for people; two holders may call themselves the same.
    pub holder: String,
    /// How often it was taken, this time included.
    pub token: u64,
    /// When it runs out; `None` once it was given back.
    pub until: Option<Timestamp>,
}

impl Lease {
    /// Returns until when somebody holds it; `None` when it is free.
    ///
    /// ```
    /// use sutler_core::lease::LeaseChange;
    /// use sutler_core::time::Timestamp;
    ///
    /// let now = Timestamp::from_millis(0);
    /// let lease = LeaseChange::take("recovery", "till 1", 60).decide(None, now)?;
    /// assert_eq!(lease.held_until(now), Some(now.plus_seconds(60)));
    /// assert_eq!(lease.held_until(now.plus_seconds(60)), None);
    /// # Ok::<(), sutler_core::rejection::Rejection>(())
    /// ```
    pub fn held_until(&self, now: Timestamp) -> Option<Timestamp> {
        let latest = now.plus_seconds(LEASE_SECONDS_MAX);
        self.until.filter(|until| now < *until && *until <= latest)
    }
}

/// A write to a lease.
///
/// ```
/// use sutler_core::change::Change;
/// use sutler_core::lease::LeaseChange;
///
/// // A consumer moves its place only while the lease is its own: all of the set is written, or nothing.
/// let step = [
///     Change::Lease(LeaseChange::renew("consumer/mailer", 3, 30)),
///     Change::Cursor { consumer: "mailer".to_owned(), seq: 120 },
/// ];
/// assert_eq!(step.len(), 2);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LeaseChange {
    /// Takes a lease that nobody holds, under the next token. Refused as `lease.held`.
    Take {
        /// The work.
        name: String,
        /// Who takes it, for people.
        holder: String,
        /// For how long, at most [`LEASE_SECONDS_MAX`].
        seconds: u32,
    },
    /// Goes on holding a lease, run out or not, as long as nobody took it since. Refused as `lease.lost`. This is what a
    /// set carries whose writes belong to the work.
    Renew {
        /// The work.
        name: String,
        /// The token it was taken under.
        token: u64,
        /// For how long from now, at most [`LEASE_SECONDS_MAX`].
        seconds: u32,
    },
    /// Lets the next one take it at once. Refused as `lease.lost`.
    GiveBack {
        /// The work.
        name: String,
        /// The token it was taken under.
        token: u64,
    },
}

impl LeaseChange {
    /// Returns a [`LeaseChange::Take`].
    pub fn take(name: impl Into<String>, holder: impl Into<String>, seconds: u32) -> Self {
        Self::Take { name: name.into(), holder: holder.into(), seconds }
    }

    /// Returns a [`LeaseChange::Renew`].
    pub fn renew(name: impl Into<String>, token: u64, seconds: u32) -> Self {
        Self::Renew { name: name.into(), token, seconds }
    }

    /// Returns a [`LeaseChange::GiveBack`].
    pub fn give_back(name: impl Into<String>, token: u64) -> Self {
        Self::GiveBack { name: name.into(), token }
    }

    /// Returns the name of the lease.
    ///
    /// ```
    /// use sutler_core::lease::LeaseChange;
    ///
    /// assert_eq!(LeaseChange::give_back("recovery", 1).name(), "recovery");
    /// ```
    pub fn name(&self) -> &str {
        let (Self::Take { name, .. } | Self::Renew { name, .. } | Self::GiveBack { name, .. }) =
            self;
        name
    }

    /// Decides on the stored lease, `None` where it was never taken; returns the lease as it is to be stored.
    ///
    /// Errors: [`Rejection::LeaseHeld`], [`Rejection::LeaseLost`].
    pub fn decide(&self, stored: Option<&Lease>, now: Timestamp) -> Result<Lease, Rejection> {
        let until = |seconds: &u32| Some(now.plus_seconds((*seconds).min(LEASE_SECONDS_MAX)));
        match self {
            Self::Take { name, holder, seconds } => {
                let held = stored.and_then(|lease| Some((lease, lease.held_until(now)?)));
                if let Some((lease, until)) = held {
                    let (name, holder) = (name.clone(), lease.holder.clone());
                    return Err(Rejection::LeaseHeld { name, holder, until });
                }
                let (name, holder) = (name.clone(), holder.clone());
                let token = stored.map_or(0, |lease| lease.token) + 1;
                Ok(Lease { name, holder, token, until: until(seconds) })
            }
            Self::Renew { token, seconds, .. } => {
                let lease = self.own(stored, *token)?;
                Ok(Lease { until: until(seconds), ..lease.clone() })
            }
            Self::GiveBack { token, .. } => {
                let lease = self.own(stored, *token)?;
                Ok(Lease { until: None, ..lease.clone() })
            }
        }
    }

    /// Returns the stored lease if it is still the one of this token.
    fn own<'l>(&self, stored: Option<&'l Lease>, token: u64) -> Result<&'l Lease, Rejection> {
        stored.filter(|lease| lease.token == token).ok_or_else(|| Rejection::LeaseLost {
            name: self.name().to_owned(),
            token,
            holder: stored.map(|lease| lease.holder.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lease of `till 1` under token 4 that runs out at second `until`, seen at second `now`; times in seconds.
    #[track_caller]
    fn check(until: Option<u32>, now: u32, change: &LeaseChange) -> Result<Lease, String> {
        let at = |seconds| Timestamp::from_millis(0).plus_seconds(seconds);
        let stored = Lease {
            name: "recovery".to_owned(),
            holder: "till 1".to_owned(),
            token: 4,
            until: until.map(at),
        };
        change.decide(Some(&stored), at(now)).map_err(|refusal| refusal.code().to_owned())
    }

    #[test]
    fn a_lease_is_taken_when_nobody_holds_it() {
        let take = LeaseChange::take("recovery", "till 2", 60);
        for (until, now, token) in [
            // Held, to the last moment.
            (Some(1_000), 900, None),
            (Some(1_000), 999, None),
            // Run out.
            (Some(1_000), 1_000, Some(5)),
            (Some(1_000), 5_000, Some(5)),
            // Given back.
            (None, 900, Some(5)),
            // As far ahead as a lease may be given, and further: another clock wrote that.
            (Some(1_000 + LEASE_SECONDS_MAX), 1_000, None),
            (Some(1_001 + LEASE_SECONDS_MAX), 1_000, Some(5)),
        ] {
            let taken = check(until, now, &take);
            assert_eq!(taken.as_ref().ok().map(|lease| lease.token), token, "{until:?} at {now}");
            match taken {
                Ok(lease) => assert_eq!(lease.holder, "till 2"),
                Err(code) => assert_eq!(code, "lease.held"),
            }
        }
        let first = take.decide(None, Timestamp::from_millis(0)).map(|lease| lease.token);
        assert_eq!(first, Ok(1), "never taken before");
    }

    #[test]
    fn only_the_newest_token_renews_and_gives_back() {
        // Whether it ran out or was given back does not matter while nobody else took it.
        for (until, now) in [(Some(1_000), 900), (Some(1_000), 5_000), (None, 900)] {
            for (token, is_own) in [(3, false), (4, true), (5, false)] {
                let renewed = check(until, now, &LeaseChange::renew("recovery", token, 60));
                let given_back = check(until, now, &LeaseChange::give_back("recovery", token));
                for outcome in [&renewed, &given_back] {
                    let lost = outcome.as_ref().err().map(String::as_str);
                    assert_eq!(lost, (!is_own).then_some("lease.lost"), "{token} at {now}");
                }
                if let (Ok(renewed), Ok(given_back)) = (renewed, given_back) {
                    let until = Timestamp::from_millis(0).plus_seconds(now + 60);
                    assert_eq!((renewed.token, renewed.until), (4, Some(until)));
                    assert_eq!((given_back.token, given_back.until), (4, None));
                }
            }
        }
        let never = LeaseChange::renew("recovery", 1, 60).decide(None, Timestamp::from_millis(0));
        assert_eq!(never.map_err(|refusal| refusal.code()), Err("lease.lost"));
    }

    #[test]
    fn nobody_asks_for_longer_than_the_longest_time() {
        let taken = check(None, 0, &LeaseChange::take("recovery", "till 2", u32::MAX));
        let longest = Timestamp::from_millis(0).plus_seconds(LEASE_SECONDS_MAX);
        assert_eq!(taken.map(|lease| lease.until), Ok(Some(longest)));
    }

    #[test]
    fn a_refusal_says_by_whom_and_until_when() {
        let held = Rejection::LeaseHeld {
            name: "consumer/mailer".to_owned(),
            holder: "till 1".to_owned(),
            until: Timestamp::from_millis(0),
        };
        assert_eq!(
            held.to_string(),
            "the lease `consumer/mailer` is held by till 1 until 1970-01-01T00:00:00.000Z, and longer while it works"
        );
    }
}
