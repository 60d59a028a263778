//! Friendship of members and customers: how it begins, changes and ends.

use super::*;

impl World {
    /// Puts a relation into the lists; tells nobody.
    pub(super) fn new_relation(
        &mut self,
        staff: StaffNo,
        person: PersonNo,
        add_way: u16,
        source: Source,
        by_customer: bool,
        status: Status,
    ) -> RelationNo {
        let relation = self.relations.len();
        let state = match &source {
            Source::Personal => String::new(),
            Source::Way(way) => self.contact_ways[*way].state.clone(),
            Source::Link { channel, .. } => channel.clone(),
        };
        self.relations.push(Relation {
            staff,
            person,
            created: self.now,
            ended: None,
            status,
            add_way,
            source,
            state,
            by_customer,
            remark: self.people[person].name.clone(),
            description: String::new(),
            company: String::new(),
            mobiles: Vec::new(),
            tags: Vec::new(),
            personal_tags: Vec::new(),
            muted: false,
            last_said: self.now,
            heard: 0,
            reasons: Reasons::default(),
            chat: Vec::new(),
            welcomed: false,
        });
        self.people[person].relations.push(relation);
        self.people[person].arrived.get_or_insert(self.now);
        self.staff[staff].relations.push(relation);
        self.staff[staff].active += usize::from(status == Status::Active);
        relation
    }

    /// They become friends, or half of it. Nothing happens when they are already, or when the member can take no more.
    pub fn befriend(
        &mut self,
        staff: StaffNo,
        person: PersonNo,
        add_way: u16,
        source: Source,
        by_customer: bool,
        half: bool,
    ) -> Option<RelationNo> {
        let known = self.people[person].relations.iter().any(|&r| {
            self.relations[r].staff == staff && matches!(self.relations[r].status, Status::Active | Status::Half)
        });
        if known || !self.serves(staff) || self.staff[staff].active >= parameters::CUSTOMERS_PER_MEMBER {
            return None;
        }
        let status = if half { Status::Half } else { Status::Active };
        let relation = self.new_relation(staff, person, add_way, source, by_customer, status);
        if by_customer {
            self.staff_day(staff).applied += 1;
        }
        let welcome = self.welcome_code(relation);
        let state = self.relations[relation].state.clone();
        if half {
            let minutes = self.people[person].dice.exponential(parameters::ACCEPT_MINUTES);
            self.plan_at_work(minutes / 60.0, Plan::Accept { relation });
            self.tell(What::HalfAdded { staff, person, relation, state, welcome });
        } else {
            self.staff_day(staff).contacts += 1;
            self.tell(What::Added { staff, person, relation, state, welcome });
            self.settle_in(relation);
        }
        Some(relation)
    }

    /// The member opens the chat of a half friend.
    pub(super) fn accept(&mut self, relation: RelationNo) {
        if self.relations[relation].status != Status::Half {
            return;
        }
        let Relation { staff, person, ref state, welcomed, .. } = self.relations[relation];
        let state = state.clone();
        self.relations[relation].status = Status::Active;
        self.staff[staff].active += 1;
        self.staff_day(staff).contacts += 1;
        // The code of the half friendship has been used, or else the chat has none yet.
        let welcome = if welcomed { None } else { self.welcome_code(relation) };
        self.tell(What::Added { staff, person, relation, state, welcome });
        self.settle_in(relation);
    }

    /// A code, unless the platform would send none: other corps' users, a console welcome.
    fn welcome_code(&mut self, relation: RelationNo) -> Option<usize> {
        let Relation { staff, person, .. } = self.relations[relation];
        if self.people[person].business || self.staff[staff].console_welcome {
            return None;
        }
        self.welcomes.push(Welcome { relation, issued: self.now, used: false });
        Some(self.welcomes.len() - 1)
    }

    /// What is already certain when a friendship begins.
    fn settle_in(&mut self, relation: RelationNo) {
        let Relation { staff, person, .. } = self.relations[relation];
        let mut dice = self.people[person].dice;
        let days = match (self.people[person].ring, self.people[person].bait) {
            (Some(_), _) => dice.between(0.05, 0.9),
            (None, true) => dice.exponential(parameters::BAIT_DAYS),
            (None, false) => dice.exponential(1.0 / parameters::OTHER_REASONS_PER_DAY),
        };
        let bait = self.people[person].bait && self.people[person].ring.is_none();
        let reasons = Reasons { content: bait, harassment: bait && dice.chance(parameters::NAMES_BOTH) };
        if self.lively {
            self.plan_in_hours(days * 24.0, Plan::Leave { relation, reasons });
            if dice.chance(parameters::JOINS_GROUP) {
                let hours = dice.between(0.1, 24.0);
                self.plan_in_hours(hours, Plan::JoinGroup { person, staff });
            }
        }
        self.people[person].dice = dice;
    }

