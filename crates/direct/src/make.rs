//! Messages as they are made, and what operators do to them.

use crate::hold::number;
use crate::settle::End as Outcome;
use crate::{Content, Direct, TO_SEND, refuse};
use siyu_db::{Param, Tx, params};
use siyu_gate::{Channel, Class, Due, RunChange, RunIn, RunRow, Spec, Verdict};
use siyu_kernel::{PersonNum, Refusal, Time};
use siyu_reach::content::Values;
use siyu_reach::{ContentTestIn, Goal, Split, Terms, keep_test, split_for_test};
use std::collections::BTreeSet;

/// A message as it is given.
#[derive(Clone, Debug)]
pub struct DirectIn {
    pub name: String,
    /// What is said; those after the first to equal parts of the people. All on one channel.
    pub contents: Vec<Content>,
    /// By the number each has now.
    pub people: Vec<PersonNum>,
    /// Where they come from: an audience's id, or nothing.
    pub audience: String,
    pub by: String,
    /// The id of whoever makes it: another one approves.
    pub asked_by: String,
    /// Of the contents: the rest of the people waits for the winner.
    pub test: Option<ContentTestIn>,
}

/// What a message would become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Nobody of staff is in it.
    pub split: Split,
    pub go: usize,
    /// Of SMS: what one, and all that go (those of a test's rest, too), would be billed as.
    pub parts_each: usize,
    pub parts: usize,
}

const PEOPLE_MAX: usize = 5_000_000;
const AT_ONCE: usize = 4_000;
const VARIANTS_MAX: usize = 5;
/// Fewer outcomes say nothing about a rate.
const BREAKER_LEAST: i64 = 50;

impl Direct {
    fn check(&self, tx: &mut Tx<'_>, input: &DirectIn, class: Class) -> Result<Channel, Refusal> {
        let chars = input.name.trim().chars().count();
        if !(1..=60).contains(&chars) || input.name.chars().any(char::is_control) {
            return Err(siyu_reach::message_name());
        }
        if input.people.is_empty() || input.people.len() > PEOPLE_MAX {
            return Err(siyu_reach::message_people(PEOPLE_MAX));
        }
        let Some(first) = input.contents.first() else {
            return Err(refuse::content("mail", "Say something.", "请填写内容。"));
        };
        if input.contents.len() > VARIANTS_MAX || input.contents.iter().any(|own| own.channel() != first.channel()) {
            let (en, zh) =
                ("Up to four other contents, on the same channel.", "除主内容外最多 4 个变体，且须为同一渠道。");
            return Err(refuse::content("variants", en, zh));
        }
        for content in &input.contents {
            content.check(tx, &*self.parts().carriers, class)?;
        }
        if input.test.is_some_and(|own| own.goal == Goal::Lost) {
            let (en, zh) = (
                "Friends are lost in WeCom: a test by mail or SMS goes by bought or revenue.",
                "流失指企业微信好友流失：邮件与短信的测试目标须为 bought 或 revenue。",
            );
            return Err(Refusal::invalid("broadcast_invalid", en, zh).field("test.goal"));
        }
        Ok(first.channel())
    }
    /// Those whose turn comes at once, and those who wait for the winner of a test.
    fn halves(&self, id: &str, input: &DirectIn, people: Vec<PersonNum>) -> (Vec<PersonNum>, Vec<PersonNum>) {
        match input.test.map(|own| own.share(input.contents.len())) {
            Some(share) if share < 1.0 => split_for_test(&self.parts().vault, id, people, share),
            _ => (people, Vec::new()),
        }
    }
    /// Each person once, by number.
    fn whom(&self, tx: &mut Tx<'_>, people: &[PersonNum]) -> Result<Vec<PersonNum>, Refusal> {
        let mut roots: Vec<PersonNum> = Vec::with_capacity(people.len());
        for some in people.chunks(AT_ONCE) {
            roots.extend(self.parts().people.roots(tx, some)?);
        }
        Ok(roots.into_iter().collect::<BTreeSet<_>>().into_iter().collect())
    }

