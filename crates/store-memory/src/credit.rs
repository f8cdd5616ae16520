//! Gift cards, store credit, and their ledgers.
//!
//! What is left is only ever changed together with an entry, by [`State::enter_credit`]; core decides whether it may be.

use std::ops::Bound;
use std::sync::Arc;

use sutler_core::credit::{Credit, CreditEntry, CreditId, Holder, StoredCreditEntry};
use sutler_core::hash::ContentHash;
use sutler_core::port::{CreditReader, StoreError};
use sutler_core::time::Timestamp;

use crate::MemoryStore;
use crate::state::{Applied, ChainHead, State, Stop, guard_version};

/// One gift card or store credit with its entries, and the head of their chain.
#[derive(Clone)]
pub(crate) struct CreditRecord {
    pub(crate) credit: Credit,
    pub(crate) entries: Vec<StoredCreditEntry>,
    pub(crate) head: ChainHead,
}

impl CreditReader for MemoryStore {
    fn credit(&self, id: CreditId) -> Result<Option<Credit>, StoreError> {
        Ok(self.snapshot().credits.get(&id).map(|record| record.credit.clone()))
    }

    fn gift_card_by_code(&self, code: ContentHash) -> Result<Option<Credit>, StoreError> {
        let state = self.snapshot();
        let holder = Holder::Bearer { code };
        let mut found = state.credits.values().map(|record| &record.credit);
        Ok(found.find(|credit| credit.holder == holder).cloned())
    }

    fn store_credits(&self, customer: &str) -> Result<Vec<Credit>, StoreError> {
        let state = self.snapshot();
        let holder = Holder::Customer { key: customer.to_owned() };
        let all = state.credits.values().map(|record| &record.credit);
        let mut found: Vec<Credit> =
            all.filter(|credit| credit.holder == holder).cloned().collect();
        found.sort_by_key(|credit| credit.left.currency().code());
        Ok(found)
    }

    fn credit_page(
        &self,
        after: Option<CreditId>,
        limit: usize,
    ) -> Result<Vec<Credit>, StoreError> {
        let state = self.snapshot();
        let rest = state
            .credits
            .range((after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded));
        Ok(rest.take(limit).map(|(_, record)| record.credit.clone()).collect())
    }

    fn credit_ledger(
        &self,
        id: CreditId,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<StoredCreditEntry>, StoreError> {
        let state = self.snapshot();
        let Some(record) = state.credits.get(&id) else { return Ok(Vec::new()) };
        let rest = record.entries.iter().skip_while(|stored| stored.seq <= after_seq);
        Ok(rest.take(limit).cloned().collect())
    }

    fn credit_ledger_head(&self, id: CreditId) -> Result<(u64, ContentHash), StoreError> {
        let state = self.snapshot();
        let head = |record: &Arc<CreditRecord>| (record.credit.entries, record.head.0);
        Ok(state.credits.get(&id).map_or((0, ContentHash::ZERO), head))
    }
}

impl State {
    /// Opens a gift card or store credit, or changes all of it but its ledger and its holder.
    pub(crate) fn put_credit(&mut self, credit: Credit) -> Applied {
        let stored = self.credits.get(&credit.id).map(|record| record.credit.version);
        guard_version(stored, credit.version, credit.id)?;
        let currency = credit.left.currency();
        let is_taken = |other: &&Arc<CreditRecord>| {
            let other = &other.credit;
            other.id != credit.id
                && other.holder == credit.holder
                && (other.left.currency() == currency
                    || matches!(other.holder, Holder::Bearer { .. }))
        };
        if let Some(other) = self.credits.values().find(is_taken) {
            return Err(Stop::Conflict(other.credit.id.into()));
        }
        let credits = Arc::make_mut(&mut self.credits);
        match credits.get_mut(&credit.id) {
            Some(record) => {
                let stored = &mut Arc::make_mut(record).credit;
                (stored.active, stored.expires_at) = (credit.active, credit.expires_at);
                stored.version = credit.version;
            }
            None => {
                let left = sutler_core::money::Money::zero(currency);
                let (id, credit) = (credit.id, Credit { left, entries: 0, ..credit });
                let record =
                    CreditRecord { credit, entries: Vec::new(), head: ChainHead::default() };
                credits.insert(id, Arc::new(record));
            }
        }
        Ok(())
    }

    /// Appends to a ledger what core lets in.
    pub(crate) fn enter_credit(&mut self, entry: CreditEntry, at: Timestamp) -> Applied {
        let record = Arc::make_mut(&mut self.credits).get_mut(&entry.credit);
        let record = record.ok_or(Stop::Conflict(entry.credit.into()))?;
        let credit = record.credit.entered(&entry, at)?;
        let record = Arc::make_mut(record);
        record.head = ChainHead(record.head.0.chain(&entry.chain_input(credit.entries, at)));
        let link = record.head.0.link();
        record.entries.push(StoredCreditEntry { seq: credit.entries, at, entry, link });
        record.credit = credit;
        Ok(())
    }
}
