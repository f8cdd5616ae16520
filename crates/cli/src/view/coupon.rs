//! Coupon codes that were made in a batch.

use std::path::Path;

use sutler_core::pricing::CouponCode;

use super::view;
use crate::answer::{List, Row};
use crate::plural::counted;
use crate::table::{Column, Side};

view! {
    /// A coupon code.
    CouponCodeRow {
        /// The code.
        code: String,
    }
}

view! {
    /// Coupon codes of a promotion.
    CouponCodeList {
        /// The promotion, as it was named.
        promotion: String,
        /// How many codes.
        count: u64,
        /// The file that the codes were written to.
        file: Option<String>,
        /// The codes; none when they were written to a file.
        codes: Vec<CouponCodeRow>,
    }
}

impl CouponCodeList {
    pub(crate) fn new(promotion: &str, codes: Vec<CouponCode>, file: Option<&Path>) -> Self {
        let codes: Vec<CouponCodeRow> =
            codes.into_iter().map(|code| CouponCodeRow { code: code.into() }).collect();
        Self {
            promotion: promotion.to_owned(),
            count: u64::try_from(codes.len()).unwrap_or(u64::MAX),
            file: file.map(|file| file.display().to_string()),
            codes,
        }
    }
}

impl Row for CouponCodeRow {
    const COLUMNS: &'static [Column] = &[("CODE", Side::Left)];
    const FIELDS: &'static [&'static str] = &["code"];

    fn cells(&self) -> Vec<String> {
        vec![self.code.clone()]
    }

    fn fields(&self) -> Vec<String> {
        vec![self.code.clone()]
    }
}

impl List for CouponCodeList {
    type Row = CouponCodeRow;

    fn rows(&self) -> &[CouponCodeRow] {
        &self.codes
    }

    fn when_empty(&self) -> String {
        match &self.file {
            Some(file) => format!("{} written to {file}", counted(self.count, "code", "codes")),
            None => "no codes".to_owned(),
        }
    }
}
