//! One owner per secret, across threads and across processes that share a store.

use crate::world::*;
use serde_json::json;
use siyu_kernel::{Clock, FakeClock, Time};
use siyu_wecom::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[test]
fn many_threads_fetch_one_token() {
    let world = world(|request| {
        if is_token(request) {
            std::thread::sleep(Duration::from_millis(20));
            return token("T1");
        }
        ok(json!({"follow_user": []}))
    });
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| world.client.follow_users().unwrap());
        }
    });
    assert_eq!(world.wecom.count("gettoken"), 1);
}

#[test]
fn a_token_is_renewed_before_its_end_and_not_at_every_call_near_it() {
    let world = with_token(|_| ok(json!({"follow_user": []})));
    let start = world.clock.now();
    for (at, fetched) in [(0, 1), (6000, 1), (6899, 1), (6901, 2), (6902, 2), (6931, 2)] {
        world.clock.set(start.plus_seconds(at));
        world.client.follow_users().unwrap();
        assert_eq!(world.wecom.count("gettoken"), fetched, "after {at} s");
    }
}

#[test]
fn nobody_goes_on_with_a_token_that_was_refused() {
    let (fetched, dead) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(usize::MAX)));
    let world = world({
        let (fetched, dead) = (fetched.clone(), dead.clone());
        move |request| {
            let refused = format!("T{}", dead.load(Ordering::SeqCst));
            match is_token(request) {
                true => token(&format!("T{}", fetched.fetch_add(1, Ordering::SeqCst))),
                false if request.query.iter().any(|(_, value)| *value == refused) => code(40014),
                false => ok(json!({"follow_user": []})),
            }
        }
    });
    let asked = || world.wecom.count("externalcontact/get_follow_user_list");
    let hurried = world.client.within(Duration::from_millis(1));
    // So many have been asked for that there is none for a while, and the last is thrown away at WeCom.
    while hurried.check_credentials().is_ok() {}
    dead.store(fetched.load(Ordering::SeqCst) - 1, Ordering::SeqCst);
    assert!(hurried.follow_users().is_err());
    assert_eq!(asked(), 1);
    // Whoever comes next does not try the dead one once more.
    assert!(hurried.follow_users().is_err());
    assert_eq!(asked(), 1);
    world.clock.advance_seconds(61);
    world.client.follow_users().unwrap();
    assert_eq!(asked(), 2);
}

#[test]
fn a_call_that_is_always_refused_holds_up_no_other() {
    let world = with_token(|request| {
        if request.path.ends_with("get_follow_user_list") { code(40014) } else { ok(json!({"tag_group": []})) }
    });
    // WeCom gives the same token again and refuses it again: it is the call that is refused.
    assert_eq!(world.client.follow_users().unwrap_err().code(), Some(40014));
    let hurried = world.client.within(Duration::from_millis(1));
    while hurried.check_credentials().is_ok() {}
    assert!(hurried.follow_users().is_err());
    hurried.corp_tags().expect("the others go on with it");
}

#[test]
fn a_check_of_the_secret_is_not_answered_from_what_is_kept() {
    let revoked = Arc::new(AtomicUsize::new(0));
    let world = world({
        let revoked = revoked.clone();
        move |request| match (is_token(request), revoked.load(Ordering::SeqCst)) {
            (true, 0) => token("T1"),
            (true, _) => code(40001),
            (false, _) => ok(json!({"follow_user": []})),
        }
    });
    world.client.follow_users().unwrap();
    world.client.check_credentials().unwrap();
    assert_eq!(world.wecom.count("gettoken"), 2);
    revoked.store(1, Ordering::SeqCst);
    for _ in 0..2 {
        assert_eq!(world.client.check_credentials().unwrap_err().code(), Some(40001));
    }
    assert_eq!(world.wecom.count("gettoken"), 3, "a refused secret is left alone");
    // What is kept serves as long as WeCom takes it.
    world.client.follow_users().unwrap();
}

#[test]
fn a_wrong_secret_is_not_tried_again_for_a_while_by_anybody() {
    let store = Arc::new(MemoryTokens::default());
    let world = world(|_| code(40001));
    let wiring = |world: &World| wiring(world.wecom.clone(), store.clone(), world.clock.clone(), world.waited.clone());
    let here = Client::new(app(), wiring(&world));
    let there = Client::new(app(), wiring(&world));
    for client in [&here, &there, &here.probing(), &there.probing()] {
        let error = client.follow_users().unwrap_err();
        assert_eq!((error.code(), error.needs_a_hand()), (Some(40001), true));
    }
    assert_eq!(world.wecom.count("gettoken"), 1);
    // Another secret is another matter.
    let fixed = Client::new(App { secret: "NEW".into(), ..app() }, wiring(&world));
    assert!(fixed.follow_users().is_err());
    assert_eq!(world.wecom.count("gettoken"), 2);
    world.clock.advance_seconds(601);
    assert!(here.follow_users().is_err());
    assert_eq!(world.wecom.count("gettoken"), 3);
}

