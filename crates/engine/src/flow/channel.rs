//! Channels: opening a place of selling, and what may be changed about one.
//!
//! What is deliberately not changed: the currency, and whether prices contain tax. Every price of the channel would come to mean
//! something else; a shop that wants that opens another channel.

use sutler_core::address::CountryCode;
use sutler_core::catalog::{CapturePolicy, Channel, TaxRounding};
use sutler_core::change::{Change, SetupChange};
use sutler_core::id::ChannelId;
use sutler_core::money::{Currency, Rounding};
use sutler_core::pricing::LaneMode;
use sutler_core::rejection::Rejection;

use super::cart::{channel_by_code, done};
use crate::{FlowError, Shop};

/// How long stock is held for a running checkout, in seconds, unless a channel says otherwise.
const RESERVATION_SECONDS: u32 = 15 * 60;

/// How long a cart lives after its last change, in seconds, unless a channel says otherwise.
const CART_SECONDS: u32 = 30 * 24 * 60 * 60;

/// What a new place of selling is to be. No default: every field is a business choice.
///
/// ```
/// use sutler_core::money::Currency;
/// use sutler_engine::flow::channel::ChannelCommand;
///
/// let trade = ChannelCommand {
///     code: "trade".to_owned(),
///     name: "Trade".to_owned(),
///     currency: Currency::EUR,
///     country: "DE".parse()?,
///     tax_inclusive: false,
/// };
/// assert!(!trade.tax_inclusive, "tax is added to its prices");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChannelCommand {
    /// The word people type, one in the shop.
    pub code: String,
    /// Name for people.
    pub name: String,
    /// The only currency it sells in.
    pub currency: Currency,
    /// Where buyers are assumed to be until they say.
    pub country: CountryCode,
    /// Whether its prices contain tax.
    pub tax_inclusive: bool,
}

/// What is to change about a channel; what is `None` stays.
///
/// ```
/// use sutler_core::catalog::TaxRounding;
/// use sutler_engine::flow::channel::ChannelChange;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
///
/// let change = ChannelChange { tax_rounding: Some(TaxRounding::PerOrder), ..ChannelChange::default() };
/// assert_eq!(shop.channel_set("web", &change, false)?.tax_rounding, TaxRounding::PerOrder);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ChannelChange {
    /// How promotions are combined.
    pub lane_mode: Option<LaneMode>,
    /// Whether tax is rounded on each line or once on the order.
    pub tax_rounding: Option<TaxRounding>,
    /// Where a half of the smallest unit goes.
    pub rounding: Option<Rounding>,
}

impl ChannelChange {
    fn applied_to(self, channel: &Channel) -> Channel {
        Channel {
            lane_mode: self.lane_mode.unwrap_or(channel.lane_mode),
            tax_rounding: self.tax_rounding.unwrap_or(channel.tax_rounding),
            rounding: self.rounding.unwrap_or(channel.rounding),
            ..channel.clone()
        }
    }
}

impl Shop {
    /// Opens a place of selling beside those there are. It rounds and combines promotions like a first one does; see
    /// [`Shop::channel_set`]. It sells by the price lists of its currency that are for every channel or for it: where there are
    /// none yet, import some. With `dry_run` nothing is written.
    ///
    /// Errors: `already_exists` for a code in use; `pricing.invalid_rule` for one that is not one word.
    ///
    /// ```
    /// use sutler_core::money::Currency;
    /// use sutler_engine::flow::channel::ChannelCommand;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// let trade = ChannelCommand {
    ///     code: "trade".to_owned(),
    ///     name: "Trade".to_owned(),
    ///     currency: Currency::EUR,
    ///     country: "DE".parse()?,
    ///     tax_inclusive: false,
    /// };
    /// shop.channel_add(&trade, false)?;
    /// assert_eq!(shop.setup()?.channels.len(), 2);
    /// assert_eq!(shop.channel_add(&trade, false).unwrap_err().code(), "already_exists");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn channel_add(
        &self,
        command: &ChannelCommand,
        dry_run: bool,
    ) -> Result<Channel, FlowError> {
        let channel = self.fresh_channel(command);
        channel.check().map_err(Rejection::from)?;
        if self.setup()?.channels.iter().any(|known| known.code == channel.code) {
            let given = channel.code.clone();
            return Err(Rejection::AlreadyExists { noun: "channel", given }.into());
        }
        if !dry_run {
            self.setup_put(&SetupChange::Channel(channel.clone()))?;
        }
        Ok(channel)
    }

    /// Returns a channel as it begins.
    pub(super) fn fresh_channel(&self, command: &ChannelCommand) -> Channel {
        Channel {
            id: ChannelId::from_u128(self.next_id()),
            code: command.code.clone(),
            name: command.name.clone(),
            currency: command.currency,
            tax_inclusive: command.tax_inclusive,
            rounding: Rounding::HalfAwayFromZero,
            tax_rounding: TaxRounding::PerLine,
            default_country: command.country,
            capture: CapturePolicy::AtShipment,
            reservation_seconds: RESERVATION_SECONDS,
            cart_seconds: CART_SECONDS,
            lane_mode: LaneMode::EachUnit,
            version: 1,
        }
    }

    /// Changes how a channel counts. Carts are priced by it from now on; orders keep what they were sold
    /// for. With `dry_run` nothing is written; one that is so already stays as it is.
    ///
    /// Errors: `not_found` with the codes of the channels there are.
    ///
    /// ```
    /// use sutler_core::pricing::LaneMode;
    /// use sutler_engine::flow::channel::ChannelChange;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// let change = ChannelChange { lane_mode: Some(LaneMode::BestOf), ..ChannelChange::default() };
    /// let best = shop.channel_set("web", &change, false)?;
    /// assert_eq!((best.lane_mode, best.version), (LaneMode::BestOf, 2));
    /// assert_eq!(shop.channel_set("web", &change, false)?, best);
    /// assert_eq!(shop.setup()?.channels[0], best);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn channel_set(
        &self,
        code: &str,
        change: &ChannelChange,
        dry_run: bool,
    ) -> Result<Channel, FlowError> {
        let decide = || -> Result<Option<Channel>, FlowError> {
            let setup = self.setup()?;
            let stored = channel_by_code(&setup, code)?;
            let moved = change.applied_to(stored);
            let differs = moved != *stored;
            Ok(differs.then(|| Channel { version: stored.version + 1, ..moved }))
        };
        let moved = if dry_run {
            decide()?
        } else {
            done(self.settle(|set| {
                let moved = decide()?;
                let change =
                    moved.clone().map(|channel| Change::Setup(SetupChange::Channel(channel)));
                set.changes.extend(change);
                Ok(moved)
            })?)?
        };
        match moved {
            Some(channel) => Ok(channel),
            None => Ok(channel_by_code(&*self.setup()?, code)?.clone()),
        }
    }
}
