//! The shops of a database: which there are, how large each is, and taking one away.
//!
//! A shop of another user is listed where that user lets others into the schema, without what stands in it.

use sutler_core::port::ShopSummary;

use crate::address::Address;
use crate::error::{Fault, OpenError};
use crate::flight::{Call, params};
use crate::migrate;
use crate::open::on_server;
use crate::session::{Place, Purpose, Session};
use crate::value::Columns as _;

pub(crate) mod sql {
    crate::statements::statements! {
        SHOPS = "SELECT n.nspname::text,
              (SELECT coalesce(sum(pg_total_relation_size(t.oid)), 0)::bigint FROM pg_class t
                WHERE t.relnamespace = n.oid AND t.relkind IN ('r', 'm'))
            FROM pg_namespace n JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'raw_migration' AND c.relkind = 'r'
            WHERE has_schema_privilege(n.oid, 'USAGE') AND (SELECT count(*) = 4 FROM pg_attribute a WHERE a.attrelid = c.oid
                AND (a.attname, a.atttypid) IN (('number', 'int4'::regtype), ('name', 'text'::regtype),
                  ('sha256', 'bytea'::regtype), ('program', 'text'::regtype)))
            ORDER BY 1";
        /// What stands in a schema, but for what comes with tables: indexes, triggers, and sequences that columns own.
        THINGS = "SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' WHEN 'S' THEN 'sequence' ELSE 'table' END,
              c.relname::text
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND (c.relkind IN ('r', 'p', 'v', 'm', 'f') OR c.relkind = 'S' AND NOT EXISTS (
              SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')))
            UNION SELECT 'function', p.proname::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
            WHERE n.nspname = $1 ORDER BY 1, 2";
        ABOUT = "SELECT (SELECT max(number) FROM raw_migration), (SELECT count(*) FROM raw_order),
              coalesce((SELECT seq FROM raw_event_head), 0), (SELECT data ->> 'name' FROM raw_setup WHERE kind = 1)";
    }
}

/// Returns the shops of a database that its user can see, in alphabetical order; the shop of the address need not be there.
///
/// Errors: as [`crate::PostgresStore::open`].
///
/// ```
/// use sutler_store_postgres::{Address, OpenOptions, PostgresStore, shops};
///
/// # let server = std::env::var("SUTLER_TEST_POSTGRES").expect("cargo xtask test starts a server");
/// # let url = format!("{server}?shop=example_of_a_list");
/// let address: Address = url.parse()?;
/// PostgresStore::open(&address, OpenOptions { create: true, ..OpenOptions::default() })?;
/// let listed = shops(&address)?;
/// let ours = listed.iter().find(|shop| shop.name == "example_of_a_list").expect("it is there");
/// assert_eq!((ours.orders, ours.head), (Some(0), Some(0)));
/// # sutler_store_postgres::drop_shop(&address)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn shops(address: &Address) -> Result<Vec<ShopSummary>, OpenError> {
    on_server(address, Purpose::Reading, |work, session| async move {
        let rows = session.fly(&[Call::plain(sql::SHOPS)]).await;
        let mut shops = Vec::new();
        for row in rows.map_err(|failed| work.refused(failed))?.iter().flatten() {
            let read = || Ok::<_, Fault>((row.at::<String>(0)?, row.count(1)?));
            let (name, bytes) = read().map_err(|fault| work.failed(fault))?;
            // A schema that no address can name is none of ours.
            if let Ok(of) = work.address().with_shop(&name) {
                shops.push(about(&work, &session, &of, bytes).await?);
            }
        }
        Ok(shops)
    })
}

/// Looks into one shop; what the server does not show stays unknown.
async fn about(
    place: &Place,
    session: &Session,
    address: &Address,
    bytes: u64,
) -> Result<ShopSummary, OpenError> {
    let unknown = ShopSummary { name: address.shop().to_owned(), bytes, ..ShopSummary::default() };
    let enter = format!("SET search_path = {}, pg_temp", address.schema());
    session.script(&enter).await.map_err(|failed| place.refused(failed))?;
    let rows = match session.fly(&[Call::new(sql::ABOUT, params![])]).await {
        Err(failed) if failed.is_told() => return Ok(unknown),
        rows => rows.map_err(|failed| place.refused(failed))?,
    };
    let Some(row) = rows.iter().flatten().next() else { return Ok(unknown) };
    let read = || {
        let schema: Option<i32> = row.at(0)?;
        Ok::<_, Fault>(ShopSummary {
            schema: schema.and_then(|number| u32::try_from(number).ok()).unwrap_or(0),
            orders: Some(row.count(1)?),
            head: Some(row.count(2)?),
            title: row.at(3)?,
            ..unknown
        })
    };
    read().map_err(|fault| place.failed(fault))
}

/// Takes a shop away, with everything in it. It cannot be brought back but from a backup.
///
/// Errors: as [`crate::PostgresStore::open`]; a schema that holds no shop, one of a newer program, or something beside a shop
/// that is none of it, is not touched.
///
/// ```
/// use sutler_store_postgres::{Address, OpenError, OpenOptions, PostgresStore, drop_shop};
///
/// # let server = std::env::var("SUTLER_TEST_POSTGRES").expect("cargo xtask test starts a server");
/// # let url = format!("{server}?shop=example_of_an_end");
/// let address: Address = url.parse()?;
/// PostgresStore::open(&address, OpenOptions { create: true, ..OpenOptions::default() })?;
/// drop_shop(&address)?;
/// assert!(matches!(drop_shop(&address), Err(OpenError::Missing { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn drop_shop(address: &Address) -> Result<(), OpenError> {
    on_server(address, Purpose::Writing, |work, session| async move {
        require_ours(&work, &session).await?;
        let drop = format!("DROP SCHEMA {} CASCADE", work.address().schema());
        session.script(&drop).await.map_err(|error| work.refused(error))
    })
}

