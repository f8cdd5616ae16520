//! Delivery methods and fees from files.

use sutler_core::catalog::CategoryTree;
use sutler_core::change::SetupChange;
use sutler_core::id::{CategoryId, DeliveryMethodId, FeeId};
use sutler_core::pricing::{
    DeliveryLimits, DeliveryMethod, DeliverySurcharge, Fee, FeeAmount, FeeCondition,
};
use sutler_core::rejection::Rejection;
use sutler_exchange::{FeeAmountDraft, read_delivery_method, read_fee};

use super::cart::channel_by_code;
use crate::{FlowError, Shop};

impl Shop {
    /// Writes the delivery method that a TOML file describes; one of the same code is replaced. With `dry_run` it is only
    /// read and checked.
    ///
    /// Errors: [`FlowError::File`] for what cannot be read; `not_found` for a category; `pricing.invalid_rule` for a method
    /// that contradicts itself.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use sutler_engine::Shop;
    /// # use sutler_engine::flow::setup::InitCommand;
    /// # use sutler_engine::testing::{Counting, HandClock};
    /// # use sutler_store_memory::MemoryStore;
    /// # let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(HandClock::default()));
    /// # let shop = Shop::new(store, clock, Arc::new(Counting::default()));
    /// shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
    /// let file = r#"
    /// code = "post"
    /// name = "Post"
    /// rate = { kind = "weight", rungs = [{ up_to = 5000, amount = "4.90" }, { amount = "16.90" }] }
    /// "#;
    /// shop.delivery_add(file, false)?;
    /// let again = shop.delivery_add(&file.replace("4.90", "5.20"), false)?;
    /// assert_eq!(again.version, 2);
    /// assert!(shop.setup()?.delivery_methods.iter().any(|method| *method == again));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn delivery_add(&self, text: &str, dry_run: bool) -> Result<DeliveryMethod, FlowError> {
        let setup = self.setup()?;
        let draft = read_delivery_method(text, setup.shop.currency)
            .map_err(|refused| FlowError::File(refused.into_diagnostics()))?;
        let tree = self.category_tree()?;
        let known = setup.delivery_methods.iter().find(|method| method.code == draft.code);
        let method = DeliveryMethod {
            id: known
                .map_or_else(|| DeliveryMethodId::from_u128(self.next_id()), |method| method.id),
            code: draft.code,
            name: draft.name,
            zone: draft.zone,
            rate: draft.rate,
            free_over: draft.free_over,
            surcharges: draft
                .surcharges
                .into_iter()
                .map(|(name, rule, amount)| DeliverySurcharge { name, rule, amount })
                .collect(),
            limits: DeliveryLimits {
                up_to_grams: draft.up_to_grams,
                up_to_mm: draft.up_to_mm,
                only_categories: categories(&tree, &draft.only_categories)?,
                except_categories: categories(&tree, &draft.except_categories)?,
                dangerous_goods: draft.dangerous_goods,
            },
            tax: draft.tax,
            active: draft.active,
            version: known.map_or(1, |method| method.version + 1),
        };
        method.check().map_err(Rejection::from)?;
        if !dry_run {
            self.setup_put(&SetupChange::DeliveryMethod(Box::new(method.clone())))?;
        }
        Ok(method)
    }

    /// Writes the fee that a TOML file describes; one of the same code is replaced. With `dry_run` it is only read and
    /// checked.
    ///
    /// Errors: as [`Shop::delivery_add`], and `not_found` for a channel.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use sutler_engine::Shop;
    /// # use sutler_engine::flow::setup::InitCommand;
    /// # use sutler_engine::testing::{Counting, HandClock};
    /// # use sutler_store_memory::MemoryStore;
    /// # let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(HandClock::default()));
    /// # let shop = Shop::new(store, clock, Arc::new(Counting::default()));
    /// shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
    /// let file = r#"
    /// code = "cash"
    /// name = "Cash on delivery"
    /// amount = "2"
    /// payments = ["manual:cash"]
    /// "#;
    /// assert_eq!(shop.fee_add(file, true)?.condition.payments, ["manual:cash"]);
    /// assert!(shop.setup()?.fees.is_empty());
    /// shop.fee_add(file, false)?;
    /// assert_eq!(shop.setup()?.fees.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fee_add(&self, text: &str, dry_run: bool) -> Result<Fee, FlowError> {
        let setup = self.setup()?;
        let draft = read_fee(text, setup.shop.currency)
            .map_err(|refused| FlowError::File(refused.into_diagnostics()))?;
        let tree = self.category_tree()?;
        let known = setup.fees.iter().find(|fee| fee.code == draft.code);
        let channels = draft.channels.iter();
        let channels = channels
            .map(|code| Ok(channel_by_code(&setup, code)?.id))
            .collect::<Result<_, FlowError>>()?;
        let fee = Fee {
            id: known.map_or_else(|| FeeId::from_u128(self.next_id()), |fee| fee.id),
            code: draft.code,
            name: draft.name,
            amount: match draft.amount {
                FeeAmountDraft::Flat(amount) => FeeAmount::Flat { amount },
                FeeAmountDraft::PerUnit(amount) => FeeAmount::PerUnit { amount },
                FeeAmountDraft::Percent(rate, with_delivery) => {
                    FeeAmount::Percent { rate, with_delivery }
                }
            },
            condition: FeeCondition {
                channels,
                payments: draft.payments,
                categories: categories(&tree, &draft.categories)?,
                territory: draft.territory,
                goods_below: draft.goods_below,
                window: draft.window,
            },
            tax: draft.tax,
            active: draft.active,
            version: known.map_or(1, |fee| fee.version + 1),
        };
        fee.check().map_err(Rejection::from)?;
        if !dry_run {
            self.setup_put(&SetupChange::Fee(Box::new(fee.clone())))?;
        }
        Ok(fee)
    }
}

/// Finds categories by their paths, `Food > Fish`, or ids.
fn categories(tree: &CategoryTree, paths: &[String]) -> Result<Vec<CategoryId>, FlowError> {
    let find = |path: &String| {
        if let Ok(id) = path.parse::<CategoryId>()
            && tree.get(id).is_some()
        {
            return Ok(id);
        }
        tree.find_words(path).ok_or_else(|| Rejection::not_found("category", path).into())
    };
    paths.iter().map(find).collect()
}
