//! Conditions on what people did, answered from the columns of behaviour.

use crate::deed::{Counted, Deed, EventSel, Span, micros};
use roaring::RoaringBitmap;
use rustc_hash::FxHashMap;
use siyu_behaviour::kernels::{Compare, Condition, Count, Members, Ways, Window};
use siyu_behaviour::{Bits, Calendar, Select, Snapshot};
use siyu_kernel::{EventKind, PersonNum, Refusal, Time, Zone};
use std::sync::{Arc, Mutex};

/// Where the columns of behaviour come from.
pub trait History: Send + Sync {
    /// The columns at one moment. Called once a question.
    fn moment(&self) -> Result<Moment, Refusal>;
    /// Whether the log up to `seq` is in them by now. Does not wait.
    fn reaches(&self, seq: i64) -> Result<bool, Refusal> {
        Ok(self.moment()?.seq >= seq)
    }
}

/// The columns at one moment.
#[derive(Clone)]
pub struct Moment {
    pub snapshot: Snapshot,
    /// The log up to here is in it.
    pub seq: i64,
    /// Everything received before this instant is in it.
    pub as_of: Time,
}

/// Nobody did anything.
pub(crate) struct NoHistory;

impl History for NoHistory {
    fn moment(&self) -> Result<Moment, Refusal> {
        Ok(Moment { snapshot: Snapshot::default(), seq: i64::MAX, as_of: Time(i64::MAX) })
    }
}

/// Days around today that the calendar knows by heart.
const DAYS_BEFORE: i32 = 3_660;
const DAYS_AFTER: i32 = 370;
/// Up to so many people of a bucket are asked one by one.
const SINGLY: u64 = 16;
/// Up to so many, reading their rows takes less than going through sets of whole days.
const FEW: u64 = 512;

/// The calendar of a zone, made once.
#[derive(Default)]
pub(crate) struct Calendars {
    kept: Mutex<Option<(String, i32, Arc<Calendar>)>>,
}

impl Calendars {
    pub fn of(&self, zone: &Zone, today: i32) -> Arc<Calendar> {
        let mut kept = self.kept.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some((name, day, calendar)) = &*kept
            && name == zone.name()
            && (*day..*day + DAYS_AFTER).contains(&today)
        {
            return Arc::clone(calendar);
        }
        let calendar = Arc::new(Calendar::new(zone, today - DAYS_BEFORE, today + 2 * DAYS_AFTER));
        *kept = Some((zone.name().to_owned(), today, Arc::clone(&calendar)));
        calendar
    }
}

/// More than these are not laid out: 18 bytes each.
const WAYS_MAX: usize = 8 << 20;
/// How long after the last look the ways of a sequence are kept.
const KEPT_SECONDS: i64 = 600;

/// The sequence that somebody is editing, laid out: one at a time.
#[derive(Default)]
pub(crate) struct Sequences {
    kept: Mutex<Option<Laid>>,
}

#[derive(Clone)]
pub(crate) struct Laid {
    steps: Vec<Select>,
    /// The columns it was made of.
    pub seq: i64,
    /// `None`: there are too many.
    pub ways: Option<Arc<Ways>>,
    used: Time,
}

impl Sequences {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Laid>> {
        self.kept.lock().unwrap_or_else(|broken| broken.into_inner())
    }
    pub fn of(&self, steps: &[Select], now: Time) -> Option<Laid> {
        let mut kept = self.lock();
        let laid = kept.as_mut().filter(|laid| laid.steps == steps)?;
        laid.used = now;
        Some(laid.clone())
    }
    /// Nobody has edited it for a while: the memory is given back.
    pub fn rest(&self, now: Time) {
        self.lock().take_if(|laid| laid.used.plus_seconds(KEPT_SECONDS) < now);
    }
    /// Lays out the ways at a moment in place of those that were kept.
    pub fn lay(&self, steps: &[Select], moment: &Moment, now: Time, threads: usize) -> Laid {
        // What is not asked for any more goes first: the two would need twice the memory.
        *self.lock() = None;
        let ways = Ways::all(steps, &moment.snapshot, WAYS_MAX, threads).map(Arc::new);
        let laid = Laid { steps: steps.to_vec(), seq: moment.seq, ways, used: now };
        *self.lock() = Some(laid.clone());
        laid
    }
}

