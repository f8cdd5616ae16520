//! Copies of a whole shop: what is read of it, and that a store into which it is written is the same shop.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use sutler_core::catalog::Category;
use sutler_core::change::{Change, SetupChange};
use sutler_core::hash::ContentHash;
use sutler_core::port::{CopyMark, Dump, DumpKind, DumpRecord, Finding, Store, StoreReader as _};

use crate::given::{World, after};
use crate::then::committed;
use crate::{Fixture, Known, Picture};

/// Writes every kind of record, some of them more than once; returns what is known of it.
fn fill(world: &World, store: &dyn Store) -> Known {
    let mut sets: Vec<_> = world.sweep().into_iter().map(|(_, set)| set).collect();
    let held = world.stocked(store, 9);
    sets.push(world.reserve(held, 2, after(60_000)));
    sets.push(world.reserve(held, 1, after(90_000)));
    let known = Known::of(&sets);
    for set in sets {
        committed(store, set);
    }
    // Records whose version is not the first.
    let category = store.categories().unwrap().remove(0);
    let category = Category { version: category.version + 1, ..category };
    let mut list = store.setup().unwrap().unwrap().price_lists.first().unwrap().clone();
    (list.name, list.version) = ("Second wording".into(), list.version + 1);
    let changes = [Change::Category(category), Change::Setup(SetupChange::PriceList(list))];
    let mut set = world.set_at(after(99));
    set.changes = changes.into();
    committed(store, set);
    known
}

/// Reads everything.
fn all(store: &dyn Dump) -> Vec<DumpRecord> {
    let mut all = Vec::new();
    store
        .dump(&mut |records| {
            all.extend(records);
            ControlFlow::Continue(())
        })
        .unwrap();
    all
}

fn mark(records: usize) -> CopyMark {
    let hash = ContentHash::of(&records.to_be_bytes());
    CopyMark { source: 7, records: u64::try_from(records).unwrap(), hash }
}

/// Writes records in parts of `part`.
fn write(store: &dyn Dump, records: &[DumpRecord], part: usize) {
    let (mut done, mut before) = (0, None);
    for part in records.chunks(part) {
        done += part.len();
        assert!(store.copy_in(before, part.to_vec(), mark(done)).unwrap());
        before = Some(mark(done));
        assert_eq!(store.copy_mark().unwrap(), before);
    }
    // Whoever was cut before the end asks again.
    for _ in 0..2 {
        store.copy_derive().unwrap();
        assert_eq!(store.copy_mark().unwrap(), before);
    }
    store.copy_done().unwrap();
    assert_eq!(store.copy_mark().unwrap(), None);
}

/// Every kind of record of a shop that has one of each is read, in the order of kinds, and as many as are counted.
pub fn every_kind_of_record_is_read<F: Fixture>()
where
    F::Store: Dump,
{
    let fixture = F::empty();
    let world = World::on(fixture.store());
    fill(&world, fixture.store());
    let kinds: Vec<DumpKind> = all(fixture.store()).iter().map(DumpRecord::kind).collect();
    assert!(kinds.is_sorted(), "kinds come in their order");
    let mut counts: BTreeMap<DumpKind, u64> = BTreeMap::new();
    kinds.iter().for_each(|kind| *counts.entry(*kind).or_default() += 1);
    let missing: Vec<_> = DumpKind::ALL.iter().filter(|kind| !counts.contains_key(kind)).collect();
    assert!(missing.is_empty(), "none is read of {missing:?}");
    assert_eq!(fixture.store().dump_counts().unwrap(), counts);
}

/// A store into which a shop was written shows what its source shows, holds the same records, and finds nothing off.
pub fn a_copy_shows_what_its_source_shows<F: Fixture>()
where
    F::Store: Dump,
{
    let (source, target) = (F::empty(), F::empty());
    let world = World::on(source.store());
    let known = fill(&world, source.store());
    let records = all(source.store());
    write(target.store(), &records, 7);
    assert_eq!(all(target.store()), records);
    let wanted = Picture::of(source.store(), &known);
    Picture::of(target.store(), &known).assert_same(&wanted, "in the copy");
    let target = target.reopen();
    Picture::of(target.store(), &known).assert_same(&wanted, "in the copy, opened again");
    let none: [Finding; 0] = [];
    assert_eq!(target.store().integrity().unwrap(), none);
    assert_eq!(all(target.store()), records);
}

