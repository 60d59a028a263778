//! Customer groups: who sits in them, through which door, and the versions by which a reader notices that it missed something.

use super::*;

impl World {
    /// The opaque version of a group's list of members.
    pub fn version(&self, group: GroupNo) -> String {
        let a = crate::dice::mix(self.seed ^ crate::dice::mix((group as u64) << 32 ^ self.groups[group].version));
        format!("{a:016x}{:016x}", crate::dice::mix(a))
    }

    /// A new group with its owner in it.
    pub fn found_group(&mut self, store: usize, owner: StaffNo, name: String, created: Time) -> GroupNo {
        let group = self.groups.len();
        let first = Member {
            who: Who::Staff(owner),
            joined: created,
            scene: 1,
            invitor: None,
            state: String::new(),
            muted: false,
        };
        self.groups.push(Group {
            name,
            owner,
            store,
            created,
            notice: String::new(),
            members: vec![first],
            admins: Vec::new(),
            version: 1,
            dismissed: false,
            status: 0,
            mass_day: i32::MIN,
            mass_month: (0, 0),
            handed_over: Vec::new(),
            dice: dice(self.seed, 5, group),
        });
        self.stores[store].groups.push(group);
        self.tell(What::GroupCreated { group });
        group
    }

    /// Puts a person into a group's list; tells nobody.
    pub(super) fn seat(
        &mut self,
        group: GroupNo,
        person: PersonNo,
        joined: Time,
        scene: u8,
        invitor: Option<StaffNo>,
        state: String,
    ) {
        self.groups[group].members.push(Member {
            who: Who::Person(person),
            joined,
            scene,
            invitor,
            state,
            muted: false,
        });
        self.groups[group].version += 1;
        self.people[person].groups.push(group);
    }

    /// A person joins: by code (`scene` 3, up to the smaller limit) or invited (1). False if they are in, or the group is full or gone.
    pub fn join_group(
        &mut self,
        group: GroupNo,
        person: PersonNo,
        scene: u8,
        invitor: Option<StaffNo>,
        state: &str,
    ) -> bool {
        let limit = if scene == 3 { parameters::GROUP_SIZE_BY_CODE } else { parameters::GROUP_SIZE };
        let here = &self.groups[group];
        if here.dismissed || here.members.len() >= limit || self.people[person].groups.contains(&group) {
            return false;
        }
        let last_version = self.version(group);
        self.seat(group, person, self.now, scene, invitor, state.to_owned());
        let version = self.version(group);
        self.people[person].arrived.get_or_insert(self.now);
        self.group_day(group).joined += 1;
        let scene = if scene == 3 { 3 } else { 0 };
        self.tell(What::GroupJoined { group, members: vec![person], scene, last_version, version });
        true
    }

    /// A person leaves (`scene` 0) or is put out (1).
    pub fn leave_group(&mut self, group: GroupNo, person: PersonNo, scene: u8) {
        if self.groups[group].dismissed || !self.people[person].groups.contains(&group) {
            return;
        }
        let last_version = self.version(group);
        self.groups[group].members.retain(|member| member.who != Who::Person(person));
        self.groups[group].version += 1;
        self.people[person].groups.retain(|&g| g != group);
        let version = self.version(group);
        self.group_day(group).left += 1;
        self.tell(What::GroupLeft { group, members: vec![person], scene, last_version, version });
    }

