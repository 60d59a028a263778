//! A brand that grows: a simulated WeCom lives through the days before today, and the platform is connected to it as to the real one.
//!
//! The world is fixed by seed, scale and its first instant, and by what it was told of live codes. So an interrupted growth, and every later start of the
//! demo, makes the same world again, tells it of codes what it was told when it was told it, passes by what the platform knows, and goes on from
//! there. What is told twice is known by its identity.

use super::apart;
use super::entrances::{self, Retelling};
use super::greetings::make_welcomes;
use super::living::Living;
use super::made::{TagRule, make_audiences, make_board, make_scripts, make_tags};
use super::pool;
use super::team::make_team;
use super::tills::{Tills, settled_before, store_code};
use super::{COMPLETE, Ready, note, note_in, noted, serve};
use crate::args::Demo;
use crate::jobs::{compacting, nap};
use crate::output;
use crate::quiet;
use crate::workspace::{Folder, Open, write_private};
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_access::{Actor, KeyKind};
use siyu_api::App;
use siyu_commerce::{ProductIn, StoreIn};
use siyu_contacts::{ConnectionIn, Ran, SyncRow, SyncState};
use siyu_db::OpenMode;
use siyu_guides::SettingsIn;
use siyu_insight::Kind;
use siyu_kernel::{Chance, Currency, Refusal, Time, clocks};
use siyu_sandbox::{Scale, parameters};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const PLAN: &str = "demo.grown";
/// Up to here the platform knows everything.
const AT: &str = "demo.at";
const KEY: &str = "demo-write-key.txt";
/// Between two looks of the platform at what has happened. Somebody who is a friend for less than this may never be seen as one.
const STEP_SECONDS: i64 = 3 * 3_600;
/// WeCom updates groups behind their events, and the platform waits so long.
const GROUPS_SECONDS: i64 = 3;
/// A longer way is gone in a process of its own.
const STEPS_APART: i64 = 80;
const REPORT_MILLIS: u64 = 5_000;
const GREETED_MAX: Duration = Duration::from_secs(10);

/// What the world is made from.
#[derive(Serialize, Deserialize)]
struct Plan {
    seed: u64,
    scale: String,
    start: Time,
}

