//! Broadcasts: a message to an audience with a time, a pace, several contents, an approval and a breaker. How it stands is its run.

use crate::auth::Caller;
use crate::direct::{MailSaid, SmsSaid, said};
use crate::error::Answer;
use crate::gate::{MessagesWrite, PeopleRead};
use crate::messages::{MessageNew, MessagePlan, meant, whom};
use crate::part::{OnceKey, OnceParams, must_be_whole_message, seen_part, within};
use crate::people_reader::{by, note, read, write};
use crate::said::Said;
use crate::welcome_shapes::MessageContent;
use crate::{App, At, Body, Created, Endpoints, May, NoContent, endpoints};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use siyu_db::Tx;
use siyu_direct::{Content, Delivery, DirectIn, DirectRow};
use siyu_gate::Class;
use siyu_kernel::{Refusal, Time};
use siyu_reach::{
    BroadcastIn, BroadcastRow, Care, ContentTest, ContentTestIn, Goal, MessageIn, TaskRow, TestNumbers, VariantSums,
};
use utoipa::ToSchema;

pub fn router() -> Endpoints {
    endpoints!(create, plan, get, approve, choose, pause, resume, cancel)
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BroadcastNew {
    name: String,
    /// `wecom` (through staff) when absent, `email` or `sms`.
    #[serde(default)]
    channel: Option<String>,
    /// By `email`, instead of `content`.
    #[serde(default)]
    mail: Option<MailSaid>,
    /// By `sms`, instead of `content`.
    #[serde(default)]
    sms: Option<SmsSaid>,
    #[serde(default)]
    content: MessageContent,
    /// A material's id, instead of `content`: its approved version is sent.
    #[serde(default)]
    material: Option<String>,
    /// Up to four contents that are said instead to equal parts of the people.
    #[serde(default)]
    variants: Vec<MessageContent>,
    /// By `email`, instead of `variants`.
    #[serde(default)]
    mail_variants: Vec<MailSaid>,
    /// By `sms`, instead of `variants`.
    #[serde(default)]
    sms_variants: Vec<SmsSaid>,
    /// An audience's id: whoever is in it now …
    #[serde(default)]
    audience: Option<String>,
    /// … or these: up to 20,000 ids of people.
    #[serde(default)]
    people: Vec<String>,
    /// A message somebody waits for is held by no rule of marketing.
    #[serde(default)]
    service: bool,
    /// What reaching somebody is worth; 1 when absent. Messages that compete are ranked by it.
    worth: Option<f64>,
    /// Left out to measure the effect; none when absent.
    holdout_percent: Option<f64>,
    /// People let through in an hour; absent or 0: as fast as it goes.
    per_hour: Option<i64>,
    /// As soon as the contest lets it when absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    start_at: Option<Time>,
    /// Three days after its start when absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Time>,
    /// A part of the people gets each content at once; the rest waits for the winner.
    test: Option<BroadcastTestNew>,
    /// As for messages.
    nudge_after_hours: Option<i64>,
    /// As for messages.
    reassign_after_hours: Option<i64>,
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BroadcastTestNew {
    /// Of all people: who gets each content at once. 5 to 50, all contents together 90 at most.
    percent: i64,
    /// 1 to 720: so long after the last of them had their turn it is decided.
    hours: i64,
    /// What the winner is best at: `bought` (people with an order), `revenue` (what each spends) or `lost` (friends lost, fewest; through staff only).
    goal: String,
}

/// One content of a test.
#[derive(Serialize, ToSchema)]
struct BroadcastTestContent {
    /// Who was let through with it during the test.
    people: i64,
    /// Who did it; of `revenue`: of whom there is an amount.
    count: i64,
    /// The share of the people, 0 to 1; of `revenue` how much each spent, in minor units of the workspace's currency.
    value: f64,
}

/// The best content against another one.
#[derive(Serialize, ToSchema)]
struct BroadcastTestAgainst {
    /// The other one's place.
    content: i64,
    /// The best one's figure less the other's. Null where there is nothing to compare.
    difference: Option<f64>,
    /// Of the difference: 95 %.
    low: Option<f64>,
    high: Option<f64>,
    /// How often chance alone gives as large a difference, times all pairs of contents. It wins below 0.05.
    p: Option<f64>,
}

#[derive(Serialize, ToSchema)]
struct BroadcastTestNumbers {
    /// Until when things were counted.
    #[schema(value_type = String, format = DateTime)]
    until: Time,
    /// The place of the content with the best figure.
    best: i64,
    /// `shown`, `no_difference`, `too_small` or `mismatch`: what these figures say.
    says: String,
    contents: Vec<BroadcastTestContent>,
    against: Vec<BroadcastTestAgainst>,
}
impl From<TestNumbers> for BroadcastTestNumbers {
    fn from(own: TestNumbers) -> Self {
        let content = |own: siyu_reach::ContentFigure| BroadcastTestContent {
            people: own.people,
            count: own.count,
            value: own.value,
        };
        let against = |own: siyu_reach::ContentAgainst| BroadcastTestAgainst {
            content: own.content,
            difference: own.difference,
            low: own.low,
            high: own.high,
            p: own.p,
        };
        Self {
            until: own.until,
            best: own.best,
            says: own.why,
            contents: own.contents.into_iter().map(content).collect(),
            against: own.against.into_iter().map(against).collect(),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct BroadcastTest {
    percent: i64,
    hours: i64,
    goal: &'static str,
    /// When the last of its people had their turn. Null: not yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    begun_at: Option<Time>,
    /// When it is decided.
    #[schema(value_type = Option<String>, format = DateTime)]
    ends_at: Option<Time>,
    /// The place of the content that goes to the rest; 0 is the broadcast's own. Null: not decided yet.
    winner: Option<i64>,
    /// `shown`: it beats every other one; `no_difference`, `too_small`, `mismatch`: none is shown to, so the first one goes; `by_hand`.
    reason: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Time>,
    /// Who chose. Null: the figures did.
    decided_by: Option<String>,
    /// The figures it was decided with. Null before, and for whoever sees a part of the people.
    numbers: Option<BroadcastTestNumbers>,
}
impl From<ContentTest> for BroadcastTest {
    fn from(own: ContentTest) -> Self {
        Self {
            percent: own.percent,
            hours: own.hours,
            goal: own.goal.name(),
            begun_at: own.begun_at,
            ends_at: own.ends_at,
            winner: own.winner,
            reason: own.reason,
            decided_at: own.decided_at,
            decided_by: own.decided_by.filter(|by| !by.is_empty()),
            numbers: own.numbers.map(BroadcastTestNumbers::from),
        }
    }
}

#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BroadcastChoice {
    /// The place of the content: 0 is the broadcast's own.
    content: i64,
}

#[derive(Serialize, ToSchema)]
struct BroadcastVariant {
    people: i64,
    waiting: i64,
    sent: i64,
    skipped: i64,
    failed: i64,
}
impl From<VariantSums> for BroadcastVariant {
    fn from(own: VariantSums) -> Self {
        let VariantSums { people, waiting, sent, skipped, failed } = own;
        Self { people, waiting, sent, skipped, failed }
    }
}

/// What carriers of mail and SMS said of those who were let through.
#[derive(Serialize, ToSchema)]
struct BroadcastDelivery {
    /// Taken by a carrier, whatever came of it then.
    taken: i64,
    delivered: i64,
    /// Taken, and it did not arrive.
    bounced: i64,
    complained: i64,
    /// Nobody knows whether it went out; it is not sent again.
    unknown: i64,
    /// Of SMS: what was billed, as far as the carrier said.
    parts: i64,
}

#[derive(Serialize, ToSchema)]
struct BroadcastOut {
    /// Of its run and its message, too.
    id: String,
    /// `none`, `needed` or `given`.
    approval: String,
    approved_by: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    approved_at: Option<Time>,
    /// It was paused by itself: `error_rate`, too much of it failed; `complaint_rate`, too many people deleted the member after it.
    stopped: Option<String>,
    /// By content, its own first: those who were let through.
    variants: Vec<BroadcastVariant>,
    test: Option<BroadcastTest>,
    /// `wecom`, `email` or `sms`.
    channel: &'static str,
    /// Of mail and SMS.
    delivery: Option<BroadcastDelivery>,
    mail: Option<MailSaid>,
    /// What is said instead to equal parts of the people.
    mail_variants: Vec<MailSaid>,
    sms: Option<SmsSaid>,
    /// As of mail.
    sms_variants: Vec<SmsSaid>,
}
impl From<BroadcastRow> for BroadcastOut {
    fn from(row: BroadcastRow) -> Self {
        Self {
            id: row.id,
            approval: row.approval,
            approved_by: row.approved_by,
            approved_at: row.approved_at,
            stopped: row.stopped,
            variants: row.variants.into_iter().map(BroadcastVariant::from).collect(),
            test: row.test.map(BroadcastTest::from),
            channel: "wecom",
            delivery: None,
            mail: None,
            mail_variants: Vec::new(),
            sms: None,
            sms_variants: Vec::new(),
        }
    }
}
impl From<DirectRow> for BroadcastOut {
    fn from(row: DirectRow) -> Self {
        let Delivery { taken, delivered, bounced, complained, unknown, parts } = row.delivery;
        let (mut mails, mut shorts) = (Vec::new(), Vec::new());
        for content in row.contents {
            match content {
                Content::Mail(own) => mails.push(own.into()),
                Content::Sms(own) => shorts.push(own.into()),
            }
        }
        let (mut mails, mut shorts) = (mails.into_iter(), shorts.into_iter());
        Self {
            channel: row.channel.name(),
            delivery: Some(BroadcastDelivery { taken, delivered, bounced, complained, unknown, parts }),
            mail: mails.next(),
            mail_variants: mails.collect(),
            sms: shorts.next(),
            sms_variants: shorts.collect(),
            ..Self::from(row.broadcast)
        }
    }
}

/// However it goes out. Errors: `broadcast_unknown`.
fn row(app: &App, tx: &mut Tx<'_>, id: &str) -> Result<BroadcastOut, Refusal> {
    if app.direct.knows(tx, id)? {
        return app.direct.row(tx, id).map(Into::into);
    }
    app.reach.broadcast(tx, id).map(Into::into)
}

/// What is asked for, by the way it goes out.
#[derive(Clone)]
enum Asked {
    Staff(BroadcastIn, Said, Care),
    /// With what the terms are made of.
    Direct(BroadcastIn, DirectIn),
}

fn asked(app: &App, tx: &mut Tx<'_>, caller: &Caller, input: &BroadcastNew) -> Result<Asked, Refusal> {
    let content = said(input.channel.as_deref(), input.mail.as_ref(), input.sms.as_ref())?;
    let (mails, shorts) = (input.mail_variants.iter().cloned(), input.sms_variants.iter().cloned());
    let variants: Vec<Content> = mails.map(Into::into).chain(shorts.map(Into::into)).collect();
    if variants.iter().any(|own| content.as_ref().is_none_or(|first| first.channel() != own.channel())) {
        return Err(Refusal::invalid(
            "direct_channel",
            "The other contents are on the broadcast's own channel: variants through staff, mail_variants by mail, sms_variants by SMS.",
            "变体须与群发同一渠道：经员工发送用 variants，邮件用 mail_variants，短信用 sms_variants。",
        )
        .field("channel"));
    }
    let Some(content) = content else {
        return given(app, tx, caller, input).map(|(broadcast, said)| Asked::Staff(broadcast, said, care_of(input)));
    };
    let (none, no_material) = (MessageContent::default(), input.material.as_deref().is_none_or(str::is_empty));
    if siyu_reach::content::Content::from(input.content.clone()) != none.into()
        || !no_material
        || !input.variants.is_empty()
        || care_of(input) != Care::default()
    {
        return Err(Refusal::invalid(
            "direct_channel",
            "Contents, materials, their variants and reminders are for broadcasts through staff; a mail or an SMS says what mail or sms hold.",
            "content、素材、variants 与催办仅用于经员工发送的群发；邮件与短信的内容填写在 mail 或 sms 中。",
        )
        .field("channel"));
    }
    let people = whom(app, tx, caller, input.audience.as_deref(), &input.people)?;
    let audience = input.audience.clone().unwrap_or_default();
    let message = MessageIn {
        name: input.name.clone(),
        content: Default::default(),
        people: people.clone(),
        audience: audience.clone(),
        by: by(caller),
    };
    let (name, by, asked_by) = (input.name.clone(), by(caller), caller.id().to_owned());
    let mut broadcast = with_terms(caller, input, message)?;
    // The terms ask how many there are, and no more.
    broadcast.variants = vec![Default::default(); variants.len()];
    let contents = std::iter::once(content).chain(variants).collect();
    let direct = DirectIn { name, contents, people, audience, by, asked_by, test: broadcast.test };
    Ok(Asked::Direct(broadcast, direct))
}

fn care_of(input: &BroadcastNew) -> Care {
    Care { nudge_hours: input.nudge_after_hours, reassign_hours: input.reassign_after_hours }
}
fn test_of(own: &BroadcastTestNew) -> Result<ContentTestIn, Refusal> {
    let goal = Goal::parse(&own.goal).ok_or_else(|| {
        let (en, zh) = ("A goal is bought, revenue or lost.", "目标为 bought、revenue 或 lost。");
        Refusal::invalid("broadcast_invalid", en, zh).field("test.goal")
    });
    Ok(ContentTestIn { percent: own.percent, hours: own.hours, goal: goal? })
}

fn given(app: &App, tx: &mut Tx<'_>, caller: &Caller, input: &BroadcastNew) -> Result<(BroadcastIn, Said), Refusal> {
    let message = MessageNew {
        name: input.name.clone(),
        content: input.content.clone(),
        material: input.material.clone(),
        audience: input.audience.clone(),
        people: input.people.clone(),
        nudge_after_hours: input.nudge_after_hours,
        reassign_after_hours: input.reassign_after_hours,
    };
    let (message, said) = meant(app, tx, caller, &message)?;
    let broadcast = with_terms(caller, input, message)?;
    Ok((broadcast, said))
}

/// A message with the terms it goes out by.
///
/// Errors: `broadcast_invalid`.
fn with_terms(caller: &Caller, input: &BroadcastNew, message: MessageIn) -> Result<BroadcastIn, Refusal> {
    Ok(BroadcastIn {
        message,
        variants: input.variants.iter().cloned().map(Into::into).collect(),
        class: if input.service { Class::Service } else { Class::Marketing },
        worth: input.worth.unwrap_or(1.0),
        holdout: input.holdout_percent.unwrap_or(0.0),
        per_hour: input.per_hour.unwrap_or(0),
        start: input.start_at,
        expires: input.expires_at,
        asked_by: caller.id().to_owned(),
        test: input.test.as_ref().map(test_of).transpose()?,
    })
}

/// Forecasts a broadcast: of its people who would be let through at its start, who would wait and who would be skipped, each with the reason. Nothing is kept.
///
/// 营销群发预估：多少人可触达，多少人等待或跳过及原因，不会创建。
///
/// Errors: as for making one.
#[utoipa::path(post, path = "/broadcasts/plan", tag = "Reach", request_body = BroadcastNew, responses((status = 200, body = MessagePlan)))]
async fn plan(
    may: May<MessagesWrite>,
    State(app): State<App>,
    Body(input): Body<BroadcastNew>,
) -> Answer<Json<MessagePlan>> {
    let caller = may.caller;
    let split = app.run(move |app| {
        read(app, |tx| match asked(app, tx, &caller, &input)? {
            Asked::Staff(broadcast, ..) => app.reach.plan_broadcast(tx, &broadcast, app.now()).map(MessagePlan::from),
            Asked::Direct(broadcast, direct) => {
                let terms = app.reach.broadcast_terms(tx, &broadcast, app.now())?;
                app.direct.plan(tx, &direct, &terms, app.now()).map(MessagePlan::from)
            }
        })
    });
    split.await.map(Json)
}

/// Makes a broadcast. One to more people than the rules say waits for the approval of somebody else.
///
/// 创建营销群发：定时、限速、多内容；超过规模须由另一位同事审批。
///
/// By mail or SMS it goes out with nobody of staff in between, to those who have agreed to it.
///
/// Errors: as for messages, `broadcast_invalid` with its field, `direct_channel`, `direct_content`, `direct_variable`, `sms_template_unknown`, `idempotency_key`, `idempotency_reused`.
#[utoipa::path(post, path = "/broadcasts", tag = "Reach", params(OnceParams), request_body = BroadcastNew, responses((status = 201, body = BroadcastOut)))]
async fn create(
    may: May<MessagesWrite>,
    once: OnceKey,
    State(app): State<App>,
    Body(input): Body<BroadcastNew>,
) -> Answer<Created<BroadcastOut>> {
    let caller = may.caller;
    let once = once.of(&caller, "broadcast");
    let made = app.run(move |app| {
        // Whom it means is worked out before the unit, which holds up everybody who writes.
        let asked = read(app, |tx| asked(app, tx, &caller, &input))?;
        write(app, move |app, tx| {
            let id = app.reach.once(tx, once.as_ref(), app.now(), |tx| match &asked {
                Asked::Staff(broadcast, said, care) => make(app, tx, &caller, broadcast, said, *care),
                Asked::Direct(broadcast, direct) => make_direct(app, tx, &caller, broadcast, direct),
            })?;
            row(app, tx, &id)
        })
    });
    Ok(Created(made.await?))
}

fn make(
    app: &App,
    tx: &mut Tx<'_>,
    caller: &Caller,
    broadcast: &BroadcastIn,
    said: &Said,
    care: Care,
) -> Result<String, Refusal> {
    let message = &broadcast.message;
    let sent = MessageIn { content: said.sent(app, tx)?, ..message.clone() };
    let row = app.reach.create_broadcast(tx, &BroadcastIn { message: sent, ..broadcast.clone() }, app.now())?;
    app.reach.set_care(tx, &row.id, care)?;
    said.used(app, tx, "broadcast", &row.id)?;
    let detail = json!({ "name": message.name, "people": message.people.len(), "approval": row.approval });
    app.reach.made_by(tx, &row.id, caller.id())?;
    note(app, tx, caller, "broadcast.create", &row.id, &detail)?;
    Ok(row.id)
}
fn make_direct(
    app: &App,
    tx: &mut Tx<'_>,
    caller: &Caller,
    broadcast: &BroadcastIn,
    direct: &DirectIn,
) -> Result<String, Refusal> {
    let (now, id) = (app.now(), app.reach.message_id(app.now()));
    let terms = app.reach.broadcast_terms(tx, broadcast, now)?;
    app.direct.create(tx, &id, direct, &terms, now)?;
    app.reach.made_by(tx, &id, caller.id())?;
    let own = app.direct.row(tx, &id)?;
    let detail = json!({ "name": direct.name, "people": direct.people.len(), "approval": own.broadcast.approval, "channel": own.channel.name() });
    note(app, tx, caller, "broadcast.create", &id, &detail)?;
    Ok(id)
}

/// Shows what a broadcast has beside its run: approval, breaker, and its contents side by side.
///
/// 营销群发的审批、熔断与各内容效果。
///
/// Errors: `broadcast_unknown`.
#[utoipa::path(get, path = "/broadcasts/{id}", tag = "Reach", params(("id" = String, Path)), responses((status = 200, body = BroadcastOut)))]
async fn get(may: May<PeopleRead>, At(id): At<String>, State(app): State<App>) -> Answer<Json<BroadcastOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        read(app, |tx| {
            if app.direct.knows(tx, &id)? {
                // Nobody of staff has a part in it: who sees some customers only sees those they have made.
                return match seen_part(app, tx, &caller, &id)? {
                    None => row(app, tx, &id),
                    Some(_) => Err(siyu_reach::broadcast_unknown()),
                };
            }
            let mut row = app.reach.broadcast(tx, &id)?;
            if let Some(staff) = seen_part(app, tx, &caller, &id)? {
                narrow(&mut row, &app.reach.message_tasks(tx, &id)?, &staff)?;
            }
            Ok(row.into())
        })
    });
    answer.await.map(Json)
}

/// The part of some staff. Errors: `broadcast_unknown` when they have none.
fn narrow(row: &mut BroadcastRow, tasks: &[TaskRow], staff: &[String]) -> Result<(), Refusal> {
    let own: Vec<&TaskRow> = tasks.iter().filter(|task| within(Some(staff), &task.userid)).collect();
    if own.is_empty() {
        return Err(siyu_reach::broadcast_unknown());
    }
    // Half of a group is no group.
    if let Some(test) = &mut row.test {
        test.numbers = None;
    }
    for (at, sums) in row.variants.iter_mut().enumerate() {
        *sums = VariantSums::default();
        for task in own.iter().filter(|task| task.variant == at as i64) {
            sums.people += task.sums.people;
            sums.waiting += task.sums.waiting;
            sums.sent += task.sums.sent;
            sums.skipped += task.sums.skipped;
            sums.failed += task.sums.failed;
        }
    }
    Ok(())
}

/// Errors: `broadcast_unknown`, `message_part`.
fn must_be_whole_broadcast(app: &App, tx: &mut Tx<'_>, caller: &Caller, id: &str) -> Result<(), Refusal> {
    if app.direct.knows(tx, id)? {
        return if seen_part(app, tx, caller, id)?.is_none() { Ok(()) } else { Err(siyu_reach::broadcast_unknown()) };
    }
    app.reach.broadcast(tx, id)?;
    must_be_whole_message(app, tx, caller, id, siyu_reach::broadcast_unknown())
}

/// Approves a broadcast that somebody else has made; it begins.
///
/// 审批营销群发（不能审批自己创建的）。
///
/// Errors: `broadcast_unknown`, `broadcast_approval`, `broadcast_own`, `broadcast_person`, `message_over`, `message_part`.
#[utoipa::path(post, path = "/broadcasts/{id}/approve", tag = "Reach", params(("id" = String, Path)), responses((status = 200, body = BroadcastOut)))]
async fn approve(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<Json<BroadcastOut>> {
    let caller = may.caller;
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            must_be_whole_broadcast(app, tx, &caller, &id)?;
            if caller.session.is_none() {
                // Nobody knows whose key it is: it may be that of whoever made the broadcast.
                let en = "Somebody has to approve it who has signed in: a key is nobody in particular.";
                return Err(Refusal::forbidden("broadcast_person", en, "须由登录的同事审批，不能使用密钥。"));
            }
            if app.direct.knows(tx, &id)? {
                app.direct.approve(tx, &id, caller.id(), &by(&caller), app.now())?;
            } else {
                app.reach.approve_broadcast(tx, &id, caller.id(), &by(&caller), app.now())?;
            }
            note(app, tx, &caller, "broadcast.approve", &id, &json!({}))?;
            row(app, tx, &id)
        })
    });
    answer.await.map(Json)
}

