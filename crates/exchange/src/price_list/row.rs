//! Pass 2: one price after the other.

use sutler_core::import::{Diagnostic, Place, PriceDraft, Said};
use sutler_core::money::{Currency, Money};
use sutler_core::quantity::QUANTITY_MAX;

use super::Column;
use super::scan::PriceTable;
use crate::codes::{self, Code};
use crate::diagnose::{Extend as _, diagnostic};
use crate::number::{self, NumberError};
use crate::open::Refused;
use crate::report::{RejectRow, RowsAt};
use crate::table::{Record, RecordReader};
use crate::text::{Damage, identifier, shown};

/// The word in place of a price that takes the price away.
const REMOVE: &str = "remove";

/// What a price list says in one row.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_exchange::{Input, ReadOptions, open};
///
/// let file = "price_list,sku,min_quantity,price\nTrade,MUG,10,9.90\nTrade,MUG,,cheap\n";
/// let opened = open(Input::bytes("trade.csv", file), ReadOptions::new(Currency::EUR))?;
/// let entries: Vec<_> = opened.prices().collect::<Result<_, _>>()?;
/// let ten = entries[0].draft.as_ref().expect("it can be read");
/// assert_eq!((ten.variant.as_str(), ten.min_quantity), ("MUG", 10));
/// assert_eq!(opened.price_lists()[ten.list].name, "Trade");
/// assert_eq!(entries[1].rejected.as_ref().map(|row| row.line), Some(3));
/// # Ok::<(), sutler_exchange::Refused>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PriceEntry {
    /// Where its variant is named.
    pub place: Place,
    /// The price; `None` when the row is refused.
    pub draft: Option<PriceDraft>,
    /// Remarks about a row that is used.
    pub remarks: Vec<Diagnostic>,
    /// The row, when it is refused.
    pub rejected: Option<RejectRow>,
    /// Where it stands: [`Opened::rows_of`](crate::Opened::rows_of) reads it again.
    pub source: RowsAt,
}

/// Streams the rows of a price list. After an error it ends.
pub(crate) struct Prices<'a> {
    table: &'a PriceTable,
    reader: RecordReader,
    failed: bool,
}

impl<'a> Prices<'a> {
    pub(super) fn new(table: &'a PriceTable) -> Self {
        Prices { table, reader: table.table.rows(), failed: false }
    }
}

impl Iterator for Prices<'_> {
    type Item = Result<PriceEntry, Refused>;

    fn next(&mut self) -> Option<Result<PriceEntry, Refused>> {
        if self.failed {
            return None;
        }
        loop {
            match self.reader.read() {
                Ok(Some(record)) if record.is_blank() => {}
                Ok(Some(record)) => return Some(Ok(entry(self.table, &record))),
                Ok(None) => return None,
                Err(refused) => {
                    self.failed = true;
                    return Some(Err(refused));
                }
            }
        }
    }
}

fn entry(table: &PriceTable, record: &Record<'_>) -> PriceEntry {
    let mut row = Row { table, record, faults: Vec::new(), remarks: Vec::new() };
    let draft = row.read();
    let Row { faults, remarks, .. } = row;
    let rejected = (!faults.is_empty()).then(|| RejectRow::of(record, faults));
    PriceEntry {
        place: match table.columns.at(Column::Sku) {
            Some(at) => table.table.header.place(&record.place(), at),
            None => record.place(),
        },
        draft: draft.filter(|_| rejected.is_none()),
        remarks,
        rejected,
        source: RowsAt::row(record.mark),
    }
}

/// One row while it is read.
struct Row<'a> {
    table: &'a PriceTable,
    record: &'a Record<'a>,
    faults: Vec<Diagnostic>,
    remarks: Vec<Diagnostic>,
}

