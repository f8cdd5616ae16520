//! What checkouts cost in one SQLite file: rate by number of callers, CPU, bytes, and reading orders.
//!
//! Run with `cargo bench -p sutler-store-sqlite`, or with one of the words `rate`, `size`, `read`, `cpu` after `--`. Rates
//! depend on the disk, which is measured beside them: read ratios. `BENCH_SLOW=3` adds 3 ms to every sync,
//! `BENCH_CALLERS=8` measures one number of callers, `BENCH_FOLDER` says where.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::float_arithmetic
)]
#![allow(missing_docs, reason = "a program")]

use std::io::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sutler_core::address::Address;
use sutler_core::cart::{Cart, CartLine, CartStatus};
use sutler_core::catalog::{Sku, TaxRounding};
use sutler_core::change::{
    Change, ChangeSet, CommitOutcome, Idempotency, IdempotencyKey, StockChange,
};
use sutler_core::checkout::{Checkout, CheckoutStatus};
use sutler_core::event::{Event, EventData, EventKind};
use sutler_core::hash::ContentHash;
use sutler_core::id::*;
use sutler_core::inventory::{Allocation, MovementKind, SourcedUnits, StockKey, StockMovement};
use sutler_core::money::{Currency, Money, Rate, Rounding};
use sutler_core::order::{Order, OrderAction, OrderLine, OrderNumber, OrderStatus};
use sutler_core::payment::{FactKind, Payment, PaymentFact};
use sutler_core::port::{OrderFilter, OrderReader as _, Store, StoreReader as _};
use sutler_core::pricing::{
    DeliveryOrigin, Quote, QuoteDelivery, QuoteHash, QuoteLine, QuoteTax, TaxCategory, TaxLine,
    TaxTreatment, Totals,
};
use sutler_core::quantity::Quantity;
use sutler_core::time::Timestamp;
use sutler_store_sqlite::{OpenOptions, SqliteStore};

const SKUS: u64 = 1_000;
const START: i64 = 1_780_315_200_000;

/// Ids that look like UUIDv7: they sort by the time they were made, and the rest looks random.
static MADE: AtomicU64 = AtomicU64::new(0);

/// Transactions.
static COMMITS: AtomicU64 = AtomicU64::new(0);

fn mix(mut n: u64) -> u64 {
    n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

fn id() -> u128 {
    let n = MADE.fetch_add(1, Ordering::Relaxed);
    let millis = u128::from(START as u64 + n / 8);
    (millis << 80) | (0x7 << 76) | (u128::from(n % 8) << 64) | u128::from(mix(n) >> 2) | (1 << 63)
}

fn eur(minor: i64) -> Money {
    Money::from_minor(minor, Currency::EUR)
}

fn variant(n: u64) -> VariantId {
    VariantId::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0000 + u128::from(n % SKUS))
}

fn location() -> StockLocationId {
    StockLocationId::from_u128(0x0197_0000_0000_7000_8000_1000_0000_0001)
}

fn set(at: Timestamp) -> ChangeSet {
    ChangeSet::new(at, CommandId::from_u128(id()))
}

fn committed(store: &SqliteStore, set: ChangeSet) -> Option<OrderNumber> {
    match store.commit(set).unwrap() {
        CommitOutcome::Committed(receipt) => receipt.order_number,
        other => panic!("{other:?}"),
    }
}

struct Bought {
    first: ChangeSet,
    second: ChangeSet,
}

fn tax(base: i64, amount: i64) -> Vec<TaxLine> {
    vec![TaxLine {
        name: "VAT".into(),
        rate: Rate::percent("19").unwrap(),
        category: TaxCategory::standard(),
        base: eur(base),
        amount: eur(amount),
        treatment: TaxTreatment::Standard,
        level: 0,
        relieved: None,
    }]
}

