//! Exports: asked for by one, approved by another, marked, hidden by role, and told of in the audit.

use crate::people_world::{ANN, BEN, order, shop};
use crate::support::{Answered, TestApp, on_both};
use serde_json::{Value, json};
use siyu_access::Role;
use siyu_testkit::TestDb;
use std::io::Read;

on_both!(
    somebody_else_approves,
    an_owner_alone_decides_for_himself,
    files_are_marked_and_masked,
    a_file_of_a_store_holds_nothing_of_others,
    who_sees_some_stores_decides_about_nothing,
    the_audit_tells_what_was_hidden,
    nothing_is_fetched_without_leave
);

/// Everybody who bought, as an audience.
fn bought(app: &TestApp) -> String {
    shop(app);
    app.step();
    let rule = json!({"all": [{"field": "orders.count", "op": "gte", "value": 1}]});
    let id = app.owner().audience("bought", rule);
    app.step();
    id
}
fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}
/// All cells of the sheet, the mark's line first.
fn table(file: &Answered) -> Vec<Vec<String>> {
    let sheet = part(file, "worksheets/sheet");
    let cells = |row: &str| row.split("<c r=").skip(1).map(cell).collect::<Vec<String>>();
    sheet.split("<row ").skip(1).map(|row| cells(row.split("</row>").next().unwrap())).collect()
}
/// Its text or number.
fn cell(xml: &str) -> String {
    let between = |from: &str, to: &str| {
        let (_, rest) = xml.split_once(from)?;
        rest.split_once(to).map(|(text, _)| text.to_owned())
    };
    let text = between("<t>", "</t>").or_else(|| between("<t xml:space=\"preserve\">", "</t>"));
    text.or_else(|| between("<v>", "</v>")).unwrap_or_default()
}
/// The text of the parts of a workbook whose names contain this.
fn part(file: &Answered, name: &str) -> String {
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&file.bytes)).unwrap();
    let names: Vec<String> = (0..zip.len()).map(|at| zip.by_index(at).unwrap().name().unwrap().into_owned()).collect();
    let mut text = String::new();
    for own in names.iter().filter(|own| own.contains(name)) {
        zip.by_name(own).unwrap().read_to_string(&mut text).unwrap();
    }
    text
}

fn somebody_else_approves(test: TestDb) {
    let app = TestApp::new(test);
    let audience = bought(&app);
    let (asks, decides) = (app.role(Role::Operator), app.role(Role::Operator));
    let path = format!("/api/v1/audiences/{audience}/exports");
    let export = asks.post(&path, json!({"reason": "spring mailing"})).ok();
    assert_eq!(
        (&export["state"], &export["people"], &export["unmasked"]),
        (&json!("waiting"), &json!(2), &json!(true))
    );
    assert_eq!((&export["may_decide"], &export["may_fetch"]), (&json!(false), &json!(false)));
    let at = format!("/api/v1/exports/{}", id(&export));
    assert_eq!(asks.get(&format!("{at}/file")).says(), "409 export_waiting");
    assert_eq!(asks.post(&format!("{at}/approve"), json!({})).says(), "409 export_own");
    assert_eq!(asks.post(&format!("{at}/reject"), json!({})).says(), "409 export_own");
    assert_eq!(app.program().post(&format!("{at}/approve"), json!({})).says(), "403 session_only");
    assert_eq!(decides.get("/api/v1/exports").ok()["items"][0]["may_decide"], true);
    assert_eq!(app.role(Role::Analyst).get("/api/v1/exports").ok()["items"], json!([]), "others see their own");
    let approved = decides.post(&format!("{at}/approve"), json!({"reason": "fine"})).ok();
    assert_eq!((&approved["state"], &approved["decision"]), (&json!("approved"), &json!("fine")));
    assert_eq!(approved["decided_by"]["id"], json!(decides.id));
    for again in ["approve", "reject"] {
        assert_eq!(decides.post(&format!("{at}/{again}"), json!({})).says(), "409 export_decided");
    }
    assert_eq!(decides.get(&format!("{at}/file")).says(), "403 export_not_yours");
    assert_eq!(asks.get(&format!("{at}/file")).status, 200);
    let listed = asks.get("/api/v1/exports").ok();
    let done = &listed["items"][0];
    assert_eq!((&done["state"], &done["downloads"], &done["may_fetch"]), (&json!("done"), &json!(1), &json!(true)));
    let told: Vec<String> = app.audited().into_iter().filter(|action| action.starts_with("export.")).collect();
    assert_eq!(told, ["export.download", "export.approve", "export.request"]);

    app.test.clock.advance_seconds(1);
    let export = asks.post(&path, json!({"reason": "again"})).ok();
    let at = format!("/api/v1/exports/{}", id(&export));
    assert_eq!(decides.post(&format!("{at}/reject"), json!({"reason": "too soon"})).ok()["state"], "rejected");
    assert_eq!(asks.get(&format!("{at}/file")).says(), "409 export_rejected");
    assert_eq!(decides.post("/api/v1/exports/exp_x/approve", json!({})).says(), "404 export_unknown");
    for (body, want) in [
        (json!({"reason": " "}), "400 reason_needed reason"),
        (json!({"reason": "r", "columns": []}), "400 export_columns columns"),
        (json!({"reason": "r", "columns": ["id", "salary"]}), "400 export_columns columns[1]"),
        (json!({"reason": "r", "columns": ["id", "trait.shoe"]}), "400 export_columns columns[1]"),
        (json!({"reason": "r", "columns": ["id", "id"]}), "400 export_columns columns[1]"),
    ] {
        assert_eq!(asks.post(&path, body).says(), want);
    }
    assert_eq!(asks.post("/api/v1/audiences/aud_x/exports", json!({"reason": "r"})).says(), "404 audience_unknown");
    assert_eq!(asks.walk("/api/v1/exports", "reason", 1), ["again", "spring mailing"]);
}

