//! The one product tree.
//!
//! Invariants, checked by [`CategoryTree::new`]: every parent exists, no category is its own ancestor, names are
//! unique among siblings, and no path is deeper than [`DEPTH_MAX`].

use crate::shown::shown;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::CategoryId;

/// The deepest path a tree may have.
///
/// ```
/// use sutler_core::catalog::{Category, CategoryError, CategoryTree, DEPTH_MAX};
/// use sutler_core::id::CategoryId;
///
/// let chain = |length: usize| {
///     (1_u128..).take(length).map(|id| Category {
///         id: CategoryId::from_u128(id),
///         parent: (id > 1).then(|| CategoryId::from_u128(id - 1)),
///         name: format!("level {id}"),
///         version: 1,
///     })
/// };
/// assert!(CategoryTree::new(chain(DEPTH_MAX)).is_ok());
/// let refused = CategoryTree::new(chain(DEPTH_MAX + 1));
/// assert!(matches!(refused, Err(CategoryError::TooDeep { .. })));
/// ```
pub const DEPTH_MAX: usize = 32;

/// A node of the product tree.
///
/// ```
/// use sutler_core::catalog::Category;
///
/// let shirts: Category = serde_json::from_str(
///     r#"{
///         "id": "cat_00000000000000000000000000000002",
///         "parent": "cat_00000000000000000000000000000001",
///         "name": "Shirts",
///         "version": 1
///     }"#,
/// )?;
/// let moved_to_the_root = Category { parent: None, version: 2, ..shirts };
/// assert_eq!(moved_to_the_root.name, "Shirts");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Category {
    /// Identity.
    pub id: CategoryId,
    /// The node above; `None` at the root.
    pub parent: Option<CategoryId>,
    /// Name for people, unique among siblings.
    pub name: String,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
}

/// Why a set of categories is not a tree.
///
/// ```
/// use sutler_core::catalog::{Category, CategoryError, CategoryTree};
/// use sutler_core::id::CategoryId;
///
/// let own = CategoryId::from_u128(1);
/// let loops = Category { id: own, parent: Some(own), name: "Shirts".to_owned(), version: 1 };
/// assert_eq!(
///     CategoryTree::new([loops]),
///     Err(CategoryError::Cycle { name: "Shirts".to_owned(), path: "Shirts < Shirts".to_owned() }),
/// );
/// ```
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CategoryError {
    /// A parent is not there.
    #[error("category `{name}` names the parent {parent}, which does not exist")]
    MissingParent {
        /// The child.
        name: String,
        /// The missing node.
        parent: CategoryId,
    },
    /// A category is its own ancestor.
    #[error("category `{name}` would be its own ancestor: {path}")]
    Cycle {
        /// Where the walk began.
        name: String,
        /// The names on the way round.
        path: String,
    },
    /// Two children of one node have one name.
    #[error("there are two categories `{path}`")]
    Duplicate {
        /// The full path.
        path: String,
    },
    /// A path is too deep.
    #[error("category `{name}` is deeper than {DEPTH_MAX} levels")]
    TooDeep {
        /// The node.
        name: String,
    },
    /// A name is blank or holds a control character.
    #[error("`{name}` is not a category name: it is blank, too long or holds a control character")]
    BadName {
        /// The name.
        name: String,
    },
}

/// The whole tree, checked, with paths ready to read.
///
/// ```
/// use sutler_core::catalog::{Category, CategoryTree};
/// use sutler_core::id::CategoryId;
///
/// let category = |id, parent: Option<u128>, name: &str| Category {
///     id: CategoryId::from_u128(id),
///     parent: parent.map(CategoryId::from_u128),
///     name: name.to_owned(),
///     version: 1,
/// };
/// let tree = CategoryTree::new([category(1, None, "Apparel"), category(2, Some(1), "Shirts")])?;
/// let shirts = tree.find(&["Apparel".to_owned(), "Shirts".to_owned()]).expect("it is there");
/// assert_eq!(tree.path(shirts), ["Apparel", "Shirts"]);
/// let apparel = tree.get(shirts).and_then(|category| category.parent);
/// assert_eq!(tree.child(apparel, "Shirts"), Some(shirts));
/// assert_eq!(tree.child(None, "Shirts"), None, "it is not at the root");
/// # Ok::<(), sutler_core::catalog::CategoryError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CategoryTree {
    nodes: BTreeMap<CategoryId, Category>,
    children: BTreeMap<(Option<CategoryId>, String), CategoryId>,
}

