//! The one writer: callers queue, and whoever is at the head commits for all that wait.
//!
//! A commit costs one sync of the disk, whatever it holds. So the caller that finds nobody writing
//! becomes the leader: it takes everything that waits, applies it in one transaction, commits once,
//! and hands every caller its own answer. What comes meanwhile waits for the next round, so a batch
//! is what queued during the last sync. The leader wakes the others first and hands the lead on last;
//! the next one gives way to callers that are about to come back, without sleeping and never for more
//! than a fraction of what the last round took. Without that, callers fall into two halves that take
//! turns, and every sync serves only one of them.
//!
//! A set that is refused before it wrote anything, as most are, leaves nothing to take back. Where one
//! had written, the batch is run again with a savepoint around each set, and so are the next ones for
//! a while: savepoints cost a tenth of a commit, and refusals come in swarms.
//!
//! Invariants
//! * A caller hears *committed* only after the sync. When the commit fails, every caller of the batch hears so.
//! * A set that is refused, fails or panics leaves nothing behind and does not touch its neighbors.
//! * The lead is always handed on, also by a leader that panics: the queue cannot be stuck.
//! * Every write transaction is IMMEDIATE and runs under the lock between processes.
//!
//! Deliberately absent: threads. A shop that is not written to has none.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use sutler_core::change::{ChangeSet, CommitOutcome, Receipt};

use crate::FailPoint;
use crate::batch::{Batch, Memory};
use crate::error::{Fault, OpenError, Stop};
use crate::lock::FileLock;
use crate::settings::{self, Role};

/// What a caller hears.
type Verdict = Result<CommitOutcome, Fault>;

/// What a waiting caller is told.
enum Call {
    Wait,
    /// Its set stands at the head of the queue: commit for all.
    Lead,
    Done(Verdict),
}

struct Visit {
    set: ChangeSet,
    call: Mutex<Call>,
    called: Condvar,
}

impl Visit {
    fn call(&self, call: Call) {
        *self.call.lock().unwrap_or_else(PoisonError::into_inner) = call;
        self.called.notify_one();
    }

    /// Waits for the lead or the verdict.
    fn wait(&self) -> Option<Verdict> {
        let mut call = self.call.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match std::mem::replace(&mut *call, Call::Wait) {
                Call::Wait => call = self.called.wait(call).unwrap_or_else(PoisonError::into_inner),
                Call::Lead => return None,
                Call::Done(verdict) => return Some(verdict),
            }
        }
    }
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Arc<Visit>>,
    /// Whether somebody leads, or was told to.
    led: bool,
    /// How many callers there were at the end of the last round, answered or waiting.
    callers: usize,
    /// How long the last round took.
    took: Duration,
}

/// What only the leader touches.
struct Desk {
    /// `None` after a failure that leaves the connection in doubt; opened again by the next leader.
    conn: Option<Connection>,
    memory: Memory,
    /// How many batches more run with savepoints.
    careful: u32,
}

/// How many batches run with savepoints after one that needed them.
const CAREFUL: u32 = 32;

/// How the writer works.
#[derive(Clone)]
pub(crate) struct Manner {
    pub(crate) batch_max: usize,
    pub(crate) patience: Duration,
    pub(crate) pages_max: Option<u32>,
    pub(crate) fail_point: Option<FailPoint>,
}

/// The one writer of this process.
pub(crate) struct Writer {
    path: PathBuf,
    manner: Manner,
    lock: FileLock,
    queue: Mutex<Queue>,
    desk: Mutex<Desk>,
}

impl Writer {
    pub(crate) fn new(path: PathBuf, conn: Connection, lock: FileLock, manner: Manner) -> Self {
        let desk = Mutex::new(Desk { conn: Some(conn), memory: Memory::default(), careful: 0 });
        Self { path, manner, lock, queue: Mutex::new(Queue::default()), desk }
    }

    /// Commits a set, together with those of other callers.
    pub(crate) fn commit(&self, set: ChangeSet) -> Verdict {
        let visit = Arc::new(Visit { set, call: Mutex::new(Call::Wait), called: Condvar::new() });
        let leads = {
            let mut queue = self.queue();
            queue.waiting.push_back(Arc::clone(&visit));
            !std::mem::replace(&mut queue.led, true)
        };
        if !leads && let Some(verdict) = visit.wait() {
            return verdict;
        }
        let mut lead = Lead { writer: self, batch: Vec::new() };
        loop {
            let done = lead.round();
            if done.iter().any(|(other, _)| Arc::ptr_eq(other, &visit)) {
                // The next leader can begin while the others are still being woken.
                drop(lead);
                return answer(&visit, done).unwrap_or(Err(Fault::Unanswered));
            }
            // Its own set is among the first that wait, but a bounded batch may end before it.
            answer(&visit, done);
        }
    }

