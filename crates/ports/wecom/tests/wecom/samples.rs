//! Every sample body goes through the client: the request we make is the sample's, and nothing of the sample's answer is lost.

use crate::world::with_token;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use siyu_wecom::*;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::PathBuf;

type Called = Result<Value>;

struct Samples {
    folder: PathBuf,
    unused: RefCell<BTreeSet<String>>,
}

impl Samples {
    fn open() -> Option<Self> {
        let folder = siyu_testkit::samples_dir("wecom/api")?;
        let names = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        Some(Self { unused: RefCell::new(names.collect()), folder })
    }
    fn read(&self, name: &str) -> Option<Value> {
        let text = std::fs::read(self.folder.join(format!("{name}.json"))).ok()?;
        self.unused.borrow_mut().remove(&format!("{name}.json"));
        Some(serde_json::from_slice(&text).unwrap())
    }

    /// `request` and `response` are file names without `.json`; `call` gets the request's sample.
    fn check(&self, path: &str, request: Option<&str>, response: &str, call: impl Fn(&Client, &Value) -> Called) {
        let wanted = request
            .map(|name| self.read(&format!("{name}.request")).unwrap_or_else(|| panic!("{name}")))
            .unwrap_or(json!({}));
        let answer = self.read(&format!("{response}.response")).unwrap_or_else(|| panic!("{response}"));
        let served = answer.clone();
        let mut first = true;
        // A list's second page is empty: the sample may name a next one.
        let world = with_token(move |_| {
            let answer = if first { served.clone() } else { json!({"errcode": 0}) };
            first = false;
            crate::world::ok(answer)
        });
        let got = call(&world.client, &wanted).unwrap_or_else(|error| panic!("{response}: {error}"));
        let sent = world.wecom.requests.lock().unwrap()[1].clone();
        assert_eq!(sent.path, format!("/cgi-bin/{path}"), "{response}");
        if request.is_some() {
            let own = match &sent.body {
                Some((body, content_type)) => {
                    assert!(content_type.starts_with("application/json"));
                    serde_json::from_slice(body).unwrap()
                }
                None => {
                    let query = sent.query.iter().filter(|(name, _)| name != "access_token");
                    json!({"_query": query.map(|(name, value)| (name.clone(), value.clone().into())).collect::<serde_json::Map<_, _>>()})
                }
            };
            assert_eq!(plain(&own), plain(&wanted), "{path}: request");
        }
        let mut have = leaves(&got);
        for leaf in leaves(&plain(&answer)) {
            let place = have.iter().position(|own| *own == leaf);
            assert!(place.is_some(), "{response}: {leaf} is lost in {got}");
            have.swap_remove(place.unwrap());
        }
    }

    fn error(&self, name: &str, code: i64, retry: Retry, call: impl Fn(&Client) -> Called) {
        let answer = self.read(name).unwrap_or_else(|| panic!("{name}"));
        assert_eq!(answer["errcode"], code, "{name}");
        let world = with_token(move |_| crate::world::ok(answer.clone()));
        let error = call(&world.client).unwrap_err();
        assert_eq!((error.code(), error.retry), (Some(code), retry), "{name}");
        assert!(
            error.name() != "unknown_code" && !error.meaning_zh().is_empty() && !error.advice_en().is_empty(),
            "{name}"
        );
    }
}