pub fn demo(args: &Demo, folder: &Folder, ready: &Ready) -> Result<(), Refusal> {
    if !args.no_serve {
        // Told now rather than after the growth.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        drop(runtime.map_err(Refusal::internal)?.block_on(siyu_api::bind(&args.listen))?);
        let (_, at, complete) = plan(folder, args)?;
        if !complete || at < clocks::system().now().plus_seconds(-STEPS_APART * STEP_SECONDS) {
            apart::grow(args)?;
        }
        // Whoever tries it does so on their own machine, beside everything else. (Growing, in a process of its own, may use what it likes.)
        quiet::small_pages();
    }
    if args.growing {
        apart::end_with_parent();
    }
    let wanted = scale(&args.scale)?;
    let (plan, at, complete) = plan(folder, args)?;
    let living = Arc::new(Living::begin(plan.seed, Scale::parse(&plan.scale).unwrap_or(wanted), plan.start)?);
    let mut tills = Tills { key: write_key(folder, &args.place.data)?, next: 0 };
    {
        let open = folder.open_in(OpenMode::Migrate, false, living.clock(), living.wait())?;
        compacting(&open, || grow(&open, &living, &mut tills, at))?;
        if !complete {
            make(&open, &living)?;
        }
    }
    let open = folder.open_all(OpenMode::Migrate, false)?;
    if args.no_serve {
        return ready.tell(&open.app, None);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let app = open.app.clone();
    let mut reports = None;
    let served = serve(args, open, ready, |local| {
        let address = reachable(local);
        live_on(&app, &living, &address)?;
        let (app, living, stop) = (app.clone(), Arc::clone(&living), Arc::clone(&stop));
        reports = Some(std::thread::spawn(move || report(&app, &living, tills, &address, &stop)));
        Ok(())
    });
    stop.store(true, Ordering::SeqCst);
    if let Some(reports) = reports {
        let _ = reports.join();
    }
    served
}

pub fn scale(name: &str) -> Result<Scale, Refusal> {
    Scale::parse(name).ok_or_else(|| {
        Refusal::invalid("demo_scale", "`--scale` is small, city or chain.", "--scale 取值为 small、city 或 chain。")
            .field("scale")
    })
}

/// The plan of this folder, how far it has come, and whether it was complete once.
fn plan(folder: &Folder, args: &Demo) -> Result<(Plan, Time, bool), Refusal> {
    let open = folder.open_all(OpenMode::Migrate, false)?;
    let plan: Plan = match noted(&open, PLAN)? {
        Some(text) => serde_json::from_str(&text).map_err(Refusal::internal)?,
        None => {
            let begun = open.app.now().plus_days(-i64::from(args.days));
            // WeCom's times are whole seconds.
            let start = Time(begun.0.div_euclid(1_000_000) * 1_000_000);
            let plan = Plan { seed: args.seed, scale: args.scale.clone(), start };
            note(&open, PLAN, &serde_json::to_string(&plan).map_err(Refusal::internal)?)?;
            plan
        }
    };
    let at = noted(&open, AT)?.and_then(|text| Time::parse(&text).ok()).unwrap_or(plan.start);
    Ok((plan, at, noted(&open, COMPLETE)?.is_some()))
}

/// The key that the shop sends with; it is shown once, so that it has to be kept.
fn write_key(folder: &Folder, data: &Path) -> Result<String, Refusal> {
    let path = data.join(KEY);
    if let Ok(key) = std::fs::read_to_string(&path) {
        return Ok(key.trim().to_owned());
    }
    let app = folder.open_all(OpenMode::Migrate, false)?.app;
    let (_, secret) = app.access.add_key(app.now(), &Actor::system("demo"), "示例门店与商城", KeyKind::Write, None)?;
    write_private(&path, &format!("{secret}\n"))?;
    Ok(secret)
}

/// Where this process reaches what listens here.
fn reachable(local: &str) -> String {
    match local.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_unspecified() => format!("127.0.0.1:{}", address.port()),
        _ => local.to_owned(),
    }
}

/// From `at` to now, in the world's time.
fn grow(open: &Open, living: &Living, tills: &mut Tills, at: Time) -> Result<(), Refusal> {
    let app = &open.app;
    let begun = living.clock().now();
    let (listener, address) = living.runtime.block_on(async {
        let listener = siyu_api::bind("127.0.0.1:0").await?;
        let address = listener.local_addr().map_err(Refusal::internal)?.to_string();
        Ok::<_, Refusal>((listener, address))
    })?;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let router = siyu_api::router(app.clone());
    let server =
        living.runtime.spawn(async move { siyu_api::serve(listener, router, async { drop(stopped.await) }).await });
    stock(open, living)?;
    let (token, key) = connect(app, living)?;
    if at > begun && entrances::none(app)? {
        // Its world had other codes, and would not be the same again.
        return Err(Refusal::conflict(
            "demo_folder",
            "This demo was grown by an older version of the program. Give the demo another folder, or delete this one.",
            "该示例由旧版本程序生成，请为示例另选目录，或删除此目录后重试。",
        ));
    }
    // What the platform knows is lived through again without a word.
    let mut now = begun;
    let mut retelling = Retelling::of(app, living)?;
    while now < at {
        now = now.plus_seconds(STEP_SECONDS).min(at);
        retelling.advance(living, now)?;
        tills.skip(living);
    }
    living.runtime.block_on(living.deliver_to(&address, &token, &key))?;
    app.contacts.check_credentials()?;
    read_everything(app, living)?;
    make_welcomes(open)?;
    entrances::make(open, living)?;
    pool::open_pool(open)?;
    let (end, mut told) = (clocks::system().now(), 0);
    // Later the server does it, or was off.
    let is_first = noted(open, COMPLETE)?.is_none();
    while now < end {
        now = now.plus_seconds(STEP_SECONDS).min(end);
        retelling.advance(living, now)?;
        greeted(app);
        work(app)?;
        if is_first {
            super::sops::live(open, end)?;
        }
        tills.report(living, &address)?;
        note(open, AT, &now.to_string())?;
        let day = (now.0 - begun.0) / 86_400_000_000;
        if day / 10 > told {
            told = day / 10;
            output::say(&format!("示例品牌已过 {day} 天 …"), &format!("The brand has lived {day} days …"));
        }
    }
    // The last changes of groups are looked at, and nothing is left.
    living.advance(living.clock().now().plus_seconds(GROUPS_SECONDS));
    greeted(app);
    work(app)?;
    pool::fill_pool(open)?;
    super::journeys::begin(open)?;
    tills.report(living, &address)?;
    let _ = stop.send(());
    living.runtime.block_on(server).map_err(Refusal::internal)?
}

