//! Opening a file: recognize, check everything, then stream.
//!
//! [`open`] reads the whole file once and refuses it as a whole when its structure is wrong. What comes out can be
//! streamed as often as needed: once for a plan, once more to apply it.

use std::fmt;

use sutler_core::import::{Diagnostic, PriceListDraft, Severity};
use sutler_core::money::{Currency, DecimalMark};

use crate::catalog::layout::Role;
use crate::catalog::scan::scan;
use crate::catalog::stream::{Catalog, Products};
use crate::codes;
use crate::diagnose::fatal;
use crate::dialect::DelimiterSource;
use crate::format::{FormatName, HeaderSet, Recognized, recognize};
use crate::generic::Mapping;
use crate::price_list::{PriceTable, Prices};
use crate::report::{At, RejectRow, RowsAt};
use crate::shopify::columns::{OF_VARIANTS_PREFIX, of_variants};
use crate::shopify::inventory::{Stock, StockTable};
use crate::source::{EncodingSource, Input, Source};
use crate::table::{Table, changed};
use crate::text::wide;

/// A file was refused as a whole; nothing of it was handed out.
///
/// Holds at least one diagnostic, each of them fatal.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_exchange::{Input, ReadOptions, open};
///
/// // A quote that never ends: where the rows are, nobody can say.
/// let file = "Handle,Title,Variant Price\nhat,\"Hat,19.90\n";
/// let options = ReadOptions::new(Currency::EUR);
/// let refused = open(Input::bytes("hats.csv", file), options).err().expect("its structure is wrong");
/// let why = &refused.diagnostics()[0];
/// assert_eq!(why.place.line, 2);
/// assert!(refused.to_string().contains(&why.message));
/// assert!(!refused.into_diagnostics().is_empty());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused(Vec<Diagnostic>);

impl Refused {
    pub(crate) fn one(diagnostic: Diagnostic) -> Refused {
        Refused(vec![diagnostic])
    }

    pub(crate) fn new(diagnostics: Vec<Diagnostic>) -> Refused {
        debug_assert!(diagnostics.iter().all(|d| d.severity == Severity::Fatal));
        Refused(diagnostics)
    }

    /// Returns why.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0
    }

    /// Returns why, giving the diagnostics away.
    pub fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.0
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, diagnostic) in self.0.iter().enumerate() {
            if n > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{}: {}", diagnostic.code, diagnostic.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Refused {}

/// How a file is to be read.
///
/// ```
/// use sutler_core::money::{Currency, DecimalMark};
/// use sutler_exchange::ReadOptions;
///
/// let options = ReadOptions { decimal: Some(DecimalMark::Comma), ..ReadOptions::new(Currency::EUR) };
/// assert_eq!(options.delimiter, None);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadOptions {
    /// The currency of every price in the file; a cell that names another one is refused.
    pub currency: Currency,
    /// The format; recognized by the header when not given.
    pub format: Option<FormatName>,
    /// Name of the encoding; found out when not given.
    pub encoding: Option<String>,
    /// The delimiter; found out when not given.
    pub delimiter: Option<u8>,
    /// The decimal mark of every number; decided for each column when not given.
    pub decimal: Option<DecimalMark>,
    /// Which column of an unknown table holds what.
    pub map: Option<Mapping>,
    /// Whether a SKU that comes twice refuses its row instead of being remarked.
    pub strict_sku: bool,
    /// The price list of rows that name none.
    pub price_list: Option<String>,
}

impl ReadOptions {
    /// Finds everything out; only the currency must be said, since most files do not name it.
    pub fn new(currency: Currency) -> ReadOptions {
        ReadOptions {
            currency,
            format: None,
            encoding: None,
            delimiter: None,
            decimal: None,
            map: None,
            strict_sku: false,
            price_list: None,
        }
    }
}

