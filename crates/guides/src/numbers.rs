//! What a guide has to show, and what their store has. Definitions: docs/metrics.md.

use crate::{Figures, Guides, Seat, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time, Zone};

/// Calendar days of the workspace's zone, today the last of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub days: i64,
    pub from: Time,
    pub to: Time,
}

impl Span {
    /// Errors: `guide_span`.
    pub fn last(days: i64, zone: &Zone, now: Time) -> Result<Self, Refusal> {
        if !(1..=90).contains(&days) {
            return Err(refuse::span());
        }
        let first = zone.day(now) - (days as i32 - 1);
        Ok(Self { days, from: zone.start_of_day(first), to: now })
    }
}

/// People count once, however many relations or identities they have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Members of staff that are counted.
    pub staff: i64,
    /// Friends now.
    pub customers: i64,
    /// Friends now, and whoever shares a customer group with the staff: 导购客群资产.
    pub assets: i64,
    /// Whose friendship began in the span.
    pub added: i64,
    /// Whose friendship ended in the span; of these, by the customer.
    pub lost: i64,
    pub lost_by_customer: i64,
    /// Friends of today who ordered in the span; their orders with a sale line, gross sales and what was given back for these orders.
    pub buyers: i64,
    pub orders: i64,
    pub amount: i64,
    pub refunded: i64,
    /// Tasks ended as done in the span, of these late; open and late now.
    pub tasks_done: i64,
    pub tasks_done_late: i64,
    pub tasks_open: i64,
    pub tasks_late: i64,
}

#[derive(Clone, Debug)]
pub struct Numbers {
    pub span: Span,
    pub mine: Counts,
    /// `None` for whoever belongs to no store.
    pub store: Option<Counts>,
    /// What WeCom counts; `None` when it could not be asked.
    pub figures: Option<Figures>,
    pub store_figures: Option<Figures>,
    /// The code of why not.
    pub figures_missing: Option<&'static str>,
}

impl Guides {
    /// `currency`: amounts in others are not counted.
    pub fn counts(&self, tx: &mut Tx<'_>, keys: &[String], span: Span, currency: &str) -> Result<Counts, Refusal> {
        let staff = tx.any("f.staff", 1);
        let people = "wecom_follow f JOIN wecom_contact c ON c.id = f.contact JOIN person p ON p.num = c.num";
        let friends = format!("SELECT p.root FROM {people} WHERE {staff} AND f.status = 0");
        let count = |tx: &mut Tx<'_>, sql: &str| tx.one(sql, params![keys], |row| row.int(0));
        let customers = count(tx, &format!("SELECT COUNT(*) FROM (SELECT DISTINCT q.root FROM ({friends}) q) d"))?;
        let inside = format!(
            "SELECT p.root FROM wecom_member m JOIN person p ON p.num = m.num WHERE m.left_at IS NULL AND m.kind = 2
               AND m.chat IN (SELECT o.chat FROM wecom_member o WHERE o.kind = 1 AND o.left_at IS NULL AND {})",
            tx.any("LOWER(o.userid)", 1)
        );
        let assets = count(tx, &format!("SELECT COUNT(*) FROM ({friends} UNION {inside}) q"))?;
        let within = |column: &str| format!("{column} >= $2 AND {column} <= $3");
        let added = format!("SELECT COUNT(DISTINCT p.root) FROM {people} WHERE {staff} AND {}", within("f.created_at"));
        let added = tx.one(&added, params![keys, span.from, span.to], |row| row.int(0))?;
        let lost = format!(
            "SELECT COUNT(DISTINCT p.root), COUNT(DISTINCT CASE WHEN f.lost_by = 'customer' THEN p.root END) FROM {people} WHERE {staff} AND f.status = 2 AND {}",
            within("f.lost_at")
        );
        let (lost, lost_by_customer) =
            tx.one(&lost, params![keys, span.from, span.to], |row| Ok((row.int(0)?, row.int(1)?)))?;
        let sales = format!(
            "SELECT COUNT(DISTINCT o.root), COUNT(*), CAST(COALESCE(SUM(CASE WHEN o.currency = $4 THEN o.amount ELSE 0 END), 0) AS BIGINT), CAST(COALESCE(SUM(CASE WHEN o.currency = $4 THEN o.refunded ELSE 0 END), 0) AS BIGINT)
             FROM orders o WHERE o.stub = 0 AND o.sales > 0 AND {} AND o.root IN ({friends})",
            within("o.at")
        );
        let sales = tx.one(&sales, params![keys, span.from, span.to, currency], |row| {
            Ok((row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?))
        })?;
        let sum = |when: &str| format!("CAST(COALESCE(SUM(CASE WHEN {when} THEN 1 ELSE 0 END), 0) AS BIGINT)");
        let tasks = format!(
            "SELECT {}, {}, {}, {} FROM guide_task t WHERE {}",
            sum(&format!("t.state = 'done' AND {}", within("t.ended_at"))),
            sum(&format!("t.state = 'done' AND t.due_at < t.ended_at AND {}", within("t.ended_at"))),
            sum("t.state = 'open'"),
            sum("t.state = 'open' AND t.due_at < $3"),
            tx.any("t.staff", 1)
        );
        let tasks = tx.one(&tasks, params![keys, span.from, span.to], |row| {
            Ok((row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?))
        })?;
        Ok(Counts {
            staff: keys.len() as i64,
            customers,
            assets,
            added,
            lost,
            lost_by_customer,
            buyers: sales.0,
            orders: sales.1,
            amount: sales.2,
            refunded: sales.3,
            tasks_done: tasks.0,
            tasks_done_late: tasks.1,
            tasks_open: tasks.2,
            tasks_late: tasks.3,
        })
    }

    /// A seat's own numbers beside those of its store. Asks WeCom for what only it counts.
    ///
    /// Errors: `guide_span`.
    pub fn numbers(&self, seat: &Seat, days: i64, zone: &Zone, currency: &str) -> Result<Numbers, Refusal> {
        let now = self.now();
        let span = Span::last(days, zone, now)?;
        let (mine, store, colleagues) = self.inner.db.read(|tx| {
            let mine = self.counts(tx, std::slice::from_ref(&seat.key), span, currency)?;
            let Some(code) = &seat.store else { return Ok((mine, None, Vec::new())) };
            let mut keys = self.staff_of_stores(tx, std::slice::from_ref(code))?;
            // Whoever may have no customers does not lower what a guide is compared with.
            let sql =
                format!("SELECT key, userid FROM wecom_staff WHERE serves = 1 AND {} ORDER BY key", tx.any("key", 1));
            let serving = tx.query(&sql, params![&keys], |row| Ok((row.text(0)?, row.text(1)?)))?;
            keys = serving.iter().map(|(key, _)| key.clone()).collect();
            let userids = serving.into_iter().map(|(_, userid)| userid).collect();
            Ok((mine, Some(self.counts(tx, &keys, span, currency)?), userids))
        })?;
        let own = self.figures(&seat.key, std::slice::from_ref(&seat.userid), days, now);
        let store_figures = match (&seat.store, &own) {
            (Some(code), Ok(_)) if (1..=100).contains(&colleagues.len()) => {
                self.figures(&format!("store {code}"), &colleagues, days, now).ok()
            }
            _ => None,
        };
        let figures_missing = own.as_ref().err().map(|refusal| refusal.code);
        Ok(Numbers { span, mine, store, figures: own.ok(), store_figures, figures_missing })
    }
}
