//! What people do with leads.

use crate::events::Move;
use crate::model::{CONTACT_WAYS, CONTACTS};
use crate::put::checked;
use crate::rules::due;
use crate::take::Giving;
use crate::{Lead, Leads, Sight, State, refuse};
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};

/// Who does it.
#[derive(Clone, Debug)]
pub struct Who {
    pub sight: Sight,
    /// Key of the member of staff, when it is one.
    pub staff: Option<String>,
    /// The name for the history.
    pub name: String,
}

impl Who {
    /// Whether what this member of staff holds may be worked on.
    fn works_for(&self, lead: &Lead) -> bool {
        match &self.sight {
            Sight::Own { staff, .. } => lead.staff == *staff,
            Sight::Stores(codes) => codes.contains(&lead.staff_store) || self.staff.as_deref() == Some(&lead.staff),
            Sight::Everything => true,
        }
    }
}

/// An approach.
#[derive(Clone, Debug, Default)]
pub struct Contact {
    /// One of [`CONTACT_WAYS`].
    pub way: String,
    /// One of [`CONTACTS`].
    pub result: String,
    pub note: String,
}

const TEXT_MAX: usize = 500;
const REASON_MAX: usize = 200;

fn reason(text: &str) -> Result<String, Refusal> {
    let text = checked("reason", text, REASON_MAX).map_err(|_| refuse::reason())?;
    if text.is_empty() { Err(refuse::reason()) } else { Ok(text) }
}

impl Leads {
    /// Claims a lead of the pool for oneself.
    ///
    /// Errors: `lead_claim_off`, `lead_staff`, `lead_unknown`, `lead_taken`, `lead_again`, `lead_daily_full`, `lead_held_full`.
    pub fn claim(&self, tx: &mut Tx<'_>, who: &Who, id: &str, now: Time) -> Result<Lead, Refusal> {
        let settings = self.settings(tx)?;
        if !settings.claim {
            return Err(refuse::claiming_off());
        }
        let staff = self.server(tx, who.staff.as_deref().unwrap_or_default())?;
        self.hold(tx, &[&staff])?;
        // Whoever loses the race still sees the lead a moment ago; somebody else's is told as taken, not as unknown.
        let lead = match self.seen(tx, &who.sight, id) {
            Ok(lead) => lead,
            Err(unknown) => {
                let held = self.find(tx, id).is_ok_and(|own| own.state.held());
                return Err(if held { refuse::taken() } else { unknown });
            }
        };
        if lead.state.held() && lead.staff == staff {
            // Asked again, because the answer was lost.
            return Ok(lead);
        }
        if !lead.state.in_pool() {
            return Err(refuse::taken());
        }
        if self.barred(tx, &lead, &settings, now)?.contains(&staff) {
            return Err(refuse::again(settings.again_days));
        }
        let giving = Giving { how: "claim", rule: "", by: &who.name, reason: "" };
        self.take(tx, &lead, &staff, giving, &settings, now)?;
        self.find(tx, id)
    }

    /// Gives leads to a member of staff: those of the pool, and those others hold, which are taken from them. All of them or none.
    ///
    /// Errors: `lead_staff`, `lead_unknown`, `lead_not_held`, `lead_state`, `lead_taken`, `lead_daily_full`, `lead_held_full`, `lead_reason`.
    pub fn assign(
        &self,
        tx: &mut Tx<'_>,
        who: &Who,
        ids: &[String],
        userid: &str,
        why: &str,
        now: Time,
    ) -> Result<Vec<Lead>, Refusal> {
        let (staff, settings) = (self.server(tx, userid)?, self.settings(tx)?);
        if let Sight::Stores(codes) = &who.sight {
            let sql = "SELECT store FROM wecom_staff WHERE key = $1";
            if !codes.contains(&tx.one(sql, params![&staff], |row| row.text(0))?) {
                return Err(refuse::staff(userid));
            }
        }
        let why = checked("reason", why, REASON_MAX)?;
        self.hold(tx, &[&staff])?;
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        let giving = Giving { how: "assign", rule: "", by: &who.name, reason: &why };
        for id in &ids {
            let mut lead = self.seen(tx, &who.sight, id)?;
            if lead.state.held() && lead.staff == staff {
                continue;
            }
            if lead.state.held() && !who.works_for(&lead) {
                return Err(refuse::not_yours());
            }
            if lead.state.held() {
                let own = Move { how: "assign", reason: "reassigned", by: &who.name, ..Move::default() };
                self.back(tx, &lead, &own, now)?;
                lead = self.find(tx, id)?;
            }
            if !lead.state.in_pool() {
                return Err(refuse::state("in the pool or held by somebody", "在公海中或跟进中"));
            }
            self.take(tx, &lead, &staff, giving, &settings, now)?;
        }
        ids.iter().map(|id| self.find(tx, id)).collect()
    }

