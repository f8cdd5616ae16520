//! The set-up of the shop: few rows, read as a whole.

use std::collections::BTreeMap;
use std::sync::Arc;

use sutler_core::catalog::{Channel, Collection};
use sutler_core::change::{SetupChange, SetupKey};
use sutler_core::id::{
    ChannelId, CollectionId, DeliveryMethodId, FeeId, PriceListId, PromotionId, StockLocationId,
    TaxZoneId,
};
use sutler_core::inventory::StockLocation;
use sutler_core::port::{SetupReader, StoreError};
use sutler_core::pricing::{
    DeliveryMethod, Fee, PriceList, PriceListRecord, Promotion, TaxCategory, TaxRate, TaxZone,
};
use sutler_core::rejection::Rejection;
use sutler_core::shop::{Setup, ShopRecord};
use sutler_core::time::Timestamp;

use crate::MemoryStore;
use crate::state::{Applied, State, guard_version, taken};

/// The rows, and the whole that readers get.
#[derive(Clone, Default)]
pub(crate) struct SetupTables {
    shop: Option<ShopRecord>,
    channels: BTreeMap<ChannelId, Channel>,
    locations: BTreeMap<StockLocationId, StockLocation>,
    price_lists: BTreeMap<PriceListId, PriceList>,
    /// Every wording of every list, by when it began, the present one included.
    price_lists_since: BTreeMap<(PriceListId, Timestamp), PriceList>,
    tax_zones: BTreeMap<TaxZoneId, TaxZone>,
    tax_rates: BTreeMap<(TaxZoneId, TaxCategory, String, Option<Timestamp>), TaxRate>,
    delivery_methods: BTreeMap<DeliveryMethodId, DeliveryMethod>,
    fees: BTreeMap<FeeId, Fee>,
    promotions: BTreeMap<PromotionId, Promotion>,
    collections: BTreeMap<CollectionId, Collection>,
    version: u64,
    /// Made anew by every change, so that reading copies nothing.
    whole: Option<Arc<Setup>>,
}

/// Before every moment.
const EVER: Timestamp = Timestamp::from_millis(i64::MIN);

impl SetupReader for MemoryStore {
    fn setup(&self) -> Result<Option<Arc<Setup>>, StoreError> {
        Ok(self.snapshot().setup.whole.clone())
    }
}

impl State {
    /// Writes something of the set-up.
    pub(crate) fn change_setup(&mut self, change: SetupChange, at: Timestamp) -> Applied {
        let setup = Arc::make_mut(&mut self.setup);
        match change {
            SetupChange::Shop(shop) => setup.put_shop(shop),
            SetupChange::Channel(channel) => setup.put_channel(channel),
            SetupChange::StockLocation(location) => setup.put_location(location),
            SetupChange::PriceList(list) => setup.put_price_list(list, at),
            SetupChange::TaxZone(zone) => setup.put_tax_zone(zone),
            SetupChange::TaxRate(rate) => setup.put_tax_rate(rate),
            SetupChange::DeliveryMethod(method) => setup.put_delivery_method(*method),
            SetupChange::Fee(fee) => setup.put_fee(*fee),
            SetupChange::Promotion(promotion) => setup.put_promotion(promotion),
            SetupChange::Collection(collection) => setup.put_collection(*collection),
            SetupChange::Removed(key) => setup.remove(key),
        }?;
        setup.version += 1;
        setup.whole = setup.read().map(Arc::new);
        Ok(())
    }
}

