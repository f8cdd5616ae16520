//! Channels: what may be changed about a place of selling.

use sutler_core::catalog::{Channel, TaxRounding};
use sutler_core::change::{Change, SetupChange};
use sutler_core::money::Rounding;
use sutler_core::pricing::LaneMode;

use super::cart::{channel_by_code, done};
use crate::{FlowError, Shop};

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
