//! Of a run: those who were let through against those held out, and its contents against each other.

use crate::figures::{Sample, Share};
use crate::trial::{Arm, Kind, Outcome, Trial, What};
use crate::verdict::{Figures, ratio};
use crate::winner::{Pick, pick};
use siyu_commerce::spent_between;
use siyu_db::{Tx, params};
use siyu_gate::{Channel, Class, Gate, RunRow};
use siyu_kernel::{Currency, PersonNum, Refusal, Time};
use std::collections::BTreeMap;

/// How long after the run's start something counts as what became of it.
pub const DAYS: std::ops::RangeInclusive<u32> = 1..=90;
pub const DAYS_USUAL: u32 = 14;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// Within [`DAYS`].
    pub days: u32,
    /// Which part of the first arm's figure is worth knowing of.
    pub lift: f64,
    pub currency: Currency,
    pub now: Time,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    pub from: Time,
    /// What happened before this instant is counted.
    pub until: Time,
    /// All of the time that was asked for has passed.
    pub over: bool,
    /// People who were in both arms and count in neither: two who turned out to be one.
    pub both: i64,
    pub trials: Vec<Trial>,
}

/// Somebody of the run: held out, or let through with this content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    HeldOut,
    Variant(u8),
    /// Let through after a test, with the content that had been chosen.
    Rest,
}

/// What is counted of a part of the people.
#[derive(Clone, Copy, Default)]
struct Counted {
    people: i64,
    bought: i64,
    spent: Sample,
    lost: i64,
}

impl Counted {
    /// Those who bought nothing are people, too.
    fn closed(mut self) -> Self {
        self.spent.add_none(self.people - self.spent.people);
        self
    }
    fn with(mut self, own: &Self) -> Self {
        self.people += own.people;
        self.bought += own.bought;
        self.lost += own.lost;
        self.spent.join(&own.spent);
        self
    }
}

/// What a run did. Three streams: its people, the orders of the time, the friendships lost in it.
pub fn of_run(tx: &mut Tx<'_>, gate: &Gate, run: &RunRow, asked: &Asked) -> Result<Effect, Refusal> {
    let end = run.start.plus_days(i64::from(asked.days));
    let until = end.min(asked.now).max(run.start);
    let (people, both, drawn) = people(tx, gate, run)?;
    let counted = count(tx, &people, run.start, until, asked.currency)?;
    let mut trials = Vec::new();
    let of = |part: Part| counted.get(&part).copied().unwrap_or_default();
    let variants = variants(tx, run)?;
    let each: Vec<Counted> = (0..variants).map(|own| of(Part::Variant(own))).collect();
    let held_out = of(Part::HeldOut);
    if held_out.people > 0 || drawn.is_some_and(|share| share > 0.0) {
        let treated = each.iter().fold(of(Part::Rest), |sum, own| sum.with(own));
        let weights = drawn.map(|share| vec![share, 1.0 - share]);
        let arms = [("held_out".to_owned(), held_out), ("treated".to_owned(), treated)];
        trials.push(trial(Kind::Holdout, &arms, weights, asked.lift));
    }
    if variants > 1 {
        let arms: Vec<_> = each.iter().enumerate().map(|(at, own)| (at.to_string(), *own)).collect();
        trials.push(trial(Kind::Variants, &arms, Some(vec![1.0; arms.len()]), asked.lift));
    }
    Ok(Effect { from: run.start, until, over: until >= end, both, trials })
}

fn trial(kind: Kind, arms: &[(String, Counted)], weights: Option<Vec<f64>>, lift: f64) -> Trial {
    let people: Vec<i64> = arms.iter().map(|(_, own)| own.people).collect();
    let ratio = weights.as_ref().and_then(|weights| ratio(&people, weights));
    let share = |hits: fn(&Counted) -> i64| {
        Figures::Shares(arms.iter().map(|(_, own)| Share::new(hits(own), own.people)).collect())
    };
    let spent = Figures::Samples(arms.iter().map(|(_, own)| own.spent).collect());
    let figures =
        [(What::Bought, share(|own| own.bought)), (What::Revenue, spent), (What::Lost, share(|own| own.lost))];
    let mismatch = ratio.is_some_and(|own| own.mismatch);
    let shares = weights.map(|own| {
        let all: f64 = own.iter().sum();
        own.iter().map(|own| own / all).collect::<Vec<f64>>()
    });
    let arm = |(at, (name, own)): (usize, &(String, Counted))| Arm {
        name: name.clone(),
        people: own.people,
        drawn: shares.as_ref().map(|own| own[at]),
    };
    Trial {
        kind,
        arms: arms.iter().enumerate().map(arm).collect(),
        ratio,
        outcomes: figures.into_iter().map(|(what, own)| Outcome::of(what, own, lift, mismatch)).collect(),
    }
}

