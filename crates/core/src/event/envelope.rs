//! The CloudEvents 1.0 form of an event.

use serde::{Deserialize, Serialize};

use super::{EventData, StoredEvent};

/// A CloudEvents 1.0 envelope in structured form.
///
/// Source: CloudEvents specification 1.0.2. `id` is unique with `source`: the place in the shop's log, and the link of its chain
/// there, so that what is told at a place whose event was lost has another one. `sequence` is the place alone and
/// `subjectseq` that among the events of the subject.
///
/// ```
/// use sutler_core::event::{Envelope, Event, EventKind, StoredEvent};
/// # use sutler_core::id::{CommandId, OrderId};
/// # use sutler_core::time::Timestamp;
///
/// let stored = StoredEvent {
///     seq: 31,
///     subject_seq: 2,
///     event: Event::plain(EventKind::OrderCanceled, OrderId::from_u128(7)),
/// #   at: Timestamp::from_millis(0), command: CommandId::from_u128(1), link: 0xa7,
///     // … when, by which command, and its link in the chain
/// };
/// let envelope = Envelope::new(0xc0ffee, &stored);
/// assert_eq!(envelope.kind, "sutler.order.canceled.v1");
/// assert_eq!(envelope.source, "urn:sutler:shop:00000000000000000000000000c0ffee");
/// assert_eq!((envelope.id.as_str(), envelope.subjectseq), ("000000000000001f-00000000000000a7", 2));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Envelope {
    /// Always `1.0`.
    pub specversion: String,
    /// Unique with the source.
    pub id: String,
    /// The shop.
    pub source: String,
    /// `sutler.order.placed.v1`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Id of the record it is about.
    pub subject: String,
    /// When it was committed, RFC 3339.
    pub time: String,
    /// Always `application/json`.
    pub datacontenttype: String,
    /// Place in the log.
    pub sequence: u64,
    /// Place among the events of the subject.
    pub subjectseq: u64,
    /// The command that caused it.
    pub command: String,
    /// More.
    pub data: EventData,
}

impl Envelope {
    /// Wraps an event of the shop with this `uid`.
    pub fn new(uid: u128, stored: &StoredEvent) -> Self {
        Self {
            specversion: "1.0".to_owned(),
            id: format!("{:016x}-{:016x}", stored.seq, stored.link),
            source: format!("urn:sutler:shop:{uid:032x}"),
            kind: format!("sutler.{}.v1", stored.event.kind.word()),
            subject: stored.event.subject.to_string(),
            time: stored.at.to_string(),
            datacontenttype: "application/json".to_owned(),
            sequence: stored.seq,
            subjectseq: stored.subject_seq,
            command: stored.command.to_string(),
            data: stored.event.data.clone(),
        }
    }
}
