//! The set-up of the shop: few rows, written as JSON, read as a whole and kept as long as its version stands.
//!
//! Every change raises one counter; a read asks for that counter alone and answers from memory when it did not move,
//! whichever process moved it last.

use std::sync::{Arc, PoisonError};

use rusqlite::{Connection, OptionalExtension as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sutler_core::catalog::{Channel, Collection};
use sutler_core::change::{RecordRef, SetupChange, SetupKey};
use sutler_core::inventory::StockLocation;
use sutler_core::port::{SetupReader, StoreError};
use sutler_core::pricing::{DeliveryMethod, Fee, PriceList, Promotion, TaxRate, TaxZone};
use sutler_core::rejection::Rejection;
use sutler_core::shop::{Setup, ShopRecord};
use sutler_core::time::Timestamp;

use crate::SqliteStore;
use crate::batch::{Batch, Counter, guard_version};
use crate::error::{Fault, Stop};
use crate::readers::in_snapshot;
use crate::value::{count, int};

pub(crate) mod sql {
    crate::statements::statements! {
        COUNTER = "SELECT value FROM raw_counter WHERE name = ?1";
        SET_COUNTER = "INSERT INTO raw_counter (name, value) VALUES (?1, ?2)
            ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        OF_KIND = "SELECT data FROM raw_setup WHERE kind = ?1 ORDER BY id";
        OF_KIND_BY_CODE = "SELECT data FROM raw_setup WHERE kind = ?1 ORDER BY code COLLATE BINARY, id";
        TAX_RATES = "SELECT data FROM raw_tax_rate ORDER BY zone, category, name, begins_at";
        VERSION = "SELECT version FROM raw_setup WHERE kind = ?1 AND id = ?2";
        CODE_OWNER = "SELECT id FROM raw_setup WHERE kind = ?1 AND code = ?2";
        SHOP_VERSION = "SELECT version FROM raw_setup WHERE kind = 1 LIMIT 1";
        DROP_SHOP = "DELETE FROM raw_setup WHERE kind = 1";
        PUT = "INSERT INTO raw_setup (kind, id, code, version, data) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT (kind, id) DO UPDATE SET code = excluded.code, version = excluded.version, data = excluded.data";
        KEEP_PRICE_LIST = "INSERT INTO raw_price_list_since (list, since, data)
            VALUES (?1, max(?2, ifnull((SELECT max(since) FROM raw_price_list_since WHERE list = ?1), ?2)), ?3)
            ON CONFLICT (list, since) DO UPDATE SET data = excluded.data";
        DROP = "DELETE FROM raw_setup WHERE kind = ?1 AND id = ?2";
        DROP_TAX_RATE = "DELETE FROM raw_tax_rate WHERE zone = ?1 AND category = ?2 AND name = ?3 AND begins_at = ?4";
        PUT_TAX_RATE = "INSERT INTO raw_tax_rate (zone, category, name, begins_at, data) VALUES (?1, ?2, ?3, ?4, ?5)
            ON CONFLICT DO UPDATE SET data = excluded.data";
    }
}

/// The kinds of rows in `raw_setup`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Shop,
    Channel,
    StockLocation,
    PriceList,
    TaxZone,
    DeliveryMethod,
    Promotion,
    Fee,
    Collection,
}

impl Kind {
    const fn number(self) -> i64 {
        match self {
            Kind::Shop => 1,
            Kind::Channel => 2,
            Kind::StockLocation => 3,
            Kind::PriceList => 4,
            Kind::TaxZone => 5,
            Kind::DeliveryMethod => 7,
            Kind::Promotion => 8,
            Kind::Fee => 16,
            Kind::Collection => 17,
        }
    }

    /// What the record is called in a refusal.
    const fn noun(self) -> &'static str {
        match self {
            Kind::Shop => "shop",
            Kind::Channel => "channel",
            Kind::StockLocation => "stock location",
            Kind::PriceList => "price list",
            Kind::TaxZone => "tax zone",
            Kind::DeliveryMethod => "delivery method",
            Kind::Promotion => "promotion",
            Kind::Fee => "fee",
            Kind::Collection => "collection",
        }
    }
}

