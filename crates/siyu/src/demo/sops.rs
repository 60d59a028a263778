//! Programmes for groups and for moments that the brand's last days went by: guides have done their steps in time, late, or not at all.
//!
//! What is behind are tasks, which need no WeCom: a world that is made again knows nothing of what it was asked to send. Messages lie ahead.

use super::entrances::guides;
use crate::workspace::Open;
use siyu_api::App;
use siyu_db::params;
use siyu_guides::Beyond;
use siyu_kernel::{Refusal, Time};
use siyu_reach::content::Content;
use siyu_sops::{Anchor, Deed, Depth, Grade, Kind, ProgrammeIn, Step, When};

/// So many days before today they begin.
pub const DAYS: i64 = 14;
const GROUPS: i64 = 60;
const MEMBERS: usize = 40;
/// Days of the programme for moments in which nobody looked: what was due then was missed.
const AWAY: std::ops::Range<i64> = 8..10;
const MOMENTS: &str = "每周朋友圈";

/// While the brand grows: begins the programmes when it is time, asks for what is due, and lets guides do it.
pub fn live(open: &Open, end: Time) -> Result<(), Refusal> {
    let (app, now) = (&open.app, open.app.now());
    let days = DAYS - (end.0 - now.0).div_euclid(86_400_000_000);
    if days < 0 {
        return Ok(());
    }
    begin(app)?;
    turn(app, AWAY.contains(&days))?;
    let sops = siyu_api::sops(app);
    while sops.work()? == siyu_contacts::Ran::Went {}
    do_tasks(app, now)
}

fn begin(app: &App) -> Result<(), Refusal> {
    let (own, staff) = (app.clone(), guides(app)?);
    app.db.transact(move |tx| {
        let (sops, now) = (siyu_api::sops(&own), own.now());
        if !sops.programmes(tx)?.is_empty() {
            return Ok(());
        }
        for (at, userid) in staff.iter().enumerate() {
            let grade = match at % 5 {
                0 => Grade::A,
                3 => Grade::C,
                _ => continue,
            };
            sops.set_grade(tx, userid, grade, "demo", now)?;
        }
        let sql = "SELECT id FROM wecom_group WHERE dismissed_at IS NULL ORDER BY created_at DESC, id LIMIT $1";
        let groups = tx.query(sql, params![GROUPS], |row| row.text(0))?;
        let id = sops.create(tx, &programme("社群养成计划", Kind::Group, of_groups()), "demo", now)?;
        sops.enrol(tx, &id, &groups, now)?;
        let id = sops.create(tx, &programme(MOMENTS, Kind::Moment, of_moments()), "demo", now)?;
        let members: Vec<String> = staff.iter().take(MEMBERS).cloned().collect();
        sops.enrol(tx, &id, &members, now).map(drop)
    })
}

fn programme(name: &str, kind: Kind, steps: Vec<Step>) -> ProgrammeIn {
    ProgrammeIn { name: name.into(), kind, anchor: Anchor::Enrolled, steps, rule: None }
}
fn step(key: &str, name: &str, day: u16, hour: u8, depth: Depth, deed: Deed) -> Step {
    let when = When::Day { day, hour, minute: 0 };
    Step { key: key.into(), name: name.into(), when, grace_hours: 12, depth, deed }
}
fn task(text: &str) -> Deed {
    Deed::Task { text: text.into() }
}
fn send(text: &str) -> Deed {
    Deed::Send { content: Content { text: text.into(), attachments: Vec::new() } }
}
fn of_groups() -> Vec<Step> {
    let preview = "姐妹们，明晚八点直播间上新，群里专属赠品已备好，想要的扣 1～";
    vec![
        step("topic", "破冰话题", 1, 10, Depth::Basic, task("在群里发起话题：你最想改善的皮肤问题是什么？")),
        step("skin", "收集肤质", 4, 15, Depth::Standard, task("发起接龙，收集群友肤质，并补充到客户备注")),
        step("greet", "逐个问候", 7, 19, Depth::Deep, task("逐个问候一周内的新成员，了解上次购买的使用感受")),
        step("share", "买家秀", 11, 10, Depth::Basic, task("邀请三位群友晒单，点评并答疑")),
        step("preview", "直播预告", 17, 20, Depth::Basic, send(preview)),
    ]
}
fn of_moments() -> Vec<Step> {
    let new = "秋冬新色到店啦，欢迎来门店试色～";
    vec![
        step("colour", "试色图", 2, 12, Depth::Basic, task("拍一张新品试色图发朋友圈")),
        step("tip", "护肤小知识", 5, 12, Depth::Basic, task("发一条护肤小知识到朋友圈")),
        step("store", "门店日常", 9, 12, Depth::Basic, task("发一条门店日常到朋友圈")),
        step("review", "顾客好评", 12, 12, Depth::Standard, task("征得同意后，发一条顾客好评到朋友圈")),
        step("new", "新品上市", 17, 12, Depth::Basic, send(new)),
    ]
}

/// The programme for moments rests, or goes on.
fn turn(app: &App, rests: bool) -> Result<(), Refusal> {
    let wanted = if rests { "paused" } else { "running" };
    let all = app.db.read(|tx| siyu_api::sops(app).programmes(tx))?;
    let Some(id) = all.into_iter().find(|own| own.name == MOMENTS && own.state != wanted).map(|own| own.id) else {
        return Ok(());
    };
    let own = app.clone();
    app.db.transact(move |tx| {
        let (sops, now) = (siyu_api::sops(&own), own.now());
        if rests { sops.pause(tx, &id, "demo", now) } else { sops.resume(tx, &id, "demo", now) }
    })
}

/// Of ten tasks seven are done at once, one behind its deadline, one is let be, and one is forgotten.
fn do_tasks(app: &App, now: Time) -> Result<(), Refusal> {
    let sql = "SELECT id, staff, due_at, origin FROM guide_task WHERE source = 'sop' AND state = 'open' ORDER BY id";
    let open = app
        .db
        .read(|tx| Ok(tx.query(sql, &[], |row| Ok((row.text(0)?, row.text(1)?, row.time(2)?, row.text(3)?)))?))?;
    let fate =
        |origin: &str| origin.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % 10;
    let due: Vec<(String, String, bool)> = open
        .into_iter()
        .filter_map(|(id, staff, deadline, origin)| match fate(&origin) {
            0..=6 => Some((id, staff, true)),
            7 if now > deadline => Some((id, staff, true)),
            8 => Some((id, staff, false)),
            _ => None,
        })
        .collect();
    if due.is_empty() {
        return Ok(());
    }
    let guides = app.guides.clone();
    app.db.transact(move |tx| {
        for (id, staff, done) in &due {
            // Whoever has left meanwhile does nothing any more.
            let Ok(seat) = guides.seat(tx, staff, &Beyond::Nothing) else { continue };
            guides.end_task(tx, &seat, id, *done, Some(if *done { "已完成" } else { "群里刚聊过，这次不打扰" }))?;
        }
        Ok(())
    })
}
