//! Writes prices as a price list that is read back the same.

use std::io::{self, Write};

use sutler_core::money::{Currency, Money};
use sutler_core::time::Timestamp;

use crate::shopify::export::{identifier_text, plain};

/// The columns of a price list, in the order in which they are written.
///
/// ```
/// assert_eq!(sutler_exchange::PRICE_COLUMNS[0], "price_list");
/// ```
pub const PRICE_COLUMNS: [&str; 12] = [
    "price_list",
    "channel",
    "currency",
    "customer_group",
    "from",
    "until",
    "priority",
    "sku",
    "title",
    "min_quantity",
    "price",
    "compare_at_price",
];

/// One price with the facts of its list.
///
/// ```
/// use sutler_core::money::{Currency, Money};
/// use sutler_exchange::{PriceRow, PriceWriter};
///
/// let row = PriceRow {
///     price_list: "Trade", channel: None, currency: Currency::EUR, customer_group: Some("trade"),
///     from: None, until: None, priority: 0, variant: "MUG", title: "Mug", min_quantity: 10,
///     amount: Money::parse("9.90", Currency::EUR)?, compare_at: None,
/// };
/// let mut writer = PriceWriter::new(Vec::new())?;
/// writer.write(&row)?;
/// let file = String::from_utf8(writer.finish()?)?;
/// assert!(file.ends_with("\nTrade,,EUR,trade,,,0,MUG,Mug,10,9.90,\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PriceRow<'a> {
    /// Name of the list.
    pub price_list: &'a str,
    /// Code of the only channel it applies in.
    pub channel: Option<&'a str>,
    /// Its currency.
    pub currency: Currency,
    /// The only customer group it applies to.
    pub customer_group: Option<&'a str>,
    /// When it begins.
    pub from: Option<Timestamp>,
    /// When it no longer applies.
    pub until: Option<Timestamp>,
    /// Among lists that are equally narrow, the higher wins.
    pub priority: i32,
    /// What finds the variant again: its SKU or id.
    pub variant: &'a str,
    /// What people call it; not read back.
    pub title: &'a str,
    /// From how many units on.
    pub min_quantity: u32,
    /// What one unit costs.
    pub amount: Money,
    /// The struck-through earlier price.
    pub compare_at: Option<Money>,
}

/// Writes prices, one after the other.
///
/// ```
/// use sutler_exchange::PriceWriter;
///
/// let file = PriceWriter::new(Vec::new())?.finish()?;
/// assert!(String::from_utf8(file)?.starts_with("price_list,channel,currency,"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PriceWriter<W: Write> {
    writer: csv::Writer<W>,
}

impl<W: Write> PriceWriter<W> {
    /// Writes the header row.
    pub fn new(out: W) -> io::Result<PriceWriter<W>> {
        let mut writer = csv::WriterBuilder::new().from_writer(out);
        writer.write_record(PRICE_COLUMNS)?;
        Ok(PriceWriter { writer })
    }

    /// Writes one row.
    pub fn write(&mut self, row: &PriceRow<'_>) -> io::Result<()> {
        let moment = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.to_string());
        let cells = [
            plain(Some(row.price_list)).into_owned(),
            plain(row.channel).into_owned(),
            row.currency.code().to_owned(),
            plain(row.customer_group).into_owned(),
            moment(row.from),
            moment(row.until),
            row.priority.to_string(),
            identifier_text(row.variant).into_owned(),
            plain(Some(row.title)).into_owned(),
            row.min_quantity.to_string(),
            amount(row.amount),
            row.compare_at.map_or_else(String::new, amount),
        ];
        self.writer.write_record(&cells)?;
        Ok(())
    }

    /// Ends the file and gives the output back.
    pub fn finish(self) -> io::Result<W> {
        self.writer.into_inner().map_err(csv::IntoInnerError::into_error)
    }
}

/// Writes an amount so that nobody reads its decimals for thousands: `1.500` of a currency with three decimals gets one more.
fn amount(amount: Money) -> String {
    let zero = if amount.currency().exponent() == 3 { "0" } else { "" };
    format!("{}{zero}", amount.amount_text())
}
