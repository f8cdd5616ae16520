//! What a search is narrowed by, and how people write it.
//!
//! Several filters on one field are alternatives: `brand=Acme` and `brand=Globex` find the products
//! of both. Filters on different fields must all hold. Bounds on the price always hold together.
//!
//! Names of options and attributes are the same in any letter case. A value is compared as it is
//! written; where no product has it so, letter case and accents are ignored.
//!
//! Prices are decimal text and become integer minor units here, by the exponent that the caller
//! gives; nothing is ever rounded.

use crate::error::SearchError;

/// One condition on the products of an answer.
///
/// ```
/// use sutler_search::{Filter, SearchRequest};
/// # let index = sutler_search::testing::index()?;
///
/// let count = |filters: &[&str]| -> Result<u64, sutler_search::SearchError> {
///     let filters: Result<Vec<Filter>, _> =
///         filters.iter().map(|text| Filter::parse(text, 2)).collect();
///     Ok(index.search(&SearchRequest { filters: filters?, ..SearchRequest::new("") })?.total)
/// };
/// assert_eq!(count(&["brand=Acme", "brand=Birch"])?, 3, "one field: any of the values");
/// assert_eq!(count(&["brand=Acme", "price<100"])?, 1, "two fields: both must hold");
/// assert_eq!(count(&["category=Home"])?, 3, "what is below a category is in it");
/// # Ok::<(), sutler_search::SearchError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Filter {
    /// The brand is this one.
    Brand(String),
    /// The product is in this category or below it: the names from the root.
    Category(Vec<String>),
    /// The product has this tag.
    Tag(String),
    /// Some variant has this value of an option.
    Option {
        /// The option: `Size`.
        name: String,
        /// The value: `M`.
        value: String,
    },
    /// The product has this value of an attribute.
    Attribute {
        /// The attribute: `Material`.
        name: String,
        /// The value: `oak`.
        value: String,
    },
    /// The product can be bought now, or cannot.
    InStock(bool),
    /// Some price between the lowest and the highest of the product's variants fits. Several
    /// bounds must be met by the same price.
    Price {
        /// How the price compares with the bound.
        comparison: PriceComparison,
        /// The bound, in minor units of the currency of the index.
        minor: i64,
    },
}

/// How a price compares with a bound.
///
/// ```
/// use sutler_search::{Filter, PriceComparison};
///
/// let below = Filter::Price { comparison: PriceComparison::Below, minor: 5_000 };
/// assert_eq!(Filter::parse("price<50", 2)?, below);
/// # Ok::<(), sutler_search::SearchError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PriceComparison {
    /// `price<…`
    Below,
    /// `price<=…`
    AtMost,
    /// `price>=…`
    AtLeast,
    /// `price>…`
    Above,
}

/// How each kind of filter is written, by its field.
const FIELDS: [(&str, &str); 7] = [
    ("brand", "brand=Acme"),
    ("category", "category=Apparel/Shirts"),
    ("tag", "tag=sale"),
    ("price", "price<50"),
    ("in_stock", "in_stock=true"),
    ("option", "option.Size=M"),
    ("attribute", "attribute.material=oak"),
];

/// What other systems call the fields.
const OTHER_NAMES: [(&str, &str); 9] = [
    ("vendor", "brand"),
    ("manufacturer", "brand"),
    ("collection", "category"),
    ("product_type", "category"),
    ("tags", "tag"),
    ("stock", "in_stock"),
    ("available", "in_stock"),
    ("availability", "in_stock"),
    ("cost", "price"),
];

impl Filter {
    /// Reads a filter as people write it: `brand=Acme`, `category=Apparel/Shirts`, `tag=sale`,
    /// `option.Size=M`, `attribute.material=oak`, `in_stock=true`, `price<50`, `price<=49.99`,
    /// `price>10`, `price>=10`.
    ///
    /// A category is written from the root, with slashes; a slash inside a name is written `\/`.
    ///
    /// Units: `currency_exponent` is the number of decimals of the currency of the index: 2 for
    /// USD, 0 for JPY, 3 for KWD.
    ///
    /// Errors: [`SearchError::BadFilter`] with what is wrong and how to write it.
    ///
    /// ```
    /// use sutler_search::{Filter, PriceComparison};
    ///
    /// let filter = Filter::parse("price <= 49.99", 2)?;
    /// assert_eq!(filter, Filter::Price { comparison: PriceComparison::AtMost, minor: 4_999 });
    ///
    /// let error = Filter::parse("brnad=Acme", 2).unwrap_err();
    /// assert!(error.to_string().contains("did you mean `brand`"));
    /// # Ok::<(), sutler_search::SearchError>(())
    /// ```
    pub fn parse(text: &str, currency_exponent: u8) -> Result<Filter, SearchError> {
        read(text, currency_exponent)
            .map_err(|why| SearchError::BadFilter { text: text.to_owned(), why })
    }
}

