//! Products and their variants.
//!
//! A [`Product`] is described once; a [`Variant`] is what is bought: one choice of every option. Both are written
//! together, as one record with one version. Variants are never deleted, because orders and stock point to them:
//! they are retired.
//!
//! Invariants, checked by [`Product::check`]: a product has at least one variant; every variant has one value for each
//! option; no two variants in use have the same values.
//!
//! Deliberately absent: prices (see `pricing`), stock (see `inventory`), and any notion of a hidden master variant.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Attribute, AttributeValue, Handle, Sku};
use crate::id::{CategoryId, ProductId, VariantId};
use crate::money::Money;
use crate::pricing::{TaxCategory, Window};
use crate::time::Timestamp;

/// The attribute of a product that is dangerous to carry.
const DANGEROUS_GOODS: &str = "dangerous_goods";

/// Where a product is in its lifecycle.
///
/// ```
/// use sutler_core::catalog::ProductStatus;
///
/// assert_eq!(serde_json::from_str::<ProductStatus>("\"archived\"")?, ProductStatus::Archived);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductStatus {
    /// Being prepared; not sold.
    Draft,
    /// On sale where published.
    Active,
    /// Kept for its history; not sold.
    Archived,
}

/// A picture.
///
/// ```
/// use sutler_core::catalog::Image;
///
/// let image: Image = serde_json::from_str(r#"{ "url": "https://shop.example/blanket.jpg" }"#)?;
/// assert_eq!(image.alt, "", "a text that is missing is empty");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Image {
    /// Absolute URL or path as the merchant wrote it.
    pub url: String,
    /// Text for people who cannot see it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub alt: String,
}

/// Outer size of a packed variant.
///
/// Unit: millimeters.
///
/// ```
/// use sutler_core::catalog::Dimensions;
///
/// let box_of_a_blanket = Dimensions { length_mm: 400, width_mm: 300, height_mm: 120 };
/// assert_eq!(
///     serde_json::to_string(&box_of_a_blanket)?,
///     r#"{"length_mm":400,"width_mm":300,"height_mm":120}"#,
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Dimensions {
    /// Longest side.
    pub length_mm: u32,
    /// Second side.
    pub width_mm: u32,
    /// Shortest side.
    pub height_mm: u32,
}

/// What a shop describes once; cannot be bought by itself.
///
/// ```
/// use sutler_core::catalog::Product;
/// # use sutler_core::time::Timestamp;
/// #
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/product.json"));
/// # let now = Timestamp::from_millis(1_800_000_000_000);
///
/// let blanket: Product = serde_json::from_str(text)?;
/// assert_eq!(blanket.option_names, ["Size"]);
/// assert!(blanket.is_published() && blanket.is_visible(now) && blanket.check().is_ok());
/// let small = blanket.variant_by_options(&["Small".to_owned()]).expect("it is for sale");
/// assert_eq!(blanket.variant_title(small), "Wool blanket (Small)");
/// assert_eq!(blanket.variant(small.id), Some(small));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Product {
    /// Identity.
    pub id: ProductId,
    /// The text key in addresses and files; unique.
    pub handle: Handle,
    /// Title for people.
    pub title: String,
    /// Description, HTML as the merchant wrote it.
    pub description: String,
    /// Brand.
    pub brand: Option<String>,
    /// The merchant's own word for its kind.
    pub product_type: Option<String>,
    /// Nodes of the product tree it stands under.
    pub categories: Vec<CategoryId>,
    /// Free words.
    pub tags: Vec<String>,
    /// Lifecycle.
    pub status: ProductStatus,
    /// Whether buyers see it at all.
    pub published: bool,
    /// When buyers see it, half-open.
    pub publish_window: Window,
    /// Names of the ways in which variants differ, in order.
    pub option_names: Vec<String>,
    /// Typed facts that are searched, filtered and shown.
    pub attributes: Vec<Attribute>,
    /// Pictures in order.
    pub images: Vec<Image>,
    /// Page title for search engines.
    pub seo_title: Option<String>,
    /// Page description for search engines.
    pub seo_description: Option<String>,
    /// Its key in another system.
    pub external_id: Option<String>,
    /// Facts kept for others under their own names.
    pub metadata: BTreeMap<String, String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
    /// What is bought, in order; at least one.
    pub variants: Vec<Variant>,
}

