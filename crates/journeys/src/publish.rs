//! Drafts, versions, and what an operator does to a journey.

use crate::check::problems;
use crate::definition::{Act, Definition, Entry};
use crate::folk::brand_zone;
use crate::model::INSIDE;
use crate::plan::Plan;
use crate::rows::{JourneyRow, JourneyState};
use crate::trigger::Trigger;
use crate::{Journeys, Problem, feed, node_nums, refuse};
use siyu_db::{Param, Tx, params};
use siyu_kernel::{Class, Refusal, new_id};

const OPEN_MAX: i64 = 500;
const BYTES_MAX: usize = 500_000;

/// What becomes of people inside when a version is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// They finish the version they came in by.
    Finish,
    /// They go on by the new one; those at a node that it does not have, or has with another meaning, finish theirs.
    Move,
}

/// People inside, by whether a version could take them over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    pub can: i64,
    pub cannot: i64,
    /// Those who cannot, by (version, node).
    pub where_not: Vec<(u32, String, i64)>,
}

/// What an operator does to a journey that was published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Pause,
    Resume,
    /// For good: nobody comes in any more, and those inside are led out.
    End,
}

impl Journeys {
    /// A new draft.
    ///
    /// Errors: `journey_name`, `journey_json`, `journey_format`, `journey_size`, `journey_limit`.
    pub fn create(&self, tx: &mut Tx<'_>, name: &str, draft: &str, by: &str) -> Result<JourneyRow, Refusal> {
        let name = named(name)?;
        let text = read(draft)?.to_text();
        let open = "SELECT COUNT(*) FROM journey WHERE ended_at IS NULL";
        if tx.one(open, &[], |row| row.int(0))? >= OPEN_MAX {
            return Err(refuse::many());
        }
        let now = self.now();
        let id = new_id("jny", now, &self.inner.chance);
        tx.execute(
            "INSERT INTO journey (id, name, state, draft, version, edits, entered, moving, moved_num, created_at, created_by, changed_at) VALUES ($1, $2, 'draft', $3, 0, 1, 0, 0, -1, $4, $5, $4)",
            params![&id, name, &text, now, by],
        )?;
        self.journey(tx, &id)
    }
    /// Changes name and draft; what is published stays. `edits`: of the journey as it was loaded.
    ///
    /// Errors: as [`Journeys::create`], and `journey_unknown`, `journey_changed`, `journey_over`.
    pub fn edit(&self, tx: &mut Tx<'_>, id: &str, edits: i64, name: &str, draft: &str) -> Result<JourneyRow, Refusal> {
        let name = named(name)?;
        let text = read(draft)?.to_text();
        let own = self.journey(tx, id)?;
        living(&own)?;
        let sql = "UPDATE journey SET name = $3, draft = $4, changed_at = $5, edits = edits + 1 WHERE num = $1 AND edits = $2";
        if tx.execute(sql, params![own.num, edits, name, &text, self.now()])? == 0 {
            return Err(refuse::changed());
        }
        self.journey(tx, id)
    }
    pub fn draft(&self, tx: &mut Tx<'_>, own: &JourneyRow) -> Result<Definition, Refusal> {
        let body = tx.one("SELECT draft FROM journey WHERE num = $1", params![own.num], |row| row.text(0))?;
        Definition::from_text(&body)
    }
    /// Errors: `journey_version_unknown`.
    pub fn version(&self, tx: &mut Tx<'_>, own: &JourneyRow, version: u32) -> Result<Definition, Refusal> {
        Ok(self.plan(tx, own.num, version)?.definition.clone())
    }

