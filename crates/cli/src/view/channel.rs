//! Places of selling.

use sutler_core::address::CountryCode;
use sutler_core::catalog::{Channel, TaxRounding};
use sutler_core::id::ChannelId;
use sutler_core::money::Currency;
use sutler_core::pricing::LaneMode;

use super::view;
use crate::answer::{List, Row};
use crate::table::{Column, Side};

view! {
    /// A place of selling.
    ChannelRow {
        /// Identity.
        id: ChannelId,
        /// The word people type.
        code: String,
        /// Its name.
        name: String,
        /// The only currency it sells in.
        currency: Currency,
        /// Whether its prices contain tax.
        tax_inclusive: bool,
        /// Where buyers are assumed to be until they say.
        default_country: CountryCode,
        /// How promotions are combined: `each_unit` or `best_of`.
        lane_mode: String,
        /// Where tax is rounded: `per_line` or `per_order`.
        tax_rounding: String,
        /// Where a half of the smallest unit goes: `half_away_from_zero`, `half_even` or `toward_zero`.
        rounding: String,
    }
}

view! {
    /// The places of selling.
    ChannelList {
        /// The places, by code.
        channels: Vec<ChannelRow>,
    }
}

impl ChannelRow {
    /// Returns where tax is rounded, for people.
    pub(crate) fn tax_words(&self) -> String {
        self.tax_rounding.replace('_', " ")
    }

    /// Returns how promotions are combined, in the word that people type.
    pub(crate) fn mode_words(&self) -> String {
        self.lane_mode.replace('_', "-")
    }
}

impl From<&Channel> for ChannelRow {
    fn from(channel: &Channel) -> Self {
        Self {
            id: channel.id,
            code: channel.code.clone(),
            name: channel.name.clone(),
            currency: channel.currency,
            tax_inclusive: channel.tax_inclusive,
            default_country: channel.default_country,
            lane_mode: match channel.lane_mode {
                LaneMode::EachUnit => "each_unit".to_owned(),
                LaneMode::BestOf => "best_of".to_owned(),
            },
            tax_rounding: match channel.tax_rounding {
                TaxRounding::PerLine => "per_line".to_owned(),
                TaxRounding::PerOrder => "per_order".to_owned(),
            },
            rounding: channel.rounding.name().to_owned(),
        }
    }
}

impl Row for ChannelRow {
    const COLUMNS: &'static [Column] = &[
        ("CODE", Side::Left),
        ("NAME", Side::Left),
        ("CURRENCY", Side::Left),
        ("COUNTRY", Side::Left),
        ("PRICES", Side::Left),
        ("PROMOTIONS", Side::Left),
        ("TAX", Side::Left),
    ];
    const FIELDS: &'static [&'static str] = &[
        "id",
        "code",
        "name",
        "currency",
        "tax_inclusive",
        "default_country",
        "lane_mode",
        "tax_rounding",
        "rounding",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.code.clone(),
            self.name.clone(),
            self.currency.to_string(),
            self.default_country.to_string(),
            if self.tax_inclusive { "with tax".to_owned() } else { "without tax".to_owned() },
            self.mode_words(),
            self.tax_words(),
        ]
    }

    fn fields(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.code.clone(),
            self.name.clone(),
            self.currency.to_string(),
            self.tax_inclusive.to_string(),
            self.default_country.to_string(),
            self.lane_mode.clone(),
            self.tax_rounding.clone(),
            self.rounding.clone(),
        ]
    }
}

impl List for ChannelList {
    type Row = ChannelRow;

    fn rows(&self) -> &[ChannelRow] {
        &self.channels
    }

    fn when_empty(&self) -> String {
        "no channels".to_owned()
    }
}
