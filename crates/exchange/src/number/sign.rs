//! The sign or code of a currency around a number.
//!
//! A sign stands for several currencies (`$` for twenty); it is good when the expected one is among them. A code is
//! good when it is the expected one. Anything else around a number makes it no number.

use sutler_core::money::{Currency, MoneyError};

/// Signs and the codes that use them, the longest sign first where one begins another.
#[rustfmt::skip]
const SIGNS: &[(&str, &[&str])] = &[
    ("$", &["USD", "AUD", "BBD", "BMD", "BND", "BSD", "BZD", "CAD", "CLP", "COP", "FJD", "GYD", "HKD", "JMD", "KYD",
            "LRD", "MXN", "NAD", "NZD", "SBD", "SGD", "SRD", "TTD", "TWD", "UYU", "ARS", "XCD", "DOP"]),
    ("US$", &["USD"]), ("A$", &["AUD"]), ("AU$", &["AUD"]), ("C$", &["CAD", "NIO"]), ("CA$", &["CAD"]),
    ("HK$", &["HKD"]), ("NZ$", &["NZD"]), ("S$", &["SGD"]), ("NT$", &["TWD"]), ("MX$", &["MXN"]), ("R$", &["BRL"]),
    ("€", &["EUR"]), ("£", &["GBP", "EGP", "GIP", "FKP", "SHP", "LBP", "SYP"]), ("¥", &["JPY", "CNY"]),
    ("￥", &["JPY", "CNY"]), ("円", &["JPY"]), ("元", &["CNY", "TWD"]), ("₹", &["INR"]),
    ("Rs", &["INR", "PKR", "LKR", "NPR", "MUR", "SCR"]), ("Rs.", &["INR", "PKR", "LKR", "NPR", "MUR", "SCR"]),
    ("₩", &["KRW", "KPW"]), ("₽", &["RUB"]), ("руб", &["RUB"]), ("руб.", &["RUB"]), ("₺", &["TRY"]), ("TL", &["TRY"]),
    ("₫", &["VND"]), ("đ", &["VND"]), ("₴", &["UAH"]), ("грн", &["UAH"]), ("₪", &["ILS"]), ("฿", &["THB"]),
    ("₦", &["NGN"]), ("₱", &["PHP", "CUP"]), ("₡", &["CRC"]), ("₲", &["PYG"]), ("₵", &["GHS"]), ("₸", &["KZT"]),
    ("₭", &["LAK"]), ("₮", &["MNT"]), ("₼", &["AZN"]), ("₾", &["GEL"]), ("৳", &["BDT"]), ("៛", &["KHR"]),
    ("zł", &["PLN"]), ("Kč", &["CZK"]), ("Ft", &["HUF"]), ("lei", &["RON", "MDL"]), ("лв", &["BGN"]),
    ("лв.", &["BGN"]), ("kr", &["SEK", "NOK", "DKK", "ISK"]), ("kr.", &["SEK", "NOK", "DKK", "ISK"]),
    ("Fr", &["CHF"]), ("Fr.", &["CHF"]), ("SFr.", &["CHF"]), ("RM", &["MYR"]), ("Rp", &["IDR"]), ("R", &["ZAR"]),
    ("S/", &["PEN"]), ("S/.", &["PEN"]), ("Q", &["GTQ"]), ("L", &["HNL"]), ("B/.", &["PAB"]), ("Bs", &["BOB", "VES"]),
    ("د.إ", &["AED"]), ("ر.س", &["SAR"]), ("KD", &["KWD"]), ("K.D.", &["KWD"]), ("LE", &["EGP"]), ("E£", &["EGP"]),
];

/// A cell taken apart: what stands before the digits, the digits with their separators, what stands behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Parts<'a> {
    before: &'a str,
    pub(super) digits: &'a str,
    behind: &'a str,
    pub(super) negative: bool,
}

/// Takes a cell apart; `None` when it holds no ASCII digit, or something beside the number that is no currency.
pub(super) fn split(cell: &str) -> Option<Parts<'_>> {
    let first = cell.find(|c: char| c.is_ascii_digit())?;
    let last = cell.rfind(|c: char| c.is_ascii_digit())? + 1;
    // `.99` and `,99`: the mark belongs to the digits unless it ends an abbreviation such as `Rs.`.
    let start = match cell[..first].char_indices().next_back() {
        Some((at, '.' | ',')) if !cell[..at].ends_with(char::is_alphabetic) => at,
        _ => first,
    };
    let (mut before, behind) = (cell[..start].trim(), cell[last..].trim());
    let mut negative = false;
    // The minus may stand before or behind the sign: `-$5`, `$-5`.
    for minus in ['-', '\u{2212}'] {
        let without = before.strip_prefix(minus).or_else(|| before.strip_suffix(minus));
        if let Some(rest) = without {
            (before, negative) = (rest.trim(), true);
            break;
        }
    }
    let parts = Parts { before, digits: &cell[start..last], behind, negative };
    let marks = [before, behind].into_iter().filter(|mark| !mark.is_empty());
    marks.clone().all(|mark| is_code(mark) || sign_codes(mark).is_some()).then_some(parts)
}

impl<'a> Parts<'a> {
    /// Returns the sign or code that is not one of `currency`.
    pub(super) fn names_other_currency(&self, currency: Currency) -> Option<&'a str> {
        [self.before, self.behind].into_iter().filter(|mark| !mark.is_empty()).find(|mark| {
            let same = mark.eq_ignore_ascii_case(currency.code());
            !same && !sign_codes(mark).is_some_and(|codes| codes.contains(&currency.code()))
        })
    }
}

/// Tells whether a text is the code of a currency, of today or withdrawn.
fn is_code(mark: &str) -> bool {
    let unknown =
        |code: &str| matches!(Currency::from_code(code), Err(MoneyError::UnknownCurrency { .. }));
    mark.len() == 3 && mark.is_ascii() && !unknown(&mark.to_ascii_uppercase())
}

/// Returns the codes that use a sign.
fn sign_codes(mark: &str) -> Option<&'static [&'static str]> {
    SIGNS.iter().find(|(sign, _)| *sign == mark).map(|(_, codes)| *codes)
}
