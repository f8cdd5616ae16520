//! Texts and facts about a product: the first row that says one wins.

use sutler_core::import::{Place, ProductDraft, Said};

use super::assemble::{Assembler, Product};
use super::layout::{Role, Slot};
use crate::codes;
use crate::diagnose::{Extend as _, diagnostic};
use crate::table::Record;
use crate::text::{shown, trim_cell, unguard};

impl Product {
    /// Takes texts and facts about the product; tells whether the row said any.
    pub(super) fn absorb_texts(&mut self, all: &Assembler<'_>, record: &Record<'_>) -> bool {
        let mut said = false;
        for (at, (role, slot)) in all.texts.iter().enumerate() {
            let Some(raw) = slot.raw(record) else { continue };
            // A description is the merchant's HTML and is kept to the blank.
            let cell = if *role == Role::Description && !trim_cell(raw).is_empty() {
                unguard(raw)
            } else {
                unguard(trim_cell(raw))
            };
            said |= self.absorb_text(all, record, at, slot.column, cell);
        }
        for (at, (column, _)) in all.facts.iter().enumerate() {
            let cell = unguard(record.trimmed(*column));
            said |= self.absorb_text(all, record, all.texts.len() + at, Some(*column), cell);
        }
        said
    }

    fn absorb_text(
        &mut self,
        all: &Assembler<'_>,
        record: &Record<'_>,
        at: usize,
        column: Option<usize>,
        cell: &str,
    ) -> bool {
        if cell.is_empty() {
            return false;
        }
        let held = &mut self.texts[at];
        if held.is_empty() {
            held.push_str(cell);
        } else if held != cell
            && let Some(column) = column
            && self.contradicted.insert(at)
        {
            let message = format!(
                "{} '{}' contradicts an earlier row of product '{}', which has '{}'",
                all.header.name(column),
                shown(cell),
                shown(&self.handle),
                shown(held)
            );
            let place = all.header.place(&record.place(), column);
            self.remarks.push(
                diagnostic(&codes::FIRST_VALUE_KEPT, place, message)
                    .with_value(cell)
                    .with_help("the first value is used; write the right one into the first row"),
            );
        }
        true
    }

    /// Puts a text into its field.
    pub(super) fn place_text(
        &mut self,
        all: &Assembler<'_>,
        draft: &mut ProductDraft,
        role: Role,
        slot: &Slot,
        text: String,
        first: &Place,
    ) {
        let separators = &all.layout.separators;
        match role {
            Role::Title => draft.title = Some(text),
            Role::Description => draft.description = Some(text),
            Role::Brand => draft.brand = Some(said(text)),
            Role::ProductType => draft.product_type = Some(said(text)),
            Role::SeoTitle => draft.seo_title = Some(said(text)),
            Role::SeoDescription => draft.seo_description = Some(said(text)),
            Role::ExternalId => draft.external_id = Some(text).filter(|text| !text.is_empty()),
            Role::Tags => draft.tags = Some(crate::list::split(&text, &separators.tags)),
            Role::Category | Role::FurtherCategories => {
                let paths = draft.categories.get_or_insert_default();
                let between = match role {
                    Role::FurtherCategories => Some("\n"),
                    _ => separators.categories.as_deref(),
                };
                let cells: Vec<&str> = match between {
                    Some(between) => text.split(between).collect(),
                    None => vec![&text],
                };
                let mut gap = false;
                for cell in cells {
                    let parts = cell.split(separators.category.as_str()).map(trim_cell);
                    let path: Vec<String> =
                        parts.clone().filter(|part| !part.is_empty()).map(str::to_owned).collect();
                    gap |= !path.is_empty() && path.len() < parts.count();
                    if !path.is_empty() && !paths.contains(&path) {
                        paths.push(path);
                    }
                }
                if gap {
                    let place = all.place(slot, first);
                    let message = format!("a part of the category '{}' is blank", shown(&text));
                    self.remarks.push(diagnostic(&codes::CATEGORY_WITHOUT_NAME, place, message));
                }
            }
            _ => {}
        }
    }
}

fn said(text: String) -> Said<String> {
    if text.is_empty() { Said::Cleared } else { Said::Value(text) }
}
