//! The words of a trace: the only function that knows the API. A line is a command; its answer is told in full.
//!
//! | line | is |
//! |---|---|
//! | `import LAMP:19.90:5 …` | a product file: SKU, price, units |
//! | `price LAMP 1790 [3]` | a price in minor units, from a quantity on |
//! | `location two 9` | a further location, of a priority |
//! | `receive LAMP 3 main`, `count LAMP 7 main`, `limits LAMP 2 1 main`, `transfer LAMP 1 main two` | stock |
//! | `promotion NAME LIMIT off 10% [CODE]`, `promotion NAME LIMIT gift MUG`, `switch NAME on` | promotions; 0: no limit |
//! | `codes NAME 3` | coupon codes of a batch |
//! | `customer 7 ada trade` | a customer, with a group |
//! | `cart c1`, `add c1 LAMP 2 [KEY]`, `set c1 LAMP 0`, `coupon c1 CODE`, `merge c1 c2`, `quote c1` | carts |
//! | `checkout c1 ada test:ok [KEY] [card:g1] [store-credit]` | a checkout; `-` for no key |
//! | `pick 1001`, `pack 1001`, `ship 1001 [LAMP 1]`, `deliver 1001` | fulfillment |
//! | `capture 1001 [KEY]`, `paid 1001 500`, `refund 1001 500 [KEY]`, `credit-back 1001 500`, `cancel 1001` | money |
//! | `card g1 5000`, `grant ada 500`, `disable g1` | gift cards and store credit |
//! | `wait 60`, `recover`, `tasks` | time, and what is done in it |
//! | `orders`, `order 1001`, `stock LAMP`, `prices LAMP`, `credits`, `customers` | looking |
//! | `before 1 …`, `after 1 …` | the same, with its first commit failed, or cut from its answer |

use std::fmt::Debug;

use sutler::core::change::SetupChange;
use sutler::core::customer::Customer;
use sutler::core::id::{CustomerId, StockLocationId};
use sutler::core::pricing::Price;
use sutler::engine::flow::coupon::CodesCommand;
use sutler::engine::flow::promotion::PromotionFile;
use sutler::prelude::*;
use sutler_store_conformance::Fault;

use crate::side::Side;

/// What was answered, in words. An error is told by all that a caller can act on.
fn told<T: Debug>(answer: Result<T, FlowError>) -> String {
    match answer {
        Ok(answer) => format!("{answer:?}"),
        Err(error) => {
            format!("refused {} ({}), may retry: {}", error.code(), error, error.may_retry())
        }
    }
}

fn number(word: &str) -> u32 {
    word.parse().unwrap_or_else(|_| panic!("`{word}` is no number"))
}

fn units(word: &str) -> Quantity {
    Quantity::new(number(word)).unwrap()
}

fn eur(word: &str) -> Money {
    Money::from_minor(i64::from(number(word)), Currency::EUR)
}

fn key(word: Option<&&str>) -> Option<IdempotencyKey> {
    word.filter(|word| **word != "-").map(|word| word.parse().unwrap())
}

fn email(buyer: &str) -> String {
    format!("{buyer}@example.com")
}

impl Side {
    /// Does what a line says; returns its answer.
    pub fn run(&mut self, line: &str) -> String {
        let words: Vec<&str> = line.split_whitespace().collect();
        let fault = match words.as_slice() {
            ["before", n, ..] => Some(Fault::BeforeCommit(u64::from(number(n)))),
            ["after", n, ..] => Some(Fault::AfterCommit(u64::from(number(n)))),
            _ => None,
        };
        let words = if fault.is_some() { &words[2..] } else { &words[..] };
        self.store.schedule(fault);
        let answer = self.goods(words).or_else(|| self.sale(words)).or_else(|| self.look(words));
        self.store.schedule([]);
        answer.unwrap_or_else(|| panic!("cannot read `{line}`"))
    }

    fn variant(&self, sku: &str) -> VariantId {
        // A SKU that nobody imported yet stands for a variant that is not there.
        self.shop.find_variant(sku).map_or(VariantId::from_u128(0xdead), |found| found.variant.id)
    }

    fn cart(&self, name: &str) -> CartId {
        self.carts.get(name).copied().unwrap_or(CartId::from_u128(0xdead))
    }

