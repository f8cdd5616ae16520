//! A store whose answers were tampered with, as if somebody had edited its file.

#![allow(unreachable_pub, missing_docs, reason = "part of a test")]

use std::collections::BTreeMap;
use std::sync::Arc;

use sutler_core::cart::Cart;
use sutler_core::catalog::{Category, Handle, Product};
use sutler_core::change::{ChangeSet, CommitOutcome, IdempotencyKey, RecordRef};
use sutler_core::checkout::Checkout;
use sutler_core::credit::{Credit, CreditId, StoredCreditEntry};
use sutler_core::customer::Customer;
use sutler_core::event::StoredEvent;
use sutler_core::fulfillment::Fulfillment;
use sutler_core::hash::ContentHash;
use sutler_core::id::{
    CartId, CheckoutId, CouponBatchId, CustomerId, OrderId, PaymentId, ProductId, PromotionId,
    StockLocationId, VariantId,
};
use sutler_core::import::ImportRun;
use sutler_core::inventory::{Allocation, Reservation, StockKey, StockLevel, StoredMovement};
use sutler_core::lease::Lease;
use sutler_core::order::{LoggedAction, Order, OrderNumber, PromotionUse};
use sutler_core::payment::{Payment, PaymentTask};
use sutler_core::port::{
    CartReader, CatalogReader, CatalogSize, CreditReader, CustomerReader, EventReader, Finding,
    GoodsReader, LeaseReader, OrderFilter, OrderReader, PromotionReader, SagaReader, SetupReader,
    StockReader, Store, StoreError, StoreReader, UsesAsked, VariantRef,
};
use sutler_core::pricing::{
    BatchCoupon, CouponCode, Price, PriceListRecord, PriceRecord, PromotionUses,
};
use sutler_core::shop::Setup;
use sutler_core::time::Timestamp;

type Answer<T> = Result<T, StoreError>;

/// What is changed on the way out.
pub struct Tampered {
    pub inner: Arc<dyn Store>,
    pub level: fn(StockKey, &mut StockLevel),
    pub movement: fn(&mut StoredMovement),
    pub event: fn(&mut StoredEvent),
    pub order: fn(&mut Order),
    pub log: fn(&mut Vec<LoggedAction>),
    pub uses: fn(&mut PromotionUses),
    pub used: fn(&mut PromotionUse),
    pub tasks: fn(&mut Vec<PaymentTask>),
    pub credit: fn(&mut Credit),
    pub credit_entry: fn(&mut StoredCreditEntry),
}

impl Tampered {
    pub fn nothing(inner: Arc<dyn Store>) -> Self {
        Self {
            inner,
            level: |_, _| {},
            movement: |_| {},
            event: |_| {},
            order: |_| {},
            log: |_| {},
            uses: |_| {},
            used: |_| {},
            tasks: |_| {},
            credit: |_| {},
            credit_entry: |_| {},
        }
    }

    fn order(&self, order: Option<Order>) -> Option<Order> {
        order.map(|mut order| {
            (self.order)(&mut order);
            order
        })
    }
}

impl SetupReader for Tampered {
    fn setup(&self) -> Answer<Option<Arc<Setup>>> {
        self.inner.setup()
    }
}

impl GoodsReader for Tampered {}

impl CatalogReader for Tampered {
    fn products(&self, ids: &[ProductId]) -> Answer<Vec<Option<Product>>> {
        self.inner.products(ids)
    }
    fn products_by_handle(&self, handles: &[Handle]) -> Answer<Vec<Option<Product>>> {
        self.inner.products_by_handle(handles)
    }
    fn product_page(&self, after: Option<ProductId>, limit: usize) -> Answer<Vec<Product>> {
        self.inner.product_page(after, limit)
    }
    fn variant_refs(&self, ids: &[VariantId]) -> Answer<Vec<Option<VariantRef>>> {
        self.inner.variant_refs(ids)
    }
    fn variants_by_sku(&self, sku: &str) -> Answer<Vec<VariantRef>> {
        self.inner.variants_by_sku(sku)
    }
    fn variants_by_barcode(&self, barcode: &str) -> Answer<Vec<VariantRef>> {
        self.inner.variants_by_barcode(barcode)
    }
    fn labels_near(&self, prefix: &str, limit: usize) -> Answer<Vec<String>> {
        self.inner.labels_near(prefix, limit)
    }
    fn categories(&self) -> Answer<Vec<Category>> {
        self.inner.categories()
    }
    fn catalog_size(&self) -> Answer<CatalogSize> {
        self.inner.catalog_size()
    }
    fn prices(&self, variants: &[VariantId]) -> Answer<Vec<Price>> {
        self.inner.prices(variants)
    }
    fn price_history(&self, variants: &[VariantId]) -> Answer<Vec<PriceRecord>> {
        self.inner.price_history(variants)
    }
    fn price_list_history(&self) -> Answer<Vec<PriceListRecord>> {
        self.inner.price_list_history()
    }
}

