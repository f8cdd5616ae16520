//! What each command answers: the fields of its JSON, and its text for people.
//!
//! Field names are a contract: snake_case, amounts as `{"amount":"19.99","currency":"EUR"}`, moments as RFC 3339 in UTC,
//! absent values as `null` and never left out. [`SCHEMA`] is raised when a field changes its meaning or goes; a new field does not
//! raise it. The macro [`view!`] declares a view once and gives both its JSON and its JSON Schema (`sutler schema`), with
//! the comments of the fields as descriptions, so that the three cannot disagree.

mod cart;
mod category;
mod channel;
mod check;
mod collection;
mod copy;
mod coupon;
mod credit;
mod customer;
mod delivery;
pub(crate) mod describe;
mod error;
mod event;
mod fulfillment;
mod import;
mod order;
mod order_text;
mod price;
mod product;
mod promotion;
mod quote;
mod replica;
mod rule;
mod search;
mod setting;
mod setup;
mod sheet;
mod shop;
mod simulate;
mod stock;
mod tax;

pub(crate) use cart::{CartView, CheckoutPlanView, MergedView};
pub(crate) use category::CategoryTreeView;
pub(crate) use channel::{ChannelList, ChannelRow};
pub(crate) use check::{BackupView, CheckView, DoctorView, IndexView, RecoveryView, VerifyView};
pub(crate) use collection::{CollectionList, CollectionRow};
pub(crate) use copy::CopyList;
pub(crate) use coupon::CouponCodeList;
pub(crate) use credit::{
    GiftCardList, GiftCardRow, GiftCardShown, StoreCreditList, StoreCreditRow, StoreCreditShown,
};
pub(crate) use customer::{CustomerList, CustomerRow};
pub(crate) use delivery::{
    DeliveryMethodList, DeliveryMethodRow, DeliveryMethodShown, FeeList, FeeRow,
};
pub(crate) use describe::{Describe, document, either, line, read_document};
pub(crate) use error::ErrorView;
pub(crate) use event::{EventList, EventRow};
pub(crate) use fulfillment::{FulfillmentView, PlanView};
pub(crate) use import::{DifferenceView, ExportView, ImportView, report_of_group};
pub(crate) use order::{OrderList, OrderRow, OrderShown, PlacedView, RefundPlanView, RefundedView};
pub(crate) use price::{PriceExportView, PriceHistoryList, PriceShown};
pub(crate) use product::{Offer, ProductList, ProductRow, ProductShown};
pub(crate) use promotion::{PromotionAdded, PromotionShown, PromotionTested};
pub(crate) use quote::{ExplainView, QuoteView, TraceView};
pub(crate) use replica::ReadStoreView;
pub(crate) use rule::{LocationList, LocationRow, PromotionList, PromotionRow};
pub(crate) use search::SearchView;
pub(crate) use setting::{CodeView, ExitCodeList, ExitCodeRow, SettingList, SettingRow};
pub(crate) use setup::SetupView;
pub(crate) use sheet::Sheet;
pub(crate) use shop::{DroppedView, ShopList, ShopRow};
pub(crate) use simulate::SimulationView;
pub(crate) use stock::{MovementList, MovementRow, StockShown};
pub(crate) use tax::{HomeView, TaxImportView, TaxRateList, TaxRateRow};

/// The version of the JSON that this program writes.
pub(crate) const SCHEMA: u32 = 1;

/// Declares a view: a struct that is serialized and described.
macro_rules! view {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $field_doc:literal])+ $field:ident: $kind:ty,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, serde::Serialize)]
        pub(crate) struct $name {
            $($(#[doc = $field_doc])+ pub(crate) $field: $kind,)+
        }

        impl $crate::view::Describe for $name {
            fn describe() -> serde_json::Value {
                $crate::view::describe::object(
                    &[$($doc),+],
                    vec![$((stringify!($field), &[$($field_doc),+][..], <$kind as $crate::view::Describe>::describe())),+],
                )
            }
        }
    };
}
pub(crate) use view;