#[test]
fn a_second_process_uses_what_the_first_has_fetched() {
    let store = Arc::new(MemoryTokens::default());
    let world = with_token(|_| ok(json!({"follow_user": []})));
    for _ in 0..2 {
        let wiring = wiring(world.wecom.clone(), store.clone(), world.clock.clone(), world.waited.clone());
        Client::new(app(), wiring).follow_users().unwrap();
    }
    assert_eq!(world.wecom.count("gettoken"), 1);
}

/// A store whose lease belongs to a process that fetches meanwhile, or that has died.
struct Elsewhere {
    inner: MemoryTokens,
    brings: Option<usize>,
    asked: AtomicUsize,
    key: std::sync::Mutex<String>,
}

impl TokenStore for Elsewhere {
    fn get(&self, key: &str) -> Result<Option<Held>, StoreError> {
        self.inner.get(key)
    }
    fn put(&self, key: &str, held: &Held) -> Result<(), StoreError> {
        self.inner.put(key, held)
    }
    fn lease(&self, key: &str, holder: &str, now: Time, until: Time) -> Result<bool, StoreError> {
        if self.asked.fetch_add(1, Ordering::SeqCst) == 0 {
            self.inner.lease(key, "the other", now, now.plus_seconds(10))?;
            *self.key.lock().unwrap() = key.to_owned();
        }
        if self.brings == Some(self.asked.load(Ordering::SeqCst)) {
            let held = Held { value: "OTHERS".into(), fetched: now, expires: now.plus_seconds(7200) };
            self.inner.put(key, &held)?;
        }
        self.inner.lease(key, holder, now, until)
    }
    fn release(&self, key: &str, holder: &str) -> Result<(), StoreError> {
        self.inner.release(key, holder)
    }
}

#[test]
fn the_lease_of_another_is_waited_for_and_taken_over_when_it_ends() {
    for (brings, own_fetches, used) in [(Some(3), 0, "OTHERS"), (None, 1, "T1")] {
        let world = with_token(|_| ok(json!({"follow_user": []})));
        let store =
            Elsewhere { inner: MemoryTokens::default(), brings, asked: AtomicUsize::new(0), key: Default::default() };
        let wiring = wiring(world.wecom.clone(), Arc::new(store), world.clock.clone(), world.waited.clone());
        Client::new(app(), wiring).follow_users().unwrap();
        assert_eq!(world.wecom.count("gettoken"), own_fetches, "{brings:?}");
        assert!(world.wecom.last().query.contains(&("access_token".into(), used.into())), "{brings:?}");
    }
}

#[test]
fn who_cannot_wait_for_the_lease_is_told_so() {
    let world = with_token(|_| ok(json!({"follow_user": []})));
    let store =
        Elsewhere { inner: MemoryTokens::default(), brings: None, asked: AtomicUsize::new(0), key: Default::default() };
    let wiring = wiring(world.wecom.clone(), Arc::new(store), world.clock.clone(), world.waited.clone());
    let error = Client::new(app(), wiring).within(Duration::from_secs(2)).follow_users().unwrap_err();
    assert_eq!((error.kind, error.is_retryable()), (Kind::Limited, true));
}

#[test]
fn an_old_token_never_replaces_a_new_one() {
    let store = MemoryTokens::default();
    let at = |seconds: i64, value: &str| Held {
        value: value.into(),
        fetched: Time(seconds * 1_000_000),
        expires: Time::MAX,
    };
    store.put("k", &at(10, "new")).unwrap();
    store.put("k", &at(5, "old")).unwrap();
    assert_eq!(store.get("k").unwrap().unwrap().value, "new");
    assert!(store.lease("k", "a", Time(0), Time(10)).unwrap());
    assert!(!store.lease("k", "b", Time(9), Time(20)).unwrap());
    store.release("k", "b").unwrap();
    assert!(!store.lease("k", "b", Time(9), Time(20)).unwrap(), "only the holder lets go");
    assert!(store.lease("k", "b", Time(10), Time(20)).unwrap(), "an ended lease is free");
}

