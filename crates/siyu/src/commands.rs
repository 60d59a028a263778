//! Commands that do one thing and end.

use crate::args::{Import, ImportKind as Kind, Init, Key, KeyCommand, KeyKind as KeyArg, Place};
use crate::jobs::compacting;
use crate::output;
use crate::workspace::Folder;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use siyu_access::{Actor, KeyKind, Locale, NewUser, Role, Scope};
use siyu_api::{App, Workspace};
use siyu_db::OpenMode;
use siyu_files::{Source, TableWriter};
use siyu_intake::import::{Hold, ImportKind, ImportOptions, Job, NewJob, Patience, Progress, Run, Summary};
use siyu_kernel::Refusal;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

pub fn init(args: &Init, json: bool) -> Result<(), Refusal> {
    let settings = Workspace {
        name: args.name.clone(),
        timezone: args.timezone.clone(),
        currency: args.currency.clone(),
        locale: Locale::Zh,
    }
    .checked()?;
    let existed = args.place.data.exists();
    let folder = Folder::create(&args.place.data, args.postgres.as_deref(), &args.schema, None)?;
    let result = first_user(&folder, settings, &args.admin, &args.password);
    if let Err(refusal) = result {
        // A refused first user leaves no half-made workspace behind.
        folder.unmake(existed);
        return Err(refusal);
    }
    if json {
        output::line(&json!({ "data": args.place.data, "name": args.name, "admin": args.admin }));
    }
    output::say(
        &format!("工作区已创建。启动：siyu serve --data {}", args.place.data.display()),
        &format!("The workspace is ready. Start it with: siyu serve --data {}", args.place.data.display()),
    );
    Ok(())
}

pub fn first_user(folder: &Folder, settings: Workspace, email: &str, password: &str) -> Result<(), Refusal> {
    let open = folder.open_all(OpenMode::Migrate, false)?;
    let locale = settings.locale;
    let owner = NewUser {
        email: email.to_owned(),
        name: email.split('@').next().unwrap_or(email).to_owned(),
        role: Role::Owner,
        scope: Scope::everything(),
        locale,
        password: password.to_owned(),
    };
    open.app.access.create_owner(open.app.now(), owner, move |tx| Ok(settings.save(tx)?))?;
    Ok(())
}

fn open(place: &Place) -> Result<crate::workspace::Open, Refusal> {
    Folder::open(&place.data)?.open_all(OpenMode::Migrate, false)
}

pub fn key(args: &Key, json: bool) -> Result<(), Refusal> {
    let by = Actor::system("cli");
    match &args.command {
        KeyCommand::Create { place, kind, name, role } => {
            let app = open(place)?.app;
            let (kind, role) = match kind {
                KeyArg::Write => (KeyKind::Write, None),
                // Whoever runs this command holds the data folder and its key: nothing is gained by a lesser default.
                KeyArg::Api => (KeyKind::Api, Some(role.as_deref().unwrap_or("owner"))),
            };
            let role = role
                .map(|name| {
                    Role::parse(name).ok_or_else(|| {
                        Refusal::invalid(
                            "role_unknown",
                            format!("There is no role {name}."),
                            format!("没有名为 {name} 的角色。"),
                        )
                        .field("role")
                    })
                })
                .transpose()?;
            let (key, secret) = app.access.add_key(app.now(), &by, name, kind, role)?;
            if json {
                output::line(&json!({ "id": key.id, "name": key.name, "kind": key.kind.name(), "secret": secret }));
            } else {
                println!("{secret}");
                output::say("密钥只显示这一次，请妥善保存。", "This secret is shown once; keep it safe.");
            }
        }
        KeyCommand::List { place } => {
            let page = open(place)?.app.access.keys(200, None)?;
            for key in page.items {
                if json {
                    output::line(
                        &json!({ "id": key.id, "name": key.name, "kind": key.kind.name(), "prefix": key.prefix, "created_at": key.created_at, "last_used_at": key.last_used_at, "revoked_at": key.revoked_at }),
                    );
                } else {
                    println!(
                        "{}  {:5}  {}…  {}{}",
                        key.id,
                        key.kind.name(),
                        key.prefix,
                        key.name,
                        if key.revoked_at.is_some() { "  (revoked)" } else { "" }
                    );
                }
            }
        }
        KeyCommand::Revoke { place, id } => {
            let app = open(place)?.app;
            app.access.revoke_key(app.now(), &by, id)?;
            if json {
                output::line(&json!({ "id": id, "revoked": true }));
            }
        }
    }
    Ok(())
}

