//! `sutler doctor`: everything that can keep a shop from working, looked at in order.
//!
//! Later checks need earlier ones: when the file cannot be opened, what is inside of it is not looked at. `--fix` does only
//! what is safe at any time: it rebuilds the index and finishes what a crash cut off.

use std::path::Path;

use sutler::StoreUrl;
use sutler_core::time::Timestamp;
use sutler_engine::Shop;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::plural::counted;
use crate::progress::Progress;
use crate::view::{CheckView, DoctorView};

/// No shop is older than this program: 2026-01-01T00:00:00Z.
const EPOCH: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// How many products are looked at a time.
const PAGE: usize = 500;

/// Look for everything that can keep a shop from working; ends with 1 when something failed
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler doctor
  sutler doctor --fix
  sutler doctor --json")]
pub(crate) struct DoctorArgs {
    /// Mend what can be mended safely: the search index, and what a crash cut off
    #[arg(long)]
    fix: bool,
}

/// Checks that were made so far.
#[derive(Debug, Default)]
struct Checkup {
    checks: Vec<CheckView>,
    fixed: Vec<String>,
}

impl Checkup {
    fn ok(&mut self, name: &str, message: impl Into<String>) {
        self.add(name, "ok", message.into(), None);
    }

    fn warning(&mut self, name: &str, message: impl Into<String>, help: &str) {
        self.add(name, "warning", message.into(), Some(help.to_owned()));
    }

    fn failed(&mut self, name: &str, message: impl Into<String>, help: Option<String>) {
        self.add(name, "failed", message.into(), help);
    }

    /// Adds what an error says, without ending the checkup.
    fn error(&mut self, name: &str, error: &CommandError) {
        let Some(report) = error.reports().into_iter().next() else { return };
        let causes = report.causes.iter().map(|cause| format!(": {cause}"));
        self.failed(name, format!("{}{}", report.message, causes.collect::<String>()), report.help);
    }

    fn add(&mut self, name: &str, outcome: &str, message: String, help: Option<String>) {
        self.checks.push(CheckView {
            name: name.to_owned(),
            outcome: outcome.to_owned(),
            message,
            help,
        });
    }
}

impl DoctorArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let mut checkup = Checkup::default();
        let (os, machine) = (std::env::consts::OS, std::env::consts::ARCH);
        checkup.ok("program", format!("sutler {} on {os} {machine}", env!("CARGO_PKG_VERSION")));
        let url = context.url()?;
        let reachable = match &url {
            StoreUrl::Sqlite(path) => look_at_file(path, &mut checkup),
            StoreUrl::Memory => true,
        };
        if reachable {
            match context.shop() {
                Ok(shop) => {
                    checkup.ok("opening", format!("{url} opens; settings and schema are right"));
                    self.look_inside(context, &shop, &mut checkup)?;
                }
                Err(error) => checkup.error("opening", &error),
            }
        }
        let ok = checkup.checks.iter().all(|check| check.outcome != "failed");
        let can_fix = checkup
            .checks
            .iter()
            .any(|check| check.help.as_deref().is_some_and(|help| help.contains("--fix")));
        let Checkup { checks, fixed } = checkup;
        let answer = Answer::one(DoctorView { ok, checks, fixed }).exit(if ok {
            Exit::Done
        } else {
            Exit::Failure
        });
        Ok(if can_fix { answer.next(context.hint("doctor --fix")) } else { answer })
    }

    fn look_inside(
        &self,
        context: &Context<'_>,
        shop: &Shop,
        checkup: &mut Checkup,
    ) -> Result<(), CommandError> {
        match shop.setup() {
            Ok(setup) => {
                let channels = counted(setup.channels.len(), "channel", "channels");
                let locations = counted(setup.locations.len(), "location", "locations");
                checkup.ok("set-up", format!("{}: {channels}, {locations}", setup.shop.name));
            }
            Err(error) => {
                checkup.error("set-up", &error.into());
                return Ok(());
            }
        }
        look_at_clock(shop, checkup)?;
        let damage = shop.store().integrity()?;
        match damage.first() {
            None => checkup.ok("pages", "every page, index and chain of the store is whole"),
            Some(first) => checkup.failed(
                "pages",
                format!(
                    "{} findings, the first: {} {}",
                    damage.len(),
                    first.subject,
                    first.message
                ),
                Some(
                    "stop all writers, keep a copy of the file, and restore the newest backup"
                        .to_owned(),
                ),
            ),
        }
        let mut progress = Progress::new(context);
        let report = shop.verify(&mut |step| progress.say(step))?;
        drop(progress);
        match report.findings.first() {
            None => {
                let orders = counted(report.counts.orders, "order", "orders");
                let movements = counted(report.counts.movements, "movement", "movements");
                checkup.ok("books", format!("{orders} and {movements} add up"));
            }
            Some(first) => checkup.failed(
                "books",
                format!(
                    "{} findings, the first: {} {}",
                    report.findings_total, first.subject, first.message
                ),
                Some("`sutler verify` lists all of them".to_owned()),
            ),
        }
        self.look_at_recovery(shop, !report.remarks.is_empty(), checkup)?;
        self.look_at_index(shop, checkup)
    }

    fn look_at_recovery(
        &self,
        shop: &Shop,
        overdue: bool,
        checkup: &mut Checkup,
    ) -> Result<(), CommandError> {
        let due = shop.store().payment_tasks_due(shop.now(), 100)?.len();
        if self.fix && (overdue || due > 0) {
            let report = shop.recover()?;
            checkup.fixed.push(format!(
                "recovery placed {} and undid {} checkouts, and made {} payment calls",
                report.placed, report.unwound, report.tasks.done
            ));
            for stuck in &report.stuck {
                checkup.failed(
                    "recovery",
                    stuck.clone(),
                    Some("a person must look at it".to_owned()),
                );
            }
            return Ok(());
        }
        if overdue || due > 0 {
            checkup.warning(
                "recovery",
                format!("something was cut off, and {due} payment calls are due"),
                "finish it with `sutler recover`, or with --fix",
            );
        } else {
            checkup.ok("recovery", "nothing was cut off");
        }
        Ok(())
    }

    /// Compares the number of products in the index with those that buyers can find in the catalog.
    fn look_at_index(&self, shop: &Shop, checkup: &mut Checkup) -> Result<(), CommandError> {
        let wanted = findable(shop)?;
        let indexed = match shop.index_sync() {
            Ok(report) => report.products,
            Err(error) if self.fix => {
                checkup.fixed.push(format!("built the search index anew: {error}"));
                shop.index_rebuild()?.products
            }
            Err(error) => {
                checkup.warning(
                    "index",
                    error.to_string(),
                    "build it anew with `sutler index rebuild`, or with --fix",
                );
                return Ok(());
            }
        };
        if indexed == wanted {
            checkup
                .ok("index", format!("{} can be found", counted(indexed, "product", "products")));
        } else if self.fix {
            let products = shop.index_rebuild()?.products;
            checkup.fixed.push(format!("built the search index anew: {products} products"));
        } else {
            checkup.warning(
                "index",
                format!("{indexed} products are in the index, {wanted} can be sold"),
                "build it anew with `sutler index rebuild`, or with --fix",
            );
        }
        Ok(())
    }
}

