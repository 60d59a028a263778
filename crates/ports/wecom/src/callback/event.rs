//! The catalogue of callbacks: every event and message WeCom documents, and [`Happened::Unknown`] for what it adds tomorrow.

use super::error::CallbackError;
use super::xml::{self, Element};
use siyu_kernel::Time;

/// One callback, read. `raw` keeps every element, so nothing is lost that the catalogue has no name for.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub corp_id: String,
    /// Only on callbacks of one app.
    pub agent_id: Option<i64>,
    /// When it happened by WeCom's clock, whole seconds. `None` when the message has no readable time.
    pub at: Option<Time>,
    /// The employee who wrote, clicked or entered; `None` when the system speaks.
    pub from: Option<String>,
    /// Set on callbacks of third-party suites, whose envelope differs.
    pub suite_id: Option<String>,
    /// The platform's own event name, as sent (`change_external_contact`, or the message type).
    pub name: String,
    pub change: String,
    pub what: Happened,
    pub raw: Element,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Happened {
    Contact {
        change: ContactChange,
        user_id: String,
        external_user_id: String,
    },
    Group {
        chat_id: String,
        change: GroupChange,
    },
    Tag {
        change: TagChange,
        id: String,
        kind: Option<TagKind>,
        strategy_id: Option<i64>,
    },
    Acquisition(Acquisition),
    /// The address book: employees, departments, employees' tags.
    Staff(StaffChange),
    /// An employee came into (`true`) or left the visible range of the app.
    Visible(bool),
    Entered {
        key: String,
    },
    MenuClicked {
        key: String,
    },
    MenuOpened {
        url: String,
    },
    /// A menu that scans; what was scanned stays in [`Event::raw`].
    MenuScanned {
        key: String,
    },
    Located {
        latitude: f64,
        longitude: f64,
        precision: f64,
        app_type: String,
    },
    JobDone {
        job_id: String,
        job_type: String,
        code: i64,
        message: String,
    },
    Card(CardClick),
    CardMenu(CardClick),
    TaskCard {
        key: String,
        task_id: String,
    },
    /// Archived messages wait; at most one such event per 15 seconds.
    ArchiveWaiting,
    /// Approvals: their content stays in [`Event::raw`].
    Approval {
        of_system: bool,
    },
    MediaUploaded {
        job_id: String,
    },
    /// Customer service (微信客服): pull with the token.
    ServiceMessage {
        token: String,
        open_kf_id: String,
    },
    Message {
        id: String,
        body: Message,
    },
    /// Not in the catalogue: kept whole in [`Event::raw`].
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContactChange {
    /// Friends on both sides.
    Added { state: Option<String>, welcome_code: Option<String>, link_id: Option<String> },
    /// One-sided: the customer added without verification. The welcome is sent with this code; the later `Added` has none.
    HalfAdded { state: Option<String>, welcome_code: Option<String> },
    /// Remark, tags or phone were edited in the client: read the customer again.
    Edited,
    /// The employee removed the customer.
    RemovedByStaff { by_transfer: bool, source: Option<String> },
    /// The customer removed or blocked the employee.
    RemovedByCustomer,
    /// `user_id` is the employee who was to take over.
    TransferFailed { reason: TransferFailure },
    /// The customer agreed to the archiving of the chat; the welcome code comes here instead.
    ArchiveApproved { welcome_code: Option<String> },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferFailure {
    CustomerRefused,
    CustomerLimit,
    Other(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupChange {
    Created,
    Dismissed,
    Updated(GroupUpdate),
}

/// Apply `members` only when the stored member version equals `last_version`; otherwise events were lost: read the group again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupUpdate {
    pub detail: GroupDetail,
    /// As sent: see [`crate::assumptions::join_scene`].
    pub join_scene: Option<i64>,
    /// 0 left, 1 removed. Only for members who went.
    pub quit_scene: Option<i64>,
    pub count: Option<i64>,
    /// Employees and customers; empty in old deliveries.
    pub members: Vec<String>,
    pub last_version: Option<String>,
    pub version: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GroupDetail {
    MembersAdded,
    MembersGone,
    Owner,
    Name,
    Notice,
    Other(String),
    #[default]
    NotSaid,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagChange {
    Created,
    Updated,
    Deleted,
    /// The order inside a group changed; without an id the order of the groups.
    Shuffled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagKind {
    Tag,
    Group,
}

/// Customer acquisition (获客助手).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acquisition {
    BalanceLow,
    BalanceExhausted,
    BalanceIncreased,
    QuotaExpiresSoon {
        at: Option<Time>,
        quota: i64,
    },
    LinkUnavailable {
        link_id: String,
    },
    LinkDeleted {
        link_id: String,
    },
    ProfileOpened(Visit),
    FriendRequested(Visit),
    ChatStarted(Visit),
    /// The third, fifth and tenth message: the key leads to the chat for about 30 minutes.
    MessageCame {
        visit: Visit,
        chat_key: String,
    },
    RemovedByCustomer(Visit),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visit {
    pub link_id: Option<String>,
    /// The `customer_channel` of the address that was opened.
    pub state: Option<String>,
    pub user_id: Option<String>,
    pub external_user_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StaffChange {
    UserCreated(StaffFields),
    /// `new_user_id`: the userid itself changed.
    UserUpdated {
        fields: StaffFields,
        new_user_id: Option<String>,
    },
    UserDeleted {
        user_id: String,
    },
    PartyCreated(PartyFields),
    PartyUpdated(PartyFields),
    PartyDeleted {
        id: i64,
    },
    TagUpdated {
        tag_id: i64,
        users_in: Vec<String>,
        users_out: Vec<String>,
        parties_in: Vec<i64>,
        parties_out: Vec<i64>,
    },
}

/// What the event tells; a missing field did not change or is not shown to this app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StaffFields {
    pub user_id: String,
    pub name: Option<String>,
    pub departments: Option<Vec<i64>>,
    pub main_department: Option<i64>,
    pub leads: Option<Vec<bool>>,
    pub position: Option<String>,
    /// 1 active, 2 disabled, 4 not activated, 5 left.
    pub status: Option<i64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartyFields {
    pub id: i64,
    pub name: Option<String>,
    pub parent_id: Option<i64>,
    pub order: Option<i64>,
}

/// A click on an interactive card. `response_code` lets the card be changed once, within 72 hours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CardClick {
    pub key: String,
    pub task_id: String,
    pub card_type: String,
    pub response_code: String,
    pub selected: Vec<Selected>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selected {
    pub question: String,
    pub options: Vec<String>,
}

/// What an employee wrote to the app.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    Text(String),
    Image { url: String, media_id: String },
    Voice { media_id: String, format: String },
    Video { media_id: String, thumb_media_id: String },
    Location { latitude: f64, longitude: f64, scale: i64, label: String, app_type: String },
    Link { title: String, description: String, url: String, picture: String },
}

impl Event {
    /// Reads a decrypted callback. An unknown event is not an error; a message that is no XML or has no receiver is.
    pub fn read(message: &[u8]) -> Result<Self, CallbackError> {
        let raw = xml::read(message)?;
        let suite_id = raw.some("SuiteId");
        let (corp, name, at) = match &suite_id {
            Some(_) => ("AuthCorpId", raw.get("InfoType"), "TimeStamp"),
            None if raw.get("MsgType") == "event" => ("ToUserName", raw.get("Event"), "CreateTime"),
            None => ("ToUserName", raw.get("MsgType"), "CreateTime"),
        };
        let corp_id = raw.some(corp).ok_or(CallbackError::FieldMissing(corp))?;
        let of_message = suite_id.is_none() && raw.get("MsgType") != "event";
        let what = if of_message { message_of(&raw) } else { event_of(name, raw.get("ChangeType"), &raw) };
        Ok(Self {
            corp_id,
            agent_id: raw.number("AgentID"),
            at: seconds(&raw, at),
            from: raw.some("FromUserName").filter(|from| from != "sys"),
            suite_id,
            name: name.to_owned(),
            change: raw.get("ChangeType").to_owned(),
            what: what.unwrap_or(Happened::Unknown),
            raw,
        })
    }

    /// The code for a welcome message and the customer it is for, when the event brings one: 20 seconds from now.
    pub fn welcome(&self) -> Option<(&str, &str, &str)> {
        let Happened::Contact { change, user_id, external_user_id } = &self.what else { return None };
        let code = match change {
            ContactChange::Added { welcome_code, .. }
            | ContactChange::HalfAdded { welcome_code, .. }
            | ContactChange::ArchiveApproved { welcome_code } => welcome_code.as_deref()?,
            _ => return None,
        };
        Some((code, user_id, external_user_id))
    }
}

fn event_of(name: &str, change: &str, raw: &Element) -> Option<Happened> {
    Some(match name {
        "change_external_contact" => contact(change, raw)?,
        "change_external_chat" => group(change, raw)?,
        "change_external_tag" => tag(change, raw)?,
        "customer_acquisition" => Happened::Acquisition(acquisition(change, raw)?),
        "change_contact" => Happened::Staff(staff(change, raw)?),
        "subscribe" => Happened::Visible(true),
        "unsubscribe" => Happened::Visible(false),
        "enter_agent" => Happened::Entered { key: raw.get("EventKey").to_owned() },
        "click" => Happened::MenuClicked { key: raw.get("EventKey").to_owned() },
        "view" | "view_miniprogram" => Happened::MenuOpened { url: raw.get("EventKey").to_owned() },
        "scancode_waitmsg" => Happened::MenuScanned { key: raw.get("EventKey").to_owned() },
        "LOCATION" => Happened::Located {
            latitude: raw.decimal("Latitude")?,
            longitude: raw.decimal("Longitude")?,
            precision: raw.decimal("Precision").unwrap_or_default(),
            app_type: raw.get("AppType").to_owned(),
        },
        "batch_job_result" => {
            let job = raw.child("BatchJob")?;
            Happened::JobDone {
                job_id: job.get("JobId").to_owned(),
                job_type: job.get("JobType").to_owned(),
                code: job.number("ErrCode").unwrap_or_default(),
                message: job.get("ErrMsg").to_owned(),
            }
        }
        "template_card_event" => Happened::Card(card(raw)),
        "template_card_menu_event" => Happened::CardMenu(card(raw)),
        "taskcard_click" => {
            Happened::TaskCard { key: raw.get("EventKey").to_owned(), task_id: raw.get("TaskId").to_owned() }
        }
        "msgaudit_notify" => Happened::ArchiveWaiting,
        "open_approval_change" => Happened::Approval { of_system: false },
        "sys_approval_change" => Happened::Approval { of_system: true },
        "upload_media_job_finish" => Happened::MediaUploaded { job_id: raw.some("JobId")? },
        "kf_msg_or_event" => {
            Happened::ServiceMessage { token: raw.some("Token")?, open_kf_id: raw.get("OpenKfId").to_owned() }
        }
        _ => return None,
    })
}

fn contact(change: &str, raw: &Element) -> Option<Happened> {
    let (state, welcome_code) = (raw.some("State"), raw.some("WelcomeCode"));
    let change = match change {
        "add_external_contact" => ContactChange::Added { state, welcome_code, link_id: raw.some("LinkId") },
        "add_half_external_contact" => ContactChange::HalfAdded { state, welcome_code },
        "edit_external_contact" => ContactChange::Edited,
        "del_external_contact" => {
            let source = raw.some("Source");
            ContactChange::RemovedByStaff { by_transfer: source.as_deref() == Some("DELETE_BY_TRANSFER"), source }
        }
        "del_follow_user" => ContactChange::RemovedByCustomer,
        "transfer_fail" => ContactChange::TransferFailed {
            reason: match raw.get("FailReason") {
                "customer_refused" => TransferFailure::CustomerRefused,
                "customer_limit_exceed" => TransferFailure::CustomerLimit,
                other => TransferFailure::Other(other.to_owned()),
            },
        },
        "msg_audit_approved" => ContactChange::ArchiveApproved { welcome_code },
        _ => return None,
    };
    Some(Happened::Contact { change, user_id: raw.some("UserID")?, external_user_id: raw.some("ExternalUserID")? })
}

fn group(change: &str, raw: &Element) -> Option<Happened> {
    let change = match change {
        "create" => GroupChange::Created,
        "dismiss" => GroupChange::Dismissed,
        "update" => {
            let detail = match raw.get("UpdateDetail") {
                "add_member" => GroupDetail::MembersAdded,
                "del_member" => GroupDetail::MembersGone,
                "change_owner" => GroupDetail::Owner,
                "change_name" => GroupDetail::Name,
                "change_notice" => GroupDetail::Notice,
                "" => GroupDetail::NotSaid,
                other => GroupDetail::Other(other.to_owned()),
            };
            // WeCom sends both scenes with every change of members; each means something for one of them only.
            let (joined, gone) = (detail == GroupDetail::MembersAdded, detail == GroupDetail::MembersGone);
            GroupChange::Updated(GroupUpdate {
                join_scene: raw.number("JoinScene").filter(|_| joined),
                quit_scene: raw.number("QuitScene").filter(|_| gone),
                count: raw.number("MemChangeCnt"),
                members: raw.items("MemChangeList"),
                last_version: raw.some("LastMemVer"),
                version: raw.some("CurMemVer"),
                detail,
            })
        }
        _ => return None,
    };
    Some(Happened::Group { chat_id: raw.some("ChatId")?, change })
}

fn tag(change: &str, raw: &Element) -> Option<Happened> {
    let change = match change {
        "create" => TagChange::Created,
        "update" => TagChange::Updated,
        "delete" => TagChange::Deleted,
        "shuffle" => TagChange::Shuffled,
        _ => return None,
    };
    let kind = match raw.get("TagType") {
        "tag" => Some(TagKind::Tag),
        "tag_group" => Some(TagKind::Group),
        _ => None,
    };
    Some(Happened::Tag { change, id: raw.get("Id").to_owned(), kind, strategy_id: raw.number("StrategyId") })
}

fn acquisition(change: &str, raw: &Element) -> Option<Acquisition> {
    let visit = Visit {
        link_id: raw.some("LinkId"),
        state: raw.some("State"),
        user_id: raw.some("UserID"),
        external_user_id: raw.some("ExternalUserID"),
    };
    Some(match change {
        "balance_low" => Acquisition::BalanceLow,
        "balance_exhausted" => Acquisition::BalanceExhausted,
        "balance_increased" => Acquisition::BalanceIncreased,
        "quota_expire_soon" => Acquisition::QuotaExpiresSoon {
            at: seconds(raw, "ExpireTime"),
            quota: raw.number("ExpireQuotaNum").unwrap_or_default(),
        },
        "link_unavailable" => Acquisition::LinkUnavailable { link_id: raw.some("LinkId")? },
        "delete_link" => Acquisition::LinkDeleted { link_id: raw.some("LinkId")? },
        "open_profile" => Acquisition::ProfileOpened(visit),
        "friend_request" => Acquisition::FriendRequested(visit),
        "customer_start_chat" => Acquisition::ChatStarted(visit),
        "message_from_customer" => Acquisition::MessageCame { visit, chat_key: raw.get("ChatKey").to_owned() },
        "del_follow_user" => Acquisition::RemovedByCustomer(visit),
        _ => return None,
    })
}

fn staff(change: &str, raw: &Element) -> Option<StaffChange> {
    let list = |name: &str| -> Vec<String> {
        raw.get(name).split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect()
    };
    let numbers = |name: &str| -> Vec<i64> { list(name).iter().filter_map(|part| part.trim().parse().ok()).collect() };
    let fields = || {
        Some(StaffFields {
            user_id: raw.some("UserID")?,
            name: raw.some("Name"),
            departments: raw.child("Department").map(|_| numbers("Department")),
            main_department: raw.number("MainDepartment"),
            leads: raw.child("IsLeaderInDept").map(|_| numbers("IsLeaderInDept").iter().map(|n| *n == 1).collect()),
            position: raw.some("Position"),
            status: raw.number("Status"),
        })
    };
    let party = || {
        let (name, parent_id, order) = (raw.some("Name"), raw.number("ParentId"), raw.number("Order"));
        Some(PartyFields { id: raw.number("Id")?, name, parent_id, order })
    };
    Some(match change {
        "create_user" => StaffChange::UserCreated(fields()?),
        "update_user" => StaffChange::UserUpdated { fields: fields()?, new_user_id: raw.some("NewUserID") },
        "delete_user" => StaffChange::UserDeleted { user_id: raw.some("UserID")? },
        "create_party" => StaffChange::PartyCreated(party()?),
        "update_party" => StaffChange::PartyUpdated(party()?),
        "delete_party" => StaffChange::PartyDeleted { id: raw.number("Id")? },
        "update_tag" => StaffChange::TagUpdated {
            tag_id: raw.number("TagId")?,
            users_in: list("AddUserItems"),
            users_out: list("DelUserItems"),
            parties_in: numbers("AddPartyItems"),
            parties_out: numbers("DelPartyItems"),
        },
        _ => return None,
    })
}

fn card(raw: &Element) -> CardClick {
    let selected = raw.child("SelectedItems").map_or_else(Vec::new, |items| {
        let one = |item: &Element| {
            // An official example misspells the list.
            let options = if item.child("OptionIds").is_some() { "OptionIds" } else { "OpitonIds" };
            Selected { question: item.get("QuestionKey").to_owned(), options: item.items(options) }
        };
        items.children.iter().map(one).collect()
    });
    CardClick {
        key: raw.get("EventKey").to_owned(),
        task_id: raw.get("TaskId").to_owned(),
        card_type: raw.get("CardType").to_owned(),
        response_code: raw.get("ResponseCode").to_owned(),
        selected,
    }
}

fn message_of(raw: &Element) -> Option<Happened> {
    let text = |name: &str| raw.get(name).to_owned();
    let body = match raw.get("MsgType") {
        "text" => Message::Text(text("Content")),
        "image" => Message::Image { url: text("PicUrl"), media_id: text("MediaId") },
        "voice" => Message::Voice { media_id: text("MediaId"), format: text("Format") },
        "video" => Message::Video { media_id: text("MediaId"), thumb_media_id: text("ThumbMediaId") },
        "location" => Message::Location {
            latitude: raw.decimal("Location_X")?,
            longitude: raw.decimal("Location_Y")?,
            scale: raw.number("Scale").unwrap_or_default(),
            label: text("Label"),
            app_type: text("AppType"),
        },
        "link" => Message::Link {
            title: text("Title"),
            description: text("Description"),
            url: text("Url"),
            picture: text("PicUrl"),
        },
        _ => return None,
    };
    Some(Happened::Message { id: raw.some("MsgId")?, body })
}

fn seconds(raw: &Element, name: &str) -> Option<Time> {
    Time(raw.number(name)?.checked_mul(1_000_000)?).in_range()
}