impl SetupTables {
    /// Puts the rows together; `None` while there is no shop.
    fn read(&self) -> Option<Setup> {
        let mut channels: Vec<Channel> = self.channels.values().cloned().collect();
        channels.sort_by(|a, b| a.code.cmp(&b.code));
        let mut locations: Vec<StockLocation> = self.locations.values().cloned().collect();
        locations.sort_by(|a, b| a.code.cmp(&b.code));
        let mut delivery_methods: Vec<DeliveryMethod> =
            self.delivery_methods.values().cloned().collect();
        delivery_methods.sort_by(|a, b| a.code.cmp(&b.code));
        let mut fees: Vec<Fee> = self.fees.values().cloned().collect();
        fees.sort_by(|a, b| a.code.cmp(&b.code));
        let mut collections: Vec<Collection> = self.collections.values().cloned().collect();
        collections.sort_by(|a, b| a.handle.as_str().cmp(b.handle.as_str()));
        Some(Setup {
            shop: self.shop.clone()?,
            channels,
            locations,
            price_lists: self.price_lists.values().cloned().collect(),
            tax_zones: self.tax_zones.values().cloned().collect(),
            tax_rates: self.tax_rates.values().cloned().collect(),
            delivery_methods: delivery_methods.into(),
            fees: fees.into(),
            promotions: self.promotions.values().cloned().collect(),
            collections: collections.into(),
            version: self.version,
        })
    }

    /// The shop has no id that a conflict could point at, so its guard refuses instead.
    fn put_shop(&mut self, shop: ShopRecord) -> Applied {
        match self.shop.as_ref().map(|stored| stored.version) {
            None if shop.version != 1 => return Err(Rejection::ShopMissing.into()),
            Some(stored) if shop.version != stored + 1 => return Err(Rejection::ShopExists.into()),
            _ => self.shop = Some(shop),
        }
        Ok(())
    }

    fn put_channel(&mut self, channel: Channel) -> Applied {
        let stored = self.channels.get(&channel.id).map(|stored| stored.version);
        guard_version(stored, channel.version, channel.id)?;
        if self.channels.values().any(|other| other.id != channel.id && other.code == channel.code)
        {
            return Err(taken("channel", &channel.code));
        }
        self.channels.insert(channel.id, channel);
        Ok(())
    }

    fn put_location(&mut self, location: StockLocation) -> Applied {
        let stored = self.locations.get(&location.id).map(|stored| stored.version);
        guard_version(stored, location.version, location.id)?;
        let mut others = self.locations.values().filter(|other| other.id != location.id);
        if others.any(|other| other.code == location.code) {
            return Err(taken("stock location", &location.code));
        }
        self.locations.insert(location.id, location);
        Ok(())
    }

    /// Returns every price list as it is and as it was.
    pub(crate) fn price_list_history(&self) -> Vec<PriceListRecord> {
        let next = self.price_lists_since.keys().skip(1).map(Some).chain([None]);
        let records = self.price_lists_since.iter().zip(next);
        let record = |((&(id, since), list), next): ((&_, &PriceList), Option<&(_, Timestamp)>)| {
            let until = next.filter(|(other, _)| *other == id).map(|(_, until)| *until);
            PriceListRecord { list: list.clone(), since, until }
        };
        records.map(record).collect()
    }

    /// Returns the whole that readers get.
    pub(crate) fn whole(&self) -> Option<&Arc<Setup>> {
        self.whole.as_ref()
    }

    /// Writes one wording of a price list.
    pub(crate) fn put_past_list(&mut self, record: PriceListRecord) {
        self.price_lists_since.insert((record.list.id, record.since), record.list);
    }

    /// Writes everything at once, into tables that hold nothing.
    pub(crate) fn put_whole(&mut self, setup: Setup) {
        self.channels = setup.channels.iter().map(|of| (of.id, of.clone())).collect();
        self.locations = setup.locations.iter().map(|of| (of.id, of.clone())).collect();
        self.price_lists = setup.price_lists.iter().map(|of| (of.id, of.clone())).collect();
        self.tax_zones = setup.tax_zones.iter().map(|of| (of.id, of.clone())).collect();
        let rate_key =
            |of: &TaxRate| (of.zone, of.category.clone(), of.name.clone(), of.window.from);
        self.tax_rates = setup.tax_rates.iter().map(|of| (rate_key(of), of.clone())).collect();
        self.delivery_methods =
            setup.delivery_methods.iter().map(|of| (of.id, of.clone())).collect();
        self.fees = setup.fees.iter().map(|of| (of.id, of.clone())).collect();
        self.promotions = setup.promotions.iter().map(|of| (of.id, of.clone())).collect();
        self.collections = setup.collections.iter().map(|of| (of.id, of.clone())).collect();
        self.version = setup.version;
        self.shop = Some(setup.shop);
        self.whole = self.read().map(Arc::new);
    }

