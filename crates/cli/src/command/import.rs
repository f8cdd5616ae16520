//! `sutler import`: bringing a catalog or stock file in.
//!
//! First everything is read and checked, then it is written. Nothing dangerous is written without a yes, and Ctrl-C stops
//! at a batch border, from where the same command goes on.

use std::io::IsTerminal;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use clap::CommandFactory;
use sutler_engine::flow::import::{
    ImportKind, ImportOptions, ImportProgress, ImportSummary, Input, OnConflict, StockPolicy,
};
use sutler_engine::{FlowError, Shop};

use crate::answer::Answer;
use crate::confirm::confirm;
use crate::context::{Context, quoted};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::plural::counted;
use crate::progress::Progress;
use crate::view::{ImportView, report_of_group};

/// What becomes of products that the shop has already.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Conflict {
    /// They are changed to what the file says
    Update,
    /// They stay as they are
    Skip,
    /// Their rows are refused, unless nothing would change
    Error,
}

/// What becomes of the stock that a product file states.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Stock {
    /// New variants begin with it
    Initial,
    /// It is left out
    Ignore,
}

/// Bring a catalog, stock or price file in: CSV of Shopify, or any table with a mapping
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler import products.csv --dry-run
  sutler import products.csv --rejects rejected.csv
  sutler import - < products.csv
  sutler import pricelist.csv --map pricelist.toml --decimal ,
  sutler import stock.csv --as shopify-inventory --yes

Everything is read and checked first. Rows that are refused go to the --rejects file, which imports as it is once mended.
A plan that empties stock, moves a price by more than half or takes all variants of a product needs a yes.
Importing a file again changes nothing; after Ctrl-C the same command goes on where it stopped.")]
pub(crate) struct ImportArgs {
    /// The file; `-` is standard input
    file: PathBuf,
    /// Format: auto, shopify, shopify-inventory, price-list or generic
    #[arg(long = "as", value_name = "FORMAT", default_value = "auto")]
    file_format: String,
    /// Show what would change; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Go on with dangerous changes
    #[arg(long)]
    yes: bool,
    /// Write refused rows, and those of the same products, to this file
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// A TOML file that says which column holds what
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Encoding of the file, such as windows-1252 [default: found out]
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// What separates the cells: one character, or tab [default: found out]
    #[arg(long, value_name = "CHAR")]
    delimiter: Option<String>,
    /// Decimal mark of numbers, `,` or `.` [default: found out]
    #[arg(long, value_name = "MARK")]
    decimal: Option<String>,
    /// What becomes of products that the shop has already: update, skip or error
    #[arg(long, value_enum, default_value_t = Conflict::Update, hide_possible_values = true, value_name = "WHAT")]
    on_conflict: Conflict,
    /// What becomes of the stock that a product file states: initial or ignore
    #[arg(long, value_enum, default_value_t = Stock::Initial, hide_possible_values = true, value_name = "WHAT")]
    stock: Stock,
    /// Write nothing when a single row is refused (exit code 5 instead of 6)
    #[arg(long)]
    strict: bool,
    /// Refuse rows whose SKU came before instead of remarking them
    #[arg(long)]
    strict_sku: bool,
    /// Refuse the whole file after this many refused rows
    #[arg(long, value_name = "N")]
    max_errors: Option<u64>,
    /// Code of the channel whose prices are meant [default: web]
    #[arg(long, value_name = "CODE")]
    channel: Option<String>,
    /// Code of the location that stock goes to [default: main]
    #[arg(long, value_name = "CODE")]
    location: Option<String>,
    /// Products or rows that are written at a time
    #[arg(long, value_name = "N", default_value_t = sutler_engine::flow::import::BATCH, hide = true)]
    batch: usize,
    /// The price list of rows that name none.
    #[arg(skip)]
    price_list: Option<String>,
    /// The command that was typed, for hints.
    #[arg(skip = "import")]
    command: &'static str,
}

