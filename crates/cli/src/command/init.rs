//! `sutler init`: a new shop with the rows to start from.

use sutler_core::address::CountryCode;
use sutler_core::country::{self, Country};
use sutler_core::money::{Currency, Money, Rate};
use sutler_core::rejection::Rejection;
use sutler_engine::Shop;
use sutler_engine::flow::setup::InitCommand;

use crate::answer::Answer;
use crate::context::Context;
use crate::error::CommandError;
use crate::parse::{self, TypedMoney};
use crate::view::SetupView;

/// What standard delivery costs in currencies where that is a usual amount, in minor units.
const DELIVERY_MINOR: i64 = 490;

/// Currencies in which [`DELIVERY_MINOR`] is a usual amount.
const DELIVERY_IN: [&str; 7] = ["EUR", "USD", "GBP", "CHF", "CAD", "AUD", "NZD"];

/// Set a new shop up: channel `web`, stock location `main`, a tax zone, delivery `standard` and `pickup`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler init --currency EUR --store sqlite:new.db
  sutler init --currency GBP --delivery-rate 3.95 --free-over 50 --store sqlite:uk.db
  sutler init --demo --store sqlite:demo.db

The country follows from the currency (EUR: DE) and the tax rate from the country; both can be given.")]
pub(crate) struct InitArgs {
    /// Currency of the shop, an ISO 4217 code
    #[arg(long, value_parser = parse::currency, value_name = "CODE", required_unless_present = "demo")]
    currency: Option<Currency>,
    /// Bring the bundled catalog in, with prices and stock (EUR)
    #[arg(long, conflicts_with = "currency")]
    demo: bool,
    /// Name of the shop
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Country of the shop, and of buyers until they say: two capital letters
    #[arg(long, value_name = "CODE")]
    country: Option<CountryCode>,
    /// Tax on ordinary goods, in percent
    #[arg(long, value_parser = parse::percent, value_name = "PERCENT")]
    tax_percent: Option<Rate>,
    /// Prices are without tax, which is added to them
    #[arg(long)]
    prices_without_tax: bool,
    /// What standard delivery costs
    #[arg(long, value_parser = parse::amount, value_name = "AMOUNT")]
    delivery_rate: Option<TypedMoney>,
    /// From which subtotal on standard delivery is free
    #[arg(long, value_parser = parse::amount, value_name = "AMOUNT")]
    free_over: Option<TypedMoney>,
}

impl InitArgs {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let currency = self.currency.unwrap_or(sutler::demo::CURRENCY);
        let (country, known) = self.country(currency)?;
        let tax_rate = match (self.tax_percent, known) {
            (Some(rate), _) => rate,
            (None, Some(known)) => Rate::percent(known.percent).map_err(Rejection::from)?,
            (None, None) => Rate::percent("0").map_err(Rejection::from)?,
        };
        let delivery_rate = match &self.delivery_rate {
            Some(amount) => amount.in_currency(currency)?,
            None if DELIVERY_IN.contains(&currency.code()) => {
                Money::from_minor(DELIVERY_MINOR, currency)
            }
            None => Money::zero(currency),
        };
        let free_over =
            self.free_over.as_ref().map(|amount| amount.in_currency(currency)).transpose()?;
        let shop = context.new_shop()?;
        let setup = shop.init(&InitCommand {
            name: self.name.clone().unwrap_or_else(|| {
                if self.demo { "Sutler's Wagon".to_owned() } else { "Shop".to_owned() }
            }),
            currency,
            country,
            tax_inclusive: !self.prices_without_tax && known.is_none_or(|known| known.inclusive),
            tax_rate,
            delivery_rate,
            delivery_free_over: free_over,
        })?;
        if self.demo {
            bring_catalog_in(&shop)?;
        }
        let size = shop.store().catalog_size()?;
        let store = context.url()?.to_string();
        let mut answer = Answer::one(SetupView::new(&setup, &store, size.products, size.variants));
        if self.tax_percent.is_none() {
            let how = "the rate of the country; give another with --tax-percent";
            answer = answer.summary(format!("tax is {} %, {how}", tax_rate.percent_text()));
        }
        if delivery_rate.is_zero() && self.delivery_rate.is_none() {
            answer = answer
                .warning("standard delivery costs nothing; say what it costs with --delivery-rate");
        }
        Ok(if self.demo {
            answer.next(context.hint("search \"enamel kettle\"")).next(context.hint("product list"))
        } else {
            answer.next(context.hint("import products.csv --dry-run"))
        })
    }

    /// Returns the country, and what is known of it.
    fn country(&self, currency: Currency) -> Result<(CountryCode, Option<Country>), CommandError> {
        let known = match self.country {
            Some(code) => return Ok((code, country::by_code(code.as_str()))),
            None => country::by_currency(currency),
        };
        let Some(known) = known else {
            return Err(CommandError::Usage {
                code: "country.missing",
                message: format!("{currency} does not say in which country the shop is"),
                help: Some("say it, such as --country KE --tax-percent 16".to_owned()),
            });
        };
        Ok((known.code.parse().map_err(Rejection::from)?, Some(known)))
    }
}

/// Imports the bundled catalog.
fn bring_catalog_in(shop: &Shop) -> Result<(), CommandError> {
    super::import::import_text(shop, sutler::demo::CATALOG, sutler::demo::CATALOG_NAME)
}
