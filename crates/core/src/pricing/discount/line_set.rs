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

    /// Returns no line, of `count`.
    pub(super) fn none(count: usize) -> LineSet {
        LineSet(vec![0; count.div_ceil(64)])
    }

    /// Returns all lines, of `count`.
    pub(super) fn all(count: usize) -> LineSet {
        let mut words = vec![u64::MAX; count.div_ceil(64)];
        if let (Some(last), 1..) = (words.last_mut(), count % 64) {
            *last = (1 << (count % 64)) - 1;
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

    /// Adds a line.
    pub(super) fn insert(&mut self, line: usize) {
        self.0[line / 64] |= 1 << (line % 64);
    }

    /// Keeps the lines that are in another too.
    pub(super) fn keep(&mut self, other: &LineSet) {
        for (word, others) in self.0.iter_mut().zip(&other.0) {
            *word &= others;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_any_size_hold_what_they_should() {
        for count in [0, 1, 63, 64, 65, 128, 130] {
            let third = LineSet::of(count, |line| line % 3 == 0);
            let mut all = LineSet::all(count);
            assert_eq!(all.lines().collect::<Vec<_>>(), (0..count).collect::<Vec<_>>());
            assert_eq!(all.is_empty(), count == 0);
            assert_eq!(all.meets(&third), count > 0);
            all.keep(&third);
            assert_eq!(all, third);
            assert!((0..count).all(|line| third.contains(line) == (line % 3 == 0)));
            let mut rest = LineSet::none(count);
            (0..count).filter(|line| line % 3 != 0).for_each(|line| rest.insert(line));
            assert!(!rest.meets(&third));
            all.add(&rest);
            assert_eq!(all, LineSet::all(count));
            all.keep(&rest);
            assert_eq!(all, rest);
        }
    }
}