impl CategoryTree {
    /// Checks that `categories` are a tree and keeps them.
    ///
    /// Errors: [`CategoryError`], for the first category that is off.
    pub fn new(categories: impl IntoIterator<Item = Category>) -> Result<Self, CategoryError> {
        let nodes: BTreeMap<CategoryId, Category> =
            categories.into_iter().map(|c| (c.id, c)).collect();
        let mut tree = Self { nodes, children: BTreeMap::new() };
        for category in tree.nodes.values() {
            check_name(&category.name)?;
            tree.check_way_up(category)?;
        }
        for category in tree.nodes.values() {
            let slot = (category.parent, category.name.clone());
            if tree.children.insert(slot, category.id).is_some() {
                return Err(CategoryError::Duplicate { path: tree.path(category.id).join(" > ") });
            }
        }
        Ok(tree)
    }

    fn check_way_up(&self, start: &Category) -> Result<(), CategoryError> {
        let mut names = vec![start.name.clone()];
        let mut node = start;
        while let Some(parent) = node.parent {
            let Some(up) = self.nodes.get(&parent) else {
                return Err(CategoryError::MissingParent { name: node.name.clone(), parent });
            };
            names.push(up.name.clone());
            if up.id == start.id {
                return Err(CategoryError::Cycle {
                    name: start.name.clone(),
                    path: names.join(" < "),
                });
            }
            if names.len() > DEPTH_MAX {
                return Err(CategoryError::TooDeep { name: start.name.clone() });
            }
            node = up;
        }
        Ok(())
    }

    /// Returns a node.
    pub fn get(&self, id: CategoryId) -> Option<&Category> {
        self.nodes.get(&id)
    }

    /// Returns the child of `parent` with this name.
    pub fn child(&self, parent: Option<CategoryId>, name: &str) -> Option<CategoryId> {
        self.children.get(&(parent, name.to_owned())).copied()
    }

    /// Returns the names from the root down to `id`; empty when it is unknown.
    pub fn path(&self, id: CategoryId) -> Vec<&str> {
        let mut path: Vec<&str> = self
            .with_ancestors(id)
            .into_iter()
            .filter_map(|id| self.nodes.get(&id))
            .map(|c| c.name.as_str())
            .collect();
        path.reverse();
        path
    }

    /// Returns `id` and all its ancestors, nearest first; empty when it is unknown.
    ///
    /// ```
    /// # use sutler_core::catalog::{Category, CategoryTree};
    /// # use sutler_core::id::CategoryId;
    /// let (apparel, shirts) = (CategoryId::from_u128(1), CategoryId::from_u128(2));
    /// let tree = CategoryTree::new([
    ///     Category { id: apparel, parent: None, name: "Apparel".to_owned(), version: 1 },
    ///     Category { id: shirts, parent: Some(apparel), name: "Shirts".to_owned(), version: 1 },
    /// ])?;
    /// assert_eq!(tree.with_ancestors(shirts), [shirts, apparel]);
    /// assert!(tree.with_ancestors(CategoryId::from_u128(9)).is_empty());
    /// assert_eq!(tree.children(Some(apparel)).map(|c| c.id).collect::<Vec<_>>(), [shirts]);
    /// assert_eq!((tree.len(), tree.is_empty(), tree.iter().count()), (2, false, 2));
    /// # Ok::<(), sutler_core::catalog::CategoryError>(())
    /// ```
    pub fn with_ancestors(&self, id: CategoryId) -> Vec<CategoryId> {
        let mut found = Vec::new();
        let mut next = self.nodes.get(&id);
        while let Some(node) = next {
            found.push(node.id);
            if found.len() > DEPTH_MAX {
                break;
            }
            next = node.parent.and_then(|parent| self.nodes.get(&parent));
        }
        found
    }

    /// Returns the node at the end of a path of names, root first.
    pub fn find(&self, path: &[String]) -> Option<CategoryId> {
        path.iter().try_fold(None, |parent, name| self.child(parent, name).map(Some)).flatten()
    }

