//! One chunk of rows, inside one unit.

use super::job::Summary;
use super::plan::ImportOptions;
use super::rows::{Meaning, OrderRow, PersonRow};
use super::run::PeopleOfRows;
use crate::Intake;
use crate::pool::PoolRow;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;
use serde_json::Value;
use siyu_commerce::{Booked, LineIn, OrderIn, Placed, ProductIn};
use siyu_db::Tx;
use siyu_kernel::{Currency, Decimal, Event, EventKind, PersonNum, Refusal, Time};
use siyu_people::{Incoming, Merged, TagIn, TagKind, TagMark, TraitIn};

/// The lines of an order that its event shows.
const EVENT_LINES_MAX: usize = 50;

impl Intake {
    #[allow(clippy::too_many_arguments, reason = "one private hand-over of a chunk")]
    pub(crate) fn apply_people(
        &self,
        tx: &mut Tx<'_>,
        rows: &[&PersonRow],
        incoming: &[Incoming],
        options: &ImportOptions,
        source: &str,
        now: Time,
        summary: &mut Summary,
    ) -> Result<(), Refusal> {
        let resolved = self.inner.people.resolve(tx, incoming, source, now)?;
        let mut merges: Vec<Merged> = Vec::new();
        let mut traits = Vec::new();
        let mut changed: FxHashSet<usize> = FxHashSet::default();
        let mut node_of: FxHashMap<usize, PersonNum> = FxHashMap::default();
        let mut tags: FxHashMap<&str, Vec<PersonNum>> = FxHashMap::default();
        for (at, (row, resolved)) in rows.iter().zip(resolved).enumerate() {
            let Some(resolved) = resolved else {
                summary.rejected += 1;
                continue;
            };
            summary.people_new += u64::from(resolved.created);
            summary.people_merged += resolved.merges.len() as u64;
            if resolved.created || !resolved.merges.is_empty() || resolved.attached > 0 {
                changed.insert(at);
            }
            node_of.insert(at, resolved.node);
            merges.extend(resolved.merges);
            for (name, value) in &row.traits {
                traits.push((
                    at,
                    TraitIn { num: resolved.node, name: name.clone(), value: value.clone(), at: row.at.unwrap_or(now) },
                ));
            }
            for tag in &row.tags {
                tags.entry(tag).or_default().push(resolved.node);
            }
        }
        self.write_traits(tx, traits, source, now, &mut changed)?;
        self.inner.people.note_changed(tx, changed.iter().filter_map(|at| node_of.get(at).copied()), source, now);
        for (name, nodes) in tags {
            self.import_tag(tx, name, &nodes, source, now)?;
        }
        self.recount(tx, &merges)?;
        if options.leads {
            let text = |row: &PersonRow, name: &str| {
                let found = row.traits.iter().find(|(own, _)| own == name);
                // A note or a code of digits alone has become a number.
                found
                    .map(|(_, value)| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                    .unwrap_or_default()
            };
            let mut seen = FxHashSet::default();
            let mut all = Vec::new();
            for (at, row) in rows.iter().enumerate() {
                let Some(node) = node_of.get(&at).filter(|node| seen.insert(**node)) else { continue };
                let note = text(row, "note");
                all.push(PoolRow {
                    num: *node,
                    store: text(row, "store"),
                    note: if note.is_empty() { text(row, "备注") } else { note },
                });
            }
            // In one order, so that two files never wait for each other's people.
            all.sort_unstable_by_key(|row| row.num);
            summary.leads += self.to_pool(tx, options, &all, now)?;
        }
        let usable = incoming.iter().filter(|incoming| !incoming.identifiers.is_empty()).count() as u64;
        summary.imported += changed.len() as u64;
        summary.unchanged += usable - changed.len() as u64;
        Ok(())
    }

    /// Writes only values that differ from what the node has: the same file twice must not even touch a row.
    fn write_traits(
        &self,
        tx: &mut Tx<'_>,
        traits: Vec<(usize, TraitIn)>,
        source: &str,
        now: Time,
        changed: &mut FxHashSet<usize>,
    ) -> Result<(), Refusal> {
        if traits.is_empty() {
            return Ok(());
        }
        let nodes: Vec<PersonNum> =
            traits.iter().map(|(_, item)| item.num).collect::<FxHashSet<_>>().into_iter().collect();
        let mut held: FxHashMap<(PersonNum, String), Value> = self
            .inner
            .people
            .node_traits(tx, &nodes)?
            .into_iter()
            .map(|(num, name, value)| ((num, name), value.value))
            .collect();
        let mut fresh = Vec::new();
        for (at, item) in traits {
            let key = (item.num, item.name.clone());
            if held.get(&key) != Some(&item.value) {
                held.insert(key, item.value.clone());
                changed.insert(at);
                fresh.push(item);
            }
        }
        self.inner.people.set_traits(tx, &fresh, source, now)?;
        Ok(())
    }

    fn import_tag(
        &self,
        tx: &mut Tx<'_>,
        name: &str,
        nodes: &[PersonNum],
        source: &str,
        now: Time,
    ) -> Result<(), Refusal> {
        let people = &self.inner.people;
        let tag = match people.tag_named(tx, name)? {
            Some(tag) => tag,
            None => people.create_tag(
                tx,
                &TagIn {
                    group: "导入".into(),
                    name: name.into(),
                    color: "default".into(),
                    kind: TagKind::Imported,
                    description: String::new(),
                    rule: None,
                    ttl_days: None,
                },
                now,
            )?,
        };
        people.give_tag(tx, tag.num, nodes, &TagMark { by: "import", source, why: "file", expires_at: None }, now)?;
        Ok(())
    }

    pub(crate) fn apply_products(
        &self,
        tx: &mut Tx<'_>,
        rows: &[ProductIn],
        now: Time,
        summary: &mut Summary,
    ) -> Result<(), Refusal> {
        let done = siyu_commerce::put_products(tx, rows, now)?;
        summary.imported += (done.new + done.changed) as u64;
        summary.unchanged += done.unchanged as u64;
        Ok(())
    }

    #[allow(clippy::too_many_arguments, reason = "one private hand-over of a chunk")]
    pub(crate) fn apply_orders(
        &self,
        tx: &mut Tx<'_>,
        job: i64,
        rows: &[&OrderRow],
        buyers: &PeopleOfRows,
        source: &str,
        now: Time,
        summary: &mut Summary,
    ) -> Result<(), Refusal> {
        let people = &self.inner.people;
        let buyer_of = &buyers.of_row;
        let resolved = people.resolve(tx, &buyers.distinct, source, now)?;
        let nodes: Vec<PersonNum> = resolved.iter().map(|resolved| resolved.as_ref().map_or(0, |r| r.node)).collect();
        let roots = people.roots_held(tx, &nodes)?;
        let merges: Vec<Merged> = resolved.iter().flatten().flat_map(|resolved| resolved.merges.clone()).collect();
        summary.people_new += resolved.iter().flatten().filter(|resolved| resolved.created).count() as u64;
        summary.people_merged += merges.len() as u64;
        self.recount(tx, &merges)?;
        let traits = rows.iter().zip(buyer_of).enumerate().filter(|(_, (_, buyer))| resolved[**buyer].is_some());
        let traits: Vec<(usize, TraitIn)> = traits
            .flat_map(|(at, (row, buyer))| {
                row.traits.iter().map(move |(name, value)| (at, *buyer, name, value, row.order.at))
            })
            .map(|(at, buyer, name, value, time)| {
                (at, TraitIn { num: nodes[buyer], name: name.clone(), value: value.clone(), at: time })
            })
            .collect();
        let mut changed = FxHashSet::default();
        self.write_traits(tx, traits, source, now, &mut changed)?;
        let changed = changed.iter().filter_map(|at| resolved[buyer_of[*at]].as_ref());
        let fresh = resolved.iter().flatten().filter(|resolved| resolved.created || resolved.attached > 0);
        people.note_changed(tx, changed.chain(fresh).map(|resolved| resolved.node), source, now);
        let orders = fold(rows, buyer_of, |buyer| resolved[buyer].as_ref().map(|_| (nodes[buyer], roots[buyer])));
        let (placed, mut booked) = siyu_commerce::place_booked(tx, &orders, job, now)?;
        // An order number that came with two buyers or two currencies is one order of the books: its first naming tells of it.
        let mut named: FxHashMap<&str, (&OrderIn, u64)> = FxHashMap::default();
        for order in &orders {
            named.entry(&order.order_no).or_insert((order, 0)).1 += order.lines.len() as u64;
        }
        for placed in &placed {
            let Some((order, lines)) = named.get(placed.order_no.as_str()).copied() else { continue };
            if placed.refused.is_some() {
                summary.rejected += lines;
                continue;
            }
            let changed = ((placed.new_lines + placed.changed_lines) as u64).min(lines);
            summary.imported += changed;
            summary.unchanged += lines - changed;
            summary.orders += u64::from(placed.became_sale);
            if order.currency == self.currency() {
                summary.revenue += placed.amount_added;
                summary.refunded += placed.refund_added;
            }
            self.note_order(tx, order, placed, &mut booked, job, source, now)?;
        }
        // What changed for orders that have no event of their own here.
        for booked in booked {
            let (event, digest) = self.booking(&booked, booked.at, source, now);
            self.inner.log.append_digested(tx, event, digest);
        }
        Ok(())
    }

    /// What the order means on the buyer's timeline. Takes what it tells out of `booked`.
    #[allow(clippy::too_many_arguments, reason = "one call, of what the caller has at hand")]
    fn note_order(
        &self,
        tx: &mut Tx<'_>,
        order: &OrderIn,
        placed: &Placed,
        booked: &mut Vec<Booked>,
        job: i64,
        source: &str,
        now: Time,
    ) -> Result<(), Refusal> {
        let (Some(person), true) = (order.person, placed.new_lines + placed.changed_lines > 0) else { return Ok(()) };
        let sale = placed.amount_added != 0 || order.lines.iter().any(|line| !is_refund(line));
        let (name, kind, message_id) = match (placed.new_order, sale) {
            (true, true) => ("Order Completed", EventKind::Track, format!("order:{}", order.order_no)),
            (true, false) => ("Order Refunded", EventKind::Track, format!("order:{}", order.order_no)),
            // More rows of an order that was told of before: not a second purchase.
            (false, _) => (
                "Order Updated",
                EventKind::System,
                format!("order:{}:{job}:{}", order.order_no, self.inner.log.digest(&format!("{:?}", order.lines))),
            ),
        };
        let digest = self.inner.log.digest(&message_id);
        if !self.inner.log.digest_is_new(tx, digest)? {
            return Ok(());
        }
        let body = OrderEvent::of(order, placed).text();
        let mut event = Event {
            message_id,
            kind,
            name: name.into(),
            person,
            at: order.at,
            received_at: now,
            source: source.into(),
            body,
        };
        let own = booked.extract_if(.., |booked| booked.order_no == order.order_no && booked.person == person);
        let own: Vec<Booked> = own.collect();
        self.book(&mut event, own, now);
        self.inner.log.append_digested(tx, event, digest);
        Ok(())
    }
}

fn is_refund(line: &LineIn) -> bool {
    line.quantity_milli < 0 || line.amount_minor < 0 || line.refund_of.is_some()
}

/// The body of an order's event. Structs, not values: there is one for each order of a file.
#[derive(Serialize)]
struct OrderEvent<'o> {
    order_id: &'o str,
    revenue: f64,
    refund: f64,
    currency: Currency,
    store: Option<&'o str>,
    lines: usize,
    products: Vec<EventLine<'o>>,
}

