//! When a promotion takes its turn, and how a combination of promotions is chosen.

use serde::{Deserialize, Serialize};

/// At which point a promotion takes its turn: later lanes see the price after earlier ones.
///
/// ```
/// use sutler_core::pricing::Lane;
///
/// assert_eq!(Lane::ALL, [Lane::Before, Lane::Normal, Lane::After]);
/// assert!(Lane::ALL.is_sorted());
/// assert_eq!(Lane::default(), Lane::Normal);
/// ```
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// First, such as a clearance.
    Before,
    /// Where most stand.
    #[default]
    Normal,
    /// Last, such as a discount for staff.
    After,
}

impl Lane {
    /// All lanes in their order.
    pub const ALL: [Lane; 3] = [Lane::Before, Lane::Normal, Lane::After];
}

/// How the promotions of a shop are combined. It is one setting for all lanes, because what is best in one lane depends
/// on the others.
///
/// ```
/// use sutler_core::pricing::LaneMode;
///
/// assert_eq!(LaneMode::default(), LaneMode::EachUnit);
/// assert_eq!(serde_json::from_str::<LaneMode>("\"best_of\"")?, LaneMode::BestOf);
/// assert_eq!(LaneMode::EXHAUSTIVE_MAX, 12);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LaneMode {
    /// Every promotion that applies takes part; in a lane each unit takes the best discount.
    #[default]
    EachUnit,
    /// As [`LaneMode::EachUnit`], and promotions are left out when more is taken off goods and delivery without
    /// them. Taxes that are added to the prices, and fees, do not count.
    ///
    /// Up to [`LaneMode::EXHAUSTIVE_MAX`] promotions every combination is tried; beyond that promotions are left out
    /// one at a time, always the one that helps most, until none helps.
    BestOf,
}

impl LaneMode {
    /// Up to how many promotions that apply [`LaneMode::BestOf`] tries every combination.
    pub const EXHAUSTIVE_MAX: usize = 12;
}

/// How the combination of promotions in a quote was found, in [`LaneMode::BestOf`].
///
/// ```
/// use sutler_core::pricing::{CombinationSearch, TraceStep};
/// # let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/testing/order.json"));
/// # let order: sutler_core::order::Order = serde_json::from_str(text)?;
/// # let mut quote = order.quote;
///
/// // A quote for which every combination of three promotions was tried says so.
/// let search = CombinationSearch { promotions: 3, exhaustive: true };
/// quote.combination = Some(search);
/// assert!(quote.trace().iter().any(|node| node.step == TraceStep::Combination(search)));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CombinationSearch {
    /// How many promotions applied by themselves and could be combined.
    pub promotions: u32,
    /// Whether every combination was tried, so that none is better; otherwise promotions were left out one at a time.
    pub exhaustive: bool,
}