/// A question to the columns on one day.
pub(crate) struct Deeds<'a> {
    pub snapshot: &'a Snapshot,
    pub calendar: &'a Calendar,
    pub today: i32,
    pub threads: usize,
}

impl Deeds<'_> {
    /// Everybody who meets a condition that nobody meets without having done something.
    pub fn everybody(&self, condition: &Condition) -> RoaringBitmap {
        let members = Members { condition, calendar: self.calendar, today: self.today };
        let threads = if self.snapshot.views.len() > 4 { self.threads } else { 1 };
        self.snapshot.run(&members, None, threads).0
    }
    pub fn some(&self, condition: &Condition, among: &RoaringBitmap) -> RoaringBitmap {
        let mut met = RoaringBitmap::new();
        each_bucket(among, |bucket, asked| {
            let Some(view) = self.snapshot.view_of(u32::from(bucket) << 16) else { return };
            if asked <= SINGLY {
                let mut bound = condition.bind(view, self.calendar, self.today);
                let own = among.range(people_of(bucket)).filter(|root| bound.standing(*root as u16).holds);
                met.extend(own);
                return;
            }
            let own = Bits::of_people(among, bucket);
            met |= if asked <= FEW {
                condition.people_of_few(view, &own, self.calendar, self.today)
            } else {
                condition.people(view, &own, self.calendar, self.today)
            }
            .to_people(bucket);
        });
        met
    }
    /// The first day at whose start time alone changes the answer for a person.
    pub fn until_day(&self, condition: &Condition, root: PersonNum) -> Option<i32> {
        let view = self.snapshot.view_of(root)?;
        let day = condition.bind(view, self.calendar, self.today).standing(root as u16).until_day;
        (day < i32::MAX).then_some(day)
    }
}

fn people_of(bucket: u16) -> std::ops::RangeInclusive<u32> {
    let low = u32::from(bucket) << 16;
    low..=low | 0xffff
}

/// How many people there are in each bucket that has any, by rising bucket.
fn each_bucket(people: &RoaringBitmap, mut each: impl FnMut(u16, u64)) {
    let mut rest = people.min();
    while let Some(first) = rest {
        let own = people_of((first >> 16) as u16);
        each((first >> 16) as u16, people.range_cardinality(own.clone()));
        rest = own.end().checked_add(1).and_then(|next| people.range(next..).next());
    }
}

/// The condition, and whether it is met by those who do *not* meet what is returned: a condition that holds for people who did nothing is
/// asked the other way round.
pub(crate) fn condition(deed: &Deed) -> (Condition, bool) {
    match deed {
        Deed::Did { event, count, span } => {
            let (count, op, value) = match count {
                Counted::Times(op, value) => (Count::Times, *op, *value as f64),
                Counted::Days(op, value) => (Count::Days, *op, *value as f64),
                Counted::Sum { property, op, value } => (Count::Sum(property.clone()), *op, *value),
            };
            let turned = holds(op, 0.0, value);
            let op = if turned { opposite(op) } else { op };
            (Condition::Did { select: event.select(), count, op, value, window: span.window() }, turned)
        }
        Deed::First { event, span } => (Condition::First { select: event.select(), window: span.window() }, false),
        Deed::Last { event, span } => (Condition::Last { select: event.select(), window: span.window() }, false),
        Deed::Sequence { steps, window, span } => {
            let steps = steps.iter().map(EventSel::select).collect();
            (Condition::Sequence { steps, within: micros(*window), window: span.window() }, false)
        }
    }
}
fn holds(op: Compare, left: f64, right: f64) -> bool {
    match op {
        Compare::Eq => left == right,
        Compare::Ne => left != right,
        Compare::Gt => left > right,
        Compare::Gte => left >= right,
        Compare::Lt => left < right,
        Compare::Lte => left <= right,
    }
}
fn opposite(op: Compare) -> Compare {
    match op {
        Compare::Eq => Compare::Ne,
        Compare::Ne => Compare::Eq,
        Compare::Gt => Compare::Lte,
        Compare::Gte => Compare::Lt,
        Compare::Lt => Compare::Gte,
        Compare::Lte => Compare::Gt,
    }
}