    /// Runs work on the connection between two batches, under the lock between processes.
    pub(crate) fn alone<T>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut desk = self.desk();
        let _held = self.lock.hold(self.manner.patience)?;
        work(desk.open(&self.path, &self.manner)?)
    }

    /// Runs work that writes records as they are, in one transaction between two batches.
    pub(crate) fn load<T>(
        &self,
        work: impl FnOnce(&mut Batch<'_>) -> Result<T, Stop>,
    ) -> Result<T, Fault> {
        let mut desk = self.desk();
        let _held = self.lock.hold(self.manner.patience)?;
        desk.open(&self.path, &self.manner)?;
        let Desk { conn: Some(conn), memory, .. } = &mut *desk else { return Err(Fault::Panicked) };
        if !conn.is_autocommit() {
            // A leader panicked.
            memory.rolled_back();
            exec(conn, "ROLLBACK")?;
        }
        exec(conn, "BEGIN IMMEDIATE")?;
        let loaded = transact_load(conn, memory, work);
        match loaded {
            Ok(done) => {
                memory.committed();
                Ok(done)
            }
            Err(fault) => {
                // Whatever went wrong first is what is told.
                memory.rolled_back();
                let ended = conn.is_autocommit() || conn.execute_batch("ROLLBACK").is_ok();
                if !ended || is_doubtful(&fault) {
                    desk.conn = None;
                }
                Err(fault)
            }
        }
    }

    /// Lets callers that were just answered run, for as long as they come back.
    fn give_way(&self) {
        const QUIET: u32 = 3;
        let (expected, limit) = {
            let queue = self.queue();
            (queue.callers.min(self.manner.batch_max), queue.took / 4)
        };
        let began = Instant::now();
        let (mut seen, mut quiet) = (0, 0);
        while quiet < QUIET && began.elapsed() < limit {
            let waiting = self.queue().waiting.len();
            if waiting >= expected {
                return;
            }
            quiet = if waiting > seen { 0 } else { quiet + 1 };
            seen = waiting;
            std::thread::yield_now();
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn point(&self, name: &'static str) {
        if let Some(point) = &self.manner.fail_point {
            point(name);
        }
    }
}

/// Tells the others what became of their sets; returns what became of this one.
fn answer(visit: &Arc<Visit>, done: Vec<(Arc<Visit>, Verdict)>) -> Option<Verdict> {
    let mut own = None;
    for (other, verdict) in done {
        if Arc::ptr_eq(&other, visit) {
            own = Some(verdict);
        } else {
            other.call(Call::Done(verdict));
        }
    }
    own
}

/// The lead, handed on when dropped.
struct Lead<'w> {
    writer: &'w Writer,
    /// Taken from the queue and not answered yet.
    batch: Vec<Arc<Visit>>,
}

impl Lead<'_> {
    /// Commits what waits; returns the verdicts.
    fn round(&mut self) -> Vec<(Arc<Visit>, Verdict)> {
        self.writer.give_way();
        let began = Instant::now();
        {
            let mut queue = self.writer.queue();
            let most = self.writer.manner.batch_max.min(queue.waiting.len());
            self.batch.extend(queue.waiting.drain(..most));
        }
        let verdicts = self.writer.run(&self.batch);
        {
            let mut queue = self.writer.queue();
            queue.took = began.elapsed();
            queue.callers = self.batch.len() + queue.waiting.len();
        }
        self.batch.drain(..).zip(verdicts).collect()
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        // Only a panic leaves some unanswered.
        for visit in self.batch.drain(..) {
            visit.call(Call::Done(Err(Fault::Unanswered)));
        }
        let mut queue = self.writer.queue();
        match queue.waiting.front() {
            Some(next) => next.call(Call::Lead),
            None => queue.led = false,
        }
    }
}

impl Desk {
    /// Returns the connection, opened again when it was in doubt.
    fn open(&mut self, path: &Path, manner: &Manner) -> Result<&Connection, Fault> {
        let conn = match self.conn.take() {
            Some(conn) => conn,
            None => {
                self.memory = Memory::default();
                open(path, manner, false).map_err(|error| Fault::Reopen(Arc::new(error)))?
            }
        };
        Ok(self.conn.insert(conn))
    }
}

