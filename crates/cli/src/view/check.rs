//! Looking after a shop: verify, doctor, recovery, the index, backups.

use sutler_core::port::Finding;
use sutler_engine::flow::recover::RecoveryReport;
use sutler_engine::flow::search::IndexReport;
use sutler_engine::flow::verify::VerifyReport;

use super::{Sheet, view};
use crate::answer::Show;
use crate::clean::one_line;
use crate::page::{Look, Page};
use crate::plural::counted;
use crate::table::{Column, Side, Table};

view! {
    /// Something that is off.
    FindingView {
        /// Stable word of the invariant.
        check: String,
        /// The record it is about.
        subject: String,
        /// What is off.
        message: String,
    }
}

view! {
    /// What a look over the whole shop found.
    VerifyView {
        /// Whether nothing is off.
        ok: bool,
        /// What is off; a long list is cut.
        findings: Vec<FindingView>,
        /// How many findings there are in all.
        findings_total: u64,
        /// What a person or `recover` still has to do; not damage.
        remarks: Vec<FindingView>,
        /// Whether the shop kept changing, so that findings may be of two moments.
        changing: bool,
        /// Products looked at.
        products: u64,
        /// Prices looked at.
        prices: u64,
        /// Stock levels looked at.
        levels: u64,
        /// Stock movements looked at.
        movements: u64,
        /// Orders looked at.
        orders: u64,
        /// Payments looked at.
        payments: u64,
        /// Events looked at.
        events: u64,
    }
}

view! {
    /// One thing that was looked at.
    CheckView {
        /// Its name.
        name: String,
        /// `ok`, `warning` or `failed`; `skipped` for what was not looked at.
        outcome: String,
        /// What was seen.
        message: String,
        /// What to do about it.
        help: Option<String>,
    }
}

view! {
    /// What `doctor` saw.
    DoctorView {
        /// Whether nothing failed.
        ok: bool,
        /// How many findings keep the shop from working, or from working safely.
        failed: usize,
        /// How many findings somebody should look at.
        warnings: usize,
        /// The checks, in order.
        checks: Vec<CheckView>,
        /// What `--fix` did.
        fixed: Vec<String>,
    }
}

view! {
    /// What recovery did.
    RecoveryView {
        /// Checkouts whose money was held: placed.
        placed: u32,
        /// Checkouts that were undone.
        unwound: u32,
        /// Checkouts that are still under way.
        waiting: u32,
        /// Checkouts that a person must look at.
        stuck: Vec<String>,
        /// Provider calls that were made.
        tasks_done: u32,
        /// Provider calls that failed and will be tried again.
        tasks_failed: u32,
        /// Provider calls that were refused for good.
        tasks_refused: u32,
        /// What providers said.
        problems: Vec<String>,
    }
}

view! {
    /// What became of the search index.
    IndexView {
        /// Whether it was built anew.
        rebuilt: bool,
        /// Products in it now.
        products: u64,
        /// Events that were read.
        events: u64,
        /// Products that were not in it before.
        created: u64,
        /// Products that were written anew.
        updated: u64,
        /// Products that were taken out.
        removed: u64,
    }
}

view! {
    /// A backup that was made or put back.
    BackupView {
        /// The backup.
        file: String,
        /// The shop.
        store: String,
        /// Size of the backup in bytes.
        bytes: u64,
    }
}

impl From<&Finding> for FindingView {
    fn from(finding: &Finding) -> Self {
        Self {
            check: finding.check.to_owned(),
            subject: finding.subject.clone(),
            message: finding.message.clone(),
        }
    }
}

impl From<&VerifyReport> for VerifyView {
    fn from(report: &VerifyReport) -> Self {
        let counts = &report.counts;
        Self {
            ok: report.is_clean(),
            findings: report.findings.iter().map(FindingView::from).collect(),
            findings_total: report.findings_total,
            remarks: report.remarks.iter().map(FindingView::from).collect(),
            changing: report.changing,
            products: counts.products,
            prices: counts.prices,
            levels: counts.levels,
            movements: counts.movements,
            orders: counts.orders,
            payments: counts.payments,
            events: counts.events,
        }
    }
}

