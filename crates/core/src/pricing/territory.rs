//! [`Territory`]: a part of the world, by country, region and postal code.
//!
//! Tax zones and delivery methods say with one where they hold. Where several territories cover an address, the one that
//! describes it most closely is found by [`Territory::closeness`].
//!
//! Deliberately absent: maps, distances, and lists of real postal codes.

use crate::shown::shown;
use std::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::Destination;
use crate::address::{CountryCode, Region};

/// Which postal codes: all that begin with something, or all between two.
///
/// In text a beginning is `274` (or `274*`), a range is `35000..35999`. Blanks, hyphens and case do not matter. A code is
/// in a range when its first characters, as many as the bounds have, are; so `94105-1234` is in `94100..94199`.
///
/// ```
/// use sutler_core::pricing::PostalCodes;
///
/// let range: PostalCodes = "35000..35999".parse()?;
/// assert!(range.contains("35 100") && !range.contains("36000") && !range.contains(""));
/// assert!("HS*".parse::<PostalCodes>()?.contains("hs1 2ab"));
/// assert!("35999..35000".parse::<PostalCodes>().is_err());
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PostalCodes {
    /// The first code, plain; the same as `last` for a beginning.
    first: String,
    last: String,
}

impl PostalCodes {
    /// The most characters that matter of a postal code.
    const CHARS_MAX: usize = 12;

    /// Tells whether a postal code is one of them; an unknown (empty) one never is.
    pub fn contains(&self, code: &str) -> bool {
        let code: String = plain(code).take(self.first.len()).collect();
        code.len() == self.first.len()
            && (self.first.as_str()..=self.last.as_str()).contains(&code.as_str())
    }

    /// Returns how closely it describes a code: more common characters first, then fewer codes.
    fn closeness(&self) -> (usize, Reverse<u64>) {
        let common = self.first.bytes().zip(self.last.bytes()).take_while(|(a, b)| a == b).count();
        (common, Reverse(number(&self.last).saturating_sub(number(&self.first))))
    }
}

/// The characters of a postal code that matter.
fn plain(code: &str) -> impl Iterator<Item = char> + '_ {
    code.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase())
}

/// A plain code as a number in base 36, so that ranges have a size. Twelve characters fit 64 bits.
fn number(code: &str) -> u64 {
    code.chars().fold(0, |sum, c| sum * 36 + u64::from(c.to_digit(36).unwrap_or(0)))
}

impl std::str::FromStr for PostalCodes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bound = |part: &str| {
            let part: String = plain(part.trim()).collect();
            let good = (1..=PostalCodes::CHARS_MAX).contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_alphanumeric());
            good.then_some(part)
        };
        let shown = || shown(text);
        let found = match text.split_once("..") {
            None => {
                let code = bound(text.trim().trim_end_matches('*'));
                code.map(|code| PostalCodes { first: code.clone(), last: code })
            }
            Some((first, last)) => {
                let bounds = bound(first).zip(bound(last));
                bounds
                    .filter(|(first, last)| first.len() == last.len() && first < last)
                    .map(|(first, last)| PostalCodes { first, last })
            }
        };
        found.ok_or_else(|| {
            format!(
                "`{}` says no postal codes: write how they begin, such as 274, or a range of equally long codes, such as \
                 35000..35999",
                shown()
            )
        })
    }
}

impl std::fmt::Display for PostalCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.first == self.last {
            f.write_str(&self.first)
        } else {
            write!(f, "{}..{}", self.first, self.last)
        }
    }
}

impl TryFrom<String> for PostalCodes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<PostalCodes> for String {
    fn from(codes: PostalCodes) -> String {
        codes.to_string()
    }
}

/// A part of the world. The default is all of it.
///
/// ```
/// use sutler_core::pricing::{Destination, Territory};
///
/// let canaries = Territory {
///     countries: vec!["ES".parse()?],
///     postal_codes: vec!["35".parse()?, "38".parse()?],
///     ..Territory::default()
/// };
/// let at = |code: &str| Destination { postal_code: code.to_owned(), ..Destination::country("ES".parse().unwrap()) };
/// assert!(canaries.covers(&at("35001")) && !canaries.covers(&at("28001")));
///
/// let spain = Territory::of_countries(["ES".parse()?]);
/// assert!(canaries.closeness(&at("35001")) > spain.closeness(&at("35001")));
/// assert!(Territory::default().is_everywhere() && !spain.is_everywhere());
///
/// let twice = Territory::of_countries(["FR".parse()?, "ES".parse()?, "FR".parse()?]);
/// assert_eq!(twice.in_order().to_string(), "ES, FR");
/// let nowhere = Territory { countries: vec![], ..canaries };
/// assert!(nowhere.check().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
pub struct Territory {
    /// Its countries; none means everywhere.
    #[serde(default)]
    pub countries: Vec<CountryCode>,
    /// Regions of its one country; none means all of it, also where the region is unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<Region>,
    /// Its postal codes; none means all, also where the code is unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty", alias = "postal_code_prefixes")]
    pub postal_codes: Vec<PostalCodes>,
    /// Postal codes that are left out, such as those of islands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except_postal_codes: Vec<PostalCodes>,
}

