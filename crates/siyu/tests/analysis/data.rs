//! Public data sets as files for the ordinary import, and as the plain lists that references read.

use crate::common::Place;
use siyu_files::{OpenOptions, Row, Source, open, parse_decimal};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

pub const DAY: i64 = 86_400_000_000;
/// The workspaces of these tests live on Shanghai's days: eight hours ahead, always.
const OFFSET: i64 = 8 * 3_600_000_000;

/// A folder of data sets; `None`, loudly, where it is not there.
pub fn folder(name: &str) -> Option<PathBuf> {
    siyu_testkit::data_dir().map(|dir| dir.join(name))
}

#[derive(Clone, Debug, Default)]
pub struct Event {
    /// Microseconds UTC.
    pub at: i64,
    pub name: &'static str,
    pub channel: Option<String>,
    pub store: Option<String>,
    /// Cents.
    pub amount: Option<i64>,
}

pub fn day(at: i64) -> i32 {
    (at + OFFSET).div_euclid(DAY) as i32
}
pub fn start(day: i32) -> i64 {
    i64::from(day) * DAY - OFFSET
}
pub fn text(day: i32) -> String {
    siyu_insight::show_day(day)
}

/// Everybody's events by time, equal instants in the order in which they were imported. People by rising number of the source, in which
/// order they are imported too.
#[derive(Default)]
pub struct World {
    pub people: BTreeMap<i64, Vec<Event>>,
}

impl World {
    pub fn histories(&self) -> impl Iterator<Item = &Vec<Event>> {
        self.people.values()
    }
    fn sorted(mut self) -> Self {
        // Stable.
        self.people.values_mut().for_each(|events| events.sort_by_key(|event| event.at));
        self
    }
}

/// Calls with the texts of the named columns, row by row.
fn rows(path: &Path, columns: &[&str], mut each: impl FnMut(&[&str])) {
    let source = Source::path(path).expect("the data set is whole");
    let mut reader = open(source, &OpenOptions::default()).expect("the data set is a table");
    let places: Vec<usize> = columns
        .iter()
        .map(|name| reader.columns().iter().position(|own| own == name).unwrap_or_else(|| panic!("no column {name}")))
        .collect();
    let mut row = Row::new();
    while reader.next_row(&mut row).expect("the data set is whole") {
        let cells: Vec<&str> = places.iter().map(|at| row.get(*at)).collect();
        each(&cells);
    }
}

fn number(text: &str) -> i64 {
    text.parse().unwrap_or_else(|_| panic!("not a whole number: {text}"))
}
/// Hundredths of a decimal, rounded half away from zero.
fn cents(text: &str) -> i64 {
    let decimal = siyu_kernel::Decimal::parse(text).unwrap_or_else(|| panic!("not a number: {text}"));
    i64::try_from(decimal.rescaled(2).expect("a small number")).expect("a small number")
}
/// `2017-01-07 16:58:34`, by Shanghai's clocks whatever the file meant: only days and distances matter.
fn instant(text: &str) -> (i64, String) {
    let text = text.replace('T', " ");
    let text = text.trim_end_matches('Z').split('.').next().unwrap_or_default().to_owned();
    let (date, clock) = text.split_once(' ').unwrap_or((&text, "00:00:00"));
    let seconds = clock.split(':').fold(0, |sum, part| sum * 60 + number(part));
    let day = siyu_insight::parse_day(date).unwrap_or_else(|| panic!("not a day: {date}"));
    (start(day) + seconds * 1_000_000, format!("{date} {clock}"))
}

/// Orders of one line each: number → (person, instant, its text, cents, store).
type Orders = BTreeMap<(i64, String), (i64, String, i64, String)>;

fn orders_csv(place: &Place, orders: &Orders) -> String {
    let mut csv = String::from("order_no,at,sku,quantity,amount,store,buyer\n");
    for ((person, number), (_, at, cents, store)) in orders {
        let _ = writeln!(csv, "{number},{at},basket,1,{}.{:02},{store},{person}", cents / 100, cents % 100);
    }
    place.write("orders.csv", csv)
}