    /// The person was approached. Errors: `lead_unknown`, `lead_not_held`, `lead_word`, `lead_text`.
    pub fn contact(&self, tx: &mut Tx<'_>, who: &Who, id: &str, contact: &Contact, now: Time) -> Result<Lead, Refusal> {
        if !CONTACT_WAYS.contains(&contact.way.as_str()) {
            return Err(refuse::word("way", &CONTACT_WAYS));
        }
        if !CONTACTS.contains(&contact.result.as_str()) {
            return Err(refuse::word("result", &CONTACTS));
        }
        let note = checked("note", &contact.note, TEXT_MAX)?;
        let lead = self.mine(tx, who, id)?;
        let due_at = due(State::Contacted, now, &self.settings(tx)?);
        let moved = tx.execute(
            "UPDATE lead SET state = 'contacted', reason = $4, contacted_at = $2, moved_at = $2, due_at = $3
             WHERE id = $1 AND state = $5 AND staff = $6 AND round = $7",
            params![id, now, due_at, &contact.result, lead.state.name(), &lead.staff, lead.round],
        )?;
        if moved == 0 {
            return Err(refuse::taken());
        }
        let own = Move {
            what: "contacted",
            staff: &lead.staff,
            way: &contact.way,
            reason: &contact.result,
            note: &note,
            by: &who.name,
            ..Move::default()
        };
        self.record(tx, &lead, "contacted", own, now)?;
        self.find(tx, id)
    }

    /// Writes something down; nothing moves. Errors: `lead_unknown`, `lead_text`.
    pub fn remark(&self, tx: &mut Tx<'_>, who: &Who, id: &str, note: &str, now: Time) -> Result<Lead, Refusal> {
        let note = checked("note", note, TEXT_MAX)?;
        if note.is_empty() {
            return Err(refuse::text("note", TEXT_MAX));
        }
        let lead = self.seen(tx, &who.sight, id)?;
        let own = Move { what: "noted", staff: &lead.staff, note: &note, by: &who.name, ..Move::default() };
        self.record(tx, &lead, lead.state.name(), own, now)?;
        Ok(lead)
    }

    /// Back to the pool: by whoever holds it; by whoever leads, also one that was given up. Errors: `lead_unknown`, `lead_not_held`, `lead_state`, `lead_reason`.
    pub fn release(&self, tx: &mut Tx<'_>, who: &Who, id: &str, why: &str, now: Time) -> Result<Lead, Refusal> {
        let (why, lead) = (reason(why)?, self.seen(tx, &who.sight, id)?);
        let leads = !matches!(who.sight, Sight::Own { .. });
        let may = (lead.state.held() && who.works_for(&lead)) || (leads && lead.state == State::Lost);
        if !may {
            return Err(if lead.state.held() { refuse::not_yours() } else { refuse::state("held", "跟进中") });
        }
        self.back(tx, &lead, &Move { how: "release", reason: &why, by: &who.name, ..Move::default() }, now)?;
        self.find(tx, id)
    }

