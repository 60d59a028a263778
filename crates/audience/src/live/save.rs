//! One step's writing half: members, their events and the clock, in one transaction unless very many came or went at once.

use super::look::{Dated, Found, Outcome};
use super::{Clock, ENTERED, LEFT, Live, State, StepReport};
use crate::life::store_measured;
use crate::stored::{Change, Next, record_all};
use crate::{Ctx, fold};
use roaring::RoaringBitmap;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Event, EventKind, PersonNum, Refusal, Time};
use siyu_log::Log;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) const CLOCK: &str = "live";
/// Without anything to save the clock is written this often, so that little is looked at twice after a crash.
const CLOCK_SECONDS: i64 = 10;
/// People in one transaction: others get their turn between two.
const UNIT_PEOPLE: u64 = 4_000;

/// A change as one unit writes it.
struct Piece {
    /// Place of the audience among the groups.
    at: usize,
    num: i64,
    id: String,
    name: String,
    /// The number of the change before it.
    last: i64,
    day: i32,
    change: Change,
    entered: Vec<PersonNum>,
    left: Vec<PersonNum>,
}

impl Piece {
    fn next(&self) -> Next<'_> {
        Next { audience: self.num, last: self.last, day: self.day, change: &self.change }
    }
}

struct Note {
    num: i64,
    version: i64,
    /// What the rule means for which the members were worked out.
    settle: Option<i64>,
    error: Option<Option<String>>,
}

impl Live {
    pub(super) fn save(&self, state: &mut State, found: Found, ctx: &Ctx) -> Result<StepReport, Refusal> {
        let mut report =
            StepReport { seq: found.to.seq, asked: found.asked, whole: found.whole, ..StepReport::default() };
        for group in &state.groups {
            if let Err(refusal) = &group.plan {
                report.failed.push((group.row.id.clone(), refusal.code));
            }
        }
        let mut pieces: Vec<Piece> = Vec::new();
        let mut notes: Vec<Note> = Vec::new();
        for outcome in &found.outcomes {
            let group = &state.groups[outcome.at];
            if outcome.settle || outcome.error.is_some() {
                let (num, version) = (group.row.num, group.row.version);
                let settle = group.meaning.filter(|_| outcome.settle);
                notes.push(Note { num, version, settle, error: outcome.error.clone() });
            }
            cut(state, outcome, &mut pieces);
        }
        let due = state
            .saved
            .is_none_or(|saved| found.to.day != saved.day || found.to.at.0 - saved.at.0 >= CLOCK_SECONDS * 1_000_000);
        if !pieces.is_empty() || !notes.is_empty() || due || found.cycle.is_some() {
            let cause = format!("{}.{}.{}", found.to.seq, found.to.day, found.to.at.0);
            let mut units = units(pieces);
            // The clock moves with the last one: until then a crash repeats the step, and finds those written in their places.
            let last = units.pop().unwrap_or_default();
            for unit in units {
                report.add(&unit);
                if !self.unit(state, &found, unit, Vec::new(), None, &cause, ctx.now)? {
                    return Ok(StepReport { lost: true, ..report });
                }
            }
            report.add(&last);
            if !self.unit(state, &found, last, notes, Some(found.to), &cause, ctx.now)? {
                return Ok(StepReport { lost: true, ..report });
            }
            state.saved = Some(found.to);
        }
        for outcome in found.outcomes {
            let group = &mut state.groups[outcome.at];
            group.members = outcome.members;
            group.unsettled &= !outcome.settle;
            if let Some(error) = outcome.error {
                group.row.error = error;
            }
        }
        (state.now, state.living, state.board) = (Some(found.to), Some(found.living), found.board);
        self.stands_at(Some(found.as_of));
        Ok(report)
    }

    /// Folds some of the days that are over: a bounded part after each step, so that no step waits for long. What fails stays as it is until
    /// the next day begins; the members are right either way.
    pub(super) fn fold_some(&self, state: &mut State) {
        let Some(saved) = state.saved else { return };
        state.folded = state.folded.on(saved.day);
        let folded = self.db.read(|tx| Ok(state.folded.next(tx)?)).and_then(|part| {
            if part.is_empty() {
                return Ok(());
            }
            self.db.transact(move |tx| {
                // Whoever took over folds as well; two at once would do no harm, only work.
                if is_at(tx, Some(saved))? {
                    part.iter().try_for_each(|ended| fold::fold(tx, ended))?;
                }
                Ok(())
            })
        });
        if let Err(refusal) = folded {
            tracing::warn!(code = refusal.code, "changes of audiences are not folded: {refusal}");
        }
    }

