//! What `doctor` looks at inside of a shop that opens: set-up, clock, pages, books, recovery, index.

use sutler_core::port::{Finding, Looked, StoreError};
use sutler_core::time::Timestamp;
use sutler_engine::flow::verify::VerifyReport;
use sutler_engine::{FlowError, Shop};

use super::Checkup;
use crate::context::Context;
use crate::error::CommandError;
use crate::plural::counted;
use crate::progress::Progress;

/// No shop is older than this program: 2026-01-01T00:00:00Z.
const EPOCH: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// How many products are looked at a time.
const PAGE: usize = 500;

const DAMAGE: &str =
    "stop all writers, keep a copy of the store as it is, and restore the newest backup";

const REBUILD: &str = "build it anew with `sutler index rebuild`, or with --fix";

/// Looks at everything inside of a shop.
pub(super) fn look(context: &Context<'_>, shop: &Shop, fix: bool, checkup: &mut Checkup) {
    let has_setup = look_at_setup(shop, checkup);
    look_at_clock(shop, checkup);
    look_at_pages(shop, checkup);
    if !has_setup {
        return;
    }
    let mut progress = Progress::new(context);
    let report = shop.verify(&mut |step| progress.say(step));
    drop(progress);
    if let Some(report) = checkup.read("books", report) {
        look_at_books(&report, checkup);
        look_at_recovery(shop, !report.remarks.is_empty(), fix, checkup);
    }
    look_at_index(shop, fix, checkup);
}

fn look_at_setup(shop: &Shop, checkup: &mut Checkup) -> bool {
    let Some(setup) = checkup.read("set-up", shop.setup()) else { return false };
    let channels = counted(setup.channels.len(), "channel", "channels");
    let locations = counted(setup.locations.len(), "location", "locations");
    checkup.ok("set-up", format!("{}: {channels}, {locations}", setup.shop.name));
    if setup.tax_rates.is_empty() {
        let help = "bring rates in with `sutler tax import`, unless the shop is free of tax";
        checkup.warning("tax", "there is no tax rate: everything is sold without tax", help);
    }
    true
}

fn look_at_clock(shop: &Shop, checkup: &mut Checkup) {
    let now = shop.now();
    let newest = || -> Result<Option<Timestamp>, StoreError> {
        let (head, _) = shop.store().event_head()?;
        let last = shop.store().events(head.saturating_sub(1), 1)?;
        Ok(last.first().map(|event| event.at))
    };
    let Some(newest) = checkup.read("clock", newest()) else { return };
    match newest {
        _ if now < EPOCH => {
            let help = "set the clock of this machine";
            checkup.failed("clock", format!("it says {now}"), Some(help));
        }
        Some(last) if now < last => {
            let message = format!("it says {now}, but the newest event is of {last}");
            let help = "set the clock of this machine; it was turned back";
            checkup.failed("clock", message, Some(help));
        }
        _ => checkup.ok("clock", now.to_string()),
    }
}

/// Tells damage by what it is in, and of each part that this store looks at what holds, or that it cannot be looked at.
fn look_at_pages(shop: &Shop, checkup: &mut Checkup) {
    let Some(scope) = checkup.read("pages", shop.store().integrity_scope()) else { return };
    let Some(damage) = checkup.read("pages", shop.store().integrity()) else { return };
    for looked in &scope {
        let of_part = |finding: &&Finding| part(finding.check, &scope) == looked.part;
        let found: Vec<String> = damage.iter().filter(of_part).map(sentence).collect();
        if !found.is_empty() {
            checkup.all_failed(looked.part, &found, DAMAGE);
        } else if looked.is_looked_at {
            checkup.ok(looked.part, looked.words.as_str());
        } else {
            checkup.skipped(looked.part, format!("not looked at: {}", looked.words));
        }
    }
}

/// Returns the part of the scope that a finding belongs to.
fn part(check: &str, scope: &[Looked]) -> &'static str {
    let part = match check {
        "store.pages" => "pages",
        "store.index" => "indexes",
        "store.reference" => "references",
        _ => "chains",
    };
    let known = scope.iter().any(|looked| looked.part == part);
    if known { part } else { scope.last().map_or("chains", |looked| looked.part) }
}

