//! Customers as they were read: who they are, and what their person is told of them.

use crate::events::SOURCE;
use crate::forget::is_after;
use crate::rows::{clean, key, text, time};
use crate::{Contacts, mirror::Scope};
use rustc_hash::FxHashMap;
use siyu_db::{Param, Tx, params};
use siyu_kernel::{Identifier, Kind, PersonNum, Refusal, Time};
use siyu_people::{Incoming, TraitIn};
use siyu_wecom::{Customer, CustomerRow, ExternalContact, FollowInfo};
use std::collections::{BTreeMap, BTreeSet};

/// One customer with the relations that were read.
#[derive(Clone, Debug, Default)]
pub(crate) struct CustomerRead {
    pub contact: ExternalContact,
    pub follows: Vec<FollowInfo>,
}

/// What a callback told of a relation, for the case that reading shows it gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    /// Added from one side only: what reading does not show.
    Half { state: String, at: Time },
    /// Who ended it.
    Lost { by: &'static str, at: Time },
}

/// By customer and member of staff (their key). The last one told counts.
pub(crate) type Hints = FxHashMap<(String, String), Hint>;

/// A mirrored customer.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub num: PersonNum,
    pub unionid: String,
    pub name: String,
    pub avatar: String,
    pub kind: i64,
    pub gender: i64,
    pub corp_name: String,
    pub position: String,
    pub first_at: Time,
}

impl CustomerRead {
    /// What began after somebody was forgotten; `None` when nothing did.
    fn since(&self, forgotten: Option<&Time>) -> Option<Self> {
        let mut own = self.clone();
        own.follows.retain(|follow| is_after(follow.createtime, forgotten));
        (forgotten.is_none() || !own.follows.is_empty()).then_some(own)
    }
    /// Pages name a customer once for each relation.
    pub fn of_page(rows: Vec<CustomerRow>) -> Vec<Self> {
        let mut all: BTreeMap<String, Self> = BTreeMap::new();
        for row in rows.into_iter().filter(|row| !row.external_contact.external_userid.is_empty()) {
            let id = row.external_contact.external_userid.clone();
            let here = all.entry(id).or_insert_with(|| Self { contact: row.external_contact, follows: Vec::new() });
            here.follows.push(row.follow_info);
        }
        all.into_values().collect()
    }
}

impl From<Customer> for CustomerRead {
    fn from(customer: Customer) -> Self {
        let follows = customer.follow_user.into_iter().map(|own| FollowInfo {
            userid: own.userid,
            remark: own.remark,
            description: own.description,
            createtime: own.createtime,
            // An employee's personal tags have no id and are nobody else's business.
            tag_id: own.tags.into_iter().filter_map(|tag| tag.tag_id).collect(),
            remark_corp_name: own.remark_corp_name,
            remark_mobiles: own.remark_mobiles,
            oper_userid: own.oper_userid,
            add_way: own.add_way,
            wechat_channels: own.wechat_channels,
            state: own.state,
        });
        Self { contact: customer.external_contact, follows: follows.collect() }
    }
}

fn known_from(contact: &ExternalContact, num: PersonNum, first_at: Time) -> Known {
    Known {
        num,
        unionid: text(&contact.unionid),
        name: clean(&contact.name, 128),
        avatar: clean(&text(&contact.avatar), 1024),
        kind: contact.kind,
        gender: contact.gender,
        corp_name: clean(&text(&contact.corp_name), 256),
        position: clean(&text(&contact.position), 128),
        first_at,
    }
}

impl Contacts {
    /// Makes the mirror equal to what was read at `read_at`. Answers whether a tag came up that is not mirrored.
    pub(crate) fn put_customers(
        &self,
        tx: &mut Tx<'_>,
        reads: &[CustomerRead],
        scope: &Scope<'_>,
        now: Time,
    ) -> Result<bool, Refusal> {
        let gone = self.forgotten(tx, reads.iter().map(|read| read.contact.external_userid.as_str()))?;
        let kept: Vec<CustomerRead>;
        let reads = if gone.is_empty() {
            reads
        } else {
            kept = reads.iter().filter_map(|read| read.since(gone.get(&read.contact.external_userid))).collect();
            &kept
        };
        let ids: Vec<String> = reads.iter().map(|read| read.contact.external_userid.clone()).collect();
        let mut known = self.known_contacts(tx, &ids)?;
        let before = self.standing(tx, &ids)?;
        self.put_people(tx, reads, scope, &mut known, &before, now)?;
        self.put_follows(tx, reads, scope, &known, before, now)
    }

