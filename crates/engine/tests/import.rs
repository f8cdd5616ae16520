//! Importing product and stock files: what is planned, what is written, and what interrupts, repeats and races do.

#![allow(clippy::unwrap_used, reason = "a failed step should stop the test")]

mod catalog_given;

use std::ops::ControlFlow;

use catalog_given::{Bazaar, DEMO, goods, many};
use sutler_core::change::RecordRef;
use sutler_core::event::EventKind;
use sutler_core::import::{ProductChange, Severity};
use sutler_core::port::{CatalogReader as _, EventReader as _, SagaReader as _};
use sutler_core::rejection::Rejection;
use sutler_engine::FlowError;
use sutler_engine::flow::import::{ImportOptions, Input, OnConflict, StockPolicy};
use sutler_store_conformance::Fault;

const TEE: &[&str] = &[
    "tee,Tee,Size,S,TEE-S,shopify,5,deny,19.90,Apparel > Shirts,TRUE,active",
    "tee,,,M,TEE-M,shopify,0,continue,21.90,,,",
];

fn options() -> ImportOptions {
    ImportOptions::new("goods.csv")
}

#[test]
fn a_plan_tells_everything_and_writes_nothing() {
    let bazaar = Bazaar::empty();
    let summary = bazaar.plan(DEMO, &options()).unwrap();
    assert_eq!(
        (summary.format.as_str(), summary.delimiter, summary.encoding.as_str()),
        ("shopify", ',', "UTF-8")
    );
    assert_eq!(
        (summary.created, summary.updated, summary.unchanged, summary.rejected_rows),
        (summary.products, 0, 0, 0)
    );
    assert!(summary.variants > summary.products && summary.variants_created == summary.variants);
    assert!(summary.categories_created > 3 && summary.run.is_none());
    assert_eq!(bazaar.last_event(), 0);
    assert_eq!(bazaar.shop.product_list(None, 1).unwrap(), []);
}

#[test]
fn the_second_run_of_a_file_changes_nothing() {
    let bazaar = Bazaar::empty();
    let first = bazaar.import(DEMO);
    assert_eq!(first.created, first.products);
    let run = first.run.unwrap();
    assert_eq!((run.run, run.finished, run.resumed_after), (1, true, 0));
    bazaar.is_whole();
    let (events, commits) = (bazaar.last_event(), bazaar.store.commits());
    let second = bazaar.import(DEMO);
    assert_eq!((second.created, second.updated, second.unchanged), (0, 0, first.products));
    assert!(second.changes_nothing() && second.run.is_none());
    assert_eq!(
        (bazaar.last_event(), bazaar.store.commits()),
        (events, commits),
        "not even a commit"
    );
}

#[test]
fn products_get_their_categories_prices_and_stock() {
    let bazaar = Bazaar::with(&goods(TEE));
    let product = bazaar.shop.find_product("tee").unwrap();
    let view = bazaar.shop.product_view(&product).unwrap();
    assert_eq!(view.categories, ["Apparel > Shirts"]);
    let prices: Vec<String> = view.prices.iter().map(|price| price.amount.to_string()).collect();
    assert_eq!(prices, ["19.90 EUR", "21.90 EUR"]);
    let levels: Vec<(u32, u32)> =
        view.levels.values().map(|level| (level.on_hand, level.backorder_limit)).collect();
    assert_eq!(levels, [(5, 0), (0, 1_000_000)]);
    assert_eq!(bazaar.shop.category_tree().unwrap().len(), 2);
}

#[test]
fn events_tell_of_each_thing_once() {
    let bazaar = Bazaar::with(&goods(TEE));
    let count = |kind: EventKind| {
        let events = bazaar.store.events(0, 1_000).unwrap();
        events.iter().filter(|stored| stored.event.kind == kind).count()
    };
    assert_eq!(
        [
            EventKind::CategoryChanged,
            EventKind::ProductChanged,
            EventKind::PriceChanged,
            EventKind::StockChanged
        ]
        .map(count),
        [2, 1, 1, 2]
    );
    let cheaper = goods(TEE).replace("19.90", "18.90");
    bazaar.import(&cheaper);
    assert_eq!([EventKind::ProductChanged, EventKind::PriceChanged].map(count), [1, 2]);
}

