//! What goes out for the calls that no recorded sample shows: method, path, query and body as documented.

use crate::world::{ok, with_token};
use serde_json::{Map, Value, json};
use siyu_wecom::*;

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

/// A call, what it must send: a query for a GET, a body for a POST.
type Shape = (fn(&Client) -> Result<()>, &'static str, &'static str, Value);

fn shapes() -> Vec<Shape> {
    const GET: &str = "GET";
    const POST: &str = "POST";
    vec![
        (|c| c.callback_addresses().map(drop), GET, "getcallbackip", json!({})),
        (|c| c.api_addresses().map(drop), GET, "get_api_domain_ip", json!({})),
        (|c| c.departments(Some(2)).map(drop), GET, "department/list", json!({"id": "2"})),
        (|c| c.departments(None).map(drop), GET, "department/list", json!({})),
        (|c| c.staff_details_of(3).map(drop), GET, "user/list", json!({"department_id": "3"})),
        (|c| c.staff_ids().all().map(drop), POST, "user/list_id", json!({"cursor": "", "limit": 10_000})),
        (|c| c.staff_by_mobile("13800000001").map(drop), POST, "user/getuserid", json!({"mobile": "13800000001"})),
        (
            |c| c.staff_by_email("a@b.cn", true).map(drop),
            POST,
            "user/get_userid_by_email",
            json!({"email": "a@b.cn", "email_type": 2}),
        ),
        (|c| c.staff_openid("u").map(drop), POST, "user/convert_to_openid", json!({"userid": "u"})),
        (|c| c.staff_tags().map(drop), GET, "tag/list", json!({})),
        (|c| c.staff_tag(7).map(drop), GET, "tag/get", json!({"tagid": "7"})),
        (
            |c| c.convert_tmp_ids(&words(&["t"])).map(drop),
            POST,
            "idconvert/convert_tmp_external_userid",
            json!({"business_type": 1, "user_type": 1, "tmp_external_userid_list": ["t"]}),
        ),
        (
            |c| c.customer_openid("wm1").map(drop),
            POST,
            "externalcontact/convert_to_openid",
            json!({"external_userid": "wm1"}),
        ),
        (
            |c| c.customer_of_unionid_old("o1", None).map(drop),
            POST,
            "externalcontact/unionid_to_external_userid",
            json!({"unionid": "o1"}),
        ),
        (
            |c| c.close_temp_chat("u", "wm1"),
            POST,
            "externalcontact/close_temp_chat",
            json!({"userid": "u", "external_userid": "wm1"}),
        ),
        (
            |c| {
                let name = Some("新店".to_owned());
                let link = LinkEdit { link_id: Some("ca1".into()), link_name: name, ..LinkEdit::default() };
                c.update_acquisition_link(&link)
            },
            POST,
            "externalcontact/customer_acquisition/update_link",
            json!({"link_id": "ca1", "link_name": "新店"}),
        ),
        (
            |c| c.delete_acquisition_link("ca1"),
            POST,
            "externalcontact/customer_acquisition/delete_link",
            json!({"link_id": "ca1"}),
        ),
        (
            |c| c.acquisition_statistic("ca1", 1, 2).map(drop),
            POST,
            "externalcontact/customer_acquisition/statistic",
            json!({"link_id": "ca1", "start_time": 1, "end_time": 2}),
        ),
        (|c| c.delete_join_way("j1"), POST, "externalcontact/groupchat/del_join_way", json!({"config_id": "j1"})),
        (
            |c| c.group_welcome("msg1").map(drop),
            POST,
            "externalcontact/group_welcome_template/get",
            json!({"template_id": "msg1"}),
        ),
        (
            |c| c.delete_group_welcome("msg1"),
            POST,
            "externalcontact/group_welcome_template/del",
            json!({"template_id": "msg1"}),
        ),
        (
            |c| {
                let text = Some(Text::new("欢迎"));
                c.edit_group_welcome(&GroupWelcome {
                    template_id: Some("msg1".into()),
                    text,
                    ..GroupWelcome::default()
                })
            },
            POST,
            "externalcontact/group_welcome_template/edit",
            json!({"template_id": "msg1", "text": {"content": "欢迎"}}),
        ),
        (|c| c.cancel_moment("mom1"), POST, "externalcontact/cancel_moment_task", json!({"moment_id": "mom1"})),
        (
            |c| c.products().all().map(drop),
            POST,
            "externalcontact/get_product_album_list",
            json!({"limit": 100, "cursor": ""}),
        ),
        (|c| c.delete_product("p1"), POST, "externalcontact/delete_product_album", json!({"product_id": "p1"})),
        (|c| c.intercept_rules().map(drop), GET, "externalcontact/get_intercept_rule_list", json!({})),
        (
            |c| {
                let word_list = Some(words(&["返现"]));
                c.update_intercept_rule(&InterceptEdit { rule_id: "r1".into(), word_list, ..InterceptEdit::default() })
            },
            POST,
            "externalcontact/update_intercept_rule",
            json!({"rule_id": "r1", "word_list": ["返现"]}),
        ),
        (|c| c.delete_intercept_rule("r1"), POST, "externalcontact/del_intercept_rule", json!({"rule_id": "r1"})),
        (
            |c| c.strategy_tags(Some(1)).all().map(drop),
            POST,
            "externalcontact/get_strategy_tag_list",
            json!({"strategy_id": 1}),
        ),
        (
            |c| c.edit_strategy_tag("st1", Some("新"), None),
            POST,
            "externalcontact/edit_strategy_tag",
            json!({"id": "st1", "name": "新"}),
        ),
        (
            |c| c.delete_strategy_tags(&words(&["st1"]), &[]),
            POST,
            "externalcontact/del_strategy_tag",
            json!({"tag_id": ["st1"]}),
        ),
        (|c| c.recall("m1"), POST, "message/recall", json!({"msgid": "m1"})),
        (|c| c.login_detail("t1").map(drop), POST, "auth/getuserdetail", json!({"user_ticket": "t1"})),
        (
            |c| {
                let upload = UploadByUrl {
                    scene: 1,
                    kind: "video".into(),
                    filename: "a.mp4".into(),
                    url: "https://a/a.mp4".into(),
                    md5: "m".into(),
                };
                c.upload_by_url(&upload).map(drop)
            },
            POST,
            "media/upload_by_url",
            json!({"scene": 1, "type": "video", "filename": "a.mp4", "url": "https://a/a.mp4", "md5": "m"}),
        ),
        (|c| c.upload_job("j").map(drop), POST, "media/get_upload_by_url_result", json!({"jobid": "j"})),
        (|c| c.archived_staff(Some(3)).map(drop), POST, "msgaudit/get_permit_user_list", json!({"type": 3})),
        (|c| c.archived_staff(None).map(drop), POST, "msgaudit/get_permit_user_list", json!({})),
        (
            |c| {
                let pair = ArchivePair { userid: "u".into(), exteranalopenid: "wm1".into() };
                c.archive_agreements(&[pair]).map(drop)
            },
            POST,
            "msgaudit/check_single_agree",
            json!({"info": [{"userid": "u", "exteranalopenid": "wm1"}]}),
        ),
        (|c| c.archive_room_agreements("wr1").map(drop), POST, "msgaudit/check_room_agree", json!({"roomid": "wr1"})),
        (|c| c.archived_room("wr1").map(drop), POST, "msgaudit/groupchat/get", json!({"roomid": "wr1"})),
    ]
}

#[test]
fn requests_have_the_documented_shape() {
    for (call, method, path, wanted) in shapes() {
        let world = with_token(|_| ok(json!({"errcode": 0, "errmsg": "ok"})));
        call(&world.client).unwrap_or_else(|error| panic!("{path}: {error}"));
        let sent = world.wecom.requests.lock().unwrap()[1].clone();
        assert_eq!(sent.path, format!("/cgi-bin/{path}"));
        assert!(sent.query.contains(&("access_token".into(), "T1".into())), "{path}");
        let query: Map<String, Value> = sent
            .query
            .iter()
            .filter(|(name, _)| name != "access_token")
            .map(|(name, value)| (name.clone(), value.clone().into()))
            .collect();
        match (method, sent.method, &sent.body) {
            ("GET", Method::Get, None) => assert_eq!(Value::from(query), wanted, "{path}"),
            ("POST", Method::Post, Some((body, content_type))) => {
                assert_eq!(serde_json::from_slice::<Value>(body).unwrap(), wanted, "{path}");
                assert!(query.is_empty() && content_type == "application/json; charset=utf-8", "{path}");
            }
            (_, other, body) => panic!("{path}: {other:?} with a body: {}", body.is_some()),
        }
    }
}
