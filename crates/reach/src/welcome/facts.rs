//! What is known of an arrival when it has to be greeted.

use crate::Reach;
use crate::content::Values;
use serde::{Deserialize, Serialize};
use siyu_contacts::{About, Colleague};
use siyu_db::{Tx, params};
use siyu_kernel::{Identifier, Kind, PersonNum, Refusal, Time, Zone};
use siyu_wecom::Customer;
use std::collections::BTreeSet;

/// What somebody has with the brand already. Several may hold at once; `new` stands alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum History {
    /// Nobody knows them.
    New,
    /// A friend of another member of staff.
    Friend,
    /// Was a friend of somebody, and is not any more, or was a friend of this very member of staff before.
    Back,
    /// Has bought.
    Bought,
    /// Known otherwise: in a customer group, from a file, the shop or the Official Account.
    Known,
}

/// What decides about a welcome, and what its variables stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    pub channel: String,
    pub staff: Colleague,
    pub person: Option<PersonNum>,
    pub name: String,
    /// 1 man, 2 woman, 0 not known.
    pub gender: i64,
    pub history: BTreeSet<History>,
    /// Ids of tags.
    pub tags: BTreeSet<String>,
    /// 1 Monday to 7 Sunday, in the brand's zone.
    pub weekday: u8,
    /// Of the day.
    pub minute: i64,
    pub brand: String,
}

/// Relations younger than this are the arrival itself, which the mirror may have been faster with.
const SELF_SECONDS: i64 = 60;

/// Whom to look at.
pub(crate) struct Who<'a> {
    pub contact: &'a str,
    pub userid: &'a str,
    pub channel: &'a str,
    /// When they came.
    pub at: Time,
}

impl Reach {
    /// `read`: the customer as WeCom shows them, when that was asked for because the mirror has nothing yet.
    pub(crate) fn facts(
        &self,
        tx: &mut Tx<'_>,
        who: &Who<'_>,
        read: Option<&Customer>,
        now: Time,
    ) -> Result<Facts, Refusal> {
        let parts = self.parts();
        let staff = parts.contacts.colleague(tx, who.userid)?;
        let about = if who.contact.is_empty() { None } else { parts.contacts.about(tx, who.contact)? };
        let node = match &about {
            Some(about) => Some(about.num),
            None => self.somebody(tx, who.contact, read)?,
        };
        let root = match node {
            Some(node) => parts.people.roots(tx, &[node])?.first().copied(),
            None => None,
        };
        let (brand, zone) = parts.beside.brand(tx)?;
        let (weekday, minute) = clock_of(&zone, now);
        let mut facts =
            Facts { channel: who.channel.to_owned(), person: root, weekday, minute, brand, ..Facts::default() };
        if let Some(read) = read {
            (facts.name, facts.gender) = (read.external_contact.name.clone(), read.external_contact.gender);
        }
        if let Some(about) = &about {
            (facts.name, facts.gender) = (about.name.clone(), about.gender);
        }
        if let Some(root) = root {
            self.known(tx, &mut facts, root)?;
        }
        history(&mut facts, about.as_ref(), &staff, who.at);
        facts.staff = staff;
        Ok(facts)
    }

    fn known(&self, tx: &mut Tx<'_>, facts: &mut Facts, root: PersonNum) -> Result<(), Refusal> {
        facts.tags = self.tags_of(tx, root)?;
        if self.parts().beside.has_bought(tx, root)? {
            facts.history.insert(History::Bought);
        }
        Ok(())
    }
    /// Somebody the mirror has nothing of is this person: what is known of them elsewhere.
    pub(crate) fn add_person(&self, tx: &mut Tx<'_>, facts: &mut Facts, root: PersonNum) -> Result<(), Refusal> {
        facts.person = Some(root);
        facts.history.clear();
        self.known(tx, facts, root)?;
        if facts.history.is_empty() {
            facts.history.insert(History::Known);
        }
        if facts.name.is_empty() {
            facts.name = self.parts().people.profile(tx, root)?.name().unwrap_or_default();
        }
        Ok(())
    }

    /// Somebody whom people know by WeCom's ids, though the mirror does not.
    fn somebody(&self, tx: &mut Tx<'_>, contact: &str, read: Option<&Customer>) -> Result<Option<PersonNum>, Refusal> {
        let unionid = read.and_then(|read| read.external_contact.unionid.as_deref()).unwrap_or_default();
        for (kind, value) in [(Kind::ExternalUserId, contact), (Kind::UnionId, unionid)] {
            let Ok(identifier) = Identifier::new(kind, value) else { continue };
            if let Some((node, _)) = self.parts().people.by_identifier(tx, identifier)? {
                return Ok(Some(node));
            }
        }
        Ok(None)
    }

