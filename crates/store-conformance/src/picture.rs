//! [`Picture`]: everything that a store shows, to be compared with what it shows later or what another store shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use sutler_core::change::{Change, ChangeSet, IdempotencyKey};
use sutler_core::hash::ContentHash;
use sutler_core::id::{
    CartId, CheckoutId, CouponBatchId, OrderId, PaymentId, PromotionId, StockLocationId, VariantId,
};
use sutler_core::money::Currency;
use sutler_core::port::{OrderFilter, StoreReader, UsesAsked};
use sutler_core::pricing::CouponCode;
use sutler_core::time::Timestamp;

use crate::then::pages;

/// What cannot be listed and must be known to be read.
///
/// ```
/// use sutler_store_conformance::given::World;
/// use sutler_store_conformance::then::committed;
/// use sutler_store_conformance::{Known, Picture};
/// use sutler_store_memory::MemoryStore;
///
/// let store = MemoryStore::new();
/// let world = World::on(&store);
/// let nothing = Picture::of(&store, &Known::default());
///
/// // A cart is in no list: only who knows of it can see it.
/// let mut set = world.set();
/// set.push(sutler_core::change::Change::Cart(Box::new(world.cart(&[]))));
/// let mut known = Known::of([&set]);
/// committed(&store, set);
/// assert_eq!(Picture::of(&store, &Known::default()), nothing);
/// assert_ne!(Picture::of(&store, &known), nothing);
/// known.learn(&world.set());
/// ```
#[derive(Clone, Default, Debug)]
pub struct Known {
    carts: BTreeSet<CartId>,
    checkouts: BTreeSet<CheckoutId>,
    payments: BTreeSet<PaymentId>,
    promotions: BTreeSet<PromotionId>,
    customers: BTreeSet<String>,
    coupons: BTreeSet<CouponCode>,
    batches: BTreeSet<CouponBatchId>,
    contents: BTreeSet<ContentHash>,
    keys: BTreeSet<IdempotencyKey>,
    consumers: BTreeSet<String>,
    variants: BTreeSet<VariantId>,
    locations: BTreeSet<StockLocationId>,
    moments: BTreeSet<Timestamp>,
}

impl Known {
    /// Returns what sets of changes speak of.
    pub fn of<'a>(sets: impl IntoIterator<Item = &'a ChangeSet>) -> Self {
        let mut known = Self::default();
        sets.into_iter().for_each(|set| known.learn(set));
        known
    }

    /// Adds what a set of changes speaks of.
    pub fn learn(&mut self, set: &ChangeSet) {
        self.moments.insert(set.at);
        self.keys.extend(set.idempotency.iter().map(|once| once.key.clone()));
        for change in &set.changes {
            self.learn_change(change);
        }
    }

    fn learn_change(&mut self, change: &Change) {
        match change {
            Change::Cart(cart) => {
                self.carts.insert(cart.id);
            }
            Change::Checkout(checkout) => {
                self.checkouts.insert(checkout.id);
            }
            Change::PaymentOpened(payment) => {
                self.payments.insert(payment.id);
            }
            Change::PromotionUse { promotion_use, .. } => {
                self.promotions.insert(promotion_use.promotion);
                self.customers.insert(promotion_use.customer.clone());
                self.coupons.extend(promotion_use.coupon.clone());
            }
            Change::CouponCodes { batch, codes } => {
                self.batches.insert(*batch);
                self.coupons.extend(codes.iter().cloned());
            }
            Change::ImportRun(run) => {
                self.contents.insert(run.content);
            }
            Change::Cursor { consumer, .. } => {
                self.consumers.insert(consumer.clone());
            }
            Change::Price(price) => {
                self.variants.insert(price.variant);
            }
            _ => {}
        }
    }
}

/// Everything that a store shows: the name of each thing, and the thing in words.
///
/// Two pictures of one store are equal when nothing was written in between.
///
/// ```
/// use sutler_store_conformance::given::World;
/// use sutler_store_conformance::{Known, Picture};
/// use sutler_store_memory::MemoryStore;
///
/// let (one, other) = (MemoryStore::new(), MemoryStore::new());
/// World::on(&one);
/// World::on(&other);
/// let known = Known::default();
/// Picture::of(&one, &known).assert_same(&Picture::of(&other, &known), "after the same set-up");
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Picture(BTreeMap<String, String>);

