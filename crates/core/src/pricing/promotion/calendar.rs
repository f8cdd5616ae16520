//! [`Calendar`]: on which weekdays and between which times of day something holds, by the clock on the wall.
//!
//! Wall clocks jump. Where a time is shown twice, as in the night in which summer time ends, a calendar holds both
//! times; where it is never shown, it does not hold at all. Times are half-open, so two calendars that touch leave no
//! gap and never both hold.

use crate::shown::shown;
use chrono::{DateTime, Datelike, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Timelike};
use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A time zone by its IANA name: `Europe/Berlin`. The rules of all zones are compiled in.
///
/// ```
/// use sutler_core::pricing::TimeZone;
///
/// let berlin: TimeZone = "Europe/Berlin".parse()?;
/// // In the night in which summer time begins, 02:30 is never shown: the first moment after it counts.
/// let at = berlin.moment("2026-03-29 02:30").map(|at| at.to_string());
/// assert_eq!(at.as_deref(), Some("2026-03-29T01:00:00.000Z"));
/// assert!("Europe/Berlim".parse::<TimeZone>().is_err());
/// # Ok::<(), sutler_core::pricing::UnknownTimeZone>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeZone(chrono_tz::Tz);

/// There is no time zone of this name.
///
/// ```
/// use sutler_core::pricing::{TimeZone, UnknownTimeZone};
///
/// assert_eq!("Mars".parse::<TimeZone>(), Err(UnknownTimeZone { given: "Mars".to_owned() }));
/// assert_eq!(TimeZone::UTC.name(), "UTC");
/// assert!(TimeZone::names().any(|name| name == "Europe/Berlin"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no time zone {given:?}; write an IANA name such as Europe/Berlin")]
pub struct UnknownTimeZone {
    /// What was given.
    pub given: String,
}

impl TimeZone {
    /// Coordinated universal time.
    pub const UTC: TimeZone = TimeZone(chrono_tz::UTC);

    /// Returns the name.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Returns all names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())
    }

    /// Returns the first moment at which the wall clock shows `YYYY-MM-DD` or `YYYY-MM-DD HH:MM[:SS]`, or, where it
    /// never does, at which it shows a later time. `None` when that is no date and time.
    pub fn moment(self, text: &str) -> Option<Timestamp> {
        let midnight = || format!("{text} 00:00");
        let read = |text: &str| {
            let forms = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"];
            forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        };
        let local = read(text).or_else(|| read(&midnight()))?;
        // Clocks never jump by more than a day, and jumps are whole minutes today; seconds for old ones.
        let moment = match self.0.from_local_datetime(&local).earliest() {
            Some(found) => found.timestamp_millis(),
            None => self.after_gap(local)?,
        };
        Some(Timestamp::from_millis(moment))
    }

    /// Returns the first moment after the gap that holds a local time.
    fn after_gap(self, local: NaiveDateTime) -> Option<i64> {
        // The offset before the gap, taken at a moment that lies surely before it, leads to just behind the gap's
        // begin; the begin itself is found by halving.
        let shown = |millis: i64| {
            let moment = DateTime::from_timestamp_millis(millis)?;
            Some(moment.with_timezone(&self.0).naive_local())
        };
        let middle = local.and_utc().timestamp_millis();
        let day = TimeDelta::days(1).num_milliseconds();
        let (mut before, mut after) = (middle - day, middle + day);
        while after - before > 1 {
            let half = before + (after - before) / 2;
            if shown(half)? < local { before = half } else { after = half }
        }
        Some(after)
    }

    /// Returns weekday and time of day that the wall clock shows.
    fn shows(self, now: Timestamp) -> (Weekday, TimeOfDay) {
        let utc = DateTime::from_timestamp_millis(now.millis()).unwrap_or_default();
        let local = utc.with_timezone(&self.0);
        let seconds = local.time().num_seconds_from_midnight();
        (Weekday::from(local.weekday()), TimeOfDay { seconds })
    }
}

impl std::fmt::Display for TimeZone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for TimeZone {
    type Err = UnknownTimeZone;

    fn from_str(text: &str) -> Result<Self, UnknownTimeZone> {
        let unknown = |_| UnknownTimeZone { given: shown(text) };
        text.parse().map(TimeZone).map_err(unknown)
    }
}

