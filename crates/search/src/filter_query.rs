//! Turns filters into queries, one for each group of alternatives.
//!
//! A value is looked up as it is written. Where no product has it, the values of the field are
//! read through for one that differs in letter case or accents alone; where none does either, the
//! filter is reported as unmatched, with the most similar value there is. Reading through a
//! dictionary is done for misspelled values only, and ends after [`VALUES_SEEN_MAX`].

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use tantivy::query::{BooleanQuery, ConstScoreQuery, EmptyQuery, Query, RangeQuery, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Searcher, Term};

use crate::analysis::Analysis;
use crate::answer::UnmatchedFilter;
use crate::encode::{category_value, clean, named_value};
use crate::facet::{Group, category_text};
use crate::filter::{Filter, PriceComparison};
use crate::schema::{AFTER_SEPARATOR, Fields, SEPARATOR};

/// How many values of one segment are looked at for a similar one.
const VALUES_SEEN_MAX: usize = 100_000;

/// The filters of a request, ready to be run.
pub(crate) struct Narrowing {
    groups: BTreeMap<Group, Box<dyn Query>>,
    pub(crate) unmatched: Vec<UnmatchedFilter>,
}

impl Narrowing {
    pub(crate) fn has(&self, group: &Group) -> bool {
        self.groups.contains_key(group)
    }

    /// Returns the queries of all groups but one; each must match, none scores.
    pub(crate) fn without(&self, left_out: Option<&Group>) -> Vec<Box<dyn Query>> {
        self.groups
            .iter()
            .filter(|(group, _)| Some(*group) != left_out)
            .map(|(_, query)| query.box_clone())
            .collect()
    }
}

/// Groups the filters and finds the values they name.
pub(crate) fn narrowing(
    filters: &[Filter],
    fields: &Fields,
    searcher: &Searcher,
    analysis: &mut Analysis,
) -> tantivy::Result<Narrowing> {
    let mut finder = Finder { searcher, analysis, unmatched: Vec::new() };
    let mut values: BTreeMap<Group, BTreeSet<Term>> = BTreeMap::new();
    let mut prices: Option<Prices> = None;
    for filter in filters {
        let wanted = match filter {
            Filter::Price { comparison, minor } => {
                prices.get_or_insert(Prices::ANY).narrow(*comparison, *minor);
                continue;
            }
            other => finder.wanted(other, fields),
        };
        let Some(wanted) = wanted else { continue };
        let terms = finder.terms(&wanted)?;
        values.entry(wanted.group).or_default().extend(terms);
    }
    let mut groups: BTreeMap<Group, Box<dyn Query>> = BTreeMap::new();
    for (group, terms) in values {
        groups.insert(group, silent(any_of(terms)));
    }
    if let Some(prices) = prices {
        groups.insert(Group::Price, silent(prices.query(fields)));
    }
    Ok(Narrowing { groups, unmatched: finder.unmatched })
}

/// One value of one field.
struct Wanted {
    group: Group,
    field: Field,
    /// As it is stored.
    stored: String,
    /// What all values of the same name begin with; empty for fields without names.
    prefix: String,
    /// The field as it is reported.
    label: String,
}

struct Finder<'a> {
    searcher: &'a Searcher,
    analysis: &'a mut Analysis,
    unmatched: Vec<UnmatchedFilter>,
}

impl Finder<'_> {
    /// Returns what a filter looks for; `None` for a price, which names no value.
    fn wanted(&mut self, filter: &Filter, fields: &Fields) -> Option<Wanted> {
        let plain = |group, field, stored, label: &str| Wanted {
            group,
            field,
            stored,
            prefix: String::new(),
            label: label.to_owned(),
        };
        Some(match filter {
            Filter::Brand(brand) => plain(Group::Brand, fields.brand, clean(brand), "brand"),
            Filter::Tag(tag) => plain(Group::Tag, fields.tag, clean(tag), "tag"),
            Filter::InStock(flag) => {
                plain(Group::InStock, fields.in_stock, flag.to_string(), "in_stock")
            }
            Filter::Category(path) => {
                plain(Group::Category, fields.category, category_value(path), "category")
            }
            Filter::Option { name, value } => {
                let folded = self.analysis.fold(name);
                let group = Group::Option(folded.clone());
                named(group, fields.option, "option", (name, folded), value)
            }
            Filter::Attribute { name, value } => {
                let folded = self.analysis.fold(name);
                let group = Group::Attribute(folded.clone());
                named(group, fields.attribute, "attribute", (name, folded), value)
            }
            Filter::Price { .. } => return None,
        })
    }

    /// Returns the terms that stand for a value: itself, or those that read the same.
    fn terms(&mut self, wanted: &Wanted) -> tantivy::Result<Vec<Term>> {
        let exact = Term::from_field_text(wanted.field, &wanted.stored);
        if self.searcher.doc_freq(&exact)? > 0 {
            return Ok(vec![exact]);
        }
        let folded = self.analysis.fold(wanted.value());
        let (from, to) = match wanted.prefix.as_str() {
            "" => (String::new(), char::MAX.to_string()),
            prefix => (format!("{prefix}{SEPARATOR}"), format!("{prefix}{AFTER_SEPARATOR}")),
        };
        let mut equal = BTreeSet::new();
        let mut similar: Option<(usize, String)> = None;
        for segment in self.searcher.segment_readers() {
            let index = segment.inverted_index(wanted.field)?;
            let mut stored = index.terms().range().ge(&from).lt(&to).into_stream()?;
            for _ in 0..VALUES_SEEN_MAX {
                let Some((bytes, _)) = stored.next() else { break };
                let value = String::from_utf8_lossy(&bytes[wanted.prefix_len()..]);
                let candidate = self.analysis.fold(&value);
                if candidate == folded {
                    equal.insert(Term::from_field_text(
                        wanted.field,
                        &String::from_utf8_lossy(bytes),
                    ));
                } else if let Some(distance) = distance(&folded, &candidate) {
                    let found = (distance, value.into_owned());
                    similar =
                        Some(similar.map_or_else(|| found.clone(), |best| best.min(found.clone())));
                }
            }
        }
        if equal.is_empty() {
            let text = |value: &str| match wanted.group {
                Group::Category => category_text(value),
                _ => value.to_owned(),
            };
            self.unmatched.push(UnmatchedFilter {
                field: wanted.label.clone(),
                value: text(wanted.value()),
                did_you_mean: similar.map(|(_, value)| text(&value)),
            });
        }
        Ok(equal.into_iter().collect())
    }
}

