//! Every code that a diagnostic of this crate can carry, with its long text.
//!
//! The list is append-only: a code is part of the public contract and never changes its meaning. `E1xx` refuse a
//! row or a file, `E2xx` are remarks about rows that are used all the same.

use sutler_core::import::Severity;

/// One code: how bad it is, its title and its long text.
///
/// ```
/// use sutler_core::import::Severity;
/// use sutler_exchange::codes;
///
/// for code in codes::ALL {
///     assert!(!code.title.is_empty() && code.text.len() > code.title.len(), "{}", code.id);
/// }
/// assert!(codes::ALL.iter().any(|code| code.severity == Severity::Reject));
/// ```
#[derive(PartialEq, Eq, Debug)]
pub struct Code {
    /// The code itself: `E102`.
    pub id: &'static str,
    /// How bad it always is.
    pub severity: Severity,
    /// A short title, without place and value.
    pub title: &'static str,
    /// What it means, why it is so, and how to mend it.
    pub text: &'static str,
}

macro_rules! codes {
    ($($name:ident = $id:literal $severity:ident $title:literal $text:literal;)+) => {
        $(pub(crate) const $name: Code =
            Code { id: $id, severity: Severity::$severity, title: $title, text: $text };)+

        /// Every code, in order.
        pub const ALL: &[&Code] = &[$(&$name),+];
    };
}

/// Returns the long text of a code: its title, what it means and how to mend it.
///
/// ```
/// assert!(sutler_exchange::explain("E102").is_some_and(|text| text.contains("N/A")));
/// assert_eq!(sutler_exchange::explain("E999"), None);
/// ```
pub fn explain(code: &str) -> Option<&'static str> {
    find(code).map(|entry| entry.text)
}

/// Returns the entry of a code.
///
/// ```
/// use sutler_exchange::codes::find;
///
/// assert_eq!(find("E102").map(|code| code.id), Some("E102"));
/// assert!(find("E999").is_none());
/// ```
pub fn find(code: &str) -> Option<&'static Code> {
    ALL.iter().find(|entry| entry.id.eq_ignore_ascii_case(code)).copied()
}

