//! WeCom beside serving, and its commands.

use crate::args::{Place, Wecom, WecomCommand, WecomConnect};
use crate::jobs::nap;
use crate::output;
use crate::workspace::{Folder, Open};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Deserialize;
use serde_json::{Value, json};
use siyu_access::{Actor, audit};
use siyu_api::App;
use siyu_contacts::{ConnectionIn, Ran, SyncRow, SyncState};
use siyu_db::{Lease, OpenMode, acquire, release};
use siyu_kernel::{Refusal, Time};
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

/// A step that takes longer may be begun by another process, too: only one of the two is saved.
const LEASE_SECONDS: i64 = 15;
const IDLE_MILLIS: u64 = 500;
const FAILED_MILLIS_MAX: u64 = 60_000;

/// One step of background work.
type Step = fn(&App) -> Result<Ran, Refusal>;

#[derive(Clone, Copy)]
struct Job {
    name: &'static str,
    by: By,
    step: Step,
    needs: Needs,
}

/// Whether one process at a time does it.
#[derive(Clone, Copy, PartialEq)]
enum By {
    One,
    Each,
}

/// Without which there is nothing to do. Looking costs a reading unit; the lease is taken, in a writing one, only when it is there.
#[derive(Clone, Copy, PartialEq)]
enum Needs {
    Wecom,
    Journeys,
    Direct,
}

impl Needs {
    fn are_met(self, app: &App) -> Result<bool, Refusal> {
        app.db.read(|tx| match self {
            Self::Wecom => Ok(app.contacts.connection(tx)?.is_some()),
            Self::Journeys => app.journeys.any_open(tx),
            Self::Direct => app.direct.any_open(tx),
        })
    }
}

