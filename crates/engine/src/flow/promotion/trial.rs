//! Trying promotions on a cart without storing them.

use std::collections::BTreeMap;

use sutler_core::cart::Cart;
use sutler_core::id::{CartId, VariantId};
use sutler_core::money::Money;
use sutler_core::pricing::{PlannedPromotion, Promotion, PromotionRefusal, Quote};
use sutler_core::shop::Setup;
use sutler_core::time::Timestamp;

use super::{PromotionFile, find};
use crate::flow::cart::QuoteFor;
use crate::flow::gift::quoted_variants;
use crate::{FlowError, Shop};

/// Which promotions are tried.
///
/// ```
/// use sutler_engine::flow::cart::QuoteFor;
/// use sutler_engine::flow::promotion::{PromotionTrial, TrialOf};
/// # use sutler_core::id::PromotionId;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let cart = sutler_engine::testing::cart(&shop)?;
/// shop.promotion_put(&sutler_engine::testing::coupon(PromotionId::from_u128(1), "TEN")?, false)?;
/// let stored = PromotionTrial::new(TrialOf::Stored("Ten percent for TEN"));
/// let seen = shop.promotion_test(cart, &stored, &QuoteFor::default())?;
/// assert_eq!(seen.outcomes[0].given.as_ref().unwrap_err().to_string(), "it needs a coupon code");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TrialOf<'t> {
    /// All that are stored, as they stand.
    All,
    /// Those of a file, as though it were added: they take the place of stored ones of the same name.
    File(PromotionFile<'t>),
    /// One that is stored, by name or id, as though it were switched on.
    Stored(&'t str),
}

/// What is tried, and under which circumstances.
///
/// ```
/// use sutler_engine::flow::cart::QuoteFor;
/// use sutler_engine::flow::promotion::{PromotionFile, PromotionTrial, TrialOf};
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let cart = sutler_engine::testing::cart(&shop)?;
///
/// let file = "name = \"May\"\ngives = { percent = \"10%\" }\nfrom = 2099-05-01\nzone = \"Europe/Berlin\"\n";
/// let trial = PromotionTrial::new(TrialOf::File(PromotionFile::new(file)));
/// let today = shop.promotion_test(cart, &trial, &QuoteFor::default())?;
/// assert_eq!(today.saved().to_string(), "0.00 EUR");
///
/// let trial = PromotionTrial { at: Some("2099-05-02T00:00:00Z".parse()?), ..trial };
/// let then = shop.promotion_test(cart, &trial, &QuoteFor::default())?;
/// assert_eq!(then.saved().to_string(), "2.38 EUR");
/// assert!(shop.setup()?.promotions.is_empty(), "nothing was stored");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PromotionTrial<'t> {
    /// What is tried.
    pub of: TrialOf<'t>,
    /// Codes that count as entered, beside those of the cart.
    pub coupons: Vec<String>,
    /// The moment; now when not given.
    pub at: Option<Timestamp>,
}

impl<'t> PromotionTrial<'t> {
    /// Tries now, with the coupons of the cart.
    pub fn new(of: TrialOf<'t>) -> Self {
        Self { of, coupons: Vec::new(), at: None }
    }
}

/// What a tried promotion would do.
///
/// ```
/// use sutler_engine::flow::cart::QuoteFor;
/// use sutler_engine::flow::promotion::{PromotionFile, PromotionTrial, TrialOf};
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let cart = sutler_engine::testing::cart(&shop)?;
///
/// let file = "name = \"Many\"\ngives = { percent = \"10%\" }\nwhen = { min_quantity = 3 }\n";
/// let trial = PromotionTrial::new(TrialOf::File(PromotionFile::new(file)));
/// let outcome = &shop.promotion_test(cart, &trial, &QuoteFor::default())?.outcomes[0];
/// assert_eq!(outcome.given.as_ref().unwrap_err().code(), "promotion.quantity_too_small");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PromotionOutcome {
    /// The promotion.
    pub promotion: Promotion,
    /// What it takes off in all, or why it does not apply.
    pub given: Result<Money, PromotionRefusal>,
}

