//! Carts: filling them, and asking what they cost.

use std::collections::BTreeMap;

use sutler_core::address::Address;
use sutler_core::cart::{self, Cart};
use sutler_core::catalog::{CategoryTree, Channel, Collection, Product, Variant};
use sutler_core::change::{Change, Idempotency, IdempotencyKey, RecordRef};
use sutler_core::hash::HashInput;
use sutler_core::id::{CartId, CustomerId, VariantId};
use sutler_core::order::buyer_key;
use sutler_core::port::Goods;
use sutler_core::pricing::{
    BuyerTax, CouponCode, Destination, PricingFacts, Quote, QuoteRequest, RequestLine,
    VariantFacts, quote, tax_request,
};
use sutler_core::quantity::Quantity;
use sutler_core::rejection::Rejection;
use sutler_core::shop::Setup;
use sutler_core::time::Timestamp;

use super::customer::claims;
use super::gift::{gift_stock, quoted_variants};
use crate::shop::Settled;
use crate::{FlowError, Shop};

/// What a quote needs to know beside the cart.
///
/// ```
/// use sutler_engine::flow::cart::QuoteFor;
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let cart = sutler_engine::testing::cart(&shop)?;
///
/// let goods = shop.cart_quote(cart, &QuoteFor::default())?;
/// assert!(goods.quote.delivery.is_none(), "without a method delivery is not priced");
///
/// let wanted = QuoteFor { delivery: Some("standard".into()), ..QuoteFor::default() };
/// let all = shop.cart_quote(cart, &wanted)?;
/// assert_eq!(all.quote.totals.total.to_string(), "28.70 EUR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct QuoteFor {
    /// Where the goods go; without it the channel's country is assumed.
    pub ship_to: Option<Address>,
    /// Code of the delivery method; without it delivery is not priced.
    pub delivery: Option<String>,
    /// E-mail of the buyer: limits per customer count by it, unless the cart has a customer. It gives nobody a customer's
    /// group, for anybody can type any address.
    pub email: Option<String>,
    /// Provider and method of payment, `manual:cash`; without it no fee that depends on it is charged.
    pub pay: Option<String>,
    /// What the buyer claims about tax; where nothing is claimed, what is known of the cart's customer.
    pub buyer_tax: BuyerTax,
}

/// A cart with its price.
///
/// ```
/// use sutler_engine::flow::cart::{CartView, QuoteFor};
/// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
/// # let cart = sutler_engine::testing::cart(&shop)?;
///
/// let CartView { quote, titles, .. } = shop.cart_quote(cart, &QuoteFor::default())?;
/// let line = &quote.lines[0];
/// let receipt = format!("{} x {}: {}", line.quantity, titles[&line.variant], line.total);
/// assert_eq!(receipt, "2 x Enamel mug (Red): 23.80 EUR");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CartView {
    /// The cart.
    pub cart: Cart,
    /// What it costs now.
    pub quote: Quote,
    /// Titles of its variants and of its gifts.
    pub titles: BTreeMap<VariantId, String>,
}