/// Stores and products, from the brand's own lists.
fn stock(open: &Open, living: &Living) -> Result<(), Refusal> {
    let (stores, products) = living.world(|world| {
        let stores = world.stores.iter().enumerate().map(|(at, store)| StoreIn {
            code: store_code(at),
            name: Some(store.name.clone()),
            region: parameters::CITIES.get(store.city).map(|(city, _)| (*city).to_owned()),
        });
        let products = world.products.iter().map(|own| ProductIn {
            sku: own.sku.clone(),
            title: Some(own.name.clone()),
            category: Some(own.category.to_owned()),
            price_minor: Some(own.price),
            currency: Some(Currency::CNY),
            ..ProductIn::default()
        });
        (stores.collect::<Vec<_>>(), products.collect::<Vec<_>>())
    });
    let now = open.app.now();
    open.app.db.transact(move |tx| {
        siyu_commerce::put_stores(tx, &stores, now)?;
        siyu_commerce::put_products(tx, &products, now)?;
        Ok(())
    })
}

/// Connects the corp, or tells the connection where it is today. Answers token and key of callbacks.
fn connect(app: &App, living: &Living) -> Result<(String, String), Refusal> {
    let own = &living.credentials;
    let known = app.db.read(|tx| app.contacts.connection(tx))?;
    let mut input = ConnectionIn { base: Some(living.base.clone()), ..ConnectionIn::default() };
    if known.is_none() {
        input.corp_id = Some(own.corp_id.clone());
        input.agent_id = Some(own.agent_id);
        input.app_secret = Some(own.secret.clone());
        input.contacts_secret = Some(own.contacts_secret.clone());
        input.callback_token = Some(letters::<20>());
        input.callback_key = Some(letters::<43>());
        input.match_phones = Some(true);
    }
    let contacts = app.contacts.clone();
    let now = app.now();
    let connection = app.db.transact(move |tx| contacts.connect(tx, &input, now))?;
    Ok((connection.secrets.callback_token, connection.secrets.callback_key))
}

fn letters<const N: usize>() -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    Chance::secret::<N>().iter().map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()])).collect()
}

fn begin_sync(app: &App) -> Result<SyncRow, Refusal> {
    let (contacts, now) = (app.contacts.clone(), app.now());
    app.db.transact(move |tx| match contacts.running_sync(tx)? {
        Some(row) => Ok(row),
        None => contacts.start_sync(tx, "demo", now),
    })
}

/// The full sync that every connection begins with; later ones are left to the server.
fn read_everything(app: &App, living: &Living) -> Result<(), Refusal> {
    let row = begin_sync(app)?;
    loop {
        let here = app.db.read(|tx| app.contacts.sync(tx, &row.id))?;
        match here.state {
            SyncState::Done => return Ok(()),
            SyncState::Running => {}
            _ => {
                let why = here.error.unwrap_or_else(|| here.state.name().to_owned());
                return Err(Refusal::internal(format!("the full sync ended before it was complete: {why}")));
            }
        }
        if let Ran::Waits(until) = app.contacts.sync_step()? {
            living.advance(until);
        }
    }
}

