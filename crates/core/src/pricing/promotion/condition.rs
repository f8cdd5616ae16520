//! [`Condition`]: what must be true for a promotion to apply, and for which goods it is.
//!
//! Conditions come in two kinds. Those on the whole cart decide whether the promotion applies at all. Those on goods
//! (category, collection, product, variant, attribute, and what `any` and `not` make of them) also choose the lines
//! that it is for; a line must fulfill all of them. `any` and `not` are for goods alone, so that it is always plain
//! which lines a promotion is for.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::Calendar;
use crate::catalog::AttributeValue;
use crate::id::{CategoryId, ChannelId, CollectionId, CouponBatchId, ProductId, VariantId};
use crate::money::Money;
use crate::pricing::{CouponCode, VariantFacts};

/// What must be true for a promotion to apply. All conditions of a promotion must hold.
///
/// ```
/// use sutler_core::id::CategoryId;
/// # use sutler_core::id::{ProductId, VariantId};
/// use sutler_core::money::{Currency, Money};
/// use sutler_core::pricing::Condition;
/// # use sutler_core::pricing::{TaxCategory, VariantFacts};
/// # let lamp = VariantFacts {
/// #     variant: VariantId::from_u128(1), product: ProductId::from_u128(1), title: "Lamp".into(), sku: None,
/// #     categories: vec![CategoryId::from_u128(7)], collections: vec![], attributes: vec![],
/// #     tax_category: TaxCategory::standard(), taxable: true, requires_shipping: true, weight_grams: None,
/// #     dimensions: None, dangerous_goods: false, sellable: true,
/// # };
///
/// // The lamp is in category 7.
/// let lamps = Condition::Category { categories: vec![CategoryId::from_u128(7)] };
/// assert!(lamps.is_on_goods() && lamps.is_for(&lamp));
/// assert!(!Condition::Not { condition: Box::new(lamps) }.is_for(&lamp));
///
/// let spent = Condition::MinSubtotal { amount: Money::parse("50.00", Currency::EUR)? };
/// assert!(!spent.is_on_goods() && spent.is_for(&lamp), "it is about the cart");
/// assert_eq!(spent.to_string(), "goods for 50.00 EUR or more");
/// # Ok::<(), sutler_core::money::MoneyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Condition {
    /// One of these codes was entered.
    Coupon {
        /// The codes.
        codes: Vec<CouponCode>,
    },
    /// A code of this batch was entered.
    CouponBatch {
        /// The batch.
        batch: CouponBatchId,
    },
    /// The goods of the cart cost this much or more before discounts.
    MinSubtotal {
        /// How much.
        amount: Money,
    },
    /// The lines it is for cost this much or more together before discounts.
    MinGoods {
        /// How much.
        amount: Money,
    },
    /// The lines it is for hold this many units or more together.
    MinQuantity {
        /// How many units.
        quantity: u32,
    },
    /// It is sold in one of these channels.
    Channel {
        /// The channels.
        channels: Vec<ChannelId>,
    },
    /// The buyer is in one of these groups.
    CustomerGroup {
        /// The groups.
        groups: Vec<String>,
    },
    /// The buyer has placed no order before. Does not hold while nobody knows who buys.
    FirstOrder,
    /// One of these delivery methods is chosen.
    DeliveryMethod {
        /// Codes of the methods.
        methods: Vec<String>,
    },
    /// The clock on a wall shows a weekday and time.
    Calendar(Calendar),
    /// For goods in one of these categories or below.
    Category {
        /// The categories.
        categories: Vec<CategoryId>,
    },
    /// For goods in one of these collections.
    Collection {
        /// The collections.
        collections: Vec<CollectionId>,
    },
    /// For these products.
    Product {
        /// The products.
        products: Vec<ProductId>,
    },
    /// For these variants.
    Variant {
        /// The variants.
        variants: Vec<VariantId>,
    },
    /// For goods with an attribute.
    Attribute(AttributeTest),
    /// For goods that fulfill one of these conditions on goods.
    Any {
        /// The conditions.
        conditions: Vec<Condition>,
    },
    /// For goods that do not fulfill a condition on goods.
    Not {
        /// The condition.
        condition: Box<Condition>,
    },
}

