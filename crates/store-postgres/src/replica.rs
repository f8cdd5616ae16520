//! What a replica says of itself.

use sutler_core::port::StoreError;
use sutler_core::time::Timestamp;

use crate::PostgresStore;
use crate::flight::params;
use crate::value::Columns as _;

pub(crate) mod sql {
    crate::statements::statements! {
        /// A server that was a replica once still knows when it was.
        REPLAYED_AT = "SELECT floor(extract(epoch FROM pg_last_xact_replay_timestamp()) * 1000)::bigint
            WHERE pg_is_in_recovery() AND pg_last_xact_replay_timestamp() IS NOT NULL";
    }
}

impl PostgresStore {
    /// Returns the moment of the newest commit that this replica shows.
    pub(crate) fn last_replayed(&self) -> Result<Option<Timestamp>, StoreError> {
        self.one("ask a replica", sql::REPLAYED_AT, params![], |row| row.moment(0))
    }
}
