//! A journey that new friends walk while the demo lives on: drawn from the template, published, and begun by those who were added last.

use crate::workspace::Open;
use siyu_db::params;
use siyu_journeys::Inside;
use siyu_kernel::{PersonNum, Refusal};

const TEMPLATE: &str = "welcome";
/// Who was added last begins it at once: pages have something to show.
const FIRST: i64 = 300;

pub fn begin(open: &Open) -> Result<(), Refusal> {
    let app = open.app.clone();
    let Some((name, definition)) = siyu_api::journey_template(TEMPLATE, true) else { return Ok(()) };
    open.app.db.transact(move |tx| {
        if !app.journeys.journeys(tx, None, 1)?.is_empty() {
            return Ok(());
        }
        let row = app.journeys.create(tx, &name, &definition.to_string(), "demo")?;
        let row = app.journeys.publish(tx, &row.id, row.edits, Inside::Finish, "", "demo")?;
        let sql = "SELECT num FROM wecom_contact ORDER BY first_at DESC, id LIMIT $1";
        let newest: Vec<PersonNum> = tx.query(sql, params![FIRST], |row| row.num(0))?;
        let mut roots = app.people.roots(tx, &newest)?;
        roots.sort_unstable();
        roots.dedup();
        app.journeys.let_in(tx, &row.id, &roots)
    })
}