/// Bring prices in: one row for each price, with the facts of its list beside it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler price import prices.csv --dry-run
  sutler price import prices.csv --yes
  sutler price import sale.csv --list \"Winter sale\" --decimal ,
  sutler price export - | sutler price import -

Columns: price_list, channel, currency, customer_group, from, until, priority, sku, title, min_quantity, price, compare_at_price.
Sku and price must be there; what no column says stays as it is. A list that the shop lacks is made. The price `remove` takes a
price away; prices that the file does not name stay. A price that moves by more than half needs a yes.")]
pub(crate) struct PriceImportArgs {
    /// The file; `-` is standard input
    file: PathBuf,
    /// The list of rows that name none
    #[arg(long, value_name = "NAME")]
    list: Option<String>,
    /// Show what would change; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Go on with dangerous changes
    #[arg(long)]
    yes: bool,
    /// Write refused rows to this file
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Encoding of the file, such as windows-1252 [default: found out]
    #[arg(long, value_name = "NAME")]
    encoding: Option<String>,
    /// What separates the cells: one character, or tab [default: found out]
    #[arg(long, value_name = "CHAR")]
    delimiter: Option<String>,
    /// Decimal mark of prices, `,` or `.` [default: found out]
    #[arg(long, value_name = "MARK")]
    decimal: Option<String>,
    /// Write nothing when a single row is refused (exit code 5 instead of 6)
    #[arg(long)]
    strict: bool,
    /// Refuse the whole file after this many refused rows
    #[arg(long, value_name = "N")]
    max_errors: Option<u64>,
    /// Code of the channel whose currency is meant where the file says none [default: web]
    #[arg(long, value_name = "CODE")]
    channel: Option<String>,
}

impl PriceImportArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let import = ImportArgs {
            file: self.file.clone(),
            file_format: "price-list".to_owned(),
            dry_run: self.dry_run,
            yes: self.yes,
            rejects: self.rejects.clone(),
            map: None,
            encoding: self.encoding.clone(),
            delimiter: self.delimiter.clone(),
            decimal: self.decimal.clone(),
            on_conflict: Conflict::Update,
            stock: Stock::Ignore,
            strict: self.strict,
            strict_sku: false,
            max_errors: self.max_errors,
            channel: self.channel.clone(),
            location: None,
            batch: sutler_engine::flow::import::BATCH,
            price_list: self.list.clone(),
            command: "price import",
        };
        import.run(context)
    }
}

