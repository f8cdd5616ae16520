//! What a shop sells: products with variants, the category tree, collections, attributes, and the channels they are sold in.
//!
//! Deliberately absent: prices and tax rules (see `pricing`), stock (see `inventory`), and reading of catalog files
//! (see the crate `exchange` and the module `import`).

mod attribute;
mod category;
mod channel;
mod collection;
mod product;
mod text;

pub use attribute::{Attribute, AttributeValue};
pub use category::{Category, CategoryError, CategoryTree, DEPTH_MAX, check_name};
pub use channel::{CapturePolicy, Channel, TaxRounding};
pub use collection::Collection;
pub use product::{Dimensions, Image, Product, ProductError, ProductStatus, Variant};
pub use text::{Handle, LabelError, Sku};
