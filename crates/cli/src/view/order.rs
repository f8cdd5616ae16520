//! Orders: one with everything around it, and lists of them.

use sutler_core::id::{CartId, CustomerId, OrderId, PaymentId, ProductId, VariantId};
use sutler_core::money::Money;
use sutler_core::order::{LoggedAction, OrderAction, OrderNumber, OrderStatus, Stage};
use sutler_core::payment::{Payment, PaymentStatus, PaymentTask};
use sutler_core::shop::Setup;
use sutler_core::status::word;
use sutler_core::time::Timestamp;
use sutler_engine::flow::order::OrderView;

use super::{Describe, FulfillmentView, QuoteView, describe, view};
use crate::answer::{List, Row};
use crate::table::{Column, Side};

view! {
    /// One line of an order, with what became of it.
    OrderLineView {
        /// Number within the order.
        line: u32,
        /// What was bought.
        variant: VariantId,
        /// Its product.
        product: ProductId,
        /// Its label at that time.
        sku: Option<String>,
        /// Its title at that time.
        title: String,
        /// Units bought.
        ordered: u32,
        /// Units called off.
        canceled: u32,
        /// Units promised at some location.
        allocated: u32,
        /// Units that left.
        shipped: u32,
        /// Units that arrived.
        delivered: u32,
        /// Units that came back.
        returned: u32,
        /// What one unit cost before discounts.
        unit_price: Option<Money>,
        /// What the buyer pays for the line.
        total: Option<Money>,
    }
}

view! {
    /// One attempt to pay.
    PaymentView {
        /// Identity.
        id: PaymentId,
        /// Name of the provider.
        provider: String,
        /// The method within it.
        method: String,
        /// Where it is.
        status: PaymentStatus,
        /// How much it is for.
        amount: Money,
        /// Money that was held.
        authorized: Money,
        /// Money that was taken.
        captured: Money,
        /// Money that was given back.
        refunded: Money,
    }
}

view! {
    /// A call to a provider that is still to be made, or was refused.
    TaskView {
        /// The key the provider gets.
        key: String,
        /// `capture`, `void` or `refund`.
        kind: String,
        /// How much.
        amount: Money,
        /// `queued`, `done` or `refused`.
        status: String,
        /// Tries so far.
        attempts: u32,
        /// When it is tried next.
        due_at: Timestamp,
        /// What the last try said.
        last_error: Option<String>,
    }
}

view! {
    /// One entry of an order's log.
    LogView {
        /// The version it made.
        version: u64,
        /// When.
        at: Timestamp,
        /// What happened, in a word.
        action: String,
        /// More about it.
        detail: Option<String>,
    }
}

view! {
    /// An order with everything around it.
    OrderShown {
        /// Identity.
        id: OrderId,
        /// The number people say.
        number: OrderNumber,
        /// The cart it came from.
        cart: CartId,
        /// Code of the channel.
        channel: String,
        /// What the order stores of its life.
        status: OrderStatus,
        /// One word that sums everything up.
        stage: Stage,
        /// How the money stands.
        money_progress: String,
        /// How the goods stand.
        fulfillment_progress: String,
        /// How returns stand.
        return_progress: String,
        /// Where to write to.
        email: String,
        /// Who buys; `null` for a guest.
        customer: Option<CustomerId>,
        /// Where the goods go.
        ship_to: sutler_core::address::Address,
        /// What was bought.
        lines: Vec<OrderLineView>,
        /// What it costs, as frozen at placement.
        quote: QuoteView,
        /// Attempts to pay.
        payments: Vec<PaymentView>,
        /// Calls to providers that are not done.
        payment_tasks: Vec<TaskView>,
        /// Parcels, sent or in the making.
        fulfillments: Vec<FulfillmentView>,
        /// What happened to it, oldest first.
        log: Vec<LogView>,
        /// When its checkout opened it.
        created_at: Timestamp,
        /// When it was placed.
        placed_at: Option<Timestamp>,
        /// When it was canceled.
        canceled_at: Option<Timestamp>,
    }
}