impl TryFrom<String> for TimeZone {
    type Error = UnknownTimeZone;

    fn try_from(text: String) -> Result<Self, UnknownTimeZone> {
        text.parse()
    }
}

impl From<TimeZone> for String {
    fn from(zone: TimeZone) -> String {
        zone.name().to_owned()
    }
}

/// A day of the week.
///
/// ```
/// use sutler_core::pricing::Weekday;
///
/// assert_eq!(Weekday::ALL.map(Weekday::name)[..2], ["monday", "tuesday"]);
/// assert_eq!(serde_json::from_str::<Weekday>("\"friday\"")?, Weekday::Friday);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// All days, Monday first.
    pub const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    /// Returns its name as in serde: `monday`.
    pub const fn name(self) -> &'static str {
        match self {
            Weekday::Monday => "monday",
            Weekday::Tuesday => "tuesday",
            Weekday::Wednesday => "wednesday",
            Weekday::Thursday => "thursday",
            Weekday::Friday => "friday",
            Weekday::Saturday => "saturday",
            Weekday::Sunday => "sunday",
        }
    }

    /// Returns the day before.
    fn before(self) -> Weekday {
        let [monday, .., sunday] = Weekday::ALL;
        if self == monday {
            return sunday;
        }
        let earlier = Weekday::ALL.into_iter().take_while(|day| *day != self);
        earlier.last().unwrap_or(sunday)
    }
}

impl From<chrono::Weekday> for Weekday {
    fn from(day: chrono::Weekday) -> Weekday {
        match day {
            chrono::Weekday::Mon => Weekday::Monday,
            chrono::Weekday::Tue => Weekday::Tuesday,
            chrono::Weekday::Wed => Weekday::Wednesday,
            chrono::Weekday::Thu => Weekday::Thursday,
            chrono::Weekday::Fri => Weekday::Friday,
            chrono::Weekday::Sat => Weekday::Saturday,
            chrono::Weekday::Sun => Weekday::Sunday,
        }
    }
}

/// A time that a wall clock shows, to the second: `18:00`, and `24:00` for the end of a day.
///
/// ```
/// use sutler_core::pricing::TimeOfDay;
///
/// let evening: TimeOfDay = "18:00".parse()?;
/// assert!(TimeOfDay::MIDNIGHT < evening && evening < TimeOfDay::END);
/// assert_eq!((evening.to_string(), TimeOfDay::END.to_string()), ("18:00".into(), "24:00".into()));
/// # Ok::<(), sutler_core::pricing::ParseTimeOfDayError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TimeOfDay {
    seconds: u32,
}

/// A text is not a time of day.
///
/// ```
/// use sutler_core::pricing::TimeOfDay;
///
/// assert_eq!(
///     "6 pm".parse::<TimeOfDay>().map_err(|refused| refused.to_string()),
///     Err("\"6 pm\" is not a time of day; write it as 18:00, between 00:00 and 24:00".to_owned()),
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{given:?} is not a time of day; write it as 18:00, between 00:00 and 24:00")]
pub struct ParseTimeOfDayError {
    /// What was given.
    pub given: String,
}

impl TimeOfDay {
    /// When a day begins.
    pub const MIDNIGHT: TimeOfDay = TimeOfDay { seconds: 0 };
    /// When a day has ended.
    pub const END: TimeOfDay = TimeOfDay { seconds: 86_400 };
}

impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (hours, minutes, seconds) =
            (self.seconds / 3600, self.seconds / 60 % 60, self.seconds % 60);
        write!(f, "{hours:02}:{minutes:02}")?;
        if seconds > 0 { write!(f, ":{seconds:02}") } else { Ok(()) }
    }
}

impl std::str::FromStr for TimeOfDay {
    type Err = ParseTimeOfDayError;

    fn from_str(text: &str) -> Result<Self, ParseTimeOfDayError> {
        if text == "24:00" {
            return Ok(TimeOfDay::END);
        }
        let forms = ["%H:%M", "%H:%M:%S"];
        let time = forms.iter().find_map(|form| NaiveTime::parse_from_str(text, form).ok());
        let refused = || ParseTimeOfDayError { given: shown(text) };
        time.filter(|_| text.len() == 5 || text.len() == 8)
            .map(|time| TimeOfDay { seconds: time.num_seconds_from_midnight() })
            .ok_or_else(refused)
    }
}

