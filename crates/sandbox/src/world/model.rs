//! What the world consists of.

use crate::dice::Dice;
use crate::happening::*;
use serde_json::Value;
use siyu_kernel::Time;

#[derive(Clone, Debug)]
pub struct Department {
    pub id: i64,
    pub name: String,
    pub parent: i64,
    pub order: i64,
    pub leaders: Vec<StaffNo>,
}

#[derive(Clone, Debug)]
pub struct Store {
    pub name: String,
    pub city: usize,
    pub department: i64,
    pub guides: Vec<StaffNo>,
    pub groups: Vec<GroupNo>,
}

/// As `status` of the user object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaffStatus {
    Active = 1,
    Disabled = 2,
    NotActivated = 4,
    Left = 5,
}

#[derive(Clone, Debug)]
pub struct Staff {
    pub userid: String,
    pub name: String,
    pub departments: Vec<i64>,
    pub leads: bool,
    pub position: &'static str,
    pub store: Option<usize>,
    /// Has the customer-contact permission.
    pub serves: bool,
    pub status: StaffStatus,
    /// The admin has set a welcome of the console for this member: callbacks carry no code.
    pub console_welcome: bool,
    pub diligence: f64,
    pub mobile: String,
    pub email: String,
    pub relations: Vec<RelationNo>,
    pub active: usize,
    pub left_at: Option<Time>,
    pub(super) dice: Dice,
}

/// What a message does to somebody's buying, in the words of uplift studies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persuasion {
    Persuadable,
    Sure,
    Lost,
    PutOff,
}

#[derive(Clone, Debug)]
pub struct Person {
    pub name: String,
    pub gender: u8,
    /// A WeCom user of another corp (`wo…`).
    pub business: bool,
    pub store: usize,
    pub channel: usize,
    pub phone: String,
    /// Whether WeCom gives the brand this person's UnionID.
    pub union_id: bool,
    /// Purchases a week, and the chance that a purchase is the last.
    pub rate: f64,
    pub dropout: f64,
    pub alive: bool,
    pub sensitivity: f64,
    pub persuasion: Persuasion,
    pub brands: u8,
    pub budget: f64,
    pub patience: f64,
    pub bait: bool,
    pub sharer: bool,
    /// The number of the ring of cheats this account belongs to.
    pub ring: Option<usize>,
    pub invited_by: Option<PersonNo>,
    pub arrived: Option<Time>,
    pub relations: Vec<RelationNo>,
    pub groups: Vec<GroupNo>,
    pub orders: Vec<usize>,
    /// Mass messages received: the last day, and the month's number with its count.
    pub mass_day: i32,
    pub mass_month: (i32, u32),
    pub(super) load: f64,
    pub(super) load_at: Time,
    pub(super) last_text: u64,
    pub(super) put_off_until: Time,
    pub(super) dice: Dice,
}

/// How a relation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The customer added the member, who has not confirmed.
    Half,
    Active,
    DeletedByStaff,
    DeletedByCustomer,
    Transferred,
    /// The member has left and nobody has taken the customer over yet.
    Unassigned,
}

/// Through which code a relation came.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum Source {
    #[default]
    Personal,
    Way(usize),
    Link {
        link: usize,
        channel: String,
    },
}

#[derive(Clone, Debug)]
pub struct Relation {
    pub staff: StaffNo,
    pub person: PersonNo,
    pub created: Time,
    pub ended: Option<Time>,
    pub status: Status,
    pub add_way: u16,
    pub source: Source,
    pub state: String,
    /// The customer asked; otherwise the member did.
    pub by_customer: bool,
    pub remark: String,
    pub description: String,
    pub company: String,
    pub mobiles: Vec<String>,
    pub tags: Vec<usize>,
    pub personal_tags: Vec<String>,
    pub muted: bool,
    pub last_said: Time,
    /// Messages from the customer so far.
    pub heard: u32,
    pub reasons: Reasons,
    /// The last of what was said, oldest first; at most [`Relation::REMEMBERED`].
    pub chat: Vec<Line>,
    pub(super) welcomed: bool,
}
impl Relation {
    pub const REMEMBERED: usize = 40;
}

#[derive(Clone, Debug, serde::Serialize)]
pub struct Line {
    pub at: Time,
    pub by_customer: bool,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Staff(StaffNo),
    Person(PersonNo),
}

#[derive(Clone, Debug)]
pub struct Member {
    pub who: Who,
    pub joined: Time,
    /// 1 invited, 2 by link, 3 by code.
    pub scene: u8,
    pub invitor: Option<StaffNo>,
    pub state: String,
    pub muted: bool,
}

#[derive(Clone, Debug)]
pub struct Group {
    pub name: String,
    pub owner: StaffNo,
    pub store: usize,
    pub created: Time,
    pub notice: String,
    pub members: Vec<Member>,
    pub admins: Vec<StaffNo>,
    pub version: u64,
    pub dismissed: bool,
    /// 0 normal, 1 owner gone, 2 being handed over, 3 handed over.
    pub status: u8,
    pub mass_day: i32,
    pub mass_month: (i32, u32),
    /// By call from owners at work: when, and from whom.
    pub handed_over: Vec<(Time, StaffNo)>,
    pub(super) dice: Dice,
}

