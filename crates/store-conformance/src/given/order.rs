//! Orders with a frozen quote, and what belongs to them.

use sutler_core::address::Address;
use sutler_core::cart::{Cart, CartLine};
use sutler_core::catalog::{Sku, TaxRounding};
use sutler_core::change::Change;
use sutler_core::checkout::{Checkout, CheckoutStatus};
use sutler_core::fulfillment::{Fulfillment, FulfillmentLine, FulfillmentStatus};
use sutler_core::id::{
    CheckoutId, CustomerId, DeliveryMethodId, FeeId, FulfillmentId, OrderId, PaymentId,
    PriceListId, ProductId, PromotionId,
};
use sutler_core::inventory::{Allocation, StockKey};
use sutler_core::money::{Currency, Money, Rate, Rounding};
use sutler_core::order::{Order, OrderAction, OrderLine, OrderNumber, OrderStatus};
use sutler_core::port::Store;
use sutler_core::pricing::{
    AppliedPromotion, CombinationSearch, CouponCode, DeliveryOrigin, Discount, DiscountOrigin,
    FeeOrigin, PromotionRefusal, Quote, QuoteDelivery, QuoteFee, QuoteHash, QuoteLine, QuoteTax,
    RefusedCoupon, RefusedPromotion, ReverseChargeRefusal, Surcharge, TaxCategory, TaxLine,
    TaxRelief, TaxTreatment, Totals, UnitSpan, VatId,
};

use super::{NOW, World, after, eur};
use crate::then::committed;

/// What one unit costs in every quote of the suite: 11.90 EUR, a tenth off, 19 % tax contained.
const UNIT: i64 = 1_190;

impl World {
    /// Returns a pending order of a cart, with a quote whose parts add up and in which everything is filled.
    pub fn order(&self, cart: &Cart) -> Order {
        let id = OrderId::from_u128(self.id());
        let line = |line: &CartLine| OrderLine {
            line: line.line,
            variant: line.variant,
            product: ProductId::from_u128(self.id()),
            sku: Some(Sku::new("FROZEN-SKU").unwrap()),
            title: "Wool blanket (Large / Gray)".to_owned(),
            tracks_stock: true,
            requires_shipping: true,
            ordered: line.quantity.get(),
            canceled: 0,
            allocated: 0,
            shipped: 0,
            delivered: 0,
            return_requested: 0,
            returned: 0,
            refunded: 0,
        };
        Order {
            id,
            number: OrderNumber(0),
            cart: cart.id,
            channel: cart.channel,
            status: OrderStatus::Pending,
            email: "ada@example.com".to_owned(),
            customer: Some(CustomerId::from_u128(self.id())),
            ship_to: address(),
            quote: self.quote(cart),
            lines: cart.lines.iter().map(line).collect(),
            created_at: NOW,
            placed_at: None,
            canceled_at: None,
            version: 1,
        }
    }

    /// Writes a cart with a product and opens its order; returns the order as it is stored.
    pub fn new_order(&self, store: &dyn Store) -> Order {
        let variant = self.new_product(store).variants.first().unwrap().id;
        let cart = self.new_cart(store, &[variant]);
        self.opened(store, &cart)
    }

    /// Opens the order of a cart; returns it as it is stored.
    pub fn opened(&self, store: &dyn Store, cart: &Cart) -> Order {
        let order = self.order(cart);
        let receipt = committed(store, self.set_of([Change::OrderOpened(Box::new(order.clone()))]));
        Order { number: receipt.order_number.unwrap(), ..order }
    }

    /// Returns a quote whose parts add up, with a discount, taxes, a delivery, and refusals.
    pub fn quote(&self, cart: &Cart) -> Quote {
        let (promotion, list) =
            (PromotionId::from_u128(self.id()), PriceListId::from_u128(self.id()));
        let lines: Vec<QuoteLine> =
            cart.lines.iter().map(|line| quote_line(line, promotion, list)).collect();
        let units: i64 = cart.lines.iter().map(|line| i64::from(line.quantity.get())).sum();
        let off = |per_unit: i64| eur(per_unit * units);
        let refused =
            PromotionRefusal::SubtotalTooSmall { needed: eur(5_000), subtotal: off(UNIT) };
        Quote {
            currency: Currency::EUR,
            tax_inclusive: true,
            rounding: Rounding::HalfAwayFromZero,
            tax_rounding: TaxRounding::PerLine,
            country: "DE".parse().unwrap(),
            tax: QuoteTax { zone: Some("Zone".to_owned()), ..QuoteTax::default() },
            lines,
            fees: Vec::new(),
            delivery: Some(delivery(DeliveryMethodId::from_u128(self.id()))),
            totals: Totals {
                subtotal: off(UNIT),
                discount_total: off(119),
                delivery_total: eur(595),
                fee_total: eur(0),
                tax_total: eur(171 * units + 95),
                total: eur(1_071 * units + 595),
            },
            promotions_applied: vec![AppliedPromotion {
                promotion,
                name: "Frühling".into(),
                coupon: Some(CouponCode::new("SPRING").unwrap()),
                amount: off(119),
                units: cart.lines.iter().map(|line| line.quantity.get()).sum(),
            }],
            promotions_refused: vec![RefusedPromotion {
                promotion: PromotionId::from_u128(self.id()),
                name: "Bulk".into(),
                refusal: refused,
            }],
            coupons_refused: vec![RefusedCoupon {
                code: CouponCode::new("NOPE").unwrap(),
                promotion: None,
            }],
            combination: Some(CombinationSearch { promotions: 2, exhaustive: true }),
            hash: QuoteHash::from_bytes([7; 32]),
        }
    }

