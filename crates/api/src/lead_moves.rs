//! Leads as they move: into the pool, to somebody, back, to their end; and what is written down of them.

use crate::error::Answer;
use crate::gate::LeadsManage;
use crate::leads::{LeadOut, shown_to, sight};
use crate::people_reader::{Reader, by, note, read, write};
use crate::reply::Created;
use crate::{App, At, Body, Endpoints, Items, May, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_audience::Rule as AudienceRule;
use siyu_db::Tx;
use siyu_kernel::{Identifier, Kind, PersonNum, Refusal, Time};
use siyu_leads::{Contact, Lead, Put, PutIn, Who};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(add, add_people, assign, release, give_up, win, contact, remark)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LeadNew {
    /// A phone number; or `person`.
    phone: Option<String>,
    /// `psn_…`
    person: Option<String>,
    #[serde(default)]
    name: String,
    /// A channel's code.
    #[serde(default)]
    channel: String,
    /// A store's code or name: its pool. Empty: that of the channel, else of the store they bought in last, else the brand's.
    #[serde(default)]
    store: String,
    /// At most 500 characters.
    #[serde(default)]
    note: String,
}

/// Of `people` and `audience` one.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LeadPeople {
    people: Option<Vec<String>>,
    /// An audience's id.
    audience: Option<String>,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    store: String,
    #[serde(default)]
    note: String,
}

/// What became of those who were put in.
#[derive(Default, Serialize, ToSchema)]
struct LeadPut {
    /// New leads.
    new: i64,
    /// Leads that had ended and are in the pool again.
    again: i64,
    /// In the pool or held already.
    here: i64,
    /// Friends of staff already.
    friends: i64,
    /// Said no to being approached.
    refused: i64,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LeadAssign {
    /// At most 200.
    leads: Vec<String>,
    /// A userid.
    staff: String,
    #[serde(default)]
    reason: String,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeadReason {
    /// 1 to 200 characters.
    pub reason: String,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeadNote {
    /// At most 500 characters.
    #[serde(default)]
    pub note: String,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeadContact {
    /// `phone`, `wecom`, `sms`, `store` or `other`.
    way: String,
    /// `reached`, `no_answer`, `refused` or `invalid`.
    result: String,
    #[serde(default)]
    note: String,
}

impl From<LeadContact> for Contact {
    fn from(own: LeadContact) -> Self {
        Self { way: own.way, result: own.result, note: own.note }
    }
}

fn who(tx: &mut Tx<'_>, reader: &Reader, caller: &crate::auth::Caller) -> Result<Who, Refusal> {
    Ok(Who { sight: sight(tx, reader)?, staff: caller.staff.clone(), name: by(caller) })
}

/// Whoever sees some stores puts leads into the pools of these stores and the brand's.
fn within(reader: &Reader, store: &str) -> Result<(), Refusal> {
    if store.is_empty() || reader.stores().is_none_or(|codes| codes.iter().any(|own| own == store)) {
        return Ok(());
    }
    let en = "This store is not one of yours.";
    Err(Refusal::forbidden("lead_scope", en, "该门店不在您的数据范围内。").field("store"))
}

/// Puts one person into the pool: by phone, or somebody who is known.
///
/// 新增线索：填写手机号，或选择已有客户。
///
/// Errors: `lead_who`, `identifier_invalid`, `person_unknown`, `lead_friend`, `lead_consent`, `lead_here`, `lead_text`, `lead_store`, `lead_channel`, `lead_scope`.
#[utoipa::path(post, path = "/leads", tag = "Leads", request_body = LeadNew, responses((status = 201, body = LeadOut)))]
async fn add(may: May<LeadsManage>, State(app): State<App>, Body(input): Body<LeadNew>) -> Answer<Created<LeadOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let (reader, now) = (Reader::new(app, tx, &caller)?, app.now());
            let num = match (&input.phone, &input.person) {
                (Some(phone), None) => of_phone(app, tx, phone, &input.name, now)?,
                (None, Some(person)) => reader.find(app, tx, person)?.0,
                _ => {
                    let en = "Give a phone number, or a person.";
                    return Err(
                        Refusal::invalid("lead_who", en, "请填写手机号或选择一位客户（二者填一）。").field("phone")
                    );
                }
            };
            let put = PutIn {
                num,
                source: "manual".to_owned(),
                channel: input.channel.clone(),
                store: input.store.clone(),
                note: input.note.clone(),
                by: by(&caller),
                ..PutIn::default()
            };
            let (what, lead) = app.leads.put(tx, &put, now)?;
            let lead = match (what, lead) {
                (Put::New | Put::Again, Some(lead)) => lead,
                (Put::Friend, _) => return Err(siyu_leads::is_friend()),
                (Put::Refused, _) => return Err(siyu_leads::said_no()),
                _ => {
                    let en = "This person is a lead already.";
                    return Err(Refusal::conflict("lead_here", en, "该客户已在线索池中或正在跟进。"));
                }
            };
            within(&reader, &lead.store)?;
            note(app, tx, &caller, "lead.add", &lead.id, &json!({ "store": lead.store, "channel": lead.channel }))?;
            Ok(shown_to(app, tx, &reader, vec![lead])?.remove(0))
        })
    });
    answer.await.map(Created)
}

