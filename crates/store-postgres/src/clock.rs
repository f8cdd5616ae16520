//! The clock of this machine beside that of the server.
//!
//! Prices begin, reservations end and events are told at moments that each program takes from its own machine. Where several
//! machines sell in one shop, one whose clock is a day ahead would sell what others hold, and write prices that nobody else
//! can change until tomorrow. So machines have to agree, and the server's clock, which all of them can see, is what they are
//! compared with when they connect.
//!
//! Deliberately absent: moments taken from the server. A set has its moment before it is sent.

use std::time::{SystemTime, UNIX_EPOCH};

/// How far a clock may be off; shorter by far than anything is reserved for, longer than the worst that time servers leave.
const OFF_MAX_MILLIS: i64 = 60_000;

/// Returns the moment of this machine in milliseconds since 1970.
pub(crate) fn millis(now: SystemTime) -> i64 {
    let since = |time: std::time::Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    match now.duration_since(UNIX_EPOCH) {
        Ok(after) => since(after),
        Err(before) => -since(before.duration()),
    }
}

/// Returns by how many seconds this machine is ahead of the server (behind it: less than zero), where that is more than is
/// let pass. The server read its clock at some moment between the question and the answer.
pub(crate) fn seconds_ahead(asked: i64, server: i64, answered: i64) -> Option<i64> {
    let off = if server < asked {
        asked - server
    } else if answered < server {
        answered - server
    } else {
        0
    };
    (off.abs() > OFF_MAX_MILLIS).then_some(off / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_may_be_off_by_a_minute() {
        for (asked, server, answered, ahead) in [
            (1_000, 1_500, 2_000, None),
            (61_000, 1_000, 61_010, None),
            (61_001, 1_000, 61_010, Some(60)),
            (1_000, 61_010, 1_010, None),
            (1_000, 61_011, 1_010, Some(-60)),
            (86_401_000, 1_000, 86_401_100, Some(86_400)),
            // An answer that took long says little, and is not held against the clock.
            (1_000, 90_000, 100_000, None),
        ] {
            assert_eq!(
                seconds_ahead(asked, server, answered),
                ahead,
                "{asked} {server} {answered}"
            );
        }
    }
}
