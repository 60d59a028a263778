//! Leads as somebody sees them.

use crate::model::{COLUMNS, FROM, HELD, POOL, read};
use crate::{Face, Lead, Leads, Sight, key, refuse};
use rustc_hash::FxHashMap;
use siyu_db::{Param, Tx, params};
use siyu_kernel::{Identifier, Kind, PersonNum, Refusal, Time};

/// Which part of the leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    #[default]
    All,
    /// In the pool.
    Pool,
    /// Held, the most urgent first.
    Held,
    /// Added, won, lost, merged.
    Ended,
}

#[derive(Clone, Debug, Default)]
pub struct LeadQuery {
    pub view: View,
    pub state: Option<String>,
    pub source: Option<String>,
    /// A channel's code.
    pub channel: Option<String>,
    /// A store's code; empty: the brand's pool.
    pub store: Option<String>,
    /// Userid of who holds or has won.
    pub staff: Option<String>,
    /// Part of a name, or a phone.
    pub text: Option<String>,
    pub after: Option<String>,
    pub limit: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveRow {
    pub id: i64,
    pub at: Time,
    pub what: String,
    pub state: String,
    pub userid: String,
    pub staff_name: String,
    pub from_userid: String,
    pub from_name: String,
    pub how: String,
    pub rule: String,
    pub reason: String,
    pub note: String,
    pub by: String,
}

/// Conditions and what they bind, so that each value stands once.
#[derive(Default)]
struct Where<'a> {
    sql: String,
    binds: Vec<Param<'a>>,
}

impl<'a> Where<'a> {
    /// `{}` in the text is the value's place.
    fn and(&mut self, text: &str, value: impl Into<Param<'a>>) {
        self.binds.push(value.into());
        let place = format!("${}", self.binds.len());
        self.plain(&text.replace("{}", &place));
    }
    fn plain(&mut self, text: &str) {
        self.sql.push_str(" AND ");
        self.sql.push_str(text);
    }
    fn sees(&mut self, tx: &Tx<'_>, sight: &'a Sight) {
        match sight {
            Sight::Everything => {}
            Sight::Stores(codes) => {
                self.binds.push(codes.into());
                let at = self.binds.len();
                let (own, staff) = (tx.any("l.store", at), tx.any("s.store", at));
                self.plain(&format!("({own} OR {staff} OR (l.store = '' AND l.state IN {POOL}))"));
            }
            Sight::Own { staff, store } => {
                self.and(&format!("(l.staff = {{}} OR (l.state IN {POOL} AND l.store = ''))"), staff);
                if !store.is_empty() {
                    // Widens what was said just now.
                    let at = self.sql.rfind(" AND (l.staff").unwrap_or(0);
                    let said = self.sql.split_off(at + " AND ".len());
                    self.binds.push(store.into());
                    let place = self.binds.len();
                    self.sql.push_str(&format!("({said} OR (l.state IN {POOL} AND l.store = ${place}))"));
                }
            }
        }
    }
}

impl Leads {
    /// A lead somebody sees. Errors: `lead_unknown`.
    pub fn seen(&self, tx: &mut Tx<'_>, sight: &Sight, id: &str) -> Result<Lead, Refusal> {
        let mut own = Where::default();
        own.and("l.id = {}", id);
        own.sees(tx, sight);
        let row = tx.opt(&format!("SELECT {COLUMNS} {FROM} WHERE 1 = 1{}", own.sql), &own.binds, read)?;
        self.opened(row.ok_or_else(refuse::unknown)?)
    }

