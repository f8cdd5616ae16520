//! Delivery methods and fees: rows of the set-up that people add.

use sutler_core::money::Money;
use sutler_core::pricing::{
    ChargeTax, DeliveryMethod, DeliveryRate, DeliverySurcharge, Fee, FeeAmount, SurchargeRule,
};

use super::{Sheet, view};
use crate::answer::{List, Row, Show};
use crate::page::Page;
use crate::plural::counted;
use crate::table::{Column, Side};

view! {
    /// A delivery method.
    DeliveryMethodRow {
        /// The word people type.
        code: String,
        /// Its name.
        name: String,
        /// What it costs, in words.
        rate: String,
        /// Where it goes, in words.
        zone: String,
        /// From which goods on it is free of the rate.
        free_over: Option<Money>,
        /// How it is taxed: `as_goods`, `untaxed`, or a tax category.
        tax: String,
        /// Whether buyers can choose it.
        active: bool,
    }
}

view! {
    /// Delivery methods.
    DeliveryMethodList {
        /// The methods, by code.
        methods: Vec<DeliveryMethodRow>,
    }
}

view! {
    /// A delivery method with all that it says.
    DeliveryMethodShown {
        /// The word people type.
        code: String,
        /// Its name.
        name: String,
        /// Where it goes, in words.
        zone: String,
        /// What it costs, step by step, in words.
        rates: Vec<String>,
        /// From which goods on it is free of the rate.
        free_over: Option<Money>,
        /// What it costs more, in words.
        surcharges: Vec<String>,
        /// What it does not take, in words.
        limits: Vec<String>,
        /// How it is taxed: `as_goods`, `untaxed`, or a tax category.
        tax: String,
        /// Whether buyers can choose it.
        active: bool,
    }
}

view! {
    /// A fee.
    FeeRow {
        /// The word people type.
        code: String,
        /// Its name.
        name: String,
        /// How much, in words.
        amount: String,
        /// When it is charged, in words.
        conditions: Vec<String>,
        /// How it is taxed: `as_goods`, `untaxed`, or a tax category.
        tax: String,
        /// Whether it is charged at all.
        active: bool,
    }
}

view! {
    /// Fees.
    FeeList {
        /// The fees, by code.
        fees: Vec<FeeRow>,
    }
}

fn tax_word(tax: &ChargeTax) -> String {
    match tax {
        ChargeTax::Untaxed => "untaxed".to_owned(),
        ChargeTax::AsGoods => "as_goods".to_owned(),
        ChargeTax::Category(category) => category.as_str().to_owned(),
    }
}

/// Tells what a delivery costs, one line for each step.
fn rates(rate: &DeliveryRate) -> Vec<String> {
    let up_to = |limit: Option<u64>, unit: &str, amount: Money| match limit {
        Some(limit) => format!("up to {limit} {unit}: {amount}"),
        None => format!("any more: {amount}"),
    };
    match rate {
        DeliveryRate::Flat { amount } => vec![amount.to_string()],
        DeliveryRate::ByWeight { rungs } => {
            rungs.iter().map(|rung| up_to(rung.up_to_grams, "g", rung.amount)).collect()
        }
        DeliveryRate::ByVolume { rungs } => {
            rungs.iter().map(|rung| up_to(rung.up_to_cm3, "cm³", rung.amount)).collect()
        }
        DeliveryRate::ByQuantity { rungs } => {
            rungs.iter().map(|rung| up_to(rung.up_to_units, "units", rung.amount)).collect()
        }
        DeliveryRate::BySubtotal { rungs } => rungs
            .iter()
            .map(|rung| format!("goods from {} on: {}", rung.from, rung.amount))
            .collect(),
        DeliveryRate::Table { rows } => {
            let row = |row: &sutler_core::pricing::TableRow| {
                let mut when = vec![row.territory.to_string()];
                when.extend(row.up_to_grams.map(|limit| format!("up to {limit} g")));
                when.extend(row.up_to_cm3.map(|limit| format!("up to {limit} cm³")));
                when.extend(row.up_to_units.map(|limit| format!("up to {limit} units")));
                when.extend(row.from.map(|from| format!("goods from {from} on")));
                format!("{}: {}", when.join(", "), row.amount)
            };
            rows.iter().map(row).collect()
        }
        _ => vec!["by a rule of its own".to_owned()],
    }
}

