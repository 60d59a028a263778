//! Working on the inbox: what a callback points at is read from WeCom, and the mirror follows.

use crate::Contacts;
use crate::client::Line;
use crate::events::{Happening, names};
use crate::inbox::Waiting;
use crate::mirror::{CustomerRead, Hint, Hints, Scope};
use crate::rows::key;
use siyu_db::{Tx, params};
use siyu_kernel::{Refusal, Time};
use siyu_wecom::callback::{
    Acquisition, ContactChange, Event, GroupChange, GroupDetail, Happened, StaffChange, TransferFailure,
};
use siyu_wecom::{Department, Error, ExternalContact, GroupChat, Kind, Retry, Staff, TagGroup};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What a step of background work came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ran {
    /// Something was done; there may be more.
    Went,
    /// Nothing is to be done before this instant.
    Waits(Time),
    Nothing,
}

const BATCH: i64 = 100;
/// Below the number of calls of one API that WeCom lets run at once.
const THREADS: usize = 4;
/// How often what WeCom refuses, or our own mistake, is tried before the callback is set aside.
const TRIES_MAX: i64 = 10;

/// One thing that callbacks ask to be looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Ask {
    Departments,
    Staff(String),
    Serving,
    Tags,
    Customer(String),
    Group(String),
}

enum Got {
    Departments(Vec<Department>),
    /// `None`: not there any more.
    Staff(String, Option<Box<Staff>>),
    Serving(Vec<String>),
    Tags(Vec<TagGroup>),
    Customer(CustomerRead),
    Group(String, Option<GroupChat>),
}

