//! Small made-up histories with everything that is hard about them: several parts, hidden people, ties, merged people, two buckets, days on which
//! clocks change. And the plain reading of them that the references use.

use proptest::prelude::*;
use siyu_behaviour::{
    Bits, Calendar, Fact, Held, Kernel, Operand, Select, Snapshot, Test, TestOp, Value, View, build, kernels::*,
};
use siyu_kernel::Zone;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

pub const HOUR: i64 = 3_600_000_000;
/// 2018-10-29; the clocks of São Paulo were changed on 2018-11-04, at midnight.
pub const FIRST_DAY: i32 = 17_833;
pub const DAYS: i32 = 40;

#[derive(Clone)]
pub struct World {
    pub parts: Vec<Vec<Fact>>,
    /// (part, person)
    pub hidden: Vec<(usize, u32)>,
    pub zone: &'static str,
    /// Parts tell the days of each type; without them kernels read rows.
    pub days: bool,
    /// The first part has thousands of other people, who never count: then indexes are written in their other form.
    pub crowd: bool,
    /// Those who are asked about, rising.
    pub people: Vec<u32>,
    /// (part, place) of each person's visible events, by (instant, part, arrival).
    histories: BTreeMap<u32, Vec<(usize, usize)>>,
    built: OnceLock<Snapshot>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { parts, hidden, zone, days, crowd, .. } = self;
        write!(f, "World {{ parts: {parts:#?}, hidden: {hidden:?}, zone: {zone}, days: {days}, crowd: {crowd} }}")
    }
}

/// Somebody's event: which part it came in, and where in it.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'w> {
    pub part: usize,
    pub place: usize,
    pub fact: &'w Fact,
}

/// People of the second bucket come last.
pub const PEOPLE: [u32; 8] = [0, 1, 2, 3, 63, 64, 65_535, 65_536 + 5];

pub fn worlds() -> impl Strategy<Value = World> {
    let fact = (0usize..PEOPLE.len(), 0i64..i64::from(DAYS) * 4, 0u8..4, 0i64..30, any::<u8>());
    (
        proptest::collection::vec((fact, 0usize..3), 0..90),
        proptest::collection::vec((0usize..3, 0usize..PEOPLE.len()), 0..3),
        prop_oneof![Just("UTC"), Just("Asia/Shanghai"), Just("America/Sao_Paulo")],
        // Some worlds crowd into few days, so that windows and ties matter more.
        prop_oneof![Just(1i64), Just(4), Just(20)],
        (prop_oneof![3 => Just(true), 1 => Just(false)], prop_oneof![1 => Just(true), 39 => Just(false)]),
    )
        .prop_map(|(rows, hidden, zone, together, (days, crowd))| {
            let mut parts = vec![Vec::new(); 3];
            for ((person, step, kind, n, seed), part) in rows {
                let at = i64::from(FIRST_DAY) * 24 * HOUR + step / together * 6 * HOUR;
                parts[part].push(fact_of(PEOPLE[person], at, kind, n, seed));
            }
            let hidden = hidden.into_iter().map(|(part, at)| (part, PEOPLE[at])).collect();
            World { days, crowd, ..World::new(parts, hidden, zone, PEOPLE.to_vec()) }
        })
}

fn fact_of(person: u32, at: i64, kind: u8, n: i64, seed: u8) -> Fact {
    let mut properties = Vec::new();
    match seed % 5 {
        0 => {}
        1 => properties.push(("n".to_owned(), Value::Float(n as f64 + 0.5))),
        _ => properties.push(("n".to_owned(), Value::Int(n))),
    }
    if !seed.is_multiple_of(7) {
        properties.push(("channel".to_owned(), Value::Text(format!("渠道{}", n % 4))));
    }
    if !seed.is_multiple_of(3) {
        let sign = if kind == 3 { -1 } else { 1 };
        properties.push(("amount".to_owned(), Value::Int(sign * (n * 37 % 101))));
    }
    if !seed.is_multiple_of(2) {
        properties.push(("order".to_owned(), Value::Text(format!("o{}", n % 6))));
    }
    if seed % 11 > 5 {
        properties.push(("tags".to_owned(), Value::List((0..=n % 3).map(|t| format!("t{t}")).collect())));
    }
    // Some of it came in under other identities.
    let origin = if seed.is_multiple_of(4) { person + 100 } else { person };
    Fact { person, origin, at, event: format!("e{kind}"), properties }
}

