//! The fields of the index, and the version that says when an index is too old for this code.
//!
//! Searched by words: `title`, `brand_words`, `keywords` (categories, tags, options, attributes)
//! and `description`, each stemmed, with frequencies but without positions, which nothing reads.
//! Completed while typing: `typed`. Found as codes: `sku`.
//!
//! Filtered and counted: `brand`, `category`, `tag`, `option`, `attribute`, `in_stock`, each both
//! as terms and as a column. Options and attributes share one column each, with
//! `name ␟ value` as the value, because a shop may have thousands of names; those of one name lie
//! side by side in the column's dictionary. A category is stored with all its ancestors.
//!
//! Shown only: what stands in `shown`, among it the prices of several moments. What is filtered and sorted by has one price.
//!
//! Left out by the moment of the search: `shown_from`, `shown_until`.
//!
//! Sorted by: `price_min`, `price_max`, `created`, `title_key`, and `id` for ties.

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, STRING, Schema, SchemaBuilder,
    TextFieldIndexing, TextOptions,
};

use crate::analysis::{CODE, STEMMED, TYPED};

/// The version of everything that is written: fields, analyzers, encoding.
///
/// Raised by hand whenever any of them changes, or tantivy by a minor version. An index of another
/// version answers [`crate::SearchError::NeedsRebuild`].
pub const SCHEMA_VERSION: u32 = 3;

/// Stands between the parts of a stored value: the levels of a category, a name and its value. No
/// cleaned value contains it, and it sorts before every character that one can contain.
pub(crate) const SEPARATOR: char = '\u{1f}';

/// Follows directly after [`SEPARATOR`] in the order of characters.
pub(crate) const AFTER_SEPARATOR: char = '\u{20}';

/// The fields, by the same names as in the schema.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    pub(crate) id: Field,
    pub(crate) shown: Field,
    pub(crate) title: Field,
    pub(crate) brand_words: Field,
    pub(crate) keywords: Field,
    pub(crate) description: Field,
    pub(crate) typed: Field,
    pub(crate) sku: Field,
    pub(crate) brand: Field,
    pub(crate) category: Field,
    pub(crate) tag: Field,
    pub(crate) option: Field,
    pub(crate) attribute: Field,
    pub(crate) in_stock: Field,
    pub(crate) names: Field,
    pub(crate) shown_from: Field,
    pub(crate) shown_until: Field,
    pub(crate) price_min: Field,
    pub(crate) price_max: Field,
    pub(crate) created: Field,
    pub(crate) title_key: Field,
}

/// Returns the schema and its fields.
pub(crate) fn schema() -> (Schema, Fields) {
    let mut builder = SchemaBuilder::new();
    let fields = Fields {
        id: builder.add_text_field("id", STRING | FAST),
        shown: builder.add_text_field("shown", STORED),
        title: builder.add_text_field("title", words(STEMMED)),
        brand_words: builder.add_text_field("brand_words", words(STEMMED)),
        keywords: builder.add_text_field("keywords", words(STEMMED)),
        description: builder.add_text_field("description", words(STEMMED)),
        typed: builder.add_text_field("typed", terms(TYPED)),
        sku: builder.add_text_field("sku", terms(CODE)),
        brand: builder.add_text_field("brand", STRING | FAST),
        category: builder.add_text_field("category", STRING | FAST),
        tag: builder.add_text_field("tag", STRING | FAST),
        option: builder.add_text_field("option", STRING | FAST),
        attribute: builder.add_text_field("attribute", STRING | FAST),
        in_stock: builder.add_text_field("in_stock", STRING | FAST),
        names: builder.add_text_field("names", FAST),
        shown_from: builder.add_i64_field("shown_from", INDEXED),
        shown_until: builder.add_i64_field("shown_until", INDEXED),
        price_min: builder.add_i64_field("price_min", FAST | INDEXED),
        price_max: builder.add_i64_field("price_max", FAST | INDEXED),
        created: builder.add_i64_field("created", FAST),
        title_key: builder.add_text_field("title_key", FAST),
    };
    (builder.build(), fields)
}

/// Text that is scored: which words, and how often.
fn words(analyzer: &str) -> TextOptions {
    TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer(analyzer)
            .set_index_option(IndexRecordOption::WithFreqs),
    )
}

/// Text that is only found: which words.
fn terms(analyzer: &str) -> TextOptions {
    TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer(analyzer)
            .set_index_option(IndexRecordOption::Basic)
            .set_fieldnorms(false),
    )
}
