//! Joining two people and taking them apart again.

use crate::People;
use crate::resolve::Hashed;
use crate::rules::IdentityRules;
use crate::work::Work;
use rustc_hash::FxHashSet;
use siyu_db::{DbError, Tx, params};
use siyu_kernel::{Event, EventKind, Kind, PersonNum, Refusal, Time};

/// A merge that this unit carried out. Whoever keeps totals per person recounts `kept` over `nodes` and forgets `lost`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    pub edge: i64,
    pub kept: PersonNum,
    pub lost: PersonNum,
    pub nodes: Vec<PersonNum>,
}

/// What an un-merge left: two people with their nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub left: PersonNum,
    pub left_nodes: Vec<PersonNum>,
    pub right: PersonNum,
    pub right_nodes: Vec<PersonNum>,
}

#[derive(Clone, Debug)]
pub struct Edge {
    pub id: i64,
    pub node_a: PersonNum,
    pub node_b: PersonNum,
    pub kept: PersonNum,
    pub lost: PersonNum,
    pub reason_kind: String,
    pub reason_hash: Option<Vec<u8>>,
    pub at: Time,
    pub source: String,
    pub by: String,
    pub undone_at: Option<Time>,
    pub undone_by: Option<String>,
    pub undo_reason: Option<String>,
}

/// An identifier that was not attached or not followed.
#[derive(Clone, Debug)]
pub struct Conflict {
    pub num: PersonNum,
    pub code: String,
    pub kind: String,
    pub other: PersonNum,
    pub at: Time,
    pub times: i64,
}

pub(crate) struct NewEdge<'e> {
    pub a: PersonNum,
    pub b: PersonNum,
    pub reason: Option<&'e Hashed>,
    pub source: &'e str,
    pub by: &'e str,
    pub at: Time,
}

impl People {
    pub(crate) fn join(
        &self,
        tx: &mut Tx<'_>,
        rules: &IdentityRules,
        work: &mut Work<'_>,
        a: PersonNum,
        b: PersonNum,
        edge: &NewEdge<'_>,
    ) -> Result<Merged, Refusal> {
        let stored: Vec<i64> = [a, b].into_iter().filter(|root| !work.is_new.contains(root)).map(i64::from).collect();
        self.lock_living(tx, &stored, "NO KEY UPDATE")?;
        let (left, right) = (self.kinds(tx, work, a)?.strength(rules), self.kinds(tx, work, b)?.strength(rules));
        let (kept, lost) = if (left, a) <= (right, b) { (a, b) } else { (b, a) };
        self.members(tx, work, a)?;
        self.members(tx, work, b)?;
        let moving: Vec<i64> =
            work.absorb(kept, lost).into_iter().filter(|node| !work.is_new.contains(node)).map(i64::from).collect();
        if !moving.is_empty() {
            tx.execute(&format!("UPDATE person SET root = $2 WHERE {}", tx.any("num", 1)), params![&moving, kept])?;
        }
        let id = tx.one(
            "INSERT INTO merge_edge (node_a, node_b, kept, lost, reason_kind, reason_hash, at, source, by_actor) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
            params![edge.a, edge.b, kept, lost, &edge.reason.map_or_else(|| "manual".to_owned(), |r| r.identifier.kind.name()), edge.reason.map(|r| &r.hash), edge.at, edge.source, edge.by],
            |row| row.int(0),
        )?;
        self.note(
            tx,
            &format!("merge:{id}"),
            "Person Merged",
            kept,
            edge.at,
            serde_json::json!({ "kept": self.id(kept), "merged": self.id(lost) }),
        );
        let mut nodes = self.members(tx, work, kept)?.to_vec();
        nodes.sort_unstable();
        Ok(Merged { edge: id, kept, lost, nodes })
    }

    /// Merges two people because somebody says so. A declaration that they differ is withdrawn by it.
    pub fn merge(&self, tx: &mut Tx<'_>, a: PersonNum, b: PersonNum, by: &str, now: Time) -> Result<Merged, Refusal> {
        let roots = self.roots(tx, &[a, b])?;
        if roots[0] == roots[1] {
            return Err(Refusal::conflict(
                "already_one",
                "These are already one person.",
                "这两个档案已经是同一个人。",
            ));
        }
        self.refuse_erased(tx, &roots)?;
        let rules = self.rules();
        let mut work = Work::default();
        let members: Vec<i64> =
            [self.nodes(tx, roots[0])?, self.nodes(tx, roots[1])?].concat().into_iter().map(i64::from).collect();
        tx.execute(
            &format!("DELETE FROM person_split WHERE {} AND {}", tx.any("a", 1), tx.any("b", 1)),
            params![&members],
        )?;
        let edge = NewEdge { a: roots[0], b: roots[1], reason: None, source: "console", by, at: now };
        let merged = self.join(tx, &rules, &mut work, roots[0], roots[1], &edge)?;
        self.remember_moves(tx, work.moved);
        Ok(merged)
    }

