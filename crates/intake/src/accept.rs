//! From messages to the log, the people and the orders, in one unit.

use crate::Intake;
use crate::message::{self, Endpoint, Message, Rejected};
use crate::orders::{Meaning, order_of};
use crate::registry::Seen;
use serde_json::Value;
use siyu_commerce::{Booked, LineIn, OrderIn};
use siyu_db::{Db, Tx};
use siyu_kernel::{Event, EventKind, Identifier, Kind, PersonNum, Refusal, Time, new_id};
use siyu_people::{Incoming, Merged, TraitIn};
use std::future::Future;
use std::sync::Arc;

/// What became of a request. All of it is on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    pub events: usize,
    /// Messages that were here before.
    pub repeated: usize,
    pub quarantined: usize,
    pub people_new: usize,
    pub people_merged: usize,
}

impl Accepted {
    pub fn add(&mut self, other: Accepted) {
        self.events += other.events;
        self.repeated += other.repeated;
        self.quarantined += other.quarantined;
        self.people_new += other.people_new;
        self.people_merged += other.people_merged;
    }
}

struct Ready {
    message: Message,
    incoming: Incoming,
    digest: u64,
    meaning: Option<Meaning>,
    traits: Vec<(String, Value)>,
}

/// A request, parsed and checked, ready for the writing thread.
pub struct Prepared {
    ready: Vec<Ready>,
    bad: Vec<Rejected>,
    seen: Seen,
    source: String,
    received: Time,
    /// What it was checked against, see [`Intake::rules_no`].
    rules: u64,
}

impl Prepared {
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty() && self.bad.is_empty()
    }
    /// Why the first of these messages is not let in; `None` when all are.
    pub(crate) fn reason(&mut self) -> Option<Refusal> {
        (!self.bad.is_empty()).then(|| self.bad.swap_remove(0).reason)
    }
}

impl Intake {
    /// Everything that needs no transaction: JSON, limits, times, schema, digests. `source` names the write key or the import.
    pub fn prepare(&self, endpoint: Endpoint, body: &[u8], source: &str, received: Time) -> Result<Prepared, Refusal> {
        let chance = &self.inner.chance;
        let parsed = message::parse(endpoint, body, received, || new_id("msg", received, chance))?;
        Ok(self.prepare_messages(parsed.good, parsed.bad, source, received, |message| message.clone_text()))
    }

    /// The same for messages that did not come as a request. `original` gives the text that quarantine keeps.
    pub fn prepare_messages(
        &self,
        good: Vec<Message>,
        bad: Vec<Rejected>,
        source: &str,
        received: Time,
        original: impl Fn(&Message) -> String,
    ) -> Prepared {
        // Before what it counts is looked at: rather checked twice than not at all.
        let rules = self.rules_no();
        let (registry, currency) = (self.registry(), self.currency());
        let mut prepared = Prepared {
            ready: Vec::with_capacity(good.len()),
            bad,
            seen: Seen::default(),
            source: source.to_owned(),
            received,
            rules,
        };
        for message in good {
            let checked = order_of(&message, currency, |text| self.inner.vault.digest64(text)).and_then(|meaning| {
                if let Some(Meaning::Order(order)) = &meaning {
                    siyu_commerce::check(order)?;
                }
                let traits = self.traits_of(&message)?;
                registry.check(&message, &mut prepared.seen)?;
                Ok((meaning, traits))
            });
            match checked {
                Ok((meaning, traits)) => {
                    let incoming = self.inner.people.prepare(message.identifiers.iter().cloned(), message.at);
                    if incoming.identifiers.is_empty() && message.previous.is_none() {
                        let reason = Refusal::invalid(
                            "identity_blocked",
                            "Every identifier of this message is on the list of values that identify nobody.",
                            "该消息的所有身份值都在屏蔽名单中。",
                        )
                        .field("userId");
                        prepared.bad.push(Rejected {
                            kind: message.kind,
                            name: message.name.clone(),
                            message_id: message.message_id.clone(),
                            reason,
                            text: original(&message),
                        });
                        continue;
                    }
                    let digest = self.inner.log.digest(&message.message_id);
                    prepared.ready.push(Ready { message, incoming, digest, meaning, traits });
                }
                Err(reason) => prepared.bad.push(Rejected {
                    kind: message.kind,
                    name: message.name.clone(),
                    message_id: message.message_id.clone(),
                    reason,
                    text: original(&message),
                }),
            }
        }
        prepared
    }

    fn traits_of(&self, message: &Message) -> Result<Vec<(String, Value)>, Refusal> {
        if message.kind != EventKind::Identify || message.properties == "{}" {
            return Ok(Vec::new());
        }
        let Ok(Value::Object(map)) = serde_json::from_str(&message.properties) else { return Ok(Vec::new()) };
        let mut out = Vec::with_capacity(map.len());
        for (name, value) in map {
            self.inner.people.check_trait(&name, &value)?;
            out.push((name, value));
        }
        Ok(out)
    }

