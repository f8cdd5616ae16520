//! [`Contest`]: each unit takes the best discount that is offered on it in one lane.

use super::offer::Offer;
use super::run::Run;

/// The best offer on a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Winner {
    /// Whose: a place in the list of grants of the lane; `None`: nobody's.
    pub(super) grant: Option<usize>,
    /// What it takes off the run, as in [`Offer::worth`].
    pub(super) worth: u128,
    /// Which set of bundles it belongs to, where a bundle took it.
    pub(super) set: u32,
}

/// The best offers so far, run by run.
pub(super) struct Contest {
    /// The best on all units of each run.
    whole: Vec<Winner>,
    /// Offers on some units, with their grants.
    partial: Vec<(Offer, usize)>,
}

impl Contest {
    pub(super) fn new(runs: usize) -> Contest {
        Contest { whole: vec![Winner::default(); runs], partial: Vec::new() }
    }

    /// Lets the offers of one grant compete. Grants come in their order, and only a strictly better one replaces.
    pub(super) fn enter(&mut self, grant: usize, offers: &[Offer], runs: &[Run]) {
        for offer in offers {
            if offer.units < runs[offer.run].units {
                self.partial.push((*offer, grant));
            } else if offer.worth > self.whole[offer.run].worth {
                self.whole[offer.run] = Winner { grant: Some(grant), worth: offer.worth, set: 0 };
            }
        }
    }

    /// Divides runs where their units take different offers; returns the winner of each run.
    pub(super) fn settle(mut self, runs: &mut Vec<Run>) -> Vec<Winner> {
        if self.partial.is_empty() {
            return self.whole;
        }
        self.partial.sort_by_key(|(offer, grant)| (offer.run, offer.units, *grant));
        let most = runs.len() + self.partial.len();
        let (mut divided, mut winners) = (Vec::with_capacity(most), Vec::with_capacity(most));
        let mut partial = self.partial.as_slice();
        for (index, run) in runs.iter().enumerate() {
            let count = partial.iter().take_while(|(offer, _)| offer.run == index).count();
            let (here, rest) = partial.split_at(count);
            partial = rest;
            let mut from = 0;
            for until in here.iter().map(|(offer, _)| offer.units).chain([run.units]) {
                if until == from {
                    continue;
                }
                let left = run.cost(from, until);
                divided.push(Run { first: run.first + from, units: until - from, left, ..*run });
                let winner = best(self.whole[index], here, until);
                let worth = winner.worth / u128::from(run.units) * u128::from(until - from);
                winners.push(Winner { worth, ..winner });
                from = until;
            }
        }
        *runs = divided;
        winners
    }
}

/// Returns the best of the offers that reach up to `until`.
fn best(whole: Winner, partial: &[(Offer, usize)], until: u32) -> Winner {
    let mut best = whole;
    for (offer, grant) in partial.iter().filter(|(offer, _)| offer.units >= until) {
        let first = best.grant.is_some_and(|rival| *grant < rival);
        if offer.worth > best.worth || offer.worth == best.worth && first {
            best = Winner { grant: Some(*grant), worth: offer.worth, set: 0 };
        }
    }
    best
}
