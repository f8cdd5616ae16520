//! Moments. Core never asks for the time: every rule that depends on it takes `now` as an argument.

use chrono::{DateTime, SecondsFormat};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A moment.
///
/// Unit: milliseconds since 1970-01-01T00:00:00Z. Printed and serialized as RFC 3339 in UTC with milliseconds.
///
/// ```
/// use sutler_core::time::Timestamp;
/// let at = Timestamp::from_millis(1_767_225_600_000);
/// assert_eq!(at.to_string(), "2026-01-01T00:00:00.000Z");
/// assert_eq!("2026-01-01T01:00:00+01:00".parse(), Ok(at));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A text is not an RFC 3339 moment between the years 0000 and 9999.
///
/// ```
/// use sutler_core::time::{ParseTimestampError, Timestamp};
///
/// let refused: Result<Timestamp, ParseTimestampError> = "31.01.2026".parse();
/// assert_eq!(
///     refused.map_err(|why| why.to_string()),
///     Err("`31.01.2026` is not a moment such as 2026-01-31T18:00:00Z".to_owned()),
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is not a moment such as 2026-01-31T18:00:00Z")]
pub struct ParseTimestampError(String);

impl Timestamp {
    /// The last moment that prints: 9999-12-31T23:59:59.999Z.
    pub const MAX: Timestamp = Timestamp(253_402_300_799_999);

    /// Wraps milliseconds since 1970, kept within what prints (years 0 to 9999).
    ///
    /// ```
    /// # use sutler_core::time::Timestamp;
    /// assert_eq!(Timestamp::from_millis(1_500).to_string(), "1970-01-01T00:00:01.500Z");
    /// assert_eq!(Timestamp::from_millis(i64::MAX), Timestamp::MAX);
    /// ```
    pub const fn from_millis(millis: i64) -> Self {
        const MIN: i64 = -62_167_219_200_000;
        if millis < MIN {
            Self(MIN)
        } else if millis > Self::MAX.0 {
            Self::MAX
        } else {
            Self(millis)
        }
    }

    /// Returns milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Returns the moment `seconds` later, at most [`Timestamp::MAX`].
    ///
    /// ```
    /// # use sutler_core::time::Timestamp;
    /// let now = Timestamp::from_millis(1_000);
    /// assert_eq!(now.plus_seconds(900).millis(), 901_000);
    /// assert_eq!(Timestamp::MAX.plus_seconds(1), Timestamp::MAX);
    /// ```
    pub const fn plus_seconds(self, seconds: u32) -> Self {
        // A u32 of seconds in milliseconds always fits an i64, so only the sum can saturate.
        #[expect(clippy::as_conversions, reason = "u32 to i64 is lossless and `From` is not const")]
        let millis = seconds as i64 * 1000;
        Self::from_millis(self.0.saturating_add(millis))
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let moment = DateTime::from_timestamp_millis(self.0).unwrap_or_default();
        f.write_str(&moment.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl std::fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, ParseTimestampError> {
        let moment =
            DateTime::parse_from_rfc3339(text).map_err(|_| ParseTimestampError(text.to_owned()))?;
        Ok(Self::from_millis(moment.timestamp_millis()))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_moments_are_kept_within_what_prints() {
        assert_eq!(Timestamp::from_millis(i64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::from_millis(i64::MIN).to_string(), "0000-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::MAX.plus_seconds(1), Timestamp::MAX);
        assert!("2026-13-01T00:00:00Z".parse::<Timestamp>().is_err());
    }
}
