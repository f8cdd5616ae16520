//! The clock and the ids of a real program.

use sutler_core::port::{Clock, IdSource};
use sutler_core::time::Timestamp;

/// The clock of this machine.
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
#[derive(Clone, Copy, Debug, Default)]
pub struct UuidSource;

impl IdSource for UuidSource {
    fn next_id(&self) -> u128 {
        uuid::Uuid::now_v7().as_u128()
    }
}
