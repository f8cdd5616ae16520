//! Codes of refusals and remarks that only the shop can give; those of the file itself stand in the crate
//! `sutler-exchange`. Append-only, like those.

use sutler_core::import::{Diagnostic, Place, Severity};
pub use sutler_exchange::codes::Code;

macro_rules! codes {
    ($($name:ident = $id:literal $severity:ident $title:literal $text:literal;)+) => {
        $(pub(crate) const $name: Code =
            Code { id: $id, severity: Severity::$severity, title: $title, text: $text };)+

        const OWN: &[&Code] = &[$(&$name),+];
    };
}

codes! {
    PRODUCT_REFUSED = "E301" Reject "product breaks a rule of the catalog"
        "The rows of the product can be read, but together they break a rule of the catalog: a handle or SKU that is too \
         long or holds a control character, an option that is named twice, a category that is blank or too deep. The \
         message says which. All rows of the product are in the reject file: mend them there and import that.";
    PRODUCT_EXISTS = "E302" Reject "product is there already and differs"
        "The shop has a product with this handle, the file says something else about it, and the import was told not to \
         change products (`--on-conflict error`). Use `--on-conflict update` to change it, `skip` to leave it, or give the \
         product of the file another handle.";
    UNKNOWN_LOCATION = "E303" Reject "location is not known"
        "A stock file names its locations. This name is neither the code nor the name of a location of the shop, so it \
         cannot be said where the units stand. The message lists the locations there are; rename the location in the file \
         or add it to the shop.";
    UNKNOWN_VARIANT = "E304" Reject "variant is not known"
        "A stock row names its variant by handle and option values. The shop has no such product, or no such variant of \
         it. Stock files never make products: import the product file first.";
    STOCK_MOVED_ON = "E305" Reject "stock moved on since the export"
        "The row says how many units stood there when the file was exported, and now there is another number: something \
         was sold, received or counted since. The row was skipped, because writing it would undo that. Export the stock \
         again and repeat the change there.";
    COUNT_TOO_LARGE = "E306" Reject "count is too large"
        "A level holds at most 1,000,000 units. A larger number is mostly a barcode or price in the wrong column.";
    PROMISED = "E307" Reject "count is below what is promised"
        "So few units cannot be there: more are reserved or promised to placed orders. Ship or cancel orders first, or look \
         again at the shelf.";
    TOO_MANY_REJECTS = "E308" Fatal "more rows were refused than allowed"
        "More rows were refused than `--max-errors` allows, so nothing was written. Mend the errors that are listed, or \
         allow more.";
    BAD_OPTION = "E309" Fatal "option of the import cannot be this"
        "An option of the import cannot be what was given; the message says what it can be.";
    PRICE_LIST_REFUSED = "E310" Fatal "a price list cannot be what the file says"
        "The file names a channel that the shop lacks, moves a list to another currency, ends a list before it begins, or \
         names a list of which the shop has several. The message says which. Nothing of the file was written.";
    UNKNOWN_PRICED_VARIANT = "E311" Reject "a price is of no variant, or of one that has it already"
        "The shop has no variant of this SKU, barcode, id or `handle:option/option`, or it has several of it, or an earlier \
         row priced the same variant under another word. Price lists never make variants: import the product file first. \
         Where several variants share a SKU, write the id.";
    PRICE_REFUSED = "E312" Reject "a price does not fit its list"
        "All prices of a list are in its currency. Where the file has no column `currency`, its amounts are read in the \
         currency of the import: say another one with `--channel`, or add the column.";
    NEGATIVE_TAKEN_AS_ZERO = "E320" Remark "a count below zero was taken as 0"
        "The count is below zero. Other systems count units that were sold beyond stock that way; at a shelf there are \
         none, so 0 is taken. How far selling may go beyond stock is a limit of its own.";
    PRICE_LIST_BEHIND = "E321" Remark "a price list stands behind another one"
        "Both lists are for the same buyers and without an end, and the other one comes first: it has the higher priority, or the same \
         and was there before. So prices of this list are charged only for what the other one has no price for. Give the list a \
         priority, a time (`from`, `until`), a channel or a customer group.";
}

/// Returns every code that an import can tell: those of the file, then those of the shop, each in order.
///
/// ```
/// let ids: Vec<&str> = sutler_engine::flow::import::codes().map(|code| code.id).collect();
/// assert!(ids.starts_with(&["E101", "E102"]) && ids.ends_with(&["E320", "E321"]));
/// ```
pub fn codes() -> impl Iterator<Item = &'static Code> {
    sutler_exchange::codes::ALL.iter().chain(OWN).copied()
}

/// Returns the long text of a code, of the file's own or of the shop's.
///
/// ```
/// assert!(sutler_engine::flow::import::explain("E305").is_some_and(|text| text.contains("skipped")));
/// assert!(sutler_engine::flow::import::explain("E102").is_some());
/// assert_eq!(sutler_engine::flow::import::explain("E999"), None);
/// ```
pub fn explain(code: &str) -> Option<&'static str> {
    codes().find(|entry| entry.id.eq_ignore_ascii_case(code)).map(|entry| entry.text)
}

/// Returns a diagnostic about a row.
pub(crate) fn refusal(
    code: &Code,
    line: u64,
    record: u64,
    message: impl Into<String>,
    help: &str,
) -> Diagnostic {
    Diagnostic {
        code: code.id.to_owned(),
        severity: code.severity,
        place: Place { line, record, column: None },
        message: message.into(),
        value: None,
        help: (!help.is_empty()).then(|| help.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_none_is_one_of_the_files() {
        for (at, code) in OWN.iter().enumerate() {
            assert!(OWN[at + 1..].iter().all(|other| other.id != code.id), "{}", code.id);
            assert_eq!(sutler_exchange::explain(code.id), None, "{}", code.id);
            assert!(code.text.ends_with('.') && code.text.len() > 60, "{}", code.id);
            assert!(!code.title.is_empty() && !code.title.ends_with('.'), "{}", code.id);
        }
    }
}