/// What is bought: one choice of every option of its product.
///
/// Units: `weight_grams` in grams.
///
/// ```
/// use sutler_core::catalog::{Product, Variant};
/// #
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/product.json"));
/// # let blanket: Product = serde_json::from_str(text)?;
///
/// let large: &Variant = &blanket.variants[0];
/// assert_eq!(large.options_text(), "Large");
/// assert_eq!(large.label(&blanket.handle), "BLANKET-L");
/// let unlabeled = Variant { sku: None, ..large.clone() };
/// assert_eq!(unlabeled.label(&blanket.handle), "wool-blanket:Large");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Variant {
    /// Identity; never reused.
    pub id: VariantId,
    /// One value for each option of the product, in their order.
    pub option_values: Vec<String>,
    /// The merchant's label.
    pub sku: Option<Sku>,
    /// EAN, UPC, ISBN or the like.
    pub barcode: Option<String>,
    /// Weight of one packed unit; `None` when unknown.
    pub weight_grams: Option<u32>,
    /// Outer size of one packed unit.
    pub dimensions: Option<Dimensions>,
    /// What kind of goods it is for tax.
    pub tax_category: TaxCategory,
    /// Whether it is taxed at all.
    pub taxable: bool,
    /// The merchant's own tax code, kept for others.
    pub tax_code: Option<String>,
    /// Whether stock is counted. Where it is not, there is always enough.
    pub tracks_stock: bool,
    /// Whether selling goes on beyond what is on hand: new levels start with a backorder limit.
    pub sells_without_stock: bool,
    /// Whether it is sent to the buyer (false: digital, service).
    pub requires_shipping: bool,
    /// What one unit costs the merchant.
    pub unit_cost: Option<Money>,
    /// The picture that shows it.
    pub image_url: Option<String>,
    /// Facts kept for others under their own names.
    pub metadata: BTreeMap<String, String>,
    /// No longer sold; kept because orders and stock point to it.
    pub retired: bool,
}

/// Why a product is refused.
///
/// ```
/// use sutler_core::catalog::{Product, ProductError};
/// #
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/product.json"));
/// # let mut blanket: Product = serde_json::from_str(text)?;
///
/// blanket.variants[1].option_values = vec!["Large".to_owned()];
/// assert_eq!(
///     blanket.check(),
///     Err(ProductError::DuplicateOptions {
///         handle: blanket.handle.clone(),
///         options: "Large".to_owned(),
///     }),
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProductError {
    /// There is nothing to buy.
    #[error("product `{handle}` has no variant")]
    NoVariant {
        /// Which product.
        handle: Handle,
    },
    /// A variant does not choose each option once.
    #[error(
        "a variant of `{handle}` has {given} option values but the product has {wanted} options"
    )]
    OptionCount {
        /// Which product.
        handle: Handle,
        /// Values of the variant.
        given: usize,
        /// Options of the product.
        wanted: usize,
    },
    /// Two variants cannot be told apart.
    #[error("two variants of `{handle}` have the same options `{options}`")]
    DuplicateOptions {
        /// Which product.
        handle: Handle,
        /// The values, joined by `/`.
        options: String,
    },
    /// An option is named twice.
    #[error("product `{handle}` names the option `{name}` twice")]
    DuplicateOptionName {
        /// Which product.
        handle: Handle,
        /// The name.
        name: String,
    },
    /// The title is blank.
    #[error("product `{handle}` has no title")]
    NoTitle {
        /// Which product.
        handle: Handle,
    },
    /// Buyers would never see it.
    #[error("the publish window of `{handle}` ends before it begins; swap the two moments")]
    EmptyWindow {
        /// Which product.
        handle: Handle,
    },
    /// A variant that is stored is not given any more.
    #[error(
        "product `{handle}` leaves out its variant {label}; orders may point to it: retire it instead"
    )]
    VariantLeftOut {
        /// Which product.
        handle: Handle,
        /// What people call the variant.
        label: String,
    },
}

