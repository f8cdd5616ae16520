//! Stock levels and the ledger of movements.

use sutler_core::id::VariantId;
use sutler_core::inventory::StoredMovement;
use sutler_core::shop::Setup;
use sutler_core::time::Timestamp;
use sutler_engine::flow::stock::StockView;

use super::{Sheet, view};
use crate::answer::{List, Row, Show};
use crate::page::Page;
use crate::table::{Column, Side, Table};

view! {
    /// The counts of a variant at one location.
    LevelRow {
        /// Code of the location.
        location: String,
        /// Units physically there.
        on_hand: u32,
        /// Units held for running checkouts.
        reserved: u32,
        /// Units promised to placed orders.
        allocated: u32,
        /// Units kept back from selling.
        safety: u32,
        /// How far selling may go beyond on_hand.
        backorder_limit: u32,
        /// Units that may still be sold.
        available: u32,
    }
}

view! {
    /// The stock of a variant.
    StockShown {
        /// The variant.
        variant: VariantId,
        /// What people call it.
        label: String,
        /// Its counts, location by location.
        levels: Vec<LevelRow>,
        /// Units that may still be sold, all locations together.
        available: u64,
    }
}

view! {
    /// One entry of the stock ledger.
    MovementRow {
        /// Its place in the ledger of its location.
        seq: u64,
        /// When it was committed.
        at: Timestamp,
        /// Code of the location.
        location: String,
        /// What happened.
        movement: String,
        /// Units, with the sign of its effect on on_hand; 0 where it has none.
        on_hand_change: i64,
        /// Units.
        quantity: u32,
        /// The record that caused it.
        cause: Option<String>,
        /// Why, in words.
        reason: Option<String>,
    }
}

view! {
    /// Movements of a variant, newest first.
    MovementList {
        /// The variant.
        variant: VariantId,
        /// What people call it.
        label: String,
        /// The movements.
        movements: Vec<MovementRow>,
    }
}

impl From<&StockView> for StockShown {
    fn from(view: &StockView) -> Self {
        let level = |(location, level): &(
            sutler_core::inventory::StockLocation,
            sutler_core::inventory::StockLevel,
        )| LevelRow {
            location: location.code.clone(),
            on_hand: level.on_hand,
            reserved: level.reserved,
            allocated: level.allocated,
            safety: level.safety,
            backorder_limit: level.backorder_limit,
            available: level.available(),
        };
        Self {
            variant: view.variant,
            label: view.label.clone(),
            levels: view.levels.iter().map(level).collect(),
            available: view.levels.iter().map(|(_, level)| u64::from(level.available())).sum(),
        }
    }
}

const LEVELS: &[Column] = &[
    ("LOCATION", Side::Left),
    ("ON HAND", Side::Right),
    ("RESERVED", Side::Right),
    ("ALLOCATED", Side::Right),
    ("SAFETY", Side::Right),
    ("BACKORDER", Side::Right),
    ("AVAILABLE", Side::Right),
];

impl Show for StockShown {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.title(&self.label, &format!("{} available", self.available));
        let mut table = Table::new(LEVELS);
        for level in &self.levels {
            let counts = [
                level.on_hand,
                level.reserved,
                level.allocated,
                level.safety,
                level.backorder_limit,
                level.available,
            ];
            table.row(
                std::iter::once(level.location.clone())
                    .chain(counts.map(|count| count.to_string())),
            );
        }
        sheet.table(&table);
        sheet.finish()
    }
}

impl MovementRow {
    /// Makes a row of a ledger entry; the set-up names its location.
    pub(crate) fn new(stored: &StoredMovement, setup: &Setup) -> Self {
        let movement = &stored.movement;
        let location = setup.location(movement.key.location);
        Self {
            seq: stored.seq,
            at: stored.at,
            location: location.map_or_else(
                || movement.key.location.to_string(),
                |location| location.code.clone(),
            ),
            movement: movement.kind.word().to_owned(),
            on_hand_change: i64::from(movement.kind.effect().on_hand)
                * i64::from(movement.quantity),
            quantity: movement.quantity,
            cause: movement.cause.map(|cause| cause.to_string()),
            reason: movement.reason.clone(),
        }
    }
}

impl Row for MovementRow {
    const COLUMNS: &'static [Column] = &[
        ("WHEN", Side::Left),
        ("LOCATION", Side::Left),
        ("MOVEMENT", Side::Left),
        ("QTY", Side::Right),
        ("ON HAND", Side::Right),
        ("REASON", Side::Left),
        ("CAUSE", Side::Left),
    ];
    const FIELDS: &'static [&'static str] =
        &["seq", "at", "location", "movement", "on_hand_change", "quantity", "cause", "reason"];

    fn cells(&self) -> Vec<String> {
        let change = match self.on_hand_change {
            0 => String::new(),
            change => format!("{change:+}"),
        };
        vec![
            self.at.to_string(),
            self.location.clone(),
            self.movement.clone(),
            self.quantity.to_string(),
            change,
            self.reason.clone().unwrap_or_default(),
            self.cause.clone().unwrap_or_default(),
        ]
    }

    fn fields(&self) -> Vec<String> {
        vec![
            self.seq.to_string(),
            self.at.to_string(),
            self.location.clone(),
            self.movement.clone(),
            self.on_hand_change.to_string(),
            self.quantity.to_string(),
            self.cause.clone().unwrap_or_default(),
            self.reason.clone().unwrap_or_default(),
        ]
    }
}

impl List for MovementList {
    type Row = MovementRow;

    fn rows(&self) -> &[MovementRow] {
        &self.movements
    }

    fn when_empty(&self) -> String {
        format!("{} never moved", crate::clean::one_line(&self.label))
    }
}
