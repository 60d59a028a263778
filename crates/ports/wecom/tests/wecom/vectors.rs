//! Test vectors of the families this crate speaks: our own beside this file, and what `siyu_testkit::vector_dirs` finds.

use serde_json::Value;
use sha2::{Digest, Sha256};
use siyu_kernel::Time;
use siyu_wecom::callback::{Callback, CallbackError, Damage, Query, signature};
use siyu_wecom::{page_signature, page_signature_is_right, page_text};
use std::path::{Path, PathBuf};

fn category(error: &CallbackError) -> &'static str {
    match error {
        CallbackError::SignatureWrong | CallbackError::QueryMissing(_) => "bad_signature",
        CallbackError::Stale(_) => "stale_timestamp",
        CallbackError::Tampered(Damage::Base64) => "bad_base64",
        CallbackError::Tampered(Damage::CipherLength) => "bad_ciphertext_length",
        CallbackError::Tampered(Damage::Padding) => "bad_padding",
        CallbackError::Tampered(Damage::Length) => "bad_length",
        CallbackError::Tampered(Damage::Utf8) => "bad_utf8",
        CallbackError::OtherReceiver => "bad_receiveid",
        CallbackError::KeyWrong => "bad_key",
        CallbackError::TooLarge(_) | CallbackError::TooDeep | CallbackError::TooMany => "too_large",
        CallbackError::ForeignEntity | CallbackError::NotXml(_) | CallbackError::FieldMissing(_) => "bad_xml",
    }
}

/// How many our own files hold: one that is cut short is noticed.
const OWN_CALLBACKS: usize = 21;
const OWN_PAGES: usize = 5;

/// What is to be compared, or the error's category.
type Outcome = Result<Vec<(&'static str, Value)>, &'static str>;

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector["in"][name].as_str().unwrap_or_default()
}

fn callback(vector: &Value) -> Result<Callback, CallbackError> {
    Callback::new(text(vector, "token"), text(vector, "encoding_aes_key"), text(vector, "receive_id"))
}

/// The query as the vector writes it; percent-encoded when it does so too.
fn query(vector: &Value) -> (Query, Time) {
    let field = |name: &str| vector["in"]["query"][name].as_str().unwrap_or_default().to_owned();
    let query = match vector["in"]["raw_query"].as_str() {
        Some(raw) => Query::parse(raw),
        None => Query {
            signature: field("msg_signature"),
            timestamp: field("timestamp"),
            nonce: field("nonce"),
            echo: field("echostr"),
        },
    };
    // The vector's own present: staleness has its tests elsewhere.
    let now = Time(query.timestamp.parse::<i64>().unwrap_or_default() * 1_000_000);
    (query, now)
}

fn verify_url(vector: &Value) -> Result<Vec<(&'static str, Value)>, CallbackError> {
    let (query, now) = query(vector);
    Ok(vec![("reply", callback(vector)?.verify_url(&query, now)?.into())])
}