impl Wanted {
    fn prefix_len(&self) -> usize {
        match self.prefix.len() {
            0 => 0,
            len => len + SEPARATOR.len_utf8(),
        }
    }

    fn value(&self) -> &str {
        &self.stored[self.prefix_len()..]
    }
}

fn named(
    group: Group,
    field: Field,
    kind: &str,
    (name, folded): (&str, String),
    value: &str,
) -> Wanted {
    Wanted {
        group,
        field,
        stored: named_value(&folded, &clean(value)),
        prefix: folded,
        label: format!("{kind}.{}", clean(name)),
    }
}

/// Returns how far apart two values are, if they are near enough for a slip of the fingers.
fn distance(wanted: &str, candidate: &str) -> Option<usize> {
    let (a, b) = (wanted.chars().count(), candidate.chars().count());
    let most = 2.min(a / 3);
    if a.abs_diff(b) > most {
        return None;
    }
    Some(strsim::osa_distance(wanted, candidate)).filter(|distance| *distance <= most)
}

fn any_of(terms: BTreeSet<Term>) -> Box<dyn Query> {
    let queries: Vec<Box<dyn Query>> = terms
        .into_iter()
        .map(|term| -> Box<dyn Query> { Box::new(TermQuery::new(term, IndexRecordOption::Basic)) })
        .collect();
    if queries.is_empty() { Box::new(EmptyQuery) } else { Box::new(BooleanQuery::union(queries)) }
}

/// Makes a query match without scoring.
fn silent(query: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, 0.0))
}

/// The prices that all bounds allow, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Prices {
    from: i64,
    to: i64,
}

impl Prices {
    const ANY: Prices = Prices { from: i64::MIN, to: i64::MAX };
    const NONE: Prices = Prices { from: i64::MAX, to: i64::MIN };

    fn narrow(&mut self, comparison: PriceComparison, minor: i64) {
        let bound = match comparison {
            PriceComparison::AtMost => Some((i64::MIN, minor)),
            PriceComparison::AtLeast => Some((minor, i64::MAX)),
            PriceComparison::Below => minor.checked_sub(1).map(|to| (i64::MIN, to)),
            PriceComparison::Above => minor.checked_add(1).map(|from| (from, i64::MAX)),
        };
        *self = match bound {
            Some((from, to)) => Prices { from: self.from.max(from), to: self.to.min(to) },
            None => Prices::NONE,
        };
    }

    /// Finds the products whose range of prices meets this one.
    fn query(self, fields: &Fields) -> Box<dyn Query> {
        if self.from > self.to {
            return Box::new(EmptyQuery);
        }
        let lowest = Term::from_field_i64(fields.price_min, self.to);
        let highest = Term::from_field_i64(fields.price_max, self.from);
        Box::new(BooleanQuery::intersection(vec![
            Box::new(RangeQuery::new(Bound::Unbounded, Bound::Included(lowest))),
            Box::new(RangeQuery::new(Bound::Included(highest), Bound::Unbounded)),
        ]))
    }
}

#[cfg(test)]
mod tests {
    use super::{Prices, distance};
    use crate::filter::PriceComparison::{Above, AtLeast, AtMost, Below};

    #[test]
    fn bounds_narrow_to_whole_minor_units() {
        let narrowed = |bounds: &[(crate::PriceComparison, i64)]| {
            let mut prices = Prices::ANY;
            for (comparison, minor) in bounds {
                prices.narrow(*comparison, *minor);
            }
            (prices.from, prices.to)
        };
        assert_eq!(narrowed(&[(AtLeast, 10), (Below, 20)]), (10, 19));
        assert_eq!(narrowed(&[(Above, 10), (AtMost, 20)]), (11, 20));
        assert_eq!(narrowed(&[(AtMost, 20), (AtMost, 10)]), (i64::MIN, 10));
        let (from, to) = narrowed(&[(Above, i64::MAX)]);
        assert!(from > to);
        let (from, to) = narrowed(&[(Below, i64::MIN), (AtMost, 5)]);
        assert!(from > to);
    }

    #[test]
    fn only_slips_of_the_fingers_are_similar() {
        assert_eq!(distance("acme", "acne"), Some(1));
        assert_eq!(distance("globex", "gloebx"), Some(1));
        assert_eq!(distance("m", "l"), None);
        assert_eq!(distance("acme", "globex"), None);
    }
}
