//! A small index for the examples of this documentation, so that each of them shows its one thing.
//!
//! It holds an oak table and an oak shelf of Acme for 499.00 and 89.00, and a pine shelf of Birch
//! for 59.00 that is sold out. Its last event is number 3.

use crate::{Batch, PriceRange, ProductDocument, SearchError, SearchIndex};

/// Returns a document of a product of one variant.
#[must_use]
pub fn document(id: &str, title: &str, brand: &str, minor: i64) -> ProductDocument {
    ProductDocument {
        id: id.to_owned(),
        handle: title.to_lowercase().replace(' ', "-"),
        title: title.to_owned(),
        description: String::new(),
        brand: Some(brand.to_owned()),
        category_paths: vec![vec!["Home".to_owned(), "Furniture".to_owned()]],
        attributes: Vec::new(),
        options: Vec::new(),
        skus: vec![id.to_uppercase()],
        tags: Vec::new(),
        price_range: Some(PriceRange { minor_min: minor, minor_max: minor }),
        prices_shown: Vec::new(),
        in_stock: true,
        created_ms: 0,
        shown_from_ms: None,
        shown_until_ms: None,
    }
}

/// Returns the index.
///
/// Errors: as [`SearchIndex::in_memory`].
pub fn index() -> Result<SearchIndex, SearchError> {
    let index = SearchIndex::in_memory()?;
    let mut batch = Batch::new();
    batch.upsert(document("prod_1", "Oak table", "Acme", 49_900));
    batch.upsert(document("prod_2", "Oak shelf", "Acme", 8_900));
    let sold_out = document("prod_3", "Pine shelf", "Birch", 5_900);
    batch.upsert(ProductDocument { in_stock: false, ..sold_out });
    index.apply(batch, 3)?;
    Ok(index)
}
