//! The event log.

use serde_json::{Value, json};
use sutler_core::event::Envelope;

use super::{Describe, view};
use crate::answer::{List, Row};
use crate::table::{Column, Side};

/// An event as a CloudEvents 1.0 envelope.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(transparent)]
pub(crate) struct EventRow(pub(crate) Envelope);

impl Describe for EventRow {
    fn describe() -> Value {
        let texts = [
            "specversion",
            "id",
            "source",
            "type",
            "subject",
            "time",
            "datacontenttype",
            "command",
        ];
        let mut properties: serde_json::Map<String, Value> =
            texts.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
        for name in ["sequence", "subjectseq"] {
            properties.insert(name.to_owned(), json!({"type": "integer", "minimum": 1}));
        }
        properties.insert("data".to_owned(), json!({"type": "object"}));
        let required: Vec<&String> = properties.keys().collect();
        json!({
            "type": "object",
            "description": "A CloudEvents 1.0 envelope.",
            "required": required,
            "properties": properties,
        })
    }
}

view! {
    /// Events, in the order of the log.
    EventList {
        /// The events.
        events: Vec<EventRow>,
        /// For `--after`: the place of the last event seen.
        next: u64,
    }
}

impl Row for EventRow {
    const COLUMNS: &'static [Column] = &[
        ("SEQ", Side::Right),
        ("WHEN", Side::Left),
        ("EVENT", Side::Left),
        ("SUBJECT", Side::Left),
        ("DATA", Side::Left),
    ];
    const FIELDS: &'static [&'static str] =
        &["sequence", "time", "type", "subject", "subjectseq", "command", "data"];

    fn cells(&self) -> Vec<String> {
        let Envelope { sequence, time, kind, subject, .. } = &self.0;
        let kind = kind.trim_start_matches("sutler.").trim_end_matches(".v1");
        vec![sequence.to_string(), time.clone(), kind.to_owned(), subject.clone(), self.data()]
    }

    fn fields(&self) -> Vec<String> {
        let Envelope { sequence, time, kind, subject, subjectseq, command, .. } = &self.0;
        vec![
            sequence.to_string(),
            time.clone(),
            kind.clone(),
            subject.clone(),
            subjectseq.to_string(),
            command.clone(),
            self.data(),
        ]
    }
}

impl EventRow {
    fn data(&self) -> String {
        match serde_json::to_string(&self.0.data) {
            Ok(text) if text != "{}" => text,
            _ => String::new(),
        }
    }
}

impl List for EventList {
    type Row = EventRow;

    fn rows(&self) -> &[EventRow] {
        &self.events
    }

    fn when_empty(&self) -> String {
        "no events".to_owned()
    }
}
