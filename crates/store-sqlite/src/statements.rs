//! Where SQL is written down: [`statements!`], used once in each file that speaks to the database.
//!
//! Every statement that runs more than once stands in such a list, so that one test can ask SQLite for the plan of each
//! and refuse a walk through a table that grows. The plans stand in `tests/snapshots/query_plans.txt`.
//!
//! Deliberately absent: SQL put together at run time. Values are always bound.

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
mod tests {
    use std::fmt::Write as _;

    /// Tables that hold few rows in any shop, so that a walk through all of them costs nothing.
    const SMALL: &[(&str, &str)] = &[
        ("raw_category", "the tree is read as a whole"),
        ("raw_setup", "set-up is read as a whole"),
        ("raw_price_list_since", "few lists, seldom written"),
        ("raw_tax_rate", "set-up is read as a whole"),
        ("raw_ledger_head", "one row for each location"),
    ];

    /// Statements that read everything because that is their job.
    const WHOLE: &[(&str, &str)] = &[
        ("stock::PAGE_FIRST", "the first page: a walk that stops after `limit` rows"),
        ("stock::RESERVATION_PAGE_FIRST", "the first page: a walk that stops after `limit` rows"),
        (
            "catalog::PAGE_FIRST",
            "the first page: a walk along an index that stops after `limit` rows",
        ),
        (
            "order::PAGE_FIRST",
            "the first page: a walk from the newest that stops after `limit` rows",
        ),
        ("order::PAGE_PLACED_FIRST", "the same; nearly every order is placed"),
        ("saga::OPEN_FIRST", "the first page of an index that holds open checkouts only"),
        ("integrity::LEDGER", "looking for damage reads everything"),
        ("integrity::EVENTS", "looking for damage reads everything"),
        ("integrity::LEVELS", "looking for damage reads everything"),
        ("integrity::RESERVED", "looking for damage reads everything"),
        ("integrity::ORDERS", "looking for damage reads everything"),
        ("integrity::LOG_GAPS", "looking for damage reads everything"),
        ("integrity::SUBJECTS", "looking for damage reads everything"),
        ("integrity::CARTS", "looking for damage reads everything"),
        ("integrity::CHECKOUTS", "looking for damage reads everything"),
        ("integrity::PAYMENTS", "looking for damage reads everything"),
        ("integrity::CREDITS", "looking for damage reads everything"),
        ("integrity::FROZEN", "looking for damage reads everything"),
        ("integrity::SIZE", "looking for damage reads everything"),
        ("shops::ORDERS", "a list of shops counts their orders"),
        ("lookup::CURRENCIES", "looking for damage reads everything"),
        ("lookup::PRODUCTS", "looking for damage reads everything"),
        ("lookup::NAMESAKES", "looking for damage reads everything"),
        ("lookup::PRICES_OVERLAP", "looking for damage reads everything"),
        ("lookup::VARIANT_ROWS", "looking for damage reads everything"),
        ("lookup::USES", "looking for damage reads everything"),
        ("lookup::USE_COUNTS", "looking for damage reads everything"),
        ("lookup::COUPONS_ASTRAY", "looking for damage reads everything"),
        ("lookup::FOREIGN_PAYMENTS", "looking for damage reads everything"),
    ];

    fn all() -> Vec<(String, &'static str)> {
        [
            ("backup", crate::backup::sql::ALL),
            ("cart", crate::cart::sql::ALL),
            ("catalog", crate::catalog::sql::ALL),
            ("catalog::write", crate::catalog::write::sql::ALL),
            ("credit", crate::credit::sql::ALL),
            ("customer", crate::customer::sql::ALL),
            ("dump", crate::dump::sql::ALL),
            ("dump::write", crate::dump::write::sql::ALL),
            ("event", crate::event::sql::ALL),
            ("frozen", crate::frozen::sql::ALL),
            ("fulfillment", crate::fulfillment::sql::ALL),
            ("integrity", crate::integrity::sql::ALL),
            ("lease", crate::lease::sql::ALL),
            ("ledger", crate::ledger::sql::ALL),
            ("lookup", crate::lookup::sql::ALL),
            ("order", crate::order::sql::ALL),
            ("payment", crate::payment::sql::ALL),
            ("promotion", crate::promotion::sql::ALL),
            ("saga", crate::saga::sql::ALL),
            ("setup", crate::setup::sql::ALL),
            ("shops", crate::shops::sql::ALL),
            ("short", crate::short::sql::ALL),
            ("stock", crate::stock::sql::ALL),
            ("stock::write", crate::stock::write::sql::ALL),
        ]
        .into_iter()
        .flat_map(|(file, list)| {
            list.iter().map(move |(name, sql)| (format!("{file}::{name}"), *sql))
        })
        .collect()
    }

