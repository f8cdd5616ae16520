//! A log that goes back: a replica takes over that did not have the newest commits. Who was given events of the history that is
//! gone is told, and nothing of the new one is left out.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod any_store;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use any_store::AnyStore;
use sutler_core::change::{Change, ChangeSet, CommitOutcome};
use sutler_core::event::{Event, EventKind};
use sutler_core::id::{CommandId, ProductId};
use sutler_core::port::{EventReader as _, Finding, Store, StoreError, StoreReader};
use sutler_core::rejection::Rejection;
use sutler_engine::flow::event::Consumer;
use sutler_engine::{FlowError, Shop, testing};
use sutler_store_conformance::pass_reads_on;

/// A store and another one that follows it, until it takes over.
struct Pair {
    primary: AnyStore,
    replica: AnyStore,
    follows: AtomicBool,
    took_over: AtomicBool,
}

impl Pair {
    fn current(&self) -> &AnyStore {
        if self.took_over.load(Ordering::SeqCst) { &self.replica } else { &self.primary }
    }
}

/// What both have.
#[derive(Clone)]
struct Line(Arc<Pair>);

pass_reads_on!([] Line, |this| this.0.current());

impl Store for Line {
    fn commit(&self, set: ChangeSet) -> Result<CommitOutcome, StoreError> {
        let pair = &*self.0;
        if !pair.took_over.load(Ordering::SeqCst) && pair.follows.load(Ordering::SeqCst) {
            pair.replica.commit(set.clone())?;
        }
        pair.current().commit(set)
    }
}

impl StoreReader for Line {
    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        self.0.current().integrity()
    }
}

struct World {
    line: Line,
    shop: Shop,
    /// Events of the set-up.
    begun: u64,
}

impl World {
    fn new() -> Self {
        let line = Line(Arc::new(Pair {
            primary: AnyStore::new(),
            replica: AnyStore::new(),
            follows: true.into(),
            took_over: false.into(),
        }));
        let shop = testing::shop(line.clone()).unwrap();
        let begun = line.event_head().unwrap().0;
        Self { line, shop, begun }
    }

    /// Tells events, one to a commit; `what` tells one history from another.
    fn tell(&self, events: u64, what: u128) {
        for _ in 0..events {
            let mut set = ChangeSet::new(self.shop.now(), CommandId::from_u128(what));
            set.tell(Event::plain(EventKind::ProductChanged, ProductId::from_u128(what)));
            assert!(matches!(self.line.commit(set).unwrap(), CommitOutcome::Committed(_)));
        }
    }

    fn fall_behind(&self) {
        self.line.0.follows.store(false, Ordering::SeqCst);
    }

    fn take_over(&self) {
        self.line.0.took_over.store(true, Ordering::SeqCst);
    }

    fn mailer(&self) -> Consumer {
        self.shop.consumer("mailer", 30).unwrap()
    }
}

/// Delivers what there is; returns the places.
fn deliver(mailer: &mut Consumer) -> Result<Vec<u64>, FlowError> {
    let mut seen = Vec::new();
    while mailer.deliver(3, |events| {
        seen.extend(events.iter().map(|event| event.sequence));
        Ok::<(), FlowError>(())
    })? > 0
    {}
    Ok(seen)
}