impl Picture {
    /// Reads everything.
    pub fn of(store: &dyn StoreReader, known: &Known) -> Self {
        let mut picture = Self(BTreeMap::new());
        let mut known = known.clone();
        picture.add_setup(store, &mut known);
        picture.add_catalog(store, &mut known);
        picture.add_stock(store, &known);
        picture.add_orders(store, &known);
        picture.add_promotions(store, &known);
        picture.add_sagas(store, &known);
        picture.add_events(store, &known);
        picture
    }

    /// Panics with what differs.
    #[track_caller]
    pub fn assert_same(&self, other: &Self, when: &str) {
        let names: BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        let absent = String::from("(absent)");
        let shown = |picture: &Self, name: &String| picture.0.get(name).unwrap_or(&absent).clone();
        let differs: Vec<String> = names
            .into_iter()
            .filter(|name| self.0.get(*name) != other.0.get(*name))
            .map(|name| {
                format!("{name}\n  left:  {}\n  right: {}", shown(self, name), shown(other, name))
            })
            .collect();
        assert!(
            differs.is_empty(),
            "{when}, the store shows something else:\n{}",
            differs.join("\n")
        );
    }

    fn add(&mut self, name: impl Into<String>, thing: &impl Debug) {
        self.0.insert(name.into(), format!("{thing:?}"));
    }

    fn add_setup(&mut self, store: &dyn StoreReader, known: &mut Known) {
        let setup = store.setup().unwrap();
        if let Some(setup) = &setup {
            known.locations.extend(setup.locations.iter().map(|location| location.id));
            known.promotions.extend(setup.promotions.iter().map(|promotion| promotion.id));
        }
        self.add("setup", &setup);
    }

    fn add_catalog(&mut self, store: &dyn StoreReader, known: &mut Known) {
        let products = pages(100, |last, limit| {
            store
                .product_page(last.map(|product: &sutler_core::catalog::Product| product.id), limit)
                .unwrap()
        });
        for product in &products {
            known.variants.extend(product.variants.iter().map(|variant| variant.id));
            self.add(format!("product {}", product.id), product);
            for variant in &product.variants {
                let sku = variant.sku.as_ref().map_or("", |sku| sku.as_str());
                self.add(format!("sku {sku}"), &store.variants_by_sku(sku).unwrap());
            }
        }
        self.add("categories", &store.categories().unwrap());
        self.add("catalog size", &store.catalog_size().unwrap());
        let variants: Vec<VariantId> = known.variants.iter().copied().collect();
        self.add("prices", &store.prices(&variants).unwrap());
        self.add("price history", &store.price_history(&variants).unwrap());
        self.add("price list history", &store.price_list_history().unwrap());
        let customers = pages(100, |last, limit| {
            let after = last.map(|customer: &sutler_core::customer::Customer| customer.id);
            store.customer_page(after, limit).unwrap()
        });
        for customer in &customers {
            self.add(format!("customer {}", customer.id), customer);
            let by_email = store.customer_by_email(&customer.email).unwrap();
            self.add(format!("customer {}", customer.email), &by_email);
        }
        for &cart in &known.carts {
            self.add(format!("cart {cart}"), &store.cart(cart).unwrap());
        }
    }

    fn add_stock(&mut self, store: &dyn StoreReader, known: &Known) {
        let levels = pages(100, |last, limit| {
            store.stock_level_page(last.map(|&(key, _)| key), limit).unwrap()
        });
        self.add("stock levels", &levels);
        let held = pages(100, |last, limit| store.reservation_page(last.copied(), limit).unwrap());
        self.add("reservations", &held);
        let variants: Vec<VariantId> = known.variants.iter().copied().collect();
        for &now in &known.moments {
            self.add(
                format!("stock levels at {now}"),
                &store.stock_levels(&variants, now).unwrap(),
            );
        }
        for &variant in &variants {
            self.add(
                format!("history of {variant}"),
                &store.stock_history(variant, 1_000).unwrap(),
            );
        }
        for &location in &known.locations {
            let ledger =
                pages(100, |last: Option<&sutler_core::inventory::StoredMovement>, limit| {
                    store.stock_ledger(location, last.map_or(0, |entry| entry.seq), limit).unwrap()
                });
            self.add(format!("ledger of {location}"), &ledger);
            self.add(
                format!("ledger head of {location}"),
                &store.stock_ledger_head(location).unwrap(),
            );
        }
    }

