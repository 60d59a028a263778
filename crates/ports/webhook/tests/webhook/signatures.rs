//! Signing and verifying, against published and independent answers.

use proptest::prelude::*;
use siyu_kernel::{Chance, Time};
use siyu_webhook::*;

/// From the public documentation of the scheme.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ID: &str = "msg_p5jXN8AQM9LWM0D4loKWxJek";
const AT: i64 = 1_614_265_330;
const BODY: &[u8] = br#"{"test": 2432232314}"#;
const SIGNATURE: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

fn at(seconds: i64) -> Time {
    Time(seconds * 1_000_000)
}
fn verifier(keys: &[&str]) -> Verifier {
    Verifier { keys: keys.iter().map(|key| Key::parse(key).unwrap()).collect(), public_keys: Vec::new() }
}

#[test]
fn the_published_signature_comes_out() {
    assert_eq!(Key::parse(SECRET).unwrap().sign(ID, AT, BODY), SIGNATURE);
    let signed = Signed { id: ID, timestamp: "1614265330", signature: SIGNATURE };
    let received = verifier(&[SECRET]).verify(&signed, BODY, at(AT)).unwrap();
    assert_eq!((received.id.as_str(), received.at), (ID, at(AT)));
}

/// Computed by another library.
#[test]
fn asymmetric_signatures_are_those_of_others() {
    let seed = "whsk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let both = "whsk_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8DoQe/884Qvh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuA==";
    let others = PublicKey::parse("whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=").unwrap();
    let body = br#"{"type":"order.paid"}"#;
    for text in [seed, both] {
        let key = Key::parse(text).unwrap();
        let signature = key.sign("msg_2b9", 1_772_503_200, body);
        assert_eq!(
            signature,
            "v1a,G0eFxGt/LrLcVm5YumRUuCYvhh25xvQtzRH2PqNFXG7pCJHpZ95qYgq7MvTIHQlb37vmAKcs6ao5qUxj53OJDA=="
        );
        let public = PublicKey::parse(&key.public().unwrap().reveal()).unwrap();
        assert_eq!(public, others);
        let signed = Signed { id: "msg_2b9", timestamp: "1772503200", signature: &signature };
        let verifier = Verifier { keys: Vec::new(), public_keys: vec![public] };
        assert!(verifier.verify(&signed, body, at(1_772_503_200)).is_ok());
        assert_eq!(verifier.verify(&signed, b"{}", at(1_772_503_200)), Err(VerifyError::NoMatch));
    }
}

#[test]
fn keys_have_a_form() {
    for (text, want) in [
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", KeyError::Prefix),
        ("whsec_", KeyError::Length),
        ("whsec_AAAA", KeyError::Length),
        ("whsec_***", KeyError::Base64),
        ("whsk_AAAA", KeyError::Length),
    ] {
        assert_eq!(Key::parse(text).err(), Some(want), "{text}");
    }
    let long = format!("whsec_{}", "A".repeat(88));
    assert_eq!(Key::parse(&long).err(), Some(KeyError::Length));
    for key in [Key::generate(), Key::generate_own()] {
        let again = Key::parse(&key.reveal()).unwrap();
        assert_eq!(again.reveal(), key.reveal());
        assert!(!format!("{key:?}").contains(&key.reveal()[8..]));
    }
    assert_ne!(Key::generate().reveal(), Key::generate().reveal());
}

#[test]
fn a_change_of_keys_breaks_nothing() {
    let (old, new) = (Key::generate(), Key::generate());
    let during = format!("{} {}", new.sign("m1", AT, BODY), old.sign("m1", AT, BODY));
    let signed = Signed { id: "m1", timestamp: "1614265330", signature: &during };
    for (keys, want) in [
        (vec![old.clone()], true),
        (vec![new.clone()], true),
        (vec![Key::generate(), old.clone()], true),
        (vec![Key::generate()], false),
        (vec![], false),
    ] {
        assert_eq!(Verifier { keys, public_keys: Vec::new() }.verify(&signed, BODY, at(AT)).is_ok(), want);
    }
}

