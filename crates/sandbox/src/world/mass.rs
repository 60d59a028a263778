//! Mass messages: the brand makes tasks, members confirm them or do not, and each customer takes one a day and as many a month as it has days.

use super::*;
use crate::calendar;
use serde_json::Value;

/// A mass message as the brand ordered it. Who of the targets cannot be reached is told by [`World::order_mass`].
#[derive(Clone, Debug, Default)]
pub struct MassOrder {
    pub to_groups: bool,
    /// Customers; all of the sender's, or those with the tags, when absent.
    pub people: Option<Vec<PersonNo>>,
    /// One of each list of tags.
    pub tags: Vec<Vec<usize>>,
    pub groups: Option<Vec<GroupNo>>,
    pub sender: Option<StaffNo>,
    pub text: Value,
    pub attachments: Value,
    pub creator: Option<StaffNo>,
}

/// What could not be targeted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoTarget {
    pub people: Vec<PersonNo>,
    pub groups: Vec<GroupNo>,
}

impl World {
    /// Makes the tasks. `None` when there is nobody to send to.
    pub fn order_mass(&mut self, order: MassOrder) -> (Option<usize>, NoTarget) {
        let mut failed = NoTarget::default();
        let mut by_staff: std::collections::BTreeMap<StaffNo, Vec<usize>> = Default::default();
        if order.to_groups {
            let all = order.groups.unwrap_or_else(|| (0..self.groups.len()).collect());
            for group in all {
                let owner = self.groups[group].owner;
                if self.groups[group].dismissed
                    || !self.serves(owner)
                    || order.sender.is_some_and(|sender| sender != owner)
                {
                    failed.groups.push(group);
                } else {
                    by_staff.entry(owner).or_default().push(group);
                }
            }
        } else {
            let people = match (&order.people, order.sender) {
                (Some(people), _) => people.clone(),
                (None, Some(staff)) => self.staff[staff].relations.iter().map(|&r| self.relations[r].person).collect(),
                (None, None) => (0..self.people.len()).filter(|&p| !self.people[p].relations.is_empty()).collect(),
            };
            for person in people {
                match self.who_sends(person, order.sender) {
                    Some(relation) if !self.has_tags(relation, &order.tags) => {}
                    Some(relation) => by_staff.entry(self.relations[relation].staff).or_default().push(relation),
                    None if order.people.is_some() => failed.people.push(person),
                    None => {}
                }
            }
        }
        if by_staff.is_empty() {
            return (None, failed);
        }
        let mass = self.masses.len();
        let mut tasks = Vec::new();
        for (task, (staff, mut targets)) in by_staff.into_iter().enumerate() {
            targets.sort_unstable();
            targets.dedup();
            let Staff { diligence, .. } = self.staff[staff];
            let dice = &mut self.staff[staff].dice;
            let ignores = !dice.chance(diligence);
            let hours = dice.lognormal(parameters::CONFIRM_HOURS.0, parameters::CONFIRM_HOURS.1);
            if !ignores && self.lively {
                self.plan_at_work(hours, Plan::Confirm { mass, task });
            }
            let targets = targets.into_iter().map(|to| Target { to, delivery: Delivery::Waiting, at: None }).collect();
            tasks.push(MassTask { staff, targets, confirmed: None, ignores });
        }
        self.masses.push(Mass {
            to_groups: order.to_groups,
            created: self.now,
            text: order.text,
            attachments: order.attachments,
            tasks,
            reminders: Vec::new(),
            cancelled: false,
            creator: order.creator,
        });
        (Some(mass), failed)
    }

    /// The sender's relation, else the one in whose chat was spoken last.
    fn who_sends(&self, person: PersonNo, sender: Option<StaffNo>) -> Option<RelationNo> {
        let standing = self.people[person].relations.iter().copied().filter(|&r| {
            let here = &self.relations[r];
            here.status == Status::Active && self.serves(here.staff) && sender.is_none_or(|sender| sender == here.staff)
        });
        standing.max_by_key(|&r| (self.relations[r].last_said, r))
    }

    fn has_tags(&self, relation: RelationNo, tags: &[Vec<usize>]) -> bool {
        tags.iter().all(|any| any.iter().any(|tag| self.relations[relation].tags.contains(tag)))
    }