/// Reads a delimiter as it is written on a command line: one ASCII character, or `\t` or `tab`.
///
/// ```
/// use sutler_exchange::delimiter_from;
///
/// assert_eq!(delimiter_from(";"), Some(b';'));
/// assert_eq!(delimiter_from("tab"), Some(b'\t'));
/// assert_eq!(delimiter_from("ab"), None);
/// ```
pub fn delimiter_from(text: &str) -> Option<u8> {
    match text {
        "\\t" | "tab" | "TAB" => Some(b'\t'),
        _ => match text.as_bytes() {
            [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() => {
                Some(*byte).filter(|b| !matches!(b, b'"' | b'\'' | b'\n' | b'\r' | b' ' | 0))
            }
            _ => None,
        },
    }
}

/// What a file is about.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_exchange::{FileKind, Input, ReadOptions, open};
///
/// let file = "Handle,Title,Variant Price\nhat,Hat,19.90\n";
/// let opened = open(Input::bytes("hats.csv", file), ReadOptions::new(Currency::EUR))?;
/// match opened.summary().kind {
///     FileKind::Products => assert_eq!(opened.products().count(), 1),
///     FileKind::Stock => assert_eq!(opened.stock().count(), 1),
///     FileKind::Prices => assert_eq!(opened.prices().count(), 1),
/// }
/// # Ok::<(), sutler_exchange::Refused>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// Products: stream them with [`Opened::products`].
    Products,
    /// Counts of stock: stream them with [`Opened::stock`].
    Stock,
    /// Prices of price lists: stream them with [`Opened::prices`].
    Prices,
}

/// What a column is read as.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_exchange::{Input, ReadOptions, open};
///
/// let file = "Handle,Title,Variant Price\nhat,Hat,19.90\n";
/// let opened = open(Input::bytes("hats.csv", file), ReadOptions::new(Currency::EUR))?;
/// let column = &opened.summary().columns[2];
/// assert_eq!((column.header.as_str(), column.field), ("Variant Price", "price"));
/// # Ok::<(), sutler_exchange::Refused>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ColumnUse {
    /// The header as written.
    pub header: String,
    /// The field, such as `price`, `product metadata` or `ignored`.
    pub field: &'static str,
}

/// What pass 1 found out about a file.
///
/// ```
/// use sutler_core::money::{Currency, DecimalMark};
/// use sutler_exchange::{FormatName, Input, ReadOptions, open};
///
/// let file = "Handle;Title;Variant Price\nhat;Hat;19,90\ncap;Cap;9,95\n";
/// let opened = open(Input::bytes("hats.csv", file), ReadOptions::new(Currency::EUR))?;
/// let summary = opened.summary();
/// assert_eq!((summary.format, summary.encoding), (FormatName::ShopifyProducts, "UTF-8"));
/// assert_eq!((summary.rows, summary.products, summary.delimiter), (2, 2, ';'));
/// assert_eq!(summary.decimal_marks, [("Variant Price".to_owned(), DecimalMark::Comma)]);
/// # Ok::<(), sutler_exchange::Refused>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct FileSummary {
    /// Path, or what the caller called the stream.
    pub name: String,
    /// Products or stock.
    pub kind: FileKind,
    /// The format.
    pub format: FormatName,
    /// By what it was recognized, one sentence.
    pub format_reason: String,
    /// Which column names a Shopify product file has.
    pub header_set: Option<HeaderSet>,
    /// Name of the encoding.
    pub encoding: &'static str,
    /// How it was found.
    pub encoding_source: EncodingSource,
    /// What separates the cells.
    pub delimiter: char,
    /// How it was found.
    pub delimiter_source: DelimiterSource,
    /// Length of the original in bytes.
    pub bytes: u64,
    /// SHA-256 of the original bytes, in hexadecimal.
    pub sha256: String,
    /// Data rows; rows of delimiters only are not counted.
    pub rows: u64,
    /// Rows of delimiters only, which are skipped.
    pub blank_rows: u64,
    /// Distinct products in a product file, refused ones included; 0 in a stock file.
    pub products: u64,
    /// SKUs that come again in a product file.
    pub repeated_skus: u64,
    /// The header row.
    pub headers: Vec<String>,
    /// What each column is read as, in file order.
    pub columns: Vec<ColumnUse>,
    /// Columns of unknown meaning that are kept as metadata.
    pub kept_columns: Vec<String>,
    /// Columns that are not read.
    pub ignored_columns: Vec<String>,
    /// The decimal mark of each column where one was seen or could be.
    pub decimal_marks: Vec<(String, DecimalMark)>,
    /// Remarks about the whole file.
    pub remarks: Vec<Diagnostic>,
}

