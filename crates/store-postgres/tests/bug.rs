//! A bug in the store itself, as far as one can be planted from outside: it costs those whose set met it, and nobody else.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fixture::gate::Gate;
use fixture::load::Load;
use fixture::{Schema, admin};
use sutler_core::change::{Change, ChangeSet};
use sutler_core::id::CommandId;
use sutler_core::port::{EventReader as _, Retry, Store as _, StoreReader as _};
use sutler_core::time::Timestamp;
use sutler_store_conformance::Fixture as _;
use sutler_store_conformance::given::World;
use sutler_store_conformance::then::together;
use sutler_store_postgres::{FailPoint, OpenOptions};

const CALLERS: usize = 8;

/// What panics, once, at the point that it is told.
type Bug = Arc<Mutex<Option<&'static str>>>;

/// Returns a shop in whose commits a bug may be planted, behind a gate.
fn shop() -> (Schema, Gate, Bug) {
    let (gate, bug) = (Gate::new(), Bug::default());
    let (passed, planted) = (gate.clone(), Arc::clone(&bug));
    let point: FailPoint = Arc::new(move |point| {
        passed.pass(point);
        let meets = planted.lock().unwrap().take_if(|at| *at == point).is_some();
        assert!(!meets, "a planted bug");
    });
    // Without end, as it were: who is answered is not answered by the clock.
    let patience = Duration::from_secs(600);
    let options = OpenOptions { fail_point: Some(point), patience, ..OpenOptions::default() };
    (Schema::with(options), gate, bug)
}

#[test]
fn a_panic_is_told_to_its_caller_and_others_are_served() {
    let (schema, _, bug) = shop();
    let load = Load::new(schema.store());
    for point in ["before_begin", "after_load", "before_commit"] {
        *bug.lock().unwrap() = Some(point);
        let error = load.try_commit().unwrap_err();
        assert_eq!((error.code, error.retry), ("store.failed", Retry::Never), "{point}");
        assert!(error.source.to_string().contains("panicked"), "{error:?}");
        load.commit();
        assert_eq!(load.on_hand(), load.acknowledged(), "{point}: nothing of it was written");
    }
    load.is_exact();
    *bug.lock().unwrap() = Some("after_commit");
    let error = load.try_commit().unwrap_err();
    assert_eq!((error.code, error.retry), ("store.failed", Retry::Unknown), "{error:?}");
    load.commit();
    assert_eq!(load.on_hand(), load.acknowledged() + 1, "it was written, and nobody said no");
    assert_eq!(schema.store().integrity().unwrap(), []);
}

/// Holds the first commit until all callers have queued behind it; returns what those hear.
fn behind_a_first<T: Send>(
    schema: &Schema,
    gate: &Gate,
    call: impl Fn(usize) -> T + Sync,
) -> Vec<T> {
    let mut set = ChangeSet::new(Timestamp::from_millis(0), CommandId::from_u128(1));
    set.push(Change::Cursor { consumer: "first".to_owned(), seq: 1 });
    gate.shut("after_load");
    std::thread::scope(|scope| {
        let first = scope.spawn(|| schema.store().commit(set));
        gate.wait_for_one();
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(300));
            gate.open();
        });
        let heard = together(CALLERS, call);
        first.join().unwrap().unwrap();
        heard
    })
}

#[test]
fn a_panic_over_a_batch_costs_those_who_do_not_meet_it_nothing() {
    let (schema, gate, bug) = shop();
    let load = Load::new(schema.store());
    let before = gate.attempts();
    // Planted when the first has passed that point: it is met by the batch of all others.
    let heard = behind_a_first(&schema, &gate, |_| {
        *bug.lock().unwrap() = Some("before_begin");
        load.try_commit()
    });
    assert_eq!(*bug.lock().unwrap(), None, "it was met");
    assert!(heard.iter().all(Result::is_ok), "{heard:?}");
    // The first, the batch, and each of the batch by itself.
    assert_eq!(gate.attempts() - before, 2 + u64::try_from(CALLERS).unwrap());
    load.is_exact();
}

/// A key that no guard knows of: the server refuses it however often the set is decided on.
#[test]
fn a_guard_that_misses_a_key_makes_its_own_set_fail_and_soon() {
    let (schema, gate, _) = shop();
    let (store, world) = (schema.store(), World::on(schema.store()));
    admin(&format!("CREATE UNIQUE INDEX ON {}.raw_cursor (seq)", schema.address().shop()));
    let consumer = |n: usize| format!("consumer {n}");
    let moving = |n: usize, seq| world.set_of([Change::Cursor { consumer: consumer(n), seq }]);
    store.commit(moving(CALLERS, 7)).unwrap();
    let seq = |n: usize| 7 + u64::try_from(n).unwrap();
    let before = gate.attempts();
    let heard = behind_a_first(&schema, &gate, |n| store.commit(moving(n, seq(n))));
    assert!(gate.attempts() - before < 20, "{} attempts", gate.attempts() - before);
    for (n, heard) in heard.into_iter().enumerate() {
        match heard {
            Ok(_) => assert_eq!(store.cursor(&consumer(n)).unwrap(), seq(n)),
            Err(error) => {
                assert_eq!((n, error.code, error.retry), (0, "store.failed", Retry::Never));
                let told = error.source.to_string();
                assert!(told.contains("let pass") && told.contains("23505"), "{told}");
            }
        }
    }
    assert_eq!(store.cursor(&consumer(0)).unwrap(), 0);
}
