//! [`VatId`]: the number under which a business of the European Union is known to its tax office.
//!
//! A number is checked without asking anybody: the shape its country gives it, and the check digit where the way it is
//! formed is public (see `vat_check`). A number that passes may still belong to nobody: whether it is alive only the
//! registry of the Union (VIES) can tell, and that is a question for a program around the shop.
//!
//! Deliberately absent: Northern Ireland (`XI`), which counts as the Union for goods only, and every country outside.

use serde::{Deserialize, Serialize};

use super::vat_check;
use crate::address::CountryCode;

/// The member states of the European Union: ISO 3166-1 code, and the prefix of their numbers where it is another one.
///
/// Source: Council Directive 2006/112/EC, Art. 215 (prefixes; Greece may use `EL`), and Art. 52 TEU as of 2020-02-01 (27
/// member states).
const MEMBERS: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Tells whether a country is a member state of the European Union.
///
/// Islands and regions that are outside its VAT area (the Canary Islands, Åland, Büsingen …) are not told apart here:
/// give them a tax zone of their own.
///
/// ```
/// use sutler_core::pricing::is_in_eu;
///
/// assert!(is_in_eu("GR".parse()?));
/// assert!(!is_in_eu("GB".parse()?));
/// # Ok::<(), sutler_core::address::AddressError>(())
/// ```
pub fn is_in_eu(country: CountryCode) -> bool {
    MEMBERS.binary_search(&country.as_str()).is_ok()
}

/// Why a text is not a VAT id.
///
/// ```
/// use sutler_core::pricing::{VatId, VatIdError};
///
/// assert!(matches!(VatId::new("ATU13585626"), Err(VatIdError::CheckDigit { .. })));
/// assert!(matches!(VatId::new("GB999999973"), Err(VatIdError::Prefix { .. })));
/// let short = VatId::new("ATU1358562").unwrap_err();
/// assert_eq!(short.code(), "vat_id.shape");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VatIdError {
    /// It does not begin with the prefix of a member state.
    #[error(
        "`{given}` does not begin with the letters of a member state of the EU, such as DE or EL"
    )]
    Prefix {
        /// What was given.
        given: String,
    },
    /// It is not as long as, or has other characters than, the numbers of its country.
    #[error("`{given}` is not a VAT id of {country}: there it is {shape}")]
    Shape {
        /// What was given.
        given: String,
        /// The country of its prefix.
        country: CountryCode,
        /// What it should look like, in words.
        shape: &'static str,
    },
    /// A digit was mistyped.
    #[error("`{given}` is not a VAT id: its check digit is wrong, so look for a slip")]
    CheckDigit {
        /// What was given.
        given: String,
    },
}

impl VatIdError {
    /// Returns the stable, machine-readable code.
    pub fn code(&self) -> &'static str {
        match self {
            VatIdError::Prefix { .. } => "vat_id.prefix",
            VatIdError::Shape { .. } => "vat_id.shape",
            VatIdError::CheckDigit { .. } => "vat_id.check_digit",
        }
    }
}

/// The number under which a business of the European Union is known to its tax office, in its canonical spelling.
///
/// Blanks, points, hyphens and slashes are taken out and letters made capital. Greek numbers begin with `EL`.
///
/// ```
/// use sutler_core::pricing::VatId;
///
/// let id: VatId = "atu 13585627".parse()?;
/// assert_eq!(id.as_str(), "ATU13585627");
/// assert_eq!(id.country().as_str(), "AT");
/// assert_eq!("ATU13585626".parse::<VatId>().unwrap_err().code(), "vat_id.check_digit");
/// # Ok::<(), sutler_core::pricing::VatIdError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VatId {
    text: String,
    country: CountryCode,
}

impl VatId {
    /// The most characters that are looked at, separators included.
    const CHARS_MAX: usize = 40;

    /// Reads a VAT id.
    ///
    /// Errors: [`VatIdError`].
    pub fn new(text: &str) -> Result<VatId, VatIdError> {
        let given = || text.chars().take(VatId::CHARS_MAX).collect::<String>();
        let separator = |c: &char| c.is_whitespace() || matches!(c, '.' | '-' | '/');
        let plain: String = text
            .chars()
            .take(VatId::CHARS_MAX + 1)
            .filter(|c| !separator(c))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let prefix = || VatIdError::Prefix { given: given() };
        let (letters, number) = plain.split_at_checked(2).ok_or_else(prefix)?;
        let iso = match letters {
            "EL" => "GR",
            "GR" => return Err(prefix()),
            other => other,
        };
        let country: CountryCode = iso.parse().map_err(|_| prefix())?;
        if !is_in_eu(country) {
            return Err(prefix());
        }
        match vat_check::check(country, number.as_bytes()) {
            Ok(true) => Ok(VatId { text: plain, country }),
            Ok(false) => Err(VatIdError::CheckDigit { given: given() }),
            Err(shape) => Err(VatIdError::Shape { given: given(), country, shape }),
        }
    }

    /// Returns the canonical spelling: `ATU13585627`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the member state that gave it.
    pub const fn country(&self) -> CountryCode {
        self.country
    }
}

impl std::fmt::Display for VatId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.text)
    }
}

impl std::str::FromStr for VatId {
    type Err = VatIdError;

    fn from_str(text: &str) -> Result<Self, VatIdError> {
        VatId::new(text)
    }
}

impl TryFrom<String> for VatId {
    type Error = VatIdError;

    fn try_from(text: String) -> Result<Self, VatIdError> {
        VatId::new(&text)
    }
}

impl From<VatId> for String {
    fn from(id: VatId) -> String {
        id.text
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    #[test]
    fn the_member_states_are_in_order_so_that_they_can_be_searched() {
        assert!(MEMBERS.is_sorted());
        assert_eq!(MEMBERS.iter().filter(|code| is_in_eu(code.parse().unwrap())).count(), 27);
        for outside in ["GB", "NO", "CH", "US"] {
            assert!(!is_in_eu(outside.parse().unwrap()), "{outside}");
        }
    }

    #[test]
    fn separators_and_case_do_not_matter() {
        for text in ["DE136695976", "de 136 695 976", "DE-136.695/976"] {
            assert_eq!(VatId::new(text).unwrap().as_str(), "DE136695976", "{text}");
        }
        assert_eq!(VatId::new("EL094259216").unwrap().country().as_str(), "GR");
    }

    #[test]
    fn what_is_no_vat_id_says_why() {
        for (text, code) in [
            ("", "vat_id.prefix"),
            ("D", "vat_id.prefix"),
            ("1234567890", "vat_id.prefix"),
            ("GB980780684", "vat_id.prefix"),
            ("GR094259216", "vat_id.prefix"),
            ("Ö136695976", "vat_id.prefix"),
            ("DE13669597", "vat_id.shape"),
            ("DE1366959761", "vat_id.shape"),
            ("DE13669597A", "vat_id.shape"),
            ("DE１３６６９５９７６", "vat_id.shape"),
            ("DE136695977", "vat_id.check_digit"),
            (&"DE136695976".repeat(100), "vat_id.shape"),
        ] {
            assert_eq!(VatId::new(text).unwrap_err().code(), code, "{text}");
        }
    }
}
