//! Tax rates from a table of text: [`read_tax_rates`], and its columns, which `tax list` writes.
//!
//! | column | what it holds |
//! |---|---|
//! | `country` | ISO 3166-1 codes, several with a bar between: `DE`, `FR\|MC`; empty for everywhere |
//! | `region` | what follows the country in ISO 3166-2 codes: `CA` of `US-CA`; several with bars |
//! | `postal_codes` | how they begin, `274`, or ranges, `35000..35999`; several with bars |
//! | `except_postal_codes` | those that are left out, written the same way |
//! | `zone` | name of the zone; empty: as it is called already, or after the place |
//! | `category` | what kind of goods |
//! | `name` | the name on invoices |
//! | `percent` | the rate: `7.25` |
//! | `compound` | empty, `no` or `0`: on the net; `yes` or `1` to `9`: on that many levels of other tax |
//! | `from`, `until` | `2027-01-01` (midnight UTC) or a full moment; empty for an open end |
//!
//! `category`, `name` and `percent` must be there; every other column may be missing, and none may be unknown. A cell that
//! cannot be read refuses the whole file: a shop with half of its taxes is worse than one with the old ones.

use sutler_core::address::{CountryCode, Region};
use sutler_core::import::{Diagnostic, Place};
use sutler_core::money::Rate;
use sutler_core::pricing::{PostalCodes, TaxCategory, TaxRate, TaxRateDraft, Territory, Window};
use sutler_core::time::Timestamp;

use crate::codes;
use crate::diagnose::{Extend as _, fatal_place};
use crate::open::Refused;
use crate::source::{self, Input};
use crate::table::{Header, Record, Table};

/// The columns of a file of tax rates, in the order in which they are written.
pub const TAX_RATE_COLUMNS: [&str; 11] = [
    "country",
    "region",
    "postal_codes",
    "except_postal_codes",
    "zone",
    "category",
    "name",
    "percent",
    "compound",
    "from",
    "until",
];

/// The columns that must be there.
const NEEDED: [&str; 3] = ["category", "name", "percent"];

/// Reads a table of tax rates; each draft with the place of its row.
///
/// Errors: [`Refused`], with every row and column that is to blame.
///
/// ```
/// use sutler_exchange::{Input, read_tax_rates};
///
/// let file = "country,category,name,percent\nDE,standard,VAT,19\nDE,reduced,VAT,7\n";
/// let rates = read_tax_rates(Input::bytes("rates.csv", file))?;
/// assert_eq!((rates[1].0.line, rates[1].1.rate.percent_text().as_str()), (3, "7"));
/// let refused = read_tax_rates(Input::bytes("rates.csv", file.replace("19", "19 %"))).unwrap_err();
/// assert_eq!(refused.diagnostics()[0].place.line, 2);
/// # Ok::<(), sutler_exchange::Refused>(())
/// ```
pub fn read_tax_rates(input: Input) -> Result<Vec<(Place, TaxRateDraft)>, Refused> {
    let source = source::open(input, None)?;
    let table = Table::open(&source.text, None)?;
    check_header(&table.header)?;
    let (mut rates, mut wrong) = (Vec::new(), Vec::new());
    let mut reader = table.rows();
    while let Some(record) = reader.read()? {
        if record.is_blank() {
            continue;
        }
        let row = Row { record: &record, header: &table.header };
        match row.rate() {
            Ok(rate) => rates.push((record.place(), rate)),
            Err(diagnostic) => wrong.push(*diagnostic),
        }
    }
    if table.has_changed() {
        let message = "the file was changed while it was read".to_owned();
        let help = "try again when it is at rest";
        wrong.push(fatal_place(&codes::TAX_CELL, Place::default(), message, help));
    }
    if wrong.is_empty() { Ok(rates) } else { Err(Refused::new(wrong)) }
}

/// Returns what is told of a row that contradicts another one or the shop.
pub fn tax_row_refused(place: Place, why: &str) -> Diagnostic {
    fatal_place(&codes::TAX_ROW, place, why, "mend the row; nothing was written")
}