/// How closely a [`Territory`] describes an address; the greatest decides.
///
/// ```
/// use sutler_core::pricing::{Closeness, Destination, Territory};
///
/// let spain = "ES".parse()?;
/// let close = |territory: Territory| -> Option<Closeness> {
///     territory.closeness(&Destination::country(spain))
/// };
/// let alone = close(Territory::of_countries([spain]));
/// let among = close(Territory::of_countries([spain, "PT".parse()?]));
/// assert!(alone > among && among > close(Territory::default()));
/// # Ok::<(), sutler_core::address::AddressError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Closeness {
    postal_code: Option<(usize, Reverse<u64>)>,
    region: bool,
    countries: Reverse<usize>,
}

impl Territory {
    /// Returns a territory of countries.
    pub fn of_countries(countries: impl IntoIterator<Item = CountryCode>) -> Territory {
        Territory { countries: countries.into_iter().collect(), ..Territory::default() }
    }

    /// Tells whether it is all of the world.
    pub fn is_everywhere(&self) -> bool {
        *self == Territory::default()
    }

    /// Tells whether an address lies in it.
    pub fn covers(&self, destination: &Destination) -> bool {
        self.closeness(destination).is_some()
    }

    /// Returns how closely it describes an address; `None` when the address lies outside.
    ///
    /// A postal code is closer than a region, a region closer than a country, and a country closer than one of several.
    pub fn closeness(&self, destination: &Destination) -> Option<Closeness> {
        let Destination { country, region, postal_code } = destination;
        let in_country = self.countries.is_empty() || self.countries.contains(country);
        let in_region =
            self.regions.is_empty() || region.is_some_and(|region| self.regions.contains(&region));
        if !in_country
            || !in_region
            || self.except_postal_codes.iter().any(|c| c.contains(postal_code))
        {
            return None;
        }
        let codes = self.postal_codes.iter().filter(|codes| codes.contains(postal_code));
        let postal_code = codes.map(PostalCodes::closeness).max();
        if postal_code.is_none() && !self.postal_codes.is_empty() {
            return None;
        }
        let countries = if self.countries.is_empty() { usize::MAX } else { self.countries.len() };
        let region = !self.regions.is_empty();
        Some(Closeness { postal_code, region, countries: Reverse(countries) })
    }

    /// Returns it with every list in order and without repetition, so that two that mean the same are equal.
    #[must_use]
    pub fn in_order(mut self) -> Territory {
        self.countries.sort_unstable();
        self.countries.dedup();
        self.regions.sort_unstable();
        self.regions.dedup();
        for codes in [&mut self.postal_codes, &mut self.except_postal_codes] {
            codes.sort_unstable();
            codes.dedup();
        }
        self
    }

    /// Says what contradicts itself.
    ///
    /// Errors: a sentence that continues the name of a record.
    pub fn check(&self) -> Result<(), &'static str> {
        if !self.regions.is_empty() && self.countries.len() != 1 {
            Err("names regions of no country or of several; give it exactly one country")
        } else if !self.postal_codes.is_empty() && self.countries.len() != 1 {
            Err("names postal codes of no country or of several; give it exactly one country")
        } else {
            Ok(())
        }
    }
}

