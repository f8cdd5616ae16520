//! What the program prints of a price is what the library says, and what the stored order holds, to the byte.
//!
//! That the library says the same on every back-end is tested with the library: `tests/same_quote.rs`.

use serde_json::Value;
use sutler::prelude::*;

use crate::place::{ADDRESS, Place};

const CASH: &str = "code = \"cash\"\nname = \"Cash on delivery\"\npercent = \"1.5\"\npayments = [\"manual:cash\"]\n";

/// What prices the cart: where it goes, how it is sent and paid, who buys.
const TERMS: [&str; 8] = [
    "--ship-to",
    ADDRESS,
    "--delivery",
    "standard",
    "--pay",
    "manual:cash",
    "--email",
    "ada@example.com",
];

/// A shop with a fee, a promotion for everybody and one for a coupon, and a cart that takes them all.
fn shop() -> (Place, String) {
    let place = Place::demo();
    place.write("cash.toml", CASH);
    place.write(
        "levy.csv",
        "country,category,name,percent\nDE,standard,VAT,19\nDE,standard,Levy,1.25\n",
    );
    for words in [
        &["fee", "add", "cash.toml"][..],
        &["tax", "import", "levy.csv"],
        &["promotion", "add", "Welcome", "--percent", "7.5", "--coupon", "WELCOME"],
        &["promotion", "add", "Three off", "--amount", "3.00"],
    ] {
        place.run(words).with_code(0);
    }
    let cart = place.cart("FEN-SKIL-26", "3");
    place.run(&["cart", "add", &cart, "FEN-SKIL-20", "2"]).with_code(0);
    place.run(&["cart", "coupon", &cart, "WELCOME"]).with_code(0);
    (place, cart)
}

/// The lines, sums and hash of a quote, as the program should print them.
fn expected(quote: &sutler_core::pricing::Quote) -> [Value; 3] {
    let money = |amount: &Money| serde_json::to_value(amount).unwrap();
    let line = |line: &sutler_core::pricing::QuoteLine| {
        let off = line.discounts.iter().map(|d| money(&d.amount));
        let tax = line.tax.iter().map(|t| money(&t.amount));
        let sums = [&line.subtotal, &line.discount_total, &line.tax_total, &line.net, &line.total];
        off.chain(tax).chain(sums.map(money)).collect::<Value>()
    };
    [
        quote.lines.iter().map(line).collect(),
        serde_json::to_value(quote.totals).unwrap(),
        Value::String(quote.hash.to_string()),
    ]
}

fn printed(quote: &Value) -> [Value; 3] {
    let amounts = |list: &Value| -> Vec<Value> {
        list.as_array().unwrap().iter().map(|one| one["amount"].clone()).collect()
    };
    let line = |line: &Value| {
        let sums = ["subtotal", "discount_total", "tax_total", "net", "total"];
        let lists = amounts(&line["discounts"]).into_iter().chain(amounts(&line["tax_lines"]));
        lists.chain(sums.map(|sum| line[sum].clone())).collect::<Value>()
    };
    let lines = quote["lines"].as_array().unwrap().iter().map(line).collect();
    [lines, quote["totals"].clone(), quote["hash"].clone()]
}

#[test]
fn the_program_prints_the_quote_of_the_library_and_of_the_stored_order() {
    let (place, cart) = shop();
    let url = format!("sqlite:{}", place.file("sutler.db").display());
    let said =
        place.run(&[&["cart", "quote", &cart, "--json"][..], &TERMS].concat()).with_code(0).json();

    let library = sutler::open(&url).unwrap();
    let wanted = QuoteFor {
        ship_to: Some(ADDRESS.parse().unwrap()),
        delivery: Some("standard".to_owned()),
        email: Some("ada@example.com".to_owned()),
        pay: Some("manual:cash".to_owned()),
        ..QuoteFor::default()
    };
    let quote = library.cart_quote(cart.parse().unwrap(), &wanted).unwrap().quote;
    assert_eq!((quote.promotions_applied.len(), quote.fees.len()), (2, 1), "{quote:?}");
    assert!(quote.delivery.is_some() && quote.lines[0].tax.len() == 2, "{quote:?}");
    assert_eq!(printed(&said["quote"]), expected(&quote));

    let mut words = vec!["checkout", cart.as_str(), "--json"];
    words.extend(TERMS);
    let placed = place.run(&words).with_code(0).json();
    assert_eq!(printed(&placed["order"]["quote"]), expected(&quote));
    let number = placed["order"]["number"].to_string();
    drop(library);
    let stored = sutler::open(&url).unwrap().order(number.parse().unwrap()).unwrap().order.quote;
    let bytes = |quote| serde_json::to_string(quote).unwrap();
    assert_eq!(bytes(&stored), bytes(&quote));
    let shown = place.run(&["order", "show", &number, "--json"]).with_code(0).json();
    assert_eq!(shown["quote"]["hash"], said["quote"]["hash"]);
    let explained = place.run(&["explain", &number, "--json"]).with_code(0).json();
    assert_eq!(explained["total"], said["quote"]["totals"]["total"]);
}
