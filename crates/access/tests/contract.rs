//! Users, sessions, keys and the audit on both engines.

use siyu_access::{
    Access, Actor, AuditFilter, KeyKind, Locale, NewUser, RetryAfter, Role, Scope, User, UserPatch, UserState,
};
use siyu_kernel::{Chance, Clock, Time};
use siyu_testkit::{TestDb, contract};
use std::sync::Arc;

contract!(siyu_access::MIGRATIONS;
    the_first_owner_is_made_once, an_address_exists_once_in_any_case, wrong_inputs_have_codes, the_last_owner_stays, two_owners_cannot_demote_each_other,
    sessions_end_by_time, sessions_end_with_password_role_and_state, unknown_and_wrong_look_the_same, guessing_is_limited_by_account, guessing_is_limited_by_address,
    a_right_password_starts_the_count_afresh, parallel_guesses_are_counted, keys_work_until_revoked, a_revocation_reaches_other_processes, last_use_is_marked_once_a_minute,
    the_audit_tells_who_did_what, lists_turn_their_pages, nothing_secret_is_stored);

const PASSWORD: &str = "correct horse battery";

struct World {
    test: TestDb,
    access: Access,
    owner: User,
}

impl World {
    fn now(&self) -> Time {
        self.test.clock.now()
    }
    fn by(&self) -> Actor {
        Actor::user(&self.owner.id, &self.owner.name)
    }
    fn add(&self, email: &str, role: Role) -> User {
        self.access.add_user(self.now(), &self.by(), new(email, role)).unwrap()
    }
    fn sign_in(&self, email: &str, password: &str) -> Result<siyu_access::SignedIn, siyu_kernel::Refusal> {
        self.access.sign_in(self.now(), email, password, &from("10.0.0.1"))
    }
    fn alive(&self, token: &str) -> bool {
        self.access.session(self.now(), token).unwrap().is_some()
    }
    fn change(&self, id: &str, patch: UserPatch) -> Result<User, siyu_kernel::Refusal> {
        self.access.change_user(self.now(), &self.by(), id, patch)
    }
}

fn from(ip: &str) -> Actor {
    Actor { ip: Some(ip.into()), request_id: Some("req_1".into()), ..Actor::stranger() }
}
fn new(email: &str, role: Role) -> NewUser {
    NewUser {
        email: email.into(),
        name: "Ann".into(),
        role,
        scope: Scope::everything(),
        locale: Locale::Zh,
        password: PASSWORD.into(),
    }
}
fn world(test: TestDb) -> World {
    let access = Access::new(test.db().clone(), Arc::new(Chance::seeded(7)));
    let owner = access.create_owner(test.clock.now(), new("owner@shop.example", Role::Owner), |_| Ok(())).unwrap();
    World { test, access, owner }
}
fn code<T>(result: Result<T, siyu_kernel::Refusal>) -> &'static str {
    result.err().map_or("ok", |refusal| refusal.code)
}

fn the_first_owner_is_made_once(test: TestDb) {
    let access = Access::new(test.db().clone(), Arc::new(Chance::seeded(7)));
    assert!(access.setup_needed().unwrap());
    let now = test.clock.now();
    let made: Vec<_> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..2)
            .map(|n| {
                let access = access.clone();
                scope.spawn(move || {
                    code(access.create_owner(now, new(&format!("o{n}@shop.example"), Role::Guide), |_| Ok(())))
                })
            })
            .collect();
        tries.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|code| **code == "ok").count(), 1, "{made:?}");
    assert!(made.contains(&"already_set_up") && !access.setup_needed().unwrap());
    let users = access.users(10, None).unwrap().items;
    assert_eq!((users.len(), users[0].role), (1, Role::Owner));
}

fn an_address_exists_once_in_any_case(test: TestDb) {
    let w = world(test);
    w.add("Bea@Shop.example", Role::Guide);
    assert_eq!(code(w.access.add_user(w.now(), &w.by(), new("bea@shop.EXAMPLE", Role::Guide))), "email_taken");
    assert_eq!(w.sign_in(" BEA@shop.example", PASSWORD).unwrap().user.email, "bea@shop.example");
}

