//! Checks of the installation, each with what is wrong and what to do. The same list for the console and `siyu doctor`.

use crate::error::Answer;
use crate::gate::SettingsWrite;
use crate::{App, Endpoints, Items, May, endpoints};
use axum::Json;
use axum::extract::State as AppState;
use serde::Serialize;
use siyu_access::Locale;
use siyu_contacts::Health;
use siyu_db::Engine;
use siyu_kernel::{Finding, Refusal, Time};
use std::path::Path;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(list)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Ok,
    Warn,
    Fail,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// Memberships this far behind the log are worth a word.
const BEHIND_SECONDS_MAX: i64 = 60;

/// Chinese and English side by side.
type Words = (String, String);

#[derive(Clone, Debug)]
pub struct Check {
    pub key: &'static str,
    pub state: State,
    title: (&'static str, &'static str),
    detail: Words,
    remedy: Words,
}

impl Check {
    pub fn title(&self, zh: bool) -> &'static str {
        if zh { self.title.0 } else { self.title.1 }
    }
    pub fn detail(&self, zh: bool) -> &str {
        if zh { &self.detail.0 } else { &self.detail.1 }
    }
    pub fn remedy(&self, zh: bool) -> &str {
        if zh { &self.remedy.0 } else { &self.remedy.1 }
    }
}

#[derive(Serialize, ToSchema)]
pub(crate) struct DoctorCheck {
    key: &'static str,
    #[schema(value_type = crate::words::CheckStateName)]
    state: &'static str,
    title: &'static str,
    detail: String,
    /// What to do; empty when nothing is wrong.
    remedy: String,
}

impl DoctorCheck {
    pub fn of(check: &Check, zh: bool) -> Self {
        Self {
            key: check.key,
            state: check.state.name(),
            title: check.title(zh),
            detail: check.detail(zh).into(),
            remedy: check.remedy(zh).into(),
        }
    }
}

/// Checks the installation: storage, key file, clock, log, behaviour columns, books, backups.
///
/// 体检：存储、密钥、时钟、日志、行为数据、账目、备份。
#[utoipa::path(get, path = "/doctor", tag = "Administration", responses((status = 200, body = Items<DoctorCheck>)))]
async fn list(may: May<SettingsWrite>, AppState(app): AppState<App>) -> Answer<Json<Items<DoctorCheck>>> {
    let zh = may.locale == Locale::Zh;
    let checks = app.run(checks).await?;
    let out = checks.iter().map(|check| DoctorCheck::of(check, zh));
    Ok(Json(Items::all(out.collect())))
}

pub fn checks(app: &App) -> Result<Vec<Check>, Refusal> {
    let mut out = vec![
        folder(app),
        key_file(app),
        database(app)?,
        log(app)?,
        columns(app),
        books(app)?,
        audiences(app)?,
        webhooks(app)?,
        clock(app),
        backups(app),
    ];
    // Channels on which nothing goes out for now; nothing while all is well.
    out.extend(app.db.read(|tx| app.direct.findings(tx))?.into_iter().map(of_finding));
    out.extend(app.db.read(|tx| app.carriers.diagnose(tx))?.into_iter().map(of_finding));
    Ok(out)
}

/// Those of the accounts of mail and SMS that ask the mail server and the provider; none of an account that is not there.
pub fn carriers(app: &App) -> Result<Vec<Check>, Refusal> {
    let status = app.db.read(|tx| app.carriers.status(tx))?;
    let mut found = Vec::new();
    if status.mail.is_some_and(|own| own.on) {
        found.extend(app.carriers.check_mail()?);
    }
    if status.sms.is_some_and(|own| own.on) {
        found.extend(app.carriers.check_sms()?);
    }
    Ok(found.into_iter().map(of_finding).collect())
}

fn of_finding(own: Finding) -> Check {
    let state = match own.health {
        siyu_kernel::Health::Ok => State::Ok,
        siyu_kernel::Health::Warn => State::Warn,
        siyu_kernel::Health::Fail => State::Fail,
    };
    let swap = |(en, zh): (String, String)| (zh, en);
    let title = (own.title.1, own.title.0);
    Check { key: own.key, state, title, detail: swap(own.detail), remedy: swap(own.remedy) }
}

/// Findings of a port as the console shows them.
pub(crate) fn found(found: Vec<Finding>, zh: bool) -> Vec<DoctorCheck> {
    found.into_iter().map(|own| DoctorCheck::of(&of_finding(own), zh)).collect()
}

/// Those of the connection to WeCom; none while there is no connection. They ask WeCom.
pub fn wecom(app: &App) -> Result<Vec<Check>, Refusal> {
    let found = app.contacts.diagnose()?.into_iter().map(|own| {
        let state = match own.health {
            Health::Ok => State::Ok,
            Health::Warn => State::Warn,
            Health::Fail => State::Fail,
        };
        let swap = |(en, zh): (String, String)| (zh, en);
        Check {
            key: own.key,
            state,
            title: (own.title.1, own.title.0),
            detail: swap(own.detail),
            remedy: swap(own.remedy),
        }
    });
    Ok(found.collect())
}

