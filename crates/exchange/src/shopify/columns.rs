//! The columns of Shopify's product file: classic names, new names, and the misspellings that are seen.
//!
//! Both sets of names are current: shops export the classic ones, the template of the admin has the new ones. Facts
//! that the draft has no field for are kept under the classic name, so that a file with new names and one with classic
//! names give the same draft.
//!
//! Deliberately absent: rules about rows (module `catalog`).

use crate::catalog::layout::Role::{self, *};

/// One column that Shopify knows.
pub(crate) struct Known {
    pub(crate) role: Role,
    pub(crate) classic: &'static str,
    pub(crate) new: &'static str,
    /// Other spellings, as lookup keys.
    others: &'static [&'static str],
    /// Whether every export has it, or only those of products that say something there.
    pub(crate) always: bool,
}

const fn base(role: Role, classic: &'static str, new: &'static str) -> Known {
    Known { role, classic, new, others: &[], always: true }
}

const fn also(
    role: Role,
    classic: &'static str,
    new: &'static str,
    others: &'static [&'static str],
) -> Known {
    Known { role, classic, new, others, always: true }
}

const fn rare(role: Role, classic: &'static str, new: &'static str) -> Known {
    Known { role, classic, new, others: &[], always: false }
}

/// Every known column, in the order of a classic export.
#[rustfmt::skip]
pub(crate) const KNOWN: &[Known] = &[
    also(Handle,           "Handle",                       "URL handle", &[]),
    base(Title,            "Title",                        "Title"),
    also(Description,      "Body (HTML)",                  "Description", &["body", "body html"]),
    base(Brand,            "Vendor",                       "Vendor"),
    also(Category,         "Product Category",             "Product category", &["standard product type", "standardized product type"]),
    rare(FurtherCategories,"Further Categories",           "Further Categories"),
    also(ProductType,      "Type",                         "Type", &["custom product type", "product type"]),
    base(Tags,             "Tags",                         "Tags"),
    base(Published,        "Published",                    "Published on online store"),
    base(OptionName(1),    "Option1 Name",                 "Option1 name"),
    base(OptionValue(1),   "Option1 Value",                "Option1 value"),
    rare(ProductFact,      "Option1 Linked To",            "Option1 Linked To"),
    base(OptionName(2),    "Option2 Name",                 "Option2 name"),
    base(OptionValue(2),   "Option2 Value",                "Option2 value"),
    rare(ProductFact,      "Option2 Linked To",            "Option2 Linked To"),
    base(OptionName(3),    "Option3 Name",                 "Option3 name"),
    base(OptionValue(3),   "Option3 Value",                "Option3 value"),
    rare(ProductFact,      "Option3 Linked To",            "Option3 Linked To"),
    base(Sku,              "Variant SKU",                  "SKU"),
    base(Weight,           "Variant Grams",                "Weight value (grams)"),
    base(Tracker,          "Variant Inventory Tracker",    "Inventory tracker"),
    also(Stock,            "Variant Inventory Qty",        "Inventory quantity", &["variant inventory quantity"]),
    base(Policy,           "Variant Inventory Policy",     "Continue selling when out of stock"),
    also(VariantFact,      "Variant Fulfillment Service",  "Fulfillment service", &["variant fullfilment service"]),
    base(Price,            "Variant Price",                "Price"),
    base(CompareAt,        "Variant Compare At Price",     "Compare-at price"),
    // What the law wants told with a reduction; it follows from the prices before, so it is never read.
    rare(Ignored,          "Variant Lowest Price 30 Days", "Lowest price 30 days"),
    base(RequiresShipping, "Variant Requires Shipping",    "Requires shipping"),
    base(Taxable,          "Variant Taxable",              "Charge tax"),
    rare(VariantFact,      "Unit Price Total Measure",     "Unit price total measure"),
    rare(VariantFact,      "Unit Price Total Measure Unit","Unit price total measure unit"),
    rare(VariantFact,      "Unit Price Base Measure",      "Unit price base measure"),
    rare(VariantFact,      "Unit Price Base Measure Unit", "Unit price base measure unit"),
    base(Barcode,          "Variant Barcode",              "Barcode"),
    also(ImageUrl,         "Image Src",                    "Product image URL", &["image url"]),
    base(ImagePosition,    "Image Position",               "Image position"),
    base(ImageAlt,         "Image Alt Text",               "Image alt text"),
    base(ProductFact,      "Gift Card",                    "Gift card"),
    base(SeoTitle,         "SEO Title",                    "SEO title"),
    base(SeoDescription,   "SEO Description",              "SEO description"),
    rare(ProductFact, "Google Shopping / Google Product Category", "Google Shopping / Google product category"),
    rare(ProductFact, "Google Shopping / Gender",          "Google Shopping / Gender"),
    rare(ProductFact, "Google Shopping / Age Group",       "Google Shopping / Age group"),
    rare(ProductFact, "Google Shopping / MPN",             "Google Shopping / Manufacturer part number (MPN)"),
    rare(ProductFact, "Google Shopping / AdWords Grouping","Google Shopping / Ad group name"),
    rare(ProductFact, "Google Shopping / AdWords Labels",  "Google Shopping / Ads labels"),
    rare(ProductFact, "Google Shopping / Condition",       "Google Shopping / Condition"),
    rare(ProductFact, "Google Shopping / Custom Product",  "Google Shopping / Custom product"),
    rare(ProductFact, "Google Shopping / Custom Label 0",  "Google Shopping / Custom label 0"),
    rare(ProductFact, "Google Shopping / Custom Label 1",  "Google Shopping / Custom label 1"),
    rare(ProductFact, "Google Shopping / Custom Label 2",  "Google Shopping / Custom label 2"),
    rare(ProductFact, "Google Shopping / Custom Label 3",  "Google Shopping / Custom label 3"),
    rare(ProductFact, "Google Shopping / Custom Label 4",  "Google Shopping / Custom label 4"),
    base(VariantImage,     "Variant Image",                "Variant image URL"),
    base(VariantFact,      "Variant Weight Unit",          "Weight unit for display"),
    base(TaxCode,          "Variant Tax Code",             "Tax code"),
    base(UnitCost,         "Cost per item",                "Cost per item"),
    base(Status,           "Status",                       "Status"),
];