fn wrong_inputs_have_codes(test: TestDb) {
    let w = world(test);
    let add = |change: fn(&mut NewUser)| {
        let mut user = new("c@shop.example", Role::Guide);
        change(&mut user);
        code(w.access.add_user(w.now(), &w.by(), user))
    };
    assert_eq!(add(|u| u.email = "nobody".into()), "email_invalid");
    assert_eq!(add(|u| u.name = " ".into()), "name_invalid");
    assert_eq!(add(|u| u.password = "short".into()), "password_short");
    assert_eq!(add(|u| u.password = "c@shop.example".into()), "password_is_email");
    assert_eq!(add(|u| u.scope = Scope { all: false, regions: vec![], stores: vec![] }), "scope_invalid");
    assert_eq!(code(w.change("usr_nobody", UserPatch::default())), "user_not_found");
    assert_eq!(code(w.access.add_key(w.now(), &w.by(), "k", KeyKind::Api, None)), "key_role_needed");
    assert_eq!(code(w.access.add_key(w.now(), &w.by(), "k", KeyKind::Write, Some(Role::Guide))), "key_role_unexpected");
    assert_eq!(code(w.access.revoke_key(w.now(), &w.by(), "key_none")), "key_not_found");
    assert_eq!(code(w.access.audit(&AuditFilter::default(), 10, Some("x"))), "page_token");
}

fn the_last_owner_stays(test: TestDb) {
    let w = world(test);
    let id = w.owner.id.clone();
    let demote = || UserPatch { role: Some(Role::Guide), ..UserPatch::default() };
    assert_eq!(code(w.change(&id, demote())), "last_owner");
    assert_eq!(
        code(w.change(&id, UserPatch { state: Some(UserState::Disabled), ..UserPatch::default() })),
        "last_owner"
    );
    let second = w.add("second@shop.example", Role::Owner);
    w.change(&second.id, UserPatch { state: Some(UserState::Disabled), ..UserPatch::default() }).unwrap();
    assert_eq!(code(w.change(&id, demote())), "last_owner", "a disabled owner does not count");
    w.change(&second.id, UserPatch { state: Some(UserState::Active), ..UserPatch::default() }).unwrap();
    w.change(&id, demote()).unwrap();
}

