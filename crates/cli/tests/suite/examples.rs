//! The examples of every `--help` are run, each in a fresh copy of a busy shop.

use crate::place::Place;

/// Returns every command, as its words.
pub(crate) fn commands(place: &Place) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(path) = open.pop() {
        let words: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let help = place.run(&words).with_code(0).stdout;
        let block = help
            .lines()
            .skip_while(|line| *line != "Commands:")
            .skip(1)
            .take_while(|line| !line.is_empty());
        let names =
            block.filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')));
        for name in
            names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help")
        {
            let below: Vec<String> = path.iter().cloned().chain([name.to_owned()]).collect();
            found.push(below.clone());
            open.push(below);
        }
    }
    found.sort();
    found
}

/// Returns the examples of a help text; a line that ends in `\` goes on.
fn examples(help: &str) -> Vec<String> {
    let block = help
        .lines()
        .skip_while(|line| *line != "Examples:")
        .skip(1)
        .take_while(|line| !line.is_empty());
    let mut found: Vec<String> = Vec::new();
    for line in block.map(str::trim) {
        match found.last_mut().filter(|last| last.ends_with('\\')) {
            Some(last) => {
                last.pop();
                last.push_str(line);
            }
            None => found.push(line.to_owned()),
        }
    }
    found
}

#[test]
fn every_example_works() {
    let catalog = "Handle,Title,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n\
                   felt-hat,Felt Hat,HAT-1,24.00,shopify,7\nfelt-cap,Felt Cap,CAP-1,18.50,shopify,3\n";
    let pricelist = "Artikel;Name;Preis\nfelt-hat;Felt Hat;24,00\nfelt-cap;Felt Cap;18,50\n";
    let mapping = "[columns]\nhandle = \"Artikel\"\ntitle = \"Name\"\nprice = \"Preis\"\n";
    let rates = "country,category,name,percent\nFR,standard,TVA,20\n";
    let parcel =
        "code = \"parcel\"\nname = \"Parcel\"\nrate = { kind = \"flat\", amount = \"4.90\" }\n";
    let cash =
        "code = \"cash\"\nname = \"Cash\"\namount = \"2.00\"\npayments = [\"manual:cash\"]\n";
    let spring =
        "name = \"Spring\"\ngives = { percent = \"10%\" }\nwhen = { min_subtotal = \"50.00\" }\n";
    let prices = "price_list,sku,min_quantity,price\nTrade,FEN-SKIL-26,10,40.00\n";
    let sale = "sku;price\nFEN-SKIL-26;39,00\n";
    let shop = Place::empty();
    let mut count = 0;
    for path in commands(&shop) {
        let words: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
        for example in examples(&shop.run(&words).with_code(0).stdout) {
            let place = Place::busy();
            place
                .write("products.csv", catalog)
                .write("pricelist.csv", pricelist)
                .write("pricelist.toml", mapping)
                .write("rates.csv", rates)
                .write("parcel.toml", parcel)
                .write("cash.toml", cash)
                .write("spring.toml", spring)
                .write("prices.csv", prices)
                .write("sale.csv", sale);
            place.ready_for(&example);
            if example.contains("stock.csv") {
                place.run(&["export", "stock.csv", "--as", "shopify-inventory"]).with_code(0);
            }
            if example.contains("Letter") {
                place.run(&["promotion", "add", "Letter", "--percent", "20"]).with_code(0);
            }
            let (cart, guest) = (place.cart("FEN-SKIL-26", "2"), place.cart("FEN-SKIL-20", "1"));
            // A card is named by its id or its code alike.
            let code = place.gift_card("50.00");
            let grant = ["store-credit", "grant", "ada@example.com", "20.00", "--reason", "sorry"];
            place.run(&grant).with_code(0);
            let names = [("CART", &cart), ("GUEST_CART", &guest), ("CARD", &code), ("CODE", &code)];
            let ended = place.shell(&example, &names.map(|(name, value)| (name, value.as_str())));
            assert_eq!(ended.code, 0, "{path:?}: {example}\n{}\n{}", ended.stdout, ended.stderr);
            count += 1;
        }
    }
    assert!(count > 60, "only {count} examples were found");
}

#[test]
fn a_continued_example_is_one_line() {
    let help = "Text\n\nExamples:\n  sutler a \\\n    --b\n  sutler c\n\nMore\n";
    assert_eq!(examples(help), ["sutler a --b", "sutler c"]);
}
