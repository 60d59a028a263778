//! Members who go, and customers who are handed to others.

use super::*;

impl World {
    /// A member leaves the brand: their customers wait to be given to somebody, their groups for an owner.
    pub fn resign(&mut self, staff: StaffNo) {
        if self.staff[staff].status == StaffStatus::Left {
            return;
        }
        self.staff[staff].status = StaffStatus::Left;
        self.staff[staff].left_at = Some(self.now);
        for at in 0..self.staff[staff].relations.len() {
            let relation = self.staff[staff].relations[at];
            self.leave_unassigned(relation);
        }
        for group in 0..self.groups.len() {
            if self.groups[group].owner == staff && !self.groups[group].dismissed {
                self.groups[group].status = 1;
            }
        }
        for department in &mut self.departments {
            department.leaders.retain(|&s| s != staff);
        }
        self.tell(What::StaffLeft { staff });
    }

    /// Somebody new, with the customer-contact permission when they work in a store.
    pub fn hire(&mut self, userid: &str, name: &str, store: Option<usize>) -> StaffNo {
        let staff = self.staff.len();
        let department = store.map_or(2, |store| self.stores[store].department);
        self.staff.push(Staff {
            userid: userid.to_owned(),
            name: name.to_owned(),
            departments: vec![department],
            leads: false,
            position: if store.is_some() { "导购" } else { "运营" },
            store,
            serves: store.is_some(),
            status: StaffStatus::Active,
            console_welcome: false,
            diligence: 0.8,
            mobile: format!("1390000{staff:04}"),
            email: format!("{}@huasheng.example", userid.to_lowercase()),
            relations: Vec::new(),
            active: 0,
            left_at: None,
            dice: dice(self.seed, 3, staff),
        });
        if let Some(store) = store {
            self.stores[store].guides.push(staff);
            self.plan(self.now.plus_days(1), Plan::StaffDay(staff));
        }
        self.tell(What::StaffCreated { staff });
        staff
    }

    /// The request to hand one customer over; the platform's code when it is refused at once.
    pub fn ask_transfer(&mut self, handover: StaffNo, takeover: StaffNo, person: PersonNo, resigned: bool) -> i64 {
        let wanted = if resigned { Status::Unassigned } else { Status::Active };
        let relation = self.people[person].relations.iter().rev().copied();
        let relation =
            relation.into_iter().find(|&r| self.relations[r].staff == handover && self.relations[r].status == wanted);
        let Some(relation) = relation else { return 84061 };
        let of_person = || self.transfers.iter().filter(|t| t.person == person);
        if of_person().any(|t| t.status == TransferStatus::Waiting) {
            return 40100;
        }
        let quarter_ago = self.now.plus_days(-90);
        if !resigned
            && of_person().filter(|t| !t.resigned && t.status == TransferStatus::Done && t.due > quarter_ago).count()
                >= 2
        {
            return 40128;
        }
        if self.staff[takeover].active >= parameters::CUSTOMERS_PER_MEMBER {
            return 40099;
        }
        let due = self.now.plus_seconds(parameters::TRANSFER_SECONDS);
        let status = TransferStatus::Waiting;
        self.transfers.push(Transfer { handover, takeover, person, relation, resigned, asked: self.now, due, status });
        self.plan(due, Plan::Transfer(self.transfers.len() - 1));
        0
    }

    /// The customer says no to a hand-over that waits. False when none does.
    pub fn refuse_transfer(&mut self, person: PersonNo) -> bool {
        let waits = |t: &Transfer| t.person == person && t.status == TransferStatus::Waiting;
        let Some(transfer) = self.transfers.iter().position(waits) else { return false };
        self.transfers[transfer].status = TransferStatus::Refused;
        let takeover = self.transfers[transfer].takeover;
        self.tell(What::TransferFailed { takeover, person, reason: "customer_refused" });
        true
    }

    pub(super) fn settle_transfer(&mut self, transfer: usize) {
        let Transfer { takeover, person, relation, resigned, status, .. } = self.transfers[transfer];
        if status != TransferStatus::Waiting {
            return;
        }
        let wanted = if resigned { Status::Unassigned } else { Status::Active };
        let refuses = self.people[person].dice.chance(parameters::TRANSFER_REFUSED);
        let (status, reason) = if self.relations[relation].status != wanted || refuses && self.lively {
            (TransferStatus::Refused, Some("customer_refused"))
        } else if self.staff[takeover].active >= parameters::CUSTOMERS_PER_MEMBER || !self.serves(takeover) {
            (TransferStatus::LimitReached, Some("customer_limit_exceed"))
        } else {
            (TransferStatus::Done, None)
        };
        self.transfers[transfer].status = status;
        match reason {
            Some(reason) => self.tell(What::TransferFailed { takeover, person, reason }),
            None => self.hand_over(relation, takeover, resigned),
        }
    }

    /// Gives a group to another owner at once. The platform's code when it cannot be.
    pub fn transfer_group(&mut self, group: GroupNo, owner: StaffNo, resigned: bool) -> i64 {
        let here = &self.groups[group];
        let old = here.owner;
        let gone = self.staff[old].status == StaffStatus::Left;
        let day_ago = self.now.plus_days(-1);
        let quarter_ago = self.now.plus_days(-90);
        let recent = here.handed_over.iter().filter(|(at, _)| *at > quarter_ago).count();
        // Each owner may give away so many a day, whoever takes them.
        let handed_over = self.groups.iter().flat_map(|group| &group.handed_over);
        let of_owner = handed_over.filter(|(at, from)| *from == old && *at > day_ago).count();
        match (resigned, gone) {
            (true, false) => return 90500,
            (false, true) => return 90502,
            _ if here.dismissed => return 90501,
            _ if old == owner => return 90504,
            (true, true) if here.status == 3 => return 90508,
            (false, false) if recent >= 2 || of_owner >= parameters::GROUPS_HANDED_OVER => return 45009,
            _ => {}
        }
        let now = self.now;
        self.set_owner(group, owner);
        let here = &mut self.groups[group];
        if !resigned {
            here.handed_over.push((now, old));
        }
        here.status = if resigned { 3 } else { 0 };
        if resigned {
            here.members.retain(|member| member.who != Who::Staff(old));
            here.version += 1;
        }
        0
    }
}
