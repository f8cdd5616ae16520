//! Bringing outside data in: drafts as a file states them, diagnostics about its rows, and (in `plan`) the pure
//! comparison of drafts with what the shop holds; those of price lists stand in `price`.

mod diagnostic;
mod difference;
mod draft;
mod plan;
mod price;
mod run;

pub use diagnostic::{Diagnostic, Place, Severity};
pub use difference::Difference;
pub use draft::{ImageDraft, ProductDraft, Said, StockDraft, VariantDraft};
pub use plan::{
    Danger, Existing, InitialStock, PlanContext, PlannedProduct, ProductChange, plan_product,
};
pub use price::{
    PlannedPrice, PlannedPriceList, PriceChange, PriceDraft, PriceListDraft, plan_price,
    plan_price_list,
};
pub use run::ImportRun;
