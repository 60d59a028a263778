//! How fast the kernels are:  speed [events] [people] [tail events] [only works with this in their name]
//!
//! Events as in `bench/peers/events.py`, made in memory; the works are those of `bench/peers/analytics.py`, then others. Prints milliseconds, the best of
//! several runs, with one thread and with two.

mod events;

use events::{FIRST_DAY, START, make};
use siyu_behaviour::kernels::*;
use siyu_behaviour::{Bits, Calendar, DAY, Grain, Kernel, Merge, Operand, Select, Snapshot, Test, TestOp, View};
use siyu_kernel::{Stopwatch, Zone};
use std::sync::Arc;

fn best<T>(runs: usize, mut work: impl FnMut() -> T) -> (f64, T) {
    let mut least = f64::MAX;
    let mut last = None;
    for _ in 0..runs {
        let watch = Stopwatch::start();
        let result = std::hint::black_box(work());
        least = least.min(watch.seconds() * 1e3);
        last = Some(result);
    }
    (least, last.expect("at least one run"))
}

/// Milliseconds this thread has run on a processor: what a busy machine does not change. 0 where the system does not tell.
fn ran() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).unwrap_or(0.0) / 1e6
}

fn show(name: &str, work: impl Fn(usize) -> String) {
    let only = std::env::args().nth(4).unwrap_or_default();
    if !name.contains(&only) {
        return;
    }
    let mut ran_least = f64::MAX;
    let (one, _) = best(7, || {
        let before = ran();
        let text = work(1);
        ran_least = ran_least.min(ran() - before);
        text
    });
    let (two, text) = best(9, || work(2));
    let text: String = text.chars().take(90).collect();
    println!("{name:<28} {one:>9.2} ms {ran_least:>9.2} ms {two:>9.2} ms   {text}");
}

fn funnel(snapshot: &Snapshot, calendar: &Arc<Calendar>) {
    let funnel = Funnel {
        steps: ["view", "add_to_cart", "order"].map(Select::of).to_vec(),
        window: 7 * DAY,
        from: i64::MIN,
        to: i64::MAX,
        exclude: Vec::new(),
        by: By::Nothing,
        timings: false,
        calendar: Arc::clone(calendar),
    };
    show("funnel", |threads| format!("{:?}", snapshot.run(&funnel, None, threads).all.0));
    let timed = Funnel { timings: true, ..funnel };
    show("funnel, times to convert", |threads| {
        let mut partial = snapshot.run(&timed, None, threads);
        let median = partial.median_seconds(1);
        format!("{:?} {median:?} s", partial.all.0)
    });
}

fn number(property: &str, op: TestOp, value: f64) -> Test {
    Test { property: property.into(), op, value: Operand::Number(value) }
}

fn did(select: Select, op: Compare, value: f64, days: u32) -> Condition {
    Condition::Did { select, count: Count::Times, op, value, window: Window::LastDays(days) }
}

/// All conditions at once, each only for those who met the ones before.
struct Every<'k> {
    conditions: &'k [Condition],
    calendar: &'k Calendar,
    today: i32,
}

impl Kernel for Every<'_> {
    type Partial = Counted;
    fn bucket(&self, view: &View, among: &Bits) -> Counted {
        let mut left = view.people();
        left.and(among);
        for condition in self.conditions {
            left = condition.people(view, &left, self.calendar, self.today);
        }
        Counted(left.len())
    }
}

#[derive(Default)]
struct Counted(u64);
impl Merge for Counted {
    fn merge(&mut self, other: Self) {
        self.0 += other.0;
    }
}

fn segments(snapshot: &Snapshot, calendar: &Calendar) {
    let today = FIRST_DAY + 179;
    let category = Select { events: vec!["view".into()], tests: vec![number("category", TestOp::Eq, 7.0)] };
    let bench = [did(Select::of("order"), Compare::Eq, 0.0, 30), did(category, Compare::Gte, 3.0, 30)];
    show("segment (bench)", |threads| {
        format!("{}", snapshot.run(&Every { conditions: &bench, calendar, today }, None, threads).0)
    });
    let design = [
        did(Select::of("view"), Compare::Gte, 1.0, 7),
        did(Select::of("touch"), Compare::Eq, 0.0, 30),
        did(Select::of("order"), Compare::Gte, 2.0, 90),
    ];
    show("segment (design)", |threads| {
        format!("{}", snapshot.run(&Every { conditions: &design, calendar, today }, None, threads).0)
    });
    let sequence = [Condition::Sequence {
        steps: ["view", "add_to_cart", "order"].map(Select::of).to_vec(),
        within: 7 * DAY,
        window: Window::LastDays(90),
    }];
    show("sequence in 90 days", |threads| {
        format!("{}", snapshot.run(&Every { conditions: &sequence, calendar, today }, None, threads).0)
    });
}

