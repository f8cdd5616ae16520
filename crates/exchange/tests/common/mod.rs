//! What the tests share: reading a text, and telling what came out of it in a few words.
#![allow(dead_code, reason = "each test file uses a part of it")]

use sutler_core::import::{Diagnostic, ProductDraft, Said};
use sutler_core::money::Currency;
use sutler_exchange::{Entry, Input, Opened, ReadOptions, Refused, open};

/// Opens a text as a file in euros.
pub(crate) fn opened(text: &str) -> Result<Opened, Refused> {
    open(Input::bytes("test.csv", text), ReadOptions::new(Currency::EUR))
}

/// Reads all products of a text.
#[track_caller]
pub(crate) fn entries(text: &str) -> Vec<Entry> {
    let opened = opened(text).unwrap_or_else(|refused| panic!("refused: {refused}"));
    opened.products().map(|entry| entry.expect("the source does not change")).collect()
}

/// Returns why a text is refused as a whole.
#[track_caller]
pub(crate) fn refusal(text: &str) -> Diagnostic {
    match opened(text) {
        Ok(_) => panic!("it was read"),
        Err(refused) => refused.diagnostics()[0].clone(),
    }
}

/// Tells what a file says, a line for each product and each diagnostic:
///
/// ```text
/// hat "Hat" [Size] S 19.90; M - | a.png b.png
///   3 E142
/// ```
#[track_caller]
pub(crate) fn told(text: &str) -> String {
    let mut told = Vec::new();
    for entry in entries(text) {
        match &entry.draft {
            Some(draft) => told.push(product(draft)),
            None => told.push(format!("{} refused", entry.handle)),
        }
        let mut notes: Vec<(u64, String)> = entry
            .remarks
            .iter()
            .map(|remark| (remark.place.line, remark.code.clone()))
            .chain(
                entry
                    .rejected
                    .iter()
                    .flat_map(|row| row.errors.iter().map(|error| (row.line, error.code.clone()))),
            )
            .collect();
        notes.sort();
        told.extend(notes.into_iter().map(|(line, code)| format!("  {line} {code}")));
    }
    told.join("\n")
}

fn product(draft: &ProductDraft) -> String {
    let variants: Vec<String> = draft
        .variants
        .iter()
        .map(|variant| {
            let price = variant.price.map_or("-".to_owned(), |price| price.amount_text());
            let mut words = variant.option_values.clone();
            words.extend(variant.sku.as_ref().and_then(Said::value).map(|sku| format!("#{sku}")));
            words.push(price);
            words.join(" ")
        })
        .collect();
    let images: Vec<&str> = draft.images.iter().flatten().map(|image| image.url.as_str()).collect();
    let mut told = format!("{} {:?}", draft.handle, draft.title.as_deref().unwrap_or("?"));
    if !draft.option_names.is_empty() {
        told += &format!(" [{}]", draft.option_names.join(","));
    }
    told += &format!(" {}", variants.join("; "));
    if !images.is_empty() {
        told += &format!(" | {}", images.join(" "));
    }
    told
}

/// Compares what a file says with what is expected; blanks at the ends of lines do not matter.
#[track_caller]
pub(crate) fn check(text: &str, expected: &str) {
    let clean = |text: &str| {
        let lines: Vec<&str> =
            text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        lines.join("\n")
    };
    assert_eq!(clean(&told(text)), clean(expected));
}
