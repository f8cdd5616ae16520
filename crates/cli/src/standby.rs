//! Standing by while another program holds a lease.

use sutler_core::rejection::Rejection;
use sutler_engine::FlowError;

use crate::context::Context;
use crate::error::CommandError;

/// Whom this program stands by for, so that people are told once.
#[derive(Debug, Default)]
pub(crate) struct Standby {
    for_whom: Option<String>,
}

impl Standby {
    /// Tells that another program works, the first time that it is seen.
    ///
    /// Errors: whatever kept this program from its lease but that it is held.
    pub(crate) fn unless_free(
        &mut self,
        context: &Context<'_>,
        refused: FlowError,
    ) -> Result<(), CommandError> {
        let FlowError::Refused(Rejection::LeaseHeld { name, holder, .. }) = refused else {
            return Err(refused.into());
        };
        if self.for_whom.as_ref() != Some(&holder) {
            context.console.say(&format!("standing by: `{name}` is held by {holder}"));
            self.for_whom = Some(holder);
        }
        Ok(())
    }

    /// Notes that this program works itself now.
    pub(crate) fn is_over(&mut self) {
        self.for_whom = None;
    }
}
