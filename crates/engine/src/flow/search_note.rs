//! What the search index remembers of the shop that it was made from, beside its place in the event log.
//!
//! Price lists that are changed tell no event, and a shop that was put back from a copy, or whose server failed over to one
//! that lacked the newest commits, tells other events in the places that the index has seen. Both are noticed by the note:
//! it holds the lists, and the place with its link in the chain of events. The index is then built anew.

use serde::{Deserialize, Serialize};

use super::search_prices::NotedLists;

/// What an index was made from.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(super) struct SearchNote {
    /// The price lists that decide what its documents show.
    pub(super) lists: NotedLists,
    /// The place of the last event that it has seen; 0 before the first.
    pub(super) seq: u64,
    /// The link of that event in the chain.
    pub(super) link: i64,
}

impl SearchNote {
    /// Reads a note; `None` for one that another version left.
    pub(super) fn read(text: Option<&str>) -> Option<Self> {
        text.map_or_else(|| Some(Self::default()), |text| serde_json::from_str(text).ok())
    }

    /// Returns the note as it is left in the index.
    pub(super) fn text(&self) -> String {
        // Texts and numbers can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}
