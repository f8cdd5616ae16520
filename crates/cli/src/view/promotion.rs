//! Promotions one by one: as they are, as a file adds them, and as they would be on a cart.

use sutler_core::id::{CartId, PromotionId};
use sutler_core::import::Difference;
use sutler_core::money::Money;
use sutler_core::pricing::{Benefit, PlannedPromotion, Promotion, PromotionDocument};
use sutler_core::status::word;
use sutler_core::time::Timestamp;
use sutler_engine::flow::promotion::{PromotionOutcome, PromotionTrialView};

use super::quote::add_totals;
use super::{DifferenceView, PromotionRow, QuoteView, Sheet, view};
use crate::answer::{Row as _, Show};
use crate::clean::one_line;
use crate::page::{Look, Page};
use crate::table::{Column, Side, Table};

view! {
    /// One promotion.
    PromotionShown {
        /// Identity.
        id: PromotionId,
        /// Its name.
        name: String,
        /// Whether it is switched on.
        active: bool,
        /// What it gives, in words.
        gives: Vec<String>,
        /// Codes that unlock it.
        coupons: Vec<String>,
        /// What else must be true, in words.
        conditions: Vec<String>,
        /// When it begins.
        from: Option<Timestamp>,
        /// When it no longer applies.
        until: Option<Timestamp>,
        /// When it takes its turn: `before`, `normal` or `after`.
        lane: String,
        /// Of two that give the same, the higher is taken.
        priority: i32,
        /// Whether it applies alone or not at all.
        exclusive: bool,
        /// What a file says to have the same promotion; see docs/promotion.schema.json.
        document: PromotionDocument,
    }
}

view! {
    /// What became of the promotions of a file.
    PromotionAdded {
        /// Whether nothing was written.
        dry_run: bool,
        /// How many are new.
        created: u64,
        /// How many changed one of their name.
        changed: u64,
        /// How many said nothing new.
        unchanged: u64,
        /// The promotions of the file.
        promotions: Vec<PromotionRow>,
        /// What differs from what was stored.
        differences: Vec<DifferenceView>,
    }
}

view! {
    /// What one promotion would do on a cart.
    PromotionOutcomeView {
        /// Its name.
        name: String,
        /// Whether it would take something off.
        applies: bool,
        /// How much.
        amount: Option<Money>,
        /// Why it would not apply: a stable code.
        code: Option<String>,
        /// The same in words.
        reason: Option<String>,
    }
}

view! {
    /// What promotions would do on a cart.
    PromotionTested {
        /// The cart.
        cart: CartId,
        /// The promotions that were tried.
        promotions: Vec<PromotionOutcomeView>,
        /// What the buyer pays by the shop as it is.
        total_before: Money,
        /// What the buyer would pay with them.
        total_after: Money,
        /// The cart's price with them.
        quote: QuoteView,
    }
}

impl PromotionShown {
    /// Puts a promotion and its document into the words of the command line.
    pub(crate) fn new(promotion: &Promotion, document: &PromotionDocument) -> Self {
        let row = PromotionRow::from(promotion);
        Self {
            id: promotion.id,
            name: row.name,
            active: promotion.active,
            gives: promotion.benefits.iter().map(Benefit::to_string).collect(),
            coupons: row.coupons,
            conditions: row.conditions,
            from: row.from,
            until: row.until,
            lane: word(promotion.lane),
            priority: promotion.priority,
            exclusive: promotion.exclusive,
            document: document.clone(),
        }
    }
}

impl Show for PromotionShown {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.title(&self.name, if self.active { "switched on" } else { "switched off" });
        for gives in &self.gives {
            sheet.pair("gives", gives);
        }
        if !self.coupons.is_empty() {
            sheet.pair("coupons", &self.coupons.join(", "));
        }
        for condition in &self.conditions {
            sheet.pair("when", condition);
        }
        sheet.some("from", self.from.map(|from| from.to_string()).as_deref());
        sheet.some("until", self.until.map(|until| until.to_string()).as_deref());
        sheet.gap().marked(&Look::Bold.on("As a file"));
        // A document holds texts, whole numbers, flags, lists and tables, which TOML has too.
        for line in toml::to_string(&self.document).unwrap_or_default().lines() {
            sheet.line(&if line.is_empty() { String::new() } else { format!("  {line}") });
        }
        sheet.finish()
    }
}

