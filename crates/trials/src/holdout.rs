//! Of a journey as a whole: those who went through it against those who were drawn to be left alone.

use crate::figures::{Sample, Share};
use crate::trial::{Arm, Kind, Outcome, Trial, What};
use crate::verdict::{Figures, ratio};
use siyu_commerce::bought_between;
use siyu_db::{Tx, params};
use siyu_gate::Gate;
use siyu_journeys::{Drawn, JourneyRow, Journeys};
use siyu_kernel::{Currency, PersonNum, Refusal, Time};

/// What a journey did.
#[derive(Clone, Debug, PartialEq)]
pub struct JourneyEffect {
    /// When the first of them came in.
    pub from: Time,
    /// What happened before this instant is counted.
    pub until: Time,
    /// People whose days are not over yet: of them more may become known.
    pub open: i64,
    /// People who were in both groups and count in neither: two who turned out to be one.
    pub both: i64,
    /// People whom the brand's holdout keeps: they count in neither group, for marketing of the journey reaches none of them.
    pub kept_out: i64,
    pub trial: Trial,
}

/// Somebody of either group, from their first entry on.
struct One {
    root: PersonNum,
    is_control: bool,
    percent: u32,
    from: Time,
    until: Time,
    goal: bool,
    bought: bool,
    net: i64,
    lost: bool,
}

/// `None` as long as nobody was drawn. Three streams: those who came in, the orders since, the friendships lost since.
pub fn of_holdout(
    tx: &mut Tx<'_>,
    journeys: &Journeys,
    gate: &Gate,
    row: &JourneyRow,
    lift: f64,
    currency: Currency,
    now: Time,
) -> Result<Option<JourneyEffect>, Refusal> {
    let mut entries: Vec<Drawn> = Vec::new();
    journeys.drawn(tx, row, |own| entries.push(own))?;
    let (mut people, both) = once(entries, now);
    let rules = gate.rules(tx)?.rules;
    let all = people.len();
    // By a draw that has nothing to do with the journey's: it takes the same share of either group.
    people.retain(|own| !gate.keeps(&rules, own.root));
    let kept_out = (all - people.len()) as i64;
    let Some(from) = people.iter().map(|own| own.from).min() else { return Ok(None) };
    count(tx, &mut people, currency, from, now)?;
    let mut has_goal = false;
    for version in journeys.versions(tx, row)? {
        let own = journeys.version(tx, row, version.version)?;
        has_goal |= own.holdout_percent > 0 && own.goal.is_some();
    }
    let open = people.iter().filter(|own| own.until >= now).count() as i64;
    Ok(Some(JourneyEffect { from, until: now, open, both, kept_out, trial: trial(&people, has_goal, lift) }))
}

/// Each person once, by their first entry; how many were in both groups under two identities.
fn once(mut entries: Vec<Drawn>, now: Time) -> (Vec<One>, i64) {
    entries.sort_unstable_by_key(|own| (own.root, own.entered_at, own.num));
    let (mut people, mut both) = (Vec::new(), 0);
    for own in entries.chunk_by(|one, two| one.root == two.root) {
        let first = &own[0];
        // Somebody drawn anew under the same identity stays what they were first.
        let is_first = |at: usize| own[..at].iter().all(|before| before.num != own[at].num);
        if (1..own.len()).any(|at| own[at].is_control != first.is_control && is_first(at)) {
            both += 1;
            continue;
        }
        people.push(One {
            root: first.root,
            is_control: first.is_control,
            percent: first.percent,
            from: first.entered_at,
            until: first.until(),
            goal: first.goal_at.is_some_and(|at| at <= now),
            bought: false,
            net: 0,
            lost: false,
        });
    }
    (people, both)
}

fn count(tx: &mut Tx<'_>, people: &mut [One], currency: Currency, from: Time, now: Time) -> Result<(), Refusal> {
    let place = |people: &[One], root: PersonNum, at: Time| {
        let place = people.binary_search_by_key(&root, |own| own.root).ok()?;
        (at >= people[place].from && at < people[place].until).then_some(place)
    };
    bought_between(tx, currency, from, now, |order| {
        if let Some(at) = place(people, order.root, order.at) {
            people[at].bought |= order.is_sale;
            people[at].net += order.net;
        }
    })?;
    let sql = "SELECT p.root, f.lost_at FROM wecom_follow f JOIN wecom_contact c ON c.id = f.contact JOIN person p ON p.num = c.num
        WHERE f.status = 2 AND f.lost_at >= $1 AND f.lost_at < $2 AND COALESCE(f.lost_by, '') <> 'transfer'";
    tx.each(sql, params![from, now], |row| {
        if let Some(at) = place(people, row.num(0)?, row.time(1)?) {
            people[at].lost = true;
        }
        Ok(())
    })?;
    Ok(())
}

fn trial(people: &[One], has_goal: bool, lift: f64) -> Trial {
    let groups = [true, false].map(|control| people.iter().filter(move |own| own.is_control == control));
    let sizes = groups.clone().map(|own| own.count() as i64);
    let share = |hit: fn(&One) -> bool| {
        let hits = groups.clone().map(|own| own.filter(|own| hit(own)).count() as i64);
        Figures::Shares((0..2).map(|at| Share::new(hits[at], sizes[at])).collect())
    };
    let spent = groups.clone().map(|own| {
        let mut sample = Sample::default();
        own.for_each(|own| sample.add(own.net));
        sample
    });
    let mut figures = vec![(What::Bought, share(|own| own.bought)), (What::Revenue, Figures::Samples(spent.to_vec()))];
    figures.push((What::Lost, share(|own| own.lost)));
    if has_goal {
        figures.insert(0, (What::Goal, share(|own| own.goal)));
    }
    let all: f64 = people.iter().map(|own| f64::from(own.percent)).sum();
    let drawn = all / 100.0 / people.len().max(1) as f64;
    let ratio = ratio(&sizes, &[drawn, 1.0 - drawn]);
    let mismatch = ratio.is_some_and(|own| own.mismatch);
    let arm = |name: &str, people, drawn| Arm { name: name.to_owned(), people, drawn: Some(drawn) };
    Trial {
        kind: Kind::Journey,
        arms: vec![arm("control", sizes[0], drawn), arm("treated", sizes[1], 1.0 - drawn)],
        ratio,
        outcomes: figures.into_iter().map(|(what, own)| Outcome::of(what, own, lift, mismatch)).collect(),
    }
}
