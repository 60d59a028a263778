//! `siyu sandbox`: a simulated WeCom in a process of its own, and its switches.

use super::{Place, http, siyu};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

pub const TOKEN: &str = "QDG6eK";
pub const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

pub struct Wecom {
    child: Child,
    pub address: String,
}

impl Drop for Wecom {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Wecom {
    /// `more`: further arguments, such as `--standing`.
    #[allow(clippy::zombie_processes, reason = "dropping it kills it and waits for it")]
    pub fn start(scale: &str, more: &[&str]) -> Self {
        let args = ["--json", "sandbox", "--listen", "127.0.0.1:0", "--scale", scale, "--seed", "7"];
        let mut child = siyu()
            .args(args)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("standard output is ours"))
            .read_line(&mut line)
            .expect("it says where");
        let said = serde_json::from_str::<Value>(&line).expect("one JSON line");
        let url = said["url"].as_str().expect("its address");
        Self { child, address: url.trim_start_matches("http://").to_owned() }
    }
    /// One in which nobody does anything by themselves.
    pub fn quiet(scale: &str) -> Self {
        let wecom = Self::start(scale, &[]);
        wecom.post("/sandbox/settings", &json!({ "hush": true }));
        wecom
    }
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }
    pub fn get(&self, path: &str) -> Value {
        let (status, answer) = http::get(&self.address, path, "").expect("it answers");
        assert_eq!(status, 200, "{answer}");
        answer
    }
    pub fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = http::post(&self.address, path, "", body).expect("it answers");
        assert_eq!(status, 200, "{answer}");
        answer
    }
    pub fn list(&self, what: &str) -> Vec<Value> {
        self.get(&format!("/sandbox/list/{what}?limit=100000")).as_array().expect("a list").clone()
    }
    pub fn act(&self, deed: &Value) -> Value {
        self.post("/sandbox/act", deed)
    }
    /// Friendships that live.
    pub fn active(&self) -> Vec<Value> {
        self.list("relations").into_iter().filter(|own| own["status"] == "Active").collect()
    }
}

/// Connects the workspace to this WeCom and reads all of it.
pub fn connected(place: &Place, wecom: &Wecom) {
    let file = place.write("credentials.json", wecom.get("/sandbox/credentials").to_string());
    let base = wecom.base();
    let more = ["--callback-token", TOKEN, "--callback-key", AES_KEY];
    let connected = place.run(&[&["wecom", "connect", "--from", &file, "--base", &base, "--json"][..], &more].concat());
    assert!(connected.ok, "{}", connected.err);
    let synced = place.run(&["wecom", "sync", "--json"]);
    assert!(synced.ok, "{}", synced.err);
}

/// Waits until something is so, for a minute at most.
pub fn until(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..600 {
        if so() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{what} did not come about");
}