impl PromotionAdded {
    /// Puts what became of promotions, and what differs by their names, into the words of the command line.
    pub(crate) fn new(
        planned: &[PlannedPromotion],
        differences: Vec<(String, Difference)>,
        dry_run: bool,
    ) -> Self {
        let count = |fits: fn(&PlannedPromotion) -> bool| {
            u64::try_from(planned.iter().filter(|plan| fits(plan)).count()).unwrap_or(u64::MAX)
        };
        let differs = |(subject, difference): (String, Difference)| DifferenceView {
            subject,
            change: "updated".to_owned(),
            field: difference.field,
            before: difference.before,
            after: difference.after,
        };
        Self {
            dry_run,
            created: count(|plan| matches!(plan, PlannedPromotion::Created(_))),
            changed: count(|plan| matches!(plan, PlannedPromotion::Changed { .. })),
            unchanged: count(|plan| matches!(plan, PlannedPromotion::Unchanged(_))),
            promotions: planned.iter().map(|plan| PromotionRow::from(plan.after())).collect(),
            differences: differences.into_iter().map(differs).collect(),
        }
    }
}

const DIFFERENCES: &[Column] =
    &[("WHERE", Side::Left), ("FACT", Side::Left), ("BEFORE", Side::Left), ("AFTER", Side::Left)];

impl Show for PromotionAdded {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        let mut table = Table::new(PromotionRow::COLUMNS);
        for promotion in &self.promotions {
            table.row(promotion.cells());
        }
        sheet.table(&table);
        let mut table = Table::new(DIFFERENCES);
        for DifferenceView { subject, field, before, after, .. } in &self.differences {
            table.row([subject.clone(), field.clone(), before.clone(), after.clone()]);
        }
        if !self.differences.is_empty() {
            let verb = if self.dry_run { "What would change" } else { "What changed" };
            sheet.gap().marked(&Look::Bold.on(verb)).table(&table);
        }
        sheet.finish()
    }
}

impl From<&PromotionOutcome> for PromotionOutcomeView {
    fn from(outcome: &PromotionOutcome) -> Self {
        let refusal = outcome.given.as_ref().err();
        Self {
            name: outcome.promotion.name.clone(),
            applies: outcome.given.is_ok(),
            amount: outcome.given.as_ref().ok().copied(),
            code: refusal.map(|refusal| refusal.code().to_owned()),
            reason: refusal.map(ToString::to_string),
        }
    }
}

impl From<&PromotionTrialView> for PromotionTested {
    fn from(seen: &PromotionTrialView) -> Self {
        Self {
            cart: seen.cart.id,
            promotions: seen.outcomes.iter().map(PromotionOutcomeView::from).collect(),
            total_before: seen.before.totals.total,
            total_after: seen.after.totals.total,
            quote: QuoteView::from(&seen.after),
        }
    }
}

impl Show for PromotionTested {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        let rest = format!("{} now, {} with what is tried", self.total_before, self.total_after);
        sheet.title(&format!("Cart {}", self.cart), &rest);
        for tried in &self.promotions {
            let name = one_line(&tried.name);
            match (&tried.amount, &tried.reason) {
                (Some(amount), _) => {
                    let line = format!("  {name} takes off {amount}");
                    sheet.marked(&Look::Green.on(&line));
                }
                (None, reason) => {
                    let reason = one_line(reason.as_deref().unwrap_or_default());
                    sheet.marked(&Look::Yellow.on(&format!("  {name} does not apply: {reason}")));
                }
            }
        }
        sheet.gap();
        add_totals(&mut sheet, page, &self.quote);
        sheet.finish()
    }
}
