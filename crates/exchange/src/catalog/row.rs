//! One row: what it says about a variant and its images, with a diagnostic for every cell that cannot be read.
//!
//! Deliberately absent: what other rows of the product say.

use sutler_core::catalog::Dimensions;
use sutler_core::import::{Diagnostic, Said, VariantDraft};
use sutler_core::money::{Currency, DecimalMark, Money};
use sutler_core::pricing::TaxCategory;
use sutler_core::time::Timestamp;

use super::image::{has_image_ending, is_safe_path, is_web_address};
use super::layout::{ImageForm, Layout, Role, Slot};
use crate::codes::{self, Code};
use crate::diagnose::{Extend as _, diagnostic};
use crate::number::{self, NumberError, Rule, WeightUnit};
use crate::table::{Header, Record};
use crate::text::{Damage, identifier, is_placeholder, shown, trim_cell, unguard};

/// Where the fields of a variant come from.
#[derive(Debug)]
pub(crate) struct VariantSlots {
    pub(crate) options: Vec<(Slot, Slot)>,
    sku: Slot,
    barcode: Slot,
    weight: Slot,
    price: Slot,
    compare_at: Slot,
    unit_cost: Slot,
    stock: Slot,
    tracker: Slot,
    policy: Slot,
    requires_shipping: Slot,
    taxable: Slot,
    tax_category: Slot,
    tax_code: Slot,
    sides: [Slot; 3],
    image: Slot,
    /// Column and name of each further fact.
    facts: Vec<(usize, String)>,
    weight_unit: WeightUnit,
    image_form: ImageForm,
    every_row: bool,
}

impl VariantSlots {
    /// Finds the slots in a layout.
    pub(crate) fn new(layout: &Layout) -> VariantSlots {
        let slot = |role| layout.slot(role);
        VariantSlots {
            options: layout.option_slots(),
            sku: slot(Role::Sku),
            barcode: slot(Role::Barcode),
            weight: slot(Role::Weight),
            price: slot(Role::Price),
            compare_at: slot(Role::CompareAt),
            unit_cost: slot(Role::UnitCost),
            stock: slot(Role::Stock),
            tracker: slot(Role::Tracker),
            policy: slot(Role::Policy),
            requires_shipping: slot(Role::RequiresShipping),
            taxable: slot(Role::Taxable),
            tax_category: slot(Role::TaxCategory),
            tax_code: slot(Role::TaxCode),
            sides: [Role::Length, Role::Width, Role::Height].map(slot),
            image: slot(Role::VariantImage),
            facts: fact_columns(layout, Role::VariantFact),
            weight_unit: layout.weight_unit,
            image_form: layout.image_form,
            every_row: layout.every_row_is_variant,
        }
    }

    /// Tells whether a row is a variant: it says an option value, a SKU or a price. Otherwise it is an image row.
    pub(crate) fn is_variant(&self, record: &Record<'_>) -> bool {
        let says = |slot: &Slot| slot.raw(record).is_some_and(|cell| !trim_cell(cell).is_empty());
        self.every_row
            || self.options.iter().any(|(_, value)| says(value))
            || says(&self.sku)
            || says(&self.price)
    }
}

/// Returns column and name of every column of a role.
pub(crate) fn fact_columns(layout: &Layout, role: Role) -> Vec<(usize, String)> {
    layout.meanings().filter(|(_, c)| c.role == role).map(|(at, c)| (at, c.name.clone())).collect()
}

/// What is needed to read the cells of a row, and where its diagnostics go.
pub(crate) struct RowReader<'a> {
    pub(crate) record: Record<'a>,
    pub(crate) header: &'a Header,
    pub(crate) rules: &'a [Option<Rule>],
    pub(crate) currency: Currency,
    /// Diagnostics that refuse the row.
    pub(crate) faults: Vec<Diagnostic>,
    /// Diagnostics that do not.
    pub(crate) remarks: &'a mut Vec<Diagnostic>,
}