/// What a batch of callbacks asks for and tells.
#[derive(Default)]
struct Plan {
    /// The callbacks that wait for each answer.
    asks: BTreeMap<Ask, Vec<i64>>,
    hints: Hints,
    gone_by: BTreeMap<String, &'static str>,
    dismissed: BTreeMap<String, Time>,
    left: Vec<String>,
    transfers_failed: Vec<(String, String, &'static str, Time)>,
    aside: Vec<(i64, &'static str)>,
    /// All callbacks but those set aside.
    all: Vec<i64>,
}

impl Contacts {
    /// Works on callbacks that wait, oldest first, one batch. The caller holds the lease.
    ///
    /// Errors: those of the database; what WeCom says puts callbacks off.
    pub fn work_inbox(&self) -> Result<Ran, Refusal> {
        let now = self.now();
        let batch = self.inner.db.read(|tx| self.claim(tx, now, BATCH))?;
        if batch.is_empty() {
            let next = "SELECT MIN(due_at) FROM wecom_inbox WHERE state = 0";
            let next = self.inner.db.read(|tx| Ok(tx.one(next, &[], |row| row.opt_time(0))?))?;
            return Ok(next.map_or(Ran::Nothing, Ran::Waits));
        }
        let line = self.line()?;
        match self.work_on(&line, &batch, now) {
            Err(refusal) if batch.len() > 1 && !siyu_db::is_passing(&refusal) => {
                // Our own mistake with one of them: it must not hold the others.
                batch.iter().try_for_each(|row| self.work_alone(&line, row, now)).map(|()| Ran::Went)
            }
            Err(refusal) if !siyu_db::is_passing(&refusal) => {
                batch.iter().try_for_each(|row| self.blame(row, refusal.code, now)).map(|()| Ran::Went)
            }
            ran => ran,
        }
    }
    fn work_alone(&self, line: &Line, row: &Waiting, now: Time) -> Result<(), Refusal> {
        match self.work_on(line, std::slice::from_ref(row), now) {
            Err(refusal) if !siyu_db::is_passing(&refusal) => {
                tracing::error!(code = refusal.code, error = %refusal, "a callback could not be worked on");
                self.blame(row, refusal.code, now)
            }
            ran => ran.map(drop),
        }
    }
    /// Tries a callback again later, or sets it aside.
    fn blame(&self, row: &Waiting, reason: &'static str, now: Time) -> Result<(), Refusal> {
        let (contacts, id, tries) = (self.clone(), row.id, row.tries);
        self.inner.db.transact(move |tx| match tries < TRIES_MAX {
            true => contacts.put_back(tx, &[id], reason, now.plus_seconds(1 << tries.min(9))),
            false => contacts.set_aside(tx, id, reason),
        })
    }

    fn work_on(&self, line: &Line, batch: &[Waiting], now: Time) -> Result<Ran, Refusal> {
        let plan = plan(batch);
        let asks: Vec<&Ask> = plan.asks.keys().collect();
        let mut got = Vec::with_capacity(asks.len());
        let mut failed: Vec<(Vec<i64>, Error)> = Vec::new();
        for (ask, answer) in asks.iter().zip(fetch_all(line, &asks)) {
            match answer {
                Ok(one) => got.push(one),
                Err(error) => failed.push((plan.asks[*ask].clone(), error)),
            }
        }
        let off: BTreeSet<i64> = failed.iter().flat_map(|(rows, _)| rows).copied().collect();
        let done: Vec<i64> = plan.all.iter().copied().filter(|id| !off.contains(id)).collect();
        let unknown = self.apply(line, plan, got, done, now)?;
        let until = self.put_off_failed(batch, &failed, now)?;
        if unknown && let Ok(groups) = line.customer.corp_tags() {
            let contacts = self.clone();
            self.inner.db.transact(move |tx| contacts.put_tags(tx, &groups, true, now))?;
        }
        while self.drop_some_marks(now)? {}
        // When nothing at all could be read, the next look comes after the pause.
        Ok(until.filter(|_| off.len() == batch.len()).map_or(Ran::Went, Ran::Waits))
    }
    fn drop_some_marks(&self, now: Time) -> Result<bool, Refusal> {
        let gone = "SELECT 1 FROM wecom_tag WHERE gone_at IS NOT NULL AND local IS NOT NULL LIMIT 1";
        if self.inner.db.read(|tx| Ok(tx.opt(gone, &[], |row| row.int(0))?))?.is_none() {
            return Ok(false);
        }
        let contacts = self.clone();
        self.inner.db.transact(move |tx| Ok(contacts.drop_gone_marks(tx, 300, now)? == 300))
    }

    /// Everything that was read, in one unit with the end of its callbacks. Answers whether a tag came up that is not mirrored.
    fn apply(&self, line: &Line, plan: Plan, got: Vec<Got>, done: Vec<i64>, now: Time) -> Result<bool, Refusal> {
        let (contacts, match_phones) = (self.clone(), line.connection.match_phones);
        let (plan, got) = (Arc::new(plan), Arc::new(got));
        self.inner.db.transact(move |tx| {
            let seen = contacts.seen(tx)?;
            let scope = Scope { read_at: now, seen, whole: true, match_phones, hints: &plan.hints };
            let mut customers = Vec::new();
            for one in got.iter() {
                match one {
                    Got::Departments(all) => contacts.put_departments(tx, all, seen, now)?,
                    Got::Staff(_, Some(staff)) => contacts.put_staff(tx, std::slice::from_ref(&**staff), seen)?,
                    Got::Staff(id, None) => contacts.drop_staff(tx, id, now)?,
                    Got::Serving(all) => contacts.set_serving(tx, all)?,
                    Got::Tags(groups) => contacts.put_tags(tx, groups, true, now)?,
                    Got::Customer(read) => customers.push(read.clone()),
                    Got::Group(id, Some(group)) => {
                        let by = plan.gone_by.get(id).copied().unwrap_or("unknown");
                        let group = GroupChat { chat_id: id.clone(), ..group.clone() };
                        contacts.put_group(tx, &group, seen, now, by, now)?;
                    }
                    Got::Group(id, None) => contacts.dismiss_group(tx, id, now, now)?,
                }
            }
            let unknown = contacts.put_customers(tx, &customers, &scope, now)?;
            let ids: Vec<String> = customers.iter().map(|own| own.contact.external_userid.clone()).collect();
            contacts.hasten_handovers(tx, &ids, now)?;
            for (id, at) in &plan.dismissed {
                contacts.dismiss_group(tx, id, *at, now)?;
            }
            for id in &plan.left {
                contacts.drop_staff(tx, id, now)?;
            }
            contacts.note_failed_transfers(tx, &plan.transfers_failed, now)?;
            contacts.finish(tx, &done)?;
            for (id, reason) in &plan.aside {
                contacts.set_aside(tx, *id, reason)?;
            }
            Ok(unknown)
        })
    }

    /// Callbacks whose answers did not come wait; when WeCom will never answer them, they are set aside.
    fn put_off_failed(
        &self,
        batch: &[Waiting],
        failed: &[(Vec<i64>, Error)],
        now: Time,
    ) -> Result<Option<Time>, Refusal> {
        let mut until = None;
        for (rows, error) in failed {
            tracing::warn!(call = error.call, code = error.name(), detail = %error.detail, "callbacks wait");
            let hand = error.needs_a_hand();
            // What somebody has to put right, or what passes, is no fault of the callback: it waits as long as that takes.
            let final_ = !hand && !error.is_retryable();
            let (contacts, name, retry, rows) = (self.clone(), error.name(), error.retry, rows.clone());
            let tries: BTreeMap<i64, i64> = batch.iter().map(|row| (row.id, row.tries)).collect();
            let most = rows.iter().filter_map(|id| tries.get(id)).max().copied().unwrap_or(0);
            let due = match retry {
                Retry::At(at) => at.max(now.plus_seconds(1)),
                _ if hand => now.plus_seconds(60),
                _ => now.plus_seconds(1 << most.min(6)),
            };
            until = until.max(Some(due));
            self.inner.db.transact(move |tx| {
                if hand {
                    contacts.note_trouble(tx, Some(name), now)?;
                }
                let (keep, drop): (Vec<i64>, Vec<i64>) =
                    rows.iter().partition(|id| !final_ || tries.get(id).is_some_and(|tries| *tries < TRIES_MAX));
                contacts.put_back(tx, &keep, name, due)?;
                drop.iter().try_for_each(|id| contacts.set_aside(tx, *id, name))
            })?;
        }
        Ok(until)
    }

    fn note_failed_transfers(
        &self,
        tx: &mut Tx<'_>,
        failed: &[(String, String, &'static str, Time)],
        now: Time,
    ) -> Result<(), Refusal> {
        let mut events = Vec::new();
        for (contact, staff, reason, at) in failed {
            let num = tx.opt("SELECT num FROM wecom_contact WHERE id = $1", params![contact], |row| row.num(0))?;
            let Some(num) = num else { continue };
            if self.is_ours(tx, contact, staff, *at)? {
                continue;
            }
            let event = Happening::new(names::TRANSFER_FAILED, num, *at, &[contact, staff, &at.0.to_string()]);
            events.push(event.with("staff", staff).with("reason", reason));
        }
        self.append(tx, events, now)?;
        Ok(())
    }
}

/// Answers in the order of what was asked, a few at a time.
fn fetch_all(line: &Line, asks: &[&Ask]) -> Vec<Result<Got, Error>> {
    if asks.len() < 3 {
        return asks.iter().map(|ask| fetch(line, ask)).collect();
    }
    let (next, found) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(asks.len())));
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(ask) = asks.get(at) else { break };
            let answer = fetch(line, ask);
            found.lock().unwrap_or_else(|broken| broken.into_inner()).push((at, answer));
        }
    };
    std::thread::scope(|scope| (0..THREADS.min(asks.len())).for_each(|_| drop(scope.spawn(work))));
    let mut found = found.into_inner().unwrap_or_else(|broken| broken.into_inner());
    found.sort_by_key(|(at, _)| *at);
    found.into_iter().map(|(_, answer)| answer).collect()
}