#[track_caller]
fn is_gone(told: Result<Vec<u64>, FlowError>, of: (u64, u64)) {
    match told {
        Err(FlowError::Refused(Rejection::EventsGone { consumer, delivered, place })) => {
            assert_eq!((consumer.as_str(), (delivered, place)), ("mailer", of));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_was_given_events_that_are_gone_is_told_and_the_next_one_leaves_nothing_out() {
    // The log of the new primary stays shorter, becomes as long, or longer than what was delivered.
    for new in [0, 5, 9] {
        let world = World::new();
        let mut mailer = world.mailer();
        deliver(&mut mailer).unwrap();
        let place = world.begun;
        world.fall_behind();
        world.tell(5, 1);
        assert_eq!(deliver(&mut mailer).unwrap(), (place + 1..=place + 5).collect::<Vec<_>>());
        world.take_over();
        world.tell(new, 2);
        is_gone(deliver(&mut mailer), (place + 5, place));
        is_gone(deliver(&mut mailer), (place + 5, place));
        drop(mailer);
        // Somebody looked at it, and starts again.
        let expected: Vec<u64> = (place + 1..=place + new).collect();
        assert_eq!(deliver(&mut world.mailer()).unwrap(), expected, "{new} new ones");
    }
}

#[test]
fn what_was_delivered_is_remembered_from_one_lease_to_the_next() {
    let world = World::new();
    let mut mailer = world.mailer();
    world.fall_behind();
    deliver(&mut mailer).unwrap();
    world.tell(1, 1);
    deliver(&mut mailer).unwrap();
    let delivered = mailer.delivered();
    assert_eq!(delivered.unwrap().seq(), world.begun + 1);
    world.take_over();
    drop(mailer);
    world.tell(4, 2);
    // Another program was first, and found nothing amiss: its place is beyond all of it.
    deliver(&mut world.mailer()).unwrap();
    let again = world.mailer().having_delivered(delivered);
    is_gone(deliver(&mut { again }), (world.begun + 1, world.begun + 4));
}

#[test]
fn a_failover_that_loses_nothing_of_what_was_delivered_goes_unnoticed() {
    let world = World::new();
    let mut mailer = world.mailer();
    deliver(&mut mailer).unwrap();
    world.tell(2, 1);
    let place = world.begun;
    assert_eq!(deliver(&mut mailer).unwrap(), [place + 1, place + 2]);
    world.fall_behind();
    world.tell(1, 1);
    world.take_over();
    world.tell(1, 2);
    assert_eq!(deliver(&mut mailer).unwrap(), [place + 3]);
}

/// The failover comes while events are dealt with: the place must not be moved over what is told on the new primary.
#[test]
fn a_failover_during_the_work_moves_no_place() {
    let world = World::new();
    let mut mailer = world.mailer();
    deliver(&mut mailer).unwrap();
    let place = world.begun;
    world.fall_behind();
    world.tell(3, 1);
    let refused = mailer.deliver(3, |_| {
        world.take_over();
        world.tell(4, 2);
        Ok::<(), FlowError>(())
    });
    is_gone(refused.map(|_| Vec::new()), (place + 3, place));
    drop(mailer);
    let expected: Vec<u64> = (place + 1..=place + 4).collect();
    assert_eq!(deliver(&mut world.mailer()).unwrap(), expected, "nothing is left out");
}

/// A place beyond the log is no place to go on from.
#[test]
fn a_log_that_ends_before_the_place_is_refused_whoever_asks() {
    let world = World::new();
    let beyond = world.begun + 7;
    let mut set = ChangeSet::new(world.shop.now(), CommandId::from_u128(1));
    set.push(Change::Cursor { consumer: "mailer".to_owned(), seq: beyond });
    world.line.commit(set).unwrap();
    is_gone(deliver(&mut world.mailer()), (beyond, beyond));
}

/// The place is lost and the events are not: they come again, as after a crash.
#[test]
fn a_place_that_went_back_alone_has_the_same_delivered_again() {
    let world = World::new();
    let mut mailer = world.mailer();
    deliver(&mut mailer).unwrap();
    world.tell(3, 1);
    world.fall_behind();
    let place = world.begun;
    assert_eq!(deliver(&mut mailer).unwrap().len(), 3);
    world.take_over();
    assert_eq!(deliver(&mut mailer).unwrap(), [place + 1, place + 2, place + 3]);
}

#[test]
fn work_that_failed_is_no_log_that_went_back() {
    let world = World::new();
    let mut mailer = world.mailer();
    deliver(&mut mailer).unwrap();
    world.tell(2, 1);
    for _ in 0..2 {
        let failed = mailer.deliver(9, |events| {
            assert_eq!(events.len(), 2);
            Err(FlowError::Contended { what: "killed".to_owned() })
        });
        assert!(matches!(failed, Err(FlowError::Contended { .. })));
    }
    assert_eq!(deliver(&mut mailer).unwrap().len(), 2);
}
