//! `sutler cart`: filling a cart and asking what it costs.

use sutler_core::address::Address;
use sutler_core::change::IdempotencyKey;
use sutler_core::id::{CartId, CustomerId};
use sutler_core::pricing::{BuyerTax, VatId};
use sutler_core::quantity::Quantity;
use sutler_engine::Shop;
use sutler_engine::flow::cart::QuoteFor;

use super::shared::cart_shown;
use crate::answer::{Answer, One};
use crate::context::Context;
use crate::error::CommandError;
use crate::page::Page;
use crate::parse;
use crate::view::{CartView, MergedView, ReadStoreView};

/// Fill a cart and ask what it costs
#[derive(Debug, clap::Subcommand)]
pub(crate) enum CartCommand {
    New(NewArgs),
    Add(AddArgs),
    Set(SetArgs),
    Show(ShowArgs),
    Quote(QuoteArgs),
    Coupon(CouponArgs),
    Merge(MergeArgs),
}

/// Start an empty cart; its id is the only thing on stdout
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler cart new
  CART=$(sutler cart new --quiet); echo \"$CART\"
  sutler cart new --channel web --json

A cart of a customer is priced with the customer's group and tax; see `sutler customer`.")]
pub(crate) struct NewArgs {
    /// Code of the channel [default: web]
    #[arg(long, value_name = "CODE")]
    channel: Option<String>,
    /// Whose it is, by id or e-mail address; without one it is a guest's
    #[arg(long, value_name = "CUSTOMER")]
    customer: Option<String>,
    /// Same key, same cart: a repeated call starts no second one
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
}

/// Put units of a variant in
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler cart add \"$CART\" FEN-SKIL-26 2
  sutler cart add \"$CART\" \"field-skillet:30 cm\" 1 --key click-17")]
pub(crate) struct AddArgs {
    /// Id of the cart
    cart: CartId,
    /// SKU, barcode, id, or handle:option/option
    variant: String,
    /// Units
    #[arg(allow_negative_numbers = true, default_value = "1")]
    quantity: Quantity,
    /// Same key, same units: a repeated call adds nothing
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
}

/// Set the units of a variant; 0 takes it out
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler cart set \"$CART\" FEN-SKIL-26 3
  sutler cart set \"$CART\" FEN-SKIL-26 0")]
pub(crate) struct SetArgs {
    /// Id of the cart
    cart: CartId,
    /// SKU, barcode, id, or handle:option/option
    variant: String,
    /// Units that shall be in it
    #[arg(value_parser = parse::count, allow_negative_numbers = true)]
    quantity: u32,
}

/// Show a cart with what it costs now
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler cart show \"$CART\"
  sutler cart show \"$CART\" --json")]
pub(crate) struct ShowArgs {
    /// Id of the cart
    cart: CartId,
}

/// Price a cart for an address and a delivery method, as a checkout would
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler cart quote \"$CART\" --delivery standard
  sutler cart quote \"$CART\" --delivery standard \\
    --ship-to 'Ada Lovelace;St James Square 12;10115;Berlin;DE'")]
pub(crate) struct QuoteArgs {
    /// Id of the cart
    cart: CartId,
    /// Where the goods go: Name;Street 1;12345;City;DE, or with a region, US-CA
    #[arg(long, value_name = "ADDRESS")]
    ship_to: Option<Address>,
    /// Code of the delivery method
    #[arg(long, value_name = "CODE")]
    delivery: Option<String>,
    /// E-mail of the buyer: limits per customer count by it
    #[arg(long, value_name = "EMAIL")]
    email: Option<String>,
    /// Provider and method of payment, where fees depend on it
    #[arg(long, value_name = "PROVIDER:METHOD")]
    pay: Option<String>,
    /// VAT id of a business in the EU; the quote says what it changes
    #[arg(long, value_name = "NUMBER")]
    vat_id: Option<VatId>,
    /// Why this buyer pays no tax
    #[arg(long, value_name = "REASON")]
    tax_exempt: Option<String>,
}

/// Add a coupon; what it takes off is seen at once
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler cart coupon \"$CART\" WELCOME10

With --remove the coupon is taken out again.")]
pub(crate) struct CouponArgs {
    /// Id of the cart
    cart: CartId,
    /// The coupon's code
    code: String,
    /// Take the coupon out again
    #[arg(long)]
    remove: bool,
}

/// Move everything of one cart into another, as when a guest signs in
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler cart merge \"$GUEST_CART\" \"$CART\"")]
pub(crate) struct MergeArgs {
    /// The cart that is emptied and closed
    from: CartId,
    /// The cart that is filled
    into: CartId,
}

