//! Messages: gathered by node, then one message of staff's for all of them, through the gate.

use crate::said::{MessageSaid, parse};
use crate::world::failed;
use crate::{Plays, refuse};
use siyu_contacts::Ran;
use siyu_db::{Param, Tx, params};
use siyu_direct::DirectIn;
use siyu_journeys::{Answer, Effect, EffectKey, Outcome, Told, told};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_reach::content::Content;
use siyu_reach::{MessageIn, Terms, Track};
use std::collections::{BTreeMap, BTreeSet};

/// As many people of a node become one message: they are decided in the unit that makes it.
const TOGETHER: i64 = 4_000;
const NAME_CHARS_MAX: usize = 60;

struct Gathering {
    journey: u32,
    version: u32,
    node: String,
    of: String,
    name: String,
    said: String,
}

/// What is said, and the material and version it was taken from.
pub(crate) struct Words {
    content: Content,
    material: Option<(String, i64)>,
    /// Said by mail or SMS instead.
    direct: Option<siyu_direct::Content>,
}

impl Plays {
    pub(crate) fn gather<'e>(
        &self,
        tx: &mut Tx<'_>,
        effects: impl Iterator<Item = &'e Effect>,
        now: Time,
    ) -> Result<(), Refusal> {
        let mut nodes: BTreeMap<(u32, u32, &str), Vec<&Effect>> = BTreeMap::new();
        for own in effects {
            nodes.entry((own.key.journey, own.version, &own.node)).or_default().push(own);
        }
        for ((journey, version, node), mut effects) in nodes {
            effects.sort_unstable_by_key(|own| own.key);
            let rows: Vec<[Param<'_>; 7]> = effects
                .iter()
                .map(|own| {
                    let EffectKey { num, entry, step, .. } = own.key;
                    [
                        journey.into(),
                        num.into(),
                        entry.into(),
                        step.into(),
                        version.into(),
                        node.into(),
                        own.root.into(),
                    ]
                })
                .collect();
            tx.bulk("INSERT INTO play_message (journey, num, entry, step, version, node, root)", "", &rows)?;
            let first = effects[0];
            let minutes = parse::<MessageSaid>(&first.with).map_or(0, |said| said.gather_minutes);
            let name = if first.node_name.is_empty() {
                first.journey_name.clone()
            } else {
                format!("{} · {}", first.journey_name, first.node_name)
            };
            let name: String = name.chars().take(NAME_CHARS_MAX).collect();
            // Whoever came first has waited for the others: the time is not put off.
            tx.execute(
                "INSERT INTO play_gathering (journey, version, node, of, name, said, due_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (journey, version, node) DO NOTHING",
                params![journey, version, node, &first.journey, &name, &first.with.to_string(), now.plus_seconds(minutes * 60)],
            )?;
        }
        Ok(())
    }

    /// Takes back what is still here, and of what is in a message those nobody has been asked for yet.
    pub(crate) fn withdraw_messages<'e>(
        &self,
        tx: &mut Tx<'_>,
        effects: impl Iterator<Item = &'e Effect>,
        now: Time,
    ) -> Result<(), Refusal> {
        let mut sent: BTreeMap<String, Vec<PersonNum>> = BTreeMap::new();
        for own in effects {
            let EffectKey { journey, num, entry, step } = own.about;
            let sql = "DELETE FROM play_message WHERE journey = $1 AND num = $2 AND entry = $3 AND step = $4 RETURNING message, root";
            let row = tx.opt(sql, params![journey, num, entry, step], |row| Ok((row.opt_text(0)?, row.num(1)?)))?;
            if let Some((Some(message), root)) = row {
                sent.entry(message).or_default().push(root);
            }
        }
        for (message, people) in sent {
            if self.inner.direct.knows(tx, &message)? {
                self.inner.direct.withdraw(tx, &message, &people, now)?;
            } else {
                self.inner.reach.withdraw_from_message(tx, &message, &people, now)?;
            }
        }
        Ok(())
    }

    /// One unit of what has gathered long enough. The caller holds the lease.
    pub fn work_messages(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let sql = "SELECT journey, version, node, of, name, said, due_at FROM play_gathering ORDER BY due_at, journey, version, node LIMIT 1";
        let next = self.inner.db.read(|tx| {
            Ok(tx.opt(sql, &[], |row| {
                let own = Gathering {
                    journey: row.num(0)?,
                    version: row.num(1)?,
                    node: row.text(2)?,
                    of: row.text(3)?,
                    name: row.text(4)?,
                    said: row.text(5)?,
                };
                Ok((own, row.time(6)?))
            })?)
        })?;
        let Some((own, due)) = next else { return Ok(Ran::Nothing) };
        if due > now {
            return Ok(Ran::Waits(due));
        }
        let plays = self.clone();
        self.inner.db.transact(move |tx| plays.send(tx, &own, now))?;
        Ok(Ran::Went)
    }
    fn send(&self, tx: &mut Tx<'_>, own: &Gathering, now: Time) -> Result<(), Refusal> {
        let sql = "SELECT num, entry, step FROM play_message WHERE journey = $1 AND version = $2 AND node = $3 AND message IS NULL ORDER BY num, entry, step LIMIT $4";
        let keys = tx.query(sql, params![own.journey, own.version, &own.node, TOGETHER], |row| {
            Ok(EffectKey { journey: own.journey, num: row.num(0)?, entry: row.num(1)?, step: row.num(2)? })
        })?;
        if (keys.len() as i64) < TOGETHER {
            let sql = "DELETE FROM play_gathering WHERE journey = $1 AND version = $2 AND node = $3";
            tx.execute(sql, params![own.journey, own.version, &own.node])?;
        }
        if keys.is_empty() {
            return Ok(());
        }
        let (said, words) = match self.sayable(tx, &own.said) {
            Ok(sayable) => sayable,
            Err(refusal) => {
                let Answer::Now(outcome) = failed(refusal)? else { return Ok(()) };
                return self.tell(tx, &keys, &outcome);
            }
        };
        let nums: Vec<PersonNum> = keys.iter().map(|key| key.num).collect();
        let roots = self.inner.people.roots(tx, &nums)?;
        let mut once = BTreeSet::new();
        let (own_keys, again): (Vec<_>, Vec<_>) = keys.into_iter().zip(roots).partition(|(_, root)| once.insert(*root));
        // Two who became one are sent it once.
        let again: Vec<EffectKey> = again.into_iter().map(|(key, _)| key).collect();
        self.tell(tx, &again, &Outcome::Skipped("duplicate".into()))?;
        let id = self.inner.reach.message_id(now);
        let rows: Vec<[Param<'_>; 8]> = own_keys
            .iter()
            .map(|(key, root)| {
                let EffectKey { journey, num, entry, step } = *key;
                let node = Param::from(&own.node);
                [
                    journey.into(),
                    num.into(),
                    entry.into(),
                    step.into(),
                    own.version.into(),
                    node,
                    (*root).into(),
                    (&id).into(),
                ]
            })
            .collect();
        tx.bulk(
            "INSERT INTO play_message (journey, num, entry, step, version, node, root, message)",
            "ON CONFLICT (journey, num, entry, step) DO UPDATE SET root = excluded.root, message = excluded.message",
            &rows,
        )?;
        let terms = Terms {
            kind: "journey",
            class: said.class(),
            worth: said.worth,
            holdout: 0.0,
            per_hour: 0,
            start: now,
            expires: now.plus_days(said.expires_days),
        };
        let people = own_keys.into_iter().map(|(_, root)| root).collect();
        if let Some(content) = words.direct {
            let message = DirectIn {
                name: own.name.clone(),
                contents: vec![content],
                people,
                audience: String::new(),
                by: own.of.clone(),
                asked_by: own.of.clone(),
                test: None,
            };
            return self.inner.direct.create(tx, &id, &message, &terms, now).map(drop);
        }
        let message = MessageIn {
            name: own.name.clone(),
            content: self.counting(tx, &words, now)?,
            people,
            audience: String::new(),
            by: own.of.clone(),
        };
        self.inner.reach.create_message_as(tx, &id, &message, &[], &terms, now)?;
        let material = words.material.as_ref().map(|(id, version)| (id.as_str(), *version));
        self.inner.reach.material_used(tx, material, "message", &id, now)
    }
    /// What a node says, as long as it can be said: a file may be gone meanwhile.
    fn sayable(&self, tx: &mut Tx<'_>, said: &str) -> Result<(MessageSaid, Words), Refusal> {
        let said: MessageSaid = parse(&serde_json::from_str(said).map_err(Refusal::internal)?)?;
        let words = self.words(tx, &said)?;
        Ok((said, words))
    }
    /// The content, or the approved version of the material, as far as it can be said to many.
    ///
    /// Errors: those of contents, `message_variable`, `material_unknown`, `material_unapproved`, `journey_node_invalid`.
    pub(crate) fn words(&self, tx: &mut Tx<'_>, said: &MessageSaid) -> Result<Words, Refusal> {
        let reach = &self.inner.reach;
        if let Some(direct) = said.direct()? {
            self.inner.direct.check_content(tx, &direct, said.class())?;
            return Ok(Words { content: Content::default(), material: None, direct: Some(direct) });
        }
        let (content, material) = match said.material.as_deref().filter(|id| !id.is_empty()) {
            None => (said.content.clone(), None),
            Some(_) if said.content != Content::default() => {
                return Err(refuse::said(
                    "material",
                    "Give either a content or a material.",
                    "content 与 material 只能填写其中一项。",
                ));
            }
            Some(id) => {
                let (version, content) = reach.approved_material(tx, id)?;
                (content, Some((id.to_owned(), version)))
            }
        };
        reach.check_message_content(tx, &content)?;
        Ok(Words { content, material, direct: None })
    }
    /// What goes out: links of a material count who comes, as soon as it is known at which address we are reached.
    fn counting(&self, tx: &mut Tx<'_>, words: &Words, now: Time) -> Result<Content, Refusal> {
        let Some((material, version)) = &words.material else { return Ok(words.content.clone()) };
        let base = self.inner.guides.settings(tx)?.address;
        let track = Track { material, version: *version, base: &base, person: None, staff: "" };
        self.inner.reach.tracked(tx, &words.content, &track, None, now)
    }
    fn tell(&self, tx: &mut Tx<'_>, keys: &[EffectKey], outcome: &Outcome) -> Result<(), Refusal> {
        for EffectKey { journey, num, entry, step } in keys {
            let sql = "DELETE FROM play_message WHERE journey = $1 AND num = $2 AND entry = $3 AND step = $4";
            tx.execute(sql, params![*journey, *num, *entry, *step])?;
        }
        let list: Vec<Told> = keys.iter().map(|key| Told { key: *key, outcome: outcome.clone() }).collect();
        if list.is_empty() { Ok(()) } else { told(tx, &list) }
    }
}
