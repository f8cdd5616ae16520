//! Gift cards and store credit, and the ledger of each.

use sutler_core::credit::{Credit, Holder};
use sutler_core::id::PaymentId;
use sutler_core::money::Money;
use sutler_core::order::OrderNumber;
use sutler_core::time::Timestamp;
use sutler_engine::flow::credit::CreditView;

use super::{Sheet, view};
use crate::answer::{List, Row, Show};
use crate::page::{Look, Page};
use crate::table::{Column, Side, Table};

view! {
    /// One entry of the ledger of a gift card or store credit.
    CreditEntryView {
        /// Its place in the ledger, from 1.
        seq: u64,
        /// When it was committed.
        at: Timestamp,
        /// `issued`, `redeemed`, `given_back`, `refunded` or `corrected`.
        entry: String,
        /// What it added to what is left; negative for what was taken.
        amount: Money,
        /// The payment that it belongs to.
        payment: Option<PaymentId>,
        /// The order of that payment.
        order: Option<OrderNumber>,
        /// Why, in words.
        reason: Option<String>,
    }
}

view! {
    /// A gift card with its ledger.
    GiftCardShown {
        /// Identity; not what it is redeemed with.
        id: String,
        /// What it is redeemed with; only in the answer to the call that issued it.
        code: Option<String>,
        /// What is left on it.
        left: Money,
        /// `active`, `disabled` or `expired`.
        status: String,
        /// From when on it cannot be redeemed any more.
        expires_at: Option<Timestamp>,
        /// When it was issued.
        created_at: Timestamp,
        /// What happened to it, oldest first.
        entries: Vec<CreditEntryView>,
        /// Whether this very call was made before and nothing was done now.
        replayed: bool,
    }
}

view! {
    /// A gift card in a list.
    GiftCardRow {
        /// Identity.
        id: String,
        /// What is left on it.
        left: Money,
        /// `active`, `disabled` or `expired`.
        status: String,
        /// From when on it cannot be redeemed any more.
        expires_at: Option<Timestamp>,
        /// When it was issued.
        created_at: Timestamp,
    }
}

view! {
    /// Gift cards.
    GiftCardList {
        /// The cards, oldest first.
        gift_cards: Vec<GiftCardRow>,
    }
}

view! {
    /// The store credit of a customer with its ledger.
    StoreCreditShown {
        /// Identity.
        id: String,
        /// Id of the customer, or the normalized e-mail of a guest.
        customer: String,
        /// What the customer is owed.
        left: Money,
        /// When it was opened.
        created_at: Timestamp,
        /// What happened to it, oldest first.
        entries: Vec<CreditEntryView>,
        /// Whether this very call was made before and nothing was done now.
        replayed: bool,
    }
}

view! {
    /// Store credit in a list.
    StoreCreditRow {
        /// Identity.
        id: String,
        /// Id of the customer, or the normalized e-mail of a guest.
        customer: String,
        /// What the customer is owed.
        left: Money,
        /// When it was opened.
        created_at: Timestamp,
    }
}

view! {
    /// Store credit of customers.
    StoreCreditList {
        /// Who is owed what, oldest first.
        store_credits: Vec<StoreCreditRow>,
    }
}

/// Says in a word whether it can be redeemed.
fn status(credit: &Credit, now: Timestamp) -> String {
    let word = match credit.require_redeemable(now) {
        Ok(()) => "active",
        Err(_) if !credit.active => "disabled",
        Err(_) => "expired",
    };
    word.to_owned()
}

fn customer(credit: &Credit) -> String {
    match &credit.holder {
        Holder::Customer { key } => key.clone(),
        Holder::Bearer { .. } => String::new(),
    }
}

fn entries(view: &CreditView) -> Vec<CreditEntryView> {
    let shown = view.entries.iter().map(|stored| CreditEntryView {
        seq: stored.seq,
        at: stored.at,
        entry: stored.entry.kind.word().to_owned(),
        amount: stored.entry.amount,
        payment: stored.entry.payment,
        order: stored.entry.payment.and_then(|payment| view.orders.get(&payment)).copied(),
        reason: stored.entry.reason.clone(),
    });
    shown.collect()
}

impl GiftCardShown {
    pub(crate) fn new(view: &CreditView, now: Timestamp, code: Option<String>) -> Self {
        let credit = &view.credit;
        Self {
            id: credit.id.to_string(),
            code,
            left: credit.left,
            status: status(credit, now),
            expires_at: credit.expires_at,
            created_at: credit.created_at,
            entries: entries(view),
            replayed: view.replayed,
        }
    }
}

