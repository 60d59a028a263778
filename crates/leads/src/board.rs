//! How leads do: by source, by channel, by who works on them.

use crate::events::CLAIMED_BEFORE;
use crate::model::{FROM, HELD, POOL};
use crate::{Leads, Sight};
use siyu_db::Tx;
use siyu_kernel::{Refusal, Time};

/// Leads that came in a span, by where they stand now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlaceFigures {
    /// A source, or a channel's code.
    pub name: String,
    pub leads: i64,
    pub pool: i64,
    pub held: i64,
    /// Taken by somebody, and a friend or a buyer now. Without friendships older than the lead, and additions while nobody had it.
    pub added: i64,
    pub won: i64,
    pub lost: i64,
}

/// What a member of staff did in a span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StaffFigures {
    pub userid: String,
    pub name: String,
    pub store: String,
    /// Held now.
    pub held: i64,
    pub taken: i64,
    /// Leads approached.
    pub contacted: i64,
    /// Friends now who were taken by this member before.
    pub added: i64,
    pub won: i64,
    pub lost: i64,
    /// Leads that ran out of time in their hands.
    pub timed_out: i64,
}

#[derive(Clone, Debug, Default)]
pub struct Board {
    pub sources: Vec<PlaceFigures>,
    pub channels: Vec<PlaceFigures>,
    pub staff: Vec<StaffFigures>,
}

impl Leads {
    /// From an instant (included) to another. Of whoever sees some stores, the leads of these pools and the staff of these stores.
    pub fn board(&self, tx: &mut Tx<'_>, sight: &Sight, from: Time, to: Time) -> Result<Board, Refusal> {
        Ok(Board {
            sources: self.places(tx, "l.source", sight, from, to)?,
            channels: self.places(tx, "l.channel", sight, from, to)?,
            staff: self.staff(tx, sight, from, to)?,
        })
    }

    fn places(
        &self,
        tx: &mut Tx<'_>,
        by: &str,
        sight: &Sight,
        from: Time,
        to: Time,
    ) -> Result<Vec<PlaceFigures>, Refusal> {
        let stores = stores(sight);
        let within = if stores.is_some() {
            format!("({} OR {})", tx.any("l.store", 3), tx.any("s.store", 3))
        } else {
            "$3 = ''".to_owned()
        };
        let sum = |when: &str| format!("CAST(SUM(CASE WHEN {when} THEN 1 ELSE 0 END) AS BIGINT)");
        let sql = format!(
            "SELECT {by}, COUNT(*), {}, {}, {}, {}, {} {FROM} WHERE l.created_at >= $1 AND l.created_at < $2 AND l.state <> 'merged' AND {within} GROUP BY {by} ORDER BY COUNT(*) DESC, {by} LIMIT 200",
            sum(&format!("l.state IN {POOL}")),
            sum(&format!("l.state IN {HELD}")),
            sum("l.state IN ('added', 'won') AND l.reason <> 'known' AND l.taken_at IS NOT NULL"),
            sum("l.state = 'won'"),
            sum("l.state = 'lost'"),
        );
        let binds = [from.into(), to.into(), stores.as_ref().map_or("".into(), Into::into)];
        Ok(tx.query(&sql, &binds, |row| {
            Ok(PlaceFigures {
                name: row.text(0)?,
                leads: row.int(1)?,
                pool: row.int(2)?,
                held: row.int(3)?,
                added: row.int(4)?,
                won: row.int(5)?,
                lost: row.int(6)?,
            })
        })?)
    }

    fn staff(&self, tx: &mut Tx<'_>, sight: &Sight, from: Time, to: Time) -> Result<Vec<StaffFigures>, Refusal> {
        let stores = stores(sight);
        let within = if stores.is_some() { tx.any("s.store", 3) } else { "$3 = ''".to_owned() };
        let count = |when: &str| format!("COUNT(DISTINCT CASE WHEN {when} THEN m.lead END)");
        // A lead that ran out of time belongs to nobody after that move: it counts for who had it.
        let sql = format!(
            "SELECT s.userid, s.name, s.store, (SELECT COUNT(*) FROM lead l WHERE l.staff = s.key AND l.state IN {HELD}), {}, {}, {}, {}, {}, {}
             FROM wecom_staff s JOIN lead_move m ON (m.staff = s.key OR (m.what IN ('recycled', 'lost') AND m.from_staff = s.key))
             WHERE m.at >= $1 AND m.at < $2 AND {within} GROUP BY s.key, s.userid, s.name, s.store ORDER BY s.store, s.key LIMIT 5000",
            count("m.what = 'claimed'"),
            count("m.what = 'contacted'"),
            count(&format!("m.what = 'added' AND m.reason <> 'known' AND {CLAIMED_BEFORE}")),
            count("m.what = 'won'"),
            count("m.what = 'lost'"),
            count("m.what = 'recycled' AND m.how = 'clock'"),
        );
        let binds = [from.into(), to.into(), stores.as_ref().map_or("".into(), Into::into)];
        Ok(tx.query(&sql, &binds, |row| {
            Ok(StaffFigures {
                userid: row.text(0)?,
                name: row.text(1)?,
                store: row.text(2)?,
                held: row.int(3)?,
                taken: row.int(4)?,
                contacted: row.int(5)?,
                added: row.int(6)?,
                won: row.int(7)?,
                lost: row.int(8)?,
                timed_out: row.int(9)?,
            })
        })?)
    }
}

fn stores(sight: &Sight) -> Option<Vec<String>> {
    match sight {
        Sight::Everything => None,
        Sight::Stores(codes) => Some(codes.clone()),
        Sight::Own { store, .. } => Some(vec![store.clone()]),
    }
}
