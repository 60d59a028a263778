//! Public data sets: scores equal the published references, and every kernel equals its slow twin over a grid of questions.
//!
//! Without the data sets these tests say so and pass.

use crate::world::*;
use siyu_behaviour::kernels::*;
use siyu_behaviour::{Calendar, DAY, Fact, Grain, Operand, Select, Test, TestOp, Value};
use siyu_files::{OpenOptions, Row, Source};
use siyu_kernel::{Time, Zone};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

fn folder(set: &str) -> Option<PathBuf> {
    siyu_testkit::data_dir().map(|data| data.join(set)).filter(|folder| folder.is_dir())
}

/// Calls with the wanted columns of each row.
fn rows<const N: usize>(set: &str, file: &str, columns: [&str; N], mut each: impl FnMut([&str; N])) {
    let path = folder(set).unwrap().join(file);
    let mut reader = siyu_files::open(Source::path(path).unwrap(), &OpenOptions::default()).unwrap();
    let at = columns.map(|name| reader.columns().iter().position(|own| own == name).unwrap());
    let mut row = Row::new();
    while reader.next_row(&mut row).unwrap() {
        assert!(row.error.is_none());
        each(at.map(|at| row.get(at)));
    }
}

fn instant(text: &str) -> i64 {
    let text = if text.len() == 10 { format!("{text}T00:00:00Z") } else { format!("{}Z", text.replace(' ', "T")) };
    Time::parse(&text).unwrap().0
}

fn day(text: &str) -> i32 {
    Zone::utc().day(Time(instant(text)))
}

/// A decimal number in units of 1 / `parts`.
fn scaled(text: &str, parts: f64) -> i64 {
    (text.parse::<f64>().unwrap() * parts).round() as i64
}

fn text(name: &str, value: &str) -> (String, Value) {
    (name.to_owned(), Value::Text(value.to_owned()))
}

fn whole(name: &str, value: i64) -> (String, Value) {
    (name.to_owned(), Value::Int(value))
}

fn fact(person: u32, at: i64, event: &str, properties: Vec<(String, Value)>) -> Fact {
    Fact { person, origin: person, at, event: event.to_owned(), properties }
}

/// Numbers by rising customer id; the newest quarter of events is a part of its own.
fn world(mut facts: Vec<Fact>) -> (World, Vec<u32>) {
    let mut ids: Vec<u32> = facts.iter().map(|fact| fact.person).collect();
    ids.sort_unstable();
    ids.dedup();
    for fact in &mut facts {
        let number = ids.binary_search(&fact.person).unwrap() as u32;
        (fact.person, fact.origin) = (number, number);
    }
    facts.sort_by_key(|fact| fact.at);
    let newest = facts.split_off(facts.len() * 3 / 4);
    let people = (0..ids.len() as u32).collect();
    (World::new(vec![facts, newest], Vec::new(), "UTC", people), ids)
}

fn complete_journey() -> Option<(World, Vec<u32>)> {
    let set = "complete_journey";
    folder(set)?;
    let mut baskets: BTreeMap<String, (u32, i64, i64, i64, String)> = BTreeMap::new();
    let columns = ["household_id", "basket_id", "sales_value", "transaction_timestamp", "store_id"];
    rows(set, "transactions.parquet", columns, |[person, basket, value, at, store]| {
        let own = baskets
            .entry(basket.to_owned())
            .or_insert_with(|| (person.parse().unwrap(), instant(at), 0, 0, store.to_owned()));
        own.1 = own.1.max(instant(at));
        own.2 += scaled(value, 100.0);
        own.3 += 1;
    });
    let mut facts: Vec<Fact> = baskets
        .into_iter()
        .map(|(basket, (person, at, amount, lines, store))| {
            let properties =
                vec![whole("amount", amount), whole("n", lines), text("order", &basket), text("store", &store)];
            fact(person, at, "Order Completed", properties)
        })
        .collect();
    let mut campaigns: BTreeMap<String, (String, i64)> = BTreeMap::new();
    rows(set, "campaign_descriptions.parquet", ["campaign_id", "campaign_type", "start_date"], |[id, kind, start]| {
        campaigns.insert(id.to_owned(), (kind.to_owned(), instant(start)));
    });
    rows(set, "campaigns.parquet", ["campaign_id", "household_id"], |[id, person]| {
        let (kind, start) = &campaigns[id];
        facts.push(fact(
            person.parse().unwrap(),
            *start,
            "Campaign Received",
            vec![text("channel", kind), text("campaign", id)],
        ));
    });
    let columns = ["household_id", "campaign_id", "redemption_date"];
    rows(set, "coupon_redemptions.parquet", columns, |[person, id, at]| {
        let properties = vec![text("channel", &campaigns[id].0), text("campaign", id)];
        facts.push(fact(person.parse().unwrap(), instant(at) + 12 * HOUR, "Coupon Redeemed", properties));
    });
    Some(world(facts))
}

