//! Reading a replica that really streams: what it shows, what it says of itself, and that nothing can be written by way of it.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use std::ops::ControlFlow;

use fixture::replica::Server;
use sutler_core::event::{Event, EventKind};
use sutler_core::inventory::MovementKind;
use sutler_core::port::{
    Dump, DumpRecord, EventReader as _, Retry, SetupReader as _, Store as _, StoreReader,
};
use sutler_store_conformance::given::stock::moved;
use sutler_store_conformance::given::{NOW, World};
use sutler_store_conformance::then::committed;
use sutler_store_postgres::{
    Address, OpenError, OpenOptions, PostgresStore, Restore, backup, open_reader, open_source,
    restore,
};

fn at(server: &Server) -> Address {
    format!("{}?shop=corner", server.url()).parse().unwrap()
}

fn heads(primary: &dyn StoreReader, replica: &dyn StoreReader) -> (u64, u64) {
    (primary.event_head().unwrap().0, replica.event_head().unwrap().0)
}

#[test]
fn a_replica_is_read_and_never_written() {
    let primary = Server::primary();
    let options = OpenOptions { create: true, ..OpenOptions::default() };
    let store = PostgresStore::open(&at(&primary), options).unwrap();
    let world = World::on(&store);
    for (_, set) in world.sweep() {
        committed(&store, set);
    }
    let replica = primary.replica();
    let key = world.stocked(&store, 5);
    primary.wait_for(&replica);

    // Who wants to decide is refused at the door.
    let refused = PostgresStore::open(&at(&replica), OpenOptions::default()).unwrap_err();
    assert!(
        matches!(&refused, OpenError::Setting { name, .. } if name == "in_recovery"),
        "{refused}"
    );
    assert_eq!(refused.retry(), Retry::Never);

    let reader = open_reader(&at(&replica), OpenOptions::default()).unwrap();
    let own = open_reader(&at(&primary), OpenOptions::default()).unwrap();
    assert_eq!(reader.setup().unwrap(), store.setup().unwrap());
    let (here, there) = heads(&own, &reader);
    assert!(here == there && here > 0);
    assert_eq!(reader.integrity().unwrap(), [], "looked over from end to end");
    assert!(reader.replayed_at().unwrap().is_some());
    assert!(own.replayed_at().unwrap().is_none(), "a primary lags behind nobody");

    // Replay stands still, the primary goes on.
    replica.ask("SELECT pg_wal_replay_pause()");
    for _ in 0..14 {
        let mut set = world.set_of([moved(key, MovementKind::Received, 1)]);
        set.tell(Event::plain(EventKind::StockChanged, key.variant));
        committed(&store, set);
    }
    let (here, still) = heads(&own, &reader);
    assert_eq!(still, there, "nothing arrives while replay is paused");
    assert!(here >= still + 14);
    let levels = |of: &dyn StoreReader| of.stock_levels(&[key.variant], NOW).unwrap();
    assert_ne!(levels(&own), levels(&reader));
    let missing = own.events(still, 1).unwrap().remove(0);
    assert_eq!(missing.seq, still + 1);

    replica.ask("SELECT pg_wal_replay_resume()");
    primary.wait_for(&replica);
    let (here, there) = heads(&own, &reader);
    assert_eq!(here, there);
    assert_eq!(levels(&own), levels(&reader));
}

#[test]
fn reading_makes_no_shop() {
    let address = fixture::address();
    let missing = open_reader(&address, OpenOptions { create: true, ..OpenOptions::default() });
    assert!(matches!(missing.err(), Some(OpenError::Missing { .. })));
    let found = fixture::admin(&format!(
        "SELECT nspname FROM pg_namespace WHERE nspname = '{}'",
        address.shop()
    ));
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn a_schema_that_would_have_to_be_changed_is_not_read() {
    let schema = fixture::Schema::with(OpenOptions::default());
    let shop = schema.address().shop();
    let newest = fixture::admin(&format!("SELECT max(number) FROM {shop}.raw_migration"));
    fixture::admin(&format!("DELETE FROM {shop}.raw_migration WHERE number = {}", newest[0]));
    let error = open_reader(schema.address(), OpenOptions::default()).err().unwrap();
    assert!(matches!(error, OpenError::Older { .. }), "{error}");
    assert_eq!(error.code(), "store.older");
    assert!(error.help().contains("the shop itself"));
}

#[test]
fn a_replica_is_backed_up_and_copied() {
    let primary = Server::primary();
    let options = OpenOptions { create: true, ..OpenOptions::default() };
    let store = PostgresStore::open(&at(&primary), options).unwrap();
    let world = World::on(&store);
    for (_, set) in world.sweep() {
        committed(&store, set);
    }
    let replica = primary.replica();
    primary.wait_for(&replica);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("monday.dump");
    backup(&at(&replica), &file, false).unwrap();
    let second = at(&primary).with_shop("second").unwrap();
    restore(&file, &second, Restore::default(), &mut |store| store.integrity()).unwrap();
    let second = open_source(&second, OpenOptions::default()).unwrap();

    let source = open_source(&at(&replica), OpenOptions::default()).unwrap();
    let wanted = all(&store);
    assert!(wanted.len() > 20 && all(&source) == wanted && all(&second) == wanted);
    let refused = source.commit(world.set()).unwrap_err();
    assert_eq!((refused.code, refused.retry), ("store.read_only", Retry::Never));
}

fn all(store: &dyn Dump) -> Vec<DumpRecord> {
    let mut all = Vec::new();
    let ended = store.dump(&mut |records| {
        all.extend(records);
        ControlFlow::Continue(())
    });
    ended.unwrap();
    all
}
