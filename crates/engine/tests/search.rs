//! The search index follows the catalog, the prices and the stock.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod catalog_given;

use catalog_given::{Bazaar, DEMO, goods};
use sutler_core::catalog::{Category, Product};
use sutler_core::change::{Change, ChangeSet, CommitOutcome};
use sutler_core::event::{Event, EventData, EventKind};
use sutler_core::id::CommandId;
use sutler_core::port::{CatalogReader as _, Clock as _, Store as _};
use sutler_core::pricing::Window;
use sutler_core::quantity::Quantity;
use sutler_core::rejection::Rejection;
use sutler_engine::FlowError;
use sutler_engine::Shop;
use sutler_search::{Filter, Hit, SearchRequest};

const TEE: &[&str] = &[
    "tee,Wool tee,Size,S,TEE-S,shopify,1,deny,19.90,Apparel > Shirts,TRUE,active",
    "tee,,,M,TEE-M,shopify,0,deny,21.90,,,",
    "cap,Wool cap,,,CAP,shopify,3,deny,9.00,Apparel > Hats,TRUE,active",
];

fn handles(shop: &Shop, words: &str) -> Vec<String> {
    let answer = shop.search(&SearchRequest::new(words)).unwrap();
    answer.hits.into_iter().map(|hit| hit.handle).collect()
}

fn hit(shop: &Shop, words: &str) -> Hit {
    let mut hits = shop.search(&SearchRequest::new(words)).unwrap().hits;
    assert_eq!(hits.len(), 1, "{hits:?}");
    hits.remove(0)
}

#[test]
fn what_is_imported_is_found_at_once() {
    let bazaar = Bazaar::with(DEMO);
    assert!(handles(&bazaar.shop, "skillet").contains(&"field-skillet".to_owned()));
    let skillet = hit(&bazaar.shop, "FEN-SKIL-20");
    let range = skillet.price_range.unwrap();
    assert_eq!((range.minor_min, range.minor_max, skillet.in_stock), (3_400, 5_850, true));
    let mut request = SearchRequest::new("");
    request.filters.push(Filter::parse("category=Home & Garden/Kitchen", 2).unwrap());
    request.facets = vec!["attribute.material".to_owned()];
    let answer = bazaar.shop.search(&request).unwrap();
    assert!(
        answer.total > 0 && answer.facets[0].values.iter().any(|value| value.value == "cast iron")
    );
}

#[test]
fn each_sync_reads_only_what_is_new() {
    let bazaar = Bazaar::with(&goods(TEE));
    let first = bazaar.shop.index_sync().unwrap();
    assert_eq!((first.rebuilt, first.products, first.cursor), (true, 2, bazaar.last_event()));
    assert_eq!(bazaar.shop.index_sync().unwrap().events, 0);
    bazaar.import(&goods(TEE).replace("9.00", "8.00"));
    let second = bazaar.shop.index_sync().unwrap();
    assert_eq!((second.rebuilt, second.events, second.updated, second.created), (false, 1, 1, 0));
    assert_eq!(hit(&bazaar.shop, "cap").price_range.unwrap().minor_min, 800);
}

#[test]
fn what_leaves_the_shop_is_gone_at_once() {
    let bazaar = Bazaar::with(&goods(TEE));
    assert_eq!(handles(&bazaar.shop, "wool").len(), 2);
    bazaar.import(&goods(&["cap,Wool cap,,,CAP,shopify,3,deny,9.00,Apparel > Hats,FALSE,active"]));
    assert_eq!(handles(&bazaar.shop, "wool"), ["tee"]);
    bazaar.import(&goods(&TEE[..2]).replace("TRUE,active", "TRUE,draft"));
    assert_eq!(handles(&bazaar.shop, "wool"), [""; 0]);
    bazaar.import(&goods(TEE));
    assert_eq!(handles(&bazaar.shop, "wool").len(), 2);
}