impl Shop {
    /// Starts an empty cart in a channel. The same key starts one cart and is answered with it, as it is by now.
    ///
    /// Errors: `not_found` with the codes of the channels there are; `key.reused`.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// let cart = shop.cart_new("web", None, None)?;
    /// assert!(cart.lines.is_empty());
    /// assert_eq!(shop.cart_new("kiosk", None, None).unwrap_err().code(), "not_found");
    ///
    /// let key = Some("visit-4711".parse()?);
    /// let once = shop.cart_new("web", None, key.clone())?;
    /// assert_eq!(shop.cart_new("web", None, key)?.id, once.id, "the answer that was lost");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cart_new(
        &self,
        channel_code: &str,
        customer: Option<CustomerId>,
        key: Option<IdempotencyKey>,
    ) -> Result<Cart, FlowError> {
        let setup = self.setup()?;
        let channel = channel_by_code(&setup, channel_code)?;
        let content = HashInput::new("cart.new")
            .id(channel.id.to_u128())
            .optional_text(customer.map(|customer| customer.to_string()).as_deref())
            .finish();
        let settled = self.settle(|set| {
            let id = CartId::from_u128(self.next_id());
            set.idempotency =
                key.clone().map(|key| Idempotency { key, content, answer: id.into() });
            let cart = cart::new_cart(id, channel, customer, set.at);
            set.push(Change::Cart(Box::new(cart.clone())));
            Ok(cart)
        })?;
        self.cart_settled(settled)
    }

    /// Returns a cart, whatever became of it.
    ///
    /// Errors: `not_found`.
    ///
    /// ```
    /// use sutler_core::cart::CartStatus;
    /// use sutler_core::id::CartId;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let placed = sutler_engine::testing::order(&shop, "test:ok")?;
    ///
    /// let cart = shop.cart(placed.order.cart)?;
    /// assert_eq!((cart.status, cart.order), (CartStatus::Ordered, Some(placed.order.id)));
    /// assert_eq!(shop.cart(CartId::from_u128(404)).unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cart(&self, id: CartId) -> Result<Cart, FlowError> {
        self.store().cart(id)?.ok_or_else(|| Rejection::not_found("cart", id).into())
    }

    /// Puts units of a variant in. A variant that is not for sale is refused; whether there is enough of it is decided at
    /// checkout. The same key puts them in once, and is answered with the cart as it is by now.
    ///
    /// Errors: `not_found`; `variant.not_for_sale`; `key.reused`; and what any change of a cart is refused for: `cart.closed`,
    /// `cart.expired`, `cart.checkout_running`, `cart.too_large`.
    ///
    /// ```
    /// use sutler_core::quantity::Quantity;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    ///
    /// let red = shop.find_variant("MUG-RED")?.variant.id;
    /// let cart = shop.cart_new("web", None, None)?;
    /// shop.cart_add(cart.id, red, Quantity::ONE, None)?;
    /// let cart = shop.cart_add(cart.id, red, Quantity::new(2)?, None)?;
    /// assert_eq!(cart.lines[0].quantity.get(), 3, "the same variant is the same line");
    ///
    /// let key = Some("click-17".parse()?);
    /// shop.cart_add(cart.id, red, Quantity::ONE, key.clone())?;
    /// let again = shop.cart_add(cart.id, red, Quantity::ONE, key.clone())?;
    /// assert_eq!(again.lines[0].quantity.get(), 4, "the same key adds once");
    /// let refusal = shop.cart_add(cart.id, red, Quantity::new(2)?, key).unwrap_err();
    /// assert_eq!(refusal.code(), "key.reused");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cart_add(
        &self,
        id: CartId,
        variant: VariantId,
        quantity: Quantity,
        key: Option<IdempotencyKey>,
    ) -> Result<Cart, FlowError> {
        let content = HashInput::new("cart.add")
            .id(id.to_u128())
            .id(variant.to_u128())
            .number(i64::from(quantity.get()))
            .finish();
        let once = key.map(|key| Idempotency { key, content, answer: id.into() });
        self.change_cart(id, once, |cart, channel, now| {
            let product = self.store().products_of(&[variant])?.pop();
            let (product, found) = product
                .as_ref()
                .and_then(|product| Some((product, product.variant(variant)?)))
                .ok_or_else(|| Rejection::not_found("variant", variant))?;
            cart::require_for_sale(product, found, now)?;
            Ok(cart::add_line(cart, channel, variant, quantity, now)?)
        })
    }

    /// Sets the units of a variant's line; `None` takes it out.
    ///
    /// Errors: `not_found` when the variant has no line; what any change of a cart is refused for, see [`Shop::cart_add`].
    ///
    /// ```
    /// use sutler_core::quantity::Quantity;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let red = shop.find_variant("MUG-RED")?.variant.id;
    /// # let cart = sutler_engine::testing::cart(&shop)?;
    ///
    /// let cart = shop.cart_set(cart, red, Some(Quantity::new(4)?))?;
    /// assert_eq!(cart.lines[0].quantity.get(), 4);
    /// assert!(shop.cart_set(cart.id, red, None)?.lines.is_empty());
    /// assert_eq!(shop.cart_set(cart.id, red, None).unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cart_set(
        &self,
        id: CartId,
        variant: VariantId,
        quantity: Option<Quantity>,
    ) -> Result<Cart, FlowError> {
        self.change_cart(id, None, |cart, channel, now| {
            Ok(cart::set_line(cart, channel, variant, quantity, now)?)
        })
    }

    /// Adds a coupon, read as people type it; a code that no promotion and no batch knows is refused.
    ///
    /// Errors: `not_found`; a text that is no code; what any change of a cart is refused for.
    ///
    /// ```
    /// use sutler_core::id::PromotionId;
    /// use sutler_core::money::Rate;
    /// use sutler_core::pricing::{Benefit, Condition, Promotion};
    /// use sutler_engine::flow::cart::QuoteFor;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let cart = sutler_engine::testing::cart(&shop)?;
    ///
    /// let ten = Benefit::Percent { rate: Rate::percent("10")? };
    /// shop.promotion_add(&Promotion {
    ///     conditions: vec![Condition::Coupon { codes: vec!["FRIEND".parse()?] }],
    ///     ..Promotion::new(PromotionId::from_u128(7), "Ten percent for friends", ten)
    /// })?;
    /// shop.cart_coupon(cart, " friend ")?;
    /// let quote = shop.cart_quote(cart, &QuoteFor::default())?.quote;
    /// assert_eq!(quote.totals.discount_total.to_string(), "2.38 EUR");
    ///
    /// assert_eq!(shop.cart_coupon(cart, "FIEND").unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cart_coupon(&self, id: CartId, code: &str) -> Result<Cart, FlowError> {
        let coupon = CouponCode::from_typed(code).map_err(Rejection::from)?;
        let setup = self.setup()?;
        let listed = setup
            .promotions
            .iter()
            .any(|promotion| promotion.coupon_codes().any(|known| *known == coupon));
        if !listed && self.batch_coupons(&setup, std::slice::from_ref(&coupon))?.is_empty() {
            return Err(Rejection::not_found("coupon", code.trim()).into());
        }
        self.change_cart(id, None, |cart, channel, now| {
            Ok(cart::set_coupon(cart, channel, coupon.as_str(), now)?)
        })
    }

    /// Takes a coupon out, good or not.
    ///
    /// Errors: `not_found` when the cart has no such coupon, and what any change of a cart may be refused for.
    ///
    /// ```
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let id = sutler_core::id::PromotionId::from_u128(7);
    /// # shop.promotion_add(&sutler_engine::testing::coupon(id, "FRIEND")?)?;
    /// # let cart = sutler_engine::testing::cart(&shop)?;
    ///
    /// shop.cart_coupon(cart, "FRIEND")?;
    /// assert!(shop.cart_coupon_remove(cart, "friend")?.coupons.is_empty());
    /// assert_eq!(shop.cart_coupon_remove(cart, "friend").unwrap_err().code(), "not_found");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cart_coupon_remove(&self, id: CartId, code: &str) -> Result<Cart, FlowError> {
        self.change_cart(id, None, |cart, channel, now| {
            Ok(cart::remove_coupon(cart, channel, code, now)?)
        })
    }

    /// Moves everything of one cart into another, as when a guest signs in; returns the one that was filled.
    ///
    /// Errors: `cart.channels` when they are of two channels, or one cart twice; what any change of a cart is refused for.
    ///
    /// ```
    /// use sutler_core::cart::CartStatus;
    /// use sutler_core::id::CustomerId;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let guest = sutler_engine::testing::cart(&shop)?;
    ///
    /// let own = shop.cart_new("web", Some(CustomerId::from_u128(1)), None)?;
    /// let filled = shop.cart_merge(guest, own.id)?;
    /// assert_eq!((filled.id, filled.lines[0].quantity.get()), (own.id, 2));
    /// assert_eq!(shop.cart(guest)?.status, CartStatus::Merged);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cart_merge(&self, from: CartId, into: CartId) -> Result<Cart, FlowError> {
        let setup = self.setup()?;
        let settled = self.settle(|set| {
            let (guest, own) = (self.free_cart(from)?, self.free_cart(into)?);
            let channel = setup
                .channel(own.channel)
                .ok_or_else(|| Rejection::not_found("channel", own.channel))?;
            let (emptied, filled) = cart::merge(&guest, &own, channel, set.at)?;
            set.push(Change::Cart(Box::new(emptied))).push(Change::Cart(Box::new(filled.clone())));
            Ok(filled)
        })?;
        done(settled)
    }

    /// Returns a cart with what it costs now.
    ///
    /// Errors: `cart.empty`, `price.missing`, `delivery.not_available` and the other codes of pricing.
    ///
    /// ```
    /// use sutler_engine::flow::cart::QuoteFor;
    /// # let shop = sutler_engine::testing::shop(sutler_store_memory::MemoryStore::new())?;
    /// # let cart = sutler_engine::testing::cart(&shop)?;
    ///
    /// let view = shop.cart_quote(cart, &QuoteFor::default())?;
    /// assert_eq!(view.quote.totals.total.to_string(), "23.80 EUR");
    ///
    /// let empty = shop.cart_new("web", None, None)?;
    /// let refusal = shop.cart_quote(empty.id, &QuoteFor::default()).unwrap_err();
    /// assert_eq!(refusal.code(), "cart.empty");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cart_quote(&self, id: CartId, wanted: &QuoteFor) -> Result<CartView, FlowError> {
        let setup = self.setup()?;
        let cart = self.cart(id)?;
        let now = self.now();
        let goods = self.store().goods(&quoted_variants(&setup, &cart, now), now)?;
        let quote = self.quote_cart(&setup, &cart, &goods, wanted, now)?;
        let titles = quote.lines.iter().filter_map(|line| goods.get(line.variant));
        let titles =
            titles.map(|(product, variant)| (variant.id, product.variant_title(variant))).collect();
        Ok(CartView { cart, quote, titles })
    }

    /// Returns a cart that no checkout is selling right now.
    fn free_cart(&self, id: CartId) -> Result<Cart, FlowError> {
        let cart = self.cart(id)?;
        cart::require_no_checkout(&cart, self.store().order_by_cart(id)?.as_ref())?;
        Ok(cart)
    }

    fn change_cart(
        &self,
        id: CartId,
        once: Option<Idempotency>,
        change: impl Fn(&Cart, &Channel, Timestamp) -> Result<Cart, FlowError>,
    ) -> Result<Cart, FlowError> {
        let setup = self.setup()?;
        let settled = self.settle(|set| {
            set.idempotency.clone_from(&once);
            let cart = self.free_cart(id)?;
            let channel = setup
                .channel(cart.channel)
                .ok_or_else(|| Rejection::not_found("channel", cart.channel))?;
            let changed = change(&cart, channel, set.at)?;
            set.push(Change::Cart(Box::new(changed.clone())));
            Ok(changed)
        })?;
        self.cart_settled(settled)
    }

    /// Returns the cart that a commit wrote; one that was written before is read, as it is by now.
    fn cart_settled(&self, settled: Settled<Cart>) -> Result<Cart, FlowError> {
        match settled {
            Settled::Done(cart, _) => Ok(cart),
            Settled::Replayed(RecordRef::Cart(id)) => self.cart(id),
            Settled::Replayed(answer) => Err(Rejection::not_found("cart", answer).into()),
        }
    }

    /// Prices a cart from one reading of the shop.
    pub(crate) fn quote_cart(
        &self,
        setup: &Setup,
        cart: &Cart,
        goods: &Goods,
        wanted: &QuoteFor,
        now: Timestamp,
    ) -> Result<Quote, FlowError> {
        if cart.lines.is_empty() {
            return Err(Rejection::CartEmpty { cart: cart.id }.into());
        }
        let channel = setup
            .channel(cart.channel)
            .ok_or_else(|| Rejection::not_found("channel", cart.channel))?;
        let variants = quoted_variants(setup, cart, now);
        let coupons: Vec<CouponCode> = cart
            .coupons
            .iter()
            .map(|code| CouponCode::new(code))
            .collect::<Result<_, _>>()
            .map_err(Rejection::from)?;
        let buyer = buyer_key(cart.customer, wanted.email.as_deref());
        let promoted = self.promotion_facts(setup, channel.currency, &coupons, buyer.as_deref())?;
        let customer = self.customer_of(cart.customer)?;
        let mut facts = PricingFacts {
            channel: channel.clone(),
            price_lists: setup.price_lists.clone(),
            prices: goods.prices.clone(),
            variants: self.variant_facts(setup, &variants, goods, now)?,
            home: setup.shop.country,
            tax_zones: setup.tax_zones.clone(),
            tax_rates: setup.tax_rates.clone(),
            tax_answer: None,
            delivery_methods: setup.delivery_methods.clone(),
            fees: setup.fees.clone(),
            promotions: setup.promotions.clone(),
            promotion_uses: promoted.uses,
            batch_coupons: promoted.batch_coupons,
            orders_placed: promoted.orders_placed,
            gift_stock: gift_stock(setup, goods, now),
            lane_mode: channel.lane_mode,
        };
        let request = QuoteRequest {
            lines: cart
                .lines
                .iter()
                .map(|l| RequestLine { line: l.line, variant: l.variant, quantity: l.quantity })
                .collect(),
            coupons,
            customer: cart.customer,
            customer_group: customer.as_ref().and_then(|customer| customer.group.clone()),
            ship_to: wanted.ship_to.as_ref().map(Destination::from),
            delivery_method: wanted.delivery.clone(),
            payment: wanted.pay.clone(),
            buyer_tax: claims(customer.as_ref(), &wanted.buyer_tax),
        };
        if let Some(provider) = self.tax_provider() {
            let question = tax_request(&request, &facts, now).map_err(Rejection::from)?;
            facts.tax_answer = provider.tax(&question).map_err(|error| FlowError::TaxProvider {
                provider: provider.name().to_owned(),
                reason: error.reason,
            })?;
        }
        Ok(quote(&request, &facts, now).map_err(Rejection::from)?)
    }

    fn variant_facts(
        &self,
        setup: &Setup,
        variants: &[VariantId],
        goods: &Goods,
        now: Timestamp,
    ) -> Result<Vec<VariantFacts>, FlowError> {
        // The tree only matters to rules about categories and the attributes to promotions, so a shop without any does not
        // read them.
        let promoted = setup.promotions.iter().any(|promotion| promotion.active);
        let tree = if names_categories(setup) {
            CategoryTree::new(self.store().categories()?).map_err(Rejection::from)?
        } else {
            CategoryTree::default()
        };
        let mut facts = Vec::with_capacity(variants.len());
        // What is not in the catalog is not among the facts; pricing says so.
        for (product, variant) in variants.iter().filter_map(|id| goods.get(*id)) {
            facts.push(facts_of(product, variant, &tree, &setup.collections, promoted, now));
        }
        Ok(facts)
    }
}

