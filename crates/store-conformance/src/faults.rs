//! What a failed call means: with *later* nothing was written, with *unknown* it may have been, and a repeated call under
//! its key has one effect either way.

use sutler_core::change::ChangeSet;
use sutler_core::inventory::MovementKind;
use sutler_core::port::{EventReader, Finding, Retry, SetupReader, Store, StoreError, StoreReader};

use crate::given::stock::moved;
use crate::given::{World, once};
use crate::then::{committed, replayed};
use crate::{CUT, Fault, Fixture, FlakyStore, Known, Picture, pass_reads_on};

/// A store that somebody else owns.
struct Lent<'a>(&'a dyn Store);

pass_reads_on!([<'a>] Lent<'a>, |this| this.0);

impl Store for Lent<'_> {
    fn commit(&self, set: ChangeSet) -> Result<sutler_core::change::CommitOutcome, StoreError> {
        self.0.commit(set)
    }
}

impl StoreReader for Lent<'_> {
    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        self.0.integrity()
    }
}

fn fails(store: &dyn Store, set: ChangeSet) -> Retry {
    let error = store.commit(set).expect_err("a fault was scheduled");
    assert_eq!(error.code, CUT, "{error:?}");
    error.retry
}

/// A commit that never reached the store wrote nothing; repeated, it is a first call.
pub fn a_commit_that_was_cut_before_writes_nothing<F: Fixture>() {
    let fixture = F::empty();
    let world = World::on(fixture.store());
    let flaky = FlakyStore::new(Lent(fixture.store()), [Fault::BeforeCommit(2)]);
    let key = world.stocked(flaky.inner(), 5);
    let set = world.set_of([moved(key, MovementKind::CorrectedDown, 1)]).once(once(
        "take",
        "one",
        key.variant,
    ));
    let known = Known::of([&set]);
    committed(&flaky, world.set());
    let before = Picture::of(fixture.store(), &known);
    assert_eq!(fails(&flaky, set.clone()), Retry::Later);
    Picture::of(fixture.store(), &known)
        .assert_same(&before, "after a commit that failed before it began");
    assert_eq!(flaky.pending(), []);
    committed(&flaky, set);
    assert_eq!(flaky.commits(), 3);
}

/// A commit whose answer was lost is written; repeated under its key, it is a replay.
pub fn a_commit_whose_answer_was_lost_is_written<F: Fixture>() {
    let fixture = F::empty();
    let world = World::on(fixture.store());
    let key = world.stocked(fixture.store(), 5);
    let flaky = FlakyStore::quiet(Lent(fixture.store()));
    flaky.schedule([Fault::AfterCommit(1)]);
    let set = world.set_of([moved(key, MovementKind::CorrectedDown, 1)]).once(once(
        "take",
        "one",
        key.variant,
    ));
    assert_eq!(fails(&flaky, set.clone()), Retry::Unknown);
    let level =
        |store: &dyn Store| store.stock_level_page(None, 1).unwrap().pop().unwrap().1.on_hand;
    assert_eq!(level(fixture.store()), 4);
    assert_eq!(replayed(&flaky, set), key.variant.into());
    assert_eq!(level(fixture.store()), 4);
}

/// A read that failed says so once, and the next one answers.
pub fn a_read_that_failed_can_be_repeated<F: Fixture>() {
    let fixture = F::empty();
    let flaky = FlakyStore::new(
        Lent(fixture.store()),
        [Fault::Read(2), Fault::Delay { commit: 1, millis: 1 }],
    );
    assert!(flaky.setup().is_ok());
    let error = flaky.event_head().expect_err("a fault was scheduled");
    assert_eq!((error.retry, error.code), (Retry::Later, CUT));
    assert!(flaky.event_head().is_ok());
    committed(&flaky, World::new().set());
    assert_eq!((flaky.reads(), flaky.pending()), (3, vec![]));
}
