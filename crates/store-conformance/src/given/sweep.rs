//! One of everything: sets that together write every kind of change.

use sutler_core::cart::{Cart, CartStatus};
use sutler_core::catalog::Product;
use sutler_core::change::{Change, ChangeSet};
use sutler_core::checkout::{Checkout, CheckoutStatus};
use sutler_core::credit::{Credit, CreditEntry, CreditKind, Holder};
use sutler_core::event::{Event, EventData, EventKind};
use sutler_core::hash::ContentHash;
use sutler_core::id::{
    CheckoutId, CouponBatchId, CustomerId, GiftCardId, ProductId, PromotionId, ShipmentId,
    StoreCreditId,
};
use sutler_core::import::ImportRun;
use sutler_core::inventory::{MovementKind, StockKey};
use sutler_core::lease::LeaseChange;
use sutler_core::money::Currency;
use sutler_core::order::{Order, OrderNumber, PromotionUse};
use sutler_core::payment::{FactKind, Payment, TaskKind};
use sutler_core::pricing::{CouponCode, Limits};

use super::order::place;
use super::payment::{fact, queued, task, told};
use super::stock::{Hold, limits, moved};
use super::{NOW, World, after, eur, once, units};

/// The records that the sets of [`World::sweep`] write, before anything happens to them.
struct Cast {
    product: Product,
    rich: Product,
    cart: Cart,
    other_cart: Cart,
    order: Order,
    other_order: Order,
    checkout: Checkout,
    payment: Payment,
    promotion: PromotionId,
    gift_card: GiftCardId,
    kept: Hold,
    dropped: Hold,
}

impl Cast {
    fn of(world: &World) -> Self {
        let product = world.product();
        let variant = product.variants.first().unwrap().id;
        let mut cart = world.cart(&[variant]);
        cart.lines.first_mut().unwrap().quantity = units(2);
        cart.customer = Some(CustomerId::from_u128(world.id()));
        cart.coupons = vec!["SPRING".to_owned(), "A".to_owned()];
        let other_cart = world.cart(&[variant]);
        let order = world.order(&cart);
        let payment = world.payment(&order);
        let key = world.key(variant);
        let checkout = CheckoutId::from_u128(order.id.to_u128());
        let kept = Hold { checkout, ..world.hold(&[(key, 2)], after(900)) };
        let checkout = Checkout {
            payment: Some(payment.id),
            reserved: kept.lines.clone(),
            ..world.checkout(&order)
        };
        Self {
            rich: world.rich_product(&[]),
            other_order: world.order(&other_cart),
            promotion: PromotionId::from_u128(world.id()),
            gift_card: GiftCardId::from_u128(world.id()),
            dropped: world.hold(&[(key, 3)], after(600)),
            product,
            cart,
            other_cart,
            order,
            checkout,
            payment,
            kept,
        }
    }

    fn key(&self, world: &World) -> StockKey {
        world.key(self.product.variants.first().unwrap().id)
    }
}

/// What the gift card of the sweep begins with.
fn issued(cast: &Cast) -> CreditEntry {
    let (credit, amount) = (cast.gift_card.into(), super::eur(5_000));
    CreditEntry { credit, kind: CreditKind::Issued, amount, payment: None, reason: None }
}

impl World {
    fn gift_card(&self, cast: &Cast) -> Credit {
        let holder = Holder::Bearer { code: ContentHash::of(b"a code") };
        Credit::opened(cast.gift_card, holder, Currency::EUR, Some(after(9_000)), NOW)
    }

    fn store_credit(&self) -> Credit {
        let holder = Holder::Customer { key: "ada@example.com".to_owned() };
        Credit::opened(StoreCreditId::from_u128(self.id()), holder, Currency::EUR, None, NOW)
    }

    /// Returns sets that, committed in this order on a store with the world's set-up, write every kind of change; each
    /// with the name of what it writes, a key of its own, and an event.
    pub fn sweep(&self) -> Vec<(&'static str, ChangeSet)> {
        let cast = Cast::of(self);
        let mut sets = self.sweep_catalog(&cast);
        sets.extend(self.sweep_checkout(&cast));
        sets.extend(self.sweep_after_placement(&cast));
        let numbered = sets.into_iter().enumerate().map(|(n, (name, changes))| {
            let mut set = self.set_at(after(u32::try_from(n).unwrap()));
            set.changes = changes;
            set.tell(Event::plain(EventKind::ProductChanged, cast.product.id));
            if name == "order opened" {
                let data = EventData::Order { number: OrderNumber(0), total: cast.order.total() };
                set.tell(Event {
                    kind: EventKind::OrderPlaced,
                    subject: cast.order.id.into(),
                    data,
                });
            }
            (name, set.once(once(&format!("sweep:{name}"), name, cast.product.id)))
        });
        numbered.collect()
    }

