//! Dividing money exactly: by weights, and by parts of a whole that come one after the other.
//!
//! Invariant: nothing is lost and nothing is invented. The parts of a split sum to the whole; the shares of a
//! whole sum to it in whatever order they are taken.

use std::cmp::Reverse;

use super::{Money, MoneyError, Rounding};

impl Money {
    /// Splits `self` in proportion to `weights` so that the parts sum to `self` exactly.
    ///
    /// Left-over minor units go to the largest remainders, ties to the earliest weight, so the result is a function
    /// of its arguments alone. Each part has the sign of the whole and is less than one minor unit away from its
    /// exact share; a weight of zero gets nothing.
    ///
    /// Errors: [`MoneyError::NoWeights`] when no weight is above zero.
    ///
    /// ```
    /// use sutler_core::money::{Currency, Money};
    ///
    /// let parts = Money::from_minor(1000, Currency::EUR).split(&[1, 1, 1])?;
    /// assert_eq!(parts.iter().map(|part| part.minor()).collect::<Vec<_>>(), [334, 333, 333]);
    /// # Ok::<(), sutler_core::money::MoneyError>(())
    /// ```
    pub fn split(self, weights: &[u64]) -> Result<Vec<Money>, MoneyError> {
        let mut parts = Vec::new();
        self.split_into(weights, &mut parts)?;
        Ok(parts)
    }

    /// As [`Money::split`], into a list that the caller keeps; what was in it is dropped.
    ///
    /// Errors: as [`Money::split`]; the list is empty then.
    ///
    /// ```
    /// # use sutler_core::money::{Currency, Money, MoneyError};
    /// let mut parts = Vec::new();
    /// for (minor, expected) in [(100, [67, 33]), (-100, [-67, -33])] {
    ///     Money::from_minor(minor, Currency::EUR).split_into(&[2, 1], &mut parts)?;
    ///     assert_eq!(parts, expected.map(|minor| Money::from_minor(minor, Currency::EUR)));
    /// }
    /// let refused = Money::from_minor(1, Currency::EUR).split_into(&[0], &mut parts);
    /// assert_eq!((refused, parts.len()), (Err(MoneyError::NoWeights), 0));
    /// # Ok::<(), MoneyError>(())
    /// ```
    pub fn split_into(self, weights: &[u64], parts: &mut Vec<Money>) -> Result<(), MoneyError> {
        parts.clear();
        let weight_sum: u128 = weights.iter().map(|w| u128::from(*w)).sum();
        if weight_sum == 0 {
            return Err(MoneyError::NoWeights);
        }
        let whole = u128::from(self.minor().unsigned_abs());
        let currency = self.currency();
        let signed = |magnitude: u128| {
            let minor = i128::try_from(magnitude).map_err(|_| MoneyError::Overflow)?;
            Money::from_wide(if self.is_negative() { -minor } else { minor }, currency)
        };

        // 2^63 × (2^64 − 1) is below 2^127, so the product cannot overflow.
        let mut given: u128 = 0;
        parts.reserve(weights.len());
        let mut remainders = Vec::with_capacity(weights.len());
        for (index, weight) in weights.iter().enumerate() {
            let product = whole * u128::from(*weight);
            let (share, remainder) = divide(product, weight_sum);
            given += share;
            parts.push(signed(share)?);
            if remainder > 0 {
                remainders.push((Reverse(remainder), index));
            }
        }

        // The remainders sum to `left × weight_sum` and each is below `weight_sum`, so there are more than `left`.
        let left = whole - given;
        if left > 0 {
            remainders.sort_unstable();
            let one = signed(1)?;
            for (_, index) in remainders.iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
                parts[*index] = parts[*index].checked_add(one)?;
            }
        }
        let sum: i128 = parts.iter().map(|part| i128::from(part.minor())).sum();
        assert_eq!(sum, i128::from(self.minor()), "split lost or invented money");
        Ok(())
    }

    /// Returns what the first `part` of `whole` equal parts are worth together.
    ///
    /// None of them is worth nothing, all of them are worth `self`, and more are never worth less, so the
    /// difference of two shares is what the parts between them are worth; see [`Money::share_between`].
    ///
    /// Errors: [`MoneyError::BadShare`] when `whole` is zero or `part` is above it.
    ///
    /// ```
    /// # use sutler_core::money::{Currency, Money};
    /// let charged = Money::from_minor(1000, Currency::EUR);
    /// let of_three = [0, 1, 2, 3].map(|part| charged.share(part, 3).map(Money::minor));
    /// assert_eq!(of_three, [Ok(0), Ok(333), Ok(667), Ok(1000)]);
    /// assert!(charged.share(4, 3).is_err());
    /// ```
    pub fn share(self, part: u64, whole: u64) -> Result<Money, MoneyError> {
        if whole == 0 || part > whole {
            return Err(MoneyError::BadShare { part, whole });
        }
        let product = u128::from(self.minor().unsigned_abs()) * u128::from(part);
        let magnitude = Rounding::HalfAwayFromZero.divide(product, u128::from(whole));
        let minor = i128::try_from(magnitude).map_err(|_| MoneyError::Overflow)?;
        Money::from_wide(if self.is_negative() { -minor } else { minor }, self.currency())
    }

    /// Returns what the parts from `from` up to, not including, `until` are worth, of `whole` equal parts.
    ///
    /// This is how k of n units are refunded: with `r` units refunded before, `share_between(r, r + k, n)`. Any
    /// order of partial refunds sums to exactly what was charged.
    ///
    /// Errors: [`MoneyError::BadShare`] when `from ≤ until ≤ whole` does not hold or `whole` is zero.
    ///
    /// ```
    /// use sutler_core::money::{Currency, Money};
    ///
    /// let charged = Money::from_minor(1000, Currency::EUR); // for three units
    /// let one = charged.share_between(0, 1, 3)?;
    /// let the_other_two = charged.share_between(1, 3, 3)?;
    /// assert_eq!((one.minor(), the_other_two.minor()), (333, 667));
    /// # Ok::<(), sutler_core::money::MoneyError>(())
    /// ```
    pub fn share_between(self, from: u64, until: u64, whole: u64) -> Result<Money, MoneyError> {
        if from > until {
            return Err(MoneyError::BadShare { part: from, whole: until });
        }
        self.share(until, whole)?.checked_sub(self.share(from, whole)?)
    }
}

/// Divides, in 64 bits where everything fits.
fn divide(numerator: u128, denominator: u128) -> (u128, u128) {
    match (u64::try_from(numerator), u64::try_from(denominator)) {
        (Ok(n), Ok(d)) => (u128::from(n / d), u128::from(n % d)),
        _ => (numerator / denominator, numerator % denominator),
    }
}
