//! What the tills and the shop of the brand report: visits, purchases and refunds, sent to the tracking API as any shop would.

use super::living::Living;
use serde_json::{Value, json};
use siyu_kernel::{Refusal, Time};
use siyu_sandbox::world::World;
use siyu_sandbox::{Happening, PersonNo, StaffNo, What};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Messages of a request, well below the 500 KB of a batch.
const BATCH: usize = 400;

/// One line of reports to one server.
pub struct Tills {
    pub key: String,
    /// The first happening that was not looked at yet.
    pub next: u64,
}

pub fn store_code(store: usize) -> String {
    format!("S{:03}", store + 1)
}

impl Tills {
    /// Passes by what was reported in an earlier life of this world.
    pub fn skip(&mut self, living: &Living) {
        self.next += living.happenings(self.next).len() as u64;
    }
    /// Reports what has happened since. What was reported before is known by its message id.
    pub fn report(&mut self, living: &Living, address: &str) -> Result<(), Refusal> {
        let happenings = living.happenings(self.next);
        let messages: Vec<Value> = living.world(|world| {
            let both = |happening| message(world, happening).into_iter().chain(card(world, happening));
            happenings.iter().flat_map(both).collect()
        });
        for batch in messages.chunks(BATCH) {
            post(address, &self.key, &json!({ "batch": batch }))?;
        }
        self.next += happenings.len() as u64;
        Ok(())
    }
}

fn message(world: &World, happening: &Happening) -> Option<Value> {
    let (event, person, of, properties, device) = match &happening.what {
        What::Visited { person, product, device, .. } => {
            ("Product Viewed", *person, *product, product_of(world, *product), Some(device))
        }
        What::Carted { person, product } => ("Product Added", *person, *product, product_of(world, *product), None),
        What::Purchased { person, order, store, guide, items, amount, .. } => {
            let products: Vec<Value> = items
                .iter()
                .map(|&(product, quantity)| {
                    let mut line = product_of(world, product);
                    line["quantity"] = quantity.into();
                    line
                })
                .collect();
            let mut properties = json!({
                "order_id": order_no(*order), "total": yuan(*amount), "currency": "CNY", "store": store_code(*store), "products": products
            });
            if let Some(seller) = guide.or_else(|| seller(world, *store, *order)) {
                properties["staff"] = world.staff[seller].userid.clone().into();
            }
            ("Order Completed", *person, *order, properties, None)
        }
        What::Refunded { person, order, .. } => {
            let mut properties = json!({ "order_id": order_no(*order), "refund_id": "1" });
            if let Some(own) = world.orders.get(*order) {
                properties["store"] = store_code(own.store).into();
                if let Some(seller) = own.guide.or_else(|| seller(world, own.store, *order)) {
                    properties["staff"] = world.staff[seller].userid.clone().into();
                }
            }
            ("Order Refunded", *person, *order, properties, None)
        }
        _ => return None,
    };
    // Of what it is and when, not of its place among all that happened: a world that is made again passes by what the platform did in it.
    let id =
        format!("demo-{}-{}-{person}-{of}-{}", world.seed(), event.to_lowercase().replace(' ', "-"), happening.at.0);
    Some(json!({
        "type": "track",
        "messageId": id,
        "timestamp": happening.at,
        "event": event,
        "properties": properties,
        "context": context(world, person, device)
    }))
}

/// Who was at the till: somebody of the store, when nobody's customer bought.
fn seller(world: &World, store: usize, order: usize) -> Option<StaffNo> {
    let guides: Vec<StaffNo> =
        world.stores.get(store)?.guides.iter().copied().filter(|guide| world.serves(*guide)).collect();
    guides.get(order.checked_rem(guides.len())?).copied()
}

/// The shop knows its customers by their WeChat account, the tills by the phone of the member card.
fn context(world: &World, person: PersonNo, device: Option<&String>) -> Value {
    let mut traits = json!({ "phone": world.people[person].phone });
    if let Some(union_id) = world.union_id(person) {
        traits["unionid"] = union_id.into();
    }
    match device {
        Some(device) => json!({ "traits": traits, "device": { "id": device } }),
        None => json!({ "traits": traits }),
    }
}

/// What is written on the member card, told with the first purchase: later ones have the same message id.
fn card(world: &World, happening: &Happening) -> Option<Value> {
    let What::Purchased { person, .. } = happening.what else { return None };
    Some(json!({
        "type": "identify",
        "messageId": format!("demo-{}-card-{person}", world.seed()),
        "timestamp": happening.at,
        "traits": { "birthday": birthday(person)? },
        "context": context(world, person, None)
    }))
}

/// Three of five have written it on their member card. The same person always says the same.
fn birthday(person: PersonNo) -> Option<String> {
    let drawn = (person as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
    let (year, month, day) = (1968 + drawn % 38, 1 + drawn / 38 % 12, 1 + drawn / 500 % 28);
    (drawn % 5 < 3).then(|| format!("{year}-{month:02}-{day:02}"))
}

fn product_of(world: &World, product: usize) -> Value {
    let own = &world.products[product];
    json!({ "sku": own.sku, "name": own.name, "category": own.category, "price": yuan(own.price) })
}

fn order_no(order: usize) -> String {
    format!("SO{order:08}")
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

/// One request a connection, to this machine; a busy server is asked again.
fn post(address: &str, key: &str, body: &Value) -> Result<(), Refusal> {
    const TRIES: u64 = 6;
    let mut tries = 0;
    loop {
        tries += 1;
        let status = send(address, key, body.to_string().as_bytes()).map_err(Refusal::internal)?;
        match status {
            200 => return Ok(()),
            429 | 503 if tries < TRIES => std::thread::sleep(Duration::from_millis(100 * tries)),
            status => return Err(Refusal::internal(format!("the tracking API answered {status}"))),
        }
    }
}

fn send(address: &str, key: &str, body: &[u8]) -> std::io::Result<u16> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.set_nodelay(true)?;
    let head = format!(
        "POST /v1/import HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body].concat())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let first = String::from_utf8_lossy(&answer[..answer.len().min(64)]).into_owned();
    first.split(' ').nth(1).and_then(|code| code.parse().ok()).ok_or_else(|| std::io::ErrorKind::UnexpectedEof.into())
}

/// The last whole second before which everything has been reported, with room for what is on its way.
pub fn settled_before(now: Time) -> Time {
    now.plus_seconds(-60)
}
