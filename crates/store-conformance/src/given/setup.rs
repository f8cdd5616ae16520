//! The shop's set-up.

use sutler_core::catalog::{AttributeValue, CapturePolicy, Channel, TaxRounding};
use sutler_core::change::SetupChange;
use sutler_core::id::{
    CategoryId, ChannelId, CollectionId, CouponBatchId, DeliveryMethodId, PriceListId, ProductId,
    PromotionId, StockLocationId, TaxZoneId, VariantId,
};
use sutler_core::inventory::StockLocation;
use sutler_core::money::{Currency, Rate, Rounding};
use sutler_core::pricing::{
    AttributeTest, Benefit, BundlePart, BuyGet, Calendar, Condition, CouponCode, DeliveryMethod,
    DeliveryRate, DeliveryZone, Lane, Limits, PriceList, Promotion, QuantityTier, SubtotalRung,
    SubtotalTier, TaxCategory, TaxRate, TaxZone, TierBenefit, Weekday, WeightRung, Window,
};
use sutler_core::shop::ShopRecord;

use super::{NOW, World, after, eur};

pub(super) fn shop() -> ShopRecord {
    let uid = 0x0198_aaaa_bbbb_7ccc_8ddd_eeee_ffff_0001;
    let name = "Müller & Söhne".to_owned();
    ShopRecord { uid, name, currency: Currency::EUR, created_at: NOW, version: 1 }
}

pub(super) fn channel(id: u128, code: &str) -> Channel {
    Channel {
        id: ChannelId::from_u128(id),
        code: code.to_owned(),
        name: format!("Channel {code}"),
        currency: Currency::EUR,
        tax_inclusive: true,
        rounding: Rounding::HalfAwayFromZero,
        tax_rounding: TaxRounding::PerLine,
        default_country: "DE".parse().unwrap(),
        capture: CapturePolicy::AtShipment,
        reservation_seconds: 900,
        cart_seconds: 86_400,
        version: 1,
    }
}

pub(super) fn location(id: u128, code: &str) -> StockLocation {
    StockLocation {
        id: StockLocationId::from_u128(id),
        code: code.to_owned(),
        name: format!("Location {code}"),
        country: "DE".parse().ok(),
        priority: 0,
        active: true,
        version: 1,
    }
}

pub(super) fn price_list(id: u128) -> PriceList {
    PriceList {
        id: PriceListId::from_u128(id),
        name: "Retail".to_owned(),
        channel: None,
        currency: Currency::EUR,
        customer_group: None,
        window: Window::ALWAYS,
        priority: 0,
        version: 1,
    }
}

impl World {
    /// Returns a channel with this code.
    pub fn channel(&self, code: &str) -> Channel {
        channel(self.id(), code)
    }

    /// Returns a stock location with this code.
    pub fn location(&self, code: &str) -> StockLocation {
        location(self.id(), code)
    }

    /// Returns a tax zone of these countries.
    pub fn tax_zone(&self, countries: &[&str]) -> TaxZone {
        let countries = countries.iter().map(|code| code.parse().unwrap()).collect();
        let id = TaxZoneId::from_u128(self.id());
        TaxZone { id, name: "Zone".to_owned(), countries, version: 1 }
    }

    /// Returns a tax rate for ordinary goods.
    pub fn tax_rate(&self, zone: &TaxZone, name: &str, percent: &str) -> TaxRate {
        TaxRate {
            zone: zone.id,
            category: TaxCategory::standard(),
            name: name.to_owned(),
            rate: Rate::percent(percent).unwrap(),
            window: Window::ALWAYS,
        }
    }

    /// Returns a delivery method with this code and rate.
    pub fn delivery_method(&self, code: &str, rate: DeliveryRate) -> DeliveryMethod {
        DeliveryMethod {
            id: DeliveryMethodId::from_u128(self.id()),
            code: code.to_owned(),
            name: format!("Delivery {code}"),
            zone: DeliveryZone::default(),
            rate,
            free_over: None,
            tax_category: Some(TaxCategory::standard()),
            active: true,
            version: 1,
        }
    }

    /// Returns a promotion without conditions.
    pub fn promotion(&self, name: &str) -> Promotion {
        Promotion {
            id: PromotionId::from_u128(self.id()),
            name: name.to_owned(),
            conditions: Vec::new(),
            benefits: vec![Benefit::Percent { rate: Rate::percent("10").unwrap() }],
            lane: Lane::Normal,
            priority: 0,
            exclusive: false,
            window: Window::ALWAYS,
            limits: Limits::NONE,
            active: true,
            version: 1,
        }
    }

    /// Returns set-up in which every field of every kind is filled at least once and every shape stands at least once.
    pub fn rich_setup(&self) -> Vec<SetupChange> {
        let mut all = self.rich_places();
        all.extend(self.rich_delivery().into_iter().map(SetupChange::DeliveryMethod));
        all.extend(self.rich_promotions().into_iter().map(SetupChange::Promotion));
        all
    }

