//! One flight to the server: statements that are sent together and answered together.
//!
//! Every statement is prepared once for each connection and ends with a Sync of its own, so that a failed one does not
//! take the connection along: inside a transaction the rest of the flight fails with it, and a COMMIT at its end rolls
//! back.
//!
//! No statement is waited for without end: a server that answers none of them for some time is held to be gone. Each answer
//! begins that time anew, because the server's own limit is for each statement too.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

use crate::error::Fault;

/// A value for a parameter.
pub(crate) type Param = Box<dyn ToSql + Sync + Send>;

/// Values for the parameters of a statement.
pub(crate) type Params = Vec<Param>;

/// Boxes the value of a parameter.
pub(crate) fn param(value: impl ToSql + Sync + Send + 'static) -> Param {
    Box::new(value)
}

/// Boxes the values of the parameters of a statement.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::flight::param($value)),*]
    };
}
pub(crate) use params;

/// A statement and its values.
pub(crate) struct Call {
    pub(crate) sql: &'static str,
    pub(crate) params: Params,
}

impl Call {
    pub(crate) fn new(sql: &'static str, params: Params) -> Self {
        Self { sql, params }
    }

    /// Returns a statement without parameters.
    pub(crate) fn plain(sql: &'static str) -> Self {
        Self::new(sql, Vec::new())
    }
}

/// The statements of one connection that are prepared.
#[derive(Default)]
pub(crate) struct Prepared(Mutex<HashMap<&'static str, Statement>>);

impl Prepared {
    fn get(&self, sql: &'static str) -> Option<Statement> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(sql).cloned()
    }

    fn keep(&self, sql: &'static str, statement: Statement) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(sql, statement);
    }
}

/// Sends all calls at once; returns the rows of each. Gives up once the server was silent for so long.
pub(crate) async fn fly(
    client: &Client,
    prepared: &Prepared,
    calls: &[Call],
    silence: Duration,
) -> Result<Vec<Vec<Row>>, Fault> {
    prepare(client, prepared, calls, silence).await?;
    let flying = calls.iter().map(|call| {
        let statement = prepared.get(call.sql);
        let flying: Flying<'_, Result<Vec<Row>, Error>> = Box::pin(async move {
            let values: Vec<&(dyn ToSql + Sync)> =
                call.params.iter().map(|value| -> &(dyn ToSql + Sync) { &**value }).collect();
            match statement {
                Some(statement) => client.query(&statement, &values).await,
                None => client.query(call.sql, &values).await,
            }
        });
        flying
    });
    all(flying.collect(), silence).await
}

async fn prepare(
    client: &Client,
    prepared: &Prepared,
    calls: &[Call],
    silence: Duration,
) -> Result<(), Fault> {
    let mut missing: Vec<&'static str> = Vec::new();
    for call in calls {
        if prepared.get(call.sql).is_none() && !missing.contains(&call.sql) {
            missing.push(call.sql);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let flying = missing.iter().map(|sql| {
        let flying: Flying<'_, Result<Statement, Error>> = Box::pin(client.prepare(sql));
        flying
    });
    // None of the calls was sent, so whatever fails here failed before the first of them.
    let statements = all(flying.collect(), silence).await?;
    for (sql, statement) in missing.into_iter().zip(statements) {
        prepared.keep(sql, statement);
    }
    Ok(())
}

type Flying<'f, T> = Pin<Box<dyn Future<Output = T> + Send + 'f>>;

/// Polls all futures in their order until all are done or one fails. What is sent is sent at the first poll, so in this
/// order; and where one fails before it is sent, nothing behind it is: no COMMIT follows a write that stayed at home.
async fn all<T>(
    mut flying: Vec<Flying<'_, Result<T, Error>>>,
    silence: Duration,
) -> Result<Vec<T>, Fault> {
    let mut answers: Vec<Option<T>> = flying.iter().map(|_| None).collect();
    let mut limit = pin!(sleep(silence));
    poll_fn(|context| {
        let (mut waits, mut heard) = (false, false);
        for (flight, answer) in flying.iter_mut().zip(&mut answers) {
            if answer.is_some() {
                continue;
            }
            match flight.as_mut().poll(context) {
                Poll::Ready(Ok(done)) => {
                    *answer = Some(done);
                    heard = true;
                }
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error.into())),
                Poll::Pending => waits = true,
            }
        }
        if heard {
            limit.as_mut().reset(Instant::now() + silence);
        }
        if !waits {
            return Poll::Ready(Ok(()));
        }
        limit.as_mut().poll(context).map(|()| Err(Fault::Silent(silence)))
    })
    .await?;
    Ok(answers.into_iter().flatten().collect())
}
