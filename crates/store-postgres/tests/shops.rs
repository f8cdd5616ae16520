//! Shops that share a database: none sees another, whatever its user tries, and each stands in its schema alone.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod fixture;

use fixture::cluster::Cluster;
use fixture::{Schema, address, admin, server};
use sutler_core::id::ProductId;
use sutler_core::port::{EventReader as _, Retry, SetupReader as _, StoreReader as _};
use sutler_store_conformance::Fixture as _;
use sutler_store_conformance::given::World;
use sutler_store_conformance::given::sweep::product_event;
use sutler_store_conformance::then::committed;
use sutler_store_postgres::{
    Address, OpenError, OpenOptions, PostgresStore, drop_shop, may_drop_shop, open_reader, shops,
};

/// Rights on a database are one row of the server's catalog, which two at once may not change.
const ALONE: &str = "SELECT pg_advisory_xact_lock(7)";

/// A user who may make schemas and nothing else, with a shop; both go with it.
struct Owner {
    role: String,
    url: String,
    shop: Address,
}

impl Owner {
    fn new() -> Self {
        let shop = address();
        let role = format!("{}_owner", shop.shop());
        let database = admin("SELECT current_database()").remove(0);
        admin(&format!(
            "{ALONE}; DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN; GRANT CREATE ON DATABASE {database} TO {role}"
        ));
        let url = server().replacen("sutler@", &format!("{role}@"), 1);
        let shop = format!("{url}?shop={}", shop.shop()).parse().unwrap();
        let owner = Self { role, url, shop };
        let options = OpenOptions { create: true, ..OpenOptions::default() };
        drop(PostgresStore::open(&owner.shop, options).unwrap());
        owner
    }

    /// Returns the address of a shop as this user asks for it.
    fn asks_for(&self, shop: &str) -> Address {
        format!("{}?shop={shop}", self.url).parse().unwrap()
    }

    fn open(&self) -> PostgresStore {
        PostgresStore::open(&self.shop, OpenOptions::default()).unwrap()
    }

    /// Runs SQL as this user.
    fn sql(&self, sql: &str) -> Result<Vec<String>, tokio_postgres::Error> {
        fixture::try_admin_at(&self.url, sql)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let role = &self.role;
        // What stays behind goes with its server.
        let _ =
            fixture::try_admin(&format!("{ALONE}; DROP OWNED BY {role} CASCADE; DROP ROLE {role}"));
    }
}

fn denied(told: Result<Vec<String>, tokio_postgres::Error>) {
    let error = told.expect_err("it is somebody else's");
    assert_eq!(error.code().map(|code| code.code()), Some("42501"), "{error:?}");
}

#[test]
fn a_user_cannot_enter_list_or_drop_the_shop_of_another() {
    let (one, other) = (Owner::new(), Owner::new());
    let theirs = other.shop.shop();
    for opened in [
        PostgresStore::open(&one.asks_for(theirs), OpenOptions::default()).err(),
        PostgresStore::open(
            &one.asks_for(theirs),
            OpenOptions { create: true, ..OpenOptions::default() },
        )
        .err(),
        open_reader(&one.asks_for(theirs), OpenOptions::default()).err(),
        drop_shop(&one.asks_for(theirs)).err(),
    ] {
        let error = opened.unwrap();
        assert!(
            matches!(&error, OpenError::Denied { told, .. } if told.contains(theirs)),
            "{error}"
        );
        assert_eq!((error.code(), error.retry()), ("store.denied", Retry::Never));
    }
    for sql in [
        format!("SELECT * FROM {theirs}.orders"),
        format!("SELECT * FROM {theirs}.raw_event"),
        format!("INSERT INTO {theirs}.raw_cursor VALUES ('spy', 0)"),
        format!("CREATE TABLE {theirs}.mine (id int)"),
        format!("SELECT {theirs}.moment(0)"),
        format!("DROP SCHEMA {theirs} CASCADE"),
    ] {
        denied(one.sql(&sql));
    }
    let listed = |owner: &Owner| -> Vec<String> {
        shops(&owner.shop).unwrap().into_iter().map(|shop| shop.name).collect()
    };
    assert!(listed(&one).contains(&one.shop.shop().to_owned()));
    assert!(!listed(&one).contains(&theirs.to_owned()));
    assert!(other.open().event_head().is_ok(), "and it goes on");
}

