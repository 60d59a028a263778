//! Every group of endpoints over real HTTP: what works, what is refused and how, limits, pages, tokens.

mod support;

use serde_json::{Value, json};
use siyu_sandbox::{Faults, Scale};
use std::collections::HashSet;
use support::*;

#[tokio::test]
async fn tokens_are_shared_renewed_near_their_end_and_expire() {
    let mut brand = quiet().await;
    let first = brand.token.clone();
    brand.advance(6000).await;
    brand.log_in().await;
    assert_eq!(brand.token, first, "the same inside its validity");
    brand.advance(1000).await;
    brand.log_in().await;
    assert_ne!(brand.token, first, "a new one close to the end");
    let second = std::mem::replace(&mut brand.token, first);
    assert_eq!(code(&brand.get("externalcontact/get_follow_user_list").await), 0, "the old one still works");
    brand.advance(300).await;
    assert_eq!(code(&brand.get("externalcontact/get_follow_user_list").await), 42001);
    brand.token = second;
    assert_eq!(code(&brand.get("externalcontact/get_follow_user_list").await), 0);
    brand.control("settings", json!({ "expire_tokens": true })).await;
    assert_eq!(code(&brand.get("externalcontact/get_follow_user_list").await), 42001);
    brand.token = "nonsense".into();
    assert_eq!(code(&brand.get("externalcontact/get_follow_user_list").await), 40014);
    let (_, missing) = brand.bare("GET", "/cgi-bin/externalcontact/get_follow_user_list", None).await;
    assert_eq!((code(&missing), &missing["follow_user"]), (41001, &json!([])), "lists are there and empty");
    // Wrong corp, no secret, wrong secrets until the address is shut out.
    let corp = brand.credentials().corp_id;
    let ask = |corp: &str, secret: &str| format!("/cgi-bin/gettoken?corpid={corp}&corpsecret={secret}");
    assert_eq!(code(&brand.bare("GET", &ask("ww0", "x"), None).await.1), 40013);
    assert_eq!(code(&brand.bare("GET", &ask(&corp, ""), None).await.1), 41004);
    for _ in 0..20 {
        assert_eq!(code(&brand.bare("GET", &ask(&corp, "wrong"), None).await.1), 40001);
    }
    assert_eq!(code(&brand.bare("GET", &ask(&corp, &brand.credentials().secret), None).await.1), 45009);
    brand.advance(3601).await;
    assert_eq!(code(&brand.bare("GET", &ask(&corp, &brand.credentials().secret), None).await.1), 0);
}

#[tokio::test]
async fn the_envelope_is_the_platforms() {
    let brand = quiet().await;
    let (status, kind, body) =
        brand.raw("POST", &format!("/cgi-bin/no/such?access_token={}", brand.token), vec![], "").await;
    assert_eq!((status.as_u16(), kind.as_str(), body.len()), (404, "", 0));
    assert_eq!(code(&brand.get("externalcontact/groupchat/list").await), 40003, "a POST call by GET");
    let (_, _, garbled) = brand
        .raw(
            "POST",
            &format!("/cgi-bin/externalcontact/get_corp_tag_list?access_token={}", brand.token),
            b"{nonsense".to_vec(),
            "",
        )
        .await;
    let garbled: Value = serde_json::from_slice(&garbled).unwrap();
    assert_eq!(code(&garbled), 0);
    assert!(text(&garbled["errmsg"]).contains("Warning: wrong json format"));
    // An address that is not trusted.
    brand.control("settings", json!({ "trusted_addresses": ["203.0.113.9"] })).await;
    assert_eq!(code(&brand.get("externalcontact/get_follow_user_list").await), 60020);
    brand.control("settings", json!({ "trusted_addresses": ["203.0.113.9", "127.0.0.1"] })).await;
    assert_eq!(code(&brand.get("externalcontact/get_follow_user_list").await), 0);
}

#[tokio::test]
async fn ten_thousand_calls_a_minute_and_no_more() {
    let brand = quiet().await;
    let mut calls = tokio::task::JoinSet::new();
    let brand = std::sync::Arc::new(brand);
    for _ in 0..8 {
        let brand = brand.clone();
        calls.spawn(async move {
            let mut counts = (0, 0);
            for _ in 0..1275 {
                match code(&brand.get("get_api_domain_ip").await) {
                    0 => counts.0 += 1,
                    45009 => counts.1 += 1,
                    other => panic!("{other}"),
                }
            }
            counts
        });
    }
    let counts = calls.join_all().await.into_iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    assert_eq!(counts, (10_000, 200));
    assert_eq!(code(&brand.get("getcallbackip").await), 0, "another cgi has a limit of its own");
    brand.advance(61).await;
    assert_eq!(code(&brand.get("get_api_domain_ip").await), 0);
}

#[tokio::test]
async fn contacts_departments_and_members() {
    let mut brand = quiet().await;
    let departments = list(&brand.get("department/simplelist").await["department_id"]);
    assert!(departments.iter().any(|d| d["id"] == 1 && d["parentid"] == 0));
    let store = departments.iter().find(|d| d["id"].as_i64() >= Some(100)).unwrap()["id"].as_i64().unwrap();
    let shown = brand.get(&format!("department/get?id={store}")).await;
    assert!(text(&shown["department"]["name"]).ends_with("店"));
    assert_eq!(code(&brand.get("department/get?id=9999").await), 60123);
    let mut members = HashSet::new();
    for department in &departments {
        let users = brand.get(&format!("user/simplelist?department_id={}", department["id"])).await;
        members.extend(list(&users["userlist"]).iter().map(|user| text(&user["userid"])));
    }
    assert_eq!(members.len(), 5 + 6);
    let guides = brand.guides().await;
    assert_eq!(guides.len(), 6);
    let user = brand.get(&format!("user/get?userid={}", guides[0].to_lowercase())).await;
    assert_eq!((&user["userid"], &user["status"]), (&json!(guides[0]), &json!(1)));
    assert!(user.get("mobile").is_none(), "not given to a self-built app of today");
    assert_eq!(code(&brand.get("user/get?userid=nobody").await), 60111);
    assert_eq!(brand.post("user/getuserid", json!({ "mobile": "13900000005" })).await["userid"], json!(guides[0]));
    assert_eq!(code(&brand.post("user/getuserid", json!({ "mobile": "1" })).await), 46004);
    assert_eq!(brand.get("agent/get?agentid=1000002").await["agentid"], 1_000_002);
    assert_eq!(code(&brand.get("agent/get?agentid=7").await), 40056);
    assert_eq!(
        list(&brand.get("tag/get?tagid=1").await["userlist"]).len(),
        3,
        "two managers and the head of operations"
    );
    // Only the secret of contacts sync may list ids, and page through them.
    assert_eq!(code(&brand.post("user/list_id", json!({})).await), 48002);
    let c = brand.credentials();
    let answer = brand
        .bare("GET", &format!("/cgi-bin/gettoken?corpid={}&corpsecret={}", c.corp_id, c.contacts_secret), None)
        .await
        .1;
    brand.token = text(&answer["access_token"]);
    let page = brand.post("user/list_id", json!({ "limit": 4 })).await;
    assert_eq!(list(&page["dept_user"]).len(), 4);
    let rest = brand.post("user/list_id", json!({ "limit": 100, "cursor": page["next_cursor"] })).await;
    assert_eq!((list(&rest["dept_user"]).len(), &rest["next_cursor"]), (7, &json!("")));
}

