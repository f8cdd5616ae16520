//! Collections.

use sutler_core::catalog::Collection;
use sutler_core::id::{CollectionId, ProductId};
use sutler_core::pricing::Condition;

use super::{Sheet, view};
use crate::answer::{List, Row, Show};
use crate::page::Page;
use crate::table::{Column, Side};

view! {
    /// A flat, curated or rule-made set of products.
    CollectionRow {
        /// Identity.
        id: CollectionId,
        /// Its text key.
        handle: String,
        /// Its name.
        name: String,
        /// The products that were chosen.
        products: Vec<ProductId>,
        /// Conditions that bring products in when all hold, in words.
        rule: Vec<String>,
    }
}

view! {
    /// Collections.
    CollectionList {
        /// The collections, by handle.
        collections: Vec<CollectionRow>,
    }
}

impl From<&Collection> for CollectionRow {
    fn from(collection: &Collection) -> Self {
        Self {
            id: collection.id,
            handle: collection.handle.to_string(),
            name: collection.name.clone(),
            products: collection.products.clone(),
            rule: collection.rule.iter().map(Condition::to_string).collect(),
        }
    }
}

impl Show for CollectionRow {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.title(&format!("Collection {}", self.handle), &self.name);
        sheet.pair("id", &self.id.to_string());
        for product in &self.products {
            sheet.pair("chosen", &product.to_string());
        }
        for condition in &self.rule {
            sheet.pair("rule", condition);
        }
        sheet.finish()
    }
}

impl Row for CollectionRow {
    const COLUMNS: &'static [Column] = &[
        ("HANDLE", Side::Left),
        ("NAME", Side::Left),
        ("CHOSEN", Side::Right),
        ("RULE", Side::Left),
    ];
    const FIELDS: &'static [&'static str] = &["id", "handle", "name", "products", "rule"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.handle.clone(),
            self.name.clone(),
            self.products.len().to_string(),
            self.rule.join(", "),
        ]
    }

    fn fields(&self) -> Vec<String> {
        let products: Vec<String> = self.products.iter().map(ProductId::to_string).collect();
        vec![
            self.id.to_string(),
            self.handle.clone(),
            self.name.clone(),
            products.join("|"),
            self.rule.join("|"),
        ]
    }
}

impl List for CollectionList {
    type Row = CollectionRow;

    fn rows(&self) -> &[CollectionRow] {
        &self.collections
    }

    fn when_empty(&self) -> String {
        "no collections".to_owned()
    }
}
