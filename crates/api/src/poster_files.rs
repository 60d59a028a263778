//! Posters as files: one, one for each guide, and as it would be while somebody edits it.

use crate::error::Answer;
use crate::gate::{ChannelsWrite, PeopleRead};
use crate::people_files::attachment;
use crate::people_reader::{Reader, by, note, read, write};
use crate::posters::PosterDesign;
use crate::workspace::Workspace;
use crate::{App, At, Body, Endpoints, Items, May, Query, endpoints};
use axum::Json;
use axum::body::{Body as Bytes, Bytes as Part};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::stream::try_unfold;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_access::Locale;
use siyu_channels::{Design, Easel, Field, Filled, GuideCode, Subject};
use siyu_db::Tx;
use siyu_kernel::Refusal;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::sync::{Arc, Mutex};
use utoipa::{IntoParams, ToSchema};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

pub fn router() -> Endpoints {
    endpoints!(preview, picture, guides_zip, guide_codes, make_guide_codes)
}

/// Posters of one file.
const GUIDES_MAX: usize = 500;

#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PosterOf {
    /// A live code, `cde_…`; or a group code, `gcd_…`.
    code: String,
    /// Of a live code: general when absent. Of a group code the variant, everybody's when absent.
    pool: Option<String>,
    /// A userid, by whose name it goes.
    guide: Option<String>,
    /// `psn_…`: whose name is on it.
    person: Option<String>,
}

fn subject(code: &str, pool: Option<&str>) -> Subject {
    let (code, pool) = (code.to_owned(), pool.map(str::to_owned));
    if code.starts_with("gcd_") {
        Subject::Group { code, variant: pool.unwrap_or_default() }
    } else {
        Subject::Staff { code, pool: pool.unwrap_or_else(|| "general".to_owned()) }
    }
}