impl<'a> RowReader<'a> {
    /// Reads the row as a variant. The option values are those of all option columns, blanks included.
    pub(crate) fn variant(&mut self, slots: &'a VariantSlots) -> VariantDraft {
        let mut draft = VariantDraft {
            line: self.record.mark.line,
            option_values: slots
                .options
                .iter()
                .map(|(_, value)| value.get(&self.record).unwrap_or_default().to_owned())
                .collect(),
            sku: self.identifier(&slots.sku),
            barcode: self.identifier(&slots.barcode),
            weight_grams: self.weight(&slots.weight, slots.weight_unit),
            price: self.price(&slots.price),
            compare_at: self.optional_price(&slots.compare_at),
            unit_cost: self.optional_price(&slots.unit_cost),
            stock: self.whole(&slots.stock),
            tracks_stock: None,
            sells_without_stock: self.policy(&slots.policy),
            requires_shipping: self.yes_or_no(&slots.requires_shipping),
            taxable: self.yes_or_no(&slots.taxable),
            tax_category: self.tax_category(&slots.tax_category),
            dimensions: self.dimensions(&slots.sides),
            tax_code: self.text(&slots.tax_code),
            image_url: self.image(&slots.image, slots.image_form),
            metadata: Vec::with_capacity(slots.facts.len()),
        };
        for (column, name) in &slots.facts {
            let fact = unguard(self.record.trimmed(*column));
            draft.metadata.push((name.clone(), fact.to_owned()));
        }
        self.tracker(&slots.tracker, &mut draft);
        draft
    }

    /// Adds a diagnostic about the cell of a slot; its code decides whether the row is refused.
    pub(crate) fn note(&mut self, code: &Code, slot: &Slot, cell: &str, what: &str, help: &str) {
        let place = self.record.place();
        let (place, name) = match slot.column {
            Some(column) => (self.header.place(&place, column), self.header.name(column)),
            None => (place, "the constant"),
        };
        let message = format!("{name} '{}' {what}", shown(cell));
        let note = diagnostic(code, place, message).with_value(cell).with_help(help);
        if code.severity == sutler_core::import::Severity::Remark {
            self.remarks.push(note);
        } else {
            self.faults.push(note);
        }
    }

    /// Reads a text; blank clears it.
    pub(crate) fn text(&self, slot: &Slot) -> Option<Said<String>> {
        slot.get(&self.record).map(said)
    }

    fn rule(&self, slot: &Slot) -> Rule {
        let rule = slot.column.and_then(|column| *self.rules.get(column)?);
        rule.unwrap_or(Rule::given(DecimalMark::Point))
    }

    fn price(&mut self, slot: &Slot) -> Option<Money> {
        let cell = slot.raw(&self.record)?;
        match number::money(cell, self.rule(slot), self.currency) {
            Ok(price) => price,
            Err(error) => {
                self.price_fault(slot, cell, &error);
                None
            }
        }
    }

    fn optional_price(&mut self, slot: &Slot) -> Option<Said<Money>> {
        let cell = slot.raw(&self.record)?;
        match number::money(cell, self.rule(slot), self.currency) {
            Ok(Some(price)) => Some(Said::Value(price)),
            Ok(None) => Some(Said::Cleared),
            Err(NumberError::Placeholder) => {
                self.placeholder(slot, cell);
                Some(Said::Cleared)
            }
            Err(error) => {
                self.price_fault(slot, cell, &error);
                None
            }
        }
    }

    fn price_fault(&mut self, slot: &Slot, cell: &str, error: &NumberError) {
        let fault = number::fault(error, self.rule(slot), self.currency);
        self.note(fault.code, slot, cell, &fault.what, &fault.help);
    }

    fn other_mark(&mut self, slot: &Slot, cell: &str) {
        self.price_fault(slot, cell, &NumberError::OtherMark);
    }

    fn ambiguous(&mut self, slot: &Slot, cell: &str) {
        self.price_fault(slot, cell, &NumberError::Ambiguous);
    }

    fn placeholder(&mut self, slot: &Slot, cell: &str) {
        let help = "leave the cell blank to say the same without a remark";
        self.note(&codes::PLACEHOLDER_READ_AS_BLANK, slot, cell, "was read as blank", help);
    }

    fn weight(&mut self, slot: &Slot, unit: WeightUnit) -> Option<Said<u32>> {
        let cell = slot.raw(&self.record)?;
        match number::grams(cell, self.rule(slot), unit) {
            Ok(None) => return Some(Said::Cleared),
            Ok(Some(weight)) => {
                if weight.rounded && unit == WeightUnit::Gram {
                    let what = format!("was rounded to {} g", weight.grams);
                    self.note(&codes::WEIGHT_ROUNDED, slot, cell, &what, "nothing is to be done");
                }
                return Some(Said::Value(weight.grams));
            }
            Err(NumberError::Placeholder) => {
                self.placeholder(slot, cell);
                return Some(Said::Cleared);
            }
            Err(NumberError::OtherMark) => self.other_mark(slot, cell),
            Err(NumberError::Ambiguous) => self.ambiguous(slot, cell),
            Err(NumberError::OutOfRange) => {
                self.note(
                    &codes::OUT_OF_RANGE,
                    slot,
                    cell,
                    "is too heavy",
                    "check the decimal mark",
                );
            }
            Err(_) => {
                let help = "write the weight as a number of zero or more, or leave the cell blank";
                self.note(&codes::WEIGHT_NOT_A_NUMBER, slot, cell, "is not a weight", help);
            }
        }
        None
    }