/// Everything that is due: the inbox, what goes out, who is in the codes.
fn work(app: &App) -> Result<(), Refusal> {
    while app.contacts.work_inbox()? == Ran::Went {}
    while app.reach.tell_welcomes()? == Ran::Went {}
    while app.contacts.work_outgoing()? == Ran::Went {}
    while app.channels.step()? == Ran::Went {}
    while app.leads.step()? == Ran::Went {}
    app.contacts.tidy()
}

/// Until those who came have been welcomed: time stands still for that.
fn greeted(app: &App) {
    if !app.reach.settle_welcomes(GREETED_MAX) {
        tracing::warn!("welcomes of the growing brand are slow");
    }
}

/// Time passes as on the wall from here on, and WeCom sends to the server that people use.
/// The brand's guides are told of customers they lose from here on, unless somebody has set it otherwise.
fn push_alerts(app: &App) -> Result<(), Refusal> {
    let contacts = app.contacts.clone();
    app.db.transact(move |tx| {
        let settings = contacts.alert_settings(tx)?;
        if settings == siyu_contacts::AlertSettings::default() {
            contacts.set_alerts(tx, siyu_contacts::AlertSettings { on: true, ..settings })?;
        }
        Ok(())
    })
}

fn live_on(app: &App, living: &Arc<Living>, address: &str) -> Result<(), Refusal> {
    living.let_go();
    let (token, key) = connect(app, living)?;
    show_guides(app, living, address)?;
    push_alerts(app)?;
    // What ninety days of callbacks have left out is found, as by the daily sync of a real brand.
    begin_sync(app)?;
    let delivering = living.deliver_to(address, &token, &key);
    living.runtime.spawn(async move {
        if let Err(refusal) = delivering.await {
            tracing::warn!(code = refusal.code, "the simulated WeCom cannot reach the callback address");
        }
    });
    Ok(())
}

/// The guides' pages at today's address, in a WeCom whose pages come from the simulated one.
fn show_guides(app: &App, living: &Living, address: &str) -> Result<(), Refusal> {
    living.enter_pages(address);
    let (guides, now) = (app.guides.clone(), app.now());
    let wanted = SettingsIn {
        address: Some(format!("http://{address}")),
        pages: Some(living.base.clone()),
        client: Some(living.window()),
    };
    app.db.transact(move |tx| guides.set(tx, &wanted, now)).map(drop)
}

fn report(app: &App, living: &Living, mut tills: Tills, address: &str, stop: &AtomicBool) {
    while !stop.load(Ordering::SeqCst) {
        nap(stop, REPORT_MILLIS);
        let now = app.now();
        let told = tills.report(living, address).and_then(|()| note_in(app, AT, &settled_before(now).to_string()));
        if let Err(refusal) = told {
            tracing::warn!(code = refusal.code, error = %refusal, "what the tills report will be sent again");
        }
    }
}

/// What there is to look at.
fn make(open: &Open, living: &Living) -> Result<(), Refusal> {
    make_team(open, living)?;
    make_tags(open, TAGS)?;
    while open.compact("demo")? {}
    let way = json!({ "steps": [{ "event": "Contact Added" }, { "event": "Product Viewed" }, { "event": "Order Completed" }], "window": { "days": 30 } });
    let channels = json!({ "events": [{ "event": "Contact Added" }], "unit": "week", "measure": "people", "by": { "property": "channel" } });
    let own = [(Kind::Funnel, "加好友之后买了吗", 1, way), (Kind::Trend, "好友从哪里来", 1, channels)];
    make_board(open, BOARD, &own)?;
    make_audiences(open, AUDIENCES)?;
    // A brand of a few hours has sold nothing yet, and has no card.
    if open.app.people.field_table().0.contains_key("birthday") {
        make_audiences(open, BIRTHDAYS)?;
    }
    make_scripts(open, SCRIPTS)?;
    // Something to look at, and nothing that the demo could not do without.
    if let Err(refusal) = super::library::fill(open) {
        tracing::warn!(code = refusal.code, error = %refusal, "the sample brand has no materials");
    }
    note(open, COMPLETE, "1")
}

