//! A useful question of each kind for what this workspace has: every page says something at one click.

use crate::calendar::show_day;
use crate::{Kind, ORDER_COMPLETED};
use serde_json::{Map, Value, json};
use siyu_kernel::Zone;
use siyu_projection::Catalogue;

/// What is known about the events of a workspace.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// By falling count.
    pub events: Vec<SeenEvent>,
}

#[derive(Clone, Debug)]
pub struct SeenEvent {
    pub name: String,
    pub people: u64,
    pub count: u64,
    /// Days of the first and the last one.
    pub first: i32,
    pub last: i32,
    pub properties: Vec<SeenProperty>,
}

#[derive(Clone, Debug)]
pub struct SeenProperty {
    pub name: String,
    /// Events that have it.
    pub count: u64,
    /// Different texts, as far as they were counted.
    pub texts: usize,
}

/// A way to an order: of each stage the most frequent event is a step.
struct Way {
    /// Words of names; a name that is such a word goes before one that has it inside.
    stages: &'static [&'static [&'static str]],
    /// Fewer found: another way is looked for.
    steps_min: usize,
    window_days: u32,
}

const ORDERED: &[&str] = &["order completed", "order paid", "purchase", "支付"];
/// The first that is walked here is asked about.
const WAYS: [Way; 2] = [
    // Touched, redeemed, bought.
    Way {
        stages: &[
            &["campaign received", "message delivered", "message opened", "coupon issued", "campaign", "触达", "发券"],
            &["coupon redeemed", "coupon used", "redeemed", "核销"],
            ORDERED,
        ],
        steps_min: 3,
        window_days: 30,
    },
    // Looked, put in the cart, bought.
    Way {
        stages: &[
            &["product viewed", "product list viewed", "page viewed", "product clicked", "viewed", "view", "浏览"],
            &["product added", "added to cart", "add to cart", "cart", "加购"],
            &["checkout started", "checkout", "order placed", "begin", "下单"],
            ORDERED,
        ],
        steps_min: 2,
        window_days: 7,
    },
];
/// Steps where no way is known.
const STEPS: usize = 3;
/// Between one purchase and the next there is time.
const AGAIN_DAYS: u32 = 90;
/// Properties that name touches, the best first.
const TOUCHES: [&str; 4] = ["channel", "campaign", "touchpoint", "source"];
/// Longer ago than this, "the last 90 days" would be empty.
const RECENT_DAYS: i32 = 30;
const SPAN_DAYS: i32 = 90;
const YEAR_DAYS: i32 = 365;

impl Seen {
    pub fn of(catalogue: &Catalogue, zone: &Zone) -> Self {
        let events = catalogue.events.iter().map(|event| SeenEvent {
            name: event.name.clone(),
            people: event.people,
            count: event.count,
            first: zone.day(event.first_at),
            last: zone.day(event.last_at),
            properties: event
                .properties
                .iter()
                .map(|own| SeenProperty { name: own.name.clone(), count: own.count, texts: own.values.len() })
                .collect(),
        });
        Self { events: events.collect() }
    }
    fn event(&self, name: &str) -> Option<&SeenEvent> {
        self.events.iter().find(|event| event.name == name)
    }
    fn first(&self) -> Option<i32> {
        self.events.iter().map(|event| event.first).min()
    }
    fn last(&self) -> Option<i32> {
        self.events.iter().map(|event| event.last).max()
    }
    /// How many different texts a property has among events other than orders.
    fn touches(&self, property: &str) -> usize {
        let others = self.events.iter().filter(|event| !event.name.starts_with("Order "));
        others
            .flat_map(|event| &event.properties)
            .filter(|own| own.name == property)
            .map(|own| own.texts)
            .max()
            .unwrap_or(0)
    }
    fn any(&self, property: &str) -> usize {
        let all = self.events.iter().flat_map(|event| &event.properties);
        all.filter(|own| own.name == property).map(|own| own.texts).max().unwrap_or(0)
    }
}

/// Specs by kind; a kind is absent when there is nothing to ask it about.
pub fn defaults(seen: &Seen, today: i32) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert(
        Kind::Segment.name().into(),
        json!({"rule": {"all": [{"field": "orders.count", "op": "gte", "value": 2}]}}),
    );
    out.insert(Kind::Assets.name().into(), json!({}));
    let (Some(first), Some(last)) = (seen.first(), seen.last()) else { return out };
    let made = Made { seen, first, last: last.min(today), today };
    for kind in Kind::ALL {
        if let Some(spec) = made.spec(kind) {
            out.insert(kind.name().into(), spec);
        }
    }
    out
}

struct Made<'s> {
    seen: &'s Seen,
    first: i32,
    last: i32,
    today: i32,
}