/// Looks whether [`drop_shop`] would take a shop away; changes nothing.
///
/// Errors: as [`drop_shop`].
///
/// ```
/// use sutler_store_postgres::{Address, OpenError, may_drop_shop};
///
/// # let server = std::env::var("SUTLER_TEST_POSTGRES").expect("cargo xtask test starts a server");
/// # let url = format!("{server}?shop=example_of_no_end");
/// let address: Address = url.parse()?;
/// assert!(matches!(may_drop_shop(&address), Err(OpenError::Missing { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn may_drop_shop(address: &Address) -> Result<(), OpenError> {
    on_server(address, Purpose::Writing, |work, session| async move {
        require_ours(&work, &session).await
    })
}

/// How many foreign things are named.
const NAMED_MAX: usize = 5;

/// Refuses what is no shop, and a schema in which something else stands beside the shop.
async fn require_ours(place: &Place, session: &Session) -> Result<(), OpenError> {
    migrate::require_shop(place, session, migrate::MIGRATIONS).await?;
    let shop = place.address().shop().to_owned();
    let call = Call::new(sql::THINGS, params![shop.clone()]);
    let rows = session.fly(&[call]).await.map_err(|failed| place.refused(failed))?;
    let ours = migrate::made(migrate::MIGRATIONS);
    let mut foreign = Vec::new();
    for row in rows.iter().flatten() {
        let read = || Ok::<_, Fault>((row.at::<&str>(0)?, row.at::<&str>(1)?));
        let (noun, name) = read().map_err(|fault| place.failed(fault))?;
        if !ours.contains(name) {
            foreign.push(format!("a {noun} `{name}`"));
        }
    }
    if foreign.is_empty() {
        return Ok(());
    }
    let more = foreign.len().saturating_sub(NAMED_MAX);
    foreign.truncate(NAMED_MAX);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let found = format!("{}{more}, which no shop has", foreign.join(", "));
    Err(OpenError::Foreign { server: place.server().to_owned(), shop, found })
}
