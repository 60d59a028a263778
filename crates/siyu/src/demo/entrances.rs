//! The demo brand's channels and live codes, made as people make them; and a world that is made again is told of them again.

use super::living::Living;
use crate::workspace::Open;
use siyu_api::App;
use siyu_channels::{ChannelIn, CodeIn, CostIn, GroupCodeIn, SeatIn, Told, VariantIn};
use siyu_contacts::{GroupQuery, Ran, StaffQuery};
use siyu_db::Tx;
use siyu_kernel::{Currency, Refusal, Time};
use siyu_people::{TagIn, TagKind};
use siyu_sandbox::parameters;
use siyu_wecom::{Client, ContactWay, Error, JoinWay};
use std::collections::{BTreeMap, VecDeque};

/// Who answers for an entrance, what kind it is, and what it costs in a month, in yuan. The code is the world's word for it.
const ENTRANCES: [(&str, &str, &str, i64); 8] = [
    ("store", "store", "门店运营 · 李雯", 900),
    ("parcel", "parcel", "电商运营 · 周洋", 2_600),
    ("guide", "guide", "门店运营 · 李雯", 0),
    ("article", "article", "内容组 · 陈可", 3_000),
    ("live", "live", "直播组 · 吴桐", 8_000),
    ("ad", "ad", "投放组 · 何川", 15_000),
    ("elevator", "elevator", "投放组 · 何川", 12_000),
    ("kol", "kol", "内容组 · 陈可", 10_000),
];
/// The entrance where members show the code they have by themselves.
const OWN_CODE: &str = "guide";
const TAG_GROUP: &str = "来源";
const MONTHS: i32 = 3;
/// Small groups convert better than big ones.
const FULL_AT: i64 = 120;

/// What WeCom was told of codes, for a world that has not heard it yet.
pub struct Retelling {
    waiting: VecDeque<Told>,
    client: Client,
}

impl Retelling {
    pub fn of(app: &App, living: &Living) -> Result<Self, Refusal> {
        let mut waiting = VecDeque::new();
        let mut last = 0;
        loop {
            let page = app.db.read(|tx| app.channels.all_told(tx, last, 1_000))?;
            let Some(end) = page.last() else { break };
            last = end.id;
            waiting.extend(page);
        }
        Ok(Self { waiting, client: living.client() })
    }
    /// Lives on to an instant, hearing on the way what was told until then.
    pub fn advance(&mut self, living: &Living, to: Time) -> Result<(), Refusal> {
        while self.waiting.front().is_some_and(|told| told.at <= to) {
            let Some(told) = self.waiting.pop_front() else { break };
            if told.at > living.clock().now() {
                living.advance(told.at);
            }
            self.tell(&told)?;
        }
        living.advance(to);
        Ok(())
    }
    fn tell(&self, told: &Told) -> Result<(), Refusal> {
        let way = || serde_json::from_str::<ContactWay>(&told.body).map_err(Refusal::internal);
        let join = || serde_json::from_str::<JoinWay>(&told.body).map_err(Refusal::internal);
        // The same world gives the same ids in the same order.
        let done = match told.what.as_str() {
            "made" => self.client.add_contact_way(&ContactWay { config_id: None, ..way()? }).map(drop),
            "changed" => self.client.update_contact_way(&way()?),
            "closed" => self.client.delete_contact_way(way()?.config_id.as_deref().unwrap_or_default()),
            "group_made" => self.client.add_join_way(&JoinWay { config_id: None, ..join()? }).map(drop),
            "group_changed" => self.client.update_join_way(&join()?),
            "group_closed" => self.client.delete_join_way(join()?.config_id.as_deref().unwrap_or_default()),
            _ => Ok(()),
        };
        // A member who could be put in then and cannot now is a world that went another way: the platform tells it anew.
        done.or_else(|error: Error| if error.code().is_some() { Ok(()) } else { Err(error.into()) })
    }
}

/// Whether there is no channel yet.
pub fn none(app: &App) -> Result<bool, Refusal> {
    Ok(app.db.read(|tx| app.channels.names(tx))?.is_empty())
}

/// Once: what a user changed or removed later stays so.
pub fn make(open: &Open, living: &Living) -> Result<(), Refusal> {
    let app = &open.app;
    if none(app)? {
        let guides = guides(app)?;
        let day = open.zone()?.day(living.clock().now());
        let own = app.clone();
        app.db.transact(move |tx| put_up(&own, tx, &guides, day))?;
    }
    while app.channels.step()? == Ran::Went {}
    Ok(())
}

pub fn guides(app: &App) -> Result<Vec<String>, Refusal> {
    let mut all = Vec::new();
    let mut query = StaffQuery { serving: true, limit: 200, ..StaffQuery::default() };
    loop {
        let page = app.db.read(|tx| app.contacts.staff(tx, &query))?;
        let Some(last) = page.last() else { break };
        query.after = Some(last.key.clone());
        all.extend(page.into_iter().map(|row| row.userid));
    }
    Ok(all)
}

/// Members of one live code; a chain has more.
const POOL_MAX: usize = 1_000;

