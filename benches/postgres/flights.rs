//! Flights of a checkout, counted on the line: a proxy that carries bytes and sees when the program speaks after an answer.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio_postgres::config::Host;

use crate::ours::{Goods, Ours};

/// How many checkouts are counted.
const CHECKOUTS: usize = 50;

/// Returns what there is to say of the flights of one checkout by one caller.
pub fn counted(server: &str) -> String {
    let config: tokio_postgres::Config = server.parse().unwrap();
    let ([Host::Unix(folder)], [port]) = (config.get_hosts(), config.get_ports()) else {
        return "counted where the server has a socket in a folder".to_owned();
    };
    let socket = folder.join(format!(".s.PGSQL.{port}"));
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let own = listener.local_addr().unwrap().port();
    let flights = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&flights);
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            lead(client, UnixStream::connect(&socket).unwrap(), &count);
        }
    });
    let (user, name) = (config.get_user().unwrap_or("sutler"), config.get_dbname().unwrap());
    let url =
        format!("postgres://{user}@127.0.0.1:{own}/{name}?sslmode=disable&shop=bench_flights");
    let mut shop = Ours::new(&url);
    let carts = shop.carts(CHECKOUTS * 2, Goods::Many);
    // The first ones prepare statements.
    let (first, counted) = (carts.range(..CHECKOUTS), carts.range(CHECKOUTS..CHECKOUTS * 2));
    first.for_each(|cart| shop.checkout(*cart));
    let before = flights.load(Ordering::SeqCst);
    counted.for_each(|cart| shop.checkout(*cart));
    let all = flights.load(Ordering::SeqCst) - before;
    shop.end();
    let each = all as f64 / CHECKOUTS as f64;
    format!("{each:.2}; two commits of two flights, the rest are reads")
}

/// Carries bytes in both directions, each on a thread of its own.
fn lead(client: TcpStream, server: UnixStream, flights: &Arc<AtomicU64>) {
    client.set_nodelay(true).unwrap();
    let answered = Arc::new(AtomicBool::new(true));
    let (said, flights) = (Arc::clone(&answered), Arc::clone(flights));
    let (from_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    std::thread::spawn(move || {
        carry(from_client, to_server, || {
            if said.swap(false, Ordering::SeqCst) {
                flights.fetch_add(1, Ordering::SeqCst);
            }
        });
    });
    std::thread::spawn(move || {
        carry(server, client, || answered.store(true, Ordering::SeqCst));
    });
}

fn carry(mut from: impl Read, mut to: impl Write, seen: impl Fn()) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        seen();
        if to.write_all(&buffer[..length]).is_err() {
            return;
        }
    }
}
