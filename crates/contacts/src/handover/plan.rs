//! Before anything is sent: who can be handed over, who cannot and why, and to whom they go.

use super::LIVE;
use super::share::{Sharing, Taker, share};
use crate::rows::{key, places};
use crate::{Contacts, refuse};
use rustc_hash::{FxHashMap, FxHashSet};
use siyu_db::{Tx, params};
use siyu_kernel::{PersonNum, Refusal, Time};
use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Customers,
    Groups,
}

impl What {
    pub fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Groups => "groups",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Customers, Self::Groups].into_iter().find(|own| own.name() == name)
    }
}

/// Which of the customers or groups.
#[derive(Clone, Debug)]
pub enum Only {
    All,
    /// By WeCom's ids of customers or groups.
    Ids(Vec<String>),
    /// Customers who are one of these people, by the numbers the people have now.
    People(FxHashSet<PersonNum>),
}

#[derive(Clone, Debug)]
pub struct TakerIn {
    pub staff: String,
    /// Shares follow the weights, 1 to 100.
    pub weight: i64,
}

#[derive(Clone, Debug)]
pub struct HandoverIn {
    pub what: What,
    /// Userids of those who hand over: at work or gone.
    pub from: Vec<String>,
    pub to: Vec<TakerIn>,
    /// Customers go to takers of the store they buy in, when there is one.
    pub by_store: bool,
    pub only: Only,
    /// Why; it stands in the customers' history.
    pub reason: String,
    /// What WeCom tells the customers of somebody at work, at most 200 characters; WeCom's own words when empty.
    pub message: String,
}

/// What a hand-over would come to.
#[derive(Clone, Debug, Default)]
pub struct Forecast {
    pub total: i64,
    pub ready: i64,
    /// How many not, by why.
    pub not: BTreeMap<&'static str, i64>,
    pub takers: Vec<TakerForecast>,
    /// Days it takes to send all: WeCom lets an owner at work give away 300 groups a day.
    pub days: i64,
    /// Whether WeCom gives the customers a day to refuse.
    pub at_work: bool,
    /// Stores of everybody concerned; "" for somebody without one.
    pub stores: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct TakerForecast {
    pub userid: String,
    pub name: String,
    pub store: String,
    /// Customers now.
    pub has: i64,
    pub gets: i64,
}

/// One customer or group of a plan.
#[derive(Clone, Debug)]
pub(super) struct Planned {
    pub handover: String,
    pub has_left: bool,
    pub target: String,
    pub num: Option<PersonNum>,
    pub taker: Option<usize>,
    pub code: Option<&'static str>,
}

pub(super) struct Plan {
    pub takers: Vec<Taker>,
    pub items: Vec<Planned>,
    /// Stores of everybody concerned; "" for somebody without one.
    pub stores: Vec<String>,
}

const STAFF_MAX: usize = 100;
const ITEMS_MAX: usize = 50_000;
const WEIGHT_MAX: i64 = 100;
const REASON_MAX: usize = 200;
const MESSAGE_MAX: usize = 200;
/// WeCom lets each customer and group at work be handed over so often within so many days.
const TIMES_MAX: i64 = 2;
const TIMES_DAYS: i64 = 90;
/// And so many groups of one owner a day.
pub(super) const GROUPS_A_DAY: i64 = 300;

struct Member {
    name: String,
    works: bool,
    serves: bool,
    store: String,
}

impl Contacts {
    /// What a hand-over would come to now. Nothing is changed.
    ///
    /// Errors: `handover_input` with the field.
    pub fn forecast_handover(&self, tx: &mut Tx<'_>, input: &HandoverIn, now: Time) -> Result<Forecast, Refusal> {
        let plan = self.plan_handover(tx, input, now)?;
        let mut forecast =
            Forecast { total: plan.items.len() as i64, stores: plan.stores.clone(), ..Forecast::default() };
        let (mut gets, mut groups_of) = (vec![0; plan.takers.len()], BTreeMap::<&str, i64>::new());
        for item in &plan.items {
            match (item.taker, item.code) {
                (Some(taker), None) => {
                    gets[taker] += 1;
                    forecast.ready += 1;
                    forecast.at_work |= !item.has_left;
                    if !item.has_left {
                        *groups_of.entry(&item.handover).or_default() += 1;
                    }
                }
                (_, code) => *forecast.not.entry(code.unwrap_or("takeover_has_customer")).or_default() += 1,
            }
        }
        let most = groups_of.values().copied().max().unwrap_or(0);
        forecast.days = if input.what == What::Groups { (most + GROUPS_A_DAY - 1) / GROUPS_A_DAY } else { 1 };
        let keys: Vec<String> = plan.takers.iter().map(|own| own.staff.clone()).collect();
        let members = members(tx, &keys)?;
        for (taker, gets) in plan.takers.iter().zip(gets) {
            let has = "SELECT COUNT(*) FROM wecom_follow WHERE staff = $1 AND status = 0";
            let has = tx.one(has, params![&taker.staff], |row| row.int(0))?;
            let userid =
                places(tx, std::slice::from_ref(&taker.staff))?.remove(&taker.staff).unwrap_or_default().userid;
            let name = members.get(&taker.staff).map(|own| own.name.clone()).unwrap_or_default();
            forecast.takers.push(TakerForecast { userid, name, store: taker.store.clone(), has, gets });
        }
        Ok(forecast)
    }

