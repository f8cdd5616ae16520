//! Changes of the catalog.

use std::collections::BTreeSet;
use std::sync::Arc;

use sutler_core::catalog::{Category, Product, Variant};
use sutler_core::id::{CategoryId, PriceListId, ProductId, VariantId};
use sutler_core::pricing::Price;
use sutler_core::time::Timestamp;
use tokio_postgres::Row;

use super::{category, price};
use crate::counter::Counter;
use crate::error::{Applied, Fault, Stop, guard_version};
use crate::flight::{Call, Params, params};
use crate::rows::Rows;
use crate::table::{Changes, Kind, calls, column};
use crate::value::{Columns as _, Uid, int, json};

pub(crate) mod sql {
    crate::statements::statements! {
        LOAD_CATEGORIES = "SELECT id, parent, name, version FROM raw_category c
            WHERE id = ANY ($1) OR EXISTS (SELECT FROM unnest($2::uuid[], $3::text[]) AS n (parent, name)
              WHERE c.parent IS NOT DISTINCT FROM n.parent AND c.name = n.name)
            ORDER BY id FOR UPDATE";
        INSERT_CATEGORIES = "INSERT INTO raw_category (id, parent, name, version)
            SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[])";
        UPDATE_CATEGORIES = "UPDATE raw_category o SET parent = n.parent, name = n.name, version = n.version
            FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::bigint[]) AS n (id, parent, name, version) WHERE o.id = n.id";
        LOAD_PRODUCTS = "SELECT id, data::text FROM raw_product WHERE id = ANY ($1) ORDER BY id FOR UPDATE";
        INSERT_PRODUCTS = "INSERT INTO raw_product (id, handle, version, data) SELECT id, handle, version, data::json
            FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[]) AS n (id, handle, version, data)";
        UPDATE_PRODUCTS = "UPDATE raw_product o SET handle = n.handle, version = n.version, data = n.data::json
            FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::text[]) AS n (id, handle, version, data) WHERE o.id = n.id";
        LOAD_HANDLES = "SELECT handle, id FROM raw_product WHERE handle = ANY ($1)";
        LOAD_VARIANTS = "SELECT id, product, sku, barcode, retired FROM raw_variant WHERE id = ANY ($1) ORDER BY id FOR UPDATE";
        INSERT_VARIANTS = "INSERT INTO raw_variant (id, product, sku, barcode, retired)
            SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::boolean[])";
        UPDATE_VARIANTS = "UPDATE raw_variant o SET sku = n.sku, barcode = n.barcode, retired = n.retired
            FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::boolean[]) AS n (id, product, sku, barcode, retired)
            WHERE o.id = n.id";
        LOAD_PRICES = "SELECT p.variant, p.list, p.min_quantity, p.amount, p.currency, p.compare_at, p.compare_currency, p.since
            FROM raw_price p JOIN unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS n (variant, list, min_quantity)
              USING (variant, list, min_quantity)
            ORDER BY p.variant, p.list, p.min_quantity FOR UPDATE OF p";
        DELETE_PRICES = "DELETE FROM raw_price o USING unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS n (variant, list, min_quantity)
            WHERE (o.variant, o.list, o.min_quantity) = (n.variant, n.list, n.min_quantity)";
        INSERT_PRICES = "INSERT INTO raw_price (variant, list, min_quantity, amount, currency, compare_at, compare_currency, since)
            SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::bigint[])";
        UPDATE_PRICES = "UPDATE raw_price o SET amount = n.amount, currency = n.currency, compare_at = n.compare_at,
              compare_currency = n.compare_currency, since = n.since
            FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::bigint[])
              AS n (variant, list, min_quantity, amount, currency, compare_at, compare_currency, since)
            WHERE (o.variant, o.list, o.min_quantity) = (n.variant, n.list, n.min_quantity)";
        LOAD_ENDS = "SELECT variant, list, min_quantity, max(until)
            FROM raw_price_past JOIN unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS n (variant, list, min_quantity)
              USING (variant, list, min_quantity)
            GROUP BY variant, list, min_quantity";
        INSERT_PASTS = "INSERT INTO raw_price_past
              (variant, list, min_quantity, amount, currency, compare_at, compare_currency, since, until)
            SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::text[],
              $8::bigint[], $9::bigint[])";
    }
}

/// What can be asked of categories.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum AskCategory {
    Id(CategoryId),
    /// Whoever has this name below this parent.
    Name(Option<CategoryId>, String),
}

/// Rows of `raw_category`.
pub(crate) struct Categories;

impl Kind for Categories {
    type Key = CategoryId;
    type Row = Category;
    type Ask = AskCategory;