    fn add_orders(&mut self, store: &dyn StoreReader, known: &Known) {
        let filter = OrderFilter::default();
        let orders = pages(100, |last: Option<&sutler_core::order::Order>, limit| {
            store.order_page(filter, last.map(|order| order.number), limit).unwrap()
        });
        let ids: Vec<OrderId> = orders.iter().map(|order| order.id).collect();
        for order in &orders {
            let id = order.id;
            self.add(format!("order {id}"), order);
            self.add(
                format!("order by cart {}", order.cart),
                &store.order_by_cart(order.cart).unwrap(),
            );
            self.add(format!("log of {id}"), &store.order_log(id).unwrap());
            self.add(format!("allocations of {id}"), &store.allocations(id).unwrap());
            self.add(format!("fulfillments of {id}"), &store.fulfillments(id).unwrap());
            self.add(format!("promotions of {id}"), &store.promotion_uses_of(id).unwrap());
        }
        self.add("payments", &store.payments(&ids).unwrap());
        for &payment in &known.payments {
            self.add(format!("payment {payment}"), &store.payment(payment).unwrap());
            self.add(format!("tasks of {payment}"), &store.payment_tasks(payment).unwrap());
        }
        let credits = pages(100, |last: Option<&sutler_core::credit::Credit>, limit| {
            store.credit_page(last.map(|credit| credit.id), limit).unwrap()
        });
        for credit in &credits {
            let id = credit.id;
            self.add(format!("credit {id}"), credit);
            self.add(format!("ledger of {id}"), &store.credit_ledger(id, 0, 1_000).unwrap());
            self.add(format!("ledger head of {id}"), &store.credit_ledger_head(id).unwrap());
        }
    }

    fn add_promotions(&mut self, store: &dyn StoreReader, known: &Known) {
        let promotions: Vec<PromotionId> = known.promotions.iter().copied().collect();
        let coupons: Vec<CouponCode> = known.coupons.iter().cloned().collect();
        let asked = UsesAsked { customer: None, coupons: &coupons, currency: Currency::EUR };
        self.add("promotion uses", &store.promotion_uses(&promotions, &asked).unwrap());
        for customer in &known.customers {
            let asked = UsesAsked { customer: Some(customer), coupons: &[], ..asked };
            let uses = store.promotion_uses(&promotions, &asked).unwrap();
            self.add(format!("promotion uses of {customer}"), &uses);
            self.add(format!("orders of {customer}"), &store.orders_placed(customer).unwrap());
        }
        self.add("coupons of batches", &store.batch_coupons(&coupons).unwrap());
        for &batch in &known.batches {
            self.add(format!("codes of {batch}"), &store.coupon_page(batch, None, 1_000).unwrap());
        }
    }

    fn add_sagas(&mut self, store: &dyn StoreReader, known: &Known) {
        for &checkout in &known.checkouts {
            self.add(format!("checkout {checkout}"), &store.checkout(checkout).unwrap());
        }
        self.add("checkouts open", &store.checkouts_open(None, 10_000).unwrap());
        for &content in &known.contents {
            self.add(format!("import of {content}"), &store.import_run(content).unwrap());
        }
        for key in &known.keys {
            self.add(format!("key {key}"), &store.idempotency(key).unwrap());
        }
    }

    fn add_events(&mut self, store: &dyn StoreReader, known: &Known) {
        let events = pages(100, |last: Option<&sutler_core::event::StoredEvent>, limit| {
            store.events(last.map_or(0, |event| event.seq), limit).unwrap()
        });
        self.add("events", &events);
        self.add("event head", &store.event_head().unwrap());
        for consumer in &known.consumers {
            self.add(format!("cursor {consumer}"), &store.cursor(consumer).unwrap());
        }
    }
}
