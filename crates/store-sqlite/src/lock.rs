//! The lock between processes: a `flock` on a file beside the shop, taken before every write transaction.
//!
//! Why: SQLite lets the processes that wait for its own lock poll, and under load some of them starve for seconds. The
//! kernel queues those that wait for a `flock`, wakes them in turn, and drops the lock of a process that dies.
//!
//! The lock is tried without waiting first. Where that fails, a helper thread waits in the kernel, because a blocking
//! `flock` has no deadline of its own: when the deadline passes, the caller goes and the helper gives the lock back as
//! soon as it gets it.
//!
//! Invariant: one caller at a time; the writer's queue sees to that.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use crate::error::Fault;

/// Returns the path of the lock file of a shop.
pub(crate) fn path_of(shop: &Path) -> PathBuf {
    let mut name = shop.as_os_str().to_owned();
    name.push("-lock");
    PathBuf::from(name)
}

/// Where the helper is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    /// Nobody waits.
    Idle,
    /// The helper is to wait for the lock, or does already.
    Wanted,
    /// The helper waits for a lock that nobody wants any more.
    Unwanted,
    /// The helper got the lock for the caller.
    Granted,
    /// The helper could not get it.
    Failed(Errno),
    /// The helper is to end.
    Closed,
}

#[derive(Debug)]
struct Shared {
    file: File,
    turn: Mutex<Turn>,
    changed: Condvar,
}

/// The lock between processes.
#[derive(Debug)]
pub(crate) struct FileLock {
    shared: Arc<Shared>,
    has_helper: Mutex<bool>,
}

/// Holds the lock until dropped.
#[derive(Debug)]
pub(crate) struct Held<'l>(&'l FileLock);

