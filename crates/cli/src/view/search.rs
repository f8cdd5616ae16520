//! What a search found.

use sutler_core::money::{Currency, Money};
use sutler_engine::search::{Hit, SearchAnswer};

use super::{Sheet, view};
use crate::answer::{List, Row};
use crate::page::Page;
use crate::table::{Column, Side, Table};

view! {
    /// One product found.
    HitRow {
        /// Id of the product.
        id: String,
        /// Its text key in addresses and files.
        handle: String,
        /// Its title.
        title: String,
        /// Its brand.
        brand: Option<String>,
        /// The lowest price of its variants.
        price_from: Option<Money>,
        /// The highest price of its variants.
        price_to: Option<Money>,
        /// When `price_from` is a reduced price: the lowest of the 30 days before (Directive 98/6/EC, Article 6a).
        lowest_price_30_days: Option<Money>,
        /// Whether any variant could be bought when it was indexed.
        in_stock: bool,
    }
}

view! {
    /// One value of a facet.
    FacetValueView {
        /// The value, as a filter takes it.
        value: String,
        /// How many products have it, exactly.
        count: u64,
    }
}

view! {
    /// The counts of one facet, without regard to its own filter.
    FacetView {
        /// The facet as it was asked for.
        name: String,
        /// The most frequent values.
        values: Vec<FacetValueView>,
        /// How many different values there are.
        distinct: u64,
    }
}

view! {
    /// A filter whose value no product has.
    UnmatchedView {
        /// The field.
        field: String,
        /// The value that was asked for.
        value: String,
        /// The most similar value there is.
        did_you_mean: Option<String>,
    }
}

view! {
    /// What a search found.
    SearchView {
        /// How many products match, exactly.
        total: u64,
        /// Whether products with any of the words were taken, because too few had all.
        relaxed: bool,
        /// One page of the products.
        hits: Vec<HitRow>,
        /// The facets asked for.
        facets: Vec<FacetView>,
        /// Filters that match nothing.
        unmatched: Vec<UnmatchedView>,
        /// For `--after`: where the next page begins.
        next: Option<String>,
    }
}

impl HitRow {
    fn new(hit: &Hit, currency: Currency) -> Self {
        let range = hit.price_range.as_ref();
        Self {
            id: hit.id.clone(),
            handle: hit.handle.clone(),
            title: hit.title.clone(),
            brand: hit.brand.clone(),
            price_from: range.map(|range| Money::from_minor(range.minor_min, currency)),
            price_to: range.map(|range| Money::from_minor(range.minor_max, currency)),
            lowest_price_30_days: hit
                .lowest_before_minor
                .map(|minor| Money::from_minor(minor, currency)),
            in_stock: hit.in_stock,
        }
    }

    fn price_text(&self) -> String {
        let mut text = match (self.price_from, self.price_to) {
            (Some(from), Some(to)) if from == to => from.to_string(),
            (Some(from), Some(to)) => format!("{} – {to}", from.amount_text()),
            _ => String::new(),
        };
        if let Some(lowest) = self.lowest_price_30_days {
            text.push_str(&format!(" (30 days before: {})", lowest.amount_text()));
        }
        text
    }
}

impl SearchView {
    /// Puts an answer into the currency of the shop.
    pub(crate) fn new(answer: &SearchAnswer, currency: Currency) -> Self {
        Self {
            total: answer.total,
            relaxed: answer.relaxed,
            hits: answer.hits.iter().map(|hit| HitRow::new(hit, currency)).collect(),
            facets: answer
                .facets
                .iter()
                .map(|facet| FacetView {
                    name: facet.name.clone(),
                    values: facet
                        .values
                        .iter()
                        .map(|value| FacetValueView {
                            value: value.value.clone(),
                            count: value.count,
                        })
                        .collect(),
                    distinct: facet.distinct,
                })
                .collect(),
            unmatched: answer
                .unmatched
                .iter()
                .map(|filter| UnmatchedView {
                    field: filter.field.clone(),
                    value: filter.value.clone(),
                    did_you_mean: filter.did_you_mean.clone(),
                })
                .collect(),
            next: answer.next.as_ref().map(ToString::to_string),
        }
    }
}

impl Row for HitRow {
    const COLUMNS: &'static [Column] = &[
        ("TITLE", Side::Left),
        ("BRAND", Side::Left),
        ("PRICE", Side::Right),
        ("STOCK", Side::Left),
        ("HANDLE", Side::Left),
    ];
    const FIELDS: &'static [&'static str] = &[
        "id",
        "handle",
        "title",
        "brand",
        "price_from",
        "price_to",
        "currency",
        "in_stock",
        "lowest_price_30_days",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.title.clone(),
            self.brand.clone().unwrap_or_default(),
            self.price_text(),
            if self.in_stock { "in stock".to_owned() } else { "sold out".to_owned() },
            self.handle.clone(),
        ]
    }

    fn fields(&self) -> Vec<String> {
        let amount = |amount: Option<Money>| amount.map_or_else(String::new, Money::amount_text);
        vec![
            self.id.clone(),
            self.handle.clone(),
            self.title.clone(),
            self.brand.clone().unwrap_or_default(),
            amount(self.price_from),
            amount(self.price_to),
            self.price_from.map_or_else(String::new, |price| price.currency().code().to_owned()),
            self.in_stock.to_string(),
            amount(self.lowest_price_30_days),
        ]
    }
}

const VALUES: &[Column] = &[("", Side::Right), ("", Side::Left)];

impl List for SearchView {
    type Row = HitRow;

    fn rows(&self) -> &[HitRow] {
        &self.hits
    }

    fn when_empty(&self) -> String {
        // Of none shown, the number is still told below.
        if self.total > 0 { "none shown" } else { "nothing found" }.to_owned()
    }

    fn rest(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        for facet in &self.facets {
            sheet.gap().title(&facet.name, &format!("{} different", facet.distinct));
            let mut table = Table::new(VALUES);
            for value in &facet.values {
                table.row([value.count.to_string(), value.value.clone()]);
            }
            for line in table.text(page, 2).lines().skip(1) {
                sheet.marked(line);
            }
        }
        let rest = sheet.finish();
        if rest.is_empty() { rest } else { format!("\n{rest}") }
    }
}
