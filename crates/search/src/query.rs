//! What is asked: words, filters, facets, an order and a page.

use std::str::FromStr;

use crate::error::SearchError;
use crate::filter::{Filter, did_you_mean};
use crate::page::PageToken;

/// The longest text that is searched for, in characters.
pub const WORDS_CHARS_MAX: usize = 256;
/// The largest page.
pub const LIMIT_MAX: usize = 200;
/// How many hits can be skipped by number; beyond them, [`SearchRequest::after`] has no limit.
pub const OFFSET_MAX: usize = 10_000;
/// How many filters one request may have.
const FILTERS_MAX: usize = 100;
/// How many facets one request may have.
const FACETS_MAX: usize = 50;

/// One search.
///
/// Every field is plain; [`SearchRequest::new`] fills in what most searches want.
///
/// ```
/// use sutler_search::{Filter, SearchRequest, Sort};
/// # let index = sutler_search::testing::index()?;
///
/// let mut request = SearchRequest::new("shelf");
/// request.filters.push(Filter::parse("in_stock=true", 2)?);
/// request.sort = Sort::PriceAscending;
/// let answer = index.search(&request)?;
/// assert_eq!((answer.total, answer.hits[0].title.as_str()), (1, "Oak shelf"));
///
/// request.limit = 100_000;
/// assert_eq!(index.search(&request).unwrap_err().code(), "search.bad_request");
/// # Ok::<(), sutler_search::SearchError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SearchRequest {
    /// What the shopper typed, at most [`WORDS_CHARS_MAX`] characters. Empty: all products. A
    /// blank at the end says that the last word is complete.
    pub words: String,
    /// What the products must fulfill; see [`Filter`] for how several combine.
    pub filters: Vec<Filter>,
    /// What to count, by the names of [`crate::FacetField`]: `brand`, `option.Size`.
    pub facets: Vec<String>,
    /// The order of the hits.
    pub sort: Sort,
    /// The size of the page, at most [`LIMIT_MAX`]. `0` asks for counts alone.
    pub limit: usize,
    /// How many hits to skip, at most [`OFFSET_MAX`].
    pub offset: usize,
    /// Where the page begins: [`crate::SearchAnswer::next`] of the page before. In place of
    /// `offset`, as fast on the last page as on the first.
    pub after: Option<PageToken>,
    /// Below how many products with *all* words those with *any* word are taken too. Filters do
    /// not count here, so that choosing a filter never changes what the words mean. `0`: never.
    pub relax_below: u64,
    /// How many values of each facet to return.
    pub facet_values_max: usize,
    /// The moment at which products must be shown to buyers, in milliseconds since 1970-01-01T00:00:00Z. `None`: products
    /// are found whenever they are shown.
    pub at_ms: Option<i64>,
}

impl SearchRequest {
    /// Returns a search for `words`: the best 20, relaxed only instead of an empty page, without
    /// filters and facets.
    ///
    /// ```
    /// use sutler_search::{SearchRequest, Sort};
    ///
    /// let request = SearchRequest { sort: Sort::PriceAscending, ..SearchRequest::new("oak table") };
    /// assert_eq!((request.limit, request.relax_below), (20, 1));
    /// ```
    #[must_use]
    pub fn new(words: impl Into<String>) -> Self {
        SearchRequest {
            words: words.into(),
            filters: Vec::new(),
            facets: Vec::new(),
            sort: Sort::Relevance,
            limit: 20,
            offset: 0,
            after: None,
            relax_below: 1,
            facet_values_max: 100,
            at_ms: None,
        }
    }

    /// Checks the bounds that keep every search short.
    pub(crate) fn validate(&self) -> Result<(), SearchError> {
        let bad =
            |what: &str, why: String| Err(SearchError::BadRequest { what: what.to_owned(), why });
        let chars = self.words.chars().count();
        if chars > WORDS_CHARS_MAX {
            return bad(
                "these words",
                format!(
                    "they have {chars} characters, {WORDS_CHARS_MAX} are allowed; leave some out"
                ),
            );
        }
        for (what, given, most) in [
            ("this limit", self.limit, LIMIT_MAX),
            ("so many filters", self.filters.len(), FILTERS_MAX),
            ("so many facets", self.facets.len(), FACETS_MAX),
        ] {
            if given > most {
                return bad(what, format!("{given} is more than {most}"));
            }
        }
        if self.offset > OFFSET_MAX {
            return bad(
                "this offset",
                format!("{} is more than {OFFSET_MAX}; give `after` instead", self.offset),
            );
        }
        match &self.after {
            Some(_) if self.offset > 0 => {
                bad("both `offset` and `after`", "give one of them".to_owned())
            }
            Some(after) if after.sort() != self.sort => bad(
                "this `after`",
                format!("it belongs to a search sorted by {}", after.sort().name()),
            ),
            _ => Ok(()),
        }
    }
}

/// The order of the hits; equal ones stand in the order of their ids.
///
/// ```
/// use sutler_search::Sort;
///
/// assert_eq!("newest".parse::<Sort>()?, Sort::Newest);
/// assert_eq!(Sort::PriceDescending.name(), "price-descending");
/// let error = "titel".parse::<Sort>().unwrap_err();
/// assert!(error.to_string().contains("did you mean `title`"));
/// # Ok::<(), sutler_search::SearchError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sort {
    /// The best match first.
    Relevance,
    /// The lowest price first, by the lowest price of each product.
    PriceAscending,
    /// The highest price first, by the highest price of each product.
    PriceDescending,
    /// By the title, letter case and accents ignored.
    Title,
    /// The latest product first.
    Newest,
}

impl Sort {
    /// All orders, in the order of their names below.
    pub const ALL: [Sort; 5] =
        [Sort::Relevance, Sort::PriceAscending, Sort::PriceDescending, Sort::Title, Sort::Newest];

    /// Returns the name by which the order is asked for.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Sort::Relevance => "relevance",
            Sort::PriceAscending => "price-ascending",
            Sort::PriceDescending => "price-descending",
            Sort::Title => "title",
            Sort::Newest => "newest",
        }
    }
}

impl FromStr for Sort {
    type Err = SearchError;

    /// Reads a name as [`Sort::name`] gives it; `price` is `price-ascending`.
    fn from_str(text: &str) -> Result<Self, SearchError> {
        let name = text.trim().to_lowercase();
        if name == "price" {
            return Ok(Sort::PriceAscending);
        }
        if let Some(sort) = Sort::ALL.into_iter().find(|sort| sort.name() == name) {
            return Ok(sort);
        }
        let names = Sort::ALL.map(Sort::name);
        let hint = match did_you_mean(&name, names) {
            Some(known) => format!("did you mean `{known}`?"),
            None => format!("there are {}", names.join(", ")),
        };
        Err(SearchError::BadRequest {
            what: format!("the order `{text}`"),
            why: format!("there is no such order; {hint}"),
        })
    }
}
