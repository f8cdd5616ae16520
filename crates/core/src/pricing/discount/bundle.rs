//! Bundles: units of several parts that cost a fixed price together.
//!
//! A bundle wins or loses as a whole: its units leave their own discounts when the bundle takes off more than those do
//! together. Each bundle takes the dearest units that fit, and is formed as often as that holds.

use super::contest::Winner;
use super::line_set::LineSet;
use super::run::{Run, SCALE};
use crate::money::{Money, MoneyError};

/// One kind of bundle while sets of it are formed.
pub(super) struct Bundling<'b> {
    /// Its place in the list of grants of the lane.
    pub(super) grant: usize,
    /// Lines and units of each part.
    pub(super) parts: &'b [(LineSet, u32)],
    /// What one bundle costs.
    pub(super) price: Money,
    /// Whether a grant is a bundle, whose units are taken already.
    pub(super) is_bundle: &'b dyn Fn(usize) -> bool,
}

/// Runs and their winners, which are divided together.
pub(super) struct Field<'f> {
    pub(super) runs: &'f mut Vec<Run>,
    pub(super) winners: &'f mut Vec<Winner>,
}

/// What was formed: how many bundles are in each set, by its number.
pub(super) type Sets = Vec<u32>;

/// Returns how many bundles the chosen runs have units for, when each takes as many as were chosen.
fn bundles(field: &Field<'_>, used: &[(usize, u32)]) -> u32 {
    let fit = used.iter().map(|(run, units)| field.runs[*run].units / units);
    fit.min().unwrap_or(1).max(1)
}

impl Bundling<'_> {
    /// Returns what the first set would save, × [`SCALE`].
    pub(super) fn best(&self, field: &Field<'_>) -> u128 {
        let Some(used) = self.choose(field) else { return 0 };
        let bundles = bundles(field, &used);
        self.saved(field, &used, bundles)
    }

    /// Forms bundles as long as they pay.
    pub(super) fn form(&self, field: &mut Field<'_>, sets: &mut Sets) -> Result<(), MoneyError> {
        while let Some(used) = self.choose(field) {
            let bundles = bundles(field, &used);
            if self.saved(field, &used, bundles) <= self.forgone(field, &used, bundles) {
                break;
            }
            let set = u32::try_from(sets.len()).map_err(|_| MoneyError::Overflow)?;
            self.seize(field, used, bundles, set);
            sets.push(bundles);
        }
        Ok(())
    }

    /// Chooses the units of one bundle: for each part the dearest that are left. `None`: there are too few.
    fn choose(&self, field: &Field<'_>) -> Option<Vec<(usize, u32)>> {
        let mut used: Vec<(usize, u32)> = Vec::new();
        for (lines, units) in self.parts {
            let free = |index: &usize| {
                let (run, winner) = (&field.runs[*index], &field.winners[*index]);
                let taken = winner.grant.is_some_and(self.is_bundle);
                lines.contains(run.line) && run.left > 0 && !taken
            };
            let mut pool: Vec<usize> = (0..field.runs.len()).filter(free).collect();
            pool.sort_by(|a, b| field.runs[*b].cmp_unit(&field.runs[*a]));
            let mut wanted = *units;
            for index in pool {
                let before = used.iter().position(|(run, _)| *run == index);
                let gone = before.map_or(0, |place| used[place].1);
                let take = wanted.min(field.runs[index].units - gone);
                match before {
                    Some(place) => used[place].1 += take,
                    None if take > 0 => used.push((index, take)),
                    None => {}
                }
                wanted -= take;
            }
            if wanted > 0 {
                return None;
            }
        }
        Some(used)
    }

    /// What some bundles save, × [`SCALE`]; zero when they cost as much as their units or more.
    fn saved(&self, field: &Field<'_>, used: &[(usize, u32)], bundles: u32) -> u128 {
        let mut cost = 0_i128;
        for (run, units) in used {
            cost += i128::from(field.runs[*run].cost(0, units * bundles));
        }
        let saved = cost - i128::from(self.price.minor()) * i128::from(bundles);
        u128::try_from(saved).map_or(0, |saved| saved * SCALE)
    }

    /// What the units of some bundles would get otherwise, × [`SCALE`].
    fn forgone(&self, field: &Field<'_>, used: &[(usize, u32)], bundles: u32) -> u128 {
        let part = |(run, units): &(usize, u32)| {
            let unit = field.winners[*run].worth / u128::from(field.runs[*run].units);
            unit * u128::from(units * bundles)
        };
        used.iter().map(part).sum()
    }

    /// Gives units to the bundle, dividing runs of which it takes only some.
    fn seize(&self, field: &mut Field<'_>, mut used: Vec<(usize, u32)>, bundles: u32, set: u32) {
        // From the last run on, so that the places of those in front stay.
        used.sort_unstable_by(|a, b| b.cmp(a));
        for (index, units) in used {
            let (run, winner) = (field.runs[index], field.winners[index]);
            let units = units * bundles;
            let won = Winner { grant: Some(self.grant), worth: 0, set };
            if units < run.units {
                let (head, tail) = run.divide(units);
                let worth = winner.worth / u128::from(run.units) * u128::from(tail.units);
                field.runs[index] = head;
                field.runs.insert(index + 1, tail);
                field.winners.insert(index + 1, Winner { worth, ..winner });
            }
            field.winners[index] = won;
        }
    }
}
