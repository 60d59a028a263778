//! Drives the program as people do: by its command line and over HTTP.

#![allow(dead_code, reason = "each file of tests uses a part of this")]

pub mod cluster;
pub mod disk;
pub mod http;
pub mod orders;
pub mod traffic;
pub mod wecom;

use serde_json::Value;
use siyu_kernel::Chance;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub const PASSWORD: &str = "correct-horse-9";
static COUNT: AtomicU32 = AtomicU32::new(0);

/// The program that people get when `SIYU_BIN` names it, else the one cargo made for these tests.
pub fn siyu() -> Command {
    let named = std::env::var_os("SIYU_BIN").map(PathBuf::from).filter(|path| path.is_file());
    let mut command = Command::new(named.unwrap_or_else(|| env!("CARGO_BIN_EXE_siyu").into()));
    for name in ["SIYU_DATA", "SIYU_POSTGRES", "SIYU_PASSWORD", "SIYU_LOG"] {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// How often the program is killed: `SIYU_KILLS` asks for another number.
pub fn kills(usual: usize) -> usize {
    std::env::var("SIYU_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// A generator whose seed is printed. `SIYU_SEED` repeats a run.
pub fn chance(name: &str) -> Chance {
    let seed = std::env::var("SIYU_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| Chance::from_entropy().next());
    eprintln!("{name}: SIYU_SEED={seed}");
    Chance::seeded(seed)
}

/// How a command ended.
pub struct Ran {
    pub ok: bool,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn new(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the program speaks UTF-8");
        Self { ok: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
    }
    /// The one JSON line of a command that went well.
    pub fn json(&self) -> Value {
        assert!(self.ok, "failed: {}{}", self.out, self.err);
        let lines: Vec<&str> = self.out.lines().collect();
        assert_eq!(lines.len(), 1, "one line on standard output, not: {}", self.out);
        serde_json::from_str(lines[0]).expect("the line is JSON")
    }
    /// Every line of standard output.
    pub fn lines(&self) -> Vec<Value> {
        assert!(self.ok, "failed: {}{}", self.out, self.err);
        self.out.lines().map(|line| serde_json::from_str(line).expect("the line is JSON")).collect()
    }
    /// The code of a refusal, from the last `[code]` or `[code: field]` that standard error names.
    pub fn code(&self) -> String {
        assert!(!self.ok, "it went through: {}", self.out);
        let rest = self.err.lines().rfind(|line| line.starts_with("siyu: ")).and_then(|line| line.rsplit_once(" ["));
        let (_, rest) = rest.unwrap_or_else(|| panic!("no refusal in {:?}", self.err));
        rest.trim_end_matches(']').split(':').next().unwrap_or_default().to_owned()
    }
}

/// A folder for one test, with a workspace's data folder in it; both disappear with the test.
pub struct Place {
    pub root: PathBuf,
    pub data: PathBuf,
    schema: Option<(String, String)>,
}

impl Place {
    /// Nothing made yet.
    pub fn empty() -> Self {
        let name = format!("siyu-program-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let root = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).expect("the temporary folder can be written");
        Self { data: root.join("data"), root, schema: None }
    }
    /// A folder with an address for it on the PostgreSQL of the tests; `None`, loudly, where there is none.
    pub fn empty_postgres() -> Option<Self> {
        Some(Self::empty_on(&siyu_testkit::postgres_url()?))
    }
    fn empty_on(url: &str) -> Self {
        let mut place = Self::empty();
        let schema = format!("prog{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        place.schema = Some((url.to_owned(), schema));
        place
    }
    /// A workspace on this server.
    pub fn on(url: &str) -> Self {
        let place = Self::empty_on(url);
        place.init();
        place
    }
    /// A workspace in a file, in dollars, on Shanghai's days.
    pub fn sqlite() -> Self {
        let place = Self::empty();
        place.init();
        place
    }
    pub fn postgres() -> Option<Self> {
        let place = Self::empty_postgres()?;
        place.init();
        Some(place)
    }
    fn init(&self) {
        let mut args =
            vec!["init", "--name", "Test", "--admin", "a@example.com", "--password", PASSWORD, "--currency", "USD"];
        args.extend(self.database());
        let ran = self.run(&args);
        assert!(ran.ok, "{}", ran.err);
    }
    /// Arguments that name the PostgreSQL of this place, if it has one.
    pub fn database(&self) -> Vec<&str> {
        self.schema.as_ref().map_or_else(Vec::new, |(url, schema)| vec!["--postgres", url, "--schema", schema])
    }
    /// A command on this workspace.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = siyu();
        command.args(args).arg("--data").arg(&self.data);
        command
    }
    pub fn run(&self, args: &[&str]) -> Ran {
        Ran::new(self.command(args).output().expect("the program starts"))
    }
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.root.join(name);
        fs::write(&path, bytes).expect("the temporary folder can be written");
        path.to_str().expect("a plain path").to_owned()
    }
    pub fn path(&self, name: &str) -> String {
        self.root.join(name).to_str().expect("a plain path").to_owned()
    }
    /// The secret of a new key; `write` or `api`.
    pub fn key(&self, kind: &str) -> String {
        let made = self.run(&["key", "create", "--kind", kind, "--json"]).json();
        made["secret"].as_str().expect("a new key shows its secret").to_owned()
    }
    pub fn import(&self, kind: &str, file: &str, more: &[&str]) -> Value {
        let mut args = vec!["import", kind, file];
        args.extend(more);
        self.run(&args).json()
    }
    /// All checks of `doctor`; a backup that is missing is no fault of a test.
    pub fn assert_sound(&self) {
        let ran = self.run(&["doctor", "--json"]);
        let bad = ran.lines().into_iter().find(|check| check["state"] != "ok" && check["key"] != "backups");
        assert!(bad.is_none(), "{bad:?}");
        let keys: Vec<String> =
            ran.lines().iter().filter_map(|check| check["key"].as_str().map(str::to_owned)).collect();
        assert!(["database", "log", "books"].iter().all(|key| keys.iter().any(|own| own == key)), "{keys:?}");
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
        if let Some((url, schema)) = &self.schema
            && let Ok(mut client) = postgres::Client::connect(url, postgres::NoTls)
        {
            let _ = client.batch_execute(&format!("DROP SCHEMA IF EXISTS \"{schema}\" CASCADE"));
        }
    }
}

/// The running server; killed with the test.
pub struct Server {
    child: Child,
    pub address: String,
}

impl Server {
    /// Starts it on a free port and waits until it says that it is ready.
    #[allow(clippy::zombie_processes, reason = "dropping the server kills it and waits for it")]
    pub fn start(place: &Place) -> Self {
        Self::start_telling(place, "warn", std::io::sink())
    }
    /// What it tells from then on goes to `log`.
    #[allow(clippy::zombie_processes, reason = "dropping the server kills it and waits for it")]
    pub fn start_telling(place: &Place, level: &str, mut log: impl std::io::Write + Send + 'static) -> Self {
        let mut command = place.command(&["serve", "--listen", "127.0.0.1:0", "--log", level]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut reader = BufReader::new(child.stderr.take().expect("standard error is ours"));
        let mut said = String::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                let _ = child.wait();
                panic!("the server ended at its start: {said}");
            }
            if let Some((_, address)) = line.trim().rsplit_once("http://") {
                let address = address.to_owned();
                // A pipe that nobody reads would stop the server once it is full.
                std::thread::spawn(move || drop(std::io::copy(&mut reader, &mut log)));
                return Self { child, address };
            }
            said.push_str(&line);
        }
    }
    /// `kill -9`.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
    pub fn api(&self, key: &str, path: &str) -> Value {
        let (status, body) = http::get(&self.address, &format!("/api/v1{path}"), key).expect("the server answers");
        assert_eq!(status, 200, "{path}: {body}");
        body
    }
    /// The gate holds nobody back whom WeCom would not; `more`: further rules.
    pub fn without_limits(&self, key: &str, more: &Value) {
        let mut rules = serde_json::json!({
            "caps": [], "approval_above": 1_000_000, "quota": "month", "quiet": null, "fatigue": null, "contest_minutes": 0,
            "holdout": { "percent": 0.0, "salt": "" }, "consent": []
        });
        rules.as_object_mut().expect("rules").extend(more.as_object().expect("further rules").clone());
        let body = serde_json::json!({ "rules": rules });
        let (status, answer) = http::put(&self.address, "/api/v1/gate/rules", key, &body).expect("an answer");
        assert_eq!(status, 200, "{answer}");
    }
    pub fn stats(&self, key: &str) -> Value {
        self.api(key, "/stats")
    }
    /// The id of the one person with this identifier.
    pub fn person(&self, key: &str, identifier: &str) -> String {
        let found = self.api(key, &format!("/people?identifier={identifier}"));
        let items = found["items"].as_array().expect("a list");
        assert_eq!(items.len(), 1, "{identifier}: {found}");
        items[0]["id"].as_str().expect("a person has an id").to_owned()
    }
    /// Hands a file to the console's import; its id.
    pub fn upload(&self, key: &str, kind: &str, text: &str) -> String {
        let path = format!("/api/v1/imports?kind={kind}&filename={kind}.csv");
        let (status, job) = http::post_bytes(&self.address, &path, key, "application/octet-stream", text.as_bytes())
            .expect("an answer");
        assert_eq!(status, 201, "{job}");
        job["id"].as_str().expect("an import has an id").to_owned()
    }
    /// `map` as for the command.
    pub fn start_import(&self, key: &str, id: &str, map: &[&str]) {
        let pairs = map.iter().filter_map(|pair| pair.split_once('='));
        let mapping: serde_json::Map<_, _> =
            pairs.map(|(field, column)| (field.to_owned(), Value::from(column))).collect();
        let body = serde_json::json!({ "mapping": mapping });
        let (status, answer) =
            http::post(&self.address, &format!("/api/v1/imports/{id}/start"), key, &body).expect("an answer");
        assert_eq!(status, 200, "{answer}");
    }
    /// The import as it ended; the server may have trouble meanwhile.
    pub fn await_import(&self, key: &str, id: &str) -> Value {
        let ended = (0..1_200).find_map(|_| {
            std::thread::sleep(Duration::from_millis(100));
            let (_, job) = http::get(&self.address, &format!("/api/v1/imports/{id}"), key).ok()?;
            (job["state"] != "running" && job["state"].is_string()).then_some(job)
        });
        ended.expect("the import ends")
    }
    /// Every item of a paged list.
    pub fn all(&self, key: &str, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let mut after = String::new();
        loop {
            let sign = if path.contains('?') { '&' } else { '?' };
            let mut page = self.api(key, &format!("{path}{sign}limit=200{after}"));
            items.append(page["items"].as_array_mut().expect("a list"));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => return items,
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Stats, and the id of every person: what a move to another database must not change.
pub fn answers(place: &Place, key: &str) -> (Value, Vec<String>) {
    let server = Server::start(place);
    let people = server.all(key, "/people?sort=created_at");
    let mut ids: Vec<String> = people.iter().filter_map(|person| person["id"].as_str().map(str::to_owned)).collect();
    ids.sort();
    (server.stats(key), ids)
}

/// All files below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder can be read").flatten();
    entries.flat_map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { vec![entry.path()] }).collect()
}
