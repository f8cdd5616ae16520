//! The clock, the ids and the chance of a real program.

use sutler_core::credit::GiftCardCode;
use sutler_core::port::{Clock, IdSource, RandomSource, StoreError};
use sutler_core::time::Timestamp;

/// The clock of this machine.
///
/// ```
/// use sutler::SystemClock;
/// use sutler::core::port::Clock;
///
/// let before = SystemClock.now();
/// assert!(SystemClock.now() >= before);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Returns what this program is called where people ask who holds a lease: `process 4711 on till-1`.
pub(crate) fn this_program() -> String {
    let process = format!("process {}", std::process::id());
    #[cfg(unix)]
    let machine = Some(rustix::system::uname().nodename().to_string_lossy().into_owned());
    #[cfg(not(unix))]
    let machine = std::env::var("COMPUTERNAME").ok();
    match machine {
        Some(machine) if !machine.is_empty() => format!("{process} on {machine}"),
        _ => process,
    }
}

/// UUIDv7: ids that sort by the time they were made, in this program even within a millisecond.
///
/// ```
/// use sutler::UuidSource;
/// use sutler::core::port::IdSource;
///
/// let first = UuidSource.next_id();
/// assert!(UuidSource.next_id() > first, "they sort by the time they were made");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct UuidSource;

impl IdSource for UuidSource {
    fn next_id(&self) -> u128 {
        uuid::Uuid::now_v7().as_u128()
    }
}

/// The operating system's source of chance, fit for secrets.
///
/// ```
/// use sutler::SystemRandom;
/// use sutler::core::port::RandomSource;
///
/// let (mut one, mut other) = ([0; 32], [0; 32]);
/// SystemRandom.fill(&mut one)?;
/// SystemRandom.fill(&mut other)?;
/// assert_ne!(one, other);
/// # Ok::<(), sutler::core::port::StoreError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRandom;

impl RandomSource for SystemRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError> {
        getrandom::fill(bytes)
            .map_err(|error| StoreError::broken("read random bytes", "the operating system", error))
    }
}

/// Makes the code of a gift card, from 80 bits of the operating system's chance.
///
/// Errors: a failure of the operating system.
///
/// ```
/// use sutler::new_gift_card_code;
///
/// assert_ne!(new_gift_card_code()?, new_gift_card_code()?);
/// # Ok::<(), sutler::FlowError>(())
/// ```
pub fn new_gift_card_code() -> Result<GiftCardCode, crate::FlowError> {
    let mut random = [0; GiftCardCode::RANDOM_BYTES];
    SystemRandom.fill(&mut random)?;
    Ok(GiftCardCode::from_random(random)?)
}
