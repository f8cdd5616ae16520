//! Work that one program at a time does: consumers of events, and recovery.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use sutler_core::change::{ChangeSet, CommitOutcome};
use sutler_core::port::{
    Clock as _, EventReader as _, Finding, IdSource, LeaseReader as _, Lookup, PaymentProvider,
    ProviderError, ProviderReply, ProviderRequest, Store, StoreError, StoreReader,
};
use sutler_core::rejection::Rejection;
use sutler_engine::provider::TestProvider;
use sutler_engine::testing::HandClock;
use sutler_engine::{FlowError, Shop, testing};
use sutler_store_conformance::pass_reads_on;
use sutler_store_memory::MemoryStore;

/// Seconds that leases are taken for here.
const TERM: u32 = 30;

/// A store that several programs share, and whose readers may be slow.
#[derive(Clone)]
struct Shared {
    inner: Arc<MemoryStore>,
    clock: Arc<HandClock>,
    /// What happens once, while events are read.
    meanwhile: Meanwhile,
}

type Meanwhile = Arc<Mutex<Option<Box<dyn FnOnce() + Send>>>>;

pass_reads_on!(SetupReader for [] Shared, |this| &*this.inner);
pass_reads_on!(CatalogReader for [] Shared, |this| &*this.inner);
pass_reads_on!(CartReader for [] Shared, |this| &*this.inner);
pass_reads_on!(CustomerReader for [] Shared, |this| &*this.inner);
pass_reads_on!(StockReader for [] Shared, |this| &*this.inner);
pass_reads_on!(OrderReader for [] Shared, |this| &*this.inner);
pass_reads_on!(PromotionReader for [] Shared, |this| &*this.inner);
pass_reads_on!(CreditReader for [] Shared, |this| &*this.inner);
pass_reads_on!(SagaReader for [] Shared, |this| &*this.inner);
pass_reads_on!(LeaseReader for [] Shared, |this| &*this.inner);
pass_reads_on!(GoodsReader for [] Shared, |this| &*this.inner);

impl Shared {
    fn while_reading(&self, happens: impl FnOnce() + Send + 'static) {
        *self.meanwhile.lock().unwrap() = Some(Box::new(happens));
    }
}

impl sutler_core::port::EventReader for Shared {
    fn events(
        &self,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<sutler_core::event::StoredEvent>, StoreError> {
        let events = self.inner.events(after_seq, limit);
        let meanwhile = self.meanwhile.lock().unwrap().take();
        meanwhile.into_iter().for_each(|happens| happens());
        events
    }

    fn event_head(&self) -> Result<(u64, sutler_core::hash::ContentHash), StoreError> {
        self.inner.event_head()
    }

    fn cursor(&self, consumer: &str) -> Result<u64, StoreError> {
        self.inner.cursor(consumer)
    }
}

impl Store for Shared {
    fn commit(&self, set: ChangeSet) -> Result<CommitOutcome, StoreError> {
        self.inner.commit(set)
    }
}

impl StoreReader for Shared {
    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        self.inner.integrity()
    }
}

/// Ids that the first program never comes to.
#[derive(Default)]
struct FarIds(AtomicU32);

