//! [`Window`]: from when until when something holds.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A half-open stretch of time: it holds at `from` and no longer at `until`.
///
/// An absent end is open. Half-open, so that two windows that touch never both hold and never leave a gap.
///
/// ```
/// use sutler_core::pricing::Window;
/// use sutler_core::time::Timestamp;
///
/// let noon = Timestamp::from_millis(1_767_225_600_000);
/// let morning = Window { from: None, until: Some(noon) };
/// assert!(!morning.contains(noon));
/// let afternoon = Window { from: Some(noon), until: None };
/// assert!(afternoon.contains(noon) && !morning.meets(&afternoon));
/// assert!(afternoon.is_bounded() && !Window::ALWAYS.is_bounded());
/// assert!(Window { from: Some(noon), until: Some(noon) }.is_empty());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// The first moment at which it holds; `None`: since ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// The first moment at which it no longer holds; `None`: for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Window {
    /// Holds at every moment.
    pub const ALWAYS: Window = Window { from: None, until: None };

    /// Tells whether it holds at `now`.
    pub fn contains(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }

    /// Tells whether it never holds, because it ends before or when it begins.
    pub fn is_empty(&self) -> bool {
        matches!((self.from, self.until), (Some(from), Some(until)) if until <= from)
    }

    /// Tells whether there is a moment at which both hold.
    pub fn meets(&self, other: &Window) -> bool {
        let before = |until: Option<Timestamp>, from: Option<Timestamp>| matches!((until, from), (Some(until), Some(from)) if until <= from);
        !self.is_empty()
            && !other.is_empty()
            && !before(self.until, other.from)
            && !before(other.until, self.from)
    }

    /// Tells whether at least one end is set.
    pub fn is_bounded(&self) -> bool {
        self.from.is_some() || self.until.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_half_open() {
        let at = Timestamp::from_millis;
        for (from, until, now, holds) in [
            (None, None, 0, true),
            (Some(10), None, 9, false),
            (Some(10), None, 10, true),
            (None, Some(10), 9, true),
            (None, Some(10), 10, false),
            (Some(10), Some(20), 19, true),
            (Some(10), Some(20), 20, false),
            (Some(10), Some(10), 10, false),
        ] {
            let window = Window { from: from.map(at), until: until.map(at) };
            assert_eq!(window.contains(at(now)), holds, "{from:?}..{until:?} at {now}");
        }
        assert!(Window { from: Some(at(10)), until: Some(at(10)) }.is_empty());
        assert!(!Window::ALWAYS.is_empty() && !Window::ALWAYS.is_bounded());
    }
}