/// What stands on a poster of a code.
fn words(app: &App, tx: &mut Tx<'_>, reader: &Reader, of: &PosterOf) -> Result<Filled, Refusal> {
    let mut with = app.channels.poster_of(tx, &subject(&of.code, of.pool.as_deref()), of.guide.as_deref())?;
    with.values.insert(Field::Brand, Workspace::load(tx)?.name);
    if let Some(person) = &of.person {
        let (_, root) = reader.find(app, tx, person)?;
        with.values.insert(Field::Person, app.people.profile(tx, root)?.name().unwrap_or_default());
    }
    Ok(with)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PosterPreview {
    design: PosterDesign,
    /// A live code or a group code; absent: an example.
    code: Option<String>,
    pool: Option<String>,
    guide: Option<String>,
}

/// Draws a design that is being edited, with a code or with examples.
///
/// 实时预览海报（PNG），未指定活码时使用示例内容。
///
/// Errors: `poster_field`, `poster_picture_unknown`, `code_unknown`, `code_not_ready`, `poster_guide_unknown`.
#[utoipa::path(post, path = "/posters/preview", tag = "Posters", request_body = PosterPreview, responses((status = 200, description = "The poster", content_type = "image/png")))]
async fn preview(
    may: May<ChannelsWrite>,
    State(app): State<App>,
    Body(input): Body<PosterPreview>,
) -> Answer<Response> {
    let caller = may.caller;
    let design = input.design.parse()?;
    let png = app
        .run(move |app| {
            let zh = caller.locale == Locale::Zh;
            let with = read(app, |tx| {
                let Some(code) = input.code.clone() else { return example(tx, zh) };
                let of = PosterOf { code, pool: input.pool.clone(), guide: input.guide.clone(), person: None };
                let reader = Reader::new(app, tx, &caller)?;
                let mut with = words(app, tx, &reader, &of)?;
                for (field, word) in examples(zh) {
                    with.values.entry(field).or_insert_with(|| word.to_owned());
                }
                Ok(with)
            })?;
            app.channels.easel(design)?.draw(&with)
        })
        .await?;
    Ok(([(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "no-store")], png).into_response())
}

fn examples(zh: bool) -> [(Field, &'static str); 5] {
    let words = |own: &'static str, en: &'static str| if zh { own } else { en };
    [
        (Field::Guide, words("导购姓名", "Guide's name")),
        (Field::Store, words("门店名称", "Store's name")),
        (Field::Channel, words("渠道名称", "Channel's name")),
        (Field::Person, words("客户姓名", "Customer's name")),
        (Field::Code, words("活码名称", "Code's name")),
    ]
}

fn example(tx: &mut Tx<'_>, zh: bool) -> Result<Filled, Refusal> {
    let mut values: std::collections::BTreeMap<Field, String> =
        examples(zh).into_iter().map(|(field, word)| (field, word.to_owned())).collect();
    values.insert(Field::Brand, Workspace::load(tx)?.name);
    Ok(Filled { qr: "https://work.weixin.qq.com/q/example".to_owned(), values })
}

/// Changes with everything that is seen.
fn tag_of(design: &Design, with: &Filled) -> String {
    let mut hasher = DefaultHasher::new();
    (serde_json::to_string(design).unwrap_or_default(), &with.qr, &with.values).hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

/// Draws a poster of a live code or a group code from a template.
///
/// 按模板生成活码或群活码的海报（PNG）。
///
/// Errors: `poster_unknown`, `code_unknown`, `code_not_ready`, `poster_guide_unknown`, `person_unknown`.
#[utoipa::path(get, path = "/posters/{id}/poster.png", tag = "Posters", params(("id" = String, Path), PosterOf), responses((status = 200, description = "The poster", content_type = "image/png")))]
async fn picture(
    may: May<PeopleRead>,
    At(id): At<String>,
    Query(of): Query<PosterOf>,
    headers: HeaderMap,
    State(app): State<App>,
) -> Answer<Response> {
    let caller = may.caller;
    let seen = headers.get(IF_NONE_MATCH).and_then(|tag| tag.to_str().ok()).map(str::to_owned);
    let (tag, png) = app
        .run(move |app| {
            let (design, with) = read(app, |tx| {
                let design = app.channels.poster(tx, &id)?.design;
                let reader = Reader::new(app, tx, &caller)?;
                Ok((design, words(app, tx, &reader, &of)?))
            })?;
            let tag = tag_of(&design, &with);
            if seen.as_deref() == Some(&tag) {
                return Ok((tag, None));
            }
            Ok((tag, Some(app.channels.easel(design)?.draw(&with)?)))
        })
        .await?;
    let headers =
        [(CONTENT_TYPE, "image/png".to_owned()), (CACHE_CONTROL, "private, max-age=60".to_owned()), (ETAG, tag)];
    Ok(match png {
        Some(png) => (headers, png).into_response(),
        None => (StatusCode::NOT_MODIFIED, headers).into_response(),
    })
}

#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct GuideParams {
    /// The code of a store: its guides only.
    store: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct GuideCodeOut {
    /// A userid.
    staff: String,
    name: String,
    store: String,
    store_name: String,
    /// Their own live code of the channel, with nobody else behind it.
    code: Option<String>,
    /// WeCom has given it its QR.
    ready: bool,
}

impl From<GuideCode> for GuideCodeOut {
    fn from(row: GuideCode) -> Self {
        Self {
            staff: row.userid,
            name: row.name,
            store: row.store,
            store_name: row.store_name,
            code: row.code,
            ready: row.ready,
        }
    }
}

fn guides(
    app: &App,
    tx: &mut Tx<'_>,
    reader: &Reader,
    channel: &str,
    store: Option<&str>,
) -> Result<Vec<GuideCode>, Refusal> {
    let keys = reader.staff(tx)?;
    app.channels.guide_codes(tx, channel, keys.as_deref(), store)
}

/// Lists the guides the caller sees, each with their own live code of the channel, if there is one.
///
/// 各导购在该渠道下的专属活码。
///
/// Errors: `channel_unknown`.
#[utoipa::path(get, path = "/channels/{id}/guide-codes", tag = "Posters", params(("id" = String, Path), GuideParams), responses((status = 200, body = Items<GuideCodeOut>)))]
async fn guide_codes(
    may: May<PeopleRead>,
    At(id): At<String>,
    Query(q): Query<GuideParams>,
    State(app): State<App>,
) -> Answer<Json<Items<GuideCodeOut>>> {
    let caller = may.caller;
    let rows = app.run(move |app| {
        read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            guides(app, tx, &reader, &id, q.store.as_deref())
        })
    });
    Ok(Json(Items::new(rows.await?.into_iter().map(GuideCodeOut::from).collect(), None)))
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuideCodesNew {
    /// Userids, up to 500.
    staff: Vec<String>,
}

#[derive(Serialize, ToSchema)]
struct GuideCodesMade {
    made: usize,
}

/// Makes a live code of the channel for each of these guides who has none, with them alone behind it. WeCom gives the QRs within minutes.
///
/// 为所选导购批量创建专属活码（已有的跳过），二维码由企业微信陆续生成。
///
/// Errors: `channel_unknown`, `channel_archived`, `poster_guides`, `code_staff`.
#[utoipa::path(post, path = "/channels/{id}/guide-codes", tag = "Posters", params(("id" = String, Path)), request_body = GuideCodesNew, responses((status = 200, body = GuideCodesMade)))]
async fn make_guide_codes(
    may: May<ChannelsWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<GuideCodesNew>,
) -> Answer<Json<GuideCodesMade>> {
    let caller = may.caller;
    let made = app.run(move |app| {
        write(app, move |app, tx| {
            let made = app.channels.make_guide_codes(tx, &id, &input.staff, &by(&caller), app.now())?;
            note(app, tx, &caller, "code.create_guides", &id, &json!({ "made": made }))?;
            Ok(made)
        })
    });
    Ok(Json(GuideCodesMade { made: made.await? }))
}

#[derive(Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ZipParams {
    /// The id of a channel.
    channel: String,
    /// The code of a store: its guides only.
    store: Option<String>,
}

/// Downloads one poster for each guide the caller sees who has a live code of their own in the channel, as a ZIP of up to 500 pictures.
/// Guides whose code is missing or not ready are listed in a text in it.
///
/// 按导购批量下载海报（ZIP，最多 500 张）：每位有专属活码的导购一张；没有活码或二维码未就绪的导购列在附带的清单里。
///
/// Errors: `poster_unknown`, `channel_unknown`, `poster_guides_none`, `poster_guides_many`.
#[utoipa::path(get, path = "/posters/{id}/guides.zip", tag = "Posters", params(("id" = String, Path), ZipParams), responses((status = 200, description = "The pictures", content_type = "application/zip")))]
async fn guides_zip(
    may: May<PeopleRead>,
    At(id): At<String>,
    Query(q): Query<ZipParams>,
    State(app): State<App>,
) -> Answer<Response> {
    let caller = may.caller;
    let (name, bundle) = app
        .run(move |app| {
            let zh = caller.locale == Locale::Zh;
            let (row, all, brand) = read(app, |tx| {
                let reader = Reader::new(app, tx, &caller)?;
                let row = app.channels.poster(tx, &id)?;
                Ok((row, guides(app, tx, &reader, &q.channel, q.store.as_deref())?, Workspace::load(tx)?.name))
            })?;
            let (ready, missing): (Vec<_>, Vec<_>) = all.into_iter().partition(|own| own.ready);
            if ready.is_empty() {
                let en = "No guide has a live code of their own in this channel yet. Make them first.";
                let zh = "该渠道下还没有已就绪的导购专属活码，请先批量创建。";
                return Err(Refusal::conflict("poster_guides_none", en, zh));
            }
            if ready.len() > GUIDES_MAX {
                let en = format!("There are more than {GUIDES_MAX} guides; download them store by store.");
                let zh = format!("导购超过 {GUIDES_MAX} 人，请按门店分批下载。");
                return Err(Refusal::invalid("poster_guides_many", en, zh).field("store"));
            }
            let detail = json!({ "channel": q.channel, "posters": ready.len() });
            app.access.record(app.now(), &caller.actor, "poster.guides", Some(&id), &detail)?;
            let easel = app.channels.easel(row.design)?;
            Ok((row.name, Bundle::new(easel, ready, missing, brand, zh)))
        })
        .await?;
    let stream = try_unfold((app, Some(bundle)), |(app, bundle)| async move {
        let Some(bundle) = bundle else { return Ok::<_, std::io::Error>(None) };
        let (part, rest) =
            app.run(|app| bundle.more(app)).await.map_err(|error| std::io::Error::other(error.code()))?;
        Ok(Some((Part::from(part), (app, rest))))
    });
    Ok(attachment("application/zip", "posters.zip", &format!("{name}.zip"), Bytes::from_stream(stream)))
}

/// Bytes on their way out.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);
impl Pipe {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(|broken| broken.into_inner()))
    }
}
impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner()).extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A ZIP that grows by a poster at a time, so that none but the next is in memory.
struct Bundle {
    easel: Easel,
    left: std::vec::IntoIter<GuideCode>,
    missing: Vec<GuideCode>,
    brand: String,
    zh: bool,
    zip: ZipWriter<StreamWriter<Pipe>>,
    out: Pipe,
}