view! {
    /// What a checkout gave.
    PlacedView {
        /// Whether this very checkout was done before and nothing was done now.
        replayed: bool,
        /// The order.
        order: OrderShown,
    }
}

/// What a refund gave: the fields of the order, and one more.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct RefundedView {
    #[serde(flatten)]
    pub(crate) order: OrderShown,
    /// What the new gift card is redeemed with.
    pub(crate) gift_card_code: Option<String>,
}

impl Describe for RefundedView {
    fn describe() -> serde_json::Value {
        let code: &[&str] = &[
            "Code of the gift card that the refund went to; only in the answer to the call that made it.",
        ];
        let more = vec![("gift_card_code", code, <Option<String>>::describe())];
        describe::with_more(OrderShown::describe(), more)
    }
}

view! {
    /// What a refund would do.
    RefundPlanView {
        /// The order.
        number: OrderNumber,
        /// What would be given back.
        amount: Money,
        /// What was taken so far.
        captured: Money,
        /// What was given back so far.
        refunded: Money,
        /// Whether nothing was done.
        dry_run: bool,
    }
}

view! {
    /// An order in a list.
    OrderRow {
        /// The number people say.
        number: OrderNumber,
        /// Identity.
        id: OrderId,
        /// One word that sums everything up.
        stage: Stage,
        /// How the money stands.
        money_progress: String,
        /// How the goods stand.
        fulfillment_progress: String,
        /// Where to write to.
        email: String,
        /// Who gets the goods.
        ship_to_name: String,
        /// Units bought, all lines together.
        units: u64,
        /// What the buyer pays.
        total: Money,
        /// When it was placed.
        placed_at: Option<Timestamp>,
    }
}

view! {
    /// Orders, newest first.
    OrderList {
        /// The orders.
        orders: Vec<OrderRow>,
        /// For `--before`: where the next page begins.
        next: Option<OrderNumber>,
    }
}

impl From<&Payment> for PaymentView {
    fn from(payment: &Payment) -> Self {
        let state = payment.state();
        Self {
            id: payment.id,
            provider: payment.provider.clone(),
            method: payment.method.clone(),
            status: state.status,
            amount: payment.amount,
            authorized: state.authorized,
            captured: state.captured,
            refunded: state.refunded,
        }
    }
}

impl From<&PaymentTask> for TaskView {
    fn from(task: &PaymentTask) -> Self {
        Self {
            key: task.key.clone(),
            kind: task.kind.word().to_owned(),
            amount: task.amount,
            status: word(task.status),
            attempts: task.attempts,
            due_at: task.due_at,
            last_error: task.last_error.clone(),
        }
    }
}

impl From<&LoggedAction> for LogView {
    fn from(logged: &LoggedAction) -> Self {
        let units = |lines: &[(u32, u32)]| {
            let lines: Vec<String> =
                lines.iter().map(|(line, units)| format!("{units} of line {line}")).collect();
            lines.join(", ")
        };
        let detail = match &logged.action {
            OrderAction::Canceled { reason } => Some(reason.clone()),
            OrderAction::Shipped { lines, .. } | OrderAction::Delivered { lines, .. } => {
                Some(units(lines))
            }
            OrderAction::Refunded { amount, reason, lines, .. } if lines.is_empty() => {
                Some(format!("{amount}, {reason}"))
            }
            OrderAction::Refunded { amount, reason, lines, .. } => {
                Some(format!("{amount} for {}, {reason}", units(lines)))
            }
            _ => None,
        };
        Self {
            version: logged.version,
            at: logged.at,
            action: logged.action.word().to_owned(),
            detail,
        }
    }
}

