//! `sutler price`: which price applies and why, what it was, and files of price lists.

use std::io::Write;
use std::path::PathBuf;

use sutler_core::time::Timestamp;

use super::export::write_file;
use super::import::PriceImportArgs;
use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::parse;
use crate::plural::counted;
use crate::view::{PriceExportView, PriceHistoryList, PriceShown};

/// Say which price applies and why, and what it was; bring price lists in and out
#[derive(Debug, clap::Subcommand)]
pub(crate) enum PriceCommand {
    Show(ShowArgs),
    History(HistoryArgs),
    Import(PriceImportArgs),
    Export(ExportArgs),
}

/// Show which price of a variant applies, the others and why they do not
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A reduced price is shown with the lowest price of the 30 days before the reduction.

Examples:
  sutler price show FEN-SKIL-26
  sutler price show \"field-skillet:26 cm\" --channel web --json
  sutler price show FEN-SKIL-26 --at 2030-12-24T18:00:00Z")]
pub(crate) struct ShowArgs {
    /// SKU, barcode, id, or handle:option/option
    variant: String,
    /// Code of the channel it is bought in [default: web]
    #[arg(long, value_name = "CODE")]
    channel: Option<String>,
    /// The moment, such as 2026-12-24T18:00:00Z [default: now]
    #[arg(long, value_parser = parse::moment, value_name = "TIME")]
    at: Option<Timestamp>,
}

/// List what one unit of a variant cost, oldest first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
What lists with a window will bring is in it, as far as it is known.

Examples:
  sutler price history FEN-SKIL-26
  sutler price history FEN-SKIL-26 --channel web --format csv")]
pub(crate) struct HistoryArgs {
    /// SKU, barcode, id, or handle:option/option
    variant: String,
    /// Code of the channel it is bought in [default: web]
    #[arg(long, value_name = "CODE")]
    channel: Option<String>,
}

/// Write price lists to a file that can be edited and imported again
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler price export out.csv
  sutler price export - --list \"Base prices in EUR\" | head -3

What is exported imports again without a change.")]
pub(crate) struct ExportArgs {
    /// The file; `-` is standard output
    file: PathBuf,
    /// Name of a list; may be given several times [default: all lists]
    #[arg(long, value_name = "NAME")]
    list: Vec<String>,
    /// Replace the file when it is there
    #[arg(long)]
    yes: bool,
}

impl PriceCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        match self {
            PriceCommand::Show(args) => args.run(context),
            PriceCommand::History(args) => args.run(context),
            PriceCommand::Import(args) => args.run(context),
            PriceCommand::Export(args) => args.run(context),
        }
    }
}

impl ShowArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let channel = self.channel.as_deref().unwrap_or(context.settings.channel());
        let view = context.shop()?.price_show(&self.variant, channel, self.at)?;
        Ok(Answer::one(PriceShown::from(&view)))
    }
}

impl HistoryArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let channel = self.channel.as_deref().unwrap_or(context.settings.channel());
        let view = context.reader()?.price_history(&self.variant, channel)?;
        Ok(Answer::many(PriceHistoryList::from(&view)))
    }
}

impl ExportArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.reader()?;
        let mut write =
            |out: &mut dyn Write| Ok(shop.price_export(std::io::BufWriter::new(out), &self.list)?);
        let report = write_file(context, &self.file, self.yes, &mut write)?;
        let prices = counted(report.prices, "price", "prices");
        let sentence =
            format!("wrote {prices} of {}", counted(report.price_lists, "list", "lists"));
        let answer = if self.file.as_os_str() == "-" {
            Answer::nothing()
        } else {
            Answer::one(PriceExportView {
                file: self.file.display().to_string(),
                price_lists: report.price_lists,
                prices: report.prices,
            })
        };
        Ok(answer.summary(sentence))
    }
}
