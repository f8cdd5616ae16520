//! The event log: ordered, gapless for each subject, chained, and followed by consumers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use sutler_core::cart::Cart;
use sutler_core::change::{Change, RecordRef};
use sutler_core::event::{Event, EventData, EventKind, StoredEvent};
use sutler_core::fulfillment::FulfillmentStatus;
use sutler_core::hash::ContentHash;
use sutler_core::id::{FulfillmentId, OrderId, PaymentId, ProductId};
use sutler_core::order::OrderNumber;
use sutler_core::port::Store;

use crate::Fixture;
use crate::given::sweep::product_event;
use crate::given::{World, after, eur};
use crate::then::{commit, committed, pages, together};

fn log(store: &dyn Store) -> Vec<StoredEvent> {
    pages(50, |last: Option<&StoredEvent>, limit| {
        store.events(last.map_or(0, |event| event.seq), limit).unwrap()
    })
}

/// Checks that the log rises from 1 on, that each subject counts without gaps, and that the chain, made again from the
/// events, is the stored one.
#[track_caller]
fn check_log(store: &dyn Store) {
    let mut subjects: BTreeMap<RecordRef, u64> = BTreeMap::new();
    let (mut last, mut head) = (0, ContentHash::ZERO);
    for stored in log(store) {
        assert!(stored.seq > last, "{} after {last}", stored.seq);
        last = stored.seq;
        let subject_seq = subjects.entry(stored.event.subject).or_default();
        *subject_seq += 1;
        assert_eq!(
            stored.subject_seq, *subject_seq,
            "event {} of {}",
            stored.seq, stored.event.subject
        );
        let data = serde_json::to_string(&stored.event.data).unwrap();
        let input =
            stored.event.chain_input(stored.seq, *subject_seq, stored.at, stored.command, &data);
        head = head.chain(&input);
        assert_eq!(stored.link, head.link(), "event {} does not fit the chain", stored.seq);
    }
    assert_eq!(store.event_head().unwrap(), (last, head));
}

/// Returns an event with each shape of data.
fn every_shape(world: &World) -> Vec<Event> {
    let (order, payment) = (OrderId::from_u128(world.id()), PaymentId::from_u128(world.id()));
    let fulfillment = FulfillmentId::from_u128(world.id());
    let event = |kind, subject: RecordRef, data| Event { kind, subject, data };
    let status = FulfillmentStatus::Shipped;
    let stock = EventData::Stock { location: world.location.id };
    vec![
        event(
            EventKind::OrderPlaced,
            order.into(),
            EventData::Order { number: OrderNumber(7), total: eur(1_999) },
        ),
        event(
            EventKind::PaymentCaptured,
            payment.into(),
            EventData::Payment { order, amount: eur(-5) },
        ),
        event(
            EventKind::FulfillmentShipped,
            fulfillment.into(),
            EventData::Fulfillment { fulfillment, order, status },
        ),
        event(EventKind::StockChanged, world.location.id.into(), stock),
        event(EventKind::CategoryChanged, world.channel.id.into(), EventData::None {}),
    ]
}

/// Events come back as they were told, every kind and every shape of data, with the moment and command of their set.
pub fn events_come_back_as_they_were_told<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    assert_eq!(store.event_head().unwrap(), (0, ContentHash::ZERO));
    assert_eq!(store.events(0, 10).unwrap(), []);
    let mut set = world.set_at(after(5));
    set.events = every_shape(&world);
    let kinds = EventKind::ALL.iter().map(|&kind| Event::plain(kind, ProductId::from_u128(1)));
    set.events.extend(kinds);
    let receipt = committed(store, set.clone());
    let stored = log(store);
    assert_eq!(stored.iter().map(|stored| stored.event.clone()).collect::<Vec<_>>(), set.events);
    assert!(stored.iter().all(|stored| (stored.at, stored.command) == (set.at, set.command)));
    assert_eq!(stored.last().map(|stored| stored.seq), Some(receipt.last_event));
    check_log(store);
}

/// Events stand in the order of commits, and within a commit as they were told; each subject counts for itself.
pub fn events_stand_in_the_order_of_commits<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let [a, b] = [1, 2].map(ProductId::from_u128);
    // The same number under another kind of record is another subject.
    let cart = RecordRef::Cart(sutler_core::id::CartId::from_u128(1));
    for subjects in [vec![a.into(), b.into(), a.into()], vec![cart], vec![b.into(), a.into(), cart]]
    {
        let mut set = world.set();
        set.events.extend(
            subjects
                .into_iter()
                .map(|subject: RecordRef| Event::plain(EventKind::ProductChanged, subject)),
        );
        committed(store, set);
    }
    let places: Vec<(RecordRef, u64)> =
        log(store).iter().map(|stored| (stored.event.subject, stored.subject_seq)).collect();
    let expected: [(RecordRef, u64); 7] = [
        (a.into(), 1),
        (b.into(), 1),
        (a.into(), 2),
        (cart, 1),
        (b.into(), 2),
        (a.into(), 3),
        (cart, 2),
    ];
    assert_eq!(places, expected);
    check_log(store);
}

