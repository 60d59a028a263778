//! Tags and tasks: done in the unit that hands them on.

use crate::Plays;
use crate::said::{TagSaid, TaskSaid, parse};
use crate::world::failed;
use siyu_db::Tx;
use siyu_guides::TaskIn;
use siyu_journeys::{Answer, Effect, Order, Outcome};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_people::{Tag, TagKind, TagMark};
use siyu_sops::{Depth, grade_of};
use std::collections::BTreeMap;

/// Errors: `tag_unknown`, `tag_by_rule`.
pub fn tag_of(own: &Plays, tx: &mut Tx<'_>, said: &TagSaid) -> Result<Tag, Refusal> {
    let tag = own.inner.people.tag(tx, &said.tag)?;
    if tag.kind == TagKind::Rule {
        let en = "This tag is given and taken by its rule; choose another one.";
        return Err(Refusal::conflict("tag_by_rule", en, "该标签由规则自动维护，请选择其他标签。"));
    }
    Ok(tag)
}

impl Plays {
    /// Those of one node in one go. Answers in the places of the effects; what is no tag has none that counts.
    pub(crate) fn tag_all(&self, tx: &mut Tx<'_>, effects: &[Effect], now: Time) -> Result<Vec<Answer>, Refusal> {
        let mut answers = vec![Answer::Now(Outcome::Done); effects.len()];
        let mut nodes: BTreeMap<(u32, &str), Vec<usize>> = BTreeMap::new();
        for (at, own) in effects.iter().enumerate().filter(|(_, own)| own.kind == "tag" && own.order == Order::Do) {
            nodes.entry((own.version, &own.node)).or_default().push(at);
        }
        for places in nodes.into_values() {
            let people: Vec<PersonNum> = places.iter().map(|at| effects[*at].root).collect();
            let answer = match self.tag(tx, &effects[places[0]], &people, now) {
                Ok(()) => Answer::Now(Outcome::Done),
                Err(refusal) => failed(refusal)?,
            };
            for at in places {
                answers[at] = answer.clone();
            }
        }
        Ok(answers)
    }
    fn tag(&self, tx: &mut Tx<'_>, own: &Effect, people: &[PersonNum], now: Time) -> Result<(), Refusal> {
        let said: TagSaid = parse(&own.with)?;
        let tag = tag_of(self, tx, &said)?;
        let mark = TagMark { by: &own.journey, source: "journey", why: &own.journey_name, expires_at: None };
        if said.remove {
            let nodes = self.inner.people.nodes_of(tx, people)?;
            let nodes: Vec<PersonNum> = nodes.into_iter().map(|(node, _)| node).collect();
            self.inner.people.take_tag(tx, tag.num, &nodes, &mark, now)?;
        } else {
            self.inner.people.give_tag(tx, tag.num, people, &mark, now)?;
        }
        Ok(())
    }

    pub(crate) fn task(&self, tx: &mut Tx<'_>, own: &Effect, now: Time) -> Result<Answer, Refusal> {
        let guides = &self.inner.guides;
        match own.order {
            Order::Do => self.give(tx, own).or_else(failed),
            Order::Nudge => guides.nudge(tx, &own.about.show(), now).map(|()| Answer::Now(Outcome::Done)),
            Order::Reassign => {
                let depth = parse::<TaskSaid>(&own.with).map_or_else(|_| Depth::default(), |said| said.depth);
                let fits = |tx: &mut Tx<'_>, staff: &str| Ok(depth.is_for(grade_of(tx, staff)?));
                guides.pass_on(tx, &own.about.show(), own.deadline, fits, now).map(|_| Answer::Now(Outcome::Done))
            }
            Order::Withdraw => guides.take_back(tx, &own.about.show(), now).map(|()| Answer::Now(Outcome::Done)),
        }
    }
    fn give(&self, tx: &mut Tx<'_>, own: &Effect) -> Result<Answer, Refusal> {
        let said: TaskSaid = parse(&own.with)?;
        let friends = self.inner.contacts.last_friends(tx, &[own.root])?;
        let Some((_, staff)) = friends.into_values().next() else {
            return Ok(Answer::Now(Outcome::Failed("no_friend".into())));
        };
        // It is not the guide who lets it be: whoever follows up the numbers sees why nobody was asked.
        if !said.depth.is_for(grade_of(tx, &staff)?) {
            return Ok(Answer::Now(Outcome::Skipped("grade".into())));
        }
        let task = TaskIn {
            staff,
            kind: said.kind,
            num: Some(own.root),
            chat: None,
            text: said.title,
            due_at: own.deadline,
            source: "journey".to_owned(),
            origin: Some(own.key.show()),
            by: own.journey_name.clone(),
        };
        self.inner.guides.give(tx, &task)?;
        Ok(Answer::Later)
    }
}
