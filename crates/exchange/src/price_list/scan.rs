//! Pass 1 over a price list: its columns, its lists, its decimal marks, and rows that come twice.

use std::collections::BTreeMap;
use std::str::FromStr;

use sutler_core::import::{Diagnostic, PriceListDraft, Said};
use sutler_core::money::{Currency, DecimalMark};

use super::Column;
use super::row::Prices;
use crate::catalog::scan::repeated;
use crate::codes;
use crate::diagnose::{Extend as _, fatal_place};
use crate::number::{Evidence, Rule, Verdict};
use crate::open::{ColumnUse, Refused};
use crate::table::{Header, Record, Table};
use crate::tax_rates::moment;
use crate::text::{identifier, stable_hash, unguard};

/// How many lists a file may hold; a SKU in the column of lists would make one of each row.
const LISTS_MAX: usize = 1_000;

/// A price list after pass 1.
pub(crate) struct PriceTable {
    pub(crate) table: Table,
    pub(super) columns: Columns,
    pub(super) currency: Currency,
    pub(crate) lists: Vec<PriceListDraft>,
    by_name: BTreeMap<String, usize>,
    pub(crate) rows: u64,
    pub(crate) blank_rows: u64,
    /// Lines that repeat list, variant and quantity of an earlier line, with that line.
    pub(super) repeated: Vec<(u32, u32)>,
    pub(crate) decimal_marks: Vec<(String, DecimalMark)>,
}

/// Where the columns are, and the list of rows that name none.
pub(super) struct Columns {
    at: BTreeMap<Column, usize>,
    list: Option<String>,
    rules: BTreeMap<Column, Rule>,
}

/// Tells whether a header is that of a price list, and of no product file.
pub(crate) fn is_price_list(header: &Header) -> bool {
    let has = |wanted| header.names().iter().any(|name| Column::of(name) == Some(wanted));
    let knows_all = header.names().iter().all(|name| Column::of(name).is_some());
    knows_all
        && has(Column::Sku)
        && has(Column::Price)
        && (has(Column::List) || has(Column::MinQuantity))
}

impl Columns {
    pub(super) fn at(&self, column: Column) -> Option<usize> {
        self.at.get(&column).copied()
    }

    pub(super) fn rule(&self, column: Column) -> Rule {
        self.rules.get(&column).copied().unwrap_or(Rule::given(DecimalMark::Point))
    }

    /// Returns a cell about the list; `None` when there is no such column.
    pub(super) fn cell<'r>(&self, record: &Record<'r>, column: Column) -> Option<&'r str> {
        self.at(column).map(|at| unguard(record.trimmed(at)))
    }

    /// Returns the name of the list of a row, which may be blank.
    pub(super) fn list_of<'r>(&'r self, record: &Record<'r>) -> &'r str {
        let own = self.cell(record, Column::List).filter(|name| !name.is_empty());
        own.or(self.list.as_deref()).unwrap_or_default()
    }

    fn find(header: &Header, list: Option<String>) -> Result<Columns, Refused> {
        let (mut at, mut wrong) = (BTreeMap::new(), Vec::new());
        for (place, name) in header.names().iter().enumerate() {
            let told = |message: String, help: String| {
                fatal_place(&codes::PRICE_COLUMNS, header.header_place(place), message, help)
            };
            match Column::of(name) {
                None => {
                    let known = super::PRICE_COLUMNS;
                    let help = match crate::text::nearest(name, known.into_iter()) {
                        Some(near) => format!("is it {near:?}? Otherwise delete it"),
                        None => format!("its columns are {}; delete others", known.join(", ")),
                    };
                    wrong.push(told(format!("a price list has no column {name:?}"), help));
                }
                Some(Column::Added) => {}
                Some(column) if at.contains_key(&column) => {
                    let message = format!("the column {name:?} is there twice");
                    wrong.push(told(message, "keep one of them".to_owned()));
                }
                Some(column) => {
                    at.insert(column, place);
                }
            }
        }
        for (needed, name) in [(Column::Sku, "sku"), (Column::Price, "price")] {
            if !at.contains_key(&needed) {
                wrong.extend(crate::format::missing(header, name).into_diagnostics());
            }
        }
        if !at.contains_key(&Column::List) && list.is_none() {
            let message = "no column says which price list the rows are of";
            let help = "add the column \"price_list\", or name the list with `--list`";
            wrong.push(fatal_place(&codes::PRICE_COLUMNS, header.row_place(), message, help));
        }
        let columns = Columns { at, list, rules: BTreeMap::new() };
        if wrong.is_empty() { Ok(columns) } else { Err(Refused::new(wrong)) }
    }
}

