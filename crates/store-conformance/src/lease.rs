//! Leases: one holder at a time, a token that only grows, and nothing written by whoever lost one.
//!
//! Back-ends go by clocks that a test cannot set. A lease for no seconds has run out when it is taken, on each of them.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use sutler_core::change::{Change, ChangeSet, CommitOutcome};
use sutler_core::lease::{LEASE_SECONDS_MAX, Lease, LeaseChange};
use sutler_core::port::Store;
use sutler_core::rejection::Rejection;

use crate::Fixture;
use crate::given::World;
use crate::given::sweep::product_event;
use crate::then::{commit, committed, refused, together};

const WORK: &str = "consumer/mailer";

fn set(world: &World, change: LeaseChange) -> ChangeSet {
    world.set_of([Change::Lease(change)])
}

fn take(world: &World, holder: &str, seconds: u32) -> ChangeSet {
    set(world, LeaseChange::take(WORK, holder, seconds))
}

fn renew(world: &World, token: u64) -> ChangeSet {
    set(world, LeaseChange::renew(WORK, token, 60))
}

fn give_back(world: &World, token: u64) -> ChangeSet {
    set(world, LeaseChange::give_back(WORK, token))
}

#[track_caller]
fn stored(store: &dyn Store) -> Lease {
    store.lease(WORK).unwrap().expect("it was taken before")
}

#[track_caller]
fn taken(store: &dyn Store, set: ChangeSet) -> u64 {
    committed(store, set).lease_token.expect("the receipt tells the token")
}

/// A lease is read as it was taken; renewing moves its end, giving it back ends it, and only taking tells a token.
pub fn a_lease_is_taken_renewed_and_given_back<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    assert_eq!(store.lease(WORK).unwrap(), None);
    assert_eq!(taken(store, take(&world, "till 1", 10)), 1);
    let first = stored(store);
    assert_eq!((first.name.as_str(), first.holder.as_str(), first.token), (WORK, "till 1", 1));
    assert_eq!(store.lease("consumer/Mailer").unwrap(), None, "letter by letter");
    assert_eq!(committed(store, renew(&world, 1)).lease_token, None);
    let renewed = stored(store);
    assert!(renewed.until > first.until, "{:?} is not after {:?}", renewed.until, first.until);
    assert_eq!(Lease { until: first.until, ..renewed }, first);
    committed(store, give_back(&world, 1));
    assert_eq!(stored(store), Lease { until: None, ..first });
}

/// While somebody holds a lease, others are told by whom and until when; another lease is another matter.
pub fn a_lease_that_is_held_is_refused<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    taken(store, take(&world, "till 1", LEASE_SECONDS_MAX));
    let held = stored(store);
    for holder in ["till 2", "till 1"] {
        let (name, until) = (WORK.to_owned(), held.until.unwrap());
        let refusal = Rejection::LeaseHeld { name, holder: "till 1".to_owned(), until };
        assert_eq!(refused(store, take(&world, holder, 10)), refusal, "to {holder}");
    }
    assert_eq!(stored(store), held);
    assert_eq!(taken(store, set(&world, LeaseChange::take("recovery", "till 2", 10))), 1);
}

/// A lease that ran out goes to whoever takes it; until then its holder may go on. Given back, it is free at once.
pub fn a_lease_that_ran_out_is_taken_or_renewed<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    assert_eq!(taken(store, take(&world, "till 1", 0)), 1);
    committed(store, renew(&world, 1));
    assert_eq!(refused(store, take(&world, "till 2", 0)).code(), "lease.held");
    committed(store, give_back(&world, 1));
    assert_eq!(taken(store, take(&world, "till 2", 0)), 2);
    assert_eq!(taken(store, take(&world, "till 3", 60)), 3, "that of till 2 ran out");
    assert_eq!(stored(store).holder, "till 3");
}

/// Whatever becomes of a lease, the next token is one higher, after reopening too.
pub fn the_token_of_a_lease_only_grows<F: Fixture>() {
    let fixture = F::empty();
    let world = World::on(fixture.store());
    let store: &dyn Store = fixture.store();
    for token in [1, 2, 3] {
        assert_eq!(taken(store, take(&world, "till 1", 0)), token);
    }
    committed(store, give_back(&world, 3));
    assert_eq!(taken(store, take(&world, "till 1", 60)), 4);
    committed(store, renew(&world, 4));
    committed(store, give_back(&world, 4));
    let fixture = fixture.reopen();
    assert_eq!(taken(fixture.store(), take(&world, "till 1", 60)), 5);
}

