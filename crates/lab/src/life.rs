//! One world, lived under one policy.
//!
//! What the program does with its database is done here with lists: a campaign's people are judged when it begins and again when their wait is over or
//! something of theirs has ended; those let through become tasks of guides; what guides confirm has been sent, what they have not when the
//! message ends is taken back. The clock stops every hour and whenever a campaign is due.

use crate::plan::{Audience, Campaign, MESSAGE_DAYS};
use siyu_gate::{Case, Channel, Class, Consent, Rival, Rules, Spec, Touch, Verdict, judge};
use siyu_kernel::{Time, Zone};
use siyu_sandbox::world::{Delivery, MassOrder, Status};
use siyu_sandbox::{What, World};
use std::collections::BTreeSet;

/// Nobody is asked about who does not want it, or not any more.
const NEVER: Time = Time(i64::MAX);

/// What became of one world.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    pub people: usize,
    /// Fen, of all purchases, less what was given back.
    pub revenue: i64,
    /// Mass messages that arrived.
    pub messages: u64,
    /// People who muted a chat, and people who deleted a guide, for whatever reason.
    pub muted: usize,
    pub left: usize,
}

/// A campaign that is under way.
struct Run {
    spec: Spec,
    text: String,
    /// By person: when it wants them, or wants them again.
    wants: Vec<Time>,
    due: Time,
    /// Nobody is wanted before.
    next: Time,
    /// Tasks not settled yet: (mass, task).
    tasks: Vec<(usize, usize)>,
}

struct Life<'a> {
    rules: &'a Rules,
    zone: Zone,
    world: World,
    runs: Vec<Run>,
    begun: u32,
    touches: Vec<Vec<Touch>>,
    messages: u64,
    muted: BTreeSet<usize>,
    left: BTreeSet<usize>,
}

/// Lives through so many days. `campaigns` are in the order of their beginning.
pub fn live(world: World, rules: &Rules, campaigns: &[Campaign], days: i64) -> Outcome {
    let people = world.people.len();
    let mut life = Life {
        rules,
        zone: Zone::shanghai(),
        world,
        runs: Vec::new(),
        begun: 0,
        touches: vec![Vec::new(); people],
        messages: 0,
        muted: BTreeSet::new(),
        left: BTreeSet::new(),
    };
    let end = life.world.start().plus_days(days);
    let mut coming = campaigns.iter().peekable();
    let mut now = life.world.start();
    while now < end {
        now = life.next_stop(now).min(coming.peek().map_or(end, |own| own.at)).min(end);
        life.pass(now);
        life.settle(now);
        while let Some(campaign) = coming.next_if(|own| own.at <= now) {
            life.begin(campaign);
        }
        life.decide(now);
    }
    let revenue = life.world.orders.iter().map(|order| order.amount - order.refunded).sum();
    Outcome { people, revenue, messages: life.messages, muted: life.muted.len(), left: life.left.len() }
}