    /// Fills of a quote what few orders have: surcharges, fees, compound taxes, tax that was taken out of a price, a VAT id
    /// that changed nothing. Its parts add up.
    pub fn enrich(&self, quote: &mut Quote) {
        let line = |name: &str, base, amount, relieved: Option<i64>| TaxLine {
            name: name.into(),
            relieved: relieved.map(eur),
            treatment: if relieved.is_some() {
                TaxTreatment::ReverseCharge
            } else {
                TaxTreatment::Standard
            },
            level: u8::from(name == "Levy"),
            ..tax(eur(base), eur(amount))
        };
        let fee = |code: &str, amount, origin, tax: Vec<TaxLine>, net, total| QuoteFee {
            fee: FeeId::from_u128(self.id()),
            code: code.to_owned(),
            name: format!("Fee {code}"),
            amount: eur(amount),
            origin,
            tax_total: eur(total - net),
            tax,
            net: eur(net),
            total: eur(total),
        };
        let rate = Rate::percent("2.5").unwrap();
        quote.fees = vec![
            fee("cash", 119, FeeOrigin::Flat, vec![line("VAT", 100, 19, None)], 100, 119),
            fee("deposit", 50, FeeOrigin::PerUnit { amount: eur(25), units: 2 }, vec![], 50, 50),
            fee(
                "later",
                132,
                FeeOrigin::Percent { rate, base: eur(5_280) },
                vec![line("VAT", 100, 20, None), line("Levy", 120, 12, None)],
                100,
                132,
            ),
        ];
        let delivery = quote.delivery.as_mut().unwrap();
        delivery.surcharges = vec![
            Surcharge { name: "Inseln".to_owned(), times: 1, amount: eur(100) },
            Surcharge { name: "Heavy".to_owned(), times: 3, amount: eur(195) },
        ];
        delivery.origin = DeliveryOrigin::Table { row: 7 };
        delivery.tax = vec![line("VAT", 500, 0, Some(95))];
        delivery.tax_total = eur(0);
        delivery.total = eur(500);
        let vat_id = VatId::new("ATU13585627").unwrap();
        let [home, to] = ["DE", "AT"].map(|code| code.parse().unwrap());
        quote.tax.provider = Some("engine".to_owned());
        quote.tax.refused = Some((vat_id.clone(), ReverseChargeRefusal::GoodsStay { home }));
        quote.tax.relief = Some(TaxRelief::ReverseCharge { vat_id, to, home });
        let totals = &mut quote.totals;
        totals.fee_total = eur(119 + 50 + 132);
        totals.tax_total = eur(totals.tax_total.minor() - 95 + 19 + 32);
        totals.total = eur(totals.total.minor() - 95 + 119 + 50 + 132);
    }

    /// Returns the order as placed: the next version, all lines promised.
    pub fn placed(&self, order: &Order) -> Order {
        let mut placed = order.clone();
        placed.status = OrderStatus::Placed;
        placed.placed_at = Some(after(30));
        placed.version += 1;
        for line in &mut placed.lines {
            line.allocated = line.ordered;
        }
        placed
    }

    /// Returns the order as canceled: the next version.
    pub fn canceled(&self, order: &Order) -> Order {
        let mut canceled = order.clone();
        canceled.status = OrderStatus::Canceled;
        canceled.canceled_at = Some(after(60));
        canceled.version += 1;
        for line in &mut canceled.lines {
            line.canceled = line.ordered;
            line.allocated = 0;
        }
        canceled
    }

    /// Returns a promise of units to a line.
    pub fn allocation(&self, order: &Order, line: u32, key: StockKey) -> Allocation {
        Allocation { order: order.id, line, key, quantity: 5, shipped: 0, released: 0 }
    }