fn check(
    key: &'static str,
    title: (&'static str, &'static str),
    state: State,
    detail: (impl Into<String>, impl Into<String>),
    remedy: (&str, &str),
) -> Check {
    Check { key, state, title, detail: (detail.0.into(), detail.1.into()), remedy: (remedy.0.into(), remedy.1.into()) }
}

fn folder(app: &App) -> Check {
    let title = ("数据目录", "Data folder");
    let probe = app.folder.join(".doctor");
    let written = std::fs::write(&probe, b"ok").and_then(|()| std::fs::remove_file(&probe));
    match written {
        Ok(()) => check("folder", title, State::Ok, ("可写", "writable"), ("", "")),
        Err(error) => check(
            "folder",
            title,
            State::Fail,
            (format!("不可写：{error}"), format!("not writable: {error}")),
            ("修正目录属主与权限，或清理磁盘空间。", "Correct its owner and permissions, or free some space."),
        ),
    }
}

fn key_file(app: &App) -> Check {
    use std::os::unix::fs::PermissionsExt;
    let title = ("密钥文件", "Key file");
    match std::fs::metadata(app.folder.join("siyu.key")).map(|meta| meta.permissions().mode() & 0o077) {
        Ok(0) => check("key_file", title, State::Ok, ("仅属主可读", "readable by its owner only"), ("", "")),
        Ok(_) => check(
            "key_file",
            title,
            State::Warn,
            ("其他用户可读", "readable by other users"),
            ("运行 chmod 600 siyu.key。", "Run chmod 600 siyu.key."),
        ),
        Err(error) => check(
            "key_file",
            title,
            State::Fail,
            (format!("无法读取：{error}"), format!("cannot be read: {error}")),
            ("放回密钥文件；没有它，数据无法读取。", "Put the key file back; without it the data cannot be read."),
        ),
    }
}

fn database(app: &App) -> Result<Check, Refusal> {
    let title = ("数据库", "Database");
    let (engine, verdict) = match app.db.engine() {
        Engine::Sqlite => ("SQLite", app.db.read(|tx| Ok(tx.one("PRAGMA quick_check(1)", &[], |row| row.text(0))?))?),
        Engine::Postgres => ("PostgreSQL", app.db.read(|tx| Ok(tx.one("SELECT CASE WHEN current_setting('synchronous_commit') = 'on' AND current_setting('fsync') = 'on' THEN 'ok' ELSE 'fsync or synchronous_commit is off' END", &[], |row| row.text(0))?))?),
    };
    Ok(if verdict == "ok" {
        check("database", title, State::Ok, (format!("{engine}，完好"), format!("{engine}, sound")), ("", ""))
    } else {
        check(
            "database",
            title,
            State::Fail,
            (format!("{engine}：{verdict}"), format!("{engine}: {verdict}")),
            (
                "用 siyu restore 恢复备份，或修正数据库设置。",
                "Restore a backup with siyu restore, or correct the server's settings.",
            ),
        )
    })
}

fn log(app: &App) -> Result<Check, Refusal> {
    let title = ("事件日志", "Event log");
    let (count, last) = app.db.read(|tx| {
        Ok(tx.one("SELECT COUNT(*), COALESCE(MAX(seq), 0) FROM log_batch", &[], |row| Ok((row.int(0)?, row.int(1)?)))?)
    })?;
    Ok(if count == last {
        check(
            "log",
            title,
            State::Ok,
            (format!("{count} 批，连续"), format!("{count} batches without a gap")),
            ("", ""),
        )
    } else {
        check(
            "log",
            title,
            State::Fail,
            (format!("应有 {last} 批，实有 {count} 批"), format!("{last} batches expected, {count} found")),
            ("恢复最近的备份。", "Restore the latest backup."),
        )
    })
}

/// Reads every file of the behaviour columns. They are derived: what is damaged is no loss, and is made anew.
fn columns(app: &App) -> Check {
    let title = ("行为数据", "Behaviour columns");
    let health = match app.projection.health(true) {
        Ok(health) => health,
        Err(refusal) => {
            return check("columns", title, State::Fail, (refusal.zh, refusal.en), ("", ""));
        }
    };
    if let Some(first) = health.damaged.first() {
        let n = health.damaged.len();
        return check(
            "columns",
            title,
            State::Fail,
            (
                format!("{n} 个文件缺失或已损坏，例如 {first}"),
                format!("{n} files are missing or damaged, such as {first}"),
            ),
            (
                "事件日志完好时无需恢复备份：服务启动时会自动重建，或运行 siyu rebuild。",
                "No backup is needed while the log is sound: a server mends them when it starts, or run siyu rebuild.",
            ),
        );
    }
    let (parts, rows, mb) = (health.parts, health.rows, health.bytes >> 20);
    check(
        "columns",
        title,
        State::Ok,
        (
            format!("{parts} 个文件，{rows} 条事件，{mb} MB，完好"),
            format!("{parts} files, {rows} events, {mb} MB, sound"),
        ),
        ("", ""),
    )
}