    /// What it would become at its start, with what people have had until now. Errors: as for making it.
    pub fn plan(&self, tx: &mut Tx<'_>, input: &DirectIn, terms: &Terms, now: Time) -> Result<Plan, Refusal> {
        let channel = self.check(tx, input, terms.class)?;
        let roots = self.whom(tx, &input.people)?;
        let (_, zone) = self.parts().beside.brand(tx)?;
        let (class, worth, holdout, expires) = (terms.class, terms.worth, terms.holdout, terms.expires);
        let spec = Spec { run: 0, class, channel, worth, holdout, expires };
        let mut plan = Plan { split: Split { people: roots.len(), ..Split::default() }, ..Plan::default() };
        let (first, rest) = self.halves("plan", input, roots);
        if !rest.is_empty() {
            plan.split.waiting.insert("test_cell".to_owned(), rest.len());
        }
        for some in first.chunks(AT_ONCE) {
            let addresses = self.addresses(tx, channel, some)?;
            let candidates = Self::candidates(some, &addresses);
            for own in self.parts().gate.look(tx, &spec, &candidates, &zone, now.max(terms.start))? {
                match own.verdict {
                    Verdict::Go { .. } => plan.go += 1,
                    Verdict::Wait { because, .. } => *plan.split.waiting.entry(because.to_owned()).or_default() += 1,
                    Verdict::Skip(reason) => *plan.split.skipped.entry(reason.to_owned()).or_default() += 1,
                }
            }
        }
        for content in &input.contents {
            if let Content::Sms(own) = content {
                let template = self.parts().carriers.template(tx, &own.template)?;
                for values in [Values::samples(), Values::default()] {
                    plan.parts_each = plan.parts_each.max(own.short(&template, &values, true)?.parts);
                }
            }
        }
        // Of those who wait for the winner as many will be let through as of the others.
        let later = rest.len() * plan.go / first.len().max(1);
        plan.parts = (plan.go + later) * plan.parts_each;
        Ok(plan)
    }