impl std::fmt::Display for Territory {
    /// Writes it for people: `ES 35, 38`, `US-CA`, `everywhere`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        fn list<T: ToString>(parts: &[T]) -> String {
            parts.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
        }
        match (self.countries.as_slice(), self.regions.as_slice()) {
            ([], _) => f.write_str("everywhere")?,
            (countries, []) => f.write_str(&list(countries))?,
            (countries, regions) => {
                let country = list(countries);
                let whole: Vec<_> =
                    regions.iter().map(|region| format!("{country}-{region}")).collect();
                f.write_str(&whole.join(", "))?;
            }
        }
        if !self.postal_codes.is_empty() {
            write!(f, " {}", list(&self.postal_codes))?;
        }
        if !self.except_postal_codes.is_empty() {
            write!(f, " without {}", list(&self.except_postal_codes))?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    fn to(country: &str, region: &str, postal_code: &str) -> Destination {
        Destination {
            country: country.parse().unwrap(),
            region: region.parse().ok(),
            postal_code: postal_code.to_owned(),
        }
    }

    /// `ES`, `US-CA,NY`, `ES 35,38 !35500..35599`, ``: everywhere.
    fn territory(text: &str) -> Territory {
        let mut found = Territory::default();
        for (nr, word) in text.split_whitespace().enumerate() {
            let codes = |word: &str| word.split(',').map(|code| code.parse().unwrap()).collect();
            match (word.strip_prefix('!'), word.split_once('-')) {
                (Some(codes_out), _) => found.except_postal_codes = codes(codes_out),
                (_, Some((country, regions))) if nr == 0 => {
                    found.countries = vec![country.parse().unwrap()];
                    found.regions = regions.split(',').map(|r| r.parse().unwrap()).collect();
                }
                _ if nr == 0 => {
                    found.countries = word.split(',').map(|c| c.parse().unwrap()).collect()
                }
                _ => found.postal_codes = codes(word),
            }
        }
        found
    }

    #[test]
    fn territories_look_at_country_region_and_postal_code() {
        for (text, country, region, code, covered) in [
            ("", "US", "", "", true),
            ("DE,GB 27498,hs", "DE", "", "27498", true),
            ("DE 27498", "DE", "", "27499", false),
            ("DE 27498", "DE", "", "", false),
            ("GB HS,IV41", "GB", "", "HS1 2AB", true),
            ("GB HS,IV41", "GB", "", "iv4 1xy", true),
            ("GB HS,IV41", "FR", "", "HS1", false),
            ("US-CA,NY", "US", "CA", "", true),
            ("US-CA,NY", "US", "TX", "", false),
            ("US-CA,NY", "US", "", "", false),
            ("US 94100..94199", "US", "", "94105-1234", true),
            ("US 94100..94199", "US", "", "94200", false),
            ("US 94100..94199", "US", "", "941", false),
            ("PT !9000..9999", "PT", "", "9500-321", false),
            ("PT !9000..9999", "PT", "", "1000-205", true),
            ("PT !9000..9999", "PT", "", "", true),
        ] {
            let covers = territory(text).covers(&to(country, region, code));
            assert_eq!(covers, covered, "{text:?} and {country} {region} {code}");
        }
    }

    #[test]
    fn the_closest_description_wins() {
        let here = to("ES", "CN", "35001");
        let closer = [
            "ES 35001",
            "ES 35000..35009",
            "ES 35",
            "ES 35000..36999",
            "ES 30000..39999",
            "ES-CN",
            "ES",
            "ES,PT",
            "ES,PT,FR",
            "",
        ];
        for pair in closer.windows(2) {
            let [a, b] = [pair[0], pair[1]].map(|text| territory(text).closeness(&here).unwrap());
            assert!(a > b, "{pair:?}");
        }
    }

    #[test]
    fn postal_codes_are_read_strictly() {
        for text in ["274", "274*", " 27 4 ", "HS", "35000..35999", "1000-205"] {
            let codes: PostalCodes = text.parse().unwrap();
            assert_eq!(codes.to_string().parse(), Ok(codes), "{text}");
        }
        for wrong in [
            "",
            "*",
            "35..3",
            "35999..35000",
            "35..35",
            "a..b..c",
            "ä",
            "1234567890123",
            "35000-..",
            "3?",
        ] {
            assert!(wrong.parse::<PostalCodes>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for (text, good) in
            [("", true), ("DE,FR", true), ("US-CA", true), ("DE 1", true), ("DE,FR 1", false)]
        {
            assert_eq!(territory(text).check().is_ok(), good, "{text}");
        }
        let nowhere = Territory { regions: vec!["CA".parse().unwrap()], ..Territory::default() };
        assert!(nowhere.check().is_err());
        let shown = ["everywhere", "US-CA, US-NY", "ES 35, 38 without 355"];
        for (text, shown) in ["", "US-CA,NY", "ES 35,38 !355"].into_iter().zip(shown) {
            assert_eq!(territory(text).to_string(), shown);
        }
    }
}
