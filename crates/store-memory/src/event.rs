//! The event log and the places of its consumers.

use std::sync::Arc;

use sutler_core::event::{Event, StoredEvent};
use sutler_core::hash::ContentHash;
use sutler_core::id::CommandId;
use sutler_core::port::{EventReader, StoreError};
use sutler_core::time::Timestamp;

use crate::MemoryStore;
use crate::state::{Applied, ChainHead, State};

impl EventReader for MemoryStore {
    fn events(&self, after_seq: u64, limit: usize) -> Result<Vec<StoredEvent>, StoreError> {
        let state = self.snapshot();
        let rest = state.events.iter().skip_while(|event| event.seq <= after_seq);
        Ok(rest.take(limit).map(|event| StoredEvent::clone(event)).collect())
    }

    fn event_head(&self) -> Result<(u64, ContentHash), StoreError> {
        let state = self.snapshot();
        Ok((state.last_event(), state.event_head.0))
    }

    fn cursor(&self, consumer: &str) -> Result<u64, StoreError> {
        Ok(self.snapshot().cursors.get(consumer).copied().unwrap_or(0))
    }
}

/// Returns the data of an event as the text that is chained.
pub(crate) fn data_text(event: &Event) -> Result<String, StoreError> {
    let subject = || event.subject.to_string();
    serde_json::to_string(&event.data)
        .map_err(|error| StoreError::broken("commit", subject(), error))
}

impl State {
    /// Returns the place of the last event, 0 when there is none.
    pub(crate) fn last_event(&self) -> u64 {
        self.events.last().map_or(0, |event| event.seq)
    }

    /// Appends an event to the log; returns its place.
    pub(crate) fn tell(
        &mut self,
        event: Event,
        at: Timestamp,
        command: CommandId,
    ) -> Result<u64, StoreError> {
        let data = data_text(&event)?;
        let seq = self.last_event() + 1;
        let subject_seq = Arc::make_mut(&mut self.subject_events).entry(event.subject).or_default();
        *subject_seq += 1;
        let input = event.chain_input(seq, *subject_seq, at, command, &data);
        let head = self.event_head.0.chain(&input);
        let subject_seq = *subject_seq;
        let stored = StoredEvent { seq, subject_seq, at, command, event, link: head.link() };
        self.event_head = ChainHead(head);
        Arc::make_mut(&mut self.events).push(Arc::new(stored));
        Ok(seq)
    }

    /// Moves a consumer's place forward.
    pub(crate) fn move_cursor(&mut self, consumer: String, seq: u64) -> Applied {
        let place = Arc::make_mut(&mut self.cursors).entry(consumer).or_default();
        *place = seq.max(*place);
        Ok(())
    }
}
