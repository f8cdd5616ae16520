//! `GLOSSARY.md` against the names in the code.
//!
//! The glossary's third column says which words not to use for a concept. Here its single words and phrases are looked
//! for, word by word, in the names of types, functions, modules, constants, fields and variants: `StockItem` and
//! `stock_items` both hold the phrase *stock item*. Comments, texts, parameters, local names and the
//! names of tests, which are sentences, are free.
//!
//! Many of these words are wrong for one concept and right for another: *cost* is not a price, but it is what a variant
//! costs its merchant. Such words stand in [`RIGHT_ELSEWHERE`] with the reason. The list cannot rot: an entry that the
//! glossary does not ban is reported.

use std::collections::BTreeSet;

use crate::code::{Token, code_only, line_of, tokens};
use crate::{all_rust_files, assert_none, read, root, short};

/// A banned word that has a right use.
struct Elsewhere {
    /// The word or phrase, as in the glossary.
    word: &'static str,
    /// The part of the path in which it may stand; empty for everywhere.
    below: &'static str,
    /// What it means there.
    why: &'static str,
}

const fn except(word: &'static str, below: &'static str, why: &'static str) -> Elsewhere {
    Elsewhere { word, below, why }
}

#[rustfmt::skip]
const RIGHT_ELSEWHERE: &[Elsewhere] = &[
    // Words that the glossary itself uses for something else.
    except("category",    "",  "its own entry: a node of the product tree"),
    except("catalog",     "",  "products, variants and categories together; banned for a price list"),
    except("delivery",    "",  "DeliveryMethod, DeliveryRate, delivery_total; banned for a fulfillment"),
    except("event",       "",  "its own entry; banned for a flash sale"),
    except("shipment",    "",  "its own entry: one parcel; banned for a fulfillment"),
    except("draft",       "",  "its own entry, and the status of a product; banned for a cart"),
    except("rate",        "",  "TaxRate, DeliveryRate, an exact rate; banned for a price"),
    except("tax",         "",  "the amount; banned for the rate"),
    except("zone",        "",  "TaxZone, DeliveryZone, time zone; banned alone"),
    except("group",       "",  "customer group, group commit; banned for a collection"),
    except("tax code",    "",  "a column of merchants' files, kept as it was written"),

    except("surcharge",   "",  "DeliverySurcharge: a part of a delivery rate; banned for a fee"),
    except("fee",         "",  "its own entry; banned for a surcharge on a delivery"),

    // Words of programming.
    except("code",        "",  "the stable code of a refusal, a coupon's code; banned for a SKU"),
    except("source",      "",  "what an error came from, where a file is read from; banned for a stock location"),
    except("error",       "",  "a failure; banned for the domain's no"),
    except("message",     "",  "a sentence for people; banned for an event"),
    except("count",       "",  "how many; banned for on_hand"),
    except("quantity",    "",  "how many units a line or a movement has; banned for on_hand"),
    except("lock",        "",  "of files and threads; banned for a reservation"),
    except("hold",        "",  "to hold money is to authorize it; banned for a reservation"),
    except("queue",       "",  "of callers waiting for the writer; banned for the outbox"),
    except("transaction", "",  "of a database; banned for a payment or a stock movement"),
    except("store",       "",  "the port and its back-ends; banned for a channel"),
    except("cancel",      "",  "a move of orders, fulfillments and returns; banned for void"),
    except("reverse",     "",  "order of a list; reverse charge is a tax treatment"),
    except("charge",      "",  "reverse charge is a tax treatment"),
    except("cost",        "",  "unit_cost: what a variant costs the merchant; banned for a price"),
    except("warning",     "",  "a severity of a diagnostic"),
    except("session",     "",  "of a database"),
    except("balance",     "",  "a verb, and what an account of the provider has"),
    except("region",      "",  "a part of a country in an address"),
    except("site",        "",  "call site"),
    except("gross",       "",  "an amount with its tax; banned for tax_inclusive"),
    except("allocate",    "",  "what is done to stock; banned for money, which is split"),
    except("sale",        "",  "on sale, not for sale; banned for an order"),
    except("settle",      "",  "to settle on a guess; banned for capture"),
    except("issue",       "",  "to issue a gift card; banned for a finding"),
    except("audit",       "",  "the audit log of the store"),
    except("child",       "",  "a node below another: categories, XML, processes"),
    except("problem",     "",  "what is wrong with one cell, before it is a diagnostic"),
    except("property",    "",  "property tests"),
    except("spec",        "",  "a written rule of a format"),

    // Cargo's words, and the checks' own.
    except("package",     "tests/tidy/", "a package of cargo"),
    except("package",     "xtask/",      "a package of cargo"),
    except("complaint",   "tests/tidy/", "what a check says"),

    // What a payment's facts fold to is more than its status: amounts, references, open holds.
    except("state",       "crates/core/src/payment/", "the fold of a payment's facts"),

    except("state", "crates/store-memory/", "all that the memory back-end holds"),

    // Foreign formats keep their own words where they are read and written.
    except("item",        "crates/exchange/", "an element of product feeds"),
    except("vendor",      "crates/exchange/", "a column of merchants' files"),
    except("manufacturer","crates/exchange/", "a column of merchants' files"),
    except("slug",        "crates/exchange/", "a column of merchants' files"),
    except("state",       "crates/exchange/", "where a reader of characters stands"),
    except("master",      "crates/exchange/", "a kind of row in one format"),
    except("property",    "crates/exchange/", "a column of merchants' files"),
];

