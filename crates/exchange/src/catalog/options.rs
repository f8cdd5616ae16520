//! The options of a product: names from its first row, values from each variant.

use sutler_core::import::{Diagnostic, Place, ProductDraft, VariantDraft};

use super::assemble::{Assembler, Product};
use crate::codes;
use crate::diagnose::{Extend as _, diagnostic};
use crate::table::Record;
use crate::text::{is_placeholder, shown, stable_hash};

/// How a product without options is written.
pub(crate) const NO_OPTION_NAME: &str = "Title";
/// The value of its only variant.
pub(crate) const NO_OPTION_VALUE: &str = "Default Title";

impl Product {
    /// Finds the variant that has the same option values already.
    pub(super) fn same_options(
        &self,
        all: &Assembler<'_>,
        record: &Record<'_>,
        variant: &VariantDraft,
    ) -> Option<Diagnostic> {
        if !self.seen_options.contains(&options_hash(variant)) {
            return None;
        }
        let first = self.variants.iter().find(|v| v.option_values == variant.option_values)?;
        let values: Vec<&str> =
            variant.option_values.iter().map(String::as_str).filter(|v| !v.is_empty()).collect();
        let what = match values.is_empty() {
            true => "no options".to_owned(),
            false => format!("the options '{}'", shown(&values.join(" / "))),
        };
        let place = match all.variant_slots.options.first().and_then(|(_, value)| value.column) {
            Some(column) => all.header.place(&record.place(), column),
            None => record.place(),
        };
        let message = format!(
            "{what} of product '{}' stand on line {} already",
            shown(&self.handle),
            first.line
        );
        let help = "give this row its own option value, or delete it";
        Some(diagnostic(&codes::SAME_OPTIONS_TWICE, place, message).with_help(help))
    }

    /// Takes the names of options; tells whether the row has any.
    pub(super) fn absorb_option_names(&mut self, all: &Assembler<'_>, record: &Record<'_>) -> bool {
        let mut said = false;
        for (at, (slot, _)) in all.variant_slots.options.iter().enumerate() {
            let name = slot.get(record).unwrap_or_default();
            if name.is_empty() {
                continue;
            }
            said = true;
            let held = &mut self.option_names[at];
            // Numbered behind all texts, so that the same set remembers both.
            let key = self.texts.len() + at;
            if held.is_empty() {
                held.push_str(name);
            } else if held != name && self.contradicted.insert(key) {
                let place = all.place(slot, &record.place());
                let message = format!(
                    "option {} of product '{}' is called '{}' here and '{}' before",
                    at + 1,
                    shown(&self.handle),
                    shown(name),
                    shown(held)
                );
                let help = "the first name is used";
                self.remarks
                    .push(diagnostic(&codes::OPTION_NAME_DIFFERS, place, message).with_help(help));
            }
        }
        said
    }

    /// Decides which option columns are options, and cuts the values of the variants to them.
    pub(super) fn settle_options(
        &mut self,
        all: &Assembler<'_>,
        draft: &mut ProductDraft,
        first: &Place,
    ) {
        let used = |at: usize| {
            let named = !self.option_names[at].is_empty();
            let values = || draft.variants.iter().map(|v| v.option_values[at].as_str());
            values().any(|value| !value.is_empty() && (named || !is_placeholder(value)))
        };
        let mut kept: Vec<usize> = (0..self.option_names.len()).filter(|at| used(*at)).collect();
        if let [only] = kept[..] {
            let name = &self.option_names[only];
            let plain = name.is_empty() || name.eq_ignore_ascii_case(NO_OPTION_NAME);
            let default =
                |v: &VariantDraft| v.option_values[only].eq_ignore_ascii_case(NO_OPTION_VALUE);
            if plain && draft.variants.iter().all(default) {
                kept.clear();
            }
        }
        for at in &kept {
            let name = std::mem::take(&mut self.option_names[*at]);
            if !name.is_empty() {
                draft.option_names.push(name);
                continue;
            }
            let name = format!("Option{}", at + 1);
            let message = format!(
                "option {} of product '{}' has no name; it is called '{name}'",
                at + 1,
                draft.handle
            );
            let place = all.place(&all.variant_slots.options[*at].0, first);
            let help = "write the name into the first row of the product";
            self.remarks
                .push(diagnostic(&codes::OPTION_WITHOUT_NAME, place, message).with_help(help));
            draft.option_names.push(name);
        }
        if kept.len() == self.option_names.len() {
            return;
        }
        for variant in &mut draft.variants {
            let mut at = 0;
            variant.option_values.retain(|_| {
                at += 1;
                kept.contains(&(at - 1))
            });
        }
    }
}

/// Returns a hash of all option values, to find repeated ones quickly.
pub(super) fn options_hash(variant: &VariantDraft) -> u64 {
    variant
        .option_values
        .iter()
        .fold(0, |hash: u64, value| hash.wrapping_mul(31).wrapping_add(stable_hash(value)))
}
