//! [`Simulation`]: order by order.

use std::collections::BTreeMap;

use super::counts::Counts;
use super::report::{NotRepricedSoFar, SimulationReport, Sums};
use crate::id::{PromotionId, VariantId};
use crate::money::{Money, MoneyError};
use crate::order::{Order, OrderStatus, buyer_key};
use crate::pricing::{
    AppliedPromotion, BatchCoupon, Condition, CouponCode, Destination, LaneMode, NotRepriced,
    PastSale, Promotion, PromotionRefusal, Quote, Repricing, VariantFacts,
};
use crate::shared::Shared;
use crate::time::Timestamp;

/// What the given promotions replace.
///
/// ```
/// use sutler_core::simulation::RuleSet;
///
/// assert_ne!(RuleSet::Beside, RuleSet::Instead);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RuleSet {
    /// They stand beside those that were in force; one of the same name takes the place of that one.
    Beside,
    /// They alone are in force.
    Instead,
}

/// What is to be simulated.
///
/// ```
/// use sutler_core::simulation::{RuleSet, SimulationPlan};
/// use sutler_core::time::Timestamp;
///
/// // What if there had been no promotions at all?
/// let none = SimulationPlan {
///     promotions: vec![],
///     rules: RuleSet::Instead,
///     since: "2027-01-01T00:00:00Z".parse()?,
///     until: None,
/// };
/// assert!(none.since > Timestamp::from_millis(0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SimulationPlan {
    /// The promotions to try.
    pub promotions: Vec<Promotion>,
    /// What they replace.
    pub rules: RuleSet,
    /// The first moment of the period.
    pub since: Timestamp,
    /// The first moment after it; `None`: up to now.
    pub until: Option<Timestamp>,
}

/// What was sold, as the catalog knows it now.
///
/// ```
/// use sutler_core::simulation::SoldGoods;
/// # use sutler_core::pricing::{PricingFacts, QuoteRequest};
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/cart.json"));
/// # let (_, facts): (QuoteRequest, PricingFacts) = serde_json::from_str(text)?;
///
/// let lamp = SoldGoods { facts: facts.variants[0].clone(), unit_cost: None };
/// assert_eq!(lamp.facts.label(), "LAMP");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SoldGoods {
    /// What promotions depend on.
    pub facts: VariantFacts,
    /// What one unit costs the merchant.
    pub unit_cost: Option<Money>,
}

/// What an order does not keep itself.
///
/// ```
/// use std::collections::BTreeMap;
/// use sutler_core::pricing::LaneMode;
/// use sutler_core::simulation::OrderFacts;
///
/// let goods = BTreeMap::new();
/// let unknown = OrderFacts {
///     goods: &goods, customer_group: None, lane_mode: LaneMode::EachUnit,
/// };
/// assert!(unknown.goods.is_empty());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct OrderFacts<'a> {
    /// What was sold; there may be more.
    pub goods: &'a BTreeMap<VariantId, SoldGoods>,
    /// Customer group of the buyer.
    pub customer_group: Option<&'a str>,
    /// How the channel combines promotions.
    pub lane_mode: LaneMode,
}

