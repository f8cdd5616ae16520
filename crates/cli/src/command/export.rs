//! `sutler export`: the catalog or the stock as a file that merchants' tools read.

use std::io::Write;
use std::path::{Path, PathBuf};

use sutler_engine::flow::export::{ExportFormat, ExportHeaders, ExportOptions, ExportReport};
use sutler_engine::{FlowError, Reader};

use crate::answer::Answer;
use crate::confirm::confirm;
use crate::context::Context;
use crate::error::CommandError;
use crate::plural::counted;
use crate::target::{self, Target};
use crate::view::ExportView;

/// Which format is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Format {
    /// Products with prices and stock
    Shopify,
    /// Counts of stock, to be edited and imported again
    ShopifyInventory,
}

/// Which column names are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Headers {
    /// Handle, Body (HTML), Variant SKU: what shops export
    Classic,
    /// URL handle, Description, SKU: what the admin's template has
    New,
}

/// Write the catalog or the stock to a file
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler export out.csv
  sutler export - --shopify-headers new | head -3
  sutler export stock-out.csv --as shopify-inventory

What is exported imports again without a change.")]
pub(crate) struct ExportArgs {
    /// The file; `-` is standard output
    file: PathBuf,
    /// Format: shopify (products) or shopify-inventory (stock, to be edited and imported again)
    #[arg(long = "as", value_enum, default_value_t = Format::Shopify, hide_possible_values = true, value_name = "FORMAT")]
    file_format: Format,
    /// Column names of a product file: classic (what shops export) or new (the admin's template)
    #[arg(long, value_enum, default_value_t = Headers::Classic, hide_possible_values = true, value_name = "SET")]
    shopify_headers: Headers,
    /// Code of the channel whose prices are written [default: web]
    #[arg(long, value_name = "CODE")]
    channel: Option<String>,
    /// Replace the file when it is there
    #[arg(long)]
    yes: bool,
}

impl ExportArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.reader()?;
        let mut write = |out: &mut dyn Write| self.write(&shop, context, out);
        let report = write_file(context, &self.file, self.yes, &mut write)?;
        let sentence = self.sentence(&report);
        if self.file.as_os_str() == "-" {
            return Ok(Answer::nothing().summary(sentence));
        }
        Ok(Answer::one(ExportView {
            file: self.file.display().to_string(),
            format: match self.file_format {
                Format::Shopify => "shopify".to_owned(),
                Format::ShopifyInventory => "shopify-inventory".to_owned(),
            },
            products: report.products,
            variants: report.variants,
            rows: report.rows,
        })
        .summary(sentence))
    }

    fn write(
        &self,
        shop: &Reader,
        context: &Context<'_>,
        out: &mut dyn Write,
    ) -> Result<ExportReport, CommandError> {
        let out = std::io::BufWriter::new(out);
        let written = match self.file_format {
            Format::ShopifyInventory => shop.export_stock(out),
            Format::Shopify => {
                let options = ExportOptions {
                    format: ExportFormat::Shopify,
                    headers: match self.shopify_headers {
                        Headers::Classic => ExportHeaders::Classic,
                        Headers::New => ExportHeaders::New,
                    },
                    channel: Some(
                        self.channel
                            .clone()
                            .unwrap_or_else(|| context.settings.channel().to_owned()),
                    ),
                };
                shop.export_products(out, &options)
            }
        };
        written.map_err(|error: FlowError| error.into())
    }

    fn sentence(&self, report: &ExportReport) -> String {
        let rows = match self.file_format {
            Format::Shopify => String::new(),
            Format::ShopifyInventory => format!(", {}", counted(report.rows, "row", "rows")),
        };
        let products = counted(report.products, "product", "products");
        format!("wrote {products} with {}{rows}", counted(report.variants, "variant", "variants"))
    }
}

/// Writes to a file, which is there whole or not at all, or to standard output.
pub(super) fn write_file<T>(
    context: &Context<'_>,
    file: &Path,
    yes: bool,
    write: &mut dyn FnMut(&mut dyn Write) -> Result<T, CommandError>,
) -> Result<T, CommandError> {
    if file.as_os_str() == "-" {
        let mut out = Pipe { context, closed: false };
        let written = write(&mut out);
        return match written {
            Err(_) if out.closed => Err(CommandError::PipeClosed),
            written => written,
        };
    }
    context.require_outside_shop(file)?;
    if target::replaces(file) {
        confirm(context, yes, &format!("replaces {}", file.display()))?;
    }
    let mut target = Target::begin(file)?;
    let report = write(&mut target)?;
    target.finish()?;
    Ok(report)
}

/// Standard output by way of the console, which knows what to make of a closed pipe.
struct Pipe<'a> {
    context: &'a Context<'a>,
    closed: bool,
}

impl Write for Pipe<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self.context.console.out(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(CommandError::PipeClosed) => {
                self.closed = true;
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            Err(_) => Err(std::io::Error::other("standard output cannot be written to")),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