fn read(text: &str, currency_exponent: u8) -> Result<Filter, String> {
    let Some(at) = text.find(['=', '<', '>']) else {
        return Err(format!("there is no `=`, `<` or `>`; {}", example(text)));
    };
    let (field, rest) = text.split_at(at);
    let (operator, value) = match rest.get(..2) {
        Some(two @ ("<=" | ">=")) => (two, &rest[2..]),
        Some("==") => ("=", &rest[2..]),
        _ => rest.split_at(1),
    };
    let (field, value) = (field.trim(), value.trim());
    let (kind, name) = match field.split_once('.') {
        Some((kind, name)) => (kind.trim().to_lowercase(), Some(name.trim())),
        None => (field.to_lowercase(), None),
    };
    if kind == "price" && name.is_none() {
        return read_price(operator, value, currency_exponent);
    }
    let equals = || match (operator, value) {
        ("=", "") => Err("there is no value after the `=`".to_owned()),
        ("=", value) => Ok(value.to_owned()),
        _ => Err(format!("only `price` can be compared with `{operator}`; write `{field}=…`")),
    };
    match (kind.as_str(), name) {
        ("brand", None) => Ok(Filter::Brand(equals()?)),
        ("tag", None) => Ok(Filter::Tag(equals()?)),
        ("category", None) => read_category(&equals()?).map(Filter::Category),
        ("in_stock", None) => read_flag(&equals()?).map(Filter::InStock),
        ("option", Some(name)) if !name.is_empty() => {
            Ok(Filter::Option { name: name.to_owned(), value: equals()? })
        }
        ("attribute", Some(name)) if !name.is_empty() => {
            Ok(Filter::Attribute { name: name.to_owned(), value: equals()? })
        }
        ("option" | "attribute", _) => {
            Err(format!("`{field}` lacks a name; write it like {}", example(&kind)))
        }
        _ => Err(unknown_field(field, &kind)),
    }
}

fn unknown_field(field: &str, kind: &str) -> String {
    let other = OTHER_NAMES.iter().find(|(other, _)| *other == kind).map(|(_, known)| *known);
    match other.or_else(|| did_you_mean(kind, FIELDS.map(|(known, _)| known))) {
        Some(known) => {
            format!(
                "there is no field `{field}`; did you mean `{known}`, as in {}?",
                example(known)
            )
        }
        None => format!(
            "there is no field `{field}`; there are brand, category, tag, price, in_stock, \
             option.<name> and attribute.<name>: perhaps `option.{field}` or `attribute.{field}`"
        ),
    }
}

/// Returns how the field is written that `text` begins with, or how any is.
fn example(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let (_, example) =
        FIELDS.iter().find(|(field, _)| text.starts_with(field)).unwrap_or(&FIELDS[0]);
    format!("`{example}`")
}

/// Returns the one of `known` that `word` was probably meant to be.
pub(crate) fn did_you_mean<const N: usize>(
    word: &str,
    known: [&'static str; N],
) -> Option<&'static str> {
    known
        .into_iter()
        .map(|known| (strsim::osa_distance(word, known), known))
        .filter(|(distance, known)| *distance <= 2 && *distance < known.len())
        .min()
        .map(|(_, known)| known)
}

/// Reads a path from the root; `\/` is a slash inside a name.
fn read_category(text: &str) -> Result<Vec<String>, String> {
    let mut path = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let name = path.last_mut().expect("the path starts with a name and never loses one");
        match c {
            '/' => path.push(String::new()),
            '\\' => name.push(chars.next().unwrap_or('\\')),
            _ => name.push(c),
        }
    }
    path.retain_mut(|name| {
        *name = name.trim().to_owned();
        !name.is_empty()
    });
    if path.is_empty() {
        return Err("it names no category; write the names from the root, like \
                    `category=Apparel/Shirts`"
            .to_owned());
    }
    Ok(path)
}

fn read_flag(text: &str) -> Result<bool, String> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err(format!("`{text}` is neither `true` nor `false`")),
    }
}

fn read_price(operator: &str, value: &str, currency_exponent: u8) -> Result<Filter, String> {
    let comparison = match operator {
        "<" => PriceComparison::Below,
        "<=" => PriceComparison::AtMost,
        ">=" => PriceComparison::AtLeast,
        ">" => PriceComparison::Above,
        _ => {
            return Err(format!(
                "a price is compared with `<`, `<=`, `>` or `>=`; for exactly {value} write two \
                 filters, `price>={value}` and `price<={value}`"
            ));
        }
    };
    Ok(Filter::Price { comparison, minor: read_minor(value, currency_exponent)? })
}