/// Journeys, and what they decided: a thread each.
pub fn keep_journeys(open: &Arc<Open>, stop: &Arc<AtomicBool>, holder: &str) -> Vec<JoinHandle<()>> {
    let jobs: [(&'static str, By, Step); 3] = [
        ("journeys", By::One, work_journeys),
        ("plays", By::One, |app| app.plays.work_messages()),
        ("webhooks", By::One, |app| app.plays.work_hooks()),
    ];
    start(open, stop, holder, Needs::Journeys, jobs)
}

/// Mail and SMS: what is decided, and a thread for each carrier, so that none waits for the other; and tests of contents.
pub fn keep_direct(open: &Arc<Open>, stop: &Arc<AtomicBool>, holder: &str) -> Vec<JoinHandle<()>> {
    let jobs: [(&'static str, By, Step); 4] = [
        ("direct-gate", By::One, |app| app.direct.work_gate()),
        ("direct-tests", By::One, |app| app.reach.work_tests(|channel| channel.is_direct())),
        ("direct-mail", By::One, |app| app.direct.work_mail()),
        ("direct-sms", By::One, |app| app.direct.work_sms()),
    ];
    start(open, stop, holder, Needs::Direct, jobs)
}

fn work_journeys(app: &App) -> Result<Ran, Refusal> {
    Ok(match app.journeys.step()? {
        siyu_journeys::Ran::Went => Ran::Went,
        siyu_journeys::Ran::Later(at) => Ran::Waits(at),
        siyu_journeys::Ran::Nothing => Ran::Nothing,
    })
}

fn start<const N: usize>(
    open: &Arc<Open>,
    stop: &Arc<AtomicBool>,
    holder: &str,
    needs: Needs,
    jobs: [(&'static str, By, Step); N],
) -> Vec<JoinHandle<()>> {
    let start = |(name, by, step)| {
        let (open, stop, holder) = (Arc::clone(open), Arc::clone(stop), holder.to_owned());
        std::thread::spawn(move || run(&open, &stop, Job { name, by, step, needs }, &holder))
    };
    jobs.into_iter().map(start).collect()
}

/// The full sync, the inbox, what goes out, files, live codes, welcomes: a thread each, so that none waits for another.
pub fn keep(open: &Arc<Open>, stop: &Arc<AtomicBool>, holder: &str) -> Vec<JoinHandle<()>> {
    let jobs: [(&'static str, By, Step); 16] = [
        ("wecom-sync", By::One, |app| app.contacts.sync_step()),
        ("wecom-inbox", By::One, work_inbox),
        ("wecom-outgoing", By::One, |app| app.contacts.work_outgoing()),
        ("wecom-handover", By::One, |app| app.contacts.work_handovers()),
        ("wecom-alerts", By::One, |app| app.contacts.work_alerts()),
        ("channel-codes", By::One, |app| app.channels.step()),
        ("nudges", By::One, |app| app.guides.work_nudges()),
        ("leads", By::One, |app| app.leads.step()),
        ("wecom-files", By::One, |app| app.reach.work_files()),
        ("wecom-messages", By::One, |app| app.reach.work_messages()),
        ("wecom-groups", By::One, |app| app.reach.work_groups()),
        ("wecom-moments", By::One, |app| app.reach.work_moments()),
        ("sops", By::One, |app| siyu_api::sops(app).work()),
        ("gate", By::One, |app| app.reach.work_gate()),
        ("welcomes-told", By::One, |app| app.reach.tell_welcomes()),
        // A lease of a process that has ended would outlast the seconds a welcome has.
        ("welcomes", By::Each, |app| app.reach.sweep_welcomes()),
    ];
    if let Err(refusal) = open.app.contacts.begin_serving() {
        tracing::warn!(code = refusal.code, "the doctor will judge the clock by older callbacks, too");
    }
    start(open, stop, holder, Needs::Wecom, jobs)
}

fn work_inbox(app: &App) -> Result<Ran, Refusal> {
    let ran = app.contacts.work_inbox()?;
    if ran == Ran::Nothing {
        app.contacts.tidy()?;
    }
    Ok(ran)
}

fn run(open: &Open, stop: &AtomicBool, job: Job, holder: &str) {
    let name = job.name;
    let mut failures = 0;
    while !stop.load(Ordering::SeqCst) {
        match turn(open, job, holder) {
            Ok(pause) => {
                failures = 0;
                if pause > 0 {
                    nap(stop, pause);
                }
            }
            Err(refusal) => {
                tracing::warn!(job = name, code = refusal.code, error = %refusal, "work in the background will be tried again");
                nap(stop, (1_000 << failures.min(6)).min(FAILED_MILLIS_MAX));
                failures += 1;
            }
        }
    }
    let lease = Lease { name: name.to_owned(), holder: holder.to_owned(), until: Time::default() };
    // A lease that cannot be given back runs out.
    let _ = open.app.db.transact(move |tx| Ok(release(tx, &lease)?));
}

/// A step, under the lease where one process does it, and how long to pause after it.
fn turn(open: &Open, job: Job, holder: &str) -> Result<u64, Refusal> {
    let (app, Job { name, by, step, needs }) = (&open.app, job);
    if !needs.are_met(app)? {
        return Ok(2_000);
    }
    let (own, now) = (holder.to_owned(), app.now());
    if by == By::One && app.db.transact(move |tx| Ok(acquire(tx, name, &own, now, LEASE_SECONDS)?.is_none()))? {
        return Ok(5_000);
    }
    // A mistake of ours must not end the thread.
    let ran = catch_unwind(AssertUnwindSafe(|| step(app)))
        .unwrap_or_else(|_| Err(Refusal::internal("a step of the work in the background panicked")))?;
    Ok(match ran {
        Ran::Went => 0,
        Ran::Nothing => IDLE_MILLIS,
        // Short naps: what comes meanwhile must not wait for what waits.
        Ran::Waits(at) => ((at.0 - app.now().0).max(0) as u64 / 1000).clamp(10, 1_000),
    })
}

pub fn wecom(args: &Wecom, json: bool) -> Result<(), Refusal> {
    match &args.command {
        WecomCommand::Connect(args) => connect(args, json),
        WecomCommand::Status(place) => status(place, json),
        WecomCommand::Sync(place) => sync(place, json),
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Given {
    corp_id: Option<String>,
    agent_id: Option<i64>,
    secret: Option<String>,
    customer_secret: Option<String>,
    contacts_secret: Option<String>,
    callback_token: Option<String>,
    callback_key: Option<String>,
}

fn given(args: &WecomConnect) -> Result<Given, Refusal> {
    let Some(path) = &args.from else { return Ok(Given::default()) };
    let unreadable = |error: &dyn std::fmt::Display| {
        let (en, zh) =
            (format!("The file with the credentials cannot be read: {error}."), format!("无法读取凭证文件：{error}。"));
        Refusal::invalid("wecom_credentials_file", en, zh).field("from")
    };
    let mut text = String::new();
    if path.as_os_str() == "-" {
        std::io::stdin().read_to_string(&mut text).map_err(|error| unreadable(&error))?;
    } else {
        text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    }
    serde_json::from_str(&text).map_err(|error| unreadable(&error))
}

fn open(place: &Place) -> Result<Open, Refusal> {
    Folder::open(&place.data)?.open_all(OpenMode::Migrate, false)
}

fn connect(args: &WecomConnect, as_json: bool) -> Result<(), Refusal> {
    let file = given(args)?;
    let input = ConnectionIn {
        corp_id: args.corp_id.clone().or(file.corp_id),
        agent_id: args.agent_id.or(file.agent_id),
        base: args.base.clone(),
        app_secret: args.secret.clone().or(file.secret),
        customer_secret: args.customer_secret.clone().or(file.customer_secret),
        contacts_secret: args.contacts_secret.clone().or(file.contacts_secret),
        callback_token: args.callback_token.clone().or(file.callback_token),
        callback_key: args.callback_key.clone().or(file.callback_key),
        match_phones: None,
    };
    let open = open(&args.place)?;
    let app = open.app.clone();
    let connection = open.app.db.transact(move |tx| {
        let connection = app.contacts.connect(tx, &input, app.now())?;
        let actor = Actor::system("cli");
        audit::record(tx, app.now(), &actor, "wecom.connect", Some(&connection.corp_id), &json!({}))?;
        Ok(connection)
    })?;
    open.app.contacts.check_credentials()?;
    if as_json {
        output::line(
            &json!({ "corp_id": connection.corp_id, "agent_id": connection.agent_id, "base": connection.base }),
        );
    }
    output::say("凭证有效。下一步：siyu wecom sync", "The credentials are right. Next: siyu wecom sync");
    Ok(())
}

fn status(place: &Place, as_json: bool) -> Result<(), Refusal> {
    let open = open(place)?;
    let contacts = &open.app.contacts;
    let (connection, inbox, outgoing, newest) = open.app.db.read(|tx| {
        let newest = contacts.syncs(tx, 1)?.pop();
        Ok((contacts.connected(tx)?.shown(), contacts.inbox(tx)?, contacts.outgoing(tx)?, newest))
    })?;
    let told = json!({
        "corp_id": connection.corp_id, "base": connection.base, "trouble": connection.trouble, "verified_at": connection.verified_at,
        "last_callback_at": inbox.last_at, "inbox_waiting": inbox.waiting, "inbox_aside": inbox.aside,
        "outgoing_waiting": outgoing.waiting, "outgoing_failed": outgoing.failed, "conflicts": outgoing.conflicts,
        "sync": newest.as_ref().map(sync_line)
    });
    if as_json {
        output::line(&told);
    } else {
        let shown = serde_json::to_string_pretty(&told).map_err(Refusal::internal)?;
        println!("{shown}");
    }
    Ok(())
}

fn sync_line(row: &SyncRow) -> Value {
    json!({
        "id": row.id, "state": row.state.name(), "phase": row.phase, "done": row.done, "total": row.total, "counts": row.counts, "error": row.error
    })
}

/// Goes on with the sync that is there, or begins one, and carries it out here unless a server does.
fn sync(place: &Place, as_json: bool) -> Result<(), Refusal> {
    const LEASE: &str = "wecom-sync";
    let open = open(place)?;
    let (app, holder) = (&open.app, format!("cli-{}", std::process::id()));
    let own = app.clone();
    let row = app.db.transact(move |tx| match own.contacts.running_sync(tx)? {
        Some(row) => Ok(row),
        None => own.contacts.start_sync(tx, "cli", own.now()),
    })?;
    let bar = if output::to_terminal() && !as_json { ProgressBar::new(0) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("{msg:12} {wide_bar} {pos}/{len}").map_err(Refusal::internal)?;
    bar.set_style(style);
    let never = AtomicBool::new(false);
    let row = loop {
        let here = app.db.read(|tx| app.contacts.sync(tx, &row.id))?;
        if here.state != SyncState::Running {
            break here;
        }
        bar.set_message(here.phase.clone());
        bar.set_length(here.total.max(0) as u64);
        bar.set_position(here.done.max(0) as u64);
        let (name, now) = (holder.clone(), app.now());
        let mine = app.db.transact(move |tx| Ok(acquire(tx, LEASE, &name, now, LEASE_SECONDS)?.is_some()))?;
        match if mine { app.contacts.sync_step()? } else { Ran::Nothing } {
            Ran::Went => {}
            Ran::Nothing | Ran::Waits(_) => nap(&never, 500),
        }
    };
    bar.finish_and_clear();
    let lease = Lease { name: LEASE.to_owned(), holder, until: Time::default() };
    app.db.transact(move |tx| Ok(release(tx, &lease)?))?;
    if as_json {
        output::line(&sync_line(&row));
    }
    if row.state != SyncState::Done {
        let why = row.error.unwrap_or_else(|| row.state.name().to_owned());
        return Err(Refusal::conflict(
            "wecom_sync_failed",
            format!("The sync ended before it was complete: {why}."),
            format!("同步未完成：{why}。"),
        ));
    }
    let own = row.counts;
    output::say(
        &format!(
            "同步完成：员工 {}，客户关系 {}，标签 {}，客户群 {}（成员 {}）",
            own.staff, own.relations, own.tags, own.groups, own.members
        ),
        &format!(
            "Synced: {} staff, {} customer relations, {} tags, {} groups with {} members",
            own.staff, own.relations, own.tags, own.groups, own.members
        ),
    );
    Ok(())
}