pub fn import(args: &Import, _json: bool) -> Result<(), Refusal> {
    let open = open(&args.place)?;
    let mut mapping = BTreeMap::new();
    for pair in &args.map {
        let (field, column) = pair.split_once('=').ok_or_else(|| {
            Refusal::invalid(
                "invalid_map",
                format!("--map wants field=column, not {pair}."),
                format!("--map 的格式为 字段=列名，收到 {pair}。"),
            )
            .field("map")
        })?;
        mapping.insert(field.trim().to_owned(), column.trim().to_owned());
    }
    let kind = match args.kind {
        Kind::People => ImportKind::People,
        Kind::Events => ImportKind::Events,
        Kind::Orders => ImportKind::Orders,
        Kind::Products => ImportKind::Products,
    };
    let options = ImportOptions {
        encoding: args.encoding.clone(),
        delimiter: args.delimiter,
        sheet: args.sheet.clone(),
        header: None,
        timezone: args.timezone.clone(),
        currency: args.currency.clone(),
        leads: args.leads,
        channel: args.channel.clone(),
    };
    let (job, summary) = run_import(&open, kind, &args.file, &mapping, &options, args.dry_run)?;
    if let Some(path) = &args.errors {
        write_errors(&open.app, &job, path)?;
    }
    if summary.rejected > 0 {
        output::say(
            &format!("有 {} 行未导入；加 --errors 文件名 可导出原因。", summary.rejected),
            &format!("{} row(s) were not taken; --errors FILE writes them with the reasons.", summary.rejected),
        );
        for reject in open.app.db.read(|tx| Ok(open.app.intake.rejects(tx, job.num, -1, 3)?))? {
            eprintln!(
                "  {}: {} [{}]",
                reject.line,
                if output::chinese() { &reject.zh } else { &reject.en },
                reject.code
            );
        }
    }
    let mut line = serde_json::to_value(&summary).map_err(Refusal::internal)?;
    if let Value::Object(map) = &mut line {
        map.insert("kind".into(), kind.name().into());
        map.insert("dry_run".into(), args.dry_run.into());
        map.insert("id".into(), job.id.clone().into());
    }
    output::line(&line);
    Ok(())
}

/// How long a command waits for a database server that restarts.
const WAIT_SECONDS_MAX: u32 = 60;

/// Brings a file in through the same path as the console's wizard.
pub fn run_import(
    open: &crate::workspace::Open,
    kind: ImportKind,
    file: &Path,
    mapping: &BTreeMap<String, String>,
    options: &ImportOptions,
    dry_run: bool,
) -> Result<(Job, Summary), Refusal> {
    let app = &open.app;
    let source = Source::path(file).map_err(|e| Refusal::invalid(e.code(), e.en(), e.zh()))?;
    let size = source.len();
    let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let (intake, now, path) = (app.intake.clone(), app.now(), file.to_string_lossy().into_owned());
    let (mapping, options) = (mapping.clone(), options.clone());
    siyu_api::imports::settle_interrupted(app, false)?;
    // What cannot be taken leaves no job behind.
    app.db.read(|tx| app.intake.check_pool(tx, kind, &options))?;
    let job = app.db.transact(move |tx| {
        intake.create_job(tx, &NewJob { kind, file: &name, size: size as i64, path: &path, by: "cli" }, now)
    })?;
    // Held before the row says that it runs: whoever finds such a row without a holder knows that we are dead.
    let hold = Hold::take(&app.folder, &job.id)?;
    let (intake, id) = (app.intake.clone(), job.id);
    let job = app.db.transact(move |tx| intake.start_job(tx, &id, &mapping, &options, dry_run))?;
    let bar = bar(size);
    let run = Run {
        intake: &app.intake,
        db: &app.db,
        clock: Arc::clone(&app.clock),
        zone: open.zone()?,
        patience: Patience::Seconds(WAIT_SECONDS_MAX),
    };
    let mut waits = false;
    let summary = compacting(open, || {
        run.run(&job, source, &mut |progress: Progress| {
            if progress.waiting.is_some() && !waits {
                output::say(
                    &format!("数据库暂时不可用，等待恢复（最多 {WAIT_SECONDS_MAX} 秒）……"),
                    &format!("The database is away; waiting for it (at most {WAIT_SECONDS_MAX} s) …"),
                );
            }
            waits = progress.waiting.is_some();
            bar.set_length(progress.total.max(1));
            bar.set_position(progress.done);
            bar.set_message(progress.rows.to_string());
        })
    });
    drop(hold);
    bar.finish_and_clear();
    summary.map(|summary| (job, summary))
}

fn bar(size: u64) -> ProgressBar {
    if !output::to_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:36} {percent:>3}%  {msg} rows  {elapsed} / {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(size.max(1)).with_style(style)
}

fn write_errors(app: &App, job: &Job, path: &Path) -> Result<(), Refusal> {
    let failed = |e: siyu_files::FileError| Refusal::invalid(e.code(), e.en(), e.zh());
    let file = std::fs::File::create(path).map_err(|e| {
        Refusal::invalid(
            "errors_file",
            format!("Cannot write {}: {e}.", path.display()),
            format!("无法写入 {}：{e}。", path.display()),
        )
    })?;
    let mut writer =
        Box::new(siyu_files::CsvWriter::new(file, &["line", "code", "field", "reason", "cells"]).map_err(failed)?);
    let mut after = -1;
    loop {
        let rows = app.db.read(|tx| Ok(app.intake.rejects(tx, job.num, after, 1_000)?))?;
        let Some(last) = rows.last() else { break };
        after = last.line;
        for row in &rows {
            let (line, cells) = (row.line.to_string(), row.cells.join(" | "));
            let reason = if output::chinese() { &row.zh } else { &row.en };
            let cells = [line.as_str(), &row.code, row.field.as_deref().unwrap_or_default(), reason, &cells]
                .map(siyu_files::Cell::Text);
            writer.write_row(&cells).map_err(failed)?;
        }
    }
    writer.finish().map_err(failed)?;
    Ok(())
}

