//! What happened in the world, in order. Some of it WeCom tells the brand by callback; the rest only its tills and its shop would know.

use serde::Serialize;
use siyu_kernel::Time;

/// Positions in the world's lists.
pub type StaffNo = usize;
pub type PersonNo = usize;
pub type GroupNo = usize;
pub type RelationNo = usize;

/// One thing that happened. `number` counts from 0 without gaps in the life of a world.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Happening {
    pub number: u64,
    pub at: Time,
    #[serde(flatten)]
    pub what: What,
}

/// Which reasons somebody names for giving a guide up.
#[derive(Clone, Copy, Debug, Default, Serialize, PartialEq, Eq)]
pub struct Reasons {
    pub content: bool,
    pub harassment: bool,
}

#[derive(Clone, Debug, Serialize, PartialEq)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    // What WeCom tells by callback.
    /// Member and customer are friends.
    Added {
        staff: StaffNo,
        person: PersonNo,
        relation: RelationNo,
        state: String,
        welcome: Option<usize>,
    },
    /// The customer has added the member, who has not opened the chat yet.
    HalfAdded {
        staff: StaffNo,
        person: PersonNo,
        relation: RelationNo,
        state: String,
        welcome: Option<usize>,
    },
    /// The member edited remark or tags in the client.
    Edited {
        staff: StaffNo,
        person: PersonNo,
    },
    DeletedByStaff {
        staff: StaffNo,
        person: PersonNo,
        transfer: bool,
    },
    DeletedByCustomer {
        staff: StaffNo,
        person: PersonNo,
        reasons: Reasons,
    },
    TransferFailed {
        takeover: StaffNo,
        person: PersonNo,
        reason: &'static str,
    },
    GroupCreated {
        group: GroupNo,
    },
    GroupJoined {
        group: GroupNo,
        members: Vec<PersonNo>,
        scene: u8,
        last_version: String,
        version: String,
    },
    GroupLeft {
        group: GroupNo,
        members: Vec<PersonNo>,
        scene: u8,
        last_version: String,
        version: String,
    },
    GroupOwner {
        group: GroupNo,
    },
    GroupName {
        group: GroupNo,
    },
    GroupNotice {
        group: GroupNo,
    },
    GroupDismissed {
        group: GroupNo,
    },
    /// The tag library was changed in the admin console. `change` is create, update, delete or shuffle.
    TagChanged {
        id: String,
        group: bool,
        change: &'static str,
    },
    StaffCreated {
        staff: StaffNo,
    },
    StaffUpdated {
        staff: StaffNo,
    },
    StaffLeft {
        staff: StaffNo,
    },
    /// Of the link's own family: friend_request, customer_start_chat, message_from_customer, del_follow_user and the ones about quota.
    Acquisition {
        change: &'static str,
        link: Option<usize>,
        state: String,
        staff: Option<StaffNo>,
        person: Option<PersonNo>,
        chat: Option<usize>,
    },
    /// A member used the app: enter_agent, click, view, subscribe, unsubscribe, template_card_event or a message (`text`).
    App {
        staff: StaffNo,
        event: &'static str,
        key: String,
        task: String,
        response: Option<usize>,
        selected: Vec<(String, Vec<String>)>,
    },

    // What WeCom does not tell.
    /// A message in the chat of member and customer. `welcome` and `mass` came from the brand.
    Said {
        relation: RelationNo,
        by_customer: bool,
        text: String,
    },
    GroupSaid {
        group: GroupNo,
        person: PersonNo,
    },
    /// A mass message, welcome or moment reached a customer, who saw it or not.
    Reached {
        person: PersonNo,
        by: Reach,
        number: usize,
        seen: bool,
    },
    Muted {
        staff: StaffNo,
        person: PersonNo,
    },
    Visited {
        person: PersonNo,
        product: usize,
        device: String,
        address: String,
    },
    Carted {
        person: PersonNo,
        product: usize,
    },
    /// Money in fen. `cause` is the message that brought it about, if one did: nobody else can know.
    Purchased {
        person: PersonNo,
        order: usize,
        store: usize,
        guide: Option<StaffNo>,
        items: Vec<(usize, u32)>,
        amount: i64,
        cause: Option<(Reach, usize)>,
    },
    Refunded {
        person: PersonNo,
        order: usize,
        amount: i64,
    },
    Invited {
        by: PersonNo,
        person: PersonNo,
    },
}

/// How something of the brand's reaches a person.
#[derive(Clone, Copy, Debug, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    Welcome,
    Mass,
    GroupMass,
    Moment,
    Guide,
}
