//! Walks the API document: every operation, also one that was added a minute ago, must refuse strangers and the wrong role.

use crate::support::{TestApp, on_both};
use axum::http::Method;
use serde_json::{Value, json};
use siyu_access::{KeyKind, Permission, Role};
use siyu_testkit::TestDb;
use std::collections::BTreeMap;

on_both!(every_endpoint_refuses_strangers_and_wrong_roles, tracking_takes_write_keys_only);

/// Open to everybody on purpose. This list is the place to argue about another one.
const PUBLIC: &[&str] = &[
    "GET /api/v1/setup",
    "POST /api/v1/setup",
    "POST /api/v1/session",
    // Printed on posters, for people who have not come yet: a QR and the names of stores.
    "GET /c/{id}",
    "GET /g/{id}",
    // Sent to customers: leads to the address a material was saved with, and says nothing of anybody.
    "GET /l/{code}",
    // For pages of the brand's own: the token is signed when a link leads there, and says of a visit how long it lasted, no more.
    "GET /l/stay.js",
    "GET /l/stay/{visit}",
    // In every marketing mail: the token is the capability, nobody can make one, and nothing of a person is shown. Mail programs POST without any sign.
    "GET /u/{token}",
    "POST /u/{token}",
    // SMS providers sign nothing: the secret in the address is checked before anything is read.
    "POST /sms/push/{secret}/{what}",
    // A login through WeCom: nobody is known before its end, and it leads to pages of ours alone.
    "GET /guide/enter",
    "GET /guide/return",
    "GET /login/wecom",
    "GET /login/wecom/return",
];

struct Operation {
    name: String,
    method: Method,
    path: String,
    body: Value,
}

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(siyu_api::openapi()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, body) in item.as_object().unwrap() {
            let method = method.to_uppercase();
            // Any value will do: the gate stands before the path is read.
            let concrete: Vec<&str> =
                path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
            found.push(Operation {
                name: format!("{method} {path}"),
                path: concrete.join("/"),
                method: method.parse().unwrap(),
                body: body.clone(),
            });
        }
    }
    assert!(found.len() >= 15, "the document lists only {} operations", found.len());
    found
}

