//! Setting a shop up: the rows to start from.

use std::sync::Arc;

use sutler_core::address::CountryCode;
use sutler_core::change::{Change, SetupChange};
use sutler_core::id::{DeliveryMethodId, PriceListId, StockLocationId, TaxZoneId};
use sutler_core::inventory::StockLocation;
use sutler_core::money::{Currency, Money, Rate};
use sutler_core::pricing::{
    ChargeTax, DeliveryLimits, DeliveryMethod, DeliveryRate, DeliveryZone, PriceList, Promotion,
    TaxCategory, TaxRate, TaxZone, Territory, Window,
};
use sutler_core::rejection::Rejection;
use sutler_core::shop::{Setup, ShopRecord};

use super::channel::ChannelCommand;
use crate::{FlowError, Shop};

/// What a new shop is to be. No default: every field is a business choice.
///
/// ```
/// use sutler_core::money::Rate;
/// use sutler_engine::flow::setup::InitCommand;
///
/// let germany = InitCommand::new("Corner shop", "EUR", "DE")?;
/// assert_eq!((germany.tax_inclusive, germany.tax_rate), (true, Rate::percent("19")?));
///
/// let books = InitCommand { tax_rate: Rate::percent("7")?, ..germany };
/// assert_eq!(books.delivery_rate.to_string(), "4.90 EUR");
///
/// assert!(InitCommand::new("Corner shop", "EUX", "DE").is_err());
/// # Ok::<(), sutler_core::rejection::Rejection>(())
/// ```
#[derive(Clone, Debug)]
pub struct InitCommand {
    /// Name for people.
    pub name: String,
    /// What it sells in.
    pub currency: Currency,
    /// Where it is, and where buyers are assumed to be until they say.
    pub country: CountryCode,
    /// Whether its prices contain tax.
    pub tax_inclusive: bool,
    /// The rate of ordinary goods where it is.
    pub tax_rate: Rate,
    /// What standard delivery costs.
    pub delivery_rate: Money,
    /// From which subtotal on standard delivery is free.
    pub delivery_free_over: Option<Money>,
}

