//! The set-up of the shop: few rows, written as JSON, read as a whole and kept as long as its version stands.
//!
//! Every change raises one counter; a read asks for that counter alone and answers from memory when it did not move,
//! whichever process moved it last.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sutler_core::change::{RecordRef, SetupChange, SetupKey};
use sutler_core::id::{PriceListId, TaxZoneId};
use sutler_core::port::{SetupReader, StoreError};
use sutler_core::pricing::{PriceList, TaxRate};
use sutler_core::rejection::Rejection;
use sutler_core::shop::{Setup, ShopRecord};
use sutler_core::time::Timestamp;
use tokio_postgres::Row;

use crate::PostgresStore;
use crate::counter::{self, Counter};
use crate::error::{Applied, Fault, Stop, guard_version};
use crate::flight::{Call, Params, params};
use crate::rows::Rows;
use crate::table::{Changes, Kind, calls, column};
use crate::value::{Columns as _, Uid, int, json};

pub(crate) mod sql {
    crate::statements::statements! {
        /// The version of the set-up, its records in the order of their kind, code and id, and its tax rates.
        WHOLE = "SELECT -1::smallint, NULL, NULL::uuid, value::text AS data FROM raw_counter WHERE name = 'setup_version'
            UNION ALL SELECT kind, code, id, data::text FROM raw_setup
            UNION ALL (SELECT 6::smallint, NULL, NULL, data::text FROM raw_tax_rate
              ORDER BY zone, category, name, begins_at)";
        LOAD = "SELECT kind, id, code, version FROM raw_setup ORDER BY kind, id FOR UPDATE";
        DELETE = "DELETE FROM raw_setup o USING unnest($1::smallint[], $2::uuid[]) AS n (kind, id)
            WHERE o.kind = n.kind AND o.id = n.id";
        UPDATE = "UPDATE raw_setup o SET code = n.code, version = n.version, data = n.data::json
            FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::bigint[], $5::text[]) AS n (kind, id, code, version, data)
            WHERE o.kind = n.kind AND o.id = n.id";
        INSERT = "INSERT INTO raw_setup (kind, id, code, version, data) SELECT kind, id, code, version, data::json
            FROM unnest($1::smallint[], $2::uuid[], $3::text[], $4::bigint[], $5::text[]) AS n (kind, id, code, version, data)";
        LOAD_TIMES = "SELECT list, max(since) FROM raw_price_list_since WHERE list = ANY ($1) GROUP BY list";
        PUT_TIME = "INSERT INTO raw_price_list_since (list, since, data) SELECT list, since, data::json
            FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS n (list, since, data)
            ON CONFLICT (list, since) DO UPDATE SET data = excluded.data";
        LOAD_RATES = "SELECT r.zone, r.category, r.name, r.begins_at, r.data::text FROM raw_tax_rate r
            JOIN unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) AS n (zone, category, name, begins_at)
              USING (zone, category, name, begins_at)";
        DELETE_RATES = "DELETE FROM raw_tax_rate o
            USING unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) AS n (zone, category, name, begins_at)
            WHERE (o.zone, o.category, o.name, o.begins_at) = (n.zone, n.category, n.name, n.begins_at)";
        PUT_RATE = "INSERT INTO raw_tax_rate (zone, category, name, begins_at, data)
            SELECT zone, category, name, begins_at, data::json
            FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[]) AS n (zone, category, name, begins_at, data)
            ON CONFLICT (zone, category, name, begins_at) DO UPDATE SET data = excluded.data";
    }
}

/// The kinds of rows in `raw_setup`, by the number that is kept.
mod kind {
    pub(super) const VERSION: i16 = -1;
    pub(super) const SHOP: i16 = 1;
    pub(super) const CHANNEL: i16 = 2;
    pub(super) const STOCK_LOCATION: i16 = 3;
    pub(super) const PRICE_LIST: i16 = 4;
    pub(super) const TAX_ZONE: i16 = 5;
    pub(super) const TAX_RATE: i16 = 6;
    pub(super) const DELIVERY_METHOD: i16 = 7;
    pub(super) const PROMOTION: i16 = 8;
    pub(super) const FEE: i16 = 16;
    pub(super) const COLLECTION: i16 = 17;
}