    /// The two people an un-merge would leave. Nothing is changed.
    pub fn preview_split(&self, tx: &mut Tx<'_>, edge: i64) -> Result<Split, Refusal> {
        let edge = self.edge(tx, edge)?;
        if edge.undone_at.is_some() {
            return Err(Refusal::conflict("already_undone", "This merge was undone before.", "该合并已被撤销。"));
        }
        let root = self.roots(tx, &[edge.node_a])?[0];
        self.refuse_erased(tx, &[root])?;
        let nodes = self.nodes(tx, root)?;
        let others: Vec<Edge> =
            self.edges(tx, &nodes)?.into_iter().filter(|e| e.undone_at.is_none() && e.id != edge.id).collect();
        let right = reachable(edge.node_b, &others);
        let (right_nodes, left_nodes): (Vec<_>, Vec<_>) = nodes.iter().copied().partition(|node| right.contains(node));
        if left_nodes.is_empty() || right_nodes.is_empty() {
            return Err(Refusal::internal("the edges of a person form no tree"));
        }
        let left = self.root_for(tx, &left_nodes, root, &edge, &others)?;
        let right = self.root_for(tx, &right_nodes, root, &edge, &others)?;
        Ok(Split { left, left_nodes, right, right_nodes })
    }

    /// Takes a merge back. What each side brought returns to it, what came later follows the identifier it came with, and the two are not
    /// merged again by a rule.
    pub fn split(&self, tx: &mut Tx<'_>, edge_id: i64, by: &str, reason: &str, now: Time) -> Result<Split, Refusal> {
        let node = self.edge(tx, edge_id)?.node_a;
        let root = self.roots(tx, &[node])?[0];
        // Who merges, attaches or splits this person at the same time waits for this lock, or made us wait and is found out by it.
        self.refuse_erased(tx, &[root])?;
        self.lock_living(tx, &[i64::from(root)], "UPDATE")?;
        let split = self.preview_split(tx, edge_id)?;
        let edge = self.edge(tx, edge_id)?;
        for (root, nodes) in [(split.left, &split.left_nodes), (split.right, &split.right_nodes)] {
            let list: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
            tx.execute(
                &format!("UPDATE person SET root = $2 WHERE {} AND root <> $2", tx.any("num", 1)),
                params![&list, root],
            )?;
            self.remember_moves(tx, nodes.iter().map(|node| (*node, root)));
        }
        tx.execute(
            "UPDATE merge_edge SET undone_at = $1, undone_by = $2, undo_reason = $3 WHERE id = $4",
            params![now, by, reason, edge_id],
        )?;
        let (a, b) = (edge.node_a.min(edge.node_b), edge.node_a.max(edge.node_b));
        tx.execute("INSERT INTO person_split (a, b, at, by_actor) VALUES ($1, $2, $3, $4) ON CONFLICT (a, b) DO UPDATE SET at = excluded.at, by_actor = excluded.by_actor", params![a, b, now, by])?;
        for (side, other) in [(split.left, split.right), (split.right, split.left)] {
            self.note(
                tx,
                &format!("split:{edge_id}:{side}"),
                "Person Split",
                side,
                now,
                serde_json::json!({ "from": self.id(other) }),
            );
        }
        Ok(split)
    }

    /// Who a side is called after. One side keeps the person's id; the other gets back the id it had before this merge, if nothing joined
    /// it since; otherwise its strongest identifier decides, as it would if the side were merged anew.
    fn root_for(
        &self,
        tx: &mut Tx<'_>,
        nodes: &[PersonNum],
        root: PersonNum,
        edge: &Edge,
        others: &[Edge],
    ) -> Result<PersonNum, DbError> {
        if nodes.contains(&root) {
            return Ok(root);
        }
        let grew = others.iter().any(|other| other.id > edge.id && nodes.contains(&other.node_a));
        if let Some(before) = [edge.lost, edge.kept].into_iter().find(|num| nodes.contains(num)).filter(|_| !grew) {
            return Ok(before);
        }
        let rules = self.rules();
        let mut best = (i64::MAX, nodes.iter().copied().min().unwrap_or(root));
        for row in self.identifiers(tx, nodes)? {
            best = best.min((Kind::parse(&row.kind).map_or(i64::MAX, |kind| rules.of(&kind).priority), row.num));
        }
        Ok(best.1)
    }

