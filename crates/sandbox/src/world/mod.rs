//! The world: a brand, its people, and what they do as time goes on. Pure: no network, no files, no clock but the time it is told.
//!
//! - Everything is numbered by its place in a list that only grows; what ends keeps its place and says so.
//! - A relation is one period of friendship of a member and a customer. Who adds the same member again begins a new one.
//! - The same seed, scale, start and calls give the same world, whatever the steps in which it is advanced.

mod attention;
mod birth;
mod buying;
mod codes;
mod friends;
mod groups;
mod handover;
mod life;
mod mass;
mod model;
mod moments;
mod tags;

pub use mass::{MassOrder, NoTarget};
pub use model::*;

use crate::calendar;
use crate::dice::Dice;
use crate::happening::*;
use crate::ids::{self, Id};
use crate::parameters::{self, Scale};
use siyu_kernel::Time;
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

pub struct World {
    seed: u64,
    scale: Scale,
    start: Time,
    now: Time,
    pub name: String,
    pub departments: Vec<Department>,
    pub stores: Vec<Store>,
    pub staff: Vec<Staff>,
    pub people: Vec<Person>,
    pub relations: Vec<Relation>,
    pub groups: Vec<Group>,
    pub tag_groups: Vec<TagGroup>,
    pub tags: Vec<Tag>,
    pub contact_ways: Vec<ContactWay>,
    pub join_ways: Vec<JoinWay>,
    pub links: Vec<Link>,
    pub masses: Vec<Mass>,
    pub moments: Vec<Moment>,
    pub transfers: Vec<Transfer>,
    pub welcomes: Vec<Welcome>,
    pub chats: Vec<ChatKey>,
    pub products: Vec<Product>,
    pub orders: Vec<Order>,
    pub staff_days: HashMap<(StaffNo, i32), StaffDay>,
    pub group_days: HashMap<(GroupNo, i32), GroupDay>,
    pub link_balance: i64,
    agenda: BinaryHeap<Planned>,
    planned: u64,
    happenings: Vec<Happening>,
    happened: u64,
    /// Whether anybody still arrives, buys, talks by themselves. A test that wants to see only its own doings switches it off.
    lively: bool,
    /// Welcomes are read and have no consequence: a world that is made again without them is the same.
    pub plain_welcomes: bool,
}

/// What is going to happen, unless something prevents it.
#[derive(Clone, Debug)]
enum Plan {
    Arrive(PersonNo),
    Accept { relation: RelationNo },
    Request { staff: StaffNo, person: PersonNo, add_way: u16, source: Source },
    Buy(PersonNo),
    BuyNow { person: PersonNo, cause: (Reach, usize) },
    Refund(usize),
    Reply { relation: RelationNo },
    Answer { relation: RelationNo },
    Leave { relation: RelationNo, reasons: Reasons },
    JoinGroup { person: PersonNo, staff: StaffNo },
    LeaveGroup { person: PersonNo, group: GroupNo },
    Invite(PersonNo),
    StaffDay(StaffNo),
    GroupDay(GroupNo),
    Resign(StaffNo),
    Confirm { mass: usize, task: usize },
    Publish { moment: usize, task: usize },
    Transfer(usize),
    CloseChat { chat: usize },
}

struct Planned {
    at: Time,
    order: u64,
    plan: Plan,
}
/// Reversed: the heap gives the earliest first, and what was planned first of those at the same instant.
impl Ord for Planned {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}
impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}
impl Eq for Planned {}

impl World {
    /// A brand on its first day. Nothing has happened yet; those who were friends before are found by looking, not by happenings.
    pub fn new(seed: u64, scale: Scale, start: Time) -> Self {
        birth::world(seed, scale, start)
    }
    pub fn seed(&self) -> u64 {
        self.seed
    }
    pub fn scale(&self) -> Scale {
        self.scale
    }
    pub fn start(&self) -> Time {
        self.start
    }
    pub fn now(&self) -> Time {
        self.now
    }
    /// The next instant at which something is planned, for a driver that wants to stop there.
    pub fn next(&self) -> Option<Time> {
        self.agenda.peek().map(|planned| planned.at)
    }
    /// Stops people from doing anything by themselves from now on; what the brand and tests do still has its consequences.
    pub fn hush(&mut self) {
        self.lively = false;
        self.agenda.retain(|planned| {
            matches!(
                planned.plan,
                Plan::Accept { .. } | Plan::Request { .. } | Plan::Transfer(_) | Plan::CloseChat { .. }
            )
        });
    }

