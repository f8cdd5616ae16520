//! What must hold for any text at all, however it came about: [`money`] and [`promotion`].
//!
//! `cargo xtask fuzz TARGET SECONDS` lets libFuzzer look for a text that breaks it, guided by the code that it reaches;
//! the tests below run the texts in `seeds/` on every run. A text that was found is mended in core with a test of its own
//! and added to the seeds.
//!
//! Deliberately absent: what a text should be read as; that is for the tests of core. Here nothing may panic, wrap or come
//! back as something else.

use std::sync::OnceLock;

use sutler_core::id::PromotionId;
use sutler_core::money::{Currency, DecimalMark, Money, Rate, Rounding};
use sutler_core::pricing::{
    DocumentValue, IdsOnly, PricingFacts, Promotion, PromotionDocument, QuoteRequest, quote,
};
use sutler_core::time::Timestamp;

const CURRENCIES: [Currency; 4] = [Currency::EUR, Currency::JPY, Currency::KWD, Currency::USD];

/// Reads a text as an amount and as a rate. What is read comes back from its own text, and sums, splits and taxes of it
/// are refused or exact.
pub fn money(text: &str) {
    let rate = Rate::percent(text).ok();
    if let Some(rate) = rate {
        assert_eq!(Rate::percent(&rate.percent_text()), Ok(rate), "{text:?}");
    }
    for currency in CURRENCIES {
        let point = Money::parse_scaled(text, DecimalMark::Point, currency);
        let _ = Money::parse_scaled(text, DecimalMark::Comma, currency);
        let Ok(amount) = Money::parse(text, currency) else { continue };
        assert_eq!(i128::from(amount.minor()), digits(text, currency), "{text:?}");
        assert_eq!(point, Ok(amount), "{text:?}");
        assert_eq!(Money::parse(&amount.amount_text(), currency), Ok(amount), "{text:?}");
        assert!(amount.minor().abs() <= Money::MAX_MINOR, "{text:?}");
        arithmetic(amount, rate.unwrap_or(Rate::ONE));
    }
}

/// Reads the digits of an amount once more, by themselves.
fn digits(text: &str, currency: Currency) -> i128 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits: i128 = format!("{whole}{decimals}").parse().expect("what is an amount is digits");
    let missing = usize::from(currency.exponent()) - decimals.len();
    (0..missing).fold(digits, |digits, _| digits * 10)
}

fn arithmetic(amount: Money, rate: Rate) {
    let currency = amount.currency();
    let weights = [amount.minor().unsigned_abs(), u64::MAX, 1, 0];
    let parts = amount.split(&weights).expect("one weight is above zero");
    assert_eq!(Money::checked_sum(parts, currency), Ok(amount));
    for quantity in [0, 1, 999_999, u32::MAX] {
        let product = i128::from(amount.minor()) * i128::from(quantity);
        let found = amount.checked_mul(quantity).map(|found| i128::from(found.minor()));
        assert_eq!(
            found.ok(),
            i64::try_from(product).ok().map(i128::from),
            "{amount} × {quantity}"
        );
    }
    for rounding in [Rounding::HalfEven, Rounding::HalfAwayFromZero, Rounding::TowardZero] {
        let tax = amount.tax_within(rate, rounding).expect("it is less than the amount");
        assert!(tax.minor().unsigned_abs() <= amount.minor().unsigned_abs(), "{amount} {rate}");
        let _ = amount.at_rate(rate, rounding);
    }
}

/// Reads a text as a promotion file, TOML or JSON. A promotion that is taken comes back from the document and from the
/// record that are written of it, and prices a cart without a panic.
pub fn promotion(text: &str) {
    let toml = toml::from_str::<DocumentValue>(text).ok();
    let json = serde_json::from_str::<DocumentValue>(text).ok();
    for file in [toml, json].into_iter().flatten() {
        for document in PromotionDocument::all_of(file) {
            for currency in CURRENCIES {
                let check = |document: &PromotionDocument| document.check(id(), currency, &IdsOnly);
                if let Ok(promotion) = check(&document) {
                    let written = PromotionDocument::of(&promotion, &IdsOnly);
                    assert_eq!(check(&written).as_ref(), Ok(&promotion), "{written:?}");
                    let stored = serde_json::to_string(&promotion).expect("a record is written");
                    assert_eq!(serde_json::from_str(&stored).ok().as_ref(), Some(&promotion));
                    price(promotion);
                }
            }
        }
    }
}

fn id() -> PromotionId {
    PromotionId::from_u128(9)
}

/// Prices a cart with one promotion more. Debug assertions check that the quote adds up.
fn price(promotion: Promotion) {
    static CART: OnceLock<(QuoteRequest, PricingFacts)> = OnceLock::new();
    let (request, facts) = CART.get_or_init(|| {
        let text = include_str!("../../crates/core/src/testing/cart.json");
        serde_json::from_str(text).expect("the cart that the examples of core price")
    });
    let mut request = request.clone();
    request.coupons.extend(promotion.coupon_codes().take(3).cloned());
    let mut facts = facts.clone();
    let moments = [promotion.window.from, promotion.window.until, Some(Timestamp::from_millis(0))];
    facts.promotions.push(promotion);
    for now in moments.into_iter().flatten() {
        let priced =
            quote(&request, &facts, now).expect("a promotion keeps no cart from its price");
        assert_eq!(priced.check(), Ok(()));
        let _ = priced.trace();
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Runs the seeds of one target.
    fn seeds(target: &str, run: fn(&str)) -> usize {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        files.map(|file| run(&std::fs::read_to_string(file).unwrap())).count()
    }

    #[test]
    fn the_seeds_of_amounts_hold() {
        assert!(seeds("money", money) > 0);
    }

    #[test]
    fn the_seeds_of_promotion_files_hold_and_are_taken() {
        assert!(seeds("promotion", promotion) > 0);
        let taken = |file: DocumentValue| {
            for document in PromotionDocument::all_of(file) {
                let checked = document.check(id(), Currency::EUR, &IdsOnly);
                assert!(checked.is_ok(), "{document:?}: {checked:?}");
            }
        };
        for text in [
            include_str!("../seeds/promotion/spring.toml"),
            include_str!("../seeds/promotion/much.toml"),
        ] {
            taken(toml::from_str(text).unwrap());
        }
        for text in [
            include_str!("../seeds/promotion/two.json"),
            include_str!("../seeds/promotion/goods.json"),
        ] {
            taken(serde_json::from_str(text).unwrap());
        }
    }
}