fn an_owner_alone_decides_for_himself(test: TestDb) {
    let app = TestApp::new(test);
    let audience = bought(&app);
    let owner = app.owner();
    app.role(Role::Analyst);
    let path = format!("/api/v1/audiences/{audience}/exports");
    let ask = || format!("/api/v1/exports/{}", id(&owner.post(&path, json!({"reason": "r"})).ok()));
    let at = ask();
    assert_eq!(owner.get("/api/v1/exports").ok()["items"][0]["may_decide"], true);
    assert_eq!(owner.post(&format!("{at}/approve"), json!({})).ok()["state"], "approved");
    assert_eq!(owner.get(&format!("{at}/file")).status, 200);
    app.role(Role::Operator);
    assert_eq!(
        owner.post(&format!("{}/approve", ask()), json!({})).says(),
        "409 export_own",
        "now there is somebody else"
    );
}

fn files_are_marked_and_masked(test: TestDb) {
    let app = TestApp::new(test);
    let audience = bought(&app);
    let decides = app.owner();
    for (role, phone, card) in [(Role::Operator, ANN, "310101199001011234"), (Role::Analyst, "139****5678", "3****")] {
        let asks = app.role(role);
        let columns = json!(["name", "phone", "trait.city", "trait.id_card", "orders", "amount"]);
        let wanted = json!({"reason": "r", "columns": columns});
        let export = asks.post(&format!("/api/v1/audiences/{audience}/exports"), wanted).ok();
        assert_eq!(export["unmasked"], json!(role == Role::Operator));
        let at = format!("/api/v1/exports/{}", id(&export));
        decides.post(&format!("{at}/approve"), json!({})).ok();
        let file = asks.get(&format!("{at}/file"));
        let rows = table(&file);
        assert_eq!(rows[1], ["Name", "Phone", "city", "id_card", "Orders", "Amount"], "{role}");
        assert_eq!(rows[2], ["安安", phone, "上海", card, "2", "150.5"], "{role}");
        assert_eq!((rows.len(), rows[3][0].as_str()), (4, "本本"), "{role}");
        let (id, who) = (id(&export), &asks.id);
        let marks = [rows[0][0].clone(), part(&file, "docProps/core"), part(&file, "worksheets/sheet")];
        for mark in &marks {
            assert!(mark.contains(&id) && mark.contains(who) && mark.contains("2026-03-02"), "{role}: {mark}");
        }
        assert!(marks[2].contains("oddFooter"), "the mark is at the foot of printed pages");
    }
}