/// Returns what a quote needs to know of one variant. Attributes and collections are only there where promotions may look at
/// them.
pub(crate) fn facts_of(
    product: &Product,
    variant: &Variant,
    tree: &CategoryTree,
    collections: &[Collection],
    promoted: bool,
    now: Timestamp,
) -> VariantFacts {
    let mut categories: Vec<_> =
        product.categories.iter().flat_map(|id| tree.with_ancestors(*id)).collect();
    categories.sort_unstable();
    categories.dedup();
    let mut facts = VariantFacts {
        variant: variant.id,
        product: product.id,
        title: product.variant_title(variant),
        sku: variant.sku.clone(),
        categories,
        collections: Vec::new(),
        attributes: if promoted { product.attributes.clone() } else { Vec::new() },
        tax_category: variant.tax_category.clone(),
        taxable: variant.taxable,
        requires_shipping: variant.requires_shipping,
        weight_grams: variant.weight_grams,
        dimensions: variant.dimensions,
        dangerous_goods: product.is_dangerous(),
        sellable: product.is_visible(now) && !variant.retired,
    };
    if promoted {
        let within = collections.iter().filter(|collection| collection.contains(&facts));
        facts.collections = within.map(|collection| collection.id).collect();
    }
    facts
}

/// Tells whether any rule of the set-up may ask which categories goods are under.
fn names_categories(setup: &Setup) -> bool {
    let by_limits = |method: &sutler_core::pricing::DeliveryMethod| {
        !method.limits.only_categories.is_empty() || !method.limits.except_categories.is_empty()
    };
    setup.promotions.iter().any(|promotion| promotion.active)
        || setup.fees.iter().any(|fee| !fee.condition.categories.is_empty())
        || setup.delivery_methods.iter().any(by_limits)
}

/// Returns a channel by code, or says which there are.
pub(crate) fn channel_by_code<'a>(setup: &'a Setup, code: &str) -> Result<&'a Channel, Rejection> {
    setup.channel_by_code(code).ok_or_else(|| Rejection::NotFound {
        noun: "channel",
        given: code.to_owned(),
        near: setup.channels.iter().map(|channel| channel.code.clone()).collect(),
    })
}

/// Unwraps a commit that carried no idempotency key, so that it cannot have been a replay.
pub(crate) fn done<T>(settled: Settled<T>) -> Result<T, FlowError> {
    match settled {
        Settled::Done(value, _) => Ok(value),
        Settled::Replayed(answer) => Err(FlowError::Contended { what: answer.to_string() }),
    }
}