    fn tags_of(&self, tx: &mut Tx<'_>, root: PersonNum) -> Result<BTreeSet<String>, Refusal> {
        let nodes: Vec<i64> =
            self.parts().people.nodes_of(tx, &[root])?.into_iter().map(|(node, _)| i64::from(node)).collect();
        let sql =
            format!("SELECT DISTINCT t.id FROM person_tag p JOIN tag t ON t.num = p.tag WHERE {}", tx.any("p.num", 1));
        Ok(tx.query(&sql, params![&nodes], |row| row.text(0))?.into_iter().collect())
    }
}

fn history(facts: &mut Facts, about: Option<&About>, staff: &Colleague, at: Time) {
    let mut earlier = false;
    for own in about.iter().flat_map(|about| &about.relations) {
        if own.created_at > at.plus_seconds(-SELF_SECONDS) {
            continue;
        }
        earlier = true;
        match own.status {
            "friends" | "half" if own.staff != staff.key => facts.history.insert(History::Friend),
            _ => facts.history.insert(History::Back),
        };
    }
    if facts.history.is_empty() {
        // The mirror makes a person of whoever has just come: they are known only when there is more to them than that.
        let known = facts.person.is_some() && (about.is_none() || !facts.tags.is_empty());
        facts.history.insert(if known && !earlier { History::Known } else { History::New });
    }
}

/// Day of the week (1 to 7) and minute of the day.
pub(super) fn clock_of(zone: &Zone, at: Time) -> (u8, i64) {
    let monday = zone.week(at);
    let day = zone.day(at);
    let minute = zone.local(at).get(11..16).and_then(|text| {
        let (hour, minute) = text.split_once(':')?;
        Some(hour.parse::<i64>().ok()? * 60 + minute.parse::<i64>().ok()?)
    });
    (u8::try_from(day - monday).unwrap_or(0) + 1, minute.unwrap_or(0))
}

impl Facts {
    pub fn values(&self) -> Values {
        let title = match self.gender {
            1 => "先生",
            2 => "女士",
            _ => "",
        };
        let greeting = match self.minute / 60 {
            5..11 => "早上好",
            11..13 => "中午好",
            13..18 => "下午好",
            _ => "晚上好",
        };
        Values::default()
            .with("customer.name", &self.name)
            .with("customer.title", title)
            .with("staff.name", &self.staff.name)
            .with("store.name", &self.staff.store_name)
            .with("brand.name", &self.brand)
            .with("channel", &self.channel)
            .with("greeting", greeting)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use siyu_contacts::AboutRelation;

    #[test]
    fn what_somebody_had_with_the_brand() {
        let at = Time::parse("2026-03-03T02:00:00Z").unwrap();
        let relation = |staff: &str, days: i64, status: &'static str| AboutRelation {
            staff: staff.into(),
            created_at: at.plus_days(-days),
            lost_at: None,
            status,
        };
        let lin = Colleague { key: "lin".into(), ..Colleague::default() };
        let of = |person: Option<PersonNum>, relations: Option<Vec<AboutRelation>>, tags: &[&str]| {
            let about = relations.map(|relations| About { num: 1, name: String::new(), gender: 0, relations });
            let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
            let mut facts = Facts { person, tags, ..Facts::default() };
            history(&mut facts, about.as_ref(), &lin, at);
            facts.history.into_iter().collect::<Vec<_>>()
        };
        assert_eq!(of(None, None, &[]), [History::New]);
        // The mirror was faster: still new.
        assert_eq!(of(Some(1), Some(vec![relation("lin", 0, "friends")]), &[]), [History::New]);
        assert_eq!(of(Some(1), None, &[]), [History::Known]);
        assert_eq!(of(Some(1), Some(vec![]), &["t"]), [History::Known]);
        assert_eq!(of(Some(1), Some(vec![relation("wang", 9, "friends")]), &[]), [History::Friend]);
        assert_eq!(of(Some(1), Some(vec![relation("wang", 9, "lost")]), &[]), [History::Back]);
        assert_eq!(
            of(Some(1), Some(vec![relation("lin", 9, "lost"), relation("wang", 3, "friends")]), &[]),
            [History::Friend, History::Back]
        );
        assert_eq!(of(Some(1), Some(vec![relation("lin", 9, "friends")]), &[]), [History::Back]);
    }

    #[test]
    fn the_clock_is_the_brands() {
        let at = Time::parse("2026-03-01T17:30:00Z").unwrap();
        // Sunday evening in London is Monday morning in Shanghai.
        assert_eq!(clock_of(&Zone::utc(), at), (7, 17 * 60 + 30));
        assert_eq!(clock_of(&Zone::shanghai(), at), (1, 90));
        let facts = Facts { minute: 8 * 60, gender: 2, name: "小林".into(), ..Facts::default() };
        let values = facts.values();
        assert_eq!(
            values,
            Values::default()
                .with("customer.name", "小林")
                .with("customer.title", "女士")
                .with("staff.name", "")
                .with("store.name", "")
                .with("brand.name", "")
                .with("channel", "")
                .with("greeting", "早上好")
        );
    }
}