    fn load(asked: &BTreeSet<AskCategory>) -> Option<Call> {
        let (mut ids, mut parents, mut names) = (Vec::new(), Vec::new(), Vec::new());
        for ask in asked {
            match ask {
                AskCategory::Id(id) => ids.push(Uid(id.to_u128())),
                AskCategory::Name(parent, name) => {
                    parents.push(parent.map(|parent| Uid(parent.to_u128())));
                    names.push(name.clone());
                }
            }
        }
        Some(Call::new(sql::LOAD_CATEGORIES, params![ids, parents, names]))
    }

    fn read(row: &Row) -> Result<(CategoryId, Category), Fault> {
        category(row).map(|category| (category.id, category))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&CategoryId, &Category)]| {
            params![
                column(rows, |id, _| Uid(id.to_u128())),
                column(rows, |_, row| row.parent.map(|parent| Uid(parent.to_u128()))),
                column(rows, |_, row| row.name.clone()),
                column(rows, |_, row| int(row.version)),
            ]
        };
        Ok(calls([
            (
                !changes.changed.is_empty(),
                Call::new(sql::UPDATE_CATEGORIES, params(&changes.changed)),
            ),
            (!changes.new.is_empty(), Call::new(sql::INSERT_CATEGORIES, params(&changes.new))),
        ]))
    }
}

/// Rows of `raw_product`.
pub(crate) struct Products;

impl Kind for Products {
    type Key = ProductId;
    type Row = Arc<Product>;
    type Ask = ProductId;

    fn load(asked: &BTreeSet<ProductId>) -> Option<Call> {
        let ids: Vec<Uid> = asked.iter().map(|id| Uid(id.to_u128())).collect();
        Some(Call::new(sql::LOAD_PRODUCTS, params![ids]))
    }

    fn read(row: &Row) -> Result<(ProductId, Arc<Product>), Fault> {
        Ok((ProductId::from_u128(row.id(0)?), Arc::new(row.json(1)?)))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&ProductId, &Arc<Product>)]| -> Result<Params, Fault> {
            let texts: Result<Vec<String>, Fault> =
                rows.iter().map(|(_, product)| json(&***product)).collect();
            Ok(params![
                column(rows, |id, _| Uid(id.to_u128())),
                column(rows, |_, product| product.handle.to_string()),
                column(rows, |_, product| int(product.version)),
                texts?,
            ])
        };
        Ok(calls([
            (
                !changes.changed.is_empty(),
                Call::new(sql::UPDATE_PRODUCTS, params(&changes.changed)?),
            ),
            (!changes.new.is_empty(), Call::new(sql::INSERT_PRODUCTS, params(&changes.new)?)),
        ]))
    }
}

/// Which product has a handle; written with the products.
pub(crate) struct Handles;

impl Kind for Handles {
    type Key = String;
    type Row = ProductId;
    type Ask = String;

    fn load(asked: &BTreeSet<String>) -> Option<Call> {
        let handles: Vec<String> = asked.iter().cloned().collect();
        Some(Call::new(sql::LOAD_HANDLES, params![handles]))
    }

    fn read(row: &Row) -> Result<(String, ProductId), Fault> {
        Ok((row.at(0)?, ProductId::from_u128(row.id(1)?)))
    }

    fn write(_: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        Ok(Vec::new())
    }
}

/// What a variant is looked up by.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct VariantRow {
    product: ProductId,
    sku: Option<String>,
    barcode: Option<String>,
    retired: bool,
}

impl VariantRow {
    fn of(variant: &Variant, product: ProductId) -> Self {
        let sku = variant.sku.as_ref().map(|sku| sku.as_str().to_owned());
        Self { product, sku, barcode: variant.barcode.clone(), retired: variant.retired }
    }

    fn in_use(&self) -> i64 {
        i64::from(!self.retired)
    }
}

/// Rows of `raw_variant`.
pub(crate) struct Variants;

impl Kind for Variants {
    type Key = VariantId;
    type Row = VariantRow;
    type Ask = VariantId;

    fn load(asked: &BTreeSet<VariantId>) -> Option<Call> {
        let ids: Vec<Uid> = asked.iter().map(|id| Uid(id.to_u128())).collect();
        Some(Call::new(sql::LOAD_VARIANTS, params![ids]))
    }

