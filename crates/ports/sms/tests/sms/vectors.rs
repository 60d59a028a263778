//! Test vectors of the signatures: our own beside this file, and what `siyu_testkit::vector_dirs` finds.

use serde_json::{Value, json};
use siyu_sms::signing::{Acs3, Tc3, rpc};
use std::path::{Path, PathBuf};

/// How many our own files hold: one that is cut short is noticed.
const OWN: [usize; 3] = [5, 3, 6];

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector["in"][name].as_str().unwrap_or_default()
}
fn pairs(value: &Value) -> Vec<(&str, &str)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect()
}

fn run(family: &str, vector: &Value) -> Option<Value> {
    Some(match (family, vector["op"].as_str().unwrap()) {
        ("tencent_tc3", "tc3_sign") => {
            let of = |name: &str| match name {
                "content-type" => text(vector, "content_type").to_owned(),
                "host" => text(vector, "host").to_owned(),
                "x-tc-action" => text(vector, "action").to_owned(),
                other => panic!("header {other}"),
            };
            let headers: Vec<(&str, String)> =
                text(vector, "signed_headers").split(';').map(|name| (name, of(name))).collect();
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let signed = Tc3 {
                secret_id: text(vector, "secret_id"),
                secret_key: text(vector, "secret_key"),
                service: text(vector, "service"),
                timestamp: text(vector, "timestamp").parse().unwrap(),
                headers: &headers,
                payload: text(vector, "payload").as_bytes(),
            }
            .sign();
            json!({"canonical_request": signed.canonical_request, "string_to_sign": signed.string_to_sign,
                "signature": signed.signature, "authorization": signed.authorization})
        }
        ("aliyun_acs3", "acs3_sign") => {
            let (signed, digest) = Acs3 {
                key_id: text(vector, "access_key_id"),
                key_secret: text(vector, "access_key_secret"),
                method: text(vector, "method"),
                query: &pairs(&vector["in"]["query"]),
                headers: &pairs(&vector["in"]["headers"]),
                body: text(vector, "body").as_bytes(),
            }
            .sign();
            json!({"hashed_payload": digest, "canonical_request": signed.canonical_request, "string_to_sign": signed.string_to_sign,
                "signature": signed.signature, "authorization": signed.authorization})
        }
        ("aliyun_rpc", "rpc_sign") => {
            let (string_to_sign, signature) =
                rpc(text(vector, "access_key_secret"), text(vector, "method"), &pairs(&vector["in"]["params"]));
            json!({"string_to_sign": string_to_sign, "signature": signature})
        }
        ("tencent_tc3" | "aliyun_acs3" | "aliyun_rpc", op) => panic!("unknown op {op}"),
        _ => return None,
    })
}

fn check(file: &Path) -> usize {
    let whole: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let family = whole["family"].as_str().unwrap_or_default();
    let mut ran = 0;
    for vector in whole["vectors"].as_array().unwrap() {
        let Some(got) = run(family, vector) else { continue };
        ran += 1;
        for (name, wanted) in vector["out"].as_object().unwrap() {
            assert_eq!(&got[name], wanted, "{}: {name}", vector["id"]);
        }
    }
    eprintln!("{}: {ran} vectors ran", file.display());
    ran
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
    assert_eq!(own.iter().map(|file| check(file)).collect::<Vec<_>>(), OWN);
}

#[test]
fn every_vector_found_elsewhere_is_met() {
    let dirs = siyu_testkit::vector_dirs();
    let ran: usize = dirs.iter().flat_map(|dir| folder(dir)).map(|file| check(&file)).sum();
    assert!(dirs.is_empty() || ran > 0, "{dirs:?} hold no vector of ours");
}

#[test]
#[should_panic(expected = "unknown op")]
fn an_op_that_nobody_knows_is_not_passed_over() {
    run("aliyun_rpc", &json!({"op": "rpc_verify", "in": {}}));
}