    pub(super) fn known_contacts(&self, tx: &mut Tx<'_>, ids: &[String]) -> Result<FxHashMap<String, Known>, Refusal> {
        let sql = format!(
            "SELECT id, num, unionid, name, avatar, kind, gender, corp_name, position, first_at FROM wecom_contact WHERE {}",
            tx.any("id", 1)
        );
        let rows = tx.query(&sql, params![ids], |row| {
            let known = Known {
                num: row.num(1)?,
                unionid: row.text(2)?,
                name: row.text(3)?,
                avatar: row.text(4)?,
                kind: row.int(5)?,
                gender: row.int(6)?,
                corp_name: row.text(7)?,
                position: row.text(8)?,
                first_at: row.time(9)?,
            };
            Ok((row.text(0)?, known))
        })?;
        Ok(rows.into_iter().collect())
    }

    /// People for those who are new or have become known better, and the rows of the customers themselves.
    fn put_people(
        &self,
        tx: &mut Tx<'_>,
        reads: &[CustomerRead],
        scope: &Scope<'_>,
        known: &mut FxHashMap<String, Known>,
        before: &super::follows::Standing,
        now: Time,
    ) -> Result<(), Refusal> {
        let (mut asked, mut incoming): (Vec<(&CustomerRead, Time)>, Vec<Incoming>) = (Vec::new(), Vec::new());
        let mut fresh: BTreeSet<String> = BTreeSet::new();
        for read in reads {
            let contact = &read.contact;
            let id = contact.external_userid.as_str();
            let first = read.follows.iter().map(|own| time(own.createtime)).min().unwrap_or(now);
            let phone = self.phone_of(read, scope, before)?;
            let old = known.get(id);
            // Gone before anything was known of them, and on no side a friend: nobody.
            let is_somebody = !read.follows.is_empty()
                || scope.hints.iter().any(|((contact, _), hint)| contact == id && matches!(hint, Hint::Half { .. }));
            if old.is_none() && !is_somebody {
                continue;
            }
            let better = old.is_none_or(|old| {
                old.unionid.is_empty() && contact.unionid.as_ref().is_some_and(|own| !own.is_empty())
            }) || phone.is_some();
            if better {
                let mut all = vec![Identifier::new(Kind::ExternalUserId, id)];
                all.extend(contact.unionid.as_deref().map(|own| Identifier::new(Kind::UnionId, own)));
                all.extend(phone.map(Ok));
                incoming.push(self.inner.people.prepare(all.into_iter().flatten(), first));
                asked.push((read, first));
            }
        }
        let resolved = self.inner.people.resolve(tx, &incoming, SOURCE, now)?;
        let mut merges = Vec::new();
        for ((read, first), resolved) in asked.into_iter().zip(resolved) {
            let Some(resolved) = resolved else { continue };
            merges.extend(resolved.merges);
            let id = &read.contact.external_userid;
            known.entry(id.clone()).or_insert_with(|| {
                fresh.insert(id.clone());
                known_from(&read.contact, resolved.node, first)
            });
        }
        if !merges.is_empty() {
            self.inner.around.merged(tx, &merges)?;
        }
        self.put_contacts(tx, reads, known, &fresh, now)
    }