/// What a kind of record is called in a refusal.
fn noun(of: i16) -> &'static str {
    match of {
        kind::CHANNEL => "channel",
        kind::STOCK_LOCATION => "stock location",
        kind::DELIVERY_METHOD => "delivery method",
        kind::FEE => "fee",
        kind::COLLECTION => "collection",
        _ => "record",
    }
}

impl SetupReader for PostgresStore {
    fn setup(&self) -> Result<Option<Arc<Setup>>, StoreError> {
        const OP: &str = "read the set-up";
        let names = vec![Counter::Setup.name()];
        let version = self.one(OP, counter::sql::VALUES_OF, params![names], counter::read)?;
        let version = version.map_or(0, |(_, value)| value);
        let known = self.setup.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, setup)) = known
            && at == version
        {
            return Ok(setup);
        }
        let rows = self.rows(OP, sql::WHOLE, params![])?;
        let (version, setup) = whole(&rows).map_err(|fault| self.failed(OP, fault))?;
        let setup = setup.map(Arc::new);
        *self.setup.write().unwrap_or_else(PoisonError::into_inner) =
            Some((version, setup.clone()));
        Ok(setup)
    }
}

/// A record of the set-up before it is known what it is.
struct Raw<'r> {
    code: Option<&'r str>,
    id: u128,
    data: &'r str,
}

/// Puts the set-up together; `None` while there is no shop.
pub(crate) fn whole(rows: &[Row]) -> Result<(i64, Option<Setup>), Fault> {
    let mut of_kind: std::collections::BTreeMap<i16, Vec<Raw<'_>>> = Default::default();
    for row in rows {
        let id = row.at::<Option<Uid>>(2)?.map_or(0, |id| id.0);
        let raw = Raw { code: row.at(1)?, id, data: row.at(3)? };
        of_kind.entry(row.at(0)?).or_default().push(raw);
    }
    // Rates have no code and no id: they stay in the order in which they came.
    of_kind.values_mut().for_each(|raws| raws.sort_by_key(|raw| (raw.code, raw.id)));
    let all = |kind: i16| of_kind.get(&kind).map_or(&[][..], Vec::as_slice);
    let version = all(kind::VERSION).first().and_then(|raw| raw.data.parse().ok()).unwrap_or(0);
    let Some(shop) = parsed(all(kind::SHOP))?.pop() else { return Ok((version, None)) };
    let setup = Setup {
        shop,
        channels: parsed(all(kind::CHANNEL))?,
        locations: parsed(all(kind::STOCK_LOCATION))?,
        price_lists: parsed(all(kind::PRICE_LIST))?.into(),
        tax_zones: parsed(all(kind::TAX_ZONE))?.into(),
        tax_rates: parsed(all(kind::TAX_RATE))?.into(),
        delivery_methods: parsed(all(kind::DELIVERY_METHOD))?.into(),
        fees: parsed(all(kind::FEE))?.into(),
        promotions: parsed(all(kind::PROMOTION))?.into(),
        collections: parsed(all(kind::COLLECTION))?.into(),
        version: u64::try_from(version).unwrap_or(0),
    };
    Ok((version, Some(setup)))
}