#[test]
fn initial_stock_can_be_left_out() {
    let bazaar = Bazaar::empty();
    let options = ImportOptions { stock: StockPolicy::Ignore, ..options() };
    bazaar.try_import(&goods(TEE), &options).unwrap();
    let product = bazaar.shop.find_product("tee").unwrap();
    let levels = bazaar.shop.product_view(&product).unwrap().levels;
    assert_eq!(
        levels.values().map(|level| level.on_hand).collect::<Vec<_>>(),
        [0],
        "only the limit of the second"
    );
}

#[test]
fn differences_are_named_and_dangers_come_first() {
    let bazaar = Bazaar::with(&(goods(TEE) + "cap,Cap,,,CAP,shopify,1,deny,9.00,,TRUE,active\n"));
    let file = goods(&[
        "cap,Blue cap,,,CAP,shopify,1,deny,9.00,,TRUE,active",
        "tee,Tee,Size,S,TEE-S,shopify,5,deny,1.99,Apparel > Shirts,TRUE,active",
        "tee,,,M,TEE-M,shopify,0,continue,21.90,,,",
    ]);
    let plan = bazaar.plan(&file, &options()).unwrap();
    assert_eq!((plan.updated, plan.dangers_total), (2, 1));
    assert_eq!(plan.dangers[0].kind, "price.moves");
    let subjects: Vec<&str> =
        plan.differences.iter().map(|difference| difference.subject.as_str()).collect();
    assert_eq!(subjects, ["tee", "cap"]);
    let cap = &plan.differences[1];
    assert_eq!(
        (cap.change, cap.differences[0].after.as_str()),
        (ProductChange::Updated, "Blue cap")
    );
}

#[test]
fn products_that_are_there_can_be_left_or_refused() {
    let changed =
        goods(TEE).replace("Tee,", "Shirt,") + "cap,Cap,,,CAP,shopify,1,deny,9.00,,TRUE,active\n";
    for (on_conflict, expected) in [
        (OnConflict::Update, (1, 1, 0, 0)),
        (OnConflict::Skip, (1, 0, 1, 0)),
        (OnConflict::Error, (1, 0, 0, 2)),
    ] {
        let bazaar = Bazaar::with(&goods(TEE));
        let options = ImportOptions { on_conflict, ..options() };
        let done = bazaar.try_import(&changed, &options).unwrap();
        assert_eq!(
            (done.created, done.updated, done.skipped, done.rejected_rows),
            expected,
            "{on_conflict:?}"
        );
        let again = bazaar.try_import(&goods(TEE).replace("Tee,", "Shirt,"), &options).unwrap();
        assert_eq!(again.created + again.updated, 0, "{on_conflict:?}");
    }
}

#[test]
fn a_product_that_core_refuses_goes_to_the_reject_file_and_imports_once_mended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rejects.csv");
    let bazaar = Bazaar::empty();
    let long = "X".repeat(300);
    let file = goods(&[
        "cap,Cap,,,CAP,shopify,1,deny,9.00,,TRUE,active",
        &format!("tee,Tee,Size,S,{long},shopify,5,deny,19.90,Apparel > Shirts,TRUE,active"),
        "tee,,,M,TEE-M,shopify,0,continue,21.90,,,",
    ]);
    let done = bazaar
        .try_import(&file, &ImportOptions { reject_to: Some(path.clone()), ..options() })
        .unwrap();
    assert_eq!(
        (done.created, done.rejected_products, done.rejected_rows),
        (1, 1, 2),
        "{:#?}",
        done.groups
    );
    assert_eq!((done.reject_file.as_ref(), done.reject_file_rows), (Some(&path), 2));
    let group = done.groups.iter().find(|group| group.severity == Severity::Reject).unwrap();
    assert!(group.message.contains("longer than 255"), "{}", group.message);
    let rejects = std::fs::read_to_string(&path).unwrap();
    assert!(rejects.starts_with("Handle,Title,Option1 Name,"), "the columns of the source");
    let mended = rejects.replace(&long, "TEE-S");
    let second = bazaar.import(&mended);
    assert_eq!((second.created, second.rejected_rows), (1, 0), "{:#?}", second.groups);
    let direct = Bazaar::with(&goods(TEE)).shop.find_product("tee").unwrap();
    let through = bazaar.shop.find_product("tee").unwrap();
    let facts = |product: &sutler_core::catalog::Product| {
        let variants = product
            .variants
            .iter()
            .map(|v| (v.option_values.clone(), v.sku.clone(), v.sells_without_stock));
        (
            product.title.clone(),
            product.option_names.clone(),
            product.status,
            product.published,
            variants.collect::<Vec<_>>(),
        )
    };
    assert_eq!(facts(&through), facts(&direct));
}