/// What the contents of a test have done until now.
#[derive(Clone, Debug, PartialEq)]
pub struct Tested {
    /// By content.
    pub people: Vec<i64>,
    pub figures: Figures,
    pub pick: Pick,
}

/// Which content of a run does best by this outcome, among those who were drawn into its test.
pub fn of_test(
    tx: &mut Tx<'_>,
    gate: &Gate,
    run: &RunRow,
    what: What,
    currency: Currency,
    until: Time,
) -> Result<Tested, Refusal> {
    let (people, ..) = people(tx, gate, run)?;
    let counted = count(tx, &people, run.start, until.max(run.start), currency)?;
    let variants = variants(tx, run)?;
    let of = |own: u8| counted.get(&Part::Variant(own)).copied().unwrap_or_default();
    let each: Vec<Counted> = (0..variants).map(of).collect();
    let people: Vec<i64> = each.iter().map(|own| own.people).collect();
    let share = |hits: fn(&Counted) -> i64| each.iter().map(|own| Share::new(hits(own), own.people)).collect();
    let figures = match what {
        What::Revenue => Figures::Samples(each.iter().map(|own| own.spent).collect()),
        What::Lost => Figures::Shares(share(|own| own.lost)),
        What::Bought | What::Goal => Figures::Shares(share(|own| own.bought)),
    };
    let mismatch = ratio(&people, &vec![1.0; people.len()]).is_some_and(|own| own.mismatch);
    let pick = pick(&figures, what != What::Lost, mismatch);
    Ok(Tested { people, figures, pick })
}

/// How many contents a message has, its own among them.
fn variants(tx: &mut Tx<'_>, run: &RunRow) -> Result<u8, Refusal> {
    let sql = if is_direct(run) {
        "SELECT COUNT(*) FROM direct_content WHERE message = $1"
    } else {
        "SELECT COUNT(*) + 1 FROM message_variant WHERE message = $1"
    };
    let all = tx.one(sql, params![&run.id], |row| row.int(0))?;
    Ok(u8::try_from(all).unwrap_or(u8::MAX))
}
/// Whether it goes to people with nobody of staff in between, and its people stand in other tables.
fn is_direct(run: &RunRow) -> bool {
    matches!(run.channel, Channel::Email | Channel::Sms)
}

/// The people of a run by root, ascending, each with their part; how many were in both arms; and which share was to be held out of all these.
///
/// Who was let through is treated, whatever became of the message (a member who never confirmed, a customer who withdrew): those held out were not asked
/// whether they would have been reached.
#[allow(clippy::type_complexity, reason = "one look at the rows gives all three")]
fn people(tx: &mut Tx<'_>, gate: &Gate, run: &RunRow) -> Result<(Vec<(PersonNum, Part)>, i64, Option<f64>), Refusal> {
    let tasks: BTreeMap<i64, Part> = tx
        .query("SELECT id, variant, rest FROM message_task WHERE message = $1", params![&run.id], |row| {
            let variant = Part::Variant(u8::try_from(row.int(1)?).unwrap_or(u8::MAX));
            Ok((row.int(0)?, if row.int(2)? == 1 { Part::Rest } else { variant }))
        })?
        .into_iter()
        .collect();
    let (through, part) = if is_direct(run) {
        ("direct_person", "CASE WHEN m.rest = 1 THEN -1 ELSE m.variant END")
    } else {
        ("message_person", "m.task")
    };
    let sql = format!(
        "SELECT p.root, {part}, d.rules FROM gate_decision d JOIN person p ON p.num = d.num
          LEFT JOIN {through} m ON m.message = $2 AND m.num = d.num
        WHERE d.run = $1 AND p.state <> 2 AND (m.num IS NOT NULL OR (d.state = 3 AND d.reason = 'holdout'))"
    );
    let (mut all, mut by_rules) = (Vec::new(), BTreeMap::<i64, i64>::new());
    tx.each(&sql, params![run.num, &run.id], |row| {
        let part = match row.opt_int(1)? {
            Some(-1) if is_direct(run) => Part::Rest,
            Some(variant) if is_direct(run) => Part::Variant(u8::try_from(variant).unwrap_or(u8::MAX)),
            Some(task) => tasks.get(&task).copied().unwrap_or(Part::Variant(0)),
            None => Part::HeldOut,
        };
        all.push((row.num(0)?, part));
        *by_rules.entry(row.int(2)?).or_default() += 1;
        Ok(())
    })?;
    all.sort_unstable();
    let both = once(&mut all);
    Ok((all, both, drawn(tx, gate, run, &by_rules)?))
}