#[tokio::test]
async fn customers_are_listed_paged_read_and_remarked() {
    let brand = quiet().await;
    let guides = brand.guides().await;
    let mut one_by_one = HashSet::new();
    for guide in &guides {
        for customer in list(&brand.get(&format!("externalcontact/list?userid={guide}")).await["external_userid"]) {
            one_by_one.insert((guide.clone(), text(&customer)));
        }
    }
    assert!(one_by_one.len() > 60);
    let all =
        brand.pages("batch/get_by_user", json!({ "userid_list": guides, "limit": 7 }), "external_contact_list").await;
    let paged: HashSet<(String, String)> = all
        .iter()
        .map(|one| (text(&one["follow_info"]["userid"]), text(&one["external_contact"]["external_userid"])))
        .collect();
    assert_eq!(all.len(), one_by_one.len(), "nobody twice");
    assert_eq!(paged, one_by_one);
    let big = brand.good("batch/get_by_user", json!({ "userid_list": guides, "limit": 5000 })).await;
    assert!(list(&big["external_contact_list"]).len() <= 100, "the limit is clamped");
    let many: Vec<&String> = guides.iter().cycle().take(101).collect();
    brand.bad("batch/get_by_user", json!({ "userid_list": many }), 40032).await;
    brand.bad("batch/get_by_user", json!({ "userid_list": ["nobody"] }), 60111).await;
    brand.bad("batch/get_by_user", json!({ "userid_list": guides, "cursor": "nonsense" }), 40035).await;

    let (userid, external) = brand.pair().await;
    let shown = brand.get(&format!("externalcontact/get?external_userid={external}")).await;
    assert_eq!(shown["external_contact"]["external_userid"], json!(external));
    assert_eq!(shown["follow_user"][0]["userid"], json!(userid));
    assert_eq!(code(&brand.get("externalcontact/get?external_userid=wmNobody").await), 40096);
    assert_eq!(code(&brand.get("externalcontact/list?userid=nobody").await), 60111);
    brand.good("remark", json!({ "userid": userid, "external_userid": external, "remark": "西西-金卡", "description": "偏好面部护理", "remark_mobiles": ["13800000001", "13800000002"] })).await;
    let follow = brand.get(&format!("externalcontact/get?external_userid={external}")).await["follow_user"][0].clone();
    assert_eq!(
        (&follow["remark"], &follow["description"], &follow["remark_mobiles"]),
        (&json!("西西-金卡"), &json!("偏好面部护理"), &json!(["13800000001", "13800000002"]))
    );
    brand.good("remark", json!({ "userid": userid, "external_userid": external, "remark_mobiles": [""] })).await;
    assert_eq!(
        brand.get(&format!("externalcontact/get?external_userid={external}")).await["follow_user"][0]["remark_mobiles"],
        json!([])
    );
    brand.bad("remark", json!({ "userid": userid, "external_userid": external }), 40063).await;
    brand
        .bad("remark", json!({ "userid": userid, "external_userid": external, "remark": "字".repeat(21) }), 45002)
        .await;
    let other = guides.iter().find(|guide| **guide != userid).unwrap();
    brand.bad("remark", json!({ "userid": other, "external_userid": external, "remark": "x" }), 84061).await;

    let served = brand.pages("contact_list", json!({ "limit": 30 }), "info_list").await;
    assert!(served.iter().filter(|one| one["is_customer"] == true).count() == one_by_one.len());
    let temporary = text(&served[0]["tmp_openid"]);
    let back = brand
        .post(
            "idconvert/convert_tmp_external_userid",
            json!({ "business_type": 1, "user_type": 1, "tmp_external_userid_list": [temporary, "x"] }),
        )
        .await;
    assert_eq!(back["results"][0]["external_userid"], served[0]["external_userid"]);
    assert_eq!(back["invalid_tmp_external_userid_list"], json!(["x"]));
}

#[tokio::test]
async fn ids_of_one_person_lead_to_each_other() {
    let brand = quiet().await;
    let (_, external) = brand.pair().await;
    let people = list(&brand.seen("/list/people").await);
    let known = people.iter().find(|p| p["external_userid"] == json!(external)).unwrap();
    let stranger =
        people.iter().find(|p| p["arrived"].is_null() && text(&p["external_userid"]).starts_with("wm")).unwrap();
    assert_eq!(code(&brand.ext("convert_to_openid", json!({ "external_userid": external })).await), 0);
    brand.bad("convert_to_openid", json!({ "external_userid": "wmx" }), 40096).await;
    let ask = |p: &Value| json!({ "unionid": p["unionid"], "openid": p["openid"], "subject_type": 0 });
    let answer = brand.post("idconvert/unionid_to_external_userid", ask(known)).await;
    assert_eq!((&answer["external_userid"], &answer["pending_id"]), (&json!(external), &json!("")));
    assert_eq!(brand.ext("unionid_to_external_userid", ask(known)).await["external_userid"], json!(external));
    // Somebody in the mini-program who is no customer yet: the pending id links both later.
    let pending = text(&brand.post("idconvert/unionid_to_external_userid", ask(stranger)).await["pending_id"]);
    assert!(!pending.is_empty());
    let guide = brand.guides().await[0].clone();
    brand.act(json!({ "do": "add", "userid": guide, "person": stranger["number"] })).await;
    let linked = brand
        .post(
            "idconvert/batch/external_userid_to_pending_id",
            json!({ "external_userid": [stranger["external_userid"], external] }),
        )
        .await;
    assert_eq!(linked["result"], json!([{ "external_userid": stranger["external_userid"], "pending_id": pending }]));
    let wrong = json!({ "unionid": known["unionid"], "openid": "o1" });
    assert_eq!(code(&brand.post("idconvert/unionid_to_external_userid", wrong).await), 610_014);
}