impl OrderShown {
    /// Puts an order together with its log; the set-up gives channels and locations their names.
    pub(crate) fn new(view: &OrderView, log: &[LoggedAction], setup: &Setup) -> Self {
        let OrderView { order, payments, tasks, fulfillments, progress, .. } = view;
        let open = |task: &&PaymentTask| task.status != sutler_core::payment::TaskStatus::Done;
        let lines = order.lines.iter().map(|line| {
            let priced = order.quote.line(line.line);
            OrderLineView {
                line: line.line,
                variant: line.variant,
                product: line.product,
                sku: line.sku.as_ref().map(ToString::to_string),
                title: line.title.clone(),
                ordered: line.ordered,
                canceled: line.canceled,
                allocated: line.allocated,
                shipped: line.shipped,
                delivered: line.delivered,
                returned: line.returned,
                unit_price: priced.map(|priced| priced.unit_price),
                total: priced.map(|priced| priced.total),
            }
        });
        Self {
            id: order.id,
            number: order.number,
            cart: order.cart,
            channel: setup
                .channel(order.channel)
                .map_or_else(|| order.channel.to_string(), |channel| channel.code.clone()),
            status: order.status,
            stage: progress.stage,
            money_progress: word(progress.money),
            fulfillment_progress: word(progress.fulfillment),
            return_progress: word(progress.returns),
            email: order.email.clone(),
            customer: order.customer,
            ship_to: order.ship_to.clone(),
            lines: lines.collect(),
            quote: QuoteView::from(&order.quote),
            payments: payments.iter().map(PaymentView::from).collect(),
            payment_tasks: tasks.iter().filter(open).map(TaskView::from).collect(),
            fulfillments: fulfillments
                .iter()
                .map(|f| FulfillmentView::new(f, order, setup))
                .collect(),
            log: log.iter().map(LogView::from).collect(),
            created_at: order.created_at,
            placed_at: order.placed_at,
            canceled_at: order.canceled_at,
        }
    }
}

impl From<&OrderView> for OrderRow {
    fn from(view: &OrderView) -> Self {
        let order = &view.order;
        Self {
            number: order.number,
            id: order.id,
            stage: view.progress.stage,
            money_progress: word(view.progress.money),
            fulfillment_progress: word(view.progress.fulfillment),
            email: order.email.clone(),
            ship_to_name: order.ship_to.name.clone(),
            units: order.lines.iter().map(|line| u64::from(line.ordered)).sum(),
            total: order.total(),
            placed_at: order.placed_at,
        }
    }
}

impl Row for OrderRow {
    const COLUMNS: &'static [Column] = &[
        ("NUMBER", Side::Right),
        ("STAGE", Side::Left),
        ("MONEY", Side::Left),
        ("GOODS", Side::Left),
        ("UNITS", Side::Right),
        ("TOTAL", Side::Right),
        ("EMAIL", Side::Left),
        ("PLACED", Side::Left),
    ];
    const FIELDS: &'static [&'static str] = &[
        "number",
        "id",
        "stage",
        "money_progress",
        "fulfillment_progress",
        "email",
        "ship_to_name",
        "units",
        "total",
        "currency",
        "placed_at",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.number.to_string(),
            word(self.stage),
            self.money_progress.clone(),
            self.fulfillment_progress.clone(),
            self.units.to_string(),
            self.total.to_string(),
            self.email.clone(),
            self.placed_at.map_or_else(String::new, |at| at.to_string()),
        ]
    }

    fn fields(&self) -> Vec<String> {
        vec![
            self.number.to_string(),
            self.id.to_string(),
            word(self.stage),
            self.money_progress.clone(),
            self.fulfillment_progress.clone(),
            self.email.clone(),
            self.ship_to_name.clone(),
            self.units.to_string(),
            self.total.amount_text(),
            self.total.currency().code().to_owned(),
            self.placed_at.map_or_else(String::new, |at| at.to_string()),
        ]
    }
}

impl List for OrderList {
    type Row = OrderRow;

    fn rows(&self) -> &[OrderRow] {
        &self.orders
    }

    fn when_empty(&self) -> String {
        "no orders".to_owned()
    }
}