fn put_up(app: &App, tx: &mut Tx<'_>, guides: &[String], day: i32) -> Result<(), Refusal> {
    const BY: &str = "demo";
    let now = app.now();
    for (code, kind, owner, yuan) in ENTRANCES {
        let name = parameters::CHANNELS.iter().find(|own| own.word == code).map_or(code, |own| own.name);
        let channel = ChannelIn {
            code: code.to_owned(),
            name: name.to_owned(),
            kind: kind.to_owned(),
            owner: owner.to_owned(),
            ..ChannelIn::default()
        };
        let channel = app.channels.create(tx, &channel, BY, now)?;
        for month in (0..MONTHS).filter(|_| yuan > 0) {
            let from_day = day + 30 * month;
            let cost = CostIn {
                from_day,
                to_day: from_day + 29,
                amount: yuan * 100,
                currency: Currency::CNY,
                note: "月度费用".to_owned(),
            };
            app.channels.add_cost(tx, &channel.id, &cost, BY, now)?;
        }
        if code == OWN_CODE || guides.is_empty() {
            continue;
        }
        let mut input = live_code(code, guides);
        (input.channel, input.name) = (channel.id, format!("{name}活码"));
        if matches!(code, "ad" | "kol") {
            input.tags = vec![tag(app, tx, &format!("{name}新客"))?];
        }
        let channel = input.channel.clone();
        app.channels.create_code(tx, &input, BY, now)?;
        if code == "store" {
            let variants = store_groups(app, tx)?;
            if !variants.is_empty() {
                let groups = GroupCodeIn {
                    channel,
                    name: "门店福利群".to_owned(),
                    full_at: FULL_AT,
                    auto_create: true,
                    variants,
                };
                app.channels.create_group_code(tx, &groups, BY, now)?;
            }
        }
    }
    Ok(())
}

/// The groups of each store: those whose owner works there.
fn store_groups(app: &App, tx: &mut Tx<'_>) -> Result<Vec<VariantIn>, Refusal> {
    let mut stores: BTreeMap<String, String> = BTreeMap::new();
    let mut query = StaffQuery { limit: 200, ..StaffQuery::default() };
    loop {
        let page = app.contacts.staff(tx, &query)?;
        let Some(last) = page.last() else { break };
        query.after = Some(last.key.clone());
        stores.extend(page.into_iter().filter_map(|row| Some((row.userid, row.store?))));
    }
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut query = GroupQuery { limit: 200, ..GroupQuery::default() };
    loop {
        let page = app.contacts.groups(tx, &query)?;
        let Some(last) = page.last() else { break };
        query.after = Some(last.id.clone());
        for row in page {
            if let Some(store) = stores.get(&row.owner) {
                groups.entry(store.clone()).or_default().push(row.id);
            }
        }
    }
    let named = |(store, chats): (String, Vec<String>)| VariantIn {
        base_name: format!("{store}福利群"),
        variant: store,
        chats,
    };
    Ok(groups.into_iter().map(named).collect())
}

fn tag(app: &App, tx: &mut Tx<'_>, name: &str) -> Result<String, Refusal> {
    let tag = TagIn {
        group: TAG_GROUP.to_owned(),
        name: name.to_owned(),
        color: "blue".to_owned(),
        kind: TagKind::Manual,
        description: String::new(),
        rule: None,
        ttl_days: None,
    };
    Ok(app.people.create_tag(tx, &tag, app.now())?.id)
}

/// Hours of every day on duty.
fn daily(from: usize, to: usize) -> Vec<String> {
    let day: String = (0..24).map(|hour| if (from..to).contains(&hour) { '1' } else { '0' }).collect();
    vec![day; 7]
}

/// A code of each sort that there is: everybody always, in shifts, with caps, by history, by store.
fn live_code(code: &str, guides: &[String]) -> CodeIn {
    let guides = &guides[..guides.len().min(POOL_MAX)];
    let seat = |own: &String| SeatIn { staff: own.clone(), weight: 1, cap: None, rota: Vec::new() };
    let half = guides.len().div_ceil(2);
    let backup: Vec<String> = guides.iter().take(2).cloned().collect();
    let mut pools = BTreeMap::new();
    let mut input = CodeIn { skip_verify: true, ..CodeIn::default() };
    let general: Vec<SeatIn> = match code {
        // Early and late shift.
        "article" | "live" => {
            let shift = |at: usize| if at < half { daily(9, 15) } else { daily(15, 22) };
            guides.iter().enumerate().map(|(at, own)| SeatIn { rota: shift(at), ..seat(own) }).collect()
        }
        "ad" => guides.iter().map(|own| SeatIn { cap: Some(3), ..seat(own) }).collect(),
        _ => guides.iter().map(seat).collect(),
    };
    if matches!(code, "article" | "live" | "ad") {
        input.backup = backup;
    }
    if code == "kol" {
        pools.insert("buyer".to_owned(), guides.iter().take(half).map(seat).collect());
        pools.insert("prospect".to_owned(), guides.iter().skip(half.min(guides.len() - 1)).map(seat).collect());
    }
    input.by_store = code == "store";
    pools.insert("general".to_owned(), general);
    input.pools = pools;
    input
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_a_chain_has_as_many_members_as_a_code_may_have() {
        let guides: Vec<String> = (0..1_200).map(|at| format!("G{at}")).collect();
        for (code, ..) in ENTRANCES {
            assert!(live_code(code, &guides).pools.values().all(|pool| pool.len() <= POOL_MAX), "{code}");
        }
    }
}
