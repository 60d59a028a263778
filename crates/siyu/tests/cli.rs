//! Making a workspace, serving it, keys: each with what goes wrong.

mod common;

use common::{PASSWORD, Place, Ran, Server, http, siyu};
use serde_json::json;
use std::fs;

#[test]
fn a_refused_first_user_leaves_nothing() {
    let place = Place::empty();
    let ran = place.run(&["init", "--name", "Test", "--admin", "a@example.com", "--password", "short", "--json"]);
    assert_eq!(ran.code(), "password_short");
    let line: serde_json::Value = serde_json::from_str(ran.out.trim()).expect("programs read the refusal too");
    assert_eq!((&line["error"]["code"], &line["error"]["field"]), (&json!("password_short"), &json!("password")));
    assert!(!place.data.exists());
    // In a folder that was there before, what it held stays.
    fs::create_dir(&place.data).expect("writable");
    fs::write(place.data.join("mine.txt"), "mine").expect("writable");
    let ran = place.run(&["init", "--name", "Test", "--admin", "not an address", "--password", PASSWORD]);
    assert!(!ran.ok, "{}", ran.out);
    let left: Vec<_> = common::files(&place.data);
    assert_eq!(left, [place.data.join("mine.txt")]);
}

#[test]
fn a_second_init_is_refused_and_changes_nothing() {
    let place = Place::sqlite();
    let key = fs::read(place.data.join("siyu.key")).expect("there is a key");
    let again = place.run(&["init", "--name", "Other", "--admin", "b@example.com", "--password", PASSWORD]);
    assert_eq!(again.code(), "workspace_exists");
    assert_eq!(fs::read(place.data.join("siyu.key")).expect("the key is still there"), key);
    place.assert_sound();
}

#[test]
fn a_folder_without_a_workspace_is_told() {
    let place = Place::empty();
    for args in [&["doctor"][..], &["key", "list"], &["import", "people", "x.csv"], &["backup"], &["rebuild"]] {
        assert_eq!(place.run(args).code(), "workspace_missing", "{args:?}");
    }
    assert!(!place.data.exists());
}

#[test]
fn a_folder_that_cannot_be_used_is_told() {
    let place = Place::empty();
    fs::write(&place.data, "a file").expect("writable");
    let ran = place.run(&["init", "--name", "Test", "--admin", "a@example.com", "--password", PASSWORD]);
    assert_eq!(ran.code(), "data_folder");
    assert_eq!(fs::read(&place.data).expect("the file is left alone"), b"a file");
}

#[test]
fn a_key_file_of_another_workspace_is_told() {
    let (place, other) = (Place::sqlite(), Place::sqlite());
    let own = fs::read(place.data.join("siyu.key")).expect("there is a key");
    fs::copy(other.data.join("siyu.key"), place.data.join("siyu.key")).expect("writable");
    assert_eq!(place.run(&["key", "list"]).code(), "key_wrong");
    fs::write(place.data.join("siyu.key"), "damaged").expect("writable");
    assert_eq!(place.run(&["key", "list"]).code(), "key_damaged");
    fs::write(place.data.join("siyu.key"), own).expect("writable");
    place.assert_sound();
}

#[test]
fn serving_answers_and_takes_its_port_once() {
    let place = Place::sqlite();
    let server = Server::start(&place);
    let (status, body) = http::get(&server.address, "/healthz", "").expect("the server answers");
    assert_eq!((status, &body["status"]), (200, &json!("ok")));
    let second = place.run(&["serve", "--listen", &server.address]);
    assert_eq!(second.code(), "address_in_use");
    let (status, _) = http::get(&server.address, "/healthz", "").expect("the first one still answers");
    assert_eq!(status, 200);
}

#[test]
fn keys_are_made_listed_and_revoked() {
    let place = Place::sqlite();
    let (write, api) = (place.key("write"), place.key("api"));
    let listed = place.run(&["key", "list", "--json"]);
    assert!(!listed.out.contains(&write) && !listed.out.contains(&api), "a list shows no secret");
    let listed = listed.lines();
    let mut kinds: Vec<&str> = listed.iter().filter_map(|key| key["kind"].as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["api", "write"]);
    let server = Server::start(&place);
    let message = json!({ "userId": "u1", "event": "Seen", "messageId": "m1" });
    let call = |key: &str| http::post(&server.address, "/v1/track", key, &message).expect("the server answers");
    assert_eq!(call(&write).0, 200);
    // Each kind opens its own door only.
    assert_eq!((call(&api).0, http::get(&server.address, "/api/v1/stats", &write).expect("an answer").0), (401, 403));
    assert_eq!(server.stats(&api)["events"], 1);
    let id = listed.iter().find(|key| key["kind"] == "write").and_then(|key| key["id"].as_str()).expect("it is listed");
    assert_eq!(place.run(&["key", "revoke", id, "--json"]).json(), json!({ "id": id, "revoked": true }));
    assert!(
        place
            .run(&["key", "list", "--json"])
            .lines()
            .iter()
            .any(|key| key["id"] == *id && !key["revoked_at"].is_null())
    );
    // The running server may remember a key for a moment; a restart remembers nothing.
    drop(server);
    let server = Server::start(&place);
    let (status, body) = http::post(&server.address, "/v1/track", &write, &message).expect("the server answers");
    assert_eq!((status, &body["code"]), (401, &json!("write_key_invalid")));
    assert!(!place.run(&["key", "revoke", "key_unknown"]).ok);
    assert_eq!(place.run(&["key", "create", "--kind", "api", "--role", "king"]).code(), "role_unknown");
}

#[test]
fn the_laboratory_prints_one_object_and_refuses_nonsense() {
    let run =
        |args: &[&str]| Ran::new(siyu().args(["lab", "fatigue"]).args(args).output().expect("the program starts"));
    let ran = run(&["--seeds", "2", "--days", "7", "--people", "100", "--json"]);
    let report: serde_json::Value = serde_json::from_str(ran.out.trim()).expect("one JSON object");
    let names: Vec<_> = report["policies"].as_array().expect("a list").iter().map(|own| &own["policy"]).collect();
    assert_eq!(names, [&json!("no_cap"), &json!("fixed_cap"), &json!("fatigue_budget")]);
    assert_eq!(report["default"], "fatigue_budget");
    for own in report["policies"].as_array().expect("a list") {
        assert!(own["revenue_per_person"]["lo"].as_f64() <= own["revenue_per_person"]["hi"].as_f64(), "{own}");
        assert!(
            own["mute_rate"].is_f64() && own["leave_rate"].is_f64() && own["messages_per_person"].is_f64(),
            "{own}"
        );
    }
    for (option, value) in [("--seeds", "0"), ("--seeds", "1"), ("--days", "0"), ("--people", "0")] {
        let code = format!("lab_{}", option.trim_start_matches('-'));
        assert_eq!(run(&[option, value]).code(), code);
    }
}
