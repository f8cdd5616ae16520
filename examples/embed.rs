//! A whole shop in your program: open, stock, sell. Run it with `cargo run --example embed`.

use sutler::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let shop = sutler::create(&format!("sqlite:{}", folder.path().join("shop.db").display()))?;
    shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
    shop.import_text(sutler::demo::CATALOG, sutler::demo::CATALOG_NAME)?;

    let skillet = shop.find_variant("FEN-SKIL-26")?.variant.id;
    let cart = shop.cart_new("web", None, None)?;
    shop.cart_add(cart.id, skillet, Quantity::new(2)?, None)?;
    let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse()?;
    let placed = shop.checkout(&CheckoutCommand {
        pay: Some("test:ok".to_owned()),
        key: Some("ada-basket-1".parse()?),
        ..CheckoutCommand::new(cart.id, "ada@example.com", ship_to, "standard")
    })?;
    say(&format!("order {} over {}", placed.order.number, placed.order.total()))
}

fn say(line: &str) -> Result<(), Box<dyn std::error::Error>> {
    use std::io::Write as _;
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