#[test]
fn a_reject_file_never_replaces_the_file_that_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("goods.csv");
    std::fs::write(&path, goods(TEE)).unwrap();
    let options = ImportOptions { reject_to: Some(path.clone()), ..options() };
    let error = Bazaar::empty().shop.import_plan(Input::path(&path), &options).unwrap_err();
    assert!(matches!(error, FlowError::Refused(Rejection::BadInput { .. })));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), goods(TEE));
}

#[test]
fn strict_and_max_errors_keep_everything_from_being_written() {
    let file = goods(TEE)
        + "bad,Bad,,,BAD,shopify,1,deny,N/A,,TRUE,active\nworse,Worse,,,W,shopify,1,deny,n/a,,TRUE,active\n";
    let bazaar = Bazaar::empty();
    let strict =
        bazaar.try_import(&file, &ImportOptions { strict: true, ..options() }).unwrap_err();
    let FlowError::File(examples) = strict else { panic!("{strict}") };
    assert_eq!(examples.iter().map(|example| example.code.as_str()).collect::<Vec<_>>(), ["E102"]);
    let few = bazaar.plan(&file, &ImportOptions { max_errors: Some(1), ..options() }).unwrap_err();
    let FlowError::File(all) = few else { panic!("{few}") };
    assert_eq!(all[0].code, "E308");
    assert_eq!(bazaar.last_event(), 0);
    let enough =
        bazaar.try_import(&file, &ImportOptions { max_errors: Some(2), ..options() }).unwrap();
    assert_eq!((enough.created, enough.rejected_rows), (1, 2));
}

#[test]
fn a_category_that_cannot_be_one_refuses_its_product_only() {
    let deep = (0..40).map(|n| format!("L{n}")).collect::<Vec<_>>().join(" > ");
    let bazaar = Bazaar::empty();
    let file = goods(&[
        &format!("a,A,,,A,shopify,1,deny,1.00,{deep},TRUE,active"),
        "b,B,,,B,shopify,1,deny,1.00,Fine,TRUE,active",
    ]);
    let done = bazaar.import(&file);
    assert_eq!((done.created, done.rejected_products, done.categories_created), (1, 1, 1));
    assert_eq!(bazaar.shop.category_tree().unwrap().len(), 1, "nothing of the deep path");
}

#[test]
fn options_that_cannot_be_are_refused_before_the_file_is_read() {
    let bazaar = Bazaar::empty();
    let code = |options: ImportOptions| match bazaar.plan(&goods(TEE), &options) {
        Err(FlowError::File(diagnostics)) => diagnostics[0].code.clone(),
        Err(FlowError::Mapping(diagnostic)) => diagnostic.code,
        Err(error) => error.code().to_owned(),
        Ok(_) => "fine".to_owned(),
    };
    assert_eq!(code(ImportOptions { format: Some("shopfy".into()), ..options() }), "E309");
    assert_eq!(code(ImportOptions { delimiter: Some("ab".into()), ..options() }), "E309");
    assert_eq!(code(ImportOptions { decimal: Some(";".into()), ..options() }), "E309");
    assert_eq!(code(ImportOptions { map: Some("titel = 1".into()), ..options() }), "E138");
    assert_eq!(code(ImportOptions { channel: Some("moon".into()), ..options() }), "not_found");
    assert_eq!(code(ImportOptions { location: Some("moon".into()), ..options() }), "not_found");
    assert_eq!(
        code(ImportOptions {
            format: Some("auto".into()),
            location: Some("main".into()),
            ..options()
        }),
        "fine"
    );
}

/// Everything that an import leaves, without ids and moments.
fn picture(bazaar: &Bazaar) -> Vec<String> {
    let mut seen = Vec::new();
    for product in bazaar.shop.product_list(None, 10_000).unwrap() {
        let view = bazaar.shop.product_view(&product).unwrap();
        let prices: Vec<String> =
            view.prices.iter().map(|price| price.amount.to_string()).collect();
        let levels: Vec<u32> = view.levels.values().map(|level| level.on_hand).collect();
        seen.push(format!(
            "{} {} {prices:?} {levels:?} {:?}",
            product.handle, product.title, view.categories
        ));
    }
    let events = bazaar.store.events(0, 100_000).unwrap();
    let told = |kind| events.iter().filter(|stored| stored.event.kind == kind).count();
    let kinds = [
        EventKind::ProductChanged,
        EventKind::PriceChanged,
        EventKind::StockChanged,
        EventKind::CategoryChanged,
    ];
    seen.push(format!("{:?}", kinds.map(told)));
    seen
}