impl IdSource for FarIds {
    fn next_id(&self) -> u128 {
        (1 << 64) + u128::from(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// Two programs on one store, by one clock.
struct World {
    store: Shared,
    one: Shop,
    other: Shop,
}

impl World {
    fn new() -> Self {
        let clock = Arc::new(HandClock::default());
        let store =
            Shared { inner: Arc::default(), clock: clock.clone(), meanwhile: Arc::default() };
        let one = testing::shop_at(store.clone(), clock).unwrap().with_holder("till 1");
        let other =
            Self::program(&store, Arc::new(TestProvider::in_memory())).with_holder("till 2");
        Self { store, one, other }
    }

    fn program(store: &Shared, provider: Arc<dyn PaymentProvider>) -> Shop {
        let ids = Arc::new(FarIds::default());
        Shop::new(Arc::new(store.clone()), store.clock.clone(), ids).with_provider(provider)
    }

    fn head(&self) -> u64 {
        self.store.event_head().unwrap().0
    }

    fn cursor(&self) -> u64 {
        self.store.cursor("mailer").unwrap()
    }
}

/// Delivers up to `limit` events, and adds their places to `seen`.
fn deliver(
    consumer: &mut sutler_engine::flow::event::Consumer,
    limit: usize,
    seen: &mut Vec<u64>,
) -> Result<usize, FlowError> {
    consumer.deliver(limit, |events| {
        seen.extend(events.iter().map(|event| event.sequence));
        Ok(())
    })
}

#[test]
fn one_delivers_while_the_other_stands_by_and_goes_on_where_it_got_to() {
    let world = World::new();
    let mut seen = Vec::new();
    let mut first = world.one.consumer("mailer", TERM).unwrap();
    deliver(&mut first, 2, &mut seen).unwrap();
    let refused = world.other.consumer("mailer", TERM).unwrap_err();
    let until = world.store.clock.now().plus_seconds(TERM);
    let FlowError::Refused(Rejection::LeaseHeld { name, holder, until: told }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!((name.as_str(), holder.as_str(), told), ("consumer/mailer", "till 1", until));
    assert!(world.other.consumer("indexer", TERM).is_ok(), "another consumer is another lease");
    drop(first);
    let mut second = world.other.consumer("mailer", TERM).unwrap();
    while deliver(&mut second, 2, &mut seen).unwrap() > 0 {}
    assert_eq!(seen, (1..=world.head()).collect::<Vec<_>>());
}

#[test]
fn who_dies_is_followed_once_the_lease_ran_out_and_what_was_open_is_delivered_again() {
    let world = World::new();
    let mut seen = Vec::new();
    let mut first = world.one.consumer("mailer", TERM).unwrap();
    deliver(&mut first, 2, &mut seen).unwrap();
    // Killed after the closure, before the place was moved: neither the commit nor the drop happens.
    let cut = first.deliver(2, |events| {
        seen.extend(events.iter().map(|event| event.sequence));
        Err(FlowError::Contended { what: "killed".to_owned() })
    });
    assert!(cut.is_err());
    std::mem::forget(first);
    world.store.clock.advance(TERM - 1);
    assert_eq!(world.other.consumer("mailer", TERM).unwrap_err().code(), "lease.held");
    world.store.clock.advance(1);
    let mut second = world.other.consumer("mailer", TERM).unwrap();
    assert_eq!(second.token(), 2);
    while deliver(&mut second, 2, &mut seen).unwrap() > 0 {}
    let expected: Vec<u64> = (1..=4).chain(3..=world.head()).collect();
    assert_eq!(seen, expected, "the batch that was open comes twice, nothing is left out");
}

#[test]
fn who_slept_while_working_moves_nothing() {
    let world = World::new();
    let mut first = world.one.consumer("mailer", TERM).unwrap();
    let slept = first.deliver(3, |_| {
        world.store.clock.advance(TERM);
        let mut second = world.other.consumer("mailer", TERM).unwrap();
        assert_eq!(deliver(&mut second, 1, &mut Vec::new()).unwrap(), 1);
        Ok::<(), FlowError>(())
    });
    assert_eq!(slept.unwrap_err().code(), "lease.lost");
    assert_eq!(world.cursor(), 1, "where the second got to");
    assert_eq!(deliver(&mut first, 3, &mut Vec::new()).unwrap_err().code(), "lease.lost");
    assert!(world.other.consumer("mailer", TERM).is_ok(), "the first gives back what is not its");
}

#[test]
fn who_slept_before_working_does_not_begin() {
    let world = World::new();
    let mut first = world.one.consumer("mailer", TERM).unwrap();
    let (store, head) = (world.store.clone(), world.head());
    // The first has read its events and is stopped; the second delivers them all and moves on.
    world.store.while_reading(move || {
        store.clock.advance(TERM);
        let other = World::program(&store, Arc::new(TestProvider::in_memory()));
        let mut second = other.consumer("mailer", TERM).unwrap();
        while deliver(&mut second, 10, &mut Vec::new()).unwrap() > 0 {}
    });
    let mut seen = Vec::new();
    assert_eq!(deliver(&mut first, 3, &mut seen).unwrap_err().code(), "lease.lost");
    assert_eq!((seen.len(), world.cursor()), (0, head));
}

#[test]
fn slow_readers_renew_before_they_work() {
    let world = World::new();
    let mut first = world.one.consumer("mailer", TERM).unwrap();
    for _ in 0..3 {
        let clock = world.store.clock.clone();
        world.store.while_reading(move || clock.advance(TERM * 2 / 3));
        let held = first.deliver(1, |_| {
            let lease = world.store.lease("consumer/mailer").unwrap().unwrap();
            assert_eq!(lease.until, Some(world.store.clock.now().plus_seconds(TERM)));
            Ok::<(), FlowError>(())
        });
        assert_eq!(held.unwrap(), 1);
    }
    assert_eq!(world.cursor(), 3);
}

#[test]
fn without_news_the_lease_is_held_on_to() {
    let world = World::new();
    let mut first = world.one.consumer("mailer", TERM).unwrap();
    deliver(&mut first, 10_000, &mut Vec::new()).unwrap();
    for _ in 0..5 {
        world.store.clock.advance(TERM * 2 / 3);
        assert_eq!(deliver(&mut first, 10, &mut Vec::new()).unwrap(), 0);
    }
    assert_eq!(world.other.consumer("mailer", TERM).unwrap_err().code(), "lease.held");
}

#[test]
fn names_and_times_that_are_none_are_refused() {
    let world = World::new();
    let long = "m".repeat(61);
    for name in ["", "two words", "mailer/1", "Brieftr\u{e4}ger", long.as_str()] {
        assert_eq!(world.one.consumer(name, TERM).unwrap_err().code(), "input.invalid", "{name}");
    }
    for seconds in [0, 301] {
        assert_eq!(world.one.lease("job", seconds).unwrap_err().code(), "input.invalid");
    }
    assert_eq!(world.one.lease("two\nlines", TERM).unwrap_err().code(), "input.invalid");
}

#[test]
fn what_a_holder_writes_is_refused_once_the_lease_is_lost() {
    let world = World::new();
    let job = world.one.lease("job", TERM).unwrap();
    job.shop().cart_new("web", None, None).unwrap();
    world.store.clock.advance(TERM - 1);
    job.shop().cart_new("web", None, None).unwrap();
    world.store.clock.advance(TERM - 1);
    assert_eq!(world.other.lease("job", TERM).unwrap_err().code(), "lease.held", "it was renewed");
    world.store.clock.advance(1);
    // Within the lease of the job, another one: both must hold.
    let inner = job.shop().lease("inner", 300).unwrap();
    world.store.clock.advance(TERM);
    let taken = world.other.lease("job", TERM).unwrap();
    for shop in [job.shop(), inner.shop()] {
        let refused = shop.cart_new("web", None, None).unwrap_err();
        assert_eq!(refused.code(), "lease.lost");
    }
    taken.shop().cart_new("web", None, None).unwrap();
}

/// Answers as the test provider does; before it says what became of a hold, something else happens.
struct Stopped<F>(TestProvider, F);

impl<F: Fn() + Send + Sync> PaymentProvider for Stopped<F> {
    fn name(&self) -> &'static str {
        "test"
    }

    fn authorize(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.0.authorize(request)
    }

    fn capture(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.0.capture(request)
    }

    fn void(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.0.void(request)
    }

    fn refund(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.0.refund(request)
    }

    fn lookup(&self, key: &str) -> Result<Lookup, ProviderError> {
        let answer = self.0.lookup(key);
        (self.1)();
        answer
    }
}

#[test]
fn recovery_that_slept_at_the_provider_writes_nothing_after_another_took_over() {
    let world = World::new();
    let command = testing::command(&world.one, "test:unknown").unwrap();
    assert_eq!(world.one.checkout(&command).unwrap_err().code(), "payment.open");
    world.store.clock.advance(120);
    // The first one asks the provider, and is stopped with the answer in its hand.
    let (store, slept) = (world.store.clone(), Arc::new(AtomicU32::new(0)));
    let is_first = slept.clone();
    let sleepy = Stopped(TestProvider::in_memory(), move || {
        if is_first.fetch_add(1, Ordering::SeqCst) == 0 {
            let awake = World::program(&store, Arc::new(TestProvider::in_memory()));
            assert_eq!(awake.recover().unwrap_err().code(), "lease.held", "nobody else meanwhile");
            store.clock.advance(60);
            assert_eq!(awake.recover().unwrap().unwound, 1, "until it is taken for dead");
        }
    });
    let first = World::program(&world.store, Arc::new(sleepy));
    assert_eq!(first.recover().unwrap_err().code(), "lease.lost");
    assert_eq!(slept.load(Ordering::SeqCst), 1);
    // The provider of the first is not asked again: what it says now is not listened to.
    let report = world.other.verify(&mut |_| {}).unwrap();
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert_eq!(world.other.recover().unwrap().unwound, 0);
}
