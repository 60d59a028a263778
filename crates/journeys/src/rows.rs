//! Rows of journeys and of people inside.

use crate::model::{End, INSIDE, State, Traveller};
use crate::trail::Trail;
use siyu_db::{DbError, Param, RowRef, Tx, params};
use siyu_kernel::{PersonNum, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JourneyState {
    Draft,
    Running,
    /// Nobody takes a step; what happens to people is taken in.
    Paused,
    /// People inside are led out.
    Ending,
    Ended,
}

impl JourneyState {
    pub const ALL: [Self; 5] = [Self::Draft, Self::Running, Self::Paused, Self::Ending, Self::Ended];
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Ending => "ending",
            Self::Ended => "ended",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.name() == name)
    }
    /// Whether people may be inside and things may happen to them.
    pub(crate) fn is_alive(self) -> bool {
        matches!(self, Self::Running | Self::Paused)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct JourneyRow {
    pub num: u32,
    pub id: String,
    pub name: String,
    pub state: JourneyState,
    /// The newest version that was published; 0 is none.
    pub version: u32,
    /// Counts changes by hand.
    pub edits: i64,
    pub entered: i64,
    pub next_at: Option<Time>,
    pub(crate) moving: u32,
    pub(crate) moved_num: i64,
    pub created_at: Time,
    pub created_by: String,
    pub changed_at: Time,
    pub started_at: Option<Time>,
    pub ended_at: Option<Time>,
}

pub(crate) const JOURNEY: &str = "SELECT num, id, name, state, version, edits, entered, next_at, moving, moved_num, created_at, created_by, changed_at, started_at, ended_at FROM journey";

pub(crate) fn journey_row(row: RowRef<'_>) -> Result<JourneyRow, DbError> {
    let state = row.text(3)?;
    Ok(JourneyRow {
        num: row.num(0)?,
        id: row.text(1)?,
        name: row.text(2)?,
        state: JourneyState::parse(&state).ok_or_else(|| DbError::Decode(format!("no state of a journey: {state}")))?,
        version: row.num(4)?,
        edits: row.int(5)?,
        entered: row.int(6)?,
        next_at: row.opt_time(7)?,
        moving: row.num(8)?,
        moved_num: row.int(9)?,
        created_at: row.time(10)?,
        created_by: row.text(11)?,
        changed_at: row.time(12)?,
        started_at: row.opt_time(13)?,
        ended_at: row.opt_time(14)?,
    })
}

pub(crate) const PERSON: &str =
    "num, entry, version, node, step, stage, open, state, reason, due_at, at, entered_at, ended_at, trail";

pub(crate) fn traveller(row: RowRef<'_>) -> Result<Traveller, DbError> {
    let end = End::of(row.int(7)?, row.text(8)?);
    let state = State {
        version: row.num(2)?,
        node: row.num(3)?,
        step: row.num(4)?,
        stage: row.int(5)? as u8,
        open: row.num(6)?,
        end,
        due: row.opt_time(9)?,
        at: row.time(10)?,
        entered_at: row.time(11)?,
        ended_at: row.opt_time(12)?,
        trail: Trail::of(row.blob(13)?),
    };
    Ok(Traveller { num: row.num(0)?, entry: row.num(1)?, state })
}

/// Writes people as they stand now; new ones and old ones alike. Ascending, so that pages are written in turn.
pub(crate) fn save(tx: &mut Tx<'_>, journey: u32, people: &mut [&Traveller]) -> Result<(), DbError> {
    people.sort_unstable_by_key(|own| (own.num, own.entry));
    let rows: Vec<[Param<'_>; 15]> = people
        .iter()
        .map(|own| {
            let (state, reason) = own.state.end.as_ref().map_or((INSIDE, ""), |end| (end.state(), end.reason()));
            let state_of = &own.state;
            [
                journey.into(),
                own.num.into(),
                own.entry.into(),
                state_of.version.into(),
                state_of.node.into(),
                state_of.step.into(),
                state_of.stage.into(),
                state_of.open.into(),
                state.into(),
                reason.into(),
                state_of.due.into(),
                state_of.at.into(),
                state_of.entered_at.into(),
                state_of.ended_at.into(),
                state_of.trail.bytes().into(),
            ]
        })
        .collect();
    tx.bulk(
        "INSERT INTO journey_person (journey, num, entry, version, node, step, stage, open, state, reason, due_at, at, entered_at, ended_at, trail)",
        "ON CONFLICT (journey, num, entry) DO UPDATE SET version = excluded.version, node = excluded.node, step = excluded.step, stage = excluded.stage, open = excluded.open,
           state = excluded.state, reason = excluded.reason, due_at = excluded.due_at, at = excluded.at, ended_at = excluded.ended_at, trail = excluded.trail",
        &rows,
    )
    .map(drop)
}

/// Entries of these identities in a journey.
pub(crate) fn of_nodes(
    tx: &mut Tx<'_>,
    journey: u32,
    nodes: &[i64],
    inside_only: bool,
) -> Result<Vec<Traveller>, DbError> {
    let sql = format!(
        "SELECT {PERSON} FROM journey_person WHERE journey = $1 AND (state = 0 OR $2 = 0) AND {} ORDER BY num, entry",
        tx.any("num", 3)
    );
    tx.query(&sql, params![journey, inside_only, nodes], traveller)
}

/// Ascending numbers as differences.
pub(crate) fn pack(nums: &[PersonNum]) -> Vec<u8> {
    let (mut out, mut last) = (Vec::with_capacity(nums.len() * 2), 0);
    for num in nums {
        let mut rest = num - last;
        last = *num;
        while rest >= 0x80 {
            out.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        out.push(rest as u8);
    }
    out
}
pub(crate) fn unpack(bytes: &[u8]) -> Vec<PersonNum> {
    let (mut out, mut last, mut value, mut shift) = (Vec::new(), 0_u32, 0_u32, 0);
    for byte in bytes {
        value |= u32::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        shift += 7;
        if byte & 0x80 == 0 {
            last = last.wrapping_add(value);
            out.push(last);
            (value, shift) = (0, 0);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let nums = [1, 2, 300, 70_000, u32::MAX - 1, u32::MAX];
        assert_eq!(unpack(&pack(&nums)), nums);
    }
}
