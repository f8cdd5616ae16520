//! The domain's "no", with stable codes.
//!
//! A refusal is an answer, not a failure: it is never logged as an error, and the same request gives the same refusal. The
//! code goes on the wire and into scripts and never changes; the sentence is for people and may be reworded.

use crate::address::AddressError;
use crate::catalog::{CategoryError, LabelError, ProductError};
use crate::credit::CreditId;
use crate::id::{CartId, CheckoutId, VariantId};
use crate::money::{Money, MoneyError};
use crate::order::OrderNumber;
use crate::pricing::{CouponCode, PricingError, PromotionRefusal, QuoteHash, QuotePart};
use crate::quantity::QuantityError;
use crate::shown::shown;
use crate::status::IllegalMove;
use crate::time::Timestamp;

/// Who has to do something about a [`Rejection`].
///
/// ```
/// use sutler_core::rejection::{Rejection, RejectionKind};
///
/// assert_eq!(Rejection::ShopMissing.kind(), RejectionKind::NotFound);
/// assert_eq!(Rejection::ReservationExpired.kind(), RejectionKind::Conflict);
/// assert_eq!(Rejection::CartChannels.kind(), RejectionKind::Invalid);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RejectionKind {
    /// What was named is not there.
    NotFound,
    /// The world moved on, or there is not enough: ask again with other numbers.
    Conflict,
    /// The request makes no sense as it is: mend it.
    Invalid,
}

