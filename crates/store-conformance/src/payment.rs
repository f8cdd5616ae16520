//! Payments, the facts that providers tell, and the tasks that they are given.

use sutler_core::change::{Change, CommitOutcome};
use sutler_core::id::PaymentId;
use sutler_core::payment::{FactKind, Payment, PaymentFact, PaymentTask, TaskKind, TaskStatus};
use sutler_core::port::Store;

use crate::Fixture;
use crate::given::payment::{decided, fact, queued, task, told};
use crate::given::{NOW, World, after, eur};
use crate::then::{commit, committed, conflict, is_committed, refused, together};

fn read(store: &dyn Store, id: PaymentId) -> Payment {
    store.payment(id).unwrap().expect("the payment")
}

/// A payment comes back as it was opened, with the facts it had.
pub fn a_payment_comes_back_as_it_was_opened<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let order = world.new_order(store);
    let plain = world.payment(&order);
    let paid = Payment {
        provider: "manual".to_owned(),
        method: String::new(),
        facts: vec![fact(FactKind::Captured, 2_737, "cash"), fact(FactKind::Authorized, 0, "")],
        ..world.payment(&order)
    };
    committed(
        store,
        world.set_of([&plain, &paid].map(|payment| Change::PaymentOpened(payment.clone()))),
    );
    assert_eq!(read(store, plain.id), plain);
    assert_eq!(read(store, paid.id), paid);
    assert_eq!(store.payment(PaymentId::from_u128(world.id())).unwrap(), None);
}

/// Payments of several orders come by order as asked, then oldest id first, with their facts.
pub fn payments_come_by_order_as_asked<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (a, b, unpaid) = (world.new_order(store), world.new_order(store), world.new_order(store));
    let [a_first, b_first, mut a_second, b_second] =
        [&a, &b, &a, &b].map(|order| world.payment(order));
    let opened = [&b_second, &a_second, &b_first, &a_first]
        .map(|payment| Change::PaymentOpened(payment.clone()));
    committed(store, world.set_of(opened));
    let captured = fact(FactKind::Captured, 100, "c");
    committed(store, world.set_of([told(a_second.id, captured.clone())]));
    a_second.facts.push(captured);
    a_second.version = 2;
    assert_eq!(
        store.payments(&[b.id, unpaid.id, a.id]).unwrap(),
        [b_first, b_second, a_first, a_second]
    );
    assert_eq!(store.payments(&[]).unwrap(), []);
}

/// A fact is kept once, however often it is told: by kind and reference. Each new one raises the version by one.
pub fn a_fact_is_kept_once<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let payment = world.new_payment(store);
    let first = fact(FactKind::Captured, 1_000, "ref-1");
    committed(store, world.set_of([told(payment.id, first.clone())]));
    let expected = Payment { facts: vec![first.clone()], version: 2, ..payment.clone() };
    assert_eq!(read(store, payment.id), expected);

    // Told again, even with another amount or moment, and twice in one set: nothing changes.
    let again = PaymentFact { amount: eur(1), at: after(99), ..first.clone() };
    committed(store, world.set_of([told(payment.id, again.clone()), told(payment.id, again)]));
    assert_eq!(read(store, payment.id), expected);

    // Another kind or another reference is another fact; references are compared letter by letter.
    let others = [
        fact(FactKind::Refunded, 1_000, "ref-1"),
        fact(FactKind::Captured, 1_000, "REF-1"),
        fact(FactKind::Captured, 1_000, "ref-2"),
    ];
    committed(store, world.set_of(others.iter().map(|fact| told(payment.id, fact.clone()))));
    let facts = [vec![first], others.to_vec()].concat();
    assert_eq!(read(store, payment.id), Payment { facts, version: 5, ..payment });
}

/// Facts told in any order, each of them twice, give the same payment.
pub fn facts_in_any_order_give_the_same_payment<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let facts = [
        fact(FactKind::Authorized, 2_737, "a"),
        fact(FactKind::Captured, 2_000, "c1"),
        fact(FactKind::Captured, 737, "c2"),
        fact(FactKind::Refunded, 500, "r"),
    ];
    let mut expected = None;
    for turn in 0..4 {
        for reversed in [false, true] {
            let mut order = facts.clone();
            order.rotate_left(turn);
            if reversed {
                order.reverse();
            }
            let payment = world.new_payment(store);
            for fact in order.iter().chain(order.iter().rev()) {
                committed(store, world.set_of([told(payment.id, fact.clone())]));
            }
            let stored = read(store, payment.id);
            assert_eq!((stored.facts.len(), stored.version), (4, 5));
            assert_eq!(stored.facts, order, "facts stand as they were told");
            assert_eq!(*expected.get_or_insert(stored.state()), stored.state());
        }
    }
}

