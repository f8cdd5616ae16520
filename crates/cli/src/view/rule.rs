//! Stock locations and promotions: rows of the set-up that people add.

use sutler_core::address::CountryCode;
use sutler_core::id::{PromotionId, StockLocationId};
use sutler_core::inventory::StockLocation;
use sutler_core::pricing::{Benefit, Condition, Promotion};
use sutler_core::time::Timestamp;

use super::view;
use crate::answer::{List, Row};
use crate::table::{Column, Side};

view! {
    /// A place that holds stock.
    LocationRow {
        /// Identity.
        id: StockLocationId,
        /// The word people type.
        code: String,
        /// Its name.
        name: String,
        /// Where it stands.
        country: Option<CountryCode>,
        /// Lower is preferred.
        priority: i32,
        /// Whether it ships.
        active: bool,
    }
}

view! {
    /// The places that hold stock.
    LocationList {
        /// The places, by code.
        locations: Vec<LocationRow>,
    }
}

view! {
    /// A rule that grants discounts.
    PromotionRow {
        /// Identity.
        id: PromotionId,
        /// Its name.
        name: String,
        /// What it gives, in words.
        benefit: String,
        /// Codes that unlock it.
        coupons: Vec<String>,
        /// What else must be true, in words.
        conditions: Vec<String>,
        /// When it begins.
        from: Option<Timestamp>,
        /// When it no longer applies.
        until: Option<Timestamp>,
        /// How many orders may hold it.
        limit: Option<u32>,
        /// How many orders of one customer may hold it.
        limit_per_customer: Option<u32>,
        /// Whether it is switched on.
        active: bool,
    }
}

view! {
    /// Rules that grant discounts.
    PromotionList {
        /// The rules.
        promotions: Vec<PromotionRow>,
    }
}

impl From<&StockLocation> for LocationRow {
    fn from(location: &StockLocation) -> Self {
        Self {
            id: location.id,
            code: location.code.clone(),
            name: location.name.clone(),
            country: location.country,
            priority: location.priority,
            active: location.active,
        }
    }
}

impl Row for LocationRow {
    const COLUMNS: &'static [Column] = &[
        ("CODE", Side::Left),
        ("NAME", Side::Left),
        ("COUNTRY", Side::Left),
        ("PRIORITY", Side::Right),
        ("SHIPS", Side::Left),
    ];
    const FIELDS: &'static [&'static str] =
        &["id", "code", "name", "country", "priority", "active"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.code.clone(),
            self.name.clone(),
            self.country.map_or_else(String::new, |country| country.to_string()),
            self.priority.to_string(),
            if self.active { "yes".to_owned() } else { "no".to_owned() },
        ]
    }

    fn fields(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.code.clone(),
            self.name.clone(),
            self.country.map_or_else(String::new, |country| country.to_string()),
            self.priority.to_string(),
            self.active.to_string(),
        ]
    }
}

impl List for LocationList {
    type Row = LocationRow;

    fn rows(&self) -> &[LocationRow] {
        &self.locations
    }

    fn when_empty(&self) -> String {
        "no stock locations".to_owned()
    }
}

impl From<&Promotion> for PromotionRow {
    fn from(promotion: &Promotion) -> Self {
        let benefits: Vec<String> = promotion.benefits.iter().map(Benefit::to_string).collect();
        let told = |condition: &Condition| match condition {
            Condition::Coupon { .. } => None,
            condition => Some(condition.to_string()),
        };
        let conditions = promotion.conditions.iter().filter_map(told);
        Self {
            id: promotion.id,
            name: promotion.name.clone(),
            benefit: benefits.join(", "),
            coupons: promotion.coupon_codes().map(|code| code.as_str().to_owned()).collect(),
            conditions: conditions.collect(),
            from: promotion.window.from,
            until: promotion.window.until,
            limit: promotion.limits.uses,
            limit_per_customer: promotion.limits.uses_per_customer,
            active: promotion.active,
        }
    }
}

fn moment(at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| at.to_string())
}

fn number(count: Option<u32>) -> String {
    count.map_or_else(String::new, |count| count.to_string())
}

impl Row for PromotionRow {
    const COLUMNS: &'static [Column] = &[
        ("NAME", Side::Left),
        ("GIVES", Side::Left),
        ("COUPONS", Side::Left),
        ("WHEN", Side::Left),
        ("UNTIL", Side::Left),
        ("LIMIT", Side::Right),
    ];
    const FIELDS: &'static [&'static str] = &[
        "id",
        "name",
        "benefit",
        "coupons",
        "conditions",
        "from",
        "until",
        "limit",
        "limit_per_customer",
        "active",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            if self.active { self.name.clone() } else { format!("{} (off)", self.name) },
            self.benefit.clone(),
            self.coupons.join(", "),
            self.conditions.join(", "),
            moment(self.until),
            number(self.limit),
        ]
    }

    fn fields(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.name.clone(),
            self.benefit.clone(),
            self.coupons.join("|"),
            self.conditions.join("|"),
            moment(self.from),
            moment(self.until),
            number(self.limit),
            number(self.limit_per_customer),
            self.active.to_string(),
        ]
    }
}

impl List for PromotionList {
    type Row = PromotionRow;

    fn rows(&self) -> &[PromotionRow] {
        &self.promotions
    }

    fn when_empty(&self) -> String {
        "no promotions".to_owned()
    }
}
