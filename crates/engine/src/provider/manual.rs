//! Cash, bank transfer, invoice: a person says when the money arrived.

use sutler_core::port::{Lookup, PaymentProvider, ProviderError, ProviderReply, ProviderRequest};

/// The provider `manual`. It is never asked to hold money; refunds are done by a person, so it answers them at once and the
/// fact says that the person is to pay out.
#[derive(Debug, Default, Clone, Copy)]
pub struct ManualProvider;

impl ManualProvider {
    fn by_hand(request: &ProviderRequest) -> ProviderReply {
        ProviderReply { reference: request.key.clone(), amount: request.amount }
    }
}

impl PaymentProvider for ManualProvider {
    fn name(&self) -> &'static str {
        "manual"
    }

    fn is_manual(&self) -> bool {
        true
    }

    fn authorize(&self, _: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        Err(ProviderError::Declined {
            reason: "a manual payment holds no money; mark it paid when the money arrived"
                .to_owned(),
        })
    }

    fn capture(&self, _: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        Err(ProviderError::Declined {
            reason: "a manual payment is marked paid by a person".to_owned(),
        })
    }

    fn void(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        Ok(Self::by_hand(request))
    }

    fn refund(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        Ok(Self::by_hand(request))
    }

    fn lookup(&self, _: &str) -> Result<Lookup, ProviderError> {
        Ok(Lookup::NeverSeen)
    }
}
