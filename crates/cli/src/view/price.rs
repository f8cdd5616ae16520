//! Prices: those of a variant at a moment, and what it cost before.

use sutler_core::id::{PriceListId, VariantId};
use sutler_core::money::Money;
use sutler_core::pricing::PriceStanding;
use sutler_core::status::word;
use sutler_core::time::Timestamp;
use sutler_engine::flow::price::{PriceHistoryView, PriceView, Rung};

use super::{Sheet, view};
use crate::answer::{List, Row, Show};
use crate::page::Page;
use crate::table::{Column, Side, Table};

view! {
    /// A price in its list.
    PriceRow {
        /// The list.
        price_list_id: PriceListId,
        /// Name of the list.
        price_list: String,
        /// From how many units on.
        min_quantity: u32,
        /// What one unit costs.
        amount: Money,
        /// The struck-through earlier price.
        compare_at: Option<Money>,
        /// The only customer group that the list applies to.
        customer_group: Option<String>,
        /// The first moment at which the list holds.
        valid_from: Option<Timestamp>,
        /// The first moment at which the list no longer holds.
        valid_until: Option<Timestamp>,
        /// `applies`, or why not: `other_currency`, `other_channel`, `other_group`, `not_yet`, `over`, `outranked`.
        standing: String,
    }
}

view! {
    /// The prices of a variant for a buyer in no customer group.
    PriceShown {
        /// The variant.
        variant: VariantId,
        /// What people call it.
        label: String,
        /// Code of the channel.
        channel: String,
        /// The moment.
        at: Timestamp,
        /// What one unit costs.
        price: Option<Money>,
        /// Name of the list that says so.
        price_list: Option<String>,
        /// Since when the price is a reduced one; `null` when it is not.
        reduced_since: Option<Timestamp>,
        /// The lowest price of the 30 days before the reduction (Directive 98/6/EC, Article 6a).
        lowest_price_30_days: Option<Money>,
        /// Its prices in every list.
        prices: Vec<PriceRow>,
    }
}

view! {
    /// What an export of price lists wrote.
    PriceExportView {
        /// The file.
        file: String,
        /// Lists in it.
        price_lists: u64,
        /// Prices in it.
        prices: u64,
    }
}

view! {
    /// What one unit cost for a while.
    PricePeriodRow {
        /// The first moment of it.
        since: Timestamp,
        /// The first moment after it; `null` when nothing that is known now ends it.
        until: Option<Timestamp>,
        /// What one unit cost.
        amount: Money,
        /// Name of the list that said so.
        price_list: String,
    }
}

view! {
    /// What one unit of a variant cost for a buyer in no customer group, oldest first.
    PriceHistoryList {
        /// The variant.
        variant: VariantId,
        /// What people call it.
        label: String,
        /// Code of the channel.
        channel: String,
        /// The periods; a stretch without any price is a gap between two.
        periods: Vec<PricePeriodRow>,
    }
}

impl From<&Rung> for PriceRow {
    fn from(rung: &Rung) -> Self {
        Self {
            price_list_id: rung.list.id,
            price_list: rung.list.name.clone(),
            min_quantity: rung.price.min_quantity,
            amount: rung.price.amount,
            compare_at: rung.price.compare_at,
            customer_group: rung.list.customer_group.clone(),
            valid_from: rung.list.window.from,
            valid_until: rung.list.window.until,
            standing: word(rung.standing),
        }
    }
}

impl From<&PriceView> for PriceShown {
    fn from(view: &PriceView) -> Self {
        let charged = view.charged();
        Self {
            variant: view.variant,
            label: view.label.clone(),
            channel: view.channel.code.clone(),
            at: view.at,
            price: charged.map(|rung| rung.price.amount),
            price_list: charged.map(|rung| rung.list.name.clone()),
            reduced_since: view.reduction.map(|reduction| reduction.since),
            lowest_price_30_days: view.reduction.map(|reduction| reduction.lowest_before),
            prices: view.rungs.iter().map(PriceRow::from).collect(),
        }
    }
}

impl From<&PriceHistoryView> for PriceHistoryList {
    fn from(view: &PriceHistoryView) -> Self {
        let periods = view.periods.iter().map(|period| PricePeriodRow {
            since: period.since,
            until: period.until,
            amount: period.amount,
            price_list: view.list_name(period.list),
        });
        Self {
            variant: view.variant,
            label: view.label.clone(),
            channel: view.channel.code.clone(),
            periods: periods.collect(),
        }
    }
}

impl PriceRow {
    /// Says how it stands, in words for people.
    fn standing_text(&self) -> String {
        let moment = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.to_string());
        if self.standing == word(PriceStanding::OtherGroup) {
            format!("for {} only", self.customer_group.as_deref().unwrap_or_default())
        } else if self.standing == word(PriceStanding::NotYet) {
            format!("from {} on", moment(self.valid_from))
        } else if self.standing == word(PriceStanding::Over) {
            format!("ended {}", moment(self.valid_until))
        } else if self.standing == word(PriceStanding::Outranked) {
            "a narrower list goes first".to_owned()
        } else {
            self.standing.replace('_', " ")
        }
    }
}

const PRICES: &[Column] = &[
    ("PRICE LIST", Side::Left),
    ("FROM UNITS", Side::Right),
    ("PRICE", Side::Right),
    ("BEFORE", Side::Right),
    ("STANDING", Side::Left),
];

impl Show for PriceShown {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        let price = self.price.map_or_else(|| "no price".to_owned(), |price| price.to_string());
        sheet.title(&self.label, &format!("{price} in {}", self.channel));
        sheet.some("price list", self.price_list.as_deref());
        if let (Some(since), Some(lowest)) = (self.reduced_since, self.lowest_price_30_days) {
            sheet.pair("reduced", &format!("since {since}"));
            sheet.pair("30 days", &format!("{lowest} was the lowest price before"));
        }
        let mut table = Table::new(PRICES);
        for row in &self.prices {
            table.row([
                row.price_list.clone(),
                row.min_quantity.to_string(),
                row.amount.to_string(),
                row.compare_at.map_or_else(String::new, |amount| amount.to_string()),
                row.standing_text(),
            ]);
        }
        sheet.gap().table(&table);
        sheet.finish()
    }
}

impl Show for PriceExportView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.title(&self.file, "price-list");
        sheet.pair("price lists", &self.price_lists.to_string());
        sheet.pair("prices", &self.prices.to_string());
        sheet.finish()
    }
}

impl Row for PricePeriodRow {
    const COLUMNS: &'static [Column] = &[
        ("SINCE", Side::Left),
        ("UNTIL", Side::Left),
        ("PRICE", Side::Right),
        ("PRICE LIST", Side::Left),
    ];
    const FIELDS: &'static [&'static str] = &["since", "until", "amount", "currency", "price_list"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.since.to_string(),
            self.until.map_or_else(String::new, |until| until.to_string()),
            self.amount.to_string(),
            self.price_list.clone(),
        ]
    }

    fn fields(&self) -> Vec<String> {
        vec![
            self.since.to_string(),
            self.until.map_or_else(String::new, |until| until.to_string()),
            self.amount.amount_text(),
            self.amount.currency().code().to_owned(),
            self.price_list.clone(),
        ]
    }
}

impl List for PriceHistoryList {
    type Row = PricePeriodRow;

    fn rows(&self) -> &[PricePeriodRow] {
        &self.periods
    }

    fn when_empty(&self) -> String {
        let label = crate::clean::one_line(&self.label);
        format!("{label} never had a price in {}", self.channel)
    }
}