fn cart_of(n: u64, at: Timestamp) -> Cart {
    let picks = [
        mix(n) % SKUS,
        mix(n) % SKUS + 1 + mix(n + 1) % 300,
        mix(n) % SKUS + 400 + mix(n + 2) % 300,
    ];
    let line = |(line, pick): (u32, &u64)| CartLine {
        line,
        variant: variant(*pick),
        quantity: Quantity::ONE,
    };
    Cart {
        id: CartId::from_u128(id()),
        channel: ChannelId::from_u128(1 << 100),
        customer: None,
        status: CartStatus::Open,
        lines: (1..).zip(&picks).map(line).collect(),
        coupons: Vec::new(),
        order: None,
        expires_at: at.plus_seconds(86_400),
        created_at: at,
        version: 1,
    }
}

fn order_of(n: u64, cart: &Cart, at: Timestamp) -> Order {
    let price = |line: &CartLine| 999 + i64::try_from(line.variant.to_u128() % 5_000).unwrap();
    let quoted = |line: &CartLine| {
        let total = price(line);
        let tax_total = total * 19 / 119;
        QuoteLine {
            line: line.line,
            variant: line.variant,
            quantity: line.quantity,
            unit_price: eur(total),
            compare_at: None,
            price_list: PriceListId::from_u128(1 << 101),
            price_list_name: "Retail".into(),
            min_quantity: 1,
            subtotal: eur(total),
            discounts: Vec::new(),
            discount_total: eur(0),
            tax: tax(total - tax_total, tax_total),
            net: eur(total - tax_total),
            tax_total: eur(tax_total),
            total: eur(total),
        }
    };
    let lines: Vec<QuoteLine> = cart.lines.iter().map(quoted).collect();
    let sum = |of: fn(&QuoteLine) -> Money| lines.iter().map(|line| of(line).minor()).sum::<i64>();
    let totals = Totals {
        subtotal: eur(sum(|line| line.subtotal)),
        discount_total: eur(0),
        delivery_total: eur(595),
        fee_total: eur(0),
        tax_total: eur(sum(|line| line.tax_total) + 95),
        total: eur(sum(|line| line.total) + 595),
    };
    let delivery = QuoteDelivery {
        method: DeliveryMethodId::from_u128(1 << 102),
        code: "standard".to_owned(),
        name: "Standard".to_owned(),
        rate: eur(595),
        origin: DeliveryOrigin::Flat,
        surcharges: Vec::new(),
        discounts: Vec::new(),
        discount_total: eur(0),
        tax: tax(500, 95),
        net: eur(500),
        tax_total: eur(95),
        total: eur(595),
    };
    let bought = |line: &CartLine| OrderLine {
        line: line.line,
        variant: line.variant,
        product: ProductId::from_u128(line.variant.to_u128()),
        sku: Some(Sku::new(format!("SKU-{:05}", line.variant.to_u128() % 10_000)).unwrap()),
        title: format!("Wool blanket {} (Large / Gray)", line.variant.to_u128() % 10_000),
        tracks_stock: true,
        requires_shipping: true,
        ordered: 1,
        canceled: 0,
        allocated: 0,
        shipped: 0,
        delivered: 0,
        return_requested: 0,
        returned: 0,
        refunded: 0,
    };
    let mut hash = [0; 32];
    hash.iter_mut().zip(mix(n).to_be_bytes().into_iter().cycle()).for_each(|(to, from)| *to = from);
    Order {
        id: OrderId::from_u128(id()),
        number: OrderNumber(0),
        cart: cart.id,
        channel: cart.channel,
        status: OrderStatus::Pending,
        email: format!("buyer{}@example.com", n % 100_000),
        customer: None,
        ship_to: Address {
            name: "Ada Lovelace".to_owned(),
            street: format!("St James's Square {}", n % 200),
            postal_code: "10115".to_owned(),
            city: "Berlin".to_owned(),
            country: "DE".parse().unwrap(),
            region: None,
        },
        quote: Quote {
            currency: Currency::EUR,
            tax_inclusive: true,
            rounding: Rounding::HalfAwayFromZero,
            tax_rounding: TaxRounding::PerLine,
            country: "DE".parse().unwrap(),
            tax: QuoteTax::default(),
            fees: Vec::new(),
            lines,
            delivery: Some(delivery),
            totals,
            promotions_applied: Vec::new(),
            promotions_refused: Vec::new(),
            coupons_refused: Vec::new(),
            combination: None,
            hash: QuoteHash::from_bytes(hash),
        },
        lines: cart.lines.iter().map(bought).collect(),
        created_at: at,
        placed_at: None,
        canceled_at: None,
        version: 1,
    }
}

