//! The pause before something is tried again: longer each time, and of a length that no two callers share.

use std::hash::{BuildHasher as _, RandomState};
use std::time::{Duration, Instant};

const SHORTEST: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_millis(500);

/// The next pause.
pub(crate) struct Pause(Duration);

impl Pause {
    pub(crate) fn new() -> Self {
        Self(SHORTEST)
    }

    /// Waits.
    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.next()).await;
    }

    /// Waits; false, at once, when that would last beyond `until`.
    pub(crate) async fn wait_until(&mut self, until: Instant) -> bool {
        let pause = self.next();
        if Instant::now() + pause > until {
            return false;
        }
        tokio::time::sleep(pause).await;
        true
    }

    /// Returns a length between a half and the whole of the step, and doubles the step.
    fn next(&mut self) -> Duration {
        let step = self.0;
        self.0 = (step * 2).min(LONGEST);
        // The keys of the standard library's hash maps are random, which is all the chance that is needed.
        let chance = u32::try_from(RandomState::new().hash_one(0_u8) % 512).unwrap_or(0);
        step / 2 + step * chance / 1_024
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound_and_differ() {
        let mut pause = Pause::new();
        let lengths: Vec<Duration> = (0..20).map(|_| pause.next()).collect();
        assert!(lengths.iter().all(|length| (SHORTEST / 2..=LONGEST).contains(length)));
        assert!(lengths.iter().skip(10).all(|length| *length >= LONGEST / 2), "{lengths:?}");
        let mut late: Vec<Duration> = lengths.into_iter().skip(10).collect();
        late.dedup();
        assert!(late.len() > 5, "{late:?}");
    }
}
