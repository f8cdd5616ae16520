//! Facts that tests of several modules begin with. Beside it, in `testing/`, stand the records that examples of the
//! documentation begin with, in the form in which stores and JSON output write them.

use crate::catalog::{CapturePolicy, Channel, TaxRounding};
use crate::id::{ChannelId, PriceListId};
use crate::money::{Currency, Rounding};
use crate::pricing::{LaneMode, PriceList};
use crate::time::Timestamp;

/// A gross channel in EUR.
pub(crate) fn channel() -> Channel {
    Channel {
        id: ChannelId::from_u128(1),
        code: "web".to_owned(),
        name: "Web".to_owned(),
        currency: Currency::EUR,
        tax_inclusive: true,
        rounding: Rounding::HalfAwayFromZero,
        tax_rounding: TaxRounding::PerLine,
        default_country: "DE".parse().expect("two letters"),
        capture: CapturePolicy::AtShipment,
        reservation_seconds: 900,
        cart_seconds: 86_400,
        lane_mode: LaneMode::EachUnit,
        version: 1,
    }
}

/// A price list in EUR for everybody, at all times.
pub(crate) fn price_list(id: u128) -> PriceList {
    PriceList::new(PriceListId::from_u128(id), format!("list {id}"), Currency::EUR)
}

/// Seconds after a fixed moment.
pub(crate) fn moment(seconds: u32) -> Timestamp {
    Timestamp::from_millis(1_780_000_000_000).plus_seconds(seconds)
}
