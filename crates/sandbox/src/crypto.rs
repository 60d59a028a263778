//! The callback's envelope: AES-256-CBC with a padding of 32 and a SHA-1 over four sorted values.

use aes::Aes256;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::NoPadding};
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD};
use sha1::{Digest, Sha1};

/// Why an envelope is refused, in the order in which it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("bad_key")]
    Key,
    #[error("bad_signature")]
    Signature,
    #[error("bad_base64")]
    Base64,
    #[error("bad_ciphertext_length")]
    CiphertextLength,
    #[error("bad_padding")]
    Padding,
    #[error("bad_length")]
    Length,
    #[error("bad_receiveid")]
    ReceiveId,
}

/// The last of the 43 characters may carry bits that belong to no byte.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The three secrets of one callback.
#[derive(Clone)]
pub struct Envelope {
    token: String,
    key: [u8; 32],
    receive_id: String,
}

impl Envelope {
    pub fn new(token: &str, encoding_aes_key: &str, receive_id: &str) -> Result<Self, Broken> {
        if encoding_aes_key.len() != 43 {
            return Err(Broken::Key);
        }
        let key = LENIENT.decode(encoding_aes_key).ok().and_then(|key| key.try_into().ok()).ok_or(Broken::Key)?;
        Ok(Self { token: token.to_owned(), key, receive_id: receive_id.to_owned() })
    }

    pub fn signature(&self, timestamp: &str, nonce: &str, encrypt: &str) -> String {
        signature(&self.token, timestamp, nonce, encrypt)
    }

    pub fn encrypt(&self, random: [u8; 16], message: &str) -> String {
        let mut plain = Vec::with_capacity(message.len() + 84);
        plain.extend(random);
        plain.extend((message.len() as u32).to_be_bytes());
        plain.extend(message.as_bytes());
        plain.extend(self.receive_id.as_bytes());
        let pad = 32 - plain.len() % 32;
        plain.resize(plain.len() + pad, pad as u8);
        let iv: [u8; 16] = self.key[..16].try_into().expect("half of the key");
        STANDARD
            .encode(cbc::Encryptor::<Aes256>::new(&self.key.into(), &iv.into()).encrypt_padded_vec::<NoPadding>(&plain))
    }

    /// The message of an envelope whose signature holds.
    pub fn open(&self, signed: &str, timestamp: &str, nonce: &str, encrypt: &str) -> Result<Vec<u8>, Broken> {
        if self.signature(timestamp, nonce, encrypt) != signed {
            return Err(Broken::Signature);
        }
        self.decrypt(encrypt)
    }

    fn decrypt(&self, encrypt: &str) -> Result<Vec<u8>, Broken> {
        let sealed = STANDARD.decode(encrypt).map_err(|_| Broken::Base64)?;
        if sealed.is_empty() || sealed.len() % 16 != 0 {
            return Err(Broken::CiphertextLength);
        }
        let iv: [u8; 16] = self.key[..16].try_into().expect("half of the key");
        let plain = cbc::Decryptor::<Aes256>::new(&self.key.into(), &iv.into())
            .decrypt_padded_vec::<NoPadding>(&sealed)
            .map_err(|_| Broken::CiphertextLength)?;
        let pad = usize::from(*plain.last().ok_or(Broken::Padding)?);
        if pad == 0
            || pad > 32
            || pad > plain.len()
            || plain[plain.len() - pad..].iter().any(|&b| usize::from(b) != pad)
        {
            return Err(Broken::Padding);
        }
        let plain = &plain[..plain.len() - pad];
        let (head, rest) = plain.split_at_checked(20).ok_or(Broken::Length)?;
        let length = u32::from_be_bytes(head[16..].try_into().expect("four bytes")) as usize;
        let (message, receiver) = rest.split_at_checked(length).ok_or(Broken::Length)?;
        if receiver != self.receive_id.as_bytes() {
            return Err(Broken::ReceiveId);
        }
        Ok(message.to_vec())
    }
}

