//! Idempotency keys: one effect and one answer for one key, whoever asks and how often.

use sutler_core::change::{Change, CommitOutcome, IdempotencyKey, KEY_MAX, RecordRef};
use sutler_core::hash::ContentHash;
use sutler_core::inventory::MovementKind;
use sutler_core::port::Store;

use crate::given::stock::moved;
use crate::given::sweep::product_event;
use crate::given::{World, once};
use crate::then::{commit, committed, is_committed, refused, replayed, together};
use crate::{Fixture, Known, Picture};

/// The same key with the same content has one effect and gets the answer of the first time, whatever else the repeated
/// set says.
pub fn the_same_key_and_content_is_replayed<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let product = world.new_product(store);
    let key = world.key(product.variants.first().unwrap().id);
    let receive = |n: u32, answer: RecordRef| {
        let mut set = world.set_of([moved(key, MovementKind::Received, n)]);
        set.tell(product_event(product.id));
        set.once(once("receive-1", "five units", answer))
    };
    let first = receive(5, product.id.into());
    let known = Known::of([&first]);
    committed(store, first.clone());
    let before = Picture::of(store, &known);
    assert_eq!(replayed(store, first), product.id.into());
    // A retry decides again on newer records, so its changes may differ; the answer of the first time stands.
    let other_answer = world.channel.id.into();
    assert_eq!(replayed(store, receive(7, other_answer)), product.id.into());
    Picture::of(store, &known).assert_same(&before, "after two replays");
}

/// The same key with other content is refused, and changes nothing.
pub fn the_same_key_with_other_content_is_refused<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = world.stocked(store, 5);
    let take = |asked| {
        let set = world.set_of([moved(key, MovementKind::CorrectedDown, 1)]);
        set.once(once("take", asked, key.variant))
    };
    committed(store, take("one unit"));
    let known = Known::of([&take("one unit")]);
    let before = Picture::of(store, &known);
    let why = refused(store, take("another unit"));
    assert_eq!(why.code(), "key.reused");
    assert!(why.to_string().contains("take"), "{why}");
    Picture::of(store, &known).assert_same(&before, "after a reused key");
}

/// A set that was not committed leaves its key free.
pub fn a_refused_set_does_not_use_its_key_up<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = world.stocked(store, 1);
    let take = |n| {
        world.set_of([moved(key, MovementKind::CorrectedDown, n)]).once(once(
            "take",
            "units",
            key.variant,
        ))
    };
    refused(store, take(2));
    assert_eq!(store.idempotency(&IdempotencyKey::new("take").unwrap()).unwrap(), None);
    committed(store, take(1));
    replayed(store, take(1));
}

/// A key can be looked up, and is compared letter by letter.
pub fn a_key_can_be_looked_up<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let longest = "k".repeat(KEY_MAX);
    let texts = ["a", "A", "a ", "ä", "import:%:_", longest.as_str()];
    for text in texts {
        let key = IdempotencyKey::new(text).unwrap();
        assert_eq!(store.idempotency(&key).unwrap(), None, "{text}");
        let product = world.product();
        let set = world.set_of([Change::Product(Box::new(product.clone()))]);
        committed(store, set.once(once(text, text, product.id)));
        let expected = Some((ContentHash::of(text.as_bytes()), product.id.into()));
        assert_eq!(store.idempotency(&key).unwrap(), expected, "{text}");
    }
}

/// Sixteen threads that use one key at the same moment have one effect; all others get the answer.
pub fn one_key_from_many_threads_has_one_effect<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = world.stocked(store, 100);
    let outcomes = together(16, |_| {
        let mut set = world.set_of([moved(key, MovementKind::CorrectedDown, 1)]);
        set.tell(product_event(sutler_core::id::ProductId::from_u128(1)));
        commit(store, set.once(once("take", "one unit", key.variant)))
    });
    assert_eq!(outcomes.iter().filter(|outcome| is_committed(outcome)).count(), 1, "{outcomes:?}");
    let answer = CommitOutcome::Replayed { answer: key.variant.into() };
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == answer).count(), 15, "{outcomes:?}");
    let level = store.stock_level_page(None, 10).unwrap();
    assert_eq!(level.first().map(|(_, level)| level.on_hand), Some(99));
    assert_eq!(store.events(0, 100).unwrap().len(), 1);
}

/// Sixteen threads that use one key for different content: one is committed, the others are refused.
pub fn one_key_for_different_content_from_many_threads_is_used_once<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let key = world.stocked(store, 100);
    let outcomes = together(16, |n| {
        let set = world.set_of([moved(key, MovementKind::CorrectedDown, 1)]);
        commit(store, set.once(once("take", &format!("content {n}"), key.variant)))
    });
    assert_eq!(outcomes.iter().filter(|outcome| is_committed(outcome)).count(), 1, "{outcomes:?}");
    for outcome in outcomes.iter().filter(|outcome| !is_committed(outcome)) {
        assert!(
            matches!(outcome, CommitOutcome::Refused(why) if why.code() == "key.reused"),
            "{outcome:?}"
        );
    }
}
