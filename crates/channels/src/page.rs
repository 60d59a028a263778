//! The page of a code: which QR a visitor is shown.
//!
//! WeCom chooses the member when somebody scans and knows nothing of them, so history and store cannot decide there. They decide here: who opens
//! the page is led to the pool that fits, as far as it is known who they are; everybody else to the general one.

use crate::code::{STORE, members};
use crate::{Channels, refuse, zone};
use serde_json::json;
use siyu_db::{Tx, params};
use siyu_kernel::{Event, EventKind, PersonNum, Refusal, Time};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    #[default]
    Unknown,
    /// Known, and without an order.
    Prospect,
    Buyer,
}

/// What is known of who looks.
#[derive(Clone, Debug, Default)]
pub struct Visitor {
    pub person: Option<PersonNum>,
    pub stage: Stage,
    /// Stores they belong to, the nearest first.
    pub stores: Vec<String>,
    /// The store they have chosen on the page.
    pub chosen: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    pub channel: String,
    pub pool: String,
    /// What the QR says.
    pub qr_code: String,
    /// Code and name of the stores one may choose.
    pub stores: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupPage {
    pub channel: String,
    pub variant: String,
    /// `None`: no group has room.
    pub qr_code: Option<String>,
    /// Variants one may choose: their key, and the store's name where it is a store's.
    pub variants: Vec<(String, String)>,
}

/// Known visitors are told of once an hour for each code.
const VISITED: &str = "Channel Visited";

impl Channels {
    /// Errors: `code_unknown`, `code_not_ready`.
    pub fn page(&self, tx: &mut Tx<'_>, id: &str, visitor: &Visitor) -> Result<Page, Refusal> {
        let sql = "SELECT c.name, c.store FROM channel_code l JOIN channel c ON c.id = l.channel WHERE l.id = $1 AND l.archived_at IS NULL";
        let (channel, store) =
            tx.opt(sql, params![id], |row| Ok((row.text(0)?, row.text(1)?)))?.ok_or_else(refuse::code_unknown)?;
        // Who is known to belong nowhere belongs where the channel stands.
        let mut visitor = visitor.clone();
        visitor.stores.push(store);
        let sql = "SELECT pool, COALESCE(qr_text, qr_code) FROM channel_way WHERE code = $1 AND qr_code IS NOT NULL AND state NOT IN ('dead', 'closing', 'closed')";
        let ways = tx.query(sql, params![id], |row| Ok((row.text(0)?, row.text(1)?)))?;
        let (pool, qr_code) = chosen(&ways, &visitor).ok_or_else(refuse::not_ready)?;
        let codes: Vec<String> =
            ways.iter().filter_map(|(pool, _)| pool.strip_prefix(STORE)).map(str::to_owned).collect();
        let sql = format!("SELECT code, name FROM store WHERE {} ORDER BY name, code", tx.any("code", 1));
        let stores = tx.query(&sql, params![&codes], |row| Ok((row.text(0)?, row.text(1)?)))?;
        Ok(Page { channel, pool, qr_code, stores })
    }

    /// What the QR of a pool says, and what it is called. Errors: `code_unknown`, `code_not_ready`.
    pub fn qr_of(&self, tx: &mut Tx<'_>, id: &str, pool: &str) -> Result<(String, String), Refusal> {
        let sql = "SELECT l.name, (SELECT COALESCE(w.qr_text, w.qr_code) FROM channel_way w WHERE w.code = l.id AND w.pool = $2 AND w.state NOT IN ('dead', 'closing', 'closed'))
            FROM channel_code l WHERE l.id = $1";
        let found = tx.opt(sql, params![id, pool], |row| Ok((row.text(0)?, row.opt_text(1)?)))?;
        let (name, text) = found.ok_or_else(refuse::code_unknown)?;
        Ok((text.ok_or_else(refuse::not_ready)?, name))
    }

    /// What a personal link to a code's page carries: the person's number and a mark that only we can make.
    pub fn link_mark(&self, id: &str, person: PersonNum) -> String {
        format!("{}.{}", self.inner.people.id(person), self.mark(id, person))
    }
    fn mark(&self, id: &str, person: PersonNum) -> String {
        let digest = self.inner.vault.digest("channel_link", &format!("{id}:{person}"));
        digest.iter().take(10).map(|byte| format!("{byte:02x}")).collect()
    }
    /// Whom a personal link is for; `None` when it is none of ours.
    pub fn linked(&self, tx: &mut Tx<'_>, id: &str, text: &str) -> Result<Option<PersonNum>, Refusal> {
        let Some((person, mark)) = text.split_once('.') else { return Ok(None) };
        let Ok((asked, root)) = self.inner.people.find(tx, person) else { return Ok(None) };
        Ok((self.mark(id, asked) == mark).then_some(root))
    }

    /// The person of a customer of WeCom's. Errors: those of the database.
    pub fn person_of(&self, tx: &mut Tx<'_>, external_userid: &str) -> Result<Option<PersonNum>, Refusal> {
        let sql = "SELECT num FROM wecom_contact WHERE id = $1";
        let Some(num) = tx.opt(sql, params![external_userid], |row| row.num(0))? else { return Ok(None) };
        Ok(self.inner.people.roots(tx, &[num])?.first().copied())
    }
    /// Stores of the members of staff a person is friends with, the newest friendship first.
    pub fn guide_stores(&self, tx: &mut Tx<'_>, person: PersonNum) -> Result<Vec<String>, Refusal> {
        let nodes: Vec<i64> =
            self.inner.people.nodes_of(tx, &[person])?.into_iter().map(|(node, _)| i64::from(node)).collect();
        let sql = format!(
            "SELECT f.staff FROM wecom_contact c JOIN wecom_follow f ON f.contact = c.id AND f.status = 0 WHERE {} ORDER BY f.created_at DESC LIMIT 20",
            tx.any("c.num", 1)
        );
        let staff = tx.query(&sql, params![&nodes], |row| row.text(0))?;
        let members = members(tx, &staff)?;
        Ok(staff
            .iter()
            .filter_map(|own| members.get(own))
            .map(|own| own.store.clone())
            .filter(|own| !own.is_empty())
            .collect())
    }

