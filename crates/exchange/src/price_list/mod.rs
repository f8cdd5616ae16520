//! Price lists as text tables: one row for each price, with the facts of its list beside it.
//!
//! | column | what it holds |
//! |---|---|
//! | `price_list` | name of the list; without it every row is of the list that the caller names |
//! | `channel` | code of the only channel it applies in; blank for every channel of its currency |
//! | `currency` | ISO 4217 code; blank for the currency of the import |
//! | `customer_group` | the only customer group it applies to; blank for everybody |
//! | `from`, `until` | `2027-01-01` (midnight UTC) or a full moment; blank for an open end |
//! | `priority` | a whole number; blank for 0 |
//! | `sku` | SKU, barcode, id, or `handle:option/option` of the variant |
//! | `title` | for people; not read |
//! | `min_quantity` | from how many units on; blank for 1 |
//! | `price` | what one unit costs; `remove` to take the price away |
//! | `compare_at_price` | the struck-through earlier price; blank for none |
//!
//! `sku` and `price` must be there. A column that is missing says nothing: what the shop has stays. No other column may be
//! there, because a misspelled `min_quantity` would sell single units at the price of a thousand.
//!
//! A cell about the list that cannot be read, or that contradicts an earlier row of the same list, refuses the whole file; a
//! cell about one price refuses its row.
//!
//! Deliberately absent: which variants, channels and lists there are.

mod export;
mod row;
mod scan;

pub use export::{PRICE_COLUMNS, PriceRow, PriceWriter};
pub use row::PriceEntry;
pub(crate) use row::Prices;
pub(crate) use scan::{PriceTable, is_price_list};

/// What a column of a price list holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Column {
    List,
    Channel,
    Currency,
    CustomerGroup,
    From,
    Until,
    Priority,
    Sku,
    Title,
    MinQuantity,
    Price,
    CompareAt,
    /// What a reject file adds.
    Added,
}