fn of_phone(app: &App, tx: &mut Tx<'_>, phone: &str, name: &str, now: Time) -> Result<PersonNum, Refusal> {
    let wrong = || {
        let en = "This is no phone number.";
        Refusal::invalid("identifier_invalid", en, "手机号格式不正确。").field("phone")
    };
    let phone = Identifier::new(Kind::Phone, phone).map_err(|_| wrong())?;
    let value = phone.value.clone();
    let incoming = app.people.prepare([phone], now);
    if incoming.identifiers.is_empty() {
        return Err(wrong());
    }
    let resolved = app.people.resolve(tx, &[incoming], "leads", now)?.pop().flatten().ok_or_else(wrong)?;
    if resolved.created {
        let mut fields = vec![("phone", value)];
        let name = name.trim();
        if !name.is_empty() && name.chars().count() <= 80 {
            fields.push(("name", name.to_owned()));
        }
        let traits: Vec<siyu_people::TraitIn> = fields
            .into_iter()
            .map(|(name, value)| siyu_people::TraitIn {
                num: resolved.node,
                name: name.to_owned(),
                value: value.into(),
                at: now,
            })
            .collect();
        app.people.set_traits(tx, &traits, "leads", now)?;
        app.people.note_changed(tx, [resolved.node], "leads", now);
    }
    Ok(resolved.node)
}

