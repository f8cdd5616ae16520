//! The promises of the ports, kept by a shop in a schema of a PostgreSQL database.

mod fixture;

sutler_store_conformance::store_conformance!(fixture::Schema);

sutler_store_conformance::dump_conformance!(fixture::Schema);