/// The number 0 in the event of an order that the same set opens is filled in with the one it was given; others stay.
pub fn the_number_of_an_opened_order_is_filled_in<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    world.new_order(store);
    let cart = world.new_cart(store, &[]);
    let order = world.order(&cart);
    let told = |number, subject| {
        let data = EventData::Order { number: OrderNumber(number), total: eur(5) };
        Event { kind: EventKind::OrderPlaced, subject, data }
    };
    let mut set = world.set_of([Change::OrderOpened(Box::new(order.clone()))]);
    set.tell(told(0, order.id.into())).tell(told(42, order.id.into()));
    let number = committed(store, set).order_number.unwrap();
    assert_eq!(number, OrderNumber(1_002));
    let numbers: Vec<EventData> = log(store).into_iter().map(|stored| stored.event.data).collect();
    let data = |number| EventData::Order { number, total: eur(5) };
    assert_eq!(numbers, [data(number), data(OrderNumber(42))]);
    check_log(store);
}

/// Pages of events have no gaps and no repeats.
pub fn event_pages_are_complete<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let mut set = world.set();
    set.events.extend((1..=11).map(|n| product_event(ProductId::from_u128(n))));
    committed(store, set);
    for limit in [1, 4, 11, 100] {
        let page = |last: Option<&StoredEvent>, limit| {
            store.events(last.map_or(0, |event| event.seq), limit).unwrap()
        };
        let subjects: Vec<RecordRef> =
            pages(limit, page).iter().map(|stored| stored.event.subject).collect();
        let expected: Vec<RecordRef> = (1..=11).map(|n| ProductId::from_u128(n).into()).collect();
        assert_eq!(subjects, expected, "pages of {limit}");
    }
    assert_eq!(store.events(0, 0).unwrap(), []);
    assert_eq!(store.events(u64::MAX >> 1, 10).unwrap(), []);
}

/// The count of a subject goes on when its record is stored only later, and in sets that do not speak of the record.
pub fn a_subject_counts_on_when_its_record_is_stored<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let order = world.order(&world.new_cart(store, &[]));
    let payment = world.payment(&order);
    let tell = |changes: Vec<Change>| {
        let mut set = world.set_of(changes);
        for (kind, subject) in [
            (EventKind::OrderPlaced, RecordRef::from(order.id)),
            (EventKind::PaymentAuthorized, payment.id.into()),
        ] {
            set.tell(Event { kind, subject, data: EventData::None {} });
        }
        committed(store, set);
    };
    tell(Vec::new());
    tell(vec![
        Change::OrderOpened(Box::new(order.clone())),
        Change::PaymentOpened(payment.clone()),
    ]);
    tell(Vec::new());
    let counts: Vec<u64> = log(store).iter().map(|stored| stored.subject_seq).collect();
    assert_eq!(counts, [1, 1, 2, 2, 3, 3]);
    check_log(store);
    assert!(store.integrity().unwrap().is_empty());
}

/// Sixteen threads that tell of a few subjects leave no gap in any of them, and an unbroken chain.
pub fn subjects_count_without_gaps_under_concurrency<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    together(16, |thread| {
        for round in 0..4 {
            let mut set = world.set();
            let subject =
                |n: usize| ProductId::from_u128(u128::try_from((thread + round + n) % 3).unwrap());
            set.events.extend((0..3).map(|n| product_event(subject(n))));
            // Some of them are not committed, and must leave no gap either.
            if (thread + round) % 3 == 0 {
                set.push(Change::Cart(Box::new(Cart { version: 9, ..world.cart(&[]) })));
            }
            commit(store, set);
        }
    });
    let expected = (0..16)
        .flat_map(|thread| (0..4).map(move |round| thread + round))
        .filter(|n| n % 3 != 0)
        .count()
        * 3;
    assert_eq!(log(store).len(), expected);
    check_log(store);
}

/// A consumer that follows the log while others write to it misses nothing: no event appears before one that was seen.
pub fn a_consumer_that_follows_the_log_misses_nothing<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let done = AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let consumer = scope.spawn(|| {
            let mut seen: Vec<StoredEvent> = Vec::new();
            loop {
                let was_done = done.load(Ordering::SeqCst);
                let next = store.events(seen.last().map_or(0, |event| event.seq), 7).unwrap();
                if next.is_empty() && was_done {
                    return seen;
                }
                seen.extend(next);
            }
        });
        together(4, |thread| {
            for round in 0..20_usize {
                let mut set = world.set();
                let subject = ProductId::from_u128(u128::try_from(thread * 100 + round).unwrap());
                set.events.extend((0..=round % 3).map(|_| product_event(subject)));
                committed(store, set);
            }
        });
        done.store(true, Ordering::SeqCst);
        consumer.join().unwrap()
    });
    assert_eq!(seen.len(), 4 * (7 + 2 * 7 + 3 * 6));
    assert_eq!(seen, log(store), "what was seen then is what the log shows now");
    check_log(store);
}

/// Each consumer has its own place, which goes forward and never back.
pub fn a_cursor_never_goes_back<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let moved = |consumer: &str, seq| {
        committed(store, world.set_of([Change::Cursor { consumer: consumer.to_owned(), seq }]));
    };
    assert_eq!(store.cursor("search").unwrap(), 0);
    for (seq, expected) in [(5, 5), (3, 5), (0, 5), (5, 5), (6, 6)] {
        moved("search", seq);
        assert_eq!(store.cursor("search").unwrap(), expected, "moved to {seq}");
    }
    moved("Search", 1);
    assert_eq!((store.cursor("search").unwrap(), store.cursor("Search").unwrap()), (6, 1));
    assert_eq!(store.cursor("mailer").unwrap(), 0);
    together(16, |n| moved("race", u64::try_from(n).unwrap()));
    assert_eq!(store.cursor("race").unwrap(), 15);
}
