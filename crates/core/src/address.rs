//! Countries and postal addresses.

use crate::shown::shown;
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

/// A part of a country: what follows the country in its ISO 3166-2 code, such as `CA` of `US-CA`.
///
/// The shape is checked, one to three capital letters or digits, not membership.
///
/// ```
/// use sutler_core::address::Region;
///
/// assert_eq!("CA".parse::<Region>()?.as_str(), "CA");
/// assert!("California".parse::<Region>().is_err());
/// # Ok::<(), sutler_core::address::AddressError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    text: [u8; 3],
    length: u8,
}

impl Region {
    /// Returns the letters and digits.
    pub fn as_str(&self) -> &str {
        let text = self.text.get(..usize::from(self.length));
        text.and_then(|text| std::str::from_utf8(text).ok()).unwrap_or("??")
    }
}

impl std::str::FromStr for Region {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let bytes = text.as_bytes();
        let good = bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        match (bytes, u8::try_from(bytes.len())) {
            ([a], Ok(length)) if good => Ok(Self { text: [*a, 0, 0], length }),
            ([a, b], Ok(length)) if good => Ok(Self { text: [*a, *b, 0], length }),
            ([a, b, c], Ok(length)) if good => Ok(Self { text: [*a, *b, *c], length }),
            _ => Err(AddressError::Region(shown(text))),
        }
    }
}

impl std::fmt::Display for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Debug for Region {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Region {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

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
    /// Not one to three capital letters or digits.
    #[error(
        "`{0}` is not a region: write what follows the country in its ISO 3166-2 code, such as CA of US-CA"
    )]
    Region(String),
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
            given: shown(text),
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
/// In text (command line) it is `Name;Street 1;12345;City;DE`, or with the region where that matters,
/// `Name;Street 1;94105;San Francisco;US-CA`.
///
/// ```
/// use sutler_core::address::Address;
/// let home: Address = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse()?;
/// assert_eq!((home.city.as_str(), home.region), ("Berlin", None));
/// let bay: Address = "Ada Lovelace;1 Market St;94105;San Francisco;US-CA".parse()?;
/// assert_eq!(bay.region.map(|region| region.to_string()).as_deref(), Some("CA"));
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
    /// Part of the country, where tax or delivery depend on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
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
        let (country, region) = match country.split_once('-') {
            Some((country, region)) => (country, Some(region.parse()?)),
            None => (*country, None),
        };
        let address = Address {
            name: (*name).to_owned(),
            street: (*street).to_owned(),
            postal_code: (*postal_code).to_owned(),
            city: (*city).to_owned(),
            country: country.parse()?,
            region,
        };
        address.check()?;
        Ok(address)
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Address { name, street, postal_code, city, country, region } = self;
        write!(f, "{name}, {street}, {postal_code} {city}, {country}")?;
        region.map_or(Ok(()), |region| write!(f, "-{region}"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    #[test]
    fn a_region_stands_behind_its_country() {
        for text in ["Ada;1 Market St;94105;San Francisco;US-CA", "Ada;St 1;10115;Berlin;DE"] {
            let address: Address = text.parse().unwrap();
            let country = text.rsplit(';').next().unwrap();
            assert!(address.to_string().ends_with(&format!(", {country}")), "{address}");
        }
        for wrong in ["US-", "US-ca", "US-CALI", "-CA", "US-C A", "US CA"] {
            assert!(
                format!("Ada;1 Market St;94105;San Francisco;{wrong}").parse::<Address>().is_err(),
                "{wrong}"
            );
        }
        let region = |text: &str| text.parse::<Region>().map(|region| region.to_string());
        for text in ["1", "09", "CA", "ENG", "B2"] {
            assert_eq!(region(text).as_deref(), Ok(text));
        }
        assert!(region("").is_err() && region("Ä").is_err());
    }
}