    /// Given up: by whoever holds it; by whoever leads, also one of the pool. Errors: `lead_unknown`, `lead_not_held`, `lead_state`, `lead_reason`.
    pub fn give_up(&self, tx: &mut Tx<'_>, who: &Who, id: &str, why: &str, now: Time) -> Result<Lead, Refusal> {
        let (why, lead) = (reason(why)?, self.seen(tx, &who.sight, id)?);
        let leads = !matches!(who.sight, Sight::Own { .. });
        let mine = (lead.state.held() || lead.state == State::Added) && who.works_for(&lead);
        let may = mine || (leads && lead.state.in_pool());
        if !may {
            let gone = matches!(lead.state, State::Won | State::Lost | State::Merged);
            return Err(if gone { refuse::state("open", "未结束") } else { refuse::not_yours() });
        }
        self.end(
            tx,
            &lead,
            State::Lost,
            &Move { what: "lost", staff: &lead.staff, reason: &why, by: &who.name, ..Move::default() },
            now,
        )?;
        self.find(tx, id)
    }

    /// Won without an order that we see, by whoever took it. Errors: `lead_unknown`, `lead_not_held`, `lead_state`, `lead_text`.
    pub fn win(&self, tx: &mut Tx<'_>, who: &Who, id: &str, note: &str, now: Time) -> Result<Lead, Refusal> {
        let (note, lead) = (checked("note", note, TEXT_MAX)?, self.seen(tx, &who.sight, id)?);
        if !(lead.state.held() || lead.state == State::Added) {
            return Err(refuse::state("held, or a friend", "跟进中或已添加"));
        }
        // As with orders: what nobody worked on is nobody's success.
        if lead.taken_at.is_none() {
            return Err(refuse::state("taken by somebody before it became a friend", "添加好友前已有人领取"));
        }
        if !who.works_for(&lead) {
            return Err(refuse::not_yours());
        }
        let own =
            Move { what: "won", staff: &lead.staff, reason: "by_hand", note: &note, by: &who.name, ..Move::default() };
        self.end(tx, &lead, State::Won, &own, now)?;
        self.find(tx, id)
    }

    /// A lead the caller holds, or one whose holder the caller leads.
    fn mine(&self, tx: &mut Tx<'_>, who: &Who, id: &str) -> Result<Lead, Refusal> {
        let lead = self.seen(tx, &who.sight, id)?;
        if lead.state.held() && who.works_for(&lead) { Ok(lead) } else { Err(refuse::not_yours()) }
    }

    /// Puts a lead into the pool again and writes it down.
    pub(crate) fn back(&self, tx: &mut Tx<'_>, lead: &Lead, own: &Move<'_>, now: Time) -> Result<(), Refusal> {
        let moved = tx.execute(
            "UPDATE lead SET state = 'recycled', reason = $4, staff = '', round = round + 1, moved_at = $2, taken_at = NULL, contacted_at = NULL, due_at = NULL, ended_at = NULL, next_at = $2
             WHERE id = $1 AND state = $3 AND staff = $5 AND round = $6",
            params![&lead.id, now, lead.state.name(), own.reason, &lead.staff, lead.round],
        )?;
        if moved == 0 {
            return Err(refuse::taken());
        }
        let after = Lead { round: lead.round + 1, ..lead.clone() };
        self.record(tx, &after, "recycled", Move { what: "recycled", staff: "", ..*own }, now)
    }

    /// Ends a lead as added, won, lost or merged, and writes it down.
    pub(crate) fn end(
        &self,
        tx: &mut Tx<'_>,
        lead: &Lead,
        state: State,
        own: &Move<'_>,
        now: Time,
    ) -> Result<(), Refusal> {
        let moved = tx.execute(
            "UPDATE lead SET state = $3, reason = $4, staff = $5, moved_at = $2, ended_at = $2, due_at = NULL, next_at = NULL
             WHERE id = $1 AND state = $6 AND staff = $7 AND round = $8",
            params![&lead.id, now, state.name(), own.reason, own.staff, lead.state.name(), &lead.staff, lead.round],
        )?;
        if moved == 0 {
            return Err(refuse::taken());
        }
        self.record(tx, lead, state.name(), *own, now)
    }
}
