//! Codes that people scan and links that they follow.

use super::*;
use crate::calendar;

impl ContactWay {
    pub fn open(&self) -> bool {
        !self.deleted && self.scene == 2 && !self.temporary
    }
}

impl World {
    /// Where a new contact way is put up: at the channel its state or remark names, else round and round.
    pub fn place_for(&self, state: &str, remark: &str) -> usize {
        let named = parameters::CHANNELS.iter().position(|channel| {
            [state, remark].iter().any(|text| text.contains(channel.word) || text.contains(channel.name))
        });
        named.unwrap_or(self.contact_ways.len() % parameters::CHANNELS.len())
    }

    /// Members behind a contact way who can take a customer now.
    pub fn behind(&self, users: &[StaffNo], parties: &[i64]) -> Vec<StaffNo> {
        let mut all = users.to_vec();
        for &party in parties {
            all.extend(self.members_of(party));
        }
        all.sort_unstable();
        all.dedup();
        all.retain(|&s| self.serves(s) && self.staff[s].active < parameters::CUSTOMERS_PER_MEMBER);
        all
    }

    /// A person scans a live code. One of the members behind it is chosen; none if nobody can.
    pub fn scan(&mut self, person: PersonNo, way: usize) -> Option<RelationNo> {
        if self.contact_ways[way].deleted {
            return None;
        }
        self.contact_ways[way].scans += 1;
        let ContactWay { ref users, ref parties, skip_verify, exclusive, .. } = self.contact_ways[way];
        let behind = self.behind(users, parties);
        let known = behind.iter().any(|&s| self.friends(s, person).is_some());
        if exclusive && known {
            return None;
        }
        let staff = *behind.get(self.people[person].dice.below(behind.len()))?;
        self.add_through(staff, person, 1, Source::Way(way), skip_verify)
    }

    /// A person follows an acquisition link with `channel` as its customer_channel.
    pub fn follow_link(&mut self, person: PersonNo, link: usize, channel: &str) -> Option<RelationNo> {
        if self.links[link].deleted {
            return None;
        }
        let day = calendar::day(self.now);
        match self.links[link].clicks.last_mut() {
            Some((last, count)) if *last == day => *count += 1,
            _ => self.links[link].clicks.push((day, 1)),
        }
        let mut cut = channel.len().min(64);
        while !channel.is_char_boundary(cut) {
            cut -= 1;
        }
        let channel = channel[..cut].to_owned();
        let Link { ref users, ref departments, skip_verify, .. } = self.links[link];
        let behind = self.behind(users, departments);
        let staff = behind.get(self.people[person].dice.below(behind.len())).copied();
        let (Some(staff), true) = (staff, self.link_balance > 0) else {
            self.tell(What::Acquisition {
                change: "link_unavailable",
                link: Some(link),
                state: String::new(),
                staff: None,
                person: None,
                chat: None,
            });
            return None;
        };
        self.tell(What::Acquisition {
            change: "friend_request",
            link: Some(link),
            state: channel.clone(),
            staff: None,
            person: None,
            chat: None,
        });
        let added = self.add_through(staff, person, 16, Source::Link { link, channel }, skip_verify);
        if added.is_some() {
            self.link_balance -= 1;
            let change = match self.link_balance {
                0 => Some("balance_exhausted"),
                left if left == parameters::LINK_QUOTA / 10 => Some("balance_low"),
                _ => None,
            };
            if let Some(change) = change {
                self.tell(What::Acquisition {
                    change,
                    link: None,
                    state: String::new(),
                    staff: None,
                    person: None,
                    chat: None,
                });
            }
        }
        added
    }

    fn add_through(
        &mut self,
        staff: StaffNo,
        person: PersonNo,
        add_way: u16,
        source: Source,
        skip_verify: bool,
    ) -> Option<RelationNo> {
        if skip_verify {
            let half = self.people[person].dice.chance(parameters::HALF_ADDED);
            return self.befriend(staff, person, add_way, source, true, half);
        }
        // The member has to accept the request first.
        self.people[person].arrived.get_or_insert(self.now);
        self.staff_day(staff).applied += 1;
        let minutes = self.people[person].dice.exponential(parameters::ACCEPT_MINUTES);
        self.plan_at_work(minutes / 60.0, Plan::Request { staff, person, add_way, source });
        None
    }
}