/// Sixteen threads that tell one fact tell it once; different facts are all kept.
pub fn facts_from_many_threads_are_each_kept_once<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let payment = world.new_payment(store);
    let outcomes = together(16, |n| {
        let fact = fact(FactKind::Captured, 1, &format!("ref-{}", n / 4));
        commit(store, world.set_of([told(payment.id, fact)]))
    });
    assert!(outcomes.iter().all(is_committed), "{outcomes:?}");
    let stored = read(store, payment.id);
    let mut references: Vec<&str> =
        stored.facts.iter().map(|fact| fact.reference.as_str()).collect();
    references.sort_unstable();
    assert_eq!(references, ["ref-0", "ref-1", "ref-2", "ref-3"]);
    assert_eq!(stored.version, 5);
}

/// A fact about a payment that is not there is refused as not found.
pub fn a_fact_about_no_payment_is_refused<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let missing = PaymentId::from_u128(world.id());
    let why = refused(store, world.set_of([told(missing, fact(FactKind::Captured, 1, "c"))]));
    assert_eq!(why.code(), "not_found");
}

/// A new task needs the payment's version that its decision was made on, and raises it.
pub fn a_new_task_is_guarded_by_the_version_of_its_payment<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let payment = world.new_payment(store);
    let (first, second) =
        (task(payment.id, TaskKind::Refund, 1), task(payment.id, TaskKind::Refund, 2));
    for stale in [0, 2] {
        assert_eq!(conflict(store, world.set_of([queued(&first, stale)])), payment.id.into());
    }
    assert_eq!(store.payment_tasks(payment.id).unwrap(), []);
    committed(store, world.set_of([queued(&first, 1)]));
    assert_eq!(read(store, payment.id).version, 2);
    // What was decided without knowing of the first one is not written.
    assert_eq!(conflict(store, world.set_of([queued(&second, 1)])), payment.id.into());
    committed(store, world.set_of([queued(&second, 2)]));
    // A fact moves the version on too.
    committed(store, world.set_of([told(payment.id, fact(FactKind::Captured, 1, "c"))]));
    assert_eq!(
        conflict(store, world.set_of([queued(&task(payment.id, TaskKind::Void, 1), 3)])),
        payment.id.into()
    );
    assert_eq!(store.payment_tasks(payment.id).unwrap(), [first, second]);

    let nobody = PaymentId::from_u128(world.id());
    assert_eq!(
        conflict(store, world.set_of([queued(&task(nobody, TaskKind::Void, 1), 1)])),
        nobody.into()
    );
}

/// Of sixteen refunds decided on one version of a payment exactly one is queued.
pub fn one_of_many_tasks_decided_on_one_version_is_queued<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let payment = world.new_payment(store);
    let outcomes = together(16, |n| {
        let number = u32::try_from(n).unwrap() + 1;
        commit(store, world.set_of([queued(&task(payment.id, TaskKind::Refund, number), 1)]))
    });
    assert_eq!(outcomes.iter().filter(|outcome| is_committed(outcome)).count(), 1, "{outcomes:?}");
    let met = CommitOutcome::Conflict { what: payment.id.into() };
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == met).count(), 15, "{outcomes:?}");
    assert_eq!(store.payment_tasks(payment.id).unwrap().len(), 1);
}