    /// The brand answers a friend request in time. Says why not with the platform's code.
    pub fn send_welcome(&mut self, code: &str, text: &str) -> Result<RelationNo, i64> {
        let number = self.number(Id::Welcome, code).filter(|&n| n < self.welcomes.len()).ok_or(41050)?;
        let Welcome { relation, issued, used } = self.welcomes[number];
        if used || self.relations[relation].welcomed {
            return Err(if used { 41050 } else { 41051 });
        }
        if self.now > issued.plus_seconds(parameters::WELCOME_SECONDS) {
            return Err(41050);
        }
        // Already chatting: the customer has written before the welcome came.
        if self.relations[relation].heard > 0 {
            return Err(41051);
        }
        self.welcomes[number].used = true;
        self.relations[relation].welcomed = true;
        if !matches!(self.relations[relation].status, Status::Active | Status::Half) {
            return Ok(relation);
        }
        let person = self.relations[relation].person;
        self.say(relation, false, text);
        if self.plain_welcomes {
            return Ok(relation);
        }
        let content = attention::Content::text(text, &self.people[person].name);
        self.reach(person, attention::Way::Chat(relation), Reach::Welcome, number, &content);
        Ok(relation)
    }

    /// The server has put the callback on its way: the twenty seconds begin.
    pub fn welcome_issued(&mut self, number: usize, at: Time) {
        if let Some(welcome) = self.welcomes.get_mut(number) {
            welcome.issued = welcome.issued.max(at);
        }
    }

    fn end(&mut self, relation: RelationNo, status: Status) {
        let staff = self.relations[relation].staff;
        self.staff[staff].active -= usize::from(self.relations[relation].status == Status::Active);
        self.relations[relation].status = status;
        self.relations[relation].ended = Some(self.now);
    }

    pub fn customer_deletes(&mut self, relation: RelationNo, reasons: Reasons) {
        if !matches!(self.relations[relation].status, Status::Active | Status::Half) {
            return;
        }
        self.end(relation, Status::DeletedByCustomer);
        self.relations[relation].reasons = reasons;
        let Relation { staff, person, ref source, ref state, .. } = self.relations[relation];
        let (source, state) = (source.clone(), state.clone());
        self.staff_day(staff).negative += 1;
        self.tell(What::DeletedByCustomer { staff, person, reasons });
        if let Source::Link { link, .. } = source {
            let (staff, person) = (Some(staff), Some(person));
            self.tell(What::Acquisition {
                change: "del_follow_user",
                link: Some(link),
                state,
                staff,
                person,
                chat: None,
            });
        }
    }

    pub fn guide_deletes(&mut self, relation: RelationNo) {
        if self.relations[relation].status == Status::Active {
            self.end(relation, Status::DeletedByStaff);
            let Relation { staff, person, .. } = self.relations[relation];
            self.tell(What::DeletedByStaff { staff, person, transfer: false });
        }
    }

    /// The member edits a customer's card in the client, which the brand hears of.
    pub fn guide_edits(
        &mut self,
        relation: RelationNo,
        remark: Option<String>,
        personal_tag: Option<&str>,
        tags: &[usize],
    ) {
        let tags: Vec<usize> =
            tags.iter().copied().filter(|&tag| self.tags.get(tag).is_some_and(|t| !t.deleted)).collect();
        let here = &mut self.relations[relation];
        if here.status != Status::Active {
            return;
        }
        if let Some(remark) = remark {
            here.remark = remark.chars().take(20).collect();
        }
        if let Some(tag) = personal_tag.filter(|tag| !here.personal_tags.iter().any(|have| have == tag)) {
            here.personal_tags.push(tag.to_owned());
        }
        for tag in tags {
            if !here.tags.contains(&tag) {
                here.tags.push(tag);
            }
        }
        let (staff, person) = (here.staff, here.person);
        self.tell(What::Edited { staff, person });
    }

    pub(super) fn hand_over(&mut self, relation: RelationNo, takeover: StaffNo, resigned: bool) {
        let Relation { staff, person, .. } = self.relations[relation];
        self.end(relation, Status::Transferred);
        if !resigned {
            self.tell(What::DeletedByStaff { staff, person, transfer: true });
        }
        if self.friends(takeover, person).is_some() {
            return;
        }
        let before = self.relations[relation].clone();
        let fresh = self.new_relation(takeover, person, 202, Source::Personal, false, Status::Active);
        let here = &mut self.relations[fresh];
        here.remark = before.remark;
        here.description = before.description;
        here.mobiles = before.mobiles;
        here.tags = before.tags;
        here.welcomed = true;
        self.staff_day(takeover).contacts += 1;
        self.tell(What::Added { staff: takeover, person, relation: fresh, state: String::new(), welcome: None });
    }

    pub(super) fn leave_unassigned(&mut self, relation: RelationNo) {
        if matches!(self.relations[relation].status, Status::Active | Status::Half) {
            self.end(relation, Status::Unassigned);
        }
    }
}
