//! What-if: what past orders would have brought in under other promotions. Writes nothing.
//!
//! The rules stand in [`sutler_core::simulation`]; this reads the orders, one page after the other in the order of placing,
//! and what the catalog says of the goods.

use std::collections::BTreeMap;

use sutler_core::catalog::CategoryTree;
use sutler_core::id::VariantId;
use sutler_core::order::{Order, OrderNumber};
use sutler_core::port::{Goods, OrderFilter};
use sutler_core::pricing::{LaneMode, Promotion};
use sutler_core::rejection::Rejection;
use sutler_core::shop::Setup;
use sutler_core::simulation::{
    OrderFacts, RuleSet, Simulation, SimulationPlan, SimulationReport, SoldGoods,
};
use sutler_core::time::Timestamp;

use super::cart::facts_of;
use crate::{FlowError, Reader};

/// How many orders are read at once.
const PAGE: u64 = 500;

/// How many variants are kept in memory between orders.
const GOODS_MAX: usize = 50_000;

/// How long before it was placed an order may have been opened, in milliseconds: thirty days. A checkout that waits for its
/// payment is settled long before.
const OPEN_MILLIS_MAX: i64 = 30 * 24 * 60 * 60 * 1_000;

/// What is to be simulated.
///
/// ```
/// use sutler_core::simulation::RuleSet;
/// use sutler_core::time::Timestamp;
/// use sutler_engine::flow::simulate::SimulateCommand;
///
/// let command = SimulateCommand {
///     promotions: vec![],
///     rules: RuleSet::Instead,
///     since: Timestamp::from_millis(0),
///     until: None,
/// };
/// assert!(command.promotions.is_empty(), "what if there had been none?");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SimulateCommand {
    /// The promotions to try; see [`Reader::promotions_of_file`].
    pub promotions: Vec<Promotion>,
    /// What they replace.
    pub rules: RuleSet,
    /// The first moment of the period.
    pub since: Timestamp,
    /// The first moment after it; `None`: up to now.
    pub until: Option<Timestamp>,
}

