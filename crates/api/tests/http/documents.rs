//! The API document, the page that shows it, the console's files.

use crate::support::{TestApp, on_both};
use siyu_testkit::TestDb;

on_both!(
    the_document_is_served_and_whole,
    the_page_loads_nothing_from_elsewhere,
    the_console_answers_its_own_addresses
);

fn the_document_is_served_and_whole(test: TestDb) {
    let app = TestApp::fresh(test);
    let document = app.nobody().get("/api/openapi.json").ok();
    assert_eq!(document["info"]["title"], "Siyu API");
    assert!(
        document["components"]["securitySchemes"]["session"].is_object()
            && document["components"]["securitySchemes"]["key"].is_object()
    );
    assert_eq!(document["paths"]["/api/v1/users"]["post"]["x-permission"], "users.manage");
    assert_eq!(document["paths"]["/api/v1/users"]["get"]["parameters"][0]["name"], "limit");
    // Every reference leads somewhere.
    let text = document.to_string();
    for part in text.split("\"#/components/schemas/").skip(1) {
        let name = &part[..part.find('"').unwrap()];
        assert!(document["components"]["schemas"][name].is_object(), "schema {name} is missing");
    }
}

/// The console's types are made from this file. After a change of the API: `make contract`.
#[test]
fn the_console_is_built_from_this_document() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../console/openapi.json");
    let now = siyu_api::openapi().to_pretty_json().unwrap() + "\n";
    if std::env::var_os("SIYU_BLESS").is_some() {
        std::fs::write(path, &now).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap();
    let line = kept.lines().zip(now.lines()).position(|(kept, now)| kept != now).map_or(0, |at| at + 1);
    assert!(
        kept == now,
        "console/openapi.json is not the program's document any more (line {line}): run `make contract`"
    );
}

fn the_page_loads_nothing_from_elsewhere(test: TestDb) {
    let app = TestApp::fresh(test);
    for (path, kind) in
        [("/api/docs", "text/html"), ("/api/docs/docs.js", "text/javascript"), ("/api/docs/docs.css", "text/css")]
    {
        let res = app.nobody().get(path);
        assert!(res.header("content-type").starts_with(kind), "{path}");
        let text = res.text();
        assert!(!text.contains("http://") && !text.contains("https://") && !text.contains("//cdn"), "{path}");
        assert!(text.len() > 300, "{path}");
    }
    assert!(app.nobody().get("/api/docs").header("content-security-policy").contains("default-src 'self'"));
}

fn the_console_answers_its_own_addresses(test: TestDb) {
    let app = TestApp::fresh(test);
    for path in ["/", "/people", "/people/psn_1/identity"] {
        let res = app.nobody().get(path);
        assert!(res.status == 200 && res.header("content-type").starts_with("text/html"), "{path}: {}", res.text());
        assert_eq!(res.header("cache-control"), "no-cache");
    }
    let tag = app.nobody().get("/").header("etag");
    assert_eq!(app.nobody().header("if-none-match", &tag).get("/").status, 304);
    assert_eq!(app.nobody().get("/assets/gone-123.js").says(), "404 no_such_path");
    assert_eq!(app.nobody().get("/../../etc/passwd.txt").says(), "404 no_such_path");
}