#[test]
fn who_may_only_enter_a_schema_sees_a_shop_and_nothing_in_it() {
    let (one, other) = (Owner::new(), Owner::new());
    let theirs = other.shop.shop();
    other.sql(&format!("GRANT USAGE ON SCHEMA {theirs} TO {}", one.role)).unwrap();
    let listed = shops(&one.shop).unwrap();
    let seen = listed.iter().find(|shop| shop.name == theirs).unwrap();
    assert_eq!((&seen.title, seen.orders, seen.head, seen.schema), (&None, None, None, 0));
    let error = PostgresStore::open(&one.asks_for(theirs), OpenOptions::default()).unwrap_err();
    assert_eq!(error.code(), "store.denied", "{error}");
    let error = drop_shop(&one.asks_for(theirs)).unwrap_err();
    assert_eq!(error.code(), "store.denied", "{error}");
}

#[test]
fn names_from_elsewhere_never_take_the_place_of_a_shops_own() {
    let owner = Owner::new();
    let store = owner.open();
    let world = World::on(&store);
    let told = || {
        let mut set = world.set();
        set.tell(product_event(ProductId::from_u128(7)));
        set
    };
    committed(&store, told());
    let head = store.event_head().unwrap();
    drop(store);
    // Decoys in `public`, in a schema named as the user, and on the path of the role.
    let (role, shop) = (&owner.role, owner.shop.shop());
    let decoy = |schema: &str| {
        format!(
            "CREATE TABLE {schema}.raw_event_head (one boolean, seq bigint, hash bytea);
             INSERT INTO {schema}.raw_event_head VALUES (true, 999, decode(repeat('00', 32), 'hex'));
             CREATE FUNCTION {schema}.hashtextextended(text, int) RETURNS bigint LANGUAGE sql AS 'SELECT 1/0::bigint';
             GRANT ALL ON {schema}.raw_event_head TO {role};"
        )
    };
    admin(&format!(
        "CREATE SCHEMA {role}_decoys; GRANT ALL ON SCHEMA {role}_decoys TO {role}; {}
         ALTER ROLE {role} SET search_path = {role}_decoys, public, {shop}",
        decoy(&format!("{role}_decoys"))
    ));
    let again = owner.open();
    assert_eq!(again.event_head().unwrap(), head);
    committed(&again, told());
    assert_eq!(again.event_head().unwrap().0, head.0 + 1);
    assert_eq!(again.integrity().unwrap(), []);
    let untouched = admin(&format!("SELECT seq FROM {role}_decoys.raw_event_head"));
    assert_eq!(untouched, ["999"]);
    drop(again);
    admin(&format!("ALTER ROLE {role} RESET search_path; DROP SCHEMA {role}_decoys CASCADE"));
}

