//! [`Run`]: units of one line that have had the same discounts, and so cost the same.
//!
//! A line begins as one run. Where some of its units take a discount that others do not, the run is divided. What it
//! costs is split evenly over its units, left-over minor units to the earliest, as [`Money::split`] does it; so it makes
//! no difference in how many steps and in which order a run is divided.
//!
//! [`Money::split`]: crate::money::Money::split

use std::cmp::Ordering;

/// What one minor unit is worth in comparisons, so that the smallest rate still counts.
pub(super) const SCALE: u128 = 1_000_000_000_000_000_000;

/// Units of one line that cost the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Run {
    /// Place of the line in the cart.
    pub(super) line: usize,
    /// The first unit of the line that is in it.
    pub(super) first: u32,
    /// How many units, at least 1.
    pub(super) units: u32,
    /// What they cost together after the discounts so far, in minor units; never below zero.
    pub(super) left: i64,
}

impl Run {
    /// Compares what one unit of each costs.
    pub(super) fn cmp_unit(&self, other: &Run) -> Ordering {
        let price = |a: &Run, b: &Run| i128::from(a.left) * i128::from(b.units);
        price(self, other).cmp(&price(other, self))
    }

    /// Returns what units `from..until` of it cost.
    pub(super) fn cost(&self, from: u32, until: u32) -> i64 {
        let units = i64::from(self.units);
        let (each, more) = (self.left / units, self.left % units);
        let up_to = |end: u32| i64::from(end) * each + i64::from(end).min(more);
        up_to(until) - up_to(from)
    }

    /// Divides it after its first `units`.
    pub(super) fn divide(&self, units: u32) -> (Run, Run) {
        let left = self.cost(0, units);
        let head = Run { units, left, ..*self };
        let tail = Run {
            first: self.first + units,
            units: self.units - units,
            left: self.left - left,
            ..*self
        };
        (head, tail)
    }

    /// Returns what it costs, as a comparison counts.
    pub(super) fn worth(&self) -> u128 {
        scaled(self.left)
    }

    /// Returns a part of what it costs, at most all, as a comparison counts; the part is × [`SCALE`].
    pub(super) fn left_times(&self, part: u128) -> u128 {
        u128::try_from(self.left).unwrap_or(0).saturating_mul(part).min(self.worth())
    }
}

/// Returns an amount as a comparison counts; below zero is nothing.
pub(super) fn scaled(minor: i64) -> u128 {
    u128::try_from(minor).unwrap_or(0) * SCALE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_costs_the_same_in_however_many_steps_it_is_divided() {
        for left in 0..40 {
            for units in 1..9 {
                let run = Run { line: 0, first: 0, units, left };
                assert_eq!(run.cost(0, units), left);
                for a in 0..=units {
                    for b in a..=units {
                        if a == 0 || a == units {
                            continue;
                        }
                        let (head, tail) = run.divide(a);
                        assert_eq!(head.left + tail.left, left);
                        assert_eq!(run.cost(a, b), tail.cost(0, b - a), "{left} {units} {a} {b}");
                        assert_eq!(run.cost(0, a.min(1)), head.cost(0, a.min(1)));
                    }
                }
            }
        }
    }
}
