//! What a catalog file says about one product, in plain words, before anything is decided.
//!
//! A draft is what every file format is read into. It knows no ids and no store. `None` means that the file does
//! not speak of the field at all (the column is absent): the shop keeps what it has. `Some` with an empty text, an
//! empty list or [`Said::Cleared`] means that the file says *nothing there*: the field is cleared.
//!
//! Deliberately absent: which format the draft came from, and any lookup of what exists.

use serde::{Deserialize, Serialize};

use crate::catalog::Dimensions;
use crate::money::Money;
use crate::pricing::TaxCategory;
use crate::time::Timestamp;

/// What a file says about an optional fact: a value, or expressly none.
///
/// ```
/// use sutler_core::import::Said;
///
/// assert_eq!(Said::Value("Acme").value(), Some(&"Acme"));
/// assert_eq!(Said::<&str>::Cleared.value(), None);
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said<T> {
    /// The cell is blank: the fact is cleared.
    Cleared,
    /// The cell holds a value.
    Value(T),
}

impl<T> Said<T> {
    /// Returns the value, `None` when it was cleared.
    pub fn value(&self) -> Option<&T> {
        match self {
            Said::Cleared => None,
            Said::Value(value) => Some(value),
        }
    }
}

/// One product of a file with all its variants and images.
///
/// Invariants: `handle` is not empty; every variant has as many option values as `option_names`.
///
/// ```
/// use sutler_core::import::{ProductDraft, Said};
///
/// let speaks_of_little = ProductDraft {
///     handle: "wool-blanket".to_owned(),
///     title: Some("Wool blanket".to_owned()),
///     brand: Some(Said::Cleared),
///     ..ProductDraft::default()
/// };
/// assert_eq!(speaks_of_little.description, None, "the shop keeps what it has");
/// assert_ne!(speaks_of_little.brand, None, "the brand goes");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ProductDraft {
    /// The text key of the product in the file: handle, slug or url key.
    pub handle: String,
    /// The product's id in the system the file came from.
    pub external_id: Option<String>,
    /// Title for people.
    pub title: Option<String>,
    /// Description, HTML as the merchant wrote it.
    pub description: Option<String>,
    /// Brand name.
    pub brand: Option<Said<String>>,
    /// Category paths, root first: `["Apparel", "Shirts"]`. Usually one.
    pub categories: Option<Vec<Vec<String>>>,
    /// The merchant's own word for the kind of product (Shopify `Type`).
    pub product_type: Option<Said<String>>,
    /// Tags.
    pub tags: Option<Vec<String>>,
    /// `active`, `draft` or `archived`.
    pub status: Option<crate::catalog::ProductStatus>,
    /// Whether the online channel shows it.
    pub published: Option<bool>,
    /// From when on buyers see it.
    pub publish_from: Option<Said<Timestamp>>,
    /// From when on they no longer do.
    pub publish_until: Option<Said<Timestamp>>,
    /// Names of the options in order; empty for a product with one plain variant.
    pub option_names: Vec<String>,
    /// Images in order, each URL once.
    pub images: Option<Vec<ImageDraft>>,
    /// Page title for search engines.
    pub seo_title: Option<Said<String>>,
    /// Page description for search engines.
    pub seo_description: Option<Said<String>>,
    /// Further facts under the file's own (canonical) names, in file order: custom columns, metafields, feed fields. A blank text clears the name.
    pub metadata: Vec<(String, String)>,
    /// Variants in file order.
    pub variants: Vec<VariantDraft>,
}

/// One picture of a product.
///
/// ```
/// use sutler_core::import::ImageDraft;
///
/// let url = "https://shop.example/blanket.jpg".to_owned();
/// assert_eq!(ImageDraft { url, ..ImageDraft::default() }.alt, "");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct ImageDraft {
    /// Absolute URL or path as written.
    pub url: String,
    /// Text for people who cannot see it.
    pub alt: String,
}

/// One variant row of a file.
///
/// ```
/// use sutler_core::import::{Said, VariantDraft};
/// use sutler_core::money::{Currency, Money};
///
/// let large = VariantDraft {
///     option_values: vec!["Large".to_owned()],
///     sku: Some(Said::Value("BLANKET-L".to_owned())),
///     price: Some(Money::parse("65.00", Currency::EUR)?),
///     stock: Some(-1),
///     ..VariantDraft::default()
/// };
/// assert_eq!(large.tracks_stock, None, "the file has no such column");
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct VariantDraft {
    /// Physical line of its row, for messages about it.
    pub line: u64,
    /// Values of the product's options, in the order of the names.
    pub option_values: Vec<String>,
    /// The merchant's label; `None` when the file has no such column.
    pub sku: Option<Said<String>>,
    /// EAN, UPC, ISBN or the like.
    pub barcode: Option<Said<String>>,
    /// Weight in grams.
    pub weight_grams: Option<Said<u32>>,
    /// Selling price. `None`: the file does not say.
    pub price: Option<Money>,
    /// Struck-through earlier price.
    pub compare_at: Option<Said<Money>>,
    /// What the variant costs the merchant, in minor units of the file's currency.
    pub unit_cost: Option<Said<Money>>,
    /// Units at the import's stock location as the file states them; may be negative in real files.
    pub stock: Option<i64>,
    /// Whether stock is counted at all (Shopify: a non-blank inventory tracker).
    pub tracks_stock: Option<bool>,
    /// Whether selling goes on when stock is out (Shopify policy `continue`).
    pub sells_without_stock: Option<bool>,
    /// Whether it is shipped (false: digital, service).
    pub requires_shipping: Option<bool>,
    /// Whether it is taxed.
    pub taxable: Option<bool>,
    /// What kind of goods it is for tax; cleared is the import's usual one.
    pub tax_category: Option<Said<TaxCategory>>,
    /// Outer size.
    pub dimensions: Option<Said<Dimensions>>,
    /// The merchant's tax code.
    pub tax_code: Option<Said<String>>,
    /// URL of the picture that shows this variant.
    pub image_url: Option<Said<String>>,
    /// Further facts under the file's own (canonical) names. A blank text clears the name.
    pub metadata: Vec<(String, String)>,
}

/// One line of a stock file: how many units of a variant stand at a location.
///
/// ```
/// use sutler_core::import::StockDraft;
///
/// let counted = StockDraft {
///     line: 2,
///     handle: "wool-blanket".to_owned(),
///     option_values: vec!["Large".to_owned()],
///     sku: "BLANKET-L".to_owned(),
///     location: "Back room".to_owned(),
///     expected_on_hand: Some(5),
///     on_hand: Some(4),
/// };
/// let not_counted = StockDraft { on_hand: None, ..counted.clone() };
/// assert_ne!(counted, not_counted, "a blank cell changes nothing; 0 empties the shelf");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StockDraft {
    /// Physical line of its row.
    pub line: u64,
    /// Product handle.
    pub handle: String,
    /// Option values that name the variant; blanks and `Default Title` removed.
    pub option_values: Vec<String>,
    /// SKU where given; identity is handle and options.
    pub sku: String,
    /// Name of the stock location.
    pub location: String,
    /// Compare-and-swap guard: the count that must still stand. `None`: no guard in this shape.
    pub expected_on_hand: Option<i64>,
    /// The new count; `None` for `not stocked` or a blank input cell: the row changes nothing.
    pub on_hand: Option<i64>,
}