/// A rate that holds since ever begins before every moment.
fn begins_at(from: Option<Timestamp>) -> i64 {
    from.map_or(i64::MIN, Timestamp::millis)
}

impl SetupReader for SqliteStore {
    fn setup(&self) -> Result<Option<Arc<Setup>>, StoreError> {
        self.read("read the set-up", |conn, _| {
            let version = version(conn)?;
            let known = self.setup.read().unwrap_or_else(PoisonError::into_inner).clone();
            match known {
                Some((at, setup)) if at == version => Ok(setup),
                _ => self.load_setup(conn),
            }
        })
    }
}

impl SqliteStore {
    fn load_setup(&self, conn: &Connection) -> Result<Option<Arc<Setup>>, Fault> {
        let (version, setup) = in_snapshot(conn, || {
            let version = version(conn)?;
            Ok((version, load(conn, version)?.map(Arc::new)))
        })?;
        *self.setup.write().unwrap_or_else(PoisonError::into_inner) =
            Some((version, setup.clone()));
        Ok(setup)
    }
}

pub(crate) fn version(conn: &Connection) -> Result<i64, Fault> {
    let mut counter = conn.prepare_cached(sql::COUNTER)?;
    Ok(counter.query_row([Counter::Setup.name()], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// Reads the whole set-up; `None` while there is no shop.
pub(crate) fn load(conn: &Connection, version: i64) -> Result<Option<Setup>, Fault> {
    let Some(shop) = rows(conn, sql::OF_KIND, [Kind::Shop.number()])?.pop() else {
        return Ok(None);
    };
    let by_code = |kind: Kind| (sql::OF_KIND_BY_CODE, [kind.number()]);
    let by_id = |kind: Kind| (sql::OF_KIND, [kind.number()]);
    fn all<T: DeserializeOwned>(
        conn: &Connection,
        (sql, kind): (&str, [i64; 1]),
    ) -> Result<Vec<T>, Fault> {
        rows(conn, sql, kind)
    }
    Ok(Some(Setup {
        shop,
        channels: all(conn, by_code(Kind::Channel))?,
        locations: all(conn, by_code(Kind::StockLocation))?,
        price_lists: all(conn, by_id(Kind::PriceList))?.into(),
        tax_zones: all(conn, by_id(Kind::TaxZone))?.into(),
        tax_rates: rows(conn, sql::TAX_RATES, [])?.into(),
        delivery_methods: all(conn, by_code(Kind::DeliveryMethod))?.into(),
        fees: all(conn, by_code(Kind::Fee))?.into(),
        promotions: all(conn, by_id(Kind::Promotion))?.into(),
        collections: all(conn, by_code(Kind::Collection))?.into(),
        version: count(version)?,
    }))
}

/// Returns what a row of the set-up is looked up by, as its record says: id, code, version.
pub(crate) fn looked_up_by(kind: i64, data: &str) -> Result<(u128, Option<String>, u64), Fault> {
    fn of<T: DeserializeOwned>(data: &str) -> Result<T, Fault> {
        Ok(serde_json::from_str(data)?)
    }
    Ok(match kind {
        1 => of::<ShopRecord>(data).map(|shop| (shop.uid, None, shop.version))?,
        2 => of::<Channel>(data).map(|of| (of.id.to_u128(), Some(of.code), of.version))?,
        3 => of::<StockLocation>(data).map(|of| (of.id.to_u128(), Some(of.code), of.version))?,
        4 => of::<PriceList>(data).map(|of| (of.id.to_u128(), None, of.version))?,
        5 => of::<TaxZone>(data).map(|of| (of.id.to_u128(), None, of.version))?,
        7 => of::<DeliveryMethod>(data).map(|of| (of.id.to_u128(), Some(of.code), of.version))?,
        8 => of::<Promotion>(data).map(|of| (of.id.to_u128(), None, of.version))?,
        16 => of::<Fee>(data).map(|of| (of.id.to_u128(), Some(of.code), of.version))?,
        17 => of::<Collection>(data)
            .map(|of| (of.id.to_u128(), Some(of.handle.to_string()), of.version))?,
        _ => return Err(Fault::damaged("the set-up", "a record is of an unknown kind")),
    })
}

fn rows<T: DeserializeOwned>(
    conn: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<T>, Fault> {
    let mut statement = conn.prepare_cached(sql)?;
    let found = statement.query_and_then(params, |row| {
        let text = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        Ok(serde_json::from_str(text)?)
    })?;
    found.collect()
}

impl Batch<'_> {
    /// Writes something of the set-up.
    pub(crate) fn change_setup(&mut self, change: &SetupChange) -> Result<(), Stop> {
        match change {
            SetupChange::Shop(shop) => self.put_shop(shop)?,
            SetupChange::Channel(channel) => {
                self.put_setup(
                    Kind::Channel,
                    channel.id.into(),
                    Some(&channel.code),
                    channel.version,
                    channel,
                )?;
            }
            SetupChange::StockLocation(place) => {
                self.put_setup(
                    Kind::StockLocation,
                    place.id.into(),
                    Some(&place.code),
                    place.version,
                    place,
                )?;
            }
            SetupChange::PriceList(list) => {
                self.put_setup(Kind::PriceList, list.id.into(), None, list.version, list)?;
                let row = (list.id.to_bytes(), self.set.at.millis(), json(list)?);
                self.run(sql::KEEP_PRICE_LIST, row)?;
            }
            SetupChange::TaxZone(zone) => {
                self.put_setup(Kind::TaxZone, zone.id.into(), None, zone.version, zone)?
            }
            SetupChange::TaxRate(rate) => self.put_tax_rate(rate)?,
            SetupChange::DeliveryMethod(method) => {
                self.put_setup(
                    Kind::DeliveryMethod,
                    method.id.into(),
                    Some(&method.code),
                    method.version,
                    method,
                )?;
            }
            SetupChange::Fee(fee) => {
                self.put_setup(Kind::Fee, fee.id.into(), Some(&fee.code), fee.version, fee)?;
            }
            SetupChange::Promotion(promotion) => {
                self.put_setup(
                    Kind::Promotion,
                    promotion.id.into(),
                    None,
                    promotion.version,
                    promotion,
                )?;
            }
            SetupChange::Collection(collection) => {
                let handle = collection.handle.as_str();
                let (id, version) = (collection.id.into(), collection.version);
                self.put_setup(Kind::Collection, id, Some(handle), version, collection)?;
            }
            SetupChange::Removed(key) => self.remove_setup(key)?,
        }
        self.count(Counter::Setup, 1)?;
        Ok(())
    }

    /// Writes everything at once, into a file that holds nothing of it.
    pub(crate) fn copy_setup(&mut self, whole: &Setup) -> Result<(), Stop> {
        let shop = &whole.shop;
        self.insert_setup(Kind::Shop, shop.uid, None, shop.version, shop)?;
        for of in &whole.channels {
            self.insert_setup(Kind::Channel, of.id.to_u128(), Some(&of.code), of.version, of)?;
        }
        for of in &whole.locations {
            let code = Some(of.code.as_str());
            self.insert_setup(Kind::StockLocation, of.id.to_u128(), code, of.version, of)?;
        }
        for of in whole.price_lists.iter() {
            self.insert_setup(Kind::PriceList, of.id.to_u128(), None, of.version, of)?;
        }
        for of in whole.tax_zones.iter() {
            self.insert_setup(Kind::TaxZone, of.id.to_u128(), None, of.version, of)?;
        }
        whole.tax_rates.iter().try_for_each(|rate| self.put_tax_rate(rate))?;
        for of in whole.delivery_methods.iter() {
            let code = Some(of.code.as_str());
            self.insert_setup(Kind::DeliveryMethod, of.id.to_u128(), code, of.version, of)?;
        }
        for of in whole.fees.iter() {
            self.insert_setup(Kind::Fee, of.id.to_u128(), Some(&of.code), of.version, of)?;
        }
        for of in whole.promotions.iter() {
            self.insert_setup(Kind::Promotion, of.id.to_u128(), None, of.version, of)?;
        }
        for of in whole.collections.iter() {
            let handle = Some(of.handle.as_str());
            self.insert_setup(Kind::Collection, of.id.to_u128(), handle, of.version, of)?;
        }
        self.count(Counter::Setup, int(whole.version))?;
        Ok(())
    }

    fn insert_setup(
        &self,
        kind: Kind,
        id: u128,
        code: Option<&str>,
        version: u64,
        data: &impl Serialize,
    ) -> Result<(), Stop> {
        self.run(sql::PUT, (kind.number(), id.to_be_bytes(), code, int(version), json(data)?))?;
        Ok(())
    }

    /// The shop has no id that a conflict could point at, so its guard refuses instead.
    fn put_shop(&mut self, shop: &ShopRecord) -> Result<(), Stop> {
        match self.one(sql::SHOP_VERSION, [], |row| row.get::<_, i64>(0))? {
            None if shop.version != 1 => return Err(Rejection::ShopMissing.into()),
            Some(stored) if int(shop.version) != stored + 1 => {
                return Err(Rejection::ShopExists.into());
            }
            _ => {}
        }
        // There is one shop, whatever number it has.
        self.run(sql::DROP_SHOP, [])?;
        let row = (
            Kind::Shop.number(),
            shop.uid.to_be_bytes(),
            None::<&str>,
            int(shop.version),
            json(shop)?,
        );
        self.run(sql::PUT, row)?;
        Ok(())
    }

    fn put_setup(
        &mut self,
        kind: Kind,
        record: RecordRef,
        code: Option<&str>,
        version: u64,
        data: &impl Serialize,
    ) -> Result<(), Stop> {
        let id = record.raw().to_be_bytes();
        let stored = self.one(sql::VERSION, (kind.number(), id), |row| row.get(0))?;
        guard_version(stored, version, record)?;
        if let Some(code) = code {
            let owner: Option<[u8; 16]> =
                self.one(sql::CODE_OWNER, (kind.number(), code), |row| row.get(0))?;
            if owner.is_some_and(|owner| owner != id) {
                return Err(Stop::taken(kind.noun(), code));
            }
        }
        self.run(sql::PUT, (kind.number(), id, code, int(version), json(data)?))?;
        Ok(())
    }

    fn remove_setup(&mut self, key: &SetupKey) -> Result<(), Stop> {
        let (kind, id) = match key {
            SetupKey::TaxRate { zone, category, name, from } => {
                let row = (zone.to_bytes(), category.as_str(), name, begins_at(*from));
                self.run(sql::DROP_TAX_RATE, row)?;
                return Ok(());
            }
            SetupKey::TaxZone(id) => (Kind::TaxZone, id.to_bytes()),
            SetupKey::DeliveryMethod(id) => (Kind::DeliveryMethod, id.to_bytes()),
            SetupKey::Fee(id) => (Kind::Fee, id.to_bytes()),
            SetupKey::Collection(id) => (Kind::Collection, id.to_bytes()),
        };
        self.run(sql::DROP, (kind.number(), id))?;
        Ok(())
    }

    /// A rate has no version: it is named by what it is for.
    fn put_tax_rate(&mut self, rate: &TaxRate) -> Result<(), Stop> {
        let row = (
            rate.zone.to_bytes(),
            rate.category.as_str(),
            &rate.name,
            begins_at(rate.window.from),
            json(rate)?,
        );
        self.run(sql::PUT_TAX_RATE, row)?;
        Ok(())
    }
}

fn json(data: &impl Serialize) -> Result<String, Fault> {
    Ok(serde_json::to_string(data)?)
}