/// Once a newer token was given out, a set with an older one is refused as a whole; so is one with a token that nobody got.
pub fn a_set_with_an_older_token_is_refused_as_a_whole<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let step = |token, seq| {
        let mut set = renew(&world, token);
        set.push(Change::Cursor { consumer: "mailer".to_owned(), seq });
        set.tell(product_event(sutler_core::id::ProductId::from_u128(7)));
        set
    };
    assert_eq!(refused(store, step(1, 1)).code(), "lease.lost", "never taken");
    taken(store, take(&world, "till 1", 0));
    committed(store, step(1, 1));
    committed(store, give_back(&world, 1));
    taken(store, take(&world, "till 2", 0));
    let before = (stored(store), store.event_head().unwrap());
    for token in [0, 1, 3] {
        let (name, holder) = (WORK.to_owned(), Some("till 2".to_owned()));
        let refusal = Rejection::LeaseLost { name, token, holder };
        assert_eq!(refused(store, step(token, 9)), refusal);
        assert_eq!(refused(store, give_back(&world, token)).code(), "lease.lost");
    }
    assert_eq!((stored(store), store.event_head().unwrap()), before);
    assert_eq!(store.cursor("mailer").unwrap(), 1);
    committed(store, step(2, 2));
    assert_eq!(store.cursor("mailer").unwrap(), 2, "the newest token goes on, run out or not");
}

/// A set that is refused for another reason neither takes nor renews a lease.
pub fn a_set_that_is_refused_leaves_its_lease_alone<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let conflict =
        || Change::Cart(Box::new(sutler_core::cart::Cart { version: 9, ..world.cart(&[]) }));
    let mut first = take(&world, "till 1", 60);
    first.push(conflict());
    assert!(matches!(commit(store, first), CommitOutcome::Conflict { .. }));
    assert_eq!(store.lease(WORK).unwrap(), None);
    taken(store, take(&world, "till 1", 0));
    let before = stored(store);
    let mut second = renew(&world, 1);
    second.push(conflict());
    assert!(matches!(commit(store, second), CommitOutcome::Conflict { .. }));
    assert_eq!(stored(store), before);
}

/// Of many that take a lease at once, one gets it.
pub fn a_lease_goes_to_one_of_many<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let winners = AtomicU64::new(0);
    together(16, |n| match commit(store, take(&world, &format!("till {n}"), 60)) {
        CommitOutcome::Committed(receipt) => {
            assert_eq!(receipt.lease_token, Some(1));
            winners.fetch_add(1, Ordering::SeqCst);
        }
        CommitOutcome::Refused(why) => assert_eq!(why.code(), "lease.held"),
        other => panic!("{other:?}"),
    });
    assert_eq!(winners.load(Ordering::SeqCst), 1);
}

/// Threads that take a lease from each other all the time each get a token of their own, and never move a cursor with an
/// older one than it was moved with.
pub fn one_of_many_takers_at_a_time_moves_a_cursor<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    // A cursor only goes forward, and each step names its token: one with an older token would leave no trace there. The
    // events tell, in the order of commits.
    let given_out = Mutex::new(BTreeSet::new());
    together(8, |n| {
        for _ in 0..8 {
            let token = taken(store, take(&world, &format!("till {n}"), 0));
            given_out.lock().unwrap().insert(token);
            std::thread::yield_now();
            let mut step = set(&world, LeaseChange::renew(WORK, token, 0));
            step.push(Change::Cursor { consumer: "mailer".to_owned(), seq: token });
            step.tell(product_event(sutler_core::id::ProductId::from_u128(u128::from(token))));
            match commit(store, step) {
                CommitOutcome::Committed(_) => {}
                CommitOutcome::Refused(why) => assert_eq!(why.code(), "lease.lost"),
                other => panic!("{other:?}"),
            }
        }
    });
    let tokens: Vec<u128> =
        store.events(0, 100).unwrap().iter().map(|told| told.event.subject.raw()).collect();
    assert!(tokens.is_sorted() && !tokens.is_empty(), "{tokens:?}");
    assert!(given_out.into_inner().unwrap().into_iter().eq(1..=64), "a token is given out once");
    assert_eq!(stored(store).token, 64, "every taking gave out a token");
    let last = tokens.last().and_then(|token| u64::try_from(*token).ok());
    assert_eq!(Some(store.cursor("mailer").unwrap()), last);
}
