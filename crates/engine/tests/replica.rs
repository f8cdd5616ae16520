//! What may be read in the place of a shop: what follows it, and nothing that went on by itself.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

use std::sync::Arc;

use sutler_core::port::{IdSource as _, Store};
use sutler_engine::flow::setup::InitCommand;
use sutler_engine::testing::{Counting, HandClock};
use sutler_engine::{FlowError, Reader, Shop};
use sutler_store_memory::MemoryStore;

/// Two stores that hold the same shop: made by the same steps, with the same ids, at the same moment.
fn twins() -> [Arc<MemoryStore>; 2] {
    [(), ()].map(|()| {
        let store = Arc::new(MemoryStore::new());
        shop(&store, 0).init(&InitCommand::new("Mugs", "EUR", "DE").unwrap()).unwrap();
        bring(&store, "mug", 100);
        store
    })
}

/// Returns the shop of a store, which counts its ids from a number on.
fn shop(store: &Arc<MemoryStore>, first_id: u32) -> Shop {
    let store: Arc<dyn Store> = Arc::<MemoryStore>::clone(store);
    let ids = Counting::default();
    for _ in 0..first_id {
        ids.next_id();
    }
    Shop::new(store, Arc::new(HandClock::default()), Arc::new(ids))
}

/// Brings a product in, which is told by events.
fn bring(store: &Arc<MemoryStore>, handle: &str, first_id: u32) {
    let text =
        format!("Handle,Title,Variant SKU,Variant Price\n{handle},A {handle},{handle}-1,12.00\n");
    shop(store, first_id).import_text(&text, "goods.csv").unwrap();
}

fn reader(replica: &Arc<MemoryStore>, primary: &Arc<MemoryStore>) -> Result<Reader, FlowError> {
    let (clock, ids) = (Arc::new(HandClock::default()), Arc::new(Counting::default()));
    let reader = Reader::new(Arc::<MemoryStore>::clone(replica), clock, ids);
    reader.replica_of(Arc::<MemoryStore>::clone(primary))
}

#[test]
fn a_copy_that_went_on_by_itself_is_no_replica() {
    let [primary, copy] = twins();
    let same = reader(&copy, &primary).unwrap();
    assert_eq!(same.lag().unwrap().unwrap().events, 0);

    bring(&primary, "cup", 200);
    let behind = reader(&copy, &primary).unwrap().lag().unwrap().unwrap();
    assert!(behind.events > 0, "a copy of before is behind: {behind:?}");
    let ahead = reader(&primary, &copy).err().unwrap();
    assert_eq!(ahead.code(), "shop.other", "it has events that the shop has not");

    bring(&copy, "jug", 300);
    let forked = reader(&copy, &primary).err().unwrap();
    assert_eq!(forked.code(), "shop.other", "as many events, and other ones");

    bring(&copy, "pot", 400);
    assert_eq!(same.lag().unwrap_err().code(), "shop.other", "what was opened before is ahead now");
}
