//! The words of a trace.

use crate::catalog::TaxRounding;
use crate::money::{Money, Rate, Rounding};
use crate::pricing::{
    CombinationSearch, DeliveryOrigin, DiscountOrigin, FeeOrigin, Quote, TaxLine, TaxTreatment,
};

/// Says how a combination of promotions was found.
pub(super) fn search(search: CombinationSearch) -> String {
    let CombinationSearch { promotions, exhaustive } = search;
    if exhaustive {
        format!("the best of every combination of {promotions} promotions")
    } else {
        format!(
            "a good combination of {promotions} promotions: too many to try every one, so they were left out one at a time"
        )
    }
}

/// Says how a delivery rate was found.
pub(super) fn rate(origin: DeliveryOrigin) -> String {
    match origin {
        DeliveryOrigin::Flat => "flat rate".to_owned(),
        DeliveryOrigin::ByWeight { weight_grams, up_to_grams } => {
            let weight =
                weight_grams.map_or("an unknown weight".to_owned(), |grams| format!("{grams} g"));
            let rung =
                up_to_grams.map_or("any weight".to_owned(), |grams| format!("up to {grams} g"));
            format!("rate for {rung}, at {weight}")
        }
        DeliveryOrigin::ByVolume { volume_cm3, up_to_cm3 } => {
            let volume =
                volume_cm3.map_or("an unknown volume".to_owned(), |cm3| format!("{cm3} cm³"));
            let rung = up_to_cm3.map_or("any volume".to_owned(), |cm3| format!("up to {cm3} cm³"));
            format!("rate for {rung}, at {volume}")
        }
        DeliveryOrigin::ByQuantity { units, up_to_units } => {
            let rung = up_to_units
                .map_or("any number of units".to_owned(), |most| format!("up to {most} units"));
            format!("rate for {rung}, at {units}")
        }
        DeliveryOrigin::Table { row } => format!("row {row} of the table of rates"),
        DeliveryOrigin::BySubtotal { from } => format!("rate for goods from {from} on"),
        DeliveryOrigin::FreeOver { limit } => {
            format!("free, because the goods cost {limit} or more")
        }
        DeliveryOrigin::NothingSent => "free, because nothing is sent".to_owned(),
    }
}

/// Says which surcharge it is, and how often it was due.
pub(super) fn surcharge(name: &str, times: u32) -> String {
    let times = if times == 1 { String::new() } else { format!(", {times} times") };
    format!("surcharge {name:?}{times}")
}

/// Says how a fee came about.
pub(super) fn fee(origin: FeeOrigin, rounding: Rounding) -> String {
    match origin {
        FeeOrigin::Flat => "once for the order".to_owned(),
        FeeOrigin::PerUnit { amount, units } => format!("{amount} for each of {units} units"),
        FeeOrigin::Percent { rate, base } => format!("{rate} of {base}, {}", rounding.words()),
    }
}

/// Says how tax was formed.
pub(super) fn tax(quote: &Quote, tax: &TaxLine) -> String {
    let rounded = rounded(quote, tax);
    let verb = match (quote.tax_inclusive, tax.level) {
        (true, 0) => "contained in what is left, net",
        (true, _) => "contained in what is left, on",
        (false, _) => "on",
    };
    let TaxLine { name, rate, category, base, .. } = tax;
    let below = if tax.level > 0 { ", the net with the tax before it" } else { "" };
    match (tax.treatment, &quote.tax.provider) {
        (TaxTreatment::Standard, Some(provider)) => {
            format!("{name} {rate} ({category}) on {base}, as {provider} says")
        }
        (TaxTreatment::Standard, None) => {
            format!("{name} {rate} ({category}) {verb} {base}{below}, {rounded}")
        }
        (TaxTreatment::Zero, _) => format!("{name} {rate} ({category}) on {base}"),
        (TaxTreatment::Exempt, _) => format!("not taxed ({category})"),
        (TaxTreatment::ReverseCharge, _) => format!("the buyer owes the tax ({category})"),
    }
}

/// Says which tax was taken out of a price.
pub(super) fn taken_out(quote: &Quote, tax: &TaxLine) -> String {
    format!("{} {} taken out of the price, {}", tax.name, tax.rate, rounded(quote, tax))
}

/// Says how a tax was rounded, and of what it is a part where it was formed for the order as a whole.
fn rounded(quote: &Quote, tax: &TaxLine) -> String {
    if quote.tax_rounding == TaxRounding::PerLine {
        return quote.rounding.words().to_owned();
    }
    let told = |tax: &TaxLine| (tax.category.clone(), tax.level, tax.name.clone());
    let same = quote.tax_lines().filter(|other| told(other) == told(tax));
    let amounts = same.map(|other| other.relieved.unwrap_or(other.amount));
    let whole = Money::checked_sum(amounts, quote.currency);
    let whole = whole.map_or_else(|_| "tax".to_owned(), |whole| whole.to_string());
    format!("its part of the order's {whole}, {}", quote.rounding.words())
}

/// Says how a discount came about.
pub(super) fn how(origin: &DiscountOrigin, amount: Money, rounding: Rounding) -> String {
    let rated = |rate: &Rate, base: &Money, whole: &Money| match *whole == amount {
        true => format!("{rate} of {base}, {}", rounding.words()),
        false => format!("its part of {rate} of {base}, {}, which is {whole}", rounding.words()),
    };
    match origin {
        DiscountOrigin::Percent { rate, base, whole } => rated(rate, base, whole),
        DiscountOrigin::FixedUnit { amount } => format!("{amount} off each unit"),
        DiscountOrigin::FixedLine { amount } => format!("{amount} off the line"),
        DiscountOrigin::FixedPrice { amount } => format!("{amount} for each unit"),
        DiscountOrigin::FixedOrder { amount, whole } if amount == whole => {
            format!("its part of {amount} off the order")
        }
        DiscountOrigin::FixedOrder { amount, whole } => {
            format!("its part of {amount} off the order, of which {whole} could be used")
        }
        DiscountOrigin::BuyGet { buy, get, rate, base, whole } => {
            format!("buy {buy}, get {get}: {}", rated(rate, base, whole))
        }
        DiscountOrigin::CheapestFree { of } => format!("the cheapest of {of} free"),
        DiscountOrigin::Bundle { price, bundles, base, whole, .. } => format!(
            "its part of {bundles} bundles at {price} instead of {base} together, which is {whole}"
        ),
        DiscountOrigin::Gift => "a gift".to_owned(),
        DiscountOrigin::FreeDelivery => "free delivery".to_owned(),
        DiscountOrigin::DeliveryPercent { rate, base } => {
            format!("{rate} of {base}, {}", rounding.words())
        }
        DiscountOrigin::DeliveryFixed { amount } => format!("{amount} off the delivery"),
        DiscountOrigin::QuantityTier { from, gave } => {
            format!("from {from} units on: {}", how(gave, amount, rounding))
        }
        DiscountOrigin::SubtotalTier { from, gave } => {
            format!("from {from} on: {}", how(gave, amount, rounding))
        }
        DiscountOrigin::Capped { limit, sum, uncapped, gave } => format!(
            "its part of {limit}, which is the most, instead of {sum}: {}, which would be {uncapped}",
            how(gave, *uncapped, rounding)
        ),
    }
}
