//! The promises of the ports, kept by a shop in one SQLite file.

mod fixture;

sutler_store_conformance::store_conformance!(fixture::SqliteFile);

sutler_store_conformance::dump_conformance!(fixture::SqliteFile);
