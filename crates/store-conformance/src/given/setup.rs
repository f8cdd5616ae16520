//! The shop's set-up.

use sutler_core::catalog::{AttributeValue, CapturePolicy, Channel, Collection, TaxRounding};
use sutler_core::change::SetupChange;
use sutler_core::id::{
    CategoryId, ChannelId, CollectionId, CouponBatchId, DeliveryMethodId, FeeId, PriceListId,
    ProductId, PromotionId, StockLocationId, TaxZoneId, VariantId,
};
use sutler_core::inventory::StockLocation;
use sutler_core::money::{Currency, Rate, Rounding};
use sutler_core::pricing::{
    AttributeTest, Benefit, BundlePart, BuyGet, Calendar, ChargeTax, Condition, CouponCode,
    DeliveryLimits, DeliveryMethod, DeliveryRate, DeliverySurcharge, DeliveryZone, Fee, FeeAmount,
    FeeCondition, Lane, LaneMode, Limits, PriceList, Promotion, QuantityRung, QuantityTier,
    SubtotalRung, SubtotalTier, SurchargeRule, TableRow, TaxCategory, TaxRate, TaxZone, Territory,
    TierBenefit, VolumeRung, Weekday, WeightRung, Window,
};
use sutler_core::shop::ShopRecord;

use super::{NOW, World, after, eur};

pub(super) fn shop() -> ShopRecord {
    let uid = 0x0198_aaaa_bbbb_7ccc_8ddd_eeee_ffff_0001;
    let name = "Müller & Söhne".to_owned();
    let (currency, country) = (Currency::EUR, "DE".parse().ok());
    ShopRecord { uid, name, currency, country, created_at: NOW, version: 1 }
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
        lane_mode: LaneMode::EachUnit,
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
    PriceList::new(PriceListId::from_u128(id), "Retail", Currency::EUR)
}