fn parsed<T: DeserializeOwned>(raws: &[Raw<'_>]) -> Result<Vec<T>, Fault> {
    raws.iter().map(|raw| Ok(serde_json::from_str(raw.data)?)).collect()
}

/// What a row of `raw_setup` holds beside its key.
#[derive(Clone)]
pub(crate) struct SetupRow {
    code: Option<String>,
    version: u64,
    data: Arc<str>,
}

/// Rows of `raw_setup`; they are few and asked for all together.
pub(crate) struct SetupRecords;

impl Kind for SetupRecords {
    type Key = (i16, u128);
    type Row = SetupRow;
    type Ask = ();

    fn load(_: &BTreeSet<()>) -> Option<Call> {
        Some(Call::plain(sql::LOAD))
    }

    fn read(row: &Row) -> Result<((i16, u128), SetupRow), Fault> {
        let stored = SetupRow { code: row.at(2)?, version: row.count(3)?, data: Arc::from("") };
        Ok(((row.at(0)?, row.id(1)?), stored))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&(i16, u128), &SetupRow)]| {
            params![
                column(rows, |key, _| key.0),
                column(rows, |key, _| Uid(key.1)),
                column(rows, |_, row| row.code.clone()),
                column(rows, |_, row| int(row.version)),
                column(rows, |_, row| row.data.to_string()),
            ]
        };
        let gone_kinds: Vec<i16> = changes.gone.iter().map(|key| key.0).collect();
        let gone_ids: Vec<Uid> = changes.gone.iter().map(|key| Uid(key.1)).collect();
        Ok(calls([
            (!changes.gone.is_empty(), Call::new(sql::DELETE, params![gone_kinds, gone_ids])),
            (!changes.changed.is_empty(), Call::new(sql::UPDATE, params(&changes.changed))),
            (!changes.new.is_empty(), Call::new(sql::INSERT, params(&changes.new))),
        ]))
    }
}

/// The newest wording of each price list, by when it began.
pub(crate) struct PriceListTimes;

impl Kind for PriceListTimes {
    type Key = PriceListId;
    /// Since when, and the wording where this batch wrote it; what came before it in the same batch.
    type Row = Vec<(Timestamp, Option<Arc<str>>)>;
    type Ask = PriceListId;

    fn load(asked: &BTreeSet<PriceListId>) -> Option<Call> {
        let ids: Vec<Uid> = asked.iter().map(|id| Uid(id.to_u128())).collect();
        Some(Call::new(sql::LOAD_TIMES, params![ids]))
    }

    fn read(row: &Row) -> Result<(PriceListId, Self::Row), Fault> {
        Ok((PriceListId::from_u128(row.id(0)?), vec![(row.moment(1)?, None)]))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let mut written = Vec::new();
        for (list, times) in changes.changed.iter().chain(&changes.new) {
            for (since, data) in times.iter() {
                if let Some(data) = data {
                    written.push((Uid(list.to_u128()), since.millis(), data.to_string()));
                }
            }
        }
        let lists: Vec<Uid> = written.iter().map(|row| row.0).collect();
        let times: Vec<i64> = written.iter().map(|row| row.1).collect();
        let texts: Vec<String> = written.into_iter().map(|row| row.2).collect();
        Ok(vec![Call::new(sql::PUT_TIME, params![lists, times, texts])])
    }
}

/// Zone, category, name, and the moment from which it holds.
pub(crate) type RateKey = (TaxZoneId, String, String, i64);

/// Returns what a rate is named by. One that holds since ever begins before every moment.
pub(crate) fn rate_key(rate: &TaxRate) -> RateKey {
    let begins_at = rate.window.from.map_or(i64::MIN, Timestamp::millis);
    (rate.zone, rate.category.as_str().to_owned(), rate.name.clone(), begins_at)
}

/// Returns what a rate that is to be taken away is named by.
pub(crate) fn removed_rate(key: &SetupKey) -> Option<RateKey> {
    let SetupKey::TaxRate { zone, category, name, from } = key else { return None };
    let begins_at = from.map_or(i64::MIN, Timestamp::millis);
    Some((*zone, category.as_str().to_owned(), name.clone(), begins_at))
}

/// Rows of `raw_tax_rate`.
pub(crate) struct TaxRates;

fn rate_keys<'k>(keys: impl Iterator<Item = &'k RateKey> + Clone) -> Params {
    params![
        keys.clone().map(|key| Uid(key.0.to_u128())).collect::<Vec<_>>(),
        keys.clone().map(|key| key.1.clone()).collect::<Vec<_>>(),
        keys.clone().map(|key| key.2.clone()).collect::<Vec<_>>(),
        keys.map(|key| key.3).collect::<Vec<_>>(),
    ]
}