/// A simulation under way.
///
/// ```
/// use sutler_core::order::{Order, place};
/// use sutler_core::simulation::{OrderFacts, RuleSet, Simulation, SimulationPlan, SoldGoods};
/// # use sutler_core::catalog::Product;
/// # use sutler_core::pricing::{LaneMode, Promotion, VariantFacts};
/// # use sutler_core::time::Timestamp;
/// # macro_rules! record {
/// #     ($name:literal) => {
/// #         serde_json::from_str(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/", $name, ".json")))?
/// #     };
/// # }
/// # let (pending, blanket): (Order, Product) = (record!("order"), record!("product"));
/// # let goods = pending.lines.iter().map(|line| (line.variant, SoldGoods {
/// #     facts: VariantFacts {
/// #         variant: line.variant, product: line.product, title: line.title.clone(), sku: None, categories: vec![],
/// #         collections: vec![], attributes: vec![], tax_category: blanket.variants[0].tax_category.clone(),
/// #         taxable: true, requires_shipping: true, weight_grams: None, dimensions: None, dangerous_goods: false,
/// #         sellable: true,
/// #     },
/// #     unit_cost: None,
/// # })).collect();
///
/// // One order over 183.90 in the period, and ten percent off to try.
/// let order = place(&pending, pending.created_at)?;
/// let ten: Promotion = serde_json::from_str(
///     r#"{
///         "id": "promo_00000000000000000000000000000001", "name": "Ten", "conditions": [],
///         "benefits": [{ "kind": "percent", "rate": "10" }], "lane": "normal", "priority": 0,
///         "exclusive": false, "window": {}, "active": true, "version": 1
///     }"#,
/// )?;
/// let mut simulation = Simulation::new(
///     SimulationPlan {
///         promotions: vec![ten],
///         rules: RuleSet::Beside,
///         since: Timestamp::from_millis(0),
///         until: None,
///     },
///     &[],
/// );
/// let facts = OrderFacts { goods: &goods, customer_group: None, lane_mode: LaneMode::EachUnit };
/// assert!(!simulation.needs_earlier_orders(), "nothing is limited");
/// simulation.take(&order, &facts)?;
/// let report = simulation.report();
/// assert!(report.not_repriced.is_empty());
/// let sales = &report.sales[0];
/// assert_eq!(sales.before.gross.to_string(), "183.90 EUR");
/// assert_eq!(sales.after.gross.to_string(), "166.00 EUR");
/// assert_eq!(sales.promotions[0].after.uses, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Simulation {
    plan: SimulationPlan,
    shop: BTreeMap<PromotionId, Promotion>,
    /// Rules of orders that were placed under the same promotions.
    rules: BTreeMap<Vec<(PromotionId, bool)>, Rules>,
    before: Counts,
    after: Counts,
    /// Orders of each buyer, when a promotion asks for first ones.
    placed: Option<BTreeMap<String, u64>>,
    /// What orders that were called off give back, and when.
    to_give_back: BTreeMap<(Timestamp, u64), Uses>,
    orders: u64,
    canceled: u64,
    sums: BTreeMap<&'static str, Sums>,
    not_repriced: NotRepricedSoFar,
}

/// The promotions of one order: those that it was placed with, and those to try.
#[derive(Clone, Debug)]
struct Rules {
    then: Shared<Promotion>,
    tried: Shared<Promotion>,
}

/// What one order used, as it was and as it would have been.
#[derive(Clone, Debug)]
struct Uses {
    buyer: String,
    before: Vec<AppliedPromotion>,
    after: Vec<AppliedPromotion>,
}

impl Simulation {
    /// Begins. `shop` are the promotions of the shop, also those that are not active.
    pub fn new(plan: SimulationPlan, shop: &[Promotion]) -> Simulation {
        let mut plan = plan;
        for promotion in &mut plan.promotions {
            if let Some(same) = shop.iter().find(|known| known.name == promotion.name) {
                promotion.id = same.id;
            }
        }
        let kept = shop.iter().filter(|known| {
            let replaced = plan.promotions.iter().any(|promotion| promotion.id == known.id);
            plan.rules == RuleSet::Beside && !replaced
        });
        let asks_for_first =
            |promotion: &Promotion| promotion.conditions.contains(&Condition::FirstOrder);
        let all = || shop.iter().chain(&plan.promotions);
        Simulation {
            rules: BTreeMap::new(),
            before: Counts::of(shop.iter()),
            after: Counts::of(kept.chain(&plan.promotions)),
            placed: all().any(asks_for_first).then(BTreeMap::new),
            shop: shop.iter().map(|promotion| (promotion.id, promotion.clone())).collect(),
            to_give_back: BTreeMap::new(),
            orders: 0,
            canceled: 0,
            sums: BTreeMap::new(),
            not_repriced: NotRepricedSoFar::default(),
            plan,
        }
    }

