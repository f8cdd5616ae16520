//! Payments: attempts, facts, the fold of facts, and tasks for providers.
//!
//! Four verbs, never mixed: *authorize* holds money, *capture* takes held money, *void* drops a hold, *refund* gives
//! taken money back. Deliberately absent: any provider (see [`crate::port::PaymentProvider`]) and card numbers.

mod by_credit;
mod decide;
mod draft;
mod fact;
#[expect(clippy::module_inception, reason = "the file of the noun itself")]
mod payment;
mod status;

pub(crate) use by_credit::entry_of;
pub use decide::{capture_shares, refund_shares, refundable};
use decide::{event, queued};
pub use draft::PaymentDraft;
pub use fact::{FactKind, PaymentFact, PaymentState};
pub use payment::{Payment, PaymentTask, TaskKind, TaskStatus};
pub use status::PaymentStatus;