/// No event tells that a window opens or closes.
#[test]
fn a_publish_window_opens_and_closes_by_the_clock_alone() {
    let bazaar = Bazaar::with(DEMO);
    let shop = &bazaar.shop;
    let (now, found) = (bazaar.clock.now(), handles(shop, ""));
    let product = shop.find_product(&found[0]).unwrap();
    let window = Window { from: Some(now.plus_seconds(60)), until: Some(now.plus_seconds(120)) };
    let change = Change::Product(Box::new(Product {
        publish_window: window,
        version: product.version + 1,
        ..product.clone()
    }));
    let mut set = ChangeSet::new(now, CommandId::from_u128(7));
    set.push(change);
    set.tell(Event {
        kind: EventKind::ProductChanged,
        subject: product.id.into(),
        data: EventData::None {},
    });
    assert!(matches!(bazaar.store.commit(set).unwrap(), CommitOutcome::Committed(_)));
    let events = bazaar.last_event();
    for (seconds, shown) in
        [(0, false), (59, false), (1, true), (59, true), (1, false), (600, false)]
    {
        bazaar.clock.advance(seconds);
        assert_eq!(handles(shop, "").contains(&found[0]), shown, "{}", bazaar.clock.now());
        assert_eq!(product_is_sold(shop, &product), shown, "the cart says the same");
    }
    assert_eq!(bazaar.last_event(), events);
    // What buyers saw at another moment can be asked for.
    let at_ms = Some(now.plus_seconds(90).millis());
    let then = shop.search(&SearchRequest { at_ms, ..SearchRequest::new("") }).unwrap();
    assert!(then.hits.iter().any(|hit| hit.handle == found[0]));
}

fn product_is_sold(shop: &Shop, product: &Product) -> bool {
    let cart = shop.cart_new("web", None, None).unwrap();
    shop.cart_add(cart.id, product.variants[0].id, Quantity::ONE, None).is_ok()
}

#[test]
fn a_product_without_a_price_is_not_shown() {
    let bazaar = Bazaar::with(&goods(&["cap,Wool cap,,,CAP,shopify,3,deny,,,TRUE,active"]));
    assert_eq!(handles(&bazaar.shop, "wool"), [""; 0]);
    bazaar.import(&goods(&["cap,Wool cap,,,CAP,shopify,3,deny,9.00,,TRUE,active"]));
    assert_eq!(handles(&bazaar.shop, "wool"), ["cap"]);
}

#[test]
fn selling_the_last_unit_and_receiving_more_is_seen() {
    let bazaar = Bazaar::with(&goods(TEE));
    assert!(hit(&bazaar.shop, "TEE-S").in_stock);
    bazaar.buy("TEE-S", 1).unwrap();
    assert!(
        !hit(&bazaar.shop, "TEE-S").in_stock,
        "promised to an order, though still on the shelf"
    );
    let medium = bazaar.shop.find_variant("TEE-M").unwrap().variant.id;
    bazaar.shop.stock_receive(medium, "2".parse().unwrap(), "main", None, None).unwrap();
    assert!(hit(&bazaar.shop, "TEE-S").in_stock, "any variant will do");
}

#[test]
fn a_renamed_category_rebuilds_the_index() {
    let bazaar = Bazaar::with(&goods(TEE));
    bazaar.shop.index_sync().unwrap();
    let hats = bazaar
        .store
        .categories()
        .unwrap()
        .into_iter()
        .find(|category| category.name == "Hats")
        .unwrap();
    let renamed = Category { name: "Headwear".to_owned(), version: hats.version + 1, ..hats };
    let mut set = ChangeSet::new(bazaar.clock.now(), CommandId::from_u128(1));
    set.tell(Event::plain(EventKind::CategoryChanged, renamed.id));
    set.push(Change::Category(renamed));
    assert!(matches!(bazaar.store.commit(set), Ok(CommitOutcome::Committed(_))));
    assert_eq!(handles(&bazaar.shop, "headwear"), ["cap"]);
    assert_eq!(handles(&bazaar.shop, "hats"), [""; 0]);
}

/// What a hit shows: the lowest and highest price, and the lowest before the reduction.
fn shown(shop: &Shop, words: &str) -> (i64, i64, Option<i64>) {
    let hit = hit(shop, words);
    let range = hit.price_range.unwrap();
    (range.minor_min, range.minor_max, hit.lowest_before_minor)
}

fn import_prices(bazaar: &Bazaar, rows: &str) {
    let file = format!("price_list,customer_group,from,until,sku,price\n{rows}");
    bazaar.shop.import_text(&file, "prices.csv").unwrap();
}

#[test]
fn a_reduced_price_is_shown_with_the_lowest_before() {
    let bazaar = Bazaar::with(&goods(TEE));
    let sell = |price: &str| {
        bazaar.import(&goods(TEE).replace("9.00", price));
        bazaar.clock.advance(86_400);
    };
    assert_eq!(shown(&bazaar.shop, "cap"), (900, 900, None));
    ["8.00", "10.00"].into_iter().for_each(sell);
    assert_eq!(shown(&bazaar.shop, "cap"), (1_000, 1_000, None), "it rose");
    sell("9.00");
    assert_eq!(shown(&bazaar.shop, "cap"), (900, 900, Some(800)), "80, 100, 90 shows 80");
    assert_eq!(shown(&bazaar.shop, "tee"), (1_990, 2_190, None));
    bazaar.shop.index_rebuild().unwrap();
    assert_eq!(shown(&bazaar.shop, "cap"), (900, 900, Some(800)), "a rebuild knows it too");
}

