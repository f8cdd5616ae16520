//! Making coupon codes that nobody can guess.
//!
//! A code is 16 digits of an alphabet of 32 and a check digit: 80 bits of chance, and a slip of the fingers is found
//! without looking it up. The alphabet is that of Crockford's base 32: no `I`, `L`, `O` and `U`, so that what is read
//! aloud or printed badly is still read right.
//!
//! Deliberately absent: chance. Random bytes come in as an argument, from a source fit for secrets.
//!
//! Source: <https://www.crockford.com/base32.html>; the check digit is the Luhn algorithm modulo 32.

use super::{CouponCode, PricingError};

/// The digits of a code.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many digits of a code are chance.
const DIGITS: usize = 16;

impl CouponCode {
    /// How many random bytes one made code takes: 80 bits.
    pub const RANDOM_BYTES: usize = 10;

    /// Makes a code of random bytes, such as `SPRING-4XK2-9TQ8-WM3C-7HN5-R`, with the prefix that people shall see.
    ///
    /// Two codes of one batch are equal only if their bytes are.
    ///
    /// Errors: as [`CouponCode::new`] for the prefix and the code together.
    ///
    /// ```
    /// use sutler_core::pricing::CouponCode;
    ///
    /// let code = CouponCode::from_random("spring", [7; CouponCode::RANDOM_BYTES])?;
    /// assert_eq!(code.as_str(), "SPRING-0W3G-E1R7-0W3G-E1R7-T");
    /// assert!(code.has_check_digit());
    /// // Misread and mistyped, yet the same code.
    /// assert_eq!(CouponCode::from_typed("spring ow3g elr7 0w3g e1r7 t")?, code);
    /// # Ok::<(), sutler_core::pricing::PricingError>(())
    /// ```
    pub fn from_random(
        prefix: &str,
        random: [u8; CouponCode::RANDOM_BYTES],
    ) -> Result<CouponCode, PricingError> {
        let mut bits = random.iter().fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
        let mut digits = [0_u8; DIGITS];
        for digit in digits.iter_mut().rev() {
            *digit = u8::try_from(bits % 32).unwrap_or(0);
            bits /= 32;
        }
        let mut text = prefix.trim().to_owned();
        for (index, digit) in digits.iter().chain([&check_digit(&digits)]).enumerate() {
            if index % 4 == 0 && !text.is_empty() {
                text.push('-');
            }
            text.push(char::from(ALPHABET[usize::from(*digit)]));
        }
        CouponCode::new(&text)
    }

    /// Reads a code as people type a made one: blanks are hyphens, and in its digits `O` is zero, `I` and `L` are one.
    ///
    /// What does not look like a made code is read as [`CouponCode::new`] reads it.
    ///
    /// Errors: as [`CouponCode::new`].
    pub fn from_typed(text: &str) -> Result<CouponCode, PricingError> {
        let joined = text.split_whitespace().collect::<Vec<_>>().join("-").to_uppercase();
        let groups: Vec<&str> = joined.split('-').collect();
        let Some(prefix) = groups.len().checked_sub(5).filter(|_| is_made(&groups)) else {
            return CouponCode::new(text);
        };
        let clear = |c: char| match c {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        };
        let digits = groups[prefix..].iter().map(|group| group.chars().map(clear).collect());
        let words = groups[..prefix].iter().map(|word| (*word).to_owned());
        CouponCode::new(&words.chain(digits).collect::<Vec<String>>().join("-"))
    }

    /// Tells whether it ends with the digits of a made code and its check digit is right: a cheap test before anybody
    /// looks a code up. Codes that a merchant thought of have none.
    pub fn has_check_digit(&self) -> bool {
        let groups: Vec<&str> = self.as_str().split('-').collect();
        if !is_made(&groups) {
            return false;
        }
        let made = groups[groups.len() - 5..].concat();
        let digits: Option<Vec<u8>> = made.bytes().map(digit_of).collect();
        digits.is_some_and(|digits| {
            digits.split_last().is_some_and(|(check, rest)| check_digit(rest) == *check)
        })
    }
}

/// Tells whether words end with the groups of a made code: four of four and one of one.
fn is_made(groups: &[&str]) -> bool {
    let lengths = groups.iter().rev().map(|group| group.chars().count());
    groups.len() >= 5 && lengths.take(5).eq([1, 4, 4, 4, 4])
}

fn digit_of(letter: u8) -> Option<u8> {
    let place = ALPHABET.iter().position(|known| *known == letter)?;
    u8::try_from(place).ok()
}

/// Returns the check digit: every second digit from the right is doubled, and both digits of what that gives count.
fn check_digit(digits: &[u8]) -> u8 {
    let doubled = |(index, digit): (usize, &u8)| {
        let number = if index % 2 == 0 { u32::from(*digit) * 2 } else { u32::from(*digit) };
        number / 32 + number % 32
    };
    let sum: u32 = digits.iter().rev().enumerate().map(doubled).sum();
    u8::try_from((32 - sum % 32) % 32).unwrap_or(0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_single_slip_is_found(random in any::<[u8; 10]>(), place in 0_usize..17, by in 1_usize..32) {
            let code = CouponCode::from_random("", random).unwrap();
            prop_assert!(code.has_check_digit());
            prop_assert_eq!(code.as_str().replace('-', "").len(), 17);
            let mut letters: Vec<char> = code.as_str().chars().collect();
            let at = place + place / 4;
            let right = ALPHABET.iter().position(|letter| char::from(*letter) == letters[at]);
            letters[at] = char::from(ALPHABET[(right.unwrap() + by) % 32]);
            let slip = CouponCode::new(&letters.into_iter().collect::<String>()).unwrap();
            prop_assert!(!slip.has_check_digit(), "{} and {}", code, slip);
        }

        #[test]
        fn other_bytes_make_another_code(a in any::<[u8; 10]>(), b in any::<[u8; 10]>()) {
            let code = |random| CouponCode::from_random("x", random).unwrap();
            prop_assert_eq!(code(a) == code(b), a == b);
        }
    }

    #[test]
    fn codes_that_a_merchant_thought_of_are_left_alone() {
        for word in ["SAVE10", "A-B-C-D-E", "OIL", "HALLO-WELT"] {
            assert_eq!(CouponCode::from_typed(word), CouponCode::new(word));
            assert!(!CouponCode::new(word).unwrap().has_check_digit(), "{word}");
        }
        assert!(CouponCode::from_typed("two words").is_err());
        assert!(CouponCode::from_random(&"x".repeat(60), [0; 10]).is_err());
    }
}