/// Puts people, or those of an audience, into the pool. Friends of staff and those who said no to being approached are passed over. At most 20,000.
///
/// 将指定客户或人群加入公海；已是好友的、拒绝营销的自动跳过，一次最多 20000 人。
///
/// Errors: `lead_who`, `lead_many`, `person_unknown`, `lead_text`, `lead_store`, `lead_channel`, `lead_scope`, and those of rules.
#[utoipa::path(post, path = "/leads/people", tag = "Leads", request_body = LeadPeople, responses((status = 200, body = LeadPut)))]
async fn add_people(
    may: May<LeadsManage>,
    State(app): State<App>,
    Body(input): Body<LeadPeople>,
) -> Answer<Json<LeadPut>> {
    const MANY: usize = 20_000;
    const UNIT: usize = 200;
    let caller = may.caller;
    let answer = app.run(move |app| {
        let mut people = read(app, |tx| {
            let reader = Reader::new(app, tx, &caller)?;
            // By code or by name; one that is unknown is told of by the pool.
            if let Some(code) = app.leads.store_named(tx, input.store.trim())? {
                within(&reader, &code)?;
            }
            match (&input.people, &input.audience) {
                (Some(ids), None) => {
                    ids.iter().map(|id| Ok(reader.find(app, tx, id)?.1)).collect::<Result<Vec<_>, Refusal>>()
                }
                (None, Some(id)) => {
                    let rule = AudienceRule::parse(&json!({ "field": "audience", "op": "eq", "value": id }))?;
                    let plan = app.audience.plan(tx, &rule, None, &reader.ctx)?;
                    Ok(app.audience.members(tx, &plan, &reader.scope, &reader.ctx)?.into_iter().collect())
                }
                _ => {
                    let en = "Give people, or an audience.";
                    Err(Refusal::invalid("lead_who", en, "请指定客户或人群（二者选一）。").field("audience"))
                }
            }
        })?;
        if people.len() > MANY {
            let en = "At most 20,000 people are put into the pool at a time; choose a smaller audience.";
            return Err(Refusal::invalid("lead_many", en, "一次最多加入 20000 人，请缩小人群。").field("audience"));
        }
        let (mut all, source) = (LeadPut::default(), if input.audience.is_some() { "audience" } else { "manual" });
        // Small units: others write meanwhile, and what is in stays in.
        // In one order, so that two of them never wait for each other's people.
        people.sort_unstable();
        for part in people.chunks(UNIT) {
            let (part, own, name, caller) = (part.to_vec(), input.clone(), by(&caller), caller.clone());
            let done = write(app, move |app, tx| {
                let (reader, now) = (Reader::new(app, tx, &caller)?, app.now());
                let mut done = Vec::with_capacity(part.len());
                for num in &part {
                    let put = PutIn {
                        num: *num,
                        source: source.to_owned(),
                        channel: own.channel.clone(),
                        store: own.store.clone(),
                        note: own.note.clone(),
                        reason: own.audience.clone().unwrap_or_default(),
                        by: name.clone(),
                        ..PutIn::default()
                    };
                    let (what, lead) = app.leads.put(tx, &put, now)?;
                    // Without a store it is the channel's, or where they bought: that may be somebody else's.
                    if let (Put::New | Put::Again, Some(lead)) = (what, &lead) {
                        within(&reader, &lead.store)?;
                    }
                    done.push(what);
                }
                Ok(done)
            })?;
            for one in done {
                *match one {
                    Put::New => &mut all.new,
                    Put::Again => &mut all.again,
                    Put::Here | Put::Ended => &mut all.here,
                    Put::Friend => &mut all.friends,
                    Put::Refused => &mut all.refused,
                } += 1;
            }
        }
        let detail = json!({ "audience": input.audience, "asked": people.len(), "new": all.new, "again": all.again });
        app.access.record(app.now(), &caller.actor, "lead.add_people", None, &detail)?;
        Ok(all)
    });
    answer.await.map(Json)
}

/// Gives leads to a member of staff: those of a pool, and those of others. All or none; the limits of a day and of what one may hold count here, too.
///
/// 分配线索给员工：可分配公海线索，也可改派他人跟进中的线索；同样受每日与持有上限约束，要么全部成功，要么不变。
///
/// Errors: `lead_many`, `lead_staff`, `lead_scope`, `lead_unknown`, `lead_state`, `lead_taken`, `lead_daily_full`, `lead_held_full`, `lead_text`.
#[utoipa::path(post, path = "/leads/assign", tag = "Leads", request_body = LeadAssign, responses((status = 200, body = Items<LeadOut>)))]
async fn assign(
    may: May<LeadsManage>,
    State(app): State<App>,
    Body(input): Body<LeadAssign>,
) -> Answer<Json<Items<LeadOut>>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        if input.leads.is_empty() || input.leads.len() > 200 {
            let en = "Name 1 to 200 leads.";
            return Err(Refusal::invalid("lead_many", en, "一次分配 1 到 200 条线索。").field("leads"));
        }
        write(app, move |app, tx| {
            let reader = Reader::new(app, tx, &caller)?;
            if let Some(keys) = reader.staff(tx)?
                && !keys.contains(&input.staff.trim().to_lowercase())
            {
                let en = "This member of staff is not one of yours.";
                return Err(Refusal::forbidden("lead_scope", en, "该员工不在您的数据范围内。").field("staff"));
            }
            let who = who(tx, &reader, &caller)?;
            let leads = app.leads.assign(tx, &who, &input.leads, &input.staff, &input.reason, app.now())?;
            note(app, tx, &caller, "lead.assign", &input.staff, &json!({ "leads": leads.len() }))?;
            Ok(Items::all(shown_to(app, tx, &reader, leads)?))
        })
    });
    answer.await.map(Json)
}

