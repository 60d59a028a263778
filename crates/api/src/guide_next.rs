//! What is known of a customer that the next actions follow from, and the words of scripts.

use crate::App;
use crate::people_history::{PersonEventQuery, page};
use crate::people_reader::Reader;
use siyu_audience::Stands;
use siyu_commerce::OrderRow;
use siyu_db::Tx;
use siyu_guides::actions::{Facts, Unpaid, birthday_in, due_again};
use siyu_guides::{Customer, Seat, Words};
use siyu_kernel::{Event, PersonNum, Refusal, Time};
use siyu_people::Profile;

/// Orders looked at for habits.
const ORDERS: usize = 60;
/// Events looked at for what was begun and not finished.
const EVENTS: usize = 120;

pub(crate) struct Known {
    pub facts: Facts,
    pub words: Words,
}

const CHECKOUT: [&str; 2] = ["Checkout Started", "Order Created"];
const CART: [&str; 1] = ["Product Added"];
const PAID: [&str; 2] = ["Order Completed", "Order Paid"];
/// Younger than this it may still be under way.
const HOUR: i64 = 3_600_000_000;

pub(crate) fn known(
    app: &App,
    tx: &mut Tx<'_>,
    reader: &Reader,
    seat: &Seat,
    customer: &Customer,
    (profile, stands): (&Profile, &Stands),
) -> Result<Known, Refusal> {
    let (now, zone) = (reader.ctx.now, &reader.ctx.zone);
    let today = zone.day(now);
    let events = page(app, tx, &profile.nodes, None, EVENTS, &PersonEventQuery::default())?.events;
    let orders = crate::people_history::orders_page(tx, reader, &profile.nodes, ORDERS, None)?.items;
    let bought: Vec<(String, i32)> = orders.iter().flat_map(|order| lines(order, zone.day(order.at))).collect();
    let last = orders.iter().find(|order| order.amount > 0);
    let since = customer.relation.since;
    let touched = events.iter().any(|event| event.source == "guide" && event.at >= since && event.name != "Task Given");
    let facts = Facts {
        friend_days: i64::from(today - zone.day(since)),
        touched,
        stage: stands.stage.to_owned(),
        tier: stands.tier.to_owned(),
        orders: stands.facts.orders,
        last_order_days: stands.facts.recency_days,
        cycle_days: i64::from(stands.cycle_days),
        birthday_in: birthday(profile).and_then(|text| birthday_in(&text, date(&zone.local(now)))),
        replenish: due_again(&bought, today),
        unpaid: unpaid(&events, now),
    };
    let words = Words {
        name: profile.name().or_else(|| Some(customer.name.clone())),
        guide: Some(seat.name.clone()),
        store: seat.store_name.clone(),
        product: last.and_then(|order| lines(order, 0).into_iter().next()).map(|(title, _)| title),
        days: last.map(|order| (today - zone.day(order.at)).to_string()),
    };
    Ok(Known { facts, words })
}

/// The words for a customer alone, for a script that is sent.
pub(crate) fn words(
    app: &App,
    tx: &mut Tx<'_>,
    reader: &Reader,
    seat: &Seat,
    customer: &Customer,
) -> Result<Words, Refusal> {
    let nodes: Vec<PersonNum> = app.people.nodes(tx, customer.root)?;
    let profile = app.people.profile(tx, customer.root)?;
    let orders = crate::people_history::orders_page(tx, reader, &nodes, 5, None)?.items;
    let (now, zone) = (reader.ctx.now, &reader.ctx.zone);
    let last = orders.iter().find(|order| order.amount > 0);
    Ok(Words {
        name: profile.name().or_else(|| Some(customer.name.clone())),
        guide: Some(seat.name.clone()),
        store: seat.store_name.clone(),
        product: last.and_then(|order| lines(order, 0).into_iter().next()).map(|(title, _)| title),
        days: last.map(|order| (zone.day(now) - zone.day(order.at)).to_string()),
    })
}

fn lines(order: &OrderRow, day: i32) -> Vec<(String, i32)> {
    let sold = order.lines.iter().flatten().filter(|line| line.quantity_milli > 0);
    sold.map(|line| (if line.title.is_empty() { line.sku.clone() } else { line.title.clone() }, day)).collect()
}

fn birthday(profile: &Profile) -> Option<String> {
    let held = ["birthday", "生日", "birth_date"].into_iter().find_map(|name| profile.traits.get(name))?;
    held.value.as_str().map(str::to_owned)
}

/// Year, month and day of a local time as it is written.
fn date(local: &str) -> (i64, i64, i64) {
    let mut parts = local.get(..10).unwrap_or_default().split('-').map(|part| part.parse().unwrap_or(1));
    let mut next = || parts.next().unwrap_or(1);
    (next(), next(), next())
}

/// The newest thing that was on its way to be bought, unless something was bought after it. Newest event first.
fn unpaid(events: &[Event], now: Time) -> Option<Unpaid> {
    let begun = events
        .iter()
        .find(|event| [&CHECKOUT[..], &CART[..], &PAID[..]].iter().any(|names| names.contains(&event.name.as_str())))?;
    if PAID.contains(&begun.name.as_str()) || now.0 - begun.at.0 < HOUR {
        return None;
    }
    let body: serde_json::Value = serde_json::from_str(&begun.body).unwrap_or_default();
    let own = &body["properties"];
    let what = [&own["name"], &own["title"], &own["products"][0]["name"], &own["sku"]];
    let what = what.into_iter().find_map(|value| value.as_str()).map(|text| text.chars().take(40).collect());
    Some(Unpaid { what, hours: (now.0 - begun.at.0) / HOUR, checkout: CHECKOUT.contains(&begun.name.as_str()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use siyu_kernel::EventKind;

    fn event(name: &str, at: i64, body: &str) -> Event {
        Event {
            message_id: at.to_string(),
            kind: EventKind::Track,
            name: name.into(),
            person: 1,
            at: Time(at * HOUR),
            received_at: Time(at * HOUR),
            source: "shop".into(),
            body: body.into(),
        }
    }

    #[test]
    fn what_was_bought_after_all_is_not_unpaid() {
        let cart = event("Product Added", 10, r#"{"properties":{"name":"口红"}}"#);
        let now = Time(15 * HOUR);
        let told = unpaid(&[event("Page Viewed", 12, "{}"), cart.clone()], now).unwrap();
        assert_eq!((told.hours, told.what.as_deref(), told.checkout), (5, Some("口红"), false));
        assert_eq!(unpaid(&[event("Order Completed", 11, "{}"), cart.clone()], now), None);
        assert_eq!(unpaid(std::slice::from_ref(&cart), Time(10 * HOUR + 60)), None);
        assert_eq!(unpaid(&[event("Checkout Started", 14, "{}"), cart], now).unwrap().hours, 1);
    }

    #[test]
    fn dates_are_read_from_local_times() {
        assert_eq!(date("2026-03-09 10:00:00"), (2026, 3, 9));
    }
}
