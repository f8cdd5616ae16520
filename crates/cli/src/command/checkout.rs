//! `sutler checkout`: from a cart to a placed order.

use sutler_core::address::Address;
use sutler_core::change::IdempotencyKey;
use sutler_core::credit::{CreditChoice, GiftCardCode};
use sutler_core::id::CartId;
use sutler_core::pricing::{BuyerTax, QuoteHash, VatId};
use sutler_core::rejection::Rejection;
use sutler_engine::flow::checkout::{CheckoutCommand, CheckoutPlan};

use super::gift_card;
use super::shared::{cart_priced, next_for, order_shown};
use crate::answer::Answer;
use crate::context::{Context, quoted};
use crate::error::CommandError;
use crate::parse::{self, TypedMoney};
use crate::view::{CheckoutPlanView, PlacedView};

/// Sell a cart: hold its stock, have the money held, place the order
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sutler checkout \"$CART\" --email ada@example.com --delivery standard --pay test:ok \\
    --ship-to 'Ada Lovelace;St James Square 12;10115;Berlin;DE'
  sutler checkout \"$CART\" --email ada@example.com --delivery pickup --pay manual:cash \\
    --ship-to 'Ada Lovelace;St James Square 12;10115;Berlin;DE' --key order-4711 --json
  sutler checkout \"$CART\" --email ada@example.com --delivery standard --pay test:ok \\
    --ship-to 'Ada Lovelace;St James Square 12;10115;Berlin;DE' --dry-run

  sutler checkout \"$CART\" --email ada@example.com --delivery standard --pay test:ok --store-credit \\
    --gift-card \"$CODE\" --ship-to 'Ada Lovelace;St James Square 12;10115;Berlin;DE'

Gift cards pay first, then store credit, then --pay pays the rest; it can be left out when nothing is left to pay.
Payment is PROVIDER:METHOD. `test` tries things out: test:ok, test:decline, test:timeout, test:unknown.
`manual` is money that a person marks as received: manual:cash, manual:transfer.")]
pub(crate) struct CheckoutArgs {
    /// Id of the cart
    cart: CartId,
    /// Where to write to
    #[arg(long, value_name = "EMAIL")]
    email: String,
    /// Where the goods go: Name;Street 1;12345;City;DE, or with a region, US-CA
    #[arg(long, value_name = "ADDRESS")]
    ship_to: Address,
    /// Code of the delivery method
    #[arg(long, value_name = "CODE")]
    delivery: String,
    /// Provider and method of payment
    #[arg(long, value_name = "PROVIDER:METHOD")]
    pay: Option<String>,
    /// Pay with a gift card as far as it goes; may be said several times, and is taken in this order
    #[arg(long, value_parser = gift_card::code, value_name = "CODE")]
    gift_card: Vec<GiftCardCode>,
    /// Pay with the buyer's store credit, after gift cards: make sure first that the buyer is who the e-mail says
    #[arg(long)]
    store_credit: bool,
    /// What is left to pay after gift cards and store credit, as the buyer saw it; another amount is refused
    #[arg(long, value_parser = parse::amount, value_name = "AMOUNT")]
    expect_due: Option<TypedMoney>,
    /// VAT id of a business in the EU; the quote says what it changes
    #[arg(long, value_name = "NUMBER")]
    vat_id: Option<VatId>,
    /// Why this buyer pays no tax, for the order's records
    #[arg(long, value_name = "REASON")]
    tax_exempt: Option<String>,
    /// The total that the buyer saw; another one is refused
    #[arg(long, value_parser = parse::amount, value_name = "AMOUNT")]
    expect_total: Option<TypedMoney>,
    /// The hash of the quote that the buyer saw, as `cart quote --json` gives it; a quote that moved since is refused
    #[arg(long, value_name = "HASH")]
    expect_quote: Option<QuoteHash>,
    /// Same key, same checkout: a retry returns the first result
    #[arg(long, value_name = "KEY")]
    key: Option<IdempotencyKey>,
    /// Show what it would cost; do nothing
    #[arg(long)]
    dry_run: bool,
}

impl CheckoutArgs {
    fn buyer_tax(&self) -> BuyerTax {
        BuyerTax { vat_id: self.vat_id.clone(), exemption: self.tax_exempt.clone() }
    }

    pub(crate) fn run(&self, context: &Context<'_>) -> Result<Answer, CommandError> {
        let shop = context.shop()?;
        let cart = shop.cart(self.cart)?;
        let setup = shop.setup()?;
        let channel = setup
            .channel(cart.channel)
            .ok_or_else(|| Rejection::not_found("channel", cart.channel))?;
        let expect_total = self
            .expect_total
            .as_ref()
            .map(|amount| amount.in_currency(channel.currency))
            .transpose()?;
        let expect_due = self
            .expect_due
            .as_ref()
            .map(|amount| amount.in_currency(channel.currency))
            .transpose()?;
        let command = CheckoutCommand {
            cart: self.cart,
            email: self.email.clone(),
            ship_to: self.ship_to.clone(),
            delivery: self.delivery.clone(),
            pay: self.pay.clone(),
            credit: CreditChoice {
                gift_cards: self.gift_card.clone(),
                store_credit: self.store_credit,
                expect_due,
            },
            buyer_tax: self.buyer_tax(),
            expect_total,
            expect_quote: self.expect_quote,
            key: self.key.clone(),
        };
        if self.dry_run {
            let CheckoutPlan { quote, by_credit, due } = shop.checkout_plan(&command)?;
            let cart = cart_priced(&shop, &cart, &quote)?;
            let view = CheckoutPlanView { cart, by_credit, due };
            return Ok(Answer::one(view).summary("nothing was done; the payment was not tried"));
        }
        let placed = shop.checkout(&command)?;
        let view = shop.order(placed.order.number)?;
        let order = order_shown(&shop, &view)?;
        let number = placed.order.number;
        let sentence = if placed.replayed {
            format!("order {number} was placed by the first call; nothing was done now")
        } else {
            format!("placed order {number}")
        };
        let mut answer =
            Answer::one(PlacedView { replayed: placed.replayed, order }).summary(sentence);
        for problem in
            view.order.quote.coupons_refused.iter().map(|refused| refused.to_error().to_string())
        {
            answer = answer.warning(problem);
        }
        answer = answer.next(context.hint(format!("order show {}", quoted(&number.to_string()))));
        Ok(match next_for(context, &view) {
            Some(next) => answer.next(next),
            None => answer,
        })
    }
}
