//! What journeys ask of the rest of the program.

use crate::said::{HookSaid, MessageSaid, TagSaid, TaskSaid, parse};
use crate::{Plays, deeds, refuse};
use roaring::RoaringBitmap;
use serde_json::Value;
use siyu_audience::{Rule, Scope};
use siyu_db::Tx;
use siyu_journeys::{Answer, Effect, Order, Outcome, World};
use siyu_kernel::{Class, PersonNum, Refusal, Time};

impl World for Plays {
    fn knows_audience(&self, tx: &mut Tx<'_>, id: &str) -> Result<bool, Refusal> {
        match self.inner.audience.stored(tx, id) {
            Ok(_) => Ok(true),
            Err(refusal) if refusal.code == "audience_unknown" => Ok(false),
            Err(refusal) => Err(refusal),
        }
    }
    fn check_rule(&self, tx: &mut Tx<'_>, rule: &Value) -> Result<(), Refusal> {
        let ctx = self.inner.around.ctx(tx, self.now())?;
        self.inner.audience.plan(tx, &Rule::parse(rule)?, None, &ctx)?;
        Ok(())
    }
    fn check_effect(&self, tx: &mut Tx<'_>, kind: &str, with: &Value) -> Result<(), Refusal> {
        match kind {
            "message" => {
                let own: MessageSaid = parse(with)?;
                own.check()?;
                self.words(tx, &own).map(drop)
            }
            "task" => parse::<TaskSaid>(with)?.check(),
            "tag" => deeds::tag_of(self, tx, &parse::<TagSaid>(with)?).map(drop),
            "webhook" => parse::<HookSaid>(with)?.check(),
            "points" => Err(refuse::absent("points", "积分")),
            _ => Err(refuse::absent("coupons", "优惠券")),
        }
    }
    fn sees(&self, tx: &mut Tx<'_>, rule: &Value, seq: i64, now: Time) -> Result<bool, Refusal> {
        let ctx = self.inner.around.ctx(tx, now)?;
        let plan = match Rule::parse(rule).and_then(|rule| self.inner.audience.plan(tx, &rule, None, &ctx)) {
            Ok(plan) => plan,
            // What it names is gone: asking tells.
            Err(_) => return Ok(true),
        };
        self.inner.audience.sees(&plan, seq)
    }
    fn holds(&self, tx: &mut Tx<'_>, rule: &Value, people: &[PersonNum], now: Time) -> Result<Vec<PersonNum>, Refusal> {
        let ctx = self.inner.around.ctx(tx, now)?;
        let plan = self.inner.audience.plan(tx, &Rule::parse(rule)?, None, &ctx)?;
        let people: RoaringBitmap = people.iter().copied().collect();
        Ok(self.inner.audience.fits(tx, &plan, &people, &ctx)?.into_iter().collect())
    }
    fn members(&self, tx: &mut Tx<'_>, audience: &str, now: Time) -> Result<Vec<PersonNum>, Refusal> {
        let ctx = self.inner.around.ctx(tx, now)?;
        let own = self.inner.audience.stored(tx, audience)?;
        Ok(self.inner.audience.people_of(tx, &own, None, &Scope::All, &ctx)?.into_iter().collect())
    }
    fn hand(&self, tx: &mut Tx<'_>, effects: &[Effect], now: Time) -> Result<Vec<Answer>, Refusal> {
        self.gather(tx, effects.iter().filter(|own| own.kind == "message" && own.order == Order::Do), now)?;
        self.withdraw_messages(tx, effects.iter().filter(|own| is_withdrawal(own, "message")), now)?;
        self.withdraw_hooks(tx, effects.iter().filter(|own| is_withdrawal(own, "webhook")), now)?;
        let tagged = self.tag_all(tx, effects, now)?;
        effects
            .iter()
            .enumerate()
            .map(|(at, own)| match (own.kind, own.order) {
                ("task", _) => self.task(tx, own, now),
                ("tag", Order::Do) => Ok(tagged[at].clone()),
                ("webhook", Order::Do) => self.hook(tx, own, now),
                ("message", Order::Do) => Ok(Answer::Later),
                (_, Order::Do) => Ok(Answer::Now(Outcome::Failed("absent".into()))),
                _ => Ok(Answer::Now(Outcome::Done)),
            })
            .collect()
    }
}

fn is_withdrawal(own: &Effect, kind: &str) -> bool {
    own.kind == kind && own.order == Order::Withdraw
}

/// What cannot be done is the outcome of the effect; what is wrong with the machine is tried again.
pub fn failed(refusal: Refusal) -> Result<Answer, Refusal> {
    match refusal.class {
        Class::Invalid | Class::NotFound | Class::Conflict | Class::Forbidden => {
            Ok(Answer::Now(Outcome::Failed(refusal.code.to_owned())))
        }
        _ => Err(refusal),
    }
}