fn sentence(finding: &Finding) -> String {
    format!("{}: {}", finding.subject, finding.message)
}

fn look_at_books(report: &VerifyReport, checkup: &mut Checkup) {
    if report.is_clean() {
        let orders = counted(report.counts.orders, "order", "orders");
        let movements = counted(report.counts.movements, "movement", "movements");
        checkup.ok("books", format!("{orders} and {movements} add up"));
    } else {
        let found: Vec<String> = report.findings.iter().map(sentence).collect();
        checkup.all_failed("books", &found, "`sutler verify` lists all of them");
    }
}

fn look_at_recovery(shop: &Shop, overdue: bool, fix: bool, checkup: &mut Checkup) {
    let due = shop.store().payment_tasks_due(shop.now(), 100).map(|tasks| tasks.len());
    let Some(due) = checkup.read("recovery", due) else { return };
    if !overdue && due == 0 {
        checkup.ok("recovery", "nothing was cut off");
        return;
    }
    if !fix {
        let message = format!("something was cut off, and {due} payment calls are due");
        checkup.warning("recovery", message, "finish it with `sutler recover`, or with --fix");
        return;
    }
    let Some(report) = checkup.read("recovery", shop.recover()) else { return };
    checkup.fixed.push(format!(
        "recovery placed {} and undid {} checkouts, and made {} payment calls",
        report.placed, report.unwound, report.tasks.done
    ));
    for stuck in &report.stuck {
        checkup.failed("recovery", stuck.clone(), Some("a person must look at it"));
    }
}

/// Reads every file of the index, and compares its number of products with those that buyers can find in the catalog.
fn look_at_index(shop: &Shop, fix: bool, checkup: &mut Checkup) {
    let Some(wanted) = checkup.read("index", findable(shop)) else { return };
    let indexed = shop.index_sync().and_then(|report| shop.index_check().map(|()| report.products));
    let problem = match indexed {
        Ok(indexed) if indexed == wanted => {
            let found = counted(indexed, "product", "products");
            checkup.ok("index", format!("{found} can be found"));
            return;
        }
        Ok(indexed) => format!("{indexed} products are in the index, {wanted} can be sold"),
        Err(FlowError::Search(error)) if error.is_about_writing_rights() => {
            let help = "give this program the right to write there; until then searching is slower";
            checkup.warning("index", format!("{error}: {}", cause(&error)), help);
            return;
        }
        Err(FlowError::Search(error)) if error.is_about_room() => {
            let help = "free some room on the disk; until then searching is slower";
            checkup.warning("index", format!("{error}: {}", cause(&error)), help);
            return;
        }
        Err(error) => error.to_string(),
    };
    if !fix {
        checkup.warning("index", problem, REBUILD);
    } else if let Some(report) = checkup.read("index", shop.index_rebuild()) {
        let found = counted(report.products, "product", "products");
        checkup.fixed.push(format!("built the search index anew: {found}; {problem}"));
    }
}

fn cause(error: &dyn std::error::Error) -> String {
    error.source().map(ToString::to_string).unwrap_or_default()
}

/// Counts the products that the index should hold: published ones of which something has a price.
fn findable(shop: &Shop) -> Result<u64, CommandError> {
    let setup = shop.setup()?;
    let channel = setup.channel_by_code("web").or_else(|| setup.channels.first());
    let list = channel.and_then(|channel| setup.base_price_list(channel)).map(|list| list.id);
    let (mut after, mut count) = (None, 0);
    loop {
        let products = shop.product_list(after, PAGE)?;
        let Some(last) = products.last() else { return Ok(count) };
        after = Some(last.id);
        for product in products.iter().filter(|product| product.is_published()) {
            let variants: Vec<_> =
                product.variants.iter().filter(|v| !v.retired).map(|v| v.id).collect();
            let prices = shop.store().prices(&variants)?;
            count += u64::from(
                prices.iter().any(|price| Some(price.list) == list && price.min_quantity == 1),
            );
        }
    }
}