/// Each person once. Who is in both arms goes out: answers how many. Of several contents somebody counts for the first.
fn once(all: &mut Vec<(PersonNum, Part)>) -> i64 {
    let mixed: Vec<PersonNum> = all
        .windows(2)
        .filter(|two| two[0].0 == two[1].0 && two[0].1 == Part::HeldOut && two[1].1 != Part::HeldOut)
        .map(|two| two[0].0)
        .collect();
    all.dedup_by_key(|(root, _)| *root);
    if !mixed.is_empty() {
        all.retain(|(root, _)| mixed.binary_search(root).is_err());
    }
    mixed.len() as i64
}

/// The share that was to be held out: by the run's own part and the brand's, as the rules said when each was decided.
fn drawn(tx: &mut Tx<'_>, gate: &Gate, run: &RunRow, by_rules: &BTreeMap<i64, i64>) -> Result<Option<f64>, Refusal> {
    if run.class == Class::Service {
        return Ok(Some(0.0));
    }
    let known: BTreeMap<i64, f64> =
        gate.rules_rows(tx, 200)?.into_iter().map(|row| (row.version, row.rules.holdout.percent)).collect();
    let (mut people, mut held) = (0, 0.0);
    for (version, count) in by_rules {
        let Some(brand) = known.get(version).copied().or((*version == 0).then_some(0.0)) else { return Ok(None) };
        people += count;
        held += *count as f64 * (1.0 - (1.0 - brand / 100.0) * (1.0 - run.holdout / 100.0));
    }
    Ok((people > 0).then(|| held / people as f64))
}

fn count(
    tx: &mut Tx<'_>,
    people: &[(PersonNum, Part)],
    from: Time,
    until: Time,
    currency: Currency,
) -> Result<BTreeMap<Part, Counted>, Refusal> {
    let mut all: BTreeMap<Part, Counted> = BTreeMap::new();
    for (_, part) in people {
        all.entry(*part).or_default().people += 1;
    }
    let part_of = |root: PersonNum| people.binary_search_by_key(&root, |(own, _)| *own).ok().map(|at| people[at].1);
    spent_between(tx, currency, from, until, |own| {
        if let Some(counted) = part_of(own.root).and_then(|part| all.get_mut(&part)) {
            counted.bought += i64::from(own.orders > 0);
            counted.spent.add(own.net);
        }
    })?;
    let sql = "SELECT DISTINCT p.root FROM wecom_follow f JOIN wecom_contact c ON c.id = f.contact JOIN person p ON p.num = c.num
        WHERE f.status = 2 AND f.lost_at >= $1 AND f.lost_at < $2 AND COALESCE(f.lost_by, '') <> 'transfer'";
    tx.each(sql, params![from, until], |row| {
        if let Some(counted) = part_of(row.num(0)?).and_then(|part| all.get_mut(&part)) {
            counted.lost += 1;
        }
        Ok(())
    })?;
    Ok(all.into_iter().map(|(part, own)| (part, own.closed())).collect())
}
