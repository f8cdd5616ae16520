//! `sutler explain`: where each minor unit of a total comes from, and what a code means.

use sutler_core::code;
use sutler_core::id::{CartId, OrderId};
use sutler_core::money::Money;
use sutler_core::order::OrderNumber;
use sutler_core::payment::{FactKind, Payment};
use sutler_core::pricing::Quote;
use sutler_core::status::word;
use sutler_engine::Shop;
use sutler_engine::flow::cart::QuoteFor;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::{CommandError, exit_of_refusal};
use crate::failure;
use crate::nearest::nearest;
use crate::view::{CodeView, ExplainView, TraceView};

/// Explain an order or cart cent by cent, or the code of a message
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler explain 1001
  sutler explain \"$CART\"
  sutler explain E102
  sutler explain stock.insufficient")]
pub(crate) struct ExplainArgs {
    /// Number or id of an order, id of a cart, or a code such as E102 or stock.insufficient
    subject: String,
}

impl ExplainArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        if let Ok(number) = self.subject.parse::<OrderNumber>() {
            return of_order(&context.shop()?, number);
        }
        if let Ok(id) = self.subject.parse::<OrderId>() {
            let shop = context.shop()?;
            let number = shop.order_view(id)?.order.number;
            return of_order(&shop, number);
        }
        if let Ok(cart) = self.subject.parse::<CartId>() {
            return of_cart(&context.shop()?, cart);
        }
        of_code(&self.subject)
    }
}

fn of_order(shop: &Shop, number: OrderNumber) -> Result<Answer, CommandError> {
    let view = shop.order(number)?;
    let name = |id: &str| {
        let line = view.order.lines.iter().find(|line| line.variant.to_string() == id)?;
        Some(format!("{} ({})", line.label(), line.title))
    };
    Ok(Answer::one(ExplainView {
        subject: format!("Order {number}"),
        number: Some(number.0),
        total: view.order.total(),
        steps: steps(&view.order.quote, &name),
        payments: view.payments.iter().flat_map(facts).collect(),
    }))
}

fn of_cart(shop: &Shop, cart: CartId) -> Result<Answer, CommandError> {
    let view = shop.cart_quote(cart, &QuoteFor::default())?;
    let name = |id: &str| id.parse().ok().and_then(|id| view.titles.get(&id)).cloned();
    Ok(Answer::one(ExplainView {
        subject: format!("Cart {cart}"),
        number: None,
        total: view.quote.totals.total,
        steps: steps(&view.quote, &name),
        payments: Vec::new(),
    }))
}

fn steps(quote: &Quote, name: &dyn Fn(&str) -> Option<String>) -> Vec<TraceView> {
    quote.trace().iter().map(|node| TraceView::of(node, name)).collect()
}

/// Tells what a provider said about one payment, in order.
fn facts(payment: &Payment) -> Vec<String> {
    let told = payment.facts.iter().map(|fact| {
        let amount: Money = fact.amount;
        let sign = if fact.kind == FactKind::Refunded { "−" } else { "" };
        format!(
            "{} {}:{} {} {sign}{amount} ({})",
            fact.at,
            payment.provider,
            payment.method,
            word(fact.kind),
            fact.reference
        )
    });
    let mut told: Vec<String> = told.collect();
    if told.is_empty() {
        told.push(format!(
            "{}:{} {}: nothing was received yet",
            payment.provider, payment.method, payment.amount
        ));
    }
    told
}

fn of_code(given: &str) -> Result<Answer, CommandError> {
    // As it stands in a message: `error[stock.insufficient]: …`.
    let inner = given.split_once('[').and_then(|(_, rest)| rest.split_once(']'));
    let code = inner.map_or(given, |(code, _)| code);
    if let Some(text) = sutler_engine::flow::import::explain(code) {
        let view = CodeView { code: code.to_uppercase(), exit_code: None, text: text.to_owned() };
        return Ok(Answer::one(view));
    }
    let refusal =
        code::find(code).map(|entry| (entry.code, exit_of_refusal(entry.kind), entry.text));
    let found =
        refusal.or_else(|| failure::find(code).map(|entry| (entry.code, entry.exit, entry.text)));
    let Some((code, exit, text)) = found else { return Err(unknown(code)) };
    let exit_code = Some(u32::from(exit.code()));
    let view = CodeView { code: code.to_owned(), exit_code, text: text.to_owned() };
    Ok(Answer::one(view))
}

fn unknown(given: &str) -> CommandError {
    let known = || {
        code::ALL.iter().map(|entry| entry.code).chain(failure::ALL.iter().map(|entry| entry.code))
    };
    // `order.not_found` is not a code, and `not_found` is.
    let last = given.rsplit('.').next().unwrap_or(given);
    let near = nearest(given, known())
        .or_else(|| known().find(|code| code.rsplit('.').next() == Some(last)));
    let near = near.map_or_else(String::new, |code| format!("; did you mean `{code}`?"));
    CommandError::Usage {
        code: "explain.unknown",
        message: format!("`{given}` is no order number, no cart id and no code{near}"),
        help: Some(
            "write a number such as 1001, an id such as cart_…, or a code such as E102 or stock.insufficient"
                .to_owned(),
        ),
    }
}