impl FileSummary {
    /// Returns the columns that a file of refused rows needs behind those of the source, so that it is read as the source
    /// was: one, with blank cells, for each kept column that the source's rows showed to be about variants.
    pub fn reject_columns(&self) -> Vec<String> {
        let of_variants = |column: &&ColumnUse| {
            column.field == Role::VariantFact.word() && self.kept_columns.contains(&column.header)
        };
        let columns = self.columns.iter().filter(of_variants);
        let names = columns.map(|column| format!("{OF_VARIANTS_PREFIX}{}", column.header));
        names.filter(|name| !self.headers.contains(name)).collect()
    }
}

/// A file that passed pass 1.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_exchange::{Input, ReadOptions, open};
///
/// let file = "Handle,Title,Variant Price\nhat,Hat,19.90\ncap,Cap,9.95\n";
/// let opened = open(Input::bytes("hats.csv", file), ReadOptions::new(Currency::EUR))?;
/// assert_eq!(opened.summary().name, "hats.csv");
/// for _ in 0..2 {
///     let handles: Result<Vec<String>, _> =
///         opened.products().map(|entry| entry.map(|entry| entry.handle)).collect();
///     assert_eq!(handles?, ["hat", "cap"], "each stream begins at the beginning");
/// }
/// assert_eq!(opened.stock().count(), 0, "it is a product file");
/// # Ok::<(), sutler_exchange::Refused>(())
/// ```
pub struct Opened {
    summary: FileSummary,
    content: Content,
    currency: Currency,
    strict_sku: bool,
}

enum Content {
    Products(Box<Catalog>),
    Stock(Box<StockTable>),
    Prices(Box<PriceTable>),
}

/// Opens a file and checks all of it; nothing is handed out yet.
///
/// Errors: [`Refused`] when the file cannot be read or decoded, is of no readable format, or its structure is
/// wrong. Faults of single rows are told while streaming.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_exchange::{Input, ReadOptions, open};
///
/// let file = "Handle,Title,Option1 Name,Option1 Value,Variant Price\n\
///             hat,Hat,Size,S,19.90\n\
///             hat,,,M,19.90\n";
/// let opened = open(Input::bytes("hats.csv", file), ReadOptions::new(Currency::EUR))?;
/// assert_eq!((opened.summary().rows, opened.summary().products), (2, 1));
/// for entry in opened.products() {
///     let draft = entry?.draft.ok_or("refused")?;
///     assert_eq!(draft.variants[1].option_values, ["M"]);
///     assert_eq!(draft.variants[1].price.map(|price| price.minor()), Some(1990));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn open(input: Input, options: ReadOptions) -> Result<Opened, Refused> {
    let map = options.map.as_ref();
    check_currency(map, options.currency)?;
    let label = options.encoding.as_deref().or(map.and_then(|map| map.encoding.as_deref()));
    let source = crate::source::open(input, label)?;
    let delimiter = options.delimiter.or(map.and_then(|map| map.delimiter));
    let table = Table::open(&source.text, delimiter)?;
    let recognized = match map {
        Some(map) if matches!(options.format, None | Some(FormatName::Generic)) => mapped(map),
        _ => recognize(&table, options.format)?,
    };
    if recognized.format == FormatName::PriceList {
        return open_prices(source, table, &recognized, options);
    }
    match recognized.shape {
        Some(shape) => {
            let stock = StockTable::scan(table, shape)?;
            Ok(Opened {
                summary: stock_summary(source, &recognized, &stock),
                content: Content::Stock(Box::new(stock)),
                currency: options.currency,
                strict_sku: options.strict_sku,
            })
        }
        None => open_products(source, table, &recognized, &options),
    }
}

fn open_prices(
    source: Source,
    table: Table,
    recognized: &Recognized,
    options: ReadOptions,
) -> Result<Opened, Refused> {
    let ReadOptions { currency, decimal, price_list, strict_sku, .. } = options;
    let prices = PriceTable::scan(table, currency, price_list, decimal)?;
    let mut summary = summary(source, recognized, &prices.table, FileKind::Prices);
    summary.rows = prices.rows;
    summary.blank_rows = prices.blank_rows;
    summary.columns = prices.column_uses();
    summary.decimal_marks.clone_from(&prices.decimal_marks);
    Ok(Opened { summary, content: Content::Prices(Box::new(prices)), currency, strict_sku })
}