/// What an attribute must be: one of some values, or a number within a half-open range.
///
/// ```
/// use sutler_core::catalog::AttributeValue;
/// use sutler_core::pricing::AttributeTest;
///
/// let dim: AttributeTest = serde_json::from_str(r#"{ "name": "watts", "below": "40" }"#)?;
/// assert!(dim.holds(&AttributeValue::Integer(39)));
/// assert!(!dim.holds(&AttributeValue::Integer(40)));
/// assert!(!dim.holds(&AttributeValue::Text("dim".to_owned())), "a range is for numbers");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AttributeTest {
    /// Name of the attribute.
    pub name: String,
    /// Values of which it must have one; none: any value. A whole number equals the same decimal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<AttributeValue>,
    /// The least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<Decimal>,
    /// The first number that is too much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Decimal>,
}

impl AttributeTest {
    /// Tells whether a value passes.
    pub fn holds(&self, value: &AttributeValue) -> bool {
        let number = number(value);
        let same = |wanted: &AttributeValue| {
            wanted == value || number.is_some() && number == self::number(wanted)
        };
        let in_range = match (self.at_least, self.below) {
            (None, None) => true,
            (least, end) => number.is_some_and(|number| {
                least.is_none_or(|least| least <= number) && end.is_none_or(|end| number < end)
            }),
        };
        in_range && (self.values.is_empty() || self.values.iter().any(same))
    }
}

fn number(value: &AttributeValue) -> Option<Decimal> {
    match value {
        AttributeValue::Integer(number) => Some(Decimal::from(*number)),
        AttributeValue::Decimal(number) => Some(*number),
        AttributeValue::Text(_) | AttributeValue::Flag(_) => None,
    }
}

impl Condition {
    /// Tells whether it is about goods, and so also chooses lines.
    pub fn is_on_goods(&self) -> bool {
        match self {
            Condition::Category { .. }
            | Condition::Collection { .. }
            | Condition::Product { .. }
            | Condition::Variant { .. }
            | Condition::Attribute(_) => true,
            Condition::Any { conditions } => conditions.iter().all(Condition::is_on_goods),
            Condition::Not { condition } => condition.is_on_goods(),
            _ => false,
        }
    }

    /// Tells whether goods fulfill it. A condition on the cart is fulfilled by all goods.
    pub fn is_for(&self, goods: &VariantFacts) -> bool {
        match self {
            Condition::Category { categories } => {
                categories.iter().any(|id| goods.categories.contains(id))
            }
            Condition::Collection { collections } => {
                collections.iter().any(|id| goods.collections.contains(id))
            }
            Condition::Product { products } => products.contains(&goods.product),
            Condition::Variant { variants } => variants.contains(&goods.variant),
            Condition::Attribute(test) => goods
                .attributes
                .iter()
                .any(|attribute| attribute.name == test.name && test.holds(&attribute.value)),
            Condition::Any { conditions } => conditions.iter().any(|one| one.is_for(goods)),
            Condition::Not { condition } => !condition.is_for(goods),
            _ => true,
        }
    }

    /// Tells whether it names this collection, itself or within `any` and `not`.
    pub(super) fn names_collection(&self, id: CollectionId) -> bool {
        let names = |one: &Condition| matches!(one, Condition::Collection { collections } if collections.contains(&id));
        self.mentions(&names)
    }

    /// Tells whether it names collections, itself or within `any` and `not`.
    pub(crate) fn names_collections(&self) -> bool {
        self.mentions(&|condition| matches!(condition, Condition::Collection { .. }))
    }

    /// Tells whether it names variants, itself or within `any` and `not`.
    pub(crate) fn names_variants(&self) -> bool {
        self.mentions(&|condition| matches!(condition, Condition::Variant { .. }))
    }

    fn mentions(&self, what: &impl Fn(&Condition) -> bool) -> bool {
        match self {
            Condition::Any { conditions } => conditions.iter().any(|one| one.mentions(what)),
            Condition::Not { condition } => condition.mentions(what),
            condition => what(condition),
        }
    }