impl Reader {
    /// Prices the orders of a period again under other promotions and reports revenue, discounts and margin, before and
    /// after. Writes nothing. Memory does not grow with the number of orders.
    ///
    /// Errors: whatever the store says; `money.overflow`, when sums grow out of all bounds.
    ///
    /// ```
    /// use sutler_core::simulation::RuleSet;
    /// use sutler_core::time::Timestamp;
    /// use sutler_engine::flow::promotion::PromotionFile;
    /// use sutler_engine::flow::simulate::SimulateCommand;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # sutler_engine::testing::order(&shop, "test:ok")?;
    ///
    /// // Two mugs at 11.90 were sold, with delivery.
    /// let file = PromotionFile::new("name = \"Spring\"\ngives = { percent = \"10%\" }\n");
    /// let promotions = shop.promotions_of_file(&file)?;
    /// let command = SimulateCommand {
    ///     promotions, rules: RuleSet::Beside, since: Timestamp::from_millis(0), until: None,
    /// };
    /// let report = shop.simulate_promotions(&command)?;
    /// let sales = &report.sales[0];
    /// assert_eq!((report.orders, sales.changed), (1, 1));
    /// assert_eq!(sales.before.gross.to_string(), "28.70 EUR");
    /// assert_eq!(sales.after.gross.to_string(), "26.32 EUR");
    /// assert_eq!(sales.promotions[0].after.discount.to_string(), "2.38 EUR");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn simulate_promotions(
        &self,
        command: &SimulateCommand,
    ) -> Result<SimulationReport, FlowError> {
        if let Some(until) = command.until.filter(|until| *until <= command.since) {
            let why = format!("is not after {}, when the period begins", command.since);
            let what = "end of the period";
            return Err(Rejection::BadInput { what, given: until.to_string(), why }.into());
        }
        let setup = self.setup()?;
        let plan = SimulationPlan {
            promotions: command.promotions.clone(),
            rules: command.rules,
            since: command.since,
            until: command.until,
        };
        let mut simulation = Simulation::new(plan, &setup.promotions);
        let Some(newest) = self.order_below(None)? else { return Ok(simulation.report()) };
        let opened = Timestamp::from_millis(command.since.millis().saturating_sub(OPEN_MILLIS_MAX));
        let mut from = match simulation.needs_earlier_orders() {
            true => OrderNumber::FIRST.0,
            false => self.first_opened_since(opened, newest.number.0)?,
        };
        let mut shelf = Shelf {
            shop: self,
            setup: &setup,
            tree: self.category_tree()?,
            goods: BTreeMap::new(),
        };
        // Orders are numbered as they are opened; those that were placed later wait until all before them are here.
        let mut waiting: BTreeMap<(Timestamp, u64), Order> = BTreeMap::new();
        while from <= newest.number.0 {
            let until = from.saturating_add(PAGE).min(newest.number.0.saturating_add(1));
            let mut page = self.orders_from(from, until)?;
            page.sort_unstable_by_key(|order| order.number);
            let last = page.last().map(|order| order.created_at);
            shelf.fetch(&page)?;
            for order in page {
                if let Some(placed_at) = order.placed_at {
                    waiting.insert((placed_at, order.number.0), order);
                }
            }
            let ready = last.unwrap_or(command.since);
            while waiting.first_key_value().is_some_and(|((placed_at, _), _)| *placed_at < ready) {
                if let Some((_, order)) = waiting.pop_first() {
                    shelf.take(&mut simulation, &order)?;
                }
            }
            from = until;
        }
        for order in waiting.into_values() {
            shelf.take(&mut simulation, &order)?;
        }
        Ok(simulation.report())
    }

    fn order_below(&self, before: Option<OrderNumber>) -> Result<Option<Order>, FlowError> {
        Ok(self.store().order_page(OrderFilter::default(), before, 1)?.pop())
    }

    /// Returns the orders with numbers from `from` to before `until`.
    fn orders_from(&self, from: u64, until: u64) -> Result<Vec<Order>, FlowError> {
        let limit = usize::try_from(until.saturating_sub(from)).unwrap_or(usize::MAX);
        let before = Some(OrderNumber(until));
        let mut page = self.store().order_page(OrderFilter::default(), before, limit)?;
        // Where numbers are missing, a page reaches further back.
        page.retain(|order| order.number.0 >= from);
        Ok(page)
    }

    /// Returns a number below which every order was opened before a moment, found by halving.
    fn first_opened_since(&self, since: Timestamp, newest: u64) -> Result<u64, FlowError> {
        let (mut from, mut until) = (OrderNumber::FIRST.0, newest);
        while from < until {
            let middle = from + (until - from) / 2;
            let found = self.order_below(Some(OrderNumber(middle + 1)))?;
            if found.is_some_and(|order| order.created_at >= since) {
                until = middle;
            } else {
                from = middle + 1;
            }
        }
        Ok(from)
    }
}

/// What the catalog says of the goods that were sold, as far as they were met.
struct Shelf<'s> {
    shop: &'s Reader,
    setup: &'s Setup,
    tree: CategoryTree,
    goods: BTreeMap<VariantId, SoldGoods>,
}

impl Shelf<'_> {
    /// Reads what is not known yet of some orders.
    fn fetch(&mut self, orders: &[Order]) -> Result<(), FlowError> {
        if self.goods.len() > GOODS_MAX {
            self.goods.clear();
        }
        let lines = orders.iter().flat_map(|order| &order.lines).map(|line| line.variant);
        let mut unknown: Vec<VariantId> =
            lines.filter(|variant| !self.goods.contains_key(variant)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        let now = self.shop.now();
        let products = self.shop.store().products_of(&unknown)?;
        let found = Goods::new(products, Vec::new(), BTreeMap::new());
        for (product, variant) in unknown.iter().filter_map(|id| found.get(*id)) {
            let facts = facts_of(product, variant, &self.tree, &self.setup.collections, true, now);
            self.goods.insert(variant.id, SoldGoods { facts, unit_cost: variant.unit_cost });
        }
        Ok(())
    }

    fn take(&mut self, simulation: &mut Simulation, order: &Order) -> Result<(), FlowError> {
        // One that waited may have been met before the goods were last forgotten.
        if order.lines.iter().any(|line| !self.goods.contains_key(&line.variant)) {
            self.fetch(std::slice::from_ref(order))?;
        }
        let channel = self.setup.channel(order.channel);
        let lane_mode = channel.map_or_else(LaneMode::default, |channel| channel.lane_mode);
        let facts = OrderFacts { goods: &self.goods, customer_group: None, lane_mode };
        Ok(simulation.take(order, &facts).map_err(Rejection::from)?)
    }
}
