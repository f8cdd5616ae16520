//! Programs that deliver events to one consumer, on one shop: two at once, killed, and stopped in their sleep.
//!
//! What they deliver to is a file that both write. Each line names the token of the lease and the place of the event.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use sutler::core::change::{ChangeSet, CommitOutcome};
use sutler::core::event::{Envelope, Event, EventKind};
use sutler::core::id::{CommandId, ProductId};
use sutler::core::lease::Lease;
use sutler::engine::flow::event::Consumer;
use sutler::prelude::*;
use sutler::{Opening, Shop};

/// Set for a child process: how it works, the folder of the sink, and the store.
const WORKER: &str = "SUTLER_TEST_CONSUMER";
/// Seconds after which a program that is not heard of is taken for dead.
const TERM: u32 = 1;
/// Events that are delivered at a time.
const BATCH: usize = 20;
/// How long any step of a test may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A shop, and the folder that its consumers deliver to.
struct World {
    folder: tempfile::TempDir,
    url: String,
    shop: Shop,
}

impl World {
    fn at(url: impl FnOnce(&Path) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = url(folder.path());
        let shop = open(&url);
        shop.init(&InitCommand::new("Events", "EUR", "DE").unwrap()).unwrap();
        Self { folder, url, shop }
    }

    fn on_sqlite() -> Self {
        Self::at(|folder| format!("sqlite:{}", folder.join("shop.db").display()))
    }

    #[cfg(feature = "postgres")]
    fn on_postgres(name: &str) -> Self {
        let server = std::env::var("SUTLER_TEST_POSTGRES").expect(
            "these tests need a Postgres server: run `cargo xtask test --store postgres`, which starts one",
        );
        let url = format!("{server}?shop={name}_{}", std::process::id());
        // The shop of a process that had this number before, if any.
        let _ = sutler::postgres::drop_shop(&url.parse().unwrap());
        Self::at(|_| url)
    }

    /// Tells events, several to a commit.
    fn tell(&self, events: u32) {
        for _ in 0..events.div_ceil(5) {
            let mut set = ChangeSet::new(self.shop.now(), CommandId::from_u128(1));
            let told = |n| Event::plain(EventKind::ProductChanged, ProductId::from_u128(n));
            set.events.extend((1..=5).map(told));
            let outcome = self.shop.store().commit(set).unwrap();
            assert!(matches!(outcome, CommitOutcome::Committed(_)));
        }
    }

    fn head(&self) -> u64 {
        self.shop.store().event_head().unwrap().0
    }

    fn cursor(&self) -> u64 {
        self.shop.store().cursor("mailer").unwrap()
    }

    fn lease(&self) -> Option<Lease> {
        self.shop.store().lease("consumer/mailer").unwrap()
    }