/// A fact that was decided on a version of the payment needs that version, whether it is known or not.
pub fn a_decided_fact_is_guarded_by_the_version_of_its_payment<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let payment = world.new_payment(store);
    let paid = fact(FactKind::Captured, 1_000, "bank-17");
    for stale in [0, 2] {
        let set = world.set_of([decided(payment.id, paid.clone(), stale)]);
        assert_eq!(conflict(store, set), payment.id.into());
    }
    assert_eq!(read(store, payment.id), payment);
    committed(store, world.set_of([decided(payment.id, paid.clone(), 1)]));
    // Of two who saw the same debt, one is told to look again.
    for late in [fact(FactKind::Captured, 1_000, "booking 17"), paid.clone()] {
        let set = world.set_of([decided(payment.id, late, 1)]);
        assert_eq!(conflict(store, set), payment.id.into());
    }
    committed(store, world.set_of([decided(payment.id, paid.clone(), 2)]));
    let expected = Payment { facts: vec![paid], version: 2, ..payment };
    assert_eq!(read(store, expected.id), expected);
}

/// A known task is overwritten in its turn, by the payment's version, which it raises; a done one stays as it is.
pub fn a_known_task_is_overwritten_in_its_turn_until_it_is_done<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let payment = world.new_payment(store);
    let first = task(payment.id, TaskKind::Capture, 1);
    committed(store, world.set_of([queued(&first, 1)]));
    let failed = PaymentTask {
        status: TaskStatus::Refused,
        attempts: 1,
        due_at: after(2),
        last_error: Some("no route to provider".to_owned()),
        ..first.clone()
    };
    let retried =
        PaymentTask { status: TaskStatus::Queued, attempts: 2, last_error: None, ..failed.clone() };
    let done = PaymentTask { status: TaskStatus::Done, attempts: 3, ..retried.clone() };
    for (version, next) in (2..).zip([failed, retried, done.clone()]) {
        for stale in [version - 1, version + 1] {
            assert_eq!(conflict(store, world.set_of([queued(&next, stale)])), payment.id.into());
        }
        committed(store, world.set_of([queued(&next, version)]));
        assert_eq!(store.payment_tasks(payment.id).unwrap(), [next]);
        assert_eq!(read(store, payment.id).version, version + 1);
    }
    // A worker that comes late is told so; one that looked again does not undo it.
    assert_eq!(conflict(store, world.set_of([queued(&first, 1)])), payment.id.into());
    committed(store, world.set_of([queued(&first, 5)]));
    assert_eq!(store.payment_tasks(payment.id).unwrap(), [done]);
    assert_eq!(read(store, payment.id).version, 5);
}

/// Tasks of a payment come by key, and only those of the payment.
pub fn tasks_of_a_payment_come_by_key<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (payment, other) = (world.new_payment(store), world.new_payment(store));
    let kinds = [TaskKind::Void, TaskKind::Capture, TaskKind::Refund];
    let mut expected = Vec::new();
    for (version, kind) in (1..).zip(kinds) {
        let task = task(payment.id, kind, 1);
        committed(store, world.set_of([queued(&task, version)]));
        expected.push(task);
    }
    let foreign = task(other.id, TaskKind::Void, 1);
    committed(store, world.set_of([queued(&foreign, 1)]));
    expected.sort_by(|a, b| a.key.cmp(&b.key));
    assert_eq!(store.payment_tasks(payment.id).unwrap(), expected);
    assert_eq!(store.payment_tasks(other.id).unwrap(), [foreign]);
}

/// Due tasks are the queued ones whose moment has come, by moment, then key; no more than asked.
pub fn due_tasks_come_by_moment_then_key<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let add = |due_at, status| {
        let payment = world.new_payment(store);
        let task = PaymentTask { due_at, status, ..task(payment.id, TaskKind::Capture, 1) };
        committed(store, world.set_of([queued(&task, 1)]));
        task
    };
    let late = add(after(20), TaskStatus::Queued);
    let first = add(NOW, TaskStatus::Queued);
    let twin = add(after(10), TaskStatus::Queued);
    let second_twin = add(after(10), TaskStatus::Queued);
    add(NOW, TaskStatus::Done);
    add(NOW, TaskStatus::Refused);
    let due = |seconds, limit| store.payment_tasks_due(after(seconds), limit).unwrap();
    assert_eq!(due(0, 10), std::slice::from_ref(&first));
    assert_eq!(due(9, 10), std::slice::from_ref(&first));
    assert_eq!(due(10, 10), [first.clone(), twin.clone(), second_twin.clone()]);
    assert_eq!(due(3_600, 10), [first.clone(), twin.clone(), second_twin, late]);
    assert_eq!(due(3_600, 2), [first, twin]);
    assert_eq!(due(3_600, 0), []);
}