impl CartCommand {
    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        match self {
            CartCommand::New(args) => args.run(context),
            CartCommand::Add(args) => args.run(context),
            CartCommand::Set(args) => args.run(context),
            CartCommand::Show(args) => args.run(context),
            CartCommand::Quote(args) => args.run(context),
            CartCommand::Coupon(args) => args.run(context),
            CartCommand::Merge(args) => args.run(context),
        }
    }
}

/// A fresh cart: JSON shows all of it, text its id alone, so that a shell can keep it.
#[derive(Debug)]
struct Fresh(CartView);

impl One for Fresh {
    fn json(&self, pretty: bool, read: Option<&ReadStoreView>) -> serde_json::Result<String> {
        One::json(&self.0, pretty, read)
    }

    fn text(&self, _: &Page) -> String {
        format!("{}\n", self.0.id)
    }
}

impl NewArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let channel = self.channel.as_deref().unwrap_or(context.settings.channel());
        let customer = self.customer.as_deref().map(|text| customer_id(&shop, text)).transpose()?;
        let cart = shop.cart_new(channel, customer, self.key.clone())?;
        let view = cart_shown(&shop, &cart, &QuoteFor::default())?;
        Ok(Answer::one(Fresh(view)).next(context.hint(format!("cart add {} VARIANT QTY", cart.id))))
    }
}

impl AddArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let found = shop.find_variant(&self.variant)?;
        let cart = shop.cart_add(self.cart, found.variant.id, self.quantity, self.key.clone())?;
        let label = found.variant.label(&found.product.handle);
        let sentence = format!("added {} of {label}", self.quantity);
        Ok(Answer::one(cart_shown(&shop, &cart, &QuoteFor::default())?)
            .summary(sentence)
            .next(next(context, self.cart)))
    }
}

impl SetArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let found = shop.find_variant(&self.variant)?;
        // Zero is no quantity: it takes the line out.
        let quantity = Quantity::new(self.quantity).ok();
        let cart = shop.cart_set(self.cart, found.variant.id, quantity)?;
        let label = found.variant.label(&found.product.handle);
        let sentence = match quantity {
            Some(quantity) => format!("the cart has {quantity} of {label}"),
            None => format!("took {label} out"),
        };
        Ok(Answer::one(cart_shown(&shop, &cart, &QuoteFor::default())?).summary(sentence))
    }
}

impl ShowArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let cart = shop.cart(self.cart)?;
        Ok(Answer::one(cart_shown(&shop, &cart, &QuoteFor::default())?))
    }
}

impl QuoteArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let wanted = QuoteFor {
            ship_to: self.ship_to.clone(),
            delivery: self.delivery.clone(),
            email: self.email.clone(),
            pay: self.pay.clone(),
            buyer_tax: BuyerTax { vat_id: self.vat_id.clone(), exemption: self.tax_exempt.clone() },
        };
        // A quote that cannot be made is an error here, unlike in `cart show`.
        shop.cart_quote(self.cart, &wanted)?;
        let cart = shop.cart(self.cart)?;
        Ok(Answer::one(cart_shown(&shop, &cart, &wanted)?).next(next(context, self.cart)))
    }
}

impl CouponArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let (cart, done) = if self.remove {
            (shop.cart_coupon_remove(self.cart, &self.code)?, "was taken out")
        } else {
            (shop.cart_coupon(self.cart, &self.code)?, "is in the cart")
        };
        let view = cart_shown(&shop, &cart, &QuoteFor::default())?;
        Ok(Answer::one(view).summary(format!("coupon {} {done}", self.code.trim().to_uppercase())))
    }
}

impl MergeArgs {
    fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let cart = shop.cart_merge(self.from, self.into)?;
        let cart = cart_shown(&shop, &cart, &QuoteFor::default())?;
        let sentence = format!("moved everything of {} into {}", self.from, self.into);
        Ok(Answer::one(MergedView { from: self.from, cart }).summary(sentence))
    }
}

/// Returns whom a text names: an id as it stands, for a program may keep its customers elsewhere, or a known address.
fn customer_id(shop: &Shop, text: &str) -> Result<CustomerId, CommandError> {
    match text.parse() {
        Ok(id) => Ok(id),
        Err(_) => Ok(shop.find_customer(text)?.id),
    }
}

fn next(context: &Context<'_>, cart: CartId) -> String {
    let rest = "--email ada@example.com --ship-to 'Ada Lovelace;St James Square 12;10115;Berlin;DE' --delivery standard --pay test:ok";
    context.hint(format!("checkout {cart} {rest}"))
}
