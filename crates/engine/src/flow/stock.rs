//! Stock at the shelf: receiving, correcting after a count, moving between locations, limits, and looking.

use sutler_core::change::{Change, Idempotency, IdempotencyKey, StockChange};
use sutler_core::event::{Event, EventData, EventKind};
use sutler_core::hash::HashInput;
use sutler_core::id::VariantId;
use sutler_core::inventory::{
    MovementKind, StockKey, StockLevel, StockLocation, StockMovement, StoredMovement, correction,
    require_room,
};
use sutler_core::quantity::{QUANTITY_MAX, Quantity};
use sutler_core::rejection::Rejection;
use sutler_core::shop::Setup;

use crate::{FlowError, Reader, Shop};

/// The stock of one variant.
///
/// ```
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
/// let view = shop.stock_show(placed.order.lines[0].variant)?;
/// assert_eq!(view.label, "MUG-RED");
/// for (location, level) in &view.levels {
///     assert_eq!((location.code.as_str(), level.on_hand, level.allocated), ("main", 5, 2));
///     assert_eq!(level.available(), 3);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct StockView {
    /// The variant.
    pub variant: VariantId,
    /// What people call it.
    pub label: String,
    /// Its level at each location of the shop, by code.
    pub levels: Vec<(StockLocation, StockLevel)>,
}

/// Returns a location by code or name, or says which there are.
pub(crate) fn location_by_word<'a>(
    setup: &'a Setup,
    word: &str,
) -> Result<&'a StockLocation, Rejection> {
    setup.location_by_word(word).ok_or_else(|| Rejection::NotFound {
        noun: "stock location",
        given: word.to_owned(),
        near: setup.locations.iter().map(|location| location.code.clone()).collect(),
    })
}

impl Reader {
    /// Returns the stock of a variant at every location.
    ///
    /// Errors: `not_found`.
    ///
    /// ```
    /// use sutler_core::id::VariantId;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let red = shop.find_variant("MUG-RED")?.variant.id;
    /// assert_eq!(shop.stock_show(red)?.levels[0].1.available(), 5);
    /// assert_eq!(shop.stock_show(VariantId::from_u128(404)).unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stock_show(&self, variant: VariantId) -> Result<StockView, FlowError> {
        let setup = self.setup()?;
        let label = self.require_variant(variant)?;
        let levels = self.store().stock_levels(&[variant], self.now())?;
        let level = |location: &StockLocation| {
            levels.get(&StockKey { variant, location: location.id }).copied().unwrap_or_default()
        };
        Ok(StockView {
            variant,
            label,
            levels: setup.locations.iter().map(|l| (l.clone(), level(l))).collect(),
        })
    }

    /// Returns the newest movements of a variant, newest first.
    ///
    /// Errors: `not_found`.
    ///
    /// ```
    /// use sutler_core::inventory::MovementKind;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let red = shop.find_variant("MUG-RED")?.variant.id;
    /// shop.stock_correct(red, 4, "main", "one broke", None, None)?;
    /// let movements = shop.stock_history(red, 10)?;
    /// assert_eq!(movements[0].movement.kind, MovementKind::CorrectedDown);
    /// assert_eq!(movements[0].movement.reason.as_deref(), Some("one broke"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stock_history(
        &self,
        variant: VariantId,
        limit: usize,
    ) -> Result<Vec<StoredMovement>, FlowError> {
        self.require_variant(variant)?;
        Ok(self.store().stock_history(variant, limit)?)
    }

    fn require_variant(&self, variant: VariantId) -> Result<String, FlowError> {
        self.variant_label(variant)?.ok_or_else(|| Rejection::not_found("variant", variant).into())
    }
}