impl FileLock {
    /// Opens the lock file, made when it is not there.
    pub(crate) fn open(shop: &Path) -> std::io::Result<Self> {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path_of(shop))?;
        let shared =
            Arc::new(Shared { file, turn: Mutex::new(Turn::Idle), changed: Condvar::new() });
        Ok(Self { shared, has_helper: Mutex::new(false) })
    }

    /// Takes the lock; gives up after `patience`.
    pub(crate) fn hold(&self, patience: Duration) -> Result<Held<'_>, Fault> {
        let began = Instant::now();
        // A helper that still waits for an earlier caller stands in the kernel's queue: take its place.
        if *self.shared.turn() == Turn::Idle {
            match self.shared.flock(FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Ok(Held(self)),
                Err(Errno::WOULDBLOCK) => {}
                Err(error) => return Err(failed(error)),
            }
        }
        self.need_helper()?;
        let mut turn = self.shared.turn();
        *turn = if *turn == Turn::Granted { Turn::Granted } else { Turn::Wanted };
        self.shared.changed.notify_all();
        loop {
            match *turn {
                Turn::Granted => {
                    *turn = Turn::Idle;
                    return Ok(Held(self));
                }
                Turn::Failed(error) => {
                    *turn = Turn::Idle;
                    return Err(failed(error));
                }
                _ => {}
            }
            let Some(left) = patience.checked_sub(began.elapsed()).filter(|left| !left.is_zero())
            else {
                *turn = Turn::Unwanted;
                return Err(Fault::Locked(began.elapsed()));
            };
            turn = self
                .shared
                .changed
                .wait_timeout(turn, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    fn need_helper(&self) -> Result<(), Fault> {
        let mut has_helper = self.has_helper.lock().unwrap_or_else(PoisonError::into_inner);
        if !*has_helper {
            let shared = Arc::clone(&self.shared);
            let thread =
                std::thread::Builder::new().name("sutler-lock".to_owned()).stack_size(64 * 1024);
            thread
                .spawn(move || shared.help())
                .map_err(|error| Fault::LockFile(Arc::new(error)))?;
            *has_helper = true;
        }
        Ok(())
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        *self.shared.turn() = Turn::Closed;
        self.shared.changed.notify_all();
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Unlocking a file that is locked cannot fail; closing it would unlock it too.
        let _ = self.0.shared.flock(FlockOperation::Unlock);
    }
}

impl Shared {
    fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn flock(&self, operation: FlockOperation) -> Result<(), Errno> {
        loop {
            match flock(&self.file, operation) {
                Err(Errno::INTR) => {}
                result => return result,
            }
        }
    }

    /// Waits in the kernel on behalf of callers, until the lock is closed.
    fn help(&self) {
        let mut turn = self.turn();
        loop {
            match *turn {
                Turn::Closed => return,
                Turn::Wanted | Turn::Unwanted => {
                    drop(turn);
                    let got = self.flock(FlockOperation::LockExclusive);
                    turn = self.turn();
                    *turn = match (got, *turn) {
                        (Err(error), Turn::Wanted) => Turn::Failed(error),
                        (Ok(()), Turn::Wanted) => Turn::Granted,
                        (_, Turn::Closed) => {
                            let _ = self.flock(FlockOperation::Unlock);
                            return;
                        }
                        _ => {
                            let _ = self.flock(FlockOperation::Unlock);
                            Turn::Idle
                        }
                    };
                    self.changed.notify_all();
                }
                Turn::Idle | Turn::Granted | Turn::Failed(_) => {
                    turn = self.changed.wait(turn).unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

/// Who holds the lock of a shop.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Holder {
    /// Nobody.
    Nobody,
    /// A program, as far as the system tells: `process 4711 (sutler)`.
    Somebody(String),
}

/// Looks who holds the lock of a shop, without waiting for it or making its file.
pub(crate) fn holder(shop: &Path) -> std::io::Result<Holder> {
    let file = match File::open(path_of(shop)) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Holder::Nobody),
        Err(error) => return Err(error),
    };
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        // Dropping the file gives it back.
        Ok(()) => Ok(Holder::Nobody),
        Err(Errno::WOULDBLOCK) => Ok(Holder::Somebody(name_of_holder(&file))),
        Err(error) => Err(error.into()),
    }
}

/// Names the process that Linux lists as the holder; elsewhere nobody tells.
fn name_of_holder(file: &File) -> String {
    let list = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    let inode = rustix::fs::fstat(file).map(|found| format!(":{}", found.st_ino));
    let holder = list.lines().find_map(|line| {
        // 1: FLOCK ADVISORY WRITE 4711 fd:01:131 0 EOF
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, "FLOCK", _, _, process, place, ..] = words[..] else { return None };
        place.ends_with(inode.as_deref().ok()?).then(|| process.to_owned())
    });
    let Some(process) = holder else { return "another program".to_owned() };
    match std::fs::read_to_string(format!("/proc/{process}/comm")) {
        Ok(name) => format!("process {process} ({})", name.trim()),
        Err(_) => format!("process {process}"),
    }
}

fn failed(error: Errno) -> Fault {
    Fault::LockFile(Arc::new(error.into()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_millis(30);
    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn one_holds_it_at_a_time_and_who_waits_gets_it() {
        let dir = tempfile::tempdir().unwrap();
        let shop = dir.path().join("shop.db");
        // Two open files are two holders, as two processes would be.
        let (a, b) = (FileLock::open(&shop).unwrap(), FileLock::open(&shop).unwrap());
        let held = a.hold(LONG).unwrap();
        assert!(matches!(b.hold(SOON), Err(Fault::Locked(_))));
        assert!(
            matches!(b.hold(SOON), Err(Fault::Locked(_))),
            "a second wait takes the place of the first"
        );
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| drop(b.hold(LONG).unwrap()));
            std::thread::sleep(SOON);
            drop(held);
            waiting.join().unwrap();
        });
        for _ in 0..100 {
            drop(a.hold(LONG).unwrap());
            drop(b.hold(LONG).unwrap());
        }
    }

    #[test]
    fn a_wait_that_was_given_up_does_not_keep_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let shop = dir.path().join("shop.db");
        let (a, b) = (FileLock::open(&shop).unwrap(), FileLock::open(&shop).unwrap());
        let held = a.hold(LONG).unwrap();
        assert!(b.hold(SOON).is_err());
        drop(held);
        drop(a.hold(LONG).unwrap());
    }
}
