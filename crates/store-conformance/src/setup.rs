//! The set-up of the shop.

use sutler_core::change::{Change, SetupChange, SetupKey};
use sutler_core::money::Rate;
use sutler_core::port::Store;
use sutler_core::pricing::{DeliveryRate, TaxRate};
use sutler_core::shop::Setup;

use crate::Fixture;
use crate::given::{World, after, eur};
use crate::then::{committed, refused};

fn read(store: &dyn Store) -> Setup {
    Setup::clone(&store.setup().unwrap().expect("a shop"))
}

/// There is no set-up while the store holds no shop.
pub fn an_empty_store_has_no_setup<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    assert_eq!(store.setup().unwrap(), None);
    World::on(store);
    assert!(store.setup().unwrap().is_some());
}

/// Every kind of set-up comes back as it was written, every field of it, each list in its order.
pub fn setup_comes_back_as_it_was_written<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let rich = world.rich_setup();
    committed(store, world.set_of(rich.iter().cloned().map(Change::Setup)));
    let all: Vec<SetupChange> = world.setup().chain(rich).collect();
    macro_rules! expected {
        ($kind:ident by $key:expr) => {{
            let mut records: Vec<_> =
                all.iter()
                    .filter_map(|change| {
                        if let SetupChange::$kind(r) = change { Some(r.clone()) } else { None }
                    })
                    .collect();
            records.sort_by_key($key);
            records
        }};
    }
    let setup = read(store);
    assert_eq!(Some(&setup.shop), expected!(Shop by |shop| shop.uid).first());
    assert_eq!(setup.channels, expected!(Channel by |r| r.code.clone()));
    assert_eq!(setup.locations, expected!(StockLocation by |r| r.code.clone()));
    assert_eq!(*setup.price_lists, expected!(PriceList by |r| r.id));
    assert_eq!(*setup.tax_zones, expected!(TaxZone by |r| r.id));
    assert_eq!(
        *setup.tax_rates,
        expected!(TaxRate by |r| (r.zone, r.category.clone(), r.name.clone(), r.window.from))
    );
    let methods = expected!(DeliveryMethod by |r| r.code.clone());
    assert!(setup.delivery_methods.iter().eq(methods.iter().map(|method| &**method)));
    let fees = expected!(Fee by |r| r.code.clone());
    assert!(setup.fees.iter().eq(fees.iter().map(|fee| &**fee)));
    assert_eq!(*setup.promotions, expected!(Promotion by |r| r.id));
    let collections = expected!(Collection by |r| r.handle.to_string());
    assert!(setup.collections.iter().eq(collections.iter().map(|collection| &**collection)));
}

/// A change of any kind of set-up is seen by the next read, on every thread, and raises the version of the whole.
pub fn a_change_of_setup_is_seen_at_once<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    for change in world.rich_setup() {
        // Read twice, so that a back-end that keeps the set-up has it.
        let before = read(store);
        assert_eq!(read(store), before);
        committed(store, world.set_of([Change::Setup(change.clone())]));
        let after = read(store);
        assert!(after.version > before.version, "{change:?} did not raise the version");
        assert_ne!(
            Setup { version: before.version, ..after.clone() },
            before,
            "{change:?} is not seen"
        );
        let elsewhere = std::thread::scope(|scope| scope.spawn(|| read(store)).join().unwrap());
        assert_eq!(elsewhere, after);
    }
}

/// A set-up change that was not committed is not seen, and does not raise the version.
pub fn a_failed_change_of_setup_is_not_seen<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let before = read(store);
    let (first, second) = (world.channel("twin"), world.channel("twin"));
    let set =
        world.set_of([first, second].map(|channel| Change::Setup(SetupChange::Channel(channel))));
    assert_eq!(refused(store, set).code(), "already_exists");
    assert_eq!(read(store), before);
}

/// Writing anything else leaves the set-up's version alone.
pub fn other_changes_leave_the_version_of_the_setup_alone<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let before = read(store);
    world.new_order(store);
    assert_eq!(read(store), before);
}

/// Makes a record with a code.
type Make<'a> = &'a dyn Fn(&str) -> SetupChange;

