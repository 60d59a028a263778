//! What the books made of an event, written into the event: what an order event alone says of money may not be what it moves (an order told of
//! twice, a refund of what was refunded before, a refund for somebody else's order). The sum of these over a person's events is what the
//! person's totals say, to the cent.

use crate::Intake;
use siyu_commerce::Booked;
use siyu_kernel::{Event, EventKind, Time, new_id};

impl Intake {
    /// Adds to an event's body what it moved for its own identity, as `"books":{"net":…,"currency":…,"order":…}`: minor
    /// units, and the order they count for. Answers an event of the
    /// platform's own for each order of another identity.
    pub(crate) fn book(&self, event: &mut Event, booked: Vec<Booked>, now: Time) -> Vec<(Event, u64)> {
        let (own, others): (Vec<_>, Vec<_>) = booked.into_iter().partition(|booked| booked.person == event.person);
        // The orders one call touches are of one currency.
        if let Some(first) = own.first()
            && event.body.pop() == Some('}')
        {
            // A refund is for an order; of several, none is named.
            let order = own.iter().all(|booked| booked.order_no == first.order_no).then_some(&first.order_no);
            let books = serde_json::json!({
                "net": own.iter().map(|booked| booked.net).sum::<i64>(),
                "currency": first.currency,
                "order": order,
            });
            let comma = if event.body.ends_with('{') { "" } else { "," };
            event.body.push_str(&format!("{comma}\"books\":{books}}}"));
        }
        others.iter().map(|booked| self.booking(booked, event.at, &event.source, now)).collect()
    }
    /// What changed for an order's buyer by something that is not the buyer's own event.
    pub(crate) fn booking(&self, booked: &Booked, at: Time, source: &str, now: Time) -> (Event, u64) {
        let message_id = new_id("bok", now, &self.inner.chance);
        let digest = self.inner.log.digest(&message_id);
        let name = if booked.net < 0 { "Order Refunded" } else { "Order Updated" };
        let body = serde_json::json!({
            "properties": { "order_id": booked.order_no },
            "books": { "net": booked.net, "currency": booked.currency, "order": booked.order_no },
        });
        let event = Event {
            message_id,
            kind: EventKind::System,
            name: name.into(),
            person: booked.person,
            at,
            received_at: now,
            source: source.to_owned(),
            body: body.to_string(),
        };
        (event, digest)
    }
}