    pub(crate) fn refuse_erased(&self, tx: &mut Tx<'_>, nums: &[PersonNum]) -> Result<(), Refusal> {
        let list: Vec<i64> = nums.iter().map(|num| i64::from(*num)).collect();
        let gone = tx.opt(
            &format!("SELECT num FROM person WHERE state <> 0 AND {}", tx.any("num", 1)),
            params![&list],
            |row| row.num(0),
        )?;
        if gone.is_some() { Err(crate::erased()) } else { Ok(()) }
    }

    pub fn edge(&self, tx: &mut Tx<'_>, id: i64) -> Result<Edge, Refusal> {
        let found = tx.opt(&format!("{EDGE} WHERE id = $1"), params![id], edge_row)?;
        found.ok_or_else(|| Refusal::not_found("merge_unknown", "There is no such merge.", "没有找到该合并记录。"))
    }
    /// Every merge these nodes took part in, undone ones included, newest first.
    pub fn edges(&self, tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<Vec<Edge>, DbError> {
        let list: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let sql = format!("{EDGE} WHERE {} OR {} ORDER BY id DESC", tx.any("node_a", 1), tx.any("node_b", 1));
        tx.query(&sql, params![&list], edge_row)
    }
    pub fn conflicts(&self, tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<Vec<Conflict>, DbError> {
        let list: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let sql = format!(
            "SELECT num, code, kind, other, at, times FROM identity_conflict WHERE {} ORDER BY at DESC LIMIT 200",
            tx.any("num", 1)
        );
        tx.query(&sql, params![&list], |row| {
            Ok(Conflict {
                num: row.num(0)?,
                code: row.text(1)?,
                kind: row.text(2)?,
                other: row.num(3)?,
                at: row.time(4)?,
                times: row.int(5)?,
            })
        })
    }
    pub fn conflict_count(&self, tx: &mut Tx<'_>) -> Result<i64, DbError> {
        tx.one("SELECT COUNT(*) FROM identity_conflict", &[], |row| row.int(0))
    }
    /// Pairs declared different: (a, b, when, by).
    pub fn splits(
        &self,
        tx: &mut Tx<'_>,
        nodes: &[PersonNum],
    ) -> Result<Vec<(PersonNum, PersonNum, Time, String)>, DbError> {
        let list: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let sql = format!(
            "SELECT a, b, at, by_actor FROM person_split WHERE {} OR {} ORDER BY at DESC",
            tx.any("a", 1),
            tx.any("b", 1)
        );
        tx.query(&sql, params![&list], |row| Ok((row.num(0)?, row.num(1)?, row.time(2)?, row.text(3)?)))
    }
    pub fn merge_count(&self, tx: &mut Tx<'_>) -> Result<i64, DbError> {
        tx.one("SELECT COUNT(*) FROM merge_edge WHERE undone_at IS NULL", &[], |row| row.int(0))
    }

    /// Appends an event of the platform's own. The id names the act, so a repeated act is one event.
    pub(crate) fn note(
        &self,
        tx: &mut Tx<'_>,
        message_id: &str,
        name: &str,
        person: PersonNum,
        now: Time,
        properties: serde_json::Value,
    ) {
        let body = serde_json::json!({ "properties": properties }).to_string();
        self.inner.log.append(
            tx,
            Event {
                message_id: message_id.to_owned(),
                kind: EventKind::System,
                name: name.to_owned(),
                person,
                at: now,
                received_at: now,
                source: "people".to_owned(),
                body,
            },
        );
    }
}

const EDGE: &str = "SELECT id, node_a, node_b, kept, lost, reason_kind, reason_hash, at, source, by_actor, undone_at, undone_by, undo_reason FROM merge_edge";

fn edge_row(row: siyu_db::RowRef<'_>) -> Result<Edge, DbError> {
    Ok(Edge {
        id: row.int(0)?,
        node_a: row.num(1)?,
        node_b: row.num(2)?,
        kept: row.num(3)?,
        lost: row.num(4)?,
        reason_kind: row.text(5)?,
        reason_hash: row.opt_blob(6)?,
        at: row.time(7)?,
        source: row.text(8)?,
        by: row.text(9)?,
        undone_at: row.opt_time(10)?,
        undone_by: row.opt_text(11)?,
        undo_reason: row.opt_text(12)?,
    })
}

fn reachable(from: PersonNum, edges: &[Edge]) -> FxHashSet<PersonNum> {
    let mut seen = FxHashSet::from_iter([from]);
    let mut todo = vec![from];
    while let Some(node) = todo.pop() {
        for edge in edges {
            for next in [(edge.node_a == node).then_some(edge.node_b), (edge.node_b == node).then_some(edge.node_a)]
                .into_iter()
                .flatten()
            {
                if seen.insert(next) {
                    todo.push(next);
                }
            }
        }
    }
    seen
}
