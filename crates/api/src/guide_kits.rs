//! Today's materials beside a chat.

use crate::error::Answer;
use crate::guide_seat::Staff;
use crate::guide_shapes::unit;
use crate::people_reader::{read, write};
use crate::welcome_shapes::MessageContent;
use crate::{App, At, Body, Endpoints, Items, NoContent, Workspace, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use siyu_access::Permission;
use siyu_db::Tx;
use siyu_kernel::{Refusal, Zone};
use siyu_reach::KitSeat;
use siyu_reach::content::Composed;
use siyu_wecom::Attachment;
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(list, ready, sent)
}

#[derive(Serialize, ToSchema)]
struct GuideKit {
    id: String,
    name: String,
    /// How to use it.
    how: String,
    materials: Vec<GuideMaterial>,
}
#[derive(Serialize, ToSchema)]
struct GuideMaterial {
    id: String,
    name: String,
    kind: String,
    /// With its variables.
    content: MessageContent,
}

fn seat(me: &Staff) -> KitSeat<'_> {
    KitSeat { userid: &me.seat.userid, store: me.seat.store.as_deref().unwrap_or_default() }
}

/// Lists today's kits of the guide with their materials.
///
/// 今日素材包。
#[utoipa::path(get, path = "/guide/kits", tag = "Guide", responses((status = 200, body = Items<GuideKit>)))]
async fn list(me: Staff, State(app): State<App>) -> Answer<Json<Items<GuideKit>>> {
    let answer = app.run(move |app| {
        read(app, |tx| {
            let zone = Zone::named(&Workspace::load(tx)?.timezone).map_err(Refusal::internal)?;
            let mut items = Vec::new();
            for kit in app.reach.kits_of(tx, seat(&me), zone.day(app.now()))? {
                let mut materials = Vec::new();
                for id in &kit.input.materials {
                    // What was retired since is offered no more.
                    let content = match app.reach.approved_material(tx, id) {
                        Ok((_, content)) => content.into(),
                        Err(refusal) if refusal.code == "material_unapproved" => continue,
                        Err(refusal) => return Err(refusal),
                    };
                    let own = app.reach.material(tx, id)?;
                    materials.push(GuideMaterial { id: own.id, name: own.name, kind: own.kind, content });
                }
                items.push(GuideKit { id: kit.id, name: kit.input.name, how: kit.input.how, materials });
            }
            Ok(Items::all(items))
        })
    });
    answer.await.map(Json)
}

/// Whom it is for: a customer, a group, or nobody in particular.
#[derive(Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct GuideKitFor {
    external_userid: Option<String>,
    chat_id: Option<String>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct GuideKitSent {
    #[serde(default)]
    external_userid: Option<String>,
    #[serde(default)]
    chat_id: Option<String>,
    /// A name of this sending, made by the page: told twice, it counts once.
    send: String,
}

#[derive(Serialize, ToSchema)]
struct GuideKitReady {
    /// What `sendChatMessage` takes, one after the other.
    #[schema(value_type = Vec<Object>)]
    messages: Vec<Value>,
    /// Attachments that cannot be sent now: files WeCom does not have yet, and mini-programs, whose cover has no address.
    left_out: usize,
}

/// The customer, when the guide sees them; of a group that it is one of theirs. Errors: `guide_customer_unknown`, `guide_group_unknown`.
fn to(
    app: &App,
    tx: &mut Tx<'_>,
    me: &Staff,
    customer: Option<&String>,
    chat: Option<&String>,
) -> Result<Option<siyu_guides::Customer>, Refusal> {
    match (customer, chat) {
        (Some(contact), _) => {
            me.caller.must(Permission::PeopleRead)?;
            app.guides.customer(tx, &me.seat, contact).map(Some)
        }
        (None, Some(chat)) => app.guides.group(tx, &me.seat, chat).map(|_| None),
        (None, None) => Ok(None),
    }
}

/// Makes a material of a kit ready to be sent: filled for the customer, its links counting who comes.
///
/// 生成可直接发送的消息：按客户填充变量，链接替换为统计短链。
///
/// Errors: `kit_unknown`, `material_unknown`, `material_unapproved`, `guide_customer_unknown`, `guide_group_unknown`.
#[utoipa::path(post, path = "/guide/kits/{id}/materials/{material}/ready", tag = "Guide", params(("id" = String, Path), ("material" = String, Path)), request_body = GuideKitFor, responses((status = 200, body = GuideKitReady)))]
async fn ready(
    me: Staff,
    At((id, material)): At<(String, String)>,
    State(app): State<App>,
    Body(whom): Body<GuideKitFor>,
) -> Answer<Json<GuideKitReady>> {
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let customer = to(app, tx, &me, whom.external_userid.as_ref(), whom.chat_id.as_ref())?;
            let contact = customer.map(|own| own.contact).unwrap_or_default();
            let base = app.guides.settings(tx)?.address;
            let own = app.reach.ready_material(tx, seat(&me), &id, &material, &contact, &base, app.now())?;
            Ok(ready_of(own))
        })
    });
    answer.await.map(Json)
}

fn ready_of(own: Composed) -> GuideKitReady {
    let text = own.text.map(|text| json!({ "msgtype": "text", "text": { "content": text.content } }));
    let all = own.attachments.len() + own.missing.len();
    let pieces: Vec<Value> = own.attachments.into_iter().filter_map(message).collect();
    GuideKitReady { left_out: all - pieces.len(), messages: text.into_iter().chain(pieces).collect() }
}

fn message(own: Attachment) -> Option<Value> {
    let media = |kind: &str, id: String| json!({ "msgtype": kind, kind: { "mediaid": id } });
    if let Some(link) = own.link {
        let (desc, picture) = (link.desc.unwrap_or_default(), link.picurl.unwrap_or_default());
        let news = json!({ "link": link.url, "title": link.title, "desc": desc, "imgUrl": picture });
        return Some(json!({ "msgtype": "news", "news": news }));
    }
    let image = own.image.and_then(|image| image.media_id).map(|id| media("image", id));
    let video = own.video.map(|video| media("video", video.media_id));
    image.or(video).or(own.file.map(|file| media("file", file.media_id)))
}

/// Notes that the client has sent a material: an event of the customer, and a sending of the guide.
///
/// 记录素材已发送：写入客户动态并累计导购发送次数；同一 send 只记一次。
///
/// Errors: `kit_unknown`, `material_unknown`, `guide_customer_unknown`, `guide_group_unknown`, `kit_invalid` (the name of the sending).
#[utoipa::path(post, path = "/guide/kits/{id}/materials/{material}/sent", tag = "Guide", params(("id" = String, Path), ("material" = String, Path)), request_body = GuideKitSent, responses((status = 204)))]
async fn sent(
    me: Staff,
    At((id, material)): At<(String, String)>,
    State(app): State<App>,
    Body(input): Body<GuideKitSent>,
) -> Answer<NoContent> {
    app.run(move |app| {
        unit(app, &me, move |app, tx, me| {
            me.caller.must(Permission::PeopleWrite)?;
            let customer = to(app, tx, me, input.external_userid.as_ref(), input.chat_id.as_ref())?;
            let person = customer.map(|own| own.num);
            app.reach.material_sent(tx, seat(me), &id, &material, person, &input.send, app.now())
        })
    })
    .await?;
    Ok(NoContent)
}
