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
use siyu_intake::import::{ImportKind, ImportOptions, Job, JobState, NewJob, Run, Summary};
use siyu_kernel::{Class, Refusal, Time, Zone};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(list, upload, one, look, start, cancel, resume, errors, remove)
}

const UPLOAD_BYTES_MAX: u64 = 2 << 30;

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

/// Uploads a file: the body is its bytes, up to 2 GB. It waits sealed on disk until it is imported and is deleted with the import.
///
/// 上传文件（请求体为文件内容，最大 2 GB），加密暂存。
#[utoipa::path(post, path = "/imports", tag = "Imports", params(UploadQuery), request_body(content = String, content_type = "application/octet-stream"), responses((status = 201, body = ImportOut)))]
async fn upload(
    may: May<ImportRun>,
    Query(query): Query<UploadQuery>,
    State(app): State<App>,
    request: axum::extract::Request,
) -> Answer<Created<ImportOut>> {
    let kind = kind_of(&query.kind)?;
    let folder = app.folder.join("uploads");
    std::fs::create_dir_all(&folder).map_err(cannot_store)?;
    let path =
        folder.join(format!("{:032x}.sealed", u128::from(app.chance.next()) << 64 | u128::from(app.chance.next())));
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
                &NewJob { kind, file: &query.filename, size: size as i64, path: &path.to_string_lossy(), by: &by },
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

fn source(app: &App, job: &Job) -> Result<Source, Refusal> {
    let gone = || {
        Refusal::conflict(
            "import_file_gone",
            "The uploaded file has been deleted; upload it again.",
            "上传的文件已删除，请重新上传。",
        )
    };
    let path = PathBuf::from(job.path.clone().ok_or_else(gone)?);
    if path.extension().is_none_or(|ending| ending != "sealed") {
        return Source::path(&path).map_err(|_| gone());
    }
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
/// Errors: `unknown_field`, `unknown_column`, `mapping_incomplete`, `invalid_timezone`, `invalid_currency`, `import_state`.
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
        let (intake, now) = (app.intake.clone(), app.now());
        let job = app.db.transact(move |tx| {
            let job = intake.start_job(tx, &id, &input.mapping, &input.options, input.dry_run, now)?;
            audit::record(tx, now, &actor, "import.start", Some(&job.id), &json!({ "dry_run": input.dry_run }))?;
            Ok(job)
        })?;
        launch(app, job.clone())?;
        Ok(shown(job, locale))
    })
    .await
    .map(Json)
}

/// A wrong mapping is told now, not after the job has failed.
fn check_plan(app: &App, id: &str, input: &ImportStart) -> Result<(), Refusal> {
    let job = app.db.read(|tx| app.intake.job(tx, id))?;
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

/// Runs a job on a thread of its own.
pub fn launch(app: &App, job: Job) -> Result<(), Refusal> {
    let source = source(app, &job)?;
    let app = app.clone();
    let body = move || {
        let zone = app
            .db
            .read(|tx| Ok(Workspace::load(tx)?))
            .ok()
            .and_then(|w| Zone::named(&w.timezone).ok())
            .unwrap_or_else(Zone::shanghai);
        let run = Run { intake: &app.intake, db: &app.db, clock: Arc::clone(&app.clock), zone };
        match run.run(&job, source, &mut |_| ()) {
            Ok(summary) => {
                tracing::info!(import = job.id, rows = summary.rows, rejected = summary.rejected, "import ended")
            }
            Err(refusal) => tracing::warn!(import = job.id, code = refusal.code, "import stopped"),
        }
    };
    std::thread::Builder::new().name("import".into()).spawn(body).map_err(Refusal::internal)?;
    Ok(())
}

/// Goes on with what a stopped server left in the middle.
pub fn resume_interrupted(app: &App) -> Result<usize, Refusal> {
    let (intake, now) = (app.intake.clone(), app.now());
    app.db.transact(move |tx| intake.settle_abandoned(tx, now))?;
    let jobs = app.db.read(|tx| Ok(app.intake.interrupted(tx)?))?;
    let mut resumed = 0;
    for job in jobs {
        // A job of `siyu import` belongs to its own process, which may be running: its file is the user's, not an upload.
        if job.path.as_deref().is_some_and(|path| path.ends_with(".sealed")) {
            launch(app, job)?;
            resumed += 1;
        }
    }
    Ok(resumed)
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
        let job = app.db.transact(move |tx| {
            intake.set_job_state(tx, &id, &[JobState::Cancelled, JobState::Failed, JobState::Paused], JobState::Running)
        })?;
        launch(app, job.clone())?;
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
        let columns = source(app, &job)
            .ok()
            .and_then(|source| siyu_files::open(source, &job.options.open_options()).ok())
            .map(|reader| reader.columns().to_vec())
            .unwrap_or_default();
        let head =
            if zh { ["行号", "错误代码", "字段", "原因"] } else { ["line", "code", "field", "reason"] };
        let header: Vec<&str> = head.into_iter().chain(columns.iter().map(String::as_str)).collect();
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
        if let Some(path) = job.path.filter(|path| path.ends_with(".sealed")) {
            let _ = std::fs::remove_file(path);
        }
        Ok(())
    })
    .await?;
    Ok(NoContent)
}
