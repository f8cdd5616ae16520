//! A payment provider of your own: vouchers of a club. Run it with `cargo run --example custom_payment`.
//!
//! A provider must answer the same key with the same result, and `lookup` must know what became of a key: that is what lets
//! Sutler finish or undo a checkout that was cut off.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use sutler::core::port::{Lookup, PaymentProvider, ProviderError, ProviderReply, ProviderRequest};
use sutler::prelude::*;

/// Vouchers by code, in minor units, and every call by its key.
#[derive(Default)]
struct ClubCredit {
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    left: BTreeMap<String, i64>,
    calls: BTreeMap<String, Result<ProviderReply, String>>,
}

impl ClubCredit {
    fn with(vouchers: &[(&str, i64)]) -> Self {
        let left = vouchers.iter().map(|(code, minor)| ((*code).to_owned(), *minor)).collect();
        Self { book: Mutex::new(Book { left, calls: BTreeMap::new() }) }
    }

    /// Makes a call once: a known key gets its first answer again.
    fn once(
        &self,
        request: &ProviderRequest,
        change: impl FnOnce(&mut Book) -> Result<(), String>,
    ) -> Result<ProviderReply, ProviderError> {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match book.calls.get(&request.key) {
            Some(known) => known.clone(),
            None => {
                let answer = change(&mut book).map(|()| ProviderReply {
                    reference: request.key.clone(),
                    amount: request.amount,
                });
                book.calls.insert(request.key.clone(), answer.clone());
                answer
            }
        };
        answer.map_err(|reason| ProviderError::Declined { reason })
    }
}

impl PaymentProvider for ClubCredit {
    fn name(&self) -> &'static str {
        "voucher"
    }

    fn authorize(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.once(request, |book| {
            let left = book.left.get_mut(&request.method).ok_or("there is no such voucher")?;
            if *left < request.amount.minor() {
                return Err(format!("only {left} minor units are left on it"));
            }
            *left -= request.amount.minor();
            Ok(())
        })
    }

    // A voucher pays with the hold itself.
    fn capture(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.once(request, |_| Ok(()))
    }

    fn void(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.once(request, |book| {
            *book.left.entry(request.method.clone()).or_default() += request.amount.minor();
            Ok(())
        })
    }

    fn refund(&self, request: &ProviderRequest) -> Result<ProviderReply, ProviderError> {
        self.void(request)
    }

    fn lookup(&self, key: &str) -> Result<Lookup, ProviderError> {
        let book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match book.calls.get(key) {
            None => Lookup::NeverSeen,
            Some(Ok(reply)) => Lookup::Done(reply.clone()),
            Some(Err(reason)) => Lookup::Declined { reason: reason.clone() },
        })
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let vouchers = Arc::new(ClubCredit::with(&[("GOLD", 20_000), ("TIN", 100)]));
    let shop = sutler::Opening::new("memory:".parse()?).creating(true).provider(vouchers).open()?;
    shop.init(&InitCommand::new("Club shop", "EUR", "DE")?)?;
    shop.import_text(sutler::demo::CATALOG, sutler::demo::CATALOG_NAME)?;
    let skillet = shop.find_variant("FEN-SKIL-26")?.variant.id;
    let mut out = std::io::stdout();
    for voucher in ["TIN", "GOLD"] {
        let cart = shop.cart_new("web", None, None)?;
        shop.cart_add(cart.id, skillet, Quantity::ONE, None)?;
        let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse()?;
        let bought = shop.checkout(&CheckoutCommand {
            pay: Some(format!("voucher:{voucher}")),
            ..CheckoutCommand::new(cart.id, "ada@example.com", ship_to, "pickup")
        });
        match bought {
            Ok(placed) => writeln!(
                out,
                "{voucher}: order {} over {}",
                placed.order.number,
                placed.order.total()
            )?,
            Err(refusal) => writeln!(out, "{voucher}: {refusal}")?,
        }
    }
    Ok(())
}