    /// Writes a unit; `false` when somebody else wrote since this step began.
    #[allow(clippy::too_many_arguments, reason = "one unit of work, named part by part")]
    fn unit(
        &self,
        state: &mut State,
        found: &Found,
        pieces: Vec<Piece>,
        notes: Vec<Note>,
        clock: Option<Clock>,
        cause: &str,
        now: Time,
    ) -> Result<bool, Refusal> {
        let written: Vec<(usize, i64)> = pieces.iter().map(|piece| (piece.at, piece.last + 1)).collect();
        let cycle = found.cycle;
        let (log, from, cause, pieces) = (self.audience.log.clone(), found.from, cause.to_owned(), Arc::new(pieces));
        let done = self.db.transact(move |tx| {
            if !is_at(tx, from)? {
                return Ok(false);
            }
            for turn in turns(&pieces) {
                if !record_all(tx, &turn.iter().map(Piece::next).collect::<Vec<_>>(), now)? {
                    // Edited or deleted meanwhile: the whole step is taken back and begun anew.
                    return Err(moved());
                }
            }
            tell(&log, tx, &pieces, &cause, now);
            for note in &notes {
                if let Some(meaning) = note.settle {
                    let sql = "UPDATE audience SET settled = 1, meaning = $1 WHERE num = $2 AND version = $3";
                    tx.execute(sql, params![meaning, note.num, note.version])?;
                }
                if let Some(error) = &note.error {
                    let sql = "UPDATE audience SET error = $1 WHERE num = $2 AND version = $3";
                    tx.execute(sql, params![error.as_deref(), note.num, note.version])?;
                }
            }
            if let (Some(clock), Some(cycle)) = (clock, cycle) {
                store_measured(tx, clock.day, cycle)?;
            }
            if let Some(clock) = clock {
                let sql = "INSERT INTO audience_clock (name, seq, day, at) VALUES ($1, $2, $3, $4)
                           ON CONFLICT (name) DO UPDATE SET seq = excluded.seq, day = excluded.day, at = excluded.at";
                tx.execute(sql, params![CLOCK, clock.seq, clock.day, clock.at])?;
            }
            Ok(true)
        });
        match done {
            Ok(done) => {
                if done {
                    written.into_iter().for_each(|(at, no)| state.groups[at].row.last_no = no);
                }
                Ok(done)
            }
            Err(refusal) if refusal.code == MOVED => Ok(false),
            Err(refusal) => Err(refusal),
        }
    }
}

const MOVED: &str = "audience_moved";
fn moved() -> Refusal {
    Refusal::conflict(MOVED, "The audience was changed meanwhile.", "人群包已被修改。")
}
fn is_at(tx: &mut Tx<'_>, clock: Option<Clock>) -> Result<bool, DbError> {
    let lock = if tx.engine() == siyu_db::Engine::Postgres { " FOR UPDATE" } else { "" };
    let sql = format!("SELECT seq, day, at FROM audience_clock WHERE name = $1{lock}");
    let stored =
        tx.opt(&sql, params![CLOCK], |row| Ok(Clock { seq: row.int(0)?, day: row.int(1)? as i32, at: row.time(2)? }))?;
    Ok(stored == clock)
}
/// One event for each person who came, and one for each who went, whatever the number of audiences: somebody who begins to do things comes
/// into many at once.
fn tell(log: &Log, tx: &mut Tx<'_>, pieces: &[Piece], cause: &str, now: Time) {
    type Whose = fn(&Piece) -> &Vec<PersonNum>;
    let (entered, left): (Whose, Whose) = (|piece| &piece.entered, |piece| &piece.left);
    for (name, word, people) in [(ENTERED, "entered", entered), (LEFT, "left", left)] {
        let mut of: BTreeMap<PersonNum, Vec<usize>> = BTreeMap::new();
        for (at, piece) in pieces.iter().enumerate() {
            people(piece).iter().for_each(|person| of.entry(*person).or_default().push(at));
        }
        for (person, places) in of {
            let audiences: Vec<serde_json::Value> = places
                .iter()
                .map(|at| serde_json::json!({ "audience": pieces[*at].id, "name": pieces[*at].name }))
                .collect();
            let first = &pieces[places[0]];
            log.append(
                tx,
                Event {
                    // The change of an audience is written once, so its number makes the id the unit's own.
                    message_id: format!("audience:{word}:{}.{}:{person}:{cause}", first.num, first.last + 1),
                    kind: EventKind::System,
                    name: name.to_owned(),
                    person,
                    at: now,
                    received_at: now,
                    source: "audience".to_owned(),
                    body: serde_json::json!({ "properties": { "audiences": audiences } }).to_string(),
                },
            );
        }
    }
}

/// The changes of one audience, those of very many people in several.
fn cut(state: &State, outcome: &Outcome, pieces: &mut Vec<Piece>) {
    let row = &state.groups[outcome.at].row;
    let mut last = row.last_no;
    for Dated { day, change, entered, left, silent } in &outcome.dated {
        let all = &change.entered | &change.gone | entered | left;
        let all: Vec<PersonNum> = all.into_iter().collect();
        let mut people = (change.people + change.gone.len()).saturating_sub(change.entered.len());
        for part in all.chunks(UNIT_PEOPLE as usize) {
            let part: RoaringBitmap = part.iter().copied().collect();
            let (came, gone) = (&change.entered & &part, &change.gone & &part);
            people = (people + came.len()).saturating_sub(gone.len());
            let (entered, left) = (entered & &part, left & &part);
            let counted = (entered.len(), left.len());
            let change = Change { entered: came, gone, counted, people };
            let told = |set: RoaringBitmap| if *silent { Vec::new() } else { set.into_iter().collect() };
            let (entered, left) = (told(entered), told(left));
            let (num, id, name) = (row.num, row.id.clone(), row.name.clone());
            pieces.push(Piece { at: outcome.at, num, id, name, last, day: *day, change, entered, left });
            last += 1;
        }
    }
}
/// Cut where an audience comes again, so that the pieces of a turn are of different ones. Those of one audience follow each other.
fn turns(pieces: &[Piece]) -> impl Iterator<Item = &[Piece]> {
    pieces.chunk_by(|one, next| one.num != next.num)
}
/// Pieces together up to a bound.
fn units(pieces: Vec<Piece>) -> Vec<Vec<Piece>> {
    let mut units: Vec<Vec<Piece>> = Vec::new();
    let mut people = u64::MAX;
    for piece in pieces {
        let own = piece.change.entered.len() + piece.change.gone.len();
        if people.saturating_add(own) > UNIT_PEOPLE {
            units.push(Vec::new());
            people = 0;
        }
        people += own;
        units.last_mut().expect("pushed above").push(piece);
    }
    units
}

impl StepReport {
    fn add(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            self.entered += piece.entered.len() as u64;
            self.left += piece.left.len() as u64;
        }
    }
}