/// Reads decimal text as minor units, exactly.
fn read_minor(text: &str, currency_exponent: u8) -> Result<i64, String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return Err(format!(
            "`{text}` is not a price; write digits with a dot before the decimals, no currency \
             and no separators, like 1249.50"
        ));
    }
    let fraction = fraction.trim_end_matches('0');
    let decimals = usize::from(currency_exponent);
    if fraction.len() > decimals {
        return Err(format!(
            "`{text}` has more decimals than the currency, which has {currency_exponent}"
        ));
    }
    let all = format!("{whole}{fraction:0<decimals$}");
    let all = all.trim_start_matches('0');
    if all.is_empty() {
        return Ok(0);
    }
    all.parse().map_err(|_| format!("`{text}` is beyond any price that can be stored"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
    use super::{Filter, PriceComparison, read_minor};

    fn price(comparison: PriceComparison, minor: i64) -> Filter {
        Filter::Price { comparison, minor }
    }

    #[test]
    fn every_way_of_writing_a_filter() {
        use PriceComparison::{Above, AtLeast, AtMost, Below};
        let path = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let option =
            |name: &str, value: &str| Filter::Option { name: name.into(), value: value.into() };
        let attribute =
            |name: &str, value: &str| Filter::Attribute { name: name.into(), value: value.into() };
        #[rustfmt::skip]
        let table = [
            ("brand=Acme",                  Filter::Brand("Acme".into())),
            (" Brand = Acme & Sons ",       Filter::Brand("Acme & Sons".into())),
            ("brand=a=b",                   Filter::Brand("a=b".into())),
            ("brand==Acme",                 Filter::Brand("Acme".into())),
            ("tag=sale",                    Filter::Tag("sale".into())),
            ("category=Apparel/Shirts",     Filter::Category(path(&["Apparel", "Shirts"]))),
            ("category=/Apparel / Shirts/", Filter::Category(path(&["Apparel", "Shirts"]))),
            (r"category=Audio\/Video/TV",   Filter::Category(path(&["Audio/Video", "TV"]))),
            ("option.Size=M",               option("Size", "M")),
            ("option.Shoe size=10.5",       option("Shoe size", "10.5")),
            ("attribute.a.b=x",             attribute("a.b", "x")),
            ("in_stock=true",               Filter::InStock(true)),
            ("in_stock=No",                 Filter::InStock(false)),
            ("price<50",                    price(Below, 5_000)),
            ("price<=50.5",                 price(AtMost, 5_050)),
            ("price>0",                     price(Above, 0)),
            ("price >= .99",                price(AtLeast, 99)),
            ("price<50.000",                price(Below, 5_000)),
            ("price<92233720368547758.07",  price(Below, i64::MAX)),
        ];
        for (text, expected) in table {
            assert_eq!(Filter::parse(text, 2).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn every_mistake_says_how_to_write_it() {
        #[rustfmt::skip]
        let table = [
            ("brnad=Acme",                  "did you mean `brand`"),
            ("vendor=Acme",                 "did you mean `brand`"),
            ("attributes.material=oak",     "did you mean `attribute`"),
            ("Size=M",                      "`option.Size` or `attribute.Size`"),
            ("brand Acme",                  "`brand=Acme`"),
            ("",                            "there is no `=`"),
            ("brand=",                      "no value"),
            ("brand<A",                     "only `price`"),
            ("option=M",                    "lacks a name"),
            ("option.=M",                   "lacks a name"),
            ("category=/",                  "names no category"),
            ("in_stock=maybe",              "neither `true` nor `false`"),
            ("price=20",                    "`price>=20` and `price<=20`"),
            ("price<",                      "not a price"),
            ("price<.",                     "not a price"),
            ("price<1,000",                 "no separators"),
            ("price<$5",                    "no currency"),
            ("price<-5",                    "not a price"),
            ("price<9.999",                 "more decimals than the currency, which has 2"),
            ("price<92233720368547758.08",  "beyond any price"),
        ];
        for (text, expected) in table {
            let message = Filter::parse(text, 2).unwrap_err().to_string();
            assert!(message.contains(expected), "{text}: {message}");
            assert!(message.contains(&format!("`{text}`")), "{text}: {message}");
        }
    }

    #[test]
    fn minor_units_follow_the_currency() {
        #[rustfmt::skip]
        let table = [
            ("12",    0, Ok(12)),
            ("12.0",  0, Ok(12)),
            ("12.5",  0, Err(())),
            ("12.5",  2, Ok(1_250)),
            ("12.5",  3, Ok(12_500)),
            ("0.001", 3, Ok(1)),
            ("007",   2, Ok(700)),
            ("0.00",  2, Ok(0)),
        ];
        for (text, exponent, expected) in table {
            assert_eq!(read_minor(text, exponent).map_err(|_| ()), expected, "{text} {exponent}");
        }
    }
}