/// Both commits of a checkout of three lines, and its cart.
fn checkout(n: u64) -> (Cart, Bought) {
    // All within one lease of stock, whoever is first.
    let at = Timestamp::from_millis(START + i64::try_from(n % 600_000).unwrap());
    let cart = cart_of(n, at);
    let order = order_of(n, &cart, at);
    let checkout_id = CheckoutId::from_u128(order.id.to_u128());
    let expires_at = at.plus_seconds(900);
    let mut reserved: Vec<SourcedUnits> = cart
        .lines
        .iter()
        .map(|line| SourcedUnits {
            key: StockKey { variant: line.variant, location: location() },
            quantity: 1,
        })
        .collect();
    reserved.sort_unstable();
    let payment = Payment {
        id: PaymentId::from_u128(id()),
        order: order.id,
        provider: "test".to_owned(),
        method: "tok_visa".to_owned(),
        amount: order.total(),
        facts: Vec::new(),
        created_at: at,
        version: 1,
    };
    let saga = Checkout {
        id: checkout_id,
        cart: cart.id,
        order: order.id,
        payment: Some(payment.id),
        status: CheckoutStatus::Authorizing,
        reserved: reserved.clone(),
        expires_at,
        problem: None,
        created_at: at,
        updated_at: at,
        version: 1,
    };
    let mut first = set(at).once(Some(Idempotency {
        key: IdempotencyKey::new(format!("checkout:{}", cart.id)).unwrap(),
        content: ContentHash::of(&n.to_be_bytes()),
        answer: order.id.into(),
    }));
    first
        .push(Change::Stock(StockChange::Reserve {
            checkout: checkout_id,
            lines: reserved.clone(),
            expires_at,
        }))
        .push(Change::OrderOpened(Box::new(order.clone())))
        .push(Change::PaymentOpened(payment.clone()))
        .push(Change::Checkout(Box::new(saga.clone())));

    let mut placed =
        Order { status: OrderStatus::Placed, placed_at: Some(at), version: 2, ..order.clone() };
    placed.lines.iter_mut().for_each(|line| line.allocated = 1);
    let mut second = set(at);
    let lines = reserved.clone();
    second
        .push(Change::Stock(StockChange::Allocate {
            checkout: checkout_id,
            lines,
            expires_at,
            order: order.id,
        }))
        .push(Change::Order { order: Box::new(placed), action: OrderAction::Placed });
    for (line, units) in (1..).zip(&reserved) {
        let (order, key) = (order.id, units.key);
        second.push(Change::Allocation(Allocation {
            order,
            line,
            key,
            quantity: 1,
            shipped: 0,
            released: 0,
        }));
    }
    let reference = format!("test_auth_{:016x}", mix(n));
    let fact = PaymentFact { kind: FactKind::Authorized, amount: order.total(), reference, at };
    second
        .push(Change::PaymentFact { payment: payment.id, fact, payment_version: None })
        .push(Change::Cart(Box::new(Cart {
            status: CartStatus::Ordered,
            order: Some(order.id),
            version: 2,
            ..cart.clone()
        })))
        .push(Change::Checkout(Box::new(Checkout {
            status: CheckoutStatus::Placed,
            version: 2,
            ..saga
        })));
    let (total, of) = (order.total(), order.id);
    second
        .tell(Event {
            kind: EventKind::OrderPlaced,
            subject: of.into(),
            data: EventData::Order { number: OrderNumber(0), total },
        })
        .tell(Event {
            kind: EventKind::PaymentAuthorized,
            subject: payment.id.into(),
            data: EventData::Payment { order: of, amount: total },
        });
    (cart, Bought { first, second })
}