fn fetch(line: &Line, ask: &Ask) -> Result<Got, Error> {
    // Whoever is not there any more is an answer, not a failure.
    let gone = |error: &Error, codes: &[i64]| error.code().is_some_and(|code| codes.contains(&code));
    match ask {
        Ask::Departments => line.contacts.departments(None).map(Got::Departments),
        Ask::Serving => line.customer.follow_users().map(Got::Serving),
        Ask::Tags => line.customer.corp_tags().map(Got::Tags),
        Ask::Staff(id) => match line.contacts.staff(id) {
            Ok(staff) => Ok(Got::Staff(id.clone(), Some(Box::new(staff)))),
            Err(error) if gone(&error, &[60111, 40003]) => Ok(Got::Staff(id.clone(), None)),
            Err(error) => Err(error),
        },
        Ask::Customer(id) => read_customer(line, id).map(Got::Customer),
        Ask::Group(id) => match line.customer.group(id) {
            Ok(group) => Ok(Got::Group(id.clone(), Some(group))),
            Err(error) if gone(&error, &[86001, 86003]) => Ok(Got::Group(id.clone(), None)),
            Err(error) => Err(error),
        },
    }
}

/// A customer as WeCom shows them; without relations when nobody's.
pub(crate) fn read_customer(line: &Line, id: &str) -> Result<CustomerRead, Error> {
    match line.customer.customer(id) {
        Ok(customer) if customer.external_contact.external_userid == *id => Ok(customer.into()),
        Ok(_) => Err(Error {
            call: "externalcontact/get",
            kind: Kind::Shape,
            detail: "another customer than was asked for".to_owned(),
            retry: Retry::Never,
            maybe_before: false,
        }),
        Err(error) if matches!(error.code(), Some(84061 | 40096)) => {
            let contact = ExternalContact { external_userid: id.to_owned(), ..ExternalContact::default() };
            Ok(CustomerRead { contact, follows: Vec::new() })
        }
        Err(error) => Err(error),
    }
}