    fn read(row: &Row) -> Result<(VariantId, VariantRow), Fault> {
        let stored = VariantRow {
            product: ProductId::from_u128(row.id(1)?),
            sku: row.at(2)?,
            barcode: row.at(3)?,
            retired: row.at(4)?,
        };
        Ok((VariantId::from_u128(row.id(0)?), stored))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let params = |rows: &[(&VariantId, &VariantRow)]| {
            params![
                column(rows, |id, _| Uid(id.to_u128())),
                column(rows, |_, row| Uid(row.product.to_u128())),
                column(rows, |_, row| row.sku.clone()),
                column(rows, |_, row| row.barcode.clone()),
                column(rows, |_, row| row.retired),
            ]
        };
        Ok(calls([
            (
                !changes.changed.is_empty(),
                Call::new(sql::UPDATE_VARIANTS, params(&changes.changed)),
            ),
            (!changes.new.is_empty(), Call::new(sql::INSERT_VARIANTS, params(&changes.new))),
        ]))
    }
}

/// Where a price stands: variant, list, minimum quantity.
pub(crate) type Place = (VariantId, PriceListId, u32);

/// A price and since when it holds.
type Dated = (Price, Timestamp);

fn places<'p>(places: impl Iterator<Item = &'p Place> + Clone) -> Params {
    params![
        places.clone().map(|place| Uid(place.0.to_u128())).collect::<Vec<_>>(),
        places.clone().map(|place| Uid(place.1.to_u128())).collect::<Vec<_>>(),
        places.map(|place| i64::from(place.2)).collect::<Vec<_>>(),
    ]
}

fn read_place(row: &Row) -> Result<Place, Fault> {
    Ok((VariantId::from_u128(row.id(0)?), PriceListId::from_u128(row.id(1)?), row.small(2)?))
}

/// Returns the columns of prices, since when each holds at the end.
fn price_columns(rows: &[&Dated]) -> Params {
    fn column<T>(rows: &[&Dated], value: impl Fn(&Price) -> T) -> Vec<T> {
        rows.iter().map(|(price, _)| value(price)).collect()
    }
    let other = |price: &Price| {
        let other = price.compare_at.map(|amount| amount.currency());
        let other = other.filter(|other| *other != price.amount.currency());
        other.map(|other| other.code().to_owned())
    };
    params![
        column(rows, |price| Uid(price.variant.to_u128())),
        column(rows, |price| Uid(price.list.to_u128())),
        column(rows, |price| i64::from(price.min_quantity)),
        column(rows, |price| price.amount.minor()),
        column(rows, |price| price.amount.currency().code().to_owned()),
        column(rows, |price| price.compare_at.map(|amount| amount.minor())),
        column(rows, other),
        rows.iter().map(|(_, since)| since.millis()).collect::<Vec<_>>(),
    ]
}

/// Rows of `raw_price`.
pub(crate) struct Prices;

impl Kind for Prices {
    type Key = Place;
    type Row = Dated;
    type Ask = Place;

    fn load(asked: &BTreeSet<Place>) -> Option<Call> {
        Some(Call::new(sql::LOAD_PRICES, places(asked.iter())))
    }

    fn read(row: &Row) -> Result<(Place, Dated), Fault> {
        Ok((read_place(row)?, (price(row)?, row.moment(7)?)))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let columns = |rows: &[(&Place, &Dated)]| {
            let rows: Vec<&Dated> = rows.iter().map(|(_, row)| *row).collect();
            price_columns(&rows)
        };
        let gone = places(changes.gone.iter().copied());
        Ok(calls([
            (!changes.gone.is_empty(), Call::new(sql::DELETE_PRICES, gone)),
            (!changes.changed.is_empty(), Call::new(sql::UPDATE_PRICES, columns(&changes.changed))),
            (!changes.new.is_empty(), Call::new(sql::INSERT_PRICES, columns(&changes.new))),
        ]))
    }
}

/// When the last price of a place that is past ended; written with the past.
pub(crate) struct PriceEnds;

impl Kind for PriceEnds {
    type Key = Place;
    type Row = Timestamp;
    type Ask = Place;

    fn load(asked: &BTreeSet<Place>) -> Option<Call> {
        Some(Call::new(sql::LOAD_ENDS, places(asked.iter())))
    }

    fn read(row: &Row) -> Result<(Place, Timestamp), Fault> {
        Ok((read_place(row)?, row.moment(3)?))
    }

    fn write(_: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        Ok(Vec::new())
    }
}

/// Rows of `raw_price_past`, which are only added.
pub(crate) struct PricePasts;

impl Kind for PricePasts {
    /// Place and since.
    type Key = (Place, Timestamp);
    /// The price, since, until.
    type Row = (Dated, Timestamp);
    type Ask = ();

    fn load(_: &BTreeSet<()>) -> Option<Call> {
        None
    }

    fn read(_: &Row) -> Result<(Self::Key, Self::Row), Fault> {
        Err(Fault::damaged("a past price", "it was not asked for"))
    }

