//! The rows of one product become one draft.
//!
//! * The first row that says something about the product wins; later rows may repeat it or stay blank.
//! * A row is a variant, an image, or both. The same image twice is one image; the same options twice are a fault.
//! * `Title` / `Default Title` means that the product has no options.
//! * A refused row is left out. When it is the first row of its product, or no variant is left, the whole product is
//!   refused, because a product without its title or variants would do harm to the one in the shop.
//!
//! Deliberately absent: finding the rows (module `index`) and reading single cells (module `row`).

use std::collections::HashSet;

use sutler_core::catalog::ProductStatus;
use sutler_core::import::{Diagnostic, ImageDraft, Place, ProductDraft, Said, VariantDraft};
use sutler_core::money::Currency;
use sutler_core::pricing::Window;

use super::checks::{Word, add_shift_hint, cell_count_fault, general_remarks, read_status};
use super::layout::{HandleSource, Layout, Role, Slot};
use super::options::options_hash;
use super::row::{RowReader, VariantSlots, fact_columns};
use super::scan::Scan;
use crate::codes;
use crate::diagnose::{Extend as _, diagnostic};
use crate::table::{Header, Record};
use crate::text::{is_placeholder, shown, stable_hash, trim_cell};

/// The texts about a product that stand once, in its first row.
const PRODUCT_TEXTS: [Role; 10] = [
    Role::Title,
    Role::Description,
    Role::Brand,
    Role::Category,
    Role::FurtherCategories,
    Role::ProductType,
    Role::Tags,
    Role::SeoTitle,
    Role::SeoDescription,
    Role::ExternalId,
];

/// What stays the same for all products of a file.
pub(crate) struct Assembler<'a> {
    pub(crate) header: &'a Header,
    pub(crate) layout: &'a Layout,
    pub(crate) scan: &'a Scan,
    pub(crate) currency: Currency,
    pub(crate) strict_sku: bool,
    pub(crate) handles: HandleSource,
    pub(super) variant_slots: VariantSlots,
    pub(super) texts: Vec<(Role, Slot)>,
    pub(super) facts: Vec<(usize, String)>,
    status: Slot,
    published: Slot,
    publish_from: Slot,
    publish_until: Slot,
    image_url: Slot,
    image_position: Slot,
    image_alt: Slot,
}

impl<'a> Assembler<'a> {
    /// Finds all slots.
    pub(crate) fn new(
        header: &'a Header,
        layout: &'a Layout,
        scan: &'a Scan,
        currency: Currency,
        strict_sku: bool,
    ) -> Assembler<'a> {
        let texts = PRODUCT_TEXTS.map(|role| (role, layout.slot(role)));
        Assembler {
            header,
            layout,
            scan,
            currency,
            strict_sku,
            handles: HandleSource::new(layout),
            variant_slots: VariantSlots::new(layout),
            texts: texts.into_iter().filter(|(_, slot)| slot.is_there()).collect(),
            facts: fact_columns(layout, Role::ProductFact),
            status: layout.slot(Role::Status),
            published: layout.slot(Role::Published),
            publish_from: layout.slot(Role::PublishFrom),
            publish_until: layout.slot(Role::PublishUntil),
            image_url: layout.slot(Role::ImageUrl),
            image_position: layout.slot(Role::ImagePosition),
            image_alt: layout.slot(Role::ImageAlt),
        }
    }

    /// Returns the place of a field in a row: its column, or the row when it has none.
    pub(super) fn place(&self, slot: &Slot, row: &Place) -> Place {
        match slot.column {
            Some(column) => self.header.place(row, column),
            None => row.clone(),
        }
    }

    /// Begins a product.
    pub(crate) fn begin(&self, handle: String) -> Product {
        Product {
            handle,
            texts: vec![String::new(); self.texts.len() + self.facts.len()],
            contradicted: HashSet::new(),
            option_names: vec![String::new(); self.variant_slots.options.len()],
            status: None,
            published: None,
            publish_window: Window::ALWAYS,
            images: Vec::new(),
            image_position: 0,
            seen_images: HashSet::new(),
            variants: Vec::new(),
            seen_options: HashSet::new(),
            variant_refused: false,
            rows: 0,
            remarks: Vec::new(),
            faults: Vec::new(),
        }
    }
}