fn surcharge(surcharge: &DeliverySurcharge) -> String {
    let when = match &surcharge.rule {
        SurchargeRule::Weight { above_grams, step_grams } => {
            format!("for each started {step_grams} g above {above_grams} g")
        }
        SurchargeRule::Bulky { above_mm } => format!("for each unit longer than {above_mm} mm"),
        SurchargeRule::Place { territory } => format!("to {territory}"),
        SurchargeRule::DangerousGoods => "for dangerous goods".to_owned(),
        _ => "by a rule of its own".to_owned(),
    };
    format!("{}: {} {when}", surcharge.name, surcharge.amount)
}

/// Tells in a few words what a delivery costs.
pub(crate) fn rate_words(method: &DeliveryMethod) -> String {
    let base = match &method.rate {
        DeliveryRate::Flat { amount } => amount.to_string(),
        DeliveryRate::ByWeight { .. } => "by weight".to_owned(),
        DeliveryRate::ByVolume { .. } => "by volume".to_owned(),
        DeliveryRate::ByQuantity { .. } => "by quantity".to_owned(),
        DeliveryRate::BySubtotal { .. } => "by subtotal".to_owned(),
        DeliveryRate::Table { .. } => "by table".to_owned(),
        _ => "by a rule of its own".to_owned(),
    };
    let free = method.free_over.map(|over| format!(", free from {over} on"));
    let surcharges = u64::try_from(method.surcharges.len()).unwrap_or(u64::MAX);
    let more =
        (surcharges > 0).then(|| format!(", {}", counted(surcharges, "surcharge", "surcharges")));
    base + &free.unwrap_or_default() + &more.unwrap_or_default()
}

impl From<&DeliveryMethod> for DeliveryMethodRow {
    fn from(method: &DeliveryMethod) -> Self {
        Self {
            code: method.code.clone(),
            name: method.name.clone(),
            rate: rate_words(method),
            zone: method.zone.to_string(),
            free_over: method.free_over,
            tax: tax_word(&method.tax),
            active: method.active,
        }
    }
}

impl From<&DeliveryMethod> for DeliveryMethodShown {
    fn from(method: &DeliveryMethod) -> Self {
        let limits = &method.limits;
        let mut told = Vec::new();
        told.extend(limits.up_to_grams.map(|limit| format!("at most {limit} g")));
        told.extend(limits.up_to_mm.map(|limit| format!("no side above {limit} mm")));
        let categories =
            |many: usize| counted(u64::try_from(many).unwrap_or(0), "category", "categories");
        if !limits.only_categories.is_empty() {
            told.push(format!("only goods of {}", categories(limits.only_categories.len())));
        }
        if !limits.except_categories.is_empty() {
            told.push(format!("no goods of {}", categories(limits.except_categories.len())));
        }
        if !limits.dangerous_goods {
            told.push("no dangerous goods".to_owned());
        }
        Self {
            code: method.code.clone(),
            name: method.name.clone(),
            zone: method.zone.to_string(),
            rates: rates(&method.rate),
            free_over: method.free_over,
            surcharges: method.surcharges.iter().map(surcharge).collect(),
            limits: told,
            tax: tax_word(&method.tax),
            active: method.active,
        }
    }
}

impl Show for DeliveryMethodShown {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.title(&self.name, &self.code);
        sheet.pair("goes", &format!("to {}", self.zone));
        for rate in &self.rates {
            sheet.pair("costs", rate);
        }
        if let Some(over) = self.free_over {
            sheet.pair("free", &format!("from {over} on"));
        }
        for surcharge in &self.surcharges {
            sheet.pair("more", surcharge);
        }
        for limit in &self.limits {
            sheet.pair("limit", limit);
        }
        sheet.pair("tax", &self.tax.replace('_', " "));
        if !self.active {
            sheet.line("it is switched off");
        }
        sheet.finish()
    }
}