impl Made<'_> {
    fn is_recent(&self) -> bool {
        self.today - self.last <= RECENT_DAYS
    }
    /// The last days that have something in them.
    fn span(&self, days: i32) -> Value {
        if self.is_recent() {
            return json!({ "last_days": days + self.today - self.last });
        }
        json!({ "from": show_day(self.last - days + 1), "to": show_day(self.last) })
    }
    fn with(&self, days: i32, mut spec: Value) -> Value {
        spec["span"] = self.span(days);
        spec
    }
    /// Days with something in them, in the last year.
    fn length(&self) -> i32 {
        (self.last - self.first + 1).clamp(1, YEAR_DAYS)
    }
    fn unit(&self) -> &'static str {
        match self.length() {
            ..28 => "day",
            28..180 => "week",
            _ => "month",
        }
    }
    fn orders(&self) -> Option<&SeenEvent> {
        self.seen.event(ORDER_COMPLETED)
    }
    /// Orders, or what is done most.
    fn main(&self) -> Option<&str> {
        self.orders().or(self.seen.events.first()).map(|event| event.name.as_str())
    }
    /// Whether next to nothing but orders is known.
    fn only_orders(&self) -> bool {
        let others: u64 =
            self.seen.events.iter().filter(|own| !own.name.starts_with("Order ")).map(|own| own.count).sum();
        self.orders().is_some_and(|orders| others < orders.count / 2)
    }

    fn spec(&self, kind: Kind) -> Option<Value> {
        let event = |name: &str| json!({ "event": name });
        let main = event(self.main()?);
        Some(match kind {
            Kind::Segment | Kind::Assets => return None,
            Kind::Funnel => self.funnel(),
            Kind::Retention => {
                let who = if self.only_orders() { main } else { event("*") };
                let unit = self.unit();
                self.with(self.length(), json!({ "start": who, "return": who, "unit": unit, "first": true }))
            }
            Kind::Attribution => {
                let touch_by = TOUCHES.into_iter().find(|own| self.seen.touches(own) > 1)?;
                self.orders()?;
                self.with(SPAN_DAYS, json!({ "touch_by": touch_by }))
            }
            Kind::Rfm => {
                self.orders()?;
                if self.is_recent() { json!({}) } else { json!({ "as_of": show_day(self.last) }) }
            }
            Kind::Paths => self.paths()?,
            Kind::Distribution => self.with(self.length(), json!({ "event": main, "measure": "count" })),
            Kind::Interval => self.with(self.length(), json!({ "from": main, "to": main, "within": { "days": 180 } })),
            Kind::Trend => {
                let events: Vec<Value> = self.seen.events.iter().take(3).map(|own| event(&own.name)).collect();
                self.with(SPAN_DAYS, json!({ "events": events, "unit": "day" }))
            }
            Kind::Activity => self.with(SPAN_DAYS, json!({ "unit": "day" })),
            Kind::CohortValue => {
                self.orders()?;
                let unit = if self.unit() == "day" { "week" } else { self.unit() };
                let start = if self.only_orders() { main } else { event("*") };
                self.with(self.length(), json!({ "start": start, "unit": unit }))
            }
            Kind::Touchpoints => {
                let touch_by = ["touchpoint", "channel", "campaign"].into_iter().find(|own| self.seen.any(own) > 1);
                if touch_by.is_none() && self.seen.events.len() < 2 {
                    return None;
                }
                self.with(SPAN_DAYS, json!({ "touch_by": touch_by.unwrap_or("touchpoint") }))
            }
            Kind::Lifecycle => {
                self.orders()?;
                if self.is_recent() { json!({}) } else { json!({ "on": show_day(self.last) }) }
            }
            Kind::Stores | Kind::Guides => {
                let property = if kind == Kind::Stores { "store" } else { "staff" };
                if self.seen.any(property) == 0 {
                    return None;
                }
                self.with(SPAN_DAYS, json!({}))
            }
        })
    }
    /// The first way that is walked here; else what happens more often before what happens less often; of a single event, once, twice, thrice.
    fn funnel(&self) -> Value {
        let walked = WAYS.iter().map(|way| (self.steps(way), way)).find(|(steps, way)| steps.len() >= way.steps_min);
        if let Some((steps, way)) = walked {
            return self.with(SPAN_DAYS, json!({ "steps": named(&steps), "window": { "days": way.window_days } }));
        }
        let most: Vec<&str> = self.seen.events.iter().take(STEPS).map(|own| own.name.as_str()).collect();
        if let [single] = most[..] {
            let steps = named(&[single; STEPS]);
            return self.with(self.length(), json!({ "steps": steps, "window": { "days": AGAIN_DAYS } }));
        }
        self.with(SPAN_DAYS, json!({ "steps": named(&most), "window": { "days": 7 } }))
    }
    /// Of each stage the event that fits best, each event once.
    fn steps(&self, way: &Way) -> Vec<&str> {
        let mut steps: Vec<&str> = Vec::new();
        for words in way.stages {
            let fits = |fit: fn(&str, &str) -> bool| {
                let own = |own: &&SeenEvent| words.iter().any(|word| fit(&own.name.to_lowercase(), word));
                self.seen.events.iter().filter(own).map(|own| own.name.as_str()).find(|name| !steps.contains(name))
            };
            let step = fits(|name, word| name == word).or_else(|| fits(|name, word| name.contains(word)));
            steps.extend(step);
        }
        steps
    }
    fn paths(&self) -> Option<Value> {
        if self.only_orders() {
            // One event says little about ways; where it happens does.
            let property = ["store", "channel", "campaign"].into_iter().find(|own| self.seen.any(own) > 1)?;
            return Some(self.with(self.length(), json!({ "property": property, "session": { "days": 90 } })));
        }
        (self.seen.events.len() > 1).then(|| self.with(SPAN_DAYS, json!({ "session": { "minutes": 30 } })))
    }
}

