//! What people and guides do by themselves, when its time has come.

use super::*;

const QUESTIONS: [&str; 8] = [
    "这款敏感肌能用吗？",
    "店里有现货吗",
    "有什么活动吗？",
    "谢谢～",
    "多少钱呀",
    "可以帮我留一件吗",
    "上次买的快用完了",
    "怎么领优惠券？",
];
const ANSWERS: [&str; 5] = [
    "您好，可以的，敏感肌也适用哦",
    "店里有货，给您留一件",
    "这周会员日有满减",
    "好的，稍后发您",
    "优惠券在小程序首页领取",
];
const SHARED: [&str; 4] = [
    "这款是您上次问过的，今天到货了",
    "天气干燥，推荐您试试这款",
    "周末店里有护肤体验，欢迎来坐坐",
    "您的肤质很适合这款",
];

impl World {
    pub(super) fn live(&mut self, plan: Plan) {
        match plan {
            Plan::Arrive(person) => self.arrive(person),
            Plan::Accept { relation } => self.accept(relation),
            Plan::Request { staff, person, add_way, source } => {
                self.befriend(staff, person, add_way, source, false, false);
            }
            Plan::Buy(person) => self.consider(person),
            Plan::BuyNow { person, cause } => self.buy_because(person, cause),
            Plan::Refund(order) => self.refund(order),
            Plan::Reply { relation } => {
                let pick = self.people[self.relations[relation].person].dice.below(QUESTIONS.len());
                self.customer_says(relation, QUESTIONS[pick]);
            }
            Plan::Answer { relation } => self.answer(relation),
            Plan::Leave { relation, reasons } => self.customer_deletes(relation, reasons),
            Plan::JoinGroup { person, staff } => self.join_some_group(person, staff),
            Plan::LeaveGroup { person, group } => self.leave_group(group, person, 0),
            Plan::Invite(person) => self.invite(person),
            Plan::StaffDay(staff) => self.working_day(staff),
            Plan::GroupDay(group) => self.evening_in(group),
            Plan::Resign(staff) => {
                if self.lively {
                    self.resign(staff);
                }
            }
            Plan::Confirm { mass, task } => self.confirm_mass(mass, task),
            Plan::Publish { moment, task } => self.publish_moment(moment, task),
            Plan::Transfer(transfer) => self.settle_transfer(transfer),
            Plan::CloseChat { chat } => self.chats[chat].open = false,
        }
    }

    /// Somebody meets an entrance of their channel for the first time.
    fn arrive(&mut self, person: PersonNo) {
        if !self.lively || self.people[person].arrived.is_some() {
            return;
        }
        let channel = self.people[person].channel;
        let ways: Vec<usize> = (0..self.contact_ways.len())
            .filter(|&w| self.contact_ways[w].open() && self.contact_ways[w].channel == channel)
            .collect();
        let word = parameters::CHANNELS[channel].word;
        let links: Vec<usize> = match word {
            "ad" | "kol" | "live" => (0..self.links.len()).filter(|&l| !self.links[l].deleted).collect(),
            _ => Vec::new(),
        };
        // Paid reach goes through acquisition links where the brand has some, else through the codes put up there.
        if !links.is_empty() {
            let link = links[self.people[person].dice.below(links.len())];
            self.follow_link(person, link, word);
        } else if !ways.is_empty() {
            let way = ways[self.people[person].dice.below(ways.len())];
            self.scan(person, way);
        } else {
            let store = self.people[person].store;
            let guides = self.guides_at(store);
            if let Some(&staff) = guides.get(self.people[person].dice.below(guides.len())) {
                self.befriend(staff, person, 1, Source::Personal, true, false);
            }
        }
    }

    pub(super) fn guides_at(&self, store: usize) -> Vec<StaffNo> {
        let room = |&s: &StaffNo| self.serves(s) && self.staff[s].active < parameters::CUSTOMERS_PER_MEMBER;
        self.stores[store].guides.iter().copied().filter(room).collect()
    }

    /// The customer writes in the chat.
    pub fn customer_says(&mut self, relation: RelationNo, text: &str) {
        if !matches!(self.relations[relation].status, Status::Active | Status::Half) {
            return;
        }
        self.say(relation, true, text);
        let Relation { staff, heard, ref source, person, .. } = self.relations[relation];
        let link = if let Source::Link { link, .. } = source { Some(*link) } else { None };
        self.staff_day(staff).heard += 1;
        if let Some(link) = link {
            let state = self.relations[relation].state.clone();
            if heard == 1 {
                self.tell(What::Acquisition {
                    change: "customer_start_chat",
                    link: Some(link),
                    state: state.clone(),
                    staff: Some(staff),
                    person: Some(person),
                    chat: None,
                });
            }
            if matches!(heard, 3 | 5 | 10) {
                self.chats.push(ChatKey { relation, count: heard, open: true });
                let chat = self.chats.len() - 1;
                self.plan(self.now.plus_seconds(1800), Plan::CloseChat { chat });
                self.tell(What::Acquisition {
                    change: "message_from_customer",
                    link: Some(link),
                    state,
                    staff: None,
                    person: None,
                    chat: Some(chat),
                });
            }
        }
        if self.staff[staff].dice.chance(parameters::GUIDE_ANSWERS) {
            let hours = self.staff[staff].dice.exponential(0.2);
            self.plan_at_work(hours, Plan::Answer { relation });
        }
    }

    /// The customer writes, and whoever sits before the guide's screen answers by themselves.
    pub fn customer_writes(&mut self, relation: RelationNo, text: &str) {
        if matches!(self.relations[relation].status, Status::Active | Status::Half) {
            self.say(relation, true, text);
            let staff = self.relations[relation].staff;
            self.staff_day(staff).heard += 1;
        }
    }