    /// The member confirms: what is still waiting goes out.
    pub fn confirm_mass(&mut self, mass: usize, task: usize) {
        let here = &self.masses[mass];
        let MassTask { staff, confirmed, .. } = here.tasks[task];
        if here.cancelled || confirmed.is_some() || !self.serves(staff) {
            return;
        }
        let text = here.text["content"].as_str().unwrap_or_default().to_owned();
        let links = here.attachments.as_array().map(|all| {
            let titles = all.iter().filter_map(|a| a["link"]["title"].as_str().or(a["miniprogram"]["title"].as_str()));
            titles.collect::<Vec<_>>().join(" ")
        });
        let text = [text, links.unwrap_or_default()].join(" ");
        let to_groups = here.to_groups;
        self.masses[mass].tasks[task].confirmed = Some(self.now);
        for at in 0..self.masses[mass].tasks[task].targets.len() {
            let to = self.masses[mass].tasks[task].targets[at].to;
            let delivery =
                if to_groups { self.mass_to_group(to, mass, &text) } else { self.mass_to_customer(to, mass, &text) };
            let target = &mut self.masses[mass].tasks[task].targets[at];
            target.delivery = delivery;
            target.at = (delivery == Delivery::Sent).then_some(self.now);
        }
    }

    fn mass_to_customer(&mut self, relation: RelationNo, mass: usize, text: &str) -> Delivery {
        let Relation { person, status, staff, .. } = self.relations[relation];
        if status != Status::Active {
            return Delivery::NotFriends;
        }
        let today = calendar::day(self.now);
        let here = &mut self.people[person];
        if !count_mass(&mut here.mass_day, &mut here.mass_month, today) {
            return Delivery::OverLimit;
        }
        let content = attention::Content::text(text, &self.people[person].name);
        self.staff_day(staff).messages += 1;
        self.say(relation, false, text.trim());
        self.reach(person, attention::Way::Chat(relation), Reach::Mass, mass, &content);
        Delivery::Sent
    }

    fn mass_to_group(&mut self, group: GroupNo, mass: usize, text: &str) -> Delivery {
        let today = calendar::day(self.now);
        let here = &mut self.groups[group];
        if here.dismissed {
            return Delivery::NotFriends;
        }
        if !count_mass(&mut here.mass_day, &mut here.mass_month, today) {
            return Delivery::OverLimit;
        }
        let content = attention::Content::text(text, "");
        let members: Vec<(PersonNo, bool)> =
            self.groups[group].members.iter().filter_map(|member| Some((member.person()?, member.muted))).collect();
        for (person, muted) in members {
            self.reach(person, attention::Way::Group(group, muted), Reach::GroupMass, mass, &content);
        }
        Delivery::Sent
    }

    /// Three reminders in a day; some members who would not have confirmed do so.
    pub fn remind_mass(&mut self, mass: usize) -> bool {
        let day_ago = self.now.plus_days(-1);
        let here = &mut self.masses[mass];
        if here.reminders.iter().filter(|&&at| at > day_ago).count() >= 3 {
            return false;
        }
        here.reminders.push(self.now);
        for task in 0..self.masses[mass].tasks.len() {
            let MassTask { staff, confirmed, ignores, .. } = self.masses[mass].tasks[task];
            if confirmed.is_none() && ignores && self.lively && self.staff[staff].dice.chance(parameters::REMINDED) {
                self.masses[mass].tasks[task].ignores = false;
                let hours = self.staff[staff].dice.lognormal(0.5, 0.8);
                self.plan_at_work(hours, Plan::Confirm { mass, task });
            }
        }
        true
    }
}

impl Member {
    pub fn person(&self) -> Option<PersonNo> {
        match self.who {
            Who::Person(person) => Some(person),
            Who::Staff(_) => None,
        }
    }
}

/// One a day, and as many a month as it has days. Counts this one if it fits.
fn count_mass(last: &mut i32, month: &mut (i32, u32), today: i32) -> bool {
    let (number, days) = calendar::month(today);
    if month.0 != number {
        *month = (number, 0);
    }
    if *last == today || month.1 >= days {
        return false;
    }
    *last = today;
    month.1 += 1;
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_day_and_the_days_of_the_month() {
        let february = calendar::day(Time::parse("2026-02-01T04:00:00Z").unwrap());
        let (mut last, mut month) = (i32::MIN, (0, 0));
        for day in 0..28 {
            assert!(count_mass(&mut last, &mut month, february + day));
            assert!(!count_mass(&mut last, &mut month, february + day), "twice on a day");
        }
        last = i32::MIN;
        assert!(!count_mass(&mut last, &mut month, february + 27), "a twenty-ninth in February");
        assert!(count_mass(&mut last, &mut month, february + 28), "March begins");
    }
}