#[derive(Clone, Debug)]
pub struct TagGroup {
    pub name: String,
    pub created: Time,
    pub order: u32,
    pub deleted: bool,
    pub tags: Vec<usize>,
    /// The number under which its id is made; tags and groups share the kind.
    pub id: usize,
    pub by_app: bool,
}

#[derive(Clone, Debug)]
pub struct Tag {
    pub name: String,
    pub created: Time,
    pub order: u32,
    pub deleted: bool,
    pub group: usize,
    pub id: usize,
    pub by_app: bool,
}

#[derive(Clone, Debug)]
pub struct ContactWay {
    /// As the brand gave it; read back by get_contact_way.
    pub kind: i64,
    pub scene: i64,
    pub style: i64,
    pub remark: String,
    pub skip_verify: bool,
    pub state: String,
    pub users: Vec<StaffNo>,
    pub parties: Vec<i64>,
    pub temporary: bool,
    pub expires_in: i64,
    pub chat_expires_in: i64,
    pub unionid: String,
    pub exclusive: bool,
    pub mark_source: Option<bool>,
    pub conclusions: Option<Value>,
    pub created: Time,
    pub deleted: bool,
    /// Where people find it.
    pub channel: usize,
    pub scans: u64,
}

#[derive(Clone, Debug)]
pub struct JoinWay {
    pub scene: i64,
    pub remark: String,
    pub auto_create: bool,
    pub base_name: String,
    pub base_id: i64,
    pub groups: Vec<GroupNo>,
    pub state: String,
    pub mark_source: Option<bool>,
    pub deleted: bool,
}

#[derive(Clone, Debug)]
pub struct Link {
    pub name: String,
    pub users: Vec<StaffNo>,
    pub departments: Vec<i64>,
    pub skip_verify: bool,
    pub priority: Option<Value>,
    pub mark_source: Option<bool>,
    pub created: Time,
    pub deleted: bool,
    /// Clicks and new customers by day.
    pub clicks: Vec<(i32, u64)>,
}

/// A welcome code that was given out.
#[derive(Clone, Debug)]
pub struct Welcome {
    pub relation: RelationNo,
    pub issued: Time,
    pub used: bool,
}

/// What get_contact's message_from_customer lets the brand ask for.
#[derive(Clone, Debug)]
pub struct ChatKey {
    pub relation: RelationNo,
    pub count: u32,
    pub open: bool,
}

/// Where a mass message stands with one target: the numbers of `send_list.status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Waiting = 0,
    Sent = 1,
    NotFriends = 2,
    OverLimit = 3,
}

#[derive(Clone, Debug)]
pub struct Target {
    /// The relation, or the group.
    pub to: usize,
    pub delivery: Delivery,
    pub at: Option<Time>,
}

#[derive(Clone, Debug)]
pub struct MassTask {
    pub staff: StaffNo,
    pub targets: Vec<Target>,
    pub confirmed: Option<Time>,
    pub(super) ignores: bool,
}

#[derive(Clone, Debug)]
pub struct Mass {
    pub to_groups: bool,
    pub created: Time,
    pub text: Value,
    pub attachments: Value,
    pub tasks: Vec<MassTask>,
    pub reminders: Vec<Time>,
    pub cancelled: bool,
    /// The member who made it in the client, if the brand did not.
    pub creator: Option<StaffNo>,
}

#[derive(Clone, Debug)]
pub struct MomentTask {
    pub staff: StaffNo,
    pub range: Vec<RelationNo>,
    pub published: Option<Time>,
    pub seen_by: Vec<PersonNo>,
    pub likes: Vec<(PersonNo, Time)>,
    pub comments: Vec<(PersonNo, Time)>,
}

#[derive(Clone, Debug)]
pub struct Moment {
    pub created: Time,
    pub text: Value,
    pub attachments: Value,
    pub tasks: Vec<MomentTask>,
    pub cancelled: bool,
    pub invalid_users: Vec<String>,
    pub invalid_departments: Vec<i64>,
    pub invalid_tags: Vec<String>,
    pub partial: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransferStatus {
    Done = 1,
    Waiting = 2,
    Refused = 3,
    LimitReached = 4,
}

#[derive(Clone, Debug)]
pub struct Transfer {
    pub handover: StaffNo,
    pub takeover: StaffNo,
    pub person: PersonNo,
    pub relation: RelationNo,
    pub resigned: bool,
    pub asked: Time,
    pub due: Time,
    pub status: TransferStatus,
}

#[derive(Clone, Debug, serde::Serialize)]
pub struct Product {
    pub sku: String,
    pub name: String,
    pub category: &'static str,
    /// Fen.
    pub price: i64,
}

#[derive(Clone, Debug, serde::Serialize)]
pub struct Order {
    pub person: PersonNo,
    pub at: Time,
    pub store: usize,
    pub guide: Option<StaffNo>,
    pub items: Vec<(usize, u32)>,
    pub amount: i64,
    pub refunded: i64,
}

/// What the statistics of a member count in a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StaffDay {
    pub chats: u32,
    pub messages: u32,
    pub heard: u32,
    pub answered: u32,
    pub answer_minutes: u32,
    pub negative: u32,
    pub applied: u32,
    pub contacts: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupDay {
    pub joined: u32,
    pub left: u32,
    pub said: u32,
    pub speakers: Vec<PersonNo>,
}