/// A territory in which every field is filled.
fn territory() -> Territory {
    Territory {
        countries: vec!["US".parse().unwrap()],
        regions: vec!["CA".parse().unwrap(), "NY".parse().unwrap()],
        postal_codes: vec!["10".parse().unwrap(), "94100..94199".parse().unwrap()],
        except_postal_codes: vec!["94105".parse().unwrap()],
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
        let countries = countries.iter().map(|code| code.parse().unwrap());
        TaxZone {
            id: TaxZoneId::from_u128(self.id()),
            name: "Zone".to_owned(),
            territory: Territory::of_countries(countries),
            version: 1,
        }
    }

    /// Returns a tax rate for ordinary goods.
    pub fn tax_rate(&self, zone: &TaxZone, name: &str, percent: &str) -> TaxRate {
        TaxRate {
            zone: zone.id,
            category: TaxCategory::standard(),
            name: name.to_owned(),
            rate: Rate::percent(percent).unwrap(),
            level: 0,
            window: Window::ALWAYS,
        }
    }

    /// Returns a collection of one product and of what a category holds.
    pub fn collection(&self, handle: &str) -> Collection {
        Collection {
            id: CollectionId::from_u128(self.id()),
            handle: handle.parse().expect("a handle"),
            name: format!("Collection {handle}"),
            products: vec![ProductId::from_u128(self.id())],
            rule: vec![Condition::Category { categories: vec![CategoryId::from_u128(self.id())] }],
            version: 1,
        }
    }

    /// Returns a fee with this code: 2.00 EUR for every order.
    pub fn fee(&self, code: &str) -> Fee {
        Fee {
            id: FeeId::from_u128(self.id()),
            code: code.to_owned(),
            name: format!("Fee {code}"),
            amount: FeeAmount::Flat { amount: eur(200) },
            condition: FeeCondition::default(),
            tax: ChargeTax::AsGoods,
            active: true,
            version: 1,
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
            surcharges: Vec::new(),
            limits: DeliveryLimits::default(),
            tax: ChargeTax::Category(TaxCategory::standard()),
            active: true,
            version: 1,
        }
    }

    /// Returns a promotion without conditions.
    pub fn promotion(&self, name: &str) -> Promotion {
        let ten = Benefit::Percent { rate: Rate::percent("10").unwrap() };
        Promotion::new(PromotionId::from_u128(self.id()), name, ten)
    }

    /// Returns set-up in which every field of every kind is filled at least once and every shape stands at least once.
    pub fn rich_setup(&self) -> Vec<SetupChange> {
        let mut all = self.rich_places();
        all.extend(
            self.rich_delivery()
                .into_iter()
                .map(|method| SetupChange::DeliveryMethod(Box::new(method))),
        );
        all.push(SetupChange::Collection(Box::new(self.collection("winter"))));
        all.extend(self.rich_fees().into_iter().map(|fee| SetupChange::Fee(Box::new(fee))));
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
        net.lane_mode = LaneMode::BestOf;

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
        let mut bay = self.tax_zone(&["US"]);
        bay.territory = territory();
        let home = self.tax_zone(&["DE", "AT"]);
        let mut reduced = self.tax_rate(&home, "VAT", "7");
        reduced.category = TaxCategory::new("reduced").unwrap();
        reduced.window = Window { from: None, until: Some(after(1)) };
        let vat = self.tax_rate(&home, "VAT", "19");
        let city = self.tax_rate(&home, "City", "0.125");
        let levy = TaxRate { level: 1, ..self.tax_rate(&bay, "Levy", "3") };
        let mut next = self.tax_rate(&home, "VAT", "20");
        next.window = Window { from: Some(after(5)), until: Some(after(9)) };
        vec![
            SetupChange::Channel(net),
            SetupChange::StockLocation(van),
            SetupChange::PriceList(trade),
            SetupChange::TaxZone(everywhere),
            SetupChange::TaxZone(home),
            SetupChange::TaxZone(bay),
            SetupChange::TaxRate(levy),
            SetupChange::TaxRate(next),
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
        express.zone = territory();
        express.free_over = Some(eur(10_000));
        express.tax = ChargeTax::Untaxed;
        express.active = false;
        let volume = VolumeRung { up_to_cm3: Some(9), amount: eur(1) };
        let units = QuantityRung { up_to_units: Some(9), amount: eur(1) };
        let row = TableRow {
            territory: territory(),
            up_to_grams: Some(1),
            up_to_cm3: Some(2),
            up_to_units: Some(3),
            from: Some(eur(4)),
            amount: eur(5),
        };
        let mut table = self.delivery_method("table", DeliveryRate::Table { rows: vec![row] });
        table.tax = ChargeTax::AsGoods;
        table.limits = DeliveryLimits {
            up_to_grams: Some(31_500),
            up_to_mm: Some(2_000),
            only_categories: vec![CategoryId::from_u128(self.id())],
            except_categories: vec![CategoryId::from_u128(self.id())],
            dangerous_goods: true,
        };
        let rules = [
            SurchargeRule::Weight { above_grams: 5_000, step_grams: 1_000 },
            SurchargeRule::Bulky { above_mm: 1_200 },
            SurchargeRule::Place { territory: territory() },
            SurchargeRule::DangerousGoods,
        ];
        let surcharge =
            |rule| DeliverySurcharge { name: "Zuschlag".to_owned(), rule, amount: eur(50) };
        table.surcharges = rules.map(surcharge).into();
        vec![
            self.delivery_method("volume", DeliveryRate::ByVolume { rungs: vec![volume] }),
            self.delivery_method("units", DeliveryRate::ByQuantity { rungs: vec![units] }),
            table,
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

    fn rich_fees(&self) -> Vec<Fee> {
        let mut deposit = self.fee("deposit");
        deposit.amount = FeeAmount::PerUnit { amount: eur(25) };
        deposit.condition = FeeCondition {
            channels: vec![self.channel.id],
            payments: vec!["manual:cash".to_owned(), "test".to_owned()],
            categories: vec![CategoryId::from_u128(self.id())],
            territory: territory(),
            goods_below: Some(eur(1_000)),
            window: Window { from: Some(NOW), until: Some(after(60)) },
        };
        deposit.tax = ChargeTax::Category(TaxCategory::standard());
        deposit.active = false;
        let rate = Rate::percent("1.25").unwrap();
        let mut later = self.fee("later");
        later.amount = FeeAmount::Percent { rate, with_delivery: true };
        later.tax = ChargeTax::Untaxed;
        vec![self.fee("cash"), deposit, later]
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
