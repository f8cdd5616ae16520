//! The bundled catalog: an outfitter's shop to try things with. All products, brands and texts are invented.

use sutler_core::money::Currency;

/// The catalog as a Shopify product CSV.
///
/// ```
/// use sutler::demo::{CATALOG, CATALOG_NAME, CURRENCY};
/// use sutler::prelude::InitCommand;
///
/// let shop = sutler::create("memory:")?;
/// shop.init(&InitCommand::new("Demo", CURRENCY.code(), "DE")?)?;
/// let summary = shop.import_text(CATALOG, CATALOG_NAME)?;
/// assert_eq!(summary.created, 101);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const CATALOG: &str = include_str!("../assets/demo/catalog.csv");

/// The name that the catalog goes by in reports.
pub const CATALOG_NAME: &str = "catalog.csv";

/// The currency of the demo shop.
pub const CURRENCY: Currency = Currency::EUR;
