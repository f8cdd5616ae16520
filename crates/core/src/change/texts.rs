//! Texts that people give: none may hold U+0000, which databases cannot keep or cannot read back.
//!
//! All texts of a record are looked at by walking it as it would be written, so that no field can be forgotten.
//!
//! Deliberately absent: what the shop or a provider wrote itself (quotes, facts of payments, checkouts); to refuse those
//! would stop a sale for a text that somebody gave long before.

use serde::{Serialize, Serializer, ser};

use super::{Change, ChangeSet, SetupChange, SetupKey, StockChange};
use crate::rejection::Rejection;
use crate::shown::shown;

impl ChangeSet {
    /// Refuses a text with U+0000.
    ///
    /// Errors: `input.invalid` with the text.
    ///
    /// ```
    /// use sutler_core::change::{Change, ChangeSet};
    /// use sutler_core::catalog::Category;
    /// # use sutler_core::id::{CategoryId, CommandId};
    /// # use sutler_core::time::Timestamp;
    ///
    /// # let mut set = ChangeSet::new(Timestamp::from_millis(0), CommandId::from_u128(1));
    /// let named = |name: &str| Category {
    ///     id: CategoryId::from_u128(1), parent: None, name: name.to_owned(), version: 1,
    /// };
    /// set.push(Change::Category(named("Apparel")));
    /// assert!(set.check_texts().is_ok());
    /// set.push(Change::Category(named("App\0arel")));
    /// assert_eq!(set.check_texts().unwrap_err().code(), "input.invalid");
    /// ```
    pub fn check_texts(&self) -> Result<(), Rejection> {
        self.changes.iter().try_for_each(check)
    }
}

fn check(change: &Change) -> Result<(), Rejection> {
    match change {
        Change::Setup(change) => check_setup(change),
        Change::Category(of) => of.serialize(Texts),
        Change::Product(of) => of.serialize(Texts),
        Change::Customer(of) => of.serialize(Texts),
        Change::Cart(of) => of.serialize(Texts),
        Change::Stock(StockChange::Move { movement, .. }) => movement.reason.serialize(Texts),
        Change::OrderOpened(of) => (&of.email, &of.ship_to).serialize(Texts),
        Change::Order { action, .. } => action.serialize(Texts),
        Change::PaymentOpened(of) => (&of.provider, &of.method).serialize(Texts),
        Change::Credit(of) => of.serialize(Texts),
        Change::CreditEntry(of) => of.serialize(Texts),
        Change::Fulfillment(of) => of.serialize(Texts),
        Change::ImportRun(of) => of.serialize(Texts),
        Change::Lease(of) => of.name().serialize(Texts),
        Change::Cursor { consumer, .. } => consumer.serialize(Texts),
        Change::Price(_)
        | Change::PriceRemoved { .. }
        | Change::Stock(_)
        | Change::Allocation(_)
        | Change::PaymentFact { .. }
        | Change::PaymentTask { .. }
        | Change::Checkout(_)
        | Change::PromotionUse { .. }
        | Change::PromotionUseReturned { .. }
        | Change::CouponCodes { .. } => Ok(()),
    }
    .map_err(|Found(text)| Rejection::BadInput {
        what: "the text",
        given: shown(&text.replace('\0', "\u{2400}")),
        why: "holds U+0000, which cannot be kept: take that character out".to_owned(),
    })
}

fn check_setup(change: &SetupChange) -> Result<(), Found> {
    match change {
        SetupChange::Shop(of) => of.serialize(Texts),
        SetupChange::Channel(of) => of.serialize(Texts),
        SetupChange::StockLocation(of) => of.serialize(Texts),
        SetupChange::PriceList(of) => of.serialize(Texts),
        SetupChange::TaxZone(of) => of.serialize(Texts),
        SetupChange::TaxRate(of) => of.serialize(Texts),
        SetupChange::DeliveryMethod(of) => of.serialize(Texts),
        SetupChange::Fee(of) => of.serialize(Texts),
        SetupChange::Promotion(of) => of.serialize(Texts),
        SetupChange::Collection(of) => of.serialize(Texts),
        SetupChange::Removed(SetupKey::TaxRate { name, .. }) => name.serialize(Texts),
        SetupChange::Removed(_) => Ok(()),
    }
}

/// The text that holds U+0000.
#[derive(Debug)]
struct Found(String);

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a text holds U+0000")
    }
}

impl std::error::Error for Found {}

impl ser::Error for Found {
    /// Whoever cannot write a record says why in words; they are no text of the record.
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Found(String::new())
    }
}

/// Goes over all texts of a record, and writes nothing.
#[derive(Clone, Copy)]
struct Texts;

macro_rules! pass_over {
    ($($method:ident: $kind:ty,)+) => {
        $(fn $method(self, _: $kind) -> Result<(), Found> {
            Ok(())
        })+
    };
}

impl Serializer for Texts {
    type Ok = ();
    type Error = Found;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    pass_over! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_i128: i128, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_u128: u128, serialize_f32: f32, serialize_f64: f64, serialize_bytes: &[u8],
        serialize_unit_struct: &'static str,
    }

    fn serialize_char(self, text: char) -> Result<(), Found> {
        self.serialize_str(text.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), Found> {
        if text.contains('\0') { Err(Found(text.to_owned())) } else { Ok(()) }
    }

    fn serialize_none(self) -> Result<(), Found> {
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Found> {
        Ok(())
    }

    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<(), Found> {
        value.serialize(self)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Found> {
        Ok(())
    }

    fn serialize_newtype_struct<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Found> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Found> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Found> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Found> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Found> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Found> {
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Found> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Found> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, Found> {
        Ok(self)
    }
}

macro_rules! each_part {
    ($($shape:ident $method:ident($($name:ident)?),)+) => {
        $(impl ser::$shape for Texts {
            type Ok = ();
            type Error = Found;

            fn $method<T: ?Sized + Serialize>(
                &mut self,
                $($name: &'static str,)?
                value: &T,
            ) -> Result<(), Found> {
                $(let _ = $name;)?
                value.serialize(*self)
            }

            fn end(self) -> Result<(), Found> {
                Ok(())
            }
        })+
    };
}

each_part! {
    SerializeSeq serialize_element(),
    SerializeTuple serialize_element(),
    SerializeTupleStruct serialize_field(),
    SerializeTupleVariant serialize_field(),
    SerializeStruct serialize_field(name),
    SerializeStructVariant serialize_field(name),
}

impl ser::SerializeMap for Texts {
    type Ok = ();
    type Error = Found;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), Found> {
        key.serialize(*self)
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), Found> {
        value.serialize(*self)
    }

    fn end(self) -> Result<(), Found> {
        Ok(())
    }
}