/// Chooses the content that goes to the rest before the test is over. How the test stood then is kept.
///
/// 提前人工选定优胜内容，其余客户随即接收该内容。
///
/// Errors: `broadcast_unknown`, `broadcast_test`, `broadcast_invalid`, `message_over`, `message_part`.
#[utoipa::path(post, path = "/broadcasts/{id}/winner", tag = "Reach", params(("id" = String, Path)), request_body = BroadcastChoice, responses((status = 200, body = BroadcastOut)))]
async fn choose(
    may: May<MessagesWrite>,
    At(id): At<String>,
    State(app): State<App>,
    Body(input): Body<BroadcastChoice>,
) -> Answer<Json<BroadcastOut>> {
    let caller = may.caller;
    let chosen = app.run(move |app| {
        let numbers = read(app, |tx| {
            must_be_whole_broadcast(app, tx, &caller, &id)?;
            app.reach.test_numbers(tx, &id, app.now())
        })?;
        write(app, move |app, tx| {
            must_be_whole_broadcast(app, tx, &caller, &id)?;
            let contents = row(app, tx, &id)?.variants.len();
            app.reach.choose_content(tx, &id, contents, input.content, &by(&caller), &numbers, app.now())?;
            note(app, tx, &caller, "broadcast.choose", &id, &json!({ "content": input.content }))?;
            row(app, tx, &id)
        })
    });
    chosen.await.map(Json)
}