impl Writer {
    /// Commits the sets of a batch in one transaction; returns a verdict for each.
    fn run(&self, batch: &[Arc<Visit>]) -> Vec<Verdict> {
        let mut desk = self.desk();
        let verdicts = self.try_run(&mut desk, batch);
        verdicts.unwrap_or_else(|fault| {
            // Nothing was acknowledged. What the transaction made is gone, and so is what was
            // remembered of it.
            desk.memory.rolled_back();
            let ended = desk
                .conn
                .as_ref()
                .is_some_and(|conn| conn.is_autocommit() || conn.execute_batch("ROLLBACK").is_ok());
            if !ended || is_doubtful(&fault) {
                desk.conn = None;
            }
            batch.iter().map(|_| Err(fault.clone())).collect()
        })
    }

    fn try_run(&self, desk: &mut Desk, batch: &[Arc<Visit>]) -> Result<Vec<Verdict>, Fault> {
        self.point("before_begin");
        let _held = self.lock.hold(self.manner.patience)?;
        desk.open(&self.path, &self.manner)?;
        let careful = batch.len() > 1 && desk.careful > 0;
        desk.careful = desk.careful.saturating_sub(1);
        if let Some(verdicts) = self.transact(desk, batch, careful)? {
            return Ok(verdicts);
        }
        desk.careful = CAREFUL;
        // With savepoints it always comes to an end.
        self.transact(desk, batch, true)?.ok_or(Fault::Panicked)
    }

    /// Runs the transaction of a batch; `None` when a set must be taken back that only a savepoint could.
    fn transact(
        &self,
        desk: &mut Desk,
        batch: &[Arc<Visit>],
        careful: bool,
    ) -> Result<Option<Vec<Verdict>>, Fault> {
        let Desk { conn: Some(conn), memory, .. } = desk else { return Err(Fault::Panicked) };
        if !conn.is_autocommit() {
            // A leader panicked.
            memory.rolled_back();
            exec(conn, "ROLLBACK")?;
        }
        exec(conn, "BEGIN IMMEDIATE")?;
        self.point("after_begin");
        memory.begin(conn)?;
        let mut work = Batch::new(conn, memory, self.manner.fail_point.as_ref());
        let mut verdicts = Vec::with_capacity(batch.len());
        for visit in batch {
            match apply(conn, &mut work, &visit.set, careful)? {
                Applied::Whole(verdict) => verdicts.push(verdict),
                // It is alone: what it did is rolled back with the transaction.
                Applied::Torn(verdict) if batch.len() == 1 => verdicts.push(verdict),
                Applied::Torn(_) => {
                    drop(work);
                    exec(conn, "ROLLBACK")?;
                    memory.rolled_back();
                    return Ok(None);
                }
            }
            self.point("after_apply");
        }
        if !verdicts.iter().any(|verdict| matches!(verdict, Ok(CommitOutcome::Committed(_)))) {
            exec(conn, "ROLLBACK")?;
            return Ok(Some(verdicts));
        }
        work.flush()?;
        drop(work);
        self.point("before_commit");
        exec(conn, "COMMIT").map_err(|fault| lost(fault, conn))?;
        memory.committed();
        self.point("after_commit");
        Ok(Some(verdicts))
    }
}