pub fn migrate(place: &Place, json: bool) -> Result<(), Refusal> {
    let open = open(place)?;
    let steps = open.app.db.read(|tx| Ok(tx.one("SELECT COUNT(*) FROM schema_migration", &[], |row| row.int(0))?))?;
    if json {
        output::line(&json!({ "steps": steps }));
    }
    output::say(&format!("数据库已是最新（{steps} 步）。"), &format!("The database is up to date ({steps} steps)."));
    Ok(())
}

pub fn rebuild(place: &Place, json: bool) -> Result<(), Refusal> {
    let open = open(place)?;
    let app = &open.app;
    let index = bar(1);
    app.log.rebuild(&app.db, "rebuild", |done, total| {
        index.set_length(total.max(1) as u64);
        index.set_position(done as u64);
    })?;
    index.finish_and_clear();
    app.people.rebuild(&app.db, app.now())?;
    let people = recount_all(app)?;
    let columns = self::bar(1);
    let here = app.projection.rebuild(|done, total| {
        columns.set_length(total.max(1) as u64);
        columns.set_position(done as u64);
    })?;
    columns.finish_and_clear();
    // Rules ask the columns.
    let report = app.audience.run_due(&app.db, &open.ctx()?)?;
    let events = app.db.read(|tx| Ok(app.log.totals(tx)?.0))?;
    if json {
        let columns = if here { "rebuilt" } else { "asked" };
        output::line(
            &json!({ "events": events, "people": people, "tags_evaluated": report.evaluated, "columns": columns }),
        );
    }
    output::say(
        &format!("已重建：{events} 条事件的索引，{people} 位客户的合计。"),
        &format!("Rebuilt: the index of {events} events, the totals of {people} people."),
    );
    if here {
        output::say("行为数据已重建。", "The behaviour columns were made anew.");
    } else {
        output::say(
            "行为数据由正在运行的服务维护，已通知其重建；完成前仍按原数据回答。",
            "The running server keeps the behaviour columns: it was asked to make them anew, and answers from the old ones until then.",
        );
    }
    Ok(())
}

/// The totals of every person, from the orders of all its nodes.
fn recount_all(app: &App) -> Result<i64, Refusal> {
    let (mut last, mut count) = (0u32, 0i64);
    loop {
        let people = app.people.clone();
        let done = app.db.transact(move |tx| {
            let roots = tx.query(
                "SELECT num FROM person WHERE num > $1 AND root = num AND state = 0 ORDER BY num LIMIT 1000",
                siyu_db::params![last],
                |row| row.num(0),
            )?;
            let mut nodes: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
            for (node, root) in people.nodes_of(tx, &roots)? {
                nodes.entry(root).or_default().push(node);
            }
            siyu_commerce::recount_all(tx, &nodes.into_iter().collect::<Vec<_>>())?;
            Ok(roots)
        })?;
        match done.last() {
            Some(num) => last = *num,
            None => return Ok(count),
        }
        count += done.len() as i64;
    }
}

pub fn doctor(place: &Place, json: bool) -> Result<(), Refusal> {
    let folder = Folder::open(&place.data)?;
    let open = folder.open_all(OpenMode::Check, false)?;
    let mut checks = siyu_api::doctor::checks(&open.app)?;
    checks.extend(siyu_api::doctor::wecom(&open.app)?);
    checks.extend(siyu_api::doctor::carriers(&open.app)?);
    let zh = output::chinese();
    let mut failed = 0;
    for check in &checks {
        failed += usize::from(check.state == siyu_api::doctor::State::Fail);
        if json {
            output::line(
                &json!({ "key": check.key, "state": check.state.name(), "title": check.title(zh), "detail": check.detail(zh), "remedy": check.remedy(zh) }),
            );
        } else {
            let sign = match check.state {
                siyu_api::doctor::State::Ok => "ok  ",
                siyu_api::doctor::State::Warn => "warn",
                siyu_api::doctor::State::Fail => "FAIL",
            };
            println!("{sign}  {}: {}", check.title(zh), check.detail(zh));
            if !check.remedy(zh).is_empty() {
                println!("      → {}", check.remedy(zh));
            }
        }
    }
    if failed > 0 {
        return Err(Refusal::conflict(
            "doctor_failed",
            format!("{failed} check(s) failed."),
            format!("{failed} 项检查未通过。"),
        ));
    }
    Ok(())
}