impl Column {
    /// Each with its names by their letters alone, the one that is written first.
    const NAMES: [(Column, &'static [&'static str]); 12] = [
        (Column::List, &["pricelist", "list"]),
        (Column::Channel, &["channel"]),
        (Column::Currency, &["currency"]),
        (Column::CustomerGroup, &["customergroup", "group"]),
        (Column::From, &["from", "validfrom"]),
        (Column::Until, &["until", "validuntil"]),
        (Column::Priority, &["priority"]),
        (Column::Sku, &["sku", "variant"]),
        (Column::Title, &["title"]),
        (Column::MinQuantity, &["minquantity", "fromunits"]),
        (Column::Price, &["price", "amount"]),
        (Column::CompareAt, &["compareatprice", "compareat"]),
    ];

    /// Columns whose cells are about the list.
    const OF_LIST: [Column; 7] = [
        Column::List,
        Column::Channel,
        Column::Currency,
        Column::CustomerGroup,
        Column::From,
        Column::Until,
        Column::Priority,
    ];

    /// Returns what a header names; `None` for an unknown one.
    fn of(header: &str) -> Option<Column> {
        if crate::shopify::columns::REJECT_COLUMNS
            .iter()
            .any(|own| header.eq_ignore_ascii_case(own))
        {
            return Some(Column::Added);
        }
        let letters = crate::text::header_letters(header);
        let named = Column::NAMES.iter().find(|(_, names)| names.contains(&letters.as_str()));
        named.map(|(column, _)| *column)
    }

    /// Returns the field for summaries.
    fn word(self) -> &'static str {
        match self {
            Column::List => "price list",
            Column::Channel => "channel",
            Column::Currency => "currency",
            Column::CustomerGroup => "customer group",
            Column::From => "from",
            Column::Until => "until",
            Column::Priority => "priority",
            Column::Sku => "variant",
            Column::MinQuantity => "min_quantity",
            Column::Price => "price",
            Column::CompareAt => "compare_at",
            Column::Title | Column::Added => "ignored",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use sutler_core::import::{Diagnostic, PriceDraft, Said};
    use sutler_core::money::{Currency, DecimalMark, Money};

    use crate::{FileKind, FormatName, Input, Opened, ReadOptions, open};

    fn opened(
        text: &str,
        list: Option<&str>,
        decimal: Option<DecimalMark>,
    ) -> Result<Opened, Vec<Diagnostic>> {
        let options = ReadOptions {
            format: Some(FormatName::PriceList),
            price_list: list.map(str::to_owned),
            decimal,
            ..ReadOptions::new(Currency::EUR)
        };
        open(Input::bytes("prices.csv", text), options).map_err(crate::Refused::into_diagnostics)
    }

    fn drafts(opened: &Opened) -> Vec<PriceDraft> {
        opened.prices().filter_map(|entry| entry.unwrap().draft).collect()
    }

    /// Returns line, code and column of the rows that are refused.
    fn rejects(opened: &Opened) -> Vec<(u64, String, String)> {
        let rows = opened.prices().filter_map(|entry| entry.unwrap().rejected);
        let told = rows.flat_map(|row| row.errors);
        let column =
            |d: &Diagnostic| d.place.column.clone().map_or_else(String::new, |(_, name)| name);
        told.map(|d| (d.place.line, d.code.clone(), column(&d))).collect()
    }

    #[test]
    fn every_column_is_read() {
        let file = "price_list,channel,currency,customer_group,from,until,priority,sku,title,min_quantity,price,compare_at_price\n\
                    B2B,web,USD,trade,2027-01-01,2027-02-01T00:00:00+01:00,5,MUG,Mug,10,9.90,12\n\
                    Sale,,,,,,,MUG,Mug,,8.50,\n";
        let opened = opened(file, None, None).unwrap();
        assert_eq!(opened.summary().kind, FileKind::Prices);
        let [trade, sale] = opened.price_lists() else { panic!("two lists") };
        assert_eq!(
            (trade.channel.clone(), trade.currency),
            (Some(Said::Value("web".into())), Some(Currency::USD))
        );
        assert_eq!(trade.until, Some(Said::Value("2027-01-31T23:00:00Z".parse().unwrap())));
        assert_eq!(
            (trade.priority.clone(), sale.priority.clone()),
            (Some(Said::Value(5)), Some(Said::Cleared))
        );
        let [ten, one] = &drafts(&opened)[..] else { panic!("two prices") };
        assert_eq!((ten.list, ten.min_quantity), (0, 10));
        assert_eq!(ten.amount, Some(Money::parse("9.90", Currency::USD).unwrap()));
        assert_eq!(
            (one.list, one.min_quantity, one.compare_at.clone()),
            (1, 1, Some(Said::Cleared))
        );
        assert_eq!(one.amount, Some(Money::parse("8.50", Currency::EUR).unwrap()));
    }

    #[test]
    fn what_no_column_says_stays_unsaid() {
        let opened = opened("SKU;Price\nMUG;1.234,50\nCUP;remove\n", Some("Retail"), None).unwrap();
        let [list] = opened.price_lists() else { panic!("one list") };
        assert_eq!((list.name.as_str(), &list.channel, &list.from), ("Retail", &None, &None));
        let [mug, cup] = &drafts(&opened)[..] else { panic!("two prices") };
        assert_eq!(mug.amount, Some(Money::parse("1234.50", Currency::EUR).unwrap()));
        assert_eq!((mug.min_quantity, &mug.compare_at), (1, &None));
        assert_eq!(cup.amount, None, "it is to be taken away");
    }

    #[test]
    fn a_cell_about_one_price_refuses_its_row() {
        let file = "price_list,sku,min_quantity,price,compare_at_price\n\
                    A,MUG,1,9.90,\nA,MUG,,9.80,\nA,,1,1,\nA,6.7E+11,1,1,\nA,CUP,0,1,\nA,CUP,few,1,\n\
                    A,CUP,2,,\nA,CUP,3,N/A,\nA,CUP,4,19.999,\nA,CUP,5,-1,\nA,CUP,6,1 USD,\nA,CUP,7,1.00,dear\nA,CUP\n";
        let found = rejects(&opened(file, None, None).unwrap());
        let found: Vec<_> = found.iter().map(|(l, c, n)| (*l, c.as_str(), n.as_str())).collect();
        assert_eq!(
            found,
            [
                (3, "E178", ""),
                (4, "E179", "sku"),
                (5, "E179", "sku"),
                (6, "E106", "min_quantity"),
                (7, "E110", "min_quantity"),
                (8, "E102", "price"),
                (9, "E102", "price"),
                (10, "E105", "price"),
                (11, "E107", "price"),
                (12, "E108", "price"),
                (13, "E102", "compare_at_price"),
                (14, "E120", ""),
            ]
        );
    }

    #[test]
    fn a_cell_about_the_list_refuses_the_file() {
        for (column, cell) in [
            ("from", "soon"),
            ("until", "2027-02-30"),
            ("currency", "euro"),
            ("priority", "high"),
            ("price_list", ""),
        ] {
            let blank = if column == "price_list" { "" } else { "A" };
            let head = if column == "price_list" { String::new() } else { format!(",{column}") };
            let row = if column == "price_list" { String::new() } else { format!(",{cell}") };
            let wrong =
                opened(&format!("price_list,sku,price{head}\n{blank},MUG,1{row}\n"), None, None);
            let wrong = wrong.err().unwrap();
            let place = wrong[0].place.clone();
            assert_eq!((wrong[0].code.as_str(), place.line), ("E177", 2), "{column}");
            assert_eq!(place.column.unwrap().1, column);
        }
        let two = "price_list,until,sku,price\nA,2027-01-01,MUG,1\nB,,MUG,1\nA,2027-01-02,CUP,1\n";
        let wrong = opened(two, None, None).err().unwrap();
        assert_eq!((wrong.len(), wrong[0].place.line), (1, 4));
        assert!(wrong[0].message.contains("line 2"), "{}", wrong[0].message);
    }

    #[test]
    fn columns_that_are_missing_or_misspelled_refuse_the_file() {
        for (head, told) in [
            ("price_list,sku,price,min_qty", "a price list has no column \"min_qty\""),
            ("price_list,sku,price,Price", "the column \"Price\" is there twice"),
            ("price_list,sku", "the column \"price\" is missing"),
            ("sku,price", "no column says which price list the rows are of"),
        ] {
            let wrong = opened(&format!("{head}\n"), None, None).err().unwrap();
            assert_eq!(wrong[0].message, told);
        }
        let mixed = opened("sku,price\nA,\"1,234\"\n", Some("L"), None).err().unwrap();
        assert_eq!(mixed[0].code, "E103");
        assert!(opened("sku,price\nA,\"1,234\"\n", Some("L"), Some(DecimalMark::Comma)).is_ok());
    }

    #[test]
    fn it_is_told_by_its_header() {
        for (head, format) in [
            ("price_list,sku,price", FormatName::PriceList),
            ("SKU,Min Quantity,Price", FormatName::PriceList),
            ("Handle,Title,Price", FormatName::ShopifyProducts),
        ] {
            let options =
                ReadOptions { price_list: Some("L".into()), ..ReadOptions::new(Currency::EUR) };
            let opened = open(Input::bytes("f.csv", format!("{head}\n")), options);
            assert_eq!(opened.map(|opened| opened.summary().format), Ok(format), "{head}");
        }
    }
}
