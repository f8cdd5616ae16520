//! How checkouts behave when a shop grows: in open orders of one SKU, and in SKUs.

use std::path::Path;
use std::time::Duration;

use crate::meter::{cpu_seconds, median};
use crate::ours::Ours;

/// How many checkouts are looked at each time.
const SAMPLE: usize = 1_000;

/// Long enough for every cart to be sold.
const LONG: Duration = Duration::from_secs(600);

pub fn print(folder: &Path) {
    let mut one = Ours::new(&folder.join("hot.db"), 1);
    for orders in [0, 10_000, 30_000, 100_000] {
        one.fill(orders - one.sold.min(orders), 1);
        one.sell(64, LONG);
        sample(&mut one, 1, &format!("{orders} open orders of one SKU"));
    }
    for variants in [1_000, 10_000, 100_000] {
        let mut shop = Ours::new(&folder.join(format!("catalog-{variants}.db")), variants);
        // Warm, as a shop is that has been open for a while.
        shop.fill(SAMPLE, 3);
        shop.sell(1, LONG);
        let found = shop.look_up();
        sample(&mut shop, 3, &format!("{variants} SKUs, one found in {found:.1} µs"));
    }
}

fn sample(shop: &mut Ours, lines: usize, name: &str) {
    shop.fill(SAMPLE, lines);
    let cpu = cpu_seconds();
    let p50 = median(shop.latencies(SAMPLE));
    let cpu = (cpu_seconds() - cpu) * 1e6 / SAMPLE as f64;
    println!("{name}: p50 {p50:.0} µs, {cpu:.0} µs CPU");
}