    /// Counts a visit, and tells of it when the visitor is known.
    pub fn visited(&self, tx: &mut Tx<'_>, id: &str, pool: &str, visitor: &Visitor, now: Time) -> Result<(), Refusal> {
        let day = zone(tx)?.day(now);
        tx.execute(
            "INSERT INTO channel_visit (code, day, pool, visits) VALUES ($1, $2, $3, 1) ON CONFLICT (code, day, pool) DO UPDATE SET visits = channel_visit.visits + 1",
            params![id, day, pool],
        )?;
        let Some(person) = visitor.person else { return Ok(()) };
        let sql = "SELECT c.code FROM channel c WHERE c.id IN (SELECT channel FROM channel_code WHERE id = $1 UNION SELECT channel FROM channel_group WHERE id = $1)";
        let Some(channel) = tx.opt(sql, params![id], |row| row.text(0))? else { return Ok(()) };
        let message_id = format!("channel:{VISITED}:{id}:{person}:{}", now.0.div_euclid(3_600_000_000));
        let digest = self.inner.log.digest(&message_id);
        if !self.inner.log.digest_is_new(tx, digest)? {
            return Ok(());
        }
        let body = json!({ "properties": { "channel": channel, "code": id, "pool": pool } }).to_string();
        let event = Event {
            message_id,
            kind: EventKind::Track,
            name: VISITED.to_owned(),
            person,
            at: now,
            received_at: now,
            source: "channel".to_owned(),
            body,
        };
        self.inner.log.append_digested(tx, event, digest);
        Ok(())
    }

    /// Errors: `code_unknown`.
    pub fn group_page(&self, tx: &mut Tx<'_>, id: &str, visitor: &Visitor) -> Result<GroupPage, Refusal> {
        let sql = "SELECT c.name FROM channel_group g JOIN channel c ON c.id = g.channel WHERE g.id = $1 AND g.archived_at IS NULL";
        let channel = tx.opt(sql, params![id], |row| row.text(0))?.ok_or_else(refuse::code_unknown)?;
        let sql = "SELECT w.variant, COALESCE(w.qr_text, w.qr_code), w.room, COALESCE(s.name, '') FROM channel_group_way w LEFT JOIN store s ON s.code = w.variant
            WHERE w.code = $1 AND w.state NOT IN ('dead', 'closing', 'closed') ORDER BY w.number";
        let ways = tx.query(sql, params![id], |row| {
            Ok((row.text(0)?, row.opt_text(1)?.filter(|_| row.text(2).is_ok_and(|room| room != "none")), row.text(3)?))
        })?;
        let wanted = visitor.chosen.iter().chain(&visitor.stores);
        let fits = wanted.into_iter().find_map(|own| ways.iter().find(|(variant, ..)| variant == own));
        let general = ways.iter().find(|(variant, ..)| variant.is_empty());
        let way = fits.or(general).or(if ways.len() == 1 { ways.first() } else { None });
        let named = |(variant, _, name): &(String, Option<String>, String)| {
            (variant.clone(), if name.is_empty() { variant.clone() } else { name.clone() })
        };
        Ok(GroupPage {
            channel,
            variant: way.map(|own| own.0.clone()).unwrap_or_default(),
            qr_code: way.and_then(|own| own.1.clone()),
            variants: ways.iter().filter(|own| !own.0.is_empty()).map(named).collect(),
        })
    }
}

/// What was chosen, then what they are, then where they belong, then everybody's.
fn chosen(ways: &[(String, String)], visitor: &Visitor) -> Option<(String, String)> {
    let store = |code: &String| format!("{STORE}{code}");
    let stage = match visitor.stage {
        Stage::Buyer => Some("buyer".to_owned()),
        Stage::Prospect => Some("prospect".to_owned()),
        Stage::Unknown => None,
    };
    let order = visitor.chosen.iter().map(store).chain(stage).chain(visitor.stores.iter().map(store));
    let order = order.chain(["general".to_owned()]);
    order.into_iter().find_map(|pool| ways.iter().find(|(own, _)| *own == pool).cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visitor_is_led_to_what_fits() {
        let ways: Vec<(String, String)> =
            ["general", "buyer", "store:S1", "store:S2"].map(|pool| (pool.to_owned(), format!("qr-{pool}"))).to_vec();
        let check = |stage, stores: &[&str], chosen: Option<&str>| {
            let visitor = Visitor {
                person: None,
                stage,
                stores: stores.iter().map(|own| (*own).to_owned()).collect(),
                chosen: chosen.map(str::to_owned),
            };
            chosen_pool(&ways, &visitor)
        };
        fn chosen_pool(ways: &[(String, String)], visitor: &Visitor) -> String {
            chosen(ways, visitor).map(|(pool, _)| pool).unwrap_or_default()
        }
        assert_eq!(check(Stage::Unknown, &[], None), "general");
        assert_eq!(check(Stage::Buyer, &["S1"], None), "buyer");
        assert_eq!(check(Stage::Buyer, &["S1"], Some("S2")), "store:S2");
        // There is no pool for prospects here: their store is the next best.
        assert_eq!(check(Stage::Prospect, &["S9", "S2"], None), "store:S2");
        assert_eq!(check(Stage::Unknown, &["S9"], Some("nonsense")), "general");
        assert_eq!(chosen_pool(&ways[1..], &Visitor::default()), "");
    }
}
