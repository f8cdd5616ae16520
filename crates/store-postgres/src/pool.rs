//! Connections that read: made when they are needed, kept, bounded in number and in how long anybody waits for one.
//!
//! A read that lost its connection is made again on another, as long as its patience lasts: a server that restarts is
//! ridden out. So is work of many calls, from its beginning; its patience begins when it is cut, however long it took.
//!
//! Invariant: whoever uses a connection has a permit for it, so there are never more of them than were allowed.

use std::ops::Deref;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_postgres::Row;

use crate::error::{Fault, Meaning, OpenError};
use crate::flight::Call;
use crate::pause::Pause;
use crate::session::{Place, Session, silence};

/// How long a statement of work on a whole shop may take, which reads or counts everything: what its transactions tell the
/// server.
const STATEMENT_MAX: Duration = Duration::from_secs(3_600);

/// How long the server may be silent about one.
pub(crate) const LONG_SILENCE: Duration = silence(STATEMENT_MAX);

/// Connections that read.
pub(crate) struct Pool {
    place: Arc<Place>,
    idle: Mutex<Vec<Session>>,
    permits: Arc<Semaphore>,
    patience: Duration,
}

/// A connection that somebody has for a while. It is kept for others by [`Held::give_back`]; dropped, it is closed.
pub(crate) struct Held {
    session: Session,
    pool: Arc<Pool>,
    _permit: OwnedSemaphorePermit,
}

impl Held {
    /// Keeps the connection, which is in good order.
    pub(crate) fn give_back(self) {
        self.pool.give_back(self.session);
    }
}

impl Deref for Held {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.session
    }
}

/// Work on a connection.
pub(crate) type Working<'s, T> = Pin<Box<dyn Future<Output = Result<T, Fault>> + Send + 's>>;

impl Pool {
    /// Returns a pool of at most `connections`; the first is there already.
    pub(crate) fn new(
        place: Arc<Place>,
        first: Session,
        connections: usize,
        patience: Duration,
    ) -> Self {
        let permits = Arc::new(Semaphore::new(connections.max(1)));
        Self { place, idle: Mutex::new(vec![first]), permits, patience }
    }

    /// Sends calls in one flight; returns the rows of each.
    pub(crate) async fn read(&self, calls: &[Call]) -> Result<Vec<Vec<Row>>, Fault> {
        let until = Instant::now() + self.patience;
        let _permit = self.permit().await?;
        let mut pause = Pause::new();
        loop {
            let fault = match self.try_read(calls).await {
                Ok(rows) => return Ok(rows),
                Err(fault) => fault,
            };
            if !fault.may_pass() || !pause.wait_until(until).await {
                return Err(fault);
            }
        }
    }

    async fn try_read(&self, calls: &[Call]) -> Result<Vec<Vec<Row>>, Fault> {
        let session = self.take().await?;
        let rows = session.fly(calls).await?;
        self.give_back(session);
        Ok(rows)
    }

    /// Returns a connection for work of many calls.
    pub(crate) async fn hold(self: &Arc<Self>) -> Result<Held, Fault> {
        let until = Instant::now() + self.patience;
        let permit = self.permit().await?;
        let mut pause = Pause::new();
        loop {
            let fault = match self.take().await {
                Ok(mut session) => {
                    session.bear_silence_of(LONG_SILENCE);
                    return Ok(Held { session, pool: Arc::clone(self), _permit: permit });
                }
                Err(error) => Fault::from(error),
            };
            if !fault.may_pass() || !pause.wait_until(until).await {
                return Err(fault);
            }
        }
    }

    /// Does work that may be done again from its beginning when it is cut; it is told how often it was.
    pub(crate) async fn work<T>(
        self: &Arc<Self>,
        work: impl for<'s> Fn(&'s Session, u32) -> Working<'s, T> + Send + Sync,
    ) -> Result<T, Fault> {
        let (mut pause, mut until, mut cuts) = (Pause::new(), None, 0);
        loop {
            let held = self.hold().await?;
            let fault = match work(&held, cuts).await {
                Ok(done) => {
                    held.give_back();
                    return Ok(done);
                }
                Err(fault) => fault,
            };
            // What failed may stand in a transaction, which ends with its connection.
            drop(held);
            cuts += 1;
            let until = *until.get_or_insert_with(|| Instant::now() + self.patience);
            if !fault.may_pass() || !pause.wait_until(until).await {
                return Err(fault);
            }
        }
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, Fault> {
        let waited = Fault::Waited(self.patience.as_millis());
        let permit = Arc::clone(&self.permits).acquire_owned();
        let permit = tokio::time::timeout(self.patience, permit).await;
        permit.map_err(|_| waited.clone())?.map_err(|_| waited)
    }

    /// Returns a connection; one that ended meanwhile is dropped.
    async fn take(&self) -> Result<Session, OpenError> {
        loop {
            let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match kept {
                Some(session) if session.is_closed() => {}
                Some(session) => return Ok(session),
                None => return self.place.connect().await,
            }
        }
    }

    /// Keeps a connection that is in good order.
    fn give_back(&self, mut session: Session) {
        session.bear_silence_of(self.place.silence());
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(session);
    }
}

impl Fault {
    /// Whether the same read may go well in a moment.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Fault::Reconnect(error) => error.may_pass(),
            fault => matches!(fault.meaning(), Meaning::Again | Meaning::Cut),
        }
    }
}
