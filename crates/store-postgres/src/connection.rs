//! A connection that stays for as long as somebody needs what stands on it: a turn that is held, a moment that others see.

use std::sync::Arc;
use std::time::Duration;

use crate::address::Address;
use crate::error::OpenError;
use crate::link::Link;
use crate::open::{panicked, start};
use crate::session::{Place, Purpose, SILENCE, Session};

/// A connection, and the runtime that carries it.
pub(crate) struct Connection {
    place: Arc<Place>,
    session: Arc<Session>,
    link: Link,
}

impl Connection {
    /// Connects; from then on the server may be silent for so long.
    pub(crate) fn make(
        address: &Address,
        purpose: Purpose,
        silence: Duration,
    ) -> Result<Self, OpenError> {
        let place = Arc::new(Place::new(address, purpose, SILENCE)?);
        let link = start(&place)?;
        let connecting = Arc::clone(&place);
        let connected = link.run(async move { connecting.connect().await });
        let mut session = connected.unwrap_or_else(|| Err(panicked(&place)))?;
        session.bear_silence_of(silence);
        Ok(Self { place, session: Arc::new(session), link })
    }

    /// Does work on it, and waits.
    pub(crate) fn run<T: Send + 'static, W>(
        &self,
        work: impl FnOnce(Arc<Place>, Arc<Session>) -> W + Send + 'static,
    ) -> Result<T, OpenError>
    where
        W: Future<Output = Result<T, OpenError>> + Send,
    {
        let (place, session) = (Arc::clone(&self.place), Arc::clone(&self.session));
        let done = self.link.run(async move { work(place, session).await });
        done.unwrap_or_else(|| Err(panicked(&self.place)))
    }

    /// Runs a script of several statements.
    pub(crate) fn script(&self, sql: String) -> Result<(), OpenError> {
        self.run(|place, session| async move {
            session.script(&sql).await.map_err(|error| place.refused(error))
        })
    }
}
