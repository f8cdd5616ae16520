//! Places of selling as people see them.

use crate::place::Place;

#[test]
fn a_second_place_sells_without_tax_in_its_prices() {
    let place = Place::demo();
    let add = ["channel", "add", "trade", "--prices-without-tax"];
    place.run(&[&add[..], &["--dry-run"]].concat()).with_code(0);
    place.run(&["cart", "new", "--channel", "trade"]).with_code(3);
    let told = place.run(&add).with_code(0);
    assert!(told.stderr.contains("the channel trade is open"), "{}", told.stderr);
    let total = |channel: &str| {
        let cart = place.run(&["cart", "new", "--channel", channel]).with_code(0);
        let cart = cart.stdout.trim();
        place.run(&["cart", "add", cart, "FEN-SKIL-26"]).with_code(0);
        let quote = place.run(&["cart", "show", cart, "--json"]).with_code(0).json();
        quote["quote"]["lines"][0]["total"]["amount"].as_str().unwrap().to_owned()
    };
    assert_eq!(total("web"), "46.00");
    assert_eq!(total("trade"), "54.74", "46.00 and 19 % of it");
    place.run(&add).with_code(4);
    place.run(&["channel", "add", "two words"]).with_code(5);
    place.run(&["channel", "add", "uk", "--currency", "GBX"]).with_code(2);
    let other = place.run(&["channel", "add", "uk", "--currency", "GBP", "--country", "GB"]);
    assert!(other.with_code(0).stderr.contains("sutler price import --help"));
}

#[test]
fn a_channel_is_told_how_to_combine_promotions() {
    let place = Place::demo();
    let mode = || {
        let listed = place.run(&["channel", "list", "--json"]).with_code(0).json();
        listed["channels"][0]["lane_mode"].as_str().unwrap().to_owned()
    };
    let set = ["channel", "set", "web", "--lane-mode", "best-of"];
    place.run(&[&set[..], &["--dry-run"]].concat()).with_code(0);
    assert_eq!(mode(), "each_unit");
    let told = place.run(&set).with_code(0);
    assert!(told.stderr.contains("web combines promotions by best-of"), "{}", told.stderr);
    assert_eq!(mode(), "best_of");
    for end in [&[][..], &["--dry-run"]] {
        let words = [&["channel", "set", "kiosk", "--lane-mode", "best-of"], end].concat();
        assert!(place.run(&words).stderr.contains("error[not_found]"));
    }
}

#[test]
fn a_channel_in_another_currency_sells_with_its_own_delivery_and_fee() {
    let place = Place::demo();
    place.run(&["channel", "add", "uk", "--currency", "GBP"]).with_code(0);
    place.write(
        "gbp.csv",
        "list,currency,channel,sku,price\nBase prices in GBP,GBP,uk,FEN-SKIL-26,40.00\n",
    );
    place.run(&["price", "import", "gbp.csv"]).with_code(0);
    let post = "code = \"uk-post\"\nname = \"Post\"\ncurrency = \"GBP\"\nrate = { kind = \"flat\", amount = \"3.00\" }\n";
    place.write("post.toml", post).write("slip.toml", post.replace("GBP", "GBX"));
    place.write(
        "cash.toml",
        "code = \"uk-cash\"\nname = \"Cash\"\ncurrency = \"GBP\"\namount = \"1.50\"\n",
    );
    assert!(place.run(&["delivery", "add", "slip.toml"]).with_code(5).stderr.contains("GBX"));
    place.run(&["delivery", "add", "post.toml"]).with_code(0);
    place.run(&["fee", "add", "cash.toml"]).with_code(0);
    let cart = place.run(&["cart", "new", "--channel", "uk"]).with_code(0);
    let cart = cart.stdout.trim();
    place.run(&["cart", "add", cart, "FEN-SKIL-26"]).with_code(0);
    let to = "Ada;St James's Square 12;10115;Berlin;DE";
    let words = ["checkout", cart, "--email", "ada@example.com", "--ship-to", to];
    let words = [&words[..], &["--delivery", "uk-post", "--pay", "test:ok", "--json"]].concat();
    let order = place.run(&words).with_code(0).json();
    let total = &order["order"]["quote"]["totals"]["total"];
    assert_eq!(*total, serde_json::json!({ "amount": "44.50", "currency": "GBP" }));
}