#[tokio::test]
async fn live_codes_are_made_changed_scanned_and_refused() {
    let mut brand = quiet().await;
    let guides = brand.guides().await;
    let made = brand.good("add_contact_way", json!({ "type": 2, "scene": 2, "remark": "杭州旗舰店", "state": "store_0571", "user": [guides[0], guides[1]] })).await;
    let config_id = text(&made["config_id"]);
    // The picture lies on this very server, and says where the code leads.
    let picture = brand.raw("GET", text(&made["qr_code"]).strip_prefix(&brand.base).unwrap(), Vec::new(), "").await.2;
    assert_eq!(siyu_pictures::read_qr(&picture).unwrap(), format!("https://work.weixin.qq.com/q/{config_id}"));
    let way = brand.good("get_contact_way", json!({ "config_id": config_id })).await["contact_way"].clone();
    assert_eq!(
        (&way["state"], &way["skip_verify"], &way["user"]),
        (&json!("store_0571"), &json!(true), &json!([guides[0], guides[1]]))
    );
    let scanned = brand.act(json!({ "do": "scan", "config_id": config_id })).await;
    assert!([&guides[0], &guides[1]].contains(&&text(&scanned["userid"])));
    // The rota changes, the picture stays.
    brand.good("update_contact_way", json!({ "config_id": config_id, "user": [guides[2]], "state": "night" })).await;
    let after = brand.good("get_contact_way", json!({ "config_id": config_id })).await["contact_way"].clone();
    assert_eq!((&after["user"], &after["qr_code"]), (&json!([guides[2]]), &way["qr_code"]));
    let scanned = brand.act(json!({ "do": "scan", "config_id": config_id })).await;
    assert_eq!(text(&scanned["userid"]), guides[2]);
    // Half friends count only once the member has opened the chat, which is during opening hours.
    brand.later(86_400).await;
    let follow = brand.get(&format!("externalcontact/get?external_userid={}", text(&scanned["external_userid"]))).await
        ["follow_user"][0]
        .clone();
    assert_eq!((&follow["state"], &follow["add_way"]), (&json!("night"), &json!(1)));
    for (body, expected) in [
        (json!({ "scene": 2, "user": [guides[0]] }), 41037),
        (json!({ "type": 3, "scene": 2, "user": [guides[0]] }), 41038),
        (json!({ "type": 1, "user": [guides[0]] }), 41039),
        (json!({ "type": 1, "scene": 9, "user": [guides[0]] }), 41040),
        (json!({ "type": 2, "scene": 1, "style": 3, "user": [guides[0]] }), 41042),
        (json!({ "type": 1, "scene": 2, "user": [guides[0], guides[1]] }), 40058),
        (json!({ "type": 2, "scene": 2 }), 40058),
        (json!({ "type": 2, "scene": 2, "user": ["nobody"] }), 60111),
        (json!({ "type": 2, "scene": 2, "user": [guides[0]], "state": "s".repeat(31) }), 45002),
        (json!({ "type": 2, "scene": 2, "party": [9999] }), 60123),
    ] {
        brand.bad("add_contact_way", body, expected).await;
    }
    let office = list(&brand.seen("/list/staff").await).into_iter().find(|s| s["serves"] == false).unwrap();
    brand.bad("add_contact_way", json!({ "type": 1, "scene": 2, "user": [office["userid"]] }), 84074).await;
    brand.act(json!({ "do": "not_activated", "userid": guides[3] })).await;
    brand.bad("add_contact_way", json!({ "type": 1, "scene": 2, "user": [guides[3]] }), 41054).await;
    for n in 0..4 {
        brand
            .good("add_contact_way", json!({ "type": 1, "scene": 2, "user": [guides[0]], "state": format!("n{n}") }))
            .await;
    }
    let listed = brand.pages("list_contact_way", json!({ "limit": 2 }), "contact_way").await;
    assert_eq!(listed.len(), 5);
    brand.good("del_contact_way", json!({ "config_id": config_id })).await;
    brand.bad("get_contact_way", json!({ "config_id": config_id }), 41044).await;
    brand.bad("get_contact_way", json!({}), 41043).await;
}

#[tokio::test]
async fn acquisition_links_bring_people_and_count_them() {
    let mut brand = quiet().await;
    let guides = brand.guides().await;
    let made = brand
        .good("customer_acquisition/create_link", json!({ "link_name": "投放", "range": { "user_list": [guides[0]] } }))
        .await;
    let link_id = text(&made["link"]["link_id"]);
    assert!(text(&made["link"]["url"]).ends_with(&link_id));
    brand.bad("customer_acquisition/create_link", json!({ "link_name": "空", "range": {} }), 40058).await;
    brand
        .bad(
            "customer_acquisition/create_link",
            json!({ "link_name": "长".repeat(31), "range": { "user_list": [guides[0]] } }),
            45002,
        )
        .await;
    for n in 0..3 {
        brand.act(json!({ "do": "follow_link", "link_id": link_id, "customer_channel": format!("kol_{n}") })).await;
    }
    brand.later(86_400).await;
    let customers =
        brand.pages("customer_acquisition/customer", json!({ "link_id": link_id, "limit": 2 }), "customer_list").await;
    assert_eq!(customers.iter().map(|c| text(&c["state"])).collect::<Vec<_>>(), ["kol_0", "kol_1", "kol_2"]);
    let counted = brand
        .good(
            "customer_acquisition/statistic",
            json!({ "link_id": link_id, "start_time": brand.now() - 172_800, "end_time": brand.now() }),
        )
        .await;
    assert_eq!((&counted["click_link_customer_cnt"], &counted["new_customer_cnt"]), (&json!(3), &json!(3)));
    assert_eq!(brand.get("externalcontact/customer_acquisition_quota").await["balance"], 9_997);
    brand
        .good(
            "customer_acquisition/update_link",
            json!({ "link_id": link_id, "link_name": "新名", "range": { "user_list": [guides[1]] } }),
        )
        .await;
    let shown = brand.good("customer_acquisition/get", json!({ "link_id": link_id })).await;
    assert_eq!((&shown["link"]["link_name"], &shown["range"]["user_list"]), (&json!("新名"), &json!([guides[1]])));
    assert_eq!(
        list(&brand.good("customer_acquisition/list_link", json!({ "limit": 10 })).await["link_id_list"]),
        [json!(link_id)]
    );
    brand.good("customer_acquisition/delete_link", json!({ "link_id": link_id })).await;
    brand.bad("customer_acquisition/get", json!({ "link_id": link_id }), 40058).await;
}

#[tokio::test]
async fn groups_fill_up_and_their_code_moves_on() {
    let brand = brand(Scale { people: 1200, before: 0.0, ..Scale::TINY }, |_| {}).await;
    brand.sandbox.with_world(|world| world.hush());
    let groups = brand.pages("groupchat/list", json!({ "limit": 3 }), "group_chat_list").await;
    assert_eq!(groups.len(), 4);
    brand.bad("groupchat/list", json!({}), 40058).await;
    let guides = brand.guides().await;
    let of_one = brand
        .pages(
            "groupchat/list",
            json!({ "limit": 100, "owner_filter": { "userid_list": [guides[0]] } }),
            "group_chat_list",
        )
        .await;
    assert!(of_one.len() < 4);
    let chat_id = text(&groups[0]["chat_id"]);
    let way = json!({ "scene": 2, "chat_id_list": [chat_id], "room_base_name": "福利群", "room_base_id": 8, "state": "poster_a" });
    let config_id = text(&brand.good("groupchat/add_join_way", way.clone()).await["config_id"]);
    let shown = brand.good("groupchat/get_join_way", json!({ "config_id": config_id })).await["join_way"].clone();
    assert_eq!((&shown["auto_create_room"], &shown["chat_id_list"]), (&json!(1), &json!([chat_id])));
    let six: Vec<&str> = std::iter::repeat_n(chat_id.as_str(), 6).collect();
    brand.bad("groupchat/add_join_way", json!({ "scene": 2, "chat_id_list": six }), 41091).await;
    brand.bad("groupchat/add_join_way", json!({ "scene": 2, "chat_id_list": ["wrNo"] }), 86001).await;
    let mut joined = Vec::new();
    for _ in 0..201 {
        joined.push(text(&brand.act(json!({ "do": "join", "config_id": config_id })).await["joined"]));
    }
    // The owner sits in it as well: 199 more fit before the code's limit of 200.
    assert_eq!(joined.iter().filter(|id| **id == chat_id).count(), 199);
    let next = joined.last().unwrap();
    let fresh = brand.good("groupchat/get", json!({ "chat_id": next, "need_name": 1 })).await["group_chat"].clone();
    assert_eq!((&fresh["name"], list(&fresh["member_list"]).len()), (&json!("福利群8"), 3));
    let member = &fresh["member_list"][1];
    assert_eq!((&member["type"], &member["join_scene"], &member["state"]), (&json!(2), &json!(3), &json!("poster_a")));
    let opengid = &list(&brand.seen("/list/groups").await)[0]["opengid"];
    assert_eq!(brand.good("opengid_to_chatid", json!({ "opengid": opengid })).await["chat_id"], json!(chat_id));
    brand.bad("groupchat/get", json!({ "chat_id": "wrNo" }), 86001).await;
    brand
        .good(
            "groupchat/update_join_way",
            json!({ "config_id": config_id, "scene": 2, "chat_id_list": [next], "auto_create_room": 0 }),
        )
        .await;
    assert_eq!(
        brand.good("groupchat/get_join_way", json!({ "config_id": config_id })).await["join_way"]["auto_create_room"],
        0
    );
    brand.good("groupchat/del_join_way", json!({ "config_id": config_id })).await;
    brand.bad("groupchat/get_join_way", json!({ "config_id": config_id }), 41044).await;
}