/// A product whose rows are coming in.
pub(crate) struct Product {
    pub(crate) handle: String,
    pub(super) texts: Vec<String>,
    /// Which texts a later row contradicted already.
    pub(super) contradicted: HashSet<usize>,
    pub(super) option_names: Vec<String>,
    status: Option<ProductStatus>,
    published: Option<bool>,
    publish_window: Window,
    /// Position, then order of appearance.
    images: Vec<(i64, ImageDraft)>,
    /// Position of the image before, for those without one.
    image_position: i64,
    seen_images: HashSet<u64>,
    pub(super) variants: Vec<VariantDraft>,
    pub(super) seen_options: HashSet<u64>,
    variant_refused: bool,
    rows: u32,
    pub(crate) remarks: Vec<Diagnostic>,
    /// Faults of rows, with the number of the row within the product, from 0.
    pub(crate) faults: Vec<(u32, Diagnostic)>,
}

impl Product {
    /// Takes the next row.
    pub(crate) fn row(&mut self, all: &Assembler<'_>, record: Record<'_>) {
        let number = self.rows;
        self.rows += 1;
        if let Some(fault) = cell_count_fault(all, &record) {
            self.variant_refused = true;
            self.faults.push((number, fault));
            return;
        }
        let mut reader = RowReader {
            record,
            header: all.header,
            rules: &all.scan.rules,
            currency: all.currency,
            faults: Vec::new(),
            remarks: &mut self.remarks,
        };
        general_remarks(&mut reader, number, all);
        let is_variant = all.variant_slots.is_variant(&record);
        let variant = is_variant.then(|| reader.variant(&all.variant_slots));
        let status = read_status(&mut reader, &all.status);
        let published = reader.yes_or_no(&all.published);
        let from = reader.moment(&all.publish_from);
        let until = reader.moment(&all.publish_until);
        let images = read_images(&mut reader, all);
        let position = reader.whole(&all.image_position);
        let mut faults = std::mem::take(&mut reader.faults);
        if let Some(variant) = &variant {
            faults.extend(self.same_options(all, &record, variant));
            faults.extend(self.same_sku(all, &record, variant));
        }
        if !faults.is_empty() {
            self.variant_refused |= is_variant;
            add_shift_hint(&mut faults, all, &record);
            self.faults.extend(faults.into_iter().map(|fault| (number, fault)));
            return;
        }
        let unlisted = status == Some(Word::Unlisted);
        self.status = self.status.or(status.map(Word::status));
        self.published = self.published.or(if unlisted { Some(false) } else { published });
        self.publish_window.from = self.publish_window.from.or(from);
        self.publish_window.until = self.publish_window.until.or(until);
        let said = self.absorb_texts(all, &record) | self.absorb_option_names(all, &record);
        let idle = images.is_empty() && variant.is_none() && !said;
        if idle && number > 0 {
            let message = format!("the row has nothing but the handle '{}'", shown(&self.handle));
            self.remarks.push(diagnostic(&codes::EMPTY_ROW, record.place(), message));
        }
        self.absorb_images(all, &record, images, position);
        if let Some(variant) = variant {
            self.seen_options.insert(options_hash(&variant));
            self.variants.push(variant);
        }
    }

