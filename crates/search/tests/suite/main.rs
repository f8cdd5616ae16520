//! What the search promises, through its public face alone.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod facets;
mod filters;
mod folder;
mod moment;
mod oracle;
mod order;
mod shop;
mod words;