impl Kind for TaxRates {
    type Key = RateKey;
    type Row = Arc<str>;
    type Ask = RateKey;

    fn load(asked: &BTreeSet<RateKey>) -> Option<Call> {
        Some(Call::new(sql::LOAD_RATES, rate_keys(asked.iter())))
    }

    fn read(row: &Row) -> Result<(RateKey, Arc<str>), Fault> {
        let key = (TaxZoneId::from_u128(row.id(0)?), row.at(1)?, row.at(2)?, row.at(3)?);
        Ok((key, row.at::<&str>(4)?.into()))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let rows: Vec<_> = changes.changed.iter().chain(&changes.new).copied().collect();
        let mut put = rate_keys(rows.iter().map(|(key, _)| *key));
        put.push(Box::new(column(&rows, |_, data| data.to_string())));
        let gone = rate_keys(changes.gone.iter().copied());
        Ok(calls([
            (!changes.gone.is_empty(), Call::new(sql::DELETE_RATES, gone)),
            (!rows.is_empty(), Call::new(sql::PUT_RATE, put)),
        ]))
    }
}

impl Rows {
    /// Writes something of the set-up.
    pub(crate) fn change_setup(&mut self, change: &SetupChange) -> Applied {
        match change {
            SetupChange::Shop(shop) => self.put_shop(shop)?,
            SetupChange::Channel(of) => {
                self.put_setup(kind::CHANNEL, of.id, Some(&of.code), of.version, of)?;
            }
            SetupChange::StockLocation(of) => {
                self.put_setup(kind::STOCK_LOCATION, of.id, Some(&of.code), of.version, of)?;
            }
            SetupChange::PriceList(of) => {
                self.put_setup(kind::PRICE_LIST, of.id, None, of.version, of)?;
                self.keep_price_list(of)?;
            }
            SetupChange::TaxZone(of) => {
                self.put_setup(kind::TAX_ZONE, of.id, None, of.version, of)?;
            }
            SetupChange::TaxRate(rate) => {
                self.tax_rates.put(rate_key(rate), json(rate)?.into());
            }
            SetupChange::DeliveryMethod(of) => {
                self.put_setup(kind::DELIVERY_METHOD, of.id, Some(&of.code), of.version, of)?;
            }
            SetupChange::Fee(of) => {
                self.put_setup(kind::FEE, of.id, Some(&of.code), of.version, of)?;
            }
            SetupChange::Collection(of) => {
                let handle = Some(of.handle.as_str());
                self.put_setup(kind::COLLECTION, of.id, handle, of.version, &**of)?;
            }
            SetupChange::Removed(key) => self.remove_setup(key),
            SetupChange::Promotion(of) => {
                self.put_setup(kind::PROMOTION, of.id, None, of.version, of)?;
            }
        }
        self.count(Counter::Setup, 1);
        Ok(())
    }

    /// Writes everything at once, into a shop that holds nothing of it. The version is the caller's.
    pub(crate) fn copy_setup(&mut self, whole: &Setup) -> Result<(), Fault> {
        let shop = &whole.shop;
        self.add_setup(kind::SHOP, shop.uid, None, shop.version, shop)?;
        for of in &whole.channels {
            self.add_setup(kind::CHANNEL, of.id.to_u128(), Some(&of.code), of.version, of)?;
        }
        for of in &whole.locations {
            let code = Some(of.code.as_str());
            self.add_setup(kind::STOCK_LOCATION, of.id.to_u128(), code, of.version, of)?;
        }
        for of in whole.price_lists.iter() {
            self.add_setup(kind::PRICE_LIST, of.id.to_u128(), None, of.version, of)?;
        }
        for of in whole.tax_zones.iter() {
            self.add_setup(kind::TAX_ZONE, of.id.to_u128(), None, of.version, of)?;
        }
        for rate in whole.tax_rates.iter() {
            self.tax_rates.add(rate_key(rate), json(rate)?.into())?;
        }
        for of in whole.delivery_methods.iter() {
            let code = Some(of.code.as_str());
            self.add_setup(kind::DELIVERY_METHOD, of.id.to_u128(), code, of.version, of)?;
        }
        for of in whole.fees.iter() {
            self.add_setup(kind::FEE, of.id.to_u128(), Some(&of.code), of.version, of)?;
        }
        for of in whole.promotions.iter() {
            self.add_setup(kind::PROMOTION, of.id.to_u128(), None, of.version, of)?;
        }
        for of in whole.collections.iter() {
            let handle = Some(of.handle.as_str());
            self.add_setup(kind::COLLECTION, of.id.to_u128(), handle, of.version, of)?;
        }
        Ok(())
    }

