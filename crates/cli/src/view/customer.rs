//! Customers.

use sutler_core::customer::Customer;
use sutler_core::id::CustomerId;
use sutler_core::pricing::VatId;
use sutler_core::time::Timestamp;

use super::{Sheet, view};
use crate::answer::{List, Row, Show};
use crate::page::Page;
use crate::table::{Column, Side};

view! {
    /// Who buys, over many orders.
    CustomerRow {
        /// Identity.
        id: CustomerId,
        /// Where to write to, in small letters.
        email: String,
        /// The group that price lists and promotions name.
        group: Option<String>,
        /// VAT id of a business in the EU.
        vat_id: Option<String>,
        /// Why this customer pays no tax.
        tax_exemption: Option<String>,
        /// When it was made.
        created_at: Timestamp,
    }
}

view! {
    /// Customers.
    CustomerList {
        /// The customers, by id.
        customers: Vec<CustomerRow>,
    }
}

impl From<&Customer> for CustomerRow {
    fn from(customer: &Customer) -> Self {
        Self {
            id: customer.id,
            email: customer.email.clone(),
            group: customer.group.clone(),
            vat_id: customer.tax.vat_id.as_ref().map(VatId::to_string),
            tax_exemption: customer.tax.exemption.clone(),
            created_at: customer.created_at,
        }
    }
}

impl Show for CustomerRow {
    fn show(&self, page: &Page) -> String {
        let mut sheet = Sheet::new(page);
        sheet.title("Customer", &self.email);
        sheet.pair("id", &self.id.to_string());
        sheet.some("group", self.group.as_deref());
        sheet.some("VAT id", self.vat_id.as_deref());
        sheet.some("no tax", self.tax_exemption.as_deref());
        sheet.pair("since", &self.created_at.to_string());
        sheet.finish()
    }
}

impl Row for CustomerRow {
    const COLUMNS: &'static [Column] = &[
        ("EMAIL", Side::Left),
        ("GROUP", Side::Left),
        ("VAT ID", Side::Left),
        ("NO TAX", Side::Left),
        ("ID", Side::Left),
    ];
    const FIELDS: &'static [&'static str] =
        &["id", "email", "group", "vat_id", "tax_exemption", "created_at"];

    fn cells(&self) -> Vec<String> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        vec![
            self.email.clone(),
            text(&self.group),
            text(&self.vat_id),
            text(&self.tax_exemption),
            self.id.to_string(),
        ]
    }

    fn fields(&self) -> Vec<String> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        vec![
            self.id.to_string(),
            self.email.clone(),
            text(&self.group),
            text(&self.vat_id),
            text(&self.tax_exemption),
            self.created_at.to_string(),
        ]
    }
}

impl List for CustomerList {
    type Row = CustomerRow;

    fn rows(&self) -> &[CustomerRow] {
        &self.customers
    }

    fn when_empty(&self) -> String {
        "no customers".to_owned()
    }
}
