//! The one write door of a process: whatever waits is committed together.
//!
//! One task takes the sets that wait, decides on all of them in one transaction, and answers each with its own verdict. A
//! batch is what queued while the last one was on its way; nobody waits on purpose. It costs two flights:
//!
//! 1. BEGIN, and every row that the sets may touch, locked in one order (see `rows`);
//! 2. what changed, and COMMIT.
//!
//! In between, the sets are decided on in memory, on rows that nobody else can change. What is not there cannot be locked;
//! there, a unique key refuses whoever comes second, and the batch is decided again.
//!
//! Invariants
//! * A verdict is given after its transaction ended, never before.
//! * What fails before COMMIT was sent is tried again, with growing pauses, for as long as the patience of the callers lasts
//!   (see `queue`). What fails afterwards is looked up: every transaction of this process changes one row of its own, first of
//!   all, to the number of the batch. Whoever asks for that row waits until the transaction ended, and then reads what became
//!   of it. Nothing is guessed.
//! * What is wrong with one set is not its neighbors' business: a batch that is refused is taken apart. That holds for a
//!   bug too: a panic is told to its callers and ends no writer, and what a guard misses is refused after a few tries.
//!
//! The number of the transaction would not do (`pg_xact_status`): a server that crashed gives the numbers that it did not
//! write down to others, and then tells of them.
//!
//! Deliberately absent: anything about a kind of record.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use crate::FailPoint;
use crate::batch::Verdict;
use crate::error::{Fault, Meaning, OpenError};
use crate::flight::{Call, params};
use crate::pause::Pause;
use crate::queue::{Queue, Visit};
use crate::rows::{Learn, Rows};
use crate::session::{Place, Session};
use crate::value::{Columns as _, Uid};

pub(crate) mod sql {
    crate::statements::statements! {
        BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED";
        COMMIT = "COMMIT";
        ENTER = "INSERT INTO raw_writer (writer, batch) VALUES (gen_random_uuid(), 0) RETURNING writer";
        /// Rows of processes that ended long ago.
        TIDY = "DELETE FROM raw_writer WHERE writer IN
            (SELECT writer FROM raw_writer WHERE at < now() - interval '7 days' ORDER BY writer FOR UPDATE SKIP LOCKED)";
        MARK = "UPDATE raw_writer SET batch = $2, at = now() WHERE writer = $1 RETURNING pg_backend_pid()";
        LAST = "SELECT batch FROM raw_writer WHERE writer = $1 FOR UPDATE";
    }
}

/// How often a batch is decided again because others were faster with new rows, before its sets are taken one by one; and how
/// often a set may then be refused the same row, which it was shown each time, before that is held to be no chance.
const OUTRUN_MAX: u32 = 3;

/// How the writer works.
#[derive(Clone)]
pub(crate) struct Manner {
    pub(crate) patience: Duration,
    pub(crate) fail_point: Option<FailPoint>,
}

/// The one writer of this process.
pub(crate) struct Writer {
    place: Arc<Place>,
    manner: Manner,
    /// `None` after a failure that leaves it in doubt; the next batch connects again.
    session: Option<Session>,
    /// The row of this process; `None` while it has none.
    writer: Option<Uid>,
    /// The number of the newest batch that was begun.
    batch: i64,
    /// Whether its COMMIT may have been sent.
    sent: bool,
}

/// Why a batch did not end.
enum Trouble {
    /// Nothing was written, and it may go well when it is repeated.
    Again(Fault),
    /// The same, because of rows that others made meanwhile.
    Outrun(Fault),
    /// Nothing was written, and it will fail again.
    Refused(Fault),
    /// It is not known what was written, and never will be.
    Unknown(Fault),
}

impl Writer {
    pub(crate) fn new(place: Arc<Place>, session: Session, manner: Manner) -> Self {
        Self { place, manner, session: Some(session), writer: None, batch: 0, sent: false }
    }

    /// Commits what comes, until nobody can come any more.
    pub(crate) async fn serve(mut self, mut queue: Queue) {
        let mut pause = Pause::new();
        while let Some(batch) = queue.next().await {
            let trouble = match queue.during(caught(self.attempt(&batch))).await {
                Some(Ok(verdicts)) => {
                    pause = Pause::new();
                    batch
                        .into_iter()
                        .zip(verdicts)
                        .for_each(|(visit, verdict)| visit.answer(verdict));
                    continue;
                }
                Some(Err(trouble)) => trouble,
                None if self.sent => Trouble::Unknown(Fault::Unanswered),
                None => Trouble::Refused(Fault::Panicked),
            };
            if sort_out(&mut queue, batch, trouble) {
                queue.during(pause.wait()).await;
            } else {
                pause = Pause::new();
            }
        }
    }