impl Span {
    fn window(self) -> Window {
        match self {
            Self::Ever => Window::Ever,
            Self::LastDays(days) => Window::LastDays(days),
            Self::Days { from, to } => Window::Days { from, to },
        }
    }
}

/// The selections a condition reads.
pub(crate) fn selects(condition: &Condition) -> &[Select] {
    match condition {
        Condition::Did { select, .. } | Condition::First { select, .. } | Condition::Last { select, .. } => {
            std::slice::from_ref(select)
        }
        Condition::Sequence { steps, .. } => steps,
    }
}

/// An event's name as the columns know it; `None` for events that are not in them.
pub(crate) fn column_name(kind: EventKind, name: &str) -> Option<&str> {
    match (kind, name) {
        (EventKind::Alias, _) => None,
        (EventKind::Identify, _) => Some("Identified"),
        (EventKind::Group, _) => Some("Group Joined"),
        (EventKind::Page, "") => Some("Page Viewed"),
        (EventKind::Screen, "") => Some("Screen Viewed"),
        // Money that only the books know.
        (EventKind::System, name) => name.starts_with("Order ").then_some(name),
        (_, name) => Some(name),
    }
}

/// Who was touched by some part of the log, and how.
#[derive(Clone, Default)]
pub(crate) struct Touched {
    /// By event, as the columns name it.
    pub named: FxHashMap<Arc<str>, RoaringBitmap>,
    /// With any event of their own.
    pub any: RoaringBitmap,
    pub profile: RoaringBitmap,
    /// With an order, or the owner of one that somebody else gave money back from.
    pub orders: RoaringBitmap,
    pub tags: RoaringBitmap,
    /// Whose past was joined or parted.
    pub moved: RoaringBitmap,
    pub moves: Vec<Moved>,
}

/// Identities that became one person or two again, in the order it happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moved {
    Joined { kept: PersonNum, lost: PersonNum },
    Parted { sides: [PersonNum; 2] },
}

impl Touched {
    /// Everybody whose answer to the condition may be another one.
    pub fn by(&self, condition: &Condition) -> RoaringBitmap {
        let mut all = self.moved.clone();
        // What an order is worth to its owner changes with another's refund.
        let money =
            |select: &Select| select.events.is_empty() || select.events.iter().any(|own| own.starts_with("Order "));
        if selects(condition).iter().any(money) {
            all |= &self.orders;
        }
        for (name, people) in &self.named {
            let named = |select: &Select| select.events.is_empty() || select.events.iter().any(|own| **own == **name);
            if selects(condition).iter().any(named) {
                all |= people;
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sequence_is_kept_while_it_is_edited() {
        let steps = [Select::of("A"), Select::of("B")];
        let moment = Moment { snapshot: Snapshot::default(), seq: 7, as_of: Time(0) };
        let (sequences, at) = (Sequences::default(), |seconds: i64| Time(0).plus_seconds(seconds));
        assert!(sequences.of(&steps, at(0)).is_none());
        sequences.lay(&steps, &moment, at(0), 1);
        sequences.rest(at(KEPT_SECONDS));
        assert_eq!(sequences.of(&steps, at(KEPT_SECONDS)).map(|laid| laid.seq), Some(7));
        assert!(sequences.of(&steps[..1], at(KEPT_SECONDS)).is_none());
        sequences.rest(at(2 * KEPT_SECONDS));
        assert!(sequences.of(&steps, at(2 * KEPT_SECONDS)).is_some());
        sequences.rest(at(3 * KEPT_SECONDS + 1));
        assert!(sequences.of(&steps, at(3 * KEPT_SECONDS + 1)).is_none());
    }
}