    /// Queues the request; the future answers when it is on disk. A full queue is `busy`, and nothing was taken.
    pub fn accept(
        &self,
        db: &Db,
        prepared: Prepared,
    ) -> impl Future<Output = Result<Accepted, Refusal>> + Send + use<> {
        let (intake, prepared) = (self.clone(), Arc::new(prepared));
        db.submit(move |tx| intake.write(tx, &prepared))
    }
    /// The same on the calling thread, inside a unit of the caller.
    pub fn write(&self, tx: &mut Tx<'_>, prepared: &Prepared) -> Result<Accepted, Refusal> {
        if prepared.rules == self.rules_no() {
            return self.write_checked(tx, prepared, &[]);
        }
        // Since it was prepared, this process or another one has locked a schema or a field, blocked a value or changed the currency.
        let messages = prepared.ready.iter().map(|ready| ready.message.clone()).collect();
        let again =
            self.prepare_messages(messages, Vec::new(), &prepared.source, prepared.received, Message::clone_text);
        self.write_checked(tx, &again, &prepared.bad)
    }

    fn write_checked(&self, tx: &mut Tx<'_>, prepared: &Prepared, bad: &[Rejected]) -> Result<Accepted, Refusal> {
        let (inner, now) = (&self.inner, prepared.received);
        let mut result = Accepted::default();
        let mut fresh = Vec::with_capacity(prepared.ready.len());
        let mut in_request = rustc_hash::FxHashSet::default();
        for ready in &prepared.ready {
            if in_request.insert(ready.digest) && inner.log.digest_is_new(tx, ready.digest)? {
                fresh.push(ready);
            } else {
                result.repeated += 1;
            }
        }
        let mut incoming = Vec::with_capacity(fresh.len());
        for ready in &fresh {
            incoming.push(self.with_previous(tx, ready)?);
        }
        let resolved = inner.people.resolve(tx, &incoming, &prepared.source, now)?;
        let mut merges: Vec<Merged> = Vec::new();
        let (mut traits, mut orders) = (Vec::new(), Vec::new());
        let mut events = Vec::with_capacity(fresh.len());
        for (ready, resolved) in fresh.iter().zip(resolved) {
            let resolved = resolved.ok_or_else(|| Refusal::internal("a message without identity passed the check"))?;
            result.people_new += usize::from(resolved.created);
            result.people_merged += resolved.merges.len();
            merges.extend(resolved.merges);
            for (name, value) in &ready.traits {
                traits.push(TraitIn {
                    num: resolved.node,
                    name: name.clone(),
                    value: value.clone(),
                    at: ready.message.at,
                });
            }
            if let Some(meaning) = &ready.meaning {
                orders.push((meaning, resolved.node, events.len()));
            }
            let message = &ready.message;
            let event = Event {
                message_id: message.message_id.clone(),
                kind: message.kind,
                name: message.name.clone(),
                person: resolved.node,
                at: message.at,
                received_at: now,
                source: prepared.source.clone(),
                body: message.body.clone(),
            };
            events.push((event, ready.digest));
        }
        result.events = fresh.len();
        if !traits.is_empty() {
            inner.people.set_traits(tx, &traits, &prepared.source, now)?;
        }
        self.recount(tx, &merges)?;
        let others = self.place_orders(tx, &orders, &mut events, now)?;
        for (event, digest) in events.into_iter().chain(others) {
            inner.log.append_digested(tx, event, digest);
        }
        for rejected in prepared.bad.iter().chain(bad) {
            result.quarantined += usize::from(self.keep_aside(tx, rejected, &prepared.source, now)?);
        }
        // A request sent twice is not counted twice in the registry.
        if result.repeated == 0 && !fresh.is_empty() {
            self.write_seen(tx, &prepared.seen)?;
        } else if !fresh.is_empty() {
            let mut seen = Seen::default();
            let registry = self.registry();
            for ready in &fresh {
                let _ = registry.check(&ready.message, &mut seen);
            }
            self.write_seen(tx, &seen)?;
        }
        Ok(result)
    }

    /// `alias`: the earlier name may be a user id or an anonymous one; it is whichever we know.
    fn with_previous(&self, tx: &mut Tx<'_>, ready: &Ready) -> Result<Incoming, Refusal> {
        let Some(previous) = &ready.message.previous else { return Ok(ready.incoming.clone()) };
        let mut all = ready.message.identifiers.clone();
        if let Ok(user) = Identifier::new(Kind::UserId, previous)
            && self.inner.people.by_identifier(tx, user.clone())?.is_some()
        {
            all.push(user);
        } else {
            all.extend(Identifier::new(Kind::Anonymous, previous));
        }
        Ok(self.inner.people.prepare(all, ready.message.at))
    }