const TAGS: &[TagRule] = &[
    ("价值", "高价值", "gold", r#"{"all":[{"field":"orders.amount","op":"gte","value":200000}]}"#),
    ("价值", "高客单", "orange", r#"{"all":[{"field":"orders.average","op":"gte","value":60000}]}"#),
    ("活跃", "近 30 天购买", "green", r#"{"all":[{"field":"orders.days_since_last","op":"lte","value":30}]}"#),
    ("活跃", "沉睡 45 天", "default", r#"{"all":[{"field":"orders.days_since_last","op":"gt","value":45}]}"#),
    ("活跃", "复购客户", "cyan", r#"{"all":[{"field":"orders.count","op":"gte","value":2}]}"#),
    (
        "身份",
        "好友未购买",
        "blue",
        r#"{"all":[{"field":"has.external_userid","op":"exists","value":true},{"field":"orders.count","op":"eq","value":0}]}"#,
    ),
    (
        "身份",
        "买过但不是好友",
        "magenta",
        r#"{"all":[{"field":"has.external_userid","op":"exists","value":false},{"field":"orders.count","op":"gte","value":1}]}"#,
    ),
];

/// Folder, title, text, and the next action it is for.
const SCRIPTS: &[(&str, &str, &str, Option<&str>)] = &[
    (
        "欢迎与破冰",
        "新客欢迎",
        "{称呼|您好}，我是{门店|门店}的{导购}，很高兴认识您！选购、试用、售后的问题随时找我～",
        Some("greet"),
    ),
    ("欢迎与破冰", "询问肤质", "{称呼|亲}，方便告诉我您的肤质和平时的护肤习惯吗？我按您的情况来推荐～", None),
    ("促单", "下单提醒", "{称呼|亲}，您刚才看中的宝贝还有现货，今天下单我帮您加送小样，需要留一份吗？", Some("unpaid")),
    ("促单", "到店邀约", "{称呼|亲}，{门店|店里}这周到了新色，欢迎来试妆，我给您预留时间～", None),
    ("关怀", "生日祝福", "{称呼|亲}，祝您生日快乐！{门店|门店}为您准备了一份小礼物，方便时来领取～", Some("birthday")),
    (
        "关怀",
        "好久不见",
        "{称呼|亲}，距离上次购买{最近购买|护肤品}已经{天数|好多}天啦，用得怎么样？店里有适合您的新品，要帮您留一份吗？",
        Some("win_back"),
    ),
    ("关怀", "复购提醒", "{称呼|亲}，{最近购买|上次购买的商品}应该快用完了，需要我帮您备一份吗？", Some("replenish")),
    ("售后", "退换说明", "{称呼|亲}，未拆封的商品 7 天内可以退换，您把订单号发我，我来帮您处理～", None),
];

const BOARD: &[(Kind, &str, i64)] = &[
    (Kind::Activity, "每天有多少人来", 2),
    (Kind::Lifecycle, "客户正在往哪里走", 2),
    (Kind::Assets, "能免费触达多少人", 1),
    (Kind::Rfm, "先照顾哪些客户", 1),
    (Kind::Stores, "哪家店做得好", 1),
    (Kind::Guides, "哪位导购做得好", 1),
];

const AUDIENCES: &[(&str, &str)] = &[
    (
        "快流失的高价值客户",
        r#"{"all":[{"field":"orders.amount","op":"gte","value":100000},{"field":"orders.days_since_last","op":"gt","value":30}]}"#,
    ),
    (
        "近 30 天新加的好友，还没买过",
        r#"{"all":[{"did":{"event":"Contact Added","times":{"op":"gte","value":1},"span":{"last_days":30}}},{"field":"orders.count","op":"eq","value":0}]}"#,
    ),
];
const BIRTHDAYS: &[(&str, &str)] = &[("7 天内过生日", r#"{"field":"until.birthday","op":"lte","value":7}"#)];
