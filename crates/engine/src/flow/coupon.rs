//! Coupon batches: codes that nobody can guess, made for one promotion.
//!
//! A promotion has one batch, which is filled as often as more codes are wanted. The codes stand in the store by
//! themselves, so a million of them make neither the set-up larger nor a quote slower.
//!
//! Deliberately absent: an idempotency key. A call whose answer was lost is made again and makes further codes; those that
//! nobody was given unlock nothing for anybody.

use sutler_core::change::{Change, SetupChange};
use sutler_core::id::CouponBatchId;
use sutler_core::port::StoreError;
use sutler_core::pricing::{CouponCode, Promotion};
use sutler_core::rejection::Rejection;

use crate::shop::Settled;
use crate::{FlowError, Reader, Shop};

/// The most codes that one call makes.
///
/// ```
/// use sutler_engine::flow::coupon::CODES_MAX;
///
/// assert_eq!(CODES_MAX, 1_000_000);
/// ```
pub const CODES_MAX: u32 = 1_000_000;

/// How many codes are written in one commit.
const CODES_PER_COMMIT: usize = 10_000;

/// Which codes are to be made.
///
/// ```
/// use sutler_engine::flow::coupon::CodesCommand;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let cart = sutler_engine::testing::cart(&shop)?;
/// # let id = sutler_core::id::PromotionId::from_u128(7);
/// # let promotion = sutler_engine::testing::coupon(id, "FRIEND")?;
/// # let promotion = sutler_core::pricing::Promotion { name: "Letter".into(), conditions: vec![], ..promotion };
/// # shop.promotion_add(&promotion)?;
///
/// let command = CodesCommand { promotion: "Letter".into(), count: 3, prefix: "mail".into() };
/// let made = shop.coupon_codes_make(&command, false)?;
/// assert!(made.codes.iter().all(|code| code.as_str().starts_with("MAIL-")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CodesCommand {
    /// Name or id of the promotion that they unlock.
    pub promotion: String,
    /// How many.
    pub count: u32,
    /// What every code begins with, for people; may be empty.
    pub prefix: String,
}

/// Codes that were made.
///
/// ```
/// use sutler_engine::flow::coupon::{CodesCommand, MadeCodes};
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let id = sutler_core::id::PromotionId::from_u128(7);
/// # let promotion = sutler_engine::testing::coupon(id, "FRIEND")?;
/// # let promotion = sutler_core::pricing::Promotion { name: "Letter".into(), conditions: vec![], ..promotion };
/// # shop.promotion_add(&promotion)?;
///
/// let command = CodesCommand { promotion: "Letter".into(), count: 2, prefix: String::new() };
/// let MadeCodes { promotion, batch, codes, .. } = shop.coupon_codes_make(&command, true)?;
/// assert!(promotion.coupon_batches().eq([batch]) && codes.is_empty(), "nothing was made yet");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct MadeCodes {
    /// The promotion, which from now on needs one of its codes.
    pub promotion: Promotion,
    /// Its batch.
    pub batch: CouponBatchId,
    /// The codes that this call made.
    pub codes: Vec<CouponCode>,
}

impl Reader {
    /// Returns up to `limit` codes of a promotion's batch after `after`, in alphabetical order.
    ///
    /// Errors: `not_found`, `ambiguous`.
    ///
    /// ```
    /// use sutler_engine::flow::coupon::CodesCommand;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let id = sutler_core::id::PromotionId::from_u128(7);
    /// # let promotion = sutler_engine::testing::coupon(id, "FRIEND")?;
    /// # let promotion = sutler_core::pricing::Promotion { name: "Letter".into(), conditions: vec![], ..promotion };
    /// # shop.promotion_add(&promotion)?;
    ///
    /// assert_eq!(shop.coupon_codes("Letter", None, 10)?, []);
    /// let command = CodesCommand { promotion: "Letter".into(), count: 2, prefix: "MAIL".into() };
    /// let mut made = shop.coupon_codes_make(&command, false)?.codes;
    /// made.sort();
    /// assert_eq!(shop.coupon_codes("Letter", None, 10)?, made);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn coupon_codes(
        &self,
        promotion: &str,
        after: Option<&CouponCode>,
        limit: usize,
    ) -> Result<Vec<CouponCode>, FlowError> {
        let setup = self.setup()?;
        let found = super::promotion::find(&setup, promotion)?;
        match found.coupon_batches().next() {
            Some(batch) => Ok(self.store().coupon_page(batch, after, limit)?),
            None => Ok(Vec::new()),
        }
    }
}

