//! Gift cards and store credit: nothing is ever taken that is not there, whoever asks at the same time.

use std::sync::atomic::{AtomicI64, Ordering};

use sutler_core::change::{Change, ChangeSet, CommitOutcome};
use sutler_core::credit::{Credit, CreditEntry, CreditId, CreditKind, Holder};
use sutler_core::hash::ContentHash;
use sutler_core::id::{GiftCardId, PaymentId, StoreCreditId};
use sutler_core::money::{Currency, Money};
use sutler_core::port::Store;
use sutler_core::verify::CreditLedger;

use crate::Fixture;
use crate::given::{NOW, World, after};
use crate::then::{commit, committed, conflict, is_committed, pages, refused, together};

fn card(world: &World, currency: Currency) -> Credit {
    let raw = world.id();
    let holder = Holder::Bearer { code: ContentHash::of(&raw.to_be_bytes()) };
    Credit::opened(GiftCardId::from_u128(raw), holder, currency, None, NOW)
}

fn store_credit(world: &World, customer: &str, currency: Currency) -> Credit {
    let holder = Holder::Customer { key: customer.to_owned() };
    Credit::opened(StoreCreditId::from_u128(world.id()), holder, currency, None, NOW)
}

fn entry(credit: CreditId, kind: CreditKind, minor: i64) -> CreditEntry {
    let reason = (kind == CreditKind::Corrected).then(|| "a slip".to_owned());
    let payment = match kind {
        CreditKind::Issued | CreditKind::Corrected => None,
        _ => Some(PaymentId::from_u128(77)),
    };
    let amount = Money::from_minor(minor, Currency::EUR);
    CreditEntry { credit, kind, amount, payment, reason }
}

fn entering(world: &World, credit: CreditId, kind: CreditKind, minor: i64) -> ChangeSet {
    world.set_of([Change::CreditEntry(entry(credit, kind, minor))])
}

/// Stores a gift card with so much on it.
fn issued(world: &World, store: &dyn Store, minor: i64) -> Credit {
    let card = card(world, Currency::EUR);
    let id = card.id;
    committed(store, world.set_of([Change::Credit(Box::new(card))]));
    committed(store, entering(world, id, CreditKind::Issued, minor));
    store.credit(id).unwrap().expect("it was stored")
}

/// A gift card and store credit come back as they were written, by id, code and customer.
pub fn credit_comes_back_as_it_was_written<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let until = Some(after(3_600));
    let card = Credit { expires_at: until, ..card(&world, Currency::EUR) };
    let (eur, usd) = (
        store_credit(&world, "ada@example.com", Currency::EUR),
        store_credit(&world, "ada@example.com", Currency::USD),
    );
    for credit in [&card, &usd, &eur] {
        committed(store, world.set_of([Change::Credit(Box::new(credit.clone()))]));
        assert_eq!(store.credit(credit.id).unwrap().as_ref(), Some(credit));
    }
    let Holder::Bearer { code } = card.holder else { panic!("a card has a code") };
    assert_eq!(store.gift_card_by_code(code).unwrap(), Some(card));
    assert_eq!(store.gift_card_by_code(ContentHash::ZERO).unwrap(), None);
    assert_eq!(store.store_credits("ada@example.com").unwrap(), [eur, usd], "by currency");
    assert_eq!(store.store_credits("ADA@example.com").unwrap(), []);
    assert_eq!(store.credit(GiftCardId::from_u128(1).into()).unwrap(), None);
}

/// A code is on one card, and a customer has one store credit in a currency; the other one is told as a conflict.
pub fn codes_and_customers_are_unique<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let first = card(&world, Currency::EUR);
    let ada = store_credit(&world, "ada", Currency::EUR);
    for credit in [&first, &ada] {
        committed(store, world.set_of([Change::Credit(Box::new(credit.clone()))]));
    }
    let twin = Credit { holder: first.holder.clone(), ..card(&world, Currency::USD) };
    assert_eq!(conflict(store, world.set_of([Change::Credit(Box::new(twin))])), first.id.into());
    let again = store_credit(&world, "ada", Currency::EUR);
    assert_eq!(conflict(store, world.set_of([Change::Credit(Box::new(again))])), ada.id.into());
}

/// What holds of a card is guarded by version and leaves its ledger alone; a new one begins with nothing.
pub fn a_credit_must_follow_its_stored_version<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let rich = Credit {
        left: Money::from_minor(9_999, Currency::EUR),
        entries: 7,
        ..card(&world, Currency::EUR)
    };
    committed(store, world.set_of([Change::Credit(Box::new(rich.clone()))]));
    let stored = store.credit(rich.id).unwrap().unwrap();
    assert!(stored.left.is_zero() && stored.entries == 0);

    let card = issued(&world, store, 500);
    let off = Credit {
        active: false,
        expires_at: Some(after(60)),
        left: Money::from_minor(1, Currency::EUR),
        version: 2,
        ..card.clone()
    };
    committed(store, world.set_of([Change::Credit(Box::new(off.clone()))]));
    let after = store.credit(card.id).unwrap().unwrap();
    assert_eq!((after.active, after.expires_at, after.version), (false, off.expires_at, 2));
    assert_eq!((after.left, after.entries), (card.left, 1), "the ledger says what is left");
    assert_eq!(conflict(store, world.set_of([Change::Credit(Box::new(off))])), card.id.into());
}