impl World {
    pub fn new(parts: Vec<Vec<Fact>>, hidden: Vec<(usize, u32)>, zone: &'static str, people: Vec<u32>) -> Self {
        let mut histories: BTreeMap<u32, Vec<(usize, usize)>> = BTreeMap::new();
        for (part, facts) in parts.iter().enumerate() {
            for (place, fact) in facts.iter().enumerate().filter(|(_, fact)| !hidden.contains(&(part, fact.person))) {
                histories.entry(fact.person).or_default().push((part, place));
            }
        }
        for own in histories.values_mut() {
            own.sort_by_key(|(part, place)| (parts[*part][*place].at, *part, *place));
        }
        Self { parts, hidden, zone, days: true, crowd: false, people, histories, built: OnceLock::new() }
    }
    pub fn people(&self) -> Vec<u32> {
        self.people.clone()
    }
    pub fn zone(&self) -> Zone {
        Zone::named(self.zone).unwrap()
    }
    /// Questions are asked about days from here on.
    pub fn first_day(&self) -> i32 {
        let first = self.parts.iter().flatten().map(|fact| (fact.at / 24 / HOUR) as i32).min();
        // Made-up worlds begin on the same day, whatever happens first.
        if self.people.len() == PEOPLE.len() { FIRST_DAY } else { first.unwrap_or(FIRST_DAY) }
    }
    pub fn calendar(&self) -> Arc<Calendar> {
        Arc::new(Calendar::new(&self.zone(), self.first_day() - 10, self.first_day() + 60))
    }
    pub fn snapshot(&self) -> Snapshot {
        self.built.get_or_init(|| self.build()).clone()
    }
    fn build(&self) -> Snapshot {
        let mut built: Vec<_> = self.parts.iter().map(|facts| build(facts, &self.zone())).collect();
        if self.crowd {
            let others = (1_000..6_000).flat_map(|person| {
                let at = (i64::from(FIRST_DAY) * 24 + i64::from(person) % 200) * HOUR;
                ["e0", "e1", "e2", "e3"].map(|event| Fact {
                    person,
                    origin: person,
                    at,
                    event: event.into(),
                    properties: Vec::new(),
                })
            });
            let facts: Vec<Fact> = self.parts[0].iter().cloned().chain(others).collect();
            built[0] = build(&facts, &self.zone());
        }
        if !self.days {
            built.iter_mut().flatten().flat_map(|part| &mut part.types).for_each(|own| own.days.clear());
        }
        let view = |bucket: u16| {
            let parts = built.iter().enumerate().flat_map(|(at, parts)| {
                parts.iter().filter(|part| part.bucket == bucket).map(move |part| {
                    let hidden: Bits = self
                        .hidden
                        .iter()
                        .filter(|(own, person)| *own == at && person >> 16 == u32::from(bucket))
                        .map(|(_, person)| *person as u16)
                        .collect();
                    Held { part: Arc::new(part.clone()), hidden: (!hidden.is_empty()).then(|| Arc::new(hidden)) }
                })
            });
            View { bucket, parts: parts.collect() }
        };
        Snapshot { views: (0..2).map(view).filter(|view| !view.parts.is_empty()).collect() }
    }
    /// A person's events by (instant, part, arrival).
    pub fn history(&self, person: u32) -> Vec<Seen<'_>> {
        let seen =
            |(part, place): &(usize, usize)| Seen { part: *part, place: *place, fact: &self.parts[*part][*place] };
        self.histories.get(&person).into_iter().flatten().map(seen).collect()
    }
    /// A person's events of a selection, in the order in which a question sees those of one step.
    pub fn of(&self, person: u32, select: &Select) -> Vec<Seen<'_>> {
        let mut all: Vec<Seen<'_>> =
            self.history(person).into_iter().filter(|seen| matches(select, seen.fact)).collect();
        all.sort_by(|a, b| seen_key(a).cmp(&seen_key(b)));
        all
    }
}

pub fn seen_key<'w>(seen: &Seen<'w>) -> (i64, usize, &'w str, usize) {
    (seen.fact.at, seen.part, &seen.fact.event, seen.place)
}

/// The place of an event among those of a person, as a question with these steps sees them.
pub fn question_key<'w>(steps: &[Select], seen: &Seen<'w>) -> (i64, usize, usize, &'w str, usize) {
    let names = |step: &Select| step.events.is_empty() || step.events.contains(&seen.fact.event);
    let first = steps.iter().position(names).unwrap_or(usize::MAX);
    (seen.fact.at, first, seen.part, &seen.fact.event, seen.place)
}

pub fn property<'f>(fact: &'f Fact, name: &str) -> Option<&'f Value> {
    fact.properties.iter().find(|(own, _)| own == name).map(|(_, value)| value)
}

/// The tests that these worlds use.
pub fn matches(select: &Select, fact: &Fact) -> bool {
    (select.events.is_empty() || select.events.contains(&fact.event))
        && select.tests.iter().all(|test| {
            let own = property(fact, &test.property);
            match (test.op, &test.value) {
                (TestOp::Gte, Operand::Number(least)) => match own {
                    Some(Value::Int(n)) => *n as f64 >= *least,
                    Some(Value::Float(n)) => n >= least,
                    _ => false,
                },
                (TestOp::Eq, Operand::Text(text)) => own == Some(&Value::Text(text.clone())),
                (TestOp::Ne, Operand::Text(text)) => own != Some(&Value::Text(text.clone())),
                other => panic!("no reference for {other:?}"),
            }
        })
}