fn import_orders(place: &Place, orders: &Orders) -> World {
    let file = orders_csv(place, orders);
    let summary = place.import(
        "orders",
        &file,
        &[
            "--map",
            "order_no=order_no",
            "at=at",
            "sku=sku",
            "quantity=quantity",
            "amount=amount",
            "store=store",
            "person.ext:buyer=buyer",
        ],
    );
    assert_eq!(
        (summary["rejected"].as_u64(), summary["orders"].as_u64()),
        (Some(0), Some(orders.len() as u64)),
        "{summary}"
    );
    let mut world = World::default();
    for ((person, _), (at, _, cents, store)) in orders {
        let store = Some(store.clone()).filter(|store| !store.is_empty());
        let event = Event { at: *at, name: "Order Completed", amount: Some(*cents), store, channel: None };
        world.people.entry(*person).or_default().push(event);
    }
    world
}

/// Baskets as orders, campaigns received and coupons redeemed as events.
pub fn complete_journey(place: &Place, folder: &Path) -> World {
    let mut orders = Orders::new();
    let columns = ["household_id", "basket_id", "transaction_timestamp", "sales_value", "store_id"];
    rows(&folder.join("transactions.parquet"), &columns, |cells| {
        let (at, text) = instant(cells[2]);
        let order =
            orders.entry((number(cells[0]), cells[1].to_owned())).or_insert_with(|| (at, text, 0, cells[4].to_owned()));
        order.2 += cents(cells[3]);
    });
    let mut world = import_orders(place, &orders);

    let mut kinds = BTreeMap::new();
    rows(&folder.join("campaign_descriptions.parquet"), &["campaign_id", "campaign_type", "start_date"], |cells| {
        kinds.insert(cells[0].to_owned(), (cells[1].to_owned(), instant(cells[2])));
    });
    let mut csv = String::from("name,at,household,channel,id\n");
    rows(&folder.join("campaigns.parquet"), &["campaign_id", "household_id"], |cells| {
        let (kind, (at, text)) = &kinds[cells[0]];
        // A repeated row is one event: the file has none.
        let _ = writeln!(csv, "Campaign Received,{text},{},{kind},received {} {}", cells[1], cells[0], cells[1]);
        let event = Event { at: *at, name: "Campaign Received", channel: Some(kind.clone()), ..Event::default() };
        world.people.entry(number(cells[1])).or_default().push(event);
    });
    let mut count = 0;
    rows(&folder.join("coupon_redemptions.parquet"), &["household_id", "redemption_date"], |cells| {
        let (at, text) = instant(cells[1]);
        count += 1;
        let _ = writeln!(csv, "Coupon Redeemed,{text},{},,redeemed {count}", cells[0]);
        let event = Event { at, name: "Coupon Redeemed", ..Event::default() };
        world.people.entry(number(cells[0])).or_default().push(event);
    });
    let file = place.write("events.csv", csv);
    let summary = place.import(
        "events",
        &file,
        &["--map", "name=name", "at=at", "ext:buyer=household", "property.channel=channel", "message_id=id"],
    );
    assert_eq!(summary["rejected"], 0, "{summary}");
    world.sorted()
}

/// Invoices of known customers as orders; what was cancelled, given back or free is left out, as the reference leaves it out.
pub fn online_retail(place: &Place, folder: &Path) -> World {
    let mut orders = Orders::new();
    let columns = ["InvoiceNo", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID"];
    rows(&folder.join("invoices.parquet"), &columns, |cells| {
        let price = parse_decimal(cells[3]).expect("a price").to_string();
        let is_sale = !cells[0].starts_with('C')
            && number(cells[1]) > 0
            && cents(&price) >= 0
            && !price.trim_matches(['0', '.']).is_empty();
        if cells[4].is_empty() || !is_sale {
            return;
        }
        let (at, text) = instant(cells[2]);
        let order =
            orders.entry((number(cells[4]), cells[0].to_owned())).or_insert_with(|| (at, text, 0, String::new()));
        // Prices have up to three digits: thousandths, until the order is whole.
        let thousandths = siyu_kernel::Decimal::parse(&price).expect("a price").rescaled(3).expect("a small price");
        order.2 += i64::try_from(thousandths).expect("a small price") * number(cells[1]);
    });
    orders.values_mut().for_each(|order| order.2 = (order.2 + 5) / 10);
    import_orders(place, &orders).sorted()
}