    /// Finds the row that has the same SKU already; a fault or a remark as the caller wants.
    fn same_sku(
        &mut self,
        all: &Assembler<'_>,
        record: &Record<'_>,
        variant: &VariantDraft,
    ) -> Option<Diagnostic> {
        let sku = variant.sku.as_ref().and_then(Said::value)?;
        let first = all.scan.first_line_of_sku(record.mark.line)?;
        let code = if all.strict_sku { &codes::DUPLICATE_SKU } else { &codes::REPEATED_SKU };
        let place = all.place(&all.layout.slot(Role::Sku), &record.place());
        let message = format!("SKU '{}' stands on line {first} already", shown(sku));
        let help = if all.strict_sku {
            "give each variant its own SKU, or import without `--strict-sku`"
        } else {
            "nothing is to be done when that is intended"
        };
        let found = diagnostic(code, place, message).with_value(sku).with_help(help);
        if all.strict_sku {
            return Some(found);
        }
        self.remarks.push(found);
        None
    }

    fn absorb_images(
        &mut self,
        all: &Assembler<'_>,
        record: &Record<'_>,
        urls: Vec<String>,
        position: Option<i64>,
    ) {
        let alt = all.image_alt.get(record).unwrap_or_default();
        for url in urls {
            if let Some(position) = position {
                self.image_position = position;
            }
            if self.seen_images.insert(stable_hash(&url)) {
                self.images.push((self.image_position, ImageDraft { url, alt: alt.to_owned() }));
            } else if let Some((_, image)) = self.images.iter_mut().find(|(_, i)| i.url == url)
                && image.alt.is_empty()
            {
                image.alt = alt.to_owned();
            }
        }
    }

    /// Makes the draft; `None` when the product is refused as a whole.
    pub(crate) fn finish(&mut self, all: &Assembler<'_>, first: &Place) -> Option<ProductDraft> {
        let title = all.texts.iter().position(|(role, _)| *role == Role::Title);
        let first_refused = self.faults.iter().any(|(row, _)| *row == 0);
        if let Some(at) = title
            && self.texts[at].is_empty()
            && !first_refused
        {
            let place = all.place(&all.texts[at].1, first);
            let message = format!("product '{}' has no title", shown(&self.handle));
            let help = "write the title into the first row of the product";
            let fault = diagnostic(&codes::NO_TITLE, place, message).with_help(help);
            self.faults.push((0, fault));
        }
        let first_refused = self.faults.iter().any(|(row, _)| *row == 0);
        if first_refused || (self.variants.is_empty() && self.variant_refused) {
            return None;
        }
        let mut draft = ProductDraft {
            handle: std::mem::take(&mut self.handle),
            status: self.status,
            published: self.published,
            variants: std::mem::take(&mut self.variants),
            ..ProductDraft::default()
        };
        let said = |slot: &Slot, at: Option<_>| {
            slot.is_there().then(|| at.map_or(Said::Cleared, Said::Value))
        };
        draft.publish_from = said(&all.publish_from, self.publish_window.from);
        draft.publish_until = said(&all.publish_until, self.publish_window.until);
        self.settle_options(all, &mut draft, first);
        self.images.sort_by_key(|(position, _)| *position);
        if all.image_url.is_there() {
            draft.images = Some(self.images.drain(..).map(|(_, image)| image).collect());
        }
        let texts = std::mem::take(&mut self.texts);
        let mut texts = texts.into_iter();
        for ((role, slot), text) in all.texts.iter().zip(texts.by_ref()) {
            self.place_text(all, &mut draft, *role, slot, text, first);
        }
        draft.metadata = all.facts.iter().map(|(_, name)| name.clone()).zip(texts).collect();
        Some(draft)
    }
}

/// Reads the images of a row.
fn read_images(reader: &mut RowReader<'_>, all: &Assembler<'_>) -> Vec<String> {
    let record = reader.record;
    let (slot, form) = (&all.image_url, all.layout.image_form);
    let Some(separator) = &all.layout.separators.images else {
        return match reader.image(slot, form) {
            Some(Said::Value(url)) => vec![url],
            _ => Vec::new(),
        };
    };
    let cell = slot.get(&record).unwrap_or_default();
    let urls = cell.split(separator.as_str()).map(trim_cell).filter(|url| !url.is_empty());
    urls.filter(|url| !is_placeholder(url) && reader.image_is_good(slot, url, form))
        .map(str::to_owned)
        .collect()
}