    /// Reads a count or a position; `None` when blank or refused.
    pub(crate) fn whole(&mut self, slot: &Slot) -> Option<i64> {
        let cell = slot.raw(&self.record)?;
        match number::whole(cell) {
            Ok(whole) => {
                if whole.is_some_and(|whole| whole.point_zero) {
                    let help = "nothing is to be done";
                    self.note(&codes::WHOLE_WITH_POINT_ZERO, slot, cell, "lost its `.0`", help);
                }
                return whole.map(|whole| whole.value);
            }
            Err(NumberError::Placeholder) => self.placeholder(slot, cell),
            Err(NumberError::OutOfRange) => {
                self.note(&codes::OUT_OF_RANGE, slot, cell, "is too large", "check the number");
            }
            Err(_) => {
                let help = "write digits, with a minus where units are owed";
                self.note(&codes::NOT_A_WHOLE_NUMBER, slot, cell, "is not a whole number", help);
            }
        }
        None
    }

    /// Reads a moment, or a day, which begins at midnight UTC; `None` when blank or refused.
    pub(crate) fn moment(&mut self, slot: &Slot) -> Option<Timestamp> {
        let cell = slot.get(&self.record)?;
        if cell.is_empty() {
            return None;
        }
        let moment = cell.parse().or_else(|_| format!("{cell}T00:00:00Z").parse());
        if moment.is_err() {
            let help = "write it like 2027-05-01 or 2027-05-01T08:00:00+02:00";
            self.note(&codes::NOT_A_MOMENT, slot, cell, "is not a moment", help);
        }
        moment.ok()
    }

    fn tax_category(&mut self, slot: &Slot) -> Option<Said<TaxCategory>> {
        let cell = slot.get(&self.record)?;
        if cell.is_empty() {
            return Some(Said::Cleared);
        }
        let category = TaxCategory::new(cell);
        if category.is_err() {
            let help = "write a word of at most 64 characters, such as reduced";
            self.note(&codes::NOT_A_TAX_CATEGORY, slot, cell, "is not a tax category", help);
        }
        category.ok().map(Said::Value)
    }

    /// Reads the three sides of a packed variant; one without the others is refused.
    fn dimensions(&mut self, slots: &[Slot; 3]) -> Option<Said<Dimensions>> {
        let known = self.faults.len();
        let [length, width, height] = slots.each_ref().map(|slot| self.side(slot));
        match (length, width, height) {
            (Some(length_mm), Some(width_mm), Some(height_mm)) => {
                Some(Said::Value(Dimensions { length_mm, width_mm, height_mm }))
            }
            (None, None, None) => slots.iter().any(Slot::is_there).then_some(Said::Cleared),
            // A side that cannot be read was told of already.
            _ if self.faults.len() > known => None,
            _ => {
                let (at, cell) = (&slots[0], slots[0].get(&self.record).unwrap_or_default());
                let help = "write length, width and height in millimeters, or none of them";
                self.note(&codes::SIZE_INCOMPLETE, at, cell, "stands without another side", help);
                None
            }
        }
    }

    fn side(&mut self, slot: &Slot) -> Option<u32> {
        let whole = self.whole(slot)?;
        let side = u32::try_from(whole).ok();
        if side.is_none() {
            let help = "write millimeters, zero or more";
            self.note(&codes::OUT_OF_RANGE, slot, &whole.to_string(), "is no length", help);
        }
        side
    }

    /// Reads yes or no; `None` when blank or refused.
    pub(crate) fn yes_or_no(&mut self, slot: &Slot) -> Option<bool> {
        let cell = slot.raw(&self.record)?;
        match number::yes_or_no(cell) {
            Ok(answer) => return answer,
            Err(NumberError::Placeholder) => self.placeholder(slot, cell),
            Err(_) => {
                self.note(
                    &codes::NOT_YES_OR_NO,
                    slot,
                    cell,
                    "is not yes or no",
                    "write TRUE or FALSE",
                );
            }
        }
        None
    }

