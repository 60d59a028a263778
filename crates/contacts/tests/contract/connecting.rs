//! The connection and the tokens.

use crate::brand::{Brand, Desk, MIGRATIONS, vault};
use siyu_contacts::{ConnectionIn, DbTokens};
use siyu_kernel::{Clock, Time};
use siyu_sandbox::{Scale, WorldClock};
use siyu_testkit::TestDb;
use siyu_wecom::{Held, TokenStore};

siyu_testkit::contract!(MIGRATIONS; a_connection_is_kept_sealed, wrong_values_are_told, tokens_are_shared, credentials_are_checked);

fn a_connection_is_kept_sealed(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    let connection = brand.read(|tx| brand.contacts.connected(tx));
    let secret = brand.sandbox.credentials().secret.clone();
    assert_eq!((connection.secrets.app.as_str(), connection.version), (secret.as_str(), 1));
    let shown = serde_json::to_string(&connection.shown()).unwrap();
    assert!(!shown.contains(&secret) && shown.contains('…'), "{shown}");
    assert!(!format!("{connection:?}").contains(&secret));
    let raw = brand.read(|tx| Ok(tx.one("SELECT secrets FROM wecom_connection", &[], |row| row.blob(0))?));
    assert!(!raw.windows(secret.len()).any(|window| window == secret.as_bytes()));
    // One field alone; the others stay.
    let (contacts, now) = (brand.contacts.clone(), brand.now());
    let input = ConnectionIn { match_phones: Some(false), ..ConnectionIn::default() };
    let changed = brand.act(move |tx| contacts.connect(tx, &input, now));
    assert_eq!((changed.secrets, changed.version, changed.match_phones), (connection.secrets, 2, false));
    // Another corp does not come over the customers of this one.
    brand.sync();
    let (contacts, now) = (brand.contacts.clone(), brand.now());
    let other = ConnectionIn { corp_id: Some("wwother".into()), ..ConnectionIn::default() };
    assert_eq!(brand.db.transact(move |tx| contacts.connect(tx, &other, now)).unwrap_err().code, "wecom_other_corp");
}

fn wrong_values_are_told(t: TestDb) {
    let clock = WorldClock::following(t.clock.clone());
    let desk = Desk::open(t.db().clone(), &clock);
    assert_eq!(desk.db.read(|tx| desk.contacts.connected(tx)).unwrap_err().code, "wecom_not_connected");
    assert_eq!(desk.contacts.open_callback("msg_signature=x", b"<xml/>").err().unwrap().code, "wecom_not_connected");
    let good = || ConnectionIn {
        corp_id: Some("ww1234567890abcdef".into()),
        agent_id: Some(1_000_002),
        app_secret: Some("s3cret".into()),
        ..ConnectionIn::default()
    };
    let try_ = |input: ConnectionIn| {
        let (contacts, now) = (desk.contacts.clone(), clock.now());
        desk.db.transact(move |tx| contacts.connect(tx, &input, now))
    };
    for (field, input) in [
        ("corp_id", ConnectionIn { corp_id: Some("w w".into()), ..good() }),
        ("agent_id", ConnectionIn { agent_id: Some(0), ..good() }),
        ("app_secret", ConnectionIn { app_secret: None, ..good() }),
        ("app_secret", ConnectionIn { app_secret: Some("a\nb".into()), ..good() }),
        ("callback_token", ConnectionIn { callback_token: Some("with space".into()), ..good() }),
        ("callback_key", ConnectionIn { callback_token: Some("Token".into()), ..good() }),
        (
            "callback_key",
            ConnectionIn { callback_token: Some("Token".into()), callback_key: Some("short".into()), ..good() },
        ),
        ("base", ConnectionIn { base: Some("http://169.254.169.254".into()), ..good() }),
    ] {
        let refusal = try_(input).unwrap_err();
        assert_eq!(refusal.field.as_deref(), Some(field), "{refusal}");
    }
    assert_eq!(try_(good()).unwrap().base, "https://qyapi.weixin.qq.com");
    assert_eq!(desk.contacts.open_callback("msg_signature=x", b"<xml/>").err().unwrap().code, "wecom_callback_not_set");
}

fn tokens_are_shared(t: TestDb) {
    let (here, there) = (DbTokens::new(t.db().clone(), vault()), DbTokens::new(t.second(), vault()));
    let at = |seconds: i64| Time(1_700_000_000_000_000).plus_seconds(seconds);
    let held =
        |value: &str, fetched: i64| Held { value: value.into(), fetched: at(fetched), expires: at(fetched + 7200) };
    assert!(here.get("k").unwrap().is_none());
    here.put("k", &held("secret-token", 10)).unwrap();
    assert_eq!(there.get("k").unwrap().unwrap().value, "secret-token");
    // Who slept puts nothing old over it.
    there.put("k", &held("old", 5)).unwrap();
    assert_eq!(here.get("k").unwrap().unwrap().value, "secret-token");
    there.put("k", &held("new", 20)).unwrap();
    assert_eq!(here.get("k").unwrap().unwrap(), held("new", 20));
    let raw = t.db().read(|tx| Ok(tx.query("SELECT sealed FROM wecom_token", &[], |row| row.blob(0))?)).unwrap();
    assert!(raw.iter().all(|raw| !raw.windows(3).any(|window| window == b"new")));
    // One at a time may fetch.
    assert!(here.lease("k", "a", at(0), at(30)).unwrap());
    assert!(!there.lease("k", "b", at(1), at(31)).unwrap());
    assert!(here.lease("k", "a", at(2), at(32)).unwrap());
    there.release("k", "b").unwrap();
    assert!(!there.lease("k", "b", at(3), at(33)).unwrap());
    here.release("k", "a").unwrap();
    assert!(there.lease("k", "b", at(4), at(34)).unwrap());
    assert!(here.lease("k", "a", at(40), at(70)).unwrap(), "a lease that is over is free");
    // Clocks of two processes differ; one that was set back does not wait for its old time.
    assert!(!there.lease("k", "b", at(-200), at(-170)).unwrap());
    assert!(there.lease("k", "b", at(-86_400), at(-86_370)).unwrap());
    // Sealed with another key: as if it were not there.
    let stranger = DbTokens::new(t.db().clone(), siyu_kernel::Vault::from_key([9; 32]));
    assert!(stranger.get("k").unwrap().is_none());
}

fn credentials_are_checked(t: TestDb) {
    let brand = Brand::quiet(t, Scale::TINY);
    brand.contacts.check_credentials().unwrap();
    let connection = brand.read(|tx| brand.contacts.connected(tx));
    assert!(connection.checked_at.is_some() && connection.trouble.is_none());
    // Of two processes one has fetched the token for both.
    brand.second().contacts.check_credentials().unwrap();
    assert_eq!(brand.int("SELECT COUNT(*) FROM wecom_token"), 1);
    let (contacts, now) = (brand.contacts.clone(), brand.now());
    let input = ConnectionIn { app_secret: Some("wrong".into()), ..ConnectionIn::default() };
    brand.act(move |tx| contacts.connect(tx, &input, now));
    let refusal = brand.contacts.check_credentials().unwrap_err();
    assert_eq!(brand.read(|tx| brand.contacts.connected(tx)).trouble.as_deref(), Some(refusal.code));
}