    fn write(changes: Changes<'_, Self>) -> Result<Vec<Call>, Fault> {
        let rows: Vec<&Dated> = changes.new.iter().map(|(_, (dated, _))| dated).collect();
        let mut params = price_columns(&rows);
        params.push(Box::new(column(&changes.new, |_, (_, until)| until.millis())));
        Ok(vec![Call::new(sql::INSERT_PASTS, params)])
    }
}

impl Rows {
    pub(crate) fn ask_category(&mut self, category: &Category) {
        self.categories.ask(AskCategory::Id(category.id));
        self.categories.ask(AskCategory::Name(category.parent, category.name.clone()));
    }

    pub(crate) fn ask_product(&mut self, product: &Product) {
        self.products.ask(product.id);
        self.handles.ask(product.handle.to_string());
        self.counters.ask(Counter::Products);
        self.counters.ask(Counter::Variants);
        product.variants.iter().for_each(|variant| self.variants.ask(variant.id));
    }

    pub(crate) fn ask_price(&mut self, place: Place) {
        self.prices.ask(place);
        self.price_ends.ask(place);
    }

    /// Writes a category.
    pub(crate) fn put_category(&mut self, category: &Category) -> Applied {
        let stored = self.categories.get(&category.id).map(|stored| stored.version);
        guard_version(stored, category.version, category.id)?;
        let is_namesake = |other: &Category| {
            other.id != category.id
                && other.parent == category.parent
                && other.name == category.name
        };
        if self.categories.iter().any(|(_, other)| is_namesake(other)) {
            return Err(Stop::taken("category", &category.name));
        }
        self.categories.put(category.id, category.clone());
        Ok(())
    }

    /// Writes a product; variants that the record does not name stay as they are.
    pub(crate) fn put_product(&mut self, product: &Product) -> Applied {
        let stored = self.products.get(&product.id).cloned();
        guard_version(stored.as_ref().map(|stored| stored.version), product.version, product.id)?;
        let handle = product.handle.to_string();
        if self.handles.get(&handle).is_some_and(|owner| *owner != product.id) {
            return Err(Stop::taken("product", &product.handle));
        }
        let of_other = |variant: &&Variant| {
            self.variants.get(&variant.id).is_some_and(|stored| stored.product != product.id)
        };
        if let Some(variant) = product.variants.iter().find(of_other) {
            return Err(Stop::taken("variant", variant.id));
        }
        // Rows of variants that the record does not name were not asked for, and stay.
        product.variants.iter().for_each(|variant| self.put_variant(variant, product.id));
        let mut product = product.clone();
        match stored {
            None => self.count(Counter::Products, 1),
            Some(stored) => {
                let unnamed =
                    stored.variants.iter().filter(|old| product.variant(old.id).is_none());
                let unnamed: Vec<Variant> = unnamed.cloned().collect();
                product.variants.extend(unnamed);
                self.handles.remove(&stored.handle.to_string());
            }
        }
        self.handles.put(handle, product.id);
        self.products.put(product.id, Arc::new(product));
        Ok(())
    }

    /// Writes a product of a copy, with the rows of its variants.
    pub(crate) fn copy_product(&mut self, product: Product) -> Result<(), Fault> {
        for variant in &product.variants {
            self.variants.add(variant.id, VariantRow::of(variant, product.id))?;
        }
        self.products.add(product.id, Arc::new(product))
    }

    fn put_variant(&mut self, variant: &Variant, product: ProductId) {
        let row = VariantRow::of(variant, product);
        let stored = self.variants.get(&variant.id);
        if stored != Some(&row) {
            let before = stored.map_or(0, VariantRow::in_use);
            self.count(Counter::Variants, row.in_use() - before);
            self.variants.put(variant.id, row);
        }
    }

    /// Writes a price; the one in its place becomes past, unless it is the same.
    pub(crate) fn put_price(&mut self, price: &Price) -> Applied {
        let place = (price.variant, price.list, price.min_quantity);
        let current = self.prices.get(&place);
        if current.is_some_and(|(stored, _)| stored == price) {
            return Ok(());
        }
        let since = current.map_or(self.at, |(_, since)| self.at.max(*since));
        let since = self.price_ends.get(&place).map_or(since, |end| since.max(*end));
        self.end_price(place);
        self.prices.put(place, (price.clone(), since));
        Ok(())
    }

    /// Takes a price away; it becomes past.
    pub(crate) fn remove_price(&mut self, place: Place) -> Applied {
        self.end_price(place);
        Ok(())
    }

    /// Makes the price in a place past; one that held for no time is forgotten.
    fn end_price(&mut self, place: Place) {
        let Some(dated) = self.prices.get(&place).cloned() else { return };
        let (since, until) = (dated.1, self.at);
        self.prices.remove(&place);
        if since < until {
            self.price_pasts.put((place, since), (dated, until));
            self.price_ends.put(place, until);
        }
    }
}
