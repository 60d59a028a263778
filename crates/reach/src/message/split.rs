//! A message as it is made: for whom, by what terms, and what it would become.

use super::decide::Ways;
use super::{GATHERING, TO_MAKE};
use crate::content::Content;
use crate::{Reach, refuse};
use siyu_db::{Tx, params};
use siyu_gate::{Candidate, Channel, Class, End, RunIn, Spec, Verdict};
use siyu_kernel::{PersonNum, Refusal, Time, new_id};
use std::collections::{BTreeMap, BTreeSet};

/// A message as it is given.
#[derive(Clone, Debug)]
pub struct MessageIn {
    pub name: String,
    pub content: Content,
    /// By the number each has now.
    pub people: Vec<PersonNum>,
    /// Where they come from: an audience's id, or nothing.
    pub audience: String,
    pub by: String,
}

/// How it stands before the gate.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    pub kind: &'static str,
    pub class: Class,
    /// What reaching somebody is worth, for the contest.
    pub worth: f64,
    /// Per cent left out to measure the effect.
    pub holdout: f64,
    /// People let through in an hour; 0 is as fast as it goes.
    pub per_hour: i64,
    pub start: Time,
    pub expires: Time,
}

/// A message that is not confirmed by then is no news any more.
const EXPIRES_DAYS: i64 = 3;

impl Terms {
    /// Of a message somebody makes by hand, now.
    pub fn plain(now: Time) -> Self {
        Self {
            kind: "message",
            class: Class::Marketing,
            worth: 1.0,
            holdout: 0.0,
            per_hour: 0,
            start: now,
            expires: now.plus_days(EXPIRES_DAYS),
        }
    }
}

/// What a message would become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    pub people: usize,
    pub staff: Vec<Share>,
    /// By reason: those the gate would hold now and look at again while the message lives.
    pub waiting: BTreeMap<String, usize>,
    /// By reason: those nobody can send to, and those the gate skips.
    pub skipped: BTreeMap<String, usize>,
    /// Had a mass message already, and WeCom lets them have no other one now.
    pub had_today: usize,
}

/// What one member of staff would be asked to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    pub userid: String,
    pub name: String,
    pub store: String,
    pub people: usize,
}

const PEOPLE_MAX: usize = 5_000_000;
const AT_ONCE: usize = 4_000;
/// As many are decided in the unit that makes the message; more are decided behind it, in units of their own.
const INLINE_MAX: usize = AT_ONCE;

impl Reach {
    /// What it would become; nothing is kept. Errors: those of the content, `message_people`, `message_name`.
    pub fn split_message(&self, tx: &mut Tx<'_>, input: &MessageIn, now: Time) -> Result<Split, Refusal> {
        self.split_by(tx, input, &Terms::plain(now), now)
    }
    /// As it would be at the start of these terms, with what people have had until now.
    pub fn split_by(&self, tx: &mut Tx<'_>, input: &MessageIn, terms: &Terms, now: Time) -> Result<Split, Refusal> {
        self.check_message(tx, input)?;
        let roots = self.whom(tx, &input.people)?;
        let (_, zone) = self.parts().beside.brand(tx)?;
        let (class, worth, holdout, expires) = (terms.class, terms.worth, terms.holdout, terms.expires);
        let spec = Spec { run: 0, class, channel: Channel::Wecom, worth, holdout, expires };
        let mut split = Split { people: roots.len(), ..Split::default() };
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for some in roots.chunks(AT_ONCE) {
            let mut ways = self.ways(tx, some)?;
            let judged = self.parts().gate.look(tx, &spec, &candidates(some, &ways), &zone, now.max(terms.start))?;
            for own in judged {
                match own.verdict {
                    Verdict::Go { .. } => {
                        let staff = ways.remove(&own.num).map(|(_, staff)| staff).unwrap_or_default();
                        *counts.entry(staff).or_default() += 1;
                    }
                    Verdict::Wait { because, .. } => {
                        split.had_today += usize::from(because == "quota");
                        *split.waiting.entry(because.to_owned()).or_default() += 1;
                    }
                    Verdict::Skip(reason) => {
                        split.had_today += usize::from(reason == "quota");
                        *split.skipped.entry(reason.to_owned()).or_default() += 1;
                    }
                }
            }
        }
        for (staff, people) in counts {
            let own = self.parts().contacts.colleague(tx, &staff)?;
            split.staff.push(Share { userid: own.userid, name: own.name, store: own.store, people });
        }
        Ok(split)
    }

