//! Attention: what a message costs its reader, and what the reader does about it.
//!
//! Messages of the last days weigh on everybody ([`parameters::MEMORY_DAYS`]). Above the budget, each further message may be one too many; within it,
//! one that says nothing may be. Who has had enough mutes the chat, leaves the group or deletes the guide.

use super::*;

/// What a reader takes from a message.
pub(super) struct Content {
    /// Which text it is, to notice the same one again.
    same: u64,
    offer: bool,
    personal: bool,
}

impl Content {
    pub(super) fn text(text: &str, name: &str) -> Self {
        let offer = ["折", "券", "减", "免", "¥", "优惠", "礼", "特价", "off"].iter().any(|word| text.contains(word));
        let same = text.bytes().fold(0u64, |sum, byte| crate::dice::mix(sum ^ u64::from(byte)));
        Self { same, offer, personal: name.chars().count() > 1 && text.contains(name) }
    }
    pub(super) fn guide(text: &str) -> Self {
        Self { personal: true, ..Self::text(text, "") }
    }
}

/// The way by which something arrives.
#[derive(Clone, Copy)]
pub(super) enum Way {
    Chat(RelationNo),
    /// And whether the reader has muted it.
    Group(GroupNo, bool),
    Moment(RelationNo),
}

impl World {
    /// Somebody receives something, sees it or not, and draws consequences.
    pub(super) fn reach(&mut self, person: PersonNo, way: Way, by: Reach, number: usize, content: &Content) -> bool {
        let muted = match way {
            Way::Chat(relation) | Way::Moment(relation) => self.relations[relation].muted,
            Way::Group(_, muted) => muted,
        };
        let (single, in_group, as_moment) = parameters::SEEN;
        let (weight, seen) = match way {
            Way::Chat(_) => (parameters::WEIGHT_SINGLE, single),
            Way::Group(..) => (parameters::WEIGHT_GROUP, in_group),
            Way::Moment(_) => (parameters::WEIGHT_MOMENT, as_moment),
        };
        let (weight, seen) =
            if muted { (parameters::WEIGHT_MUTED, seen * parameters::SEEN_MUTED) } else { (weight, seen) };
        let mut dice = self.people[person].dice;
        // A message of the guide's own and a welcome are what somebody added the guide for.
        let weight = if matches!(by, Reach::Guide | Reach::Welcome) { weight * 0.5 } else { weight };
        let seen = dice.chance(seen);
        let here = &mut self.people[person];
        let days = (self.now.0 - here.load_at.0) as f64 / 86_400e6;
        here.load = here.load * (-days / parameters::MEMORY_DAYS).exp() + weight;
        here.load_at = self.now;
        let repeated = here.last_text == content.same;
        here.last_text = content.same;
        let dull = if repeated {
            parameters::DULL_REPEATED
        } else if content.personal {
            parameters::DULL_PERSONAL
        } else if content.offer {
            parameters::DULL_OFFER
        } else {
            parameters::DULL
        };
        let dull = dice.chance(dull);
        let over = (here.load / (here.budget * parameters::MEMORY_DAYS / 7.0) - 1.0).clamp(0.0, 4.0);
        let impatience = weight / here.patience;
        let angry = dice.chance(parameters::ANGER * over * impatience);
        let bored = dice.chance(if seen && dull { parameters::BOREDOM * impatience } else { 0.0 });
        let worth = if content.offer { 1.0 + here.sensitivity * parameters::OFFER_WORTH / 2.0 } else { 1.0 };
        let moved = seen && !dull && dice.chance(parameters::CONVERTS * worth);
        let (persuasion, alive) = (here.persuasion, here.alive);
        if moved && persuasion == Persuasion::PutOff {
            here.put_off_until = self.now.plus_days(7);
        }
        let hours = dice.exponential(6.0);
        let names_both = dice.chance(parameters::NAMES_BOTH);
        let mutes = dice.chance(parameters::MUTES);
        let answers =
            dice.chance(if by == Reach::Welcome { parameters::REPLIES_TO_WELCOME } else { parameters::REPLIES });
        let answer_hours = dice.exponential(parameters::REPLY_HOURS);
        self.people[person].dice = dice;

        self.tell(What::Reached { person, by, number, seen });
        if !self.lively {
            return seen;
        }
        if moved && persuasion == Persuasion::Persuadable && alive {
            self.plan_in_hours(hours, Plan::BuyNow { person, cause: (by, number) });
        }
        if let (true, true, Way::Chat(relation)) = (seen, answers, way) {
            self.plan_in_hours(answer_hours, Plan::Reply { relation });
        }
        if angry || bored {
            let reasons = Reasons { content: bored || names_both, harassment: angry || names_both };
            self.give_up(person, way, reasons, mutes && !muted, hours);
        }
        seen
    }

    fn give_up(&mut self, person: PersonNo, way: Way, reasons: Reasons, mutes: bool, hours: f64) {
        match way {
            Way::Chat(relation) | Way::Moment(relation) if mutes => {
                self.relations[relation].muted = true;
                let staff = self.relations[relation].staff;
                self.tell(What::Muted { staff, person });
            }
            Way::Chat(relation) | Way::Moment(relation) => {
                self.plan_in_hours(hours, Plan::Leave { relation, reasons });
            }
            Way::Group(group, _) if mutes => {
                if let Some(member) = self.groups[group].members.iter_mut().find(|m| m.who == Who::Person(person)) {
                    member.muted = true;
                }
            }
            Way::Group(group, _) => self.plan_in_hours(hours, Plan::LeaveGroup { person, group }),
        }
    }
}
