//! Tasks that journeys gave for customers: those done until their deadline against those that were not. Nobody drew these groups: it is an observation.

use crate::figures::{Difference, Sample, Share, means, rates};
use crate::trial::What;
use crate::verdict::{CHANCE_BELOW, Figures, PEOPLE_LEAST, SOME_LEAST};
use crate::within::{Seen, comparable, within};
use siyu_commerce::bought_between_in;
use siyu_db::{Tx, params};
use siyu_kernel::{Currency, PersonNum, Refusal, Time};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct TimelyAsked<'a> {
    /// Deadlines from here on …
    pub from: Time,
    /// … and before here.
    pub to: Time,
    /// Within [`crate::DAYS`]: so long after its deadline a task's customer is watched.
    pub days: u32,
    pub currency: Currency,
    pub now: Time,
    /// Of this journey alone, by name.
    pub journey: Option<&'a str>,
    /// Keys of whoever has the tasks; `None`: everybody.
    pub staff: Option<&'a [String]>,
    /// Codes of the stores whose orders count; `None`: all.
    pub stores: Option<&'a [String]>,
    /// Roots, ascending: tasks for others do not count; `None`: for everybody.
    pub people: Option<&'a [PersonNum]>,
}

/// What is said of a difference within guides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Not enough data yet.
    TooFew,
    /// The interval holds nought.
    Unclear,
    /// More where it was done on time.
    Higher,
    Lower,
}