impl TryFrom<String> for TimeOfDay {
    type Error = ParseTimeOfDayError;

    fn try_from(text: String) -> Result<Self, ParseTimeOfDayError> {
        text.parse()
    }
}

impl From<TimeOfDay> for String {
    fn from(time: TimeOfDay) -> String {
        time.to_string()
    }
}

/// On which weekdays and between which times something holds, by the wall clock of a zone.
///
/// A calendar whose `until` is not after its `from` runs into the next day: Friday 22:00 to 02:00 holds on Saturday at
/// 01:00, and not on Friday at 01:00.
///
/// ```
/// use sutler_core::pricing::{Calendar, TimeOfDay, TimeZone, Weekday};
///
/// let happy_hour = Calendar {
///     zone: "Europe/Berlin".parse()?,
///     weekdays: vec![Weekday::Friday],
///     from: "17:00".parse()?,
///     until: "19:00".parse()?,
/// };
/// assert!(happy_hour.contains("2026-07-03T15:00:00Z".parse()?)); // 17:00 in summer
/// assert!(!happy_hour.contains("2026-07-03T17:00:00Z".parse()?)); // 19:00
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Calendar {
    /// Whose clock on the wall counts.
    pub zone: TimeZone,
    /// The days on which it begins; none: every day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<Weekday>,
    /// The first time of the day at which it holds.
    pub from: TimeOfDay,
    /// The first time at which it no longer holds.
    pub until: TimeOfDay,
}

impl Calendar {
    /// Tells whether it holds at `now`.
    pub fn contains(&self, now: Timestamp) -> bool {
        let (day, time) = self.zone.shows(now);
        let begins_on = |day| self.weekdays.is_empty() || self.weekdays.contains(&day);
        if self.from < self.until {
            return self.from <= time && time < self.until && begins_on(day);
        }
        self.from <= time && begins_on(day) || time < self.until && begins_on(day.before())
    }
}

