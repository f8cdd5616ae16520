//! Where an import writes to, and how its file is opened.

use sutler_core::catalog::Channel;
use sutler_core::id::{PriceListId, StockLocationId};
use sutler_core::money::{Currency, DecimalMark};
use sutler_core::rejection::Rejection;
use sutler_core::shop::Setup;
use sutler_exchange::{
    FormatName, Input, Mapping, Opened, ReadOptions, delimiter_from, open as open_file,
};

use super::codes::{BAD_OPTION, refusal};
use super::{ImportOptions, refused};
use crate::FlowError;
use crate::flow::cart::channel_by_code;
use crate::flow::search::search_channel;
use crate::flow::stock::location_by_word;

/// Where an import writes to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Whose currency and prices are meant.
    pub(crate) channel: Channel,
    /// The list that prices go to.
    pub(crate) price_list: PriceListId,
    /// The location that initial stock goes to.
    pub(crate) location: StockLocationId,
}

impl Target {
    /// Finds channel, price list and location of the options.
    pub(crate) fn find(setup: &Setup, options: &ImportOptions) -> Result<Self, FlowError> {
        let channel = match &options.channel {
            Some(code) => channel_by_code(setup, code)?,
            None => search_channel(setup).ok_or_else(|| Rejection::not_found("channel", "web"))?,
        };
        let list = setup.base_price_list(channel);
        let list = list
            .ok_or_else(|| Rejection::not_found("base price list of the channel", &channel.code))?;
        let location = match &options.location {
            Some(word) => location_by_word(setup, word)?,
            None => setup
                .locations
                .iter()
                .filter(|location| location.active)
                .min_by_key(|location| (location.priority, location.id))
                .ok_or_else(|| Rejection::not_found("active stock location", "any"))?,
        };
        Ok(Self { channel: channel.clone(), price_list: list.id, location: location.id })
    }

    /// The currency of every price in the file.
    pub(crate) fn currency(&self) -> Currency {
        self.channel.currency
    }
}

/// Opens and checks the file as the options say.
pub(super) fn open(
    input: Input,
    options: &ImportOptions,
    currency: Currency,
) -> Result<Opened, FlowError> {
    let read = ReadOptions {
        format: format(options.format.as_deref())?,
        encoding: options.encoding.clone(),
        delimiter: options.delimiter.as_deref().map(delimiter).transpose()?,
        decimal: options.decimal.as_deref().map(decimal).transpose()?,
        map: options.map.as_deref().map(mapping).transpose()?,
        strict_sku: options.strict_sku,
        price_list: options.price_list.clone(),
        ..ReadOptions::new(currency)
    };
    open_file(input, read).map_err(refused)
}

fn bad_option(message: String, help: &str) -> FlowError {
    FlowError::File(vec![refusal(&BAD_OPTION, 0, 0, message, help)])
}

fn format(given: Option<&str>) -> Result<Option<FormatName>, FlowError> {
    match given {
        None | Some("auto") => Ok(None),
        Some(name) => name.parse().map(Some).map_err(|unknown: sutler_exchange::UnknownFormat| {
            bad_option(
                unknown.to_string(),
                "leave `--as` out to have the format told by the header",
            )
        }),
    }
}

fn delimiter(given: &str) -> Result<u8, FlowError> {
    delimiter_from(given).ok_or_else(|| {
        let help = "write one character such as `,`, `;` or `|`, or `tab`";
        bad_option(format!("`{given}` is not a delimiter"), help)
    })
}

fn decimal(given: &str) -> Result<DecimalMark, FlowError> {
    match given {
        "," => Ok(DecimalMark::Comma),
        "." => Ok(DecimalMark::Point),
        other => Err(bad_option(format!("`{other}` is not a decimal mark"), "write `,` or `.`")),
    }
}

fn mapping(text: &str) -> Result<Mapping, FlowError> {
    Mapping::parse(text).map_err(|bad| {
        let line = u64::try_from(bad.line).unwrap_or(0);
        FlowError::Mapping(Box::new(refusal(
            bad.code(),
            line,
            0,
            bad.message,
            "mend this line of it",
        )))
    })
}
