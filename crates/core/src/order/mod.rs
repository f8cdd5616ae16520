//! Orders: what was placed, its lines with their counters, its log, and all that is derived about it.
//!
//! An order stores only `pending → placed → canceled`. How the money, the goods and the returns stand is derived by
//! [`progress`]. Deliberately absent: prices are not computed here (the frozen quote is), money does not move here.

mod decide;
#[expect(clippy::module_inception, reason = "the file of the noun itself")]
mod order;
mod owed;
mod progress;
mod promotion_use;
mod refund;
mod status;

pub use decide::{cancel, fresh_order, place};
pub use order::{
    LineUnits, LoggedAction, Order, OrderAction, OrderLine, OrderNumber, ParseOrderNumberError,
};
pub use owed::{buyer_key, capture_target, check_email, outstanding, require_paid};
pub use progress::{
    FulfillmentProgress, MoneyProgress, Progress, ReturnProgress, Stage, UnknownStage,
    fulfillment_progress, money_progress, progress, return_progress,
};
pub use promotion_use::{PromotionUse, promotion_uses};
pub use refund::refund_units;
pub use status::{OrderMove, OrderStatus};
