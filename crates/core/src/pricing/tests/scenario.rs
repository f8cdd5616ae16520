//! Runs the scenario files: what a shop sells, what stands in the cart, and what the quote must say.
//!
//! A file holds scenarios; each begins with `scenario: <title>` and ends where the next begins. `#` begins a remark.
//! The words that build a shop are those of [`Shop`]; a line that begins with `->` asks for the quote and compares.
//! A new file is added to [`FILES`]; nothing else needs to change.

use super::*;

/// Every file, as the folder `scenarios/` has it.
const FILES: &[(&str, &str)] = &[
    ("benefits.txt", include_str!("scenarios/benefits.txt")),
    ("conditions.txt", include_str!("scenarios/conditions.txt")),
    ("delivery.txt", include_str!("scenarios/delivery.txt")),
    ("gifts.txt", include_str!("scenarios/gifts.txt")),
    ("lanes.txt", include_str!("scenarios/lanes.txt")),
    ("limits.txt", include_str!("scenarios/limits.txt")),
    ("delivery_rates.txt", include_str!("scenarios/delivery_rates.txt")),
    ("fees.txt", include_str!("scenarios/fees.txt")),
    ("money.txt", include_str!("scenarios/money.txt")),
    ("promotions.txt", include_str!("scenarios/promotions.txt")),
    ("tax.txt", include_str!("scenarios/tax.txt")),
    ("tax_compound.txt", include_str!("scenarios/tax_compound.txt")),
    ("tax_relief.txt", include_str!("scenarios/tax_relief.txt")),
    ("tax_zones.txt", include_str!("scenarios/tax_zones.txt")),
];

/// Fewer than this were lost, not mended.
const SCENARIOS_MIN: usize = 232;