    /// Returns the codes of a coupon condition.
    pub(super) fn codes(&self) -> Option<&[CouponCode]> {
        if let Condition::Coupon { codes } = self { Some(codes) } else { None }
    }

    /// Returns the batch of a condition on one.
    pub(super) fn batch(&self) -> Option<CouponBatchId> {
        if let Condition::CouponBatch { batch } = self { Some(*batch) } else { None }
    }

    /// Says what makes it impossible to fulfill, or pointless.
    pub(crate) fn contradiction(&self) -> Option<&'static str> {
        let empty = match self {
            Condition::Coupon { codes } => codes.is_empty(),
            Condition::Channel { channels } => channels.is_empty(),
            Condition::CustomerGroup { groups } => groups.is_empty(),
            Condition::DeliveryMethod { methods } => methods.is_empty(),
            Condition::Category { categories } => categories.is_empty(),
            Condition::Collection { collections } => collections.is_empty(),
            Condition::Product { products } => products.is_empty(),
            Condition::Variant { variants } => variants.is_empty(),
            Condition::MinSubtotal { amount } | Condition::MinGoods { amount } => {
                let why = "needs a subtotal below zero; it is zero or above";
                return amount.is_negative().then_some(why);
            }
            Condition::Attribute(test) => return test.contradiction(),
            Condition::Any { conditions } => {
                let inner = conditions.iter().find_map(Condition::contradiction);
                if inner.is_some() || !self.is_on_goods() {
                    return inner.or(Some("has `any` of conditions that are not all about goods"));
                }
                conditions.is_empty()
            }
            Condition::Not { condition } => {
                let why = "negates a condition that is not about goods";
                return condition
                    .contradiction()
                    .or_else(|| (!condition.is_on_goods()).then_some(why));
            }
            Condition::CouponBatch { .. }
            | Condition::FirstOrder
            | Condition::Calendar(_)
            | Condition::MinQuantity { .. } => false,
        };
        empty.then_some("has a condition with an empty list that nobody can fulfill; leave it out")
    }
}

impl AttributeTest {
    fn contradiction(&self) -> Option<&'static str> {
        if self.name.trim().is_empty() {
            Some("tests an attribute without a name")
        } else if self.values.is_empty() && self.at_least.is_none() && self.below.is_none() {
            Some("tests an attribute for nothing; give values or a range")
        } else if matches!((self.at_least, self.below), (Some(least), Some(end)) if end <= least) {
            Some("tests an attribute for an empty range; `at_least` is smaller than `below`")
        } else {
            None
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Coupon { codes } => write!(f, "with the coupon {}", join(codes)),
            Condition::CouponBatch { batch } => write!(f, "with a coupon of {batch}"),
            Condition::MinSubtotal { amount } => write!(f, "goods for {amount} or more"),
            Condition::MinGoods { amount } => write!(f, "{amount} or more of these goods"),
            Condition::MinQuantity { quantity } => write!(f, "{quantity} units or more"),
            Condition::Channel { .. } => f.write_str("in some channels"),
            Condition::CustomerGroup { groups } => write!(f, "for {}", groups.join(", ")),
            Condition::FirstOrder => f.write_str("on a first order"),
            Condition::DeliveryMethod { methods } => {
                write!(f, "with delivery {}", methods.join(", "))
            }
            Condition::Calendar(calendar) => calendar.fmt(f),
            Condition::Category { .. } => f.write_str("for some categories"),
            Condition::Collection { .. } => f.write_str("for some collections"),
            Condition::Product { .. } => f.write_str("for some products"),
            Condition::Variant { .. } => f.write_str("for some variants"),
            Condition::Attribute(test) => write!(f, "for goods by their {}", test.name),
            Condition::Any { conditions } => {
                for (index, condition) in conditions.iter().enumerate() {
                    write!(f, "{}{condition}", if index == 0 { "" } else { " or " })?;
                }
                Ok(())
            }
            Condition::Not { condition } => write!(f, "not {condition}"),
        }
    }
}

fn join(words: &[CouponCode]) -> String {
    words.iter().map(CouponCode::as_str).collect::<Vec<_>>().join(", ")
}