    /// What is written twice in one moment was never so.
    fn put_price_list(&mut self, list: PriceList, at: Timestamp) -> Applied {
        let stored = self.price_lists.get(&list.id).map(|stored| stored.version);
        guard_version(stored, list.version, list.id)?;
        let known = self.price_lists_since.range((list.id, EVER)..=(list.id, Timestamp::MAX));
        let since = known.map(|((_, since), _)| *since).fold(at, Timestamp::max);
        self.price_lists_since.insert((list.id, since), list.clone());
        self.price_lists.insert(list.id, list);
        Ok(())
    }

    fn put_tax_zone(&mut self, zone: TaxZone) -> Applied {
        let stored = self.tax_zones.get(&zone.id).map(|stored| stored.version);
        guard_version(stored, zone.version, zone.id)?;
        self.tax_zones.insert(zone.id, zone);
        Ok(())
    }

    /// A rate has no version: it is named by what it is for.
    fn put_tax_rate(&mut self, rate: TaxRate) -> Applied {
        let key = (rate.zone, rate.category.clone(), rate.name.clone(), rate.window.from);
        self.tax_rates.insert(key, rate);
        Ok(())
    }

    fn put_delivery_method(&mut self, method: DeliveryMethod) -> Applied {
        let stored = self.delivery_methods.get(&method.id).map(|stored| stored.version);
        guard_version(stored, method.version, method.id)?;
        let mut others = self.delivery_methods.values().filter(|other| other.id != method.id);
        if others.any(|other| other.code == method.code) {
            return Err(taken("delivery method", &method.code));
        }
        self.delivery_methods.insert(method.id, method);
        Ok(())
    }

    fn put_fee(&mut self, fee: Fee) -> Applied {
        let stored = self.fees.get(&fee.id).map(|stored| stored.version);
        guard_version(stored, fee.version, fee.id)?;
        if self.fees.values().any(|other| other.id != fee.id && other.code == fee.code) {
            return Err(taken("fee", &fee.code));
        }
        self.fees.insert(fee.id, fee);
        Ok(())
    }

    fn put_collection(&mut self, collection: Collection) -> Applied {
        let stored = self.collections.get(&collection.id).map(|stored| stored.version);
        guard_version(stored, collection.version, collection.id)?;
        let mut others = self.collections.values().filter(|other| other.id != collection.id);
        if others.any(|other| other.handle == collection.handle) {
            return Err(taken("collection", &collection.handle));
        }
        self.collections.insert(collection.id, collection);
        Ok(())
    }

    fn remove(&mut self, key: SetupKey) -> Applied {
        match key {
            SetupKey::TaxZone(id) => drop(self.tax_zones.remove(&id)),
            SetupKey::TaxRate { zone, category, name, from } => {
                drop(self.tax_rates.remove(&(zone, category, name, from)));
            }
            SetupKey::DeliveryMethod(id) => drop(self.delivery_methods.remove(&id)),
            SetupKey::Fee(id) => drop(self.fees.remove(&id)),
            SetupKey::Collection(id) => drop(self.collections.remove(&id)),
        }
        Ok(())
    }

    fn put_promotion(&mut self, promotion: Promotion) -> Applied {
        let stored = self.promotions.get(&promotion.id).map(|stored| stored.version);
        guard_version(stored, promotion.version, promotion.id)?;
        self.promotions.insert(promotion.id, promotion);
        Ok(())
    }
}