    /// Runs the transaction of a batch once.
    async fn attempt(&mut self, batch: &[Visit]) -> Result<Vec<Verdict>, Trouble> {
        self.sent = false;
        let session = self.take().await.map_err(open_trouble)?;
        let mut rows = Rows::default();
        batch.iter().for_each(|visit| rows.ask(&visit.set));
        let (learners, loads): (Vec<Learn>, Vec<Call>) = rows.load().into_iter().unzip();
        let writer = match self.enter(&session).await {
            Ok(writer) => writer,
            Err(failed) => return Err(self.not_begun(session, failed).await),
        };
        self.batch += 1;
        let mark = Call::new(sql::MARK, params![writer, self.batch]);
        let mut calls = vec![Call::plain(sql::BEGIN), mark];
        calls.extend(loads);
        self.point("before_begin");
        let found = match session.fly(&calls).await {
            Ok(found) => found,
            Err(failed) => return Err(self.not_begun(session, failed).await),
        };
        self.point("after_load");
        match found.get(1).and_then(|rows| rows.first()).map(|row| row.at::<i32>(0)) {
            Some(Ok(backend)) if backend == session.backend() => {}
            Some(_) => {
                // Settings and statements here are not those of this connection.
                return Err(self.given_up(session, self.place.shared().into()).await);
            }
            None => {
                // The row was tidied away, or the shop is another one: enter anew.
                self.writer = None;
                self.end(session).await;
                return Err(Trouble::Again(Fault::damaged("the row of this writer", "it is gone")));
            }
        }
        for (learn, found) in learners.into_iter().zip(found.iter().skip(2)) {
            if let Err(fault) = learn(&mut rows, found) {
                return Err(self.given_up(session, fault).await);
            }
        }
        let verdicts: Vec<Verdict> = batch.iter().map(|visit| rows.decide(&visit.set)).collect();
        let writes = match rows.write() {
            Ok(writes) => writes,
            Err(fault) => return Err(self.given_up(session, fault).await),
        };
        if writes.is_empty() {
            self.end(session).await;
            return Ok(verdicts);
        }
        self.finish(session, writes, verdicts).await
    }

    /// Writes what changed and commits.
    async fn finish(
        &mut self,
        session: Session,
        mut calls: Vec<Call>,
        verdicts: Vec<Verdict>,
    ) -> Result<Vec<Verdict>, Trouble> {
        calls.push(Call::plain(sql::COMMIT));
        self.point("before_commit");
        self.sent = true;
        let failed = match session.fly(&calls).await {
            Ok(_) => {
                self.session = Some(session);
                self.point("after_commit");
                return Ok(verdicts);
            }
            Err(error) => error,
        };
        let sorted = failed.meaning();
        if failed.is_told() && sorted != Meaning::Cut {
            // The server refused a statement, so that COMMIT, if it was sent, rolled back.
            self.end(session).await;
            return Err(trouble(sorted, failed));
        }
        drop(session);
        self.resolve(verdicts, failed).await
    }

    /// Finds out what became of a transaction whose COMMIT was not answered.
    async fn resolve(
        &mut self,
        verdicts: Vec<Verdict>,
        cause: Fault,
    ) -> Result<Vec<Verdict>, Trouble> {
        // A server that restarts may take longer than what is left of the patience of the callers.
        let until = Instant::now() + self.manner.patience;
        let mut pause = Pause::new();
        loop {
            // Why it cannot be told at the moment says nothing about the transaction.
            match self.was_committed().await {
                Ok(true) => return Ok(verdicts),
                Ok(false) => return Err(trouble(cause.meaning(), cause)),
                Err(why) if !why.may_pass() || !pause.wait_until(until).await => {
                    return Err(Trouble::Unknown(Fault::CommitLost(format!("{cause}; {why}"))));
                }
                Err(_) => {}
            }
        }
    }