#[test]
fn what_is_refused_and_why() {
    let good = Signed { id: ID, timestamp: "1614265330", signature: SIGNATURE };
    let cases = [
        ("as it is", good, AT, "ok"),
        ("five minutes late", good, AT + 300, "ok"),
        ("later", good, AT + 301, "webhook_too_old"),
        ("five minutes early", good, AT - 300, "ok"),
        ("earlier", good, AT - 301, "webhook_too_new"),
        ("no id", Signed { id: "", ..good }, AT, "webhook_header_missing"),
        ("id with a full stop", Signed { id: "a.b", ..good }, AT, "webhook_header_missing"),
        ("other id", Signed { id: "msg_x", ..good }, AT, "webhook_signature_wrong"),
        ("no time", Signed { timestamp: "", ..good }, AT, "webhook_header_missing"),
        ("signed time", Signed { timestamp: "+1614265330", ..good }, AT, "webhook_header_missing"),
        ("giant time", Signed { timestamp: "99999999999999999999", ..good }, AT, "webhook_header_missing"),
        ("other time", Signed { timestamp: "1614265331", ..good }, AT, "webhook_signature_wrong"),
        ("no signature", Signed { signature: "", ..good }, AT, "webhook_header_missing"),
        ("version only", Signed { signature: "v1,", ..good }, AT, "webhook_signature_wrong"),
        ("no version", Signed { signature: &SIGNATURE[3..], ..good }, AT, "webhook_signature_wrong"),
        (
            "other version",
            Signed { signature: "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", ..good },
            AT,
            "webhook_signature_wrong",
        ),
        ("cut", Signed { signature: "v1,g0hM9SsE+OTPJTGt", ..good }, AT, "webhook_signature_wrong"),
        (
            "after nonsense",
            Signed { signature: "x v1a,AAAA  v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", ..good },
            AT,
            "ok",
        ),
    ];
    for (name, signed, now, want) in cases {
        let told = verifier(&[SECRET]).verify(&signed, BODY, at(now)).map_or_else(|error| error.code(), |_| "ok");
        assert_eq!(told, want, "{name}");
    }
    let many = format!("{} {SIGNATURE}", "v1,AAAA ".repeat(16).trim_end());
    let signed = Signed { signature: &many, ..good };
    assert_eq!(verifier(&[SECRET]).verify(&signed, BODY, at(AT)), Err(VerifyError::NoMatch));
}

#[test]
fn bodies_have_a_form() {
    let now = Time::parse("2026-03-03T02:00:00Z").unwrap();
    let body = payload("order.paid", now, &serde_json::json!({"id": 1})).unwrap();
    let read: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        read,
        serde_json::json!({"type": "order.paid", "timestamp": "2026-03-03T02:00:00.000Z", "data": {"id": 1}})
    );
    for kind in ["", "Order", "order.", ".order", "order paid", "order..paid", &"a".repeat(101)] {
        assert_eq!(payload(kind, now, &read).unwrap_err().name(), "webhook_type_malformed", "{kind}");
    }
    let large = serde_json::json!("x".repeat(BODY_MAX));
    assert_eq!(payload("order.paid", now, &large).unwrap_err().name(), "webhook_body_too_large");
}

#[test]
fn every_kind_has_its_words() {
    let mut names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), Kind::ALL.len());
    for kind in Kind::ALL {
        assert!(kind.meaning_en().ends_with('.') && kind.advice_en().ends_with('.'), "{kind:?}");
        assert!(kind.meaning_zh().ends_with('。') && kind.advice_zh().ends_with('。'), "{kind:?}");
    }
}

#[test]
fn the_fake_keeps_what_it_gets() {
    let fake = Fake::new(std::sync::Arc::new(siyu_kernel::FakeClock::at("2026-03-03T02:00:00Z")));
    fake.answer(&[500, 410]);
    let keys = [Key::generate()];
    let hook = Hook { url: "https://example.com/hook", keys: &keys };
    let retries: Vec<Option<Retry>> =
        (0..3).map(|_| fake.send(&hook, "m1", BODY).outcome.err().map(|error| error.retry)).collect();
    assert_eq!(retries, [Some(Retry::Later), Some(Retry::Disable), None]);
    let kept = fake.kept();
    let signed = Signed { id: "m1", timestamp: "1772503200", signature: &kept[2].signatures };
    let verifier = Verifier { keys: keys.to_vec(), public_keys: Vec::new() };
    assert!(verifier.verify(&signed, &kept[2].body, at(1_772_503_200)).is_ok());
}

proptest! {
    #[test]
    fn what_was_signed_is_known_and_nothing_else(
        body in proptest::collection::vec(any::<u8>(), 0..200), seed: u64, own: bool, at_byte in any::<prop::sample::Index>(), bit in 0..8u8,
    ) {
        let bytes = Chance::seeded(seed);
        let key = if own { Key::Own(std::array::from_fn(|_| bytes.next() as u8)) } else { Key::Shared((0..32).map(|_| bytes.next() as u8).collect()) };
        let signature = key.sign("m1", AT, &body);
        let signed = Signed { id: "m1", timestamp: "1614265330", signature: &signature };
        let verifier = Verifier { keys: vec![key], public_keys: Vec::new() };
        prop_assert!(verifier.verify(&signed, &body, at(AT)).is_ok());
        let mut other = body.clone();
        if other.is_empty() { other.push(bit) } else { let place = at_byte.index(other.len()); other[place] ^= 1 << bit; }
        prop_assert_eq!(verifier.verify(&signed, &other, at(AT)), Err(VerifyError::NoMatch));
    }

    #[test]
    fn any_headers_are_refused_quietly(id in "\\PC{0,20}", timestamp in "[0-9+-]{0,25}|\\PC{0,10}", signature in "(v1a?,[A-Za-z0-9+/=]{0,90} ?|\\PC){0,8}", now: i32) {
        let verifier = verifier(&[SECRET]);
        let _ = verifier.verify(&Signed { id: &id, timestamp: &timestamp, signature: &signature }, b"x", at(i64::from(now)));
        let _ = (Key::parse(&signature), PublicKey::parse(&signature));
    }
}