impl Shop {
    /// Makes codes for a promotion, each with 80 bits of chance. From the first one on the promotion needs a code, and each
    /// may be used once unless the promotion says how often. With `dry_run` nothing is made.
    ///
    /// Errors: `not_found`, `ambiguous` for the promotion; `pricing.invalid_rule` for one with coupons that it lists, and for
    /// a prefix that no code can begin with; `input.invalid` for more than [`CODES_MAX`]; a failure when the shop has no
    /// source of chance, see [`Shop::with_random`]. When the store fails half-way, what was made until then stays made.
    ///
    /// ```
    /// use sutler_engine::flow::cart::QuoteFor;
    /// use sutler_engine::flow::coupon::CodesCommand;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let cart = sutler_engine::testing::cart(&shop)?;
    /// # let id = sutler_core::id::PromotionId::from_u128(7);
    /// # let promotion = sutler_engine::testing::coupon(id, "FRIEND")?;
    /// # let promotion = sutler_core::pricing::Promotion { name: "Letter".into(), conditions: vec![], ..promotion };
    /// # shop.promotion_add(&promotion)?;
    ///
    /// let command = CodesCommand { promotion: "Letter".into(), count: 2, prefix: "MAIL".into() };
    /// let made = shop.coupon_codes_make(&command, false)?;
    /// shop.cart_coupon(cart, made.codes[0].as_str())?;
    /// let quote = shop.cart_quote(cart, &QuoteFor::default())?.quote;
    /// assert_eq!(quote.totals.discount_total.to_string(), "2.38 EUR");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn coupon_codes_make(
        &self,
        command: &CodesCommand,
        dry_run: bool,
    ) -> Result<MadeCodes, FlowError> {
        let CodesCommand { promotion, count, prefix } = command;
        if !(1..=CODES_MAX).contains(count) {
            return Err(Rejection::BadInput {
                what: "number of codes",
                given: count.to_string(),
                why: format!("is not between 1 and {CODES_MAX}; make them in several calls"),
            }
            .into());
        }
        CouponCode::from_random(prefix, [0; CouponCode::RANDOM_BYTES]).map_err(Rejection::from)?;
        let (_, unlocked, batch) = self.to_unlock(promotion)?;
        let mut made = MadeCodes { promotion: unlocked, batch, codes: Vec::new() };
        let count = usize::try_from(*count).unwrap_or(usize::MAX);
        while !dry_run && made.codes.len() < count {
            let wanted = CODES_PER_COMMIT.min(count - made.codes.len());
            let codes = self.random_codes(prefix, wanted)?;
            let settled = self.settle(|set| {
                let (stored, unlocked, batch) = self.to_unlock(promotion)?;
                if unlocked != stored {
                    let version = stored.version + 1;
                    let unlocked = Promotion { version, ..unlocked.clone() };
                    set.push(Change::Setup(SetupChange::Promotion(unlocked)));
                }
                set.push(Change::CouponCodes { batch, codes: codes.clone() });
                Ok((unlocked, batch))
            })?;
            if let Settled::Done((promotion, batch), _) = settled {
                (made.promotion, made.batch) = (promotion, batch);
            }
            made.codes.extend(codes);
        }
        Ok(made)
    }

    /// Returns a promotion as it is stored, as codes unlock it, and its batch: the one it has, or a new one.
    fn to_unlock(&self, word: &str) -> Result<(Promotion, Promotion, CouponBatchId), FlowError> {
        let setup = self.setup()?;
        let stored = super::promotion::find(&setup, word)?.clone();
        let known = stored.coupon_batches().next();
        let batch = known.unwrap_or_else(|| CouponBatchId::from_u128(self.next_id()));
        let unlocked = stored.unlocked_by(batch).map_err(Rejection::from)?;
        Ok((stored, unlocked, batch))
    }

    fn random_codes(&self, prefix: &str, count: usize) -> Result<Vec<CouponCode>, FlowError> {
        let source = self.random().ok_or_else(|| {
            let why = "this shop was put together without a source of chance";
            StoreError::broken("make coupon codes", "this shop", why)
        })?;
        let mut bytes = vec![0; count * CouponCode::RANDOM_BYTES];
        source.fill(&mut bytes)?;
        let (each, _) = bytes.as_chunks::<{ CouponCode::RANDOM_BYTES }>();
        let codes = each.iter().map(|random| CouponCode::from_random(prefix, *random));
        Ok(codes.collect::<Result<_, _>>().map_err(Rejection::from)?)
    }
}