#[test]
fn a_sale_begins_and_ends_in_the_index_by_the_clock_alone() {
    let bazaar = Bazaar::with(&goods(TEE));
    let now = bazaar.clock.now();
    let (from, until) = (now.plus_seconds(60), now.plus_seconds(120));
    import_prices(&bazaar, &format!("Sale,,{from},{until},TEE-M,17.00\nHuts,huts,,,TEE-S,1.00\n"));
    bazaar.shop.index_sync().unwrap();
    let events = bazaar.last_event();
    for (seconds, wanted) in [
        (0, (1_990, 2_190, None)),
        (59, (1_990, 2_190, None)),
        (1, (1_700, 1_990, Some(2_190))),
        (59, (1_700, 1_990, Some(2_190))),
        (1, (1_990, 2_190, None)),
    ] {
        bazaar.clock.advance(seconds);
        assert_eq!(shown(&bazaar.shop, "tee"), wanted, "{}", bazaar.clock.now());
        assert!(!bazaar.shop.index_sync().unwrap().rebuilt);
    }
    assert_eq!(bazaar.last_event(), events);
}

#[test]
fn a_list_that_is_changed_without_an_event_rebuilds_the_index() {
    let bazaar = Bazaar::with(&goods(TEE));
    let sale = |until: &str| import_prices(&bazaar, &format!("Sale,,,{until},CAP,7.00\n"));
    sale("2098-01-01");
    assert_eq!(shown(&bazaar.shop, "cap").0, 700);
    sale("2001-01-01");
    assert!(bazaar.shop.index_sync().unwrap().rebuilt);
    assert_eq!(shown(&bazaar.shop, "cap").0, 900, "it ended long ago");
    assert!(!bazaar.shop.index_sync().unwrap().rebuilt, "once is enough");
}

#[test]
fn an_index_of_an_older_version_is_rebuilt_by_the_next_search() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("search");
    let bazaar = Bazaar::with(&goods(TEE));
    let shop = || {
        let ids = std::sync::Arc::new(catalog_given::NextIds::default());
        Shop::new(bazaar.store.clone(), bazaar.clock.clone(), ids)
            .with_search_at(Some(place.clone()))
    };
    shop().index_sync().unwrap();
    let marker = place.join("sutler-search.version");
    let text = std::fs::read_to_string(&marker).unwrap();
    let older = text.replace("schema 3", "schema 2");
    assert_ne!(text, older);
    std::fs::write(&marker, older).unwrap();
    assert_eq!(handles(&shop(), "wool").len(), 2);
    assert_eq!(std::fs::read_to_string(&marker).unwrap(), text);
}

#[test]
fn an_index_on_disk_is_taken_up_again_and_one_that_is_ahead_is_rebuilt() {
    let folder = tempfile::tempdir().unwrap();
    let at = |bazaar: &Bazaar| {
        Shop::new(
            bazaar.store.clone(),
            bazaar.clock.clone(),
            std::sync::Arc::new(catalog_given::NextIds::default()),
        )
        .with_search_at(Some(folder.path().join("search")))
    };
    let bazaar = Bazaar::with(DEMO);
    assert!(at(&bazaar).index_sync().unwrap().rebuilt);
    let again = at(&bazaar).index_sync().unwrap();
    assert_eq!((again.rebuilt, again.events), (false, 0));
    // A shop restored from an older copy: its log ends before the place that the index has reached.
    let older = Bazaar::with(&goods(TEE));
    let report = at(&older).index_sync().unwrap();
    assert_eq!((report.rebuilt, report.products), (true, 2));
    assert_eq!(handles(&at(&older), "wool").len(), 2);
    // One whose log went back and on again with other events: to the same place, and beyond it.
    let other = Bazaar::empty();
    other.clock.advance(1);
    other.import(&goods(TEE).replace("Wool", "Silk"));
    assert_eq!(other.last_event(), older.last_event());
    let report = at(&other).index_sync().unwrap();
    assert_eq!((report.rebuilt, handles(&at(&other), "wool").len()), (true, 0));
    assert!(bazaar.last_event() > other.last_event());
    assert!(at(&bazaar).index_sync().unwrap().rebuilt);
    assert_eq!(handles(&at(&bazaar), "silk").len(), 0);
}

#[test]
fn syncs_and_rebuilds_at_once_lose_nothing() {
    let bazaar = Bazaar::with(DEMO);
    let products = bazaar.shop.index_sync().unwrap().products;
    std::thread::scope(|scope| {
        for n in 0..4 {
            let shop = &bazaar.shop;
            scope.spawn(move || if n % 2 == 0 { shop.index_rebuild() } else { shop.index_sync() });
        }
    });
    assert_eq!(bazaar.shop.index_sync().unwrap().products, products);
}