/// Names that other people's traits demand.
const DEMANDED: &[(&str, &str)] = &[("Item", "the associated type of Iterator")];

/// What the third column bans.
#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Ban {
    /// The words in a row, anywhere in a name.
    Words(Vec<String>),
    /// The bare word as the name of a type.
    Type(String),
}

/// Reads the third column of the glossary's tables.
fn bans(glossary: &str) -> BTreeSet<Ban> {
    let mut bans = BTreeSet::new();
    for line in glossary.lines().filter(|line| line.starts_with("| **")) {
        let Some(cell) = line.trim().trim_matches('|').split('|').nth(2) else { continue };
        for entry in cell.split([',', ';']).map(str::trim).filter(|entry| !entry.is_empty()) {
            let (word, remark) = entry.split_once('(').unwrap_or((entry, ""));
            if remark.starts_with("as a type") {
                bans.insert(Ban::Type(word.trim().to_lowercase()));
            } else if remark.is_empty() || !remark.starts_with("as ") && !remark.starts_with("of ")
            {
                let words = word.split([' ', '-', '_']).filter(|word| !word.is_empty());
                bans.insert(Ban::Words(words.map(str::to_lowercase).collect()));
            }
        }
    }
    bans
}

/// A name that the code gives to something.
#[derive(PartialEq, Eq, Debug)]
struct Given<'a> {
    name: &'a str,
    is_type: bool,
    at: usize,
}

/// Returns the names of types, functions, modules, constants, fields and variants.
fn given_names(code: &str) -> Vec<Given<'_>> {
    let tokens = tokens(code);
    let text = |index: usize| tokens.get(index).map_or("", |token: &Token<'_>| token.text);
    let mut given = Vec::new();
    let mut index = 0;
    while index < tokens.len() {
        let keyword = text(index);
        let is_type = matches!(keyword, "struct" | "enum" | "union" | "trait" | "type");
        let is_other = matches!(keyword, "fn" | "mod" | "const" | "static");
        let name = tokens.get(index + 1).filter(|token| token.is_name());
        // The name of a test is a sentence.
        let is_test = index >= 4
            && ["#", "[", "test", "]"].iter().zip(index - 4..).all(|(mark, at)| text(at) == *mark);
        if let Some(token) =
            name.filter(|token| (is_type || is_other) && !is_test && !is_keyword(token.text))
        {
            given.push(Given { name: token.text, is_type, at: token.at });
            if matches!(keyword, "struct" | "enum" | "union") {
                fields(&tokens, index + 2, keyword == "enum", &mut given);
            }
        }
        index += 1;
    }
    given
}

/// Appends the fields and variants of the body that follows `from`, if one does.
fn fields<'a>(tokens: &[Token<'a>], from: usize, is_enum: bool, given: &mut Vec<Given<'a>>) {
    let mut depth = 0;
    for index in from..tokens.len() {
        let text = |at: usize| tokens.get(at).map_or("", |token: &Token<'_>| token.text);
        match text(index) {
            ";" if depth == 0 => return,
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => {
                depth -= 1;
                // A tuple struct closes its parentheses and ends with `;`; a body ends here.
                if depth == 0 && text(index) == "}" {
                    return;
                }
            }
            _ if depth == 0 || !tokens[index].is_name() || is_keyword(text(index)) => {}
            name => {
                let is_field = text(index + 1) == ":";
                let is_variant =
                    is_enum && depth == 1 && matches!(text(index - 1), "{" | "," | "]");
                if is_field || is_variant {
                    given.push(Given { name, is_type: false, at: tokens[index].at });
                }
            }
        }
    }
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "fn" | "pub" | "mut" | "unsafe" | "async" | "extern" | "crate" | "_" | "for" | "where"
    )
}