/// Gathers what is known of lists, one record after the other.
struct Lists {
    drafts: Vec<PriceListDraft>,
    by_name: BTreeMap<String, (usize, u64)>,
    /// The cells of the last row, so that a list of many rows is read once.
    last: Vec<String>,
    wrong: Vec<Diagnostic>,
}

impl PriceTable {
    /// Checks the whole table. `list` is that of rows which name none.
    ///
    /// Errors: fatal diagnostics of its structure and of its lists.
    pub(crate) fn scan(
        table: Table,
        currency: Currency,
        list: Option<String>,
        decimal: Option<DecimalMark>,
    ) -> Result<PriceTable, Refused> {
        let columns = Columns::find(&table.header, list)?;
        let mut found = PriceTable {
            columns,
            currency,
            lists: Vec::new(),
            by_name: BTreeMap::new(),
            rows: 0,
            blank_rows: 0,
            repeated: Vec::new(),
            decimal_marks: Vec::new(),
            table,
        };
        let mut lists = Lists {
            drafts: Vec::new(),
            by_name: BTreeMap::new(),
            last: Vec::new(),
            wrong: Vec::new(),
        };
        let mut evidence =
            [Column::Price, Column::CompareAt].map(|column| (column, Evidence::default()));
        let mut keys = Vec::new();
        let mut reader = found.table.rows();
        while let Some(record) = reader.read()? {
            if record.is_blank() {
                found.blank_rows += 1;
                continue;
            }
            found.rows += 1;
            if record.len() != found.table.header.len() {
                continue;
            }
            lists.read(&record, &found.columns, &found.table.header);
            for (column, evidence) in &mut evidence {
                if let Some(at) = found.columns.at(*column) {
                    evidence.observe(record.get(at), record.mark.line);
                }
            }
            let line = u32::try_from(record.mark.line).unwrap_or(u32::MAX);
            keys.push((found.columns.key(&record), line));
            if lists.drafts.len() > LISTS_MAX || lists.wrong.len() > LISTS_MAX {
                break;
            }
        }
        if lists.drafts.len() > LISTS_MAX {
            let place = found.table.header.row_place();
            let message = format!("the file names more than {LISTS_MAX} price lists");
            let help = "look whether the column \"price_list\" holds the names of lists";
            lists.wrong = vec![fatal_place(&codes::PRICE_COLUMNS, place, message, help)];
        }
        found.settle_marks(&evidence, decimal, &mut lists.wrong);
        if !lists.wrong.is_empty() {
            return Err(Refused::new(lists.wrong));
        }
        found.lists = lists.drafts;
        found.by_name = lists.by_name.into_iter().map(|(name, (at, _))| (name, at)).collect();
        found.repeated = repeated(keys);
        Ok(found)
    }

    /// Decides the decimal mark of each column of amounts.
    fn settle_marks(
        &mut self,
        evidence: &[(Column, Evidence)],
        decimal: Option<DecimalMark>,
        wrong: &mut Vec<Diagnostic>,
    ) {
        let header = &self.table.header;
        for (column, evidence) in evidence {
            let Some(at) = self.columns.at(*column) else { continue };
            let rule = match (decimal, evidence.verdict()) {
                (Some(mark), _) => Rule::given(mark),
                (None, Verdict::Read(rule)) => rule,
                (None, Verdict::Ambiguous { count, line, example }) => {
                    wrong.push(crate::catalog::scan::ambiguous_column(
                        header, at, count, line, &example,
                    ));
                    continue;
                }
            };
            if evidence.is_decided() {
                self.decimal_marks.push((header.name(at).to_owned(), rule.mark));
            }
            self.columns.rules.insert(*column, rule);
        }
    }

