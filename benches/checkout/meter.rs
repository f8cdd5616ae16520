//! Rates, CPU time, medians.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What one measurement came to.
#[derive(Clone, Copy)]
pub struct Figure {
    pub per_second: f64,
    pub cpu_micros: f64,
    pub done: usize,
    /// Transactions that were committed meanwhile, where somebody counted.
    pub commits: u64,
}

/// CPU time of this process, all threads, in seconds.
pub fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

/// Runs `work` in `callers` threads until the time is over; `work` says whether it did something.
pub fn measure(time: Duration, callers: usize, work: impl Fn() -> bool + Sync) -> Figure {
    let (cpu, start, done) = (cpu_seconds(), Instant::now(), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..callers {
            scope.spawn(|| {
                while start.elapsed() < time && work() {
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    figure(start, cpu, done.into_inner())
}

/// Returns the figure of `done` pieces of work that began at `start` with `cpu` seconds spent.
pub fn figure(start: Instant, cpu: f64, done: usize) -> Figure {
    let elapsed = start.elapsed().as_secs_f64();
    Figure {
        per_second: done as f64 / elapsed,
        cpu_micros: (cpu_seconds() - cpu) * 1e6 / done.max(1) as f64,
        done,
        commits: 0,
    }
}

/// How often the disk syncs four kilobytes a second.
pub fn fsync_rate(folder: &Path, time: Duration) -> f64 {
    use std::io::Write as _;
    let file = std::sync::Mutex::new(std::fs::File::create(folder.join("fsync")).unwrap());
    let figure = measure(time, 1, || {
        let mut file = file.lock().unwrap();
        file.write_all(&[7; 4096]).and_then(|()| file.sync_data()).is_ok()
    });
    figure.per_second
}

/// The middle one of what the rounds gave.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Microseconds that one of `times` runs of `work` takes.
pub fn micros(times: usize, work: &dyn Fn(usize)) -> f64 {
    let start = Instant::now();
    (0..times).for_each(work);
    start.elapsed().as_secs_f64() * 1e6 / times as f64
}