fn nothing_is_fetched_without_leave(test: TestDb) {
    let app = TestApp::new(test);
    let audience = bought(&app);
    let (asks, decides) = (app.role(Role::Operator), app.owner());
    let export = asks.post(&format!("/api/v1/audiences/{audience}/exports"), json!({"reason": "r"})).ok();
    let at = format!("/api/v1/exports/{}", id(&export));
    decides.post(&format!("{at}/approve"), json!({})).ok();
    // The audience may go; what was approved stays what it was.
    decides.delete(&format!("/api/v1/audiences/{audience}"));
    let ben = app.person("user_id:ben");
    let file = asks.get(&format!("{at}/file"));
    assert_eq!(table(&file).len(), 4);
    // Who was erased since is in no file.
    decides.post(&format!("/api/v1/people/{ben}/erase"), json!({"confirm": ben, "reason": "asked"})).ok();
    let rows = table(&asks.get(&format!("{at}/file")));
    assert_eq!((rows.len(), rows[2][1].as_str()), (3, "安安"));
    app.test.clock.advance_seconds(8 * 86_400);
    let asks = app.sign_in_again(&asks.id);
    assert_eq!(asks.get(&format!("{at}/file")).says(), "409 export_expired");
    assert_eq!(asks.get("/api/v1/exports").ok()["items"][0]["may_fetch"], false);
}

fn a_file_of_a_store_holds_nothing_of_others(test: TestDb) {
    let app = TestApp::new(test);
    let audience = bought(&app);
    app.track(json!([order("ann", "Z9", "S2", 7777.0, "2026-02-20T00:00:00Z")]));
    app.step();
    let asks = app.scoped(Role::Operator, &[], &["S1"]);
    let columns = json!(["id", "name", "phone", "orders", "amount", "refunded", "last_order_at", "tags", "created_at"]);
    let wanted = json!({"reason": "r", "columns": columns});
    let export = asks.post(&format!("/api/v1/audiences/{audience}/exports"), wanted).ok();
    assert_eq!(export["people"], 1);
    let at = format!("/api/v1/exports/{}", id(&export));
    app.owner().post(&format!("{at}/approve"), json!({})).ok();
    let file = asks.get(&format!("{at}/file"));
    let rows = table(&file);
    assert_eq!(rows.len(), 3, "the mark, the names, and Ann");
    assert_eq!(rows[2][1..6], ["安安", ANN, "2", "150.5", "40"]);
    let list = asks.get("/api/v1/people/export.xlsx");
    let all = part(&file, "") + &part(&list, "");
    for theirs in ["本本", BEN, &app.person("user_id:ben"), "7777", "7627", "2026-02-20", "2026-02-12", "S2"] {
        assert!(!all.contains(theirs), "{theirs}");
    }
}

fn who_sees_some_stores_decides_about_nothing(test: TestDb) {
    let app = TestApp::new(test);
    let audience = bought(&app);
    let (owner, limited) = (app.owner(), app.scoped(Role::Operator, &[], &["S1"]));
    let export = owner.post(&format!("/api/v1/audiences/{audience}/exports"), json!({"reason": "r"})).ok();
    let at = format!("/api/v1/exports/{}", id(&export));
    assert_eq!(limited.get("/api/v1/exports").ok()["items"], json!([]), "it is somebody else's");
    for decision in ["approve", "reject"] {
        assert_eq!(limited.post(&format!("{at}/{decision}"), json!({})).says(), "403 scope_limited");
    }
    assert_eq!(owner.get("/api/v1/exports").ok()["items"][0]["may_decide"], true, "nobody else could");
    owner.post(&format!("{at}/approve"), json!({})).ok();
}

fn the_audit_tells_what_was_hidden(test: TestDb) {
    let app = TestApp::new(test);
    let audience = bought(&app);
    let (owner, asks) = (app.owner(), app.role(Role::Operator));
    let export = asks.post(&format!("/api/v1/audiences/{audience}/exports"), json!({"reason": "r"})).ok();
    let at = format!("/api/v1/exports/{}", id(&export));
    owner.post(&format!("{at}/approve"), json!({})).ok();
    let masked = || owner.get("/api/v1/audit").ok()["items"][0]["detail"]["masked"].clone();
    assert_eq!(table(&asks.get(&format!("{at}/file")))[2][2], ANN);
    assert_eq!(masked(), json!(false));
    owner.patch(&format!("/api/v1/users/{}", asks.id), json!({"role": "analyst"})).ok();
    let asks = app.sign_in_again(&asks.id);
    app.test.clock.advance_seconds(1);
    assert_eq!(table(&asks.get(&format!("{at}/file")))[2][2], "139****5678", "of the role as it is now");
    assert_eq!(masked(), json!(true), "and so does the audit");
}