#[tokio::test]
async fn tags_are_kept_in_order_and_marked() {
    let brand = quiet().await;
    let before = list(&brand.good("get_corp_tag_list", json!({})).await["tag_group"]);
    assert_eq!(before.len(), 3);
    let console = text(&before[0]["tag"][0]["id"]);
    brand.bad("edit_corp_tag", json!({ "id": console, "name": "不行" }), 48002).await;
    let made = brand.good("add_corp_tag", json!({ "group_name": "会员", "order": 10, "tag": [{ "name": "金", "order": 1 }, { "name": "银", "order": 2 }, { "name": "金" }] })).await["tag_group"].clone();
    assert_eq!(
        list(&made["tag"]).iter().map(|t| text(&t["name"])).collect::<Vec<_>>(),
        ["银", "金"],
        "larger order first, duplicates merged"
    );
    let (silver, gold) = (text(&made["tag"][0]["id"]), text(&made["tag"][1]["id"]));
    brand.bad("add_corp_tag", json!({ "group_id": made["group_id"], "tag": [{ "name": "金" }] }), 40071).await;
    brand.bad("add_corp_tag", json!({ "group_name": "会员" }), 40063).await;
    brand.bad("add_corp_tag", json!({ "group_name": "会员", "tag": [{ "name": "长".repeat(31) }] }), 40072).await;
    let more =
        brand.good("add_corp_tag", json!({ "group_name": "会员", "tag": [{ "name": "铜" }] })).await["tag_group"]
            .clone();
    assert_eq!((&more["group_id"], list(&more["tag"]).len()), (&made["group_id"], 1), "only the new ones");
    brand.bad("edit_corp_tag", json!({ "id": gold, "name": "银" }), 40071).await;
    brand.good("edit_corp_tag", json!({ "id": gold, "name": "黑金", "order": 9 })).await;
    let (userid, external) = brand.pair().await;
    let mark = |add: Value, remove: Value| json!({ "userid": userid, "external_userid": external, "add_tag": add, "remove_tag": remove });
    brand.good("mark_tag", mark(json!([gold, silver, console]), json!([]))).await;
    brand.good("mark_tag", mark(json!([]), json!([silver]))).await;
    let follow = brand.get(&format!("externalcontact/get?external_userid={external}")).await["follow_user"][0].clone();
    assert_eq!(list(&follow["tags"]).iter().map(|t| text(&t["tag_id"])).collect::<Vec<_>>(), [gold.clone(), console]);
    assert_eq!(follow["tags"][0]["tag_name"], "黑金");
    brand.bad("mark_tag", mark(json!([]), json!([])), 40063).await;
    brand.bad("mark_tag", mark(json!(["et0"]), json!([])), 40068).await;
    brand.good("del_corp_tag", json!({ "tag_id": [gold] })).await;
    let follow = brand.get(&format!("externalcontact/get?external_userid={external}")).await["follow_user"][0].clone();
    assert_eq!(list(&follow["tags"]).len(), 1, "the mark goes with the tag");
    brand.good("del_corp_tag", json!({ "group_id": [made["group_id"]] })).await;
    assert_eq!(list(&brand.good("get_corp_tag_list", json!({})).await["tag_group"]).len(), 3);
    brand.bad("del_corp_tag", json!({ "tag_id": [gold] }), 40068).await;
}

#[tokio::test]
async fn media_live_three_days_and_come_back_as_they_were() {
    let mut brand = quiet().await;
    let bytes = b"a picture, or so";
    let image = text(&brand.upload("media/upload?type=image", "media", bytes).await["media_id"]);
    let (_, kind, back) = brand
        .raw("GET", &format!("/cgi-bin/media/get?media_id={image}&access_token={}", brand.token), vec![], "")
        .await;
    assert_eq!((kind.as_str(), back.as_slice()), ("image/jpeg", bytes.as_slice()));
    assert_eq!(code(&brand.upload("media/upload?type=image", "media", b"tiny").await), 44001);
    assert_eq!(code(&brand.upload("media/upload?type=voice", "media", &vec![0; 1_500_000]).await), 0);
    assert_eq!(code(&brand.upload("media/upload?type=nothing", "media", bytes).await), 40058);
    assert_eq!(code(&brand.upload("media/upload?type=image", "wrong", bytes).await), 44001);
    assert!(text(&brand.upload("media/uploadimg", "anything", bytes).await["url"]).contains("qpic.cn"));
    assert_eq!(
        code(&brand.upload("media/upload_attachment?media_type=file&attachment_type=1", "media", bytes).await),
        41072
    );
    brand.advance(3 * 86_400).await;
    let gone = brand.get(&format!("media/get?media_id={image}")).await;
    assert_eq!(code(&gone), 42001, "so is the token");
    brand.log_in().await;
    assert_eq!(code(&brand.get(&format!("media/get?media_id={image}")).await), 40007);
    let job = brand
        .post(
            "media/upload_by_url",
            json!({ "scene": 1, "type": "video", "filename": "a.mp4", "url": "http://x/a.mp4", "md5": "" }),
        )
        .await;
    assert_eq!(brand.post("media/get_upload_by_url_result", json!({ "jobid": job["jobid"] })).await["status"], 2);
}

