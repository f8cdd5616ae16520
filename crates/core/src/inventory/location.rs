//! Places that hold stock.

use serde::{Deserialize, Serialize};

use crate::address::CountryCode;
use crate::id::StockLocationId;

/// A place that holds stock and ships from it.
///
/// ```
/// use sutler_core::id::StockLocationId;
/// use sutler_core::inventory::StockLocation;
///
/// let main = StockLocation {
///     id: StockLocationId::from_u128(1),
///     code: "main".to_owned(),
///     name: "Back room".to_owned(),
///     country: Some("DE".parse()?),
///     priority: 0,
///     active: true,
///     version: 1,
/// };
/// let preferred = StockLocation { priority: -1, version: 2, ..main.clone() };
/// assert!(preferred.priority < main.priority);
/// # Ok::<(), sutler_core::address::AddressError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct StockLocation {
    /// Identity.
    pub id: StockLocationId,
    /// The word people type: `main`.
    pub code: String,
    /// Name for people and stock files.
    pub name: String,
    /// Where it stands; nearer locations are preferred for an address in the same country.
    pub country: Option<CountryCode>,
    /// Lower is preferred.
    pub priority: i32,
    /// Whether it ships at all.
    pub active: bool,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
}