impl Product {
    /// Returns a product that buyers see from now on, with what is bought and nothing more to tell: no description, no picture,
    /// no category, no ways in which its variants differ. It was not stored before.
    ///
    /// Nothing is checked here: [`Product::check`] does that.
    ///
    /// ```
    /// use sutler_core::catalog::{Handle, Product, Variant};
    /// use sutler_core::id::{ProductId, VariantId};
    /// use sutler_core::time::Timestamp;
    ///
    /// let now = Timestamp::from_millis(1_800_000_000_000);
    /// let (id, handle) = (ProductId::from_u128(1), Handle::new("mug")?);
    /// let only = Variant::new(VariantId::from_u128(2));
    /// let mug = Product::new(id, handle, "Enamel mug", vec![only], now);
    /// assert!(mug.check().is_ok() && mug.is_visible(now));
    ///
    /// let branded = Product { brand: Some("Fen".into()), ..mug };
    /// assert_eq!((branded.version, branded.created_at), (0, now));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(
        id: ProductId,
        handle: Handle,
        title: impl Into<String>,
        variants: Vec<Variant>,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            handle,
            title: title.into(),
            description: String::new(),
            brand: None,
            product_type: None,
            categories: Vec::new(),
            tags: Vec::new(),
            status: ProductStatus::Active,
            published: true,
            publish_window: Window::ALWAYS,
            option_names: Vec::new(),
            attributes: Vec::new(),
            images: Vec::new(),
            seo_title: None,
            seo_description: None,
            external_id: None,
            metadata: BTreeMap::new(),
            created_at: now,
            updated_at: now,
            version: 0,
            variants,
        }
    }

    /// Checks what one product must keep true by itself.
    ///
    /// Errors: [`ProductError`], for the first rule that is broken. Retired variants are passed over.
    pub fn check(&self) -> Result<(), ProductError> {
        let handle = || self.handle.clone();
        if self.title.trim().is_empty() {
            return Err(ProductError::NoTitle { handle: handle() });
        }
        if self.variants.is_empty() {
            return Err(ProductError::NoVariant { handle: handle() });
        }
        if self.publish_window.is_empty() {
            return Err(ProductError::EmptyWindow { handle: handle() });
        }
        for (i, name) in self.option_names.iter().enumerate() {
            if self.option_names.iter().take(i).any(|other| other == name) {
                return Err(ProductError::DuplicateOptionName {
                    handle: handle(),
                    name: name.clone(),
                });
            }
        }
        let mut seen = std::collections::BTreeSet::new();
        for variant in self.variants.iter().filter(|v| !v.retired) {
            let (given, wanted) = (variant.option_values.len(), self.option_names.len());
            if given != wanted {
                return Err(ProductError::OptionCount { handle: handle(), given, wanted });
            }
            if !seen.insert(&variant.option_values) {
                return Err(ProductError::DuplicateOptions {
                    handle: handle(),
                    options: variant.options_text(),
                });
            }
        }
        Ok(())
    }

    /// Tells whether it is dangerous to carry: its attribute `dangerous_goods` is there and does not say no.
    ///
    /// ```
    /// use sutler_core::catalog::{Attribute, AttributeValue, Product};
    ///
    /// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/product.json"));
    /// let mut lamp_oil: Product = serde_json::from_str(text)?;
    /// assert!(!lamp_oil.is_dangerous(), "nothing is said");
    /// for (value, dangerous) in [("UN 1223", true), ("No", false)] {
    ///     let value = AttributeValue::Text(value.to_owned());
    ///     lamp_oil.attributes = vec![Attribute { name: "dangerous_goods".to_owned(), value }];
    ///     assert_eq!(lamp_oil.is_dangerous(), dangerous);
    /// }
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn is_dangerous(&self) -> bool {
        let said = self.attributes.iter().find(|attribute| attribute.name == DANGEROUS_GOODS);
        said.is_some_and(|attribute| match &attribute.value {
            AttributeValue::Flag(flag) => *flag,
            AttributeValue::Text(text) => {
                !matches!(text.trim().to_ascii_lowercase().as_str(), "" | "no" | "false" | "0")
            }
            AttributeValue::Integer(number) => *number != 0,
            AttributeValue::Decimal(number) => !number.is_zero(),
        })
    }

    /// Checks that it may take the place of the product as it is stored: no variant goes.
    ///
    /// Errors: [`ProductError::VariantLeftOut`].
    ///
    /// ```
    /// # use sutler_core::catalog::Product;
    /// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/product.json"));
    /// # let blanket: Product = serde_json::from_str(text)?;
    /// let mut fewer = blanket.clone();
    /// fewer.variants.truncate(1);
    /// assert!(fewer.check_after(&blanket).is_err(), "a variant is retired, not left out");
    /// assert!(blanket.check_after(&fewer).is_ok());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn check_after(&self, before: &Product) -> Result<(), ProductError> {
        match before.variants.iter().find(|variant| self.variant(variant.id).is_none()) {
            None => Ok(()),
            Some(lost) => Err(ProductError::VariantLeftOut {
                handle: self.handle.clone(),
                label: lost.label(&before.handle),
            }),
        }
    }

    /// Returns whether buyers see it while its publish window is open.
    pub fn is_published(&self) -> bool {
        self.status == ProductStatus::Active && self.published
    }

    /// Returns whether buyers see it at `now`.
    pub fn is_visible(&self, now: Timestamp) -> bool {
        self.is_published() && self.publish_window.contains(now)
    }

    /// Returns the variant in use with these option values.
    pub fn variant_by_options(&self, values: &[String]) -> Option<&Variant> {
        self.variants.iter().find(|v| !v.retired && v.option_values == values)
    }

    /// Returns a variant by id, retired ones included.
    pub fn variant(&self, id: VariantId) -> Option<&Variant> {
        self.variants.iter().find(|v| v.id == id)
    }

    /// Returns the title for one variant: `Wool blanket (Large / Gray)`.
    pub fn variant_title(&self, variant: &Variant) -> String {
        if variant.option_values.is_empty() {
            self.title.clone()
        } else {
            format!("{} ({})", self.title, variant.option_values.join(" / "))
        }
    }
}

