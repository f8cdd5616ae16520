//! Codes of coupon batches: each is made once, and found without looking at the others.

use std::collections::BTreeSet;

use sutler_core::change::Change;
use sutler_core::id::CouponBatchId;
use sutler_core::port::Store;
use sutler_core::pricing::{BatchCoupon, CouponCode};

use crate::Fixture;
use crate::given::World;
use crate::then::{commit, committed, is_committed, pages, refused, together};

fn code(text: &str) -> CouponCode {
    CouponCode::new(text).unwrap()
}

fn made(batch: CouponBatchId, codes: &[&str]) -> Change {
    Change::CouponCodes { batch, codes: codes.iter().map(|text| code(text)).collect() }
}

/// Codes are found with their batch, in the order asked; others are left out.
pub fn codes_of_batches_are_found<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let [a, b] = [world.id(), world.id()].map(CouponBatchId::from_u128);
    committed(store, world.set_of([made(a, &["A-1", "A-2"]), made(b, &["GRÜN"])]));
    committed(store, world.set_of([made(a, &["A-3"])]));
    let asked = ["grün", "A-4", "a-3", "A-1"].map(code);
    let found = |text, batch| BatchCoupon { code: code(text), batch };
    let wanted = [found("GRÜN", b), found("A-3", a), found("A-1", a)];
    assert_eq!(store.batch_coupons(&asked).unwrap(), wanted);
    assert_eq!(store.batch_coupons(&[]).unwrap(), []);
    assert_eq!(store.integrity().unwrap(), []);
}

/// A code that was made before is refused as `already_exists`, in whatever batch, and with it the whole set.
pub fn a_code_is_made_once<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let [a, b] = [world.id(), world.id()].map(CouponBatchId::from_u128);
    committed(store, world.set_of([made(a, &["A-1"])]));
    for again in [made(a, &["A-2", "A-1"]), made(b, &["A-1"]), made(a, &["A-3", "A-3"])] {
        assert_eq!(refused(store, world.set_of([again])).code(), "already_exists");
    }
    assert_eq!(store.coupon_page(a, None, 10).unwrap(), [code("A-1")]);
    assert_eq!(store.coupon_page(b, None, 10).unwrap(), []);
}

/// The codes of a batch come in pages, each once, and no others.
pub fn coupon_pages_are_complete<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let [a, b] = [world.id(), world.id()].map(CouponBatchId::from_u128);
    let codes = |letter: &str| -> Vec<CouponCode> {
        (0..25).map(|n| code(&format!("{}-{letter}", n * 7 % 25))).collect()
    };
    for (batch, letter) in [(a, "A"), (b, "B")] {
        committed(store, world.set_of([Change::CouponCodes { batch, codes: codes(letter) }]));
    }
    let listed = pages(4, |last, limit| store.coupon_page(a, last, limit).unwrap());
    let wanted: BTreeSet<CouponCode> = codes("A").into_iter().collect();
    assert!(listed.is_sorted() && listed.into_iter().eq(wanted));
    let unknown = CouponBatchId::from_u128(world.id());
    assert_eq!(store.coupon_page(unknown, None, 10).unwrap(), []);
}

/// Of many that make the same code at once one makes it.
pub fn one_code_is_made_by_one_of_many_threads<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let outcomes = together(16, |n| {
        let batch = CouponBatchId::from_u128(u128::try_from(n).unwrap());
        commit(store, world.set_of([made(batch, &["SAME"])]))
    });
    assert_eq!(outcomes.iter().filter(|outcome| is_committed(outcome)).count(), 1);
    assert_eq!(store.batch_coupons(&[code("SAME")]).unwrap().len(), 1);
}