    /// Catalog, stock, promotions, customers.
    fn goods(&mut self, words: &[&str]) -> Option<String> {
        let shop = &self.shop;
        Some(match words {
            ["import", goods @ ..] => told(shop.import_text(&product_file(goods), "goods.csv")),
            ["price", sku, minor, from @ ..] => told(shop.price_put(&Price {
                list: shop.setup().unwrap().price_lists[0].id,
                variant: self.variant(sku),
                min_quantity: from.first().map_or(1, |from| number(from)),
                amount: eur(minor),
                compare_at: None,
            })),
            ["location", code, priority] => {
                let mut location = shop.setup().unwrap().locations[0].clone();
                let id = code.bytes().fold(0, |id, byte| id << 8 | u128::from(byte));
                location.id = StockLocationId::from_u128(id);
                (location.code, location.name) = ((*code).to_owned(), (*code).to_owned());
                location.priority = priority.parse().unwrap();
                told(shop.setup_put(&SetupChange::StockLocation(location)))
            }
            ["receive", sku, n, place] => {
                told(shop.stock_receive(self.variant(sku), units(n), place, None, None))
            }
            ["count", sku, n, place] => {
                told(shop.stock_correct(self.variant(sku), number(n), place, "counted", None, None))
            }
            ["limits", sku, backorder, safety, place] => told(shop.stock_limits(
                self.variant(sku),
                place,
                number(backorder),
                number(safety),
                None,
            )),
            ["transfer", sku, n, from, to] => {
                told(shop.stock_transfer(self.variant(sku), units(n), from, to, None))
            }
            ["promotion", name, limit, gives @ ..] => {
                told(shop.promotion_import(
                    &PromotionFile::new(&promotion_file(name, limit, gives)),
                    false,
                ))
            }
            ["switch", name, on] => told(shop.promotion_switch(name, *on == "on")),
            ["codes", name, count] => {
                let (promotion, prefix) = ((*name).to_owned(), "TRACE-".to_owned());
                let command = CodesCommand { promotion, count: number(count), prefix };
                told(shop.coupon_codes_make(&command, false))
            }
            ["customer", id, name, group] => told(shop.customer_put(&Customer {
                id: CustomerId::from_u128(u128::from(number(id))),
                email: email(name),
                group: Some((*group).to_owned()),
                tax: BuyerTax::default(),
                created_at: shop.now(),
                version: 0,
            })),
            _ => return None,
        })
    }

    /// Carts, checkouts, and what becomes of orders.
    fn sale(&mut self, words: &[&str]) -> Option<String> {
        let shop = &self.shop;
        Some(match words {
            ["cart", name] => {
                let cart = shop.cart_new("web", None, None);
                if let Ok(cart) = &cart {
                    self.carts.insert((*name).to_owned(), cart.id);
                }
                told(cart)
            }
            ["add", cart, sku, n, rest @ ..] => {
                let (cart, variant) = (self.cart(cart), self.variant(sku));
                told(shop.cart_add(cart, variant, units(n), key(rest.first())))
            }
            ["set", cart, sku, n] => {
                let quantity = Some(number(n)).filter(|n| *n > 0).map(|_| units(n));
                told(shop.cart_set(self.cart(cart), self.variant(sku), quantity))
            }
            ["coupon", cart, code] => told(shop.cart_coupon(self.cart(cart), code)),
            ["merge", from, into] => told(shop.cart_merge(self.cart(from), self.cart(into))),
            ["quote", cart] => told(shop.cart_quote(self.cart(cart), &QuoteFor::default())),
            ["checkout", cart, buyer, pay, rest @ ..] => {
                told(shop.checkout(&self.checkout(cart, buyer, pay, rest)))
            }
            ["card", name, minor] => {
                let bytes = u8::try_from(self.cards.len() + 1).unwrap();
                let code = GiftCardCode::from_random([bytes; GiftCardCode::RANDOM_BYTES]).unwrap();
                self.cards.insert((*name).to_owned(), code.clone());
                let (expires_at, reason, key) = (None, None, None);
                told(shop.gift_card_issue(&GiftCardIssue {
                    code,
                    amount: eur(minor),
                    expires_at,
                    reason,
                    key,
                }))
            }
            ["grant", buyer, minor] => {
                told(shop.store_credit_grant(&email(buyer), eur(minor), "late parcel", None))
            }
            ["disable", card] => match self.cards.get(*card) {
                Some(code) => told(
                    shop.gift_card_by_code(code)
                        .and_then(|view| shop.credit_disable(view.credit.id)),
                ),
                None => "no such card".to_owned(),
            },
            [verb, order, rest @ ..] => return self.order(verb, order.parse().ok()?, rest),
            _ => return None,
        })
    }

