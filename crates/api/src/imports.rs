//! Files in: upload, look, map, run, and what was not taken.

use crate::error::Answer;
use crate::extract::PagingParams;
use crate::gate::ImportRun;
use crate::words::{ImportDone, ImportKindName, ImportLook, ImportReading, ImportStateName};
use crate::{App, At, Body, Created, Endpoints, Items, May, NoContent, Paging, Query, Workspace, endpoints};
use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use siyu_access::{Locale, audit};
use siyu_files::{ColumnHint, Source, TableWriter, preview, suggest_mapping};
use siyu_intake::import::sealed::{SealedReader, SealedWriter};
use siyu_intake::import::{Hold, ImportKind, ImportOptions, Job, JobState, NewJob, Patience, Run, Summary};
use siyu_kernel::{Class, Refusal, Time, Zone};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, upload, one, look, start, cancel, resume, errors, remove)
}

const UPLOAD_BYTES_MAX: u64 = 2 << 30;
/// The folder of the files that wait, below the workspace's, and how their names end.
pub const UPLOADS: &str = "uploads";
pub const SEALED: &str = ".sealed";

#[derive(Serialize, ToSchema)]
struct ImportProgress {
    rows: u64,
    /// Bytes (or rows, for workbooks) read of `total`.
    done: i64,
    total: i64,
}

#[derive(Serialize, ToSchema)]
struct ImportError {
    code: String,
    message: String,
}

#[derive(Serialize, ToSchema)]
struct ImportOut {
    id: String,
    #[schema(value_type = ImportKindName)]
    kind: &'static str,
    file: String,
    size: i64,
    #[schema(value_type = ImportStateName)]
    state: &'static str,
    format: Option<String>,
    encoding: Option<String>,
    dry_run: bool,
    mapping: BTreeMap<String, String>,
    #[schema(value_type = ImportReading)]
    options: ImportOptions,
    progress: ImportProgress,
    #[schema(value_type = Option<ImportDone>)]
    summary: Option<Summary>,
    error: Option<ImportError>,
    rejected: u64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Time,
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Time>,
    by: String,
}

fn shown(job: Job, locale: Locale) -> ImportOut {
    let pick = |(code, en, zh): (String, String, String)| ImportError {
        code,
        message: if locale == Locale::Zh { zh } else { en },
    };
    let ran = job.state != JobState::Uploaded;
    ImportOut {
        id: job.id,
        kind: job.kind.name(),
        file: job.file,
        size: job.size,
        state: job.state.name(),
        format: job.format,
        encoding: job.encoding,
        dry_run: job.dry_run,
        mapping: job.mapping,
        options: job.options,
        progress: ImportProgress {
            rows: job.summary.rows,
            done: if job.state == JobState::Done { job.bytes_total } else { job.bytes_done },
            total: job.bytes_total,
        },
        rejected: job.summary.rejected,
        summary: ran.then_some(job.summary),
        error: job.error.map(pick),
        created_at: job.created_at,
        finished_at: job.finished_at,
        by: job.by,
    }
}