#[tokio::test]
async fn a_mass_message_waits_for_members_and_counts_its_quota() {
    let brand = quiet().await;
    let (userid, external) = brand.pair().await;
    let message = |body: Value| {
        let mut full = json!({ "chat_type": "single", "sender": userid, "text": { "content": "会员日 8 折" } });
        full.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        full
    };
    let made = brand.good("add_msg_template", message(json!({ "external_userid": [external, "wmGone"] }))).await;
    assert_eq!(made["fail_list"], json!(["wmGone"]));
    let msgid = text(&made["msgid"]);
    brand.bad("get_groupmsg_task", json!({ "msgid": msgid }), 41063).await;
    brand.advance(3).await;
    let result = json!({ "msgid": msgid, "userid": userid });
    assert_eq!(
        brand.good("get_groupmsg_task", json!({ "msgid": msgid })).await["task_list"][0],
        json!({ "userid": userid, "status": 0 })
    );
    assert_eq!(brand.good("get_groupmsg_send_result", result.clone()).await["send_list"][0]["status"], 0);
    for _ in 0..3 {
        brand.good("remind_groupmsg_send", json!({ "msgid": msgid })).await;
    }
    brand.bad("remind_groupmsg_send", json!({ "msgid": msgid }), 41094).await;
    brand.act(json!({ "do": "confirm", "msgid": msgid, "userid": userid })).await;
    assert_eq!(brand.good("get_groupmsg_task", json!({ "msgid": msgid })).await["task_list"][0]["status"], 2);
    let sent = brand.good("get_groupmsg_send_result", result).await["send_list"][0].clone();
    assert_eq!((&sent["status"], &sent["send_time"]), (&json!(1), &json!(brand.now())));
    assert_eq!(
        brand.seen(&format!("/chat/{userid}/{external}")).await["chat"].as_array().unwrap().last().unwrap()["text"],
        "会员日 8 折"
    );
    // A second one on the same day goes over the limit; one to somebody who has gone finds no friend.
    let second =
        text(&brand.good("add_msg_template", message(json!({ "external_userid": [external] }))).await["msgid"]);
    brand.advance(3).await;
    brand.act(json!({ "do": "confirm", "msgid": second, "userid": userid })).await;
    assert_eq!(
        brand.good("get_groupmsg_send_result", json!({ "msgid": second, "userid": userid })).await["send_list"][0]["status"],
        3
    );
    brand.advance(86_400).await;
    let mut brand = brand;
    brand.log_in().await;
    let third = text(&brand.good("add_msg_template", message(json!({ "external_userid": [external] }))).await["msgid"]);
    brand.advance(3).await;
    brand.act(json!({ "do": "delete", "userid": userid, "person": external })).await;
    brand.act(json!({ "do": "confirm", "msgid": third, "userid": userid })).await;
    assert_eq!(
        brand.good("get_groupmsg_send_result", json!({ "msgid": third, "userid": userid })).await["send_list"][0]["status"],
        2
    );
    brand.bad("add_msg_template", message(json!({ "external_userid": [external] })), 41048).await;
    // Everybody of a member, page by page, and cancelled.
    let all = text(&brand.good("add_msg_template", message(json!({}))).await["msgid"]);
    brand.advance(3).await;
    let targets = brand
        .pages("get_groupmsg_send_result", json!({ "msgid": all, "userid": userid, "limit": 4 }), "send_list")
        .await;
    let customers = list(&brand.get(&format!("externalcontact/list?userid={userid}")).await["external_userid"]);
    assert_eq!(targets.len(), customers.len());
    brand.good("cancel_groupmsg_send", json!({ "msgid": all })).await;
    brand.bad("cancel_groupmsg_send", json!({ "msgid": all }), 41093).await;
    brand.act(json!({ "do": "confirm", "msgid": all, "userid": userid })).await;
    assert_eq!(brand.good("get_groupmsg_task", json!({ "msgid": all })).await["task_list"][0]["status"], 0);
    let span = json!({ "chat_type": "single", "start_time": brand.now() - 86_400 * 5, "end_time": brand.now(), "filter_type": 0, "limit": 2 });
    assert_eq!(brand.pages("get_groupmsg_list_v2", span, "group_msg_list").await.len(), 4);
    brand
        .bad("get_groupmsg_list_v2", json!({ "chat_type": "single", "start_time": 0, "end_time": brand.now() }), 40058)
        .await;
    for (body, expected) in [
        (json!({ "sender": "" }), 40058),
        (json!({ "text": { "content": "" } }), 40063),
        (json!({ "text": { "content": "字".repeat(1334) } }), 45002),
        (
            json!({ "attachments": vec![json!({ "msgtype": "link", "link": { "title": "a", "url": "http://a" } }); 10] }),
            41064,
        ),
        (json!({ "attachments": [{ "msgtype": "image", "image": { "media_id": "no" } }] }), 40007),
        (json!({ "attachments": [{ "msgtype": "song", "song": {} }] }), 41065),
        (json!({ "external_userid": vec!["wm"; 10_001] }), 40058),
        (json!({ "tag_filter": { "group_list": [{ "tag_list": ["et0"] }] } }), 40068),
    ] {
        brand.bad("add_msg_template", message(body), expected).await;
    }
    brand.bad("get_groupmsg_task", json!({}), 41046).await;
    brand.bad("get_groupmsg_task", json!({ "msgid": "msgNo" }), 41047).await;
}

#[tokio::test]
async fn mass_messages_choose_by_tags_and_go_to_groups() {
    let brand = quiet().await;
    let (userid, external) = brand.pair().await;
    let tags = list(&brand.good("get_corp_tag_list", json!({})).await["tag_group"]);
    let tag = |group: usize, at: usize| text(&tags[group]["tag"][at]["id"]);
    brand
        .good("mark_tag", json!({ "userid": userid, "external_userid": external, "add_tag": [tag(0, 0), tag(1, 1)] }))
        .await;
    let filter = |groups: Value| json!({ "chat_type": "single", "tag_filter": { "group_list": groups }, "text": { "content": "专享" } });
    let both = brand
        .good("add_msg_template", filter(json!([{ "tag_list": [tag(0, 0), tag(0, 1)] }, { "tag_list": [tag(1, 1)] }])))
        .await;
    brand.advance(3).await;
    let sent = brand.good("get_groupmsg_send_result", json!({ "msgid": both["msgid"], "userid": userid })).await;
    assert_eq!(list(&sent["send_list"]).len(), 1);
    brand
        .bad("add_msg_template", filter(json!([{ "tag_list": [tag(0, 0)] }, { "tag_list": [tag(1, 0)] }])), 41048)
        .await;
    let group = list(&brand.seen("/list/groups").await)[0].clone();
    let body = json!({ "chat_type": "group", "sender": group["owner"], "chat_id_list": [group["chat_id"], "wrNo"], "text": { "content": "今晚 8 点直播" } });
    let made = brand.good("add_msg_template", body).await;
    assert_eq!(made["fail_list"], json!(["wrNo"]));
    brand.act(json!({ "do": "confirm", "msgid": made["msgid"], "userid": group["owner"] })).await;
    brand.advance(3).await;
    let sent = brand
        .good("get_groupmsg_send_result", json!({ "msgid": made["msgid"], "userid": group["owner"] }))
        .await["send_list"][0]
        .clone();
    assert_eq!((&sent["chat_id"], &sent["status"]), (&group["chat_id"], &json!(1)));
    assert!(sent.get("external_userid").is_none());
}

