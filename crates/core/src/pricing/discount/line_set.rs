//! [`LineSet`]: which lines of a cart something is for.

/// A set of lines by their place in the cart, one bit each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct LineSet(Vec<u64>);

impl LineSet {
    /// Collects the lines, of `count`, that fulfill a test.
    pub(super) fn of(count: usize, mut test: impl FnMut(usize) -> bool) -> LineSet {
        let mut words = vec![0_u64; count.div_ceil(64)];
        for line in 0..count {
            words[line / 64] |= u64::from(test(line)) << (line % 64);
        }
        LineSet(words)
    }

    /// Tells whether a line is in it.
    pub(super) fn contains(&self, line: usize) -> bool {
        self.0[line / 64] >> (line % 64) & 1 == 1
    }

    /// Tells whether it is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Tells whether a line is in both.
    pub(super) fn meets(&self, other: &LineSet) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    /// Adds all lines of another.
    pub(super) fn add(&mut self, other: &LineSet) {
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    /// Returns its lines in order.
    pub(super) fn lines(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(index, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = usize::try_from(left.trailing_zeros()).ok().filter(|_| left != 0)?;
                left &= left - 1;
                Some(index * 64 + bit)
            })
        })
    }
}
