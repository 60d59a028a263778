//! The demo brand: one that grows in a simulated WeCom, or a real retail data set.

mod apart;
mod entrances;
mod greetings;
mod grown;
mod journeys;
mod library;
mod living;
mod made;
mod pool;
mod retail;
mod sops;
mod team;
mod tills;

use crate::args::{Demo, Sample};
use crate::commands::first_user;
use crate::output;
use crate::serve::listen;
use crate::workspace::{Folder, Open};
use serde_json::json;
use siyu_access::Locale;
use siyu_api::{App, Workspace};
use siyu_db::{OpenMode, Tx, params};
use siyu_kernel::{Refusal, Stopwatch};
use std::path::Path;

const EMAIL: &str = "demo@siyu.example";
const PASSWORD: &str = "demo-password.txt";
/// Settings that say what a demo folder holds and how far it has come.
const SAMPLE: &str = "demo.sample";
const COMPLETE: &str = "demo.complete";

pub fn demo(args: &Demo, _json: bool) -> Result<(), Refusal> {
    let ready = Ready { watch: Stopwatch::start(), password: args.place.data.join(PASSWORD) };
    // Before anything is made.
    grown::scale(&args.scale)?;
    let folder = prepare(args)?;
    match sample(&folder, args.sample)? {
        Sample::Grown => grown::demo(args, &folder, &ready),
        Sample::Retail => {
            let open = folder.open_all(OpenMode::Migrate, false)?;
            if noted(&open, COMPLETE)?.is_none() {
                retail::fill(&open, &args.place.data)?;
            }
            if args.no_serve {
                return ready.tell(&open.app, None);
            }
            serve(args, open, &ready, |_| Ok(()))
        }
    }
}

/// Makes the workspace and its user, unless they are there.
fn prepare(args: &Demo) -> Result<Folder, Refusal> {
    let data = &args.place.data;
    if Folder::exists(data) {
        let folder = Folder::open(data)?;
        // The password is the last thing that is made.
        if data.join(PASSWORD).exists() {
            return Ok(folder);
        }
        let open = folder.open_all(OpenMode::Migrate, false)?;
        if !open.app.access.users(1, None)?.items.is_empty() {
            return Err(Refusal::conflict(
                "demo_folder",
                format!("{} holds a workspace that is no demo. Give the demo a folder of its own.", data.display()),
                format!("{} 中已有并非示例的工作区，请为示例另选目录。", data.display()),
            ));
        }
        drop(open);
        make(&folder, args)?;
        return Ok(folder);
    }
    let folder = Folder::create(data, None, "siyu", None)?;
    make(&folder, args)?;
    Ok(folder)
}

fn make(folder: &Folder, args: &Demo) -> Result<(), Refusal> {
    let password: String = siyu_kernel::Chance::secret::<9>()
        .iter()
        .map(|byte| char::from(b"abcdefghjkmnpqrstuvwxyz23456789"[usize::from(*byte) % 31]))
        .collect::<String>()
        + "-demo";
    let (name, currency) = match args.sample {
        Sample::Grown => ("美妆示例", "CNY"),
        Sample::Retail => ("零售示例", "USD"),
    };
    let settings = Workspace {
        name: name.into(),
        timezone: "Asia/Shanghai".into(),
        currency: currency.into(),
        locale: Locale::Zh,
    };
    // Before the user: a folder that has one has the password, too.
    crate::workspace::write_private(&args.place.data.join(PASSWORD), &format!("{password}\n"))?;
    let made = first_user(folder, settings, EMAIL, &password);
    if made.is_err() {
        let _ = std::fs::remove_file(args.place.data.join(PASSWORD));
    }
    made
}

/// What the folder holds; what is wanted when it holds nothing yet.
fn sample(folder: &Folder, wanted: Sample) -> Result<Sample, Refusal> {
    let open = folder.open_all(OpenMode::Migrate, false)?;
    let name = match noted(&open, SAMPLE)? {
        Some(name) => name,
        // Made by a version that knew only this one.
        None if noted(&open, "demo.shift")?.is_some() => "retail".to_owned(),
        None => {
            let name = if wanted == Sample::Grown { "grown" } else { "retail" };
            note(&open, SAMPLE, name)?;
            name.to_owned()
        }
    };
    Ok(if name == "retail" { Sample::Retail } else { Sample::Grown })
}

fn noted(open: &Open, name: &str) -> Result<Option<String>, Refusal> {
    open.app.db.read(|tx| noted_in(tx, name))
}

fn note(open: &Open, name: &'static str, value: &str) -> Result<(), Refusal> {
    note_in(&open.app, name, value)
}

fn note_in(app: &App, name: &'static str, value: &str) -> Result<(), Refusal> {
    let value = value.to_owned();
    app.db.transact(move |tx| note_within(tx, name, &value))
}

fn note_within(tx: &mut Tx<'_>, name: &str, value: &str) -> Result<(), Refusal> {
    tx.execute(
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name, value],
    )?;
    Ok(())
}

fn noted_in(tx: &mut Tx<'_>, name: &str) -> Result<Option<String>, Refusal> {
    Ok(tx.opt("SELECT value FROM setting WHERE name = $1", params![name], |row| row.text(0))?)
}

/// Serves; `ready` learns the local address once requests are answered.
fn serve(
    args: &Demo,
    open: Open,
    told: &Ready,
    ready: impl FnOnce(&str) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    siyu_api::start_logs(siyu_api::LogFormat::Text, "warn");
    let app = open.app.clone();
    listen(open, &args.listen, move |local| {
        ready(&local)?;
        told.tell(&app, Some(&format!("http://{local}")))
    })
}

/// What is told when the console can be used.
struct Ready {
    watch: Stopwatch,
    password: std::path::PathBuf,
}

impl Ready {
    fn tell(&self, app: &App, url: Option<&str>) -> Result<(), Refusal> {
        let password = std::fs::read_to_string(&self.password).unwrap_or_default();
        let password = password.trim();
        let (people, events, client) =
            app.db.read(|tx| Ok((app.people.count(tx)?, app.log.totals(tx)?.0, app.guides.settings(tx)?.client)))?;
        let chat = url.is_some().then_some(client).filter(|client| !client.is_empty());
        output::line(
            &json!({ "ready_s": (self.watch.seconds() * 100.0).round() / 100.0, "people": people, "events": events, "resident_mb": resident_mb(), "url": url, "chat": chat, "email": EMAIL, "password": password }),
        );
        if let Some(url) = url {
            output::say(
                &format!("\n  打开 {url}\n  账号 {EMAIL}\n  密码 {password}\n"),
                &format!("\n  Open     {url}\n  E-mail   {EMAIL}\n  Password {password}\n"),
            );
        }
        if let Some(chat) = chat {
            output::say(
                &format!("  导购侧边栏（模拟聊天窗口） {chat}\n"),
                &format!("  The guides' sidebar, beside a simulated chat: {chat}\n"),
            );
        }
        Ok(())
    }
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string(Path::new("/proc/self/status")).unwrap_or_default();
    let kib = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|n| n.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}
