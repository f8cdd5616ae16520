//! Signals: Ctrl-C in work that may only stop at a border, and the limit on the length of a file.
//!
//! Most commands let the system end them: what they write is one commit, so there is nothing to leave half done. An import
//! of many batches stops at the next border instead and says how to go on, and what holds a lease gives it back. A second Ctrl-C ends it at once, which is safe too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a wait looks whether Ctrl-C was pressed.
const LOOKS: Duration = Duration::from_millis(50);

/// Has a write beyond the limit on a file's length (`ulimit -f`) fail with an error that is told, instead of the system ending
/// the program without a word.
pub(crate) fn outlive_file_limit() {
    let noticed = Arc::new(AtomicBool::new(false));
    if let Err(error) = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, noticed) {
        tracing::warn!(%error, "a limit on the length of files would end this program silently");
    }
}

/// Whether Ctrl-C was pressed since [`Interrupt::listen`].
#[derive(Clone, Debug)]
pub(crate) struct Interrupt {
    pressed: Arc<AtomicBool>,
}

impl Interrupt {
    /// Begins to listen. Where the system allows no listening, Ctrl-C ends the program as usual.
    pub(crate) fn listen() -> Self {
        let pressed = Arc::new(AtomicBool::new(false));
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            let exit = i32::from(crate::exit::Exit::Interrupted.code());
            // The order matters: the first signal sets the flag, the second finds it set and ends the program.
            let second =
                signal_hook::flag::register_conditional_shutdown(signal, exit, pressed.clone());
            let first = signal_hook::flag::register(signal, pressed.clone());
            if let (Err(error), _) | (_, Err(error)) = (second, first) {
                tracing::warn!(signal, %error, "cannot listen for signals");
            }
        }
        Self { pressed }
    }

    /// Waits for as long, or until it is pressed.
    pub(crate) fn wait(&self, how_long: Duration) {
        let until = Instant::now() + how_long;
        while !self.is_pressed() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            std::thread::sleep(left.min(LOOKS));
        }
    }

    /// Returns whether it was pressed.
    pub(crate) fn is_pressed(&self) -> bool {
        self.pressed.load(Ordering::Relaxed)
    }
}