fn books(app: &App) -> Result<Check, Refusal> {
    let title = ("订单账目", "Books");
    let drift: i64 = app.db.read(siyu_commerce::drift)?.iter().map(|d| d.rows).sum();
    Ok(if drift == 0 {
        check("books", title, State::Ok, ("所有合计与订单行一致", "every total equals the sum of its lines"), ("", ""))
    } else {
        check(
            "books",
            title,
            State::Fail,
            (format!("{drift} 处合计与订单行不符"), format!("{drift} totals differ from their lines")),
            ("运行 siyu rebuild。", "Run siyu rebuild."),
        )
    })
}

/// Nobody keeps them while no server runs: then there is nothing wrong with that.
fn audiences(app: &App) -> Result<Check, Refusal> {
    let title = ("实时人群", "Live audiences");
    let (all, broken) = app.db.read(|tx| {
        let sql = "SELECT COUNT(*), COUNT(error) FROM audience WHERE kind = 'rule'";
        Ok(tx.one(sql, &[], |row| Ok((row.int(0)?, row.int(1)?)))?)
    })?;
    if broken > 0 {
        return Ok(check(
            "audiences",
            title,
            State::Warn,
            (
                format!("{all} 个中有 {broken} 个规则无法计算"),
                format!("the rules of {broken} of {all} cannot be evaluated"),
            ),
            ("打开这些人群包，按提示修正规则。", "Open these audiences and correct their rules."),
        ));
    }
    let now = app.now();
    let behind = app.live.as_of().map(|as_of| (now.0 - as_of.0).max(0) / 1_000_000);
    Ok(match behind {
        Some(seconds) if seconds > BEHIND_SECONDS_MAX => check(
            "audiences",
            title,
            State::Warn,
            (format!("{all} 个，落后 {seconds} 秒"), format!("{all}, {seconds} seconds behind")),
            ("检查日志与机器负载。", "Look at the log and at the load of the machine."),
        ),
        _ => check("audiences", title, State::Ok, (format!("{all} 个"), format!("{all}")), ("", "")),
    })
}

/// Receivers that fail for longer are left alone more and more, and their work waits: somebody has to look.
fn webhooks(app: &App) -> Result<Check, Refusal> {
    let title = ("旅程 Webhook", "Webhooks of journeys");
    let down = app.db.read(|tx| app.plays.failing_endpoints(tx, None))?;
    let down: Vec<_> = down.into_iter().filter(|own| own.is_down()).collect();
    let Some(first) = down.first() else {
        return Ok(check("webhooks", title, State::Ok, ("正常".to_owned(), "They arrive".to_owned()), ("", "")));
    };
    let waiting: i64 = down.iter().map(|own| own.waiting).sum();
    let (many, host, error) = (down.len(), &first.host, &first.error);
    Ok(check(
        "webhooks",
        title,
        State::Warn,
        (
            format!("{many} 个接收方持续失败（{host}：{error}），{waiting} 条等待投递"),
            format!("{many} receivers keep failing ({host}: {error}); {waiting} wait"),
        ),
        (
            "检查接收方；恢复后会自动继续，也可在旅程页「Webhook 投递」中立即重试。",
            "Look at the receiver. It goes on by itself afterwards, or at once with “send again” on the journey's page.",
        ),
    ))
}

/// A clock behind the newest thing we wrote has gone back since.
fn clock(app: &App) -> Check {
    let title = ("系统时钟", "Clock");
    let newest = app
        .db
        .read(|tx| Ok(tx.one("SELECT COALESCE(MAX(received_at), 0) FROM log_batch", &[], |row| row.time(0))?))
        .unwrap_or(Time(0));
    let now = app.now();
    if now < newest || now < Time(1_767_225_600_000_000) {
        check(
            "clock",
            title,
            State::Fail,
            (
                format!("当前 {now}，早于已写入的数据 {newest}"),
                format!("it says {now}, earlier than data written at {newest}"),
            ),
            ("启用时间同步（NTP）。", "Turn time synchronisation (NTP) on."),
        )
    } else {
        check("clock", title, State::Ok, (format!("{now}"), format!("{now}")), ("", ""))
    }
}

fn backups(app: &App) -> Check {
    let title = ("备份", "Backups");
    let newest = newest_file(&app.folder.join("backups"));
    match newest {
        Some(at) if app.now() < at.plus_days(7) => {
            check("backups", title, State::Ok, (format!("最近一次 {at}"), format!("the latest is of {at}")), ("", ""))
        }
        Some(at) => check(
            "backups",
            title,
            State::Warn,
            (format!("最近一次 {at}"), format!("the latest is of {at}")),
            ("定期运行 siyu backup。", "Run siyu backup regularly."),
        ),
        None => check(
            "backups",
            title,
            State::Warn,
            ("还没有备份", "there is none yet"),
            ("定期运行 siyu backup，并把文件存到别处。", "Run siyu backup regularly and keep the file elsewhere."),
        ),
    }
}

fn newest_file(folder: &Path) -> Option<Time> {
    let times = std::fs::read_dir(folder).ok()?.flatten().filter_map(|entry| entry.metadata().ok()?.modified().ok());
    let newest = times.max()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Time(newest.as_micros() as i64))
}