impl GiftCardRow {
    pub(crate) fn new(credit: &Credit, now: Timestamp) -> Self {
        Self {
            id: credit.id.to_string(),
            left: credit.left,
            status: status(credit, now),
            expires_at: credit.expires_at,
            created_at: credit.created_at,
        }
    }
}

impl From<&CreditView> for StoreCreditShown {
    fn from(view: &CreditView) -> Self {
        let credit = &view.credit;
        Self {
            id: credit.id.to_string(),
            customer: customer(credit),
            left: credit.left,
            created_at: credit.created_at,
            entries: entries(view),
            replayed: view.replayed,
        }
    }
}

impl From<&Credit> for StoreCreditRow {
    fn from(credit: &Credit) -> Self {
        Self {
            id: credit.id.to_string(),
            customer: customer(credit),
            left: credit.left,
            created_at: credit.created_at,
        }
    }
}

const LEDGER: &[Column] = &[
    ("WHEN", Side::Left),
    ("WHAT", Side::Left),
    ("AMOUNT", Side::Right),
    ("ORDER", Side::Right),
    ("REASON", Side::Left),
];

fn ledger(entries: &[CreditEntryView]) -> Table {
    let mut table = Table::new(LEDGER);
    for entry in entries {
        table.row([
            entry.at.to_string(),
            entry.entry.replace('_', " "),
            entry.amount.to_string(),
            entry.order.map_or_else(String::new, |order| order.to_string()),
            entry.reason.clone().unwrap_or_default(),
        ]);
    }
    table
}

impl Show for GiftCardShown {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.title("gift card", &format!("{} left, {}", self.left, self.status));
        if let Some(code) = &self.code {
            sheet.pair("code", &Look::Bold.on(code));
        }
        sheet.pair("id", &self.id);
        sheet.some("expires", self.expires_at.map(|at| at.to_string()).as_deref());
        sheet.gap().table(&ledger(&self.entries));
        sheet.finish()
    }
}

impl Show for StoreCreditShown {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.title("store credit", &format!("{} left", self.left));
        sheet.pair("customer", &self.customer);
        sheet.pair("id", &self.id);
        sheet.gap().table(&ledger(&self.entries));
        sheet.finish()
    }
}

fn moment(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| at.to_string())
}

impl Row for GiftCardRow {
    const COLUMNS: &'static [Column] = &[
        ("ID", Side::Left),
        ("LEFT", Side::Right),
        ("STATUS", Side::Left),
        ("EXPIRES", Side::Left),
        ("ISSUED", Side::Left),
    ];
    const FIELDS: &'static [&'static str] =
        &["id", "left", "currency", "status", "expires_at", "created_at"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.clone(),
            self.left.to_string(),
            self.status.clone(),
            moment(self.expires_at),
            self.created_at.to_string(),
        ]
    }

    fn fields(&self) -> Vec<String> {
        vec![
            self.id.clone(),
            self.left.amount_text(),
            self.left.currency().code().to_owned(),
            self.status.clone(),
            moment(self.expires_at),
            self.created_at.to_string(),
        ]
    }
}

impl Row for StoreCreditRow {
    const COLUMNS: &'static [Column] = &[
        ("CUSTOMER", Side::Left),
        ("LEFT", Side::Right),
        ("ID", Side::Left),
        ("SINCE", Side::Left),
    ];
    const FIELDS: &'static [&'static str] = &["id", "customer", "left", "currency", "created_at"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.customer.clone(),
            self.left.to_string(),
            self.id.clone(),
            self.created_at.to_string(),
        ]
    }

    fn fields(&self) -> Vec<String> {
        vec![
            self.id.clone(),
            self.customer.clone(),
            self.left.amount_text(),
            self.left.currency().code().to_owned(),
            self.created_at.to_string(),
        ]
    }
}

impl List for GiftCardList {
    type Row = GiftCardRow;

    fn rows(&self) -> &[GiftCardRow] {
        &self.gift_cards
    }

    fn when_empty(&self) -> String {
        "no gift cards".to_owned()
    }
}

impl List for StoreCreditList {
    type Row = StoreCreditRow;

    fn rows(&self) -> &[StoreCreditRow] {
        &self.store_credits
    }

    fn when_empty(&self) -> String {
        "nobody is owed store credit".to_owned()
    }
}