    fn order(&self, verb: &str, order: OrderNumber, rest: &[&str]) -> Option<String> {
        let shop = &self.shop;
        Some(match (verb, rest) {
            ("order", []) => told(shop.order(order)),
            ("pick", []) => told(shop.fulfill_pick(order)),
            ("pack", []) => told(shop.fulfill_pack(order)),
            ("deliver", []) => told(shop.fulfill_deliver(order, None)),
            ("cancel", rest) => {
                told(shop.order_cancel(order, "changed my mind", key(rest.first())))
            }
            ("capture", rest) => told(shop.capture(order, key(rest.first()))),
            ("paid", [minor]) => told(shop.mark_paid(order, Some(eur(minor)), "bank 17", None)),
            ("refund", [minor, rest @ ..]) => {
                told(shop.refund(order, Some(eur(minor)), "a chip", key(rest.first())))
            }
            ("credit-back", [minor]) => {
                let to = RefundTo::StoreCredit;
                told(shop.refund_to(order, Some(eur(minor)), "a chip", &to, None))
            }
            ("ship", lines) => told(shop.fulfill_ship(
                order,
                &ShipCommand {
                    lines:
                        lines.chunks(2).map(|line| (line[0].to_owned(), units(line[1]))).collect(),
                    ..ShipCommand::new("dhl")
                },
            )),
            _ => return None,
        })
    }

    /// Time, and looking.
    fn look(&mut self, words: &[&str]) -> Option<String> {
        let shop = &self.shop;
        Some(match words {
            ["wait", seconds] => {
                self.clock.advance(number(seconds));
                "waited".to_owned()
            }
            ["recover"] => told(shop.recover()),
            ["tasks"] => told(shop.run_payment_tasks()),
            ["orders"] => told(shop.order_list(None, None, 100)),
            ["stock", sku] => told(shop.stock_show(self.variant(sku))),
            ["prices", sku] => told(shop.price_show(sku, "web", None)),
            ["customers"] => told(shop.customer_list(None, 100)),
            ["credits"] => {
                let (cards, own) =
                    (shop.gift_card_list(None, 100), shop.store_credit_list(None, 100));
                format!("{} {}", told(cards), told(own))
            }
            _ => return None,
        })
    }

    fn checkout(&self, cart: &str, buyer: &str, pay: &str, rest: &[&str]) -> CheckoutCommand {
        let card = |word: &&str| self.cards.get(word.strip_prefix("card:")?).cloned();
        let ship_to = "Ada Lovelace;St James's Square 12;10115;Berlin;DE".parse().unwrap();
        CheckoutCommand {
            pay: Some(pay.to_owned()),
            credit: CreditChoice {
                gift_cards: rest.iter().filter_map(card).collect(),
                store_credit: rest.contains(&"store-credit"),
                expect_due: None,
            },
            key: key(rest.first()),
            ..CheckoutCommand::new(self.cart(cart), email(buyer), ship_to, "standard")
        }
    }
}

/// A product file with one variant for each of `SKU:price:units`.
fn product_file(goods: &[&str]) -> String {
    let mut file = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Tracker,Variant Inventory Qty\n".to_owned();
    for thing in goods {
        let [sku, price, units] = thing.split(':').collect::<Vec<_>>()[..] else {
            panic!("`{thing}` is not SKU:price:units")
        };
        let handle = sku.to_lowercase();
        file.push_str(&format!(
            "{handle},{sku},Title,Default Title,{sku},{price},shopify,{units}\n"
        ));
    }
    file
}

/// A file with one promotion.
fn promotion_file(name: &str, limit: &str, gives: &[&str]) -> String {
    let (gives, coupon) = match gives {
        ["off", percent, coupon @ ..] => (format!("percent = \"{percent}\""), coupon.first()),
        ["gift", sku] => (format!("gift = \"{sku}\""), None),
        other => panic!("{other:?} is no benefit"),
    };
    let when = coupon
        .map_or("min_subtotal = \"10.00\"".to_owned(), |code| format!("coupons = [\"{code}\"]"));
    let limit =
        if limit == "0" { String::new() } else { format!("limits = {{ uses = {limit} }}\n") };
    format!("[[promotion]]\nname = \"{name}\"\ngives = {{ {gives} }}\nwhen = {{ {when} }}\n{limit}")
}
