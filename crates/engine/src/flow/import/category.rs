//! The category tree as it will be: what the shop has, and nodes that the file needs besides.
//!
//! A node is planned the first time a path needs it, with its id; it is written by the first batch whose products stand
//! below it. Deliberately absent: moving or renaming nodes. A file names paths, so another name is another node.

use std::collections::BTreeMap;
use sutler_core::shown::shown;

use sutler_core::catalog::{Category, CategoryTree, DEPTH_MAX, check_name};
use sutler_core::id::CategoryId;
use sutler_core::rejection::Rejection;

use crate::{FlowError, Shop};

/// The tree with planned nodes.
pub(crate) struct Categories {
    tree: CategoryTree,
    planned: BTreeMap<(Option<CategoryId>, String), CategoryId>,
    /// Planned nodes by id; `true` once written.
    nodes: BTreeMap<CategoryId, (Category, bool)>,
}

impl Categories {
    /// Reads the tree.
    pub(crate) fn read(shop: &Shop) -> Result<Self, FlowError> {
        Ok(Self { tree: shop.category_tree()?, planned: BTreeMap::new(), nodes: BTreeMap::new() })
    }

    /// Returns the node at the end of a path, root first; plans what is missing. `None` for an empty path.
    pub(crate) fn resolve(
        &mut self,
        path: &[String],
        mut next_id: impl FnMut() -> u128,
    ) -> Result<Option<CategoryId>, Rejection> {
        if let Some(name) = path.get(DEPTH_MAX) {
            let name = shown(name);
            return Err(sutler_core::catalog::CategoryError::TooDeep { name }.into());
        }
        path.iter().try_for_each(|name| check_name(name))?;
        let mut parent = None;
        for name in path {
            let known = self.tree.child(parent, name);
            let known = known.or_else(|| self.planned.get(&(parent, name.clone())).copied());
            let id = match known {
                Some(id) => id,
                None => {
                    let id = CategoryId::from_u128(next_id());
                    let node = Category { id, parent, name: name.clone(), version: 1 };
                    self.planned.insert((parent, name.clone()), id);
                    self.nodes.insert(id, (node, false));
                    id
                }
            };
            parent = Some(id);
        }
        Ok(parent)
    }

    /// Returns the planned nodes that these stand for or below and that are not written yet, parents first.
    pub(crate) fn to_write<'c>(
        &self,
        used: impl IntoIterator<Item = &'c CategoryId>,
    ) -> Vec<Category> {
        let mut found: BTreeMap<CategoryId, &Category> = BTreeMap::new();
        for id in used {
            let mut next = Some(*id);
            while let Some((node, false)) =
                next.and_then(|id| self.nodes.get(&id)).map(|(n, w)| (n, *w))
            {
                if found.insert(node.id, node).is_some() {
                    break;
                }
                next = node.parent;
            }
        }
        let mut nodes: Vec<Category> = found.into_values().cloned().collect();
        nodes.sort_by_key(|node| self.depth(node));
        nodes
    }

    fn depth(&self, node: &Category) -> usize {
        let mut depth = 0;
        let mut next = node.parent;
        while let Some((node, _)) = next.and_then(|id| self.nodes.get(&id)) {
            depth += 1;
            next = node.parent;
        }
        depth
    }

    /// Remembers that nodes are written.
    pub(crate) fn written(&mut self, nodes: &[Category]) {
        for node in nodes {
            if let Some((_, written)) = self.nodes.get_mut(&node.id) {
                *written = true;
            }
        }
    }
}
