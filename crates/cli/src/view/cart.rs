//! Carts.

use std::collections::BTreeMap;

use sutler_core::cart::{Cart, CartStatus};
use sutler_core::id::{CartId, CustomerId, OrderId, VariantId};
use sutler_core::money::Money;
use sutler_core::time::Timestamp;

use super::quote::add_totals;
use super::{Describe, QuoteView, Sheet, describe, view};
use crate::answer::Show;
use crate::page::Page;
use crate::table::{Column, Side, Table};

view! {
    /// One variant in a cart.
    CartLineView {
        /// Number of the line; stays the same while others come and go.
        line: u32,
        /// What.
        variant: VariantId,
        /// What people call it.
        label: String,
        /// Its title, options included.
        title: String,
        /// Units.
        quantity: u32,
        /// Whether a promotion put it in: then it is no line of the cart and costs nothing.
        gift: bool,
    }
}

view! {
    /// A cart with what it costs now.
    CartView {
        /// Identity.
        id: CartId,
        /// Code of the channel.
        channel: String,
        /// Whose it is; `null` for a guest.
        customer: Option<CustomerId>,
        /// Where it is in its life.
        status: CartStatus,
        /// Whether it is open but too old to be sold.
        expired: bool,
        /// What is in it, and the gifts that come with it.
        lines: Vec<CartLineView>,
        /// Entered coupon codes.
        coupons: Vec<String>,
        /// What it costs now; `null` when it is empty or cannot be priced.
        quote: Option<QuoteView>,
        /// Why it cannot be priced.
        not_priced: Option<String>,
        /// The order it became.
        order: Option<OrderId>,
        /// When it stops living unless changed.
        expires_at: Timestamp,
    }
}

view! {
    /// Two carts made one.
    MergedView {
        /// The cart that is empty and closed now.
        from: CartId,
        /// The cart that holds everything.
        cart: CartView,
    }
}

impl CartView {
    /// Puts a cart together with what it costs and what its variants are called.
    pub(crate) fn new(
        cart: &Cart,
        channel: String,
        expired: bool,
        priced: Result<QuoteView, Option<String>>,
        names: &BTreeMap<VariantId, (String, String)>,
    ) -> Self {
        let line = |line, variant: VariantId, quantity, gift| {
            let named = names.get(&variant).cloned();
            let (label, title) = named.unwrap_or_else(|| (variant.to_string(), String::new()));
            CartLineView { line, variant, label, title, quantity, gift }
        };
        let own = cart.lines.iter().map(|l| line(l.line, l.variant, l.quantity.get(), false));
        let priced_lines = priced.iter().flat_map(|quote| &quote.lines);
        let gifts = priced_lines.filter(|priced| priced.gift);
        let gifts = gifts.map(|gift| line(gift.line, gift.variant, gift.quantity, true));
        let lines = own.chain(gifts).collect();
        let (quote, not_priced) = match priced {
            Ok(quote) => (Some(quote), None),
            Err(why) => (None, why),
        };
        Self {
            id: cart.id,
            channel,
            customer: cart.customer,
            status: cart.status,
            expired,
            lines,
            coupons: cart.coupons.clone(),
            quote,
            not_priced,
            order: cart.order,
            expires_at: cart.expires_at,
        }
    }
}

const PRICED: &[Column] = &[
    ("LINE", Side::Right),
    ("SKU", Side::Left),
    ("TITLE", Side::Left),
    ("QTY", Side::Right),
    ("UNIT PRICE", Side::Right),
    ("DISCOUNT", Side::Right),
    ("TOTAL", Side::Right),
];

const PLAIN: &[Column] =
    &[("LINE", Side::Right), ("SKU", Side::Left), ("TITLE", Side::Left), ("QTY", Side::Right)];

/// What a checkout would be: the fields of the cart, and who would pay.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct CheckoutPlanView {
    #[serde(flatten)]
    pub(crate) cart: CartView,
    /// What gift cards and store credit would pay.
    pub(crate) by_credit: Money,
    /// What is left for the provider.
    pub(crate) due: Money,
}

impl Describe for CheckoutPlanView {
    fn describe() -> serde_json::Value {
        let more: [(_, &[&str], _); 2] = [
            ("by_credit", &["What gift cards and store credit would pay."], Money::describe()),
            ("due", &["What is left for the provider."], Money::describe()),
        ];
        describe::with_more(CartView::describe(), more.into())
    }
}

impl Show for CheckoutPlanView {
    fn show(&self, page: &Page) -> String {
        let cart = self.cart.show(page);
        if self.by_credit.is_zero() {
            return cart;
        }
        let mut sheet = Sheet::new(page);
        sheet.pair("credit would pay", &self.by_credit.to_string());
        sheet.pair("due", &self.due.to_string());
        format!("{cart}\n{}", sheet.finish())
    }
}

impl Show for CartView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        let status = sutler_core::status::word(self.status);
        let status = if self.expired { "expired".to_owned() } else { status };
        sheet.title(&format!("Cart {}", self.id), &status);
        sheet.pair("channel", &self.channel);
        sheet.some("order", self.order.map(|order| order.to_string()).as_deref());
        sheet.pair("expires", &self.expires_at.to_string());
        if !self.coupons.is_empty() {
            sheet.pair("coupons", &self.coupons.join(", "));
        }
        sheet.gap();
        if self.lines.is_empty() {
            sheet.line("  (empty)");
        }
        match &self.quote {
            Some(quote) => {
                sheet.table(&self.priced_lines(quote)).gap();
                add_totals(&mut sheet, page, quote);
            }
            None => {
                let mut table = Table::new(PLAIN);
                for line in &self.lines {
                    let quantity = line.quantity.to_string();
                    table.row([
                        line.line.to_string(),
                        line.label.clone(),
                        line.title.clone(),
                        quantity,
                    ]);
                }
                sheet.table(&table);
                if let Some(why) = &self.not_priced {
                    sheet.gap().line(&format!("  not priced: {why}"));
                }
            }
        }
        sheet.finish()
    }
}

impl CartView {
    fn priced_lines(&self, quote: &QuoteView) -> Table {
        let mut table = Table::new(PRICED);
        for line in &self.lines {
            let priced = quote.lines.iter().find(|priced| priced.line == line.line);
            let Some(priced) = priced else { continue };
            table.row([
                line.line.to_string(),
                line.label.clone(),
                if line.gift { format!("{} (a gift)", line.title) } else { line.title.clone() },
                line.quantity.to_string(),
                priced.unit_price.to_string(),
                if priced.discount_total.is_zero() {
                    String::new()
                } else {
                    priced.discount_total.to_string()
                },
                priced.total.to_string(),
            ]);
        }
        table
    }
}

impl Show for MergedView {
    fn show(&self, page: &Page) -> String {
        self.cart.show(page)
    }
}