codes! {
    UNKNOWN_FORMAT = "E101" Fatal "the format of the file is not known"
        "The header row fits none of the formats that this version reads. Read are Shopify product files with the \
         classic or the new column names, Shopify inventory files of three shapes, and any table with a mapping \
         file. If the file is a Shopify file with renamed columns, name it with `--as shopify`. For every other \
         table write a mapping (`--map FILE.toml`) that says which column holds what.";
    PRICE_NOT_A_NUMBER = "E102" Reject "price is not a number"
        "The cell must hold a price that can be read exactly: digits with an optional decimal mark, with thousands \
         separators, and with the sign or code of the shop's currency before or behind it. Words such as `N/A` are \
         not read as \"no price\": a blank cell says that. Nothing is rounded and no part of the cell is ignored, \
         because a price that is read wrongly is sold wrongly. Mend the cell in the reject file and import that.";
    AMBIGUOUS_NUMBER = "E103" Fatal "numbers of a column can be read in two ways"
        "Every value of the column that has a separator looks like `1,234` or `1.234`: one thousand two hundred and \
         thirty-four in one country, one and a bit in another. No other value of the column decides it, so nothing \
         is imported rather than guessed. Say which it is with `--decimal ,` or `--decimal .`.";
    OTHER_DECIMAL_MARK = "E104" Reject "number uses the other decimal mark"
        "The decimal mark is decided once for each column from all of its values. This value only makes sense with \
         the other mark, so it is refused instead of being read a hundred times too large. If the whole column uses \
         the other mark, rerun with `--decimal ,` or `--decimal .`; if it is a slip, mend the cell.";
    TOO_MANY_DECIMALS = "E105" Reject "price has more decimals than its currency"
        "A price is kept exactly, in the smallest unit of its currency: cents for EUR and USD, whole yen for JPY. \
         Further decimals are read when they are zeros (`19.9900`) and refused otherwise: rounding would change the \
         price. Round the price in the file.";
    OUT_OF_RANGE = "E106" Reject "number is out of range"
        "The number is larger than this field can hold: prices up to 1,000,000,000,000,000 of the smallest unit, \
         stock between -1,000,000,000 and 1,000,000,000, weights up to 4,000,000,000 grams. Most often a decimal \
         mark was lost or two cells were joined.";
    NEGATIVE_PRICE = "E107" Reject "price is negative"
        "A price, an earlier price and a unit cost are zero or more. A discount is a promotion, not a negative \
         price.";
    OTHER_CURRENCY = "E108" Reject "price is in another currency"
        "The cell names a currency that is not the one the file is imported in. Amounts are never converted or \
         taken over with another currency. Import the file into a shop or channel of that currency, or convert the \
         prices in the file.";
    AMBIGUOUS_IN_MIXED_COLUMN = "E109" Reject "number can be read in two ways"
        "Other values of this column use both decimal marks, so a value such as `1,234` cannot be trusted either \
         way. Write it without the thousands separator, or with two decimals, or say the mark with `--decimal`.";
    NOT_A_WHOLE_NUMBER = "E110" Reject "not a whole number"
        "Counts and positions are whole numbers of ASCII digits, with a minus where stock is owed: `12`, `-3`. \
         Fractions, exponents (`1e3`), hexadecimal numbers and digits of other scripts are refused. `12.0` is read \
         as 12, with a remark.";
    NOT_YES_OR_NO = "E111" Reject "not yes or no"
        "The column holds `TRUE` or `FALSE` (also `yes`, `no`, `1`, `0`). Another value there mostly means that the \
         row is shifted against the header.";
    NOT_AN_ALLOWED_WORD = "E112" Reject "not one of the allowed words"
        "The column takes only a few words: a status is `active`, `draft`, `archived` or `unlisted`; an inventory \
         policy is `deny` or `continue`. Another value there mostly means that the row is shifted against the \
         header.";
    NOT_A_WEB_ADDRESS = "E113" Reject "image is not a web address"
        "An image is named by its web address, beginning with `https://` or `http://`, or by the relative path of a \
         picture file such as `shirts/blue.png`. Another value there mostly means that the row is shifted against \
         the header.";
    WEIGHT_NOT_A_NUMBER = "E114" Reject "weight is not a number"
        "A weight is zero or more, in grams (a mapping file can say another unit). Leave the cell blank when the \
         weight is not known.";
    UNSAFE_IMAGE_PATH = "E115" Reject "image path leaves its folder"
        "An image path must be relative and stay below its folder: no leading slash, no drive letter, no `..`, also \
         not written with percent signs. Such a path could make the shop read files that are none of its images.";
    RAGGED_ROW = "E120" Reject "row has another number of cells than the header"
        "Every row must have exactly as many cells as the header has names. A row that is too short or too long is \
         never padded or cut, because its values may stand under the wrong names. Mostly a quote or a delimiter is \
         missing or too many.";
    SHIFTED_ROW = "E121" Reject "row looks shifted"
        "The row has another number of cells than the header, and its values stand beside where they belong: for \
         example the price under the name of an option. Add or remove the missing delimiter; the message names the \
         cells by which the shift was seen.";
    TRUNCATED_ROW = "E122" Fatal "the file is cut off"
        "The last row of the file, and no other, has fewer cells than the header. The export or the copy ended too early: \
         make it again. Nothing is read, because nobody knows how many rows are missing.";
    HEADER_TOO_SHORT = "E123" Fatal "every row has more cells than the header"
        "No row fits the header, so it cannot be said which value belongs to which name. The header row was cut or \
         comes from another file. Put the right header row in place.";
    OPEN_QUOTE = "E124" Fatal "a quote is never closed"
        "A cell that begins with a double quote runs to the next double quote that stands alone, over line ends as \
         well. Here there is none up to the end of the file, so everything behind would silently become one cell. \
         Close the quote, or write it twice (\"\") where it belongs to the text.";
    CELL_TOO_LONG = "E125" Fatal "a cell is too long"
        "A cell may have 1 MiB. A longer one is mostly a quote that is never closed. Nothing is read, so that a \
         broken file cannot fill the memory.";
    TOO_MANY_COLUMNS = "E126" Fatal "too many columns"
        "A row may have 10,000 cells. More are mostly a wrong delimiter or lost line ends.";
    RECORD_TOO_LONG = "E127" Fatal "a row is too long"
        "A row may have 8 MiB. A longer one is mostly a wrong delimiter or lost line ends.";
    NUL = "E128" Fatal "the file holds a NUL byte"
        "Text files hold no NUL bytes. Either the file is damaged, or it is UTF-16 without a byte order mark: then \
         `--encoding utf-16le` reads it.";
    UNDECODABLE = "E129" Fatal "the file cannot be decoded"
        "A byte does not belong to the encoding of the file. Unreadable bytes are never replaced by question marks, \
         because nobody would find them again in titles and descriptions. Export the file as UTF-8, or name its \
         encoding with `--encoding`. A file that is mostly good UTF-8 is not guessed at: then some rows were pasted \
         in from another encoding.";
    UNKNOWN_ENCODING = "E130" Fatal "unknown encoding"
        "The name after `--encoding` is not one of the encodings of the WHATWG encoding standard, such as `utf-8`, \
         `windows-1252`, `iso-8859-2`, `shift_jis` or `utf-16le`.";
    CHANGED = "E131" Fatal "the file changed while it was read"
        "A file is read twice: once to check everything, once to import it. Between the two it must stay as it is. \
         Wait for the program that writes it, or copy it first.";
    EMPTY = "E132" Fatal "the file is empty"
        "There is no header row and no data. Check that the export finished and that it is the right file.";
    NO_HEADER = "E133" Fatal "there is no header row"
        "The first row holds values, not names of columns. Columns are found by name, never by position, because \
         their order differs between shops. Put the header row back as the first row.";
    DUPLICATE_COLUMN = "E134" Fatal "a column is there twice"
        "Two columns mean the same field, so it cannot be said which one counts. Delete or rename one of them; the \
         message names both.";
    KNOWN_BUT_UNREADABLE = "E135" Fatal "a known format that this version does not read"
        "The header row is that of another shop system or feed. Rather than reading a part of it wrongly, nothing \
         is read. A mapping file (`--map FILE.toml`) can read it as far as one row is one variant; or export the \
         catalog in the columns of Shopify, which most systems can.";
    NOT_A_TABLE = "E136" Fatal "the file is not a text table"
        "The first bytes are those of a workbook, an archive, a web page or another kind of file. Save the table as \
         CSV, best in UTF-8.";
    MISSING_COLUMN = "E137" Fatal "a required column is missing"
        "The format needs this column to know which rows belong together or what is counted. Check that the header \
         row was not edited.";
    BAD_MAPPING = "E138" Fatal "the mapping file is wrong"
        "The mapping file is TOML with a fixed set of keys; unknown keys are refused, so that a slip of the pen \
         does not silently drop a column. The message names the line and the key.";
    MAPPED_COLUMN_MISSING = "E139" Fatal "a mapped column is not in the file"
        "The mapping names a column that the header row does not have. Columns are compared without regard to case \
         and blanks. Mend the mapping, or take the line out when the column is not needed.";
    NO_HANDLE = "E140" Reject "row belongs to no product"
        "A row without a handle continues the product above it. Here there is no product above. Write the handle \
         into the row.";
    NO_TITLE = "E141" Reject "product has no title"
        "The file has a title column, and it is blank in every row of this product. A product cannot lose its \
         title. Write the title into its first row, or leave the title column out of the file to change other \
         fields only.";
    SAME_OPTIONS_TWICE = "E142" Reject "same options twice in one product"
        "Handle and option values together say which variant a row is. Two rows of one product with the same \
         values would be the same variant with two prices and stocks. The first one is used. Give the second one \
         its own option value, or delete it.";
    PRODUCT_REFUSED = "E143" Reject "its product was refused"
        "The row itself is good, but the first row of its product, which carries the title and the names of the \
         options, was refused, or no variant of the product was left. All rows of the product stand together in \
         the reject file: mend the one with the error and import them together.";
    PRODUCT_TOO_LARGE = "E144" Fatal "one product has too many rows"
        "A product may have 10,000 rows and 32 MiB in the file. More mostly means that the handle column holds the \
         same value in every row. Check that column.";
    DUPLICATE_SKU = "E145" Reject "same SKU twice"
        "With `--strict-sku` no two variants of a file may have the same SKU. The first one is used. Without that \
         switch it is a remark only (E202): in many real files SKUs repeat.";
    NO_LOCATION = "E146" Reject "stock row names no location"
        "The row has no name in its location column, so it cannot be said where the units stand.";
    SAME_STOCK_TWICE = "E147" Reject "same variant and location twice"
        "Two rows give a count for the same variant at the same location. The first one is used. Delete the one that \
         is wrong.";
    READ_FAILED = "E150" Fatal "the file cannot be read"
        "The system refused to open or read the file, or to write the temporary file that a stream and a file of \
         another encoding need. The message has the system's own words.";
    NOT_A_TAX_CATEGORY = "E151" Reject "not a tax category"
        "A tax category is a word of at most 64 characters without control characters, such as `standard` or `reduced`; \
         the shop's tax rates say what it means.";
    NOT_A_MOMENT = "E152" Reject "not a moment"
        "The column holds moments such as `2027-05-01T08:00:00+02:00`, or days such as `2027-05-01`, which begin at \
         midnight UTC. Other ways to write a date are refused, because their day and month can be mixed up.";
    SIZE_INCOMPLETE = "E153" Reject "size with a side missing"
        "The size of a packed variant is its length, width and height, in millimeters. One side without the others says \
         nothing that delivery could use: write all three, or leave all three blank.";
    TAX_COLUMNS = "E171" Fatal "a file of tax rates has other columns"
        "A file of tax rates has the columns country, region, postal_codes, except_postal_codes, zone, category, name, \
         percent, compound, from and until. Category, name and percent must be there, the others may be missing, none may \
         stand twice, and no other may be there: a misspelled column would otherwise tax everything everywhere. \
         `sutler tax list --format csv` writes such a file.";
    TAX_CELL = "E172" Fatal "a cell of a file of tax rates cannot be read"
        "Countries are two capital letters, regions what follows them in their ISO 3166-2 code, postal codes a beginning \
         (`274`) or a range (`35000..35999`), several of them with a bar between. Percentages are digits with a point, \
         without a sign. A day is `2027-01-01`. Nothing of the file was written: a shop with half of its taxes is worse \
         than one with the old ones.";
    TAX_ROW = "E173" Fatal "a row of a file of tax rates contradicts another one or the shop"
        "Two rates of one zone, category and name may not hold at the same time, because one of them would be charged \
         twice. To let a rate follow another one, give the earlier one an `until` with a row that has its `from`. A zone is \
         named by where it is: one territory has one zone, and a name belongs to one territory.";
    RULE_FILE = "E174" Fatal "a file of a delivery method or fee cannot be read"
        "The file is TOML and says what one rule of the shop is. Amounts are digits of the shop's currency in quotation \
         marks, categories are paths such as `\"Food / Fish\"`. Every key must be known: a misspelled limit would \
         otherwise limit nothing. `sutler delivery add --help` and `sutler fee add --help` show whole files.";
    PROMOTION_FILE = "E175" Fatal "a file of promotions cannot be used"
        "The file is TOML or JSON and holds one promotion, or several under `promotion`. Every field must be known and have \
         its form; amounts and percentages are texts (`\"10.00\"`, `\"10%\"`), and goods, categories, channels and delivery \
         methods must be there under the name that stands in the file. The message names the field, the place its line and \
         column. Nothing of the file was written. `sutler promotion add --help` shows a whole file.";
    PRICE_COLUMNS = "E176" Fatal "a price list has other columns"
        "A price list has the columns price_list, channel, currency, customer_group, from, until, priority, sku, title, \
         min_quantity, price and compare_at_price. Sku and price must be there, and the list must be named by a column or with \
         `--list`; the others may be missing, none may stand twice, and no other may be there: a misspelled min_quantity would \
         sell single units at the price of a thousand. `sutler price export -` writes such a file.";
    PRICE_LIST_CELL = "E177" Fatal "a price list says something that cannot be"
        "Channel, currency, customer group, time and priority are facts of the whole list. Every row of a list has the same \
         ones: a day is `2027-01-01`, a currency three capital letters, a priority a whole number. Nothing of the file was \
         written: a list that holds at half of its time is worse than none.";
    SAME_PRICE_TWICE = "E178" Reject "same price twice in one list"
        "Two rows of one list price the same variant from the same quantity on, and nobody can say which is meant. The later \
         one is refused. Rungs of a ladder differ in min_quantity.";
    PRICE_WITHOUT_VARIANT = "E179" Reject "a price names no variant"
        "The cell of the variant is blank, or a spreadsheet made a number such as `6.71E+11` of its SKU. Write the SKU, the \
         barcode, the id, or `handle:option/option`.";
    INTERLEAVED_HANDLE = "E201" Remark "rows of one product stand apart"
        "The handle comes again after rows of other products. The rows are read as one product. In files sorted by \
         another column that is intended; otherwise look whether two products were given the same handle.";
    REPEATED_SKU = "E202" Remark "same SKU twice"
        "Two variants have the same SKU. Both are imported, because handle and options tell them apart. Use \
         `--strict-sku` to refuse the second one.";
    POINT_ZERO_REMOVED = "E203" Remark "`.0` was removed from an identifier"
        "A spreadsheet or a script read the identifier as a number and wrote it back with `.0`. It is used without. \
         An apostrophe in front (`'10.0`) keeps it as it is. Leading zeros may be lost for good: compare with the \
         source.";
    GUARD_REMOVED = "E204" Remark "a spreadsheet guard was removed from an identifier"
        "The identifier was written as `'0812` or `=\"0812\"`, which keeps spreadsheets from reading it as a number. \
         It is used without the guard.";
    EXPONENT_LEFT_OUT = "E205" Remark "an identifier lost its digits in a spreadsheet"
        "The cell holds a number such as `6.71E+11`: the spreadsheet kept its first digits only. The value is left \
         out and what the shop holds stays. Export again without opening the file in a spreadsheet, or format the \
         column as text before pasting.";
    PLACEHOLDER_READ_AS_BLANK = "E206" Remark "a placeholder was read as blank"
        "The cell holds a word such as `N/A` or `null` in a column that may be blank; it is read as blank. For a \
         price that would be dangerous, so there it is refused (E102).";
    WEIGHT_ROUNDED = "E207" Remark "a weight was rounded to whole grams"
        "Weights are kept in whole grams; fractions come from files that once were in ounces or pounds.";
    FIRST_VALUE_KEPT = "E208" Remark "a later row contradicts the first row of its product"
        "Title, description and other facts about the product stand once, in its first row. A later row says \
         something else; the first value is used.";
    OPTION_WITHOUT_NAME = "E209" Remark "an option has no name"
        "The product has option values but no name for the option. It is called `Option1`, `Option2` and so on. \
         Write the name into the first row of the product.";
    REPEATED_COLUMN = "E210" Remark "an unknown column is there twice"
        "Two columns of unknown meaning have the same name. Both are kept; the second one gets its number behind \
         the name.";
    NAMELESS_COLUMN = "E211" Remark "a column without a name holds values"
        "The header cell of the column is blank, so its values cannot be kept under any name and are ignored. Give \
         the column a name to keep them.";
    TEXT_BEHIND_QUOTE = "E212" Remark "text stands behind a closing quote"
        "A quoted cell ended and went on without a delimiter, as in `\"27\" wide`. The quotes are dropped and all \
         of the text is kept, but a quote that belongs to the text should be written twice (\"\").";
    UNLISTED = "E213" Remark "`unlisted` was read as active and not published"
        "There is no status of that name here. An unlisted product can be bought but is not shown: it is taken as \
         active and not published.";
    WHOLE_WITH_POINT_ZERO = "E214" Remark "`.0` was removed from a whole number"
        "A script wrote the count with a decimal: `12.0`. It is read as 12.";
    HANDLE_CONTINUED = "E215" Remark "a row without a handle continues the product above"
        "The handle cell of the row is blank; the row belongs to the product of the row above it.";
    OPTION_NAME_DIFFERS = "E216" Remark "a later row names an option differently"
        "The names of the options stand in the first row of a product. A later row has another name in that column; \
         the first name is used.";
    EMPTY_ROW = "E217" Remark "a row says nothing"
        "The row has a handle, but no title, variant or image. It is skipped.";
    ENCODING_GUESSED = "E218" Remark "the encoding was guessed"
        "The file has no byte order mark and is not UTF-8, so its encoding was guessed from the frequency of its \
         bytes. Look at a few titles with accents; when they are wrong, say the encoding with `--encoding`.";
    CATEGORY_WITHOUT_NAME = "E219" Remark "a category path has a gap"
        "A part of the category path is blank, as in `Clothing > > Shirts`. The blank part is left out.";
    MIXED_DECIMAL_MARKS = "E220" Remark "a column uses both decimal marks"
        "Some values of the column use a decimal comma and some a decimal point. The mark of the majority is used; \
         values with the other one are refused row by row.";
    AVAILABLE_READ_AS_ON_HAND = "E221" Remark "available units were read as units on hand"
        "The inventory file has no column `On hand`, only `Available`. The count is taken as the units that are \
         physically there. Where units are committed to orders that is too low: export with all columns.";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The public contract: adding at the end of a block is fine, everything else is a breaking change.
    const CONTRACT: &str = "\
E101 E102 E103 E104 E105 E106 E107 E108 E109 E110 E111 E112 E113 E114 E115 \
E120 E121 E122 E123 E124 E125 E126 E127 E128 E129 E130 E131 E132 E133 E134 E135 E136 E137 E138 E139 \
 E140 E141 E142 E143 E144 E145 E146 E147 E150 E151 E152 E153 E171 E172 E173 E174 E175 E176 E177 E178 E179 \
E201 E202 E203 E204 E205 E206 E207 E208 E209 E210 E211 E212 E213 E214 E215 E216 E217 E218 E219 E220 E221";

    #[test]
    fn the_codes_are_these_and_no_others() {
        let ids: Vec<_> = ALL.iter().map(|code| code.id).collect();
        assert_eq!(ids.join(" "), CONTRACT);
    }

    #[test]
    fn every_code_is_explained_and_its_number_says_how_bad_it_is() {
        for code in ALL {
            assert!(code.text.len() > 60 && code.text.ends_with('.'), "{}", code.id);
            assert!(!code.title.ends_with('.'), "{}", code.id);
            assert_eq!(code.id.starts_with("E2"), code.severity == Severity::Remark, "{}", code.id);
            assert_eq!(explain(code.id), Some(code.text));
            assert_eq!(find(&code.id.to_lowercase()), Some(*code));
        }
    }
}