/// Lists imports, newest first.
///
/// 导入任务列表。
#[utoipa::path(get, path = "/imports", tag = "Imports", params(PagingParams), responses((status = 200, body = Items<ImportOut>)))]
async fn list(may: May<ImportRun>, page: Paging, State(app): State<App>) -> Answer<Json<Items<ImportOut>>> {
    let locale = may.locale;
    app.run(move |app| {
        let jobs = app.db.read(|tx| Ok(app.intake.jobs(tx, page.after.as_deref(), page.limit as i64)?))?;
        let next = (jobs.len() == page.limit).then(|| jobs.last().map(|job| job.id.clone())).flatten();
        Ok(Items::new(jobs.into_iter().map(|job| shown(job, locale)).collect(), next))
    })
    .await
    .map(Json)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct UploadQuery {
    /// people, events, orders or products.
    kind: String,
    /// What the file is called; its ending helps to tell the format.
    filename: String,
}

/// Uploads a file: the body is its bytes, up to 2 GB. It waits sealed on disk and is deleted once it is in, or with the import.
///
/// 上传文件（请求体为文件内容，最大 2 GB），加密暂存，导入完成后删除。
#[utoipa::path(post, path = "/imports", tag = "Imports", params(UploadQuery), request_body(content = String, content_type = "application/octet-stream"), responses((status = 201, body = ImportOut)))]
async fn upload(
    may: May<ImportRun>,
    Query(query): Query<UploadQuery>,
    State(app): State<App>,
    request: axum::extract::Request,
) -> Answer<Created<ImportOut>> {
    let kind = kind_of(&query.kind)?;
    let name = format!("{:032x}{SEALED}", u128::from(app.chance.next()) << 64 | u128::from(app.chance.next()));
    let path = app.folder.join(UPLOADS).join(&name);
    std::fs::create_dir_all(app.folder.join(UPLOADS)).map_err(cannot_store)?;
    let size = match receive(request.into_body(), &path, &app).await {
        Ok(size) => size,
        Err(refusal) => {
            let _ = std::fs::remove_file(&path);
            return Err(refusal.into());
        }
    };
    let (actor, locale) = (may.actor.clone(), may.locale);
    app.run(move |app| {
        let (intake, now) = (app.intake.clone(), app.now());
        let job = app.db.transact(move |tx| {
            let by = actor.id.clone().unwrap_or_default();
            let job = intake.create_job(
                tx,
                &NewJob { kind, file: &query.filename, size: size as i64, path: &name, by: &by },
                now,
            )?;
            audit::record(
                tx,
                now,
                &actor,
                "import.upload",
                Some(&job.id),
                &json!({ "kind": kind.name(), "size": size }),
            )?;
            Ok(job)
        })?;
        Ok(shown(job, locale))
    })
    .await
    .map(Created)
}

async fn receive(mut body: axum::body::Body, path: &Path, app: &App) -> Result<u64, Refusal> {
    let mut writer = SealedWriter::create(path, app.vault.clone()).map_err(cannot_store)?;
    let mut size = 0u64;
    while let Some(frame) = body.frame().await {
        let broken = |e: axum::Error| {
            Refusal::invalid("upload_broken", "The upload broke off. Nothing was kept.", "上传中断，未保留任何内容。")
                .because(e)
        };
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        size += data.len() as u64;
        if size > UPLOAD_BYTES_MAX {
            return Err(Refusal::new(
                Class::TooLarge,
                "file_too_large",
                "A file may have up to 2 GB. Use `siyu import` on the server for larger ones.",
                "文件不能超过 2 GB，更大的文件请在服务器上使用 siyu import。",
            ));
        }
        writer.write_all(&data).map_err(cannot_store)?;
    }
    if size == 0 {
        return Err(Refusal::invalid("file_empty", "The file is empty.", "文件为空。"));
    }
    writer.finish().map_err(cannot_store)
}

fn cannot_store(error: std::io::Error) -> Refusal {
    Refusal::new(
        Class::Unavailable,
        "upload_storage",
        "The file could not be stored; check the space and permissions of the data folder. Nothing was kept.",
        "文件无法保存，请检查数据目录的空间与权限；未保留任何内容。",
    )
    .because(error)
}
fn kind_of(name: &str) -> Result<ImportKind, Refusal> {
    ImportKind::parse(name).ok_or_else(|| {
        Refusal::invalid(
            "invalid_kind",
            "kind must be people, events, orders or products.",
            "kind 须为 people、events、orders 或 products。",
        )
        .field("kind")
    })
}

/// The sealed file of a job of the console. It is named without its folder: a workspace may be moved, or come back from a backup.
fn upload_of(app: &App, job: &Job) -> Option<PathBuf> {
    Some(app.folder.join(UPLOADS).join(upload_name(job.path.as_deref()?)?))
}
/// The name of an upload in this folder, whatever folder it lay in when its job was made; `None` for a file of somebody else's.
pub fn upload_name(path: &str) -> Option<&str> {
    Path::new(path).file_name()?.to_str().filter(|name| name.ends_with(SEALED))
}

/// Should it stay, the next start finds it as a file of no job.
pub(crate) fn drop_upload(app: &App, file: &Path) {
    if let Some(name) = file.file_name() {
        let _ = std::fs::remove_file(app.folder.join(UPLOADS).join(name));
    }
}

fn source(app: &App, job: &Job) -> Result<Source, Refusal> {
    let gone = || {
        Refusal::conflict(
            "import_file_gone",
            "The uploaded file has been deleted; upload it again.",
            "上传的文件已删除，请重新上传。",
        )
    };
    // A job of the command has its user's file, by a path that means nothing here.
    let path = upload_of(app, job).ok_or_else(gone)?;
    let vault = app.vault.clone();
    let len = SealedReader::open(&path, vault.clone()).map_err(|_| gone())?.len();
    Ok(Source::new(job.file.clone(), len, Arc::new(move || Ok(Box::new(SealedReader::open(&path, vault.clone())?)))))
}

/// One import, with its progress.
///
/// 导入任务详情与进度。
#[utoipa::path(get, path = "/imports/{id}", tag = "Imports", params(("id" = String, Path)), responses((status = 200, body = ImportOut)))]
async fn one(may: May<ImportRun>, At(id): At<String>, State(app): State<App>) -> Answer<Json<ImportOut>> {
    let locale = may.locale;
    app.run(move |app| Ok(shown(app.db.read(|tx| app.intake.job(tx, &id))?, locale))).await.map(Json)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct LookQuery {
    encoding: Option<String>,
    delimiter: Option<String>,
    sheet: Option<String>,
    header: Option<bool>,
}

/// A look at the file as it would be read: format, encoding, columns with samples, the first rows, and which fields the columns most likely are.
///
/// 预览：格式、编码、列与样例、建议的字段映射。
#[utoipa::path(get, path = "/imports/{id}/preview", tag = "Imports", params(("id" = String, Path), LookQuery), responses((status = 200, body = ImportLook)))]
async fn look(
    may: May<ImportRun>,
    At(id): At<String>,
    Query(query): Query<LookQuery>,
    State(app): State<App>,
) -> Answer<Json<Value>> {
    let locale = may.locale;
    app.run(move |app| {
        let job = app.db.read(|tx| app.intake.job(tx, &id))?;
        let options = ImportOptions { encoding: query.encoding.filter(|e| !e.is_empty()), delimiter: query.delimiter.and_then(|d| d.chars().next()), sheet: query.sheet.filter(|s| !s.is_empty()), header: query.header, ..job.options.clone() };
        let found = preview(source(app, &job)?, &options.open_options(), 20).map_err(|e| Refusal::invalid(e.code(), e.en(), e.zh()))?;
        let hints: Vec<ColumnHint<'_>> = found.columns.iter().map(ColumnHint::from).collect();
        let suggestions = suggest_mapping(&hints, job.kind.target());
        let fields: Vec<Value> = siyu_files::suggest::fields(job.kind.target()).iter().map(|f| json!({ "field": f.field, "label_zh": f.zh, "label_en": f.en, "required": required(job.kind).contains(&f.field) })).collect();
        let person = if job.kind == ImportKind::Orders { siyu_files::suggest::fields(siyu_files::Target::Events).into_iter().filter(|f| siyu_kernel::Kind::parse(f.field).is_some()).map(|f| json!({ "field": format!("person.{}", f.field), "label_zh": f.zh, "label_en": f.en, "required": false })).collect() } else { Vec::new() };
        let columns: Vec<Value> = found.columns.iter().map(|c| json!({ "name": c.name, "type": c.kind, "samples": c.samples, "empty": c.empty_share })).collect();
        let rows: Vec<&Vec<String>> = found.rows.iter().map(|row| &row.cells).collect();
        let row_errors: Vec<Value> = found.rows.iter().filter_map(|row| row.error.as_ref().map(|e| json!({ "line": row.line, "code": e.code(), "message": if locale == Locale::Zh { e.zh() } else { e.en() } }))).collect();
        let all_fields = [fields, person].concat();
        Ok(json!({ "format": found.format, "encoding": found.encoding, "delimiter": found.delimiter, "sheets": found.sheets, "sheet": found.sheet, "columns": columns, "rows": rows, "row_errors": row_errors, "suggestions": suggestions, "fields": all_fields, "total_rows": found.total_rows }))
    })
    .await
    .map(Json)
}

fn required(kind: ImportKind) -> &'static [&'static str] {
    match kind {
        ImportKind::People => &[],
        ImportKind::Events => &["name"],
        ImportKind::Orders => &["order_no", "at"],
        ImportKind::Products => &["sku"],
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ImportStart {
    /// Field → column. Empty: as suggested.
    #[serde(default)]
    mapping: BTreeMap<String, String>,
    #[serde(default)]
    #[schema(value_type = ImportReading)]
    options: ImportOptions,
    /// Reads and checks every row, writes nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Starts an import, or rehearses it (`dry_run`). It runs on; follow it with GET.
///
/// 开始导入或试运行。
///
/// Errors: `field_unknown`, `unknown_column`, `mapping_incomplete`, `timezone_unknown`, `currency_invalid`, `import_state`, `import_leads`, `lead_channel`.
#[utoipa::path(post, path = "/imports/{id}/start", tag = "Imports", params(("id" = String, Path)), request_body = ImportStart, responses((status = 200, body = ImportOut)))]
async fn start(
    may: May<ImportRun>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<ImportStart>,
) -> Answer<Json<ImportOut>> {
    let (actor, locale) = (may.actor.clone(), may.locale);
    app.run(move |app| {
        check_plan(app, &id, &input)?;
        let ready = Ready::new(app, &id)?;
        let (intake, now) = (app.intake.clone(), app.now());
        let job = app.db.transact(move |tx| {
            let job = intake.start_job(tx, &id, &input.mapping, &input.options, input.dry_run)?;
            audit::record(tx, now, &actor, "import.start", Some(&job.id), &json!({ "dry_run": input.dry_run }))?;
            Ok(job)
        })?;
        ready.launch(app, job.clone())?;
        Ok(shown(job, locale))
    })
    .await
    .map(Json)
}

/// A wrong mapping is told now, not after the job has failed.
fn check_plan(app: &App, id: &str, input: &ImportStart) -> Result<(), Refusal> {
    let job = app.db.read(|tx| {
        let job = app.intake.job(tx, id)?;
        app.intake.check_pool(tx, job.kind, &input.options)?;
        Ok(job)
    })?;
    let reader = siyu_files::open(source(app, &job)?, &input.options.open_options())
        .map_err(|e| Refusal::invalid(e.code(), e.en(), e.zh()))?;
    siyu_intake::import::Plan::new(
        job.kind,
        reader.columns(),
        &input.mapping,
        &input.options,
        &Zone::shanghai(),
        app.intake.currency(),
    )
    .map(drop)
}

/// All a run needs, got together before the job's row says that it runs.
struct Ready {
    source: Source,
    zone: Zone,
    hold: Hold,
}

impl Ready {
    fn new(app: &App, id: &str) -> Result<Self, Refusal> {
        let (job, settings) = app.db.read(|tx| Ok((app.intake.job(tx, id)?, Workspace::load(tx)?)))?;
        let zone = Zone::named(&settings.timezone).unwrap_or_else(|_| Zone::shanghai());
        Ok(Self { source: source(app, &job)?, zone, hold: hold(app, id)? })
    }
    /// Runs the job on a thread of its own.
    fn launch(self, app: &App, job: Job) -> Result<(), Refusal> {
        let app = app.clone();
        let body = move || {
            let Self { source, zone, hold } = self;
            let (clock, patience) = (Arc::clone(&app.clock), Patience::Endless);
            let run = Run { intake: &app.intake, db: &app.db, clock, zone, patience };
            let mut noted = None;
            let told = run.run(&job, source, &mut |progress| {
                if progress.waiting.is_some() && noted != progress.waiting {
                    tracing::warn!(import = job.id, code = progress.waiting, "import waits and will go on");
                }
                noted = progress.waiting;
            });
            match told {
                Ok(summary) => {
                    drop_finished(&app, &job.id);
                    tracing::info!(import = job.id, rows = summary.rows, rejected = summary.rejected, "import ended")
                }
                Err(refusal) => tracing::warn!(import = job.id, code = refusal.code, "import stopped"),
            }
            drop(hold);
        };
        std::thread::Builder::new().name("import".into()).spawn(body).map_err(Refusal::internal)?;
        Ok(())
    }
}

/// A file that is in is of no more use, and full of people: it goes. One that was rehearsed, cancelled or failed waits for the next run.
fn drop_finished(app: &App, id: &str) {
    let dropped = app.db.read(|tx| app.intake.job(tx, id)).and_then(|job| {
        let Some(path) = upload_of(app, &job).filter(|_| job.state == JobState::Done && !job.dry_run) else {
            return Ok(());
        };
        let intake = app.intake.clone();
        app.db.transact(move |tx| Ok(intake.forget_file(tx, job.num)?))?;
        // Should it stay, the next start finds it as a file of no job.
        let _ = std::fs::remove_file(path);
        Ok(())
    });
    if let Err(refusal) = dropped {
        tracing::warn!(import = id, code = refusal.code, "the uploaded file of a finished import could not be deleted");
    }
}

/// A run that was cancelled a moment ago ends with its chunk; it is waited for.
fn hold(app: &App, id: &str) -> Result<Hold, Refusal> {
    for _ in 0..HOLD_TRIES {
        if let Some(hold) = Hold::take(&app.folder, id)? {
            return Ok(hold);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err(Refusal::conflict(
        "import_state",
        "This import is still running; try again in a moment.",
        "该导入任务仍在运行，请稍后再试。",
    ))
}
const HOLD_TRIES: usize = 30;

/// Looks after the jobs whose process ended in the middle. A server (`serving`) goes on with files that were uploaded; a job of the command
/// is told to have been interrupted, for only its user knows whether to run it again. Jobs of living processes are left alone.
pub fn settle_interrupted(app: &App, serving: bool) -> Result<(), Refusal> {
    if serving {
        sweep(app)?;
    }
    for job in app.db.read(|tx| Ok(app.intake.interrupted(tx)?))? {
        // On a database server the job may belong to a program with another folder.
        let ours = app.db.engine() == siyu_db::Engine::Sqlite || Hold::was_taken(&app.folder, &job.id);
        let uploaded = upload_of(app, &job).is_some();
        if !ours || (uploaded && !serving) {
            continue;
        }
        let Some(hold) = Hold::take(&app.folder, &job.id)? else { continue };
        drop(hold);
        let ready = if uploaded { Ready::new(app, &job.id) } else { Err(interrupted()) };
        match ready {
            Ok(ready) => ready.launch(app, job)?,
            Err(refusal) if refusal.class == Class::Unavailable => return Err(refusal),
            Err(refusal) => {
                let (intake, now) = (app.intake.clone(), app.now());
                let told = Arc::new(refusal);
                app.db.transact(move |tx| intake.finish_job(tx, job.num, JobState::Failed, Some(&told), now))?;
            }
        }
    }
    Ok(())
}

/// Deletes uploads of no job, as a server leaves them that is killed while it receives one. Young ones may be on their way to a job.
fn sweep(app: &App) -> Result<(), Refusal> {
    let known: Vec<String> = app.db.read(|tx| Ok(app.intake.files(tx)?))?;
    let oldest = app.now().plus_days(-1).millis();
    let Ok(entries) = std::fs::read_dir(app.folder.join(UPLOADS)) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let written = entry.metadata().and_then(|meta| meta.modified()).ok();
        let written = written.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|age| age.as_millis() as i64);
        if name.ends_with(SEALED)
            && !known.iter().any(|path| upload_name(path) == Some(&*name))
            && written.is_some_and(|at| at < oldest)
        {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    Ok(())
}

fn interrupted() -> Refusal {
    Refusal::conflict(
        "import_interrupted",
        "The process that ran this import ended in the middle. Run the command again: rows that are in change nothing.",
        "执行该导入的进程中途退出，请重新运行命令：已导入的行不会重复。",
    )
}

/// Stops a running import. What is in stays in.
///
/// 取消导入，已导入的数据保留。
#[utoipa::path(post, path = "/imports/{id}/cancel", tag = "Imports", params(("id" = String, Path)), responses((status = 200, body = ImportOut)))]
async fn cancel(may: May<ImportRun>, At(id): At<String>, State(app): State<App>) -> Answer<Json<ImportOut>> {
    let locale = may.locale;
    app.run(move |app| {
        let intake = app.intake.clone();
        let job = app.db.transact(move |tx| {
            intake.set_job_state(tx, &id, &[JobState::Running, JobState::Paused], JobState::Cancelled)
        })?;
        Ok(shown(job, locale))
    })
    .await
    .map(Json)
}

/// Goes on with a cancelled or failed import where it stopped.
///
/// 从中断处继续导入。
#[utoipa::path(post, path = "/imports/{id}/resume", tag = "Imports", params(("id" = String, Path)), responses((status = 200, body = ImportOut)))]
async fn resume(may: May<ImportRun>, At(id): At<String>, State(app): State<App>) -> Answer<Json<ImportOut>> {
    let locale = may.locale;
    app.run(move |app| {
        let intake = app.intake.clone();
        let ready = Ready::new(app, &id)?;
        let job = app.db.transact(move |tx| {
            intake.set_job_state(tx, &id, &[JobState::Cancelled, JobState::Failed, JobState::Paused], JobState::Running)
        })?;
        ready.launch(app, job.clone())?;
        Ok(shown(job, locale))
    })
    .await
    .map(Json)
}

/// The rows that were not taken, as CSV: line, reason, and the row's own cells.
///
/// 下载未导入的行及原因（CSV）。
#[utoipa::path(get, path = "/imports/{id}/errors.csv", tag = "Imports", params(("id" = String, Path)), responses((status = 200, content_type = "text/csv", body = String)))]
async fn errors(may: May<ImportRun>, At(id): At<String>, State(app): State<App>) -> Answer<impl IntoResponse> {
    let (locale, actor) = (may.locale, may.actor.clone());
    let text = app.run(move |app| {
        app.access.record(app.now(), &actor, "import.errors", Some(&id), &json!({}))?;
        error_file(app, &id, locale)
    });
    Ok((
        [
            (CONTENT_TYPE, "text/csv; charset=utf-8"),
            (CONTENT_DISPOSITION, "attachment; filename=\"import-errors.csv\""),
        ],
        text.await?,
    ))
}

fn error_file(app: &App, id: &str, locale: Locale) -> Result<Vec<u8>, Refusal> {
    let zh = locale == Locale::Zh;
    let mut out = Vec::new();
    let failed = |e: siyu_files::FileError| Refusal::internal(std::io::Error::other(e.en()));
    app.db.read(|tx| {
        let job = app.intake.job(tx, id)?;
        let head =
            if zh { ["行号", "错误代码", "字段", "原因"] } else { ["line", "code", "field", "reason"] };
        let header: Vec<&str> = head.into_iter().chain(job.columns.iter().map(String::as_str)).collect();
        let mut writer = Box::new(siyu_files::CsvWriter::new(&mut out, &header).map_err(failed)?);
        let mut after = -1;
        loop {
            let rows = app.intake.rejects(tx, job.num, after, 1_000)?;
            for row in &rows {
                let line = row.line.to_string();
                let own = [
                    line.as_str(),
                    &row.code,
                    row.field.as_deref().unwrap_or_default(),
                    if zh { &row.zh } else { &row.en },
                ];
                let mut cells: Vec<siyu_files::Cell<'_>> =
                    own.into_iter().chain(row.cells.iter().map(String::as_str)).map(siyu_files::Cell::Text).collect();
                cells.resize(header.len(), siyu_files::Cell::Empty);
                writer.write_row(&cells).map_err(failed)?;
            }
            match rows.last() {
                Some(last) => after = last.line,
                None => break,
            }
        }
        writer.finish().map_err(failed)?;
        Ok(())
    })?;
    Ok(out)
}

/// Deletes an import's record and its uploaded file. What it brought stays.
///
/// 删除导入记录与上传文件，已导入的数据保留。
#[utoipa::path(delete, path = "/imports/{id}", tag = "Imports", params(("id" = String, Path)), responses((status = 204)))]
async fn remove(may: May<ImportRun>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let actor = may.actor.clone();
    app.run(move |app| {
        let (intake, now) = (app.intake.clone(), app.now());
        let job = app.db.transact(move |tx| {
            let job = intake.delete_job(tx, &id)?;
            audit::record(tx, now, &actor, "import.delete", Some(&id), &json!({}))?;
            Ok(job)
        })?;
        if let Some(path) = upload_of(app, &job) {
            let _ = std::fs::remove_file(path);
        }
        Ok(())
    })
    .await?;
    Ok(NoContent)
}
