//! Where SQL is written down: [`statements!`], used once in each file that speaks to the database.
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