    /// Waits until something is so.
    #[track_caller]
    fn until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is_so(self) {
            assert!(begun.elapsed() < PATIENCE, "{what}: still not");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn has(&self, mark: &str) -> bool {
        self.folder.path().join(mark).exists()
    }

    /// Returns token and place of each line of the sink.
    fn sink(&self) -> Vec<(u64, u64)> {
        let text = std::fs::read_to_string(self.folder.path().join("sink")).unwrap();
        let line = |line: &str| {
            let (token, seq) = line.split_once(' ').unwrap();
            (token.parse().unwrap(), seq.parse().unwrap())
        };
        text.lines().map(line).collect()
    }

    fn start(&self, manner: &str) -> Program {
        let place = format!("{manner};{};{}", self.folder.path().display(), self.url);
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_program_that_delivers", "--nocapture", "--test-threads=1"])
            .env(WORKER, place)
            .stdout(Stdio::null())
            .spawn();
        Program(child.unwrap())
    }
}

impl Drop for World {
    fn drop(&mut self) {
        #[cfg(feature = "postgres")]
        if let Ok(address) = self.url.parse() {
            let _ = sutler::postgres::drop_shop(&address);
        }
    }
}

/// A child process, killed at the end if it lives still.
struct Program(Child);

impl Program {
    fn pid(&self) -> Pid {
        Pid::from_child(&self.0)
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    fn is_stopped(&self) -> bool {
        let status = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap();
        status.rsplit(") ").next().is_some_and(|rest| rest.starts_with('T'))
    }

    fn holds(&self, lease: &Lease) -> bool {
        lease.until.is_some() && lease.holder.starts_with(&format!("process {} on ", self.0.id()))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn open(url: &str) -> Shop {
    Opening::new(url.parse().unwrap()).creating(true).open().unwrap()
}

/// A file that remembers the highest token it saw, and takes no batch of an older one.
struct Sink(File);

impl Sink {
    fn open(folder: &Path) -> Self {
        let mut options = OpenOptions::new();
        Self(options.create(true).append(true).read(true).open(folder.join("sink")).unwrap())
    }

    fn take(&mut self, token: u64, events: &[Envelope]) -> bool {
        let mut file = File::try_clone(&self.0).unwrap();
        file.lock().unwrap();
        let mut text = String::new();
        std::io::Seek::rewind(&mut file).unwrap();
        file.read_to_string(&mut text).unwrap();
        let newest = text.lines().last().and_then(|line| line.split(' ').next()?.parse().ok());
        let is_taken = newest.is_none_or(|newest: u64| newest <= token);
        if is_taken {
            let lines = events.iter().map(|event| format!("{token} {}\n", event.sequence));
            file.write_all(lines.collect::<String>().as_bytes()).unwrap();
        }
        file.unlock().unwrap();
        is_taken
    }
}

/// A child of these tests; by itself it has nothing to do. `sleepy` is stopped by the system in its second batch, before it
/// hands it over, and leaves a mark once it knows that it lost its lease.
#[test]
fn a_program_that_delivers() {
    let Ok(work) = std::env::var(WORKER) else { return };
    let [manner, folder, url] = work.splitn(3, ';').collect::<Vec<_>>()[..] else { panic!() };
    let (shop, folder) = (open(url), Path::new(folder));
    let mut sink = Sink::open(folder);
    let mut batches = 0;
    loop {
        let Ok(mut consumer) = shop.consumer("mailer", TERM) else {
            std::thread::sleep(Duration::from_millis(20));
            continue;
        };
        loop {
            let token = consumer.token();
            let delivered = deliver(&mut consumer, |events| {
                batches += 1;
                if manner == "sleepy" && batches == 2 {
                    fall_asleep();
                }
                if !sink.take(token, events) {
                    File::create(folder.join("refused by the sink")).unwrap();
                }
                // Long enough to be killed in the middle.
                std::thread::sleep(Duration::from_millis(2));
            });
            match delivered {
                Ok(0) => std::thread::sleep(Duration::from_millis(5)),
                Ok(_) => {}
                Err(lost) => {
                    assert_eq!(lost.code(), "lease.lost");
                    File::create(folder.join("lost")).unwrap();
                    break;
                }
            }
        }
    }
}

/// Is stopped by the system, until somebody wakes this program up.
fn fall_asleep() {
    let begun = Instant::now();
    kill_process(rustix::process::getpid(), Signal::STOP).unwrap();
    // The signal is on its way. It has come and gone when more time has passed than this thread waited.
    while begun.elapsed() < Duration::from_millis(500) {
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn deliver(consumer: &mut Consumer, work: impl FnOnce(&[Envelope])) -> Result<usize, FlowError> {
    consumer.deliver(BATCH, |events| {
        work(events);
        Ok(())
    })
}

/// Checks that nothing was left out: no line is further than one behind the furthest before it.
#[track_caller]
fn check_sink(lines: &[(u64, u64)], head: u64) {
    let mut furthest = 0;
    for (at, (_, seq)) in lines.iter().enumerate() {
        assert!(*seq <= furthest + 1, "line {at}: {seq} after {furthest}");
        furthest = furthest.max(*seq);
    }
    assert_eq!(furthest, head);
    assert!(lines.iter().map(|(token, _)| token).is_sorted(), "tokens only grow");
}

fn the_holder_is_killed(world: &World) {
    const KILLS: usize = 4;
    let mut programs = vec![world.start("awake"), world.start("awake")];
    for kill in 0..KILLS {
        let goal = world.cursor() + 40;
        world.tell(200);
        world.until("somebody delivers", |world| world.cursor() >= goal);
        // Somewhere in a batch, before or after its commit.
        std::thread::sleep(Duration::from_micros(700 * u64::try_from(kill).unwrap()));
        let lease = world.lease().unwrap();
        let holder = programs.iter().position(|program| program.holds(&lease)).unwrap();
        programs.remove(holder).signal(Signal::KILL);
        programs.push(world.start("awake"));
    }
    world.tell(100);
    world.until("everything is delivered", |world| world.cursor() == world.head());
    drop(programs);
    let lines = world.sink();
    check_sink(&lines, world.head());
    let repeated = lines.len() - usize::try_from(world.head()).unwrap();
    assert!(
        repeated <= KILLS * BATCH,
        "{repeated} events came twice: more than a batch for each kill"
    );
    assert!(world.lease().unwrap().token > u64::try_from(KILLS).unwrap(), "others took over");
}

fn the_holder_is_stopped_and_wakes_up(world: &World) {
    world.tell(100);
    let sleepy = world.start("sleepy");
    world.until("it sleeps", |_| sleepy.is_stopped());
    assert!(sleepy.holds(&world.lease().unwrap()));
    assert_eq!(world.cursor(), u64::try_from(BATCH).unwrap());
    let awake = world.start("awake");
    world.until("the other takes over and delivers all", |world| world.cursor() == world.head());
    let until_then = world.sink();
    sleepy.signal(Signal::CONT);
    world.until("the first wakes up and is told", |world| world.has("lost"));
    assert!(world.has("refused by the sink"), "its token is an old one");
    assert_eq!(world.sink(), until_then, "it added nothing");
    world.tell(100);
    world.until("the other goes on", |world| world.cursor() == world.head());
    let lease = world.lease().unwrap();
    assert!(awake.holds(&lease) && lease.token == 2, "{lease:?}");
    drop((awake, sleepy));
    let lines = world.sink();
    check_sink(&lines, world.head());
    assert_eq!(u64::try_from(lines.len()), Ok(world.head()), "each event once");
}

#[test]
fn a_consumer_loses_nothing_when_its_program_is_killed() {
    the_holder_is_killed(&World::on_sqlite());
}

#[test]
fn a_program_that_slept_delivers_nothing_that_another_moved_past() {
    the_holder_is_stopped_and_wakes_up(&World::on_sqlite());
}

#[cfg(feature = "postgres")]
mod on_postgres {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use sutler::core::id::VariantId;
    use sutler::core::port::Clock;
    use sutler::core::time::Timestamp;
    use sutler::engine::provider::TestProvider;
    use sutler::engine::search::SearchRequest;
    use sutler::postgres::{OpenOptions, PostgresStore};
    use sutler::{SystemClock, UuidSource};

    use super::*;

    #[test]
    fn a_consumer_loses_nothing_when_its_program_is_killed() {
        the_holder_is_killed(&World::on_postgres("killed"));
    }

    #[test]
    fn a_program_that_slept_delivers_nothing_that_another_moved_past() {
        the_holder_is_stopped_and_wakes_up(&World::on_postgres("slept"));
    }

    fn catalog(title: &str) -> String {
        format!(
            "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n\
             lamp,{title},Title,Default Title,LAMP,19.90,shopify,100\n"
        )
    }

    fn finds(shop: &Shop, words: &str) -> u64 {
        shop.search(&SearchRequest::new(words)).unwrap().total
    }

    #[test]
    fn each_program_keeps_its_own_search_index_up_to_date() {
        let world = World::on_postgres("index");
        let program =
            |name: &str| open(&world.url).with_search_at(Some(world.folder.path().join(name)));
        let (one, other) = (program("one"), program("other"));
        one.import_text(&catalog("Oak lamp"), "lamp.csv").unwrap();
        assert_eq!((finds(&one, "oak"), finds(&other, "oak")), (1, 1));
        one.import_text(&catalog("Ash lamp"), "ash.csv").unwrap();
        let report = other.index_sync().unwrap();
        assert_eq!((report.rebuilt, report.updated), (false, 1), "the other reads what is new");
        assert_eq!((finds(&other, "oak"), finds(&other, "ash")), (0, 1));
        assert_eq!(finds(&one, "ash"), 1);
    }

    #[test]
    fn an_index_notices_that_the_shop_was_taken_back() {
        let world = World::on_postgres("back");
        let folder = world.folder.path().join("index");
        let before = open(&world.url).with_search_at(Some(folder.clone()));
        before.import_text(&catalog("Oak lamp"), "lamp.csv").unwrap();
        before.import_text(&catalog("Ash lamp"), "ash.csv").unwrap();
        assert_eq!(finds(&before, "ash"), 1);
        let head = world.head();
        drop(before);
        // What a server does that fails over to one which lacks the newest commits: they are gone, others take their places.
        sutler::postgres::drop_shop(&world.url.parse().unwrap()).unwrap();
        let after = open(&world.url).with_search_at(Some(folder));
        after.init(&InitCommand::new("Events", "EUR", "DE").unwrap()).unwrap();
        after.import_text(&catalog("Oak lamp"), "lamp.csv").unwrap();
        after.import_text(&catalog("Elm lamp"), "elm.csv").unwrap();
        assert_eq!(after.store().event_head().unwrap().0, head, "as many events as were lost");
        assert_eq!((finds(&after, "ash"), finds(&after, "elm")), (0, 1));
        assert!(!after.index_sync().unwrap().rebuilt, "once is enough");
    }

    /// The machine's clock, two hours on: whatever was begun is nobody's any more.
    struct Later;

    impl Clock for Later {
        fn now(&self) -> Timestamp {
            SystemClock.now().plus_seconds(7_200)
        }
    }

    /// A checkout whose provider does not say whether it holds the money.
    fn cut_off(shop: &Shop, lamp: VariantId, buyer: u32) {
        let cart = shop.cart_new("web", None, None).unwrap().id;
        shop.cart_add(cart, lamp, Quantity::ONE, None).unwrap();
        let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
        let command = CheckoutCommand {
            pay: Some("test:unknown".to_owned()),
            ..CheckoutCommand::new(cart, format!("{buyer}@example.com"), ship_to, "standard")
        };
        assert_eq!(shop.checkout(&command).unwrap_err().code(), "payment.open");
    }

    #[test]
    fn many_programs_that_recover_settle_each_checkout_once() {
        const CHECKOUTS: u32 = 12;
        let world = World::on_postgres("recover");
        let provider = Arc::new(TestProvider::at(world.folder.path().join("payments")));
        let program = |clock: Arc<dyn Clock>| {
            let store = PostgresStore::open(&world.url.parse().unwrap(), OpenOptions::default());
            Shop::new(Arc::new(store.unwrap()), clock, Arc::new(UuidSource))
                .with_provider(provider.clone())
        };
        let shop = program(Arc::new(SystemClock));
        shop.import_text(&catalog("Lamp"), "lamp.csv").unwrap();
        let lamp = shop.find_variant("LAMP").unwrap().variant.id;
        (0..CHECKOUTS).for_each(|buyer| cut_off(&shop, lamp, buyer));
        let (settled, stood_by) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let shop = program(Arc::new(Later));
                    for _ in 0..1_000 {
                        match shop.recover() {
                            Ok(report) => {
                                settled.fetch_add(report.unwound, Ordering::SeqCst);
                                assert_eq!((report.placed, report.stuck.len()), (0, 0));
                                return;
                            }
                            Err(held) => {
                                assert_eq!(held.code(), "lease.held");
                                stood_by.fetch_add(1, Ordering::SeqCst);
                                std::thread::sleep(Duration::from_millis(10));
                            }
                        }
                    }
                    panic!("the lease was never given back");
                });
            }
        });
        assert_eq!(settled.into_inner(), CHECKOUTS, "each by one of them");
        assert!(stood_by.into_inner() > 0, "they were at it at the same time");
        let level = shop.stock_show(lamp).unwrap().levels[0].1;
        assert_eq!((level.on_hand, level.reserved, level.allocated), (100, 0, 0));
        let report = shop.verify(&mut |_| {}).unwrap();
        assert!(report.findings.is_empty(), "{:#?}", report.findings);
    }
}