    /// Waits until the newest transaction ended; returns whether it was committed.
    async fn was_committed(&mut self) -> Result<bool, Fault> {
        let Some(writer) = self.writer else { return Ok(false) };
        let session = self.take().await?;
        let told = session.fly(&[Call::new(sql::LAST, params![writer])]).await?;
        self.session = Some(session);
        let Some(row) = told.first().and_then(|rows| rows.first()) else {
            // The transaction would have left the row behind: a replica that took over never heard of it.
            self.writer = None;
            return Ok(false);
        };
        Ok(row.at::<i64>(0)? >= self.batch)
    }

    /// Returns the row of this process, making it where there is none.
    async fn enter(&mut self, session: &Session) -> Result<Uid, Fault> {
        if let Some(writer) = self.writer {
            return Ok(writer);
        }
        let told = session.fly(&[Call::plain(sql::TIDY), Call::plain(sql::ENTER)]).await?;
        let made = told.get(1).and_then(|rows| rows.first());
        let writer =
            made.ok_or_else(|| Fault::damaged("the row of this writer", "it was not made"))?;
        let writer = writer.at(0)?;
        (self.writer, self.batch) = (Some(writer), 0);
        Ok(writer)
    }

    async fn take(&mut self) -> Result<Session, OpenError> {
        match self.session.take().filter(|session| !session.is_closed()) {
            Some(session) => Ok(session),
            None => self.place.connect().await,
        }
    }

    /// Ends a transaction that is not to be committed, and keeps the connection if that went well.
    async fn end(&mut self, session: Session) {
        if session.script("ROLLBACK").await.is_ok() {
            self.session = Some(session);
        }
    }

    async fn given_up(&mut self, session: Session, fault: Fault) -> Trouble {
        self.end(session).await;
        Trouble::Refused(fault)
    }

    async fn not_begun(&mut self, session: Session, failed: Fault) -> Trouble {
        let sorted = failed.meaning();
        if sorted != Meaning::Cut {
            self.end(session).await;
        }
        trouble(sorted, failed)
    }

    fn point(&self, name: &'static str) {
        if let Some(point) = &self.manner.fail_point {
            point(name);
        }
    }
}

/// Does work; `None` when it panicked. What it held, the connection before all, is dropped then.
async fn caught<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let polled = poll_fn(|context| {
        let poll = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        poll.map_or(Poll::Ready(None), |poll| poll.map(Some))
    });
    polled.await
}

/// Answers those for whom a failed attempt was the end, and lets the others wait for another; returns whether a pause is due.
fn sort_out(queue: &mut Queue, mut batch: Vec<Visit>, trouble: Trouble) -> bool {
    let fault = match trouble {
        Trouble::Refused(_) if batch.len() > 1 => {
            batch.iter_mut().for_each(|visit| visit.alone = true);
            queue.put_back(batch);
            return false;
        }
        Trouble::Refused(fault) | Trouble::Unknown(fault) => {
            batch.into_iter().for_each(|visit| visit.answer(Err(fault.clone())));
            return false;
        }
        Trouble::Outrun(fault) => {
            for visit in &mut batch {
                visit.outrun =
                    if visit.alone && !visit.failed_by(&fault) { 1 } else { visit.outrun + 1 };
            }
            if batch.iter().all(|visit| visit.outrun < OUTRUN_MAX) {
                fault
            } else if batch.iter().all(|visit| visit.alone) {
                let missed = Fault::Unseen(fault.to_string());
                batch.into_iter().for_each(|visit| visit.answer(Err(missed.clone())));
                return false;
            } else {
                for visit in &mut batch {
                    (visit.alone, visit.outrun) = (true, 0);
                }
                fault
            }
        }
        Trouble::Again(fault) => fault,
    };
    batch.iter_mut().for_each(|visit| visit.fault = Some(fault.clone()));
    match <[Visit; 1]>::try_from(batch) {
        // What it waits for is not what those behind it wait for.
        Ok([visit]) if visit.alone => queue.put_last(visit),
        Ok([visit]) => queue.put_back(vec![visit]),
        Err(batch) => queue.put_back(batch),
    }
    true
}

/// Sorts a failure of a transaction that was certainly not committed.
fn trouble(sorted: Meaning, fault: Fault) -> Trouble {
    match sorted {
        Meaning::Again | Meaning::Cut => Trouble::Again(fault),
        Meaning::Outrun => Trouble::Outrun(fault),
        Meaning::Refused => Trouble::Refused(fault),
    }
}

fn open_trouble(error: OpenError) -> Trouble {
    let may_pass = error.may_pass();
    let fault = Fault::from(error);
    if may_pass { Trouble::Again(fault) } else { Trouble::Refused(fault) }
}
