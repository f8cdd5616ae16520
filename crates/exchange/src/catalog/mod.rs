//! Product tables of every format: scanned once, then streamed as drafts, product by product.
//!
//! * [`layout`]: what each column says. The only thing a format contributes.
//! * [`scan`]: pass 1. Structure, decimal marks, where each product's rows are, repeated SKUs.
//! * [`assemble`]: the rows of one product become one draft, or faults.
//! * [`stream`]: pass 2. Product after product, in order of first appearance.
//!
//! Invariants
//! * Memory does not depend on the size of cells and grows by at most 48 bytes a row; one product is in memory at once.
//! * A row is used, or it is refused with a diagnostic and kept for the reject file; none disappears.
//! * A row with another number of cells than the header is refused, never padded.

pub(crate) mod assemble;
mod checks;
mod image;
pub(crate) mod index;
pub(crate) mod layout;
pub(crate) mod options;
pub(crate) mod row;
pub(crate) mod scan;
mod shift;
pub(crate) mod stream;
mod texts;
