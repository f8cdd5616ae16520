//! Tax from an outside engine, and what a buyer claims about tax, from cart to order.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sutler_core::money::{Rate, Rounding};
use sutler_core::port::{TaxProvider, TaxProviderError};
use sutler_core::pricing::{
    AnsweredTax, BuyerTax, TaxAnswer, TaxCategory, TaxRelief, TaxRequest, TaxTreatment, VatId,
};
use sutler_engine::FlowError;
use sutler_engine::flow::cart::QuoteFor;
use sutler_engine::flow::checkout::CheckoutCommand;
use world::World;

/// What the engine does when it is asked.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    /// Ten per cent of everything, contained.
    Answers,
    /// The shop's own zones.
    Declines,
    /// It is down.
    Fails,
    /// It answers for another cart.
    Confuses,
}

struct Engine {
    mood: Mood,
    asked: Arc<AtomicUsize>,
}

impl TaxProvider for Engine {
    fn name(&self) -> &str {
        "engine"
    }

    fn tax(&self, request: &TaxRequest) -> Result<Option<TaxAnswer>, TaxProviderError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut content = request.clone();
        match self.mood {
            Mood::Declines => return Ok(None),
            Mood::Fails => return Err(TaxProviderError { reason: "it is down".to_owned() }),
            Mood::Confuses => content.charges.truncate(1),
            Mood::Answers => {}
        }
        let rate = Rate::percent("10").unwrap();
        let tax = |charge: &sutler_core::pricing::TaxableCharge| {
            vec![AnsweredTax {
                name: "Outside".to_owned(),
                rate,
                category: TaxCategory::standard(),
                amount: charge.amount.tax_within(rate, Rounding::HalfAwayFromZero).unwrap(),
                treatment: TaxTreatment::Standard,
            }]
        };
        let charges = request.charges.iter().map(tax).collect();
        let (provider, request) = ("engine".to_owned(), content.content());
        Ok(Some(TaxAnswer { provider, request, charges, relief: None }))
    }
}

fn world(mood: Mood) -> (World, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let engine = Engine { mood, asked: asked.clone() };
    let mut world = World::new();
    world.shop = world.shop.taxed_by(Arc::new(engine));
    (world, asked)
}

#[test]
fn what_the_engine_answers_is_frozen_in_the_order() {
    let (world, asked) = world(Mood::Answers);
    let placed = world.shop.checkout(&world.command("test:ok", None)).unwrap();
    let quote = &placed.order.quote;
    assert_eq!(quote.tax.provider.as_deref(), Some("engine"));
    assert!(
        quote.tax_lines().count() > 1
            && quote.tax_lines().all(|tax| tax.name.as_str() == "Outside")
    );
    assert_eq!(quote.check(), Ok(()));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let told: String = quote.trace().iter().map(ToString::to_string).collect();
    assert!(told.contains("as engine says"), "{told}");
    assert!(world.shop.verify(&mut |_| {}).unwrap().findings.is_empty());
}

#[test]
fn an_engine_that_declines_leaves_the_shops_own_tax() {
    let (declining, _) = world(Mood::Declines);
    let own = World::new();
    let [declined, plain] = [&declining, &own].map(|world| {
        world.shop.checkout(&world.command("test:ok", None)).unwrap().order.quote.totals
    });
    assert_eq!(declined, plain);
}

#[test]
fn an_engine_that_fails_or_confuses_sells_nothing() {
    for (mood, code, may_retry) in
        [(Mood::Fails, "tax.unavailable", true), (Mood::Confuses, "tax.bad_answer", false)]
    {
        let (world, _) = world(mood);
        let refused: FlowError = world.shop.checkout(&world.command("test:ok", None)).unwrap_err();
        assert_eq!((refused.code(), refused.may_retry()), (code, may_retry));
        world.nothing_is_held();
    }
}

#[test]
fn the_reverse_charge_stands_on_the_order_with_its_reason() {
    let world = World::new();
    let business = BuyerTax { vat_id: VatId::new("ATU13585627").ok(), exemption: None };
    let command = CheckoutCommand {
        ship_to: "Ada Lovelace;Kai 1;1010;Wien;AT".parse().unwrap(),
        buyer_tax: business.clone(),
        ..world.command("test:ok", None)
    };
    let wanted = QuoteFor {
        ship_to: Some(command.ship_to.clone()),
        delivery: Some(command.delivery.clone()),
        ..QuoteFor::default()
    };
    let private = world.shop.cart_quote(command.cart, &wanted).unwrap().quote;
    assert!(private.tax.relief.is_none() && private.totals.tax_total.is_positive());
    // A total that the buyer saw before the number was given is refused.
    let changed = CheckoutCommand { expect_total: Some(private.totals.total), ..command.clone() };
    assert_eq!(world.shop.checkout(&changed).unwrap_err().code(), "quote.changed");

    let placed = world.shop.checkout(&command).unwrap();
    let quote = &placed.order.quote;
    assert!(
        matches!(&quote.tax.relief, Some(TaxRelief::ReverseCharge { vat_id, .. }) if vat_id.as_str() == "ATU13585627")
    );
    assert_eq!(quote.totals.tax_total.minor(), 0);
    assert_eq!(quote.tax_relief_total().unwrap(), private.totals.tax_total);
    assert!(world.shop.verify(&mut |_| {}).unwrap().findings.is_empty());

    // The same call again is answered; one with other claims is another checkout of an ordered cart.
    assert!(world.shop.checkout(&command).unwrap().replayed);
    let other = CheckoutCommand { buyer_tax: BuyerTax::default(), ..command };
    assert_eq!(world.shop.checkout(&other).unwrap_err().code(), "cart.already_ordered");
}
