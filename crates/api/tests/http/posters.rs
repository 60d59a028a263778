//! Posters over HTTP: templates kept, pictures sealed, posters drawn for those who may, one for each guide.

use crate::support::{TestApp, on_both};
use axum::http::Method;
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_db::params;
use siyu_pictures::{Raster, read_qr};
use siyu_testkit::TestDb;
use std::io::{Cursor, Read};

on_both!(
    templates_are_kept_and_checked,
    pictures_of_a_design_have_a_size_together,
    a_poster_says_what_the_code_says,
    each_guide_has_their_own
);

fn design() -> Value {
    json!({
        "width": 400, "height": 500, "background": "#1f6f5c", "qr": { "x": 100, "y": 250, "size": 200 },
        "texts": [{ "x": 20, "y": 40, "width": 360, "size": 32, "color": "#ffffff", "align": "center", "lines": 2, "text": "{guide|顾问}·{store|门店}" }]
    })
}
fn made(app: &TestApp) -> Value {
    app.program().post("/api/v1/posters", json!({ "name": "台卡", "design": design() })).ok()
}
fn channel(app: &TestApp) -> String {
    let made =
        app.program().post("/api/v1/channels", json!({ "code": "card", "name": "门店台卡", "kind": "store" })).ok();
    made["id"].as_str().unwrap().to_owned()
}
fn staff(app: &TestApp) {
    app.app
        .db
        .transact(|tx| {
            tx.execute("INSERT INTO store (code, name, created_at) VALUES ('S1', '西湖店', 0), ('S2', '滨江店', 0)", &[])?;
            for (key, name, store) in [("ann", "安", "S1"), ("bea", "贝", "S1"), ("cai", "蔡", "S2")] {
                tx.execute("INSERT INTO wecom_staff (key, userid, name, departments, main_department, position, status, serves, seen, store) VALUES ($1, $1, $2, '[]', 1, '', 1, 1, 0, $3)", params![key, name, store])?;
            }
            Ok(())
        })
        .unwrap();
}
/// As if WeCom had answered and its picture had been read.
fn ready(app: &TestApp, code: &str, says: &str) {
    let (code, says) = (code.to_owned(), says.to_owned());
    app.app
        .db
        .transact(move |tx| {
            let sql = "UPDATE channel_way SET state = 'good', qr_code = 'https://wework.qpic.cn/1/0', qr_text = $2 WHERE code = $1";
            Ok(tx.execute(sql, params![&code, &says])?)
        })
        .unwrap();
}
fn picture(width: u32, height: u32) -> Vec<u8> {
    Raster { width, height, rgba: vec![90; (width * height * 4) as usize] }.encode()
}

fn pictures_of_a_design_have_a_size_together(test: TestDb) {
    let app = TestApp::new(test);
    // Two photos of ten million pixels each and one more pixel are more than is unpacked at once.
    for (id, width) in [("ppc_a", 4_000), ("ppc_b", 4_000), ("ppc_c", 1)] {
        let sql = "INSERT INTO poster_picture (id, name, type, width, height, bytes, created_at, created_by) VALUES ($1, 'x', 'image/png', $2, 2500, 1, 0, 'x')";
        app.app.db.transact(move |tx| Ok(tx.execute(sql, params![id, width])?)).unwrap();
    }
    let showing = |pictures: &[&str]| {
        let mut design = design();
        design["picture"] = "ppc_a".into();
        let place = |id: &&str| json!({ "picture": id, "x": 0, "y": 0, "width": 50, "height": 50 });
        design["pictures"] = pictures.iter().map(place).collect();
        app.program().post("/api/v1/posters", json!({ "name": "x", "design": design })).says()
    };
    assert_eq!(showing(&["ppc_b", "ppc_a"]), "201");
    assert_eq!(showing(&["ppc_b", "ppc_c"]), "400 poster_field pictures");
}

