//! Scripts and materials beside a chat.

use crate::error::Answer;
use crate::guide_next::words;
use crate::guide_seat::Staff;
use crate::guide_shapes::{GuideFolder, GuideScript, GuideStage, unit};
use crate::people_reader::read;
use crate::{App, At, Body, Endpoints, Items, NoContent, Query, endpoints};
use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use siyu_access::Permission;
use siyu_guides::{ScriptQuery, Sendable, Words};
use siyu_kernel::Refusal;
use utoipa::{IntoParams, ToSchema};

pub fn router() -> Endpoints {
    endpoints!(stages, list, ready, sent, image)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct GuideScriptQuery {
    /// Part of title or text.
    q: Option<String>,
    folder: Option<String>,
    /// Texts are filled for this customer.
    #[serde(rename = "for")]
    customer: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct GuideScriptList {
    folders: Vec<GuideFolder>,
    /// The most used first, at most 200.
    items: Vec<GuideScript>,
}

/// Whom it is for: a customer, a group, or nobody in particular.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct GuideScriptFor {
    external_userid: Option<String>,
    chat_id: Option<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuideSentIn {
    #[serde(default)]
    external_userid: Option<String>,
    #[serde(default)]
    chat_id: Option<String>,
    /// A name of this sending, made by the page: told twice, it counts once.
    send: String,
}

#[derive(Serialize, ToSchema)]
struct GuideSendable {
    /// What `sendChatMessage` takes, as it stands.
    #[schema(value_type = Object)]
    message: Value,
}

/// Lists the follow-up stages, in the brand's order.
///
/// 跟进阶段列表。
#[utoipa::path(get, path = "/guide/stages", tag = "Guide", responses((status = 200, body = Items<GuideStage>)))]
async fn stages(_: Staff, State(app): State<App>) -> Answer<Json<Items<GuideStage>>> {
    let rows = app.run(|app| app.db.read(|tx| app.guides.stages(tx))).await?;
    // How many people stand where is a number of the whole brand, which a guide does not see.
    Ok(Json(Items::all(rows.into_iter().map(|own| GuideStage { id: own.id, name: own.name, people: 0 }).collect())))
}

/// Lists scripts and materials; texts filled for a customer.
///
/// 话术与素材，可按客户填充变量。
///
/// Errors: `guide_customer_unknown`.
#[utoipa::path(get, path = "/guide/scripts", tag = "Guide", params(GuideScriptQuery), responses((status = 200, body = GuideScriptList)))]
async fn list(
    me: Staff,
    Query(query): Query<GuideScriptQuery>,
    State(app): State<App>,
) -> Answer<Json<GuideScriptList>> {
    let answer = app.run(move |app| {
        read(app, |tx| {
            let words = match &query.customer {
                None => None,
                Some(id) => Some(words_for(app, tx, &me, id)?),
            };
            let asked = ScriptQuery { folder: query.folder.clone(), text: query.q.clone(), action: None, limit: 200 };
            let mut items = app.guides.scripts(tx, &asked)?;
            if let Some(words) = &words {
                items.iter_mut().for_each(|own| own.body.text = siyu_guides::fill(&own.body.text, words));
            }
            let folders = app.guides.folders(tx)?.into_iter();
            Ok(GuideScriptList {
                folders: folders.map(|own| GuideFolder { id: own.id, name: own.name, scripts: own.scripts }).collect(),
                items: items.into_iter().map(|own| GuideScript::of(own, "/api/v1/guide/scripts")).collect(),
            })
        })
    });
    answer.await.map(Json)
}

fn words_for(app: &App, tx: &mut siyu_db::Tx<'_>, me: &Staff, id: &str) -> Result<Words, Refusal> {
    me.caller.must(Permission::PeopleRead)?;
    let reader = me.reader(app, tx)?;
    let customer = app.guides.customer(tx, &me.seat, id)?;
    words(app, tx, &reader, &me.seat, &customer)
}

/// What a script says to nobody in particular.
fn own_words(me: &Staff) -> Words {
    Words { guide: Some(me.seat.name.clone()), store: me.seat.store_name.clone(), ..Words::default() }
}

/// Makes a script ready to be sent: filled, and its picture among WeCom's media.
///
/// 生成可直接传给 sendChatMessage 的消息；图片会先上传为临时素材。
///
/// Errors: `script_unknown`, `guide_customer_unknown`, `guide_group_unknown`, `wecom_not_connected`, and what WeCom answers.
#[utoipa::path(post, path = "/guide/scripts/{id}/ready", tag = "Guide", params(("id" = String, Path)), request_body = GuideScriptFor, responses((status = 200, body = GuideSendable)))]
async fn ready(
    me: Staff,
    At(id): At<String>,
    State(app): State<App>,
    Body(to): Body<GuideScriptFor>,
) -> Answer<Json<GuideSendable>> {
    let answer = app.run(move |app| {
        let words = read(app, |tx| match (&to.external_userid, &to.chat_id) {
            (Some(id), _) => words_for(app, tx, &me, id),
            (None, Some(chat)) => app.guides.group(tx, &me.seat, chat).map(|_| own_words(&me)),
            (None, None) => Ok(own_words(&me)),
        })?;
        Ok(GuideSendable { message: message(app.guides.sendable(&id, &words)?) })
    });
    answer.await.map(Json)
}

fn message(own: Sendable) -> Value {
    match own {
        Sendable::Text { content } => json!({ "msgtype": "text", "text": { "content": content } }),
        Sendable::Image { media_id } => json!({ "msgtype": "image", "image": { "mediaid": media_id } }),
        Sendable::News { link, title, desc, img_url } => {
            json!({ "msgtype": "news", "news": { "link": link, "title": title, "desc": desc, "imgUrl": img_url } })
        }
        Sendable::MiniProgram { appid, title, img_url, page } => {
            json!({ "msgtype": "miniprogram", "miniprogram": { "appid": appid, "title": title, "imgUrl": img_url, "page": page } })
        }
    }
}

/// Notes that the client has sent a script: an event of the customer, and a use of the script.
///
/// 记录话术已发送：写入客户动态并累计使用次数；同一 send 只记一次。
///
/// Errors: `script_unknown`, `guide_customer_unknown`, `guide_group_unknown`, `guide_text`.
#[utoipa::path(post, path = "/guide/scripts/{id}/sent", tag = "Guide", params(("id" = String, Path)), request_body = GuideSentIn, responses((status = 204)))]
async fn sent(
    me: Staff,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<GuideSentIn>,
) -> Answer<NoContent> {
    app.run(move |app| {
        unit(app, &me, move |app, tx, me| {
            me.caller.must(Permission::PeopleWrite)?;
            match (&input.external_userid, &input.chat_id) {
                (Some(contact), _) => {
                    let customer = app.guides.customer(tx, &me.seat, contact)?;
                    app.guides.sent(tx, &me.seat, &id, &customer, &input.send).map(drop)
                }
                (None, chat) => {
                    if let Some(chat) = chat {
                        app.guides.group(tx, &me.seat, chat)?;
                    }
                    app.guides.count_use(tx, &id, app.now())
                }
            }
        })
    })
    .await?;
    Ok(NoContent)
}

/// Shows the picture of an image script.
///
/// 图片素材。
///
/// Errors: `script_unknown`.
#[utoipa::path(get, path = "/guide/scripts/{id}/image", tag = "Guide", params(("id" = String, Path)), responses((status = 200, content_type = "image/png")))]
async fn image(_: Staff, At(id): At<String>, State(app): State<App>) -> Answer<impl IntoResponse> {
    let (bytes, kind) = app.run(move |app| app.db.read(|tx| app.guides.picture(tx, &id))).await?;
    Ok(([(CONTENT_TYPE, kind), (CACHE_CONTROL, "private, max-age=3600".to_owned())], bytes))
}
