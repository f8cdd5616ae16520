//! Texts that databases cannot keep are refused before anything is written, whatever store it would be.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod any_store;

use any_store::AnyStore;
use sutler_core::change::SetupChange;
use sutler_engine::flow::promotion::PromotionFile;
use sutler_engine::{FlowError, testing};

#[track_caller]
fn refused<T: std::fmt::Debug>(told: Result<T, FlowError>) {
    let error = told.unwrap_err();
    assert_eq!(error.code(), "input.invalid");
    assert!(error.to_string().contains("U+0000"), "{error}");
    assert!(!error.to_string().contains('\0'), "{error:?}");
}

#[test]
fn a_text_with_a_zero_is_refused_at_the_door() {
    let shop = testing::shop(AnyStore::new()).unwrap();
    let (head, _) = shop.store().event_head().unwrap();
    let file = PromotionFile::new("name = \"A\\u0000b\"\ngives = { off_order = \"1.00\" }\n");
    refused(shop.promotion_import(&file, false));
    refused(shop.promotion_import(&file, true));

    let mut web = shop.setup().unwrap().channels[0].clone();
    web.name = "We\0b".to_owned();
    web.version += 1;
    refused(shop.setup_put(&SetupChange::Channel(web)));

    let product = shop.product_list(None, 1).unwrap().remove(0);
    let mut renamed = product.clone();
    renamed.title.push('\0');
    refused(shop.product_put(&renamed));

    let mut command = testing::command(&shop, "test:ok").unwrap();
    command.ship_to.city.push('\0');
    refused(shop.checkout(&command));

    let order = testing::order(&shop, "test:ok").unwrap().order.number;
    let before = shop.store().event_head().unwrap();
    refused(shop.order_cancel(order, "changed\0", None));
    assert_eq!(shop.store().event_head().unwrap(), before);
    assert!(before.0 > head, "and other texts go in");
}