/// An entry is decided on the stored row: not below zero, not from a card that is disabled or expired, not in another
/// currency; a refused entry leaves nothing, and takes its whole set with it.
pub fn an_entry_is_decided_on_the_stored_row<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let card = issued(&world, store, 500);
    let redeem = |minor: i64| entering(&world, card.id, CreditKind::Redeemed, -minor);
    assert_eq!(refused(store, redeem(501)).code(), "credit.short");
    committed(store, redeem(200));
    let mut both = redeem(300);
    both.push(Change::CreditEntry(entry(card.id, CreditKind::Redeemed, -1)));
    assert_eq!(refused(store, both).code(), "credit.short");
    assert_eq!(store.credit(card.id).unwrap().unwrap().left.minor(), 300, "all or nothing");
    let foreign = CreditEntry {
        amount: Money::from_minor(1, Currency::USD),
        ..entry(card.id, CreditKind::Refunded, 1)
    };
    let foreign = world.set_of([Change::CreditEntry(foreign)]);
    assert_eq!(refused(store, foreign).code(), "currency.wrong");

    let off = Credit { active: false, version: 2, ..card.clone() };
    committed(store, world.set_of([Change::Credit(Box::new(off.clone()))]));
    assert_eq!(refused(store, redeem(1)).code(), "credit.disabled");
    committed(store, entering(&world, card.id, CreditKind::GivenBack, 200));
    let late = Credit { active: true, expires_at: Some(NOW), version: 3, ..off };
    committed(store, world.set_of([Change::Credit(Box::new(late))]));
    assert_eq!(refused(store, redeem(1)).code(), "credit.expired");
    let after = store.credit(card.id).unwrap().unwrap();
    assert_eq!((after.left.minor(), after.entries), (500, 3));
    let unknown = GiftCardId::from_u128(1).into();
    let nobody = entering(&world, unknown, CreditKind::Issued, 5);
    assert_eq!(conflict(store, nobody), unknown.into());
}

/// The ledger comes back entry by entry, in pages, and is an unbroken chain whose fold is what is left.
pub fn a_credit_ledger_is_complete_and_chained<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let card = issued(&world, store, 1_000);
    use CreditKind::{Corrected, GivenBack, Issued, Redeemed, Refunded};
    let told = [(Redeemed, -700), (GivenBack, 700), (Refunded, 40), (Corrected, -1_040)];
    for (kind, minor) in told {
        committed(store, entering(&world, card.id, kind, minor));
    }
    issued(&world, store, 3);
    let ledger = pages(2, |last: Option<&sutler_core::credit::StoredCreditEntry>, limit| {
        store.credit_ledger(card.id, last.map_or(0, |stored| stored.seq), limit).unwrap()
    });
    let expected: Vec<CreditEntry> = [(Issued, 1_000)]
        .into_iter()
        .chain(told)
        .map(|(kind, minor)| entry(card.id, kind, minor))
        .collect();
    let found: Vec<CreditEntry> = ledger.iter().map(|stored| stored.entry.clone()).collect();
    assert_eq!(found, expected);
    let mut passed = CreditLedger::new(card.id);
    assert!(ledger.iter().all(|stored| passed.entry(stored).is_empty()));
    let kept = store.credit_ledger_head(card.id).unwrap();
    assert_eq!(passed.finish(&store.credit(card.id).unwrap().unwrap(), kept), []);
    let nobody = GiftCardId::from_u128(1).into();
    assert_eq!(store.credit_ledger(nobody, 0, 9).unwrap(), []);
    assert_eq!(store.credit_ledger_head(nobody).unwrap(), (0, ContentHash::ZERO));
    assert_eq!(store.integrity().unwrap(), []);
}

/// Pages hold every gift card and then every store credit, by id.
pub fn credit_pages_are_complete<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let mut expected = Vec::new();
    for n in 0..4 {
        for credit in [
            store_credit(&world, &format!("customer {n}"), Currency::EUR),
            card(&world, Currency::EUR),
        ] {
            expected.push(credit.id);
            committed(store, world.set_of([Change::Credit(Box::new(credit))]));
        }
    }
    expected.sort_unstable();
    let found = pages(3, |last: Option<&Credit>, limit| {
        store.credit_page(last.map(|credit| credit.id), limit).unwrap()
    });
    assert_eq!(found.iter().map(|credit| credit.id).collect::<Vec<_>>(), expected);
}

/// Two hundred buyers at one card of 50.00 take 50.00 of it, some of them giving back what they took.
pub fn one_card_is_never_overspent_by_two_hundred<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let card = issued(&world, store, 5_000);
    let given_back = AtomicI64::new(0);
    let outcomes: Vec<(i64, CommitOutcome)> = together(16, |thread| {
        let tries = (0..200_usize).filter(|n| n % 16 == thread);
        tries
            .map(|n| {
                let minor = i64::try_from(100 + n).expect("small");
                let set = entering(&world, card.id, CreditKind::Redeemed, -minor);
                let outcome = commit(store, set);
                if is_committed(&outcome) && n % 7 == 0 {
                    let back = entering(&world, card.id, CreditKind::GivenBack, minor);
                    committed(store, back);
                    given_back.fetch_add(minor, Ordering::SeqCst);
                }
                (minor, outcome)
            })
            .collect::<Vec<_>>()
    })
    .concat();
    let taken: i64 =
        outcomes.iter().filter(|(_, outcome)| is_committed(outcome)).map(|(minor, _)| minor).sum();
    for (_, outcome) in outcomes.iter().filter(|(_, outcome)| !is_committed(outcome)) {
        let short = matches!(outcome, CommitOutcome::Refused(why) if why.code() == "credit.short");
        assert!(short, "{outcome:?}");
    }
    let left = store.credit(card.id).unwrap().unwrap().left.minor();
    assert_eq!(left, 5_000 - taken + given_back.load(Ordering::SeqCst));
    assert!((0..300).contains(&left), "{left} is left, although so many wanted it");
    assert_eq!(store.integrity().unwrap(), []);
}