impl Row for DeliveryMethodRow {
    const COLUMNS: &'static [Column] = &[
        ("CODE", Side::Left),
        ("NAME", Side::Left),
        ("RATE", Side::Left),
        ("GOES TO", Side::Left),
        ("TAX", Side::Left),
    ];
    const FIELDS: &'static [&'static str] =
        &["code", "name", "rate", "zone", "free_over", "tax", "active"];

    fn cells(&self) -> Vec<String> {
        vec![
            if self.active { self.code.clone() } else { format!("{} (off)", self.code) },
            self.name.clone(),
            self.rate.clone(),
            self.zone.clone(),
            self.tax.replace('_', " "),
        ]
    }

    fn fields(&self) -> Vec<String> {
        vec![
            self.code.clone(),
            self.name.clone(),
            self.rate.clone(),
            self.zone.clone(),
            self.free_over.map_or_else(String::new, Money::amount_text),
            self.tax.clone(),
            self.active.to_string(),
        ]
    }
}

impl List for DeliveryMethodList {
    type Row = DeliveryMethodRow;

    fn rows(&self) -> &[DeliveryMethodRow] {
        &self.methods
    }

    fn when_empty(&self) -> String {
        "no delivery methods".to_owned()
    }
}

impl From<&Fee> for FeeRow {
    fn from(fee: &Fee) -> Self {
        let amount = match fee.amount {
            FeeAmount::Flat { amount } => amount.to_string(),
            FeeAmount::PerUnit { amount } => format!("{amount} for each unit"),
            FeeAmount::Percent { rate, with_delivery: false } => format!("{rate} of the goods"),
            FeeAmount::Percent { rate, with_delivery: true } => {
                format!("{rate} of the goods and the delivery")
            }
            _ => "by a rule of its own".to_owned(),
        };
        let when = &fee.condition;
        let mut conditions = Vec::new();
        if !when.channels.is_empty() {
            conditions.push("in some channels".to_owned());
        }
        if !when.payments.is_empty() {
            conditions.push(format!("paid by {}", when.payments.join(" or ")));
        }
        if !when.categories.is_empty() {
            conditions.push("for some categories".to_owned());
        }
        if !when.territory.is_everywhere() {
            conditions.push(format!("to {}", when.territory));
        }
        conditions.extend(when.goods_below.map(|below| format!("goods below {below}")));
        conditions.extend(when.window.from.map(|from| format!("from {from}")));
        conditions.extend(when.window.until.map(|until| format!("until {until}")));
        Self {
            code: fee.code.clone(),
            name: fee.name.clone(),
            amount,
            conditions,
            tax: tax_word(&fee.tax),
            active: fee.active,
        }
    }
}

impl Row for FeeRow {
    const COLUMNS: &'static [Column] = &[
        ("CODE", Side::Left),
        ("NAME", Side::Left),
        ("AMOUNT", Side::Left),
        ("WHEN", Side::Left),
        ("TAX", Side::Left),
    ];
    const FIELDS: &'static [&'static str] =
        &["code", "name", "amount", "conditions", "tax", "active"];

    fn cells(&self) -> Vec<String> {
        vec![
            if self.active { self.code.clone() } else { format!("{} (off)", self.code) },
            self.name.clone(),
            self.amount.clone(),
            self.conditions.join(", "),
            self.tax.replace('_', " "),
        ]
    }

    fn fields(&self) -> Vec<String> {
        vec![
            self.code.clone(),
            self.name.clone(),
            self.amount.clone(),
            self.conditions.join("|"),
            self.tax.clone(),
            self.active.to_string(),
        ]
    }
}

impl List for FeeList {
    type Row = FeeRow;

    fn rows(&self) -> &[FeeRow] {
        &self.fees
    }

    fn when_empty(&self) -> String {
        "no fees".to_owned()
    }
}
