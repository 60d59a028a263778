//! What becomes of people who are erased, who turn out to be one, or who are taken out by hand.

use crate::Journeys;
use crate::batch::Batch;
use crate::folk::Folk;
use crate::rows;
use crate::step::Input;
use crate::trail::Trail;
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal};

impl Journeys {
    /// Somebody is erased: they leave, what was decided for them is not done any more, and the way they went is forgotten. Their rows stay counted.
    pub fn forget(&self, tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<(), Refusal> {
        self.lock(tx)?;
        let nums = list(nodes);
        self.leave(tx, &nums, "erased")?;
        let mine = tx.any("num", 1);
        // Only what an exit left behind can be here still: who had been handed something is told to take it back.
        tx.execute(&format!("DELETE FROM journey_told WHERE {}", of_journeys(&mine)), params![&nums])?;
        let empty = Trail::default();
        tx.execute(
            &format!("UPDATE journey_person SET trail = $2 WHERE {}", of_journeys(&mine)),
            params![&nums, empty.bytes()],
        )?;
        Ok(())
    }
    /// People became one: in each journey one of their entries goes on, the oldest. Every merge is read from the log; whoever knows of one may tell it
    /// before.
    pub fn merged(&self, tx: &mut Tx<'_>, roots: &[PersonNum]) -> Result<(), Refusal> {
        if roots.is_empty() {
            return Ok(());
        }
        self.lock(tx)?;
        let folk = Folk::of(tx, roots.iter().copied())?;
        let roots = folk.roots();
        let nodes = folk.all_nodes(roots.iter().copied());
        for journey in self.inside_of(tx, &nodes)? {
            let row = self.by_num(tx, journey)?;
            let folk = Folk::of(tx, roots.iter().copied())?;
            let mut batch = Batch::new(tx, row, folk, self.now())?;
            batch.unite(self, tx, &roots)?;
            batch.save(tx)?;
        }
        Ok(())
    }
    /// Takes somebody out of one journey, under whatever identity they are inside. Answers whether they were.
    ///
    /// Errors: `journey_unknown`.
    pub fn remove(&self, tx: &mut Tx<'_>, id: &str, person: PersonNum) -> Result<bool, Refusal> {
        self.lock(tx)?;
        let journey = self.journey(tx, id)?.num;
        let folk = Folk::of(tx, [person])?;
        let nodes = folk.all_nodes([folk.root(person)]);
        self.lead(tx, journey, &nodes, "removed")
    }

    fn leave(&self, tx: &mut Tx<'_>, nodes: &[i64], reason: &str) -> Result<(), Refusal> {
        for journey in self.inside_of(tx, nodes)? {
            self.lead(tx, journey, nodes, reason)?;
        }
        Ok(())
    }
    fn lead(&self, tx: &mut Tx<'_>, journey: u32, nodes: &[i64], reason: &str) -> Result<bool, Refusal> {
        let row = self.by_num(tx, journey)?;
        let people = rows::of_nodes(tx, journey, nodes, true)?;
        let mut batch = Batch::new(tx, row, Folk::default(), self.now())?;
        let works: Vec<_> = people.into_iter().map(|own| (batch.add(own), Input::Leave(reason.to_owned()))).collect();
        let any = !works.is_empty();
        batch.walk(self, tx, works)?;
        batch.save(tx)?;
        Ok(any)
    }
    /// Journeys that any of these identities is inside of. By journey: that is how the rows lie.
    fn inside_of(&self, tx: &mut Tx<'_>, nodes: &[i64]) -> Result<Vec<u32>, Refusal> {
        let sql = format!(
            "SELECT DISTINCT j.num FROM journey j JOIN journey_person p ON p.journey = j.num AND {} AND p.state = 0 WHERE j.ended_at IS NULL ORDER BY j.num",
            tx.any("p.num", 1)
        );
        Ok(tx.query(&sql, params![nodes], |row| row.num(0))?)
    }
}

/// Through the keys, which begin with the journey.
fn of_journeys(mine: &str) -> String {
    format!("journey IN (SELECT num FROM journey) AND {mine}")
}
fn list(nodes: &[PersonNum]) -> Vec<i64> {
    let mut nums: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
    nums.sort_unstable();
    nums.dedup();
    nums
}
