//! Bringing outside data in: drafts as a file states them, diagnostics about its rows, and (in `plan`) the pure
//! comparison of drafts with what the shop holds.

mod diagnostic;
mod difference;
mod draft;
mod plan;
mod run;

pub use diagnostic::{Diagnostic, Place, Severity};
pub use difference::Difference;
pub use draft::{ImageDraft, ProductDraft, Said, StockDraft, VariantDraft};
pub use plan::{
    Danger, Existing, InitialStock, PlanContext, PlannedProduct, ProductChange, plan_product,
};
pub use run::ImportRun;
