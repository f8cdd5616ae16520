//! Tax: categories of goods, zones of the world, rates, and what they come to.
//!
//! [`TaxCategory`], [`TaxZone`] and [`TaxRate`] are what a shop says; [`TaxLine`] is what a quote answers. A buyer may be
//! spared the tax: [`BuyerTax`] is what the buyer claims, [`TaxRelief`] what came of it. [`EuVat`] is a dated table of the
//! rates of the European Union to start from, [`TaxRateDraft`] a rate as a file writes it, and [`plan_tax_import`] decides
//! what such a file changes.
//!
//! Invariants
//! * A missing rate is never read as zero: zero is a rate.
//! * Of the zones that cover an address the one that describes it most closely decides, and it alone.
//! * `net + tax == gross` for everything that is charged, with any number of rates, also when they stand on one another.
//!
//! Deliberately absent: asking VIES or any other registry, filing, and lists of which goods a reduced rate is for.

mod category;
mod eu;
mod line;
mod outside;
mod plan;
mod rate;
mod relief;
mod taking;
mod vat_check;
mod vat_id;
mod zone;

pub use category::TaxCategory;
pub use eu::{EU_VAT, EuVat, EuVatRate};
pub use line::{TaxLine, TaxTreatment};
pub use outside::{AnsweredTax, TaxAnswer, TaxRequest, TaxableCharge};
pub use plan::{TaxImportPlan, TaxRateDraft, plan_tax_import};
pub use rate::TaxRate;
pub use relief::{BuyerTax, QuoteTax, ReverseChargeRefusal, TaxRelief, reverse_charge};
pub(super) use taking::{Charge, How, Kind, Place, Taxed};
pub use vat_id::{VatId, VatIdError, is_in_eu};
pub use zone::TaxZone;