impl std::fmt::Display for Calendar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.weekdays.is_empty() {
            f.write_str("daily")?;
        }
        for (index, day) in self.weekdays.iter().enumerate() {
            write!(f, "{}{}", if index == 0 { "on " } else { ", " }, day.name())?;
        }
        write!(f, " from {} until {} ({})", self.from, self.until, self.zone)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use super::*;

    fn calendar(zone: &str, weekdays: &[Weekday], from: &str, until: &str) -> Calendar {
        Calendar {
            zone: zone.parse().unwrap(),
            weekdays: weekdays.to_vec(),
            from: from.parse().unwrap(),
            until: until.parse().unwrap(),
        }
    }

    #[track_caller]
    fn holds(calendar: &Calendar, cases: &[(&str, bool)]) {
        for (at, holds) in cases {
            assert_eq!(calendar.contains(at.parse().unwrap()), *holds, "{at}");
        }
    }

    #[test]
    fn the_hour_that_is_never_shown_never_holds() {
        // Summer time begins in Berlin on 2026-03-29: 02:00 becomes 03:00.
        let night = calendar("Europe/Berlin", &[], "02:00", "03:00");
        holds(
            &night,
            &[
                ("2026-03-28T01:00:00Z", true),
                ("2026-03-29T00:59:59.999Z", false),
                ("2026-03-29T01:00:00Z", false),
                ("2026-03-30T00:00:00Z", true),
                ("2026-03-30T01:00:00Z", false),
            ],
        );
    }

    #[test]
    fn the_hour_that_is_shown_twice_holds_twice() {
        // It ends on 2026-10-25: 03:00 becomes 02:00 again.
        let night = calendar("Europe/Berlin", &[], "02:00", "03:00");
        holds(
            &night,
            &[
                ("2026-10-24T23:59:59.999Z", false),
                ("2026-10-25T00:00:00Z", true),
                ("2026-10-25T01:00:00Z", true),
                ("2026-10-25T01:59:59.999Z", true),
                ("2026-10-25T02:00:00Z", false),
            ],
        );
        let later = calendar("Europe/Berlin", &[], "02:30", "02:45");
        holds(
            &later,
            &[
                ("2026-10-25T00:30:00Z", true),
                ("2026-10-25T00:45:00Z", false),
                ("2026-10-25T01:00:00Z", false),
                ("2026-10-25T01:30:00Z", true),
                ("2026-10-25T01:45:00Z", false),
            ],
        );
    }

    #[test]
    fn a_calendar_runs_into_the_next_day() {
        let night = calendar("America/New_York", &[Weekday::Friday], "22:00", "02:00");
        holds(
            &night,
            &[
                ("2026-01-10T02:59:59Z", false), // Friday 21:59:59
                ("2026-01-10T03:00:00Z", true),
                ("2026-01-10T06:59:59.999Z", true), // Saturday 01:59:59.999
                ("2026-01-10T07:00:00Z", false),
                ("2026-01-09T06:00:00Z", false), // Friday 01:00
                ("2026-01-11T04:00:00Z", false), // Saturday 23:00
            ],
        );
        let sunday = calendar("UTC", &[Weekday::Sunday], "00:00", "00:00");
        holds(&sunday, &[("2026-01-11T00:00:00Z", true), ("2026-01-12T00:00:00Z", false)]);
        let all_day = calendar("UTC", &[Weekday::Sunday], "00:00", "24:00");
        holds(&all_day, &[("2026-01-11T23:59:59.999Z", true), ("2026-01-12T00:00:00Z", false)]);
    }

    #[test]
    fn calendars_that_touch_share_a_day_without_gap_or_overlap() {
        let (am, pm) = (
            calendar("Australia/Lord_Howe", &[], "00:00", "01:45"),
            calendar("Australia/Lord_Howe", &[], "01:45", "24:00"),
        );
        // Lord Howe moves its clocks by half an hour, on 2026-04-05 and 2026-10-04.
        for begin in ["2026-04-04T10:00:00Z", "2026-10-03T10:00:00Z"] {
            let begin: Timestamp = begin.parse().unwrap();
            for minute in 0..24 * 60 {
                let now = begin.plus_seconds(minute * 60);
                assert!(am.contains(now) != pm.contains(now), "{now}");
            }
        }
    }

    #[test]
    fn moments_are_the_first_at_which_the_clock_shows_them() {
        let berlin: TimeZone = "Europe/Berlin".parse().unwrap();
        for (text, moment) in [
            ("2026-07-01 00:00", "2026-06-30T22:00:00Z"),
            ("2026-01-01", "2025-12-31T23:00:00Z"),
            ("2026-10-25 02:30", "2026-10-25T00:30:00Z"),
            ("2026-10-25 02:30:15", "2026-10-25T00:30:15Z"),
            ("2026-03-29 02:00", "2026-03-29T01:00:00Z"),
            ("2026-03-29 02:59:59", "2026-03-29T01:00:00Z"),
            ("2026-03-29 03:00", "2026-03-29T01:00:00Z"),
        ] {
            assert_eq!(berlin.moment(text), moment.parse().ok(), "{text}");
        }
        // Samoa skipped the whole of 2011-12-30.
        let apia: TimeZone = "Pacific/Apia".parse().unwrap();
        assert_eq!(apia.moment("2011-12-30 12:00"), "2011-12-30T10:00:00Z".parse().ok());
        for wrong in ["", "2026", "2026-02-30", "2026-01-01 25:00", "tomorrow", "2026-01-01 1pm"] {
            assert_eq!(berlin.moment(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn times_and_days_are_read_strictly_and_told_back() {
        for text in ["00:00", "09:05", "23:59:59", "24:00"] {
            assert_eq!(text.parse::<TimeOfDay>().unwrap().to_string(), text);
        }
        for wrong in ["", "9:5", "24:01", "25:00", "12", "12:60", "noon", "12:00 "] {
            assert!(wrong.parse::<TimeOfDay>().is_err(), "{wrong:?}");
        }
        assert_eq!(Weekday::Monday.before(), Weekday::Sunday);
        assert_eq!(Weekday::Sunday.before(), Weekday::Saturday);
        assert_eq!(Weekday::Wednesday.before(), Weekday::Tuesday);
        assert!(TimeZone::names().any(|name| name == "Europe/Berlin"));
    }
}
