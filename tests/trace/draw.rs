//! Traces by chance: a seed gives a list of lines, the same one everywhere.
//!
//! What is drawn goes well about as often as not: carts that are sold out, orders that do not exist, keys used twice and
//! commits cut from their answers are what stores differ in.

/// Numbers from a seed: SplitMix64. Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[usize::try_from(self.below(words.len() as u64)).unwrap()]
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

const SKUS: &[&str] = &["LAMP", "MUG", "VASE", "RUG", "PEN"];
const BUYERS: &[&str] = &["ada", "bob", "cyd"];
const PAYS: &[&str] = &[
    "test:ok",
    "test:ok",
    "test:ok",
    "test:decline",
    "test:timeout",
    "test:unknown",
    "test:capture-decline",
    "manual:invoice",
];

/// Returns a trace of a seed: a shop with some goods, and about `lines` commands.
pub fn trace(seed: u64, lines: usize) -> Vec<String> {
    let mut chance = Chance(seed);
    let mut trace = vec![
        "import LAMP:19.90:9 MUG:8.00:9 VASE:12.50:2 RUG:150.00:6 PEN:0.99:50".to_owned(),
        "location two 9".to_owned(),
        "promotion Spring 3 off 10% SPRING".to_owned(),
        "card g1 5000".to_owned(),
    ];
    let mut sales = 0;
    while trace.len() < lines {
        let mut next = match chance.below(20) {
            0..=4 => {
                sales += 1;
                sale(&mut chance, sales)
            }
            5..=6 => vec![cart(&mut chance, sales)],
            7..=13 => vec![order(&mut chance, sales)],
            14..=16 => vec![goods(&mut chance)],
            _ => vec![time(&mut chance)],
        };
        // What is lost is tried again, as a caller would.
        let last = next.pop().unwrap();
        match chance.below(8) {
            0 => next.push(format!("before {} {last}", chance.below(3) + 1)),
            1 => next.push(format!("after {} {last}", chance.below(3) + 1)),
            _ => {}
        }
        next.push(last);
        trace.extend(next);
    }
    trace
}

/// A cart, what is put into it, and its checkout.
fn sale(chance: &mut Chance, n: u64) -> Vec<String> {
    let mut lines = vec![format!("cart c{n}")];
    for _ in 0..=chance.below(2) {
        lines.push(format!("add c{n} {} {}", chance.of(SKUS), chance.below(2) + 1));
    }
    if chance.one_in(3) {
        lines.push(format!("coupon c{n} SPRING"));
    }
    lines.push(checkout(chance, n));
    lines
}

fn checkout(chance: &mut Chance, cart: u64) -> String {
    let key = if chance.one_in(2) { format!("buy-{}", chance.below(40)) } else { "-".to_owned() };
    let credit = chance.of(&["", "", "", " card:g1", " card:g2", " store-credit"]);
    let (buyer, pay) = (chance.of(BUYERS), chance.of(PAYS));
    format!("checkout c{cart} {buyer} {pay} {key}{credit}")
}

/// Something done to one of the carts there are, most of which are sold.
fn cart(chance: &mut Chance, sales: u64) -> String {
    let (cart, sku) = (chance.below(sales + 1), chance.of(SKUS));
    match chance.below(8) {
        0 => format!("add c{cart} {sku} {} add-{}", chance.below(3) + 1, chance.below(6)),
        1 => format!("set c{cart} {sku} {}", chance.below(4)),
        2 => format!("coupon c{cart} {}", chance.of(&["SPRING", "GONE", "?"])),
        3 => format!("merge c{cart} c{}", chance.below(sales + 1)),
        4..=5 => format!("quote c{cart}"),
        _ => checkout(chance, cart),
    }
}

fn order(chance: &mut Chance, sales: u64) -> String {
    let order = 1001 + chance.below(sales * 2 / 3 + 1);
    let key = if chance.one_in(3) { format!(" once-{}", chance.below(9)) } else { String::new() };
    let minor = chance.below(2_500) + 1;
    match chance.below(12) {
        0 => format!("pick {order}"),
        1 => format!("pack {order}"),
        2 => format!("ship {order}"),
        3 => format!("ship {order} {} {}", chance.of(SKUS), chance.below(2) + 1),
        4 => format!("deliver {order}"),
        5 => format!("cancel {order}{key}"),
        6..=7 => format!("capture {order}{key}"),
        8 => format!("paid {order} {minor}"),
        9 => format!("refund {order} {minor}{key}"),
        10 => format!("credit-back {order} {minor}"),
        _ => format!("order {order}"),
    }
}

fn goods(chance: &mut Chance) -> String {
    let (sku, n) = (chance.of(SKUS), chance.below(9) + 1);
    let place = chance.of(&["main", "two"]);
    match chance.below(15) {
        0 => format!("import {sku}:{n}.50:{n} NEW{n}:5.00:1"),
        1 => format!("price {sku} {} {}", n * 100, chance.below(3) + 1),
        2..=3 => format!("receive {sku} {n} {place}"),
        4 => format!("count {sku} {n} {place}"),
        5 => format!("limits {sku} {} {} {place}", chance.below(3), chance.below(3)),
        6 => format!("transfer {sku} {n} main two"),
        7 => format!("promotion {} {} off {n}%", chance.of(&["Summer", "Spring"]), chance.below(3)),
        8 => format!("promotion Thanks {} gift {sku}", chance.below(3)),
        9 => format!(
            "switch {} {}",
            chance.of(&["Summer", "Spring", "Thanks"]),
            chance.of(&["on", "off"])
        ),
        10 => format!("codes Spring {}", chance.below(4)),
        11 => format!("customer {n} {} {}", chance.of(BUYERS), chance.of(&["trade", "club"])),
        12 => format!("card g{} {}", chance.below(3) + 1, n * 1_000),
        13 => format!("grant {} {}", chance.of(BUYERS), n * 100),
        _ => "disable g1".to_owned(),
    }
}

fn time(chance: &mut Chance) -> String {
    match chance.below(8) {
        0 => "wait 60".to_owned(),
        1 => "wait 7200".to_owned(),
        2..=3 => "recover".to_owned(),
        4 => "tasks".to_owned(),
        5 => "orders".to_owned(),
        6 => format!("stock {}", chance.of(SKUS)),
        _ => chance.of(&["credits", "customers", "prices LAMP"]).to_owned(),
    }
}
