//! Connections that read: made when they are needed, kept, bounded in number and in how long anybody waits for one.
//!
//! A read that lost its connection is made again on another, as long as its patience lasts: a server that restarts is
//! ridden out.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio_postgres::Row;

use crate::error::{Fault, Meaning, OpenError};
use crate::flight::Call;
use crate::pause::Pause;
use crate::session::{Place, Session};

/// Connections that read.
pub(crate) struct Pool {
    place: Arc<Place>,
    idle: Mutex<Vec<Session>>,
    permits: Semaphore,
    patience: Duration,
}

impl Pool {
    /// Returns a pool of at most `connections`; the first is there already.
    pub(crate) fn new(
        place: Arc<Place>,
        first: Session,
        connections: usize,
        patience: Duration,
    ) -> Self {
        let permits = Semaphore::new(connections.max(1));
        Self { place, idle: Mutex::new(vec![first]), permits, patience }
    }

    /// Sends calls in one flight; returns the rows of each.
    pub(crate) async fn read(&self, calls: &[Call]) -> Result<Vec<Vec<Row>>, Fault> {
        let until = Instant::now() + self.patience;
        let waited = Fault::Waited(self.patience.as_millis());
        let permit = tokio::time::timeout(self.patience, self.permits.acquire()).await;
        let _permit = permit.map_err(|_| waited.clone())?.map_err(|_| waited)?;
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

    /// Returns a connection; one that ended meanwhile is dropped.
    pub(crate) async fn take(&self) -> Result<Session, OpenError> {
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
    pub(crate) fn give_back(&self, mut session: Session) {
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
