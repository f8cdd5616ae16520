//! Countries and postal addresses.

use serde::{Deserialize, Serialize};

use crate::country;

/// An ISO 3166-1 alpha-2 country code: two upper-case letters.
///
/// Read from text it is one that a country has ([`country::is_assigned`]); zones of a shop decide where it sells. Read from
/// a record only its shape is checked, because codes are withdrawn and orders stay.
///
/// ```
/// use sutler_core::address::CountryCode;
///
/// let germany: CountryCode = "DE".parse()?;
/// assert_eq!(germany.as_str(), "DE");
/// assert!("XX".parse::<CountryCode>().is_err(), "no country has it");
/// let refused = "UK".parse::<CountryCode>().map_err(|error| error.to_string());
/// assert!(refused.is_err_and(|why| why.ends_with("did you mean GB?")));
/// # Ok::<(), sutler_core::address::AddressError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountryCode([u8; 2]);

/// Why an address or a part of it is refused.
///
/// ```
/// use sutler_core::address::{Address, AddressError};
///
/// let short = "Ada Lovelace;Berlin;DE".parse::<Address>();
/// assert_eq!(short, Err(AddressError::Parts { parts: 3 }));
/// let blank = "Ada Lovelace; ;10115;Berlin;DE".parse::<Address>();
/// assert_eq!(blank, Err(AddressError::Blank { part: "street" }));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// No country has this code.
    #[error("`{given}` is not a country code: write the two capital letters of ISO 3166 such as DE{}", did_you_mean(.meant))]
    Country {
        /// What was given, shortened.
        given: String,
        /// The code that was probably meant.
        meant: Option<&'static str>,
    },
    /// Not five parts.
    #[error("an address has five parts, `Name;Street 1;12345;City;DE`, but this one has {parts}")]
    Parts {
        /// How many parts there were.
        parts: usize,
    },
    /// A part that must be there is blank.
    #[error("the address has no {part}")]
    Blank {
        /// Which part.
        part: &'static str,
    },
    /// A part is longer than anything real.
    #[error("the {part} of the address is longer than {max} characters")]
    TooLong {
        /// Which part.
        part: &'static str,
        /// The limit, in characters.
        max: usize,
    },
}

fn did_you_mean(meant: &Option<&str>) -> String {
    meant.map_or_else(String::new, |code| format!("; did you mean {code}?"))
}

impl CountryCode {
    /// Reads two upper-case letters, whatever country they are.
    fn of_shape(text: &str) -> Option<Self> {
        match text.as_bytes() {
            [a @ b'A'..=b'Z', b @ b'A'..=b'Z'] => Some(Self([*a, *b])),
            _ => None,
        }
    }

    /// Returns the two letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}

impl std::str::FromStr for CountryCode {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let assigned = Self::of_shape(text).filter(|code| country::is_assigned(code.as_str()));
        assigned.ok_or_else(|| AddressError::Country {
            given: text.chars().take(40).collect(),
            meant: country::meant_by(text),
        })
    }
}

impl std::fmt::Display for CountryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Debug for CountryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for CountryCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for CountryCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::of_shape(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a country code")))
    }
}

/// Where goods or a bill go.
///
/// In text (command line) it is `Name;Street 1;12345;City;DE`.
///
/// ```
/// use sutler_core::address::Address;
/// let home: Address = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse()?;
/// assert_eq!(home.city, "Berlin");
/// # Ok::<(), sutler_core::address::AddressError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Person or company.
    pub name: String,
    /// Street and house number.
    pub street: String,
    /// Postal code as the country writes it; may be empty where there is none.
    pub postal_code: String,
    /// City.
    pub city: String,
    /// Country.
    pub country: CountryCode,
}

impl Address {
    /// The most characters one part may have.
    pub const PART_MAX: usize = 200;

    /// Checks that the parts that every parcel needs are there and of sane length.
    ///
    /// Errors: [`AddressError::Blank`], [`AddressError::TooLong`]; the first part that is off.
    ///
    /// ```
    /// use sutler_core::address::{Address, AddressError};
    ///
    /// let mut home: Address = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse()?;
    /// home.postal_code.clear();
    /// assert_eq!(home.check(), Ok(()), "not every country has postal codes");
    /// home.city = "B".repeat(Address::PART_MAX + 1);
    /// assert_eq!(home.check(), Err(AddressError::TooLong { part: "city", max: Address::PART_MAX }));
    /// # Ok::<(), AddressError>(())
    /// ```
    pub fn check(&self) -> Result<(), AddressError> {
        for (part, text, needed) in [
            ("name", &self.name, true),
            ("street", &self.street, true),
            ("postal code", &self.postal_code, false),
            ("city", &self.city, true),
        ] {
            if needed && text.trim().is_empty() {
                return Err(AddressError::Blank { part });
            }
            if text.chars().count() > Self::PART_MAX {
                return Err(AddressError::TooLong { part, max: Self::PART_MAX });
            }
        }
        Ok(())
    }
}

impl std::str::FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let parts: Vec<&str> = text.split(';').map(str::trim).collect();
        let [name, street, postal_code, city, country] = parts.as_slice() else {
            return Err(AddressError::Parts { parts: parts.len() });
        };
        let address = Address {
            name: (*name).to_owned(),
            street: (*street).to_owned(),
            postal_code: (*postal_code).to_owned(),
            city: (*city).to_owned(),
            country: country.parse()?,
        };
        address.check()?;
        Ok(address)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Address { name, street, postal_code, city, country } = self;
        write!(f, "{name}, {street}, {postal_code} {city}, {country}")
    }
}
