//! How far what was read is behind the shop.

use sutler_core::time::Timestamp;
use sutler_engine::flow::lag::Lag;

use super::view;
use crate::plural::counted;

view! {
    /// The read store that answered, and how far it was behind the shop.
    ReadStoreView {
        /// Its URL.
        url: String,
        /// How many newer events the shop had.
        events_behind: u64,
        /// Every event that was told before this moment was there.
        as_of: Timestamp,
        /// How long ago that was, in milliseconds; 0 when no event was missing.
        millis_behind: u64,
        /// Its newest event.
        head: u64,
        /// The moment of the newest commit that it had, where it says so.
        replayed_at: Option<Timestamp>,
    }
}

impl ReadStoreView {
    pub(crate) fn new(url: String, lag: &Lag) -> Self {
        Self {
            url,
            events_behind: lag.events,
            as_of: lag.as_of,
            millis_behind: lag.millis,
            head: lag.head,
            replayed_at: lag.replayed_at,
        }
    }

    /// Says how far it is behind: `as of 2.1 s ago, 14 events behind`.
    pub(crate) fn words(&self) -> String {
        if self.events_behind == 0 {
            return "up to date".to_owned();
        }
        let tenths = self.millis_behind.div_ceil(100);
        let events = counted(self.events_behind, "event", "events");
        format!("as of {}.{} s ago, {events} behind", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lag_is_told_in_seconds_and_events() {
        let view = |events_behind, millis_behind| ReadStoreView {
            url: "sqlite:copy.db".to_owned(),
            events_behind,
            as_of: Timestamp::from_millis(0),
            millis_behind,
            head: 7,
            replayed_at: None,
        };
        assert_eq!(view(0, 0).words(), "up to date");
        assert_eq!(view(14, 2_100).words(), "as of 2.1 s ago, 14 events behind");
        assert_eq!(view(1, 61_001).words(), "as of 61.1 s ago, 1 event behind");
    }
}
