//! The shop itself, and its set-up: the few rows that every flow needs and that are read as a whole.

use serde::{Deserialize, Serialize};

use crate::address::CountryCode;
use crate::catalog::{Channel, Collection};
use crate::id::{ChannelId, CollectionId, StockLocationId};
use crate::inventory::StockLocation;
use crate::money::Currency;
use crate::pricing::{DeliveryMethod, Fee, PriceList, Promotion, TaxRate, TaxZone};
use crate::shared::Shared;
use crate::time::Timestamp;

/// The record of the shop itself; one in each store.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_core::shop::ShopRecord;
/// # use sutler_core::time::Timestamp;
///
/// let shop = ShopRecord {
///     uid: 0x0198_0000_0000_7000_8000_0000_0000_0001,
///     name: "Corner shop".to_owned(),
///     currency: Currency::EUR,
///     country: "DE".parse().ok(),
///     created_at: Timestamp::from_millis(1_767_225_600_000),
///     version: 1,
/// };
/// let copy = ShopRecord { uid: 2, ..shop.clone() };
/// assert_ne!(shop, copy, "a copy that sells on its own is another shop");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ShopRecord {
    /// A number that no other shop has: events of copies and restored backups can be told apart.
    pub uid: u128,
    /// Name for people.
    pub name: String,
    /// Currency of catalog files that do not say.
    pub currency: Currency,
    /// The country it is in, for tax; `None` in shops that never said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Version for guarded writes.
    pub version: u64,
}

/// Everything that sets a shop up.
///
/// ```
/// use sutler_core::id::{ChannelId, StockLocationId};
/// use sutler_core::shop::Setup;
///
/// let setup: Setup = serde_json::from_str(
///     r#"{
///         "shop": {
///             "uid": 1, "name": "Corner shop", "currency": "EUR",
///             "created_at": "2026-01-01T00:00:00Z", "version": 1
///         },
///         "channels": [{
///             "id": "chan_00000000000000000000000000000001", "code": "web", "name": "Web shop",
///             "currency": "EUR", "tax_inclusive": true, "rounding": "half_away_from_zero",
///             "tax_rounding": "per_line", "default_country": "DE", "capture": "at_shipment",
///             "reservation_seconds": 900, "cart_seconds": 2592000, "version": 1
///         }],
///         "locations": [{
///             "id": "loc_00000000000000000000000000000001", "code": "main", "name": "Back room",
///             "country": "DE", "priority": 0, "active": true, "version": 1
///         }],
///         "price_lists": [{
///             "id": "pl_00000000000000000000000000000001", "name": "Retail", "channel": null,
///             "currency": "EUR", "customer_group": null, "window": {}, "priority": 0, "version": 1
///         }],
///         "tax_zones": [], "tax_rates": [], "delivery_methods": [], "promotions": [],
///         "collections": [{ "id": "coll_00000000000000000000000000000005", "handle": "winter", "name": "Winter", "version": 1 }],
///         "version": 4
///     }"#,
/// )?;
/// let web = setup.channel_by_code("web").expect("it is listed");
/// assert_eq!(setup.channel(web.id), Some(web));
/// assert_eq!(setup.channel(ChannelId::from_u128(9)), None);
/// assert_eq!(setup.location_by_word("Back room"), setup.location(StockLocationId::from_u128(1)));
/// let winter = setup.collection_by_word("winter").expect("it is listed");
/// assert_eq!(setup.collection_by_word(&winter.id.to_string()), Some(winter));
/// assert_eq!(setup.base_price_list(web).map(|list| list.name.as_str()), Some("Retail"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Setup {
    /// The shop itself.
    pub shop: ShopRecord,
    /// Channels, by code.
    pub channels: Vec<Channel>,
    /// Stock locations, by code.
    pub locations: Vec<StockLocation>,
    /// Price lists, by id.
    pub price_lists: Shared<PriceList>,
    /// Tax zones, by id.
    pub tax_zones: Shared<TaxZone>,
    /// Tax rates, by zone, category, name, beginning.
    pub tax_rates: Shared<TaxRate>,
    /// Delivery methods, by code.
    pub delivery_methods: Shared<DeliveryMethod>,
    /// Fees, by code.
    #[serde(default)]
    pub fees: Shared<Fee>,
    /// Promotions, by id.
    pub promotions: Shared<Promotion>,
    /// Collections, by handle.
    #[serde(default)]
    pub collections: Shared<Collection>,
    /// Raised by every change of any of these.
    pub version: u64,
}

impl Setup {
    /// Returns a channel by id.
    pub fn channel(&self, id: ChannelId) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id == id)
    }

    /// Returns a channel by code.
    pub fn channel_by_code(&self, code: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.code == code)
    }

    /// Returns a stock location by id.
    pub fn location(&self, id: StockLocationId) -> Option<&StockLocation> {
        self.locations.iter().find(|location| location.id == id)
    }

    /// Returns a stock location by code, else by name.
    pub fn location_by_word(&self, word: &str) -> Option<&StockLocation> {
        let by_code = self.locations.iter().find(|location| location.code == word);
        by_code.or_else(|| self.locations.iter().find(|location| location.name == word))
    }

    /// Returns a collection by its handle or the text of its id.
    pub fn collection_by_word(&self, word: &str) -> Option<&Collection> {
        let by_handle = self.collections.iter().find(|known| known.handle.as_str() == word);
        by_handle.or_else(|| {
            let id: CollectionId = word.parse().ok()?;
            self.collections.iter().find(|known| known.id == id)
        })
    }

    /// Returns the price list that imports write to: the first open one of the channel's currency without a customer group.
    pub fn base_price_list(&self, channel: &Channel) -> Option<&PriceList> {
        self.price_lists.iter().find(|list| {
            list.currency == channel.currency
                && list.customer_group.is_none()
                && list.channel.is_none_or(|id| id == channel.id)
                && list.window == crate::pricing::Window::default()
        })
    }
}
