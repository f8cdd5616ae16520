//! The reference keeps every promise, and so does the store that fails on schedule, as long as nothing is scheduled.

use sutler_store_conformance::{Fixture, FlakyStore};
use sutler_store_memory::MemoryStore;

struct Memory(MemoryStore);

impl Fixture for Memory {
    type Store = MemoryStore;

    fn empty() -> Self {
        Memory(MemoryStore::new())
    }

    fn store(&self) -> &MemoryStore {
        &self.0
    }
}

struct Quiet(FlakyStore<MemoryStore>);

impl Fixture for Quiet {
    type Store = FlakyStore<MemoryStore>;

    fn empty() -> Self {
        Quiet(FlakyStore::quiet(MemoryStore::new()))
    }

    fn store(&self) -> &FlakyStore<MemoryStore> {
        &self.0
    }
}

mod memory {
    sutler_store_conformance::store_conformance!(super::Memory);
    sutler_store_conformance::dump_conformance!(super::Memory);
}

mod flaky {
    sutler_store_conformance::store_conformance!(super::Quiet);
}