impl ImportArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let started = Instant::now();
        if self.file.as_os_str() != "-" {
            // What was named must be there; what stands in it is judged later.
            std::fs::metadata(&self.file).map_err(|source| CommandError::Io {
                what: "cannot read",
                path: self.name(),
                source,
            })?;
        }
        let input = self.input(context)?;
        let options = self.options(context)?;
        let shop = context.shop()?;
        let mut progress = Progress::new(context);
        let planned = shop
            .import_plan_watched(input, &options, &mut |told| {
                progress.at(told.rows, told.rows_total, "rows read")
            })
            .map_err(|error| self.named(error))?;
        drop(progress);
        let view = ImportView::new(&planned.summary, self.dry_run, elapsed_ms(started));
        if self.dry_run
            || planned.summary.changes_nothing()
            || (self.strict && planned.summary.rejected_rows > 0)
        {
            return Ok(self.answer(context, view, &planned.summary));
        }
        if planned.summary.dangers_total > 0 && !self.yes {
            context.console.explain_first(&view.dangers_text());
            // People have just read all of them; an object for programs names one.
            let first = planned.summary.dangers.first().filter(|_| context.console.is_json());
            let first = first.map_or_else(String::new, |danger| {
                format!(", the first on {}: {}", danger.subject, danger.message)
            });
            let changes =
                counted(planned.summary.dangers_total, "dangerous change", "dangerous changes");
            confirm(context, false, &format!("makes {changes}{first}"))?;
        }
        // Until here Ctrl-C may end the program anywhere: nothing is written yet.
        let interrupt = Interrupt::listen();
        let mut progress = Progress::new(context);
        let mut reached = None;
        let mut tell = |told: &ImportProgress| {
            reached = Some(*told);
            progress.at(told.rows, told.rows_total, "rows written");
            if interrupt.is_pressed() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let done = shop.import_apply(planned, &mut tell);
        drop(progress);
        let done = done.map_err(|error| self.halted(error, reached))?;
        if let Some(run) = done.run.filter(|run| !run.finished) {
            return Err(CommandError::Interrupted {
                message: kept(run.batches, done.created, done.updated),
                help: RESUME.to_owned(),
            });
        }
        Ok(self.answer(context, ImportView::new(&done, false, elapsed_ms(started)), &done))
    }

    /// Returns what to read; a terminal on standard input has nothing to give.
    fn input(&self, context: &Context<'_>) -> Result<Input, CommandError> {
        if self.file.as_os_str() != "-" {
            return Ok(Input::path(&self.file));
        }
        if std::io::stdin().is_terminal() {
            let mut root = crate::args::Cli::command();
            let mut words = self.command.split(' ');
            let command = words.try_fold(&mut root, |at, word| at.find_subcommand_mut(word));
            if let Some(command) = command {
                let help = command.render_help().to_string();
                context.console.explain_first(&help);
            }
            return Err(CommandError::Usage {
                code: "input.terminal",
                message: "nothing is piped into standard input".to_owned(),
                help: Some(format!(
                    "name a file, or pipe one in: `sutler {} - < products.csv`",
                    self.command
                )),
            });
        }
        Ok(Input::reader("standard input", std::io::stdin()))
    }

    fn options(&self, context: &Context<'_>) -> Result<ImportOptions, CommandError> {
        if let Some(rejects) = &self.rejects {
            context.require_outside_shop(rejects)?;
            if rejects.exists() {
                let what = format!("replaces {} with the refused rows", rejects.display());
                confirm(context, self.yes, &what)?;
            }
        }
        let map = self.map.as_ref().map(|path| {
            std::fs::read_to_string(path).map_err(|source| CommandError::Io {
                what: "cannot read",
                path: path.display().to_string(),
                source,
            })
        });
        Ok(ImportOptions {
            channel: Some(
                self.channel.clone().unwrap_or_else(|| context.settings.channel().to_owned()),
            ),
            location: Some(
                self.location.clone().unwrap_or_else(|| context.settings.location().to_owned()),
            ),
            format: Some(self.file_format.clone()),
            map: map.transpose()?,
            encoding: self.encoding.clone(),
            delimiter: self.delimiter.clone(),
            decimal: self.decimal.clone(),
            price_list: self.price_list.clone(),
            strict_sku: self.strict_sku,
            max_errors: self.max_errors,
            batch: self.batch,
            reject_to: self.rejects.clone(),
            strict: self.strict,
            stock: match self.stock {
                Stock::Initial => StockPolicy::Initial,
                Stock::Ignore => StockPolicy::Ignore,
            },
            on_conflict: match self.on_conflict {
                Conflict::Update => OnConflict::Update,
                Conflict::Skip => OnConflict::Skip,
                Conflict::Error => OnConflict::Error,
            },
            ..ImportOptions::new(self.name())
        })
    }

    /// Returns the file's name for people.
    fn name(&self) -> String {
        if self.file.as_os_str() == "-" {
            "standard input".to_owned()
        } else {
            self.file.display().to_string()
        }
    }

    /// Says of which file a refusal is.
    fn named(&self, error: FlowError) -> CommandError {
        match error {
            FlowError::File(diagnostics) => CommandError::File { file: self.name(), diagnostics },
            FlowError::Mapping(diagnostic) => {
                let file = self.map.as_ref().map(|path| path.display().to_string());
                CommandError::File {
                    file: file.unwrap_or_default(),
                    diagnostics: vec![*diagnostic],
                }
            }
            error => error.into(),
        }
    }

    /// Returns the command that imports the mended reject file: with what changes the meaning of its cells, and without what
    /// was about the bytes of the source.
    fn import_of(&self, rejects: &str) -> String {
        let map = self.map.as_ref().map(|path| path.display().to_string());
        let says_format = self.file_format != "auto" && self.command == "import";
        let format = Some(&self.file_format).filter(|_| says_format);
        let options = [
            ("--list", self.price_list.as_ref()),
            ("--as", format),
            ("--map", map.as_ref()),
            ("--decimal", self.decimal.as_ref()),
            ("--channel", self.channel.as_ref()),
            ("--location", self.location.as_ref()),
        ];
        let mut command = format!("{} {}", self.command, quoted(rejects));
        for (name, value) in options {
            if let Some(value) = value {
                command.push_str(&format!(" {name} {}", quoted(value)));
            }
        }
        command
    }

    /// Says what is written of an import that failed between two batches.
    fn halted(&self, error: FlowError, reached: Option<ImportProgress>) -> CommandError {
        match (self.named(error), reached) {
            (CommandError::Flow(error), Some(told)) if told.batches > 0 => CommandError::Halted {
                error: Box::new(error),
                kept: kept(told.batches, told.created, told.updated),
                resume: RESUME,
            },
            (error, _) => error,
        }
    }

    fn answer(&self, context: &Context<'_>, view: ImportView, summary: &ImportSummary) -> Answer {
        let exit = match (summary.rejected_rows, self.strict) {
            (0, _) => Exit::Done,
            (_, false) => Exit::Rejects,
            (_, true) => Exit::Invalid,
        };
        let rate =
            summary.rows.saturating_mul(1000).checked_div(view.elapsed_ms).unwrap_or(summary.rows);
        let (rejected, rows) =
            (counted(view.rejected_rows, "row", "rows"), counted(view.rows, "row", "rows"));
        let mut sentence = format!(
            "{} created, {} updated, {} unchanged, {rejected} rejected; {rows} in {} ms, {rate} rows/s",
            view.created, view.updated, view.unchanged, view.elapsed_ms
        );
        if view.resumed_after > 0 {
            sentence.push_str(&format!("; went on after batch {}", view.resumed_after));
        }
        let list = self.price_list.as_ref();
        let list = list.map_or_else(String::new, |list| format!(" --list {}", quoted(list)));
        let file = format!("{}{list}", quoted(&self.file.display().to_string()));
        let (command, is_prices) = (self.command, summary.kind == ImportKind::Prices);
        let (dry_run, changes, dangers) =
            (view.dry_run, !summary.changes_nothing(), view.dangers_total > 0);
        let reject_file = view.reject_file.clone();
        let mut answer = Answer::one(view).summary(sentence).exit(exit);
        answer.remarks =
            summary.groups.iter().map(|group| report_of_group(&summary.file, group)).collect();
        if summary.rejected_rows > 0 {
            answer = match reject_file {
                Some(rejects) => answer.next(format!(
                    "mend {rejects}, then {}",
                    context.hint(self.import_of(&rejects))
                )),
                None => {
                    answer.next(context.hint(format!("{command} {file} --rejects rejected.csv")))
                }
            };
        } else if dry_run && changes {
            let yes = if dangers { " --yes" } else { "" };
            answer = answer.next(context.hint(format!("{command} {file}{yes}")));
        } else if !dry_run && changes {
            let next = if is_prices { "price export -" } else { "product list" };
            answer = answer.next(context.hint(next));
        }
        answer
    }
}

/// How to go on with an import that was cut off.
const RESUME: &str = "run the same command again: it goes on where this one stopped";

/// Says what is written of an import that was cut off.
fn kept(batches: u32, created: u64, updated: u64) -> String {
    format!("stopped after batch {batches}: {created} created, {updated} updated, all of it kept")
}

fn elapsed_ms(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Imports a file that the program itself brings along.
pub(super) fn import_text(shop: &Shop, text: &str, name: &str) -> Result<(), CommandError> {
    let planned = shop.import_plan(Input::bytes(name, text), &ImportOptions::new(name))?;
    shop.import_apply(planned, &mut |_| ControlFlow::Continue(()))?;
    Ok(())
}