    /// Keeps a message and whom it is for. A small one is decided in this unit, so that its tasks are there when it returns; a large one behind it.
    ///
    /// Errors: as [`Reach::split_message`], `message_nobody`.
    pub fn create_message(&self, tx: &mut Tx<'_>, input: &MessageIn, now: Time) -> Result<String, Refusal> {
        self.create_message_by(tx, input, &[], &Terms::plain(now), now)
    }
    /// `variants`: what is said instead to parts of the people, beside the message's own content.
    pub fn create_message_by(
        &self,
        tx: &mut Tx<'_>,
        input: &MessageIn,
        variants: &[Content],
        terms: &Terms,
        now: Time,
    ) -> Result<String, Refusal> {
        let id = self.message_id(now);
        let nobody = self.create_message_as(tx, &id, input, variants, terms, now)?;
        if nobody { Err(refuse::nobody()) } else { Ok(id) }
    }
    /// For whoever has to know the id before anybody is decided: [`Reach::create_message_as`].
    pub fn message_id(&self, now: Time) -> String {
        new_id("msg", now, &self.parts().chance)
    }
    /// Answers whether everybody was decided and nobody is anybody's friend.
    pub fn create_message_as(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        input: &MessageIn,
        variants: &[Content],
        terms: &Terms,
        now: Time,
    ) -> Result<bool, Refusal> {
        self.create_message_testing(tx, id, input, variants, terms, 1.0, now)
    }
    /// As [`Reach::create_message_as`]; only this `share` of the people has its turn at once, the rest is held back.
    #[allow(clippy::too_many_arguments, reason = "what a message is made of")]
    pub(crate) fn create_message_testing(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        input: &MessageIn,
        variants: &[Content],
        terms: &Terms,
        share: f64,
        now: Time,
    ) -> Result<bool, Refusal> {
        self.check_message(tx, input)?;
        let people = self.whom(tx, &input.people)?;
        let (people, held) = if share < 1.0 {
            crate::split_for_test(&self.parts().vault, id, people, share)
        } else {
            (people, Vec::new())
        };
        let mut files = input.content.files();
        for content in variants {
            self.check_message_content(tx, content)?;
            files.extend(content.files());
        }
        files.sort_unstable();
        files.dedup();
        let files = serde_json::to_string(&files).map_err(Refusal::internal)?;
        tx.execute(
            "INSERT INTO message (id, name, content, files, audience, state, created_at, created_by) VALUES ($1, $2, $3, $4, $5, 'running', $6, $7)",
            params![id, input.name.trim(), &self.seal(&input.content)?, &files, &input.audience, now, &input.by],
        )?;
        for (at, content) in variants.iter().enumerate() {
            tx.execute(
                "INSERT INTO message_variant (message, variant, content) VALUES ($1, $2, $3)",
                params![id, at as i64 + 1, &self.seal(content)?],
            )?;
        }
        let run = RunIn {
            id: id.to_owned(),
            kind: terms.kind,
            name: input.name.trim().to_owned(),
            class: terms.class,
            channel: Channel::Wecom,
            worth: terms.worth,
            holdout: terms.holdout,
            per_hour: terms.per_hour,
            start: terms.start,
            expires: terms.expires,
            by: input.by.clone(),
        };
        let run = self.parts().gate.create_run_holding(tx, &run, &people, &held, now)?;
        if people.len() <= INLINE_MAX && terms.start <= now && terms.per_hour == 0 {
            let due = siyu_gate::Due::Part(id.to_owned());
            let judged = self.decide_due(tx, &due, now)?;
            self.gathered(tx, &run.id, now)?;
            return Ok(held.is_empty() && judged.iter().all(|own| own.verdict == Verdict::Skip("no_friend")));
        }
        Ok(false)
    }
    /// Of these people those who have not been asked for at WeCom yet are not sent it any more: skipped, as `withdrawn`. With whom a member of staff
    /// has been asked to send it to, it stays.
    pub fn withdraw_from_message(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        people: &[PersonNum],
        now: Time,
    ) -> Result<(), Refusal> {
        const WHY: &str = "withdrawn";
        let list: Vec<i64> = people.iter().map(|num| i64::from(*num)).collect();
        let sql = format!("SELECT num, contact, task FROM message_person WHERE message = $1 AND {}", tx.any("num", 2));
        let asked: Vec<(PersonNum, String, i64)> =
            tx.query(&sql, params![id, &list], |row| Ok((row.num(0)?, row.text(1)?, row.int(2)?)))?;
        for task in self.message_tasks(tx, id)?.into_iter().filter(|task| [TO_MAKE, GATHERING].contains(&task.raw)) {
            let own = asked.iter().filter(|(.., of)| *of == task.id).map(|(_, contact, _)| contact.clone());
            let own: Vec<String> = own.collect();
            self.end_people(tx, &task, Some(&own), super::SKIPPED, WHY, now)?;
        }
        let rest = people.iter().copied().filter(|num| asked.iter().all(|(own, ..)| own != num));
        let gone = self.parts().gate.skipped(tx, id, &rest.collect::<Vec<_>>(), WHY, now)?;
        let ends: Vec<_> = gone.into_iter().map(|num| (num, End::Skipped, WHY)).collect();
        self.parts().ends.ended(tx, id, &ends)
    }

    fn check_message(&self, tx: &mut Tx<'_>, input: &MessageIn) -> Result<(), Refusal> {
        let chars = input.name.trim().chars().count();
        if !(1..=60).contains(&chars) || input.name.chars().any(char::is_control) {
            return Err(refuse::message_name());
        }
        if input.people.is_empty() || input.people.len() > PEOPLE_MAX {
            return Err(refuse::message_people(PEOPLE_MAX));
        }
        self.check_message_content(tx, &input.content)
    }
    /// Whether a content can be said in a message for many.
    ///
    /// Errors: those of contents, `message_variable`.
    pub fn check_message_content(&self, tx: &mut Tx<'_>, content: &Content) -> Result<(), Refusal> {
        content.check("content")?;
        // A task says the same to all of its customers.
        for beginning in ["customer.", "channel"] {
            if content.mentions(beginning) {
                return Err(refuse::message_variable());
            }
        }
        self.check_files(tx, content, "content")
    }

    /// Each person once, by number.
    pub(crate) fn whom(&self, tx: &mut Tx<'_>, people: &[PersonNum]) -> Result<Vec<PersonNum>, Refusal> {
        let mut roots: Vec<PersonNum> = Vec::with_capacity(people.len());
        for some in people.chunks(AT_ONCE) {
            roots.extend(self.parts().people.roots(tx, some)?);
        }
        Ok(roots.into_iter().collect::<BTreeSet<_>>().into_iter().collect())
    }
}

pub(super) fn candidates(nums: &[PersonNum], ways: &Ways) -> Vec<Candidate> {
    let unreachable = |num| (!ways.contains_key(num)).then_some("no_friend");
    nums.iter().map(|num| Candidate { num: *num, unreachable: unreachable(num) }).collect()
}
