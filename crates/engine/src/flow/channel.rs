//! Channels: what may be changed about a place of selling.

use sutler_core::catalog::Channel;
use sutler_core::change::{Change, SetupChange};
use sutler_core::pricing::LaneMode;

use super::cart::{channel_by_code, done};
use crate::{FlowError, Shop};

impl Shop {
    /// Says how promotions are combined in a channel. Carts are priced by it from now on; orders keep what they were sold
    /// for. With `dry_run` nothing is written; one that is so already stays as it is.
    ///
    /// Errors: `not_found` with the codes of the channels there are.
    ///
    /// ```
    /// use sutler_core::pricing::LaneMode;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// let best = shop.channel_lane_mode("web", LaneMode::BestOf, false)?;
    /// assert_eq!((best.lane_mode, best.version), (LaneMode::BestOf, 2));
    /// assert_eq!(shop.channel_lane_mode("web", LaneMode::BestOf, false)?, best);
    /// assert_eq!(shop.setup()?.channels[0], best);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn channel_lane_mode(
        &self,
        code: &str,
        lane_mode: LaneMode,
        dry_run: bool,
    ) -> Result<Channel, FlowError> {
        let decide = || -> Result<Option<Channel>, FlowError> {
            let setup = self.setup()?;
            let stored = channel_by_code(&setup, code)?;
            let version = stored.version + 1;
            let moved = Channel { lane_mode, version, ..stored.clone() };
            Ok((stored.lane_mode != lane_mode).then_some(moved))
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