    /// The one phone in the remarks that this reading brought anew, when the workspace takes phones from remarks.
    fn phone_of(
        &self,
        read: &CustomerRead,
        scope: &Scope<'_>,
        before: &super::follows::Standing,
    ) -> Result<Option<Identifier>, Refusal> {
        if !scope.match_phones {
            return Ok(None);
        }
        let id = &read.contact.external_userid;
        let mut phones: BTreeSet<String> = BTreeSet::new();
        let mut fresh = false;
        let mut told: BTreeSet<String> = BTreeSet::new();
        for own in &read.follows {
            let staff = key(&own.userid);
            let here = mobile_list(&own.remark_mobiles);
            fresh |= before.mobiles(id, &staff) != here;
            phones.extend(here);
            told.insert(staff);
        }
        if !fresh {
            return Ok(None);
        }
        phones.extend(before.other_mobiles(id, &told));
        // Two phones: whose the second is nobody knows, and a wrong one would make two people one.
        let alone = if phones.len() == 1 { phones.pop_first() } else { None };
        Ok(alone.and_then(|phone| Identifier::new(Kind::Phone, &phone).ok()).filter(|own| is_mobile(&own.value)))
    }

    fn put_contacts(
        &self,
        tx: &mut Tx<'_>,
        reads: &[CustomerRead],
        known: &mut FxHashMap<String, Known>,
        fresh: &BTreeSet<String>,
        now: Time,
    ) -> Result<(), Refusal> {
        let (mut rows, mut traits) = (Vec::new(), Vec::new());
        for read in reads {
            let contact = &read.contact;
            let Some(old) = known.get(&contact.external_userid) else { continue };
            let mut new = known_from(contact, old.num, old.first_at);
            if new.unionid.is_empty() {
                new.unionid.clone_from(&old.unionid);
            }
            let same = (&new.name, &new.avatar, &new.unionid, new.kind, new.gender, &new.corp_name, &new.position)
                == (&old.name, &old.avatar, &old.unionid, old.kind, old.gender, &old.corp_name, &old.position);
            // Only a reading that showed the customer says anything of them.
            if !fresh.contains(&contact.external_userid) && (same || contact.kind == 0) {
                continue;
            }
            // As of when they came: what the shop knows of its member is newer, and stays.
            let mut tell = |name: &str, value: &str, at: Time| {
                if !value.is_empty() {
                    traits.push(TraitIn { num: new.num, name: name.to_owned(), value: value.into(), at });
                }
            };
            tell("name", &new.name, new.first_at);
            tell("avatar", &new.avatar, new.first_at);
            tell("gender", ["", "male", "female"].get(new.gender as usize).copied().unwrap_or_default(), new.first_at);
            tell("wechat_name", &new.name, now);
            rows.push((contact.external_userid.clone(), new));
        }
        let params: Vec<[Param<'_>; 10]> = rows
            .iter()
            .map(|(id, new)| {
                [
                    id.into(),
                    new.num.into(),
                    (&new.unionid).into(),
                    (&new.name).into(),
                    (&new.avatar).into(),
                    new.kind.into(),
                    new.gender.into(),
                    (&new.corp_name).into(),
                    (&new.position).into(),
                    new.first_at.into(),
                ]
            })
            .collect();
        tx.bulk(
            "INSERT INTO wecom_contact (id, num, unionid, name, avatar, kind, gender, corp_name, position, first_at)",
            "ON CONFLICT (id) DO UPDATE SET unionid = excluded.unionid, name = excluded.name, avatar = excluded.avatar, kind = excluded.kind,
               gender = excluded.gender, corp_name = excluded.corp_name, position = excluded.position",
            &params,
        )?;
        let traits: Vec<TraitIn> =
            traits.into_iter().filter(|own| self.inner.people.check_trait(&own.name, &own.value).is_ok()).collect();
        self.inner.people.set_traits(tx, &traits, SOURCE, now)?;
        known.extend(rows);
        Ok(())
    }
}

/// Phones of a remark in one spelling and order; what is no phone stays as it was typed.
pub(super) fn mobile_list(raw: &[String]) -> Vec<String> {
    let mut all: Vec<String> = raw
        .iter()
        .filter(|own| !own.trim().is_empty())
        .map(|own| Identifier::new(Kind::Phone, own).map_or_else(|_| clean(own, 64), |own| own.value))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// A Chinese mobile number: a landline is a household's or a company's.
fn is_mobile(phone: &str) -> bool {
    phone.len() == 11 && phone.starts_with('1')
}
