//! Money: currencies, exact amounts, exact rates, and the few operations that may round.
//!
//! An amount is a whole number of minor units in one currency. Sums are checked: they refuse mixed currencies and
//! overflow instead of wrapping, and there are no operators, because `a + b` cannot refuse. A rate is an exact
//! decimal. A fraction of a minor unit can come up in exactly two operations, *apply a rate*
//! ([`Money::at_rate`], [`Money::tax_within`]) and *split* ([`Money::split`], [`Money::share`]), and the
//! rounding of the first is always an argument.
//!
//! Invariants
//! * Arithmetic never mixes currencies, never wraps and never loses a digit without being told how.
//! * The parts of a split sum to the whole, keep its sign, and none is a full minor unit off.
//! * Text is read strictly: what is not plainly a number of the currency's scale is refused, never rounded.
//! * What comes from outside is at most ±[`Money::MAX_MINOR`].
//!
//! Deliberately absent: floats, exchange rates, formatting for people of some language, and the guessing of number
//! formats in merchants' files (crate `sutler-exchange`).

mod amount;
mod currency;
mod error;
mod parse;
mod rate;
mod rounding;
mod split;
#[cfg(test)]
mod tests;

pub use amount::Money;
pub use currency::Currency;
pub use error::MoneyError;
pub use parse::DecimalMark;
pub use rate::Rate;
pub use rounding::Rounding;
