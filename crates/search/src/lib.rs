//! The product search of a Sutler shop: plain documents in, plain answers out.
//!
//! This crate knows tantivy and nothing of stores, carts, orders or money. A caller turns each
//! product into a [`ProductDocument`], hands over [`Batch`]es together with the number of the last
//! event it has read, and asks [`SearchRequest`]s. The index is derived data: it may lag behind
//! the catalog, it never leads, and losing it loses nothing but the time to build it again.
//!
//! | module | one noun |
//! |---|---|
//! | [`ProductDocument`] | what is indexed: one document for one product |
//! | [`Batch`] | the changes of one commit |
//! | [`SearchIndex`] | the folder, its one writer and its readers |
//! | [`SearchRequest`], [`Filter`], [`FacetField`] | what is asked |
//! | [`SearchAnswer`] | what is answered, with exact counts |
//!
//! # From words to a page
//! ```text
//!   words ──► correct* ──► words::plan ──► strict? relaxed? ──► PageCollector ──► rerank* ──► hits
//!                                filters ──► resolve ──┘    └──► FacetCounter  ─────────────► facets
//! ```
//! 1. The text is cut into words as it was in the index: lower case, accents folded, English stems.
//! 2. Every word must be found in some field (*strict*). The last word, still being typed, also
//!    matches by its beginning. Only when too few products match, any word will do (*relaxed*).
//! 3. Filters narrow the result without touching the score.
//! 4. One pass over what is left counts it, keeps the best page and counts the facets. A facet
//!    whose own filter is set is counted in a pass of its own, without that filter.
//!
//! # Room left on purpose
//! The two steps marked `*` do not exist yet, and their places are fixed:
//! * **Query correction comes before** `words::plan`: it maps unknown words to known ones over the
//!   vocabulary of the index, and also normalizes units and numbers (which then has to happen in
//!   `analysis` too, alike for index and query). It changes words, never the query engine.
//! * **Reranking comes after** the page collector: it asks the collector for the best few hundred
//!   instead of one page and sorts those by features that BM25 does not know.
//!
//! # Invariants
//! * A commit is all or nothing, and carries the caller's cursor: after a crash the index says
//!   itself where to go on reading.
//! * Totals and facet counts are exact: they count products, never estimates. The one cap is on
//!   *matching*: the beginning of a last word stands for its 64 most frequent completions.
//! * Equal requests on an equal index give equal answers in equal order; ties are broken by id.
//! * A damaged or outdated folder is an answer, [`SearchError::NeedsRebuild`], never a panic.
//!
//! ```
//! use sutler_search::{Batch, Filter, PriceRange, ProductDocument, SearchIndex, SearchRequest};
//!
//! let index = SearchIndex::in_memory()?;
//! let mut batch = Batch::new();
//! batch.upsert(ProductDocument {
//!     id: "prod_1".into(),
//!     handle: "oak-table".into(),
//!     title: "Oak Dining Table".into(),
//!     description: "<p>Seats six.</p>".into(),
//!     brand: Some("Acme".into()),
//!     category_paths: vec![vec!["Furniture".into(), "Tables".into()]],
//!     attributes: vec![("Material".into(), "oak".into())],
//!     options: vec![("Length".into(), "180 cm".into())],
//!     skus: vec!["OAK-180".into()],
//!     tags: vec!["new".into()],
//!     price_range: Some(PriceRange { minor_min: 49_900, minor_max: 49_900 }),
//!     prices_shown: vec![],
//!     in_stock: true,
//!     created_ms: 0,
//!     shown_from_ms: None,
//!     shown_until_ms: None,
//! });
//! index.apply(batch, 17)?;
//!
//! let mut request = SearchRequest::new("tables oak");
//! request.filters.push(Filter::parse("price<500", 2)?);
//! request.facets.push("attribute.material".into());
//! let answer = index.search(&request)?;
//! assert_eq!(answer.total, 1);
//! assert_eq!(answer.hits[0].title, "Oak Dining Table");
//! assert_eq!(answer.facets[0].values[0].value, "oak");
//! assert_eq!(index.cursor()?, 17);
//! # Ok::<(), sutler_search::SearchError>(())
//! ```

mod analysis;
mod answer;
mod batch;
mod document;
mod encode;
mod error;
mod facet;
mod facet_counter;
mod filter;
mod filter_query;
mod folder;
mod index;
mod moment;
mod page;
mod plain_text;
mod query;
mod read_only;
mod schema;
mod search;
#[doc(hidden)]
pub mod testing;
mod words;

pub use answer::{Facet, FacetValue, Hit, SearchAnswer, UnmatchedFilter};
pub use batch::{Applied, Batch};
pub use document::{PriceRange, PriceShown, ProductDocument};
pub use error::SearchError;
pub use facet::FacetField;
pub use filter::{Filter, PriceComparison};
pub use index::SearchIndex;
pub use page::PageToken;
pub use plain_text::plain_text;
pub use query::{LIMIT_MAX, OFFSET_MAX, SearchRequest, Sort, WORDS_CHARS_MAX};
pub use schema::SCHEMA_VERSION;
