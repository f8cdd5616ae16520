//! The shop itself, and its set-up: the few rows that every flow needs and that are read as a whole.

use serde::{Deserialize, Serialize};

use crate::catalog::Channel;
use crate::id::{ChannelId, StockLocationId};
use crate::inventory::StockLocation;
use crate::money::Currency;
use crate::pricing::{DeliveryMethod, PriceList, Promotion, TaxRate, TaxZone};
use crate::shared::Shared;
use crate::time::Timestamp;

/// The record of the shop itself; one in each store.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ShopRecord {
    /// A number that no other shop has: events of copies and restored backups can be told apart.
    pub uid: u128,
    /// Name for people.
    pub name: String,
    /// Currency of catalog files that do not say.
    pub currency: Currency,
    /// When it was made.
    pub created_at: Timestamp,
    /// Version for guarded writes.
    pub version: u64,
}

/// Everything that sets a shop up.
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
    /// Tax rates, by zone, category, name.
    pub tax_rates: Shared<TaxRate>,
    /// Delivery methods, by code.
    pub delivery_methods: Shared<DeliveryMethod>,
    /// Promotions, by id.
    pub promotions: Shared<Promotion>,
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
