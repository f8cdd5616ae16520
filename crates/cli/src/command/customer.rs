//! `sutler customer`: who buys, over many orders.

use sutler::UuidSource;
use sutler_core::customer::Customer;
use sutler_core::id::CustomerId;
use sutler_core::port::IdSource;
use sutler_core::pricing::{BuyerTax, VatId, VatIdError};

use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::view::{CustomerList, CustomerRow};

/// Customers: their group decides price lists and promotions
#[derive(Debug, clap::Subcommand)]
pub(crate) enum CustomerCommand {
    Add(AddArgs),
    List(ListArgs),
    Set(SetArgs),
    Show(ShowArgs),
}

/// Add a customer
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler customer add ada@example.com
  sutler customer add trader@example.com --group trade --vat-id ATU13585627

A cart that is given to a customer (cart new --customer) is priced with the customer's group and tax. Whoever only types
an address at the checkout stays a guest.")]
pub(crate) struct AddArgs {
    /// E-mail address; capital letters and small ones are the same
    email: String,
    /// The group that price lists and promotions name
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// VAT id of a business in the EU
    #[arg(long, value_name = "NUMBER")]
    vat_id: Option<VatId>,
    /// Why this customer pays no tax
    #[arg(long, value_name = "REASON")]
    tax_exempt: Option<String>,
}

/// List customers
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler customer list
  sutler customer list --limit 100 --format csv")]
pub(crate) struct ListArgs {
    /// Only those after this one
    #[arg(long, value_name = "ID")]
    after: Option<CustomerId>,
    /// The most to list
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: u16,
}

/// Change a customer; what is not named stays
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler customer set trader@example.com --group trade
  sutler customer set trader@example.com --group '' --vat-id ''

An empty text takes the group, the VAT id or the exemption away.")]
pub(crate) struct SetArgs {
    /// Id or e-mail address
    customer: String,
    /// The new address
    #[arg(long, value_name = "EMAIL")]
    email: Option<String>,
    /// The group that price lists and promotions name
    #[arg(long, value_name = "GROUP")]
    group: Option<String>,
    /// VAT id of a business in the EU
    #[arg(long, value_name = "NUMBER")]
    vat_id: Option<VatIdOrNone>,
    /// Why this customer pays no tax
    #[arg(long, value_name = "REASON")]
    tax_exempt: Option<String>,
}

/// Show a customer
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler customer show trader@example.com
  sutler customer show trader@example.com --json")]
pub(crate) struct ShowArgs {
    /// Id or e-mail address
    customer: String,
}

impl CustomerCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        match self {
            CustomerCommand::Add(args) => args.run(context),
            CustomerCommand::List(args) => args.run(context),
            CustomerCommand::Set(args) => args.run(context),
            CustomerCommand::Show(args) => {
                Ok(shown(&context.shop()?.find_customer(&args.customer)?))
            }
        }
    }
}

impl AddArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let tax = BuyerTax { vat_id: self.vat_id.clone(), exemption: self.tax_exempt.clone() };
        let customer = shop.customer_put(&Customer {
            id: CustomerId::from_u128(UuidSource.next_id()),
            email: self.email.clone(),
            group: self.group.clone(),
            tax,
            created_at: shop.now(),
            version: 0,
        })?;
        let next = context.hint(format!("cart new --customer {}", customer.email));
        Ok(shown(&customer).summary(format!("added the customer {}", customer.email)).next(next))
    }
}

impl ListArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let limit = usize::from(self.limit);
        let found = context.reader()?.customer_list(self.after, limit)?;
        let more = found.last().filter(|_| found.len() == limit).map(|last| last.id);
        let customers = found.iter().map(CustomerRow::from).collect();
        let answer = Answer::many(CustomerList { customers });
        Ok(match more {
            Some(last) => {
                let next = format!("customer list --limit {} --after {last}", self.limit);
                answer.next(context.hint(next))
            }
            None => answer,
        })
    }
}

impl SetArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let mut customer = shop.find_customer(&self.customer)?;
        if let Some(email) = &self.email {
            customer.email.clone_from(email);
        }
        if let Some(group) = &self.group {
            customer.group = given(group);
        }
        if let Some(vat_id) = &self.vat_id {
            customer.tax.vat_id = vat_id.0.clone();
        }
        if let Some(reason) = &self.tax_exempt {
            customer.tax.exemption = given(reason);
        }
        let customer = shop.customer_put(&customer)?;
        Ok(shown(&customer).summary(format!("the customer {} is written", customer.email)))
    }
}

/// A VAT id, or an empty text for none.
#[derive(Clone, Debug)]
struct VatIdOrNone(Option<VatId>);

impl std::str::FromStr for VatIdOrNone {
    type Err = VatIdError;

    fn from_str(text: &str) -> Result<Self, VatIdError> {
        given(text).map(|number| number.parse()).transpose().map(Self)
    }
}

/// Returns a text; an empty one takes something away.
fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn shown(customer: &Customer) -> Answer {
    Answer::one(CustomerRow::from(customer))
}