fn named(steps: &[&str]) -> Vec<Value> {
    steps.iter().map(|name| json!({ "event": name })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ask, Spec};

    fn event(name: &str, count: u64, properties: &[(&str, usize)]) -> SeenEvent {
        let properties =
            properties.iter().map(|(name, texts)| SeenProperty { name: (*name).into(), count, texts: *texts });
        SeenEvent {
            name: name.into(),
            people: count / 2 + 1,
            count,
            first: 20_000,
            last: 20_400,
            properties: properties.collect(),
        }
    }
    fn specs(events: Vec<SeenEvent>, today: i32) -> Map<String, Value> {
        let made = defaults(&Seen { events }, today);
        for (kind, spec) in &made {
            let parsed = Spec::parse(Kind::parse(kind).unwrap(), spec);
            assert!(parsed.is_ok(), "{kind} {spec}: {}", parsed.unwrap_err());
        }
        made
    }
    fn steps(made: &Map<String, Value>) -> Vec<String> {
        let Ask::Funnel(funnel) = Spec::parse(Kind::Funnel, &made["funnel"]).unwrap().ask else { panic!() };
        funnel.steps.into_iter().map(|step| step.label).collect()
    }

    #[test]
    fn a_shop_with_tracking() {
        let made = specs(
            vec![
                event("Product Viewed", 9_000, &[("channel", 12), ("touchpoint", 3)]),
                event("Product Added", 3_000, &[]),
                event("Order Completed", 900, &[("store", 4), ("staff", 9)]),
                event("Coupon Used", 100, &[]),
            ],
            20_410,
        );
        assert_eq!(made.len(), Kind::ALL.len());
        assert_eq!(steps(&made), ["Product Viewed", "Product Added", "Order Completed"]);
        assert_eq!(made["attribution"]["touch_by"], "channel");
        assert_eq!(made["retention"]["start"]["event"], "*");
        assert_eq!(made["activity"]["span"], json!({"last_days": 100}));
    }

    #[test]
    fn a_shop_with_orders_only() {
        let made =
            specs(vec![event("Order Completed", 900, &[("store", 4)]), event("Order Refunded", 20, &[])], 20_410);
        assert_eq!(steps(&made), ["Order Completed", "Order Refunded"]);
        assert!(!made.contains_key("attribution") && !made.contains_key("guides"));
        assert_eq!((&made["paths"]["property"], &made["retention"]["unit"]), (&json!("store"), &json!("month")));
        // Old books are looked at where they end.
        let made = specs(vec![event("Order Completed", 900, &[])], 21_000);
        assert_eq!(made["activity"]["span"]["to"], json!(show_day(20_400)));
        assert_eq!(made["rfm"]["as_of"], json!(show_day(20_400)));
        assert!(!made.contains_key("stores") && !made.contains_key("paths"));
    }

    #[test]
    fn the_funnel_is_the_first_way_that_is_walked() {
        for (events, want) in [
            // As a shop that sends campaigns and keeps its books has them.
            (
                &["Order Completed", "Campaign Received", "Coupon Redeemed", "Order Refunded"][..],
                &["Campaign Received", "Coupon Redeemed", "Order Completed"][..],
            ),
            (
                &["Product Viewed", "Message Opened", "Order Completed", "Coupon Used"],
                &["Message Opened", "Coupon Used", "Order Completed"],
            ),
            // Redeemed without a touch, touched without redeeming: no such way.
            (&["Product Viewed", "Coupon Used", "Order Completed"], &["Product Viewed", "Order Completed"]),
            (
                &["Product Viewed", "Product Added", "Campaign Received", "Order Completed"],
                &["Product Viewed", "Product Added", "Order Completed"],
            ),
            (&["浏览商品", "加购", "支付成功"], &["浏览商品", "加购", "支付成功"]),
            // No way is known.
            (&["Signed In", "Game Played", "Level Won", "Level Lost"], &["Signed In", "Game Played", "Level Won"]),
            (&["Order Completed", "Order Refunded"], &["Order Completed", "Order Refunded"]),
            (&["Order Completed"], &["Order Completed"; 3]),
        ] {
            let seen = events.iter().enumerate().map(|(at, name)| event(name, 9_000 >> (4 * at), &[])).collect();
            assert_eq!(steps(&specs(seen, 20_410)), want, "{events:?}");
        }
    }

    #[test]
    fn a_shop_with_nothing() {
        let made = specs(Vec::new(), 20_410);
        assert_eq!(made.keys().collect::<Vec<_>>(), ["assets", "segment"]);
        let made = specs(vec![event("Signed In", 10, &[])], 20_410);
        assert_eq!(steps(&made), ["Signed In"; 3]);
        assert!(!made.contains_key("rfm") && !made.contains_key("lifecycle"));
    }
}