fn transact_load<T>(
    conn: &Connection,
    memory: &mut Memory,
    work: impl FnOnce(&mut Batch<'_>) -> Result<T, Stop>,
) -> Result<T, Fault> {
    memory.begin(conn)?;
    let mut batch = Batch::new(conn, memory, None);
    let done = work(&mut batch).map_err(|stop| match stop {
        Stop::Fault(fault) => fault,
        Stop::Conflict(what) => Fault::damaged("a copied record", format!("{what} stands there")),
        Stop::Refused(why) => Fault::damaged("a copied record", why),
        Stop::Replayed(what) => Fault::damaged("a copied record", format!("{what} stands there")),
    })?;
    batch.settle();
    batch.flush()?;
    drop(batch);
    exec(conn, "COMMIT").map_err(|fault| lost(fault, conn))?;
    Ok(done)
}

/// What became of one set in its transaction.
enum Applied {
    /// It is in, or left nothing behind.
    Whole(Verdict),
    /// It is not in, and what it wrote is still there.
    Torn(Verdict),
}

/// Applies one set. Errors end the whole batch.
fn apply(
    conn: &Connection,
    work: &mut Batch<'_>,
    set: &ChangeSet,
    careful: bool,
) -> Result<Applied, Fault> {
    if careful {
        exec(conn, "SAVEPOINT one")?;
    }
    let written = conn.total_changes();
    let stop = match catch_unwind(AssertUnwindSafe(|| work.apply(set))) {
        Ok(Ok(receipt)) => {
            work.settle();
            if careful {
                exec(conn, "RELEASE one")?;
            }
            return Ok(Applied::Whole(committed(receipt)));
        }
        Ok(Err(stop)) => stop,
        Err(_) => Stop::Fault(Fault::Panicked),
    };
    work.roll_back();
    if let Stop::Fault(fault) = &stop
        && (conn.is_autocommit() || ends_batch(fault))
    {
        // A full or failing disk will not treat the neighbors better, and SQLite may have rolled
        // everything back by itself.
        return Err(fault.clone());
    }
    let whole = careful || conn.total_changes() == written;
    if careful {
        exec(conn, "ROLLBACK TO one")?;
        exec(conn, "RELEASE one")?;
    }
    let verdict = match stop {
        Stop::Conflict(what) => Ok(CommitOutcome::Conflict { what }),
        Stop::Refused(why) => Ok(CommitOutcome::Refused(*why)),
        Stop::Replayed(answer) => Ok(CommitOutcome::Replayed { answer }),
        Stop::Fault(fault) => Err(fault),
    };
    Ok(if whole { Applied::Whole(verdict) } else { Applied::Torn(verdict) })
}

fn committed(receipt: Receipt) -> Verdict {
    Ok(CommitOutcome::Committed(receipt))
}

fn exec(conn: &Connection, sql: &str) -> Result<(), Fault> {
    conn.prepare_cached(sql)?.execute([])?;
    Ok(())
}

/// Sorts a failed COMMIT. While SQLite could not write the last page, nothing is committed; when the sync failed, the pages
/// may have reached the disk all the same, and a crash before the next commit would bring them back.
fn lost(fault: Fault, conn: &Connection) -> Fault {
    match fault {
        Fault::Sqlite(error)
            if !conn.is_autocommit()
                && error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) =>
        {
            Fault::Sqlite(error)
        }
        Fault::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure) => {
            Fault::CommitLost(error)
        }
        other => other,
    }
}

/// Returns whether a failure is not about the set, but about everything.
fn ends_batch(fault: &Fault) -> bool {
    matches!(
        fault.code(),
        Some(
            ErrorCode::SystemIoFailure
                | ErrorCode::DiskFull
                | ErrorCode::OutOfMemory
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::FileLockingProtocolFailed
                | ErrorCode::OperationInterrupted
        )
    )
}

/// Returns whether the connection must not be used again.
fn is_doubtful(fault: &Fault) -> bool {
    matches!(
        fault.code(),
        Some(
            ErrorCode::SystemIoFailure
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::OutOfMemory
        )
    )
}

/// Opens the connection that writes, makes the journal where there is none, and the file if it is to be made.
pub(crate) fn open(path: &Path, manner: &Manner, create: bool) -> Result<Connection, OpenError> {
    let mut flags = OPEN;
    flags.set(OpenFlags::SQLITE_OPEN_CREATE, create);
    let conn = Connection::open_with_flags(path, flags).map_err(|e| OpenError::of(path, e))?;
    make_ready(&conn, path, manner)?;
    Ok(conn)
}

/// Opens the connection that writes to a file that keeps a journal already; `None` where that has to be made, which is
/// only done under the lock. While the connection is open, nobody can take the journal away or replace the file.
pub(crate) fn open_kept(path: &Path, manner: &Manner) -> Result<Option<Connection>, OpenError> {
    let sqlite = |error| OpenError::of(path, error);
    let conn = Connection::open_with_flags(path, OPEN).map_err(sqlite)?;
    conn.busy_timeout(manner.patience).map_err(sqlite)?;
    // Reading takes the shared lock that a connection with a journal keeps until it is closed.
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(sqlite)?;
    let mode: String =
        conn.query_row("PRAGMA journal_mode", [], |row| row.get(0)).map_err(sqlite)?;
    if mode != "wal" {
        return Ok(None);
    }
    make_ready(&conn, path, manner)?;
    Ok(Some(conn))
}

const OPEN: OpenFlags = OpenFlags::SQLITE_OPEN_READ_WRITE.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

fn make_ready(conn: &Connection, path: &Path, manner: &Manner) -> Result<(), OpenError> {
    settings::apply(conn, Role::Writer, manner.patience, path)?;
    if let Some(pages) = manner.pages_max {
        conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
            .map_err(|error| OpenError::of(path, error))?;
    }
    Ok(())
}