    /// A person scans a group code: the first of its groups with room, or a new one if the code makes some.
    pub fn scan_group_code(&mut self, person: PersonNo, way: usize) -> Option<GroupNo> {
        if self.join_ways[way].deleted {
            return None;
        }
        let JoinWay { groups, auto_create, base_name, base_id, state, .. } = self.join_ways[way].clone();
        let open: Vec<GroupNo> = groups.iter().copied().filter(|&g| !self.groups[g].dismissed).collect();
        if open.iter().any(|g| self.people[person].groups.contains(g)) {
            return None;
        }
        for &group in &open {
            if self.join_group(group, person, 3, None, &state) {
                return Some(group);
            }
        }
        let last = *groups.last()?;
        if !auto_create {
            return None;
        }
        let name = format!("{base_name}{base_id}");
        let (store, owner) = (self.groups[last].store, self.groups[last].owner);
        let group = self.found_group(store, owner, name, self.now);
        let here = &mut self.join_ways[way];
        here.base_id += 1;
        // At most five: the fullest, which is the oldest, makes room.
        if here.groups.len() == 5 {
            here.groups.remove(0);
        }
        here.groups.push(group);
        self.join_group(group, person, 3, None, &state);
        Some(group)
    }

    /// A friend of a guide finds a group of the store: by a code of the brand's, by the group's own code, or invited.
    pub(super) fn join_some_group(&mut self, person: PersonNo, staff: StaffNo) {
        let Some(store) = self.staff[staff].store.filter(|_| self.lively && self.friends(staff, person).is_some())
        else {
            return;
        };
        let mut dice = self.people[person].dice;
        let by_code = dice.chance(parameters::JOINS_BY_CODE);
        let here = &self.stores[store].groups;
        let ways: Vec<usize> = (0..self.join_ways.len())
            .filter(|&w| !self.join_ways[w].deleted && self.join_ways[w].groups.iter().any(|g| here.contains(g)))
            .collect();
        let room: Vec<GroupNo> =
            here.iter().copied().filter(|&g| !self.groups[g].dismissed && self.groups[g].members.len() < 150).collect();
        let way = ways.get(dice.below(ways.len())).copied();
        let group = room.get(dice.below(room.len())).copied();
        self.people[person].dice = dice;
        match (by_code, way, group) {
            (true, Some(way), _) => {
                self.scan_group_code(person, way);
            }
            (true, None, Some(group)) => {
                self.join_group(group, person, 3, None, "");
            }
            (false, _, Some(group)) => {
                self.join_group(group, person, 1, Some(staff), "");
            }
            (_, _, None) => {
                // Every group of the store is large enough: the guide opens another one.
                let name = format!("{}福利{}群", self.stores[store].name, self.stores[store].groups.len() + 1);
                let group = self.found_group(store, staff, name, self.now);
                self.plan(self.now.plus_days(1), Plan::GroupDay(group));
                self.join_group(group, person, 1, Some(staff), "");
            }
        }
    }

    /// What an owner does in the client: a new name, a new notice.
    pub fn rename_group(&mut self, group: GroupNo, name: &str) {
        name.clone_into(&mut self.groups[group].name);
        self.tell(What::GroupName { group });
    }
    pub fn put_up_notice(&mut self, group: GroupNo, notice: &str) {
        notice.clone_into(&mut self.groups[group].notice);
        self.tell(What::GroupNotice { group });
    }
    pub fn change_owner(&mut self, group: GroupNo, owner: StaffNo) {
        self.set_owner(group, owner);
        self.tell(What::GroupOwner { group });
    }
    pub(super) fn set_owner(&mut self, group: GroupNo, owner: StaffNo) {
        let now = self.now;
        let here = &mut self.groups[group];
        here.owner = owner;
        here.admins.retain(|&s| s != owner);
        if !here.members.iter().any(|m| m.who == Who::Staff(owner)) {
            here.members.push(Member {
                who: Who::Staff(owner),
                joined: now,
                scene: 1,
                invitor: None,
                state: String::new(),
                muted: false,
            });
            here.version += 1;
        }
    }
    pub fn dismiss_group(&mut self, group: GroupNo) {
        if self.groups[group].dismissed {
            return;
        }
        for member in std::mem::take(&mut self.groups[group].members) {
            if let Who::Person(person) = member.who {
                self.people[person].groups.retain(|&g| g != group);
            }
        }
        self.groups[group].dismissed = true;
        self.tell(What::GroupDismissed { group });
    }
}