impl From<&RecoveryReport> for RecoveryView {
    fn from(report: &RecoveryReport) -> Self {
        Self {
            placed: report.placed,
            unwound: report.unwound,
            waiting: report.waiting,
            stuck: report.stuck.clone(),
            tasks_done: report.tasks.done,
            tasks_failed: report.tasks.failed,
            tasks_refused: report.tasks.refused,
            problems: report.refused.iter().chain(&report.tasks.problems).cloned().collect(),
        }
    }
}

impl From<&IndexReport> for IndexView {
    fn from(report: &IndexReport) -> Self {
        Self {
            rebuilt: report.rebuilt,
            products: report.products,
            events: report.events,
            created: report.created,
            updated: report.updated,
            removed: report.removed,
        }
    }
}

const FINDINGS: &[Column] =
    &[("CHECK", Side::Left), ("SUBJECT", Side::Left), ("WHAT IS OFF", Side::Left)];

fn findings(list: &[FindingView]) -> Table {
    let mut table = Table::new(FINDINGS);
    for finding in list {
        table.row([finding.check.clone(), finding.subject.clone(), finding.message.clone()]);
    }
    table
}

impl Show for VerifyView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        if self.ok {
            sheet.marked(&Look::Green.on("everything adds up"));
        } else {
            sheet.marked(&Look::Red.on(&counted(self.findings_total, "finding", "findings")));
            sheet.table(&findings(&self.findings));
        }
        let looked_at = [
            ("products", self.products),
            ("prices", self.prices),
            ("levels", self.levels),
            ("movements", self.movements),
            ("orders", self.orders),
            ("payments", self.payments),
            ("events", self.events),
        ];
        for (name, count) in looked_at {
            sheet.pair(name, &count.to_string());
        }
        if !self.remarks.is_empty() {
            sheet.gap().title("still to be done", "").table(&findings(&self.remarks));
        }
        sheet.finish()
    }
}

impl Show for DoctorView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        for check in &self.checks {
            let look = match check.outcome.as_str() {
                "ok" => Look::Green,
                "warning" | "skipped" => Look::Yellow,
                _ => Look::Red,
            };
            let outcome = look.on(&format!("{:<8}", check.outcome));
            sheet.marked(&format!("{outcome}{:<16}{}", check.name, one_line(&check.message)));
            if let Some(help) = &check.help {
                sheet.line(&format!("{:24}help: {help}", ""));
            }
        }
        for fixed in &self.fixed {
            sheet.line(&format!("fixed: {fixed}"));
        }
        let of = |outcome| self.checks.iter().filter(|check| check.outcome == outcome).count();
        let warnings = counted(self.warnings, "warning", "warnings");
        let mut verdict = format!("{} failed, {warnings}, {} ok", self.failed, of("ok"));
        match of("skipped") {
            0 => {}
            skipped => verdict.push_str(&format!(", {skipped} not looked at")),
        }
        let look = if self.ok { Look::Green } else { Look::Red };
        sheet.gap().marked(&look.on(&verdict));
        sheet.finish()
    }
}

impl Show for RecoveryView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        for (name, count) in [
            ("placed", self.placed),
            ("unwound", self.unwound),
            ("waiting", self.waiting),
            ("tasks done", self.tasks_done),
            ("tasks failed", self.tasks_failed),
            ("refused", self.tasks_refused),
        ] {
            sheet.pair(name, &count.to_string());
        }
        for stuck in &self.stuck {
            sheet.pair("stuck", stuck);
        }
        for problem in &self.problems {
            sheet.pair("problem", problem);
        }
        sheet.finish()
    }
}

impl Show for IndexView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.title("Search index", if self.rebuilt { "built anew" } else { "up to date" });
        for (name, count) in [
            ("products", self.products),
            ("created", self.created),
            ("updated", self.updated),
            ("removed", self.removed),
        ] {
            sheet.pair(name, &count.to_string());
        }
        sheet.finish()
    }
}

impl Show for BackupView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.pair("backup", &self.file);
        sheet.pair("store", &self.store);
        sheet.pair("bytes", &self.bytes.to_string());
        sheet.finish()
    }
}
