//! What a search answers: exact numbers, one page of hits, the counts of the facets.

use crate::document::PriceRange;
use crate::page::PageToken;

/// The answer to one [`crate::SearchRequest`].
///
/// ```
/// use sutler_search::SearchRequest;
/// # let index = sutler_search::testing::index()?;
///
/// let page = SearchRequest { limit: 1, ..SearchRequest::new("oak") };
/// let first = index.search(&page)?;
/// assert_eq!((first.total, first.hits.len(), first.relaxed), (2, 1, false));
///
/// let second = index.search(&SearchRequest { after: first.next, ..page })?;
/// assert_eq!((second.total, second.hits.len()), (2, 1));
/// assert!(second.next.is_none() && second.hits != first.hits);
/// # Ok::<(), sutler_search::SearchError>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct SearchAnswer {
    /// How many products match, exactly; the hits are one page of them.
    pub total: u64,
    /// Whether too few products had all words, so that products with any of them were taken.
    /// Products with all words still come first under [`crate::Sort::Relevance`].
    pub relaxed: bool,
    /// The page asked for, in order.
    pub hits: Vec<Hit>,
    /// The facets asked for, in the order asked.
    pub facets: Vec<Facet>,
    /// Where the next page begins, when there is one: for [`crate::SearchRequest::after`].
    pub next: Option<PageToken>,
    /// Filters whose value no product has: the reason for a page that is empty or too short.
    pub unmatched: Vec<UnmatchedFilter>,
}

/// One product found.
///
/// ```
/// use sutler_search::{PriceRange, SearchRequest};
/// # let index = sutler_search::testing::index()?;
///
/// let hit = index.search(&SearchRequest::new("pine"))?.hits.remove(0);
/// assert_eq!((hit.handle.as_str(), hit.brand.as_deref()), ("pine-shelf", Some("Birch")));
/// assert_eq!(hit.price_range, Some(PriceRange { minor_min: 5_900, minor_max: 5_900 }));
/// assert!(!hit.in_stock);
/// # Ok::<(), sutler_search::SearchError>(())
/// ```
#[derive(Clone, PartialEq, Debug)]
#[non_exhaustive]
pub struct Hit {
    /// The product's id, as it was indexed.
    pub id: String,
    /// The product's name in addresses.
    pub handle: String,
    /// The title.
    pub title: String,
    /// The brand, if there is one.
    pub brand: Option<String>,
    /// What the variants cost, in minor units; `None` when nothing is priced.
    pub price_range: Option<PriceRange>,
    /// When the lowest of these prices is a reduced one: the lowest price before the reduction, in minor units.
    pub lowest_before_minor: Option<i64>,
    /// Whether any variant could be bought when the product was indexed.
    pub in_stock: bool,
    /// How well the product fits the words; comparable within one answer only, and `0` when the
    /// answer is not sorted by relevance.
    pub score: f32,
}

/// The counts of one facet.
///
/// They count the products that match the words and all filters *except this facet's own*: so a
/// shopper who chose one brand sees how many products each other brand would bring.
///
/// ```
/// use sutler_search::{Filter, SearchRequest};
/// # let index = sutler_search::testing::index()?;
///
/// let mut request = SearchRequest::new("");
/// request.filters.push(Filter::Brand("Acme".into()));
/// request.facets = vec!["brand".into(), "in_stock".into()];
/// let answer = index.search(&request)?;
/// let brand = &answer.facets[0];
/// assert_eq!((brand.name.as_str(), brand.distinct), ("brand", 2), "Birch could be chosen too");
/// assert_eq!(answer.facets[1].distinct, 1, "but nothing of Acme is sold out");
/// # Ok::<(), sutler_search::SearchError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Facet {
    /// The facet as it was asked for: `brand`, `option.Size`.
    pub name: String,
    /// The most frequent values, most frequent first, equal ones by the alphabet.
    pub values: Vec<FacetValue>,
    /// How many different values there are; more than `values` holds when those were cut off.
    pub distinct: u64,
}

/// One value of a facet.
///
/// ```
/// use sutler_search::SearchRequest;
/// # let index = sutler_search::testing::index()?;
///
/// let request = SearchRequest { facets: vec!["brand".into()], ..SearchRequest::new("") };
/// let facet = index.search(&request)?.facets.remove(0);
/// let counts: Vec<(&str, u64)> =
///     facet.values.iter().map(|found| (found.value.as_str(), found.count)).collect();
/// assert_eq!(counts, [("Acme", 2), ("Birch", 1)]);
/// # Ok::<(), sutler_search::SearchError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct FacetValue {
    /// The value, written as a filter takes it: a category is `Apparel/Shirts`.
    pub value: String,
    /// How many products have it, exactly.
    pub count: u64,
}

/// A filter whose value no product has.
///
/// ```
/// use sutler_search::{Filter, SearchRequest};
/// # let index = sutler_search::testing::index()?;
///
/// let filters = vec![Filter::Brand("Acne".into())];
/// let answer = index.search(&SearchRequest { filters, ..SearchRequest::new("oak") })?;
/// let unmatched = &answer.unmatched[0];
/// assert_eq!((unmatched.field.as_str(), unmatched.value.as_str()), ("brand", "Acne"));
/// assert_eq!(unmatched.did_you_mean.as_deref(), Some("Acme"));
/// # Ok::<(), sutler_search::SearchError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct UnmatchedFilter {
    /// The field: `brand`, `option.size`.
    pub field: String,
    /// The value that was asked for.
    pub value: String,
    /// The most similar value there is, if one is similar.
    pub did_you_mean: Option<String>,
}