fn open_products(
    source: Source,
    table: Table,
    recognized: &Recognized,
    options: &ReadOptions,
) -> Result<Opened, Refused> {
    let map = options.map.as_ref().filter(|_| recognized.format == FormatName::Generic);
    let (mut layout, remarks) = match map {
        Some(map) => (crate::generic::layout(&table.header, map)?, Vec::new()),
        None => crate::shopify::layout(&table.header)?,
    };
    let unknown: Vec<usize> =
        (0..layout.columns.len()).filter(|at| layout.columns[*at].role == Role::Fact).collect();
    // A reject file says what the rows of its source told.
    for key in table.header.keys().iter().filter_map(|key| of_variants(key)) {
        let column = table.header.find(key).and_then(|at| layout.columns.get_mut(at));
        if let Some(column) = column.filter(|column| column.role == Role::Fact) {
            column.role = Role::VariantFact;
        }
    }
    let decimal = options.decimal.or(map.and_then(|map| map.decimal));
    let scan = scan(&table, &mut layout, decimal)?;
    let catalog = Catalog { table, layout, scan };
    let mut summary = product_summary(source, recognized, &catalog, &unknown);
    summary.remarks.extend(remarks);
    Ok(Opened {
        summary,
        content: Content::Products(Box::new(catalog)),
        currency: options.currency,
        strict_sku: options.strict_sku,
    })
}

/// A mapping may say the currency of the file; it must be the one of the import.
fn check_currency(map: Option<&Mapping>, currency: Currency) -> Result<(), Refused> {
    match map.and_then(|map| map.currency) {
        Some(said) if said != currency => Err(Refused::one(fatal(
            &codes::BAD_MAPPING,
            format!("the mapping says that prices are in {said}, but the import is in {currency}"),
            "import into a shop or channel of that currency, or change the mapping",
        ))),
        _ => Ok(()),
    }
}

fn mapped(map: &Mapping) -> Recognized {
    let name = map.name.as_deref().unwrap_or("the mapping file");
    Recognized {
        format: FormatName::Generic,
        header_set: None,
        shape: None,
        why: format!("{name} says what each column holds"),
    }
}

/// The part of a summary that every kind of file has.
fn summary(source: Source, recognized: &Recognized, table: &Table, kind: FileKind) -> FileSummary {
    FileSummary {
        name: source.name,
        kind,
        format: recognized.format,
        format_reason: recognized.why.clone(),
        header_set: recognized.header_set,
        encoding: source.encoding,
        encoding_source: source.encoding_source,
        delimiter: char::from(table.delimiter),
        delimiter_source: table.delimiter_source,
        bytes: source.bytes,
        sha256: source.sha256,
        rows: 0,
        blank_rows: 0,
        products: 0,
        repeated_skus: 0,
        headers: table.header.names().to_vec(),
        columns: Vec::new(),
        kept_columns: Vec::new(),
        ignored_columns: Vec::new(),
        decimal_marks: Vec::new(),
        remarks: source.remarks,
    }
}

fn product_summary(
    source: Source,
    recognized: &Recognized,
    catalog: &Catalog,
    unknown: &[usize],
) -> FileSummary {
    let Catalog { table, layout, scan } = catalog;
    let name = |at: &usize| table.header.name(*at).to_owned();
    let ignored = |at: &usize| {
        layout.columns[*at].role == Role::Ignored && !table.header.name(*at).is_empty()
    };
    let mut summary = summary(source, recognized, table, FileKind::Products);
    summary.rows = scan.rows;
    summary.blank_rows = scan.blank_rows;
    summary.products = scan.index.product_count();
    summary.repeated_skus = wide(scan.repeated_skus.len());
    summary.columns = (0..table.header.len())
        .map(|at| ColumnUse { header: name(&at), field: layout.columns[at].role.word() })
        .collect();
    summary.kept_columns = unknown.iter().map(name).collect();
    summary.ignored_columns = (0..table.header.len()).filter(ignored).map(|at| name(&at)).collect();
    summary.decimal_marks.clone_from(&scan.decimal_marks);
    summary.remarks.extend(scan.remarks.iter().cloned());
    summary
}