    pub(super) fn plan_handover(&self, tx: &mut Tx<'_>, input: &HandoverIn, now: Time) -> Result<Plan, Refusal> {
        check_texts(input)?;
        let (from, to) = (keys_of(input.from.iter()), keys_of(input.to.iter().map(|own| &own.staff)));
        check_lists(input, &from, &to)?;
        let members = members(tx, &[from.clone(), to.clone()].concat())?;
        let mut takers = Vec::new();
        for (staff, own) in to.iter().zip(&input.to) {
            let member = members.get(staff).filter(|own| own.works && own.serves);
            let member = member.ok_or_else(|| no_taker(&own.staff))?;
            takers.push(Taker { staff: staff.clone(), weight: own.weight, store: member.store.clone() });
        }
        let mut items = Vec::new();
        for (staff, userid) in from.iter().zip(&input.from) {
            let member = members.get(staff);
            let works = member.is_some_and(|own| own.works);
            if member.is_none() && !is_listed(tx, staff)? {
                return Err(no_giver(userid));
            }
            match input.what {
                What::Customers => self.customers_to_plan(tx, staff, !works, &input.only, &mut items)?,
                What::Groups => groups_to_plan(tx, staff, !works, &input.only, &mut items)?,
            }
            if items.len() > ITEMS_MAX {
                return Err(too_many());
            }
        }
        self.bar(tx, &mut items, input.what, now)?;
        self.share_out(tx, &takers, &mut items, input)?;
        let mut stores: Vec<String> = from
            .iter()
            .chain(&to)
            .map(|own| members.get(own).map(|own| own.store.clone()).unwrap_or_default())
            .collect();
        stores.sort();
        stores.dedup();
        Ok(Plan { takers, items, stores })
    }

    fn customers_to_plan(
        &self,
        tx: &mut Tx<'_>,
        staff: &str,
        has_left: bool,
        only: &Only,
        out: &mut Vec<Planned>,
    ) -> Result<(), Refusal> {
        let sql = match has_left {
            true => {
                "SELECT u.contact, c.num FROM wecom_unassigned u LEFT JOIN wecom_contact c ON c.id = u.contact WHERE u.staff = $1 ORDER BY u.contact"
            }
            false => {
                "SELECT f.contact, c.num FROM wecom_follow f JOIN wecom_contact c ON c.id = f.contact WHERE f.staff = $1 AND f.status = 0 ORDER BY f.created_at, f.contact"
            }
        };
        let rows = tx.query(sql, params![staff], |row| {
            let num = row.opt_int(1)?.and_then(|num| PersonNum::try_from(num).ok());
            Ok((row.text(0)?, num))
        })?;
        let mut add = |target: String, num, code| {
            out.push(Planned { handover: staff.to_owned(), has_left, target, num, taker: None, code });
        };
        match only {
            Only::All => rows.into_iter().for_each(|(target, num)| add(target, num, None)),
            Only::Ids(ids) => {
                let mut here: FxHashMap<String, Option<PersonNum>> = rows.into_iter().collect();
                for id in ids {
                    match here.remove(id) {
                        Some(num) => add(id.clone(), num, None),
                        // With several who hand over each has some of them; only a list of one's own is told.
                        None if out_of_place(tx, id, staff)? => {
                            add(id.clone(), None, Some(if has_left { "not_unassigned" } else { "not_friends" }));
                        }
                        None => {}
                    }
                }
            }
            Only::People(people) => {
                let nums: Vec<PersonNum> = rows.iter().filter_map(|(_, num)| *num).collect();
                let roots = self.inner.people.roots(tx, &nums)?;
                let roots: FxHashMap<PersonNum, PersonNum> = nums.into_iter().zip(roots).collect();
                let wanted = |num: &Option<PersonNum>| num.is_some_and(|num| people.contains(&roots[&num]));
                rows.into_iter().filter(|(_, num)| wanted(num)).for_each(|(target, num)| add(target, num, None));
            }
        }
        Ok(())
    }

