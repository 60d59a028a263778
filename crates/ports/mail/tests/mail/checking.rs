//! The check of a sender's domain, and the questions to DNS.

use crate::world::*;
use proptest::prelude::*;
use siyu_kernel::{Health, clocks};
use siyu_mail::dns::*;
use siyu_mail::*;
use std::collections::HashMap;
use std::net::UdpSocket;
use std::sync::Arc;

struct Records(HashMap<String, Vec<String>>);

impl TxtLookup for Records {
    fn txt(&self, name: &str) -> Result<Vec<String>, DnsError> {
        match self.0.get(name) {
            Some(list) if list == &["away"] => Err(DnsError::NoAnswer("away".into())),
            list => Ok(list.cloned().unwrap_or_default()),
        }
    }
}

fn found(records: &[(&str, &str)]) -> String {
    let mut map = HashMap::<String, Vec<String>>::new();
    for (name, text) in records {
        map.entry((*name).to_owned()).or_default().push((*text).to_owned());
    }
    let dkim = Dkim::new("shop.example", "s1", ED25519).unwrap();
    // Nothing listens there: only the records are of interest.
    let smtp = Smtp::new(Settings::new("127.0.0.1", 9, Security::None), clocks::system()).unwrap();
    let all = smtp.with_domain_check(Arc::new(Records(map)), Some(dkim)).check(&address("hi@shop.example"));
    let of_dns = all.iter().filter(|one| one.key != "mail_connection");
    of_dns.map(|one| format!("{} {:?}", one.key.trim_start_matches("mail_"), one.health)).collect::<Vec<_>>().join(", ")
}

#[test]
fn records_of_a_domain() {
    let (name, right) = Dkim::new("shop.example", "s1", ED25519).unwrap().record();
    let name = name.as_str();
    let spaced = right.replace("; ", ";").replace("p=", "p= ");
    let (spf, dmarc) =
        (("shop.example", "v=spf1 include:mail.example ~all"), ("_dmarc.shop.example", "v=DMARC1; p=none"));
    for (records, want) in [
        (vec![spf, dmarc, (name, &right), ("shop.example", "google-site-verification=x")], "spf Ok, dkim Ok, dmarc Ok"),
        (vec![spf, dmarc, (name, &spaced)], "spf Ok, dkim Ok, dmarc Ok"),
        (vec![], "spf Fail, dkim Fail, dmarc Warn"),
        (vec![spf, spf, dmarc, (name, "v=DKIM1; k=ed25519; p=AAAA")], "spf Fail, dkim Fail, dmarc Ok"),
        (vec![("shop.example", "v=spf1 +all"), (name, "v=DKIM1; p=")], "spf Fail, dkim Fail, dmarc Warn"),
        (
            vec![("shop.example", "away"), (name, "away"), ("_dmarc.shop.example", "away")],
            "spf Warn, dkim Warn, dmarc Warn",
        ),
    ] {
        assert_eq!(found(&records), want);
    }
    let smtp = Smtp::new(Settings::new("127.0.0.1", 9, Security::None), clocks::system()).unwrap();
    let dkim = Dkim::new("elsewhere.example", "s1", RSA).unwrap();
    let all = smtp.with_domain_check(Arc::new(Records(HashMap::new())), Some(dkim)).check(&address("hi@shop.example"));
    assert!(all.iter().any(|one| one.key == "mail_dkim_domain" && one.health == Health::Warn));
}

/// An answer with these records; the name is a pointer to the question.
fn answer(query: &[u8], flags: u16, records: &[&[&str]]) -> Vec<u8> {
    let mut out = query.to_vec();
    out[2..4].copy_from_slice(&flags.to_be_bytes());
    out[6..8].copy_from_slice(&(records.len() as u16).to_be_bytes());
    for strings in records {
        let data: Vec<u8> = strings.iter().flat_map(|text| [&[text.len() as u8], text.as_bytes()].concat()).collect();
        out.extend([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60]);
        out.extend((data.len() as u16).to_be_bytes());
        out.extend(data);
    }
    out
}

#[test]
fn answers_of_dns() {
    let query = query(7, "_dmarc.shop.example.").unwrap();
    let read = |bytes: &[u8]| answer_of(bytes, 7);
    let texts = |list: &[&str]| Ok((list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>(), false));
    assert_eq!(
        read(&answer(&query, 0x8180, &[&["v=DMARC1; ", "p=none"], &["other"]])),
        texts(&["v=DMARC1; p=none", "other"])
    );
    assert_eq!(read(&answer(&query, 0x8180, &[])), texts(&[]));
    assert_eq!(read(&answer(&query, 0x8183, &[])), texts(&[]));
    assert_eq!(read(&answer(&query, 0x8380, &[])), Ok((vec![], true)));
    assert_eq!(read(&answer(&query, 0x8182, &[])), Err(DnsError::Refused(2)));
    assert_eq!(read(&query), Err(DnsError::Malformed));
    assert_eq!(answer_of(&answer(&query, 0x8180, &[]), 8), Err(DnsError::Malformed));
    for name in ["", ".", "a..b", "中.cn", &"a".repeat(64), &"a.".repeat(130)] {
        assert_eq!(siyu_mail::dns::query(1, name), None, "{name}");
    }
}

#[test]
fn a_resolver_is_asked() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = socket.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let _ = socket.send_to(&answer(&buffer[..length], 0x8180, &[&["v=spf1 -all"]]), from);
        }
    });
    assert_eq!(Resolver::at(server).txt("shop.example"), Ok(vec!["v=spf1 -all".to_owned()]));
    assert_eq!(Resolver::at(server).txt("bad..name"), Err(DnsError::Name));
}

#[test]
fn the_fake_keeps_what_it_gets() {
    let fake = Fake::new(clocks::system());
    let (ann, bob, eve) = (address("ann@example.com"), address("bob@example.com"), address("eve@example.com"));
    fake.fail(&bob, &codes::NO_MAILBOX, false);
    fake.fail(&eve, &codes::OUTCOME_UNKNOWN, true);
    let outcome = |to: &Address| fake.send(&plain("msg_fake", to.as_str())).map_or_else(|error| error.name(), |_| "ok");
    assert_eq!((outcome(&ann), outcome(&bob), outcome(&eve)), ("ok", "mail_no_mailbox", "mail_outcome_unknown"));
    assert_eq!(fake.kept().iter().map(|mail| mail.to.clone()).collect::<Vec<_>>(), [ann, eve.clone()]);
    fake.heal(&eve);
    assert_eq!(outcome(&eve), "ok");
}

proptest! {
    #[test]
    fn any_answer_of_dns_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>(), byte: u8) {
        let _ = answer_of(&bytes, 7);
        let mut real = answer(&query(7, "shop.example").unwrap(), 0x8180, &[&["v=spf1 -all"]]);
        let place = at.index(real.len());
        real[place] = byte;
        let _ = answer_of(&real, 7);
        let _ = answer_of(&real[..place], 7);
    }
}
