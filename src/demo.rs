//! The bundled catalog: an outfitter's shop to try things with. All products, brands and texts are invented.

use sutler_core::money::Currency;

/// The catalog as a Shopify product CSV.
pub const CATALOG: &str = include_str!("../assets/demo/catalog.csv");

/// The name that the catalog goes by in reports.
pub const CATALOG_NAME: &str = "catalog.csv";

/// The currency of the demo shop.
pub const CURRENCY: Currency = Currency::EUR;