/// Splits `StockItem` and `stock_items` into `stock item(s)`, in lower case.
fn words_of(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let letters: Vec<char> = name.chars().collect();
    for (index, letter) in letters.iter().enumerate() {
        let next_is_small = letters.get(index + 1).is_some_and(|c| c.is_lowercase());
        let after_small =
            index > 0 && (letters[index - 1].is_lowercase() || letters[index - 1].is_ascii_digit());
        let begins = letter.is_uppercase() && (after_small || next_is_small);
        if *letter == '_' || begins {
            words.push(String::new());
        }
        if *letter != '_' {
            words.last_mut().expect("there is always one").extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Returns one complaint for each banned word in a name of this file.
fn banned_names(bans: &BTreeSet<Ban>, path: &str, text: &str) -> Vec<String> {
    let code = code_only(text);
    let mut complaints = Vec::new();
    for given in given_names(&code) {
        if DEMANDED.iter().any(|(name, _)| *name == given.name) {
            continue;
        }
        let words = words_of(given.name);
        for ban in bans {
            let word = match ban {
                Ban::Type(word) if given.is_type && words == [word.as_str()] => word.clone(),
                Ban::Words(banned) if holds(&words, banned) => banned.join(" "),
                _ => continue,
            };
            let excepted =
                |except: &&Elsewhere| except.word == word && path.starts_with(except.below);
            if RIGHT_ELSEWHERE.iter().find(excepted).is_none() {
                let line = line_of(text, given.at);
                complaints.push(format!(
                    "{path}:{line}: `{}` holds the banned word `{word}`",
                    given.name
                ));
            }
        }
    }
    complaints
}

/// Whether the banned words stand in a row, the last one perhaps in the plural.
fn holds(words: &[String], banned: &[String]) -> bool {
    let same = |word: &String, banned: &String| {
        word == banned
            || word.strip_suffix('s') == Some(banned)
            || word.strip_suffix("es") == Some(banned)
    };
    words.windows(banned.len()).any(|window| window.iter().zip(banned).all(|(a, b)| same(a, b)))
}

#[test]
fn names_in_the_code_are_the_words_of_the_glossary() {
    let bans = bans(&read(&root().join("GLOSSARY.md")));
    assert!(bans.len() > 100, "the glossary was read wrongly: {} bans", bans.len());
    let complaints: Vec<String> = all_rust_files()
        .iter()
        .flat_map(|path| banned_names(&bans, &short(path), &read(path)))
        .collect();
    assert_none("names that GLOSSARY.md bans", &complaints);
}

#[test]
fn every_exception_is_about_a_banned_word_and_has_a_reason() {
    let bans = bans(&read(&root().join("GLOSSARY.md")));
    let banned = |word: &str| {
        let words: Vec<String> = word.split(' ').map(str::to_owned).collect();
        bans.contains(&Ban::Words(words))
    };
    let idle: Vec<String> = RIGHT_ELSEWHERE
        .iter()
        .filter(|except| !banned(except.word) || except.why.is_empty())
        .map(|except| except.word.to_owned())
        .collect();
    assert_none("exceptions to no ban, or without a reason", &idle);
}

#[cfg(test)]
mod planted {
    use super::*;

    const GLOSSARY: &str = "\
| word | is | say not |
|---|---|---|
| **StockLocation** | A place. | warehouse, source |
| **StockLevel** | Counts. | stock item |
| **Return** | Goods coming back. | RMA (as a type) |
| **split** | Dividing money. | allocate (that is stock) |
| **Transfer** | On its way. | |
";

    fn complaints(code: &str) -> Vec<String> {
        banned_names(&bans(GLOSSARY), "a.rs", code)
    }

    #[test]
    fn the_third_column_is_read() {
        let words = |text: &str| Ban::Words(text.split(' ').map(str::to_owned).collect());
        let expected = [
            words("allocate"),
            words("source"),
            words("stock item"),
            words("warehouse"),
            Ban::Type("rma".to_owned()),
        ];
        assert_eq!(bans(GLOSSARY), BTreeSet::from(expected));
    }

    #[test]
    fn a_banned_word_is_found_in_every_kind_of_name() {
        for code in [
            "pub struct Warehouse;",
            "enum Kind { Shop, Warehouse { id: u8 } }",
            "struct Level { pub(crate) warehouse_id: u8 }",
            "enum Kind { Place { warehouse: u8 } }",
            "pub(crate) fn warehouses_by_name<T>(a: T) {}",
            "mod warehouse {}",
            "const MAIN_WAREHOUSE: u8 = 1;",
            "trait Reads { type Warehouse; }",
            "struct StockItem;",
            "fn stock_items() {}",
        ] {
            assert_eq!(complaints(code).len(), 1, "{code}: {:?}", complaints(code));
        }
    }

    #[test]
    fn comments_texts_parameters_local_names_and_tests_are_free() {
        let code = "/// A warehouse.\nfn f(warehouse: &str) { let warehouse = \"warehouse\"; g(warehouse); }\n\
                    #[test]\nfn the_warehouse_is_gone() {}";
        assert!(complaints(code).is_empty(), "{:?}", complaints(code));
    }

    #[test]
    fn a_word_banned_as_a_type_is_free_as_a_field() {
        assert_eq!(complaints("struct Rma;").len(), 1);
        assert!(complaints("struct Return { rma_number: u8 }").is_empty());
    }

    #[test]
    fn the_complaint_names_file_line_and_word() {
        let found = complaints("\n\nstruct WarehouseId(u128);");
        assert_eq!(found, ["a.rs:3: `WarehouseId` holds the banned word `warehouse`"]);
    }

    #[test]
    fn names_are_split_where_people_read_them_apart() {
        assert_eq!(words_of("HTTPServer2Go"), ["http", "server2", "go"]);
        assert_eq!(words_of("stock_level"), ["stock", "level"]);
    }
}