    fn rich_places(&self) -> Vec<SetupChange> {
        let mut net = self.channel("b2b");
        net.currency = Currency::JPY;
        net.tax_inclusive = false;
        net.rounding = Rounding::HalfEven;
        net.tax_rounding = TaxRounding::PerOrder;
        net.capture = CapturePolicy::AtPlacement;

        let mut van = self.location("a van");
        van.country = None;
        van.priority = -7;
        van.active = false;

        let mut trade = price_list(self.id());
        trade.name = "Händler".to_owned();
        trade.channel = Some(self.channel.id);
        trade.customer_group = Some("trade".to_owned());
        trade.window = Window { from: Some(NOW), until: Some(after(60)) };
        trade.priority = i32::MIN;

        let everywhere = self.tax_zone(&[]);
        let home = self.tax_zone(&["DE", "AT"]);
        let mut reduced = self.tax_rate(&home, "VAT", "7");
        reduced.category = TaxCategory::new("reduced").unwrap();
        reduced.window = Window { from: None, until: Some(after(1)) };
        let vat = self.tax_rate(&home, "VAT", "19");
        let city = self.tax_rate(&home, "City", "0.125");
        vec![
            SetupChange::Channel(net),
            SetupChange::StockLocation(van),
            SetupChange::PriceList(trade),
            SetupChange::TaxZone(everywhere),
            SetupChange::TaxZone(home),
            SetupChange::TaxRate(vat),
            SetupChange::TaxRate(reduced),
            SetupChange::TaxRate(city),
        ]
    }

    fn rich_delivery(&self) -> Vec<DeliveryMethod> {
        let by_weight = vec![
            WeightRung { up_to_grams: Some(1_000), amount: eur(490) },
            WeightRung { up_to_grams: None, amount: eur(990) },
        ];
        let by_subtotal = vec![SubtotalRung { from: eur(0), amount: eur(590) }];
        let mut express =
            self.delivery_method("express", DeliveryRate::ByWeight { rungs: by_weight });
        express.zone = DeliveryZone {
            countries: vec!["DE".parse().unwrap(), "CH".parse().unwrap()],
            postal_code_prefixes: vec!["10".to_owned(), "SW1".to_owned()],
        };
        express.free_over = Some(eur(10_000));
        express.tax_category = None;
        express.active = false;
        vec![
            self.delivery_method("standard", DeliveryRate::Flat { amount: eur(490) }),
            express,
            self.delivery_method("bulky", DeliveryRate::BySubtotal { rungs: by_subtotal }),
        ]
    }

    /// Returns a condition on goods by an attribute.
    fn oak(&self) -> Condition {
        Condition::Attribute(AttributeTest {
            name: "material".to_owned(),
            values: vec![AttributeValue::Text("oak".to_owned()), AttributeValue::Integer(3)],
            at_least: Some("1.5".parse().unwrap()),
            below: None,
        })
    }

    fn rich_promotions(&self) -> Vec<Promotion> {
        let mut coupon = self.promotion("Frühling");
        coupon.conditions = vec![
            Condition::Coupon {
                codes: vec![CouponCode::new("SPRING").unwrap(), CouponCode::new("GRÜN").unwrap()],
            },
            Condition::MinSubtotal { amount: eur(5_000) },
            Condition::MinQuantity { quantity: 3 },
            Condition::Channel { channels: vec![self.channel.id] },
            Condition::CustomerGroup { groups: vec!["trade".to_owned()] },
            Condition::Category { categories: vec![CategoryId::from_u128(self.id())] },
            Condition::Product { products: vec![ProductId::from_u128(self.id())] },
            Condition::Collection { collections: vec![CollectionId::from_u128(self.id())] },
            Condition::Variant { variants: vec![VariantId::from_u128(self.id())] },
            Condition::CouponBatch { batch: CouponBatchId::from_u128(self.id()) },
            Condition::MinGoods { amount: eur(1) },
            Condition::FirstOrder,
            Condition::DeliveryMethod { methods: vec!["standard".to_owned()] },
            Condition::Calendar(Calendar {
                zone: "Europe/Berlin".parse().unwrap(),
                weekdays: vec![Weekday::Friday],
                from: "17:00".parse().unwrap(),
                until: "24:00".parse().unwrap(),
            }),
            Condition::Any { conditions: vec![self.oak()] },
            Condition::Not { condition: Box::new(self.oak()) },
        ];
        coupon.lane = Lane::Before;
        coupon.priority = 5;
        coupon.exclusive = true;
        coupon.window = Window { from: Some(NOW), until: None };
        coupon.limits = Limits {
            uses: Some(100),
            uses_per_customer: Some(1),
            uses_per_coupon: Some(2),
            units: Some(50),
            units_per_customer: Some(3),
            units_per_order: Some(4),
            amount_per_order: Some(eur(1_000)),
            budget: Some(eur(100_000)),
        };
        coupon.active = false;
        let tier = TierBenefit::FixedUnit { amount: eur(7) };
        let benefits = [
            Benefit::FixedUnit { amount: eur(1) },
            Benefit::FixedLine { amount: eur(2) },
            Benefit::FixedOrder { amount: eur(3) },
            Benefit::FreeDelivery,
            Benefit::FixedPrice { amount: eur(4) },
            Benefit::BuyGet(BuyGet {
                buy: 2,
                get: 1,
                rate: Rate::percent("50").unwrap(),
                goods: vec![self.oak()],
                each_variant: false,
            }),
            Benefit::CheapestFree { of: 3 },
            Benefit::QuantityTiers { tiers: vec![QuantityTier { from: 3, benefit: tier }] },
            Benefit::SubtotalTiers { tiers: vec![SubtotalTier { from: eur(9), benefit: tier }] },
            Benefit::Bundle {
                parts: vec![BundlePart { goods: vec![self.oak()], units: 2 }],
                price: eur(5),
            },
            Benefit::DeliveryPercent { rate: Rate::percent("50").unwrap() },
            Benefit::DeliveryFixed { amount: eur(6) },
            Benefit::Gift { variant: VariantId::from_u128(self.id()), units: 1 },
        ];
        let mut all = vec![coupon];
        for benefit in benefits {
            all.push(Promotion {
                benefits: vec![benefit],
                lane: Lane::After,
                ..self.promotion("Plain")
            });
        }
        all
    }
}