/// Without what says nothing (empty, null), what the envelope and paging say, and the form numbers are written in.
fn plain(value: &Value) -> Value {
    const ENVELOPE: &[&str] = &[
        "errcode",
        "errmsg",
        "cursor",
        "next_cursor",
        "limit",
        "page_size",
        "is_last",
        "total",
        "next_offset",
        "offset",
        "expires_in",
        "order_by",
        "order_asc",
    ];
    match value {
        Value::Object(fields) => {
            let top = ["errcode", "limit", "cursor", "page_size"].iter().any(|name| fields.contains_key(*name));
            let kept = fields.iter().filter(|(name, _)| !(top && ENVELOPE.contains(&name.as_str())));
            let kept = kept.map(|(name, value)| (name.clone(), plain(value))).filter(|(_, value)| !is_nothing(value));
            Value::Object(kept.collect())
        }
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Number(number) => Value::String(number.to_string()),
        other => other.clone(),
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn leaves(value: &Value) -> Vec<String> {
    match value {
        Value::Object(fields) => fields.values().flat_map(leaves).collect(),
        Value::Array(items) => items.iter().flat_map(leaves).collect(),
        Value::Null => vec![],
        // One form for 1, 1.0 and "1".
        Value::String(text) => vec![text.parse::<f64>().map_or_else(|_| text.clone(), |number| number.to_string())],
        Value::Number(number) => vec![number.as_f64().unwrap().to_string()],
        Value::Bool(yes) => vec![yes.to_string()],
    }
}

fn of<T: DeserializeOwned>(request: &Value) -> T {
    serde_json::from_value(request.clone()).unwrap()
}
fn text(request: &Value, name: &str) -> String {
    let value = if request["_query"].is_null() { &request[name] } else { &request["_query"][name] };
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
fn number(request: &Value, name: &str) -> i64 {
    text(request, name).parse().unwrap()
}
fn to<T: serde::Serialize>(value: T) -> Called {
    Ok(serde_json::to_value(value).unwrap())
}

fn contacts(s: &Samples) {
    s.check("agent/get", Some("agent.get"), "agent.get", |c, _| to(c.agent()?));
    s.check("department/get", Some("department.get"), "department.get", |c, r| to(c.department(number(r, "id"))?));
    let simple = "department.simplelist";
    s.check("department/simplelist", Some(simple), simple, |c, r| to(c.department_ids(Some(number(r, "id")))?));
    s.check("user/get", Some("user.get"), "user.get", |c, r| to(c.staff(&text(r, "userid"))?));
    s.check("user/simplelist", Some("user.simplelist"), "user.simplelist", |c, r| {
        to(c.staff_of(number(r, "department_id"))?)
    });
    s.check("auth/getuserinfo", Some("auth.getuserinfo.member"), "auth.getuserinfo.member", |c, r| {
        to(c.login(&text(r, "code"))?)
    });
    s.check("auth/getuserinfo", None, "auth.getuserinfo.non_member", |c, _| to(c.login("CODE")?));
    s.check("get_jsapi_ticket", None, "get_jsapi_ticket", |c, _| to(c.js_ticket(Ticket::Corp)?));
}

fn customers(s: &Samples) {
    let e = |name: &str| format!("externalcontact.{name}");
    s.check("externalcontact/get_follow_user_list", None, &e("get_follow_user_list"), |c, _| to(c.follow_users()?));
    s.check("externalcontact/list", Some(&e("list")), &e("list"), |c, r| to(c.customer_ids(&text(r, "userid"))?));
    s.check("externalcontact/get", Some(&e("get")), &e("get"), |c, r| to(c.customer(&text(r, "external_userid"))?));
    s.check("externalcontact/get", None, &e("get.wecom_user"), |c, _| to(c.customer("wo")?));
    let batch = e("batch.get_by_user");
    s.check("externalcontact/batch/get_by_user", Some(&batch), &batch, |c, r| {
        to(c.customers_of(&of::<Vec<String>>(&r["userid_list"])).all()?)
    });
    s.check("externalcontact/batch/get_by_user", None, &e("batch.get_by_user.last_page"), |c, _| {
        to(c.customers_of(&["u".to_owned()]).all()?)
    });
    s.check("externalcontact/remark", Some(&e("remark")), &e("remark"), |c, r| to(c.set_remark(&of(r))?));
    let convert = "idconvert.unionid_to_external_userid";
    s.check("idconvert/unionid_to_external_userid", Some(convert), convert, |c, r| {
        to(c.customer_of_unionid(&text(r, "unionid"), &text(r, "openid"), false)?)
    });
    let pending = "idconvert.batch.external_userid_to_pending_id";
    s.check("idconvert/batch/external_userid_to_pending_id", Some(pending), pending, |c, r| {
        to(c.pending_ids(&of::<Vec<String>>(&r["external_userid"]), None)?)
    });
    s.error(&e("list.error"), 84061, Retry::Never, |c| {
        assert_eq!(c.customer_ids("u").unwrap(), Vec::<String>::new());
        to(c.customer("wm")?)
    });
}

fn channels(s: &Samples) {
    let e = |name: &str| format!("externalcontact.{name}");
    let p = |name: &str| format!("externalcontact/{name}");
    s.check(&p("add_contact_way"), Some(&e("add_contact_way")), &e("add_contact_way"), |c, r| {
        to(c.add_contact_way(&of(r))?)
    });
    s.check(&p("get_contact_way"), Some(&e("get_contact_way")), &e("get_contact_way"), |c, r| {
        to(c.contact_way(&text(r, "config_id"))?)
    });
    s.check(&p("list_contact_way"), Some(&e("list_contact_way")), &e("list_contact_way"), |c, r| {
        to(c.contact_ways(Some(number(r, "start_time")), Some(number(r, "end_time"))).all()?)
    });
    s.check(&p("update_contact_way"), Some(&e("update_contact_way")), &e("update_contact_way"), |c, r| {
        to(c.update_contact_way(&of(r))?)
    });
    s.check(&p("del_contact_way"), Some(&e("del_contact_way")), &e("del_contact_way"), |c, r| {
        to(c.delete_contact_way(&text(r, "config_id"))?)
    });
    s.error(&e("add_contact_way.error"), 41054, Retry::Never, |c| {
        to(c.add_contact_way(&ContactWay::qr(vec!["u".into()], "s", "r"))?)
    });
    s.error(&e("del_contact_way.error"), 41044, Retry::Never, |c| to(c.delete_contact_way("x")?));

    let a = |name: &str| format!("externalcontact.customer_acquisition.{name}");
    let q = |name: &str| format!("externalcontact/customer_acquisition/{name}");
    s.check(&q("list_link"), Some(&a("list_link")), &a("list_link"), |c, _| to(c.acquisition_links().all()?));
    s.check(&q("get"), Some(&a("get")), &a("get"), |c, r| to(c.acquisition_link(&text(r, "link_id"))?));
    s.check(&q("create_link"), Some(&a("create_link")), &a("create_link"), |c, r| {
        to(c.create_acquisition_link(&of(r))?)
    });
    s.check(&q("customer"), Some(&a("customer")), &a("customer"), |c, r| {
        to(c.acquisition_customers(&text(r, "link_id")).all()?)
    });
    s.check(&q("get_chat_info"), Some(&a("get_chat_info")), &a("get_chat_info"), |c, r| {
        to(c.acquisition_chat(&text(r, "chat_key"))?)
    });
    s.check(&p("customer_acquisition_quota"), None, &e("customer_acquisition_quota"), |c, _| {
        let quota = c.acquisition_quota()?;
        assert_eq!(quota.total, 1000);
        to(quota)
    });
}

fn groups(s: &Samples) {
    let e = |name: &str| format!("externalcontact.groupchat.{name}");
    let p = |name: &str| format!("externalcontact/groupchat/{name}");
    s.check(&p("list"), Some(&e("list")), &e("list"), |c, r| {
        to(c.groups(&of::<Vec<String>>(&r["owner_filter"]["userid_list"]), 0).all()?)
    });
    s.check(&p("get"), Some(&e("get")), &e("get"), |c, r| to(c.group(&text(r, "chat_id"))?));
    s.check(&p("add_join_way"), Some(&e("add_join_way")), &e("add_join_way"), |c, r| to(c.add_join_way(&of(r))?));
    s.check(&p("get_join_way"), Some(&e("get_join_way")), &e("get_join_way"), |c, r| {
        to(c.join_way(&text(r, "config_id"))?)
    });
    s.check(&p("transfer"), Some(&e("transfer")), &e("transfer"), |c, r| {
        let failed = c.transfer_groups_of_leaver(&of::<Vec<String>>(&r["chat_id_list"]), &text(r, "new_owner"))?;
        assert_eq!(failed[0].errcode, 90500);
        to(failed)
    });
    s.check(&p("onjob_transfer"), Some(&e("onjob_transfer")), &e("onjob_transfer"), |c, r| {
        to(c.transfer_groups(&of::<Vec<String>>(&r["chat_id_list"]), &text(r, "new_owner"))?)
    });
    let owners = |r: &Value| of::<Vec<String>>(&r["owner_filter"]["userid_list"]);
    s.check(&p("statistic"), Some(&e("statistic")), &e("statistic"), |c, r| {
        to(c.group_figures(&owners(r), number(r, "day_begin_time"), number(r, "day_end_time"))?)
    });
    s.check(&p("statistic_group_by_day"), Some(&e("statistic_group_by_day")), &e("statistic_group_by_day"), |c, r| {
        to(c.group_figures_by_day(&owners(r), number(r, "day_begin_time"), number(r, "day_end_time"))?)
    });
    let opengid = "externalcontact.opengid_to_chatid";
    s.check("externalcontact/opengid_to_chatid", Some(opengid), opengid, |c, r| {
        to(c.group_of_opengid(&text(r, "opengid"))?)
    });
    let behaviour = "externalcontact.get_user_behavior_data";
    s.check("externalcontact/get_user_behavior_data", Some(behaviour), behaviour, |c, r| {
        to(c.behaviour(&of::<Vec<String>>(&r["userid"]), &[], number(r, "start_time"), number(r, "end_time"))?)
    });
    s.error(&e("list.error"), 81017, Retry::Never, |c| to(c.groups(&[], 0).all()?));
    let add = "externalcontact.group_welcome_template.add";
    s.check("externalcontact/group_welcome_template/add", Some(add), add, |c, r| to(c.add_group_welcome(&of(r))?));
}

fn tags(s: &Samples) {
    let e = |name: &str| format!("externalcontact.{name}");
    let p = |name: &str| format!("externalcontact/{name}");
    s.check(&p("get_corp_tag_list"), Some(&e("get_corp_tag_list")), &e("get_corp_tag_list"), |c, r| {
        to(c.corp_tags_of(&[], &of::<Vec<String>>(&r["group_id"]))?)
    });
    s.check(&p("add_corp_tag"), Some(&e("add_corp_tag")), &e("add_corp_tag"), |c, r| to(c.add_corp_tags(&of(r))?));
    s.check(&p("edit_corp_tag"), Some(&e("edit_corp_tag")), &e("edit_corp_tag"), |c, r| {
        to(c.edit_corp_tag(&text(r, "id"), Some(&text(r, "name")), Some(number(r, "order") as u32))?)
    });
    s.check(&p("del_corp_tag"), Some(&e("del_corp_tag")), &e("del_corp_tag"), |c, r| {
        to(c.delete_corp_tags(&of::<Vec<String>>(&r["tag_id"]), &[])?)
    });
    s.check(&p("mark_tag"), Some(&e("mark_tag")), &e("mark_tag"), |c, r| to(c.mark_tag(&of(r))?));
    s.error(&e("edit_corp_tag.error"), 40071, Retry::Never, |c| to(c.edit_corp_tag("et", Some("n"), None)?));
    s.error(&e("mark_tag.error"), 84061, Retry::Never, |c| {
        let mark = MarkTag { add_tag: Some(vec!["et".into()]), ..MarkTag::default() };
        let error = c.mark_tag(&mark).unwrap_err();
        assert!(error.is_relation_lost());
        Err(error)
    });
}

fn messages(s: &Samples) {
    let e = |name: &str| format!("externalcontact.{name}");
    let p = |name: &str| format!("externalcontact/{name}");
    for kind in ["single", "group", "tag_filter"] {
        let name = e(&format!("add_msg_template.{kind}"));
        s.check(&p("add_msg_template"), Some(&name), &name, |c, r| to(c.create_mass(&of(r))?));
    }
    s.check(&p("get_groupmsg_list_v2"), Some(&e("get_groupmsg_list_v2")), &e("get_groupmsg_list_v2"), |c, r| {
        to(c.mass_messages(&of(r)).all()?)
    });
    s.check(&p("get_groupmsg_task"), Some(&e("get_groupmsg_task")), &e("get_groupmsg_task"), |c, r| {
        let tasks = c.mass_tasks(&text(r, "msgid")).all()?;
        assert_eq!(tasks.iter().map(MassTask::is_sent).collect::<Vec<_>>(), [true, false]);
        to(tasks)
    });
    s.check(
        &p("get_groupmsg_send_result"),
        Some(&e("get_groupmsg_send_result")),
        &e("get_groupmsg_send_result"),
        |c, r| {
            let results = c.mass_results(&text(r, "msgid"), &text(r, "userid")).all()?;
            let states: Vec<_> = results.iter().map(MassResult::delivery).collect();
            assert_eq!(states, [Delivery::Sent, Delivery::NotFriends, Delivery::LimitReached]);
            to(results)
        },
    );
    s.check(&p("get_groupmsg_send_result"), None, &e("get_groupmsg_send_result.group"), |c, _| {
        to(c.mass_results("m", "u").all()?)
    });
    s.check(&p("remind_groupmsg_send"), Some(&e("remind_groupmsg_send")), &e("remind_groupmsg_send"), |c, r| {
        to(c.remind_mass(&text(r, "msgid"))?)
    });
    s.check(&p("cancel_groupmsg_send"), Some(&e("cancel_groupmsg_send")), &e("cancel_groupmsg_send"), |c, r| {
        to(c.cancel_mass(&text(r, "msgid"))?)
    });
    s.error(&e("add_msg_template.single.error"), 41048, Retry::Never, |c| {
        let text = Some(Text::new("t"));
        to(c.create_mass(&MassMessage { sender: Some("u".into()), text, ..MassMessage::default() })?)
    });
    s.error(&e("get_groupmsg_list_v2.error"), 41063, Retry::AfterMs(30_000), |c| {
        to(c.mass_messages(&MassQuery::default()).all()?)
    });
    s.error(&e("remind_groupmsg_send.error"), 41094, Retry::Never, |c| to(c.remind_mass("m")?));
    let cancelled = s.read(&e("cancel_groupmsg_send.error")).unwrap();
    with_token(move |_| crate::world::ok(cancelled.clone())).client.cancel_mass("m").unwrap();

    s.check(&p("send_welcome_msg"), Some(&e("send_welcome_msg")), &e("send_welcome_msg"), |c, r| {
        assert_eq!(c.send_welcome(&of(r))?, Welcomed::Sent);
        to(())
    });
    let welcome = || Welcome { welcome_code: "W".into(), text: Some(Text::new("t")), attachments: vec![] };
    s.error(&e("send_welcome_msg.error_expired"), 41050, Retry::Never, |c| to(c.send_welcome(&welcome()).map(drop)?));
    s.error(&e("send_welcome_msg.error_busy"), 41096, Retry::AfterMs(200), |c| {
        to(c.send_welcome(&welcome()).map(drop)?)
    });
    let there = s.read(&e("send_welcome_msg.error")).unwrap();
    let client = with_token(move |_| crate::world::ok(there.clone())).client;
    assert_eq!(client.send_welcome(&welcome()).unwrap(), Welcomed::AlreadyThere);

    s.check("message/send", Some("message.send.text"), "message.send.text", |c, r| to(c.send_to_staff(&of(r))?));
    s.check("message/send", Some("message.send.template_card"), "message.send.template_card", |c, r| {
        to(c.send_to_staff(&of(r))?)
    });
    s.check(
        "message/update_template_card",
        Some("message.update_template_card"),
        "message.update_template_card",
        |c, r| to(c.update_card(&of(r))?),
    );
    s.error("message.send.text.error", 81013, Retry::Never, |c| to(c.send_to_staff(&StaffMessage::text(&["u"], "t"))?));
}

fn moments(s: &Samples) {
    let e = |name: &str| format!("externalcontact.{name}");
    let p = |name: &str| format!("externalcontact/{name}");
    s.check(&p("add_moment_task"), Some(&e("add_moment_task")), &e("add_moment_task"), |c, r| {
        to(c.create_moment(&of(r))?)
    });
    s.check(&p("get_moment_task_result"), Some(&e("get_moment_task_result")), &e("get_moment_task_result"), |c, r| {
        to(c.moment_job(&text(r, "jobid"))?)
    });
    s.check(&p("get_moment_list"), Some(&e("get_moment_list")), &e("get_moment_list"), |c, r| {
        to(c.moments(&of(r)).all()?)
    });
    s.check(&p("get_moment_task"), Some(&e("get_moment_task")), &e("get_moment_task"), |c, r| {
        to(c.moment_tasks(&text(r, "moment_id")).all()?)
    });
    s.check(
        &p("get_moment_customer_list"),
        Some(&e("get_moment_customer_list")),
        &e("get_moment_customer_list"),
        |c, r| to(c.moment_customers(&text(r, "moment_id"), &text(r, "userid")).all()?),
    );
    s.check(&p("get_moment_send_result"), Some(&e("get_moment_send_result")), &e("get_moment_send_result"), |c, r| {
        to(c.moment_results(&text(r, "moment_id"), &text(r, "userid")).all()?)
    });
    s.check(&p("get_moment_comments"), Some(&e("get_moment_comments")), &e("get_moment_comments"), |c, r| {
        to(c.moment_comments(&text(r, "moment_id"), &text(r, "userid"))?)
    });
}

fn the_rest(s: &Samples) {
    let e = |name: &str| format!("externalcontact.{name}");
    let p = |name: &str| format!("externalcontact/{name}");
    s.check(&p("add_intercept_rule"), Some(&e("add_intercept_rule")), &e("add_intercept_rule"), |c, r| {
        to(c.add_intercept_rule(&of(r))?)
    });
    s.check(&p("get_intercept_rule"), Some(&e("get_intercept_rule")), &e("get_intercept_rule"), |c, r| {
        let rule = c.intercept_rule(&text(r, "rule_id"))?;
        assert_eq!(rule.semantics(), [1, 3]);
        to(rule)
    });
    s.check(&p("add_product_album"), Some(&e("add_product_album")), &e("add_product_album"), |c, r| {
        to(c.add_product(&of(r))?)
    });
    s.check(&p("get_product_album"), Some(&e("get_product_album")), &e("get_product_album"), |c, r| {
        to(c.product(&text(r, "product_id"))?)
    });
    s.check(&p("transfer_customer"), Some(&e("transfer_customer")), &e("transfer_customer"), |c, r| {
        to(c.transfer_customers(&of(r))?)
    });
    s.check(&p("transfer_result"), Some(&e("transfer_result")), &e("transfer_result"), |c, r| {
        let rows = c.transfer_results(&text(r, "handover_userid"), &text(r, "takeover_userid")).all()?;
        let states: Vec<_> = rows.iter().map(TransferResult::state).collect();
        assert_eq!(states, [TransferState::Waiting, TransferState::CustomerRefused]);
        to(rows)
    });
    s.check(&p("get_unassigned_list"), Some(&e("get_unassigned_list")), &e("get_unassigned_list"), |c, _| {
        to(c.unassigned().all()?)
    });
    s.check(
        &p("resigned/transfer_customer"),
        Some(&e("resigned.transfer_customer")),
        &e("resigned.transfer_customer"),
        |c, r| to(c.transfer_customers_of_leaver(&of(r))?),
    );
    s.check(
        &p("resigned/transfer_result"),
        Some(&e("resigned.transfer_result")),
        &e("resigned.transfer_result"),
        |c, r| to(c.transfer_results_of_leaver(&text(r, "handover_userid"), &text(r, "takeover_userid")).all()?),
    );
    s.check("media/upload", None, "media.upload", |c, _| {
        to(c.upload_media(MediaKind::Image, "a.png", b"a picture")?)
    });
    s.check("media/uploadimg", None, "media.uploadimg", |c, _| to(c.upload_image("a.png", b"a picture")?));
    s.check("media/upload_attachment", None, "media.upload_attachment", |c, _| {
        to(c.upload_attachment(MediaKind::Image, AttachmentUse::Moment, "a.png", b"a picture")?)
    });
}

/// Refused tokens, rates and secrets have their own tests; here they are read.
fn common(s: &Samples) {
    s.error("common.expired_token.error", 42001, Retry::AfterMs(1000), |c| to(c.follow_users()?));
    let limited = s.read("common.rate_limited.error").unwrap();
    let error = with_token(move |_| crate::world::ok(limited.clone())).client.follow_users().unwrap_err();
    assert!(matches!(error.retry, Retry::At(_)) && error.code() == Some(45009));

    let (request, response) = (s.read("gettoken.request").unwrap(), s.read("gettoken.response").unwrap());
    let world = crate::world::world(move |_| crate::world::ok(response.clone()));
    world.client.check_credentials().unwrap();
    let query: serde_json::Map<_, _> =
        world.wecom.last().query.into_iter().map(|(name, value)| (name, value.into())).collect();
    assert_eq!(request, json!({"_query": query}));
    let refused = s.read("gettoken.error").unwrap();
    let error = crate::world::world(move |_| crate::world::ok(refused.clone())).client.check_credentials().unwrap_err();
    assert_eq!((error.code(), error.retry), (Some(40001), Retry::WhenFixed));
}

#[test]
fn every_sample_comes_through_and_none_is_left_out() {
    let Some(s) = Samples::open() else { return };
    for area in [contacts, customers, channels, groups, tags, messages, moments, the_rest, common] {
        area(&s);
    }
    assert_eq!(*s.unused.borrow(), BTreeSet::new(), "samples that no check uses");
}