    /// The guide writes in the chat.
    pub fn guide_says(&mut self, relation: RelationNo, text: &str) {
        if self.relations[relation].status == Status::Active {
            let staff = self.relations[relation].staff;
            self.staff_day(staff).messages += 1;
            self.say(relation, false, text);
        }
    }

    fn answer(&mut self, relation: RelationNo) {
        if self.relations[relation].status != Status::Active {
            return;
        }
        let staff = self.relations[relation].staff;
        let asked =
            self.relations[relation].chat.iter().rev().find(|line| line.by_customer).map_or(self.now, |line| line.at);
        let minutes = ((self.now.0 - asked.0) / 60_000_000) as u32;
        let day = self.staff_day(staff);
        day.answered += 1;
        day.answer_minutes += minutes;
        let pick = self.staff[staff].dice.below(ANSWERS.len());
        self.guide_says(relation, ANSWERS[pick]);
    }

    pub(super) fn say(&mut self, relation: RelationNo, by_customer: bool, text: &str) {
        let at = self.now;
        let here = &mut self.relations[relation];
        here.last_said = at;
        here.heard += u32::from(by_customer);
        if here.chat.len() == Relation::REMEMBERED {
            here.chat.remove(0);
        }
        here.chat.push(Line { at, by_customer, text: text.to_owned() });
        self.tell(What::Said { relation, by_customer, text: text.to_owned() });
    }

    /// What a guide does without being told: recommends to some, edits some cards, deletes a customer once in a while.
    fn working_day(&mut self, staff: StaffNo) {
        if !self.lively || !self.serves(staff) {
            return;
        }
        self.plan(self.now.plus_days(1), Plan::StaffDay(staff));
        let mut dice = self.staff[staff].dice;
        let shares = dice.exponential(parameters::GUIDE_SHARES_PER_DAY).round() as usize;
        for _ in 0..shares {
            if let Some(relation) = self.some_customer(staff, &mut dice) {
                let text = SHARED[dice.below(SHARED.len())];
                self.staff_day(staff).chats += 1;
                self.guide_says(relation, text);
                let content = attention::Content::guide(text);
                let person = self.relations[relation].person;
                self.reach(person, attention::Way::Chat(relation), Reach::Guide, relation, &content);
            }
        }
        if dice.chance(parameters::EDITS_PER_DAY)
            && let Some(relation) = self.some_customer(staff, &mut dice)
        {
            let words = ["爱砍价", "老客", "闺蜜推荐", "VIP", "敏感肌"];
            let word = words[dice.below(words.len())];
            if dice.chance(0.5) {
                let remark = format!("{}-{word}", self.people[self.relations[relation].person].name);
                self.guide_edits(relation, Some(remark), None, &[]);
            } else {
                let tag = dice.below(self.tags.len());
                self.guide_edits(relation, None, Some(word), &[tag]);
            }
        }
        if dice.chance(parameters::DELETES_PER_QUARTER / 90.0)
            && let Some(relation) = self.some_customer(staff, &mut dice)
        {
            self.guide_deletes(relation);
        }
        self.staff[staff].dice = dice;
    }

    fn some_customer(&self, staff: StaffNo, dice: &mut Dice) -> Option<RelationNo> {
        let all = &self.staff[staff].relations;
        (0..8)
            .map(|_| dice.below(all.len()))
            .filter_map(|at| all.get(at).copied())
            .find(|&r| self.relations[r].status == Status::Active)
    }

    /// Members of a group talk a little every evening.
    fn evening_in(&mut self, group: GroupNo) {
        if !self.lively || self.groups[group].dismissed {
            return;
        }
        self.plan(self.now.plus_days(1), Plan::GroupDay(group));
        let mut dice = self.groups[group].dice;
        let messages =
            dice.exponential(parameters::GROUP_TALK * self.groups[group].members.len() as f64).round() as usize;
        for _ in 0..messages {
            let at = dice.below(self.groups[group].members.len());
            if let Some(Member { who: Who::Person(person), .. }) = self.groups[group].members.get(at) {
                self.says_in_group(group, *person);
            }
        }
        self.groups[group].dice = dice;
    }

    pub fn says_in_group(&mut self, group: GroupNo, person: PersonNo) {
        let day = self.group_day(group);
        day.said += 1;
        if !day.speakers.contains(&person) {
            day.speakers.push(person);
        }
        self.tell(What::GroupSaid { group, person });
    }

    /// A friend brings a friend: somebody who has not arrived yet, of the same store.
    fn invite(&mut self, person: PersonNo) {
        if !self.lively {
            return;
        }
        self.plan_invitation(person);
        let Some(&relation) = self.people[person].relations.last() else { return };
        let staff = self.relations[relation].staff;
        if self.relations[relation].status != Status::Active || !self.serves(staff) {
            return;
        }
        let mut dice = self.people[person].dice;
        if dice.chance(parameters::INVITED_COMES) {
            let free = (0..20)
                .map(|_| dice.below(self.people.len()))
                .find(|&p| p != person && self.people[p].arrived.is_none() && self.people[p].ring.is_none());
            if let Some(friend) = free {
                self.people[friend].invited_by = Some(person);
                self.tell(What::Invited { by: person, person: friend });
                self.befriend(staff, friend, 3, Source::Personal, true, false);
            }
        }
        self.people[person].dice = dice;
    }

    pub(super) fn plan_invitation(&mut self, person: PersonNo) {
        if self.people[person].sharer {
            let days = self.people[person].dice.exponential(7.0 / parameters::SHARES_PER_WEEK);
            self.plan_in_hours(days * 24.0, Plan::Invite(person));
        }
    }
}