#[test]
fn an_import_that_is_cut_off_at_any_commit_goes_on_where_it_stopped() {
    let (file, options) = (many(23), ImportOptions { batch: 5, ..options() });
    let whole = Bazaar::empty();
    let done = whole.try_import(&file, &options).unwrap();
    assert_eq!(done.run.unwrap().batches, 5);
    let expected = picture(&whole);
    for n in 1..=5 {
        // The program dies before the n-th commit, or after it and before it heard of it.
        for faults in
            [vec![Fault::BeforeCommit(n), Fault::BeforeCommit(n + 1)], vec![Fault::AfterCommit(n)]]
        {
            let bazaar = Bazaar::empty();
            bazaar.store.schedule(faults.iter().copied());
            let cut = bazaar.try_import(&file, &options);
            assert!(matches!(cut, Err(FlowError::Store(_))), "{faults:?}");
            bazaar.store.schedule([]);
            let rest = bazaar.try_import(&file, &options).unwrap();
            assert_eq!(picture(&bazaar), expected, "{faults:?}");
            bazaar.is_whole();
            if let Some(run) = rest.run {
                assert!(run.finished && run.run == 1, "{run:?} after {faults:?}");
            }
        }
    }
}

#[test]
fn an_interrupt_stops_at_a_batch_and_the_same_import_goes_on() {
    let (file, options) = (many(23), ImportOptions { batch: 5, ..options() });
    let bazaar = Bazaar::empty();
    let prepared =
        bazaar.shop.import_plan(Input::bytes("goods.csv", file.as_bytes()), &options).unwrap();
    let content_free = |bazaar: &Bazaar| bazaar.store.catalog_size().unwrap().products;
    let mut told = Vec::new();
    let stopped = bazaar
        .shop
        .import_apply(prepared, &mut |progress| {
            told.push((progress.batches, progress.created, progress.rows_total));
            if progress.batches == 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
    assert_eq!(told, [(1, 5, 46), (2, 10, 46)]);
    let run = stopped.run.unwrap();
    assert_eq!((run.batches, run.finished, content_free(&bazaar)), (2, false, 10));

    let rest = bazaar.try_import(&file, &options).unwrap();
    let run = rest.run.unwrap();
    assert_eq!((rest.created, rest.unchanged), (13, 10));
    assert_eq!((run.run, run.resumed_after, run.finished), (1, 2, true));
    bazaar.is_whole();

    // Something changed since: the same file is a new run.
    bazaar.import(&goods(&["p0,Renamed,Size,S,P0-S,shopify,5,deny,10.00,,TRUE,active"]));
    let third = bazaar.try_import(&file, &options).unwrap();
    assert_eq!((third.updated, third.run.unwrap().run), (1, 2));
}

#[test]
fn of_two_imports_of_one_file_at_once_one_goes_on_and_the_other_is_told() {
    let (file, options) = (many(23), ImportOptions { batch: 5, ..options() });
    let bazaar = Bazaar::empty();
    let plan =
        || bazaar.shop.import_plan(Input::bytes("goods.csv", file.as_bytes()), &options).unwrap();
    let (first, second) = (plan(), plan());
    let mut inner = None;
    let mut second = Some(second);
    let outer = bazaar.shop.import_apply(first, &mut |progress| {
        if progress.batches == 2
            && let Some(second) = second.take()
        {
            inner = Some(bazaar.shop.import_apply(second, &mut |_| ControlFlow::Continue(())));
        }
        ControlFlow::Continue(())
    });
    let Err(FlowError::Contended { what }) = outer else { panic!("{outer:?}") };
    assert!(what.contains("another import of the same file is running"), "{what}");
    assert!(inner.unwrap().unwrap().run.unwrap().finished);
    let whole = Bazaar::empty();
    whole.try_import(&file, &options).unwrap();
    assert_eq!(picture(&bazaar), picture(&whole));
    bazaar.is_whole();
}

#[test]
fn two_imports_that_begin_at_once_write_everything_once() {
    let (file, options) = (many(40), ImportOptions { batch: 4, ..options() });
    let bazaar = Bazaar::empty();
    let results: Vec<Result<_, FlowError>> = std::thread::scope(|scope| {
        let running: Vec<_> =
            (0..4).map(|_| scope.spawn(|| bazaar.try_import(&file, &options))).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(results.iter().any(Result::is_ok));
    assert!(
        results.iter().all(|result| matches!(result, Ok(_) | Err(FlowError::Contended { .. })))
    );
    let whole = Bazaar::empty();
    whole.try_import(&file, &options).unwrap();
    assert_eq!(picture(&bazaar), picture(&whole));
    bazaar.is_whole();
}

#[test]
fn a_product_that_changes_between_plan_and_commit_is_compared_again() {
    let bazaar = Bazaar::with(&goods(TEE));
    let file = goods(TEE).replace("Tee,", "Shirt,").replace("19.90", "20.90");
    let prepared =
        bazaar.shop.import_plan(Input::bytes("goods.csv", file.as_bytes()), &options()).unwrap();
    bazaar.import(&goods(TEE).replace("Tee,", "Blouse,"));
    let done = bazaar.shop.import_apply(prepared, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(done.updated, 1);
    let product = bazaar.shop.find_product("tee").unwrap();
    assert_eq!((product.title.as_str(), product.version), ("Shirt", 3));
}

#[test]
fn the_record_of_a_run_is_found_by_its_content() {
    let bazaar = Bazaar::empty();
    let prepared = bazaar
        .shop
        .import_plan(Input::bytes("goods.csv", goods(TEE).as_bytes()), &options())
        .unwrap();
    let sha256 = prepared.summary.sha256.clone();
    bazaar.shop.import_apply(prepared, &mut |_| ControlFlow::Continue(())).unwrap();
    let keys = bazaar.store.events(0, 10).unwrap();
    assert!(keys.iter().any(|stored| matches!(stored.event.subject, RecordRef::Product(_))));
    assert_eq!(sha256.len(), 64);
    // Another meaning of the same bytes is another content.
    let other = ImportOptions { on_conflict: OnConflict::Skip, ..options() };
    assert_eq!(bazaar.try_import(&goods(TEE), &other).unwrap().run, None);
    assert!(bazaar.store.import_run(sutler_core::hash::ContentHash::ZERO).unwrap().is_none());
}

fn stock(rows: &[&str]) -> String {
    let header = "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Location,On hand (current),On hand (new)";
    std::iter::once(header).chain(rows.iter().copied()).collect::<Vec<_>>().join("\n") + "\n"
}

fn on_hand(bazaar: &Bazaar, variant: &str) -> u32 {
    let id = bazaar.shop.find_variant(variant).unwrap().variant.id;
    bazaar.shop.stock_show(id).unwrap().levels.iter().map(|(_, level)| level.on_hand).sum()
}

#[test]
fn a_stock_file_corrects_levels_once() {
    let bazaar = Bazaar::with(&goods(TEE));
    let file = stock(&[
        "tee,Tee,Size,S,TEE-S,,,Main,5,8",
        "tee,Tee,Size,M,TEE-M,,,main,not stocked,3",
        "tee,Tee,Size,S,TEE-S,,,MAIN ,5,",
    ]);
    let plan = bazaar.plan(&file, &options()).unwrap();
    assert_eq!((plan.updated, plan.unchanged, plan.rejected_rows), (2, 1, 0), "{:#?}", plan.groups);
    assert_eq!(on_hand(&bazaar, "TEE-S"), 5, "a plan writes nothing");
    let done = bazaar.import(&file);
    assert_eq!((done.updated, on_hand(&bazaar, "TEE-S"), on_hand(&bazaar, "TEE-M")), (2, 8, 3));
    let history = bazaar
        .shop
        .stock_history(bazaar.shop.find_variant("TEE-S").unwrap().variant.id, 1)
        .unwrap();
    assert_eq!(history[0].movement.reason.as_deref(), Some("import goods.csv"));
    let events = bazaar.last_event();
    let again = bazaar.import(&file);
    assert_eq!((again.updated, again.rejected_rows, bazaar.last_event()), (0, 0, events));
    bazaar.is_whole();
}

#[test]
fn a_row_that_was_overtaken_by_a_sale_is_skipped_and_told() {
    let bazaar = Bazaar::with(&goods(TEE));
    let counted = bazaar.shop.find_variant("TEE-S").unwrap().variant.id;
    bazaar.shop.stock_correct(counted, 4, "main", "sold at the counter", None, None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rejects.csv");
    let file = stock(&["tee,Tee,Size,S,TEE-S,,,Main,5,8"]);
    let done = bazaar
        .try_import(&file, &ImportOptions { reject_to: Some(path.clone()), ..options() })
        .unwrap();
    assert_eq!((done.updated, done.rejected_rows, on_hand(&bazaar, "TEE-S")), (0, 1, 4));
    assert_eq!(done.groups[0].code, "E305");
    let rejects = std::fs::read_to_string(&path).unwrap();
    let mended = rejects.replace(",5,8,", ",4,8,");
    assert_ne!(mended, rejects);
    assert_eq!(bazaar.import(&mended).updated, 1);
    assert_eq!(on_hand(&bazaar, "TEE-S"), 8);
}

#[test]
fn a_sale_between_plan_and_commit_is_not_counted_away() {
    let bazaar = Bazaar::with(&goods(TEE));
    let file = stock(&["tee,Tee,Size,S,TEE-S,,,Main,5,8"]);
    let prepared =
        bazaar.shop.import_plan(Input::bytes("stock.csv", file.as_bytes()), &options()).unwrap();
    assert_eq!(prepared.summary.updated, 1);
    let counted = bazaar.shop.find_variant("TEE-S").unwrap().variant.id;
    bazaar.shop.stock_correct(counted, 4, "main", "sold at the counter", None, None).unwrap();
    let done = bazaar.shop.import_apply(prepared, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!((done.updated, done.rejected_rows, on_hand(&bazaar, "TEE-S")), (0, 1, 4));
}

#[test]
fn what_a_stock_file_cannot_mean_is_refused_row_by_row() {
    let bazaar = Bazaar::with(&goods(TEE));
    bazaar.buy("TEE-S", 3).unwrap();
    let file = stock(&[
        "tee,Tee,Size,S,TEE-S,,,Moon,5,8",
        "cap,Cap,,,CAP,,,Main,,8",
        "tee,Tee,Size,XL,TEE-XL,,,Main,,8",
        "tee,Tee,Size,S,TEE-S,,,Main,,2",
        "tee,Tee,Size,m,TEE-M,,,Main,,-4",
        "tee,Tee,Size,M,TEE-M,,,Main,,2000000",
    ]);
    let plan = bazaar.plan(&file, &options()).unwrap();
    let codes: Vec<(&str, u64)> =
        plan.groups.iter().map(|group| (group.code.as_str(), group.count)).collect();
    assert_eq!((plan.updated, plan.unchanged, plan.rejected_rows), (0, 1, 5), "{:#?}", plan.groups);
    for expected in [("E303", 1), ("E304", 2), ("E307", 1), ("E306", 1), ("E320", 1)] {
        assert!(codes.contains(&expected), "{expected:?} in {codes:?}");
    }
    let moon = plan.groups.iter().find(|group| group.code == "E303").unwrap();
    assert!(moon.message.contains("Main"), "{}", moon.message);
}

#[test]
fn stock_to_zero_is_a_danger_and_one_column_for_each_location_is_read() {
    let bazaar = Bazaar::with(&goods(TEE));
    let file = "Handle,Title,Option1 Name,Option1 Value,SKU,HS Code,COO,Main\n\
                tee,Tee,Size,S,TEE-S,,,0\n\
                tee,Tee,Size,M,TEE-M,,,not stocked\n";
    let plan = bazaar.plan(file, &options()).unwrap();
    assert_eq!((plan.updated, plan.unchanged, plan.dangers_total), (1, 1, 1));
    assert_eq!(plan.dangers[0].kind, "stock.to_zero");
    assert_eq!(plan.differences[0].differences[0].before, "5");
    assert_eq!(bazaar.import(file).updated, 1);
    assert_eq!(on_hand(&bazaar, "TEE-S"), 0);
}

#[test]
fn a_stock_import_in_batches_resumes_too() {
    let bazaar = Bazaar::with(&many(12));
    let rows: Vec<String> =
        (0..12).map(|n| format!("p{n},Product {n},Size,S,P{n}-S,,,Main,5,9")).collect();
    let file = stock(&rows.iter().map(String::as_str).collect::<Vec<_>>());
    let options = ImportOptions { batch: 5, ..options() };
    bazaar.store.schedule([Fault::AfterCommit(2)]);
    assert!(bazaar.try_import(&file, &options).is_err());
    bazaar.store.schedule([]);
    let rest = bazaar.try_import(&file, &options).unwrap();
    // Ten rows say 5 → 9 where 9 stands already: nothing is left to do for them, and nothing to refuse.
    assert_eq!((rest.updated, rest.unchanged, rest.rejected_rows), (2, 10, 0));
    let run = rest.run.unwrap();
    assert_eq!((run.run, run.resumed_after, run.batches, run.finished), (1, 2, 3, true));
    bazaar.is_whole();
}
