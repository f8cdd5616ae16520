//! Where SQL is written down: [`statements!`], used once in each file that speaks to the database.
//!
//! Every statement stands in such a list, so that one test can ask the server for the plan of each and refuse a walk through
//! a table that grows. The plans stand in `tests/snapshots/plans.txt`.
//!
//! Deliberately absent: SQL put together at run time. Values are always bound; the shop is chosen by `search_path`.

/// Declares named statements, and for tests the list of them all.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:literal;)+) => {
        $($(#[$doc])* pub(crate) const $name: &str = $sql;)+

        /// Every statement of the list, with its name.
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name),)+];
    };
}
pub(crate) use statements;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt::Write as _;

    use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

    use crate::{Address, OpenOptions, PostgresStore, drop_shop};

    /// Tables that hold few rows in any shop, so that a walk through all of them costs nothing.
    const SMALL: &[(&str, &str)] = &[
        ("raw_category", "the tree is read as a whole"),
        ("raw_counter", "four rows"),
        ("raw_event_head", "one row"),
        ("raw_ledger_head", "one row for each location"),
        ("raw_migration", "one row for each step"),
        ("raw_price_list_since", "few lists, seldom written"),
        ("raw_setup", "set-up is read as a whole"),
        ("raw_tax_rate", "set-up is read as a whole"),
        ("raw_writer", "one row for each process"),
    ];

    /// Files whose statements read everything because that is their job.
    const WHOLE: &[(&str, &str)] = &[
        ("dump", "a copy reads everything"),
        ("dump::write", "what follows from all records is counted at the end of a copy"),
        ("integrity", "looking for damage reads everything"),
        ("integrity::pages", "looking for damage reads everything"),
        ("integrity::records", "looking for damage reads everything"),
        ("integrity::references", "looking for damage reads everything"),
        ("shops", "a list of shops counts their orders"),
    ];

    fn all() -> Vec<(String, &'static str)> {
        [
            ("backup", crate::backup::sql::ALL),
            ("cart", crate::cart::sql::ALL),
            ("catalog", crate::catalog::sql::ALL),
            ("catalog::write", crate::catalog::write::sql::ALL),
            ("counter", crate::counter::sql::ALL),
            ("credit", crate::credit::sql::ALL),
            ("customer", crate::customer::sql::ALL),
            ("dump", crate::dump::sql::ALL),
            ("dump::write", crate::dump::write::sql::ALL),
            ("event", crate::event::sql::ALL),
            ("fulfillment", crate::fulfillment::sql::ALL),
            ("goods", crate::goods::sql::ALL),
            ("integrity", crate::integrity::sql::ALL),
            ("integrity::pages", crate::integrity::parts::pages::ALL),
            ("integrity::records", crate::integrity::parts::records::ALL),
            ("integrity::references", crate::integrity::parts::references::ALL),
            ("lease", crate::lease::sql::ALL),
            ("migrate", crate::migrate::sql::ALL),
            ("replica", crate::replica::sql::ALL),
            ("order", crate::order::sql::ALL),
            ("order::write", crate::order::write::sql::ALL),
            ("payment", crate::payment::sql::ALL),
            ("promotion", crate::promotion::sql::ALL),
            ("restore", crate::restore::sql::ALL),
            ("saga", crate::saga::sql::ALL),
            ("session", crate::session::sql::ALL),
            ("setup", crate::setup::sql::ALL),
            ("shops", crate::shops::sql::ALL),
            ("stock", crate::stock::sql::ALL),
            ("stock::write", crate::stock::write::sql::ALL),
            ("sums", crate::sums::sql::ALL),
            ("writer", crate::writer::sql::ALL),
        ]
        .into_iter()
        .flat_map(|(file, list)| {
            list.iter().map(move |(name, sql)| (format!("{file}::{name}"), *sql))
        })
        .collect()
    }

    /// Returns the lines of the plan that serves every value of the parameters.
    async fn plan(client: &Client, sql: &str) -> Vec<String> {
        let most = (1..20).rev().find(|n| sql.contains(&format!("${n}"))).unwrap_or(0);
        let values = vec!["NULL"; most].join(", ");
        let values = if most > 0 { format!("({values})") } else { String::new() };
        client
            .batch_execute(&format!("PREPARE looked_at AS {sql}"))
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        let explain = format!("EXPLAIN (COSTS OFF) EXECUTE looked_at{values}");
        let rows = client.simple_query(&explain).await.unwrap();
        client.batch_execute("DEALLOCATE looked_at").await.unwrap();
        let line = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        rows.iter().filter_map(line).collect()
    }

    /// Statements that read from one end and stop.
    const FIRST: &[(&str, &str)] = &[
        ("catalog::PAGE_FIRST", "stops after `limit` rows"),
        ("customer::PAGE_FIRST", "stops after `limit` rows"),
        ("stock::LEVEL_PAGE_FIRST", "stops after `limit` rows"),
        ("stock::RESERVATION_PAGE_FIRST", "stops after `limit` rows"),
        ("saga::OPEN_FIRST", "stops after `limit` rows of an index that holds open checkouts only"),
    ];

    /// Returns the table that a step walks through from end to end, by its rows or by an index.
    fn walked<'p>(step: &'p str, next: &str) -> Option<&'p str> {
        let place = step.split_once("Seq Scan on ").or_else(|| {
            let by_index = step.contains("Index Scan") || step.contains("Index Only Scan");
            if by_index && !next.contains("Index Cond") { step.split_once(" on ") } else { None }
        });
        place.map(|(_, table)| table.split(' ').next().unwrap_or(""))
    }

    fn is_allowed(name: &str, table: &str) -> bool {
        let file = name.rsplit_once("::").map_or("", |(file, _)| file);
        SMALL.iter().any(|(small, _)| *small == table)
            || WHOLE.iter().any(|(whole, _)| *whole == file)
            || FIRST.iter().any(|(first, _)| *first == name)
    }

    /// Returns the major version of the server, and the plan of every statement.
    async fn plans(address: &Address) -> (String, Vec<(String, Vec<String>)>) {
        let (client, connection) = address.config().connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        let shop = address.shop();
        client
            .batch_execute(&format!(
                "SET search_path = {shop}; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; \
                 SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off"
            ))
            .await
            .unwrap();
        let version = client.query_one("SELECT current_setting('server_version_num')", &[]).await;
        let version: String = version.unwrap().get(0);
        let mut plans = Vec::new();
        for (name, sql) in all() {
            // BEGIN and COMMIT have no plan; that of a look at the server's catalogs depends on what else they hold.
            let verbs = ["SELECT", "(SELECT", "INSERT", "UPDATE", "DELETE"];
            if verbs.iter().any(|verb| sql.starts_with(verb)) && !sql.contains("pg_namespace") {
                plans.push((name, plan(&client, sql).await));
            }
        }
        (version.get(..2).unwrap().to_owned(), plans)
    }

    /// With the settings of a session (see `session`), under which a walk that is left is one for which there is no index.
    #[test]
    fn no_statement_walks_through_a_table_that_grows() {
        let server =
            std::env::var("SUTLER_TEST_POSTGRES").expect("cargo xtask test starts a server");
        let shop = format!("plans_{}", std::process::id());
        let address: Address = format!("{server}?shop={shop}").parse().unwrap();
        drop(
            PostgresStore::open(&address, OpenOptions { create: true, ..OpenOptions::default() })
                .unwrap(),
        );
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (version, plans) = runtime.block_on(plans(&address));
        drop_shop(&address).unwrap();

        let mut text = format!(
            "# Plans of every statement on PostgreSQL {version}. Made by UPDATE_SNAPSHOTS=1.\n"
        );
        let mut walks = BTreeSet::new();
        for (name, steps) in &plans {
            writeln!(text, "\n{name}").unwrap();
            let nexts = steps.iter().skip(1).map(String::as_str).chain([""]);
            for (step, next) in steps.iter().zip(nexts) {
                writeln!(text, "  {step}").unwrap();
                if walked(step, next).is_some_and(|table| !is_allowed(name, table)) {
                    walks.insert(format!("{name}: {}", step.trim()));
                }
            }
        }
        assert!(walks.is_empty(), "these walk through a table that grows: {walks:#?}");
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots/plans.txt");
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(file, &text).unwrap();
        }
        let kept = std::fs::read_to_string(file).unwrap_or_default();
        // Another version plans in other words; that nothing walks was asserted above.
        if kept.lines().next() == text.lines().next() {
            let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
            let (new, gone) = (&lines(&text) - &lines(&kept), &lines(&kept) - &lines(&text));
            let hint = "look at the difference, then run again with UPDATE_SNAPSHOTS=1";
            assert!(text == kept, "plans changed; {hint}\n+ {new:#?}\n- {gone:#?}");
        }
    }
}
