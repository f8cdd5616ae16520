//! Where chance comes from.

use super::StoreError;

/// Where random bytes come from that nobody can guess: secrets are made of them.
///
/// ```
/// use sutler_core::port::{RandomSource, StoreError};
///
/// /// The same every time: what a test wants, and no shop.
/// struct Sevens;
///
/// impl RandomSource for Sevens {
///     fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError> {
///         bytes.fill(7);
///         Ok(())
///     }
/// }
/// let mut bytes = [0; 4];
/// Sevens.fill(&mut bytes)?;
/// assert_eq!(bytes, [7; 4]);
/// # Ok::<(), StoreError>(())
/// ```
pub trait RandomSource: Send + Sync {
    /// Fills all bytes from a source fit for secrets, such as that of the operating system.
    ///
    /// Errors: [`StoreError`] when there is none; then the bytes must not be used.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), StoreError>;
}