/// In front of the name of a column that holds facts about variants but is not known to Shopify.
pub(crate) const VARIANT_FACT_PREFIX: &str = "Variant Metadata / ";
/// In front of the name of a product fact that would be read as something else without it.
pub(crate) const PRODUCT_FACT_PREFIX: &str = "Product Metadata / ";

/// The columns that a reject file adds; they are not read.
pub(crate) const REJECT_COLUMNS: [&str; 2] = ["Error(s)", "Source line"];

/// In front of the name of a column, in a column that a reject file adds: in the source that column holds facts about
/// variants, which the refused rows alone may not tell.
pub(crate) const OF_VARIANTS_PREFIX: &str = "Belongs to variants: ";

/// Tells whether a reject file added this column; it holds nothing about products.
pub(crate) fn is_added_by_rejects(key: &str) -> bool {
    REJECT_COLUMNS.iter().any(|column| column.eq_ignore_ascii_case(key))
        || of_variants(key).is_some()
}

/// Returns the key of the column that a reject file says holds facts about variants.
pub(crate) fn of_variants(key: &str) -> Option<&str> {
    let (start, name) = key.split_at_checked(OF_VARIANTS_PREFIX.len())?;
    start.eq_ignore_ascii_case(OF_VARIANTS_PREFIX).then_some(name)
}

/// What a header name means in a Shopify product file, and the name its facts are kept under.
pub(crate) fn meaning(key: &str, name: &str) -> (Role, String) {
    if let Some(known) = known(key) {
        return (known.role, known.classic.to_owned());
    }
    if is_added_by_rejects(key) {
        return (Ignored, name.to_owned());
    }
    if let Some(option) = further_option(key) {
        return (option, name.to_owned());
    }
    for (prefix, role) in [(VARIANT_FACT_PREFIX, VariantFact), (PRODUCT_FACT_PREFIX, ProductFact)] {
        let matching =
            name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        if matching && name.len() > prefix.len() {
            return (role, name[prefix.len()..].to_owned());
        }
    }
    (level(key), name.to_owned())
}

/// Whether facts of an unknown column are about products or variants, as far as its name tells.
pub(crate) fn level(key: &str) -> Role {
    let starts = |prefix: &str| key.starts_with(prefix);
    if key.contains("product.metafields.") || starts("included / ") {
        ProductFact
    } else if key.contains("variant.metafields.")
        || starts("variant ")
        || starts("price / ")
        || starts("compare at price / ")
        || starts("compare-at price / ")
    {
        VariantFact
    } else {
        Fact
    }
}

/// Returns the known column of a key, also when only letters and digits agree (`bodyhtml`).
pub(crate) fn known(key: &str) -> Option<&'static Known> {
    let exact = |known: &&Known| {
        known.classic.eq_ignore_ascii_case(key)
            || known.new.eq_ignore_ascii_case(key)
            || known.others.contains(&key)
    };
    KNOWN.iter().find(exact).or_else(|| {
        let letters = crate::text::header_letters(key);
        let same = |name: &str| crate::text::header_letters(name) == letters;
        let similar = |known: &&Known| {
            same(known.classic) || same(known.new) || known.others.iter().any(|other| same(other))
        };
        if letters.is_empty() { None } else { KNOWN.iter().find(similar) }
    })
}

/// Reads `option4 name`, which this engine writes for products with more options than Shopify allows.
fn further_option(key: &str) -> Option<Role> {
    let (number, word) = key.strip_prefix("option")?.split_once(' ')?;
    let number: u8 = number.parse().ok().filter(|n| (4..=20).contains(n))?;
    match word {
        "name" => Some(OptionName(number)),
        "value" => Some(OptionValue(number)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::header_key;

    #[test]
    fn both_header_sets_and_usual_misspellings_mean_the_same() {
        for known in KNOWN {
            for name in [known.classic, known.new] {
                let (role, kept) = meaning(&header_key(name), name);
                assert_eq!((role, kept.as_str()), (known.role, known.classic), "{name}");
            }
        }
        for (name, role) in [
            ("Body", Description),
            ("BodyHtml", Description),
            ("Variant inventory quantity", Stock),
            ("Google shopping mpn", ProductFact),
            ("Option1Name", OptionName(1)),
            ("Option4 Value", OptionValue(4)),
            ("Error(s)", Ignored),
        ] {
            assert_eq!(meaning(&header_key(name), name).0, role, "{name}");
        }
    }

    #[test]
    fn unknown_columns_are_facts_of_the_right_level() {
        for (name, role, kept) in [
            (
                "Color (product.metafields.my.color)",
                ProductFact,
                "Color (product.metafields.my.color)",
            ),
            ("Cut (variant.metafields.my.cut)", VariantFact, "Cut (variant.metafields.my.cut)"),
            ("Price / France", VariantFact, "Price / France"),
            ("Included / France", ProductFact, "Included / France"),
            ("custom.make", Fact, "custom.make"),
            ("Variant Metadata / custom.make", VariantFact, "custom.make"),
            ("Product Metadata / Title", ProductFact, "Title"),
        ] {
            assert_eq!(meaning(&header_key(name), name), (role, kept.to_owned()), "{name}");
        }
    }
}