    fn policy(&mut self, slot: &Slot) -> Option<bool> {
        let cell = slot.get(&self.record)?;
        if cell.eq_ignore_ascii_case("deny") {
            return Some(false);
        }
        if cell.eq_ignore_ascii_case("continue") {
            return Some(true);
        }
        match number::yes_or_no(cell) {
            Ok(answer) => return answer,
            Err(NumberError::Placeholder) => self.placeholder(slot, cell),
            Err(_) => {
                let what = "is not an inventory policy";
                self.note(
                    &codes::NOT_AN_ALLOWED_WORD,
                    slot,
                    cell,
                    what,
                    "write `deny` or `continue`",
                );
            }
        }
        None
    }

    /// Reads who counts the stock: nobody, this shop, or a service whose name is kept as a fact.
    fn tracker(&mut self, slot: &Slot, draft: &mut VariantDraft) {
        let Some(cell) = slot.get(&self.record) else { return };
        draft.tracks_stock = match number::yes_or_no(cell) {
            Ok(answer) => Some(answer.unwrap_or(false)),
            Err(NumberError::Placeholder) => {
                self.placeholder(slot, cell);
                Some(false)
            }
            Err(_) => {
                if let Some(name) = other_tracker(cell) {
                    draft.metadata.push((TRACKER_FACT.to_owned(), name.to_owned()));
                }
                Some(true)
            }
        };
    }

    /// Reads an identifier; blank clears it, and what lost its digits is left out.
    fn identifier(&mut self, slot: &Slot) -> Option<Said<String>> {
        let cell = slot.raw(&self.record)?;
        let (text, damage) = identifier(cell);
        let (code, what) = match damage {
            Damage::None => return Some(said(text)),
            Damage::Apostrophe | Damage::Formula => (&codes::GUARD_REMOVED, "lost its guard"),
            Damage::PointZero => (&codes::POINT_ZERO_REMOVED, "lost its `.0`"),
            Damage::Exponent => {
                (&codes::EXPONENT_LEFT_OUT, "lost its digits in a spreadsheet; left out")
            }
            Damage::Placeholder => {
                self.placeholder(slot, cell);
                return Some(Said::Cleared);
            }
        };
        let help = match damage {
            Damage::Exponent => "export again and do not open the file in a spreadsheet",
            _ => "compare with the source: leading zeros may be lost",
        };
        self.note(code, slot, cell, what, help);
        (damage != Damage::Exponent).then(|| said(text))
    }

    /// Reads the address of an image; blank clears it.
    pub(crate) fn image(&mut self, slot: &Slot, form: ImageForm) -> Option<Said<String>> {
        let cell = slot.get(&self.record)?;
        if cell.is_empty() {
            return Some(Said::Cleared);
        }
        if is_placeholder(cell) {
            self.placeholder(slot, cell);
            return Some(Said::Cleared);
        }
        self.image_is_good(slot, cell, form).then(|| Said::Value(cell.to_owned()))
    }

    /// Checks one image address.
    pub(crate) fn image_is_good(&mut self, slot: &Slot, cell: &str, form: ImageForm) -> bool {
        if is_web_address(cell) {
            return true;
        }
        match form {
            ImageForm::Url if is_safe_path(cell) && has_image_ending(cell) => true,
            ImageForm::Url => {
                let what = "is not a web address";
                let help = "write the full address, beginning with https://";
                self.note(&codes::NOT_A_WEB_ADDRESS, slot, cell, what, help);
                false
            }
            ImageForm::UrlOrPath if is_safe_path(cell) => true,
            ImageForm::UrlOrPath => {
                let help =
                    "write a path below the image folder, without `..` and without a leading slash";
                self.note(&codes::UNSAFE_IMAGE_PATH, slot, cell, "leaves its folder", help);
                false
            }
        }
    }
}

/// What Shopify calls its own stock count.
pub(crate) const TRACKER: &str = "shopify";
/// Under which name another tracker is kept.
pub(crate) const TRACKER_FACT: &str = "Variant Inventory Tracker";

/// Returns a tracker's name when it is not this shop and not a word for yes, no or none.
pub(crate) fn other_tracker(cell: &str) -> Option<&str> {
    let name = trim_cell(cell);
    let is_name = number::yes_or_no(name) == Err(NumberError::NotANumber);
    (is_name && !name.eq_ignore_ascii_case(TRACKER)).then_some(name)
}

fn said(text: &str) -> Said<String> {
    if text.is_empty() { Said::Cleared } else { Said::Value(text.to_owned()) }
}