    /// Returns what each column is read as.
    pub(crate) fn column_uses(&self) -> Vec<ColumnUse> {
        let of = |name: &String| ColumnUse {
            header: name.clone(),
            field: Column::of(name).map_or("ignored", Column::word),
        };
        self.table.header.names().iter().map(of).collect()
    }

    /// Streams the rows.
    pub(crate) fn stream(&self) -> Prices<'_> {
        Prices::new(self)
    }

    /// Returns which of the lists a row is of.
    pub(super) fn list_index(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }
}

impl Columns {
    /// Returns a hash of what a row prices: list, variant and quantity, as they are written.
    fn key(&self, record: &Record<'_>) -> u64 {
        let sku = self.at(Column::Sku).map_or("", |at| identifier(record.get(at)).0);
        let quantity = self.cell(record, Column::MinQuantity).unwrap_or_default();
        let quantity = if quantity.is_empty() { "1" } else { quantity };
        [self.list_of(record), sku, quantity].into_iter().fold(0, |hash: u64, cell| {
            hash.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(stable_hash(cell))
        })
    }
}

impl Lists {
    fn read(&mut self, record: &Record<'_>, columns: &Columns, header: &Header) {
        let cells: Vec<&str> = Column::OF_LIST
            .iter()
            .map(|column| columns.cell(record, *column).unwrap_or_default())
            .collect();
        if cells == self.last {
            return;
        }
        self.last = cells.iter().map(|cell| (*cell).to_owned()).collect();
        match draft(record, columns, header) {
            Err(wrong) => self.wrong.push(*wrong),
            Ok(draft) => match self.by_name.get(&draft.name) {
                None => {
                    self.by_name.insert(draft.name.clone(), (self.drafts.len(), record.mark.line));
                    self.drafts.push(draft);
                }
                Some((known, _)) if self.drafts.get(*known) == Some(&draft) => {}
                Some((_, line)) => {
                    let message = format!(
                        "the price list {:?} is another one than on line {line}",
                        draft.name
                    );
                    let help = "write the same channel, currency, customer group, time and priority into all of its rows";
                    self.wrong.push(fatal_place(
                        &codes::PRICE_LIST_CELL,
                        record.place(),
                        message,
                        help,
                    ));
                }
            },
        }
    }
}

/// Reads what a row says about its list.
fn draft(
    record: &Record<'_>,
    columns: &Columns,
    header: &Header,
) -> Result<PriceListDraft, Box<Diagnostic>> {
    let refuse = |column: Column, cell: &str, why: String| {
        let place = record.place();
        let place = columns.at(column).map_or(place.clone(), |at| header.place(&place, at));
        let told =
            fatal_place(&codes::PRICE_LIST_CELL, place, why, "mend the cell; nothing was written");
        Box::new(told.with_value(cell))
    };
    let name = columns.list_of(record);
    if name.is_empty() {
        let why = "the row names no price list".to_owned();
        return Err(refuse(Column::List, "", why));
    }
    let text = |column| {
        let cell = columns.cell(record, column)?;
        Some(if cell.is_empty() { Said::Cleared } else { Said::Value(cell.to_owned()) })
    };
    let at = |column| match columns.cell(record, column) {
        None => Ok(None),
        Some(cell) => match moment(cell) {
            Ok(None) => Ok(Some(Said::Cleared)),
            Ok(Some(at)) => Ok(Some(Said::Value(at))),
            Err(why) => Err(refuse(column, cell, why)),
        },
    };
    let currency = match columns.cell(record, Column::Currency) {
        None | Some("") => None,
        Some(code) => Some(
            Currency::from_code(code)
                .map_err(|error| refuse(Column::Currency, code, error.to_string()))?,
        ),
    };
    let priority = match columns.cell(record, Column::Priority) {
        None => None,
        Some("") => Some(Said::Cleared),
        Some(cell) => Some(Said::Value(i32::from_str(cell).map_err(|_| {
            refuse(Column::Priority, cell, "a priority is a whole number".to_owned())
        })?)),
    };
    Ok(PriceListDraft {
        name: name.to_owned(),
        channel: text(Column::Channel),
        currency,
        customer_group: text(Column::CustomerGroup),
        from: at(Column::From)?,
        until: at(Column::Until)?,
        priority,
    })
}
