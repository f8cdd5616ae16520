//! Progress on stderr: only on a terminal, only when it takes longer than half a second, never when `--quiet`.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::context::Context;

/// How long nothing is shown.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar or a spinner that shows itself late and leaves nothing behind.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    shown: bool,
    started: Instant,
}

impl Progress {
    /// Begins to measure; nothing is drawn yet.
    pub(crate) fn new(context: &Context<'_>) -> Self {
        let bar = context.console.shows_progress().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
            bar.set_style(ProgressStyle::default_spinner());
            bar
        });
        Self { bar, shown: false, started: Instant::now() }
    }

    /// Says what is being done.
    pub(crate) fn say(&mut self, text: &str) {
        self.show();
        if let Some(bar) = &self.bar {
            bar.set_message(crate::clean::one_line(text));
            bar.tick();
        }
    }

    /// Says how far it is.
    pub(crate) fn at(&mut self, done: u64, of: u64, unit: &str) {
        self.show();
        if let Some(bar) = &self.bar {
            if bar.length() != Some(of) {
                bar.set_length(of);
                let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg} {eta}");
                bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            }
            bar.set_message(unit.to_owned());
            bar.set_position(done);
        }
    }

    fn show(&mut self) {
        if !self.shown && self.started.elapsed() >= PATIENCE {
            self.shown = true;
            if let Some(bar) = &self.bar {
                bar.set_draw_target(ProgressDrawTarget::stderr());
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