    fn add_setup(
        &mut self,
        of: i16,
        id: u128,
        code: Option<&str>,
        version: u64,
        data: &impl Serialize,
    ) -> Result<(), Fault> {
        let row = SetupRow { code: code.map(str::to_owned), version, data: json(data)?.into() };
        self.setup.add((of, id), row)
    }

    /// The shop has no id that a conflict could point at, so its guard refuses instead.
    fn put_shop(&mut self, shop: &ShopRecord) -> Applied {
        let stored = self.setup.iter().find(|((kind, _), _)| *kind == kind::SHOP);
        let stored = stored.map(|(&key, row)| (key, row.version));
        match stored {
            None if shop.version != 1 => return Err(Rejection::ShopMissing.into()),
            Some((_, version)) if shop.version != version + 1 => {
                return Err(Rejection::ShopExists.into());
            }
            // There is one shop, whatever number it has.
            Some((key, _)) if key.1 != shop.uid => self.setup.remove(&key),
            _ => {}
        }
        let row = SetupRow { code: None, version: shop.version, data: json(shop)?.into() };
        self.setup.put((kind::SHOP, shop.uid), row);
        Ok(())
    }

    fn put_setup(
        &mut self,
        of: i16,
        record: impl Into<RecordRef>,
        code: Option<&str>,
        version: u64,
        data: &impl Serialize,
    ) -> Applied {
        let record = record.into();
        let key = (of, record.raw());
        guard_version(self.setup.get(&key).map(|stored| stored.version), version, record)?;
        if let Some(code) = code {
            let mut others = self.setup.iter().filter(|(other, _)| other.0 == of && **other != key);
            if others.any(|(_, row)| row.code.as_deref() == Some(code)) {
                return Err(Stop::taken(noun(of), code));
            }
        }
        let row = SetupRow { code: code.map(str::to_owned), version, data: json(data)?.into() };
        self.setup.put(key, row);
        Ok(())
    }

    /// Takes a row away, if it is there.
    fn remove_setup(&mut self, key: &SetupKey) {
        match key {
            SetupKey::TaxRate { .. } => {
                if let Some(rate) = removed_rate(key) {
                    self.tax_rates.remove(&rate);
                }
            }
            SetupKey::DeliveryMethod(id) => {
                self.setup.remove(&(kind::DELIVERY_METHOD, id.to_u128()));
            }
            SetupKey::TaxZone(id) => self.setup.remove(&(kind::TAX_ZONE, id.to_u128())),
            SetupKey::Fee(id) => self.setup.remove(&(kind::FEE, id.to_u128())),
            SetupKey::Collection(id) => self.setup.remove(&(kind::COLLECTION, id.to_u128())),
        }
    }

    /// Keeps the wording of a price list; what is written twice in one moment was never so.
    fn keep_price_list(&mut self, list: &PriceList) -> Applied {
        let mut times = self.price_list_times.get(&list.id).cloned().unwrap_or_default();
        let newest = times.last().map_or(self.at, |(since, _)| *since);
        let since = self.at.max(newest);
        times.retain(|(known, _)| *known != since);
        times.push((since, Some(json(list)?.into())));
        self.price_list_times.put(list.id, times);
        Ok(())
    }
}