#[tokio::test]
async fn moments_are_published_by_members_and_seen_by_customers() {
    let brand = quiet().await;
    let (userid, external) = brand.pair().await;
    let picture = text(
        &brand.upload("media/upload_attachment?media_type=image&attachment_type=1", "media", b"picture").await["media_id"],
    );
    let plain = text(&brand.upload("media/upload?type=image", "media", b"picture").await["media_id"]);
    let body = |media: &str| {
        json!({ "text": { "content": "新品上架" }, "attachments": [{ "msgtype": "image", "image": { "media_id": media } }],
            "visible_range": { "sender_list": { "user_list": [userid, "nobody"] } } })
    };
    brand.bad("add_moment_task", body(&plain), 40007).await;
    brand.bad("add_moment_task", json!({}), 41089).await;
    let job = text(&brand.good("add_moment_task", body(&picture)).await["jobid"]);
    let path = format!("externalcontact/get_moment_task_result?jobid={job}");
    assert_eq!(brand.get(&path).await["status"], 1);
    brand.advance(3).await;
    let done = brand.get(&path).await;
    assert_eq!((&done["status"], &done["result"]["invalid_sender_list"]["user_list"]), (&json!(3), &json!(["nobody"])));
    let moment = text(&done["result"]["moment_id"]);
    let of = json!({ "moment_id": moment, "userid": userid });
    brand.bad("get_moment_send_result", of.clone(), 41062).await;
    brand.act(json!({ "do": "publish", "moment_id": moment, "userid": userid })).await;
    assert_eq!(
        brand.good("get_moment_task", json!({ "moment_id": moment })).await["task_list"],
        json!([{ "userid": userid, "publish_status": 1 }])
    );
    let seen = brand.pages("get_moment_send_result", of.clone(), "customer_list").await;
    assert!(seen.iter().any(|one| one["external_userid"] == json!(external)));
    assert_eq!(brand.pages("get_moment_customer_list", of.clone(), "customer_list").await.len(), seen.len());
    assert!(brand.good("get_moment_comments", of).await["like_list"].is_array());
    let listed = brand
        .good("get_moment_list", json!({ "start_time": brand.now() - 100, "end_time": brand.now() }))
        .await["moment_list"][0]
        .clone();
    assert_eq!((&listed["moment_id"], &listed["image"][0]["media_id"]), (&json!(moment), &json!(picture)));
    brand.bad("get_moment_send_result", json!({ "moment_id": "momNo", "userid": userid }), 41060).await;
    brand.good("cancel_moment_task", json!({ "moment_id": moment })).await;
    for _ in 0..9 {
        brand.good("add_moment_task", json!({ "text": { "content": "x" } })).await;
    }
    brand.bad("add_moment_task", json!({ "text": { "content": "x" } }), 45009).await;
}

#[tokio::test]
async fn statistics_count_what_happened_yesterday() {
    let mut brand = quiet().await;
    let guides = brand.guides().await;
    let today = (brand.now() + 28_800) / 86_400 * 86_400 - 28_800;
    for _ in 0..3 {
        brand.act(json!({ "do": "add", "userid": guides[0] })).await;
    }
    let (userid, external) = brand.pair().await;
    brand.act(json!({ "do": "delete", "userid": userid, "person": external })).await;
    let group = list(&brand.seen("/list/groups").await)[0].clone();
    let person = brand.act(json!({ "do": "join", "chat_id": group["chat_id"] })).await["external_userid"].clone();
    for _ in 0..2 {
        brand.act(json!({ "do": "say_in_group", "chat_id": group["chat_id"], "person": person })).await;
    }
    brand.later(86_400).await;
    let rows = brand
        .good("get_user_behavior_data", json!({ "userid": [guides[0]], "start_time": today, "end_time": today }))
        .await["behavior_data"]
        .clone();
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!(
        (&rows[0]["stat_time"], &rows[0]["new_contact_cnt"], &rows[0]["new_apply_cnt"]),
        (&json!(today), &json!(3), &json!(3))
    );
    let lost = brand
        .good("get_user_behavior_data", json!({ "userid": [userid], "start_time": today, "end_time": today }))
        .await;
    assert_eq!(lost["behavior_data"][0]["negative_feedback_cnt"], 1);
    brand.bad("get_user_behavior_data", json!({ "start_time": today, "end_time": today }), 40032).await;
    brand
        .bad(
            "get_user_behavior_data",
            json!({ "userid": [userid], "start_time": today - 200 * 86_400, "end_time": today }),
            40058,
        )
        .await;
    let body = json!({ "day_begin_time": today, "owner_filter": { "userid_list": [group["owner"]] } });
    let owner = brand.good("groupchat/statistic", body.clone()).await;
    let data = &owner["items"][0]["data"];
    assert_eq!((&owner["total"], &owner["next_offset"]), (&json!(1), &json!(1)));
    assert_eq!(
        (&data["new_member_cnt"], &data["msg_total"], &data["member_has_msg"], &data["chat_has_msg"]),
        (&json!(1), &json!(2), &json!(1), &json!(1))
    );
    let day = brand.good("groupchat/statistic_group_by_day", body).await;
    assert_eq!(day["items"][0]["data"], *data);
    brand.bad("groupchat/statistic", json!({ "day_begin_time": today }), 40032).await;
}

#[tokio::test]
async fn customers_and_groups_are_handed_over() {
    let mut brand = quiet().await;
    let (userid, external) = brand.pair().await;
    let guides = brand.guides().await;
    let takeover = guides.iter().find(|guide| **guide != userid).unwrap().clone();
    let body = json!({ "handover_userid": userid, "takeover_userid": takeover, "external_userid": [external, "wmNo"] });
    let asked = brand.good("transfer_customer", body.clone()).await;
    assert_eq!(
        asked["customer"],
        json!([{ "external_userid": external, "errcode": 0 }, { "external_userid": "wmNo", "errcode": 40096 }])
    );
    assert_eq!(brand.good("transfer_customer", body.clone()).await["customer"][0]["errcode"], 40100);
    let between = json!({ "handover_userid": userid, "takeover_userid": takeover });
    let waiting = brand.good("transfer_result", between.clone()).await["customer"][0].clone();
    assert_eq!((&waiting["status"], &waiting["takeover_time"]), (&json!(2), &json!(brand.now() + 86_400)));
    brand.later(86_401).await;
    assert_eq!(brand.good("transfer_result", between).await["customer"][0]["status"], 1);
    let follow = list(&brand.get(&format!("externalcontact/get?external_userid={external}")).await["follow_user"]);
    assert_eq!(follow.iter().map(|f| text(&f["userid"])).collect::<Vec<_>>(), std::slice::from_ref(&takeover));
    // Once more is allowed within 90 days, a third time is not.
    let back = json!({ "handover_userid": takeover, "takeover_userid": userid, "external_userid": [external] });
    assert_eq!(brand.good("transfer_customer", back).await["customer"][0]["errcode"], 0);
    brand.later(86_401).await;
    assert_eq!(brand.good("transfer_customer", body).await["customer"][0]["errcode"], 40128);
    // A leaver's customers wait, page by page, and go to somebody.
    brand.act(json!({ "do": "resign", "userid": userid })).await;
    let waiting = brand.pages("get_unassigned_list", json!({ "page_size": 3 }), "info").await;
    assert!(waiting.len() > 3 && waiting.iter().all(|one| one["handover_userid"] == json!(userid)));
    let last = brand.good("get_unassigned_list", json!({ "page_size": 1000 })).await;
    assert_eq!((&last["is_last"], list(&last["info"]).len()), (&json!(true), waiting.len()));
    let of_leaver = json!({ "handover_userid": userid, "takeover_userid": takeover, "external_userid": [external] });
    brand.bad("transfer_customer", of_leaver.clone(), 40003).await;
    assert_eq!(brand.good("resigned/transfer_customer", of_leaver).await["customer"][0]["errcode"], 0);
    brand.later(86_401).await;
    assert_eq!(
        brand.good("resigned/transfer_result", json!({ "handover_userid": userid, "takeover_userid": takeover })).await
            ["customer"][0]["status"],
        1
    );
    assert_eq!(code(&brand.get(&format!("user/get?userid={userid}")).await), 60111);
    // Groups: of the leaver to somebody, of one who stays only by the other call.
    let groups = list(&brand.seen("/list/groups").await);
    let standing = groups.iter().find(|g| g["owner"] != json!(userid)).unwrap();
    let refused =
        brand.good("groupchat/transfer", json!({ "chat_id_list": [standing["chat_id"]], "new_owner": takeover })).await;
    assert_eq!(refused["failed_chat_list"][0]["errcode"], 90500);
    let other = guides.iter().find(|g| json!(g) != standing["owner"] && **g != userid).unwrap();
    let moved = brand
        .good("groupchat/onjob_transfer", json!({ "chat_id_list": [standing["chat_id"]], "new_owner": other }))
        .await;
    assert_eq!(moved["failed_chat_list"], json!([]));
    assert_eq!(
        brand.good("groupchat/get", json!({ "chat_id": standing["chat_id"] })).await["group_chat"]["owner"],
        json!(other)
    );
    if let Some(orphan) = groups.iter().find(|g| g["owner"] == json!(userid)) {
        let inherited = brand
            .good("groupchat/transfer", json!({ "chat_id_list": [orphan["chat_id"]], "new_owner": takeover }))
            .await;
        assert_eq!(inherited["failed_chat_list"], json!([]));
    }
}