fn attribution(snapshot: &Snapshot, calendar: &Arc<Calendar>) {
    let last = Attribution {
        conversion: Select::of("order"),
        value: Some("amount".into()),
        refunds: None,
        touch: Select::of("touch"),
        touch_by: Some("channel".into()),
        windows: vec![TouchWindow::Days(7)],
        models: vec![Model::Last],
        half_life: 7 * DAY,
        from: i64::MIN,
        to: i64::MAX,
        by: By::Nothing,
        calendar: Arc::clone(calendar),
    };
    let text = |partial: &AttributionPartial| {
        let none = partial.all.none[0].value;
        let touches: Vec<i64> = partial.all.touches.values().map(|credits| credits[0].value).collect();
        format!("{none} {touches:?}")
    };
    show("last touch in 7 days", |threads| text(&snapshot.run(&last, None, threads)));
    let all = Attribution {
        models: vec![Model::Last, Model::First, Model::Linear, Model::Position, Model::Decay],
        windows: vec![TouchWindow::SameDay, TouchWindow::Days(7), TouchWindow::Days(15), TouchWindow::Days(30)],
        ..last
    };
    show("attribution, 5 models x 4", |threads| text(&snapshot.run(&all, None, threads)));
}

fn retention(snapshot: &Snapshot, calendar: &Arc<Calendar>) {
    let weekly = Retention {
        start: Select::default(),
        back: Select::default(),
        grain: Grain::Days { length: 7, anchor: FIRST_DAY },
        periods: 26,
        mode: Mode::On,
        first: true,
        from_day: FIRST_DAY,
        to_day: FIRST_DAY + 179,
        today: FIRST_DAY + 179,
        by: By::Nothing,
        calendar: Arc::clone(calendar),
    };
    let text = |partial: &RetentionPartial| {
        let rows: Vec<&[u64]> =
            partial.all.values().map(|cohort| &cohort.returned[..cohort.returned.len().min(4)]).collect();
        format!("{} cohorts {rows:?}", rows.len())
    };
    show("weekly retention", |threads| text(&snapshot.run(&weekly, None, threads)));
    let orders = Retention { start: Select::of("order"), back: Select::of("order"), ..weekly.clone() };
    show("weekly retention of orders", |threads| text(&snapshot.run(&orders, None, threads)));
    let mixed = Retention { start: Select::of("touch"), back: Select::of("order"), first: false, ..weekly };
    show("retention touch to order", |threads| text(&snapshot.run(&mixed, None, threads)));
}

fn rfm(snapshot: &Snapshot, calendar: &Arc<Calendar>) {
    let rfm = Rfm {
        orders: Select::of("order"),
        refunds: None,
        value: "amount".into(),
        frequency: Frequency::Events,
        as_of: FIRST_DAY + 180,
        since: i32::MIN,
        calendar: Arc::clone(calendar),
    };
    show("rfm: buyers", |threads| format!("{}", snapshot.run(&rfm, None, threads).0.len()));
    for (name, method) in [("rfm grid (quantiles)", Method::Quantile(5)), ("rfm grid (ntile)", Method::Tiles(5))] {
        show(name, |threads| format!("{:?}", snapshot.run(&rfm, None, threads).scores(&method, threads).grid()));
    }
}

fn main() {
    let mut args = std::env::args().skip(1).take(3).map(|text| text.parse::<u64>().expect("a number"));
    let wanted = args.next().unwrap_or(50_000_000);
    let people = args.next().unwrap_or(wanted / 50) as usize;
    let tail = args.next().unwrap_or(0);
    let tail_from = START + (180 * DAY) as i64 - (180.0 * DAY as f64 * tail as f64 / wanted as f64) as i64;
    let (took, (snapshot, events)) = best(1, || make(wanted, people, tail_from));
    println!("{events} events of {people} people in {} buckets, made in {:.1} s", snapshot.views.len(), took / 1e3);
    println!("{:<28} {:>12} {:>12} {:>12}", "", "1 thread", "of it run", "2 threads");
    let calendar = Arc::new(Calendar::new(&Zone::utc(), FIRST_DAY - 400, FIRST_DAY + 400));
    funnel(&snapshot, &calendar);
    segments(&snapshot, &calendar);
    attribution(&snapshot, &calendar);
    retention(&snapshot, &calendar);
    rfm(&snapshot, &calendar);
}