fn stock_summary(source: Source, recognized: &Recognized, stock: &StockTable) -> FileSummary {
    let mut summary = summary(source, recognized, &stock.table, FileKind::Stock);
    summary.rows = stock.rows;
    summary.blank_rows = stock.blank_rows;
    summary.columns = stock.column_uses();
    let ignored = summary.columns.iter().filter(|c| c.field == "ignored" && !c.header.is_empty());
    summary.ignored_columns = ignored.map(|column| column.header.clone()).collect();
    summary.remarks.extend(stock.remarks.iter().cloned());
    summary
}

impl Opened {
    /// Returns what was found out about the file.
    pub fn summary(&self) -> &FileSummary {
        &self.summary
    }

    /// Streams the products, in order of first appearance, from the beginning; nothing for a stock file.
    ///
    /// Errors: an item is [`Refused`] when the file cannot be read any more or was changed; the stream then ends, and
    /// what was handed out before must not be applied.
    pub fn products(&self) -> impl Iterator<Item = Result<crate::Entry, Refused>> + '_ {
        let stream = match &self.content {
            Content::Products(catalog) => {
                Some(Products::new(catalog, self.currency, self.strict_sku))
            }
            Content::Stock(_) | Content::Prices(_) => None,
        };
        stream.into_iter().flatten()
    }

    /// Streams the rows of a stock file from the beginning; nothing for a product file.
    ///
    /// Errors: as [`Opened::products`].
    pub fn stock(&self) -> impl Iterator<Item = Result<crate::StockEntry, Refused>> + '_ {
        let stream: Option<Stock<'_>> = match &self.content {
            Content::Stock(stock) => Some(stock.stream()),
            Content::Products(_) | Content::Prices(_) => None,
        };
        stream.into_iter().flatten()
    }

    /// Returns the lists of a price list file, in the order of first appearance; none for another file.
    pub fn price_lists(&self) -> &[PriceListDraft] {
        match &self.content {
            Content::Prices(prices) => &prices.lists,
            _ => &[],
        }
    }

    /// Streams the rows of a price list from the beginning; nothing for another file.
    ///
    /// Errors: as [`Opened::products`].
    pub fn prices(&self) -> impl Iterator<Item = Result<crate::PriceEntry, Refused>> + '_ {
        let stream: Option<Prices<'_>> = match &self.content {
            Content::Prices(prices) => Some(prices.stream()),
            _ => None,
        };
        stream.into_iter().flatten()
    }

    fn table(&self) -> &Table {
        match &self.content {
            Content::Products(catalog) => &catalog.table,
            Content::Stock(stock) => &stock.table,
            Content::Prices(prices) => &prices.table,
        }
    }

    /// Reads the rows of an entry once more, with all of their cells as the source has them, read or not; their errors are
    /// left to the caller. Nothing is kept for this but where the rows begin.
    ///
    /// Errors: as [`Opened::products`]; an entry of another kind of file counts as a changed file.
    ///
    /// ```
    /// use sutler_core::money::Currency;
    /// use sutler_exchange::{Input, ReadOptions, open};
    ///
    /// let file = "Handle,Title,Variant Price,Error(s)\nhat,Hat,19.90,seen\n";
    /// let opened = open(Input::bytes("hats.csv", file), ReadOptions::new(Currency::EUR))?;
    /// for entry in opened.products() {
    ///     let rows = opened.rows_of(entry?.source)?;
    ///     assert_eq!(rows[0].cells, ["hat", "Hat", "19.90", "seen"]);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn rows_of(&self, source: RowsAt) -> Result<Vec<RejectRow>, Refused> {
        match (&self.content, source.0) {
            (Content::Products(catalog), At::Product(first_run)) => {
                catalog.rows_of(&mut catalog.table.rows(), first_run)
            }
            (Content::Stock(_) | Content::Prices(_), At::Row(mark)) => {
                let mut reader = self.table().rows();
                reader.seek(mark);
                let record = reader.read()?.ok_or_else(changed)?;
                Ok(vec![RejectRow::of(&record, Vec::new())])
            }
            _ => Err(changed()),
        }
    }
}
