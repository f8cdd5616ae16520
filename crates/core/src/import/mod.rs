//! Bringing outside data in: drafts as a file states them, diagnostics about its rows, and (in `plan`) the pure
//! comparison of drafts with what the shop holds.

mod diagnostic;
mod draft;
mod plan;
mod run;

pub use diagnostic::{Diagnostic, Place, Severity};
pub use draft::{ImageDraft, ProductDraft, Said, StockDraft, VariantDraft};
pub use plan::{
    Danger, Difference, Existing, InitialStock, PlanContext, PlannedProduct, ProductChange,
    plan_product,
};
pub use run::ImportRun;
