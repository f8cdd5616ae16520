//! `sutler tax`: rates by zone and kind of goods, and files of them.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use sutler_core::address::CountryCode;
use sutler_core::pricing::{EU_VAT, TaxCategory};
use sutler_core::time::Timestamp;
use sutler_engine::FlowError;
use sutler_engine::flow::import::Input;
use sutler_engine::flow::tax::TaxSource;
use sutler_engine::flow::tax_remove::TaxRemoval;

use crate::answer::Answer;
use crate::context::{Context, quoted};
use crate::error::CommandError;
use crate::parse;
use crate::plural::counted;
use crate::view::{HomeView, TaxImportView, TaxRateList, TaxRateRow};

/// Tax rates by zone and kind of goods
#[derive(Debug, clap::Subcommand)]
pub(crate) enum TaxCommand {
    Home(HomeArgs),
    List(ListArgs),
    Import(ImportArgs),
    Remove(RemoveArgs),
}

/// List tax rates; as CSV it is a file that `tax import` reads
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler tax list
  sutler tax list --format csv")]
pub(crate) struct ListArgs {}

/// Bring tax rates in from a file, or those of the EU; all rows or none
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("from").required(true).args(["file", "eu"]),
    after_help = "\
Examples:
  sutler tax import rates.csv --dry-run
  sutler tax import rates.csv
  sutler tax import --eu

Columns: country, region, postal_codes, except_postal_codes, zone, category, name, percent, compound, from, until.
Category, name and percent must be there. Several values in one cell have a bar between: DE|AT. A postal code is how it
begins, 274, or a range, 35000..35999. Of the zones that cover an address the closest decides, and it alone.
Rates that the file does not name stay as they are; to end one, give it an `until`."
)]
pub(crate) struct ImportArgs {
    /// The file; - is standard input
    file: Option<PathBuf>,
    /// The bundled VAT rates of the EU's member states; the answer says as of which day
    #[arg(long)]
    eu: bool,
    /// Show what would change; write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Say which country the shop is in; without one it is shown
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler tax home
  sutler tax home AT

A business in another member state of the EU than this one owes the tax itself when it gives its VAT id (--vat-id).")]
pub(crate) struct HomeArgs {
    /// Code of the country
    country: Option<CountryCode>,
    /// Forget the country: then no charge is ever reversed
    #[arg(long, conflicts_with = "country")]
    unset: bool,
}

/// End tax rates of a zone, or take them away
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler tax remove AT --dry-run
  sutler tax remove AT --category standard --at 2027-01-01T00:00:00Z
  sutler tax remove AT

Without --category and --name all rates of the zone go, and the zone with its last one. With --at they stay until then. What
is ordered keeps its tax.")]
pub(crate) struct RemoveArgs {
    /// Name or id of the zone
    zone: String,
    /// Rates on this kind of goods only
    #[arg(long, value_name = "CATEGORY")]
    category: Option<TaxCategory>,
    /// Rates of this name only
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// From when on they hold no more [default: they are taken away]
    #[arg(long, value_parser = parse::moment, value_name = "MOMENT")]
    at: Option<Timestamp>,
    /// Show what would end; write nothing
    #[arg(long)]
    dry_run: bool,
}

impl TaxCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        match self {
            TaxCommand::List(_) => {
                let setup = context.shop()?.setup()?;
                let row = |rate| TaxRateRow::of(rate, &setup.tax_zones);
                let rates = setup.tax_rates.iter().map(row).collect();
                Ok(Answer::many(TaxRateList { rates }))
            }
            TaxCommand::Import(args) => args.run(context),
            TaxCommand::Home(args) => args.run(context),
            TaxCommand::Remove(args) => args.run(context),
        }
    }
}

impl HomeArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let country = match (self.country, self.unset) {
            (None, false) => shop.setup()?.shop.country,
            (country, _) => shop.home_set(country)?.country,
        };
        Ok(Answer::one(HomeView { country: country.map(|country| country.to_string()) }))
    }
}

impl RemoveArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let removal = TaxRemoval {
            zone: self.zone.clone(),
            category: self.category.clone(),
            name: self.name.clone(),
            at: self.at,
        };
        let zones = shop.setup()?.tax_zones.clone();
        let gone = shop.tax_remove(&removal, self.dry_run)?;
        let rates = gone.iter().map(|rate| TaxRateRow::of(rate, &zones)).collect();
        let many = counted(size(gone.len()), "rate", "rates");
        let done = match (self.dry_run, self.at) {
            (true, _) => format!("{many} would end; nothing was written"),
            (false, Some(at)) => format!("{many} ends at {at}"),
            (false, None) => format!("{many} taken away"),
        };
        Ok(Answer::many(TaxRateList { rates }).summary(done).next(context.hint("tax list")))
    }
}

impl ImportArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let done = shop.tax_import(self.source()?, self.dry_run).map_err(|error| match error {
            FlowError::File(diagnostics) => CommandError::File { file: self.name(), diagnostics },
            error => error.into(),
        })?;
        let zones = &shop.setup()?.tax_zones;
        let as_of = self.eu.then_some(EU_VAT.as_of);
        let view = TaxImportView::new(&done, zones, self.dry_run, as_of);
        let (zones, rates) = (done.zones.len(), done.created.len());
        let sentence = format!(
            "{}: {} and {} created, {} changed, {} unchanged",
            if self.dry_run { "nothing was written" } else { "done" },
            counted(size(zones), "zone", "zones"),
            counted(size(rates), "rate", "rates"),
            done.changed.len(),
            done.unchanged
        );
        let mut answer = Answer::one(view).summary(sentence);
        if self.eu {
            answer = answer.warning(format!(
                "these rates are as of {} ({}); check them before you sell",
                EU_VAT.as_of, EU_VAT.source
            ));
        }
        Ok(match self.dry_run && !done.is_empty() {
            true => answer.next(context.hint(format!("tax import {}", self.words()))),
            false => answer.next(context.hint("tax list")),
        })
    }

    fn source(&self) -> Result<TaxSource, CommandError> {
        Ok(TaxSource::File(match &self.file {
            None => return Ok(TaxSource::EuVat),
            Some(file) if file.as_os_str() != "-" => Input::path(file),
            Some(_) if std::io::stdin().is_terminal() => {
                return Err(CommandError::Usage {
                    code: "input.terminal",
                    message: "nothing is piped into standard input".to_owned(),
                    help: Some(
                        "name a file, or pipe one in: `sutler tax import - < rates.csv`".to_owned(),
                    ),
                });
            }
            Some(_) => Input::reader("standard input", std::io::stdin()),
        }))
    }

    fn name(&self) -> String {
        match &self.file {
            Some(file) if file.as_os_str() != "-" => file.display().to_string(),
            Some(_) => "standard input".to_owned(),
            None => "the bundled rates".to_owned(),
        }
    }

    /// Returns the words that repeat the command without `--dry-run`.
    fn words(&self) -> String {
        let file = self.file.as_ref().map(|file| quoted(&file.display().to_string()));
        file.unwrap_or_else(|| "--eu".to_owned())
    }
}

fn size(many: usize) -> u64 {
    u64::try_from(many).unwrap_or(u64::MAX)
}