#[test]
fn a_variant_is_found_by_whatever_people_have_at_hand() {
    let bazaar = Bazaar::with(&goods(TEE));
    let sku = |text: &str| {
        bazaar.shop.find_variant(text).map(|found| found.variant.sku.unwrap().to_string())
    };
    let id = bazaar.shop.find_variant("TEE-S").unwrap().variant.id.to_string();
    for (text, expected) in [
        ("TEE-S", "TEE-S"),
        (" TEE-S ", "TEE-S"),
        (id.as_str(), "TEE-S"),
        ("tee:S", "TEE-S"),
        ("tee:m", "TEE-M"),
        ("TEE: m ", "TEE-M"),
        ("cap", "CAP"),
        ("Cap", "CAP"),
    ] {
        assert_eq!(sku(text).unwrap(), expected, "{text}");
    }
    let Err(FlowError::Refused(Rejection::Ambiguous { candidates, .. })) = sku("tee") else {
        panic!("several")
    };
    assert!(candidates[0].starts_with("tee:S (var_") && candidates.len() == 2, "{candidates:?}");
    let near = |text: &str| match sku(text) {
        Err(FlowError::Refused(Rejection::NotFound { near, .. })) => near,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(near("TEE-L").first().map(String::as_str), Some("TEE-M"));
    assert_eq!(near("tee-s")[0], "TEE-S");
    assert_eq!(near("EE-S")[0], "TEE-S", "the first letter is missing");
    assert_eq!(near("tee:XL")[0], "tee:M");
    assert_eq!(near("nothing like it"), [""; 0]);
    assert_eq!(near(""), [""; 0]);
}

#[test]
fn a_sku_that_stands_twice_is_told_with_both() {
    let bazaar = Bazaar::with(&goods(&[
        "tee,Tee,,,SAME,shopify,1,deny,1.00,,TRUE,active",
        "cap,Cap,,,SAME,shopify,1,deny,1.00,,TRUE,active",
    ]));
    let Err(FlowError::Refused(rejection)) = bazaar.shop.find_variant("SAME") else {
        panic!("one of two")
    };
    assert_eq!(rejection.code(), "ambiguous");
    assert!(
        rejection.to_string().contains("cap (var_") && rejection.to_string().contains("tee (var_"),
        "{rejection}"
    );
    assert_eq!(bazaar.shop.find_product("SAME").unwrap_err().code(), "ambiguous");
    assert_eq!(bazaar.shop.find_product("cap").unwrap().title, "Cap");
    assert_eq!(
        bazaar.shop.find_product("capp").unwrap_err().to_string(),
        "there is no product `capp`; did you mean `cap`?"
    );
}

#[test]
fn events_are_read_as_envelopes() {
    let bazaar = Bazaar::with(&goods(TEE));
    let all = bazaar.shop.events(0, 1_000).unwrap();
    assert_eq!(u64::try_from(all.len()), Ok(bazaar.last_event()));
    assert!(all.iter().any(|event| event.kind == "sutler.product.changed.v1"));
    let rest = bazaar.shop.events(all[1].sequence, 2).unwrap();
    assert_eq!(rest, all[2..4]);
}

/// A shop that was put back from a copy tells other events in the places that an index has seen, and soon as many.
#[test]
fn an_index_of_a_log_that_was_taken_back_is_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    let kept = Bazaar::with(&goods(TEE));
    let shop = kept.shop.with_search_at(Some(folder.path().join("index")));
    let ahead = goods(TEE).replace("Wool cap", "Felt cap");
    shop.import_text(&ahead, "ahead.csv").unwrap();
    assert_eq!(handles(&shop, "felt"), ["cap"]);
    let seen = shop.index_sync().unwrap().cursor;
    drop(shop);
    // The same shop without its last day, on which as much and more happens as on the lost one.
    let put_back = Bazaar::with(&goods(TEE));
    let shop = put_back.shop.with_search_at(Some(folder.path().join("index")));
    for (more, title) in [(0, "Straw tee"), (1, "Linen tee")] {
        let other = goods(TEE).replace("Wool tee", title);
        shop.import_text(&other, &format!("{title}.csv")).unwrap();
        assert_eq!(shop.store().event_head().unwrap().0, seen + more);
        assert_eq!(handles(&shop, "felt"), [""; 0]);
        assert_eq!(handles(&shop, title), ["tee"]);
    }
    let last = shop.index_sync().unwrap();
    assert_eq!((last.rebuilt, last.events), (false, 0), "once is enough");
}