impl Shop {
    /// Sets a new shop up: channel `web`, location `main`, a price list, a tax zone with the standard rate, and the delivery
    /// methods `standard` and `pickup`.
    ///
    /// Errors: `shop.exists` when the store holds a shop already; `money` errors when the amounts are in another currency;
    /// `pricing.invalid_rule` for a rate of tax or an amount that no rule may have.
    ///
    /// ```
    /// use sutler_engine::flow::setup::InitCommand;
    /// # let shop = sutler_engine::testing::empty(sutler_store_memory::MemoryStore::new());
    ///
    /// let command = InitCommand::new("Corner shop", "EUR", "DE")?;
    /// let setup = shop.init(&command)?;
    /// assert_eq!((setup.channels[0].code.as_str(), setup.locations[0].code.as_str()), ("web", "main"));
    /// assert_eq!(shop.init(&command).unwrap_err().code(), "shop.exists");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn init(&self, command: &InitCommand) -> Result<Arc<Setup>, FlowError> {
        if self.store().setup()?.is_some() {
            return Err(Rejection::ShopExists.into());
        }
        for amount in
            [Some(command.delivery_rate), command.delivery_free_over].into_iter().flatten()
        {
            if amount.currency() != command.currency {
                let wanted = command.currency.code().to_owned();
                return Err(Rejection::WrongCurrency { given: amount.to_string(), wanted }.into());
            }
        }
        self.settle(|set| {
            let shop = ShopRecord {
                uid: self.next_id(),
                name: command.name.clone(),
                currency: command.currency,
                country: Some(command.country),
                created_at: set.at,
                version: 1,
            };
            set.push(Change::Setup(SetupChange::Shop(shop)));
            for change in self.first_rows(command) {
                change.check(&[]).map_err(Rejection::from)?;
                set.push(Change::Setup(change));
            }
            Ok(())
        })?;
        self.setup()
    }

    fn first_rows(&self, command: &InitCommand) -> Vec<SetupChange> {
        let channel = self.fresh_channel(&ChannelCommand {
            code: "web".to_owned(),
            name: "Web".to_owned(),
            currency: command.currency,
            country: command.country,
            tax_inclusive: command.tax_inclusive,
        });
        let location = StockLocation {
            id: StockLocationId::from_u128(self.next_id()),
            code: "main".to_owned(),
            name: "Main".to_owned(),
            country: Some(command.country),
            priority: 0,
            active: true,
            version: 1,
        };
        let base = format!("Base prices in {}", command.currency.code());
        let prices = PriceList::new(PriceListId::from_u128(self.next_id()), base, command.currency);
        // A zone without countries is everywhere that no other zone names.
        let zone = TaxZone {
            id: TaxZoneId::from_u128(self.next_id()),
            name: "Everywhere".to_owned(),
            territory: Territory::default(),
            version: 1,
        };
        let rate = TaxRate {
            zone: zone.id,
            category: TaxCategory::standard(),
            name: "Tax".to_owned(),
            rate: command.tax_rate,
            level: 0,
            window: Window::default(),
        };
        let standard = self.delivery(
            "standard",
            "Standard delivery",
            command.delivery_rate,
            command.delivery_free_over,
        );
        let pickup =
            self.delivery("pickup", "Pickup at our counter", Money::zero(command.currency), None);
        vec![
            SetupChange::Channel(channel),
            SetupChange::StockLocation(location),
            SetupChange::PriceList(prices),
            SetupChange::TaxZone(zone),
            SetupChange::TaxRate(rate),
            SetupChange::DeliveryMethod(Box::new(standard)),
            SetupChange::DeliveryMethod(Box::new(pickup)),
        ]
    }

    fn delivery(
        &self,
        code: &str,
        name: &str,
        amount: Money,
        free_over: Option<Money>,
    ) -> DeliveryMethod {
        DeliveryMethod {
            id: DeliveryMethodId::from_u128(self.next_id()),
            code: code.to_owned(),
            name: name.to_owned(),
            zone: DeliveryZone::default(),
            rate: DeliveryRate::Flat { amount },
            free_over,
            surcharges: Vec::new(),
            limits: DeliveryLimits::default(),
            tax: ChargeTax::AsGoods,
            active: true,
            version: 1,
        }
    }

    /// Adds a promotion; its own rules are checked first. Its version is set by the store's guard, so give 1.
    ///
    /// Errors: what [`Promotion::check`] refuses; `shop.missing`.
    ///
    /// ```
    /// use sutler_core::id::PromotionId;
    /// use sutler_core::money::Rate;
    /// use sutler_core::pricing::{Benefit, Promotion};
    /// use sutler_engine::flow::cart::QuoteFor;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let cart = sutler_engine::testing::cart(&shop)?;
    ///
    /// let half = Benefit::Percent { rate: Rate::percent("50")? };
    /// let sale = Promotion::new(PromotionId::from_u128(1), "Everything must go", half);
    /// shop.promotion_add(&sale)?;
    /// let quote = shop.cart_quote(cart, &QuoteFor::default())?.quote;
    /// assert_eq!(quote.totals.total.to_string(), "11.90 EUR");
    ///
    /// let benefits = vec![Benefit::Percent { rate: Rate::percent("150")? }];
    /// assert!(shop.promotion_add(&Promotion { benefits, ..sale }).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn promotion_add(&self, promotion: &Promotion) -> Result<(), FlowError> {
        self.setup_put(&SetupChange::Promotion(promotion.clone()))
    }

    /// Writes a row of the set-up: a channel, location, price list, tax zone or rate, delivery method, fee, promotion or collection, with
    /// the version after the one that stands (1 for a new one).
    ///
    /// Errors: `pricing.invalid_rule` for a row that [contradicts itself](SetupChange::check); `already_exists` for a code in
    /// use; `Contended` when somebody else changed the row meanwhile.
    ///
    /// ```
    /// use sutler_core::catalog::{CapturePolicy, Channel};
    /// use sutler_core::change::SetupChange;
    /// use sutler_engine::FlowError;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// let web = shop.setup()?.channels[0].clone();
    /// let version = web.version + 1;
    /// let at_once = Channel { capture: CapturePolicy::AtPlacement, version, ..web };
    /// shop.setup_put(&SetupChange::Channel(at_once.clone()))?;
    /// assert_eq!(shop.setup()?.channels[0], at_once);
    ///
    /// // The version was taken by the first one.
    /// let refusal = shop.setup_put(&SetupChange::Channel(at_once));
    /// assert!(matches!(refusal, Err(FlowError::Contended { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn setup_put(&self, change: &SetupChange) -> Result<(), FlowError> {
        let setup = self.setup()?;
        change.check(&setup.tax_zones).map_err(Rejection::from)?;
        let mut set = self.change_set();
        set.push(Change::Setup(change.clone()));
        set.check_texts()?;
        match self.store().commit(set)? {
            sutler_core::change::CommitOutcome::Refused(rejection) => Err(rejection.into()),
            sutler_core::change::CommitOutcome::Conflict { what } => {
                Err(FlowError::Contended { what: what.to_string() })
            }
            _ => Ok(()),
        }
    }
}

impl InitCommand {
    /// Returns what a small shop in one country starts with: prices that contain tax, the country's standard rate where
    /// Sutler knows it (else zero, to be set), delivery for 4.90 major units, free from 75.
    ///
    /// Errors: a currency or country code that is none. Source of the rates: [`sutler_core::country`].
    pub fn new(name: &str, currency: &str, country: &str) -> Result<Self, Rejection> {
        let currency = Currency::from_code(currency)?;
        let country: CountryCode = country.parse()?;
        let known = sutler_core::country::by_code(country.as_str());
        let major = |units: i64, hundredths: i64| {
            let scale = currency.minor_per_major();
            Money::from_minor(units * scale + hundredths * scale / 100, currency)
        };
        Ok(Self {
            name: name.to_owned(),
            currency,
            country,
            tax_inclusive: known.is_none_or(|known| known.inclusive),
            tax_rate: Rate::percent(known.map_or("0", |known| known.percent))?,
            delivery_rate: major(4, 90),
            delivery_free_over: Some(major(75, 0)),
        })
    }
}