    fn sweep_catalog(&self, cast: &Cast) -> Vec<(&'static str, Vec<Change>)> {
        let root = self.category(None, "Home");
        let child = self.category(Some(root.id), "Küche");
        let mut promotion = self.promotion("Limited");
        promotion.id = cast.promotion;
        let mut setup: Vec<Change> = self.rich_setup().into_iter().map(Change::Setup).collect();
        setup.push(Change::Setup(sutler_core::change::SetupChange::Promotion(promotion)));
        let rich = Product { categories: vec![child.id, root.id], ..cast.rich.clone() };
        let key = cast.key(self);
        let far = StockKey { location: self.second_location.id, ..key };
        let price = self.price(key.variant, 1, 1_190);
        let rung = self.price(key.variant, 10, 990);
        vec![
            ("set-up", setup),
            ("category", vec![Change::Category(root), Change::Category(child)]),
            ("customer", vec![Change::Customer(Box::new(self.customer("ada@example.com")))]),
            (
                "product",
                vec![
                    Change::Product(Box::new(cast.product.clone())),
                    Change::Product(Box::new(rich)),
                ],
            ),
            ("price", vec![Change::Price(price), Change::Price(rung.clone())]),
            ("price removed", vec![removed(&rung)]),
            (
                "cart",
                vec![
                    Change::Cart(Box::new(cast.cart.clone())),
                    Change::Cart(Box::new(cast.other_cart.clone())),
                ],
            ),
            (
                "stock moved",
                vec![
                    moved(key, MovementKind::Received, 50),
                    moved(far, MovementKind::Received, 7),
                    moved(far, MovementKind::CorrectedDown, 1),
                ],
            ),
            ("stock limits", vec![limits(key, 5, 2)]),
        ]
    }

    fn sweep_checkout(&self, cast: &Cast) -> Vec<(&'static str, Vec<Change>)> {
        let placed = self.placed(&cast.order);
        let bought = Cart {
            status: CartStatus::Ordered,
            order: Some(cast.order.id),
            version: cast.cart.version + 1,
            ..cast.cart.clone()
        };
        let done = Checkout {
            status: CheckoutStatus::Placed,
            updated_at: after(30),
            version: 2,
            ..cast.checkout.clone()
        };
        vec![
            ("stock reserved", vec![cast.kept.reserve(), cast.dropped.reserve()]),
            ("stock released", vec![cast.dropped.release()]),
            ("order opened", vec![Change::OrderOpened(Box::new(cast.order.clone()))]),
            ("second order opened", vec![Change::OrderOpened(Box::new(cast.other_order.clone()))]),
            ("payment opened", vec![Change::PaymentOpened(cast.payment.clone())]),
            ("checkout", vec![Change::Checkout(Box::new(cast.checkout.clone()))]),
            ("stock allocated", vec![cast.kept.allocate()]),
            (
                "order placed",
                vec![
                    place(&placed),
                    Change::Cart(Box::new(bought)),
                    Change::Checkout(Box::new(done)),
                ],
            ),
            (
                "allocation",
                vec![Change::Allocation(self.allocation(&cast.order, 1, cast.key(self)))],
            ),
            (
                "promotion used",
                vec![
                    use_of(cast.promotion, &cast.order),
                    use_of(cast.promotion, &cast.other_order),
                ],
            ),
            (
                "promotion use returned",
                vec![Change::PromotionUseReturned { order: cast.other_order.id }],
            ),
            (
                "coupon codes",
                vec![Change::CouponCodes {
                    batch: CouponBatchId::from_u128(self.id()),
                    codes: ["SPRING-2", "SPRING-1"]
                        .map(|code| CouponCode::new(code).unwrap())
                        .into(),
                }],
            ),
        ]
    }