#[test]
fn every_scenario_holds() {
    let (mut count, mut wrong) = (0, Vec::new());
    for (file, text) in FILES {
        let mut shop = None;
        let mut title = "";
        for (index, line) in text.lines().enumerate() {
            if let Some(next) = line.strip_prefix("scenario: ") {
                (shop, title, count) = (Some(Shop::new("EUR", true)), next, count + 1);
                continue;
            }
            let words: Vec<&str> = line.split_whitespace().collect();
            if matches!(words.as_slice(), [] | ["#", ..]) {
                continue;
            }
            let place = || format!("{file}:{}: {}", index + 1, line.trim());
            let shop = shop.as_mut().unwrap_or_else(|| panic!("{}: in no scenario", place()));
            let outcome = match words.as_slice() {
                ["->", expected @ ..] => expect(shop, expected),
                words => build(shop, words),
            };
            if let Err(why) = outcome {
                wrong.push(format!("{}\n  in {title:?}: {why}", place()));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= SCENARIOS_MIN, "only {count} scenarios");
}

#[test]
fn a_wrong_scenario_is_found() {
    let mut shop = Shop::new("EUR", true);
    for line in ["shop EUR gross", "tax standard 19", "variant lamp 5", "cart lamp 1"] {
        build(&mut shop, &line.split(' ').collect::<Vec<_>>()).unwrap();
    }
    let found = |expected: &str| expect(&shop, &expected.split(' ').collect::<Vec<_>>());
    assert_eq!(found("total 5.00 tax 0.80"), Ok(()));
    assert!(found("total 5.01").is_err());
    assert!(found("tax 0.80 total 5").is_err());
    assert!(found("refused price.missing").is_err());
    assert!(found("nonsense 5.00").is_err());
    assert!(build(&mut shop, &["nonsense"]).is_err());
}

/// Reads one line that builds the shop or the cart.
pub(super) fn build(shop: &mut Shop, words: &[&str]) -> Result<(), String> {
    match words {
        ["shop", currency, kind @ ("gross" | "net"), rest @ ..] => {
            *shop = Shop::new(currency, *kind == "gross");
            shop.count(rest);
        }
        ["tax", category, percent, rest @ ..] => shop.tax(category, percent, rest),
        ["variant", sku, price, rest @ ..] => shop.add_variant(sku, price, rest),
        ["price", sku, price, "from", n] => shop.price(sku, price, n.parse().unwrap()),
        ["delivery", code, amount, rest @ ..] => shop.delivery(code, amount, rest),
        ["promotion", name, kind, number, rest @ ..] => shop.promotion(name, kind, number, rest),
        ["also", name, kind, number, rest @ ..] => shop.also(name, kind, number, rest),
        ["used", name, rest @ ..] => shop.used(name, rest),
        ["batch", number, code] => shop.facts.batch_coupons.push(BatchCoupon {
            code: CouponCode::new(code).unwrap(),
            batch: CouponBatchId::from_u128(number.parse().unwrap()),
        }),
        ["orders", count] => shop.facts.orders_placed = Some(count.parse().unwrap()),
        ["stock", sku, units] => {
            let variant = shop.variant(sku).variant;
            shop.facts.gift_stock.push((variant, units.parse().unwrap()));
        }
        ["now", moment] => shop.now = moment.parse().unwrap(),
        ["cart", sku, quantity] => shop.cart(sku, quantity.parse().unwrap()),
        ["customer", group] => {
            shop.request.customer = Some(CustomerId::from_u128(1));
            shop.request.customer_group = Some((*group).to_owned());
        }
        ["coupon", code] => shop.request.coupons.push(CouponCode::new(code).unwrap()),
        ["uncoupon", code] => {
            let code = CouponCode::new(code).unwrap();
            shop.request.coupons.retain(|entered| *entered != code);
        }
        ["recurrency", name, code] => shop.recurrency(name, code),
        ["choose", code] => shop.request.delivery_method = Some((*code).to_owned()),
        words => return shop.build_place(words),
    }
    Ok(())
}

/// Compares one expectation with the quote: see [`found`], or `refused <code>`.
fn expect(shop: &Shop, expected: &[&str]) -> Result<(), String> {
    let quote = match (shop.quote(), expected) {
        (Err(e), ["refused", code]) if e.code() == *code => return Ok(()),
        (Err(e), _) => return Err(format!("{}: {e}", e.code())),
        (Ok(quote), ["refused", _]) => return Err(format!("was priced\n{}", told(&quote))),
        (Ok(quote), _) => quote,
    };
    let found = found(&quote, expected).ok_or("cannot read it")?;
    if found == expected.join(" ") {
        return Ok(());
    }
    Err(format!("found {found:?}\n{}", told(&quote)))
}

/// Says what the quote has where something is expected, in the words of the expectation:
///
/// `<total> <amount> …`, `line <n> <net> + <tax> = <total>`, `delivery <net> + <tax> = <total>`, `unit <n> <price>`,
/// `off <n> <amount>`, `gift <n> <units>x<number of the variant>`, `gifts <n>`, `units <name> <n>`, `searched <n> <all|greedy>`, `taxed <n> <name> <amount>`, `applied <name> …`,
/// `gave <name> <amount>`, `not <name> <code>`, `coupon <code>`, `coupons fine`, and what `place` knows.
fn found(quote: &Quote, expected: &[&str]) -> Option<String> {
    let line = |n: &str| quote.line(n.parse().ok()?);
    let sum = |net: Money, tax: Money, total: Money| {
        format!("{} + {} = {}", net.amount_text(), tax.amount_text(), total.amount_text())
    };
    Some(match expected {
        ["line", n, _, "+", _, "=", _] => {
            let line = line(n)?;
            format!("line {n} {}", sum(line.net, line.tax_total, line.total))
        }
        ["delivery", _, "+", _, "=", _] => {
            let delivery = quote.delivery.as_ref()?;
            format!("delivery {}", sum(delivery.net, delivery.tax_total, delivery.total))
        }
        ["unit", n, _] => format!("unit {n} {}", line(n)?.unit_price.amount_text()),
        ["gift", n, _] => {
            let line = line(n)?;
            let label = format!("gift {n} {}x{}", line.quantity, line.variant.to_u128());
            if line.is_gift() { label } else { format!("line {n} is bought") }
        }
        ["gifts", _] => {
            format!("gifts {}", quote.lines.iter().filter(|line| line.is_gift()).count())
        }
        ["off", n, _] => format!("off {n} {}", line(n)?.discount_total.amount_text()),
        ["taxed", n, name, _] => {
            let tax = line(n)?.tax.iter().find(|tax| *tax.name == **name)?;
            format!("taxed {n} {name} {}", tax.amount.amount_text())
        }
        ["applied", ..] => {
            let names = quote.promotions_applied.iter().map(|p| p.name.as_str());
            std::iter::once("applied").chain(names).collect::<Vec<_>>().join(" ")
        }
        ["gave", name, _] => {
            let applied = quote.promotions_applied.iter().find(|p| *p.name == **name);
            format!("gave {name} {}", applied.map_or("-".to_owned(), |p| p.amount.amount_text()))
        }
        ["units", name, _] => {
            let applied = quote.promotions_applied.iter().find(|p| *p.name == **name);
            format!("units {name} {}", applied.map_or(0, |applied| applied.units))
        }
        ["searched", _, _] => {
            let search = quote.combination?;
            let how = if search.exhaustive { "all" } else { "greedy" };
            format!("searched {} {how}", search.promotions)
        }
        ["not", name, _] => {
            let refused = quote.promotions_refused.iter().find(|p| *p.name == **name);
            format!("not {name} {}", refused.map_or("-", |refused| refused.refusal.code()))
        }
        ["coupon", _] => {
            format!("coupon {}", quote.check_coupons().err().map_or("-", |e| e.code()))
        }
        ["coupons", "fine"] => match quote.check_coupons() {
            Ok(()) => "coupons fine".to_owned(),
            Err(e) => format!("coupons {}", e.code()),
        },
        place if let Some(found) = super::place::found(quote, place) => found,
        pairs if pairs.len().is_multiple_of(2) => {
            let mut told = Vec::new();
            for field in pairs.iter().step_by(2) {
                let totals = &quote.totals;
                let amount = match *field {
                    "subtotal" => totals.subtotal,
                    "discount" => totals.discount_total,
                    "delivery" => totals.delivery_total,
                    "fees" => totals.fee_total,
                    "tax" => totals.tax_total,
                    "total" => totals.total,
                    _ => return None,
                };
                told.push(format!("{field} {}", amount.amount_text()));
            }
            told.join(" ")
        }
        _ => return None,
    })
}
