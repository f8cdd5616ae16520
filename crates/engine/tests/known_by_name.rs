//! Rules and people that are known by a name: files added by several at once, what is made beside a file, e-mails.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod any_store;

use any_store::AnyStore;
use sutler_core::customer::Customer;
use sutler_core::id::{CouponBatchId, CustomerId};
use sutler_core::money::{Currency, Money};
use sutler_core::pricing::BuyerTax;
use sutler_engine::flow::promotion::PromotionFile;
use sutler_engine::testing;

#[test]
fn one_file_added_by_many_at_once_is_one_promotion() {
    let shop = testing::shop(AnyStore::new()).unwrap();
    let text = "name = \"R\"\ngives = { percent = \"10%\" }\nlimits = { uses = 1 }\n";
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| shop.promotion_import(&PromotionFile::new(text), false).unwrap());
        }
    });
    let named = shop.setup().unwrap().promotions.iter().filter(|known| known.name == "R").count();
    assert_eq!(named, 1);
}

#[test]
fn a_file_added_again_keeps_the_codes_that_were_made_beside_it() {
    let shop = testing::shop(AnyStore::new()).unwrap();
    let file = PromotionFile::new("name = \"L\"\ngives = { off_order = \"1.00\" }\n");
    shop.promotion_import(&file, false).unwrap();
    let open = shop.promotion("L").unwrap();
    let batch = CouponBatchId::from_u128(7);
    let unlocked = open.unlocked_by(batch).unwrap();
    shop.promotion_put(&unlocked, false).unwrap();
    let again = shop.promotion_import(&file, false).unwrap();
    assert!(again[0].to_write().is_none(), "{again:?}");
    assert_eq!(shop.promotion("L").unwrap().coupon_batches().collect::<Vec<_>>(), [batch]);
}

#[test]
fn the_email_of_a_known_customer_names_that_customer() {
    let shop = testing::shop(AnyStore::new()).unwrap();
    let ten = Money::from_minor(1_000, Currency::EUR);
    let guest = shop.store_credit_grant("eve@example.com", ten, "a gift", None).unwrap();
    let ada = Customer {
        id: CustomerId::from_u128(1),
        email: "ada@example.com".to_owned(),
        group: None,
        tax: BuyerTax::default(),
        created_at: shop.now(),
        version: 0,
    };
    shop.customer_put(&ada).unwrap();
    let granted = shop.store_credit_grant("Ada@Example.com", ten, "a gift", None).unwrap();
    let own = shop.store_credit(&ada.id.to_string()).unwrap();
    assert_eq!((own.len(), own[0].id), (1, granted.credit.id));
    assert_ne!(guest.credit.id, granted.credit.id);
}