impl Variant {
    /// Returns a variant of which nothing is known but that it is for sale: goods that are sent, taxed as most are, and
    /// sold while they are in stock.
    ///
    /// ```
    /// use sutler_core::catalog::{Sku, Variant};
    /// use sutler_core::id::VariantId;
    ///
    /// let plain = Variant::new(VariantId::from_u128(2));
    /// assert!(plain.taxable && plain.tracks_stock && plain.requires_shipping && !plain.retired);
    /// let labeled = Variant { sku: Some(Sku::new("MUG-RED")?), ..plain };
    /// assert_eq!(labeled.sku.as_ref().map(Sku::as_str), Some("MUG-RED"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(id: VariantId) -> Self {
        Self {
            id,
            option_values: Vec::new(),
            sku: None,
            barcode: None,
            weight_grams: None,
            dimensions: None,
            tax_category: TaxCategory::standard(),
            taxable: true,
            tax_code: None,
            tracks_stock: true,
            sells_without_stock: false,
            requires_shipping: true,
            unit_cost: None,
            image_url: None,
            metadata: BTreeMap::new(),
            retired: false,
        }
    }

    /// Returns the option values joined by `/`, as people type them after a handle.
    pub fn options_text(&self) -> String {
        self.option_values.join("/")
    }

    /// Returns what people would call it: its SKU, else the handle with options.
    pub fn label(&self, handle: &Handle) -> String {
        match &self.sku {
            Some(sku) => sku.to_string(),
            None if self.option_values.is_empty() => handle.to_string(),
            None => format!("{handle}:{}", self.options_text()),
        }
    }
}