    /// Tells whether orders from before the period matter: what they used counts, or whether they were first ones.
    pub fn needs_earlier_orders(&self) -> bool {
        !self.before.is_empty() || !self.after.is_empty() || self.placed.is_some()
    }

    /// Takes the next order, in the order of placing. Orders that were never placed, and those after the period, are
    /// passed over; those before it are only counted.
    ///
    /// Errors: [`MoneyError`], when sums grow out of all bounds.
    pub fn take(&mut self, order: &Order, facts: &OrderFacts<'_>) -> Result<(), MoneyError> {
        let Some(placed_at) = order.placed_at else { return Ok(()) };
        if self.plan.until.is_some_and(|until| until <= placed_at) {
            return Ok(());
        }
        self.give_back_until(order.created_at);
        let buyer = buyer_key(order.customer, Some(&order.email)).unwrap_or_default();
        let after = if placed_at < self.plan.since {
            None
        } else {
            let canceled = order.status == OrderStatus::Canceled;
            self.orders += u64::from(!canceled);
            self.canceled += u64::from(canceled);
            match self.price(order, &buyer, facts) {
                Ok(after) if canceled => Some(after),
                Ok(after) => {
                    let cost = |variant: VariantId| {
                        facts.goods.get(&variant).and_then(|goods| goods.unit_cost)
                    };
                    let currency = order.quote.currency;
                    let sums = self.sums.entry(currency.code());
                    let sums = sums.or_insert_with(|| Sums::none(currency));
                    sums.add(&order.quote, &after, cost)?;
                    Some(after)
                }
                Err(reason) => {
                    if !canceled {
                        self.not_repriced.add(order.number, &reason);
                    }
                    None
                }
            }
        };
        self.count(order, buyer, after);
        Ok(())
    }

    /// Returns what was found.
    pub fn report(self) -> SimulationReport {
        SimulationReport {
            rules: self.plan.rules,
            since: self.plan.since,
            until: self.plan.until,
            orders: self.orders,
            canceled: self.canceled,
            sales: self.sums.into_values().map(Sums::finish).collect(),
            not_repriced: self.not_repriced.finish(),
        }
    }

    /// Prices an order with the promotions to try.
    fn price(
        &mut self,
        order: &Order,
        buyer: &str,
        facts: &OrderFacts<'_>,
    ) -> Result<Quote, NotRepriced> {
        let quote = &order.quote;
        let rules = self.rules_of(quote)?;
        let sold = |line: &crate::order::OrderLine| {
            facts.goods.get(&line.variant).map(|goods| goods.facts.clone())
        };
        let mut repricing = Repricing::of(&PastSale {
            quote,
            channel: order.channel,
            ship_to: Destination::from(&order.ship_to),
            customer: order.customer,
            customer_group: facts.customer_group.map(str::to_owned),
            orders_placed: self
                .placed
                .as_ref()
                .map(|placed| placed.get(buyer).copied().unwrap_or_default()),
            goods: order.lines.iter().filter_map(sold).collect(),
            batch_coupons: self.batch_coupons(quote),
            lane_mode: facts.lane_mode,
            at: order.created_at,
        })?;
        let coupons = coupons(quote);
        if !rules.then.is_empty() {
            let again = repricing.quote(&rules.then, self.before.uses(buyer, &coupons))?;
            let given = |quote: &Quote| {
                let given = quote.promotions_applied.iter().map(|a| (a.promotion, a.amount));
                given.collect::<BTreeMap<_, _>>()
            };
            if again.totals != quote.totals || given(&again) != given(quote) {
                let (total, again) = (quote.totals.total, again.totals.total);
                return Err(NotRepriced::PromotionsChanged { total, again });
            }
        }
        repricing.quote(&rules.tried, self.after.uses(buyer, &coupons))
    }

