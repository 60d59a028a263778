//! What a lead is.

use siyu_db::{DbError, RowRef};
use siyu_kernel::{PersonNum, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// In the pool, held by nobody so far.
    New,
    /// In the pool again.
    Recycled,
    /// Held, and not approached yet.
    Claimed,
    /// Held, and approached.
    Contacted,
    /// A friend in WeCom.
    Added,
    /// Has bought since.
    Won,
    /// Given up.
    Lost,
    /// The person has another lead.
    Merged,
}

impl State {
    pub const ALL: [State; 8] = [
        State::New,
        State::Recycled,
        State::Claimed,
        State::Contacted,
        State::Added,
        State::Won,
        State::Lost,
        State::Merged,
    ];
    pub fn name(self) -> &'static str {
        match self {
            State::New => "new",
            State::Recycled => "recycled",
            State::Claimed => "claimed",
            State::Contacted => "contacted",
            State::Added => "added",
            State::Won => "won",
            State::Lost => "lost",
            State::Merged => "merged",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.name() == name)
    }
    pub fn in_pool(self) -> bool {
        matches!(self, State::New | State::Recycled)
    }
    pub fn held(self) -> bool {
        matches!(self, State::Claimed | State::Contacted)
    }
}

/// As SQL has them.
pub(crate) const POOL: &str = "('new', 'recycled')";
pub(crate) const HELD: &str = "('claimed', 'contacted')";
pub(crate) const OPEN: &str = "('new', 'recycled', 'claimed', 'contacted')";

/// Where leads come from: a file, by hand, an audience; and what the walks find: friends that were lost, friends nobody talks to, members of
/// customer groups who are nobody's friend, buyers with a phone who are nobody's friend.
pub const SOURCES: [&str; 7] = ["import", "manual", "audience", "lost", "idle", "group", "shop"];

/// By what somebody was approached, and what came of it.
pub const CONTACT_WAYS: [&str; 5] = ["phone", "wecom", "sms", "store", "other"];
pub const CONTACTS: [&str; 4] = ["reached", "no_answer", "refused", "invalid"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    pub id: String,
    /// The identity it was made for, and the person that belongs to now.
    pub num: PersonNum,
    pub root: PersonNum,
    pub name: String,
    pub source: String,
    /// A channel's code.
    pub channel: String,
    /// Whose pool it is; empty: the brand's.
    pub store: String,
    pub note: String,
    pub state: State,
    /// Why it stands there.
    pub reason: String,
    /// Holder, or who has the friend: key, userid, name, store.
    pub staff: String,
    pub userid: String,
    pub staff_name: String,
    pub staff_store: String,
    /// Key of who had the person before the pool.
    pub before: String,
    /// How often it went back to the pool.
    pub round: i64,
    pub created_at: Time,
    pub created_by: String,
    /// Since when it is a lead: since it was made, or began anew after it had ended.
    pub pooled_at: Time,
    pub moved_at: Time,
    pub taken_at: Option<Time>,
    pub contacted_at: Option<Time>,
    /// When it goes back unless something happens.
    pub due_at: Option<Time>,
    pub ended_at: Option<Time>,
    /// Hand it back as `after`.
    pub token: String,
}

/// Who a lead is, for whoever may see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Face {
    pub name: String,
    /// In full.
    pub phone: Option<String>,
}

/// Whose leads somebody sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    Everything,
    /// The pools of these stores and the brand's, and what the staff of these stores hold or have won.
    Stores(Vec<String>),
    /// The pools of the brand and of one's store, and what one holds or has won.
    Own {
        staff: String,
        store: String,
    },
}

pub(crate) const COLUMNS: &str = "l.id, l.num, p.root, l.name, l.source, l.channel, l.store, l.note, l.state, l.reason, l.staff, COALESCE(s.userid, l.staff), COALESCE(s.name, ''),
    COALESCE(s.store, ''), l.before, l.round, l.created_at, l.created_by, l.moved_at, l.taken_at, l.contacted_at, l.due_at, l.ended_at, l.pooled_at";
pub(crate) const FROM: &str =
    "FROM lead l JOIN person p ON p.num = l.num AND p.state <> 2 LEFT JOIN wecom_staff s ON s.key = l.staff";

/// A row, and its note as it lies there.
pub(crate) fn read(row: RowRef<'_>) -> Result<(Lead, Vec<u8>), DbError> {
    let state = row.text(8)?;
    let lead = Lead {
        id: row.text(0)?,
        num: row.num(1)?,
        root: row.num(2)?,
        name: row.text(3)?,
        source: row.text(4)?,
        channel: row.text(5)?,
        store: row.text(6)?,
        note: String::new(),
        state: State::parse(&state).ok_or_else(|| DbError::Decode(format!("no state of a lead: {state}")))?,
        reason: row.text(9)?,
        staff: row.text(10)?,
        userid: row.text(11)?,
        staff_name: row.text(12)?,
        staff_store: row.text(13)?,
        before: row.text(14)?,
        round: row.int(15)?,
        created_at: row.time(16)?,
        created_by: row.text(17)?,
        pooled_at: row.time(23)?,
        moved_at: row.time(18)?,
        taken_at: row.opt_time(19)?,
        contacted_at: row.opt_time(20)?,
        due_at: row.opt_time(21)?,
        ended_at: row.opt_time(22)?,
        token: String::new(),
    };
    Ok((lead, row.blob(7)?))
}