/// `Order Completed` and `Order Refunded`; amounts in thousandths of a pound.
fn online_retail() -> Option<(World, Vec<u32>)> {
    let set = "online_retail";
    folder(set)?;
    let mut invoices: BTreeMap<String, (u32, i64, i64, i64, String)> = BTreeMap::new();
    let columns = ["InvoiceNo", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"];
    rows(set, "invoices.parquet", columns, |[invoice, quantity, at, price, person, country]| {
        let (quantity, price) = (scaled(quantity, 1.0), scaled(price, 1_000.0));
        let sale = !invoice.starts_with('C');
        if person.is_empty() || price <= 0 || (quantity > 0) != sale {
            return;
        }
        let person = person.parse::<f64>().unwrap() as u32;
        let own = invoices.entry(invoice.to_owned()).or_insert_with(|| (person, instant(at), 0, 0, country.to_owned()));
        own.1 = own.1.max(instant(at));
        own.2 += quantity * price;
        own.3 += 1;
    });
    let facts = invoices.into_iter().map(|(invoice, (person, at, amount, lines, country))| {
        let event = if invoice.starts_with('C') { "Order Refunded" } else { "Order Completed" };
        let properties = vec![
            whole("amount", amount),
            whole("n", lines),
            text("order", invoice.trim_start_matches('C')),
            text("channel", &country),
        ];
        fact(person, at, event, properties)
    });
    Some(world(facts.collect()))
}

/// The scores of the published reference, customer by customer, and its segments.
fn equals_reference(set: &str, world: &World, ids: &[u32], rfm: &Rfm) {
    let scored = crate::rfm::check(world, rfm, &Method::Quantile(5));
    let mut buyers = 0;
    let columns = ["customer_id", "frequency", "recency_days", "r", "f", "m", "segment"];
    let mut days: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    for own in &scored.buyers {
        for at in 0..own.slots.len() {
            days.insert(u32::from(own.bucket) << 16 | u32::from(own.slots[at]), (own.orders[at], own.recency_days[at]));
        }
    }
    rows(set, "reference_rfm_customers.csv.gz", columns, |[id, frequency, recency, r, f, m, segment]| {
        let person = ids.binary_search(&id.parse().unwrap()).unwrap() as u32;
        let number = |text: &str| text.parse::<f64>().unwrap() as u32;
        assert_eq!(days[&person], (number(frequency), number(recency)), "{set} {id}");
        let scores = (number(r) as u8, number(f) as u8, number(m) as u8);
        assert_eq!(scored.of(person), Some(scores), "{set} {id}");
        assert_eq!(segment_of(scores.0, scores.1), segment, "{set} {id}");
        buyers += 1;
    });
    assert_eq!(scored.buyers.iter().map(|own| own.slots.len()).sum::<usize>(), buyers);
}

fn rfm(world: &World, frequency: Frequency, as_of: &str) -> Rfm {
    Rfm {
        orders: Select::of("Order Completed"),
        refunds: None,
        value: "amount".into(),
        frequency,
        as_of: day(as_of),
        since: i32::MIN,
        calendar: world.calendar(),
    }
}

#[test]
fn rfm_of_cdnow_equals_the_reference() {
    if folder("cdnow").is_none() {
        return;
    }
    let mut facts = Vec::new();
    rows("cdnow", "transactions.csv.gz", ["customer_id", "date", "spend"], |[person, at, spend]| {
        let properties = vec![whole("amount", scaled(spend, 100.0))];
        facts.push(fact(person.parse().unwrap(), instant(at), "Order Completed", properties));
    });
    let (world, ids) = world(facts);
    equals_reference("cdnow", &world, &ids, &rfm(&world, Frequency::Days, "1998-07-01"));
}

fn select(event: &str) -> Select {
    Select::of(event)
}

fn with(event: &str, property: &str, op: TestOp, value: Operand) -> Select {
    Select { events: vec![event.to_owned()], tests: vec![Test { property: property.to_owned(), op, value }] }
}

/// A grid of rules: every count, comparison and window over a few selections.
fn rules(selects: &[Select], first: i32) -> Vec<Condition> {
    let mut all = Vec::new();
    let windows =
        [Window::Ever, Window::LastDays(30), Window::LastDays(90), Window::Days { from: first + 60, to: first + 120 }];
    for select in selects {
        for window in windows {
            for (count, value) in [
                (Count::Times, 0.0),
                (Count::Times, 1.0),
                (Count::Times, 5.0),
                (Count::Days, 2.0),
                (Count::Sum("amount".into()), 10_000.0),
            ] {
                for op in [Compare::Eq, Compare::Gte] {
                    all.push(Condition::Did { select: select.clone(), count: count.clone(), op, value, window });
                }
            }
            all.push(Condition::First { select: select.clone(), window });
            all.push(Condition::Last { select: select.clone(), window });
            for other in selects {
                {
                    let days = 5;
                    let steps = vec![select.clone(), other.clone()];
                    all.push(Condition::Sequence { steps, within: days * DAY, window });
                }
            }
        }
    }
    all
}

/// Asks everything of a history whose orders are `orders`; `touch` comes before them, `group` splits them.
fn ask_everything(world: &World, orders: &Select, touch: &Select, refunds: Option<&Select>, group: &str) {
    let calendar = world.calendar();
    let first = world.first_day();
    let last = world.parts.iter().flatten().map(|fact| calendar.day(fact.at)).max().unwrap();
    let calendar = Arc::new(Calendar::new(calendar.zone(), first - 10, last + 400));
    let (from, to) = calendar.instants(first + 30, last - 30);
    let half: roaring::RoaringBitmap = world.people.iter().copied().filter(|person| person % 2 == 0).collect();
    let third: roaring::RoaringBitmap = world.people.iter().copied().filter(|person| person % 3 == 0).collect();
    let labels = By::Labels(Arc::new(Labels(vec![("even".into(), half), ("third".into(), third)])));
    let bys = [By::Nothing, By::Property(group.into()), labels];
    let large = Select {
        tests: vec![Test { property: "amount".into(), op: TestOp::Gte, value: Operand::Number(5_000.0) }],
        ..orders.clone()
    };

    // When answers change is asked for a few people only: the reference tries each day.
    let some: Vec<u32> = world.people.iter().copied().step_by(400).collect();
    for condition in rules(&[orders.clone(), large.clone(), touch.clone()], first) {
        let today = first + 100;
        crate::condition::check(world, &calendar, &condition, today, today + 40, &some);
        let members = Members { condition: &condition, calendar: &calendar, today: last };
        let among = world.people.iter().copied().collect();
        let people = world.snapshot().run(&members, Some(&among), 2).0;
        let expected =
            world.people.iter().filter(|person| crate::condition::holds(world, &calendar, &condition, **person, last));
        assert_eq!(people.iter().collect::<Vec<_>>(), expected.copied().collect::<Vec<_>>(), "{condition:?}");
    }
    for by in &bys {
        for (days, exclude) in [(1, false), (7, false), (14, true)] {
            for steps in [vec![touch.clone(), orders.clone()], vec![touch.clone(), orders.clone(), large.clone()]] {
                let exclude =
                    if exclude { vec![Exclusion { select: large.clone(), after: 0, before: 1 }] } else { Vec::new() };
                let funnel = Funnel {
                    steps,
                    window: days * DAY,
                    from,
                    to,
                    exclude,
                    by: by.clone(),
                    timings: true,
                    calendar: calendar.clone(),
                };
                crate::funnel::check(world, &funnel);
            }
        }
        for (mode, grain) in [(Mode::On, Grain::Month), (Mode::Rolling, Grain::WEEK)] {
            for (start, back) in [(orders, orders), (touch, orders), (&Select::default(), &Select::default())] {
                let retention = Retention {
                    start: start.clone(),
                    back: back.clone(),
                    grain,
                    periods: 12,
                    mode,
                    first: mode == Mode::On,
                    from_day: first + 20,
                    to_day: last - 20,
                    today: last,
                    by: by.clone(),
                    calendar: calendar.clone(),
                };
                crate::retention::check(world, &retention);
            }
        }
        let attribution = Attribution {
            conversion: orders.clone(),
            value: Some("amount".into()),
            refunds: refunds.map(|select| Refunds { select: select.clone(), key: "order".into() }),
            touch: touch.clone(),
            touch_by: Some("channel".into()),
            windows: vec![TouchWindow::SameDay, TouchWindow::Days(7), TouchWindow::Days(30)],
            models: vec![Model::Last, Model::First, Model::Linear, Model::Position, Model::Decay],
            half_life: 7 * DAY,
            from,
            to: from + 60 * DAY,
            by: by.clone(),
            only: None,
            calendar: calendar.clone(),
        };
        crate::attribution::check(world, &attribution);
        for measure in [Measure::Count, Measure::People, Measure::Sum("amount".into())] {
            let trend = Trend {
                events: vec![orders.clone(), large.clone()],
                grain: Grain::WEEK,
                measure,
                from_day: first + 3,
                to_day: last - 40,
                by: by.clone(),
                calendar: calendar.clone(),
            };
            crate::trend::check(world, &trend);
        }
        let value = Select {
            events: orders.events.iter().chain(refunds.into_iter().flat_map(|own| &own.events)).cloned().collect(),
            tests: Vec::new(),
        };
        let cohort = CohortValue {
            start: Select::default(),
            value,
            property: "amount".into(),
            grain: Grain::Month,
            periods: 12,
            from_day: first,
            to_day: last,
            today: last,
            by: by.clone(),
            calendar: calendar.clone(),
        };
        crate::cohort::check(world, &cohort);
    }
    for spread in [Spread::Count, Spread::Days, Spread::Sum("amount".into()), Spread::Value("amount".into())] {
        let question = Distribution { event: orders.clone(), spread, from, to, calendar: calendar.clone() };
        crate::distribution::check(world, &question);
    }
    for (before, after) in [(orders, orders), (touch, orders)] {
        let interval = Interval { before: before.clone(), after: after.clone(), within: 60 * DAY, from, to };
        crate::interval::check(world, &interval);
    }
    for (start, end) in [(None, None), (Some(touch), None), (None, Some(orders))] {
        let paths = Paths {
            events: Select::default(),
            start: start.cloned(),
            end: end.cloned(),
            depth: 4,
            session: 3 * DAY,
            property: None,
            from,
            to,
        };
        crate::paths::check(world, &paths);
    }
    let points = Touchpoints {
        events: Select::default(),
        touch_by: "channel".into(),
        conversion: large,
        within: 3 * DAY,
        from,
        to,
    };
    crate::touchpoints::check(world, &points);
    let activity = Activity {
        grain: Grain::WEEK,
        from_day: first + 30,
        to_day: first + 90,
        detail: true,
        calendar: calendar.clone(),
    };
    crate::activity::check(world, &activity);
    let cycle = Cycle { orders: orders.clone(), from_day: first, to_day: last, calendar: calendar.clone() };
    let days = crate::lifecycle::check_cycle(world, &cycle).median().unwrap();
    let lifecycle = Lifecycle {
        orders: orders.clone(),
        stages: Stages { new_days: days, active_days: 2 * days, risk_days: 4 * days },
        on: last - 10,
        against: Some(last - 60),
        calendar: calendar.clone(),
    };
    crate::lifecycle::check(world, &lifecycle);
    let loyal =
        Loyal { select: orders.clone(), orders: 4, days: 30, before: true, on: last, calendar: calendar.clone() };
    let score = Score {
        orders: orders.clone(),
        refunds: refunds.cloned(),
        value: "amount".into(),
        weights: Weights::default(),
        recency_days: 90,
        frequency_orders: 12,
        money_full: 200_000,
        active_days: 8,
        referrals_full: 3,
        referrals: Arc::new(Vec::new()),
        loyal,
        super_vip: 60_000,
        // A year of events is all there is: the reference does not cut at 365 days.
        on: first + 300,
        calendar: calendar.clone(),
    };
    crate::score::check(world, &Score { loyal: Loyal { on: first + 300, ..score.loyal.clone() }, ..score });
    let board = Board {
        by: group.into(),
        orders: orders.clone(),
        refunds: refunds.cloned(),
        value: "amount".into(),
        from_day: first + 100,
        to_day: last - 100,
        calendar,
    };
    crate::board::check(world, &board);
}

#[test]
fn complete_journey_is_answered_as_by_hand() {
    let Some((world, ids)) = complete_journey() else { return };
    equals_reference("complete_journey", &world, &ids, &rfm(&world, Frequency::Events, "2018-01-01"));
    equals_reference("complete_journey", &world, &ids, &rfm(&world, Frequency::Distinct("order".into()), "2018-01-01"));
    let touch = Select { events: vec!["Campaign Received".into(), "Coupon Redeemed".into()], tests: Vec::new() };
    ask_everything(&world, &select("Order Completed"), &touch, None, "store");
}

#[test]
fn online_retail_is_answered_as_by_hand() {
    let Some((world, ids)) = online_retail() else { return };
    equals_reference("online_retail", &world, &ids, &rfm(&world, Frequency::Events, "2011-12-10"));
    let large = with("Order Completed", "n", TestOp::Gte, Operand::Number(30.0));
    ask_everything(&world, &select("Order Completed"), &large, Some(&select("Order Refunded")), "channel");
}