#[derive(Serialize)]
struct EventLine<'o> {
    sku: &'o str,
    name: Option<&'o str>,
    quantity: f64,
    total: f64,
}

impl<'o> OrderEvent<'o> {
    fn of(order: &'o OrderIn, placed: &Placed) -> Self {
        let major = |minor: i64| {
            Decimal::new(i128::from(minor), order.currency.digits()).to_string().parse::<f64>().unwrap_or_default()
        };
        let line = |line: &'o LineIn| EventLine {
            sku: &line.sku,
            name: line.title.as_deref(),
            quantity: line.quantity_milli as f64 / 1000.0,
            total: major(line.amount_minor),
        };
        Self {
            order_id: &order.order_no,
            revenue: major(placed.amount_added),
            refund: major(placed.refund_added),
            currency: order.currency,
            store: order.store.as_deref(),
            lines: order.lines.len(),
            products: order.lines.iter().take(EVENT_LINES_MAX).map(line).collect(),
        }
    }
    fn text(&self) -> String {
        #[derive(Serialize)]
        struct Body<'b, 'o> {
            properties: &'b OrderEvent<'o>,
        }
        serde_json::to_string(&Body { properties: self }).expect("numbers and text become JSON")
    }
}

/// Rows of one order become one order, in order of first appearance.
fn fold(
    rows: &[&OrderRow],
    buyer_of: &[usize],
    person: impl Fn(usize) -> Option<(PersonNum, PersonNum)>,
) -> Vec<OrderIn> {
    let mut places: FxHashMap<&str, usize> = FxHashMap::default();
    let mut orders: Vec<OrderIn> = Vec::new();
    for (row, buyer) in rows.iter().zip(buyer_of) {
        let buyer = person(*buyer);
        match places.get(row.order.order_no.as_str()) {
            // An order keeps its currency and its buyer; lines that contradict them are told apart by the books, not mixed here.
            Some(at)
                if orders[*at].currency == row.order.currency
                    && orders[*at].lines.len() < siyu_commerce::LINES_MAX
                    && (buyer.is_none() || orders[*at].person == buyer.map(|b| b.0)) =>
            {
                let held = &mut orders[*at];
                held.at = held.at.min(row.order.at);
                held.lines.extend(row.order.lines.iter().cloned());
            }
            _ => {
                places.insert(&row.order.order_no, orders.len());
                orders.push(OrderIn { person: buyer.map(|b| b.0), root: buyer.map(|b| b.1), ..row.order.clone() });
            }
        }
    }
    orders
}

impl Meaning {
    pub fn person(&self) -> Option<&PersonRow> {
        if let Self::Person(row) = self { Some(row) } else { None }
    }
    pub fn order(&self) -> Option<&OrderRow> {
        if let Self::Order(row) = self { Some(row) } else { None }
    }
    pub fn product(&self) -> Option<&ProductIn> {
        if let Self::Product(row) = self { Some(row) } else { None }
    }
}