    /// Returns an open fulfillment of one unit of line 1.
    pub fn fulfillment(&self, order: &Order) -> Fulfillment {
        Fulfillment {
            id: FulfillmentId::from_u128(self.id()),
            order: order.id,
            location: self.location.id,
            status: FulfillmentStatus::Open,
            lines: vec![FulfillmentLine { line: 1, quantity: 1 }],
            shipment: None,
            created_at: NOW,
            delivered_at: None,
            version: 1,
        }
    }

    /// Returns the log record of a checkout that holds nothing.
    pub fn checkout(&self, order: &Order) -> Checkout {
        Checkout {
            id: CheckoutId::from_u128(order.id.to_u128()),
            cart: order.cart,
            order: order.id,
            payment: Some(PaymentId::from_u128(self.id())),
            status: CheckoutStatus::Authorizing,
            reserved: Vec::new(),
            expires_at: after(900),
            problem: None,
            created_at: NOW,
            updated_at: NOW,
            version: 1,
        }
    }
}

/// Returns the change that places an order.
///
/// ```
/// use sutler_store_conformance::given::World;
/// use sutler_store_conformance::given::order::place;
/// use sutler_store_conformance::then::committed;
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let world = World::on(&store);
/// let order = world.new_order(&store);
/// committed(&store, world.set_of([place(&world.placed(&order))]));
/// ```
pub fn place(placed: &Order) -> Change {
    Change::Order { order: Box::new(placed.clone()), action: OrderAction::Placed }
}

/// Returns the change that cancels an order.
///
/// ```
/// use sutler_store_conformance::given::World;
/// use sutler_store_conformance::given::order::cancel;
/// use sutler_store_conformance::then::committed;
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let world = World::on(&store);
/// let order = world.new_order(&store);
/// committed(&store, world.set_of([cancel(&world.canceled(&order))]));
/// ```
pub fn cancel(canceled: &Order) -> Change {
    let action = OrderAction::Canceled { reason: "the buyer changed their mind".to_owned() };
    Change::Order { order: Box::new(canceled.clone()), action }
}

fn address() -> Address {
    "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap()
}

fn tax(base: Money, amount: Money) -> TaxLine {
    TaxLine {
        name: "VAT".into(),
        rate: Rate::percent("19").unwrap(),
        category: TaxCategory::standard(),
        base,
        amount,
        treatment: TaxTreatment::Standard,
        level: 0,
        relieved: None,
    }
}

fn quote_line(line: &CartLine, promotion: PromotionId, price_list: PriceListId) -> QuoteLine {
    let units = i64::from(line.quantity.get());
    let of = |per_unit: i64| eur(per_unit * units);
    let rate = Rate::percent("10").unwrap();
    let discount = Discount {
        promotion,
        name: "Frühling".into(),
        amount: of(119),
        origin: DiscountOrigin::Percent { rate, base: of(UNIT), whole: of(119) }.into(),
        span: Some(UnitSpan { first: 0, units: line.quantity.get(), cost: of(UNIT) }),
    };
    QuoteLine {
        line: line.line,
        variant: line.variant,
        quantity: line.quantity,
        unit_price: eur(UNIT),
        compare_at: Some(eur(1_500)),
        price_list,
        price_list_name: "Retail".into(),
        min_quantity: 1,
        subtotal: of(UNIT),
        discounts: vec![discount],
        discount_total: of(119),
        tax: vec![tax(of(900), of(171))],
        net: of(900),
        tax_total: of(171),
        total: of(1_071),
    }
}

fn delivery(method: DeliveryMethodId) -> QuoteDelivery {
    QuoteDelivery {
        method,
        code: "standard".to_owned(),
        name: "Standard".to_owned(),
        rate: eur(595),
        origin: DeliveryOrigin::ByWeight { weight_grams: Some(800), up_to_grams: None },
        surcharges: Vec::new(),
        discounts: Vec::new(),
        discount_total: eur(0),
        tax: vec![tax(eur(500), eur(95))],
        net: eur(500),
        tax_total: eur(95),
        total: eur(595),
    }
}

#[cfg(test)]
mod tests {
    use sutler_core::id::VariantId;

    use super::*;

    #[test]
    fn the_quote_of_the_suite_adds_up() {
        let world = World::new();
        let mut cart = world.cart(&[VariantId::from_u128(1), VariantId::from_u128(2)]);
        cart.lines.last_mut().unwrap().quantity = super::super::units(7);
        assert_eq!(world.quote(&cart).check(), Ok(()));
        let mut order = world.order(&cart);
        world.enrich(&mut order.quote);
        assert_eq!(order.quote.check(), Ok(()));
        assert!(order.lines.iter().all(|line| line.check().is_ok()));
    }
}