impl Shop {
    /// Records goods that arrived.
    ///
    /// Errors: `not_found` for a variant or location; `stock.overflow`; `key.reused`.
    ///
    /// ```
    /// use sutler_core::quantity::Quantity;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let red = shop.find_variant("MUG-RED")?.variant.id;
    ///
    /// let (ten, key) = (Quantity::new(10)?, Some("delivery-note-4711".parse()?));
    /// let view = shop.stock_receive(red, ten, "main", Some("from the potter"), key.clone())?;
    /// assert_eq!(view.levels[0].1.on_hand, 15);
    /// let again = shop.stock_receive(red, ten, "main", Some("from the potter"), key.clone())?;
    /// assert_eq!(again.levels[0].1.on_hand, 15, "the same key receives once");
    ///
    /// let refusal = shop.stock_receive(red, Quantity::ONE, "main", None, key).unwrap_err();
    /// assert_eq!(refusal.code(), "key.reused");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stock_receive(
        &self,
        variant: VariantId,
        quantity: Quantity,
        location: &str,
        reason: Option<&str>,
        key: Option<IdempotencyKey>,
    ) -> Result<StockView, FlowError> {
        let setup = self.setup()?;
        let key_of = |location: &StockLocation| StockKey { variant, location: location.id };
        let at = key_of(location_by_word(&setup, location)?);
        let mut content = HashInput::new("stock.receive");
        content
            .id(variant.to_u128())
            .id(at.location.to_u128())
            .number(i64::from(quantity.get()))
            .optional_text(reason);
        let content = content.finish();
        self.require_variant(variant)?;
        self.settle(|set| {
            set.idempotency =
                key.clone().map(|key| Idempotency { key, content, answer: variant.into() });
            require_room(at, &self.level(at)?, quantity).map_err(|full| self.labeled(full))?;
            let reason = reason.map(str::to_owned);
            let movement = StockMovement {
                key: at,
                kind: MovementKind::Received,
                quantity: quantity.get(),
                cause: None,
                reason,
            };
            set.push(Change::Stock(StockChange::Move { movement, expected_on_hand: None }))
                .tell(changed(at));
            Ok(())
        })?;
        self.stock_show(variant)
    }

    /// Sets units on hand to what a count found. `expected` is the count that must still stand, when given.
    ///
    /// Errors: `reason.missing`; `stock.changed`; `stock.promised` when more is promised than was counted.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let red = shop.find_variant("MUG-RED")?.variant.id;
    ///
    /// let view = shop.stock_correct(red, 4, "main", "one broke", Some(5), None)?;
    /// assert_eq!(view.levels[0].1.on_hand, 4);
    ///
    /// let refusal = shop.stock_correct(red, 6, "main", "counted", Some(5), None).unwrap_err();
    /// assert_eq!(refusal.code(), "stock.changed", "it is no longer 5");
    ///
    /// # sutler_engine::testing::order(&shop, "test:ok")?;
    /// // After an order over two:
    /// let refusal = shop.stock_correct(red, 1, "main", "counted", None, None).unwrap_err();
    /// assert_eq!(refusal.code(), "stock.promised", "two are");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stock_correct(
        &self,
        variant: VariantId,
        counted: u32,
        location: &str,
        reason: &str,
        expected: Option<u32>,
        key: Option<IdempotencyKey>,
    ) -> Result<StockView, FlowError> {
        if reason.trim().is_empty() {
            return Err(Rejection::ReasonMissing.into());
        }
        let setup = self.setup()?;
        let at = StockKey { variant, location: location_by_word(&setup, location)?.id };
        self.require_variant(variant)?;
        let mut content = HashInput::new("stock.correct");
        content
            .id(variant.to_u128())
            .id(at.location.to_u128())
            .number(i64::from(counted))
            .text(reason);
        let content = content.number(expected.map_or(-1, i64::from)).finish();
        self.settle(|set| {
            set.idempotency =
                key.clone().map(|key| Idempotency { key, content, answer: variant.into() });
            let level = self.level(at)?;
            let corrected = correction(at, &level, counted, expected);
            if let Some((kind, quantity)) = corrected.map_err(|refused| self.labeled(refused))? {
                let movement = StockMovement {
                    key: at,
                    kind,
                    quantity,
                    cause: None,
                    reason: Some(reason.trim().to_owned()),
                };
                // What was read is guarded: a sale in between must not be counted away.
                set.push(Change::Stock(StockChange::Move {
                    movement,
                    expected_on_hand: Some(level.on_hand),
                }))
                .tell(changed(at));
            }
            Ok(())
        })?;
        self.stock_show(variant)
    }

    /// Moves units between two own locations, in one commit.
    ///
    /// Errors: `not_found` for a variant or location; `input.invalid` when both locations are one; `stock.insufficient`
    /// when fewer units can leave; `key.reused`.
    ///
    /// ```
    /// use sutler_core::change::SetupChange;
    /// use sutler_core::id::StockLocationId;
    /// use sutler_core::inventory::StockLocation;
    /// use sutler_core::quantity::Quantity;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let red = shop.find_variant("MUG-RED")?.variant.id;
    ///
    /// let outlet = StockLocation {
    ///     id: StockLocationId::from_u128(0x0d),
    ///     code: "outlet".into(),
    ///     name: "Outlet".into(),
    ///     country: None,
    ///     priority: 1,
    ///     active: true,
    ///     version: 1,
    /// };
    /// shop.setup_put(&SetupChange::StockLocation(outlet))?;
    ///
    /// let view = shop.stock_transfer(red, Quantity::new(2)?, "main", "outlet", None)?;
    /// let on_hand: Vec<u32> = view.levels.iter().map(|(_, level)| level.on_hand).collect();
    /// assert_eq!(on_hand, [3, 2]);
    ///
    /// let refusal = shop.stock_transfer(red, Quantity::new(9)?, "main", "outlet", None).unwrap_err();
    /// assert_eq!(refusal.code(), "stock.insufficient");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stock_transfer(
        &self,
        variant: VariantId,
        quantity: Quantity,
        from: &str,
        to: &str,
        key: Option<IdempotencyKey>,
    ) -> Result<StockView, FlowError> {
        let setup = self.setup()?;
        let here = |word: &str| {
            location_by_word(&setup, word)
                .map(|location| StockKey { variant, location: location.id })
        };
        let given = to.to_owned();
        let (from, to) = (here(from)?, here(to)?);
        if from == to {
            let why = "is where the goods already are".to_owned();
            return Err(Rejection::BadInput { what: "stock location", given, why }.into());
        }
        self.require_variant(variant)?;
        let mut content = HashInput::new("stock.transfer");
        content.id(variant.to_u128()).number(i64::from(quantity.get()));
        let content = content.id(from.location.to_u128()).id(to.location.to_u128()).finish();
        self.settle(|set| {
            set.idempotency =
                key.clone().map(|key| Idempotency { key, content, answer: variant.into() });
            require_room(to, &self.level(to)?, quantity).map_err(|full| self.labeled(full))?;
            for (key, kind) in
                [(from, MovementKind::TransferredOut), (to, MovementKind::TransferredIn)]
            {
                let movement = StockMovement {
                    key,
                    kind,
                    quantity: quantity.get(),
                    cause: None,
                    reason: None,
                };
                set.push(Change::Stock(StockChange::Move { movement, expected_on_hand: None }))
                    .tell(changed(key));
            }
            Ok(())
        })?;
        self.stock_show(variant)
    }

    /// Sets how far selling may go beyond what is on hand, and how many units are kept from buyers.
    ///
    /// Errors: `not_found` for a variant or location; `quantity.invalid`; `stock.promised` when more is promised already than
    /// the limits allow; `key.reused`.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let red = shop.find_variant("MUG-RED")?.variant.id;
    /// let view = shop.stock_limits(red, "main", 0, 2, None)?;
    /// assert_eq!(view.levels[0].1.available(), 3, "two are kept back");
    /// let view = shop.stock_limits(red, "main", 10, 0, None)?;
    /// assert_eq!(view.levels[0].1.available(), 15, "ten may be sold before they are there");
    ///
    /// # let command = sutler_engine::testing::command(&shop, "test:ok")?;
    /// # let eight = sutler_core::quantity::Quantity::new(8)?;
    /// # shop.cart_set(command.cart, red, Some(eight))?;
    /// # shop.checkout(&command)?;
    /// // After an order over eight of the five:
    /// let refusal = shop.stock_limits(red, "main", 0, 0, None).unwrap_err();
    /// assert_eq!(refusal.code(), "stock.promised");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn stock_limits(
        &self,
        variant: VariantId,
        location: &str,
        backorder_limit: u32,
        safety: u32,
        key: Option<IdempotencyKey>,
    ) -> Result<StockView, FlowError> {
        for units in [backorder_limit, safety] {
            if units > QUANTITY_MAX {
                return Err(Rejection::Quantity(sutler_core::quantity::QuantityError {
                    given: units.to_string(),
                })
                .into());
            }
        }
        let setup = self.setup()?;
        let at = StockKey { variant, location: location_by_word(&setup, location)?.id };
        self.require_variant(variant)?;
        let mut content = HashInput::new("stock.limits");
        content.id(variant.to_u128()).id(at.location.to_u128());
        let content = content.number(i64::from(backorder_limit)).number(i64::from(safety)).finish();
        self.settle(|set| {
            set.idempotency =
                key.clone().map(|key| Idempotency { key, content, answer: variant.into() });
            set.push(Change::Stock(StockChange::Limits { key: at, backorder_limit, safety }))
                .tell(changed(at));
            Ok(())
        })?;
        self.stock_show(variant)
    }

    fn level(&self, key: StockKey) -> Result<StockLevel, FlowError> {
        let levels = self.store().stock_levels(&[key.variant], self.now())?;
        Ok(levels.get(&key).copied().unwrap_or_default())
    }
}

/// The event that units on hand or limits of a level changed.
pub(crate) fn changed(key: StockKey) -> Event {
    let data = EventData::Stock { location: key.location };
    Event { kind: EventKind::StockChanged, subject: key.variant.into(), data }
}