/// Pauses a broadcast: nobody is decided and no task is made until it is resumed.
///
/// 暂停营销群发。
///
/// Errors: `broadcast_unknown`, `message_over`.
#[utoipa::path(post, path = "/broadcasts/{id}/pause", tag = "Reach", params(("id" = String, Path)), responses((status = 200, body = BroadcastOut)))]
async fn pause(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<Json<BroadcastOut>> {
    hold(may.caller, app, id, true).await
}

/// Goes on with a broadcast that was paused.
///
/// 继续营销群发。
///
/// Errors: `broadcast_unknown`, `message_over`, `broadcast_unapproved`.
#[utoipa::path(post, path = "/broadcasts/{id}/resume", tag = "Reach", params(("id" = String, Path)), responses((status = 200, body = BroadcastOut)))]
async fn resume(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<Json<BroadcastOut>> {
    hold(may.caller, app, id, false).await
}

async fn hold(caller: Caller, app: App, id: String, pause: bool) -> Answer<Json<BroadcastOut>> {
    let answer = app.run(move |app| {
        write(app, move |app, tx| {
            must_be_whole_broadcast(app, tx, &caller, &id)?;
            if app.direct.knows(tx, &id)? {
                app.direct.pause(tx, &id, pause, app.now())?;
            } else {
                app.reach.pause_broadcast(tx, &id, pause, app.now())?;
            }
            let what = if pause { "broadcast.pause" } else { "broadcast.resume" };
            note(app, tx, &caller, what, &id, &json!({}))?;
            row(app, tx, &id)
        })
    });
    answer.await.map(Json)
}

/// Stops what is not sent yet; what was sent cannot be called back.
///
/// 取消营销群发尚未发送的部分。
///
/// Errors: `broadcast_unknown`, `message_over`.
#[utoipa::path(post, path = "/broadcasts/{id}/cancel", tag = "Reach", params(("id" = String, Path)), responses((status = 204)))]
async fn cancel(may: May<MessagesWrite>, At(id): At<String>, State(app): State<App>) -> Answer<NoContent> {
    let caller = may.caller;
    let done = app.run(move |app| {
        write(app, move |app, tx| {
            must_be_whole_broadcast(app, tx, &caller, &id)?;
            if app.direct.knows(tx, &id)? {
                app.direct.cancel(tx, &id, app.now())?;
            } else {
                app.reach.cancel_message(tx, &id, app.now())?;
            }
            note(app, tx, &caller, "broadcast.cancel", &id, &json!({}))
        })
    });
    done.await?;
    Ok(NoContent)
}
