//! [`GoodsIndex`]: which lines of a cart fulfill conditions on goods.
//!
//! A large cart meets many promotions, and most of them ask for a category or a collection. So the lines of each are
//! looked up in a list that is sorted once for all promotions; other conditions ask line by line.
//!
//! Invariant: a line is among the answers exactly when [`Condition::is_for`] is true of its goods.

use super::Goods;
use super::line_set::LineSet;
use crate::id::{CategoryId, CollectionId};
use crate::pricing::VariantFacts;
use crate::pricing::promotion::Condition;

/// The lines of a cart by what goods are asked for most.
pub(super) struct GoodsIndex<'g> {
    goods: &'g [Goods<'g>],
    categories: Sorted<CategoryId>,
    collections: Sorted<CollectionId>,
}

impl<'g> GoodsIndex<'g> {
    /// Sorts the lines.
    pub(super) fn new(goods: &'g [Goods<'g>]) -> GoodsIndex<'g> {
        GoodsIndex {
            goods,
            categories: Sorted::new(goods, |facts| &facts.categories),
            collections: Sorted::new(goods, |facts| &facts.collections),
        }
    }

    /// Returns the lines that fulfill all of some conditions. One on the cart is fulfilled by all goods.
    pub(super) fn fulfilling(&self, conditions: &[Condition]) -> LineSet {
        let on_goods = conditions.iter().filter(|condition| condition.is_on_goods());
        let sets = on_goods.map(|condition| self.one(condition));
        let both = |mut a: LineSet, b: LineSet| {
            a.keep(&b);
            a
        };
        sets.reduce(both).unwrap_or_else(|| LineSet::all(self.goods.len()))
    }

    fn one(&self, condition: &Condition) -> LineSet {
        match condition {
            Condition::Category { categories } => self.categories.any(categories),
            Condition::Collection { collections } => self.collections.any(collections),
            other => LineSet::of(self.goods.len(), |line| other.is_for(self.goods[line].facts)),
        }
    }
}

/// The lines of each of something, in the order of what it is.
struct Sorted<K> {
    lines: usize,
    rows: Vec<(K, usize)>,
}

impl<K: Ord + Copy> Sorted<K> {
    fn new(goods: &[Goods<'_>], of: impl Fn(&VariantFacts) -> &[K]) -> Sorted<K> {
        let mut rows = Vec::with_capacity(goods.len());
        for (line, goods) in goods.iter().enumerate() {
            rows.extend(of(goods.facts).iter().map(|key| (*key, line)));
        }
        rows.sort_unstable();
        Sorted { lines: goods.len(), rows }
    }

    /// Returns the lines of any of some.
    fn any(&self, keys: &[K]) -> LineSet {
        let mut lines = LineSet::none(self.lines);
        for key in keys {
            let begin = self.rows.partition_point(|(known, _)| known < key);
            let from = self.rows[begin..].iter();
            from.take_while(|(known, _)| known == key).for_each(|(_, line)| lines.insert(*line));
        }
        lines
    }
}