#[tokio::test]
async fn messages_reach_members_within_their_limits() {
    let (brand, _receiver) = connected().await;
    let guides = brand.guides().await;
    let message = |to: &str| json!({ "touser": to, "msgtype": "text", "agentid": 1_000_002, "text": { "content": "您有 3 个任务" } });
    let sent = brand.post("message/send", message(&format!("{}|Nobody", guides[0]))).await;
    assert_eq!((code(&sent), &sent["invaliduser"]), (0, &json!("nobody")), "ids come back in lower case");
    assert_eq!(code(&brand.post("message/send", message("nobody")).await), 81013);
    assert_eq!(
        code(
            &brand
                .post("message/send", json!({ "msgtype": "text", "agentid": 1_000_002, "text": { "content": "x" } }))
                .await
        ),
        82001
    );
    let mut wrong = message(&guides[0]);
    wrong["agentid"] = 7.into();
    assert_eq!(code(&brand.post("message/send", wrong).await), 301_002);
    for _ in 0..40 {
        assert_eq!(code(&brand.post("message/send", message(&guides[1])).await), 0);
    }
    let posted = list(&brand.seen("/list/posted").await);
    let dropped = posted.iter().filter(|one| !list(&one["dropped"]).is_empty()).count();
    assert_eq!(dropped, 10, "the surplus is dropped without a word");
    let card = |task: &str| {
        json!({ "touser": guides[0], "msgtype": "template_card", "agentid": 1_000_002, "template_card": {
        "card_type": "button_interaction", "task_id": task, "main_title": { "title": "跟进" }, "button_list": [{ "text": "好", "key": "ok" }] } })
    };
    let sent = brand.post("message/send", card("t1")).await;
    assert!(sent["response_code"].is_string(), "{sent}");
    assert_eq!(code(&brand.post("message/send", card("t1")).await), 42_014, "a task id is used once");
    let update = json!({ "userids": [guides[0]], "agentid": 1_000_002, "response_code": sent["response_code"], "button": { "replace_name": "已处理" } });
    assert_eq!(code(&brand.post("message/update_template_card", update.clone()).await), 0);
    assert_eq!(code(&brand.post("message/update_template_card", update).await), 42_017, "and so is its code");
    assert_eq!(code(&brand.post("message/recall", json!({ "msgid": sent["msgid"] })).await), 0);
    let silent = quiet().await;
    let mut sent = card("t2");
    sent["touser"] = silent.guides().await[0].clone().into();
    assert_eq!(code(&silent.post("message/send", sent).await), 43_012, "no callback URL is configured");
}

#[tokio::test]
async fn logins_and_tickets() {
    let brand = quiet().await;
    let (userid, external) = brand.pair().await;
    let member = text(&brand.control("login", json!({ "userid": userid, "private": true })).await["code"]);
    let info = brand.get(&format!("auth/getuserinfo?code={member}")).await;
    assert_eq!(info["userid"], json!(userid));
    assert_eq!(code(&brand.get(&format!("auth/getuserinfo?code={member}")).await), 40029, "once");
    let detail = brand.post("auth/getuserdetail", json!({ "user_ticket": info["user_ticket"] })).await;
    assert!(text(&detail["mobile"]).starts_with("139"));
    assert_eq!(code(&brand.post("auth/getuserdetail", json!({ "user_ticket": "x" })).await), 84_015);
    let late = text(&brand.control("login", json!({ "userid": userid })).await["code"]);
    brand.advance(301).await;
    assert_eq!(code(&brand.get(&format!("auth/getuserinfo?code={late}")).await), 40029);
    let customer = text(&brand.control("login", json!({ "person": external })).await["code"]);
    let info = brand.get(&format!("auth/getuserinfo?code={customer}")).await;
    assert_eq!(info["external_userid"], json!(external));
    // The page that WeChat would show sends the chosen member back with a code.
    let corp = brand.credentials().corp_id;
    let path = format!(
        "/connect/oauth2/authorize?appid={corp}&redirect_uri=http%3A%2F%2Fapp.example%2Fin%3Fa%3D1&response_type=code&scope=snsapi_base&state=s1&agentid=1000002"
    );
    let (status, _, page) = brand.raw("GET", &path, vec![], "").await;
    assert!(status.is_success() && String::from_utf8(page).unwrap().contains(&userid));
    let (status, _, _) = brand.raw("GET", &format!("{path}&sandbox_user={userid}"), vec![], "").await;
    assert_eq!(status.as_u16(), 303);
    let corp_ticket = brand.get("get_jsapi_ticket").await;
    assert_eq!(brand.get("get_jsapi_ticket").await["ticket"], corp_ticket["ticket"]);
    assert_ne!(brand.get("ticket/get?type=agent_config").await["ticket"], corp_ticket["ticket"]);
    for _ in 0..99 {
        brand.get("ticket/get?type=agent_config").await;
    }
    assert_eq!(code(&brand.get("ticket/get?type=agent_config").await), 45009);
}

