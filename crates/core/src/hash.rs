//! Hashes of content, and the chains that make ledgers tamper-evident.
//!
//! Everything hashed goes through [`HashInput`], a length-prefixed byte writer, so that no two different contents
//! have the same bytes. The algorithm is SHA-256.

use crate::shown::shown;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};

/// A SHA-256 hash; in text 64 lower-case hexadecimal digits.
///
/// ```
/// use sutler_core::hash::ContentHash;
///
/// let hash = ContentHash::of(b"abc");
/// assert!(hash.to_string().starts_with("ba7816bf8f01cfea"));
/// assert_eq!(hash.to_string().parse(), Ok(hash));
/// assert_eq!(ContentHash::from_bytes(hash.to_bytes()), hash);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 32]);

impl ContentHash {
    /// The head of an empty chain.
    pub const ZERO: ContentHash = ContentHash([0; 32]);

    /// Wraps 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes.
    pub const fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// Returns the first eight bytes as a number: the short link that ledger rows keep.
    ///
    /// ```
    /// # use sutler_core::hash::ContentHash;
    /// assert_eq!(ContentHash::of(b"abc").link(), i64::from_be_bytes(*b"\xba\x78\x16\xbf\x8f\x01\xcf\xea"));
    /// assert_eq!(ContentHash::ZERO.link(), 0);
    /// ```
    pub const fn link(self) -> i64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        i64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// Returns the hash of plain bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Returns the head of a chain after `entry` is appended to one that ended in `self`.
    ///
    /// ```
    /// # use sutler_core::hash::{ContentHash, HashInput};
    /// let (mut first, mut second) = (HashInput::new("entry"), HashInput::new("entry"));
    /// first.number(1);
    /// second.number(2);
    /// let head = ContentHash::ZERO.chain(&first).chain(&second);
    /// assert_ne!(head, ContentHash::ZERO.chain(&second).chain(&first), "the order is part of it");
    /// ```
    pub fn chain(self, entry: &HashInput) -> Self {
        let mut hasher = Sha256::new();
        hasher.update(self.0);
        hasher.update(&entry.bytes);
        Self(hasher.finalize().into())
    }
}

impl std::fmt::Display for ContentHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for ContentHash {
    type Err = ParseHashError;

    fn from_str(text: &str) -> Result<Self, ParseHashError> {
        let refused = || ParseHashError(shown(text));
        if text.len() != 64 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(refused());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(pair).map_err(|_| refused())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| refused())?;
        }
        Ok(Self(bytes))
    }
}

/// A text is not a hash.
///
/// ```
/// use sutler_core::hash::{ContentHash, ParseHashError};
///
/// let refused: Result<ContentHash, ParseHashError> = "BA78".parse();
/// assert!(refused.is_err_and(|why| why.to_string().contains("64 lower-case")));
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{0}` is not a hash of 64 lower-case hexadecimal digits")]
pub struct ParseHashError(String);

impl Serialize for ContentHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// Bytes to be hashed, written field by field so that they cannot be read in two ways.
///
/// ```
/// use sutler_core::hash::HashInput;
///
/// let mut address = HashInput::new("address");
/// address.text("Ada").optional_text(None).number(12).id(7).bytes(&[1, 2]);
/// let mut other = HashInput::new("address");
/// other.text("Ada").optional_text(Some("")).number(12).id(7).bytes(&[1, 2]);
/// assert_ne!(address.finish(), other.finish(), "absent is not empty");
/// ```
#[derive(Clone, Default, Debug)]
pub struct HashInput {
    bytes: Vec<u8>,
}

impl HashInput {
    /// Starts with the name of what is hashed, so that two kinds of content never share a hash.
    pub fn new(what: &str) -> Self {
        Self::sized(what, 128)
    }

    /// As [`HashInput::new`], with room for about so many bytes.
    pub(crate) fn sized(what: &str, bytes: usize) -> Self {
        let mut input = Self { bytes: Vec::with_capacity(bytes) };
        input.text(what);
        input
    }

    /// Appends a text with its length in front.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    /// Appends bytes with their length in front.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(bytes);
        self
    }

    /// Appends a whole number.
    pub fn number(&mut self, number: i64) -> &mut Self {
        self.bytes.extend_from_slice(&number.to_be_bytes());
        self
    }

    /// Appends a whole number in as few bytes as it needs: seven binary digits each, and whether more follow.
    pub(crate) fn short(&mut self, number: i64) -> &mut Self {
        // Zero, −1, 1, −2, 2 and so on, so that small numbers of either sign are short.
        let mut left = (number << 1 ^ number >> 63).cast_unsigned();
        while left >= 0x80 {
            self.bytes.push(0x80 | left.to_le_bytes()[0]);
            left >>= 7;
        }
        self.bytes.push(left.to_le_bytes()[0]);
        self
    }

    /// Appends a 128-bit id.
    pub fn id(&mut self, id: u128) -> &mut Self {
        self.bytes.extend_from_slice(&id.to_be_bytes());
        self
    }

    /// Appends a text that may be absent; absent differs from empty.
    pub fn optional_text(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            None => self.number(0),
            Some(text) => self.number(1).text(text),
        }
    }

    /// Returns the hash of what was written.
    pub fn finish(&self) -> ContentHash {
        ContentHash::of(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_cannot_run_into_each_other() {
        let hash = |a: &str, b: &str| HashInput::new("t").text(a).text(b).finish();
        assert_ne!(hash("ab", "c"), hash("a", "bc"));
        assert_ne!(
            HashInput::new("t").optional_text(None).finish(),
            HashInput::new("t").optional_text(Some("")).finish()
        );
    }

    #[test]
    fn short_numbers_are_short_and_cannot_run_into_each_other() {
        let bytes = |numbers: &[i64]| {
            let mut input = HashInput::default();
            numbers.iter().for_each(|number| {
                input.short(*number);
            });
            input.bytes
        };
        for (number, length) in
            [(0, 1), (-1, 1), (63, 1), (-64, 1), (64, 2), (8_191, 2), (8_192, 3), (i64::MAX, 10)]
        {
            let written = bytes(&[number]);
            assert_eq!(written.len(), length, "{number}");
            // Only the last byte of a number says that none follows, so where one ends is plain.
            let last = written.iter().position(|byte| *byte < 0x80);
            assert_eq!(last, Some(length - 1), "{number}");
        }
        let near = [i64::MIN, -8_193, -129, -65, -64, -2, -1, 0, 1, 63, 64, 127, 128, i64::MAX];
        for (place, a) in near.iter().enumerate() {
            near[place + 1..].iter().for_each(|b| assert_ne!(bytes(&[*a]), bytes(&[*b])));
        }
        assert_ne!(bytes(&[1, 64]), bytes(&[64, 1]));
    }

    #[test]
    fn a_hash_survives_its_text() {
        let hash = ContentHash::of(b"abc");
        assert_eq!(
            hash.to_string(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(hash.to_string().parse(), Ok(hash));
        assert!("BA78".parse::<ContentHash>().is_err());
    }
}
