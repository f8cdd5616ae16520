//! The shops of one place.

use sutler_core::port::ShopSummary;

use super::{Sheet, view};
use crate::answer::{List, Row, Show};
use crate::page::Page;
use crate::table::{Column, Side};

view! {
    /// One of the shops of a place. What cannot be looked into is null.
    ShopRow {
        /// The name of its schema, or of its file.
        name: String,
        /// What it is called.
        title: Option<String>,
        /// Its URL, without a password.
        store: String,
        /// The number of the last step of its schema; 0 where nobody may look.
        schema_version: u32,
        /// Orders, in any status.
        orders: Option<u64>,
        /// Its newest event.
        head: Option<u64>,
        /// How much room it takes.
        bytes: u64,
    }
}

view! {
    /// The shops of a place.
    ShopList {
        /// The shops, by name.
        shops: Vec<ShopRow>,
    }
}

view! {
    /// A shop that is taken away.
    DroppedView {
        /// What it held.
        shop: ShopRow,
        /// Whether it is gone; false for a dry run.
        dropped: bool,
    }
}

impl ShopRow {
    pub(crate) fn new(shop: ShopSummary, store: String) -> Self {
        let ShopSummary { name, title, schema, orders, head, bytes } = shop;
        Self { name, title, store, schema_version: schema, orders, head, bytes }
    }

    /// Returns how much room it takes, for people.
    pub(crate) fn size(&self) -> String {
        let tenths = |unit: u64| {
            let tenths = self.bytes.saturating_mul(10).div_ceil(unit);
            format!("{}.{}", tenths / 10, tenths % 10)
        };
        match self.bytes {
            0..1_000_000 => format!("{} kB", tenths(1_000)),
            1_000_000..1_000_000_000 => format!("{} MB", tenths(1_000_000)),
            _ => format!("{} GB", tenths(1_000_000_000)),
        }
    }
}

fn known(count: Option<u64>) -> String {
    count.map_or_else(|| "?".to_owned(), |count| count.to_string())
}

impl Row for ShopRow {
    const COLUMNS: &'static [Column] = &[
        ("SHOP", Side::Left),
        ("NAME", Side::Left),
        ("ORDERS", Side::Right),
        ("EVENTS", Side::Right),
        ("SCHEMA", Side::Right),
        ("SIZE", Side::Right),
    ];
    const FIELDS: &'static [&'static str] =
        &["name", "title", "store", "schema_version", "orders", "head", "bytes"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.title.clone().unwrap_or_default(),
            known(self.orders),
            known(self.head),
            self.schema_version.to_string(),
            self.size(),
        ]
    }

    fn fields(&self) -> Vec<String> {
        let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
        vec![
            self.name.clone(),
            self.title.clone().unwrap_or_default(),
            self.store.clone(),
            self.schema_version.to_string(),
            count(self.orders),
            count(self.head),
            self.bytes.to_string(),
        ]
    }
}

impl List for ShopList {
    type Row = ShopRow;

    fn rows(&self) -> &[ShopRow] {
        &self.shops
    }

    fn when_empty(&self) -> String {
        "no shops".to_owned()
    }
}

impl Show for DroppedView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.pair("shop", &self.shop.name);
        sheet.pair("name", self.shop.title.as_deref().unwrap_or_default());
        sheet.pair("orders", &known(self.shop.orders));
        sheet.pair("events", &known(self.shop.head));
        sheet.pair("size", &self.shop.size());
        sheet.pair("dropped", if self.dropped { "yes" } else { "no" });
        sheet.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_in_the_unit_that_fits() {
        let size = |bytes| {
            let summary = ShopSummary { bytes, ..ShopSummary::default() };
            ShopRow::new(summary, String::new()).size()
        };
        assert_eq!(size(0), "0.0 kB");
        assert_eq!(size(8_192), "8.2 kB");
        assert_eq!(size(14_150_000), "14.2 MB");
        assert_eq!(size(2_000_000_000), "2.0 GB");
    }
}