    /// Returns the promotions that were in force for an order, as its quote lists them, and those to try.
    ///
    /// Under other promotions altogether it does not matter which were in force, so nothing can be missing of them.
    fn rules_of(&mut self, quote: &Quote) -> Result<Rules, NotRepriced> {
        if self.plan.rules == RuleSet::Instead {
            let tried = || self.plan.promotions.iter().cloned().collect();
            let then = Shared::default();
            let rules = self.rules.entry(Vec::new());
            return Ok(rules.or_insert_with(|| Rules { then, tried: tried() }).clone());
        }
        let applied = quote.promotions_applied.iter();
        let applied = applied.map(|applied| (applied.promotion, true));
        if let Some(gone) =
            quote.promotions_applied.iter().find(|a| !self.shop.contains_key(&a.promotion))
        {
            return Err(NotRepriced::PromotionGone { name: gone.name.to_string() });
        }
        let refused = quote
            .promotions_refused
            .iter()
            .map(|refused| (refused.promotion, refused.refusal != PromotionRefusal::Inactive));
        let mut in_force: Vec<(PromotionId, bool)> = applied.chain(refused).collect();
        in_force.retain(|(id, _)| self.shop.contains_key(id));
        if let Some(rules) = self.rules.get(&in_force) {
            return Ok(rules.clone());
        }
        let then: Vec<Promotion> = in_force
            .iter()
            .filter_map(|(id, active)| {
                Some(Promotion { active: *active, ..self.shop.get(id)?.clone() })
            })
            .collect();
        let replaced = |id| self.plan.promotions.iter().any(|promotion| promotion.id == id);
        let kept = then.iter().filter(|promotion| !replaced(promotion.id));
        let tried = kept.chain(&self.plan.promotions).cloned().collect();
        let rules = Rules { then: then.into(), tried };
        self.rules.insert(in_force, rules.clone());
        Ok(rules)
    }

    /// Returns the entered codes that belong to a batch, as far as the order and the promotions tell.
    fn batch_coupons(&self, quote: &Quote) -> Vec<BatchCoupon> {
        let applied = quote.promotions_applied.iter().filter_map(|applied| {
            Some((self.shop.get(&applied.promotion)?, applied.coupon.as_ref()?))
        });
        let refused = quote.coupons_refused.iter().filter_map(|refused| {
            let (name, _) = refused.promotion.as_ref()?;
            Some((self.shop.values().find(|promotion| *promotion.name == **name)?, &refused.code))
        });
        let mut found = Vec::new();
        for (promotion, code) in applied.chain(refused) {
            found.extend(promotion.conditions.iter().filter_map(|condition| match condition {
                Condition::CouponBatch { batch } => {
                    Some(BatchCoupon { code: code.clone(), batch: *batch })
                }
                _ => None,
            }));
        }
        found
    }

    /// Counts what an order used. One that could not be priced again used what it did.
    fn count(&mut self, order: &Order, buyer: String, after: Option<Quote>) {
        if let Some(placed) = &mut self.placed {
            *placed.entry(buyer.clone()).or_default() += 1;
        }
        let before = &order.quote.promotions_applied;
        let after = after.map_or_else(|| before.clone(), |quote| quote.promotions_applied);
        self.before.add(&buyer, before);
        self.after.add(&buyer, &after);
        if let Some(at) = order.canceled_at {
            let uses = Uses { buyer, before: before.clone(), after };
            self.to_give_back.insert((at, order.number.0), uses);
        }
    }

    /// Gives back what orders used that were called off before a moment.
    fn give_back_until(&mut self, now: Timestamp) {
        while let Some(first) = self.to_give_back.first_entry() {
            if first.key().0 > now {
                return;
            }
            let Uses { buyer, before, after } = first.remove();
            self.before.give_back(&buyer, &before);
            self.after.give_back(&buyer, &after);
            if let Some(placed) = self.placed.as_mut().and_then(|placed| placed.get_mut(&buyer)) {
                *placed = placed.saturating_sub(1);
            }
        }
    }
}

fn coupons(quote: &Quote) -> Vec<&CouponCode> {
    let applied = quote.promotions_applied.iter().filter_map(|applied| applied.coupon.as_ref());
    applied.chain(quote.coupons_refused.iter().map(|refused| &refused.code)).collect()
}
