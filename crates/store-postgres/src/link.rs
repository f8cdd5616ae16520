//! The runtime below the blocking port: two threads of its own, whoever calls.
//!
//! A caller hands a future over and waits on an ordinary channel, which is allowed everywhere, inside the runtime of the
//! calling program too; `block_on` is not. The runtime belongs to a thread of its own, because it may not be dropped
//! inside another one.

use std::future::Future;
use std::io;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

/// How long work that nobody waits for may delay the end.
const LAST_WORK: Duration = Duration::from_secs(1);

/// The runtime, stopped when this is dropped.
pub(crate) struct Link {
    handle: Handle,
    /// Dropped to tell the thread to end.
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Link {
    /// Starts the runtime.
    pub(crate) fn start() -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel::<()>();
        let (started, start) = mpsc::sync_channel(1);
        let thread = std::thread::Builder::new().name("sutler-postgres".to_owned());
        let thread = thread.spawn(move || {
            let runtime = match runtime() {
                Ok(runtime) => runtime,
                Err(error) => return drop(started.send(Err(error))),
            };
            if started.send(Ok(runtime.handle().clone())).is_ok() {
                // Nothing is ever sent: this waits until the sender is gone.
                let _ = stopped.recv();
            }
            runtime.shutdown_timeout(LAST_WORK);
        })?;
        let handle = start.recv().map_err(io::Error::other)??;
        Ok(Self { handle, stop: Some(stop), thread: Some(thread) })
    }

    /// Runs work and waits for it; `None` when it panicked.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let (done, answer) = mpsc::sync_channel(1);
        self.handle.spawn(async move {
            // Whoever asked waits for it.
            drop(done.send(work.await));
        });
        answer.recv().ok()
    }

    /// Starts work that nobody waits for.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.handle.spawn(work);
    }
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("sutler-postgres-io")
        .enable_io()
        .enable_time()
        .build()
}

impl Drop for Link {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was told where it happened.
            let _ = thread.join();
        }
    }
}