fn two_owners_cannot_demote_each_other(test: TestDb) {
    let w = world(test);
    let second = w.add("second@shop.example", Role::Owner);
    let codes: Vec<_> = std::thread::scope(|scope| {
        let jobs: Vec<_> = [w.owner.id.clone(), second.id]
            .into_iter()
            .map(|id| {
                let w = &w;
                scope.spawn(move || {
                    code(w.change(&id, UserPatch { role: Some(Role::ReadOnly), ..UserPatch::default() }))
                })
            })
            .collect();
        jobs.into_iter().map(|job| job.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|code| **code == "ok").count(), 1, "{codes:?}");
}

fn sessions_end_by_time(test: TestDb) {
    let w = world(test);
    let idle = w.sign_in("owner@shop.example", PASSWORD).unwrap();
    assert!(w.alive(&idle.token) && !w.alive("nonsense") && !w.alive(&"0".repeat(52)));
    assert_eq!(w.access.session(w.now(), &idle.token).unwrap().unwrap().csrf, idle.csrf);
    w.test.clock.advance_seconds(12 * 3600 - 1);
    assert!(w.alive(&idle.token));
    settle(&w);
    w.test.clock.advance_seconds(12 * 3600 - 1);
    assert!(w.alive(&idle.token), "use keeps it alive");
    settle(&w);
    w.test.clock.advance_seconds(12 * 3600);
    assert!(!w.alive(&idle.token), "idle");
    let old = w.sign_in("owner@shop.example", PASSWORD).unwrap();
    for _ in 0..14 * 4 - 1 {
        w.test.clock.advance_seconds(6 * 3600);
        assert!(w.alive(&old.token));
        settle(&w);
    }
    w.test.clock.advance_seconds(6 * 3600);
    assert!(!w.alive(&old.token), "fourteen days");
}

/// Waits until the session's mark of use that was made now is there.
fn settle(w: &World) {
    let now = w.now();
    let sql = "SELECT COUNT(*) FROM access_session WHERE seen_at = $1";
    let marked = || w.test.db().read(|tx| Ok(tx.one(sql, siyu_db::params![now], |row| row.int(0))?)).unwrap() > 0;
    assert!(soon(marked), "the session was not marked as used at {now}");
}
/// Marks of use are written without waiting for them.
fn soon(mut done: impl FnMut() -> bool) -> bool {
    (0..5_000).any(|_| {
        let done = done();
        if !done {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        done
    })
}

fn sessions_end_with_password_role_and_state(test: TestDb) {
    let w = world(test);
    let user = w.add("d@shop.example", Role::Operator);
    let patches: [UserPatch; 3] = [
        UserPatch { role: Some(Role::Guide), ..UserPatch::default() },
        UserPatch { password: Some("another good one".into()), ..UserPatch::default() },
        UserPatch { state: Some(UserState::Disabled), ..UserPatch::default() },
    ];
    let mut password = PASSWORD;
    for patch in patches {
        let session = w.sign_in("d@shop.example", password).unwrap();
        w.change(&user.id, UserPatch { name: Some("Dee".into()), ..UserPatch::default() }).unwrap();
        assert!(w.alive(&session.token), "a new name ends nothing");
        w.change(&user.id, patch.clone()).unwrap();
        assert!(!w.alive(&session.token), "{patch:?}");
        if patch.password.is_some() {
            password = "another good one";
        }
    }
    assert_eq!(code(w.sign_in("d@shop.example", password)), "wrong_login", "disabled");
    let (here, there) =
        (w.sign_in("owner@shop.example", PASSWORD).unwrap(), w.sign_in("owner@shop.example", PASSWORD).unwrap());
    let session = w.access.session(w.now(), &here.token).unwrap().unwrap();
    assert_eq!(
        code(w.access.change_password(w.now(), &session, &w.by(), "wrong", "a new password 1")),
        "wrong_password"
    );
    assert_eq!(code(w.access.change_password(w.now(), &session, &w.by(), PASSWORD, "short")), "password_short");
    w.access.change_password(w.now(), &session, &w.by(), PASSWORD, "a new password 1").unwrap();
    assert!(w.alive(&here.token) && !w.alive(&there.token), "one's own session goes on, the others end");
    w.access.sign_out(w.now(), &session, &w.by()).unwrap();
    assert!(!w.alive(&here.token));
}

fn unknown_and_wrong_look_the_same(test: TestDb) {
    let w = world(test);
    let (unknown, wrong) = (
        w.sign_in("nobody@shop.example", PASSWORD).unwrap_err(),
        w.sign_in("owner@shop.example", "wrong password").unwrap_err(),
    );
    assert_eq!((unknown.code, &unknown.en, unknown.field), (wrong.code, &wrong.en, wrong.field));
    for odd in ["", "@", "\0", &"x".repeat(5000), "owner@shop.example' OR 1=1 --"] {
        assert_eq!(code(w.access.sign_in(w.now(), odd, &"p".repeat(5000), &Actor::stranger())), "wrong_login");
    }
}

fn guessing_is_limited_by_account(test: TestDb) {
    let w = world(test);
    for _ in 0..5 {
        assert_eq!(code(w.sign_in("owner@shop.example", "wrong password")), "wrong_login");
    }
    let refusal = w.sign_in("OWNER@shop.example", PASSWORD).unwrap_err();
    let delay = refusal.source.as_ref().and_then(|s| s.downcast_ref::<RetryAfter>()).copied();
    assert_eq!((refusal.code, delay), ("too_many_attempts", Some(RetryAfter(900))));
    // Another process counts on.
    let second = Access::new(w.test.second(), Arc::new(Chance::seeded(8)));
    assert_eq!(code(second.sign_in(w.now(), "owner@shop.example", PASSWORD, &from("10.9.9.9"))), "too_many_attempts");
    w.test.clock.advance_seconds(900);
    assert_eq!(code(w.sign_in("owner@shop.example", PASSWORD)), "ok");
}

fn guessing_is_limited_by_address(test: TestDb) {
    let w = world(test);
    for n in 0..30 {
        assert_eq!(code(w.sign_in(&format!("guess{n}@shop.example"), "wrong password")), "wrong_login");
    }
    assert_eq!(code(w.sign_in("owner@shop.example", PASSWORD)), "too_many_attempts");
    assert_eq!(code(w.access.sign_in(w.now(), "owner@shop.example", PASSWORD, &from("10.0.0.2"))), "ok");
}

fn a_right_password_starts_the_count_afresh(test: TestDb) {
    let w = world(test);
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(code(w.sign_in("owner@shop.example", "wrong password")), "wrong_login");
        }
        assert_eq!(code(w.sign_in("owner@shop.example", PASSWORD)), "ok");
    }
}

