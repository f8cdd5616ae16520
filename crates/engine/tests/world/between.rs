//! Several programs over one store, with one of them at work just before another one's commit.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use sutler_core::change::{ChangeSet, CommitOutcome};
use sutler_core::port::{
    Finding, IdSource, Lookup, PaymentProvider, ProviderError, ProviderReply, ProviderRequest,
    Store, StoreError, StoreReader,
};
use sutler_engine::Shop;
use sutler_engine::flow::checkout::CheckoutCommand;
use sutler_engine::provider::ManualProvider;
use sutler_store_conformance::{FlakyStore, pass_reads_on};

use super::any_store::AnyStore;
use super::{FlakyProvider, World};

/// Ids of one program, far from those of the others.
struct IdsFrom(AtomicU64);

impl IdSource for IdsFrom {
    fn next_id(&self) -> u128 {
        u128::from(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

type Work = Box<dyn FnOnce() + Send>;

/// A store that lets somebody work just before its n-th commit.
struct Between {
    inner: Arc<FlakyStore<AnyStore>>,
    work: Mutex<Option<(u64, Work)>>,
    commits: AtomicU64,
}

impl Store for Between {
    fn commit(&self, set: ChangeSet) -> Result<CommitOutcome, StoreError> {
        let n = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
        let due = self.work.lock().unwrap().take_if(|(at, _)| *at == n);
        if let Some((_, work)) = due {
            work();
        }
        self.inner.commit(set)
    }
}

impl StoreReader for Between {
    fn integrity(&self) -> Result<Vec<Finding>, StoreError> {
        self.inner.integrity()
    }
}
pass_reads_on!([] Between, |this| &*this.inner);

/// A line on which a call to hold money stalls while somebody works.
struct Stalled {
    inner: Arc<FlakyProvider>,
    work: Mutex<Option<Work>>,
    /// Whether the program dies with the answer in its hands.
    dies: bool,
}

impl PaymentProvider for Stalled {
    fn name(&self) -> &'static str {
        "test"
    }
    fn authorize(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        let due = self.work.lock().unwrap().take();
        if let Some(work) = due {
            work();
        }
        let answer = self.inner.authorize(request);
        if self.dies {
            // A panic that says nothing: nobody is there to say it.
            std::panic::resume_unwind(Box::new("died"));
        }
        answer
    }
    fn capture(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.inner.capture(request)
    }
    fn void(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.inner.void(request)
    }
    fn refund(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.inner.refund(request)
    }
    fn lookup(&self, key: &str) -> Result<Lookup, ProviderError> {
        self.inner.lookup(key)
    }
}

impl World {
    /// A program of its own over this store, without any provider.
    pub fn bare_program(&self, ids_from: u64) -> Shop {
        Shop::new(
            self.store.clone(),
            self.clock.clone(),
            Arc::new(IdsFrom(AtomicU64::new(ids_from))),
        )
    }

    /// A program of its own over this store, with the same providers.
    pub fn program(&self, ids_from: u64) -> Shop {
        self.bare_program(ids_from)
            .with_provider(self.provider.clone())
            .with_provider(Arc::new(ManualProvider))
    }

    /// A program before whose n-th commit another one does `work`.
    pub fn interrupted(&self, n: u64, work: impl FnOnce(&Shop) + Send + 'static) -> Shop {
        let other = self.program(1_000_000);
        let work: Work = Box::new(move || work(&other));
        let store = Between {
            inner: self.store.clone(),
            work: Mutex::new(Some((n, work))),
            commits: AtomicU64::new(0),
        };
        let ids = Arc::new(IdsFrom(AtomicU64::new(2_000_000)));
        Shop::new(Arc::new(store), self.clock.clone(), ids)
            .with_provider(self.provider.clone())
            .with_provider(Arc::new(ManualProvider))
    }

    /// A program whose call to hold money stalls while another one does `work`.
    pub fn stalled(&self, work: impl FnOnce(&Shop) + Send + 'static) -> Shop {
        self.stalling(work, false)
    }

    /// Runs a checkout in a program whose call to hold money stalls while another one does `work`, and that dies with the
    /// answer in its hands.
    pub fn dies_with_the_answer(
        &self,
        command: &CheckoutCommand,
        work: impl FnOnce(&Shop) + Send + 'static,
    ) {
        let shop = self.stalling(work, true);
        let died =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| shop.checkout(command)));
        assert!(died.is_err());
    }

    fn stalling(&self, work: impl FnOnce(&Shop) + Send + 'static, dies: bool) -> Shop {
        let other = self.program(1_000_000);
        let work: Work = Box::new(move || work(&other));
        self.bare_program(2_000_000).with_provider(Arc::new(Stalled {
            inner: self.provider.clone(),
            work: Mutex::new(Some(work)),
            dies,
        }))
    }
}