fn plan(batch: &[Waiting]) -> Plan {
    let mut plan = Plan::default();
    for row in batch {
        let Some(event) = &row.event else {
            plan.aside.push((row.id, "unreadable"));
            continue;
        };
        match plan.take(row.id, event) {
            Ok(()) => plan.all.push(row.id),
            Err(reason) => plan.aside.push((row.id, reason)),
        }
    }
    plan
}

impl Plan {
    fn ask(&mut self, row: i64, ask: Ask) {
        self.asks.entry(ask).or_default().push(row);
    }
    fn take(&mut self, row: i64, event: &Event) -> Result<(), &'static str> {
        let at = event.at.unwrap_or_default();
        match &event.what {
            Happened::Contact { change, user_id, external_user_id } => {
                if external_user_id.is_empty() || user_id.is_empty() {
                    return Err("field_missing");
                }
                let pair = (external_user_id.clone(), key(user_id));
                match change {
                    ContactChange::HalfAdded { state, .. } => {
                        let state = state.clone().unwrap_or_default();
                        self.hints.insert(pair, Hint::Half { state, at });
                    }
                    ContactChange::RemovedByStaff { by_transfer, .. } => {
                        let by = if *by_transfer { "transfer" } else { "staff" };
                        self.hints.insert(pair, Hint::Lost { by, at });
                    }
                    ContactChange::RemovedByCustomer => {
                        self.hints.insert(pair, Hint::Lost { by: "customer", at });
                    }
                    ContactChange::TransferFailed { reason } => {
                        let reason = match reason {
                            TransferFailure::CustomerRefused => "customer_refused",
                            TransferFailure::CustomerLimit => "customer_limit_exceed",
                            TransferFailure::Other(_) => "other",
                        };
                        self.transfers_failed.push((pair.0, pair.1, reason, at));
                    }
                    ContactChange::Added { .. } | ContactChange::Edited | ContactChange::ArchiveApproved { .. } => {}
                }
                self.ask(row, Ask::Customer(external_user_id.clone()));
            }
            Happened::Acquisition(Acquisition::RemovedByCustomer(visit)) => {
                // The same loss comes as a change of the contact, too.
                if let Some(id) = &visit.external_user_id {
                    self.ask(row, Ask::Customer(id.clone()));
                }
            }
            Happened::Group { chat_id, change } => {
                if chat_id.is_empty() {
                    return Err("field_missing");
                }
                match change {
                    GroupChange::Dismissed => {
                        self.dismissed.insert(chat_id.clone(), at);
                        return Ok(());
                    }
                    GroupChange::Updated(update) if update.detail == GroupDetail::MembersGone => {
                        let by = if update.quit_scene == Some(1) { "staff" } else { "member" };
                        self.gone_by.insert(chat_id.clone(), by);
                    }
                    GroupChange::Created | GroupChange::Updated(_) => {}
                }
                self.ask(row, Ask::Group(chat_id.clone()));
            }
            Happened::Tag { .. } => self.ask(row, Ask::Tags),
            Happened::Staff(change) => match change {
                StaffChange::UserCreated(fields) => {
                    self.ask(row, Ask::Staff(fields.user_id.clone()));
                    self.ask(row, Ask::Serving);
                }
                StaffChange::UserUpdated { fields, new_user_id } => {
                    self.ask(row, Ask::Staff(new_user_id.clone().unwrap_or_else(|| fields.user_id.clone())));
                    if new_user_id.is_some() {
                        self.left.push(fields.user_id.clone());
                    }
                    self.ask(row, Ask::Serving);
                }
                StaffChange::UserDeleted { user_id } => self.left.push(user_id.clone()),
                StaffChange::PartyCreated(_) | StaffChange::PartyUpdated(_) | StaffChange::PartyDeleted { .. } => {
                    self.ask(row, Ask::Departments);
                }
                StaffChange::TagUpdated { .. } => {}
            },
            Happened::Visible(_) => self.ask(row, Ask::Serving),
            Happened::Unknown => return Err("unknown_event"),
            // Known, and nothing of the mirror: cards, menus, messages, archives, acquisition figures.
            _ => {}
        }
        Ok(())
    }
}
