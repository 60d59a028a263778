//! How fast the kernels are:  speed [events] [people] [tail events]
//!
//! Events as in `bench/peers/events.py`, made in memory; the works are those of `bench/peers/analytics.py`, then others. Prints milliseconds, the best of
//! several runs, with one thread and with two.

mod events;

use events::{FIRST_DAY, START, make};
use siyu_behaviour::kernels::*;
use siyu_behaviour::{Calendar, DAY, Select, Snapshot};
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

fn main() {
    let mut args = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let wanted = args.next().unwrap_or(50_000_000);
    let people = args.next().unwrap_or(wanted / 50) as usize;
    let tail = args.next().unwrap_or(0);
    let tail_from = START + (180 * DAY) as i64 - (180.0 * DAY as f64 * tail as f64 / wanted as f64) as i64;
    let (took, (snapshot, events)) = best(1, || make(wanted, people, tail_from));
    println!("{events} events of {people} people in {} buckets, made in {:.1} s", snapshot.views.len(), took / 1e3);
    println!("{:<28} {:>12} {:>12} {:>12}", "", "1 thread", "of it run", "2 threads");
    let calendar = Arc::new(Calendar::new(&Zone::utc(), FIRST_DAY - 400, FIRST_DAY + 400));
    funnel(&snapshot, &calendar);
}
