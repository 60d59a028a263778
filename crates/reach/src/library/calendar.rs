//! What goes out on which day.

use crate::Reach;
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarRow {
    /// Days since 1970 in the brand's zone.
    pub day: i32,
    /// `kit`, `broadcast`, `message`, `group_message`, `moment`, or `material` (approved on that day).
    pub what: &'static str,
    pub id: String,
    pub name: String,
    pub state: String,
    /// When it begins; of a kit the beginning of its day.
    pub at: Time,
}

const EACH_MAX: i64 = 1_000;
/// Name, columns and condition of what happens at an instant between `$1` and `$2`.
const KINDS: [(&str, &str); 5] = [
    (
        "broadcast",
        "SELECT id, name, state, start_at FROM gate_run WHERE kind = 'broadcast' AND start_at >= $1 AND start_at < $2 ORDER BY start_at LIMIT $3",
    ),
    (
        "message",
        "SELECT id, name, state, start_at FROM gate_run WHERE kind = 'message' AND start_at >= $1 AND start_at < $2 ORDER BY start_at LIMIT $3",
    ),
    (
        "group_message",
        "SELECT id, name, state, created_at FROM group_message WHERE created_at >= $1 AND created_at < $2 ORDER BY created_at LIMIT $3",
    ),
    (
        "moment",
        "SELECT id, name, '', created_at FROM moment WHERE created_at >= $1 AND created_at < $2 ORDER BY created_at LIMIT $3",
    ),
    (
        "material",
        "SELECT m.id, m.name, m.state, v.decided_at FROM material_version v JOIN material m ON m.id = v.material
        WHERE v.state = 'approved' AND v.decided_at >= $1 AND v.decided_at < $2 ORDER BY v.decided_at LIMIT $3",
    ),
];

impl Reach {
    /// From this day to that one, both included, by time; of each kind at most 1,000.
    pub fn calendar(&self, tx: &mut Tx<'_>, from: i32, to: i32) -> Result<Vec<CalendarRow>, Refusal> {
        let (_, zone) = self.parts().beside.brand(tx)?;
        let (since, until) = (zone.start_of_day(from), zone.start_of_day(to + 1));
        let mut all = Vec::new();
        for own in self.kits(tx, from, to)? {
            let (day, at) = (own.input.day, zone.start_of_day(own.input.day));
            all.push(CalendarRow { day, what: "kit", id: own.id, name: own.input.name, state: String::new(), at });
        }
        for (what, sql) in KINDS {
            let rows = tx.query(sql, params![since, until, EACH_MAX], |row| {
                Ok((row.text(0)?, row.text(1)?, row.text(2)?, row.time(3)?))
            })?;
            all.extend(rows.into_iter().map(|(id, name, state, at)| CalendarRow {
                day: zone.day(at),
                what,
                id,
                name,
                state,
                at,
            }));
        }
        all.sort_by(|a, b| (a.day, a.at, &a.id).cmp(&(b.day, b.at, &b.id)));
        Ok(all)
    }
}