    /// Totals per person follow a merge in the unit that merged.
    pub fn recount(&self, tx: &mut Tx<'_>, merges: &[Merged]) -> Result<(), Refusal> {
        // Of several merges of one person only the last knows all its nodes.
        for (at, merged) in merges.iter().enumerate() {
            siyu_commerce::forget(tx, merged.lost)?;
            if !merges[at + 1..].iter().any(|later| later.kept == merged.kept || later.lost == merged.kept) {
                siyu_commerce::recount(tx, merged.kept, &merged.nodes)?;
            }
        }
        Ok(())
    }

    /// Carries out what the events mean, and writes into each what the books made of it. Answers events for what changed for other people.
    fn place_orders(
        &self,
        tx: &mut Tx<'_>,
        meanings: &[(&Meaning, PersonNum, usize)],
        events: &mut [(Event, u64)],
        now: Time,
    ) -> Result<Vec<(Event, u64)>, Refusal> {
        let mut others = Vec::new();
        if meanings.is_empty() {
            return Ok(others);
        }
        let nodes: Vec<PersonNum> = meanings.iter().map(|(_, node, _)| *node).collect();
        let roots = self.inner.people.roots_held(tx, &nodes)?;
        for ((meaning, node, at), root) in meanings.iter().zip(roots) {
            let order = match meaning {
                Meaning::Order(order) => OrderIn { person: Some(*node), root: Some(root), ..order.clone() },
                Meaning::Cancelled { order, of } => match rest_of(tx, of)? {
                    Some(line) => OrderIn { person: Some(*node), root: Some(root), lines: vec![line], ..order.clone() },
                    None => continue,
                },
                Meaning::Products(products) => {
                    let unknown: Vec<_> = {
                        let known = self.inner.skus.lock().unwrap_or_else(|broken| broken.into_inner());
                        products.iter().filter(|product| !known.contains(&product.sku)).cloned().collect()
                    };
                    if !unknown.is_empty() {
                        siyu_commerce::put_products(tx, &unknown, now)?;
                        self.remember_skus(tx, unknown.into_iter().map(|product| product.sku));
                    }
                    continue;
                }
            };
            let booked = self.place_one(tx, order, now)?;
            others.extend(self.book(&mut events[*at].0, booked, now));
        }
        Ok(others)
    }
    fn place_one(&self, tx: &mut Tx<'_>, order: OrderIn, now: Time) -> Result<Vec<Booked>, Refusal> {
        let (placed, booked) = siyu_commerce::place_booked(tx, &[order], 0, now)?;
        for refusal in placed.into_iter().filter_map(|placed| placed.refused) {
            // The event stands; what the order says contradicts what we have of it.
            tracing::warn!(code = refusal.code, "an order event was not taken into the books");
        }
        Ok(booked)
    }
    fn remember_skus(&self, tx: &mut Tx<'_>, skus: impl Iterator<Item = String>) {
        let mut known = self.inner.skus.lock().unwrap_or_else(|broken| broken.into_inner());
        if known.len() > 100_000 {
            known.clear();
        }
        known.extend(skus);
        let inner = Arc::clone(&self.inner);
        tx.on_rollback(move || inner.skus.lock().unwrap_or_else(|broken| broken.into_inner()).clear());
    }
}

/// What has not been given back of an order yet, as one refund line; nothing for an order we do not know.
fn rest_of(tx: &mut Tx<'_>, order_no: &str) -> Result<Option<LineIn>, Refusal> {
    let rest = siyu_commerce::order(tx, order_no, None)?.map_or(0, |order| order.amount - order.refunded);
    Ok((rest > 0).then(|| LineIn {
        line_no: Some(1),
        sku: String::new(),
        title: None,
        quantity_milli: -1000,
        price_minor: None,
        amount_minor: -rest,
        refund_of: Some(order_no.to_owned()),
    }))
}

impl Message {
    /// The message as a request would carry it; what quarantine keeps and a retry reads.
    fn clone_text(&self) -> String {
        let mut value: serde_json::Map<String, Value> = serde_json::from_str(&self.body).unwrap_or_default();
        value.insert("type".into(), self.kind.name().into());
        value.insert("messageId".into(), self.message_id.clone().into());
        value.insert("timestamp".into(), self.at.to_string().into());
        match self.kind {
            EventKind::Track => drop(value.insert("event".into(), self.name.clone().into())),
            EventKind::Identify | EventKind::Group => {
                if let Some(own) = value.remove("properties") {
                    value.insert("traits".into(), own);
                }
            }
            _ => drop(value.insert("name".into(), self.name.clone().into())),
        }
        Value::Object(value).to_string()
    }
}