impl CartReader for Tampered {
    fn cart(&self, id: CartId) -> Answer<Option<Cart>> {
        self.inner.cart(id)
    }
}

impl CustomerReader for Tampered {
    fn customer(&self, id: CustomerId) -> Answer<Option<Customer>> {
        self.inner.customer(id)
    }
    fn customer_by_email(&self, email: &str) -> Answer<Option<Customer>> {
        self.inner.customer_by_email(email)
    }
    fn customer_page(&self, after: Option<CustomerId>, limit: usize) -> Answer<Vec<Customer>> {
        self.inner.customer_page(after, limit)
    }
}

impl StockReader for Tampered {
    fn stock_levels(
        &self,
        variants: &[VariantId],
        now: Timestamp,
    ) -> Answer<BTreeMap<StockKey, StockLevel>> {
        self.inner.stock_levels(variants, now)
    }
    fn stock_level_page(
        &self,
        after: Option<StockKey>,
        limit: usize,
    ) -> Answer<Vec<(StockKey, StockLevel)>> {
        let mut page = self.inner.stock_level_page(after, limit)?;
        page.iter_mut().for_each(|(key, level)| (self.level)(*key, level));
        Ok(page)
    }
    fn stock_ledger(
        &self,
        location: StockLocationId,
        after_seq: u64,
        limit: usize,
    ) -> Answer<Vec<StoredMovement>> {
        let mut entries = self.inner.stock_ledger(location, after_seq, limit)?;
        entries.iter_mut().for_each(self.movement);
        Ok(entries)
    }
    fn stock_ledger_head(&self, location: StockLocationId) -> Answer<(u64, ContentHash)> {
        self.inner.stock_ledger_head(location)
    }
    fn stock_history(&self, variant: VariantId, limit: usize) -> Answer<Vec<StoredMovement>> {
        self.inner.stock_history(variant, limit)
    }
    fn reservation_page(
        &self,
        after: Option<Reservation>,
        limit: usize,
    ) -> Answer<Vec<Reservation>> {
        self.inner.reservation_page(after, limit)
    }
}

impl OrderReader for Tampered {
    fn order(&self, id: OrderId) -> Answer<Option<Order>> {
        Ok(self.order(self.inner.order(id)?))
    }
    fn order_by_number(&self, number: OrderNumber) -> Answer<Option<Order>> {
        Ok(self.order(self.inner.order_by_number(number)?))
    }
    fn order_by_cart(&self, cart: CartId) -> Answer<Option<Order>> {
        self.inner.order_by_cart(cart)
    }
    fn order_page(
        &self,
        filter: OrderFilter,
        before: Option<OrderNumber>,
        limit: usize,
    ) -> Answer<Vec<Order>> {
        let mut page = self.inner.order_page(filter, before, limit)?;
        page.iter_mut().for_each(self.order);
        Ok(page)
    }
    fn order_log(&self, id: OrderId) -> Answer<Vec<LoggedAction>> {
        let mut log = self.inner.order_log(id)?;
        (self.log)(&mut log);
        Ok(log)
    }
    fn allocations(&self, order: OrderId) -> Answer<Vec<Allocation>> {
        self.inner.allocations(order)
    }
    fn fulfillments(&self, order: OrderId) -> Answer<Vec<Fulfillment>> {
        self.inner.fulfillments(order)
    }
    fn payments(&self, orders: &[OrderId]) -> Answer<Vec<Payment>> {
        self.inner.payments(orders)
    }
    fn payment(&self, id: PaymentId) -> Answer<Option<Payment>> {
        self.inner.payment(id)
    }
    fn payment_tasks(&self, payment: PaymentId) -> Answer<Vec<PaymentTask>> {
        let mut tasks = self.inner.payment_tasks(payment)?;
        (self.tasks)(&mut tasks);
        Ok(tasks)
    }
    fn payment_tasks_due(&self, now: Timestamp, limit: usize) -> Answer<Vec<PaymentTask>> {
        self.inner.payment_tasks_due(now, limit)
    }
    fn orders_placed(&self, buyer: &str) -> Answer<u64> {
        self.inner.orders_placed(buyer)
    }
}