    /// Lives on until `time` and tells what happened, oldest first, along with what the brand's calls caused since the last time.
    pub fn advance_to(&mut self, time: Time) -> Vec<Happening> {
        while self.agenda.peek().is_some_and(|planned| planned.at <= time) {
            let Planned { at, plan, .. } = self.agenda.pop().expect("it was there a moment ago");
            self.now = self.now.max(at);
            self.live(plan);
        }
        self.now = self.now.max(time);
        std::mem::take(&mut self.happenings)
    }
    /// What has happened since it was last asked, without time going on.
    pub fn take_happenings(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.happenings)
    }

    fn tell(&mut self, what: What) {
        self.happenings.push(Happening { number: self.happened, at: self.now, what });
        self.happened += 1;
    }
    fn plan(&mut self, at: Time, plan: Plan) {
        self.planned += 1;
        self.agenda.push(Planned { at: at.max(self.now), order: self.planned, plan });
    }
    fn plan_in_hours(&mut self, hours: f64, plan: Plan) {
        self.plan(after(self.now, hours), plan);
    }
    /// Within opening hours, the next day if it has become too late.
    fn plan_at_work(&mut self, hours: f64, plan: Plan) {
        let at = after(self.now, hours);
        let hour = calendar::hour(at);
        let at = match hour {
            h if h < parameters::OPEN_HOUR => at.plus_seconds((parameters::OPEN_HOUR - h) * 3600),
            h if h >= parameters::CLOSE_HOUR => at.plus_seconds((24 - h + parameters::OPEN_HOUR) * 3600),
            _ => at,
        };
        self.plan(at, plan);
    }

    // ------------------------------------------------------------------------------------------------------- finding things

    pub fn id(&self, kind: Id, number: usize) -> String {
        ids::text(kind, self.seed, number)
    }
    pub fn number(&self, kind: Id, id: &str) -> Option<usize> {
        ids::number(kind, self.seed, id)
    }
    pub fn external_userid(&self, person: PersonNo) -> String {
        self.id(if self.people[person].business { Id::Business } else { Id::Person }, person)
    }
    pub fn person(&self, external_userid: &str) -> Option<PersonNo> {
        let kind = if external_userid.starts_with("wo") { Id::Business } else { Id::Person };
        self.number(kind, external_userid)
            .filter(|&n| n < self.people.len() && self.external_userid(n) == external_userid)
    }
    pub fn union_id(&self, person: PersonNo) -> Option<String> {
        self.people[person].union_id.then(|| self.id(Id::Union, person))
    }
    /// User ids are the same whatever their case.
    pub fn member(&self, userid: &str) -> Option<StaffNo> {
        self.staff.iter().position(|staff| staff.userid.eq_ignore_ascii_case(userid))
    }
    pub fn group(&self, chat_id: &str) -> Option<GroupNo> {
        self.number(Id::Group, chat_id).filter(|&n| n < self.groups.len())
    }
    /// The relation of a pair that stands, if one does.
    pub fn friends(&self, staff: StaffNo, person: PersonNo) -> Option<RelationNo> {
        let of_person = &self.people[person].relations;
        of_person
            .iter()
            .rev()
            .copied()
            .find(|&r| self.relations[r].staff == staff && self.relations[r].status == Status::Active)
    }
    /// Members and sub-departments' members of a department.
    pub fn members_of(&self, department: i64) -> Vec<StaffNo> {
        let inside = self.subtree(department);
        (0..self.staff.len())
            .filter(|&s| {
                self.staff[s].status == StaffStatus::Active
                    && self.staff[s].departments.iter().any(|d| inside.contains(d))
            })
            .collect()
    }
    pub fn subtree(&self, department: i64) -> Vec<i64> {
        let mut inside = vec![department];
        let mut at = 0;
        while at < inside.len() {
            let parent = inside[at];
            inside.extend(self.departments.iter().filter(|d| d.parent == parent && d.id != parent).map(|d| d.id));
            at += 1;
        }
        inside.retain(|id| self.departments.iter().any(|d| d.id == *id));
        inside
    }
    /// Members who may have customers: of a store, and not gone.
    pub fn serves(&self, staff: StaffNo) -> bool {
        self.staff[staff].serves && self.staff[staff].status == StaffStatus::Active
    }
    fn staff_day(&mut self, staff: StaffNo) -> &mut StaffDay {
        self.staff_days.entry((staff, calendar::day(self.now))).or_default()
    }
    fn group_day(&mut self, group: GroupNo) -> &mut GroupDay {
        self.group_days.entry((group, calendar::day(self.now))).or_default()
    }
}

fn after(at: Time, hours: f64) -> Time {
    Time(at.0.saturating_add((hours * 3.6e9) as i64))
}

/// Kinds of subjects that have dice.
fn dice(seed: u64, kind: u64, number: usize) -> Dice {
    Dice::of(seed, kind, number as u64)
}
