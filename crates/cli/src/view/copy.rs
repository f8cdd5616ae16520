//! What a copy of a shop came to.

use sutler_engine::flow::copy::{CopiedKind, CopyReport};

use super::{VerifyView, view};
use crate::answer::{List, Row};
use crate::page::Page;
use crate::plural::counted;
use crate::table::{Column, Side};

view! {
    /// What source and target hold of one kind of record: the same.
    CopyRow {
        /// The kind.
        kind: String,
        /// How many records there are.
        records: u64,
        /// Hash over them in the order of their keys; the same for the same records in any store.
        hash: String,
    }
}

view! {
    /// A copy of a whole shop.
    CopyList {
        /// The shop that was copied.
        from: String,
        /// The store it was copied into.
        to: String,
        /// How many records there are.
        records: u64,
        /// How many of them an earlier run had written.
        resumed_at: u64,
        /// Every kind of record, in the order of the copy.
        kinds: Vec<CopyRow>,
        /// How many events the source told after the moment of the copy; what they tell of is not in it.
        events_since: u64,
        /// What the look over the source found before.
        source: VerifyView,
        /// What the look over the target found at the end.
        target: VerifyView,
    }
}

impl From<&CopiedKind> for CopyRow {
    fn from(of: &CopiedKind) -> Self {
        let kind = of.kind.word().to_owned();
        Self { kind, records: of.records, hash: of.hash.to_string() }
    }
}

impl CopyList {
    /// Puts together what is told of a copy.
    pub(crate) fn new(report: &CopyReport, from: &str, to: &str) -> Self {
        Self {
            from: from.to_owned(),
            to: to.to_owned(),
            records: report.kinds.iter().map(|of| of.records).sum(),
            resumed_at: report.resumed_at,
            kinds: report.kinds.iter().map(CopyRow::from).collect(),
            events_since: report.events_since,
            source: VerifyView::from(&report.source),
            target: VerifyView::from(&report.target),
        }
    }
}

impl Row for CopyRow {
    const COLUMNS: &'static [Column] =
        &[("KIND", Side::Left), ("RECORDS", Side::Right), ("HASH", Side::Left)];
    const FIELDS: &'static [&'static str] = &["kind", "records", "hash"];

    fn cells(&self) -> Vec<String> {
        // A person compares beginnings.
        let hash = self.hash.get(..16).unwrap_or(&self.hash);
        vec![self.kind.clone(), self.records.to_string(), hash.to_owned()]
    }

    fn fields(&self) -> Vec<String> {
        vec![self.kind.clone(), self.records.to_string(), self.hash.clone()]
    }
}

impl List for CopyList {
    type Row = CopyRow;

    fn rows(&self) -> &[CopyRow] {
        &self.kinds
    }

    fn when_empty(&self) -> String {
        "nothing was copied".to_owned()
    }

    fn rest(&self, _: &Page) -> String {
        let found = counted(self.target.findings_total, "finding", "findings");
        format!("Source and target hold the same; looking over both gave 0 and {found}.\n")
    }
}