    /// Keeps a message and whom it is for. A small one is decided in this unit, so that nobody can be taken back in between; a large one behind it. A broadcast to more people than the rules say waits for an approval.
    ///
    /// Errors: `message_name`, `message_people`, `direct_content`, `direct_variable`, those of templates.
    pub fn create(
        &self,
        tx: &mut Tx<'_>,
        id: &str,
        input: &DirectIn,
        terms: &Terms,
        now: Time,
    ) -> Result<RunRow, Refusal> {
        let channel = self.check(tx, input, terms.class)?;
        let people = self.whom(tx, &input.people)?;
        let gate = &self.parts().gate;
        let rules = gate.rules(tx)?.rules;
        let needs = terms.kind == "broadcast" && input.people.len() > rules.approval_above as usize;
        let breaker = if terms.kind == "broadcast" { rules.breaker_percent } else { 101.0 };
        tx.execute(
            "INSERT INTO direct_message (id, channel, name, audience, approval, asked_by, breaker, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            params![
                id,
                number(channel),
                input.name.trim(),
                &input.audience,
                if needs { "needed" } else { "none" },
                &input.asked_by,
                breaker,
                now
            ],
        )?;
        for (at, content) in input.contents.iter().enumerate() {
            tx.execute(
                "INSERT INTO direct_content (message, variant, content) VALUES ($1, $2, $3)",
                params![id, at as i64, &self.seal(content)?],
            )?;
        }
        let run = RunIn {
            id: id.to_owned(),
            kind: terms.kind,
            name: input.name.trim().to_owned(),
            class: terms.class,
            channel,
            worth: terms.worth,
            holdout: terms.holdout,
            per_hour: terms.per_hour,
            start: terms.start,
            expires: terms.expires,
            by: input.by.clone(),
        };
        let (people, held) = self.halves(id, input, people);
        if let Some(test) = input.test {
            keep_test(tx, id, test)?;
        }
        let run = gate.create_run_holding(tx, &run, &people, &held, now)?;
        if needs {
            return gate.change_run(tx, id, RunChange::Pause, now);
        }
        if people.len() <= AT_ONCE && terms.start <= now && terms.per_hour == 0 {
            self.decide(tx, &Due::Part(id.to_owned()), now)?;
        }
        Ok(run)
    }

    fn running(&self, tx: &mut Tx<'_>, id: &str) -> Result<RunRow, Refusal> {
        self.row(tx, id)?;
        let run = self.parts().gate.run(tx, id)?;
        if run.ended_at.is_some() || run.state == "cancelled" { Err(siyu_reach::message_over()) } else { Ok(run) }
    }
    /// Stops what no carrier has been asked for yet. Errors: `broadcast_unknown`, `message_over`.
    pub fn cancel(&self, tx: &mut Tx<'_>, id: &str, now: Time) -> Result<(), Refusal> {
        self.running(tx, id)?;
        // Those who were let through are skipped behind it, some hundred at a time.
        self.parts().gate.change_run(tx, id, RunChange::Cancel, now).map(drop)
    }
    /// Errors: `broadcast_unknown`, `message_over`; resuming: `broadcast_unapproved`.
    pub fn pause(&self, tx: &mut Tx<'_>, id: &str, pause: bool, now: Time) -> Result<(), Refusal> {
        self.running(tx, id)?;
        if !pause && self.row(tx, id)?.broadcast.approval == "needed" {
            return Err(siyu_reach::broadcast_unapproved());
        }
        let change = if pause { RunChange::Pause } else { RunChange::Resume };
        self.parts().gate.change_run(tx, id, change, now)?;
        if !pause {
            // Somebody has looked at it and lets it go on all the same: it does not stop by its failures a second time.
            let sql = "UPDATE direct_message SET breaker = CASE WHEN stopped = 'error_rate' THEN 101.0 ELSE breaker END, stopped = NULL WHERE id = $1";
            tx.execute(sql, params![id])?;
        }
        Ok(())
    }
    /// Lets a large one begin. Errors: `broadcast_unknown`, `broadcast_approval`, `broadcast_own`, `message_over`.
    pub fn approve(&self, tx: &mut Tx<'_>, id: &str, by: &str, name: &str, now: Time) -> Result<(), Refusal> {
        let row = self.row(tx, id)?.broadcast;
        if row.approval != "needed" {
            return Err(siyu_reach::broadcast_approval());
        }
        if row.asked_by == by {
            return Err(siyu_reach::broadcast_own());
        }
        tx.execute(
            "UPDATE direct_message SET approval = 'given', approved_by = $2, approved_at = $3 WHERE id = $1",
            params![id, name, now],
        )?;
        self.pause(tx, id, false, now)
    }

    /// Of these people those whom no carrier has been asked for yet are not sent it any more.
    pub fn withdraw(&self, tx: &mut Tx<'_>, id: &str, people: &[PersonNum], now: Time) -> Result<(), Refusal> {
        let list: Vec<i64> = people.iter().map(|num| i64::from(*num)).collect();
        let sql = format!("SELECT num, state FROM direct_person WHERE message = $1 AND {}", tx.any("num", 2));
        let held: Vec<(PersonNum, i64)> = tx.query(&sql, params![id, &list], |row| Ok((row.num(0)?, row.int(1)?)))?;
        let begun = |num: &PersonNum| held.iter().any(|(own, state)| own == num && *state != TO_SEND);
        let free: Vec<PersonNum> = people.iter().copied().filter(|num| !begun(num)).collect();
        self.settle(tx, id, &free, Outcome::Skipped, "withdrawn", now)
    }
    /// Somebody is erased: what became of them stays counted and leads to no address. Beside [`siyu_gate::Gate::forget`].
    pub fn forget(&self, tx: &mut Tx<'_>, nodes: &[PersonNum]) -> Result<(), Refusal> {
        let nums: Vec<i64> = nodes.iter().map(|node| i64::from(*node)).collect();
        let sql = format!(
            "UPDATE direct_person SET address = NULL, id = '', taken_as = '', reason = CASE WHEN state IN (0, 1) THEN 'erased' ELSE reason END, state = CASE WHEN state IN (0, 1) THEN 5 ELSE state END WHERE {}",
            tx.any("num", 1)
        );
        let params: [Param<'_>; 1] = [(&nums).into()];
        tx.execute(&sql, &params)?;
        Ok(())
    }

    /// Something of it has failed: pauses a broadcast of which too much has.
    pub(crate) fn trip(&self, tx: &mut Tx<'_>, message: &str, now: Time) -> Result<(), Refusal> {
        let sql = "SELECT breaker FROM direct_message WHERE id = $1 AND stopped IS NULL AND breaker <= 100.0";
        let Some(breaker) = tx.opt(sql, params![message], |row| row.real(0))? else { return Ok(()) };
        let run = self.parts().gate.run(tx, message)?;
        let sums = self.parts().gate.sums(tx, &run)?;
        let ended = sums.sent + sums.failed;
        let open = run.ended_at.is_none() && run.state == "running";
        if !open || ended < BREAKER_LEAST || (sums.failed as f64) < breaker / 100.0 * ended as f64 {
            return Ok(());
        }
        tracing::warn!(message, failed = sums.failed, ended, "a broadcast is paused: too much of it fails");
        self.stop(tx, message, "error_rate", now)
    }
    /// Pauses it by itself, and says why.
    pub(crate) fn stop(&self, tx: &mut Tx<'_>, message: &str, why: &str, now: Time) -> Result<(), Refusal> {
        let run = self.parts().gate.run(tx, message)?;
        if run.ended_at.is_none() && run.state == "running" {
            self.parts().gate.change_run(tx, message, RunChange::Pause, now)?;
        }
        tx.execute("UPDATE direct_message SET stopped = $2 WHERE id = $1", params![message, why])?;
        Ok(())
    }
}
