//! The clock and the ids of a real program.

use sutler_core::port::{Clock, IdSource};
use sutler_core::time::Timestamp;

/// The clock of this machine.
///
/// ```
/// use sutler::SystemClock;
/// use sutler::core::port::Clock;
///
/// let before = SystemClock.now();
/// assert!(SystemClock.now() >= before);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// UUIDv7: ids that sort by the time they were made, in this program even within a millisecond.
///
/// ```
/// use sutler::UuidSource;
/// use sutler::core::port::IdSource;
///
/// let first = UuidSource.next_id();
/// assert!(UuidSource.next_id() > first, "they sort by the time they were made");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct UuidSource;

impl IdSource for UuidSource {
    fn next_id(&self) -> u128 {
        uuid::Uuid::now_v7().as_u128()
    }
}