impl Life<'_> {
    /// The next full hour, or when a campaign comes out of its contest.
    fn next_stop(&self, now: Time) -> Time {
        let hour = Time((now.0.div_euclid(3_600_000_000) + 1) * 3_600_000_000);
        self.runs.iter().map(|run| run.due).filter(|at| *at > now).fold(hour, Time::min)
    }

    fn pass(&mut self, now: Time) {
        for happening in self.world.advance_to(now) {
            match happening.what {
                What::Muted { person, .. } => {
                    self.muted.insert(person);
                }
                What::DeletedByCustomer { person, .. } => {
                    self.left.insert(person);
                }
                What::StaffLeft { staff } => self.hand_over(staff),
                _ => {}
            }
        }
    }

    /// Customers of a guide who has left are shared out among those who are still there, as every brand does.
    fn hand_over(&mut self, staff: usize) {
        let heirs: Vec<usize> = (0..self.world.staff.len()).filter(|&own| self.world.serves(own)).collect();
        if heirs.is_empty() {
            return;
        }
        let orphans: Vec<usize> = self.world.staff[staff]
            .relations
            .iter()
            .map(|&own| &self.world.relations[own])
            .filter(|own| own.status == Status::Unassigned)
            .map(|own| own.person)
            .collect();
        for (at, person) in orphans.into_iter().enumerate() {
            self.world.ask_transfer(staff, heirs[at % heirs.len()], person, true);
        }
    }

    fn is_friend(&self, person: usize) -> bool {
        let relations = &self.world.people[person].relations;
        relations.iter().any(|&own| {
            let own = &self.world.relations[own];
            own.status == Status::Active && self.world.serves(own.staff)
        })
    }

    fn belongs(&self, person: usize, audience: Audience, at: Time) -> bool {
        match audience {
            Audience::Friends => true,
            Audience::Bought(from, to) => self.world.people[person].orders.last().is_some_and(|&order| {
                let bought = self.world.orders[order].at;
                bought > at.plus_days(-to) && bought <= at.plus_days(-from)
            }),
        }
    }

    fn begin(&mut self, campaign: &Campaign) {
        self.begun += 1;
        let due = campaign.at.plus_seconds(i64::from(self.rules.contest_minutes) * 60);
        let wanted = |person| self.is_friend(person) && self.belongs(person, campaign.audience, campaign.at);
        let wants = (0..self.world.people.len()).map(|person| if wanted(person) { due } else { NEVER }).collect();
        let spec = Spec {
            run: self.begun,
            class: Class::Marketing,
            channel: Channel::Wecom,
            worth: campaign.words.worth(),
            holdout: 0.0,
            expires: campaign.at.plus_days(MESSAGE_DAYS),
        };
        self.runs.push(Run { spec, text: campaign.text.clone(), wants, due, next: due, tasks: Vec::new() });
        // As the gate looks for what is due: what is worth more first, of the same the older.
        self.runs.sort_by(|a, b| b.spec.worth.total_cmp(&a.spec.worth).then(a.spec.run.cmp(&b.spec.run)));
    }

    fn decide(&mut self, now: Time) {
        let since = now.plus_seconds(-self.rules.horizon_seconds());
        for run in 0..self.runs.len() {
            if self.runs[run].next > now {
                continue;
            }
            let due = |person: &usize| self.runs[run].wants[*person] <= now;
            let mut going = Vec::new();
            for person in (0..self.world.people.len()).filter(due).collect::<Vec<_>>() {
                let verdict = self.ask(run, person, now);
                self.runs[run].wants[person] = match verdict {
                    Verdict::Wait { until, .. } => until,
                    Verdict::Go { .. } | Verdict::Skip(_) => NEVER,
                };
                if matches!(verdict, Verdict::Go { .. }) {
                    let Spec { run, channel, class, .. } = self.runs[run].spec;
                    self.touches[person].retain(|own| own.open || own.at >= since);
                    self.touches[person].push(Touch { run, at: now, channel, class, open: true });
                    going.push(person);
                }
            }
            self.runs[run].next = self.runs[run].wants.iter().copied().min().unwrap_or(NEVER);
            self.send(run, going);
        }
    }

    fn ask(&self, run: usize, person: usize, now: Time) -> Verdict {
        let rivals = self.rivals(run, person, now);
        let case = Case {
            now,
            zone: &self.zone,
            duplicate: false,
            erased: false,
            consent: Consent::Silent,
            unreachable: (!self.is_friend(person)).then_some("no_friend"),
            touches: &self.touches[person],
            rivals: &rivals,
            held_out: false,
        };
        judge(self.rules, &self.runs[run].spec, &case)
    }

    /// Messages of more worth that want this person within the contest. Runs are in the order of their worth.
    fn rivals(&self, run: usize, person: usize, now: Time) -> Vec<Rival> {
        let until = now.plus_seconds(i64::from(self.rules.contest_minutes) * 60);
        let better = self.runs[..run].iter().filter(|own| own.spec.expires > now && own.wants[person] <= until);
        better
            .map(|own| Rival {
                run: own.spec.run,
                at: own.wants[person].max(now),
                channel: own.spec.channel,
                class: own.spec.class,
            })
            .collect()
    }

    fn send(&mut self, run: usize, people: Vec<usize>) {
        if people.is_empty() {
            return;
        }
        let text = serde_json::json!({ "content": self.runs[run].text });
        let (mass, failed) = self.world.order_mass(MassOrder { people: Some(people), text, ..MassOrder::default() });
        for person in failed.people {
            self.ended(self.runs[run].spec.run, person, None);
        }
        if let Some(mass) = mass {
            self.runs[run].tasks.extend((0..self.world.masses[mass].tasks.len()).map(|task| (mass, task)));
        }
    }

    /// What guides have confirmed, and what is over.
    fn settle(&mut self, now: Time) {
        for at in 0..self.runs.len() {
            let Spec { run, expires, .. } = self.runs[at].spec;
            let over = now >= expires;
            for (mass, task) in std::mem::take(&mut self.runs[at].tasks) {
                let here = &self.world.masses[mass].tasks[task];
                if here.confirmed.is_none() && !over {
                    self.runs[at].tasks.push((mass, task));
                    continue;
                }
                let ends: Vec<(usize, Option<Time>)> = here
                    .targets
                    .iter()
                    .map(|target| {
                        let sent = match target.delivery {
                            Delivery::Sent => target.at,
                            // Somebody else has sent to them: that is the message of the day.
                            Delivery::OverLimit => here.confirmed,
                            Delivery::Waiting | Delivery::NotFriends => None,
                        };
                        (self.world.relations[target.to].person, sent)
                    })
                    .collect();
                self.messages += here.targets.iter().filter(|target| target.delivery == Delivery::Sent).count() as u64;
                for (person, sent) in ends {
                    self.ended(run, person, sent);
                }
                if over {
                    self.world.masses[mass].cancelled = true;
                }
            }
        }
        self.runs.retain(|run| now < run.spec.expires);
    }

    /// Somebody's touch is settled; what waits for them may be free now.
    fn ended(&mut self, run: u32, person: usize, sent: Option<Time>) {
        let touches = &mut self.touches[person];
        if let Some(at) = touches.iter().position(|own| own.run == run && own.open) {
            match sent {
                Some(time) => (touches[at].at, touches[at].open) = (time, false),
                None => drop(touches.remove(at)),
            }
        }
        let now = self.world.now();
        for own in &mut self.runs {
            let wants = &mut own.wants[person];
            if *wants != NEVER {
                *wants = now.min(*wants);
                own.next = now.min(own.next);
            }
        }
    }
}