fn every_endpoint_refuses_strangers_and_wrong_roles(test: TestDb) {
    let app = TestApp::new(test);
    let clients: BTreeMap<Role, _> = Role::ALL.iter().map(|role| (*role, app.role(*role))).collect();
    let keys: BTreeMap<Role, _> = Role::ALL.iter().map(|role| (*role, app.key(KeyKind::Api, Some(*role)))).collect();
    let write_key = app.key(KeyKind::Write, None);
    let mut wrong = Vec::new();
    for Operation { name, method, path, body } in operations() {
        let mut check = |who: &str, got: u16, want: bool| {
            if !want {
                wrong.push(format!("{name}: {who} got {got}"));
            }
        };
        let input = (method != Method::GET && method != Method::DELETE).then(|| json!({}));
        let gate = body["x-permission"]
            .as_str()
            .unwrap_or_else(|| panic!("{name} has no x-permission: register it with endpoints!"));
        if gate == "public" {
            assert!(PUBLIC.contains(&name.as_str()), "{name} is open to everybody but not on the list");
            continue;
        }
        if gate == "write_key" {
            assert_eq!(name, "POST /v1/{call}", "{name}: walk it as tracking_takes_write_keys_only does");
            continue;
        }
        if gate == "signature" {
            // WeCom signs its calls: nothing else opens them.
            assert!(name.ends_with(" /wecom/callback"), "{name}");
            check("nobody", 0, app.nobody().call(method.clone(), &path, None).status >= 400);
            continue;
        }
        if gate == "staff" {
            // A guide's own session opens it, which no user and no key has; `guide.rs` walks what is behind.
            for (who, client) in [
                ("nobody", app.nobody()),
                ("an owner's key", keys[&Role::Owner].clone()),
                ("an owner", clients[&Role::Owner].clone()),
            ] {
                let res = client.call(method.clone(), &path, input.clone());
                check(who, res.status, res.says() == "401 guide_not_signed_in");
            }
            continue;
        }
        check(
            "nobody",
            app.nobody().call(method.clone(), &path, input.clone()).status,
            app.nobody().call(method.clone(), &path, input.clone()).status == 401,
        );
        let by_write_key = write_key.call(method.clone(), &path, input.clone());
        check("a write key", by_write_key.status, by_write_key.says() == "403 write_key");
        let Some(permission) = Permission::parse(gate) else {
            assert!(["signed_in", "session"].contains(&gate), "{name}: unknown gate {gate}");
            continue;
        };
        for role in Role::ALL.iter().filter(|role| !role.may(permission)) {
            for (who, client) in [("a user", &clients[role]), ("a key", &keys[role])] {
                let res = client.call(method.clone(), &path, input.clone());
                check(&format!("{who} with role {role}"), res.status, res.says() == "403 permission_needed");
            }
        }
        let by_owner = keys[&Role::Owner].call(method.clone(), &path, input.clone());
        check("an owner's key", by_owner.status, ![401, 403, 405].contains(&by_owner.status) && by_owner.status < 500);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Under /v1 stands one operation for eight calls: each refuses everything but a living write key, wherever the key is put.
fn tracking_takes_write_keys_only(test: TestDb) {
    let app = TestApp::new(test);
    let (good, gone) = (app.key(KeyKind::Write, None), app.key(KeyKind::Write, None));
    app.program().delete(&format!("/api/v1/keys/{}", gone.id)).says();
    let mut refused = vec![("nobody", app.nobody()), ("a signed-in owner", app.owner()), ("a revoked key", gone)];
    refused.extend(Role::ALL.iter().map(|role| ("a program's key", app.key(KeyKind::Api, Some(*role)))));
    for call in ["identify", "track", "page", "screen", "group", "alias", "batch", "import"] {
        let one = json!({"userId": "u1", "event": "Seen", "name": "n", "groupId": "g", "previousId": "u0", "messageId": format!("m-{call}")});
        let body = if ["batch", "import"].contains(&call) {
            json!({"batch": [{"type": "track", "userId": "u1", "event": "Seen", "messageId": format!("m-{call}")}]})
        } else {
            one
        };
        let path = format!("/v1/{call}");
        for (who, client) in &refused {
            assert_eq!(client.post(&path, body.clone()).says(), "401 write_key_invalid", "{call}: {who}");
        }
        let mut made_up = body.clone();
        made_up["writeKey"] = json!("swk_made_up_and_never_given");
        assert_eq!(
            app.nobody().post(&path, made_up).says(),
            "401 write_key_invalid",
            "{call}: a made-up key in the body"
        );
        assert_eq!(app.program().get("/api/v1/stats").ok()["events"], 0, "{call}: refused requests leave no trace");
    }
    assert_eq!(good.post("/v1/track", json!({"userId": "u1", "event": "Seen"})).status, 200);
}

#[test]
fn every_endpoint_is_explained_in_both_languages() {
    let mut ids = std::collections::BTreeSet::new();
    for Operation { name, body, .. } in operations() {
        assert!(ids.insert(body["operationId"].to_string()), "{name}: another operation has the same id");
        let text = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        assert!(
            text("summary").ends_with('.'),
            "{name}: the doc comment's first line is the summary, a sentence in English"
        );
        let chinese = text("description").chars().any(|c| ('\u{4e00}'..'\u{9fff}').contains(&c));
        assert!(chinese, "{name}: the doc comment has no paragraph in Chinese");
        assert!(body["tags"].as_array().is_some_and(|tags| tags.len() == 1), "{name}: give it one tag");
        assert!(body["responses"]["default"].is_object(), "{name}: register it with endpoints!");
    }
}