    /// SQLite may prepare a statement anew because the value of a parameter could change its plan. In a statement that runs
    /// for every order that would cost more than running it.
    #[test]
    #[allow(clippy::unwrap_used, reason = "a test may panic")]
    fn no_statement_is_prepared_anew_for_other_values() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("shop.db");
        let conn = rusqlite::Connection::open(&path).unwrap();
        let patience = std::time::Duration::from_secs(1);
        crate::settings::apply(&conn, crate::settings::Role::Writer, patience, &path).unwrap();
        crate::migrate::run(&conn, crate::migrate::MIGRATIONS).unwrap();
        let mut found = Vec::new();
        for (name, sql) in all() {
            let mut statement = conn.prepare(sql).unwrap();
            for value in 1..4_i64 {
                for parameter in 1..=statement.parameter_count() {
                    statement.raw_bind_parameter(parameter, value).unwrap();
                }
                // Most refuse such rows; what counts is that they were started.
                let mut rows = statement.raw_query();
                while let Ok(Some(_)) = rows.next() {}
            }
            if statement.get_status(rusqlite::StatementStatus::RePrepare) > 0 {
                found.push(name);
            }
        }
        assert!(found.is_empty(), "these are prepared anew for other values: {found:?}");
    }

    fn is_allowed(name: &str, step: &str) -> bool {
        let table = step.strip_prefix("SCAN ").unwrap_or(step).split(' ').next().unwrap_or("");
        let virtual_or_constant = step.contains("VIRTUAL TABLE") || table == "CONSTANT";
        virtual_or_constant
            || SMALL.iter().any(|(small, _)| *small == table)
            || WHOLE.iter().any(|(whole, _)| *whole == name)
            // A copy reads everything, because that is its job.
            || name.starts_with("dump::") && !name.starts_with("dump::write::")
    }

    #[test]
    #[allow(clippy::unwrap_used, reason = "a test may panic")]
    fn no_statement_walks_through_a_table_that_grows() {
        let conn = rusqlite::Connection::open_in_memory().unwrap();
        crate::migrate::run(&conn, crate::migrate::MIGRATIONS).unwrap();
        let mut plans =
            String::from("# Query plans of every statement. Made by UPDATE_SNAPSHOTS=1.\n");
        let mut walks = Vec::new();
        for (name, sql) in all() {
            let mut explain = conn
                .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
                .unwrap_or_else(|e| panic!("{name}: {e}"));
            let mut rows = explain.raw_query();
            writeln!(plans, "\n{name}").unwrap();
            while let Some(row) = rows.next().unwrap() {
                let step: String = row.get(3).unwrap();
                writeln!(plans, "  {step}").unwrap();
                if step.starts_with("SCAN ") && !is_allowed(&name, &step) {
                    walks.push(format!("{name}: {step}"));
                }
            }
        }
        assert!(walks.is_empty(), "these walk through a table that grows:\n{}", walks.join("\n"));

        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots/query_plans.txt");
        if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
            std::fs::write(file, &plans).unwrap();
        }
        let kept = std::fs::read_to_string(file).unwrap_or_default();
        let differs = |from: &str, to: &str, sign: &str| -> Vec<String> {
            from.lines()
                .filter(|line| !to.lines().any(|other| other == *line))
                .map(|line| format!("{sign}{line}"))
                .collect()
        };
        let gone = differs(&kept, &plans, "-").join("\n");
        let new = differs(&plans, &kept, "+").join("\n");
        let hint = "look at the difference, then run again with UPDATE_SNAPSHOTS=1";
        assert!(plans == kept, "plans changed; {hint}\n{gone}\n{new}");
    }
}
