//! A gift card that pays a part of an order, and a refund to store credit. Run it with `cargo run --example gift_card`.

use sutler::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let shop = sutler::create(&format!("sqlite:{}", folder.path().join("shop.db").display()))?;
    shop.init(&InitCommand::new("Corner shop", "EUR", "DE")?)?;
    shop.import_text(sutler::demo::CATALOG, sutler::demo::CATALOG_NAME)?;

    // The shop keeps a hash of the code: whoever issues the card shows it, now.
    let code = sutler::new_gift_card_code()?;
    shop.gift_card_issue(&GiftCardIssue {
        code: code.clone(),
        amount: Money::parse("20.00", Currency::EUR)?,
        expires_at: None,
        reason: Some("prize of the summer raffle".to_owned()),
        key: Some("raffle-2026".parse()?),
    })?;

    let skillet = shop.find_variant("FEN-SKIL-26")?.variant.id;
    let cart = shop.cart_new("web", None, None)?;
    shop.cart_add(cart.id, skillet, Quantity::ONE, None)?;
    let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse()?;
    let placed = shop.checkout(&CheckoutCommand {
        pay: Some("test:ok".to_owned()),
        credit: CreditChoice { gift_cards: vec![code.clone()], ..CreditChoice::NONE },
        key: Some("ada-basket-1".parse()?),
        ..CheckoutCommand::new(cart.id, "ada@example.com", ship_to, "standard")
    })?;
    for payment in &placed.payments {
        say(&format!("{} pays {}", payment.provider, payment.amount))?;
    }

    let number = placed.order.number;
    shop.capture(number, None)?;
    let five = Some(Money::parse("5.00", Currency::EUR)?);
    shop.refund_to(number, five, "a dent in the rim", &RefundTo::StoreCredit, None)?;
    let owed = shop.store_credit("ada@example.com")?;
    say(&format!("Ada is owed {}", owed[0].left))
}

fn say(line: &str) -> Result<(), Box<dyn std::error::Error>> {
    use std::io::Write as _;
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