    /// Returns the node that a person names: by its path, `Home > Lamps` or `Home / Lamps`, or, where a name holds such a mark
    /// itself, by the name of a root.
    ///
    /// ```
    /// # use sutler_core::catalog::{Category, CategoryTree};
    /// # use sutler_core::id::CategoryId;
    /// let [home, lamps] = [1, 2].map(CategoryId::from_u128);
    /// let tree = CategoryTree::new(vec![
    ///     Category { id: home, parent: None, name: "Home / Garden".to_owned(), version: 1 },
    ///     Category { id: lamps, parent: Some(home), name: "Lamps".to_owned(), version: 1 },
    /// ])?;
    /// assert_eq!(tree.find_words("Home / Garden > Lamps"), Some(lamps));
    /// assert_eq!((tree.find_words("Home / Garden"), tree.find_words("Lamps")), (Some(home), None));
    /// # Ok::<(), sutler_core::catalog::CategoryError>(())
    /// ```
    pub fn find_words(&self, words: &str) -> Option<CategoryId> {
        let path = |mark: char| words.split(mark).map(|name| name.trim().to_owned()).collect();
        let paths: [Vec<String>; 3] = [path('>'), path('/'), vec![words.trim().to_owned()]];
        paths.iter().find_map(|path| self.find(path))
    }

    /// Returns the children of `parent` in the order of their names.
    pub fn children(&self, parent: Option<CategoryId>) -> impl Iterator<Item = &Category> {
        self.children
            .range((parent, String::new())..)
            .take_while(move |((up, _), _)| *up == parent)
            .filter_map(|(_, id)| self.nodes.get(id))
    }

    /// Returns every node, in the order of ids.
    pub fn iter(&self) -> impl Iterator<Item = &Category> {
        self.nodes.values()
    }

    /// Returns how many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns whether there is no node.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}

/// Checks one category name: 1 to 255 characters, no control characters, no outer blanks.
///
/// Errors: [`CategoryError::BadName`].
///
/// ```
/// use sutler_core::catalog::{CategoryError, check_name};
///
/// assert_eq!(check_name("Home & garden"), Ok(()));
/// assert_eq!(check_name(" Home"), Err(CategoryError::BadName { name: " Home".to_owned() }));
/// ```
pub fn check_name(name: &str) -> Result<(), CategoryError> {
    let good = !name.is_empty()
        && name.trim() == name
        && name.chars().count() <= 255
        && !name.chars().any(char::is_control);
    if good { Ok(()) } else { Err(CategoryError::BadName { name: shown(name) }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: u128, parent: Option<u128>, name: &str) -> Category {
        Category {
            id: CategoryId::from_u128(id),
            parent: parent.map(CategoryId::from_u128),
            name: name.to_owned(),
            version: 1,
        }
    }

    #[test]
    fn a_tree_knows_its_paths_and_children() {
        let tree = CategoryTree::new([
            node(1, None, "Home"),
            node(2, Some(1), "Kitchen"),
            node(3, Some(1), "Bath"),
        ])
        .expect("a tree");
        assert_eq!(tree.path(CategoryId::from_u128(2)), ["Home", "Kitchen"]);
        assert_eq!(tree.find(&["Home".into(), "Bath".into()]), Some(CategoryId::from_u128(3)));
        assert_eq!(tree.find(&["Bath".into()]), None);
        let names: Vec<_> =
            tree.children(Some(CategoryId::from_u128(1))).map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["Bath", "Kitchen"]);
    }

    #[test]
    fn what_is_not_a_tree_is_refused() {
        let refused = |nodes: Vec<Category>| CategoryTree::new(nodes).expect_err("not a tree");
        assert!(matches!(
            refused(vec![node(1, Some(9), "A")]),
            CategoryError::MissingParent { .. }
        ));
        assert!(matches!(
            refused(vec![node(1, Some(2), "A"), node(2, Some(1), "B")]),
            CategoryError::Cycle { .. }
        ));
        assert!(matches!(
            refused(vec![node(1, None, "A"), node(2, None, "A")]),
            CategoryError::Duplicate { .. }
        ));
        assert!(matches!(refused(vec![node(1, None, " A")]), CategoryError::BadName { .. }));
        let deep = (0..40)
            .map(|n| node(n + 1, n.checked_sub(1).map(|up| up + 1), &format!("L{n}")))
            .collect();
        assert!(matches!(refused(deep), CategoryError::TooDeep { .. }));
    }
}
