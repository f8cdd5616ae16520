//! What is indexed: one plain document for one product.
//!
//! Everything a shopper can find, filter, count or sort by is here, already decided by the caller:
//! which channel's prices, which of the products are visible and when, what counts as in stock. There is no
//! currency in the index; a shop with several channels keeps one index per channel.
//!
//! Deliberately absent: variants as documents of their own. A shopper looks for products; the
//! variants' SKUs and options are on the product, and so is the range of their prices.

use crate::error::SearchError;

/// The longest product id, in bytes.
const ID_BYTES_MAX: usize = 256;

/// The lowest and the highest price among the variants of a product.
///
/// Units: minor units of the one currency that this index is in. Invariant, checked when a
/// document is applied: `0 <= minor_min <= minor_max`.
///
/// ```
/// use sutler_search::{Batch, PriceRange, ProductDocument};
/// # let index = sutler_search::testing::index()?;
///
/// let wrong = PriceRange { minor_min: 900, minor_max: 100 };
/// # let table = sutler_search::testing::document("prod_9", "Ash table", "Acme", 100);
/// let mut batch = Batch::new();
/// batch.upsert(ProductDocument { price_range: Some(wrong), ..table });
/// assert_eq!(index.apply(batch, 4).unwrap_err().code(), "search.bad_document");
/// # Ok::<(), sutler_search::SearchError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PriceRange {
    /// The lowest price, in minor units.
    pub minor_min: i64,
    /// The highest price, in minor units.
    pub minor_max: i64,
}

/// What is shown of a product's price from a moment on: prices change by the clock when a price list begins or ends.
///
/// ```
/// use sutler_search::{Batch, PriceRange, PriceShown, ProductDocument, SearchRequest};
/// # let index = sutler_search::testing::index()?;
///
/// let sale = PriceShown {
///     from_ms: 1_000,
///     price_range: PriceRange { minor_min: 90, minor_max: 120 },
///     lowest_before_minor: Some(100),
/// };
/// # let table = sutler_search::testing::document("prod_9", "Ash table", "Acme", 120);
/// let mut batch = Batch::new();
/// batch.upsert(ProductDocument { prices_shown: vec![sale], ..table });
/// index.apply(batch, 4)?;
/// let at = |ms| SearchRequest { at_ms: Some(ms), ..SearchRequest::new("ash") };
/// let before = index.search(&at(999))?.hits.remove(0);
/// assert_eq!((before.price_range.map(|range| range.minor_min), before.lowest_before_minor), (Some(120), None));
/// let then = index.search(&at(1_000))?.hits.remove(0);
/// assert_eq!((then.price_range.map(|range| range.minor_min), then.lowest_before_minor), (Some(90), Some(100)));
/// # Ok::<(), sutler_search::SearchError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PriceShown {
    /// The first moment, in milliseconds since 1970-01-01T00:00:00Z.
    pub from_ms: i64,
    /// What the variants cost then.
    pub price_range: PriceRange,
    /// When the lowest of these prices is a reduced one: the lowest price before the reduction, in minor units.
    pub lowest_before_minor: Option<i64>,
}

/// One product as the search sees it.
///
/// No `Default`: each field is a decision of the caller. Repeated entries of a list count once.
///
/// ```
/// use sutler_search::{Batch, PriceRange, ProductDocument, SearchRequest};
/// # let index = sutler_search::testing::index()?;
///
/// let mut batch = Batch::new();
/// batch.upsert(ProductDocument {
///     id: "prod_9".into(),
///     handle: "linen-shirt".into(),
///     title: "Linen shirt".into(),
///     description: "<p>Cool in <b>summer</b>.</p>".into(),
///     brand: None,
///     category_paths: vec![vec!["Apparel".into(), "Shirts".into()]],
///     attributes: vec![("Material".into(), "linen".into())],
///     options: vec![("Size".into(), "M".into()), ("Size".into(), "L".into())],
///     skus: vec!["LIN-M".into(), "LIN-L".into()],
///     tags: vec![],
///     price_range: Some(PriceRange { minor_min: 3_900, minor_max: 4_200 }),
///     prices_shown: vec![],
///     in_stock: true,
///     created_ms: 1_780_000_000_000,
///     shown_from_ms: None,
///     shown_until_ms: None,
/// });
/// index.apply(batch, 4)?;
/// assert_eq!(index.search(&SearchRequest::new("lin-m"))?.hits[0].id, "prod_9");
/// # Ok::<(), sutler_search::SearchError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProductDocument {
    /// The product's id as text: the key. At most 256 bytes, not empty.
    pub id: String,
    /// The product's name in addresses, given back with each hit.
    pub handle: String,
    /// The title: searched with the greatest weight, shown, sorted by.
    pub title: String,
    /// The description, as plain text or HTML; markup is taken out by [`plain_text`](crate::plain_text()).
    pub description: String,
    /// The brand, if there is one: searched, filtered, counted, shown.
    pub brand: Option<String>,
    /// Every category the product is in, each as the path from the root:
    /// `["Apparel", "Shirts"]`. A product in *Shirts* is also found under *Apparel*.
    pub category_paths: Vec<Vec<String>>,
    /// Facts by name: `("Material", "oak")`. Names are the same in any letter case.
    pub attributes: Vec<(String, String)>,
    /// Every option value that some variant has: `("Size", "M")`. Names as for attributes.
    pub options: Vec<(String, String)>,
    /// The SKUs of all variants: found whole or by their beginning, in any letter case.
    pub skus: Vec<String>,
    /// Free words of the shop.
    pub tags: Vec<String>,
    /// What the variants cost; `None` when nothing is priced. A product without a price is found
    /// by words, never by a price filter, and stands last in both orders by price.
    pub price_range: Option<PriceRange>,
    /// What hits show instead of the range that is filtered and sorted by, in the order of their moments.
    pub prices_shown: Vec<PriceShown>,
    /// Whether any variant can be bought now.
    pub in_stock: bool,
    /// When the product was created, in milliseconds since 1970-01-01T00:00:00Z.
    pub created_ms: i64,
    /// From when buyers see it, in milliseconds since 1970-01-01T00:00:00Z; `None`: since ever.
    pub shown_from_ms: Option<i64>,
    /// From when buyers do not see it any more, in the same unit; `None`: never.
    pub shown_until_ms: Option<i64>,
}

impl ProductDocument {
    /// Checks what the index relies on.
    pub(crate) fn validate(&self) -> Result<(), SearchError> {
        let bad = |why: String| Err(SearchError::BadDocument { id: self.id.clone(), why });
        if self.id.is_empty() {
            return bad("its id is empty; give the product's id as text".to_owned());
        }
        if self.id.len() > ID_BYTES_MAX {
            return bad(format!("its id is longer than {ID_BYTES_MAX} bytes"));
        }
        let shown = self.prices_shown.iter().map(|shown| Some(shown.price_range));
        std::iter::once(self.price_range).chain(shown).try_for_each(|range| match range {
            Some(range) if range.minor_min < 0 => {
                bad(format!("its lowest price, {} minor units, is negative", range.minor_min))
            }
            Some(range) if range.minor_min > range.minor_max => bad(format!(
                "its lowest price, {} minor units, is above its highest, {}",
                range.minor_min, range.minor_max
            )),
            _ => Ok(()),
        })
    }
}
