//! Files handed in, and what becomes of them.

use crate::support::{Client, TestApp, on_both};
use axum::http::Method;
use serde_json::{Value, json};
use siyu_kernel::Clock;
use siyu_testkit::TestDb;
use std::fs::{self, File};
use std::time::{Duration, UNIX_EPOCH};

on_both!(a_file_goes_once_it_is_in, uploads_of_no_job_are_swept);

pub fn upload(by: &Client<'_>, kind: &str, text: &str) -> String {
    let path = format!("/api/v1/imports?kind={kind}&filename=file.csv");
    let job = by.raw(Method::POST, &path, "application/octet-stream", text.as_bytes().to_vec()).ok();
    job["id"].as_str().unwrap().to_owned()
}

pub fn run(by: &Client<'_>, id: &str, body: Value) -> Value {
    by.post(&format!("/api/v1/imports/{id}/start"), body).ok();
    for _ in 0..6_000 {
        let job = by.get(&format!("/api/v1/imports/{id}")).ok();
        if job["state"] != "running" {
            return job;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the import does not end");
}

fn waiting(app: &TestApp) -> usize {
    let entries = fs::read_dir(app.test.folder().join("uploads")).unwrap().flatten();
    entries.filter(|entry| entry.path().extension().is_some_and(|ending| ending == "sealed")).count()
}

/// The thread that imported deletes the file a moment after the end can be seen.
fn await_waiting(app: &TestApp, count: usize) {
    for _ in 0..5_000 {
        if waiting(app) == count {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(waiting(app), count);
}

fn a_file_goes_once_it_is_in(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    let id = upload(&owner, "people", "phone,name\n13912345678,Ann\nnot a phone,Ben\n");
    let mapping = json!({ "phone": "phone", "trait.name": "name" });
    let dry = run(&owner, &id, json!({ "mapping": mapping, "dry_run": true }));
    assert_eq!((&dry["state"], &dry["summary"]["imported"]), (&json!("done"), &json!(1)));
    assert_eq!(waiting(&app), 1, "a rehearsal leaves the file for the real run");
    let job = run(&owner, &id, json!({ "mapping": mapping }));
    assert_eq!((&job["summary"]["imported"], &job["rejected"]), (&json!(1), &json!(1)));
    await_waiting(&app, 0);
    // The rows that were not taken still know their columns.
    let errors = owner.get(&format!("/api/v1/imports/{id}/errors.csv"));
    let text = String::from_utf8(errors.bytes).unwrap();
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines[0], "line,code,field,reason,phone,name");
    assert!(lines[1].starts_with("3,identifier_invalid,") && lines[1].ends_with("not a phone,Ben"), "{text}");
    assert_eq!(owner.get(&format!("/api/v1/imports/{id}/preview")).says(), "409 import_file_gone");
    assert_eq!(owner.post(&format!("/api/v1/imports/{id}/start"), json!({})).says(), "409 import_file_gone");
}

fn uploads_of_no_job_are_swept(test: TestDb) {
    let app = TestApp::new(test);
    let owner = app.owner();
    upload(&owner, "people", "phone\n13912345678\n");
    let day = Duration::from_secs(86_400);
    let now = UNIX_EPOCH + Duration::from_millis(app.test.clock.now().millis() as u64);
    for (name, age) in [("aa.sealed", 2 * day), ("bb.sealed", day / 2), ("cc.txt", 9 * day)] {
        let file = File::create(app.test.folder().join("uploads").join(name)).unwrap();
        file.set_modified(now - age).unwrap();
    }
    siyu_api::imports::settle_interrupted(&app.app, true).unwrap();
    let mut left: Vec<_> = fs::read_dir(app.test.folder().join("uploads")).unwrap().flatten().collect();
    left.retain(|entry| entry.file_name().len() < 20);
    let mut names: Vec<_> = left.iter().map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!((names, waiting(&app)), (vec!["bb.sealed".to_owned(), "cc.txt".to_owned()], 2));
}
