//! Cash, bank transfer, invoice: a person says when the money arrived.

use sutler_core::port::{Lookup, PaymentProvider, ProviderError, ProviderReply, ProviderRequest};

/// The provider `manual`. It is never asked to hold money; refunds are done by a person, so it answers them at once and the
/// fact says that the person is to pay out.
///
/// ```
/// use sutler_core::port::PaymentProvider;
/// use sutler_engine::provider::ManualProvider;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
///
/// assert!(ManualProvider.is_manual());
/// # let placed = sutler_engine::testing::order(&shop, "manual:cash")?;
/// assert!(placed.payments[0].state().held().is_zero(), "placed, and nothing is held");
/// shop.mark_paid(placed.order.number, None, "over the counter", None)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