impl Bundle {
    fn new(easel: Easel, ready: Vec<GuideCode>, missing: Vec<GuideCode>, brand: String, zh: bool) -> Self {
        let out = Pipe::default();
        Self { easel, left: ready.into_iter(), missing, brand, zh, zip: ZipWriter::new_stream(out.clone()), out }
    }
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), Refusal> {
        // Pictures are packed already. No time: the same posters are the same file.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(DateTime::default());
        self.zip.start_file(name, options).map_err(Refusal::internal)?;
        self.zip.write_all(bytes).map_err(Refusal::internal)
    }
    /// The next part, and what is left.
    fn more(mut self, app: &App) -> Result<(Vec<u8>, Option<Self>), Refusal> {
        let Some(own) = self.left.next() else {
            if !self.missing.is_empty() {
                let head = if self.zh {
                    "没有活码或二维码未就绪的导购"
                } else {
                    "Guides without a code, or whose code is not ready"
                };
                let lines =
                    self.missing.iter().map(|own| format!("{}\t{}\t{}\n", own.store_name, own.name, own.userid));
                let text = format!("\u{feff}{head}\n\n{}", lines.collect::<String>());
                self.put(if self.zh { "未生成.txt" } else { "missing.txt" }, text.as_bytes())?;
            }
            self.zip.finish().map_err(Refusal::internal)?;
            return Ok((self.out.take(), None));
        };
        let code = own.code.clone().unwrap_or_default();
        let drawn = read(app, |tx| app.channels.poster_of(tx, &subject(&code, None), Some(&own.userid)));
        match drawn {
            Ok(mut with) => {
                with.values.insert(Field::Brand, self.brand.clone());
                let png = self.easel.draw_next(&with)?;
                self.put(&file_name(&own), &png)?;
            }
            // Put away meanwhile.
            Err(_) => self.missing.push(own),
        }
        Ok((self.out.take(), Some(self)))
    }
}

/// Store, name and userid, without what folders and systems take for their own.
fn file_name(own: &GuideCode) -> String {
    let parts = [&own.store_name, &own.name, &own.userid];
    let text = parts.into_iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join("-");
    let safe = |c: char| if c.is_control() || "/\\:*?\"<>|".contains(c) { '_' } else { c };
    format!("{}.png", text.chars().map(safe).collect::<String>().trim_start_matches('.'))
}
