//! What is told of a cell that is no price.

use sutler_core::money::{Currency, DecimalMark};

use super::{NumberError, Rule};
use crate::codes::{self, Code};

/// A fault of a cell: its code, the sentence behind the name of the column, and how to mend it.
pub(crate) struct Fault {
    pub(crate) code: &'static Code,
    pub(crate) what: String,
    pub(crate) help: String,
}

/// Puts an error of a price into words.
pub(crate) fn fault(error: &NumberError, rule: Rule, currency: Currency) -> Fault {
    let said =
        |code, what: &str, help: &str| Fault { code, what: what.to_owned(), help: help.to_owned() };
    match error {
        NumberError::NotANumber => said(
            &codes::PRICE_NOT_A_NUMBER,
            "is not a number",
            "write digits with an optional decimal mark, such as 19.99",
        ),
        NumberError::Placeholder => said(
            &codes::PRICE_NOT_A_NUMBER,
            "is not a number",
            "write the price, or leave the cell blank if the row has none",
        ),
        NumberError::OtherMark => match rule.mark {
            DecimalMark::Point => said(
                &codes::OTHER_DECIMAL_MARK,
                "uses a decimal comma",
                "rerun with `--decimal ,` if the whole column does",
            ),
            DecimalMark::Comma => said(
                &codes::OTHER_DECIMAL_MARK,
                "uses a decimal point",
                "rerun with `--decimal .` if the whole column does",
            ),
        },
        NumberError::Ambiguous => said(
            &codes::AMBIGUOUS_IN_MIXED_COLUMN,
            "can be read in two ways, and the column uses both decimal marks",
            "write it without the thousands separator, or with two decimals",
        ),
        NumberError::TooManyDecimals => said(
            &codes::TOO_MANY_DECIMALS,
            &format!("has more decimals than the {} of {currency}", currency.exponent()),
            "round the price in the file",
        ),
        NumberError::OutOfRange => {
            said(&codes::OUT_OF_RANGE, "is too large", "check the decimal mark")
        }
        NumberError::Negative => {
            said(&codes::NEGATIVE_PRICE, "is below zero", "write zero or more")
        }
        NumberError::OtherCurrency(found) => said(
            &codes::OTHER_CURRENCY,
            &format!("is in {found}, but the file is read in {currency}"),
            &format!(
                "convert the prices to {currency}, or import into a shop of the other currency"
            ),
        ),
    }
}
