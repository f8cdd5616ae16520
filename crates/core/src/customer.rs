//! Customers: who buys, over many orders, as far as prices and tax depend on it.
//!
//! A customer is who the *program* says that buys: a cart belongs to a customer by id. An e-mail address that somebody
//! types makes nobody a customer, for anybody can type any address; so a guest has no group and no exemption, whatever
//! address an order goes to.
//!
//! Deliberately absent: passwords, sessions, address books, consent. They belong to the program around the shop.

use serde::{Deserialize, Serialize};

use crate::id::CustomerId;
use crate::order::check_email;
use crate::pricing::BuyerTax;
use crate::rejection::Rejection;
use crate::shown::shown;
use crate::time::Timestamp;

/// The most characters that a customer group or the reason of an exemption may have.
const TEXT_MAX: usize = 100;

/// Who buys, over many orders.
///
/// ```
/// use sutler_core::customer::Customer;
/// # use sutler_core::id::CustomerId;
/// # use sutler_core::pricing::BuyerTax;
/// # use sutler_core::time::Timestamp;
///
/// let trader = Customer {
///     id: CustomerId::from_u128(1),
///     email: "ada@example.com".to_owned(),
///     group: Some("trade".to_owned()),
///     tax: BuyerTax { vat_id: Some("ATU13585627".parse()?), exemption: None },
///     created_at: Timestamp::from_millis(0),
///     version: 1,
/// };
/// assert_eq!(trader.check(), Ok(()));
/// let shouted = Customer { email: "Ada@Example.com".to_owned(), ..trader.clone() };
/// assert_eq!(shouted.check().map_err(|why| why.code()), Err("input.invalid"));
///
/// // What is said with a checkout goes before what is known.
/// let said = BuyerTax { vat_id: None, exemption: Some("certificate 7".to_owned()) };
/// assert_eq!(trader.claims(&BuyerTax::default()), trader.tax);
/// assert_eq!(trader.claims(&said).exemption.as_deref(), Some("certificate 7"));
/// # Ok::<(), sutler_core::pricing::VatIdError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Customer {
    /// Identity.
    pub id: CustomerId,
    /// Where to write to, normalized; unique.
    pub email: String,
    /// The group that price lists and promotions name; `None`: no group.
    pub group: Option<String>,
    /// What is known of it for tax.
    #[serde(default)]
    pub tax: BuyerTax,
    /// When it was made.
    pub created_at: Timestamp,
    /// Version for guarded writes; 0 before it is stored.
    pub version: u64,
}

impl Customer {
    /// Checks what one customer must keep true by itself.
    ///
    /// Errors: `email.invalid`; `input.invalid` for an address that is not normalized, or a group or exemption that is blank,
    /// too long, or has blanks around it or control characters in it.
    pub fn check(&self) -> Result<(), Rejection> {
        check_email(&self.email)?;
        if self.email != normalized_email(&self.email) {
            let why = "has capital letters or blanks around it; write it trimmed and small";
            return Err(bad("email", &self.email, why));
        }
        check_text("customer group", self.group.as_deref())?;
        check_text("tax exemption", self.tax.exemption.as_deref())
    }

    /// Returns what a quote is made with: what was said, and what is known of the customer where nothing was.
    pub fn claims(&self, said: &BuyerTax) -> BuyerTax {
        if said.is_private() { self.tax.clone() } else { said.clone() }
    }
}

/// Returns an e-mail address as it is compared: trimmed and in lower case.
///
/// ```
/// use sutler_core::customer::normalized_email;
///
/// assert_eq!(normalized_email(" Ada@Example.com "), "ada@example.com");
/// ```
pub fn normalized_email(email: &str) -> String {
    email.trim().to_lowercase()
}

fn check_text(what: &'static str, text: Option<&str>) -> Result<(), Rejection> {
    let Some(text) = text else { return Ok(()) };
    let good = !text.is_empty()
        && text.trim() == text
        && text.chars().count() <= TEXT_MAX
        && !text.chars().any(char::is_control);
    let why = "is blank, longer than 100 characters, begins or ends with a blank, or holds a control character";
    if good { Ok(()) } else { Err(bad(what, text, why)) }
}

fn bad(what: &'static str, given: &str, why: &str) -> Rejection {
    Rejection::BadInput { what, given: shown(given), why: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::moment;

    #[test]
    fn what_cannot_be_a_customer_is_refused() {
        let good = Customer {
            id: CustomerId::from_u128(1),
            email: "ada@example.com".to_owned(),
            group: None,
            tax: BuyerTax::default(),
            created_at: moment(0),
            version: 0,
        };
        assert_eq!(good.check(), Ok(()));
        let code = |customer: Customer| customer.check().map_err(|why| why.code());
        assert_eq!(
            code(Customer { email: "ada".to_owned(), ..good.clone() }),
            Err("email.invalid")
        );
        for group in ["", " trade", "trade\n", &"x".repeat(101)] {
            let grouped = Customer { group: Some(group.to_owned()), ..good.clone() };
            assert_eq!(code(grouped), Err("input.invalid"), "{group:?}");
        }
        let tax = BuyerTax { vat_id: None, exemption: Some(String::new()) };
        assert_eq!(code(Customer { tax, ..good }), Err("input.invalid"));
    }
}