impl Reading {
    pub fn name(self) -> &'static str {
        match self {
            Self::TooFew => "too_few",
            Self::Unclear => "unclear",
            Self::Higher => "higher",
            Self::Lower => "lower",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimelyGroup {
    pub tasks: i64,
    pub people: i64,
    /// Of guides who have some of both groups.
    pub compared_tasks: i64,
    pub compared_people: i64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TimelyOutcome {
    pub what: What,
    /// Not on time, and on time.
    pub figures: Figures,
    /// Of all tasks, as they are. `None`: too few.
    pub raw: Option<Difference>,
    /// Within guides. `None`: too few.
    pub within: Option<Difference>,
    pub reading: Reading,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Timely {
    /// Tasks whose days are not over yet.
    pub waiting: i64,
    /// Ended before their deadline without being done: skipped by the guide, or nobody waited for them any more.
    pub left_out: i64,
    pub late: TimelyGroup,
    pub on_time: TimelyGroup,
    /// Guides who have tasks of both groups.
    pub guides: i64,
    pub outcomes: Vec<TimelyOutcome>,
}

/// The least of people in each group, and of tasks whose customer paid in both, of which anything is said.
pub const TIMELY_PEOPLE_LEAST: i64 = PEOPLE_LEAST;
pub const TIMELY_PAID_LEAST: i64 = SOME_LEAST;

struct Task {
    root: PersonNum,
    due: Time,
    guide: u32,
    on_time: bool,
    paid: bool,
    net: i64,
}

impl Task {
    fn seen(&self, figure: f64) -> Seen {
        Seen { stratum: self.guide, person: self.root, second: self.on_time, figure }
    }
}

/// Two streams: the tasks, which are kept (32 bytes each), and the orders of the time.
pub fn of_tasks(tx: &mut Tx<'_>, asked: &TimelyAsked<'_>) -> Result<Timely, Refusal> {
    let last = asked.now.plus_days(-i64::from(asked.days));
    let (mut waiting, mut left_out) = (0, 0);
    let (mut tasks, mut guides) = (Vec::new(), BTreeMap::<String, u32>::new());
    let mut sql = "SELECT p.root, t.staff, t.due_at, t.state, t.ended_at FROM guide_task t JOIN person p ON p.num = t.num
        WHERE t.source = 'journey' AND t.due_at >= $1 AND t.due_at < $2 AND ($3 = '' OR t.created_by = $3) AND p.state <> 2"
        .to_owned();
    let mut values = params![asked.from, asked.to, asked.journey.unwrap_or_default()].to_vec();
    if let Some(staff) = asked.staff {
        sql.push_str(" AND ");
        sql.push_str(&tx.any("t.staff", 4));
        values.push(staff.into());
    }
    tx.each(&sql, &values, |row| {
        let (root, due, state, ended) = (row.num(0)?, row.time(2)?, row.text(3)?, row.opt_time(4)?);
        if asked.people.is_some_and(|own| own.binary_search(&root).is_err()) {
            return Ok(());
        }
        if due > last {
            waiting += 1;
            return Ok(());
        }
        // Both groups are told apart at the deadline: what is done behind it was open then.
        let on_time = state == "done" && ended.is_some_and(|at| at <= due);
        if state == "skipped" && ended.is_some_and(|at| at < due) {
            left_out += 1;
            return Ok(());
        }
        let next = guides.len() as u32;
        let guide = *guides.entry(row.text(1)?).or_insert(next);
        tasks.push(Task { root, due, guide, on_time, paid: false, net: 0 });
        Ok(())
    })?;
    tasks.sort_unstable_by_key(|own| (own.root, own.due));
    count(tx, &mut tasks, asked)?;
    Ok(told(&tasks, waiting, left_out))
}

fn count(tx: &mut Tx<'_>, tasks: &mut [Task], asked: &TimelyAsked<'_>) -> Result<(), Refusal> {
    let Some(first) = tasks.iter().map(|own| own.due).min() else { return Ok(()) };
    let days = i64::from(asked.days);
    bought_between_in(tx, asked.currency, asked.stores, first, asked.now, |order| {
        let from = tasks.partition_point(|own| own.root < order.root);
        for own in tasks[from..].iter_mut().take_while(|own| own.root == order.root && own.due <= order.at) {
            if order.at < own.due.plus_days(days) {
                own.paid |= order.is_sale;
                own.net += order.net;
            }
        }
    })
}

fn told(tasks: &[Task], waiting: i64, left_out: i64) -> Timely {
    let paid: Vec<Seen> = tasks.iter().map(|own| own.seen(f64::from(u8::from(own.paid)))).collect();
    let net: Vec<Seen> = tasks.iter().map(|own| own.seen(own.net as f64)).collect();
    let compared = comparable(&paid);
    let group = |on_time: bool| TimelyGroup {
        tasks: paid.iter().filter(|own| own.second == on_time).count() as i64,
        people: people(&paid, on_time),
        compared_tasks: compared.iter().filter(|own| own.second == on_time).count() as i64,
        compared_people: people(&compared, on_time),
    };
    let (late, on_time) = (group(false), group(true));
    let guides = compared.iter().map(|own| own.stratum).collect::<BTreeSet<_>>().len() as i64;
    let hits = |all: &[Seen]| all.iter().filter(|own| own.figure > 0.0).count() as i64;
    let enough = |some: i64, one: i64, two: i64| one.min(two) >= PEOPLE_LEAST && some >= SOME_LEAST;
    let raw_enough = enough(hits(&paid), late.people, on_time.people);
    let own_enough = enough(hits(&compared), late.compared_people, on_time.compared_people);
    let share = |second: bool| {
        let own = || paid.iter().filter(move |own| own.second == second);
        Share::new(own().filter(|own| own.figure > 0.0).count() as i64, own().count() as i64)
    };
    let sample = |on_time: bool| {
        let mut sample = Sample::default();
        tasks.iter().filter(|own| own.on_time == on_time).for_each(|own| sample.add(own.net));
        sample
    };
    let outcome = |what, figures, raw: Option<Difference>, seen: &[Seen]| {
        let within = within(seen).filter(|_| own_enough);
        TimelyOutcome { what, figures, raw: raw.filter(|_| raw_enough), within, reading: reading(within) }
    };
    let (shares, samples) = ([share(false), share(true)], [sample(false), sample(true)]);
    let outcomes = vec![
        outcome(What::Bought, Figures::Shares(shares.to_vec()), rates(shares[0], shares[1]), &paid),
        outcome(What::Revenue, Figures::Samples(samples.to_vec()), means(&samples[0], &samples[1]), &net),
    ];
    Timely { waiting, left_out, late, on_time, guides, outcomes }
}

fn people(all: &[Seen], on_time: bool) -> i64 {
    all.iter().filter(|own| own.second == on_time).map(|own| own.person).collect::<BTreeSet<_>>().len() as i64
}
fn reading(within: Option<Difference>) -> Reading {
    match within {
        None => Reading::TooFew,
        Some(found) if found.p >= CHANCE_BELOW => Reading::Unclear,
        Some(found) if found.value > 0.0 => Reading::Higher,
        Some(_) => Reading::Lower,
    }
}