/// Why the domain said no.
///
/// ```
/// use sutler_core::id::VariantId;
/// use sutler_core::rejection::Rejection;
///
/// let refusal = Rejection::InsufficientStock {
///     variant: VariantId::from_u128(1),
///     label: "BLANKET-L".to_owned(),
///     requested: 3,
///     available: 1,
/// };
/// assert_eq!(refusal.code(), "stock.insufficient");
/// assert_eq!(refusal.to_string(), "only 1 of 3 units of BLANKET-L are available");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// Nothing has this id, SKU, handle, code or number.
    #[error("there is no {noun} `{given}`{}", did_you_mean(.near))]
    NotFound {
        /// What was looked for: `variant`.
        noun: &'static str,
        /// What was given.
        given: String,
        /// The nearest texts there are, best first.
        near: Vec<String>,
    },
    /// A text names more than one record.
    #[error("`{given}` names {} different {noun}s: {}; use an id", .candidates.len(), .candidates.join(", "))]
    Ambiguous {
        /// What was looked for.
        noun: &'static str,
        /// What was given.
        given: String,
        /// All that it names.
        candidates: Vec<String>,
    },
    /// A code, handle or name is in use.
    #[error("there already is a {noun} `{given}`")]
    AlreadyExists {
        /// What kind of record.
        noun: &'static str,
        /// The text that must be unique.
        given: String,
    },
    /// Not enough stock.
    #[error("only {available} of {requested} units of {label} are available")]
    InsufficientStock {
        /// Which variant.
        variant: VariantId,
        /// What people call it; the id until a flow knows better.
        label: String,
        /// Units asked for.
        requested: u32,
        /// Units there were.
        available: u32,
    },
    /// The count on hand is not the one the caller saw.
    #[error("{label} has {found} units on hand, not {expected}: look again, then repeat")]
    StockChanged {
        /// Which variant.
        variant: VariantId,
        /// What people call it.
        label: String,
        /// What the caller saw.
        expected: u32,
        /// What there is.
        found: u32,
    },
    /// Limits below what is promised already.
    #[error(
        "{promised} units of {label} are promised already: cancel orders first or set higher limits"
    )]
    StockPromised {
        /// Which variant.
        variant: VariantId,
        /// What people call it.
        label: String,
        /// Units reserved and allocated.
        promised: u32,
    },
    /// A count would pass what a level can hold.
    #[error("{label} cannot have that many units at one location")]
    StockOverflow {
        /// Which variant.
        variant: VariantId,
        /// What people call it.
        label: String,
    },
    /// A reservation was reclaimed before the order was placed.
    #[error(
        "the reservation of this checkout ran out and its stock went to somebody else: check out again"
    )]
    ReservationExpired,
    /// A correction without a reason.
    #[error("a correction needs a reason, such as --reason \"broken in storage\"")]
    ReasonMissing,
    /// A cart has nothing in it.
    #[error("cart {cart} is empty: add something first, `sutler cart add {cart} VARIANT QTY`")]
    CartEmpty {
        /// Which cart.
        cart: CartId,
    },
    /// A cart ran out of time.
    #[error("cart {cart} expired at {expired_at}: start a new one with `sutler cart new`")]
    CartExpired {
        /// Which cart.
        cart: CartId,
        /// When.
        expired_at: Timestamp,
    },
    /// A cart became an order or was merged.
    #[error("cart {cart} is closed ({status}): start a new one with `sutler cart new`")]
    CartClosed {
        /// Which cart.
        cart: CartId,
        /// What became of it.
        status: String,
    },
    /// A cart is too full.
    #[error("a cart has at most {max} {what}")]
    CartTooLarge {
        /// `lines` or `coupons`.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// Two carts sell in different channels, or are one cart.
    #[error("only two carts of one channel can be merged")]
    CartChannels,
    /// A variant is not sold.
    #[error("{label} is not for sale: {why}")]
    NotForSale {
        /// What people call it.
        label: String,
        /// Retired, draft, outside its window …
        why: String,
    },
    /// A second order of one cart.
    #[error("cart {cart} was ordered already")]
    CartAlreadyOrdered {
        /// Which cart.
        cart: CartId,
    },
    /// A cart that a checkout is selling right now.
    #[error(
        "cart {cart} is being checked out: wait for the payment, or run the checkout again, before changing it"
    )]
    CartCheckoutRunning {
        /// Which cart.
        cart: CartId,
    },
    /// Somebody else does the work that a lease stands for.
    #[error("the lease `{name}` is held by {holder} until {until}, and longer while it works")]
    LeaseHeld {
        /// The lease.
        name: String,
        /// Who holds it.
        holder: String,
        /// When it runs out if it is not renewed.
        until: Timestamp,
    },
    /// A lease was taken by somebody else since; nothing of what it was to protect was written.
    #[error("the lease `{name}` was taken over{}: nothing was written", by_whom(.holder.as_deref()))]
    LeaseLost {
        /// The lease.
        name: String,
        /// The token that is no longer the newest.
        token: u64,
        /// Who took it last.
        holder: Option<String>,
    },
    /// What a consumer was given is not in the log any more: a replica took over that never had it, or an older state of the
    /// shop was put back.
    #[error(
        "the event log went back: event {delivered}, which was delivered to `{consumer}`, is not there any more; its place is {place} now"
    )]
    EventsGone {
        /// The consumer.
        consumer: String,
        /// The newest event that it was given.
        delivered: u64,
        /// Its place in the log as it is.
        place: u64,
    },
    /// A checkout that was refused before, told again in the same words.
    #[error("{reason}")]
    CheckoutUndone {
        /// The code of the refusal at that time.
        code: &'static str,
        /// Its sentence.
        reason: String,
    },
    /// A checkout that could not be undone.
    #[error(
        "checkout {checkout} is stuck and a person must look: {reason}; when the payment is settled at the provider, run `sutler recover --settle {checkout}`"
    )]
    CheckoutStuck {
        /// Which checkout.
        checkout: CheckoutId,
        /// What is known.
        reason: String,
    },
    /// The quote is not the one the buyer saw.
    #[error("{}", quote_changed(*expected, *actual, moved, quote.as_ref()))]
    QuoteChanged {
        /// The total that the buyer saw.
        expected: Money,
        /// What it is now.
        actual: Money,
        /// What moved, as far as the buyer's hash tells; empty for a buyer who only named a total.
        moved: Vec<QuotePart>,
        /// The hash of the quote as it is now, for a buyer who named one.
        quote: Option<QuoteHash>,
    },
    /// An amount is in another currency than the channel sells in.
    #[error("{given} is not in {wanted}, the currency of this order")]
    WrongCurrency {
        /// What was given.
        given: String,
        /// The currency it must be.
        wanted: String,
    },
    /// An e-mail address that cannot be one.
    #[error("`{given}` is not an e-mail address")]
    BadEmail {
        /// What was given.
        given: String,
    },
    /// The provider said no.
    #[error("the payment was declined: {reason}")]
    PaymentDeclined {
        /// What the provider said.
        reason: String,
    },
    /// No such provider is set up.
    #[error("there is no payment provider `{given}`; this shop has {}", .known.join(", "))]
    UnknownProvider {
        /// What was given.
        given: String,
        /// What there is.
        known: Vec<String>,
    },
    /// More money asked back than was taken.
    #[error("{}", too_large(*requested, *refundable))]
    RefundTooLarge {
        /// What was asked.
        requested: Money,
        /// What could be.
        refundable: Money,
    },
    /// More units of a line are to be given back than are left.
    #[error("only {open} of {requested} units of {label} in order {number} are left to refund")]
    RefundTooMany {
        /// Which order.
        number: OrderNumber,
        /// Which line.
        label: String,
        /// Units asked for.
        requested: u32,
        /// Units left.
        open: u32,
    },
    /// An amount that must be positive is not.
    #[error("{given} is not an amount to {verb}: it must be more than 0")]
    AmountNotPositive {
        /// What was given.
        given: Money,
        /// What was to be done.
        verb: &'static str,
    },
    /// Some of the order left already.
    #[error("order {number} cannot be canceled: some of it was shipped already")]
    AlreadyShipped {
        /// Which order.
        number: OrderNumber,
    },
    /// Nothing of the order is left to ship.
    #[error("order {number} has nothing left to ship")]
    NothingToShip {
        /// Which order.
        number: OrderNumber,
    },
    /// More of a line is to be shipped than is promised.
    #[error("only {open} of {requested} units of {label} in order {number} are left to ship")]
    ShipTooMany {
        /// Which order.
        number: OrderNumber,
        /// Which line.
        label: String,
        /// Units asked for.
        requested: u32,
        /// Units left.
        open: u32,
    },
    /// Promotions name what is to be taken away.
    #[error("the {noun} {name} cannot be taken away: promotions name it ({})", promotions.join(", "))]
    InUse {
        /// What kind of thing.
        noun: &'static str,
        /// What people call it.
        name: String,
        /// Names of the promotions.
        promotions: Vec<String>,
    },
    /// The order is not placed.
    #[error("order {number} is {status}, so it cannot be {verb}")]
    OrderNotPlaced {
        /// Which order.
        number: OrderNumber,
        /// Where it is.
        status: String,
        /// What was to be done.
        verb: &'static str,
    },
    /// The payment is not held, so goods may not leave.
    #[error(
        "order {number} is not paid: {due} is outstanding; mark it paid first, or ship with --unpaid"
    )]
    NotPaid {
        /// Which order.
        number: OrderNumber,
        /// What is missing.
        due: Money,
    },
    /// A gift card or store credit has less left than was to be taken of it.
    #[error("{left} is left on the {} {credit}, {requested} is to be taken", .credit.noun())]
    CreditShort {
        /// Which.
        credit: CreditId,
        /// What was to be taken.
        requested: Money,
        /// What there is.
        left: Money,
    },
    /// A gift card or store credit may not be redeemed.
    #[error("the {} {credit} is disabled", .credit.noun())]
    CreditDisabled {
        /// Which.
        credit: CreditId,
    },
    /// A gift card or store credit cannot be redeemed any more.
    #[error("the {} {credit} expired at {at}", .credit.noun())]
    CreditExpired {
        /// Which.
        credit: CreditId,
        /// Since when.
        at: Timestamp,
    },
    /// Credit does not cover the order, and nothing else was named to pay with.
    #[error("{due} is left to pay: name what pays it")]
    PaymentMissing {
        /// What nothing pays yet.
        due: Money,
    },
    /// What is left to pay after credit is not what the buyer saw.
    #[error(
        "{actual} is left to pay after gift cards and store credit, not {expected}: look again, then repeat"
    )]
    PaymentChanged {
        /// What the buyer saw.
        expected: Money,
        /// What it is now.
        actual: Money,
    },
    /// A promotion went to other buyers between the quote and the order.
    #[error(
        "promotion {name} has no uses left for this order: show the new total, then check out again"
    )]
    PromotionUsedUp {
        /// Its name or id.
        name: String,
        /// The entered code that unlocked it.
        coupon: Option<CouponCode>,
        /// Which limit was reached.
        reason: Box<PromotionRefusal>,
    },
    /// A key was used for something else.
    #[error(
        "the key `{key}` was used before for another request: use a new key, or repeat the same request"
    )]
    KeyReused {
        /// The key.
        key: String,
    },
    /// The shop has been set up already.
    #[error("this store holds a shop already")]
    ShopExists,
    /// The store holds no shop yet.
    #[error("this store holds no shop yet: run `sutler init --currency EUR`")]
    ShopMissing,
    /// A shop is to be copied into a store that holds something.
    #[error("the store that is to be copied into is not empty: nothing in it was changed")]
    CopyNotEmpty,
    /// A store holds a part of another shop.
    #[error("the store that is to be copied into holds a part of another shop")]
    CopyOfOther,
    /// A shop changed between a copy that was cut and the one that should go on with it.
    #[error(
        "the shop has changed since the copy was cut: what was copied by then is no part of it any more"
    )]
    CopySourceChanged,
    /// A shop is not in order, so its copy would not be.
    #[error(
        "the shop is not in order and was not copied: {check} of {subject}: {message} (and {more} more)"
    )]
    CopySourceDamaged {
        /// Which invariant: `stock.level`.
        check: String,
        /// The record it is about.
        subject: String,
        /// What is off.
        message: String,
        /// How many more findings there are.
        more: u64,
    },
    /// A copy does not hold what its source holds.
    #[error("the copy is not as its source: {kind} differ")]
    CopyDiffers {
        /// The first kind of record that is another one.
        kind: &'static str,
    },
    /// What is to be read in the place of a shop is no replica of it.
    #[error(
        "the read store holds another shop than the store, or a copy of it that went on by itself"
    )]
    OtherShop,
    /// A record broke one of its own rules.
    #[error("{0}")]
    Label(#[from] LabelError),
    /// A product broke one of its own rules.
    #[error("{0}")]
    Product(#[from] ProductError),
    /// The category tree would not be a tree.
    #[error("{0}")]
    Category(#[from] CategoryError),
    /// An address is not whole.
    #[error("{0}")]
    Address(#[from] AddressError),
    /// A quantity is out of range.
    #[error("{0}")]
    Quantity(#[from] QuantityError),
    /// An amount is not one.
    #[error("{0}")]
    Money(#[from] MoneyError),
    /// Something cannot be priced.
    #[error("{0}")]
    Pricing(#[from] PricingError),
    /// A status does not allow it.
    #[error("{0}")]
    Move(#[from] IllegalMove),
    /// An input field is not what it should be.
    #[error("{what} `{given}` {why}")]
    BadInput {
        /// Which field.
        what: &'static str,
        /// What was given, shortened.
        given: String,
        /// What is wrong, and how to mend it.
        why: String,
    },
}

/// Returns a code of the public contract that was kept as text.
pub(crate) fn promised_code(text: &str) -> Option<&'static str> {
    include_str!("rejection_codes.txt").lines().find(|code| *code == text)
}

fn did_you_mean(near: &[String]) -> String {
    match near {
        [] => String::new(),
        [one] => format!("; did you mean `{one}`?"),
        many => format!("; did you mean one of `{}`?", many.join("`, `")),
    }
}

/// Says what moved since the buyer saw a quote, with both totals, and how to go on.
fn quote_changed(
    expected: Money,
    actual: Money,
    moved: &[QuotePart],
    quote: Option<&QuoteHash>,
) -> String {
    let total = match expected == actual {
        true => format!("the total is {actual} as before"),
        false => format!("the total is {actual}, not {expected}"),
    };
    let parts: Vec<String> = moved.iter().map(ToString::to_string).collect();
    let why = match parts.as_slice() {
        [] => String::new(),
        [one] => format!(", and {one} changed"),
        [all @ .., last] => format!(", and {} and {last} changed", all.join(", ")),
    };
    let again = match quote {
        Some(hash) => format!("--expect-quote {hash}"),
        None => format!("--expect-total {}", actual.amount_text()),
    };
    format!("{total}{why}: show the new total, then repeat with {again}")
}

impl Rejection {
    /// Returns a [`Rejection::NotFound`] without suggestions.
    ///
    /// ```
    /// # use sutler_core::rejection::Rejection;
    /// let refusal = Rejection::not_found("variant", "BLANKET-XL");
    /// assert_eq!(refusal.code(), "not_found");
    /// assert_eq!(refusal.to_string(), "there is no variant `BLANKET-XL`");
    /// ```
    pub fn not_found(noun: &'static str, given: impl ToString) -> Self {
        Rejection::NotFound { noun, given: shown(&given.to_string()), near: Vec::new() }
    }

    /// Stable, machine-readable; part of the public contract. Append-only, like a wire format.
    pub fn code(&self) -> &'static str {
        match self {
            Rejection::NotFound { .. } => "not_found",
            Rejection::Ambiguous { .. } => "ambiguous",
            Rejection::AlreadyExists { .. } => "already_exists",
            Rejection::InsufficientStock { .. } => "stock.insufficient",
            Rejection::StockChanged { .. } => "stock.changed",
            Rejection::StockPromised { .. } => "stock.promised",
            Rejection::StockOverflow { .. } => "stock.overflow",
            Rejection::ReservationExpired => "reservation.expired",
            Rejection::ReasonMissing => "reason.missing",
            Rejection::CartEmpty { .. } => "cart.empty",
            Rejection::CartExpired { .. } => "cart.expired",
            Rejection::CartClosed { .. } => "cart.closed",
            Rejection::CartTooLarge { .. } => "cart.too_large",
            Rejection::CartChannels => "cart.channels",
            Rejection::NotForSale { .. } => "variant.not_for_sale",
            Rejection::CartAlreadyOrdered { .. } => "cart.already_ordered",
            Rejection::CartCheckoutRunning { .. } => "cart.checkout_running",
            Rejection::LeaseHeld { .. } => "lease.held",
            Rejection::LeaseLost { .. } => "lease.lost",
            Rejection::EventsGone { .. } => "events.gone",
            Rejection::CheckoutUndone { code, .. } => code,
            Rejection::CheckoutStuck { .. } => "checkout.stuck",
            Rejection::QuoteChanged { .. } => "quote.changed",
            Rejection::WrongCurrency { .. } => "currency.wrong",
            Rejection::BadEmail { .. } => "email.invalid",
            Rejection::PaymentDeclined { .. } => "payment.declined",
            Rejection::UnknownProvider { .. } => "payment.unknown_provider",
            Rejection::RefundTooLarge { .. } => "refund.too_large",
            Rejection::RefundTooMany { .. } => "refund.too_many",
            Rejection::AmountNotPositive { .. } => "amount.not_positive",
            Rejection::AlreadyShipped { .. } => "order.already_shipped",
            Rejection::NothingToShip { .. } => "order.nothing_to_ship",
            Rejection::ShipTooMany { .. } => "fulfillment.too_many",
            Rejection::InUse { .. } => "in_use",
            Rejection::OrderNotPlaced { .. } => "order.not_placed",
            Rejection::NotPaid { .. } => "order.not_paid",
            Rejection::CreditShort { .. } => "credit.short",
            Rejection::CreditDisabled { .. } => "credit.disabled",
            Rejection::CreditExpired { .. } => "credit.expired",
            Rejection::PaymentMissing { .. } => "payment.missing",
            Rejection::PaymentChanged { .. } => "payment.changed",
            Rejection::PromotionUsedUp { coupon: Some(_), .. } => "coupon.used_up",
            Rejection::PromotionUsedUp { .. } => "promotion.used_up",
            Rejection::KeyReused { .. } => "key.reused",
            Rejection::ShopExists => "shop.exists",
            Rejection::ShopMissing => "shop.missing",
            Rejection::CopyNotEmpty => "copy.not_empty",
            Rejection::CopyOfOther => "copy.other_source",
            Rejection::CopySourceChanged => "copy.source_changed",
            Rejection::CopySourceDamaged { .. } => "copy.source_damaged",
            Rejection::CopyDiffers { .. } => "copy.differs",
            Rejection::OtherShop => "shop.other",
            Rejection::Label(_) => "label.invalid",
            Rejection::Product(_) => "product.invalid",
            Rejection::Category(_) => "category.invalid",
            Rejection::Address(_) => "address.invalid",
            Rejection::Quantity(_) => "quantity.invalid",
            Rejection::Money(error) => error.code(),
            Rejection::Pricing(error) => error.code(),
            Rejection::Move(_) => "move.illegal",
            Rejection::BadInput { .. } => "input.invalid",
        }
    }

    /// Returns who has to act.
    pub fn kind(&self) -> RejectionKind {
        match self {
            Rejection::NotFound { .. } | Rejection::ShopMissing => RejectionKind::NotFound,
            Rejection::Pricing(PricingError::CouponUsedUp { .. }) => RejectionKind::Conflict,
            Rejection::Ambiguous { .. }
            | Rejection::OtherShop
            | Rejection::ReasonMissing
            | Rejection::CartEmpty { .. }
            | Rejection::CartTooLarge { .. }
            | Rejection::CartChannels
            | Rejection::WrongCurrency { .. }
            | Rejection::BadEmail { .. }
            | Rejection::UnknownProvider { .. }
            | Rejection::PaymentMissing { .. }
            | Rejection::AmountNotPositive { .. }
            | Rejection::Label(_)
            | Rejection::Product(_)
            | Rejection::Category(_)
            | Rejection::Address(_)
            | Rejection::Quantity(_)
            | Rejection::Money(_)
            | Rejection::Pricing(_)
            | Rejection::BadInput { .. } => RejectionKind::Invalid,
            Rejection::AlreadyExists { .. }
            | Rejection::InsufficientStock { .. }
            | Rejection::StockChanged { .. }
            | Rejection::StockPromised { .. }
            | Rejection::StockOverflow { .. }
            | Rejection::ReservationExpired
            | Rejection::CartExpired { .. }
            | Rejection::CartClosed { .. }
            | Rejection::NotForSale { .. }
            | Rejection::CartAlreadyOrdered { .. }
            | Rejection::CartCheckoutRunning { .. }
            | Rejection::LeaseHeld { .. }
            | Rejection::LeaseLost { .. }
            | Rejection::EventsGone { .. }
            | Rejection::CheckoutUndone { .. }
            | Rejection::CheckoutStuck { .. }
            | Rejection::QuoteChanged { .. }
            | Rejection::PaymentDeclined { .. }
            | Rejection::RefundTooLarge { .. }
            | Rejection::RefundTooMany { .. }
            | Rejection::AlreadyShipped { .. }
            | Rejection::NothingToShip { .. }
            | Rejection::ShipTooMany { .. }
            | Rejection::InUse { .. }
            | Rejection::OrderNotPlaced { .. }
            | Rejection::NotPaid { .. }
            | Rejection::CreditShort { .. }
            | Rejection::CreditDisabled { .. }
            | Rejection::CreditExpired { .. }
            | Rejection::PaymentChanged { .. }
            | Rejection::PromotionUsedUp { .. }
            | Rejection::KeyReused { .. }
            | Rejection::ShopExists
            | Rejection::CopyNotEmpty
            | Rejection::CopyOfOther
            | Rejection::CopySourceChanged
            | Rejection::CopySourceDamaged { .. }
            | Rejection::CopyDiffers { .. }
            | Rejection::Move(_) => RejectionKind::Conflict,
        }
    }
}

fn by_whom(holder: Option<&str>) -> String {
    holder.map_or_else(String::new, |holder| format!(" by {holder}"))
}

fn too_large(requested: Money, refundable: Money) -> String {
    if refundable.is_zero() {
        return "nothing is left to refund: nothing was captured of this order yet, or all of it was given back"
            .to_owned();
    }
    format!(
        "{requested} cannot be refunded: {refundable} of this order was captured and not given back yet"
    )
}

#[cfg(test)]
mod tests {
    /// The codes are a contract: this list only grows. A code that is missing here was removed or renamed.
    #[test]
    fn codes_never_change() {
        let source = include_str!("rejection.rs");
        let codes: std::collections::BTreeSet<&str> = source
            .lines()
            .take_while(|line| !line.contains("fn kind"))
            .filter_map(|line| {
                line.trim().strip_prefix("Rejection::")?.split_once("=> \"")?.1.strip_suffix("\",")
            })
            .collect();
        let listed: std::collections::BTreeSet<&str> =
            include_str!("rejection_codes.txt").lines().collect();
        // The code of a checkout whose log does not say why it was undone stands with its log.
        let codes = &codes | &["checkout.undone"].into();
        let gone: Vec<_> = listed.difference(&codes).collect();
        let fresh: Vec<_> = codes.difference(&listed).collect();
        assert!(gone.is_empty(), "these codes are promised and gone: {gone:?}");
        assert!(fresh.is_empty(), "add these codes to rejection_codes.txt: {fresh:?}");
    }
}
