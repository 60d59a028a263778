//! Held leads get a new time when the brand changes how long somebody has: page by page, in the order they moved, so that no unit is long.

use crate::rules::due;
use crate::{Leads, State};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};

/// Its row among the walks: there while there is something to do.
const TIMES: &str = "times";
const PAGE: i64 = 2_000;

/// Where it goes on: leads that moved until `changed`, behind one of a state.
struct Place {
    changed: Time,
    state: State,
    moved: i64,
    id: String,
}

impl Place {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '|');
        let changed = Time(parts.next()?.parse().ok()?);
        let state = State::parse(parts.next()?)?;
        Some(Self { changed, state, moved: parts.next()?.parse().ok()?, id: parts.next()?.to_owned() })
    }
    fn text(&self) -> String {
        format!("{}|{}|{}|{}", self.changed.0, self.state.name(), self.moved, self.id)
    }
    fn first(changed: Time, state: State) -> Self {
        Self { changed, state, moved: i64::MIN, id: String::new() }
    }
}

impl Leads {
    /// Begins, or begins anew. Whoever takes or approaches a lead from now on has the new time already.
    pub(crate) fn begin_times(&self, tx: &mut Tx<'_>, now: Time) -> Result<(), Refusal> {
        tx.execute(
            "INSERT INTO lead_walk (name, place, due_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET place = excluded.place, due_at = excluded.due_at",
            params![TIMES, &Place::first(now, State::Claimed).text(), now],
        )?;
        Ok(())
    }
    pub(crate) fn times_left(&self, tx: &mut Tx<'_>) -> Result<bool, Refusal> {
        Ok(tx.opt("SELECT 1 FROM lead_walk WHERE name = $1", params![TIMES], |row| row.int(0))?.is_some())
    }

    /// One page.
    pub(crate) fn times(&self, tx: &mut Tx<'_>) -> Result<(), Refusal> {
        let text = tx.opt("SELECT place FROM lead_walk WHERE name = $1", params![TIMES], |row| row.text(0))?;
        let Some(text) = text else { return Ok(()) };
        let next = match Place::read(&text) {
            Some(place) => self.times_page(tx, place)?,
            None => None,
        };
        // Changed once more meanwhile: then it begins anew, and this page comes again.
        match next {
            Some(next) => tx.execute(
                "UPDATE lead_walk SET place = $3 WHERE name = $1 AND place = $2",
                params![TIMES, &text, &next.text()],
            )?,
            None => tx.execute("DELETE FROM lead_walk WHERE name = $1 AND place = $2", params![TIMES, &text])?,
        };
        Ok(())
    }

    fn times_page(&self, tx: &mut Tx<'_>, place: Place) -> Result<Option<Place>, Refusal> {
        let Place { changed, state, moved, id } = place;
        let sql = "SELECT id, moved_at FROM lead WHERE state = $1 AND moved_at <= $2 AND (moved_at > $3 OR (moved_at = $3 AND id > $4)) ORDER BY moved_at, id LIMIT $5";
        let rows =
            tx.query(sql, params![state.name(), changed, moved, &id, PAGE], |row| Ok((row.text(0)?, row.int(1)?)))?;
        let ids: Vec<String> = rows.iter().map(|(id, _)| id.clone()).collect();
        // Taking and approaching are moves, so it counts from the last one.
        match due(state, Time(0), &self.settings(tx)?) {
            Some(span) => {
                // Whoever held it before has at least a day from the change: a shorter time must not take it out of somebody's hands.
                let sql = format!(
                    "UPDATE lead SET due_at = CASE WHEN moved_at = $4 OR moved_at + $2 > $3 THEN moved_at + $2 ELSE $3 END WHERE state = $1 AND moved_at <= $4 AND {}",
                    tx.any("id", 5)
                );
                tx.execute(&sql, params![state.name(), span.0, changed.plus_days(1), changed, &ids])?
            }
            None => {
                let sql = format!(
                    "UPDATE lead SET due_at = NULL WHERE state = $1 AND moved_at <= $2 AND {}",
                    tx.any("id", 3)
                );
                tx.execute(&sql, params![state.name(), changed, &ids])?
            }
        };
        Ok(match rows.into_iter().next_back() {
            Some((id, moved)) if ids.len() as i64 == PAGE => Some(Place { changed, state, moved, id }),
            _ if state == State::Claimed => Some(Place::first(changed, State::Contacted)),
            _ => None,
        })
    }
}