    /// Those who cannot be handed over to anybody.
    fn bar(&self, tx: &mut Tx<'_>, items: &mut [Planned], what: What, now: Time) -> Result<(), Refusal> {
        let live = format!("SELECT target FROM handover_item WHERE state IN {LIVE}");
        let live: FxHashSet<String> = tx.query(&live, &[], |row| row.text(0))?.into_iter().collect();
        let often = often(tx, what, now)?;
        for item in items.iter_mut().filter(|item| item.code.is_none()) {
            if live.contains(&item.target) {
                item.code = Some("in_transfer");
            } else if !item.has_left && often.contains(&item.target) {
                item.code = Some("twice_in_90_days");
            }
        }
        Ok(())
    }

    fn share_out(
        &self,
        tx: &mut Tx<'_>,
        takers: &[Taker],
        items: &mut [Planned],
        input: &HandoverIn,
    ) -> Result<(), Refusal> {
        let mut barred: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for (at, taker) in takers.iter().enumerate() {
            let sql = match input.what {
                What::Customers => "SELECT contact FROM wecom_follow WHERE staff = $1 AND status = 0",
                What::Groups => "SELECT id FROM wecom_group WHERE owner = $1 AND dismissed_at IS NULL",
            };
            tx.each(sql, params![&taker.staff], |row| {
                barred.entry(row.text(0)?).or_default().push(at);
                Ok(())
            })?;
        }
        let stores = match input.by_store && input.what == What::Customers {
            true => self.stores_of(tx, items)?,
            false => FxHashMap::default(),
        };
        let sharing = items.iter().filter(|item| item.code.is_none()).map(|item| Sharing {
            barred: barred.get(&item.target).map(Vec::as_slice).unwrap_or_default(),
            store: item.num.and_then(|num| stores.get(&num)).map(String::as_str),
        });
        let shared = share(takers, sharing, input.by_store);
        for (item, taker) in items.iter_mut().filter(|item| item.code.is_none()).zip(shared) {
            item.taker = taker;
            if taker.is_none() {
                let groups = input.what == What::Groups;
                item.code = Some(if groups { "owner_unchanged" } else { "takeover_has_customer" });
            }
        }
        Ok(())
    }
    fn stores_of(&self, tx: &mut Tx<'_>, items: &[Planned]) -> Result<FxHashMap<PersonNum, String>, Refusal> {
        let nums: Vec<PersonNum> = items.iter().filter_map(|item| item.num).collect();
        let roots = self.inner.people.roots(tx, &nums)?;
        let stores = self.inner.around.stores_of(tx, &roots)?;
        let with_store = |(num, root): (PersonNum, PersonNum)| Some((num, stores.get(&root)?.clone()));
        Ok(nums.into_iter().zip(roots).filter_map(with_store).collect())
    }
}

fn groups_to_plan(
    tx: &mut Tx<'_>,
    staff: &str,
    has_left: bool,
    only: &Only,
    out: &mut Vec<Planned>,
) -> Result<(), Refusal> {
    let sql = "SELECT id FROM wecom_group WHERE owner = $1 AND dismissed_at IS NULL ORDER BY id";
    let mut ids = tx.query(sql, params![staff], |row| row.text(0))?;
    if let Only::Ids(wanted) = only {
        let wanted: FxHashSet<&String> = wanted.iter().collect();
        ids.retain(|id| wanted.contains(id));
    }
    let planned = |target| Planned { handover: staff.to_owned(), has_left, target, num: None, taker: None, code: None };
    out.extend(ids.into_iter().map(planned));
    Ok(())
}

/// Those at work who were handed over as often as WeCom allows: by our own record, and by what the mirror has seen of others' doing.
fn often(tx: &mut Tx<'_>, what: What, now: Time) -> Result<FxHashSet<String>, Refusal> {
    let since = now.plus_days(-TIMES_DAYS);
    let mut often: FxHashSet<String> = tx
        .query(
            "SELECT i.target FROM handover_item i JOIN handover_pair p ON p.id = i.pair WHERE i.state = 'done' AND i.settled_at > $1 AND p.has_left = 0
             GROUP BY i.target HAVING COUNT(*) >= $2",
            params![since, TIMES_MAX],
            |row| row.text(0),
        )?
        .into_iter()
        .collect();
    if what == What::Customers {
        let sql = "SELECT contact FROM wecom_follow WHERE status = 2 AND lost_at > $1 AND lost_by = 'transfer' GROUP BY contact HAVING COUNT(*) >= $2";
        often.extend(tx.query(sql, params![since, TIMES_MAX], |row| row.text(0))?);
    }
    Ok(often)
}

/// Whether a customer that was asked for by id is nobody's the request could mean.
fn out_of_place(tx: &mut Tx<'_>, contact: &str, staff: &str) -> Result<bool, Refusal> {
    let sql = "SELECT 1 FROM wecom_follow WHERE contact = $1 AND staff = $2 AND status <> 0";
    Ok(tx.opt(sql, params![contact, staff], |row| row.int(0))?.is_some())
}

fn is_listed(tx: &mut Tx<'_>, staff: &str) -> Result<bool, Refusal> {
    let sql = "SELECT 1 FROM wecom_unassigned WHERE staff = $1 LIMIT 1";
    Ok(tx.opt(sql, params![staff], |row| row.int(0))?.is_some())
}

fn members(tx: &mut Tx<'_>, keys: &[String]) -> Result<FxHashMap<String, Member>, Refusal> {
    let mut places = places(tx, keys)?;
    let sql = format!("SELECT key, name, status, serves, gone_at FROM wecom_staff WHERE {}", tx.any("key", 1));
    let rows = tx.query(&sql, params![keys], |row| {
        let works = row.int(2)? != 5 && row.opt_time(4)?.is_none();
        Ok((row.text(0)?, row.text(1)?, works, row.flag(3)?))
    })?;
    let member = |(key, name, works, serves): (String, String, bool, bool)| {
        let store = places.remove(&key).unwrap_or_default().store;
        (key, Member { name, works, serves, store })
    };
    Ok(rows.into_iter().map(member).collect())
}

fn keys_of<'a>(list: impl Iterator<Item = &'a String>) -> Vec<String> {
    list.map(|own| key(own)).collect()
}