impl Row<'_> {
    fn read(&mut self) -> Option<PriceDraft> {
        let (table, record) = (self.table, self.record);
        let names = table.table.header.len();
        if record.len() != names {
            let message = format!("the row has {} cells, but the header has {names}", record.len());
            let help = "look for a delimiter or a quote that is missing or too many";
            let told = diagnostic(&codes::RAGGED_ROW, record.place(), message).with_help(help);
            self.faults.push(told);
            return None;
        }
        if let Some(first) = self.first_line() {
            let message =
                format!("this variant and quantity stand on line {first} of the same list already");
            let told = diagnostic(&codes::SAME_PRICE_TWICE, record.place(), message);
            self.faults.push(told.with_help("delete the row that is wrong"));
        }
        let list = table.list_index(table.columns.list_of(record))?;
        let variant = self.variant();
        let min_quantity = self.min_quantity();
        // Both cells are read, so that both faults are told.
        let amount = self.amount(list);
        let compare_at = self.compare_at(list);
        Some(PriceDraft {
            line: record.mark.line,
            list,
            variant: variant?,
            min_quantity: min_quantity?,
            amount: amount?,
            compare_at,
        })
    }

    fn first_line(&self) -> Option<u32> {
        let line = u32::try_from(self.record.mark.line).unwrap_or(u32::MAX);
        let at = self.table.repeated.binary_search_by_key(&line, |(line, _)| *line).ok()?;
        self.table.repeated.get(at).map(|(_, first)| *first)
    }

    fn variant(&mut self) -> Option<String> {
        let at = self.table.columns.at(Column::Sku)?;
        let cell = self.record.get(at);
        let help = "write the SKU, barcode or id of the variant, or handle:option/option";
        match identifier(cell) {
            (_, Damage::Exponent) => {
                let what = "lost its digits in a spreadsheet";
                self.fault(&codes::PRICE_WITHOUT_VARIANT, Column::Sku, cell, what, help);
                None
            }
            ("", _) => {
                self.fault(
                    &codes::PRICE_WITHOUT_VARIANT,
                    Column::Sku,
                    cell,
                    "names no variant",
                    help,
                );
                None
            }
            (sku, _) => Some(sku.to_owned()),
        }
    }

    fn min_quantity(&mut self) -> Option<u32> {
        let Some(at) = self.table.columns.at(Column::MinQuantity) else { return Some(1) };
        let cell = self.record.trimmed(at);
        let read = number::whole(cell).map(|whole| whole.map_or(1, |whole| whole.value));
        let help = "write from how many units on the price holds: 1, 10, 100";
        match read.map(u32::try_from) {
            Ok(Ok(units)) if (1..=QUANTITY_MAX).contains(&units) => return Some(units),
            Ok(_) | Err(NumberError::OutOfRange) => {
                let what = format!("is not from 1 to {QUANTITY_MAX}");
                self.fault(&codes::OUT_OF_RANGE, Column::MinQuantity, cell, &what, help);
            }
            Err(_) => {
                let what = "is not a whole number";
                self.fault(&codes::NOT_A_WHOLE_NUMBER, Column::MinQuantity, cell, what, help);
            }
        }
        None
    }

    /// Reads the price: an amount, or within that that it is to be taken away.
    fn amount(&mut self, list: usize) -> Option<Option<Money>> {
        let at = self.table.columns.at(Column::Price)?;
        let cell = self.record.trimmed(at);
        if cell.eq_ignore_ascii_case(REMOVE) {
            return Some(None);
        }
        let help = "write the price, or `remove` to take it away";
        match number::money(cell, self.table.columns.rule(Column::Price), self.currency(list)) {
            Ok(Some(amount)) => return Some(Some(amount)),
            Ok(None) => {
                self.fault(&codes::PRICE_NOT_A_NUMBER, Column::Price, cell, "is blank", help);
            }
            Err(NumberError::Placeholder) => {
                self.fault(
                    &codes::PRICE_NOT_A_NUMBER,
                    Column::Price,
                    cell,
                    "is not a number",
                    help,
                );
            }
            Err(error) => self.price_fault(Column::Price, list, &error),
        }
        None
    }

    fn compare_at(&mut self, list: usize) -> Option<Said<Money>> {
        let at = self.table.columns.at(Column::CompareAt)?;
        let cell = self.record.trimmed(at);
        match number::money(cell, self.table.columns.rule(Column::CompareAt), self.currency(list)) {
            Ok(Some(amount)) => Some(Said::Value(amount)),
            Ok(None) => Some(Said::Cleared),
            Err(error) => {
                self.price_fault(Column::CompareAt, list, &error);
                None
            }
        }
    }

    fn currency(&self, list: usize) -> Currency {
        let said = self.table.lists.get(list).and_then(|list| list.currency);
        said.unwrap_or(self.table.currency)
    }

    fn price_fault(&mut self, column: Column, list: usize, error: &NumberError) {
        let Some(at) = self.table.columns.at(column) else { return };
        let fault = number::fault(error, self.table.columns.rule(column), self.currency(list));
        self.fault(fault.code, column, self.record.trimmed(at), &fault.what, &fault.help);
    }

    fn fault(&mut self, code: &'static Code, column: Column, cell: &str, what: &str, help: &str) {
        let header = &self.table.table.header;
        let Some(at) = self.table.columns.at(column) else { return };
        let place = header.place(&self.record.place(), at);
        let message = format!("{} '{}' {what}", header.name(at), shown(cell));
        self.faults.push(diagnostic(code, place, message).with_value(cell).with_help(help));
    }
}
