//! Where gift cards and store credit are read.

use crate::credit::{Credit, CreditId, StoredCreditEntry};
use crate::hash::ContentHash;

use super::StoreError;

/// Where gift cards, store credit and their ledgers are read.
///
/// ```
/// use sutler_core::credit::{Credit, CreditId, GiftCardCode, Holder, StoredCreditEntry};
/// use sutler_core::hash::ContentHash;
/// use sutler_core::port::{CreditReader, StoreError};
/// # use sutler_core::id::GiftCardId;
/// # use sutler_core::money::Currency;
/// # use sutler_core::time::Timestamp;
/// # struct One(Credit);
/// # impl CreditReader for One {
/// #     fn gift_card_by_code(&self, asked: ContentHash) -> Result<Option<Credit>, StoreError> {
/// #         let is_it = matches!(self.0.holder, Holder::Bearer { code } if code == asked);
/// #         Ok(is_it.then(|| self.0.clone()))
/// #     }
/// #     fn credit(&self, _: CreditId) -> Result<Option<Credit>, StoreError> { Ok(None) }
/// #     fn store_credits(&self, _: &str) -> Result<Vec<Credit>, StoreError> { Ok(vec![]) }
/// #     fn credit_page(&self, _: Option<CreditId>, _: usize) -> Result<Vec<Credit>, StoreError> { Ok(vec![]) }
/// #     fn credit_ledger(&self, _: CreditId, _: u64, _: usize) -> Result<Vec<StoredCreditEntry>, StoreError> {
/// #         Ok(vec![])
/// #     }
/// #     fn credit_ledger_head(&self, _: CreditId) -> Result<(u64, ContentHash), StoreError> {
/// #         Ok((0, ContentHash::ZERO))
/// #     }
/// # }
/// # let code = GiftCardCode::from_random([7; 10])?;
/// # let holder = Holder::Bearer { code: code.hash() };
/// # let at = Timestamp::from_millis(0);
/// # let store = One(Credit::opened(GiftCardId::from_u128(1), holder, Currency::EUR, None, at));
///
/// // The store does not know the code; it knows what the code hashes to.
/// let typed = GiftCardCode::from_typed("0w3g e1r7 0w3g e1r7 t")?;
/// assert!(store.gift_card_by_code(typed.hash())?.is_some_and(|card| card.active));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait CreditReader {
    /// Returns a gift card or store credit.
    fn credit(&self, id: CreditId) -> Result<Option<Credit>, StoreError>;

    /// Returns the gift card whose code has this hash.
    fn gift_card_by_code(&self, code: ContentHash) -> Result<Option<Credit>, StoreError>;

    /// Returns the store credit of a customer, one for each currency, by currency code.
    fn store_credits(&self, customer: &str) -> Result<Vec<Credit>, StoreError>;

    /// Returns up to `limit` gift cards and store credits after `after`: all gift cards, then all store credit, by id.
    fn credit_page(&self, after: Option<CreditId>, limit: usize)
    -> Result<Vec<Credit>, StoreError>;

    /// Returns up to `limit` entries of a ledger after `after_seq`, in their order.
    fn credit_ledger(
        &self,
        id: CreditId,
        after_seq: u64,
        limit: usize,
    ) -> Result<Vec<StoredCreditEntry>, StoreError>;

    /// Returns how many entries a ledger has and the head of its chain; 0 and [`ContentHash::ZERO`] for an empty one.
    fn credit_ledger_head(&self, id: CreditId) -> Result<(u64, ContentHash), StoreError>;
}