fn parallel_guesses_are_counted(test: TestDb) {
    let w = world(test);
    let codes: Vec<_> = std::thread::scope(|scope| {
        let jobs: Vec<_> =
            (0..12).map(|_| scope.spawn(|| code(w.sign_in("owner@shop.example", "wrong password")))).collect();
        jobs.into_iter().map(|job| job.join().unwrap()).collect()
    });
    assert_eq!(codes.iter().filter(|code| **code == "wrong_login").count(), 5, "{codes:?}");
}

fn keys_work_until_revoked(test: TestDb) {
    let w = world(test);
    let (key, secret) = w.access.add_key(w.now(), &w.by(), "till", KeyKind::Write, None).unwrap();
    assert!(secret.starts_with("siyu_w_") && secret.starts_with(&key.prefix));
    assert_eq!(w.access.verify_key(w.now(), &secret).unwrap().unwrap().id, key.id);
    for strange in [
        "",
        "siyu_w_",
        &format!("{secret}x"),
        &secret.replace("siyu_w_", "siyu_a_"),
        &format!("siyu_w_{}", "0".repeat(52)),
    ] {
        assert!(w.access.verify_key(w.now(), strange).unwrap().is_none(), "{strange}");
    }
    w.access.revoke_key(w.now(), &w.by(), &key.id).unwrap();
    w.access.revoke_key(w.now(), &w.by(), &key.id).unwrap();
    assert!(w.access.verify_key(w.now(), &secret).unwrap().is_none());
    let listed = w.access.keys(10, None).unwrap().items;
    assert_eq!((listed.len(), listed[0].revoked_at), (1, Some(w.now())));
}

fn a_revocation_reaches_other_processes(test: TestDb) {
    let w = world(test);
    let (key, secret) = w.access.add_key(w.now(), &w.by(), "crm", KeyKind::Api, Some(Role::Analyst)).unwrap();
    let other = Access::new(w.test.second(), Arc::new(Chance::seeded(8)));
    assert_eq!(other.verify_key(w.now(), &secret).unwrap().unwrap().role, Some(Role::Analyst));
    w.access.revoke_key(w.now(), &w.by(), &key.id).unwrap();
    w.test.clock.advance_seconds(3);
    assert!(other.verify_key(w.now(), &secret).unwrap().is_none());
}

fn last_use_is_marked_once_a_minute(test: TestDb) {
    let w = world(test);
    let (_, secret) = w.access.add_key(w.now(), &w.by(), "till", KeyKind::Write, None).unwrap();
    let start = w.now();
    for (seconds, marked) in [(0, 0), (30, 0), (60, 60), (100, 60), (125, 125)] {
        w.test.clock.set(start.plus_seconds(seconds));
        w.access.verify_key(w.now(), &secret).unwrap().unwrap();
        let wanted = Some(start.plus_seconds(marked));
        let used = || w.access.keys(1, None).unwrap().items[0].last_used_at;
        assert!(soon(|| used() == wanted), "after {seconds} s: {:?}", used());
    }
}

