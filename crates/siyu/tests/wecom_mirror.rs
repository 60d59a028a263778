//! The program beside a simulated WeCom: connected, synced through a kill, told by callbacks while it serves, changing tags there.

mod common;

use common::wecom::{AES_KEY, TOKEN, Wecom, until};
use common::{Place, Server, http};
use serde_json::json;
use std::process::Stdio;

#[test]
fn a_corp_is_mirrored_through_a_kill_and_kept_by_callbacks() {
    let (wecom, place) = (Wecom::quiet("small"), Place::sqlite());
    assert_eq!(place.run(&["wecom", "status"]).code(), "wecom_not_connected");
    assert_eq!(place.run(&["wecom", "sync"]).code(), "wecom_not_connected");
    let wrong = place.run(&[
        "wecom",
        "connect",
        "--corp-id",
        "ww1",
        "--agent-id",
        "1",
        "--secret",
        "x",
        "--base",
        "http://10.0.0.1",
    ]);
    assert_eq!(wrong.code(), "wecom_base_address");
    let file = place.write("credentials.json", wecom.get("/sandbox/credentials").to_string());
    let base = wecom.base();
    let more = ["--callback-token", TOKEN, "--callback-key", AES_KEY];
    let connected = place.run(&[&["wecom", "connect", "--from", &file, "--base", &base, "--json"][..], &more].concat());
    assert!(connected.ok, "{}", connected.err);

    // Killed in the middle, and gone on with: nothing is read twice into two rows, nothing is missing.
    let mut child = place
        .command(&["--json", "wecom", "sync"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let status = || place.run(&["wecom", "status", "--json"]).json();
    until("the sync is under way", || status()["sync"]["counts"]["relations"].as_i64().unwrap_or(0) > 0);
    child.kill().expect("it can be killed");
    let _ = child.wait();
    let before = status()["sync"].clone();
    let synced = place.run(&["wecom", "sync", "--json"]);
    assert!(synced.ok, "{}", synced.err);
    let row = synced.json();
    assert_eq!((&row["id"], &row["state"]), (&before["id"], &json!("done")), "{before}");
    let active = wecom.active();
    assert_eq!(row["counts"]["relations"].as_u64(), Some(active.len() as u64));

    let key = place.key("api");
    let server = Server::start(&place);
    let staff = server.all(&key, "/wecom/staff");
    let customers: i64 = staff.iter().map(|own| own["customers"].as_i64().expect("a number")).sum();
    assert_eq!(customers as usize, active.len());
    let url = format!("http://{}/wecom/callback", server.address);
    wecom.post("/sandbox/callback", &json!({ "url": url, "token": TOKEN, "encoding_aes_key": AES_KEY }));

    // Somebody adds a guide and goes again.
    let guide = active[0]["userid"].as_str().expect("a userid").to_owned();
    let friend = wecom.act(&json!({ "do": "add", "userid": guide }));
    let friend = friend["external_userid"].as_str().expect("an id").to_owned();
    let identifier = format!("external_userid:{friend}");
    let find = || {
        let path = format!("/api/v1/people?identifier={identifier}");
        let (status, found) = http::get(&server.address, &path, &key).expect("it answers");
        (status == 200).then(|| found["items"][0]["id"].as_str().map(str::to_owned)).flatten()
    };
    until("the friend is somebody", || find().is_some());
    let person = find().expect("somebody");
    let relations = || server.api(&key, &format!("/people/{person}/wecom"))["items"][0]["relations"].clone();
    assert_eq!(relations()[0]["status"], "friends");

    // A tag given here is put on there.
    let groups = server.api(&key, "/tags")["groups"].as_array().expect("groups").clone();
    let group = groups.iter().find(|own| own["name"].as_str().is_some_and(|name| name.starts_with("企微·")));
    let tag = &group.expect("a group of WeCom's")["tags"][0];
    let path = format!("/api/v1/people/{person}/tags");
    let (status, answer) =
        http::post(&server.address, &path, &key, &json!({ "tag_id": tag["id"] })).expect("it answers");
    assert_eq!(status, 200, "{answer}");
    until("the tag is there", || {
        let all = wecom.active();
        all.iter().any(|own| {
            own["external_userid"] == friend.as_str() && own["tags"].as_array().is_some_and(|tags| tags.len() == 1)
        })
    });
    wecom.act(&json!({ "do": "delete", "person": friend, "userid": guide }));
    until("the loss is known", || relations()[0]["status"] == "lost");
    assert_eq!(relations()[0]["lost_by"], "customer");
    let lost = server.all(&key, "/wecom/lost?by=customer");
    assert_eq!((lost.len(), lost[0]["external_userid"].as_str()), (1, Some(friend.as_str())));
    drop(server);

    let checked = place.run(&["doctor", "--json"]).lines();
    let state = |name: &str| checked.iter().find(|own| own["key"] == name).map(|own| own["state"].clone());
    for name in ["wecom_network", "wecom_app_secret", "wecom_scope_customers", "wecom_callback", "wecom_sync"] {
        assert_eq!(state(name), Some(json!("ok")), "{name} {checked:?}");
    }
    place.assert_sound();
}