impl PromotionReader for Tampered {
    fn promotion_uses(
        &self,
        promotions: &[PromotionId],
        asked: &UsesAsked<'_>,
    ) -> Answer<Vec<PromotionUses>> {
        let mut uses = self.inner.promotion_uses(promotions, asked)?;
        uses.iter_mut().for_each(self.uses);
        Ok(uses)
    }
    fn promotion_uses_of(&self, order: OrderId) -> Answer<Vec<PromotionUse>> {
        let mut uses = self.inner.promotion_uses_of(order)?;
        uses.iter_mut().for_each(self.used);
        Ok(uses)
    }
    fn batch_coupons(&self, codes: &[CouponCode]) -> Answer<Vec<BatchCoupon>> {
        self.inner.batch_coupons(codes)
    }
    fn coupon_page(
        &self,
        batch: CouponBatchId,
        after: Option<&CouponCode>,
        limit: usize,
    ) -> Answer<Vec<CouponCode>> {
        self.inner.coupon_page(batch, after, limit)
    }
}

impl CreditReader for Tampered {
    fn credit(&self, id: CreditId) -> Answer<Option<Credit>> {
        let mut credit = self.inner.credit(id)?;
        credit.iter_mut().for_each(self.credit);
        Ok(credit)
    }
    fn gift_card_by_code(&self, code: ContentHash) -> Answer<Option<Credit>> {
        self.inner.gift_card_by_code(code)
    }
    fn store_credits(&self, customer: &str) -> Answer<Vec<Credit>> {
        self.inner.store_credits(customer)
    }
    fn credit_page(&self, after: Option<CreditId>, limit: usize) -> Answer<Vec<Credit>> {
        let mut page = self.inner.credit_page(after, limit)?;
        page.iter_mut().for_each(self.credit);
        Ok(page)
    }
    fn credit_ledger(
        &self,
        id: CreditId,
        after_seq: u64,
        limit: usize,
    ) -> Answer<Vec<StoredCreditEntry>> {
        let mut page = self.inner.credit_ledger(id, after_seq, limit)?;
        page.iter_mut().for_each(self.credit_entry);
        Ok(page)
    }
    fn credit_ledger_head(&self, id: CreditId) -> Answer<(u64, ContentHash)> {
        self.inner.credit_ledger_head(id)
    }
}

impl SagaReader for Tampered {
    fn checkout(&self, id: CheckoutId) -> Answer<Option<Checkout>> {
        self.inner.checkout(id)
    }
    fn checkouts_open(&self, after: Option<CheckoutId>, limit: usize) -> Answer<Vec<Checkout>> {
        self.inner.checkouts_open(after, limit)
    }
    fn import_run(&self, content: ContentHash) -> Answer<Option<ImportRun>> {
        self.inner.import_run(content)
    }
    fn idempotency(&self, key: &IdempotencyKey) -> Answer<Option<(ContentHash, RecordRef)>> {
        self.inner.idempotency(key)
    }
}

impl EventReader for Tampered {
    fn events(&self, after_seq: u64, limit: usize) -> Answer<Vec<StoredEvent>> {
        let mut events = self.inner.events(after_seq, limit)?;
        events.iter_mut().for_each(self.event);
        Ok(events)
    }
    fn event_head(&self) -> Answer<(u64, ContentHash)> {
        self.inner.event_head()
    }
    fn cursor(&self, consumer: &str) -> Answer<u64> {
        self.inner.cursor(consumer)
    }
}

impl LeaseReader for Tampered {
    fn lease(&self, name: &str) -> Answer<Option<Lease>> {
        self.inner.lease(name)
    }
}

impl Store for Tampered {
    fn commit(&self, set: ChangeSet) -> Answer<CommitOutcome> {
        self.inner.commit(set)
    }
}

impl StoreReader for Tampered {
    fn integrity(&self) -> Answer<Vec<Finding>> {
        self.inner.integrity()
    }
}