/// What a cart costs with and without the promotions that were tried.
///
/// ```
/// use sutler_engine::flow::cart::QuoteFor;
/// use sutler_engine::flow::promotion::{PromotionFile, PromotionTrial, TrialOf};
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let cart = sutler_engine::testing::cart(&shop)?;
///
/// let file = "name = \"Spring\"\ngives = { off_order = \"5.00\" }\n";
/// let trial = PromotionTrial::new(TrialOf::File(PromotionFile::new(file)));
/// let seen = shop.promotion_test(cart, &trial, &QuoteFor::default())?;
/// assert_eq!(seen.before.totals.total.to_string(), "23.80 EUR");
/// assert_eq!(seen.after.totals.total.to_string(), "18.80 EUR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PromotionTrialView {
    /// The cart.
    pub cart: Cart,
    /// The tried promotions, in the order of the file.
    pub outcomes: Vec<PromotionOutcome>,
    /// What it costs by the shop as it is.
    pub before: Quote,
    /// What it costs with them.
    pub after: Quote,
    /// What people call the goods.
    pub titles: BTreeMap<VariantId, String>,
}

impl PromotionTrialView {
    /// Returns how much less the buyer pays with them; below zero when it is more.
    pub fn saved(&self) -> Money {
        let (before, after) = (self.before.totals.total, self.after.totals.total);
        Money::from_minor(before.minor() - after.minor(), after.currency())
    }
}

impl Shop {
    /// Prices a cart as though promotions of a file were stored, or a stored one were switched on; stores nothing.
    ///
    /// Errors: as [`Shop::promotion_import`] and [`Reader::promotion`](crate::Reader::promotion); what a quote of the cart is refused for.
    ///
    /// ```
    /// use sutler_engine::flow::cart::QuoteFor;
    /// use sutler_engine::flow::promotion::{PromotionFile, PromotionTrial, TrialOf};
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let cart = sutler_engine::testing::cart(&shop)?;
    ///
    /// let file = "name = \"Ten\"\ngives = { percent = \"10%\" }\nwhen = { coupons = [\"TEN\"] }\n";
    /// let trial = PromotionTrial::new(TrialOf::File(PromotionFile::new(file)));
    /// let trial = PromotionTrial { coupons: vec!["TEN".to_owned()], ..trial };
    /// let seen = shop.promotion_test(cart, &trial, &QuoteFor::default())?;
    /// assert_eq!(seen.outcomes[0].given.as_ref().map(|amount| amount.to_string()), Ok("2.38 EUR".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn promotion_test(
        &self,
        cart: CartId,
        trial: &PromotionTrial<'_>,
        wanted: &QuoteFor,
    ) -> Result<PromotionTrialView, FlowError> {
        let setup = self.setup()?;
        let tried = self.tried(&setup, &trial.of)?;
        let mut cart = self.cart(cart)?;
        let now = trial.at.unwrap_or_else(|| self.now());
        let mut with = Setup::clone(&setup);
        with.promotions.retain(|known| tried.iter().all(|tried| tried.id != known.id));
        with.promotions.extend(tried.iter().cloned());
        let mut variants = quoted_variants(&setup, &cart, now);
        variants.extend(quoted_variants(&with, &cart, now));
        let goods = self.store().goods(&variants, now)?;
        let before = self.quote_cart(&setup, &cart, &goods, wanted, now)?;
        cart.coupons.extend(trial.coupons.iter().cloned());
        let after = self.quote_cart(&with, &cart, &goods, wanted, now)?;
        let titles = after.lines.iter().filter_map(|line| goods.get(line.variant));
        let titles =
            titles.map(|(product, variant)| (variant.id, product.variant_title(variant))).collect();
        let outcomes = tried.into_iter().map(|promotion| outcome(promotion, &after)).collect();
        Ok(PromotionTrialView { cart, outcomes, before, after, titles })
    }

    /// Returns the promotions that are tried, as they would be stored.
    fn tried(&self, setup: &Setup, of: &TrialOf<'_>) -> Result<Vec<Promotion>, FlowError> {
        Ok(match of {
            TrialOf::All => setup.promotions.to_vec(),
            TrialOf::File(file) => {
                let planned = self.promotion_plan(setup, file)?;
                planned.iter().map(PlannedPromotion::after).cloned().collect()
            }
            TrialOf::Stored(word) => {
                vec![Promotion { active: true, ..find(setup, word)?.clone() }]
            }
        })
    }
}

/// Finds in a quote what became of a promotion; a quote tells of each.
fn outcome(promotion: Promotion, quote: &Quote) -> PromotionOutcome {
    let applied = quote.promotions_applied.iter().find(|one| one.promotion == promotion.id);
    let refused = quote.promotions_refused.iter().find(|one| one.promotion == promotion.id);
    let why = refused.map_or(PromotionRefusal::NothingToDiscount, |one| one.refusal.clone());
    PromotionOutcome { given: applied.map_or(Err(why), |one| Ok(one.amount)), promotion }
}
