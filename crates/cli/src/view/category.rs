//! The product tree.

use sutler_core::catalog::CategoryTree;
use sutler_core::id::CategoryId;

use super::{Sheet, view};
use crate::answer::Show;
use crate::page::Page;

view! {
    /// A node of the product tree.
    CategoryNode {
        /// Identity.
        id: CategoryId,
        /// The node above; `null` at the root.
        parent: Option<CategoryId>,
        /// Its name.
        name: String,
        /// Names from the root down to it.
        path: Vec<String>,
    }
}

view! {
    /// The product tree, each node before those below it, siblings by name.
    CategoryTreeView {
        /// The nodes.
        categories: Vec<CategoryNode>,
    }
}

impl CategoryTreeView {
    /// Walks the tree from its roots.
    pub(crate) fn new(tree: &CategoryTree) -> Self {
        let mut categories = Vec::with_capacity(tree.len());
        walk(tree, None, &mut categories);
        Self { categories }
    }
}

/// The tree is at most 32 levels deep, so calling itself is safe.
fn walk(tree: &CategoryTree, parent: Option<CategoryId>, found: &mut Vec<CategoryNode>) {
    for category in tree.children(parent) {
        let path = tree.path(category.id).into_iter().map(str::to_owned).collect();
        found.push(CategoryNode { id: category.id, parent, name: category.name.clone(), path });
        walk(tree, Some(category.id), found);
    }
}

impl Show for CategoryTreeView {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        if self.categories.is_empty() {
            sheet.line("no categories; they come with products");
        }
        for node in &self.categories {
            let depth = node.path.len().saturating_sub(1);
            sheet.line(&format!("{}{}", "  ".repeat(depth), node.name));
        }
        sheet.finish()
    }
}