fn run(store: &SqliteStore, bought: Bought) {
    let number = committed(store, bought.first).unwrap();
    let mut second = bought.second;
    for change in &mut second.changes {
        if let Change::Order { order, .. } = change {
            order.number = number;
        }
    }
    for event in &mut second.events {
        if let EventData::Order { number: of, .. } = &mut event.data {
            *of = number;
        }
    }
    committed(store, second);
}

/// Writes the carts of many checkouts, outside of what is measured.
fn prepare(store: &SqliteStore, from: u64, many: u64) -> Vec<Bought> {
    let mut all = Vec::new();
    for chunk in 0..many.div_ceil(500) {
        let mut carts = set(Timestamp::from_millis(START));
        for n in chunk * 500..((chunk + 1) * 500).min(many) {
            let (cart, bought) = checkout(from + n);
            carts.push(Change::Cart(Box::new(cart)));
            all.push(bought);
        }
        committed(store, carts);
    }
    all
}

fn fresh(path: &Path) -> SqliteStore {
    for suffix in ["", "-wal", "-shm", "-lock"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let _ = std::fs::remove_file(name);
    }
    let slow = std::env::var("BENCH_SLOW").ok().and_then(|millis| millis.parse().ok());
    let slow = Duration::from_millis(slow.unwrap_or(0));
    let count = move |point| {
        if point == "before_commit" {
            COMMITS.fetch_add(1, Ordering::Relaxed);
            std::thread::sleep(slow);
        }
    };
    let options = OpenOptions {
        create: true,
        fail_point: Some(std::sync::Arc::new(count)),
        ..OpenOptions::default()
    };
    let store = SqliteStore::open(path, options).unwrap();
    let mut stock = set(Timestamp::from_millis(START));
    for n in 0..SKUS {
        let key = StockKey { variant: variant(n), location: location() };
        let (kind, quantity) = (MovementKind::Received, 1_000_000);
        let movement = StockMovement { key, kind, quantity, cause: None, reason: None };
        stock.push(Change::Stock(StockChange::Move { movement, expected_on_hand: None }));
    }
    committed(&store, stock);
    store
}

/// Seconds of CPU that this process used.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap().split(' ').collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn fsync_rate(folder: &Path) -> f64 {
    let mut file = std::fs::File::create(folder.join("fsync")).unwrap();
    let (began, mut syncs) = (Instant::now(), 0_u32);
    while began.elapsed() < Duration::from_millis(700) {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
        syncs += 1;
    }
    f64::from(syncs) / began.elapsed().as_secs_f64()
}

fn rate(folder: &Path, callers: usize, most: u64) {
    let store = fresh(&folder.join("rate.db"));
    let mut work = prepare(&store, 0, most);
    // Grows the journal once, so that what is measured overwrites it, as in a shop that runs for a while.
    let rest = work.split_off(work.len() / 10);
    work.into_iter().for_each(|bought| run(&store, bought));
    let syncs = fsync_rate(folder);
    let parts = dealt(rest, callers);
    let done = AtomicU64::new(0);
    let (began, used, commits) = (Instant::now(), cpu(), COMMITS.load(Ordering::Relaxed));
    std::thread::scope(|scope| {
        for part in parts {
            let (store, done) = (&store, &done);
            scope.spawn(move || {
                for bought in part {
                    run(store, bought);
                    done.fetch_add(1, Ordering::Relaxed);
                    if began.elapsed() > Duration::from_secs(4) {
                        break;
                    }
                }
            });
        }
    });
    let (seconds, done) = (began.elapsed().as_secs_f64(), done.load(Ordering::Relaxed) as f64);
    let micros = (cpu() - used) * 1e6 / done;
    let batch = done * 2.0 / (COMMITS.load(Ordering::Relaxed) - commits) as f64;
    println!(
        "rate: {callers:>2} callers {:>7.0} checkouts/s, {micros:>5.0} µs CPU each, {batch:.1} sets a commit, disk \
         {syncs:.0} syncs/s",
        done / seconds
    );
}