#[test]
fn a_schema_that_an_administrator_prepared_is_used() {
    let prepared = address();
    let (shop, role) = (prepared.shop(), format!("{}_clerk", prepared.shop()));
    admin(&format!("CREATE ROLE {role} LOGIN; CREATE SCHEMA {shop} AUTHORIZATION {role}"));
    let url = server().replacen("sutler@", &format!("{role}@"), 1);
    let theirs: Address = format!("{url}?shop={shop}").parse().unwrap();
    let options = OpenOptions { create: true, ..OpenOptions::default() };
    let store = PostgresStore::open(&theirs, options.clone()).unwrap();
    assert!(store.setup().unwrap().is_none());
    drop(store);
    // The right to make further schemas was not given.
    let another: Address = format!("{url}?shop={shop}_b").parse().unwrap();
    let error = PostgresStore::open(&another, options).unwrap_err();
    assert_eq!(error.code(), "store.denied", "{error}");
    drop_shop(&theirs).unwrap();
    admin(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

/// In a database of its own, since nobody else's test can use these names meanwhile.
#[test]
fn a_shop_may_have_a_name_that_is_a_word_of_sql() {
    let cluster = Cluster::start(&[]);
    let names = ["all", "default", "end", "order", "select", "table", "user"];
    // One was prepared by an administrator.
    cluster.admin("CREATE SCHEMA \"order\"");
    let of = |name: &str| cluster.address().with_shop(name).unwrap();
    for name in names {
        let options = OpenOptions { create: true, ..OpenOptions::default() };
        let store = PostgresStore::open(&of(name), options).unwrap();
        let world = World::on(&store);
        committed(&store, world.set());
        assert_eq!(store.integrity().unwrap(), []);
        assert!(open_reader(&of(name), OpenOptions::default()).unwrap().setup().unwrap().is_some());
    }
    let listed = shops(&cluster.address()).unwrap();
    let listed: Vec<(&str, bool)> =
        listed.iter().map(|shop| (shop.name.as_str(), shop.title.is_some())).collect();
    assert_eq!(listed, names.map(|name| (name, true)));
    names.iter().for_each(|name| drop_shop(&of(name)).unwrap());
    assert_eq!(shops(&cluster.address()).unwrap(), []);
}

#[test]
fn a_shop_that_is_gone_leaves_nothing_in_the_database() {
    let count = "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ";
    let schema = Schema::empty();
    let shop = schema.address().shop().to_owned();
    drop(schema);
    assert_eq!(admin(&format!("{count}'{shop}'")), ["0"]);
    assert_eq!(
        admin(&format!("SELECT count(*) FROM pg_namespace WHERE nspname = '{shop}'")),
        ["0"]
    );
}

/// What an engine that shards by schema refuses in one (Citus 12, `citus_schema_distribute`), and what would tie a shop to
/// anything outside of its schema. See docs/adr/0014-distribution.md.
#[test]
fn a_schema_can_be_moved_to_another_node_as_it_is() {
    let schema = Schema::empty();
    let shop = schema.address().shop();
    let of = format!("'{shop}'::regnamespace");
    let none: [String; 0] = [];
    for (what, sql) in [
        ("foreign keys", format!("SELECT conname FROM pg_constraint WHERE contype = 'f' AND connamespace = {of}")),
        ("exclusion constraints", format!("SELECT conname FROM pg_constraint WHERE contype = 'x' AND connamespace = {of}")),
        (
            "foreign tables, materialized views and tables in parts",
            format!("SELECT relname FROM pg_class WHERE relkind IN ('f', 'm', 'p') AND relnamespace = {of}"),
        ),
        (
            "tables that inherit",
            format!("SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                WHERE c.relnamespace = {of} AND c.relkind = 'r'"),
        ),
        ("rules", format!("SELECT rulename FROM pg_rules WHERE schemaname = '{shop}'")),
        ("types of its own", format!("SELECT typname FROM pg_type WHERE typtype IN ('d', 'e', 'r') AND typnamespace = {of}")),
        ("extensions", format!("SELECT extname FROM pg_extension WHERE extnamespace = {of}")),
        (
            "sequences that are not of one table's column, or not bigint",
            format!("SELECT s.relname FROM pg_class s JOIN pg_sequence q ON q.seqrelid = s.oid
                LEFT JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i') AND d.refclassid = 'pg_class'::regclass
                WHERE s.relnamespace = {of} AND (d.objid IS NULL OR q.seqtypid <> 'bigint'::regtype)"),
        ),
        (
            "anything of its own that stands on a thing outside of it",
            format!("WITH own AS (
                  SELECT 'pg_class'::regclass AS class, oid FROM pg_class WHERE relnamespace = {of}
                  UNION ALL SELECT 'pg_proc'::regclass, oid FROM pg_proc WHERE pronamespace = {of}
                  UNION ALL SELECT 'pg_rewrite'::regclass, r.oid FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
                    WHERE c.relnamespace = {of}
                  UNION ALL SELECT 'pg_trigger'::regclass, t.oid FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
                    WHERE c.relnamespace = {of})
                SELECT pg_describe_object(d.refclassid, d.refobjid, 0) FROM pg_depend d JOIN own ON (own.class, own.oid) = (d.classid, d.objid)
                LEFT JOIN pg_class c ON d.refclassid = 'pg_class'::regclass AND c.oid = d.refobjid
                LEFT JOIN pg_proc p ON d.refclassid = 'pg_proc'::regclass AND p.oid = d.refobjid
                WHERE coalesce(c.relnamespace, p.pronamespace) NOT IN ({of}, 'pg_catalog'::regnamespace)"),
        ),
    ] {
        assert_eq!(admin(&sql), none, "{what}");
    }
    // Triggers need a setting there (citus.enable_unsafe_triggers). They are known by name, and each does nothing but refuse.
    let triggers = admin(&format!(
        "SELECT tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
         WHERE NOT tgisinternal AND c.relnamespace = {of} ORDER BY 1"
    ));
    assert_eq!(
        triggers,
        [
            "raw_credit_entry_stays",
            "raw_price_list_since_is_kept",
            "raw_price_list_since_stays",
            "raw_price_past_stays",
        ]
    );
    let languages = admin(&format!(
        "SELECT DISTINCT lanname FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE pronamespace = {of} ORDER BY 1"
    ));
    assert_eq!(languages, ["plpgsql", "sql"], "languages that every server has");
}

/// A schema that is not a shop alone is never taken away, nor listed where it is none at all.
#[test]
fn only_what_is_ours_is_listed_and_dropped() {
    let schema = Schema::empty();
    let (of, shop) = (schema.address(), schema.address().shop());
    for (make, take, named) in [
        ("CREATE TABLE SHOP.notes (id int)", "DROP TABLE SHOP.notes", "a table `notes`"),
        ("CREATE VIEW SHOP.mine AS SELECT 1 AS one", "DROP VIEW SHOP.mine", "a view `mine`"),
        (
            "CREATE FUNCTION SHOP.two() RETURNS int LANGUAGE sql RETURN 2",
            "DROP FUNCTION SHOP.two",
            "a function `two`",
        ),
        ("CREATE SEQUENCE SHOP.three", "DROP SEQUENCE SHOP.three", "a sequence `three`"),
    ] {
        admin(&make.replace("SHOP", shop));
        for refused in [drop_shop(of), may_drop_shop(of)] {
            let error = refused.unwrap_err();
            let found = error.to_string();
            assert!(matches!(error, OpenError::Foreign { .. }) && found.contains(named), "{found}");
        }
        admin(&take.replace("SHOP", shop));
    }
    may_drop_shop(of).unwrap();

    let other = address();
    let name = other.shop();
    admin(&format!("CREATE SCHEMA {name}; CREATE TABLE {name}.raw_migration (number bigint)"));
    assert!(!shops(of).unwrap().iter().any(|listed| listed.name == name));
    for refused in [
        drop_shop(&other).unwrap_err(),
        PostgresStore::open(&other, OpenOptions { create: true, ..OpenOptions::default() })
            .unwrap_err(),
    ] {
        assert!(matches!(refused, OpenError::Foreign { .. }), "{refused}");
    }
    admin(&format!("DROP SCHEMA {name} CASCADE"));
}

/// What the history of the schema does not tell, or tells of nothing, is damage and said to be.
#[test]
fn a_history_with_rows_missing_is_damage() {
    for taken in ["number = 9", "number = 4", "true"] {
        let schema = Schema::empty();
        let shop = schema.address().shop();
        admin(&format!("DELETE FROM {shop}.raw_migration WHERE {taken}"));
        let error = PostgresStore::open(schema.address(), OpenOptions::default()).unwrap_err();
        assert!(matches!(error, OpenError::Torn { .. }), "{taken}: {error}");
        assert_eq!((error.code(), error.retry()), ("store.damaged", Retry::Never));
        admin(&format!("DROP SCHEMA {shop} CASCADE"));
    }
}

#[test]
fn a_part_of_a_shop_is_not_read_either() {
    let schema = Schema::empty();
    let shop = schema.address().shop();
    admin(&format!(
        "INSERT INTO {shop}.raw_copy VALUES (true, gen_random_uuid(), 3, sha256('half'))"
    ));
    let error = open_reader(schema.address(), OpenOptions::default()).err().unwrap();
    assert!(matches!(error, OpenError::Unfinished { .. }), "{error}");
}

#[test]
fn who_may_only_read_is_denied_a_change() {
    let (one, other) = (Owner::new(), Owner::new());
    let (theirs, role) = (other.shop.shop(), &one.role);
    let grant = format!(
        "GRANT USAGE ON SCHEMA {theirs} TO {role}; GRANT SELECT ON ALL TABLES IN SCHEMA {theirs} TO {role}"
    );
    other.sql(&grant).unwrap();
    let store = PostgresStore::open(&one.asks_for(theirs), OpenOptions::default()).unwrap();
    let world = World::new();
    let setup = world.setup().map(sutler_core::change::Change::Setup);
    let error = sutler_core::port::Store::commit(&store, world.set_of(setup)).unwrap_err();
    assert_eq!((error.code, error.retry), ("store.denied", Retry::Never), "{error:?}");
}