fn decrypt(vector: &Value) -> Result<Vec<(&'static str, Value)>, CallbackError> {
    let (query, now) = query(vector);
    let message = callback(vector)?.open(&query, text(vector, "body").as_bytes(), now)?;
    let sha: String = Sha256::digest(message.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let length = message.len().into();
    let receive_id = text(vector, "receive_id").into();
    Ok(vec![("msg", message.into()), ("msg_sha256", sha.into()), ("msg_len_bytes", length), ("receive_id", receive_id)])
}

fn encrypt(vector: &Value) -> Result<Vec<(&'static str, Value)>, CallbackError> {
    let random: [u8; 16] = text(vector, "random16").as_bytes().try_into().unwrap();
    let outer = callback(vector)?.seal(text(vector, "msg"), text(vector, "timestamp"), text(vector, "nonce"), random);
    let part = |name: &str| {
        let (_, rest) = outer.split_once(&format!("<{name}><![CDATA[")).unwrap();
        Value::from(rest.split_once("]]>").unwrap().0)
    };
    Ok(vec![("encrypt", part("Encrypt")), ("msg_signature", part("MsgSignature"))])
}

fn run(family: &str, vector: &Value) -> Option<Outcome> {
    let outcome = match (family, vector["op"].as_str().unwrap()) {
        ("wecom_callback" | "official_account_callback", "signature") => {
            let parts = ["token", "timestamp", "nonce", "encrypt"].map(|name| text(vector, name));
            Ok(vec![("signature", signature(parts[0], parts[1], parts[2], parts[3]).into())])
        }
        ("wecom_callback", "verify_url") => verify_url(vector),
        // The same cipher under another receiver id.
        ("wecom_callback" | "official_account_callback", "decrypt") => decrypt(vector),
        ("wecom_callback" | "official_account_callback", "encrypt") => encrypt(vector),
        ("jssdk_signature", op @ ("jsapi_signature" | "jsapi_verify")) => {
            let [ticket, nonce, timestamp, url] =
                ["ticket", "noncestr", "timestamp", "url"].map(|name| text(vector, name));
            if op == "jsapi_verify" {
                let right = page_signature_is_right(ticket, nonce, timestamp, url, text(vector, "signature"));
                return Some(if right { Ok(vec![]) } else { Err("bad_signature") });
            }
            let string1 = page_text(ticket, nonce, timestamp, url).into();
            Ok(vec![("string1", string1), ("signature", page_signature(ticket, nonce, timestamp, url).into())])
        }
        // The official account's plain check and the other families belong to other crates.
        ("official_account_callback", "verify_plain") => return None,
        ("wecom_callback" | "official_account_callback" | "jssdk_signature", op) => panic!("unknown op {op}"),
        _ => return None,
    };
    Some(outcome.map_err(|error| category(&error)))
}

fn check(file: &Path) -> (usize, usize) {
    let whole: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let family = whole["family"].as_str().unwrap_or_default();
    let (mut ran, mut others) = (0, 0);
    for vector in whole["vectors"].as_array().unwrap() {
        let Some(outcome) = run(family, vector) else {
            others += 1;
            continue;
        };
        ran += 1;
        let id = &vector["id"];
        match (vector.get("out"), vector["err"]["any_of"].as_array(), outcome) {
            (Some(out), _, Ok(got)) => {
                for (name, wanted) in out.as_object().unwrap() {
                    let found = got.iter().find(|(own, _)| own == name).map(|(_, value)| value);
                    assert_eq!(found, Some(wanted), "{id}: {name}");
                }
            }
            (None, Some(any), Err(category)) => {
                assert!(any.iter().any(|one| one == category), "{id}: {category} instead of {any:?}");
            }
            (_, _, outcome) => panic!("{id}: {outcome:?} instead of {} {}", vector["out"], vector["err"]),
        }
    }
    eprintln!("{}: {ran} vectors ran, {others} of other crates", file.display());
    (ran, others)
}

fn folder(path: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "json"));
    files.sort();
    files
}

#[test]
fn our_own_vectors_are_met() {
    let own = folder(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors")));
    let ran: Vec<_> = own.iter().map(|file| check(file)).collect();
    assert_eq!(ran, [(OWN_CALLBACKS, 0), (OWN_PAGES, 0)]);
}

#[test]
fn every_vector_found_elsewhere_is_met() {
    let dirs = siyu_testkit::vector_dirs();
    let ran: usize = dirs.iter().flat_map(|dir| folder(dir)).map(|file| check(&file).0).sum();
    // A folder without any of our families is the wrong folder.
    assert!(dirs.is_empty() || ran > 0, "{dirs:?} hold no vector of ours");
}

#[test]
#[should_panic(expected = "unknown op")]
fn an_op_that_nobody_knows_is_not_passed_over() {
    run("wecom_callback", &serde_json::json!({"op": "decrypt_backwards", "in": {}}));
}

/// The published answers, which nobody of us has computed.
#[test]
fn the_published_examples_come_out() {
    let callback =
        Callback::new("123456", "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "wx49f0ab532d5d035a").unwrap();
    let query = Query {
        signature: "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96".into(),
        timestamp: "1411443780".into(),
        nonce: "437374425".into(),
        echo: "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==".into(),
    };
    let now = Time(1_411_443_780_000_000);
    assert_eq!(callback.verify_url(&query, now).unwrap(), "5927782489442352469");
    let signature = page_signature(
        "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg",
        "Wm3WZYTPz0wzccnW",
        "1414587457",
        "http://mp.weixin.qq.com?params=value#top",
    );
    assert_eq!(signature, "0f9de62fce790f9a083d5c99e95740ceb90c27ed");
}