fn check_header(header: &Header) -> Result<(), Refused> {
    let mut wrong = Vec::new();
    for (column, key) in header.keys().iter().enumerate() {
        let place = || header.header_place(column);
        if !TAX_RATE_COLUMNS.contains(&key.as_str()) {
            let message = format!("a file of tax rates has no column {:?}", header.name(column));
            let help = format!("its columns are {}", TAX_RATE_COLUMNS.join(", "));
            wrong.push(fatal_place(&codes::TAX_COLUMNS, place(), message, help));
        } else if header.find(key) != Some(column) {
            let message = format!("the column {key:?} is there twice");
            wrong.push(fatal_place(&codes::TAX_COLUMNS, place(), message, "keep one of them"));
        }
    }
    for needed in NEEDED.into_iter().filter(|needed| !header.has(needed)) {
        let message = format!("there is no column {needed:?}");
        let help = "every rate has a category, a name and a percentage";
        wrong.push(fatal_place(&codes::TAX_COLUMNS, header.row_place(), message, help));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Refused::new(wrong)) }
}

/// One row with the names of its columns.
struct Row<'r> {
    record: &'r Record<'r>,
    header: &'r Header,
}

impl Row<'_> {
    fn rate(&self) -> Result<TaxRateDraft, Box<Diagnostic>> {
        if self.record.len() != self.header.len() {
            let (have, want) = (self.record.len(), self.header.len());
            let message = format!("the row has {have} cells, the header has {want}");
            let help = "look for a missing quote or a comma too many";
            let place = self.record.place();
            return Err(Box::new(fatal_place(&codes::TAX_CELL, place, message, help)));
        }
        let territory = Territory {
            countries: self.list("country", |code| {
                code.parse::<CountryCode>().map_err(|error| error.to_string())
            })?,
            regions: self
                .list("region", |code| code.parse::<Region>().map_err(|error| error.to_string()))?,
            postal_codes: self.list("postal_codes", str::parse::<PostalCodes>)?,
            except_postal_codes: self.list("except_postal_codes", str::parse::<PostalCodes>)?,
        };
        let text = |column| self.cell(column).to_owned();
        Ok(TaxRateDraft {
            zone: Some(text("zone")).filter(|zone| !zone.is_empty()),
            territory,
            category: self.read("category", |word| {
                TaxCategory::new(word).map_err(|error| error.to_string())
            })?,
            name: self.read("name", |name| match name {
                "" => Err("a rate needs the name that invoices show, such as VAT".to_owned()),
                name => Ok(name.to_owned()),
            })?,
            rate: self.read("percent", |digits| {
                Rate::percent(digits).map_err(|error| error.to_string())
            })?,
            level: self.read("compound", level)?,
            window: Window { from: self.read("from", moment)?, until: self.read("until", moment)? },
        })
    }

    /// Returns a cell, empty when the file has no such column.
    fn cell(&self, column: &str) -> &str {
        self.header.find(column).map_or("", |at| self.record.trimmed(at))
    }

    fn read<T>(
        &self,
        column: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Box<Diagnostic>> {
        let cell = self.cell(column);
        parse(cell).map_err(|why| {
            let place = self.record.place();
            let place = match self.header.find(column) {
                Some(at) => self.header.place(&place, at),
                None => place,
            };
            let help = "mend the cell; nothing was written";
            Box::new(fatal_place(&codes::TAX_CELL, place, why, help).with_value(cell))
        })
    }

    /// Reads several values with bars between them.
    fn list<T>(
        &self,
        column: &str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Vec<T>, Box<Diagnostic>> {
        self.read(column, |cell| {
            let parts = cell.split('|').map(str::trim).filter(|_| !cell.is_empty());
            parts.map(&parse).collect()
        })
    }
}

fn level(word: &str) -> Result<u8, String> {
    match word {
        "" | "no" => Ok(0),
        "yes" => Ok(1),
        digit => digit.parse().ok().filter(|level| *level <= TaxRate::LEVEL_MAX).ok_or_else(|| {
            format!("a rate is compound or not: write yes, no, or 0 to {}", TaxRate::LEVEL_MAX)
        }),
    }
}

/// Reads a day, which begins at midnight UTC, or a full moment.
pub(crate) fn moment(text: &str) -> Result<Option<Timestamp>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    whole.parse().map(Some).map_err(|_| {
        format!(
            "`{text}` is no day such as 2027-01-01, and no moment such as 2027-01-01T00:00:00+01:00"
        )
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(Place, TaxRateDraft)>, Vec<Diagnostic>> {
        read_tax_rates(Input::bytes("rates.csv", text)).map_err(Refused::into_diagnostics)
    }

    #[test]
    fn every_column_is_read() {
        let head = TAX_RATE_COLUMNS.join(",");
        let row = "US,CA|NY,941|94200..94299,94105,Bay,standard,State,7.25,yes,2027-01-01,2028-01-01T00:00:00+01:00";
        let rates = read(&format!("{head}\n{row}\n,,,,,books,VAT,0,,,\n")).unwrap();
        let (place, bay) = &rates[0];
        assert_eq!((place.line, place.record), (2, 1));
        assert_eq!(bay.territory.to_string(), "US-CA, US-NY 941, 94200..94299 without 94105");
        assert_eq!((bay.zone.as_deref(), bay.name.as_str(), bay.level), (Some("Bay"), "State", 1));
        assert_eq!(bay.window.from.unwrap().to_string(), "2027-01-01T00:00:00.000Z");
        assert_eq!(bay.window.until.unwrap().to_string(), "2027-12-31T23:00:00.000Z");
        let (_, everywhere) = &rates[1];
        assert!(everywhere.territory.is_everywhere() && everywhere.zone.is_none());
        assert!(everywhere.rate.is_zero() && everywhere.window == Window::ALWAYS);
    }

    #[test]
    fn what_cannot_be_read_names_its_row_and_column() {
        for (column, cell) in [
            ("country", "de"),
            ("country", "DE|"),
            ("region", "California"),
            ("postal_codes", "9..1"),
            ("except_postal_codes", "?"),
            ("category", ""),
            ("name", ""),
            ("percent", ""),
            ("percent", "19 %"),
            ("percent", "7,25"),
            ("percent", "-1"),
            ("compound", "maybe"),
            ("compound", "10"),
            ("from", "2027-02-30"),
            ("until", "soon"),
        ] {
            let good = ["US", "CA", "9", "", "", "standard", "VAT", "1", "", "", ""];
            let cells = TAX_RATE_COLUMNS.iter().zip(good);
            let cells: Vec<_> =
                cells.map(|(name, good)| if *name == column { cell } else { good }).collect();
            let row = cells.iter().map(|cell| format!("\"{cell}\"")).collect::<Vec<_>>().join(",");
            let wrong = read(&format!("{}\n{row}\n", TAX_RATE_COLUMNS.join(","))).unwrap_err();
            let place = &wrong[0].place;
            assert_eq!((wrong.len(), wrong[0].code.as_str(), place.line), (1, "E172", 2), "{cell}");
            assert_eq!(
                place.column.as_ref().map(|(_, name)| name.as_str()),
                Some(column),
                "{cell}"
            );
        }
    }

    #[test]
    fn every_wrong_row_is_told_at_once() {
        let wrong = read("category,name,percent\na,b,x\nc,d\ne,f,1\n,h,2\n").unwrap_err();
        assert_eq!(wrong.iter().map(|d| d.place.line).collect::<Vec<_>>(), [2, 3, 5]);
    }

    #[test]
    fn unknown_repeated_and_missing_columns_refuse_the_file() {
        for head in ["category,name", "category,name,percent,percent", "category,name,percent,rate"]
        {
            let wrong = read(&format!("{head}\na,b,1,1\n")).unwrap_err();
            assert!(wrong.iter().all(|d| d.code == "E171"), "{head}: {wrong:?}");
        }
        assert!(read("").is_err());
    }
}