fn check_texts(input: &HandoverIn) -> Result<(), Refusal> {
    let plain =
        |text: &str, max: usize| text.chars().count() <= max && !text.chars().any(|c| c.is_control() && c != '\n');
    if input.reason.trim().is_empty() || !plain(&input.reason, REASON_MAX) {
        let (en, zh) = ("Give a reason of 1 to 200 characters.", "请填写交接原因，1 到 200 字。");
        return Err(refuse::handover("reason", en, zh));
    }
    if !plain(&input.message, MESSAGE_MAX) {
        let (en, zh) = ("The message to customers has up to 200 characters.", "转接提示语最长 200 字。");
        return Err(refuse::handover("message", en, zh));
    }
    Ok(())
}

fn check_lists(input: &HandoverIn, from: &[String], to: &[String]) -> Result<(), Refusal> {
    let once = |list: &[String]| list.iter().collect::<FxHashSet<_>>().len() == list.len();
    if from.is_empty() || from.len() > STAFF_MAX || !once(from) {
        let (en, zh) =
            ("Name 1 to 100 members of staff who hand over, each once.", "请选择 1 到 100 位交出人，不可重复。");
        return Err(refuse::handover("from", en, zh));
    }
    if to.is_empty() || to.len() > STAFF_MAX || !once(to) {
        let (en, zh) =
            ("Name 1 to 100 members of staff who take over, each once.", "请选择 1 到 100 位接手人，不可重复。");
        return Err(refuse::handover("to", en, zh));
    }
    if to.iter().any(|own| from.contains(own)) {
        let (en, zh) = ("Nobody can hand over to themselves.", "交出人不能同时是接手人。");
        return Err(refuse::handover("to", en, zh));
    }
    if input.to.iter().any(|own| !(1..=WEIGHT_MAX).contains(&own.weight)) {
        return Err(refuse::handover("to", "A weight is 1 to 100.", "权重为 1 到 100。"));
    }
    Ok(())
}

fn no_taker(userid: &str) -> Refusal {
    let en = format!("{userid} cannot take over: they must be at work and have the right of customer contact.");
    let zh = format!("{userid} 不能接手：须在职并已开通客户联系。");
    refuse::handover("to", &en, &zh)
}
fn no_giver(userid: &str) -> Refusal {
    refuse::handover("from", &format!("There is no member of staff {userid}."), &format!("没有员工 {userid}。"))
}
fn too_many() -> Refusal {
    let (en, zh) = ("A hand-over has up to 50,000 customers; divide it.", "一次交接最多五万位客户，请分批。");
    refuse::handover("from", en, zh)
}