    /// Everything that keeps a definition from being published; what it names is looked for, too.
    pub fn check(&self, tx: &mut Tx<'_>, own: &Definition) -> Result<Vec<Problem>, Refusal> {
        let mut out = problems(own);
        self.check_names(tx, own, &mut out)?;
        if let Entry::Schedule { schedule, .. } = &own.entry
            && out.iter().all(|own| own.code != "journey_schedule")
            && schedule.next(&brand_zone(tx)?, self.now()).is_none()
        {
            out.push(Problem {
                code: "journey_schedule",
                node: None,
                en: "The time at which people would come in is over.".into(),
                zh: "定时进入的时间已经过去。".into(),
            });
        }
        Ok(out)
    }
    fn check_names(&self, tx: &mut Tx<'_>, own: &Definition, out: &mut Vec<Problem>) -> Result<(), Refusal> {
        let mut audiences: Vec<(Option<&str>, &str)> = Vec::new();
        match &own.entry {
            Entry::Schedule { audience, .. } => audiences.push((None, audience)),
            Entry::Trigger { on } => audiences.extend(audience_of(on).map(|id| (None, id))),
        }
        let rules = own.goal.iter().map(|own| &own.on).chain(own.exits.iter().map(|own| &own.on));
        audiences.extend(rules.filter_map(audience_of).map(|id| (None, id)));
        for node in &own.nodes {
            let told = match &node.act {
                Act::Condition { rule, .. } if siyu_audience::Rule::parse(rule).is_ok() => {
                    self.world().check_rule(tx, rule)
                }
                act => match act.with() {
                    Some(with) if with.as_object().is_some_and(|own| !own.is_empty()) => {
                        self.world().check_effect(tx, act.type_name(), with)
                    }
                    _ => Ok(()),
                },
            };
            out.extend(told_problem(told, &node.id)?);
            let on = match &node.act {
                Act::WaitEvent { on, .. } | Act::Ab { goal: Some(on), .. } => audience_of(on),
                _ => None,
            };
            audiences.extend(on.map(|id| (Some(node.id.as_str()), id)));
        }
        for (node, id) in audiences.into_iter().filter(|(_, id)| !id.is_empty()) {
            if !self.world().knows_audience(tx, id)? {
                out.push(Problem {
                    code: "journey_audience",
                    node: node.map(str::to_owned),
                    en: format!("There is no audience {id} (any more)."),
                    zh: format!("人群包 {id} 不存在或已删除。"),
                });
            }
        }
        Ok(())
    }

    /// How many of those inside a definition could take over.
    pub fn moves(&self, tx: &mut Tx<'_>, own: &JourneyRow, to: &Definition) -> Result<Moves, Refusal> {
        let sql = "SELECT version, node, CAST(SUM(people) AS BIGINT) FROM journey_tally WHERE journey = $1 AND what = $2 GROUP BY version, node HAVING SUM(people) <> 0 ORDER BY version, node";
        let rows = tx.query(sql, params![own.num, INSIDE], |row| Ok((row.num(0)?, row.num(1)?, row.int(2)?)))?;
        let mut moves = Moves::default();
        for (version, node, people) in rows {
            let plan = self.plan(tx, own.num, version)?;
            let Some(node) = plan.node(node) else { continue };
            let fits = to.node(&node.id).is_some_and(|new| new.act.type_name() == node.act.type_name());
            if fits {
                moves.can += people;
            } else {
                moves.cannot += people;
                moves.where_not.push((version, node.id.clone(), people));
            }
        }
        Ok(moves)
    }