/// Codes of channels, locations, delivery methods and fees are unique, each among its own kind.
pub fn codes_are_unique<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let method = |code: &str| world.delivery_method(code, DeliveryRate::Flat { amount: eur(0) });
    let mut first = method("post");
    let make: [(&str, Make<'_>); 4] = [
        ("web", &|code| SetupChange::Channel(world.channel(code))),
        ("main", &|code| SetupChange::StockLocation(world.location(code))),
        ("post", &|code| SetupChange::DeliveryMethod(Box::new(method(code)))),
        ("cash", &|code| SetupChange::Fee(Box::new(world.fee(code)))),
    ];
    committed(store, world.set_of([Change::Setup(SetupChange::Fee(Box::new(world.fee("cash"))))]));
    committed(
        store,
        world.set_of([Change::Setup(SetupChange::DeliveryMethod(Box::new(first.clone())))]),
    );
    for (taken, make) in make {
        let why = refused(store, world.set_of([Change::Setup(make(taken))]));
        assert_eq!(why.code(), "already_exists", "{taken}: {why}");
        assert!(why.to_string().contains(taken), "{why}");
        committed(store, world.set_of([Change::Setup(make("shared"))]));
    }
    // A record keeps its own code, and may take one that became free.
    first.version = 2;
    committed(
        store,
        world.set_of([Change::Setup(SetupChange::DeliveryMethod(Box::new(first.clone())))]),
    );
    first.version = 3;
    first.code = "parcel".to_owned();
    committed(store, world.set_of([Change::Setup(SetupChange::DeliveryMethod(Box::new(first)))]));
    committed(
        store,
        world.set_of([Change::Setup(SetupChange::DeliveryMethod(Box::new(method("post"))))]),
    );
}

/// A tax rate replaces the one of the same zone, category, name and beginning, and no other.
pub fn a_tax_rate_replaces_its_namesake<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (home, abroad) = (world.tax_zone(&["DE"]), world.tax_zone(&["FR"]));
    let zones = [&home, &abroad].map(|zone| Change::Setup(SetupChange::TaxZone(zone.clone())));
    committed(store, world.set_of(zones));
    let write = |rate: &TaxRate| {
        committed(store, world.set_of([Change::Setup(SetupChange::TaxRate(rate.clone()))]));
    };
    let rate = world.tax_rate(&home, "VAT", "19");
    let mut later = world.tax_rate(&home, "VAT", "17");
    later.window.from = Some(after(60));
    let others = [world.tax_rate(&home, "City", "1"), world.tax_rate(&abroad, "VAT", "20"), later];
    write(&rate);
    others.iter().for_each(write);
    let lower = TaxRate { rate: Rate::percent("16").unwrap(), ..rate };
    write(&lower);
    let stored = read(store).tax_rates;
    assert_eq!(stored.len(), 4);
    assert!(
        stored.contains(&lower) && others.iter().all(|other| stored.contains(other)),
        "{stored:?}"
    );
}

/// What is taken away is gone, and nothing else; taking it away again changes nothing, and its code is free.
pub fn what_is_taken_away_is_gone<F: Fixture>() {
    let fixture = F::empty();
    let store: &dyn Store = fixture.store();
    let world = World::on(store);
    let (zone, other_zone) = (world.tax_zone(&["DE"]), world.tax_zone(&["FR"]));
    let method = |code: &str| world.delivery_method(code, DeliveryRate::Flat { amount: eur(0) });
    let (post, bike) = (method("post"), method("bike"));
    let (cash, deposit) = (world.fee("cash"), world.fee("deposit"));
    let (winter, sale) = (world.collection("winter"), world.collection("sale"));
    let rate = world.tax_rate(&zone, "VAT", "19");
    let mut later = world.tax_rate(&zone, "VAT", "17");
    later.window.from = Some(after(60));
    let write = |changes: &[SetupChange]| {
        committed(store, world.set_of(changes.iter().cloned().map(Change::Setup)));
    };
    let kept = [
        SetupChange::TaxZone(other_zone.clone()),
        SetupChange::TaxRate(later.clone()),
        SetupChange::DeliveryMethod(Box::new(bike)),
        SetupChange::Fee(Box::new(deposit)),
        SetupChange::Collection(Box::new(sale)),
    ];
    let goes = [
        SetupChange::TaxZone(zone.clone()),
        SetupChange::TaxRate(rate.clone()),
        SetupChange::DeliveryMethod(Box::new(post.clone())),
        SetupChange::Fee(Box::new(cash.clone())),
        SetupChange::Collection(Box::new(winter.clone())),
    ];
    write(&kept);
    let before = read(store);
    write(&goes);
    let (category, name) = (rate.category, rate.name);
    let keys = [
        SetupKey::TaxRate { zone: zone.id, category, name, from: rate.window.from },
        SetupKey::TaxZone(zone.id),
        SetupKey::DeliveryMethod(post.id),
        SetupKey::Fee(cash.id),
        SetupKey::Collection(winter.id),
    ];
    for _ in 0..2 {
        write(&keys.clone().map(SetupChange::Removed));
        let now = read(store);
        assert!(now.version > before.version);
        assert_eq!(Setup { version: before.version, ..now }, before);
    }
    write(&[SetupChange::Collection(Box::new(world.collection("winter")))]);
    write(&goes[..4]);
}