/// Looks at the file and its folder. Returns whether opening is worth a try.
fn look_at_file(path: &Path, checkup: &mut Checkup) -> bool {
    let shown = path.display();
    let meta = match std::fs::metadata(path) {
        Ok(meta) => meta,
        Err(error) => {
            let help = "check the path, or make a shop there with `sutler init`".to_owned();
            checkup.failed("file", format!("{shown}: {error}"), Some(help));
            return false;
        }
    };
    if !meta.is_file() {
        checkup.failed(
            "file",
            format!("{shown} is not a file"),
            Some("name the shop's file with --store".to_owned()),
        );
        return false;
    }
    match std::fs::OpenOptions::new().read(true).write(true).open(path) {
        Ok(_) => {
            checkup.ok("file", format!("{shown}, {} bytes, can be read and written", meta.len()))
        }
        Err(error) => checkup.failed(
            "file",
            format!("{shown}: {error}"),
            Some("check the rights on the file".to_owned()),
        ),
    }
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // SQLite keeps its log beside the file, so the folder must be writable too.
    match tempfile::NamedTempFile::new_in(folder) {
        Ok(_) => checkup.ok("folder", format!("{} can be written to", folder.display())),
        Err(error) => {
            let help = "give the program the right to make files there".to_owned();
            checkup.failed("folder", format!("{}: {error}", folder.display()), Some(help));
        }
    }
    true
}

fn look_at_clock(shop: &Shop, checkup: &mut Checkup) -> Result<(), CommandError> {
    let now = shop.now();
    let (head, _) = shop.store().event_head()?;
    let last = shop.store().events(head.saturating_sub(1), 1)?;
    match last.first() {
        _ if now < EPOCH => {
            checkup.failed(
                "clock",
                format!("it says {now}"),
                Some("set the clock of this machine".to_owned()),
            );
        }
        Some(last) if now < last.at => checkup.failed(
            "clock",
            format!("it says {now}, but the newest event is of {}", last.at),
            Some("set the clock of this machine; it was turned back".to_owned()),
        ),
        _ => checkup.ok("clock", now.to_string()),
    }
    Ok(())
}

/// Counts the products that a search should find: visible ones of which something has a price.
fn findable(shop: &Shop) -> Result<u64, CommandError> {
    let (setup, now) = (shop.setup()?, shop.now());
    let channel = setup.channel_by_code("web").or_else(|| setup.channels.first());
    let list = channel.and_then(|channel| setup.base_price_list(channel)).map(|list| list.id);
    let (mut after, mut count) = (None, 0);
    loop {
        let products = shop.product_list(after, PAGE)?;
        let Some(last) = products.last() else { return Ok(count) };
        after = Some(last.id);
        for product in products.iter().filter(|product| product.is_visible(now)) {
            let variants: Vec<_> =
                product.variants.iter().filter(|v| !v.retired).map(|v| v.id).collect();
            let prices = shop.store().prices(&variants)?;
            count += u64::from(
                prices.iter().any(|price| Some(price.list) == list && price.min_quantity == 1),
            );
        }
    }
}