/// A change of one lead by somebody of the console, with what the audit says of it.
async fn change(
    app: App,
    caller: crate::auth::Caller,
    id: String,
    action: &'static str,
    detail: serde_json::Value,
    work: impl Fn(&App, &mut Tx<'_>, &Who, &str, Time) -> Result<Lead, Refusal> + Send + 'static,
) -> Answer<Json<LeadOut>> {
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            let reader = Reader::new(app, tx, &caller)?;
            let who = who(tx, &reader, &caller)?;
            let lead = work(app, tx, &who, &id, app.now())?;
            note(app, tx, &caller, action, &id, &detail)?;
            Ok(shown_to(app, tx, &reader, vec![lead])?.remove(0))
        })
    });
    answer.await.map(Json)
}

/// Puts a lead back into the pool: one that is held, or was given up.
///
/// 将线索退回公海：跟进中的，或已放弃的。
///
/// Errors: `lead_unknown`, `lead_not_held`, `lead_state`, `lead_reason`.
#[utoipa::path(post, path = "/leads/{id}/release", tag = "Leads", params(("id" = String, Path)), request_body = LeadReason, responses((status = 200, body = LeadOut)))]
async fn release(
    may: May<LeadsManage>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<LeadReason>,
) -> Answer<Json<LeadOut>> {
    // What was typed may say something of the person: it stands in the lead's moves, which go with them, and not in the audit.
    let detail = json!({});
    change(app, may.caller, id, "lead.release", detail, move |app, tx, who, id, now| {
        app.leads.release(tx, who, id, &input.reason, now)
    })
    .await
}

/// Gives a lead up, with the reason.
///
/// 放弃线索，须填写原因。
///
/// Errors: `lead_unknown`, `lead_not_held`, `lead_state`, `lead_reason`.
#[utoipa::path(post, path = "/leads/{id}/lose", tag = "Leads", params(("id" = String, Path)), request_body = LeadReason, responses((status = 200, body = LeadOut)))]
async fn give_up(
    may: May<LeadsManage>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<LeadReason>,
) -> Answer<Json<LeadOut>> {
    // What was typed may say something of the person: it stands in the lead's moves, which go with them, and not in the audit.
    let detail = json!({});
    change(app, may.caller, id, "lead.lose", detail, move |app, tx, who, id, now| {
        app.leads.give_up(tx, who, id, &input.reason, now)
    })
    .await
}

/// Marks a lead as won without an order that is known here.
///
/// 手动标记成交（订单不在本系统时）。
///
/// Errors: `lead_unknown`, `lead_not_held`, `lead_state`, `lead_text`.
#[utoipa::path(post, path = "/leads/{id}/win", tag = "Leads", params(("id" = String, Path)), request_body = LeadNote, responses((status = 200, body = LeadOut)))]
async fn win(
    may: May<LeadsManage>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<LeadNote>,
) -> Answer<Json<LeadOut>> {
    change(app, may.caller, id, "lead.win", json!({}), move |app, tx, who, id, now| {
        app.leads.win(tx, who, id, &input.note, now)
    })
    .await
}

/// Writes down that somebody was approached.
///
/// 记录一次联系及结果。
///
/// Errors: `lead_unknown`, `lead_not_held`, `lead_word`, `lead_text`.
#[utoipa::path(post, path = "/leads/{id}/contact", tag = "Leads", params(("id" = String, Path)), request_body = LeadContact, responses((status = 200, body = LeadOut)))]
async fn contact(
    may: May<LeadsManage>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<LeadContact>,
) -> Answer<Json<LeadOut>> {
    let contact = Contact::from(input);
    change(app, may.caller, id, "lead.contact", json!({ "result": contact.result }), move |app, tx, who, id, now| {
        app.leads.contact(tx, who, id, &contact, now)
    })
    .await
}

/// Writes a note into a lead's history.
///
/// 为线索写备注。
///
/// Errors: `lead_unknown`, `lead_text`.
#[utoipa::path(post, path = "/leads/{id}/notes", tag = "Leads", params(("id" = String, Path)), request_body = LeadNote, responses((status = 200, body = LeadOut)))]
async fn remark(
    may: May<LeadsManage>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<LeadNote>,
) -> Answer<Json<LeadOut>> {
    change(app, may.caller, id, "lead.note", json!({}), move |app, tx, who, id, now| {
        app.leads.remark(tx, who, id, &input.note, now)
    })
    .await
}