pub fn signature(token: &str, timestamp: &str, nonce: &str, encrypt: &str) -> String {
    let mut values = [token, timestamp, nonce, encrypt];
    values.sort_unstable();
    let digest = Sha1::digest(values.concat().as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What stands between `<Name>` and `</Name>`, without its CDATA marks. For our own envelopes and test vectors only.
pub fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let start = xml.find(&format!("<{name}>"))? + name.len() + 2;
    let inner = &xml[start..start + xml[start..].find(&format!("</{name}>"))?];
    Some(inner.strip_prefix("<![CDATA[").and_then(|inner| inner.strip_suffix("]]>")).unwrap_or(inner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::path::Path;

    fn text<'a>(value: &'a Value, name: &str) -> &'a str {
        value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
    }

    fn run(vector: &Value) -> Result<Value, Broken> {
        let input = &vector["in"];
        let query = &input["query"];
        if vector["op"] == "signature" {
            let signed = ["token", "timestamp", "nonce", "encrypt"].map(|name| text(input, name));
            return Ok(serde_json::json!({ "signature": signature(signed[0], signed[1], signed[2], signed[3]) }));
        }
        let envelope = Envelope::new(text(input, "token"), text(input, "encoding_aes_key"), text(input, "receive_id"))?;
        let utf8 = |bytes: Vec<u8>| String::from_utf8(bytes).expect("vectors hold text");
        let [sign, stamp, nonce] =
            ["msg_signature", "timestamp", "nonce"].map(|name| query[name].as_str().unwrap_or(""));
        match text(vector, "op") {
            "verify_url" => {
                let reply = envelope.open(sign, stamp, nonce, text(query, "echostr"))?;
                Ok(serde_json::json!({ "reply": utf8(reply) }))
            }
            "decrypt" => {
                let encrypt = element(text(input, "body"), "Encrypt").unwrap_or_default();
                let message = envelope.open(sign, stamp, nonce, encrypt)?;
                let digest: String = sha2::Sha256::digest(&message).iter().map(|byte| format!("{byte:02x}")).collect();
                Ok(serde_json::json!({
                    "msg_len_bytes": message.len(), "msg_sha256": digest, "msg": utf8(message), "receive_id": text(input, "receive_id")
                }))
            }
            "encrypt" => {
                let random = text(input, "random16").as_bytes().try_into().expect("sixteen bytes");
                let encrypt = envelope.encrypt(random, text(input, "msg"));
                let signed = envelope.signature(text(input, "timestamp"), text(input, "nonce"), &encrypt);
                Ok(serde_json::json!({ "encrypt": encrypt, "msg_signature": signed }))
            }
            other => panic!("unknown op {other}"),
        }
    }

    /// The vectors of the callback family in a folder.
    fn vectors(folder: &Path) -> Vec<Value> {
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let families = files
            .filter(|file| file.extension().is_some_and(|end| end == "json"))
            .map(|file| serde_json::from_slice::<Value>(&std::fs::read(file).unwrap()).unwrap());
        let own = families.filter(|family| family["family"] == "wecom_callback");
        own.flat_map(|family| family["vectors"].as_array().unwrap().clone()).collect()
    }

    fn holds(vector: &Value) {
        match (run(vector), vector["err"]["any_of"].as_array()) {
            (Ok(out), None) => {
                for (name, expected) in vector["out"].as_object().unwrap() {
                    assert!(out[name] == *expected, "{}: {name}", vector["id"]);
                }
            }
            (Err(broken), Some(allowed)) => {
                assert!(allowed.iter().any(|name| *name == broken.to_string()), "{}: {broken}", vector["id"]);
            }
            (result, _) => panic!("{} {}: {result:?}", vector["id"], vector["note"]),
        }
    }

    /// The file is the port's; only the bytes are common to the two.
    #[test]
    fn every_vector_of_the_repository_holds() {
        let own = vectors(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../ports/wecom/tests/vectors")));
        assert_eq!(own.len(), 21);
        own.iter().for_each(holds);
    }

    #[test]
    fn every_vector_found_elsewhere_holds() {
        let dirs = siyu_testkit::vector_dirs();
        let found: Vec<_> = dirs.iter().flat_map(|dir| vectors(dir)).collect();
        found.iter().for_each(holds);
        eprintln!("{} callback vectors in {dirs:?}", found.len());
        assert!(dirs.is_empty() || !found.is_empty(), "{dirs:?} hold no callback vector");
    }

    #[test]
    fn an_envelope_opens_again_whatever_its_length() {
        let envelope = Envelope::new("token", &"a".repeat(43), "ww1").unwrap();
        for length in 0..80 {
            let message = "私".repeat(length);
            let sealed = envelope.encrypt([7; 16], &message);
            let signed = envelope.signature("1", "2", &sealed);
            assert_eq!(envelope.open(&signed, "1", "2", &sealed).unwrap(), message.as_bytes());
            assert_eq!(envelope.open(&signed, "1", "3", &sealed), Err(Broken::Signature));
        }
    }
}