/// Deals work out in turn: ids rise with time, whichever caller uses them.
fn dealt(work: Vec<Bought>, callers: usize) -> Vec<Vec<Bought>> {
    let mut parts: Vec<Vec<Bought>> = (0..callers).map(|_| Vec::new()).collect();
    for (n, bought) in work.into_iter().enumerate() {
        parts[n % callers].push(bought);
    }
    parts
}

fn size(folder: &Path) {
    let path = folder.join("size.db");
    let store = fresh(&path);
    let many = 100_000_u64;
    for part in 0..10 {
        let parts = dealt(prepare(&store, part * many / 10, many / 10), 64);
        std::thread::scope(|scope| {
            for part in parts {
                let store = &store;
                scope.spawn(move || part.into_iter().for_each(|bought| run(store, bought)));
            }
        });
    }
    let findings = store.integrity().unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    drop(store);
    let bytes = std::fs::metadata(&path).unwrap().len() as f64;
    println!("size: {:.1} MiB for 100k checkouts with their carts", bytes / 1_048_576.0);
    let conn = rusqlite::Connection::open(&path).unwrap();
    let mut tables = conn
        .prepare("SELECT name, sum(pgsize), sum(ncell), sum(payload) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 24")
        .unwrap();
    let mut rows = tables.raw_query();
    while let Some(row) = rows.next().unwrap() {
        let (name, bytes): (String, f64) = (row.get(0).unwrap(), row.get(1).unwrap());
        println!("  {:>6.1} bytes a checkout in {name}", bytes / many as f64);
    }
}

fn read(folder: &Path) {
    let store = fresh(&folder.join("read.db"));
    let work = prepare(&store, 0, 20_000);
    let ids: Vec<OrderId> = work.iter().map(|bought| order_id(&bought.first)).collect();
    std::thread::scope(|scope| {
        for part in dealt(work, 64) {
            scope.spawn(|| part.into_iter().for_each(|bought| run(&store, bought)));
        }
    });
    for _ in 0..2 {
        let mut times: Vec<f64> = Vec::new();
        for n in 0..20_000_u64 {
            let id = ids[usize::try_from(mix(n) % 20_000).unwrap()];
            let began = Instant::now();
            assert!(store.order(id).unwrap().is_some());
            times.push(began.elapsed().as_secs_f64() * 1e6);
        }
        println!("read: order with lines by id {}", percentiles(times));
        let mut times = Vec::new();
        for _ in 0..2_000 {
            let began = Instant::now();
            assert_eq!(store.order_page(OrderFilter::default(), None, 50).unwrap().len(), 50);
            times.push(began.elapsed().as_secs_f64() * 1e6);
        }
        println!("read: newest 50 {}", percentiles(times));
    }
}

fn order_id(set: &ChangeSet) -> OrderId {
    let opened = set.changes.iter().find_map(|change| match change {
        Change::OrderOpened(order) => Some(order.id),
        _ => None,
    });
    opened.unwrap()
}

fn percentiles(mut times: Vec<f64>) -> String {
    times.sort_by(f64::total_cmp);
    format!("p50 {:.1} µs, p99 {:.1} µs", times[times.len() / 2], times[times.len() * 99 / 100])
}

fn main() {
    let words: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let wants = |word: &str| words.is_empty() || words.iter().any(|given| given == word);
    let folder =
        std::env::var_os("BENCH_FOLDER").map_or_else(std::env::temp_dir, std::path::PathBuf::from);
    let folder = folder.join(format!("sutler-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    if wants("rate") {
        let only: Option<usize> =
            std::env::var("BENCH_CALLERS").ok().and_then(|callers| callers.parse().ok());
        for (callers, most) in [(1, 20_000), (8, 40_000), (64, 60_000)] {
            if only.is_none_or(|only| only == callers) {
                rate(&folder, callers, most);
            }
        }
    }
    if wants("size") {
        size(&folder);
    }
    if wants("read") {
        read(&folder);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
