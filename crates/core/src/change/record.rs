//! Pointing at one record of the shop, whatever its kind.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::id::*;

macro_rules! record_ref {
    ($($kind:ident($id:ty) = $tag:literal,)+) => {
        /// Points at one record. In text it is the record's id, whose prefix says the kind.
        ///
        /// ```
        /// use sutler_core::change::RecordRef;
        /// use sutler_core::id::OrderId;
        ///
        /// let order = OrderId::from_u128(7);
        /// let subject = RecordRef::from(order);
        /// assert_eq!(subject.to_string(), order.to_string());
        /// assert_eq!(order.to_string().parse(), Ok(subject), "the prefix says the kind");
        /// assert_eq!(RecordRef::from_parts(subject.tag(), subject.raw()), Some(subject));
        /// assert_eq!(RecordRef::from_parts(0, 7), None);
        /// ```
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum RecordRef {
            $(
                #[doc = concat!("The record that a [`", stringify!($id), "`] names.")]
                $kind($id),
            )+
        }

        impl RecordRef {
            /// Returns the stable number of the kind, which stores keep.
            pub const fn tag(self) -> u8 {
                match self { $(RecordRef::$kind(_) => $tag,)+ }
            }

            /// Returns the raw id.
            pub const fn raw(self) -> u128 {
                match self { $(RecordRef::$kind(id) => id.to_u128(),)+ }
            }

            /// Rebuilds a reference from what [`Self::tag`] and [`Self::raw`] gave.
            pub const fn from_parts(tag: u8, raw: u128) -> Option<Self> {
                match tag { $($tag => Some(RecordRef::$kind(<$id>::from_u128(raw))),)+ _ => None }
            }
        }

        impl std::fmt::Display for RecordRef {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self { $(RecordRef::$kind(id) => id.fmt(f),)+ }
            }
        }

        impl std::str::FromStr for RecordRef {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                $(if let Ok(id) = text.parse::<$id>() { return Ok(RecordRef::$kind(id)); })+
                Err(ParseIdError::WrongPrefix { expected: "a known prefix", text: text.to_owned() })
            }
        }

        $(impl From<$id> for RecordRef {
            fn from(id: $id) -> Self {
                RecordRef::$kind(id)
            }
        })+
    };
}

record_ref! {
    Cart(CartId) = 1,
    Category(CategoryId) = 2,
    Channel(ChannelId) = 3,
    Checkout(CheckoutId) = 4,
    Customer(CustomerId) = 5,
    DeliveryMethod(DeliveryMethodId) = 6,
    Fulfillment(FulfillmentId) = 7,
    Order(OrderId) = 8,
    Payment(PaymentId) = 9,
    PriceList(PriceListId) = 10,
    Product(ProductId) = 11,
    Promotion(PromotionId) = 12,
    StockLocation(StockLocationId) = 13,
    TaxZone(TaxZoneId) = 14,
    Variant(VariantId) = 15,
    ImportRun(ImportRunId) = 16,
    Fee(FeeId) = 17,
    Collection(CollectionId) = 18,
    GiftCard(GiftCardId) = 20,
    StoreCredit(StoreCreditId) = 21,
}

impl Serialize for RecordRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RecordRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}
