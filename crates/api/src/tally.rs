//! How many people carry each tag, have each field, are known by more than a browser. Counting reads every row: quick in a small workspace, seconds in one of millions.

use crate::{App, Workspace};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Stopwatch, Zone};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counting that takes longer is done beside the requests.
const QUICK_SECONDS: f64 = 0.1;
/// How old a count may be before it is counted anew, in times of what counting takes: never more than a tenth of a processor.
const REST: f64 = 10.0;

/// What a process remembers of one kind of counts.
pub(crate) struct Tally<K>(Mutex<State<K>>);

struct State<K> {
    kept: Option<Kept<K>>,
    counting: bool,
}

struct Kept<K> {
    counts: Arc<HashMap<K, i64>>,
    seconds: f64,
    since: Stopwatch,
}

type Count<K> = fn(&App, &mut Tx<'_>) -> Result<HashMap<K, i64>, Refusal>;
type Of<K> = fn(&App) -> &Tally<K>;

/// The tallies of a process.
pub(crate) struct Tallies {
    tags: Tally<i64>,
    fields: Tally<String>,
    unknown: Tally<()>,
    newcomers: Tally<i32>,
}

impl Default for Tallies {
    fn default() -> Self {
        Self { tags: Tally::new(), fields: Tally::new(), unknown: Tally::new(), newcomers: Tally::new() }
    }
}

/// By a tag's number: who carries it, each person once.
pub(crate) fn of_tags(app: &App, tx: &mut Tx<'_>) -> Result<Arc<HashMap<i64, i64>>, Refusal> {
    get(app, tx, |app| &app.tallies().tags, |app, tx| Ok(app.people.tag_counts(tx)?.into_iter().collect()))
}
/// By a field's name: who has a value, each person once.
pub(crate) fn of_fields(app: &App, tx: &mut Tx<'_>) -> Result<Arc<HashMap<String, i64>>, Refusal> {
    get(app, tx, |app| &app.tallies().fields, |app, tx| Ok(app.people.field_counts(tx)?.into_iter().collect()))
}

/// People of whom nothing is known but a browser or a device.
pub(crate) fn of_unknown(app: &App, tx: &mut Tx<'_>) -> Result<i64, Refusal> {
    let counts =
        get(app, tx, |app| &app.tallies().unknown, |app, tx| Ok(HashMap::from([((), app.people.unknown_count(tx)?)])))?;
    Ok(counts.get(&()).copied().unwrap_or(0))
}

/// By day of the workspace's zone, the last [`DAYS`]: people first seen on it.
pub(crate) fn of_newcomers(app: &App, tx: &mut Tx<'_>) -> Result<Arc<HashMap<i32, i64>>, Refusal> {
    get(app, tx, |app| &app.tallies().newcomers, newcomers)
}
fn newcomers(app: &App, tx: &mut Tx<'_>) -> Result<HashMap<i32, i64>, Refusal> {
    let zone = Zone::named(&Workspace::load(tx)?.timezone).unwrap_or_else(|_| Zone::shanghai());
    let from = zone.start_of_day(zone.day(app.now()) - DAYS);
    let mut counts = HashMap::new();
    // There is no index by time: one look at everybody rather than one a day. No zone begins its day inside a quarter of an hour.
    let sql = format!(
        "SELECT created_at / {QUARTER} * {QUARTER}, COUNT(*) FROM person WHERE created_at >= $1 AND root = num GROUP BY created_at / {QUARTER}"
    );
    tx.each(&sql, params![from], |row| {
        *counts.entry(zone.day(row.time(0)?)).or_default() += row.int(1)?;
        Ok(())
    })?;
    Ok(counts)
}
const DAYS: i32 = 31;
/// In microseconds.
const QUARTER: i64 = 900_000_000;

impl<K> Tally<K> {
    fn new() -> Self {
        Self(Mutex::new(State { kept: None, counting: false }))
    }
    fn lock(&self) -> MutexGuard<'_, State<K>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn keep(&self, counts: HashMap<K, i64>, seconds: f64) -> Arc<HashMap<K, i64>> {
        let counts = Arc::new(counts);
        self.lock().kept = Some(Kept { counts: Arc::clone(&counts), seconds, since: Stopwatch::start() });
        counts
    }
    /// What was counted last, when counting takes long; and whether it is time to count again. The caller who is told so does it.
    fn kept(&self) -> Option<(Arc<HashMap<K, i64>>, bool)> {
        let mut state = self.lock();
        let kept = state.kept.as_ref().filter(|kept| kept.seconds > QUICK_SECONDS)?;
        let (counts, old) = (Arc::clone(&kept.counts), kept.since.seconds() > kept.seconds * REST);
        let due = old && !state.counting;
        state.counting |= due;
        Some((counts, due))
    }
}

/// Exact where counting is quick; else what was counted a little while ago.
fn get<K: Eq + Hash + Send + 'static>(
    app: &App,
    tx: &mut Tx<'_>,
    of: Of<K>,
    count: Count<K>,
) -> Result<Arc<HashMap<K, i64>>, Refusal> {
    let Some((counts, due)) = of(app).kept() else {
        let watch = Stopwatch::start();
        let counts = count(app, tx)?;
        return Ok(of(app).keep(counts, watch.seconds()));
    };
    if due {
        let own = app.clone();
        let body = move || {
            let watch = Stopwatch::start();
            // What fails leaves the older figures; the next request tries again.
            if let Ok(counts) = own.db.read(|tx| count(&own, tx)) {
                of(&own).keep(counts, watch.seconds());
            }
            of(&own).lock().counting = false;
        };
        if std::thread::Builder::new().name("tally".into()).spawn(body).is_err() {
            of(app).lock().counting = false;
        }
    }
    Ok(counts)
}

/// Counts once, so that the first request after a start need not.
pub fn warm(app: &App) -> Result<(), Refusal> {
    app.db.read(|tx| {
        of_tags(app, tx)?;
        of_fields(app, tx)?;
        of_unknown(app, tx)?;
        of_newcomers(app, tx).map(drop)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_slow_to_count_is_remembered_and_counted_again_by_one() {
        let tally = Tally::<i64>::new();
        assert!(tally.kept().is_none(), "nothing is known yet");
        tally.keep(HashMap::from([(1, 7)]), QUICK_SECONDS / 2.0);
        assert!(tally.kept().is_none(), "what is quick is counted anew");
        tally.keep(HashMap::from([(1, 8)]), 1_000.0);
        let (counts, due) = tally.kept().expect("it is remembered");
        assert_eq!((counts[&1], due), (8, false), "and young");
        tally.lock().kept.as_mut().expect("kept above").seconds = QUICK_SECONDS * 1.01;
        while tally.lock().kept.as_ref().is_some_and(|kept| kept.since.seconds() <= kept.seconds * REST) {
            std::thread::yield_now();
        }
        let due = |tally: &Tally<i64>| tally.kept().is_some_and(|(_, due)| due);
        assert!(due(&tally), "old");
        assert!(!due(&tally), "somebody counts already");
    }
}