fn templates_are_kept_and_checked(test: TestDb) {
    let app = TestApp::new(test);
    let own = made(&app);
    let path = format!("/api/v1/posters/{}", own["id"].as_str().unwrap());
    assert_eq!(app.program().get(&path).ok()["design"]["texts"][0]["lines"], 2);
    let with = |change: &dyn Fn(&mut Value)| {
        let mut design = design();
        change(&mut design);
        app.program().post("/api/v1/posters", json!({ "name": "x", "design": design })).says()
    };
    for (says, change) in [
        ("400 poster_field width", &(|d: &mut Value| d["width"] = 5.into()) as &dyn Fn(&mut Value)),
        ("400 poster_field qr", &|d: &mut Value| d["qr"]["x"] = 300.into()),
        ("400 poster_field qr.color", &|d: &mut Value| d["qr"]["color"] = "#ffff00".into()),
        ("400 poster_field texts[0].text", &|d: &mut Value| d["texts"][0]["text"] = "{phone}".into()),
        ("400 poster_field texts", &|d: &mut Value| d["texts"][0]["align"] = "up".into()),
        ("404 poster_picture_unknown", &|d: &mut Value| d["picture"] = "ppc_x".into()),
        ("400 field_invalid design.qr.size", &|d: &mut Value| d["qr"]["size"] = (-1).into()),
    ] {
        assert_eq!(with(change), says);
    }
    assert_eq!(app.program().patch(&path, json!({ "name": "夏季台卡", "version": 1 })).ok()["version"], 2);
    assert_eq!(app.program().patch(&path, json!({ "name": "b", "version": 1 })).says(), "409 channel_changed version");
    assert_eq!(
        app.role(Role::Analyst).post("/api/v1/posters", json!({ "name": "x", "design": design() })).says(),
        "403 permission_needed"
    );
    assert_eq!(app.role(Role::Analyst).get("/api/v1/posters").ok()["items"][0]["name"], "夏季台卡");
    assert!(app.program().patch(&path, json!({ "archived": true })).ok()["archived_at"].is_string());
    assert_eq!(app.program().get("/api/v1/posters").ok()["items"], json!([]));
    assert_eq!(app.program().get("/api/v1/posters?archived=true").ok()["items"].as_array().unwrap().len(), 1);
    assert_eq!(app.program().get("/api/v1/posters/pst_x").says(), "404 poster_unknown");
    // Pictures: measured, kept sealed, shown as they are, and not taken away while a template shows them.
    let send = |bytes: Vec<u8>| {
        app.program().raw(Method::POST, "/api/v1/poster-pictures?filename=a.png", "application/octet-stream", bytes)
    };
    assert_eq!(send(b"<svg onload=x>".to_vec()).says(), "400 poster_picture");
    assert_eq!(send(picture(6_001, 1)).says(), "400 poster_picture");
    assert_eq!(send(vec![0; (5 << 20) + 1]).says(), "413 poster_picture_large");
    let bytes = picture(40, 30);
    let kept = send(bytes.clone()).ok();
    assert_eq!((&kept["width"], &kept["height"], &kept["media_type"]), (&json!(40), &json!(30), &json!("image/png")));
    let id = kept["id"].as_str().unwrap().to_owned();
    let body = app.program().get(&format!("/api/v1/poster-pictures/{id}/body"));
    assert_eq!((body.bytes.clone(), body.header("x-content-type-options").as_str()), (bytes.clone(), "nosniff"));
    let sealed =
        app.app.db.read(|tx| Ok(tx.one("SELECT body FROM poster_picture_body", &[], |row| row.blob(0))?)).unwrap();
    assert!(!sealed.windows(8).any(|part| part == &bytes[..8]));
    let mut shows = design();
    shows["picture"] = id.clone().into();
    app.program().patch(&path, json!({ "design": shows })).ok();
    let gone = format!("/api/v1/poster-pictures/{id}");
    assert_eq!(app.program().delete(&gone).says(), "409 poster_picture_used");
    app.program().patch(&path, json!({ "design": design() })).ok();
    assert_eq!(app.program().delete(&gone).status, 204);
    assert_eq!(app.program().get(&format!("{gone}/body")).says(), "404 poster_picture_unknown");
}