    /// Held leads by the time they go back; others the last moved first.
    ///
    /// Errors: `page_token`.
    pub fn list(&self, tx: &mut Tx<'_>, sight: &Sight, query: &LeadQuery) -> Result<Vec<Lead>, Refusal> {
        const NEVER: i64 = i64::MAX;
        let given =
            |text: &Option<String>| text.as_deref().map(str::trim).filter(|own| !own.is_empty()).map(str::to_owned);
        let (state, source, channel) = (given(&query.state), given(&query.source), given(&query.channel));
        let (store, staff) = (query.store.clone(), given(&query.staff).map(|own| key(&own)));
        let text = given(&query.text);
        let people = text.as_deref().map_or(Ok(None), |text| self.of_phone(tx, text))?;
        let like = text.map(|text| {
            let safe = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
            format!("%{safe}%")
        });
        let urgent = query.view == View::Held;
        let order = if urgent { format!("COALESCE(l.due_at, {NEVER})") } else { "l.moved_at".to_owned() };
        let after = match query.after.as_deref() {
            None => None,
            Some(after) => {
                let (at, id) = after.split_once('.').ok_or_else(refuse::after)?;
                Some((at.parse::<i64>().map_err(|_| refuse::after())?, id.to_owned()))
            }
        };
        let mut own = Where::default();
        own.sees(tx, sight);
        match query.view {
            View::All => {}
            View::Pool => own.plain(&format!("l.state IN {POOL}")),
            View::Held => own.plain(&format!("l.state IN {HELD}")),
            View::Ended => own.plain("l.ended_at IS NOT NULL"),
        }
        for (column, value) in [
            ("l.state", &state),
            ("l.source", &source),
            ("l.channel", &channel),
            ("l.store", &store),
            ("l.staff", &staff),
        ] {
            if let Some(value) = value {
                own.and(&format!("{column} = {{}}"), value);
            }
        }
        match (&people, &like) {
            (Some(nodes), _) => {
                own.binds.push(nodes.into());
                let any = tx.any("l.num", own.binds.len());
                own.plain(&any);
            }
            (None, Some(like)) => own.and("LOWER(l.name) LIKE {} ESCAPE '\\'", like),
            (None, None) => {}
        }
        if let Some((at, id)) = &after {
            own.binds.push((*at).into());
            own.binds.push(id.into());
            let (at, id) = (own.binds.len() - 1, own.binds.len());
            let beyond = if urgent { ">" } else { "<" };
            own.plain(&format!("({order} {beyond} ${at} OR ({order} = ${at} AND l.id > ${id}))"));
        }
        own.binds.push(query.limit.clamp(1, 10_001).into());
        let sql = format!(
            "SELECT {COLUMNS} {FROM} WHERE 1 = 1{} ORDER BY {order} {}, l.id LIMIT ${}",
            own.sql,
            if urgent { "ASC" } else { "DESC" },
            own.binds.len()
        );
        let rows = tx.query(&sql, &own.binds, read)?;
        let with_token = |row| {
            let mut lead = self.opened(row)?;
            let at = if urgent { lead.due_at.map_or(NEVER, |at| at.0) } else { lead.moved_at.0 };
            lead.token = format!("{at}.{}", lead.id);
            Ok(lead)
        };
        rows.into_iter().map(with_token).collect()
    }

    /// How many leads somebody sees stand in each state.
    pub fn counts(&self, tx: &mut Tx<'_>, sight: &Sight) -> Result<Vec<(String, i64)>, Refusal> {
        let mut own = Where::default();
        own.sees(tx, sight);
        let sql = format!("SELECT l.state, COUNT(*) {FROM} WHERE 1 = 1{} GROUP BY l.state ORDER BY l.state", own.sql);
        Ok(tx.query(&sql, &own.binds, |row| Ok((row.text(0)?, row.int(1)?)))?)
    }

    /// The identities of whoever has this phone; `None` when the text is none.
    fn of_phone(&self, tx: &mut Tx<'_>, text: &str) -> Result<Option<Vec<i64>>, Refusal> {
        let Ok(phone) = Identifier::new(Kind::Phone, text) else { return Ok(None) };
        let Some((_, root)) = self.inner.people.by_identifier(tx, phone)? else { return Ok(Some(Vec::new())) };
        let nodes = self.inner.people.nodes(tx, root)?;
        Ok(Some(nodes.into_iter().map(i64::from).collect()))
    }

    /// Who these leads are, in their order: the name of today, and the phone in full.
    pub fn faces(&self, tx: &mut Tx<'_>, leads: &[Lead]) -> Result<Vec<Face>, Refusal> {
        let mut roots: Vec<PersonNum> = leads.iter().map(|own| own.root).collect();
        roots.sort_unstable();
        roots.dedup();
        let mut known: FxHashMap<PersonNum, Face> = FxHashMap::default();
        for profile in self.inner.people.profiles(tx, &roots)? {
            let phone = profile.identifiers.iter().find(|own| own.kind == "phone").map(|own| own.value.clone());
            known.insert(profile.root, Face { name: profile.name().unwrap_or_default(), phone });
        }
        let face = |lead: &Lead| {
            let mut face = known.get(&lead.root).cloned().unwrap_or_default();
            if face.name.is_empty() {
                face.name = lead.name.clone();
            }
            face
        };
        Ok(leads.iter().map(face).collect())
    }

    /// Everything that happened to a lead, the newest first.
    pub fn moves(&self, tx: &mut Tx<'_>, id: &str) -> Result<Vec<MoveRow>, Refusal> {
        let sql = "SELECT m.id, m.at, m.what, m.state, COALESCE(s.userid, m.staff), COALESCE(s.name, ''), COALESCE(f.userid, m.from_staff), COALESCE(f.name, ''), m.how, m.rule, m.reason, m.note, m.by_name
            FROM lead_move m LEFT JOIN wecom_staff s ON s.key = m.staff LEFT JOIN wecom_staff f ON f.key = m.from_staff WHERE m.lead = $1 ORDER BY m.id DESC LIMIT 500";
        let rows = tx.query(sql, params![id], |row| {
            let own = MoveRow {
                id: row.int(0)?,
                at: row.time(1)?,
                what: row.text(2)?,
                state: row.text(3)?,
                userid: row.text(4)?,
                staff_name: row.text(5)?,
                from_userid: row.text(6)?,
                from_name: row.text(7)?,
                how: row.text(8)?,
                rule: row.text(9)?,
                reason: row.text(10)?,
                note: String::new(),
                by: row.text(12)?,
            };
            Ok((own, row.blob(11)?))
        })?;
        rows.into_iter().map(|(own, note)| Ok(MoveRow { note: self.unseal(&note)?, ..own })).collect()
    }
}