fn the_audit_tells_who_did_what(test: TestDb) {
    let w = world(test);
    let user = w.add("e@shop.example", Role::Guide);
    w.test.clock.advance_seconds(60);
    w.change(
        &user.id,
        UserPatch { role: Some(Role::Operator), password: Some("another good one".into()), ..UserPatch::default() },
    )
    .unwrap();
    let (key, _) = w.access.add_key(w.now(), &w.by(), "till", KeyKind::Write, None).unwrap();
    w.access
        .record(
            w.now(),
            &Actor { ip: Some("10.0.0.1".into()), ..w.by() },
            "person.unmask",
            Some("psn_1"),
            &serde_json::json!({"n": 1}),
        )
        .unwrap();
    let find = |filter: AuditFilter| w.access.audit(&filter, 200, None).unwrap().items;
    let actions: Vec<_> = find(AuditFilter::default()).into_iter().map(|row| row.action).collect();
    assert_eq!(actions, ["person.unmask", "key.add", "user.change", "user.add", "workspace.setup"]);
    let change = find(AuditFilter {
        object: Some(user.id.clone()),
        action: Some("user.change".into()),
        ..AuditFilter::default()
    });
    assert_eq!(
        change[0].detail,
        serde_json::json!({"role": {"from": "guide", "to": "operator"}, "password": "changed"})
    );
    assert_eq!(change[0].actor.id.as_deref(), Some(w.owner.id.as_str()));
    assert_eq!(find(AuditFilter { action: Some("user.".into()), ..AuditFilter::default() }).len(), 2);
    assert_eq!(find(AuditFilter { object: Some(key.id), ..AuditFilter::default() }).len(), 1);
    assert_eq!(find(AuditFilter { from: Some(w.now()), ..AuditFilter::default() }).len(), 3);
    assert_eq!(
        find(AuditFilter { to: Some(w.now()), actor: Some(w.owner.id.clone()), ..AuditFilter::default() }).len(),
        2
    );
    assert_eq!(find(AuditFilter { actor: Some("usr_other".into()), ..AuditFilter::default() }).len(), 0);
}

fn lists_turn_their_pages(test: TestDb) {
    let w = world(test);
    for n in 0..7 {
        w.access.record(w.now(), &w.by(), "x.y", Some(&n.to_string()), &serde_json::json!({})).unwrap();
        w.access.add_key(w.now(), &w.by(), "k", KeyKind::Write, None).unwrap();
        w.test.clock.advance_seconds(1);
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = w
            .access
            .audit(&AuditFilter { action: Some("x.y".into()), ..AuditFilter::default() }, 3, after.as_deref())
            .unwrap();
        seen.extend(page.items.into_iter().filter_map(|row| row.object));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, ["6", "5", "4", "3", "2", "1", "0"]);
    let first = w.access.keys(4, None).unwrap();
    let second = w.access.keys(4, first.next.as_deref()).unwrap();
    assert_eq!((first.items.len(), second.items.len(), second.next), (4, 3, None));
}

fn nothing_secret_is_stored(test: TestDb) {
    let w = world(test);
    let session = w.sign_in("owner@shop.example", PASSWORD).unwrap();
    let (_, secret) = w.access.add_key(w.now(), &w.by(), "till", KeyKind::Write, None).unwrap();
    let hex = |bytes: Vec<u8>| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let all = w
        .test
        .db()
        .read(|tx| {
            let mut all = tx.query("SELECT password FROM access_user", &[], |row| row.text(0))?;
            all.extend(tx.query("SELECT prefix, token_hash FROM access_key", &[], |row| {
                Ok(row.text(0)? + &hex(row.blob(1)?))
            })?);
            all.extend(tx.query("SELECT token_hash FROM access_session", &[], |row| Ok(hex(row.blob(0)?)))?);
            all.extend(tx.query("SELECT subject FROM access_attempt", &[], |row| row.text(0))?);
            all.extend(tx.query("SELECT detail FROM access_audit", &[], |row| row.text(0))?);
            Ok(all.join("\n"))
        })
        .unwrap();
    for hidden in [
        PASSWORD,
        &session.token,
        &secret[7..],
        &hex(session.token.clone().into_bytes()),
        "owner@shop.example",
        "10.0.0.1",
    ] {
        assert!(!all.contains(hidden), "{hidden}");
    }
}