#[tokio::test]
async fn albums_rules_and_group_welcomes() {
    let brand = quiet().await;
    let picture = text(
        &brand.upload("media/upload_attachment?media_type=image&attachment_type=2", "media", b"picture").await["media_id"],
    );
    let product = json!({ "description": "面霜", "price": 19900, "product_sn": "MSF1", "attachments": [{ "type": "image", "image": { "media_id": picture } }] });
    let id = brand.good("add_product_album", product.clone()).await["product_id"].clone();
    brand.good("update_product_album", json!({ "product_id": id, "price": 9900 })).await;
    let shown = brand.good("get_product_album", json!({ "product_id": id })).await["product"].clone();
    assert_eq!((&shown["price"], &shown["product_sn"]), (&json!(9900), &json!("MSF1")));
    let mut wrong = product.clone();
    wrong["price"] = 5_000_001.into();
    brand.bad("add_product_album", wrong, 41086).await;
    assert_eq!(list(&brand.good("get_product_album_list", json!({})).await["product_list"]).len(), 1);
    brand.good("delete_product_album", json!({ "product_id": id })).await;
    brand.bad("get_product_album", json!({ "product_id": id }), 41075).await;

    let guides = brand.guides().await;
    let rule = json!({ "rule_name": "禁外联", "word_list": ["私下转账"], "semantics_list": [1], "intercept_type": 1, "applicable_range": { "user_list": [guides[0]] } });
    let id = brand.good("add_intercept_rule", rule.clone()).await["rule_id"].clone();
    brand.bad("add_intercept_rule", rule, 41077).await;
    brand.good("update_intercept_rule", json!({ "rule_id": id, "add_applicable_range": { "department_list": [1] }, "remove_applicable_range": { "user_list": [guides[0]] } })).await;
    let shown = brand.good("get_intercept_rule", json!({ "rule_id": id })).await["rule"].clone();
    assert_eq!(
        (&shown["applicable_range"], &shown["extra_rule"]["semantics_list"]),
        (&json!({ "user_list": [], "department_list": [1] }), &json!([1]))
    );
    assert_eq!(list(&brand.get("externalcontact/get_intercept_rule_list").await["rule_list"]).len(), 1);
    brand.good("del_intercept_rule", json!({ "rule_id": id })).await;
    brand.bad("get_intercept_rule", json!({ "rule_id": id }), 41070).await;

    let id = brand
        .good("group_welcome_template/add", json!({ "text": { "content": "欢迎 %NICKNAME%" }, "notify": 1 }))
        .await["template_id"]
        .clone();
    brand.good("group_welcome_template/edit", json!({ "template_id": id, "text": { "content": "你好" } })).await;
    assert_eq!(brand.good("group_welcome_template/get", json!({ "template_id": id })).await["text"]["content"], "你好");
    brand.bad("group_welcome_template/add", json!({}), 40063).await;
    for _ in 0..99 {
        brand.good("group_welcome_template/add", json!({ "text": { "content": "x" } })).await;
    }
    brand.bad("group_welcome_template/add", json!({ "text": { "content": "x" } }), 41055).await;
    brand.good("group_welcome_template/del", json!({ "template_id": id })).await;
    assert_eq!(code(&brand.post("msgaudit/get_permit_user_list", json!({})).await), 301_053);
}

/// The bar: 100,000 customers, paged out by batches of a hundred members at a hundred a page, within the documented limits.
#[tokio::test]
async fn a_hundred_thousand_customers_are_paged_out_within_the_limits() {
    let scale = Scale { stores: 20, guides: 200, people: 104_000, groups: 20, before: 1.0 };
    let brand = brand(scale, |_| {}).await;
    let watch = siyu_kernel::Stopwatch::start();
    let mut seen = HashSet::new();
    let mut calls = 0;
    for members in brand.guides().await.chunks(100) {
        let mut cursor = String::new();
        loop {
            let page = brand
                .good("batch/get_by_user", json!({ "userid_list": members, "limit": 100, "cursor": cursor }))
                .await;
            calls += 1;
            for one in list(&page["external_contact_list"]) {
                assert!(
                    seen.insert((
                        text(&one["follow_info"]["userid"]),
                        text(&one["external_contact"]["external_userid"])
                    )),
                    "twice"
                );
            }
            cursor = text(&page["next_cursor"]);
            if cursor.is_empty() {
                break;
            }
        }
    }
    eprintln!("{} customers in {calls} calls, {:.1} s", seen.len(), watch.seconds());
    assert!(seen.len() > 100_000, "{}", seen.len());
    assert!(calls < 10_000, "one minute's worth of calls: {calls}");
}

#[tokio::test]
async fn faults_come_at_their_rates_and_go_away() {
    let brand = quiet().await;
    for (faults, expected) in [("-1=1", -1), ("45009=1", 45_009), ("45033=1", 45_033), ("60020=1", 60_020)] {
        brand.sandbox.set_faults(Faults::parse(faults).unwrap());
        assert_eq!(code(&brand.get("externalcontact/get_follow_user_list").await), expected);
    }
    brand.sandbox.set_faults(Faults::parse("45035=1").unwrap());
    let (userid, external) = brand.pair().await;
    brand.bad("mark_tag", json!({ "userid": userid, "external_userid": external, "add_tag": ["x"] }), 45_035).await;
    brand.sandbox.set_faults(Faults::parse("proxy=1").unwrap());
    let path = format!("/cgi-bin/getcallbackip?access_token={}", brand.token);
    assert_eq!(brand.bare("GET", &path, None).await.0.as_u16(), 502);
    // A call whose answer is lost has been carried out, or not: about half of each.
    brand.sandbox.set_faults(Faults::parse("timeout=1").unwrap());
    for n in 0..40 {
        let body = json!({ "group_name": "超时", "tag": [{ "name": format!("t{n}") }] });
        let path = format!("/cgi-bin/externalcontact/add_corp_tag?access_token={}", brand.token);
        assert_eq!(brand.bare("POST", &path, Some(body)).await.0.as_u16(), 504);
    }
    brand.control("settings", json!({ "faults": "" })).await;
    let groups = list(&brand.good("get_corp_tag_list", json!({})).await["tag_group"]);
    let made = list(&groups.iter().find(|g| g["group_name"] == "超时").unwrap()["tag"]).len();
    assert!((8..=32).contains(&made), "{made}");
    brand.sandbox.set_faults(Faults::parse("expired=1").unwrap());
    assert!([40_014, 42_001].contains(&code(&brand.get("getcallbackip").await)));
    brand.sandbox.set_faults(Faults::default());
    assert_eq!(code(&brand.get("getcallbackip").await), 40_014, "that token is gone");
    let mut brand = brand;
    brand.log_in().await;
    assert_eq!(code(&brand.get("getcallbackip").await), 0);
    brand.sandbox.set_faults(Faults::parse("busy=0.2").unwrap());
    let mut busy = 0;
    for _ in 0..300 {
        busy += i32::from(code(&brand.get("getcallbackip").await) == -1);
    }
    assert!((35..=90).contains(&busy), "{busy}");
}

/// With a running clock the world lives by itself, and ends when it is told to.
#[tokio::test]
async fn a_running_clock_takes_the_world_along_until_shutdown() {
    let other = std::sync::Arc::new(siyu_kernel::FakeClock::at("2026-03-02T02:00:00Z"));
    let clock = siyu_sandbox::WorldClock::following(other.clone());
    let options = siyu_sandbox::Options::new("127.0.0.1:0".parse().unwrap(), 7, Scale::TINY, clock);
    let sandbox = siyu_sandbox::Sandbox::new(options);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let served = sandbox.clone();
    let server = tokio::spawn(async move { served.serve_on(listener, async { drop(stopped.await) }).await });
    other.advance_seconds(5 * 86_400);
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        if !sandbox.happenings(0, 1).is_empty() {
            break;
        }
    }
    assert!(sandbox.happenings(0, 100_000).len() > 20, "nobody called, and five days have passed");
    let third = sandbox.happenings(3, 1);
    assert_eq!((third.len(), third[0].number), (1, 3));
    stop.send(()).unwrap();
    server.await.unwrap().unwrap();
    let taken = siyu_sandbox::Options::new(
        "203.0.113.1:1".parse().unwrap(),
        7,
        Scale::TINY,
        siyu_sandbox::WorldClock::standing(start()),
    );
    assert!(siyu_sandbox::serve(taken, std::future::pending()).await.is_err(), "an address that is not ours");
}