    fn sweep_after_placement(&self, cast: &Cast) -> Vec<(&'static str, Vec<Change>)> {
        let mut fulfillment = self.fulfillment(&cast.order);
        fulfillment.shipment = Some(sutler_core::fulfillment::Shipment {
            id: ShipmentId::from_u128(self.id()),
            carrier: "dhl".to_owned(),
            tracking: Some("00340434161094042557".to_owned()),
            shipped_at: after(50),
        });
        let (payment, run) = (cast.payment.id, self.import_run("products.csv"));
        vec![
            ("payment fact", vec![told(payment, fact(FactKind::Authorized, 2_737, "auth-1"))]),
            ("payment task", vec![queued(&task(payment, TaskKind::Capture, 1), 2)]),
            ("gift card", vec![Change::Credit(Box::new(self.gift_card(cast)))]),
            ("store credit", vec![Change::Credit(Box::new(self.store_credit()))]),
            ("gift card issued", vec![Change::CreditEntry(issued(cast))]),
            ("fulfillment", vec![Change::Fulfillment(Box::new(fulfillment))]),
            ("import run", vec![Change::ImportRun(run)]),
            ("lease", vec![Change::Lease(LeaseChange::take("consumer/mailer", "till 1", 300))]),
            ("cursor", vec![Change::Cursor { consumer: "mailer".to_owned(), seq: 3 }]),
        ]
    }

    /// Returns the first run of an import of a file.
    pub fn import_run(&self, file: &str) -> ImportRun {
        ImportRun {
            content: ContentHash::of(file.as_bytes()),
            run: 1,
            file: file.to_owned(),
            batches_done: 3,
            created: 300,
            updated: 7,
            finished: false,
            started_at: NOW,
            version: 1,
        }
    }
}

/// Returns the change that takes a price away.
///
/// ```
/// use sutler_core::change::Change;
/// use sutler_core::port::CatalogReader;
/// use sutler_store_conformance::given::World;
/// use sutler_store_conformance::given::sweep::removed;
/// use sutler_store_conformance::then::committed;
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let world = World::on(&store);
/// let mug = world.new_product(&store).variants[0].id;
/// let price = world.price(mug, 1, 1_190);
/// committed(&store, world.set_of([Change::Price(price.clone())]));
/// committed(&store, world.set_of([removed(&price)]));
/// assert_eq!(store.prices(&[mug])?, []);
/// # Ok::<(), sutler_core::port::StoreError>(())
/// ```
pub fn removed(price: &sutler_core::pricing::Price) -> Change {
    Change::PriceRemoved {
        list: price.list,
        variant: price.variant,
        min_quantity: price.min_quantity,
    }
}

/// Returns the change that counts an unlimited use of a promotion by the buyer of an order: a coupon, two units, 2.38 EUR.
///
/// ```
/// use sutler_core::change::{Change, SetupChange};
/// use sutler_core::port::PromotionReader;
/// use sutler_store_conformance::given::World;
/// use sutler_store_conformance::given::sweep::use_of;
/// use sutler_store_conformance::then::committed;
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let world = World::on(&store);
/// let sale = world.promotion("sale");
/// let order = world.new_order(&store);
/// let known = Change::Setup(SetupChange::Promotion(sale.clone()));
/// committed(&store, world.set_of([known, use_of(sale.id, &order)]));
/// assert_eq!(store.promotion_uses_of(order.id)?[0].units, 2);
/// # Ok::<(), sutler_core::port::StoreError>(())
/// ```
pub fn use_of(promotion: PromotionId, order: &Order) -> Change {
    let promotion_use = Box::new(PromotionUse {
        promotion,
        order: order.id,
        customer: order.email.clone(),
        coupon: CouponCode::new("SPRING").ok(),
        units: 2,
        amount: eur(238),
    });
    Change::PromotionUse { promotion_use, limits: Box::new(Limits::NONE), first_order: false }
}

/// Returns an event of a product, as most tests tell it.
///
/// ```
/// use sutler_core::port::EventReader;
/// use sutler_store_conformance::given::World;
/// use sutler_store_conformance::given::sweep::product_event;
/// use sutler_store_conformance::then::committed;
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let world = World::on(&store);
/// let product = world.new_product(&store).id;
/// let (before, _) = store.event_head()?;
/// let mut set = world.set();
/// set.tell(product_event(product));
/// committed(&store, set);
/// assert_eq!(store.event_head()?.0, before + 1);
/// # Ok::<(), sutler_core::port::StoreError>(())
/// ```
pub fn product_event(product: ProductId) -> Event {
    Event::plain(EventKind::ProductChanged, product)
}