#[test]
fn a_token_that_lives_outlasts_a_wecom_that_does_not_answer() {
    let mut first = true;
    let world = world(move |request| match (is_token(request), std::mem::take(&mut first)) {
        (true, true) => token("T1"),
        (true, false) => fault(Fault::Unreachable),
        _ => ok(json!({"follow_user": []})),
    });
    world.client.follow_users().unwrap();
    world.clock.advance_seconds(7000);
    world.client.follow_users().unwrap();
    assert!(world.wecom.count("gettoken") > 1);
    assert!(world.wecom.last().query.contains(&("access_token".into(), "T1".into())));
}

/// A world whose token endpoint, once it has given T1, hangs until the test lets it fail. `hanging` tells that a request has arrived there.
fn hanging() -> (World, Receiver<()>, Sender<()>) {
    let clock = Arc::new(FakeClock::at("2026-03-03T02:00:00Z"));
    let (arrived, hanging) = channel();
    let (fail, failing) = channel();
    let wecom =
        Arc::new(Hangs { asked: AtomicUsize::new(0), arrived: Mutex::new(arrived), fails: Mutex::new(failing) });
    let waited = Arc::new(Waits { clock: clock.clone(), all: Mutex::default() });
    let scripted =
        Arc::new(Scripted { script: Mutex::new(Box::new(|_| fault(Fault::Broken))), requests: Mutex::default() });
    let wiring = wiring(wecom, Arc::new(MemoryTokens::default()), clock.clone(), waited.clone());
    (World { client: Client::new(app(), wiring), clock, wecom: scripted, waited }, hanging, fail)
}

struct Hangs {
    asked: AtomicUsize,
    arrived: Mutex<Sender<()>>,
    fails: Mutex<Receiver<()>>,
}

impl Transport for Hangs {
    fn send(&self, request: &Request) -> Answer {
        if !is_token(request) {
            return ok(json!({"follow_user": []}));
        }
        if self.asked.fetch_add(1, Ordering::SeqCst) == 0 {
            return token("T1");
        }
        self.arrived.lock().unwrap().send(()).unwrap();
        self.fails.lock().unwrap().recv_timeout(Duration::from_secs(20)).expect("the test goes on");
        code(45_033_000)
    }
}

#[test]
fn while_renewing_fails_slowly_nobody_waits_who_holds_a_token() {
    let (world, hanging, fail) = hanging();
    let (client, start) = (&world.client, world.clock.now());
    client.follow_users().unwrap();
    let asks = || hanging.try_recv().is_ok();
    for round in 0..3 {
        world.clock.set(start.plus_seconds(6950 + 31 * round));
        std::thread::scope(|scope| {
            let renewing = scope.spawn(|| client.follow_users());
            hanging.recv_timeout(Duration::from_secs(20)).expect("one tries to renew");
            // The endpoint hangs, and all others go on with what there is.
            let others: Vec<_> = (0..6).map(|_| scope.spawn(|| client.follow_users())).collect();
            others.into_iter().for_each(|other| drop(other.join().unwrap().unwrap()));
            assert!(!renewing.is_finished() && !asks(), "round {round}");
            fail.send(()).unwrap();
            renewing.join().unwrap().unwrap();
        });
        // It has failed: nobody tries for half a minute.
        world.clock.set(start.plus_seconds(6950 + 31 * round + 29));
        (0..4).for_each(|_| drop(client.follow_users().unwrap()));
        assert!(!asks(), "round {round}");
    }
}

#[test]
fn who_has_no_token_waits_for_anothers_fetch_until_the_deadline_only() {
    let (world, hanging, fail) = hanging();
    let client = &world.client;
    client.follow_users().unwrap();
    world.clock.advance_seconds(8000);
    std::thread::scope(|scope| {
        let fetching = scope.spawn(|| client.follow_users());
        hanging.recv_timeout(Duration::from_secs(20)).expect("one fetches");
        let waiting = scope.spawn(|| client.within(Duration::from_secs(5)).follow_users());
        std::thread::sleep(Duration::from_millis(150));
        assert!(!waiting.is_finished(), "it waits for the one who fetches");
        world.clock.advance_seconds(6);
        let error = waiting.join().unwrap().unwrap_err();
        assert_eq!((error.kind, error.is_retryable()), (Kind::Limited, true));
        assert!(!fetching.is_finished());
        fail.send(()).unwrap();
        assert!(fetching.join().unwrap().is_err());
    });
}