/// Minor units, as kernels read them.
pub fn whole(fact: &Fact, name: &str) -> i64 {
    match property(fact, name) {
        Some(Value::Int(n)) => *n,
        Some(Value::Float(n)) => n.round() as i64,
        _ => 0,
    }
}

pub fn millionths(fact: &Fact, name: &str) -> Option<Sum> {
    match property(fact, name) {
        Some(Value::Int(n)) => Some(Sum::of_whole(*n)),
        Some(Value::Float(n)) => Some(Sum::of_number(*n)),
        _ => None,
    }
}

/// The groups of an event by a property.
pub fn groups(fact: &Fact, name: &str) -> Vec<Option<String>> {
    match property(fact, name) {
        Some(Value::Text(text)) => vec![Some(text.clone())],
        Some(Value::List(list)) => {
            let mut list: Vec<_> = list.iter().cloned().map(Some).collect();
            list.dedup();
            list
        }
        Some(Value::Int(n)) => vec![Some(n.to_string())],
        Some(Value::Float(n)) => vec![Some(n.to_string())],
        Some(Value::Bool(yes)) => vec![Some(yes.to_string())],
        None => vec![None],
    }
}

pub fn selects() -> impl Strategy<Value = Select> {
    let events = prop_oneof![
        6 => (0u8..4).prop_map(|kind| vec![format!("e{kind}")]),
        2 => (0u8..4, 0u8..4).prop_map(|(a, b)| vec![format!("e{a}"), format!("e{b}")]),
        1 => Just(Vec::new()),
    ];
    let test = |property: &str, op, value| Test { property: property.to_owned(), op, value };
    let tests = prop_oneof![
        5 => Just(Vec::new()),
        1 => (0i64..30).prop_map(move |n| vec![test("n", TestOp::Gte, Operand::Number(n as f64))]),
        1 => (0u8..4).prop_map(move |n| vec![test("channel", TestOp::Eq, Operand::Text(format!("渠道{n}")))]),
        1 => (0u8..4).prop_map(move |n| vec![test("channel", TestOp::Ne, Operand::Text(format!("渠道{n}")))]),
    ];
    (events, tests).prop_map(|(mut events, tests)| {
        events.dedup();
        Select { events, tests }
    })
}

pub fn bys() -> impl Strategy<Value = By> {
    prop_oneof![
        3 => Just(By::Nothing),
        1 => Just(By::Property("channel".into())),
        1 => Just(By::Property("n".into())),
        1 => Just(By::Property("tags".into())),
        2 => Just(By::Labels(labels())),
    ]
}

pub fn labels() -> Arc<Labels> {
    Arc::new(Labels(vec![
        ("青铜".to_owned(), [0, 1, 63, 65_541].into_iter().collect()),
        ("黄金".to_owned(), [1, 2, 3].into_iter().collect()),
    ]))
}

/// The groups of a person, and of the event that is counted.
pub fn groups_of(by: &By, person: u32, event: &Fact) -> Vec<Option<String>> {
    match by {
        By::Nothing => Vec::new(),
        By::Property(name) => groups(event, name),
        By::Labels(labels) => {
            let own: Vec<_> = labels
                .0
                .iter()
                .filter(|(_, people)| people.contains(person))
                .map(|(name, _)| Some(name.clone()))
                .collect();
            if own.is_empty() { vec![None] } else { own }
        }
    }
}

/// Runs over all buckets on two threads, and once more on one: the answer must not depend on it.
pub fn run<K: Kernel>(world: &World, kernel: &K) -> K::Partial {
    let people = world.people.iter().copied().collect();
    world.snapshot().run(kernel, world.crowd.then_some(&people), 2)
}

/// The people behind a cell, of those that exist.
pub fn behind<K: Cells>(world: &World, kernel: &K, cell: &K::Cell) -> Vec<u32> {
    let people = world.snapshot().run(&Behind { kernel, cell }, Some(&world.people.iter().copied().collect()), 1);
    people.0.iter().collect()
}

/// Two instants of the world's days, the first not behind the second.
pub fn spans() -> impl Strategy<Value = (i64, i64)> {
    let day = i64::from(FIRST_DAY) * 24 * HOUR;
    prop_oneof![
        2 => Just((i64::MIN, i64::MAX)),
        3 => (-4i64..i64::from(DAYS) * 4, 0i64..80).prop_map(move |(from, length)| {
            (day + from * 6 * HOUR, day + (from + length) * 6 * HOUR)
        }),
    ]
}