    /// Publishes the draft as a new version and runs it; a paused journey stays paused. `edits`: of the journey as it was loaded.
    ///
    /// Errors: the first of [`Journeys::check`], `journey_unknown`, `journey_changed`, `journey_over`.
    pub fn publish(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        edits: i64,
        inside: Inside,
        note: &str,
        by: &str,
    ) -> Result<JourneyRow, Refusal> {
        self.lock(tx)?;
        let own = self.journey(tx, id)?;
        living(&own)?;
        if own.edits != edits {
            return Err(refuse::changed());
        }
        let draft = self.draft(tx, &own)?;
        if let Some(first) = self.check(tx, &draft)?.into_iter().next() {
            return Err(first.into());
        }
        let (now, version) = (self.now(), own.version + 1);
        // While nothing ran, nobody read the log: what happened before this is not looked at.
        feed::begin(tx)?;
        self.number_nodes(tx, own.num, &draft)?;
        let note: String = note.chars().take(200).collect();
        tx.execute(
            "INSERT INTO journey_version (journey, version, body, note, published_at, published_by) VALUES ($1, $2, $3, $4, $5, $6)",
            params![own.num, version, &draft.to_text(), &note, now, by],
        )?;
        let next = match &draft.entry {
            Entry::Schedule { schedule, .. } => schedule.next(&brand_zone(tx)?, now),
            Entry::Trigger { .. } => None,
        };
        let moving = if inside == Inside::Move && own.version > 0 { version } else { 0 };
        tx.execute(
            "UPDATE journey SET state = CASE WHEN state = 'draft' THEN 'running' ELSE state END, version = $2, edits = edits + 1, next_at = $3, moving = $4, moved_num = -1,
               changed_at = $5, started_at = COALESCE(started_at, $5) WHERE num = $1",
            params![own.num, version, next, moving, now],
        )?;
        self.journey(tx, id)
    }
    fn number_nodes(&self, tx: &mut Tx<'_>, journey: u32, own: &Definition) -> Result<(), Refusal> {
        let known = node_nums(tx, journey)?;
        let first = known.values().copied().max().unwrap_or(0) + 1;
        let fresh = own.nodes.iter().filter(|node| !known.contains_key(&node.id));
        let rows: Vec<[Param<'_>; 3]> =
            fresh.zip(first..).map(|(node, num)| [journey.into(), num.into(), (&node.id).into()]).collect();
        tx.bulk("INSERT INTO journey_node (journey, node, id)", "", &rows)?;
        Ok(())
    }

    /// Errors: `journey_unknown`, `journey_over`, `journey_state`.
    pub fn change(&self, tx: &mut Tx<'_>, id: &str, change: Change) -> Result<JourneyRow, Refusal> {
        self.lock(tx)?;
        let own = self.journey(tx, id)?;
        living(&own)?;
        let (state, ended) = match (change, own.state) {
            (Change::Pause, JourneyState::Running) => ("paused", None),
            (Change::Resume, JourneyState::Paused) => ("running", None),
            (Change::End, JourneyState::Draft) => ("ended", Some(self.now())),
            (Change::End, _) => ("ending", None),
            _ => return Err(refuse::state()),
        };
        tx.execute(
            "UPDATE journey SET state = $2, ended_at = $3, changed_at = $4, edits = edits + 1 WHERE num = $1",
            params![own.num, state, ended, self.now()],
        )?;
        if change == Change::End {
            // Those who were to come in do not; those inside are led out some thousand at a time, from the first.
            tx.execute("DELETE FROM journey_part WHERE journey = $1", params![own.num])?;
            tx.execute(
                "UPDATE journey SET next_at = NULL, moving = 0, moved_num = -1 WHERE num = $1",
                params![own.num],
            )?;
        }
        self.journey(tx, id)
    }
}

/// Whether somebody at this node of one version can go on in another.
pub(crate) fn can_move(from: &Plan, to: &Plan, node: u32) -> bool {
    match (from.node(node), to.node(node)) {
        (Some(old), Some(new)) => old.act.type_name() == new.act.type_name(),
        _ => false,
    }
}

fn audience_of(on: &Trigger) -> Option<&str> {
    match on {
        Trigger::Audience { id, .. } => Some(id),
        Trigger::Event { .. } => None,
    }
}
/// What is refused because of the node is a problem of it; what fails otherwise fails.
fn told_problem(told: Result<(), Refusal>, node: &str) -> Result<Option<Problem>, Refusal> {
    match told {
        Ok(()) => Ok(None),
        Err(own) if matches!(own.class, Class::Invalid | Class::NotFound | Class::Conflict) => {
            Ok(Some(Problem { code: own.code, node: Some(node.to_owned()), en: own.en, zh: own.zh }))
        }
        Err(refusal) => Err(refusal),
    }
}
fn living(own: &JourneyRow) -> Result<(), Refusal> {
    match own.state {
        JourneyState::Ending | JourneyState::Ended => Err(refuse::over()),
        _ => Ok(()),
    }
}
fn named(name: &str) -> Result<&str, Refusal> {
    let name = name.trim();
    let sound = (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if sound { Ok(name) } else { Err(refuse::name()) }
}
fn read(draft: &str) -> Result<Definition, Refusal> {
    if draft.len() > BYTES_MAX {
        return Err(refuse::large());
    }
    Definition::from_text(draft)
}
