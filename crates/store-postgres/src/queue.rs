//! Who waits for the writer: first come, first served, and nobody for longer than the patience.
//!
//! A caller's time begins when it arrives, wherever it waits: behind others, or while its own changes are tried again. Only
//! an attempt that is under way is not broken off.
//!
//! Deliberately absent: what is attempted (see `writer`).

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use sutler_core::change::ChangeSet;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::batch::Verdict;
use crate::error::Fault;

/// The shortest and the longest patience: none would look at the clock without end, more has no end that can be written.
const PATIENCE: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(31_536_000));

/// A set, and who waits for its verdict.
pub(crate) struct Visit {
    pub(crate) set: ChangeSet,
    arrived: Instant,
    done: SyncSender<Verdict>,
    /// Why it was not committed so far.
    pub(crate) fault: Option<Fault>,
    /// How often in a row others were faster with new rows.
    pub(crate) outrun: u32,
    /// It has a transaction to itself, because of what happened to it among others.
    pub(crate) alone: bool,
}

impl Visit {
    /// Returns the visit of somebody who comes just now.
    pub(crate) fn new(set: ChangeSet, done: SyncSender<Verdict>) -> Self {
        Self { set, arrived: Instant::now(), done, fault: None, outrun: 0, alone: false }
    }

    /// Whether it failed in the same words before.
    pub(crate) fn failed_by(&self, fault: &Fault) -> bool {
        self.fault.as_ref().is_some_and(|before| before.to_string() == fault.to_string())
    }

    /// Tells whoever waits.
    pub(crate) fn answer(self, verdict: Verdict) {
        // Whoever asked waits for it.
        drop(self.done.send(verdict));
    }
}

/// Who waits.
pub(crate) struct Queue {
    arriving: UnboundedReceiver<Visit>,
    waiting: VecDeque<Visit>,
    batch_max: usize,
    patience: Duration,
}

impl Queue {
    pub(crate) fn new(
        arriving: UnboundedReceiver<Visit>,
        batch_max: usize,
        patience: Duration,
    ) -> Self {
        let patience = patience.clamp(PATIENCE.0, PATIENCE.1);
        Self { arriving, waiting: VecDeque::new(), batch_max: batch_max.max(1), patience }
    }

    /// Waits for somebody, and returns who shares the next transaction; `None` when nobody can come any more.
    pub(crate) async fn next(&mut self) -> Option<Vec<Visit>> {
        self.let_in();
        if self.waiting.is_empty() {
            self.waiting.push_back(self.arriving.recv().await?);
            self.let_in();
        }
        let together = self.waiting.iter().take(self.batch_max).take_while(|visit| !visit.alone);
        let next = together.count().max(1);
        Some(self.waiting.drain(..next).collect())
    }

    /// Lets visits that were next be next again.
    pub(crate) fn put_back(&mut self, visits: Vec<Visit>) {
        visits.into_iter().rev().for_each(|visit| self.waiting.push_front(visit));
    }

    /// Lets a visit wait behind all that wait now.
    pub(crate) fn put_last(&mut self, visit: Visit) {
        self.let_in();
        self.waiting.push_back(visit);
    }

    /// Does work, and meanwhile tells those whose patience ends.
    pub(crate) async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            self.let_in();
            let first_end = self.waiting.iter().map(|visit| visit.arrived + self.patience).min();
            // Who comes later is patient for longer.
            let until = first_end.unwrap_or_else(|| Instant::now() + self.patience);
            match tokio::time::timeout_at(until.into(), &mut work).await {
                Ok(done) => return done,
                Err(_) => self.let_go(),
            }
        }
    }

    fn let_in(&mut self) {
        while let Ok(visit) = self.arriving.try_recv() {
            self.waiting.push_back(visit);
        }
    }

    /// Tells those whose patience is at its end.
    fn let_go(&mut self) {
        self.let_in();
        let now = Instant::now();
        for mut visit in std::mem::take(&mut self.waiting) {
            if now < visit.arrived + self.patience {
                self.waiting.push_back(visit);
            } else {
                let waited = Fault::Queued(self.patience.as_millis());
                let fault = visit.fault.take().unwrap_or(waited);
                visit.answer(Err(fault));
            }
        }
    }
}