fn a_poster_says_what_the_code_says(test: TestDb) {
    let app = TestApp::new(test);
    staff(&app);
    let (own, channel) = (made(&app), channel(&app));
    let path = format!("/api/v1/posters/{}/poster.png", own["id"].as_str().unwrap());
    let code = app
        .program()
        .post(
            "/api/v1/live-codes",
            json!({ "channel": channel, "name": "台卡码", "pools": { "general": [{ "staff": "ann" }] } }),
        )
        .ok();
    let code = code["id"].as_str().unwrap().to_owned();
    assert_eq!(app.program().get(&format!("{path}?code={code}")).says(), "409 code_not_ready");
    let says = "https://work.weixin.qq.com/q/vcde1";
    ready(&app, &code, says);
    let drawn = app.program().get(&format!("{path}?code={code}"));
    assert_eq!(
        (drawn.header("content-type").as_str(), drawn.header("cache-control").as_str()),
        ("image/png", "private, max-age=60")
    );
    assert_eq!(read_qr(&drawn.bytes).unwrap(), says);
    // Who has it already is told that it is the same; another guide's is another one.
    let tag = drawn.header("etag");
    assert_eq!(app.program().header("if-none-match", &tag).get(&format!("{path}?code={code}")).status, 304);
    let other = app.program().get(&format!("{path}?code={code}&guide=CAI"));
    assert!(other.header("etag") != tag && other.bytes != drawn.bytes);
    assert_eq!(read_qr(&other.bytes).unwrap(), says);
    assert_eq!(app.program().get(&format!("{path}?code={code}&guide=zoe")).says(), "404 poster_guide_unknown");
    assert_eq!(app.program().get(&format!("{path}?code=cde_x")).says(), "404 code_unknown");
    assert_eq!(app.program().get(&format!("{path}?code=gcd_x")).says(), "404 code_unknown");
    assert_eq!(
        app.program().get(&format!("{path}?code={code}&person=psn_0123456789abcdef")).says(),
        "404 person_unknown"
    );
    assert_eq!(app.nobody().get(&format!("{path}?code={code}")).status, 401);
    // While it is edited: with examples, with a code, and with what is wrong.
    let preview = |body: Value| app.program().post("/api/v1/posters/preview", body);
    assert!(preview(json!({ "design": design() })).bytes.starts_with(b"\x89PNG"));
    assert_eq!(read_qr(&preview(json!({ "design": design(), "code": code })).bytes).unwrap(), says);
    let mut wrong = design();
    wrong["qr"]["size"] = 401.into();
    assert_eq!(preview(json!({ "design": wrong })).says(), "400 poster_field qr.size");
    assert_eq!(
        app.role(Role::Analyst).post("/api/v1/posters/preview", json!({ "design": design() })).says(),
        "403 permission_needed"
    );
}

fn each_guide_has_their_own(test: TestDb) {
    let app = TestApp::new(test);
    staff(&app);
    let (own, channel) = (made(&app), channel(&app));
    let list = format!("/api/v1/channels/{channel}/guide-codes");
    let zip = format!("/api/v1/posters/{}/guides.zip?channel={channel}", own["id"].as_str().unwrap());
    assert_eq!(app.program().get(&zip).says(), "409 poster_guides_none");
    assert_eq!(app.program().get(&list).ok()["items"].as_array().unwrap().len(), 3);
    // A code with two behind it is nobody's own.
    app.program().post("/api/v1/live-codes", json!({ "channel": channel, "name": "两人", "pools": { "general": [{ "staff": "ann" }, { "staff": "bea" }] } })).ok();
    assert_eq!(app.program().post(&list, json!({ "staff": ["ann", "zoe"] })).says(), "400 code_staff staff");
    assert_eq!(app.program().post(&list, json!({ "staff": [] })).says(), "400 poster_guides staff");
    assert_eq!(app.role(Role::Analyst).post(&list, json!({ "staff": ["ann"] })).says(), "403 permission_needed");
    assert_eq!(app.program().post(&list, json!({ "staff": ["ann", "CAI"] })).ok()["made"], 2);
    assert_eq!(app.program().post(&list, json!({ "staff": ["ann", "cai", "bea"] })).ok()["made"], 1);
    let codes = app.program().get(&list).ok()["items"].clone();
    for (at, name) in ["ann", "bea", "cai"].iter().enumerate() {
        assert_eq!((codes[at]["staff"].as_str(), codes[at]["ready"].as_bool()), (Some(*name), Some(false)));
        if *name != "bea" {
            ready(&app, codes[at]["code"].as_str().unwrap(), &format!("https://work.weixin.qq.com/q/{name}"));
        }
    }
    let answer = app.program().get(&zip);
    assert_eq!(answer.header("content-type"), "application/zip");
    let mut bundle = zip::ZipArchive::new(Cursor::new(answer.bytes)).unwrap();
    let mut names: Vec<String> = bundle.file_names().map(|name| name.unwrap().into_owned()).collect();
    names.sort();
    assert_eq!(names, ["missing.txt", "滨江店-蔡-cai.png", "西湖店-安-ann.png"]);
    let mut read = |name: &str| {
        let mut bytes = Vec::new();
        bundle.by_name(name).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    };
    assert_eq!(read_qr(&read("西湖店-安-ann.png")).unwrap(), "https://work.weixin.qq.com/q/ann");
    assert_eq!(read_qr(&read("滨江店-蔡-cai.png")).unwrap(), "https://work.weixin.qq.com/q/cai");
    assert!(String::from_utf8(read("missing.txt")).unwrap().contains("bea"));
    // A manager sees the guides of their stores only.
    let manager = app.scoped(Role::StoreManager, &[], &["S1"]);
    let seen = manager.get(&list).ok();
    assert_eq!(seen["items"].as_array().unwrap().len(), 2, "{seen}");
    let archive = zip::ZipArchive::new(Cursor::new(manager.get(&zip).bytes)).unwrap();
    assert_eq!(archive.file_names().filter(|name| name.as_ref().unwrap().ends_with(".png")).count(), 1);
}