/// In a copy everything goes on from where it was: versions, numbers, places in logs, chains, counters, keys.
pub fn a_copy_goes_on_as_its_source<F: Fixture>()
where
    F::Store: Dump,
{
    let (source, target) = (F::empty(), F::empty());
    let world = World::on(source.store());
    let mut known = fill(&world, source.store());
    write(target.store(), &all(source.store()), 1_000);
    for (name, set) in world.sweep() {
        // What the first sweep made is taken: both must say so in the same words.
        known.learn(&set);
        let wanted = source.store().commit(set.clone()).unwrap();
        assert_eq!(target.store().commit(set).unwrap(), wanted, "{name}");
    }
    let variant = world.new_product(source.store());
    let mut set = world.set();
    set.push(Change::Product(Box::new(variant.clone())));
    committed(target.store(), set);
    let cart = world.cart(&[variant.variants.first().unwrap().id]);
    let mut set = world.set_of([Change::OrderOpened(Box::new(world.order(&cart)))]);
    set.tell(crate::given::sweep::product_event(variant.id));
    known.learn(&set);
    assert_eq!(committed(target.store(), set.clone()), committed(source.store(), set));
    Picture::of(target.store(), &known)
        .assert_same(&Picture::of(source.store(), &known), "after going on");
    assert_eq!(all(target.store()), all(source.store()));
    let none: [Finding; 0] = [];
    assert_eq!(target.store().integrity().unwrap(), none);
}

/// What is committed while a shop is read is not part of what is read.
pub fn a_shop_is_read_at_one_moment<F: Fixture>()
where
    F::Store: Dump,
{
    let fixture = F::empty();
    let world = World::on(fixture.store());
    fill(&world, fixture.store());
    let wanted = all(fixture.store());
    let mut found = Vec::new();
    fixture
        .store()
        .dump(&mut |records| {
            if found.is_empty() {
                world.new_product(fixture.store());
                world.stocked(fixture.store(), 5);
            }
            found.extend(records);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(found, wanted);
    assert_ne!(all(fixture.store()), wanted);
}

/// Reading ends where whoever reads has enough.
pub fn reading_can_be_ended<F: Fixture>()
where
    F::Store: Dump,
{
    let fixture = F::empty();
    let world = World::on(fixture.store());
    fill(&world, fixture.store());
    let mut parts = 0;
    fixture
        .store()
        .dump(&mut |_| {
            parts += 1;
            ControlFlow::Break(())
        })
        .unwrap();
    assert_eq!(parts, 1);
    assert!(!all(fixture.store()).is_empty(), "and the store can be read again");
}

/// A store that holds anything is not copied into, and of two copies into one store only the one whose turn it is writes.
pub fn only_a_copy_in_its_turn_is_written<F: Fixture>()
where
    F::Store: Dump,
{
    let (source, target) = (F::empty(), F::empty());
    let world = World::on(source.store());
    fill(&world, source.store());
    let records = all(source.store());
    let (first, rest) = records.split_at(5);
    let late = mark(999);
    assert!(!source.store().copy_in(None, first.to_vec(), late).unwrap(), "it is not empty");
    assert_eq!(all(source.store()), records);
    assert!(!target.store().copy_in(Some(late), first.to_vec(), late).unwrap(), "nothing began");
    assert!(target.store().copy_in(None, first.to_vec(), mark(5)).unwrap());
    assert!(!target.store().copy_in(None, first.to_vec(), mark(5)).unwrap(), "it began already");
    let other = CopyMark { hash: ContentHash::ZERO, ..mark(5) };
    assert!(!target.store().copy_in(Some(other), rest.to_vec(), late).unwrap(), "another one's");
    assert_eq!(target.store().copy_mark().unwrap(), Some(mark(5)));
    assert_eq!(all(target.store()), first);
    assert!(target.store().copy_in(Some(mark(5)), rest.to_vec(), late).unwrap());
    target.store().copy_derive().unwrap();
    target.store().copy_done().unwrap();
    assert_eq!(all(target.store()), records);
}

/// A part of a copy that cannot be written leaves nothing, and the mark where it was.
pub fn a_part_is_written_whole_or_not_at_all<F: Fixture>()
where
    F::Store: Dump,
{
    let (source, target) = (F::empty(), F::empty());
    let world = World::on(source.store());
    fill(&world, source.store());
    let records = all(source.store());
    let is_product = |record: &&DumpRecord| record.kind() == DumpKind::Product;
    let products: Vec<DumpRecord> = records.iter().filter(is_product).cloned().collect();
    let twice: Vec<DumpRecord> = products.iter().chain(&products).cloned().collect();
    assert!(target.store().copy_in(None, twice, mark(9)).is_err());
    assert_eq!(target.store().copy_mark().unwrap(), None);
    assert_eq!(all(target.store()), []);
    write(target.store(), &records, 1_000);
    assert_eq!(all(target.store()), records);
}
